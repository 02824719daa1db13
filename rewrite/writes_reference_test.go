package rewrite_test

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cordon/internal/pgtest"
	"cordon/parse"
	"cordon/policy"
	"cordon/rewrite"
)

// Writing has two references too. What a statement of alice's does is what it does over the views and triggers of testdata/writes/reference.sql: the same
// answer, and the same rows in every table afterwards. And on a database that differs only in what is hidden from her (testdata/writes/hidden.sql) it gives
// the same answer; on both, no hidden row is touched, not even by a new version with the same values.

// hiddenRows are the rows that alice must not reach, by table; the others have none, or she sees all.
var hiddenRows = map[string]string{
	"clients":   "owner_id IS DISTINCT FROM 7",
	"deals":     "client_id IN (SELECT id FROM public.clients WHERE owner_id IS DISTINCT FROM 7)",
	"visits_01": "owner_id <> 7",
	"visits_02": "owner_id <> 7",
	"memos":     "owner_id <> 7",
	"memos_old": "owner_id <> 7",
	"tasks":     "owner_id <> 7",
}

var writtenTables = []string{"clients", "client_log", "deals", "visits_01", "visits_02", "memos", "memos_old", "stock", "tasks", "scratch"}

// whole shows every row of every table; hidden those that alice must not reach, with the version of each.
var whole, hidden = func() (string, string) {
	var all, out []string
	for _, name := range writtenTables {
		row := "t"
		if name == "client_log" { // its numbers follow the order of a join
			row = "(t.client, t.what, t.phone)"
		}
		all = append(all, fmt.Sprintf("SELECT '%s ' || %s::text FROM ONLY public.%s t", name, row, name))
		if cond := hiddenRows[name]; cond != "" {
			out = append(out, fmt.Sprintf("SELECT '%s ' || t.xmin || ' ' || t.ctid || ' ' || t::text FROM ONLY public.%s t WHERE %s", name, name, cond))
		}
	}
	return strings.Join(all, " UNION ALL ") + " ORDER BY 1", strings.Join(out, " UNION ALL ") + " ORDER BY 1"
}()

// writeDatabases are the database of testdata/writes with its reference, and one that differs in what is hidden.
func writeDatabases(t testing.TB) (here, there *database) {
	t.Helper()
	s := pgtest.Shared(t)
	a, b := s.CreateDatabase(t), s.CreateDatabase(t)
	for _, f := range []string{"writes/schema.sql", "writes/reference.sql"} {
		s.Exec(t, a, read(t, f))
	}
	s.Exec(t, "postgres", "DROP DATABASE "+b)
	s.Exec(t, "postgres", "CREATE DATABASE "+b+" TEMPLATE "+a)
	s.Exec(t, b, read(t, "writes/hidden.sql"))
	return connect(t, a), connect(t, b)
}

func writeGrant(t testing.TB) *policy.Grant {
	t.Helper()
	p, err := policy.Parse("policy.yaml", []byte(read(t, "writes/policy.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	return p.Bind(p.Subject("alice", "alice", netip.MustParseAddr("127.0.0.1"), time.Unix(1790000000, 0)))
}

// lines are the values of a query of one column.
func (d *database) lines(t testing.TB, sql string) string {
	t.Helper()
	results, err := d.conn.Exec(context.Background(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var b strings.Builder
	for _, r := range results {
		for _, row := range r.Rows {
			b.WriteString(text(row) + "\n")
		}
	}
	return b.String()
}

// An effect is what a statement of alice's did.
type effect struct {
	answer string // rows, command tags and SQLSTATE, as she sees them
	shown  string // what she sees of the tables afterwards
	whole  string // what is in them
	hidden string // "" or the hidden rows that were touched
}

// A trial runs statements in transactions that are rolled back.
type trial struct {
	d      *database
	path   string
	plain  bool   // run what the person wrote, as the tables' owner
	look   string // what the person sees of the tables
	before string // the hidden rows
}

func (x *trial) start(t testing.TB) {
	x.before = x.d.lines(t, hidden)
}

// do runs a text in the simple protocol, or in the extended protocol when format is not negative.
func (x *trial) do(t testing.TB, sql string, plans []*rewrite.Plan, params [][]byte, format int) effect {
	t.Helper()
	e := x.undone(t, sql, plans, params, format)
	if n := x.d.lines(t, "SELECT last_value FROM public.counter"); n != "1\n" { // what was counted stays counted
		e.answer += "counted " + n
	}
	return e
}

func (x *trial) undone(t testing.TB, sql string, plans []*rewrite.Plan, params [][]byte, format int) effect {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	x.d.lines(t, "SELECT setval('public.clients_id_seq', 5000), setval('public.client_log_n_seq', 1000, false), setval('public.counter', 1); BEGIN; SET LOCAL TimeZone = 'UTC'; SET LOCAL search_path = "+x.path)
	defer func() { x.d.conn.Exec(context.Background(), "ROLLBACK; DEALLOCATE ALL").Close() }()
	s := &session{database: x.d}
	strip := []int{0}
	if plans != nil {
		sql, strip = joined(plans), strips(plans)
	}
	var err error
	if format < 0 {
		m := s.conn.Exec(ctx, sql)
		for k := 0; m.NextResult(); k++ {
			err = s.result(m.ResultReader(), strip[min(k, len(strip)-1)], "%s")
		}
		if e := m.Close(); e != nil {
			err = e
		}
	} else {
		r := s.conn.ExecParams(ctx, sql, params, nil, nil, []int16{int16(format)})
		err = s.result(r, strip[0], "%x")
	}
	if err != nil {
		return effect{answer: sqlState(t, err, plans)}
	}
	x.d.lines(t, "SET LOCAL search_path = public")
	e := effect{answer: s.b.String(), whole: x.d.lines(t, whole)}
	if !x.plain {
		e.shown = x.d.lines(t, x.look)
		if after := x.d.lines(t, hidden); after != x.before {
			a, b := firstDifference(x.before, after)
			e.hidden = "before:\n" + a + "\nafter:\n" + b
		}
	}
	return e
}

// result writes one result but for its last strip columns.
func (s *session) result(r *pgconn.ResultReader, strip int, format string) error {
	var rows [][][]byte
	for r.NextRow() {
		var row [][]byte
		for _, v := range r.Values() {
			row = append(row, slices.Clone(v))
		}
		rows = append(rows, row)
	}
	fields := slices.Clone(r.FieldDescriptions())
	tag, err := r.Close()
	if err != nil {
		return err
	}
	s.columns(fields, strip)
	s.rows(rows, strip, true, format)
	s.b.WriteString(tag.String() + "\n")
	return nil
}

// sqlState is an error's; that of a view's check option, and of Cordon's check of new rows, is 42501.
func sqlState(t testing.TB, err error, plans []*rewrite.Plan) string {
	e, ok := err.(*pgconn.PgError)
	if !ok {
		t.Fatal(err)
	}
	for _, p := range plans {
		for _, check := range p.RowChecks {
			if strings.Contains(e.Message, check.Mark) {
				e.Code = check.Refusal.Code
			}
		}
	}
	if e.Code == "44000" {
		return "ERROR 42501"
	}
	return "ERROR " + e.Code
}

// A written statement, and the one that does the same over the reference, when that must be another.
type written struct {
	place, sql, reference string
	refused               string // why, when it is to be refused
	blind                 bool   // the reference answers with another command tag
	random                bool   // of several errors it has, which one comes first is open
	uncovers              bool   // it changes what a condition of unmask depends on, which the policy lets her do
}

// compare runs a statement as alice, over the reference and on the other database; "" when all is as it should be.
func (w written) compare(t testing.TB, here, there, ref *trial, plans []*rewrite.Plan) (got effect, wrong string) {
	t.Helper()
	formats := []int{-1}
	if len(plans) == 1 {
		formats = append(formats, 1)
	}
	for _, format := range formats {
		reference := w.reference
		if reference == "" {
			reference = w.sql
		}
		want := ref.do(t, reference, nil, nil, format)
		got = here.do(t, "", plans, nil, format)
		answer, expected := got.answer, want.answer
		if w.random && (wrongSQL(expected) || wrongSQL(answer) && wrongSQL((&trial{d: here.d, path: "public", plain: true}).do(t, w.sql, nil, nil, format).answer)) { // not a statement that PostgreSQL takes
			return effect{answer: "ERROR 42601"}, ""
		}
		if w.random && (strings.HasPrefix(expected, "ERROR 21") || strings.HasPrefix(expected, "ERROR 22")) && !strings.HasPrefix(answer, "ERROR") { // PostgreSQL lets a sub-select without variables run before a barrier
			return effect{answer: "ERROR 42601"}, ""
		}
		if w.random {
			answer, expected = anyError(typeModifier.ReplaceAllString(answer, "$1 ")), anyError(typeModifier.ReplaceAllString(expected, "$1 "))
		}
		if w.blind {
			answer, expected = untagged(answer), untagged(expected)
		}
		switch {
		case got.hidden != "":
			return got, "touches hidden rows:\n" + got.hidden
		case answer != expected:
			return got, "answers otherwise than the reference:\ngot:\n" + clip(answer) + "\nwant:\n" + clip(expected)
		case got.whole != want.whole:
			a, b := firstDifference(got.whole, want.whole)
			return got, "leaves other rows than the reference:\ngot:\n" + a + "\nwant:\n" + b
		}
		again := there.do(t, "", plans, nil, format)
		switch {
		case w.uncovers:
		case again.hidden != "":
			return got, "touches hidden rows of the other database:\n" + again.hidden
		case w.random && wrongRow(again.answer) && wrongRow(got.answer): // of two wrong rows, which comes first is the plan's affair
		case again.answer != got.answer:
			return got, "depends on what is hidden:\nhere:\n" + clip(got.answer) + "\nthere:\n" + clip(again.answer)
		case again.shown != got.shown:
			a, b := firstDifference(got.shown, again.shown)
			return got, "leaves what depends on what is hidden:\nhere:\n" + a + "\nthere:\n" + b
		}
	}
	return got, ""
}

func wrongSQL(answer string) bool {
	return strings.HasPrefix(answer, "ERROR 42") && !strings.HasPrefix(answer, "ERROR 42501")
}

// wrongRow says that a row was refused for a key, a reference, a NULL, a CHECK or the rule, each of which the person could have seen coming.
func wrongRow(answer string) bool {
	switch answer {
	case "ERROR 23505", "ERROR 23503", "ERROR 23502", "ERROR 23514", "ERROR 42501":
		return true
	}
	return false
}

// anyError makes all errors alike.
func anyError(s string) string {
	if strings.HasPrefix(s, "ERROR") {
		return "ERROR"
	}
	return s
}

// untagged leaves out the command tag.
func untagged(s string) string { return commandTag.ReplaceAllString(s, "") }

var commandTag = regexp.MustCompile(`(?m)^(INSERT 0|UPDATE|DELETE|MERGE|SELECT) [0-9]+\n`)

// trials are the two databases as alice uses them, and the reference.
func trials(t testing.TB, g *policy.Grant) (here, there, ref *trial) {
	t.Helper()
	a, b := writeDatabases(t)
	look, err := plan(a, g, "SELECT * FROM clients ORDER BY id; SELECT * FROM deals ORDER BY id; SELECT * FROM visits ORDER BY id, day; SELECT * FROM memos ORDER BY id; SELECT * FROM stock ORDER BY id; SELECT * FROM tasks ORDER BY id; SELECT * FROM scratch ORDER BY 1, 2, 3")
	if err != nil {
		t.Fatal(err)
	}
	here, there = &trial{d: a, path: "public", look: joined(look)}, &trial{d: b, path: "public", look: joined(look)}
	ref = &trial{d: a, path: "ref, public", plain: true}
	here.start(t)
	there.start(t)
	return here, there, ref
}

// writtenStatements reads a file of testdata/writes: paragraphs of one statement, with lines “-- reference: …”, “-- refused: …”, “-- uncovers” before it.
func writtenStatements(t testing.TB) []written {
	t.Helper()
	files, err := filepath.Glob("testdata/writes/statements/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no statements: %v", err)
	}
	var out []written
	for _, f := range files {
		line := 1
		for _, p := range strings.Split(read(t, strings.TrimPrefix(f, "testdata/")), "\n\n") {
			w := written{place: fmt.Sprintf("%s:%d", filepath.Base(f), line)}
			line += strings.Count(p, "\n") + 2
			var lines []string
			for _, l := range strings.Split(p, "\n") {
				if l == "-- uncovers" {
					w.uncovers = true
				} else if r, ok := strings.CutPrefix(l, "-- reference: "); ok {
					w.reference, w.blind = r, true
				} else if r, ok := strings.CutPrefix(l, "-- refused: "); ok {
					w.refused = r
				} else if !strings.HasPrefix(l, "--") {
					lines = append(lines, l)
				}
			}
			if w.sql = strings.TrimSpace(strings.Join(lines, "\n")); w.sql != "" {
				out = append(out, w)
			}
		}
	}
	return out
}

// Every statement that writes does what it does over the reference, whatever is hidden.
func TestWritesAsOverViews(t *testing.T) {
	g := writeGrant(t)
	here, there, ref := trials(t, g)
	changed, failed, refused := 0, 0, 0
	for _, w := range writtenStatements(t) {
		plans, err := plan(here.d, g, w.sql)
		if why := refusal(err); why != w.refused {
			t.Errorf("%s: refused: %s\n%s\nexpected: %s", w.place, why, w.sql, w.refused)
			continue
		} else if why != "" {
			refused++
			continue
		}
		got, wrong := w.compare(t, here, there, ref, plans)
		if wrong != "" {
			t.Errorf("%s: %s\n%s\nrewritten: %s", w.place, wrong, w.sql, clip(joined(plans)))
		}
		if strings.HasPrefix(got.answer, "ERROR") {
			failed++
		} else {
			changed++
		}
	}
	t.Logf("%d statements as over the views, %d fail as over the views, %d are refused", changed, failed, refused)
}

func refusal(err error) string {
	switch e := err.(type) {
	case nil:
		return ""
	case *rewrite.Refusal:
		return e.Code + " " + e.Message
	case *parse.SyntaxError:
		return "syntax error: " + e.Message
	}
	return err.Error()
}
