package rewrite_test

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cordon/catalog"
	"cordon/internal/pgtest"
	"cordon/parse"
	"cordon/policy"
	"cordon/rewrite"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// statements are the paragraphs of a file; a paragraph may hold several statements.
func statements(t testing.TB, name string) []string {
	var out []string
	for _, p := range strings.Split(read(t, name), "\n\n") {
		var lines []string
		for _, l := range strings.Split(p, "\n") {
			if !strings.HasPrefix(l, "--") {
				lines = append(lines, l)
			}
		}
		if s := strings.TrimSpace(strings.Join(lines, "\n")); s != "" {
			out = append(out, s)
		}
	}
	return out
}

type database struct {
	conn  *pgconn.PgConn
	scrub bool // leave out an error's detail
	cat   *catalog.Snapshot
}

// open makes a database of the test's schema, with the given scripts run on it.
func open(t testing.TB, scripts ...string) *database {
	t.Helper()
	s := pgtest.Shared(t)
	db := s.CreateDatabase(t)
	for _, f := range append([]string{"schema.sql"}, scripts...) {
		s.Exec(t, db, read(t, f))
	}
	return connect(t, db)
}

// twins makes two databases, alike in everything (types have the same numbers) but in what hidden.sql changes.
func twins(t testing.TB) (here, there *database) {
	t.Helper()
	s := pgtest.Shared(t)
	a, b := s.CreateDatabase(t), s.CreateDatabase(t)
	s.Exec(t, a, read(t, "schema.sql"))
	s.Exec(t, "postgres", "DROP DATABASE "+b)
	s.Exec(t, "postgres", "CREATE DATABASE "+b+" TEMPLATE "+a)
	s.Exec(t, b, read(t, "hidden.sql"))
	return connect(t, a), connect(t, b)
}

func connect(t testing.TB, db string) *database {
	t.Helper()
	s := pgtest.Shared(t)
	conn, err := pgconn.Connect(context.Background(), s.DSN(db))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	d := &database{conn: conn}
	d.reload(t)
	return d
}

// reload reads the catalog again.
func (d *database) reload(t testing.TB) {
	t.Helper()
	var err error
	d.cat, err = catalog.Load(context.Background(), func(ctx context.Context, sql string) ([][]*string, error) {
		rs, err := d.conn.Exec(ctx, sql).ReadAll()
		if err != nil {
			return nil, err
		}
		var rows [][]*string
		for _, r := range rs {
			for _, row := range r.Rows {
				var out []*string
				for _, v := range row {
					if v == nil {
						out = append(out, nil)
					} else {
						s := string(v)
						out = append(out, &s)
					}
				}
				rows = append(rows, out)
			}
		}
		return rows, nil
	}, d.cat)
	if err != nil {
		t.Fatal(err)
	}
}

func grant(t testing.TB, person string) *policy.Grant {
	t.Helper()
	return grantOf(t, read(t, "policy.yaml"), person)
}

func grantOf(t testing.TB, text, person string) *policy.Grant {
	t.Helper()
	p, err := policy.Parse("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p.Bind(p.Subject(person, person, netip.MustParseAddr("127.0.0.1"), time.Unix(1790000000, 0)))
}

// plan rewrites every statement of a text.
func plan(d *database, g *policy.Grant, sql string) ([]*rewrite.Plan, error) {
	list, err := parse.Parse(sql, parse.Limits{})
	if err != nil {
		return nil, err
	}
	var plans []*rewrite.Plan
	for _, st := range list {
		p, err := rewrite.Rewrite(rewrite.Input{Statement: st, Catalog: d.cat, SearchPath: []string{"pg_catalog", "public"}, Grant: g})
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// run gives everything a client would see, as text.
func (d *database) run(t testing.TB, sql string, sorted bool) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d.conn.Exec(ctx, "SELECT setval('counter', 1); BEGIN").Close() // sequences know no ROLLBACK
	defer func() { d.conn.Exec(context.Background(), "ROLLBACK; DEALLOCATE ALL").Close() }()
	var b strings.Builder
	mrr := d.conn.Exec(ctx, sql)
	for mrr.NextResult() {
		r := mrr.ResultReader()
		for _, f := range r.FieldDescriptions() {
			fmt.Fprintf(&b, "%s:%d:%d ", f.Name, min(f.DataTypeOID, uint32(catalog.FirstUserOID)), f.TypeModifier) // types of the database's own have other numbers in each
		}
		b.WriteString("\n")
		var rows []string
		for r.NextRow() {
			var row []string
			for _, v := range r.Values() {
				if v == nil {
					row = append(row, "∅")
				} else {
					row = append(row, string(v))
				}
			}
			rows = append(rows, strings.Join(row, "|"))
		}
		if sorted {
			slices.Sort(rows)
		}
		b.WriteString(strings.Join(rows, "\n") + "\n")
		if tag, err := r.Close(); err == nil {
			b.WriteString(tag.String() + "\n")
		}
	}
	if err := mrr.Close(); err != nil {
		if e, ok := err.(*pgconn.PgError); ok {
			fmt.Fprintf(&b, "%s\n", d.message(e))
		} else {
			fmt.Fprintf(&b, "ERROR %v\n", err)
		}
	}
	return b.String()
}

func joined(plans []*rewrite.Plan) string {
	var parts []string
	for _, p := range plans {
		parts = append(parts, p.SQL)
	}
	return strings.Join(parts, ";\n")
}

// rowType is a type of the database's own in a description of columns.
var rowType = regexp.MustCompile(`:16384:-1`)

// Every legitimate statement answers exactly as hand-written security_barrier views answer, and does not depend on what is hidden.
func TestReadsAnswerAsViews(t *testing.T) {
	d, other := open(t, "reference.sql"), open(t, "hidden.sql")
	g := grant(t, "alice")
	for _, sql := range append(statements(t, "legitimate.sql"), statements(t, "legitimate-shapes.sql")...) {
		plans, err := plan(d, g, sql)
		if err != nil {
			t.Errorf("refused: %v\n%s", err, sql)
			continue
		}
		got := joined(plans)
		sorted := !strings.Contains(strings.ToUpper(sql), "ORDER BY")
		mine := d.run(t, got, sorted)
		d.conn.Exec(context.Background(), "SET search_path = ref, public").Close()
		want := d.run(t, strings.NewReplacer("public.", "ref.", "public .", "ref .").Replace(sql), sorted)
		want = rowType.ReplaceAllString(want, ":2249:-1") // a table's own row type; a sub-select's is record
		mine = rowType.ReplaceAllString(mine, ":2249:-1")
		d.conn.Exec(context.Background(), "RESET search_path").Close()
		if mine != want {
			t.Errorf("differs from the views:\n%s\nrewritten: %s\ngot:\n%s\nwant:\n%s", sql, clip(got), clip(mine), clip(want))
		}
		if again := rowType.ReplaceAllString(other.run(t, got, sorted), ":2249:-1"); again != mine {
			t.Errorf("depends on hidden rows or values:\n%s\nrewritten: %s\nhere:\n%s\nthere:\n%s", sql, clip(got), clip(mine), clip(again))
		}
	}
}

// An attack is one entry of testdata/attacks: a file for each class of holes, a paragraph for each attack, a comment on top.
type attack struct {
	file, comment, sql string
	tries              bool // without the rewriting it cannot be seen to work, because the server refuses it too, or nothing of the two databases shows
}

func attacks(t testing.TB) []attack {
	t.Helper()
	files, err := filepath.Glob("testdata/attacks/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no attacks: %v", err)
	}
	var out []attack
	seen := map[string]bool{}
	for _, f := range files {
		if strings.HasPrefix(filepath.Base(f), "write-") { // sessions, for TestWriteAttacksReachNothing
			continue
		}
		for _, p := range strings.Split(strings.TrimSpace(read(t, strings.TrimPrefix(f, "testdata/"))), "\n\n") {
			comment, sql, ok := strings.Cut(p, "\n")
			if !ok || !strings.HasPrefix(comment, "-- ") || seen[sql] {
				t.Fatalf("%s: an attack is a comment of one line and a text of its own:\n%s", f, p)
			}
			seen[sql] = true
			a := attack{file: filepath.Base(f), sql: sql}
			a.comment, a.tries = strings.CutPrefix(comment[3:], "tries: ")
			out = append(out, a)
		}
	}
	return out
}

// An attack is refused, or answers the same whatever is hidden, in the simple and the extended protocol, in text and in binary; and without the rewriting it
// works. CORDON_TRIES names a file to write those to that do not.
func TestAttacksLearnNothing(t *testing.T) {
	d, other := twins(t)
	alice, dora := grant(t, "alice"), grant(t, "dora")
	count, refused := map[string]int{}, map[string]int{}
	var tries []string
	for _, a := range attacks(t) {
		g := alice
		if a.file == "ddl.sql" { // someone who may change definitions, but is under the same rules
			g = dora
		}
		count[a.file]++
		d.scrub, other.scrub = false, false
		works := !strings.Contains(a.sql, "FROM STDIN") && d.answer(t, a.sql) != other.answer(t, a.sql)
		if !works {
			tries = append(tries, a.sql)
		}
		if !works && !a.tries && d.cat.ServerVersion >= 150000 && os.Getenv("CORDON_TRIES") == "" {
			t.Errorf("%s: this does not work without the rewriting either, so it shows nothing (or only “tries”):\n%s", a.file, a.sql)
		}
		plans, err := plan(d, g, a.sql)
		if err != nil {
			refused[a.file]++
			if testing.Verbose() {
				t.Logf("refused: %v: %s", err, a.sql)
			}
			continue
		}
		got := joined(plans)
		d.scrub, other.scrub = false, false // the proxy takes away what an error says of values
		for _, p := range plans {
			d.scrub, other.scrub = d.scrub || p.Scrub, other.scrub || p.Scrub
		}
		if here, there := d.run(t, got, true), other.run(t, got, true); here != there {
			t.Errorf("%s: %s leaks:\n%s\nrewritten: %s\nhere:\n%s\nthere:\n%s", a.file, a.comment, a.sql, clip(got), clip(here), clip(there))
		}
		if len(plans) != 1 {
			continue
		}
		for format, name := range []string{"text", "binary"} {
			if here, there := d.extended(t, got, int16(format)), other.extended(t, got, int16(format)); here != there {
				t.Errorf("%s: %s leaks in the extended protocol, in %s:\n%s\nrewritten: %s\nhere:\n%s\nthere:\n%s", a.file, a.comment, name, a.sql, clip(got), clip(here), clip(there))
			}
		}
	}
	all, none := 0, 0
	for _, f := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%-28s %4d attacks, %4d of them refused, the rest learn nothing", f, count[f], refused[f])
		all, none = all+count[f], none+refused[f]
	}
	t.Logf("%d attacks, %d of them refused; %d would work without the rewriting", all, none, all-len(tries))
	if f := os.Getenv("CORDON_TRIES"); f != "" {
		if err := os.WriteFile(f, []byte(strings.Join(tries, "\x00")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// answer is what a client sees of a text, also of what it copies.
func (d *database) answer(t testing.TB, sql string) string {
	if strings.HasPrefix(sql, "COPY") {
		return d.extended(t, sql, 0)
	}
	return d.run(t, sql, true)
}

// extended runs one statement in the extended protocol.
func (d *database) extended(t testing.TB, sql string, format int16) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d.conn.Exec(ctx, "SELECT setval('counter', 1); BEGIN").Close()
	defer func() { d.conn.Exec(context.Background(), "ROLLBACK").Close() }()
	var b strings.Builder
	if strings.HasPrefix(sql, "COPY") {
		tag, err := d.conn.CopyTo(ctx, &b, sql)
		lines := strings.Split(b.String(), "\n")
		slices.Sort(lines)
		return fmt.Sprint(lines, tag, d.message(err))
	}
	r := d.conn.ExecParams(ctx, sql, nil, nil, nil, []int16{format}).Read()
	for _, f := range r.FieldDescriptions {
		fmt.Fprintf(&b, "%s:%d:%d ", f.Name, min(f.DataTypeOID, uint32(catalog.FirstUserOID)), f.TypeModifier)
	}
	var rows []string
	for _, row := range r.Rows {
		rows = append(rows, fmt.Sprintf("%q", row))
	}
	slices.Sort(rows)
	b.WriteString(strings.Join(rows, "\n") + r.CommandTag.String() + d.message(r.Err))
	return b.String()
}

func (d *database) message(err error) string {
	if e, ok := err.(*pgconn.PgError); ok {
		if d.scrub {
			return fmt.Sprintf("ERROR %s %s", e.Code, e.Message)
		}
		return fmt.Sprintf("ERROR %s %s %s", e.Code, e.Message, e.Detail)
	} else if err != nil {
		return err.Error()
	}
	return ""
}

func clip(s string) string {
	if len(s) > 1500 {
		return s[:1500] + "…"
	}
	return s
}
