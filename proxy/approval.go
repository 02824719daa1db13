package proxy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cordon/audit"
	"cordon/catalog"
	"cordon/guard"
	"cordon/parse"
	"cordon/policy"
	"cordon/rewrite"
	"cordon/wire"
)

// asking is what is known of an execution that may be asked for: by `over: ask` in a rule.
type asking struct {
	person    string
	login     string
	statement string // as the audit log has it, with its parameters
	tables    string // and views that it names, with their schemas
	exact     string // hash of the statement with its parameters; "" when these are too long to be known
	shape     string // hash of its form
}

// key is what an approval by the rule is bound to.
func (a *asking) key(rule *policy.Rule) (bind, key string) {
	if rule.Export.Approval.Shape {
		return "shape", a.shape
	}
	return "statement", a.exact
}

// meteredPerson is whom exports are counted for.
func (s *session) meteredPerson() string {
	if s.person == "" {
		return s.login
	}
	return s.person
}

// newAsking describes a run, of which the intent has just been recorded.
func (s *session) newAsking(run *execution) *asking {
	a := &asking{person: s.meteredPerson(), login: s.login}
	h := sha256.New()
	part := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	part([]byte(s.database))
	part([]byte(run.shape.text))
	meaning := ""
	if n := run.shape.meantBy; n != nil {
		a.tables, meaning = n.tables, n.meaning
	}
	part([]byte(meaning))
	params := s.params
	if run.cursor != nil { // FETCH has none: its rows depend on those that came with DECLARE, or that the portal is bound to
		params = s.values.decode(run.cursor.values, run.shape.secret)
	}
	whole := !s.values.cut && (run.step.target.verb != targetExecute || !run.step.hidden)
	var b strings.Builder
	b.WriteString(run.shape.logged)
	for i := range params {
		p := &params[i]
		whole = whole && (p.Value == nil || p.Length <= len(p.Value))
		part(strconv.AppendBool(nil, p.Binary))
		part(strconv.AppendBool(nil, p.Value == nil))
		part(p.Value)
		if b.Len() <= 8<<10 { // what is longer is cut, and says so
			b.WriteString("\n$" + strconv.Itoa(i+1) + " = " + shownParam(p))
		}
	}
	a.statement = b.String()
	if whole {
		a.exact = hex.EncodeToString(h.Sum(nil))
	}
	form := sha256.Sum256([]byte(s.database + "\x00" + meaning + "\x00" + parse.Form(run.shape.text)))
	if len(run.shape.text) < 64<<10 { // a longer one has the form of its beginning
		a.shape = hex.EncodeToString(form[:])
	}
	return a
}

// meantBy is what the names in a statement that may be asked for stand for: the same text reads other tables under another search path, or when a view has been replaced.
type meantBy struct {
	tables  string // and views that stand in the text, with their schemas
	meaning string // a hash of these and of what the views are
}

// meantIn finds it; nil for a statement that nobody can be asked about.
func meantIn(plan *rewrite.Plan) *meantBy {
	if !slices.ContainsFunc(plan.Exports, func(d *policy.Decision) bool { return d.Export.Over == policy.OverAsk }) {
		return nil
	}
	var tables, views []string
	for i := range plan.Relations {
		t := &plan.Relations[i]
		if t.Relation == nil {
			continue
		}
		schema := t.Relation.Schema
		if t.Relation.Persistence == 't' {
			schema = "pg_temp" // its number is the session's
		}
		name := catalog.QuoteIdent(schema) + "." + catalog.QuoteIdent(t.Relation.Name)
		if t.Via == "" {
			tables = append(tables, name)
		}
		if t.Relation.Kind == catalog.View {
			views = append(views, name+"\x00"+t.Relation.Definition)
		}
	}
	slices.Sort(tables)
	slices.Sort(views)
	n := &meantBy{tables: strings.Join(slices.Compact(tables), ", ")}
	meaning := sha256.Sum256([]byte(n.tables + "\x00" + strings.Join(slices.Compact(views), "\x00")))
	n.meaning = string(meaning[:])
	return n
}

// shownParam is a parameter as those who approve see it.
func shownParam(p *audit.Param) string {
	switch {
	case p.Secret:
		return "(secret)"
	case p.Value == nil:
		return "NULL"
	case p.Binary || !utf8.Valid(p.Value):
		shown := p.Value[:min(len(p.Value), 100)]
		return `'\x` + hex.EncodeToString(shown) + "'" + bytesMore(p, len(shown))
	default:
		v := []rune(string(p.Value))
		shown := string(v[:min(len(v), 200)])
		return strconv.Quote(shown) + bytesMore(p, len(shown))
	}
}

// bytesMore says that a parameter is longer than what is shown of it.
func bytesMore(p *audit.Param, shown int) string {
	if n := max(p.Length, len(p.Value)) - shown; n > 0 {
		return " … and " + strconv.Itoa(n) + " bytes more"
	}
	return ""
}

// approvedExport is the limit that a decision sets for a run: the rule's own, or what has been approved for exactly this. An approved export streams, since nobody could hold it, and stops at what was approved; windows do not count it.
func (s *session) approvedExport(run *execution, person string, d *policy.Decision) *policy.Export {
	e := d.Export
	if e.Over != policy.OverAsk || e.Approval == nil || s.server.Requests == nil || run.step.kind == parse.Explain {
		return e
	}
	if run.portal.asking == nil {
		run.portal.asking = s.newAsking(run)
		run.portal.approvals = map[string]*guard.Approved{}
	}
	a, looked := run.portal.approvals[d.Rule.Name]
	if !looked {
		a = s.useApproval(run, person, d.Rule)
		run.portal.approvals[d.Rule.Name] = a
	}
	if a == nil {
		return e
	}
	if run.portal.approved == nil || a.Rows < run.portal.approved.Rows {
		run.portal.approved = a
	}
	if len(e.Approval.Watermark) > 0 && run.portal.marking == nil {
		run.portal.marking = s.newMarking(run, d.Rule, a)
	}
	return &policy.Export{Rows: a.Rows, Count: e.Count, Over: policy.OverCut}
}

// useApproval takes an approval by a rule for a run, and records that; nil when there is none.
func (s *session) useApproval(run *execution, person string, rule *policy.Rule) *guard.Approved {
	_, key := run.portal.asking.key(rule)
	if key == "" {
		return nil
	}
	if len(rule.Export.Approval.Watermark) > 0 {
		if known, err := s.reread(true); !known || err != nil { // the encoding that marks are written in
			return nil
		}
		if s.unmarkable(run, rule) != "" {
			return nil
		}
	}
	if s.server.Requests.Claim != nil {
		s.aside()
	}
	a, err := s.server.Requests.Use(s.policy, time.Now(), person, rule.Name, key)
	if err != nil {
		s.server.log.LogAttrs(noContext, slogWarn, "approvals cannot be read", slogErr(err))
		return nil
	}
	if a == nil || s.event(audit.ExportRun, map[string]any{"id": a.ID, "rule": rule.Name, "rows": a.Rows, "number": s.number, "use": a.Use, "watermark": len(rule.Export.Approval.Watermark) > 0}) != nil {
		return nil
	}
	return a
}

// askFor files a request for a run that a limit of the rule has stopped, and tells the client how it goes on.
func (s *session) askFor(run *execution, rule *policy.Rule, words *wire.Error) {
	if words.Code != guard.CodeExportLimit || rule == nil || rule.Export == nil || rule.Export.Approval == nil || run == nil || run.portal == nil || run.portal.asking == nil || run.portal.approved != nil || s.server.Requests == nil {
		return
	}
	a := run.portal.asking
	if why := s.unmarkable(run, rule); why != "" {
		words.Hint = why
		return
	}
	bind, key := a.key(rule)
	others := slices.DeleteFunc(slices.Clone(rule.Export.Approval.By), func(who string) bool { return who == a.person }) // nobody answers for themselves
	by, approve := strings.Join(others, " or "), " approves it (cordon exports approve "
	if rule.Export.Approval.Needs > 1 {
		by, approve = strconv.Itoa(rule.Export.Approval.Needs)+" of "+strings.Join(others, ", "), " approve it (cordon exports approve "
	}
	if key == "" {
		words.Hint = "Its parameters are too long to ask for approval. " + words.Hint
		return
	}
	id, fresh, err := s.server.Requests.File(s.server.policy.Load(), guard.ExportEntry{At: time.Now().UTC(), Person: a.person, Login: a.login, Rule: rule.Name, Statement: a.statement, Tables: a.tables, Bind: bind, Key: key, Why: words.Message})
	if err != nil {
		s.server.log.LogAttrs(noContext, slogWarn, "export request not filed", slogErr(err))
		words.Hint = "No request for approval could be filed; ask " + by + "."
		return
	}
	if fresh {
		s.server.Audit.Event(audit.Event{Kind: audit.ExportRequest, Session: s.record, Person: a.person, Data: map[string]any{"id": id, "rule": rule.Name, "bind": bind, "key": key, "why": words.Message}})
	}
	words.Hint = "Request " + id + " has been filed: when " + by + approve + id + "), send the same statement again."
	if bind == "shape" {
		words.Hint = strings.TrimSuffix(words.Hint, "the same statement again.") + "a statement of the same form again."
	}
}
