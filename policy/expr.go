package policy

import (
	"fmt"
	"strings"

	pg_query "github.com/pganalyze/pg_query_go/v5"
)

// Expr is a piece of SQL from the policy: a row filter, an unmask condition, a forced value or a mask's sql. It is parsed once, at load. Its text is kept as written.
//
// What Parse has made sure of: it is one expression of PostgreSQL's grammar that stands for itself between parentheses (`(` + Text + `)` never reads otherwise),
// it holds no comment, no parameter, no aggregate, window or set-returning function outside a sub-select, and no data-modifying statement. A table of its
// sub-selects without a schema is one of the schema of the rule's table, or of public. Function and operator names are as written: whoever runs it must see to the search_path.
type Expr struct {
	Text   string
	Line   int // of the policy file
	Col    int
	Attrs  []AttrRef // me.x references, in order of position
	Values []Span    // in a mask's sql: where `value` stands, in order of position

	node  *pg_query.Node
	lines []linePos
}

// AttrRef is one me.x in an Expr: Text[Start:End].
type AttrRef struct {
	Name       string
	Start, End int
}

// Span is Text[Start:End] of an Expr.
type Span struct{ Start, End int }

// Node is the expression's parse tree. Every location in it is a byte offset into Text, or -1. It is shared: do not change it.
func (e *Expr) Node() *pg_query.Node { return e.node }

// SQL is the expression with the attributes in it as literals. It fails when one is missing: a missing attribute is never NULL.
func (e *Expr) SQL(attrs map[string]Value) (string, error) {
	if len(e.Attrs) == 0 {
		return e.Text, nil
	}
	var b strings.Builder
	at := 0
	for _, a := range e.Attrs {
		v, ok := attrs[a.Name]
		if !ok || v.SQL == "" {
			return "", &MissingAttribute{Name: a.Name}
		}
		b.WriteString(e.Text[at:a.Start])
		b.WriteString(v.SQL)
		at = a.End
	}
	b.WriteString(e.Text[at:])
	return b.String(), nil
}

// missing is the first attribute that the expression needs and attrs lack, or "".
func (e *Expr) missing(attrs map[string]Value) string {
	if e == nil {
		return ""
	}
	for _, a := range e.Attrs {
		if attrs[a.Name].SQL == "" {
			return a.Name
		}
	}
	return ""
}

// At is the place in the policy file of a byte offset into Text; the expression's beginning where the YAML around it does not tell.
func (e *Expr) At(offset int) (line, col int) {
	line, col = e.Line, e.Col
	for _, l := range e.lines {
		if l.offset > offset {
			break
		}
		line, col = l.line, l.col+len([]rune(e.Text[l.offset:max(l.offset, min(offset, len(e.Text)))]))
	}
	return line, col
}

// linePos says that Text[offset] stands at line and col of the file, and what follows it up to the next linePos stands behind it.
type linePos struct{ offset, line, col int }

// MissingAttribute is an attribute that an expression needs and a person lacks.
type MissingAttribute struct{ Name string }

func (m *MissingAttribute) Error() string {
	return fmt.Sprintf("the person has no attribute %s", m.Name)
}
