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
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// VerifyOptions say what Verify holds a log against.
type VerifyOptions struct {
	Keys    []string // verifier keys; each checkpoint must be signed by one of them
	Known   [][]byte // signed checkpoints that were kept elsewhere: the log must still contain what they cover
	Texts   bool     // also decrypt the texts whose day's key is there, and hold them against the commitments
	Workers int      // default: one for each CPU
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
	Other       uint64
	Pending     uint64 // intents at the end that have no outcome yet
	Gaps        uint64 // audit.gap records: statements ran unrecorded, by on_failure: allow
	Crashes     uint64 // starts after an end that was not orderly
	TextsRead   uint64 // with VerifyOptions.Texts
	TextsNoKey  uint64 // whose day's key is not there
	First, Last string // times of the first and the last record
	Notes       []string
	Problems    []Problem // the first is the first bad record
	More        int       // problems beyond the first hundred
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
	hashes                                                                 []tlog.Hash
	offsets                                                                []int64
	records                                                                uint64 // number of hashes, once they are compared
	problems                                                               []Problem
	lost                                                                   bool     // the end of the segment could not be read
	end                                                                    int64    // of its records
	tail                                                                   int64    // bytes behind that are not zero
	opens                                                                  []uint64 // intents without outcome in this segment
	closes                                                                 []closing
	lastOpen                                                               int64 // last log.open
	lastKind                                                               string
	first                                                                  string
	last                                                                   string
	back                                                                   int // times the clock went back
	intents, outcomes, unknown, blocked, other, gaps, crashes, read, noKey uint64
	seals                                                                  []sealClaim
	err                                                                    error
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
	mu     sync.Mutex
	deks   map[string]cipher.AEAD // guarded by mu; nil for one that is not there
}

// Verify reads a whole log and holds it against its checkpoints: every frame, leaf, tile, signature, sequence number, and pair of intent and outcome. It changes nothing, and serves also while the
// log is being written. The error says that verifying was not possible; what is wrong with the log stands in the report. Memory is bounded by a few segments.
func Verify(ctx context.Context, dir string, o VerifyOptions) (*Report, error) {
	if len(o.Keys) == 0 {
		return nil, errors.New("audit: verifying needs a verifier key")
	}
	var keys []note.Verifier
	for _, k := range o.Keys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return nil, fmt.Errorf("audit: the verifier key %q: %w", k, err)
		}
		keys = append(keys, v)
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	r := &Report{Origin: keys[0].Name()}
	verifiers := note.VerifierList(keys...)

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

	v := &verifier{dir: dir, origin: r.Origin, opts: o, deks: map[string]cipher.AEAD{}}
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

	c := collector{r: r, tree: &tree{}, cps: cps, known: known, tiles: tiles, open: map[uint64]struct{}{}, lastOpen: -1}
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

// segment reads one segment.
func (v *verifier) segment(ctx context.Context, info segmentInfo) *segmentReport {
	s := &segmentReport{segmentInfo: info, lastOpen: -1}
	name := "segments/" + filepath.Base(info.path)
	seq := info.first
	bad := func(offset int64, format string, args ...any) {
		if len(s.problems) < maxProblems {
			s.problems = append(s.problems, Problem{name, offset, int64(seq), fmt.Sprintf(format, args...)})
		}
	}
	f, err := os.Open(info.path)
	if err != nil {
		s.err = err
		return s
	}
	defer f.Close()
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
	if s.end < info.size {
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

// damaged returns the frame at the scanner's place although its CRC does not fit, if its lengths lead to another frame or to the end.
func (s *scanner) damaged() (leaf, blob []byte, size int, ok bool) {
	have := s.window()
	_, _, size, _ = parseFrame(have)
	if size == 0 || size > len(have) {
		return nil, nil, 0, false
	}
	saved := *s
	if s.pos+int64(size) != s.size {
		// Look at the next frame in a copy, for the window may move.
		c := scanner{r: s.r, size: s.size, pos: s.pos + int64(size)}
		_, _, _, state, err := c.next()
		if err != nil || (state != frameOK && state != frameEnd) {
			return nil, nil, 0, false
		}
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

// collector puts the segments' reports together, in order.
type collector struct {
	r        *Report
	tree     *tree
	lost     bool // records are missing, so no root can be computed any more
	cps      *checkpoints
	known    []Checkpoint
	tiles    *tileCheck
	open     map[uint64]struct{}
	next     uint64
	lastOpen int64
	lastKind string
	last     string
	sealed   uint64 // largest checkpoint that fits
	prev     *segmentReport
	badRoot  bool
	tornTail int64
}

func (c *collector) segment(s *segmentReport, last bool) {
	r := c.r
	name := "segments/" + filepath.Base(s.path)
	if s.segmentInfo.first != c.next {
		why := fmt.Sprintf("The segment begins with record %d, but record %d is next: records or a whole segment were removed or added.", s.segmentInfo.first, c.next)
		r.add(Problem{name, 0, int64(c.next), why})
		c.lost = true
	}
	before := len(r.Problems)
	for _, p := range s.problems {
		r.add(p)
	}
	if c.prev != nil {
		ok := len(s.seals) > 0 && s.seals[0].seq == s.segmentInfo.first
		if ok {
			d := s.seals[0].segmentSeal
			ok = d.Segment == filepath.Base(c.prev.path) && d.First == c.prev.segmentInfo.first && d.Count == c.prev.records && d.Bytes == c.prev.end
		}
		if !ok && len(r.Problems) == before {
			r.add(Problem{name, segmentHeader, int64(s.segmentInfo.first), "The segment's first record does not describe the segment before it as it is."})
		}
	}
	for i, h := range s.hashes {
		seq := s.segmentInfo.first + uint64(i)
		if !c.tiles.leaf(seq, h) && !c.badRoot {
			c.badRoot = true // one is enough: all later tiles follow from it
			r.add(Problem{name, s.offsets[i], int64(seq), "The record is not the one in the tree: it was changed, or the tiles were."})
		}
		if c.lost {
			continue
		}
		c.tree.add(h, &c.tiles.upper)
		c.checkpoints()
	}
	if !c.lost {
		if level, ok := c.tiles.levels(); !ok && !c.badRoot {
			c.badRoot = true
			r.add(Problem{"tiles/" + strconv.Itoa(level), -1, -1, "The hashes of inner nodes do not follow from the records."})
		}
	}
	c.next = s.segmentInfo.first + uint64(len(s.hashes))
	for _, cl := range s.closes {
		if _, ok := c.open[cl.of]; !ok {
			r.add(Problem{name, cl.offset, int64(cl.seq), fmt.Sprintf("The outcome is one of record %d, which is no intent that waits for one.", cl.of)})
		}
		delete(c.open, cl.of)
	}
	for _, o := range s.opens {
		c.open[o] = struct{}{}
	}
	if s.lost {
		if last {
			c.tornTail = s.tail
		} else {
			r.add(Problem{name, s.end, int64(c.next), "What follows is not a record."})
		}
	}
	if s.lastOpen >= 0 {
		c.lastOpen = s.lastOpen
	}
	if len(s.hashes) > 0 {
		c.lastKind = s.lastKind
	}
	r.Records += uint64(len(s.hashes))
	r.Bytes += s.end
	r.Intents += s.intents
	r.Outcomes += s.outcomes
	r.Unknown += s.unknown
	r.Blocked += s.blocked
	r.Other += s.other
	r.Gaps += s.gaps
	r.Crashes += s.crashes
	r.TextsRead += s.read
	r.TextsNoKey += s.noKey
	if r.First == "" {
		r.First = s.first
	}
	if wentBack(c.last, s.first) {
		s.back++
	}
	if s.back > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("The clock went back %d times in %s; the order of records is that of their numbers.", s.back, name))
	}
	if s.last != "" {
		c.last, r.Last = s.last, s.last
	}
	c.prev = &segmentReport{segmentInfo: s.segmentInfo, end: s.end, records: uint64(len(s.hashes))}
}

// checkpoints compares the tree with the checkpoints of its size.
func (c *collector) checkpoints() {
	size := c.tree.size
	var root tlog.Hash
	have := false
	for {
		cp, file, ok := c.cps.peek(c.r)
		if !ok || cp.Size > size {
			break
		}
		c.cps.pop()
		if cp.Size < size {
			c.r.add(Problem{file, -1, int64(cp.Size), fmt.Sprintf("The checkpoint over %d records comes after one over more.", cp.Size)})
			continue
		}
		if !have {
			root, have = c.tree.root(), true
		}
		c.r.Checkpoints++
		c.compare(cp, root, file)
	}
	for i := 0; i < len(c.known); i++ {
		if c.known[i].Size != size {
			continue
		}
		if !have {
			root, have = c.tree.root(), true
		}
		c.compare(c.known[i], root, "checkpoint")
		c.known = append(c.known[:i], c.known[i+1:]...)
		i--
	}
}

func (c *collector) compare(cp Checkpoint, root tlog.Hash, file string) {
	if cp.Root == root {
		c.sealed = max(c.sealed, cp.Size)
		return
	}
	if !c.badRoot {
		c.badRoot = true
		c.r.add(Problem{file, -1, int64(c.sealed), fmt.Sprintf("The signed checkpoint over %d records does not fit the records: one from record %d on was changed.", cp.Size, c.sealed)})
	}
}

// finish looks at what only the end tells.
func (c *collector) finish(newest Checkpoint, have bool) {
	r := c.r
	c.checkpoints()
	before := len(r.Problems)
	if cp, file, ok := c.cps.peek(r); ok {
		if c.lost {
			r.Notes = append(r.Notes, "Records are missing, so later checkpoints could not be held against them.")
		} else {
			r.add(Problem{file, -1, int64(c.next), fmt.Sprintf("A checkpoint covers %d records, but the log ends after %d: its end was removed.", cp.Size, c.next)})
		}
	}
	for _, k := range c.known {
		if k.Size > 0 && !c.lost {
			r.add(Problem{"checkpoint", -1, int64(c.next), fmt.Sprintf("A checkpoint covers %d records, but the log ends after %d: its end was removed.", k.Size, c.next)})
		}
	}
	if have && newest.Size > c.cps.last && !c.lost {
		r.add(Problem{"checkpoints", -1, -1, fmt.Sprintf("The newest checkpoint covers %d records, but the last one in the history only %d: checkpoints were removed.", newest.Size, c.cps.last)})
	}
	if !c.lost && len(r.Problems) == before {
		if level, ok := c.tiles.end(c.tree.size, c.sealed); !ok && !c.badRoot {
			r.add(Problem{"tiles/" + strconv.Itoa(level), -1, -1, "The file of tiles has more hashes than the log has records, or fewer than are sealed."})
		}
	}
	r.Sealed = c.sealed
	closed := c.lastKind == kindClose
	if c.cps.torn != "" {
		if closed {
			r.add(Problem{c.cps.torn, -1, -1, "What follows the last checkpoint is not one."})
		} else {
			r.Notes = append(r.Notes, "The last checkpoint is not whole: it is being written, or the process died over it.")
		}
	}
	if c.tornTail > 0 {
		if closed || c.next < c.cps.last {
			r.add(Problem{"segments", -1, int64(c.next), fmt.Sprintf("%d bytes that are no record follow the last one.", c.tornTail)})
		} else {
			r.Notes = append(r.Notes, fmt.Sprintf("%d bytes at the end are no whole record yet: the log is being written, or its process died. The next start puts them aside.", c.tornTail))
		}
	}
	if r.Sealed < r.Records && !c.lost {
		if closed && !c.badRoot {
			r.add(Problem{"checkpoints", -1, int64(r.Sealed), fmt.Sprintf("The log was closed, but no checkpoint covers its last %d records: checkpoints were removed.", r.Records-r.Sealed)})
		} else {
			r.Notes = append(r.Notes, fmt.Sprintf("The last %d records are not sealed by a checkpoint yet.", r.Records-r.Sealed))
		}
	}
	first := int64(-1)
	for of := range c.open {
		r.Pending++
		if int64(of) < c.lastOpen && (first < 0 || int64(of) < first) {
			first = int64(of)
		}
	}
	if first >= 0 {
		r.add(Problem{"segments", -1, first, "The intent has no outcome, though the log was opened again after it."})
	}
	if r.Gaps > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d records of audit.gap: statements ran unrecorded, by on_failure: allow.", r.Gaps))
	}
	if _, err := time.Parse(timeLayout, r.Last); r.Last != "" && err != nil {
		r.add(Problem{"segments", -1, int64(r.Records) - 1, "The time of the last record is not one."})
	}
}
