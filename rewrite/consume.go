package rewrite

import (
	"fmt"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/policy"
)

// Where a rule's export limit counts consumed rows, string_agg over a thousand customers is a thousand rows, not one. What packs rows into a value is made to count them on the server, in a setting of the transaction, and to fail when there
// are more than the rule allows: an aggregate by its FILTER, ARRAY(SELECT …) around its query, a recursive query (which can string values together from row to row) by the condition of its recursive term, and a call that keeps a value in the session by
// that value. The proxy reads the setting when
// the statement has ended, and charges the windows.

// ConsumedSetting holds how many rows the statement has packed. It is the empty string between statements. Settings of Cordon's own begin with it.
const ConsumedSetting = "cordon.consumed"

// CopiedSetting holds how many bytes the statement has put where nobody counts what is read: into other tables, and into the session.
const CopiedSetting = "cordon.consumed_bytes"

// valueSetting holds the value that is on its way into a setting.
const valueSetting = "cordon.consumed_value"

// singular are the aggregates that do not carry the values of many rows: they count, add up, or give one row's value. Any other does.
var singular = map[string]bool{
	"count": true, "sum": true, "avg": true, "bool_and": true, "bool_or": true, "every": true, "stddev": true, "stddev_pop": true, "stddev_samp": true, "variance": true, "var_pop": true, "var_samp": true,
	"corr": true, "covar_pop": true, "covar_samp": true, "regr_avgx": true, "regr_avgy": true, "regr_count": true, "regr_intercept": true, "regr_r2": true, "regr_slope": true, "regr_sxx": true, "regr_sxy": true, "regr_syy": true,
	"percentile_cont": true, "rank": true, "dense_rank": true, "percent_rank": true, "cume_dist": true,
	"min": true, "max": true, "mode": true, "any_value": true, "percentile_disc": true,
}

// manyFractions says that a percentile is asked for a list of fractions, or for what may be one: it gives a value for each.
func (q *query) manyFractions(name string, n *pg.FuncCall, types []catalog.OID) bool {
	if name != "percentile_disc" && name != "percentile_cont" || len(n.Args) == 0 {
		return false
	}
	if n.Args[0].GetAConst() != nil {
		return false // to PostgreSQL a bare string is one fraction too
	}
	if len(types) == 0 {
		return true
	}
	ty := q.cat.Type(q.cat.BaseType(types[0]))
	return ty == nil || ty.Category != 'N'
}

// picks are the functions that put the value of another row into a result row, one each.
var picks = map[string]bool{
	"min": true, "max": true, "mode": true, "any_value": true, "percentile_disc": true, "lag": true, "lead": true, "first_value": true, "last_value": true, "nth_value": true,
}

// consumed is the least number of rows that a limit counting consumed rows allows one statement, and the rule that says so; 0 when none counts them.
func (r *rewriter) consumed() (most int64, rule *policy.Rule) {
	least := func(n int64, by *policy.Rule) {
		if n > 0 && (most == 0 || n < most) {
			most, rule = n, by
		}
	}
	for _, d := range r.plan.Exports {
		if e := d.Export; e.Count == policy.CountConsumed {
			least(e.Rows, d.Rule)
			least(e.Subjects, d.Rule)
			for _, w := range e.Windows {
				least(w.Rows, d.Rule)
				least(w.Subjects, d.Rule)
			}
		}
	}
	return most, rule
}

// tick writes a condition that is true, and counts one row; above the limit it fails.
func (r *rewriter) tick(b *strings.Builder) {
	most, rule := r.consumed()
	if r.packedMark == "" {
		why := Refusal{Code: "5C001", Position: -1, Rule: rule, Message: fmt.Sprintf("export limit of rule %q exceeded: more than %d rows packed into the values of one statement", rule.Name, most),
			Detail: fmt.Sprintf("The limit is %d rows, and rows that an aggregate or an array packs into one value count. No row of it was sent.", most),
			Hint:   "Narrow the statement. To export more, ask whoever keeps the policy (" + rule.Position() + ")."}
		r.packedMark = r.mark(why)
		r.plan.Consumes = most
	}
	b.WriteString(counted(ConsumedSetting, "1", most, r.packedMark))
}

// mark notes what an error that holds it means.
func (r *rewriter) mark(why Refusal) string {
	mark := checkMark + strconv.Itoa(len(r.plan.RowChecks)+1) + " "
	r.plan.RowChecks = append(r.plan.RowChecks, RowCheck{Mark: mark, Refusal: why})
	return mark
}

// adds is the sum in a setting once more has been added to it.
func adds(setting, more string) string {
	return "CAST(pg_catalog.set_config('" + setting + "', CAST(COALESCE(CAST(NULLIF(pg_catalog.current_setting('" + setting + "', true), '') AS pg_catalog.int8), 0) OPERATOR(pg_catalog.+) " + more + " AS pg_catalog.text), true) AS pg_catalog.int8)"
}

// counted is a condition that is true, and adds to a setting; above so many it fails with the mark.
func counted(setting, more string, most int64, mark string) string {
	return "CASE WHEN " + adds(setting, more) + " OPERATOR(pg_catalog.<=) " + strconv.FormatInt(most, 10) +
		" THEN true ELSE CAST(pg_catalog.concat('" + mark + "', pg_catalog.current_setting('" + setting + "', true)) AS pg_catalog.bool) END"
}

// whenCounted gives a text that is written only where consumed rows count.
func (q *query) whenCounted(write func(*strings.Builder)) func(*strings.Builder) {
	return func(b *strings.Builder) {
		if most, _ := q.consumed(); most > 0 {
			write(b)
		}
	}
}

// uncountable refuses the statement where consumed rows count and Cordon does not find the place to count them.
func (q *query) uncountable(loc int) {
	q.late = append(q.late, func() {
		if most, rule := q.consumed(); most > 0 {
			q.refuseHint(loc, "0A000", "Cordon cannot count the rows that this statement packs into values.", rule.Position()+" counts consumed rows.")
		}
	})
}

// packs counts the rows of an aggregate, whose name of so many parts begins at loc.
func (q *query) packs(loc, parts int) {
	if q.raw {
		return // an expression of the policy
	}
	k := q.p.toks
	open := -1
	if i := k.at(loc); i >= 0 {
		open = k.dotted(i, parts)
	}
	end := -1
	if open > 0 && k.is(open, "(") {
		end = k.match(open, len(k.t))
	}
	if end < 0 {
		q.uncountable(loc)
		return
	}
	if strings.EqualFold(k.text(end+1), "within") && strings.EqualFold(k.text(end+2), "group") && k.is(end+3, "(") {
		if end = k.match(end+3, len(k.t)); end < 0 {
			q.uncountable(loc)
			return
		}
	}
	if strings.EqualFold(k.text(end+1), "filter") && k.is(end+2, "(") && k.keyword(end+3) == "WHERE" {
		if m := k.match(end+2, len(k.t)); m > end+4 {
			q.p.wrapText(k.start(end+4), k.end(m-1), q.whenCounted(literal("CASE WHEN ")), q.whenCounted(func(b *strings.Builder) {
				b.WriteString(" THEN ")
				q.tick(b)
				b.WriteString(" END")
			}))
			return
		}
	}
	at := k.end(end)
	q.p.edits = append(q.p.edits, edit{from: at, to: at, order: orderClose, width: 0, text: q.whenCounted(func(b *strings.Builder) {
		b.WriteString(" FILTER (WHERE ")
		q.tick(b)
		b.WriteString(")")
	})})
}

// packsArray counts the rows of ARRAY(SELECT …).
func (q *query) packsArray(loc int) {
	if q.raw {
		return
	}
	k := q.p.toks
	i := k.at(loc)
	if i < 0 || !k.is(i+1, "(") {
		q.uncountable(loc)
		return
	}
	m := k.match(i+1, len(k.t))
	if m < 0 {
		q.uncountable(loc)
		return
	}
	q.p.wrapText(k.start(i+2), k.end(m-1), q.whenCounted(func(b *strings.Builder) {
		b.WriteString("SELECT CASE WHEN ")
		q.tick(b)
		b.WriteString(" THEN cordon_packed.v END FROM (")
	}), q.whenCounted(literal(") AS cordon_packed(v)")))
}

// keptBy are the functions that leave what they are given where it can be read without a limit.
var keptBy = map[string]bool{"set_config": true, "pg_notify": true, "setval": true}

// keeps counts the calls of a function that leaves what it is given in the session, to be read from there, or sends it: set_config can string the values of a whole table together in one setting, whatever the statement itself shows, each
// advisory lock in pg_locks has 64 bits, and pg_notify gives as many names of channels, and to others texts, as there are rows. What stands in the text, or is a parameter, comes from no row.
func (q *query) keeps(n *pg.FuncCall) {
	if q.raw {
		return
	}
	k := q.p.toks
	var args []span
	if i := k.at(int(n.Location)); i >= 0 {
		args = k.list(k.dotted(i, len(n.Funcname)))
	}
	name := n.Funcname[len(n.Funcname)-1].GetString_().GetSval()
	first := true
	for i, a := range n.Args {
		switch {
		case given(a):
		case len(args) != len(n.Args) || a.GetNamedArgExpr() != nil || n.FuncVariadic:
			q.uncountable(int(n.Location))
			return
		default:
			value, once := name == "set_config" && i == 1 || name == "pg_notify", first
			first = false
			q.p.wrapText(k.start(args[i].first), k.end(args[i].end-1), func(b *strings.Builder) {
				if most, _ := q.copiedBytes(); most > 0 && value {
					b.WriteString("pg_catalog.concat(pg_catalog.set_config('" + valueSetting + "', CAST(")
				} else if most > 0 {
					b.WriteString("CASE WHEN " + q.tickBytes("8") + " THEN ") // the bits of a lock
				}
				if most, _ := q.consumed(); most > 0 && once {
					b.WriteString("CASE WHEN ")
					q.tick(b)
					b.WriteString(" THEN ")
				}
			}, func(b *strings.Builder) {
				if most, _ := q.consumed(); most > 0 && once {
					b.WriteString(" END")
				}
				if most, _ := q.copiedBytes(); most > 0 && value {
					b.WriteString(" AS pg_catalog.text), true), CASE WHEN " + q.tickBytes("pg_catalog.octet_length(pg_catalog.current_setting('"+valueSetting+"', true))") + " THEN '' END)")
				} else if most > 0 {
					b.WriteString(" END")
				}
			})
			if name != "pg_notify" {
				return // the others have one that holds a value
			}
		}
	}
}

// copiedBytes is the least number of bytes that a limit allows one statement, and the rule that says so; 0 when none does.
func (r *rewriter) copiedBytes() (most int64, rule *policy.Rule) {
	least := func(n int64, by *policy.Rule) {
		if n > 0 && (most == 0 || n < most) {
			most, rule = n, by
		}
	}
	for _, d := range r.plan.Exports {
		least(d.Export.Bytes, d.Rule)
		for _, w := range d.Export.Windows {
			least(w.Bytes, d.Rule)
		}
	}
	return most, rule
}

// overBytes is the refusal of a statement that copies more bytes than that.
func (r *rewriter) overBytes() Refusal {
	most, rule := r.copiedBytes()
	return Refusal{Code: "5C001", Position: -1, Rule: rule, Message: fmt.Sprintf("export limit of rule %q exceeded: more than %d bytes copied by one statement", rule.Name, most),
		Detail: fmt.Sprintf("The limit is %d bytes, and what a statement puts into another table or into a setting counts. Nothing was copied.", most),
		Hint:   "Narrow the statement. To export more, ask whoever keeps the policy (" + rule.Position() + ")."}
}

// tickBytes is a condition that is true, and counts so many bytes; above the limit it fails.
func (r *rewriter) tickBytes(size string) string {
	most, _ := r.copiedBytes()
	if r.copiedMark == "" {
		r.copiedMark = r.mark(r.overBytes())
		r.plan.CopyBytes = most
	}
	return counted(CopiedSetting, "COALESCE("+size+", 0)", most, r.copiedMark)
}

// rowBytes has the bytes counted that INSERT or UPDATE writes: of the whole new row, or of the columns that are assigned.
func (q *query) rowBytes(t *target, columns []*pg.Node) {
	most, _ := q.copiedBytes()
	if most == 0 || q.raw || q.in.Statement.Tree.GetExplainStmt() != nil || !q.readsLimited() {
		return
	}
	list := []string{t.ref + ".*"}
	if columns != nil {
		list = list[:0]
		for _, c := range columns {
			list = append(list, t.ref+"."+quoteIdent(c.GetResTarget().GetName()))
		}
	}
	q.plan.CopyBytes = most
	t.tests = append(t.tests, rowTest{adds(CopiedSetting, "pg_catalog.octet_length(CAST(ROW("+strings.Join(list, ", ")+") AS pg_catalog.text))") + " OPERATOR(pg_catalog.<=) " + strconv.FormatInt(most, 10), q.overBytes()})
}

// tableBytes has the bytes counted that CREATE TABLE … AS copies.
func (q *query) tableBytes(n *pg.CreateTableAsStmt) {
	if most, _ := q.copiedBytes(); most == 0 || q.in.Statement.Tree.GetExplainStmt() != nil || n.Into.GetSkipData() {
		return
	}
	k := q.p.toks
	first, end := k.at(int(n.Into.GetRel().GetLocation())), -1
	if first >= 0 {
		first, end = q.keywordAfter(first, "AS")+1, q.statementEnd(first)
	}
	if end > 2 && k.keyword(end-1) == "DATA" && k.keyword(end-2) == "WITH" {
		end -= 2
	}
	if first <= 0 || end <= first {
		q.refuse(-1, "0A000", "Cordon cannot find the query of CREATE TABLE AS in the statement.")
		return
	}
	// OFFSET keeps the query by itself: its own conditions are asked first.
	q.p.wrap(k.start(first), k.end(end-1), "SELECT cordon_copied.* FROM (SELECT cordon_copied.* FROM (",
		") AS cordon_copied OFFSET 0) AS cordon_copied WHERE "+q.tickBytes("pg_catalog.octet_length(CAST(ROW(cordon_copied.*) AS pg_catalog.text))"))
}

// given says that an argument is a constant or a parameter, perhaps under a cast.
func given(n *pg.Node) bool {
	for n.GetTypeCast() != nil {
		n = n.GetTypeCast().Arg
	}
	return n.GetAConst() != nil || n.GetParamRef() != nil
}

// recursiveArms notes the recursive terms of a WITH RECURSIVE.
func (q *query) recursiveArms(sel *pg.SelectStmt) {
	if sel.GetOp() == pg.SetOperation_SETOP_NONE {
		if sel != nil && len(sel.FromClause) > 0 {
			q.recursive[sel] = true
		}
		return
	}
	q.recursiveArms(sel.Larg)
	q.recursiveArms(sel.Rarg)
}

// stringsTogether counts the rows of a recursive term.
func (q *query) stringsTogether(sel *pg.SelectStmt) {
	if q.raw {
		return
	}
	k := q.p.toks
	i := -1
	if len(sel.TargetList) > 0 {
		i = k.at(int(sel.TargetList[0].GetResTarget().GetLocation()))
	}
	if i < 0 {
		q.uncountable(-1)
		return
	}
	for i = k.clauseEnd(i, false); k.keyword(i) == "FROM" || k.keyword(i) == "ON" || k.keyword(i) == "USING"; i = k.clauseEnd(i+1, false) {
	}
	and := q.whenCounted(func(b *strings.Builder) {
		b.WriteString(") AND ")
		q.tick(b)
	})
	if k.keyword(i) != "WHERE" {
		q.p.insert(k.end(i-1), q.whenCounted(func(b *strings.Builder) {
			b.WriteString(" WHERE ")
			q.tick(b)
		}))
		return
	}
	if end := k.clauseEnd(i+1, false); end > i+1 {
		q.p.wrapText(k.start(i+1), k.end(end-1), q.whenCounted(literal("(")), and)
		return
	}
	q.uncountable(-1)
}

// A level is one query of a statement, as far as rows that it puts beside each other count.
type level struct {
	outer   *level   // nil for the outermost, and for the query of a WITH clause
	uses    []*level // where a WITH query is named
	picks   int64    // aggregates that give one row's value
	fetches int64    // window functions that fetch another row's value into a row
	rows    int64    // of it that one row of the result can show; 0: not worked out yet, -1: under way
}

func (r *rewriter) newLevel(outer *level) *level {
	l := &level{outer: outer}
	r.levels = append(r.levels, l)
	return l
}

// within goes on at a level inside the present one until the function it gives is called. A WITH query stands wherever it is named.
func (r *rewriter) within(l *level) (leave func()) {
	outer := r.level
	r.level = l
	return func() { r.level = outer }
}

// namedHere notes that a WITH query is named at the present level. A recursive query names itself in the term that is counted row by row.
func (r *rewriter) namedHere(l *level) {
	for in := r.level; in != nil; in = in.outer {
		if in == l {
			return
		}
	}
	l.uses = append(l.uses, r.level)
}

// maxShown bounds what is worked out: WITH queries that name each other twice double it each time.
const maxShown = 1 << 16

// shown is how many rows of a level one row of the result can show. Window functions over each other fetch rows that hold fetched ones; where only one level fetches, the first goes free.
func (l *level) shown(nested bool) int64 {
	switch {
	case l == nil:
		return 1
	case l.rows > 0:
		return l.rows
	case l.rows < 0:
		return maxShown // it is named in itself by a way around
	}
	l.rows = -1
	rows := int64(0)
	for _, u := range l.uses {
		rows = min(maxShown, rows+u.shown(nested))
	}
	if len(l.uses) == 0 {
		rows = l.outer.shown(nested)
	}
	own := max(1, l.picks+l.fetches)
	if nested && l.fetches > 0 {
		own = max(1, l.picks) + l.fetches
	}
	l.rows = min(maxShown, rows*own)
	return l.rows
}

// weigh says for how many rows of limited tables one row of the result can stand, where no aggregate packs them: a join of a table with itself shows two of its rows in one, and so does a WITH query that is named twice.
func (r *rewriter) weigh() {
	fetching := 0
	for _, l := range r.levels {
		if l.fetches > 0 {
			fetching++
		}
	}
	occurs := map[policy.TableName]int64{}
	for i, d := range r.plan.Exports {
		if d.Export.Count == policy.CountConsumed {
			occurs[d.Table] = min(maxShown, occurs[d.Table]+r.exportedAt[i].shown(fetching > 1))
			r.plan.Weight = max(r.plan.Weight, occurs[d.Table])
		}
	}
}

// copies notes that the statement writes rows which it reads of limited tables into another table.
func (r *rewriter) copies() {
	n := r.in.Statement.Tree
	if p := n.GetPrepareStmt(); p != nil {
		n = p.Query // EXECUTE runs it
	}
	explain := n.GetExplainStmt()
	if explain != nil {
		n = explain.Query
	}
	if d := n.GetDeclareCursorStmt(); d != nil {
		if r.plan.Consumes > 0 && d.Options&cursorHold != 0 {
			_, rule := r.consumed()
			r.refuseHint(-1, "0A000", "Cordon cannot count the rows that a cursor WITH HOLD packs into values.", rule.Position()+" counts consumed rows.")
		}
		return
	}
	copies := (writesCopies(n) || n.GetDeleteStmt() != nil && !r.changesLimited()) && r.readsLimited()
	if explain == nil {
		r.plan.Copies = copies
		if copies && r.plan.LimitsBytes() && (n.GetMergeStmt() != nil || n.GetSelectStmt() != nil) {
			r.refuseHint(-1, "0A000", UncountedBytes, UncountedBytesHint)
		}
		return
	}
	if copies && Analyzes(explain) {
		r.refuseHint(-1, "0A000", CopiesExplained, CopiesExplainedHint)
	}
}

// writesCopies says that a statement writes what it reads into a table.
func writesCopies(n *pg.Node) bool {
	return n.GetInsertStmt() != nil || n.GetUpdateStmt() != nil || n.GetMergeStmt() != nil || n.GetCreateTableAsStmt() != nil || n.GetSelectStmt().GetIntoClause() != nil
}

// UncountedBytes refuses a copy in a form whose bytes nobody can count: MERGE has no RETURNING, SELECT INTO no place around its query, and the query of CREATE TABLE … AS EXECUTE stands elsewhere.
const (
	UncountedBytes     = "Cordon cannot count the bytes of export-limited tables that this statement copies."
	UncountedBytesHint = "Write INSERT, UPDATE or CREATE TABLE … AS SELECT."
)

// CopiesExplained refuses EXPLAIN ANALYZE of what copies rows of limited tables: it runs it, and its tag does not say how many rows that were.
const (
	CopiesExplained     = "Cordon cannot count the rows of export-limited tables that EXPLAIN ANALYZE copies."
	CopiesExplainedHint = "Leave out ANALYZE, or copy them without EXPLAIN."
)

// Analyzes says that an EXPLAIN runs what it explains.
func Analyzes(n *pg.ExplainStmt) bool {
	for _, o := range n.GetOptions() {
		d := o.GetDefElem()
		if d.GetDefname() != "analyze" {
			continue
		}
		off := d.Arg.GetInteger() != nil && d.Arg.GetInteger().Ival == 0 || d.Arg.GetBoolean() != nil && !d.Arg.GetBoolean().Boolval
		if w := strings.ToLower(d.Arg.GetString_().GetSval()); !off && w != "false" && w != "off" {
			return true
		}
	}
	return false
}

const cursorHold = 0x20 // CURSOR_OPT_HOLD

// readsLimited says that a table with an export limit is read, and not only changed.
func (r *rewriter) readsLimited() bool {
	for i := range r.plan.Relations {
		if t := &r.plan.Relations[i]; t.Op == policy.OpSelect && t.Decision != nil && t.Decision.Export != nil {
			return true
		}
	}
	return false
}

// changesLimited says that a table with an export limit is deleted from: what stays there is read under the limit. DELETE FROM numbers USING customers c WHERE c.phone = numbers.phone tells of another table which numbers customers have.
func (r *rewriter) changesLimited() bool {
	for i := range r.plan.Relations {
		if t := &r.plan.Relations[i]; t.Op == policy.OpDelete && t.Decision != nil && t.Decision.Export != nil {
			return true
		}
	}
	return false
}

// limited says that a table has an export limit.
func (q *query) limited(n *pg.RangeVar) bool {
	rel := q.relationNamed(n)
	if rel == nil {
		return false
	}
	d := q.decide(rel)
	return d != nil && d.Export != nil
}

// hasSubLink says that there is a sub-select in one of the nodes.
func hasSubLink(list ...*pg.Node) (found bool) {
	for _, n := range list {
		if n != nil {
			eachNode(n.ProtoReflect(), func(m any) {
				_, ok := m.(*pg.SubLink)
				found = found || ok
			})
		}
	}
	return found
}

// copiesInside refuses a statement that copies rows of limited tables in a WITH clause: how many, nobody would tell.
func (q *query) copiesInside(loc int) {
	q.late = append(q.late, func() {
		if q.readsLimited() {
			q.refuseHint(loc, "0A000", "Cordon cannot count the rows of export-limited tables that this statement copies in a WITH clause.", "Copy them in a statement of its own.")
		}
	})
}

// Figure says that an aggregate of PostgreSQL's own counts or adds up: no value of a row comes out of it.
func Figure(name string) bool { return singular[name] && !picks[name] }

// Picks says that a function gives the value of one row, which may be another than that of its call.
func Picks(name string) bool { return picks[name] }
