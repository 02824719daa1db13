package share

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"cordon/internal/link"
)

// cluster is three nodes on the loopback interface.
type cluster struct {
	t     *testing.T
	addr  [3]string
	links [3][3]*link.Link // from, to
	dirs  [3]string
	nodes [3]*Node
	stop  [3]func()
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func startCluster(t *testing.T, each func(i int, n *Node)) *cluster {
	c := &cluster{t: t}
	for i := range c.addr {
		c.addr[i], c.dirs[i] = freeAddress(t), t.TempDir()
	}
	for i := range 3 {
		for j := range 3 {
			if i != j {
				c.links[i][j] = link.New(t, c.addr[j])
			}
		}
	}
	for i := range 3 {
		c.start(i, each)
	}
	t.Cleanup(func() {
		for i := range 3 {
			if c.stop[i] != nil {
				c.stop[i]()
			}
		}
	})
	for i := range 3 {
		c.await(i, true)
	}
	return c
}

// nowhere is where nobody listens. Servers tell each other their addresses; of this one they can make nothing, so that no connection goes past the links.
const nowhere = "127.0.0.1:1"

func (c *cluster) start(i int, each func(i int, n *Node)) {
	o := Options{Name: fmt.Sprintf("node-%d", i), Key: []byte(strings.Repeat("k", 32)), Dir: filepath.Join(c.dirs[i], "share"), Listen: c.addr[i], Advertise: nowhere, Timeout: 5 * time.Second, Log: slog.New(slog.NewTextHandler(c.t.Output(), nil))}
	for j := range 3 {
		if j != i {
			o.Peers = append(o.Peers, c.links[i][j].Addr)
		}
	}
	n, err := Open(o)
	if err != nil {
		c.t.Fatal(err)
	}
	if each != nil {
		each(i, n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { n.Run(ctx) })
	c.nodes[i], c.stop[i] = n, func() { cancel(); wg.Wait(); n.Close(); c.stop[i] = nil }
}

// isolate cuts a node off, or lets it back.
func (c *cluster) isolate(i int, cut bool) {
	for j := range 3 {
		if j != i {
			c.links[i][j].Cut(cut)
			c.links[j][i].Cut(cut)
		}
	}
}

func (c *cluster) await(i int, joined bool) {
	c.t.Helper()
	began := time.Now()
	until(c.t, fmt.Sprintf("node %d joined = %v", i, joined), func() bool { return c.nodes[i].Joined() == joined && (!joined || c.nodes[i].Ready()) })
	c.t.Logf("node %d joined = %v after %v", i, joined, time.Since(began).Round(time.Millisecond))
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(4 * time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not so after four minutes", what)
		}
	}
}

func read(t *testing.T, path string) string {
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

// Three nodes: what one counts, claims and writes holds for all; a node that is cut off knows so, and catches up; one that is started anew too.
func TestThreeNodes(t *testing.T) {
	var files [3]string
	for i := range files {
		files[i] = filepath.Join(t.TempDir(), "quarantine.jsonl")
	}
	each := func(i int, n *Node) { n.Mirror("quarantine", files[i], nil) }
	c := startCluster(t, each)
	write := func(i int, line string) {
		f, err := os.OpenFile(files[i], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		f.WriteString(line + "\n")
	}
	same := func(want int, nodes ...int) {
		t.Helper()
		began := time.Now()
		for _, i := range nodes {
			until(t, fmt.Sprintf("file of node %d has %d lines", i, want), func() bool { return strings.Count(read(t, files[i]), "\n") == want })
		}
		t.Logf("%d lines on %v after %v", want, nodes, time.Since(began).Round(time.Millisecond))
	}
	count := func(i int, by int) error {
		return c.nodes[i].Update("k", time.Hour, func(old []byte) []byte {
			n := 0
			fmt.Sscan(string(old), &n)
			return fmt.Append(nil, n+by)
		})
	}

	// Counts: 90 changes from three nodes at a time, and none is lost.
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			for range 30 {
				if err := count(i, 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	value := func(i int) (n int) {
		until(t, "the count is read", func() bool {
			return c.nodes[i].Update("k", time.Hour, func(old []byte) []byte { n = 0; fmt.Sscan(string(old), &n); return nil }) == nil
		})
		return n
	}
	if n := value(1); n != 90 {
		t.Errorf("%d of 90 changes are there", n)
	}

	// Claims: each has one taker.
	var taken atomic.Int64
	for k := range 10 {
		for i := range 3 {
			wg.Go(func() {
				first, err := c.nodes[i].Claim(fmt.Sprint("use ", k))
				if err != nil {
					t.Error(err)
				}
				if first {
					taken.Add(1)
				}
			})
		}
	}
	wg.Wait()
	if n := taken.Load(); n != 10 {
		t.Errorf("10 claims were taken %d times", n)
	}

	// A claim whose answer was lost on the way is its asker's when it asks again, and nobody else's; nor is it taken twice.
	subject := subjectClaim + c.nodes[0].keys.token("claim", "lost")
	question := c.nodes[0].keys.seal(subject, []byte("node-0"))
	c.nodes[0].unanswered[subject] = question
	until(t, "the question whose answer is lost is there", func() bool {
		_, err := c.nodes[0].js.Publish(t.Context(), subject, question, jetstream.WithExpectLastSequencePerSubject(0))
		return err == nil || raced(err)
	})
	for _, ask := range []struct {
		node int
		want bool
	}{{1, false}, {0, true}, {0, false}, {1, false}} {
		until(t, "the claim is answered", func() bool {
			taken, err := c.nodes[ask.node].Claim("lost")
			if err == nil && taken != ask.want {
				t.Errorf("node %d has taken it: %v", ask.node, taken)
			}
			return err == nil
		})
	}

	// Lines, from two nodes.
	write(0, `{"n":1}`)
	write(2, `{"n":2}`)
	same(2, 0, 1, 2)

	// What travels is sealed: nothing of it is in the files of the servers.
	for _, dir := range c.dirs {
		filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && strings.Contains(read(t, path), `{"n":`) {
				t.Errorf("%s holds a line as it was written", path)
			}
			return nil
		})
	}

	// One node is cut off: it knows, and so does nobody else.
	c.isolate(2, true)
	c.await(2, false)
	if err := count(2, 1); err != ErrLost {
		t.Errorf("a node that is cut off counted: %v", err)
	}
	if _, err := c.nodes[2].Claim("alone"); err != ErrLost {
		t.Errorf("a node that is cut off took a claim: %v", err)
	}
	write(2, `{"n":3}`)
	write(0, `{"n":4}`)
	same(3, 0, 1)
	until(t, "the others count on", func() bool { return count(0, 1) == nil })
	c.isolate(2, false)
	c.await(2, true)
	same(4, 0, 1, 2)
	if n := value(2); n != 91 {
		t.Errorf("the node that came back reads %d, not 91", n)
	}

	// One ends, and comes back with nothing but its files.
	c.stop[1]()
	write(0, `{"n":5}`)
	until(t, "the others count on", func() bool { return count(0, 1) == nil })
	c.start(1, each)
	c.await(1, true)
	same(5, 0, 1, 2)
	if n := value(1); n != 92 {
		t.Errorf("the node that was started again reads %d, not 92", n)
	}
	if first, err := c.nodes[1].Claim("use 3"); err != nil || first {
		t.Errorf("a claim was taken again: %v %v", first, err)
	}
}

// A node with another key is none of them.
func TestOtherKey(t *testing.T) {
	a, err := newKeys([]byte(strings.Repeat("a", 32)))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := newKeys([]byte(strings.Repeat("b", 32)))
	sealed := a.seal("name", []byte("text"))
	if _, err := b.open("name", sealed); err == nil {
		t.Error("another key opens it")
	}
	if _, err := a.open("other", sealed); err == nil {
		t.Error("it opens under another name")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := a.open("name", sealed); err == nil {
		t.Error("it opens changed")
	}
	if a.token("x", "y") == b.token("x", "y") || a.routes == b.routes {
		t.Error("two keys give the same token")
	}
}
