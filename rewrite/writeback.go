package rewrite

import (
	"fmt"
	"strconv"
	"strings"

	"cordon/catalog"
	"cordon/policy"
)

// Write-back protection. A form that loaded 138****5678 saves it again, and the stored number must stay: SET phone = e becomes SET phone = (the stored phone, when e is its mask; else e). Inside
// arrays the same is done element by element, inside JSON documents path by path, so that a document whose masked keys come back masked while others have changed keeps what is behind the masks.

// keepBehindMask wraps an assigned value.
func (q *query) keepBehindMask(t *target, col *catalog.Column, value span, i info) {
	if from, to := q.cat.Type(q.cat.BaseType(i.typ)), q.cat.Type(q.cat.BaseType(col.Type)); len(i.refs) < 2 && !q.assignable(i.typ, col.Type) && from.Schema == catalog.PgCatalog && to.Schema == catalog.PgCatalog {
		// PostgreSQL would say of the two that they cannot be compared.
		name := func(t catalog.OID) string { return strings.TrimPrefix(q.cat.TypeName(t), catalog.PgCatalog+".") }
		q.refuseHint(i.loc, "42804", "column \""+col.Name+"\" is of type "+name(col.Type)+" but expression is of type "+name(i.typ), "You will need to rewrite or cast the expression.")
		return
	}
	before, after, err := q.kept(t, col, i)
	if err != nil {
		q.refuse(q.p.toks.start(value.first), "0A000", "Cordon cannot protect what is behind the mask of %s: %s.", col.Name, err)
		return
	}
	q.p.wrap(q.p.toks.start(value.first), q.p.toks.end(value.end-1), before, after)
}

// kept is what stands before and behind a value that a masked column is set to.
func (q *query) kept(t *target, col *catalog.Column, i info) (before, after string, err error) {
	typ, err := comparedType(col, q.cat)
	if err != nil {
		return "", "", err
	}
	e, err := q.keptValue(t, col)
	if err != nil {
		return "", "", err
	}
	if q.assignable(i.typ, col.Type) { // else PostgreSQL fails
		before, after = "CAST(", " AS "+typ+")"
	}
	// The fence keeps the mask from being worked out more than once.
	return "(SELECT " + e + " FROM (SELECT " + before,
		after + " AS v, " + t.table.column(col.Name).masked + " AS m, " + t.ref + "." + quoteIdent(col.Name) + " AS s" + t.failing(e) + " OFFSET 0) AS cordon_new)", nil
}

// failing gives the sub-select that has an expression's values what a failure in it needs: something of the row.
func (t *target) failing(e string) string {
	if strings.Contains(e, "cordon_new.t") {
		return ", " + t.ref + ".tableoid AS t"
	}
	return ""
}

// keptValue is what is stored when cordon_new.v is written, where cordon_new.m is shown of what is stored now, cordon_new.s. What is inside names nothing but cordon_new, so that no alias in it can catch a name of the statement.
func (q *query) keptValue(t *target, col *catalog.Column) (string, error) {
	m := t.d.Mask(col.Name).Mask
	typ, err := maskTypeOf(col, q.cat)
	if err != nil {
		return "", err
	}
	const v, masked, stored = "cordon_new.v", "cordon_new.m", "cordon_new.s"
	same := v + " IS NOT DISTINCT FROM " + masked
	if q.comparedAsText(col.Type) {
		same = "CAST(" + v + " AS pg_catalog.text) IS NOT DISTINCT FROM CAST(" + masked + " AS pg_catalog.text)"
	}
	start := "CASE WHEN " + same + " THEN " + stored
	if t.d.WriteBackDeny && !maskDecides(m) {
		start = "CASE WHEN " + stored + " IS NOT NULL AND " + same + " AND " + q.failure(t.maskedValue(col), "cordon_new.t") + " IS NULL THEN NULL"
	}
	end := " ELSE " + v + " END"
	if looks := q.looksMasked(t, col, v); looks != "" {
		end = " WHEN CASE WHEN " + looks + " THEN " + q.failure(t.maskedValue(col), "cordon_new.t") + " IS NULL END THEN NULL" + end
	}
	b := &jsonBuilder{d: t.d, version: typ.version}
	ambiguous := ""
	b.ambiguous = func() string {
		if ambiguous == "" {
			ambiguous = q.failure(t.ambiguous(col), "cordon_new.t")
		}
		return ambiguous
	}
	whole := m.Kind == policy.MaskFixed || m.Kind == policy.MaskSQL
	switch {
	case whole:
	case typ.elem != nil && typ.elem.base != oidJSON:
		var root *jsonNode
		if m.Kind == policy.MaskJSON {
			if root, err = jsonRoot(m); err != nil {
				return "", err
			}
		}
		list := func(a string) string { return pgCall("unnest", a) }
		e := "ARRAY(" + b.backElements(v, masked, stored, root, "", list, func(element, from, place string) string { return element + " FROM " + from + " ORDER BY " + place }) + ")"
		// A mask shows one dimension, so nobody knows what stands for what in more.
		more := b.fails(pgOp(pgCall("array_ndims", v), ">", "1")+" AND EXISTS (SELECT FROM "+pgCall("unnest", v)+" AS cordon_v(e) JOIN ROWS FROM ("+pgCall("unnest", masked)+", "+pgCall("unnest", stored)+
			") AS cordon_o(m, s) ON "+pgOp("cordon_v.e", "=", "cordon_o.m")+" AND "+pgOp("cordon_o.m", "<>", "cordon_o.s")+")") + " THEN NULL"
		start += " WHEN " + pgOp(pgCall("array_ndims", v), "=", "1") + " THEN " + e + " WHEN " + more
	case m.Kind == policy.MaskJSON && typ.base == oidJSONB:
		root, err := jsonRoot(m)
		if err != nil {
			return "", err
		}
		return b.back(v, masked, stored, root), nil
	case m.Kind == policy.MaskJSON && typ.base == oidJSON:
		root, err := jsonRoot(m)
		if err != nil {
			return "", err
		}
		text := func(a string) string { return "CAST(" + a + " AS pg_catalog.text)" }
		doc := func(a string) string { return "CAST(" + a + " AS pg_catalog.jsonb)" }
		fits := jsonFits(text(v)) + " AND " + jsonFits(text(masked)) + " AND " + jsonFits(text(stored))
		back := b.back("cordon_doc.v", "cordon_doc.m", "cordon_doc.s", root)
		// The text stays as it was written where nothing is put back.
		start += " WHEN " + fits + " THEN (SELECT CASE WHEN " + pgOp("cordon_doc.v", "=", "cordon_doc.m") + " THEN " + stored + " WHEN " + pgOp("cordon_doc.b", "=", "cordon_doc.v") + " THEN " + v +
			" ELSE CAST(cordon_doc.b AS pg_catalog.json) END FROM (SELECT cordon_doc.v, cordon_doc.m, " + back + " AS b FROM (SELECT " + doc(v) + " AS v, " + doc(masked) + " AS m, " + doc(stored) +
			" AS s OFFSET 0) AS cordon_doc OFFSET 0) AS cordon_doc)"
		// jsonb cannot hold what is written, so nobody can look into it.
		start += " WHEN " + b.fails(v+" IS NOT NULL AND "+pgOp(text(masked), "<>", "'null'")) + " THEN NULL"
	case m.Kind == policy.MaskJSON: // a list of json, which has no equality
		start += " WHEN " + b.fails(v+" IS NOT NULL AND "+pgOp(pgCall("cardinality", stored), ">", "0")) + " THEN NULL"
	}
	if len(start) > 8*maskBytes {
		return "", fmt.Errorf("the mask has too many paths")
	}
	return start + end, nil
}

// comparedAsText says of which types it takes the text to know whether two values are the same: those without an operator for it, and rows, which may hold such.
func (q *query) comparedAsText(t catalog.OID) bool {
	ty := q.cat.Type(q.cat.BaseType(t))
	return q.noEquality(t) || ty != nil && (ty.Kind == 'c' || ty.Category == 'A' && ty.Elem != 0 && q.comparedAsText(ty.Elem))
}

// maskedValue is the refusal of a value that looks like one from behind a mask.
func (t *target) maskedValue(col *catalog.Column) Refusal {
	e := ruleRefusal("a masked value would be stored by rule ", t.d.Rule)
	e.Message = "the value for column " + strconv.Quote(col.Name) + " looks like a masked one, which the rule does not let be stored"
	e.Detail = "Rule " + strconv.Quote(t.d.Rule.Name) + " says so."
	return e
}

// ambiguous is the refusal of a list in which it cannot be told what is behind a mask.
func (t *target) ambiguous(col *catalog.Column) Refusal {
	e := ruleRefusal("a masked value would be stored by rule ", t.d.Rule)
	e.Message = "column " + strconv.Quote(col.Name) + " was changed so that it cannot be told which stored value a masked one stands for"
	e.Hint = "Change elements where they stand, and add, remove or reorder others, in two statements."
	return e
}

// looksMasked is a condition that holds for values that a mask could have made of others; "" where the rule does not ask, or nobody can tell: a rounded number or a truncated date is like any other.
func (q *query) looksMasked(t *target, col *catalog.Column, v string) string {
	cm := t.d.Mask(col.Name)
	if cm == nil || !t.d.MaskedInsertDeny {
		return ""
	}
	m := cm.Mask
	typ, err := maskTypeOf(col, q.cat)
	if err != nil {
		return ""
	}
	if typ.elem != nil && m.Kind != policy.MaskFixed {
		if !typ.elem.isText() {
			return ""
		}
		looks := likeMasked(m, typ.elem, "cordon_e.e")
		if looks == "" {
			return ""
		}
		return "EXISTS (SELECT FROM " + pgCall("unnest", v) + " AS cordon_e(e) WHERE " + looks + ")"
	}
	switch m.Kind {
	case policy.MaskFixed:
		if m.Fixed.Null {
			return ""
		}
		e, err := maskValue(t.d, m, typ, v)
		if err != nil {
			return ""
		}
		return v + " IS NOT NULL AND " + v + " = CAST(" + e + " AS " + typ.sql + ")"
	case policy.MaskJSON:
		doc := "CAST(" + v + " AS pg_catalog.jsonb)"
		if typ.base == oidJSON {
			doc = "CASE WHEN " + jsonFits("CAST("+v+" AS pg_catalog.text)") + " THEN " + doc + " END"
		}
		var any []string
		for k := range m.JSON.Paths {
			p := &m.JSON.Paths[k]
			if p.Drop {
				continue
			}
			var keys []string
			for _, key := range p.Keys {
				keys = append(keys, stringLiteral(key))
			}
			text := &maskType{name: "a value inside json", sql: "pg_catalog.text", base: oidText, typmod: -1, version: typ.version}
			if looks := likeMasked(p.Mask, text, pgOp(doc, "#>>", "ARRAY["+strings.Join(keys, ", ")+"]")); looks != "" {
				any = append(any, looks)
			}
		}
		return strings.Join(any, " OR ")
	}
	if !typ.isText() {
		return ""
	}
	return likeMasked(m, typ, v)
}

// likeMasked is looksMasked for one text.
func likeMasked(m *policy.Mask, typ *maskType, v string) string {
	text := typ.text(v)
	switch m.Kind {
	case policy.MaskKeep:
		return "(" + pgOp(pgCall("length", text), ">", "0") + " AND " + pgOp(text, "=", "("+maskKeep(m.Keep, typ, text)+")") + ")"
	case policy.MaskEmail:
		return "(" + pgOp(pgCall("length", text), ">", "0") + " AND " + pgOp(text, "=", "("+maskEmail(m.Email, typ, text)+")") + ")"
	case policy.MaskHash:
		n := 64
		if typ.typmod > 4 {
			n = min(n, int(typ.typmod)-4)
		}
		return pgOp(text, "~", stringLiteral("^[0-9a-f]{"+strconv.Itoa(n)+"}$"))
	}
	return ""
}

// back is the jsonb document v, which was shown as m, with what is stored, s, behind each mask that comes back as it was shown. A key that the mask drops comes back where v does not have it.
// A document that is on its own is a list of one, so that what is inside stands in the statement once.
func (b *jsonBuilder) back(v, m, s string, n *jsonNode) string {
	out := "CASE WHEN " + v + " IS NOT DISTINCT FROM " + m + " THEN " + s + " WHEN "
	list := func(a string) string { return pgCall("jsonb_array_elements", a) }
	got := func(agg string) string { return agg }
	one := ""
	if len(n.kids) > 0 {
		one = isJSON(v, "object")
		out += isJSON(v, "array", "object") + " AND " + pgOp(pgCall("jsonb_typeof", s), "=", pgCall("jsonb_typeof", v)) + " AND " + pgOp(pgCall("jsonb_typeof", m), "=", pgCall("jsonb_typeof", v))
		list = func(a string) string {
			return pgCall("jsonb_array_elements", "CASE WHEN "+isJSON(a, "array")+" THEN "+a+" ELSE "+pgCall("jsonb_build_array", a)+" END")
		}
		got = func(agg string) string {
			return "CASE WHEN " + one + " THEN " + pgOp(agg, "->", "0") + " ELSE " + agg + " END"
		}
	} else {
		out += isJSON(v, "array") + " AND " + isJSON(s, "array") + " AND " + isJSON(m, "array")
	}
	elements := b.backElements(v, m, s, n, one, list, func(element, from, place string) string {
		return got("cordon_list.e") + " FROM (SELECT " + pgCall("jsonb_agg", element+" ORDER BY "+place) + " AS e FROM " + from + ") AS cordon_list"
	})
	return out + " THEN COALESCE((" + elements + "), " + v + ") WHEN " + b.fails(n.alike(v, m)) + " THEN NULL ELSE " + v + " END"
}

// backKeys is back for the keys of an object.
func (b *jsonBuilder) backKeys(v, m, s string, n *jsonNode) string {
	out := v
	for _, k := range n.kids {
		key := "CAST(" + stringLiteral(k.key) + " AS pg_catalog.text)"
		has := func(doc string) string { return pgOp(doc, "?", key) }
		field := func(doc string) string { return pgCall("jsonb_object_field", doc, key) }
		part := ""
		if k.end != nil && k.end.Drop {
			part = "CASE WHEN " + has(s) + " AND NOT " + has(m) + " AND NOT " + has(v) + " THEN " + pgCall("jsonb_build_object", key, field(s))
		} else {
			b.alias++
			name := fmt.Sprintf("cordon_k%d", b.alias)
			value := "(SELECT " + b.back(name+".v", name+".m", name+".s", k) + " FROM (SELECT " + field(v) + " AS v, " + field(m) + " AS m, " + field(s) + " AS s OFFSET 0) AS " + name + ")"
			part = "CASE WHEN " + has(v) + " THEN " + pgCall("jsonb_build_object", key, value)
		}
		out = pgOp(out, "||", part+" ELSE CAST('{}' AS pg_catalog.jsonb) END")
	}
	return out
}

// comparedType names the type in which a value is held against what the mask shows: the column's, since 2000.001 is 2000.00 in it. A length is left out,
// which a cast would cut to and an assignment refuses. For a domain it is the type below, since a mask need not be of the domain.
func comparedType(col *catalog.Column, cat *catalog.Snapshot) (string, error) {
	t, err := maskTypeOf(col, cat)
	if err != nil {
		return "", err
	}
	base := t
	if t.elem != nil {
		base = t.elem
	}
	switch base.base {
	case oidVarchar, oidBpchar, oidBit, oidVarbit:
		name, rest, _ := strings.Cut(t.sql, "(")
		if strings.HasSuffix(rest, "[]") {
			name += "[]"
		}
		return name, nil
	}
	return t.sql, nil
}

// assignable says whether PostgreSQL takes a value of a type in an assignment to a column of another.
func (q *query) assignable(from, to catalog.OID) bool {
	from, to = q.cat.BaseType(from), q.cat.BaseType(to)
	if from == 0 || from == typeUnknown || from == to {
		return true
	}
	f, t := q.cat.Type(from), q.cat.Type(to)
	if f == nil || t == nil || t.Category == 'S' || from == typeRecord && t.Kind == 'c' {
		return true
	}
	if f.Category == 'A' && t.Category == 'A' {
		return q.assignable(f.Elem, t.Elem)
	}
	c := q.cat.Cast(from, to)
	return c != nil && c.Context != 'e'
}
