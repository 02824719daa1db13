package proxy

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/text/encoding/simplifiedchinese"

	"cordon/guard"
	"cordon/internal/pgtest"
	"cordon/mark"
	"cordon/parse"
	"cordon/wire"
)

var unmark = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "")

// copyLines sends what makes the server copy, and gives the data that come.
func copyLines(t *testing.T, conn net.Conn, frames []byte) (lines []string) {
	t.Helper()
	if _, err := conn.Write(frames); err != nil {
		t.Fatal(err)
	}
	for _, m := range until(t, conn, wire.TypeReadyForQuery) {
		switch m.typ {
		case wire.TypeCopyData:
			lines = append(lines, string(m.body))
		case wire.TypeErrorResponse:
			t.Errorf("%q", m.body)
		}
	}
	return lines
}

// An approved COPY carries its number as a SELECT does, in both protocols and behind others in a pipeline; but for the marks and the order, its bytes are those that PostgreSQL gives.
func TestApprovedCopiesAreWatermarked(t *testing.T) {
	f, db, answer := approvals(t, 1, "statement, watermark: [name, phone]", withMarks)
	pgtest.Shared(t).Exec(t, db, "DELETE FROM customers WHERE id > 800") // of which 900 can be approved
	tabs := func(text string) (rows [][]string) {
		for line := range strings.Lines(text) {
			rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
		}
		return rows
	}
	commas := func(comma rune) func(string) [][]string {
		return func(text string) [][]string {
			r := csv.NewReader(strings.NewReader(text))
			r.Comma = comma
			rows, err := r.ReadAll()
			if err != nil {
				t.Error(err)
			}
			return rows
		}
	}
	for _, k := range []struct {
		sql   string
		read  func(string) [][]string
		order bool
	}{
		{"COPY (SELECT id, name, phone FROM customers WHERE id <= 300) TO STDOUT", tabs, true},
		{"COPY customers (phone, id, name) TO STDOUT", tabs, true},
		{"copy (SELECT id, name, phone FROM customers WHERE id <= 300 ORDER BY id) to stdout with (format csv, header, force_quote (name), delimiter ';')", commas(';'), false},
		{"COPY (SELECT id, 'say \"' || name || E'\"\\n, again' AS name, NULL AS phone FROM customers WHERE id <= 300) TO STDOUT CSV HEADER", commas(','), true},
		{"COPY (SELECT id, name, phone FROM customers WHERE id <= 300) TO STDOUT (ENCODING 'UTF-8')", tabs, true},
		{"COPY (SELECT E'a\\tb\\\\c' AS odd, 'x|' || name AS name, NULL AS phone FROM customers WHERE id <= 300) TO STDOUT WITH (DELIMITER '|', NULL 'none')", nil, true},
	} {
		direct := login(t, pgtest.Shared(t).Addr(), "postgres", db)
		stored := strings.Join(copyLines(t, direct, wire.AppendQuery(nil, k.sql)), "")
		c := f.connect(t, "bob", db, "")
		copied := func() (string, error) {
			var b strings.Builder
			_, err := c.PgConn().CopyTo(t.Context(), &b, k.sql)
			return b.String(), err
		}
		extended := func(before ...string) string {
			conn := login(t, f.addr, "bob", db)
			defer conn.Close()
			var out []byte
			for _, sql := range append(before, k.sql) {
				out = wire.AppendExecute(wire.AppendBind(wire.AppendParse(out, "", sql, nil), "", ""), "", 0)
			}
			return strings.Join(copyLines(t, conn, wire.AppendSync(out)), "")
		}
		_, err := copied()
		var e *pgconn.PgError
		if !errors.As(err, &e) || e.Code != "5C001" || !strings.HasPrefix(e.Hint, "Request ") {
			t.Fatalf("%s: %v", k.sql, err)
		}
		id := strings.TrimSuffix(strings.Fields(e.Hint)[1], ":")
		if err := answer(guard.ExportEntry{ID: id, By: "carol", Rows: 900, Uses: 3}); err != nil {
			t.Fatal(err)
		}
		for use := 1; use <= 3; use++ {
			var text string
			switch use {
			case 1:
				if text, err = copied(); err != nil {
					t.Fatal(err)
				}
			case 2:
				text = extended()
			case 3:
				text = extended("SELECT 1", "SELECT count(*) FROM customers")
			}
			plain := unmark.Replace(text)
			if n := strings.Count(stored, "customer "); len(text)-len(plain) < 12*n {
				t.Errorf("%s: %d bytes of marks in %d rows", k.sql, len(text)-len(plain), n)
			}
			if !k.order && plain != stored {
				t.Errorf("%s: other bytes: %.200q", k.sql, plain)
			}
			got, all := strings.Split(plain, "\n"), strings.Split(stored, "\n")
			if got[0] == "id,name,phone" != (all[0] == "id,name,phone") {
				t.Errorf("%s: begins with %q", k.sql, got[0])
			}
			slices.Sort(got)
			slices.Sort(all)
			if !slices.Equal(got, all) {
				t.Errorf("%s: other rows", k.sql)
			}
			if k.read == nil {
				continue
			}
			if marks, order := named(t, k.read(text), id, use); !marks || order != k.order {
				t.Errorf("%s, use %d: marks %v, order %v", k.sql, use, marks, order)
			}
		}
	}
}

// A binary COPY is marked value by value, in the order of the server.
func TestApprovedBinaryCopiesAreWatermarked(t *testing.T) {
	f, db, answer := approvals(t, 1, "statement, watermark: [name, phone]", withMarks)
	pg := pgtest.Shared(t)
	pg.Exec(t, db, "UPDATE customers SET name = NULL WHERE id % 100 = 0")
	sql := "COPY (SELECT id, name, phone FROM customers WHERE id <= 300 ORDER BY id) TO STDOUT (FORMAT binary)"
	c := f.connect(t, "bob", db, "")
	var b bytes.Buffer
	_, err := c.PgConn().CopyTo(t.Context(), &b, sql)
	id := strings.TrimSuffix(strings.Fields(hintOf(err))[1], ":")
	if err := answer(guard.ExportEntry{ID: id, By: "carol", Rows: 900}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PgConn().CopyTo(t.Context(), &b, sql); err != nil {
		t.Fatal(err)
	}
	admin, err := pgx.Connect(t.Context(), "postgres://postgres@"+pg.Addr()+"/"+db+"?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(t.Context())
	if _, err := admin.Exec(t.Context(), "CREATE TEMP TABLE back (id int, name text, phone text)"); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.PgConn().CopyFrom(t.Context(), &b, "COPY back FROM STDIN (FORMAT binary)"); err != nil {
		t.Fatal(err)
	}
	rows := table(t, admin, pgx.QueryExecModeExec, "SELECT id, name, phone FROM back")
	for i, row := range normal(rows) {
		want := []string{fmt.Sprint(i + 1), fmt.Sprintf("customer %d", i+1), fmt.Sprintf("1380000%04d", i+1)}
		if (i+1)%100 == 0 {
			want[1] = "<nil>"
		}
		if !slices.Equal(row, want) {
			t.Fatalf("%q, and %q is stored", row, want)
		}
	}
	if marks, _ := named(t, rows, id, 1); !marks || len(rows) != 300 {
		t.Errorf("%d rows, marks %v", len(rows), marks)
	}
}

// In GB18030 the second byte of a character can be a digit or a bar: it is no delimiter.
func TestApprovedCopiesInAnotherEncoding(t *testing.T) {
	f, db, answer := approvals(t, 1, "statement, watermark: [name]", withMarks)
	const name = "隆寞伎亅ä€ " // with 5c, 7c, a digit and a backslash behind the first byte
	pgtest.Shared(t).Exec(t, db, "UPDATE customers SET name = '"+name+"' || name")
	c := f.connect(t, "bob", db, "")
	for _, form := range []string{"ENCODING 'gb18030', DELIMITER '|'", "ENCODING 'GB18030', FORMAT csv, FORCE_QUOTE *"} {
		sql := "COPY (SELECT id, name FROM customers WHERE id <= 300) TO STDOUT (" + form + ")"
		var b bytes.Buffer
		_, err := c.PgConn().CopyTo(t.Context(), &b, sql)
		id := strings.TrimSuffix(strings.Fields(hintOf(err))[1], ":")
		if err := answer(guard.ExportEntry{ID: id, By: "carol", Rows: 900}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.PgConn().CopyTo(t.Context(), &b, sql); err != nil {
			t.Fatal(err)
		}
		text, err := simplifiedchinese.GB18030.NewDecoder().String(b.String())
		if err != nil {
			t.Fatal(err)
		}
		var rows [][]string
		for line := range strings.Lines(text) {
			rows = append(rows, strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("|,\"\n", r) }))
		}
		for _, row := range normal(rows) {
			if len(row) != 2 || row[1] != name+"customer "+row[0] {
				t.Fatalf("%q", row)
			}
		}
		if marks, order := named(t, rows, id, 1); !marks || !order || len(rows) != 300 {
			t.Errorf("%d rows, marks %v, order %v", len(rows), marks, order)
		}
	}
}

// Lines of every form are read as PostgreSQL means them: of random values with all that is quoted and escaped, each is found, and a marked line without its marks is the line.
func TestCopyLinesAreReadAsTheyAreWritten(t *testing.T) {
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	random := rand.New(rand.NewPCG(7, 8))
	pieces := []string{"a", "bc", "é", "中文", `"`, `""`, `\`, `\\`, "\t", "\n", "\r", "\b", "\f", "\v", ",", "|", ";", "'", " ", "N", `\N`, `\.`, "none", "~", "x1"}
	const width, count = 3, 200
	var rows [][]string // "\x00" for NULL
	insert := strings.Builder{}
	insert.WriteString("CREATE TABLE odd (n int, a text, b text, c text); INSERT INTO odd VALUES ")
	for n := range count {
		row := []string{}
		for range width {
			v := ""
			for range random.IntN(5) {
				v += pieces[random.IntN(len(pieces))]
			}
			if random.IntN(8) == 0 {
				v = "\x00"
			}
			row = append(row, v)
		}
		rows = append(rows, row)
		if n > 0 {
			insert.WriteString(", ")
		}
		fmt.Fprintf(&insert, "(%d", n)
		for _, v := range row {
			if v == "\x00" {
				insert.WriteString(", NULL")
			} else {
				insert.WriteString(", '" + strings.ReplaceAll(v, "'", "''") + "'")
			}
		}
		insert.WriteString(")")
	}
	pg.Exec(t, db, insert.String())
	conn := login(t, pg.Addr(), "postgres", db)
	for _, options := range []string{"", "CSV", "(FORMAT csv, DELIMITER ';', QUOTE '''')", "(FORMAT csv, QUOTE '~', ESCAPE '\\', NULL 'none')", "(FORMAT csv, ESCAPE '|', FORCE_QUOTE *)", "(DELIMITER '|', NULL 'none')", "(FORMAT text, DELIMITER ',', NULL '')"} {
		sql := "COPY (SELECT a, b, c FROM odd ORDER BY n) TO STDOUT " + options
		st, err := parse.Parse(sql, parse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		form := copyTextOf(st[0])
		if form == nil {
			t.Fatalf("%s: cannot be marked", sql)
		}
		lines := copyLines(t, conn, wire.AppendQuery(nil, sql))
		if len(lines) != count {
			t.Fatalf("%s: %d lines", sql, len(lines))
		}
		m := &marking{marker: mark.New(markKey, mark.Export{}), copy: form, known: true, width: width, columns: []markedAt{{at: 0}, {at: 2}}}
		for n, body := range lines {
			rest := []byte(strings.TrimSuffix(body, "\n"))
			for i, v := range rows[n] {
				value, at, length, ok := form.field(rest, nil, nil)
				if !ok || len(at) != len(value)+1 {
					t.Fatalf("%s: %q is not read", sql, body)
				}
				if string(rest[:length]) == form.null {
					value = []byte("\x00")
				}
				if ambiguous := !form.csv && v == form.null; string(value) != v && !ambiguous {
					t.Errorf("%s: %q has %q, not %q", sql, body, value, v)
				}
				if i+1 < width {
					rest = rest[length+1:]
				} else if length != len(rest) {
					t.Errorf("%s: %q has more than %d fields", sql, body, width)
				}
			}
			frame := message(wire.TypeCopyData, body)
			h := wire.Header{Type: wire.TypeCopyData, Body: len(body)}
			out, err := m.appendLine(nil, h, frame)
			if err != nil {
				t.Fatalf("%s: %q: %v", sql, body, err)
			}
			if unmark.Replace(string(out[wire.HeaderLen:])) != body {
				t.Errorf("%s: %q has become %q", sql, body, out)
			}
			again, err := wire.ParseHeader(out)
			if err != nil || again.Len() != len(out) {
				t.Errorf("%s: the frame is %q", sql, out)
			}
		}
		if m.marked < count/3 {
			t.Errorf("%s: %d texts are marked", sql, m.marked)
		}
		m.width = 4
		if _, err := m.appendLine(nil, wire.Header{Type: wire.TypeCopyData, Body: len(lines[0])}, message(wire.TypeCopyData, lines[0])); !errors.Is(err, errUnmarked) {
			t.Error("a line of other columns than described is given")
		}
	}
}
