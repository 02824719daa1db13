package proxy

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"
)

// poolerProgram is where pgbouncer is.
func poolerProgram(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer"
		if _, err := os.Stat(program); err != nil {
			if os.Getenv("CORDON_REQUIRE_PG") != "" {
				t.Fatal("pgbouncer was not found: install the package of that name")
			}
			t.Skip("pgbouncer was not found")
		}
	}
	return program
}

// pooler is a pgbouncer in transaction mode in front of a Cordon, with two connections to it.
func pooler(t *testing.T, cordon, db string) (addr string) {
	t.Helper()
	program := poolerProgram(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	l.Close()
	dir, err := os.MkdirTemp("", "cordon-pooler-") // t.TempDir's parents are closed to the user that it runs as
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	_, port, _ := net.SplitHostPort(addr)
	upHost, upPort, _ := net.SplitHostPort(cordon)
	for name, text := range map[string]string{"users.txt": "\"app\" \"\"\n", "pgbouncer.ini": fmt.Sprintf(`[databases]
%s = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = transaction
default_pool_size = 2
server_tls_sslmode = disable
logfile = %s
`, db, upHost, upPort, port, filepath.Join(dir, "users.txt"), filepath.Join(dir, "log"))} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "-q", filepath.Join(dir, "pgbouncer.ini"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 { // which pgbouncer refuses to run as
		who, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(who.Uid)
		gid, _ := strconv.Atoi(who.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for range 250 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return addr
		}
		time.Sleep(20 * time.Millisecond)
	}
	log, _ := os.ReadFile(filepath.Join(dir, "log"))
	t.Fatalf("pgbouncer does not accept connections:\n%s", log)
	return ""
}

// Behind pgbouncer in transaction mode, where every transaction may run on another connection, each of many clients stays who it says it is: by comments, by SET LOCAL, by a token.
func TestBehindAPoolerInTransactionMode(t *testing.T) {
	f, _, db := crm(t, nil)
	addr := pooler(t, f.addr, db)
	i := newIssuer(t)
	clients := func(person func(n int) string, run func(c *pgx.Conn, n int, person string) string) {
		t.Helper()
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				c, err := pgx.Connect(context.Background(), "postgres://app@"+addr+"/"+db+"?sslmode=disable")
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close(context.Background())
				for range 20 {
					want := map[string]string{"alice": "110", "bob": "10"}[person(n)]
					if got := run(c, n, person(n)); got != want {
						t.Errorf("%s: got %q, want %q", person(n), got, want)
						return
					}
				}
			})
		}
		all.Wait()
	}
	either := func(n int) string { return []string{"alice", "bob"}[n%2] }
	number := func(c *pgx.Conn, sql string) string {
		var n string
		if err := c.QueryRow(context.Background(), sql, pgx.QueryExecModeSimpleProtocol).Scan(&n); err != nil {
			return err.Error()
		}
		return n
	}
	inTransaction := func(c *pgx.Conn, set string) string {
		tx, err := c.Begin(context.Background())
		if err != nil {
			return err.Error()
		}
		defer tx.Rollback(context.Background())
		if _, err := tx.Exec(context.Background(), set, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err.Error()
		}
		var n string
		if err := tx.QueryRow(context.Background(), "SELECT count(*)::text FROM customers", pgx.QueryExecModeExec).Scan(&n); err != nil {
			return err.Error()
		}
		if err := tx.Commit(context.Background()); err != nil {
			return err.Error()
		}
		return n
	}
	text := "SELECT count(*)::text FROM customers"
	clients(either, func(c *pgx.Conn, _ int, person string) string { return number(c, text+" /*user='"+person+"'*/") })
	clients(either, func(c *pgx.Conn, _ int, person string) string {
		return inTransaction(c, "SET LOCAL cordon.user = '"+person+"'")
	})
	// Nothing of it stays for whoever gets the connection next.
	c, err := pgx.Connect(context.Background(), "postgres://app@"+addr+"/"+db+"?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	for range 10 {
		expect(t, show(c, pgx.QueryExecModeSimpleProtocol, count), `ERROR 28000: login "app" speaks for other people, and this statement names none of them`)
	}
	f.SetPolicy(i.policy(t, fromClaims))
	tokens := map[string]string{
		"alice": i.sign(t, jwt.SigningMethodRS256, i.rsa, "r", i.claims("alice", nil)),
		"bob":   i.sign(t, jwt.SigningMethodRS256, i.rsa, "r", i.claims("bob", map[string]any{"employee": 8})),
	}
	clients(either, func(c *pgx.Conn, _ int, person string) string {
		return inTransaction(c, "SET LOCAL cordon.token = '"+tokens[person]+"'")
	})
	for range 10 {
		expect(t, show(c, pgx.QueryExecModeSimpleProtocol, count), `ERROR 28000: login "app" speaks for other people, and this statement names none of them`)
	}
}

// pgbouncer since 1.21 prepares on its connections what clients have prepared on theirs (max_prepared_statements), once for all of them: each still gets what the one who speaks may see.
func TestPreparedBehindAPooler(t *testing.T) {
	if v := poolerVersion(t); v < 1.21 {
		t.Skipf("pgbouncer %v does not know clients' prepared statements in transaction mode", v)
	}
	f, _, db := crm(t, nil)
	addr := pooler(t, f.addr, db)
	ctx := context.Background()
	var all sync.WaitGroup
	for n := range 8 {
		person := []string{"alice", "bob"}[n%2]
		want := map[string]string{"alice": "110", "bob": "10"}[person]
		all.Go(func() {
			c, err := pgx.Connect(ctx, "postgres://app@"+addr+"/"+db+"?sslmode=disable")
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close(ctx)
			for i := range 40 {
				tx, err := c.Begin(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := tx.Exec(ctx, "SET LOCAL cordon.user = '"+person+"'", pgx.QueryExecModeSimpleProtocol); err != nil {
					t.Error(err)
				}
				var got string
				sql := fmt.Sprintf("SELECT count(*)::text FROM customers WHERE %d = %d AND $1::int > 0", i%7, i%7)
				if err := tx.QueryRow(ctx, sql, 1).Scan(&got); err != nil || got != want {
					t.Errorf("%s %d: %s %v", person, i, got, err)
				}
				var b pgx.Batch
				b.Queue("UPDATE customers SET name = name WHERE id = $1 RETURNING id, name, phone", 1)
				b.Queue("SELECT count(*)::text FROM customers")
				r := tx.SendBatch(ctx, &b)
				if _, err := r.Exec(); err != nil {
					t.Error(err)
				}
				if err := r.QueryRow().Scan(&got); err != nil || got != want {
					t.Errorf("%s %d: %s %v", person, i, got, err)
				}
				r.Close()
				tx.Commit(ctx)
			}
		})
	}
	all.Wait()
}

// poolerVersion is the first two numbers of pgbouncer's version, as 1.18.
func poolerVersion(t *testing.T) float64 {
	t.Helper()
	out, err := exec.Command(poolerProgram(t), "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(out), "PgBouncer %d.%d", &major, &minor); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	return float64(major) + float64(minor)/100
}
