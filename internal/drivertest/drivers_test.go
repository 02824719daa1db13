package drivertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cordon/internal/instance"
	"cordon/internal/pgtest"

	"github.com/jackc/pgx/v5"
)

const setUpSQL = `
CREATE TABLE people (id integer PRIMARY KEY, name varchar(60) NOT NULL, born date, paid numeric(10,2) DEFAULT 0);
INSERT INTO people SELECT i, CASE WHEN i = 3 THEN '张伟' ELSE 'person ' || i END, date '1990-01-01' + i, i * 1.25 FROM generate_series(1, 900) i;
CREATE FUNCTION public.twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
GRANT ALL ON people TO owner_of_all;
GRANT CREATE, TEMPORARY ON DATABASE crm TO owner_of_all;
`

const policy = `version: 1
defaults: {tables: allow}
users:
  owner_of_all: {roles: [owner]}
roles:
  owner: {may: [ddl, routine, explain, unparsed]}
rules:
  - name: owners
    roles: [owner]
    tables: [public.*]
    allow: [select, insert, update, delete, truncate, copy_from]
`

// fixture is a server that wants SCRAM-SHA-256, and Cordon before it with TLS on both sides.
type fixture struct {
	server  *pgtest.Server
	proxy   *instance.Instance
	program string
}

func setUp(t *testing.T) fixture {
	t.Helper()
	server := pgtest.Start(t, pgtest.WithAuth("scram-sha-256"), pgtest.WithSSL())
	server.Exec(t, "postgres", "CREATE ROLE owner_of_all LOGIN PASSWORD 'pass-word'")
	server.Exec(t, "postgres", "CREATE DATABASE crm")
	server.Exec(t, "crm", setUpSQL)
	dir := t.TempDir()
	program, err := instance.Build(t.Context(), dir, "cordon/cmd/cordon")
	if err != nil {
		t.Fatal(err)
	}
	if err := pgtest.WriteCertificates(filepath.Join(dir, "ca.crt"), filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key")); err != nil {
		t.Fatal(err)
	}
	f := fixture{server: server, program: program}
	f.proxy = f.start(t, filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key"))
	return f
}

// start starts Cordon with a certificate for its clients.
func (f fixture) start(t *testing.T, cert, key string) *instance.Instance {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	proxy, err := instance.Start(t.Context(), f.program, dir, f.server.Addr(), func(listen, upstream, admin string) string {
		return fmt.Sprintf(`listen: %s
upstream: %s
tls: {mode: allow, cert: %q, key: %q}
upstream_tls: {mode: require}
policy: policy.yaml
audit: {dir: audit, key: audit.key}
admin: {listen: %s}
`, listen, strings.Replace(upstream, "127.0.0.1", "localhost", 1), cert, key, admin)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("what cordon printed:\n%s", proxy.Log())
		}
	})
	return proxy
}

// dsn turns channel binding off: a client that could bind says so in the SCRAM exchange, and a server behind a second TLS connection takes that for a man in the middle.
func (f fixture) dsn(addr, sslmode string) string {
	return fmt.Sprintf("postgresql://owner_of_all:pass-word@%s/crm?sslmode=%s&channel_binding=disable", addr, sslmode)
}

func TestDrivers(t *testing.T) {
	f := setUp(t)
	for _, d := range []struct {
		name string
		argv func(t *testing.T, dsn string) []string
	}{
		{"psql", func(t *testing.T, dsn string) []string {
			return []string{program(t, pgtest.ClientProgram("psql"), "psql"), "-X", "-d", dsn, "-f", "testdata/script.sql"}
		}},
		{"psycopg2", func(t *testing.T, dsn string) []string { return []string{python(t), "testdata/script.py", dsn} }},
		{"node-postgres", func(t *testing.T, dsn string) []string { return []string{node(t), "testdata/script.js", dsn} }},
	} {
		t.Run(d.name, func(t *testing.T) {
			for _, sslmode := range []string{"disable", "require"} {
				want := f.run(t, d.argv(t, f.dsn(f.server.Addr(), sslmode)))
				got := f.run(t, d.argv(t, f.dsn(f.proxy.Addr, sslmode)))
				if got != want {
					t.Errorf("sslmode=%s: through Cordon %s prints something else\n%s", sslmode, d.name, differences(got, want))
				}
				if len(want) < 500 {
					t.Errorf("sslmode=%s: %s printed only:\n%s", sslmode, d.name, want)
				}
			}
		})
	}
	t.Run("pgx", f.pgx)
	t.Run("pgbench", f.pgbench)
	t.Run("channel binding", f.channelBinding)
}

// channelBinding: with the server's own certificate before the clients, what tls-server-end-point binds to is the same on both sides, and a client may insist on it.
func (f fixture) channelBinding(t *testing.T) {
	dir := filepath.Dir(f.server.CertFile)
	proxy := f.start(t, f.server.CertFile, filepath.Join(dir, "server.key"))
	for _, binding := range []string{"require", "prefer"} {
		dsn := fmt.Sprintf("postgresql://owner_of_all:pass-word@%s/crm?sslmode=require&channel_binding=%s", proxy.Addr, binding)
		out, err := pgtest.Psql(dsn, "SELECT count(*) FROM people", "-At")
		if err != nil || out != "900\n" {
			t.Errorf("channel_binding=%s: %v\n%s", binding, err, out)
		}
	}
}

// run runs a client and answers what it printed, without what two runs cannot agree on.
func (f fixture) run(t *testing.T, argv []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "PGCLIENTENCODING=UTF8", "LC_ALL=C.UTF-8", "PYTHONIOENCODING=utf-8", "PGSSLROOTCERT=", "PGGSSENCMODE=disable")
	if os.Getenv("NODE_PATH") == "" {
		cmd.Env = append(cmd.Env, "NODE_PATH="+nodeModules)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", argv[0], err, out)
	}
	text := string(out)
	for _, addr := range []string{f.server.Addr(), f.proxy.Addr} {
		_, port, _ := strings.Cut(addr, ":")
		text = strings.ReplaceAll(text, port, "<port>")
	}
	return sslLine.ReplaceAllString(text, "SSL connection")
}

// sslLine is how psql describes the cipher, which Cordon and PostgreSQL each choose for themselves.
var sslLine = regexp.MustCompile(`SSL connection \(.*\)`)

func program(t *testing.T, path, name string) string {
	t.Helper()
	if path == "" {
		missing(t, name)
	}
	return path
}

// missing skips the test, or fails it where everything is expected to be there.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CORDON_REQUIRE_PG") != "" {
		t.Fatalf("%s is missing: scripts/deps.sh test installs it", what)
	}
	t.Skipf("%s is missing: scripts/deps.sh test installs it", what)
}

func python(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(path, "-c", "import psycopg2").Run() == nil {
			return path
		}
	}
	missing(t, "psycopg2")
	return ""
}

var nodeModules, _ = filepath.Abs("../../.cache/node/node_modules")

func node(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err == nil {
		cmd := exec.Command(path, "-e", "require('pg')")
		if os.Getenv("NODE_PATH") == "" {
			cmd.Env = append(os.Environ(), "NODE_PATH="+nodeModules)
		}
		err = cmd.Run()
	}
	if err != nil {
		missing(t, "node-postgres")
	}
	return path
}

// differences are the lines at which two texts part.
func differences(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	var out strings.Builder
	shown := 0
	for i := range max(len(g), len(w)) {
		a, b := "(end)", "(end)"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			fmt.Fprintf(&out, "line %d\n  through: %s\n directly: %s\n", i+1, a, b)
			if shown++; shown == 8 {
				break
			}
		}
	}
	return out.String()
}

// pgx is what Go applications use: prepared statements, binary formats, batches, COPY, in each of its ways to run a query.
func (f fixture) pgx(t *testing.T) {
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		var texts [2]string
		for i, addr := range []string{f.proxy.Addr, f.server.Addr()} {
			texts[i] = pgxScript(t, f.dsn(addr, "require"), mode)
		}
		if texts[0] != texts[1] {
			t.Errorf("%v: pgx sees something else through Cordon\n%s", mode, differences(texts[0], texts[1]))
		}
	}
}

func pgxScript(t *testing.T, dsn string, mode pgx.QueryExecMode) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = mode
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var out strings.Builder
	query := func(sql string, args ...any) {
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			fmt.Fprintf(&out, "error %v\n", err)
			return
		}
		for rows.Next() {
			values, err := rows.Values()
			fmt.Fprintln(&out, values, err)
		}
		fmt.Fprintln(&out, rows.CommandTag(), rows.Err())
	}
	query("SELECT id, name, born, paid FROM people WHERE id < $1 ORDER BY id", 4)
	query("SELECT $1::int[], $2::timestamptz, $3::bool, $4::text", []int32{1, 2}, time.Unix(1700000000, 0).UTC(), true, "é'\\")
	query("SELECT nonsense")
	query("SELECT 1 WHERE false")
	for i := range 3 {
		query("SELECT name FROM people WHERE id = $1", i+1)
	}
	if mode != pgx.QueryExecModeSimpleProtocol {
		batch := &pgx.Batch{}
		batch.Queue("SELECT 1")
		batch.Queue("SELECT id FROM people WHERE id = $1", 7)
		batch.Queue("SELECT 1/0")
		batch.Queue("SELECT 2")
		results := conn.SendBatch(ctx, batch)
		for range batch.Len() {
			var n int
			err := results.QueryRow().Scan(&n)
			fmt.Fprintln(&out, "batch", n, err)
		}
		fmt.Fprintln(&out, results.Close())
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	n, err := tx.CopyFrom(ctx, pgx.Identifier{"people"}, []string{"id", "name"}, pgx.CopyFromRows([][]any{{7001, "copy"}, {7002, "复制"}}))
	fmt.Fprintln(&out, "copy", n, err)
	query("SELECT id, name FROM people WHERE id > 7000 ORDER BY id")
	fmt.Fprintln(&out, tx.Rollback(ctx))
	short, stop := context.WithTimeout(ctx, 200*time.Millisecond)
	defer stop()
	_, err = conn.Exec(short, "SELECT pg_sleep(20)")
	fmt.Fprintln(&out, "cancelled", err != nil)
	return out.String()
}

// pgbench runs its own transactions with several clients, each in its three ways to send a statement.
func (f fixture) pgbench(t *testing.T) {
	path := program(t, pgtest.ClientProgram("pgbench"), "pgbench")
	_, port, _ := strings.Cut(f.proxy.Addr, ":")
	run := func(args ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, path, append(args, "-h", "127.0.0.1", "-p", port, "-U", "owner_of_all", "crm")...)
		cmd.Env = append(os.Environ(), "PGPASSWORD=pass-word", "PGSSLMODE=require", "PGCHANNELBINDING=disable", "PGSSLROOTCERT=")
		if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "aborted") {
			t.Fatalf("pgbench %v: %v\n%s", args, err, out)
		}
	}
	f.server.Exec(t, "crm", "GRANT CREATE ON SCHEMA public TO owner_of_all")
	run("-i", "-q", "-s", "1")
	for _, mode := range []string{"simple", "extended", "prepared"} {
		run("-n", "-M", mode, "-c", "8", "-j", "2", "-t", "50")
	}
	got := f.server.Query(t, "crm", "SELECT count(*), (SELECT sum(abalance) FROM pgbench_accounts) = sum(delta) FROM pgbench_history")
	if fmt.Sprint(got) != "[[1200 t]]" {
		t.Errorf("after 3 × 8 × 50 transactions the books say %v", got)
	}
}
