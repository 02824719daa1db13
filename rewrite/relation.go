package rewrite

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/policy"
)

// decide is the policy's word on a relation: nil when the person has it as PostgreSQL has it. A partition or an inheritance child follows its topmost
// ancestor that a rule names.
func (q *query) decide(rel *catalog.Relation) *policy.Decision {
	if d, ok := q.decided[rel]; ok {
		return d
	}
	d := q.decideOnce(rel)
	if d != nil && d.Observed != nil {
		q.observed = true
		if q.watch { // this pass tells what enforcing would do
			d = d.Observed
		}
	}
	if d != nil && d.Verdict == policy.Raw {
		d = nil
	}
	q.decided[rel] = d
	if d != nil && (d.Verdict != policy.Restricted || d.Rows != nil || len(d.Masks) > 0) { // else only writing or exporting is limited
		q.restricted[rel.OID] = true
	}
	return d
}

// isSystem says whether a relation is PostgreSQL's own. A view that somebody made in information_schema, or moved to pg_catalog, is like any other.
func isSystem(rel *catalog.Relation) bool {
	return rel.OID < catalog.FirstUserOID && (rel.Schema == catalog.PgCatalog || rel.Schema == "information_schema")
}

func (q *query) decideOnce(rel *catalog.Relation) *policy.Decision {
	g := q.in.Grant
	if rel.Persistence == 't' {
		return nil // the session's own
	}
	if isSystem(rel) || rel.Schema == "pg_toast" {
		return q.systemDecision(rel)
	}
	if why, ok := extensionTables[rel.Name]; ok && rel.Kind == catalog.View && !g.NamesItself(tableName(rel)) && !q.trusted && !g.RawTables() {
		return &policy.Decision{Verdict: policy.Denied, Table: tableName(rel), Rule: systemRule, Reason: why}
	}
	ancestors := q.cat.Ancestors(rel)
	for k := len(ancestors) - 1; k >= 0; k-- {
		name := policy.TableName{Schema: ancestors[k].Schema, Name: ancestors[k].Name}
		if g.Names(name) {
			if d := g.Decide(name); d.Verdict != policy.Raw {
				return d
			}
		}
	}
	d := g.Decide(tableName(rel))
	if rel.Kind == catalog.Sequence && d.Verdict != policy.Denied {
		if hidden := q.sequenceDecision(rel); hidden != nil {
			return hidden
		}
	}
	return d
}

// readsProtected says whether a view reads, itself or through other views, something that the person does not have raw.
func (q *query) readsProtected(rel *catalog.Relation, depth int) bool {
	if depth > 64 {
		return true
	}
	if v, ok := q.reads[rel]; ok {
		return v
	}
	q.reads[rel] = true // while it is being looked at; views cannot be circular
	// A view that was locked while the catalog was read has no definition: what it reads is not known.
	v := rel.Definition == "" && !isSystem(rel)
	for _, oid := range rel.Reads {
		base := q.cat.RelationByOID(oid)
		if base == nil || base == rel {
			continue
		}
		switch base.Kind {
		case catalog.View:
			v = v || q.decide(base) != nil && q.in.Grant.NamesItself(tableName(base)) || q.readsProtected(base, depth+1)
		case catalog.MaterializedView:
			v = v || q.decide(base) != nil || q.readsProtected(base, depth+1)
		default:
			v = v || q.decide(base) != nil
		}
	}
	q.reads[rel] = v
	return v
}

// readMayFail says that reading a relation can fail, or do something: what a view of somebody's making works out is its own business, and another server may be out of reach.
func (q *query) readMayFail(rel *catalog.Relation) bool {
	if isSystem(rel) {
		return false
	}
	foreign := func(r *catalog.Relation) bool { return r.Kind == catalog.ForeignTable }
	return rel.Kind == catalog.View || foreign(rel) || slices.ContainsFunc(q.cat.Descendants(rel), foreign)
}

func tableName(rel *catalog.Relation) policy.TableName {
	return policy.TableName{Schema: rel.Schema, Name: rel.Name}
}

// relation puts in the place of a relation's name what the person may see of it, and fills the item.
func (q *query) relation(n *pg.RangeVar, rel *catalog.Relation, it *item, op policy.Op) {
	from, to, ok := q.relationSpan(n)
	if !ok {
		q.refuse(int(n.Location), "0A000", "Cordon cannot find the place of the table's name in the statement.")
	}
	it.relation = &relation{reads: true}
	for k := range rel.Columns {
		c := &rel.Columns[k]
		it.cols = append(it.cols, column{name: c.Name, typ: c.Type, notNull: c.NotNull, noEqual: q.noEquality(c.Type)})
	}
	it.risky = q.readMayFail(rel)
	it.volatile = it.risky && rel.Kind == catalog.View
	if q.raw {
		q.qualify(n, rel)
		return
	}
	d := q.decide(rel)
	switch {
	case isSystem(rel):
	case rel.Kind == catalog.View && !q.in.Grant.NamesItself(tableName(rel)):
		if q.readsProtected(rel, 0) {
			if d != nil && d.Verdict == policy.Denied && !q.in.Grant.Names(tableName(rel)) {
				break // defaults.tables: deny
			}
			q.expandView(n, rel, it, from, to)
			return
		}
	case rel.Kind == catalog.MaterializedView && !q.in.Grant.NamesItself(tableName(rel)) && q.readsProtected(rel, 0):
		q.refuseHint(int(n.Location), "42501", "permission denied for materialized view "+rel.Schema+"."+rel.Name+": it holds a copy of rows or columns that are protected, and no rule names it.",
			"An administrator can write a rule for "+rel.Schema+"."+rel.Name+" in the policy.")
		return
	}
	if d == nil {
		if n.Inh && !isSystem(rel) {
			q.protectedChild(rel, int(n.Location))
		}
		q.touch(rel, op, nil)
		q.qualify(n, rel)
		return
	}
	if !q.allowed(d, rel, op, int(n.Location)) {
		return
	}
	q.touch(rel, op, d).Filtered = d.Rows != nil
	touched := len(q.plan.Relations) - 1
	if d.Rows == nil && len(d.Masks) == 0 {
		q.qualify(n, rel) // only writing or exporting is limited
		return
	}
	if rel.Kind == catalog.Sequence && d.Rule != systemRule {
		q.refuse(int(n.Location), "42501", "permission denied for sequence %s.%s: a rule with a row filter or mask fits tables only.", rel.Schema, rel.Name)
		return
	}
	it.guarded = true
	q.inlineTable(n, rel, d, it, from, to)
	q.late = append(q.late, func() {
		t := &q.plan.Relations[touched]
		for k := range rel.Columns {
			if name := rel.Columns[k].Name; it.starred || it.used[k] {
				t.Columns = append(t.Columns, name)
				if d.Mask(name) != nil {
					t.Masked = append(t.Masked, name)
				}
			}
		}
	})
}

// protectedChild refuses a table that nothing protects when a partition or child of it has a rule of its own: its rows would come through the parent.
func (q *query) protectedChild(rel *catalog.Relation, loc int) {
	for _, c := range q.cat.Descendants(rel) {
		if d := q.decide(c); d != nil {
			q.denied(d, c, loc, rel.Schema+"."+rel.Name+" shows its rows too, and no rule names that")
			return
		}
	}
}

// inlineTable writes the sub-select that stands for a filtered or masked table.
func (q *query) inlineTable(n *pg.RangeVar, rel *catalog.Relation, d *policy.Decision, it *item, from, to int) {
	var a *access
	if d.Rows != nil {
		f := q.bindExpr(rel, d, d.RowsSQL(), "rows")
		if f == nil {
			return
		}
		a = &access{table: rel, filter: f}
		q.accesses = append(q.accesses, a)
		it.direct = a
		it.prot = []*access{a}
	}
	masks := make([]string, len(rel.Columns))
	used := make([]bool, len(rel.Columns))
	it.used = used
	for k := range rel.Columns {
		c := &rel.Columns[k]
		m := d.Mask(c.Name)
		col := &it.cols[k]
		col.used = &used[k]
		if m == nil {
			if a != nil {
				col.from, col.num = a, c.Num
			}
			continue
		}
		q.guardColumn(rel, c.Num)
		col.exact, col.num = m.Exact, c.Num
		col.fragile = maskMayFail(m.Mask) || m.Unless != nil
		if a != nil {
			col.prot = []*access{a}
		} else {
			col.fragile = false
		}
	}
	only := ""
	if !n.Inh {
		only = "ONLY "
	}
	alias := n.GetAlias() == nil
	q.late = append(q.late, func() {
		for k := range rel.Columns {
			c := &rel.Columns[k]
			if m := d.Mask(c.Name); m != nil && (used[k] || it.starred) {
				masks[k] = q.maskText(rel, d, m, c, quoteIdent(c.Name), "")
			}
		}
		if it.starred && len(it.extra) > 0 {
			q.refuse(int(n.Location), "0A000", "Cordon does not show %s of %s.%s together with all its columns; name the columns.", it.extra[0], rel.Schema, rel.Name)
		}
	})
	from, long := q.tableCommand(from)
	q.p.replace(from, to, func(b *strings.Builder) {
		if it.flat {
			b.WriteString(only + quoteName(rel.Schema, rel.Name))
			return
		}
		room := 256 // masks can be long
		for k := range masks {
			room += len(masks[k]) + 32
		}
		b.Grow(room)
		b.WriteString(long)
		b.WriteString("(SELECT ")
		comma := ""
		for k := range rel.Columns {
			if !used[k] && !it.starred { // nobody can tell, and it spares the server masks that nobody sees
				continue
			}
			b.WriteString(comma)
			comma = ", "
			if masks[k] != "" {
				b.WriteString(masks[k])
				b.WriteString(" AS ")
			}
			b.WriteString(quoteIdent(rel.Columns[k].Name))
		}
		for _, name := range it.extra {
			b.WriteString(comma + name)
			comma = ", "
		}
		if comma == "" {
			b.WriteString("1") // every column is unused; an alias is still there for count(*)
		}
		b.WriteString(" FROM " + only + quoteName(rel.Schema, rel.Name))
		conds := it.inner
		if a != nil && !a.elsewhere(q.rewriter) && !a.joinedWith(q.rewriter) {
			filter := a.filter.inner
			if a.alone {
				filter = "(CASE WHEN " + filter + " THEN true END)"
			}
			conds = append([]string{filter}, conds...)
		}
		if len(conds) > 0 {
			b.WriteString(" WHERE ")
			b.WriteString(strings.Join(conds, " AND "))
		}
		if a != nil {
			if a.fence || q.fenceEverything {
				b.WriteString(" OFFSET 0")
			}
		}
		b.WriteString(")")
		if alias {
			b.WriteString(" AS " + quoteIdent(rel.Name))
		}
	})
}

// maskText is a column's mask as SQL, with unmask's condition. ref names the raw column; prefix, when not "", the table in the condition's columns.
func (q *query) maskText(rel *catalog.Relation, d *policy.Decision, m *policy.ColumnMask, c *catalog.Column, ref, prefix string) string {
	sql, err := q.in.Memo.maskSQL(d, m.Mask, c, ref, q.cat)
	if err != nil {
		q.refuse(-1, "42501", "The mask on %s.%s.%s cannot be applied: %s.", rel.Schema, rel.Name, c.Name, err)
		return ""
	}
	q.plan.Secrets = append(q.plan.Secrets, maskSecrets(m.Mask)...)
	if m.Unless != nil {
		f := q.bindExpr(rel, d, d.SQL(m.Unless), "unmask")
		if f == nil {
			return ""
		}
		cond := f.inner
		if prefix != "" {
			cond, _ = f.over(func(num int16) (string, bool) { return prefix + "." + quoteIdent(rel.ColumnNum(num).Name), true })
		}
		// The type below a domain, as without unmask: the mask need not pass the domain's CHECK.
		t, err := maskTypeOf(c, q.cat)
		if err != nil {
			q.refuse(-1, "42501", "The mask on %s.%s.%s cannot be applied: %s.", rel.Schema, rel.Name, c.Name, err)
			return ""
		}
		sql = "CAST(CASE WHEN " + cond + " THEN " + ref + " ELSE " + sql + " END AS " + t.sql + ")"
		if c.CollationName != "" {
			sql += " COLLATE " + c.CollationName
		}
	}
	return sql
}

// qualify writes the schema in front of a name: what Cordon resolved is what runs. In the client's own unprotected statement the name stays as it is,
// unless something else changes.
func (q *query) qualify(n *pg.RangeVar, rel *catalog.Relation) {
	if n.Schemaname != "" {
		return
	}
	k := q.p.toks
	first := k.at(int(n.Location))
	if first < 0 {
		return
	}
	name := quoteName(rel.Schema, rel.Name)
	if rel.Persistence == 't' {
		name = quoteName("pg_temp", rel.Name)
	}
	if q.raw {
		q.p.replace(k.start(first), k.end(first), literal(name))
		return
	}
	if !q.covers(rel) {
		if rel.Persistence == 't' {
			return // without it the name means nothing
		}
		q.qualified = append(q.qualified, qualification{q.p, k.start(first), k.end(first), name})
		return
	}
	if from := k.start(first); !slices.ContainsFunc(q.p.edits, func(e edit) bool { return e.from == from && e.order == orderReplace }) {
		q.p.replace(from, k.end(first), literal(name))
	}
}

// covers says that another relation bears the same name in another schema. Where this one is dropped before the statement runs, by another session or earlier in the same transaction, or the search path is set by what Cordon does not see (a
// trigger, a function that the policy lists), the name without a schema would mean the other, which nobody has decided about: DROP TABLE mine.customers; SELECT * FROM customers. With the schema the statement fails.
func (q *query) covers(rel *catalog.Relation) bool {
	if q.trusted {
		return false
	}
	for _, schema := range q.cat.Schemas() {
		if schema.Name != rel.Schema && q.cat.Relation(schema.Name, rel.Name) != nil {
			return true
		}
	}
	return false
}

// A qualification is the schema-qualified form of a name that was written without: it is put in only where the statement changes anyway.
type qualification struct {
	p        *piece
	from, to int
	name     string
}

// expandView puts a view's rewritten definition in its place.
func (q *query) expandView(n *pg.RangeVar, rel *catalog.Relation, it *item, from, to int) {
	if q.views++; q.views > maxViews {
		q.refuse(int(n.Location), "54001", "The statement holds more than %d uses of views over protected tables.", maxViews)
		return
	}
	if q.viewDepth++; q.viewDepth > maxViewDepth {
		q.refuse(int(n.Location), "54001", "Views over protected tables are nested deeper than %d.", maxViewDepth)
		return
	}
	defer func() { q.viewDepth-- }()
	st := q.in.Memo.definition(q.cat, rel)
	if st == nil {
		q.refuse(int(n.Location), "0A000", "Cordon cannot read the definition of the view %s.%s, which reads protected tables.", rel.Schema, rel.Name)
		return
	}
	q.touch(rel, policy.OpSelect, nil).Expanded = true
	sub := &query{rewriter: q.rewriter, p: newPiece(st), path: []string{"pg_catalog"}, trusted: true}
	via := q.via
	q.via = rel.Schema + "." + rel.Name
	res := sub.selectStmt(st.Tree.GetSelectStmt(), &scope{})
	q.via = via
	it.guarded = true
	it.relation = &relation{prot: res.prot, open: res.open, counted: res.counted, risky: res.risky, volatile: res.volatile, reads: res.reads}
	for k := range rel.Columns {
		c := column{name: rel.Columns[k].Name, typ: rel.Columns[k].Type, noEqual: q.noEquality(rel.Columns[k].Type)}
		if k < len(res.cols) && len(res.cols) == len(rel.Columns) && !res.open {
			from := res.cols[k]
			from.name, from.typ, from.noEqual = c.name, c.typ, c.noEqual
			c = from
		} else {
			c.prot, c.fragile = res.prot, true
		}
		it.cols = append(it.cols, c)
	}
	alias := n.GetAlias()
	end := to
	if alias != nil { // the names of the view's columns go into the alias
		if e, ok := q.aliasSpan(to); ok {
			end = e
		} else {
			q.refuse(int(n.Location), "0A000", "Cordon cannot find the alias of the view %s.%s in the statement.", rel.Schema, rel.Name)
			return
		}
	}
	from, long := q.tableCommand(from)
	q.p.replace(from, end, func(b *strings.Builder) {
		b.WriteString(long)
		b.WriteString("(")
		sub.p.print(b)
		b.WriteString(") AS ")
		if alias != nil {
			b.WriteString(quoteIdent(alias.Aliasname))
		} else {
			b.WriteString(quoteIdent(rel.Name))
		}
		b.WriteString("(")
		for k := range rel.Columns {
			if k > 0 {
				b.WriteString(", ")
			}
			if k < len(alias.GetColnames()) {
				b.WriteString(quoteIdent(alias.Colnames[k].GetString_().GetSval()))
			} else {
				b.WriteString(quoteIdent(rel.Columns[k].Name))
			}
		}
		b.WriteString(")")
	})
}

// aliasSpan finds where the alias ends that follows the byte offset.
func (q *query) aliasSpan(at int) (int, bool) {
	k := q.p.toks
	i := 0
	for i < len(k.t) && k.start(i) < at {
		i++
	}
	if k.keyword(i) == "AS" {
		i++
	}
	i = k.dotted(i, 1)
	if i < 0 {
		return 0, false
	}
	if k.is(i, "(") {
		m := k.match(i, len(k.t))
		if m < 0 {
			return 0, false
		}
		i = m + 1
	}
	return k.end(i - 1), true
}

// allowed checks an operation against the rule's allow list.
func (q *query) allowed(d *policy.Decision, rel *catalog.Relation, op policy.Op, loc int) bool {
	switch {
	case d.Verdict == policy.Denied:
		q.denied(d, rel, loc, d.Reason)
	case d.Allow&op != op:
		q.denied(d, rel, loc, "the rule does not allow "+(op&^d.Allow).String())
	default:
		return true
	}
	return false
}

func (q *query) touch(rel *catalog.Relation, op policy.Op, d *policy.Decision) *Touched {
	if d != nil && d.Export != nil && op&policy.OpSelect != 0 {
		q.plan.Exports = append(q.plan.Exports, d)
		q.exportedAt = append(q.exportedAt, q.level)
	}
	q.plan.Relations = append(q.plan.Relations, Touched{Relation: rel, Op: op, Decision: d, Via: q.via})
	return &q.plan.Relations[len(q.plan.Relations)-1]
}

func (q *query) guardColumn(rel *catalog.Relation, num int16) {
	for _, g := range q.plan.Guarded {
		if g.Table == rel.OID && g.Num == num {
			return
		}
	}
	q.plan.Guarded = append(q.plan.Guarded, GuardedColumn{rel.OID, num})
}

// noEquality: types whose columns cannot stand in GROUP BY.
func (q *query) noEquality(t catalog.OID) bool {
	switch q.cat.BaseType(t) {
	case 114, 142, 600, 601, 602, 603, 604, 628, 718, 194, 1790, 2970, 4072, 5038: // json, xml, the geometric types, pg_node_tree, refcursor, txid_snapshot, jsonpath, pg_snapshot
		return true
	}
	ty := q.cat.Type(q.cat.BaseType(t))
	switch {
	case ty == nil:
		return false
	case ty.Kind == 'c':
		rel := q.cat.RelationByOID(ty.Relation)
		return rel != nil && slices.ContainsFunc(rel.Columns, func(c catalog.Column) bool { return q.noEquality(c.Type) }) // a type cannot hold itself
	}
	return ty.Category == 'A' && ty.Elem != 0 && q.noEquality(ty.Elem)
}
