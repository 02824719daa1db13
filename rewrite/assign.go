package rewrite

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/policy"
)

// Assignments: SET of UPDATE and of ON CONFLICT DO UPDATE, and the columns a rule forces.

// assignments rewrites the expressions of SET and protects what is behind a mask: a form that loaded 138****5678 saves it again, and the stored number
// must stay. SET phone = e becomes SET phone = (the stored phone, when e is its mask; else e).
// It tells what is known of each value.
func (q *query) assignments(list []*pg.Node, t *target, s *scope, r *result) []info {
	infos := make([]info, len(list))
	var source *pg.Node // of (a, b) = …, which the tree repeats for every column
	var row info        // what is known of it
	for k, n := range list {
		rt := n.GetResTarget()
		if rt == nil {
			q.unknownNode(n, -1)
			continue
		}
		q.targetParts(rt.Indirection, s, r)
		col := t.rel.Column(rt.Name)
		if col == nil && t.d != nil {
			q.stale(int(rt.Location), "42703", "column \""+rt.Name+"\" of relation \""+t.rel.Name+"\" does not exist")
			return infos
		}
		if col != nil {
			q.assigns(*col)
		}
		if t.d != nil && slices.Contains(t.d.ReadOnly, rt.Name) {
			q.denied(t.d, t.rel, int(rt.Location), "the rule makes the column "+rt.Name+" read-only")
		}
		masked := col != nil && t.d != nil && t.d.Mask(col.Name) != nil
		var value span
		var i info
		val := rt.Val
		if m := val.GetMultiAssignRef(); m != nil {
			if m.Colno == 1 {
				source = m.Source
				row = r.shown(q.expr(source, s), s)
			}
			i = row
			infos[k] = i
			if m.Colno == 1 && source.GetSubLink() != nil {
				q.rowFromQuery(list[k:min(k+int(m.Ncolumns), len(list))], source.GetSubLink(), t)
			}
			if !masked || source.GetSubLink() != nil {
				continue
			}
			parts := source.GetRowExpr()
			if parts == nil || int(m.Colno) > len(parts.Args) {
				q.refuse(int(rt.Location), "0A000", "Cordon does not know what the masked column %s is set to here.", rt.Name)
				continue
			}
			spans := q.rowParts(parts)
			if len(spans) != len(parts.Args) {
				q.refuse(int(rt.Location), "0A000", "Cordon cannot find the parts of a row in SET.")
				continue
			}
			val, value = parts.Args[m.Colno-1], spans[m.Colno-1]
			i.typ = literalType(val)
		} else {
			i = r.shown(q.expr(val, s), s)
			infos[k] = i
			if !masked {
				if t.d != nil && len(rt.Indirection) == 0 && val.GetSetToDefault() == nil && !t.forces(rt.Name) && q.refers(t, col) {
					v, ok := q.valueSpan(rt, list, k)
					if !ok {
						q.refuse(int(rt.Location), "0A000", "Cordon cannot find the extent of an assignment in SET.")
						continue
					}
					q.referenceSet(t, col, v, i)
				}
				continue
			}
			if len(rt.Indirection) > 0 {
				q.refuseHint(int(rt.Location), "0A000", "Cordon does not write into a part of the masked column "+rt.Name+".", "Assign the column as a whole.")
				continue
			}
			var ok bool
			if value, ok = q.valueSpan(rt, list, k); !ok {
				q.refuse(int(rt.Location), "0A000", "Cordon cannot find the extent of an assignment in SET.")
				continue
			}
		}
		if val.GetSetToDefault() != nil {
			if ty := q.cat.Type(col.Type); !col.HasDefault && ty != nil && ty.Kind != 'd' { // it is NULL, which may be what the mask shows
				c := t.item.column(col.Name)
				q.p.replace(q.p.toks.start(value.first), q.p.toks.end(value.end-1), literal("CASE WHEN "+c.masked+" IS NULL THEN "+t.ref+"."+quoteIdent(col.Name)+" END"))
			}
			continue
		}
		q.keepBehindMask(t, col, value, i)
	}
	return infos
}

// targetParts looks at what is written into a part of a column, f.a or f[1]: subscripts are expressions, names of fields read nothing.
func (q *query) targetParts(parts []*pg.Node, s *scope, r *result) {
	for _, part := range parts {
		if part.GetString_() == nil {
			r.shown(q.expr(part, s), s)
		}
	}
}

// rowFromQuery protects what (a, b) = (SELECT …) writes over: the row of the sub-select is taken apart, and a sub-select without a row gives NULLs, as PostgreSQL has it.
func (q *query) rowFromQuery(list []*pg.Node, sub *pg.SubLink, t *target) {
	if t.d == nil {
		return
	}
	var values, names []string
	touched := false
	for k, n := range list {
		rt := n.GetResTarget()
		v := "v" + itoa(k+1)
		names = append(names, v)
		v = "cordon_row." + v
		col := t.rel.Column(rt.GetName())
		if f := slices.IndexFunc(t.d.Force, func(f policy.ForcedColumn) bool { return f.Column == rt.GetName() }); f >= 0 {
			v, _ = q.forced(t, f)
			touched = true
		} else if col != nil && t.d.Mask(col.Name) != nil {
			if len(rt.Indirection) > 0 {
				q.refuseHint(int(rt.Location), "0A000", "Cordon does not write into a part of the masked column "+rt.Name+".", "Assign the column as a whole.")
				return
			}
			before, after, err := q.kept(t, col, info{})
			if err != nil {
				q.refuse(int(rt.Location), "0A000", "Cordon cannot protect what is behind the mask of %s: %s.", col.Name, err)
				return
			}
			v = before + v + after
			touched = true
		}
		values = append(values, v)
	}
	if !touched {
		return
	}
	first := q.p.toks.at(int(sub.Location))
	end := -1
	if q.p.toks.is(first, "(") {
		end = q.p.toks.match(first, len(q.p.toks.t))
	}
	if end < 0 {
		q.refuse(int(sub.Location), "0A000", "Cordon cannot find the extent of a sub-select in SET.")
		return
	}
	q.p.wrap(q.p.toks.start(first), q.p.toks.end(end), "(SELECT "+strings.Join(values, ", ")+" FROM (SELECT 1) AS cordon_one LEFT JOIN ", " AS cordon_row("+strings.Join(names, ", ")+") ON true)")
}

// literalType tells a value that takes its type from the column: a string literal, NULL, or a parameter.
func literalType(n *pg.Node) catalog.OID {
	switch v := n.GetNode().(type) {
	case *pg.Node_ParamRef:
		return typeUnknown
	case *pg.Node_AConst:
		return constType(v.AConst)
	}
	return 0
}

// valueSpan finds the tokens of one assignment's value: from behind its = to the comma before the next, or to the end of SET.
func (q *query) valueSpan(rt *pg.ResTarget, list []*pg.Node, k int) (span, bool) {
	toks := q.p.toks
	i := toks.at(int(rt.Location))
	if i < 0 {
		return span{}, false
	}
	for i++; i < len(toks.t) && !toks.is(i, "="); i++ {
	}
	v := q.listItem(i + 1)
	return v, v.end > v.first
}

// rowParts finds the parts of a row constructor.
func (q *query) rowParts(row *pg.RowExpr) []span {
	k := q.p.toks
	i := k.at(int(row.Location))
	if k.keyword(i) == "ROW" {
		i++
	}
	return k.list(i)
}

// list splits what stands in the parentheses that open at token i at its commas.
func (k tokens) list(i int) []span {
	if !k.is(i, "(") {
		return nil
	}
	end := k.match(i, len(k.t))
	if end < 0 {
		return nil
	}
	var out []span
	depth, first := 0, i+1
	for j := i + 1; j < end; j++ {
		switch {
		case k.is(j, "(") || k.is(j, "["):
			depth++
		case k.is(j, ")") || k.is(j, "]"):
			depth--
		case k.is(j, ",") && depth == 0:
			out = append(out, span{first, j})
			first = j + 1
		}
	}
	return append(out, span{first, end})
}

// forced gives a forced column's value as SQL, with the table's columns qualified by ref.
func (q *query) forced(t *target, k int) (string, bool) {
	f := t.d.Force[k]
	b := q.bindExpr(t.rel, t.d, t.d.SQL(f.Value), "force")
	if b == nil {
		return "", false
	}
	return b.over(func(num int16) (string, bool) { return t.ref + "." + quoteIdent(t.rel.ColumnNum(num).Name), true })
}

// forcedInsert is forced for a row that is not there yet.
func (q *query) forcedInsert(t *target, k int) (string, bool) {
	f := t.d.Force[k]
	b := q.bindExpr(t.rel, t.d, t.d.SQL(f.Value), "force")
	if b == nil {
		return "", false
	}
	if len(b.columns()) > 0 || b.whole {
		q.refuse(-1, "0A000", "The value that a rule forces on %s.%s.%s depends on the row's other columns; Cordon applies that to UPDATE only.", t.rel.Schema, t.rel.Name, f.Column)
		return "", false
	}
	return b.inner, true
}

// forceUpdate gives the forced columns their value, whatever the statement says of them.
func (q *query) forceUpdate(list []*pg.Node, t *target) {
	for k := range t.d.Force {
		text, ok := q.forced(t, k)
		if !ok {
			return
		}
		name := t.d.Force[k].Column
		placed := false
		for j, node := range list {
			rt := node.GetResTarget()
			if rt.GetName() != name {
				continue
			}
			placed = true
			value, found := q.valueSpan(rt, list, j)
			if m := rt.GetVal().GetMultiAssignRef(); m != nil {
				if m.Source.GetSubLink() != nil { // done: see rowFromQuery
					continue
				}
				found = false
				if row := list[j-int(m.Colno)+1].GetResTarget().GetVal().GetMultiAssignRef().GetSource().GetRowExpr(); row != nil {
					if parts := q.rowParts(row); int(m.Colno) <= len(parts) {
						value, found = parts[m.Colno-1], true
					}
				}
			}
			if len(rt.Indirection) > 0 || !found {
				q.refuseHint(int(rt.Location), "0A000", "The column "+name+" is set by a rule, and Cordon does not replace it here.", "Leave the column out of the statement.")
				return
			}
			q.p.replace(q.p.toks.start(value.first), q.p.toks.end(value.end-1), literal(text))
		}
		if !placed && len(list) > 0 {
			first := list[0].GetResTarget()
			i := q.p.toks.at(int(first.GetLocation()))
			if q.p.toks.is(i-1, "(") {
				i--
			}
			if i < 0 || q.p.toks.keyword(i-1) != "SET" {
				q.refuse(int(first.GetLocation()), "0A000", "Cordon cannot find the beginning of SET.")
				return
			}
			q.p.wrap(q.p.toks.start(i), q.p.toks.end(i), quoteIdent(name)+" = "+text+", ", "")
		}
	}
}

// forceInsert gives the forced columns their value in every row of VALUES, and adds them where the statement does not name them.
func (q *query) forceInsert(n *pg.InsertStmt, t *target, cols []catalog.Column) {
	toks := q.p.toks
	sel := n.SelectStmt.GetSelectStmt()
	if n.SelectStmt != nil && (sel == nil || len(sel.ValuesLists) == 0 || sel.WithClause != nil || len(sel.SortClause) > 0 || sel.LimitCount != nil || sel.LimitOffset != nil) {
		q.refuseHint(int(n.Relation.Location), "0A000", "A rule sets columns of "+t.rel.Schema+"."+t.rel.Name+", and Cordon does that for INSERT … VALUES only.", "Use INSERT … VALUES.")
		return
	}
	at := toks.at(int(n.Relation.Location))
	var rows [][]span
	if sel != nil {
		i := q.keywordAfter(at, "VALUES")
		for j := i + 1; i > 0 && toks.is(j, "("); {
			rows = append(rows, toks.list(j))
			j = toks.match(j, len(toks.t)) + 1
			if !toks.is(j, ",") {
				break
			}
			j++
		}
		if len(rows) != len(sel.ValuesLists) {
			q.refuse(int(n.Relation.Location), "0A000", "Cordon cannot find the rows of VALUES in the statement.")
			return
		}
		if len(n.Cols) == 0 && len(rows[0]) < len(cols) {
			cols = cols[:len(rows[0])]
		}
	} else {
		cols = nil
	}
	var names, values []string
	for k, f := range t.d.Force {
		text, ok := q.forcedInsert(t, k)
		if !ok {
			return
		}
		pos := slices.IndexFunc(cols, func(c catalog.Column) bool { return c.Name == f.Column })
		if pos < 0 {
			names, values = append(names, quoteIdent(f.Column)), append(values, text)
			continue
		}
		for _, row := range rows {
			if pos >= len(row) || row[pos].end <= row[pos].first {
				q.refuse(int(n.Relation.Location), "42601", "VALUES lists must all be the same length")
				return
			}
			q.p.replace(toks.start(row[pos].first), toks.end(row[pos].end-1), literal(text))
		}
	}
	if len(names) == 0 {
		return
	}
	if sel == nil { // DEFAULT VALUES
		i := q.keywordAfter(at, "DEFAULT")
		if i < 0 || toks.keyword(i+1) != "VALUES" {
			q.refuse(int(n.Relation.Location), "0A000", "Cordon cannot find DEFAULT VALUES in the statement.")
			return
		}
		q.p.replace(toks.start(i), toks.end(i+1), literal("("+strings.Join(names, ", ")+") VALUES ("+strings.Join(values, ", ")+")"))
		return
	}
	for _, row := range rows {
		q.p.insertLast(toks.end(row[len(row)-1].end-1), ", "+strings.Join(values, ", "))
	}
	if len(n.Cols) > 0 {
		last := toks.at(int(n.Cols[len(n.Cols)-1].GetResTarget().GetLocation()))
		for depth := 0; last > 0 && last < len(toks.t) && (depth > 0 || !toks.is(last, ")")); last++ { // over the subscripts of the last column
			switch {
			case toks.is(last, "["), toks.is(last, "("):
				depth++
			case toks.is(last, "]"), toks.is(last, ")"):
				depth--
			}
		}
		q.p.insertLast(toks.end(last-1), ", "+strings.Join(names, ", "))
		return
	}
	var all []string
	for k := range cols {
		all = append(all, quoteIdent(cols[k].Name))
	}
	i := q.keywordAfter(at, "VALUES")
	if toks.keyword(i-1) == "VALUE" && toks.keyword(i-2) == "OVERRIDING" || toks.keyword(i-1) == "USER" || toks.keyword(i-1) == "SYSTEM" {
		q.refuse(int(n.Relation.Location), "0A000", "Cordon does not force columns beside OVERRIDING; name the columns of INSERT.")
		return
	}
	q.p.insertLast(toks.end(i-1), " ("+strings.Join(append(all, names...), ", ")+")")
}
