package rewrite

import (
	"slices"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/policy"
)

// MERGE. The target's filter goes into ON: a row that the person does not see matches nothing. MERGE of PostgreSQL 15 has no RETURNING to check new rows in, so what an action is about to write is
// checked in its WHEN condition, in terms of the values it gives. What comes after that (defaults that Cordon does not know, triggers, generated columns) cannot be seen there, so where the filter
// depends on such a column, the statement is refused.

// mergeOps are the operations that the actions of a MERGE ask for.
func mergeOps(n *pg.MergeStmt) policy.Op {
	ops := policy.OpSelect
	for _, w := range n.MergeWhenClauses {
		switch w.GetMergeWhenClause().GetCommandType() {
		case pg.CmdType_CMD_INSERT:
			ops |= policy.OpInsert
		case pg.CmdType_CMD_UPDATE:
			ops |= policy.OpUpdate
		case pg.CmdType_CMD_DELETE:
			ops |= policy.OpDelete
		}
	}
	return ops
}

func (q *query) mergeStmt(n *pg.MergeStmt, s *scope) {
	r := &result{scope: s}
	if n.WithClause != nil {
		q.with(n.WithClause, s, r)
	}
	from, to := q.relationTokens(n.Relation)
	t := q.target(n.Relation, mergeOps(n), from, to)
	if t == nil {
		return
	}
	if t.view != nil { // as PostgreSQL before 17 has it
		q.refuseDetail(int(n.Relation.Location), "0A000", "cannot execute MERGE on relation "+strconv.Quote(t.view.rel.Name), "This operation is not supported for views.", "")
		return
	}
	q.fromItem(n.SourceRelation, s, r)
	source := &scope{outer: s.outer, ctes: s.ctes, level: s, items: slices.Clone(s.items)}
	t.plain = false
	t.item.owner = s
	s.items = append([]*item{t.item}, s.items...)
	i := q.where(n.JoinCondition, "ON", true, false, s, r, nil)
	r.filterAlone(s)
	if t.filter != nil {
		q.filterClause(t, "ON", i)
	}
	parts := q.mergeParts(n)
	if len(parts) != len(n.MergeWhenClauses) {
		q.refuse(int(n.Relation.Location), "0A000", "Cordon cannot find the actions of MERGE in the statement.")
		return
	}
	for k, w := range n.MergeWhenClauses {
		q.mergeAction(w.GetMergeWhenClause(), parts[k], t, s, source, r)
	}
}

// A mergePart is where one WHEN clause stands: the tokens of WHEN, of THEN, and behind its end.
type mergePart struct{ when, then, end int }

func (q *query) mergeParts(n *pg.MergeStmt) []mergePart {
	k := q.p.toks
	i := k.at(int(n.Relation.Location))
	if i < 0 {
		return nil
	}
	end := q.statementEnd(i)
	var parts []mergePart
	cases := 0
	for ; i < end; i++ {
		if k.opens(i) {
			if i = k.closing(i, end); i < 0 {
				return nil
			}
			continue
		}
		word := k.keyword(i)
		switch {
		case word == "CASE":
			cases++
		case word == "END":
			cases--
		case word == "WHEN" && cases == 0:
			if len(parts) > 0 {
				parts[len(parts)-1].end = i
			}
			parts = append(parts, mergePart{when: i, end: end})
		case word == "THEN" && cases == 0 && len(parts) > 0:
			parts[len(parts)-1].then = i
		}
	}
	return parts
}

func (q *query) mergeAction(w *pg.MergeWhenClause, at mergePart, t *target, s, source *scope, r *result) {
	if w == nil || at.then == 0 {
		q.refuse(-1, "0A000", "Cordon does not know this form of MERGE.")
		return
	}
	if !w.Matched {
		s = source // PostgreSQL knows no target row here
	}
	r.shown(q.expr(w.Condition, s), s)
	switch w.CommandType {
	case pg.CmdType_CMD_NOTHING, pg.CmdType_CMD_DELETE:
	case pg.CmdType_CMD_UPDATE:
		infos := q.assignments(w.TargetList, t, s, r)
		q.mergeReferences(w.TargetList, at, t)
		if t.d == nil {
			return
		}
		q.forceUpdate(w.TargetList, t)
		if t.filter != nil && q.needsCheck(w.TargetList, t) {
			q.mergeCheck(w, at, t, q.updateValues(w.TargetList, infos, t))
		}
	case pg.CmdType_CMD_INSERT:
		q.assigns(t.rel.Columns...)
		q.mergeInsert(w, at, t, s, r)
	default:
		q.refuse(-1, "0A000", "Cordon does not know this action of MERGE.")
	}
}

// mergeReferences refuses foreign keys that no assignment of its own can test.
func (q *query) mergeReferences(list []*pg.Node, at mergePart, t *target) {
	before := len(t.tests)
	q.referenceTests(t, list)
	if len(t.tests) > before {
		t.tests = t.tests[:before]
		q.referencesUnseen(t, q.p.toks.start(at.then), "MERGE", func(int16) bool { return true })
	}
}

// mergeInsert is WHEN NOT MATCHED THEN INSERT.
func (q *query) mergeInsert(w *pg.MergeWhenClause, at mergePart, t *target, s *scope, r *result) {
	infos := make([]info, len(w.Values))
	for k, v := range w.Values {
		infos[k] = r.shown(q.expr(v, s), s)
	}
	if t.d == nil && !q.refersUnseen(t) {
		return
	}
	toks := q.p.toks
	cols, ok := q.insertColumns(w.TargetList, len(w.Values), t)
	if !ok {
		return
	}
	for _, c := range cols {
		if t.d != nil && slices.Contains(t.d.ReadOnly, c.Name) {
			q.denied(t.d, t.rel, toks.start(at.then), "the rule makes the column "+c.Name+" read-only")
			return
		}
	}
	var values []span
	open := -1 // of VALUES
	if len(w.Values) > 0 {
		if open = q.keywordAfter(at.then, "VALUES"); open > 0 && open < at.end {
			values = toks.list(open + 1)
		}
		if len(values) != len(w.Values) || len(values) != len(cols) {
			q.refuse(toks.start(at.then), "0A000", "Cordon cannot find the values of MERGE's INSERT in the statement.")
			return
		}
	}
	given := map[int16]newValue{}
	for k, c := range cols {
		v := newValue{from: toks.start(values[k].first), to: toks.end(values[k].end - 1), isDefault: w.Values[k].GetSetToDefault() != nil}
		v.unsure = infos[k].volatile
		if t.d != nil {
			q.mergeMasked(t, &c, v, infos[k])
		}
		q.mergeReference(t, &c, v, infos[k], toks.start(at.then))
		given[c.Num] = v
	}
	if t.d == nil {
		return
	}
	var names, forced []string
	for k, f := range t.d.Force {
		text, ok := q.forcedInsert(t, k)
		if !ok {
			return
		}
		c := t.rel.Column(f.Column)
		if v, there := given[c.Num]; there {
			first, end := q.p.toks.at(v.from), q.p.toks.at(v.from)
			for end >= 0 && end < len(q.p.toks.t) && q.p.toks.start(end) < v.to {
				end++
			}
			q.overrule(span{first, end}, c, text)
		} else {
			names, forced = append(names, quoteIdent(f.Column)), append(forced, text)
		}
		given[c.Num] = newValue{text: text}
	}
	if len(names) > 0 {
		q.mergeForce(w, at, t, cols, values, open, names, forced)
	}
	if t.filter != nil {
		q.mergeCheck(w, at, t, func(c *catalog.Column) newValue {
			if v, ok := given[c.Num]; ok {
				return v
			}
			return newValue{isDefault: true}
		})
	}
}

// mergeMasked holds a value against masked_insert: deny.
func (q *query) mergeMasked(t *target, c *catalog.Column, v newValue, i info) {
	looks := q.looksMasked(t, c, "cordon_new.v")
	typ, err := comparedType(c, q.cat)
	if looks == "" || v.isDefault || err != nil {
		return
	}
	before, after := "", ""
	if q.assignable(i.typ, c.Type) {
		before, after = "CAST(", " AS "+typ+")"
	}
	q.p.wrap(v.from, v.to, "(SELECT CASE WHEN CASE WHEN "+looks+" THEN "+q.failure(t.maskedValue(c), "pg_catalog.statement_timestamp()")+" IS NULL END THEN NULL ELSE cordon_new.v END FROM (SELECT "+before,
		after+" AS v OFFSET 0) AS cordon_new)")
}

// mergeReference holds a value that a column of a foreign key is given against the rows that the person sees.
func (q *query) mergeReference(t *target, c *catalog.Column, v newValue, i info, loc int) {
	for k := range t.rel.ForeignKeys {
		key := &t.rel.ForeignKeys[k]
		if v.isDefault || t.forces(c.Name) || !slices.Contains(key.Columns, c.Num) {
			continue
		}
		test, ok := q.reference(t, key, func(int16) string { return "cordon_new.v" })
		typ, err := comparedType(c, q.cat)
		switch {
		case !ok:
			continue
		case len(key.Columns) > 1 || err != nil:
			q.referencesUnseen(t, loc, "MERGE's INSERT", func(num int16) bool { return num == c.Num })
			return
		}
		before, after := "", ""
		if q.assignable(i.typ, c.Type) {
			before, after = "CAST(", " AS "+typ+")"
		}
		q.p.wrap(v.from, v.to, "(SELECT CASE WHEN "+test.holds+t.orOutside(key)+" THEN cordon_new.v WHEN "+q.failure(test.why, "pg_catalog.statement_timestamp()")+" IS NULL THEN NULL END FROM (SELECT "+before,
			after+" AS v OFFSET 0) AS cordon_new)")
	}
}

// mergeForce adds forced columns that the INSERT does not name.
func (q *query) mergeForce(w *pg.MergeWhenClause, at mergePart, t *target, cols []catalog.Column, values []span, open int, names, forced []string) {
	toks := q.p.toks
	insert := q.keywordAfter(at.then, "INSERT")
	if insert < 0 || insert >= at.end {
		q.refuse(toks.start(at.then), "0A000", "Cordon cannot find the INSERT of MERGE in the statement.")
		return
	}
	if len(values) == 0 { // DEFAULT VALUES
		q.p.replace(toks.start(insert+1), toks.end(at.end-1), literal("("+strings.Join(names, ", ")+") VALUES ("+strings.Join(forced, ", ")+")"))
		return
	}
	q.p.insertLast(toks.end(values[len(values)-1].end-1), ", "+strings.Join(forced, ", "))
	if len(w.TargetList) > 0 {
		q.p.insertLast(toks.end(toks.match(insert+1, at.end)-1), ", "+strings.Join(names, ", "))
		return
	}
	var all []string
	for _, c := range cols {
		all = append(all, quoteIdent(c.Name))
	}
	q.p.insertLast(toks.end(insert), " ("+strings.Join(append(all, names...), ", ")+")")
}

// insertColumns are the columns that the values of an INSERT go to.
func (q *query) insertColumns(list []*pg.Node, values int, t *target) ([]catalog.Column, bool) {
	if len(list) == 0 {
		return t.rel.Columns[:min(values, len(t.rel.Columns))], true
	}
	var cols []catalog.Column
	for _, n := range list {
		rt := n.GetResTarget()
		c := t.rel.Column(rt.GetName())
		if c == nil {
			q.stale(int(rt.GetLocation()), "42703", "column \""+rt.GetName()+"\" of relation \""+t.rel.Name+"\" does not exist")
			return nil, false
		}
		if len(rt.Indirection) > 0 {
			q.refuse(int(rt.Location), "0A000", "Cordon does not let MERGE insert into a part of a column of %s.%s.", t.rel.Schema, t.rel.Name)
			return nil, false
		}
		cols = append(cols, *c)
	}
	return cols, true
}

// A newValue is what a column of a new row is given: SQL, or a place in the statement.
type newValue struct {
	text      string
	from, to  int
	isDefault bool
	unsure    bool // worked out twice it may be another value
}

// updateValues tells what SET gives a column.
func (q *query) updateValues(list []*pg.Node, infos []info, t *target) func(c *catalog.Column) newValue {
	return func(c *catalog.Column) newValue {
		for k := range t.d.Force {
			if t.d.Force[k].Column == c.Name {
				text, ok := q.forced(t, k)
				return newValue{text: text, unsure: !ok}
			}
		}
		for k, n := range list {
			rt := n.GetResTarget()
			if rt.GetName() != c.Name {
				continue
			}
			var v span
			found := false
			if m := rt.Val.GetMultiAssignRef(); m == nil && len(rt.Indirection) == 0 {
				v, found = q.valueSpan(rt, list, k)
			} else if row := m.GetSource().GetRowExpr(); row != nil {
				if parts := q.rowParts(row); int(m.Colno) <= len(parts) {
					v, found = parts[m.Colno-1], true
				}
			}
			if !found {
				return newValue{unsure: true}
			}
			return newValue{from: q.p.toks.start(v.first), to: q.p.toks.end(v.end - 1), isDefault: rt.Val.GetSetToDefault() != nil, unsure: infos[k].volatile}
		}
		return newValue{text: t.ref + "." + quoteIdent(c.Name)}
	}
}

// mergeCheck holds the values that an action gives against the filter, in its WHEN condition.
func (q *query) mergeCheck(w *pg.MergeWhenClause, at mergePart, t *target, value func(c *catalog.Column) newValue) {
	loc := q.p.toks.start(at.then)
	no := func(why string) {
		q.refuseHint(loc, "0A000", "Cordon cannot check the rows of this MERGE against the rule on "+t.rel.Schema+"."+t.rel.Name+": "+why+".", "Use INSERT … ON CONFLICT, UPDATE and DELETE.")
	}
	if t.filter.whole {
		no("its filter looks at the whole row")
		return
	}
	for _, rel := range append([]*catalog.Relation{t.rel}, q.cat.Descendants(t.rel)...) {
		if rel.RowTriggers || rel.Kind == catalog.ForeignTable {
			no("triggers can change them later")
			return
		}
	}
	values := map[int16]newValue{}
	for _, num := range t.filter.columns() {
		c := t.rel.ColumnNum(num)
		if c == nil {
			no("its filter names a system column")
			return
		}
		v := value(c)
		ty := q.cat.Type(c.Type)
		switch {
		case c.Generated != 0:
			no("the column " + c.Name + " is generated")
			return
		case v.unsure:
			no("what the column " + c.Name + " is given may differ each time it is worked out")
			return
		case v.isDefault && (c.HasDefault || c.Identity != 0 || ty == nil || ty.Kind == 'd'):
			no("the column " + c.Name + " is left to its default")
			return
		case v.isDefault:
			v.text = "NULL"
		}
		values[num] = v
	}
	check := func(b *strings.Builder) {
		text, _ := t.filter.over(func(num int16) (string, bool) {
			var e strings.Builder
			e.WriteString("CAST(")
			if v := values[num]; v.text != "" {
				e.WriteString(v.text)
			} else {
				q.p.part(&e, v.from, v.to)
			}
			e.WriteString(" AS " + t.rel.ColumnNum(num).TypeName + ")")
			return e.String(), true
		})
		b.WriteString("CASE WHEN (" + text + ") THEN true ELSE ")
	}
	row := "pg_catalog.statement_timestamp()" // there is no row of the target
	if w.Matched {
		row = t.ref + ".tableoid"
	}
	after := q.failure(t.rowCheck(), row) + " IS NULL END"
	toks := q.p.toks
	and := at.when + 2
	if !w.Matched {
		and++
	}
	if w.Condition == nil {
		q.p.insert(toks.end(at.then-1), func(b *strings.Builder) {
			b.WriteString(" AND ")
			check(b)
			b.WriteString(after)
		})
		return
	}
	q.p.wrapText(toks.start(and+1), toks.end(at.then-1), literal("CASE WHEN ("), func(b *strings.Builder) {
		b.WriteString(") THEN ")
		check(b)
		b.WriteString(after + " END")
	})
}
