package rewrite

import (
	"sync"

	"cordon/catalog"
)

// A Memo keeps policy expressions bound to a catalog, so that a rewrite need not parse them again. A nil Memo keeps nothing. It may be shared by goroutines.
type Memo struct {
	mu  sync.Mutex
	cat *catalog.Snapshot // that the bindings are for; another one empties it
	m   map[filterKey]*boundFilter
}

type filterKey struct {
	table catalog.OID
	text  string
}

// maxMemo bounds the bindings kept: with attributes in them there is one for each person, table and expression.
const maxMemo = 8192

func (m *Memo) get(cat *catalog.Snapshot, key filterKey) (*boundFilter, bool) {
	if m == nil {
		return nil, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cat != cat {
		return nil, false
	}
	f, ok := m.m[key]
	return f, ok
}

func (m *Memo) put(cat *catalog.Snapshot, key filterKey, f *boundFilter) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cat != cat || len(m.m) >= maxMemo {
		m.cat, m.m = cat, make(map[filterKey]*boundFilter)
	}
	m.m[key] = f
}
