package proxy

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"cordon/audit"
	"cordon/rewrite"
	"cordon/wire"
)

// errorResponse deals with an ErrorResponse.
func (s *session) errorResponse(frame, body []byte) error {
	report, err := wire.DecodeReport(s.up.report[:0], body)
	if err != nil {
		return err
	}
	s.up.report = report
	s.up.copyIn = false
	s.dropHeld()
	p := &s.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	front := p.front(wire.TypeErrorResponse)
	if report.Fatal() {
		s.up.fatal = true
	}
	if front == nil || report.Fatal() {
		if front != nil && front.run != nil {
			s.ended(front.run, audit.Failed, front.run.rows, string(report.Get(wire.FieldCode)))
		}
		s.forwardReport(wire.TypeErrorResponse, report, front, frame)
		return nil
	}
	e := *front
	p.copying = false
	s.speaker.settings.Fail()
	if e.run != nil && e.run.step.change.verb == verbCommit {
		s.speaker.settings.Rollback(false) // a COMMIT that fails, as by a deferred constraint, has ended the transaction
	}
	switch {
	case e.ask != nil:
		e.ask.err = &wire.Error{Code: string(report.Get(wire.FieldCode)), Message: string(report.Get(wire.FieldMessage))}
		if e.ask.within { // as by the client's own statement_timeout; else the client's statement would be gone without a word
			s.toClient.Append(256, e.ask.err.AppendTo)
		}
		for i := range p.n {
			if run := p.at(i).run; run != nil && run.packing != nil && &run.packing.asked == e.ask && run.packing.frame != nil {
				s.uncounted(run)
			}
		}
	case e.refusal != nil && string(report.Get(wire.FieldCode)) != codeFailedTransaction:
		s.toClient.Append(256, e.refusal.AppendTo)
	case e.swallow, e.swallowRest:
	case e.kind == replySync && s.up.stopped && string(report.Get(wire.FieldCode)) == codeCanceled:
		// The request to cancel a stopped execution has come too late, and hit the Sync behind it.
	case e.run != nil && e.run.stop == nil && e.run.leaving.Load() != nil && string(report.Get(wire.FieldCode)) == codeCanceled:
		s.toClient.Append(256, e.run.leaving.Load().AppendTo)
	case e.run != nil && e.run.stop != nil:
		s.toClient.Append(256, e.run.stop.AppendTo)
	default:
		s.forwardReport(wire.TypeErrorResponse, report, &e, frame)
		if e.run == nil {
			s.watchFailed(e.person)
		}
	}
	if run := e.run; run != nil {
		code := string(report.Get(wire.FieldCode))
		switch {
		case run.stop != nil:
			s.ended(run, audit.Stopped, run.rows, run.stop.Code)
		case code == codeCanceled:
			s.ended(run, audit.Cancelled, run.rows, code)
		default:
			s.ended(run, audit.Failed, run.rows, code)
		}
		run.object.settle(dead)
	}
	switch e.kind {
	case replyParse, replyBind, replyDescribeStatement, replyDescribePortal, replyExecute, replyClose:
		p.failure, p.failedWith = nil, string(report.Get(wire.FieldCode))
		if e.run == nil && e.ask == nil && e.refusal == nil {
			if p.failure = e.planned; e.object != nil {
				p.failure = e.object.planned
			}
		}
		p.fail(s.dropped)
	case replyQuery:
		// The rest of the string is skipped; ReadyForQuery ends it.
		if e.run != nil && !e.run.step.open {
			p.advance(front)
		}
	case replySync, replyFunctionCall, replyCopyEnd:
	}
	return nil
}

// notice deals with a NoticeResponse.
func (s *session) notice(frame, body []byte) error {
	p := &s.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	front := p.front(wire.TypeNoticeResponse)
	if front != nil && (front.swallow || front.swallowRest || front.run != nil && front.run.stop != nil) {
		return nil // about a statement of Cordon's own, or one whose result is not shown
	}
	if bytes.Contains(body, []byte("\x00C57P0")) {
		s.up.fatal = true // an immediate shutdown, or another session's crash: the server warns of it, and then closes
	}
	st, scrub := front.about()
	if !st.differs() && !scrub {
		s.toClient.Forward(frame)
		return nil
	}
	report, err := wire.DecodeReport(s.up.report[:0], body)
	if err != nil {
		return err
	}
	s.up.report = report
	s.forwardReport(wire.TypeNoticeResponse, report, front, frame)
	return nil
}

// dropped is told of a message that the server will not answer, because an earlier one of its pipeline failed or because the session is over. pending.mu is held.
func (s *session) dropped(e *expected) {
	e.object.settle(dead)
	for run := e.run; run != nil; run = run.next {
		run.object.settle(dead)
		end := audit.Skipped
		if s.pending.broken.Load() {
			end = audit.UpstreamGone
			if s.clientLeft() {
				end = audit.ClientGone
			}
		}
		if run.record.Needs() > s.released.Load() {
			end = audit.NotSent
		}
		if end == audit.Skipped && s.pending.failure != nil && run.planned == s.pending.failure {
			// Its own Parse, Bind or Describe has failed: a parameter that is no number, a constant that divides by zero.
			s.pending.failure = nil
			s.ended(run, audit.Failed, run.rows, s.pending.failedWith)
			continue
		}
		s.ended(run, end, run.rows, "")
	}
	if e.ask != nil {
		if e.ask.err == nil {
			e.ask.err = &wire.Error{Code: codeSkipped, Message: "an earlier statement of the pipeline failed"}
		}
		s.answered(e.ask)
	}
}

// forwardReport gives the client an error or notice of a statement, so that it reads as if it came of the client's own text, and holds nothing that the client may not see.
func (s *session) forwardReport(typ byte, report wire.Report, e *expected, frame []byte) {
	st, scrub := e.about()
	if !st.differs() && !scrub {
		s.toClient.Forward(frame)
		return
	}
	message := report.Get(wire.FieldMessage)
	if plan := e.shape(); typ == wire.TypeErrorResponse && plan != nil {
		for i := range plan.RowChecks {
			if check := &plan.RowChecks[i]; bytes.Contains(message, []byte(check.Mark)) {
				words := refusal{&check.Refusal}.wire("")
				s.askFor(e.run, check.Refusal.Rule, words)
				s.toClient.Append(256, words.AppendTo)
				return
			}
		}
	}
	out := s.up.scrubbed[:0]
	code, shown := report.Get(wire.FieldCode), false
	unwritten := scrub && s.unwritten(st, report)
	raised := scrub && raisedByFunction(report)
	if plan := e.shape(); raised && plan != nil && plan.Raised && raisedByRoutine(report) {
		raised, shown = false, true
	}
	if typ == wire.TypeNoticeResponse && scrub && !shown && (raised || !ordinaryNotice(report)) {
		return
	}
	for _, f := range report {
		switch f.Type {
		case wire.FieldPosition:
			if st.differs() {
				n, ok := st.mapPosition(f.Value)
				if !ok {
					continue
				}
				f.Value = n
			}
		case wire.FieldMessage:
			if raised {
				f.Value = []byte(raisedMessage)
			} else if unwritten {
				f.Value = scrubName(f.Value)
			} else if scrub && !shown && !st.wroteLiteral(report) {
				f.Value = scrubMessage(code, f.Value)
			}
		case wire.FieldInternalQuery, wire.FieldInternalPosition, wire.FieldWhere:
			if scrub {
				continue
			}
		case wire.FieldDetail, wire.FieldHint:
			if scrub && !shown && (raised || unwritten || carriesValues(code)) {
				continue
			}
		case wire.FieldSchema, wire.FieldTable, wire.FieldColumn, wire.FieldDataType, wire.FieldConstraint:
			if raised {
				continue // RAISE … USING CONSTRAINT = any text
			}
		}
		out = append(out, f)
	}
	s.up.scrubbed = out
	s.toClient.Took(out.AppendTo(s.toClient.Tail(len(frame)+16), typ))
}

// carriesValues says that errors of this class can hold values of rows in their detail, context or internal query. Only what PostgreSQL says of a text alone cannot: class 42, and a few that speak of the session.
func carriesValues(code []byte) bool {
	if len(code) < 2 {
		return true
	}
	switch string(code[:2]) {
	case "42": // syntax error or access rule violation
		return len(code) == 5 && string(code) == "42P17" // invalid object definition
	case "00", "01", "08", "25", "26", "28", "2D", "34", "3B", "3D", "3F", "40", "53", "54", "57", "58":
		return string(code[:2]) == "01"
	}
	return true
}

// unwritten says that an error about a name quotes one that does not stand in the statement: a value of a row that was taken for a name while the statement ran, by a cast to regclass, say. What is found in reading the statement has a position in it.
func (s *session) unwritten(st *step, report wire.Report) bool {
	switch code := report.Get(wire.FieldCode); {
	case len(code) != 5 || string(code[:2]) != "42" && string(code[:2]) != "3D" && string(code[:2]) != "3F":
		return false
	case string(code) == "428C9": // a generated column, which INSERT need not name
		return false
	case report.Get(wire.FieldPosition) != nil && report.Get(wire.FieldInternalQuery) == nil:
		return false
	}
	text := ""
	if st != nil {
		text = strings.ToLower(st.source)
	}
	message, ok := s.decode(string(report.Get(wire.FieldMessage)))
	if !ok {
		return true
	}
	i := strings.IndexAny(message, quotes)
	if i < 0 { // operator does not exist: …
		_, name, _ := strings.Cut(message, ": ")
		return !strings.Contains(text, strings.ToLower(name)) && !ofTypes.MatchString(name)
	}
	rest, ok := strings.CutPrefix(message[i:], `"`)
	for ok {
		// A name may hold quotes, and what stands between two of them look like PostgreSQL's words: only such words are taken for those.
		name, after, closed := strings.Cut(rest, `"`)
		if !closed || !strings.Contains(text, strings.ToLower(name)) {
			return true
		}
		next := strings.IndexAny(after, quotes)
		if next < 0 {
			return false
		}
		switch after[:next] {
		case " of relation ", " of table ", " for relation ", " for table ", " on table ", " in schema ", " is of type ", " to ", " and ", " will be truncated to ":
		default:
			return true
		}
		rest, ok = strings.CutPrefix(after[next:], `"`)
	}
	return true
}

// ofTypes is an operator between PostgreSQL's own types, as USING and NATURAL have them compared: integer = uuid.
var ofTypes = func() *regexp.Regexp {
	one := `(smallint|integer|bigint|numeric|real|double precision|money|boolean|text|name|"char"|character( varying)?|bytea|date|(time|timestamp) with(out)? time zone|interval|uuid|oid|json|jsonb|jsonpath|xml|inet|cidr|macaddr8?|bit( varying)?|tsvector|tsquery|point|box|circle|path|polygon|lseg|line|record)(\[\])?`
	return regexp.MustCompile(`^` + one + ` [-+*/<>=~!@#%^&|]+ ` + one + `$`)
}()

// scrubName takes such a name, and all that stands behind it, out of a message.
func scrubName(message []byte) []byte {
	i := bytes.IndexAny(message, quotes)
	if i < 0 {
		if i = bytes.Index(message, []byte(": ")); i < 0 {
			return message
		}
		i += 2
	}
	return append(append([]byte(nil), message[:i]...), `"…"`...)
}

// scrubMessage takes out of a message what may be a value of a row: everything in double quotes or behind a colon in the classes of data errors. PostgreSQL puts the offending value in
// double quotes and at the end: invalid input syntax for type integer: "138…".
func scrubMessage(code, message []byte) []byte {
	if !carriesValues(code) {
		return message
	}
	switch {
	case len(code) >= 2 && (string(code[:2]) == "23" || string(code[:2]) == "44"):
		return message // names a constraint, relation or column, never a value
	}
	i := bytes.IndexAny(message, quotes)
	if i < 0 {
		return message
	}
	out := append([]byte(nil), message[:i]...)
	out = append(out, `"…"`...)
	// what stands behind the last quote is PostgreSQL's own wording only when the value itself holds no quote: nobody can tell, so it goes
	return out
}

// quotes are what PostgreSQL's translations put around a value (lc_messages is the server's).
const quotes = "\"«»„“”‟‹›「」『』＂‘’‚‛"

// raisedMessage stands for what a function or trigger of the database says of a protected table.
const raisedMessage = "a function or trigger of the database ended the statement with an error of its own, which is not shown because it may hold values that are hidden"

// raisedByFunction says that the words of a report are a program's in the database, and not PostgreSQL's own: they can hold any value, under any SQLSTATE. The routine that reports is PostgreSQL's to tell, and not the program's.
func raisedByFunction(report wire.Report) bool {
	file, routine := string(report.Get(wire.FieldFile)), string(report.Get(wire.FieldRoutine))
	switch file {
	case "pl_exec.c":
		return routine == "exec_stmt_raise" || routine == "exec_stmt_assert"
	case "plpy_elog.c", "plpy_plpymodule.c", "plperl.c", "pltcl.c":
		return true
	}
	if strings.HasSuffix(file, ".l") || strings.HasSuffix(file, ".y") { // a grammar's words about a text: the client's own, or one that a program has put together
		return report.Get(wire.FieldPosition) == nil || report.Get(wire.FieldInternalQuery) != nil
	}
	// An extension in another language than C, or nobody knows who.
	return !strings.HasSuffix(file, ".c")
}

// raisedByRoutine says that they are the words of RAISE, ASSERT or their like in a procedural language, as whoever wrote the routine chose them.
func raisedByRoutine(report wire.Report) bool {
	switch string(report.Get(wire.FieldFile)) {
	case "pl_exec.c", "plpy_elog.c", "plpy_plpymodule.c", "plperl.c", "pltcl.c":
		return true
	}
	return false
}

// ordinaryNotice says that a notice is one that PostgreSQL gives anyone about a statement. What client_min_messages brings besides are the server's inner doings: plans, queries, files.
func ordinaryNotice(report wire.Report) bool {
	severity := report.Get(wire.FieldSeverityRaw)
	if severity == nil {
		severity = report.Get(wire.FieldSeverity)
	}
	switch string(severity) {
	case "NOTICE", "WARNING":
		return true
	}
	return false
}

// wroteLiteral says that the message is about a literal that stands in the client's own text at the report's position, and quotes nothing else. Such
// an error comes of reading the statement, before any row; and if it did not, the value would be one that the client wrote.
func (st *step) wroteLiteral(report wire.Report) bool {
	at := report.Get(wire.FieldPosition)
	if st == nil || at == nil || report.Get(wire.FieldInternalQuery) != nil {
		return false
	}
	if st.differs() {
		var ok bool
		if at, ok = st.mapPosition(at); !ok {
			return false
		}
	}
	n, err := strconv.Atoi(string(at))
	if err != nil || n < 1 {
		return false
	}
	text, ok := strings.CutPrefix(st.source[byteOffset(st.source, n-1):], "'")
	if !ok {
		return false
	}
	value, _, ok := strings.Cut(text, "'")
	if !ok || strings.ContainsAny(value, `\"`) {
		return false
	}
	message, ok := bytes.CutSuffix(report.Get(wire.FieldMessage), []byte(`"`+value+`"`))
	return ok && bytes.IndexAny(message, quotes) < 0
}

// mapPosition turns a position in the text that the server got, in characters from 1, into one in the client's text.
func (st *step) mapPosition(value []byte) ([]byte, bool) {
	n, err := strconv.Atoi(string(value))
	if err != nil || n < 1 {
		return nil, false
	}
	at := byteOffset(st.sent, n-1) - st.begin
	if at < 0 {
		return nil, false
	}
	shift := st.start
	for _, e := range st.positions() {
		if at < e.To {
			break
		}
		if at < e.To+e.ToLen {
			return st.clientPosition(e.From) // inside what Cordon put there
		}
		shift = (e.From + e.FromLen) - (e.To + e.ToLen)
	}
	return st.clientPosition(at + shift)
}

func (st *step) clientPosition(at int) ([]byte, bool) {
	if at < 0 || at > len(st.source) {
		return nil, false
	}
	return strconv.AppendInt(nil, int64(utf8.RuneCountInString(st.source[:at])+1), 10), true
}

// byteOffset is the offset of the n-th character from 0.
func byteOffset(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}

// differs says that positions in what the server got are not positions in the client's text.
func (st *step) differs() bool {
	return st != nil && st.plan != nil && (st.plan.Changed || st.begin != st.start)
}

// about is the statement that a report on this message is about, and whether the report can carry values that the client may not see.
func (e *expected) about() (st *step, scrub bool) {
	if e == nil {
		return nil, false
	}
	plan := e.shape()
	scrub = e.scrub || plan != nil && plan.Scrub
	switch {
	case e.run != nil:
		st = e.run.step
	case e.planned != nil && len(e.planned.steps) > 0:
		st = &e.planned.steps[0]
	}
	if st != nil && st.plan != nil && st.plan.Scrub {
		scrub = true
	}
	return st, scrub
}

// shape is the plan by which rows and reports of this message are dealt with: for EXECUTE and FETCH that of the statement behind the name. nil when there is none.
func (e *expected) shape() *rewrite.Plan {
	var st *step
	switch {
	case e == nil:
	case e.run != nil:
		st = e.run.shape
	case e.planned != nil && len(e.planned.steps) > 0:
		st = &e.planned.steps[0]
	}
	if st == nil {
		return nil
	}
	return st.plan
}
