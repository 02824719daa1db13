package rewrite

import (
	"slices"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/policy"
)

// References. PostgreSQL holds a foreign key against the whole table, so that whether INSERT succeeds tells whether a row exists that the person does not see. Unless the rule on the table that is written says
// references: allow, a reference to such a row is refused in the words, and at the moment, in which one to a row that does not exist is. A table without a rule, or whose rule hides nothing, is no exception.

// references is what becomes of the target's references to rows out of sight.
func (q *query) references(t *target) policy.References {
	d := t.d
	if d == nil && !q.trusted {
		d = q.decideOnce(t.rel)
	}
	switch {
	case d != nil:
		return d.References
	case q.trusted:
		return policy.ReferencesAllow
	}
	return policy.ReferencesCheck
}

// reference is the test of a foreign key for the values that its columns are given; false when there is nothing to test.
func (q *query) reference(t *target, key *catalog.ForeignKey, value func(num int16) string) (rowTest, bool) {
	if how := q.references(t); how == policy.ReferencesAllow || key.Deferrable && how != policy.ReferencesCheckAll {
		return rowTest{}, false
	}
	to := q.cat.RelationByOID(key.Table)
	if to == nil {
		return rowTest{}, false
	}
	why := Refusal{Code: "23503", Position: -1, Message: "insert or update on table " + strconv.Quote(t.rel.Name) + " violates foreign key constraint " + strconv.Quote(key.Name)}
	var none, same []string
	for _, num := range key.Columns {
		none = append(none, value(num)+" IS NULL")
	}
	d := q.decide(to)
	if d != nil && (d.Verdict == policy.Denied || d.Allow&policy.OpSelect == 0) {
		// Forms write such references all the time (a customer has an owner, in a table of employees that sales may not read), so they are left to PostgreSQL unless the rule says in so many words that they are not.
		return rowTest{"(" + strings.Join(none, " OR ") + ")", why}, t.d != nil && t.d.References == policy.ReferencesCheckAll
	}
	if d == nil || d.Verdict != policy.Restricted || d.Rows == nil {
		return rowTest{}, false
	}
	f := q.bindExpr(to, d, d.RowsSQL(), "rows")
	if f == nil {
		return rowTest{}, false
	}
	name := func(num int16) (string, bool) { return "cordon_ref." + quoteIdent(to.ColumnNum(num).Name), true }
	filter, _ := f.over(name)
	for k, num := range key.Columns {
		column, _ := name(key.Keys[k])
		same = append(same, pgOp(column, "=", value(num)))
	}
	row := "SELECT FROM " + quoteName(to.Schema, to.Name) + " AS cordon_ref WHERE " + strings.Join(same, " AND ")
	holds := strings.Join(none, " OR ") + " OR EXISTS (" + row + " AND (" + filter + "))"
	if t.rel.HasTriggers || q.writes(to) { // the row may come to be in the statement itself; then PostgreSQL is left to look for it
		holds += " OR NOT EXISTS (" + row + ")"
	}
	return rowTest{"(" + holds + ")", why}, true
}

// writes says whether the statement writes to a table.
func (q *query) writes(rel *catalog.Relation) bool {
	for k := range q.plan.Relations {
		if r := &q.plan.Relations[k]; r.Relation == rel && r.Op&(policy.OpInsert|policy.OpUpdate) != 0 {
			return true
		}
	}
	return false
}

// insertTests are what new rows are held against besides the filter. updated is what ON CONFLICT assigns.
func (q *query) insertTests(t *target, cols []catalog.Column, updated []*pg.Node) {
	given := func(num int16) bool {
		return slices.ContainsFunc(cols, func(c catalog.Column) bool { return c.Num == num && !t.forces(c.Name) })
	}
	value := func(num int16) string { return t.ref + "." + quoteIdent(t.rel.ColumnNum(num).Name) }
	for k := range t.rel.ForeignKeys {
		key := &t.rel.ForeignKeys[k]
		if slices.ContainsFunc(key.Columns, given) {
			if test, ok := q.reference(t, key, value); ok {
				if len(updated) > 0 {
					test.holds = "(" + test.holds + q.orUnchanged(t, key, updated) + ")"
				}
				t.tests = append(t.tests, test)
			}
		}
	}
	for k := range t.rel.Columns {
		if c := &t.rel.Columns[k]; t.d != nil && given(c.Num) {
			if looks := q.looksMasked(t, c, value(c.Num)); looks != "" {
				t.tests = append(t.tests, rowTest{"(" + looks + ") IS NOT TRUE", t.maskedValue(c)})
			}
		}
	}
}

// forces says whether the rule sets a column.
func (t *target) forces(name string) bool {
	return t.d != nil && slices.ContainsFunc(t.d.Force, func(f policy.ForcedColumn) bool { return f.Column == name })
}

// refers says whether a column is of a foreign key.
func (q *query) refers(t *target, col *catalog.Column) bool {
	return slices.ContainsFunc(t.rel.ForeignKeys, func(k catalog.ForeignKey) bool { return slices.Contains(k.Columns, col.Num) })
}

// referenceSet wraps what SET gives a column of a foreign key: what it has already stays, wherever it refers to.
func (q *query) referenceSet(t *target, col *catalog.Column, value span, i info) {
	for k := range t.rel.ForeignKeys {
		key := &t.rel.ForeignKeys[k]
		if len(key.Columns) != 1 || key.Columns[0] != col.Num {
			continue
		}
		test, ok := q.reference(t, key, func(int16) string { return "cordon_new.v" })
		typ, err := comparedType(col, q.cat)
		if !ok || err != nil {
			continue
		}
		before, after := "", ""
		if q.assignable(i.typ, col.Type) {
			before, after = "CAST(", " AS "+typ+")"
		}
		test.holds += t.orOutside(key)
		q.p.wrap(q.p.toks.start(value.first), q.p.toks.end(value.end-1),
			"(SELECT CASE WHEN cordon_new.v IS NOT DISTINCT FROM cordon_new.s OR "+test.holds+" THEN cordon_new.v WHEN "+q.failure(test.why, t.ref+".tableoid")+" IS NULL THEN NULL END FROM (SELECT "+before,
			after+" AS v, "+t.ref+"."+quoteIdent(col.Name)+" AS s OFFSET 0) AS cordon_new)")
	}
}

// orOutside lets a row pass a test of what a key is given, cordon_new.v, that fails by the filter of the same column anyway.
func (t *target) orOutside(key *catalog.ForeignKey) string {
	if t.filter == nil || t.filter.whole || !slices.Equal(t.filter.columns(), key.Columns) {
		return ""
	}
	filter, _ := t.filter.over(func(int16) (string, bool) { return "cordon_new.v", true })
	return " OR (" + filter + ") IS NOT TRUE"
}

// referenceTests are the tests of the foreign keys that an UPDATE touches and referenceSet does not serve: of several columns, of masked ones, and of what comes from rows.
func (q *query) referenceTests(t *target, list []*pg.Node) {
	for k := range t.rel.ForeignKeys {
		key := &t.rel.ForeignKeys[k]
		touched := false
		for _, n := range list {
			rt := n.GetResTarget()
			c := t.rel.Column(rt.GetName())
			if c != nil && slices.Contains(key.Columns, c.Num) && !t.forces(c.Name) {
				touched = touched || len(key.Columns) > 1 || t.masks(c) || rt.Val.GetMultiAssignRef() != nil
			}
		}
		if touched {
			if test, ok := q.reference(t, key, func(num int16) string { return t.ref + "." + quoteIdent(t.rel.ColumnNum(num).Name) }); ok {
				test.holds = "(" + test.holds + q.orUnchanged(t, key, list) + ")"
				t.tests = append(t.tests, test)
			}
		}
	}
}

// masks says whether a column is shown masked.
func (t *target) masks(c *catalog.Column) bool { return t.d != nil && t.d.Mask(c.Name) != nil }

// orUnchanged lets a row pass whose foreign key is what it was: in RETURNING a sub-select still finds the row as it was, by a primary key that SET leaves alone. A masked column must not be tried so: that it is unchanged would tell
// what it is.
func (q *query) orUnchanged(t *target, key *catalog.ForeignKey, list []*pg.Node) string {
	if len(t.rel.PrimaryKey) == 0 || t.rel.Kind != catalog.PartitionedTable && len(q.cat.Descendants(t.rel)) > 0 {
		return ""
	}
	var same []string
	for _, num := range slices.Concat(t.rel.PrimaryKey, key.Columns) {
		c := t.rel.ColumnNum(num)
		set := slices.ContainsFunc(list, func(n *pg.Node) bool { return n.GetResTarget().GetName() == c.Name }) || t.forces(c.Name)
		if len(same) < len(t.rel.PrimaryKey) && set || t.masks(c) {
			return ""
		}
		same = append(same, "cordon_was."+quoteIdent(c.Name)+" IS NOT DISTINCT FROM "+t.ref+"."+quoteIdent(c.Name))
	}
	return " OR EXISTS (SELECT FROM " + quoteName(t.rel.Schema, t.rel.Name) + " AS cordon_was WHERE " + strings.Join(same, " AND ") + ")"
}

// refersUnseen says whether the target has a foreign key that must be tested.
func (q *query) refersUnseen(t *target) bool {
	return slices.ContainsFunc(t.rel.ForeignKeys, func(key catalog.ForeignKey) bool {
		_, ok := q.reference(t, &key, func(int16) string { return "NULL" })
		return ok
	})
}

// referencesUnseen refuses a statement that writes columns of foreign keys where Cordon cannot test them.
func (q *query) referencesUnseen(t *target, loc int, what string, given func(num int16) bool) {
	for k := range t.rel.ForeignKeys {
		key := &t.rel.ForeignKeys[k]
		if _, ok := q.reference(t, key, func(int16) string { return "NULL" }); ok && slices.ContainsFunc(key.Columns, given) {
			q.refuseHint(loc, "0A000", "Cordon cannot check in "+what+" to which rows of "+q.cat.RelationByOID(key.Table).Schema+"."+q.cat.RelationByOID(key.Table).Name+" the foreign key "+key.Name+" refers.",
				"Use INSERT or UPDATE; or an administrator can write references: allow in the rule.")
			return
		}
	}
}
