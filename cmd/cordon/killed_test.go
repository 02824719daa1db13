package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cordon/audit"
	"cordon/internal/instance"
	"cordon/internal/pgtest"
)

const killedPolicy = `version: 1
users: {app: {}}
rules:
  - {name: own, users: [app], tables: [public.deals], allow: [select, update], rows: owner > 0}
`

// compareEvery is after how many kills the logs are compared: a run that is broken off has shown something.
const compareEvery = 100

// The program is killed at random moments under load, CORDON_KILLS times (2 without it), in turn with each fsync mode. Every statement that the server's own log has, has its intent in the audit log; what a client got an answer to has its outcome; and the log verifies.
func TestKilledUnderLoad(t *testing.T) {
	rounds := 2
	if n, err := strconv.Atoi(os.Getenv("CORDON_KILLS")); err == nil {
		rounds = n
	}
	pg := pgtest.Start(t, pgtest.WithStatementLog())
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, `CREATE ROLE app LOGIN; CREATE TABLE deals (owner int, note text); INSERT INTO deals SELECT i, 'x' FROM generate_series(1, 30) i; GRANT ALL ON deals TO app`)
	dir := t.TempDir()
	program, err := instance.Build(t.Context(), dir, "cordon/cmd/cordon")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(killedPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(fsync string) *instance.Instance {
		t.Helper()
		app, err := instance.Start(t.Context(), program, dir, pg.Addr(), func(listen, upstream, admin string) string {
			return fmt.Sprintf("listen: %s\nupstream: %s\npolicy: policy.yaml\nadmin: {listen: \"%s\"}\naudit: {fsync: %s}\n", listen, upstream, admin, fsync)
		})
		if err != nil {
			t.Fatal(err)
		}
		return app
	}
	var mu sync.Mutex
	answered := map[string]bool{}
	load := func(ctx context.Context, addr string, round, who int, some chan<- bool) {
		c, err := pgx.Connect(ctx, "postgres://app@"+addr+"/"+db+"?sslmode=disable")
		if err != nil {
			return
		}
		defer c.Close(context.Background())
		modes := []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec, pgx.QueryExecModeCacheStatement}
		for n := 0; ctx.Err() == nil; n++ {
			marker := fmt.Sprintf("m-%d-%d-%d.", round, who, n)
			sql := "SELECT count(*) FROM deals WHERE note <> $1"
			if n%5 == 4 {
				sql = "UPDATE deals SET note = $1 WHERE owner = 3"
			}
			if _, err := c.Exec(ctx, sql, modes[n%3], marker); err != nil {
				return
			}
			mu.Lock()
			answered[marker] = true
			mu.Unlock()
			select {
			case some <- true:
			default:
			}
		}
	}
	compare := func(kills int) {
		last := start("never") // brings the log to order
		c, err := pgx.Connect(t.Context(), "postgres://app@"+last.Addr+"/"+db+"?sslmode=disable")
		if err != nil {
			t.Fatal(err)
		}
		c.Close(t.Context())
		if err := last.Stop(); err != nil {
			t.Fatal(err)
		}
		intents, ended := map[string]bool{}, map[string]bool{}
		find := regexp.MustCompile(`m-\d+-\d+-\d+\.`)
		unknown := 0
		if err := audit.Search(t.Context(), filepath.Join(dir, "audit"), audit.Filter{Statements: true}, func(e *audit.Execution) error {
			if e.TextErr != nil {
				return e.TextErr
			}
			m := find.FindString(e.Texts.SQL + e.Texts.Params)
			intents[m] = true
			ended[m] = e.Outcome != nil
			if e.Outcome != nil && e.Outcome.End == "unknown" {
				unknown++
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		server, err := os.ReadFile(pg.LogPath())
		if err != nil {
			t.Fatal(err)
		}
		ran, bare, lost := map[string]bool{}, 0, 0
		for _, m := range find.FindAllString(string(server), -1) {
			if !ran[m] && !intents[m] {
				bare++
			}
			ran[m] = true
		}
		for m := range answered {
			if !ended[m] {
				lost++
			}
		}
		if bare > 0 || lost > 0 || len(answered) < kills {
			t.Errorf("%d statements reached the server without an intent, %d answered ones have no outcome; %d ran, %d were answered", bare, lost, len(ran), len(answered))
		}
		key, err := audit.ReadVerifier(filepath.Join(dir, "audit.key.pub"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := audit.Verify(t.Context(), filepath.Join(dir, "audit"), audit.VerifyOptions{Keys: []string{key}, Texts: true})
		if err != nil || !r.OK() || r.Pending > 0 {
			t.Errorf("%v %+v", err, r)
		}
		t.Logf("%d kills: %d statements in the server's log, %d of them without an intent; %d answered, %d of them lost; %d outcomes unknown", kills, len(ran), bare, len(answered), lost, unknown)
	}
	for round := range rounds {
		app := start([]string{"never", "interval", "always"}[round%3])
		ctx, cancel := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		some := make(chan bool, 1)
		for who := range 8 {
			clients.Go(func() { load(ctx, app.Addr, round, who, some) })
		}
		select {
		case <-some:
		case <-time.After(time.Minute):
			t.Errorf("nothing was answered in a minute:\n%s", app.Log())
		}
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
		if err := syscall.Kill(app.Pid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		app.Stop() // it has ended; this waits for it
		cancel()
		clients.Wait()
		if (round+1)%compareEvery == 0 || round == rounds-1 {
			compare(round + 1)
		}
	}
}
