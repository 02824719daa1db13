package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkpoints reads the history of checkpoints in order, one day's file at a time.
type checkpoints struct {
	files  []string
	limits []int64 // length of each when the verification began
	keys   note.Verifiers
	origin string
	queue  []Checkpoint
	name   string // of the file that queue is from
	last   uint64 // size of the last one read
	torn   string // the last file, when it ends in half a checkpoint
}

func newCheckpoints(dir string, keys note.Verifiers, origin string) (*checkpoints, error) {
	files, err := historyFiles(dir)
	if err != nil {
		return nil, err
	}
	c := &checkpoints{files: files, keys: keys, origin: origin}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return nil, err
		}
		c.limits = append(c.limits, info.Size())
	}
	return c, nil
}

// peek returns the next checkpoint, ok is false after the last.
func (c *checkpoints) peek(r *Report) (cp Checkpoint, file string, ok bool) {
	for len(c.queue) == 0 {
		if len(c.files) == 0 {
			return Checkpoint{}, "", false
		}
		c.load(r)
	}
	return c.queue[0], c.name, true
}

func (c *checkpoints) pop() { c.queue = c.queue[1:] }

// load reads the next file and checks all of its signatures.
func (c *checkpoints) load(r *Report) {
	path, limit, final := c.files[0], c.limits[0], len(c.files) == 1
	c.files, c.limits = c.files[1:], c.limits[1:]
	c.name = "checkpoints/" + filepath.Base(path)
	b, err := readSmall(path, maxHistory)
	if err != nil {
		r.add(Problem{c.name, -1, -1, sentence(err)})
		return
	}
	if int64(len(b)) > limit {
		b = b[:limit] // what came later covers records that are not looked at
	}
	notes, rest := splitNotes(b)
	if len(rest) > 0 {
		if final && !bytes.HasSuffix(rest, []byte("\n")) {
			c.torn = c.name
		} else {
			r.add(Problem{c.name, int64(len(b) - len(rest)), -1, "What follows is not a checkpoint."})
		}
	}
	list := make([]Checkpoint, len(notes))
	errs := make([]error, len(notes))
	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), len(notes))
	for w := 0; w < workers; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := w; i < len(notes); i += workers {
				list[i], errs[i] = openCheckpoint(notes[i], c.keys)
				if errs[i] == nil && list[i].Origin != c.origin {
					errs[i] = fmt.Errorf("the checkpoint is one of %s, not of %s", list[i].Origin, c.origin)
				}
			}
		}()
	}
	wg.Wait()
	for i := range notes {
		if errs[i] != nil {
			r.add(Problem{c.name, -1, -1, fmt.Sprintf("Checkpoint %d of the file: %s", i+1, sentence(errs[i]))})
			continue
		}
		if list[i].Size <= c.last {
			r.add(Problem{c.name, -1, int64(list[i].Size), fmt.Sprintf("Checkpoint %d of the file covers %d records, though one before it covers %d: the history was put in another order, or begun anew.", i+1, list[i].Size, c.last)})
			continue
		}
		c.last = list[i].Size
		c.queue = append(c.queue, list[i])
	}
}

// tileCheck holds the hashes of the packed tiles against those that follow from the records. Only as much is compared as was there when the verification began.
type tileCheck struct {
	dir   string
	count [8]uint64 // hashes in the files of each level
	have  [8]uint64 // hashes compared
	pack  [8][]byte // the current file of each level
	index [8]uint64 // its number, +1
	upper [][]tlog.Hash
	odd   int // level whose files have an impossible length, -1 for none
}

func newTileCheck(dir string) *tileCheck {
	t := &tileCheck{dir: dir, upper: make([][]tlog.Hash, 8), odd: -1}
	for level := range t.count {
		entries, err := os.ReadDir(filepath.Join(dir, "tiles", strconv.Itoa(level)))
		if err != nil {
			continue // a missing level shows when it has fewer hashes than are sealed
		}
		for i, e := range entries {
			info, err := e.Info()
			var first int // packs of what was dropped may be missing
			if _, serr := fmt.Sscanf(entries[0].Name(), "%d", &first); serr != nil {
				err = serr
			}
			if i == 0 {
				t.count[level] = uint64(first) * packWidth
			}
			if err != nil || e.Name() != fmt.Sprintf("%09d", first+i) || info.Size()%tlog.HashSize != 0 || (i < len(entries)-1 && info.Size() != packWidth*tlog.HashSize) || info.Size() > packWidth*tlog.HashSize {
				t.odd = level
				break
			}
			t.count[level] += uint64(info.Size()) / tlog.HashSize
		}
	}
	return t
}

// hash returns a stored hash.
func (t *tileCheck) hash(level int, i uint64) (h tlog.Hash, ok bool) {
	if n := i/packWidth + 1; t.index[level] != n {
		t.index[level] = n
		t.pack[level] = t.pack[level][:0]
		f, err := os.Open(filepath.Join(t.dir, packPath(level, i)))
		if err == nil {
			if t.pack[level] == nil {
				t.pack[level] = make([]byte, 0, packWidth*tlog.HashSize)
			}
			b := t.pack[level][:packWidth*tlog.HashSize]
			n, rerr := io.ReadFull(f, b)
			if rerr == nil || errors.Is(rerr, io.ErrUnexpectedEOF) || errors.Is(rerr, io.EOF) {
				t.pack[level] = b[:n]
			}
			f.Close()
		} else if !errors.Is(err, fs.ErrNotExist) {
			return h, false
		}
	}
	at := int(i%packWidth) * tlog.HashSize
	if at+tlog.HashSize > len(t.pack[level]) {
		return h, false
	}
	copy(h[:], t.pack[level][at:])
	return h, true
}

// leaf compares the hash of a record; what the tiles do not have yet is right.
func (t *tileCheck) leaf(seq uint64, h tlog.Hash) bool {
	if seq >= t.count[0] {
		return true
	}
	stored, ok := t.hash(0, seq)
	t.have[0] = seq + 1
	return ok && stored == h
}

// levels compares the hashes of inner nodes that records gave since the last call.
func (t *tileCheck) levels() (level int, ok bool) {
	level, ok = 0, true
	for l := 1; l < len(t.upper); l++ {
		for _, h := range t.upper[l] {
			i := t.have[l]
			t.have[l]++
			if i >= t.count[l] {
				continue
			}
			if stored, found := t.hash(l, i); (!found || stored != h) && ok {
				level, ok = l, false
			}
		}
		t.upper[l] = t.upper[l][:0]
	}
	return level, ok
}

// end compares the number of stored hashes with that of the tree.
func (t *tileCheck) end(size, sealed uint64) (level int, ok bool) {
	if t.odd >= 0 {
		return t.odd, false
	}
	for l := range t.count {
		if t.count[l] > size>>(8*l) || t.count[l] < sealed>>(8*l) {
			return l, false
		}
	}
	return 0, true
}
