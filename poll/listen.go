package poll

import (
	"net"
	"sync"
	"syscall"
	"time"
)

// Listener accepts clients for a group, in its first poller.
type Listener struct {
	poller *Poller
	fd     int
	accept func(fd int, from syscall.Sockaddr) *Pair
	failed func(error)

	mu     sync.Mutex
	closed bool          // guarded by mu
	pause  time.Duration // guarded by mu: behind a failure
	resume *time.Timer   // guarded by mu
}

// Listen takes a listening socket from Go's poller; the listener is closed by it, but not the socket. accept is called for each client, and returns a pair that is held, or nil when it wants none; it must not wait. The pair is stepped at once,
// as if something had come from the client. failed is told of errors, behind which there is a pause: too many open files and the like pass.
func (g *Group) Listen(l net.Listener, accept func(fd int, from syscall.Sockaddr) *Pair, failed func(error)) (*Listener, error) {
	fd, err := duplicate(l)
	if err != nil {
		return nil, err
	}
	p := g.pollers[0]
	li := &Listener{poller: p, fd: fd, accept: accept, failed: failed}
	p.mu.Lock()
	p.note(fd, sock{listener: li})
	p.mu.Unlock()
	if err := p.control(syscall.EPOLL_CTL_ADD, fd, syscall.EPOLLIN); err != nil {
		li.Close()
		return nil, err
	}
	l.Close()
	return li, nil
}

// Close closes the socket. When it returns nobody is accepted any more.
func (l *Listener) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	if l.resume != nil {
		l.resume.Stop()
	}
	p := l.poller
	p.mu.Lock()
	p.note(l.fd, sock{})
	p.mu.Unlock()
	p.control(syscall.EPOLL_CTL_DEL, l.fd, 0)
	syscall.Close(l.fd)
}

// ready is called by the goroutine that has the poller. It accepts one client: of others the kernel tells again.
func (l *Listener) ready(t *turn) {
	if pr := l.next(); pr != nil {
		pr.stepBy(t, Client)
		pr.Release()
	}
}

const (
	firstPause = 5 * time.Millisecond
	maxPause   = time.Second
)

// next is the pair of the client that has waited for the longest time, nil when there is none.
func (l *Listener) next() *Pair {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	fd, from, err := syscall.Accept4(l.fd, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
	switch err {
	case nil:
		l.pause = 0
		return l.accept(fd, from)
	case syscall.EAGAIN, syscall.EINTR, syscall.ECONNABORTED:
		return nil
	}
	l.pause = min(max(firstPause, 2*l.pause), maxPause)
	l.poller.control(syscall.EPOLL_CTL_MOD, l.fd, 0)
	l.resume = time.AfterFunc(l.pause, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if !l.closed {
			l.poller.control(syscall.EPOLL_CTL_MOD, l.fd, syscall.EPOLLIN)
		}
	})
	l.failed(err)
	return nil
}
