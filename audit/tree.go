package audit

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// The tree's hashes are kept as C2SP tiles of height 8: tile/<level>/<number> holds 256 hashes of level 8·level, and the right edge is a partial tile tile/<level>/<number>.p/<width>. All of them can be made again
// from the segments.

const tileWidth = 256

// leafHashAt returns the RFC 6962 hash of the leaf in a frame. The last byte of the header, which comes before the leaf, serves as the zero that the hash begins with.
func leafHashAt(frame []byte, leaf int) tlog.Hash {
	frame[frameHeader-1] = 0
	return sha256.Sum256(frame[frameHeader-1 : frameHeader+leaf])
}

// nodeHash is tlog.NodeHash without its allocation.
func nodeHash(left, right *tlog.Hash) tlog.Hash {
	var b [1 + 2*tlog.HashSize]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+tlog.HashSize:], right[:])
	return sha256.Sum256(b[:])
}

// tree is the right edge of a Merkle tree: for each level the hashes of its partial tile.
type tree struct {
	size   uint64
	levels [][]tlog.Hash
}

// clone returns a copy that shares nothing.
func (t *tree) clone() *tree {
	c := &tree{size: t.size, levels: make([][]tlog.Hash, len(t.levels))}
	for i, l := range t.levels {
		c.levels[i] = append(make([]tlog.Hash, 0, tileWidth), l...)
	}
	return c
}

// add appends one leaf. full is called with each tile that it completes; the slice is valid during the call.
func (t *tree) add(h tlog.Hash, full func(level int, n uint64, hashes []tlog.Hash) error) error {
	t.size++
	for level := 0; ; level++ {
		if level == len(t.levels) {
			t.levels = append(t.levels, make([]tlog.Hash, 0, tileWidth))
		}
		t.levels[level] = append(t.levels[level], h)
		if len(t.levels[level]) < tileWidth {
			return nil
		}
		tile := t.levels[level]
		if full != nil {
			if err := full(level, t.size>>(8*(level+1))-1, tile); err != nil {
				return err
			}
		}
		h = perfect(tile)
		t.levels[level] = tile[:0]
	}
}

// perfect returns the root over hashes, whose number is a power of two up to 256.
func perfect(hashes []tlog.Hash) tlog.Hash {
	var work [tileWidth]tlog.Hash
	n := copy(work[:], hashes)
	for ; n > 1; n /= 2 {
		for i := 0; i < n/2; i++ {
			work[i] = nodeHash(&work[2*i], &work[2*i+1])
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
			h := perfect(l[end-bit : end])
			end -= bit
			if have {
				acc = nodeHash(&h, &acc)
			} else {
				acc, have = h, true
			}
		}
	}
	return acc
}

// tilePath returns the path of a tile inside the log's folder, as C2SP tlog-tiles has it. width 256 is the full tile.
func tilePath(level int, n uint64, width int) string {
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

// writeTile writes a tile by way of a temporary name, so that a reader never sees half of one. Not synced: recovery makes it again.
func writeTile(dir string, level int, n uint64, hashes []tlog.Hash) error {
	path := filepath.Join(dir, tilePath(level, n, len(hashes)))
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for i := range hashes {
		b = append(b, hashes[i][:]...)
	}
	err := writeReplace(path, b, 0o640)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o750); err == nil {
			err = writeReplace(path, b, 0o640)
		}
	}
	return err
}

// writeReplace writes a file under a temporary name and renames it.
func writeReplace(path string, data []byte, mode os.FileMode) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, data, mode); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			os.Remove(tmp)
		}
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return err
	}
	return nil
}

// readTile returns the first width hashes of a tile, from the full tile or any partial one that is wide enough.
func readTile(dir string, level int, n uint64, width int) ([]tlog.Hash, error) {
	full := filepath.Join(dir, tilePath(level, n, tileWidth))
	if h, err := readHashes(full, tileWidth, width); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return h, err
	}
	if width == tileWidth {
		return nil, &fs.PathError{Op: "open", Path: full, Err: fs.ErrNotExist}
	}
	entries, err := os.ReadDir(full + ".p")
	if err != nil {
		return nil, err
	}
	best := 0
	for _, e := range entries {
		if w, err := strconv.Atoi(e.Name()); err == nil && w >= width && w < tileWidth && (best == 0 || w < best) {
			best = w
		}
	}
	if best == 0 {
		return nil, &fs.PathError{Op: "open", Path: filepath.Join(full+".p", strconv.Itoa(width)), Err: fs.ErrNotExist}
	}
	return readHashes(filepath.Join(full+".p", strconv.Itoa(best)), best, width)
}

func readHashes(path string, width, want int) ([]tlog.Hash, error) {
	b, err := readSmall(path, tileWidth*tlog.HashSize)
	if err != nil {
		return nil, err
	}
	if len(b) != width*tlog.HashSize {
		return nil, fmt.Errorf("tile %s is %d bytes long, not %d", path, len(b), width*tlog.HashSize)
	}
	h := make([]tlog.Hash, want)
	for i := range h {
		copy(h[i][:], b[i*tlog.HashSize:])
	}
	return h, nil
}

// loadTree reads the right edge of the tree of the size from its tiles. It is to be trusted only after its root was held against a signed one.
func loadTree(dir string, size uint64) (*tree, error) {
	t := &tree{size: size}
	for level := 0; size>>(8*level) > 0; level++ {
		hashes := make([]tlog.Hash, 0, tileWidth)
		if w := int(size >> (8 * level) & (tileWidth - 1)); w > 0 {
			h, err := readTile(dir, level, size>>(8*(level+1)), w)
			if err != nil {
				return nil, err
			}
			hashes = append(hashes, h...)
		}
		t.levels = append(t.levels, hashes)
	}
	return t, nil
}

// grow adds leaves to a copy of the tree and writes the tiles that result; t itself is unchanged, so that a full disk leaves nothing half done.
func (t *tree) grow(dir string, leaves []tlog.Hash) (*tree, error) {
	next := t.clone()
	for _, h := range leaves {
		err := next.add(h, func(level int, n uint64, hashes []tlog.Hash) error { return writeTile(dir, level, n, hashes) })
		if err != nil {
			return nil, err
		}
	}
	for level, hashes := range next.levels {
		if len(hashes) == 0 {
			continue
		}
		if err := writeTile(dir, level, next.size>>(8*(level+1)), hashes); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// dropPartials removes the partial tiles of the edge of an earlier size, which wider ones replace.
func dropPartials(dir string, old, now uint64) {
	for level := 0; old>>(8*level) > 0; level++ {
		w := int(old >> (8 * level) & (tileWidth - 1))
		if w == 0 {
			continue
		}
		n := old >> (8 * (level + 1))
		if n == now>>(8*(level+1)) && w == int(now>>(8*level)&(tileWidth-1)) {
			continue
		}
		path := filepath.Join(dir, tilePath(level, n, w))
		os.Remove(path)
		if n != now>>(8*(level+1)) {
			os.Remove(strings.TrimSuffix(path, "/"+strconv.Itoa(w)))
		}
	}
}
