package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	Since  time.Time `json:"since,omitzero"` // At of what a release ends: one that was written elsewhere meanwhile stays
}

// Quarantine is who is in quarantine. The running Cordon and `cordon quarantine` read and write its file under a lock; who has been released is taken out of it when it has grown.
type Quarantine struct {
	held atomic.Pointer[map[string]QuarantineEntry] // nil: nobody

	mu     sync.Mutex // guards what follows
	lines  lines
	people map[string]QuarantineEntry // what held will be
	ended  map[string]time.Time       // Since of each person's last release
	fresh  []QuarantineEntry          // read, and not yet returned by Follow
	shrink int64                      // the size of the file from which it is looked at for what is over
}

// OpenQuarantine reads the file, which need not be there yet.
func OpenQuarantine(path string, p *policy.Policy) (*Quarantine, error) {
	q := &Quarantine{lines: lines{path: path}, people: map[string]QuarantineEntry{}, ended: map[string]time.Time{}, shrink: shrinkAt}
	_, err := q.Follow(p)
	return q, err
}

// Of says why a person is in quarantine; nil when they are not.
func (q *Quarantine) Of(person string) *QuarantineEntry {
	held := q.held.Load()
	if held == nil {
		return nil
	}
	return of(*held, person)
}

func of(people map[string]QuarantineEntry, person string) *QuarantineEntry {
	if e, in := people[person]; in {
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
	err := q.follow(p)
	fresh := q.fresh
	q.fresh = nil
	return fresh, err
}

// follow reads what has been written since. mu is held.
func (q *Quarantine) follow(p *policy.Policy) error {
	var before map[string]QuarantineEntry
	err := q.lines.follow(func() {
		before = q.people
		q.people = map[string]QuarantineEntry{}
	}, func(line []byte) {
		var e QuarantineEntry
		if json.Unmarshal(line, &e) != nil || q.check(e, p) != nil {
			return
		}
		q.apply(e)
		if was, in := before[e.Person]; !in || e.Do != "quarantine" || !was.At.Equal(e.At) {
			q.fresh = append(q.fresh, e)
		}
	})
	q.publish()
	return err
}

// check says why an entry may not stand behind those that are there.
func (q *Quarantine) check(e QuarantineEntry, p *policy.Policy) error {
	held := of(q.people, e.Person)
	switch {
	case e.Person == "" || e.At.IsZero():
		return errors.New("the entry lacks a person or a time")
	case e.Do == "quarantine":
		return nil
	case e.Do != "release":
		return fmt.Errorf("%q is none of quarantine and release", e.Do)
	case held == nil && e.Since.IsZero():
		return fmt.Errorf("%q is not in quarantine", e.Person)
	case e.By == e.Person:
		return fmt.Errorf("%q may not release themselves", e.By)
	case strings.TrimSpace(e.Reason) == "":
		return errors.New("a release needs a reason")
	}
	watch := e.Watch
	if held != nil {
		watch = held.Watch
	}
	var by []string
	for _, w := range p.Watches {
		if w.Action == policy.ActionQuarantine && (w.Name == watch || watch == "") {
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
	if of(q.people, e.By) != nil {
		return fmt.Errorf("%q is in quarantine too", e.By)
	}
	return nil
}

// apply notes an entry, for publish to make it hold. mu is held.
//
// Where several Cordons share their files, these may have the lines in different orders: a person is held when what was written last of holding them is later than what their last release ends, in whatever order the lines come.
func (q *Quarantine) apply(e QuarantineEntry) {
	held := of(q.people, e.Person)
	if e.Do == "quarantine" {
		if e.At.After(q.ended[e.Person]) && (held == nil || e.At.After(held.At)) {
			q.people[e.Person] = e
		}
		return
	}
	if e.Since.After(q.ended[e.Person]) {
		q.ended[e.Person] = e.Since
	}
	if held != nil && (e.Since.IsZero() || !held.At.After(e.Since)) {
		delete(q.people, e.Person)
	}
}

func (q *Quarantine) publish() {
	if len(q.people) == 0 {
		q.held.Store(nil)
		return
	}
	held := maps.Clone(q.people)
	q.held.Store(&held)
}

// Put puts somebody into quarantine. It holds at once; the error says that a restart would forget it.
func (q *Quarantine) Put(p *policy.Policy, e QuarantineEntry) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	e.Do = "quarantine"
	if of(q.people, e.Person) != nil {
		return nil
	}
	if ended := q.ended[e.Person]; !e.At.After(ended) {
		e.At = ended.Add(1) // another machine's clock is ahead
	}
	q.apply(e)
	q.publish()
	err := q.write(p, e)
	if err != nil && of(q.people, e.Person) == nil {
		q.apply(e) // the file was read anew
		q.publish()
	}
	return err
}

// Release writes that somebody is released, when the policy allows it.
func (q *Quarantine) Release(p *policy.Policy, e QuarantineEntry) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	e.Do = "release"
	return q.write(p, e)
}

func (q *Quarantine) write(p *policy.Policy, e QuarantineEntry) error {
	return q.lines.locked(func(f *os.File) error {
		if err := q.follow(p); err != nil {
			return err
		}
		if held := of(q.people, e.Person); e.Do == "release" && held != nil {
			e.Since, e.Watch = held.At, held.Watch
		}
		if err := q.check(e, p); err != nil {
			return err
		}
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if err := q.lines.add(f, line); err != nil {
			return err
		}
		n := len(q.fresh)
		err = q.follow(p)
		q.fresh = q.fresh[:n] // whoever wrote it knows it
		return err
	})
}

// Shrink takes those who have been released out of the file, when it has grown.
func (q *Quarantine) Shrink(p *policy.Policy) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lines.size() < q.shrink {
		return nil
	}
	return q.lines.locked(func(f *os.File) error {
		if err := q.follow(p); err != nil {
			return err
		}
		var out []byte
		for _, e := range q.All() {
			line, err := json.Marshal(e)
			if err != nil {
				return err
			}
			out = append(append(out, line...), '\n')
		}
		q.shrink = max(shrinkAt, 2*int64(len(out)))
		if int64(len(out)) >= q.lines.size() {
			return nil
		}
		if err := q.lines.replace(f, out); err != nil {
			return err
		}
		return q.follow(p)
	})
}
