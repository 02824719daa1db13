package catalog

import "slices"

// reuse is what of an earlier snapshot still holds. The zero value is: nothing.
//
// A snapshot is out of date after every change of a definition, and a session that has made one waits for the next snapshot. Most of a load is what has not changed: initdb's objects, and the printing of views.
// What a fingerprint says of a catalog tells which these are; see FingerprintQuery for why two transactions' states do not look alike. A transaction's own states may look like each other, so that only a snapshot
// of what is committed is ever built upon.
type reuse struct {
	from      OID  // initdb's objects are taken over, those from this OID on are asked for; 0 for all
	functions bool // all of them
	operators bool // and casts
	relations bool // but for what views say
}

// compare tells what of last still holds in a database of the fingerprint that is in now.
func compare(now, last *Snapshot) reuse {
	if last == nil || last.ServerVersion != now.ServerVersion || last.Database != now.Database {
		return reuse{}
	}
	made, own := parts(now.Fingerprint)
	lastMade, lastOwn := parts(last.Fingerprint)
	if own == nil || !slices.Equal(own, lastOwn) {
		return reuse{}
	}
	same := func(catalogs ...int) bool {
		return !slices.ContainsFunc(catalogs, func(i int) bool { return made[i] != lastMade[i] })
	}
	r := reuse{from: FirstUserOID}
	r.functions = same(partProc, partNamespace)
	r.operators = r.functions && same(partOperator, partCast)
	r.relations = same(partNamespace, partClass, partAttribute, partType, partRewrite, partInherits, partIndex, partTrigger, partConstraint)
	return r
}

// knownTypes are how types of initdb's are written with their modifiers, as far as the last snapshot knows.
func (l *loader) knownTypes() map[typeMod]string {
	known := map[typeMod]string{}
	if l.same.from == 0 {
		return known
	}
	for _, r := range l.last.relations {
		for i := range r.Columns {
			if c := &r.Columns[i]; c.Typmod >= 0 && c.Type < l.same.from {
				known[typeMod{c.Type, c.Typmod}] = c.TypeName
			}
		}
	}
	return known
}

// oldViews are the views of the last snapshot whose text is still what the server would print, by OID. A view's text is printed from its rule, by the names that all in it has at the time: so it holds as long as its rule is the same one
// and nothing that it could name has got another name. What a view names cannot be dropped without it.
func (l *loader) oldViews() map[OID]*Relation {
	if l.same.from == 0 || !l.last.settled || l.renamed() {
		return nil
	}
	old := map[OID]*Relation{}
	for _, r := range l.last.relations {
		if r.OID >= l.same.from && l.last.rules[r.OID] != "" && r.Definition != "" {
			old[r.OID] = r
		}
	}
	return old
}

// renamed says that something that was there before has other names now, of itself or of its columns, or that something new is in pg_catalog, whose objects are printed without their schema where that leads to no other.
func (l *loader) renamed() bool {
	if !l.same.operators && !slices.Equal(operatorNames(l.last.operators, l.same.from), operatorNames(l.c.operators, l.same.from)) {
		return true
	}
	if !l.same.relations {
		for _, r := range l.c.relations {
			if r.OID < l.same.from {
				continue
			}
			switch old := l.last.relByOID[r.OID]; {
			case old == nil:
				if r.Schema == PgCatalog {
					return true
				}
			case old.Schema != r.Schema || old.Name != r.Name || !slices.Equal(old.Columns, r.Columns):
				return true
			}
		}
		for i := range l.c.types {
			t := &l.c.types[i]
			if t.OID < l.same.from {
				continue
			}
			switch old := l.last.Type(t.OID); {
			case old == nil:
				if t.Schema == PgCatalog {
					return true
				}
			case old.Schema != t.Schema || old.Name != t.Name:
				return true
			}
		}
	}
	if !l.same.functions {
		for i := range l.c.functions {
			f := &l.c.functions[i]
			if f.OID < l.same.from {
				continue
			}
			switch old := l.last.Function(f.OID); {
			case old == nil:
				if f.Schema == PgCatalog {
					return true
				}
			case old.Schema != f.Schema || old.Name != f.Name || old.Kind != f.Kind || old.Variadic != f.Variadic || !slices.Equal(old.Args, f.Args):
				return true
			}
		}
	}
	return false
}

// operatorName is what a view's text says of an operator.
type operatorName struct {
	oid          OID
	schema, name string
	function     OID
}

// operatorNames are the operators from an OID on, by OID. That new ones come is no matter as long as they are not in pg_catalog; but they are rare.
func operatorNames(list []Operator, from OID) (names []operatorName) {
	for i := range list {
		if o := &list[i]; o.OID >= from {
			names = append(names, operatorName{o.OID, o.Schema, o.Name, o.Function})
		}
	}
	slices.SortFunc(names, func(a, b operatorName) int { return int(int64(a.oid) - int64(b.oid)) })
	return names
}
