package proxy

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cordon/guard"
	"cordon/internal/pgtest"
	"cordon/policy"
)

const watchPolicy = `
version: 1
defaults: {tables: allow}
users: {alice: {}, bob: {}, carol: {}}
subjects: {public.customers: id}
rules:
  - name: customers
    users: [alice, bob]
    tables: [public.customers]
    rows: id > 0
watch:
  WATCH
`

// watching is a Cordon with one watch; told gives what it has told.
func watching(t *testing.T, watch string) (f *front, db string, p *policy.Policy, told func() string) {
	t.Helper()
	pg := pgtest.Shared(t)
	db = pg.CreateDatabase(t)
	pg.Exec(t, db, exportSchema)
	text := strings.Replace(watchPolicy, "WATCH", watch, 1)
	p = parsePolicy(t, text)
	var mu sync.Mutex
	var alerts []string
	dir := t.TempDir()
	f = serve(t, pg.Addr(), text, func(s *Server) {
		s.Limits.Drain = 1
		habits, err := guard.OpenHabits(filepath.Join(dir, "habits.json"))
		if err != nil {
			t.Fatal(err)
		}
		q, err := guard.OpenQuarantine(filepath.Join(dir, "quarantine.jsonl"), p)
		if err != nil {
			t.Fatal(err)
		}
		s.Watcher = &guard.Watcher{Windows: s.Guard.Windows, Habits: habits, Quarantine: q}
		s.Alert = func(a Alert) {
			mu.Lock()
			defer mu.Unlock()
			alerts = append(alerts, a.Person+": "+a.Watch+": "+a.What+": "+a.Action)
		}
	})
	return f, db, p, func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(alerts, "\n")
	}
}

// Errors are what somebody leaves behind who asks the database questions that it must not answer.
func TestErrorStormsEndInQuarantine(t *testing.T) {
	f, db, p, told := watching(t, "- {name: storm, errors: 10, per: 10m, action: quarantine, by: [carol]}")
	c, other := f.connect(t, "alice", db, ""), f.connect(t, "bob", db, "")
	mode := pgx.QueryExecModeExec
	for i := range 11 {
		sql := "SELECT 1/0"
		if i%2 == 0 {
			sql = "SELECT * FROM customers WHERE no_such_column = 1"
		}
		if out := show(c, mode, sql); strings.Contains(out, "5C003") {
			t.Fatalf("after %d errors: %s", i, out)
		}
	}
	held := "ERROR 5C003: no statement of alice is run: they have been put into quarantine"
	expect(t, show(c, mode, "SELECT 1"), held)
	for name, mode := range modes {
		expect(t, name+" "+show(f.connect(t, "alice", db, ""), mode, "SELECT count(*) FROM customers"), name+" "+held)
	}
	expect(t, show(other, mode, "SELECT count(*) FROM customers"), "1000\nSELECT 1")
	expect(t, told(), "alice: storm: more than 10 statements have failed within 10m: quarantine")

	// Nobody releases themselves; who may, does, and the file is what `cordon quarantine` writes.
	for _, e := range []struct{ by, want string }{{"alice", `"alice" may not release themselves`}, {"bob", `"bob" may not release "alice": carol may`}} {
		if err := f.Watcher.Quarantine.Release(p, guard.QuarantineEntry{Person: "alice", By: e.by, At: time.Now(), Reason: "r"}); err == nil || err.Error() != e.want {
			t.Errorf("%v, not %s", err, e.want)
		}
	}
	if err := f.Watcher.Quarantine.Release(p, guard.QuarantineEntry{Person: "alice", By: "carol", At: time.Now(), Reason: "a broken report"}); err != nil {
		t.Fatal(err)
	}
	expect(t, show(c, mode, "SELECT 1"), "1\nSELECT 1")
}

// A transaction of somebody who is put into quarantine can only be rolled back.
func TestQuarantineInATransaction(t *testing.T) {
	f, db, p, _ := watching(t, "- {name: storm, errors: 10, per: 10m, action: quarantine, by: [carol]}")
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			c := f.connect(t, "bob", db, "")
			expect(t, show(c, mode, "BEGIN"), "BEGIN")
			expect(t, show(c, mode, "INSERT INTO plain VALUES (-1)"), "INSERT 0 1")
			if err := f.Watcher.Quarantine.Put(p, guard.QuarantineEntry{Person: "bob", At: time.Now(), Watch: "storm"}); err != nil {
				t.Fatal(err)
			}
			expect(t, show(c, mode, "COMMIT"), "ERROR 5C003: no statement of bob is run: they have been put into quarantine")
			expect(t, show(c, mode, "ROLLBACK"), "ROLLBACK")
			if err := f.Watcher.Quarantine.Release(p, guard.QuarantineEntry{Person: "bob", By: "carol", At: time.Now(), Reason: "r"}); err != nil {
				t.Fatal(err)
			}
			expect(t, show(c, mode, "SELECT count(*) FROM plain WHERE id = -1"), "0\nSELECT 1")
		})
	}
}

// Somebody who asks for one customer after the other.
func TestEnumerationIsFound(t *testing.T) {
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			f, db, _, told := watching(t, "- {name: going through ids, lookups: 20, per: 1h}")
			c := f.connect(t, "alice", db, "")
			for i := range 60 { // the same twenty, as a day at the desk has them
				sql, args := "SELECT name FROM customers WHERE id = $1", []any{i%20 + 1}
				if mode == pgx.QueryExecModeSimpleProtocol {
					sql, args = fmt.Sprintf("SELECT name FROM customers WHERE id = %d", i%20+1), nil
				}
				expect(t, got(c, mode, sql, args...), "1 rows, SELECT 1")
			}
			expect(t, told(), "")
			for range 3 {
				expect(t, got(c, mode, "SELECT name FROM customers WHERE id = 21"), "1 rows, SELECT 1")
			}
			expect(t, told(), "alice: going through ids: more than 20 different subjects were looked up within 1h: alert")
		})
	}
}

func TestUnusualTimeIsFound(t *testing.T) {
	f, db, _, told := watching(t, "- {name: at any time, users: [bob], when: {days: mon-sun}}")
	a, b := f.connect(t, "alice", db, ""), f.connect(t, "bob", db, "")
	for range 3 {
		got(a, pgx.QueryExecModeExec, "SELECT name FROM customers WHERE id = 21")
		got(b, pgx.QueryExecModeExec, "SELECT name FROM customers WHERE id = 21")
	}
	expect(t, told(), "bob: at any time: a statement at an unusual time: alert")
}
