package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Retention says what becomes of the log as it ages. The zero value keeps everything as it was written.
type Retention struct {
	PackAfter time.Duration // closed segments are packed when they are so old; 0 for never
	Texts     time.Duration // keys of days that are so long over are destroyed, so that statement texts and parameters cannot be read any more; 0 for never
	Records   time.Duration // whole segments are dropped when all of their records are so old; 0 for never
	Less      bool          // allow Texts and Records below MinRetention
}

// MinRetention is the shortest time that records and texts are kept without Retention.Less: Chinese law asks for six months, which have up to 184 days.
const MinRetention = 190 * 24 * time.Hour

func (r Retention) check() error {
	for _, d := range []time.Duration{r.Texts, r.Records} {
		if d < 0 || d > 0 && d < MinRetention && !r.Less {
			return fmt.Errorf("audit: records and texts are kept for at least %d days, for the law asks for six months; to keep them for %s only, this must be asked for by name", MinRetention/(24*time.Hour), d)
		}
	}
	if r.Records > 0 && r.Texts > r.Records {
		return errors.New("audit: texts cannot be kept longer than the records that they belong to")
	}
	return nil
}

// Records that retention leaves.
const (
	kindPrune      = "segment.prune" // records before a number are dropped from now on
	kindDEKDestroy = "dek.destroy"   // a day's key is destroyed
	kindHold       = "retention.hold"
	kindSkew       = "retention.skipped"
)

// keepEvery is how often the log looks for what has become too old.
const keepEvery = time.Hour

// maxSkew is how far the clock may have moved against the time that the process has run before nothing is dropped: a clock that was set a year ahead for a minute would drop a year.
const maxSkew = time.Hour

// keeper does what Retention says, beside the writing of the log.
type keeper struct {
	holds   string // names of those in force, as last recorded
	skipped bool   // that the clock moved is recorded
	started time.Time
	wall    time.Time
}

// keep is the background goroutine of retention, until stop.
func (l *Log) keep() {
	defer l.wg.Done()
	tick := time.NewTicker(min(keepEvery, max(l.opts.Retention.PackAfter, time.Minute)))
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		var failure *error
		if err := l.Retain(); err != nil && !errors.Is(err, errStopped) {
			failure = &err
		}
		l.keepErr.Store(failure)
	}
}

// stopped reports whether the log is being closed.
func (l *Log) stopped() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

// Retain does now what Options.Retention says: packs closed segments, destroys the keys of days that are over, and drops segments. What is dropped or destroyed is recorded, synced and sealed first. It is called each hour while the log
// is open.
func (l *Log) Retain() error {
	l.keepMu.Lock()
	defer l.keepMu.Unlock()
	if err := l.finishPrune(); err != nil {
		return fmt.Errorf("audit: drop what retention has dropped: %w", err)
	}
	r := l.opts.Retention
	now := l.opts.Clock()
	if r.Texts > 0 || r.Records > 0 {
		drop, holds, err := l.mayDrop(now)
		if err != nil {
			return fmt.Errorf("audit: retention: %w", err)
		}
		if drop {
			if err := l.destroyKeys(now, holds); err != nil {
				return fmt.Errorf("audit: destroy a day's key: %w", err)
			}
			if err := l.prune(now, holds); err != nil {
				return fmt.Errorf("audit: drop old segments: %w", err)
			}
		}
	}
	if r.PackAfter > 0 {
		if err := l.pack(); err != nil {
			return fmt.Errorf("audit: pack a segment: %w", err)
		}
	}
	return nil
}

// mayDrop reads the holds, records what changed of them, and says whether the clock is to be believed.
func (l *Log) mayDrop(now time.Time) (bool, []Hold, error) {
	holds, err := Holds(l.opts.Dir)
	if err != nil {
		return false, nil, err // a hold that nobody can read holds everything
	}
	names, err := json.Marshal(holds)
	if err != nil {
		return false, nil, err
	}
	if s := string(names); s != l.keeper.holds && (l.keeper.holds != "" || len(holds) > 0) {
		if err := l.note(kindHold, map[string]any{"holds": holds}); err != nil {
			return false, nil, err
		}
		l.keeper.holds = s
	}
	ran, passed := time.Since(l.keeper.started), now.Sub(l.keeper.wall)
	if skew := passed - ran; skew > maxSkew || skew < -maxSkew {
		if !l.keeper.skipped {
			l.keeper.skipped = true
			return false, holds, l.note(kindSkew, map[string]any{"reason": "the clock has moved, so nothing is dropped until the next start", "seconds": int64(skew.Seconds())})
		}
		return false, holds, nil
	}
	return true, holds, nil
}

// note records something of the log itself, on the device when it returns.
func (l *Log) note(kind string, data any) error {
	j, err := json.Marshal(data)
	if err != nil {
		return err
	}
	s := l.pool.Get().(*scratch)
	now := l.opts.Clock()
	s.begin(now, kind)
	s.leaf = append(s.leaf, `,"data":`...)
	s.leaf = append(s.leaf, j...)
	s.leaf = append(s.leaf, '}')
	if err := l.record(s, now, false, true, &l.stats.events); err != nil {
		return err
	}
	return l.checkpoint()
}

// settled returns the segments that are written in full, synced and sealed, oldest first; next is the number of the first record behind them.
func (l *Log) settled() (list []segmentInfo, next uint64, err error) {
	l.mu.Lock()
	cur := l.segFirst
	l.mu.Unlock()
	// What is before the current segment now is cut to its length, synced and sealed when this returns.
	if err := l.checkpoint(); err != nil {
		return nil, 0, err
	}
	segs, err := listSegments(l.opts.Dir)
	if err != nil {
		return nil, 0, err
	}
	for _, s := range segs {
		if s.first < cur {
			list = append(list, s)
		}
	}
	return list, cur, nil
}

// pack packs what is old enough, one after the other, with pauses that leave the processor to statements.
func (l *Log) pack() error {
	segs, _, err := l.settled()
	if err != nil {
		return err
	}
	for _, s := range segs {
		if strings.HasSuffix(s.path, packedEnd) {
			continue
		}
		info, err := os.Stat(s.path)
		if err != nil {
			return err
		}
		if time.Since(info.ModTime()) < l.opts.Retention.PackAfter {
			continue
		}
		begun := time.Now()
		pause := func() bool {
			select {
			case <-l.stop:
				return true
			case <-time.After(4 * time.Since(begun)): // a fifth of one processor
			}
			begun = time.Now()
			return false
		}
		before, after, err := packSegment(s.path, pause)
		if err != nil {
			return err
		}
		if before == 0 {
			return errStopped
		}
		l.mu.Lock()
		l.stats.packed, l.stats.packedTo = l.stats.packed+uint64(before), l.stats.packedTo+uint64(after)
		l.mu.Unlock()
	}
	return nil
}

// destroyKeys destroys the keys of days that were over long enough ago. Their hashes stay, so every proof stays.
func (l *Log) destroyKeys(now time.Time, holds []Hold) error {
	if l.opts.Retention.Texts == 0 {
		return nil
	}
	entries, err := os.ReadDir(filepath.Join(l.opts.Dir, "keys"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), ".key")
		if !ok || !validDEK(id) || id == l.dek.Load().id {
			continue
		}
		day, err := time.Parse(time.DateOnly, id[:10])
		if err != nil {
			return err
		}
		end := day.AddDate(0, 0, 1)
		if now.Sub(end) < l.opts.Retention.Texts || held(holds, day, end) {
			continue
		}
		if err := l.note(kindDEKDestroy, map[string]any{"key": id, "reason": "retention of texts: " + days(l.opts.Retention.Texts)}); err != nil {
			return err
		}
		if err := destroyKey(filepath.Join(l.opts.Dir, "keys", e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// destroyKey overwrites a key before it is removed. What the device keeps of old blocks is the device's.
func destroyKey(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt(make([]byte, info.Size()), 0)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func days(d time.Duration) string { return fmt.Sprintf("%d days", d/(24*time.Hour)) }

// pruned is the file of the same name: what may be missing at the beginning of the log, and the record that says so.
type pruned struct {
	Before uint64 `json:"before"` // records below this number may be missing
	Record uint64 `json:"record"` // the segment.prune that says so
}

// pruneRecord is the data of segment.prune.
type pruneRecord struct {
	Before   uint64    `json:"before"`
	Segments int       `json:"segments"`
	Records  uint64    `json:"records"`
	From     time.Time `json:"from"` // time of the first record dropped
	To       time.Time `json:"to"`   // of the first one kept
	Reason   string    `json:"reason"`
}

func readPruned(dir string) (p pruned, found bool, err error) {
	b, err := readSmall(filepath.Join(dir, "pruned"), 4096)
	if errors.Is(err, fs.ErrNotExist) {
		return p, false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return p, false, fmt.Errorf("the file pruned cannot be read: %w", err)
	}
	return p, true, nil
}

// prune drops the oldest segments. The order makes it safe to die at any moment: first a record says what goes, synced and sealed, then the file pruned, then the files.
func (l *Log) prune(now time.Time, holds []Hold) error {
	if l.opts.Retention.Records == 0 {
		return nil
	}
	segs, next, err := l.settled()
	if err != nil || len(segs) == 0 {
		return err
	}
	var p pruneRecord
	for i, s := range segs {
		end := next
		if i+1 < len(segs) {
			end = segs[i+1].first
		}
		from, err := l.firstTime(s.first)
		if err != nil {
			return err
		}
		to, err := l.firstTime(end)
		if err != nil {
			return err
		}
		if now.Sub(to) < l.opts.Retention.Records || held(holds, from, to) {
			break
		}
		if p.Segments == 0 {
			p.From = from
		}
		p.Before, p.To, p.Segments, p.Records = end, to, p.Segments+1, p.Records+end-s.first
	}
	if p.Segments == 0 {
		return nil
	}
	p.Reason = "retention of records: " + days(l.opts.Retention.Records)
	l.mu.Lock()
	at := l.next // a lower bound: others may record at the same time
	l.mu.Unlock()
	if err := l.note(kindPrune, p); err != nil {
		return err
	}
	record, err := l.findPrune(at, p.Before)
	if err != nil {
		return err
	}
	b, err := json.Marshal(pruned{p.Before, record})
	if err != nil {
		return err
	}
	path := filepath.Join(l.opts.Dir, "pruned")
	if err := writeReplace(path, append(b, '\n'), 0o640); err != nil {
		return err
	}
	if err := errors.Join(syncFile(path), syncDir(l.opts.Dir)); err != nil {
		return err
	}
	return l.finishPrune()
}

// firstTime returns the time of a segment's first record.
func (l *Log) firstTime(first uint64) (time.Time, error) {
	r, err := OpenReaderAt(l.opts.Dir, first, segmentHeader, first)
	if err != nil {
		return time.Time{}, err
	}
	defer r.Close()
	rec, err := r.Next()
	if err != nil {
		return time.Time{}, err
	}
	return rec.Time, nil
}

// findPrune finds the segment.prune that was just recorded.
func (l *Log) findPrune(from, before uint64) (uint64, error) {
	r, err := OpenReader(l.opts.Dir, from)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for {
		rec, err := r.Next()
		if err != nil {
			return 0, err
		}
		if p, ok := pruneOf(rec); ok && p.Before == before {
			return rec.Seq, nil
		}
	}
}

// pruneOf reads a segment.prune.
func pruneOf(rec *Record) (p pruneRecord, ok bool) {
	return p, rec.Kind == kindPrune && json.Unmarshal(rec.Data, &p) == nil
}

// finishPrune removes the files of what is dropped; also of what a process that died had begun to drop. The rules are those of pruning in C2SP tlog-tiles: what ends at or below the minimum may go, so that every record that is kept can
// still be proved.
func (l *Log) finishPrune() error {
	dir := l.opts.Dir
	p, found, err := readPruned(dir)
	if err != nil || !found {
		return err
	}
	segs, err := listSegments(dir)
	if err != nil {
		return err
	}
	gone := false
	for i, s := range segs { // oldest first, so that what is left is always the end of the log
		if i+1 == len(segs) || segs[i+1].first > p.Before {
			break
		}
		raw := strings.TrimSuffix(s.path, packedEnd)
		for _, path := range []string{raw, raw + packedEnd} {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		gone = true
	}
	if gone {
		if err := syncDir(filepath.Join(dir, "segments")); err != nil {
			return err
		}
	}
	for level := range 8 {
		folder := filepath.Join(dir, filepath.Dir(packPath(level, 0)))
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		for _, e := range entries {
			var n uint64
			if _, err := fmt.Sscanf(e.Name(), "%d", &n); err != nil || (n+1)*packWidth > p.Before>>(8*level) {
				continue
			}
			if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// A Hold keeps what is about a time from being dropped, whatever retention says: a lawsuit, an investigation.
type Hold struct {
	Name   string    `json:"name"`
	From   time.Time `json:"from"`  // zero: from the beginning
	Until  time.Time `json:"until"` // zero: without end
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	Made   time.Time `json:"made"`
}

// held reports whether a hold is about any moment of a time.
func held(holds []Hold, from, to time.Time) bool {
	return slices.ContainsFunc(holds, func(h Hold) bool {
		return (h.Until.IsZero() || h.Until.After(from)) && (h.From.IsZero() || !h.From.After(to))
	})
}

func holdPath(dir, name string) (string, error) {
	if name == "" || len(name) > 100 || strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}) {
		return "", fmt.Errorf("audit: %q is no name of a hold: up to 100 letters, digits, - and _", name)
	}
	return filepath.Join(dir, "holds", name+".json"), nil
}

// SetHold puts a hold on a log. The proxy that writes the log records it.
func SetHold(dir string, h Hold) error {
	path, err := holdPath(dir, h.Name)
	if err != nil {
		return err
	}
	if !h.Until.IsZero() && h.Until.Before(h.From) {
		return errors.New("audit: the hold ends before it begins")
	}
	b, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := writeNew(path, append(b, '\n'), 0o640); err != nil {
		return fmt.Errorf("audit: set a hold: %w", err)
	}
	return nil
}

// ReleaseHold ends a hold.
func ReleaseHold(dir, name string) error {
	path, err := holdPath(dir, name)
	if err == nil {
		err = os.Remove(path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("audit: release a hold: %w", err)
	}
	return nil
}

// Holds returns the holds on a log, by name.
func Holds(dir string) (list []Hold, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, "holds"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	for _, e := range entries {
		b, err := readSmall(filepath.Join(dir, "holds", e.Name()), 64<<10)
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		var h Hold
		if err := json.Unmarshal(b, &h); err != nil || h.Name+".json" != e.Name() {
			return nil, fmt.Errorf("audit: %s is not a hold", filepath.Join(dir, "holds", e.Name()))
		}
		list = append(list, h)
	}
	return list, nil
}
