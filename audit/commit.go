package audit

import (
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// append puts a record behind all others: it gets its place in the log, its frame goes to pend, its hash to hashes. form is where an intent's form is recorded, nil for none. Called with mu held, after admit.
func (l *Log) append(s *scratch, form *place, now time.Time) uint64 {
	seq := l.next
	l.next++
	b := l.pend
	start := len(b)
	b = append(b, make([]byte, frameHeader)...)
	b = append(b, `{"seq":`...)
	b = appendUint(b, seq)
	b = append(b, s.leaf[:s.kind]...)
	if form != nil {
		b = append(b, form.ref...)
	}
	b = append(b, s.leaf[s.kind:]...)
	leaf := len(b) - start - frameHeader
	hash, b := l.hasher.leafHash(b, leaf)
	b = append(b, s.blob...)
	frame := b[start:]
	if len(l.hashes) == 0 {
		l.oldest = now
	}
	if l.unsynced.IsZero() {
		l.unsynced = now
	}
	l.hashes = append(l.hashes, hash)
	putFrameHeader(frame, leaf, len(s.blob))
	l.pend = b
	l.stats.bytes += uint64(len(frame))
	return seq
}

// flush writes all that waits to the segment. Called with mu held.
func (l *Log) flush() error {
	if len(l.pend) == 0 {
		return nil
	}
	if l.state == StateFailed || l.state == StateClosed {
		return l.reason
	}
	rest, at := l.pend, l.off
	for len(rest) > 0 {
		n, err := l.seg.WriteAt(rest, at)
		if err == nil && n == 0 {
			err = syscall.EIO
		}
		at += int64(n)
		rest = rest[n:]
		if err != nil && err != syscall.EINTR {
			l.dirty = max(l.dirty, l.off+int64(len(l.pend)))
			l.degrade(StateBroken, err)
			return err
		}
	}
	if l.dirty > at {
		// A write that failed earlier may have left bytes of a longer record here; they would look like a torn one.
		if _, err := l.seg.WriteAt(make([]byte, l.dirty-at), at); err != nil {
			l.degrade(StateBroken, err)
			return err
		}
	}
	l.dirty = 0
	l.off = at
	l.written = l.next
	l.stats.writes++
	if cap(l.pend) > keep {
		l.pend = nil
	} else {
		l.pend = l.pend[:0]
	}
	return nil
}

// undo takes back the last n records, which began at before in pend: they were not written, and their statement will not run.
func (l *Log) undo(r Ref, before, n int) {
	l.stats.bytes -= uint64(len(l.pend) - before)
	l.pend = l.pend[:before]
	l.next -= uint64(n)
	l.hashes = l.hashes[:len(l.hashes)-n]
	if r.slot >= 0 {
		l.release(r.slot)
	}
}

// take notes an intent that has no outcome yet.
func (l *Log) take(r Ref) int32 {
	v := slot{r.seq, r.number, r.session.id}
	if n := len(l.free); n > 0 {
		i := l.free[n-1]
		l.free = l.free[:n-1]
		l.open[i] = v
		return i
	}
	l.open = append(l.open, v)
	return int32(len(l.open) - 1)
}

func (l *Log) release(i int32) {
	l.open[i] = slot{}
	l.free = append(l.free, i)
}

// Waiter is told when what it waits for is on the device; not ok, when that has failed and Await says why.
type Waiter interface{ Told(ok bool) }

// waiting is somebody who waits for the records before upTo.
type waiting struct {
	upTo   uint64
	waiter Waiter
}

// Synced says whether the records that a Ref needs are on the device.
func (l *Log) Synced(needs uint64) bool { return l.synced.Load() >= needs }

// Notify has the waiter told, once, when the records that a Ref needs are on the device, or that has failed. It returns false when there is nothing to wait for any more.
func (l *Log) Notify(needs uint64, w Waiter) bool {
	l.smu.Lock()
	defer l.smu.Unlock()
	if l.synced.Load() >= needs || l.syncErr != nil || l.told {
		return false
	}
	l.waiting = append(l.waiting, waiting{needs, w})
	select {
	case l.commit <- struct{}{}:
	default:
	}
	return true
}

// Await returns when the records that a Ref needs are on the device. On an error what they stand for, which is so many statements, must not be forwarded; the error is that of Intent. durable says that an intent among them was.
func (l *Log) Await(needs uint64, statements int, durable bool) error {
	err := l.sync(needs)
	if err == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var refusal error
	for range max(statements, 1) {
		_, refusal = l.refuse(err, durable)
	}
	return refusal
}

// commits syncs for those that wait to be told, until stop.
func (l *Log) commits() {
	defer l.wg.Done()
	for {
		select {
		case <-l.stop:
			l.tell(false, true)
			return
		case <-l.commit:
		}
		for {
			upTo := uint64(0)
			l.smu.Lock()
			for _, w := range l.waiting {
				upTo = max(upTo, w.upTo)
			}
			l.smu.Unlock()
			if upTo == 0 {
				break
			}
			l.tell(l.sync(upTo) != nil, false)
		}
	}
}

// tell tells those that wait for what is on the device by now; all, when that has failed or nobody can be told later.
func (l *Log) tell(failed, last bool) {
	var ready []waiting
	l.smu.Lock()
	l.told = l.told || last
	rest := l.waiting[:0]
	for _, w := range l.waiting {
		if failed || last || w.upTo <= l.synced.Load() {
			ready = append(ready, w)
		} else {
			rest = append(rest, w)
		}
	}
	clear(l.waiting[len(rest):])
	l.waiting = rest
	l.smu.Unlock()
	for _, w := range ready {
		w.waiter.Told(!failed && !last)
	}
}

// sync returns when the records before upTo are on the device. The first to come writes and syncs for all that have queued; who comes during a sync waits for the next.
func (l *Log) sync(upTo uint64) error {
	l.smu.Lock()
	defer l.smu.Unlock()
	for l.synced.Load() < upTo {
		if l.syncErr != nil {
			return l.syncErr
		}
		if l.syncing {
			l.done.Wait()
			continue
		}
		l.syncing = true
		l.smu.Unlock()
		reached, err, fatal := l.syncAll()
		l.smu.Lock()
		l.syncing = false
		if err == nil {
			l.synced.Store(max(l.synced.Load(), reached))
		} else if fatal {
			l.syncErr = err
		}
		l.done.Broadcast()
		if err != nil {
			return err
		}
	}
	return nil
}

// syncAll writes what waits and forces all files to the device. Only one goroutine is in it at a time. A failed sync is fatal: the kernel may have dropped the pages and report success the next time.
func (l *Log) syncAll() (reached uint64, err error, fatal bool) {
	l.mu.Lock()
	if err := l.flush(); err != nil {
		l.mu.Unlock()
		return 0, err, false
	}
	if l.seg == nil {
		l.mu.Unlock()
		return 0, errClosed, true
	}
	old, cur, newDir := l.retired, l.seg, l.newDir
	l.retired, l.newDir = nil, false
	reached = l.written
	since := l.unsynced
	l.unsynced = time.Time{}
	l.mu.Unlock()

	start := time.Now()
	for _, r := range old {
		if err == nil {
			err = r.file.Truncate(r.used)
		}
		if err == nil {
			err = r.file.Datasync()
		}
		r.file.Close()
	}
	if err == nil {
		err = cur.Datasync()
	}
	if err == nil && newDir {
		err = syncDir(filepath.Join(l.opts.Dir, "segments"))
	}
	l.mu.Lock()
	l.stats.syncs++
	l.stats.syncTime += time.Since(start)
	if err != nil {
		l.unsynced = since
		l.fail(err)
	}
	l.mu.Unlock()
	return reached, err, err != nil
}

func (l *Log) sparePath() string { return filepath.Join(l.opts.Dir, "segments", "spare") }

// rotate makes the spare segment the current one. Called with mu held and a spare at hand.
func (l *Log) rotate() error {
	if err := l.flush(); err != nil {
		return err
	}
	path := filepath.Join(l.opts.Dir, "segments", segmentName(l.next))
	if _, err := l.spare.WriteAt(segmentHead(l.origin, l.next), 0); err != nil {
		l.degrade(StateBroken, err)
		return err
	}
	if err := os.Rename(l.sparePath(), path); err != nil {
		l.degrade(StateBroken, err)
		return err
	}
	before := segmentSeal{Segment: segmentName(l.segFirst), First: l.segFirst, Count: l.next - l.segFirst, Bytes: l.off, Pending: len(l.open) - len(l.free), DEK: l.lastDEK}
	l.retired = append(l.retired, retired{l.seg, l.off})
	l.seg, l.spare = l.spare, nil
	l.segPath, l.segFirst, l.off, l.segSize, l.dirty = path, l.next, segmentHeader, l.opts.SegmentBytes, 0
	l.newDir = true
	l.era.Store(&era{l.dek.Load()})
	l.stats.segments++
	l.system(kindSegment, before)
	var list []pendingIntent
	for _, s := range l.open {
		if s.seq != 0 {
			list = append(list, pendingIntent{s.seq - 1, s.number, s.session})
		}
	}
	l.pending(list)
	select {
	case l.makeSpare <- struct{}{}:
	default:
	}
	return l.flush()
}

// pending records which intents are without outcome where a segment begins, so that recovery need not read the segments before. Called with mu held.
func (l *Log) pending(list []pendingIntent) {
	for len(list) > 0 {
		n := min(len(list), 100)
		l.system(kindPending, list[:n])
		list = list[n:]
	}
}

// segmentSeal is the data of the first record of a segment: what the one before holds, and how many intents are without outcome.
type segmentSeal struct {
	Segment string `json:"segment"`
	First   uint64 `json:"first"`
	Count   uint64 `json:"count"`
	Bytes   int64  `json:"bytes"`
	Pending int    `json:"pending"`
	DEK     string `json:"dek,omitempty"`
}

// pendingIntent is an intent without outcome when a segment begins.
type pendingIntent struct {
	Seq     uint64 `json:"seq"`
	Number  uint64 `json:"stmt"`
	Session string `json:"session"`
}

// system records something of the log itself, without looking for room: there is a reserve for it. Called with mu held.
func (l *Log) system(kind string, data any) {
	s := &l.sys
	now := l.opts.Clock()
	s.begin(now, kind)
	if data != nil {
		j, err := json.Marshal(data)
		if err != nil { // structs of numbers and strings always encode
			j = []byte("null")
		}
		s.leaf = append(s.leaf, `,"data":`...)
		s.leaf = append(s.leaf, j...)
	}
	s.leaf = append(s.leaf, '}')
	l.append(s, nil, now)
	l.stats.events++
}

// spares keeps one segment allocated ahead, until stop.
func (l *Log) spares() {
	defer l.wg.Done()
	retry := time.NewTicker(time.Second)
	defer retry.Stop()
	for {
		l.mu.Lock()
		need := l.spare == nil && l.state != StateFailed
		l.mu.Unlock()
		if need {
			f, err := l.opts.disk.create(l.sparePath(), l.opts.SegmentBytes, l.opts.Fsync == Always)
			l.mu.Lock()
			l.spareErr = err
			if err == nil {
				l.spare = f
				if l.state == StateDraining {
					l.recovered()
				}
			}
			l.room.Broadcast()
			l.mu.Unlock()
		}
		select {
		case <-l.stop:
			return
		case <-l.makeSpare:
		case <-retry.C:
		}
	}
}
