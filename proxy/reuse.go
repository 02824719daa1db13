package proxy

// Most clients run one statement after the other, by the unnamed portal or by a Query, and each would leave 800 to 1,000 bytes to the collector and begin in memory that no cache holds. So a polled session, which is stepped by one goroutine at a
// time, uses the memory of the last portal, run and plan again, when the server has answered all and nothing can name them any more.

// unnamedPortal is the memory of an unnamed portal, its first run and their metering.
type unnamedPortal struct {
	portal   object
	run      execution
	metering portalRun
}

// newPortal returns memory for a portal.
func (s *session) newPortal(name []byte) *object {
	if s.polled == nil || len(name) > 0 {
		return &object{}
	}
	u := s.unnamed
	if u == nil || u.portal.sync > s.idleSync.Load() || u.portal.first == nil && !u.run.done || !s.allAnswered() {
		u = &unnamedPortal{}
		s.unnamed = u
	} else { // its transaction is over, so the server has it no more
		s.portals.drop("")
		u.portal.run.abandon()
		kept := u.portal.kept
		u.portal = object{}
		u.portal.kept = kept
		u.run = execution{}
	}
	u.portal.first = &u.run
	return &u.portal
}

// newPortalRun returns memory for the metering of a portal or cursor.
func (s *session) newPortalRun(o *object) *portalRun {
	if u := s.unnamed; u != nil && o == &u.portal {
		u.metering = portalRun{}
		return &u.metering
	}
	return &portalRun{}
}

// newRun returns memory for a run: of the portal o, or of a statement of a Query when o is nil.
func (s *session) newRun(o *object) *execution {
	switch {
	case o != nil && o.first != nil:
		run := o.first
		o.first = nil
		return run
	case o != nil || s.polled == nil:
		return &execution{}
	case s.queried != nil && s.queried.done && s.allAnswered():
		*s.queried = execution{}
	default:
		s.queried = &execution{}
	}
	return s.queried
}

// newShaped returns memory for a plan that is made of a template and that no cache keeps. What a Query runs nobody names but its runs; what a Parse has prepared stays.
func (s *session) newShaped() *shaped {
	if s.polled == nil || !s.querying {
		return new(shaped)
	}
	if s.shaped == nil || !s.allAnswered() || s.failureNamed() {
		s.shaped = new(shaped)
	}
	return s.shaped
}

// failureNamed says that a plan is remembered because its Parse or Bind has failed.
func (s *session) failureNamed() bool {
	p := &s.pending
	p.mu.Lock()
	failure := p.failure
	p.mu.Unlock()
	return failure != nil
}

// allAnswered says that the server has answered everything: no run is under way, and who looks for one finds none.
func (s *session) allAnswered() bool {
	p := &s.pending
	p.mu.Lock()
	n := p.n
	p.mu.Unlock()
	return n == 0
}
