package rewrite

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/policy"
)

// INSERT, UPDATE and DELETE. The table they change cannot become a sub-select, so references to it are rewritten one by one: the filter goes into WHERE,
// a masked column becomes its mask wherever it is read, and new rows are held against the filter in RETURNING, which PostgreSQL works out after defaults
// and BEFORE triggers.

// A target is the table that a statement changes.
type target struct {
	rel    *catalog.Relation
	d      *policy.Decision // nil: raw
	item   *item
	ref    string // how its columns are qualified in the statement
	filter *boundFilter
	access *access
	tests  []rowTest
	plain  bool  // it goes by its own name, and no other table is in sight: an expression of the policy reads there as it is written
	table  *item // the table's own columns; item, but where the statement writes through a view
	view   *writtenView
}

// target resolves the table of INSERT, UPDATE, DELETE and decides what may be done to it; nil, with the refusal noted, when nothing may.
func (q *query) target(n *pg.RangeVar, ops policy.Op, from, to int) *target {
	rel := q.resolve(n)
	if rel == nil {
		return nil
	}
	if q.raw {
		q.refuse(int(n.Location), "0A000", "An expression of the policy must not change a table.")
		return nil
	}
	if q.systemWrite(rel, int(n.Location)) {
		return nil
	}
	if rel.Kind == catalog.View && !q.in.Grant.NamesItself(tableName(rel)) && q.readsProtected(rel, 0) {
		return q.viewTarget(n, rel, ops, from, to)
	}
	t := &target{rel: rel, ref: quoteIdent(rel.Name), plain: n.Alias == nil}
	name, schema := rel.Name, rel.Schema
	if n.Alias != nil {
		t.ref, name, schema = quoteIdent(n.Alias.Aliasname), n.Alias.Aliasname, ""
	}
	t.item = tableItem(rel, name, schema)
	t.table = t.item
	q.qualify(n, rel)
	if !q.protect(t, ops, int(n.Location)) {
		return nil
	}
	return t
}

// tableItem is a table that a statement changes.
func tableItem(rel *catalog.Relation, name, schema string) *item {
	it := &item{relation: &relation{}, name: name, schema: schema, table: rel, target: true}
	for k := range rel.Columns {
		c := &rel.Columns[k]
		it.cols = append(it.cols, column{name: c.Name, typ: c.Type, num: c.Num, notNull: c.NotNull})
	}
	return it
}

// protect decides what may be done to the target's table, and gives it its filter and masks; false, with the refusal noted, when nothing may.
func (q *query) protect(t *target, ops policy.Op, loc int) bool {
	rel, it := t.rel, t.item
	t.d = q.decide(rel)
	if t.d == nil {
		q.touch(rel, ops, nil)
		return true
	}
	if !q.allowed(t.d, rel, ops, loc) {
		return false
	}
	touched := q.touch(rel, ops, t.d)
	if rel.HasRules || rel.Kind == catalog.View && (t.d.Rows != nil || len(t.d.Masks) > 0) {
		q.refuse(loc, "0A000", "Cordon does not write to %s.%s for people under a row filter or mask, because it is a view or has rewrite rules.", rel.Schema, rel.Name)
		return false
	}
	touched.Filtered = t.d.Rows != nil
	if t.d.Rows != nil {
		if t.filter = q.bindExpr(rel, t.d, t.d.RowsSQL(), "rows"); t.filter == nil {
			return false
		}
		t.access = &access{table: rel, filter: t.filter}
		it.prot, it.direct = []*access{t.access}, t.access
	}
	masked := false
	for k := range rel.Columns {
		c := &rel.Columns[k]
		m := t.d.Mask(c.Name)
		if m == nil {
			if t.access != nil {
				it.cols[k].from = t.access
			}
			continue
		}
		masked = true
		touched.Masked = append(touched.Masked, c.Name)
		q.guardColumn(rel, c.Num)
		sql := q.maskText(rel, t.d, m, c, t.ref+"."+quoteIdent(c.Name), t.ref)
		if sql == "" {
			return false
		}
		it.cols[k].masked, it.cols[k].exact = inherent(sql), m.Exact
		it.cols[k].fragile = t.filter != nil && (maskMayFail(m.Mask) || m.Unless != nil)
		if t.access != nil {
			it.cols[k].prot = []*access{t.access}
		}
	}
	if masked {
		q.typedRow(t, rel)
	}
	return true
}

// inherent lets an expression in the place of a column have its collation as a column has it: with COLLATE it would take precedence over what is beside it, or clash with another
// COLLATE. A field of a row has one that is not named, and the planner takes the row apart again.
func inherent(sql string) string {
	if !strings.Contains(sql, " COLLATE ") {
		return sql
	}
	return "(ROW(" + sql + ")).f1"
}

// rowText is the target's whole row as it may be shown.
func (t *target) rowText() string { return t.rowOf("cordon_row") }

func (t *target) rowOf(row string) string {
	return "(SELECT " + row + " FROM (SELECT " + strings.Join(t.columns(""), ", ") + ") AS cordon_row)"
}

// columns is the table's columns as they may be shown, each under its name.
func (t *target) columns(_ string) []string {
	var out []string
	for k := range t.item.cols {
		c := &t.item.cols[k]
		if c.masked != "" {
			out = append(out, c.masked+" AS "+quoteIdent(c.name))
		} else {
			out = append(out, t.ref+"."+quoteIdent(c.name))
		}
	}
	return out
}

// expandStar spells out a star of RETURNING that takes in a masked table.
func (q *query) expandStar(c *pg.ColumnRef, s *scope) {
	first := q.p.toks.at(int(c.Location))
	end := -1
	if first >= 0 {
		end = q.p.toks.dotted(first, len(c.Fields))
		if len(c.Fields) == 1 && q.p.toks.is(first, "*") {
			end = first + 1
		}
	}
	if end < 0 {
		q.refuse(int(c.Location), "0A000", "Cordon cannot find the place of a star in the statement.")
		return
	}
	items := s.items
	if len(c.Fields) > 1 {
		items = nil
		if refs := q.bind(c, s); len(refs) == 1 {
			items = []*item{refs[0].item}
		}
	} else if s.merged {
		q.refuse(int(c.Location), "0A000", "Cordon does not expand RETURNING * over a masked table together with JOIN USING or NATURAL JOIN; name the columns.")
		return
	}
	var parts []string
	for _, it := range items {
		switch {
		case it.hidden || it.record != nil:
		case it.target && (it.rowText != nil || q.starCheck != ""):
			parts = append(parts, (&target{item: it, ref: quoteIdent(it.name)}).columns("")...)
		default:
			parts = append(parts, quoteIdent(it.name)+".*")
		}
	}
	if q.starCheck != "" && len(parts) > 0 {
		t := items[0]
		if !t.target || len(t.cols) == 0 {
			q.refuse(int(c.Location), "0A000", "Cordon cannot check the rows that a WITH query writes when its first result column is another table's star.")
			return
		}
		parts[0] = "(SELECT " + strings.TrimSuffix(parts[0], " AS "+quoteIdent(t.cols[0].name)) + q.starCheck + " AS " + quoteIdent(t.cols[0].name)
	}
	q.p.replace(q.p.toks.start(first), q.p.toks.end(end-1), literal(strings.Join(parts, ", ")))
}

// filterText is the target's filter as it can stand in the statement's own clauses; in the view's terms, the rows of a view that the statement writes through.
func (t *target) filterText() string {
	if t.view != nil {
		return t.view.rows
	}
	return t.ruleText()
}

// ruleText is the rule's filter alone.
func (t *target) ruleText() string {
	if t.plain {
		return t.filter.inner
	}
	text, _ := t.filter.over(func(num int16) (string, bool) {
		return t.ref + "." + quoteIdent(t.rel.ColumnNum(num).Name), true
	})
	return "(" + text + ")"
}

// bounded says whether the statement reaches only some of the table's rows.
func (t *target) bounded() bool { return t.filter != nil || t.view != nil && t.view.rows != "" }

// boundText is filterText where it bounds the statement; see filterAlone.
func (t *target) boundText() string {
	if t.access.alone {
		return "CASE WHEN " + t.filterText() + " THEN true END"
	}
	return t.filterText()
}

// filterWhere puts the target's filter into the statement's WHERE clause, or makes one at the byte offset end.
func (q *query) filterWhere(t *target, where *pg.Node, i info, end int) {
	if t.bounded() && where == nil {
		q.p.insert(end, literal(" WHERE "+t.boundText()))
		return
	}
	q.filterClause(t, "WHERE", i)
}

// filterClause puts the target's filter in front of the condition that a keyword opens.
func (q *query) filterClause(t *target, opens string, i info) {
	if !t.bounded() {
		return
	}
	filter := t.boundText()
	clause, ok := q.p.toks.clause(opens, i.loc, false)
	if !ok {
		q.refuse(i.loc, "0A000", "Cordon cannot find the extent of the %s clause, so it refuses the statement.", opens)
		return
	}
	q.p.wrapText(q.p.toks.start(clause.first), q.p.toks.end(clause.end-1),
		func(b *strings.Builder) {
			b.WriteString(filter + " AND (")
			if t.access.fence || q.fenceEverything { // what cannot be guarded on its own is guarded as a whole
				b.WriteString("CASE WHEN " + filter + " THEN (")
			}
		},
		func(b *strings.Builder) {
			if t.access.fence || q.fenceEverything {
				b.WriteString(") END")
			}
			b.WriteString(")")
		})
}

// relationTokens gives the byte range of a target's name.
func (q *query) relationTokens(n *pg.RangeVar) (from, to int) {
	from, to, ok := q.relationSpan(n)
	if !ok {
		q.refuse(int(n.Location), "0A000", "Cordon cannot find the place of the table's name in the statement.")
	}
	return from, to
}

// statementEnd is the token behind the statement (or CTE) that token i belongs to, at its depth.
func (q *query) statementEnd(i int) int {
	k, depth := q.p.toks, 0
	for ; i < len(k.t); i++ {
		switch {
		case k.is(i, "("):
			depth++
		case k.is(i, ")"):
			if depth == 0 {
				return i
			}
			depth--
		case k.is(i, ";") && depth == 0:
			return i
		}
	}
	return i
}

// keywordAfter finds a keyword behind token i at its depth, where it is not the name of a column or alias; -1 when the statement has none.
func (q *query) keywordAfter(i int, word string) int {
	k, depth := q.p.toks, 0
	for ; i < len(k.t); i++ {
		switch {
		case k.is(i, "(") || k.is(i, "["):
			depth++
		case k.is(i, ")") || k.is(i, "]"):
			if depth == 0 {
				return -1
			}
			depth--
		case k.is(i, ";") && depth == 0:
			return -1
		case depth == 0 && k.keyword(i) == word && !k.label(i):
			return i
		}
	}
	return -1
}

// bodyEnd is the byte offset where WHERE would go: before RETURNING, else at the statement's end.
func (q *query) bodyEnd(n *pg.RangeVar) int {
	i := q.p.toks.at(int(n.Location))
	if i < 0 {
		return q.p.end
	}
	if r := q.keywordAfter(i, "RETURNING"); r > 0 {
		return q.p.toks.end(r - 1)
	}
	return q.p.toks.end(q.statementEnd(i) - 1)
}

func (q *query) insertStmt(n *pg.InsertStmt, s *scope, nested bool) *result {
	r := &result{scope: s}
	if n.WithClause != nil {
		q.with(n.WithClause, s, r)
	}
	ops := policy.OpInsert
	conflict := n.OnConflictClause
	if conflict != nil && conflict.Action == pg.OnConflictAction_ONCONFLICT_UPDATE {
		ops |= policy.OpUpdate
	}
	if len(n.ReturningList) > 0 {
		ops |= policy.OpSelect
	}
	from, to := q.relationTokens(n.Relation)
	t := q.target(n.Relation, ops, from, to)
	if t == nil {
		return r
	}
	var selected *result
	if sel := n.SelectStmt.GetSelectStmt(); sel != nil {
		selected = q.selectStmt(sel, &scope{outer: s.outer, ctes: s.ctesInForce()})
		r.merge(selected)
	} else if n.SelectStmt != nil && n.SelectStmt.Node != nil {
		q.unknownNode(n.SelectStmt, -1)
	}
	cols := t.rel.Columns
	listed := q.tableNames(n.Cols, t, "insert into")
	if t.view != nil {
		cols = q.viewColumns(n, t, selected)
	} else if len(n.Cols) > 0 {
		cols = nil
		for _, c := range n.Cols {
			rt := c.GetResTarget()
			col := t.rel.Column(rt.GetName())
			if col == nil {
				if t.d != nil {
					q.stale(int(rt.GetLocation()), "42703", "column \""+rt.GetName()+"\" of relation \""+t.rel.Name+"\" does not exist")
				}
				continue
			}
			cols = append(cols, *col)
		}
	}
	for _, c := range n.Cols {
		q.targetParts(c.GetResTarget().GetIndirection(), s, r)
	}
	q.assigns(cols...)
	explicit := false // the columns stand in the text now
	if t.d != nil {
		for _, c := range listed {
			name := c.GetResTarget().GetName()
			if slices.Contains(t.d.ReadOnly, name) {
				q.denied(t.d, t.rel, int(c.GetResTarget().GetLocation()), "the rule makes the column "+name+" read-only")
			}
		}
		unlisted := slices.ContainsFunc(cols, func(c catalog.Column) bool { return slices.Contains(t.d.ReadOnly, c.Name) })
		if len(n.Cols) == 0 && len(t.d.ReadOnly) > 0 && n.SelectStmt != nil && (unlisted || t.view == nil) {
			q.denied(t.d, t.rel, int(n.Relation.Location), "the rule makes "+strings.Join(t.d.ReadOnly, ", ")+" read-only, so the columns of INSERT must be named")
		}
		if len(t.d.Force) > 0 {
			if sel := n.SelectStmt.GetSelectStmt(); sel != nil && len(sel.ValuesLists) == 0 {
				explicit = q.forceSelect(n, t, cols, selected)
			} else {
				explicit = q.forceInsert(n, t, cols)
			}
		}
	}
	if t.view != nil && !explicit {
		q.listColumns(n, t, cols)
	}
	s.items = append(s.items, t.item)
	t.item.owner = s
	var updated []*pg.Node
	if conflict != nil {
		updated = q.onConflict(n, conflict, t, s, r)
	}
	if t.filter != nil {
		t.filterTest()
	}
	q.insertTests(t, cols, updated)
	t.viewTests()
	q.rowBytes(t, nil)
	q.inserted = t.item
	q.returning(n.Relation, n.ReturningList, t, s, r, nested)
	q.inserted = nil
	return r
}

// onConflict gives what DO UPDATE assigns.
func (q *query) onConflict(n *pg.InsertStmt, c *pg.OnConflictClause, t *target, s *scope, r *result) []*pg.Node {
	q.viewConflict(c, t)
	if inf := c.Infer; inf != nil {
		for _, e := range inf.IndexElems {
			if el := e.GetIndexElem(); el != nil {
				q.plainExpr(el.Expr, t, s, r)
			}
		}
		q.plainExpr(inf.WhereClause, t, s, r)
	}
	if c.Action != pg.OnConflictAction_ONCONFLICT_UPDATE {
		return nil
	}
	excluded := q.excluded(t)
	if excluded == nil {
		return nil
	}
	inner := &scope{outer: s.outer, ctes: s.ctes, items: []*item{t.item, excluded}}
	excluded.owner = inner
	plain := t.plain
	t.plain = false // EXCLUDED has the same columns
	list := q.tableNames(c.TargetList, t, "update")
	q.assignments(list, t, inner, r)
	if t.d != nil {
		q.forceUpdate(list, t)
	}
	var i info
	if c.WhereClause != nil {
		i = r.shown(q.expr(c.WhereClause, inner), inner)
	}
	if t.filter != nil {
		t.access.fence = t.access.fence || i.leaky || i.volatile || i.astray || i.risky || i.reads
		at := q.p.toks.at(int(c.Location))
		end := q.p.end
		if ret := q.keywordAfter(at, "RETURNING"); at >= 0 && ret > 0 {
			end = q.p.toks.end(ret - 1)
		} else if at >= 0 {
			end = q.p.toks.end(q.statementEnd(at) - 1)
		}
		view := t.view
		t.view = nil // PostgreSQL does not ask a view's own condition of the row that is in the way
		q.filterWhere(t, c.WhereClause, i, end)
		t.view = view
	}
	t.plain = plain
	q.readsTarget(t, n.Relation)
	return list
}

// excluded is the row that ON CONFLICT did not insert.
func (q *query) excluded(t *target) *item {
	it := &item{relation: &relation{}, name: "excluded"}
	for k := range t.rel.Columns {
		col := &t.rel.Columns[k]
		it.cols = append(it.cols, column{name: col.Name, typ: col.Type, num: col.Num})
	}
	if t.view == nil {
		return it
	}
	if slices.Contains(t.view.nums, 0) {
		return q.viewExcluded(t)
	}
	t.view.names(it, "excluded.")
	return it
}

// plainExpr walks an expression over the table's raw columns that PostgreSQL matches with an index and evaluates on no stored row.
func (q *query) plainExpr(n *pg.Node, t *target, s *scope, r *result) {
	if n == nil || n.Node == nil {
		return
	}
	it := &item{relation: &relation{}, name: t.item.name, schema: t.item.schema, table: nil}
	for k := range t.rel.Columns {
		it.cols = append(it.cols, column{name: t.rel.Columns[k].Name, typ: t.rel.Columns[k].Type, num: t.rel.Columns[k].Num})
	}
	if t.view != nil {
		t.view.names(it, "")
	}
	inner := &scope{outer: s.outer, items: []*item{it}}
	it.owner = inner
	r.take(q.expr(n, inner), inner)
}

func (q *query) updateStmt(n *pg.UpdateStmt, s *scope, nested bool) *result {
	r := &result{scope: s}
	if n.WithClause != nil {
		q.with(n.WithClause, s, r)
	}
	ops := policy.OpUpdate
	if len(n.ReturningList) > 0 || n.WhereClause != nil {
		ops |= policy.OpSelect
	}
	from, to := q.relationTokens(n.Relation)
	t := q.target(n.Relation, ops, from, to)
	if t == nil {
		return r
	}
	q.targetScope(t, n.FromClause, s, r)
	list := q.tableNames(n.TargetList, t, "update")
	if !q.currentOf(n.WhereClause, t) {
		i := q.where(n.WhereClause, "WHERE", false, true, s, r, nil)
		r.filterAlone(s)
		q.assignments(list, t, s, r)
		q.filterWhere(t, n.WhereClause, i, q.bodyEnd(n.Relation))
	} else {
		q.assignments(list, t, s, r)
	}
	if t.d != nil {
		q.forceUpdate(list, t)
	}
	q.readsTarget(t, n.Relation)
	if t.filter != nil && q.needsCheck(list, t) {
		t.filterTest()
	}
	q.referenceTests(t, list)
	t.viewTests()
	q.rowBytes(t, list)
	q.returning(n.Relation, n.ReturningList, t, s, r, nested)
	return r
}

// readsTarget: SET n = n + 1 reads the table, as PostgreSQL sees it too.
func (q *query) readsTarget(t *target, n *pg.RangeVar) {
	if t.d != nil && t.item.read {
		q.allowed(t.d, t.rel, policy.OpSelect, int(n.Location))
	}
}

// targetScope adds FROM or USING, which do not see the target, and then the target in front of them.
func (q *query) targetScope(t *target, from []*pg.Node, s *scope, r *result) {
	for _, f := range from {
		q.fromItem(f, s, r)
	}
	t.plain = t.plain && len(from) == 0
	t.item.owner = s
	s.items = append([]*item{t.item}, s.items...)
}

// currentOf: the row under a cursor cannot be filtered again.
func (q *query) currentOf(where *pg.Node, t *target) bool {
	if where.GetCurrentOfExpr() == nil {
		return false
	}
	if t.view != nil {
		q.refuse(-1, "0A000", "WHERE CURRENT OF on a view is not implemented")
		return true
	}
	if t.filter != nil {
		q.refuseHint(-1, "0A000", "Cordon does not allow WHERE CURRENT OF on "+t.rel.Schema+"."+t.rel.Name+" for people under a row filter.", "Name the row by its key.")
	}
	return true
}

// needsCheck: a row that was visible stays so unless SET changes a column of the filter.
func (q *query) needsCheck(list []*pg.Node, t *target) bool {
	if t.filter.nested || t.filter.whole || t.rel.RowTriggers {
		return true
	}
	for _, c := range q.cat.Descendants(t.rel) {
		if c.RowTriggers || c.Kind == catalog.ForeignTable {
			return true
		}
	}
	set := map[string]bool{}
	for _, a := range list {
		set[a.GetResTarget().GetName()] = true
	}
	for _, f := range t.d.Force {
		set[f.Column] = true
	}
	for _, num := range t.filter.columns() {
		c := t.rel.ColumnNum(num)
		if c == nil || c.Generated != 0 || set[c.Name] {
			return true
		}
	}
	return false
}

func (q *query) deleteStmt(n *pg.DeleteStmt, s *scope, nested bool) *result {
	r := &result{scope: s}
	if n.WithClause != nil {
		q.with(n.WithClause, s, r)
	}
	ops := policy.OpDelete
	if len(n.ReturningList) > 0 || n.WhereClause != nil {
		ops |= policy.OpSelect
	}
	from, to := q.relationTokens(n.Relation)
	t := q.target(n.Relation, ops, from, to)
	if t == nil {
		return r
	}
	q.targetScope(t, n.UsingClause, s, r)
	if !q.currentOf(n.WhereClause, t) {
		i := q.where(n.WhereClause, "WHERE", false, true, s, r, nil)
		r.filterAlone(s)
		q.filterWhere(t, n.WhereClause, i, q.bodyEnd(n.Relation))
	}
	q.returning(n.Relation, n.ReturningList, t, s, r, nested)
	return r
}
