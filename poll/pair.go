package poll

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Side is one of the two sockets of a pair.
type Side int

// The sides. Kicked, given to a step, says that no socket is ready, but Kick or Queue was called.
const (
	Client Side = iota
	Upstream
	Kicked
)

// Want is what a socket is waited for.
type Want uint32

// The wants.
const (
	Nothing  Want = 0
	Readable Want = syscall.EPOLLIN
	Writable Want = syscall.EPOLLOUT
)

// ErrAgain says that a socket has nothing to read, or takes no more, at the moment.
var ErrAgain error = again{}

type again struct{}

func (again) Error() string { return "the socket is not ready" }

// Pair is the two sockets of one session. Its methods are for the step, which holds it; Kick, Queue and Tell are for everyone.
type Pair struct {
	poller atomic.Pointer[Poller] // changes only while the pair is held: see move
	fds    [2]int                 // -1 for an upstream that is not there yet
	step   func(Side)
	wake   chan struct{} // holds one word for a step that waits: something has happened

	mu     sync.Mutex // whoever holds it steps
	turn   *turn      // guarded by mu: of the goroutine that steps, if it has a poller
	seen   uint32     // guarded by mu: the interval of the poller in which it has been stepped last
	asleep [2]bool    // guarded by mu: nothing more is read from this side
	known  [2]bool    // guarded by mu: the poller's epoll has the socket
	want   [2]Want    // guarded by mu: what it is waited for between steps
	closed bool       // guarded by mu

	disarmed atomic.Bool    // a socket was ready while the pair was held: it is not waited for until the pair is let go
	off      [2]atomic.Bool // which: the kernel tells of it once more at most, whatever happens to it
}

// Add takes two plain sockets from Go's poller; the connections are closed by it, but not the sockets. The pair is held by the caller, who gives it to the poller with Release. step is called, with the pair held, when a socket is readable.
func (g *Group) Add(client, upstream net.Conn, step func(Side)) (*Pair, error) {
	var fds [2]int
	for side, c := range []net.Conn{client, upstream} {
		fd, err := duplicate(c)
		if err != nil {
			if side == 1 {
				syscall.Close(fds[0])
			}
			return nil, err
		}
		fds[side] = fd
	}
	pr := g.pair(fds, step)
	for side := range fds {
		if err := pr.wait(Side(side), syscall.EPOLLONESHOT); err != nil {
			pr.Close()
			pr.mu.Unlock()
			return nil, fmt.Errorf("epoll_ctl: %w", err)
		}
	}
	client.Close()
	upstream.Close()
	return pr, nil
}

// Adopt takes the socket of a client that a Listener has accepted. The pair has no upstream until Connect. It is held by the caller.
func (g *Group) Adopt(client int, step func(Side)) *Pair { return g.pair([2]int{client, -1}, step) }

// pair is a pair that is held, with both sockets off.
func (g *Group) pair(fds [2]int, step func(Side)) *Pair {
	pr := &Pair{fds: fds, step: step, wake: make(chan struct{}, 1), want: [2]Want{Readable, Readable}}
	p := g.least()
	pr.poller.Store(p)
	pr.mu.Lock()
	p.enter(pr)
	for side := range pr.off {
		pr.off[side].Store(true)
	}
	pr.disarmed.Store(true)
	return pr
}

// Connect begins to connect the upstream's side, which is writable when it is connected, or cannot be. set is given the socket before. to is written into: it must not be used elsewhere at the same time.
func (pr *Pair) Connect(family int, to syscall.Sockaddr, set func(fd int)) error {
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	set(fd)
	if err := syscall.Connect(fd, to); err != nil && err != syscall.EINPROGRESS && err != syscall.EINTR {
		syscall.Close(fd)
		return err
	}
	pr.fds[Upstream] = fd
	p := pr.poller.Load()
	p.mu.Lock()
	p.note(fd, sock{pair: pr, side: Upstream})
	p.mu.Unlock()
	pr.disarmed.Store(true) // so Release waits for it
	return nil
}

// Await says what a side is waited for between steps: to be readable, unless this was called.
func (pr *Pair) Await(side Side, want Want) {
	pr.want[side] = want
	pr.disarmed.Store(true)
}

// Leave takes the client's socket from the poller: it is the caller's from then on. The pair is closed.
func (pr *Pair) Leave() (client int) {
	p := pr.poller.Load()
	p.mu.Lock()
	client, pr.fds[Client] = pr.fds[Client], -1 // under the lock for whileHeld
	p.note(client, sock{})
	p.mu.Unlock()
	if pr.known[Client] {
		p.control(syscall.EPOLL_CTL_DEL, client, 0)
	}
	pr.Close()
	return client
}

// wait has the poller wait for a side. It can fail for want of the kernel's memory.
func (pr *Pair) wait(side Side, events uint32) error {
	op := syscall.EPOLL_CTL_MOD
	if !pr.known[side] {
		op = syscall.EPOLL_CTL_ADD
	}
	err := pr.poller.Load().control(op, pr.fds[side], events)
	pr.known[side] = pr.known[side] || err == nil
	return err
}

func duplicate(c any) (fd int, err error) {
	s, ok := c.(syscall.Conn)
	if !ok {
		return -1, errors.New("not a plain socket")
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return -1, err
	}
	var errno syscall.Errno
	err = raw.Control(func(old uintptr) {
		var n uintptr
		n, _, errno = syscall.RawSyscall(syscall.SYS_FCNTL, old, syscall.F_DUPFD_CLOEXEC, 0)
		fd = int(n)
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return fd, err
}

// ready is called by the goroutine that has the poller, for a socket that is ready.
func (pr *Pair) ready(t *turn, side Side) {
	if !pr.mu.TryLock() {
		if side == Kicked {
			pr.Kick()
		} else {
			pr.whileHeld(side)
		}
		return
	}
	if !pr.closed && (side == Kicked || !pr.asleep[side]) {
		pr.stepBy(t, side)
	}
	pr.Release()
}

// stepBy steps a pair that is held.
func (pr *Pair) stepBy(t *turn, side Side) {
	pr.turn = t
	t.steps.Add(1)
	pr.step(side)
	t.steps.Add(1)
	t.poller.stepped(pr)
}

// whileHeld is called for a socket that is ready while somebody else steps the pair. That one is told, and waits for the socket again in the end.
func (pr *Pair) whileHeld(side Side) {
	p := pr.poller.Load()
	p.mu.Lock()
	// A peer that has gone is told of for whatever is waited for, even nothing, so a socket is turned off once and not each time.
	if fd := pr.fds[side]; p.sock(fd) == (sock{pair: pr, side: side}) && !pr.off[side].Swap(true) { // and not closed and opened as another
		p.control(syscall.EPOLL_CTL_MOD, fd, syscall.EPOLLONESHOT)
	}
	p.mu.Unlock()
	pr.disarmed.Store(true) // behind the call: whoever lets the pair go before it would wait for the socket, and this turn it off
	pr.Tell()
	if pr.mu.TryLock() { // let go meanwhile, perhaps before it could see what stands above
		pr.Release()
	}
}

// Tell wakes the step that waits; one that does not will not wait the next time.
func (pr *Pair) Tell() {
	select {
	case pr.wake <- struct{}{}:
	default:
	}
}

// Release lets the pair go: from then on its sockets are waited for.
func (pr *Pair) Release() {
	for {
		pr.turn = nil
		if pr.disarmed.Swap(false) && !pr.closed {
			for side, fd := range pr.fds {
				if fd >= 0 && !pr.asleep[side] {
					pr.off[side].Store(false)
					pr.wait(Side(side), uint32(pr.want[side]))
				}
			}
		}
		pr.mu.Unlock()
		// Whoever found the pair held before this line has left word, and leaves what there is to do to whoever holds it last.
		if !pr.disarmed.Load() || !pr.mu.TryLock() {
			return
		}
	}
}

// Kick has the pair stepped by a goroutine of its own, after the step that is under way, which is woken if it waits.
func (pr *Pair) Kick() {
	pr.Tell()
	running := &pr.poller.Load().group.running
	running.Add(1)
	go func() {
		defer running.Done()
		pr.mu.Lock()
		if !pr.closed {
			pr.step(Kicked)
		}
		pr.Release()
	}()
}

// Queue has the pair stepped by its poller, as if it had a socket that is ready. That costs less than Kick, and is for what many pairs wait for together.
func (pr *Pair) Queue() {
	p := pr.poller.Load() // if it is moved meanwhile, this one steps it once more
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wake < 0 {
		return // the poller has ended, so the pair is closed
	}
	p.queue = append(p.queue, pr)
	if len(p.queue) == 1 {
		one := [8]byte{1}
		syscall.Write(p.wake, one[:])
	}
}

// Long is called by a step that is going to compute for long, before Aside: with many of these more pollers help.
func (pr *Pair) Long() {
	if t := pr.turn; t != nil {
		t.poller.long.Add(1)
	}
}

// Aside is called by a step that is going to take long or to wait: the poller goes to another goroutine.
func (pr *Pair) Aside() {
	if t := pr.turn; t != nil {
		pr.turn = nil
		t.poller.take(t)
	}
}

// Spare is where a step leaves a buffer for the next one of the same goroutine, of this pair or another: which costs less than a pool. nil when the goroutine has no poller, and so no next step.
func (pr *Pair) Spare() *[]byte {
	if pr.turn == nil {
		return nil
	}
	return &pr.turn.spare
}

// Wait waits until a socket is ready as wanted, or somebody tells, or until has passed, unless it is zero. It may return without cause.
func (pr *Pair) Wait(client, upstream Want, until time.Time) {
	pr.Aside()
	pr.disarmed.Store(true)
	for side, want := range [2]Want{client, upstream} {
		if want != Nothing {
			pr.off[side].Store(true)
			pr.wait(Side(side), uint32(want)|syscall.EPOLLONESHOT)
		}
	}
	if until.IsZero() {
		<-pr.wake
		return
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-pr.wake:
	case <-timer.C:
	}
}

// Read reads what there is: ErrAgain when there is nothing, io.EOF when the peer has said its last word.
func (pr *Pair) Read(side Side, b []byte) (int, error) {
	if pr.closed {
		return 0, net.ErrClosed
	}
	if len(b) == 0 {
		return 0, nil
	}
	for {
		// The socket never blocks, so Go's scheduler need not be told of the call.
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(pr.fds[side]), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch {
		case errno == syscall.EINTR:
		case errno == syscall.EAGAIN:
			return 0, ErrAgain
		case errno != 0:
			return 0, errno
		case n == 0:
			return 0, io.EOF
		default:
			if pr.turn != nil {
				pr.turn.stream.saw(pr, side, int(n))
			}
			return int(n), nil
		}
	}
}

// Write writes what the socket takes: with ErrAgain when that is not all.
func (pr *Pair) Write(side Side, b []byte) (int, error) {
	if pr.closed {
		return 0, net.ErrClosed
	}
	written := 0
	for written < len(b) {
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(pr.fds[side]), uintptr(unsafe.Pointer(unsafe.SliceData(b[written:]))), uintptr(len(b)-written))
		switch {
		case errno == syscall.EINTR:
		case errno == syscall.EAGAIN:
			return written, ErrAgain
		case errno != 0:
			return written, errno
		default:
			written += int(n)
		}
	}
	return written, nil
}

// LocalAddr is the address of a side on this machine; nil when there is none.
func (pr *Pair) LocalAddr(side Side) net.Addr {
	name, _ := syscall.Getsockname(pr.fds[side])
	switch a := name.(type) {
	case *syscall.SockaddrInet4:
		return &net.TCPAddr{IP: a.Addr[:], Port: a.Port}
	case *syscall.SockaddrInet6:
		return &net.TCPAddr{IP: a.Addr[:], Port: a.Port}
	case *syscall.SockaddrUnix:
		return &net.UnixAddr{Name: a.Name, Net: "unix"}
	}
	return nil
}

// Ignore says that nothing more is read from a side.
func (pr *Pair) Ignore(side Side) {
	if !pr.closed && !pr.asleep[side] {
		pr.asleep[side] = true
		pr.off[side].Store(true)
		if pr.known[side] {
			pr.wait(side, syscall.EPOLLONESHOT)
		}
	}
}

// Attend has a side read again after Ignore.
func (pr *Pair) Attend(side Side) {
	if pr.asleep[side] {
		pr.asleep[side] = false
		pr.disarmed.Store(true) // so Release waits for it
	}
}

// CloseWrite tells the peer of a side that nothing more comes.
func (pr *Pair) CloseWrite(side Side) {
	if !pr.closed {
		syscall.Shutdown(pr.fds[side], syscall.SHUT_WR)
	}
}

// Close closes both sockets.
func (pr *Pair) Close() {
	if pr.closed {
		return
	}
	pr.closed = true
	pr.poller.Load().leave(pr)
	for _, fd := range pr.fds {
		if fd >= 0 {
			syscall.Close(fd)
		}
	}
}
