// Package poll waits for sockets with an epoll of its own, and steps whoever a ready socket belongs to.
//
// Go's own poller parks a goroutine for each direction of a session: every message wakes one, which finds nothing more to read and sleeps again. Here one goroutine waits for the sockets of many sessions and runs the step
// of each that is ready itself, so that a message costs a read, a write and its share of one epoll_wait.
//
// A [Pair] is the two sockets of one session, and belongs to one [Poller]. Whoever holds the pair's lock steps it: one goroutine at a time. A step should not wait. One that has to, or that takes long, hands the poller to
// another goroutine first ([Pair.Aside], [Pair.Wait]); a step that is found to have taken long without saying so loses it (see [Group.watch]). So whatever a session waits for, the others go on. Meanwhile its
// sockets may become ready: they are not waited for again until the step has ended.
package poll

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Group is a number of pollers that share their sessions.
type Group struct {
	pollers []*Poller
	all     processors     // that the process may use
	regular int            // so many of the pollers share crowds of sessions; the others have only what is too much for these
	running sync.WaitGroup // goroutines of the package
	stop    chan struct{}
	asleep  atomic.Bool   // nothing has happened for a while, and watch waits for it
	awake   chan struct{} // holds one word for watch: something has happened
	used    time.Duration // of watch: processor time at the last balance
}

// Poller is one epoll, and the goroutine that waits on it.
type Poller struct {
	group *Group
	hold  bool       // it keeps its processor, of Go's scheduler, while it waits for a moment
	own   processors // that its thread is bound to under load; none when it never is
	epoll int
	stop  int // an eventfd: readable when the poller is to end
	wake  int // another: readable when somebody has queued a pair

	turn   atomic.Pointer[turn] // of the goroutine that waits and steps
	spare  chan *turn           // taken by goroutines that have lost theirs and wait for another: their stacks have grown to what a step needs
	spares atomic.Int32

	pairs atomic.Int32 // whose sockets it waits for
	bound atomic.Bool  // under load
	load               // for balance

	mu    sync.Mutex
	socks []sock      // guarded by mu; by descriptor
	queue []*Pair     // guarded by mu: to be stepped, with no socket ready
	ready []sock      // guarded by mu: found ready, and not dealt with yet
	all   [batch]sock // guarded by mu: ready's memory
}

// sock is one socket of a pair, or one that listens.
type sock struct {
	pair     *Pair
	side     Side
	listener *Listener
}

// turn is one goroutine's right to wait on a poller and to step what is ready.
type turn struct {
	poller *Poller
	lost   bool          // guarded by the poller's mutex
	thread int           // guarded by the poller's mutex: that is bound, 0 for none
	steps  atomic.Uint64 // begun and ended, so odd while one is under way
	since  atomic.Int64  // when the wait began that is under way, by clock; 0 for none
	stream stream        // of the goroutine
	spare  []byte        // likewise: see Pair.Spare
}

// stream is what tells that a peer sends much at a time: a whole table, say. The server sends it in pieces of 8 kB, and would have to wake the poller for each of them, which takes it as long as making one.
type stream struct {
	pair   *Pair
	side   Side
	runs   int  // reads of this socket alone, each of which brought much
	napped bool // before the read that comes next
}

const (
	muchRead   = 4 << 10
	worthNap   = 16 << 10              // less was all that the server could send meanwhile: it waits for us
	noNapRuns  = 64                    // reads without a nap behind one that was not worth it
	streamRuns = 6                     // so a page of rows is not yet one
	nap        = 20 * time.Microsecond // to which the kernel adds 50 of its own
)

// saw notes a read.
func (s *stream) saw(pr *Pair, side Side, n int) {
	switch {
	case n < muchRead:
		*s = stream{}
	case s.pair != pr || s.side != side:
		*s = stream{pair: pr, side: side}
	case s.napped && n < worthNap:
		s.runs = streamRuns - noNapRuns
	default:
		s.runs++
	}
	s.napped = false
}

// Start starts a group of n pollers, and more that take over what these have no processor time for.
func Start(n, more int) (*Group, error) {
	g := &Group{stop: make(chan struct{}), awake: make(chan struct{}, 1), regular: n}
	hold := runtime.GOMAXPROCS(0) >= 2*n
	own := g.bindable(n + more)
	for i := range n + more {
		p := &Poller{group: g, hold: hold && i < n, spare: make(chan *turn)}
		if own != nil {
			p.own = own[i]
		}
		var err error
		if p.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err == nil {
			if err = p.listen(); err != nil {
				p.close()
			}
		}
		if err != nil {
			for _, p := range g.pollers {
				p.close()
			}
			return nil, fmt.Errorf("start a poller: %w", err)
		}
		g.pollers = append(g.pollers, p)
	}
	for _, p := range g.pollers {
		p.begin()
	}
	g.running.Add(1)
	go g.watch()
	return g, nil
}

// Close ends the pollers and returns when their goroutines have ended. Every pair must have been closed.
func (g *Group) Close() {
	close(g.stop)
	one := [8]byte{1}
	for _, p := range g.pollers {
		syscall.Write(p.stop, one[:])
	}
	g.running.Wait()
	for _, p := range g.pollers {
		p.close()
	}
}

// listen makes the poller's own descriptors.
func (p *Poller) listen() (err error) {
	p.stop, p.wake = -1, -1
	for _, fd := range []*int{&p.stop, &p.wake} {
		if *fd, err = eventfd(); err != nil {
			return err
		}
		if err = p.control(syscall.EPOLL_CTL_ADD, *fd, syscall.EPOLLIN); err != nil {
			return err
		}
	}
	return nil
}

func (p *Poller) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, fd := range []int{p.stop, p.wake, p.epoll} {
		if fd >= 0 {
			syscall.Close(fd)
		}
	}
	p.wake = -1 // see Queue
	p.queue = nil
}

func eventfd() (int, error) {
	fd, _, errno := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

func (p *Poller) control(op, fd int, events uint32) error {
	return syscall.EpollCtl(p.epoll, op, fd, &syscall.EpollEvent{Events: events, Fd: int32(fd)})
}

// begin gives the poller to a spare goroutine, or a new one.
func (p *Poller) begin() {
	t := &turn{poller: p}
	p.turn.Store(t)
	select {
	case p.spare <- t:
	default:
		p.group.running.Add(1)
		go p.loop(t)
	}
}

// maxSpares bounds the spare goroutines of a poller.
const maxSpares = 8

// another waits for another turn, nil when the goroutine is not needed any more.
func (p *Poller) another() *turn {
	defer p.spares.Add(-1)
	if p.spares.Add(1) > maxSpares {
		return nil
	}
	select {
	case t := <-p.spare:
		return t
	case <-p.group.stop:
		return nil
	}
}

// take takes the poller from the goroutine whose turn it is and gives it to another, which goes on with what is ready. It does nothing when that has lost it already.
func (p *Poller) take(t *turn) {
	p.mu.Lock()
	first := !t.lost
	t.lost = true
	if first {
		p.letGo(t) // the processor is for the thread that waits next
	}
	p.mu.Unlock()
	if first {
		p.begin()
	}
}

// batch is how many ready sockets one wait can bring.
const batch = 64

// loop waits and steps until the poller ends, or the goroutine is not needed.
func (p *Poller) loop(t *turn) {
	defer p.group.running.Done()
	var events [batch]syscall.EpollEvent
	bound := false
	for {
		s, more, lost := p.next(t)
		switch {
		case lost:
			if bound {
				runtime.UnlockOSThread()
				bound = false
			}
			if t = p.another(); t == nil {
				return
			}
			continue
		case more && s.listener != nil:
			s.listener.ready(t)
			continue
		case more:
			s.pair.ready(t, s.side)
			continue
		}
		if bound != p.bound.Load() {
			bound = !bound
			p.bind(t, bound)
		}
		n, err := p.wait(t, events[:])
		if err != nil && !errors.Is(err, syscall.EINTR) {
			panic("poll: epoll_wait: " + err.Error()) // only a descriptor that is none, which would be a defect here
		}
		if !p.came(t, events[:max(n, 0)]) {
			return
		}
	}
}

// moment is how long, in ms, a poller that waits keeps its processor. Go's scheduler is not told that the goroutine waits; it interrupts the wait by a signal after 10 ms, or when a collection wants to stop it. The kernel sets its timer anew for each
// wait that may end before the next tick, which costs more than all the rest of a wait: so a moment is longer than a tick (10 ms at most).
const moment = 20

// wait waits for sockets that are ready. Under load one is ready soon: the wait is short, and to give up the processor and get it back would cost more.
func (p *Poller) wait(t *turn, events []syscall.EpollEvent) (int, error) {
	began := clock()
	t.since.Store(began)
	defer func() {
		t.since.Store(0)
		p.idle.Add(clock() - began)
		p.group.happens()
	}()
	if t.stream.runs >= streamRuns {
		// What comes meanwhile wakes nobody, and is read at once. Nobody else waits, or they would have been read in between.
		short := syscall.NsecToTimespec(int64(nap))
		syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&short)), 0, 0)
		t.stream.napped = true
	}
	if p.hold {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(p.epoll), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), moment, 0, 0)
		switch {
		case errno != 0 && errno != syscall.EINTR:
			return 0, errno
		case errno == 0 && n > 0:
			return int(n), nil
		}
	}
	return syscall.EpollWait(p.epoll, events, -1)
}

// sock is the socket of a descriptor, none of one that is none; mu is held.
func (p *Poller) sock(fd int) sock {
	if uint(fd) >= uint(len(p.socks)) {
		return sock{}
	}
	return p.socks[fd]
}

// next takes a socket that is ready. Only whoever has the turn gets one.
func (p *Poller) next(t *turn) (s sock, more, lost bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.lost || len(p.ready) == 0 {
		return sock{}, false, t.lost
	}
	s, p.ready = p.ready[0], p.ready[1:]
	return s, true, false
}

// came takes note of the sockets that a wait has found ready. It returns false when the turn was lost while it waited, or the poller ends.
func (p *Poller) came(t *turn, events []syscall.EpollEvent) bool {
	p.mu.Lock()
	if !t.lost {
		p.ready = p.all[:0]
		for _, e := range events {
			if int(e.Fd) == p.stop {
				p.mu.Unlock()
				return false
			}
			if int(e.Fd) == p.wake {
				var count [8]byte
				syscall.Read(p.wake, count[:])
				for _, pair := range p.queue {
					p.ready = append(p.ready, sock{pair: pair, side: Kicked})
				}
				clear(p.queue)
				p.queue = p.queue[:0]
				continue
			}
			if s := p.sock(int(e.Fd)); s != (sock{}) { // not closed or moved meanwhile
				p.ready = append(p.ready, s)
			}
		}
		p.mu.Unlock()
		return true
	}
	// Another goroutine waits by now. What a step waits for is told once only: it must not get lost. Of clients that have come the kernel tells again.
	var found []sock
	for _, e := range events {
		if s := p.sock(int(e.Fd)); s.pair != nil {
			found = append(found, s)
		}
	}
	p.mu.Unlock()
	for _, s := range found {
		s.pair.whileHeld(s.side)
	}
	return false
}

// A step that is seen under way and still is after slow loses its poller. Each look wakes two or three of Go's threads, so there is a pause between two pairs of them.
const (
	slow  = 10 * time.Millisecond
	pause = 40 * time.Millisecond
)

// look is what watch has seen of a poller.
type look struct {
	turn  *turn
	steps uint64
	waits bool
}

func (p *Poller) look() look {
	t := p.turn.Load()
	return look{t, t.steps.Load(), t.since.Load() != 0}
}

// watch takes pollers from steps that hold them for long: because they wait for something that nobody thought of, or compute. While the pollers wait it does too.
func (g *Group) watch() {
	defer g.running.Done()
	tick := time.NewTimer(pause)
	defer tick.Stop()
	seen := make([]look, len(g.pollers))
	balanced := time.Now()
	for next := pause; ; {
		select {
		case <-g.stop:
			return
		case <-tick.C:
		}
		quiet, underWay := true, false
		for i, p := range g.pollers {
			now := p.look()
			if now.steps&1 == 1 {
				underWay = true
				if now == seen[i] {
					p.take(now.turn)
				}
			}
			quiet = quiet && now.waits && now == seen[i]
			seen[i] = now
		}
		if now := time.Now(); now.Sub(balanced) >= interval {
			g.balance(now.Sub(balanced))
			balanced = now
		}
		if quiet {
			if !g.rest(seen) {
				return
			}
			g.forget()
			balanced = time.Now()
		}
		if underWay && next == pause {
			next = slow
		} else {
			next = pause
		}
		tick.Reset(next)
	}
}

// rest waits until something happens, if nothing has since the pollers were seen. It returns false when the group ends.
func (g *Group) rest(seen []look) bool {
	g.asleep.Store(true)
	defer g.asleep.Store(false)
	for i, p := range g.pollers {
		if p.look() != seen[i] { // before it could be heard
			return true
		}
	}
	select {
	case <-g.stop:
		return false
	case <-g.awake:
		return true
	}
}

// happens is told by a poller whose wait has ended.
func (g *Group) happens() {
	if g.asleep.Load() && g.asleep.CompareAndSwap(true, false) {
		select {
		case g.awake <- struct{}{}:
		default:
		}
	}
}
