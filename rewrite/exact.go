package rewrite

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/parse"
	"cordon/policy"
)

// Looking up by a masked value. With `match: exact` on a mask, a condition that compares the column for equality with whole given values (=, IN, = ANY) is
// asked of the real value: the clerk finds the customer by the phone number that the customer says. The condition moves into the sub-select, where the
// column's index serves; every other use of the column stays masked. Each value tried is told to the proxy, which counts them.

// A Probe is one look-up by a masked column's whole value.
type Probe struct {
	Rule   *policy.Rule
	Budget policy.Exact
	Table  policy.TableName
	Column string
	Values []ProbeValue
}

// A ProbeValue is a value as the statement gives it: a literal, or the number of a parameter. Array says that it holds several.
type ProbeValue struct {
	Text  string
	Param int
	Array bool
}

// exactMatch is a conjunct that compares a masked column exactly.
type exactMatch struct {
	item   *item
	col    *column
	ref    *pg.ColumnRef
	loc    int
	values []ProbeValue
}

// exact says whether a conjunct is an exact match on a column of this level, whose rows no outer join fills in; nil when it is not.
func (q *query) exact(n *pg.Node, s *scope) *exactMatch {
	e := n.GetAExpr()
	if e == nil || len(e.Name) != 1 || e.Name[0].GetString_().GetSval() != "=" {
		return nil
	}
	m := &exactMatch{}
	var other *pg.Node
	switch e.Kind {
	case pg.A_Expr_Kind_AEXPR_OP:
		if m.ref, other = e.Lexpr.GetColumnRef(), e.Rexpr; m.ref == nil {
			m.ref, other = e.Rexpr.GetColumnRef(), e.Lexpr
		}
	case pg.A_Expr_Kind_AEXPR_IN, pg.A_Expr_Kind_AEXPR_OP_ANY:
		m.ref, other = e.Lexpr.GetColumnRef(), e.Rexpr
	}
	if m.ref == nil || isStar(m.ref.Fields[len(m.ref.Fields)-1]) {
		return nil
	}
	refs := q.bind(m.ref, s)
	if len(refs) != 1 || refs[0].col == nil || refs[0].col.exact == nil || refs[0].item.owner != s.home() || refs[0].item.nullable {
		return nil
	}
	if it := refs[0].item; it.used == nil && !it.target { // a sub-select, view or join that hands the column on: compared with the mask
		return nil
	}
	m.item, m.col = refs[0].item, refs[0].col
	m.loc = int(m.ref.Location)
	var nodes []*pg.Node
	switch e.Kind {
	case pg.A_Expr_Kind_AEXPR_IN:
		nodes = other.GetList().GetItems()
	case pg.A_Expr_Kind_AEXPR_OP_ANY:
		if a := other.GetAArrayExpr(); a != nil {
			nodes = a.Elements
			m.at(int(a.Location))
		} else {
			v, loc, ok := wholeValue(other)
			if !ok {
				return nil
			}
			m.at(loc)
			v.Array = true
			m.values = append(m.values, v)
		}
	default:
		nodes = []*pg.Node{other}
	}
	for _, v := range nodes {
		value, loc, ok := wholeValue(v)
		if !ok {
			return nil
		}
		m.at(loc)
		m.values = append(m.values, value)
	}
	if _, proof := q.operator([]string{"="}, info{typ: m.col.typ, vars: true}, info{typ: typeUnknown}, m.loc); !proof {
		return nil
	}
	return m
}

func (m *exactMatch) at(loc int) {
	if loc >= 0 && loc < m.loc {
		m.loc = loc
	}
}

// wholeValue is a literal or a parameter, perhaps cast to a type of text.
func wholeValue(n *pg.Node) (ProbeValue, int, bool) {
	switch v := n.GetNode().(type) {
	case *pg.Node_ParamRef:
		return ProbeValue{Param: int(v.ParamRef.Number)}, int(v.ParamRef.Location), true
	case *pg.Node_AConst:
		if s := v.AConst.GetSval(); s != nil {
			return ProbeValue{Text: s.Sval}, int(v.AConst.Location), true
		}
		if i := v.AConst.GetIval(); i != nil || v.AConst.Val == nil {
			return ProbeValue{Text: itoa(int(i.GetIval()))}, int(v.AConst.Location), !v.AConst.Isnull
		}
	case *pg.Node_TypeCast:
		name := names(v.TypeCast.TypeName.GetNames())
		switch name[len(name)-1] {
		case "text", "varchar", "bpchar", "date", "uuid", "int2", "int4", "int8":
			if len(v.TypeCast.TypeName.Typmods) > 0 {
				return ProbeValue{}, 0, false
			}
			value, loc, ok := wholeValue(v.TypeCast.Arg)
			value.Array = len(v.TypeCast.TypeName.ArrayBounds) > 0
			return value, loc, ok
		}
	}
	return ProbeValue{}, 0, false
}

// applyExact moves an exact match to where the real value is compared.
func (q *query) applyExact(m *exactMatch, at span) {
	toks := q.p.toks
	first := toks.at(int(m.ref.Location))
	end := -1
	if first >= 0 {
		end = toks.dotted(first, len(m.ref.Fields))
	}
	if end < 0 {
		q.refuse(int(m.ref.Location), "0A000", "Cordon cannot find the place of a column reference in the statement.")
		return
	}
	d := q.decide(m.item.table)
	q.plan.Probes = append(q.plan.Probes, Probe{Rule: d.Rule, Budget: *m.col.exact, Table: tableName(m.item.table), Column: m.col.name, Values: m.values})
	for k := at.first; k < at.end; k++ { // what is counted, and copied to another place
		if kind := toks.t[k].Kind; kind == parse.String || kind == parse.Number {
			q.fixed(toks.start(k))
		}
	}
	if m.item.target { // its conditions read the stored row as it is
		return
	}
	from, to := toks.start(at.first), toks.end(at.end-1)
	cond := q.p.src[from:toks.start(first)] + quoteIdent(m.item.table.ColumnNum(m.col.num).Name) + q.p.src[toks.end(end-1):to]
	m.item.inner = append(m.item.inner, "("+strings.TrimSpace(cond)+")")
	q.p.replace(from, to, literal("TRUE"))
}
