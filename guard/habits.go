package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Habits are what people usually do: the rows of each of their last thirty days, and the tables that they have touched.
type Habits struct {
	path string

	mu      sync.Mutex // guards what follows
	people  map[string]*habit
	changed bool
}

type habit struct {
	Since  time.Time        `json:"since"`
	Days   map[string]int64 `json:"days,omitempty"` // rows by date, UTC
	Tables map[string]bool  `json:"tables,omitempty"`
}

const (
	habitDays  = 30
	habitLearn = 7 * 24 * time.Hour // for so long a person's tables are learned, and nothing is the first
	habitKnown = 5                  // days with rows before there is an average
	maxHabits  = 50_000             // people
	maxTables  = 5_000              // of one person
)

// OpenHabits reads the file, which need not be there yet.
func OpenHabits(path string) (*Habits, error) {
	h := &Habits{path: path, people: map[string]*habit{}}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &h.people)
	}
	if err != nil {
		return nil, fmt.Errorf("read people's habits: %s: %w; to learn them anew, move it away", path, err)
	}
	for who, p := range h.people {
		if p == nil {
			delete(h.people, who)
		}
	}
	return h, nil
}

// of is a person's habit; nil when there is no room. mu is held.
func (h *Habits) of(now time.Time, person string) *habit {
	p := h.people[person]
	if p == nil && len(h.people) < maxHabits {
		p = &habit{Since: now.UTC()}
		h.people[person] = p
		h.changed = true
	}
	return p
}

// First says that a person touches a table for the first time, and notes it. While the person is new nothing is the first.
func (h *Habits) First(now time.Time, person, table string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(now, person)
	if p == nil || p.Tables[table] || len(p.Tables) >= maxTables {
		return false
	}
	if p.Tables == nil {
		p.Tables = map[string]bool{}
	}
	p.Tables[table] = true
	h.changed = true
	return now.Sub(p.Since) >= habitLearn
}

// Gave counts rows. It returns those of today, and how many the days before brought on average; 0 while too few are known.
func (h *Habits) Gave(now time.Time, person string, rows int64) (today, average int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(now, person)
	if p == nil {
		return 0, 0
	}
	if p.Days == nil {
		p.Days = map[string]int64{}
	}
	date := now.UTC().Format(time.DateOnly)
	p.Days[date] += rows
	h.changed = true
	oldest := now.UTC().AddDate(0, 0, -habitDays).Format(time.DateOnly)
	sum, n := int64(0), int64(0)
	for d, rows := range p.Days {
		switch {
		case d < oldest:
			delete(p.Days, d)
		case d < date:
			sum += rows
			n++
		}
	}
	if n < habitKnown {
		return p.Days[date], 0
	}
	return p.Days[date], max(1, sum/n)
}

// Save writes what has changed: a new file takes the old one's place.
func (h *Habits) Save() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.changed {
		return nil
	}
	data, err := json.Marshal(h.people)
	if err == nil {
		err = replaceFile(h.path, data)
	}
	if err != nil {
		return fmt.Errorf("save people's habits: %w", err)
	}
	h.changed = false
	return nil
}

// replaceFile writes a file so that after a crash it is the old or the new one.
func replaceFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}
