package rewrite

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
)

// A whole-row reference to a view is of the view's row type, with the view's own column names. One to a sub-select is a record, whose columns are named as
// its alias names them. So where a sub-select stands for a table, the row is cast to the table's row type, of which it has all columns.

// spread notes a reference that is not of a row as a value: ROW(t.*) and VALUES (t.*) spell a star out, and (t).f is the column f of t by the alias's names.
func (q *query) spread(n *pg.Node, star bool) {
	c := n.GetColumnRef()
	if c == nil || star && !isStar(c.Fields[len(c.Fields)-1]) {
		return
	}
	if q.spreads == nil {
		q.spreads = map[*pg.ColumnRef]bool{}
	}
	q.spreads[c] = true
}

// whole notes a reference that must not look like ROW(…) once it is cast: IN and IS DISTINCT FROM compare those column by column, so that a NULL in one
// makes the answer NULL, and a sub-select beside one must have as many columns.
func (q *query) whole(list ...*pg.Node) {
	for _, n := range list {
		for n.GetTypeCast() != nil {
			n = n.GetTypeCast().Arg
		}
		if c := n.GetColumnRef(); c != nil {
			if q.wholes == nil {
				q.wholes = map[*pg.ColumnRef]bool{}
			}
			q.wholes[c] = true
		}
	}
}

// rowType is the row type that a whole-row reference to the item can be cast to; nil for none.
func (q *query) rowType(it *item) *catalog.Type {
	if !it.guarded || it.table == nil || it.open || it.isSystem() || len(it.cols) != len(it.table.Columns) {
		return nil
	}
	d := q.decide(it.table)
	return q.rowTypeOf(it.table, func(k int) bool { return d != nil && d.Mask(it.table.Columns[k].Name) != nil })
}

// rowTypeOf is the row type of a table or view, where its row can be cast to that with some columns masked.
func (q *query) rowTypeOf(rel *catalog.Relation, masked func(k int) bool) *catalog.Type {
	t := q.cat.TypeNamed(rel.Schema, rel.Name)
	if t == nil || t.Relation != rel.OID {
		return nil
	}
	if slices.ContainsFunc(q.cat.MadeCasts(), func(c catalog.Cast) bool { return c.Source == t.OID || c.Target == t.OID }) {
		return nil // it could run a function that a record does not
	}
	for k := range rel.Columns {
		if masked(k) && q.holdsDomain(rel.Columns[k].Type) {
			return nil // what the mask shows need not pass the domain's CHECK
		}
	}
	quiet := true
	q.eachPart(t.OID, func(part *catalog.Type) { // so could a literal that becomes such a row
		for _, f := range part.Calls {
			quiet = quiet && q.mayRun(f)
		}
	})
	if !quiet {
		return nil
	}
	return t
}

// typedRow has the whole row of a target be of the row type of the table or view that the statement names: a function may ask for it, and what reads a WITH query for its columns.
func (q *query) typedRow(t *target, rel *catalog.Relation) {
	it := t.item
	if it.rowText = t.rowText; len(it.cols) != len(rel.Columns) {
		return
	}
	if ty := q.rowTypeOf(rel, func(k int) bool { return it.cols[k].masked != "" }); ty != nil {
		it.rowText = func() string { return t.rowOf("CAST(cordon_row AS " + quoteName(ty.Schema, ty.Name) + ")") }
	}
}

// holdsDomain says whether a type is a domain, or an array of one.
func (q *query) holdsDomain(oid catalog.OID) bool {
	t := q.cat.Type(oid)
	if t != nil && t.Elem != 0 {
		t = q.cat.Type(t.Elem)
	}
	return t == nil || t.Kind == 'd'
}

// castRow writes the cast around a whole-row reference to the item.
func (q *query) castRow(n *pg.ColumnRef, it *item, s *scope) {
	t := q.rowType(it)
	first := q.p.toks.at(int(n.Location))
	if first < 0 || !it.guarded {
		return
	}
	last := q.p.toks.dotted(first, len(n.Fields))
	if last < 0 {
		return
	}
	from, to := q.p.toks.start(first), q.p.toks.end(last-1)
	if it.unequal() {
		it.unequals = append(it.unequals, place{n, from, to, nil})
	}
	if t == nil {
		return
	}
	row := q.p.src[from:to]
	if len(n.Fields) == 3 { // schema.table.*: a sub-select has no schema
		row = quoteIdent(it.name) + ".*"
	}
	q.p.wrapLate(from, to, func(b *strings.Builder) {
		if it.nullable { // where an outer join puts NULL in the row's place, the cast would make a row of NULLs of it
			b.WriteString("CASE WHEN " + row + " IS DISTINCT FROM NULL THEN ")
		}
		if q.wholes[n] && !it.nullable {
			b.WriteString("COALESCE(")
		}
		b.WriteString("CAST(")
	}, func(b *strings.Builder) {
		b.WriteString(" AS " + quoteName(t.Schema, t.Name) + ")")
		switch {
		case it.nullable:
			b.WriteString(" END")
		case q.wholes[n]:
			b.WriteString(")")
		}
	})
}
