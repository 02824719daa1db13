package rewrite

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"
)

// dependentColumns: GROUP BY a table's primary key lets the other columns of the table stand ungrouped. A sub-select has no primary key, so the columns
// that are used that way are added to GROUP BY; grouped by the key already, they change no group.
func (q *query) dependentColumns(sel *pg.SelectStmt, groups, used []info, s *scope) {
	for _, g := range sel.GroupClause {
		if g.GetGroupingSet() != nil { // a set without the key is a group of its own, which another column would split
			return
		}
	}
	for _, it := range s.items {
		if !it.guarded || it.table == nil || it.hidden || it.name == "" || len(it.table.PrimaryKey) == 0 {
			continue
		}
		grouped := map[string]bool{}
		for _, g := range groups {
			if len(g.refs) == 1 && g.refs[0].item == it && g.refs[0].col != nil {
				grouped[g.refs[0].col.name] = true
			}
		}
		keyed := true
		for _, num := range it.table.PrimaryKey {
			c := it.table.ColumnNum(num)
			keyed = keyed && c != nil && len(it.cols) == len(it.table.Columns) && grouped[it.colOf(c.Name)]
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

// colOf is the name that an item gives to its table's column.
func (it *item) colOf(name string) string {
	for k := range it.table.Columns {
		if it.table.Columns[k].Name == name && k < len(it.cols) {
			return it.cols[k].name
		}
	}
	return name
}

func (it *item) needGroup(c *column, grouped map[string]bool, add []string) []string {
	if grouped[c.name] || c.noEqual {
		return add
	}
	grouped[c.name] = true
	ref{it, c}.use()
	return append(add, quoteIdent(it.name)+"."+quoteIdent(c.name))
}
