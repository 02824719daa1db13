package rewrite

import (
	"fmt"
	"slices"
	"strings"

	"cordon/catalog"
	"cordon/policy"
)

// A json mask goes down its paths and masks or takes out what it finds. What is not on a path stays as it is; a missing key stays missing, and null stays null.
//
// The documents need not have the shape that the policy's author had in mind, and an odd one must not show more than a regular one:
//
//   - An array on the way, or at the end, is gone through element by element; an array inside such an array becomes null.
//   - A string or number where a path goes on becomes null: a street may well be in an address that is one string.
//   - A mask for strings takes a number's text and gives a string; a boolean or an object becomes null. round takes numbers, and makes all else null.
//   - date takes strings that begin with a day as in 1987-05-14, and makes all else null.

// jsonNode is one key of a mask's paths, or their root.
type jsonNode struct {
	key  string
	kids []*jsonNode
	end  *policy.JSONPath // nil where the path goes on
}

// jsonNull is JSON's null, not SQL's.
const jsonNull = "CAST('null' AS pg_catalog.jsonb)"

func maskJSON(d *policy.Decision, m *policy.Mask, t *maskType, ref string) (string, error) {
	root, err := jsonRoot(m)
	if err != nil {
		return "", err
	}
	b := &jsonBuilder{d: d, version: t.version, cat: t.cat}
	if t.base == oidJSONB {
		return b.inside(ref, root)
	}
	// json keeps what was written, also what jsonb cannot hold; such a document becomes null whole. The others come out as jsonb writes them: one of several
	// equal keys, and no white space.
	e, err := b.inside("CAST("+ref+" AS pg_catalog.jsonb)", root)
	if err != nil {
		return "", err
	}
	return "CASE WHEN " + jsonFits("CAST("+ref+" AS pg_catalog.text)") + " THEN CAST(" + e + " AS pg_catalog.json) WHEN " + ref + " IS NOT NULL THEN CAST('null' AS pg_catalog.json) END", nil
}

// jsonRoot is the tree of a mask's paths.
func jsonRoot(m *policy.Mask) (*jsonNode, error) {
	root := new(jsonNode)
	for i := range m.JSON.Paths {
		if err := root.add(m, &m.JSON.Paths[i]); err != nil {
			return nil, err
		}
	}
	if len(root.kids) == 0 {
		return nil, fmt.Errorf("%s names no path", m.Title())
	}
	return root, nil
}

// jsonFits tells of a json document's text whether jsonb surely takes it: it has no zero character and no half of a surrogate pair as an escape, and no
// number out of numeric's range. It may refuse one that would fit.
func jsonFits(text string) string {
	unpaired := pgCall("regexp_replace", pgCall("replace", text, stringLiteral(`\\`), "''"),
		stringLiteral(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`), "''", "'g'")
	return strings.Join([]string{
		pgOp(pgCall("octet_length", text), "<", "100000000"),
		pgOp(unpaired, "!~", stringLiteral(`\\u(0000|[dD][89a-fA-F])`)),
		pgOp(text, "!~", stringLiteral(`(^|[[:space:]:,[])-?[0-9.]+[eE][+-]?[0-9]{4}`)),
		"(" + pgOp(pgCall("octet_length", text), "<", "16000") + " OR " + pgOp(text, "!~", "'[0-9]{255}'") + ")",
	}, " AND ")
}

func (n *jsonNode) add(m *policy.Mask, p *policy.JSONPath) error {
	at := n
	for i, key := range p.Keys {
		if at.end != nil {
			return fmt.Errorf("%s has the path %s inside its path %s", m.Title(), p.Text, at.end.Text)
		}
		k := slices.IndexFunc(at.kids, func(k *jsonNode) bool { return k.key == key })
		if k < 0 {
			at.kids = append(at.kids, &jsonNode{key: key})
			k = len(at.kids) - 1
		}
		at = at.kids[k]
		if i == len(p.Keys)-1 {
			if at.end != nil || len(at.kids) > 0 {
				return fmt.Errorf("%s has another path inside its path %s", m.Title(), p.Text)
			}
			at.end = p
		}
	}
	if at == n {
		return fmt.Errorf("%s has an empty path", m.Title())
	}
	return nil
}

// jsonBuilder gives each sub-select an alias of its own, since the inner ones name the outer ones' columns.
type jsonBuilder struct {
	d         *policy.Decision
	version   int // of the server
	cat       *catalog.Snapshot
	alias     int
	ambiguous func() string // fails on the server: see moved
	size      int           // of what has been built, so that deep paths stop before they fill the memory
}

// inside masks v, a jsonb expression that may be NULL, below the node.
func (b *jsonBuilder) inside(v string, n *jsonNode) (string, error) {
	object, err := b.object(v, n)
	if err != nil {
		return "", err
	}
	array, err := b.each(v, func(e string) (string, error) {
		o, err := b.object(e, n)
		return "CASE WHEN " + isJSON(e, "object") + " THEN " + o + " WHEN " + isJSON(e, "array", "string", "number") + " THEN " + jsonNull + " ELSE " + e + " END", err
	})
	return "CASE WHEN " + isJSON(v, "object") + " THEN " + object + " WHEN " + isJSON(v, "array") + " THEN " + array +
		" WHEN " + isJSON(v, "string", "number") + " THEN " + jsonNull + " ELSE " + v + " END", err
}

// object masks the keys of v, which is a JSON object.
func (b *jsonBuilder) object(v string, n *jsonNode) (string, error) {
	out := v
	for _, k := range n.kids {
		key := "CAST(" + stringLiteral(k.key) + " AS pg_catalog.text)"
		if k.end != nil && k.end.Drop {
			out = pgCall("jsonb_delete", out, key)
			continue
		}
		value := pgCall("jsonb_object_field", v, key)
		text := pgCall("jsonb_object_field_text", v, key)
		var masked string
		var err error
		if k.end != nil {
			masked, err = b.leaf(value, text, k.end)
		} else {
			masked, err = b.inside(value, k)
		}
		if err != nil {
			return "", err
		}
		if b.size += len(masked); b.size > 4*maskBytes {
			return "", fmt.Errorf("the paths of the json mask are too long or too many for one expression")
		}
		out = pgCall("jsonb_set", out, "ARRAY["+key+"]", "COALESCE("+masked+", "+jsonNull+")", "false")
	}
	return out, nil
}

// each masks the elements of v, which is a JSON array.
//
// The planner expects a hundred elements in any array, and a hundred of a hundred in one inside another: so much that it would compile a query over a thousand rows, which takes most of a second. The two
// bounds of i hold for every array, and have it expect one.
func (b *jsonBuilder) each(v string, element func(e string) (string, error)) (string, error) {
	b.alias++
	name := fmt.Sprintf("cordon_j%d", b.alias)
	e, err := element(name + ".e")
	return "COALESCE((SELECT pg_catalog.jsonb_agg(" + e + " ORDER BY " + name + ".i) FROM pg_catalog.jsonb_array_elements(" + v + ") WITH ORDINALITY AS " +
		name + "(e, i) WHERE " + pgOp(name+".i", ">=", "1") + " AND " + pgOp(name+".i", "<=", "2147483647") + "), CAST('[]' AS pg_catalog.jsonb))", err
}

// leaf masks v, the value at the end of a path, with the path's mask. text is v as text.
func (b *jsonBuilder) leaf(v, text string, p *policy.JSONPath) (string, error) {
	m := p.Mask
	if m == nil {
		return "", fmt.Errorf("the path %s has no mask", p.Text)
	}
	if m.Kind == policy.MaskFixed {
		if m.Fixed.Null {
			return jsonNull, nil
		}
		c, err := jsonConstant(m.Fixed.Value)
		if err != nil {
			return "", fmt.Errorf("%s serves no value inside json: it is a list", m.Title())
		}
		return "CASE WHEN " + isJSON(v, "null") + " THEN " + v + " ELSE CAST(" + stringLiteral(c) + " AS pg_catalog.jsonb) END", nil
	}
	when, e, err := b.scalar(v, text, p)
	if err != nil {
		return "", err
	}
	array, err := b.each(v, func(v string) (string, error) {
		when, e, err := b.scalar(v, pgOp(v, "#>>", "'{}'"), p)
		return "CASE WHEN " + when + " THEN COALESCE(" + pgCall("to_jsonb", e) + ", " + jsonNull + ") ELSE " + jsonNull + " END", err
	})
	return "CASE WHEN " + when + " THEN " + pgCall("to_jsonb", e) + " WHEN " + isJSON(v, "array") + " THEN " + array + " ELSE " + jsonNull + " END", err
}

// scalar is the mask of a single string or number, and when it serves.
func (b *jsonBuilder) scalar(v, text string, p *policy.JSONPath) (when, masked string, err error) {
	m := p.Mask
	t := &maskType{name: "a value inside json", sql: "pg_catalog.text", base: oidText, typmod: -1, version: b.version, cat: b.cat}
	stringOrNumber := isJSON(v, "string", "number")
	switch m.Kind {
	case policy.MaskKeep:
		return stringOrNumber, maskKeep(m.Keep, t, text), nil
	case policy.MaskEmail:
		return stringOrNumber, "CAST(" + maskEmail(m.Email, t, text) + " AS pg_catalog.text)", nil
	case policy.MaskHash:
		return stringOrNumber, maskHash(m.Hash, t, text), nil
	case policy.MaskSQL:
		e, err := maskExpr(b.d, m, t, text)
		return stringOrNumber, "CAST(" + e + " AS pg_catalog.text)", err
	case policy.MaskDate:
		e, err := maskDateText(m, text)
		return isJSON(v, "string") + " AND " + pgOp(text, "~", stringLiteral(`^\d{4}-(0[1-9]|1[0-2])-\d{2}($|[T ]\d{2}:\d{2})`)), e, err
	case policy.MaskRound:
		t = &maskType{name: "a number inside json", sql: "pg_catalog.numeric", base: oidNumeric, typmod: -1}
		e, err := maskRound(m, t, "CAST("+v+" AS pg_catalog.numeric)")
		return isJSON(v, "number"), e, err
	default:
		return "", "", fmt.Errorf("%s serves no value inside json", m.Title())
	}
}

// maskDateText truncates the text of an ISO 8601 day, or of a time, whose day it keeps as written. Nothing is cast: any text is a valid JSON string.
func maskDateText(m *policy.Mask, text string) (string, error) {
	switch m.Date.Unit {
	case "year":
		return pgOp(pgCall("left", text, "4"), "||", "'-01-01'"), nil
	case "quarter":
		month := pgCall("substr", text, "6", "2")
		q := "CASE WHEN " + pgOp(month, "<", "'04'") + " THEN '-01-01' WHEN " + pgOp(month, "<", "'07'") + " THEN '-04-01' WHEN " +
			pgOp(month, "<", "'10'") + " THEN '-07-01' ELSE '-10-01' END"
		return pgOp(pgCall("left", text, "4"), "||", q), nil
	case "month":
		return pgOp(pgCall("left", text, "7"), "||", "'-01'"), nil
	case "day":
		return pgCall("left", text, "10"), nil
	default:
		return "", fmt.Errorf("%s truncates to the %s, and inside json only year, quarter, month and day are at hand", m.Title(), m.Date.Unit)
	}
}

// isJSON tells whether v is of one of the JSON types; NULL for NULL.
func isJSON(v string, types ...string) string {
	if len(types) == 1 {
		return pgOp(pgCall("jsonb_typeof", v), "=", "'"+types[0]+"'")
	}
	return "(" + pgCall("jsonb_typeof", v) + " OPERATOR(pg_catalog.=) ANY (ARRAY['" + strings.Join(types, "', '") + "']))"
}
