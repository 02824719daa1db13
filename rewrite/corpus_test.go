package rewrite_test

import (
	"context"
	"fmt"
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
	"cordon/policy"
	"cordon/rewrite"
)

// The corpus under testdata/corpus holds what clients send, a file for each: object-relational mappers, BI tools, reports. A paragraph is a statement;
// lines that begin with -- are comments, and “-- $ 7 | abc” gives the values of its parameters, \N for NULL.

// An entry is one statement of the corpus.
type entry struct {
	place  string // file:line
	sql    string
	params [][]byte // nil: none
	masked bool     // “-- masked”: the answer differs for people under a rule
}

func corpus(t testing.TB, pattern string) []entry {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/" + pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	var out []entry
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		line := 1
		for _, p := range strings.Split(string(b), "\n\n") {
			e := entry{}
			var lines []string
			for k, l := range strings.Split(p, "\n") {
				switch values, has := strings.CutPrefix(l, "-- $"); {
				case has:
					e.params = [][]byte{}
					for _, v := range strings.Split(values, "|") {
						if v = strings.TrimSpace(v); v == `\N` {
							e.params = append(e.params, nil)
						} else {
							e.params = append(e.params, []byte(v))
						}
					}
				case l == "-- masked":
					e.masked = true
				case !strings.HasPrefix(l, "--"):
					if len(lines) == 0 {
						e.place = fmt.Sprintf("%s:%d", filepath.Base(f), line+k)
					}
					lines = append(lines, l)
				}
			}
			line += strings.Count(p, "\n") + 2
			if e.sql = strings.TrimSpace(strings.Join(lines, "\n")); e.sql != "" {
				out = append(out, e)
			}
		}
	}
	return out
}

func corpusGrant(t testing.TB) *policy.Grant {
	t.Helper()
	p, err := policy.Parse("policy.yaml", []byte(read(t, "corpus/policy.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	return p.Bind(p.Subject("alice", "alice", netip.MustParseAddr("127.0.0.1"), time.Unix(1790000000, 0)))
}

// A session runs what a client sends, in a transaction that is rolled back, and tells all that the client sees.
type session struct {
	*database
	path string // search_path
	b    strings.Builder
}

func (s *session) exec(t testing.TB, sql string) {
	t.Helper()
	if _, err := s.conn.Exec(context.Background(), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (s *session) begin(t testing.TB) {
	t.Helper()
	s.exec(t, "SELECT setval('public.tickets_number_seq', 1000), setval('public.comments_id_seq', 1000); BEGIN; SET LOCAL TimeZone = 'UTC'; SET LOCAL search_path = "+s.path)
	s.b.Reset()
}

func (s *session) rollback() { s.conn.Exec(context.Background(), "ROLLBACK").Close() }

// columns describes a result but for its last strip columns.
func (s *session) columns(fields []pgconn.FieldDescription, strip int) {
	if strip < 0 { // the client asked for no rows
		strip = len(fields)
	}
	for _, f := range fields[:len(fields)-strip] {
		oid := f.DataTypeOID
		if ty := s.cat.Type(catalog.OID(oid)); ty != nil && ty.Kind == 'c' {
			oid = 2249 // a table's own row type; a sub-select's is record
		} else if oid >= uint32(catalog.FirstUserOID) { // types of the database's own have other numbers in each
			fmt.Fprintf(&s.b, "%s:%s:%d ", f.Name, s.cat.Type(catalog.OID(oid)).Name, f.TypeModifier)
			continue
		}
		fmt.Fprintf(&s.b, "%s:%d:%d ", f.Name, oid, f.TypeModifier)
	}
	s.b.WriteString("\n")
}

func (s *session) rows(rows [][][]byte, strip int, sorted bool, format string) {
	if strip < 0 {
		return
	}
	var out []string
	for _, row := range rows {
		var cells []string
		for _, v := range row[:len(row)-strip] {
			if v == nil {
				cells = append(cells, "∅")
			} else {
				cells = append(cells, fmt.Sprintf(format, v))
			}
		}
		out = append(out, strings.Join(cells, "|"))
	}
	if sorted {
		slices.Sort(out)
	}
	for _, r := range out {
		s.b.WriteString(r + "\n")
	}
}

func (s *session) failed(err error) {
	if e, ok := err.(*pgconn.PgError); ok {
		fmt.Fprintf(&s.b, "ERROR %s %s\n", e.Code, e.Message)
	} else {
		fmt.Fprintf(&s.b, "ERROR %v\n", err)
	}
}

// simple sends a text with the simple protocol. strip tells for each statement how many result columns are not the client's.
func (s *session) simple(sql string, strip []int, sorted bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if strings.HasPrefix(sql, "COPY") {
		tag, err := s.conn.CopyTo(ctx, &s.b, sql)
		if s.b.WriteString(tag.String() + "\n"); err != nil {
			s.failed(err)
		}
		return
	}
	m := s.conn.Exec(ctx, sql)
	for k := 0; m.NextResult(); k++ {
		r := m.ResultReader()
		n := strip[min(k, len(strip)-1)]
		fields := slices.Clone(r.FieldDescriptions())
		var rows [][][]byte
		for r.NextRow() {
			var row [][]byte
			for _, v := range r.Values() {
				row = append(row, slices.Clone(v))
			}
			rows = append(rows, row)
		}
		s.columns(fields, n)
		s.rows(rows, n, sorted, "%s")
		if tag, err := r.Close(); err == nil {
			s.b.WriteString(tag.String() + "\n")
		}
	}
	if err := m.Close(); err != nil {
		s.failed(err)
	}
}

// describe prepares a statement and tells what PostgreSQL says of its parameters and result.
func (s *session) describe(sql string, strip int) bool {
	d, err := s.conn.Prepare(context.Background(), "", sql, nil)
	if err != nil {
		s.failed(err)
		return false
	}
	for _, oid := range d.ParamOIDs {
		if ty := s.cat.Type(catalog.OID(oid)); ty != nil {
			s.b.WriteString(ty.Name + " ")
		}
	}
	s.b.WriteString("→ ")
	s.columns(d.Fields, strip)
	return true
}

// extended prepares and executes, with results in text or binary.
func (s *session) extended(sql string, params [][]byte, format int16, strip int, sorted bool) {
	if !s.describe(sql, strip) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r := s.conn.ExecPrepared(ctx, "", params, nil, []int16{format}).Read()
	if r.Err != nil {
		s.failed(r.Err)
		return
	}
	verb := "%s"
	if format == 1 {
		verb = "%x"
	}
	s.rows(r.Rows, strip, sorted, verb)
	s.b.WriteString(r.CommandTag.String() + "\n")
}

// answer gives all that the client sees of an entry, in every protocol. Each runs in a transaction of its own.
func (s *session) answer(t testing.TB, e entry, sql string, strip []int, effects func() string) string {
	t.Helper()
	sorted := !strings.Contains(strings.ToUpper(e.sql), "ORDER BY")
	var all strings.Builder
	once := func(f func()) {
		s.begin(t)
		defer s.rollback()
		f()
		all.WriteString(s.b.String())
		if effects != nil && !strings.Contains(s.b.String(), "ERROR") {
			all.WriteString(effects())
		}
	}
	if e.params == nil {
		once(func() { s.simple(sql, strip, sorted) })
	}
	if len(strip) == 1 && !strings.HasPrefix(sql, "COPY") {
		if e.params != nil {
			once(func() { s.extended(sql, e.params, 0, strip[0], sorted) })
			effects = nil
		}
		once(func() { s.extended(sql, e.params, 1, strip[0], sorted) })
	}
	return all.String()
}

func strips(plans []*rewrite.Plan) []int {
	var out []int
	for _, p := range plans {
		out = append(out, p.Strip)
	}
	return out
}

// corpusDatabases are the database with its reference views, and one that differs only in what alice must not see.
func corpusDatabases(t testing.TB) (here, there *session) {
	a := open(t, "corpus/schema.sql", "reference.sql", "corpus/reference.sql")
	b := open(t, "corpus/schema.sql", "hidden.sql", "corpus/hidden.sql")
	return &session{database: a, path: "public"}, &session{database: b, path: "public"}
}

var toReference = strings.NewReplacer(`"public"."region"`, `"public"."region"`, `"public"."priority"`, `"public"."priority"`, "public.", "ref.", "public .", "ref .", `"public".`, `"ref".`)

// newFunctions are those of the corpus that came with PostgreSQL 14.
var newFunctions = regexp.MustCompile(`\b(range_agg|date_bin)\(`)

// Every statement of the corpus answers exactly as over the reference tables: names, types, type modifiers, parameters and rows, in the simple and the
// extended protocol, in text and binary; it is described as it would be without Cordon; and nothing in its answer depends on what is hidden.
func TestCorpusAnswersAsViews(t *testing.T) {
	here, there := corpusDatabases(t)
	ref := &session{database: here.database, path: "ref, public"}
	g := corpusGrant(t)
	count := map[string]int{}
	seen := map[string]string{}
	for _, e := range corpus(t, "*.sql") {
		file, _, _ := strings.Cut(e.place, ":")
		switch file {
		case "schema.sql", "reference.sql", "hidden.sql":
			continue
		}
		if here.database.cat.ServerVersion < 140000 && newFunctions.MatchString(e.sql) {
			continue
		}
		if at := seen[e.sql]; at != "" {
			t.Errorf("%s: the same statement as %s", e.place, at)
		}
		seen[e.sql] = e.place
		count[file]++
		plans, err := plan(here.database, g, e.sql)
		if err != nil {
			t.Errorf("%s: refused: %v\n%s", e.place, err, e.sql)
			continue
		}
		sql := joined(plans)
		want := ref.answer(t, e, toReference.Replace(e.sql), make([]int, len(plans)), nil)
		if strings.Contains(want, "ERROR") {
			if here.cat.ServerVersion < 150000 {
				continue // it is of a newer server
			}
			t.Errorf("%s: the statement itself is wrong: %s\n%s", e.place, e.sql, clip(want))
			continue
		}
		got := here.answer(t, e, sql, strips(plans), nil)
		if got != want {
			t.Errorf("%s: differs from the views:\n%s\nrewritten: %s\ngot:\n%s\nwant:\n%s", e.place, e.sql, clip(sql), clip(got), clip(want))
			continue
		}
		if again := there.answer(t, e, sql, strips(plans), nil); again != got {
			t.Errorf("%s: depends on hidden rows or values:\n%s\nrewritten: %s\nhere:\n%s\nthere:\n%s", e.place, e.sql, clip(sql), clip(got), clip(again))
		}
		if len(plans) == 1 {
			here.begin(t)
			here.describe(sql, plans[0].Strip)
			got := here.b.String()
			here.b.Reset()
			here.describe(e.sql, 0)
			if direct := here.b.String(); got != direct {
				t.Errorf("%s: described otherwise than without Cordon:\n%s\ngot:\n%s\nwant:\n%s", e.place, e.sql, got, direct)
			}
			here.rollback()
		}
	}
	tally(t, count)
}

func tally(t *testing.T, count map[string]int) {
	total := 0
	for f, n := range count {
		t.Logf("%-20s %d", f, n)
		total += n
	}
	t.Logf("%d statements", total)
}

// What a statement of testdata/corpus/writes does is what it does over the reference tables, where only that which alice sees exists. Values written to
// masked columns there are such as their masks leave unchanged.
func TestCorpusWritesAsOverViews(t *testing.T) {
	here, there := corpusDatabases(t)
	ref := &session{database: here.database, path: "ref, public"}
	g := corpusGrant(t)
	count := map[string]int{}
	look := "SELECT * FROM customers ORDER BY id; SELECT * FROM orders ORDER BY id; SELECT * FROM tickets WHERE id <> '00000000-0000-4000-8000-00000000ffff' AND number < 1000 ORDER BY number; SELECT owner_id, type, subject, cost, contact, meta, tags FROM tickets WHERE number > 999 ORDER BY number; " +
		"SELECT id, commentable_type, commentable_id, author_id, body FROM comments ORDER BY id; SELECT * FROM order_items ORDER BY order_id, product_id; SELECT * FROM products ORDER BY id"
	lookAsAlice, err := plan(here.database, g, look)
	if err != nil {
		t.Fatal(err)
	}
	effects := func(s *session, sql string) func() string {
		return func() string {
			s.b.Reset()
			s.simple(sql, []int{0}, false)
			return s.b.String()
		}
	}
	for _, e := range corpus(t, "writes/*.sql") {
		file, _, _ := strings.Cut(e.place, ":")
		count[file]++
		plans, err := plan(here.database, g, e.sql)
		if err != nil {
			t.Errorf("%s: refused: %v\n%s", e.place, err, e.sql)
			continue
		}
		sql := joined(plans)
		want := ref.answer(t, e, toReference.Replace(e.sql), make([]int, len(plans)), effects(ref, look))
		if strings.Contains(want, "ERROR") {
			if here.cat.ServerVersion < 150000 {
				continue // it is of a newer server
			}
			t.Errorf("%s: the statement itself is wrong: %s\n%s", e.place, e.sql, clip(want))
			continue
		}
		got := here.answer(t, e, sql, strips(plans), effects(here, joined(lookAsAlice)))
		if got != want {
			a, b := firstDifference(got, want)
			t.Errorf("%s: differs from the views:\n%s\nrewritten: %s\ngot:\n%s\nwant:\n%s", e.place, e.sql, clip(sql), a, b)
			continue
		}
		if again := there.answer(t, e, sql, strips(plans), effects(there, joined(lookAsAlice))); again != got {
			a, b := firstDifference(got, again)
			t.Errorf("%s: depends on hidden rows or values:\n%s\nrewritten: %s\nhere:\n%s\nthere:\n%s", e.place, e.sql, clip(sql), a, b)
		}
	}
	tally(t, count)
}

func firstDifference(a, b string) (string, string) {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for k := range x {
		if k >= len(y) || x[k] != y[k] {
			return strings.Join(x[k:min(k+4, len(x))], "\n"), strings.Join(y[min(k, len(y)):min(k+4, len(y))], "\n")
		}
	}
	return "", strings.Join(y[len(x):], "\n")
}
