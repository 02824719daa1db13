package guard

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"cordon/policy"
)

// A window is held against a list of every row's time: it never counts less than the list does, and never more than the list would one part later.
func TestWindowNeverCountsTooLittle(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 1))
		per := []time.Duration{time.Second, time.Minute, time.Hour, 7 * time.Hour, 30 * 24 * time.Hour}[r.IntN(5)]
		part := (per + windowParts - 1) / windowParts
		limit := &policy.Window{Rows: 1000, Per: per}
		ws := NewWindows(0)
		k := Key{"alice", "sales", 0}
		a := ws.open(noon, k, per)
		var times []time.Time
		now := noon
		within := func(d time.Duration) (n int64) {
			for _, at := range times {
				if now.Sub(at) < d {
					n++
				}
			}
			return n
		}
		for range 1000 {
			now = now.Add(time.Duration(r.Int64N(int64(per) / 100)))
			if r.IntN(500) == 0 {
				now = now.Add(2 * per)
			}
			n := r.Int64N(50)
			for len(times) > 0 && now.Sub(times[0]) > 2*per {
				times = times[1:]
			}
			before := within(per)
			if a.reserve(now, limit, n, 0, nil) == NotStopped {
				if before+n > limit.Rows {
					t.Fatalf("seed %d: %d rows more let through, with %d in the window", seed, n, before)
				}
				a.commit(now, n, 0)
				for range n {
					times = append(times, now)
				}
			} else if late := within(per + part); late+n <= limit.Rows {
				t.Fatalf("seed %d: %d rows refused, with %d in the window and a part", seed, n, late)
			}
			used, _ := ws.Used(now, k)
			if low, high := within(per), within(per+part); used < low || used > high {
				t.Fatalf("seed %d: the window counts %d rows, of %d to %d", seed, used, low, high)
			}
		}
	}
}

func TestClockThatGoesBack(t *testing.T) {
	ws := NewWindows(0)
	a := ws.open(noon, Key{"alice", "sales", 0}, time.Hour)
	limit := &policy.Window{Rows: 10, Per: time.Hour}
	if a.reserve(noon, limit, 10, 0, nil) != NotStopped {
		t.Fatal("the first rows are refused")
	}
	a.commit(noon, 10, 0)
	if a.reserve(noon.Add(-24*time.Hour), limit, 1, 0, nil) == NotStopped {
		t.Error("yesterday there is room again")
	}
	if a.reserve(noon.Add(59*time.Minute), limit, 1, 0, nil) == NotStopped {
		t.Error("there is room before the hour is over")
	}
	if a.reserve(noon.Add(61*time.Minute), limit, 1, 0, nil) != NotStopped {
		t.Error("there is no room after the hour")
	}
}

// A policy that changes a window's span takes nothing off its count.
func TestSpanChanges(t *testing.T) {
	ws := NewWindows(0)
	k := Key{"alice", "sales", 0}
	a := ws.open(noon, k, time.Hour)
	a.reserve(noon, &policy.Window{Per: time.Hour}, 10, 100, nil)
	a.commit(noon, 10, 100)
	later := noon.Add(50 * time.Minute)
	ws.open(later, k, 24*time.Hour)
	if rows, bytes := ws.Used(later.Add(23*time.Hour), k); rows != 10 || bytes != 100 {
		t.Errorf("the window counts %d rows, %d bytes", rows, bytes)
	}
}

func TestWindowsAreBounded(t *testing.T) {
	ws := NewWindows(100)
	export := rule(policy.Export{Windows: []policy.Window{{Rows: 10, Per: time.Hour}}})
	g := &Guard{Windows: ws, Ceiling: NewCeiling(0)}
	for i := range 100 {
		m := g.Start(noon, fmt.Sprint("person ", i), []Limit{export})
		if got, _ := run(&m, noon, 1); got != 1 {
			t.Fatalf("person %d got %d rows", i, got)
		}
	}
	m := g.Start(noon, "one more", []Limit{export})
	if v := m.Row(noon, 1); v != Stop || m.Stopped().Reason != TooManyWindows {
		t.Errorf("one more: %v, %v", v, m.Stopped().Reason)
	}
	later := noon.Add(2 * time.Hour)
	for i := range 1000 {
		at := later.Add(time.Duration(i) * time.Hour)
		m := g.Start(at, fmt.Sprint("later ", i), []Limit{export})
		if got, _ := run(&m, at, 1); got != 1 {
			t.Fatalf("later person %d got %d rows: %v", i, got, m.Stopped().Reason)
		}
	}
	if n := ws.Len(); n > 100 {
		t.Errorf("%d windows are kept", n)
	}
}

func TestAgain(t *testing.T) {
	g := newGuard()
	export := []Limit{rule(policy.Export{Windows: []policy.Window{{Rows: 5, Per: time.Hour}}})}
	at := noon.Add(30 * time.Second)
	m := g.Start(at, "alice", export)
	run(&m, at, 5)
	at = at.Add(10 * time.Minute)
	m = g.Start(at, "alice", export)
	if got, stopped := run(&m, at, 1); got != 0 || !stopped {
		t.Fatalf("got %d rows", got)
	}
	s := m.Stopped()
	if want := noon.Add(61 * time.Minute); !s.Again.Equal(want) || s.Count != 5 {
		t.Errorf("again at %v, want %v; %d rows before", s.Again, want, s.Count)
	}
	m = g.Start(s.Again, "alice", export)
	if got, _ := run(&m, s.Again, 5); got != 5 {
		t.Errorf("at that time the client gets %d rows", got)
	}
}

func BenchmarkWindowParallel(b *testing.B) {
	g := newGuard()
	limits := []Limit{rule(policy.Export{Windows: []policy.Window{{Rows: 1 << 60, Per: time.Hour}}, Over: policy.OverCut})}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		m := g.Start(noon, "alice", limits)
		defer m.Abandon()
		for pb.Next() {
			m.Row(noon, 100)
		}
	})
}
