package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"cordon/policy"
)

// CodeQuarantine is the SQLSTATE of what somebody in quarantine sends.
const CodeQuarantine = "5C003"

// QuarantineEntry is one line of the file: somebody is put into quarantine, or released.
type QuarantineEntry struct {
	Do     string    `json:"do"` // quarantine or release
	Person string    `json:"person"`
	At     time.Time `json:"at"`
	Watch  string    `json:"watch,omitempty"` // that has found something
	Why    string    `json:"why,omitempty"`
	By     string    `json:"by,omitempty"` // who released
	Reason string    `json:"reason,omitempty"`
}

// Quarantine is who is in quarantine. Its file only grows; the running Cordon and `cordon quarantine` read and write it under a lock.
type Quarantine struct {
	path string
	held atomic.Pointer[map[string]QuarantineEntry] // nil: nobody

	mu   sync.Mutex
	read int64 // of the file; guarded by mu
}

// OpenQuarantine reads the file, which need not be there yet.
func OpenQuarantine(path string, p *policy.Policy) (*Quarantine, error) {
	q := &Quarantine{path: path}
	_, err := q.Follow(p)
	return q, err
}

// Of says why a person is in quarantine; nil when they are not.
func (q *Quarantine) Of(person string) *QuarantineEntry {
	held := q.held.Load()
	if held == nil {
		return nil
	}
	if e, in := (*held)[person]; in {
		return &e
	}
	return nil
}

// All are those in quarantine, by name.
func (q *Quarantine) All() (list []QuarantineEntry) {
	if held := q.held.Load(); held != nil {
		for _, e := range *held {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b QuarantineEntry) int { return strings.Compare(a.Person, b.Person) })
	return list
}

// Follow reads what has been written since, and returns it.
func (q *Quarantine) Follow(p *policy.Policy) ([]QuarantineEntry, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f, err := os.Open(q.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return q.follow(f, p)
}

func (q *Quarantine) follow(f *os.File, p *policy.Policy) (fresh []QuarantineEntry, err error) {
	err = newLines(f, &q.read, func(line []byte) {
		var e QuarantineEntry
		if json.Unmarshal(line, &e) == nil && q.check(e, p) == nil {
			q.apply(e)
			fresh = append(fresh, e)
		}
	})
	return fresh, err
}

// check says why an entry may not stand behind those that are there.
func (q *Quarantine) check(e QuarantineEntry, p *policy.Policy) error {
	held := q.Of(e.Person)
	switch {
	case e.Person == "" || e.At.IsZero():
		return errors.New("the entry lacks a person or a time")
	case e.Do == "quarantine":
		return nil
	case e.Do != "release":
		return fmt.Errorf("%q is none of quarantine and release", e.Do)
	case held == nil:
		return fmt.Errorf("%q is not in quarantine", e.Person)
	case e.By == e.Person:
		return fmt.Errorf("%q may not release themselves", e.By)
	case strings.TrimSpace(e.Reason) == "":
		return errors.New("a release needs a reason")
	}
	var by []string
	for _, w := range p.Watches {
		if w.Action == policy.ActionQuarantine && (w.Name == held.Watch || held.Watch == "") {
			by = append(by, w.By...)
		}
	}
	if len(by) == 0 { // the watch has gone: whoever may release by another
		for _, w := range p.Watches {
			by = append(by, w.By...)
		}
	}
	if !slices.Contains(by, e.By) || p.Users[e.By] == nil || p.Users[e.By].Disabled {
		return fmt.Errorf("%q may not release %q: %s may", e.By, e.Person, strings.Join(by, ", "))
	}
	if q.Of(e.By) != nil {
		return fmt.Errorf("%q is in quarantine too", e.By)
	}
	return nil
}

func (q *Quarantine) apply(e QuarantineEntry) {
	next := map[string]QuarantineEntry{}
	if held := q.held.Load(); held != nil {
		for k, v := range *held {
			next[k] = v
		}
	}
	if e.Do == "quarantine" {
		next[e.Person] = e
	} else {
		delete(next, e.Person)
	}
	if len(next) == 0 {
		q.held.Store(nil)
		return
	}
	q.held.Store(&next)
}

// Put puts somebody into quarantine. It holds at once; the error says that a restart would forget it.
func (q *Quarantine) Put(p *policy.Policy, e QuarantineEntry) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	e.Do = "quarantine"
	if q.Of(e.Person) != nil {
		return nil
	}
	q.apply(e)
	return q.write(p, e)
}

// Release writes that somebody is released, when the policy allows it.
func (q *Quarantine) Release(p *policy.Policy, e QuarantineEntry) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	e.Do = "release"
	return q.write(p, e)
}

func (q *Quarantine) write(p *policy.Policy, e QuarantineEntry) error {
	f, err := os.OpenFile(q.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o660)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", q.path, err)
	}
	if _, err := q.follow(f, p); err != nil {
		return err
	}
	if err := q.check(e, p); err != nil {
		return err
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	lead := ""
	if info.Size() != q.read {
		lead = "\n" // somebody died in the middle of a line
	}
	if _, err := f.Write(append([]byte(lead), append(line, '\n')...)); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	q.read = info.Size() + int64(len(lead)+len(line)) + 1
	q.apply(e)
	return syncDir(filepath.Dir(q.path))
}
