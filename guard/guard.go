// Package guard counts the rows and bytes that flow back to a client, and says whether they may pass, must be held, or are stopped.
//
// # One execution
//
// A [Meter] accompanies one execution: a statement, or a portal or cursor over all its pages. It is asked at every row:
//
//	m := g.Start(now, person, limits)
//	defer m.Abandon()
//	m.AtMost(now, n)                     // when the statement surely gives no more than n rows
//	for each row {
//		switch m.Row(now, guard.DataRowBytes(body)) {
//		case guard.Pass: send what is held, then the row
//		case guard.Hold: keep the row
//		case guard.Stop: drop what is held, cancel, send m.Stopped().Refusal()
//		}
//	}
//	m.Complete(now)                      // then send what is held
//
// With `over: block` rows are held until the statement is over, so a refused export leaks nothing; with `cut` they pass until the limit is reached. A limit that
// is reached exactly is kept; one row or byte more stops. A portal that is read in pages must give each page up before the client asks for the next (see
// [Meter.Suspend]), so there `block` refuses the page that would go over the limit, whole.
//
// # Windows
//
// [Windows] count what each person got under each rule within a span of time, over all connections. Rows are reserved when the upstream server sends them and
// before they go to the client: ten connections at once share one allowance. They count from the moment when they are given up to the client; what was held and
// refused is given back, since nobody has seen it.
//
// # Memory
//
// Held rows stay in the proxy's memory, and a limit in rows says nothing about bytes. [Ceiling] bounds what all sessions hold together.
package guard

import (
	"time"

	"cordon/policy"
)

// Guard is what all sessions share.
type Guard struct {
	Windows *Windows // nil: limits over time stop everything, and look-ups by whole values of masked columns are refused
	Ceiling *Ceiling
}

// Limit is what one rule says of the rows that an execution reads by it.
type Limit struct {
	Export *policy.Export // not nil
	Rule   *policy.Rule   // for messages and as the window's name; not nil
	Weight int64          // of one result row where consumed rows count: how often the statement reads a table of the rule, since a join of a table with itself puts two of its rows into one
}

// Start begins the metering of one execution for a person. Without limits everything passes. Every limit counts for itself; rows are held when one of them
// blocks. person names the windows; it is the login where nobody is known behind it.
func (g *Guard) Start(now time.Time, person string, limits []Limit) Meter {
	m := Meter{started: true, ceiling: g.Ceiling, weight: 1}
	for _, l := range limits {
		if l.Export == nil || l.Rule == nil {
			m.Abandon()
			return m
		}
		switch l.Export.Over {
		case policy.OverCut:
		default:
			m.hold = true
		}
		if e := l.Export; e.Rows > 0 && (m.rowLimit.most == 0 || e.Rows < m.rowLimit.most) {
			m.rowLimit = limited{e.Rows, l.Rule}
		}
		if e := l.Export; e.Bytes > 0 && (m.byteLimit.most == 0 || e.Bytes < m.byteLimit.most) {
			m.byteLimit = limited{e.Bytes, l.Rule}
		}
		if n := l.Export.Subjects; n > 0 {
			if s := m.countSubjects(); s.limit.most == 0 || n < s.limit.most {
				s.limit = limited{n, l.Rule}
			}
		}
		if l.Export.Count == policy.CountConsumed {
			m.weight = max(m.weight, l.Weight)
		}
		if m.counts(l.Rule) {
			continue // one rule, two tables
		}
		for i, w := range l.Export.Windows {
			if g.Windows == nil || w.Per <= 0 {
				m.Abandon()
				return m
			}
			a := g.Windows.open(now, Key{person, l.Rule.Name, i}, w.Per)
			if a == nil {
				m.stop(Stopped{Reason: TooManyWindows, Rule: l.Rule, Limit: int64(g.Windows.max)})
				return m
			}
			m.windows = append(m.windows, windowUse{account: a, limit: w, rule: l.Rule})
			if w.Subjects > 0 {
				m.countSubjects().windows = true
			}
		}
	}
	if len(m.windows) == 0 && m.rowLimit.most == 0 && m.byteLimit.most == 0 && m.subjects == nil {
		m.hold = false
	}
	return m
}

func (m *Meter) counts(r *policy.Rule) bool {
	for i := range m.windows {
		if m.windows[i].rule == r {
			return true
		}
	}
	return false
}

// DataRowBytes is the size of the values in a DataRow message's body: without their lengths and count. NULL has none.
func DataRowBytes(body []byte) int64 {
	if len(body) < 2 {
		return int64(len(body))
	}
	columns := int64(body[0])<<8 | int64(body[1])
	return max(0, int64(len(body))-2-4*columns)
}
