package rewrite

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/parse"
)

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
		own := q.mayFail(op, l, r, proof) || likes[op[len(op)-1]] && (mayFailAsPattern(n.Rexpr) || q.odd)
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
		i.risky = i.risky || n.Kind == pg.A_Expr_Kind_AEXPR_SIMILAR || mayFailAsPattern(n.Rexpr) || q.odd || q.mixed || q.foreignOperator(op) || !q.aText(l) || !q.aText(r)
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

// mayFailAsPattern says whether a pattern of LIKE can end with its escape, or take more stack than there is: each % takes a level of it. Whether a constant ends with a backslash, or is long, is part of a text's shape.
func mayFailAsPattern(pattern *pg.Node) bool {
	c := pattern.GetAConst()
	return c == nil || strings.HasSuffix(c.GetSval().GetSval(), `\`) || len(c.GetSval().GetSval()) > parse.LongString-len("''")
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
		return q.aText(l) && q.aText(r)
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

// aText says that LIKE reads a value as it is written. A bytea ends with a backslash where '\x255c' does not.
func (q *query) aText(i info) bool {
	return isText(q.cat.BaseType(i.typ)) || i.typ == typeUnknown
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
