package audit

import (
	"bytes"
	"context"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// VerifyOptions say what Verify holds a log against.
type VerifyOptions struct {
	Keys      []string // verifier keys; each checkpoint must be signed by one of them
	Known     [][]byte // signed checkpoints that were kept elsewhere: the log must still contain what they cover
	Witnesses []string // verifier keys of witnesses; what they have signed the log must still contain
	Witnessed int      // how many of them must have signed a checkpoint
	Texts     bool     // also decrypt the texts whose day's key is there, and hold them against the commitments
	Workers   int      // default: one for each CPU
}

// Problem is something that cannot be so in a log that nobody touched.
type Problem struct {
	File   string // inside the log's folder
	Offset int64  // of the record's frame in a segment; -1 when there is no such place
	Seq    int64  // of the record; -1 when it is not about one
	Why    string // a complete sentence
}

func (p Problem) String() string {
	s := p.File
	if p.Offset >= 0 {
		s += " at byte " + strconv.FormatInt(p.Offset, 10)
	}
	if p.Seq >= 0 {
		s += ", record " + strconv.FormatInt(p.Seq, 10)
	}
	return s + ": " + p.Why
}

// maxProblems bounds a Report.
const maxProblems = 100

// Report is the result of Verify.
type Report struct {
	Origin      string
	Records     uint64
	Sealed      uint64 // of them covered by a checkpoint
	Checkpoints uint64
	Segments    int
	Bytes       int64
	Intents     uint64
	Outcomes    uint64
	Unknown     uint64 // outcomes that recovery wrote
	Blocked     uint64
	Forms       uint64
	Other       uint64
	Pending     uint64 // intents at the end that have no outcome yet
	Keys        int    // that have signed it, one after the other
	Witnesses   int    // that have signed a checkpoint of it
	Pruned      uint64 // records that retention has dropped
	Gaps        uint64 // audit.gap records: statements ran unrecorded, by on_failure: allow
	Crashes     uint64 // starts after an end that was not orderly
	TextsRead   uint64 // with VerifyOptions.Texts
	TextsNoKey  uint64 // whose day's key is not there
	First, Last string // times of the first and the last record
	Unreadable  []Unreadable
	Notes       []string
	Problems    []Problem // the first is the first bad record
	More        int       // problems beyond the first hundred
}

// Unreadable is a day's key that is not there, though its folder is and no record says that retention has destroyed it: somebody has removed it, or this copy of the log was made without it. The records themselves are not changed by that.
type Unreadable struct {
	Key     string // the day, and a number when it had several
	Records uint64 // with texts under it
}

// OK reports whether nothing is wrong.
func (r *Report) OK() bool { return len(r.Problems) == 0 }

func (r *Report) add(p Problem) {
	if len(r.Problems) == maxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, p)
}

// segmentReport is what a worker found in one segment.
type segmentReport struct {
	segmentInfo
	hashes                                                                         []tlog.Hash
	offsets                                                                        []int64
	records                                                                        uint64 // number of hashes, once they are compared
	problems                                                                       []Problem
	lost                                                                           bool     // the end of the segment could not be read
	end                                                                            int64    // of its records
	tail                                                                           int64    // bytes behind that are not zero
	opens                                                                          []uint64 // intents without outcome in this segment
	closes                                                                         []closing
	forms                                                                          map[uint64]int64 // where those of this segment begin
	lastOpen                                                                       int64            // last log.open
	lastKind                                                                       string
	first                                                                          string
	last                                                                           string
	back                                                                           int // times the clock went back
	formed, intents, outcomes, unknown, blocked, other, gaps, crashes, read, noKey uint64
	seals                                                                          []sealClaim
	pending                                                                        []uint64          // intents that the segment's head lists
	prunes                                                                         uint64            // records below are dropped, by a record of this segment
	keyed                                                                          map[string]uint64 // records with texts, by day's key
	destroyed                                                                      []string          // days' keys
	err                                                                            error
}

// closing is an outcome whose intent stands in an earlier segment.
type closing struct {
	seq, of uint64
	offset  int64
}

type sealClaim struct {
	segmentSeal
	seq    uint64
	offset int64
}

// verifier holds what the workers share.
type verifier struct {
	dir    string
	origin string
	opts   VerifyOptions
	sealed uint64 // size of the newest checkpoint
	last   uint64 // first record of the last segment
	mu     sync.Mutex
	deks   map[string]cipher.AEAD // guarded by mu; nil for one that is not there
}

// Verify reads a whole log and holds it against its checkpoints: every frame, leaf, tile, signature, sequence number, and pair of intent and outcome. It changes nothing, and serves also while the
// log is being written. The error says that verifying was not possible; what is wrong with the log stands in the report. Memory is bounded by a few segments.
func Verify(ctx context.Context, dir string, o VerifyOptions) (*Report, error) {
	if len(o.Keys) == 0 {
		return nil, errors.New("audit: verifying needs a verifier key")
	}
	verifiers, ringErr := newKeyring(dir, o.Keys)
	if verifiers == nil {
		return nil, fmt.Errorf("audit: %w", ringErr)
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	r := &Report{Origin: verifiers.keys[0].verifier.Name(), Keys: len(verifiers.keys)}
	if ringErr != nil {
		r.add(Problem{keyChangesFile, -1, -1, sentence(ringErr)})
	}

	// In this order, so that what is read later covers what was read before, though the log goes on being written.
	newest, haveNewest := r.readNewest(dir, verifiers)
	cps, err := newCheckpoints(dir, verifiers, r.Origin)
	if err != nil {
		r.add(Problem{"checkpoints", -1, -1, err.Error()})
		cps = &checkpoints{}
	}
	tiles := newTileCheck(dir)
	segs, err := listSegments(dir)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if len(segs) == 0 && !haveNewest {
		return nil, fmt.Errorf("audit: there is no log in %s", dir)
	}
	r.Segments = len(segs)
	var known []Checkpoint
	for i, msg := range o.Known {
		c, err := openCheckpoint(msg, verifiers)
		if err != nil {
			return nil, fmt.Errorf("audit: the known checkpoint %d: %w", i+1, err)
		}
		known = append(known, c)
	}
	if haveNewest {
		known = append(known, newest)
	}
	seen, err := readWitnessed(dir, verifiers, o.Witnesses)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	for _, w := range seen {
		known = append(known, w.checkpoint)
		r.Notes = append(r.Notes, fmt.Sprintf("The witness %s has signed the first %d records, at %s.", w.name, w.checkpoint.Size, w.at.Format(time.RFC3339)))
	}
	if r.Witnesses = len(seen); r.Witnesses < o.Witnessed {
		r.add(Problem{"witnesses", -1, -1, fmt.Sprintf("%d witnesses are asked for, but only %d of those given have signed a checkpoint of this log.", o.Witnessed, r.Witnesses)})
	}

	v := &verifier{dir: dir, origin: r.Origin, opts: o, sealed: newest.Size, deks: map[string]cipher.AEAD{}}
	if len(segs) > 0 {
		v.last = segs[len(segs)-1].first
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make([]chan *segmentReport, len(segs))
	for i := range results {
		results[i] = make(chan *segmentReport, 1)
	}
	slots := make(chan struct{}, o.Workers+1)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Add(1)
	go func() {
		defer wg.Done()
		for i, s := range segs {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			wg.Add(1)
			go func() {
				defer wg.Done()
				results[i] <- v.segment(ctx, s)
			}()
		}
	}()

	c := collector{r: r, tree: &tree{}, cps: cps, known: known, tiles: tiles, open: map[uint64]struct{}{}, lastOpen: -1, keyed: map[string]uint64{}, destroyed: map[string]bool{}}
	if len(segs) > 0 && segs[0].first > 0 {
		c.begin(dir, segs[0].first)
	}
	for i := range segs {
		var s *segmentReport
		select {
		case s = <-results[i]:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if s.err != nil {
			return nil, fmt.Errorf("audit: %w", s.err)
		}
		c.segment(s, i == len(segs)-1)
		<-slots
	}
	c.finish(newest, haveNewest)
	c.unreadable(dir)
	cancel()
	return r, nil
}

// readNewest reads the file checkpoint.
func (r *Report) readNewest(dir string, keys note.Verifiers) (Checkpoint, bool) {
	b, err := readSmall(filepath.Join(dir, "checkpoint"), 64<<10)
	if err != nil {
		why := "The newest checkpoint cannot be read: " + err.Error() + "."
		if errors.Is(err, fs.ErrNotExist) {
			why = "The newest checkpoint is missing."
		}
		r.add(Problem{"checkpoint", -1, -1, why})
		return Checkpoint{}, false
	}
	c, err := openCheckpoint(b, keys)
	if err == nil && c.Origin != r.Origin {
		err = fmt.Errorf("it is one of %s, not of %s", c.Origin, r.Origin)
	}
	if err != nil {
		r.add(Problem{"checkpoint", -1, -1, sentence(err)})
		return Checkpoint{}, false
	}
	return c, true
}

func sentence(err error) string {
	s := err.Error()
	if s == "" {
		return s
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-32) + s[1:]
	}
	return s + "."
}

// live reports whether a record may be one that is being written just now: nothing sealed is.
func (v *verifier) live(seq uint64, s segmentInfo) bool {
	return s.first == v.last && seq >= v.sealed
}

// segment reads one segment.
func (v *verifier) segment(ctx context.Context, info segmentInfo) *segmentReport {
	s := &segmentReport{segmentInfo: info, lastOpen: -1, forms: map[uint64]int64{}, keyed: map[string]uint64{}}
	name := "segments/" + filepath.Base(info.path)
	seq := info.first
	bad := func(offset int64, format string, args ...any) {
		if len(s.problems) < maxProblems {
			s.problems = append(s.problems, Problem{name, offset, int64(seq), fmt.Sprintf(format, args...)})
		}
	}
	f, size, err := openSegment(info.path)
	if errors.Is(err, errPacked) {
		bad(0, "%s", sentence(err))
		s.lost = true
		return s
	}
	if err != nil {
		s.err = err
		return s
	}
	defer f.Close()
	info.size = size
	header := make([]byte, segmentHeader)
	if _, err := f.ReadAt(header, 0); err != nil || !bytes.Equal(header, segmentHead(v.origin, info.first)) {
		s.problems = append(s.problems, Problem{name, 0, -1, fmt.Sprintf("The segment does not begin with the header of the segment of %s from record %d on.", v.origin, info.first)})
	}
	open := map[uint64]struct{}{}
	sc := newScanner(f, info.size)
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			s.err = context.Cause(ctx)
			return s
		}
		leaf, blob, offset, state, err := sc.next()
		if errors.Is(err, errPacked) {
			bad(sc.pos, "%s", sentence(err))
			s.end, s.lost = sc.pos, true
			break
		}
		if err != nil {
			s.err = err
			return s
		}
		for try := 0; (state == frameBad || state == frameShort) && v.live(seq, info) && try < 5 && err == nil; try++ {
			// It may be half of a record that is being written.
			time.Sleep(20 * time.Millisecond)
			sc.buf, sc.start = sc.buf[:0], sc.pos
			leaf, blob, offset, state, err = sc.next()
		}
		if err != nil {
			s.err = err
			return s
		}
		if state == frameBad {
			// If the lengths hold, the record is damaged but those behind it can be read.
			if l, b, size, ok := sc.damaged(); ok {
				bad(offset, "The record was damaged or changed: its CRC does not fit.")
				sc.pos += int64(size)
				leaf, blob, state = l, b, frameOK
			}
		}
		if state != frameOK {
			s.end = offset
			break
		}
		h, ok := parseHead(leaf)
		switch {
		case !ok:
			bad(offset, "The record does not begin with seq, t and kind, as the log writes it.")
		case h.seq != seq:
			bad(offset, "The record says that it is number %d; records were removed, added or put in another order.", h.seq)
		}
		s.hashes = append(s.hashes, tlog.RecordHash(leaf))
		s.offsets = append(s.offsets, offset)
		if ok {
			v.record(s, &h, leaf, blob, offset, open, bad)
		}
		seq++
	}
	for of := range open {
		s.opens = append(s.opens, of)
	}
	if s.end < info.size && !s.lost {
		tail, err := lastNonZero(f, s.end, sc.size)
		if err != nil {
			s.err = err
			return s
		}
		s.tail = tail - s.end
		s.lost = s.tail > 0
	}
	return s
}

// record looks at one record by itself, and notes what concerns others.
func (v *verifier) record(s *segmentReport, h *head, leaf, blob []byte, offset int64, open map[uint64]struct{}, bad func(int64, string, ...any)) {
	if s.first == "" {
		s.first = string([]byte(h.time))
	}
	if wentBack(s.last, h.time) {
		s.back++
	}
	s.last = string(append([]byte(nil), h.time...))
	s.lastKind = ""
	switch h.kind {
	case kindIntent:
		s.intents++
		open[h.seq] = struct{}{}
		if at, ok := s.forms[h.form.seq]; h.form.at != 0 && (!ok || at != h.form.at) {
			bad(offset, "The form of the record is to be record %d at byte %d, where there is none.", h.form.seq, h.form.at)
		}
	case kindForm:
		s.formed++
		s.forms[h.seq] = offset
	case kindBlocked:
		s.blocked++
	case kindOutcome:
		s.outcomes++
		if bytes.Contains(leaf, []byte(`,"end":"unknown"`)) {
			s.unknown++
		}
		if _, ok := open[h.of]; ok {
			delete(open, h.of)
		} else if h.of >= s.segmentInfo.first {
			bad(offset, "The outcome is one of record %d, which is no intent that waits for one.", h.of)
		} else {
			s.closes = append(s.closes, closing{h.seq, h.of, offset})
		}
	case kindOpen:
		s.other++
		s.lastOpen = int64(h.seq)
		if bytes.Contains(leaf, []byte(`,"crashed":true`)) {
			s.crashes++
		}
	case kindClose:
		s.other++
		s.lastKind = kindClose
	case kindGap:
		s.other++
		s.gaps++
	case kindSegment:
		s.other++
		var r struct{ Data segmentSeal }
		if err := json.Unmarshal(leaf, &r); err != nil {
			bad(offset, "The record is not JSON: %v.", err)
		} else {
			s.seals = append(s.seals, sealClaim{r.Data, h.seq, offset})
		}
	case kindPending:
		s.other++
		var r struct{ Data []pendingIntent }
		if err := json.Unmarshal(leaf, &r); err != nil {
			bad(offset, "The record is not JSON: %v.", err)
		}
		for _, p := range r.Data {
			s.pending = append(s.pending, p.Seq)
		}
	case kindPrune:
		s.other++
		var r struct{ Data pruneRecord }
		if err := json.Unmarshal(leaf, &r); err != nil {
			bad(offset, "The record is not JSON: %v.", err)
		}
		s.prunes = max(s.prunes, r.Data.Before)
	case kindDEKDestroy:
		s.other++
		var r struct{ Data struct{ Key string } }
		if err := json.Unmarshal(leaf, &r); err != nil {
			bad(offset, "The record is not JSON: %v.", err)
		}
		s.destroyed = append(s.destroyed, r.Data.Key)
	case kindDEKCreate:
		s.other++
		var r struct{ Data struct{ Key, Check string } }
		if err := json.Unmarshal(leaf, &r); err != nil {
			bad(offset, "The record is not JSON: %v.", err)
		} else if err := v.checkDEK(r.Data.Key, r.Data.Check); err != nil {
			bad(offset, "%s", sentence(err))
		}
	default:
		s.other++
	}
	if h.key != "" {
		if n, ok := s.keyed[h.key]; ok {
			s.keyed[h.key] = n + 1
		} else {
			s.keyed[strings.Clone(h.key)] = 1
		}
	}
	switch {
	case h.key == "" && len(blob) > 0:
		bad(offset, "The record has encrypted texts that it does not commit to.")
	case h.key != "" && len(blob) == 0:
		bad(offset, "The record's encrypted texts are missing.")
	case h.key != "":
		sum := sha256.Sum256(blob)
		var text [43]byte
		base64.RawURLEncoding.Encode(text[:], sum[:])
		if !bytes.Equal(text[:], h.sum) {
			bad(offset, "The record's encrypted texts were changed.")
		} else if v.opts.Texts {
			v.texts(s, h, leaf, blob, offset, bad)
		}
	}
}

// wentBack reports whether the clock went back by more than a second between two records. By less it always seems to: records get their time before their number.
func wentBack(before, after string) bool {
	if after >= before {
		return false
	}
	b, err1 := time.Parse(timeLayout, before)
	a, err2 := time.Parse(timeLayout, after)
	return err1 == nil && err2 == nil && b.Sub(a) > time.Second
}

// checkDEK holds a day's key, when it is there, against what the log says of it.
func (v *verifier) checkDEK(id, check string) error {
	key, err := readDEK(v.dir, id)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	if string(appendHash(nil, dekCheck(key))) != check {
		return fmt.Errorf("the file keys/%s.key does not hold the key that the record was made with", id)
	}
	return nil
}

func (v *verifier) texts(s *segmentReport, h *head, leaf, blob []byte, offset int64, bad func(int64, string, ...any)) {
	aead := v.aead(h.key)
	if aead == nil {
		s.noKey++
		return
	}
	var r struct{ X sealedTexts }
	if err := json.Unmarshal(leaf, &r); err != nil {
		bad(offset, "The record is not JSON: %v.", err)
		return
	}
	if _, err := openBlob(aead, &r.X, blob); err != nil {
		bad(offset, "%s", sentence(err))
		return
	}
	s.read++
}

// aead returns the cipher of a day's key, nil when it cannot be read.
func (v *verifier) aead(id string) cipher.AEAD {
	v.mu.Lock()
	defer v.mu.Unlock()
	a, ok := v.deks[id]
	if !ok {
		if key, err := readDEK(v.dir, id); err == nil {
			a, _ = newAEAD(key)
		}
		v.deks[string(append([]byte(nil), id...))] = a
	}
	return a
}

// damaged returns the frame at the scanner's place although its CRC does not fit, if its lengths lead to another frame.
func (s *scanner) damaged() (leaf, blob []byte, size int, ok bool) {
	have := s.window()
	_, _, size, _ = parseFrame(have)
	if size == 0 || size > len(have) {
		return nil, nil, 0, false
	}
	saved := *s
	// Look at the next frame in a copy, for the window may move.
	c := scanner{r: s.r, size: s.size, pos: s.pos + int64(size), chunk: scanChunk}
	if _, _, _, state, err := c.next(); err != nil || state != frameOK {
		return nil, nil, 0, false
	}
	*s = saved
	leafLen := int(uint32(have[0]) | uint32(have[1])<<8 | uint32(have[2])<<16 | uint32(have[3])<<24)
	return have[frameHeader : frameHeader+leafLen], have[frameHeader+leafLen : size], size, true
}

// lastNonZero returns the offset behind the last byte that is not zero, from on when there is none.
func lastNonZero(r io.ReaderAt, from, size int64) (int64, error) {
	last := from
	buf := make([]byte, 256<<10)
	for at := from; at < size; {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		if end := len(bytes.TrimRight(buf[:n], "\x00")); end > 0 {
			last = at + int64(end)
		}
		at += int64(n)
		if err == io.EOF || n == 0 {
			break
		}
		if err != nil {
			return 0, err
		}
	}
	return last, nil
}
