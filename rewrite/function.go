package rewrite

import (
	"slices"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
)

func (q *query) onPath(schema string) bool {
	for _, s := range q.path {
		if s == schema {
			return true
		}
	}
	return false
}

// userFunctions are the functions that a name can mean besides PostgreSQL's own.
func (q *query) userFunctions(schema, name string) []catalog.Function {
	var out []catalog.Function
	for _, f := range q.cat.FunctionsNamed(name) {
		if isOwn(&f) || schema != "" && f.Schema != schema || schema == "" && !q.onPath(f.Schema) {
			continue
		}
		out = append(out, f)
	}
	return out
}

// called is the name of the function that a call means to the server. EXTRACT, which the parser takes for pg_catalog.extract, is date_part before PostgreSQL 14.
func (q *query) called(n *pg.FuncCall) []string {
	name := names(n.Funcname)
	if n.Funcformat == pg.CoercionForm_COERCE_SQL_SYNTAX && name[len(name)-1] == "extract" && q.cat.ServerVersion < 140000 {
		return []string{"pg_catalog", "date_part"}
	}
	return name
}

func (q *query) funcCall(node *pg.Node, s *scope) info {
	n := node.GetFuncCall()
	name := q.called(n)
	i := info{loc: int(n.Location)}
	if len(name) == 1 && len(n.Args) == 1 { // perhaps the column of a row
		if c := n.Args[0].GetColumnRef(); c != nil {
			if refs := q.bind(c, s); len(refs) == 1 && refs[0].col == nil && refs[0].item.column(name[0]) != nil {
				q.spread(n.Args[0], false)
			}
		}
	}
	back := func() {}
	if q.isAggregate(n) {
		back = s.ungrouped()
	}
	args, types := q.arguments(n, s)
	i.add(args)
	i.add(q.keys(n.AggOrder, s))
	if n.AggDistinct || n.AggWithinGroup {
		i.risky = i.risky || n.AggWithinGroup || types == nil || slices.ContainsFunc(types, func(t catalog.OID) bool { return !q.orderly(info{typ: t}) })
	}
	i.add(q.expr(n.AggFilter, s))
	back()
	i.add(q.window(n.Over, s))
	last := name[len(name)-1]
	schema := ""
	if len(name) > 1 {
		schema = name[len(name)-2]
	}
	// f(t) is also how one names the column f of t.
	if len(name) == 1 && len(n.Args) == 1 && len(args.refs) == 1 && args.whole && args.refs[0].item.column(last) != nil {
		c := args.refs[0].item.column(last)
		i.typ = c.typ
		i.refs = append(i.refs, ref{args.refs[0].item, c})
		return i
	}
	if q.withheld(name, n, &i) {
		return i
	}
	q.checkCall(name, n, types, i.loc)
	if keptBy[last] || builtinFunction(last).class == classAdvisory {
		q.keeps(n)
	}
	if q.pins != nil {
		q.pinFunction(n, types)
		q.pinZone(node, types)
	}
	q.json = q.json || makesJSON(last)

	aggregate := false
	proof, volatile, first, fixed, fit := true, false, true, true, false
	exact := catalog.OID(0) // what the one returns that takes these very types, and so goes before the others
	i.typ = 0
	for _, f := range q.cat.FunctionsNamed(last) {
		if schema != "" && f.Schema != schema {
			continue
		}
		if schema == "" && f.Schema != "pg_catalog" && !q.onPath(f.Schema) {
			continue
		}
		if f.Kind == 'a' {
			aggregate = true
			i.agg = i.agg || n.Over == nil
		}
		proof = proof && f.Leakproof && q.given(&f, types)
		fixed = fixed && f.Volatile == 'i' && f.Kind == 'f' && !f.ReturnsSet // one that gives rows is not worked out before
		i.many = i.many || f.ReturnsSet
		volatile = volatile || f.Volatile == 'v' && f.Kind == 'f'
		if first = false; !q.fits(&f, types) {
			continue
		}
		if !fit {
			i.typ, fit = f.Returns, true
		} else if i.typ != f.Returns {
			i.typ = 0
		}
		if schema != "" || f.Schema == "pg_catalog" && len(q.userFunctions("", last)) == 0 {
			if len(types) > 0 && slices.Equal(f.Args, types) && !f.Variadic {
				exact = f.Returns
			}
		}
	}
	if exact != 0 && i.typ == 0 {
		i.typ = exact
	}
	if aggregate && (!singular[last] || schema != "" && schema != "pg_catalog" || len(q.userFunctions("", last)) > 0 || q.manyFractions(last, n, types)) {
		q.packs(i.loc, len(names(n.Funcname)))
	}
	if picks[last] && !q.raw && q.level != nil {
		if n.Over != nil {
			q.level.fetches++
		} else {
			q.level.picks++
		}
	}
	if ty := q.cat.Type(i.typ); ty == nil || ty.Kind == 'p' { // any, anyelement, record …: depends on the arguments
		i.typ = 0
	}
	if (q.mixed || q.odd) && !onlyNumbers(types) { // functions that are called leakproof, but compare strings: texteq, starts_with
		proof = false
	}
	q.collatesType(i.typ)
	i.volatile = i.volatile || volatile
	i.leaky = i.leaky || i.vars && (!proof || first)
	i.constant = args.constant && fixed && !first && plainType(i.typ)
	i.risky = i.risky || (!proof || first) && !i.constant && !q.neverFails(name, n, types)
	return i
}

// neverFails names functions of PostgreSQL's own that fail on no value, although they are not called leakproof.
func (q *query) neverFails(name []string, n *pg.FuncCall, types []catalog.OID) bool {
	last := name[len(name)-1]
	if len(name) > 1 && name[len(name)-2] != "pg_catalog" || len(q.userFunctions("", last)) > 0 {
		return false
	}
	calm := types != nil && !slices.ContainsFunc(types, func(t catalog.OID) bool { return !q.orderly(info{typ: t}) })
	switch last {
	case "length": // that of an lseg or a path can be out of range
		return len(n.Args) == 1 && len(types) == 1 && (isText(q.cat.BaseType(types[0])) || types[0] == typeUnknown || slices.Contains([]catalog.OID{17, 1560, 1562, 3614}, q.cat.BaseType(types[0])))
	case "lower", "upper":
		return !q.mixed
	case "min", "max", "jsonb_agg", "to_jsonb": // json can hold what jsonb cannot
		return calm
	case "now", "transaction_timestamp", "statement_timestamp", "char_length", "btrim", "ltrim", "rtrim", "concat",
		"count", "bool_and", "bool_or", "every", "string_agg", "json_agg", "to_json", "row_to_json",
		"row_number", "rank", "dense_rank", "unnest":
		return true
	case "json_build_object", "jsonb_build_object": // but for a key that is NULL, or has no value
		if len(n.Args)%2 != 0 {
			return false
		}
		for k := 0; k < len(n.Args); k += 2 {
			if n.Args[k].GetAConst().GetSval() == nil {
				return false
			}
		}
		return !n.FuncVariadic && (last == "json_build_object" || calm)
	}
	return false
}

// given says that a function that is called leakproof gets its arguments as they are, or through casts that fail on no value: float8eq(1e400, 1) and oideq(99999999999, 1) cast first, and fail there.
func (q *query) given(f *catalog.Function, types []catalog.OID) bool {
	if types == nil {
		return false
	}
	if !q.fits(f, types) {
		return true // another function of the name is called
	}
	if len(types) > len(f.Args) {
		return false
	}
	for k, from := range types {
		if from == typeUnknown {
			continue
		}
		from, to := q.cat.BaseType(from), q.cat.BaseType(f.Args[k])
		c := q.cat.Cast(from, to)
		if from == to && from != 0 || c != nil && (c.Method == 'b' || c.Leakproof) {
			continue
		}
		if t, calm := q.meet(info{typ: from}, info{typ: to}); !calm || t != to {
			return false
		}
	}
	return true
}

// onlyNumbers says of a call's arguments that no string is among them.
func onlyNumbers(types []catalog.OID) bool {
	return types != nil && !slices.ContainsFunc(types, func(t catalog.OID) bool { return numberRank(t) == 0 })
}

// standardFunctions are PostgreSQL's own functions in information_schema; drivers call some of them (pgJDBC's getPrimaryKeys). They compute from their
// arguments, or look up the columns of an index.
var standardFunctions = map[string]bool{
	"_pg_char_max_length": true, "_pg_char_octet_length": true, "_pg_datetime_precision": true, "_pg_expandarray": true, "_pg_index_position": true, "_pg_interval_type": true,
	"_pg_numeric_precision": true, "_pg_numeric_precision_radix": true, "_pg_numeric_scale": true, "_pg_truetypid": true, "_pg_truetypmod": true,
}

// withheld makes a call give NULL of its type when it would tell sizes or counts of hidden rows. The arguments stay, for the aggregates and parameters in them.
func (q *query) withheld(name []string, n *pg.FuncCall, i *info) bool {
	last := name[len(name)-1]
	if q.trusted || q.raw || q.defines || n == q.inFrom || len(n.Args) == 0 || n.Over != nil || len(name) == 2 && name[0] != "pg_catalog" || len(name) > 2 ||
		builtinFunction(last).verdict != functionWithheld || len(name) == 1 && len(q.userFunctions("", last)) > 0 {
		return false
	}
	var f *catalog.Function
	fns := q.cat.FunctionsNamed(last)
	overloads := 0
	for k := range fns {
		switch {
		case !isOwn(&fns[k]):
			continue
		case fns[k].ReturnsSet || f != nil && f.Returns != fns[k].Returns:
			return false
		}
		if f == nil || len(fns[k].Args) == len(n.Args) {
			f = &fns[k]
		}
		if len(fns[k].Args) == len(n.Args) {
			overloads++
		}
	}
	if f == nil || overloads == 0 {
		return false
	}
	typ := q.cat.Type(f.Returns)
	k := q.p.toks
	first := k.at(int(n.Location))
	end, closing := -1, -1
	if first >= 0 {
		end = k.dotted(first, len(name))
	}
	if end > 0 && k.is(end, "(") {
		closing = k.match(end, len(k.t))
	}
	if typ == nil || closing < 0 {
		return false
	}
	q.p.wrap(k.start(first), k.end(closing), "(", " IS NULL THEN CAST(NULL AS "+quoteName(typ.Schema, typ.Name)+") END)")
	q.p.replace(k.start(first), k.end(end-1), literal("CASE WHEN pg_catalog.num_nulls"))
	for j, a := range n.Args {
		// A parameter takes its type from the function it stands in.
		if p := a.GetParamRef(); p != nil && overloads == 1 && q.cat.Type(f.Args[j]) != nil {
			if at := k.at(int(p.Location)); at >= 0 {
				t := q.cat.Type(f.Args[j])
				q.p.wrap(k.start(at), k.end(at), "CAST(", " AS "+quoteName(t.Schema, t.Name)+")")
			}
		}
	}
	i.typ = f.Returns
	i.leaky = i.leaky || i.vars
	return true
}

// arguments walks a call's arguments. types is nil when the call does not give each by its place.
func (q *query) arguments(n *pg.FuncCall, s *scope) (all info, types []catalog.OID) {
	all = info{loc: -1, constant: true}
	placed := !n.FuncVariadic && !n.AggWithinGroup
	for _, a := range n.Args {
		i := q.expr(a, s)
		constant := all.constant && i.constant
		all.add(i)
		all.constant = constant
		types = append(types, i.typ)
		placed = placed && a.GetNamedArgExpr() == nil
	}
	if !placed {
		return all, nil
	}
	return all, append([]catalog.OID{}, types...)
}

func (q *query) checkCall(name []string, n *pg.FuncCall, types []catalog.OID, loc int) {
	if q.trusted {
		return
	}
	q.checkFunction(name, types, loc)
	last := name[len(name)-1]
	if last == "set_config" && len(q.userFunctions("", last)) == 0 {
		q.setConfig(n, loc)
	}
}

// checkFunction refuses a function that Cordon cannot see into: one of a user's making that the policy does not name, or one of PostgreSQL's that reads tables, files or other sessions.
// types are those of the arguments, nil where they are not known.
func (q *query) checkFunction(name []string, types []catalog.OID, loc int) {
	if q.trusted {
		return
	}
	last, schema := name[len(name)-1], ""
	if len(name) > 1 {
		schema = name[len(name)-2]
	}
	user := q.candidates(schema, last, types)
	for _, f := range user {
		for _, a := range f.Args {
			q.sees(a, loc)
			q.becomes(a, loc)
		}
		if q.makesRange(&f) {
			q.becomes(f.Returns, loc)
			continue
		}
		if !q.in.Grant.Function(f.Schema, f.Name) && !(f.Schema == "information_schema" && standardFunctions[f.Name]) && !extensionFunction(&f) {
			q.refuseHint(loc, "42501", "permission denied for function "+f.Schema+"."+f.Name+": the policy does not list it for "+q.person()+".",
				"Cordon cannot see what a function of your own reads. An administrator can allow it: roles: {…: {functions: ["+f.Schema+"."+f.Name+"]}}.")
			return
		}
	}
	if schema != "" && schema != "pg_catalog" || schema == "" && len(user) > 0 && !q.isBuiltin(last) {
		switch {
		case len(user) > 0:
		case !q.cat.HasSchema(schema):
			q.stale(loc, "3F000", "schema "+strconv.Quote(schema)+" does not exist")
		default:
			q.stale(loc, "42883", "function "+strings.Join(name, ".")+" does not exist")
		}
		return
	}
	if class, reason := q.builtinReason(last); class == fnRefused && builtinFunction(last).class == classAdvisory {
		q.refuseHint(loc, "42501", "permission denied for function pg_catalog."+last+": "+reason+".",
			"An administrator can allow it: roles: {…: {functions: [pg_catalog."+last+"]}}.")
	} else if class == fnRefused {
		q.refuseHint(loc, "42501", "permission denied for function pg_catalog."+last+": "+reason+".",
			"People under a row filter or mask cannot call it through Cordon.")
	} else if class == fnUnknown {
		if t := q.castFunction(last); t { // a type's name used as a function
			return
		}
		q.stale(loc, "42883", "function "+strings.Join(name, ".")+" does not exist or is not on Cordon's reviewed list")
	}
}

// makesRange says whether a function is what CREATE TYPE … AS RANGE made to give ranges, or multiranges, of their bounds. What it runs are the functions of the type.
func (q *query) makesRange(f *catalog.Function) bool {
	t := q.cat.Type(f.Returns)
	return f.Language == "internal" && f.Volatile == 'i' && t != nil && (t.Kind == 'r' || t.Kind == 'm') && t.Name == f.Name && t.Schema == f.Schema
}

func (q *query) castFunction(name string) bool {
	for _, schema := range q.path {
		if q.cat.TypeNamed(schema, name) != nil {
			return true
		}
	}
	return false
}

// computes says whether what stands behind an operator or a cast works with its arguments alone: one of PostgreSQL's own functions that is not refused, or an extension's compiled one. What reads
// tables, files or other servers is volatile or gives rows (dblink, crosstab), and an operator can be made over it: CREATE OPERATOR ~# (…, FUNCTION = ts_rewrite).
func (q *query) computes(f *catalog.Function) bool {
	if isOwn(f) {
		return q.builtin(f.Name) == fnAllowed
	}
	return extensionFunction(f) || (f.Language == "c" || f.Language == "internal") && f.Volatile != 'v' && !f.ReturnsSet
}

// checkOperatorFunction refuses an operator of a user's making, unless it comes from compiled code (an extension's) or the policy lists its function.
func (q *query) checkOperatorFunction(o *catalog.Operator, loc int) {
	f := q.cat.Function(o.Function)
	if f != nil && (q.computes(f) || q.in.Grant.Function(f.Schema, f.Name)) {
		return
	}
	q.refuseHint(loc, "42501", "permission denied for operator "+o.Schema+"."+o.Name+": it runs a function that the policy does not list for "+q.person()+".",
		"Write OPERATOR(pg_catalog."+o.Name+") to name PostgreSQL's own operator.")
}

// setConfig follows set_config: the name of the setting must be seen.
func (q *query) setConfig(n *pg.FuncCall, loc int) {
	if q.defines {
		q.refuseHint(loc, "42501", "permission denied for set_config in a definition: it would change settings that Cordon goes by where nobody sees it.", "Call it in a statement of its own.")
		return
	}
	if len(n.Args) != 3 {
		return // PostgreSQL refuses it
	}
	c := n.Args[0].GetAConst()
	if c == nil || c.GetSval() == nil {
		q.refuseHint(loc, "42501", "set_config needs the setting's name as a plain literal here.", "Cordon must see which setting a statement changes.")
		return
	}
	name := strings.ToLower(c.GetSval().Sval)
	if strings.HasPrefix(name, "cordon.") {
		q.plan.Settings = append(q.plan.Settings, name) // the proxy's: it refuses what it cannot follow
		return
	}
	var value *string
	if v := n.Args[1].GetAConst(); v != nil && v.GetSval() != nil {
		value = &v.GetSval().Sval
	}
	q.checkSetting(name, value, loc)
	q.plan.Settings = append(q.plan.Settings, name)
}

// subLink is a sub-select in an expression.
func (q *query) subLink(n *pg.SubLink, s *scope) info {
	i := info{loc: int(n.Location)}
	conjunct := q.conjunct == n
	q.whole(n.Testexpr)
	test := q.expr(n.Testexpr, s)
	sub := q.selectNode(n.Subselect, &scope{outer: s, ctes: s.ctesInForce()})
	i.add(test)
	i.refs = append(i.refs, sub.outerRefs...)
	outer := len(sub.outerRefs) > 0 || sub.astray
	i.vars = i.vars || outer
	i.astray = i.astray || sub.astray
	i.volatile = i.volatile || sub.volatile
	i.risky = i.risky || sub.risky
	i.runtime = true
	if !conjunct || !directly(n, outer) {
		i.reads = i.reads || sub.reads
	}
	switch n.SubLinkType {
	case pg.SubLinkType_EXISTS_SUBLINK:
		i.typ = typeBool
		i.leaky = i.leaky || outer && sub.leaky
	case pg.SubLinkType_ANY_SUBLINK, pg.SubLinkType_ALL_SUBLINK:
		i.typ = typeBool
		op := names(n.OperName)
		if len(op) == 0 {
			op = []string{"="}
		}
		proof := true
		if r := row(n.Testexpr); r != nil {
			proof = len(r.Args) == len(sub.cols)
			for k := 0; proof && k < len(r.Args); k++ {
				_, proof = q.operator(op, q.quiet(r.Args[k], s), info{typ: sub.cols[k].typ, vars: true}, i.loc)
			}
		} else if len(sub.cols) == 1 {
			if q.pins != nil && len(op) == 1 {
				if schema := q.operatorSchema(op[0], test.typ, sub.cols[0].typ); schema != "" {
					n.OperName = qualifiedNames(schema, op[0])
					q.pins.changed = true
				}
			}
			_, proof = q.operator(op, test, info{typ: sub.cols[0].typ, vars: true}, i.loc)
		} else {
			proof = false
		}
		for k := range sub.cols { // x IN (SELECT 1/y …) becomes a join on 1/y
			if sub.cols[k].fragile {
				fence(sub.cols[k].prot...)
			}
		}
		i.leaky = i.leaky || outer && sub.leaky || i.vars && !proof
		i.joins = n.SubLinkType == pg.SubLinkType_ANY_SUBLINK && !outer && !sub.volatile && !test.volatile && !test.risky
		given := info{}
		if row(n.Testexpr) == nil && len(sub.cols) == 1 {
			given.typ = sub.cols[0].typ
		}
		if q.mayFail(op, test, given, proof) {
			i.risky, i.joins = true, false
		}
		if !proof { // as a join's condition it sees the sub-select's rows
			fence(sub.prot...)
		}
	case pg.SubLinkType_EXPR_SUBLINK:
		// More than one row is an error.
		i.leaky = i.leaky || outer
		i.risky = i.risky || !sub.single
		if len(sub.cols) == 1 {
			i.typ = sub.cols[0].typ
		}
	case pg.SubLinkType_ARRAY_SUBLINK:
		q.packsArray(i.loc)
		i.leaky = i.leaky || outer && sub.leaky
		if len(sub.cols) == 1 {
			i.typ = q.arrayOf(sub.cols[0].typ)
		}
		if len(sub.cols) != 1 || q.mayBeArray(sub.cols[0].typ) { // arrays of different dimensions, and none, make none together
			i.risky = true
			i.leaky = i.leaky || outer
		}
	default:
		q.refuse(i.loc, "0A000", "Cordon does not know this form of sub-select, so it refuses the statement.")
	}
	return i
}

func fence(list ...*access) {
	for _, a := range list {
		a.fence = true
	}
}

func (q *query) typeName(t catalog.OID) string {
	if ty := q.cat.Type(t); ty != nil {
		return ty.Schema + "." + ty.Name
	}
	return "that type"
}
