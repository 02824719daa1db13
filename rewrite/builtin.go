package rewrite

import (
	"cordon/catalog"
	"cordon/policy"
)

// What the reviewed list says of a function of pg_catalog.
type fnClass uint8

const (
	fnUnknown fnClass = iota // not a function of pg_catalog
	fnAllowed
	fnRefused
)

// builtinReason looks a function of pg_catalog up on the reviewed list; for fnRefused it tells why.
func (q *query) builtinReason(name string) (fnClass, string) {
	known := false
	for _, f := range q.cat.FunctionsNamed(name) {
		known = known || isOwn(&f)
	}
	if !known {
		return fnUnknown, ""
	}
	f := builtinFunction(name)
	switch f.verdict {
	case functionAllowed:
		return fnAllowed, ""
	case functionSpecial:
		switch {
		case f.class == classSettings: // set_config's arguments are looked at by checkCall
			return fnAllowed, ""
		case f.class == classSequenceReset && q.in.Grant.May(policy.MayDDL):
			return fnAllowed, ""
		case f.class == classAdvisory && q.in.Grant.Function(catalog.PgCatalog, name):
			return fnAllowed, ""
		}
		return fnRefused, f.reason
	}
	return fnRefused, f.reason // functionWithheld too, where a call cannot be made to give NULL
}

func (q *query) builtin(name string) fnClass {
	if q.trusted {
		return fnAllowed
	}
	c, _ := q.builtinReason(name)
	return c
}

// isOwn says whether a function is PostgreSQL's own. One that somebody made, or moved there (ALTER FUNCTION … SET SCHEMA pg_catalog), can bear the name of one that has been reviewed.
func isOwn(f *catalog.Function) bool {
	return f.Schema == catalog.PgCatalog && f.OID < catalog.FirstUserOID
}

// isBuiltin says whether PostgreSQL itself has a function of that name.
func (q *query) isBuiltin(name string) bool {
	for _, f := range q.cat.FunctionsNamed(name) {
		if isOwn(&f) {
			return true
		}
	}
	return false
}
