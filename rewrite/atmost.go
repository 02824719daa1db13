package rewrite

import (
	"cordon/catalog"

	pg "github.com/pganalyze/pg_query_go/v5"
)

// atMost notes how many rows a SELECT surely gives: what its LIMIT says, one when it looks up a whole primary key, or makes one of all rows. Where export limits hold rows back, those of such a statement can pass at once.
func (q *query) atMost(sel *pg.SelectStmt, r *result) {
	if !q.p.client || q.in.Statement.Tree.GetSelectStmt() != sel || len(q.plan.Exports) == 0 {
		return
	}
	if c := sel.LimitCount.GetAConst(); c.GetIval() != nil && sel.LimitOption == pg.LimitOption_LIMIT_OPTION_COUNT && c.GetIval().Ival > 0 {
		q.fixed(int(c.Location))
		q.plan.AtMost = int64(c.GetIval().Ival)
	}
	if r.single || q.byKey(sel) {
		q.plan.AtMost = 1
	}
}

// byKey says that the query reads one table, by a whole primary key.
func (q *query) byKey(sel *pg.SelectStmt) bool {
	if sel.Op != pg.SetOperation_SETOP_NONE || len(sel.FromClause) != 1 || sel.WithClause != nil {
		return false
	}
	v := sel.FromClause[0].GetRangeVar()
	if v == nil {
		return false
	}
	for _, t := range sel.TargetList { // a function can give many rows
		many := false
		eachNode(t.ProtoReflect(), func(m any) {
			_, call := m.(*pg.FuncCall)
			many = many || call
		})
		if many {
			return false
		}
	}
	rel := q.relationNamed(v)
	if rel == nil || rel.Kind != catalog.Table || len(rel.PrimaryKey) == 0 {
		return false
	}
	if len(q.cat.Descendants(rel)) > 0 {
		return false // a primary key holds for each table of an inheritance tree by itself
	}
	name := v.Relname
	if v.Alias != nil {
		if name = v.Alias.Aliasname; len(v.Alias.Colnames) > 0 {
			return false
		}
	}
	given := map[string]bool{}
	for _, c := range flatten(sel.WhereClause, nil) {
		x := c.GetAExpr()
		if x == nil || x.Kind != pg.A_Expr_Kind_AEXPR_OP || len(x.Name) != 1 || x.Name[0].GetString_().GetSval() != "=" {
			continue
		}
		col, value := x.Lexpr.GetColumnRef(), x.Rexpr
		if col == nil {
			col, value = x.Rexpr.GetColumnRef(), x.Lexpr
		}
		if col == nil || value.GetParamRef() == nil && value.GetAConst() == nil {
			continue
		}
		switch f := names(col.Fields); {
		case len(f) == 1:
			given[f[0]] = true
		case len(f) == 2 && f[0] == name:
			given[f[1]] = true
		}
	}
	d := q.decide(rel)
	for _, num := range rel.PrimaryKey {
		c := rel.ColumnNum(num)
		if c == nil || !given[c.Name] || d != nil && d.Mask(c.Name) != nil { // many rows can show the same of a masked key
			return false
		}
	}
	return true
}
