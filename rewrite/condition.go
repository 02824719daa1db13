package rewrite

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"
)

// Conditions. PostgreSQL flattens a filtering sub-select into the query around it and may then try the query's own conditions before the filter, on rows
// that the person must not see. A condition whose operators and functions are all leakproof can tell nothing by that (row security knows the same rule);
// any other is guarded: CASE WHEN <filter> THEN <condition> END, said in the terms of the query level it stands in. Where that cannot be said, the
// sub-select is fenced by OFFSET 0, and nothing gets into it. What may fail though it sees no column is guarded likewise: calm.go says what does not.

// flatten gives the conjuncts of a condition, as the tokens of the text have them.
func flatten(n *pg.Node, dst []*pg.Node) []*pg.Node {
	if b := n.GetBoolExpr(); b != nil && b.Boolop == pg.BoolExprType_AND_EXPR {
		for _, a := range b.Args {
			dst = flatten(a, dst)
		}
		return dst
	}
	return append(dst, n)
}

// where rewrites the condition of WHERE or ON. exactly says that a condition of it on one table alone may be asked of that table beforehand; judged are the items of a query whose rows go when it is not true of them.
func (q *query) where(n *pg.Node, opens string, join, exactly bool, s *scope, r *result, judged []*item) info {
	all := info{loc: -1}
	if n == nil {
		return all
	}
	nodes := flatten(n, nil)
	infos := make([]info, len(nodes))
	exact := make([]*exactMatch, len(nodes))
	guarded := false
	for _, c := range nodes {
		q.noteParent(c, s, judged)
	}
	for k, c := range nodes {
		if exactly {
			if exact[k] = q.exact(c, s); exact[k] != nil {
				infos[k] = info{loc: exact[k].loc, typ: typeBool}
				all.add(infos[k])
				guarded = true
				continue
			}
		}
		if q.conjunct = c.GetSubLink(); join && !exactly {
			q.conjunct = nil
		} else if not := c.GetBoolExpr(); not.GetBoolop() == pg.BoolExprType_NOT_EXPR && len(not.Args) == 1 && not.Args[0].GetSubLink().GetSubLinkType() == pg.SubLinkType_EXISTS_SUBLINK {
			q.conjunct = not.Args[0].GetSubLink()
		}
		infos[k] = r.take(q.expr(c, s), s)
		if i := &infos[k]; i.joins && i.risky {
			if i.joins = exactly; i.joins {
				fenceJoins(i.refs)
			}
		}
		all.add(infos[k])
		if q.equalsSubselect(c, infos[k], n, s) {
			infos[k].reads = false
		}
		q.fenceFragile(infos[k])
		guarded = guarded || needsGuard(infos[k])
	}
	if !guarded {
		return all
	}
	spans := q.conjunctSpans(all.loc, opens, join, nodes, infos)
	var guards []guard
	for k := range nodes {
		if exact[k] != nil {
			if spans != nil {
				q.applyExact(exact[k], spans[k])
				continue
			}
			infos[k] = r.take(q.expr(nodes[k], s), s) // compared with the mask, then
		}
		if !needsGuard(infos[k]) {
			continue
		}
		tried := infos[k].risky && estimated(nodes[k]) && filtered(infos[k], s)
		if spans == nil {
			if q.fenceAll(infos[k], s); tried {
				q.refuseHint(infos[k].loc, "0A000", "Cordon cannot find this condition in the statement's text, and PostgreSQL could try it on values of hidden rows to estimate how many rows fit.", "Put it into parentheses.")
			}
			continue
		}
		g := ""
		strict := q.strictColumns(nodes[k], s)
		var sole *item
		if s.full { // PostgreSQL does a FULL JOIN by nothing but equalities
			q.fenceAll(infos[k], s)
		} else {
			needs := q.needs(infos[k], s)
			if g = q.guard(infos[k], needs, s, strict); spared(nodes[k], g, strict, s) {
				continue
			}
			sole = soleItem(infos[k], needs)
		}
		if g == "" && tried {
			g = "pg_catalog.now() IS NOT NULL"
		}
		if g != "" {
			// CASE hides from the planner that the condition makes an outer join an inner one; without which PostgreSQL refuses some full joins.
			end := " END"
			for _, x := range strict {
				if name, ok := x.called(s); ok && x.item.nullable && !x.col.fragile {
					end += " AND " + name + " IS NOT NULL"
				}
			}
			guards = append(guards, guard{at: spans[k], filter: g, close: end, sole: sole})
		}
	}
	q.writeGuards(guards, !slices.ContainsFunc(infos, func(i info) bool { return i.risky }), s, judged)
	return all
}

// A guard is what is to be written around the tokens of a condition.
type guard struct {
	at     span
	filter string
	close  string
	sole   *item // which the condition is on, and nothing else; nil for none
}

// writeGuards writes the guards of one WHERE or ON. Conditions that stand side by side share theirs, if none can fail: PostgreSQL tries cheap ones first, as price ~ '^[0-9]+$' before price::int > 100, but in CASE takes them as they stand.
//
// A filter with a sub-select would be worked out twice, as a join and in the guard, and the guard's sub-plan makes the planner shun the index that the join would use. So the filter is no join beside such a guard; and where no row of the table gets
// past the guard, the table itself does not ask it: PostgreSQL tries a condition on one table alone when it reads that table, as it would try the filter.
func (q *query) writeGuards(guards []guard, shared bool, s *scope, judged []*item) {
	k := q.p.toks
	for n := 0; n < len(guards); n++ {
		g := guards[n]
		for shared && n+1 < len(guards) {
			next := guards[n+1]
			if next.filter != g.filter || next.sole != g.sole || g.close != " END" || next.close != " END" || k.keyword(g.at.end) != "AND" || next.at.first != g.at.end+1 {
				break
			}
			g.at.end = next.at.end
			n++
		}
		before := "CASE WHEN " + g.filter + " THEN "
		q.p.wrap(k.start(g.at.first), k.end(g.at.end-1), before, g.close)
		if g.sole == nil {
			continue
		}
		for _, a := range g.sole.prot {
			a.alone = a.alone || a.joins()
		}
		a := g.sole.direct
		if a == nil || !a.joins() || a.asked != nil || !q.p.client || g.sole.nullable || !slices.Contains(judged, g.sole) || slices.ContainsFunc(g.sole.cols, func(c column) bool { return c.fragile }) {
			continue
		}
		if said, ok := a.guardFor(g.sole, s); ok && said == g.filter {
			a.asked = &asked{item: g.sole.name, at: k.start(g.at.first), text: before}
			q.asked = append(q.asked, a)
		}
	}
}

// soleItem is the item that a condition is on, when it is on no other.
func soleItem(i info, needs []need) *item {
	if len(needs) != 1 || i.astray || i.volatile || i.agg || len(i.refs) == 0 {
		return nil
	}
	it := needs[0].it
	if slices.ContainsFunc(i.refs, func(x ref) bool { return x.item != it }) || it.direct != nil && it.direct.parent != nil {
		return nil
	}
	return it
}

// spared says that a guarded condition needs no guard: it compares a column, by an operator that is not called for NULL, with a literal or parameter, and the guard would ask no more than whether that column is NULL. The column is
// CASE WHEN <filter> THEN … END, of which PostgreSQL has no statistics either that it could try the condition on.
func spared(n *pg.Node, guard string, strict []ref, s *scope) bool {
	e := n.GetAExpr()
	switch e.GetKind() {
	case pg.A_Expr_Kind_AEXPR_OP, pg.A_Expr_Kind_AEXPR_LIKE, pg.A_Expr_Kind_AEXPR_ILIKE:
	default:
		return false
	}
	column, value := e.Lexpr, e.Rexpr
	if column.GetColumnRef() == nil {
		column, value = value, column
	}
	if column.GetColumnRef() == nil || value.GetAConst() == nil && value.GetParamRef() == nil || len(strict) != 1 {
		return false
	}
	name, ok := strict[0].called(s)
	return ok && guard == name+" IS NOT NULL"
}

// equalsSubselect says that a condition of a statement over one table is column = (SELECT …), of a sub-select that needs no row around it, behind filters that PostgreSQL tries first: of equalities it first tries the one that it
// met first, which is the filter's, of the sub-select pulled up, and other comparisons go before them. So no hidden row has the sub-select worked out, and the column's index serves; a scan of that works it out before there is any row.
// Beside other tables, and sub-selects that become joins, the equality may come to a column of theirs, before filters of another kind.
func (q *query) equalsSubselect(n *pg.Node, i info, where *pg.Node, s *scope) bool {
	if !q.p.client || q.in.Statement == nil || q.in.Statement.Tree.GetSelectStmt().GetWhereClause() != where || len(s.items) != 1 || s.items[0].table == nil || s.outer != nil {
		return false
	}
	e := n.GetAExpr()
	if e.GetKind() != pg.A_Expr_Kind_AEXPR_OP || len(e.GetName()) != 1 || lastOf(e.Name) != "=" || i.leaky || i.volatile || i.astray || i.risky || i.chooses || len(i.refs) != 1 || i.refs[0].col == nil || !q.calm(i.refs[0].col.typ) {
		return false
	}
	column, sub := e.Lexpr, e.Rexpr
	if column.GetColumnRef() == nil {
		column, sub = sub, column
	}
	if column.GetColumnRef() == nil || sub.GetSubLink().GetSubLinkType() != pg.SubLinkType_EXPR_SUBLINK {
		return false
	}
	joins := false
	within := map[any]bool{}
	eachNode(where.ProtoReflect(), func(m any) {
		if l, ok := m.(*pg.SubLink); ok && !within[m] {
			joins = joins || l.SubLinkType != pg.SubLinkType_EXPR_SUBLINK
			eachNode(l.Subselect.ProtoReflect(), func(m any) { within[m] = true })
		}
	})
	return !joins && !slices.ContainsFunc(refAccess(i.refs[0]), func(a *access) bool { return a.filter == nil || !a.filter.plain })
}

// needsGuard: a leaky condition; or a volatile one without columns, which would count the rows it is tried on (nextval); or one that tries a column by what
// is leakproof, and then does what can fail, or take long, without it: CASE WHEN name = 'x' THEN (SELECT id FROM t) END.
func needsGuard(i info) bool {
	return i.leaky || i.volatile || i.astray || (i.risky && !i.early && !i.joins || i.reads) && i.vars
}

// estimated says that a condition has an operator, beyond comparisons, or a function that PostgreSQL's planner tries on the most common values of a column to estimate how many rows fit. It looks through every sub-select but
// a security_barrier view for the column that a value comes from, fences among them, and its statistics are of hidden rows too: an error would tell of these. It does not look into CASE, as long as that cannot be worked out when planning.
func estimated(n *pg.Node) bool {
	found := false
	within := map[any]bool{} // a sub-select has conditions of its own
	eachNode(n.ProtoReflect(), func(m any) {
		if s, ok := m.(*pg.SubLink); ok && !within[m] {
			eachNode(s.Subselect.ProtoReflect(), func(m any) { within[m] = true })
		}
	})
	eachNode(n.ProtoReflect(), func(m any) {
		if within[m] {
			return
		}
		switch m := m.(type) {
		case *pg.A_Expr:
			op := names(m.Name)
			found = found || len(op) == 0 || !comparison[op[len(op)-1]] && !arithmetic[op[len(op)-1]]
		case *pg.FuncCall:
			name := names(m.Funcname)
			last := name[len(name)-1]
			found = found || strings.Contains(last, "like") || strings.Contains(last, "regex") || last == "starts_with"
		}
	})
	return found
}

// arithmetic are operators that give no truth value.
var arithmetic = map[string]bool{"+": true, "-": true, "*": true, "/": true, "%": true, "^": true, "||": true, "->": true, "->>": true, "#>": true, "#>>": true}

// filtered says that a condition depends on rows of a filtered table, or may.
func filtered(i info, s *scope) bool {
	for _, x := range i.refs {
		if x.item.counted || len(refAccess(x)) > 0 {
			return true
		}
	}
	if i.astray {
		for at := s; at != nil; at = at.outer {
			for _, it := range at.items {
				if it.counted || len(it.prot) > 0 {
					return true
				}
			}
		}
	}
	return false
}

// conjunctSpans finds the tokens of each conjunct; nil when the tokens and the tree cannot be brought together.
func (q *query) conjunctSpans(anchor int, opens string, join bool, nodes []*pg.Node, infos []info) []span {
	clause, ok := q.p.toks.clause(opens, anchor, join)
	if !ok {
		return nil
	}
	spans := q.p.toks.conjuncts(clause, nil)
	if len(spans) != len(nodes) {
		return nil
	}
	for k := range spans {
		if spans[k].end <= spans[k].first || infos[k].loc < q.p.toks.start(spans[k].first) || infos[k].loc >= q.p.toks.end(spans[k].end-1) {
			return nil
		}
	}
	return spans
}

// fenceFragile: a condition, leakproof or not, that uses a leaky expression of a sub-select makes that expression a part of the condition.
func (q *query) fenceFragile(i info) {
	for _, x := range i.refs {
		if x.col != nil && x.col.fragile {
			if x.col.guard != nil {
				x.col.guard.use()
			} else {
				fence(refAccess(x)...)
			}
		}
		if x.col == nil && x.item.open {
			fence(x.item.prot...)
		}
		if x.col == nil {
			for k := range x.item.cols {
				if x.item.cols[k].fragile {
					fence(x.item.cols[k].prot...)
				}
			}
		}
	}
}

func (q *query) fenceAll(i info, s *scope) {
	for _, x := range i.refs {
		fence(refAccess(x)...)
	}
	if i.astray || !i.vars {
		for at := s; at != nil; at = at.outer {
			for _, it := range at.items {
				fence(it.prot...)
			}
		}
	}
}

// A need is a filter that a condition must not be tried before, and the item that it is said by.
type need struct {
	a  *access
	it *item
}

// needs are the filters of all tables that a condition depends on.
func (q *query) needs(i info, s *scope) []need {
	var needs []need
	add := func(a *access, it *item) {
		for _, n := range needs {
			if n.a == a {
				return
			}
		}
		needs = append(needs, need{a, it})
	}
	for _, x := range i.refs {
		for _, a := range refAccess(x) {
			add(a, x.item)
		}
	}
	if i.astray || i.volatile && !i.vars {
		for at := s; at != nil; at = at.outer {
			for _, it := range at.items {
				for _, a := range it.prot {
					add(a, it)
				}
			}
			if !i.astray {
				break
			}
		}
	}
	return needs
}

// guard is these filters, said in the terms of the condition's level; "" when there are none, or when they are fenced instead.
// strict are columns that the condition compares: one that is NULL on hidden rows says the filter too.
func (q *query) guard(i info, needs []need, s *scope, strict []ref) string {
	var parts []string
	for _, n := range needs {
		if n.a.fence {
			continue
		}
		if n.it.owner != s.home() && n.it.owner != nil && n.it.owner.grouped { // a sub-select behind GROUP BY, which sees no row that the filter has not seen
			continue
		}
		if i.agg && n.it.owner != s.home() { // an aggregate of the query around: its columns may not be named ungrouped here
			n.a.fence = true
			continue
		}
		g, ok := n.a.guardFor(n.it, s)
		for _, x := range strict {
			if !ok && x.col.guard != nil && x.col.guard.on && slices.Contains(refAccess(x), n.a) {
				if g, ok = x.called(s); ok {
					g += " IS NOT NULL"
				}
			}
		}
		if !ok {
			n.a.fence = true
			continue
		}
		parts = append(parts, g)
	}
	return strings.Join(parts, " AND ")
}

// guardFor says the access's filter in terms of an item's columns, at a place in scope s.
func (a *access) guardFor(it *item, s *scope) (string, bool) {
	if a.filter == nil || it.name == "" || it.hidden || s.lookupItem("", it.name) != it { // another item nearer by may bear the name
		return "", false
	}
	// Other rows may stand beside the table's, as under UNION: a filter that names no column could be said there, and would take these away.
	if !slices.ContainsFunc(it.cols, func(c column) bool { return c.from == a }) {
		return "", false
	}
	at := func(num int16) (string, bool) {
		found := ""
		for k := range it.cols {
			c := &it.cols[k]
			if c.from == a && c.num == num {
				for j := range it.cols { // a name that two columns have says nothing
					if j != k && it.cols[j].name == c.name {
						return "", false
					}
				}
				found = quoteIdent(it.name) + "." + quoteIdent(c.name)
				ref{it, c}.use()
			}
		}
		return found, found != ""
	}
	g, ok := "", false
	if a.parent != nil && a.parent.child == it {
		g, ok = a.parent.guard(s)
	}
	if !ok {
		g, ok = a.filter.over(at)
	}
	if !ok {
		return "", false
	}
	if a.nullable || it.nullable {
		// An outer join puts NULLs in the place of rows that it does not find; those are for the condition to judge.
		for k := range it.cols {
			c := &it.cols[k]
			if col := a.table.ColumnNum(c.num); c.from == a && col != nil && col.NotNull {
				if name, ok := at(c.num); ok {
					return "(" + name + " IS NULL OR (" + g + "))", true
				}
			}
		}
		return "", false
	}
	return "(" + g + ")", true
}

// having rewrites HAVING. Without an aggregate in it, PostgreSQL makes a part of it a condition on rows; a part with an aggregate stays where it is.
func (q *query) having(n *pg.Node, s *scope, r *result) info {
	i := r.shown(q.expr(n, s), s)
	i.joins = false
	q.fenceFragile(i)
	filtered := false
	for _, x := range i.refs {
		filtered = filtered || len(refAccess(x)) > 0
	}
	for _, it := range s.items {
		filtered = filtered || (i.astray || i.volatile) && len(it.prot) > 0
	}
	if !needsGuard(i) || !filtered {
		return i
	}
	clause, ok := q.p.toks.clause("HAVING", i.loc, false)
	if !ok {
		q.fenceAll(i, s)
		return i
	}
	q.p.wrap(q.p.toks.start(clause.first), q.p.toks.end(clause.end-1), "CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.>=) 0 THEN (", ") END")
	return i
}
