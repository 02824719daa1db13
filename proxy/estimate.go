package proxy

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"cordon/audit"
	"cordon/guard"
	"cordon/parse"
	"cordon/policy"
	"cordon/rewrite"
	"cordon/wire"

	pg_query "github.com/pganalyze/pg_query_go/v5"
)

// Where a rule says estimate, a statement that surely goes over its limit by far is refused before it runs: PostgreSQL is asked what it expects, by EXPLAIN of the statement as the server would get it.
//
// What it expects follows from statistics of all rows, hidden ones too, so each answer could tell something of these: `WHERE city = 'X'` is expected to give more rows if X is frequent among them. So only statements are asked about into which
// the person can put no value and no factor of their choice, and a person is refused a few different ones an hour in this way, whatever comes of the others; see docs/policy.md.

// estimable says that a statement is a plain list: columns of tables that stand in it once, joined and compared with each other, without a constant, a parameter, a function or a part that multiplies rows.
func estimable(st *parse.Statement, plan *rewrite.Plan) bool {
	asks := false
	for _, d := range plan.Exports {
		asks = asks || d.Export != nil && d.Export.Estimate > 0
	}
	if !asks || st.Kind != parse.Select && st.Kind != parse.CopyTo {
		return false
	}
	q := st.Tree.GetSelectStmt()
	if c := st.Tree.GetCopyStmt(); c != nil {
		if c.Filename != "" || c.IsProgram || c.Query == nil && c.Relation == nil {
			return false
		}
		if c.Query == nil {
			return true // a table whole
		}
		q = c.Query.GetSelectStmt()
	}
	if q == nil || q.WithClause != nil || q.LimitOffset != nil {
		return false
	}
	allowed := map[*pg_query.A_Const]bool{}
	if c := q.LimitCount.GetAConst(); c != nil {
		allowed[c] = true
	} else if q.LimitCount != nil {
		return false
	}
	for _, by := range q.SortClause {
		if c := by.GetSortBy().GetNode().GetAConst(); c != nil {
			allowed[c] = true // the number of a column
		}
	}
	selects, tables, plain := 0, map[string]bool{}, true
	rewrite.EachNode(q, func(n any) {
		switch n := n.(type) {
		case *pg_query.SelectStmt:
			selects++
			plain = plain && selects == 1 // no set operation, no sub-select, no VALUES beside a table
		case *pg_query.RangeVar:
			plain = plain && !tables[n.Relname]
			tables[n.Relname] = true
		case *pg_query.A_Const:
			plain = plain && allowed[n]
		case *pg_query.ParamRef, *pg_query.FuncCall, *pg_query.SQLValueFunction, *pg_query.RangeFunction, *pg_query.RangeTableFunc, *pg_query.RangeTableSample, *pg_query.SubLink, *pg_query.XmlExpr, *pg_query.JsonArrayQueryConstructor, *pg_query.JsonArrayAgg, *pg_query.JsonObjectAgg:
			plain = false
		}
	})
	return plain && len(tables) > 0
}

// estimated is the query that PostgreSQL is asked about: the statement as the server gets it, or what a COPY of it copies; "" when that cannot be told.
func estimated(sql string, kind parse.Kind) string {
	if kind != parse.CopyTo {
		return sql
	}
	scan, err := pg_query.Scan(sql)
	if err != nil {
		return ""
	}
	var tokens []*pg_query.ScanToken
	for _, t := range scan.Tokens {
		if t.Token != pg_query.Token_SQL_COMMENT && t.Token != pg_query.Token_C_COMMENT {
			tokens = append(tokens, t)
		}
	}
	if len(tokens) < 4 || tokens[0].Token != pg_query.Token_COPY {
		return ""
	}
	// COPY ( query ) TO, or COPY table [ ( columns ) ] TO.
	depth, open, closed := 0, -1, -1
	for i, t := range tokens {
		switch {
		case t.Token == pg_query.Token_ASCII_40:
			if depth == 0 {
				open = i
			}
			depth++
		case t.Token == pg_query.Token_ASCII_41:
			if depth--; depth == 0 {
				closed = i
			}
		case t.Token == pg_query.Token_TO && depth == 0:
			table, columns := sql[tokens[1].Start:tokens[i-1].End], "*"
			switch {
			case open == 1 && closed == i-1:
				return sql[tokens[1].End:tokens[closed].Start]
			case open > 1 && closed == i-1:
				table, columns = sql[tokens[1].Start:tokens[open].Start], sql[tokens[open].End:tokens[closed].Start]
			case open >= 0:
				return ""
			}
			return "SELECT " + columns + " FROM ONLY " + table // COPY takes no rows of children
		}
	}
	return ""
}

// maxEstimated is how many different statements a person is refused within an hour for what PostgreSQL expects of them, by one rule. Each of these tells at most one bit; from there on they run, and are held and counted as without an estimate.
var maxEstimated = policy.Exact{Tries: 10, Per: time.Hour}

// estimate refuses a statement that is hopeless. It is called before anything of the statement goes to the server, and leaves alone what stands behind others in a pipeline: their transaction must not be lost for a question.
func (s *session) estimate(p *planned, st *step) (*wire.Error, error) {
	if st == nil || !st.estimable || st.plan == nil || s.bound || s.skipping() || s.server.Guard.Windows == nil {
		return nil, nil
	}
	var rule *policy.Rule
	most := int64(0)
	for _, d := range st.plan.Exports {
		if e := d.Export; e.Estimate > 0 && (rule == nil || e.Rows*e.Estimate < most) {
			rule, most = d.Rule, e.Rows*e.Estimate
		}
	}
	if rule == nil || st.plan.AtMost > 0 && st.plan.AtMost <= most {
		return nil, nil
	}
	query := estimated(p.sql, st.kind)
	if query == "" {
		return nil, nil
	}
	params := s.params
	s.params = nil // it has none
	run := &execution{planned: p, step: st, shape: st}
	run.portal = &portalRun{asking: s.newAsking(run)}
	s.params = params
	now := time.Now()
	if s.server.Requests != nil {
		for _, d := range st.plan.Exports {
			if d.Export.Approval == nil {
				continue
			}
			if _, key := run.portal.asking.key(d.Rule); key != "" && s.server.Requests.Approved(s.policy, now, s.meteredPerson(), d.Rule.Name, key) {
				return nil, nil // it may well give so many
			}
		}
	}
	s.aside()
	if err := s.waitQuiet(); err != nil {
		return nil, err
	}
	state := byte(s.transaction.Load())
	if state == wire.Failed || s.skipping() {
		return nil, nil
	}
	rows, err := s.ask("EXPLAIN (FORMAT JSON) " + query)
	var failed *wire.Error
	switch {
	case errors.Is(err, errUpstreamWrite):
		return nil, err
	case errors.As(err, &failed) && (state == wire.InTransaction || failed.Code == codeCanceled):
		// The statement would have failed alike, and the transaction has failed now.
		return &wire.Error{Code: failed.Code, Message: string(scrubMessage([]byte(failed.Code), []byte(failed.Message)))}, nil
	case err != nil:
		return nil, nil
	}
	if expected, ok := plannedRows(rows); !ok || expected <= float64(most) {
		return nil, nil
	}
	key := guard.ProbeKey{Person: s.meteredPerson(), Rule: rule.Name, Column: "estimate"}
	if s.server.Guard.Windows.Try(now, key, rule, maxEstimated, [][]byte{[]byte(p.sql)}) != nil {
		return nil, nil
	}
	s.server.metrics.stops.WithLabelValues("estimate").Inc()
	s.event(audit.GuardBlock, map[string]any{"reason": "estimate", "rule": rule.Name, "limit": rule.Export.Rows, "times": rule.Export.Estimate})
	limit, times := strconv.FormatInt(rule.Export.Rows, 10), strconv.FormatInt(rule.Export.Estimate, 10)
	words := &wire.Error{Code: guard.CodeExportLimit, Message: "export limit of rule \"" + rule.Name + "\" would be exceeded by far: the statement is estimated to give more than " + times + " times " + limit + " rows",
		Detail: "The limit is " + limit + " rows in one statement. This is PostgreSQL's estimate, not a count: the statement was not run. No row was sent.",
		Hint:   "Narrow the statement, or add LIMIT " + limit + ". To export more, ask whoever keeps the policy to change the limit of " + rule.Position() + "."}
	s.askFor(run, rule, words)
	return words, nil
}

// plannedRows reads how many rows the plan of an EXPLAIN (FORMAT JSON) expects.
func plannedRows(rows [][]*string) (float64, bool) {
	if len(rows) != 1 || len(rows[0]) != 1 || rows[0][0] == nil {
		return 0, false
	}
	var plans []struct {
		Plan struct {
			Rows *float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal([]byte(*rows[0][0]), &plans); err != nil || len(plans) != 1 || plans[0].Plan.Rows == nil {
		return 0, false
	}
	return *plans[0].Plan.Rows, true
}
