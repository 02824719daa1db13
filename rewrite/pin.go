package rewrite

import (
	"fmt"
	"regexp"

	pg "github.com/pganalyze/pg_query_go/v5"
	"google.golang.org/protobuf/proto"

	"cordon/catalog"
	"cordon/parse"
)

// The policy's expressions mean the same in every session. A view is read once, when it is made; what a rule says is read again in the session of whoever is
// held by it, and that person's search_path, TimeZone, DateStyle and the rest are the person's to set. So, where it is bound, an expression is pinned:
//
//   - An operator, function or type that another schema could take the place of is named with its schema, when it is certain which is meant. Types always:
//     a temporary one stands before all others.
//   - A literal that becomes a date or a time is read as it is here: as ISO 8601 writes it, and in UTC when it names no zone.
//   - x = NULL is unknown, whatever transform_null_equals says.
//   - In a mask, a date, time, float or bytea becomes text in one form, and a timestamptz loses or gets its zone in UTC: sliding a mask's edges over a value reads it.
type pins struct {
	mask    bool
	changed bool
	unsure  bool // something in it could not be told for certain: not for a session whose path has a schema before pg_catalog
	err     error
}

func (p *pins) refuse(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// pinned gives an expression's text as it is to run.
func pinned(text string, node *pg.Node, p *pins) (string, error) {
	if p.err != nil || !p.changed {
		return text, p.err
	}
	tree, err := pg.Parse("SELECT 1")
	if err != nil {
		return "", err
	}
	tree.Stmts[0].Stmt.GetSelectStmt().TargetList[0].GetResTarget().Val = node
	sql, err := deparsed(tree)
	return sql, err
}

// deparsed writes an expression, which stands alone in the tree's select list. The deparser is foreign code: what it wrote must read as the tree it was given.
func deparsed(tree *pg.ParseResult) (string, error) {
	out, err := pg.Deparse(tree)
	if err != nil {
		return "", fmt.Errorf("the expression cannot be written with its schemas: %w", err)
	}
	again, err := pg.Parse(out)
	if err != nil {
		return "", fmt.Errorf("the expression cannot be written with its schemas: %w", err)
	}
	clearLocations(tree.ProtoReflect())
	clearLocations(again.ProtoReflect())
	if !proto.Equal(tree.Stmts[0].Stmt, again.Stmts[0].Stmt) {
		return "", fmt.Errorf("the expression cannot be written with its schemas: %s reads otherwise", out)
	}
	return out[len("SELECT "):], nil
}

func qualifiedNames(schema, name string) []*pg.Node {
	return []*pg.Node{pg.MakeStrNode(schema), pg.MakeStrNode(name)}
}

// operatorSchema is the schema that an operator must be named with to be what it is now; "" where nothing can take its place, or where it is not certain.
func (q *query) operatorSchema(op string, l, r catalog.OID) string {
	all := q.cat.Operators(op)
	if l == typeUnknown {
		l = r
	}
	if r == typeUnknown {
		r = l
	}
	lt, rt := q.cat.BaseType(l), q.cat.BaseType(r)
	foreign, exact := false, ""
	for k := range all {
		o := &all[k]
		if o.Schema == "pg_catalog" || !q.coerces(l, o.Left) || !q.coerces(r, o.Right) {
			continue
		}
		foreign = true
		if o.Left == lt && o.Right == rt {
			if exact != "" {
				q.pins.unsure = true
				return ""
			}
			exact = o.Schema
		}
	}
	switch {
	case !foreign:
		return ""
	case findOperator(all, "pg_catalog", lt, rt) != nil || findOperator(all, "pg_catalog", q.compareType(lt), q.compareType(rt)) != nil:
		return "pg_catalog"
	case exact == "":
		q.pins.unsure = true
	}
	return exact
}

// pinOperator pins an operator and the literals beside it.
func (q *query) pinOperator(node *pg.Node, l, r info) {
	n := node.GetAExpr()
	others := n.Rexpr.GetList().GetItems()
	if others == nil {
		others = []*pg.Node{n.Rexpr}
		q.pinLiteral(n.Lexpr, r.typ)
	}
	for _, other := range others {
		q.pinLiteral(other, l.typ)
	}
	if len(n.Name) != 1 {
		return
	}
	op := n.Name[0].GetString_().GetSval()
	schema := ""
	switch n.Kind {
	case pg.A_Expr_Kind_AEXPR_OP:
		if schema = q.operatorSchema(op, l.typ, r.typ); op == "=" && (n.Lexpr.GetAConst().GetIsnull() || n.Rexpr.GetAConst().GetIsnull()) {
			schema = "pg_catalog"
		}
	case pg.A_Expr_Kind_AEXPR_OP_ANY, pg.A_Expr_Kind_AEXPR_OP_ALL:
		elem := catalog.OID(typeUnknown)
		if ty := q.cat.Type(q.cat.BaseType(r.typ)); ty != nil && ty.Elem != 0 {
			elem = ty.Elem
		}
		schema = q.operatorSchema(op, l.typ, elem)
	case pg.A_Expr_Kind_AEXPR_IN, pg.A_Expr_Kind_AEXPR_LIKE, pg.A_Expr_Kind_AEXPR_ILIKE:
		if q.operatorSchema(op, l.typ, typeUnknown) != "pg_catalog" {
			return
		}
		(&qualifier{}).node(node) // into words that take a schema
		q.pins.changed = true
		parts := []*pg.Node{node}
		if b := node.GetBoolExpr(); b != nil {
			parts = b.Args
		}
		for _, part := range parts {
			if e := part.GetAExpr(); e != nil && len(e.Name) == 1 {
				e.Name = qualifiedNames("pg_catalog", op)
			}
		}
		return
	}
	if schema != "" {
		n.Name = qualifiedNames(schema, op)
		q.pins.changed = true
	}
}

// pinFunction names a function with its schema.
func (q *query) pinFunction(n *pg.FuncCall, types []catalog.OID) {
	if len(n.Funcname) != 1 {
		return
	}
	name := n.Funcname[0].GetString_().GetSval()
	schemas := map[string]bool{}
	foreign, builtin := false, false
	for _, f := range q.cat.FunctionsNamed(name) {
		if f.Schema == "pg_catalog" {
			builtin = true
			continue
		}
		if q.onPath(f.Schema) {
			schemas[f.Schema] = true
		}
		foreign = foreign || q.fits(&f, types)
	}
	schema := ""
	switch {
	case !foreign:
		return
	case builtin && types != nil:
		for _, f := range q.cat.Functions("pg_catalog", name) {
			fits := len(f.Args) == len(types)
			for k := 0; fits && k < len(types); k++ {
				fits = f.Args[k] == q.compareType(types[k]) || types[k] == typeUnknown
			}
			if fits {
				schema = "pg_catalog"
			}
		}
	case !builtin && len(schemas) == 1:
		for s := range schemas {
			schema = s
		}
	}
	if schema == "" {
		q.pins.unsure = true
		return
	}
	n.Funcname = qualifiedNames(schema, name)
	q.pins.changed = true
}

// pinType names a type with the schema in which it was found.
func (q *query) pinType(tn *pg.TypeName, t *catalog.Type) {
	if len(tn.Names) == 1 {
		tn.Names = qualifiedNames(t.Schema, t.Name)
		q.pins.changed = true
	}
}

var (
	isoDate  = regexp.MustCompile(`^\s*(\d{4,}-\d\d-\d\d|-?infinity|epoch)\s*$`)
	isoTime  = regexp.MustCompile(`^\s*\d{4,}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?\s*$`)
	isoZoned = regexp.MustCompile(`^\s*\d{4,}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?\s*(Z|[+-]\d\d(:?\d\d)?)\s*$`)
)

// pinLiteral pins a literal that becomes a date or time.
func (q *query) pinLiteral(n *pg.Node, t catalog.OID) {
	c := n.GetAConst().GetSval()
	if c == nil {
		return
	}
	switch q.cat.BaseType(t) {
	case typeDate, typeTimestamp:
		if !isoDate.MatchString(c.Sval) && !isoTime.MatchString(c.Sval) && !isoZoned.MatchString(c.Sval) {
			q.pins.refuse("%s is read by the session's DateStyle, or by the clock; write 2026-01-31 or 2026-01-31 18:00", stringLiteral(c.Sval))
		}
	case typeTimestamptz:
		switch {
		case isoZoned.MatchString(c.Sval):
		case isoTime.MatchString(c.Sval):
			c.Sval += "+00"
			q.pins.changed = true
		case isoDate.MatchString(c.Sval):
			if d := isoDate.FindStringSubmatch(c.Sval)[1]; d[0] >= '0' && d[0] <= '9' {
				c.Sval = d + " 00:00+00"
				q.pins.changed = true
			}
		default:
			q.pins.refuse("%s is read by the session's DateStyle and TimeZone, or by the clock; write 2026-01-31 18:00+00", stringLiteral(c.Sval))
		}
	}
}

// inUTC is a node turned from timestamptz to timestamp, or back, in UTC.
func inUTC(n *pg.Node) *pg.Node {
	utc := &pg.Node{Node: &pg.Node_AConst{AConst: &pg.A_Const{Val: &pg.A_Const_Sval{Sval: &pg.String{Sval: "UTC"}}}}}
	return pg.MakeFuncCallNode(qualifiedNames("pg_catalog", "timezone"), []*pg.Node{utc, n}, 0)
}

func pinnedText(s string) *pg.Node {
	return &pg.Node{Node: &pg.Node_AConst{AConst: &pg.A_Const{Val: &pg.A_Const_Sval{Sval: &pg.String{Sval: s}}}}}
}

func pinnedOp(op string, l, r *pg.Node) *pg.Node {
	return &pg.Node{Node: &pg.Node_AExpr{AExpr: &pg.A_Expr{Kind: pg.A_Expr_Kind_AEXPR_OP, Name: qualifiedNames("pg_catalog", op), Lexpr: l, Rexpr: r}}}
}

func isText(t catalog.OID) bool {
	return t == typeText || t == typeVarchar || t == typeBpchar || t == typeName
}

// pinCast pins, in a mask, a cast whose outcome a setting could change.
func (q *query) pinCast(n *pg.TypeCast, from, to catalog.OID) {
	q.pinLiteral(n.Arg, to)
	if !q.pins.mask {
		return
	}
	from, to = q.cat.BaseType(from), q.cat.BaseType(to)
	var arg *pg.Node
	switch {
	case from == typeTimestamptz && (to == typeDate || to == typeTimestamp || to == typeTime), to == typeTimestamptz && from == typeTimestamp:
		arg = inUTC(n.Arg)
	case to == typeTimestamptz && from == typeDate:
		arg = inUTC(castTo(n.Arg, "timestamp"))
	case isText(to) && (from == typeDate || from == typeTimestamp || from == typeTimestamptz):
		arg = n.Arg
		if from == typeTimestamptz {
			arg = inUTC(arg)
		}
		// JSON writes dates and times in one form.
		arg = pinnedOp("#>>", pg.MakeFuncCallNode(qualifiedNames("pg_catalog", "to_jsonb"), []*pg.Node{arg}, 0), pinnedText("{}"))
		arg = pg.MakeFuncCallNode(qualifiedNames("pg_catalog", "replace"), []*pg.Node{arg, pinnedText("T"), pinnedText(" ")}, 0)
	case isText(to) && from == oidBytea:
		arg = pinnedOp("||", pinnedText(`\x`), pg.MakeFuncCallNode(qualifiedNames("pg_catalog", "encode"), []*pg.Node{n.Arg, pinnedText("hex")}, 0))
	case isText(to) && (from == oidFloat4 || from == oidFloat8):
		arg = castTo(n.Arg, "numeric")
	case isText(to) && (from == oidInterval || from == oidMoney || from == typeTimetz):
		q.pins.refuse("a setting of the session says how %s is written as text; take its parts with extract", q.cat.TypeName(from))
	default:
		return
	}
	n.Arg = arg
	q.pins.changed = true
}

func castTo(n *pg.Node, name string) *pg.Node {
	return &pg.Node{Node: &pg.Node_TypeCast{TypeCast: &pg.TypeCast{Arg: n, TypeName: &pg.TypeName{Names: qualifiedNames("pg_catalog", name), Typemod: -1}}}}
}

// pinZone pins, in a mask, a call whose outcome depends on a setting.
func (q *query) pinZone(node *pg.Node, types []catalog.OID) {
	n := node.GetFuncCall()
	if !q.pins.mask || n == nil {
		return
	}
	name := n.Funcname[len(n.Funcname)-1].GetString_().GetSval()
	zoned, styled := -1, catalog.OID(0)
	for k, t := range types {
		switch t = q.cat.BaseType(t); t {
		case typeTimestamptz:
			zoned = k
		}
		switch t {
		case typeDate, typeTimestamp, typeTimestamptz, typeTimetz, oidInterval, oidMoney, oidBytea, oidFloat4, oidFloat8:
			styled = t
		}
	}
	switch name {
	case "to_char", "date_part", "extract":
		if zoned >= 0 {
			n.Args[zoned] = inUTC(n.Args[zoned])
			q.pins.changed = true
		}
	case "date_trunc":
		if zoned == 1 && len(n.Args) == 2 {
			n.Args[1] = inUTC(n.Args[1])
			inner := proto.Clone(node).(*pg.Node)
			node.Node = inUTC(inner).Node
			q.pins.changed = true
		}
	case "concat", "concat_ws", "format", "quote_literal", "quote_nullable", "to_json", "to_jsonb", "json_build_object", "jsonb_build_object", "json_build_array", "jsonb_build_array", "array_to_string":
		if styled != 0 {
			q.pins.refuse("a setting of the session says how %s makes text of %s; cast it to text", name, q.cat.TypeName(styled))
		}
	}
}

// pinMask pins an author's mask over a value of a type. marker stands for the value.
func pinMask(cat *catalog.Snapshot, text, marker string, t catalog.OID) (string, error) {
	list, err := parse.Parse("SELECT ("+text+")", parse.Limits{})
	if err != nil || len(list) != 1 || len(list[0].Tree.GetSelectStmt().GetTargetList()) != 1 {
		return text, err
	}
	sub := &rewriter{in: Input{Catalog: cat}, cat: cat, plan: &Plan{}, raw: true}
	sub.init()
	q := &query{rewriter: sub, p: newPiece(list[0]), path: []string{"pg_catalog"}, trusted: true, pins: &pins{mask: true}}
	s := &scope{}
	s.add(&item{relation: &relation{cols: []column{{name: marker, typ: t}}}, name: marker + "_row"})
	node := list[0].Tree.GetSelectStmt().TargetList[0].GetResTarget().Val
	q.expr(node, s) // what it names that is not there is told elsewhere
	return pinned(text, node, q.pins)
}
