package rewrite

import (
	"math"
	"slices"
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
	spreads      map[*pg.ColumnRef]bool // see spread
	wholes       map[*pg.ColumnRef]bool // see whole
	inserted     *item                  // the table of the INSERT whose RETURNING is looked at
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
		return info{loc: int(n.ParamRef.Location), typ: typeUnknown, runtime: true}
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
		i.leaky = i.leaky || i.vars
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

func (q *query) typeCast(n *pg.TypeCast, s *scope) info {
	i := q.expr(n.Arg, s)
	from := i.typ
	if n.TypeName != nil && n.TypeName.Location >= 0 && (i.loc < 0 || int(n.TypeName.Location) < i.loc) {
		i.loc = int(n.TypeName.Location)
	}
	if n.Location >= 0 && (i.loc < 0 || int(n.Location) < i.loc) {
		i.loc = int(n.Location)
	}
	i.typ = q.typeOf(n.TypeName, i.loc)
	if q.pins != nil {
		q.pinCast(n, from, i.typ)
	}
	q.checkCast(from, i.typ, i.loc)
	if !q.harmlessCast(from, i.typ, n.TypeName) {
		i.leaky = i.leaky || i.vars
		domain := false
		if ty := q.cat.Type(i.typ); ty == nil || ty.Kind == 'd' { // its checks are tried when the statement runs
			domain, i.runtime = true, true
		}
		literal := i.constant && !domain && (from == typeUnknown || plainType(from) && plainType(i.typ)) // cast before any row is looked at
		i.risky = i.risky || !literal && !(n.Arg.GetParamRef() != nil && !domain && q.takenFor(n, i.typ))
		i.constant = literal
	}
	return i
}

// plainType: types between which literals are cast, and computed with, when the statement is planned.
func plainType(t catalog.OID) bool {
	switch t {
	case typeBool, typeInt8, 21, typeInt4, typeText, typeVarchar, typeBpchar, typeNumeric, 700, 701, typeUnknown:
		return true
	}
	return false
}

// harmlessCast says whether a cast neither fails nor calls anything: between types of one binary form, without a length to cut to.
func (q *query) harmlessCast(from, to catalog.OID, tn *pg.TypeName) bool {
	if from == 0 || to == 0 || len(tn.Typmods) > 0 {
		return false
	}
	if from == to {
		return true
	}
	if t := q.cat.Type(to); t == nil || t.Kind == 'd' {
		return false
	}
	if c := q.cat.Cast(q.cat.BaseType(from), to); c != nil {
		return c.Method == 'b' || c.Leakproof
	}
	return false
}

func (q *query) arrayOf(t catalog.OID) catalog.OID {
	if ty := q.cat.Type(t); ty != nil {
		return ty.Array
	}
	return 0
}

func names(list []*pg.Node) []string {
	out := make([]string, 0, len(list))
	for _, n := range list {
		out = append(out, n.GetString_().GetSval())
	}
	return out
}

// typeOf resolves a type's name; 0 when it is not known.
func (q *query) typeOf(tn *pg.TypeName, loc int) catalog.OID {
	if tn == nil {
		return 0
	}
	var t *catalog.Type
	switch parts := names(tn.Names); len(parts) {
	case 1:
		for _, schema := range q.path {
			if t = q.cat.TypeNamed(schema, parts[0]); t != nil {
				break
			}
		}
	case 2:
		t = q.cat.TypeNamed(parts[0], parts[1])
	}
	if tn.PctType { // table.column%TYPE stands in function definitions only
		q.refuse(loc, "0A000", "Cordon does not allow %%TYPE in a statement.")
	}
	if t != nil {
		q.collatesType(t.OID)
	}
	if t == nil {
		if parts := names(tn.Names); !q.trusted && !q.raw && q.in.Temp[strings.TrimPrefix(parts[len(parts)-1], "_")] == nil { // what making a value of it runs is not known
			q.stale(loc, "42704", "type \""+strings.Join(parts, ".")+"\" does not exist")
		}
		return 0
	}
	if q.pins != nil {
		q.pinType(tn, t)
	}
	q.becomes(t.OID, loc)
	if len(tn.ArrayBounds) > 0 {
		return t.Array
	}
	return t.OID
}

// operatorExpr is any expression written with an operator, LIKE, IN or BETWEEN.
func (q *query) operatorExpr(node *pg.Node, s *scope) info {
	n := node.GetAExpr()
	op := names(n.Name)
	switch n.Kind {
	case pg.A_Expr_Kind_AEXPR_IN:
		q.whole(append([]*pg.Node{n.Lexpr}, n.Rexpr.GetList().GetItems()...)...)
	case pg.A_Expr_Kind_AEXPR_DISTINCT, pg.A_Expr_Kind_AEXPR_NOT_DISTINCT:
		q.whole(n.Lexpr, n.Rexpr)
	}
	l := q.expr(n.Lexpr, s)
	i := info{loc: int(n.Location)}
	i.add(l)
	bounds := info{loc: -1}
	switch n.Kind {
	case pg.A_Expr_Kind_AEXPR_BETWEEN, pg.A_Expr_Kind_AEXPR_NOT_BETWEEN, pg.A_Expr_Kind_AEXPR_BETWEEN_SYM, pg.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM:
		for _, bound := range n.Rexpr.GetList().GetItems() {
			r := q.expr(bound, s)
			i.add(r)
			for _, cmp := range []string{">=", "<="} {
				_, proof := q.operator([]string{cmp}, l, r, i.loc)
				i.leaky = i.leaky || (l.vars || r.vars) && !proof
				i.risky = i.risky || q.mayFail([]string{cmp}, l, r, proof)
			}
			bounds.add(r)
		}
		i.typ = typeBool
		i.early = i.risky && q.plannedFirst(l, bounds, false, s)
		if q.pins != nil {
			q.pinOperator(node, l, bounds)
		}
		return i
	case pg.A_Expr_Kind_AEXPR_IN:
		all := l
		for _, member := range n.Rexpr.GetList().GetItems() {
			r := q.expr(member, s)
			i.add(r)
			proof := q.rowProof(op, n.Lexpr, member, l, r, s, i.loc)
			i.leaky = i.leaky || (l.vars || r.vars) && !proof
			i.risky = i.risky || q.mayFail(op, l, r, proof)
			bounds.add(r)
			if row(n.Lexpr) == nil {
				all = q.together(&i, all, r)
			} else {
				bounds.runtime = true
			}
		}
		i.typ = typeBool
		i.early = i.risky && q.plannedFirst(l, bounds, len(n.Rexpr.GetList().GetItems()) < 2, s)
		if q.pins != nil {
			q.pinOperator(node, l, bounds)
		}
		return i
	}
	r := q.expr(n.Rexpr, s)
	i.add(r)
	if q.pins != nil {
		q.pinOperator(node, l, r)
	}
	vars := l.vars || r.vars
	switch n.Kind {
	case pg.A_Expr_Kind_AEXPR_OP:
		if row(n.Lexpr) != nil || row(n.Rexpr) != nil {
			i.typ = typeBool
			proof := q.rowProof(op, n.Lexpr, n.Rexpr, l, r, s, i.loc)
			i.leaky = i.leaky || vars && !proof
			i.risky = i.risky || q.mayFail(op, info{}, info{}, proof)
			i.runtime = true
			return i
		}
		typ, proof := q.operator(op, l, r, i.loc)
		if n.Lexpr == nil {
			proof = false
		}
		i.typ = typ
		i.leaky = i.leaky || vars && !proof
		own := q.mayFail(op, l, r, proof) || likes[op[len(op)-1]] && (mayEndInEscape(n.Rexpr) || q.odd)
		i.constant = l.constant && r.constant && !own
		i.early = !own && comparison[op[len(op)-1]] && (q.plannedFirst(l, r, op[len(op)-1] == "=", s) || q.plannedFirst(r, l, op[len(op)-1] == "=", s))
		i.risky = i.risky || own
	case pg.A_Expr_Kind_AEXPR_DISTINCT, pg.A_Expr_Kind_AEXPR_NOT_DISTINCT:
		i.typ = typeBool
		proof := q.rowProof([]string{"="}, n.Lexpr, n.Rexpr, l, r, s, i.loc)
		i.leaky = i.leaky || vars && !proof
		i.risky = i.risky || q.mayFail([]string{"="}, l, r, proof)
	case pg.A_Expr_Kind_AEXPR_NULLIF:
		_, proof := q.operator([]string{"="}, l, r, i.loc)
		i.typ = l.typ
		i.leaky = i.leaky || vars && !proof
		i.risky = i.risky || q.mayFail([]string{"="}, l, r, proof)
	case pg.A_Expr_Kind_AEXPR_OP_ANY, pg.A_Expr_Kind_AEXPR_OP_ALL:
		elem := r
		if ty := q.cat.Type(q.cat.BaseType(r.typ)); ty != nil && ty.Elem != 0 {
			elem.typ = ty.Elem
		} else if r.typ != typeUnknown {
			elem.typ = 0
		}
		_, proof := q.operator(op, l, elem, i.loc)
		i.typ = typeBool
		i.leaky = i.leaky || vars && !proof
		i.risky = i.risky || q.mayFail(op, l, elem, proof) || likes[op[len(op)-1]]
	case pg.A_Expr_Kind_AEXPR_LIKE, pg.A_Expr_Kind_AEXPR_ILIKE, pg.A_Expr_Kind_AEXPR_SIMILAR:
		q.operator(op, l, r, i.loc)
		i.typ = typeBool
		i.leaky = i.leaky || vars
		i.risky = i.risky || n.Kind == pg.A_Expr_Kind_AEXPR_SIMILAR || mayEndInEscape(n.Rexpr) || q.odd || q.mixed || q.foreignOperator(op) || !q.isString(l.typ) && l.typ != 17 || !q.isString(r.typ) && r.typ != 17
	default:
		q.refuse(i.loc, "0A000", "Cordon does not know this form of the operator %s, so it refuses the statement.", strings.Join(op, "."))
	}
	return i
}

func row(n *pg.Node) *pg.RowExpr { return n.GetRowExpr() }

// comparison: operators whose selectivity is estimated for every condition that has one, with the other side worked out.
var comparison = map[string]bool{"=": true, "<>": true, "!=": true, "<": true, "<=": true, ">": true, ">=": true}

// total: operators of PostgreSQL's own that fail on no value.
var total = map[string]bool{
	"=": true, "<>": true, "!=": true, "<": true, "<=": true, ">": true, ">=": true, "||": true, "->": true, "->>": true, "#>": true, "#>>": true,
	"@>": true, "<@": true, "?": true, "?|": true, "?&": true, "&&": true, "~~": true, "~~*": true, "!~~": true, "!~~*": true,
}

// likes are the operators behind LIKE. They fail on a value that matches all of a pattern but the escape at its end.
var likes = map[string]bool{"~~": true, "~~*": true, "!~~": true, "!~~*": true}

// mayEndInEscape says whether a pattern can end with its escape. Whether a constant ends with a backslash is part of a text's shape.
func mayEndInEscape(pattern *pg.Node) bool {
	c := pattern.GetAConst()
	return c == nil || strings.HasSuffix(c.GetSval().GetSval(), `\`)
}

// mayFail says whether an operator can raise an error when it is run.
func (q *query) mayFail(op []string, l, r info, proof bool) bool {
	if proof || len(op) == 0 {
		return false
	}
	name := op[len(op)-1]
	if q.foreignOperator(op) {
		return true
	}
	if total[name] && q.totalOver(name, l, r) {
		return false
	}
	return !(l.constant && r.constant && plainType(l.typ) && plainType(r.typ)) // else done when planned
}

// totalOver says that one of the total operators fails on no values of these types.
func (q *query) totalOver(name string, l, r info) bool {
	if q.mixed && (q.isString(l.typ) || q.isString(r.typ)) {
		return false
	}
	a, b := q.cat.BaseType(l.typ), q.cat.BaseType(r.typ)
	switch name {
	case "~~", "~~*", "!~~", "!~~*":
		return (q.isString(a) || a == 17) && (q.isString(b) || b == 17)
	case "||": // a list and an object make no jsonb, and lists of different dimensions no array
		text := isText(a) && q.scalar(r.typ) || isText(b) && q.scalar(l.typ)
		return text || a == 17 && b == 17 || (a == typeUnknown && numberOrTime(b) || b == typeUnknown && numberOrTime(a))
	case "->", "->>", "#>", "#>>", "?", "?|", "?&": // json may hold escapes that no text can
		return a == typeJSONB
	case "@>", "<@", "&&":
		t, calm := q.meet(l, r)
		return calm && t != typeUnknown && q.calm(t)
	}
	t, calm := q.meet(l, r)
	return calm && t != 0 && q.calm(t)
}

// numberOrTime: types that become text beside a literal and ||.
func numberOrTime(t catalog.OID) bool {
	switch t {
	case typeDate, typeTime, typeTimestamp, typeTimestamptz, typeTimetz, 2950:
		return true
	}
	return numberRank(t) > 0
}

// mayBeArray says whether a type can be one whose values of different dimensions cannot be put together.
func (q *query) mayBeArray(t catalog.OID) bool {
	if t == typeUnknown {
		return false
	}
	ty := q.cat.Type(q.cat.BaseType(t))
	return ty == nil || ty.Category == 'A'
}

// foreignOperator says whether an operator outside pg_catalog can be meant.
func (q *query) foreignOperator(op []string) bool {
	all := q.cat.Operators(op[len(op)-1])
	for k := range all {
		if o := &all[k]; o.Schema != "pg_catalog" && (len(op) == 2 && op[0] == o.Schema || len(op) == 1 && q.onPath(o.Schema)) {
			return true
		}
	}
	return false
}

// plannedFirst says whether a comparison of a column with something that sees none has this tried when the statement is planned, to estimate how many rows
// fit. What fails there fails whatever the rows are.
// It is estimated as a condition on one table of the query level it stands in; on several, on one further out, or on a sub-select whose column may be a constant, it is not. Of equalities with one column PostgreSQL
// makes others, between what they compare it with, and these it tries once, before the table is read: so they count where nothing else is read before it.
func (q *query) plannedFirst(column, other info, equality bool, s *scope) bool {
	if len(column.refs) == 0 || column.astray {
		return false
	}
	it := column.refs[0].item
	for _, x := range column.refs {
		if x.item != it || x.col == nil {
			return false
		}
	}
	if it.table == nil || it.table.Kind != catalog.Table && it.table.Kind != catalog.PartitionedTable && it.table.Kind != catalog.MaterializedView {
		return false
	}
	if equality && (q.depth > 1 || s.outer != nil || len(s.home().items) != 1 || slices.ContainsFunc(it.prot, (*access).joins)) {
		return false
	}
	return it.owner == s.home() && !it.nullable && !column.risky && !other.vars && !other.runtime && !other.volatile && !other.astray
}

// rowProof says whether a comparison is leakproof, column by column when it compares rows.
func (q *query) rowProof(op []string, ln, rn *pg.Node, l, r info, s *scope, loc int) bool {
	lr, rr := row(ln), row(rn)
	if lr == nil && rr == nil {
		_, proof := q.operator(op, l, r, loc)
		return proof
	}
	if lr == nil || rr == nil || len(lr.Args) != len(rr.Args) {
		return false
	}
	for k := range lr.Args {
		if _, proof := q.operator(op, q.quiet(lr.Args[k], s), q.quiet(rr.Args[k], s), loc); !proof {
			return false
		}
	}
	return true
}

// quiet looks at a simple part of a row a second time; anything but a column, a constant or a parameter counts as not known.
func (q *query) quiet(n *pg.Node, s *scope) info {
	switch v := n.Node.(type) {
	case *pg.Node_AConst, *pg.Node_ParamRef:
		return q.expr(n, s)
	case *pg.Node_ColumnRef:
		if refs := q.bind(v.ColumnRef, s); len(refs) == 1 && refs[0].col != nil {
			return info{typ: refs[0].col.typ, vars: true}
		}
	}
	return info{vars: true}
}

// operator finds an operator's result type and whether it is leakproof, and refuses one that runs code of a user's making.
func (q *query) operator(name []string, l, r info, loc int) (catalog.OID, bool) {
	if len(name) == 0 {
		return 0, false
	}
	op := name[len(name)-1]
	all := q.cat.Operators(op)
	foreign := false
	for k := range all {
		o := &all[k]
		if o.Schema == "pg_catalog" || len(name) == 2 && name[0] != o.Schema || len(name) == 1 && !q.onPath(o.Schema) {
			continue
		}
		if !q.coerces(l.typ, o.Left) || !q.coerces(r.typ, o.Right) {
			continue
		}
		if e := q.exactOperator(all, l.typ, r.typ); e != nil && !q.beforeBuiltin(o.Schema) && len(name) == 1 {
			continue // PostgreSQL's own fits exactly, and comes first
		}
		foreign = true
		q.sees(o.Left, loc)
		q.sees(o.Right, loc)
		q.sees(o.Result, loc)
		if !q.trusted {
			q.checkOperatorFunction(o, loc)
		}
	}
	lt, rt := q.compareType(l.typ), q.compareType(r.typ)
	if q.madeCastFrom(lt) || q.madeCastFrom(rt) {
		return 0, false
	}
	if lt == typeUnknown {
		lt = rt
	}
	if rt == typeUnknown {
		rt = lt
	}
	if lt == 0 || rt == 0 || lt == typeUnknown {
		return 0, false
	}
	if foreign { // an operator of the same name outside pg_catalog may be the one that is chosen
		if o := findOperator(all, "", lt, rt); o == nil || o.Schema != "pg_catalog" {
			return 0, false
		}
	}
	if o := findOperator(all, "pg_catalog", lt, rt); o != nil {
		return o.Result, q.leakproof(o)
	}
	// One side is cast to the other's type. Of floats there are operators over two sizes.
	if t, calm := q.meet(info{typ: lt, constant: l.constant}, info{typ: rt, constant: r.constant}); t != 0 && t != typeUnknown {
		if o := findOperator(all, "pg_catalog", t, t); o != nil {
			result := o.Result
			if result != typeBool && (lt == 700 || rt == 700) {
				result = 0
			}
			return result, calm && q.leakproof(o)
		}
	}
	if lt == rt {
		if ty := q.cat.Type(lt); ty != nil && ty.Kind == 'e' {
			if o := findOperator(all, "pg_catalog", typeAnyEnum, typeAnyEnum); o != nil {
				return o.Result, q.leakproof(o)
			}
		}
	}
	return 0, false
}

// exactOperator is PostgreSQL's own operator for just these types; a literal is taken for the other side's type.
func (q *query) exactOperator(all []catalog.Operator, l, r catalog.OID) *catalog.Operator {
	if l == typeUnknown {
		l = r
	}
	if r == typeUnknown {
		r = l
	}
	return findOperator(all, "pg_catalog", q.cat.BaseType(l), q.cat.BaseType(r))
}

func findOperator(all []catalog.Operator, schema string, l, r catalog.OID) *catalog.Operator {
	for k := range all {
		if all[k].Left == l && all[k].Right == r && (schema == "" || all[k].Schema == schema) {
			if schema == "" && all[k].Schema == "pg_catalog" {
				continue
			}
			return &all[k]
		}
	}
	if schema == "" {
		return findOperator(all, "pg_catalog", l, r)
	}
	return nil
}

// compareType is the type whose operators serve: a domain's base, text for varchar.
func (q *query) compareType(t catalog.OID) catalog.OID {
	if t == 0 || t == typeUnknown {
		return t
	}
	if t = q.cat.BaseType(t); t == typeVarchar {
		return typeText
	}
	return t
}

func (q *query) sortOperator(n *pg.SortBy) {
	if len(n.UseOp) > 0 {
		q.operator(names(n.UseOp), info{}, info{}, int(n.Location))
	}
}

// nodeName is how a refusal calls a kind of node.
func nodeName(n *pg.Node) string {
	if n == nil || n.Node == nil {
		return "an empty part"
	}
	name := strings.TrimPrefix(typeString(n.Node), "*pg_query.Node_")
	return "“" + strings.TrimSuffix(name, "_") + "”"
}
