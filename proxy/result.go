package proxy

import (
	"cordon/audit"
	"cordon/parse"
	"cordon/wire"
)

// result deals with one whole frame of a result that is no row. e is the message that it answers, an Execute or a Query, at the front of the queue: the upstream's loop alone writes to it, so it may be read without the lock, also when the
// client's loop has moved the queue to a longer ring meanwhile.
func (s *session) result(e *expected, frame []byte) error {
	typ, body := frame[0], frame[wire.HeaderLen:]
	switch typ {
	case wire.TypeRowDescription:
		if e.kind != replyQuery {
			return outOfStep(typ, e)
		}
		if e.swallow || e.swallowRest {
			return nil
		}
		if e.run != nil {
			if e.run.portal != nil && e.run.portal.marking != nil {
				if err := s.learnMarks(e.run.portal.marking, body); err != nil {
					return err
				}
			}
			if r := e.run.subjects; r != nil {
				if err := s.learnKeys(r.columns, r.of.keys, body); err != nil {
					return err
				}
			}
			st := e.run.shape
			if e.run.step.kind == parse.Explain {
				st = e.run.step
			}
			out, err := s.describeRows(st, frame, body)
			if err != nil {
				return err
			}
			if len(out) == wire.HeaderLen && e.run.strip() < 0 {
				return nil // a statement without RETURNING has no description at all
			}
			frame = out
		}
	case wire.TypeCopyInResponse:
		s.pending.mu.Lock()
		s.pending.copyIn()
		s.pending.mu.Unlock()
		s.up.copyIn = true
		s.copyBytes.Store(0)
	case wire.TypeCopyOutResponse, wire.TypeCopyBothResponse:
		s.up.copyOut = copyOut{binary: len(body) > 0 && body[0] == 1, header: e.run != nil && e.run.step.copyHeader}
	case wire.TypeCopyDone:
		if e.run != nil && e.run.packing != nil && e.run.stop == nil {
			s.up.held.Took(append(s.up.held.Tail(len(frame)), frame...))
			return nil
		}
		if err := s.release(e.run); err != nil {
			return err
		}
		if e.run != nil && e.run.stop != nil {
			return nil
		}
	case wire.TypeCommandComplete, wire.TypeEmptyQueryResponse:
		return s.complete(e, frame)
	case wire.TypePortalSuspended:
		if e.kind != replyExecute {
			return outOfStep(typ, e)
		}
		return s.complete(e, frame)
	default:
		return outOfStep(typ, e)
	}
	if !e.swallow && !e.swallowRest {
		s.toClient.Forward(frame)
	}
	return nil
}

// complete deals with the end of one statement's run.
func (s *session) complete(e *expected, frame []byte) error {
	typ, body := frame[0], frame[wire.HeaderLen:]
	p := &s.pending
	kind, run, quiet := e.kind, e.run, e.swallow || e.swallowRest || e.quiet // copied moves the queue's front
	if s.up.copyIn {
		s.up.copyIn = false
		p.mu.Lock()
		p.copied()
		p.mu.Unlock()
		if run != nil {
			run.bytesIn = s.copyBytes.Swap(0)
		}
	}
	stopped := false
	if run != nil && run.packing != nil {
		p.mu.Lock()
		waits := s.waitsForCount(run, typ, frame)
		p.mu.Unlock()
		if waits {
			return nil
		}
	}
	if run != nil {
		if typ == wire.TypeCommandComplete && run.portal != nil {
			if tag, err := wire.DecodeCommandComplete(body); err == nil {
				s.copies(run, wire.TagRows(tag))
			}
		}
		if err := s.release(run); err != nil {
			return err
		}
		stopped = run.stop != nil
		if run.step.open && kind == replyQuery {
			run = nil // nobody knows how many statements the text has: it ends with the Query
		} else {
			rows := run.rows
			if typ == wire.TypeCommandComplete && rows == 0 && (!stopped || run.copies()) {
				if tag, err := wire.DecodeCommandComplete(body); err != nil {
					return err
				} else if n := wire.TagRows(tag); n > 0 {
					rows = n
				}
			}
			if stopped {
				s.ended(run, audit.Stopped, rows, run.stop.Code)
			} else {
				s.endedAt(s.up.arrived(), run, audit.Done, rows, "")
			}
			run.object.settle(live)
			if run.portal != nil && run.cursor == nil && typ != wire.TypePortalSuspended {
				run.portal.meter.Abandon() // the portal has no more rows
			}
		}
	}
	switch {
	case quiet:
	case stopped:
		s.toClient.Append(256, run.stop.AppendTo)
	default:
		s.toClient.Forward(frame)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if run != nil && !stopped {
		for i := range run.changes {
			if err := run.changes[i].apply(&s.speaker.settings); err != nil {
				return err
			}
		}
	}
	if run != nil && !stopped && typ != wire.TypePortalSuspended {
		if err := run.step.change.apply(&s.speaker.settings); err != nil {
			return err
		}
		if run.planned.names&catalogChanged != 0 {
			s.up.catalogChanged = true
		}
	}
	front := p.front(typ)
	switch {
	case kind == replyExecute:
		if typ == wire.TypeCommandComplete && byte(s.transaction.Load()) == wire.Failed {
			s.transaction.Store(uint32(wire.InTransaction)) // in a failed one the server runs only what ends it; what it has come to, ReadyForQuery will tell
		}
		if stopped {
			s.poisonStopped()
		}
		s.answered(front.ask)
		p.pop()
	case run != nil:
		if stopped {
			// What else the string holds has not been shown to the client, and is not.
			s.poisonStopped()
			front.swallowRest = true
		}
		p.advance(front)
	}
	return nil
}
