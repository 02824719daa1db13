package rewrite_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cordon/internal/pgtest"
	"cordon/parse"
	"cordon/policy"
	"cordon/rewrite"
)

// The sessions of testdata/attacks/write-*.sql try to copy hidden values to where they can be read, to reach, change or plant hidden rows, to change what a rule
// forces or makes read-only, or to learn of all this from counts, errors and later statements. A session is a paragraph: a comment that says what it tries, and
// statements that end with a semicolon at a line's end, each sent by itself; rows for COPY follow theirs up to a line of \.

type writeSession struct {
	place, comment string
	statements     []string
	tries          bool // without the rewriting it cannot be seen to work
}

func writeSessions(t testing.TB) []writeSession {
	t.Helper()
	files, err := filepath.Glob("testdata/attacks/write-*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sessions: %v", err)
	}
	var out []writeSession
	seen := map[string]bool{}
	for _, f := range files {
		line := 1
		for _, p := range strings.Split(strings.TrimSpace(read(t, strings.TrimPrefix(f, "testdata/"))), "\n\n") {
			comment, body, ok := strings.Cut(p, "\n")
			if !ok || !strings.HasPrefix(comment, "-- ") || !strings.HasSuffix(body, ";") && !strings.HasSuffix(body, "\n\\.") || seen[body] {
				t.Fatalf("%s:%d: a session is a comment of one line, and statements of its own that end with semicolons:\n%s", f, line, p)
			}
			seen[body] = true
			s := writeSession{place: fmt.Sprintf("%s:%d", filepath.Base(f), line)}
			s.comment, s.tries = strings.CutPrefix(comment[3:], "tries: ")
			line += strings.Count(p, "\n") + 2
			var lines []string
			copying := false
			for _, l := range strings.Split(body, "\n") {
				lines = append(lines, l)
				if strings.HasSuffix(l, ";") && !copying {
					if copying = strings.HasPrefix(l, "COPY ") && strings.Contains(l, " FROM STDIN"); !copying {
						s.statements, lines = append(s.statements, strings.Join(lines, "\n")), nil
					}
				} else if l == `\.` {
					s.statements, lines, copying = append(s.statements, strings.Join(lines[:len(lines)-1], "\n")+"\n"), nil, false
				}
			}
			out = append(out, s)
		}
	}
	return out
}

// forbidden shows what no session may change: hidden rows, by version and value, and what the rule on tasks forces and makes read-only.
var forbidden = strings.TrimSuffix(hidden, " ORDER BY 1") + " UNION ALL SELECT 'bonus ' || id || ' ' || bonus FROM public.tasks WHERE id <= 20 AND bonus NOT IN (id, -1) OR id > 20 AND bonus IS DISTINCT FROM 5 UNION ALL SELECT 'log ' || n || ' ' || coalesce(what, '') FROM public.client_log WHERE n < 1000 ORDER BY 1"

// own says that a session ends the transaction it runs in, so that it wants a database of its own.
var own = regexp.MustCompile(`(?im)^(BEGIN|START TRANSACTION|COMMIT|ROLLBACK|PREPARE TRANSACTION)\b[^;]*;`)

// play runs a session as g, or without the rewriting when g is nil, and tells all that the client got, what it can see afterwards, and what it must not have changed.
func (d *database) play(t testing.TB, s writeSession, g *policy.Grant, look string) (answer, changed string, refused bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	free := own.MatchString(strings.Join(s.statements, "\n"))
	d.conn.Exec(ctx, "ROLLBACK; RESET ALL; DEALLOCATE ALL; SELECT setval('public.clients_id_seq', 5000), setval('public.client_log_n_seq', 1000, false), setval('public.counter', 1); SET TimeZone = 'UTC'; SET statement_timeout = '20s'").Close()
	before := d.lines(t, forbidden)
	if !free {
		d.lines(t, "BEGIN")
		defer func() { d.conn.Exec(context.Background(), "ROLLBACK").Close() }()
	}
	var b strings.Builder
	var prepared []*rewrite.Plan // by the session's last PREPARE: the proxy strips and checks the rows of EXECUTE as those of the statement
	for _, sql := range s.statements {
		text, rows, copying := strings.Cut(sql, ";\n")
		if copying = copying && strings.HasPrefix(sql, "COPY "); !copying {
			text = sql
		}
		strip := []int{0}
		scrub := false
		checked := func(err error) string { return d.message(err) }
		if g != nil {
			plans, err := plan(d, g, text)
			if err != nil {
				refused = true
				if testing.Verbose() {
					t.Logf("%s: refused: %v: %s", s.place, err, text)
				}
				b.WriteString("refused\n")
				if d.conn.TxStatus() == 'T' && free { // a refusal fails the transaction, as an error of the server's does
					d.conn.Exec(ctx, "SELECT 1/0").Close()
				}
				continue
			}
			text, strip = joined(plans), strips(plans)
			switch plans[0].Kind {
			case parse.Prepare:
				prepared, strip = plans, []int{0}
			case parse.Execute:
				strip, plans = strips(prepared), prepared
			}
			for _, p := range plans {
				scrub = scrub || p.Scrub
			}
			checked = func(err error) string {
				for _, p := range plans {
					for _, c := range p.RowChecks {
						if strings.Contains(err.Error(), c.Mark) {
							return "ERROR " + c.Refusal.Code + " " + c.Refusal.Message
						}
					}
				}
				return d.message(err)
			}
		}
		d.scrub = scrub
		if !free {
			d.lines(t, "SAVEPOINT cordon_statement")
		}
		one := &session{database: d}
		var err error
		if copying {
			tag, e := d.conn.CopyFrom(ctx, strings.NewReader(rows), text)
			b.WriteString(tag.String() + "\n")
			err = e
		} else if strings.HasPrefix(text, "COPY ") {
			var out strings.Builder
			_, err = d.conn.CopyTo(ctx, &out, text)
			lines := strings.Split(out.String(), "\n")
			slices.Sort(lines)
			b.WriteString(strings.Join(lines, "\n"))
		} else {
			m := d.conn.Exec(ctx, text)
			for k := 0; m.NextResult(); k++ {
				err = one.result(m.ResultReader(), strip[min(k, len(strip)-1)], "%s")
			}
			if e := m.Close(); e != nil {
				err = e
			}
		}
		b.WriteString(one.b.String())
		if err != nil {
			b.WriteString(checked(err) + "\n")
			if !free {
				d.lines(t, "ROLLBACK TO cordon_statement")
			}
		}
	}
	if free {
		d.conn.Exec(ctx, "ROLLBACK; ROLLBACK PREPARED 'attack'").Close()
		d.conn.Exec(ctx, "COMMIT PREPARED 'attack'").Close()
	}
	d.lines(t, "RESET ALL; SET TimeZone = 'UTC'; SET search_path = public")
	b.WriteString("then\n" + d.lines(t, look))
	if after := d.lines(t, forbidden); after != before {
		x, y := firstDifference(before, after)
		changed = "before:\n" + x + "\nafter:\n" + y
	}
	b.WriteString("counted " + d.lines(t, "SELECT last_value FROM public.counter"))
	return b.String(), changed, refused
}

// both plays a session on two databases at a time.
func both(t testing.TB, d, e *database, s writeSession, g *policy.Grant, look string) (x, y, changed string, refused bool) {
	t.Helper()
	var also string
	done := make(chan struct{})
	go func() {
		defer close(done)
		y, also, _ = e.play(t, s, g, look)
	}()
	x, changed, refused = d.play(t, s, g, look)
	<-done
	return x, y, changed + also, refused
}

// A session learns nothing and reaches nothing: it gets the same answers and leaves the same to be seen whatever is hidden, and changes nothing that it must not.
// Without the rewriting it does one or the other.
func TestWriteAttacksReachNothing(t *testing.T) {
	here, there := writeDatabases(t)
	g := writeGrant(t)
	plans, err := plan(here, g, "SELECT * FROM clients ORDER BY id; SELECT * FROM deals ORDER BY id; SELECT * FROM visits ORDER BY id, day; SELECT * FROM memos ORDER BY id; SELECT * FROM stock ORDER BY id; SELECT * FROM tasks ORDER BY id; SELECT * FROM scratch ORDER BY 1, 2, 3")
	if err != nil {
		t.Fatal(err)
	}
	look := joined(plans)
	s := pgtest.Shared(t)
	templates := []string{s.CreateDatabase(t), s.CreateDatabase(t)}
	fresh := func(k int) *database { // a copy, for a session that commits
		name := s.CreateDatabase(t)
		s.Exec(t, "postgres", "DROP DATABASE "+name)
		s.Exec(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE "+templates[k])
		return connect(t, name)
	}
	for k, f := range []string{"", "writes/hidden.sql"} {
		for _, script := range []string{"writes/schema.sql", "writes/reference.sql", f} {
			if script != "" {
				s.Exec(t, templates[k], read(t, script))
			}
		}
	}
	count, refusals, shown := map[string]int{}, map[string]int{}, 0
	for _, a := range writeSessions(t) {
		file, _, _ := strings.Cut(a.place, ":")
		count[file]++
		d, e := here, there
		free := own.MatchString(strings.Join(a.statements, "\n"))
		if free {
			d, e = fresh(0), fresh(1)
		}
		x, y, did, refused := both(t, d, e, a, g, look)
		if refused {
			refusals[file]++
		}
		switch text := strings.Join(a.statements, "\n"); {
		case did != "":
			t.Errorf("%s: %s: it changes what it must not:\n%s\n%s", a.place, a.comment, text, did)
		case x != y:
			m, n := firstDifference(x, y)
			t.Errorf("%s: %s leaks:\n%s\nhere:\n%s\nthere:\n%s", a.place, a.comment, text, m, n)
		}
		if x, y, did, _ = both(t, d, e, a, nil, look); x != y || did != "" {
			shown++
		} else if !a.tries && d.cat.ServerVersion >= 150000 { // an older server knows no MERGE
			t.Errorf("%s: this does nothing without the rewriting either, so it shows nothing (or only “tries”):\n%s", a.place, strings.Join(a.statements, "\n"))
		}
	}
	all := 0
	for _, f := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%-28s %4d sessions, %4d of them with a refusal", f, count[f], refusals[f])
		all += count[f]
	}
	t.Logf("%d sessions; %d would work without the rewriting", all, shown)
}
