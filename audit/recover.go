package audit

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// NewSessionID returns an id for a session: 16 hex digits at random.
func NewSessionID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Open opens the log in a folder, or begins one. After a crash it brings the log to order, and says in the log what it did: a torn tail is cut off (and kept in torn/), intents without outcome get an unknown one. It refuses a log
// whose last signed checkpoint does not fit what is on disk, one that another process has open, and a key that others can read. ctx bounds the reading of a long log.
func Open(ctx context.Context, o Options) (*Log, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	for _, d := range []string{"", "segments", "checkpoints", "keys", "tiles"} {
		mode := os.FileMode(0o750)
		if d == "keys" {
			mode = 0o700
		}
		if err := os.MkdirAll(filepath.Join(o.Dir, d), mode); err != nil {
			return nil, fmt.Errorf("audit: make the log's folder: %w", err)
		}
	}
	for _, d := range []string{o.Dir, filepath.Join(o.Dir, "segments"), filepath.Join(o.Dir, "keys")} {
		info, err := os.Stat(d)
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		if info.Mode().Perm()&0o022 != 0 {
			return nil, fmt.Errorf("audit: the folder %s can be written by others (mode %04o). Run chmod go-w %s", d, info.Mode().Perm(), d)
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
			return nil, fmt.Errorf("audit: the folder %s belongs to the user with id %d, not to the one that runs this program (%d)", d, st.Uid, os.Geteuid())
		}
	}
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	l := &Log{opts: o, lock: lock, state: StateOK, makeSpare: make(chan struct{}, 1), commit: make(chan struct{}, 1), stop: make(chan struct{})}
	l.room.L, l.done.L = &l.mu, &l.smu
	l.pool.New = func() any { return new(scratch) }
	if err := l.start(ctx); err != nil {
		if l.seg != nil {
			l.seg.Close()
		}
		lock.Close()
		return nil, fmt.Errorf("audit: open the log in %s: %w", o.Dir, err)
	}
	return l, nil
}

// ErrInUse says that another process writes the log.
var ErrInUse = errors.New("in use by another process")

func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		pid, _ := io.ReadAll(io.LimitReader(f, 32))
		f.Close()
		return nil, fmt.Errorf("audit: the log in %s is %w (pid %q). Two writers would destroy it; give each proxy a folder of its own", dir, ErrInUse, pid)
	}
	if err := f.Truncate(0); err == nil {
		f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0) // for the message above; the lock does not depend on it
	}
	return f, nil
}

// start brings the log to order and starts its goroutines.
func (l *Log) start(ctx context.Context) error {
	dir := l.opts.Dir
	segs, err := listSegments(dir)
	if err != nil {
		return err
	}
	if err := l.readKey(len(segs) > 0); err != nil {
		return err
	}
	if err := os.Remove(l.sparePath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	ring, err := newKeyring(dir, []string{l.key})
	if err != nil {
		return err
	}
	if ring.find(l.key).to != math.MaxUint64 {
		return fmt.Errorf("the signing key %s was changed for another one, which must be used from then on. If changing it was interrupted, cordon-audit key --rotate ends it", l.opts.KeyFile)
	}
	last, msg, tornFile, tornAt, err := lastCheckpoint(dir, ring)
	if err != nil {
		return err
	}
	if msg != nil && last.Origin != l.origin {
		return fmt.Errorf("the last checkpoint is one of %s, but the key is one of %s", last.Origin, l.origin)
	}
	if tornFile != "" {
		if err := os.Truncate(tornFile, tornAt); err != nil {
			return err
		}
	}
	found, err := l.recover(ctx, segs, last, msg != nil)
	if err != nil {
		return err
	}
	l.tree, l.hashes = found.base, found.leaves
	l.next, l.written = found.next, found.next
	l.lastDEK = found.dek
	l.sealed.Store(last.Size)
	now := l.opts.Clock()
	l.oldest, l.lastBeat = now, time.Now()

	if len(found.segs) == 0 {
		path := filepath.Join(dir, "segments", segmentName(0))
		f, err := l.opts.disk.create(path, l.opts.SegmentBytes, l.opts.Fsync == Always)
		if err != nil {
			return err
		}
		l.seg, l.segPath, l.off, l.segSize = f, path, segmentHeader, l.opts.SegmentBytes
		if _, err := f.WriteAt(segmentHead(l.origin, 0), 0); err != nil {
			return err
		}
		l.newDir = true
	} else {
		s := found.segs[len(found.segs)-1]
		f, err := l.opts.disk.open(s.path, l.opts.SegmentBytes)
		if err != nil {
			return err
		}
		l.seg, l.segPath, l.segFirst, l.off = f, s.path, s.first, found.off
		info, err := f.Stat()
		if err != nil {
			return err
		}
		l.segSize = info.Size()
	}

	d, made, check, err := openDEK(dir, now, found.dek)
	if err != nil {
		return err
	}
	if err := l.readGap(); err != nil {
		return err
	}
	l.dek.Store(d)
	l.era.Store(&era{d})
	l.mu.Lock()
	if n := len(found.segs); n > 1 && found.next == l.segFirst {
		// The process died between making the segment and writing its head.
		first := found.segs[n-2].first
		l.system(kindSegment, segmentSeal{Segment: segmentName(first), First: first, Count: l.segFirst - first, Bytes: found.before, Pending: len(found.open), DEK: found.dek})
		l.pending(found.open)
	}
	l.system(kindOpen, openRecord{Node: l.opts.Node, Version: l.opts.Version, PID: os.Getpid(), Key: l.key, Fsync: l.opts.Fsync.String(), OnFailure: l.opts.OnFailure.String(), TextsDays: int64(l.opts.Retention.Texts / (24 * time.Hour)), RecordsDays: int64(l.opts.Retention.Records / (24 * time.Hour)),
		Crashed: found.crashed, Torn: found.torn, TornSHA256: found.tornSum, TornFile: found.tornFile, Unknown: len(found.open)})
	l.noteDEK(d, made, check)
	if msg != nil && len(ring.keys) > 1 {
		if _, err := openCheckpoint(msg, note.VerifierList(l.verifier)); err != nil {
			l.system(kindKeyChange, struct {
				Key  string `json:"key"`
				Size uint64 `json:"size"`
			}{l.key, last.Size})
		}
	}
	for _, p := range found.open {
		l.unknown(p)
	}
	l.reportGap()
	err = l.flush()
	l.mu.Unlock()
	if err != nil {
		return err
	}
	l.noteGap() // before anything else can fail: a gap is told once
	for _, t := range l.opts.Witnesses {
		s, err := l.newSubmitter(t)
		if err != nil {
			return err
		}
		l.submitters = append(l.submitters, s)
	}
	l.packs.dir = dir
	if err := l.packs.trim(l.tree.size); err != nil {
		return err
	}
	if err := l.checkpoint(); err != nil {
		return fmt.Errorf("sign the first checkpoint: %w", err)
	}
	l.keeper.started, l.keeper.wall = time.Now(), now
	for _, s := range l.submitters {
		l.wg.Add(1)
		go s.run()
	}
	l.wg.Add(3)
	go l.run()
	go l.commits()
	go l.spares()
	if l.opts.Retention != (Retention{}) {
		l.wg.Add(1)
		go l.keep()
	}
	return nil
}

// openRecord is the data of log.open.
type openRecord struct {
	Node        string `json:"node"`
	Version     string `json:"version,omitempty"`
	PID         int    `json:"pid"`
	Key         string `json:"key"`
	Fsync       string `json:"fsync"`
	OnFailure   string `json:"on_failure"`
	TextsDays   int64  `json:"texts_days,omitempty"` // of retention; absent for ever
	RecordsDays int64  `json:"records_days,omitempty"`
	Crashed     bool   `json:"crashed,omitempty"`     // the log before had no orderly end
	Torn        int64  `json:"torn,omitempty"`        // bytes cut off the end: they were no whole records
	TornSHA256  string `json:"torn_sha256,omitempty"` // of these bytes, as kept in
	TornFile    string `json:"torn_file,omitempty"`
	Unknown     int    `json:"unknown,omitempty"` // intents that get an unknown outcome now
}

// unknown records the outcome of an intent whose process died. Called with mu held.
func (l *Log) unknown(p pendingIntent) {
	s := &l.sys
	now := l.opts.Clock()
	s.begin(now, kindOutcome)
	b := append(s.leaf, `,"of":`...)
	b = strconv.AppendUint(b, p.Seq, 10)
	b = append(b, `,"session":`...)
	b = appendText(b, p.Session, maxName)
	b = appendUintField(b, "stmt", p.Number)
	s.leaf = append(b, `,"end":"unknown","reason":"the proxy died before the outcome was recorded"}`...)
	l.append(s, nil, now)
	if len(l.pend) > 1<<20 {
		l.flush() // an error is met again by the flush at the end
	}
}

// readKey reads the signing key, or makes one for an empty log.
func (l *Log) readKey(exists bool) error {
	file := l.opts.KeyFile
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		if exists {
			return fmt.Errorf("the signing key %s is missing, but the log has records. Restore the key; a log cannot go on under another one", file)
		}
		if _, err := WriteKey(file, l.opts.Node); err != nil {
			return err
		}
	}
	s, v, err := readSigner(file)
	if err != nil {
		return err
	}
	l.signer, l.verifier, l.origin = s, v, s.Name()
	text, err := readSmall(file, 4096)
	if err != nil {
		return err
	}
	l.key, err = verifierOf(string(bytes.TrimSpace(text)))
	return err
}

func (l *Log) sign(c Checkpoint) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.text()}, l.signer)
}

// recovery is what recover found.
type recovery struct {
	base     *tree // the tree at the first segment that was read
	leaves   []tlog.Hash
	next     uint64
	segs     []segmentInfo // those that stay
	off      int64         // end of the last one's records
	before   int64         // end of those of the segment before it
	open     []pendingIntent
	dek      string // newest key named in the log
	crashed  bool
	torn     int64
	tornSum  string
	tornFile string
}

// recover reads the end of the log: the segments from the one on in which the last checkpoint lies. It holds them against the checkpoint, and cuts off what is torn.
func (l *Log) recover(ctx context.Context, segs []segmentInfo, last Checkpoint, have bool) (*recovery, error) {
	if len(segs) == 0 {
		if have {
			return nil, fmt.Errorf("a checkpoint over %d records is there, but no segment. The records were removed; restore them, or move the folder away to begin a new log", last.Size)
		}
		return &recovery{base: &tree{}}, nil
	}
	if segs[0].first != 0 {
		p, found, err := readPruned(l.opts.Dir)
		if err != nil {
			return nil, err
		}
		if !found || segs[0].first > p.Before {
			return nil, fmt.Errorf("the first segment, %s, does not begin with record 0, and retention has not dropped what is before it: segments were removed", segs[0].path)
		}
	}
	from := 0
	for i, s := range segs {
		if s.first <= last.Size {
			from = i
		}
	}
	for {
		base, err := loadTree(l.opts.Dir, segs[from].first)
		if err != nil {
			if segs[0].first > 0 {
				return nil, fmt.Errorf("the tiles are damaged, and cannot be made again because the records before %d were dropped. Restore the folder tiles from a copy: %w", segs[0].first, err)
			}
			base, from = &tree{}, 0 // tiles can be made again from the records
		}
		r, err := l.readTail(ctx, segs, from, base)
		if errors.Is(err, errHead) && from > 0 {
			from--
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := r.fits(segs, last, have); err != nil {
			if from > 0 {
				from = 0 // perhaps only a tile is damaged: all records decide
				continue
			}
			return nil, err
		}
		if err := l.setAside(r, segs); err != nil {
			return nil, err
		}
		return r, nil
	}
}

// errHead says that the first records of a segment do not hold all pending intents, so the segment before must be read, too.
var errHead = errors.New("the segment's head is incomplete")

// fits holds the records against the last checkpoint.
func (r *recovery) fits(segs []segmentInfo, last Checkpoint, have bool) error {
	if !have {
		// Nothing but the records of Open itself can be there before the first checkpoint.
		if r.next > 16 {
			return fmt.Errorf("the log has %d records, but its checkpoints are gone. Restore the folder checkpoints; without it nobody can say whether these are the records that were written", r.next)
		}
		return nil
	}
	if r.next < last.Size {
		return fmt.Errorf("the last checkpoint covers %d records, but only %d are there and whole: %s is damaged or was cut after record %d. Restore it from a copy; cordon-audit verify tells more", last.Size, r.next, r.segs[len(r.segs)-1].path, int64(r.next)-1)
	}
	t := r.base.clone()
	for _, h := range r.leaves[:last.Size-t.size] {
		t.add(h, nil)
	}
	if t.root() != last.Root {
		return fmt.Errorf("the records do not fit the last checkpoint, over %d records: at least one of them was changed. cordon-audit verify names it", last.Size)
	}
	return nil
}

// readTail reads the segments from one on.
func (l *Log) readTail(ctx context.Context, segs []segmentInfo, from int, base *tree) (*recovery, error) {
	r := &recovery{base: base, next: base.size}
	pending := map[uint64][]byte{}       // records of intents
	listed := map[uint64]pendingIntent{} // from the head of the first segment read
	want := 0
	if segs[from].first > 0 {
		want = -1 // its first record tells
	}
	closed := true
	for i := from; i < len(segs); i++ {
		s := segs[i]
		if s.first != r.next {
			if r.next < s.first && i > from {
				// Records before this segment are missing: a torn end that a later segment outlived. Only what no checkpoint covers can be so, fits sees to that.
				return r.finish(pending, listed, false), nil
			}
			return nil, fmt.Errorf("segment %s begins with record %d, but record %d is next", s.path, s.first, r.next)
		}
		f, size, err := openSegment(s.path)
		if err != nil {
			return nil, err
		}
		s.size = size
		head := make([]byte, segmentHeader)
		if n, err := f.ReadAt(head, 0); err != nil || string(head) != string(segmentHead(l.origin, s.first)) {
			f.Close()
			if i > 0 && len(bytes.Trim(head[:n], "\x00")) == 0 {
				// A power failure took the header: nothing in this segment was ever synced, so nothing of it is sealed. fits sees to that.
				if i == from {
					return nil, errHead
				}
				return r.finish(pending, listed, false), nil
			}
			return nil, fmt.Errorf("segment %s does not begin with the header of a segment of %s", s.path, l.origin)
		}
		sc := newScanner(f, s.size)
		for n := 0; ; n++ {
			if n%4096 == 0 && ctx.Err() != nil {
				f.Close()
				return nil, context.Cause(ctx)
			}
			leaf, _, offset, state, err := sc.next()
			if err != nil {
				f.Close()
				return nil, err
			}
			h, ok := parseHead(leaf)
			if state != frameOK || !ok || h.seq != r.next {
				if state == frameOK {
					sc.pos = offset
				}
				break
			}
			if i == from && want != 0 && n > 0 && h.kind != kindPending && len(listed) < want {
				f.Close()
				return nil, errHead
			}
			closed = h.kind == kindClose
			switch h.kind {
			case kindIntent:
				pending[h.seq] = append([]byte(nil), leaf...)
			case kindOutcome:
				delete(pending, h.of)
				delete(listed, h.of)
			case kindSegment:
				var v struct{ Data segmentSeal }
				if err := json.Unmarshal(leaf, &v); err != nil {
					f.Close()
					return nil, fmt.Errorf("record %d: %w", h.seq, err)
				}
				if i == from && n == 0 {
					want = v.Data.Pending
				}
				if dekAfter(v.Data.DEK, r.dek) {
					r.dek = v.Data.DEK
				}
			case kindPending:
				if i == from && want > 0 {
					var v struct{ Data []pendingIntent }
					if err := json.Unmarshal(leaf, &v); err != nil {
						f.Close()
						return nil, fmt.Errorf("record %d: %w", h.seq, err)
					}
					for _, p := range v.Data {
						listed[p.Seq] = p
					}
					if len(listed) >= want {
						want = 0
					}
				}
			case kindDEKCreate:
				var v struct{ Data struct{ Key string } }
				if err := json.Unmarshal(leaf, &v); err == nil && dekAfter(v.Data.Key, r.dek) {
					r.dek = v.Data.Key
				}
			}
			r.leaves = append(r.leaves, tlog.RecordHash(leaf))
			r.next++
		}
		f.Close()
		if i == from && want != 0 {
			if from == 0 && segs[0].first == 0 {
				return nil, fmt.Errorf("segment %s is not the first, but begins like it", s.path)
			}
			return nil, errHead
		}
		r.segs = segs[:i+1]
		r.before, r.off = r.off, sc.pos
		if sc.pos < s.size {
			zero, err := zeroFrom(s.path, sc.pos)
			if err != nil {
				return nil, err
			}
			if !zero {
				return r.finish(pending, listed, false), nil
			}
		}
	}
	return r.finish(pending, listed, closed), nil
}

func (r *recovery) finish(pending map[uint64][]byte, listed map[uint64]pendingIntent, closed bool) *recovery {
	for seq, leaf := range pending {
		var v struct {
			Session string `json:"session"`
			Number  uint64 `json:"stmt"`
		}
		if err := json.Unmarshal(leaf, &v); err == nil {
			listed[seq] = pendingIntent{seq, v.Number, v.Session}
		} else {
			listed[seq] = pendingIntent{Seq: seq}
		}
	}
	for _, p := range listed {
		r.open = append(r.open, p)
	}
	sort.Slice(r.open, func(i, j int) bool { return r.open[i].Seq < r.open[j].Seq })
	r.crashed = !closed
	return r
}

// zeroFrom reports whether a file has nothing but zeros from an offset on.
func zeroFrom(path string, at int64) (bool, error) {
	f, _, err := openSegment(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	return zeroReader(f, at)
}

func zeroReader(f io.ReaderAt, at int64) (bool, error) {
	buf := make([]byte, 256<<10)
	for {
		n, err := f.ReadAt(buf, at)
		for _, c := range buf[:n] {
			if c != 0 {
				return false, nil
			}
		}
		at += int64(n)
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// setAside moves what follows the last whole record to torn/, so that nothing is lost to an expert, and cuts the segments there.
func (l *Log) setAside(r *recovery, segs []segmentInfo) error {
	last := r.segs[len(r.segs)-1]
	var parts []segmentInfo // with first as the offset from which on a file is torn
	if zero, err := zeroFrom(last.path, r.off); err != nil {
		return err
	} else if !zero {
		parts = append(parts, segmentInfo{uint64(r.off), last.path, last.size})
	}
	for _, s := range segs[len(r.segs):] {
		parts = append(parts, segmentInfo{0, s.path, s.size})
	}
	if len(parts) == 0 {
		return nil
	}
	for _, p := range parts {
		if strings.HasSuffix(p.path, packedEnd) {
			return fmt.Errorf("%s is damaged: it was whole when it was packed. Restore it from a copy; cordon-audit verify tells more", p.path)
		}
	}
	dir := filepath.Join(l.opts.Dir, "torn")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	name := fmt.Sprintf("%020d-%s", r.next, l.opts.Clock().UTC().Format("20060102T150405.000000000"))
	out, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	sum := sha256.New()
	for _, p := range parts {
		n, err := copyTail(io.MultiWriter(out, sum), p.path, int64(p.first))
		if err != nil {
			return err
		}
		r.torn += n
	}
	if err := out.Sync(); err != nil {
		return err
	}
	if err := syncDir(dir); err != nil {
		return err
	}
	r.tornFile, r.tornSum = name, hex.EncodeToString(sum.Sum(nil))
	for i := len(parts) - 1; i >= 0; i-- { // from the end, so that a crash in between leaves the same state
		p := parts[i]
		if p.first == 0 {
			err = os.Remove(p.path)
		} else if err = os.Truncate(p.path, int64(p.first)); err == nil {
			err = syncFile(p.path)
		}
		if err != nil {
			return err
		}
	}
	return syncDir(filepath.Join(l.opts.Dir, "segments"))
}

// copyTail copies a file from an offset on, without the zeros at its end.
func copyTail(w io.Writer, path string, from int64) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return 0, err
	}
	var written, zeros int64
	buf := make([]byte, 256<<10)
	for {
		n, err := f.Read(buf)
		b := buf[:n]
		end := len(bytes.TrimRight(b, "\x00"))
		if end == 0 {
			zeros += int64(n)
		} else {
			if _, err := io.CopyN(w, zeroSource{}, zeros); err != nil {
				return written, err
			}
			if _, err := w.Write(b[:end]); err != nil {
				return written, err
			}
			written += zeros + int64(end)
			zeros = int64(n - end)
		}
		if err == io.EOF {
			return written, nil
		}
		if err != nil {
			return written, err
		}
	}
}

type zeroSource struct{}

func (zeroSource) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
