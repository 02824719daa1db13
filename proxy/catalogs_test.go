package proxy

import (
	"strings"
	"testing"
	"time"
)

// A transaction that is kept open must not outlive what Cordon knows of the database: a view may be another one by then.
func TestCatalogIsFollowedInTransactions(t *testing.T) {
	f, pg, db := crm(t, func(s *Server) { s.Limits.CatalogCheck = time.Nanosecond })
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			pg.Exec(t, db, `DROP VIEW IF EXISTS shown; CREATE VIEW shown AS SELECT id, t::varchar(20) AS t FROM plain; GRANT ALL ON shown TO public`)
			c := f.connect(t, "alice", db, "")
			q := "SELECT id, t FROM shown WHERE id IN (1, 11) ORDER BY id"
			expect(t, show(c, mode, q), "1|row 1\n11|row 11\nSELECT 2")
			expect(t, show(c, mode, "BEGIN"), "BEGIN")
			expect(t, show(c, mode, "SELECT count(*) FROM plain"), "1000\nSELECT 1") // and no lock on the view
			expect(t, show(c, mode, "SAVEPOINT a"), "SAVEPOINT")
			expect(t, show(c, mode, "ROLLBACK TO a"), "ROLLBACK")
			pg.Exec(t, db, `CREATE OR REPLACE VIEW shown AS SELECT id, phone AS t FROM customers`)
			expect(t, show(c, mode, q), "1|138****0001\nSELECT 1")
			expect(t, show(c, mode, q), "1|138****0001\nSELECT 1")
			expect(t, show(c, mode, "COMMIT"), "COMMIT")
		})
	}
}

// What a name stands for follows the schemas of search_path that come to be, or are opened or closed to the session's role, while it is connected: a table without rules may be another one then, with rules.
func TestSchemasOfTheSearchPathAreFollowed(t *testing.T) {
	f, pg, db := crm(t, func(s *Server) { s.Limits.CatalogCheck = time.Nanosecond })
	f.SetPolicy(parsePolicy(t, strings.Replace(crmPolicy, "tables: [public.customers]", "tables: [public.customers, alice.plain]", 1)))
	pg.Exec(t, "postgres", "DO $$ BEGIN CREATE ROLE path_opener; EXCEPTION WHEN duplicate_object THEN END $$")
	const of, table = "SELECT count(*), max(phone) FROM plain", "CREATE TABLE alice.plain AS SELECT id, name, phone, owner_id, ''::text AS t FROM customers; GRANT ALL ON alice.plain TO public"
	const open, closed = "110|138****0600\nSELECT 1", `ERROR 42703: column "phone" does not exist`
	for name, mode := range modes {
		for _, c := range []struct{ what, before, opens, closes string }{
			{"a schema that is made", "", "CREATE SCHEMA alice; GRANT USAGE ON SCHEMA alice TO public; " + table, "DROP SCHEMA alice CASCADE"},
			{"a schema that is opened", "CREATE SCHEMA alice; " + table, "GRANT USAGE ON SCHEMA alice TO alice", "REVOKE USAGE ON SCHEMA alice FROM alice"},
			// Before PostgreSQL 17 the server takes notice when schemas change.
			{"a role that is given", "CREATE SCHEMA alice; GRANT USAGE ON SCHEMA alice TO path_opener; " + table, "GRANT path_opener TO alice; CREATE SCHEMA noticed", "REVOKE path_opener FROM alice; DROP SCHEMA noticed"},
		} {
			t.Run(name+", "+c.what, func(t *testing.T) {
				pg.Exec(t, db, "DROP SCHEMA IF EXISTS alice CASCADE; "+c.before)
				conn := f.connect(t, "alice", db, "")
				expect(t, show(conn, mode, of), closed)
				expect(t, show(conn, mode, "SELECT count(*) FROM plain"), "1000\nSELECT 1")
				pg.Exec(t, db, c.opens)
				expect(t, show(conn, mode, "SELECT count(*) FROM plain"), "110\nSELECT 1")
				expect(t, show(conn, mode, of), open)
				expect(t, show(conn, mode, "BEGIN"), "BEGIN")
				expect(t, show(conn, mode, of), open)
				pg.Exec(t, db, strings.Replace(c.closes, "DROP SCHEMA alice CASCADE", "ALTER SCHEMA alice RENAME TO alice_no_more", 1))
				expect(t, show(conn, mode, "SELECT count(*) FROM plain"), "1000\nSELECT 1")
				expect(t, show(conn, mode, "COMMIT"), "COMMIT")
				pg.Exec(t, db, "DROP SCHEMA IF EXISTS alice_no_more CASCADE")
			})
		}
	}
}

// A transaction at REPEATABLE READ asks the catalog in vain for what has changed since it began; what it cannot be sure of is refused.
func TestCatalogBehindAnOldSnapshot(t *testing.T) {
	f, pg, db := crm(t, func(s *Server) { s.Limits.CatalogCheck = time.Nanosecond })
	const changed = "ERROR 40001: could not serialize access: public."
	for name, level := range map[string]string{"simple": "SERIALIZABLE", "prepared": "REPEATABLE READ"} { // each statement has Cordon ask, so all of them would take long
		mode := modes[name]
		t.Run(name+" "+level, func(t *testing.T) {
			pg.Exec(t, db, `DROP VIEW IF EXISTS shown; DROP TABLE IF EXISTS "tëst'"; CREATE VIEW shown AS SELECT id, t::varchar(20) AS t FROM plain; GRANT ALL ON shown TO public; CREATE TABLE "tëst'" AS SELECT 5 AS a; GRANT ALL ON "tëst'" TO public`)
			c := f.connect(t, "alice", db, "")
			for _, step := range []struct{ before, sql, want string }{
				{"", "BEGIN ISOLATION LEVEL " + level, "BEGIN"},
				{"", "SELECT count(*) FROM plain", "1000\nSELECT 1"},
				{"", "SELECT phone FROM customers WHERE id IN (1, 11)", "138****0001\nSELECT 1"},
				{"", `SELECT a FROM "tëst'"`, "5\nSELECT 1"},
				{"CREATE OR REPLACE VIEW shown AS SELECT id, phone AS t FROM customers", "SELECT id, t FROM shown WHERE id IN (1, 11)", changed + "shown may have been changed since this transaction began"},
				{"", "ROLLBACK", "ROLLBACK"},
				{"", "SELECT id, t FROM shown WHERE id IN (1, 11)", "1|138****0001\nSELECT 1"},
				// The same where an unknown name makes Cordon load the catalog anew, with the transaction's eyes.
				{"CREATE OR REPLACE VIEW shown AS SELECT id, t::varchar(20) AS t FROM plain", "BEGIN ISOLATION LEVEL " + level, "BEGIN"},
				{"", "SELECT count(*) FROM plain", "1000\nSELECT 1"},
				{"", "SAVEPOINT a", "SAVEPOINT"},
				{"CREATE OR REPLACE VIEW shown AS SELECT id, phone AS t FROM customers", "SELECT * FROM nowhere", `ERROR 42P01: relation "nowhere" does not exist`},
				{"", "ROLLBACK TO a", "ROLLBACK"},
				{"", "SELECT id, t FROM shown WHERE id IN (1, 11)", changed + "shown may have been changed since this transaction began"},
				{"", "ROLLBACK", "ROLLBACK"},
				// Tables that change names.
				{"", "BEGIN ISOLATION LEVEL " + level, "BEGIN"},
				{"", "SELECT 1", "1\nSELECT 1"},
				{"ALTER TABLE plain RENAME TO other; ALTER TABLE customers RENAME TO plain", "SELECT count(*) FROM plain", changed + "plain may have been changed since this transaction began"},
				{"", "ROLLBACK", "ROLLBACK"},
				{"ALTER TABLE plain RENAME TO customers; ALTER TABLE other RENAME TO plain", "SELECT count(*) FROM plain", "1000\nSELECT 1"},
			} {
				if step.before != "" {
					pg.Exec(t, db, step.before)
				}
				if got := show(c, mode, step.sql); got != step.want {
					t.Errorf("%s\ngot  %s\nwant %s", step.sql, got, step.want)
				}
			}
		})
	}
}
