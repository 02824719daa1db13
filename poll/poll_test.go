package poll

import (
	"bytes"
	"io"
	"math"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sockets is a connected pair of TCP sockets.
func sockets(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if near, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	return near, far
}

// relay is a pair that copies what comes on one side to the other.
type relay struct {
	*Pair
	client, server net.Conn // the far ends
	stepping       atomic.Int32
	before         func(*relay, Side) // of a step
	ended          chan struct{}
}

func newRelay(t *testing.T, g *Group, before func(*relay, Side)) *relay {
	t.Helper()
	r := &relay{before: before, ended: make(chan struct{})}
	a, client := sockets(t)
	b, server := sockets(t)
	r.client, r.server = client, server
	var err error
	if r.Pair, err = g.Add(a, b, func(side Side) { r.step(t, side) }); err != nil {
		t.Fatal(err)
	}
	r.Release()
	return r
}

func (r *relay) step(t *testing.T, side Side) {
	if r.stepping.Add(1) != 1 {
		t.Error("two goroutines step one pair")
	}
	defer r.stepping.Add(-1)
	if r.before != nil {
		r.before(r, side)
	}
	if side == Kicked {
		r.Close()
		close(r.ended)
		return
	}
	b := make([]byte, 4096)
	n, err := r.Read(side, b)
	if err == ErrAgain {
		return
	}
	if err != nil {
		r.Close()
		close(r.ended)
		return
	}
	to := 1 - side
	for b = b[:n]; len(b) > 0; {
		n, err := r.Write(to, b)
		b = b[n:]
		if err == ErrAgain {
			if to == Client {
				r.Wait(Writable, Nothing, time.Time{})
			} else {
				r.Wait(Nothing, Writable, time.Time{})
			}
		} else if err != nil {
			return
		}
	}
}

func start(t *testing.T, n int) *Group {
	t.Helper()
	g, err := Start(n, 0)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func ask(t *testing.T, r *relay, text string) {
	t.Helper()
	if _, err := r.client.Write([]byte(text)); err != nil {
		t.Error(err)
	}
	b := make([]byte, len(text))
	r.server.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadFull(r.server, b); err != nil || string(b) != text {
		t.Errorf("%q, %v", b, err)
	}
}

func TestManyPairs(t *testing.T) {
	g := start(t, 2)
	var all sync.WaitGroup
	for range 20 {
		r := newRelay(t, g, nil)
		all.Add(1)
		go func() {
			defer all.Done()
			for range 200 {
				ask(t, r, "one")
			}
			r.client.Close()
			<-r.ended
		}()
	}
	all.Wait()
	g.Close()
}

// However a step waits, the other sessions of its poller go on.
func TestStepThatWaitsHoldsNobodyUp(t *testing.T) {
	for name, aside := range map[string]bool{"with a word": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			g := start(t, 1)
			wait := make(chan struct{})
			slow := newRelay(t, g, func(r *relay, side Side) {
				if aside {
					r.Aside()
				}
				<-wait
			})
			quick := newRelay(t, g, nil)
			slow.client.Write([]byte("one"))
			slow.server.Write([]byte("one"))
			for range 100 {
				ask(t, quick, "two")
			}
			slow.client.Write([]byte("more")) // while it is held
			for range 100 {
				ask(t, quick, "two")
			}
			close(wait)
			b := make([]byte, 7)
			if _, err := io.ReadFull(slow.server, b); err != nil || string(b) != "onemore" {
				t.Errorf("%q, %v", b, err)
			}
			for _, r := range []*relay{slow, quick} {
				r.client.Close()
				<-r.ended
			}
			g.Close()
		})
	}
}

// A peer that does not read holds up its own session only, and every byte comes in order.
func TestSlowReader(t *testing.T) {
	g := start(t, 1)
	r, other := newRelay(t, g, nil), newRelay(t, g, nil)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	go func() {
		r.server.Write(sent)
		r.server.Close()
	}()
	for range 100 {
		ask(t, other, "two")
	}
	got, err := io.ReadAll(r.client)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes of %d, %v", len(got), len(sent), err)
	}
	<-r.ended
	other.client.Close()
	<-other.ended
	g.Close()
}

// Kick ends a session that is idle, and one whose step waits.
func TestKick(t *testing.T) {
	g := start(t, 1)
	idle := newRelay(t, g, nil)
	waiting := make(chan struct{}, 1)
	var over atomic.Bool
	stuck := newRelay(t, g, func(r *relay, side Side) {
		for side == Client && !over.Load() {
			select {
			case waiting <- struct{}{}:
			default:
			}
			r.Wait(Nothing, Nothing, time.Time{})
		}
	})
	stuck.client.Write([]byte("one"))
	<-waiting
	over.Store(true)
	for _, r := range []*relay{idle, stuck} {
		r.Kick()
		<-r.ended
	}
	g.Close()
}

// A wait ends in time though nothing happens.
func TestWaitUntil(t *testing.T) {
	g := start(t, 1)
	r := newRelay(t, g, func(r *relay, side Side) {
		if side == Client {
			r.Wait(Nothing, Nothing, time.Now().Add(time.Millisecond))
		}
	})
	ask(t, r, "one")
	r.server.Close()
	<-r.ended
	g.Close()
}

// A socket that becomes ready at the very moment at which its pair is let go is not forgotten.
func TestReadyWhenLetGo(t *testing.T) {
	g := start(t, 1)
	var all sync.WaitGroup
	for range 8 {
		r := newRelay(t, g, func(r *relay, side Side) { r.Aside() })
		all.Add(1)
		go func() {
			defer all.Done()
			var both sync.WaitGroup
			for _, ends := range [][2]net.Conn{{r.client, r.server}, {r.server, r.client}} {
				both.Go(func() {
					b := []byte{1}
					for range 2000 {
						ends[0].Write(b)
						ends[1].SetReadDeadline(time.Now().Add(time.Minute))
						if _, err := ends[1].Read(b); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			both.Wait()
			r.client.Close()
			<-r.ended
		}()
	}
	all.Wait()
	g.Close()
}

// A peer that has gone while its pair is held is told of once or twice, and not for as long as it is held.
func TestGoneWhileHeld(t *testing.T) {
	g := start(t, 1)
	told := 0
	r := newRelay(t, g, func(r *relay, side Side) {
		if told > 0 {
			return
		}
		r.client.(*net.TCPConn).SetLinger(0)
		r.client.Close()
		for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); told++ {
			r.Wait(Nothing, Nothing, end)
		}
	})
	r.server.Write([]byte("one"))
	<-r.ended
	if told > 4 {
		t.Errorf("woken %d times", told)
	}
	g.Close()
}

func TestTransfers(t *testing.T) {
	for _, c := range []struct {
		what    string
		regular int
		shares  []share
		want    []transfer
	}{
		{"one can do it all", 3, []share{{busy: 0.85, pairs: 8}, {busy: 0, pairs: 0}}, nil},
		{"more than one can do", 3, []share{{busy: 0.95, pairs: 8}, {busy: 0, pairs: 0}}, []transfer{{0, 1, 1}}},
		{"many sessions", 3, []share{{busy: 1, pairs: 100}, {busy: 0.1, pairs: 3}}, []transfer{{0, 1, 45}}},
		{"many sessions, half of the time", 3, []share{{busy: 0.6, pairs: 32}, {busy: 0, pairs: 0}}, []transfer{{0, 1, 16}}},
		{"shared so", 3, []share{{busy: 0.3, pairs: 16}, {busy: 0.3, pairs: 16}}, nil},
		{"shared alike", 3, []share{{busy: 0.6, pairs: 17}, {busy: 0.5, pairs: 15}}, nil},
		{"the other has room for a little", 3, []share{{busy: 1, pairs: 10}, {busy: 0.75, pairs: 50}}, []transfer{{0, 1, 1}}},
		{"both have much to do", 3, []share{{busy: 1, pairs: 100}, {busy: 0.9, pairs: 50}}, nil},
		{"one session alone", 3, []share{{busy: 1, pairs: 1}, {busy: 0, pairs: 0}}, nil},
		{"little to do for two", 3, []share{{busy: 0.35, pairs: 5}, {busy: 0.25, pairs: 4}}, []transfer{{1, 0, 4}}},
		{"nothing to do", 3, []share{{busy: 0, pairs: 0}, {busy: 0, pairs: 0}}, nil},
		{"the third is not needed", 3, []share{{busy: 0.7, pairs: 8}, {busy: 0.35, pairs: 3}, {busy: 0.2, pairs: 2}}, []transfer{{2, 1, 2}}},
		{"the later one has too much", 3, []share{{busy: 0.2, pairs: 2}, {busy: 1, pairs: 8}}, []transfer{{1, 0, 1}}},
		{"alone", 1, []share{{busy: 1, pairs: 8}}, nil},
		{"a crowd for one regular poller", 1, []share{{busy: 0.85, pairs: 32}, {busy: 0, pairs: 0}}, nil},
		{"too much for one regular poller", 1, []share{{busy: 1, pairs: 32}, {busy: 0, pairs: 0}}, nil},
		{"for long steps", 1, []share{{busy: 1, pairs: 32, long: true}, {busy: 0, pairs: 0}}, []transfer{{0, 1, 6}}},
		{"too much for two", 2, []share{{busy: 1, pairs: 20, long: true}, {busy: 0.9, pairs: 20}, {busy: 0, pairs: 0}}, []transfer{{0, 2, 3}}},
		{"as much still", 2, []share{{busy: 0.8, pairs: 16}, {busy: 0.6, pairs: 14}, {busy: 0.2, pairs: 4}}, nil},
		{"a crowd again for one", 1, []share{{busy: 0.3, pairs: 20}, {busy: 0.35, pairs: 20}}, []transfer{{1, 0, 20}}},
		{"and for two", 2, []share{{busy: 0.4, pairs: 20}, {busy: 0.5, pairs: 20}, {busy: 0.3, pairs: 20}}, []transfer{{2, 0, 20}}},
	} {
		if got := transfers(c.shares, c.regular); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

// What one poller gives away does not come back as long as there is as much to do.
func TestNotBackAndForth(t *testing.T) {
	for regular := 1; regular <= 2; regular++ {
		for pairs := 1; pairs <= 64; pairs++ {
			for percent := range 101 {
				each := float64(percent) / 100 / float64(pairs)
				for here := pairs; here > 0; { // of them with the first poller
					shares := []share{{busy: each * float64(here), pairs: here}, {busy: each * float64(pairs-here), pairs: pairs - here}}
					moves := transfers(shares, regular)
					if len(moves) == 0 {
						break
					}
					if moves[0].to == 0 {
						t.Errorf("%d of the pollers regular, %d sessions that take %d %% of one, %d of them with the first: %v", regular, pairs, percent, here, moves)
						break
					}
					here -= moves[0].pairs
				}
			}
		}
	}
}

// A poller that waits for a processor is not as busy as the clock says.
func TestBound(t *testing.T) {
	for _, c := range []struct {
		what string
		used float64
		have []share
		want []share
	}{
		{"they have used what the clock says, and the program something beside", 1.3, []share{{busy: 0.8, pairs: 8}, {busy: 0.4, pairs: 2}}, []share{{busy: 0.8, pairs: 8}, {busy: 0.4, pairs: 2}}},
		{"half of the time without a processor", 0.6, []share{{busy: 0.8, pairs: 8}, {busy: 0.4, pairs: 2}}, []share{{busy: 0.4, pairs: 8}, {busy: 0.2, pairs: 2}}},
		{"a crowd", 0.6, []share{{busy: 0.8, pairs: 12}, {busy: 0.4, pairs: 6}}, []share{{busy: 0.8, pairs: 12}, {busy: 0.4, pairs: 6}}},
	} {
		if bound(c.have, c.used); !slices.EqualFunc(c.have, c.want, func(a, b share) bool { return a.pairs == b.pairs && math.Abs(a.busy-b.busy) < 1e-9 }) {
			t.Errorf("%s: %v, want %v", c.what, c.have, c.want)
		}
	}
	before := processorTime()
	for processorTime() == before { // it goes on
	}
}

// A crowd of sessions begins with one poller, and each of the others with whichever has the fewest.
func TestLeast(t *testing.T) {
	g := start(t, 2)
	var relays []*relay
	for i := range 2*crowd + 3 {
		relays = append(relays, newRelay(t, g, nil))
		a, b := int(g.pollers[0].pairs.Load()), int(g.pollers[1].pairs.Load())
		if n := i + 1; a+b != n || n <= crowd && b != 0 || n >= 2*crowd && a-b != n%2 {
			t.Errorf("%d sessions are %d and %d", n, a, b)
		}
	}
	for _, r := range relays {
		r.client.Close()
		<-r.ended
	}
	if g.pollers[0].pairs.Load() != 0 || g.pollers[1].pairs.Load() != 0 {
		t.Error("sessions that have ended are counted")
	}
	g.Close()
}

// A goroutine that has a poller runs on its processor, and one that has lost it wherever it can; whom somebody else has bound stays so.
func TestBind(t *testing.T) {
	runtime.LockOSThread() // never undone: its thread ends with the test
	g := &Group{all: allowed(0)}
	each := g.all.each()
	if len(each) < 2 {
		t.Skip("one processor")
	}
	p := &Poller{group: g, own: each[1]}
	on := func(what string, want processors) {
		t.Helper()
		if got := allowed(0); got != want {
			t.Errorf("%s: bound to %v, want %v", what, got.each(), want.each())
		}
	}
	word := &turn{poller: p}
	bind := func(bound bool) { p.bind(word, bound) }
	bind(true)
	on("bound", each[1])
	bind(false)
	on("let go", g.all)
	bind(true)
	p.letGo(word)
	on("lost", g.all)
	word.lost = true
	bind(true)
	on("lost before it was bound", g.all)
	word.lost = false

	bind(true)
	started := make(chan processors)
	var inThreads sync.WaitGroup
	for range 8 { // more than have been started, so that new ones are
		inThreads.Add(1)
		go func() {
			runtime.LockOSThread()
			inThreads.Done()
			inThreads.Wait()
			started <- allowed(0)
		}()
	}
	for range 8 {
		if got := <-started; got != g.all {
			t.Errorf("a thread that was started meanwhile: bound to %v", got.each())
		}
	}
	bind(false)
	on("let go", g.all)
	bind(true)
	rebind(0, each[1], each[0])
	bind(false)
	on("by somebody else", each[0])
	bind(true)
	on("and still", each[0])
	rebind(0, each[0], g.all)
}

// Sessions go on while they move from one poller to another and back, also those that wait in a step.
func TestMove(t *testing.T) {
	g := start(t, 2)
	var all sync.WaitGroup
	for n := range 12 {
		steps := 0
		r := newRelay(t, g, func(r *relay, side Side) {
			if steps++; n%3 == 0 && side == Client && steps%8 == 0 {
				r.Wait(Nothing, Readable, time.Now().Add(time.Millisecond)) // meanwhile its sockets become ready
			}
		})
		all.Go(func() {
			for i := range 300 {
				g.pollers[i%2].hand(g.pollers[1-i%2], 3)
				ask(t, r, "one")
				r.server.Write([]byte("two"))
				if _, err := io.ReadFull(r.client, make([]byte, 3)); err != nil {
					t.Error(err)
				}
			}
			for at := r.poller.Load(); r.poller.Load() == at; { // it does move
				at.hand(g.pollers[0], 1)
				if at == g.pollers[0] {
					at.hand(g.pollers[1], 1)
				}
				ask(t, r, "three")
			}
			r.client.Close()
			<-r.ended
		})
	}
	all.Wait()
}

// Pairs that are queued are stepped once each, also one that is held meanwhile; one that is closed is not, whoever has its descriptor now.
func TestQueue(t *testing.T) {
	g := start(t, 2)
	release := make(chan struct{})
	held := make(chan struct{})
	slow := newRelay(t, g, func(r *relay, side Side) {
		if side != Kicked {
			r.Aside()
			close(held)
			<-release
		}
	})
	var relays []*relay
	for range 100 {
		relays = append(relays, newRelay(t, g, nil))
	}
	slow.client.Write([]byte("x"))
	<-held
	slow.Queue()
	for _, r := range relays {
		r.Queue()
	}
	for _, r := range relays {
		<-r.ended
		r.Queue() // it would close ended again
	}
	close(release)
	<-slow.ended
	other := newRelay(t, g, nil)
	for _, r := range relays {
		r.Queue()
	}
	ask(t, other, "still here")
	other.Queue()
	<-other.ended
	g.Close()
}

// While nothing happens the watch rests, and it is there again when something does.
func TestWatchRests(t *testing.T) {
	g := start(t, 2)
	for range 3 {
		for !g.asleep.Load() {
			time.Sleep(time.Millisecond) // it will be, or the test does not end
		}
		wait := make(chan struct{})
		slow := newRelay(t, g, func(*relay, Side) { <-wait })
		quick := newRelay(t, g, nil)
		slow.client.Write([]byte("x"))
		ask(t, quick, "one")
		close(wait)
		for _, r := range []*relay{slow, quick} {
			r.client.Close()
			<-r.ended
		}
	}
	for !g.asleep.Load() {
		time.Sleep(time.Millisecond)
	}
	g.Close() // and ends while it rests
}
