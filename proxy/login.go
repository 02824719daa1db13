package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"cordon/poll"
	"cordon/wire"
)

// opening is a session between the startup packet and the client's first message: authentication is relayed, byte for byte, so that Cordon learns no password and stores none; the server's greeting is passed on; and Cordon asks what it
// needs to know. It goes on in bursts, as the session does later, each begun by whoever has said something.
type opening struct {
	stage    stage
	answer   bool // the server waits for the client's answer
	deadline time.Time
	timer    *time.Timer // of a polled session: ends it at the deadline
	schemas  []string    // what the server has answered for the search path
	failed   *wire.Error // or what it has answered instead

	// Of a session that a poller has accepted, until the server has the startup packet.
	to         *known
	packet     []byte
	connecting bool            // the connection takes its time
	serving    context.Context // for goroutines, where it needs them
}

// stage is how far an opening has come.
type stage uint8

const (
	inAuthentication stage = iota // until AuthenticationOk
	inGreeting                    // until ReadyForQuery
	inQuestion                    // until the search path is known. The client has its ReadyForQuery; what it sends waits in the socket
	isOpen
	inStartup    // of a session that a poller has accepted: until the startup packet
	inConnection // and until the server has it
)

// logIn opens a session that is not polled.
func (s *session) logIn() error {
	o := s.opening
	for o.stage != isOpen {
		need, err := s.openingBurst()
		for err == nil && o.answer {
			if need, err = s.relayAnswer(); err == nil && o.answer {
				err = s.fromClient.Fill(need)
			}
		}
		if err == nil && o.stage != isOpen {
			err = s.fillUpstream(max(need, len(s.fromUpstream.Buffered())+1))
		}
		if err != nil && o.stage != isOpen {
			return err
		}
	}
	s.client.SetDeadline(time.Time{})
	s.upstream.SetDeadline(time.Time{})
	if s.over() { // finish has come in between, and its deadlines are gone
		s.client.SetDeadline(time.Now())
		s.upstream.SetDeadline(time.Now())
	}
	return nil
}

// openingStep is the step of a polled session that is not open yet.
func (s *session) openingStep(side poll.Side) {
	o := s.opening
	err := s.openingMore(side)
	switch {
	case o.stage == isOpen:
		s.polled.Attend(poll.Client)
		s.stepped(s.clientBurstPolled(), s.upstreamBurstPolled()) // what has been read already makes no socket ready
	case s.over():
		if o.stage == inConnection && s.late() {
			s.unreachable(os.ErrDeadlineExceeded)
		}
		s.notOpened(errRefused)
	case err == errNeedsLoops:
		if err := s.leavePoller(); err != nil {
			s.notOpened(err)
		}
	case err != nil && err != poll.ErrAgain:
		s.notOpened(err)
	case o.answer:
		s.polled.Attend(poll.Client)
	}
}

// openingMore reads once, and deals with what has come.
func (s *session) openingMore(side poll.Side) (err error) {
	o := s.opening
	switch {
	case s.over():
	case o.stage == inStartup:
		if side == poll.Client {
			if err = s.fromClient.ReadOnce(s.polled.clientNeed); err == nil {
				err = s.startupStep()
			}
		}
	case o.stage == inConnection && side == poll.Upstream:
		err = s.connectionStep()
	case side == poll.Upstream:
		if err = s.fromUpstream.ReadOnce(s.polled.upstreamNeed); err != nil {
			return s.lostEarly(err)
		}
		s.polled.upstreamNeed, err = s.openingBurst()
		s.fromUpstream.Rest()
	case side == poll.Client && o.answer:
		err = s.fromClient.ReadOnce(s.polled.clientNeed)
	case side == poll.Client:
		s.polled.Ignore(poll.Client) // it speaks out of turn: that stays in the socket
	}
	if err == nil && o.answer {
		s.polled.clientNeed, err = s.relayAnswer()
		s.fromClient.Rest()
	}
	return err
}

// late says that the session has ended because its time was up.
func (s *session) late() bool {
	s.end.Lock()
	defer s.end.Unlock()
	return s.end.err == os.ErrDeadlineExceeded
}

// notOpened ends a session that has come to nothing.
func (s *session) notOpened(err error) {
	s.finish("startup", nil, err)
	s.sayLast()
	if o := s.opening; o != nil && o.timer != nil {
		o.timer.Stop()
	}
	if o := s.opening; o != nil && o.stage == inQuestion {
		s.closeRecord()
	}
	s.logEnd()
	s.closeBoth()
}

// openingBurst deals with what the server has said, until the client has to answer, or may speak. It returns how many bytes must be buffered before it can go on, 0 for any.
func (s *session) openingBurst() (need int, err error) {
	r, o := s.fromUpstream, s.opening
	for !o.answer && o.stage != isOpen {
		b := r.Buffered()
		if len(b) < wire.HeaderLen {
			return 0, nil
		}
		h, err := wire.ParseHeader(b)
		if err == nil && h.Len() > wire.MaxHeld {
			err = &wire.LengthError{Type: h.Type, Length: h.Body + 4, Limit: wire.MaxHeld}
		}
		if err != nil {
			return 0, err
		}
		if len(b) < h.Len() {
			return h.Len(), nil
		}
		r.Discard(h.Len()) // it stays valid until the next read
		if err := s.openingFrame(h.Type, b[:h.Len()]); err != nil {
			return 0, err
		}
	}
	return 0, s.flushClient()
}

// openingFrame deals with one message of the server's.
func (s *session) openingFrame(typ byte, frame []byte) error {
	o, body := s.opening, frame[wire.HeaderLen:]
	switch {
	case typ == wire.TypeErrorResponse:
		report, err := wire.DecodeReport(nil, body)
		if err != nil {
			return err
		}
		code := string(report.Get(wire.FieldCode))
		if o.stage == inQuestion && !report.Fatal() {
			o.failed = &wire.Error{Code: code, Message: string(report.Get(wire.FieldMessage))}
			return nil
		}
		if o.stage != inQuestion {
			s.authFailed(code)
		}
		s.toClient.Write(frame)
		s.toClient.Flush()
		return fmt.Errorf("%w by the server: %s", errRefused, code)
	case typ == wire.TypeNoticeResponse, typ == wire.TypeNegotiateProtocolVersion:
		s.toClient.Write(frame)
	case typ == wire.TypeParameterStatus:
		s.parameterStatus(body)
		if name, value, err := wire.DecodeParameterStatus(body); err == nil {
			s.up.reported.tell(name, value)
		}
		s.toClient.Write(frame)
	case typ == wire.TypeNotificationResponse && o.stage != inAuthentication:
		s.toClient.Write(frame)
	case typ == wire.TypeAuthentication && o.stage == inAuthentication:
		return s.authenticate(frame, body)
	case typ == wire.TypeBackendKeyData && o.stage == inGreeting:
		pid, key, err := wire.DecodeBackendKeyData(body)
		if err != nil {
			return err
		}
		s.pid, s.key = pid, bytes.Clone(key)
		s.toClient.Write(frame)
	case typ == wire.TypeReadyForQuery && o.stage == inGreeting:
		state, err := wire.DecodeReadyForQuery(body)
		if err != nil {
			return err
		}
		return s.welcome(state)
	case typ == wire.TypeFunctionCallResponse && o.stage == inQuestion:
		schemas, err := decodePath(body)
		o.schemas = schemas
		return err
	case typ == wire.TypeReadyForQuery && o.stage == inQuestion:
		return s.endOpening(s.asked())
	default:
		return outOfStep(typ, nil)
	}
	return nil
}

// authenticate passes a request for authentication to the client.
func (s *session) authenticate(frame, body []byte) error {
	o := s.opening
	code, rest, err := wire.DecodeAuthentication(body)
	if err != nil {
		return err
	}
	switch code {
	case wire.AuthOk:
		o.stage = inGreeting
	case wire.AuthSASLFinal:
	case wire.AuthSASL:
		o.answer = true
		if !s.sameCertificate() {
			// Channel binding proves that client and server see one TLS session. Where Cordon ends TLS they do not.
			var left int
			if frame, left, err = wire.AppendSASLWithout(nil, rest, "SCRAM-SHA-256-PLUS"); err != nil {
				return err
			}
			if left == 0 {
				return s.refuseSession(codeNoLogin, "the database server demands channel binding, which cannot be had through Cordon", "Allow SCRAM-SHA-256 without channel binding in the server's configuration.")
			}
		}
	default:
		o.answer = true
	}
	s.toClient.Write(frame) // with what follows, if the client has nothing to answer
	return nil
}

// maxAuthFrame is the longest message of an authentication exchange: PG_MAX_AUTH_TOKEN_LENGTH.
const maxAuthFrame = 65535

// relayAnswer passes one answer of the client's in the authentication exchange to the server, when all of it is there; otherwise it returns how many bytes must be buffered.
func (s *session) relayAnswer() (need int, err error) {
	r := s.fromClient
	b := r.Buffered()
	if len(b) < wire.HeaderLen {
		return wire.HeaderLen, nil
	}
	h, err := wire.ParseHeader(b)
	if err == nil && h.Type == wire.TypePassword && h.Body+4 > maxAuthFrame {
		return 0, &wire.LengthError{Type: h.Type, Length: h.Body + 4, Limit: maxAuthFrame} // without a word to the client, as PostgreSQL
	}
	if err == nil && h.Type != wire.TypePassword {
		err = fmt.Errorf("expected password response, got message type %d", h.Type)
	}
	if err != nil {
		return 0, errors.Join(s.refuseSession(codeProtocolViolation, err.Error(), ""), err)
	}
	if len(b) < h.Len() {
		return h.Len(), nil
	}
	s.toUpstream.Forward(b[:h.Len()])
	if err := s.flushUpstream(); err != nil {
		return 0, err
	}
	clear(b[:h.Len()]) // a password may be in it, and the buffer goes on to others
	r.Discard(h.Len())
	s.opening.answer = false
	return 0, nil
}

// welcome is called at the server's first ReadyForQuery. The client gets it when Cordon has found the session to be one that it serves. The search path, which must be known before a statement is planned, is asked for at the same time.
func (s *session) welcome(state byte) error {
	s.transaction.Store(uint32(state))
	ask, err := s.prepareSession(context.Background())
	if err != nil {
		return err
	}
	s.names.habit = ask
	ask = ask && s.server.habits.expects(habitOf{s.login, s.database})
	if ask {
		s.opening.stage = inQuestion
		s.names.asked, s.names.askedAt = s.names.database.generation(), time.Now()
		s.toUpstream.Append(32, appendPathCall)
		if err := s.flushUpstream(); err != nil {
			return err
		}
	}
	s.toClient.Took(wire.AppendReadyForQuery(s.toClient.Tail(8), state))
	if err := s.flushClient(); err != nil || ask {
		return err
	}
	return s.endOpening(nil)
}

// asked takes what the server has answered.
func (s *session) asked() error {
	o := s.opening
	switch {
	case o.failed != nil:
		return fmt.Errorf("ask for the search path: %w", o.failed)
	case o.schemas == nil:
		return errors.New("ask for the search path: the server did not answer")
	}
	return s.follow(context.Background(), o.schemas, s.queryNow)
}

// endOpening ends the opening, well or because Cordon could not ask.
func (s *session) endOpening(err error) error {
	if err != nil {
		return s.blindSession(err)
	}
	if t := s.opening.timer; t != nil {
		t.Stop()
	}
	s.opening.stage = isOpen
	s.opening = nil
	s.client.SetWriteDeadline(time.Time{})
	s.upstream.SetWriteDeadline(time.Time{})
	s.server.remember(s)
	return nil
}

// nextFromUpstream reads one whole frame, of the answer to a question that is waited for. The caller discards it.
func (s *session) nextFromUpstream() (wire.Header, []byte, error) {
	r := s.fromUpstream
	if err := s.fillUpstream(wire.HeaderLen); err != nil {
		return wire.Header{}, nil, err
	}
	h, err := wire.ParseHeader(r.Buffered())
	if err == nil && h.Len() > wire.MaxHeld {
		err = &wire.LengthError{Type: h.Type, Length: h.Body + 4, Limit: wire.MaxHeld}
	}
	if err == nil {
		err = s.fillUpstream(h.Len())
	}
	if err != nil {
		return h, nil, err
	}
	return h, r.Buffered()[:h.Len():h.Len()], nil
}

// fillUpstream waits until so many bytes of the server's are buffered.
func (s *session) fillUpstream(need int) error {
	if s.polled == nil {
		return s.lostEarly(s.fromUpstream.Fill(need))
	}
	for len(s.fromUpstream.Buffered()) < need {
		err := s.fromUpstream.ReadOnce(need)
		if err == poll.ErrAgain {
			s.polled.Wait(poll.Nothing, poll.Readable, time.Time{})
			err = nil
			if s.over() {
				err = os.ErrDeadlineExceeded
			}
		}
		if err != nil {
			return s.lostEarly(err)
		}
	}
	return nil
}

// lostEarly is the error of a server that leaves before the session is open.
func (s *session) lostEarly(err error) error {
	if err != nil && wire.IsLost(err) {
		return errors.Join(s.refuseSession(codeConnectionFailure, "the connection to the database server was lost", "The server ended it without saying why; its log may tell."), err)
	}
	return err
}
