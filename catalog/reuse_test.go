package catalog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"cordon/catalog"
	"cordon/internal/pgtest"
)

// whole is all that a snapshot knows of what was made after initdb, and with own, of initdb's things too.
func whole(s *catalog.Snapshot, own bool) string {
	var b strings.Builder
	shown := func(oid catalog.OID) bool { return own || oid >= catalog.FirstUserOID }
	for _, r := range s.Relations() {
		if shown(r.OID) {
			fmt.Fprintf(&b, "%+v\n", *r)
		}
	}
	for _, f := range s.AllFunctions() {
		if shown(f.OID) {
			fmt.Fprintf(&b, "%+v\n", f)
		}
	}
	for _, t := range s.Types() {
		if shown(t.OID) || t.Calls != nil || t.Parts != nil {
			fmt.Fprintf(&b, "%+v\n", t)
		}
	}
	for _, name := range []string{"=", "<", "~~", "===", "<=>", "<==>", "####", "=#="} {
		fmt.Fprintf(&b, "%s %+v\n", name, s.Operators(name))
	}
	fmt.Fprintf(&b, "%+v\n%+v\n%+v\n%v %v %s\n", s.Casts(), s.MadeCasts(), s.Schemas(), s.MadeTypes(), s.ServerVersion, s.Fingerprint)
	return b.String()
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return "want " + x[i] + "\ngot  " + y[i]
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}

// changes are definitions changed in all ways that a snapshot tells of, and in some that it must not notice. Between lines of "BEGIN" and "COMMIT" or "ROLLBACK" the snapshot is the transaction's own.
var changes = []string{
	"CREATE TABLE new (id int PRIMARY KEY, name varchar(20), price numeric(8,2), tags text[])",
	"CREATE VIEW over_new AS SELECT id, upper(name) AS name, price::numeric(6,1) FROM new",
	"CREATE VIEW over_view AS SELECT o.*, c.name AS customer FROM over_new o, customer c",
	"ALTER TABLE new RENAME COLUMN name TO nom",
	"ALTER TABLE new RENAME TO newer",
	"ALTER TABLE newer ALTER tags TYPE varchar(40)[] USING tags::varchar(40)[]",
	"ALTER TABLE newer ALTER tags TYPE varchar(50)[]",
	"ALTER TABLE newer ADD child int REFERENCES newer",
	"ALTER TABLE newer ALTER child SET NOT NULL",
	"ALTER TABLE newer ADD g int GENERATED ALWAYS AS (id + 1) STORED",
	"CREATE SCHEMA apart",
	"ALTER TABLE newer SET SCHEMA apart",
	"ALTER SCHEMA apart RENAME TO elsewhere",
	"CREATE OR REPLACE VIEW over_new AS SELECT id, lower(nom) AS name, price::numeric(6,1) FROM elsewhere.newer",
	"ALTER VIEW over_new SET (security_barrier)",
	"ALTER VIEW over_new RENAME COLUMN price TO cost",
	"CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1'",
	"CREATE VIEW calling AS SELECT twice(id) AS t FROM elsewhere.newer",
	"ALTER FUNCTION twice(int) RENAME TO double",
	"ALTER FUNCTION double(int) SET SCHEMA elsewhere",
	"ALTER FUNCTION elsewhere.double(int) STABLE",
	"CREATE FUNCTION double(text) RETURNS text LANGUAGE sql AS 'SELECT $1 || $1'",
	"CREATE OPERATOR #### (leftarg = int, rightarg = int, function = int4pl)",
	"CREATE VIEW operating AS SELECT id #### 1 AS o FROM elsewhere.newer",
	"ALTER OPERATOR #### (int, int) SET SCHEMA elsewhere",
	"ALTER FUNCTION double(text) LEAKPROOF",
	"CREATE OPERATOR =#= (leftarg = text, rightarg = text, function = textcat)",
	"DROP OPERATOR =#= (text, text)",
	"CREATE TYPE pair AS (a int, b text)",
	"CREATE TABLE pairs (p pair, m mood)",
	"CREATE VIEW fields AS SELECT (p).a AS a, m::mood FROM pairs",
	"ALTER TYPE pair RENAME ATTRIBUTE a TO first",
	"ALTER TYPE pair ADD ATTRIBUTE c int",
	"ALTER TYPE mood RENAME TO temper",
	"ALTER TYPE temper SET SCHEMA elsewhere",
	"ALTER TYPE elsewhere.temper ADD VALUE 'calm'",
	"CREATE CAST (pair AS text) WITH INOUT",
	"CREATE DOMAIN small AS int CHECK (elsewhere.double(VALUE) < 10)",
	"ALTER DOMAIN small DROP CONSTRAINT small_check",
	"CREATE TYPE span AS RANGE (subtype = int4)",
	"CREATE SEQUENCE numbers",
	"CREATE VIEW constants AS SELECT 'numbers'::regclass AS r, 'elsewhere.double(int)'::regprocedure AS f, 'pair'::regtype AS t",
	"ALTER SEQUENCE numbers RENAME TO figures",
	"ALTER TYPE pair RENAME TO couple",
	"ALTER TABLE elsewhere.newer ALTER id SET DEFAULT nextval('figures')",
	"CREATE MATERIALIZED VIEW stored AS SELECT * FROM over_new WITH NO DATA",
	"REFRESH MATERIALIZED VIEW stored",
	"CREATE TRIGGER t BEFORE UPDATE ON elsewhere.newer FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
	"CREATE RULE r AS ON DELETE TO elsewhere.newer DO INSTEAD NOTHING",
	"ALTER TABLE elsewhere.newer ENABLE ROW LEVEL SECURITY",
	"CREATE TABLE parts (k int, v text) PARTITION BY LIST (k)",
	"CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1)",
	"ALTER TABLE parts DETACH PARTITION part_1",
	"ALTER TABLE part_1 INHERIT parts_parent",
	"ALTER TABLE part_1 NO INHERIT parts_parent",
	"CREATE INDEX ON parts (v)",
	"TRUNCATE parts",
	"ANALYZE",
	"INSERT INTO parts_parent SELECT i, 'x' FROM generate_series(1, 10) i",
	"CREATE TEMP TABLE passing (i int)",
	"BEGIN",
	"CREATE TABLE inner_one (id int)",
	"CREATE VIEW inner_view AS SELECT * FROM inner_one",
	"ALTER TABLE inner_one RENAME id TO number",
	"ALTER TABLE inner_one RENAME number TO id",
	"ALTER TABLE customer RENAME TO client",
	"CREATE FUNCTION inner_f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
	"DROP VIEW calling",
	"ROLLBACK",
	"BEGIN ISOLATION LEVEL REPEATABLE READ",
	"ALTER TABLE customer RENAME TO client",
	"CREATE OR REPLACE VIEW fields AS SELECT 1 AS a, m FROM pairs",
	"DROP VIEW calling",
	"COMMIT",
	"ALTER TABLE client RENAME TO customer",
	"ALTER FUNCTION pg_catalog.textlike(text, text) LEAKPROOF", // initdb's own
	"CREATE FUNCTION pg_catalog.upper(int) RETURNS int LANGUAGE sql AS 'SELECT $1'",
	"DROP FUNCTION pg_catalog.upper(int)",
	"ALTER FUNCTION pg_catalog.textlike(text, text) NOT LEAKPROOF",
	"CREATE OR REPLACE VIEW information_schema.collations AS SELECT NULL::information_schema.sql_identifier AS collation_catalog, NULL::information_schema.sql_identifier AS collation_schema, NULL::information_schema.sql_identifier AS collation_name, NULL::information_schema.character_data AS pad_attribute",
	"VACUUM FULL pg_class",
	"DROP SCHEMA elsewhere CASCADE",
	"DROP TABLE parts, part_1 CASCADE",
}

// A snapshot that takes over what has not changed must be the one that takes over nothing.
func TestReuseKeepsNothingThatChanged(t *testing.T) {
	pg, db := oddDatabase(t)
	ctx := context.Background()
	s := pg.Connect(t, "postgres", "", db)
	do := func(sql string) {
		t.Helper()
		if _, err := s.Query(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	do("CREATE TABLE parts_parent (k int, v text)")
	do("DROP VIEW information_schema.tables, information_schema.routines, information_schema.attributes, information_schema.parameters, information_schema.routine_privileges CASCADE") // printing them takes the most time
	last := load(t, s)
	within := false
	for _, sql := range changes {
		do(sql)
		own := strings.Contains(sql, "pg_catalog.") || strings.Contains(sql, "information_schema.")
		var fresh, reused *catalog.Snapshot
		var err error
		begins := strings.HasPrefix(sql, "BEGIN")
		within = begins || within && sql != "COMMIT" && sql != "ROLLBACK"
		switch {
		case begins:
			continue
		case within:
			if fresh, err = catalog.LoadWithin(ctx, s.Query, nil); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			if reused, err = catalog.LoadWithin(ctx, s.Query, last); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		default:
			fresh = load(t, s)
			if reused, err = catalog.Load(ctx, s.Query, last); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			last = reused
		}
		if want, got := whole(fresh, own), whole(reused, own); want != got {
			t.Errorf("%s:\n%s", sql, firstDifference(want, got))
		}
	}
}

// What does not change the text of a view must not have views printed, and what changes nothing must give the very same snapshot.
func TestReuseAsksForLittle(t *testing.T) {
	pg, db := oddDatabase(t)
	ctx := context.Background()
	s := pg.Connect(t, "postgres", "", db)
	last := load(t, s)
	for _, c := range []struct {
		sql             string
		views, anything bool
	}{
		{"SELECT 1", false, false},
		{"INSERT INTO customer SELECT 'x', 1, i FROM generate_series(1, 10) i", false, false},
		{"CREATE TEMP TABLE passing (i int)", false, false},
		{"CREATE TABLE another (i int, v varchar(7))", false, true},
		{"CREATE INDEX ON another (i)", false, true},
		{"CREATE FUNCTION another() RETURNS int LANGUAGE sql AS 'SELECT 1'", false, true},
		{"DROP FUNCTION another()", false, true},
		{"DROP TABLE another", false, true},
		{"CREATE TABLE another (i int)", false, true},
		{"CREATE VIEW yet_another AS SELECT * FROM another", true, true},
		{"ALTER TABLE another RENAME TO other", true, true},
		{"ALTER TABLE other ADD j int", true, true},
	} {
		if _, err := s.Query(ctx, c.sql); err != nil {
			t.Fatalf("%s: %v", c.sql, err)
		}
		views := false
		next, err := catalog.Load(ctx, func(ctx context.Context, sql string) ([][]*string, error) {
			views = views || strings.Contains(sql, "pg_get_viewdef")
			return s.Query(ctx, sql)
		}, last)
		if err != nil {
			t.Fatal(err)
		}
		if views != c.views || (next != last) != c.anything {
			t.Errorf("%s: views were printed: %v; the snapshot is another: %v", c.sql, views, next != last)
		}
		last = next
	}
}

// A view that was printed while something got another name may say either name: the next snapshot must print it anew.
func TestReuseDoubtsWhatWasPrintedDuringAChange(t *testing.T) {
	pg, db := oddDatabase(t)
	ctx := context.Background()
	s, other := pg.Connect(t, "postgres", "", db), pg.Connect(t, "postgres", "", db)
	if _, err := s.Query(ctx, "CREATE TABLE a (i int); CREATE VIEW over_a AS SELECT i FROM a"); err != nil {
		t.Fatal(err)
	}
	rename := func(sql string) *catalog.Snapshot {
		t.Helper()
		snap, err := catalog.Load(ctx, func(ctx context.Context, q string) ([][]*string, error) {
			if strings.Contains(q, "pg_get_viewdef") {
				if _, err := other.Query(ctx, sql); err != nil {
					return nil, err
				}
			}
			return s.Query(ctx, q)
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return snap
	}
	snap := rename("ALTER TABLE a RENAME TO b")
	if got := snap.Relation("public", "over_a").Definition; !strings.Contains(got, "public.b") || snap.Relation("public", "a") == nil {
		t.Fatalf("the case does not happen: %s", got)
	}
	if _, err := s.Query(ctx, "ALTER TABLE b RENAME TO a"); err != nil {
		t.Fatal(err)
	}
	next, err := catalog.Load(ctx, s.Query, snap)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := next.Relation("public", "over_a").Definition, load(t, s).Relation("public", "over_a").Definition; got != want {
		t.Errorf("want %s\ngot  %s", want, got)
	}
}

func BenchmarkReload(b *testing.B) {
	eachSize(b, func(b *testing.B, s *pgtest.Session) {
		ctx := context.Background()
		last := load(b, s)
		n := 0
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			if _, err := s.Query(ctx, fmt.Sprintf("DROP TABLE IF EXISTS made; CREATE TABLE made (i%d int)", n)); err != nil {
				b.Fatal(err)
			}
			n++
			b.StartTimer()
			next, err := catalog.Load(ctx, s.Query, last)
			if err != nil || next == last {
				b.Fatal(err)
			}
			last = next
		}
	})
}
