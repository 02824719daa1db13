package rewrite

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
)

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

// harmlessCast says whether a cast fails on no value, and so tells of none: between types of one binary form, without a length to cut to, and the few whose functions are known.
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
	from = q.cat.BaseType(from)
	c := q.cat.Cast(from, to)
	switch {
	case c == nil:
		return false
	case to == typeDate && (from == typeTimestamp || from == typeTimestamptz) && c.Function < catalog.FirstUserOID:
		return true // no day of a timestamp is outside a date's range (timestamp_date in date.c), and now()::date is in many a report
	}
	return c.Method == 'b' || c.Leakproof
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
	if tn.Location >= 0 { // where PostgreSQL points when there is no such type
		loc = int(tn.Location)
	}
	var t *catalog.Type
	switch parts := names(tn.Names); len(parts) {
	case 1:
		if q.in.TempTypes[parts[0]] && !q.raw {
			if q.trusted { // a view's definition
				loc = -1
			}
			if q.trusted || q.in.Temp[strings.TrimLeft(parts[0], "_")] == nil {
				q.refuseHint(loc, "0A000", "Cordon does not know the temporary type "+parts[0]+", which stands before every other type of its name.", "Drop it, or write pg_catalog."+quoteIdent(parts[0])+" if that is meant.")
			}
			return 0
		}
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
