package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

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
	base     uint64 // the first record that is there
	prunes   uint64 // records below may be missing
	lastOpen int64
	lastKind string
	last     string
	sealed   uint64 // largest checkpoint that fits
	prev     *segmentReport
	badRoot  bool
	tornTail int64
	lastFile string // the last segment
	end      int64  // of its records

	keyed     map[string]uint64 // records with texts, by day's key
	destroyed map[string]bool   // days' keys that a record says are destroyed
}

// begin lets the log begin at a record above 0: those before were dropped, as a record behind must say. The tree goes on from the tiles, which the checkpoints behind prove.
func (c *collector) begin(dir string, first uint64) {
	c.next, c.base, c.r.Pruned = first, first, first
	t, err := loadTree(dir, first)
	if err != nil {
		c.lost = true
		c.r.add(Problem{"tiles", -1, int64(first), "The log begins with this record, and the tiles that its tree begins with cannot be read: " + sentence(err)})
	} else {
		c.tree = t
	}
	for level := range c.tiles.have {
		c.tiles.have[level] = first >> (8 * level)
	}
	for {
		cp, _, ok := c.cps.peek(c.r)
		if !ok || cp.Size >= first {
			break
		}
		c.cps.pop() // its signature was checked; its records are gone
		c.r.Checkpoints++
	}
	kept := c.known[:0]
	for _, k := range c.known {
		if k.Size >= first {
			kept = append(kept, k)
		} else if k.Size > 0 {
			c.r.Notes = append(c.r.Notes, fmt.Sprintf("A known checkpoint covers %d records, which were dropped: it could not be held against them.", k.Size))
		}
	}
	c.known = kept
	if err == nil {
		c.checkpoints()
	}
}

func (c *collector) segment(s *segmentReport, last bool) {
	r := c.r
	if c.base > 0 && c.prev == nil {
		for _, seq := range s.pending { // intents of records that are gone
			c.open[seq] = struct{}{}
		}
	}
	c.prunes = max(c.prunes, s.prunes)
	for key, n := range s.keyed {
		c.keyed[key] += n
	}
	for _, key := range s.destroyed {
		c.destroyed[key] = true
	}
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
	if c.prev != nil && len(s.hashes) > 0 { // it has none when it was made just now
		ok := len(s.seals) > 0 && s.seals[0].seq == s.segmentInfo.first
		if ok {
			d := s.seals[0].segmentSeal
			ok = d.Segment == segmentName(c.prev.segmentInfo.first) && d.First == c.prev.segmentInfo.first && d.Count == c.prev.records && d.Bytes == c.prev.end
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
	c.lastFile, c.end = name, s.end
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
	r.Forms += s.formed
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

// unreadable finds the days whose key is gone though no record says so. Where the folder of keys is not there, or not for this user, nothing can be said: the log is verified without it.
func (c *collector) unreadable(dir string) {
	if _, err := os.ReadDir(filepath.Join(dir, "keys")); err != nil {
		return
	}
	for _, key := range slices.SortedFunc(maps.Keys(c.keyed), func(a, b string) int {
		if dekAfter(a, b) {
			return 1
		}
		return -1
	}) {
		if _, err := readDEK(dir, key); c.destroyed[key] || !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		c.r.Unreadable = append(c.r.Unreadable, Unreadable{key, c.keyed[key]})
		c.r.Notes = append(c.r.Notes, fmt.Sprintf("The texts of %d records under the key of %s cannot be read: keys/%s.key is not there, and no record says that retention has destroyed it.", c.keyed[key], key, key))
	}
}

// finish looks at what only the end tells.
func (c *collector) finish(newest Checkpoint, have bool) {
	r := c.r
	c.checkpoints()
	before := len(r.Problems)
	sealed := max(c.cps.last, newest.Size)
	if c.tornTail > 0 && c.next < sealed && !c.lost {
		r.add(Problem{c.lastFile, c.end, int64(c.next), "The record was damaged or changed: what is there is no record."})
	}
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
	if c.base > c.prunes {
		r.add(Problem{"segments", -1, int64(c.prunes), fmt.Sprintf("The log begins with record %d, and no record says that those before it were dropped: they were removed.", c.base)})
	}
	r.Sealed = max(c.sealed, c.base) - c.base
	closed := c.lastKind == kindClose
	if c.cps.torn != "" {
		if closed {
			r.add(Problem{c.cps.torn, -1, -1, "What follows the last checkpoint is not one."})
		} else {
			r.Notes = append(r.Notes, "The last checkpoint is not whole: it is being written, or the process died over it.")
		}
	}
	if c.tornTail > 0 {
		if closed {
			r.add(Problem{"segments", -1, int64(c.next), fmt.Sprintf("%d bytes that are no record follow the last one.", c.tornTail)})
		} else if c.next >= sealed {
			r.Notes = append(r.Notes, fmt.Sprintf("%d bytes at the end are no whole record yet: the log is being written, or its process died. The next start puts them aside.", c.tornTail))
		}
	}
	if r.Sealed < r.Records && !c.lost {
		if closed && !c.badRoot {
			r.add(Problem{"checkpoints", -1, int64(c.sealed), fmt.Sprintf("The log was closed, but no checkpoint covers its last %d records: checkpoints were removed.", r.Records-r.Sealed)})
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
		r.add(Problem{"segments", -1, int64(c.next) - 1, "The time of the last record is not one."})
	}
}
