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

// A rowTest is a condition that each new row must satisfy.
type rowTest struct {
	holds string
	why   Refusal
}

// filterTest has new rows satisfy the rule's filter, as WITH CHECK OPTION would.
func (t *target) filterTest() {
	plain := t.plain
	t.plain = false // RETURNING sees nothing but the target, yet a name of the policy must not be caught by it
	t.tests = append(t.tests, rowTest{t.ruleText(), t.rowCheck()})
	t.plain = plain
}

// returning rewrites RETURNING, with the target's tests in it; what it gives are the columns of a data-modifying CTE.
func (q *query) returning(n *pg.RangeVar, list []*pg.Node, t *target, s *scope, r *result, nested bool) {
	check := len(t.tests) > 0
	if check && nested && len(list) > 0 { // a column more would be seen by the query around it
		q.checkFirst(list[0], t, s)
	}
	q.targetList(nil, list, s, r)
	q.starCheck, q.checkedFirst = "", false
	if check && !(nested && len(list) > 0) {
		q.check(n, list, t, nested)
	}
}

// checkExpr is NULL for a row that passes the tests, and fails for any other.
func (q *query) checkExpr(t *target) string {
	e := "CAST(NULL AS pg_catalog.int4)"
	for k := len(t.tests) - 1; k >= 0; k-- {
		e = "CASE WHEN " + t.tests[k].holds + " THEN " + e + " ELSE " + q.failure(t.tests[k].why, t.ref+".tableoid") + " END"
	}
	return e
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
		if q.p.toks.keyword(v.end-1) == "UESCAPE" { // U&"…" UESCAPE '!'
			v.end -= 2
		}
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
