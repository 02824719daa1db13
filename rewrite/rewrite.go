package rewrite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cordon/catalog"
	"cordon/parse"
	"cordon/policy"

	pg "github.com/pganalyze/pg_query_go/v5"
)

const (
	maxQueries   = 1000 // query levels in one statement, views expanded
	maxViews     = 200  // expanded views in one statement
	maxViewDepth = 32   // views over views
)

// A rewriter is one rewrite under way.
type rewriter struct {
	in          Input
	cat         *catalog.Snapshot
	plan        *Plan
	err         *Refusal // the first one
	raw         bool     // an expression of the policy: tables as they are
	watch       bool     // tell what rules with mode: observe would do
	observed    bool     // one of them fits
	mayInto     bool
	decided     map[*catalog.Relation]*policy.Decision
	reads       map[*catalog.Relation]bool
	restricted  map[catalog.OID]bool // denied, filtered or masked
	accesses    []*access
	asked       []*access // those whose filter a condition may ask in their place
	joined      []*access // those whose filter a join may say
	qualified   []qualification
	late        []func() // checks that need the whole statement seen
	defining    []string // recursive CTEs under way
	via         string
	depth       int
	views       int
	viewDepth   int
	seen        map[catalog.OID]bool // types of the values that the statement works with; nil where nothing depends on them
	made        map[catalog.OID]bool // and of what they consist of
	assigned    map[catalog.OID]bool // types of the columns that it writes, and of their parts
	seesUnknown bool                 // and the type of one is not known
	json        bool                 // values are made JSON of
	collation   string               // that is not the default and is among what has been seen so far; see collates
	mixed       bool                 // there are several
	odd         bool                 // and perhaps one that some operators fail under
	// fenceEverything: something could not be followed, so every filter comes first.
	fenceEverything bool
	recursive       map[*pg.SelectStmt]bool // the recursive terms of WITH RECURSIVE
	level           *level                  // the query under way
	levels          []*level                // all of them
	packedMark      string                  // of the check that counts packed rows; "" where nothing does
	copiedMark      string                  // of the one that counts copied bytes
	exportedAt      []*level                // where each of plan.Exports is read
	powerless       bool                    // the person lacks a power that the statement asks for
	lookup          *lookup                 // the statement, where it may be one
	flat            *catalog.Relation       // the table of the look-up that the statement is
}

func (r *rewriter) init() {
	r.decided = make(map[*catalog.Relation]*policy.Decision)
	r.reads = make(map[*catalog.Relation]bool)
	r.restricted = make(map[catalog.OID]bool)
	r.recursive = make(map[*pg.SelectStmt]bool)
}

// Rewrite makes the plan of one statement. The error is a *Refusal.
func Rewrite(in Input) (*Plan, error) {
	plan, observed, err := rewrite(in, false)
	if !observed {
		return plan, err
	}
	// A rule with mode: observe fits. What it would do is written down; what happens is what happens without it.
	if err != nil {
		return nil, err
	}
	would, _, refusal := rewrite(in, true)
	if refusal != nil {
		plan.Observed = "refuse: " + refusal.Error()
	} else if would.Changed {
		plan.Observed = would.SQL
		for _, secret := range would.Secrets {
			plan.Observed = strings.ReplaceAll(plan.Observed, secret, "'…'")
		}
	}
	return plan, nil
}

func rewrite(in Input, watch bool) (plan *Plan, observed bool, err error) {
	r := &rewriter{in: in, cat: in.Catalog, watch: watch, plan: &Plan{Kind: in.Statement.Kind}}
	defer func() {
		if v := recover(); v != nil { // a defect costs one statement, not every session of the program
			plan, observed = nil, false
			if r.err != nil { // refused already; what was met on the way here does not matter
				err = r.err
				return
			}
			err = &Refusal{Code: "XX000", Message: "Cordon failed to rewrite this statement, so it was not run. This is a defect of Cordon; please report it with the statement.",
				Detail: fmt.Sprint(v), Position: -1}
		}
	}()
	r.init()
	q := &query{rewriter: r, p: newPiece(in.Statement), path: in.SearchPath}
	q.p.client = true
	if !slices.Contains(q.path, "pg_catalog") {
		q.path = append([]string{"pg_catalog"}, q.path...)
	}
	q.trusted = in.Grant.RawTables() // nothing is hidden from this person, so no function can show it
	q.statement()
	q.checkMeetings()
	for _, check := range r.late {
		check()
	}
	q.flatten()
	if r.err != nil && q.trusted && !watch && !r.powerless {
		// Nothing is hidden from this person: what Cordon cannot make out, the server decides.
		return &Plan{Kind: in.Statement.Kind, SQL: in.Statement.Text()}, r.observed, nil
	}
	if r.err != nil {
		return nil, r.observed, r.err
	}
	r.finish(q.p)
	if r.err != nil {
		return nil, r.observed, r.err
	}
	if !slices.ContainsFunc(r.plan.Relations, func(t Touched) bool { return t.Filtered }) { // nothing can fail beside a row that is hidden
		r.plan.Assumed = slices.DeleteFunc(r.plan.Assumed, func(p Parameter) bool { return p.Type == 0 })
	}
	return r.plan, r.observed, nil
}

// finish prints the plan's SQL.
func (r *rewriter) finish(p *piece) {
	text := r.in.Statement.Text()
	if len(p.edits) == 0 {
		r.plan.SQL = text
	} else {
		for _, n := range r.qualified {
			if n.p == p {
				p.replace(n.from, n.to, literal(n.name))
			}
		}
		var b strings.Builder
		b.Grow(len(text) + 1024)
		r.plan.Edits = p.print(&b)
		r.plan.SQL = b.String()
		r.plan.Changed = r.plan.SQL != text
		r.verify()
	}
	for k := range r.plan.Relations {
		t := &r.plan.Relations[k]
		// Where exports are limited, an error that quotes a value gives it past the limit.
		r.plan.Scrub = r.plan.Scrub || t.Decision != nil && (t.Decision.Rows != nil || len(t.Decision.Masks) > 0 || t.Decision.Export != nil)
	}
	r.plan.Raised = r.in.Grant.May(policy.MayRaised)
	r.plan.Scrub = r.plan.Scrub || len(r.plan.RowChecks) > 0 // a check answers as PostgreSQL does, without DETAIL
	r.exports()
}

// exports takes the strictest of the limits on the tables read.
func (r *rewriter) exports() {
	if r.plan.Consumes > 0 {
		r.plan.AtMost = 0 // one row may hold many
	}
	r.weigh()
	r.copies()
	for _, d := range r.plan.Exports {
		e := d.Export
		if r.plan.Export == nil {
			c := *e
			r.plan.Export, r.plan.ExportRule = &c, d.Rule
			continue
		}
		least := func(a *int64, b int64) {
			if b > 0 && (*a == 0 || b < *a) {
				*a = b
				r.plan.ExportRule = d.Rule
			}
		}
		least(&r.plan.Export.Rows, e.Rows)
		least(&r.plan.Export.Bytes, e.Bytes)
		if e.Over == policy.OverBlock {
			r.plan.Export.Over = policy.OverBlock
		}
		if len(r.plan.Export.Windows) == 0 {
			r.plan.Export.Windows = e.Windows
		}
	}
}

func newPiece(st *parse.Statement) *piece {
	return &piece{src: st.Source, start: st.Start, end: st.End, toks: tokens{st.Source, st.Tokens}}
}

func (r *rewriter) person() string { return "this person" }

// refuse notes why the statement is not let through; the first reason counts. loc is a byte offset, -1 for none.
func (r *rewriter) refuse(loc int, code, format string, args ...any) {
	if r.err == nil {
		r.err = &Refusal{Code: code, Message: fmt.Sprintf(format, args...), Position: loc}
	}
}

func (r *rewriter) refuseHint(loc int, code, message, hint string) {
	if r.err == nil {
		r.err = &Refusal{Code: code, Message: message, Hint: hint, Position: loc}
	}
}

// refuseDetail refuses in the words of an error of PostgreSQL's.
func (r *rewriter) refuseDetail(loc int, code, message, detail, hint string) {
	if r.err == nil {
		r.err = &Refusal{Code: code, Message: message, Detail: detail, Hint: hint, Position: loc}
	}
}

// stale refuses a name that the snapshot does not have: a newer snapshot may have it.
func (r *rewriter) stale(loc int, code, message string) {
	if r.err == nil {
		r.err = &Refusal{Code: code, Message: message, Position: loc, Stale: true}
	}
}

// denied refuses by a rule.
func (r *rewriter) denied(d *policy.Decision, rel *catalog.Relation, loc int, reason string) {
	if r.err != nil {
		return
	}
	e := &Refusal{Code: "42501", Position: loc, Rule: d.Rule, Relation: rel, Detail: upperFirst(reason) + "."}
	if d.Rule == systemRule {
		e.Message = "permission denied for " + rel.Schema + "." + rel.Name + ": " + reason
		e.Detail = ""
		e.Hint = "People who do not have every table as it is cannot read it through Cordon."
	} else if d.Rule != nil {
		e.Message = "permission denied for table " + rel.Schema + "." + rel.Name + " by rule \"" + d.Rule.Name + "\""
		e.Hint = d.Rule.Position()
	} else {
		e.Message = "permission denied for table " + rel.Schema + "." + rel.Name
		e.Hint = "An administrator can write a rule for the table in Cordon's policy."
	}
	r.err = e
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".")
}

// fixed notes a constant whose text the plan depends on.
func (q *query) fixed(loc int) {
	if q.p.client && loc >= 0 {
		q.plan.Fixed = append(q.plan.Fixed, loc)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func typeString(v any) string { return fmt.Sprintf("%T", v) }
