package proxy

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"

	"cordon/audit"
	"cordon/guard"
	"cordon/parse"
	"cordon/wire"
)

// form is how a prepared statement is to be run now.
type form struct {
	planned *planned // nil when nobody knows the statement
	step    *step
	view    *view  // that it is planned under
	name    string // on the server, when own
	own     bool   // under a name of Cordon's own
	oids    []byte // types of parameters that the client gave
}

// prepared says how a prepared statement runs for the person who speaks now. What was planned for another person, policy, catalog or search path is planned again; when that gives another SQL, the server is given that first, under a
// name of its own. f, which is empty, is filled in when there is neither a refusal nor an error.
func (s *session) prepared(name []byte, f *form) (refusal *wire.Error, err error) {
	o := s.lookUp(&s.statements, name)
	if o == nil || o.planned == nil {
		if err := s.regrant(nil); err != nil {
			return nil, err
		}
		if s.grant.RawTables() {
			f.view = s.view()
			return nil, nil
		}
		return notThere("prepared statement", string(name)), nil
	}
	if err := s.regrantFor(o); err != nil {
		return nil, err
	}
	if o.foreign {
		if o.view.grant != s.grant.Key {
			return notYours("prepared statement", string(name)), nil
		}
		if refusal := s.sameForm(o, string(name)); refusal != nil {
			return refusal, nil
		}
		p := o.body()
		f.planned, f.step, f.view, f.oids = p, &p.steps[0], s.view(), o.oids
		return nil, nil
	}
	if s.grant.RawTables() && o.planned.refusal == nil && !o.planned.changed && o.view.grant == s.grant.Key {
		f.planned, f.step, f.view = o.planned, o.step, s.view() // names mean nothing where nothing is hidden
		return nil, nil
	}
	s.settleNames()
	known, err := s.reread(false)
	if err != nil {
		return nil, err
	}
	if v := s.view(); known && o.view.same(v) && s.speaker.nobody == nil && s.namesKnown() {
		o.view = v
		f.planned, f.step, f.view, f.oids = o.planned, o.step, v, o.oids
		return nil, nil
	}
	source, ok := s.again(o)
	if !ok {
		return &wire.Error{Code: codeUnsupported, Message: "the prepared statement cannot be written in the client encoding of now, so it cannot be prepared for this person", Hint: "SET client_encoding = 'UTF8'."}, nil
	}
	p, err := s.planNow(source)
	if err == nil {
		p, err = s.typed(p, source, o.oids)
	}
	if err != nil {
		return nil, err
	}
	if p.refusal != nil {
		s.recordRefused(p, "extended", "")
		return p.refusal, nil
	}
	if refusal, err := s.checkTypes(o.oids); refusal != nil || err != nil {
		return refusal, err
	}
	st := &p.steps[0]
	f.planned, f.step, f.view, f.oids = p, st, s.view(), o.oids
	if p.sql == o.sql {
		o.planned, o.step, o.view = p, st, f.view
		return nil, nil
	}
	if len(name) == 0 {
		// The unnamed statement is prepared anew in place.
		fresh := &object{planned: p, step: st, view: f.view, oids: o.oids, sql: p.sql}
		s.put(&s.statements, nil, fresh)
		return nil, s.prepare("", p, o.oids, fresh)
	}
	key := s.reading().encoding + "\x00" + p.sql
	v := o.variants[key]
	if v == nil || v.state.Load() == dead {
		if err := s.trimVariants(); err != nil {
			return nil, err
		}
		s.lastVariant++
		v = &variant{name: variantName + strconv.FormatUint(s.lastVariant, 10), of: o}
		v.sql = key
		if o.variants == nil {
			o.variants = make(map[string]*variant)
		}
		o.variants[key] = v
		s.variants = append(s.variants, v)
		if err := s.prepare(v.name, p, o.oids, &v.object); err != nil {
			return nil, err
		}
	}
	s.uses++
	v.used = s.uses
	f.name, f.own = v.name, true
	return nil, nil
}

// regrantFor makes sure that the session's grant is that of the person who speaks in a prepared statement or portal.
func (s *session) regrantFor(o *object) error {
	if s.clock(); s.speakerStands() {
		return nil
	}
	if o == nil || o.planned == nil || s.speaker.comment == "" {
		return s.regrant(nil)
	}
	return s.regrantRead([]byte(o.planned.text), o.view.reading)
}

// namesKnown says that nothing must be asked of the server before a plan that is there can be used, or nothing can be: how old the catalog is matters between transactions.
func (s *session) namesKnown() bool {
	n := &s.names
	return s.grant.Unrestricted() || !n.dirty && !n.blind && !s.outdated() && (n.own == nil && n.database.fresh(s.now, s.server.Limits.CatalogCheck) || (n.own != nil || !s.betweenPipelines() && n.database.now.Load() != nil) && !s.overdue(s.now))
}

// betweenPipelines says that the server, when it has answered what it has been sent, will be outside a transaction, as far as is known: a pipeline that has bound nothing yet has none.
func (s *session) betweenPipelines() bool {
	return !s.bound && byte(s.transaction.Load()) == wire.Idle
}

// prepare has the server prepare a form of a statement. The client sees only an error of it.
func (s *session) prepare(name string, p *planned, oids []byte, o *object) error {
	if err := s.expect(&expected{kind: replyParse, quiet: true, object: o, planned: p}); err != nil {
		return err
	}
	s.toUpstream.Took(wire.AppendParse(s.toUpstream.Tail(len(p.sql)+len(name)+len(oids)+16), name, p.sql, oids))
	return nil
}

// maxVariants bounds the forms of prepared statements that a session has on the server beyond those of the client's own names. It is room for a form of one statement for each of two hundred people who take turns on a connection.
const maxVariants = 256

// trimVariants makes room for one more variant: the one not used for the longest time is closed.
func (s *session) trimVariants() error {
	for len(s.variants) >= maxVariants {
		oldest := 0
		for i, v := range s.variants {
			if v.used < s.variants[oldest].used {
				oldest = i
			}
		}
		v := s.variants[oldest]
		s.variants[oldest] = s.variants[len(s.variants)-1]
		s.variants = s.variants[:len(s.variants)-1]
		if v.of.variants[v.sql] == v {
			delete(v.of.variants, v.sql)
		}
		if err := s.expect(&expected{kind: replyClose, swallow: true}); err != nil {
			return err
		}
		s.toUpstream.Took(wire.AppendObject(s.toUpstream.Tail(64), wire.TypeClose, 'S', v.name))
	}
	return nil
}

// portal finds the portal that Execute or Describe names, and refuses it when it was bound for somebody else. nil is a portal that nobody knows, for a person without restrictions.
func (s *session) portal(name []byte) (*object, *wire.Error, error) {
	o := s.lookUp(&s.portals, name)
	if err := s.regrantFor(o); err != nil {
		return nil, nil, err
	}
	switch {
	case o == nil || o.planned == nil:
		if s.grant.RawTables() {
			return nil, nil, nil
		}
		if o == nil {
			return nil, notThere("portal", string(name)), nil
		}
		return nil, notYours("portal", string(name)), nil
	case !s.ofGrant(o.view):
		return nil, notYours("portal", string(name)), nil
	}
	return o, nil, nil
}

// ofGrant says that a view is of the grant of now.
func (s *session) ofGrant(v *view) bool {
	return v == s.viewed.view && s.grant == s.viewed.grant || v.grant == s.grant.Key
}

// unknownPortal is what runs when a person without restrictions executes a portal that Cordon does not know.
var unknownPortal = described(step{kind: parse.Unknown, logged: "-- a portal that was not bound through the protocol"}, audit.Static{Kind: parse.Unknown.String(), Decision: audit.Allow}, namesChanged)

// described is the plan of one step that is not made of a text.
func described(st step, a audit.Static, names nameChange) *planned {
	st.describe(a)
	return &planned{steps: []step{st}, names: names}
}

// meter begins or goes on with the metering of a run's rows, when limits of the policy apply to them. o is the portal that is executed, nil for a Query.
func (s *session) meter(run *execution, o *object, now time.Time) {
	plan := run.shape.plan
	if plan == nil || len(plan.Exports) == 0 {
		return
	}
	switch run.step.target.verb {
	case targetPrepare, targetDeclare, targetDeallocate, targetClose, targetDiscard:
		return // brings no rows
	case targetNone, targetExecute, targetFetch:
	}
	holder := o
	if run.cursor != nil {
		holder = run.cursor
	}
	run.tracked = true
	if holder == nil {
		run.portal, run.ownMeter = &portalRun{}, true
	} else {
		if holder.run != nil {
			run.portal = holder.run
			return
		}
		holder.run = s.newPortalRun(holder)
		run.portal = holder.run
		s.keepMeter(holder)
	}
	limits := make([]guard.Limit, 0, len(plan.Exports))
	person := s.meteredPerson()
	for _, d := range plan.Exports {
		limits = append(limits, guard.Limit{Export: s.approvedExport(run, person, d), Rule: d.Rule, Weight: plan.Weight})
	}
	run.portal.meter = s.server.Guard.Start(now, person, limits)
	if t := run.shape.subjects; t != nil {
		run.portal.meter.Shows(t.besides.all, t.besides.keyed)
	}
	if s.server.Guard.Windows.Shared() {
		if s.waits == nil {
			s.waits = s.aside
		}
		run.portal.meter.Wait = s.waits
	}
	if plan.AtMost > 0 && plan.AtMost <= maxAhead && run.step.kind == parse.Select && !plan.Copies {
		run.tracked = !run.portal.meter.AtMost(now, plan.AtMost)
	}
}

// maxAhead is the longest LIMIT whose rows pass at once: they are taken out of the windows before they come.
const maxAhead = 1000

// keepMeter sees to it that the metering of a portal or cursor ends at the latest with the session. Those of transactions that are over end here.
func (s *session) keepMeter(o *object) {
	if o.kept {
		return
	}
	if len(s.meters) >= maxNamed {
		idle := s.idleSync.Load()
		kept := s.meters[:0]
		for _, m := range s.meters {
			if !m.hold && m.sync <= idle {
				m.run.abandon()
				m.kept = false
				continue
			}
			kept = append(kept, m)
		}
		clear(s.meters[len(kept):])
		s.meters = kept
	}
	o.kept = true
	s.meters = append(s.meters, o)
}

// sent notes what a text that is on its way to the server does to names, and what stands behind the names of prepared statements and cursors in it; run is its run, nil where nobody knows.
func (s *session) sent(p *planned, run *execution) {
	names := p.names
	for ; run != nil; run = run.next {
		if run.shape != nil && run.shape != run.step {
			names |= settingsAfter(run.shape.plan)
		}
	}
	if names&namesChanged != 0 {
		s.names.changed(s.syncs + 1)
	}
	if names&catalogChanged != 0 {
		s.names.altered = true
	}
	if s.names.inside {
		for i := range p.steps {
			switch p.steps[i].kind {
			case parse.Commit, parse.Rollback, parse.RollbackTo:
				s.names.dirty = true
				s.names.altered = s.names.altered || s.names.own != nil
			}
		}
	}
	if names&readingChanged != 0 {
		s.rereading, s.readingInside = true, true
	}
	if s.portals.len() > maxNamed {
		idle := s.idleSync.Load()
		for name, o := range s.portals.names {
			if !o.hold && o.sync <= idle {
				s.portals.drop(name) // its transaction is over
			}
		}
	}
	s.transactionMayEnd()
}

// transactionMayEnd is called at what can end a transaction: what it has set of how texts are read is undone then.
func (s *session) transactionMayEnd() {
	if s.readingInside {
		s.rereading = true
	}
}

// readingQuery asks how the session's texts are read.
const readingQuery = `SELECT pg_catalog.current_setting('client_encoding'), pg_catalog.current_setting('standard_conforming_strings')`

// reread waits until it is known how the next text is read. always says that it matters for people without restrictions too. known is false when that cannot be found out: then the server runs nothing but the end of a failed transaction.
func (s *session) reread(always bool) (known bool, err error) {
	if !s.rereading || !always && s.grant.Unrestricted() {
		return true, nil
	}
	if err := s.waitQuiet(); err != nil {
		return false, err
	}
	if s.inPipeline {
		// Since PostgreSQL 14 ParameterStatus comes before ReadyForQuery only: in the middle of a pipeline the server must be asked.
		if byte(s.transaction.Load()) == wire.Failed {
			return false, nil
		}
		rows, err := s.ask(readingQuery)
		if errors.Is(err, errUpstreamWrite) {
			return false, err
		}
		if err != nil || len(rows) != 1 || len(rows[0]) != 2 || rows[0][0] == nil || rows[0][1] == nil {
			return false, nil
		}
		encoding := strings.ToUpper(*rows[0][0])
		s.encoding.Store(&encoding)
		s.conforming.Store(*rows[0][1] == "on")
	}
	s.rereading = false
	if !s.inPipeline && byte(s.transaction.Load()) == wire.Idle {
		s.readingInside = false
	}
	return true, nil
}

// plain says that a text reads alike in every encoding and whatever a backslash means.
func plain(text []byte) bool { return ascii(text) && bytes.IndexByte(text, '\\') < 0 }

// maxNamed is how many portals are remembered before those of ended transactions are looked for.
const maxNamed = 256

// functionCall deals with a FunctionCall message, which calls a function by its OID.
func (s *session) functionCall(h wire.Header, b []byte) error {
	oid, err := wire.DecodeFunctionCall(b[wire.HeaderLen:min(len(b), h.Len())])
	if err != nil {
		return err
	}
	s.values.call, s.values.function = b[wire.HeaderLen+4:valuesNeeded(h, 4)], oid
	defer func() { s.values.call = nil }() // it is the read buffer's
	if err := s.regrant(nil); err != nil {
		return err
	}
	if !free(s.grant) {
		refusal := &wire.Error{Code: codePermission, Message: "permission denied for the function call interface", Hint: "Call the function in a statement: SELECT function(…)."}
		s.block(functionCallPlan, &functionCallPlan.steps[0], "fastpath", "", refusal)
		n := min(h.Len(), len(b))
		if err := s.refuseQuery(refusal); err != nil {
			return err
		}
		s.fromClient.Discard(n)
		s.drop = h.Len() - n
		return nil
	}
	run, refusal := s.begin(functionCallPlan, "fastpath", "", nil)
	if refusal != nil {
		n := min(h.Len(), len(b))
		if err := s.refuseQuery(refusal); err != nil {
			return err
		}
		s.fromClient.Discard(n)
		s.drop = h.Len() - n
		return nil
	}
	s.syncs++
	s.inPipeline, s.bound, s.runs = false, false, 0
	if err := s.expect(&expected{kind: replyFunctionCall, run: run, sync: s.syncs}); err != nil {
		return err
	}
	s.forwardPart(h, b)
	return nil
}

// functionCallPlan has a text that the record completes with the function's OID.
var functionCallPlan = described(step{kind: parse.Select, open: true, logged: "-- FunctionCall", blocked: audit.EncodeStatic(audit.Static{Kind: parse.Select.String(), Command: "FUNCTION CALL", Redacted: "-- FunctionCall"})},
	audit.Static{Kind: parse.Select.String(), Command: "FUNCTION CALL", Decision: audit.Allow, Redacted: "-- FunctionCall"}, namesKept)

// maxShownText bounds what the record has of a text that is too long to be looked into.
const maxShownText = 128 << 10

// tooLong deals with a Query or Parse whose text is longer than what is looked into: it passes in pieces for a person to whom nothing is hidden.
func (s *session) tooLong(h wire.Header, b []byte) (need int, err error) {
	if err := s.regrant(nil); err != nil {
		return 0, err
	}
	passes := free(s.grant) && !s.speaker.speaks
	shown := 4096 // of the text, for the record
	if passes {
		shown = max(shown, min(s.server.Limits.StatementBytes, maxShownText)) // what runs must not hide behind a comment
	}
	if len(b) < shown+wire.HeaderLen {
		return min(h.Len(), shown+wire.HeaderLen), nil
	}
	s.aside() // to look for secrets takes a microsecond a byte
	body := b[wire.HeaderLen:min(len(b), h.Len())]
	var name []byte
	if h.Type == wire.TypeParse {
		m, ok := cutString(body)
		if !ok {
			return 0, &wire.FormatError{What: "Parse", Why: "the name of the statement is too long"}
		}
		name, body = m, body[len(m)+1:]
	}
	text := string(body[:min(len(body), shown)])
	p := &planned{text: text, names: namesChanged, decided: decidedAllow, sql: text}
	logged := parse.RedactUnparsed(text) + "…"
	form := parse.Form(logged)
	p.steps = []step{{kind: parse.Unknown, open: true, logged: logged, source: text, sent: text}}
	a := audit.Static{Kind: parse.Unknown.String(), Decision: audit.Allow, Policy: s.policyDigest(), Redacted: form, Fingerprint: parse.Fingerprint(form),
		Reason: "a message of " + strconv.Itoa(h.Body) + " bytes, of which the record has no more than " + strconv.Itoa(len(text))}
	p.steps[0].describe(a)
	a.Decision = audit.Block
	p.steps[0].blocked = audit.EncodeStatic(a)
	if !passes {
		p.refusal = &wire.Error{Code: codeProgramLimit, Message: "the statement has " + strconv.Itoa(h.Body) + " bytes, and Cordon reads " + strconv.Itoa(s.server.Limits.StatementBytes),
			Hint: "Pass long values as parameters; or ask whoever runs Cordon to raise limits.statement_bytes."}
		s.recordRefused(p, "simple", "")
	}
	n := min(h.Len(), len(b))
	if h.Type == wire.TypeQuery {
		var run *execution
		refusal := p.refusal
		if refusal == nil {
			run, refusal = s.begin(p, "simple", "", nil)
		}
		if refusal != nil {
			if err := s.refuseQuery(refusal); err != nil {
				return 0, err
			}
			s.fromClient.Discard(n)
			s.drop = h.Len() - n
			return 0, nil
		}
		s.sent(p, run)
		s.syncs++
		s.inPipeline, s.bound, s.runs = false, false, 0
		if err := s.expect(&expected{kind: replyQuery, run: run, sync: s.syncs}); err != nil {
			return 0, err
		}
		s.forwardPart(h, b)
		return 0, nil
	}
	s.inPipeline = true
	refusal := p.refusal
	if refusal == nil {
		refusal = s.room(&s.statements, name, "prepared statements")
	}
	if refusal != nil {
		if err := s.refuseAs(string(name), refusal); err != nil {
			return 0, err
		}
		s.fromClient.Discard(n)
		s.drop = h.Len() - n
		return 0, nil
	}
	o := &object{planned: p, step: &p.steps[0], view: s.view(), sql: p.sql, foreign: true}
	s.put(&s.statements, name, o)
	if err := s.expect(&expected{kind: replyParse, object: o, planned: p}); err != nil {
		return 0, err
	}
	s.forwardPart(h, b)
	return 0, nil
}

func cutString(b []byte) ([]byte, bool) {
	for i, c := range b {
		if c == 0 {
			return b[:i], true
		}
	}
	return nil, false
}
