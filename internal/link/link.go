// Package link is a way between two programs that a test can cut.
package link

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Link relays connections to an address. It ends with the test.
type Link struct {
	Addr string // where it listens

	to    string
	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
	wg    sync.WaitGroup
}

// New makes a way to an address, where nobody need listen yet.
func New(t *testing.T, to string) *Link {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &Link{Addr: l.Addr().String(), to: to, conns: map[net.Conn]bool{}}
	k.wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			k.wg.Go(func() { k.relay(in) })
		}
	})
	t.Cleanup(func() { l.Close(); k.Cut(true); k.wg.Wait() })
	return k
}

// Cut ends all connections and takes no more, until it is told that it is not cut.
func (k *Link) Cut(cut bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cut = cut
	for c := range k.conns {
		if cut {
			c.Close()
		}
	}
}

// keep notes a connection to close when the way is cut; false when it is.
func (k *Link) keep(c net.Conn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.cut {
		k.conns[c] = true
	}
	return !k.cut
}

func (k *Link) end(c net.Conn) {
	c.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.conns, c)
}

func (k *Link) relay(in net.Conn) {
	defer k.end(in)
	if !k.keep(in) {
		return
	}
	out, err := net.Dial("tcp", k.to)
	if err != nil {
		return
	}
	defer k.end(out)
	if !k.keep(out) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { io.Copy(out, in); out.Close(); in.Close() })
	both.Go(func() { io.Copy(in, out); out.Close(); in.Close() })
	both.Wait()
}
