package proxy

import (
	"cordon/catalog"
	"cordon/policy"
	"cordon/rewrite"

	pg_query "github.com/pganalyze/pg_query_go/v5"
)

// A limit of subjects counts the keys that come back in a row. But a row can show one subject's key beside another's name: a table joined with itself, a sub-select, lag(). So it is made out of how many subjects a row can show
// values, and of how many of them it shows the key. What cannot be made out is somebody of its own in each row.

// besides is what a result row shows of subjects.
type besides struct {
	all   int64 // different subjects that one row can show
	keyed int64 // of them, those whose keys stand in the row
}

// maxBesides is how much a statement may name before it is no longer followed.
const maxBesides = 64

// A subjectRow is one subject's row, of a table with a key or a limit, in the rows of a query.
type subjectRow struct {
	id    int
	names map[string]bool // columns of the query that hold its key
}

// readings finds them in a statement.
type readings struct {
	keys    *subjectKeys
	limited func(*catalog.Relation) bool
	resolve func(*pg_query.RangeVar) *catalog.Relation
	same    []int    // of each reading, another of the same subject, or itself
	of      []string // whose keys; "" for a reading without one
	counts  []bool   // a limit applies to it
	lost    bool
}

// A withName is a WITH query in force, with those behind it.
type withName struct {
	next   *withName
	name   string
	query  *pg_query.Node
	within *withName // what is in force in it
	open   bool      // it is being read: it names itself
	named  bool      // with a list of names for its columns
}

// A besideLevel is one query level while it is read.
type besideLevel struct {
	outer *besideLevel
	items []besideItem
	start int // its own readings are those from here on
}

type besideItem struct {
	name string
	rows []subjectRow
}

func besidesOf(n *pg_query.Node, keys *subjectKeys, limited func(*catalog.Relation) bool, resolve func(*pg_query.RangeVar) *catalog.Relation) besides {
	r := &readings{keys: keys, limited: limited, resolve: resolve}
	switch v := n.GetNode().(type) {
	case *pg_query.Node_CopyStmt:
		n = v.CopyStmt.Query
	case *pg_query.Node_PrepareStmt:
		n = v.PrepareStmt.Query
	case *pg_query.Node_DeclareCursorStmt:
		n = v.DeclareCursorStmt.Query
	case *pg_query.Node_CreateTableAsStmt:
		n = v.CreateTableAsStmt.Query
	case *pg_query.Node_ExplainStmt:
		n = v.ExplainStmt.Query
	}
	rows := r.statement(n, nil, nil)
	if r.lost {
		return besides{all: maxBesides}
	}
	var out besides
	told := map[int]bool{} // by subject, whether its key stands in the row
	counts := map[int]bool{}
	for _, x := range rows {
		root := r.root(x.id)
		told[root] = told[root] || len(x.names) > 0
		counts[root] = counts[root] || r.counts[x.id]
	}
	for root, key := range told {
		if key {
			out.keyed++
		}
		if key || counts[root] {
			out.all++
		}
	}
	return out
}

func (r *readings) root(i int) int {
	for r.same[i] != i {
		i = r.same[i]
	}
	return i
}

func (r *readings) add(of string, counts bool, names ...string) []subjectRow {
	if len(r.same) == maxBesides {
		r.lost = true
		return nil
	}
	x := subjectRow{id: len(r.same), names: map[string]bool{}}
	for _, n := range names {
		x.names[n] = true
	}
	r.same, r.of, r.counts = append(r.same, x.id), append(r.of, of), append(r.counts, counts)
	return []subjectRow{x}
}

// statement gives the readings in the rows of a statement.
func (r *readings) statement(n *pg_query.Node, outer *besideLevel, with *withName) []subjectRow {
	switch v := n.GetNode().(type) {
	case *pg_query.Node_SelectStmt:
		return r.query(v.SelectStmt, outer, with)
	case *pg_query.Node_InsertStmt:
		with = withNames(v.InsertStmt.WithClause, with)
		at := r.level(outer)
		r.item(&pg_query.Node{Node: &pg_query.Node_RangeVar{RangeVar: v.InsertStmt.Relation}}, at, with)
		return append(r.targets(v.InsertStmt.ReturningList, at, with), r.statement(v.InsertStmt.SelectStmt, outer, with)...)
	case *pg_query.Node_UpdateStmt:
		with = withNames(v.UpdateStmt.WithClause, with)
		from := append([]*pg_query.Node{{Node: &pg_query.Node_RangeVar{RangeVar: v.UpdateStmt.Relation}}}, v.UpdateStmt.FromClause...)
		at := r.from(from, v.UpdateStmt.WhereClause, outer, with)
		// What is written can be read in the row, or later.
		var set []*pg_query.Node
		for _, t := range v.UpdateStmt.TargetList {
			set = append(set, t.GetResTarget().GetVal())
		}
		return append(r.targets(v.UpdateStmt.ReturningList, at, with), r.inside(set, at, with)...)
	case *pg_query.Node_DeleteStmt:
		with = withNames(v.DeleteStmt.WithClause, with)
		from := append([]*pg_query.Node{{Node: &pg_query.Node_RangeVar{RangeVar: v.DeleteStmt.Relation}}}, v.DeleteStmt.UsingClause...)
		return r.targets(v.DeleteStmt.ReturningList, r.from(from, v.DeleteStmt.WhereClause, outer, with), with)
	case *pg_query.Node_MergeStmt:
		with = withNames(v.MergeStmt.WithClause, with)
		at := r.level(outer)
		r.item(&pg_query.Node{Node: &pg_query.Node_JoinExpr{JoinExpr: &pg_query.JoinExpr{Jointype: pg_query.JoinType_JOIN_FULL, // WHEN NOT MATCHED goes by one of the two
			Larg: &pg_query.Node{Node: &pg_query.Node_RangeVar{RangeVar: v.MergeStmt.Relation}}, Rarg: v.MergeStmt.SourceRelation, Quals: v.MergeStmt.JoinCondition}}}, at, with)
		return r.targets(nil, at, with)
	}
	return nil
}

// withNames puts the queries of a WITH clause in force.
func withNames(w *pg_query.WithClause, with *withName) *withName {
	for _, n := range w.GetCtes() {
		c := n.GetCommonTableExpr()
		entry := &withName{next: with, name: c.GetCtename(), query: c.GetCtequery(), within: with, named: len(c.GetAliascolnames()) > 0}
		if w.Recursive {
			entry.within = entry
		}
		with = entry
	}
	return with
}

func (r *readings) query(q *pg_query.SelectStmt, outer *besideLevel, with *withName) []subjectRow {
	if q == nil || r.lost {
		return nil
	}
	with = withNames(q.WithClause, with)
	if q.Op != pg_query.SetOperation_SETOP_NONE {
		// A row comes from one of the two, and the server does not say of which column.
		start := len(r.same)
		left, right := r.query(q.Larg, outer, with), r.query(q.Rarg, outer, with)
		// Those that are the same as others of the query around are counted there.
		if a, b := r.different(left, start), r.different(right, start); b > a || b == a && r.different(right, 0) > r.different(left, 0) {
			left = right
		}
		for i := range left {
			left[i].names = nil
		}
		return left
	}
	if len(q.ValuesLists) > 0 {
		return r.inside(q.ValuesLists, r.level(outer), with)
	}
	at := r.from(q.FromClause, q.WhereClause, outer, with)
	if r.figures(q) {
		return nil
	}
	out := r.targets(q.TargetList, at, with)
	return append(out, r.fetched(q, at)...)
}

// different is how many different subjects there are that no reading before start is of.
func (r *readings) different(rows []subjectRow, start int) int {
	roots := map[int]bool{}
	for _, x := range rows {
		if root := r.root(x.id); r.within(root, start, len(r.same)) {
			roots[root] = true
		}
	}
	return len(roots)
}

// within says that all readings of a subject are among those from start to end.
func (r *readings) within(root, start, end int) bool {
	for i := range r.same {
		if (i < start || i >= end) && r.root(i) == root {
			return false
		}
	}
	return true
}

func (r *readings) level(outer *besideLevel) *besideLevel {
	return &besideLevel{outer: outer, start: len(r.same)}
}

// from reads a FROM clause, and what its conditions say to be the same subject.
func (r *readings) from(list []*pg_query.Node, where *pg_query.Node, outer *besideLevel, with *withName) *besideLevel {
	at := r.level(outer)
	for _, n := range list {
		r.item(n, at, with)
	}
	r.equal(where, at, r.inner(at))
	return at
}

func (r *readings) item(n *pg_query.Node, at *besideLevel, with *withName) {
	switch v := n.GetNode().(type) {
	case *pg_query.Node_JoinExpr:
		j := v.JoinExpr
		first, start := len(at.items), len(r.same)
		r.item(j.Larg, at, with)
		middle, between := len(at.items), len(r.same)
		r.item(j.Rarg, at, with)
		holds, end := r.inner(at), len(r.same)
		left := func(root int) bool { return r.within(root, start, between) }
		right := func(root int) bool { return r.within(root, between, end) }
		switch j.Jointype { // what an outer join does not find it leaves out, and the rows that it has for it are equal to nothing
		case pg_query.JoinType_JOIN_INNER:
		case pg_query.JoinType_JOIN_LEFT:
			holds = func(a, b int) bool { return right(a) || right(b) }
		case pg_query.JoinType_JOIN_RIGHT:
			holds = func(a, b int) bool { return left(a) || left(b) }
		default:
			holds = func(a, b int) bool { return left(a) && right(b) || right(a) && left(b) }
		}
		r.equal(j.Quals, at, holds)
		for _, u := range j.UsingClause {
			name := u.GetString_().GetSval()
			for _, a := range at.items[first:middle] {
				for _, b := range at.items[middle:] {
					r.link(a.holding(name), b.holding(name), holds)
				}
			}
		}
		if j.Alias != nil { // hides the names inside
			rows := []subjectRow{}
			for _, it := range at.items[first:] {
				rows = append(rows, it.rows...)
			}
			at.items = append(at.items[:first], besideItem{name: j.Alias.Aliasname, rows: r.renamed(rows, j.Alias)})
		}
	case *pg_query.Node_RangeVar:
		rv := v.RangeVar
		it := besideItem{name: rv.Relname}
		if rv.Schemaname == "" {
			for k := with; k != nil; k = k.next {
				if k.name == rv.Relname {
					if k.open {
						it.rows = r.add("", true)
					} else {
						k.open = true
						it.rows = r.statement(k.query, nil, k.within)
						k.open = false
						if k.named {
							it.rows = unnamed(it.rows)
						}
					}
					if rv.Alias != nil {
						it.name = rv.Alias.Aliasname
					}
					it.rows = r.renamed(it.rows, rv.Alias)
					at.items = append(at.items, it)
					return
				}
			}
		}
		if rv.Alias != nil {
			it.name = rv.Alias.Aliasname
		}
		if rel := r.resolve(rv); rel != nil {
			if key := r.keys.byTable[rel.OID]; key != nil {
				it.rows = r.add(key.of, r.limited(rel), key.column)
			} else if r.limited(rel) {
				it.rows = r.add("", true)
			}
		}
		it.rows = r.renamed(it.rows, rv.Alias)
		at.items = append(at.items, it)
	case *pg_query.Node_RangeSubselect:
		s := v.RangeSubselect
		around := at.outer
		if s.Lateral {
			around = at
		}
		rows := r.statement(s.Subquery, around, with)
		at.items = append(at.items, besideItem{name: s.Alias.GetAliasname(), rows: r.renamed(rows, s.Alias)})
	case *pg_query.Node_RangeTableSample:
		r.item(v.RangeTableSample.Relation, at, with)
	default: // functions, XMLTABLE: what sub-selects in them read can come out
		at.items = append(at.items, besideItem{rows: r.inside([]*pg_query.Node{n}, at, with)})
	}
}

// renamed takes the keys' names away where an alias has names for the columns.
func (r *readings) renamed(rows []subjectRow, alias *pg_query.Alias) []subjectRow {
	if len(alias.GetColnames()) == 0 {
		return rows
	}
	return unnamed(rows)
}

func unnamed(rows []subjectRow) []subjectRow {
	out := make([]subjectRow, len(rows))
	for i := range rows {
		out[i] = subjectRow{id: rows[i].id}
	}
	return out
}

func (it *besideItem) holding(name string) (out []subjectRow) {
	for _, x := range it.rows {
		if x.names[name] {
			out = append(out, x)
		}
	}
	return out
}

// column gives the readings whose key a column is. A name without a table's is not looked for further out: what is nearer may have such a column.
func (at *besideLevel) column(c *pg_query.ColumnRef) []subjectRow {
	var item, name string
	switch f := c.GetFields(); len(f) {
	case 1:
		name = f[0].GetString_().GetSval()
	case 2:
		item, name = f[0].GetString_().GetSval(), f[1].GetString_().GetSval()
	}
	if name == "" {
		return nil
	}
	for ; at != nil; at = at.outer {
		var out []subjectRow
		found := false
		for i := range at.items {
			if it := &at.items[i]; item == "" || it.name == item {
				found = found || item != ""
				out = append(out, it.holding(name)...)
			}
		}
		if found || item == "" {
			return out
		}
	}
	return nil
}

// inner says whether what a condition of a level has equal is the same subject in all that a row shows. The rows around a sub-select are there whether or not it finds any: of two of theirs it says nothing, also by one of its own.
func (r *readings) inner(at *besideLevel) func(a, b int) bool {
	return func(a, b int) bool { return r.within(a, at.start, len(r.same)) || r.within(b, at.start, len(r.same)) }
}

// link notes that two columns hold the same key, where that holds for what has been found to be the same as either.
func (r *readings) link(a, b []subjectRow, holds func(a, b int) bool) {
	for _, x := range a {
		for _, y := range b {
			if i, j := r.root(x.id), r.root(y.id); r.of[x.id] == r.of[y.id] && i != j && holds(i, j) {
				r.same[i] = j
			}
		}
	}
}

// equal reads what a condition says to be the same.
func (r *readings) equal(n *pg_query.Node, at *besideLevel, holds func(a, b int) bool) {
	if b := n.GetBoolExpr(); b != nil && b.Boolop == pg_query.BoolExprType_AND_EXPR {
		for _, a := range b.Args {
			r.equal(a, at, holds)
		}
		return
	}
	if x := n.GetAExpr(); x != nil && x.Kind == pg_query.A_Expr_Kind_AEXPR_OP && len(x.Name) == 1 && x.Name[0].GetString_().GetSval() == "=" {
		r.link(at.column(x.Lexpr.GetColumnRef()), at.column(x.Rexpr.GetColumnRef()), holds)
	}
}

// targets gives the readings of a level, each with the names that its key has in the result, and those of sub-selects in the list.
func (r *readings) targets(list []*pg_query.Node, at *besideLevel, with *withName) []subjectRow {
	shown := map[int]map[string]bool{}
	show := func(rows []subjectRow, name string) {
		for _, x := range rows {
			if shown[x.id] == nil {
				shown[x.id] = map[string]bool{}
			}
			if name != "" {
				shown[x.id][name] = true
				continue
			}
			for k := range x.names {
				shown[x.id][k] = true
			}
		}
	}
	for _, n := range list {
		t := n.GetResTarget()
		c := t.GetVal().GetColumnRef()
		if c == nil {
			continue
		}
		f := c.Fields
		if f[len(f)-1].GetAStar() != nil {
			for _, it := range at.items {
				if len(f) == 1 || len(f) == 2 && it.name == f[0].GetString_().GetSval() {
					show(it.rows, "")
				}
			}
			continue
		}
		name := t.Name
		if name == "" {
			name = f[len(f)-1].GetString_().GetSval()
		}
		show(at.column(c), name)
	}
	var out []subjectRow
	for _, it := range at.items {
		for _, x := range it.rows {
			out = append(out, subjectRow{id: x.id, names: shown[x.id]})
		}
	}
	return append(out, r.inside(list, at, with)...)
}

// inside gives the readings of sub-selects in expressions. Those of EXISTS and IN say yes or no alone.
func (r *readings) inside(list []*pg_query.Node, at *besideLevel, with *withName) (out []subjectRow) {
	for _, n := range list {
		if n == nil {
			continue
		}
		within := map[any]bool{} // in another: read with that
		rewrite.EachNode(n, func(m any) {
			q, values := subselect(m)
			if q == nil || within[m] {
				return
			}
			rewrite.EachNode(q, func(m any) {
				if inner, _ := subselect(m); inner != nil {
					within[m] = true
				}
			})
			if !values {
				return
			}
			for _, x := range r.statement(q, at, with) {
				out = append(out, subjectRow{id: x.id})
			}
		})
	}
	return out
}

// subselect is the query of a node that is a sub-select in an expression, nil for others. values says that it gives what the query finds, and not yes or no alone.
func subselect(m any) (q *pg_query.Node, values bool) {
	switch m := m.(type) {
	case *pg_query.SubLink:
		switch m.SubLinkType {
		case pg_query.SubLinkType_EXISTS_SUBLINK, pg_query.SubLinkType_ANY_SUBLINK, pg_query.SubLinkType_ALL_SUBLINK:
			return m.Subselect, false
		}
		return m.Subselect, true
	case *pg_query.JsonArrayQueryConstructor:
		return m.Query, true
	}
	return nil, false
}

// figures says that a query gives counts and sums alone, which show nobody.
func (r *readings) figures(q *pg_query.SelectStmt) bool {
	if len(q.GroupClause) > 0 || len(q.DistinctClause) > 0 {
		return false
	}
	some, all := false, true
	for _, t := range q.TargetList {
		rewrite.EachNode(t, func(m any) {
			switch m := m.(type) {
			case *pg_query.SubLink, *pg_query.JsonArrayQueryConstructor, *pg_query.JsonArrayAgg, *pg_query.JsonObjectAgg:
				all = false
			case *pg_query.FuncCall:
				if name := callName(m); r.aggregate(name) {
					some = some || m.Over == nil
					all = all && m.Over == nil && rewrite.Figure(name)
				}
			}
		})
	}
	return some && all
}

func (r *readings) aggregate(name string) bool {
	for _, f := range r.keys.catalog.FunctionsNamed(name) {
		if f.Kind == 'a' {
			return true
		}
	}
	return false
}

func callName(f *pg_query.FuncCall) string {
	if len(f.Funcname) == 0 {
		return ""
	}
	return f.Funcname[len(f.Funcname)-1].GetString_().GetSval()
}

// rankings are the window functions that show no other row's value.
var rankings = map[string]bool{"row_number": true, "rank": true, "dense_rank": true, "percent_rank": true, "cume_dist": true, "ntile": true}

// fetched gives a reading for each value that a query takes from rows of perhaps other subjects: by lag() and the like unless its window is one subject's, and by the second max() and the like unless its group is.
func (r *readings) fetched(q *pg_query.SelectStmt, at *besideLevel) (out []subjectRow) {
	roots := map[int]bool{}
	for _, it := range at.items {
		for _, x := range it.rows {
			if r.counts[x.id] {
				roots[r.root(x.id)] = true
			}
		}
	}
	if len(roots) == 0 {
		return nil
	}
	one := func(list []*pg_query.Node) bool { // one subject's, of all whose rows are there
		keyed := map[int]bool{}
		for _, n := range list {
			if c := n.GetColumnRef(); c != nil {
				for _, x := range at.column(c) {
					keyed[r.root(x.id)] = true
				}
			}
		}
		for root := range roots {
			if !keyed[root] {
				return false
			}
		}
		return true
	}
	group, picked := one(q.GroupClause), false
	for _, t := range q.TargetList {
		rewrite.EachNode(t, func(m any) {
			f, ok := m.(*pg_query.FuncCall)
			if !ok {
				return
			}
			name := callName(f)
			switch {
			case f.Over != nil:
				w := f.Over
				for _, c := range q.WindowClause {
					if d := c.GetWindowDef(); len(w.PartitionClause) == 0 && d != nil && (d.Name == w.Name || d.Name == w.Refname) {
						w = d
					}
				}
				if !rankings[name] && !rewrite.Figure(name) && !one(w.PartitionClause) {
					out = append(out, r.add("", true)...)
				}
			case rewrite.Picks(name) && !group:
				if picked {
					out = append(out, r.add("", true)...)
				}
				picked = true
			}
		})
	}
	return out
}

// subjectLimited says which relations a plan reads under a limit of subjects, views over them among them.
func subjectLimited(plan *rewrite.Plan, c *catalog.Snapshot) func(*catalog.Relation) bool {
	limited := map[catalog.OID]bool{}
	for i := range plan.Relations {
		t := &plan.Relations[i]
		if t.Relation == nil || t.Decision == nil || t.Decision.Export == nil || t.Op&policy.OpSelect == 0 {
			continue
		}
		e := t.Decision.Export
		counts := e.Subjects > 0
		for _, w := range e.Windows {
			counts = counts || w.Subjects > 0
		}
		limited[t.Relation.OID] = limited[t.Relation.OID] || counts
	}
	var reads func(rel *catalog.Relation, depth int) bool
	reads = func(rel *catalog.Relation, depth int) bool {
		if limited[rel.OID] {
			return true
		}
		if rel.Kind == catalog.View && depth < 32 {
			for _, oid := range rel.Reads {
				if x := c.RelationByOID(oid); x != nil && x != rel && reads(x, depth+1) {
					return true
				}
			}
		}
		return false
	}
	return func(rel *catalog.Relation) bool { return reads(rel, 0) }
}
