package proxy

import (
	"slices"
	"time"

	"cordon/audit"
	"cordon/guard"
	"cordon/parse"
	"cordon/policy"
	"cordon/wire"
)

// Alert is something unusual that a person did, for whoever is to be told.
type Alert struct {
	Time    time.Time
	Watch   string
	Person  string
	Login   string
	Client  string
	What    string
	Action  string
	Session string
}

// watched says whether anything of what people do is held against the policy's watch section.
func (srv *Server) watched(p *policy.Policy) bool {
	return srv.Watcher != nil && p != nil && len(p.Watches) > 0
}

// waitsForOthers is called before something is counted that other Cordons may count too.
func (s *session) waitsForOthers() {
	if s.server.Guard.Windows.Shared() {
		s.aside()
	}
}

// quarantined refuses what somebody in quarantine sends; the end of a failed transaction alone they may still send. Whom a watch has slowed waits here.
func (s *session) quarantined(run *execution) *wire.Error {
	if s.server.Watcher == nil {
		return nil
	}
	person := s.meteredPerson()
	if held := s.server.Watcher.Quarantine.Of(person); held != nil && run.step.kind != parse.Rollback {
		return &wire.Error{Code: guard.CodeQuarantine, Message: "no statement of " + person + " is run: they have been put into quarantine", Detail: "Since " + held.At.UTC().Format("2006-01-02 15:04:05") + " UTC, by the watch \"" + held.Watch + "\".",
			Hint: "Ask one of those whom the policy names there to look into it: cordon quarantine release " + person + "."}
	}
	if s.server.watched(s.policy) && s.server.Watcher.Slowed(time.Now(), person) {
		s.aside()
		time.Sleep(guard.SlowBy)
		s.clocked = false
	}
	return nil
}

// watchStart holds a statement that is about to run against the watch section.
func (s *session) watchStart(run *execution, lookups []guard.Subject) {
	if !s.server.watched(s.policy) {
		return
	}
	s.waitsForOthers()
	person := s.meteredPerson()
	found := s.server.Watcher.Touched(run.started, s.policy, person, run.shape.tables)
	if len(lookups) > 0 {
		found = append(found, s.server.Watcher.LookedUp(run.started, s.policy, person, lookups)...)
	}
	s.found(person, found)
}

// watchEnd holds what a statement has come to against it.
func (s *session) watchEnd(run *execution, end audit.End) {
	p := s.server.policy.Load()
	if !s.server.watched(p) {
		return
	}
	s.waitsForOthers()
	person := run.person
	if person == "" {
		person = s.login
	}
	now := time.Now()
	if end == audit.Failed || end == audit.Stopped {
		s.found(person, s.server.Watcher.Failed(now, p, person))
	}
	if run.stop == nil && len(run.shape.tables) > 0 {
		s.found(person, s.server.Watcher.Gave(now, p, person, run.rows))
	}
}

// watchFailed counts a message that the server has answered with an error before it came to run a statement.
func (s *session) watchFailed(person string) {
	if p := s.server.policy.Load(); person != "" && s.server.watched(p) {
		s.waitsForOthers()
		s.found(person, s.server.Watcher.Failed(time.Now(), p, person))
	}
}

// watchRefused counts a statement that was not run.
func (s *session) watchRefused() {
	if s.server.watched(s.policy) {
		s.waitsForOthers()
		person := s.meteredPerson()
		s.found(person, s.server.Watcher.Failed(time.Now(), s.policy, person))
	}
}

// found tells of what watches have found, and does what they say.
func (s *session) found(person string, list []guard.Finding) {
	for _, f := range list {
		a := Alert{Time: time.Now().UTC(), Watch: f.Watch.Name, Person: person, Login: s.login, What: f.What, Action: f.Watch.Action.String(), Session: s.auditID()}
		if c := s.clientAddr(); c.IsValid() {
			a.Client = c.Addr().String()
		}
		s.server.metrics.alerts.WithLabelValues(a.Action).Inc()
		s.server.Audit.Event(audit.Event{Kind: audit.GuardAlert, Session: s.record, Person: person, Data: map[string]any{"watch": a.Watch, "what": a.What, "action": a.Action}})
		if f.Watch.Action == policy.ActionQuarantine {
			err := s.server.Watcher.Quarantine.Put(s.server.policy.Load(), guard.QuarantineEntry{Person: person, At: a.Time, Watch: a.Watch, Why: a.What})
			if err != nil {
				s.server.log.LogAttrs(noContext, slogWarn, "quarantine not saved: a restart would forget it", slogErr(err))
			}
			s.server.Audit.Event(audit.Event{Kind: audit.GuardQuarantine, Session: s.record, Person: person, Data: map[string]any{"watch": a.Watch, "why": a.What}, Durable: true})
		}
		if s.server.Alert != nil {
			s.server.Alert(a)
		}
	}
}

// tablesOf are the names of the tables in a statement's record, each once.
func tablesOf(list []audit.Relation) (names []string) {
	for i := range list {
		if !slices.Contains(names, list[i].Name) {
			names = append(names, list[i].Name)
		}
	}
	return names
}
