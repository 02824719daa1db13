package proxy

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// flood is a client whose statements never come again: of every size, of shapes that never come again either.
type flood struct{ rnd *rand.Rand }

func (f flood) statement() string {
	var b strings.Builder
	table := []string{"customers", "orders"}[f.rnd.IntN(2)]
	fmt.Fprintf(&b, "SELECT count(*) AS c%x", f.rnd.Uint64())
	for n := f.rnd.IntN(12); n > 0; n-- {
		fmt.Fprintf(&b, ", %d AS a%x", f.rnd.Uint32(), f.rnd.Uint64())
	}
	fmt.Fprintf(&b, " FROM %s t%x WHERE id = %d", table, f.rnd.Uint32(), f.rnd.Uint32())
	for n := f.rnd.IntN(20); n > 0; n-- {
		fmt.Fprintf(&b, " OR id = %d + %d", f.rnd.Uint32(), f.rnd.Uint32())
	}
	if f.rnd.IntN(10) == 0 {
		b.WriteString(" /* " + strings.Repeat("x", f.rnd.IntN(3000)) + " */")
	}
	return b.String()
}

// Texts that never come again neither fill the memory nor push out what others send again and again.
func TestPlanCacheUnderFlood(t *testing.T) {
	s := planner(t, crmCatalog(t), "../testdata/policy/crm.yaml", "alice")
	const limit = 2 << 20
	s.server.plans.init(limit)
	var hot []string
	for i := range 40 {
		sql := fmt.Sprintf("SELECT id, name, phone AS p%d FROM customers WHERE id = $1", i)
		hot = append(hot, sql)
		mustPlan(t, s, sql)
		mustPlan(t, s, sql)
	}
	f := flood{rand.New(rand.NewPCG(1, 2))}
	var stats runtime.MemStats
	heap := func() int64 {
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	before, full := heap(), int64(0)
	for i := range 4000 {
		mustPlan(t, s, f.statement())
		full = max(full, s.server.plans.bytes())
		if i == 2000 { // somebody starts a new program meanwhile
			for k := range 40 {
				sql := fmt.Sprintf("SELECT id, amount AS a%d FROM orders WHERE id = $1", k)
				hot = append(hot, sql)
				mustPlan(t, s, sql)
				mustPlan(t, s, sql)
			}
		}
	}
	if full > limit || full < limit*3/4 {
		t.Errorf("the cache came to %d bytes, its limit is %d", full, limit)
	}
	if grown := heap() - before; grown > 3*limit {
		t.Errorf("the heap has grown by %d bytes for a cache of %d", grown, limit)
	} else {
		t.Logf("the heap has grown by %d bytes for a cache of %d", grown, s.server.plans.bytes())
	}
	lost := 0
	v := s.view()
	for _, sql := range hot {
		if s.server.plans.get(v, []byte(sql)) == nil {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d statements that come again are lost", lost, len(hot))
	}
}

// A small cache keeps long plans too: it is of one piece, not of many that are smaller still.
func TestSmallPlanCache(t *testing.T) {
	s := planner(t, crmCatalog(t), "../testdata/policy/crm.yaml", "alice")
	const limit = 1 << 20
	s.server.plans.init(limit)
	var texts []string
	for i := range 8 {
		texts = append(texts, fmt.Sprintf("SELECT * FROM customers WHERE id = $1 AND name IN (%s'%d')", strings.Repeat("'one more name', ", 300), i))
	}
	for range 2 {
		for _, sql := range texts {
			mustPlan(t, s, sql)
		}
	}
	v := s.view()
	for i, sql := range texts {
		if p := s.server.plans.get(v, []byte(sql)); p == nil {
			t.Errorf("text %d, %d bytes, is not in the cache", i, len(sql))
		} else if p.size < 10<<10 {
			t.Errorf("a plan counts as %d bytes", p.size)
		}
	}
	if n := s.server.plans.bytes(); n > limit {
		t.Errorf("the cache holds %d bytes, its limit is %d", n, limit)
	}
}
