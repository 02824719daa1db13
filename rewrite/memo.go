package rewrite

import (
	"strings"
	"sync"

	"cordon/catalog"
)

// A Memo keeps what rewrites need again and again: policy expressions bound to a catalog, and what is known of sub-selects that the rewriter inserts. A nil Memo keeps nothing. It may be shared by goroutines.
type Memo struct {
	mu  sync.Mutex
	cat *catalog.Snapshot // that the bindings are for; another one empties it
	m   map[filterKey]*boundFilter

	subselects map[string]int // the inserted text, and how long the sub-select is that it begins with
	bytes      int            // of those texts
}

type filterKey struct {
	table catalog.OID
	text  string
}

const (
	// maxMemo bounds the bindings kept: with attributes in them there is one for each person, table and expression.
	maxMemo = 8192
	// maxSubselects bounds the bytes of sub-selects kept: there is one for each set of columns that statements name of a table, and for each person where attributes are in it.
	maxSubselects = 4 << 20
	// minSubselect is how long one must be to be worth a place.
	minSubselect = 48
)

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

// subselect is leadingSubselect, remembered. It is a matter of grammar alone, whatever the catalog.
func (m *Memo) subselect(text string) int {
	if m == nil || len(text) < minSubselect || len(text) > maxSubselects/8 || !strings.HasPrefix(text, "(SELECT ") {
		return 0
	}
	m.mu.Lock()
	n, ok := m.subselects[text]
	m.mu.Unlock()
	if ok {
		return n
	}
	n = leadingSubselect(text)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.subselects == nil || m.bytes+len(text) > maxSubselects {
		m.subselects, m.bytes = make(map[string]int), 0
	}
	m.subselects[strings.Clone(text)] = n
	m.bytes += len(text)
	return n
}
