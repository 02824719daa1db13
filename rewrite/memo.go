package rewrite

import (
	"strings"
	"sync"

	"cordon/catalog"
	"cordon/parse"
	"cordon/policy"
)

// A Memo keeps what rewrites need again and again: policy expressions bound to a catalog, and what is known of sub-selects that the rewriter inserts. A nil Memo keeps nothing. It may be shared by goroutines.
type Memo struct {
	mu  sync.Mutex
	cat *catalog.Snapshot // that bindings, masks and views are for; another one empties them
	m   map[filterKey]*boundFilter

	masks map[maskPlace]string // of masks that are the same for everybody
	sized int                  // bytes of these

	views   map[*catalog.Relation]*parse.Statement // definitions, read
	defined int                                    // bytes of their texts

	subselects map[string]int // the inserted text, and how long the sub-select is that it begins with
	bytes      int            // of those texts
}

type filterKey struct {
	table catalog.OID
	text  string
}

type maskPlace struct {
	mask   *policy.Mask
	column *catalog.Column
	ref    string
}

const (
	// maxMemo bounds the bindings kept: with attributes in them there is one for each person, table and expression.
	maxMemo = 8192
	// maxMasks bounds the bytes of masks kept: there is one for each mask, column and, where a statement writes, name that it gives to the table.
	maxMasks = 4 << 20
	// maxViewTexts bounds the bytes of definitions kept; a tree takes some thirty times its text.
	maxViewTexts = 512 << 10
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
	m.of(cat)
	if len(m.m) >= maxMemo {
		clear(m.m)
	}
	m.m[key] = f
}

// of empties the memo of what is for another catalog. The caller holds mu.
func (m *Memo) of(cat *catalog.Snapshot) {
	if m.cat != cat {
		m.cat, m.m, m.masks, m.sized = cat, make(map[filterKey]*boundFilter), make(map[maskPlace]string), 0
		m.views, m.defined = make(map[*catalog.Relation]*parse.Statement), 0
	}
}

// maskSQL is maskSQLFor, remembered for masks without SQL of their author's, which can hold attributes of a person.
func (m *Memo) maskSQL(d *policy.Decision, mask *policy.Mask, col *catalog.Column, ref string, cat *catalog.Snapshot) (string, error) {
	if m == nil || maskMayFail(mask) {
		return maskSQLFor(d, mask, col, ref, cat)
	}
	place := maskPlace{mask, col, ref}
	m.mu.Lock()
	m.of(cat)
	sql, ok := m.masks[place]
	m.mu.Unlock()
	if ok {
		return sql, nil
	}
	sql, err := maskSQLFor(d, mask, col, ref, cat)
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(cat)
	if m.sized += len(ref) + len(sql); m.sized > maxMasks {
		clear(m.masks)
		m.sized = len(ref) + len(sql)
	}
	m.masks[maskPlace{mask, col, strings.Clone(ref)}] = sql
	return sql, nil
}

// definition is what a view reads, a SELECT; nil when it cannot be read. Rewriting changes no tree, so all may share it.
func (m *Memo) definition(cat *catalog.Snapshot, view *catalog.Relation) *parse.Statement {
	if m != nil {
		m.mu.Lock()
		m.of(cat)
		st := m.views[view]
		m.mu.Unlock()
		if st != nil {
			return st
		}
	}
	list, err := parse.Parse(strings.TrimSuffix(strings.TrimSpace(view.Definition), ";"), parse.Limits{})
	if err != nil || len(list) != 1 || list[0].Tree.GetSelectStmt() == nil {
		return nil
	}
	if m == nil {
		return list[0]
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(cat)
	if m.defined += len(view.Definition); m.defined > maxViewTexts {
		clear(m.views)
		m.defined = len(view.Definition)
	}
	m.views[view] = list[0]
	return list[0]
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
