package guard

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strconv"
	"sync"
	"time"

	"cordon/policy"
)

// With `match: exact` on a mask, a condition compares a masked column's real value with a whole given one: the clerk finds the customer by the number that the customer says. The same condition answers "is this a customer's
// number?" for whatever is tried. [Probes] count the different values that a person tries.
const (
	// ProbeBudget is how many different values of one column a person may try by one rule within ProbeSpan. A busy desk takes a call every two or three minutes and mistypes some: sixty an hour leaves room for twice that.
	// A thief gets half a thousand tries a working day, of the hundred million numbers behind one prefix of mobile numbers; with a list of numbers from elsewhere, as many answers about it.
	ProbeBudget = 60
	ProbeSpan   = time.Hour

	// DefaultProbers is how many people, rules and columns are counted at the same time, at most about 2 kB each.
	DefaultProbers = 50_000
)

// CodeProbeBudget is the SQLSTATE of a look-up above the budget.
const CodeProbeBudget = "5C002"

// ProbeKey names a count: who looks up what, and by which rule.
type ProbeKey struct{ Person, Rule, Column string }

// Probes count look-ups by whole values of masked columns. They are safe for concurrent use. Of the values they keep a keyed hash only.
//
// A value counts for ProbeSpan from its first try; to try it again within that time costs nothing. A count that holds anything is never forgotten: when all do and one more is needed, the look-up is refused.
type Probes struct {
	budget int
	max    int
	key    [32]byte

	mu      sync.Mutex
	counts  map[ProbeKey]map[probeHash]time.Time // guarded by mu: when each value was tried first
	sweepAt int                                  // guarded by mu: sweep when there are so many
}

type probeHash [16]byte

// NewProbes counts up to budget values for each of most people, rules and columns; 0 means ProbeBudget and DefaultProbers.
func NewProbes(budget, most int) *Probes {
	if budget <= 0 {
		budget = ProbeBudget
	}
	if most <= 0 {
		most = DefaultProbers
	}
	p := &Probes{budget: budget, max: most, counts: make(map[ProbeKey]map[probeHash]time.Time), sweepAt: min(most, 1024)}
	rand.Read(p.key[:])
	return p
}

// OverBudget says why a look-up is refused.
type OverBudget struct {
	Rule   *policy.Rule
	Column string    // schema.table.column
	Limit  int       // of different values within ProbeSpan; 0 when there is no room to count
	Count  int       // that had been tried before
	New    int       // that the statement would try besides
	Again  time.Time // when the first of them leaves the count; zero when none had been tried
}

// Refusal words it for the client.
func (o *OverBudget) Refusal() Refusal {
	if o.Limit == 0 {
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
		Message: "look-up limit of " + rule + " exceeded: more than " + count(int64(o.Limit), "value") + " of " + o.Column + " within " + span(ProbeSpan),
		Detail: count(int64(o.Count), "different value") + " " + plural(int64(o.Count), "has", "have") + " been looked up, and this statement looks up " +
			strconv.Itoa(o.New) + " more. It was not run.",
		Hint: hint,
	}
}

// Try counts the values that a statement is about to look up, all of them or, when that would be above the budget, none: then it says so, and the statement must not run.
func (p *Probes) Try(now time.Time, k ProbeKey, rule *policy.Rule, values [][]byte) *OverBudget {
	p.mu.Lock()
	defer p.mu.Unlock()
	tried := p.counts[k]
	for h, t := range tried {
		if now.Sub(t) >= ProbeSpan {
			delete(tried, h)
		}
	}
	fresh := make(map[probeHash]bool)
	more := 0
	for _, v := range values {
		if h := p.hash(k, v); !fresh[h] {
			if _, known := tried[h]; known {
				continue
			}
			// Beyond the budget they are only told, not kept: a million values make no million entries.
			if more++; len(fresh) < p.budget {
				fresh[h] = true
			}
		}
	}
	if len(tried)+more > p.budget {
		o := &OverBudget{Rule: rule, Column: k.Column, Limit: p.budget, Count: len(tried), New: more}
		for _, t := range tried {
			if end := t.Add(ProbeSpan); o.Again.IsZero() || end.Before(o.Again) {
				o.Again = end
			}
		}
		return o
	}
	if len(fresh) == 0 {
		return nil
	}
	if tried == nil {
		if len(p.counts) >= p.sweepAt {
			p.sweep(now)
		}
		if len(p.counts) >= p.max {
			return &OverBudget{Rule: rule, Column: k.Column}
		}
		tried = make(map[probeHash]time.Time, len(fresh))
		p.counts[k] = tried
	}
	for h := range fresh {
		tried[h] = now
	}
	return nil
}

// Used is how many values count at the moment.
func (p *Probes) Used(now time.Time, k ProbeKey) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.counts[k] {
		if now.Sub(t) < ProbeSpan {
			n++
		}
	}
	return n
}

// sweep forgets the counts that hold nothing any more. The next one comes when there are twice as many, so that its cost is spread.
func (p *Probes) sweep(now time.Time) {
	for k, tried := range p.counts {
		for h, t := range tried {
			if now.Sub(t) >= ProbeSpan {
				delete(tried, h)
			}
		}
		if len(tried) == 0 {
			delete(p.counts, k)
		}
	}
	p.sweepAt = min(p.max, max(1024, 2*len(p.counts)))
}

// hash is keyed with a key of this process, and holds the count's name: equal values of two columns are not seen to be equal.
func (p *Probes) hash(k ProbeKey, value []byte) (h probeHash) {
	m := hmac.New(sha256.New, p.key[:])
	m.Write([]byte(k.Column))
	m.Write([]byte{0})
	m.Write([]byte(k.Person))
	m.Write([]byte{0})
	m.Write(value)
	copy(h[:], m.Sum(nil))
	return h
}
