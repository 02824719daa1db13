package rewrite

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v5"
	"google.golang.org/protobuf/proto"

	"cordon/catalog"
)

// Rows that are shown by another table's. Orders are shown whose customer is, and a statement joins them with their customers:
//
//	rows: customer_id IN (SELECT id FROM public.customers c WHERE c.owner_id = 7)
//	SELECT c.name, o.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.placed_on = '2026-01-05'
//
// The join says the filter: an order that meets a customer who is shown, by these columns, is shown. So orders need not read the customers once more. The same goes for the nullable side of an outer join with such a
// condition. A condition that must wait for the filter waits for both: CASE WHEN c.owner_id = 7 AND o.customer_id = c.id THEN o.status LIKE 'p%' END, which needs no sub-plan.

// A parent is what a filter of that form looks for: the row of another table, with a key, that a plain condition is true of.
type parent struct {
	num   int16 // the table's column
	table *catalog.Relation
	key   int16
	when  string // as plainCondition
}

// parentOf says what a filter looks for; nil when it has another form.
func (q *query) parentOf(rel *catalog.Relation, where *pg.Node) *parent {
	l := where.GetSubLink()
	sel := l.GetSubselect().GetSelectStmt()
	if l.GetSubLinkType() != pg.SubLinkType_ANY_SUBLINK || len(l.OperName) > 0 || sel == nil || !isLookup(sel) || sel.WhereClause == nil || len(sel.TargetList) != 1 || len(sel.SortClause) > 0 || sel.LimitCount != nil || sel.LimitOffset != nil {
		return nil
	}
	from := sel.FromClause[0].GetRangeVar()
	if from.Catalogname != "" || !from.Inh {
		return nil
	}
	table := q.cat.Relation(from.Schemaname, from.Relname)
	if from.Schemaname == "" {
		table = q.cat.Resolve(from.Relname, q.path)
	}
	if table == nil || table.Kind != catalog.Table && table.Kind != catalog.PartitionedTable {
		return nil
	}
	name := from.Relname
	if from.Alias != nil {
		name = from.Alias.Aliasname
	}
	mine, key := l.Testexpr.GetColumnRef(), sel.TargetList[0].GetResTarget().GetVal().GetColumnRef()
	if mine == nil || key == nil {
		return nil
	}
	of := func(c *pg.ColumnRef, table *catalog.Relation, name string) *catalog.Column {
		f := names(c.Fields)
		if len(f) > 2 || len(f) == 2 && f[0] != name {
			return nil
		}
		return table.Column(f[len(f)-1])
	}
	x, k := of(mine, rel, rel.Name), of(key, table, name)
	when := plainCondition(sel.WhereClause, table, name)
	if x == nil || k == nil || x.Type != k.Type || x.Collation != k.Collation || x.CollationName != k.CollationName || !calmTypes[x.Type] || when == "" {
		return nil
	}
	return &parent{num: x.Num, table: table, key: k.Num, when: when}
}

// plainCondition is a condition on one table, made of what look-ups are made of, in a form that two which say the same in the same words share; "" when it is another.
func plainCondition(n *pg.Node, table *catalog.Relation, name string) string {
	if n == nil || !isPlain(n) {
		return ""
	}
	n = proto.Clone(n).(*pg.Node)
	ok := true
	eachNode(n.ProtoReflect(), func(m any) {
		c, is := m.(*pg.ColumnRef)
		if !is {
			return
		}
		if len(c.Fields) == 2 && c.Fields[0].GetString_().GetSval() == name {
			c.Fields = c.Fields[1:]
		}
		ok = ok && len(c.Fields) == 1 && table.Column(c.Fields[0].GetString_().GetSval()) != nil
	})
	clearLocations(n.ProtoReflect())
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(n)
	if !ok || err != nil {
		return ""
	}
	return string(text)
}

// A joined parent is the item of a statement that a table is joined with, of its level or of one around it, and which shows nothing but what the table's filter looks for.
type joinedParent struct {
	child, item *item
	column, key string // as the condition names them
}

// noteParent looks whether a condition joins a table with what its filter looks for. judged are the items whose rows go when the condition is not true of them.
func (q *query) noteParent(n *pg.Node, s *scope, judged []*item) {
	e := n.GetAExpr()
	if e.GetKind() != pg.A_Expr_Kind_AEXPR_OP || len(e.GetName()) != 1 || lastOf(e.Name) != "=" || !q.p.client || s.full {
		return
	}
	var sides [2]ref
	for k, side := range []*pg.Node{e.Lexpr, e.Rexpr} {
		c := side.GetColumnRef()
		if c == nil || isStar(c.Fields[len(c.Fields)-1]) {
			return
		}
		refs := q.bind(c, s)
		if len(refs) != 1 || refs[0].col == nil {
			return
		}
		sides[k] = refs[0]
	}
	for k := range sides {
		x, y := sides[k], sides[1-k]
		a, b := x.item.direct, y.item.direct
		if a == nil || b == nil || a == b || a.parent != nil || x.col.from != a || y.col.from != b || a.filter == nil || b.filter == nil || x.item.target || y.item.target || !slices.Contains(judged, x.item) || x.item.nullable {
			continue
		}
		p := a.filter.parent
		if p == nil || b.table != p.table || b.filter.selects || b.filter.when != p.when || x.col.num != p.num || y.col.num != p.key {
			continue
		}
		if _, proof := q.operator([]string{"="}, info{typ: x.col.typ, vars: true}, info{typ: y.col.typ, vars: true}, int(e.Location)); !proof {
			continue
		}
		a.parent = &joinedParent{x.item, y.item, x.col.name, y.col.name}
		q.joined = append(q.joined, a)
	}
}

// joinedWith says that a join with what the filter looks for stands for it.
func (a *access) joinedWith(r *rewriter) bool {
	return a.parent != nil && !a.fence && !a.alone && !r.fenceEverything
}

// guard says the filter by the row that the table is joined with; false where that cannot be named.
func (p *joinedParent) guard(s *scope) (string, bool) {
	a, b := p.child.direct, p.item.direct
	if p.item.owner != s.home() && p.item.owner.grouped {
		return "", false
	}
	name := func(it *item, num int16) (string, bool) {
		for k := range it.cols {
			if c := &it.cols[k]; c.from == it.direct && c.num == num {
				return ref{it, c}.called(s)
			}
		}
		return "", false
	}
	x, ok := name(p.child, a.filter.parent.num)
	k, found := name(p.item, a.filter.parent.key)
	filter, said := b.filter.in(func(num int16) (string, bool) { return name(p.item, num) })
	return "(" + filter + ") AND " + x + " OPERATOR(pg_catalog.=) " + k, ok && found && said
}

// unjoined says whether there is a table whose filter a join is to say, and no such join.
func (r *rewriter) unjoined(tree *pg.Node) *Refusal {
	for _, a := range r.joined {
		if !a.joinedWith(r) {
			continue
		}
		child, item, x, k := a.parent.child.name, a.parent.item.name, a.parent.column, a.parent.key
		is := func(n *pg.Node, table, column string) bool {
			f := names(n.GetColumnRef().GetFields())
			return len(f) > 0 && f[len(f)-1] == column && (len(f) == 1 || f[len(f)-2] == table)
		}
		joins := func(where *pg.Node) bool {
			return where != nil && slices.ContainsFunc(flatten(where, nil), func(n *pg.Node) bool {
				e := n.GetAExpr()
				return e.GetKind() == pg.A_Expr_Kind_AEXPR_OP && len(e.GetName()) == 1 && lastOf(e.Name) == "=" &&
					(is(e.Lexpr, child, x) && is(e.Rexpr, item, k) || is(e.Rexpr, child, x) && is(e.Lexpr, item, k))
			})
		}
		found := false
		eachConditions(tree, func(where *pg.Node, judged, all []*pg.Node) {
			found = found || joins(where) && namesSubselect(child, judged...) && (namesSubselect(item, all...) || a.parent.item.owner != a.parent.child.owner && stands(tree, item))
		})
		if !found {
			return defect("Cordon's own rewriting did not put the filter of " + a.table.Schema + "." + a.table.Name + " where it belongs, so the statement was not run.")
		}
	}
	return nil
}

// stands says whether a sub-select of that name stands anywhere in FROM.
func stands(tree *pg.Node, name string) (found bool) {
	eachNode(tree.ProtoReflect(), func(m any) {
		n, ok := m.(*pg.RangeSubselect)
		found = found || ok && n.GetAlias().GetAliasname() == name
	})
	return found
}

// eachConditions calls f for each WHERE of a SELECT and each ON, with the items whose rows go when it is not true of them, and with all that it sees of its level.
func eachConditions(tree *pg.Node, f func(where *pg.Node, judged, all []*pg.Node)) {
	eachNode(tree.ProtoReflect(), func(m any) {
		switch n := m.(type) {
		case *pg.SelectStmt:
			f(n.WhereClause, n.FromClause, n.FromClause)
		case *pg.JoinExpr:
			arms := []*pg.Node{n.Larg, n.Rarg}
			switch n.Jointype {
			case pg.JoinType_JOIN_INNER:
				f(n.Quals, arms, arms)
			case pg.JoinType_JOIN_LEFT:
				f(n.Quals, arms[1:], arms)
			case pg.JoinType_JOIN_RIGHT:
				f(n.Quals, arms[:1], arms)
			}
		}
	})
}
