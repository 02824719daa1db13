package guard

import (
	"time"

	"cordon/policy"
)

// Verdict says what becomes of a row. The zero value stops.
type Verdict uint8

const (
	Stop Verdict = iota // the execution is over: what is held is dropped, and the client gets an error
	Hold                // keep the row: it is not known yet whether the limit is kept
	Pass                // send what is held, then the row
)

func (v Verdict) String() string {
	switch v {
	case Hold:
		return "hold"
	case Pass:
		return "pass"
	default:
		return "stop"
	}
}

// Meter counts one execution. It is for one goroutine at a time. The zero value stops everything.
type Meter struct {
	started   bool
	hold      bool // some limit blocks
	streaming bool // rows are known to stay within every limit: they pass although a limit blocks

	rowLimit, byteLimit limited
	windows             []windowUse
	subjects            *subjectMeter // nil: nobody counts them
	weight              int64         // rows that one result row counts for; 0 as 1
	ceiling             *Ceiling
	// Wait is called before the meter waits for other Cordons; it may be nil.
	Wait func()

	rows, bytes int64 // that came from upstream
	sent        int64 // rows of these that were given up to the client
	consumed    int64 // rows that came in no row of their own, but in a value of one
	heldRows    int64
	heldMore    int64 // of consumed, those not given up
	heldBytes   int64
	taken       int64 // bytes of the ceiling
	stopped     Stopped
}

// limited is a limit of one execution and the rule that sets it; most is 0 for none.
type limited struct {
	most int64
	rule *policy.Rule
}

// windowUse is one window that the execution draws on.
type windowUse struct {
	account *account
	limit   policy.Window
	rule    *policy.Rule
	ahead   int64 // rows reserved by AtMost and not yet seen
}

// AtMost says that the statement gives at most n rows: by its LIMIT, or because it looks up a whole key. When that is surely within every limit, rows pass
// at once, and it returns true: the execution will not be stopped. It is called before the first row. A wrong n loosens no limit: rows are counted all the same.
func (m *Meter) AtMost(now time.Time, n int64) (within bool) {
	if !m.started || !m.hold || n < 0 || m.rows > 0 || m.streaming {
		return false
	}
	if m.byteLimit.most > 0 || n > 1<<32 || m.weight > 1<<16 || m.rowLimit.most > 0 && n*m.weight > m.rowLimit.most || m.subjects != nil && !m.subjects.fewRows(n) {
		return false
	}
	n *= m.weight
	for i := range m.windows {
		if m.windows[i].limit.Bytes > 0 {
			return false
		}
	}
	for i := range m.windows {
		w := &m.windows[i]
		if w.account.reserve(now, &w.limit, n, 0, m.Wait) != NotStopped {
			for j := range m.windows[:i] {
				m.windows[j].account.giveBack(n, 0)
				m.windows[j].ahead = 0
			}
			return false
		}
		w.ahead = n
	}
	m.streaming = true
	return true
}

// Row counts one row of so many bytes: the values of a DataRow, or the body of a CopyData. After a Stop every further row stops.
func (m *Meter) Row(now time.Time, bytes int64) Verdict {
	if !m.started || m.stopped.Reason != NotStopped {
		return m.stop(Stopped{Reason: NotMetered})
	}
	if m.rowLimit.most > 0 && m.rows*m.weight+m.consumed > m.rowLimit.most-m.weight {
		m.rows++
		return m.stop(Stopped{Reason: RowLimit, Rule: m.rowLimit.rule, Limit: m.rowLimit.most})
	}
	if bytes < 0 || m.byteLimit.most > 0 && bytes > m.byteLimit.most-m.bytes {
		return m.stop(Stopped{Reason: ByteLimit, Rule: m.byteLimit.rule, Limit: m.byteLimit.most})
	}
	if m.subjects != nil && !m.rowSubjects(now) {
		return Stop
	}
	for i := range m.windows {
		w := &m.windows[i]
		if w.ahead >= m.weight {
			w.ahead -= m.weight
			w.account.reserveBytes(bytes)
			continue
		}
		if why := w.account.reserve(now, &w.limit, m.weight, bytes, m.Wait); why != NotStopped {
			for j := range m.windows[:i] {
				m.windows[j].account.giveBack(m.weight, bytes)
			}
			return m.stopWindow(now, w, why)
		}
	}
	m.rows++
	m.bytes += bytes
	m.heldRows++
	m.heldBytes += bytes
	if m.hold && !m.streaming {
		// A row also costs its frame and the buffer's own bookkeeping.
		if m.ceiling != nil && m.heldBytes+m.heldRows*rowOverhead > m.taken {
			if !m.ceiling.take(ceilingChunk + bytes) {
				return m.stop(Stopped{Reason: HeldTooMuch, Rule: m.anyRule(), Limit: m.ceiling.max})
			}
			m.taken += ceilingChunk + bytes
		}
		return Hold
	}
	m.giveUp(now)
	return Pass
}

// Consume counts rows that came to the client in no row of their own, but packed into values: by string_agg, array_agg and their like. It is called before they are given up.
func (m *Meter) Consume(now time.Time, n int64) Verdict {
	if !m.started || m.stopped.Reason != NotStopped || n < 0 {
		return m.stop(Stopped{Reason: NotMetered})
	}
	if n == 0 {
		return Hold
	}
	if m.rowLimit.most > 0 && n > m.rowLimit.most-m.consumed-m.rows*m.weight {
		return m.stop(Stopped{Reason: RowLimit, Rule: m.rowLimit.rule, Limit: m.rowLimit.most})
	}
	if m.subjects != nil && !m.unknownSubjects(now, n) {
		return Stop
	}
	for i := range m.windows {
		w := &m.windows[i]
		if why := w.account.reserve(now, &w.limit, n, 0, m.Wait); why != NotStopped {
			for j := range m.windows[:i] {
				m.windows[j].account.giveBack(n, 0)
			}
			return m.stopWindow(now, w, why)
		}
	}
	m.consumed += n
	m.heldMore += n
	return Hold
}

// Copied counts bytes that came to the client in no row, but lie where they can be read from without a limit: in another table, or in the session. It is called before the execution is told to have ended.
func (m *Meter) Copied(now time.Time, bytes int64) Verdict {
	if !m.started || m.stopped.Reason != NotStopped || bytes < 0 {
		return m.stop(Stopped{Reason: NotMetered})
	}
	if m.byteLimit.most > 0 && bytes > m.byteLimit.most-m.bytes {
		return m.stop(Stopped{Reason: ByteLimit, Rule: m.byteLimit.rule, Limit: m.byteLimit.most})
	}
	for i := range m.windows {
		w := &m.windows[i]
		if why := w.account.reserve(now, &w.limit, 0, bytes, m.Wait); why != NotStopped {
			for j := range m.windows[:i] {
				m.windows[j].account.giveBack(0, bytes)
			}
			return m.stopWindow(now, w, why)
		}
	}
	m.bytes += bytes
	m.heldBytes += bytes
	return Hold
}

// Suspend says that the client is to get what is held before the execution is over: at PortalSuspended, at the end of a FETCH. It passes, and counts the
// rows as given, unless the execution was stopped. What comes when the metering is over stops it, so where nothing has come there is nothing uncounted: a portal that has given all its rows may be executed once more.
func (m *Meter) Suspend(now time.Time) Verdict {
	if m.stopped.Reason != NotStopped {
		return Stop
	}
	m.giveUp(now)
	return Pass
}

// Complete says that the execution is over, by CommandComplete or by an error of the server's: what is held goes to the client, unless the execution was stopped.
func (m *Meter) Complete(now time.Time) Verdict {
	v := m.Suspend(now)
	m.Abandon()
	return v
}

// Abandon drops what is held, and gives back what was reserved for it. It may be called at any time and more than once; the meter stops everything afterwards.
func (m *Meter) Abandon() {
	for i := range m.windows {
		w := &m.windows[i]
		w.account.giveBack(m.heldRows*m.weight+m.heldMore+w.ahead, m.heldBytes)
		m.subjects.giveBack(w)
		w.account.close()
	}
	m.windows, m.subjects = nil, nil
	m.heldRows, m.heldBytes, m.heldMore = 0, 0, 0
	m.giveCeiling()
	m.started = false
}

// Rows is how many rows came from upstream, and how many of these were given up to the client.
func (m *Meter) Rows() (came, sent int64) { return m.rows, m.sent }

// Bytes is the size of the rows that came from upstream.
func (m *Meter) Bytes() int64 { return m.bytes }

// Stopped says why the meter stopped; its Reason is NotStopped when it did not.
func (m *Meter) Stopped() Stopped { return m.stopped }

// giveUp counts what is held as sent to the client.
func (m *Meter) giveUp(now time.Time) {
	for i := range m.windows {
		m.windows[i].account.commit(now, m.heldRows*m.weight+m.heldMore, m.heldBytes)
	}
	if m.subjects != nil {
		m.giveUpSubjects(now)
	}
	m.sent += m.heldRows
	m.heldRows, m.heldBytes, m.heldMore = 0, 0, 0
	if m.taken > 0 {
		m.giveCeiling()
	}
}

func (m *Meter) giveCeiling() {
	if m.ceiling != nil && m.taken > 0 {
		m.ceiling.give(m.taken)
	}
	m.taken = 0
}

func (m *Meter) stop(s Stopped) Verdict {
	if m.stopped.Reason == NotStopped {
		s.Count, s.Sent = m.rows*m.weight+m.consumed, m.sent
		switch s.Reason {
		case ByteLimit:
			s.Count = m.bytes
		case SubjectLimit:
			s.Count = m.subjects.count()
		}
		m.stopped = s
	}
	m.Abandon()
	return Stop
}

func (m *Meter) stopWindow(now time.Time, w *windowUse, why Reason) Verdict {
	rows, bytes, again := w.account.usage(now)
	limit, alone := w.account.inForce(&w.limit)
	s := Stopped{Reason: why, Rule: w.rule, Limit: limit.Rows, Per: w.limit.Per, Again: again, Alone: alone}
	used := rows - m.heldRows*m.weight - m.heldMore - w.ahead
	if why == WindowBytes {
		s.Limit = limit.Bytes
		used = bytes - m.heldBytes
	}
	v := m.stop(s)
	m.stopped.Count = max(0, used)
	return v
}

func (m *Meter) anyRule() *policy.Rule {
	switch {
	case m.rowLimit.rule != nil:
		return m.rowLimit.rule
	case m.byteLimit.rule != nil:
		return m.byteLimit.rule
	case len(m.windows) > 0:
		return m.windows[0].rule
	default:
		return nil
	}
}
