package rewrite

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"
)

// dependentColumns: GROUP BY a table's primary key lets the other columns of the table stand ungrouped. A sub-select has no primary key, so the columns
// that are used that way are added to GROUP BY; grouped by the key already, they change no group.
func (q *query) dependentColumns(sel *pg.SelectStmt, groups, used []info, s *scope) {
	var all []ref // in every grouping set: a set without the key is a group of its own, which another column would split
	for _, g := range sel.GroupClause {
		all = append(all, q.inEverySet(g, s)...)
	}
	for _, it := range s.items {
		if !it.guarded || it.table == nil || it.hidden || it.name == "" || len(it.table.PrimaryKey) == 0 {
			continue
		}
		grouped, common := map[string]bool{}, map[string]bool{}
		for k, g := range groups {
			if len(g.refs) == 1 || sel.GroupClause[k].GetGroupingSet() != nil {
				for _, x := range g.refs {
					if x.item == it && x.col != nil {
						grouped[x.col.name] = true
						common[x.col.name] = common[x.col.name] || sel.GroupClause[k].GetGroupingSet() == nil
					}
				}
			}
		}
		for _, x := range all {
			if x.item == it {
				common[x.col.name] = true
			}
		}
		keyed := true
		for _, num := range it.table.PrimaryKey {
			c := it.table.ColumnNum(num)
			keyed = keyed && c != nil && len(it.cols) == len(it.table.Columns) && common[it.colOf(c.Name)]
		}
		if !keyed {
			continue
		}
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
