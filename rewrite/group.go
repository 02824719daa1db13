package rewrite

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
)

// dependentColumns: GROUP BY a table's primary key lets the other columns of the table stand ungrouped. A sub-select has no primary key, so the columns
// that are used that way are added to GROUP BY; grouped by the key already, they change no group. Those of a type without equality are picked from the group.
func (q *query) dependentColumns(sel *pg.SelectStmt, groups, used []info, s *scope, r *result) {
	var all []ref // in every grouping set: a set without the key is a group of its own, which another column would split
	for _, g := range sel.GroupClause {
		if k := outputTarget(g, sel, s); k >= 0 {
			g = sel.TargetList[k].GetResTarget().GetVal()
		}
		all = append(all, q.inEverySet(g, s)...)
	}
	var keyedItems []*item
	for _, it := range s.items {
		if !it.guarded || it.table == nil || it.hidden || it.name == "" || len(it.table.PrimaryKey) == 0 {
			continue
		}
		grouped, common := map[string]bool{}, map[string]bool{}
		for k, g := range groups {
			if sel.GroupClause[k].GetGroupingSet() != nil {
				for _, x := range g.refs {
					if x.item == it && x.col != nil {
						grouped[x.col.name] = true
					}
				}
			}
		}
		for _, x := range all {
			if x.item == it {
				grouped[x.col.name], common[x.col.name] = true, true
			}
		}
		d := q.decide(it.table)
		keyed := true
		for _, num := range it.table.PrimaryKey {
			c := it.table.ColumnNum(num)
			// Several rows can have one masked key: what is in such a group depends on no key.
			keyed = keyed && c != nil && len(it.cols) == len(it.table.Columns) && common[it.colOf(c.Name)] && (d == nil || d.Mask(c.Name) == nil)
		}
		if !keyed {
			continue
		}
		keyedItems = append(keyedItems, it)
		var add []string
		for _, u := range used {
			for _, x := range u.refs {
				if x.item != it {
					continue
				}
				if x.col == nil { // a whole row asks for all of them
					for k := range it.cols {
						add = it.needGroup(&it.cols[k], grouped, add)
					}
					continue
				}
				add = it.needGroup(x.col, grouped, add)
			}
		}
		if len(add) == 0 {
			continue
		}
		at := -1
		for _, g := range groups {
			if g.loc >= 0 {
				at = q.p.toks.at(g.loc)
				break
			}
		}
		for at > 0 && q.p.toks.is(at-1, "(") {
			at--
		}
		if at < 0 {
			continue
		}
		end := q.p.toks.clauseEnd(at, false)
		q.p.insert(q.p.toks.end(end-1), literal(", "+strings.Join(add, ", ")))
	}
	q.pickUnequal(sel, keyedItems, s, r)
}

// A place is a reference to a column of a type without equality, or to a whole row that has one (col is nil).
type place struct {
	n        *pg.ColumnRef
	from, to int
	col      *column
}

// unequal says that a column of the item has a type without equality.
func (it *item) unequal() bool {
	return slices.ContainsFunc(it.cols, func(c column) bool { return c.noEqual })
}

// pickUnequal: json, xml, points and the like cannot stand in GROUP BY. Where the table's key does, all rows of a group have the same value of such a column, so one is taken
// from an aggregate: (array_agg(t.doc))[1].
func (q *query) pickUnequal(sel *pg.SelectStmt, items []*item, s *scope, r *result) {
	items = slices.DeleteFunc(items, func(it *item) bool { return !it.unequal() })
	if len(items) == 0 {
		return
	}
	grouped := map[int]bool{} // an entry of the select list that GROUP BY names is grouped by as it stands
	for _, g := range sel.GroupClause {
		q.groupedTargets(g, sel, s, grouped)
	}
	refs, within := map[*pg.ColumnRef]int{}, q.aggregateSpans(sel)
	gather := func(n *pg.Node, target int) {
		if n != nil {
			eachNode(n.ProtoReflect(), func(m any) {
				if c, ok := m.(*pg.ColumnRef); ok {
					refs[c] = target
				}
			})
		}
	}
	for k, t := range sel.TargetList {
		if !grouped[k] {
			gather(t, k)
		}
	}
	for _, list := range [][]*pg.Node{{sel.HavingClause}, sel.SortClause, sel.DistinctClause, sel.WindowClause} {
		for _, n := range list {
			gather(n, -1)
		}
	}
	named := map[int]bool{}
	for _, it := range items {
		for _, at := range it.unequals {
			k, here := refs[at.n]
			if !here || slices.ContainsFunc(within, func(w [2]int) bool { return w[0] < at.from && at.to < w[1] }) {
				continue
			}
			before, after := q.picking(at.col)
			q.p.wrapLate(at.from, at.to, literal(before), literal(after))
			if k < 0 || named[k] || sel.TargetList[k].GetResTarget().GetName() != "" {
				continue
			}
			named[k] = true
			cast := it
			if at.col != nil {
				cast = nil
			}
			q.keepName(sel.TargetList[k].GetResTarget(), func() bool { return cast == nil || !cast.nullable }) // the name of a row that is cast has been kept there
		}
	}
	for _, n := range sel.TargetList {
		if c := n.GetResTarget().GetVal().GetColumnRef(); c != nil && isStar(c.Fields[len(c.Fields)-1]) && len(c.Fields) < 3 {
			q.pickStar(c, items, s)
		}
	}
	for k := range r.cols { // no guard can be said in terms of what an aggregate gives
		if c := &r.cols[k]; c.noEqual {
			*c = column{name: c.name, typ: c.typ, prot: refAccess(ref{&item{relation: &r.relation}, c}), fragile: c.fragile, noEqual: true}
		}
	}
}

// picking is the text around a column that takes its value from the group. An array goes through text, since arrays of arrays are another thing.
func (q *query) picking(c *column) (before, after string) {
	if c != nil {
		if ty := q.cat.Type(q.cat.BaseType(c.typ)); ty != nil && ty.Category == 'A' {
			return "(CAST((pg_catalog.array_agg(CAST(", " AS pg_catalog.text)))[1] AS " + quoteName(ty.Schema, ty.Name) + "))"
		}
	}
	return "((pg_catalog.array_agg(", "))[1])"
}

// pickStar spells out a star over items with such columns.
func (q *query) pickStar(c *pg.ColumnRef, items []*item, s *scope) {
	first, stars := q.p.toks.at(int(c.Location)), s.items
	if first < 0 {
		return
	}
	end := first + 1
	if len(c.Fields) > 1 {
		end = q.p.toks.dotted(first, len(c.Fields))
		stars = nil
		if refs := q.bind(c, s); len(refs) == 1 {
			stars = []*item{refs[0].item}
		}
	} else if s.merged {
		return
	}
	var parts []string
	found := false
	for _, it := range stars {
		switch {
		case it.hidden:
			continue
		case it.name == "" || end < 0:
			return
		case !slices.Contains(items, it):
			parts = append(parts, quoteIdent(it.name)+".*")
			continue
		}
		found = true
		for k := range it.cols {
			col := &it.cols[k]
			if it.twice(col.name) {
				return
			}
			name := quoteIdent(it.name) + "." + quoteIdent(col.name)
			if col.noEqual {
				before, after := q.picking(col)
				name = before + name + after + " AS " + quoteIdent(col.name)
			}
			parts = append(parts, name)
		}
	}
	if found {
		q.p.replace(q.p.toks.start(first), q.p.toks.end(end-1), literal(strings.Join(parts, ", ")))
	}
}

// behindGroups says that what stands behind GROUP BY is worked out behind it. A sub-select in GROUP BY itself may stand in the select list again, and must read the same there.
func behindGroups(sel *pg.SelectStmt) bool {
	for _, g := range sel.GroupClause {
		found := false
		eachNode(g.ProtoReflect(), func(m any) {
			_, ok := m.(*pg.SubLink)
			found = found || ok
		})
		if found {
			return false
		}
	}
	return len(sel.GroupClause) > 0
}

// groupedTargets notes the entries of the select list that an entry of GROUP BY means.
func (q *query) groupedTargets(n *pg.Node, sel *pg.SelectStmt, s *scope, out map[int]bool) {
	switch v := n.GetNode().(type) {
	case *pg.Node_GroupingSet:
		for _, c := range v.GroupingSet.Content {
			q.groupedTargets(c, sel, s, out)
		}
	case *pg.Node_RowExpr:
		for _, c := range v.RowExpr.Args {
			q.groupedTargets(c, sel, s, out)
		}
	default:
		if k := outputTarget(n, sel, s); k >= 0 {
			out[k] = true
		}
	}
}

// aggregateSpans are the places of the aggregates of a query.
func (q *query) aggregateSpans(sel *pg.SelectStmt) (spans [][2]int) {
	toks := q.p.toks
	eachNode(sel.ProtoReflect(), func(m any) {
		loc, parts := -1, 1
		switch v := m.(type) {
		case *pg.FuncCall:
			if !q.isAggregate(v) {
				return
			}
			loc, parts = int(v.Location), len(v.Funcname)
		case *pg.JsonAggConstructor:
			loc = int(v.Location)
		default:
			return
		}
		first := toks.at(loc)
		if first < 0 {
			return
		}
		open := toks.dotted(first, parts)
		for open > 0 && toks.is(open, "(") {
			end := toks.closing(open, len(toks.t))
			if end < 0 {
				return
			}
			spans = append(spans, [2]int{toks.start(open), toks.end(end)})
			switch open = end + 1; toks.keyword(open) {
			case "FILTER":
				open++
			case "WITHIN":
				open += 2
			}
		}
	})
	return spans
}

// isAggregate says that a call may be of an aggregate.
func (q *query) isAggregate(n *pg.FuncCall) bool {
	return n.Over == nil && slices.ContainsFunc(q.cat.FunctionsNamed(lastOf(n.Funcname)), func(f catalog.Function) bool { return f.Kind == 'a' })
}

func lastOf(list []*pg.Node) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1].GetString_().GetSval()
}

// inEverySet is the columns that an entry of GROUP BY has in each of its grouping sets.
func (q *query) inEverySet(n *pg.Node, s *scope) []ref {
	switch v := n.GetNode().(type) {
	case *pg.Node_ColumnRef:
		if refs := q.bind(v.ColumnRef, s); len(refs) == 1 && refs[0].col != nil {
			return refs
		}
	case *pg.Node_RowExpr:
		var all []ref
		for _, a := range v.RowExpr.Args {
			all = append(all, q.inEverySet(a, s)...)
		}
		return all
	case *pg.Node_GroupingSet:
		if v.GroupingSet.Kind != pg.GroupingSetKind_GROUPING_SET_SETS || len(v.GroupingSet.Content) == 0 {
			return nil // ROLLUP and CUBE have the empty set
		}
		all := q.inEverySet(v.GroupingSet.Content[0], s)
		for _, c := range v.GroupingSet.Content[1:] {
			also := q.inEverySet(c, s)
			all = slices.DeleteFunc(all, func(x ref) bool { return !slices.Contains(also, x) })
		}
		return all
	}
	return nil
}

// colOf is the name that an item gives to its table's column.
func (it *item) colOf(name string) string {
	for k := range it.table.Columns {
		if it.table.Columns[k].Name == name && k < len(it.cols) {
			return it.cols[k].name
		}
	}
	return name
}

// twice says that an alias list gives a name to two columns, c(a, n, n): then neither can be named.
func (it *item) twice(name string) bool {
	count := 0
	for k := range it.cols {
		if it.cols[k].name == name {
			count++
		}
	}
	return count > 1
}

func (it *item) needGroup(c *column, grouped map[string]bool, add []string) []string {
	if grouped[c.name] || c.noEqual || it.twice(c.name) {
		return add
	}
	grouped[c.name] = true
	ref{it, c}.use()
	return append(add, quoteIdent(it.name)+"."+quoteIdent(c.name))
}
