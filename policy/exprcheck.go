package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"cordon/parse"

	pg_query "github.com/pganalyze/pg_query_go/v5"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// MaxExprBytes is the longest expression a policy can hold. A filter that needs more belongs into a view or function of the database.
const MaxExprBytes = 8 << 10

// exprUse is what an expression is for, which decides what it may name.
type exprUse uint8

const (
	conditionUse exprUse = iota // rows, unmask.when: boolean, over the table's columns and me.x
	forceUse                    // force: a value without the row: me.x and sub-selects
	maskUse                     // sql: over value and me.x
)

// attrUse is what an expression needs an attribute to be.
type attrUse uint8

const (
	anyAttr    attrUse = iota
	scalarAttr         // compared with an operator, or one of IN's list
	listAttr           // the array of = ANY(…)
)

// exprPrefix and exprSuffix are what an expression is parsed between.
const (
	exprPrefix = "SELECT 1 FROM t WHERE ("
	exprSuffix = ")"
)

// exprProblem is a mistake at a byte offset of the expression.
type exprProblem struct {
	offset int
	text   string
}

// exprChecker reads one expression.
type exprChecker struct {
	text     string
	use      exprUse
	tokens   []parse.Token
	starts   map[int]int // offset of a token's first byte → its index in tokens
	attrs    []AttrRef
	uses     map[int]attrUse // by AttrRef.Start
	values   []Span
	problems []exprProblem
}

func (c *exprChecker) refuse(offset int, format string, args ...any) {
	c.problems = append(c.problems, exprProblem{max(offset, 0), fmt.Sprintf(format, args...)})
}

// parseExpr reads a policy's expression. The result is nil when there are problems. attrUses tells for each of Attrs what it must be.
func parseExpr(text string, use exprUse) (e *Expr, attrUses []attrUse, problems []exprProblem) {
	c := &exprChecker{text: text, use: use, starts: map[int]int{}, uses: map[int]attrUse{}}
	node := c.parse()
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b exprProblem) int { return a.offset - b.offset })
		return nil, nil, c.problems
	}
	byPlace := func(a, b AttrRef) int { return a.Start - b.Start }
	slices.SortFunc(c.attrs, byPlace)
	slices.SortFunc(c.values, func(a, b Span) int { return a.Start - b.Start })
	for _, a := range c.attrs {
		attrUses = append(attrUses, c.uses[a.Start])
	}
	return &Expr{Text: text, Attrs: c.attrs, Values: c.values, node: node}, attrUses, nil
}

// parse checks the text from its letters up, and gives the tree with locations relative to it.
func (c *exprChecker) parse() *pg_query.Node {
	switch {
	case strings.TrimSpace(c.text) == "":
		c.refuse(0, "the expression is empty")
		return nil
	case len(c.text) > MaxExprBytes:
		c.refuse(0, "the expression is %d bytes long, and %d is the limit", len(c.text), MaxExprBytes)
		return nil
	case strings.IndexByte(c.text, 0) >= 0: // C would see the text end here
		c.refuse(strings.IndexByte(c.text, 0), "the expression holds a zero byte")
		return nil
	case !utf8.ValidString(c.text):
		c.refuse(0, "the expression is not valid UTF-8")
		return nil
	}
	tokens, err := parse.Lex(nil, c.text)
	if err != nil {
		c.syntax(err, 0)
		return nil
	}
	if !c.lexical(tokens) {
		return nil
	}
	statements, err := parse.Parse(exprPrefix+c.text+exprSuffix, parse.Limits{})
	if err != nil {
		c.syntax(err, len(exprPrefix))
		return nil
	}
	if len(statements) != 1 || statements[0].Tree.GetSelectStmt().GetWhereClause() == nil {
		c.refuse(0, "the text is not one expression")
		return nil
	}
	node := statements[0].Tree.GetSelectStmt().WhereClause
	shift(node.ProtoReflect(), len(exprPrefix))
	if r := node.GetRowExpr(); r != nil && r.RowFormat == pg_query.CoercionForm_COERCE_IMPLICIT_CAST {
		c.refuse(0, "the text is a list of expressions where one is needed")
		return nil
	}
	c.walk(node.ProtoReflect(), scope{})
	if c.use == conditionUse {
		c.condition(node)
	}
	return node
}

// lexical looks at the tokens. What it refuses could make the text mean something else where it is spliced in than here.
func (c *exprChecker) lexical(tokens []parse.Token) bool {
	depth, end := 0, 0
	for i, t := range tokens {
		if !c.gap(end, int(t.Start)) {
			return false
		}
		end = int(t.End)
		c.starts[int(t.Start)] = i
		if t.Kind != parse.Punct {
			continue
		}
		switch c.text[t.Start] {
		case '(':
			depth++
		case ')':
			// `a) OR (b` is well-formed between parentheses, and escapes them.
			if depth--; depth < 0 {
				c.refuse(int(t.Start), "this parenthesis closes one that the expression did not open")
				return false
			}
		case ';':
			c.refuse(int(t.Start), "an expression cannot hold a semicolon")
			return false
		}
	}
	if !c.gap(end, len(c.text)) {
		return false
	}
	if depth > 0 {
		c.refuse(0, "a parenthesis of the expression is not closed")
		return false
	}
	c.tokens = tokens
	if len(tokens) > 0 {
		for _, word := range []string{"select", "with", "values", "table"} {
			if tokens[0].Is(c.text, word) {
				c.refuse(int(tokens[0].Start), "a sub-select must stand in parentheses of its own")
				return false
			}
		}
	}
	return true
}

// gap refuses a comment between two tokens: `--` would swallow what is spliced behind it.
func (c *exprChecker) gap(start, end int) bool {
	if i := strings.IndexAny(c.text[start:end], "-/"); i >= 0 {
		c.refuse(start+i, "an expression cannot hold a comment: write it as a YAML comment")
		return false
	}
	return true
}

// syntax reports an error of the parser's; skip is how many bytes stood before the text.
func (c *exprChecker) syntax(err error, skip int) {
	var se *parse.SyntaxError
	if !errors.As(err, &se) {
		c.refuse(0, "the expression cannot be parsed: %s", err)
		return
	}
	offset := byteOffset(c.text, se.Position-1-skip)
	switch {
	case se.Position > 0 && offset >= len(c.text):
		c.refuse(len(c.text), "the expression ends too early")
	default:
		c.refuse(offset, "%s", se.Message)
	}
}

// byteOffset is where the n-th character of s begins; the position in an error of PostgreSQL's counts characters.
func byteOffset(s string, n int) int {
	for i := range s {
		if n <= 0 {
			return i
		}
		n--
	}
	return len(s)
}

// shift subtracts n from every location below m. One before the expression is not known: protobuf leaves out a location of 0.
func shift(m protoreflect.Message, n int) {
	fields := m.Descriptor().Fields()
	for i := 0; i < fields.Len(); i++ {
		fd := fields.Get(i)
		switch {
		case fd.Kind() == protoreflect.Int32Kind && !fd.IsList():
			if fd.Name() == "location" || strings.HasSuffix(string(fd.Name()), "_location") {
				m.Set(fd, protoreflect.ValueOfInt32(int32(max(int(m.Get(fd).Int())-n, -1))))
			}
		case fd.Kind() != protoreflect.MessageKind || !m.Has(fd):
		case fd.IsList():
			for j, list := 0, m.Get(fd).List(); j < list.Len(); j++ {
				shift(list.Get(j).Message(), n)
			}
		default:
			shift(m.Get(fd).Message(), n)
		}
	}
}

// scope is where in the expression the walk is.
type scope struct {
	inner bool     // inside a sub-select
	ctes  []string // names of WITH that can be read here
}

// walk visits every node of the tree.
func (c *exprChecker) walk(m protoreflect.Message, s scope) {
	switch n := m.Interface().(type) {
	case *pg_query.ColumnRef:
		c.columnRef(n, s)
		return
	case *pg_query.ParamRef:
		c.refuse(int(n.Location), "an expression cannot hold a parameter such as $%d: write me.x for an attribute of the person", n.Number)
	case *pg_query.FuncCall:
		c.funcCall(n, s)
	case *pg_query.GroupingFunc:
		if !s.inner {
			c.refuse(int(n.Location), "GROUPING cannot be used in an expression of the policy")
		}
	case *pg_query.A_Expr:
		c.attrUses(n)
	case *pg_query.A_Indirection:
		if start, ok := c.meRef(n.Arg); ok {
			c.refuse(start, "an attribute cannot be subscripted as it stands: cast it first, as in (me.x::text[])[1]")
		}
	case *pg_query.SetToDefault:
		c.refuse(int(n.Location), "DEFAULT is not a value here")
	case *pg_query.CurrentOfExpr:
		c.refuse(0, "CURRENT OF cannot be used in an expression of the policy")
	case *pg_query.InsertStmt, *pg_query.UpdateStmt, *pg_query.DeleteStmt, *pg_query.MergeStmt:
		c.refuse(0, "an expression can read tables, not change them")
		return
	case *pg_query.IntoClause:
		c.refuse(0, "SELECT INTO cannot be used in an expression of the policy")
		return
	case *pg_query.LockingClause:
		c.refuse(0, "FOR UPDATE and FOR SHARE cannot be used in an expression of the policy")
		return
	case *pg_query.SubLink:
		if n.Testexpr != nil {
			c.walk(n.Testexpr.ProtoReflect(), s)
		}
		s.inner = true
		if n.Subselect != nil {
			c.walk(n.Subselect.ProtoReflect(), s)
		}
		return
	case *pg_query.SelectStmt:
		s.inner = true
		if w := n.WithClause; w != nil {
			for _, cte := range w.Ctes {
				// Without RECURSIVE a WITH query sees those before it; with it, all of them.
				name := cte.GetCommonTableExpr().GetCtename()
				if name == "me" {
					c.refuse(int(cte.GetCommonTableExpr().GetLocation()), "me is the person here: give the WITH query another name")
				}
				if w.Recursive {
					s.ctes = append(slices.Clone(s.ctes), name)
				}
			}
			for _, cte := range w.Ctes {
				c.walk(cte.ProtoReflect(), s)
				s.ctes = append(slices.Clone(s.ctes), cte.GetCommonTableExpr().GetCtename())
			}
			// What follows sees all of them; the WITH clause itself has been walked.
			c.children(m, s, "with_clause")
			return
		}
	case *pg_query.RangeVar:
		c.rangeVar(n, s)
	case *pg_query.Alias:
		if n.Aliasname == "me" {
			c.refuse(0, "me is the person here: give the table another alias")
		}
	}
	c.children(m, s, "")
}

// children walks what is below m, but for the field named skip.
func (c *exprChecker) children(m protoreflect.Message, s scope, skip protoreflect.Name) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Kind() != protoreflect.MessageKind || fd.Name() == skip:
		case fd.IsList():
			for i := 0; i < v.List().Len(); i++ {
				c.walk(v.List().Get(i).Message(), s)
			}
		default:
			c.walk(v.Message(), s)
		}
		return true
	})
}

// columnRef records me.x and value, and refuses what the expression's use does not have.
func (c *exprChecker) columnRef(n *pg_query.ColumnRef, s scope) {
	at := int(n.Location)
	if len(n.Fields) == 0 {
		c.refuse(at, "this column reference has no name")
		return
	}
	first, name := n.Fields[0].GetString_().GetSval(), ""
	if len(n.Fields) > 1 {
		name = n.Fields[1].GetString_().GetSval()
	}
	switch {
	case first == "me" && (len(n.Fields) != 2 || name == ""):
		c.refuse(at, "me is the person, and can only be used with one attribute, as in me.employee_id")
	case first == "me":
		end, ok := c.dotted(at)
		if !ok {
			c.refuse(at, "this use of me.%s cannot be located in the text", name)
			return
		}
		c.attrs = append(c.attrs, AttrRef{Name: name, Start: at, End: end})
	case c.use == maskUse && first == "value" && len(n.Fields) == 1:
		i, ok := c.starts[at]
		if !ok {
			c.refuse(at, "this use of value cannot be located in the text")
			return
		}
		c.values = append(c.values, Span{at, int(c.tokens[i].End)})
	case s.inner:
	case c.use == maskUse:
		c.refuse(at, "an sql mask sees only value, which is the column, and me.x, and not %s", columnText(n))
	case c.use == forceUse:
		c.refuse(at, "a forced value cannot use the column %s: a text must stand in quotes of its own, as in \"'%s'\"", columnText(n), first)
	}
}

// columnText is a column reference as a person would write it.
func columnText(n *pg_query.ColumnRef) string {
	var parts []string
	for _, f := range n.Fields {
		if f.GetAStar() != nil {
			parts = append(parts, "*")
		} else {
			parts = append(parts, f.GetString_().GetSval())
		}
	}
	return strings.Join(parts, ".")
}

// dotted is where a name of two parts ends that begins at an offset.
func (c *exprChecker) dotted(start int) (end int, ok bool) {
	i, ok := c.starts[start]
	if !ok || i+2 >= len(c.tokens) || c.tokens[i+1].Text(c.text) != "." {
		return 0, false
	}
	return int(c.tokens[i+2].End), true
}

// meRef says whether a node is me.something, and where.
func (c *exprChecker) meRef(n *pg_query.Node) (start int, ok bool) {
	r := n.GetColumnRef()
	if r == nil || len(r.Fields) == 0 || r.Fields[0].GetString_().GetSval() != "me" {
		return 0, false
	}
	return int(r.Location), true
}

// comparisons are the operators beside which a list is a slip for = ANY(…).
var comparisons = []string{"=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~~*", "!~~*"}

// attrUses notes what an operator needs an attribute to be.
func (c *exprChecker) attrUses(n *pg_query.A_Expr) {
	note := func(node *pg_query.Node, use attrUse) {
		if start, ok := c.meRef(node); ok {
			c.uses[start] = use
		}
	}
	switch n.Kind {
	case pg_query.A_Expr_Kind_AEXPR_OP_ANY, pg_query.A_Expr_Kind_AEXPR_OP_ALL:
		note(n.Lexpr, scalarAttr)
		note(n.Rexpr, listAttr)
	case pg_query.A_Expr_Kind_AEXPR_IN:
		note(n.Lexpr, scalarAttr)
		for _, item := range n.Rexpr.GetList().GetItems() {
			note(item, scalarAttr)
		}
	case pg_query.A_Expr_Kind_AEXPR_OP, pg_query.A_Expr_Kind_AEXPR_LIKE, pg_query.A_Expr_Kind_AEXPR_ILIKE:
		if len(n.Name) != 1 || !slices.Contains(comparisons, n.Name[0].GetString_().GetSval()) {
			return
		}
		// Whole arrays can still be compared by saying so: regions = me.regions::text[].
		note(n.Lexpr, scalarAttr)
		note(n.Rexpr, scalarAttr)
	}
}

// funcCall refuses calls that are no expressions over one row. Inside a sub-select everything is as SQL has it.
func (c *exprChecker) funcCall(n *pg_query.FuncCall, s scope) {
	if s.inner || len(n.Funcname) == 0 {
		return
	}
	name := n.Funcname[len(n.Funcname)-1].GetString_().GetSval()
	builtin := len(n.Funcname) == 1 || n.Funcname[0].GetString_().GetSval() == "pg_catalog"
	switch {
	case n.Over != nil:
		c.refuse(int(n.Location), "%s is called as a window function, which a row by itself does not have", name)
	case n.AggStar || n.AggDistinct || n.AggFilter != nil || n.AggWithinGroup || len(n.AggOrder) > 0 || builtin && aggregates[name]:
		c.refuse(int(n.Location), "%s is an aggregate, which a row by itself does not have: use a sub-select", name)
	case builtin && setReturning[name]:
		c.refuse(int(n.Location), "%s returns several rows where one value is needed: use it in a sub-select", name)
	}
}

// rangeVar refuses what could not be found for certain. A table without a schema is looked for in the schema of the rule's table, then in public, and never
// in the session's search_path, where a temporary table could take its place.
func (c *exprChecker) rangeVar(n *pg_query.RangeVar, s scope) {
	if n.Relname == "me" && n.Alias == nil {
		c.refuse(int(n.Location), "me is the person here: give the table an alias")
		return
	}
	if n.Catalogname != "" {
		c.refuse(int(n.Location), "the table %s cannot be written with a database", n.Relname)
	}
}

// notBoolean are the operators of PostgreSQL's whose result is never boolean.
var notBoolean = []string{"+", "-", "*", "/", "%", "^", "||", "->", "->>", "#>", "#>>", "#-", "|/", "||/", "@@@", "<->", "<#>", "~>~"}

// condition refuses a top node that cannot be boolean.
func (c *exprChecker) condition(node *pg_query.Node) {
	no := func(what string) {
		c.refuse(0, "the expression is %s where a condition (true or false) is needed", what)
	}
	switch n := node.Node.(type) {
	case *pg_query.Node_AConst:
		if n.AConst.GetBoolval() == nil {
			no("a constant")
		}
	case *pg_query.Node_AExpr:
		if k := n.AExpr.Kind; k == pg_query.A_Expr_Kind_AEXPR_OP && len(n.AExpr.Name) == 1 {
			if op := n.AExpr.Name[0].GetString_().GetSval(); slices.Contains(notBoolean, op) {
				no("a value made with " + op)
			}
		}
	case *pg_query.Node_TypeCast:
		names := n.TypeCast.GetTypeName().GetNames()
		if len(names) == 2 && names[0].GetString_().GetSval() == "pg_catalog" && names[1].GetString_().GetSval() != "bool" || len(n.TypeCast.GetTypeName().GetArrayBounds()) > 0 {
			no("a cast to another type")
		} else if len(names) == 1 && slices.Contains([]string{"text", "date", "uuid", "json", "jsonb", "name", "bytea", "inet"}, names[0].GetString_().GetSval()) {
			no("a cast to " + names[0].GetString_().GetSval())
		}
	case *pg_query.Node_SubLink:
		if n.SubLink.SubLinkType == pg_query.SubLinkType_ARRAY_SUBLINK {
			no("an array")
		}
	case *pg_query.Node_RowExpr:
		no("a row")
	case *pg_query.Node_AArrayExpr:
		no("an array")
	case *pg_query.Node_SqlvalueFunction:
		no("a value of the session")
	case *pg_query.Node_XmlExpr, *pg_query.Node_XmlSerialize:
		no("an XML value")
	case *pg_query.Node_CollateClause:
		no("a text with a collation")
	}
}

// aggregates are pg_catalog's aggregate functions.
var aggregates = wordSet(`any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp every json_agg json_agg_strict
	json_object_agg json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict jsonb_agg jsonb_agg_strict jsonb_object_agg
	jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict max min mode percentile_cont percentile_disc range_agg range_intersect_agg
	regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp string_agg sum var_pop var_samp
	variance xmlagg`)

// setReturning are pg_catalog's set-returning functions that people call in a SELECT list.
var setReturning = wordSet(`generate_series generate_subscripts json_array_elements json_array_elements_text json_each json_each_text json_object_keys
	json_populate_recordset json_to_recordset jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys jsonb_path_query
	jsonb_path_query_tz jsonb_populate_recordset jsonb_to_recordset regexp_matches regexp_split_to_table string_to_table ts_debug ts_parse ts_stat unnest`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}
