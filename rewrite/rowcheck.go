package rewrite

import (
	"strconv"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/policy"
)

// Checks of the rows that a statement writes. They are expressions that fail on the server, in RETURNING, after defaults and BEFORE triggers, so that PostgreSQL undoes the statement as it undoes any
// that has failed; the proxy puts the refusal in the place of the error.

// checkMark begins the message of a check's error. A statement that says it itself only earns the words of the refusal.
const checkMark = "cordon: row check "

// failure is an expression of type integer that fails with the mark of a check of its own. It must depend on a row, by row, so that it is not worked out before there is one.
func (q *query) failure(why Refusal, row string) string {
	mark := checkMark + strconv.Itoa(len(q.plan.RowChecks)+1) + " "
	q.plan.RowChecks = append(q.plan.RowChecks, RowCheck{Mark: mark, Refusal: why})
	return "CAST(pg_catalog.concat('" + mark + "', " + row + ") AS pg_catalog.int4)"
}

// rowCheck is the refusal of a row that the rule's filter does not hold for.
func (t *target) rowCheck() Refusal { return ruleRefusal("new row violates rule ", t.d.Rule) }

func ruleRefusal(words string, r *policy.Rule) Refusal {
	e := Refusal{Code: "42501", Message: "new row violates the policy", Position: -1, Rule: r}
	if r != nil {
		e.Message, e.Hint = words+strconv.Quote(r.Name), r.Position()
	}
	return e
}

// returning rewrites RETURNING; what it gives are the columns of a data-modifying CTE. With check, every new row must satisfy the filter, as WITH CHECK
// OPTION would have it.
func (q *query) returning(n *pg.RangeVar, list []*pg.Node, t *target, s *scope, r *result, check, nested bool) {
	if check && nested && len(list) > 0 { // a column more would be seen by the query around it
		q.checkFirst(list[0], t, s)
	}
	q.targetList(list, s, r)
	q.starCheck, q.checkedFirst = "", false
	if check && !(nested && len(list) > 0) {
		q.check(n, list, t, nested)
	}
}

// checkExpr is NULL for a row that satisfies the filter, and fails for any other. It depends on the row, so that it is not worked out before there is one.
func (q *query) checkExpr(t *target) string {
	plain := t.plain
	t.plain = false // RETURNING sees nothing but the target, yet a name of the policy must not be caught by it
	filter := t.filterText()
	t.plain = plain
	return "CASE WHEN " + filter + " THEN CAST(NULL AS pg_catalog.int4) ELSE " + q.failure(t.rowCheck(), t.ref+".tableoid") + " END"
}

// check adds the check as a result column of its own, which the proxy takes away again.
func (q *query) check(n *pg.RangeVar, returning []*pg.Node, t *target, nested bool) {
	i := q.p.toks.at(int(n.Location))
	if i < 0 {
		q.refuse(int(n.Location), "0A000", "Cordon cannot find the end of the statement.")
		return
	}
	end := q.p.toks.end(q.statementEnd(i) - 1)
	expr := q.checkExpr(t) + " AS cordon_check"
	if len(returning) > 0 {
		q.p.insertLast(end, ", "+expr)
		q.plan.Strip = 1
	} else {
		q.p.insertLast(end, " RETURNING "+expr)
		if !nested {
			q.plan.Strip = -1
		}
	}
}

// checkFirst puts the check into the first result column, which keeps its type and name: it is given by a sub-select that works the check out.
func (q *query) checkFirst(first *pg.Node, t *target, s *scope) {
	after := " FROM (SELECT " + q.checkExpr(t) + " AS v OFFSET 0) AS cordon_check WHERE cordon_check.v IS NULL)"
	rt := first.GetResTarget()
	if c := rt.GetVal().GetColumnRef(); c != nil && isStar(c.Fields[len(c.Fields)-1]) {
		q.starCheck = after
		return
	}
	i := q.p.toks.at(int(rt.GetLocation()))
	if i < 0 {
		q.refuse(int(rt.GetLocation()), "0A000", "Cordon cannot find the place of a result column in the statement.")
		return
	}
	v := q.listItem(i)
	if rt.Name != "" { // the alias stays outside
		v.end--
		if q.p.toks.keyword(v.end-1) == "AS" {
			v.end--
		}
	} else {
		after += " AS " + quoteIdent(columnName(rt.Val))
		q.checkedFirst = true
	}
	if v.end <= v.first {
		q.refuse(int(rt.GetLocation()), "0A000", "Cordon cannot find the extent of a result column in the statement.")
		return
	}
	q.p.wrap(q.p.toks.start(v.first), q.p.toks.end(v.end-1), "(SELECT ", after)
}
