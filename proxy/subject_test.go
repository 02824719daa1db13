package proxy

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cordon/audit"
)

// Whose data a statement has shown stands in its outcome: exactly where the key came back or was looked up, and as possible elsewhere.
func TestSubjectsAreRecorded(t *testing.T) {
	f, pg, db := crm(t, nil)
	f.SetPolicy(parsePolicy(t, strings.Replace(crmPolicy, "rules:", "subjects:\n  public.customers: id\n  public.visits: {column: customer, of: public.customers}\nrules:", 1)))
	pg.Exec(t, db, `CREATE TABLE visits (at int, customer int8); INSERT INTO visits VALUES (1, 1), (2, 2); GRANT ALL ON visits TO public;
INSERT INTO customers (id, name, owner_id) SELECT n, 'bulk', 7 FROM generate_series(1000, 2999) n; CREATE VIEW named AS SELECT name FROM customers`)
	ctx := context.Background()
	type statement struct {
		sql  string
		args []any
		want string
	}
	list := []statement{
		{"SELECT id, name FROM customers WHERE id < 3", nil, ""},
		{"SELECT name FROM customers WHERE id = 1", nil, ""},
		{"SELECT name FROM customers WHERE id = 2", nil, ""},
		{"SELECT name FROM customers WHERE id = '1'", nil, ""},
		{"SELECT count(*) FROM customers WHERE id = 1", nil, ""},
		{"SELECT name FROM customers WHERE id = -1", nil, ""},
		{"SELECT count(*) FROM customers", nil, ""},
		{"SELECT name FROM customers c WHERE c.id = $1", []any{1}, ""},
		{"SELECT id FROM customers ORDER BY id LIMIT 1", nil, ""},
		{"SELECT a.id FROM customers a, customers b WHERE a.id = 1", nil, ""},
		{"SELECT * FROM visits", nil, ""},
		{"SELECT name FROM named LIMIT 1", nil, ""},
		{"SELECT id FROM customers", nil, ""},
		{"UPDATE customers SET name = 'x' WHERE id = 1", nil, ""},
		{"SELECT 1", nil, ""},
	}
	names := []string{"simple", "extended", "prepared", "described"}
	for _, user := range []string{"postgres", "alice"} {
		for _, mode := range names {
			c := f.connect(t, user, db, "&application_name="+mode)
			for round := range 3 { // also from the caches by text and by shape
				for _, st := range list {
					if got := show(c, modes[mode], st.sql+strings.Repeat(" ", round%2), st.args...); strings.HasPrefix(got, "ERROR") && !strings.HasPrefix(got, "ERROR 5C001") {
						t.Fatalf("%s: %s", st.sql, got)
					}
				}
			}
		}
		c := f.connect(t, user, db, "&application_name=cursor")
		for _, sql := range []string{"BEGIN", "DECLARE k CURSOR FOR SELECT id FROM customers ORDER BY id", "FETCH 2 FROM k", "COMMIT", "PREPARE q AS SELECT name FROM customers WHERE id = $1", "EXECUTE q(2)", "PREPARE n AS SELECT count(*) FROM customers", "EXECUTE n", "COPY (SELECT id FROM customers WHERE id = 1) TO STDOUT"} {
			if strings.HasPrefix(sql, "COPY") {
				if _, err := c.PgConn().CopyTo(ctx, &strings.Builder{}, sql); err != nil {
					t.Fatal(err)
				}
			} else if _, err := c.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
	}
	f.stop()
	tokens, err := audit.OpenTokens(f.auditDir)
	if err != nil {
		t.Fatal(err)
	}
	who := map[audit.SubjectToken]string{}
	for id := range 3000 {
		who[tokens.Token("public.customers", []byte(strconv.Itoa(id)))] = strconv.Itoa(id)
	}
	got := map[string][]string{}
	if err := audit.Search(ctx, f.auditDir, audit.Filter{Statements: true}, func(e *audit.Execution) error {
		if e.TextErr != nil || e.Outcome == nil {
			return fmt.Errorf("record %d: %v", e.Record.Seq, e.TextErr)
		}
		line := ""
		if len(e.Record.Touches) > 0 {
			line = " " + strings.Join(e.Record.Touches, ",")
		}
		for _, s := range e.Outcome.Subjects {
			line += " of " + s.Of + ":"
			var ids []string
			for _, token := range s.Tokens {
				ids = append(ids, " "+who[token])
			}
			slices.Sort(ids)
			line += strings.Join(ids, "")
			if s.Whole {
				line += " whole"
			}
			if s.Bulk {
				line += " bulk"
			}
		}
		sql := strings.TrimSpace(e.Texts.SQL)
		key := e.Record.Login + " " + sql
		if !slices.Contains(got[key], line) {
			got[key] = append(got[key], line)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, user := range []string{"postgres", "alice"} {
		for _, st := range append(list, statement{sql: "FETCH 2 FROM k"}, statement{sql: "EXECUTE q(2)"}, statement{sql: "EXECUTE n"}, statement{sql: "COPY (SELECT id FROM customers WHERE id = 1) TO STDOUT"}) {
			fmt.Fprintf(&all, "%s %s ->%s\n", user, st.sql, strings.Join(got[user+" "+st.sql], " OR "))
		}
	}
	expect(t, all.String(), `postgres SELECT id, name FROM customers WHERE id < 3 -> public.customers of public.customers: 1 2 whole
postgres SELECT name FROM customers WHERE id = 1 -> public.customers of public.customers: 1 whole
postgres SELECT name FROM customers WHERE id = 2 -> public.customers of public.customers: 2 whole
postgres SELECT name FROM customers WHERE id = '1' -> public.customers of public.customers: 1 whole
postgres SELECT count(*) FROM customers WHERE id = 1 -> public.customers of public.customers: 1 whole
postgres SELECT name FROM customers WHERE id = -1 -> public.customers of public.customers: whole
postgres SELECT count(*) FROM customers -> public.customers
postgres SELECT name FROM customers c WHERE c.id = $1 -> public.customers of public.customers: 1 whole
postgres SELECT id FROM customers ORDER BY id LIMIT 1 -> public.customers of public.customers: 1 whole
postgres SELECT a.id FROM customers a, customers b WHERE a.id = 1 -> public.customers of public.customers: 1
postgres SELECT * FROM visits -> public.customers of public.customers: 1 2 whole
postgres SELECT name FROM named LIMIT 1 -> public.customers
postgres SELECT id FROM customers -> public.customers of public.customers: bulk
postgres UPDATE customers SET name = 'x' WHERE id = 1 -> public.customers of public.customers: 1 whole
postgres SELECT 1 ->
postgres FETCH 2 FROM k -> of public.customers: 1 2 whole
postgres EXECUTE q(2) -> of public.customers: 2 whole
postgres EXECUTE n -> of public.customers:
postgres COPY (SELECT id FROM customers WHERE id = 1) TO STDOUT -> public.customers of public.customers: 1 whole
alice SELECT id, name FROM customers WHERE id < 3 -> public.customers of public.customers: 1 2 whole
alice SELECT name FROM customers WHERE id = 1 -> public.customers of public.customers: 1 whole
alice SELECT name FROM customers WHERE id = 2 -> public.customers of public.customers: 2 whole
alice SELECT name FROM customers WHERE id = '1' -> public.customers of public.customers: 1 whole
alice SELECT count(*) FROM customers WHERE id = 1 -> public.customers of public.customers: 1 whole
alice SELECT name FROM customers WHERE id = -1 -> public.customers of public.customers: whole
alice SELECT count(*) FROM customers -> public.customers
alice SELECT name FROM customers c WHERE c.id = $1 -> public.customers of public.customers: 1 whole
alice SELECT id FROM customers ORDER BY id LIMIT 1 -> public.customers of public.customers: 1 whole
alice SELECT a.id FROM customers a, customers b WHERE a.id = 1 -> public.customers
alice SELECT * FROM visits -> public.customers of public.customers: 1 2 whole
alice SELECT name FROM named LIMIT 1 -> public.customers
alice SELECT id FROM customers -> public.customers
alice UPDATE customers SET name = 'x' WHERE id = 1 -> public.customers of public.customers: 1 whole
alice SELECT 1 ->
alice FETCH 2 FROM k -> of public.customers: 1 2 whole
alice EXECUTE q(2) -> of public.customers: 2 whole
alice EXECUTE n -> of public.customers:
alice COPY (SELECT id FROM customers WHERE id = 1) TO STDOUT -> public.customers of public.customers: 1 whole
`)
}
