package proxy

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cordon/audit"
	"cordon/guard"
	"cordon/internal/pgtest"
)

// TestAuditChild is the process that TestKilledLosesNoStatement kills.
func TestAuditChild(t *testing.T) {
	upstream, dir := os.Getenv("CORDON_TEST_UPSTREAM"), os.Getenv("CORDON_TEST_AUDIT")
	if upstream == "" {
		t.Skip("run by another test")
	}
	mode, err := audit.ParseFsync(os.Getenv("CORDON_TEST_FSYNC"))
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.Open(context.Background(), audit.Options{Dir: dir, KeyFile: dir + ".key", Node: "test", Fsync: mode})
	if err != nil {
		t.Fatal(err)
	}
	srv := &Server{Upstream: Upstream{Address: upstream}, Audit: log, Guard: &guard.Guard{Windows: guard.NewWindows(0), Ceiling: guard.NewCeiling(0)}, Log: slog.New(slog.DiscardHandler)}
	srv.SetPolicy(parsePolicy(t, attackPolicy))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(os.Stderr, "listening", l.Addr())
	t.Fatal(srv.Serve(context.Background(), l))
}

// Whenever Cordon is killed, each statement that the server has run stands in the audit log.
func TestKilledLosesNoStatement(t *testing.T) {
	pg := pgtest.Start(t, pgtest.WithStatementLog())
	pg.Exec(t, "postgres", crmSchema+attackSchema)
	dir := filepath.Join(t.TempDir(), "audit")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		child := exec.Command(os.Args[0], "-test.run=^TestAuditChild$", "-test.timeout=1m")
		child.Env = append(os.Environ(), "CORDON_TEST_UPSTREAM="+pg.Addr(), "CORDON_TEST_AUDIT="+dir, "CORDON_TEST_FSYNC="+[]string{"always", "interval"}[round%2])
		out, err := child.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening ")
		if err != nil || !ok {
			child.Process.Kill()
			t.Fatalf("the child said %q, %v", line, err)
		}
		// Cordon is killed in the middle of its work, after some answers, however long these take.
		var answered atomic.Int64
		var once sync.Once
		enough := make(chan struct{})
		var clients sync.WaitGroup
		for client := range 8 {
			clients.Go(func() {
				user := []string{"alice", "postgres"}[client%2]
				c, err := pgx.Connect(context.Background(), "postgres://"+user+"@"+addr+"/postgres?sslmode=disable")
				if err != nil {
					return
				}
				defer c.Close(context.Background())
				for i := 0; ; i++ {
					mode := []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec, pgx.QueryExecModeCacheStatement}[i%3]
					if _, err := c.Exec(context.Background(), fmt.Sprintf("SELECT 'mark-%d-%d-%d', count(*) FROM customers WHERE id < 3", round, client, i), mode); err != nil {
						return
					}
					if answered.Add(1) == int64(100+100*round) {
						once.Do(func() { close(enough) })
					}
				}
			})
		}
		go func() { clients.Wait(); once.Do(func() { close(enough) }) }()
		<-enough
		child.Process.Kill()
		child.Wait()
		clients.Wait()
	}
	time.Sleep(300 * time.Millisecond) // the server's last lines
	text, err := os.ReadFile(pg.LogPath())
	if err != nil {
		t.Fatal(err)
	}
	mark := regexp.MustCompile(`mark-\d+-\d+-\d+`)
	ran := map[string]bool{}
	for _, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, "statement: ") || strings.Contains(line, "execute ") {
			for _, m := range mark.FindAllString(line, -1) {
				ran[m] = true
			}
		}
	}
	// A last life mends the end of the log.
	log, err := audit.Open(context.Background(), audit.Options{Dir: dir, KeyFile: dir + ".key", Node: "test", Fsync: audit.Interval})
	if err != nil {
		t.Fatal(err)
	}
	log.Close(context.Background())
	recorded := map[string]bool{}
	if err := audit.Search(context.Background(), dir, audit.Filter{}, func(e *audit.Execution) error {
		for _, m := range mark.FindAllString(e.Texts.SQL, -1) {
			recorded[m] = true
		}
		return e.TextErr
	}); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for m := range ran {
		if !recorded[m] {
			if lost++; lost < 5 {
				t.Errorf("the server has run %s, and the audit log does not have it", m)
			}
		}
	}
	t.Logf("%d statements run, %d recorded, %d lost", len(ran), len(recorded), lost)
	if len(ran) < 100 {
		t.Errorf("the server has run %d statements only", len(ran))
	}
}

// Whatever way a secret is sent, it stands in clear neither in the audit log's files and texts nor in Cordon's own log.
func TestSecretsAreNotRecorded(t *testing.T) {
	const secret = "Xyzzy4711"
	var own bytes.Buffer
	var mu sync.Mutex
	key := filepath.Join(t.TempDir(), "mask.key")
	const maskKey = "b4c0ffee91a27d5583e6f01c2d3b4a5978695a4b3c2d1e0ffedcba9876543210"
	if err := os.WriteFile(key, []byte(maskKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, pg, db := crm(t, func(s *Server) {
		s.Log = slog.New(slog.NewTextHandler(&locked{w: &own, mu: &mu}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	pg.Exec(t, db, attackSchema)
	f.SetPolicy(parsePolicy(t, strings.Replace(attackPolicy, `phone: {keep: {first: 3, last: 4, with: "*"}}`, "phone: {hash: {key_file: "+key+"}}", 1)))
	secrets := []string{secret, maskKey[:32], maskKey[32:], hex.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(maskKey))[:40]}
	if raw, err := hex.DecodeString(maskKey); err == nil {
		secrets = append(secrets, string(raw[:12]), strconv.Quote(string(raw[:12])), base64.StdEncoding.EncodeToString(raw)[:20])
	}
	holds := func(text string) bool {
		return slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(s)) })
	}
	pad := strings.Repeat(" ", 2<<20)
	for _, user := range []string{"postgres", "alice"} {
		for _, mode := range modes {
			c := f.connect(t, user, db, "")
			for _, sql := range []string{
				"ALTER ROLE bob PASSWORD '" + secret + "'", "ALTER USER bob WITH ENCRYPTED PASSWORD E'" + secret + "'", "CREATE ROLE bob PASSWORD $$" + secret + "$$", "ALTER ROLE bob PASSWORD '" + secret,
				"ALTER ROLE bob PASSWORD " + secret, "DO $$ BEGIN EXECUTE 'ALTER ROLE bob PASSWORD ''" + secret + "'''; END $$", "SELECT phone FROM customers WHERE id = 1", "SELECT * FROM customers WHERE id = 1",
				"SELECT 1 /* x */; ALTER ROLE bob PASSWORD '" + secret + "'", "CREATE SUBSCRIPTION s CONNECTION 'host=x password=" + secret + "' PUBLICATION p WITH (nonsense = 1)", "SELECT dblink('host=x password=" + secret + "', 'SELECT 1')",
				"ALTER ROLE bob PASSWORD '" + secret + "'" + pad, "PREPARE a AS SELECT phone FROM customers", "EXECUTE a", "SELECT phone::int FROM customers WHERE id = 1",
				"CREATE USER MAPPING FOR public SERVER s OPTIONS (user 'u', password '" + secret + "')", "ALTER USER MAPPING FOR public SERVER s OPTIONS (SET password '" + secret + "')",
				"CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (passfile '" + secret + "')", "ALTER SYSTEM SET ssl_passphrase_command = '" + secret + "'", "ALTER SUBSCRIPTION s CONNECTION '" + secret + "'",
				"SELECT pgp_sym_encrypt(phone, '" + secret + "') FROM customers", "SELECT public.\"pgp_sym_decrypt\" ('x', $$" + secret + "$$)", "SELECT hmac('x', '" + secret + "', 'sha256')", "SELECT crypt(E'" + secret + "', 'x')",
				"WITH k AS (SELECT '" + secret + "' AS k) SELECT encrypt('x', k::bytea, 'aes') FROM k", "SELECT dblink_connect('" + secret + "')", "SELECT * FROM dblink('postgres://u:" + secret + "@h/d', 'SELECT 1') AS t(a int)",
				"COPY customers TO PROGRAM 'curl -u u:" + secret + " http://localhost'", "COPY customers FROM PROGRAM $$" + secret + "$$", "SET app.api_key = '" + secret + "'", "SELECT set_config('app.password', '" + secret + "', false)",
				"SELECT set_config('app.a', 'b', false)", "SELECT set_config('app.c', 'd', false)", "SELECT set_config('app.token', '" + secret + "', false)",
				"PREPARE k AS SELECT hmac('x', $1, 'sha256')", "EXECUTE k('" + secret + "')", "PREPARE k2 AS SELECT crypt('" + secret + "', 'x')", "DECLARE k3 CURSOR FOR SELECT crypt('" + secret + "', 'x')",
				"EXPLAIN SELECT crypt('" + secret + "', 'x')", "CREATE TABLE k4 AS SELECT crypt('" + secret + "', 'x') AS a", "CREATE VIEW k5 AS SELECT crypt('" + secret + "', 'x') AS a", "INSERT INTO customers(name) VALUES (crypt('" + secret + "', 'x'))",
				"DO $$ BEGIN PERFORM crypt('" + secret + "', 'x'); END $$", "CREATE FUNCTION k6() RETURNS text LANGUAGE sql AS $$ SELECT crypt('" + secret + "', 'x') $$", "SELECT crypt(U&'" + secret + "', 'x') UNION SELECT 'a' FROM", "SELECT crypt('" + secret,
			} {
				if got := show(c, mode, sql); user == "alice" && !strings.Contains(sql, secret) && holds(got) {
					t.Errorf("%s: the client got %s", sql, got)
				}
			}
		}
	}
	for _, user := range []string{"postgres", "alice"} {
		c := f.connect(t, user, db, "")
		for _, sql := range []string{"SELECT hmac('x', $1::text, 'sha256')", "SELECT $1::text WHERE crypt('x', 'y') = ''", "SELECT dblink('host=x password=' || $1::text)", "SELECT $1::text"} {
			for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeExec, pgx.QueryExecModeCacheStatement} {
				value := secret
				if !strings.Contains(sql, "(") {
					value = "host=x password=" + secret
				}
				show(c, mode, sql, value)
			}
		}
	}
	f.stop()
	n := 0
	if err := audit.Search(context.Background(), f.auditDir, audit.Filter{}, func(e *audit.Execution) error {
		n++
		if all := e.Texts.SQL + e.Texts.Rewritten + e.Texts.Params + string(e.Record.Raw); holds(all) {
			t.Errorf("recorded: %.300s", all)
		}
		return e.TextErr
	}); err != nil {
		t.Fatal(err)
	}
	if n < 100 {
		t.Errorf("%d records", n)
	}
	err := filepath.WalkDir(f.auditDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if holds(string(b)) {
			return errors.Join(err, fmt.Errorf("%s holds the secret in clear", path))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if holds(own.String()) {
		t.Error("Cordon's own log holds the secret")
	}
}

// locked is a writer for several goroutines.
type locked struct {
	w  *bytes.Buffer
	mu *sync.Mutex
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
