package proxy

import (
	"regexp"
	"strings"
	"testing"

	"cordon/internal/pgtest"
)

// A search path that is set by what stands behind a name, or by what runs unseen, is followed or refused: what names stand for afterwards is what the server takes them for.
func TestPathSetUnseen(t *testing.T) {
	f, db := attackFront(t)
	f.SetPolicy(parsePolicy(t, strings.Replace(attackPolicy, "sales: {}", "sales: {may: [ddl, explain]}", 1)))
	pgtest.Shared(t).Exec(t, db, "CREATE FUNCTION other.moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('search_path', 'other', false); RETURN NULL; END $$; CREATE TRIGGER moves BEFORE INSERT ON plain FOR EACH ROW WHEN (NEW.id = -77) EXECUTE FUNCTION other.moves()")
	raw := regexp.MustCompile(`13\d{9}`)
	const (
		set   = "SELECT set_config('search_path', 'other', false)"
		known = "SELECT count(*) FROM plain WHERE false" // what names stand for is asked here
		read  = "SELECT count(*), max(phone) FROM plain"
	)
	for name, sent := range map[string][]byte{
		"EXECUTE":                          frames(q("PREPARE p AS "+set), q(known), q("EXECUTE p"), q(read)),
		"EXECUTE with parameters":          frames(q("PREPARE p AS SELECT set_config('search_path', $1, false)"), q(known), q("EXECUTE p('other')"), q(read)),
		"EXECUTE in a string":              frames(q("PREPARE p AS "+set), q(known), q("EXECUTE p; "+read), q("SELECT 1")),
		"EXECUTE in a pipeline":            frames(q("PREPARE p AS "+set), q(known), p("e", "EXECUTE p"), b("", "e"), x("", 0), p("r", read), b("", "r"), x("", 0), sy(), q("SELECT 1")),
		"Execute of what SQL has prepared": frames(q("PREPARE p AS "+set), q(known), b("", "p"), x("", 0), sy(), q(read)),
		"EXECUTE, read as prepared before": frames(q("PREPARE p AS "+set), p("r", strings.Replace(read, "plain", "public.plain JOIN plain USING (id)", 1)), p("", known), b("", ""), x("", 0), sy(), q("EXECUTE p"), q(read)),
		"FETCH":                            frames(q("BEGIN"), q("DECLARE c CURSOR FOR "+set), q(known), q("FETCH c; SELECT 1"), q(read)),
		"MOVE":                             frames(q("DECLARE c CURSOR WITH HOLD FOR "+set), q(known), q("MOVE c"), q(known), q(read)),
		"EXPLAIN ANALYZE":                  frames(q("PREPARE p AS "+set), q(known), q("EXPLAIN ANALYZE EXECUTE p"), q(read)),
		"CREATE TABLE AS EXECUTE":          frames(q("PREPARE p AS "+set), q(known), q("CREATE TEMP TABLE made AS EXECUTE p"), q(read)),
		"a view":                           frames(q("CREATE VIEW v AS "+set), q("SELECT * FROM v"), q(read), q("DROP VIEW IF EXISTS v")),
		"a view's sub-select":              frames(q("CREATE VIEW v AS SELECT 1 WHERE EXISTS ("+set+")"), q("SELECT * FROM v"), q(read), q("DROP VIEW IF EXISTS v")),
		"a default":                        frames(q("CREATE TEMP TABLE made (a text DEFAULT set_config('search_path', 'other', false), b int)"), q("INSERT INTO made (b) VALUES (1)"), q(read), q("SELECT 1")),
		"a default given later":            frames(q("CREATE TEMP TABLE made (a text, b int); ALTER TABLE made ALTER a SET DEFAULT pg_catalog.set_config('search_path', 'other', false)"), q("INSERT INTO made (b) VALUES (1)"), q(read), q("SELECT 1")),
		"a check":                          frames(q("CREATE TEMP TABLE made (a text CHECK (set_config('search_path', a, false) IS NOT NULL))"), q("INSERT INTO made VALUES ('other')"), q(read), q("SELECT 1")),
		"a domain":                         frames(q("CREATE DOMAIN d AS text CHECK (set_config('search_path', 'other', false) IS NOT NULL)"), q("SELECT 'x'::d"), q(read), q("DROP DOMAIN IF EXISTS d")),
		"a trigger of the database's":      frames(q(known), q("INSERT INTO plain VALUES (-77)"), q(read), q("SELECT 1")),
		"a policy":                         frames(q("CREATE TABLE made (a text); ALTER TABLE made ENABLE ROW LEVEL SECURITY; CREATE POLICY a ON made USING (set_config('search_path', 'other', false) IS NOT NULL)"), q("INSERT INTO made VALUES ('x')"), q(read), q("DROP TABLE IF EXISTS made")),
	} {
		if out := playAttack(t, f.addr, "alice", db, 4, append(sent, frames(q(read), q(read))...)); raw.MatchString(out) {
			t.Errorf("%s:\n%s", name, out)
		}
	}
}

// What gives NULL to people under rules, or is refused to them, gives it through a view of theirs.
func TestViewsTellNoSizes(t *testing.T) {
	f, db := attackFront(t)
	f.SetPolicy(parsePolicy(t, strings.Replace(strings.Replace(attackPolicy, "sales: {}", "sales: {may: [ddl]}", 1), `"*.*"`, "public.customers", 1)))
	for _, sql := range []string{
		"SELECT pg_relation_size('customers') AS n",
		"SELECT n FROM (SELECT pg_catalog.pg_table_size('customers'::regclass) AS n) x",
		"SELECT pg_stat_get_live_tuples('customers'::regclass) AS n FROM plain LIMIT 1",
	} {
		out := playAttack(t, f.addr, "alice", db, 3, frames(q("CREATE VIEW v AS "+sql), q("SELECT n > 0 FROM v"), q("DROP VIEW v")))
		if !strings.Contains(out, "E 42501") || strings.Contains(out, "\nD ") {
			t.Errorf("%s:\n%s", sql, out)
		}
	}
}
