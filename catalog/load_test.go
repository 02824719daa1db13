package catalog_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cordon/catalog"
	"cordon/internal/golden"
	"cordon/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func load(t testing.TB, s *pgtest.Session) *catalog.Snapshot {
	t.Helper()
	snap, err := catalog.Load(context.Background(), s.Query, nil)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func oddDatabase(t testing.TB) (*pgtest.Server, string) {
	t.Helper()
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	script, err := os.ReadFile("testdata/odd.sql")
	if err != nil {
		t.Fatal(err)
	}
	sql := string(script)
	if pg.Major(t) < 15 {
		sql = strings.ReplaceAll(sql, "numeric(7,-2)", "numeric(7,2)") // a negative scale is new in 15
		sql = strings.ReplaceAll(sql, "security_invoker = true, ", "")
	}
	if pg.Major(t) < 14 {
		sql = strings.ReplaceAll(sql, "int4multirange", "int4range")
	}
	pg.Exec(t, db, sql)
	return pg, db
}

// describe shows a snapshot's user objects, with names in place of OIDs.
func describe(s *catalog.Snapshot) string {
	var b strings.Builder
	rel := func(oids []catalog.OID) (names []string) {
		for _, oid := range oids {
			if r := s.RelationByOID(oid); r != nil {
				names = append(names, r.QualifiedName())
			} else {
				names = append(names, "?")
			}
		}
		return names
	}
	for _, r := range s.Relations() {
		if r.Schema == "pg_catalog" || r.Schema == "information_schema" {
			continue
		}
		fmt.Fprintf(&b, "%c %s", r.Kind, r.QualifiedName())
		for _, f := range []struct {
			on   bool
			name string
		}{{r.IsPartition, "partition"}, {r.SecurityInvoker, "security_invoker"}, {r.SecurityBarrier, "security_barrier"}, {r.HasRules, "rules"}, {r.HasTriggers, "triggers"}, {r.RowTriggers, "row triggers"}, {r.RowSecurity, "row security"},
			{r.Persistence == 'u', "unlogged"}, {r.CheckOption != "", "check option " + r.CheckOption}, {r.PrimaryKey != nil, fmt.Sprint("key ", r.PrimaryKey)}, {r.Parents != nil, fmt.Sprint("parents ", rel(r.Parents))}} {
			if f.on {
				b.WriteString(", " + f.name)
			}
		}
		b.WriteString("\n")
		for _, c := range r.Columns {
			fmt.Fprintf(&b, "    %d %s %s", c.Num, catalog.QuoteIdent(c.Name), c.TypeName)
			if c.CollationName != "" {
				b.WriteString(" COLLATE " + c.CollationName)
			}
			for _, f := range []struct {
				on   bool
				name string
			}{{c.NotNull, "not null"}, {c.HasDefault, "default"}, {c.Identity != 0, "identity " + string(c.Identity)}, {c.Generated != 0, "generated " + string(c.Generated)}} {
				if f.on {
					b.WriteString(", " + f.name)
				}
			}
			b.WriteString("\n")
		}
		if r.Kind == catalog.View || r.Kind == catalog.MaterializedView {
			var calls []string
			for _, oid := range r.Calls {
				calls = append(calls, s.Function(oid).Schema+"."+s.Function(oid).Name)
			}
			fmt.Fprintf(&b, "    reads %s\n", strings.Join(rel(r.Reads), ", "))
			if calls != nil {
				fmt.Fprintf(&b, "    calls %s\n", strings.Join(calls, ", "))
			}
			fmt.Fprintf(&b, "    as %s\n", strings.Join(strings.Fields(r.Definition), " "))
		}
	}
	for _, t := range s.Types() {
		if t.Schema != "pg_catalog" && t.Schema != "information_schema" && t.Relation == 0 && t.Category != 'A' {
			fmt.Fprintf(&b, "type %s %c%c over %q\n", s.TypeName(t.OID), t.Kind, t.Category, s.TypeName(t.Base))
		}
	}
	for _, f := range s.AllFunctions() {
		if f.Schema == "public" && !strings.HasPrefix(f.Name, "postgres_fdw") {
			var args []string
			for _, a := range f.Args {
				args = append(args, s.TypeName(a))
			}
			fmt.Fprintf(&b, "function %s(%s) %s %c%c %s variadic %v defaults %d set %v leakproof %v definer %v\n", f.Name, strings.Join(args, ", "), s.TypeName(f.Returns), f.Kind, f.Volatile, f.Language, f.Variadic, f.Defaults, f.ReturnsSet, f.Leakproof, f.SecurityDefiner)
		}
	}
	for _, name := range []string{"===", "<=>", "<==>"} {
		for _, o := range s.Operators(name) {
			fmt.Fprintf(&b, "operator %s.%s (%s, %s) leakproof %v volatile %q\n", o.Schema, o.Name, s.TypeName(o.Left), s.TypeName(o.Right), o.Leakproof, o.Volatile)
		}
	}
	mood := s.TypeNamed("public", "mood").OID
	fmt.Fprintf(&b, "cast mood to int %c%c leakproof %v\n", s.Cast(mood, 23).Method, s.Cast(mood, 23).Context, s.Cast(mood, 23).Leakproof)
	return b.String()
}

func TestLoadOddThings(t *testing.T) {
	pg, db := oddDatabase(t)
	if major := pg.Major(t); major != 15 {
		t.Skipf("the text is that of PostgreSQL 15, which words a view's definition in its own way; this is %d", major)
	}
	pg.Exec(t, db, "DROP ROLE IF EXISTS nobody_special; CREATE ROLE nobody_special LOGIN")
	golden.Text(t, "testdata/odd.txt", describe(load(t, pg.Connect(t, "nobody_special", "", db))))
}

// Every type name must be one that CAST takes and that gives the column's own type and modifier back, also for someone who has made temporary types of the same names.
func TestTypeNamesCastToThemselves(t *testing.T) {
	pg, db := oddDatabase(t)
	s := pg.Connect(t, "postgres", "", db)
	snap := load(t, s)
	ctx := context.Background()
	for _, name := range []string{"text", "name", "date", "jsonb", "uuid", "oid", "bpchar", "bytea", "mood", `"char"`, "email"} {
		if _, err := s.Query(ctx, "CREATE TEMP TABLE "+name+" (shadow int)"); err != nil {
			t.Fatal(err)
		}
	}
	for _, rel := range snap.Relations() {
		if rel.Kind == catalog.Sequence || rel.Kind == catalog.Composite {
			continue
		}
		for _, c := range rel.Columns {
			// pg_statistic has columns of type anyarray, which no view can have, nor its row type.
			if snap.Type(c.Type).Kind == 'p' || c.TypeName == "pg_catalog.pg_statistic[]" {
				continue
			}
			sql := fmt.Sprintf("CREATE TEMP VIEW x AS SELECT CAST(NULL AS %s) AS c", c.TypeName)
			if _, err := s.Query(ctx, sql); err != nil {
				t.Fatalf("%s.%s: %s: %v", rel.QualifiedName(), c.Name, sql, err)
			}
			rows, err := s.Query(ctx, "SELECT atttypid, atttypmod FROM pg_attribute WHERE attrelid = 'x'::regclass")
			if err != nil {
				t.Fatal(err)
			}
			if got, want := *rows[0][0]+" "+*rows[0][1], fmt.Sprint(c.Type, " ", c.Typmod); got != want {
				t.Errorf("%s.%s: CAST AS %s gives type and modifier %s, want %s", rel.QualifiedName(), c.Name, c.TypeName, got, want)
			}
			if _, err := s.Query(ctx, "DROP VIEW x"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestLookUps(t *testing.T) {
	pg, db := oddDatabase(t)
	s := load(t, pg.Connect(t, "postgres", "", db))
	names := func(rels []*catalog.Relation) (out []string) {
		for _, r := range rels {
			out = append(out, r.Name)
		}
		return out
	}
	leaf, overloads := s.Relation("public", "events_2024_eu"), "3 1"
	if pg.Major(t) < 14 {
		overloads = "2 1" // there is none over multiranges
	}
	for _, c := range []struct{ what, got, want string }{
		{"ancestors", fmt.Sprint(names(s.Ancestors(leaf))), "[events_2024 events]"},
		{"root", s.Root(leaf).Name, "events"},
		{"descendants", fmt.Sprint(names(s.Descendants(s.Relation("public", "events")))), "[events_2024 events_2024_eu events_2024_other]"},
		{"children", fmt.Sprint(names(s.Children(s.Relation("public", "person")))), "[customer]"},
		{"two parents", fmt.Sprint(names(s.Ancestors(s.Relation("public", "customer")))), "[person account]"},
		{"pg_catalog first", s.Resolve("pg_class", []string{"public"}).Schema, "pg_catalog"},
		{"path", s.Resolve("person", []string{"nowhere", "public"}).Schema, "public"},
		{"leakproof", fmt.Sprint(s.LeakproofOperator("=", 23, 23), s.LeakproofOperator("<", 25, 25), s.LeakproofOperator("/", 23, 23), s.LeakproofOperator("~~", 25, 25)), "true true false false"},
		{"base type", s.TypeName(s.BaseType(s.TypeNamed("public", "work_email").OID)), "character varying"},
		{"overloads", fmt.Sprint(len(s.Functions("pg_catalog", "lower")), len(s.FunctionsNamed("score"))), overloads},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %s, want %s", c.what, c.got, c.want)
		}
	}
	if s.Resolve("person", []string{"Mixed Case"}) != nil || s.Relation("public", "dropped").Column("b") != nil || s.Relation("public", "dropped").ColumnNum(3).Name != "c" {
		t.Error("a name was found that should not be, or a column's number moved")
	}
}

// What the session has set, and temporary tables that shadow the catalogs, must not change the snapshot.
func TestLoadIsNotBentByTheSession(t *testing.T) {
	pg, db := oddDatabase(t)
	pg.Exec(t, db, `CREATE VIEW constants AS SELECT '2025-02-03'::date AS d, '2025-02-03 04:05:06+00'::timestamptz AS z, '-1 day 2 hours'::interval AS i, 123456.789::float8 AS f, '\x00ff'::bytea AS b`)
	straight := load(t, pg.Connect(t, "postgres", "", db))
	bent := pg.Connect(t, "postgres", "", db)
	ctx := context.Background()
	for _, sql := range []string{
		`CREATE SCHEMA evil`, `CREATE FUNCTION evil.same(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT false'`, `CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.same)`,
		`CREATE FUNCTION evil.count() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
		`SET search_path = evil, "Mixed Case", pg_catalog`, `SET quote_all_identifiers = on`, `SET client_encoding = LATIN1`, `SET statement_timeout = 400`, `SET standard_conforming_strings = off`,
		`SET datestyle = 'SQL, DMY'`, `SET intervalstyle = 'sql_standard'`, `SET timezone = 'Asia/Kolkata'`, `SET extra_float_digits = -14`, `SET bytea_output = escape`,
		`CREATE TEMP TABLE pg_class (oid oid)`, `CREATE TEMP TABLE pg_namespace (oid oid)`, `CREATE TEMP TABLE pg_attribute (oid oid)`, `CREATE TEMP TABLE text (t int)`, `CREATE TEMP TABLE oid (t int)`,
	} {
		if _, err := bent.Query(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	got := load(t, bent)
	a, b := strings.Split(describe(straight), "\n"), strings.Split(describe(got), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Errorf("the session's settings changed the snapshot:\nwant %s\ngot  %s", a[i], b[i])
		}
	}
	if len(a) != len(b) {
		t.Errorf("the session's settings changed the snapshot from %d to %d lines", len(a), len(b))
	}
	rows, err := bent.Query(ctx, "SELECT pg_catalog.concat_ws(' ', pg_catalog.current_setting('search_path'), pg_catalog.current_setting('client_encoding'), pg_catalog.current_setting('statement_timeout'), pg_catalog.current_setting('datestyle'), pg_catalog.current_setting('extra_float_digits'))")
	if err != nil || *rows[0][0] != `evil, "Mixed Case", pg_catalog LATIN1 400ms SQL, DMY -14` {
		t.Errorf("the load left settings behind: %v %v", rows, err)
	}
	// The same in the middle of a transaction that has set them itself.
	for _, sql := range []string{"BEGIN", "SET LOCAL search_path = evil", "CREATE TABLE public.fresh (i int)"} {
		if _, err := bent.Query(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	within, err := catalog.LoadWithin(ctx, bent.Query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if within.Relation("public", "fresh") == nil || within.Relation("pg_temp_3", "pg_class") != nil || within.Fingerprint == got.Fingerprint {
		t.Error("LoadWithin does not show the transaction's own table")
	}
	rows, err = bent.Query(ctx, "SELECT pg_catalog.current_setting('search_path')")
	if err != nil || *rows[0][0] != `"evil"` {
		t.Errorf("LoadWithin left search_path at %q %v", *rows[0][0], err)
	}
}

// A view over a table that is locked comes without its text, and the snapshot never counts as up to date.
func TestLockedTableDoesNotHoldUpTheLoad(t *testing.T) {
	pg, db := oddDatabase(t)
	locker := pg.Connect(t, "postgres", "", db)
	if _, err := locker.Query(context.Background(), "BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	s := load(t, pg.Connect(t, "postgres", "", db))
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("the load took %v", d)
	}
	if r := s.Relation("public", "v1"); r == nil || r.Definition != "" || s.Fingerprint != "" {
		t.Errorf("v1 %+v, fingerprint %q", r, s.Fingerprint)
	}
	if s.Relation("public", "v3").Definition == "" {
		t.Error("a view over another table came without its text")
	}
}

func TestLoadErrorLeavesNoTransaction(t *testing.T) {
	pg, db := oddDatabase(t)
	s := pg.Connect(t, "postgres", "", db)
	fail := func(ctx context.Context, sql string) ([][]*string, error) {
		if strings.Contains(sql, "pg_proc p JOIN") {
			sql = "SELECT 1/0"
		}
		return s.Query(ctx, sql)
	}
	ctx := context.Background()
	if _, err := catalog.Load(ctx, fail, nil); err == nil || err.Error() != "load the catalog: functions: ERROR: division by zero (SQLSTATE 22012)" {
		t.Errorf("got %v", err)
	}
	if _, err := s.Query(ctx, "BEGIN"); err != nil {
		t.Fatal(err)
	}
	if _, err := catalog.LoadWithin(ctx, fail, nil); err == nil {
		t.Error("no error")
	}
	if _, err := s.Query(ctx, "SELECT 1"); err != nil {
		t.Errorf("the client's transaction has failed: %v", err)
	}
}

func TestFingerprintChangesWithTheCatalog(t *testing.T) {
	pg, db := oddDatabase(t)
	s := pg.Connect(t, "postgres", "", db)
	other := pg.Connect(t, "postgres", "", db)
	ctx := context.Background()
	print := func() string {
		f, err := catalog.Fingerprint(ctx, s.Query)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if snap := load(t, s); snap.Fingerprint != print() {
		t.Error("a fresh snapshot is not up to date")
	}
	for _, c := range []struct {
		sql    string
		change bool
	}{
		{"ALTER TABLE person RENAME COLUMN name TO nom", true},
		{"ALTER TABLE person RENAME nom TO name", true},
		{"BEGIN; ALTER TABLE dropped RENAME a TO x; ALTER TABLE dropped RENAME d TO a; ALTER TABLE dropped RENAME x TO d; COMMIT", true},
		{"ALTER TABLE dropped DROP COLUMN d", true},
		{"ALTER TABLE dropped ALTER a SET NOT NULL", true},
		{"ALTER TABLE person RENAME TO human", true},
		{"ALTER TABLE human SET SCHEMA \"Mixed Case\"", true},
		{"ALTER SCHEMA \"Mixed Case\" RENAME TO mixed", true},
		{"CREATE OR REPLACE VIEW over_catalog AS SELECT s.tablename, c.relname FROM pg_stats s, pg_class c WHERE true", true},
		{"ALTER VIEW over_catalog SET (security_barrier)", true},
		{"DROP RULE nothing ON ruled", true},
		{"ALTER TABLE triggered DISABLE TRIGGER t", true},
		{"DROP TRIGGER t ON triggered", true},
		{"ALTER TABLE events DETACH PARTITION events_2024", true},
		{"ALTER TABLE customer NO INHERIT account", true},
		{"ALTER TABLE scratch ADD PRIMARY KEY (i)", true},
		{"ALTER TABLE scratch DROP CONSTRAINT scratch_pkey", true},
		{"ALTER FUNCTION score(int, text[]) VOLATILE", true},
		{"ALTER FUNCTION pg_catalog.textlike(text, text) LEAKPROOF", true},
		{"DROP CAST (mood AS int)", true},
		{"DROP OPERATOR === (mood, mood) CASCADE", true},
		{"DROP DOMAIN work_email CASCADE", true},
		{"ALTER TABLE secured DISABLE ROW LEVEL SECURITY", true},
		{"SELECT 1", false},
		{"INSERT INTO customer SELECT 'x', 1, i FROM generate_series(1, 1000) i", false},
		{"ANALYZE", true}, // tables that have lost their children are told so; once
		{"ANALYZE", false},
		{"VACUUM customer", false},
		{"CREATE INDEX ON customer (number)", true}, // its columns are in pg_attribute
		{"REINDEX TABLE customer", false},
		{"CREATE TEMP TABLE passing (i int PRIMARY KEY, t text)", false},
		{"CREATE TEMP VIEW passing_view AS SELECT * FROM passing", false},
		{"ALTER TABLE passing RENAME t TO u", false},
		{"DROP TABLE passing CASCADE", false},
		{"VACUUM FULL pg_attribute", true}, // rows become frozen; once
		{"SELECT txid_current()", false},
		{"DROP TABLE no_columns", true},
	} {
		before := print()
		if _, err := other.Query(ctx, c.sql); err != nil {
			t.Fatalf("%s: %v", c.sql, err)
		}
		if after := print(); (before != after) != c.change {
			t.Errorf("%s: change %v, want %v\nbefore %s\nafter  %s", c.sql, before != after, c.change, before, after)
		}
	}
}

func TestFixtureRoundTrip(t *testing.T) {
	pg, db := oddDatabase(t)
	s := load(t, pg.Connect(t, "postgres", "", db))
	var b bytes.Buffer
	if err := s.WriteFixture(&b); err != nil {
		t.Fatal(err)
	}
	again, err := catalog.ReadFixture(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if x, y := describe(s), describe(again); x != y {
		t.Errorf("want:\n%s\ngot:\n%s", x, y)
	}
	if s.ServerVersion/10000 != 15 {
		return // what initdb made comes from PostgreSQL 15's, with other numbers
	}
	if !slices.EqualFunc(s.Relations(), again.Relations(), func(a, b *catalog.Relation) bool { return fmt.Sprint(*a) == fmt.Sprint(*b) }) {
		for i, r := range s.Relations() {
			if x, y := fmt.Sprint(*r), fmt.Sprint(*again.Relations()[i]); x != y {
				t.Errorf("want %s\ngot  %s", x, y)
			}
		}
	}
	if fmt.Sprint(s.Types()) != fmt.Sprint(again.Types()) || fmt.Sprint(s.AllFunctions()) != fmt.Sprint(again.AllFunctions()) || fmt.Sprint(s.Casts()) != fmt.Sprint(again.Casts()) || fmt.Sprint(s.Schemas()) != fmt.Sprint(again.Schemas()) {
		t.Error("types, functions, casts or schemas differ")
	}
	t.Logf("fixture of %d bytes", b.Len())
}

// TestWriteFixtureOf is the tool that makes a fixture of a real database: CORDON_FIXTURE_OF="host:port user password database" CORDON_FIXTURE=file go test ./catalog -run TestWriteFixtureOf
func TestWriteFixtureOf(t *testing.T) {
	from, to := strings.Split(os.Getenv("CORDON_FIXTURE_OF"), " "), os.Getenv("CORDON_FIXTURE")
	if len(from) != 4 || to == "" {
		t.Skip("CORDON_FIXTURE_OF and CORDON_FIXTURE are not set")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := pgtest.Connect(ctx, from[0], from[1], from[2], from[3])
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b bytes.Buffer
	if err := load(t, s).WriteFixture(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
