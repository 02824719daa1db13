package guard

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"cordon/policy"
)

// Subject is a keyed hash of whose a row is: of a customer's number, say. What it was made of is not kept.
type Subject uint64

// sighting is what a window knows of a subject.
type sighting struct {
	part    int64 // in which it was given to the client last, or unseen
	holders int32 // executions that have it in rows not given up
	paid    bool  // taken out of a lease that is shared with other Cordons
}

const unseen = -1 << 62

// maxRowKeys is more keys than one row has.
const maxRowKeys = 16

// subjectMeter counts the different subjects of one execution.
type subjectMeter struct {
	limit   limited // of the execution; most is 0 for none
	windows bool    // some window counts them too
	seen    map[Subject]struct{}
	unknown int64     // rows without a key
	row     []Subject // of the row that is coming
	unread  int64     // keys in it that could not be read
	shows   int64     // different subjects that one row can show, where that is known to be more than one
	keyed   int64     // of them, those whose keys stand in the row
	fresh   []Subject // scratch
	held    []Subject // in rows not given up
	heldUnk int64
}

func (m *Meter) countSubjects() *subjectMeter {
	if m.subjects == nil {
		m.subjects = &subjectMeter{seen: make(map[Subject]struct{})}
	}
	return m.subjects
}

// CountsSubjects says that the keys in each row are to be told with Subject, before the row.
func (m *Meter) CountsSubjects() bool { return m.subjects != nil }

// Shows says how many different subjects one row can show values of, and of how many of them it shows the key: a join of two tables shows one's key beside another's name. It is called before the first row.
func (m *Meter) Shows(all, keyed int64) {
	if m.subjects != nil {
		m.subjects.shows, m.subjects.keyed = all, keyed
	}
}

// KeyColumns says how many columns of the rows hold a key, as the server has it.
func (m *Meter) KeyColumns(n int64) {
	if m.subjects != nil {
		m.subjects.keyed = min(m.subjects.keyed, n)
	}
}

// Subject tells one key of the row that is coming. A row of which none is told may be anybody's: it counts as one subject of its own.
func (m *Meter) Subject(s Subject) {
	if m.subjects == nil || slices.Contains(m.subjects.row, s) {
		return
	}
	if len(m.subjects.row) == maxRowKeys {
		m.subjects.unread++
		return
	}
	m.subjects.row = append(m.subjects.row, s)
}

// SubjectsUnread says that so many keys of the row that is coming could not be read: each may be anybody's.
func (m *Meter) SubjectsUnread(n int64) {
	if m.subjects != nil {
		m.subjects.unread += n
	}
}

// NoSubjects takes back what was told of the row that is coming.
func (m *Meter) NoSubjects() {
	if m.subjects != nil {
		m.subjects.row, m.subjects.unread = m.subjects.row[:0], 0
	}
}

func (s *subjectMeter) count() int64 { return int64(len(s.seen)) + s.unknown }

// fewRows says that n rows surely have few enough subjects. What windows have room for is not looked at, so it is asked for much less than the limit of one execution.
func (s *subjectMeter) fewRows(n int64) bool {
	return !s.windows && (s.limit.most == 0 || n*(maxRowKeys+s.shows) <= s.limit.most)
}

// rowSubjects counts the subjects of the row that is coming. It reports false when it has stopped the execution.
func (m *Meter) rowSubjects(now time.Time) bool {
	s := m.subjects
	unread := s.unread
	s.unread = 0
	if len(s.row) == 0 {
		return m.unknownSubjects(now, max(1, s.shows, unread))
	}
	unread += max(0, s.shows-max(1, s.keyed))
	s.fresh = s.fresh[:0]
next:
	for _, k := range s.row {
		if _, known := s.seen[k]; known {
			continue
		}
		for _, f := range s.fresh {
			if f == k {
				continue next
			}
		}
		s.fresh = append(s.fresh, k)
	}
	s.row = s.row[:0]
	if len(s.fresh) == 0 && unread == 0 {
		return true
	}
	return m.reserveSubjects(now, s.fresh, unread)
}

// unknownSubjects counts rows that do not say whose they are.
func (m *Meter) unknownSubjects(now time.Time, n int64) bool { return m.reserveSubjects(now, nil, n) }

func (m *Meter) reserveSubjects(now time.Time, fresh []Subject, unknown int64) bool {
	s := m.subjects
	if s.limit.most > 0 && int64(len(fresh))+unknown > s.limit.most-s.count() {
		m.stop(Stopped{Reason: SubjectLimit, Rule: s.limit.rule, Limit: s.limit.most})
		return false
	}
	for i := range m.windows {
		w := &m.windows[i]
		if w.limit.Subjects == 0 || w.account.reserveSubjects(now, &w.limit, fresh, unknown, m.Wait) {
			continue
		}
		for j := range m.windows[:i] {
			if o := &m.windows[j]; o.limit.Subjects > 0 {
				o.account.giveBackSubjects(fresh, unknown)
			}
		}
		used, again := w.account.subjectUsage(now)
		used -= s.heldUnk
		for _, k := range s.held {
			if w.account.onlyHeld(k) {
				used--
			}
		}
		limit, alone := w.account.inForce(&w.limit)
		m.stop(Stopped{Reason: WindowSubjects, Rule: w.rule, Limit: limit.Subjects, Per: w.limit.Per, Again: again, Alone: alone})
		m.stopped.Count = max(0, used)
		return false
	}
	for _, k := range fresh {
		s.seen[k] = struct{}{}
	}
	s.unknown += unknown
	if s.windows {
		s.held = append(s.held, fresh...)
		s.heldUnk += unknown
	}
	return true
}

// giveUpSubjects counts the subjects of the rows that are given up now.
func (m *Meter) giveUpSubjects(now time.Time) {
	s := m.subjects
	if len(s.held) == 0 && s.heldUnk == 0 {
		return
	}
	for i := range m.windows {
		if w := &m.windows[i]; w.limit.Subjects > 0 {
			w.account.commitSubjects(now, s.held, s.heldUnk)
		}
	}
	s.held, s.heldUnk = s.held[:0], 0
}

func (s *subjectMeter) giveBack(w *windowUse) {
	if s != nil && w.limit.Subjects > 0 {
		w.account.giveBackSubjects(s.held, s.heldUnk)
	}
}

// reserveSubjects takes subjects out of the allowance, if there is room for those that do not count yet.
func (a *account) reserveSubjects(now time.Time, limit *policy.Window, keys []Subject, unknown int64, wait func()) bool {
	if a.windows.shared != nil {
		return a.take(now, limit, want{keys: keys, unknown: unknown}, wait) == NotStopped
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(now)
	more := unknown
	for _, k := range keys {
		if _, known := a.subjects[k]; !known {
			more++
		}
	}
	if more > limit.Subjects-int64(len(a.subjects))-a.used.unknown-a.reserved.unknown {
		return false
	}
	a.reserved.unknown += unknown
	if a.subjects == nil && len(keys) > 0 {
		a.subjects = make(map[Subject]sighting)
	}
	for _, k := range keys {
		t, known := a.subjects[k]
		if !known {
			t.part = unseen
		}
		t.holders++
		a.subjects[k] = t
	}
	return true
}

func (a *account) commitSubjects(now time.Time, keys []Subject, unknown int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(now)
	p := &a.parts[a.slot(a.newest)]
	for _, k := range keys {
		t := a.subjects[k]
		if t.part != unseen {
			a.parts[a.slot(t.part)].seen--
			a.used.seen--
		}
		p.seen++
		a.used.seen++
		t.part = a.newest
		t.holders--
		a.subjects[k] = t
	}
	a.reserved.unknown -= unknown
	p.unknown += unknown
	a.used.unknown += unknown
	a.change()
}

func (a *account) giveBackSubjects(keys []Subject, unknown int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reserved.unknown -= unknown
	back := unknown
	for _, k := range keys {
		t := a.subjects[k]
		if t.holders--; t.holders <= 0 && t.part == unseen {
			delete(a.subjects, k)
			if t.paid {
				back++
			}
			continue
		}
		a.subjects[k] = t
	}
	a.giveLease(lease{subjects: back})
}

// forgetSubjects drops those that have left the window. mu is held.
func (a *account) forgetSubjects() {
	for k, t := range a.subjects {
		switch {
		case t.part == unseen || t.part >= a.newest-windowParts:
		case t.holders > 0:
			t.part = unseen
			a.subjects[k] = t
		default:
			delete(a.subjects, k)
		}
	}
}

func (a *account) subjectUsage(now time.Time) (n int64, again time.Time) {
	_, _, again = a.usage(now)
	a.mu.Lock()
	defer a.mu.Unlock()
	n = int64(len(a.subjects)) + a.used.unknown + a.reserved.unknown
	if a.shared != nil {
		n += a.shared.others.subjects
		for k := range a.shared.foreign {
			if _, both := a.subjects[k]; both {
				n--
			}
		}
	}
	return n, again
}

// onlyHeld says that a subject counts for nothing but rows that nobody has got.
func (a *account) onlyHeld(k Subject) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.subjects[k].part == unseen
}

// Subject hashes a key: of says whose keys they are, value is the key as its type writes it. Without the windows' own key nothing can be found out from the hash.
func (ws *Windows) Subject(of string, value []byte) Subject {
	var room [128]byte
	b := append(room[:0], ws.key[:]...)
	b = append(b, of...)
	b = append(b, 0)
	b = append(b, value...)
	h := sha256.Sum256(b)
	return Subject(binary.BigEndian.Uint64(h[:]))
}
