package proxy

import (
	"errors"
	"strconv"
	"time"

	"cordon/guard"
	"cordon/wire"
)

// portalRun is the metering of one statement's rows: of one execution, or of a portal or cursor over all its pages. The upstream's loop uses it.
type portalRun struct {
	meter    guard.Meter
	asking   *asking         // what a request for approval would say; nil where no rule asks
	approved *guard.Approved // the export that this is; nil for none

	approvals map[string]*guard.Approved // by rule; nil where none was found
	marking   *marking                   // of the approved export; nil for none
}

// abandon ends the metering, if it has begun.
func (r *portalRun) abandon() {
	if r != nil {
		r.meter.Abandon()
	}
}

// rowsOf says how the rows of an execution are dealt with.
func (s *session) rowsOf(run *execution, rows *rowState) {
	switch strip := run.strip(); {
	case strip < 0:
		rows.mode = rowsDrop
	case strip > 0:
		rows.mode, rows.cut = rowsStrip, strip
	}
	if rows.mode != rowsDrop && run.portal != nil && run.portal.marking != nil {
		rows.mode = rowsMark
	}
	if run.stop != nil {
		rows.mode = rowsDrop
	}
	rows.metered = run.portal != nil && run.stop == nil
}

// meterRow holds one row against the limits of its statement. It reports whether the row is to be held back, and whether it may be shown at all.
func (s *session) meterRow(run *execution, bytes int64) guard.Verdict {
	if run.stop != nil {
		return guard.Stop
	}
	v := run.portal.meter.Row(s.up.now(), bytes)
	if v == guard.Stop {
		s.stop(run)
	}
	return v
}

// stop ends an execution that has gone over its limits: what is held is dropped, the server is asked to cancel, and the rest of the rows is not shown. The error follows when the server has ended the statement.
func (s *session) stop(run *execution) {
	why := run.portal.meter.Stopped()
	r := why.Refusal()
	words := &wire.Error{Code: r.Code, Message: r.Message, Detail: r.Detail, Hint: r.Hint}
	s.askFor(run, why.Rule, words)
	s.stopWith(run, words, why)
}

// stopHeld ends an execution of which more would have to be held back than one execution may have.
func (s *session) stopHeld(run *execution) {
	run.portal.meter.Abandon()
	limit := s.server.Limits.Held
	s.stopWith(run, &wire.Error{Code: guard.CodeHeldTooMuch, Message: "no room to hold the rows of this statement back until its export limit is known to be kept",
		Detail: "One statement may hold " + strconv.FormatInt(limit, 10) + " bytes. No row of these was sent.", Hint: "Narrow the statement, or name fewer columns."}, guard.Stopped{Reason: guard.HeldTooMuch, Limit: limit})
}

func (s *session) stopWith(run *execution, words *wire.Error, why guard.Stopped) {
	s.showBlock() // they have passed
	s.dropHeld()
	s.up.stopped = true
	run.stop = words
	if !run.limited() {
		// More rows than the plan has promised. What the client has sent behind is on its way to the server, as if there could be no error.
		s.finish("more rows than planned", &wire.Error{Severity: "FATAL", Code: words.Code, Message: words.Message, Detail: words.Detail, Hint: words.Hint}, nil)
	}
	s.server.metrics.stopped(why.Reason)
	s.recordStopped(run, why)
	s.cancelUpstream()
}

// cancelUpstream asks the server to cancel what this session runs. Until the request has been dealt with, the client's loop sends nothing more: it would be hit.
func (s *session) cancelUpstream() {
	p := &s.pending
	p.mu.Lock()
	p.cancels.Add(1)
	p.mu.Unlock()
	s.helpers.Add(1)
	go func() {
		defer s.helpers.Done()
		s.server.sendCancel(s.pid, s.key)
		s.cancelDone()
	}()
}

// cancelDone says that a request to cancel has been dealt with.
func (s *session) cancelDone() {
	s.pending.mu.Lock()
	s.pending.cancels.Add(-1)
	s.pending.wake.Broadcast()
	s.pending.mu.Unlock()
	if s.polled != nil {
		s.polled.Tell()
		s.polled.Queue()
	}
}

// release gives the client what is held back: the statement, or this page of it, has ended within its limits.
func (s *session) release(run *execution) error {
	if run == nil || run.portal == nil || run.stop != nil {
		return nil
	}
	if run.portal.meter.Suspend(s.up.now()) == guard.Stop {
		s.stop(run)
		return nil
	}
	return s.showHeld()
}

func (s *session) showHeld() error {
	s.up.heldOf, s.up.heldRows, s.up.heldBytes = nil, 0, 0
	defer s.up.held.Drop()
	for _, b := range s.up.held.Pieces() {
		if len(b) <= keptBuffer {
			s.toClient.Write(b) // and with what follows in one write
			continue
		}
		s.toClient.Forward(b)
		if err := s.flushClient(); err != nil {
			return err
		}
	}
	return nil
}

// keptBuffer is the size up to which held rows wait for what follows, and a session keeps its buffer for rows that are put into order.
const keptBuffer = 4 << 10

func (s *session) dropHeld() {
	if run := s.up.heldOf; run != nil {
		run.rows, run.bytes = run.rows-s.up.heldRows, run.bytes-s.up.heldBytes
	}
	s.up.heldOf, s.up.heldRows, s.up.heldBytes = nil, 0, 0
	s.up.held.Drop()
}

// now is what windows go by: the time of the burst that is dealt with.
func (u *upstreamState) now() time.Time {
	if u.source != nil {
		return u.source()
	}
	return u.arrived()
}

// arrived is the time of the burst that is dealt with.
func (u *upstreamState) arrived() time.Time {
	if u.clock.IsZero() {
		u.clock = time.Now()
	}
	return u.clock
}

// poisonStopped is called when the guard has stopped an execution that the server has nevertheless completed. PostgreSQL would have left the transaction failed; so the client's loop, before it sends anything more,
// sends a statement that fails. pending.mu is held.
func (s *session) poisonStopped() { s.pending.poison.Store(true) }

// poisonReady is called at ReadyForQuery with the state that the server is in. It returns the state that the client is told. pending.mu is held.
func (s *session) poisonReady(state byte) byte {
	if !s.pending.poison.Load() {
		return state
	}
	if state == wire.InTransaction {
		return wire.Failed // it will be: see sendPoison
	}
	s.pending.poison.Store(false)
	return state
}

// mustWait says that a Sync must wait as any other message: the client has been told of an error that the server is still to be given.
func (s *session) mustWait() bool { return s.pending.poison.Load() }

// beforeMessage is called before each message of the client that the server will run something for. While an execution is under way that may yet be stopped, nothing may run behind it that the client would not expect to have run after an error.
// A polled session then gets errStalled: the message stays in the read buffer, and is dealt with anew when the server has answered. The loops wait here.
func (s *session) beforeMessage() error {
	free := s.pending.unstoppable()
	switch {
	case free && !s.mustWait():
		return nil
	case !free && s.polled != nil:
		s.askForAnswers()
		s.polled.stalled = true
		return errStalled
	}
	return s.waitUnstoppable()
}

// errStalled says that the client's burst goes on when the server has answered.
var errStalled = errors.New("the server is to answer first")

// unstoppable says that nothing is under way that may yet be stopped, or cancelled, or that no answers come any more. A run that is stopped is cancelled, or its session poisoned, before it is not counted any more.
func (p *pending) unstoppable() bool {
	return p.limited.Load() == 0 && p.cancels.Load() == 0 || p.broken.Load()
}

// askForAnswers has the server answer what it has been sent of a pipeline.
func (s *session) askForAnswers() {
	if s.inPipeline {
		s.toUpstream.Append(wire.HeaderLen, wire.AppendFlush)
	}
}

// waitUnstoppable is beforeMessage in the midst of a message.
func (s *session) waitUnstoppable() error {
	p := &s.pending
	p.mu.Lock()
	if !p.unstoppable() {
		p.mu.Unlock()
		s.askForAnswers()
		if err := s.flushHeld(); err != nil {
			return err
		}
		p.mu.Lock()
		s.await(p.unstoppable)
	}
	poison := p.poison.Swap(false)
	p.mu.Unlock()
	if !poison {
		return nil
	}
	if s.inPipeline {
		if err := s.expect(&expected{kind: replyParse, swallow: true}); err != nil {
			return err
		}
		s.toUpstream.Took(wire.AppendParse(s.toUpstream.Tail(128), refusedName, failingText, nil))
		return nil
	}
	s.syncs++
	if err := s.expect(&expected{kind: replyQuery, swallow: true, sync: s.syncs}); err != nil {
		return err
	}
	s.toUpstream.Took(wire.AppendQuery(s.toUpstream.Tail(64), failingText))
	return nil
}
