package rewrite

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"
)

// A targetGuard can put the filters around an expression in a sub-select's list: CASE WHEN <filter> THEN lower(name) END. When a condition outside uses the
// column, the expression is not worked out on hidden rows then, wherever PostgreSQL puts the condition, and nothing needs a fence.
type targetGuard struct {
	q        *query
	s        *scope
	i        info
	from, to int
	name     string // "" when the statement gives one
	on       bool
}

// targetGuard says how to guard an entry of a select list; nil where CASE would change what it gives (a type modifier, the rows of a set, an aggregate), or where it is not looked at row by row.
func (q *query) targetGuard(sel *pg.SelectStmt, t *pg.ResTarget, i info, s *scope) *targetGuard {
	if sel == nil || len(sel.GroupClause) > 0 || len(sel.DistinctClause) > 0 || sel.HavingClause != nil || i.many || i.agg || i.volatile || i.astray {
		return nil
	}
	switch v := t.Val.GetNode().(type) {
	case *pg.Node_FuncCall:
	case *pg.Node_AExpr:
		if v.AExpr.Kind == pg.A_Expr_Kind_AEXPR_NULLIF {
			return nil
		}
	default:
		return nil
	}
	plain := true
	eachNode(t.Val.ProtoReflect(), func(m any) {
		switch m.(type) {
		case *pg.WindowDef, *pg.SubLink:
			plain = false
		}
	})
	k := q.p.toks
	first := k.at(int(t.Location))
	if !plain || first < 0 {
		return nil
	}
	v := q.listItem(first)
	name := columnName(t.Val)
	if t.Name != "" {
		name = ""
		if v.end--; !k.name(v.end) {
			return nil
		}
		if k.keyword(v.end-1) == "AS" {
			v.end--
		}
	}
	if v.end <= v.first {
		return nil
	}
	return &targetGuard{q: q, s: s, i: i, from: k.start(v.first), to: k.end(v.end - 1), name: name}
}

// use puts the guard in place.
func (g *targetGuard) use() {
	if g.on {
		return
	}
	g.on = true
	filters := g.q.guard(g.i, g.q.needs(g.i, g.s), g.s, nil)
	if filters == "" {
		return
	}
	g.q.p.wrap(g.from, g.to, "CASE WHEN "+filters+" THEN ", " END")
	if g.name != "" {
		g.q.p.insertName(g.to, literal(" AS "+quoteIdent(g.name)))
	}
}

// strictColumns are the columns that a condition compares by PostgreSQL's own operators: when one of them is NULL, the condition is not true.
func (q *query) strictColumns(n *pg.Node, s *scope) []ref {
	e := n.GetAExpr()
	if e == nil || q.foreignOperator(names(e.Name)) {
		return nil
	}
	sides := []*pg.Node{e.Lexpr}
	switch e.Kind {
	case pg.A_Expr_Kind_AEXPR_OP:
		op := names(e.Name)
		if name := op[len(op)-1]; !total[name] && !strings.ContainsAny(name, "~<>=") {
			return nil
		}
		sides = append(sides, e.Rexpr)
	case pg.A_Expr_Kind_AEXPR_LIKE, pg.A_Expr_Kind_AEXPR_ILIKE, pg.A_Expr_Kind_AEXPR_SIMILAR:
		sides = append(sides, e.Rexpr)
	case pg.A_Expr_Kind_AEXPR_IN, pg.A_Expr_Kind_AEXPR_BETWEEN, pg.A_Expr_Kind_AEXPR_OP_ANY:
	default:
		return nil
	}
	var out []ref
	for _, side := range sides {
		for side.GetTypeCast() != nil {
			if side.GetTypeCast().Arg.GetColumnRef() == nil {
				break
			}
			side = side.GetTypeCast().Arg
		}
		if c := side.GetColumnRef(); c != nil && !isStar(c.Fields[len(c.Fields)-1]) {
			if refs := q.bind(c, s); len(refs) == 1 && refs[0].col != nil {
				out = append(out, refs[0])
			}
		}
	}
	return out
}

// called is how a column can be named at a place in scope s; false when another item or column may bear the name.
func (x ref) called(s *scope) (string, bool) {
	it := x.item
	if it.name == "" || it.hidden || s.lookupItem("", it.name) != it {
		return "", false
	}
	for k := range it.cols {
		if &it.cols[k] != x.col && it.cols[k].name == x.col.name {
			return "", false
		}
	}
	x.use()
	return quoteIdent(it.name) + "." + quoteIdent(x.col.name), true
}
