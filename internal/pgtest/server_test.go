package pgtest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv("PGTEST_CHILD") != "" {
		childMain()
	}
	Main(m)
}

func TestServerIsGoneAfterStop(t *testing.T) {
	start := time.Now()
	s := Start(t)
	t.Logf("started in %v", time.Since(start))
	pid := s.Pid()
	if got := s.Query(t, "postgres", "SELECT 1, NULL, 'x'"); len(got) != 1 || strings.Join(got[0], ",") != "1,NULL,x" {
		t.Errorf("query gave %v", got)
	}
	start = time.Now()
	s.Stop()
	t.Logf("stopped in %v", time.Since(start))
	gone(t, pid, s.dir)
}

func gone(t *testing.T, pid int, dir string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		_, err := os.Stat(dir)
		alive := !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
		// In a container whose first process does not reap orphans, a dead one stays as a zombie.
		if stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil && strings.Contains(string(stat), ") Z ") {
			alive = false
		}
		if errors.Is(err, fs.ErrNotExist) && !alive {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("ten seconds later: server alive %v, folder: %v", alive, err)
		}
	}
}

// childMain is a process of its own that starts a server and waits to be killed.
func childMain() {
	s, err := Run(context.Background(), Options{})
	if err != nil {
		os.Stdout.WriteString("error " + err.Error() + "\n")
		os.Exit(1)
	}
	os.Stdout.WriteString(strconv.Itoa(s.Pid()) + " " + s.dir + "\n")
	select {}
}

func TestServerDiesWithItsParent(t *testing.T) {
	if _, err := FindBinaries(); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PGTEST_CHILD=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 500)
	n, err := out.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	first, dir, _ := strings.Cut(strings.TrimSpace(string(buf[:n])), " ")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatalf("child said %q", buf[:n])
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	gone(t, pid, dir)
}

func TestRestartKeepsDataAndPort(t *testing.T) {
	s := Start(t)
	s.Exec(t, "postgres", "CREATE TABLE kept AS SELECT 7 AS n")
	s.Exec(t, "postgres", "CHECKPOINT") // a server for tests commits before it writes: killed, it forgets
	port := s.Port
	for name, end := range map[string]func(){"shutdown": s.Shutdown, "kill": s.Kill, "nothing": func() {}} {
		end()
		if err := s.Restart(context.Background()); err != nil {
			t.Fatalf("restart after %s: %v", name, err)
		}
		if got := s.Query(t, "postgres", "SELECT n FROM kept"); s.Port != port || got[0][0] != "7" {
			t.Errorf("after %s: port %d → %d, rows %v", name, port, s.Port, got)
		}
	}
}

func TestAuthenticationMethods(t *testing.T) {
	for _, method := range []string{"trust", "password", "md5", "scram-sha-256"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			s := Start(t, WithAuth(method), WithPassword("top"), WithSSL(), WithStatementLog())
			s.Exec(t, "postgres", "CREATE ROLE alice LOGIN PASSWORD 'it''s'")
			rows, err := s.Connect(t, "alice", "it's", "postgres").Query(context.Background(), "SELECT current_user")
			if err != nil || *rows[0][0] != "alice" {
				t.Errorf("%v %v", rows, err)
			}
			if out := s.Psql(t, "postgres", "SELECT current_user", "-At"); out != "postgres\n" {
				t.Errorf("psql: %q", out)
			}
			_, err = Connect(context.Background(), s.Addr(), "alice", "wrong", "postgres")
			var refused *Error
			if method != "trust" && (!errors.As(err, &refused) || refused.Code != "28P01") {
				t.Errorf("a wrong password gave %v", err)
			}
			c, err := dial(context.Background(), s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			cfg, err := s.TLSConfig()
			if err != nil {
				t.Fatal(err)
			}
			if answer, err := c.requestTLS(cfg); answer != 'S' || err != nil {
				t.Errorf("TLS: %q %v", answer, err)
			}
			if log := s.logTail(10000); !strings.Contains(log, "alice@postgres LOG:  statement: SELECT current_user") {
				t.Errorf("log:\n%s", log)
			}
		})
	}
}

func TestSharedServerGivesDatabases(t *testing.T) {
	s := Shared(t)
	if s != Shared(t) {
		t.Error("a second server was started")
	}
	a, b := s.CreateDatabase(t), s.CreateDatabase(t)
	if a == b {
		t.Error("two databases of one name")
	}
	s.Exec(t, a, "CREATE TABLE t (i int)")
	s.Exec(t, b, "CREATE TABLE t (i int)")
}
