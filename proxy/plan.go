package proxy

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"cordon/audit"
	"cordon/catalog"
	"cordon/parse"
	"cordon/policy"
	"cordon/rewrite"
	"cordon/wire"
)

// plan says what becomes of a text that the client sent. The text belongs to the read buffer; what the plan keeps of it is a copy.
func (s *session) plan(text []byte) (*planned, error) {
	if err := s.regrant(text); err != nil {
		return nil, err
	}
	return s.planNow(text)
}

// planNow is plan for the person who is known to speak.
func (s *session) planNow(text []byte) (*planned, error) {
	s.settleNames()
	known, err := s.reread(false)
	if err != nil {
		return nil, err
	}
	s.unread = !known
	v := s.view()
	if s.speaker.nobody != nil || s.unread {
		return s.planAfresh(text)
	}
	if s.names.habit && !s.names.used && !nameless(text) {
		s.names.used = true
	}
	if !s.namesKnown() {
		if nameless(text) {
			if p := s.server.plans.get(s.withoutNames(v), text); p != nil {
				s.server.metrics.exactHit.Inc()
				return p, nil
			}
		}
		return s.planAfresh(text)
	}
	if p := s.server.plans.get(v, text); p != nil {
		s.server.metrics.exactHit.Inc()
		return p, nil
	}
	if p := s.planByShape(v, text); p != nil {
		return p, nil
	}
	return s.planAfresh(text)
}

// typed is the plan that has been made of a text, or another one where that takes parameters for other types than the client gives them in Parse: a cast of a text can fail where one of what has been an integer from the start cannot.
func (s *session) typed(p *planned, text, oids []byte) (*planned, error) {
	if p.refusal != nil || len(p.steps) != 1 || p.steps[0].plan == nil || !slices.ContainsFunc(p.steps[0].plan.Assumed, func(a rewrite.Parameter) bool {
		return !a.Fits(catalog.OID(paramType(oids, a.Number)))
	}) {
		return p, nil
	}
	s.types = string(oids)
	defer func() { s.types = "" }()
	return s.planNow(text)
}

// viewed is a session's view, and what it was made of: as long as all of that is the same, so is the view. None of it is ever written to in place.
type viewed struct {
	view                     *view
	grant                    *policy.Grant
	catalog                  *snapshot
	encoding, serverEncoding *string
	path, types              string
	conforming               bool
}

// view is what the plans of this session depend on at the moment.
func (s *session) view() *view {
	var catalog *snapshot
	path := ""
	if !s.grant.Unrestricted() {
		catalog, path = s.catalog(), s.names.joined
	}
	was := &s.viewed
	encoding, serverEncoding, conforming := s.encoding.Load(), s.serverEncoding.Load(), s.conforming.Load()
	if was.view != nil && was.grant == s.grant && was.catalog == catalog && was.encoding == encoding && was.serverEncoding == serverEncoding && was.conforming == conforming && was.path == path && was.types == s.types {
		return was.view
	}
	v := &view{grant: s.grant.Key, path: path, types: s.types, reading: readingOf(encoding, serverEncoding, conforming)}
	if catalog != nil {
		v.catalog = catalog.generation
	}
	v.hash = s.server.plans.hashView(v)
	*was = viewed{v, s.grant, catalog, encoding, serverEncoding, path, s.types, conforming}
	return v
}

// withoutNames is a view for a text that has no names.
func (s *session) withoutNames(v *view) *view {
	bare := *v
	bare.catalog, bare.path = 0, ""
	bare.hash = s.server.plans.hashView(&bare)
	return &bare
}

// planAfresh makes the plan of a text, and first asks the server for what it needs to know of the names in it.
func (s *session) planAfresh(text []byte) (*planned, error) {
	p, err := s.planNamed(text)
	if err != nil {
		return nil, err
	}
	return s.confirm(p)
}

// planNamed is planAfresh, for the catalog as the session's transaction sees it.
func (s *session) planNamed(text []byte) (*planned, error) {
	if s.polled != nil {
		s.polled.Long()
	}
	s.aside()
	defer func() { s.clocked = false }() // that took long
	source := string(text)
	read := s.reading()
	failed := &wire.Error{Code: codeFailedTransaction, Message: errFailedTransaction.Error()}
	if s.unread && !plain(text) && !free(s.grant) {
		return refused(source, parse.Unknown, failed, s.grant), nil
	}
	decoded, refusal := readable(source, read, free(s.grant))
	if refusal != nil {
		return refused(source, parse.Unknown, refusal, s.grant), nil
	}
	requoted := false
	statements, err := parse.Parse(decoded, s.server.parseLimits(s))
	if syntax := (*parse.SyntaxError)(nil); errors.As(err, &syntax) && syntax.Code == "42601" { // a longer text has another code
		if quoted, ok := quoteOwnName(decoded); ok {
			decoded, requoted = quoted, true
			statements, err = parse.Parse(decoded, s.server.parseLimits(s))
		}
	}
	if err != nil {
		return s.unparsed(source, err), nil
	}
	if !free(s.grant) && len(statements) > 0 {
		if refusal := s.checkNames(decoded); refusal != nil {
			return refused(source, statements[0].Kind, refusal, s.grant), nil
		}
	}
	if s.grant.Unrestricted() && s.policy != nil && (len(s.policy.SubjectKeys) > 0 || s.policy.Durable()) && slices.ContainsFunc(statements, func(st *parse.Statement) bool { return needsNames(st.Kind) }) {
		// Nothing is hidden from this person; the record is to say whose data they see.
		if err := s.resolve(false); errors.Is(err, errUpstreamWrite) {
			return nil, err
		}
	}
	bare := nameless(text) && s.catalog() != nil // without one nothing is planned, and that must not be kept for others
	if !s.grant.Unrestricted() && !s.replication && !bare {
		for _, st := range statements {
			if !needsNames(st.Kind) && !(st.Kind == parse.Begin && !s.names.dirty) {
				continue // BEGIN needs none, but inside its transaction the catalog is not asked for
			}
			if s.speaker.nobody != nil && len(statements) == 1 {
				break // it is refused, or says who speaks
			}
			if s.unread && !free(s.grant) {
				return refused(source, st.Kind, failed, s.grant), nil
			}
			// Where nothing is hidden, names serve the record alone.
			if err := s.resolve(false); err != nil && (errors.Is(err, errUpstreamWrite) || !s.grant.RawTables()) {
				return s.unresolved(source, st.Kind, err)
			}
			break
		}
	}
	v := s.view()
	if bare {
		v = s.withoutNames(v)
	}
	if p := s.server.plans.get(v, text); p != nil {
		s.server.metrics.exactHit.Inc()
		return p, nil
	}
	if p := s.planByShape(v, text); p != nil {
		return p, nil
	}
	s.server.metrics.miss.Inc()
	p, stale := s.compose(source, decoded, read, statements)
	if stale {
		// A name that the snapshot does not have may be younger than it.
		if err := s.resolve(true); err != nil {
			return s.unresolved(source, p.steps[0].kind, err)
		}
		v = s.view()
		p, _ = s.compose(source, decoded, read, statements)
	}
	if requoted && !p.changed && p.refusal == nil {
		if p.sql, p.changed = encodeTo(encodingName(read.encoding), decoded); !p.changed {
			return refused(source, p.steps[0].kind, &wire.Error{Code: codeUnsupported, Message: "the statement cannot be written in the client encoding " + read.encoding, Hint: "SET client_encoding = 'UTF8'."}, s.grant), nil
		}
	}
	if !p.private {
		s.server.plans.put(v, p, s.server.seen.again(s.server.plans.hash(v, text)))
		if len(statements) == 1 {
			s.learn(v, p, statements[0])
		}
	}
	return p, nil
}

// quoteOwnName puts the names of Cordon's settings into double quotes where PostgreSQL's grammar does not take them for names without: USER is a reserved word, so SET cordon.user is a syntax error. ok says that the text has a
// SET, RESET or SHOW of such a name.
func quoteOwnName(text string) (quoted string, ok bool) {
	tokens, err := parse.Lex(nil, text)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	at, begins := 0, true
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if !begins {
			begins = t.Text(text) == ";"
			continue
		}
		begins = t.Text(text) == ";"
		if !t.Is(text, "set") && !t.Is(text, "reset") && !t.Is(text, "show") {
			continue
		}
		n := i + 1
		if n < len(tokens) && (tokens[n].Is(text, "local") || tokens[n].Is(text, "session")) {
			n++
		}
		if n+2 >= len(tokens) || !strings.EqualFold(tokens[n].Text(text), "cordon") || tokens[n+1].Text(text) != "." || tokens[n+2].Kind != parse.Ident {
			continue
		}
		name := tokens[n+2]
		b.WriteString(text[at:name.Start])
		b.WriteString(parse.QuoteIdent(strings.ToLower(name.Text(text))))
		at = int(name.End)
	}
	if at == 0 {
		return "", false
	}
	b.WriteString(text[at:])
	return b.String(), true
}

// unresolved is what becomes of a text whose names cannot be resolved. An error of the connection ends the session.
func (s *session) unresolved(source string, kind parse.Kind, err error) (*planned, error) {
	var own *wire.Error
	switch {
	case errors.Is(err, errUpstreamWrite):
		return nil, err
	case errors.Is(err, errFailedTransaction), errors.Is(err, errSkipped):
		return refused(source, kind, &wire.Error{Code: codeFailedTransaction, Message: errFailedTransaction.Error()}, s.grant), nil
	case errors.As(err, &own) && own.Code == codeCanceled: // the client's request to cancel has hit a question of Cordon's, or its time was up there
		return refused(source, kind, &wire.Error{Code: own.Code, Message: own.Message}, s.grant), nil
	case errors.As(err, &own):
		return refused(source, kind, &wire.Error{Code: codeInternal, Message: "Cordon cannot find out what the names in this statement stand for, so it is not run",
			Detail: "The database server answered: " + own.Message, Hint: "Try again; if it goes on, tell whoever runs Cordon."}, s.grant), nil
	}
	return refused(source, kind, &wire.Error{Code: codeInternal, Message: "Cordon cannot find out what the names in this statement stand for, so it is not run", Detail: err.Error()}, s.grant), nil
}

// readable brings a text to UTF-8, or says why it is not read.
func readable(source string, read reading, free bool) (string, *wire.Error) {
	if free {
		if decoded, ok := decodeFrom(encodingName(read.encoding), source); ok {
			return decoded, nil
		}
		return source, nil
	}
	if read.escapes && strings.IndexByte(source, '\\') >= 0 {
		return "", &wire.Error{Code: codeUnsupported, Message: "statements with a backslash are not accepted while standard_conforming_strings is off",
			Hint: "SET standard_conforming_strings = on; write E'…' for a string with escapes."}
	}
	decoded, ok := decodeFrom(encodingName(read.encoding), source)
	if !ok {
		return "", &wire.Error{Code: codeUnsupported, Message: "this statement has characters that Cordon cannot read in the client encoding " + read.encoding,
			Hint: "SET client_encoding = 'UTF8'."}
	}
	return decoded, nil
}

// needsNames says that a statement of this kind can hold the name of a relation or function, so that the search path and the catalog must be known.
func needsNames(k parse.Kind) bool {
	switch k {
	case parse.Empty, parse.Begin, parse.Commit, parse.Rollback, parse.Savepoint, parse.Release, parse.RollbackTo, parse.PrepareTransaction, parse.CommitPrepared, parse.RollbackPrepared,
		parse.Set, parse.Reset, parse.Show, parse.Discard, parse.Listen, parse.Unlisten, parse.Notify, parse.ConstraintsSet, parse.Checkpoint, parse.Deallocate, parse.Fetch, parse.ClosePortal:
		return false
	}
	return true
}

// unparsed is what becomes of a text that Cordon cannot read: it passes for a person to whom nothing is hidden and who may send such, and is refused for everybody else.
func (s *session) unparsed(source string, err error) *planned {
	var syntax *parse.SyntaxError
	if s.grant.RawTables() && s.grant.May(policy.MayUnparsed) {
		p := &planned{text: source, sql: source, decided: decidedAllow, names: namesChanged}
		p.steps = []step{{kind: parse.Unknown, text: source, source: source, sent: source, open: true, logged: parse.RedactUnparsed(source)}}
		form := parse.Form(p.steps[0].logged)
		p.steps[0].describe(audit.Static{Kind: parse.Unknown.String(), Decision: audit.Allow, Policy: s.policyDigest(), Redacted: form, Fingerprint: parse.Fingerprint(form)})
		p.size = 512 + 2*len(source)
		return p
	}
	refusal := &wire.Error{Code: codeSyntaxError, Message: err.Error()}
	if errors.As(err, &syntax) {
		refusal.Code, refusal.Hint, refusal.Position = syntax.Code, syntax.Hint, syntax.Position
	}
	return refused(source, parse.Unknown, refusal, s.grant)
}

// refused is the plan of a text that is not run.
func refused(source string, kind parse.Kind, refusal *wire.Error, g *policy.Grant) *planned {
	p := &planned{text: source, refusal: refusal, decided: decidedRefuse, size: 512 + 2*len(source)}
	p.steps = []step{{kind: kind, text: source, source: source, logged: parse.RedactUnparsed(source)}}
	p.block(refusal, audit.Static{})
	return p
}

// block says what the audit log records of a text that is not run, with what a has of it already.
func (p *planned) block(refusal *wire.Error, a audit.Static) {
	st := &p.steps[0]
	form := parse.Form(st.logged)
	a.Kind, a.Decision, a.Reason, a.Redacted, a.Fingerprint = st.kind.String(), audit.Block, recorded(refusal), form, parse.Fingerprint(form)
	st.blocked = audit.EncodeStatic(a)
}

// compose makes the plan of a text from its statements. stale says that a name was not in the snapshot.
func (s *session) compose(source, decoded string, read reading, statements []*parse.Statement) (p *planned, stale bool) {
	p = &planned{text: source, decided: decidedAllow}
	digest := s.policyDigest()
	if len(statements) == 0 {
		p.sql = source
		p.steps = []step{{kind: parse.Empty, text: source, source: source, sent: source, logged: source}}
		p.steps[0].describe(audit.Static{Kind: parse.Empty.String(), Decision: audit.Allow, Policy: digest})
		p.size = 512 + 2*len(source)
		return p, false
	}
	var sql strings.Builder
	at := 0
	p.steps = make([]step, len(statements))
	moved, ended := false, false // by a statement before: what names stand for, and the transaction
	var ahead *lookahead
	if s.speaker.speaks && len(statements) > 1 {
		ahead = s.lookAhead()
		defer func() { p.private = true }() // also what is refused: it was decided for whoever speaks inside, not for whose the view is
		defer s.speak(s.speech())
	}
	for i, st := range statements {
		change, own, why := changeOf(st, s.speaker.isOwn)
		var calls []sessionChange
		var callsSQL string
		if why == nil && !own {
			calls, callsSQL, why = s.ownCalls(st)
		}
		if why == nil {
			why = settingElsewhere(st)
		}
		if ahead != nil {
			before := s.grant
			if err := ahead.speakNow(); err != nil {
				return refused(source, st.Kind, &wire.Error{Code: codeInternal, Message: err.Error()}, s.grant), false
			}
			if why == nil && before.Unrestricted() && !s.grant.Unrestricted() && needsNames(st.Kind) {
				why = &wire.Error{Code: codeUnsupported, Message: "this statement must be sent by itself: another person speaks from here on", Hint: "Send the statements behind a change of " + s.speaker.setting + " in a string of their own."}
			}
		}
		if why == nil && s.speaker.nobody != nil && needsNames(st.Kind) && callsSQL == "" {
			why = s.speaker.nobody
		}
		if why != nil {
			p = refused(source, st.Kind, why, s.grant)
			p.private = true
			return p, false
		}
		if !s.grant.RawTables() && needsNames(st.Kind) && callsSQL == "" {
			// The whole string is planned before any of it runs.
			if moved {
				p = refused(source, st.Kind, behindMove(), s.grant)
				if oneByOne(statements) {
					p.pieces, p.private = &pieces{decoded: decoded, read: read, statements: statements}, true
				}
				return p, false
			}
			p.behindEnd = p.behindEnd || ended
			if why := s.hiddenByTemp(st); why != nil {
				return refused(source, st.Kind, why, s.grant), false
			}
		}
		var plan *rewrite.Plan
		switch {
		case callsSQL != "":
			p.private = true
			plan = &rewrite.Plan{Kind: st.Kind, SQL: callsSQL, Changed: true}
		case own:
			p.private = true
			piece, why := s.ownSetting(st, change)
			if why != nil {
				p = refused(source, st.Kind, why, s.grant)
				p.private = true
				return p, false
			}
			plan = &rewrite.Plan{Kind: st.Kind, SQL: piece, Changed: true}
		default:
			refusal, isStale := (*refusal)(nil), false
			if plan, refusal, isStale = s.rewrite(st); refusal != nil {
				out := refused(source, st.Kind, refusal.wire(decoded), s.grant)
				out.steps[0].rule = refusal.rule()
				a := audit.Static{Policy: digest}
				if r := refusal.Relation; r != nil {
					a.Relations = []audit.Relation{{Name: r.Schema + "." + r.Name, Rule: refusal.rule()}}
				}
				out.block(out.refusal, a)
				return out, isStale
			}
			if plan != nil {
				for _, name := range plan.Settings {
					if s.speaker.isOwn(name) {
						return refused(source, st.Kind, &wire.Error{Code: codeUnsupported, Message: "set_config cannot set " + name + " here", Hint: "Write SET " + name + " = 'name'."}, s.grant), false
					}
				}
			}
		}
		to := &p.steps[i]
		*to = step{kind: st.Kind, plan: plan, text: st.Text(), start: st.Start, begin: st.Start, source: decoded, logged: redact(st)}
		to.secret = parse.TakesSecrets(st) || parse.Hides(st, to.logged)
		to.target = targetOf(st.Tree)
		to.copyHeader, to.copyText = copyHeader(st), copyTextOf(st)
		to.returning = writesAndReturns(st)
		if to.target.verb == targetExecute {
			list, seen := executeParams(st)
			to.params, to.hidden = list, !seen
		}
		to.change, to.changes = change, calls
		for i := range calls {
			if calls[i].valueParam > 0 || calls[i].localParam > 0 {
				to.bound++
			}
		}
		p.affects = p.affects || change.verb != verbNone || len(calls) > 0
		if ahead != nil {
			to.as = ahead.speech
			if err := ahead.run(to); err != nil {
				return refused(source, st.Kind, &wire.Error{Code: codeInternal, Message: err.Error()}, s.grant), false
			}
		}
		after := namesAfter(st, plan)
		p.names |= after
		moved = moved || after&namesChanged != 0
		ended = ended || endsTransaction(st.Kind)
		sql.WriteString(decoded[at:st.Start])
		to.begin = sql.Len()
		piece := st.Text()
		if plan != nil && plan.Changed {
			p.changed = true
			piece = plan.SQL
		}
		sql.WriteString(piece)
		at = st.End
		s.describeStep(to, st, plan, piece, digest)
		if to.decided > p.decided {
			p.decided = to.decided
		}
	}
	sql.WriteString(decoded[at:])
	if !p.changed {
		p.sql = source
	} else {
		out, ok := encodeTo(encodingName(read.encoding), sql.String())
		if !ok {
			return refused(source, p.steps[0].kind, &wire.Error{Code: codeUnsupported, Message: "the statement as the policy has it cannot be written in the client encoding " + read.encoding,
				Hint: "SET client_encoding = 'UTF8'."}, s.grant), false
		}
		p.sql = out
	}
	sent := sql.String()
	p.size = 512 + 2*len(source) + len(p.sql)
	for i := range p.steps {
		st := &p.steps[i]
		st.sent = sent
		p.size += 512 + len(st.static) + len(st.rewritten) + 96*len(st.meant)
		if st.plan != nil {
			p.size += 64*len(st.plan.Edits) + 8*len(st.plan.Guarded)
		}
	}
	return p, false
}

// behindMove refuses a statement of which nobody can know, before those in front of it in the string have run, what its names stand for.
func behindMove() *wire.Error {
	return &wire.Error{Code: codeUnsupported, Message: "a statement that may change the search path must be the last that names something in its string",
		Hint: "Send the statements behind it by themselves."}
}

// endsTransaction says that what a transaction has set may be undone by a statement of this kind.
func endsTransaction(k parse.Kind) bool {
	switch k {
	case parse.Commit, parse.Rollback, parse.RollbackTo, parse.PrepareTransaction:
		return true
	}
	return false
}

// refusal is why a statement is not run.
type refusal struct{ *rewrite.Refusal }

func (r refusal) rule() string {
	if r.Refusal.Rule != nil {
		return r.Refusal.Rule.Name
	}
	return ""
}

// wire words the refusal for the client; text is what its position is in.
func (r refusal) wire(text string) *wire.Error {
	e := &wire.Error{Code: r.Code, Message: r.Message, Detail: r.Detail, Hint: r.Hint}
	if e.Code == "" {
		e.Code = codePermission
	}
	if n := r.Refusal.Position; n >= 0 && n <= len(text) {
		e.Position = utf8.RuneCountInString(text[:n]) + 1
	}
	return e
}

// free says that nothing is hidden from a person and that they have every power: whatever they send is run as it is. Rules may watch them.
func free(g *policy.Grant) bool { return g.RawTables() && g.May(policy.MayAll) }

// rewrite makes the plan of one statement. For a person who is free it only serves the record, and never changes or refuses anything.
func (s *session) rewrite(st *parse.Statement) (plan *rewrite.Plan, why *refusal, stale bool) {
	c := s.catalog()
	if c == nil {
		if free(s.grant) {
			return nil, nil, false
		}
		if needsNames(st.Kind) {
			return nil, &refusal{&rewrite.Refusal{Code: codeInternal, Message: "Cordon does not know the database's relations, so the statement is not run", Position: -1}}, false
		}
	}
	in := rewrite.Input{Statement: st, SearchPath: s.names.path, Grant: s.grant, Temp: s.names.tables, TempTypes: s.names.types}
	for n := 1; 4*n <= len(s.types); n++ {
		in.Parameters = append(in.Parameters, catalog.OID(paramType([]byte(s.types), n)))
	}
	if c != nil {
		in.Catalog, in.Memo = c.Snapshot, &c.memo
	}
	plan, err := rewrite.Rewrite(in)
	if s.server.tamper != nil && plan != nil {
		s.server.tamper(plan)
	}
	if s.grant.Unrestricted() && (err != nil || plan.Changed) {
		return nil, nil, false
	}
	if err == nil {
		return plan, nil, false
	}
	var r *rewrite.Refusal
	if !errors.As(err, &r) {
		r = &rewrite.Refusal{Code: codeInternal, Message: err.Error(), Position: -1}
	}
	return nil, &refusal{r}, r.Stale
}

// describeStep fills in what the audit log and the metrics say of a statement.
func (s *session) describeStep(st *step, statement *parse.Statement, plan *rewrite.Plan, sql, digest string) {
	form := parse.Form(st.logged)
	a := audit.Static{Kind: st.kind.String(), Command: strings.ToUpper(st.kind.String()), Decision: audit.Allow, Policy: digest, Redacted: form, Fingerprint: parse.Fingerprint(form)}
	if plan != nil {
		if plan.Changed {
			a.Decision, st.decided = audit.Rewrite, decidedRewrite
			st.rewritten = parse.HideTokens(hideSecrets(sql, plan))
			if st.secret {
				st.rewritten = parse.HideLiterals(st.rewritten) // it has the same secrets, elsewhere
			}
		}
		if plan.Observed != "" {
			a.Decision, st.decided, a.Reason = audit.Observe, decidedObserve, plan.Observed
		}
		rules := map[string]bool{}
		for i := range plan.Relations {
			t := &plan.Relations[i]
			if t.Relation == nil {
				continue
			}
			r := audit.Relation{Name: t.Relation.Schema + "." + t.Relation.Name, Op: t.Op.String(), Columns: t.Columns, Masked: t.Masked, Via: t.Via}
			d := t.Decision
			if d == nil && s.policy != nil && len(s.policy.Rules) > 0 {
				d = s.grant.Decide(policy.TableName{Schema: t.Relation.Schema, Name: t.Relation.Name})
			}
			r.Tags = s.tags(t)
			if d != nil {
				st.durable = st.durable || d.Rule != nil && d.Rule.Durable
				if d.Rule != nil {
					r.Rule = d.Rule.Name
					if !rules[r.Rule] {
						rules[r.Rule] = true
						a.Rules = append(a.Rules, r.Rule)
					}
				}
				if t.Filtered && d.Rows != nil {
					r.Filter = d.Rows.Text
				}
			}
			a.Relations = append(a.Relations, r)
		}
		st.marks = marksOf(statement, plan)
		st.estimable = len(s.names.tables) == 0 && estimable(statement, plan)
		if st.subjects = s.subjectsOf(statement, plan); st.subjects != nil {
			a.Subjects = st.subjects.of
		}
		if s.policy != nil && len(s.policy.Watches) > 0 {
			st.tables = tablesOf(a.Relations)
		}
		if plan.Export != nil {
			a.ExportRows, a.ExportBytes = plan.Export.Rows, plan.Export.Bytes
		}
		st.meant = meanings(plan.Relations)
		st.meantBy = meantIn(plan)
		kept := *plan
		kept.Relations = nil // only the record needs them; they would keep an old snapshot alive
		st.plan = &kept
	}
	st.describe(a)
	a.Decision = audit.Block
	st.blocked = audit.EncodeStatic(a)
}

// describe says what the audit log records of every execution. The texts must be there.
func (st *step) describe(a audit.Static) {
	st.static = audit.EncodeStatic(a)
	st.form = audit.NewForm(st.static, st.logged, st.rewritten)
}

// tags are those of the columns that a statement touches of a relation.
func (s *session) tags(t *rewrite.Touched) (list []string) {
	if s.policy == nil {
		return nil
	}
	name := policy.TableName{Schema: t.Relation.Schema, Name: t.Relation.Name}
	for _, tag := range s.policy.Tags {
		for i := range tag.Columns {
			c := &tag.Columns[i]
			if c.Table.Match(name) && (len(t.Columns) == 0 || slices.Contains(t.Columns, c.Column)) {
				list = append(list, tag.Name)
				break
			}
		}
	}
	slices.Sort(list)
	return list
}

// parseLimits are the limits of a text for this session.
func (srv *Server) parseLimits(s *session) parse.Limits {
	l := parse.Limits{Bytes: srv.Limits.StatementBytes, Depth: srv.Limits.StatementDepth}
	if c := s.catalog(); c != nil {
		l.Major = c.ServerVersion / 10000
	}
	return l
}

func (s *session) policyDigest() string {
	if s.policy == nil {
		return ""
	}
	return hex.EncodeToString(s.policy.Digest[:])
}
