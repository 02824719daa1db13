package rewrite

import "cordon/catalog"

// silentFunctions are PostgreSQL's functions behind comparison operators that pg_proc does not call leakproof, though they fail on no value and tell
// nothing but their result: a comparison of numbers with any precision, and equality of an enum's labels. (The order of labels may be looked up in the catalog.)
// Their conditions stay bare, so that an index on the column serves.
var silentFunctions = map[string]bool{
	"numeric_eq": true, "numeric_ne": true, "numeric_lt": true, "numeric_le": true, "numeric_gt": true, "numeric_ge": true,
	"enum_eq": true, "enum_ne": true,
}

// leakproof says whether an operator may run on rows that the person must not see.
func (q *query) leakproof(o *catalog.Operator) bool {
	if q.mixed && (q.isString(o.Left) || q.isString(o.Right)) || q.odd && o.Name == "^@" {
		return false
	}
	if o.Leakproof {
		return true
	}
	f := q.cat.Function(o.Function)
	return o.Schema == "pg_catalog" && f != nil && isOwn(f) && silentFunctions[f.Name]
}
