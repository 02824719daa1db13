package proxy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cordon/internal/pgtest"
)

// What a session has prepared is bounded, by number and by what it takes, whichever way it prepares.
func TestPreparedStatementsAreBounded(t *testing.T) {
	pg := pgtest.Shared(t)
	for name, policy := range map[string]string{"free": everybodyMayEverything, "under rules": everybodyHasRules} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, pg.Addr(), policy, func(s *Server) { s.Limits.Prepared, s.Limits.PreparedBytes = 3, 1<<20 })
			start := func() (prepare func(name, sql string) string, do func(sql string) string) {
				c := f.connect(t, "postgres", "postgres", "")
				prepare = func(name, sql string) string {
					if _, err := c.PgConn().Prepare(t.Context(), name, sql, nil); err != nil {
						return err.Error()
					}
					return ""
				}
				return prepare, func(sql string) string { return show(c, pgx.QueryExecModeSimpleProtocol, sql) }
			}
			check := func(what, got, want string) {
				t.Helper()
				if strings.HasPrefix(want, ": ") {
					got = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(got, "ERROR 53400"), "ERROR"), " (SQLSTATE 53400)")
				}
				if got != want {
					t.Errorf("%s: got %q, want %q", what, got, want)
				}
			}

			prepare, do := start()
			check("a", prepare("a", "SELECT 1"), "")
			check("b", do("PREPARE b AS SELECT 2"), "PREPARE")
			check("c", prepare("c", "SELECT 3"), "")
			const many = ": a session can have 3 prepared statements through Cordon"
			check("d by protocol", prepare("d", "SELECT 4"), many)
			check("d by PREPARE", do("PREPARE d AS SELECT 4"), many)
			check("the unnamed one", prepare("", "SELECT 5"), "")
			check("a goes", do("DEALLOCATE a"), "DEALLOCATE")
			check("d", do("PREPARE d AS SELECT 4"), "PREPARE")
			check("d runs", do("EXECUTE d"), "4\nSELECT 1")
			do("BEGIN")
			for i := range 3 {
				check("a cursor", do(fmt.Sprint("DECLARE c", i, " CURSOR FOR SELECT 1")), "DECLARE CURSOR")
			}
			check("a fourth", do("DECLARE c4 CURSOR FOR SELECT 1"), ": a session can have 3 portals through Cordon")
			do("ROLLBACK")

			prepare, do = start()
			long := "SELECT '" + strings.Repeat("x", 300<<10) + "'"
			for range 10 {
				check("the unnamed one again", prepare("", long), "")
				check("a Query", do(long)[:5], "xxxxx")
			}
			check("long a", prepare("a", long), "")
			const much = ": the prepared statements of this session take more than 1 MB in Cordon"
			check("long b", prepare("b", long), much)
			check("long b by PREPARE", do("PREPARE b AS "+long), much)
			check("the unnamed one", prepare("", long), much)
			check("a goes", do("DEALLOCATE ALL"), "DEALLOCATE ALL")
			check("b", do("PREPARE b AS "+long), "PREPARE")
		})
	}
}
