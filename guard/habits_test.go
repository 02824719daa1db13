package guard

import (
	"path/filepath"
	"testing"
	"time"

	"cordon/policy"
)

// What is usual is learned before anything is unusual, and survives a restart.
func TestHabits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "habits.json")
	p := &policy.Policy{Watches: []*policy.Watch{{Name: "new", First: true}, {Name: "more", Times: 5, Rows: 1000}}}
	open := func() *Watcher {
		h, err := OpenHabits(path)
		if err != nil {
			t.Fatal(err)
		}
		return &Watcher{Windows: NewWindows(0), Habits: h}
	}
	w := open()
	count := func(found []Finding) int { return len(found) }
	for day := range 10 {
		now := noon.AddDate(0, 0, day)
		if n := count(w.Touched(now, p, "alice", []string{"public.customers"})); n != 0 {
			t.Errorf("day %d: %d findings for a usual table", day, n)
		}
		if n := count(w.Gave(now, p, "alice", 300)); n != 0 {
			t.Errorf("day %d: %d findings for usual rows", day, n)
		}
		if err := w.Habits.Save(); err != nil {
			t.Fatal(err)
		}
		if day == 5 {
			w = open()
		}
	}
	now := noon.AddDate(0, 0, 10)
	w = open()
	if f := w.Touched(now, p, "alice", []string{"public.customers", "public.salaries"}); len(f) != 1 || f[0].What != "the first access to public.salaries" {
		t.Errorf("%+v", f)
	}
	if n := count(w.Touched(now, p, "alice", []string{"public.salaries"})); n != 0 {
		t.Errorf("%d findings for the second access", n)
	}
	if n := count(w.Touched(now, p, "bob", []string{"public.salaries"})); n != 0 {
		t.Errorf("%d findings for somebody new", n)
	}
	if n := count(w.Gave(now, p, "alice", 1500)); n != 0 {
		t.Errorf("%d findings for five times as many rows", n)
	}
	if f := w.Gave(now, p, "alice", 1); len(f) != 1 || f[0].What != "1501 rows today, where 300 are usual" {
		t.Errorf("%+v", f)
	}
	if n := count(w.Gave(now, p, "alice", 5000)); n != 0 {
		t.Errorf("%d findings more the same day", n)
	}
	if n := count(w.Gave(now, p, "bob", 100000)); n != 0 {
		t.Errorf("%d findings for somebody of whom nothing is known", n)
	}
}

func TestSlowedForAnHour(t *testing.T) {
	p := &policy.Policy{Watches: []*policy.Watch{{Name: "storm", Errors: 3, Per: time.Minute, Action: policy.ActionSlow}}}
	w := &Watcher{Windows: NewWindows(0)}
	for range 3 {
		w.Failed(noon, p, "alice")
	}
	if w.Slowed(noon, "alice") {
		t.Error("slowed after three errors")
	}
	w.Failed(noon, p, "alice")
	if !w.Slowed(noon.Add(59*time.Minute), "alice") || w.Slowed(noon, "bob") || w.Slowed(noon.Add(time.Hour), "alice") {
		t.Error("alice is slowed for an hour, and bob is not")
	}
}

// Who is in quarantine stays there over a restart and a line that was not written whole.
func TestQuarantineIsDurable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quarantine.jsonl")
	p := &policy.Policy{Users: map[string]*policy.User{"carol": {}}, Watches: []*policy.Watch{{Name: "storm", Action: policy.ActionQuarantine, By: []string{"carol"}}}}
	open := func() *Quarantine {
		q, err := OpenQuarantine(path, p)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	running := open()
	for _, who := range []string{"alice", "bob"} {
		if err := running.Put(p, QuarantineEntry{Person: who, At: noon, Watch: "storm"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := open().Release(p, QuarantineEntry{Person: "alice", By: "carol", At: noon, Reason: "r"}); err != nil {
		t.Fatal(err)
	}
	if running.Of("alice") == nil {
		t.Error("released before the file was read")
	}
	if fresh, err := running.Follow(p); err != nil || len(fresh) != 1 || running.Of("alice") != nil || running.Of("bob") == nil {
		t.Errorf("%v, %v", fresh, err)
	}
	again := open()
	if again.Of("alice") != nil || again.Of("bob") == nil || len(again.All()) != 1 {
		t.Errorf("%+v", again.All())
	}
	if err := again.Release(p, QuarantineEntry{Person: "alice", By: "carol", At: noon, Reason: "r"}); err == nil {
		t.Error("released twice")
	}
}
