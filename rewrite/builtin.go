package rewrite

// What the reviewed list says of a function of pg_catalog.
type fnClass uint8

const (
	fnUnknown fnClass = iota // not on the list: refused until reviewed
	fnAllowed
	fnRefused
)

// builtinReason looks a function of pg_catalog up on the reviewed list; for fnRefused it tells why.
func (q *query) builtinReason(name string) (fnClass, string) {
	for _, f := range q.cat.FunctionsNamed(name) {
		if f.Schema == "pg_catalog" {
			return fnAllowed, ""
		}
	}
	return fnUnknown, ""
}

func (q *query) builtin(name string) fnClass {
	c, _ := q.builtinReason(name)
	return c
}

// isBuiltin says whether pg_catalog has a function of that name.
func (q *query) isBuiltin(name string) bool { return q.builtin(name) != fnUnknown }
