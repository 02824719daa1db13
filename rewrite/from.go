package rewrite

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/policy"
)

// fromItem adds one item of a FROM clause to the scope, and gives the items that it consists of.
func (q *query) fromItem(n *pg.Node, s *scope, r *result) []*item {
	switch v := n.GetNode().(type) {
	case *pg.Node_RangeVar:
		return one(q.rangeVar(v.RangeVar, s, r))
	case *pg.Node_JoinExpr:
		return q.join(v.JoinExpr, s, r)
	case *pg.Node_RangeSubselect:
		return one(q.rangeSubselect(v.RangeSubselect, s, r))
	case *pg.Node_RangeFunction:
		return one(q.rangeFunction(v.RangeFunction, s, r))
	case *pg.Node_RangeTableFunc:
		return one(q.rangeTableFunc(v.RangeTableFunc, s, r))
	case *pg.Node_RangeTableSample:
		return q.tableSample(v.RangeTableSample, s, r)
	}
	q.unknownNode(n, -1)
	return nil
}

func one(it *item) []*item {
	if it == nil {
		return nil
	}
	return []*item{it}
}

func (s *scope) add(it *item) *item {
	it.owner = s
	if it.relation == nil {
		it.relation = &relation{open: true}
	}
	s.items = append(s.items, it)
	return it
}

func (q *query) join(n *pg.JoinExpr, s *scope, r *result) []*item {
	left := q.fromItem(n.Larg, s, r)
	right := q.fromItem(n.Rarg, s, r)
	both := append(append([]*item(nil), left...), right...)
	if n.Quals != nil {
		// ON sees the two sides of its join, then what is further out, but not the items beside the join.
		var judged []*item
		switch n.Jointype {
		case pg.JoinType_JOIN_INNER:
			judged = both
		case pg.JoinType_JOIN_LEFT:
			judged = right
		case pg.JoinType_JOIN_RIGHT:
			judged = left
		}
		q.where(n.Quals, "ON", true, n.Jointype == pg.JoinType_JOIN_INNER, &scope{outer: s.outer, ctes: s.ctes, level: s, full: n.Jointype == pg.JoinType_JOIN_FULL, items: both}, r, judged)
	}
	if len(n.UsingClause) > 0 || n.IsNatural {
		s.merged = true
		q.mergedColumns(n, left, right, r)
	}
	switch n.Jointype {
	case pg.JoinType_JOIN_INNER:
	case pg.JoinType_JOIN_LEFT:
		makeNullable(right)
	case pg.JoinType_JOIN_RIGHT:
		makeNullable(left)
	case pg.JoinType_JOIN_FULL:
		makeNullable(both)
	default:
		q.refuse(-1, "0A000", "Cordon does not know this form of join, so it refuses the statement.")
	}
	if a := n.JoinUsingAlias; a != nil {
		it := &item{relation: &relation{}, name: a.Aliasname}
		for _, u := range n.UsingClause {
			name := u.GetString_().GetSval()
			c := column{name: name}
			for _, x := range both {
				if xc := x.column(name); xc != nil {
					c.prot = unionAccess(c.prot, refAccess(ref{x, xc})...)
					c.fragile = c.fragile || xc.fragile
				}
			}
			it.cols = append(it.cols, c)
		}
		it.prot = protOf(both)
		for _, x := range both {
			it.counted = it.counted || x.counted
		}
		it.record = func(columnUse) {} // not part of *
		both = append(both, s.add(it))
	}
	if a := n.Alias; a != nil {
		// (a JOIN b …) AS j: only j is to be named.
		it := &item{relation: &relation{prot: protOf(both)}, name: a.Aliasname}
		for _, x := range both {
			it.open, it.counted = it.open || x.open, it.counted || x.counted
			it.nullable = it.nullable || x.nullable
			if !x.hidden {
				it.cols = append(it.cols, x.cols...)
			}
			x.hidden, x.starred = true, true
			q.seesAll(x.cols, -1)
		}
		if len(a.Colnames) > 0 || s.merged {
			for k := range it.cols {
				c := &it.cols[k]
				*c = column{name: c.name, prot: it.prot, fragile: c.fragile, noEqual: c.noEqual}
			}
			it.open = it.open || s.merged // the names of the list go by places, and which column stands where is not tracked
			renameColumns(it.relation, a.Colnames)
			it.open = true
		}
		return append(both, s.add(it))
	}
	return both
}

func protOf(items []*item) []*access {
	var all []*access
	for _, it := range items {
		all = unionAccess(all, it.prot...)
	}
	return all
}

func makeNullable(items []*item) {
	for _, it := range items {
		it.nullable = true
		for _, a := range it.prot {
			a.nullable = true
		}
		for k := range it.cols { // PostgreSQL works such a column out below the outer join, perhaps before a filter that has become a join
			if it.cols[k].fragile {
				fenceJoins([]ref{{it, &it.cols[k]}})
			}
		}
	}
}

// mergedColumns looks at the columns that USING or NATURAL compare: a fragile one must not be compared before its filter.
func (q *query) mergedColumns(n *pg.JoinExpr, left, right []*item, r *result) {
	check := func(name string) {
		var sides [2]info
		prot := []*access(nil)
		for k, side := range [][]*item{left, right} {
			sides[k] = info{typ: typeUnknown, vars: true}
			for _, x := range side {
				if c := x.column(name); c != nil && !x.hidden {
					q.sees(c.typ, -1)
					if sides[k].typ = commonType(sides[k].typ, c.typ); c.typ == 0 {
						sides[k].typ = 0
					}
					prot = unionAccess(prot, refAccess(ref{x, c})...)
				}
			}
			if sides[k].typ == typeUnknown { // on one side only, or in a result whose columns are not known
				sides[k].typ = 0
			}
		}
		_, proof := q.operator([]string{"="}, sides[0], sides[1], -1)
		if !proof && len(prot) > 0 && (sides[0].typ != 0 || sides[1].typ != 0) {
			fence(prot...)
		}
		r.risky = r.risky || q.mayFail([]string{"="}, sides[0], sides[1], proof)
		for _, x := range append(append([]*item(nil), left...), right...) {
			c := x.column(name)
			if c == nil {
				continue
			}
			ref{x, c}.use()
			if c.fragile {
				fence(refAccess(ref{x, c})...)
			}
		}
	}
	for _, u := range n.UsingClause {
		check(u.GetString_().GetSval())
	}
	if n.IsNatural {
		for _, x := range append(append([]*item(nil), left...), right...) {
			x.starred = true // which names meet is looked up among all
		}
		for _, l := range left {
			for k := range l.cols {
				check(l.cols[k].name)
			}
		}
		for _, x := range right {
			for k := range x.cols {
				check(x.cols[k].name)
			}
		}
	}
}

// renameColumns applies an alias's list of column names.
func renameColumns(rel *relation, colnames []*pg.Node) {
	if rel.open && len(colnames) > 0 { // which columns they are is not known
		rel.cols = nil
	}
	for k, n := range colnames {
		name := n.GetString_().GetSval()
		if k < len(rel.cols) {
			rel.cols[k].name = name
		} else {
			rel.cols = append(rel.cols, column{name: name, prot: rel.prot, fragile: len(rel.prot) > 0})
		}
	}
}

func (q *query) rangeSubselect(n *pg.RangeSubselect, s *scope, r *result) *item {
	inner := &scope{outer: s.outer, ctes: s.ctesInForce()}
	if n.Lateral {
		inner.outer = s
	}
	sub := q.selectNode(n.Subquery, inner)
	r.astray = r.astray || sub.astray
	r.leaky = r.leaky || sub.leaky
	r.volatile = r.volatile || sub.volatile
	r.risky = r.risky || sub.risky
	if sub.risky || sub.volatile || sub.astray { // it is worked out beside the rows that it refers to
		fenceJoins(sub.outerRefs)
	}
	for _, x := range sub.outerRefs {
		if x.item.owner != s {
			r.outerRefs = append(r.outerRefs, x)
		}
	}
	rel := sub.relation
	rel.cols = append([]column(nil), rel.cols...)
	it := &item{relation: &rel}
	if n.Alias != nil {
		it.name = n.Alias.Aliasname
		renameColumns(it.relation, n.Alias.Colnames)
	}
	return s.add(it)
}

func (q *query) rangeFunction(n *pg.RangeFunction, s *scope, r *result) *item {
	it := &item{relation: &relation{reads: true}}
	functions := 0
	var last info
	for _, f := range n.Functions {
		for k, part := range f.GetList().GetItems() {
			if k == 0 {
				q.inFrom = part.GetFuncCall()
				i := r.take(q.expr(part, s), s) // a function in FROM sees the items before it
				functions++
				last = i
				if i.vars {
					r.leaky = true
					fenceJoins(i.refs) // it may run on their rows before a filter that has become a join
				}
				if it.name == "" {
					it.name = columnName(part)
				}
			} else if part.GetList() != nil { // a column definition list inside ROWS FROM
				q.columnDefs(part.GetList().Items, it)
			} else if part != nil && part.Node != nil {
				q.unknownNode(part, -1)
			}
		}
	}
	q.columnDefs(n.Coldeflist, it)
	scalar := false
	if ty := q.cat.Type(last.typ); functions == 1 && (ty != nil && ty.Kind != 'c' && ty.Kind != 'p' || oneColumn(n)) {
		scalar = true
	}
	if n.Alias != nil {
		it.name = n.Alias.Aliasname
	}
	switch {
	case len(it.cols) > 0:
	case scalar:
		// The column bears the alias, but that of a function with an output parameter bears the parameter's name.
		switch name := outputParameter(n); name {
		case "":
			it.cols = append(it.cols, column{name: it.name, typ: last.typ})
		case "?":
			it.open = true
		default:
			it.cols = append(it.cols, column{name: name, typ: last.typ})
		}
	default:
		it.open = true
	}
	if n.Ordinality {
		it.cols = append(it.cols, column{name: "ordinality", typ: typeInt8})
	}
	if n.Alias != nil {
		if it.open && !n.Ordinality {
			for _, c := range n.Alias.Colnames {
				it.cols = append(it.cols, column{name: c.GetString_().GetSval()})
			}
		} else {
			renameColumns(it.relation, n.Alias.Colnames)
		}
	}
	return s.add(it)
}

// oneColumn: PostgreSQL's functions that give one column of a type that depends on the arguments.
func oneColumn(n *pg.RangeFunction) bool {
	switch name := names(n.Functions[0].GetList().GetItems()[0].GetFuncCall().GetFuncname()); len(name) {
	case 1:
		return name[0] == "generate_series"
	case 2:
		return name[0] == "pg_catalog" && name[1] == "generate_series"
	}
	return false
}

// outputParameter is the name of a function's only output parameter: "" for none, "?" when it is not known.
func outputParameter(n *pg.RangeFunction) string {
	call := n.Functions[0].GetList().GetItems()[0].GetFuncCall()
	if call == nil {
		return ""
	}
	switch name := names(call.Funcname); name[len(name)-1] {
	case "json_array_elements", "json_array_elements_text", "jsonb_array_elements", "jsonb_array_elements_text":
		return "value"
	case "generate_series", "generate_subscripts", "unnest", "regexp_split_to_table", "string_to_table", "json_object_keys", "jsonb_object_keys",
		"jsonb_path_query", "jsonb_path_query_tz", "now", "current_schemas":
		return ""
	}
	return "?"
}

func (q *query) columnDefs(list []*pg.Node, it *item) {
	for _, d := range list {
		c := d.GetColumnDef()
		if c == nil {
			q.unknownNode(d, -1)
			continue
		}
		if c.CollClause != nil {
			q.collatesBy(c.CollClause)
		}
		it.cols = append(it.cols, column{name: c.Colname, typ: q.typeOf(c.TypeName, int(c.Location))})
	}
}

func (q *query) rangeTableFunc(n *pg.RangeTableFunc, s *scope, r *result) *item {
	it := &item{relation: &relation{reads: true}}
	r.risky = true // a path may find nothing, or what is not of the column's type
	see := func(x *pg.Node) {
		i := r.take(q.expr(x, s), s)
		r.leaky = r.leaky || i.vars
		fenceJoins(i.refs)
	}
	see(n.Docexpr)
	see(n.Rowexpr)
	for _, ns := range n.Namespaces {
		see(ns)
	}
	for _, c := range n.Columns {
		col := c.GetRangeTableFuncCol()
		if col == nil {
			q.unknownNode(c, int(n.Location))
			continue
		}
		see(col.Colexpr)
		see(col.Coldefexpr)
		it.cols = append(it.cols, column{name: col.Colname, typ: q.typeOf(col.TypeName, int(col.Location))})
	}
	if n.Alias != nil {
		it.name = n.Alias.Aliasname
		renameColumns(it.relation, n.Alias.Colnames)
	}
	return s.add(it)
}

// tableSample: a sample is drawn from all rows, hidden ones too, so it tells of them; and PostgreSQL samples no view.
func (q *query) tableSample(n *pg.RangeTableSample, s *scope, r *result) []*item {
	rv := n.Relation.GetRangeVar()
	if rv == nil {
		q.unknownNode(n.Relation, int(n.Location))
		return nil
	}
	it := q.rangeVar(rv, s, r)
	if it != nil && it.guarded {
		q.refuseHint(int(n.Location), "42809", "TABLESAMPLE clause can only be applied to tables and materialized views, and "+it.table.Schema+"."+it.table.Name+" behaves as a view for people under a row filter or mask.",
			"ORDER BY random() LIMIT n draws a sample of the rows that are shown.")
	}
	r.risky = true // a share can be none
	r.volatile = r.volatile || n.Repeatable == nil || n.Repeatable.Node == nil
	for _, a := range append(n.Args[:len(n.Args):len(n.Args)], n.Repeatable) {
		fenceJoins(r.take(q.expr(a, s), s).refs)
	}
	return one(it)
}

// rangeVar is a name in FROM: a CTE, or a relation of the database.
func (q *query) rangeVar(n *pg.RangeVar, s *scope, r *result) *item {
	alias := n.GetAlias().GetAliasname()
	if n.Schemaname == "" && n.Catalogname == "" {
		if e, ok := s.ctesInForce().find(n.Relname); ok {
			if e.silent {
				q.refuse(int(n.Location), "0A000", "WITH query \"%s\" does not have a RETURNING clause", n.Relname)
			}
			q.namedHere(e.level)
			it := &item{name: n.Relname}
			if alias != "" {
				it.name = alias
			}
			if e.rel == nil {
				if len(q.defining) == 0 || q.defining[len(q.defining)-1] != n.Relname {
					q.fenceEverything = true // a WITH RECURSIVE name used before its definition: what is in it is not known yet
				}
				it.relation = &relation{open: true}
			} else {
				rel := *e.rel
				rel.cols = append([]column(nil), rel.cols...)
				it.relation = &rel
				r.risky, r.volatile = r.risky || rel.risky, r.volatile || rel.volatile // it may be worked out when it is first read
				renameColumns(it.relation, n.GetAlias().GetColnames())
			}
			return s.add(it)
		}
	}
	rel := q.resolve(n)
	if rel == nil {
		return s.add(&item{name: n.Relname})
	}
	it := &item{name: rel.Name, schema: rel.Schema, table: rel}
	if alias != "" {
		it.name, it.schema = alias, ""
	}
	q.relation(n, rel, it, policy.OpSelect)
	r.risky, r.volatile = r.risky || it.risky, r.volatile || it.volatile
	it.starred = it.starred || len(n.GetAlias().GetColnames()) > 0
	renameColumns(it.relation, n.GetAlias().GetColnames())
	return s.add(it)
}

// resolve finds the relation that a name means; nil, with the refusal noted, when there is none.
func (q *query) resolve(n *pg.RangeVar) *catalog.Relation {
	if n.Catalogname != "" && n.Catalogname != q.cat.Database {
		q.refuse(int(n.Location), "0A000", "cross-database references are not implemented: %s.%s.%s", n.Catalogname, n.Schemaname, n.Relname)
		return nil
	}
	var rel *catalog.Relation
	if n.Schemaname != "" {
		rel = q.cat.Relation(n.Schemaname, n.Relname)
		if rel == nil && (n.Schemaname == "pg_temp" || strings.HasPrefix(n.Schemaname, "pg_temp_")) {
			rel = q.in.Temp[n.Relname]
		}
	} else {
		if !q.trusted && !q.raw { // temporary relations come first, whatever the path
			rel = q.in.Temp[n.Relname]
		}
		if rel == nil {
			rel = q.cat.Resolve(n.Relname, q.path)
		}
	}
	if rel == nil {
		name := n.Relname
		if n.Schemaname != "" {
			name = n.Schemaname + "." + name
		}
		q.stale(int(n.Location), "42P01", "relation \""+name+"\" does not exist")
	}
	if rel != nil && rel.Persistence == 't' && rel.Kind == catalog.View { // it stands before a table of its name, and may read any other as it is
		q.refuseHint(int(n.Location), "0A000", "Cordon does not read or write through the temporary view "+rel.Name+" for people under rules, because it does not know what the view reads.",
			"Write its query in a WITH clause, or make a temporary table of it.")
		return nil
	}
	return rel
}

// tableCommand: TABLE t is short for SELECT * FROM t, and a sub-select needs the long form.
func (q *query) tableCommand(from int) (int, string) {
	k := q.p.toks
	if i := k.at(from); i > 0 && k.keyword(i-1) == "TABLE" {
		return k.start(i - 1), "SELECT * FROM "
	}
	return from, ""
}

// relationSpan finds the tokens of a relation's name in FROM, with ONLY and the star that means its children.
func (q *query) relationSpan(n *pg.RangeVar) (from, to int, ok bool) {
	k := q.p.toks
	first := k.at(int(n.Location))
	if first < 0 {
		return 0, 0, false
	}
	parts := 1
	if n.Schemaname != "" {
		parts++
	}
	if n.Catalogname != "" {
		parts++
	}
	end := k.dotted(first, parts)
	if end < 0 {
		return 0, 0, false
	}
	if !n.Inh {
		switch {
		case k.keyword(first-1) == "ONLY":
			first--
		case k.is(first-1, "(") && k.keyword(first-2) == "ONLY" && k.is(end, ")"):
			first, end = first-2, end+1
		default:
			return 0, 0, false
		}
	} else if k.is(end, "*") {
		end++
	}
	return k.start(first), k.end(end - 1), true
}
