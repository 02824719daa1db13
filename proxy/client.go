package proxy

import (
	"errors"
	"fmt"
	"net"

	"cordon/wire"
)

// errTerminate ends the client's loop: the client has said that it leaves.
var errTerminate = errors.New("client terminated")

// clientLoop reads what the client sends, until it leaves. It is the only writer to upstream.
//
// A burst is dealt with in the buffer that it was read into, and goes upstream with one write.
func (s *session) clientLoop() {
	s.clientEnded(s.readClient())
}

// clientEnded ends the client's side: err says why.
func (s *session) clientEnded(err error) {
	if err == errTerminate || wire.IsClosed(err) && !errors.Is(err, errUpstreamWrite) {
		s.left.Store(true)                                                   // before the server can hear of it, and close
		if last := s.flushUpstream(); errors.As(last, new(errNotRecorded)) { // of what is still in the read buffer
			err = last
		}
	}
	s.fromClient.Release()
	var (
		length *wire.LengthError
		typ    *wire.TypeError
	)
	switch {
	case s.over():
	case errors.Is(err, errUpstreamWrite):
		// The server has gone, or is going and has said why: the upstream's loop reads that and ends the session.
		return
	case err == errTerminate && s.polled != nil && s.nothingPending():
		// Nothing more can come that the client would read, so nobody waits for the server to close: as libpq.
		s.polled.last.Store(true)
		s.finish("client terminated", nil, nil)
		return
	case err == errTerminate || wire.IsClosed(err):
		// The server ends the session in its own time: what it still has to say to a half-closed client is passed on.
		closeWrite(s.upstream)
		return
	case errors.As(err, new(errNotRecorded)):
		words := auditRefusal(err)
		words.Severity = "FATAL"
		s.finish("audit log", words, err)
	case errors.As(err, new(*tooLarge)):
		s.finish("message too large", &wire.Error{Severity: "FATAL", Code: codeProgramLimit, Message: err.Error(), Hint: "Send the value in pieces, with COPY or as a large object; or ask whoever runs Cordon to raise limits.message_bytes."}, err)
	case errors.As(err, &length), errors.As(err, &typ):
		s.finish("protocol violation by the client", &wire.Error{Severity: "FATAL", Code: codeProtocolViolation, Message: err.Error()}, err)
	default:
		s.finish("client lost", nil, err)
	}
	s.upstream.Close()
}

// nothingPending says that the server has answered everything, and that no request to cancel is on its way.
func (s *session) nothingPending() bool {
	s.pending.mu.Lock()
	defer s.pending.mu.Unlock()
	return s.pending.n == 0 && s.pending.cancels.Load() == 0
}

// tooLarge is the error of a message that PostgreSQL would take, and whoever runs Cordon does not want.
type tooLarge struct{ bytes, limit int }

func (e *tooLarge) Error() string {
	return fmt.Sprintf("the message has %d bytes, and Cordon passes %d", e.bytes, e.limit)
}

// errUpstreamWrite wraps an error of writing to the server.
var errUpstreamWrite = errors.New("write to the server")

func (s *session) flushUpstream() error {
	if err := s.awaitRecords(); err != nil {
		return err
	}
	if n := s.toUpstream.Buffered(); n > 0 {
		s.server.metrics.toUpstream.Add(float64(n))
	}
	if err := s.toUpstream.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errUpstreamWrite, err)
	}
	return nil
}

func (s *session) readClient() error {
	r := s.fromClient
	for {
		need, err := s.clientBurst()
		if err != nil {
			return err
		}
		if err := s.flushUpstream(); err != nil {
			return err
		}
		if need > 0 {
			err = r.Fill(need)
		} else {
			err = r.More()
		}
		if err != nil {
			return err
		}
	}
}

// clientBurst deals with every frame that is buffered, up to one that must wait for the server (see beforeMessage). It returns how many bytes must be buffered before it can go on, 0 for any.
func (s *session) clientBurst() (need int, err error) {
	r := s.fromClient
	s.clocked = false
	for {
		b := r.Buffered()
		if s.pass|s.drop > 0 { // neither is less than 0
			n := min(len(b), max(s.pass, s.drop))
			if s.pass > 0 {
				s.toUpstream.Forward(b[:n])
				s.pass -= n
			} else {
				s.drop -= n
			}
			r.Discard(n)
			if s.pass > 0 || s.drop > 0 {
				return 0, nil
			}
			continue
		}
		if len(b) < wire.HeaderLen {
			return 0, nil
		}
		h, err := wire.ParseHeader(b)
		if err != nil {
			return 0, err
		}
		if err := wire.CheckFrontend(h); err != nil {
			return 0, err
		}
		if h.Body+4 > s.server.Limits.MessageBytes {
			return 0, &tooLarge{h.Body + 4, s.server.Limits.MessageBytes}
		}
		if s.toUpstream.Full() {
			if err := s.flushUpstream(); err != nil {
				return 0, err
			}
		}
		need, err := s.clientFrame(h, b)
		if format, malformed := err.(*wire.FormatError); malformed {
			err = s.malformed(h, b, format)
		}
		if err == errStalled {
			return 0, nil
		}
		if need > 0 || err != nil {
			return need, err
		}
	}
}

// clientFrame deals with one frame, of which b is at least the header. It returns how many bytes must be buffered before it can, 0 when it has dealt with it.
func (s *session) clientFrame(h wire.Header, b []byte) (need int, err error) {
	if s.inPipeline && (h.Type == wire.TypeQuery || h.Type == wire.TypeFunctionCall) {
		if skipped, err := s.behindFailure(); skipped || err != nil {
			n := min(h.Len(), len(b))
			s.fromClient.Discard(n)
			s.drop = h.Len() - n
			return 0, err
		}
	}
	switch h.Type {
	case wire.TypeQuery, wire.TypeParse, wire.TypeBind, wire.TypeDescribe, wire.TypeExecute, wire.TypeClose, wire.TypeFunctionCall:
		if s.copyDoubt == syncInCopy {
			if err := s.settleCopy(); err != nil {
				return 0, err
			}
		}
		s.copyDoubt = noCopy
	}
	switch h.Type {
	case wire.TypeCopyData:
		s.copyBytes.Add(int64(h.Body))
		s.forwardPart(h, b)
		return 0, nil
	case wire.TypeBind:
		names, ok := wire.DecodeBindNames(b[wire.HeaderLen:min(len(b), h.Len())])
		if !ok {
			if len(b) >= h.Len() {
				return 0, &wire.FormatError{What: "Bind", Why: "invalid string in message"}
			}
			if len(b) >= maxNames {
				return 0, &wire.FormatError{What: "Bind", Why: "the names of portal and statement are too long"}
			}
			return min(h.Len(), len(b)+1), nil
		}
		if err := s.beforeMessage(); err != nil {
			return 0, err
		}
		return s.bind(h, b, &names)
	case wire.TypeQuery, wire.TypeParse:
		if h.Body > s.server.Limits.StatementBytes {
			if err := s.beforeMessage(); err != nil {
				return 0, err
			}
			return s.tooLong(h, b)
		}
	case wire.TypeFunctionCall:
		if need := valuesNeeded(h, 4); len(b) < need {
			return need, nil
		}
		if err := s.beforeMessage(); err != nil {
			return 0, err
		}
		return 0, s.functionCall(h, b)
	}
	if len(b) < h.Len() {
		return h.Len(), nil
	}
	frame := b[:h.Len()] // with the capacity of the buffer: Forward goes on where the last stretch ends
	body := frame[wire.HeaderLen:]
	switch h.Type {
	case wire.TypeSync:
		err = s.syncMessage(frame)
	case wire.TypeFlush:
		if err = wire.DecodeEmpty("Flush", body); err == nil {
			s.prompt = true
			s.toUpstream.Forward(frame)
		}
	case wire.TypeCopyDone, wire.TypeCopyFail:
		if s.copyDoubt == copyFrom {
			s.copyDoubt = noCopy
		}
		s.copyEnded = true
		err = s.sendExpecting(frame, &expected{kind: replyCopyEnd})
	case wire.TypeTerminate:
		s.toUpstream.Forward(frame)
		return 0, errTerminate
	default:
		if err = s.beforeMessage(); err != nil {
			return 0, err
		}
		switch h.Type {
		case wire.TypeQuery:
			err = s.query(frame, body)
		case wire.TypeParse:
			err = s.parse(frame, body)
		case wire.TypeDescribe:
			err = s.describe(frame, body)
		case wire.TypeExecute:
			err = s.execute(frame, body)
		case wire.TypeClose:
			err = s.close(frame, body)
		default:
			err = &wire.TypeError{Type: h.Type}
		}
	}
	if err == nil {
		s.fromClient.Discard(len(frame))
	}
	return 0, err
}

// malformed answers a message whose body is longer or shorter than what it holds, as a Query with a zero byte in its text, and drops it. As PostgreSQL, which has read no more of it than that: the session goes on.
func (s *session) malformed(h wire.Header, b []byte, why *wire.FormatError) error {
	if err := s.beforeMessage(); err != nil {
		return err
	}
	refusal := &wire.Error{Code: codeProtocolViolation, Message: why.Why}
	switch h.Type {
	case wire.TypeQuery, wire.TypeFunctionCall:
		n := min(h.Len(), len(b))
		if err := s.refuseUnread(refusal); err != nil {
			return err
		}
		s.fromClient.Discard(n)
		s.drop = h.Len() - n
		return nil
	}
	return s.refuseFrame(h, b, refusal)
}

// How far a COPY FROM STDIN of the extended protocol has come, as to its Sync.
type copyDoubt uint8

const (
	noCopy     copyDoubt = iota
	copyFrom             // it has been sent, and neither its end nor a Sync
	syncInCopy           // a Sync has been sent before its end, and none since
)

// settleCopy finds out where the server stands behind a Sync that a COPY FROM STDIN may have taken for a part of its data. If it has, and the COPY has failed, the server skips all up to the next Sync; what is sent now would stay unanswered,
// and the answers to what follows would be taken for its own: rows would be counted and recorded as another statement's. A Sync of Cordon's own ends the skipping, and what stands before and behind it tells its answer from that to the client's.
func (s *session) settleCopy() error {
	s.copyDoubt = noCopy
	for i, kind := range []reply{replyClose, replySync, replyParse, replyClose, replySync} {
		e := expected{kind: kind, swallow: true, probe: i == 0}
		if kind == replySync {
			s.syncs++
			e.sync = s.syncs
		}
		if err := s.expect(&e); err != nil {
			return err
		}
	}
	b := wire.AppendObject(s.toUpstream.Tail(128), wire.TypeClose, 'S', copyName)
	b = wire.AppendSync(b)
	b = wire.AppendParse(b, copyName, "", nil)
	b = wire.AppendObject(b, wire.TypeClose, 'S', copyName)
	s.toUpstream.Took(wire.AppendSync(b))
	return s.waitQuiet()
}

// behindFailure says that the server would skip a Query or FunctionCall, because an extended message before it has failed and no Sync has come since. No client that is well sends these so; where one does, it is waited until the
// server has answered what stands before: what is skipped must not be planned, as the questions that takes would be skipped too, or end the skipping.
func (s *session) behindFailure() (bool, error) {
	s.toUpstream.Append(wire.HeaderLen, wire.AppendFlush)
	if err := s.flushHeld(); err != nil {
		return false, err
	}
	p := &s.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	s.await(func() bool { return p.quiet() || p.copying }) // in the middle of COPY the server waits for the client
	if p.broken.Load() {
		return false, errUpstreamWrite
	}
	return p.failed.Load(), nil
}

// maxNames bounds the two names at the front of a Bind. PostgreSQL bounds them by the message only; no client has names near this.
const maxNames = 64 << 10

// forwardPart forwards a frame in pieces: what of it has come now, the rest as it comes.
func (s *session) forwardPart(h wire.Header, b []byte) {
	n := min(h.Len(), len(b))
	s.toUpstream.Forward(b[:n])
	s.fromClient.Discard(n)
	s.pass = h.Len() - n
}

// sendExpecting puts a message on the way to the server, and what it will answer into the queue.
func (s *session) sendExpecting(frame []byte, e *expected) error {
	if err := s.expect(e); err != nil {
		return err
	}
	s.toUpstream.Forward(frame)
	return nil
}

// expect puts a copy of an expected answer into the queue; the message must follow. It waits while the queue is full, which a Flush sees to the end of: the server answers what it has without one too, but may keep the answers.
func (s *session) expect(e *expected) error {
	if s.server.watched(s.policy) {
		e.person = s.meteredPerson()
	}
	p := &s.pending
	p.mu.Lock()
	for p.full() && !p.broken.Load() {
		p.mu.Unlock()
		s.toUpstream.Append(wire.HeaderLen, wire.AppendFlush)
		if err := s.flushHeld(); err != nil {
			return err
		}
		p.mu.Lock()
		s.await(p.roomy)
	}
	sent := p.push(e)
	p.mu.Unlock()
	if !sent {
		s.dropped(e)
	}
	return nil
}

// flushHeld flushes in the middle of a burst. What Forward borrowed of the read buffer has been written, and the buffer stays as it is.
func (s *session) flushHeld() error { return s.flushUpstream() }

// syncMessage forwards a Sync. If it has a body, which it should not, the server complains and is ready.
func (s *session) syncMessage(frame []byte) error {
	if s.runs > 1 || s.holdSync || s.mustWait() {
		// The Sync would commit what has been written before it is known that the client may have the rows.
		if err := s.beforeMessage(); err != nil {
			return err
		}
		s.holdSync = false
	}
	switch s.copyDoubt {
	case copyFrom:
		s.copyDoubt = syncInCopy
	case syncInCopy:
		if s.copyEnded {
			s.copyDoubt = noCopy
		}
	}
	affects := s.affecting
	s.affecting = false
	s.syncs++
	s.inPipeline, s.bound, s.runs, s.prompt = false, false, 0, false
	s.transactionMayEnd()
	return s.sendExpecting(frame, &expected{kind: replySync, sync: s.syncs, affects: affects, scrub: !s.grant.RawTables()})
}

func closeWrite(c net.Conn) {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		w.CloseWrite()
	}
}
