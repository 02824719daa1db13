package rewrite

import (
	"math"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
)

// Types that PostgreSQL numbers for good (pg_type.dat).
const (
	typeBool          catalog.OID = 16
	typeName          catalog.OID = 19
	typeJSON          catalog.OID = 114
	typeInt8          catalog.OID = 20
	typeInt4          catalog.OID = 23
	typeText          catalog.OID = 25
	typeXid           catalog.OID = 28
	typeBpchar        catalog.OID = 1042
	typeVarchar       catalog.OID = 1043
	typeDate          catalog.OID = 1082
	typeTime          catalog.OID = 1083
	typeTimestamp     catalog.OID = 1114
	typeTimestamptz   catalog.OID = 1184
	typeTimetz        catalog.OID = 1266
	typeNumeric       catalog.OID = 1700
	typeUnknown       catalog.OID = 705 // a literal or parameter that takes its type from what it is compared with
	typeRecord        catalog.OID = 2249
	typeAnyArray      catalog.OID = 2277
	typeAnyEnum       catalog.OID = 3500
	typeAnyRange      catalog.OID = 3831
	typeAnyMultirange catalog.OID = 4537
)

// A query rewrites one source text: the client's statement, or the definition of a view in it.
type query struct {
	*rewriter
	p            *piece
	path         []string // schemas in which names are looked for
	starCheck    string   // see checkFirst: what RETURNING * must hold in its first column
	checkedFirst bool
	pins         *pins                  // where an expression of the policy is bound; nil elsewhere
	inFrom       *pg.FuncCall           // the function of FROM that is being looked at
	conjunct     *pg.SubLink            // the condition that is being looked at, when it is a sub-select
	spreads      map[*pg.ColumnRef]bool // see spread
	wholes       map[*pg.ColumnRef]bool // see whole
	inserted     *item                  // the table of the INSERT whose RETURNING is looked at
	defines      bool                   // a definition that is made: what it does later, Cordon does not see
	trusted      bool                   // a view's definition: what functions it calls is its owner's business, as with any view
}

func (q *query) exprs(list []*pg.Node, s *scope) info {
	all := info{loc: -1}
	constants := 0
	for _, n := range list {
		i := q.expr(n, s)
		if i.constant {
			constants++
		}
		all.add(i)
	}
	all.constant = constants == len(list)
	return all
}

// expr walks an expression: it binds names, checks functions and operators, rewrites sub-selects, and tells what PostgreSQL's planner may do with it.
// A kind of node that is not named here is refused.
func (q *query) expr(node *pg.Node, s *scope) info {
	i := q.exprOf(node, s)
	switch node.GetNode().(type) {
	case *pg.Node_CaseExpr, *pg.Node_CoalesceExpr, *pg.Node_BoolExpr:
		i.chooses = i.reads
	}
	switch node.GetNode().(type) {
	case nil, *pg.Node_List, *pg.Node_AIndices, *pg.Node_SortBy, *pg.Node_ResTarget, *pg.Node_GroupingSet: // no value
	default:
		q.sees(i.typ, i.loc)
	}
	return i
}

func (q *query) exprOf(node *pg.Node, s *scope) info {
	none := info{loc: -1}
	if node == nil || node.Node == nil {
		return none
	}
	switch n := node.Node.(type) {
	case *pg.Node_AConst:
		return info{loc: int(n.AConst.Location), typ: constType(n.AConst), constant: true}
	case *pg.Node_ParamRef:
		return info{loc: int(n.ParamRef.Location), typ: q.parameter(int(n.ParamRef.Number)), runtime: true}
	case *pg.Node_SetToDefault:
		return info{loc: int(n.SetToDefault.Location), typ: typeUnknown}
	case *pg.Node_ColumnRef:
		return q.columnRef(n.ColumnRef, s)
	case *pg.Node_AExpr:
		return q.operatorExpr(node, s)
	case *pg.Node_BoolExpr:
		i := q.exprs(n.BoolExpr.Args, s)
		i.add(info{loc: int(n.BoolExpr.Location)})
		if i.loc < 0 {
			i.loc = int(n.BoolExpr.Location)
		}
		i.typ = typeBool
		return i
	case *pg.Node_FuncCall:
		return q.funcCall(node, s)
	case *pg.Node_TypeCast:
		return q.typeCast(n.TypeCast, s)
	case *pg.Node_CollateClause:
		i := q.expr(n.CollateClause.Arg, s)
		i.add(info{loc: int(n.CollateClause.Location)})
		q.collatesBy(n.CollateClause)
		return i
	case *pg.Node_SubLink:
		return q.subLink(n.SubLink, s)
	case *pg.Node_CaseExpr:
		i := info{loc: int(n.CaseExpr.Location)}
		arg := q.expr(n.CaseExpr.Arg, s)
		i.add(arg)
		simple := n.CaseExpr.Arg != nil && i.vars
		all := unified
		for _, w := range n.CaseExpr.Args {
			when := w.GetCaseWhen()
			if when == nil {
				return q.unknownNode(w, i.loc)
			}
			w := q.expr(when.Expr, s)
			if n.CaseExpr.Arg != nil {
				_, proof := q.operator([]string{"="}, arg, w, i.loc)
				i.risky = i.risky || q.mayFail([]string{"="}, arg, w, proof)
			}
			i.add(w)
			r := q.expr(when.Result, s)
			all = q.together(&i, all, r)
			i.add(r)
		}
		if n.CaseExpr.Defresult != nil {
			d := q.expr(n.CaseExpr.Defresult, s)
			all = q.together(&i, all, d)
			i.add(d)
		}
		i.typ = all.typ
		if simple { // CASE x WHEN y compares with an operator of the types' choosing
			i.leaky = true
		}
		return i
	case *pg.Node_CoalesceExpr:
		i, all := info{loc: int(n.CoalesceExpr.Location)}, unified
		for _, a := range n.CoalesceExpr.Args {
			x := q.expr(a, s)
			all = q.together(&i, all, x)
			i.add(x)
		}
		i.typ = all.typ
		return i
	case *pg.Node_MinMaxExpr:
		i, all := info{loc: int(n.MinMaxExpr.Location)}, unified
		for _, a := range n.MinMaxExpr.Args {
			x := q.expr(a, s)
			all = q.together(&i, all, x)
			i.add(x)
		}
		i.leaky = i.leaky || i.vars
		i.risky = i.risky || !q.orderly(all)
		return i
	case *pg.Node_NullTest:
		i := q.expr(n.NullTest.Arg, s)
		i.add(info{loc: int(n.NullTest.Location)})
		i.typ = typeBool
		return i
	case *pg.Node_BooleanTest:
		i := q.expr(n.BooleanTest.Arg, s)
		i.add(info{loc: int(n.BooleanTest.Location)})
		i.typ = typeBool
		return i
	case *pg.Node_RowExpr:
		for _, a := range n.RowExpr.Args {
			q.spread(a, true)
		}
		i := q.exprs(n.RowExpr.Args, s)
		i.add(info{loc: int(n.RowExpr.Location)})
		if n.RowExpr.Location >= 0 && (i.loc < 0 || int(n.RowExpr.Location) < i.loc) {
			i.loc = int(n.RowExpr.Location)
		}
		i.typ = typeRecord
		return i
	case *pg.Node_AArrayExpr:
		i, all := info{loc: int(n.AArrayExpr.Location)}, unified
		for _, e := range n.AArrayExpr.Elements {
			x := q.expr(e, s)
			all = q.together(&i, all, x)
			i.add(x)
			if !x.constant && q.mayBeArray(x.typ) { // arrays of different dimensions make none together
				i.risky = true
				i.leaky = i.leaky || x.vars
			}
		}
		elem := all.typ
		if elem == typeUnknown {
			i.typ = typeUnknown // close enough: it takes its type from what it is compared with
		} else {
			i.typ = q.arrayOf(elem)
		}
		return i
	case *pg.Node_AIndirection:
		return q.indirection(n.AIndirection, s)
	case *pg.Node_AIndices:
		i := q.expr(n.AIndices.Lidx, s)
		i.add(q.expr(n.AIndices.Uidx, s))
		return i
	case *pg.Node_SqlvalueFunction:
		i := info{loc: int(n.SqlvalueFunction.Location), typ: sqlValueType(n.SqlvalueFunction.Op)}
		q.collatesType(i.typ)
		return i
	case *pg.Node_GroupingFunc:
		i := q.exprs(n.GroupingFunc.Args, s)
		i.add(info{loc: int(n.GroupingFunc.Location), agg: true})
		i.typ = typeInt4
		return i
	case *pg.Node_NamedArgExpr:
		i := q.expr(n.NamedArgExpr.Arg, s)
		i.add(info{loc: int(n.NamedArgExpr.Location)})
		return i
	case *pg.Node_XmlExpr:
		i := info{loc: int(n.XmlExpr.Location)}
		i.add(q.exprs(n.XmlExpr.NamedArgs, s))
		i.add(q.exprs(n.XmlExpr.Args, s))
		i.leaky, i.risky, i.runtime = i.leaky || i.vars, true, true
		return i
	case *pg.Node_XmlSerialize:
		i := q.expr(n.XmlSerialize.Expr, s)
		i.add(info{loc: int(n.XmlSerialize.Location)})
		i.leaky, i.risky, i.runtime = i.leaky || i.vars, true, true
		i.typ = q.typeOf(n.XmlSerialize.TypeName, i.loc)
		return i
	case *pg.Node_ResTarget: // inside XMLFOREST, XMLATTRIBUTES
		i := q.expr(n.ResTarget.Val, s)
		i.add(info{loc: int(n.ResTarget.Location)})
		return i
	case *pg.Node_List:
		return q.exprs(n.List.Items, s)
	case *pg.Node_SortBy:
		q.sortOperator(n.SortBy)
		return q.expr(n.SortBy.Node, s)
	case *pg.Node_GroupingSet:
		return q.exprs(n.GroupingSet.Content, s)
	case *pg.Node_MultiAssignRef:
		return q.expr(n.MultiAssignRef.Source, s)
	case *pg.Node_JsonObjectConstructor:
		return q.jsonParts(info{loc: int(n.JsonObjectConstructor.Location)}, s, n.JsonObjectConstructor.Output, n.JsonObjectConstructor.Exprs...)
	case *pg.Node_JsonArrayConstructor:
		return q.jsonParts(info{loc: int(n.JsonArrayConstructor.Location)}, s, n.JsonArrayConstructor.Output, n.JsonArrayConstructor.Exprs...)
	case *pg.Node_JsonKeyValue:
		i := q.expr(n.JsonKeyValue.Key, s)
		i.add(q.jsonValue(n.JsonKeyValue.Value, s))
		return i
	case *pg.Node_JsonValueExpr:
		return q.jsonValue(n.JsonValueExpr, s)
	case *pg.Node_JsonObjectAgg:
		defer s.ungrouped()()
		i := q.jsonAggregate(n.JsonObjectAgg.Constructor, s)
		i.add(q.expr(n.JsonObjectAgg.Arg.GetKey(), s))
		i.add(q.jsonValue(n.JsonObjectAgg.Arg.GetValue(), s))
		return i
	case *pg.Node_JsonArrayAgg:
		defer s.ungrouped()()
		i := q.jsonAggregate(n.JsonArrayAgg.Constructor, s)
		i.add(q.jsonValue(n.JsonArrayAgg.Arg, s))
		return i
	case *pg.Node_JsonIsPredicate:
		i := q.expr(n.JsonIsPredicate.Expr, s)
		i.add(info{loc: int(n.JsonIsPredicate.Location)})
		i.leaky, i.risky = i.leaky || i.vars, true // bytes that are no text, and brackets too deep
		i.typ = typeBool
		return i
	case *pg.Node_JsonArrayQueryConstructor:
		q.uncountable(int(n.JsonArrayQueryConstructor.Location))
		rel := q.selectNode(n.JsonArrayQueryConstructor.Query, &scope{outer: s, ctes: s.ctesInForce()})
		i := info{loc: int(n.JsonArrayQueryConstructor.Location), leaky: true, vars: true, risky: true, runtime: true, volatile: rel.volatile, astray: rel.astray}
		i.refs = append(i.refs, rel.outerRefs...)
		return i
	}
	return q.unknownNode(node, -1)
}

func (q *query) unknownNode(n *pg.Node, loc int) info {
	q.refuse(loc, "0A000", "Cordon does not know what to make of %s here, so it refuses the statement.", nodeName(n))
	return info{loc: loc, leaky: true, vars: true, astray: true}
}

func (s *scope) ctesInForce() *cteList {
	for ; s != nil; s = s.outer {
		if s.ctes != nil {
			return s.ctes
		}
	}
	return nil
}

func constType(c *pg.A_Const) catalog.OID {
	if c.Isnull {
		return typeUnknown
	}
	switch v := c.Val.(type) {
	case *pg.A_Const_Ival:
		return typeInt4
	case *pg.A_Const_Fval:
		n, err := strconv.ParseInt(v.Fval.Fval, 10, 64)
		switch {
		case err != nil:
			return typeNumeric
		case n == math.MinInt32: // the grammar has made it of a minus and a number too large
			return typeInt4
		}
		return typeInt8
	case *pg.A_Const_Boolval:
		return typeBool
	case *pg.A_Const_Bsval:
		return 1560
	}
	return typeUnknown
}

func sqlValueType(op pg.SQLValueFunctionOp) catalog.OID {
	switch op {
	case pg.SQLValueFunctionOp_SVFOP_CURRENT_DATE:
		return typeDate
	case pg.SQLValueFunctionOp_SVFOP_CURRENT_TIME, pg.SQLValueFunctionOp_SVFOP_CURRENT_TIME_N:
		return typeTimetz
	case pg.SQLValueFunctionOp_SVFOP_CURRENT_TIMESTAMP, pg.SQLValueFunctionOp_SVFOP_CURRENT_TIMESTAMP_N:
		return typeTimestamptz
	case pg.SQLValueFunctionOp_SVFOP_LOCALTIME, pg.SQLValueFunctionOp_SVFOP_LOCALTIME_N:
		return typeTime
	case pg.SQLValueFunctionOp_SVFOP_LOCALTIMESTAMP, pg.SQLValueFunctionOp_SVFOP_LOCALTIMESTAMP_N:
		return typeTimestamp
	}
	return typeName
}

func (q *query) jsonParts(i info, s *scope, out *pg.JsonOutput, parts ...*pg.Node) info {
	q.json = true
	i.add(q.exprs(parts, s))
	if out != nil && out.TypeName != nil {
		i.typ = q.typeOf(out.TypeName, i.loc)
	}
	i.leaky, i.risky = i.leaky || i.vars, true
	return i
}

func (q *query) jsonValue(v *pg.JsonValueExpr, s *scope) info {
	if v == nil {
		return info{loc: -1}
	}
	i := q.expr(v.RawExpr, s)
	i.add(q.expr(v.FormattedExpr, s))
	i.leaky = i.leaky || i.vars
	return i
}

func (q *query) jsonAggregate(c *pg.JsonAggConstructor, s *scope) info {
	q.json = true
	i := info{loc: int(c.GetLocation()), agg: true}
	q.packs(i.loc, 1)
	i.add(q.expr(c.GetAggFilter(), s))
	i.add(q.exprs(c.GetAggOrder(), s))
	i.add(q.window(c.GetOver(), s))
	return i
}

func (q *query) window(w *pg.WindowDef, s *scope) info {
	if w == nil {
		return info{loc: -1}
	}
	i := q.keys(w.PartitionClause, s)
	i.add(q.keys(w.OrderClause, s))
	const byRange = 0x2 // FRAMEOPTION_RANGE of parsenodes.h
	for _, n := range []*pg.Node{w.StartOffset, w.EndOffset} {
		x := q.expr(n, s)
		if n != nil && (!wholeNumber(n) || w.FrameOptions&byRange != 0) { // an offset below zero is an error, and so may be what lies so far from a value
			x.risky, x.leaky = true, x.leaky || x.vars
		}
		i.add(x)
	}
	return i
}

// keys are expressions that rows are sorted or told apart by.
func (q *query) keys(list []*pg.Node, s *scope) info {
	all := info{loc: -1}
	for _, n := range list {
		i := q.expr(n, s)
		all.add(i)
		all.risky = all.risky || !q.orderly(i)
	}
	return all
}

// indirection is (x).field, x[1] and chains of these.
func (q *query) indirection(n *pg.A_Indirection, s *scope) info {
	if i, ok := q.targetField(n, s); ok {
		return i
	}
	q.spread(n.Arg, false)
	i := q.expr(n.Arg, s)
	of := q.cat.Type(q.cat.BaseType(i.typ))
	fields := len(i.refs) == 1 && i.refs[0].col == nil && i.refs[0].item.table != nil
	i.typ = 0
	for k, step := range n.Indirection {
		switch v := step.Node.(type) {
		case *pg.Node_AIndices:
			x := q.expr(step, s)
			if k > 0 && n.Indirection[k-1].GetAIndices() == nil || of == nil || of.Category != 'A' && of.OID != typeJSONB || !q.subscripts(v.AIndices, of, s) {
				x.risky, x.leaky = true, x.leaky || x.vars || i.vars
			}
			i.add(x)
		case *pg.Node_AStar:
			q.mixed = q.mixed || !fields
		case *pg.Node_String_:
			q.mixed = q.mixed || !fields // a field can have any collation
			// (x).f is also how one calls f(x).
			if fns := q.userFunctions("", v.String_.Sval); len(fns) > 0 || q.builtin(v.String_.Sval) == fnRefused {
				if !q.hasField(i, v.String_.Sval) {
					q.checkFunction([]string{v.String_.Sval}, nil, i.loc)
				}
				i.leaky, i.risky = i.leaky || i.vars, true
			}
		default:
			return q.unknownNode(step, i.loc)
		}
	}
	return i
}

// subscripts says that what stands in brackets is of a type that PostgreSQL takes there as it is: a bigint is cast, which fails for a large one.
func (q *query) subscripts(n *pg.A_Indices, of *catalog.Type, s *scope) bool {
	for _, x := range []*pg.Node{n.Lidx, n.Uidx} {
		if x == nil || x.Node == nil {
			continue
		}
		switch i := q.quiet(x, s); {
		case i.constant, i.typ == typeInt4, i.typ == 21:
		case of.OID == typeJSONB && (i.typ == typeText || i.typ == typeUnknown):
		case x.GetParamRef() != nil:
		default:
			return false
		}
	}
	return true
}

// targetField is (t).column where t is the table that the statement changes and has masks: what stands for its whole row has no names of columns.
func (q *query) targetField(n *pg.A_Indirection, s *scope) (info, bool) {
	c, field := n.Arg.GetColumnRef(), n.Indirection[0].GetString_()
	if c == nil || field == nil {
		return info{}, false
	}
	refs := q.bind(c, s)
	if len(refs) != 1 || refs[0].col != nil || !refs[0].item.target || refs[0].item.rowText == nil || refs[0].item.column(field.Sval) == nil || s.shadows(refs[0].item) {
		return info{}, false
	}
	k := q.p.toks
	first := k.at(int(c.Location))
	if first < 0 {
		return info{}, false
	}
	from, end := first, k.dotted(first, len(c.Fields))
	for end > 0 && k.is(from-1, "(") && k.is(end, ")") {
		from, end = from-1, end+1
	}
	if end < 0 || from == first || !k.is(end, ".") || !k.name(end+1) {
		return info{}, false
	}
	it := refs[0].item
	col := it.column(field.Sval)
	text := col.masked
	if text == "" {
		text = quoteIdent(it.name) + "." + quoteIdent(col.name)
	} else {
		text = "(" + text + ")"
	}
	if len(n.Indirection) > 1 {
		text = "(" + text + ")"
	}
	i := info{loc: k.start(from), vars: true, typ: col.typ, refs: []ref{{it, col}}, risky: col.fragile}
	i.refs[0].use()
	it.read = true
	q.p.replace(k.start(from), k.end(end+1), literal(text))
	for _, step := range n.Indirection[1:] {
		if step.GetAIndices() == nil {
			return q.unknownNode(step, i.loc), true
		}
		i.typ = 0
		i.add(q.expr(step, s))
	}
	return i, true
}

func (q *query) hasField(i info, name string) bool {
	if len(i.refs) != 1 || i.refs[0].col != nil {
		return false
	}
	return i.refs[0].item.column(name) != nil
}

// nodeName is how a refusal calls a kind of node.
func nodeName(n *pg.Node) string {
	if n == nil || n.Node == nil {
		return "an empty part"
	}
	name := strings.TrimPrefix(typeString(n.Node), "*pg_query.Node_")
	return "“" + strings.TrimSuffix(name, "_") + "”"
}
