package guard

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cordon/policy"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func rule(e policy.Export) Limit {
	return Limit{Export: &e, Rule: &policy.Rule{Name: "sales", File: "/etc/cordon/policy.yaml", Line: 41, Export: &e}}
}

func newGuard() *Guard { return &Guard{Windows: NewWindows(0), Ceiling: NewCeiling(0)} }

// run feeds rows of 10 bytes until the meter stops or the statement ends, and gives the rows that the client got.
func run(m *Meter, now time.Time, rows int) (got int, stopped bool) {
	held := 0
	for range rows {
		switch m.Row(now, 10) {
		case Pass:
			got += held + 1
			held = 0
		case Hold:
			held++
		default:
			return got, true
		}
	}
	if m.Complete(now) == Pass {
		got += held
	}
	return got, false
}

func TestMeter(t *testing.T) {
	tests := []struct {
		name    string
		export  policy.Export
		atMost  int64
		rows    int
		got     int
		reason  Reason
		held    bool // the first row is held
		limited bool
	}{
		{"block, below", policy.Export{Rows: 5}, -1, 4, 4, NotStopped, true, true},
		{"block, exactly", policy.Export{Rows: 5}, -1, 5, 5, NotStopped, true, true},
		{"block, one above", policy.Export{Rows: 5}, -1, 6, 0, RowLimit, true, true},
		{"block, surely below", policy.Export{Rows: 5}, 5, 5, 5, NotStopped, false, true},
		{"block, hint above", policy.Export{Rows: 5}, 6, 5, 5, NotStopped, true, true},
		{"block, wrong hint", policy.Export{Rows: 5}, 1, 6, 5, RowLimit, false, true},
		{"cut, exactly", policy.Export{Rows: 5, Over: policy.OverCut}, -1, 5, 5, NotStopped, false, true},
		{"cut, one above", policy.Export{Rows: 5, Over: policy.OverCut}, -1, 6, 5, RowLimit, false, true},
		{"bytes, exactly", policy.Export{Bytes: 50}, -1, 5, 5, NotStopped, true, true},
		{"bytes, above", policy.Export{Bytes: 49}, -1, 5, 0, ByteLimit, true, true},
		{"bytes, cut", policy.Export{Bytes: 49, Over: policy.OverCut}, -1, 5, 4, ByteLimit, false, true},
		{"bytes need holding in spite of a hint", policy.Export{Rows: 5, Bytes: 50}, 5, 5, 5, NotStopped, true, true},
		{"window, exactly", policy.Export{Windows: []policy.Window{{Rows: 5, Per: time.Hour}}}, -1, 5, 5, NotStopped, true, true},
		{"window, above", policy.Export{Windows: []policy.Window{{Rows: 5, Per: time.Hour}}}, -1, 6, 0, WindowRows, true, true},
		{"window, hint within", policy.Export{Windows: []policy.Window{{Rows: 5, Per: time.Hour}}}, 5, 5, 5, NotStopped, false, true},
		{"window, hint above", policy.Export{Windows: []policy.Window{{Rows: 5, Per: time.Hour}}}, 6, 5, 5, NotStopped, true, true},
		{"window bytes, cut", policy.Export{Windows: []policy.Window{{Bytes: 35, Per: time.Hour}}, Over: policy.OverCut}, -1, 5, 3, WindowBytes, false, true},
		{"an export section without limits", policy.Export{}, -1, 1000, 1000, NotStopped, false, true},
		{"no limit at all", policy.Export{}, -1, 1000, 1000, NotStopped, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGuard()
			var limits []Limit
			if tt.limited {
				limits = []Limit{rule(tt.export)}
			}
			m := g.Start(noon, "alice", limits)
			if tt.atMost >= 0 {
				if within := m.AtMost(noon, tt.atMost); within && (tt.held || int64(tt.rows) <= tt.atMost && tt.reason != NotStopped) {
					t.Error("said to be within its limits")
				}
			}
			first := m
			if v := first.Row(noon, 10); (v == Hold) != tt.held {
				t.Errorf("first row: %v", v)
			}
			first.Abandon()
			g = newGuard()
			m = g.Start(noon, "alice", limits)
			if tt.atMost >= 0 {
				m.AtMost(noon, tt.atMost)
			}
			got, stopped := run(&m, noon, tt.rows)
			if got != tt.got || stopped != (tt.reason != NotStopped) || m.Stopped().Reason != tt.reason {
				t.Errorf("the client got %d rows, stopped: %v (%v); want %d (%v)", got, stopped, m.Stopped().Reason, tt.got, tt.reason)
			}
			if v := m.Row(noon, 1); v != Stop {
				t.Errorf("a row after the end: %v", v)
			}
			if used, _ := g.Ceiling.Held(); used != 0 {
				t.Errorf("%d bytes of the ceiling are not given back", used)
			}
			if len(limits) > 0 && len(tt.export.Windows) > 0 {
				if rows, bytes := g.Windows.Used(noon, Key{"alice", "sales", 0}); rows != int64(got) || bytes != int64(got)*10 {
					t.Errorf("the window counts %d rows, %d bytes; the client got %d rows", rows, bytes, got)
				}
			}
		})
	}
}

func TestZeroMeterStops(t *testing.T) {
	var m Meter
	if v := m.Row(noon, 0); v != Stop {
		t.Errorf("a row: %v", v)
	}
	if v := m.Complete(noon); v != Stop {
		t.Errorf("the end: %v", v)
	}
	var v Verdict
	if v != Stop {
		t.Errorf("the zero verdict is %v", v)
	}
	g := &Guard{}
	m = g.Start(noon, "alice", []Limit{{}})
	if v := m.Row(noon, 0); v != Stop {
		t.Errorf("a limit without a rule: %v", v)
	}
	m = g.Start(noon, "alice", []Limit{rule(policy.Export{Windows: []policy.Window{{Rows: 1, Per: time.Hour}}})})
	if v := m.Row(noon, 0); v != Stop {
		t.Errorf("a window without windows: %v", v)
	}
}

func TestStrictestOfSeveralLimits(t *testing.T) {
	g := newGuard()
	one := rule(policy.Export{Rows: 10, Over: policy.OverCut})
	two := rule(policy.Export{Rows: 3, Bytes: 1000, Windows: []policy.Window{{Rows: 100, Per: time.Hour}}})
	two.Rule.Name = "support"
	m := g.Start(noon, "alice", []Limit{one, two})
	if got, stopped := run(&m, noon, 4); got != 0 || !stopped || m.Stopped().Rule.Name != "support" {
		t.Errorf("got %d rows, stopped %v by %v", got, stopped, m.Stopped().Rule)
	}
}

func TestPagesOfAPortal(t *testing.T) {
	g := newGuard()
	m := g.Start(noon, "alice", []Limit{rule(policy.Export{Rows: 5, Windows: []policy.Window{{Rows: 100, Per: time.Hour}}})})
	for page := range 2 {
		for range 2 {
			if v := m.Row(noon, 10); v != Hold {
				t.Fatalf("page %d: %v", page, v)
			}
		}
		if v := m.Suspend(noon); v != Pass {
			t.Fatalf("page %d: %v", page, v)
		}
	}
	if v := m.Row(noon, 10); v != Hold {
		t.Fatalf("fifth row: %v", v)
	}
	if v := m.Row(noon, 10); v != Stop {
		t.Fatalf("sixth row: %v", v)
	}
	if v := m.Suspend(noon); v != Stop {
		t.Fatalf("end of the third page: %v", v)
	}
	if s := m.Stopped(); s.Sent != 4 {
		t.Errorf("%d rows were sent", s.Sent)
	}
	if rows, _ := g.Windows.Used(noon, Key{"alice", "sales", 0}); rows != 4 {
		t.Errorf("the window counts %d rows", rows)
	}
}

func TestCeiling(t *testing.T) {
	g := &Guard{Windows: NewWindows(0), Ceiling: NewCeiling(10 << 20)}
	limit := []Limit{rule(policy.Export{Rows: 1000})}
	var meters []*Meter
	var held int64
	stopped := 0
	for range 200 {
		m := g.Start(noon, "alice", limit)
		for range 100 {
			if m.Row(noon, 1000) == Stop {
				stopped++
				if r := m.Stopped().Reason; r != HeldTooMuch {
					t.Fatalf("stopped by %v", r)
				}
				break
			}
			held += 1000
		}
		meters = append(meters, &m)
	}
	if used, most := g.Ceiling.Held(); used > most {
		t.Errorf("%d bytes are held, over the ceiling of %d", used, most)
	}
	if stopped == 0 || stopped == 200 {
		t.Errorf("%d of 200 sessions were stopped", stopped)
	}
	for _, m := range meters {
		m.Abandon()
		m.Abandon()
	}
	if used, _ := g.Ceiling.Held(); used != 0 {
		t.Errorf("%d bytes are not given back", used)
	}
}

// Ten connections of one person, each of which would fit alone, share one allowance to the row.
func TestParallelConnectionsShareAWindow(t *testing.T) {
	for _, over := range []policy.Over{policy.OverBlock, policy.OverCut} {
		g := newGuard()
		limit := []Limit{rule(policy.Export{Windows: []policy.Window{{Rows: 2000, Per: time.Hour}}, Over: over})}
		var wg sync.WaitGroup
		var mu sync.Mutex
		total := 0
		for range 10 {
			wg.Go(func() {
				for range 20 {
					m := g.Start(noon, "alice", limit)
					got, _ := run(&m, noon, 123)
					mu.Lock()
					total += got
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		rows, _ := g.Windows.Used(noon, Key{"alice", "sales", 0})
		if total > 2000 || int64(total) != rows {
			t.Errorf("%v: %d rows were given, the window counts %d", over, total, rows)
		}
		if over == policy.OverCut && total != 2000 {
			t.Errorf("cut gave %d rows of 2000", total)
		}
		m := g.Start(noon, "bob", limit)
		if got, _ := run(&m, noon, 2000); got != 2000 {
			t.Errorf("bob got %d rows", got)
		}
	}
}

func TestRefusals(t *testing.T) {
	var b strings.Builder
	r := &policy.Rule{Name: "sales work on their own customers", File: "conf/policy.yaml", Line: 41}
	for _, s := range []Stopped{
		{Reason: RowLimit, Rule: r, Limit: 500, Count: 500},
		{Reason: RowLimit, Rule: r, Limit: 1, Count: 1, Sent: 1},
		{Reason: ByteLimit, Rule: r, Limit: 5 << 20, Count: 5 << 20, Sent: 12},
		{Reason: WindowRows, Rule: r, Limit: 2000, Count: 1980, Per: time.Hour, Again: noon.Add(time.Hour)},
		{Reason: WindowBytes, Rule: r, Limit: 5000, Count: 4999, Per: 90 * time.Minute},
		{Reason: HeldTooMuch, Rule: r, Limit: 256 << 20},
		{Reason: TooManyWindows, Rule: r, Limit: 100000},
		{},
	} {
		f := s.Refusal()
		fmt.Fprintf(&b, "ERROR:  %s: %s\nDETAIL:  %s\nHINT:  %s\n\n", f.Code, f.Message, f.Detail, f.Hint)
	}
	if b.String() != wantRefusals {
		t.Errorf("got:\n%s", b.String())
	}
}

const wantRefusals = `ERROR:  5C001: export limit of rule "sales work on their own customers" exceeded: more than 500 rows in one statement
DETAIL:  The limit is 500 rows; the statement gives at least 501 rows. No row was sent.
HINT:  Narrow the statement, or add LIMIT 500. To export more, ask whoever keeps the policy to change the limit of policy.yaml:41.

ERROR:  5C001: export limit of rule "sales work on their own customers" exceeded: more than 1 row in one statement
DETAIL:  The limit is 1 row; the statement gives at least 2 rows. 1 row was sent before.
HINT:  Narrow the statement, or add LIMIT 1. To export more, ask whoever keeps the policy to change the limit of policy.yaml:41.

ERROR:  5C001: export limit of rule "sales work on their own customers" exceeded: more than 5 MB in one statement
DETAIL:  The limit is 5 MB; the statement gives more. 12 rows were sent before.
HINT:  Narrow the statement, or name fewer columns. To export more, ask whoever keeps the policy to change the limit of policy.yaml:41.

ERROR:  5C001: export limit of rule "sales work on their own customers" exceeded: more than 2000 rows within 1h
DETAIL:  The limit is 2000 rows within 1h over all connections; 1980 rows had been given before this statement. No row was sent.
HINT:  The first of these leave the count at 2026-03-02 13:00:00 UTC. To export more, ask whoever keeps the policy to change the limit of policy.yaml:41.

ERROR:  5C001: export limit of rule "sales work on their own customers" exceeded: more than 5000 bytes within 1h30m
DETAIL:  The limit is 5000 bytes within 1h30m over all connections; 4999 bytes had been given before this statement. No row was sent.
HINT:  To export more, ask whoever keeps the policy to change the limit of policy.yaml:41.

ERROR:  53400: no room to hold the rows of this statement back until the export limit of rule "sales work on their own customers" is known to be kept
DETAIL:  All sessions together may hold 256 MB. No row was sent.
HINT:  Try again later, or narrow the statement.

ERROR:  53400: no room to count the rows of this statement against the export limit of rule "sales work on their own customers"
DETAIL:  Counts are kept for 100000 people and rules, and all of them are in use. No row was sent.
HINT:  Try again later.

ERROR:  XX000: rows of this statement were not metered, so they were stopped
DETAIL:  No row was sent.
HINT:  This is a defect of Cordon; please report it.

`

func TestDataRowBytes(t *testing.T) {
	body := []byte{0, 3, 0, 0, 0, 2, 'a', 'b', 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 'c'}
	if n := DataRowBytes(body); n != 3 {
		t.Errorf("%d bytes", n)
	}
	for _, b := range [][]byte{nil, {1}, {0xff, 0xff}} {
		if n := DataRowBytes(b); n < 0 {
			t.Errorf("%d bytes of %v", n, b)
		}
	}
}

func BenchmarkRow(b *testing.B) {
	per := []policy.Window{{Rows: 1 << 60, Bytes: 1 << 60, Per: time.Hour}}
	for _, bb := range []struct {
		name   string
		limits []Limit
	}{
		{"unlimited", nil},
		{"rows cut", []Limit{rule(policy.Export{Rows: 1 << 60, Over: policy.OverCut})}},
		{"rows held", []Limit{rule(policy.Export{Rows: 1 << 60})}},
		{"window cut", []Limit{rule(policy.Export{Rows: 1 << 60, Windows: per, Over: policy.OverCut})}},
		{"window held", []Limit{rule(policy.Export{Rows: 1 << 60, Windows: per})}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			g := &Guard{Windows: NewWindows(0), Ceiling: NewCeiling(1 << 60)}
			m := g.Start(noon, "alice", bb.limits)
			defer m.Abandon()
			b.ReportAllocs()
			for b.Loop() {
				if m.Row(noon, 100) == Stop {
					b.Fatal(m.Stopped())
				}
			}
		})
	}
}

func BenchmarkStart(b *testing.B) {
	g := newGuard()
	limits := []Limit{rule(policy.Export{Rows: 500, Windows: []policy.Window{{Rows: 1 << 60, Per: time.Hour}}})}
	b.ReportAllocs()
	for b.Loop() {
		m := g.Start(noon, "alice", limits)
		m.AtMost(noon, 1)
		m.Row(noon, 10)
		m.Complete(noon)
	}
}
