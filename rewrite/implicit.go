package rewrite

import (
	"slices"
	"strings"

	"cordon/catalog"
	"cordon/policy"
)

// What a statement runs without naming it. PostgreSQL puts a cast where two types meet, checks a domain's constraints where a value becomes the domain, and
// sorts, groups and compares by the type's operator class; each of these can be a function of somebody's making, which gets the values, and may read any
// table. So such a function is held against the policy's list like one that is named. Functions of compiled code (an extension's) are let through, as behind operators.

// mayRun says whether a function that nobody names may run.
func (q *query) mayRun(oid catalog.OID) bool {
	f := q.cat.Function(oid)
	return f != nil && (isOwn(f) || extensionFunction(f) || f.Language == "c" || f.Language == "internal" || q.in.Grant.Function(f.Schema, f.Name))
}

func (q *query) functionName(oid catalog.OID) string {
	if f := q.cat.Function(oid); f != nil {
		return f.Schema + "." + f.Name
	}
	return "of somebody's making"
}

const listFunction = "An administrator can list the function under the person's role."

// eachPart calls f for a type and for the types of what its values consist of, each once. How deep they may be nested is PostgreSQL's business: a type cannot hold itself.
func (q *query) eachPart(t catalog.OID, f func(*catalog.Type)) {
	seen := map[catalog.OID]bool{}
	var walk func(catalog.OID)
	walk = func(oid catalog.OID) {
		ty := q.cat.Type(oid)
		if ty == nil || seen[oid] {
			return
		}
		seen[oid] = true
		f(ty)
		walk(ty.Base)
		walk(ty.Elem)
		for _, p := range ty.Parts {
			walk(p)
		}
		if rel := q.cat.RelationByOID(ty.Relation); rel != nil {
			for k := range rel.Columns {
				walk(rel.Columns[k].Type)
			}
		}
	}
	walk(t)
}

// becomes checks a type that the statement makes values of: a cast's, a column definition's, a parameter's.
func (q *query) becomes(t catalog.OID, loc int) {
	if q.trusted || q.raw || !q.cat.MadeTypes() {
		return
	}
	q.eachPart(t, func(part *catalog.Type) { q.checkCalls(part, loc) })
}

// sees notes the type of a value that the statement works with.
func (q *query) sees(t catalog.OID, loc int) {
	if q.trusted || q.raw || t == typeUnknown || len(q.cat.MadeCasts()) == 0 && !q.cat.MadeTypes() {
		return
	}
	if t == 0 {
		q.seesUnknown = true
		return
	}
	if q.seen[t] {
		return
	}
	if q.seen == nil {
		q.seen, q.made = map[catalog.OID]bool{}, map[catalog.OID]bool{}
	}
	q.seen[t], q.seen[q.cat.BaseType(t)] = true, true
	if ty := q.cat.Type(q.cat.BaseType(t)); ty != nil && ty.Elem != 0 { // arrays are cast element by element
		q.seen[ty.Elem], q.seen[q.cat.BaseType(ty.Elem)] = true, true
	}
	q.eachPart(t, func(part *catalog.Type) {
		q.made[part.OID] = true // a row becomes another one field by field
		if part.Kind != 'd' {   // a domain is checked when a value becomes one
			q.checkCalls(part, loc)
		}
	})
}

// assigns notes the columns that the statement writes.
func (q *query) assigns(cols ...catalog.Column) {
	if q.trusted || q.raw || len(q.cat.MadeCasts()) == 0 {
		return
	}
	if q.assigned == nil {
		q.assigned = map[catalog.OID]bool{}
	}
	for k := range cols {
		q.eachPart(cols[k].Type, func(part *catalog.Type) { q.assigned[part.OID] = true })
	}
}

func (q *query) seesAll(cols []column, loc int) {
	for k := range cols {
		q.sees(cols[k].typ, loc)
	}
}

func (q *query) checkCalls(t *catalog.Type, loc int) {
	for _, f := range t.Calls {
		if !q.mayRun(f) {
			q.refuseHint(loc, "42501", "permission denied for type "+t.Schema+"."+t.Name+": it runs the function "+q.functionName(f)+", which the policy does not list for "+q.person()+".", listFunction)
			return
		}
	}
}

// checkMeetings refuses a statement in which PostgreSQL may put an implicit or assignment cast that runs a function the policy does not list. Where in it two
// types meet is not followed: that both are there is enough. (A type of PostgreSQL's own is everywhere: a condition asks for a boolean, LIMIT for a bigint.)
func (q *query) checkMeetings() {
	if q.trusted || q.raw || len(q.seen) == 0 {
		return
	}
	for _, c := range q.cat.MadeCasts() {
		if c.Function == 0 || q.mayRun(c.Function) {
			continue
		}
		toJSON := q.json && c.Target == typeJSON // to_json and its like look for a cast of any kind
		if c.Context == 'e' && !toJSON {
			continue
		}
		source, target := q.seen[c.Source], q.made[c.Target]
		switch {
		case toJSON:
			source, target = q.made[c.Source], true
		case c.Target < catalog.FirstUserOID && c.Source >= catalog.FirstUserOID:
			target = true
		case c.Context == 'a': // a type of somebody's making is assigned to where a column is written
			target = false
		}
		target = target || q.assigned[c.Target]
		if c.Source < catalog.FirstUserOID && c.Target >= catalog.FirstUserOID {
			source = source || q.seesUnknown
		}
		if source && target {
			q.refuseHint(-1, "42501", "permission denied for a cast from "+q.typeName(c.Source)+" to "+q.typeName(c.Target)+": PostgreSQL may put it into this statement, and it runs the function "+
				q.functionName(c.Function)+", which the policy does not list for "+q.person()+".", listFunction)
			return
		}
	}
}

// checkCast refuses a cast that may run a function of a user's making, unless it comes from compiled code (an extension's) or the policy lists the function.
// from is 0 when it is not known. A literal of no type goes through its type's input function, not through a cast. An array's elements and a row's fields
// are cast each.
func (q *query) checkCast(from, to catalog.OID, loc int) {
	if q.trusted || to == 0 || from == typeUnknown || len(q.cat.MadeCasts()) == 0 {
		return
	}
	from = q.cat.BaseType(from)
	base := q.cat.BaseType(to)
	q.eachPart(to, func(part *catalog.Type) {
		for _, c := range q.cat.MadeCasts() {
			if c.Target != part.OID || c.Function == 0 || q.mayRun(c.Function) {
				continue
			}
			if (part.OID == to || part.OID == base) && from != 0 && c.Source != from {
				continue
			}
			q.refuseHint(loc, "42501", "permission denied for a cast to "+q.typeName(to)+": it runs the function "+q.functionName(c.Function)+", which the policy does not list for "+q.person()+".", listFunction)
			return
		}
	})
}

// madeCastFrom says whether an implicit cast of somebody's making leads away from a type, so that another operator than it seems may be chosen.
func (q *query) madeCastFrom(t catalog.OID) bool {
	return t != 0 && t != typeUnknown && slices.ContainsFunc(q.cat.MadeCasts(), func(c catalog.Cast) bool {
		return c.Source == t && c.Context == 'i' && (c.Method != 'b' || c.Target < catalog.FirstUserOID)
	})
}

// coerces says whether PostgreSQL may take a value of one type for an argument of another, without being asked. 0 is a type that is not known.
func (q *query) coerces(from, to catalog.OID) bool {
	if from == 0 || to == 0 || from == typeUnknown || from == to {
		return true
	}
	from, to = q.cat.BaseType(from), q.cat.BaseType(to)
	if from == 0 || to == 0 || from == to {
		return true
	}
	f, t := q.cat.Type(from), q.cat.Type(to)
	switch to {
	case typeAnyArray:
		return f.Elem != 0 || f.Kind == 'p'
	case typeAnyEnum:
		return f.Kind == 'e' || f.Kind == 'p'
	case typeAnyRange:
		return f.Kind == 'r' || f.Kind == 'p'
	case typeAnyMultirange:
		return f.Kind == 'm' || f.Kind == 'p'
	}
	if f.Kind == 'p' || t.Kind == 'p' || (f.Kind == 'c') && (t.Kind == 'c') {
		return true
	}
	if c := q.cat.Cast(from, to); c != nil && c.Context == 'i' {
		return true
	}
	return f.Elem != 0 && t.Elem != 0 && q.coerces(f.Elem, t.Elem)
}

// beforeBuiltin says whether a schema comes before pg_catalog in the path.
func (q *query) beforeBuiltin(schema string) bool {
	for _, s := range q.path {
		switch s {
		case schema:
			return true
		case "pg_catalog":
			return false
		}
	}
	return false
}

// candidates are the functions that somebody made that a call with arguments of these types can mean. PostgreSQL takes one of pg_catalog's that fits exactly,
// unless another schema that comes first in the path has one as well.
func (q *query) candidates(schema, name string, args []catalog.OID) []catalog.Function {
	user := q.userFunctions(schema, name)
	if len(user) == 0 || args == nil {
		return user
	}
	exact := false
	for _, f := range q.cat.Functions("pg_catalog", name) {
		exact = exact || isOwn(&f) && (schema == "" || schema == "pg_catalog") && slices.Equal(f.Args, args)
	}
	out := user[:0:0]
	for _, f := range user {
		if exact && !q.beforeBuiltin(f.Schema) {
			continue
		}
		if q.fits(&f, args) {
			out = append(out, f)
		}
	}
	return out
}

// fits says whether a function can take arguments of these types; nil are such as are not known.
func (q *query) fits(f *catalog.Function, args []catalog.OID) bool {
	if args == nil || f.Variadic {
		return true
	}
	if len(args) > len(f.Args) || len(args) < len(f.Args)-f.Defaults {
		return false
	}
	for k := range args {
		if !q.coerces(args[k], f.Args[k]) {
			return false
		}
	}
	return true
}

// makesJSON says whether a function may make JSON of values of any type.
func makesJSON(name string) bool { return strings.Contains(name, "json") }

// commonType is the type that PostgreSQL gives to values that stand for one another, as far as it is certain; 0 otherwise.
func commonType(a, b catalog.OID) catalog.OID {
	switch {
	case a == b, b == typeUnknown:
		return a
	case a == typeUnknown:
		return b
	}
	for _, t := range []catalog.OID{typeNumeric, typeInt8, typeInt4} { // each takes in those after it
		if (a == t || b == t) && isExactNumber(a) && isExactNumber(b) {
			return t
		}
	}
	return 0
}

func isExactNumber(t catalog.OID) bool {
	return t == typeNumeric || t == typeInt8 || t == typeInt4 || t == 21
}

// CheckParameter says why a person may not give a statement's parameter a type; nil when they may. The client names the type by its number, beside the statement's text.
func CheckParameter(cat *catalog.Snapshot, grant *policy.Grant, oid catalog.OID) *Refusal {
	if oid < catalog.FirstUserOID || grant.RawTables() {
		return nil
	}
	r := &rewriter{in: Input{Catalog: cat, Grant: grant}, cat: cat, plan: &Plan{}}
	q := &query{rewriter: r}
	t := cat.Type(oid)
	if t == nil {
		return &Refusal{Code: "42704", Message: "type with OID " + itoa(int(oid)) + " does not exist", Position: -1, Stale: true}
	}
	q.becomes(oid, -1)
	q.sees(oid, -1)
	for _, c := range cat.MadeCasts() {
		if c.Function != 0 && !q.mayRun(c.Function) && (c.Context != 'e' || c.Target == typeJSON) && (q.made[c.Source] || q.made[c.Target]) {
			q.refuseHint(-1, "42501", "permission denied for a parameter of type "+q.typeName(oid)+": PostgreSQL may cast it, or to it, by the function "+q.functionName(c.Function)+
				", which the policy does not list for "+q.person()+".", listFunction)
		}
	}
	return r.err
}
