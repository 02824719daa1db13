package proxy

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"cordon/audit"
	"cordon/guard"
	"cordon/parse"
	"cordon/wire"
)

// begin records the intent of every statement of a planned text, before the server gets any of it. Without a record there is no statement: then it returns the refusal that the client gets.
// portal is the name of the portal that is executed, and o the portal itself, nil for a Query.
func (s *session) begin(p *planned, path, portal string, o *object) (*execution, *wire.Error) {
	var first, last *execution
	s.clock()
	now := s.now
	for i := range p.steps {
		st := &p.steps[i]
		run := s.newRun(o)
		run.planned, run.step, run.shape, run.started, run.changes = p, st, st, now, st.changes
		if o != nil {
			run.changes, o.changes = o.changes, nil // the first run does it, whether or not it gives all rows
		}
		if st.as != nil {
			defer s.speak(s.speech())
			s.speak(*st.as)
		}
		run.person, run.proof = s.person, s.speaker.proof
		var refusal *wire.Error
		if st.target.verb != targetNone || o != nil && (o.bound != nil || o.foreign) {
			refusal = s.applyTarget(run, o)
		}
		if refusal == nil && s.server.Watcher != nil {
			refusal = s.quarantined(run)
		}
		if refusal == nil {
			refusal = s.probeRun(run, o != nil)
		}
		if refusal != nil {
			s.block(p, st, path, portal, refusal)
		} else {
			refusal = s.intend(run, path, portal, o)
		}
		if refusal != nil {
			for ; first != nil; first = first.next {
				first.object.settle(dead)
				s.ended(first, audit.NotSent, 0, "")
			}
			run.object.settle(dead)
			return nil, refusal
		}
		if first == nil {
			first = run
		} else {
			last.next = run
		}
		last = run
		if s.up.source != nil {
			s.meter(run, o, s.up.source())
			continue
		}
		s.meter(run, o, now)
	}
	return first, nil
}

// intend records the intent of one run.
func (s *session) intend(run *execution, path, portal string, o *object) *wire.Error {
	s.count(run.step, run.planned.decided)
	s.number++
	var in audit.Intent
	in.Session, in.Number, in.Time, in.Person, in.How, in.Path, in.Portal = s.record, s.number, run.started, s.person, s.how, path, portal
	in.Form, in.Fill, in.SQL = run.step.form, run.step.fill, run.step.logged
	if run.planned.changed {
		in.Rewritten = run.step.rewritten
	}
	s.values.of(&in, run, o)
	s.params = in.Params
	s.trackSubjects(run, o, &in)
	in.Durable = run.shape.durable
	ref, err := s.server.Audit.Append(&in)
	if err != nil {
		return auditRefusal(err)
	}
	run.record = ref
	if n := ref.Needs(); n > 0 {
		s.unsynced = n // later records have greater ones
		s.unsyncedRuns++
		s.unsyncedDurable = s.unsyncedDurable || in.Durable
	}
	s.watchStart(run, s.lookups)
	return nil
}

// errNotRecorded says that statements that have been answered for already cannot be recorded: the session must end.
type errNotRecorded struct{ error }

func (e errNotRecorded) Unwrap() error { return e.error }

// awaitRecords returns when the log has on the device what must be there before what waits in toUpstream may go. All that goes to the server goes behind it.
func (s *session) awaitRecords() error {
	if s.unsynced == 0 {
		return nil
	}
	if !s.server.Audit.Synced(s.unsynced) {
		s.aside()
		s.clocked = false
		if err := s.server.Audit.Await(s.unsynced, s.unsyncedRuns, s.unsyncedDurable); err != nil {
			return errNotRecorded{err}
		}
	}
	s.released.Store(s.unsynced)
	s.unsynced, s.unsyncedRuns, s.unsyncedDurable = 0, 0, false
	return nil
}

// auditRefusal is what the client is told when a statement cannot be recorded.
func auditRefusal(err error) *wire.Error {
	e := &wire.Error{Code: codeIO, Message: "the statement cannot be recorded in the audit log, so it is not run", Hint: "Tell whoever runs Cordon: its log says what is wrong. Nothing was changed."}
	var unavailable *audit.Unavailable
	if errors.As(err, &unavailable) {
		e.Code = unavailable.SQLState()
	}
	return e
}

// recordRefused records a text that policy or grammar refuses.
func (s *session) recordRefused(p *planned, path, portal string) {
	if len(p.steps) == 0 {
		return
	}
	s.block(p, &p.steps[0], path, portal, p.refusal)
}

// block records one refused statement.
func (s *session) block(p *planned, st *step, path, portal string, refusal *wire.Error) {
	s.count(st, decidedRefuse)
	s.watchRefused()
	s.number++
	in := audit.Intent{Session: s.record, Number: s.number, Person: s.person, How: s.how, Path: path, Portal: portal, Static: st.blocked, SQL: st.logged}
	if st.target.verb == targetExecute {
		if behind := s.behind(st); behind == st || behind.secret {
			in.SQL = parse.HideLiterals(in.SQL)
		}
	}
	if s.server.Audit.Waits() {
		s.aside()
	}
	if err := s.server.Audit.Blocked(&in, audit.Refusal{SQLState: refusal.Code, Message: recorded(refusal), Rule: st.rule}); err != nil {
		s.server.log.LogAttrs(noContext, slogWarn, "refused statement not recorded", slogErr(err))
	}
}

// recorded is what the record says in clear of a refusal: PostgreSQL's grammar quotes the text where it stopped, which may be in the middle of a password.
func recorded(refusal *wire.Error) string {
	what, _, _ := strings.Cut(refusal.Message, " at or near ")
	return what
}

// count counts a statement for the metrics.
func (s *session) count(st *step, d decision) { s.server.metrics.decided[st.kind][d].Inc() }

// ended records how a run has ended. Only the first call for a run counts.
func (s *session) ended(run *execution, end audit.End, rows int64, code string) {
	s.endedAt(time.Time{}, run, end, rows, code)
}

// endedAt is ended for a time that is known already; the zero time is now.
func (s *session) endedAt(at time.Time, run *execution, end audit.End, rows int64, code string) {
	if run.done {
		return
	}
	run.done = true
	s.watchEnd(run, end)
	s.recordMarks(run, end)
	o := audit.Outcome{Time: at, End: end, Rows: rows, Bytes: run.bytes, BytesIn: run.bytesIn, SQLState: code, Durable: run.shape.durable}
	if run.subjects != nil && (run.stop == nil || rows > 0) { // of a statement that was stopped before it gave a row nobody was seen
		run.subjects.lost = run.subjects.lost || run.stop != nil // what the guard has dropped was not looked at
		o.Subjects = run.subjects.result(rows, run.shape != run.step)
	}
	switch {
	case run.stop != nil:
		o.Reason = run.stop.Message
	case run.portal != nil && run.portal.approved != nil:
		o.Reason = "approved export " + run.portal.approved.ID
	}
	if o.Durable {
		s.aside()
	}
	s.server.Audit.Outcome(run.record, o)
	if run.ownMeter {
		run.portal.meter.Abandon()
	}
}

// progressRows is how many rows go by between two records of how far a statement has come.
const progressRows = 1 << 16

// progress records how far a statement has come, so that a crash does not hide a long export. When that cannot be written, the statement goes on: it is recorded that it runs, and its outcome will be.
func (s *session) progress(run *execution) {
	if err := s.server.Audit.Progress(run.record, run.rows, run.bytes); err != nil {
		s.server.log.LogAttrs(noContext, slogWarn, "progress not recorded", slogErr(err))
	}
}

// unfinished records the statements of a Query that ReadyForQuery has ended without a word about them: those behind one that failed, or a text of which nobody knew how many statements it has.
func (s *session) unfinished(run *execution) {
	for ; run != nil; run = run.next {
		if run.step.open {
			s.ended(run, audit.Done, run.rows, "")
			continue
		}
		run.object.settle(dead)
		s.ended(run, audit.Skipped, run.rows, "")
	}
}

// recordStopped records that the guard has stopped an execution.
func (s *session) recordStopped(run *execution, why guard.Stopped) {
	data := map[string]any{"reason": why.Reason.String(), "limit": why.Limit, "count": why.Count, "sent": why.Sent}
	if why.Rule != nil {
		data["rule"] = why.Rule.Name
	}
	s.event(audit.GuardBlock, data)
}

// event records something that is not a statement.
func (s *session) event(kind audit.EventKind, data any) error {
	if s.server.Audit.Waits() {
		s.aside()
	}
	err := s.server.Audit.Event(audit.Event{Kind: kind, Session: s.record, Person: s.person, How: s.how, Data: data})
	if err != nil {
		s.server.log.LogAttrs(noContext, slogWarn, "event not recorded", slogErr(err))
	}
	return err
}

// auditID is the session's name in the audit log.
func (s *session) auditID() string {
	id := strconv.FormatInt(s.server.started.UnixNano(), 36) + "-" + strconv.FormatUint(s.id, 36)
	if s.server.Node != "" {
		id = s.server.Node + "-" + id
	}
	return id
}

// sessionRecord is what the audit log says of the session in every record.
func (s *session) sessionRecord() *audit.Session {
	application, _ := s.startup.Get(applicationName)
	if parse.Secret(application) { // a connection string that somebody has put into the wrong place
		application = "***"
	}
	return audit.NewSession(audit.SessionInfo{
		ID: s.auditID(), Login: s.login, Client: s.clientAddr(), Application: parse.HideTokens(application), Database: s.database,
		BackendPID: s.pid, TLS: s.tls,
	})
}

// clientAddr is where the client is, the zero value over a Unix socket.
func (s *session) clientAddr() netip.AddrPort { return s.remote }

// addrPort is the address of a TCP socket, without the interface of one that is of a link only, and the zero value for another.
func addrPort(addr net.Addr) netip.AddrPort {
	if a, ok := addr.(*net.TCPAddr); ok {
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
	}
	return netip.AddrPort{}
}

// authFailed records a login that the server has refused.
func (s *session) authFailed(code string) {
	s.record = s.sessionRecord()
	s.event(audit.SessionAuthFailed, map[string]any{"sqlstate": code})
}

// cancelled records that a client asked to cancel what this session runs.
func (s *session) cancelled() {
	s.server.Audit.Event(audit.Event{Kind: audit.SessionCancel, Session: s.record})
}

// closeRecord records the session's end.
func (s *session) closeRecord() {
	s.end.Lock()
	reason := s.end.reason
	s.end.Unlock()
	s.event(audit.SessionClose, map[string]any{"reason": reason, "statements": s.number, "bytes_to_client": s.toClient.Written(), "bytes_to_upstream": s.toUpstream.Written()})
}
