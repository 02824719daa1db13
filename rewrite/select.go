package rewrite

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"
)

// A result is what a query gives to the one around it.
type result struct {
	relation
	outerRefs []ref // columns of queries further out that it depends on
	astray    bool
	leaky     bool // outside WHERE and ON something in it is leaky
	risky     bool // working it out can fail
	single    bool // it has at most one row
	volatile  bool
	scope     *scope
}

// take adds what an expression of this query says.
func (r *result) take(i info, s *scope) info {
	for _, x := range i.refs {
		if x.item.owner != s.home() {
			r.outerRefs = append(r.outerRefs, x)
		}
	}
	r.astray = r.astray || i.astray
	r.volatile = r.volatile || i.volatile
	r.risky = r.risky || i.risky && !i.early
	r.reads = r.reads || i.reads
	return i
}

// shown is take for an expression outside WHERE and ON.
func (r *result) shown(i info, s *scope) info {
	r.leaky = r.leaky || i.leaky
	i.early = false
	return r.take(i, s)
}

func (r *result) merge(o *result) {
	r.outerRefs = append(r.outerRefs, o.outerRefs...)
	r.astray = r.astray || o.astray
	r.leaky = r.leaky || o.leaky
	r.volatile = r.volatile || o.volatile
	r.risky = r.risky || o.risky
	r.reads = r.reads || o.reads
}

// selectNode rewrites a sub-select. s is its own, still empty, scope.
func (q *query) selectNode(n *pg.Node, s *scope) *result {
	if sel := n.GetSelectStmt(); sel != nil {
		return q.selectStmt(sel, s)
	}
	q.unknownNode(n, -1)
	return &result{astray: true, leaky: true, risky: true}
}

func (q *query) selectStmt(sel *pg.SelectStmt, s *scope) *result {
	if q.depth++; q.depth > maxQueries {
		q.refuse(-1, "54001", "The statement holds more than %d queries, views expanded; Cordon does not rewrite that many.", maxQueries)
		return &result{scope: s}
	}
	r := &result{scope: s}
	defer q.within(q.newLevel(q.level))()
	if sel.WithClause != nil {
		q.with(sel.WithClause, s, r)
	}
	if sel.IntoClause != nil && !q.mayInto {
		q.refuse(-1, "0A000", "SELECT INTO is not allowed here.")
	}
	switch {
	case sel.Op != pg.SetOperation_SETOP_NONE:
		q.setOperation(sel, s, r)
	case len(sel.ValuesLists) > 0:
		q.valuesLists(sel, s, r)
	default:
		q.plainSelect(sel, s, r)
	}
	if sel.LimitCount != nil || sel.LimitOffset != nil {
		q.amount(sel.LimitOffset, s, r)
		q.amount(sel.LimitCount, s, r)
		if c := sel.LimitCount.GetAConst(); c.GetIval() != nil && sel.LimitOption == pg.LimitOption_LIMIT_OPTION_COUNT {
			if s.outer != nil {
				q.fixed(int(c.Location))
			}
			r.single = r.single || c.GetIval().Ival <= 1
		}
	}
	q.atMost(sel, r)
	return r
}

func (q *query) plainSelect(sel *pg.SelectStmt, s *scope, r *result) {
	if q.recursive[sel] {
		q.stringsTogether(sel)
	}
	for _, f := range sel.FromClause {
		q.fromItem(f, s, r)
	}
	for _, it := range s.items {
		r.reads = r.reads || it.reads
	}
	condition := q.where(sel.WhereClause, "WHERE", false, true, s, r, s.items)
	r.filterAlone(s)

	targets := q.targetList(sel, sel.TargetList, s, r)
	var plain []info // every expression that GROUP BY can ask for
	plain = append(plain, targets...)
	s.grouped = false
	groups := make([]info, 0, len(sel.GroupClause))
	for _, g := range sel.GroupClause {
		groups = append(groups, r.shown(q.outputExpr(g, sel, targets, s), s))
	}
	s.grouped = behindGroups(sel)
	for _, w := range sel.WindowClause {
		plain = append(plain, r.shown(q.window(w.GetWindowDef(), s), s))
	}
	for _, d := range sel.DistinctClause {
		if d != nil && d.Node != nil {
			plain = append(plain, r.shown(q.outputExpr(d, sel, targets, s), s))
		}
	}
	for _, o := range sel.SortClause {
		if sb := o.GetSortBy(); sb != nil {
			q.sortOperator(sb)
			plain = append(plain, r.shown(q.outputExpr(sb.Node, sel, targets, s), s))
		} else {
			q.unknownNode(o, -1)
		}
	}
	sorted := append(append([]info(nil), groups...), plain[len(targets):]...)
	for k, t := range sel.TargetList {
		if k < len(targets) && targets[k].loc >= 0 && (len(sel.DistinctClause) > 0 || len(targets[k].refs) > 0 && hasWindow(t)) {
			sorted = append(sorted, targets[k])
		}
	}
	for _, i := range sorted { // PostgreSQL may sort in parallel workers, below the join that a filter has become
		if !q.orderly(i) {
			i.risky, r.risky = true, true
		}
		if i.risky || i.chooses || i.volatile || i.astray {
			fenceJoins(i.refs)
		}
		for _, x := range i.refs {
			if x.col != nil && x.col.fragile {
				fenceJoins([]ref{x})
			}
		}
	}
	if sel.HavingClause != nil {
		plain = append(plain, q.having(sel.HavingClause, s, r))
	}
	s.grouped = false
	if len(sel.GroupClause) > 0 {
		q.dependentColumns(sel, groups, plain, s, r)
	}
	for _, l := range sel.LockingClause {
		q.locking(l.GetLockingClause(), s)
		r.volatile = true // a lock is seen by others, and in xmax
	}
	for _, it := range s.items {
		r.prot = unionAccess(r.prot, it.prot...)
		r.counted = r.counted || it.counted
	}
	for _, g := range sel.GroupClause {
		if g.GetGroupingSet() == nil {
			continue
		}
		for _, i := range groups {
			for _, x := range i.refs {
				for _, a := range refAccess(x) {
					// owner_id = 7 would have PostgreSQL before 18 take owner_id for the same in all rows, also in those of a set without it, where it is NULL: ORDER BY and DISTINCT went by that.
					a.fence = a.fence || a.filter == nil || a.filter.equates
				}
			}
		}
		for k := range r.cols { // NULL in the rows of a set without it, so no guard can be said in its terms
			c := &r.cols[k]
			*c = column{name: c.name, typ: c.typ, prot: refAccess(ref{&item{relation: &r.relation}, c}), fragile: c.fragile, noEqual: c.noEqual}
		}
		break
	}
	if len(sel.GroupClause) == 0 {
		r.single = len(sel.FromClause) == 0
		for _, t := range targets {
			r.single = r.single || t.agg
		}
		for _, t := range targets {
			r.single = r.single && !t.many
		}
		r.single = r.single || q.p.client && q.byKey(sel)
	}
	q.noteLookup(sel, s, condition, r)
}

// hasWindow says whether a window function stands in an expression: its partitions and order are sorted by.
func hasWindow(n *pg.Node) bool {
	found := false
	eachNode(n.ProtoReflect(), func(m any) {
		if f, ok := m.(*pg.FuncCall); ok && f.Over != nil {
			found = true
		}
	})
	return found
}

// outputExpr is an expression of ORDER BY, GROUP BY or DISTINCT ON, where a bare name or number can mean a column of the result.
func (q *query) outputExpr(n *pg.Node, sel *pg.SelectStmt, targets []info, s *scope) info {
	if c := n.GetColumnRef(); c != nil {
		if k := outputTarget(n, sel, s); k >= 0 && k < len(targets) {
			t := targets[k]
			t.loc = int(c.Location) // where the name stands, not what it stands for
			return t
		}
	}
	if c := n.GetAConst(); c != nil && c.GetIval() != nil {
		// A number counts result columns; with a star before it the count is off, and then nothing is learned from it.
		q.fixed(int(c.Location))
		k := outputTarget(n, sel, s)
		if k == behindStar {
			return info{loc: int(c.Location), astray: true}
		}
		if k >= 0 && k < len(targets) {
			t := targets[k]
			t.loc = int(c.Location)
			return t
		}
	}
	return q.expr(n, s)
}

// behindStar is a number of a result column that cannot be told, for a star before it.
const behindStar = -2

// outputTarget is the entry of the select list that a bare name or number means; negative for none.
func outputTarget(n *pg.Node, sel *pg.SelectStmt, s *scope) int {
	if c := n.GetColumnRef(); c != nil && len(c.Fields) == 1 {
		name := c.Fields[0].GetString_().GetSval()
		if refs, known := s.lookupColumn(name); known && len(refs) > 0 {
			return -1
		}
		for k, t := range sel.TargetList {
			if rt := t.GetResTarget(); rt != nil && (rt.Name == name || rt.Name == "" && columnName(rt.Val) == name) {
				return k
			}
		}
	}
	if c := n.GetAConst(); c != nil && c.GetIval() != nil {
		k := int(c.GetIval().Ival) - 1
		for j := 0; j <= k && j < len(sel.TargetList); j++ {
			if cr := sel.TargetList[j].GetResTarget().GetVal().GetColumnRef(); cr != nil && isStar(cr.Fields[len(cr.Fields)-1]) {
				return behindStar
			}
		}
		if k < len(sel.TargetList) {
			return k
		}
	}
	return -1
}

// targetList rewrites a select list and tells the columns it gives.
func (q *query) targetList(sel *pg.SelectStmt, list []*pg.Node, s *scope, r *result) []info {
	out := make([]info, 0, len(list))
	behind, grouped := false, map[int]bool{} // what GROUP BY names is worked out before it
	if sel != nil {
		behind = behindGroups(sel)
		for _, g := range sel.GroupClause {
			q.groupedTargets(g, sel, s, grouped)
		}
	}
	for k, n := range list {
		s.grouped = behind && !grouped[k]
		t := n.GetResTarget()
		if t == nil {
			q.unknownNode(n, -1)
			continue
		}
		if c := t.Val.GetColumnRef(); c != nil && isStar(c.Fields[len(c.Fields)-1]) {
			out = append(out, r.shown(q.star(c, s, r), s))
			continue
		}
		i := r.shown(q.expr(t.Val, s), s)
		out = append(out, i)
		c := q.outputColumn(t, i)
		if c.fragile && c.guard == nil && t.Val.GetColumnRef() == nil {
			c.guard = q.targetGuard(sel, t, i, s)
		}
		r.cols = append(r.cols, c)
		if t.Name == "" && (i.replaced() || !q.trusted && builtinFunction(columnName(t.Val)).verdict == functionWithheld) && !(q.checkedFirst && len(out) == 1) {
			q.keepName(t, func() bool { return true })
		} else if it := i.castsRow(); it != nil && t.Name == "" && c.guard == nil {
			q.keepName(t, func() bool { return it.nullable }) // CASE has another name
		}
	}
	return out
}

// replaced says whether a mask was put in the place of a column in the expression.
func (i info) replaced() bool {
	for _, x := range i.refs {
		if x.item.target && (x.col != nil && x.col.masked != "" || x.col == nil && x.item.rowText != nil) {
			return true
		}
	}
	return false
}

// castsRow is the item whose whole row the expression names; nil for none.
func (i info) castsRow() *item {
	for _, x := range i.refs {
		if i.whole && x.col == nil && x.item.guarded {
			return x.item
		}
	}
	return nil
}

// keepName gives a result column the name that PostgreSQL would have taken from what the client wrote.
func (q *query) keepName(t *pg.ResTarget, needed func() bool) {
	i := q.p.toks.at(int(t.Location))
	if i < 0 {
		q.refuse(int(t.Location), "0A000", "Cordon cannot find the place of a result column in the statement.")
		return
	}
	v := q.listItem(i)
	q.p.insertName(q.p.toks.end(v.end-1), func(b *strings.Builder) {
		if needed() {
			b.WriteString(" AS " + quoteIdent(columnName(t.Val)))
		}
	})
}

// listItem is the tokens from i to the comma that ends the item of a list, or to the end of its clause.
func (q *query) listItem(first int) span {
	toks := q.p.toks
	limit := toks.clauseEnd(first, false)
	for end := first; end < limit; end++ {
		if toks.opens(end) {
			if end = toks.closing(end, limit); end < 0 {
				break
			}
		} else if toks.is(end, ",") {
			return span{first, end}
		}
	}
	return span{first, limit}
}

// outputColumn is the column that one entry of a select list gives.
func (q *query) outputColumn(t *pg.ResTarget, i info) column {
	c := column{name: t.Name, typ: i.typ}
	if c.name == "" {
		c.name = columnName(t.Val)
	}
	if cr := t.Val.GetColumnRef(); cr != nil && len(i.refs) == 1 && i.refs[0].col != nil && !i.astray && i.refs[0].col.masked == "" {
		from := *i.refs[0].col
		from.name = c.name
		return from
	}
	c.fragile = i.leaky || i.volatile || i.risky || i.reads
	for _, x := range i.refs {
		c.prot = unionAccess(c.prot, refAccess(x)...)
		c.fragile = c.fragile || x.col != nil && x.col.fragile
	}
	if i.astray {
		c.fragile = true
	}
	return c
}

// refAccess is all the filtered tables that a reference depends on.
func refAccess(x ref) []*access {
	if x.col == nil {
		return x.item.prot
	}
	if x.col.from != nil {
		return []*access{x.col.from}
	}
	return x.col.prot
}

// star is * or t.* in a select list.
func (q *query) star(c *pg.ColumnRef, s *scope, r *result) info {
	i := info{loc: int(c.Location), vars: true}
	if len(c.Fields) == 1 {
		target, first := false, len(r.cols)
		for _, it := range s.items {
			if it.hidden || it.record != nil {
				continue
			}
			target = target || it.target && (it.rowText != nil || q.starCheck != "")
			it.starred = true
			q.seesAll(it.cols, i.loc)
			r.cols = append(r.cols, it.cols...)
			r.open = r.open || it.open
			for k := range it.cols {
				i.refs = append(i.refs, ref{it, &it.cols[k]})
			}
			if it.open {
				i.refs = append(i.refs, ref{it, nil})
			}
		}
		if s.merged { // USING and NATURAL move columns: which one stands where is not tracked
			all := r.cols[first:]
			for k := range all {
				var prot []*access
				for _, x := range i.refs {
					prot = unionAccess(prot, refAccess(x)...)
				}
				all[k] = column{name: all[k].name, prot: prot, fragile: all[k].fragile, noEqual: all[k].noEqual}
			}
			r.open = true
		}
		if target {
			q.expandStar(c, s)
		}
		return i
	}
	refs := q.bind(c, s)
	if len(refs) != 1 {
		name := c.Fields[max(0, len(c.Fields)-2)].GetString_().GetSval()
		q.unknownTable(schemaOf(c), name, s, int(c.Location)) // database.schema.table.*, or RETURNING old.*, may mean the stored row
		r.open = true
		i.astray = true
		return i
	}
	it := refs[0].item
	it.starred = true
	q.seesAll(it.cols, i.loc)
	r.cols = append(r.cols, it.cols...)
	r.open = r.open || it.open
	for k := range it.cols {
		i.refs = append(i.refs, ref{it, &it.cols[k]})
	}
	if it.open {
		i.refs = append(i.refs, ref{it, nil})
	}
	if it.target && (it.rowText != nil || q.starCheck != "") {
		q.expandStar(c, s)
	} else {
		q.placeColumn(c, refs, s, true)
	}
	return i
}

func (q *query) valuesLists(sel *pg.SelectStmt, s *scope, r *result) {
	r.reads = true
	for k, l := range sel.ValuesLists {
		for j, n := range l.GetList().GetItems() {
			q.spread(n, true)
			i := r.shown(q.expr(n, s), s)
			if k == 0 {
				r.cols = append(r.cols, column{name: "column" + itoa(j+1), typ: i.typ})
			}
			if j < len(r.cols) {
				c := &r.cols[j]
				c.fragile = c.fragile || i.leaky || i.volatile || i.risky || i.reads || i.astray
				for _, x := range i.refs {
					c.prot = unionAccess(c.prot, refAccess(x)...)
				}
				if k > 0 {
					all := info{loc: -1}
					c.typ = q.together(&all, info{typ: c.typ}, i).typ
					c.fragile, r.risky = c.fragile || all.risky, r.risky || all.risky
				}
			}
		}
	}
	for _, o := range sel.SortClause {
		if sb := o.GetSortBy(); sb != nil {
			q.sortOperator(sb)
			r.shown(q.orderOfSet(sb.Node, r, s), s)
		}
	}
}

// setOperation is UNION, INTERSECT, EXCEPT. A condition on its result can be pushed into every arm.
func (q *query) setOperation(sel *pg.SelectStmt, s *scope, r *result) {
	inner := &scope{outer: s.outer, ctes: s.ctesInForce()}
	left := q.selectStmt(sel.Larg, inner)
	inner = &scope{outer: s.outer, ctes: s.ctesInForce()}
	right := q.selectStmt(sel.Rarg, inner)
	r.merge(left)
	r.merge(right)
	r.prot = unionAccess(append([]*access(nil), left.prot...), right.prot...)
	r.open, r.counted = left.open || right.open, left.counted || right.counted
	r.risky = r.risky || r.open
	for k := range left.cols {
		c := column{name: left.cols[k].name, typ: left.cols[k].typ, noEqual: left.cols[k].noEqual}
		arms := []*column{&left.cols[k]}
		if k < len(right.cols) {
			arms = append(arms, &right.cols[k])
			all := info{loc: -1}
			c.typ = q.together(&all, info{typ: c.typ}, info{typ: right.cols[k].typ}).typ
			c.fragile, r.risky = all.risky, r.risky || all.risky
		}
		if !sel.All && !q.orderly(info{typ: c.typ}) {
			r.risky = true
		}
		for _, a := range arms {
			c.fragile = c.fragile || a.fragile
		}
		c.fragile = c.fragile || r.open // which columns meet is not known
		// Whichever of the tables below it comes from, a condition on it may be tried on their rows.
		c.prot = r.prot
		r.cols = append(r.cols, c)
	}
	for _, o := range sel.SortClause {
		if sb := o.GetSortBy(); sb != nil {
			q.sortOperator(sb)
			r.shown(q.orderOfSet(sb.Node, r, s), s)
		}
	}
	for _, l := range sel.LockingClause {
		q.locking(l.GetLockingClause(), s)
		r.volatile = true
	}
}

// orderOfSet is ORDER BY behind a set operation or VALUES: a name or number of the result, else PostgreSQL refuses it. Sub-selects in it are rewritten all the same.
func (q *query) orderOfSet(n *pg.Node, r *result, s *scope) info {
	if c := n.GetColumnRef(); c != nil && len(c.Fields) == 1 {
		return info{loc: int(c.Location)}
	}
	return q.expr(n, s)
}
