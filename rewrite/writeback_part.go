package rewrite

import (
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/policy"
)

// Parts of a masked column: SET phones[1] = e, SET doc['address'] = e. What is written is held against what the mask shows of that part alone; the rest of the column stays. It serves where the part is told by constants, since
// then it is known which paths of a json mask lead there.

// keepBehindPart wraps what a part of a masked column is assigned; the part is refused where it is not known what the mask shows of it.
func (q *query) keepBehindPart(t *target, col *catalog.Column, rt *pg.ResTarget, value span, i info) {
	before, after := q.keptPart(t, col, rt.Indirection, i)
	if after == "" {
		q.refuseHint(int(rt.Location), "0A000", "Cordon does not write into this part of the masked column "+rt.Name+".", "Name it by constants, or assign the column as a whole.")
		return
	}
	q.p.wrap(q.p.toks.start(value.first), q.p.toks.end(value.end-1), before, after)
}

// keptPart is what stands before and behind the value; nothing when the part cannot be told. A part that no mask touches has but blanks around it.
func (q *query) keptPart(t *target, col *catalog.Column, parts []*pg.Node, i info) (before, after string) {
	m := t.d.Mask(col.Name).Mask
	typ, err := maskTypeOf(col, q.cat)
	if err != nil {
		return "", ""
	}
	if len(parts) == 1 && parts[0].GetString_() != nil {
		return q.keptField(t, col, parts[0].GetString_().Sval, i)
	}
	var keys []string
	for _, p := range parts {
		key, ok := constantSubscript(p)
		if !ok {
			return "", ""
		}
		keys = append(keys, key)
	}
	stored, masked := t.ref+"."+quoteIdent(col.Name), t.table.column(col.Name).masked
	b := &jsonBuilder{d: t.d, version: typ.version}
	b.ambiguous = func() string { return q.failure(t.ambiguous(col), "cordon_new.t") }
	const v, shown, raw = "cordon_new.v", "cordon_new.m", "cordon_new.s"
	wrap := func(kept string, to catalog.OID, typ, shown, raw string) (string, string) {
		open, shut := "", ""
		if q.assignable(i.typ, to) { // else PostgreSQL says what is wrong
			typ, _, _ = strings.Cut(typ, "(") // a cast would cut to a length, which an assignment refuses
			open, shut = "CAST(", " AS "+typ+")"
		}
		return "(SELECT " + kept + " FROM (SELECT " + open, shut + " AS v, " + shown + " AS m, " + raw + " AS s" + t.failing(kept) + " OFFSET 0) AS cordon_new)"
	}
	switch {
	case m.Kind == policy.MaskJSON && typ.base == oidJSONB && typ.elem == nil:
		node, err := jsonRoot(m)
		if err != nil {
			return "", ""
		}
		for _, key := range keys {
			if node.end != nil && !node.end.Drop { // inside what is shown as one value
				return "", ""
			}
			next := node.kid(key)
			if _, err := strconv.Atoi(key); err == nil {
				if next != nil { // a place in a list, or a key?
					return "", ""
				}
				continue
			}
			if next == nil {
				return " ", " "
			}
			node = next
		}
		if node.end != nil && node.end.Drop {
			return " ", " "
		}
		path := (jsonPath{keys: keys}).array()
		return wrap(b.back(v, shown, raw, node), oidJSONB, "pg_catalog.jsonb", pgOp("("+masked+")", "#>", path), pgOp(stored, "#>", path))
	case typ.elem != nil && typ.elem.base != oidJSON && len(keys) == 1 && (m.Kind == policy.MaskKeep || m.Kind == policy.MaskEmail || m.Kind == policy.MaskHash || m.Kind == policy.MaskDate || m.Kind == policy.MaskRound):
		if _, err := strconv.Atoi(keys[0]); err != nil {
			return "", ""
		}
		// The mask shows a list that begins with 1.
		odd := b.fails(pgCall("array_ndims", stored) + " OPERATOR(pg_catalog.>) 1 OR " + pgCall("array_lower", stored, "1") + " OPERATOR(pg_catalog.<>) 1")
		kept := "CASE WHEN " + odd + " THEN NULL WHEN " + v + " IS NOT DISTINCT FROM " + shown + " THEN " + raw + " ELSE " + v + " END"
		return wrap(kept, typ.elem.base, typ.elem.sql, "("+masked+")["+keys[0]+"]", stored+"["+keys[0]+"]")
	}
	return "", ""
}

// keptField is keptPart for a field of a masked composite, SET address.street = e.
func (q *query) keptField(t *target, col *catalog.Column, name string, i info) (before, after string) {
	ty := q.cat.Type(q.cat.BaseType(col.Type))
	if ty == nil || ty.Kind != 'c' || t.d.WriteBackDeny {
		return "", ""
	}
	rel := q.cat.RelationByOID(ty.Relation)
	if rel == nil {
		return "", ""
	}
	field := rel.Column(name)
	if field == nil {
		return " ", " " // PostgreSQL says what is wrong
	}
	const v, shown = "cordon_new.v", "cordon_new.m"
	same := v + " IS NOT DISTINCT FROM " + shown
	if q.comparedAsText(field.Type) {
		same = "CAST(" + v + " AS pg_catalog.text) IS NOT DISTINCT FROM CAST(" + shown + " AS pg_catalog.text)"
	}
	open, shut := "", ""
	if to := q.cat.Type(field.Type); to != nil && q.assignable(i.typ, field.Type) {
		open, shut = "CAST(", " AS "+quoteName(to.Schema, to.Name)+")"
	}
	part := "." + quoteIdent(name)
	return "(SELECT CASE WHEN " + same + " THEN cordon_new.s ELSE " + v + " END FROM (SELECT " + open,
		shut + " AS v, (" + t.table.column(col.Name).masked + ")" + part + " AS m, (" + t.ref + "." + quoteIdent(col.Name) + ")" + part + " AS s OFFSET 0) AS cordon_new)"
}

// kid is the node below at a key; nil when no path goes there.
func (n *jsonNode) kid(key string) *jsonNode {
	for _, k := range n.kids {
		if k.key == key {
			return k
		}
	}
	return nil
}

// constantSubscript is what stands in brackets when it is one constant.
func constantSubscript(n *pg.Node) (string, bool) {
	i := n.GetAIndices()
	if i == nil || i.IsSlice || i.Lidx != nil {
		return "", false
	}
	c := i.Uidx.GetAConst()
	switch {
	case c == nil:
		return "", false
	case c.GetSval() != nil:
		return c.GetSval().Sval, true
	case c.GetIval() != nil:
		return strings.TrimSpace(strconv.Itoa(int(c.GetIval().Ival))), true
	}
	return "", false
}
