package rewrite

import (
	"slices"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/parse"
	"cordon/policy"
)

// A boundFilter is an expression of the policy over one table, bound to the catalog: every other table in it is qualified, and it is known where it names
// the table's own columns.
type boundFilter struct {
	inner   string // as it stands in a sub-select over the table
	parts   []filterPart
	selects bool    // it holds a sub-select
	equates bool    // PostgreSQL may learn of it that a column has one value
	nested  bool    // the table's columns are named inside a sub-select of it, where another table's alias could catch a qualified name
	whole   bool    // the table's whole row is named
	unsure  bool    // see pins
	plain   bool    // see plainFilter
	parent  *parent // what it looks for in another table; nil for none
	when    string  // see plainCondition
	table   *catalog.Relation
}

// A filterPart is a piece of text, then (num != 0) one of the table's columns.
type filterPart struct {
	text string
	num  int16
}

// in says the filter with other names for the table's columns; false when name has none for one of them.
func (f *boundFilter) in(name func(num int16) (string, bool)) (string, bool) {
	var b strings.Builder
	for _, p := range f.parts {
		b.WriteString(p.text)
		if p.num != 0 {
			n, ok := name(p.num)
			if !ok {
				return "", false
			}
			b.WriteString(n)
		}
	}
	return b.String(), true
}

// over says the filter at another place, where name tells what the table's columns are called there; false when it has none for one of them.
// A nested filter is bound afresh, over a row that bears the table's own name, so that no alias of the statement can catch a name in it.
func (f *boundFilter) over(name func(num int16) (string, bool)) (string, bool) {
	if !f.nested {
		return f.in(name)
	}
	nums := f.columns()
	if f.whole {
		nums = nums[:0]
		for k := range f.table.Columns {
			nums = append(nums, f.table.Columns[k].Num)
		}
	}
	cols := make([]string, 0, len(nums))
	for _, num := range nums {
		n, ok := name(num)
		if !ok {
			return "", false
		}
		cols = append(cols, n+" AS "+quoteIdent(f.table.ColumnNum(num).Name))
	}
	return "(SELECT " + f.inner + " FROM (SELECT " + strings.Join(cols, ", ") + ") AS " + quoteIdent(f.table.Name) + ")", true
}

// columns are the table's columns that the filter names.
func (f *boundFilter) columns() []int16 {
	var nums []int16
	for _, p := range f.parts {
		if p.num != 0 && !slices.Contains(nums, p.num) {
			nums = append(nums, p.num)
		}
	}
	return nums
}

// bindExpr binds a policy's expression, the person's attributes already in it, to a table. It reads tables raw, as a view's owner would. nil, with the
// refusal noted, when it does not fit the database.
func (r *rewriter) bindExpr(rel *catalog.Relation, d *policy.Decision, text, what string) *boundFilter {
	key, rule := filterKey{rel.OID, text}, d.Rule
	var err error
	f, ok := r.in.Memo.get(r.cat, key)
	if !ok {
		f, err = bindExpr(r.cat, rel, d.Table, text)
	}
	if err != nil {
		where := ""
		if rule != nil {
			where = " of rule \"" + rule.Name + "\" (" + rule.Position() + ")"
		}
		r.refuse(-1, "42501", "The %s expression%s does not fit the table %s.%s: %s.", what, where, rel.Schema, rel.Name, strings.TrimSuffix(err.Error(), "."))
		return nil
	}
	if !ok {
		r.in.Memo.put(r.cat, key, f)
	}
	if f.unsure && slices.Index(r.in.SearchPath, "pg_catalog") > 0 {
		r.refuseHint(-1, "42501", "The "+what+" expression on "+rel.Schema+"."+rel.Name+" could mean something else under this search_path, which has another schema before pg_catalog.", "Leave pg_catalog out of search_path; it is searched first then.")
		return nil
	}
	return f
}

// unknownName is what is wrong with an expression that names what is not there.
const unknownName = "it names a column or function that does not exist"

// A partition or an inheritance child is bound under the name of the table that the rule names, as; what is bound goes by the child's own.
func bindExpr(cat *catalog.Snapshot, rel *catalog.Relation, as policy.TableName, text string) (*boundFilter, error) {
	p := &pins{}
	f, node, err := bindText(cat, rel, as, text, p)
	if err != nil || !p.changed && p.err == nil {
		if err == nil {
			f.unsure = p.unsure
		}
		return f, err
	}
	if text, err = pinned(text, node, p); err != nil {
		return nil, err
	}
	if f, _, err = bindText(cat, rel, as, text, nil); err == nil {
		f.unsure = p.unsure
	}
	return f, err
}

// bindText binds an expression as it is written, and pins its tree.
func bindText(cat *catalog.Snapshot, rel *catalog.Relation, as policy.TableName, text string, p *pins) (*boundFilter, *pg.Node, error) {
	head := "SELECT FROM " + quoteName(rel.Schema, rel.Name) + " WHERE ("
	list, err := parse.Parse(head+text+")", parse.Limits{})
	if err != nil {
		return nil, nil, err
	}
	if len(list) != 1 || list[0].Tree.GetSelectStmt() == nil || list[0].Tree.GetSelectStmt().WhereClause == nil {
		return nil, nil, &parse.SyntaxError{Message: "it is not one expression"}
	}
	st := list[0]
	sub := &rewriter{in: Input{Catalog: cat}, cat: cat, plan: &Plan{}, raw: true}
	sub.init()
	q := &query{rewriter: sub, p: newPiece(st), path: []string{"pg_catalog", rel.Schema, "public"}, trusted: true, pins: p}
	q.p.start, q.p.end = len(head), len(head)+len(text)
	q.plainStrings()

	s := &scope{}
	it := &item{relation: &relation{}, name: as.Name, schema: as.Schema, table: rel}
	for k := range rel.Columns {
		c := &rel.Columns[k]
		it.cols = append(it.cols, column{name: c.Name, typ: c.Type, num: c.Num})
	}
	f := &boundFilter{table: rel}
	it.record = func(u columnUse) {
		f.nested = f.nested || u.nested
		name := q.p.src[u.from:u.to]
		if as.Name != rel.Name && u.qualified {
			name = quoteIdent(rel.Name) + "." + quoteIdent(rel.ColumnNum(u.num).Name)
		}
		q.p.replace(u.from, u.to, literal("\x00"+strconv.Itoa(int(u.num))+"\x01"+name+"\x02"))
	}
	s.add(it)
	i := q.expr(st.Tree.GetSelectStmt().WhereClause, s)
	eachNode(st.Tree.GetSelectStmt().WhereClause.ProtoReflect(), func(m any) {
		switch n := m.(type) {
		case *pg.SubLink:
			f.selects, f.equates = true, true
		case *pg.A_Expr:
			f.equates = f.equates || lastOf(n.Name) == "="
		}
	})
	if sub.err != nil {
		return nil, nil, sub.err
	}
	if i.astray {
		return nil, nil, &parse.SyntaxError{Message: unknownName}
	}
	if i.whole && as.Name != rel.Name {
		return nil, nil, &parse.SyntaxError{Message: "it names the whole row of " + as.Name + ", which its partitions and inheritance children are not"}
	}
	if i.whole {
		f.nested, f.whole = true, true
	}
	var b strings.Builder
	q.p.print(&b)
	// NUL cannot stand in SQL text, so the marks are ours.
	rest := b.String()
	var inner strings.Builder
	for {
		text, after, marked := strings.Cut(rest, "\x00")
		inner.WriteString(text)
		if !marked {
			f.parts = append(f.parts, filterPart{text: text})
			break
		}
		num, after, _ := strings.Cut(after, "\x01")
		name, after, _ := strings.Cut(after, "\x02")
		n, _ := strconv.Atoi(num)
		f.parts = append(f.parts, filterPart{text, int16(n)})
		inner.WriteString(name)
		rest = after
	}
	f.inner = "(" + inner.String() + ")"
	f.plain = plainFilter(st.Tree.GetSelectStmt().WhereClause)
	if as.Name == rel.Name {
		f.parent = q.parentOf(rel, st.Tree.GetSelectStmt().WhereClause)
		f.when = plainCondition(st.Tree.GetSelectStmt().WhereClause, rel, rel.Name)
	}
	return f, st.Tree.GetSelectStmt().WhereClause, nil
}

// plainFilter says that a filter is nothing but comparisons of columns with constants, none of which costs PostgreSQL more than the client's own comparison does.
func plainFilter(n *pg.Node) bool {
	switch v := n.GetNode().(type) {
	case *pg.Node_BoolExpr:
		return v.BoolExpr.Boolop == pg.BoolExprType_AND_EXPR && !slices.ContainsFunc(v.BoolExpr.Args, func(a *pg.Node) bool { return !plainFilter(a) })
	case *pg.Node_AExpr:
		op := names(v.AExpr.Name)
		return v.AExpr.Kind == pg.A_Expr_Kind_AEXPR_OP && len(op) > 0 && comparison[op[len(op)-1]] && v.AExpr.Lexpr.GetColumnRef() != nil && v.AExpr.Rexpr.GetAConst() != nil && v.AExpr.Rexpr.GetAConst().GetFval() == nil // which would have an integer column cast
	case *pg.Node_NullTest:
		return v.NullTest.Arg.GetColumnRef() != nil
	case *pg.Node_ColumnRef:
		return true
	}
	return false
}

// plainStrings writes the string literals with backslashes so that they read the same when the client has turned standard_conforming_strings off.
func (q *query) plainStrings() {
	for _, t := range q.p.toks.t {
		from, to := int(t.Start), int(t.End)
		if t.Kind != parse.String || from < q.p.start || to > q.p.end || q.p.src[from] != '\'' || !strings.Contains(q.p.src[from:to], `\`) {
			continue
		}
		value := q.p.src[from+1 : to-1]
		if strings.Contains(strings.ReplaceAll(value, "''", ""), "'") {
			q.refuse(-1, "42601", "it holds a string with a backslash in several pieces")
			return
		}
		q.p.replace(from, to, literal(stringLiteral(strings.ReplaceAll(value, "''", "'"))))
	}
}
