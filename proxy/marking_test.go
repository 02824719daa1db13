package proxy

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/text/encoding/simplifiedchinese"

	"cordon/audit"
	"cordon/guard"
	"cordon/mark"
	"cordon/wire"
)

var markKey = mark.Key{42}

// table runs a statement and gives its rows as texts.
func table(t *testing.T, c *pgx.Conn, mode pgx.QueryExecMode, sql string, args ...any) (rows [][]string) {
	t.Helper()
	r, err := c.Query(t.Context(), sql, append([]any{mode}, args...)...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	for r.Next() {
		values, err := r.Values()
		if err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = fmt.Sprint(v)
		}
		rows = append(rows, row)
	}
	if r.Err() != nil {
		t.Fatalf("%s: %v", sql, r.Err())
	}
	return rows
}

func normal(rows [][]string) (out [][]string) {
	for _, row := range rows {
		one := []string{}
		for _, v := range row {
			one = append(one, string(mark.Normal(nil, []byte(v))))
		}
		out = append(out, one)
	}
	return out
}

// customerRows are rows from to of the table, in its order.
func customerRows(from, to int) (rows [][]string) {
	for i := from; i <= to; i++ {
		rows = append(rows, []string{fmt.Sprint(i), fmt.Sprintf("customer %d", i), fmt.Sprintf("1380000%04d", i)})
	}
	return rows
}

func sorted(rows [][]string) [][]string {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b []string) int { return slices.Compare(a, b) })
	return rows
}

// named says that a file is traced to the export by marks, and whether by its order too.
func named(t *testing.T, rows [][]string, id string, use int) (marks, order bool) {
	t.Helper()
	e, err := mark.ParseExport(id, use)
	if err != nil {
		t.Fatal(err)
	}
	found := mark.Trace(markKey, rows, []mark.Candidate{{Export: e}})
	if len(found) == 0 || found[0].Export != e {
		return false, false
	}
	return found[0].ByMarks < 1e-9, found[0].ByOrder < 1e-9
}

func withMarks(s *Server) { s.Mark = &markKey }

// An approved export carries its number in the columns that the rule names, and in the order of its rows; nothing else of it changes, and no other statement does.
func TestApprovedExportsAreWatermarked(t *testing.T) {
	f, db, answer := approvals(t, 2, "statement, watermark: [name, phone]", withMarks)
	approved := func(t *testing.T, c *pgx.Conn, mode pgx.QueryExecMode, sql string, args ...any) string {
		t.Helper()
		id := asked(t, c, mode, sql, args...)
		for _, by := range []string{"carol", "dave"} {
			if err := answer(guard.ExportEntry{ID: id, By: by, Rows: 800, Uses: 2}); err != nil {
				t.Fatal(err)
			}
			if by == "carol" {
				asked(t, c, mode, sql, args...)
			}
		}
		return id
	}
	marked := map[string]int{}
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			c := f.connect(t, "alice", db, "")
			list := "SELECT id, name, phone FROM customers WHERE id <= 800 /* " + name + " */"
			id := approved(t, c, mode, list)
			for use := 1; use <= 2; use++ {
				rows := table(t, c, mode, list)
				if got, want := sorted(normal(rows)), sorted(customerRows(1, 800)); !slices.EqualFunc(got, want, slices.Equal) {
					t.Fatalf("other rows: %v", got[:3])
				}
				if marks, order := named(t, rows, id, use); !marks || !order {
					t.Errorf("use %d: marks %v, order %v: %q", use, marks, order, rows[:3])
				}
				if marks, order := named(t, normal(rows[100:150]), id, use); marks || !order {
					t.Errorf("use %d, typed anew: marks %v, order %v", use, marks, order)
				}
				if marks, order := named(t, rows, id, 3-use); marks || order {
					t.Errorf("use %d is taken for the other", use)
				}
				for _, row := range rows {
					if strings.ContainsAny(row[0], "\u200b\u200c\u200d\u2060") || len(row[1]) != len("customer ")+len(row[0])+4*3 || len(row[2]) != 11 && len(row[2]) != 11+12 {
						t.Fatalf("%q", row)
					}
				}
				marked[id] += 800
			}
			if again := asked(t, c, mode, list); again == id {
				t.Error("a used approval is used again")
			}
			// An order that the statement asks for stays, and what is computed under the name carries marks too.
			list = "SELECT id, upper(name) AS name, phone AS note, 'name' AS other FROM customers WHERE id <= 700 AND '" + name + "' <> '' ORDER BY id"
			id = approved(t, c, mode, list)
			rows := table(t, c, mode, list)
			for i, row := range rows {
				if want := []string{fmt.Sprint(i + 1), fmt.Sprintf("CUSTOMER %d", i+1), fmt.Sprintf("1380000%04d", i+1), "name"}; !slices.Equal(normal([][]string{row})[0], want) || row[3] != "name" || row[1] == want[1] || row[2] == want[2] {
					t.Fatalf("%q", row)
				}
			}
			if marks, order := named(t, rows, id, 1); !marks || order {
				t.Errorf("marks %v, order %v", marks, order)
			}
			marked[id] += 700
			// What needs no approval is given as it is stored.
			if rows := table(t, c, mode, "SELECT id, name, phone FROM customers WHERE id <= 20 ORDER BY id"); !slices.EqualFunc(rows, customerRows(1, 20), slices.Equal) {
				t.Errorf("%q", rows[0])
			}
			table(t, c, mode, "RESET application_name")
		})
	}
	t.Run("pages", func(t *testing.T) {
		c := f.connect(t, "bob", db, "")
		mode := pgx.QueryExecModeSimpleProtocol
		declare, fetch := "DECLARE k CURSOR FOR SELECT id, name, phone FROM customers WHERE id <= 300", "FETCH 100 FROM k"
		run := func(sql string) {
			t.Helper()
			if _, err := c.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
		run("BEGIN")
		run(declare)
		id := asked(t, c, mode, fetch)
		run("ROLLBACK")
		for _, by := range []string{"carol", "dave"} {
			if err := answer(guard.ExportEntry{ID: id, By: by, Rows: 300}); err != nil {
				t.Fatal(err)
			}
		}
		run("BEGIN")
		run(declare)
		var all [][]string
		for range 3 {
			all = append(all, table(t, c, mode, fetch)...)
		}
		run("COMMIT")
		if !slices.EqualFunc(normal(all), customerRows(1, 300), slices.Equal) {
			t.Errorf("other rows, or another order: %d, %q", len(all), all[:1])
		}
		if marks, order := named(t, all, id, 1); !marks || order {
			t.Errorf("marks %v, order %v", marks, order)
		}
		marked[id] += 200 // written again when it had doubled
	})
	t.Run("another encoding", func(t *testing.T) {
		c := f.connect(t, "bob", db, "&client_encoding=GB18030")
		mode := pgx.QueryExecModeExec
		list := "SELECT id, '客户 ' || name AS name, phone FROM customers WHERE id <= 400"
		gb, err := simplifiedchinese.GB18030.NewEncoder().String(list)
		if err != nil {
			t.Fatal(err)
		}
		id := approved(t, c, mode, gb)
		rows := table(t, c, mode, gb)
		for _, row := range rows {
			for i := range row {
				if row[i], err = simplifiedchinese.GB18030.NewDecoder().String(row[i]); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := customerRows(1, 400)
		for _, row := range want {
			row[1] = "客户 " + row[1]
		}
		if !slices.EqualFunc(sorted(normal(rows)), sorted(want), slices.Equal) {
			t.Errorf("other rows: %q", rows[0])
		}
		if marks, order := named(t, rows, id, 1); !marks || !order {
			t.Errorf("marks %v, order %v", marks, order)
		}
		marked[id] += 400

		// One without a place for marks would be a way around them; so would be one that comes with the statement.
		const hint = "Exports by this rule are watermarked, which cannot be written in this encoding: SET client_encoding = 'UTF8' (or GB18030), send the statement again, and ask for it."
		list = "SELECT id, name, phone FROM customers WHERE id <= 300"
		id = approved(t, f.connect(t, "bob", db, ""), mode, list)
		for _, encoding := range []string{"GBK", "LATIN1", "SQL_ASCII"} {
			c := f.connect(t, "bob", db, "&client_encoding="+encoding)
			_, err := c.Exec(t.Context(), list, mode)
			expect(t, hintOf(err), hint)
		}
		rows = table(t, f.connect(t, "bob", db, ""), mode, list)
		if marks, _ := named(t, rows, id, 1); !marks {
			t.Error("the approval was used up by what was refused")
		}
		marked[id] += 300
		c = f.connect(t, "bob", db, "")
		_, err = c.PgConn().Exec(t.Context(), "SET client_encoding = 'LATIN1'; SELECT id, name, phone FROM customers WHERE id <= 200").ReadAll()
		expect(t, hintOf(err), "Exports by this rule are watermarked, which none is behind a change of client_encoding in the same string: send it as a statement of its own, and ask for it.")

		// In a pipeline, by a statement that was prepared before.
		list = "SELECT id, name, phone FROM customers WHERE id <= 250"
		id = approved(t, f.connect(t, "bob", db, ""), mode, list)
		conn := login(t, f.addr, "bob", db)
		defer conn.Close()
		run := func(b []byte) (rows int, words string) {
			t.Helper()
			if _, err := conn.Write(wire.AppendSync(b)); err != nil {
				t.Fatal(err)
			}
			for _, m := range until(t, conn, wire.TypeReadyForQuery) {
				switch m.typ {
				case wire.TypeDataRow:
					rows++
				case wire.TypeErrorResponse:
					words += string(m.body)
				}
			}
			return rows, words
		}
		run(wire.AppendParse(wire.AppendParse(nil, "list", list, nil), "latin", "SET client_encoding = 'LATIN1'", nil))
		if rows, words := run(wire.AppendExecute(wire.AppendBind(wire.AppendExecute(wire.AppendBind(nil, "", "latin"), "", 0), "", "list"), "", 0)); rows > 0 || !strings.Contains(words, hint) {
			t.Errorf("%d rows, %q", rows, words)
		}
		rows = table(t, f.connect(t, "bob", db, ""), mode, list)
		if marks, _ := named(t, rows, id, 1); !marks {
			t.Error("the approval was used up by what was refused")
		}
		marked[id] += 250
	})
	t.Run("what returns", func(t *testing.T) {
		for name, mode := range modes {
			c := f.connect(t, "bob", db, "")
			sql := "UPDATE customers SET phone = phone WHERE id > 300 RETURNING *, 'x' AS " + name
			id := approved(t, c, mode, sql)
			rows := table(t, c, mode, sql)
			var got [][]string
			for _, row := range rows {
				if len(row) != 4 || row[3] != "x" {
					t.Fatalf("%q", row)
				}
				got = append(got, row[:3])
			}
			if !slices.EqualFunc(sorted(normal(got)), sorted(customerRows(301, 1000)), slices.Equal) {
				t.Errorf("%s: other rows: %d, %q", name, len(got), got[0])
			}
			if marks, _ := named(t, rows, id, 1); !marks {
				t.Errorf("%s: no marks", name)
			}
			marked[id] += 700
		}
	})
	t.Run("no rows of their own", func(t *testing.T) {
		c := f.connect(t, "bob", db, "")
		for sql, hint := range map[string]string{
			"COPY (SELECT id, name FROM customers) TO STDOUT (ENCODING 'LATIN1')": "Exports by this rule are watermarked, which cannot be written in this encoding: SET client_encoding = 'UTF8' (or GB18030), send the statement again, and ask for it.",
			"SELECT 1; COPY (SELECT id, name FROM customers) TO STDOUT":           "Exports by this rule are watermarked, which a COPY TO STDOUT can be as a statement of its own: send that instead, and ask for it.",
			"INSERT INTO plain SELECT id, name FROM customers":                    "Exports by this rule are watermarked, which only rows that come back can be, or those of COPY: send a SELECT instead, and ask for it.",
		} {
			_, err := c.PgConn().Exec(t.Context(), sql).ReadAll()
			expect(t, errorText(err)+"\n"+hintOf(err), `ERROR 5C001: export limit of rule "the list of customers" exceeded: more than 50 rows in one statement`+"\n"+hint)
		}
	})
	f.stop()
	recorded, most := map[string]int{}, map[string]int{}
	if err := audit.Search(context.Background(), f.auditDir, audit.Filter{Kind: string(audit.ExportMark)}, func(e *audit.Execution) error {
		var d struct {
			ID, Sample string
			Use, Rows  int
		}
		if err := json.Unmarshal(e.Record.Data, &d); err != nil {
			return err
		}
		key := fmt.Sprint(d.ID, d.Use)
		recorded[d.ID] += max(0, d.Rows-most[key])
		most[key] = d.Rows
		b, err := base64.RawStdEncoding.DecodeString(d.Sample)
		if err != nil {
			return err
		}
		_, err = mark.ReadSample(b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(recorded) != fmt.Sprint(marked) {
		t.Errorf("recorded %v\nexported %v", recorded, marked)
	}
}

func hintOf(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Hint
	}
	return fmt.Sprint(err)
}

// Without a key nothing is asked for that could not be given.
func TestNoWatermarkWithoutAKey(t *testing.T) {
	f, db, _ := approvals(t, 1, "statement, watermark: [name]")
	_, err := f.connect(t, "bob", db, "").Exec(t.Context(), "SELECT id, name FROM customers", pgx.QueryExecModeExec)
	expect(t, hintOf(err), "Exports by this rule are watermarked, and Cordon has no key for that: tell whoever runs Cordon.")
}
