package audit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Segments are files segments/<first>.seg, named by the leaf index of their first record in 20 digits: a header of 512 bytes, then frames. A segment is allocated in full before it is used, so that outcomes
// of statements that run already still land on a full disk; it is cut to what was written when the next one takes over.
const segmentHeader = 512

func segmentName(first uint64) string { return fmt.Sprintf("%020d.seg", first) }

// segmentHead returns the header of a segment: readable with head(1), and without any choice, so that a verifier compares it whole.
func segmentHead(origin string, first uint64) []byte {
	b := make([]byte, segmentHeader)
	copy(b, "cordon-audit/segment/1\n"+origin+"\n"+strconv.FormatUint(first, 10)+"\n")
	return b
}

// file is what the log asks of a segment file. Tests put one in its place that fails.
type file interface {
	io.WriterAt
	io.ReaderAt
	io.Closer
	Datasync() error
	Truncate(size int64) error
	Stat() (os.FileInfo, error)
}

// disk makes and opens segment files.
type disk interface {
	// create makes a file of the size, all of it allocated and zero, and synced.
	create(path string, size int64, zero bool) (file, error)
	// open opens a file for writing, and allocates it up to size.
	open(path string, size int64) (file, error)
	free(dir string) (free, total uint64, err error)
}

type osDisk struct{}

type osFile struct{ *os.File }

func (f osFile) Datasync() error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			if err != nil {
				return &fs.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
			}
			return nil
		}
	}
}

func allocate(f *os.File, from, size int64) error {
	for {
		err := syscall.Fallocate(int(f.Fd()), 0, from, size-from)
		switch err {
		case nil:
			return nil
		case syscall.EINTR:
		case syscall.EOPNOTSUPP, syscall.ENOSYS:
			return writeZeros(f, from, size)
		default:
			return &fs.PathError{Op: "fallocate", Path: f.Name(), Err: err}
		}
	}
}

func writeZeros(f *os.File, from, size int64) error {
	zeros := make([]byte, 256<<10)
	for from < size {
		n, err := f.WriteAt(zeros[:min(int64(len(zeros)), size-from)], from)
		if err != nil {
			return err
		}
		from += int64(n)
	}
	return nil
}

// create with zero writes the zeros instead of only reserving blocks: an fdatasync then has no block map to write, which makes each a third cheaper.
func (osDisk) create(path string, size int64, zero bool) (file, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return nil, err
	}
	err = allocate(f, 0, size)
	if err == nil && zero {
		err = writeZeros(f, 0, size)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		f.Close()
		os.Remove(path)
		return nil, err
	}
	made := int64(0)
	if zero {
		made = size
	}
	return mapped(f, size, made), nil
}

func (osDisk) open(path string, size int64) (file, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() < size {
		err = allocate(f, info.Size(), size)
		if errors.Is(err, syscall.ENOSPC) {
			err = nil // what there is must do; the log starts as draining
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, err
	}
	return mapped(f, info.Size(), 0), nil
}

func (osDisk) free(dir string) (free, total uint64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// segmentInfo is one segment file as found in the folder.
type segmentInfo struct {
	first uint64
	path  string
	size  int64 // of the file: openSegment tells that of a packed segment as written
}

// listSegments returns the segments in order.
func listSegments(dir string) ([]segmentInfo, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "segments"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []segmentInfo
	for _, e := range entries {
		raw := strings.TrimSuffix(e.Name(), packedEnd)
		digits, ok := strings.CutSuffix(raw, ".seg")
		if !ok {
			continue
		}
		first, err := strconv.ParseUint(digits, 10, 64)
		if err != nil || segmentName(first) != raw {
			return nil, fmt.Errorf("%s is not the name of a segment", filepath.Join(dir, "segments", e.Name()))
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // packed or dropped at this moment; a reader that needs it says so
		}
		if err != nil {
			return nil, err
		}
		list = append(list, segmentInfo{first, filepath.Join(dir, "segments", e.Name()), info.Size()})
	}
	return oneEach(list), nil
}

// scanner reads the frames of one segment in order, with bounded memory.
type scanner struct {
	r     io.ReaderAt
	size  int64
	pos   int64 // of the next frame
	buf   []byte
	start int64 // file offset of buf[0]
	chunk int64 // how much is read at a time
}

func newScanner(r io.ReaderAt, size int64) *scanner {
	return &scanner{r: r, size: size, pos: segmentHeader, chunk: scanChunk}
}

const scanChunk = 1 << 20

// next returns the next frame; leaf and blob are valid until the call after. state tells what stopped it when it is not frameOK.
func (s *scanner) next() (leaf, blob []byte, offset int64, state frameState, err error) {
	for want := s.chunk; ; {
		have := s.window()
		leaf, blob, size, state := parseFrame(have)
		end := s.start+int64(len(s.buf)) >= s.size
		switch {
		case state == frameOK:
			offset = s.pos
			s.pos += int64(size)
			return leaf, blob, offset, frameOK, nil
		case state == frameBad:
			return nil, nil, s.pos, state, nil
		case state == frameEnd && (end || len(have) >= frameHeader):
			return nil, nil, s.pos, state, nil
		case end:
			return nil, nil, s.pos, state, nil
		}
		if int64(size) > want {
			want = int64(size)
		}
		if err := s.fill(want); err != nil {
			return nil, nil, s.pos, frameBad, err
		}
	}
}

func (s *scanner) window() []byte {
	if s.pos < s.start || s.pos > s.start+int64(len(s.buf)) {
		return nil
	}
	return s.buf[s.pos-s.start:]
}

// fill reads at least want bytes from pos on, or to the end of the file.
func (s *scanner) fill(want int64) error {
	want = max(min(max(want, s.chunk), s.size-s.pos), 0) // a segment that was cut in its header ends before its first frame
	if int64(cap(s.buf)) < want {
		s.buf = make([]byte, want)
	}
	s.buf = s.buf[:want]
	n, err := s.r.ReadAt(s.buf, s.pos)
	s.start = s.pos
	s.buf = s.buf[:n]
	if err == io.EOF {
		s.size = s.pos + int64(n) // it became shorter while being read
		return nil
	}
	return err
}

// readSmall reads a file that must not be longer than limit.
func readSmall(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, limit)
	}
	return b, nil
}
