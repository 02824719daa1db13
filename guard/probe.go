package guard

import (
	"fmt"
	"strconv"
	"time"

	"cordon/policy"
)

// With `match: exact` on a mask, a condition compares a masked column's real value with a whole given one: the clerk finds the customer by the number that the customer says. The same condition answers "is this a customer's
// number?" for whatever is tried. So the different values that a person tries are counted, as subjects of a window of their own: what holds for windows holds for them, a restart among it.

// CodeProbeBudget is the SQLSTATE of a look-up above the budget.
const CodeProbeBudget = "5C002"

// ProbeKey names a count: who looks up what, and by which rule.
type ProbeKey struct{ Person, Rule, Column string }

func (k ProbeKey) window() Key {
	return Key{Person: k.Person, Rule: "match: " + k.Rule + ": " + k.Column}
}

// OverBudget says why a look-up is refused.
type OverBudget struct {
	Rule   *policy.Rule
	Column string       // schema.table.column
	Budget policy.Exact // the zero value when there is no room to count
	Count  int          // values that had been tried before
	New    int          // that the statement would try besides
	Again  time.Time    // when the first of them leaves the count; zero when none had been tried
}

// Refusal words it for the client.
func (o *OverBudget) Refusal() Refusal {
	if o.Budget.Tries == 0 {
		return Refusal{Code: CodeHeldTooMuch, Message: "no room to count look-ups of " + o.Column, Detail: "Look-ups by whole values are counted, and as many people as Cordon can count for use them now.", Hint: "Try again later."}
	}
	rule, place := "a rule", ""
	if o.Rule != nil {
		rule, place = fmt.Sprintf("rule %q", o.Rule.Name), " ("+o.Rule.Position()+")"
	}
	hint := "To look up more, ask whoever keeps the policy" + place + "."
	if !o.Again.IsZero() {
		hint = "The first of these leaves the count at " + o.Again.UTC().Format("2006-01-02 15:04:05") + " UTC. " + hint
	}
	return Refusal{
		Code:    CodeProbeBudget,
		Message: "look-up limit of " + rule + " exceeded: more than " + count(o.Budget.Tries, "value") + " of " + o.Column + " within " + span(o.Budget.Per),
		Detail: count(int64(o.Count), "different value") + " " + plural(int64(o.Count), "has", "have") + " been looked up, and this statement looks up " +
			strconv.Itoa(o.New) + " more. It was not run.",
		Hint: hint,
	}
}

// Try counts the values that a statement is about to look up, all of them or, when that would be above the budget, none: then it says so, and the statement must not run. A value counts for the budget's span from its first try; to try it again
// within that time costs nothing.
func (ws *Windows) Try(now time.Time, k ProbeKey, rule *policy.Rule, budget policy.Exact, values [][]byte) *OverBudget {
	a := ws.open(now, k.window(), budget.Per)
	if a == nil {
		return &OverBudget{Rule: rule, Column: k.Column}
	}
	defer a.close()
	try := a.try
	if ws.shared != nil {
		try = a.tryShared
	}
	known, fresh, again, ok := try(now, budget, func(yield func(Subject) bool) {
		for _, v := range values {
			if !yield(ws.Subject(k.Column+"\x00"+k.Person, v)) { // equal values of two columns are not seen to be equal
				return
			}
		}
	})
	if ok {
		return nil
	}
	return &OverBudget{Rule: rule, Column: k.Column, Budget: budget, Count: known, New: fresh, Again: again}
}

// Tried is how many values count at the moment.
func (ws *Windows) Tried(now time.Time, k ProbeKey) int {
	ws.mu.Lock()
	a := ws.accounts[k.window()]
	ws.mu.Unlock()
	if a == nil {
		return 0
	}
	n, _ := a.subjectUsage(now)
	return int(n)
}

// try counts subjects that are not counted yet, all or none. fresh is how many that are.
func (a *account) try(now time.Time, budget policy.Exact, subjects func(func(Subject) bool)) (known, fresh int, again time.Time, ok bool) {
	limit := budget.Tries
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(now)
	known = len(a.subjects)
	added := make(map[Subject]bool)
	for s := range subjects {
		if _, counts := a.subjects[s]; counts || added[s] {
			continue
		}
		// Beyond the limit they are only told, not kept: a million values make no million entries.
		if fresh++; int64(len(added)) < limit {
			added[s] = true
		}
	}
	if int64(known)+int64(fresh) > limit {
		return known, fresh, a.leaves(), false
	}
	if len(added) == 0 {
		return known, 0, again, true
	}
	if a.subjects == nil {
		a.subjects = make(map[Subject]sighting, len(added))
	}
	p := &a.parts[a.slot(a.newest)]
	for s := range added {
		a.subjects[s] = sighting{part: a.newest}
		p.seen++
		a.used.seen++
	}
	a.change()
	return known, fresh, again, true
}

// tryShared is try where other Cordons count with this one.
func (a *account) tryShared(now time.Time, budget policy.Exact, subjects func(func(Subject) bool)) (known, fresh int, again time.Time, ok bool) {
	limit := policy.Window{Subjects: budget.Tries, Per: budget.Per}
	var keys []Subject
	added := make(map[Subject]bool)
	a.mu.Lock()
	a.turn(now)
	for s := range subjects {
		if _, counts := a.subjects[s]; counts || added[s] {
			continue
		}
		if fresh++; int64(len(keys)) < budget.Tries {
			added[s] = true
			keys = append(keys, s)
		}
	}
	a.mu.Unlock()
	if int64(fresh) > budget.Tries || len(keys) > 0 && !a.reserveSubjects(now, &limit, keys, 0, nil) {
		n, again := a.subjectUsage(now)
		return int(n), fresh, again, false
	}
	if len(keys) > 0 {
		a.commitSubjects(now, keys, 0)
	}
	return 0, fresh, again, true
}
