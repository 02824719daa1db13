package rewrite

import (
	"fmt"
	"slices"
	"strings"

	pg_query "github.com/pganalyze/pg_query_go/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"cordon/policy"
)

// maskExpr is the author's own expression over value. NULL stays NULL whatever the expression says.
func maskExpr(d *policy.Decision, m *policy.Mask, t *maskType, ref string) (string, error) {
	e := m.SQL
	if e == nil || e.Text == "" {
		return "", fmt.Errorf("%s has no expression", m.Title())
	}
	marker := "cordon_value"
	for strings.Contains(e.Text, marker) {
		marker += "_"
	}
	// The marker takes the place of value where the parse tree has it, and only there: a string or another table's column may have the same letters.
	at := &policy.Expr{Attrs: slices.Clone(e.Attrs)}
	var text strings.Builder
	end := 0
	for _, v := range e.Values {
		for i := range at.Attrs {
			if e.Attrs[i].Start >= v.End {
				at.Attrs[i].Start += len(marker) - (v.End - v.Start)
				at.Attrs[i].End += len(marker) - (v.End - v.Start)
			}
		}
		text.WriteString(e.Text[end:v.Start])
		text.WriteString(marker)
		end = v.End
	}
	text.WriteString(e.Text[end:])
	at.Text = text.String()
	bound := at.Text
	if len(at.Attrs) > 0 && d != nil {
		bound = d.SQL(at)
	}
	bound, err := pinMask(t.cat, bound, marker, t.base)
	if err != nil {
		return "", fmt.Errorf("%s: %w", m.Title(), err)
	}
	sql, nested, err := qualifyExpr(bound)
	if err != nil {
		return "", fmt.Errorf("%s: %w", m.Title(), err)
	}
	v := "(" + ref + ")"
	if nested {
		// A table of the sub-select may have a column of the same name as ref; cordon_value's row has none but this one.
		v = "cordon_mask." + marker
	}
	sql = "(" + strings.ReplaceAll(sql, marker, v) + ")"
	if nested {
		sql = "(SELECT " + strings.ReplaceAll(sql, v, "cordon_mask.v") + " FROM (SELECT " + ref + " AS v) AS cordon_mask)"
	}
	return "CASE WHEN " + ref + " IS NOT NULL THEN " + sql + " END", nil
}

// qualifyExpr writes an expression of the policy so that it reads the same under every search_path: a function, operator, type or collation without a schema
// is pg_catalog's. PostgreSQL would look for it in the session's search_path, where a client can put a function of its own in front, which is then called with
// raw values. Syntax that looks up an operator by name and cannot be told its schema is put in words that can, or refused.
//
// nested tells whether the expression holds a sub-select.
func qualifyExpr(text string) (sql string, nested bool, err error) {
	tree, err := pg_query.Parse("SELECT (" + text + ")")
	if err != nil {
		return "", false, fmt.Errorf("the expression does not parse: %w", err)
	}
	q := &qualifier{}
	q.message(tree.ProtoReflect())
	if q.err != nil {
		return "", false, q.err
	}
	out, err := deparsed(tree)
	return out, q.nested, err
}

// qualifier walks a parse tree in place. It goes through every node by reflection, so none is left out.
type qualifier struct {
	nested bool
	err    error
}

func (q *qualifier) refuse(format string, args ...any) {
	if q.err == nil {
		q.err = fmt.Errorf(format, args...)
	}
}

func (q *qualifier) message(m protoreflect.Message) {
	switch n := m.Interface().(type) {
	case *pg_query.Node:
		q.node(n)
	case *pg_query.A_Expr:
		q.operator(n)
	case *pg_query.FuncCall:
		if len(n.Funcname) == 1 {
			n.Funcname = append([]*pg_query.Node{pg_query.MakeStrNode("pg_catalog")}, n.Funcname...)
		}
	case *pg_query.TypeName:
		if n.PctType {
			q.refuse("%%TYPE is not for expressions of the policy; name the type")
		}
		if len(n.Names) == 1 {
			n.Names = append([]*pg_query.Node{pg_query.MakeStrNode("pg_catalog")}, n.Names...)
		}
	case *pg_query.CollateClause:
		if len(n.Collname) == 1 {
			n.Collname = append([]*pg_query.Node{pg_query.MakeStrNode("pg_catalog")}, n.Collname...)
		}
	case *pg_query.CaseExpr:
		if n.Arg != nil {
			q.refuse("CASE x WHEN y compares with an operator of the session's search_path; write CASE WHEN x = y")
		}
	case *pg_query.SubLink:
		q.nested = true
		if n.Testexpr != nil && len(n.OperName) == 0 {
			n.OperName = []*pg_query.Node{pg_query.MakeStrNode("=")} // x IN (SELECT …) is x = ANY (SELECT …)
		}
		q.operatorName(&n.OperName)
	case *pg_query.JoinExpr:
		if n.IsNatural || len(n.UsingClause) > 0 {
			q.refuse("USING and NATURAL compare with an operator of the session's search_path; write JOIN … ON a.x = b.x")
		}
	case *pg_query.SortBy:
		q.operatorName(&n.UseOp)
	case *pg_query.RangeVar:
		if n.Schemaname == "" {
			q.refuse("the table %s is named without its schema", n.Relname)
		}
	case *pg_query.A_Indirection:
		for _, i := range n.Indirection {
			if i.GetString_() != nil {
				q.refuse("(x).%s may call a function of that name from the session's search_path; write the function with its schema", i.GetString_().Sval)
			}
		}
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.Kind() != protoreflect.MessageKind {
			return true
		}
		if f.IsList() {
			for i := range v.List().Len() {
				q.message(v.List().Get(i).Message())
			}
		} else {
			q.message(v.Message())
		}
		return q.err == nil
	})
}

// node replaces a node whose operator syntax cannot carry a schema by one that can.
func (q *qualifier) node(n *pg_query.Node) {
	e := n.GetAExpr()
	if e == nil {
		return
	}
	binary := func(op string, l, r *pg_query.Node) *pg_query.Node {
		return &pg_query.Node{Node: &pg_query.Node_AExpr{AExpr: &pg_query.A_Expr{
			Kind: pg_query.A_Expr_Kind_AEXPR_OP, Name: []*pg_query.Node{pg_query.MakeStrNode(op)}, Lexpr: l, Rexpr: r}}}
	}
	both := func(kind pg_query.BoolExprType, args ...*pg_query.Node) {
		n.Node = &pg_query.Node_BoolExpr{BoolExpr: &pg_query.BoolExpr{Boolop: kind, Args: args}}
	}
	clone := func(x *pg_query.Node) *pg_query.Node { return proto.Clone(x).(*pg_query.Node) }
	switch e.Kind {
	case pg_query.A_Expr_Kind_AEXPR_LIKE, pg_query.A_Expr_Kind_AEXPR_ILIKE:
		e.Kind = pg_query.A_Expr_Kind_AEXPR_OP
	case pg_query.A_Expr_Kind_AEXPR_IN:
		kind := pg_query.BoolExprType_OR_EXPR
		if e.Name[0].GetString_().GetSval() == "<>" {
			kind = pg_query.BoolExprType_AND_EXPR
		}
		var tests []*pg_query.Node
		for _, item := range e.Rexpr.GetList().GetItems() {
			tests = append(tests, binary(e.Name[0].GetString_().GetSval(), clone(e.Lexpr), item))
		}
		if len(tests) == 1 {
			n.Node = tests[0].Node
			return
		}
		both(kind, tests...)
	case pg_query.A_Expr_Kind_AEXPR_BETWEEN, pg_query.A_Expr_Kind_AEXPR_NOT_BETWEEN:
		b := e.Rexpr.GetList().GetItems()
		if e.Kind == pg_query.A_Expr_Kind_AEXPR_BETWEEN {
			both(pg_query.BoolExprType_AND_EXPR, binary(">=", clone(e.Lexpr), b[0]), binary("<=", clone(e.Lexpr), b[1]))
		} else {
			both(pg_query.BoolExprType_OR_EXPR, binary("<", clone(e.Lexpr), b[0]), binary(">", clone(e.Lexpr), b[1]))
		}
	}
}

func (q *qualifier) operator(e *pg_query.A_Expr) {
	switch e.Kind {
	case pg_query.A_Expr_Kind_AEXPR_OP, pg_query.A_Expr_Kind_AEXPR_OP_ANY, pg_query.A_Expr_Kind_AEXPR_OP_ALL:
		q.operatorName(&e.Name)
	default:
		word := map[pg_query.A_Expr_Kind]string{
			pg_query.A_Expr_Kind_AEXPR_DISTINCT:        "IS DISTINCT FROM",
			pg_query.A_Expr_Kind_AEXPR_NOT_DISTINCT:    "IS NOT DISTINCT FROM",
			pg_query.A_Expr_Kind_AEXPR_NULLIF:          "NULLIF",
			pg_query.A_Expr_Kind_AEXPR_SIMILAR:         "SIMILAR TO",
			pg_query.A_Expr_Kind_AEXPR_BETWEEN_SYM:     "BETWEEN SYMMETRIC",
			pg_query.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM: "NOT BETWEEN SYMMETRIC",
		}[e.Kind]
		if word == "" {
			word = e.Kind.String()
		}
		q.refuse("%s compares with an operator of the session's search_path; write it with =, < or CASE WHEN", word)
	}
}

func (q *qualifier) operatorName(name *[]*pg_query.Node) {
	if len(*name) == 1 {
		*name = append([]*pg_query.Node{pg_query.MakeStrNode("pg_catalog")}, *name...)
	}
}

// clearLocations sets every location of a tree to zero: two texts of one tree differ in nothing else.
func clearLocations(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Kind() == protoreflect.MessageKind && f.IsList():
			for i := range v.List().Len() {
				clearLocations(v.List().Get(i).Message())
			}
		case f.Kind() == protoreflect.MessageKind:
			clearLocations(v.Message())
		case f.Name() == "location" || f.Name() == "stmt_location" || f.Name() == "stmt_len":
			m.Clear(f)
		}
		return true
	})
}
