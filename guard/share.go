package guard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"cordon/policy"
)

// Shared is what several Cordons in front of one database have in common, as package share makes it.
type Shared interface {
	Name() string // of this one
	Nodes() int   // how many there are
	Joined() bool // most of them can be reached
	// Update changes the value of a key, by compare and set. change may be called several times; nil leaves the value as it is. The value is forgotten when it has not been changed for keep. An error says that it may or may not have been changed.
	Update(key string, keep time.Duration, change func(old []byte) []byte) error
}

// Several Cordons count a person's window together in one record, in which each has written what it has given, and what it has in lease: rows, bytes and subjects that it may give without asking. A lease is taken, by compare and set, when all that
// the record holds and the lease itself are within the limit: so all together give what the limit says and no more, and a Cordon asks only when its lease is used up. Leases get smaller the nearer the limit is. What is not used goes back after a while.
//
// Of subjects the record has the hashes, so that one whom two Cordons have given counts once.
//
// A Cordon that cannot reach the others gives a fraction of each limit, counted by itself. When it comes back it writes what it has given. One that was killed takes over what the record says it had, lease included.

// leaseIdle is how long a lease is kept that is not used.
const leaseIdle = 3 * time.Second

// maxSharedSubjects is how many subjects of one Cordon a record names. When there are more they count as others than those of all other Cordons.
const maxSharedSubjects = 20_000

// sharing is what a window needs to be counted with others.
type sharing struct {
	asking sync.Mutex // held while the others are asked; taken before account.mu

	// What follows is guarded by account.mu.
	limit   policy.Window // asked for last
	lease   lease
	others  lease                // given by the others, when they were asked last
	foreign map[Subject]struct{} // the subjects of that
	known   bool                 // what the record said of this Cordon when it was read first has been taken over
	untold  bool                 // the record may say less than this Cordon has given
	used    time.Time            // when the lease was
	told    int64                // the part in which the record was written last
}

type lease struct{ rows, bytes, subjects int64 }

// sharedWindows is what Windows need to be counted with others.
type sharedWindows struct {
	with         Shared
	lease, alone int64 // percent of a limit

	mu   sync.Mutex
	tend map[*account]struct{} // guarded by mu: with a lease, or something untold
}

// Share has windows counted together with those of other Cordons. lease is the percentage of a limit that one takes at a time, alone that which holds while the others cannot be reached; key hashes subjects, and is the same for all. It is called before the first use.
func (ws *Windows) Share(with Shared, key [32]byte, lease, alone int) {
	ws.shared = &sharedWindows{with: with, lease: int64(lease), alone: int64(alone), tend: map[*account]struct{}{}}
	ws.key = key
	ws.Retell()
}

// Shared says whether windows are counted together with other Cordons: then counting may wait for them.
func (ws *Windows) Shared() bool { return ws != nil && ws.shared != nil }

// Retell has everything told again that this Cordon has given: the others may have lost it.
func (ws *Windows) Retell() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, a := range ws.accounts {
		a.mu.Lock()
		if a.part != 0 && (!a.used.empty() || len(a.subjects) > 0) {
			a.sharing().untold = true
			a.tendTo()
		}
		a.mu.Unlock()
	}
}

// Tend gives back what is not used, and tells what is untold. It is called every second or so.
func (ws *Windows) Tend(now time.Time) {
	s := ws.shared
	s.mu.Lock()
	list := make([]*account, 0, len(s.tend))
	for a := range s.tend {
		list = append(list, a)
	}
	s.mu.Unlock()
	for _, a := range list {
		if !s.with.Joined() {
			return
		}
		a.mu.Lock()
		x := a.sharing()
		done := x.lease == (lease{}) && !x.untold
		idle := now.Sub(x.used) >= leaseIdle
		if a.part != 0 {
			a.turn(now)
		}
		due := x.untold || x.told != a.newest
		a.mu.Unlock()
		switch {
		case done:
			s.mu.Lock()
			delete(s.tend, a)
			s.mu.Unlock()
		case idle, due:
			a.settle(now, idle)
		}
	}
}

// sharing is made when it is needed first. mu is held.
func (a *account) sharing() *sharing {
	if a.shared == nil {
		a.shared = &sharing{}
	}
	return a.shared
}

// tendTo has Tend look at the window. mu is held.
func (a *account) tendTo() {
	s := a.windows.shared
	s.mu.Lock()
	s.tend[a] = struct{}{}
	s.mu.Unlock()
}

// want is what somebody needs of a window.
type want struct {
	rows, bytes int64
	keys        []Subject
	unknown     int64
}

// take takes something out of the allowance that is shared with others. wait is called before they are asked; it may be nil.
func (a *account) take(now time.Time, limit *policy.Window, w want, wait func()) Reason {
	s := a.windows.shared
	a.mu.Lock()
	a.turn(now)
	x := a.sharing()
	if s.with.Joined() {
		if a.takeLease(now, limit, w) {
			a.mu.Unlock()
			return NotStopped
		}
		a.mu.Unlock()
		if wait != nil {
			wait()
		}
		why, err := a.ask(now, limit, w)
		if err == nil {
			return why
		}
		a.mu.Lock()
		a.turn(now)
	}
	defer a.mu.Unlock()
	scaled := s.scaled(limit)
	if why := a.fits(&scaled, w); why != NotStopped {
		return why
	}
	a.hold(w, false)
	x.untold, x.used = true, now
	a.tendTo()
	return NotStopped
}

// scaled is what of a limit holds without the others: never nothing.
func (s *sharedWindows) scaled(limit *policy.Window) policy.Window {
	part := func(n int64) int64 {
		if n == 0 {
			return 0
		}
		return max(1, n/100*s.alone+n%100*s.alone/100)
	}
	return policy.Window{Rows: part(limit.Rows), Bytes: part(limit.Bytes), Subjects: part(limit.Subjects), Per: limit.Per}
}

// inForce is what of a limit holds now, and which percentage that is; 0 when all of it does.
func (a *account) inForce(limit *policy.Window) (policy.Window, int) {
	s := a.windows.shared
	if s == nil || s.with.Joined() {
		return *limit, 0
	}
	return s.scaled(limit), int(s.alone)
}

// fits says whether there is room for something, as this Cordon counts. mu is held.
func (a *account) fits(limit *policy.Window, w want) Reason {
	switch {
	case limit.Rows > 0 && w.rows > limit.Rows-a.used.rows-a.reserved.rows:
		return WindowRows
	case limit.Bytes > 0 && w.bytes > limit.Bytes-a.used.bytes-a.reserved.bytes:
		return WindowBytes
	case limit.Subjects > 0 && len(w.keys)+int(w.unknown) > 0 && a.more(w, nil) > limit.Subjects-int64(len(a.subjects))-a.used.unknown-a.reserved.unknown:
		return WindowSubjects
	}
	return NotStopped
}

// more is how many subjects would come to those that count. mu is held.
func (a *account) more(w want, foreign map[Subject]struct{}) int64 {
	n := w.unknown
	for _, k := range w.keys {
		if _, counts := a.subjects[k]; counts {
			continue
		}
		if _, counts := foreign[k]; !counts {
			n++
		}
	}
	return n
}

// takeLease takes something out of the lease, if it is there. mu is held.
func (a *account) takeLease(now time.Time, limit *policy.Window, w want) bool {
	x := a.shared
	if x.untold || limit.Rows > 0 && w.rows > x.lease.rows || limit.Bytes > 0 && w.bytes > x.lease.bytes || limit.Subjects > 0 && len(w.keys)+int(w.unknown) > 0 && a.more(w, x.foreign) > x.lease.subjects {
		return false
	}
	if limit.Rows > 0 {
		x.lease.rows -= w.rows
	}
	if limit.Bytes > 0 {
		x.lease.bytes -= w.bytes
	}
	if limit.Subjects > 0 {
		x.lease.subjects -= a.more(w, x.foreign)
	}
	x.limit, x.used = *limit, now
	a.hold(w, true)
	return true
}

// hold notes what is taken. paid says that it was taken out of the lease. mu is held.
func (a *account) hold(w want, paid bool) {
	a.reserved.rows += w.rows
	a.reserved.bytes += w.bytes
	a.reserved.unknown += w.unknown
	if a.subjects == nil && len(w.keys) > 0 {
		a.subjects = make(map[Subject]sighting)
	}
	for _, k := range w.keys {
		t, counts := a.subjects[k]
		if !counts {
			t.part = unseen
			if paid {
				_, foreign := a.shared.foreign[k]
				t.paid = !foreign
			}
		}
		t.holders++
		a.subjects[k] = t
	}
}

// giveLease puts what was not used back into the lease. mu is held.
func (a *account) giveLease(back lease) {
	x := a.shared
	if x == nil || x.untold {
		return // it may never have been part of the lease
	}
	if x.limit.Rows > 0 {
		x.lease.rows += back.rows
	}
	if x.limit.Bytes > 0 {
		x.lease.bytes += back.bytes
	}
	if x.limit.Subjects > 0 {
		x.lease.subjects += back.subjects
	}
}

// ask asks the others for something, and for a lease beside.
func (a *account) ask(now time.Time, limit *policy.Window, w want) (why Reason, err error) {
	s := a.windows.shared
	a.mu.Lock()
	x := a.sharing()
	a.mu.Unlock()
	x.asking.Lock()
	defer x.asking.Unlock()
	a.mu.Lock()
	if a.takeLease(now, limit, w) { // somebody else has just asked
		a.mu.Unlock()
		return NotStopped, nil
	}
	a.mu.Unlock()
	var got lease
	var o others
	var part int64
	err = a.update(limit.Per, func(r *record) bool {
		own := a.tell(now, r)
		o = r.others(s.with.Name(), own.part, own.newest)
		why, got = a.grant(limit, w, &own, &o)
		if why != NotStopped && !x.untold {
			return false
		}
		part = own.newest
		own.lease.rows += got.rows
		own.lease.bytes += got.bytes
		own.lease.subjects += got.subjects
		r.nodes[s.with.Name()] = own
		return true
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		return NotStopped, err
	}
	x.known, x.untold = true, false
	x.others, x.foreign = o.given, o.subjects
	if why != NotStopped {
		return why, nil
	}
	x.told = part
	x.lease.rows += got.rows
	x.lease.bytes += got.bytes
	x.lease.subjects += got.subjects
	a.tendTo()
	if !a.takeLease(now, limit, w) {
		return NotStopped, errors.New("the lease does not hold what was asked for") // cannot be: nobody else takes subjects that are not here
	}
	return NotStopped, nil
}

// settle tells what is untold, and what has become of the lease, so that what others count as a lease is no older than a part. It gives the lease back when that is idle.
func (a *account) settle(now time.Time, idle bool) {
	s := a.windows.shared
	a.mu.Lock()
	x := a.sharing()
	per := time.Duration(windowParts) * a.part
	a.mu.Unlock()
	x.asking.Lock()
	defer x.asking.Unlock()
	var o others
	var told int64
	err := a.update(per, func(r *record) bool {
		if idle {
			x.lease = lease{}
		}
		own := a.tell(now, r)
		told = own.newest
		o = r.others(s.with.Name(), own.part, own.newest)
		r.nodes[s.with.Name()] = own
		return true
	})
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	x.known, x.untold, x.told = true, false, told
	x.others, x.foreign = o.given, o.subjects
}

// update changes the window's record. change has mu; it reports false to leave the record as it is.
func (a *account) update(per time.Duration, change func(*record) bool) error {
	var bad error
	err := a.windows.shared.with.Update(fmt.Sprintf("window\x00%s\x00%s\x00%d", a.key.Person, a.key.Rule, a.key.Window), 2*per+time.Minute, func(old []byte) []byte {
		r, err := decodeRecord(old)
		if bad = err; err != nil {
			return nil
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if !change(r) {
			return nil
		}
		return r.encode()
	})
	return errors.Join(err, bad)
}

// grant says what of a limit is still there for this Cordon: what it needs, and a lease beside. mu is held.
func (a *account) grant(limit *policy.Window, w want, own *nodeRecord, o *others) (why Reason, got lease) {
	s := a.windows.shared
	nodes := int64(max(1, s.with.Nodes()))
	part := func(limit, counted, need int64) (int64, bool) {
		free := limit - counted
		if limit == 0 || need <= 0 && free <= 0 {
			return 0, true
		}
		if need > free {
			return 0, false
		}
		return need + min(max(1, limit/100*s.lease+limit%100*s.lease/100), (free-need)/(2*nodes)), true
	}
	mine := own.sum()
	var ok bool
	if got.rows, ok = part(limit.Rows, mine.rows+own.lease.rows+o.given.rows+o.lease.rows, w.rows-a.shared.lease.rows); !ok {
		return WindowRows, lease{}
	}
	if got.bytes, ok = part(limit.Bytes, mine.bytes+own.lease.bytes+o.given.bytes+o.lease.bytes, w.bytes-a.shared.lease.bytes); !ok {
		return WindowBytes, lease{}
	}
	both := int64(0)
	for k := range o.subjects {
		if _, mine := a.subjects[k]; mine {
			both++
		}
	}
	counted := int64(len(a.subjects)) + mine.subjects + own.lease.subjects + o.given.subjects + o.lease.subjects - both
	need := a.more(w, o.subjects) - a.shared.lease.subjects
	if len(w.keys)+int(w.unknown) == 0 {
		need = 0
	}
	if got.subjects, ok = part(limit.Subjects, counted, need); !ok {
		return WindowSubjects, lease{}
	}
	return NotStopped, lease{max(0, got.rows), max(0, got.bytes), max(0, got.subjects)}
}

// tell is what the record is to say of this Cordon. When the record is read first, what it says is taken over where it is more: this one was killed before it could save that. mu is held.
func (a *account) tell(now time.Time, r *record) nodeRecord {
	a.turn(now)
	x := a.shared
	if was, in := r.nodes[a.windows.shared.with.Name()]; in && !x.known {
		a.takeOver(&was)
	}
	n := nodeRecord{part: int64(a.part), newest: a.newest, lease: lease{a.reserved.rows + x.lease.rows, a.reserved.bytes + x.lease.bytes, a.reserved.unknown + x.lease.subjects}}
	for i := range int64(windowParts + 1) {
		p := a.parts[a.slot(a.newest-i)]
		n.parts[i] = lease{p.rows, p.bytes, p.unknown}
	}
	if len(a.subjects) > maxSharedSubjects {
		n.unnamed = int64(len(a.subjects))
		return n
	}
	n.subjects = make(map[Subject]uint8, len(a.subjects))
	for k, t := range a.subjects {
		age := int64(0)
		if t.part != unseen {
			age = min(max(0, a.newest-t.part), windowParts)
		}
		n.subjects[k] = uint8(age)
	}
	return n
}

func (a *account) takeOver(was *nodeRecord) {
	now := &a.parts[a.slot(a.newest)]
	sum, in := was.within(int64(a.part), a.newest)
	if !in {
		return
	}
	add := func(part, used *int64, more int64) {
		if more > 0 {
			*part += more
			*used += more
			a.change()
		}
	}
	add(&now.rows, &a.used.rows, sum.rows+was.lease.rows-a.used.rows-a.reserved.rows)
	add(&now.bytes, &a.used.bytes, sum.bytes+was.lease.bytes-a.used.bytes-a.reserved.bytes)
	add(&now.unknown, &a.used.unknown, sum.subjects-a.used.unknown-a.reserved.unknown)
	for k, age := range was.subjects {
		part := was.newest - int64(age)
		if _, counts := a.subjects[k]; counts || was.part != int64(a.part) || part < a.newest-windowParts {
			continue
		}
		if a.subjects == nil {
			a.subjects = map[Subject]sighting{}
		}
		part = min(part, a.newest)
		a.subjects[k] = sighting{part: part}
		a.parts[a.slot(part)].seen++
		a.used.seen++
		a.change()
	}
}

// record is what all Cordons have of one window.
type record struct {
	nodes map[string]nodeRecord
}

// nodeRecord is what one Cordon has given, and has in lease or held.
type nodeRecord struct {
	part     int64                  // length
	newest   int64                  // number of the newest
	parts    [windowParts + 1]lease // the newest first; subjects are those that nobody knows
	lease    lease
	subjects map[Subject]uint8 // with the number of parts since
	unnamed  int64             // subjects, when there are too many to name
}

func (n *nodeRecord) sum() (sum lease) {
	for _, p := range n.parts {
		sum.rows += p.rows
		sum.bytes += p.bytes
		sum.subjects += p.subjects
	}
	return sum
}

// within is what has not left a window whose newest part has this number; false when all of it has. With another length of parts, since the policy was changed on one and not yet on the other, all of it counts.
func (n *nodeRecord) within(part, newest int64) (sum lease, in bool) {
	if n.part != part {
		return n.sum(), float64(n.newest+1)*float64(n.part) >= float64(newest-windowParts)*float64(part)
	}
	for i, p := range n.parts {
		if n.newest-int64(i) >= newest-windowParts {
			sum.rows += p.rows
			sum.bytes += p.bytes
			sum.subjects += p.subjects
		}
	}
	return sum, n.newest >= newest-windowParts-leaseParts
}

// leaseParts is for how many parts more than others a lease counts: it may be used until the record is next written, which is once a part and when it can be.
const leaseParts = 2

// others is what all but one have.
type others struct {
	given    lease // subjects: all different ones
	lease    lease
	subjects map[Subject]struct{}
}

func (r *record) others(but string, part, newest int64) (o others) {
	for name, n := range r.nodes {
		if name == but {
			continue
		}
		sum, in := n.within(part, newest)
		if !in {
			delete(r.nodes, name) // all of it has left the window, and its lease with it
			continue
		}
		o.given.rows += sum.rows
		o.given.bytes += sum.bytes
		o.given.subjects += sum.subjects + n.unnamed
		o.lease.rows += n.lease.rows
		o.lease.bytes += n.lease.bytes
		o.lease.subjects += n.lease.subjects
		for k, age := range n.subjects {
			if n.part == part && n.newest-int64(age) < newest-windowParts {
				continue
			}
			if o.subjects == nil {
				o.subjects = map[Subject]struct{}{}
			}
			o.subjects[k] = struct{}{}
		}
	}
	o.given.subjects += int64(len(o.subjects))
	return o
}

const recordVersion = 1

func (r *record) encode() []byte {
	b := []byte{recordVersion}
	number := func(n int64) { b = binary.AppendVarint(b, n) }
	amount := func(l lease) { number(l.rows); number(l.bytes); number(l.subjects) }
	number(int64(len(r.nodes)))
	for name, n := range r.nodes {
		number(int64(len(name)))
		b = append(b, name...)
		number(n.part)
		number(n.newest)
		for _, p := range n.parts {
			amount(p)
		}
		amount(n.lease)
		number(n.unnamed)
		number(int64(len(n.subjects)))
		for k, age := range n.subjects {
			b = append(binary.BigEndian.AppendUint64(b, uint64(k)), age)
		}
	}
	return b
}

var errRecord = errors.New("what the Cordons count together cannot be read: do all run the same version?")

func decodeRecord(b []byte) (*record, error) {
	r := &record{nodes: map[string]nodeRecord{}}
	if len(b) == 0 {
		return r, nil
	}
	if b[0] != recordVersion {
		return nil, errRecord
	}
	b = b[1:]
	failed := false
	number := func() int64 {
		v, n := binary.Varint(b)
		if n <= 0 || v > 1<<60 || v < -1<<60 {
			failed, b = true, nil
			return 0
		}
		b = b[n:]
		return v
	}
	amount := func() lease { return lease{number(), number(), number()} }
	for range min(number(), 1000) {
		size := number()
		if failed || size < 0 || size > int64(len(b)) {
			return nil, errRecord
		}
		name := string(b[:size])
		b = b[size:]
		n := nodeRecord{part: number(), newest: number()}
		for i := range n.parts {
			n.parts[i] = amount()
		}
		n.lease, n.unnamed = amount(), number()
		count := number()
		if failed || n.part <= 0 || count < 0 || count > int64(len(b))/9 {
			return nil, errRecord
		}
		n.subjects = make(map[Subject]uint8, count)
		for range count {
			n.subjects[Subject(binary.BigEndian.Uint64(b))] = b[8]
			b = b[9:]
		}
		r.nodes[name] = n
	}
	if failed || len(b) > 0 {
		return nil, errRecord
	}
	return r, nil
}
