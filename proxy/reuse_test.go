//go:build !race

// It uses the echo of allocs_test.go.

package proxy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The memory of a portal and of a run must not be used again while anything can still name them.
func TestMemoryIsUsedAgain(t *testing.T) {
	for _, c := range []struct {
		what  string
		alter func(*session)
		again bool
	}{
		{"all is answered, and the transaction over", func(*session) {}, true},
		{"a session with goroutines", func(s *session) { s.polled = nil }, false},
		{"the server keeps the portal, in its transaction", func(s *session) { s.idleSync.Store(0) }, false},
		{"its run has no outcome", func(s *session) { s.unnamed.run.done = false }, false},
		{"an answer is to come", func(s *session) { s.pending.push(&expected{kind: replySync}) }, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			e := newEcho(t)
			e.round(t, prepareIt, prepared)
			e.polled = &polled{}
			e.round(t, executeIt, executed)
			was := e.unnamed
			if was == nil || !was.run.done || was.portal.first != nil {
				t.Fatalf("the portal is not the session's: %+v", was)
			}
			meters := len(e.meters)
			c.alter(e.session)
			o := e.newPortal(nil)
			if got := o == &was.portal; got != c.again {
				t.Fatalf("used again: %v, want %v", got, c.again)
			}
			if c.again && (o.planned != nil || o.run != nil || was.run.done || was.run.planned != nil || e.portals.find(nil) != nil || o.kept != (meters == 1) || len(e.meters) != meters) {
				t.Errorf("something is left of the last: %+v, %+v", o, &was.run)
			}
			if run := e.newRun(o); c.again != (run == &was.run) || e.newRun(o) == run {
				t.Error("a portal has other memory for its first run than its own, or gives it twice")
			}
		})
	}
	t.Run("a Query", func(t *testing.T) {
		e := newEcho(t)
		e.polled = &polled{}
		first := e.newRun(nil)
		if e.newRun(nil) == first {
			t.Error("used again without an outcome")
		}
		last := e.queried
		last.done, last.rows, last.planned = true, 7, &planned{}
		e.pending.push(&expected{kind: replyQuery, run: last})
		if e.newRun(nil) == last {
			t.Error("used again before the server has answered")
		}
		last = e.queried
		last.done, last.rows = true, 7
		e.pending.pop()
		if again := e.newRun(nil); again != last || again.rows != 0 || again.done {
			t.Errorf("not used again, or something is left of the last: %+v", again)
		}
	})
	t.Run("a portal under an export limit", func(t *testing.T) {
		text, err := os.ReadFile("../testdata/policy/crm.yaml")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "policy.yaml")
		limited := strings.Replace(string(text), "    rows: owner_id = me.employee_id\n", "    rows: owner_id = me.employee_id\n    export: {rows: 50, window: {rows: 1000000, per: 1h}, over: block}\n", 1)
		if err := os.WriteFile(file, []byte(limited), 0o600); err != nil {
			t.Fatal(err)
		}
		e := newEchoOf(t, file, "alice")
		e.round(t, prepareIt, prepared)
		e.polled = &polled{}
		for range 3 * maxNamed {
			e.round(t, executeIt, executed)
		}
		if n := len(e.meters); n != 1 {
			t.Errorf("%d portals are kept to be metered, want 1", n)
		}
	})
}
