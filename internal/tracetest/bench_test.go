package tracetest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// tireless is the policy without the watches, the estimates and the sums over an hour or a day that somebody meets who asks what was asked of the server in two days again and again. The limits of each statement stay.
func tireless(b *testing.B) []byte {
	text := regexp.MustCompile(`(?m)^watch:.*\n(  - .*\n)+`).ReplaceAllString(string(policyText), "")
	text = strings.ReplaceAll(text, "window: [{rows: 20000, bytes: 50MB, per: 1h}, {subjects: 5000, per: 24h}]", "window: [{rows: 1000000000, bytes: 1000GB, per: 1h}, {subjects: 100000, per: 24h}]")
	text = strings.ReplaceAll(text, ", estimate: 2", "")
	if strings.Contains(text, "watch:") || strings.Contains(text, "estimate") || !strings.Contains(text, "1000GB") {
		b.Fatal("the policy is written otherwise than this benchmark reads it")
	}
	return []byte(text)
}

// The recorded SELECTs, replayed by 1 and 8 clients in turn through pgbouncer, which only relays, and through Cordon: “ratio” is Cordon's throughput by pgbouncer's. The clerk is under rules, tryton is not.
func BenchmarkTryton(b *testing.B) {
	f := setUp(b, tireless(b))
	beside := pgbouncer(b, f.server.Addr())
	var selects []string
	for _, s := range f.statements {
		if s.IsSelect() {
			selects = append(selects, s.SQL)
		}
	}
	replay := func(sessions []*session) time.Duration {
		start := time.Now()
		var done sync.WaitGroup
		for _, s := range sessions {
			done.Go(func() {
				for _, sql := range selects {
					answer, err := ask(s, sql)
					if err != nil {
						b.Errorf("%v: %s", err, sql)
						return
					}
					if strings.HasPrefix(answer.code, "5C") { // which costs the server nothing
						b.Errorf("%v: %s", answer, sql)
						return
					}
				}
			})
		}
		done.Wait()
		return time.Since(start)
	}
	for _, login := range []string{"clerk", "tryton"} {
		for _, clients := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/%d", login, clients), func(b *testing.B) {
				var through, relayed []*session
				for range clients {
					through = append(through, connect(b, f.proxy.Addr, login, "tryton", ""))
					relayed = append(relayed, connect(b, beside, login, "tryton", ""))
				}
				replay(through)
				replay(relayed)
				var ours, theirs time.Duration
				found, made := planned(b, f.proxy.Admin)
				for b.Loop() {
					theirs += replay(relayed)
					ours += replay(through)
				}
				n := float64(b.N * clients * len(selects))
				b.ReportMetric(n/ours.Seconds(), "cordon/s")
				b.ReportMetric(n/theirs.Seconds(), "pgbouncer/s")
				b.ReportMetric(theirs.Seconds()/ours.Seconds(), "ratio")
				foundNow, madeNow := planned(b, f.proxy.Admin)
				b.ReportMetric(100*(foundNow-found)/(foundNow-found+madeNow-made), "%found")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

var counted = regexp.MustCompile(`(?m)^cordon_plan_cache_(hits|misses)_total(?:\{.*\})? (\S+)$`)

// planned is how many plans the proxy has found in its cache, and how many it has made.
func planned(b *testing.B, admin string) (found, made float64) {
	b.Helper()
	r, err := http.Get("http://" + admin + "/metrics")
	if err != nil {
		b.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range counted.FindAllSubmatch(text, -1) {
		n, err := strconv.ParseFloat(string(m[2]), 64)
		if err != nil {
			b.Fatal(err)
		}
		if string(m[1]) == "hits" {
			found += n
		} else {
			made += n
		}
	}
	return found, made
}

// pgbouncer starts one in session mode in front of the server, and returns its address.
func pgbouncer(b *testing.B, upstream string) string {
	program := "/usr/sbin/pgbouncer"
	if found, err := exec.LookPath("pgbouncer"); err == nil {
		program = found
	} else if _, err := os.Stat(program); err != nil {
		b.Skip("pgbouncer was not found: install the package of that name")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	dir, err := os.MkdirTemp("", "cordon-pgbouncer-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	_, port, _ := net.SplitHostPort(addr)
	host, upstreamPort, _ := net.SplitHostPort(upstream)
	for name, text := range map[string]string{
		"pgbouncer.ini": fmt.Sprintf("[databases]\ntryton = host=%s port=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %s\nunix_socket_dir =\nauth_type = trust\nauth_file = %s\npool_mode = session\nignore_startup_parameters = options\n",
			host, upstreamPort, port, filepath.Join(dir, "users.txt")),
		"users.txt": "\"clerk\" \"\"\n\"tryton\" \"\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	cmd := exec.Command(program, "-q", filepath.Join(dir, "pgbouncer.ini"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 { // which pgbouncer refuses to run as
		who, err := user.Lookup("postgres")
		if err != nil {
			b.Fatal(err)
		}
		uid, _ := strconv.Atoi(who.Uid)
		gid, _ := strconv.Atoi(who.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			b.Fatal(err)
		}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	for range 250 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return addr
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.Fatal("pgbouncer does not accept connections")
	return ""
}
