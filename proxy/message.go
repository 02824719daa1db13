package proxy

import (
	"encoding/binary"
	"errors"

	"cordon/catalog"
	"cordon/parse"
	"cordon/rewrite"
	"cordon/wire"
)

// Names of Cordon's own on the server. A client that uses them itself disturbs only itself: they are in its own session.
const (
	refusedName = "_cordon_refused"
	askName     = "_cordon_ask"
	copyName    = "_cordon_copy"
	variantName = "_cordon_variant_"
)

// failingText is sent in a refused statement's place. It fails whatever the state of the transaction is, and leaves the server as after any failed statement; its error is replaced on the way back.
// The server's own log shows it, and the sentence tells its reader what it is.
const failingText = "this statement was refused by cordon"

// In place of an EXECUTE or FETCH of what is not there: they fail later, so that in a failed transaction the server's own error is that of the transaction, which the client gets then. The one fails when it is analysed, for Parse; the
// other, for Query, when it runs: its portal stays until the transaction ends.
const (
	failingName = `SELECT "this statement was refused by cordon"`
	failingRun  = `SHOW "this statement was refused by cordon"`
)

// query deals with a Query message: one string of any number of statements.
func (s *session) query(frame, body []byte) error {
	text, err := wire.DecodeQuery(body)
	if err != nil {
		return err
	}
	s.querying = true
	p, err := s.plan(text)
	s.querying = false
	if err != nil {
		return err
	}
	if p.pieces != nil && !s.inPipeline {
		return s.queryPieces(p)
	}
	refusal := p.refusal
	if refusal == nil && p.behindEnd && s.names.inside {
		refusal = behindMove()
		s.block(p, &p.steps[0], "simple", "", refusal)
	} else if refusal == nil && s.movesWithin(p) {
		refusal = behindMove()
		s.block(p, &p.steps[0], "simple", "", refusal)
	} else if refusal != nil {
		s.recordRefused(p, "simple", "")
	}
	if refusal != nil && refusal.Code == codeEncoding {
		return s.refuseUnread(refusal)
	}
	if refusal != nil {
		return s.refuseQuery(refusal)
	}
	if len(p.steps) == 1 && !s.inPipeline {
		if refusal, err = s.estimate(p, &p.steps[0]); err != nil {
			return err
		}
		if refusal != nil {
			s.block(p, &p.steps[0], "simple", "", refusal)
			return s.refuseQuery(refusal)
		}
	}
	run, refusal := s.begin(p, "simple", "", nil)
	if refusal != nil && isNotThere(refusal) {
		return s.refuseQueryBy(failingRun, refusal)
	}
	if refusal != nil {
		return s.refuseQuery(refusal)
	}
	if k := run.marking(); k != nil && k.copy != nil {
		if err := s.describeCopy(run, k); err != nil {
			return err
		}
	}
	s.sent(p, run)
	s.syncs++
	s.inPipeline, s.bound, s.runs = false, false, 0
	s.dropUnnamed()
	if packs := run.anyPacks(); packs || run.commitsEarly() {
		if packs && run.hasTransactions() {
			return s.unsendable(run)
		}
		if done, err := s.queryHeld(p, run); done || err != nil {
			return err
		}
	}
	e := expected{kind: replyQuery, run: run, sync: s.syncs, affects: p.affects, scrub: s.deferred(p)}
	if !p.changed {
		return s.sendExpecting(frame, &e)
	}
	if err := s.expect(&e); err != nil {
		return err
	}
	s.toUpstream.Took(wire.AppendQuery(s.toUpstream.Tail(len(p.sql)+16), p.sql))
	return nil
}

// commitsEarly says that as a Query the server could commit what the runs of a string write before one of them is known to be within its limits. A string that ends transactions itself, or takes data from the client, is left as it is.
func (x *execution) commitsEarly() bool {
	limited, writes := false, false
	for run := x; run != nil; run = run.next {
		limited = limited || run.limited()
		switch run.step.kind {
		case parse.Empty, parse.Show, parse.Set, parse.Reset, parse.Fetch, parse.ClosePortal, parse.DeclareCursor, parse.Explain, parse.CopyTo, parse.Select, parse.Execute:
			writes = writes || run.step.returning
		case parse.Insert, parse.Update, parse.Delete, parse.Merge:
			writes = writes || run.step.returning || x.next != nil
		case parse.Begin, parse.Commit, parse.Rollback, parse.Savepoint, parse.Release, parse.RollbackTo, parse.PrepareTransaction, parse.CommitPrepared, parse.RollbackPrepared, parse.CopyFrom, parse.Unknown:
			return false
		default:
			writes = writes || x.next != nil
		}
		writes = writes || run.copies()
	}
	return limited && writes
}

// hasTransactions says that a string begins or ends transactions, or takes data from the client.
func (x *execution) hasTransactions() bool {
	for run := x; run != nil; run = run.next {
		switch run.step.kind {
		case parse.Begin, parse.Commit, parse.Rollback, parse.Savepoint, parse.Release, parse.RollbackTo, parse.PrepareTransaction, parse.CommitPrepared, parse.RollbackPrepared, parse.CopyFrom, parse.Unknown:
			return true
		}
	}
	return false
}

// queryHeld deals with a Query outside a transaction that writes rows, and gives back so many that it may be stopped: as a Query it would be committed before the last row has come. In the extended protocol Cordon runs its statements one
// by one, and commits them, with a Sync, when the rows are known to be within the limits. The client gets what a Query answers. done is false when there is a transaction: then an error undoes it anyway.
func (s *session) queryHeld(p *planned, run *execution) (done bool, err error) {
	if err := s.waitQuiet(); err != nil {
		return false, err
	}
	if byte(s.transaction.Load()) != wire.Idle && !run.anyPacks() {
		return false, nil
	}
	alone := run.next == nil
	for affects := p.affects; run != nil; affects = false {
		next := run.next
		one, sql := p, p.sql
		if !alone {
			if one, sql, err = s.alone(p, run); err != nil {
				return true, err
			}
		}
		packs := run.packs()
		messages := []expected{
			{kind: replyParse, planned: one, quiet: true}, {kind: replyBind, planned: one, quiet: true}, {kind: replyDescribePortal, planned: one, step: run.shape, asQuery: true, marking: run.marking()}, {kind: replyExecute, run: run, affects: affects, scrub: true},
		}
		if packs {
			messages = messages[:3]
		}
		for _, e := range messages {
			if err := s.expect(&e); err != nil {
				return true, err
			}
		}
		out := s.toUpstream.Tail(len(sql) + 64)
		out = wire.AppendParse(out, "", sql, nil)
		out = wire.AppendBind(out, "", "")
		out = wire.AppendObject(out, wire.TypeDescribe, 'P', "")
		if !packs {
			out = wire.AppendExecute(out, "", 0)
		}
		s.toUpstream.Took(out)
		if packs {
			e := expected{kind: replyExecute, run: run, affects: affects, scrub: true}
			if err := s.sendPacking(e, func(b []byte) []byte { return wire.AppendExecute(b, "", 0) }); err != nil {
				return true, err
			}
		}
		s.inPipeline, s.bound = true, true
		if err := s.waitUnstoppable(); err != nil {
			return true, err
		}
		run = next
	}
	s.inPipeline, s.bound = false, false
	if err := s.expect(&expected{kind: replySync, sync: s.syncs, scrub: true}); err != nil {
		return true, err
	}
	s.toUpstream.Append(wire.HeaderLen, wire.AppendSync)
	return true, nil
}

// alone takes one run out of those of a string, and gives what it is planned as and its text.
func (s *session) alone(p *planned, run *execution) (*planned, string, error) {
	st := *run.step
	piece := st.piece()
	st.sent, st.begin = piece, 0
	one := *p
	one.steps = []step{st}
	if run.shape == run.step {
		run.shape = &one.steps[0]
	}
	run.step, run.planned, run.next = &one.steps[0], &one, nil
	sql, ok := encodeTo(encodingName(s.reading().encoding), piece)
	if !ok {
		return nil, "", errors.New("a statement that was read in the client's encoding cannot be written in it")
	}
	return &one, sql, nil
}

// refuseQuery answers a Query with an error.
func (s *session) refuseQuery(refusal *wire.Error) error {
	return s.refuseQueryBy(failingText, refusal)
}

func (s *session) refuseQueryBy(text string, refusal *wire.Error) error {
	s.syncs++
	s.inPipeline, s.bound, s.runs = false, false, 0
	s.dropUnnamed()
	if err := s.expect(&expected{kind: replyQuery, refusal: refusal, sync: s.syncs}); err != nil {
		return err
	}
	s.toUpstream.Took(wire.AppendQuery(s.toUpstream.Tail(64), text))
	return nil
}

// refuseUnread answers a Query that the server would not take for one, because of bytes in it: other than an error in its text that ends neither the unnamed statement nor the unnamed portal.
func (s *session) refuseUnread(refusal *wire.Error) error {
	if err := s.refuse(refusal); err != nil {
		return err
	}
	s.syncs++
	s.inPipeline, s.bound, s.runs, s.prompt = false, false, 0, false
	s.transactionMayEnd()
	if err := s.expect(&expected{kind: replySync, sync: s.syncs}); err != nil {
		return err
	}
	s.toUpstream.Append(wire.HeaderLen, wire.AppendSync)
	return nil
}

// refuse answers a message of the extended protocol with an error: by a Parse that fails.
func (s *session) refuse(refusal *wire.Error) error { return s.refuseAs(refusedName, refusal) }

func (s *session) refuseAs(name string, refusal *wire.Error) error {
	return s.refuseBy(name, failingText, refusal)
}

func (s *session) refuseBy(name, text string, refusal *wire.Error) error {
	s.inPipeline = true
	if err := s.expect(&expected{kind: replyParse, refusal: refusal}); err != nil {
		return err
	}
	s.toUpstream.Took(wire.AppendParse(s.toUpstream.Tail(128), name, text, nil))
	return nil
}

// parse deals with a Parse message.
func (s *session) parse(frame, body []byte) error {
	m, err := wire.DecodeParse(body)
	if err != nil {
		return err
	}
	if refusal := s.checkName("prepared statement", m.Name); refusal != nil {
		return s.refuse(refusal)
	}
	p, err := s.plan(m.Text)
	if err != nil {
		return err
	}
	if p, err = s.typed(p, m.Text, m.OIDs); err != nil {
		return err
	}
	s.inPipeline = true
	if p.refusal != nil {
		s.recordRefused(p, "extended", "")
		return s.refuseAs(string(m.Name), p.refusal)
	}
	refusal, err := s.checkTypes(m.OIDs)
	if err != nil {
		return err
	}
	if refusal != nil {
		return s.refuseAs(string(m.Name), refusal)
	}
	if refusal = s.room(&s.statements, m.Name, "prepared statements"); refusal != nil {
		return s.refuseAs(string(m.Name), refusal)
	}
	o := &object{planned: p, step: &p.steps[0], view: s.view(), oids: append([]byte(nil), m.OIDs...), sql: p.sql}
	s.put(&s.statements, m.Name, o)
	e := expected{kind: replyParse, object: o, planned: p}
	if !p.changed {
		return s.sendExpecting(frame, &e)
	}
	if err := s.expect(&e); err != nil {
		return err
	}
	s.toUpstream.Took(wire.AppendParse(s.toUpstream.Tail(len(p.sql)+len(m.Name)+len(m.OIDs)+16), m.Name, p.sql, m.OIDs))
	return nil
}

// refusePortal answers an Execute or Describe of a portal that the client may not use. The server can have an unnamed one that nobody bound: that of a Query that has failed, up to the end of its transaction. It can run no more, but the
// server's error is then that of the transaction: asked to describe it, the server gives that one.
func (s *session) refusePortal(name []byte, refusal *wire.Error) error {
	if len(name) > 0 || !isNotThere(refusal) {
		return s.refuse(refusal)
	}
	s.inPipeline = true
	if err := s.expect(&expected{kind: replyDescribePortal, quiet: true}); err != nil {
		return err
	}
	s.toUpstream.Took(wire.AppendObject(s.toUpstream.Tail(16), wire.TypeDescribe, 'P', ""))
	return s.refuseBy(refusedName, failingName, refusal)
}

// checkTypes says why the person may not give parameters these types. Types of somebody's making run code of somebody's making.
func (s *session) checkTypes(oids []byte) (*wire.Error, error) {
	if s.grant.Unrestricted() {
		return nil, nil
	}
	for ; len(oids) >= 4; oids = oids[4:] {
		oid := catalog.OID(binary.BigEndian.Uint32(oids))
		if oid < catalog.FirstUserOID {
			continue
		}
		c := s.catalog()
		if c == nil {
			return &wire.Error{Code: codeInternal, Message: "Cordon does not know the database's types, so the statement is not run"}, nil
		}
		why := rewrite.CheckParameter(c.Snapshot, s.grant, oid)
		if why != nil && why.Stale { // the type may be younger than the snapshot
			if err := s.resolve(true); err == nil {
				why = rewrite.CheckParameter(s.catalog().Snapshot, s.grant, oid)
			} else if !errors.Is(err, errFailedTransaction) {
				return nil, err
			}
		}
		if why != nil {
			return &wire.Error{Code: why.Code, Message: why.Message, Hint: why.Hint}, nil
		}
	}
	return nil, nil
}

// bind deals with a Bind message, of which b holds at least the names. need is how many bytes of it must have come when that is not enough.
func (s *session) bind(h wire.Header, b []byte, m *wire.BindNames) (need int, err error) {
	refusal := s.checkName("prepared statement", m.Statement)
	if refusal == nil {
		refusal = s.checkName("portal", m.Portal)
	}
	if refusal != nil {
		return 0, s.refuseFrame(h, b, refusal)
	}
	var f form
	refusal, err = s.prepared(m.Statement, &f)
	if err != nil {
		return 0, err
	}
	if refusal != nil {
		return 0, s.refuseFrame(h, b, refusal)
	}
	adds := s.addsColumns(f.step)
	if adds > 0 && len(b) < h.Len() { // how its results are to be written stands at the end
		return min(h.Len(), 2*len(b)), nil
	}
	s.inPipeline = true
	if f.step != nil && f.step.estimable {
		if refusal, err = s.estimate(f.planned, f.step); err != nil {
			return 0, err
		}
		if refusal != nil {
			s.block(f.planned, f.step, "extended", "", refusal)
			return 0, s.refuseFrame(h, b, refusal)
		}
	}
	need, refusal, err = s.probeBind(&f, h, b)
	if need > 0 || err != nil {
		return need, err
	}
	if refusal != nil {
		return 0, s.refuseFrame(h, b, refusal)
	}
	var changes []sessionChange
	if f.step != nil && len(f.step.changes) > 0 {
		need, changes, refusal, err = s.bindChanges(&f, f.oids, h, b)
		if need > 0 || err != nil {
			return need, err
		}
		if refusal != nil {
			s.block(f.planned, f.step, "extended", "", refusal)
			return 0, s.refuseFrame(h, b, refusal)
		}
	}
	if need := valuesNeeded(h, m.Rest); len(b) < need {
		return need, nil
	}
	if refusal = s.room(&s.portals, m.Portal, "portals"); refusal != nil {
		return 0, s.refuseFrame(h, b, refusal)
	}
	s.bound = true
	portal := s.newPortal(m.Portal)
	portal.planned, portal.step, portal.view, portal.sync, portal.changes = f.planned, f.step, f.view, s.syncs+1, changes
	portal.values = s.values.keep(b[wire.HeaderLen+m.Rest : valuesNeeded(h, m.Rest)])
	s.put(&s.portals, m.Portal, portal)
	if err := s.expect(&expected{kind: replyBind, object: portal, planned: f.planned, step: f.step}); err != nil {
		return 0, err
	}
	statement := m.Statement
	if f.own {
		statement = []byte(f.name)
	}
	if adds > 0 {
		if whole, err := wire.DecodeBind(b[wire.HeaderLen:h.Len()]); err == nil && whole.ResultFormats() > 1 && whole.ResultFormats() <= maxColumns { // of others the server complains
			s.toUpstream.Took(whole.AppendMoreResults(s.toUpstream.Tail(h.Len()+len(statement)+2*adds), statement, adds))
			s.fromClient.Discard(h.Len())
			return 0, nil
		}
	}
	if !f.own {
		s.forwardPart(h, b)
		return 0, nil
	}
	s.toUpstream.Took(wire.AppendBindHead(s.toUpstream.Tail(len(m.Portal)+len(f.name)+16), m.Portal, f.name, h.Body-m.Rest))
	s.fromClient.Discard(wire.HeaderLen + m.Rest)
	s.pass = h.Body - m.Rest
	return 0, nil
}

// maxColumns is how many columns a row of PostgreSQL's can have (MaxTupleAttributeNumber).
const maxColumns = 1664

// addsColumns is how many columns the rewriter has added to the rows that a statement gives, which the client does not see: it names a format for each of its own.
func (s *session) addsColumns(st *step) int {
	if st != nil && st.target.verb == targetExecute && st.kind != parse.Explain {
		if o := s.lookUp(&s.statements, []byte(st.target.name)); o != nil {
			st = o.step
		}
	}
	if st == nil || st.plan == nil {
		return 0
	}
	return max(0, st.plan.Strip)
}

// refuseFrame refuses a message that may not have come whole: the rest of it is dropped as it comes.
func (s *session) refuseFrame(h wire.Header, b []byte, refusal *wire.Error) error {
	n := min(h.Len(), len(b))
	if err := s.refuse(refusal); err != nil {
		return err
	}
	s.fromClient.Discard(n)
	s.drop = h.Len() - n
	return nil
}

// describe deals with a Describe message.
func (s *session) describe(frame, body []byte) error {
	m, err := wire.DecodeObject("Describe", body)
	if err != nil {
		return err
	}
	if refusal := s.checkName(nameOf(m.Kind), m.Name); refusal != nil {
		return s.refuse(refusal)
	}
	switch m.Kind {
	case 'S':
		var f form
		refusal, err := s.prepared(m.Name, &f)
		if err != nil {
			return err
		}
		s.inPipeline = true
		if refusal != nil {
			return s.refuse(refusal)
		}
		e := expected{kind: replyDescribeStatement, planned: f.planned, step: s.behind(f.step)}
		if !f.own {
			return s.sendExpecting(frame, &e)
		}
		if err := s.expect(&e); err != nil {
			return err
		}
		s.toUpstream.Took(wire.AppendObject(s.toUpstream.Tail(64), wire.TypeDescribe, 'S', f.name))
		return nil
	case 'P':
		s.inPipeline = true
		o, refusal, err := s.portal(m.Name)
		if err != nil {
			return err
		}
		if refusal != nil {
			return s.refusePortal(m.Name, refusal)
		}
		e := expected{kind: replyDescribePortal}
		if o != nil {
			e.planned, e.step = o.planned, s.behind(o.step)
			s.describeSubjects(o, &e)
		}
		return s.sendExpecting(frame, &e)
	default: // the server complains
		s.inPipeline = true
		return s.sendExpecting(frame, &expected{kind: replyDescribePortal})
	}
}

// execute deals with an Execute message.
func (s *session) execute(frame, body []byte) error {
	m, err := wire.DecodeExecute(body)
	if err != nil {
		return err
	}
	s.inPipeline = true
	if refusal := s.checkName("portal", m.Portal); refusal != nil {
		return s.refuse(refusal)
	}
	o, refusal, err := s.portal(m.Portal)
	if err != nil {
		return err
	}
	if refusal != nil {
		return s.refusePortal(m.Portal, refusal)
	}
	if s.skipping() {
		s.toUpstream.Forward(frame)
		return nil
	}
	p := unknownPortal
	if o != nil {
		p = o.body()
	}
	run, refusal := s.begin(p, "extended", string(m.Portal), o)
	if refusal != nil && isNotThere(refusal) {
		return s.refuseBy(refusedName, failingName, refusal)
	}
	if refusal != nil {
		return s.refuse(refusal)
	}
	s.sent(p, run)
	if k := run.step.kind; k == parse.CopyFrom || k == parse.Unknown {
		s.copyDoubt, s.copyEnded = copyFrom, false
	}
	s.bound = true
	s.runs++
	s.holdSync = s.holdSync || run.limited() && (run.step.returning || run.copies())
	s.affecting = s.affecting || p.affects
	if run.subjects != nil && o != nil && !o.columns.described {
		e := expected{kind: replyDescribePortal, swallow: true}
		s.describeSubjects(o, &e)
		if err := s.expect(&e); err != nil {
			return err
		}
		s.toUpstream.Took(wire.AppendObject(s.toUpstream.Tail(len(m.Portal)+16), wire.TypeDescribe, 'P', string(m.Portal)))
	}
	if k := run.marking(); k != nil && k.copy != nil {
		if err := s.describeCopy(run, k); err != nil {
			return err
		}
	} else if k != nil {
		k.free = k.free && m.Rows == 0
		if err := s.expect(&expected{kind: replyDescribePortal, swallow: true, marking: k}); err != nil {
			return err
		}
		s.toUpstream.Took(wire.AppendObject(s.toUpstream.Tail(len(m.Portal)+16), wire.TypeDescribe, 'P', string(m.Portal)))
	}
	e := expected{kind: replyExecute, run: run, affects: p.affects, scrub: s.deferred(p)}
	if m.Rows != 0 && run.strip() < 0 { // there is nothing to page through in a statement without RETURNING
		if err := s.expect(&e); err != nil {
			return err
		}
		s.toUpstream.Took(wire.AppendExecute(s.toUpstream.Tail(len(m.Portal)+16), string(m.Portal), 0))
		return nil
	}
	if run.packs() {
		return s.sendPacking(e, func(b []byte) []byte { return append(b, frame...) })
	}
	return s.sendExpecting(frame, &e)
}

// deferred says that running a text can bring the reports of earlier statements: of constraints and triggers that were put off.
func (s *session) deferred(p *planned) bool {
	if s.grant.RawTables() {
		return false
	}
	if len(p.steps) > 1 {
		return true
	}
	switch p.steps[0].kind {
	case parse.Commit, parse.PrepareTransaction, parse.ConstraintsSet, parse.Call, parse.Do:
		return true
	}
	return false
}

// nameOf says what Describe and Close name by this kind.
func nameOf(kind byte) string {
	if kind == 'P' {
		return "portal"
	}
	return "prepared statement"
}

// behind is the statement that describes the rows of a statement: for EXECUTE and FETCH the one behind the name.
func (s *session) behind(st *step) *step {
	if st == nil || st.kind == parse.Explain {
		return st
	}
	var o *object
	switch st.target.verb {
	case targetExecute:
		o = s.lookUp(&s.statements, []byte(st.target.name))
	case targetFetch:
		o = s.lookUp(&s.portals, []byte(st.target.name))
	default:
		return st
	}
	if o == nil || o.step == nil {
		return st
	}
	return o.step
}

// skipping says that the server skips everything up to a Sync that has not been sent.
func (s *session) skipping() bool { return s.pending.failed.Load() }

// close deals with a Close message.
func (s *session) close(frame, body []byte) error {
	m, err := wire.DecodeObject("Close", body)
	if err != nil {
		return err
	}
	s.inPipeline = true
	if refusal := s.checkName(nameOf(m.Kind), m.Name); refusal != nil {
		return s.refuse(refusal)
	}
	var o *object
	switch m.Kind {
	case 'S':
		if old := s.statements.find(m.Name); old != nil {
			o = &object{closing: true}
			s.statements.put(m.Name, o)
		}
	case 'P':
		if old := s.portals.find(m.Name); old != nil {
			o = &object{closing: true}
			s.portals.put(m.Name, o)
		}
	}
	return s.sendExpecting(frame, &expected{kind: replyClose, object: o})
}

// dropUnnamed forgets the unnamed statement and portal, which every Query ends.
func (s *session) dropUnnamed() {
	s.statements.drop("")
	s.portals.drop("")
}
