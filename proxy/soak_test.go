package proxy

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cordon/internal/pgtest"
)

// many is a Cordon whose login app speaks for n people, p1 to pn, each of whom owns as many rows of table owned as their number says.
func many(t testing.TB, n int) (f *front, pg *pgtest.Server, db string) {
	t.Helper()
	pg = pgtest.Shared(t)
	db = pg.CreateDatabase(t)
	pg.Exec(t, db, crmSchema+fmt.Sprintf(`
CREATE TABLE owned (id serial PRIMARY KEY, owner int NOT NULL, word text);
INSERT INTO owned (owner, word) SELECT o, 'of ' || o FROM generate_series(1, %d) o, generate_series(1, o);
CREATE INDEX ON owned (owner);
GRANT ALL ON owned TO public;
ANALYZE owned;`, n))
	var b strings.Builder
	b.WriteString("version: 1\ndefaults: {tables: allow}\nlogins:\n  app: {on_behalf_of: {setting: cordon.user, comment: user}}\nroles: {staff: {}}\nusers:\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "  p%d: {roles: [staff], attributes: {id: %d}}\n", i, i)
	}
	b.WriteString("rules:\n  - {name: own, roles: [staff], tables: [public.owned], allow: [select], rows: owner = me.id}\n")
	return serve(t, pg.Addr(), b.String(), nil), pg, db
}

// soaker is one connection that speaks for people at random, and knows for whom it does. base is the setting of the session, local that of the transaction.
type soaker struct {
	t        *testing.T
	c        *pgx.Conn
	random   *rand.Rand
	people   int
	now      int   // who speaks; 0 for nobody
	outside  int   // who spoke before the transaction
	saved    []int // who spoke at each savepoint
	inside   bool
	failed   bool
	prepared bool
	cursor   int // whose cursor k is; 0 for none
	sqlBy    int // who made the SQL statement q; 0 for none
	done     int
}

func (s *soaker) run(sql string) string { return show(s.c, pgx.QueryExecModeSimpleProtocol, sql) }

func (s *soaker) must(sql string) {
	if got := s.run(sql); strings.HasPrefix(got, "ERROR") || strings.HasPrefix(got, "FATAL") {
		s.t.Errorf("%s: %s", sql, got)
	}
}

// check holds an answer about rows of table owned against who speaks: how many there are, and that they are of nobody else.
func (s *soaker) check(what, got string, person int) {
	s.done++
	want := fmt.Sprintf("%d|%d|%d\nSELECT 1", person, person, person)
	nobody := `ERROR 28000: login "app" speaks for other people, and this statement names none of them`
	switch {
	case s.failed:
		// The error has undone SETs since the savepoint at once: whether nobody speaks now is found out before that the transaction has failed.
		if want = "ERROR 25P02: current transaction is aborted, commands ignored until end of transaction block"; got == nobody {
			want = nobody
		}
	case person == 0:
		want = nobody
	}
	if got != want {
		s.t.Errorf("%s for p%d: got %q, want %q", what, person, got, want)
	}
	if s.inside && strings.HasPrefix(want, "ERROR") {
		s.failed = true
	}
}

const owned = "SELECT count(*), min(owner), max(owner) FROM owned"

// step does one thing at random.
func (s *soaker) step() {
	someone := 1 + s.random.Intn(s.people)
	name := fmt.Sprintf("p%d", someone)
	if s.failed && s.random.Intn(3) > 0 {
		if n := len(s.saved); n > 0 && s.random.Intn(2) == 0 {
			s.must(fmt.Sprintf("ROLLBACK TO s%d", n))
			s.now, s.failed = s.saved[n-1], false
			return
		}
		s.must("ROLLBACK")
		s.now, s.inside, s.failed, s.saved, s.cursor = s.outside, false, false, nil, 0
		return
	}
	switch s.random.Intn(17) {
	case 0, 1:
		if s.failed {
			return
		}
		s.must("SET cordon.user = '" + name + "'")
		s.now = someone
	case 2:
		if !s.inside || s.failed {
			return
		}
		// The value of the session at COMMIT is not followed here: the transaction is rolled back.
		s.must("SET LOCAL cordon.user = '" + name + "'")
		s.now = someone
	case 3:
		if s.failed {
			return
		}
		if got := show(s.c, pgx.QueryExecModeExec, "SELECT set_config('cordon.user', $1, false)", name); got != name+"\nSELECT 1" {
			s.t.Errorf("set_config: %s", got)
		}
		s.now = someone
	case 4:
		if s.inside {
			return
		}
		s.must("BEGIN")
		s.inside, s.outside = true, s.now
	case 5:
		if !s.inside || s.failed || len(s.saved) > 5 {
			return
		}
		s.saved = append(s.saved, s.now)
		s.must(fmt.Sprintf("SAVEPOINT s%d", len(s.saved)))
	case 6:
		if n := len(s.saved); n > 0 {
			s.must(fmt.Sprintf("ROLLBACK TO s%d", n))
			s.now, s.failed = s.saved[n-1], false
			s.cursor = 0
			s.run("CLOSE k")
			if s.inside && !s.failed {
				s.must(fmt.Sprintf("ROLLBACK TO s%d", n)) // CLOSE of no cursor fails
			}
		}
	case 7:
		if !s.inside {
			return
		}
		s.must("ROLLBACK")
		s.now, s.inside, s.failed, s.saved, s.cursor = s.outside, false, false, nil, 0
	case 8:
		if s.inside {
			return
		}
		s.must("DISCARD ALL")
		s.c.DeallocateAll(context.Background()) // and what pgx believes
		s.now, s.prepared, s.sqlBy = 0, false, 0
	case 9:
		if s.failed {
			return
		}
		s.must("RESET cordon.user")
		s.now = 0
	case 10:
		if s.inside || s.now != 0 {
			return
		}
		s.check("a comment", s.run(owned+" /*user='"+name+"'*/"), someone)
	case 11:
		if s.inside || s.now == 0 || s.sqlBy != 0 {
			return
		}
		s.must("PREPARE q AS " + owned)
		s.sqlBy = s.now
	case 12:
		if s.inside || s.now == 0 || s.sqlBy == 0 {
			return
		}
		s.done++
		got, want := s.run("EXECUTE q"), fmt.Sprintf("%d|%d|%d\nSELECT 1", s.now, s.now, s.now)
		if s.now != s.sqlBy {
			want = `ERROR 42501: permission denied for prepared statement "q": it was made for another person or under another policy`
		}
		if got != want {
			s.t.Errorf("EXECUTE for p%d of p%d's: got %q, want %q", s.now, s.sqlBy, got, want)
		}
	case 13:
		if !s.inside || s.failed || s.now == 0 || s.cursor != 0 || len(s.saved) > 0 {
			return
		}
		s.must("DECLARE k CURSOR FOR SELECT owner FROM owned")
		s.cursor = s.now
	case 14:
		if s.cursor == 0 || s.failed || s.now == 0 {
			return
		}
		s.done++
		got := s.run("FETCH k")
		switch {
		case s.now == s.cursor && (got == fmt.Sprintf("%d\nFETCH 1", s.now) || got == "FETCH 0"):
		case s.now != s.cursor && got == `ERROR 42501: permission denied for cursor "k": it was made for another person or under another policy`:
			s.failed = true
		default:
			s.t.Errorf("FETCH for p%d of p%d's: %q", s.now, s.cursor, got)
		}
	case 15:
		s.check("a query", s.run(owned), s.now)
	default:
		if s.failed {
			return
		}
		if !s.prepared && s.now == 0 {
			return // it cannot be prepared for nobody
		}
		s.prepared = true
		s.check("a prepared statement", show(s.c, pgx.QueryExecModeCacheStatement, owned+" WHERE id > $1", 0), s.now)
	}
}

// 200 people on 50 connections that change hands at random, with prepared statements, cursors, transactions, DISCARD and ROLLBACK: each answer is the speaker's own. CORDON_SOAK=10m makes it long.
func TestPersonSwitching(t *testing.T) {
	length, connections := 3*time.Second, 12
	if env := os.Getenv("CORDON_SOAK"); env != "" {
		var err error
		if length, err = time.ParseDuration(env); err != nil {
			t.Fatal(err)
		}
		connections = 50
	}
	const people = 200
	f, _, db := many(t, people)
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	var all sync.WaitGroup
	soakers := make([]*soaker, connections)
	for i := range soakers {
		s := &soaker{t: t, c: f.connect(t, "app", db, ""), random: rand.New(rand.NewSource(seed + int64(i))), people: people}
		soakers[i] = s
		all.Go(func() {
			for end := time.Now().Add(length); time.Now().Before(end) && !t.Failed(); {
				s.step()
			}
		})
	}
	all.Wait()
	done := 0
	for _, s := range soakers {
		done += s.done
	}
	t.Logf("%d answers checked", done)
	if done < connections {
		t.Errorf("%d answers are too few to tell", done)
	}
	sessions := f.all()
	if len(sessions) != connections {
		t.Errorf("%d sessions of %d connections", len(sessions), connections)
	}
	for _, s := range soakers {
		s.c.Close(context.Background())
	}
	for end := time.Now().Add(time.Minute); len(f.all()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("sessions outlive their connections")
		}
	}
	for _, s := range sessions { // which have ended: their goroutines write no more
		if n := len(s.variants); n > maxVariants {
			t.Errorf("%d forms of prepared statements on the server", n)
		}
	}
}

// The forms of prepared statements are bounded, on the server too.
func TestVariantsAreBounded(t *testing.T) {
	f, _, db := many(t, 300)
	c := f.connect(t, "app", db, "")
	m := pgx.QueryExecModeCacheStatement
	for _, sql := range []string{owned + " WHERE id > $1", owned + " WHERE id > $1 AND true", owned + " WHERE id > 1 + $1"} {
		for i := 1; i <= 300; i++ {
			show(c, pgx.QueryExecModeSimpleProtocol, fmt.Sprintf("SET cordon.user = 'p%d'", i))
			show(c, m, sql, 0)
		}
	}
	f.SetPolicy(parsePolicy(t, strings.Replace(everybodyMayEverything, "postgres:", "app:", 1))) // app is a person now, and may look
	got := show(c, pgx.QueryExecModeSimpleProtocol, "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE '\\_cordon\\_variant%'")
	expect(t, got, fmt.Sprintf("%d\nSELECT 1", maxVariants))
}
