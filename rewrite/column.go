package rewrite

import (
	"cmp"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
)

// systemColumns are columns every table has and no view: they tell of rows and times that a filter hides.
var systemColumns = map[string]bool{"ctid": true, "xmin": true, "xmax": true, "cmin": true, "cmax": true, "tableoid": true}

func isStar(n *pg.Node) bool { return n.GetAStar() != nil }

// bind finds what a column reference can mean, without a trace. None: no name in sight fits.
func (q *query) bind(n *pg.ColumnRef, s *scope) []ref {
	f := n.Fields
	if len(f) == 0 || isStar(f[0]) {
		return nil
	}
	first := f[0].GetString_().GetSval()
	switch len(f) {
	case 1:
		refs, known := s.lookupColumn(first)
		if known {
			return refs
		}
		if it := s.lookupItem("", first); it != nil {
			return append(refs, ref{it, nil})
		}
		return refs
	case 2, 3:
		schema := ""
		if len(f) == 3 {
			schema, first = first, f[1].GetString_().GetSval()
		}
		it := s.lookupItem(schema, first)
		if it == nil {
			return nil
		}
		last := f[len(f)-1]
		if isStar(last) {
			return []ref{{it, nil}}
		}
		return []ref{{it, it.column(last.GetString_().GetSval())}}
	}
	return nil
}

// columnRef binds a reference in an expression and, on the table that a statement changes, puts the mask in its place.
func (q *query) columnRef(n *pg.ColumnRef, s *scope) info {
	loc := int(n.Location)
	i := info{loc: loc, vars: true}
	refs := q.bind(n, s)
	if up := q.upserted(n, s); up != nil {
		refs = []ref{*up}
	}
	i.refs = refs
	f := n.Fields
	star := isStar(f[len(f)-1])
	name := ""
	if !star {
		name = f[len(f)-1].GetString_().GetSval()
	}
	if len(refs) == 0 {
		switch {
		case len(f) == 1 && systemColumns[name]:
			q.systemColumn(name, s, loc)
		case len(f) == 2 || len(f) == 3:
			q.unknownTable(schemaOf(n), f[len(f)-2].GetString_().GetSval(), s, loc)
		default:
			q.unknownColumn("", name, s, loc)
		}
		i.astray, i.leaky = true, true
		return i
	}
	for _, r := range refs {
		if r.item.open && r.col == nil { // nobody knows what it is of a function's result
			q.mixed = q.mixed || !r.item.isSystem()
		} else {
			q.collatesColumn(r.item, r.col)
		}
		switch {
		case r.col != nil:
			if i.typ == 0 {
				i.typ = r.col.typ
			}
			i.risky = i.risky || r.col.fragile
		case star, len(f) == 1 && r.item.column(name) == nil && r.item.name == name:
			i.whole, i.typ = true, typeRecord
			q.seesAll(r.item.cols, loc)
		case systemColumns[name]:
			if r.item.guarded && r.item.isSystem() {
				r.item.needExtra(name)
			} else if r.item.guarded || r.item.target {
				q.systemColumnOf(r.item, name, loc)
			}
		case r.item.target && r.item.table == nil: // EXCLUDED of a view
			q.refuseHint(loc, "0A000", "Cordon does not know what "+r.item.name+"."+name+" is: of EXCLUDED, only columns of the view that are columns of its table can be read.",
				"Write the value in its place.")
			i.astray, i.leaky = true, true
		case r.item.target && r.item.rowText != nil:
			// t.row_to_json is how one also calls row_to_json(t), and the function would get the stored row.
			q.refuseHint(loc, "0A000", "Cordon does not know what "+r.item.name+"."+name+" is: "+r.item.table.Schema+"."+r.item.table.Name+" has no such column.",
				"To call a function of the whole row, write "+name+"("+r.item.name+").")
			i.astray, i.leaky = true, true
		default:
			// t.f can be a call of f(t), or a column of a function's result.
			i.astray = true
			if len(q.userFunctions("", name)) > 0 || q.isBuiltin(name) {
				q.checkFunction([]string{name}, nil, loc)
				i.leaky = true
			} else if r.item.guarded || r.item.target {
				q.unknownColumn(f[max(0, len(f)-2)].GetString_().GetSval(), name, s, loc)
			}
		}
	}
	for _, r := range refs {
		if r.col != nil {
			continue
		}
		i.risky = i.risky || r.item.open
		for k := range r.item.cols {
			i.risky = i.risky || r.item.cols[k].fragile
		}
	}
	q.placeColumn(n, refs, s, i.whole)
	if it := wholeOf(refs, name); i.whole && it != nil && !q.spreads[n] {
		q.castRow(n, it, s)
	}
	return i
}

// wholeOf is the item whose whole row a reference means: beside functions whose columns are not all known, the one of that name.
func wholeOf(refs []ref, name string) (it *item) {
	for _, r := range refs {
		switch {
		case len(refs) == 1:
			return r.item
		case r.col != nil || it != nil && r.item.name == name:
			return nil
		case r.item.name == name:
			it = r.item
		case !r.item.open:
			return nil
		}
	}
	return it
}

// shadows says that an item between here and the target goes by its name, so that a mask's text would read from that one.
func (s *scope) shadows(target *item) bool {
	name := cmp.Or(target.goesBy, target.name)
	for ; s != nil && s != target.owner; s = s.outer {
		for _, it := range s.items {
			if it != target && it.name == name {
				return true
			}
		}
	}
	return false
}

// behindView says that the level of an item has a table, written through a view that does not show it, with a column of a name.
func (s *scope) behindView(it *item, name string) bool {
	for ; s != nil; s = s.outer {
		for _, x := range s.items {
			if x != it && x.behind != nil && x.behind.column(name) != nil {
				return true
			}
		}
		if slices.Contains(s.items, it) {
			return false
		}
	}
	return false
}

// schemaOf is the schema before the table's name; "" for none.
func schemaOf(n *pg.ColumnRef) string {
	if len(n.Fields) < 3 {
		return ""
	}
	return n.Fields[len(n.Fields)-3].GetString_().GetSval()
}

func lastName(n *pg.ColumnRef) string { return n.Fields[len(n.Fields)-1].GetString_().GetSval() }

// use notes that the column is asked for.
func (r ref) use() {
	if r.col != nil && r.col.used != nil {
		*r.col.used = true
	}
}

// placeColumn makes the edits that one reference needs.
func (q *query) placeColumn(n *pg.ColumnRef, refs []ref, s *scope, whole bool) {
	first := q.p.toks.at(int(n.Location))
	if first < 0 && q.p.unprinted && n.Location < 0 { // CREATE RECURSIVE VIEW's own reference to its columns
		for k := range refs {
			refs[k].use()
		}
		return
	}
	if first < 0 {
		q.refuse(int(n.Location), "0A000", "Cordon cannot find the place of a column reference in the statement.")
		return
	}
	end := q.p.toks.dotted(first, len(n.Fields))
	if end < 0 {
		q.refuse(int(n.Location), "0A000", "Cordon cannot read how a column is named here.")
		return
	}
	from, to := q.p.toks.start(first), q.p.toks.end(end-1)
	var target *ref
	for k := range refs {
		r := &refs[k]
		r.item.starred = r.item.starred || r.col == nil && (whole || !slices.Contains(r.item.extra, lastName(n)))
		r.use()
		r.item.read = true
		if r.col != nil && r.col.noEqual && r.item.guarded {
			r.item.unequals = append(r.item.unequals, place{n, from, to, r.col})
		}
		if r.item.record != nil && r.col != nil {
			r.item.record(columnUse{num: r.col.num, from: from, to: to, nested: s.outer != nil && r.item.owner != s, qualified: len(n.Fields) > 1})
		}
		if r.item.target && (target == nil || target.col == nil) {
			target = r
		}
	}
	if target != nil && target.item.rowText != nil && (whole || target.col != nil && target.col.masked != "") && s.shadows(target.item) {
		q.refuseHint(int(n.Location), "0A000", "Cordon cannot mask a column of "+target.item.name+" in a sub-select that has another table by that name.", "Give one of them another alias.")
		return
	}
	switch {
	case target != nil && target.col != nil && target.col.masked != "":
		// With other columns of the name in sight PostgreSQL may call it ambiguous; taking it for the masked one is safe either way.
		masked := target.col.masked
		if q.p.toks.is(end, "[") { // only a name, or what stands in parentheses, has parts
			masked = "(" + masked + ")"
		}
		q.p.replace(from, to, literal(masked))
	case target != nil && whole && target.item.rowText != nil:
		q.p.replace(from, to, literal(target.item.rowText()))
	case len(n.Fields) == 1 && len(refs) == 1 && refs[0].col != nil && refs[0].item.name != "" && s.behindView(refs[0].item, refs[0].col.name):
		q.p.replace(from, to, literal(quoteIdent(refs[0].item.name)+"."+quoteIdent(refs[0].col.name)))
	case len(n.Fields) == 3 && refs[0].item.guarded && refs[0].item.name != "":
		// A sub-select has no schema: schema.table.column becomes table.column, in the place of schema.table, where an error about the column points to its beginning.
		q.p.replace(from, q.p.toks.end(q.p.toks.dotted(first, 2)-1), literal(quoteIdent(refs[0].item.name)))
	}
}

// upserted is xmax of the row that an INSERT has written: RETURNING xmax = 0 is how one asks whether ON CONFLICT updated a row. That the row was there tells nothing more than
// the row itself does, which comes back because it is visible. The number is that of a transaction, so it is told as 0 or 1.
func (q *query) upserted(n *pg.ColumnRef, s *scope) *ref {
	it := q.inserted
	if it == nil || isStar(n.Fields[len(n.Fields)-1]) || lastName(n) != "xmax" || it.table == nil || !q.restricted[it.table.OID] || it.behind != nil || it.column("xmax") != nil {
		return nil
	}
	switch f := n.Fields; len(f) {
	case 1:
		for at := s; at.home() != it.owner; at = at.home().outer {
			if at == nil || len(at.home().items) > 0 {
				return nil // a table of a sub-select may be meant
			}
		}
	case 2:
		if s.lookupItem("", f[0].GetString_().GetSval()) != it {
			return nil
		}
	default:
		return nil
	}
	name := quoteIdent(it.name) + ".xmax"
	const none, some = "CAST('0' AS pg_catalog.xid)", "CAST('1' AS pg_catalog.xid)"
	return &ref{it, &column{name: "xmax", typ: typeXid, masked: "CASE WHEN " + pgOp(name, "=", none) + " THEN " + none + " ELSE " + some + " END"}}
}

func (q *query) systemColumn(name string, s *scope, loc int) {
	for ; s != nil; s = s.outer {
		for _, it := range s.items {
			if it.guarded && it.isSystem() {
				it.needExtra(name)
				return
			}
			if it.guarded || it.target && it.table != nil && q.restricted[it.table.OID] {
				q.systemColumnOf(it, name, loc)
				return
			}
			if it.table != nil {
				return
			}
		}
	}
}

// isSystem: GUI tools ask for xmin and tableoid of system catalogs, which tell nothing that is hidden.
func (it *item) isSystem() bool {
	return it.table != nil && it.table.Schema == "pg_catalog" && isSystem(it.table)
}

func (it *item) needExtra(name string) {
	if !slices.Contains(it.extra, name) {
		it.extra = append(it.extra, name)
	}
}

func (q *query) systemColumnOf(it *item, name string, loc int) {
	if it.table == nil || it.target && !q.restricted[it.table.OID] {
		return
	}
	q.refuseHint(loc, "42703", "The system column "+name+" of "+it.table.Schema+"."+it.table.Name+" is not shown to people under a row filter or mask, as a view would not show it.",
		"Use the table's own key to name a row, and a column of the table as its version.")
}

// unknownColumn: on a table whose rows or columns are protected, a name Cordon does not know could be a column made or renamed since.
// Elsewhere PostgreSQL says what is wrong.
func (q *query) unknownColumn(table, name string, s *scope, loc int) {
	if q.writesProtected(s) && table != "" {
		q.stale(loc, "42703", "column "+table+"."+name+" does not exist")
	} else if q.writesProtected(s) {
		q.stale(loc, "42703", "column \""+name+"\" does not exist")
	}
}

// unknownTable is unknownColumn for what stands before a column, a table's name or one with a schema. Of a table that has an alias here, PostgreSQL would say so, but it does not find the table within its sub-select.
func (q *query) unknownTable(schema, name string, s *scope, loc int) {
	for at := s; at != nil && !q.trusted; at = at.outer {
		for _, it := range at.items {
			if !it.hidden && (it.guarded || it.target) && it.table != nil && it.name != "" && it.name != name && it.table.Name == name && q.means(it.table, schema, s) {
				q.refuseHint(loc, "42P01", "invalid reference to FROM-clause entry for table \""+name+"\"", "Perhaps you meant to reference the table alias \""+it.name+"\".")
				return
			}
		}
	}
	if q.writesProtected(s) {
		q.stale(loc, "42P01", "missing FROM-clause entry for table \""+name+"\"")
	}
}

// means says that a table's name, in a schema or without one, means the table here.
func (q *query) means(rel *catalog.Relation, schema string, s *scope) bool {
	if schema != "" {
		return rel.Schema == schema
	}
	_, cte := s.ctesInForce().find(rel.Name)
	return !cte && q.in.Temp[rel.Name] == nil && q.cat.Resolve(rel.Name, q.path) == rel
}

// writesProtected says that a name is looked for in a statement that writes to a table whose rows or columns are protected.
func (q *query) writesProtected(s *scope) bool {
	for at := s; at != nil && !q.trusted; at = at.outer {
		for _, it := range at.items {
			if it.target && it.table != nil && q.restricted[it.table.OID] {
				return true
			}
		}
	}
	return false
}

// simpleColumn is the name of a column reference of one part that is not me's; "" for anything else.
func simpleColumn(m any) string {
	c, ok := m.(*pg.ColumnRef)
	if !ok || len(c.Fields) != 1 {
		return ""
	}
	return c.Fields[0].GetString_().GetSval()
}
