package proxy

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cordon/internal/pgtest"
	"cordon/wire"
)

// On a Unix socket clients are served as over TCP: TLS is declined and not demanded, what runs can be cancelled, and a rule about addresses fits nobody who comes so. Everybody may connect, and nobody is trusted for who they are on this machine.
func TestUnixSocket(t *testing.T) {
	ctx := context.Background()
	pg := pgtest.Start(t, pgtest.WithAuth("scram-sha-256"), pgtest.WithPassword("secret"))
	pg.Exec(t, "postgres", "CREATE ROLE alice LOGIN PASSWORD 'secret'; CREATE TABLE t (a int); CREATE TABLE u (a int); GRANT ALL ON t, u TO alice")
	const policy = `
version: 1
defaults: {tables: allow}
users: {alice: {}, postgres: {}}
rules:
  - {name: from somewhere, users: [alice], tables: [public.t], allow: [select], when: {from: [0.0.0.0/0, "::/0"]}}
`
	for _, loops := range []bool{false, true} {
		t.Run(fmt.Sprint("loops ", loops), func(t *testing.T) {
			dir, err := os.MkdirTemp("", "cordon-socket-") // t.TempDir's names are too long for a socket's
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			l, err := ListenUnix(filepath.Join(dir, ".s.PGSQL.6432"))
			if err != nil {
				t.Fatal(err)
			}
			f := serveAt(t, pg.Addr(), policy, func(s *Server) { s.loops, s.Limits.Drain, s.TLS.Mode = loops, time.Millisecond, TLSAlways }, l)
			connect := func(user, password string) (*pgx.Conn, error) {
				return pgx.Connect(ctx, fmt.Sprintf("host=%s port=6432 user=%s password=%s dbname=postgres sslmode=disable", dir, user, password))
			}
			for _, user := range []string{"postgres", "alice"} { // the one has the name of whom the server runs as
				if _, err := connect(user, "wrong"); err == nil || !strings.Contains(err.Error(), "28P01") {
					t.Errorf("%s with a wrong password: %v", user, err)
				}
			}
			c, err := connect("alice", "secret")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close(ctx)
			expect(t, show(c, pgx.QueryExecModeExec, "SELECT count(*) FROM u"), "0\nSELECT 1")
			expect(t, show(c, pgx.QueryExecModeExec, "SELECT count(*) FROM t"), "ERROR 42501: permission denied for table public.t")
			over, err := net.Dial("unix", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer over.Close()
			over.Write(wire.AppendRequest(nil, wire.CodeSSL))
			var answer [1]byte
			if _, err := io.ReadFull(over, answer[:]); err != nil || answer[0] != 'N' {
				t.Errorf("a request for TLS is answered %q, %v", answer, err)
			}
			dba, err := connect("postgres", "secret")
			if err != nil {
				t.Fatal(err)
			}
			defer dba.Close(ctx)
			pg.Exec(t, "postgres", "CREATE TABLE IF NOT EXISTS locked (a int)")
			locking, err := connect("postgres", "secret")
			if err != nil {
				t.Fatal(err)
			}
			defer locking.Close(ctx)
			expect(t, show(locking, pgx.QueryExecModeExec, "BEGIN"), "BEGIN")
			expect(t, show(locking, pgx.QueryExecModeExec, "LOCK TABLE locked"), "LOCK TABLE")
			waiting := make(chan string)
			go func() { waiting <- show(dba, pgx.QueryExecModeExec, "SELECT * FROM locked") }()
			for fmt.Sprint(pg.Query(t, "postgres", fmt.Sprintf("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %d", dba.PgConn().PID()))) != "[[Lock]]" {
				time.Sleep(time.Millisecond)
			}
			if err := dba.PgConn().CancelRequest(ctx); err != nil {
				t.Error(err)
			}
			expect(t, <-waiting, "ERROR 57014: canceling statement due to user request")
			f.stop()
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("Cordon has ended, and left %v", left)
			}
		})
	}
}

// A socket that is left over is taken away; one that serves, and what is no socket, are not.
func TestListenUnix(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, ".s.PGSQL.6432")
	l, err := ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o777 {
		t.Errorf("%v %v", info, err)
	}
	if _, err := ListenUnix(path); err == nil || !strings.Contains(err.Error(), "another program listens on "+path+": end it, or name another folder or port") {
		t.Errorf("twice: %v", err)
	}
	if _, err := net.Dial("unix", path); err != nil {
		t.Errorf("the first is gone: %v", err)
	}
	l.Close()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("closed, and still there: %v", err)
	}
	left, err := net.Listen("unix", path) // as by one that was killed
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	left.Close()
	if l, err = ListenUnix(path); err != nil {
		t.Fatalf("left over: %v", err)
	}
	l.Close()
	if err := os.WriteFile(path, []byte("somebody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ListenUnix(path); err == nil || err.Error() != path+" is there, and is no socket: move it away, or name another folder or port" {
		t.Errorf("a file: %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "somebody's" {
		t.Errorf("the file holds %q", b)
	}
}
