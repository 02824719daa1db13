package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cordon/internal/pgtest"
	"cordon/wire"
)

// exportPolicy lets a salesperson have 50 rows a statement and 200 an hour, however they come.
const exportPolicy = `
version: 1
defaults: {tables: allow}
users:
  alice: {roles: [sales]}
  bob: {roles: [sales]}
  postgres: {roles: [dba]}
logins:
  app: {on_behalf_of: {setting: cordon.user, comment: user}, without_user: deny}
roles:
  sales: {may: [ddl]}
  dba: {may: [ddl, routine, explain, unparsed]}
subjects:
  public.customers: id
  public.orders: {column: customer_id, of: public.customers}
rules:
  - name: the list of customers
    roles: [sales]
    tables: [public.customers]
    allow: [select, insert, update]
    export: {EXPORT}
  - name: orders
    roles: [sales]
    tables: [public.orders]
    export: {subjects: 20, count: consumed}
`

const exportSchema = `
CREATE TABLE customers (id int PRIMARY KEY, name text, phone varchar(20));
INSERT INTO customers SELECT g, 'customer ' || g, '1380000' || to_char(g, 'FM0000') FROM generate_series(1, 1000) g;
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, note text);
INSERT INTO orders SELECT g, g / 10 + 1, 'x' FROM generate_series(0, 9999) g;
CREATE SEQUENCE counter;
CREATE TABLE plain (id int, t text);
INSERT INTO plain SELECT g, 'row ' || g FROM generate_series(1, 100) g;
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alice') THEN CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN; CREATE ROLE app LOGIN; END IF;
END $$;
GRANT ALL ON ALL TABLES IN SCHEMA public TO public;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO public;
GRANT ALL ON SCHEMA public TO public;
`

// exports is a Cordon with an export limit on the list of customers.
func exports(t *testing.T, export string) (*front, string) {
	t.Helper()
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, exportSchema)
	return serve(t, pg.Addr(), strings.Replace(exportPolicy, "EXPORT", export, 1), func(s *Server) { s.Limits.Drain = 1 }), db
}

// got is how many rows a statement gave, and its error.
func got(c *pgx.Conn, mode pgx.QueryExecMode, sql string, args ...any) string {
	out := show(c, mode, sql, args...)
	rows := strings.Count(out, "\n")
	return fmt.Sprintf("%d rows, %s", rows, out[strings.LastIndexByte(out, '\n')+1:])
}

const (
	overStatement = `0 rows, ERROR 5C001: export limit of rule "the list of customers" exceeded: more than 50 rows in one statement`
	overWindow    = `0 rows, ERROR 5C001: export limit of rule "the list of customers" exceeded: more than 200 rows within 1h`
	overPacked    = `0 rows, ERROR 5C001: export limit of rule "the list of customers" exceeded: more than 50 rows packed into the values of one statement`
)

const listLimit = "rows: 50, window: [{rows: 200, per: 1h}, {rows: 500, per: 24h}], count: consumed"

// The whole list packed into one value, by whatever packs.
func TestPackedRowsAreCounted(t *testing.T) {
	f, db := exports(t, listLimit)
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			c := f.connect(t, "alice", db, "")
			for _, sql := range []string{
				"SELECT string_agg(name, ',') FROM customers",
				"SELECT string_agg(name, ',') FILTER (WHERE id > 10) FROM customers",
				"SELECT array_agg(name) FROM customers",
				"SELECT json_agg(c) FROM customers c",
				"SELECT jsonb_agg(row_to_json(c)) FROM customers c",
				"SELECT json_object_agg(id, name) FROM customers",
				"SELECT jsonb_object_agg(id, c) FROM customers c",
				"SELECT xmlagg(xmlelement(name c, name)) FROM customers",
				"SELECT ARRAY(SELECT name FROM customers ORDER BY id)",
				"SELECT string_agg(name, ',') FROM customers GROUP BY id % 100",
				"SELECT length(string_agg(name, ',')) FROM customers",
				"SELECT string_agg(name, ',') OVER () FROM customers LIMIT 1",
				"SELECT (SELECT string_agg(name, ',') FROM customers b WHERE b.id % 20 = a.id) FROM customers a WHERE a.id < 10",
				"SELECT array_agg(DISTINCT name ORDER BY name) FROM customers",
				"SELECT percentile_disc(ARRAY[0.1, 0.2, 0.3]) WITHIN GROUP (ORDER BY name) FROM customers",
				"SELECT percentile_cont('{0.1, 0.2, 0.3}'::float8[]) WITHIN GROUP (ORDER BY id) FROM customers",
				"WITH x AS (SELECT array_agg(name) AS n FROM customers) SELECT n[1] FROM x",
				"SELECT count(set_config('my.names', concat(current_setting('my.names', true), name), false)) FROM customers",
				"SELECT id FROM customers WHERE set_config('my.names', concat(current_setting('my.names', true), name), false) = ''",
				"SELECT count(*) FROM customers c, set_config('my.names', concat(current_setting('my.names', true), c.name), false)",
				"SELECT count(pg_notify('list', name)) FROM customers",
				"SELECT count(pg_notify(name, phone)) FROM customers",
				"SELECT count(setval('counter', id)) FROM customers",
				"WITH RECURSIVE r(n, acc) AS (SELECT 0, '' UNION ALL SELECT n + 1, acc || c.name FROM r JOIN customers c ON c.id = r.n + 1) SELECT acc FROM r ORDER BY n DESC LIMIT 1",
				"WITH RECURSIVE r(n, acc) AS (SELECT 0, '' UNION ALL SELECT n + 1, acc || c.name FROM r, customers c WHERE c.id = r.n + 1 OR false) SELECT acc FROM r ORDER BY n DESC LIMIT 1",
			} {
				if mode == pgx.QueryExecModeSimpleProtocol && strings.Contains(sql, "xml") {
					continue
				}
				if out := got(c, mode, sql); out != overPacked {
					t.Errorf("%s: %s", sql, out)
				}
			}
			expect(t, got(c, mode, "SELECT 1"), "1 rows, SELECT 1")
			expect(t, show(c, mode, "SELECT count(*), max(name) FROM customers"), "1000|customer 999\nSELECT 1")
			expect(t, show(c, mode, "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id) FROM customers"), "500.5\nSELECT 1")
			expect(t, show(c, mode, "SELECT array_agg(id) FROM plain WHERE id < 4"), "[1 2 3]\nSELECT 1")
			expect(t, show(c, mode, "SELECT set_config('my.name', name, false) FROM customers WHERE id = 7"), "customer 7\nSELECT 1")
			expect(t, show(c, mode, "SELECT count(pg_notify('changed', '')), count(pg_notify(name, phone)) FILTER (WHERE id = 7) FROM customers"), "1000|1\nSELECT 1")
			expect(t, show(c, mode, "SELECT current_setting('my.names', true), current_setting('my.name')"), "|customer 7\nSELECT 1")
		})
	}
}

// A packed list that one statement may have counts in the windows.
func TestPackedRowsCountInWindows(t *testing.T) {
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			f, db := exports(t, listLimit)
			c := f.connect(t, "alice", db, "")
			for i := range 4 {
				expect(t, got(c, mode, fmt.Sprintf("SELECT string_agg(name, ',') FROM customers WHERE id BETWEEN %d AND %d", i*50+1, i*50+49)), "1 rows, SELECT 1")
			}
			expect(t, got(c, mode, "SELECT string_agg(name, ',') FROM customers WHERE id < 3"), overWindow)
			expect(t, got(c, mode, "SELECT id FROM customers WHERE id < 3"), overWindow)
			expect(t, got(c, mode, "SELECT 1"), "1 rows, SELECT 1")
			// In a transaction, which is in the failed state behind it.
			b := f.connect(t, "bob", db, "")
			expect(t, got(b, mode, "BEGIN"), "0 rows, BEGIN")
			for range 4 {
				expect(t, got(b, mode, "SELECT string_agg(name, ',') FROM customers WHERE id < 50"), "1 rows, SELECT 1")
			}
			expect(t, got(b, mode, "SELECT string_agg(name, ',') FROM customers WHERE id < 3"), overWindow)
			expect(t, got(b, mode, "SELECT 1"), "0 rows, ERROR 25P02: current transaction is aborted, commands ignored until end of transaction block")
			expect(t, got(b, mode, "ROLLBACK"), "0 rows, ROLLBACK")
			expect(t, got(b, mode, "SELECT 1"), "1 rows, SELECT 1")
		})
	}
}

func TestPackedRowsOfCopy(t *testing.T) {
	f, db := exports(t, listLimit)
	c := f.connect(t, "alice", db, "")
	dump := func(sql string) string {
		var b bytes.Buffer
		tag, err := c.PgConn().CopyTo(context.Background(), &b, sql)
		if err != nil {
			return fmt.Sprintf("%d bytes, %s", b.Len(), errorText(err))
		}
		return fmt.Sprintf("%d bytes, %s", b.Len(), tag)
	}
	expect(t, dump("COPY (SELECT string_agg(name, ',') FROM customers) TO STDOUT"), strings.Replace(overPacked, "rows", "bytes", 1))
	for range 4 {
		expect(t, dump("COPY (SELECT json_agg(id) FROM customers WHERE id < 50) TO STDOUT"), "188 bytes, COPY 1")
	}
	expect(t, dump("COPY (SELECT json_agg(id) FROM customers WHERE id < 50) TO STDOUT"), strings.Replace(overWindow, "rows", "bytes", 1))
	expect(t, dump("COPY plain TO STDOUT"), "984 bytes, COPY 100")
}

// What is copied into another table is out of the limit's reach there, so the copying counts.
func TestCopiesAreCounted(t *testing.T) {
	f, db := exports(t, "rows: 50, over: block")
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			c := f.connect(t, "alice", db, "")
			for _, sql := range []string{
				"INSERT INTO plain SELECT id, name FROM customers",
				"INSERT INTO plain SELECT id, name FROM customers RETURNING id",
				"CREATE TEMP TABLE mine AS SELECT * FROM customers",
				"SELECT * INTO TEMP mine FROM customers",
				"UPDATE plain SET t = c.name FROM customers c WHERE c.id = plain.id",
				"DELETE FROM plain USING customers c WHERE c.id = plain.id", // of a list of all that can be, those that are not customers' stay
				"DELETE FROM plain WHERE id IN (SELECT id FROM customers)",
			} {
				expect(t, got(c, mode, sql), overStatement)
			}
			expect(t, show(c, mode, "SELECT count(*) FROM plain WHERE t LIKE 'customer%'"), "0\nSELECT 1")
			expect(t, got(c, mode, "SELECT * FROM mine"), `0 rows, ERROR 42P01: relation "mine" does not exist`)
			for _, sql := range []string{
				"INSERT INTO plain SELECT id, name FROM customers RETURNING 1",
				"INSERT INTO plain VALUES (1, (SELECT name FROM customers WHERE id = 1)), (2, (SELECT name FROM customers WHERE id = 2))",
				"UPDATE plain SET t = c.name FROM customers c WHERE c.id = plain.id",
				"UPDATE plain SET t = (SELECT name FROM customers c WHERE c.id = plain.id)",
				"UPDATE plain SET t = 'x' WHERE id IN (SELECT id FROM customers)",
				"DELETE FROM plain USING customers c WHERE c.id = plain.id",
				"DELETE FROM plain WHERE EXISTS (SELECT FROM customers c WHERE c.id = plain.id)",
			} {
				expect(t, got(c, mode, "WITH x AS ("+sql+") SELECT 1"), "0 rows, ERROR 0A000: Cordon cannot count the rows of export-limited tables that this statement copies in a WITH clause.")
			}
			expect(t, show(c, mode, "SELECT count(*) FROM plain WHERE t LIKE 'row %'"), "100\nSELECT 1")
			expect(t, show(c, mode, "WITH x AS (INSERT INTO plain VALUES (0, 'x') RETURNING id) SELECT x.id, count(*) FROM customers, x GROUP BY 1"), "0|1000\nSELECT 1")
			expect(t, show(c, mode, "WITH x AS (UPDATE customers SET phone = phone WHERE id IN (SELECT id FROM customers ORDER BY id LIMIT 2) RETURNING id) SELECT count(*) FROM x"), "2\nSELECT 1")
			expect(t, show(c, mode, "DELETE FROM plain WHERE id = 0"), "DELETE 1")
			expect(t, got(c, mode, "UPDATE customers SET phone = phone WHERE id > 0"), "0 rows, UPDATE 1000")
			expect(t, got(c, mode, "CREATE TEMP TABLE few AS SELECT * FROM customers WHERE id <= 50"), "0 rows, SELECT 50")
			expect(t, got(c, mode, "SELECT * FROM few"), "50 rows, SELECT 50")
		})
	}
}

// What is copied by EXECUTE counts as what is copied at once, and what EXPLAIN ANALYZE copies nobody could count.
func TestPreparedCopiesAreCounted(t *testing.T) {
	const uncounted = "0 rows, ERROR 0A000: Cordon cannot count the rows of export-limited tables that EXPLAIN ANALYZE copies."
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, exportSchema)
	policy := strings.Replace(strings.Replace(exportPolicy, "EXPORT", "rows: 50, over: block", 1), "sales: {may: [ddl]}", "sales: {may: [ddl, explain]}", 1)
	f := serve(t, pg.Addr(), policy, func(s *Server) { s.Limits.Drain = 1 })
	for _, mode := range modes {
		c := f.connect(t, "alice", db, "")
		expect(t, show(c, mode, "PREPARE list AS SELECT * FROM customers"), "PREPARE")
		expect(t, show(c, mode, "PREPARE fill AS INSERT INTO plain SELECT id, name FROM customers"), "PREPARE")
		expect(t, show(c, mode, "PREPARE change AS UPDATE plain SET t = c.name FROM customers c WHERE c.id = plain.id"), "PREPARE")
		expect(t, got(c, mode, "CREATE TEMP TABLE mine AS EXECUTE list"), overStatement)
		expect(t, got(c, mode, "EXECUTE fill"), overStatement)
		expect(t, got(c, mode, "EXECUTE change"), overStatement)
		for _, sql := range []string{
			"EXPLAIN ANALYZE CREATE TEMP TABLE mine AS SELECT * FROM customers",
			"EXPLAIN ANALYZE CREATE TEMP TABLE mine AS EXECUTE list",
			"EXPLAIN ANALYZE SELECT * INTO TEMP mine FROM customers",
			"EXPLAIN (ANALYZE on) INSERT INTO plain SELECT id, name FROM customers",
			"EXPLAIN (VERBOSE, ANALYZE 1) EXECUTE fill",
			"EXPLAIN ANALYZE EXECUTE change",
			"EXPLAIN (ANALYZE, ANALYZE false) EXECUTE change", // which of the two counts is PostgreSQL's business
		} {
			if out := got(c, mode, sql); out != uncounted {
				t.Errorf("%s: %s", sql, out)
			}
		}
		for _, sql := range []string{"EXPLAIN EXECUTE fill", "EXPLAIN (ANALYZE false) INSERT INTO plain SELECT id, name FROM customers", "EXPLAIN (ANALYZE, TIMING off) EXECUTE list", "EXPLAIN ANALYZE UPDATE customers SET phone = phone", "EXPLAIN ANALYZE INSERT INTO plain VALUES (0, 'x')"} {
			if out := got(c, mode, sql); !strings.HasSuffix(out, ", EXPLAIN") {
				t.Errorf("%s: %s", sql, out)
			}
		}
		expect(t, show(c, mode, "SELECT count(*) FROM plain WHERE t LIKE 'customer%'"), "0\nSELECT 1")
		expect(t, got(c, mode, "SELECT * FROM mine"), `0 rows, ERROR 42P01: relation "mine" does not exist`)
		expect(t, show(c, mode, "PREPARE few AS SELECT * FROM customers WHERE id <= 50"), "PREPARE")
		expect(t, show(c, mode, "CREATE TEMP TABLE mine AS EXECUTE few"), "SELECT 50")
		expect(t, got(c, mode, "SELECT * FROM mine"), "50 rows, SELECT 50")
	}
}

// Bytes that are copied count as those that come back: the whole list in one value, put into another table or into a setting, is read from there without a limit.
func TestCopiedBytesAreCounted(t *testing.T) {
	const (
		over     = `0 rows, ERROR 5C001: export limit of rule "the list of customers" exceeded: more than 4096 bytes copied by one statement`
		window   = `0 rows, ERROR 5C001: export limit of rule "the list of customers" exceeded: more than 10 kB within 1h`
		cannot   = "0 rows, ERROR 0A000: Cordon cannot count the bytes of export-limited tables that this statement copies."
		packed   = "string_agg(name, ',') FROM customers" // 12 kB
		few      = packed + " WHERE id <= 100"            // 1.2 kB
		kept     = "SELECT current_setting('my.list', true)"
		theirs   = "SELECT count(*) FROM plain WHERE t LIKE 'customer%'"
		nothing  = "0\nSELECT 1"
		alsoFrom = " FROM customers c WHERE c.id = plain.id"
	)
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			f, db := exports(t, "bytes: 4kB, window: {bytes: 10kB, per: 1h}")
			c := f.connect(t, "alice", db, "")
			expect(t, show(c, mode, "PREPARE fill AS INSERT INTO plain SELECT id, name FROM customers"), "PREPARE")
			expect(t, show(c, mode, "PREPARE list AS SELECT * FROM customers"), "PREPARE")
			for _, sql := range []string{
				"INSERT INTO plain SELECT id, name FROM customers",
				"INSERT INTO plain SELECT id, name FROM customers RETURNING id",
				"INSERT INTO plain VALUES (1, (SELECT " + packed + "))",
				"INSERT INTO plain (t) SELECT " + packed,
				"COPY (INSERT INTO plain (t) SELECT " + packed + " RETURNING 1) TO STDOUT",
				"EXECUTE fill",
				"UPDATE plain SET t = repeat(c.name, 5)" + alsoFrom,
				"UPDATE plain SET t = (SELECT " + packed + ") WHERE id = 1",
				"UPDATE plain SET (id, t) = (SELECT -1, " + packed + ") WHERE id = 1 RETURNING id",
				"UPDATE customers SET name = (SELECT " + packed + ") WHERE id = 1",
				"CREATE TEMP TABLE mine AS SELECT * FROM customers",
				"CREATE TEMP TABLE mine AS SELECT " + packed,
				"CREATE TEMP TABLE mine (a, b) ON COMMIT DROP AS (SELECT id, name FROM customers ORDER BY id) WITH DATA",
				"CREATE TEMP TABLE mine AS SELECT 1 AS cordon_copied, " + packed,
				"SELECT set_config('my.list', " + packed[:21] + ", false)" + packed[21:],
				"SELECT count(set_config('my.list', concat(current_setting('my.list', true), name), false)) FROM customers",
				"SELECT count(pg_notify('list', name || phone)) FROM customers",
				"SELECT count(pg_notify(name, phone)) FROM customers",
				"SELECT pg_notify('list', string_agg(left(name, 7), '')) FROM customers",
				"SELECT count(setval('counter', id)) FROM customers",
			} {
				if out := copyOrShow(c, mode, sql); out != over {
					t.Errorf("%s: %s", sql, out)
				}
			}
			for _, sql := range []string{
				"CREATE TEMP TABLE mine AS EXECUTE list",
				"SELECT * INTO TEMP mine FROM customers",
				"MERGE INTO plain USING customers c ON c.id = plain.id WHEN MATCHED THEN UPDATE SET t = c.name",
			} {
				if out := got(c, mode, sql); out != cannot {
					t.Errorf("%s: %s", sql, out)
				}
			}
			expect(t, show(c, mode, theirs), nothing)
			expect(t, got(c, mode, "SELECT * FROM mine"), `0 rows, ERROR 42P01: relation "mine" does not exist`)

			// What is small enough is copied as ever, and counts.
			expect(t, show(c, mode, "CREATE TEMP TABLE mine (a, b) AS SELECT 'x', "+few+" WITH DATA"), "SELECT 1")
			expect(t, show(c, mode, "CREATE TEMP TABLE none AS SELECT * FROM customers WITH NO DATA"), "CREATE TABLE AS")
			expect(t, show(c, mode, "SELECT a, length(b) FROM mine"), "x|1191\nSELECT 1")
			expect(t, show(c, mode, "INSERT INTO plain SELECT '7', "+few), "INSERT 0 1")
			expect(t, show(c, mode, "INSERT INTO plain SELECT '7', "+few+" RETURNING id, length(t)"), "7|1191\nINSERT 0 1")
			expect(t, show(c, mode, "UPDATE plain SET t = (SELECT "+few+") WHERE id = 2 RETURNING id"), "2\nUPDATE 1")
			expect(t, show(c, mode, "INSERT INTO plain SELECT count(*), min(name) FROM customers"), "INSERT 0 1")
			expect(t, show(c, mode, "INSERT INTO plain VALUES (0, 'x')"), "INSERT 0 1")
			expect(t, show(c, mode, "SELECT set_config('my.list', string_agg(name, ','), false) IS NULL FROM customers WHERE id <= 100"), "false\nSELECT 1")
			expect(t, show(c, mode, "SELECT length(current_setting('my.list'))"), "1191\nSELECT 1")
			for range 3 {
				expect(t, show(c, mode, "UPDATE plain SET t = (SELECT "+few+") WHERE id = 2"), "UPDATE 1")
			}
			expect(t, got(c, mode, "UPDATE plain SET t = (SELECT "+few+") WHERE id = 2"), window)
			expect(t, got(c, mode, "SELECT set_config('my.list', string_agg(name, ','), false) FROM customers WHERE id <= 100"), window)
			expect(t, got(f.connect(t, "bob", db, ""), mode, "INSERT INTO plain SELECT 7, "+few), "0 rows, INSERT 0 1")
		})
	}
}

// copyOrShow is got, also of a COPY TO STDOUT.
func copyOrShow(c *pgx.Conn, mode pgx.QueryExecMode, sql string) string {
	if !strings.HasPrefix(sql, "COPY") {
		return got(c, mode, sql)
	}
	var b bytes.Buffer
	_, err := c.PgConn().CopyTo(context.Background(), &b, sql)
	var failed *pgconn.PgError
	if !errors.As(err, &failed) {
		return fmt.Sprint(b.Len(), err)
	}
	return fmt.Sprintf("%d rows, ERROR %s: %s", strings.Count(b.String(), "\n"), failed.Code, failed.Message)
}

// A join of the list with itself shows two of its rows in one, and a pivot as many as it likes.
func TestRowsSideBySide(t *testing.T) {
	f, db := exports(t, listLimit)
	c := f.connect(t, "alice", db, "")
	mode := pgx.QueryExecModeExec
	expect(t, got(c, mode, "SELECT a.name, b.name FROM customers a JOIN customers b ON b.id = a.id + 500 WHERE a.id <= 26"), overStatement)
	expect(t, got(c, mode, "SELECT a.name, b.name FROM customers a JOIN customers b ON b.id = a.id + 500 WHERE a.id <= 25"), "25 rows, SELECT 25")
	var pivot, lags strings.Builder
	for i := range 60 {
		fmt.Fprintf(&pivot, ", max(name) FILTER (WHERE id = %d)", i)
		fmt.Fprintf(&lags, ", lag(name, %d) OVER (ORDER BY id)", i)
	}
	expect(t, got(c, mode, "SELECT "+pivot.String()[1:]+" FROM customers"), overStatement)
	expect(t, got(c, mode, "SELECT "+lags.String()[1:]+" FROM customers ORDER BY id DESC LIMIT 1"), overStatement)
}

func TestRowsInsideRows(t *testing.T) {
	f, db := exports(t, "rows: 50, count: consumed")
	c := f.connect(t, "alice", db, "")
	mode := pgx.QueryExecModeExec
	// A WITH query is read where it is named: twice in one that is named thrice is six times.
	for n, want := range map[int]string{6: "8 rows, SELECT 8", 7: overStatement} {
		list := strings.Repeat(", (SELECT name FROM l WHERE l.id = g)", n)[1:]
		expect(t, got(c, mode, "WITH l AS (SELECT * FROM customers) SELECT "+list+" FROM generate_series(1, 8) g"), want)
		expect(t, got(c, mode, "WITH l AS MATERIALIZED (SELECT * FROM customers) SELECT "+list+" FROM generate_series(1, 8) g"), want)
	}
	const pairs = "WITH l AS (SELECT * FROM customers), p AS (SELECT a.id, a.name, b.name AS other FROM l a JOIN l b ON b.id = a.id + 100) "
	expect(t, got(c, mode, pairs+"SELECT * FROM p x, p y, p z WHERE y.id = x.id + 1 AND z.id = x.id + 2 AND x.id <= 8"), "8 rows, SELECT 8")
	expect(t, got(c, mode, pairs+"SELECT * FROM p x, p y, p z WHERE y.id = x.id + 1 AND z.id = x.id + 2 AND x.id <= 9"), overStatement)
	expect(t, got(c, mode, "WITH RECURSIVE l AS (SELECT * FROM customers), p AS (SELECT a.name, b.name AS other FROM l a, l b WHERE b.id = a.id + 100 AND a.id <= 26) SELECT * FROM p"), overStatement)

	// Rows that have been fetched into others are fetched again: 2, 4, 8, 16, 32, 64.
	nested := "SELECT id, name AS n FROM customers"
	for i := range 6 {
		nested = fmt.Sprintf("SELECT id, n || lag(n, %d) OVER (ORDER BY id) AS n FROM (%s) x%d", 1<<i, nested, i)
	}
	expect(t, got(c, mode, "SELECT n FROM ("+nested+") x ORDER BY id DESC LIMIT 1"), overStatement)
	expect(t, got(c, mode, "SELECT name, lag(name) OVER (ORDER BY id) FROM customers WHERE id <= 50"), "50 rows, SELECT 50")
}

// What is copied weighs what it would as a result.
func TestCopiesSideBySide(t *testing.T) {
	f, db := exports(t, listLimit)
	c := f.connect(t, "alice", db, "")
	mode := pgx.QueryExecModeExec
	three := "a.name || b.name || c.name FROM customers a, customers b, customers c WHERE b.id = a.id + 100 AND c.id = a.id + 200 AND a.id "
	expect(t, got(c, mode, "INSERT INTO plain SELECT -a.id, "+three+"<= 17"), overStatement)
	expect(t, got(c, mode, "UPDATE plain SET t = "+three+"= plain.id AND a.id <= 17"), overStatement)
	expect(t, got(c, mode, "CREATE TEMP TABLE few AS SELECT "+three+"<= 17"), overStatement)
	expect(t, got(c, mode, "INSERT INTO plain SELECT -a.id, "+three+"<= 16"), "0 rows, INSERT 0 16")
	var pivot strings.Builder
	for i := range 60 {
		fmt.Fprintf(&pivot, " || max(name) FILTER (WHERE id = %d)", i+1)
	}
	expect(t, got(c, mode, "INSERT INTO plain SELECT -1, "+pivot.String()[4:]+" FROM customers"), overStatement)
}

// An error that quotes a value would give it past the limit, a statement each.
func TestErrorsGiveNoRows(t *testing.T) {
	for _, count := range []string{"consumed", "results"} {
		f, db := exports(t, "rows: 50, count: "+count)
		for name, mode := range modes {
			t.Run(count+" "+name, func(t *testing.T) {
				c := f.connect(t, "alice", db, "")
				expect(t, got(c, mode, "SELECT name::int FROM customers WHERE id = 5"), `0 rows, ERROR 22P02: invalid input syntax for type integer: "…"`)
				expect(t, got(c, mode, "SELECT string_agg(name, ',')::int FROM customers WHERE id < 9"), `0 rows, ERROR 22P02: invalid input syntax for type integer: "…"`)
				for sql, want := range map[string]string{ // a value that is taken for a name
					"SELECT ('(' || name)::tsquery FROM customers WHERE id = 5":                                                        `42601: syntax error in tsquery: "…"`,
					"SELECT ('x' || id)::regclass FROM customers WHERE id = 5":                                                         `42P01: relation "…" does not exist`,
					"SELECT ('public.y' || id)::regclass FROM customers WHERE id = 5":                                                  `42P01: relation "…" does not exist`,
					"SELECT ('x' || id)::regnamespace FROM customers WHERE id = 5":                                                     `3F000: schema "…" does not exist`,
					"SELECT has_database_privilege('x' || id, 'connect') FROM customers WHERE id = 5":                                  `3D000: database "…" does not exist`,
					"SELECT has_table_privilege('\"x ' || id, 'plain', 'select') FROM customers WHERE id = 5":                          `42704: role "…" does not exist`,
					"SELECT has_table_privilege('x\"' || name || '\"x', 'plain', 'select') FROM customers WHERE id = 5":                `42704: role "…" does not exist`,
					"SELECT has_table_privilege('x\" of relation \"' || name || '\"x', 'plain', 'select') FROM customers WHERE id = 5": `42704: role "…" does not exist`,
					"SELECT has_column_privilege('plain', name, 'select') FROM customers WHERE id = 5":                                 `42703: column "…" does not exist`,
					"SELECT (id || '#')::regoper FROM customers WHERE id = 5":                                                          `42883: operator does not exist: "…"`,
				} {
					if out := got(c, mode, sql); !strings.HasPrefix(out, "0 rows, ERROR "+strings.SplitAfter(want, `"…"`)[0]) {
						t.Errorf("%s: %s, and not %s", sql, out, want)
					}
				}
				for sql, want := range map[string]string{ // names that stand in the statement
					"SELECT nosuch FROM customers":                                            `ERROR 42703: column "nosuch" does not exist`,
					"SELECT id, 'NoSuch'::regclass FROM customers":                            `ERROR 42P01: relation "nosuch" does not exist`,
					"SELECT has_column_privilege('plain', 'NoSuch', 'select') FROM customers": `ERROR 42703: column "NoSuch" of relation "plain" does not exist`,
				} {
					expect(t, got(c, mode, sql), "0 rows, "+want)
				}
				expect(t, got(c, mode, "INSERT INTO customers SELECT id, name FROM customers WHERE id = 7"), `0 rows, ERROR 23505: duplicate key value violates unique constraint "customers_pkey"`)
			})
		}
	}
}

// Subjects are told apart by their key, wherever it stands; a row without one may be anybody's.
func TestSubjectsAreCounted(t *testing.T) {
	f, db := exports(t, "subjects: 30, window: [{subjects: 60, per: 1h}]")
	over := func(n int) string {
		return fmt.Sprintf(`0 rows, ERROR 5C001: export limit of rule "the list of customers" exceeded: rows of more than %d subjects in one statement`, n)
	}
	overWindow := `0 rows, ERROR 5C001: export limit of rule "the list of customers" exceeded: more than 60 different subjects within 1h`
	for _, step := range []struct{ name, user, behalf string }{{"simple", "alice", ""}, {"extended", "bob", ""}, {"prepared", "app", "alice"}, {"described", "app", "bob"}} { // in this order: what alice and bob got counts for app
		t.Run(step.name, func(t *testing.T) {
			mode, user := modes[step.name], step.user
			c := f.connect(t, user, db, "")
			if user == "app" {
				expect(t, got(c, mode, "SET cordon.user = '"+step.behalf+"'"), "0 rows, SET")
			} else {
				expect(t, got(c, mode, "SELECT * FROM customers WHERE id <= 31"), over(30))
				expect(t, got(c, mode, "SELECT name FROM customers WHERE id <= 31"), over(30))
				expect(t, got(c, mode, "SELECT name, id FROM customers WHERE id <= 30"), "30 rows, SELECT 30")
			}
			// The same again, and again, is no more.
			for range 3 {
				expect(t, got(c, mode, "SELECT name, id FROM customers WHERE id <= 30"), "30 rows, SELECT 30")
				expect(t, got(c, mode, "SELECT o.id, o.customer_id FROM orders o WHERE customer_id <= 15"), "150 rows, SELECT 150")
			}
			if user != "app" {
				expect(t, got(c, mode, "SELECT id, name FROM customers WHERE id BETWEEN 31 AND 60"), "30 rows, SELECT 30")
			}
			expect(t, got(c, mode, "SELECT id, name FROM customers WHERE id BETWEEN 31 AND 61"), over(30))
			expect(t, got(c, mode, "SELECT id, name FROM customers WHERE id = 61"), overWindow)
			expect(t, got(c, mode, "SELECT id, name FROM customers WHERE id = 60"), "1 rows, SELECT 1")
		})
	}
}

// One subject's key beside others' names: whoever's key does not stand in the row counts, in each row.
func TestSubjectsBesideOthers(t *testing.T) {
	f, db := exports(t, "subjects: 30")
	c := f.connect(t, "alice", db, "")
	const over = `0 rows, ERROR 5C001: export limit of rule "the list of customers" exceeded: rows of more than 30 subjects in one statement`
	const overOrders = `0 rows, ERROR 5C001: export limit of rule "orders" exceeded: rows of more than 20 subjects in one statement`
	for _, test := range []struct{ sql, want string }{
		{"SELECT a.id, b.name FROM customers a, customers b WHERE a.id = 1", over},
		{"SELECT a.*, b.name FROM customers a, customers b WHERE a.id = 1", over},
		{"SELECT x.id, b.name FROM (SELECT id FROM customers WHERE id = 1) x CROSS JOIN customers b", over},
		{"SELECT a.id, x.name FROM customers a, LATERAL (SELECT name FROM customers b WHERE b.id > a.id) x WHERE a.id = 1", over},
		{"WITH a AS (SELECT * FROM customers), b AS (SELECT name AS id FROM customers) SELECT a.id, b.id FROM a, b WHERE a.id = 1", over},
		{"SELECT a.id, (SELECT name FROM customers b WHERE b.id = a.id + g) FROM customers a, generate_series(1, 40) g WHERE a.id = 1", over},
		{"SELECT a.id, JSON_ARRAY(SELECT name FROM customers b WHERE b.id = a.id + g) FROM customers a, generate_series(1, 40) g WHERE a.id = 1", over},
		{"SELECT a.id, b.name FROM customers a JOIN customers b ON a.id = b.id OR true WHERE a.id = 1", over},
		{"SELECT a.id, b FROM customers a, customers b WHERE a.id = 1", over},
		{"SELECT a.id, max(b.name) FROM customers a, customers b WHERE a.id = 1 GROUP BY a.id, b.id", over},
		{"SELECT * FROM (SELECT id, lag(name, 40) OVER (ORDER BY id) FROM customers) x WHERE id BETWEEN 41 AND 56", over},
		{"SELECT a.id, u FROM customers a, unnest(ARRAY(SELECT name FROM customers)) u WHERE a.id = 1", over},
		{"SELECT a.id, repeat('x', 70000), b.id, b.name FROM customers a, customers b WHERE a.id = 1", over},
		{"SELECT a.id" + strings.Repeat(", a.id", 20) + ", b.id, b.name FROM customers a, customers b WHERE a.id = 1", over},
		{"SELECT o.customer_id, c.name FROM orders o, customers c WHERE o.id = 1", overOrders},
		{"WITH RECURSIVE r AS (SELECT id, name FROM customers WHERE id = 1 UNION ALL SELECT r.id, c.name FROM r, customers c WHERE r.name <> c.name) SELECT id, name FROM r LIMIT 40", over},
		{"INSERT INTO plain SELECT a.id, a.name || b.name FROM customers a, customers b WHERE a.id <= 4 AND b.id <= 4", over},
		// What an outer join or a sub-select finds equal says nothing of the rows that it finds nothing for.
		{"SELECT a.id, b.name FROM customers a CROSS JOIN customers b LEFT JOIN plain p ON a.id = b.id WHERE a.id = 1", over},
		{"SELECT a.id, b.name FROM plain p RIGHT JOIN (customers a CROSS JOIN customers b) ON a.id = b.id WHERE a.id = 1", over},
		{"SELECT a.id, b.name FROM customers a CROSS JOIN customers b FULL JOIN plain p ON a.id = b.id WHERE a.id = 1", over},
		{"SELECT a.id, b.name FROM customers a CROSS JOIN customers b LEFT JOIN customers c ON a.id = c.id AND c.id = b.id WHERE a.id = 1", over},
		{"SELECT a.id, b.name FROM customers a CROSS JOIN customers b FULL JOIN customers c ON a.id = c.id AND b.id = c.id WHERE a.id = 1", over},
		{"SELECT a.id, b.name FROM customers a CROSS JOIN customers b LEFT JOIN LATERAL (SELECT c.id FROM customers c WHERE c.id = a.id AND c.id = b.id) x ON true WHERE a.id = 1", over},
		{"SELECT a.id, b.name, (SELECT 1 WHERE a.id = b.id) FROM customers a, customers b WHERE a.id = 1", over},
		{"SELECT a.id, b.name FROM customers a, customers b WHERE a.id = 1 AND NOT EXISTS (SELECT WHERE a.id = b.id)", over},
		{"SELECT a.id, x.name FROM customers a, LATERAL (SELECT name FROM customers b WHERE b.id = a.id UNION ALL SELECT name FROM customers) x WHERE a.id = 1", over},
		{"WITH x(k, id, name) AS (SELECT id, 1, name FROM customers) SELECT a.id, x.name FROM customers a JOIN x ON x.id = a.id WHERE a.id = 1", over},
		// A window or a group of one subject may have rows of others, too.
		{"SELECT a.id, " + strings.TrimSuffix(strings.Repeat("lag(b.name, 7) OVER w, ", 31), ", ") + " FROM customers a, customers b WHERE a.id = 1 WINDOW w AS (PARTITION BY a.id ORDER BY b.id) LIMIT 1", over},
		{"SELECT a.id, " + strings.TrimSuffix(strings.Repeat("max(b.name || a.name), ", 31), ", ") + " FROM customers a, customers b WHERE a.id = 1 GROUP BY a.id", over},
		{"SELECT a.id, max(b.name), min(b.phone), lag(max(b.name)) OVER (PARTITION BY a.id) FROM customers a JOIN customers b ON b.id = a.id WHERE a.id <= 30 GROUP BY a.id", "30 rows, SELECT 30"},
		// The same subject, whichever of the tables shows the key.
		{"SELECT a.id, b.name, c.name FROM customers a LEFT JOIN customers b ON b.id = a.id LEFT JOIN customers c ON c.id = b.id WHERE a.id <= 30", "30 rows, SELECT 30"},
		{"SELECT id, a.name, b.name FROM (SELECT * FROM customers WHERE id <= 20) a FULL JOIN (SELECT * FROM customers WHERE id BETWEEN 11 AND 30) b USING (id)", "30 rows, SELECT 30"},
		{"SELECT a.id, x.name FROM customers a, LATERAL (SELECT name FROM customers b WHERE b.id = a.id AND b.id <= 20 UNION ALL SELECT name FROM customers b WHERE b.id = a.id AND b.id > 20) x WHERE a.id <= 30", "30 rows, SELECT 30"},
		{"SELECT c.id, o.note FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id <= 20", "200 rows, SELECT 200"},
		{"SELECT o.customer_id, c.name FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE c.id <= 20", "200 rows, SELECT 200"},
		{"SELECT id, b.name FROM customers a JOIN customers b USING (id) WHERE id <= 30", "30 rows, SELECT 30"},
		{"SELECT a.id, b.name FROM customers a, customers b WHERE b.id = a.id AND a.id <= 30", "30 rows, SELECT 30"},
		{"SELECT a.id, b.id, b.name FROM customers a, customers b WHERE a.id <= 15 AND b.id BETWEEN 16 AND 30", "225 rows, SELECT 225"},
		{"SELECT id, name, (SELECT count(*) FROM orders o WHERE o.note = c.name), (SELECT max(note) FROM orders o WHERE o.customer_id = c.id) FROM customers c WHERE id <= 20", "20 rows, SELECT 20"},
		{"SELECT id, name FROM customers c WHERE id <= 30 AND (EXISTS (SELECT FROM customers d WHERE d.name < c.name) OR id IN (SELECT id FROM customers))", "30 rows, SELECT 30"},
		{"WITH l AS (SELECT * FROM customers WHERE id <= 30) SELECT l.* FROM l", "30 rows, SELECT 30"},
		{"SELECT id, row_number() OVER (ORDER BY name), lag(name) OVER (PARTITION BY id) FROM customers WHERE id <= 30", "30 rows, SELECT 30"},
		{"SELECT c.id, c.name, p.t FROM customers c LEFT JOIN plain p ON p.id = c.id WHERE c.id <= 30", "30 rows, SELECT 30"},
	} {
		if strings.Contains(test.sql, "JSON_ARRAY") && pgtest.Shared(t).Major(t) < 16 {
			continue
		}
		mode := pgx.QueryExecModeExec
		if out := got(c, mode, test.sql); out != test.want {
			t.Errorf("%s\ngot  %s\nwant %s", test.sql, out, test.want)
		}
	}
	mode := pgx.QueryExecModeSimpleProtocol
	expect(t, got(c, mode, "PREPARE p(int) AS SELECT a.id, b.name FROM customers a, customers b WHERE a.id < 2"), "0 rows, PREPARE")
	expect(t, got(c, mode, "EXECUTE p(1)"), over)
}

// Statements that are surely below the limit are not held: their first row comes before the last is known.
func TestSmallStatementsAreNotHeld(t *testing.T) {
	f, db := exports(t, "rows: 50, over: block")
	c := f.connect(t, "alice", db, "")
	for _, sql := range []string{
		"SELECT id, 1 / (3 - row_number() OVER (ORDER BY id)) FROM customers LIMIT 10",
		"SELECT id, 1 / (3 - row_number() OVER (ORDER BY id)) FROM customers LIMIT 60",
	} {
		rows := 0
		err := c.PgConn().Exec(context.Background(), sql)
		for err.NextResult() {
			for err.ResultReader().NextRow() {
				rows++
			}
		}
		if e := err.Close(); e == nil || !strings.Contains(e.Error(), "division by zero") {
			t.Error(e)
		}
		if want := map[bool]int{true: 2, false: 0}[strings.HasSuffix(sql, " 10")]; rows != want {
			t.Errorf("%s: %d rows before the error", sql, rows)
		}
	}
}

// The setting that counts is out of the client's reach.
func TestCountCannotBeSet(t *testing.T) {
	f, db := exports(t, listLimit)
	for _, user := range []string{"alice", "app"} {
		c := f.connect(t, user, db, "")
		mode := pgx.QueryExecModeSimpleProtocol
		if user == "app" {
			expect(t, got(c, mode, "SET cordon.user = 'alice'"), "0 rows, SET")
		}
		for _, sql := range []string{"SET cordon.consumed = '-1000'", `SET "cordon"."consumed" = '-1000'`, "SELECT set_config('cordon.consumed', '-1000', false)", "SELECT set_config('CORDON.Consumed', '-1000', false)",
			"SELECT set_config('cordon.consumed', '-1000', true), string_agg(name, ',') FROM customers"} {
			if out := got(c, mode, sql); !strings.Contains(out, "ERROR 42501") && !strings.Contains(out, "ERROR 0A000") {
				t.Errorf("%s, %s: %s", user, sql, out)
			}
		}
		expect(t, got(c, mode, "SELECT string_agg(name, ',') FROM customers"), overPacked)
	}
}

// What a mask shows of a key is no key: looking it up may give every row.
func TestMaskedKeyIsHeld(t *testing.T) {
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, exportSchema)
	f := serve(t, pg.Addr(), strings.NewReplacer("export: {EXPORT}", "export: {rows: 50}\n    mask: {id: seven}", "rules:\n", "masks: {seven: {fixed: 7}}\nrules:\n").Replace(exportPolicy), nil)
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			c := f.connect(t, "alice", db, "")
			expect(t, got(c, mode, "SELECT id, name FROM customers WHERE id = 7"), overStatement)
			expect(t, got(c, mode, "SELECT id, name FROM customers WHERE id = 8"), "0 rows, SELECT 0")
		})
	}
}

// A portal that has given all its rows gives none when it is executed once more, and no error: nothing of it was left uncounted.
func TestPortalThatIsExecutedAgain(t *testing.T) {
	f, _, db := crm(t, nil)
	for _, text := range []string{"SELECT id FROM customers WHERE id <= 3 ORDER BY id", "SELECT id FROM customers WHERE id <= 3 ORDER BY id LIMIT 10"} {
		for want, rows := range map[string][]int32{
			"D([1]) D([2]) D([3]) C C":     {0, 0},
			"D([1]) D([2]) s D([3]) C C":   {2, 2, 2},
			"D([1]) D([2]) D([3]) s C C":   {3, 0, 0},
			"D([1]) D([2]) D([3]) C C C C": {4, 1, 0, 4},
		} {
			b := wire.AppendBind(wire.AppendParse(startupPacket("alice", db), "", text, nil), "", "")
			for _, n := range rows {
				b = wire.AppendExecute(b, "", n)
			}
			if got := words(t, f.addr, wire.AppendTerminate(wire.AppendSync(b))); got != "R Z 1 2 "+want+" Z" {
				t.Errorf("%s, executed for %v rows: got %s, want … %s Z", text, rows, got, want)
			}
		}
	}
}
