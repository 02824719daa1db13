package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// The tree's hashes are those of C2SP tiles of height 8: the tile of level L and number N holds the hashes 256·N to 256·N+255 of the subtrees of 256^L leaves. They are stored packed, one file for 256 tiles, as
// tiles/<L>/<N/256>: a file for each tile would cost more than all the rest of a record, 256 records each. A tile, whole or partial, is a slice of such a file (see Tile), and all of them can be made again from the segments.

const (
	tileWidth = 256
	packWidth = 256 * tileWidth // hashes in one file
)

// leafHash returns the RFC 6962 hash of the leaf at the end of b, and b as sumEnd does. The last byte of the frame's header, which comes before the leaf, serves as the zero that the hash begins with.
func (h *hasher) leafHash(b []byte, leaf int) (tlog.Hash, []byte) {
	zero := len(b) - leaf - 1
	b[zero] = 0
	return h.sumEnd(b, zero)
}

// nodes hashes pairs of nodes: tlog.NodeHash without its allocation.
type nodes struct {
	hasher hasher
	pair   [2 * sha256.BlockSize]byte // padded
}

func (n *nodes) hash(left, right *tlog.Hash) tlog.Hash {
	const length = 1 + 2*tlog.HashSize
	n.pair[0] = 1
	copy(n.pair[1:], left[:])
	copy(n.pair[1+tlog.HashSize:], right[:])
	n.pair[length] = 0x80
	binary.BigEndian.PutUint16(n.pair[len(n.pair)-2:], length*8)
	return n.hasher.padded(n.pair[:])
}

// tree is the right edge of a Merkle tree: for each level the hashes of its partial tile.
type tree struct {
	size   uint64
	levels [][]tlog.Hash
	nodes  nodes
}

// clone returns a copy that shares nothing.
func (t *tree) clone() *tree {
	c := &tree{size: t.size, levels: make([][]tlog.Hash, len(t.levels))}
	for i, l := range t.levels {
		c.levels[i] = append(make([]tlog.Hash, 0, tileWidth), l...)
	}
	return c
}

// add appends one leaf. The hashes that levels above the leaves get by it are appended to (*upper)[level], unless upper is nil.
func (t *tree) add(h tlog.Hash, upper *[][]tlog.Hash) {
	t.size++
	for level := 0; ; level++ {
		if level == len(t.levels) {
			t.levels = append(t.levels, make([]tlog.Hash, 0, tileWidth))
		}
		t.levels[level] = append(t.levels[level], h)
		if len(t.levels[level]) < tileWidth {
			return
		}
		h = t.nodes.perfect(t.levels[level])
		t.levels[level] = t.levels[level][:0]
		if upper != nil {
			(*upper)[level+1] = append((*upper)[level+1], h)
		}
	}
}

// perfect returns the root over hashes, whose number is a power of two up to 256.
func (s *nodes) perfect(hashes []tlog.Hash) tlog.Hash {
	var work [tileWidth]tlog.Hash
	n := copy(work[:], hashes)
	for ; n > 1; n /= 2 {
		for i := 0; i < n/2; i++ {
			work[i] = s.hash(&work[2*i], &work[2*i+1])
		}
	}
	return work[0]
}

// root returns the root hash of the tree; that of the empty tree is SHA-256 of nothing.
func (t *tree) root() tlog.Hash {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	var acc tlog.Hash
	have := false
	for _, l := range t.levels { // perfect subtrees from the smallest, at the right, to the largest
		end := len(l)
		for bit := 1; end > 0; bit <<= 1 {
			if len(l)&bit == 0 {
				continue
			}
			h := t.nodes.perfect(l[end-bit : end])
			end -= bit
			if have {
				acc = t.nodes.hash(&h, &acc)
			} else {
				acc, have = h, true
			}
		}
	}
	return acc
}

// packPath returns the path of the file that holds the hash of an index, inside the log's folder.
func packPath(level int, index uint64) string {
	return fmt.Sprintf("tiles/%d/%09d", level, index/packWidth)
}

// readHashes reads hashes of one level, which must not cross a file.
func readHashes(dir string, level int, index uint64, n int) ([]tlog.Hash, error) {
	if n == 0 {
		return nil, nil
	}
	f, err := os.Open(filepath.Join(dir, packPath(level, index)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, n*tlog.HashSize)
	if _, err := f.ReadAt(b, int64(index%packWidth)*tlog.HashSize); err != nil {
		return nil, fmt.Errorf("read %d hashes of %s: %w", n, f.Name(), err)
	}
	h := make([]tlog.Hash, n)
	for i := range h {
		copy(h[i][:], b[i*tlog.HashSize:])
	}
	return h, nil
}

// Tile returns the C2SP tile of a level and number, of the width, 1 to 256: the bytes that tlog-tiles serves as tile/<level>/<n> or tile/<level>/<n>.p/<width>.
func Tile(dir string, level int, n uint64, width int) ([]byte, error) {
	if level < 0 || level > 7 || width < 1 || width > tileWidth || n > 1<<54 {
		return nil, fmt.Errorf("audit: there is no tile of level %d, number %d, width %d", level, n, width)
	}
	h, err := readHashes(dir, level, n*tileWidth, width)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	b := make([]byte, 0, len(h)*tlog.HashSize)
	for i := range h {
		b = append(b, h[i][:]...)
	}
	return b, nil
}

// TilePath returns the path of a tile as C2SP tlog-tiles has it. Width 256 is the full tile.
func TilePath(level int, n uint64, width int) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		s = fmt.Sprintf("x%03d/%s", n%1000, s)
	}
	s = "tile/" + strconv.Itoa(level) + "/" + s
	if width < tileWidth {
		s += ".p/" + strconv.Itoa(width)
	}
	return s
}

// loadTree reads the right edge of the tree of the size. It is to be trusted only after its root was held against a signed one.
func loadTree(dir string, size uint64) (*tree, error) {
	t := &tree{size: size}
	for level := 0; size>>(8*level) > 0; level++ {
		n := size >> (8 * level)
		h, err := readHashes(dir, level, n&^(tileWidth-1), int(n&(tileWidth-1)))
		if err != nil {
			return nil, err
		}
		t.levels = append(t.levels, append(make([]tlog.Hash, 0, tileWidth), h...))
	}
	return t, nil
}

// grow adds leaves to a copy of the tree and writes the hashes that result; t itself is unchanged, so that a full disk leaves nothing half done: the next try writes the same bytes to the same place.
// Not synced: recovery makes them again.
func (t *tree) grow(p *packs, leaves []tlog.Hash) (*tree, error) {
	next := t.clone()
	upper := make([][]tlog.Hash, 8) // what each level above the leaves gets
	for _, h := range leaves {
		next.add(h, &upper)
	}
	if err := p.write(0, t.size, leaves); err != nil {
		return nil, err
	}
	for level, hashes := range upper {
		if err := p.write(level, t.size>>(8*level), hashes); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// packs writes packed tiles. It keeps the file of each level's right edge open, for opening costs more than writing.
type packs struct {
	dir   string
	files [8]*os.File
	index [8]uint64
	buf   []byte
}

// write puts hashes of a level to their place, which begins with the index.
func (p *packs) write(level int, index uint64, hashes []tlog.Hash) error {
	for len(hashes) > 0 {
		n := min(len(hashes), int(packWidth-index%packWidth))
		f, err := p.open(level, index)
		if err != nil {
			return err
		}
		p.buf = p.buf[:0]
		for i := range hashes[:n] {
			p.buf = append(p.buf, hashes[i][:]...)
		}
		if _, err := f.WriteAt(p.buf, int64(index%packWidth)*tlog.HashSize); err != nil {
			return err
		}
		index += uint64(n)
		hashes = hashes[n:]
	}
	return nil
}

func (p *packs) open(level int, index uint64) (*os.File, error) {
	if f := p.files[level]; f != nil {
		if p.index[level] == index/packWidth {
			return f, nil
		}
		p.files[level] = nil
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(p.dir, packPath(level, index))
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o750); err == nil {
			f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
		}
	}
	if err != nil {
		return nil, err
	}
	p.files[level], p.index[level] = f, index/packWidth
	return f, nil
}

// trim cuts off the hashes beyond a size, which a crash left.
func (p *packs) trim(size uint64) error {
	for level := 0; level < len(p.files); level++ {
		entries, err := os.ReadDir(filepath.Join(p.dir, "tiles", strconv.Itoa(level)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		n := size >> (8 * level)
		for _, e := range entries {
			path := filepath.Join(p.dir, "tiles", strconv.Itoa(level), e.Name())
			pack, err := strconv.ParseUint(e.Name(), 10, 48)
			if err != nil {
				return fmt.Errorf("%s is not a file of tiles", path)
			}
			if first := pack * packWidth; first >= n {
				err = os.Remove(path)
			} else if info, ierr := e.Info(); ierr == nil && info.Size() > int64(n-first)*tlog.HashSize {
				err = os.Truncate(path, int64(n-first)*tlog.HashSize)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *packs) close() error {
	var errs []error
	for i, f := range p.files {
		if f != nil {
			errs = append(errs, f.Close())
			p.files[i] = nil
		}
	}
	p.buf = nil
	return errors.Join(errs...)
}

// writeReplace writes a file under a temporary name and renames it, so that a reader never sees half of one.
func writeReplace(path string, data []byte, mode os.FileMode) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, data, mode); err != nil {
		os.Remove(tmp)
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return err
	}
	return nil
}
