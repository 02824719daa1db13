package poll

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// accepting has a group accept clients, whose pairs connect to an address at the first byte and relay from then on. It returns where, and what counts the pairs that have not ended.
func accepting(t *testing.T, g *Group, to *syscall.SockaddrInet4) (l *Listener, addr string, open *atomic.Int64) {
	t.Helper()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	open = new(atomic.Int64)
	l, err = g.Listen(plain, func(fd int, _ syscall.Sockaddr) *Pair {
		open.Add(1)
		r := &arrival{to: to, open: open}
		r.Pair = g.Adopt(fd, r.step)
		return r.Pair
	}, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	return l, plain.Addr().String(), open
}

// arrival relays.
type arrival struct {
	*Pair
	to      *syscall.SockaddrInet4
	open    *atomic.Int64
	pending []byte // of the client's, until the upstream is connected
	up      bool
}

func (r *arrival) end() {
	if !r.closed {
		r.Close()
		r.open.Add(-1)
	}
}

func (r *arrival) step(side Side) {
	b := make([]byte, 4096)
	switch {
	case side == Kicked:
		r.end()
	case side == Client && !r.up:
		n, err := r.Read(Client, b)
		if err == ErrAgain {
			return
		}
		if err != nil {
			r.end()
			return
		}
		if r.pending = append(r.pending, b[:n]...); len(r.pending) > n {
			return // it is being connected
		}
		to := *r.to
		if err := r.Connect(syscall.AF_INET, &to, func(int) {}); err != nil {
			r.end()
			return
		}
		r.Await(Upstream, Writable)
	case side == Upstream && !r.up:
		if _, err := r.Write(Upstream, r.pending); err != nil {
			if err != ErrAgain {
				r.end()
			}
			return
		}
		r.up = true
		r.Await(Upstream, Readable)
	default:
		n, err := r.Read(side, b)
		if err == ErrAgain {
			return
		}
		if err == nil {
			_, err = r.Write(1-side, b[:n])
		}
		if err != nil {
			r.end()
		}
	}
}

func sockaddr(t *testing.T, a net.Addr) *syscall.SockaddrInet4 {
	tcp := a.(*net.TCPAddr)
	to := &syscall.SockaddrInet4{Port: tcp.Port}
	copy(to.Addr[:], tcp.IP.To4())
	return to
}

func gone(t *testing.T, open *atomic.Int64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); open.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d pairs have not ended", open.Load())
		}
	}
}

// Clients that come at the same time are all accepted, and their upstreams connected, in whatever order things happen.
func TestListen(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var echoing sync.WaitGroup
	echoing.Go(func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			echoing.Go(func() {
				io.Copy(c, c)
				c.Close()
			})
		}
	})
	g := start(t, 2)
	l, addr, open := accepting(t, g, sockaddr(t, echo.Addr()))
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			for range 5 {
				c, err := net.Dial("tcp", addr)
				if err != nil {
					t.Error(err)
					return
				}
				c.SetDeadline(time.Now().Add(time.Minute))
				for _, text := range []string{"first", "second"} {
					b := make([]byte, len(text))
					if _, err := c.Write([]byte(text)); err != nil {
						t.Error(err)
					}
					if _, err := io.ReadFull(c, b); err != nil || string(b) != text {
						t.Errorf("%q, %v", b, err)
					}
				}
				c.Close()
			}
		})
	}
	all.Wait()
	gone(t, open)
	l.Close()
	l.Close()
	if c, err := net.Dial("tcp", addr); err == nil {
		c.Close()
		t.Error("a listener that is closed takes clients")
	}
	g.Close()
	echo.Close()
	echoing.Wait()
}

// A client whose upstream is not there, or who says nothing and leaves, is told of once and ends.
func TestConnectRefused(t *testing.T) {
	none, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := sockaddr(t, none.Addr())
	none.Close()
	g := start(t, 1)
	l, addr, open := accepting(t, g, to)
	for _, text := range []string{"", "x"} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(time.Minute))
		c.Write([]byte(text))
		if text == "" {
			c.(*net.TCPConn).CloseWrite()
		}
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, syscall.ETIMEDOUT) {
			t.Errorf("read: %v", err)
		}
		c.Close()
		gone(t, open)
	}
	l.Close()
	g.Close()
}

// A client's socket that has left the poller goes on elsewhere.
func TestLeave(t *testing.T) {
	g := start(t, 1)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := plain.Addr().String()
	left := make(chan int, 1)
	var pr *Pair
	l, err := g.Listen(plain, func(fd int, _ syscall.Sockaddr) *Pair {
		pr = g.Adopt(fd, func(side Side) {
			if n, err := pr.Read(side, make([]byte, 1)); n == 1 && err == nil {
				left <- pr.Leave()
			}
		})
		return pr
	}, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte("x"))
	fd := <-left
	l.Close()
	g.Close()
	if _, err := syscall.Write(fd, []byte("y")); err != nil {
		t.Error(err)
	}
	syscall.Close(fd)
	c.SetDeadline(time.Now().Add(time.Minute))
	if text, err := io.ReadAll(c); string(text) != "y" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

// adopted is a pair, held, of a socket that a listener might have accepted. far is its other end.
func adopted(t *testing.T, g *Group) (pr *Pair, far int) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return g.Adopt(fds[0], func(Side) {}), fds[1]
}

// A poller that has found a socket ready in another goroutine, and finds the pair held, may come upon it as the socket leaves, or when it has left.
func TestReadyWhileItLeaves(t *testing.T) {
	g := start(t, 1)
	pr, far := adopted(t, g)
	found := make(chan struct{})
	go func() {
		defer close(found)
		for range 100 {
			pr.whileHeld(Client)
		}
	}()
	fd := pr.Leave()
	pr.whileHeld(Client)
	<-found
	pr.mu.Unlock()
	syscall.Close(fd)
	syscall.Close(far)
	g.Close()
}

// A pair that cannot be moved, because its upstream is still to come, can be later.
func TestMoveWhenConnected(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g := start(t, 2)
	pr, far := adopted(t, g)
	pr.move(g.pollers[1])
	if pr.poller.Load() != g.pollers[0] {
		t.Error("moved without an upstream")
	}
	if err := pr.Connect(syscall.AF_INET, sockaddr(t, l.Addr()), func(int) {}); err != nil {
		t.Fatal(err)
	}
	pr.move(g.pollers[1])
	if pr.poller.Load() != g.pollers[1] {
		t.Error("not moved")
	}
	pr.Close()
	pr.mu.Unlock()
	syscall.Close(far)
	g.Close()
}
