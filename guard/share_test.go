package guard

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"cordon/policy"
)

// store is what several nodes have in common.
type store struct {
	mu     sync.Mutex
	values map[string][]byte
	asked  int
}

// member is one node of them; away says that it cannot reach the others.
type member struct {
	*store
	name string
	away bool
}

var errAway = errors.New("away")

func (m *member) Name() string { return m.name }
func (m *member) Nodes() int   { return 3 }
func (m *member) Joined() bool { return !m.away }
func (m *member) Update(key string, keep time.Duration, change func(old []byte) []byte) error {
	if m.away {
		return errAway
	}
	for {
		m.mu.Lock()
		old := m.values[key]
		m.asked++
		m.mu.Unlock()
		next := change(old)
		if next == nil {
			return nil
		}
		m.mu.Lock()
		same := slices.Equal(m.values[key], old)
		if same {
			m.values[key] = next
		}
		m.mu.Unlock()
		if same {
			return nil
		}
	}
}

func nodesOfThree(lease, alone int) (s *store, members [3]*member, windows [3]*Windows) {
	s = &store{values: map[string][]byte{}}
	for i := range members {
		members[i] = &member{store: s, name: fmt.Sprintf("node-%d", i)}
		windows[i] = NewWindows(0)
		windows[i].Share(members[i], [32]byte{1}, lease, alone)
	}
	return s, members, windows
}

// rowsOf has rows of one person pass, one execution each, until one is stopped or there are so many. It gives how many passed.
func rowsOf(ws *Windows, now time.Time, e *policy.Export, most int) (passed int, stopped Stopped) {
	g := &Guard{Windows: ws}
	for passed < most {
		m := g.Start(now, "alice", []Limit{{Export: e, Rule: &policy.Rule{Name: "the list"}}})
		if m.Row(now, 10) == Stop || m.Complete(now) == Stop {
			return passed, m.Stopped()
		}
		passed++
	}
	return passed, Stopped{}
}

// Three nodes give a person together what the limit says, and not one row more, whoever asks, in whatever order and at the same time.
func TestSharedLimit(t *testing.T) {
	for _, limit := range []int64{1, 2, 7, 100, 2000} {
		e := &policy.Export{Windows: []policy.Window{{Rows: limit, Per: time.Hour}, {Rows: 3 * limit, Per: 24 * time.Hour}}}
		s, _, windows := nodesOfThree(10, 25)
		var given [3]int
		var all sync.WaitGroup
		for i, ws := range windows {
			for range 4 {
				all.Go(func() {
					n, _ := rowsOf(ws, noon, e, 1<<30)
					s.mu.Lock()
					given[i] += n
					s.mu.Unlock()
				})
			}
		}
		all.Wait()
		sum := int64(given[0] + given[1] + given[2])
		t.Logf("limit %d: %v = %d rows, with %d exchanges", limit, given, sum, s.asked)
		if sum > limit {
			t.Errorf("limit %d: %d rows were given", limit, sum)
		}
		// What is in lease on one node is not there for the others, until it goes back.
		for _, ws := range windows {
			ws.Tend(noon.Add(time.Minute))
		}
		for _, ws := range windows {
			n, _ := rowsOf(ws, noon.Add(time.Minute), e, 1<<30)
			sum += int64(n)
			ws.Tend(noon.Add(2 * time.Minute))
		}
		if sum != limit {
			t.Errorf("limit %d: %d rows were given in the end", limit, sum)
		}
		if n, _ := rowsOf(windows[1], noon.Add(59*time.Minute), e, 1); n != 0 {
			t.Errorf("limit %d: a row was given before the hour was over", limit)
		}
		if n, _ := rowsOf(windows[1], noon.Add(63*time.Minute), e, 1); n != 1 {
			t.Errorf("limit %d: no row was given when the hour was over", limit)
		}
	}
}

// Long random runs: at every moment, what three nodes gave within the last hour is within the limit.
func TestSharedLimitAtRandom(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 1))
		limit := int64(50 + r.IntN(500))
		e := &policy.Export{Windows: []policy.Window{{Rows: limit, Per: time.Hour}}}
		_, _, windows := nodesOfThree(1+r.IntN(50), 25)
		type gift struct {
			at time.Time
			n  int
		}
		var gifts []gift
		total := 0
		for now := noon; now.Before(noon.Add(5 * time.Hour)); now = now.Add(time.Duration(r.IntN(55)) * time.Second) {
			for _, ws := range windows {
				ws.Tend(now)
			}
			i := r.IntN(3)
			n, _ := rowsOf(windows[i], now, e, 1+r.IntN(60))
			gifts = append(gifts, gift{now, n})
			total += n
			sum := 0
			for _, g := range gifts {
				if now.Sub(g.at) < time.Hour {
					sum += g.n
				}
			}
			if int64(sum) > limit {
				t.Fatalf("seed %d: %d rows within an hour, and %d is the limit", seed, sum, limit)
			}
		}
		if int64(total) < 2*limit {
			t.Errorf("seed %d: %d rows in five hours with a limit of %d an hour", seed, total, limit)
		}
	}
}

// A node that is cut off gives a fraction of the limit; the others the rest. When it comes back, what it has given counts.
func TestSharedLimitAlone(t *testing.T) {
	e := &policy.Export{Windows: []policy.Window{{Rows: 100, Per: time.Hour}}}
	_, members, windows := nodesOfThree(10, 25)
	if n, _ := rowsOf(windows[0], noon, e, 10); n != 10 {
		t.Fatal(n)
	}
	windows[0].Tend(noon.Add(time.Minute))
	members[0].away = true
	n, stopped := rowsOf(windows[0], noon, e, 1<<30)
	if n != 15 { // with the ten before, a quarter of the limit
		t.Errorf("%d rows, cut off", n)
	}
	r := stopped.Refusal()
	want := "The limit is 25 rows within 1h over all connections; 25 rows had been given before this statement. No row was sent. This is 25% of the rule's limit: more does not hold while the other Cordons cannot be reached."
	if stopped.Reason != WindowRows || r.Detail != want {
		t.Errorf("%+v\n%s", stopped, r.Detail)
	}
	if n, _ := rowsOf(windows[1], noon, e, 1<<30); n != 90 {
		t.Errorf("%d rows of the others", n)
	}
	members[0].away = false
	windows[0].Retell()
	windows[0].Tend(noon.Add(time.Minute))
	if n, _ := rowsOf(windows[0], noon.Add(time.Minute), e, 1<<30); n != 0 {
		t.Errorf("%d rows above the limit after it came back", n)
	}
	if rows, _ := windows[2].Used(noon, Key{"alice", "the list", 0}); rows != 0 {
		t.Errorf("a node that was never asked knows of %d rows", rows)
	}
	if _, stopped := rowsOf(windows[2], noon.Add(time.Minute), e, 1); stopped.Count < 100 {
		t.Errorf("%d rows are known of, not 115 or a lease less", stopped.Count)
	}
}

// A node that was killed takes over what the record says it had, lease included. One that has lost everything but its file writes it again.
func TestSharedLimitAfterACrash(t *testing.T) {
	e := &policy.Export{Windows: []policy.Window{{Rows: 100, Per: time.Hour}}}
	s, members, windows := nodesOfThree(10, 25)
	n, _ := rowsOf(windows[0], noon, e, 25)
	again := NewWindows(0)
	again.Share(members[0], [32]byte{1}, 10, 25)
	more, _ := rowsOf(again, noon, e, 1<<30)
	if n+more > 100 || n+more < 80 {
		t.Errorf("%d rows before it was killed, and %d after", n, more)
	}
	clear(s.values)
	again.Retell()
	again.Tend(noon)
	if n, _ := rowsOf(windows[1], noon, e, 1<<30); n != 0 {
		t.Errorf("%d rows after the others had lost what was counted", n)
	}
}

// A subject whom two nodes have given counts once, and over all no more than the limit.
func TestSharedSubjects(t *testing.T) {
	e := &policy.Export{Windows: []policy.Window{{Subjects: 40, Per: time.Hour}}}
	_, _, windows := nodesOfThree(10, 25)
	given := map[int]bool{}
	give := func(i, who int) bool {
		g := &Guard{Windows: windows[i]}
		m := g.Start(noon, "alice", []Limit{{Export: e, Rule: &policy.Rule{Name: "the list"}}})
		m.Subject(windows[i].Subject("customers", []byte(fmt.Sprint(who))))
		ok := m.Row(noon, 10) != Stop && m.Complete(noon) != Stop
		if ok {
			given[who] = true
		}
		return ok
	}
	for who := range 30 {
		for i := range 3 {
			if !give(i, who) {
				t.Fatalf("subject %d was refused on node %d with %d given", who, i, len(given))
			}
		}
	}
	for who := 30; who < 100; who++ {
		give(who%3, who)
	}
	for _, ws := range windows {
		ws.Tend(noon.Add(time.Minute))
	}
	for who := 100; who < 200; who++ {
		give(who%3, who)
	}
	if len(given) != 40 {
		t.Errorf("%d different subjects were given, and 40 is the limit", len(given))
	}
	for i := range 3 {
		if !give(i, 7) {
			t.Errorf("node %d refuses a subject that counts already", i)
		}
	}
}

// The budget of look-ups by whole values is one for all nodes.
func TestSharedProbes(t *testing.T) {
	_, _, windows := nodesOfThree(10, 25)
	k := ProbeKey{Person: "alice", Rule: "r", Column: "public.customers.phone"}
	tries := 0
	for i := range 300 {
		if windows[i%3].Try(noon, k, nil, policy.Exact{Tries: 60, Per: time.Hour}, [][]byte{fmt.Appendf(nil, "138%d", i)}) == nil {
			tries++
		}
		if windows[(i+1)%3].Try(noon, k, nil, policy.Exact{Tries: 60, Per: time.Hour}, [][]byte{[]byte("1380")}) != nil {
			t.Fatal("a value that was tried costs again")
		}
	}
	if tries > 60 || tries < 50 {
		t.Errorf("%d different values were tried", tries)
	}
}

// What the nodes share is read as it was written, and nothing else is.
func TestSharedRecord(t *testing.T) {
	n := nodeRecord{part: 60, newest: 1 << 40, lease: lease{1, 2, 3}, subjects: map[Subject]uint8{7: 60, 8: 0}, unnamed: 5}
	n.parts[0], n.parts[windowParts] = lease{4, 5, 6}, lease{7, 8, 9}
	b := (&record{nodes: map[string]nodeRecord{"a": n}}).encode()
	r, err := decodeRecord(b)
	if err != nil || fmt.Sprint(r.nodes["a"]) != fmt.Sprint(n) {
		t.Errorf("%v %v", r, err)
	}
	for i := range b {
		if _, err := decodeRecord(b[:i]); err == nil && i > 0 {
			t.Errorf("its first %d bytes are read", i)
		}
	}
	if _, err := decodeRecord(append(b, 0)); err == nil {
		t.Error("a byte behind it is not seen")
	}
	b[0]++
	if _, err := decodeRecord(b); err == nil {
		t.Error("another version is read")
	}
}

// With a lease in hand a row costs no memory, and nobody is asked.
func TestSharedRowsCostNothing(t *testing.T) {
	e := &policy.Export{Over: policy.OverCut, Windows: []policy.Window{{Rows: 1 << 40, Per: 10000 * time.Hour}}}
	s, _, windows := nodesOfThree(50, 25)
	g := &Guard{Windows: windows[0]}
	m := g.Start(noon, "alice", []Limit{{Export: e, Rule: &policy.Rule{Name: "the list"}}})
	m.Row(noon, 10)
	asked := s.asked
	if n := testing.AllocsPerRun(1000, func() {
		if m.Row(noon, 10) != Pass {
			t.Fatal("stopped")
		}
	}); n != 0 || s.asked != asked {
		t.Errorf("%v allocations a row, %d exchanges", n, s.asked-asked)
	}
}

func benchmarkStatement(b *testing.B, ws *Windows) {
	g := &Guard{Windows: ws}
	limits := []Limit{{Export: &policy.Export{Over: policy.OverCut, Windows: []policy.Window{{Rows: 1 << 50, Per: 10000 * time.Hour}}}, Rule: &policy.Rule{Name: "the list"}}}
	b.ReportAllocs()
	for b.Loop() {
		m := g.Start(noon, "alice", limits)
		for range 20 {
			m.Row(noon, 100)
		}
		m.Complete(noon)
	}
}

// A statement of twenty rows under a window, for one Cordon and for one of three.
func BenchmarkStatementAlone(b *testing.B) { benchmarkStatement(b, NewWindows(0)) }

func BenchmarkStatementShared(b *testing.B) {
	_, _, windows := nodesOfThree(50, 25)
	benchmarkStatement(b, windows[0])
}
