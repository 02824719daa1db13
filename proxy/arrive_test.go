package proxy

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"cordon/wire"
)

const unreachable = "E(08001 the database server cannot be reached"

// A server that is not there, and one whose address takes connections up but never in time, are told of in the same words.
func TestServerCannotBeReached(t *testing.T) {
	none, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	none.Close()
	for _, loops := range []bool{false, true} {
		for name, upstream := range map[string]string{"refused": none.Addr().String(), "no socket": t.TempDir(), "late": neverAccepts(t)} {
			f := serve(t, upstream, secretsPolicy, func(s *Server) { s.loops, s.Limits.Connect = loops, 200*time.Millisecond })
			if got := words(t, f.addr, startupPacket("reader", "db")); !strings.HasPrefix(got, unreachable) {
				t.Errorf("loops %v, %s: %s", loops, name, got)
			}
		}
	}
}

// neverAccepts is an address whose queue of connections is full: the kernel answers no more.
func neverAccepts(t *testing.T) string {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for range 10 {
		c, err := net.DialTimeout("tcp", addr, 100*time.Millisecond)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Skip("this system takes up connections without end")
	return ""
}

// A client that says nothing, or not all of a startup packet, is let go at the limit, and when Cordon ends.
func TestClientThatSaysNothing(t *testing.T) {
	packet := startupPacket("reader", "db")
	for _, loops := range []bool{false, true} {
		for name, sent := range map[string][]byte{"nothing": nil, "a length": packet[:4], "half": packet[:len(packet)/2], "GSSENCRequest": wire.AppendRequest(nil, wire.CodeGSSENC)} {
			f := serve(t, "127.0.0.1:1", secretsPolicy, func(s *Server) {
				s.loops, s.Limits.Startup, s.Limits.Drain = loops, 100*time.Millisecond, time.Millisecond
			})
			silent(t, f.addr, sent, fmt.Sprintf("loops %v, %s", loops, name))
			f = serve(t, "127.0.0.1:1", secretsPolicy, func(s *Server) { s.loops, s.Limits.Drain = loops, time.Millisecond })
			c := startConn(t, f.addr, sent)
			for f.sessions.open.Load() == 0 {
				time.Sleep(time.Millisecond)
			}
			f.stop()
			c.Close()
		}
	}
}

func silent(t *testing.T, addr string, sent []byte, what string) {
	t.Helper()
	c := startConn(t, addr, sent)
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	if got, err := io.ReadAll(c); err != nil || strings.Trim(string(got), "N") != "" {
		t.Errorf("%s: %q, %v", what, got, err)
	}
}

// A client that says goodbye is not kept until the server has closed.
func TestTerminateEndsAtOnce(t *testing.T) {
	left := make(chan struct{})
	upstream := scriptedServer(t, func(c net.Conn) error {
		greeting := []byte{'R', 0, 0, 0, 8, 0, 0, 0, 0, 'Z', 0, 0, 0, 5, 'I'}
		if _, err := c.Write(greeting); err != nil {
			return err
		}
		said, err := io.ReadAll(c)
		if string(said) != "X\x00\x00\x00\x04" {
			return fmt.Errorf("Cordon said %q, %v", said, err)
		}
		<-left
		return nil
	})
	f := serve(t, upstream, everybodyMayEverything, func(s *Server) { s.Limits.Drain = time.Millisecond })
	c := login(t, f.addr, "postgres", "postgres")
	c.Write(wire.AppendTerminate(nil))
	c.SetDeadline(time.Now().Add(time.Minute))
	if got, err := io.ReadAll(c); err != nil || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
	for deadline := time.Now().Add(time.Minute); f.sessions.open.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the session goes on")
		}
	}
	close(left)
}

// A client that asks for TLS and has reset the connection before Cordon looks: the kernel does not say any more who it was.
func TestResetBehindTheRequestForTLS(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := startConn(t, l.Addr().String(), wire.AppendRequest(nil, wire.CodeSSL))
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
	f := serveAt(t, "127.0.0.1:1", secretsPolicy, func(s *Server) { s.TLS = ClientTLS{Mode: TLSAllow, Config: &tls.Config{}} }, l)
	for deadline := time.Now().Add(time.Minute); f.lastID.Load() == 0 || f.sessions.open.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the session goes on")
		}
	}
}

// A client of this link has the same address whoever has accepted it: rules and records know no interface.
func TestAddressWithoutInterface(t *testing.T) {
	for _, from := range []net.Addr{&net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 1, Zone: "eth0"}, &net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 1}} {
		if got := addrPort(from); got.String() != "[fe80::1]:1" {
			t.Errorf("%v: %v", from, got)
		}
	}
}

// A client that a poller has accepted has no more time when its session goes on in a goroutine.
func TestTimeToStartIsCountedOnce(t *testing.T) {
	f := serve(t, "127.0.0.1:1", secretsPolicy, func(s *Server) { s.Limits.Startup, s.Limits.Drain = time.Hour, time.Millisecond })
	startConn(t, f.addr, nil).Close() // Serve has set the limits
	for f.lastID.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	near, far := net.Pipe()
	defer far.Close()
	s := f.newSession(near.RemoteAddr())
	s.opened = s.opened.Add(-time.Hour)
	s.client, s.fromClient, s.toClient = near, wire.NewReader(near), wire.NewWriter(near)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.run(t.Context())
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("its time begins anew")
		far.Close()
		<-ended
	}
}
