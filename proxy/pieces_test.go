package proxy

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cordon/internal/golden"
	"cordon/internal/pgtest"
)

const builderPolicy = `
version: 1
defaults: {tables: allow}
roles: {builder: {may: [ddl]}, owner: {may: [ddl, routine, explain, unparsed]}}
users: {alice: {roles: [builder]}, postgres: {roles: [owner]}}
masks: {phone: {keep: {first: 3, last: 4, with: "*"}}}
rules:
  - name: own customers
    users: [alice]
    tables: [public.customers]
    allow: [select]
    rows: owner_id = 7
    mask: {phone: phone}
    export: {rows: 50, over: block}
  - {name: everything, users: [postgres], tables: [public.customers], allow: [select, insert, update, delete, truncate, copy_from]}
`

// Strings of several statements that change what names stand for, as mappers and migrations send them, answer a person from whom something is hidden what PostgreSQL answers, and leave what PostgreSQL leaves.
func TestStringsThatChangeNames(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, "GRANT CREATE ON SCHEMA public TO alice; CREATE SCHEMA other AUTHORIZATION alice; CREATE TABLE other.x (k text); ALTER TABLE other.x OWNER TO alice; INSERT INTO other.x VALUES ('other')")
	f.SetPolicy(parsePolicy(t, builderPolicy))
	state := [][]byte{q("SELECT * FROM x"), q("SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND relname NOT IN ('customers', 'plain') ORDER BY 1, attnum")}
	for name, texts := range map[string][]string{
		"drop, create and fill":                {"DROP TABLE IF EXISTS x; CREATE TABLE x (i int, t text); INSERT INTO x VALUES (1, 'a'), (2, 'b'); SELECT t FROM x ORDER BY i"},
		"a transaction":                        {"BEGIN; CREATE TABLE x (i int); ALTER TABLE x ADD j int DEFAULT 5; INSERT INTO x VALUES (1); COMMIT;"},
		"a transaction that is rolled back":    {"BEGIN; CREATE TABLE x (i int); INSERT INTO x VALUES (1); ROLLBACK"},
		"a transaction left open":              {"BEGIN; CREATE TABLE x (i int); INSERT INTO x VALUES (1)", "SELECT * FROM x", "COMMIT"},
		"within a transaction":                 {"BEGIN", "CREATE TABLE x (i int); INSERT INTO x VALUES (1)", "COMMIT"},
		"an error undoes all":                  {"CREATE TABLE x (i int); INSERT INTO x VALUES (1); SELECT 1 / 0; INSERT INTO x VALUES (2)"},
		"an error of a name":                   {"CREATE TABLE x (i int); SELECT nonsense FROM x"},
		"a syntax error":                       {"CREATE TABLE x (i int); INSERT INTO x VALUES (1); SELEC 1"},
		"an error within a transaction":        {"BEGIN", "CREATE TABLE x (i int); SELECT 1 / 0; SELECT 2", "SELECT 3", "ROLLBACK"},
		"an error in a transaction of its own": {"BEGIN; CREATE TABLE x (i int); SELECT 1 / 0; COMMIT", "SELECT 3", "ROLLBACK"},
		"savepoints":                           {"BEGIN; CREATE TABLE x (i int); SAVEPOINT a; ALTER TABLE x ADD j int; INSERT INTO x VALUES (1, 2); ROLLBACK TO a; INSERT INTO x VALUES (3); COMMIT"},
		"a path":                               {"SET search_path = other; SELECT k FROM x; RESET search_path; CREATE TABLE x (i int); INSERT INTO x VALUES (1); SELECT i FROM x"},
		"a local path":                         {"SET LOCAL search_path = other; SELECT k FROM x; SELECT 1", "SHOW search_path"},
		"as pg_dump begins":                    {"SET statement_timeout = 0; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SELECT pg_catalog.set_config('search_path', '', false); SET check_function_bodies = false; CREATE TABLE public.x (i int, t text DEFAULT 'ä'); ALTER TABLE ONLY public.x ADD CONSTRAINT x_pkey PRIMARY KEY (i); INSERT INTO public.x (i) VALUES (1); CREATE INDEX x_t ON public.x USING btree (t);"},
		"a setting that is reported":           {"SET timezone = 'Asia/Tokyo'; CREATE TABLE x (t text); INSERT INTO x VALUES (current_setting('timezone')); SET timezone = 'Asia/Seoul'; SELECT * FROM x"},
		"a setting that is reported and back":  {"SET timezone = 'Asia/Tokyo'; CREATE TABLE x (t text); RESET timezone; SELECT 1", "SET timezone = 'UTC'", "SET LOCAL timezone = 'Asia/Tokyo'; CREATE TABLE y (t text); SELECT 1"},
		"a setting that an error undoes":       {"SET timezone = 'Asia/Tokyo'; CREATE TABLE x (t text); SELECT 1 / 0", "BEGIN; SET timezone = 'Asia/Seoul'; CREATE TABLE x (t text); INSERT INTO x VALUES (1)", "ROLLBACK"},
		"a table of a query":                   {"CREATE TABLE x AS SELECT generate_series(1, 3) AS i; DELETE FROM x WHERE i = 2 RETURNING i; TRUNCATE x; SELECT count(*) FROM x"},
		"notices and nothing":                  {"DROP TABLE IF EXISTS x; DROP TABLE IF EXISTS y; ; SELECT 1; "},
	} {
		t.Run(name, func(t *testing.T) {
			play := func(addr string) string {
				var all [][]byte
				for _, sql := range texts {
					all = append(all, q(sql))
				}
				got := talk(t, addr, "alice", db, len(texts)+len(state), append(all, state...)...)
				pg.Exec(t, db, "DROP TABLE IF EXISTS public.x, public.y")
				return got
			}
			want, got := play(pg.Addr()), play(f.addr)
			if pgtest.Shared(t).Major(t) < 14 { // which report at once, also before the last statement is said to be done
				want, got = anyStatus.ReplaceAllString(want, ""), anyStatus.ReplaceAllString(got, "")
			}
			got = strings.ReplaceAll(got, `relation "public.x"`, `relation "x"`) // another schema has one, so that Cordon writes which is meant
			if got != want {
				t.Error(golden.Difference(want, got))
			}
		})
	}
}

// What a string makes on its way opens nothing that is hidden, and what is refused in it undoes all of it.
func TestStringsThatChangeNamesReachNothing(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, "GRANT CREATE ON SCHEMA public TO alice; CREATE SCHEMA other AUTHORIZATION alice; ALTER TABLE customers OWNER TO alice")
	f.SetPolicy(parsePolicy(t, builderPolicy))
	left := q("SELECT relname FROM pg_class WHERE relname IN ('x', 'x2', 'y')")
	for _, c := range []struct{ name, sql, want string }{
		{"a copy of what is shown", "CREATE TABLE x AS SELECT * FROM customers WHERE id <= 40; SELECT phone FROM x LIMIT 1; DROP TABLE x", "C \"SELECT 10\\x00\"\nT\nD \"\\x00\\x01\\x00\\x00\\x00\\v138****0001\"\nC \"SELECT 1\\x00\"\nC \"DROP TABLE\\x00\"\nZ \"I\"\nT\nC \"SELECT 0\\x00\"\nZ \"I\"\n"},
		{"another name", "CREATE TABLE y (i int); ALTER TABLE customers RENAME TO x; SELECT * FROM x", `C "CREATE TABLE\x00"
E 42501 permission denied for table public.customers by rule "own customers" at 37 (The definition of a protected table can be changed only by someone who has it as it is.)
Z "I"
T
C "SELECT 0\x00"
Z "I"
`},
		{"a view, and the table behind it", "CREATE VIEW x2 AS SELECT * FROM customers; SELECT phone FROM x2 LIMIT 1", `C "CREATE VIEW\x00"
T
D "\x00\x01\x00\x00\x00\v138****0001"
C "SELECT 1\x00"
Z "I"
T
D "\x00\x01\x00\x00\x00\x02x2"
C "SELECT 1\x00"
Z "I"
`},
		{"a path that moves", "CREATE TABLE other.customers (LIKE orders); SET search_path = other, public; INSERT INTO customers SELECT id, phone FROM public.customers WHERE id < 3; SELECT note FROM customers; SET search_path = public; SELECT phone FROM customers WHERE id = 1; DROP TABLE other.customers", `C "CREATE TABLE\x00"
C "SET\x00"
C "INSERT 0 2\x00"
T
D "\x00\x01\x00\x00\x00\v138****0001"
D "\x00\x01\x00\x00\x00\v138****0002"
C "SELECT 2\x00"
C "SET\x00"
T
D "\x00\x01\x00\x00\x00\v138****0001"
C "SELECT 1\x00"
C "DROP TABLE\x00"
` + reportedPath(t, "public") + `Z "I"
T
C "SELECT 0\x00"
Z "I"
`},
		{"more rows than the limit", "CREATE TABLE x (i int); SELECT id FROM customers; INSERT INTO x VALUES (1)", `C "CREATE TABLE\x00"
T
E 5C001 export limit of rule "own customers" exceeded: more than 50 rows in one statement (The limit is 50 rows; the statement gives at least 51 rows. No row was sent.)
Z "I"
T
C "SELECT 0\x00"
Z "I"
`},
		{"a child", "CREATE TABLE x () INHERITS (customers); SELECT phone FROM x", `E 42501 permission denied for table public.customers by rule "own customers" at 29 (The definition of a protected table can be changed only by someone who has it as it is.)
Z "I"
T
C "SELECT 0\x00"
Z "I"
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := talk(t, f.addr, "alice", db, 2, q(c.sql), left)
			pg.Exec(t, db, "DROP VIEW IF EXISTS x2; DROP TABLE IF EXISTS public.x, public.y, other.customers CASCADE")
			if got != c.want {
				t.Errorf("got %q", got)
				t.Error(golden.Difference(c.want, got))
			}
		})
	}
}

// reportedPath is how the server reports a search_path, which it does since version 18.
func reportedPath(t *testing.T, path string) string {
	if pgtest.Shared(t).Major(t) < 18 {
		return ""
	}
	return "S \"search_path\\x00" + path + "\\x00\"\n"
}

// A table of the person's own stands before a protected one of the same name. Where it goes away, in the same transaction or by another session, the name means the protected table, and is never taken for the other.
func TestNamesFollowTheTransaction(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, "CREATE SCHEMA other AUTHORIZATION alice")
	f.SetPolicy(parsePolicy(t, builderPolicy))
	look := "SELECT max(phone || ''), count(*) FROM customers"
	path, made := q("SET search_path = other, public"), q("CREATE TABLE other.customers (id int, phone text)")
	const shown, none, isMade, isDropped, begun, undone = "T\nD \"\\x00\\x02\\x00\\x00\\x00\\v138****0600\\x00\\x00\\x00\\x03110\"\nC \"SELECT 1\\x00\"\n", "T\nD \"\\x00\\x02\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x010\"\nC \"SELECT 1\\x00\"\n",
		"C \"CREATE TABLE\\x00\"\n", "C \"DROP TABLE\\x00\"\n", "C \"BEGIN\\x00\"\nZ \"T\"\n", "C \"ROLLBACK\\x00\"\nZ \"I\"\n"
	for _, c := range []struct {
		name   string
		frames []byte
		n      int
		want   string
	}{
		{"dropped in the transaction", frames(made, q("BEGIN"), q(look), q("DROP TABLE other.customers"), q(look), q("ROLLBACK")), 6,
			isMade + "Z \"I\"\n" + begun + none + "Z \"T\"\n" + isDropped + "Z \"T\"\n" + shown + "Z \"T\"\n" + undone},
		{"made in the transaction", frames(q("BEGIN"), made, q(look), q("ROLLBACK"), q(look)), 5,
			begun + isMade + "Z \"T\"\n" + none + "Z \"T\"\n" + undone + shown + "Z \"I\"\n"},
		{"rolled back to a savepoint", frames(q("BEGIN"), q("SAVEPOINT a"), made, q(look), q("ROLLBACK TO a"), q(look), q("ROLLBACK")), 7,
			begun + "C \"SAVEPOINT\\x00\"\nZ \"T\"\n" + isMade + "Z \"T\"\n" + none + "Z \"T\"\n" + "C \"ROLLBACK\\x00\"\nZ \"T\"\n" + shown + "Z \"T\"\n" + undone},
		{"moved to another schema", frames(q("BEGIN"), made, q(look), q("ALTER TABLE other.customers RENAME TO mine"), q(look), q("ROLLBACK")), 6,
			begun + isMade + "Z \"T\"\n" + none + "Z \"T\"\n" + "C \"ALTER TABLE\\x00\"\nZ \"T\"\n" + shown + "Z \"T\"\n" + undone},
		{"dropped in a pipeline", frames(made, p("", "DROP TABLE other.customers"), b("", ""), x("", 0), p("", look), b("", ""), x("", 0), sy()), 2,
			isMade + "Z \"I\"\n" + "1\n2\n" + isDropped + "1\n2\nD" + strings.SplitN(shown, "D", 2)[1] + "Z \"I\"\n"},
		{"prepared before it is dropped", frames(made, q("BEGIN"), p("s", look), b("", "s"), x("", 0), sy(), q("DROP TABLE other.customers"), b("", "s"), x("", 0), sy(), q("ROLLBACK")), 6,
			isMade + "Z \"I\"\n" + begun + "1\n2\nD" + strings.SplitN(none, "D", 2)[1] + "Z \"T\"\n" + isDropped + "Z \"T\"\n" + "2\nD" + strings.SplitN(shown, "D", 2)[1] + "Z \"T\"\n" + undone},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := talk(t, f.addr, "alice", db, c.n+1, path, c.frames)
			if want := "C \"SET\\x00\"\n" + reportedPath(t, "other, public") + "Z \"I\"\n" + c.want; got != want {
				t.Error(golden.Difference(want, got))
			}
			pg.Exec(t, db, "DROP TABLE IF EXISTS other.customers")
		})
	}
	t.Run("dropped by another session", func(t *testing.T) {
		c, d := f.connect(t, "alice", db, ""), f.connect(t, "alice", db, "")
		m := pgx.QueryExecModeSimpleProtocol
		expect(t, show(d, m, "CREATE TABLE other.customers (id int, phone text)"), "CREATE TABLE")
		expect(t, show(c, m, "SET search_path = other, public"), "SET")
		expect(t, show(c, m, "BEGIN"), "BEGIN")
		expect(t, show(c, m, "SELECT 1 FROM pg_class LIMIT 1"), "1\nSELECT 1")
		expect(t, show(d, m, "DROP TABLE other.customers"), "DROP TABLE")
		expect(t, show(c, m, look), `ERROR 42P01: relation "other.customers" does not exist`)
		expect(t, show(c, m, "ROLLBACK"), "ROLLBACK")
		expect(t, show(c, m, look), "138****0600|110\nSELECT 1")
	})
}
