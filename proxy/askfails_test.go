package proxy

import (
	"fmt"
	"testing"
	"time"

	"cordon/internal/pgtest"
	"cordon/wire"
)

// A question of Cordon's own that fails within a pipeline, as by the client's statement_timeout, fails the client's statement, which is skipped with it: the client is told, once, and the session goes on.
func TestOwnQuestionFailsInAPipeline(t *testing.T) {
	pg := pgtest.Shared(t)
	f := serve(t, pg.Addr(), everybodyIsWatched, func(s *Server) { s.Limits.CatalogCheck = time.Nanosecond })
	for i := range 5 {
		var b []byte
		for _, q := range []string{"SET statement_timeout = '1ms'", fmt.Sprintf("SELECT pg_sleep(600) /*%d*/", i)} {
			b = wire.AppendParse(b, "", q, nil)
			b = wire.AppendBind(b, "", "")
			b = wire.AppendExecute(b, "", 0)
		}
		b = wire.AppendTerminate(wire.AppendQuery(wire.AppendSync(b), "ROLLBACK"))
		got := words(t, f.addr, append(startupPacket("postgres", "postgres"), b...))
		// On a quick machine it is the statement itself that takes too long.
		failed := "E(57014 canceling statement due to statement timeout) Z"
		switch got {
		case "R Z 1 2 C " + failed + " N C Z", "R Z 1 2 C 1 " + failed + " N C Z", "R Z 1 2 C 1 2 " + failed + " N C Z":
		default:
			t.Errorf("got %s", got)
		}
	}
}
