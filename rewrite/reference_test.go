package rewrite_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
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
	conn *pgconn.PgConn
	cat  *catalog.Snapshot
}

// open makes a database of the test's schema, with the given scripts run on it.
func open(t testing.TB, scripts ...string) *database {
	t.Helper()
	s := pgtest.Shared(t)
	db := s.CreateDatabase(t)
	for _, f := range append([]string{"schema.sql"}, scripts...) {
		s.Exec(t, db, read(t, f))
	}
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
	})
	if err != nil {
		t.Fatal(err)
	}
}

func grant(t testing.TB, person string) *policy.Grant {
	t.Helper()
	p, err := policy.Parse("policy.yaml", []byte(read(t, "policy.yaml")))
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
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	d.conn.Exec(ctx, "SELECT setval('counter', 1); BEGIN").Close() // sequences know no ROLLBACK
	defer func() { d.conn.Exec(context.Background(), "ROLLBACK").Close() }()
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
			fmt.Fprintf(&b, "ERROR %s %s %s\n", e.Code, e.Message, e.Detail)
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
	for _, sql := range statements(t, "legitimate.sql") {
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

// An attack is refused, or answers the same whatever is hidden.
func TestAttacksLearnNothing(t *testing.T) {
	d, other := open(t), open(t, "hidden.sql")
	g := grant(t, "alice")
	refused, works := 0, 0
	for _, sql := range statements(t, "attacks.sql") {
		if d.run(t, sql, true) != other.run(t, sql, true) {
			works++ // without Cordon it tells the two apart
		}
		plans, err := plan(d, g, sql)
		if err != nil {
			refused++
			if testing.Verbose() {
				t.Logf("refused: %v: %s", err, sql)
			}
			continue
		}
		got := joined(plans)
		here, there := d.run(t, got, true), other.run(t, got, true)
		if here != there {
			t.Errorf("leaks:\n%s\nrewritten: %s\nhere:\n%s\nthere:\n%s", sql, clip(got), clip(here), clip(there))
		}
	}
	t.Logf("%d attacks would work without the rewriting; %d are refused, the rest learn nothing", works, refused)
}

func clip(s string) string {
	if len(s) > 1500 {
		return s[:1500] + "…"
	}
	return s
}
