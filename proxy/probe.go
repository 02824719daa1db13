package proxy

import (
	"strconv"
	"time"

	"cordon/audit"
	"cordon/guard"
	"cordon/parse"
	"cordon/rewrite"
	"cordon/wire"

	pg_query "github.com/pganalyze/pg_query_go/v5"
)

// Look-ups by the whole value of a masked column (match: exact in the policy) are counted: each different value that a person tries, whether it stands in the text or comes with Bind or EXECUTE. They are counted before the
// statement runs, and one that would go over the budget does not run.

// maxProbeBind is the longest Bind whose values are looked into. The values that anybody may look up are far less.
const maxProbeBind = 1 << 20

// needsParams says that values of a plan's look-ups come with Bind.
func needsParams(plan *rewrite.Plan) bool {
	if plan == nil {
		return false
	}
	for i := range plan.Probes {
		for _, v := range plan.Probes[i].Values {
			if v.Param > 0 {
				return true
			}
		}
	}
	return false
}

// parameters gives the value of a parameter by its number from 1. known is false when nobody knows it; a nil value is NULL.
type parameters func(number int) (value []byte, binary, known bool)

// noParameters are those of a statement that is not bound: what a PREPARE will be given is counted when it is.
func noParameters(int) ([]byte, bool, bool) { return nil, false, true }

// boundParameters are those of a Bind message.
func boundParameters(m *wire.Bind) parameters {
	return func(number int) ([]byte, bool, bool) {
		if number < 1 || number > m.Params() {
			return nil, false, true // the server refuses the Bind
		}
		v, binary := m.Param(number - 1)
		return v, binary, true
	}
}

// literalParameters are those of EXECUTE name (…).
func literalParameters(list []*string, seen bool) parameters {
	return func(number int) ([]byte, bool, bool) {
		switch {
		case !seen:
			return nil, false, false
		case number < 1 || number > len(list) || list[number-1] == nil:
			return nil, false, true
		}
		return []byte(*list[number-1]), false, true
	}
}

// executeParams gives the parameters of an EXECUTE as text, nil for NULL. seen is false when one is an expression.
func executeParams(st *parse.Statement) (list []*string, seen bool) {
	n := st.Tree.GetExecuteStmt()
	if n == nil {
		return nil, false // inside EXPLAIN or CREATE TABLE AS
	}
	for _, p := range n.Params {
		text, ok := literalText(p)
		if !ok {
			return nil, false
		}
		list = append(list, text)
	}
	return list, true
}

func literalText(n *pg_query.Node) (text *string, ok bool) {
	c := n.GetAConst()
	switch {
	case c == nil:
		return nil, false
	case c.Isnull:
		return nil, true
	case c.GetSval() != nil:
		return &c.GetSval().Sval, true
	case c.GetFval() != nil:
		return &c.GetFval().Fval, true
	case c.GetIval() != nil || c.Val == nil:
		s := strconv.Itoa(int(c.GetIval().GetIval()))
		return &s, true
	}
	return nil, false
}

// probeRun counts what a run looks up. What a portal was bound to has been counted at Bind.
func (s *session) probeRun(run *execution, bound bool) *wire.Error {
	switch run.step.target.verb {
	case targetExecute:
		return s.probe(run.shape.plan, literalParameters(run.step.params, !run.step.hidden))
	case targetFetch:
		return nil
	}
	if bound {
		return nil
	}
	return s.probe(run.step.plan, noParameters)
}

// probeBind counts what a Bind looks up. need is how many bytes of it must have come before that can be done.
func (s *session) probeBind(f *form, h wire.Header, b []byte) (need int, refusal *wire.Error, err error) {
	if f.step == nil || f.step.plan == nil || len(f.step.plan.Probes) == 0 {
		return 0, nil, nil
	}
	params := parameters(noParameters)
	if needsParams(f.step.plan) {
		switch {
		case h.Len() > maxProbeBind:
			return 0, &wire.Error{Code: codeProgramLimit, Message: "the values of this Bind have " + strconv.Itoa(h.Body) + " bytes, too many for a look-up by the whole value of a masked column", Hint: "Look fewer values up at a time."}, nil
		case len(b) < h.Len():
			return h.Len(), nil, nil
		}
		m, err := wire.DecodeBind(b[wire.HeaderLen:h.Len()])
		if err != nil {
			return 0, nil, err
		}
		params = boundParameters(&m)
	}
	if refusal = s.probe(f.step.plan, params); refusal != nil {
		s.block(f.planned, f.step, "extended", "", refusal)
	}
	return 0, refusal, nil
}

// probe counts what a plan looks up. A refusal says that the statement must not run.
func (s *session) probe(plan *rewrite.Plan, params parameters) *wire.Error {
	if plan == nil || len(plan.Probes) == 0 {
		return nil
	}
	s.waitsForOthers()
	now := time.Now()
	for i := range plan.Probes {
		probe := &plan.Probes[i]
		column := probe.Table.Schema + "." + probe.Table.Name + "." + probe.Column
		var values [][]byte
		for _, v := range probe.Values {
			more, why := probeValues(v, params)
			if why != "" {
				return &wire.Error{Code: codeUnsupported, Message: "Cordon cannot count what this statement looks up in " + column + ": " + why,
					Hint: "Look-ups by whole values of a masked column are counted. Give the value as a literal or a parameter."}
			}
			values = append(values, more...)
		}
		if len(values) == 0 {
			continue
		}
		person := s.person
		if person == "" {
			person = s.login
		}
		k := guard.ProbeKey{Person: person, Column: column}
		if probe.Rule != nil {
			k.Rule = probe.Rule.Name
		}
		over := &guard.OverBudget{Rule: probe.Rule, Column: column}
		if w := s.server.Guard.Windows; w != nil {
			over = w.Try(now, k, probe.Rule, probe.Budget, values)
		}
		if over != nil {
			s.server.metrics.stops.WithLabelValues("probes").Inc()
			s.event(audit.GuardBlock, map[string]any{"reason": "probes", "rule": k.Rule, "column": column, "limit": over.Budget.Tries, "count": over.Count, "new": over.New})
			r := over.Refusal()
			return &wire.Error{Code: r.Code, Message: r.Message, Detail: r.Detail, Hint: r.Hint}
		}
	}
	return nil
}

// probeValues gives the values that one look-up tries; why is not empty when nobody knows.
func probeValues(v rewrite.ProbeValue, params parameters) (values [][]byte, why string) {
	value, binary := []byte(v.Text), false
	if v.Param > 0 {
		var known bool
		if value, binary, known = params(v.Param); !known {
			return nil, "EXECUTE gives an expression"
		}
		if value == nil {
			return nil, "" // NULL equals nothing
		}
	}
	if !v.Array {
		return [][]byte{value}, ""
	}
	var err error
	if binary {
		values, err = wire.BinaryArray(value)
	} else {
		values, err = wire.TextArray(string(value))
	}
	if err != nil {
		return nil, "the array cannot be read"
	}
	return values, ""
}
