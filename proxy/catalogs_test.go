package proxy

import (
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
