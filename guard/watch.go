package guard

import (
	"fmt"
	"sync"
	"time"

	"cordon/policy"
)

// Watcher holds what people do against the watch section of the policy. It is safe for concurrent use.
type Watcher struct {
	Windows    *Windows
	Habits     *Habits
	Quarantine *Quarantine

	mu   sync.Mutex
	slow map[string]time.Time // guarded by mu: until when each statement of a person waits
}

// Finding is something unusual.
type Finding struct {
	Watch  *policy.Watch
	Person string
	What   string // a sentence for people
}

const (
	slowFor = time.Hour
	// SlowBy is how long each statement of somebody waits whom a watch has slowed.
	SlowBy = time.Second
	// quietFor is the time in which a watch that has no span of its own tells of a person once.
	quietFor = 24 * time.Hour
)

// Failed counts a statement that failed or was refused.
func (w *Watcher) Failed(now time.Time, p *policy.Policy, person string) (found []Finding) {
	for _, x := range p.Watches {
		if x.Errors > 0 && x.Watches(p, person) && w.over(now, person, x) {
			found = w.find(now, found, person, x, fmt.Sprintf("more than %d statements have failed within %s", x.Errors, span(x.Per)))
		}
	}
	return found
}

// LookedUp counts subjects that a statement asks for by their key.
func (w *Watcher) LookedUp(now time.Time, p *policy.Policy, person string, subjects []Subject) (found []Finding) {
	for _, x := range p.Watches {
		if x.Lookups > 0 && x.Watches(p, person) && !w.addSubjects(now, person, x, subjects) {
			found = w.find(now, found, person, x, fmt.Sprintf("more than %d different subjects were looked up within %s", x.Lookups, span(x.Per)))
		}
	}
	return found
}

// Touched notes a statement with the tables that it touches.
func (w *Watcher) Touched(now time.Time, p *policy.Policy, person string, tables []string) (found []Finding) {
	for _, x := range p.Watches {
		if x.At(now) && x.Watches(p, person) {
			found = w.find(now, found, person, x, "a statement at an unusual time")
		}
	}
	for _, t := range tables {
		if !w.Habits.First(now, person, t) {
			continue
		}
		for _, x := range p.Watches {
			if x.First && x.Watches(p, person) {
				found = append(found, w.act(now, Finding{x, person, "the first access to " + t}))
			}
		}
	}
	return found
}

// Gave counts rows that a person got.
func (w *Watcher) Gave(now time.Time, p *policy.Policy, person string, rows int64) (found []Finding) {
	if rows <= 0 {
		return nil
	}
	today, average := w.Habits.Gave(now, person, rows)
	for _, x := range p.Watches {
		if x.Times > 0 && average > 0 && today > x.Rows && today > x.Times*average && x.Watches(p, person) {
			found = w.find(now, found, person, x, fmt.Sprintf("%d rows today, where %d are usual", today, average))
		}
	}
	return found
}

// Slowed says until when a person's statements wait.
func (w *Watcher) Slowed(now time.Time, person string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	until, slowed := w.slow[person]
	if slowed && !now.Before(until) {
		delete(w.slow, person)
		return false
	}
	return slowed
}

// find acts on what a watch has found, once within its span.
func (w *Watcher) find(now time.Time, found []Finding, person string, x *policy.Watch, what string) []Finding {
	per := x.Per
	if per == 0 {
		per = quietFor
	}
	a := w.Windows.open(now, Key{person, "watch: " + x.Name, 1}, per)
	if a == nil {
		return found
	}
	defer a.close()
	if a.reserve(now, &policy.Window{Rows: 1, Per: per}, 1, 0, nil) != NotStopped {
		return found
	}
	a.commit(now, 1, 0)
	return append(found, w.act(now, Finding{x, person, what}))
}

func (w *Watcher) act(now time.Time, f Finding) Finding {
	if f.Watch.Action == policy.ActionSlow {
		w.mu.Lock()
		if w.slow == nil {
			w.slow = map[string]time.Time{}
		}
		for who, until := range w.slow {
			if !now.Before(until) {
				delete(w.slow, who)
			}
		}
		w.slow[f.Person] = now.Add(slowFor)
		w.mu.Unlock()
	}
	return f
}

// over counts a failure for a watch, and reports whether that is one too many.
func (w *Watcher) over(now time.Time, person string, x *policy.Watch) bool {
	a := w.Windows.open(now, Key{person, "watch: " + x.Name, 0}, x.Per)
	if a == nil {
		return false
	}
	defer a.close()
	if a.reserve(now, &policy.Window{Rows: x.Errors, Per: x.Per}, 1, 0, nil) != NotStopped {
		return true
	}
	a.commit(now, 1, 0)
	return false
}

// addSubjects counts different subjects, and reports false above the watch's limit.
func (w *Watcher) addSubjects(now time.Time, person string, x *policy.Watch, subjects []Subject) bool {
	a := w.Windows.open(now, Key{person, "watch: " + x.Name, 0}, x.Per)
	if a == nil {
		return true
	}
	defer a.close()
	for _, s := range subjects {
		one := []Subject{s}
		if !a.reserveSubjects(now, &policy.Window{Subjects: x.Lookups, Per: x.Per}, one, 0, nil) {
			return false
		}
		a.commitSubjects(now, one, 0)
	}
	return true
}
