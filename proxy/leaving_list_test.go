package proxy

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cordon/guard"
	"cordon/internal/pgtest"
)

// A salesperson about to leave tries to take the list of a thousand customers, in every way. The rule gives 50 rows a statement, 200 an hour and 500 a day. What they end up with is held against that.

// haul gathers the customers that somebody has got hold of.
type haul struct {
	mu    sync.Mutex
	names map[string]bool
}

func (h *haul) take(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("|\n,[]{}\"\t", r) }) {
		if strings.HasPrefix(word, "customer ") {
			h.names[word] = true
		}
	}
}

// thief is a Cordon with a clock of its own, which state in dir survives.
func thief(t *testing.T, dir string, clock *atomic.Int64) (*front, string) {
	t.Helper()
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, exportSchema)
	now := func() time.Time { return time.Unix(clock.Load(), 0) }
	return serve(t, pg.Addr(), strings.Replace(exportPolicy, "EXPORT", listLimit, 1), func(s *Server) {
		s.Limits.Drain = 1
		s.clock = now
		ws, store, err := guard.OpenWindows(filepath.Join(dir, "windows"), 0, now)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		s.Guard.Windows = ws
	}), db
}

func TestTheListStaysInEveryWay(t *testing.T) {
	simple, extended := pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec
	for _, way := range []struct {
		name string
		most int
		try  func(t *testing.T, f *front, db string, clock *atomic.Int64, h *haul)
	}{
		{"one select", 0, func(t *testing.T, f *front, db string, _ *atomic.Int64, h *haul) {
			for _, mode := range modes {
				h.take(show(f.connect(t, "alice", db, ""), mode, "SELECT name FROM customers"))
			}
		}},
		{"copy", 0, func(t *testing.T, f *front, db string, _ *atomic.Int64, h *haul) {
			c := f.connect(t, "alice", db, "")
			for _, sql := range []string{"COPY customers TO STDOUT", "COPY (SELECT name FROM customers) TO STDOUT (FORMAT csv, HEADER)", "COPY (SELECT string_agg(name, ',') FROM customers) TO STDOUT", "COPY customers (name) TO STDOUT (FORMAT binary)"} {
				var b bytes.Buffer
				c.PgConn().CopyTo(context.Background(), &b, sql)
				h.take(b.String())
			}
		}},
		{"pages", 200, func(t *testing.T, f *front, db string, _ *atomic.Int64, h *haul) {
			c := f.connect(t, "alice", db, "")
			for i := range 40 {
				h.take(show(c, extended, "SELECT name FROM customers ORDER BY id LIMIT 25 OFFSET $1", i*25))
				h.take(show(c, simple, fmt.Sprintf("SELECT name FROM customers WHERE id > %d ORDER BY id LIMIT 25", 1000-i*25)))
			}
		}},
		{"cursors", 200, func(t *testing.T, f *front, db string, _ *atomic.Int64, h *haul) {
			for i := range 20 {
				c := f.connect(t, "alice", db, "")
				h.take(show(c, simple, "BEGIN"))
				h.take(show(c, simple, fmt.Sprintf("DECLARE c SCROLL CURSOR FOR SELECT name FROM customers WHERE id > %d", i*50)))
				for range 60 {
					h.take(show(c, simple, "FETCH 1 FROM c"))
				}
				c.Close(context.Background())
			}
		}},
		{"ten connections", 200, func(t *testing.T, f *front, db string, _ *atomic.Int64, h *haul) {
			var all sync.WaitGroup
			for i := range 10 {
				user, prefix := "alice", ""
				if i%2 == 1 {
					user, prefix = "app", " /* user='alice' */"
				}
				c := f.connect(t, user, db, "")
				all.Go(func() {
					for j := range 10 {
						h.take(show(c, extended, fmt.Sprintf("SELECT name FROM customers WHERE id BETWEEN %d AND %d%s", i*100+j*10+1, i*100+j*10+10, prefix)))
					}
				})
			}
			all.Wait()
		}},
		{"lists in one value", 200, func(t *testing.T, f *front, db string, _ *atomic.Int64, h *haul) {
			c := f.connect(t, "alice", db, "")
			for i := range 25 {
				h.take(show(c, extended, fmt.Sprintf("SELECT string_agg(name, ',') FROM customers WHERE id BETWEEN %d AND %d", i*40+1, i*40+40)))
				h.take(show(c, extended, fmt.Sprintf("SELECT json_agg(c)::text FROM customers c WHERE id BETWEEN %d AND %d", i*40+1, i*40+40)))
			}
		}},
		{"an evening, with a restart", 500, func(t *testing.T, f *front, db string, clock *atomic.Int64, h *haul) {
			c := f.connect(t, "alice", db, "")
			for minute := range 8 * 60 { // from six to two
				clock.Add(60)
				h.take(show(c, extended, fmt.Sprintf("SELECT name FROM customers WHERE id BETWEEN %d AND %d", minute*3+1, minute*3+3)))
			}
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			var clock atomic.Int64
			clock.Store(time.Date(2026, 3, 2, 18, 0, 0, 0, time.UTC).Unix())
			h := &haul{names: map[string]bool{}}
			f, db := thief(t, t.TempDir(), &clock)
			way.try(t, f, db, &clock, h)
			if n := len(h.names); n > way.most || way.most > 0 && n < way.most/4 {
				t.Errorf("%d customers were taken, and %d are allowed", n, way.most)
			}
			// The next colleague has lost nothing by it.
			expect(t, got(f.connect(t, "bob", db, ""), extended, "SELECT name FROM customers WHERE id <= 50"), "50 rows, SELECT 50")
		})
	}
}

// Two hundred results at once that have to be held do not take more memory than there is for all.
func TestHeldResultsAreBounded(t *testing.T) {
	const ceiling = 8 << 20
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, exportSchema)
	f := serve(t, pg.Addr(), strings.Replace(exportPolicy, "EXPORT", "rows: 900, over: block", 1), func(s *Server) {
		s.Limits.Drain = 1
		s.Guard.Ceiling = guard.NewCeiling(ceiling)
	})
	const clients = 40 // of five statements each: a test's server has a hundred connections
	conns := make([]*pgx.Conn, clients)
	for i := range conns {
		conns[i] = f.connect(t, "alice", db, "")
	}
	var all sync.WaitGroup
	var whole, refused, most atomic.Int64
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				used, _ := f.Guard.Ceiling.Held()
				most.Store(max(most.Load(), used))
			}
		}
	}()
	for _, c := range conns {
		all.Go(func() {
			for range 5 {
				switch out := got(c, pgx.QueryExecModeExec, "SELECT id, repeat('x', 1000) FROM customers WHERE id <= 800"); {
				case out == "800 rows, SELECT 800":
					whole.Add(1)
				case strings.HasPrefix(out, "0 rows, ERROR 53400"):
					refused.Add(1)
				default:
					t.Error(out)
				}
			}
		})
	}
	all.Wait()
	close(done)
	<-watched
	if most.Load() > ceiling {
		t.Errorf("%d bytes were held, and %d may be", most.Load(), ceiling)
	}
	if used, _ := f.Guard.Ceiling.Held(); used != 0 {
		t.Errorf("%d bytes stay taken", used)
	}
	if whole.Load() == 0 || whole.Load()+refused.Load() != clients*5 {
		t.Errorf("%d whole, %d refused", whole.Load(), refused.Load())
	}
}
