package proxy

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cordon/audit"
	"cordon/guard"
	"cordon/internal/golden"
	"cordon/internal/pgtest"
	"cordon/policy"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// front is a Cordon in front of a server.
type front struct {
	*Server
	addr     string
	auditDir string
	stop     func() // SIGTERM; returns when Serve has
}

const everybodyMayEverything = `
version: 1
defaults: {tables: allow}
roles:
  all: {may: [ddl, routine, explain, unparsed]}
users:
  postgres: {roles: [all]}
`

func parsePolicy(t testing.TB, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// serve starts a Cordon for one test. change may alter the server before it starts.
func serve(t testing.TB, upstream, policyText string, change func(*Server)) *front {
	t.Helper()
	return serveAt(t, upstream, policyText, change)
}

// serveAt serves at other listeners too.
func serveAt(t testing.TB, upstream, policyText string, change func(*Server), others ...net.Listener) *front {
	t.Helper()
	f := &front{Server: &Server{Upstream: Upstream{Address: upstream}, patience: 100}, auditDir: t.TempDir()}
	log, err := audit.Open(context.Background(), audit.Options{Dir: f.auditDir, KeyFile: filepath.Join(t.TempDir(), "audit.key"), Node: "test", Fsync: audit.Interval})
	if err != nil {
		t.Fatal(err)
	}
	f.Audit = log
	f.Guard = &guard.Guard{Windows: guard.NewWindows(0), Ceiling: guard.NewCeiling(0)}
	f.Log = slog.New(slog.NewTextHandler(testLog(t), nil))
	if change != nil {
		change(f.Server)
	}
	f.SetPolicy(parsePolicy(t, policyText))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Serve(ctx, append(others, l)...) }()
	stopped := false
	f.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(time.Minute):
			t.Errorf("Serve does not end")
		}
		log.Close(context.Background())
	}
	t.Cleanup(f.stop)
	return f
}

func testLog(testing.TB) io.Writer {
	if os.Getenv("CORDON_TEST_LOG") != "" {
		return os.Stderr
	}
	return io.Discard
}

// dialogueTarget is a database that the dialogues can be played in.
func dialogueTarget(t *testing.T) pgtest.Target {
	t.Helper()
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	setup, err := os.ReadFile("../testdata/wire/setup.sql")
	if err != nil {
		t.Fatal(err)
	}
	pg.Exec(t, db, string(setup))
	return pgtest.Target{Addr: pg.Addr(), Server: pg.Addr(), User: "postgres", Database: db}
}

// playBoth plays a dialogue through Cordon. The transcripts in the files are those of PostgreSQL 15; another version's is made here.
func playBoth(t *testing.T, direct, through pgtest.Target, path string) {
	if pgtest.Shared(t).Major(t) == 15 {
		pgtest.RunScript(t, through, path)
		return
	}
	if pgtest.Shared(t).Major(t) < 14 && filepath.Base(path) == "bytes-behind-ssl-request.wire" {
		t.Skip("older servers say it in a message of protocol 2; Cordon says it as 14 and later do")
	}
	want, err := pgtest.Play(t.Context(), direct, path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgtest.Play(t.Context(), through, path)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Error(golden.Difference(want, got))
	}
}

// everybodyIsWatched hides nothing, but has every statement read, its names resolved, and it decided.
const everybodyIsWatched = everybodyMayEverything + `
rules:
  - {name: watched, tables: [elsewhere.*], allow: [], mode: observe}
`

// Every dialogue must read as it does with PostgreSQL itself: the transcripts in the files are PostgreSQL's own.
func TestTransparentDialogues(t *testing.T) {
	to := dialogueTarget(t)
	files, _ := filepath.Glob("../testdata/wire/transparent/*.wire")
	if len(files) == 0 {
		t.Fatal("no dialogues")
	}
	for name, how := range map[string]struct {
		policy string
		loops  bool
	}{"may": {everybodyMayEverything, false}, "watched": {everybodyIsWatched, false}, "loops": {everybodyMayEverything, true}} {
		f := serve(t, to.Addr, how.policy, func(s *Server) { s.Limits.Drain, s.loops = time.Millisecond, how.loops })
		through := to
		through.Addr = f.addr
		for _, path := range files {
			t.Run(name+"/"+strings.TrimSuffix(filepath.Base(path), ".wire"), func(t *testing.T) { playBoth(t, to, through, path) })
		}
	}
	f := serve(t, to.Addr, everybodyMayEverything, nil)
	to.Addr = f.addr
	// What Cordon answers itself: PostgreSQL may have been built with GSSAPI.
	pgtest.RunScript(t, to, "../testdata/wire/login/encryption-declined.wire")
}
