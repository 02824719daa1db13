package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cordon/audit"
	"cordon/internal/instance"
	"cordon/internal/pgtest"
)

// Whatever a client does, in every way to do it, is in the log, and each statement that went to the server has one outcome; so are logins that failed, policies that were put in force or refused, start and stop.
func TestEverythingIsRecorded(t *testing.T) {
	pg := pgtest.Start(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, `CREATE ROLE app LOGIN; CREATE TABLE deals (owner int, note text); INSERT INTO deals SELECT i, 'x' FROM generate_series(1, 30) i; GRANT ALL ON deals TO app; CREATE TABLE secret (); GRANT ALL ON secret TO app`)
	dir := t.TempDir()
	program, err := instance.Build(t.Context(), dir, "cordon/cmd/cordon")
	if err != nil {
		t.Fatal(err)
	}
	policy := killedPolicy + "  - {name: nobody, tables: [public.secret], allow: []}\n"
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(policy, "allow: [select, update]", "allow: [select, update, insert, copy_from]", 1))
	app, err := instance.Start(t.Context(), program, dir, pg.Addr(), func(listen, upstream, admin string) string {
		return fmt.Sprintf("listen: %s\nupstream: %s\npolicy: policy.yaml\nadmin: {listen: \"%s\"}\naudit: {fsync: never}\n", listen, upstream, admin)
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	at := func(login string) string {
		return "postgres://" + login + "@" + app.Addr + "/" + db + "?sslmode=disable"
	}
	if _, err := pgx.Connect(ctx, at("stranger")); err == nil {
		t.Error("a login that the server does not know")
	}
	c, err := pgx.Connect(ctx, at("app"))
	if err != nil {
		t.Fatal(err)
	}
	raw := c.PgConn()
	run := func(sql string) { raw.Exec(ctx, sql).ReadAll() }
	run("SELECT owner FROM deals WHERE owner < 4")
	run("SELECT 1; SELECT 2")
	run("SELECT 1/0")
	run("SELECT FROM secret")
	run("SELEC")
	raw.ExecParams(ctx, "SELECT note FROM deals WHERE owner = $1", [][]byte{[]byte("7")}, nil, nil, nil).Read()
	raw.ExecParams(ctx, "SELECT note FROM deals WHERE owner = $1", [][]byte{[]byte("seven")}, nil, nil, nil).Read() // fails in Bind
	run("BEGIN")
	run("DECLARE pages CURSOR FOR SELECT owner FROM deals")
	run("FETCH 5 FROM pages")
	run("FETCH ALL FROM pages")
	run("COMMIT")
	run("PREPARE mine AS SELECT owner FROM deals LIMIT 2")
	run("EXECUTE mine")
	raw.CopyTo(ctx, io.Discard, "COPY deals TO STDOUT")
	raw.CopyFrom(ctx, strings.NewReader("31\ty\n32\ty\n"), "COPY deals FROM STDIN")
	raw.CopyFrom(ctx, strings.NewReader("not a number\ty\n"), "COPY deals FROM STDIN")
	// Of a pipeline, what stands behind an error is skipped.
	var batch pgconn.Batch
	batch.ExecParams("UPDATE deals SET note = 'z' WHERE owner = 1", nil, nil, nil, nil)
	batch.ExecParams("SELECT 1/0", nil, nil, nil, nil)
	batch.ExecParams("SELECT 'skipped'", nil, nil, nil, nil)
	raw.ExecBatch(ctx, &batch).ReadAll()
	other, err := pgx.Connect(ctx, pg.DSN(db))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	if _, err := other.Exec(ctx, "BEGIN; LOCK TABLE deals"); err != nil {
		t.Fatal(err)
	}
	result := raw.Exec(ctx, "SELECT note FROM deals")
	waitFor(t, "the statement waits", func() bool {
		return len(pg.Query(t, db, "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'app'")) == 1
	})
	if err := raw.CancelRequest(ctx); err != nil {
		t.Error(err)
	}
	result.ReadAll()
	c.Close(ctx)
	write("version: 7\n")
	syscall.Kill(app.Pid(), syscall.SIGHUP)
	waitFor(t, "a policy is refused", func() bool { return strings.Contains(app.Log(), "policy.yaml:1:10") })
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	var events []string // a session's end is told beside the others
	outcomes := map[uint64]int{}
	r, err := audit.OpenReader(filepath.Join(dir, "audit"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		rec, err := r.Next()
		if err != nil {
			break
		}
		switch rec.Kind {
		case "stmt.intent":
			outcomes[rec.Seq] += 0
		case "stmt.outcome":
			outcomes[rec.Of]++
		}
	}
	for seq, n := range outcomes {
		if n != 1 {
			t.Errorf("the intent %d has %d outcomes", seq, n)
		}
	}
	if err := audit.Search(context.Background(), filepath.Join(dir, "audit"), audit.Filter{}, func(e *audit.Execution) error {
		rec := e.Record
		switch {
		case rec.Kind == "stmt.intent":
			fmt.Fprintf(&got, "%s %s %s: %s %s %d\n", rec.Path, rec.Cmd, rec.Decision, e.Outcome.End, e.Outcome.SQLState, e.Outcome.Rows)
		case rec.Kind == "stmt.blocked":
			fmt.Fprintf(&got, "%s %s %s: %s", rec.Path, rec.Cmd, rec.Decision, rec.SQLState)
			for _, t := range rec.Tables {
				fmt.Fprintf(&got, " %s by %q under policy %d", t.Name, t.Rule, len(rec.Policy))
			}
			fmt.Fprintln(&got)
		case strings.HasPrefix(rec.Kind, "audit."), strings.HasPrefix(rec.Kind, "dek."):
		default:
			events = append(events, strings.TrimSpace(rec.Kind+" "+rec.Login))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(events)
	got.WriteString(strings.Join(events, "\n") + "\n")
	const want = `simple SELECT rewrite: done  3
simple SELECT allow: done  1
simple SELECT allow: done  1
simple SELECT allow: failed 22012 0
simple  block: 42501 public.secret by "nobody" under policy 64
simple  block: 42601
extended SELECT rewrite: done  1
extended SELECT rewrite: failed 22P02 0
simple BEGIN allow: done  0
simple DECLARE CURSOR rewrite: done  0
simple FETCH allow: done  5
simple FETCH allow: done  25
simple COMMIT allow: done  0
simple PREPARE rewrite: done  0
simple EXECUTE allow: done  2
simple COPY TO rewrite: done  30
simple COPY FROM rewrite: done  2
simple COPY FROM rewrite: failed 22P02 0
extended UPDATE rewrite: done  1
extended SELECT allow: failed 22012 0
extended SELECT allow: skipped  0
simple SELECT rewrite: cancelled 57014 0
log.close
log.open
policy.load
policy.reject
server.start
server.stop
session.auth_failed stranger
session.cancel app
session.close app
session.open app
`
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
}
