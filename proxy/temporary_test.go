package proxy

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Temporary tables are the session's own: reports fill them with what the person is shown, and read them again.
func TestTemporaryTables(t *testing.T) {
	f, _, db := crm(t, nil)
	f.SetPolicy(parsePolicy(t, strings.Replace(crmPolicy, "sales: {}", "sales: {may: [ddl]}", 1)))
	for _, m := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec} {
		c := f.connect(t, "alice", db, "")
		for _, step := range []struct{ sql, want string }{
			{"CREATE TEMP TABLE mine AS SELECT id, phone FROM customers WHERE id <= 20", "SELECT 10"},
			{"SELECT count(*), min(phone), max(phone) FROM mine", "10|138****0001|138****0010\nSELECT 1"},
			{"SELECT m.id, c.phone FROM mine m JOIN customers c USING (id) ORDER BY m.id LIMIT 1", "1|138****0001\nSELECT 1"},
			{"UPDATE mine SET phone = c.phone || '!' FROM customers c WHERE c.id = mine.id AND c.id = 2 RETURNING mine.phone", "138****0002!\nUPDATE 1"},
			{"ALTER TABLE mine ADD COLUMN note text DEFAULT 'n'", "ALTER TABLE"},
			{"SELECT note FROM pg_temp.mine WHERE id = 3", "n\nSELECT 1"},
			{"INSERT INTO mine (id) SELECT 100 RETURNING id, note", "100|n\nINSERT 0 1"},
			{"BEGIN", "BEGIN"},
			{"CREATE TEMP TABLE short (a int) ON COMMIT DROP", "CREATE TABLE"},
			{"INSERT INTO short VALUES (1)", "INSERT 0 1"},
			{"SAVEPOINT s", "SAVEPOINT"},
			{"DROP TABLE mine", "DROP TABLE"},
			{"ROLLBACK TO s", "ROLLBACK"},
			{"SELECT (SELECT count(*) FROM mine), a FROM short", "11|1\nSELECT 1"},
			{"COMMIT", "COMMIT"},
			{"SELECT a FROM short", `ERROR 42P01: relation "short" does not exist`},
			// A name that stands for a protected table stays that table's.
			{"CREATE TEMP TABLE customers (id int)", `ERROR 42501: permission denied for table public.customers by rule "own customers"`},
			{"CREATE TEMP TABLE plain (id int)", "CREATE TABLE"},
			{"SELECT count(*) FROM plain", "0\nSELECT 1"},
			{"SELECT count(*) FROM public.plain", "1000\nSELECT 1"},
			{"DISCARD TEMP", "DISCARD TEMP"},
			{"SELECT count(*) FROM plain", "1000\nSELECT 1"},
			{"SELECT count(*) FROM mine", `ERROR 42P01: relation "mine" does not exist`},
		} {
			if got := show(c, m, step.sql); got != step.want {
				t.Errorf("%v: %s\ngot  %s\nwant %s", m, step.sql, got, step.want)
			}
		}
	}
}

// A type of the session's own stands before all others of its name, as its tables do: name::text is a cast that fails then, where PostgreSQL's own is one that nobody need guard, and told of rows behind the filter.
func TestTemporaryTypes(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, "CREATE TABLE shown AS SELECT id FROM customers WHERE owner_id = 7; CREATE VIEW names AS SELECT id, name::name FROM customers; GRANT SELECT ON names, shown TO public")
	f.SetPolicy(parsePolicy(t, strings.Replace(strings.Replace(attackPolicy, "sales: {}", "sales: {may: [ddl]}", 1), "rows: owner_id = me.employee_id", "rows: id IN (SELECT id FROM public.shown)", 1)))
	hidden := strings.TrimSuffix(show(f.connect(t, "postgres", db, ""), pgx.QueryExecModeExec, "SELECT min(id) FROM customers WHERE owner_id <> 7"), "\nSELECT 1")
	for _, m := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec} {
		for _, made := range []string{
			"CREATE TEMP TABLE @ (a int)",
			"CREATE TEMP TABLE mine (a int); ALTER TABLE mine RENAME TO @",
			"CREATE TYPE pg_temp.@ AS ENUM ('(1)')",
			"CREATE TYPE pg_temp.mine AS ENUM ('(1)'); ALTER TYPE pg_temp.mine RENAME TO @",
			"CREATE DOMAIN pg_temp.@ AS pg_catalog.text CHECK (1 / (length(value) - 10) <= 0)",
		} {
			for _, name := range []string{"text", "name"} {
				c := f.connect(t, "alice", db, "")
				sql := "SELECT count(*) FROM customers WHERE id = " + hidden + " AND name::" + name + " IS NULL"
				expect(t, show(c, m, sql), "0\nSELECT 1")
				if out := show(c, pgx.QueryExecModeSimpleProtocol, strings.ReplaceAll(made, "@", name)); !strings.HasPrefix(out, "CREATE") {
					t.Errorf("%s: %s", made, out)
				}
				for _, sql := range []string{sql, strings.Replace(sql, "name::"+name, "CAST(name AS "+name+")", 1), strings.Replace(sql, "name::"+name+" IS NULL", "name = ANY (ARRAY[]::"+name+"[])", 1)} {
					if out := show(c, m, sql); strings.Contains(out, "22P02") || strings.Contains(out, "22012") || strings.Contains(out, "23514") {
						t.Errorf("%s: %s: %s", made, sql, out)
					}
				}
				expect(t, show(c, m, strings.Replace(sql, "::"+name, "::pg_catalog."+name, 1)), "0\nSELECT 1")
				if out := show(c, m, "SELECT count(name) FROM names WHERE id = "+hidden); name == "name" && !strings.Contains(out, "temporary type") || name == "text" && out != "0\nSELECT 1" {
					t.Errorf("%s: a view: %s", made, out)
				}
				expect(t, show(c, m, "DISCARD TEMP"), "DISCARD TEMP")
			}
		}
	}
}
