package rewrite

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/policy"
)

// Assignments: SET of UPDATE, of ON CONFLICT DO UPDATE, and of MERGE.

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
				if col != nil && len(rt.Indirection) == 0 && val.GetSetToDefault() == nil && !t.forces(rt.Name) && q.refers(t, col) {
					v, ok := q.valueSpan(rt, list, k)
					if !ok {
						q.refuse(int(rt.Location), "0A000", "Cordon cannot find the extent of an assignment in SET.")
						continue
					}
					q.referenceSet(t, col, v, i)
				}
				continue
			}
			var ok bool
			if value, ok = q.valueSpan(rt, list, k); !ok {
				q.refuse(int(rt.Location), "0A000", "Cordon cannot find the extent of an assignment in SET.")
				continue
			}
		}
		if len(rt.Indirection) > 0 {
			if val.GetSetToDefault() == nil { // else PostgreSQL says what is wrong
				q.keepBehindPart(t, col, rt, value, i)
			}
			continue
		}
		if val.GetSetToDefault() != nil {
			if ty := q.cat.Type(col.Type); !col.HasDefault && ty != nil && ty.Kind != 'd' { // it is NULL, which may be what the mask shows
				c := t.table.column(col.Name)
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
