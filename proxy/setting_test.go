package proxy

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cordon/wire"
)

// count is a statement whose answer tells who speaks: alice has 110 customers, bob 10.
const count = "SELECT count(*) FROM customers"

// Whatever a client says of its setting, SHOW and current_setting answer as PostgreSQL answers for any setting of that form, and the person follows. The statements are run on PostgreSQL itself with another setting's name, and must
// give the same there but for the count.
func TestTheSettingAnswersAsPostgreSQL(t *testing.T) {
	f, pg, db := crm(t, nil)
	lines := []string{
		`SHOW cordon."user"`, `SELECT current_setting('cordon.user')`, `SELECT current_setting('cordon.user', true)`,
		`SET cordon."user" = 'alice'`, `SHOW cordon."user"`, `SELECT current_setting('cordon.user') || '!' AS c`, count,
		`SELECT id FROM plain WHERE t = 'row ' || length(current_setting('cordon.user'))`,
		`SELECT set_config('cordon.user', 'bob', false)`, count, `SHOW cordon."user"`,
		`BEGIN`, `SELECT pg_catalog.set_config('cordon.user', 'alice', true)`, count, `SAVEPOINT a`, `SET LOCAL cordon."user" TO 'bob'`, count, `ROLLBACK TO a`, `SHOW cordon."user"`, count, `COMMIT`, `SHOW cordon."user"`, count,
		`BEGIN; SET LOCAL cordon."user" = 'alice'; SELECT count(*) FROM customers; SHOW cordon."user"; COMMIT; SELECT count(*) FROM customers`,
		`SET cordon."user" = 'alice'; SELECT count(*) FROM customers; SELECT 1/0`, `SHOW cordon."user"`, count,
		`SELECT set_config('cordon.user', 'alice', true); SELECT count(*) FROM customers`, count,
		`SELECT set_config('cordon.user', NULL, false)`, `SELECT current_setting('cordon.user')`,
		`SELECT set_config('cordon.user', 'alice'::text, 'off'), set_config('cordon.user', 'bob', false)`, `SHOW cordon."user"`, count,
		`RESET cordon."user"`, `SHOW cordon."user"`, `SET cordon."user" = bob`, `DISCARD ALL`, `SHOW cordon."user"`, `SET cordon."user" = 42`, `SHOW CORDON."user"`, `RESET ALL`, `SHOW cordon."user"`,
		`SET cordon."user" = 'it''s'`, `SHOW cordon."user"`,
	}
	c := f.connect(t, "app", db, "")
	direct, err := pgx.Connect(context.Background(), "postgres://postgres@"+pg.Addr()+"/"+db)
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close(context.Background())
	counts := ""
	for _, sql := range lines {
		got := answers(c, sql)
		want := answers(direct, strings.NewReplacer("cordon", "crm", "CORDON", "CRM").Replace(sql))
		if strings.Contains(sql, count) {
			for _, line := range strings.Split(got, "\n") {
				if i := strings.LastIndex(line, "[count]"); i >= 0 {
					counts += " " + line[i+len("[count]"):]
				}
			}
			got, want = strings.NewReplacer("110\n", "n\n", "10\n", "n\n").Replace(got), strings.ReplaceAll(want, "600\n", "n\n")
		}
		if want := strings.ReplaceAll(want, "crm.user", "cordon.user"); got != want {
			t.Errorf("%s\ngot  %q\nwant %q", sql, got, want)
		}
	}
	expect(t, counts, " 110 10 110 10 110 10 110 10 110 10 110 10 10")
}

// answers runs a string of statements and shows what each gives.
func answers(c *pgx.Conn, sql string) string {
	var b strings.Builder
	results := c.PgConn().Exec(context.Background(), sql)
	for results.NextResult() {
		r := results.ResultReader()
		for _, f := range r.FieldDescriptions() {
			fmt.Fprintf(&b, "[%s]", f.Name)
		}
		for r.NextRow() {
			for i, v := range r.Values() {
				if i > 0 {
					b.WriteByte('|')
				}
				if v == nil {
					b.WriteString("NULL")
				}
				b.Write(v)
			}
			b.WriteByte('\n')
		}
		if tag, err := r.Close(); err == nil {
			b.WriteString(tag.String() + "; ")
		}
	}
	if err := results.Close(); err != nil {
		b.WriteString(errorText(err))
	}
	return b.String()
}

// The form without quotes is a syntax error in PostgreSQL, because USER is a reserved word. Cordon takes it.
func TestTheSettingWithoutQuotes(t *testing.T) {
	f, _, db := crm(t, nil)
	c := f.connect(t, "app", db, "")
	expect(t, answers(c, "SET cordon.user = 'alice'"), "SET; ")
	expect(t, answers(c, "SHOW cordon.user"), "[cordon.user]alice\nSHOW; ")
	expect(t, answers(c, "BEGIN; SET LOCAL cordon.user = 'bob'; "+count+"; COMMIT; SHOW Cordon.User; "+count), "BEGIN; SET; [count]10\nSELECT 1; COMMIT; [cordon.user]alice\nSHOW; [count]110\nSELECT 1; ")
	expect(t, answers(c, "RESET cordon.user; SHOW cordon.user"), "RESET; [cordon.user]\nSHOW; ")
	expect(t, answers(c, "SET cordon.user = 'bob'; "+count+" WHERE '"+strings.Repeat("long", 50_000)+"' <> ''"), "SET; [count]10\nSELECT 1; ")
}

// set_config takes its value from Bind, as text or binary, once or through a prepared statement; what is bound for one person is run for that person.
func TestSetConfigFromBind(t *testing.T) {
	f, _, db := crm(t, nil)
	c := f.connect(t, "app", db, "")
	ctx := context.Background()
	for _, m := range modes {
		expect(t, show(c, m, "SELECT set_config('cordon.user', $1, false)", "alice"), "alice\nSELECT 1")
		expect(t, show(c, m, count), "110\nSELECT 1")
		expect(t, show(c, m, "SELECT pg_catalog.set_config('cordon.user', $1::text, $2)", "bob", false), "bob\nSELECT 1")
		expect(t, show(c, m, count), "10\nSELECT 1")
	}
	for _, local := range []bool{true, false} {
		want := map[bool]string{true: "10\nSELECT 1", false: "110\nSELECT 1"}[local]
		expect(t, show(c, pgx.QueryExecModeSimpleProtocol, "SET cordon.user = 'bob'"), "SET")
		expect(t, show(c, pgx.QueryExecModeExec, "BEGIN"), "BEGIN")
		expect(t, show(c, pgx.QueryExecModeCacheStatement, "SELECT set_config('cordon.user', $1, $2)", "alice", local), "alice\nSELECT 1")
		expect(t, show(c, pgx.QueryExecModeExec, count), "110\nSELECT 1")
		expect(t, show(c, pgx.QueryExecModeExec, "COMMIT"), "COMMIT")
		expect(t, show(c, pgx.QueryExecModeExec, count), want)
	}
	// In a pipeline: what stands behind the call runs for the new person, and an error undoes it.
	var batch pgx.Batch
	batch.Queue("SELECT set_config('cordon.user', $1, true)", "alice")
	batch.Queue(count)
	results := c.SendBatch(ctx, &batch)
	results.Exec()
	var n int
	if err := results.QueryRow().Scan(&n); err != nil || n != 110 {
		t.Errorf("%d, %v", n, err)
	}
	results.Close()
	expect(t, show(c, pgx.QueryExecModeSimpleProtocol, "SET cordon.user = 'bob'"), "SET")
	// One row at a time: the setting holds as soon as the server has run the call.
	got := talk(t, f.addr, "app", db, 3, frames(
		wire.AppendQuery(nil, "BEGIN"),
		wire.AppendParse(nil, "", "SELECT set_config('cordon.user', 'bob', false)", nil), wire.AppendBind(nil, "p", ""), wire.AppendExecute(nil, "p", 1),
		wire.AppendParse(nil, "", count, nil), wire.AppendBind(nil, "", ""), wire.AppendExecute(nil, "", 0), wire.AppendSync(nil), wire.AppendQuery(nil, count)))
	expect(t, got, "C \"BEGIN\\x00\"\nZ \"T\"\n1\n2\nD \"\\x00\\x01\\x00\\x00\\x00\\x03bob\"\ns\n1\n2\nD \"\\x00\\x01\\x00\\x00\\x00\\x0210\"\nC \"SELECT 1\\x00\"\nZ \"T\"\nT\nD \"\\x00\\x01\\x00\\x00\\x00\\x0210\"\nC \"SELECT 1\\x00\"\nZ \"T\"\n")
}

// Each way to become another person without being allowed to, or unseen.
func TestForgedPersons(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, `CREATE FUNCTION public.become(p text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN set_config('cordon.' || 'user', p, false); END $$`)
	m := pgx.QueryExecModeSimpleProtocol
	alone := `ERROR 42501: login "bob" may not set "cordon.user": it is the person of its own name`
	for sql, want := range map[string]string{
		"SET cordon.user = 'alice'":                                                 alone,
		`SET LOCAL cordon."user" = 'alice'`:                                         alone,
		"RESET cordon.user":                                                         alone,
		"SELECT set_config('cordon.user', 'alice', false)":                          alone,
		"SELECT set_config('CORDON.User', 'alice', false)":                          strings.Replace(alone, "cordon.user", "CORDON.User", 1),
		`SELECT U&"set\005Fconfig"(E'\x63ordon.user', 'alice', false)`:              alone,
		"SELECT 1; SET cordon.user = 'alice'; SELECT count(*) FROM customers":       alone,
		"SELECT count(*) FROM customers, set_config('cordon.user', 'alice', false)": alone,
		"SELECT set_config('cordon' || '.user', 'alice', false)":                    "ERROR 42501: set_config needs the setting's name as a plain literal here.",
		"SELECT public.become('alice')":                                             "ERROR 42501: permission denied for function public.become: the policy does not list it for this person.",
		"/*user='alice'*/ SELECT count(*) FROM customers":                           "10\nSELECT 1",
		"SELECT count(*) FROM customers /*user='alice',traceparent='00-1'*/":        "10\nSELECT 1",
		"UPDATE pg_settings SET setting = 'alice' WHERE name = 'cordon.user'":       "ERROR 42501: permission denied for pg_catalog.pg_settings: Cordon does not let people who do not have every table as it is write to system catalogs.",
		"SET SESSION AUTHORIZATION alice; SELECT count(*) FROM customers":           `ERROR 42501: permission denied to set session authorization "alice"`,
		"PREPARE p AS SELECT set_config('cordon.user', 'alice', false)":             alone,
		"DO $$ BEGIN PERFORM set_config('cordon.user', 'alice', false); END $$":     "ERROR 42501: cordon.user cannot be set in a DO block or a routine",
		"DO $$ BEGIN EXECUTE 'SET cordon.user = ''alice'''; END $$":                 "ERROR 42501: cordon.user cannot be set in a DO block or a routine",
	} {
		c := f.connect(t, "bob", db, "")
		if got := show(c, m, sql); got != want {
			t.Errorf("bob: %s\ngot  %s\nwant %s", sql, got, want)
		}
		expect(t, show(c, m, count), "10\nSELECT 1")
	}
	// On a login that speaks for others, what is not plain to see is refused, and the person stays.
	here := "ERROR 0A000: set_config cannot set cordon.user here"
	elsewhere := `ERROR 42501: cordon.user cannot be set for a role, a database or a function`
	for sql, want := range map[string]string{
		"SELECT set_config('cordon.user', name, false) FROM customers":                            here,
		"SELECT count(*) FROM customers WHERE set_config('cordon.user', 'postgres', false) <> ''": here,
		"SELECT (SELECT set_config('cordon.user', 'postgres', false))":                            here,
		"WITH x AS (SELECT set_config('cordon.user', 'postgres', false)) SELECT * FROM x":         here,
		"SELECT set_config('cordon.user', 'postgres', false), count(*) FROM customers":            here,
		"SELECT set_config('cordon.user', 'post' || 'gres', false)":                               here,
		"SELECT set_config('cordon.user', 'postgres', false) WHERE false":                         here,
		"SELECT set_config('cordon.user', 'postgres', false) LIMIT 0":                             here,
		"SELECT set_config('cordon.user', 'postgres', false) UNION SELECT 'x'":                    here,
		"PREPARE p AS SELECT set_config('cordon.user', 'postgres', false)":                        here,
		"DECLARE c CURSOR FOR SELECT set_config('cordon.user', 'postgres', false)":                here,
		"EXPLAIN ANALYZE SELECT set_config('cordon.user', 'postgres', false)":                     here,
		"CREATE TEMP TABLE x AS SELECT set_config('cordon.user', 'postgres', false)":              here,
		"SELECT set_config('cordon.other', 'postgres', false)":                                    `ERROR 42501: login "app" may not set "cordon.other"`,
		"SET cordon.token = 'x'":                                                                              `ERROR 42501: login "app" may not set "cordon.token"`,
		"SET cordon.user FROM CURRENT":                                                                        "ERROR 0A000: the value of cordon.user must be one string",
		`ALTER ROLE app SET cordon."user" = 'postgres'`:                                                       elsewhere,
		`ALTER DATABASE postgres SET cordon."user" = 'postgres'`:                                              elsewhere,
		`ALTER SYSTEM SET cordon."user" = 'postgres'`:                                                         elsewhere,
		`CREATE FUNCTION g() RETURNS int LANGUAGE sql SET cordon."user" = 'postgres' AS 'SELECT 1'`:           elsewhere,
		`CREATE FUNCTION g() RETURNS text LANGUAGE sql AS $$ SELECT set_config('cordon.user', 'x', false) $$`: "ERROR 42501: cordon.user cannot be set in a DO block or a routine",
		"/*user='postgres'*/ SELECT count(*) FROM customers":                                                  `ERROR 28000: the setting cordon.user says "alice", and the comment says "postgres"`,
		"/*user='postgres'*/ SET cordon.user = 'bob'; SELECT count(*) FROM customers":                         `ERROR 28000: the setting cordon.user says "bob", and the comment says "postgres"`,
		"/*user='bob'*/ SET cordon.user = 'bob'; SELECT count(*) FROM customers /*user='alice'*/":             "ERROR 28000: the comments of the statement do not name one person",
		"SET cordon.user = 'nobody'; SELECT count(*) FROM customers":                                          `ERROR 28000: the policy has no user "nobody"`,
		"SET cordon.user = ''; SELECT count(*) FROM customers":                                                `ERROR 28000: login "app" speaks for other people, and this statement names none of them`,
	} {
		c := f.connect(t, "app", db, "")
		expect(t, show(c, m, "SET cordon.user = 'alice'"), "SET")
		if got := show(c, m, sql); got != want {
			t.Errorf("app: %s\ngot  %s\nwant %s", sql, got, want)
		}
		expect(t, show(c, m, count), "110\nSELECT 1")
	}
	// What a function does to the server's copy moves nobody.
	c := f.connect(t, "app", db, "")
	expect(t, answers(c, "SET cordon.user = 'postgres'; SELECT public.become('alice'); SET cordon.user = 'bob'; SELECT count(*) FROM plain"),
		"ERROR 0A000: this statement must be sent by itself: another person speaks from here on")
	expect(t, show(c, m, "SET cordon.user = 'postgres'"), "SET")
	expect(t, show(c, m, "SELECT public.become('alice')"), "alice\nSELECT 1")
	expect(t, show(c, m, count), "600\nSELECT 1")
	expect(t, show(c, m, "SELECT set_config('cordon.' || 'user', 'alice', false)"), "ERROR 0A000: set_config needs the setting's name as a plain literal here")
}

// A value that ALTER ROLE has put on the server would be shown to the client as the person, and is none.
func TestTheServersOwnValue(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, `ALTER ROLE app IN DATABASE `+db+` SET cordon."user" = 'alice'`)
	_, err := pgconn.Connect(context.Background(), "postgres://app@"+f.addr+"/"+db+"?sslmode=disable")
	if e := pgError(err); e == nil || e.Code != "42501" || e.Message != "cordon.user is set for this login or database on the server, where it says nothing of who speaks" {
		t.Error(err)
	}
}
