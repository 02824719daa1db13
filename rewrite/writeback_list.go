package rewrite

import (
	"encoding/json"
	"slices"
	"strings"

	"cordon/policy"
)

// Write-back protection in lists. An element that comes back as it was shown brings back what is stored; a document that has changed is held against the one that stands in its place. Both can be wrong where elements have
// moved, been added or taken out in the same statement: then nobody can tell what is behind a mask, and the statement fails rather than lose it. The rules:
//
//  1. Of elements shown alike, the first, second … written stands for the first, second … stored. Where there are more or fewer of them than before, those in their place stand for themselves; where fewer, and anything else has
//     moved or the list is longer or shorter, it cannot be told which has gone.
//  2. A changed document stands for the one in its place, if no element has moved, they agree in some key or no more than one has another value, and neither of the two agrees in any key with another changed one in which they do
//     not agree with each other. In a list that has become longer or shorter they must agree in something that no other has.
//  3. What else looks like shown by a mask that tells values apart is found by it, where one document that has gone showed it.
//  4. Where a mask's value has left one document, and has come to another, the statement fails: see crossed. So it does where a document or list takes the place of something else, and shows the same.
//
// None of this looks at what is stored, for then a refusal would tell of it: who appends a guess to a list that is shown alike, and takes out one of the two, would learn whether it was right.

// fewElements has the planner, which expects a hundred elements in any list, expect one: these bounds of i hold for every list. It would compile the statement otherwise, which takes most of a second.
var fewElements = pgOp("i", ">=", "1") + " AND " + pgOp("i", "<=", "2147483647")

// backElements selects the elements of the list v, which was shown as m, with what is stored, s, behind the masks. n is nil for lists of anything but jsonb; one is when the list is but a document on its own, for which that in its place stands. put makes the rest of the SELECT of an element, what it comes
// from, and its place.
func (b *jsonBuilder) backElements(v, m, s string, n *jsonNode, one string, list func(string) string, put func(element, from, place string) string) string {
	b.alias++
	id := itoa(b.alias)
	telling, hides, crossed, other := "", "", "", "x.e"
	if n != nil && len(n.kids) > 0 {
		telling, hides, crossed = n.telling(), n.hides("u.m"), n.crossed("cordon_x"+id, "cordon_o"+id, "cordon_h"+id, "cordon_r"+id)
		back := "(SELECT " + b.backKeys("cordon_y"+id+".e", "cordon_y"+id+".m", "cordon_y"+id+".s", n) + " FROM (SELECT x.e, h.m, h.s OFFSET 0) AS cordon_y" + id + ")"
		other = "CASE WHEN " + isJSON("x.e", "object") + " THEN " + b.found("CASE WHEN h.i IS NOT NULL THEN "+back+" ELSE x.e END", "cordon_r"+id, n) + " ELSE x.e END"
	}
	if one != "" {
		one = "WHEN " + one + " THEN true "
	}
	names := strings.NewReplacer("{V}", list(v), "{M}", list(m), "{S}", list(s), "{few}", fewElements, "{telling}", telling, "{hides}", hides, "{crossed}", crossed, "{one}", one, "{fail}", b.ambiguous()+" IS NULL", "{=}", "OPERATOR(pg_catalog.=)", "{<>}", "OPERATOR(pg_catalog.<>)", "{<=}", "OPERATOR(pg_catalog.<=)", "{#}", id)
	with := `WITH cordon_v{#}(e, i) AS MATERIALIZED (SELECT e, i FROM {V} WITH ORDINALITY AS l(e, i) WHERE {few}),` +
		` cordon_o{#}(m, s, i) AS MATERIALIZED (SELECT m, s, i FROM ROWS FROM ({M}, {S}) WITH ORDINALITY AS l(m, s, i) WHERE {few}),` +
		// f: what there are more or fewer of.
		` cordon_f{#}(e) AS MATERIALIZED (SELECT e FROM (SELECT e, 1 AS n FROM cordon_v{#} UNION ALL SELECT m, -1 FROM cordon_o{#}) AS l GROUP BY e HAVING pg_catalog.sum(n) {<>} 0),` +
		` cordon_n{#}(e, i, hit) AS (SELECT v.e, v.i, COALESCE(v.e {=} o.m, false) AND EXISTS (SELECT FROM cordon_f{#} AS f WHERE f.e {=} v.e) FROM cordon_v{#} AS v LEFT JOIN cordon_o{#} AS o ON o.i {=} v.i),` +
		` cordon_k{#}(m, s, i, hit) AS (SELECT o.m, o.s, o.i, COALESCE(v.e {=} o.m, false) AND EXISTS (SELECT FROM cordon_f{#} AS f WHERE f.e {=} o.m) FROM cordon_o{#} AS o LEFT JOIN cordon_v{#} AS v ON v.i {=} o.i),` +
		// x: the elements written, with the one that is stored when they came back as shown.
		` cordon_x{#}(e, i, o, s) AS MATERIALIZED (SELECT n.e, n.i, k.i, k.s FROM (SELECT e, i, hit, pg_catalog.row_number() OVER (PARTITION BY e, hit ORDER BY i) AS k FROM cordon_n{#}) AS n` +
		` LEFT JOIN (SELECT m, s, i, hit, pg_catalog.row_number() OVER (PARTITION BY m, hit ORDER BY i) AS k FROM cordon_k{#}) AS k ON k.m {=} n.e AND k.hit {=} n.hit AND CASE WHEN n.hit THEN k.i {=} n.i ELSE k.k {=} n.k END),` +
		// t: whether no element has moved, and whether there are as many.
		` cordon_t{#}(still, same) AS MATERIALIZED (SELECT NOT EXISTS (SELECT FROM cordon_x{#} WHERE o {<>} i), (SELECT pg_catalog.count(*) FROM cordon_v{#}) {=} (SELECT pg_catalog.count(*) FROM cordon_o{#})),` +
		// u: what is stored, and did not come back as shown.
		` cordon_u{#}(m, s, i) AS MATERIALIZED (SELECT m, s, i FROM cordon_o{#} AS o WHERE NOT EXISTS (SELECT FROM cordon_x{#} AS x WHERE x.o {=} o.i)),` +
		` cordon_d{#}(sure) AS MATERIALIZED (SELECT CASE WHEN EXISTS (SELECT FROM cordon_u{#} AS u, cordon_x{#} AS x, cordon_t{#} AS t WHERE NOT (t.still AND t.same) AND x.e {=} u.m AND x.o IS NOT NULL{hides}) THEN {fail} ELSE true END)`
	from := "cordon_x{#} AS x JOIN cordon_d{#} AS d ON d.sure"
	if telling != "" {
		with += `, cordon_w{#}(e, i) AS MATERIALIZED (SELECT e, i FROM cordon_x{#} WHERE o IS NULL AND ` + isJSON("e", "object") + `),` +
			` cordon_q{#}(m, s, i) AS MATERIALIZED (SELECT m, s, i FROM cordon_u{#} WHERE ` + isJSON("m", "object") + ` AND ` + isJSON("s", "object") + `),` +
			// a, b: keys of changed documents, as written and as shown; apart where the one in the same place has another value.
			` cordon_a{#}(i, key, value, apart) AS MATERIALIZED (SELECT w.i, key, value, ` + pgCall("jsonb_object_field", "q.m", "key") + ` IS DISTINCT FROM value FROM cordon_w{#} AS w LEFT JOIN cordon_q{#} AS q ON q.i {=} w.i, ` + pgCall("jsonb_each", "w.e") + ` AS e(key, value) WHERE {telling}),` +
			` cordon_b{#}(i, key, value, apart) AS MATERIALIZED (SELECT q.i, key, value, ` + pgCall("jsonb_object_field", "w.e", "key") + ` IS DISTINCT FROM value FROM cordon_q{#} AS q LEFT JOIN cordon_w{#} AS w ON w.i {=} q.i, ` + pgCall("jsonb_each", "q.m") + ` AS e(key, value) WHERE {telling}),` +
			// c: places where a document agrees with another's.
			` cordon_c{#}(i) AS MATERIALIZED (SELECT a.i FROM cordon_a{#} AS a JOIN cordon_b{#} AS b ON b.key {=} a.key AND b.value {=} a.value AND a.apart UNION SELECT b.i FROM cordon_a{#} AS a JOIN cordon_b{#} AS b ON b.key {=} a.key AND b.value {=} a.value AND b.apart),` +
			// g: keys with a value that one document alone has, before and after.
			` cordon_g{#}(key, value) AS MATERIALIZED (SELECT key, value FROM (SELECT key, value, 1 AS a, 0 AS b FROM cordon_a{#} UNION ALL SELECT key, value, 0, 1 FROM cordon_b{#}) AS l GROUP BY key, value HAVING pg_catalog.sum(a) {=} 1 AND pg_catalog.sum(b) {=} 1),` +
			// h: documents that have changed in their place; r: those stored that nothing stands for yet.
			` cordon_h{#}(m, s, i) AS MATERIALIZED (SELECT q.m, q.s, q.i FROM cordon_q{#} AS q JOIN cordon_w{#} AS w ON w.i {=} q.i, cordon_t{#} AS t WHERE t.still AND NOT EXISTS (SELECT FROM cordon_c{#} AS c WHERE c.i {=} q.i)` +
			` AND CASE {one}WHEN t.same THEN (SELECT pg_catalog.count(*) FROM cordon_a{#} AS a WHERE a.i {=} q.i AND a.apart) {<=} 1 OR EXISTS (SELECT FROM cordon_a{#} AS a WHERE a.i {=} q.i AND NOT a.apart)` +
			` ELSE EXISTS (SELECT FROM cordon_a{#} AS a JOIN cordon_g{#} AS g ON g.key {=} a.key AND g.value {=} a.value WHERE a.i {=} q.i AND NOT a.apart) END),` +
			` cordon_r{#}(m, s, i) AS MATERIALIZED (SELECT m, s, i FROM cordon_q{#} AS q WHERE NOT EXISTS (SELECT FROM cordon_h{#} AS h WHERE h.i {=} q.i))`
		with += `, cordon_z{#}(sure) AS MATERIALIZED (SELECT CASE WHEN {crossed} THEN {fail} ELSE true END)`
		from += " JOIN cordon_z{#} AS z ON z.sure LEFT JOIN cordon_h{#} AS h ON h.i {=} x.i"
	}
	element := "CASE WHEN x.o IS NOT NULL THEN x.s ELSE " + other + " END"
	return names.Replace(with) + " SELECT " + put(element, names.Replace(from), "x.i")
}

// telling is the condition on keys that tell one document from another, and what they hold.
func (n *jsonNode) telling() string {
	out := pgOp("value", "<>", "CAST('null' AS pg_catalog.jsonb)")
	for _, k := range n.kids {
		if k.end == nil || !tells(k.end) {
			out += " AND " + pgOp("key", "<>", stringLiteral(k.key))
		}
	}
	return out
}

// tells says whether what a mask shows is what nobody writes by chance, and another for another value as a rule: a rounded number or a truncated date is like any other, and a constant the same for all.
func tells(p *policy.JSONPath) bool {
	return !p.Drop && slices.Contains([]policy.MaskKind{policy.MaskKeep, policy.MaskEmail, policy.MaskHash}, p.Mask.Kind)
}

// A jsonPath leads to a node below another.
type jsonPath struct {
	keys []string
	node *jsonNode
}

// paths are the ways to a node and to all below it.
func (n *jsonNode) paths(above []string) []jsonPath {
	out := []jsonPath{{above, n}}
	for _, k := range n.kids {
		out = append(out, k.paths(append(slices.Clone(above), k.key))...)
	}
	return out
}

// array is the path as #> takes it.
func (p jsonPath) array() string {
	keys := make([]string, len(p.keys))
	for i, k := range p.keys {
		keys[i] = stringLiteral(k)
	}
	return "ARRAY[" + strings.Join(keys, ", ") + "]"
}

// query is the path as a jsonpath, which goes through the lists on its way, and gives the elements of one at its end.
func (p jsonPath) query() string {
	out := "$"
	for _, k := range p.keys {
		key, _ := json.Marshal(k)
		out += "." + string(key)
	}
	if p.node.end == nil || !p.node.end.Drop && p.node.end.Mask.Kind != policy.MaskFixed {
		out += "[*]"
	}
	return "CAST(" + stringLiteral(out) + " AS pg_catalog.jsonpath)"
}

// found is a changed document of a list, x.e, with what is behind masks that are those of another that has gone, given doc, in which those of the one in its place, h, are back. A key that a mask takes out
// says nothing: where a document that has gone had one, and this one may be that, the statement fails.
func (b *jsonBuilder) found(doc, gone string, n *jsonNode) string {
	drops := ""
	for _, p := range n.paths(nil) {
		switch {
		case p.node.end == nil:
		case p.node.end.Drop:
			drops += " OR NOT " + pgCall("jsonb_path_exists", "x.e", p.query())
		case tells(p.node.end):
			b.alias++
			name := "cordon_d" + itoa(b.alias)
			at := func(e string) string { return pgOp(e, "#>", p.array()) }
			shown := at("x.e")
			doc = "(SELECT CASE WHEN " + name + ".w IS NULL THEN " + name + ".d ELSE " + pgCall("jsonb_set", name+".d", p.array(), name+".w", "false") + " END FROM (SELECT " + doc + " AS d, CASE WHEN " +
				isJSON(shown, "string") + " AND " + at("h.m") + " IS DISTINCT FROM " + shown + " THEN (SELECT CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.>) 1 THEN CASE WHEN " + b.ambiguous() + " IS NULL THEN CAST(NULL AS pg_catalog.jsonb) END ELSE (pg_catalog.array_agg(" +
				at("r.s") + "))[1] END FROM " + gone + " AS r WHERE " + pgOp(at("r.m"), "=", shown) + ") END AS w OFFSET 0) AS " + name + ")"
		}
	}
	if drops != "" {
		doc = "CASE WHEN " + b.fails("h.i IS NULL AND EXISTS (SELECT FROM "+gone+") AND ("+strings.TrimPrefix(drops, " OR ")+")") + " THEN NULL ELSE " + doc + " END"
	}
	return doc
}

// hides is the rest of a condition that holds of shown documents behind which something may be stored.
func (n *jsonNode) hides(m string) string {
	var any []string
	for _, p := range n.paths(nil) {
		switch {
		case p.node.end == nil:
		case p.node.end.Drop: // nobody sees whether there is one
			return ""
		default:
			any = append(any, pgCall("jsonb_path_exists", m, p.query()))
		}
	}
	return " AND (" + strings.Join(any, " OR ") + ")"
}

// shown are the values that a document shows of masks on a path, as a table of one column e; of a node on the way it is what should have been a document, and is not.
func (p jsonPath) shown(doc string) string {
	values := "(SELECT e FROM " + pgCall("jsonb_array_elements", pgCall("jsonb_path_query_array", doc, p.query())) + " WITH ORDINALITY AS l(e, i) WHERE " + fewElements
	if p.node.end == nil {
		values += " AND " + isJSON("l.e", "null")
	}
	return values + ")"
}

// crossed says whether what a mask shows has left one document of a list and has come to another: then a value was moved, or is another, and nobody can tell. Documents that stand for each other are held against each other; what found puts
// back has not come.
func (n *jsonNode) crossed(written, stored, changed, gone string) string {
	var any []string
	for _, p := range n.paths(nil) {
		if p.node.end != nil && p.node.end.Drop {
			continue
		}
		back := ""
		if p.node.end != nil && tells(p.node.end) {
			at := func(e string) string { return pgOp(e, "#>", p.array()) }
			back = " WHERE NOT (" + isJSON("l.e", "string") + " AND EXISTS (SELECT FROM " + gone + " AS r WHERE " + pgOp(at("r.m"), "=", "l.e") + " AND " + pgOp(at("x.e"), "=", "l.e") + "))"
		}
		any = append(any, "EXISTS (SELECT FROM (SELECT i, e, pg_catalog.sum(n) AS n FROM (SELECT COALESCE(x.o, h.i, "+pgOp("0", "-", "x.i")+") AS i, l.e, 1 AS n FROM "+written+" AS x LEFT JOIN "+changed+" AS h ON "+pgOp("h.i", "=", "x.i")+" AND x.o IS NULL, LATERAL "+
			p.shown("x.e")+" AS l(e)"+back+" UNION ALL SELECT o.i, l.e, -1 FROM "+stored+" AS o, LATERAL "+p.shown("o.m")+" AS l(e)) AS l GROUP BY i, e) AS l GROUP BY e HAVING "+pgOp("pg_catalog.min(n)", "<", "0")+" AND "+pgOp("pg_catalog.max(n)", ">", "0")+")")
	}
	return strings.Join(any, " OR ")
}

// alike says whether two documents show the same value somewhere on the path of a mask.
func (n *jsonNode) alike(v, m string) string {
	var any []string
	for _, p := range n.paths(nil) {
		if p.node.end == nil || !p.node.end.Drop {
			any = append(any, "EXISTS (SELECT FROM "+p.shown(v)+" AS v(e) JOIN "+p.shown(m)+" AS m(e) ON "+pgOp("v.e", "=", "m.e")+")")
		}
	}
	return strings.Join(any, " OR ")
}

// fails ends the statement where a condition holds; else it is not true. CASE keeps a condition that is NULL from it, which AND would not.
func (b *jsonBuilder) fails(when string) string {
	return "CASE WHEN " + when + " THEN " + b.ambiguous() + " IS NULL END"
}
