package proxy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cordon/internal/pgtest"
)

// The files of testdata/sessions are what applications send, whole sessions and single statements. Each is sent through Cordon as a person under rules, and
// straight to a schema whose tables hold what these rules show (reference.sql); what the client sees must be the same: names, types, rows in their order,
// command tags, what is said of parameters, errors and where they point. Afterwards the person sees the same tables.
//
// A paragraph is a statement, or several in one string. “-- == name” begins a session of its own; the paragraphs of a file before the first one are
// each in a transaction that is rolled back, in the simple and the extended protocol. “-- $ 7 | abc” gives the values of parameters, \N for NULL; “-- fails”
// says that the statement is to fail, as it does over the reference; “-- otherwise: …” that it answers otherwise than over the reference, and why; “-- only …” is for comments.

// A sent is one message of a client's.
type sent struct {
	place     string
	sql       string
	params    [][]byte // nil: the simple protocol
	fails     bool
	otherwise string
	copyIn    string
}

type appSession struct {
	name, login string // name "": single statements
	steps       []sent
}

func appSessions(t *testing.T, file string) (out []appSession) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cur := appSession{login: "alice"}
	line := 1
	for _, p := range strings.Split(string(text), "\n\n") {
		var s sent
		var lines []string
		inCopy := false
		for k, l := range strings.Split(p, "\n") {
			switch {
			case inCopy:
				s.copyIn += l + "\n"
			case strings.HasPrefix(l, "-- == "):
				out = append(out, cur)
				name, login, has := strings.Cut(l[6:], " as ")
				if !has {
					login = "alice"
				}
				cur = appSession{name: name, login: login}
			case strings.HasPrefix(l, "-- $"):
				s.params = [][]byte{}
				for _, v := range strings.Split(l[4:], " | ") {
					if v = strings.TrimSpace(v); v == `\N` {
						s.params = append(s.params, nil)
					} else {
						s.params = append(s.params, []byte(v))
					}
				}
			case l == "-- fails":
				s.fails = true
			case strings.HasPrefix(l, "-- otherwise: "):
				s.otherwise = l[14:]
			case l == "-- data":
				inCopy = true
			case !strings.HasPrefix(l, "-- ") || len(lines) > 0:
				if s.place == "" {
					s.place = fmt.Sprintf("%s:%d", filepath.Base(file), line+k)
				}
				lines = append(lines, l)
			}
		}
		line += strings.Count(p, "\n") + 2
		if s.sql = strings.TrimSpace(strings.Join(lines, "\n")); s.sql != "" {
			cur.steps = append(cur.steps, s)
		}
	}
	return append(out, cur)
}

// A teller sends what a client sends, and writes down all that comes back.
type teller struct {
	c     *pgconn.PgConn
	types map[uint32]string
	b     strings.Builder
}

func tell(t *testing.T, addr, login, db, path string) *teller {
	t.Helper()
	w := &teller{types: map[uint32]string{}}
	config, err := pgconn.ParseConfig("postgres://" + login + "@" + addr + "/" + db + "?sslmode=disable&TimeZone=UTC&search_path=" + path)
	if err != nil {
		t.Fatal(err)
	}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		fmt.Fprintf(&w.b, "%s %s %s\n", n.Severity, n.Code, n.Message)
	}
	config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) {
		fmt.Fprintf(&w.b, "notification on %s\n", n.Channel[strings.Index(n.Channel, ".")+1:])
	}
	if w.c, err = pgconn.ConnectConfig(context.Background(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.c.Close(context.Background()) })
	return w
}

// learn asks for the names of types, which have other numbers in another schema.
func (w *teller) learn(t *testing.T) {
	r := w.c.ExecParams(context.Background(), "SELECT t.oid, CASE WHEN c.relkind IN ('r', 'v', 'p') THEN 'record' WHEN e.oid IS NOT NULL AND ec.relkind IN ('r', 'v', 'p') THEN 'record[]' ELSE t.typname::text END FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' LEFT JOIN pg_class ec ON ec.oid = e.typrelid", nil, nil, nil, nil).Read()
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	for _, row := range r.Rows {
		var oid uint32
		fmt.Sscan(string(row[0]), &oid)
		if name := string(row[1]); name == "_record" {
			w.types[oid] = "record[]"
		} else {
			w.types[oid] = name
		}
	}
}

func (w *teller) fields(list []pgconn.FieldDescription) {
	for _, f := range list {
		fmt.Fprintf(&w.b, "%s:%s:%d ", f.Name, w.types[f.DataTypeOID], f.TypeModifier)
	}
	w.b.WriteByte('\n')
}

func (w *teller) rows(rows [][][]byte, format string, sorted bool) {
	var out []string
	for _, row := range rows {
		var cells []string
		for _, v := range row {
			if v == nil {
				cells = append(cells, "∅")
			} else {
				cells = append(cells, fmt.Sprintf(format, v))
			}
		}
		out = append(out, strings.Join(cells, "|")+"\n")
	}
	if sorted {
		slices.Sort(out)
	}
	w.b.WriteString(strings.Join(out, ""))
}

func (w *teller) failed(err error) {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		fmt.Fprintf(&w.b, "%s %s: %s at %d\n", e.Severity, e.Code, e.Message, e.Position)
	} else {
		fmt.Fprintf(&w.b, "%v\n", err)
	}
}

// send gives what the client sees of a step; binary is for the extended protocol.
func (w *teller) send(s sent, sql string, extended bool, format int16) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	w.b.Reset()
	upper := strings.ToUpper(s.sql)
	sorted := !strings.Contains(upper, "ORDER BY") || strings.HasPrefix(upper, "UPDATE") || strings.HasPrefix(upper, "DELETE")
	switch {
	case s.copyIn != "":
		tag, err := w.c.CopyFrom(ctx, strings.NewReader(s.copyIn), sql)
		if err != nil {
			w.failed(err)
		} else {
			w.b.WriteString(tag.String() + "\n")
		}
	case strings.HasPrefix(strings.ToUpper(s.sql), "COPY"):
		tag, err := w.c.CopyTo(ctx, &w.b, sql)
		if sorted { // rows of a copy have no order
			lines := strings.SplitAfter(w.b.String(), "\n")
			slices.Sort(lines)
			w.b.Reset()
			w.b.WriteString(strings.Join(lines, ""))
		}
		if err != nil {
			w.failed(err)
		} else {
			w.b.WriteString(tag.String() + "\n")
		}
	case extended:
		d, err := w.c.Prepare(ctx, "", sql, nil)
		if err != nil {
			w.failed(err)
			break
		}
		for _, oid := range d.ParamOIDs {
			w.b.WriteString(w.types[oid] + " ")
		}
		w.b.WriteString("→ ")
		if d.Fields == nil {
			w.b.WriteString("no data\n")
		} else {
			w.fields(d.Fields)
		}
		r := w.c.ExecPrepared(ctx, "", s.params, nil, []int16{format}).Read()
		if r.Err != nil {
			w.failed(r.Err)
			break
		}
		verb := "%s"
		if format == 1 {
			verb = "%x"
		}
		w.rows(r.Rows, verb, sorted)
		w.b.WriteString(r.CommandTag.String() + "\n")
	default:
		m := w.c.Exec(ctx, sql)
		for m.NextResult() {
			r := m.ResultReader()
			w.fields(slices.Clone(r.FieldDescriptions()))
			var rows [][][]byte
			for r.NextRow() {
				var row [][]byte
				for _, v := range r.Values() {
					row = append(row, slices.Clone(v))
				}
				rows = append(rows, row)
			}
			w.rows(rows, "%s", sorted)
			if tag, err := r.Close(); err == nil {
				w.b.WriteString(tag.String() + "\n")
			}
		}
		if err := m.Close(); err != nil {
			w.failed(err)
		}
	}
	fmt.Fprintf(&w.b, "%c\n", w.c.TxStatus())
	return w.b.String()
}

var toReference = strings.NewReplacer("shop.item", "refshop.item", "public.", "ref.", `"public".`, `"ref".`, `'public'`, `'ref'`)

// seenTables are looked at after each session.
const seenTables = `SELECT * FROM staff ORDER BY id; SELECT id, owner_id, name, phone, mail, card, code, region, credit, balance, born, home, homes, profile, doc::text, attrs, note, mood, tags, active, deleted_at, version FROM clients ORDER BY id; SELECT * FROM deals ORDER BY id; SELECT * FROM lines ORDER BY 1, 2; SELECT * FROM products ORDER BY id;
SELECT * FROM things ORDER BY n, id; SELECT * FROM "Большие Слова" ORDER BY 1; SELECT * FROM metrics ORDER BY id, at; SELECT * FROM papers ORDER BY id; SELECT * FROM contracts ORDER BY id; SELECT * FROM jobs ORDER BY id; SELECT * FROM nodes ORDER BY id; SELECT * FROM wide ORDER BY id; SELECT id, what, ref FROM log ORDER BY id`

func TestApplicationsAnswerAsOverViews(t *testing.T) {
	answerAsOverViews(t, "../testdata/sessions/", seenTables)
}

// The clinic has masked columns of every type; its reference is views themselves, over the same tables.
func TestMaskedTypesAnswerAsViews(t *testing.T) {
	answerAsOverViews(t, "../testdata/sessions/clinic/", "SELECT 1")
}

// answerAsOverViews plays the files of a folder; looks is what is looked at after each session.
func answerAsOverViews(t *testing.T, folder, looks string) {
	pg := pgtest.Shared(t)
	if pg.Major(t) < 14 {
		t.Skip("the tables have columns of multiranges, which came with 14")
	}
	pattern := folder + "*.sql"
	if p := os.Getenv("CORDON_SESSIONS"); p != "" {
		pattern = folder + p
	}
	files, _ := filepath.Glob(pattern)
	template := pg.CreateDatabase(t)
	for _, file := range []string{"schema.sql", "reference.sql"} {
		pg.Exec(t, template, readFile(t, folder+file))
	}
	copied := func(t *testing.T, of string) string {
		db := pg.CreateDatabase(t)
		pg.Exec(t, "postgres", "DROP DATABASE "+db)
		pg.Exec(t, "postgres", "CREATE DATABASE "+db+" TEMPLATE "+of)
		return db
	}
	other := copied(t, template) // differs in what is hidden
	pg.Exec(t, other, readFile(t, folder+"hidden.sql"))
	policyText := readFile(t, folder+"policy.yaml")
	f := serve(t, pg.Addr(), policyText, nil)
	var total atomic.Int64
	t.Cleanup(func() { t.Logf("%d statements", total.Load()) })
	for _, file := range files {
		if base := filepath.Base(file); base == "schema.sql" || base == "reference.sql" || base == "hidden.sql" {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".sql"), func(t *testing.T) {
			t.Parallel() // each has databases of its own
			db, refDB, otherDB := copied(t, template), copied(t, template), copied(t, other)
			seen := map[string]string{}
			for _, s := range appSessions(t, file) {
				if len(s.steps) == 0 {
					continue
				}
				through := tell(t, f.addr, s.login, db, "public")
				direct := tell(t, pg.Addr(), s.login, refDB, "ref,public")
				there := tell(t, f.addr, s.login, otherDB, "public")
				all := []*teller{through, direct, there}
				for _, w := range all {
					w.learn(t)
				}
				compare := func(st sent, extended bool, format int16) {
					if pg.Major(t) < 15 && strings.HasPrefix(strings.ToLower(st.sql), "merge") {
						return // it came with 15
					}
					got := through.send(st, st.sql, extended, format)
					want := direct.send(st, toReference.Replace(st.sql), extended, format)
					again := there.send(st, st.sql, extended, format)
					wrong := strings.Contains(want, "ERROR ")
					switch {
					case wrong != st.fails:
						t.Errorf("%s: the statement itself is wrong, or does not fail: %s\n%s", st.place, cut(st.sql), cut(want))
					case got != want && st.otherwise == "":
						t.Errorf("%s: answers otherwise than over the reference: %s\ngot:\n%s\nwant:\n%s", st.place, cut(st.sql), difference(got, want), difference(want, got))
					case again != got:
						t.Errorf("%s: depends on what is hidden: %s\nhere:\n%s\nthere:\n%s", st.place, cut(st.sql), difference(got, again), difference(again, got))
					case got == want && st.otherwise != "":
						t.Errorf("%s: answers as over the reference: %s", st.place, cut(st.sql))
					}
				}
				for _, st := range s.steps {
					total.Add(1)
					if s.name != "" {
						if s.login != "alice" {
							for _, w := range all {
								w.learn(t)
							}
						}
						compare(st, st.params != nil, 0)
						continue
					}
					if at := seen[st.sql]; at != "" {
						t.Errorf("%s: the same statement as %s", st.place, at)
					}
					seen[st.sql] = st.place
					for _, way := range []struct {
						extended bool
						format   int16
					}{{false, 0}, {true, 0}, {true, 1}} {
						if way.extended && (strings.HasPrefix(st.sql, "COPY") || st.params == nil && strings.Contains(st.sql, ";")) || !way.extended && st.params != nil {
							continue
						}
						if way.extended && way.format == 0 && st.params == nil {
							continue
						}
						for _, w := range all {
							w.send(sent{sql: "BEGIN"}, "BEGIN", false, 0)
						}
						compare(st, way.extended, way.format)
						for _, w := range all {
							w.send(sent{sql: "ROLLBACK"}, "ROLLBACK", false, 0)
						}
					}
				}
				for _, w := range all {
					w.send(sent{sql: "ROLLBACK"}, "ROLLBACK", false, 0)
					w.send(sent{}, "RESET ALL", false, 0)
				}
				got, want := through.send(sent{sql: "ORDER BY"}, looks, false, 0), direct.send(sent{sql: "ORDER BY"}, looks, false, 0)
				if got != want {
					t.Errorf("session %q leaves other tables than over the reference\ngot:\n%s\nwant:\n%s", s.name, difference(got, want), difference(want, got))
				}
				if again := there.send(sent{sql: "ORDER BY"}, looks, false, 0); again != got {
					t.Errorf("session %q leaves what depends on what is hidden\nhere:\n%s\nthere:\n%s", s.name, difference(got, again), difference(again, got))
				}
				for _, w := range all {
					w.c.Close(context.Background())
				}
			}
		})
	}
}

func cut(s string) string {
	if len(s) > 1200 {
		return s[:1200] + "…"
	}
	return s
}

// difference is where a is not b.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for k := range x {
		if k >= len(y) || x[k] != y[k] {
			return cut(strings.Join(x[max(0, k-1):min(k+3, len(x))], "\n"))
		}
	}
	return "(ends)"
}

// The ERP has keys of several columns, partitions of partitions, inheritance, documents, ranges, full text, and functions, triggers and views of its own.
func TestTenantsAnswerAsOverViews(t *testing.T) {
	if pgtest.Shared(t).Major(t) < 15 {
		t.Skip("some views are security_invoker, and some prepared statements MERGE, which came with 15")
	}
	answerAsOverViews(t, "../testdata/sessions/erp/", `SELECT * FROM tenants; SELECT * FROM departments ORDER BY id; SELECT * FROM employees ORDER BY id; SELECT * FROM tickets ORDER BY id; SELECT * FROM comments ORDER BY ticket_id, no; SELECT * FROM invoices ORDER BY id; SELECT * FROM payments ORDER BY id; SELECT * FROM parties ORDER BY id; SELECT * FROM companies ORDER BY id; SELECT * FROM persons ORDER BY id; SELECT * FROM items ORDER BY id;
SELECT * FROM orders ORDER BY id; SELECT * FROM order_lines ORDER BY order_id, line; SELECT * FROM stock ORDER BY warehouse, item_id; SELECT * FROM bookings ORDER BY id; SELECT * FROM events ORDER BY id; SELECT * FROM queue ORDER BY id; SELECT * FROM ledger ORDER BY entry, side; SELECT * FROM "user" ORDER BY "order"; SELECT id, tab, op FROM audit_trail ORDER BY id`)
}

// Keys are masked, alone and with others, where rows refer to them, where partitions are made by them and in unique indexes; the reference is views themselves, over the same tables.
func TestMaskedKeysAnswerAsViews(t *testing.T) {
	answerAsOverViews(t, "../testdata/sessions/keys/", "SELECT 1")
}

// The market's tables, columns and types have the names of SQL, of the catalogs and of one another, types of a schema that the search path does not have, and collations; tables without columns, with one, with dropped ones.
func TestOddNamesAnswerAsViews(t *testing.T) {
	answerAsOverViews(t, "../testdata/sessions/market/", "SELECT 1")
}
