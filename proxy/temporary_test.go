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
