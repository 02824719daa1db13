package proxy

import (
	"errors"
	"fmt"
	"time"

	"cordon/audit"
	"cordon/wire"
)

// upstreamState is what the upstream's loop keeps between frames.
type upstreamState struct {
	pass           int              // bytes of a frame that are still to be forwarded
	drop           int              // or to be dropped
	catalogChanged bool             // by a statement that has ended, in a transaction that may not have
	fatal          bool             // the server has said why it ends the session
	due            bool             // a ReadyForQuery is in this burst
	stopped        bool             // the guard has stopped an execution since the last ReadyForQuery
	reported       reported         // settings, by ParameterStatus
	source         func() time.Time // in a test: what windows go by; nil for the clock
	clock          time.Time        // of this burst; zero until it is asked for

	// What the rows that are coming belong to, until a frame that is no row; see rows.go.
	inRows bool
	rows   rowState

	tokens    *audit.Tokens // of the subjects in rows
	copyOut   copyOut       // what of the CopyData that is coming is no row
	copyIn    bool          // CopyInResponse has come, and the COPY has not ended
	held      wire.Pile     // rows that are held back
	heldOf    *execution    // whose they are, and how many of its rows and bytes
	heldRows  int64
	heldBytes int64
	block     block         // rows of a watermarked export that are put into its order
	columns   []wire.Column // scratch
	report    wire.Report   // scratch
	scrubbed  wire.Report   // scratch
}

// maxAsked bounds what one query of Cordon's own may bring.
const maxAsked = 256 << 20

// upstreamLoop reads what the server sends, until it has no more to say. It is the only writer to the client.
//
// A burst is dealt with in the buffer that it was read into, and goes to the client with one write.
func (s *session) upstreamLoop() {
	s.upstreamEnded(s.readUpstream())
}

// upstreamEnded ends the session: err says why the server's side has ended.
func (s *session) upstreamEnded(err error) {
	s.toClient.Flush()
	s.pending.stop(s.dropped)
	switch {
	case s.over():
	case wire.IsClosed(err) && (s.up.fatal || s.clientLeft()):
		s.finish("server closed the session", nil, nil)
	case wire.IsLost(err) && !errors.Is(err, errClientWrite):
		hint := "The server ended it without saying why; its log may tell. Connect again."
		if !wire.IsClosed(err) {
			hint = "The server's machine, or the network on the way to it, has gone without a word. Connect again."
		}
		s.finish("server lost", &wire.Error{Severity: "FATAL", Code: codeConnectionFailure, Message: "the connection to the database server was lost", Hint: hint}, err)
	case errors.Is(err, errRawColumn):
		s.event(audit.GuardBlock, map[string]any{"reason": "raw_column"})
		s.server.metrics.stops.WithLabelValues("raw_column").Inc()
		s.finish("raw column", &wire.Error{Severity: "FATAL", Code: codeInternal, Message: "a protected column would have come back as it is stored, so the statement was ended before its first row",
			Hint: "This is a defect of Cordon; please report it with the statement."}, err)
	case errors.Is(err, errClientWrite):
		s.finish("client lost", nil, err)
	default:
		s.finish("server not understood", &wire.Error{Severity: "FATAL", Code: codeProtocolViolation, Message: "the database server sent what Cordon cannot follow, so the session ends",
			Detail: err.Error()}, err)
	}
	if s.up.pass == 0 {
		s.sayLast()
	}
	s.upstream.Close()
	closeWrite(s.client)
	s.client.Close()
}

// errClientWrite wraps an error of writing to the client.
var errClientWrite = errors.New("write to the client")

func (s *session) flushClient() error {
	if n := s.toClient.Buffered(); n > 0 {
		s.server.metrics.toClient.Add(float64(n))
	}
	if err := s.toClient.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errClientWrite, err)
	}
	return nil
}

func (s *session) readUpstream() error {
	r := s.fromUpstream
	for {
		need, err := s.upstreamBurst()
		if err != nil {
			return err
		}
		if err := s.flushClient(); err != nil {
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

// upstreamBurst deals with every frame that is buffered. It returns how many bytes must be buffered before it can go on, 0 for any.
func (s *session) upstreamBurst() (need int, err error) {
	r := s.fromUpstream
	s.up.clock = time.Time{}
	for {
		b := r.Buffered()
		if s.up.pass|s.up.drop > 0 { // neither is less than 0
			n := min(len(b), max(s.up.pass, s.up.drop))
			if s.up.pass > 0 {
				s.toClient.Forward(b[:n])
				s.up.pass -= n
			} else {
				s.up.drop -= n
			}
			r.Discard(n)
			if s.up.pass > 0 || s.up.drop > 0 {
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
		if s.toClient.Full() {
			if err := s.flushClient(); err != nil {
				return 0, err
			}
		}
		switch h.Type {
		case wire.TypeDataRow, wire.TypeCopyData:
			need, err = s.row(h, b)
		case wire.TypeNotificationResponse:
			s.up.inRows = false
			need, err = s.notification(h, b)
		case wire.TypeFunctionCallResponse:
			// A function's result can be long: it is not held.
			s.up.inRows = false
			if err := s.functionResult(h); err != nil {
				return 0, err
			}
			s.passFrame(h, b)
		default:
			if h.Len() > wire.MaxHeld {
				return 0, &wire.LengthError{Type: h.Type, Length: h.Body + 4, Limit: wire.MaxHeld}
			}
			if len(b) < h.Len() {
				return h.Len(), nil
			}
			s.up.inRows = false
			frame := b[:h.Len()] // with the capacity of the buffer: Forward goes on where the last stretch ends
			err = s.upstreamFrame(frame)
			r.Discard(len(frame))
		}
		if need > 0 || err != nil {
			return need, err
		}
	}
}

// notification deals with a NotificationResponse. Its payload is any text that a session or a trigger has put there, often a whole row: a person from whom something is hidden is told that there was one, and by whom.
func (s *session) notification(h wire.Header, b []byte) (need int, err error) {
	if !s.restricted.Load() {
		s.passFrame(h, b)
		return 0, nil
	}
	if h.Len() > wire.MaxHeld {
		return 0, &wire.LengthError{Type: h.Type, Length: h.Body + 4, Limit: wire.MaxHeld}
	}
	if len(b) < h.Len() {
		return h.Len(), nil
	}
	pid, channel, _, err := wire.DecodeNotification(b[wire.HeaderLen:h.Len()])
	if err != nil {
		return 0, err
	}
	s.toClient.Took(wire.AppendNotification(s.toClient.Tail(h.Len()), pid, channel, nil))
	s.fromUpstream.Discard(h.Len())
	return 0, nil
}

// passFrame forwards a frame in pieces: what of it has come now, the rest as it comes.
func (s *session) passFrame(h wire.Header, b []byte) {
	n := min(h.Len(), len(b))
	s.toClient.Forward(b[:n])
	s.fromUpstream.Discard(n)
	s.up.pass = h.Len() - n
}

// dropFrame drops a frame in the same way.
func (s *session) dropFrame(h wire.Header, b []byte) {
	n := min(h.Len(), len(b))
	s.fromUpstream.Discard(n)
	s.up.drop = h.Len() - n
}

// outOfStep is a server's message that answers nothing that was asked.
func outOfStep(typ byte, e *expected) error {
	if e == nil {
		return fmt.Errorf("message type %q from the server, while nothing was asked", typ)
	}
	return fmt.Errorf("message type %q from the server does not answer %s", typ, e.kind)
}

// upstreamFrame deals with one whole frame that is no row.
func (s *session) upstreamFrame(frame []byte) error {
	if len(s.up.block.rows) > 0 {
		s.showBlock()
	}
	typ := frame[0]
	switch typ {
	case wire.TypeParameterStatus:
		s.statusChanged(frame, frame[wire.HeaderLen:])
		return nil
	case wire.TypeNoticeResponse:
		return s.notice(frame, frame[wire.HeaderLen:])
	case wire.TypeErrorResponse:
		return s.errorResponse(frame, frame[wire.HeaderLen:])
	case wire.TypeReadyForQuery:
		return s.ready(frame)
	}
	p := &s.pending
	p.mu.Lock()
	e := p.front(typ)
	if e == nil {
		p.mu.Unlock()
		return outOfStep(typ, nil)
	}
	if e.kind == replyExecute || e.kind == replyQuery {
		p.mu.Unlock()
		return s.result(e, frame)
	}
	err := s.answer(e, frame)
	p.mu.Unlock()
	return err
}

// answer deals with the answer to a message that is no run. e is that message; pending.mu is held.
func (s *session) answer(e *expected, frame []byte) error {
	p := &s.pending
	typ, body := frame[0], frame[wire.HeaderLen:]
	last := true
	switch {
	case typ == wire.TypeParseComplete && e.kind == replyParse,
		typ == wire.TypeBindComplete && e.kind == replyBind,
		typ == wire.TypeCloseComplete && e.kind == replyClose:
		e.object.settle(live)
	case typ == wire.TypeParameterDescription && e.kind == replyDescribeStatement:
		last = false
	case (typ == wire.TypeRowDescription || typ == wire.TypeNoData) && (e.kind == replyDescribeStatement || e.kind == replyDescribePortal):
		if e.marking != nil && typ == wire.TypeRowDescription {
			if err := s.learnMarks(e.marking, body); err != nil {
				return err
			}
		}
		if e.columns != nil && typ == wire.TypeRowDescription {
			if err := s.learnKeys(e.columns, e.keys, body); err != nil {
				return err
			}
		}
		if !e.swallow && e.planned != nil && typ == wire.TypeRowDescription {
			out, err := s.describeRows(e.described(), frame, body)
			if err != nil {
				return err
			}
			frame = out
		}
	default:
		return outOfStep(typ, e)
	}
	if !e.swallow && !e.quiet && !(e.asQuery && frame[0] == wire.TypeNoData) {
		s.toClient.Forward(frame)
	}
	if last {
		packed := e.packed
		s.answered(e.ask)
		p.pop()
		if packed != nil {
			p.mu.Unlock()
			err := s.counted(packed)
			p.mu.Lock()
			return err
		}
	}
	return nil
}

// answered counts a message of Cordon's own query as answered. pending.mu is held.
func (s *session) answered(ask *inquiry) {
	if ask != nil {
		ask.left--
		if ask.left == 0 {
			s.pending.wake.Broadcast()
		}
	}
}

// functionResult checks that a FunctionCallResponse was asked for.
func (s *session) functionResult(h wire.Header) error {
	p := &s.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.front(h.Type)
	if e == nil || e.kind != replyFunctionCall {
		return outOfStep(h.Type, e)
	}
	if e.run != nil {
		e.run.rows++
		e.run.bytes += int64(h.Body)
	}
	return nil
}

// ready deals with ReadyForQuery.
func (s *session) ready(frame []byte) error {
	state, err := wire.DecodeReadyForQuery(frame[wire.HeaderLen:])
	if err != nil {
		return err
	}
	p := &s.pending
	p.mu.Lock()
	e, ok := p.ready()
	if !ok {
		front := p.front(wire.TypeReadyForQuery)
		err := outOfStep(wire.TypeReadyForQuery, front)
		p.mu.Unlock()
		return err
	}
	s.transaction.Store(uint32(state))
	s.speaker.settings.EndImplicit()
	if e.ask == nil || state == wire.Failed {
		// A load of the catalog begins and ends a transaction of Cordon's own: nothing that the client has set goes with it.
		followState(&s.speaker.settings, state)
	}
	s.followApplication()
	if state == wire.Idle {
		if e.sync > 0 {
			s.idleSync.Store(e.sync)
		}
		if s.up.catalogChanged {
			s.up.catalogChanged = false
			s.names.database.doubt()
		}
	}
	s.answered(e.ask)
	shown := state
	if !e.swallow && !e.more {
		shown = s.poisonReady(state)
		s.up.stopped = false
	}
	p.mu.Unlock()
	if e.run != nil {
		s.unfinished(e.run)
	}
	switch {
	case len(s.up.reported.held) == 0:
	case e.swallow, e.more:
		s.up.reported.settle()
	default:
		s.tellHeld()
	}
	s.up.due = true
	switch {
	case e.swallow, e.more:
	case shown != state:
		s.toClient.Took(wire.AppendReadyForQuery(s.toClient.Tail(8), shown))
	default:
		s.toClient.Forward(frame)
	}
	return nil
}
