package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cordon/internal/pgtest"
	"cordon/wire"
)

// Every way to log in is relayed, with the right password and with a wrong one, and the server's error is the client's.
func TestAuthenticationIsRelayed(t *testing.T) {
	for _, method := range []string{"trust", "password", "md5", "scram-sha-256"} {
		t.Run(method, func(t *testing.T) {
			pg := pgtest.Start(t, pgtest.WithAuth(method), pgtest.WithPassword("geheim"))
			f := serve(t, pg.Addr(), everybodyMayEverything, nil)
			c, err := pgx.Connect(context.Background(), pgtest.DSN(f.addr, "postgres", "geheim", "postgres"))
			if err != nil {
				t.Fatal(err)
			}
			expect(t, show(c, pgx.QueryExecModeExec, "SELECT current_user::text"), "postgres\nSELECT 1")
			c.Close(context.Background())
			_, through := pgx.Connect(context.Background(), pgtest.DSN(f.addr, "postgres", "falsch", "postgres"))
			_, direct := pgx.Connect(context.Background(), pgtest.DSN(pg.Addr(), "postgres", "falsch", "postgres"))
			if method == "trust" {
				return
			}
			var a, b *pgconn.PgError
			if a, b = pgError(through), pgError(direct); a == nil || b == nil || *a != *b {
				t.Errorf("through Cordon: %v\ndirect: %v", through, direct)
			}
		})
	}
}

func pgError(err error) *pgconn.PgError {
	for err != nil {
		if e, ok := err.(*pgconn.PgError); ok {
			return e
		}
		switch u := err.(type) {
		case interface{ Unwrap() error }:
			err = u.Unwrap()
		case interface{ Unwrap() []error }:
			for _, e := range u.Unwrap() {
				if p := pgError(e); p != nil {
					return p
				}
			}
			return nil
		default:
			return nil
		}
	}
	return nil
}

// TLS of the client ends at Cordon, which opens its own to the server. SCRAM is offered without channel binding unless both show one certificate.
func TestTLSOnBothSides(t *testing.T) {
	pg := pgtest.Start(t, pgtest.WithAuth("scram-sha-256"), pgtest.WithPassword("geheim"), pgtest.WithSSL(), pgtest.WithHBA("hostnossl all all all reject"))
	roots, err := pg.TLSConfig()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := pgtest.WriteCertificates(dir+"/ca.crt", dir+"/server.crt", dir+"/server.key"); err != nil {
		t.Fatal(err)
	}
	cert, err := tls.LoadX509KeyPair(dir+"/server.crt", dir+"/server.key")
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []UpstreamTLS{TLSPrefer, TLSRequire, TLSVerifyCA, TLSVerifyFull} {
		f := serve(t, pg.Addr(), everybodyMayEverything, func(s *Server) {
			s.TLS = ClientTLS{Mode: TLSAllow, Config: &tls.Config{Certificates: []tls.Certificate{cert}}}
			s.Upstream.Mode = mode
			s.Upstream.TLS = &tls.Config{InsecureSkipVerify: true, RootCAs: roots.RootCAs, ServerName: "localhost"}
			switch mode {
			case TLSVerifyCA:
				s.Upstream.TLS = VerifyChain(s.Upstream.TLS)
			case TLSVerifyFull:
				s.Upstream.TLS.InsecureSkipVerify = false
			}
		})
		for _, sslmode := range []string{"disable", "require"} {
			out, err := pgtest.Psql("host=127.0.0.1 port="+f.addr[strings.LastIndexByte(f.addr, ':')+1:]+" user=postgres password=geheim dbname=postgres channel_binding=disable sslmode="+sslmode,
				"SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid();", "-At")
			if err != nil || out != "t\n" {
				t.Errorf("upstream %d, client %s: %v %s", mode, sslmode, err, out)
			}
		}
	}
}

// startConn opens a raw connection and sends bytes.
func startConn(t *testing.T, addr string, b []byte) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
	return c
}

// login opens a raw session and reads up to the first ReadyForQuery.
func login(t *testing.T, addr, user, db string) net.Conn {
	t.Helper()
	c := startConn(t, addr, (&wire.Startup{Code: wire.ProtocolVersion3, Parameters: []wire.Parameter{{Name: "user", Value: user}, {Name: "database", Value: db}}}).AppendTo(nil))
	if got := until(t, c, 'Z'); got[len(got)-1].typ != 'Z' {
		t.Fatal("no session")
	}
	return c
}

type rawFrame struct {
	typ  byte
	body []byte
}

func (f rawFrame) String() string { return fmt.Sprintf("%c %q", f.typ, f.body) }

// until reads frames up to one of the type, or the end.
func until(t *testing.T, c net.Conn, typ byte) (list []rawFrame) {
	t.Helper()
	for {
		var h [5]byte
		if _, err := io.ReadFull(c, h[:]); err != nil {
			return append(list, rawFrame{0, []byte(err.Error())})
		}
		body := make([]byte, binary.BigEndian.Uint32(h[1:])-4)
		if _, err := io.ReadFull(c, body); err != nil {
			return append(list, rawFrame{0, []byte(err.Error())})
		}
		list = append(list, rawFrame{h[0], body})
		if h[0] == typ {
			return list
		}
	}
}

// Bytes in clear behind a request for encryption are nobody's (CVE-2021-23214), lengths that cannot be are refused before anything is allocated, and the sentence says what is wrong.
func TestMalformedStartups(t *testing.T) {
	pg := pgtest.Shared(t)
	dir := t.TempDir()
	if err := pgtest.WriteCertificates(dir+"/ca.crt", dir+"/server.crt", dir+"/server.key"); err != nil {
		t.Fatal(err)
	}
	cert, _ := tls.LoadX509KeyPair(dir+"/server.crt", dir+"/server.key")
	f := serve(t, pg.Addr(), everybodyMayEverything, func(s *Server) {
		s.TLS = ClientTLS{Mode: TLSAlways, Config: &tls.Config{Certificates: []tls.Certificate{cert}}}
	})
	for name, c := range map[string]struct {
		send []byte
		want string
	}{
		"clear behind SSLRequest":    {append(wire.AppendRequest(nil, wire.CodeSSL), "SELECT"...), "received unencrypted data after SSL request"},
		"clear behind GSSENCRequest": {append(wire.AppendRequest(nil, wire.CodeGSSENC), "SELECT"...), "received unencrypted data after GSSAPI encryption request"},
		"length of a gigabyte":       {[]byte{0x40, 0, 0, 0, 0, 3, 0, 0}, ""},
		"length of four":             {[]byte{0, 0, 0, 4, 0, 3, 0, 0}, ""},
		"no terminator":              {[]byte{0, 0, 0, 13, 0, 3, 0, 0, 'u', 's', 'e', 'r', 0}, "invalid startup packet layout"},
		"in clear":                   {(&wire.Startup{Code: wire.ProtocolVersion3, Parameters: []wire.Parameter{{Name: "user", Value: "x"}}}).AppendTo(nil), "this server accepts encrypted connections only"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := io.ReadAll(startConn(t, f.addr, c.send))
			if err != nil && !wire.IsClosed(err) {
				t.Fatal(err)
			}
			if !bytes.Contains(got, []byte(c.want)) || c.want == "" && len(got) > 0 {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestMalformedFrames(t *testing.T) {
	pg := pgtest.Shared(t)
	f := serve(t, pg.Addr(), everybodyMayEverything, func(s *Server) { s.Limits.Drain = time.Millisecond })
	for name, c := range map[string]struct {
		send string
		want string
	}{
		"unknown type":    {"y\x00\x00\x00\x04", "invalid frontend message type 121"},
		"length of three": {"Q\x00\x00\x00\x03", "message type 'Q' of length 3"},
		"two gigabytes":   {"Q\xff\xff\xff\xff", "message type 'Q' of length -1"},
		"a long Sync":     {"S\x7f\xff\xff\xff", "message type 'S' of length 2147483647, limit 10000"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := login(t, f.addr, "postgres", "postgres")
			conn.Write([]byte(c.send))
			got := fmt.Sprint(until(t, conn, 'Z'))
			if !strings.Contains(got, c.want) || !strings.Contains(got, "08P01") {
				t.Errorf("got %s", got)
			}
		})
	}
}

// A two-way pipeline that is larger than all buffers on the way: the client reads while it writes, and nobody waits for ever.
func TestLargePipelines(t *testing.T) {
	f, _, db := crm(t, nil)
	for _, user := range []string{"postgres", "alice"} {
		conn := login(t, f.addr, user, db)
		conn.SetDeadline(time.Now().Add(5 * time.Minute))
		const n = 20_000
		go func() {
			var b []byte
			big := strings.Repeat("y", 2000)
			for i := range n {
				b = wire.AppendParse(b, "", "SELECT '"+big+"', t FROM plain WHERE id = 5", nil)
				b = wire.AppendBind(b, "", "")
				b = wire.AppendObject(b, wire.TypeDescribe, 'P', "")
				b = wire.AppendExecute(b, "", 0)
				if i%1000 == 999 {
					b = wire.AppendSync(b)
				}
				if len(b) > 1<<20 {
					conn.Write(b)
					b = b[:0]
				}
			}
			conn.Write(b)
		}()
		rows, syncs := 0, 0
		for syncs < n/1000 {
			for _, frame := range until(t, conn, 'Z') {
				switch frame.typ {
				case 'D':
					rows++
				case 'Z':
					syncs++
				case 'E', 0:
					t.Fatal(frame)
				}
			}
		}
		if rows != n {
			t.Errorf("%s: %d rows of %d", user, rows, n)
		}
	}
}

// The connection to the server goes with the client: DROP DATABASE works at once.
func TestUpstreamClosesWithTheClient(t *testing.T) {
	pg := pgtest.Shared(t)
	f := serve(t, pg.Addr(), everybodyMayEverything, nil)
	pg.Exec(t, "postgres", "CREATE DATABASE passing")
	for _, how := range []string{"terminate", "close", "reset"} {
		conn := login(t, f.addr, "postgres", "passing")
		switch how {
		case "terminate":
			conn.Write(wire.AppendTerminate(nil))
		case "reset":
			conn.(*net.TCPConn).SetLinger(0)
		}
		conn.Close()
		deadline := time.Now().Add(time.Minute)
		for pg.Query(t, "postgres", "SELECT count(*) FROM pg_stat_activity WHERE datname = 'passing'")[0][0] != "0" {
			if time.Now().After(deadline) {
				t.Fatalf("%s: the server's session goes on", how)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	pg.Exec(t, "postgres", "DROP DATABASE passing")
}

func TestServerDies(t *testing.T) {
	pg := pgtest.Start(t)
	f := serve(t, pg.Addr(), everybodyMayEverything, func(s *Server) { s.Limits.Drain = time.Millisecond })
	conn := login(t, f.addr, "postgres", "postgres")
	conn.Write(wire.AppendQuery(nil, "SELECT pg_sleep(60)"))
	time.Sleep(200 * time.Millisecond)
	pg.Kill()
	got := fmt.Sprint(until(t, conn, 'Z'))
	if !strings.Contains(got, "57P0") && !strings.Contains(got, "08006") || !strings.Contains(got, "EOF") {
		t.Errorf("got %s", got)
	}
	got = fmt.Sprint(until(t, startConn(t, f.addr, (&wire.Startup{Code: wire.ProtocolVersion3, Parameters: []wire.Parameter{{Name: "user", Value: "postgres"}}}).AppendTo(nil)), 'Z'))
	if !strings.Contains(got, "08001") {
		t.Errorf("got %s", got)
	}
}

// A client that does not read holds only what its buffers take; the others are served.
func TestSlowClient(t *testing.T) {
	f, _, db := crm(t, nil)
	slow := login(t, f.addr, "postgres", db)
	slow.Write(wire.AppendQuery(nil, "SELECT repeat('x', 1000) FROM generate_series(1, 200000)"))
	time.Sleep(300 * time.Millisecond)
	c := f.connect(t, "postgres", db, "")
	expect(t, show(c, pgx.QueryExecModeExec, "SELECT 1"), "1\nSELECT 1")
	rows := 0
	slow.SetDeadline(time.Now().Add(60 * time.Second))
	for _, frame := range until(t, slow, 'Z') {
		if frame.typ == 'D' {
			rows++
		}
	}
	if rows != 200000 {
		t.Errorf("%d rows", rows)
	}
}

// Long messages pass in both directions without being held.
func TestLongMessages(t *testing.T) {
	f, _, db := crm(t, nil)
	c := f.connect(t, "postgres", db, "")
	const n = 60 << 20
	var length int
	if err := c.QueryRow(context.Background(), "SELECT length($1::text)", strings.Repeat("z", n)).Scan(&length); err != nil || length != n {
		t.Errorf("Bind: %d, %v", length, err)
	}
	var text string
	if err := c.QueryRow(context.Background(), "SELECT repeat('z', 60 << 20)").Scan(&text); err != nil || len(text) != n {
		t.Errorf("DataRow: %d, %v", len(text), err)
	}
	if err := c.QueryRow(context.Background(), "SELECT length('"+strings.Repeat("z", n)+"')", pgx.QueryExecModeSimpleProtocol).Scan(&length); err != nil || length != n {
		t.Errorf("Query: %d, %v", length, err)
	}
	alice := f.connect(t, "alice", db, "")
	got := show(alice, pgx.QueryExecModeSimpleProtocol, "SELECT length('"+strings.Repeat("z", 2<<20)+"')")
	if !strings.HasPrefix(got, "ERROR 54000: the statement has 2097170 bytes, and Cordon reads 1048576") {
		t.Error(got)
	}
	expect(t, show(alice, pgx.QueryExecModeSimpleProtocol, "SELECT 1"), "1\nSELECT 1")
}

func TestPgbench(t *testing.T) {
	program := pgtest.ClientProgram("pgbench")
	if program == "" {
		t.Skip("no pgbench")
	}
	f, _, db := crm(t, nil)
	host, port, _ := net.SplitHostPort(f.addr)
	for _, args := range [][]string{{"-i", "-q"}, {"-M", "simple", "-c", "4", "-t", "50"}, {"-M", "extended", "-c", "4", "-t", "50"}, {"-M", "prepared", "-c", "4", "-t", "50"}} {
		out, err := exec.Command(program, append(args, "-h", host, "-p", port, "-U", "postgres", db)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
}

// Drain: a transaction that is open may end, and its session ends then.
func TestDrain(t *testing.T) {
	f, _, db := crm(t, func(s *Server) { s.Limits.Drain = 10 * time.Second })
	open, idle := f.connect(t, "postgres", db, ""), login(t, f.addr, "postgres", db)
	mode := pgx.QueryExecModeExec
	expect(t, show(open, mode, "BEGIN"), "BEGIN")
	done := make(chan struct{})
	go func() {
		f.stop()
		close(done)
	}()
	if got := fmt.Sprint(until(t, idle, 'Z')); !strings.Contains(got, "57P01") {
		t.Errorf("idle session: %s", got)
	}
	expect(t, show(open, mode, "INSERT INTO plain VALUES (-9)"), "INSERT 0 1")
	expect(t, show(open, mode, "COMMIT"), "COMMIT")
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("Serve goes on after the last transaction")
	}
}

// A message over limits.message_bytes ends the session with a sentence before any of it has been passed; one of just that length passes.
func TestMessageBytes(t *testing.T) {
	f, _, db := crm(t, func(s *Server) { s.Limits.MessageBytes = 2 << 20 })
	for _, user := range []string{"postgres", "alice"} {
		c := login(t, f.addr, user, db)
		text := func(length int) []byte {
			return wire.AppendQuery(nil, "/*"+strings.Repeat("x", length-4-1-len("/**/SELECT 1"))+"*/SELECT 1")
		}
		c.Write(wire.AppendQuery(nil, "SELECT 1"))
		until(t, c, 'Z')
		if user == "postgres" { // alice's texts are bounded by statement_bytes
			c.Write(text(2 << 20))
			if got := fmt.Sprint(until(t, c, 'Z')); !strings.Contains(got, "SELECT 1") {
				t.Errorf("%s: %.300s", user, got)
			}
		}
		c.Write(text(2<<20 + 1)[:100])
		got := fmt.Sprint(until(t, c, 'Z'))
		want := `E "SFATAL\x00VFATAL\x00C54000\x00Mthe message has 2097153 bytes, and Cordon passes 2097152\x00HSend the value in pieces, with COPY or as a large object; or ask whoever runs Cordon to raise limits.message_bytes.\x00\x00"`
		if !strings.Contains(got, want) || !strings.Contains(got, "EOF") {
			t.Errorf("%s: %s", user, got)
		}
	}
}
