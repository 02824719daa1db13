package proxy

import (
	"net"
	"os"
	"sync/atomic"
	"time"

	"cordon/poll"
)

// A session whose two connections are plain sockets is stepped by a poller (package poll) instead of having two goroutines. Each step reads once, deals with the burst as the loops do, and writes. What the loops do at the
// same time is done in turn: where the client's loop would wait for the upstream's, the step ends and the burst goes on when they have come (goOn), or, in the midst of a message, it takes the upstream's bursts itself.

// polled is what such a session has besides.
type polled struct {
	*poll.Pair
	clientNeed   int         // bytes that must be buffered before the next burst can go on, 0 for any
	upstreamNeed int         // likewise
	stalled      bool        // what is buffered of the client's goes on when the server has answered
	lost         error       // the server has no more to say, or cannot be followed
	notified     uint64      // of the audit log: the last that it was asked to tell of
	unrecorded   atomic.Bool // and that it has told of a failure
	last         atomic.Bool // the step that is under way ends the session
}

// Told is called by the audit log, when what the session waits for is on the device or never will be.
func (p *polled) Told(ok bool) {
	if !ok {
		p.unrecorded.Store(true)
	}
	p.Queue()
}

// enterPoller gives the session to a poller. It returns false when that cannot be, as with TLS: then the session needs its loops.
func (s *session) enterPoller() bool {
	if s.server.pollers == nil || !plainSocket(s.client) || !plainSocket(s.upstream) {
		return false
	}
	s.end.Lock() // finish must see the connections as they were or as they are
	pair, err := s.server.pollers.Add(s.client, s.upstream, s.step)
	if err != nil {
		s.end.Unlock()
		s.server.log.LogAttrs(noContext, slogWarn, "the session cannot be polled", slogErr(err))
		return false
	}
	s.usePair(pair, s.from, s.upstream.RemoteAddr())
	s.end.Unlock()
	s.fromClient.Reset(s.client)
	s.toClient.Reset(s.client)
	s.fromUpstream.Reset(s.upstream)
	s.toUpstream.Reset(s.upstream)
	s.startupTimer()
	if s.over() { // finish may have come before it could be heard
		s.notOpened(errRefused)
	}
	pair.Release()
	return true
}

// usePair has the session read from a pair's sockets and write to them.
func (s *session) usePair(pair *poll.Pair, client, upstream net.Addr) {
	s.polled = &polled{Pair: pair}
	deadline := s.opening.deadline.UnixNano()
	c, u := &polledConn{session: s, polled: s.polled, side: poll.Client, remote: client}, &polledConn{session: s, polled: s.polled, side: poll.Upstream, remote: upstream}
	c.deadline.Store(deadline)
	u.deadline.Store(deadline)
	s.client, s.upstream = c, u
}

// startupTimer ends a polled session that is not open in time.
func (s *session) startupTimer() {
	s.opening.timer = time.AfterFunc(time.Until(s.opening.deadline), func() { s.finish("startup", nil, os.ErrDeadlineExceeded) })
}

func plainSocket(c net.Conn) bool {
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn:
		return true
	}
	return false
}

// step is called by the poller, when a socket is readable, the audit log has told of its device, or finish has been called.
func (s *session) step(side poll.Side) {
	if s.opening != nil {
		s.openingStep(side)
		return
	}
	var client, upstream error
	switch {
	case s.over():
	case side == poll.Client && s.polled.stalled:
		s.polled.Ignore(poll.Client) // until it goes on
	case side == poll.Client:
		if client = s.fromClient.ReadOnce(s.polled.clientNeed); client == nil && len(s.fromClient.Buffered()) >= s.polled.clientNeed {
			client = s.clientBurstPolled()
		}
	case side == poll.Upstream:
		upstream = s.takeUpstream()
	case s.unsynced != 0:
		client = s.letGo()
	}
	if p := s.polled; client == nil && upstream == nil && !p.stalled && p.lost == nil && !s.over() {
		return // as nearly always
	}
	if client == nil && (upstream == nil || upstream == poll.ErrAgain) {
		client = s.goOn()
	}
	s.stepped(client, upstream)
}

// goOn deals with the rest of a burst of the client's that beforeMessage has stalled, if the server has answered what it was stalled for.
func (s *session) goOn() error {
	if !s.mayGoOn() {
		return nil
	}
	keep := s.inPipeline && !s.prompt && !s.up.due // without Cordon the server would keep these answers for its Sync
	for s.mayGoOn() {
		s.polled.stalled = false
		if err := s.clientBurstPolled(); err != nil {
			return err
		}
	}
	if s.polled.stalled && keep {
		s.toClient.Hold()
		return nil
	}
	if !s.polled.stalled {
		s.polled.Attend(poll.Client)
	}
	if err := s.flushClient(); err != nil && s.polled.lost == nil {
		s.polled.lost = err
	}
	return nil
}

// mayGoOn says that a burst is stalled and need not be.
func (s *session) mayGoOn() bool {
	if !s.polled.stalled || s.over() || s.polled.lost != nil {
		return false
	}
	return s.pending.unstoppable()
}

// stepped ends the session, or its client's side, when a step has gone wrong.
func (s *session) stepped(client, upstream error) {
	if client != nil && client != poll.ErrAgain {
		s.polled.stalled = false
		s.polled.Ignore(poll.Client)
		s.clientEnded(client)
	}
	if upstream == nil || upstream == poll.ErrAgain {
		upstream = s.polled.lost
	}
	if upstream != nil || s.over() {
		s.polled.last.Store(true)
		if s.pending.cancels.Load() > 0 {
			s.polled.Aside()
		}
		s.upstreamEnded(upstream)
		s.conclude()
	}
}

func (s *session) clientBurstPolled() (err error) {
	if s.polled.clientNeed, err = s.clientBurst(); err == nil && !s.hold() {
		err = s.flushUpstream()
	}
	s.fromClient.Rest()
	return err
}

// hold keeps what is to go to the server while the audit log does not have it on the device, and has the log tell when it does. The poller goes on with others meanwhile. It returns false when there is nothing to wait for, also when
// the log has failed, and when too much is kept already: the flush that follows waits then, or fails.
func (s *session) hold() bool {
	if s.unsynced == 0 || s.server.Audit.Synced(s.unsynced) || s.polled.unrecorded.Load() || s.toUpstream.Full() {
		return false
	}
	if s.polled.notified < s.unsynced {
		if !s.server.Audit.Notify(s.unsynced, s.polled) {
			return false
		}
		s.polled.notified = s.unsynced
	}
	s.toUpstream.Hold()
	return true
}

// letGo sends what hold has kept.
func (s *session) letGo() error {
	if s.hold() { // there is more by now
		return nil
	}
	p := &s.pending
	p.mu.Lock()
	s.await(func() bool { return p.cancels.Load() == 0 }) // one that comes before the statement would hit what it was not meant for
	p.mu.Unlock()
	return s.flushUpstream()
}

// takeUpstream reads once from the server, and deals with what has come.
func (s *session) takeUpstream() error {
	if err := s.fromUpstream.ReadOnce(s.polled.upstreamNeed); err != nil || len(s.fromUpstream.Buffered()) < s.polled.upstreamNeed {
		return err
	}
	return s.upstreamBurstPolled()
}

func (s *session) upstreamBurstPolled() (err error) {
	s.up.due = false
	s.polled.upstreamNeed, err = s.upstreamBurst()
	switch {
	case err != nil:
		s.toClient.Hold() // it is flushed when the buffer may be somebody else's
	case s.mayGoOn(): // and flushes
		s.toClient.Hold()
	default:
		err = s.flushClient()
	}
	s.fromUpstream.Rest()
	return err
}

// await waits until the server's answers have made done true, or the session is broken. pending.mu is held, but while it waits.
func (s *session) await(done func() bool) {
	p := &s.pending
	for !done() && !p.broken.Load() {
		s.clocked = false
		if s.polled == nil {
			p.waiting = true
			p.wake.Wait()
			continue
		}
		p.mu.Unlock()
		s.awaitUpstream(poll.Nothing)
		p.mu.Lock()
	}
	p.waiting = false
}

// awaitUpstream is called by a step on the client's side: it takes one burst from the server, and waits for it if there is none yet. It may return without one, also when the server's socket is ready for what else is wanted of it.
func (s *session) awaitUpstream(want poll.Want) {
	err := s.takeUpstream()
	if err == poll.ErrAgain {
		s.polled.Wait(poll.Nothing, poll.Readable|want, time.Time{})
		err = nil
	}
	if err == nil && s.over() {
		err = os.ErrDeadlineExceeded
	}
	if err != nil && s.polled.lost == nil {
		s.polled.lost = err
		s.toClient.Flush()
		s.pending.stop(s.dropped)
	}
}

// aside is called before what takes long or may have to wait for others.
func (s *session) aside() {
	if s.polled != nil {
		s.polled.Aside()
	}
}

// polledConn is one of the two connections of a polled session. Reads never wait; writes wait until all is written.
type polledConn struct {
	session  *session
	polled   *polled
	side     poll.Side
	remote   net.Addr
	deadline atomic.Int64 // of writes, Unix time in ns; 0 for none
}

func (c *polledConn) Spare() *[]byte { return c.polled.Spare() }

func (c *polledConn) Read(b []byte) (int, error) { return c.polled.Read(c.side, b) }

func (c *polledConn) Write(b []byte) (written int, err error) {
	p := c.polled
	for {
		n, err := p.Pair.Write(c.side, b[written:])
		written += n
		if err != poll.ErrAgain {
			return written, err
		}
		var until time.Time
		if d := c.deadline.Load(); d != 0 {
			if until = time.Unix(0, d); !time.Now().Before(until) {
				return written, os.ErrDeadlineExceeded
			}
		}
		if c.side == poll.Client {
			p.Wait(poll.Writable, poll.Nothing, until)
			continue
		}
		if c.session.opening != nil {
			p.Wait(poll.Nothing, poll.Writable, until)
			continue
		}
		// The server may take nothing because nobody reads what it says.
		if p.lost == nil {
			c.session.awaitUpstream(poll.Writable)
		}
		if p.lost != nil {
			return written, p.lost
		}
	}
}

// Close is done by conclude, for both.
func (c *polledConn) Close() error { return nil }

func (c *polledConn) CloseWrite() error {
	c.polled.CloseWrite(c.side)
	return nil
}

func (c *polledConn) LocalAddr() net.Addr  { return c.polled.LocalAddr(c.side) }
func (c *polledConn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline is how finish ends the server's side: the session is stepped, and sees that it is over.
func (c *polledConn) SetDeadline(t time.Time) error {
	c.SetWriteDeadline(t)
	if c.polled.last.Load() {
		c.polled.Tell()
		return nil
	}
	c.session.end.Lock()
	defer c.session.end.Unlock()
	if !c.session.end.concluded {
		c.polled.Kick()
	}
	return nil
}

func (c *polledConn) SetReadDeadline(time.Time) error { return nil }

func (c *polledConn) SetWriteDeadline(t time.Time) error {
	if t.IsZero() {
		c.deadline.Store(0)
		return nil
	}
	c.deadline.Store(t.UnixNano())
	return nil
}
