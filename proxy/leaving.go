package proxy

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"cordon/audit"
	"cordon/identity"
	"cordon/policy"
	"cordon/wire"
)

// A person who is disabled, removed, or whose time is over: a session of their own ends, with a sentence. On a login that speaks for others the session stays, for the others; a statement of theirs that is running is cancelled, and
// the next one is refused as any statement is.

// watchEvery is how often it is looked for people who have left. What they can do meanwhile is what the server was already doing for them.
const watchEvery = 250 * time.Millisecond

// defaultPatience is how many requests to cancel a statement can outlive before its session ends: its client reads so slowly that the server does not get to notice.
const defaultPatience = 3

const cancelling = "canceling statement: "

// watch ends what people who have left are still doing. It returns when ctx ends.
func (srv *Server) watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var cancels sync.WaitGroup
	defer cancels.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			srv.checkPeople()
			p, now := srv.policy.Load(), time.Now()
			for _, s := range srv.all() {
				if p.Logins[s.login] != nil {
					s.cancelLeaver(p, now, &cancels)
				}
			}
		}
	}
}

// checkPeople ends the sessions of logins that are people no longer valid.
func (srv *Server) checkPeople() {
	p := srv.policy.Load()
	if p == nil {
		return
	}
	now := time.Now()
	for _, s := range srv.all() {
		if why := s.invalidNow(p, now); why != "" {
			s.finish("person no longer valid", &wire.Error{Severity: "FATAL", Code: codeAdminShutdown, Message: "terminating connection: " + why, Hint: "Ask the keeper of the policy."}, nil)
		}
	}
}

// invalidNow says why the person of a session may do nothing, "" when they may. A login that speaks for others is judged statement by statement.
func (s *session) invalidNow(p *policy.Policy, now time.Time) string {
	if p.Logins[s.login] != nil {
		return ""
	}
	if p.Users[s.login] != nil {
		s.wasUser.Store(true)
	}
	// Who was never in the policy is a person without roles; who was, and is not any more, has left.
	if err := identity.Left(p, s.login, !s.wasUser.Load(), now); err != nil {
		return err.Error()
	}
	return ""
}

// cancelLeaver cancels the statement that the server is running, when it is of a person who has left.
func (s *session) cancelLeaver(p *policy.Policy, now time.Time, cancels *sync.WaitGroup) {
	q := &s.pending
	q.mu.Lock()
	run := q.running()
	if run == nil || run.person == "" {
		q.mu.Unlock()
		return
	}
	if words := run.leaving.Load(); words != nil {
		if q.cancels.Load() > 0 { // the server has not dealt with the last one yet
			q.mu.Unlock()
			return
		}
		run.patience++
		late := int(run.patience) == s.server.patience
		if !late {
			s.cancelAgain(cancels) // the first one may have come before the server had begun
		}
		q.mu.Unlock()
		if late {
			s.finish("person no longer valid", &wire.Error{Severity: "FATAL", Code: codeAdminShutdown, Message: "terminating connection: " + strings.TrimPrefix(words.Message, cancelling), Hint: words.Hint}, nil)
		}
		return
	}
	var why *identity.Error
	proven := run.proof != nil && run.proof.person
	if run.proof != nil && !run.proof.until.IsZero() && !now.Before(run.proof.until) {
		why = &identity.Error{Code: identity.CodeNoPerson, Message: "the token of the statement has expired", Hint: "Get a new one."}
	} else if err := identity.Left(p, run.person, proven, now); !errors.As(err, &why) {
		q.mu.Unlock()
		return
	}
	person := run.person // the session may use the run's memory again once mu is let go
	run.leaving.Store(&wire.Error{Code: why.Code, Message: cancelling + why.Message, Hint: why.Hint})
	s.cancelAgain(cancels)
	q.mu.Unlock()
	s.server.Audit.Event(audit.Event{Kind: audit.SessionCancel, Session: s.record, Person: person, Data: map[string]any{"reason": "person no longer valid"}})
}

// cancelAgain asks the server to cancel. Until the request has been dealt with, the client's loop sends nothing more: it would be hit. pending.mu is held.
func (s *session) cancelAgain(cancels *sync.WaitGroup) {
	q := &s.pending
	q.cancels.Add(1)
	cancels.Go(func() {
		s.server.sendCancel(s.pid, s.key)
		s.cancelDone()
	})
}
