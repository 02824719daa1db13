package proxy

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// view is what a plan depends on besides its text: for whom it is, and how names are resolved. It is not changed once it is made.
type view struct {
	grant   [32]byte // policy.Grant.Key
	catalog uint64   // the generation of the snapshot, unique in this process; 0 where names do not matter
	path    string   // the search path, joined; "" where names do not matter
	types   string   // of the parameters, as Parse gives them, where the plan depends on them
	reading reading  // how the text is read
	hash    uint64   // of all but reading
}

// same says that two views are equal. What a session has planned under the view that it still has is planned under the same pointer.
func (v *view) same(w *view) bool { return v == w || v.hash == w.hash && *v == *w }

// reading is how the bytes of a text are to be understood.
type reading struct {
	encoding string // client_encoding, "" for UTF8
	escapes  bool   // standard_conforming_strings is off
}

// planCache holds plans by exact text, for all sessions. It is bounded in bytes. A hit allocates nothing and takes one lock of many for reading.
type planCache struct {
	seed   maphash.Seed
	shards []planShard // as many as a power of two
	most   int64       // bytes a shard may hold
}

const (
	maxPlanShards = 64
	// minPlanShard is what a shard holds at least, since a plan may take an eighth of one: a small cache has few shards, not small ones.
	minPlanShard = 1 << 20
)

type planShard struct {
	mu      sync.RWMutex
	entries map[uint64]*planEntry // guarded by mu
	clock   []*planEntry          // guarded by mu: in the order of their coming, for eviction
	hand    int                   // guarded by mu
	size    int64                 // guarded by mu
}

type planEntry struct {
	hash uint64
	view *view
	plan *planned
	used atomic.Bool // since the hand last passed
}

func (c *planCache) init(bytes int64) {
	c.seed = maphash.MakeSeed()
	n := 1
	for n < maxPlanShards && bytes/int64(2*n) >= minPlanShard {
		n *= 2
	}
	c.shards = make([]planShard, n)
	c.most = bytes / int64(n)
	for i := range c.shards {
		c.shards[i].entries = make(map[uint64]*planEntry)
	}
}

func (c *planCache) hash(v *view, text []byte) uint64 { return maphash.Bytes(c.seed, text) ^ v.hash }

// hashView is what hash takes of a view.
func (c *planCache) hashView(v *view) uint64 {
	h := uint64(v.grant[0]) | uint64(v.grant[1])<<8 | uint64(v.grant[2])<<16 | uint64(v.grant[3])<<24 | uint64(v.grant[4])<<32 | uint64(v.grant[5])<<40
	return h ^ v.catalog*0x9e3779b97f4a7c15 ^ maphash.String(c.seed, v.path) ^ maphash.String(c.seed, v.types)*3
}

func (c *planCache) shard(hash uint64) *planShard { return &c.shards[hash&uint64(len(c.shards)-1)] }

// get finds the plan of a text; nil when there is none.
func (c *planCache) get(v *view, text []byte) *planned {
	h := c.hash(v, text)
	shard := c.shard(h)
	shard.mu.RLock()
	e := shard.entries[h]
	shard.mu.RUnlock()
	if e == nil || e.plan.text != string(text) || !e.view.same(v) {
		return nil
	}
	if !e.used.Load() {
		e.used.Store(true)
	}
	return e.plan
}

// put keeps a plan, unless it alone would take a good part of a shard. One whose text has not come before takes free room only: so a client whose statements never come again pushes out nothing that others use.
func (c *planCache) put(v *view, p *planned, before bool) {
	size := int64(p.size)
	if size > c.most/8 {
		return
	}
	h := c.hash(v, []byte(p.text))
	shard := c.shard(h)
	e := &planEntry{hash: h, view: v, plan: p}
	e.used.Store(before)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if !before && shard.size+size > c.most {
		return
	}
	if old := shard.entries[h]; old != nil {
		shard.size -= int64(old.plan.size)
		for i := range shard.clock {
			if shard.clock[i] == old {
				shard.clock[i] = e
			}
		}
	} else {
		shard.clock = append(shard.clock, e)
	}
	shard.entries[h] = e
	shard.size += size
	for shard.size > c.most && len(shard.clock) > 1 {
		shard.evict(e)
	}
}

// evict takes out one entry that has not been used since the hand last passed it.
func (s *planShard) evict(keep *planEntry) {
	for range 2*len(s.clock) + 1 {
		if s.hand >= len(s.clock) {
			s.hand = 0
		}
		e := s.clock[s.hand]
		if e == keep || e.used.Swap(false) {
			s.hand++
			continue
		}
		last := len(s.clock) - 1
		s.clock[s.hand] = s.clock[last]
		s.clock[last] = nil
		s.clock = s.clock[:last]
		delete(s.entries, e.hash)
		s.size -= int64(e.plan.size)
		return
	}
}

// forget takes out every plan made over a catalog that is no more.
func (c *planCache) forget(catalog uint64) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		kept := s.clock[:0]
		for _, e := range s.clock {
			if e.view.catalog == catalog {
				delete(s.entries, e.hash)
				s.size -= int64(e.plan.size)
				continue
			}
			kept = append(kept, e)
		}
		clear(s.clock[len(kept):])
		s.clock = kept
		s.mu.Unlock()
	}
}

// bytes is about what the cache holds.
func (c *planCache) bytes() (n int64) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.RLock()
		n += s.size
		s.mu.RUnlock()
	}
	return n
}
