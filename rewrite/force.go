package rewrite

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/parse"
)

// Forced columns: a rule sets them on INSERT and UPDATE, whatever the statement says of them.

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
			q.overrule(value, t.rel.Column(name), text)
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

// overrule puts a forced value in the place of the one that the statement gives a column. Parameters in that stay, where nothing is worked out: the server tells their types by where they stand, and refuses one that stands nowhere.
func (q *query) overrule(value span, c *catalog.Column, text string) {
	toks := q.p.toks
	from, to := toks.start(value.first), toks.end(value.end-1)
	if !slices.ContainsFunc(toks.t[value.first:value.end], func(t parse.Token) bool { return t.Kind == parse.Param }) {
		q.p.replace(from, to, literal(text))
		return
	}
	if ty := q.cat.Type(q.cat.BaseType(c.Type)); ty != nil && ty.Category == 'S' {
		text = "CAST(" + text + " AS pg_catalog.text)" // anything can be assigned to a text, but has no type in common with one
	}
	q.p.wrapText(from, to, literal("CASE WHEN FALSE THEN CAST("), literal(" AS "+c.TypeName+") ELSE "+text+" END"))
}

// forceInsert gives the forced columns their value in every row of VALUES, and adds them where the statement does not name them. It says whether the columns stand in the text then.
func (q *query) forceInsert(n *pg.InsertStmt, t *target, cols []catalog.Column) bool {
	toks := q.p.toks
	sel := n.SelectStmt.GetSelectStmt()
	if n.SelectStmt != nil && (sel == nil || sel.WithClause != nil || len(sel.SortClause) > 0 || sel.LimitCount != nil || sel.LimitOffset != nil) {
		q.refuseHint(int(n.Relation.Location), "0A000", "A rule sets columns of "+t.rel.Schema+"."+t.rel.Name+", and Cordon does not do that in VALUES with clauses of their own.", "Use INSERT … VALUES or INSERT … SELECT.")
		return false
	}
	list, body := q.insertHead(n)
	if body < 0 {
		q.refuse(int(n.Relation.Location), "0A000", "Cordon cannot find the columns of INSERT in the statement.")
		return false
	}
	var rows [][]span
	if sel != nil {
		for j := body + 1; toks.keyword(body) == "VALUES" && toks.is(j, "("); {
			rows = append(rows, toks.list(j))
			j = toks.match(j, len(toks.t)) + 1
			if !toks.is(j, ",") {
				break
			}
			j++
		}
		if len(rows) != len(sel.ValuesLists) {
			q.refuse(int(n.Relation.Location), "0A000", "Cordon cannot find the rows of VALUES in the statement.")
			return false
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
			return false
		}
		pos := slices.IndexFunc(cols, func(c catalog.Column) bool { return c.Name == f.Column })
		if pos < 0 {
			names, values = append(names, quoteIdent(f.Column)), append(values, text)
			continue
		}
		for _, row := range rows {
			if pos >= len(row) || row[pos].end <= row[pos].first {
				q.refuse(int(n.Relation.Location), "42601", "VALUES lists must all be the same length")
				return false
			}
			q.overrule(row[pos], &cols[pos], text)
		}
	}
	if len(names) == 0 {
		return false
	}
	if sel == nil { // DEFAULT VALUES
		if toks.keyword(body) != "DEFAULT" || toks.keyword(body+1) != "VALUES" {
			q.refuse(int(n.Relation.Location), "0A000", "Cordon cannot find DEFAULT VALUES in the statement.")
			return false
		}
		q.p.replace(toks.start(body), toks.end(body+1), literal("("+strings.Join(names, ", ")+") VALUES ("+strings.Join(values, ", ")+")"))
		return false
	}
	for _, row := range rows {
		q.p.insertLast(toks.end(row[len(row)-1].end-1), ", "+strings.Join(values, ", "))
	}
	if len(n.Cols) > 0 {
		q.p.insertLast(toks.end(list-1), ", "+strings.Join(names, ", "))
		return false
	}
	var all []string
	for k := range cols {
		all = append(all, quoteIdent(cols[k].Name))
	}
	q.p.insertLast(toks.end(list-1), " ("+strings.Join(append(all, names...), ", ")+")")
	return true
}

// forceSelect gives the forced columns their value in INSERT … SELECT: the query becomes a sub-select whose columns are handed on, but for those that the rule sets.
// It says whether the columns stand in the text then.
func (q *query) forceSelect(n *pg.InsertStmt, t *target, cols []catalog.Column, selected *result) bool {
	toks := q.p.toks
	loc := int(n.Relation.Location)
	count := len(selected.cols)
	if selected.open || count == 0 || count > len(cols) {
		q.refuseHint(loc, "0A000", "A rule sets columns of "+t.rel.Schema+"."+t.rel.Name+", and Cordon does not know which columns this query gives.", "Name the columns of the query.")
		return false
	}
	first, list, end := q.insertQuery(n)
	if first < 0 {
		q.refuse(loc, "0A000", "Cordon cannot find the query of INSERT in the statement.")
		return false
	}
	if sel := n.SelectStmt.GetSelectStmt(); sel.Op == pg.SetOperation_SETOP_NONE { // in a sub-select they would become text
		for k, x := range sel.TargetList {
			v := x.GetResTarget().GetVal()
			at := -1
			if c := v.GetAConst(); c != nil && constType(c) == typeUnknown {
				at = toks.at(int(c.Location))
			} else if pr := v.GetParamRef(); pr != nil {
				at = toks.at(int(pr.Location))
			}
			if at >= 0 && k < count && len(sel.TargetList) == count {
				typ := cols[k].TypeName
				if len(n.Cols) > k && len(n.Cols[k].GetResTarget().GetIndirection()) > 0 {
					if typ = q.partType(&cols[k], n.Cols[k].GetResTarget().GetIndirection()); typ == "" {
						q.refuseHint(loc, "0A000", "A rule sets columns of "+t.rel.Schema+"."+t.rel.Name+", and Cordon does not know the type of the part of "+cols[k].Name+" that this query gives.", "Cast what it gives.")
						return false
					}
				}
				q.p.wrap(toks.start(at), toks.end(at), "CAST(", " AS "+typ+")")
			}
		}
	}
	var names, values, given []string
	for k := range count {
		given = append(given, "c"+itoa(k+1))
		values = append(values, "cordon_new.c"+itoa(k+1))
	}
	for k, f := range t.d.Force {
		text, ok := q.forcedInsert(t, k)
		if !ok {
			return false
		}
		if pos := slices.IndexFunc(cols[:count], func(c catalog.Column) bool { return c.Name == f.Column }); pos >= 0 {
			values[pos] = text
		} else {
			names, values = append(names, quoteIdent(f.Column)), append(values, text)
		}
	}
	switch {
	case len(names) == 0:
	case len(n.Cols) > 0:
		q.p.insertLast(toks.end(list-1), ", "+strings.Join(names, ", "))
	default:
		var all []string
		for k := range count {
			all = append(all, quoteIdent(cols[k].Name))
		}
		q.p.insertLast(toks.end(list-1), " ("+strings.Join(append(all, names...), ", ")+")")
	}
	q.p.wrapText(toks.start(first), toks.end(end-1), literal("SELECT "+strings.Join(values, ", ")+" FROM ("), literal(") AS cordon_new("+strings.Join(given, ", ")+")"))
	return len(names) > 0
}

// partType names the type of an element of an array column; "" for other parts.
func (q *query) partType(c *catalog.Column, parts []*pg.Node) string {
	for _, p := range parts {
		if x := p.GetAIndices(); x == nil || x.IsSlice {
			return ""
		}
	}
	if t := q.cat.Type(q.cat.BaseType(c.Type)); t != nil && t.Elem != 0 && t.Category == 'A' {
		if e := q.cat.Type(t.Elem); e != nil {
			return quoteName(e.Schema, e.Name)
		}
	}
	return ""
}

// insertHead finds the token at which INSERT's column list closes, or before which one would stand, and the first token of what follows: VALUES, DEFAULT VALUES or a query. body is -1 when they are not found.
func (q *query) insertHead(n *pg.InsertStmt) (list, body int) {
	k := q.p.toks
	i := k.at(int(n.Relation.Location))
	if i < 0 {
		return 0, -1
	}
	parts := 1
	if n.Relation.Schemaname != "" {
		parts++
	}
	if n.Relation.Catalogname != "" {
		parts++
	}
	if i = k.dotted(i, parts); i < 0 {
		return 0, -1
	}
	if k.keyword(i) == "AS" {
		if i = k.dotted(i+1, 1); i < 0 {
			return 0, -1
		}
	}
	list = i
	if len(n.Cols) > 0 {
		if list = k.match(i, len(k.t)); !k.is(i, "(") || list < 0 {
			return 0, -1
		}
		i = list + 1
	}
	if k.keyword(i) == "OVERRIDING" {
		i += 3
	}
	return list, i
}

// insertQuery finds the query of INSERT … SELECT: its first token, insertHead's list, and the token behind its end. first is -1 when it is not found.
func (q *query) insertQuery(n *pg.InsertStmt) (first, list, end int) {
	k := q.p.toks
	list, i := q.insertHead(n)
	if i < 0 {
		return -1, 0, 0
	}
	switch word := k.keyword(i); {
	case word == "SELECT", word == "VALUES", word == "WITH", word == "TABLE", k.is(i, "("):
	default:
		return -1, 0, 0
	}
	end = q.statementEnd(i)
	if at := q.keywordAfter(i, "RETURNING"); at > 0 {
		end = at
	}
	if n.OnConflictClause == nil {
		return i, list, end
	}
	clause := k.at(int(n.OnConflictClause.Location))
	if k.keyword(clause) != "ON" || clause >= end {
		return -1, 0, 0
	}
	return i, list, clause
}
