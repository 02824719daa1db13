package policy

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// Probe is a statement that a database plans when one expression of the policy fits one table. It changes nothing and reads no row: run it in a
// read-only transaction. Its error, when it has one, belongs to the policy at [Probe.At].
type Probe struct {
	SQL   string
	Rule  *Rule
	Table TableName
	What  string // which part of the rule: rows, unmask.when, force.owner_id, mask.phone
	Expr  *Expr

	start int // byte offset of the expression in SQL
	edits []edit
}

// edit says that SQL[from:to] stands where an attribute or value stood in the expression's text.
type edit struct{ from, to, text int }

// At is the place in the policy file of an error's position: PostgreSQL's field P, which counts characters from 1. 0 gives the expression's beginning.
func (p *Probe) At(position int) (line, col int) {
	if position < 1 || position > utf8.RuneCountInString(p.SQL) {
		return p.Expr.At(0)
	}
	at := byteOffset(p.SQL, position-1) - p.start
	if at < 0 {
		return p.Expr.At(0)
	}
	moved := 0 // how much further the text is than the SQL
	for _, e := range p.edits {
		if at < e.from {
			break
		}
		if at < e.to {
			return p.Expr.At(e.text)
		}
		moved = e.text - e.from
		// Behind the edit: the reference's own length is found from the next offset on.
		for _, a := range p.Expr.Attrs {
			if a.Start == e.text {
				moved = a.End - e.to
			}
		}
		for _, v := range p.Expr.Values {
			if v.Start == e.text {
				moved = v.End - e.to
			}
		}
	}
	return p.Expr.At(max(0, min(at+moved, len(p.Expr.Text))))
}

// Problem is the mistake that an error of the database's tells.
func (p *Probe) Problem(position int, message string) Problem {
	line, col := p.At(position)
	return Problem{File: p.Rule.File, Line: line, Col: col, Text: fmt.Sprintf("%s does not fit %s: %s", p.What, p.Table, message)}
}

// Probes are the statements that show whether the expressions of every rule fit the database's tables (views included). For the attributes in them
// stand those of the first user that has all of them; an expression for which nobody has them is left out.
func (p *Policy) Probes(tables []TableName) []Probe {
	var probes []Probe
	for _, r := range p.Rules {
		for _, t := range tables {
			if first([]*Rule{r}, t) == nil {
				continue
			}
			from := ident(t.Schema) + "." + ident(t.Name)
			add := func(what, before string, e *Expr, column, after string) {
				if probe, ok := p.probe(before, e, column, after); ok {
					probe.Rule, probe.Table, probe.What = r, t, what
					probes = append(probes, probe)
				}
			}
			if r.Rows != nil {
				add("rows", "EXPLAIN SELECT 1 FROM "+from+" WHERE (", r.Rows, "", ")")
			}
			if r.Unmask != nil && r.Unmask.When != nil {
				add("unmask.when", "EXPLAIN SELECT 1 FROM "+from+" WHERE (", r.Unmask.When, "", ")")
			}
			for i := range r.Force {
				f := &r.Force[i]
				add("force."+f.Column, "EXPLAIN UPDATE "+from+" SET "+ident(f.Column)+" = (", f.Value, "", ")")
			}
			for _, m := range r.masksOf(t) {
				if m.Mask.Kind == MaskSQL {
					add("mask."+m.Column, "EXPLAIN SELECT (", m.Mask.SQL, ident(m.Column), ") FROM "+from)
				}
			}
		}
	}
	return probes
}

// probe splices attributes and value into an expression, and remembers where.
func (p *Policy) probe(before string, e *Expr, column, after string) (Probe, bool) {
	attrs, ok := p.someone(e)
	if !ok {
		return Probe{}, false
	}
	type splice struct {
		start, end int
		sql        string
	}
	var splices []splice
	for _, a := range e.Attrs {
		splices = append(splices, splice{a.Start, a.End, attrs[a.Name].SQL})
	}
	for _, v := range e.Values {
		splices = append(splices, splice{v.Start, v.End, column})
	}
	sort.Slice(splices, func(i, j int) bool { return splices[i].start < splices[j].start })
	probe := Probe{Expr: e, start: len(before)}
	var b strings.Builder
	at := 0
	for _, s := range splices {
		b.WriteString(e.Text[at:s.start])
		probe.edits = append(probe.edits, edit{b.Len(), b.Len() + len(s.sql), s.start})
		b.WriteString(s.sql)
		at = s.end
	}
	b.WriteString(e.Text[at:])
	probe.SQL = before + b.String() + after
	return probe, true
}

// someone is the attributes of the first user of the file who has all that the expression needs.
func (p *Policy) someone(e *Expr) (map[string]Value, bool) {
	if len(e.Attrs) == 0 {
		return nil, true
	}
	var best *User
	for _, u := range p.Users {
		if e.missing(u.Attributes) == "" && (best == nil || u.Line < best.Line || u.Line == best.Line && u.Col < best.Col) {
			best = u
		}
	}
	if best == nil {
		return nil, false
	}
	return best.Attributes, true
}

// ident is a name as a quoted identifier.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
