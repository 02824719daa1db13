package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// TB is what this package needs of a testing.TB.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(func())
	Failed() bool
}

// Option changes how Start starts a server.
type Option func(*Options)

// WithAuth sets the authentication method for all but the superuser over the Unix socket: trust, password, md5 or scram-sha-256.
func WithAuth(method string) Option { return func(o *Options) { o.Auth = method } }

// WithHBA puts lines of pg_hba.conf before the line of the authentication method.
func WithHBA(lines ...string) Option { return func(o *Options) { o.HBA = append(o.HBA, lines...) } }

// WithPassword gives the superuser a password.
func WithPassword(password string) Option { return func(o *Options) { o.Password = password } }

// WithSSL turns TLS on with a certificate made for this server; see Server.CAFile.
func WithSSL() Option { return func(o *Options) { o.SSL = true } }

// WithConf adds lines of postgresql.conf.
func WithConf(lines ...string) Option { return func(o *Options) { o.Conf = append(o.Conf, lines...) } }

// WithStatementLog makes the server log every statement; see Server.LogPath.
func WithStatementLog() Option { return func(o *Options) { o.Log = true } }

// Start starts a server for one test and stops it when the test ends. Without PostgreSQL on the machine the test is skipped, unless CORDON_REQUIRE_PG is set, which makes it fail.
// When the test has failed, the end of the server's log is shown.
func Start(t TB, opts ...Option) *Server {
	t.Helper()
	var o Options
	for _, f := range opts {
		f(&o)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*startTimeout)
	defer cancel()
	s, err := Run(ctx, o)
	if err != nil {
		noServer(t, err)
		return nil
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("end of the server's log:\n%s", s.logTail(4000))
		}
		s.Stop()
	})
	return s
}

func noServer(t TB, err error) {
	t.Helper()
	if errors.Is(err, ErrNoServer) && os.Getenv("CORDON_REQUIRE_PG") == "" {
		t.Skipf("no PostgreSQL to test against: %v", err)
	}
	t.Fatalf("start PostgreSQL: %v", err)
}

func (s *Server) logTail(n int64) string {
	st, err := os.Stat(s.LogPath())
	if err != nil {
		return err.Error()
	}
	return s.logSince(max(0, st.Size()-n))
}

var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Shared is a server for all tests of a package: it trusts everyone and is started at the first call. It ends with the process, or in Main.
// Tests keep out of each other's way with CreateDatabase.
func Shared(t TB) *Server {
	t.Helper()
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*startTimeout)
		defer cancel()
		// Plans, and with them the order of rows that nobody has asked for, must not depend on when autovacuum comes by.
		shared.server, shared.err = Run(ctx, Options{Conf: []string{"max_connections = 200", "max_prepared_transactions = 10", "autovacuum = off"}})
	})
	if shared.err != nil {
		noServer(t, shared.err)
	}
	return shared.server
}

// Main runs a package's tests and then stops the shared server, for a TestMain that wants to be sure that it is gone: func TestMain(m *testing.M) { pgtest.Main(m) }.
func Main(m interface{ Run() int }) {
	code := m.Run()
	shared.once.Do(func() {})
	if shared.server != nil {
		shared.server.Stop()
	}
	os.Exit(code)
}

// CreateDatabase makes a database with a name of its own and drops it when the test ends.
func (s *Server) CreateDatabase(t TB) string {
	t.Helper()
	s.mu.Lock()
	s.dbs++
	name := fmt.Sprintf("test%d", s.dbs)
	s.mu.Unlock()
	s.Exec(t, "postgres", "CREATE DATABASE "+name)
	t.Cleanup(func() {
		if err := s.ExecErr("postgres", "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Logf("drop the test's database: %v", err)
		}
	})
	return name
}

// Major is the server's major version.
func (s *Server) Major(t TB) int {
	t.Helper()
	n, err := strconv.Atoi(s.Query(t, "postgres", "SELECT current_setting('server_version_num')::int / 10000")[0][0])
	if err != nil {
		t.Fatalf("the server's version: %v", err)
	}
	return n
}

// Exec runs a string of statements as the superuser and fails the test when the server refuses.
func (s *Server) Exec(t TB, db, sql string) {
	t.Helper()
	if err := s.ExecErr(db, sql); err != nil {
		t.Fatalf("%v\nin: %s", err, abbreviate(sql))
	}
}

// Query is Exec that gives the rows of the last statement that has any; NULL is shown as "NULL".
func (s *Server) Query(t TB, db, sql string) [][]string {
	t.Helper()
	rows, err := s.QueryErr(db, sql)
	if err != nil {
		t.Fatalf("%v\nin: %s", err, abbreviate(sql))
	}
	out := make([][]string, len(rows))
	for i, row := range rows {
		for _, v := range row {
			if v == nil {
				out[i] = append(out[i], "NULL")
			} else {
				out[i] = append(out[i], *v)
			}
		}
	}
	return out
}

// Connect opens a session as any user over TCP, and closes it when the test ends.
func (s *Server) Connect(t TB, user, password, db string) *Session {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	session, err := Connect(ctx, s.Addr(), user, password, db)
	if err != nil {
		t.Fatalf("connect as %s: %v", user, err)
	}
	t.Cleanup(func() { session.Close() })
	return session
}

// Psql feeds a script to psql as the superuser and gives what it printed; the test fails when psql stops at an error.
func (s *Server) Psql(t TB, db, script string, args ...string) string {
	t.Helper()
	out, err := s.PsqlErr(db, script, args...)
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	return out
}

// PsqlErr is Psql without a test. The output holds standard output and standard error in the order in which psql wrote them.
func (s *Server) PsqlErr(db, script string, args ...string) (string, error) {
	return Psql(s.UserDSN("postgres", s.opts.Password, db), script, append([]string{"-v", "ON_ERROR_STOP=1"}, args...)...)
}

// Psql feeds a script to psql at any address (a DSN such as Server.DSN gives) and gives what it printed, on standard output and standard error together.
func Psql(dsn, script string, args ...string) (string, error) {
	path := ClientProgram("psql")
	if path == "" {
		return "", errors.New("psql was not found: install PostgreSQL's client programs (Debian and Ubuntu: apt-get install postgresql-client)")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"-X", "-q", "-d", dsn}, args...)...)
	cmd.Env = append(serverEnv(), "PGCLIENTENCODING=UTF8", "PGCONNECT_TIMEOUT=20")
	cmd.Stdin = strings.NewReader(script)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func abbreviate(sql string) string {
	if len(sql) > 2000 {
		return sql[:2000] + "…"
	}
	return sql
}
