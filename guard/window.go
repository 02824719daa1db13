package guard

import (
	"sync"
	"time"

	"cordon/policy"
)

// windowParts is into how many parts a window is cut. A row leaves the count when the part that it falls into has left the window whole: never too early,
// and at most one part (a sixtieth: a minute of an hour) too late.
const windowParts = 60

// DefaultWindows is how many windows are kept at the same time, where nothing else is configured: at about 1 kB each.
const DefaultWindows = 100_000

// Key names a window: what one person gets by one rule.
type Key struct {
	Person, Rule string
	Window       int // its place in the rule's list
}

// Windows hold what each person got by each rule within its window. They are safe for concurrent use.
//
// A window that is in use, or whose count is not down to zero, is never forgotten: that would give the person the allowance again. When all are in that state
// and one more is needed, the execution that needs it is stopped.
type Windows struct {
	max    int
	key    [32]byte       // of the hashes of subjects
	shared *sharedWindows // nil: no other Cordon counts with this one

	mu       sync.Mutex // guards accounts and sweepAt, and users of every account
	accounts map[Key]*account
	sweepAt  int // sweep when there are so many

	changedMu sync.Mutex // guards changed
	changed   []*account // since they were last saved; only where somebody saves
	saves     bool       // set before the first use
}

// NewWindows has room for so many windows; 0 means DefaultWindows.
func NewWindows(most int) *Windows {
	if most <= 0 {
		most = DefaultWindows
	}
	return &Windows{max: most, key: newKey(), accounts: make(map[Key]*account), sweepAt: min(most, 1024)}
}

// Len is how many windows are kept.
func (ws *Windows) Len() int {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return len(ws.accounts)
}

// idle says that the window counts nothing any more.
func (a *account) idle(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(now)
	return a.used.empty() && a.reserved.empty() && len(a.subjects) == 0 && (a.shared == nil || a.shared.lease == lease{} && !a.shared.untold)
}

// Used is what a window counts at this moment: given to the client, and reserved for executions under way.
func (ws *Windows) Used(now time.Time, k Key) (rows, bytes int64) {
	ws.mu.Lock()
	a := ws.accounts[k]
	ws.mu.Unlock()
	if a == nil {
		return 0, 0
	}
	rows, bytes, _ = a.usage(now)
	return rows, bytes
}

// open finds or makes a window, for one more user; nil when there is no room.
func (ws *Windows) open(now time.Time, k Key, per time.Duration) *account {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	a := ws.accounts[k]
	if a == nil {
		if len(ws.accounts) >= ws.sweepAt {
			ws.sweep(now)
		}
		if len(ws.accounts) >= ws.max {
			return nil
		}
		a = &account{windows: ws, key: k}
		ws.accounts[k] = a
	}
	a.users++
	a.fit(now, per)
	return a
}

// sweep forgets the windows that count nothing. The next sweep comes when the map has doubled, so that the cost of one is spread.
func (ws *Windows) sweep(now time.Time) {
	for k, a := range ws.accounts {
		if a.users == 0 {
			if a.idle(now) {
				delete(ws.accounts, k)
			}
		}
	}
	ws.sweepAt = min(ws.max, max(1024, 2*len(ws.accounts)))
}

// account is one window.
type account struct {
	windows *Windows
	key     Key
	users   int // guarded by windows.mu

	mu       sync.Mutex // guards what follows
	part     time.Duration
	newest   int64 // number of the newest part since 1970
	parts    [windowParts + 1]amount
	used     amount // sum of parts
	reserved amount // held, or announced by AtMost
	subjects map[Subject]sighting
	changed  bool // since it was last saved
	shared   *sharing
}

// amount is what one part of a window counts.
type amount struct {
	rows, bytes int64
	unknown     int64 // rows without a subject's key, each of which may be another's
	seen        int64 // subjects that were seen last in this part
}

func (a amount) empty() bool { return a == amount{} }

func (a *account) close() {
	a.windows.mu.Lock()
	a.users--
	a.windows.mu.Unlock()
}

// fit makes the window cover per. When a new policy changes the span, all that was counted is taken as counted now: too much rather than too little.
func (a *account) fit(now time.Time, per time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	part := max(1, (per+windowParts-1)/windowParts)
	if a.part == part {
		return
	}
	if a.part != 0 {
		a.turn(now)
	}
	a.part, a.newest = part, now.UnixNano()/int64(part)
	a.parts = [windowParts + 1]amount{}
	a.parts[a.slot(a.newest)] = a.used
	for s, t := range a.subjects {
		if t.part != unseen {
			t.part = a.newest
			a.subjects[s] = t
		}
	}
}

// turn drops the parts that have left the window. A clock that goes back turns nothing.
func (a *account) turn(now time.Time) {
	n := now.UnixNano() / int64(a.part)
	if n <= a.newest {
		return
	}
	if n-a.newest > windowParts {
		a.parts = [windowParts + 1]amount{}
		forget := a.used.seen > 0
		a.used = amount{}
		a.newest = n
		if forget {
			a.forgetSubjects()
		}
		return
	}
	forget := false
	for i := a.newest + 1; i <= n; i++ {
		p := &a.parts[a.slot(i)]
		a.used.rows -= p.rows
		a.used.bytes -= p.bytes
		a.used.unknown -= p.unknown
		a.used.seen -= p.seen
		forget = forget || p.seen > 0
		*p = amount{}
	}
	a.newest = n
	if forget {
		a.forgetSubjects()
	}
}

func (a *account) slot(n int64) int64 {
	return (n%(windowParts+1) + windowParts + 1) % (windowParts + 1)
}

// reserve takes rows and bytes out of the allowance, if they are there. wait is called before other Cordons are asked for some; it may be nil.
func (a *account) reserve(now time.Time, limit *policy.Window, rows, bytes int64, wait func()) Reason {
	if a.windows.shared != nil && (limit.Rows > 0 || limit.Bytes > 0) {
		return a.take(now, limit, want{rows: rows, bytes: bytes}, wait)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(now)
	if limit.Rows > 0 && rows > limit.Rows-a.used.rows-a.reserved.rows {
		return WindowRows
	}
	if limit.Bytes > 0 && bytes > limit.Bytes-a.used.bytes-a.reserved.bytes {
		return WindowBytes
	}
	a.reserved.rows += rows
	a.reserved.bytes += bytes
	return NotStopped
}

// reserveBytes adds the bytes of a row that AtMost reserved before its size was known.
func (a *account) reserveBytes(bytes int64) {
	a.mu.Lock()
	a.reserved.bytes += bytes
	a.mu.Unlock()
}

// commit turns a reservation into rows that the client got now.
func (a *account) commit(now time.Time, rows, bytes int64) {
	if rows == 0 && bytes == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(now)
	a.reserved.rows -= rows
	a.reserved.bytes -= bytes
	p := &a.parts[a.slot(a.newest)]
	p.rows += rows
	p.bytes += bytes
	a.used.rows += rows
	a.used.bytes += bytes
	a.change()
}

// giveBack ends a reservation: nobody got the rows.
func (a *account) giveBack(rows, bytes int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reserved.rows -= rows
	a.reserved.bytes -= bytes
	a.giveLease(lease{rows: rows, bytes: bytes})
}

// usage is what the window counts, reservations and what other Cordons have given included, and when the next of it leaves; the zero time when nothing will.
func (a *account) usage(now time.Time) (rows, bytes int64, again time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(now)
	rows, bytes = a.used.rows+a.reserved.rows, a.used.bytes+a.reserved.bytes
	if a.shared != nil {
		rows, bytes = rows+a.shared.others.rows, bytes+a.shared.others.bytes
	}
	return rows, bytes, a.leaves()
}

// leaves is when the oldest of what the window counts leaves it; the zero time when it counts nothing. mu is held.
func (a *account) leaves() time.Time {
	for i := a.newest - windowParts; i <= a.newest; i++ {
		if !a.parts[a.slot(i)].empty() {
			return time.Unix(0, (i+windowParts+1)*int64(a.part)).UTC()
		}
	}
	return time.Time{}
}
