package rewrite

import (
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/parse"
	"cordon/policy"
)

// Writing through views. PostgreSQL takes an auto-updatable view apart: the statement changes the table behind it, the view's condition joins that of the statement, and names of the view's columns become those of the table's.
// Cordon does the same, over what the person is shown of the table: a view reads there as it would over a security_barrier view with the rule's filter and masks. Its columns are texts in terms of the table, which
// stand wherever the statement names them; views over views are taken apart one by one.

// A writtenView is the view that a statement writes through.
type writtenView struct {
	rel    *catalog.Relation
	name   string      // what the statement calls it
	nums   []int16     // by column of the view: the table's column that it is, 0 for an expression
	rows   string      // the condition that the rows of the view satisfy, that of the rule included; "" for none
	levels []viewLevel // the views that are taken apart, the innermost first
	only   bool        // the innermost reads ONLY its table
	given  bool        // the row is what the client gives (EXCLUDED): no rule's masks are before it
}

// A viewLevel is one view's own condition.
type viewLevel struct {
	view *catalog.Relation
	cond string // "" for none
}

// viewTarget is target for a view over what the person does not have raw.
func (q *query) viewTarget(n *pg.RangeVar, view *catalog.Relation, ops policy.Op, from, to int) *target {
	loc := int(n.Location)
	if d := q.decide(view); d != nil && d.Verdict == policy.Denied && !q.in.Grant.Names(tableName(view)) {
		q.allowed(d, view, ops, loc)
		return nil
	}
	name, schema := view.Name, view.Schema
	if n.Alias != nil {
		name, schema = n.Alias.Aliasname, ""
	}
	t := &target{ref: quoteIdent(name), view: &writtenView{rel: view, name: name}}
	q.takeApart(t, view, ops, loc)
	if t.table == nil || q.err != nil {
		return nil
	}
	t.item.name, t.item.schema, t.item.goesBy, t.item.behind = name, schema, "", t.table
	q.typedRow(t, view)
	text := quoteName(t.rel.Schema, t.rel.Name)
	if t.view.only && ops&policy.OpInsert == 0 {
		text = "ONLY " + text
	}
	if n.Alias == nil {
		text += " AS " + t.ref
	}
	q.p.replace(from, to, literal(text))
	return t
}

// viewExcluded is EXCLUDED of a view that has columns which are expressions: these are worked out from what was given.
func (q *query) viewExcluded(t *target) *item {
	x := &target{ref: "excluded", view: &writtenView{rel: t.view.rel, name: "excluded", given: true}}
	q.takeApart(x, t.view.rel, policy.OpInsert, -1)
	if x.table == nil || q.err != nil {
		return nil
	}
	x.item.name, x.item.goesBy, x.item.table = "excluded", "", nil
	x.item.rowText = x.rowText
	return x.item
}

// takeApart makes the target's item of a table or view: the table's columns first, then those of each view over it.
func (q *query) takeApart(t *target, rel *catalog.Relation, ops policy.Op, loc int) {
	if rel.Kind != catalog.View || q.in.Grant.NamesItself(tableName(rel)) || !q.readsProtected(rel, 0) {
		t.rel, t.item = rel, tableItem(rel, rel.Name, rel.Schema)
		if q.systemWrite(rel, loc) || !t.view.given && !q.protect(t, ops, loc) {
			return
		}
		t.table = t.item
		q.viewBase(t)
		return
	}
	if q.viewDepth++; q.viewDepth > maxViewDepth {
		q.refuse(loc, "54001", "Views over protected tables are nested deeper than %d.", maxViewDepth)
		return
	}
	defer func() { q.viewDepth-- }()
	if rel.HasRules || rel.HasTriggers {
		q.refuse(loc, "0A000", "Cordon does not write through the view %s.%s for people under a row filter or mask, because it has triggers or rules of its own.", rel.Schema, rel.Name)
		return
	}
	list, err := parse.Parse(strings.TrimSuffix(strings.TrimSpace(rel.Definition), ";"), parse.Limits{})
	if err != nil || len(list) != 1 || list[0].Tree.GetSelectStmt() == nil {
		q.refuse(loc, "0A000", "Cordon cannot read the definition of the view %s.%s, which reads protected tables.", rel.Schema, rel.Name)
		return
	}
	sel := list[0].Tree.GetSelectStmt()
	sub := &query{rewriter: q.rewriter, p: newPiece(list[0]), path: []string{"pg_catalog"}, trusted: true}
	why := notUpdatable(sel)
	var from *pg.RangeVar
	var base *catalog.Relation
	if why == "" {
		from = sel.FromClause[0].GetRangeVar()
		if base = sub.resolve(from); base == nil {
			return
		}
		if base.Kind == catalog.MaterializedView || base.Kind == catalog.Sequence {
			why = viewOfOne
		}
	}
	if why != "" {
		q.notUpdatable(rel, ops, why)
		return
	}
	if !t.view.given {
		q.touch(rel, ops, nil).Expanded = true
	}
	via := q.via
	q.via = rel.Schema + "." + rel.Name
	q.takeApart(t, base, ops, loc)
	q.via = via
	if t.table == nil || q.err != nil {
		return
	}
	t.view.only = t.view.only || !from.Inh && base == t.rel
	q.viewOver(t, rel, sel, sub, ops, loc)
}

// viewBase has the target's columns stand for themselves, and its rule's filter for its rows.
func (q *query) viewBase(t *target) {
	if t.access == nil {
		t.access = &access{table: t.rel}
	}
	t.access.filter = nil
	if t.filter != nil {
		t.view.rows = t.ruleText()
	}
	cols := make([]column, len(t.table.cols))
	for k, c := range t.table.cols {
		if c.masked == "" {
			c.masked = t.ref + "." + quoteIdent(c.name)
		}
		c.from, c.exact, c.prot = nil, nil, []*access{t.access}
		cols[k] = c
		t.view.nums = append(t.view.nums, c.num)
	}
	t.item = &item{relation: &relation{cols: cols, prot: []*access{t.access}}, table: t.rel, target: true}
}

// viewOver puts a view over what the target's item is so far.
func (q *query) viewOver(t *target, view *catalog.Relation, sel *pg.SelectStmt, sub *query, ops policy.Op, loc int) {
	rv := sel.FromClause[0].GetRangeVar()
	below, nums := t.item, t.view.nums
	below.name, below.schema, below.goesBy = rv.Relname, rv.Schemaname, t.view.name
	if rv.Alias != nil {
		below.name, below.schema = rv.Alias.Aliasname, ""
		renameColumns(below.relation, rv.Alias.Colnames)
	}
	s := &scope{items: []*item{below}}
	below.owner = s
	below.rowText = t.rowText
	if len(sel.TargetList) != len(view.Columns) {
		q.stale(loc, "0A000", "Cordon cannot read the definition of the view "+view.Schema+"."+view.Name+".")
		return
	}
	late, accesses := len(q.late), len(q.accesses)
	cols := make([]column, len(view.Columns))
	spans := make([]span, len(cols))
	var over []int16
	for k, n := range sel.TargetList {
		rt := n.GetResTarget()
		c := column{name: view.Columns[k].Name, typ: view.Columns[k].Type, prot: below.prot}
		num := int16(0)
		if at := below.at(sub, rt.GetVal().GetColumnRef(), s); at >= 0 {
			c, num = below.cols[at], nums[at]
			c.name, c.typ = view.Columns[k].Name, view.Columns[k].Type
		} else {
			i := sub.expr(rt.GetVal(), s)
			c.fragile = i.leaky || i.volatile || i.risky || i.astray
			if why := setOrAggregate(rt.GetVal(), i); why != "" {
				q.notUpdatable(view, ops, why)
				return
			}
			if spans[k] = sub.p.entry(rt); spans[k].end <= spans[k].first {
				q.refuse(loc, "0A000", "Cordon cannot read the definition of the view %s.%s.", view.Schema, view.Name)
				return
			}
		}
		cols[k], over = c, append(over, num)
	}
	where, clause := info{loc: -1}, span{}
	if sel.WhereClause != nil {
		where = sub.expr(sel.WhereClause, s)
		var ok bool
		if clause, ok = sub.p.toks.clause("WHERE", where.loc, false); !ok {
			q.refuse(loc, "0A000", "Cordon cannot read the condition of the view %s.%s.", view.Schema, view.Name)
			return
		}
	}
	// The view's text is needed now, so what is left for later is done: its own sub-selects come first, whatever the statement is.
	for _, check := range q.late[late:] {
		check()
	}
	q.late = q.late[:late]
	fence(q.accesses[accesses:]...)
	sub.p.sort()
	text := func(at span) string {
		var b strings.Builder
		b.WriteString("(")
		sub.p.part(&b, sub.p.toks.start(at.first), sub.p.toks.end(at.end-1))
		b.WriteString(")")
		return b.String()
	}
	for k := range cols {
		if spans[k].end > 0 {
			cols[k].masked = inherent(text(spans[k]))
		}
	}
	level := viewLevel{view: view}
	if clause.end > 0 {
		level.cond = text(clause)
		t.view.add(level.cond, where.leaky || where.volatile || where.astray || where.risky)
	}
	t.view.levels = append(t.view.levels, level)
	if len(t.view.rows) > maskBytes*8 {
		q.refuse(loc, "54001", "The conditions of the views that this statement writes through are too long.")
	}
	t.item = &item{relation: &relation{cols: cols, prot: below.prot}, table: t.rel, target: true}
	t.view.nums = over
}

// add narrows the rows by a view's condition, which must not be tried on others when it can tell of them.
func (v *writtenView) add(cond string, guarded bool) {
	switch {
	case v.rows == "":
		v.rows = cond
	case guarded:
		v.rows = "(" + v.rows + " AND CASE WHEN " + v.rows + " THEN " + cond + " END)"
	default:
		v.rows = "(" + v.rows + " AND " + cond + ")"
	}
}

// at is the column of the item that a reference names; -1 for anything else.
func (it *item) at(q *query, n *pg.ColumnRef, s *scope) int {
	if n == nil || isStar(n.Fields[len(n.Fields)-1]) {
		return -1
	}
	refs := q.bind(n, s)
	for k := range it.cols {
		if len(refs) == 1 && refs[0].col == &it.cols[k] {
			return k
		}
	}
	return -1
}

// entry is the tokens of an expression in a select list, without its name.
func (p *piece) entry(rt *pg.ResTarget) span {
	first := p.toks.at(int(rt.GetLocation()))
	if first < 0 {
		return span{}
	}
	v := (&query{p: p}).listItem(first)
	if rt.GetName() != "" {
		v.end--
		if p.toks.keyword(v.end-1) == "AS" {
			v.end--
		}
	}
	return v
}

// Why PostgreSQL does not write through a view.
const (
	viewOfOne    = "Views that do not select from a single table or view are not automatically updatable."
	viewOfSample = "Views containing TABLESAMPLE are not automatically updatable."
)

func notUpdatable(sel *pg.SelectStmt) string {
	has := func(what string) string { return "Views containing " + what + " are not automatically updatable." }
	switch {
	case len(sel.DistinctClause) > 0:
		return has("DISTINCT")
	case len(sel.GroupClause) > 0:
		return has("GROUP BY")
	case sel.HavingClause != nil:
		return has("HAVING")
	case sel.Op != pg.SetOperation_SETOP_NONE:
		return has("UNION, INTERSECT, or EXCEPT")
	case sel.WithClause != nil:
		return has("WITH")
	case sel.LimitCount != nil || sel.LimitOffset != nil:
		return has("LIMIT or OFFSET")
	case len(sel.FromClause) == 1 && sel.FromClause[0].GetRangeTableSample() != nil:
		return viewOfSample
	case len(sel.FromClause) != 1 || sel.FromClause[0].GetRangeVar() == nil:
		return viewOfOne
	}
	return ""
}

func setOrAggregate(n *pg.Node, i info) string {
	window := false
	eachNode(n.ProtoReflect(), func(m any) {
		if f, ok := m.(*pg.FuncCall); ok && f.Over != nil {
			window = true
		}
	})
	switch {
	case window:
		return "Views that return window functions are not automatically updatable."
	case i.agg:
		return "Views that return aggregate functions are not automatically updatable."
	case i.many:
		return "Views that return set-returning functions are not automatically updatable."
	}
	return ""
}

// notUpdatable is PostgreSQL's own refusal, which points nowhere in the statement.
func (q *query) notUpdatable(view *catalog.Relation, ops policy.Op, why string) {
	verb, doing, event := "delete from", "deleting from", "DELETE"
	if ops&policy.OpInsert != 0 {
		verb, doing, event = "insert into", "inserting into", "INSERT"
	} else if ops&policy.OpUpdate != 0 {
		verb, doing, event = "update", "updating", "UPDATE"
	}
	q.refuseDetail(-1, "55000", "cannot "+verb+" view "+strconv.Quote(view.Name), why,
		"To enable "+doing+" the view, provide an INSTEAD OF "+event+" trigger or an unconditional ON "+event+" DO INSTEAD rule.")
}

// names gives an item of the table's columns the names that the view has for them, and the text that stands for each.
func (v *writtenView) names(it *item, prefix string) {
	var cols []column
	for k, num := range v.nums {
		for j := range it.cols {
			if num != 0 && it.cols[j].num == num {
				c := it.cols[j]
				c.name, c.masked = v.rel.Columns[k].Name, prefix+quoteIdent(it.cols[j].name)
				cols = append(cols, c)
			}
		}
	}
	it.cols, it.target = cols, true
	it.rowText = (&target{item: it}).rowText
}

// viewColumn finds the table's column that a column of the view is; nil, with PostgreSQL's refusal noted, when it is none.
func (q *query) viewColumn(t *target, name, verb string, loc int) (*catalog.Column, *catalog.Column) {
	for k := range t.view.rel.Columns {
		c := &t.view.rel.Columns[k]
		if c.Name != name {
			continue
		}
		if t.view.nums[k] == 0 {
			q.refuseDetail(-1, "0A000", "cannot "+verb+" column "+strconv.Quote(name)+" of view "+strconv.Quote(t.view.rel.Name), "View columns that are not columns of their base relation are not updatable.", "")
			return nil, nil
		}
		return c, t.rel.ColumnNum(t.view.nums[k])
	}
	q.stale(loc, "42703", "column \""+name+"\" of relation \""+t.view.rel.Name+"\" does not exist")
	return nil, nil
}

// tableNames gives columns that a statement through a view writes the names that the table has for them, in the text and in the list.
func (q *query) tableNames(list []*pg.Node, t *target, verb string) []*pg.Node {
	if t.view == nil {
		return list
	}
	out := make([]*pg.Node, 0, len(list))
	for _, n := range list {
		rt := n.GetResTarget()
		loc := int(rt.GetLocation())
		shown, c := q.viewColumn(t, rt.GetName(), verb, loc)
		if c == nil {
			return nil
		}
		val := rt.Val
		if m := val.GetMultiAssignRef(); m != nil {
			if row := m.Source.GetRowExpr(); row != nil && int(m.Colno) <= len(row.Args) {
				val = row.Args[m.Colno-1]
			}
		}
		if d := val.GetSetToDefault(); d != nil && shown.HasDefault {
			q.viewDefault(t, shown, loc)
			return nil
		} else if d != nil { // in UPDATE, PostgreSQL takes a view's own default, which is NULL
			if val != rt.Val {
				q.refuseHint(loc, "0A000", "Cordon does not write DEFAULT in a row through the view "+t.view.rel.Schema+"."+t.view.rel.Name+".", "Assign the column "+shown.Name+" by itself.")
				return nil
			}
			at := q.p.toks.at(int(d.Location))
			if q.p.toks.keyword(at) != "DEFAULT" {
				q.refuse(loc, "0A000", "Cordon cannot find the place of DEFAULT in the statement.")
				return nil
			}
			q.p.replace(q.p.toks.start(at), q.p.toks.end(at), literal("NULL"))
			val = &pg.Node{Node: &pg.Node_AConst{AConst: &pg.A_Const{Isnull: true, Location: d.Location}}}
		} else {
			val = rt.Val
		}
		at := q.p.toks.at(loc)
		if at < 0 {
			q.refuse(loc, "0A000", "Cordon cannot find the place of a column's name in the statement.")
			return nil
		}
		if c.Name != rt.Name {
			q.p.replace(q.p.toks.start(at), q.p.toks.end(at), literal(quoteIdent(c.Name)))
		}
		out = append(out, &pg.Node{Node: &pg.Node_ResTarget{ResTarget: &pg.ResTarget{Name: c.Name, Indirection: rt.Indirection, Val: val, Location: rt.Location}}})
	}
	return out
}

func (q *query) viewDefault(t *target, c *catalog.Column, loc int) {
	q.refuseHint(loc, "0A000", "The view "+t.view.rel.Schema+"."+t.view.rel.Name+" has a default of its own for the column "+c.Name+", which Cordon does not apply for people under a row filter or mask.", "Give the column a value.")
}

// viewColumns are the table's columns that an INSERT through a view gives values.
func (q *query) viewColumns(n *pg.InsertStmt, t *target, selected *result) []catalog.Column {
	view, loc := t.view.rel, int(n.Relation.Location)
	var names []string
	sel := n.SelectStmt.GetSelectStmt()
	switch {
	case len(n.Cols) > 0:
		for _, c := range n.Cols {
			names = append(names, c.GetResTarget().GetName())
		}
	case sel == nil: // DEFAULT VALUES
	default:
		count := 0
		if len(sel.ValuesLists) > 0 {
			count = len(sel.ValuesLists[0].GetList().GetItems())
		} else if count = len(selected.cols); selected.open || count == 0 {
			q.refuseHint(loc, "0A000", "Cordon does not know which columns of the view "+view.Schema+"."+view.Name+" this query gives.", "Name the columns of INSERT.")
			return nil
		}
		if count > len(view.Columns) {
			q.refuse(loc, "42601", "INSERT has more expressions than target columns")
			return nil
		}
		for k := range count {
			names = append(names, view.Columns[k].Name)
		}
	}
	var cols []catalog.Column
	given := map[string]bool{}
	for k, name := range names {
		shown, c := q.viewColumn(t, name, "insert into", loc)
		if c == nil {
			return nil
		}
		cols = append(cols, *c)
		given[name] = true
		for _, row := range sel.GetValuesLists() {
			if items := row.GetList().GetItems(); k < len(items) && items[k].GetSetToDefault() != nil {
				given[name] = given[name] && !shown.HasDefault
			}
		}
	}
	for k := range view.Columns {
		if c := &view.Columns[k]; c.HasDefault && !given[c.Name] && t.view.nums[k] != 0 {
			q.viewDefault(t, c, loc)
			return nil
		}
	}
	return cols
}

// listColumns writes the columns of an INSERT that names none: the view's order is not the table's.
func (q *query) listColumns(n *pg.InsertStmt, t *target, cols []catalog.Column) {
	if len(n.Cols) > 0 || n.SelectStmt == nil {
		return
	}
	first, list, _ := q.insertQuery(n)
	if first < 0 {
		q.refuse(int(n.Relation.Location), "0A000", "Cordon cannot find the query of INSERT in the statement.")
		return
	}
	var names []string
	for _, c := range cols {
		names = append(names, quoteIdent(c.Name))
	}
	q.p.insertLast(q.p.toks.end(list-1), " ("+strings.Join(names, ", ")+")")
}

// viewConflict gives the columns by which ON CONFLICT finds an index the names that the table has for them.
func (q *query) viewConflict(c *pg.OnConflictClause, t *target) {
	if t.view == nil || c.Infer == nil {
		return
	}
	if name := c.Infer.Conname; name != "" {
		q.refuse(int(c.Infer.Location), "42704", "constraint %q for table %q does not exist", name, t.view.rel.Name)
		return
	}
	parts := q.p.toks.list(q.p.toks.at(int(c.Infer.Location)))
	if len(parts) != len(c.Infer.IndexElems) {
		q.refuse(int(c.Infer.Location), "0A000", "Cordon cannot find the columns of ON CONFLICT in the statement.")
		return
	}
	for k, n := range c.Infer.IndexElems {
		name := n.GetIndexElem().GetName()
		if name == "" {
			continue
		}
		if _, col := q.viewColumn(t, name, "insert into", int(c.Infer.Location)); col != nil && col.Name != name {
			q.p.replace(q.p.toks.start(parts[k].first), q.p.toks.end(parts[k].first), literal(quoteIdent(col.Name)))
		}
	}
}

// viewTests are the check options of the views that a statement writes through, which PostgreSQL tries from the innermost outwards.
func (t *target) viewTests() {
	if t.view == nil {
		return
	}
	cascaded := false
	var tests []rowTest
	for k := len(t.view.levels) - 1; k >= 0; k-- {
		l := &t.view.levels[k]
		cascaded = cascaded || l.view.CheckOption == "cascaded"
		if l.cond != "" && (cascaded || l.view.CheckOption != "") {
			tests = append([]rowTest{{l.cond, Refusal{Code: "44000", Message: "new row violates check option for view " + strconv.Quote(l.view.Name), Position: -1}}}, tests...)
		}
	}
	t.tests = append(t.tests, tests...)
}
