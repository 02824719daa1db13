package proxy

import (
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"cordon/internal/pgtest"
	"cordon/wire"
)

// The client gets the server's own process id and key: it is what pg_backend_pid says, what notifications come from, and what the server itself cancels by.
func TestKeyIsTheServers(t *testing.T) {
	f, pg, db := crm(t, nil)
	c := startConn(t, f.addr, (&wire.Startup{Code: wire.ProtocolVersion3, Parameters: []wire.Parameter{{Name: "user", Value: "postgres"}, {Name: "database", Value: db}}}).AppendTo(nil))
	var pid uint32
	var key []byte
	for _, frame := range until(t, c, 'Z') {
		if frame.typ == 'K' {
			pid, key = binary.BigEndian.Uint32(frame.body), frame.body[4:]
		}
	}
	c.Write(wire.AppendQuery(nil, "LISTEN key_is_the_servers; NOTIFY key_is_the_servers; SELECT pg_backend_pid()"))
	seen := 0
	for _, frame := range until(t, c, 'Z') {
		switch frame.typ {
		case 'D':
			if got := string(frame.body[6:]); got != fmt.Sprint(pid) {
				t.Errorf("pg_backend_pid is %s, the key was for %d", got, pid)
			}
			seen++
		case 'A':
			if got := binary.BigEndian.Uint32(frame.body); got != pid {
				t.Errorf("the notification is from %d, the key was for %d", got, pid)
			}
			seen++
		}
	}
	if seen != 2 {
		t.Errorf("%d of a row and a notification", seen)
	}
	c.Write(wire.AppendQuery(nil, "SELECT pg_sleep(60)"))
	for fmt.Sprint(pg.Query(t, db, fmt.Sprintf("SELECT wait_event FROM pg_stat_activity WHERE pid = %d", pid))) != "[[PgSleep]]" {
		time.Sleep(5 * time.Millisecond)
	}
	request := startConn(t, pg.Addr(), wire.AppendCancel(nil, pid, key))
	io.ReadAll(request)
	if got := fmt.Sprint(until(t, c, 'Z')); !strings.Contains(got, "57014") {
		t.Errorf("the server did not take the key: %s", got)
	}
}

// What an administrator changes for everybody is told to sessions that are open, before the answer's end, as without Cordon.
func TestParameterStatusAfterReload(t *testing.T) {
	pg := pgtest.Start(t)
	f := serve(t, pg.Addr(), everybodyIsWatched, nil)
	set := func(value string) {
		pg.Exec(t, "postgres", "ALTER SYSTEM SET IntervalStyle = '"+value+"'")
		pg.Exec(t, "postgres", "SELECT pg_reload_conf()")
	}
	// lastAnswer is the first answer that knows of the change; the server looks at its configuration between two messages.
	lastAnswer := func(c net.Conn, value string) string {
		for {
			c.Write(wire.AppendQuery(nil, "SHOW IntervalStyle"))
			got := fmt.Sprint(until(t, c, 'Z'))
			if strings.Contains(got, value) {
				return got
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	direct, through := login(t, pg.Addr(), "postgres", "postgres"), login(t, f.addr, "postgres", "postgres")
	for _, value := range []string{"iso_8601", "sql_standard"} {
		set(value)
		want, got := lastAnswer(direct, value), lastAnswer(through, value)
		if got != want || !strings.Contains(want, `S "IntervalStyle\x00`+value) {
			t.Errorf("straight %s\nthrough Cordon %s", want, got)
		}
	}
}

// TLS from the first byte, as libpq 17 begins with sslnegotiation=direct: it must name the protocol, so that nobody else's TLS is taken for it.
func TestDirectTLS(t *testing.T) {
	pg := pgtest.Shared(t)
	dir := t.TempDir()
	if err := pgtest.WriteCertificates(dir+"/ca.crt", dir+"/server.crt", dir+"/server.key"); err != nil {
		t.Fatal(err)
	}
	cert, err := tls.LoadX509KeyPair(dir+"/server.crt", dir+"/server.key")
	if err != nil {
		t.Fatal(err)
	}
	f := serve(t, pg.Addr(), everybodyMayEverything, func(s *Server) {
		s.TLS = ClientTLS{Mode: TLSAlways, Config: &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"postgresql"}}}
	})
	packet := (&wire.Startup{Code: wire.ProtocolVersion3, Parameters: []wire.Parameter{{Name: "user", Value: "postgres"}}}).AppendTo(nil)
	for _, c := range []struct {
		name   string
		protos []string
		split  bool // the ClientHello comes in two pieces
		send   []byte
		want   string
	}{
		{"postgresql", []string{"postgresql"}, false, packet, "session_authorization"},
		{"postgresql among others", []string{"h2", "postgresql"}, false, packet, "session_authorization"},
		{"in pieces", []string{"postgresql"}, true, packet, "session_authorization"},
		{"no protocol", nil, false, packet, "without ALPN"},
		{"another protocol", []string{"http/1.1"}, false, packet, "no application protocol"},
		{"SSLRequest within", []string{"postgresql"}, false, wire.AppendRequest(nil, wire.CodeSSL), "a second request for SSL encryption"},
		{"GSSENCRequest within", []string{"postgresql"}, false, wire.AppendRequest(nil, wire.CodeGSSENC), "N"},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := startConn(t, f.addr, nil)
			var under net.Conn = raw
			if c.split {
				under = &inPieces{raw}
			}
			conn := tls.Client(under, &tls.Config{InsecureSkipVerify: true, NextProtos: c.protos})
			_, err := conn.Write(c.send)
			got := fmt.Sprint(err)
			if err == nil {
				b := make([]byte, 4096)
				n, err := conn.Read(b)
				got = fmt.Sprint(string(b[:n]), err)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// inPieces writes every byte by itself.
type inPieces struct{ net.Conn }

func (c *inPieces) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := c.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}
