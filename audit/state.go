package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// State is how well the log can be written.
type State uint8

// The states. The zero value is not a working log.
const (
	StateClosed   State = iota
	StateOK             // all is well
	StateLow            // all is recorded, but the disk will be full soon: act now
	StateDraining       // no further segment can be allocated: new statements are refused, outcomes still land in the reserve
	StateBroken         // a write failed: statements are refused, outcomes wait in memory; writing is tried again
	StateFailed         // a sync failed or the folder is gone: nothing more can be recorded until the log is opened again
)

// String returns the word for metrics and messages.
func (s State) String() string {
	switch s {
	case StateOK:
		return "ok"
	case StateLow:
		return "low"
	case StateDraining:
		return "draining"
	case StateBroken:
		return "broken"
	case StateFailed:
		return "failed"
	case StateClosed:
		return "closed"
	default:
		return "closed"
	}
}

// Unavailable is the error of a log that cannot be written: the statement must be refused.
type Unavailable struct {
	State State
	Err   error
}

func (u *Unavailable) Error() string {
	return fmt.Sprintf("the audit log cannot be written (%s: %v), so no statement may run; the operator must act", u.State, u.Err)
}

func (u *Unavailable) Unwrap() error { return u.Err }

// SQLState returns 53100 (disk_full) when the disk is full, 58030 (io_error) for other errors of the disk, and 57P03 (cannot_connect_now) when the log is closed.
func (u *Unavailable) SQLState() string {
	switch {
	case errors.Is(u.Err, syscall.ENOSPC), errors.Is(u.Err, syscall.EDQUOT):
		return "53100"
	case u.State == StateClosed:
		return "57P03"
	default:
		return "58030"
	}
}

var (
	errClosed  = errors.New("the log is closed")
	errBehind  = errors.New("too many records wait for a checkpoint")
	errPending = errors.New("too many statements are without outcome")
	errRemoved = errors.New("the log's segment file was removed or replaced")
	errWaiting = errors.New("the next segment is not allocated in time")
	errTooLong = errors.New("the record is too long")
)

// counters count since Open.
type counters struct {
	intents, outcomes, blocked, events uint64
	refused                            uint64 // statements refused because the log could not be written
	lost                               uint64 // outcomes that could not be kept
	missed                             uint64 // statements that ran unrecorded, by on_failure: allow
	bytes, writes, syncs, segments     uint64
	packed, packedTo                   uint64 // bytes of segments before and after packing
	syncTime                           time.Duration
}

// gap is what ran unrecorded since the log could last be written, and the data of audit.gap.
type gap struct {
	Statements uint64    `json:"statements"`
	Outcomes   uint64    `json:"outcomes"`
	Events     uint64    `json:"events"` // logins, refusals …
	Since      time.Time `json:"since"`
	Reason     string    `json:"reason"`
}

func (g *gap) none() bool { return g.Statements == 0 && g.Outcomes == 0 && g.Events == 0 }

// spareWait is how long a record waits for the allocation of the next segment.
const spareWait = 5 * time.Second

// admit finds room for a record, or says why there is none. reserved is for what ends something begun: it may use the end of the last segment, and wait in memory. Called with mu held; it may release mu
// while it waits. more is what is recorded in front of it, besides.
func (l *Log) admit(s *scratch, more int64, reserved bool) error {
	n := s.size()
	if len(s.leaf)+100 > maxLeaf || n > l.opts.SegmentBytes/4 {
		return errTooLong
	}
	n += more
	deadline := time.Time{}
	for {
		switch l.state {
		case StateOK, StateLow:
		case StateDraining:
			if !reserved {
				return l.reason
			}
		case StateBroken:
			if reserved && int64(len(l.pend))+n <= min(maxPend, l.segSize-l.off) {
				return nil
			}
			return l.reason
		case StateFailed, StateClosed:
			return l.reason
		default:
			return errClosed
		}
		if !reserved {
			if len(l.hashes) >= maxUnsealed {
				return errBehind
			}
			if len(l.open)-len(l.free) >= int(min(maxOpen, l.opts.SegmentBytes/512)) {
				return errPending
			}
		}
		used := l.off + int64(len(l.pend)) + n
		reserve := l.reserve()
		if l.spare == nil && reserved {
			reserve = 0
		}
		if used <= l.segSize-reserve {
			return nil
		}
		if l.spare != nil {
			if err := l.rotate(); err != nil {
				return err
			}
			continue
		}
		if l.spareErr != nil {
			if reserved {
				return l.spareErr
			}
			l.degrade(StateDraining, l.spareErr)
			return l.spareErr
		}
		// The background goroutine is allocating. Wait, but not for ever.
		now := time.Now()
		if deadline.IsZero() {
			deadline = now.Add(spareWait)
			time.AfterFunc(spareWait+10*time.Millisecond, l.room.Broadcast)
		} else if now.After(deadline) {
			return errWaiting
		}
		select {
		case l.makeSpare <- struct{}{}:
		default:
		}
		l.room.Wait()
	}
}

// reserve is what is kept free at the end of a segment: for the log's own records, and for outcomes when there is no next segment.
func (l *Log) reserve() int64 { return min(4<<20, l.opts.SegmentBytes/4) }

// refuse turns the reason why a statement cannot be recorded into what the caller gets. A durable one is refused whatever on_failure says. Called with mu held.
func (l *Log) refuse(err error, durable bool) (Ref, error) {
	if errors.Is(err, errTooLong) {
		l.stats.refused++
		return Ref{}, fmt.Errorf("audit: %w", err)
	}
	state := l.state
	if state == StateOK || state == StateLow {
		state = StateBroken
	}
	if !durable && l.allows(err) {
		l.missed.Statements++
		l.stats.missed++
		return Ref{missed: true}, nil
	}
	l.stats.refused++
	l.refusedNow++
	return Ref{}, &Unavailable{State: state, Err: err}
}

// refuseEvent is refuse of what is no statement that runs. Called with mu held.
func (l *Log) refuseEvent(err error) error {
	if !errors.Is(err, errTooLong) && l.allows(err) {
		l.missed.Events++
		return nil
	}
	_, err = l.refuse(err, true)
	return err
}

// allows reports whether what cannot be recorded goes on all the same, and notes why. Called with mu held.
func (l *Log) allows(err error) bool {
	if l.opts.OnFailure != AllowAndCount || l.state == StateClosed {
		return false
	}
	l.miss(err.Error())
	return true
}

// miss notes since when and why something is not recorded. Called with mu held.
func (l *Log) miss(why string) {
	if l.missed.none() {
		l.missed.Since, l.missed.Reason = l.opts.Clock().UTC(), cut(why, maxReason)
	}
}

// degrade notes that the log cannot be written, unless it is worse off already. Called with mu held.
func (l *Log) degrade(s State, err error) {
	if s <= l.state || l.state == StateClosed {
		return
	}
	if l.state <= StateLow {
		l.since = l.opts.Clock()
	}
	l.state, l.reason = s, err
	l.room.Broadcast()
}

// fail ends the writing of this log for good. Called with mu held.
func (l *Log) fail(err error) { l.degrade(StateFailed, err) }

// recovered notes that the log can be written again, and records for how long it could not. Called with mu held.
func (l *Log) recovered() {
	was, why, since := l.state, l.reason, l.since
	l.state, l.reason = StateOK, nil
	l.system(kindResumed, struct {
		From    string    `json:"from"`
		Reason  string    `json:"reason"`
		Since   time.Time `json:"since"`
		Refused uint64    `json:"refused,omitempty"`
	}{was.String(), cut(fmt.Sprint(why), maxReason), since.UTC(), l.refusedNow})
	l.refusedNow = 0
	l.reportGap()
}

// reportGap records what ran unrecorded. Called with mu held.
func (l *Log) reportGap() {
	if l.missed.none() {
		return
	}
	l.system(kindGap, l.missed)
	l.missed = gap{}
}

// gapPath is the file that keeps what ran unrecorded until the log can say it, over the end of the process too.
func (l *Log) gapPath() string { return filepath.Join(l.opts.Dir, "gap") }

// noteGap brings that file up to date, as well as the disk allows: the program's log and its metrics tell of the gap, too. Called by the background goroutine, and after it has ended.
func (l *Log) noteGap() {
	l.mu.Lock()
	missed := l.missed
	upTo := l.next
	l.mu.Unlock()
	if missed == l.noted {
		return
	}
	if missed.none() {
		if l.sync(upTo) != nil {
			return // its record is not on the device yet
		}
		if err := os.Remove(l.gapPath()); err == nil || errors.Is(err, fs.ErrNotExist) {
			l.noted = missed
		}
		return
	}
	if j, err := json.Marshal(missed); err == nil && writeReplace(l.gapPath(), j, 0o640) == nil {
		l.noted = missed
	}
}

// readGap finds what the process before could not say.
func (l *Log) readGap() error {
	b, err := readSmall(l.gapPath(), 64<<10)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &l.missed); err != nil || l.missed.none() {
		l.missed = gap{Events: 1, Since: l.opts.Clock().UTC(), Reason: "the file gap, which counts what ran unrecorded, cannot be read"}
	}
	l.noted = l.missed
	return nil
}

// inspect looks after the state: it tries again what failed, and looks whether the folder is still there and how full the disk is. Called by the background goroutine.
func (l *Log) inspect() {
	free, total, ferr := l.opts.disk.free(l.opts.Dir)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seg == nil || l.state == StateFailed || l.state == StateClosed {
		return
	}
	if info, err := os.Stat(l.segPath); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = errRemoved
		}
		l.fail(fmt.Errorf("%s: %w", l.segPath, err))
		return
	} else if mine, err := l.seg.Stat(); err != nil || !os.SameFile(info, mine) {
		l.fail(fmt.Errorf("%s: %w", l.segPath, errRemoved))
		return
	}
	if l.state == StateBroken {
		l.state = StateOK // flush looks at nothing but Failed; degrade puts Broken back
		since, reason := l.since, l.reason
		if err := l.flush(); err != nil {
			l.since = since
			return
		}
		l.state, l.reason, l.since = StateBroken, reason, since
		l.recovered()
	}
	if ferr != nil {
		return
	}
	low := free < uint64(4*l.opts.SegmentBytes) || free < total/50
	switch {
	case low && l.state == StateOK:
		l.since = l.opts.Clock()
		l.state, l.reason = StateLow, fmt.Errorf("only %d MB are free on the disk of %s", free>>20, l.opts.Dir)
		l.system(kindDegraded, struct {
			To     string `json:"to"`
			Reason string `json:"reason"`
		}{StateLow.String(), l.reason.Error()})
	case !low && l.state == StateLow:
		l.recovered()
	}
	if !l.missed.none() && (l.state == StateOK || l.state == StateLow) {
		l.reportGap()
	}
}

// run is the background goroutine: it writes outcomes that wait, syncs, seals and inspects, until stop.
func (l *Log) run() {
	defer l.wg.Done()
	tick := time.NewTicker(min(l.opts.Interval, l.opts.Checkpoint, 100*time.Millisecond))
	defer tick.Stop()
	lastSync, lastSeal := time.Now(), time.Now()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		now := time.Now()
		l.inspect()
		l.noteGap()
		l.renewDEK()
		if l.opts.Fsync == Interval && now.Sub(lastSync) >= l.opts.Interval {
			lastSync = now
			if upTo := l.unsyncedUpTo(); upTo > 0 {
				l.sync(upTo) // an error shows as the log's state
			}
		} else {
			l.mu.Lock()
			l.flush()
			l.mu.Unlock()
		}
		if now.Sub(lastSeal) >= l.opts.Checkpoint {
			lastSeal = now
			l.beat(now)
			var failure *error
			if err := l.checkpoint(); err != nil {
				failure = &err
			}
			l.sealErr.Store(failure)
		}
	}
}

// unsyncedUpTo returns the number of records when not all of them are on the device, else 0.
func (l *Log) unsyncedUpTo() uint64 {
	l.mu.Lock()
	next := l.next
	l.mu.Unlock()
	if next > l.synced.Load() {
		return next
	}
	return 0
}

// beat records that the log lives, once each Options.Heartbeat.
func (l *Log) beat(now time.Time) {
	if now.Sub(l.lastBeat) < l.opts.Heartbeat {
		return
	}
	l.lastBeat = now
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state != StateOK && l.state != StateLow {
		return
	}
	l.system(kindHeartbeat, struct {
		Intents  uint64 `json:"intents"`
		Outcomes uint64 `json:"outcomes"`
		Blocked  uint64 `json:"blocked"`
		Pending  int    `json:"pending"`
		Refused  uint64 `json:"refused"`
		Lost     uint64 `json:"lost"`
		Missed   uint64 `json:"missed"`
	}{l.stats.intents, l.stats.outcomes, l.stats.blocked, len(l.open) - len(l.free), l.stats.refused, l.stats.lost, l.stats.missed})
}

// renewDEK changes to the key of a new day.
func (l *Log) renewDEK() {
	now := l.opts.Clock()
	d := l.dek.Load()
	if d.day == now.UTC().Format(time.DateOnly) || now.UTC().Format(time.DateOnly) < d.day {
		return
	}
	l.mu.Lock()
	usable := l.state == StateOK || l.state == StateLow
	last := l.lastDEK
	l.mu.Unlock()
	if !usable {
		return
	}
	d, made, check, err := openDEK(l.opts.Dir, now, last)
	if err != nil {
		return // yesterday's key serves on, and the next tick tries again
	}
	l.mu.Lock()
	l.noteDEK(d, made, check)
	l.dek.Store(d)
	l.era.Store(&era{d}) // forms are recorded again under the new key, so that the old one can be destroyed
	l.mu.Unlock()
}

// noteDEK records a new key. Called with mu held.
func (l *Log) noteDEK(d *dek, made bool, check []byte) {
	if made || dekAfter(d.id, l.lastDEK) {
		l.system(kindDEKCreate, struct {
			Key   string `json:"key"`
			Check string `json:"check"`
		}{d.id, string(appendHash(nil, check))})
	}
	l.lastDEK = d.id
}

// checkpoint signs the tree over all that is recorded. Nothing is signed that is not on the device: after a power failure the log must hold what was signed.
func (l *Log) checkpoint() error {
	l.sealMu.Lock()
	defer l.sealMu.Unlock()
	l.mu.Lock()
	if err := l.flush(); err != nil {
		l.mu.Unlock()
		return err
	}
	leaves := l.hashes[:l.written-l.tree.size]
	upTo := l.written
	l.mu.Unlock()
	if len(leaves) == 0 {
		return nil
	}
	if err := l.sync(upTo); err != nil {
		return err
	}
	grown, err := l.tree.grow(&l.packs, leaves)
	if err != nil {
		return err
	}
	c := Checkpoint{Origin: l.origin, Size: grown.size, Root: grown.root()}
	msg, err := l.sign(c)
	if err != nil {
		return err
	}
	if err := appendHistory(l.opts.Dir, l.opts.Clock().UTC().Format(time.DateOnly), msg); err != nil {
		return err
	}
	l.mu.Lock()
	rest := len(l.hashes) - len(leaves)
	copy(l.hashes, l.hashes[len(leaves):])
	l.hashes = l.hashes[:rest]
	if cap(l.hashes) > 1<<16 && rest < cap(l.hashes)/8 {
		l.hashes = append(make([]tlog.Hash, 0, 2*rest), l.hashes...)
	}
	l.oldest = l.opts.Clock()
	l.mu.Unlock()
	l.tree = grown
	l.sealed.Store(grown.size)
	return writeReplace(filepath.Join(l.opts.Dir, "checkpoint"), msg, 0o640)
}

// Stats is the log's state for metrics. Counts are since Open.
type Stats struct {
	State   State
	Reason  string // why State is not ok
	Allow   bool   // statements run unrecorded when the log cannot be written, by on_failure: allow
	Size    uint64 // records in the log
	Sealed  uint64 // of them covered by a checkpoint
	Pending int    // intents without outcome

	Intents, Outcomes, Blocked, Events uint64
	Refused                            uint64 // statements refused because the log could not be written
	Missed                             uint64 // statements that ran unrecorded, by on_failure: allow
	Lost                               uint64 // outcomes that could not be kept; recovery writes unknown ones

	Bytes, Writes, Syncs, Segments uint64
	SyncTime                       time.Duration // spent in all syncs
	SyncLag                        time.Duration // age of the oldest record that is not on the device
	SealLag                        time.Duration // age of the oldest record that no checkpoint covers
	SealError                      string        // why the last checkpoint failed, "" when it did not
	Packed, PackedTo               uint64        // bytes of segments before and after packing
	WitnessError                   string        // why a witness has not signed the newest checkpoint, "" when all have
	KeepError                      string        // why retention could not do its work, "" when it could
}

// Stats returns the log's state.
func (l *Log) Stats() Stats {
	now := l.opts.Clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Stats{State: l.state, Allow: l.opts.OnFailure == AllowAndCount, Size: l.next, Sealed: l.sealed.Load(), Pending: len(l.open) - len(l.free),
		Intents: l.stats.intents, Outcomes: l.stats.outcomes, Blocked: l.stats.blocked, Events: l.stats.events, Refused: l.stats.refused, Missed: l.stats.missed, Lost: l.stats.lost,
		Bytes: l.stats.bytes, Writes: l.stats.writes, Syncs: l.stats.syncs, Segments: l.stats.segments, SyncTime: l.stats.syncTime}
	if l.reason != nil {
		s.Reason = l.reason.Error()
	}
	if !l.unsynced.IsZero() {
		s.SyncLag = max(now.Sub(l.unsynced), 0)
	}
	if s.Sealed < s.Size {
		s.SealLag = max(now.Sub(l.oldest), 0)
	}
	if e := l.sealErr.Load(); e != nil {
		s.SealError = (*e).Error()
	}
	s.Packed, s.PackedTo = l.stats.packed, l.stats.packedTo
	for _, w := range l.submitters {
		if e := w.err.Load(); e != nil {
			s.WitnessError = (*e).Error()
		}
	}
	if e := l.keepErr.Load(); e != nil {
		s.KeepError = (*e).Error()
	}
	return s
}
