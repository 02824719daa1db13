package guard

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// What windows count survives a restart: their file is a journal. Each save appends the windows that have changed, whole; of several records of one window the last holds. When the journal has grown to several times what its windows need, it is
// written anew beside, and takes the old one's place. So a crash loses what was given since the last save, and a power cut no more.

// storeMagic begins the file. Behind it stands the key of subjects.
const storeMagic = "cordon windows 1\n"

const (
	maxStored   = 8 << 20 // bytes of one record
	storeSlack  = 1 << 20 // that the journal may have beyond what its windows need
	storeGrowth = 4       // and how many times that
)

// Store keeps windows in a file.
type Store struct {
	windows *Windows
	path    string

	mu     sync.Mutex // guards what follows
	file   *os.File
	size   int64
	needed int64 // when the file was last written anew
	now    func() time.Time
}

// OpenWindows reads windows from a file, which need not be there yet, and keeps them there. most is as for NewWindows. A record that was being written when the program died counts for nothing; a file that is damaged otherwise is an error.
func OpenWindows(path string, most int, now func() time.Time) (*Windows, *Store, error) {
	ws := NewWindows(most)
	ws.saves = true
	s := &Store{windows: ws, path: path, now: now}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, nil, fmt.Errorf("read what was exported before: %w", err)
	default:
		if err := ws.read(data, now()); err != nil {
			return nil, nil, fmt.Errorf("%s: %w; to begin with empty counts, move it away", path, err)
		}
	}
	if err := s.rewrite(); err != nil {
		return nil, nil, err
	}
	return ws, s, nil
}

// read takes the windows out of a journal.
func (ws *Windows) read(data []byte, now time.Time) error {
	if len(data) < len(storeMagic)+len(ws.key) || string(data[:len(storeMagic)]) != storeMagic {
		return errors.New("this is no file of what was exported")
	}
	rest := data[len(storeMagic):]
	copy(ws.key[:], rest)
	rest = rest[len(ws.key):]
	for len(rest) > 0 {
		if len(rest) < 8 {
			return nil // it was being written
		}
		n, sum := int64(binary.BigEndian.Uint32(rest)), binary.BigEndian.Uint32(rest[4:])
		if n > maxStored {
			return errors.New("a record is longer than any can be")
		}
		if int64(len(rest)) < 8+n {
			return nil
		}
		body := rest[8 : 8+n]
		rest = rest[8+n:]
		if crc32.ChecksumIEEE(body) != sum {
			if len(rest) == 0 {
				return nil
			}
			return errors.New("a record is damaged")
		}
		a, err := decodeAccount(body)
		if err != nil {
			return err
		}
		a.windows = ws
		if len(ws.accounts) >= ws.max && ws.accounts[a.key] == nil {
			return fmt.Errorf("it holds more than %d windows", ws.max)
		}
		ws.accounts[a.key] = a
	}
	ws.sweepAt = min(ws.max, max(1024, 2*len(ws.accounts)))
	for k, a := range ws.accounts {
		if a.idle(now) {
			delete(ws.accounts, k)
		}
	}
	return nil
}

// Save writes what has changed since the last time; when it returns, that is on the storage device.
func (s *Store) Save() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ws := s.windows
	ws.changedMu.Lock()
	changed := ws.changed
	ws.changed = nil
	ws.changedMu.Unlock()
	if len(changed) == 0 {
		return nil
	}
	if s.file == nil || s.size > storeSlack+storeGrowth*s.needed {
		return s.rewriteLocked()
	}
	var b []byte
	for _, a := range changed {
		b = a.appendRecord(b)
	}
	if _, err := s.file.Write(b); err != nil {
		return s.failed(err)
	}
	s.size += int64(len(b))
	if err := s.file.Sync(); err != nil {
		return s.failed(err)
	}
	return nil
}

// failed has the next save write the whole file anew: nobody knows what this one holds.
func (s *Store) failed(err error) error {
	s.file.Close()
	s.file = nil
	ws := s.windows
	ws.changedMu.Lock()
	ws.changed = append(ws.changed, &account{windows: ws})
	ws.changedMu.Unlock()
	return fmt.Errorf("save what was exported: %w", err)
}

func (s *Store) rewrite() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rewriteLocked()
}

func (s *Store) rewriteLocked() (err error) {
	ws := s.windows
	dir := filepath.Dir(s.path)
	f, err := os.CreateTemp(dir, ".windows-*")
	if err != nil {
		return fmt.Errorf("save what was exported: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("save what was exported: %w", err)
		}
	}()
	ws.mu.Lock()
	all := make([]*account, 0, len(ws.accounts))
	for _, a := range ws.accounts {
		all = append(all, a)
	}
	ws.mu.Unlock()
	out := bufio.NewWriterSize(f, 256<<10)
	size, err := io.WriteString(out, storeMagic+string(ws.key[:]))
	if err != nil {
		return err
	}
	now := s.now()
	var b []byte
	for _, a := range all {
		if a.idle(now) {
			continue
		}
		b = a.appendRecord(b[:0])
		n, err := out.Write(b)
		if size += n; err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), s.path); err != nil {
		return err
	}
	if err := syncDir(dir); err != nil {
		return err
	}
	if s.file != nil {
		s.file.Close()
	}
	s.file, s.size, s.needed = f, int64(size), int64(size)
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Close saves, and lets go of the file.
func (s *Store) Close() error {
	err := s.Save()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		s.file.Close()
		s.file = nil
	}
	return err
}

// change notes that the window is to be saved. mu is held.
func (a *account) change() {
	if a.changed || !a.windows.saves {
		return
	}
	a.changed = true
	a.windows.changedMu.Lock()
	a.windows.changed = append(a.windows.changed, a)
	a.windows.changedMu.Unlock()
}

// appendRecord appends the window as its file has it. What is only reserved is not in it: nobody has got it.
func (a *account) appendRecord(b []byte) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changed = false
	if a.part == 0 {
		return b
	}
	at := len(b)
	b = append(b, make([]byte, 8)...)
	for _, text := range []string{a.key.Person, a.key.Rule} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	b = binary.AppendUvarint(b, uint64(a.key.Window))
	b = binary.AppendUvarint(b, uint64(a.part))
	b = binary.AppendVarint(b, a.newest)
	for i := range int64(windowParts + 1) {
		p := a.parts[a.slot(a.newest-i)]
		b = binary.AppendUvarint(b, uint64(p.rows))
		b = binary.AppendUvarint(b, uint64(p.bytes))
		b = binary.AppendUvarint(b, uint64(p.unknown))
	}
	for k, t := range a.subjects {
		if t.part != unseen {
			b = binary.BigEndian.AppendUint64(b, uint64(k))
			b = append(b, byte(a.newest-t.part))
		}
	}
	body := b[at+8:]
	binary.BigEndian.PutUint32(b[at:], uint32(len(body)))
	binary.BigEndian.PutUint32(b[at+4:], crc32.ChecksumIEEE(body))
	return b
}

var errStored = errors.New("a record cannot be read")

func decodeAccount(b []byte) (*account, error) {
	a := &account{}
	failed := false
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > 1<<62 {
			failed = true
			return 0
		}
		b = b[n:]
		return v
	}
	text := func() string {
		n := number()
		if failed || n > uint64(len(b)) {
			failed = true
			return ""
		}
		t := string(b[:n])
		b = b[n:]
		return t
	}
	a.key.Person, a.key.Rule = text(), text()
	a.key.Window = int(number())
	a.part = time.Duration(number())
	newest, n := binary.Varint(b)
	if failed || n <= 0 || a.part <= 0 || newest < -1<<60 || newest > 1<<60 {
		return nil, errStored
	}
	b = b[n:]
	a.newest = newest
	for i := range int64(windowParts + 1) {
		p := &a.parts[a.slot(newest-i)]
		p.rows, p.bytes, p.unknown = int64(number()), int64(number()), int64(number())
		a.used.rows += p.rows
		a.used.bytes += p.bytes
		a.used.unknown += p.unknown
		if a.used.rows < 0 || a.used.bytes < 0 || a.used.unknown < 0 {
			return nil, errStored
		}
	}
	if failed || len(b)%9 != 0 {
		return nil, errStored
	}
	for ; len(b) > 0; b = b[9:] {
		if b[8] > windowParts {
			return nil, errStored
		}
		if a.subjects == nil {
			a.subjects = make(map[Subject]sighting, len(b)/9)
		}
		k := Subject(binary.BigEndian.Uint64(b))
		if _, twice := a.subjects[k]; twice {
			return nil, errStored
		}
		t := sighting{part: newest - int64(b[8])}
		a.subjects[k] = t
		a.parts[a.slot(t.part)].seen++
		a.used.seen++
	}
	return a, nil
}

func newKey() (k [32]byte) {
	rand.Read(k[:])
	return k
}
