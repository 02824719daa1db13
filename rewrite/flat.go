package rewrite

import (
	"sort"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
)

// A look-up is a SELECT from one filtered table, made of columns that no mask is on, constants, parameters and operators: SELECT name FROM customers WHERE id = 17. PostgreSQL takes the sub-select that would stand for
// the table apart again, and asks its filter and the statement's own condition side by side, in this order; to do so it has to read and plan more. So the filter is written where it ends up:
//
//	SELECT name FROM public.customers WHERE (owner_id = 7) AND (id = 17)
//
// No name can mean something else by that. The statement has one query level with one item in FROM, so each name was found among the columns of the table that the sub-select would show, or the statement stays as it
// is. What a table has and a sub-select has not, system columns and its row as a value of its type, cannot be asked for with what a look-up is made of.
type lookup struct {
	sel   *pg.SelectStmt
	it    *item
	where int // where the condition's first thing stands; -1: there is no condition
}

// noteLookup keeps a statement that may be a look-up. Whether it is one is known when all of it has been seen.
func (q *query) noteLookup(sel *pg.SelectStmt, s *scope, condition info, r *result) {
	if !q.p.client || q.depth != 1 || s.outer != nil || sel != q.in.Statement.Tree.GetSelectStmt() || len(s.items) != 1 || r.astray {
		return
	}
	it := s.items[0]
	if !it.guarded || it.table == nil || it.table.Kind != catalog.Table && it.table.Kind != catalog.PartitionedTable || !isLookup(sel) || sel.WhereClause != nil && condition.loc < 0 {
		return
	}
	q.lookup = &lookup{sel, it, condition.loc}
}

// flatten writes the filter of a look-up into its condition, and the table's name in the place of the sub-select.
func (q *query) flatten() {
	l := q.lookup
	if l == nil || q.fenceEverything || q.err != nil {
		return
	}
	it := l.it
	d := q.decided[it.table]
	if it.starred || len(it.extra) > 0 || len(it.inner) > 0 || d == nil || d.Rule == systemRule || (d.Rows != nil) != (it.direct != nil) {
		return
	}
	for k := range it.used {
		if it.used[k] && d.Mask(it.table.Columns[k].Name) != nil {
			return
		}
	}
	if it.direct == nil || q.writeFilter(l) {
		it.flat = true
		q.flat = it.table
	}
}

// writeFilter writes the filter into a look-up's condition, if it can.
func (q *query) writeFilter(l *lookup) bool {
	f := l.it.direct.filter
	if l.it.direct.fence || f == nil || f.selects || f.nested || f.whole {
		return false
	}
	filter, ok := f.in(func(num int16) (string, bool) { return quoteIdent(l.it.table.ColumnNum(num).Name), true })
	if !ok {
		return false
	}
	k := q.p.toks
	if l.where >= 0 {
		clause, ok := k.clause("WHERE", l.where, false)
		if !ok {
			return false
		}
		q.p.wrapText(k.start(clause.first), k.end(clause.end-1), literal("("+filter+") AND ("), literal(")"))
	} else {
		_, end, ok := q.relationSpan(l.sel.FromClause[0].GetRangeVar())
		if !ok {
			return false
		}
		behind := sort.Search(len(k.t), func(i int) bool { return k.start(i) >= end })
		if e := k.clauseEnd(behind, false); e > behind { // an alias
			end = k.end(e - 1)
		}
		q.p.insertLast(end, " WHERE ("+filter+")")
	}
	return true
}

// isLookup names all that a look-up may be made of.
func isLookup(sel *pg.SelectStmt) bool {
	if sel.Op != pg.SetOperation_SETOP_NONE || sel.WithClause != nil || sel.IntoClause != nil || len(sel.ValuesLists) > 0 || len(sel.DistinctClause) > 0 || len(sel.GroupClause) > 0 || sel.HavingClause != nil ||
		len(sel.WindowClause) > 0 || len(sel.LockingClause) > 0 || len(sel.TargetList) == 0 || len(sel.FromClause) != 1 {
		return false
	}
	if from := sel.FromClause[0].GetRangeVar(); from == nil || len(from.Alias.GetColnames()) > 0 {
		return false
	}
	for _, n := range sel.TargetList {
		if t := n.GetResTarget(); t == nil || len(t.Indirection) > 0 || t.Val == nil || !isPlain(t.Val) {
			return false
		}
	}
	for _, n := range sel.SortClause {
		if o := n.GetSortBy(); o == nil || len(o.UseOp) > 0 || !isPlain(o.Node) {
			return false
		}
	}
	return isPlain(sel.WhereClause) && isPlain(sel.LimitCount) && isPlain(sel.LimitOffset)
}

// isPlain says whether an expression is made of columns, constants, parameters and operators alone.
func isPlain(n *pg.Node) bool {
	if n == nil {
		return true
	}
	switch v := n.Node.(type) {
	case *pg.Node_AConst, *pg.Node_ParamRef:
		return true
	case *pg.Node_ColumnRef:
		f := v.ColumnRef.Fields
		return len(f) <= 2 && !isStar(f[len(f)-1])
	case *pg.Node_AExpr:
		return isPlain(v.AExpr.Lexpr) && isPlain(v.AExpr.Rexpr)
	case *pg.Node_BoolExpr:
		return arePlain(v.BoolExpr.Args)
	case *pg.Node_List:
		return arePlain(v.List.Items)
	case *pg.Node_AArrayExpr:
		return arePlain(v.AArrayExpr.Elements)
	case *pg.Node_NullTest:
		return isPlain(v.NullTest.Arg)
	case *pg.Node_BooleanTest:
		return isPlain(v.BooleanTest.Arg)
	case *pg.Node_TypeCast:
		return isPlain(v.TypeCast.Arg)
	}
	return false
}

func arePlain(list []*pg.Node) bool {
	for _, n := range list {
		if !isPlain(n) {
			return false
		}
	}
	return true
}

// unfilteredLookup says whether a look-up, read again, is something else than one table with its filter joined to its condition by an AND of the rewriter's, or names a masked column.
func (r *rewriter) unfilteredLookup(t reading, tree *pg.Node) *Refusal {
	sel := tree.GetSelectStmt()
	wrong := defect("Cordon's own rewriting did not put the filter of " + r.flat.Schema + "." + r.flat.Name + " where it belongs, so the statement was not run.")
	if sel == nil || sel.Op != pg.SetOperation_SETOP_NONE || len(sel.FromClause) != 1 {
		return wrong
	}
	n := sel.FromClause[0].GetRangeVar()
	if n == nil || n.Schemaname != r.flat.Schema || n.Relname != r.flat.Name || !inEdit(t.edits, int(n.Location)) {
		return wrong
	}
	if e := r.wrongWhere(t, n, sel.WhereClause); e != nil {
		return e
	}
	d := r.decided[r.flat]
	masked := false
	eachNode(tree.ProtoReflect(), func(m any) {
		if c, ok := m.(*pg.ColumnRef); ok && !inEdit(t.edits, int(c.Location)) {
			masked = masked || d.Mask(lastName(c)) != nil
		}
	})
	if masked {
		return defect("Cordon's own rewriting left a column of " + r.flat.Schema + "." + r.flat.Name + " unmasked, so the statement was not run.")
	}
	return nil
}
