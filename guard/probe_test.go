package guard

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"cordon/policy"
)

// later is when a value of noon counts no more: its minute has left the hour whole.
const later = time.Hour + time.Minute

func probeValues(from, to int) (list [][]byte) {
	for i := from; i < to; i++ {
		list = append(list, []byte(fmt.Sprint(i)))
	}
	return list
}

func TestProbes(t *testing.T) {
	p, budget := NewWindows(0), policy.Exact{Tries: 5, Per: time.Hour}
	rule := &policy.Rule{Name: "sales", File: "policy.yaml", Line: 41}
	alice, bob := ProbeKey{"alice", "sales", "public.customers.phone"}, ProbeKey{"bob", "sales", "public.customers.phone"}
	if o := p.Try(noon, alice, rule, budget, probeValues(0, 3)); o != nil {
		t.Fatal(o.Refusal())
	}
	for range 10 { // again costs nothing
		if o := p.Try(noon.Add(time.Minute), alice, rule, budget, probeValues(0, 3)); o != nil {
			t.Fatal(o.Refusal())
		}
	}
	if o := p.Try(noon.Add(2*time.Minute), alice, rule, budget, append(probeValues(2, 5), probeValues(2, 5)...)); o != nil {
		t.Fatal(o.Refusal())
	}
	o := p.Try(noon.Add(3*time.Minute), alice, rule, budget, probeValues(0, 7))
	if o == nil {
		t.Fatal("above the budget")
	}
	want := Refusal{"5C002", `look-up limit of rule "sales" exceeded: more than 5 values of public.customers.phone within 1h`,
		"5 different values have been looked up, and this statement looks up 2 more. It was not run.",
		"The first of these leaves the count at 2026-03-02 13:01:00 UTC. To look up more, ask whoever keeps the policy (policy.yaml:41)."}
	if got := o.Refusal(); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if o := p.Try(noon, bob, rule, budget, probeValues(0, 5)); o != nil {
		t.Error("another person has a budget of their own")
	}
	if o := p.Try(noon.Add(later), alice, rule, budget, probeValues(10, 13)); o != nil {
		t.Error(o.Refusal())
	}
	if n := p.Tried(noon.Add(later), alice); n != 5 {
		t.Errorf("%d values", n)
	}
	if o := p.Try(noon.Add(10*later), bob, rule, budget, probeValues(0, 100_000)); o == nil || o.Count != 0 || o.Again != (time.Time{}) {
		t.Errorf("%+v", o)
	}
}

// A million people do not take the memory; whoever counts is not forgotten to make room.
func TestProbesAreBounded(t *testing.T) {
	p, budget := NewWindows(10), policy.Exact{Tries: 3, Per: time.Hour}
	for i := range 10 {
		if o := p.Try(noon, ProbeKey{fmt.Sprint(i), "r", "c"}, nil, budget, probeValues(0, 1)); o != nil {
			t.Fatal(o.Refusal())
		}
	}
	o := p.Try(noon, ProbeKey{"one more", "r", "c"}, nil, budget, probeValues(0, 1))
	if o == nil || o.Refusal().Code != CodeHeldTooMuch {
		t.Fatal(o)
	}
	if o := p.Try(noon.Add(later), ProbeKey{"one more", "r", "c"}, nil, budget, probeValues(0, 1)); o != nil || p.Len() != 1 {
		t.Fatal(o, p.Len())
	}
}

// Whatever many connections do at once, no more than the budget passes.
func TestProbesAtOnce(t *testing.T) {
	p, budget := NewWindows(0), policy.Exact{Tries: 60, Per: time.Hour}
	var passed sync.Map
	var group sync.WaitGroup
	for c := range 8 {
		group.Go(func() {
			for i := range 200 {
				v := fmt.Sprint(c, " ", i)
				if p.Try(noon, ProbeKey{"alice", "r", "c"}, nil, budget, [][]byte{[]byte(v)}) == nil {
					passed.Store(v, true)
				}
			}
		})
	}
	group.Wait()
	n := 0
	passed.Range(func(any, any) bool { n++; return true })
	if n != 60 {
		t.Errorf("%d values passed", n)
	}
}
