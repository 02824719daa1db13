package proxy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cordon/audit"
	"cordon/internal/pgtest"
)

const crmPolicy = `
version: 1
defaults: {tables: allow}
roles:
  dba: {may: [ddl, routine, explain, unparsed]}
  sales: {}
users:
  postgres: {roles: [dba]}
  alice: {roles: [sales], attributes: {employee_id: 7}}
  bob: {roles: [sales], attributes: {employee_id: 8}}
logins:
  app: {on_behalf_of: {setting: cordon.user, comment: user}, without_user: deny}
masks:
  phone: {keep: {first: 3, last: 4, with: "*"}}
rules:
  - name: own customers
    roles: [sales]
    tables: [public.customers]
    allow: [select, insert, update]
    rows: owner_id = me.employee_id
    mask: {phone: phone}
    export: {rows: 50, over: block}
  - name: orders may be cut
    roles: [sales]
    tables: [public.orders]
    export: {rows: 50, over: cut}
  - name: everything for the dba
    users: [postgres]
    tables: [public.customers, public.orders, public.secrets]
    allow: [select, insert, update, delete, truncate, copy_from]
`

const crmSchema = `
CREATE TABLE customers (id int PRIMARY KEY, name text, phone varchar(20), owner_id int NOT NULL CHECK (owner_id > 0));
INSERT INTO customers SELECT g, 'customer ' || g, '1380000' || to_char(g, 'FM0000'), CASE WHEN g <= 10 THEN 7 WHEN g <= 20 THEN 8 WHEN g <= 500 THEN 9 ELSE 7 END FROM generate_series(1, 600) g;
CREATE TABLE orders (id int PRIMARY KEY, note text);
INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g;
CREATE TABLE secrets (id int);
CREATE TABLE plain (id int, t text);
INSERT INTO plain SELECT g, 'row ' || g FROM generate_series(1, 1000) g;
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alice') THEN CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN; CREATE ROLE app LOGIN; END IF;
END $$;
GRANT ALL ON ALL TABLES IN SCHEMA public TO public;
GRANT ALL ON SCHEMA public TO public;
`

// crm is a Cordon in front of a database with the tables above.
func crm(t *testing.T, change func(*Server)) (*front, *pgtest.Server, string) {
	t.Helper()
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, crmSchema)
	return serve(t, pg.Addr(), crmPolicy, func(s *Server) {
		s.Limits.Drain = time.Millisecond
		if change != nil {
			change(s)
		}
	}), pg, db
}

func (f *front) connect(t *testing.T, user, db, options string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), "postgres://"+user+"@"+f.addr+"/"+db+"?sslmode=disable"+options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// show runs a statement and gives its rows, or its error, as text.
func show(c *pgx.Conn, mode pgx.QueryExecMode, sql string, args ...any) string {
	var b strings.Builder
	rows, err := c.Query(context.Background(), sql, append([]any{mode}, args...)...)
	if err == nil {
		for rows.Next() {
			v, err := rows.Values()
			if err != nil {
				return err.Error()
			}
			for i := range v {
				if i > 0 {
					b.WriteByte('|')
				}
				fmt.Fprint(&b, v[i])
			}
			b.WriteByte('\n')
		}
		err = rows.Err()
	}
	if err != nil {
		return b.String() + errorText(err)
	}
	return b.String() + rows.CommandTag().String()
}

func errorText(err error) string {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return err.Error()
	}
	return e.Severity + " " + e.Code + ": " + e.Message
}

var modes = map[string]pgx.QueryExecMode{"simple": pgx.QueryExecModeSimpleProtocol, "extended": pgx.QueryExecModeExec, "prepared": pgx.QueryExecModeCacheStatement, "described": pgx.QueryExecModeDescribeExec}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestRowsAreFilteredAndColumnsMasked(t *testing.T) {
	f, _, db := crm(t, nil)
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			alice := f.connect(t, "alice", db, "")
			for range 3 {
				expect(t, show(alice, mode, "SELECT id, name, phone FROM customers WHERE id IN (3, 13) ORDER BY id"), "3|customer 3|138****0003\nSELECT 1")
			}
			expect(t, show(alice, mode, "SELECT count(*) FROM customers"), "110\nSELECT 1")
			expect(t, show(alice, mode, "SELECT * FROM secrets"), `ERROR 42501: permission denied for table public.secrets`)
			expect(t, show(alice, mode, "SELECT 1 AS x"), "1\nSELECT 1")
			if mode != pgx.QueryExecModeSimpleProtocol {
				expect(t, show(alice, mode, "SELECT phone FROM customers WHERE id = $1", 4), "138****0004\nSELECT 1")
			}
			dba := f.connect(t, "postgres", db, "")
			expect(t, show(dba, mode, "SELECT id, name, phone FROM customers WHERE id IN (3, 13) ORDER BY id"), "3|customer 3|13800000003\n13|customer 13|13800000013\nSELECT 2")
		})
	}
}

func TestRefusalLeavesTheTransactionFailed(t *testing.T) {
	f, _, db := crm(t, nil)
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			c := f.connect(t, "alice", db, "")
			expect(t, show(c, mode, "BEGIN"), "BEGIN")
			expect(t, show(c, mode, "INSERT INTO plain VALUES (-1)"), "INSERT 0 1")
			expect(t, show(c, mode, "SELECT * FROM secrets"), `ERROR 42501: permission denied for table public.secrets`)
			expect(t, show(c, mode, "SELECT 1"), `ERROR 25P02: current transaction is aborted, commands ignored until end of transaction block`)
			expect(t, show(c, mode, "ROLLBACK"), "ROLLBACK")
			expect(t, show(c, mode, "SELECT count(*) FROM plain WHERE id = -1"), "0\nSELECT 1")
		})
	}
}

func TestExportsAreStopped(t *testing.T) {
	f, _, db := crm(t, nil)
	blocked := `ERROR 5C001: export limit of rule "own customers" exceeded: more than 50 rows in one statement`
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			c := f.connect(t, "alice", db, "")
			expect(t, show(c, mode, "SELECT id FROM customers"), blocked)
			expect(t, show(c, mode, "SELECT id FROM customers WHERE id < 3 ORDER BY id"), "1\n2\nSELECT 2")
			got := show(c, mode, "SELECT id FROM orders ORDER BY id")
			if n := strings.Count(got, "\n"); n != 50 || !strings.HasSuffix(got, `ERROR 5C001: export limit of rule "orders may be cut" exceeded: more than 50 rows in one statement`) {
				t.Errorf("%d rows, then %s", n, got[strings.LastIndexByte(got, '\n')+1:])
			}
			expect(t, show(c, mode, "BEGIN"), "BEGIN")
			expect(t, show(c, mode, "INSERT INTO plain VALUES (-2)"), "INSERT 0 1")
			expect(t, show(c, mode, "SELECT id FROM customers"), blocked)
			expect(t, show(c, mode, "SELECT 1"), `ERROR 25P02: current transaction is aborted, commands ignored until end of transaction block`)
			expect(t, show(c, mode, "ROLLBACK"), "ROLLBACK")
			expect(t, show(c, mode, "SELECT count(*) FROM plain WHERE id = -2"), "0\nSELECT 1")
		})
	}
	c := f.connect(t, "alice", db, "")
	expect(t, show(c, pgx.QueryExecModeExec, "SELECT repeat('x', 1000000) FROM customers WHERE id <= 10 OR id BETWEEN 501 AND 515"), "ERROR 53400: no room to hold the rows of this statement back until its export limit is known to be kept")
	expect(t, show(c, pgx.QueryExecModeExec, "SELECT length(repeat('x', 1000000)) FROM customers LIMIT 1"), "1000000\nSELECT 1")
	var b strings.Builder
	_, err := c.PgConn().CopyTo(context.Background(), &b, "COPY (SELECT id FROM customers) TO STDOUT")
	if err == nil || errorText(err) != blocked || b.Len() > 0 {
		t.Errorf("COPY: %v, %d bytes", err, b.Len())
	}
	// Pages of a cursor count together.
	expect(t, show(c, pgx.QueryExecModeExec, "BEGIN"), "BEGIN")
	expect(t, show(c, pgx.QueryExecModeExec, "DECLARE c CURSOR FOR SELECT id FROM customers ORDER BY id"), "DECLARE CURSOR")
	if got := show(c, pgx.QueryExecModeExec, "FETCH 30 FROM c"); !strings.HasSuffix(got, "FETCH 30") {
		t.Error(got)
	}
	expect(t, show(c, pgx.QueryExecModeExec, "FETCH 30 FROM c"), blocked)
	expect(t, show(c, pgx.QueryExecModeExec, "ROLLBACK"), "ROLLBACK")
	// The audit log tells what they were given, and not what was held back and dropped.
	f.stop()
	given := map[string]bool{}
	if err := audit.Search(context.Background(), f.auditDir, audit.Filter{End: "stopped"}, func(e *audit.Execution) error {
		given[fmt.Sprintf("%s: %d rows, bytes %t", e.Record.Redacted, e.Outcome.Rows, e.Outcome.Bytes > 0)] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	expect(t, strings.Join(slices.Sorted(maps.Keys(given)), "\n"), `COPY (SELECT id FROM customers) TO STDOUT: 0 rows, bytes false
FETCH $? FROM c: 0 rows, bytes false
SELECT id FROM customers: 0 rows, bytes false
SELECT id FROM orders ORDER BY id: 50 rows, bytes true
SELECT repeat($?) FROM customers WHERE id <= $? OR id BETWEEN $? AND $?: 0 rows, bytes false`)
}

func TestSharedLoginSpeaksForPeople(t *testing.T) {
	f, _, db := crm(t, nil)
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			c := f.connect(t, "app", db, "")
			q := "SELECT count(*), min(id) FROM customers"
			expect(t, show(c, mode, q), `ERROR 28000: login "app" speaks for other people, and this statement names none of them`)
			expect(t, show(c, mode, "SET cordon.user = 'alice'"), "SET")
			expect(t, show(c, mode, q), "110|1\nSELECT 1")
			expect(t, show(c, mode, "SET cordon.user = 'bob'"), "SET")
			expect(t, show(c, mode, q), "10|11\nSELECT 1")
			expect(t, show(c, mode, "BEGIN"), "BEGIN")
			expect(t, show(c, mode, "SET LOCAL cordon.user = 'alice'"), "SET")
			expect(t, show(c, mode, q), "110|1\nSELECT 1")
			expect(t, show(c, mode, "ROLLBACK"), "ROLLBACK")
			expect(t, show(c, mode, q), "10|11\nSELECT 1")
			expect(t, show(c, mode, "RESET ALL"), "RESET")
			expect(t, show(c, mode, q), `ERROR 28000: login "app" speaks for other people, and this statement names none of them`)
			expect(t, show(c, mode, q+" /* user='bob' */"), "10|11\nSELECT 1")
			alice := f.connect(t, "alice", db, "")
			expect(t, show(alice, mode, "SET cordon.user = 'bob'"), `ERROR 42501: login "alice" may not set "cordon.user": it is the person of its own name`)
		})
	}
}

func TestSearchPathIsFollowed(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, `CREATE SCHEMA other; CREATE TABLE other.customers (id int); INSERT INTO other.customers VALUES (42); GRANT ALL ON SCHEMA other TO public; GRANT ALL ON ALL TABLES IN SCHEMA other TO public`)
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			c := f.connect(t, "alice", db, "")
			q := "SELECT count(*) FROM customers"
			expect(t, show(c, mode, q), "110\nSELECT 1")
			expect(t, show(c, mode, "SET search_path = other, public"), "SET")
			expect(t, show(c, mode, q), "1\nSELECT 1")
			expect(t, show(c, mode, "RESET search_path"), "RESET")
			expect(t, show(c, mode, q), "110\nSELECT 1")
			expect(t, show(c, mode, "BEGIN"), "BEGIN")
			expect(t, show(c, mode, "SET LOCAL search_path = other"), "SET")
			expect(t, show(c, mode, q), "1\nSELECT 1")
			expect(t, show(c, mode, "ROLLBACK"), "ROLLBACK")
			expect(t, show(c, mode, q), "110\nSELECT 1")
			hostile := f.connect(t, "alice", db, "&options=-csearch_path%3Dother,pg_catalog")
			expect(t, show(hostile, mode, q), "1\nSELECT 1")
		})
	}
}

func TestReloadEndsInvalidSessions(t *testing.T) {
	f, _, db := crm(t, nil)
	c, d := f.connect(t, "alice", db, ""), f.connect(t, "bob", db, "")
	mode := pgx.QueryExecModeCacheStatement
	q := "SELECT phone FROM customers WHERE owner_id = 8 OR id < 2 ORDER BY id LIMIT 1"
	expect(t, show(c, mode, q), "138****0001\nSELECT 1")
	expect(t, show(d, mode, q), "138****0011\nSELECT 1")
	f.SetPolicy(parsePolicy(t, strings.Replace(strings.Replace(crmPolicy, "first: 3", "first: 2", 1), "alice: {roles: [sales], attributes: {employee_id: 7}}", "alice: {roles: [sales], attributes: {employee_id: 7}, valid_until: 2001-01-01T00:00:00Z}", 1)))
	expect(t, show(d, mode, q), "13*****0011\nSELECT 1")
	got := show(c, mode, q)
	if !strings.Contains(got, "57P01") {
		t.Error(got)
	}
}
