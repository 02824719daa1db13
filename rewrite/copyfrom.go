package rewrite

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/policy"
)

// COPY FROM. Its WHERE is tried on each row that comes in, after defaults and before triggers: the row filter stands there as a check that fails. What comes after it (triggers, generated columns) cannot be seen there, and
// PostgreSQL allows no sub-select in it; under a rule that depends on these, COPY FROM is refused.

func (q *query) copyFrom(n *pg.CopyStmt) {
	rel := q.resolve(n.Relation)
	if rel == nil {
		return
	}
	loc := int(n.Relation.Location)
	if q.systemWrite(rel, loc) {
		return
	}
	d := q.decide(rel)
	if d == nil && rel.Kind == catalog.View && q.readsProtected(rel, 0) {
		q.refuse(loc, "0A000", "Cordon does not write through the view %s.%s, because it reads protected tables.", rel.Schema, rel.Name)
		return
	}
	if d != nil && !q.allowed(d, rel, policy.OpCopyFrom, loc) {
		return
	}
	q.touch(rel, policy.OpCopyFrom, d)
	q.qualify(n.Relation, rel)
	where := info{loc: -1}
	if n.WhereClause != nil { // over the incoming rows
		s := &scope{}
		it := &item{relation: &relation{}, name: rel.Name, schema: rel.Schema}
		for k := range rel.Columns {
			it.cols = append(it.cols, column{name: rel.Columns[k].Name, typ: rel.Columns[k].Type})
		}
		s.add(it)
		where = q.expr(n.WhereClause, s)
	}
	q.copyReferences(n, rel, d)
	if d != nil {
		q.copyFromRule(n, rel, d, where)
	}
}

// copied are the columns that COPY FROM gives values.
func copied(n *pg.CopyStmt, rel *catalog.Relation) map[string]bool {
	given := map[string]bool{}
	for _, a := range n.Attlist {
		given[a.GetString_().GetSval()] = true
	}
	for k := range rel.Columns {
		if c := &rel.Columns[k]; len(n.Attlist) == 0 && c.Generated == 0 {
			given[c.Name] = true
		}
	}
	return given
}

// copyReferences refuses references to rows out of sight that COPY FROM could try.
func (q *query) copyReferences(n *pg.CopyStmt, rel *catalog.Relation, d *policy.Decision) {
	given := copied(n, rel)
	q.referencesUnseen(&target{rel: rel, d: d}, int(n.Relation.Location), "COPY FROM", func(num int16) bool { return given[rel.ColumnNum(num).Name] })
}

// copyFromRule applies a rule to COPY FROM.
func (q *query) copyFromRule(n *pg.CopyStmt, rel *catalog.Relation, d *policy.Decision, where info) {
	loc := int(n.Relation.Location)
	no := func(why string) {
		q.refuseHint(loc, "0A000", "Cordon cannot check the rows of COPY FROM against the rule on "+rel.Schema+"."+rel.Name+": "+why+".", "Use INSERT.")
	}
	given := copied(n, rel)
	for _, name := range d.ReadOnly {
		if given[name] {
			hint := "the rule makes the column " + name + " read-only"
			if len(n.Attlist) == 0 {
				hint += ", so the columns of COPY must be named"
			}
			q.denied(d, rel, loc, hint)
			return
		}
	}
	if len(d.Force) > 0 {
		no("it sets the column " + d.Force[0].Column)
		return
	}
	t := &target{rel: rel, d: d}
	var tests []rowTest
	for k := range rel.Columns {
		c := &rel.Columns[k]
		looks := q.looksMasked(t, c, quoteIdent(c.Name))
		switch {
		case looks == "" || !given[c.Name]:
		case strings.Contains(looks, "SELECT"):
			no("it does not let masked values be stored in the list " + c.Name)
			return
		default:
			tests = append(tests, rowTest{"(" + looks + ") IS NOT TRUE", t.maskedValue(c)})
		}
	}
	if d.Rows == nil {
		q.copyCheck(n, where, tests)
		return
	}
	filter := q.bindExpr(rel, d, d.RowsSQL(), "rows")
	if filter == nil {
		return
	}
	switch {
	case rel.Kind == catalog.View:
		no("it is a view")
		return
	case filter.selects:
		no("its filter has a sub-select")
		return
	case filter.whole:
		no("its filter looks at the whole row")
		return
	}
	for _, r := range append([]*catalog.Relation{rel}, q.cat.Descendants(rel)...) {
		if r.RowTriggers || r.Kind == catalog.ForeignTable {
			no("triggers can change them later")
			return
		}
	}
	for _, num := range filter.columns() {
		if c := rel.ColumnNum(num); c == nil || c.Generated != 0 {
			no("its filter depends on a generated column")
			return
		}
	}
	q.plan.Relations[len(q.plan.Relations)-1].Filtered = true
	q.copyCheck(n, where, append([]rowTest{{filter.inner, t.rowCheck()}}, tests...))
}

// copyCheck puts tests into COPY's WHERE.
func (q *query) copyCheck(n *pg.CopyStmt, where info, tests []rowTest) {
	if len(tests) == 0 {
		return
	}
	check := "true"
	for k := len(tests) - 1; k >= 0; k-- {
		check = "CASE WHEN " + tests[k].holds + " THEN " + check + " ELSE " + q.failure(tests[k].why, "pg_catalog.statement_timestamp()") + " IS NULL END"
	}
	if n.WhereClause == nil {
		q.p.insert(q.p.toks.end(q.statementEnd(q.p.toks.at(int(n.Relation.Location)))-1), literal(" WHERE "+check))
		return
	}
	clause, ok := q.p.toks.clause("WHERE", where.loc, false)
	if !ok {
		q.refuse(where.loc, "0A000", "Cordon cannot find the extent of the WHERE clause, so it refuses the statement.")
		return
	}
	q.p.wrapText(q.p.toks.start(clause.first), q.p.toks.end(clause.end-1), literal("CASE WHEN ("), func(b *strings.Builder) { b.WriteString(") THEN " + check + " END") })
}
