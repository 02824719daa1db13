package policy

// Expr is a piece of SQL from the policy: a row filter, an unmask condition, a forced value or a mask's sql. It is parsed once, at load. Its text is kept as written.
type Expr struct {
	Text  string
	Line  int // of the policy file
	Col   int
	Attrs []AttrRef // me.x references, in order of position
}

// AttrRef is one me.x in an Expr: Text[Start:End].
type AttrRef struct {
	Name       string
	Start, End int
}

// Value is a person's attribute: a string, integer, decimal, boolean, or a list of one of these.
type Value struct {
	// SQL is the value as an SQL literal that is safe to splice into any expression position: 7, (-7), 'EU', true, '{"EU","US"}'
	// (an untyped array literal, so that PostgreSQL infers the element type from the column). Built at load; strings are quoted with
	// standard_conforming_strings in mind.
	SQL  string
	List bool
	Text string // for messages and me.x in audit
}
