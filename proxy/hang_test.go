package proxy

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"cordon/wire"
)

// hang stands between Cordon and the server and holds what the server says where a test wants it.
type hang struct {
	addr string
	left chan struct{} // Cordon has closed a connection

	mu     sync.Mutex
	change *sync.Cond
	passed int  // bytes of the server's
	most   int  // bytes that may pass; -1 for all
	held   bool // some wait
}

func newHang(t *testing.T, upstream string) *hang {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &hang{addr: l.Addr().String(), left: make(chan struct{}, 100), most: -1}
	s.change = sync.NewCond(&s.mu)
	t.Cleanup(func() { l.Close(); s.let(-1) })
	go func() {
		for {
			cordon, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", upstream)
			if err != nil {
				cordon.Close()
				continue
			}
			go func() {
				io.Copy(server, cordon)
				s.left <- struct{}{}
				server.Close()
			}()
			go func() {
				s.relay(cordon, server)
				cordon.Close()
			}()
		}
	}()
	return s
}

func (s *hang) relay(cordon io.Writer, server io.Reader) {
	var b [32 << 10]byte
	for {
		n, err := server.Read(b[:])
		for rest := b[:n]; len(rest) > 0; {
			s.mu.Lock()
			for s.most >= 0 && s.passed >= s.most {
				s.held = true
				s.change.Broadcast()
				s.change.Wait()
			}
			n := len(rest)
			if s.most >= 0 {
				n = min(n, s.most-s.passed)
			}
			s.passed += n
			s.mu.Unlock()
			if _, err := cordon.Write(rest[:n]); err != nil {
				return
			}
			rest = rest[n:]
		}
		if err != nil {
			return
		}
	}
}

// let lets so many bytes more pass, or all, and answers how many have passed.
func (s *hang) let(more int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most, s.held = -1, false
	if more >= 0 {
		s.most = s.passed + more
	}
	s.change.Broadcast()
	return s.passed
}

// await returns when bytes are held.
func (s *hang) await() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.held {
		s.change.Wait()
	}
}

// A server that hangs at any byte of its answer makes the client wait as it would without Cordon: what comes then is whole, and who leaves meanwhile leaves the server too.
func TestServerHangsInAMessage(t *testing.T) {
	for _, loops := range []bool{false, true} {
		_, pg, db := crm(t, nil)
		s := newHang(t, pg.Addr())
		f, _, _ := crm(t, func(srv *Server) { srv.loops, srv.Upstream.Address = loops, s.addr })
		for _, user := range []string{"postgres", "alice"} {
			ask := wire.AppendQuery(nil, "SELECT * FROM plain ORDER BY 1 LIMIT 10; SELECT repeat('x', 100000)")
			c := login(t, f.addr, user, db)
			c.Write(ask)
			until(t, c, 'Z')
			before := s.let(-1)
			c.Write(ask)
			want := fmt.Sprint(until(t, c, 'Z'))
			total := s.let(-1) - before
			for _, at := range []int{0, 1, 4, 5, 6, total / 2, total - 7, total - 6, total - 1} {
				s.let(at)
				c.Write(ask)
				s.await()
				s.let(-1)
				if got := fmt.Sprint(until(t, c, 'Z')); got != want {
					t.Errorf("loops %v, %s, held behind %d bytes of %d: got %.300s, want %.300s", loops, user, at, total, got, want)
				}
			}
			for len(s.left) > 0 {
				<-s.left
			}
			for _, at := range []int{0, 3, total / 2, total - 3} {
				c := login(t, f.addr, user, db)
				c.Write(ask)
				until(t, c, 'Z') // Cordon has asked what it wants to know
				s.let(at)
				c.Write(ask)
				s.await()
				c.Close()
				select {
				case <-s.left:
				case <-time.After(5 * time.Minute):
					t.Fatalf("loops %v, %s, held behind %d bytes of %d: the client has left, and Cordon stays with the server", loops, user, at, total)
				}
				s.let(-1)
			}
			c.Close()
			<-s.left
		}
	}
}
