package audit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// A closed segment may be packed: segments/<first>.seg.zst in place of <first>.seg. It is a file of zstd frames of 128 KiB each with the seek table of zstd's seekable format behind them, so that `zstd -d` gives the segment back, and one
// record can be read without unpacking the rest. Leaves are over records as they are in the segment, so that packing changes no hash and no proof.
const (
	packedEnd   = ".zst"
	packedFrame = 128 << 10
	seekMagic   = 0x8F92EAB1
	skippable   = 0x184D2A5E
	seekFooter  = 9 // number of frames, descriptor, magic
	maxSegment  = 16 << 30
)

// errPacked is the error of a packed segment that is not as it was written.
var errPacked = errors.New("the packed segment is damaged")

// segmentFile is an open segment, packed or not. Offsets are those of the segment as written.
type segmentFile interface {
	io.ReaderAt
	io.Closer
}

// openSegment opens a segment for reading, and returns its size as written. The segment may be packed between listing and opening.
func openSegment(path string) (segmentFile, int64, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if raw, packed := strings.CutSuffix(path, packedEnd); packed {
			path = raw
		} else {
			path += packedEnd
		}
		if other, oerr := os.Open(path); oerr == nil {
			f, err = other, nil
		}
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && strings.HasSuffix(path, packedEnd) {
		var p *packed
		if p, err = newPacked(f, info.Size()); err == nil {
			return p, p.starts[len(p.starts)-1], nil
		}
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// packed reads a packed segment.
type packed struct {
	f      *os.File
	starts []int64 // in the segment, one more than there are frames
	places []int64 // in the file, likewise
	frame  int     // the one in buf; -1 for none
	buf    []byte
	read   []byte
}

// unpacker gives decoders to readers: each holds some memory.
var unpacker = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(4*packedFrame))
	if err != nil {
		panic("audit: zstd takes no decoder of these options: " + err.Error())
	}
	return d
}}

func newPacked(f *os.File, size int64) (*packed, error) {
	bad := func(why string) error { return fmt.Errorf("%s: %w: %s", f.Name(), errPacked, why) }
	var foot [seekFooter]byte
	if size < seekFooter+8 {
		return nil, bad("it is too short")
	}
	if _, err := f.ReadAt(foot[:], size-seekFooter); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(foot[0:]))
	if binary.LittleEndian.Uint32(foot[5:]) != seekMagic || foot[4] != 0 || n < 1 || n > maxSegment/packedFrame {
		return nil, bad("it does not end with a seek table")
	}
	length := 8 + n*8 + seekFooter
	if length > size {
		return nil, bad("its seek table is longer than the file")
	}
	table := make([]byte, length)
	if _, err := f.ReadAt(table, size-length); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(table) != skippable || int64(binary.LittleEndian.Uint32(table[4:])) != length-8 {
		return nil, bad("its seek table is not one")
	}
	p := &packed{f: f, frame: -1, starts: make([]int64, 1, n+1), places: make([]int64, 1, n+1)}
	for i := range n {
		in, out := int64(binary.LittleEndian.Uint32(table[8+8*i:])), int64(binary.LittleEndian.Uint32(table[12+8*i:]))
		if out < 1 || out > packedFrame || (i < n-1 && out != packedFrame) || in < 1 || in > 2*packedFrame {
			return nil, bad("its seek table has impossible lengths")
		}
		p.starts, p.places = append(p.starts, p.starts[i]+out), append(p.places, p.places[i]+in)
	}
	if p.places[n] != size-length {
		return nil, bad("its seek table does not fit its length")
	}
	return p, nil
}

// load unpacks a frame.
func (p *packed) load(i int) error {
	if p.frame == i {
		return nil
	}
	p.frame = -1
	n := int(p.places[i+1] - p.places[i])
	if cap(p.read) < n {
		p.read = make([]byte, 2*packedFrame)
	}
	if _, err := p.f.ReadAt(p.read[:n], p.places[i]); err != nil {
		return err
	}
	if p.buf == nil {
		p.buf = make([]byte, 0, packedFrame)
	}
	d, ok := unpacker.Get().(*zstd.Decoder)
	if !ok {
		return errPacked
	}
	b, err := d.DecodeAll(p.read[:n], p.buf[:0])
	unpacker.Put(d)
	if err != nil || int64(len(b)) != p.starts[i+1]-p.starts[i] {
		return fmt.Errorf("%s: %w: its frame %d does not unpack", p.f.Name(), errPacked, i)
	}
	p.buf, p.frame = b, i
	return nil
}

// ReadAt implements io.ReaderAt. It is for one goroutine.
func (p *packed) ReadAt(b []byte, at int64) (n int, err error) {
	end := p.starts[len(p.starts)-1]
	for n < len(b) {
		if at >= end {
			return n, io.EOF
		}
		i := int(at / packedFrame)
		if err := p.load(i); err != nil {
			return n, err
		}
		c := copy(b[n:], p.buf[at-p.starts[i]:])
		n, at = n+c, at+int64(c)
	}
	return n, nil
}

// Close implements io.Closer.
func (p *packed) Close() error { return p.f.Close() }

// packSegment puts a packed file in the place of a segment, durably. stop ends it early, with nothing changed. pause is called after each frame.
func packSegment(path string, pause func() (stop bool)) (before, after int64, err error) {
	in, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer in.Close()
	tmp := path + packedEnd + ".tmp"
	out, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return 0, 0, err
	}
	defer os.Remove(tmp) // what is renamed is not there any more
	defer out.Close()
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(packedFrame))
	if err != nil {
		return 0, 0, err
	}
	defer enc.Close()
	raw := make([]byte, packedFrame)
	var coded, table []byte
	for more := true; more; {
		n, err := io.ReadFull(in, raw)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			more, err = false, nil
		}
		if err != nil {
			return 0, 0, err
		}
		if n == 0 {
			break
		}
		coded = enc.EncodeAll(raw[:n], coded[:0])
		if _, err := out.Write(coded); err != nil {
			return 0, 0, err
		}
		table = binary.LittleEndian.AppendUint32(table, uint32(len(coded)))
		table = binary.LittleEndian.AppendUint32(table, uint32(n))
		before, after = before+int64(n), after+int64(len(coded))
		if pause() {
			return 0, 0, nil
		}
	}
	frames := len(table) / 8
	tail := binary.LittleEndian.AppendUint32(nil, skippable)
	tail = binary.LittleEndian.AppendUint32(tail, uint32(len(table)+seekFooter))
	tail = append(tail, table...)
	tail = binary.LittleEndian.AppendUint32(tail, uint32(frames))
	tail = append(tail, 0)
	tail = binary.LittleEndian.AppendUint32(tail, seekMagic)
	if _, err := out.Write(tail); err != nil {
		return 0, 0, err
	}
	if err := out.Sync(); err != nil {
		return 0, 0, err
	}
	if err := samePacked(in, out, before, pause); err != nil {
		return 0, 0, err
	}
	if err := os.Rename(tmp, path+packedEnd); err != nil {
		return 0, 0, err
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return 0, 0, err
	}
	// Only now that the packed one is on the device.
	if err := os.Remove(path); err != nil {
		return 0, 0, err
	}
	return before, after + int64(len(tail)), syncDir(filepath.Dir(path))
}

// errStopped ends packing early.
var errStopped = errors.New("stopped")

// samePacked reads back what was packed: the segment is removed only when every byte of it comes back.
func samePacked(in *os.File, out *os.File, size int64, pause func() bool) error {
	info, err := out.Stat()
	if err != nil {
		return err
	}
	p, err := newPacked(out, info.Size())
	if err != nil {
		return err
	}
	a, b := make([]byte, packedFrame), make([]byte, packedFrame)
	for at := int64(0); at < size; at += packedFrame {
		n := min(packedFrame, size-at)
		if _, err := in.ReadAt(a[:n], at); err != nil {
			return err
		}
		if _, err := p.ReadAt(b[:n], at); err != nil {
			return err
		}
		if !bytes.Equal(a[:n], b[:n]) {
			return fmt.Errorf("%s: what was packed does not unpack to the same", in.Name())
		}
		if pause() {
			return errStopped
		}
	}
	return nil
}

// oneEach leaves one file of each segment: where the process died while it packed, the one that was not packed.
func oneEach(list []segmentInfo) []segmentInfo {
	sort.Slice(list, func(i, j int) bool {
		if list[i].first != list[j].first {
			return list[i].first < list[j].first
		}
		return len(list[i].path) < len(list[j].path)
	})
	kept := list[:0]
	for _, s := range list {
		if len(kept) == 0 || kept[len(kept)-1].first != s.first {
			kept = append(kept, s)
		}
	}
	return kept
}
