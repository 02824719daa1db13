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
//
// It is written twice: for a document of the shape that the paths tell of, and for any. Few documents have an array on a path, and PostgreSQL goes through one only in a sub-plan: a function scan for each array of each row. general
// takes whatever stands on a path for an array, of one element when it is none, so that it is written once for each key, not once for each way to it.

// jsonNode is one key of a mask's paths, or their root.
type jsonNode struct {
	key  string
	kids []*jsonNode
	end  *policy.JSONPath // nil where the path goes on
}

func maskJSON(d *policy.Decision, m *policy.Mask, t *maskType, ref string) (string, error) {
	root, err := jsonRoot(m)
	if err != nil {
		return "", err
	}
	b := &jsonBuilder{d: d, version: t.version, cat: t.cat}
	if t.base == oidJSONB {
		return b.document(ref, root)
	}
	// json keeps what was written, also what jsonb cannot hold; such a document becomes null whole. The others come out as jsonb writes them: one of several
	// equal keys, and no white space. The fence has each document read once.
	e, err := b.document("cordon_j.v", root)
	if err != nil {
		return "", err
	}
	return "CASE WHEN " + jsonFits("CAST("+ref+" AS pg_catalog.text)") + " THEN (SELECT CAST(" + e + " AS pg_catalog.json) FROM (SELECT CAST(" + ref +
		" AS pg_catalog.jsonb) OFFSET 0) AS cordon_j(v)) WHEN " + ref + " IS NOT NULL THEN CAST('null' AS pg_catalog.json) END", nil
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

// of is what the object has at the key.
func (n *jsonNode) of(object string) string { return pgOp(object, "->", stringLiteral(n.key)) }

// fixed tells of a path that ends in a constant, whatever stands there.
func (n *jsonNode) fixed() bool {
	return n.end != nil && n.end.Mask != nil && n.end.Mask.Kind == policy.MaskFixed
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

// document masks v, a jsonb expression that may be NULL.
func (b *jsonBuilder) document(v string, root *jsonNode) (string, error) {
	shape, masked := isJSON(v, "object"), v
	if err := b.regular(v, root, nil, &shape, &masked); err != nil {
		return "", err
	}
	general, err := b.general(v, root)
	return "CASE WHEN " + shape + " THEN " + masked + " ELSE " + general + " END", err
}

// regular adds to shape what a document has on the paths through n when it is of the shape that they tell of, and to masked how such a document is masked: by whole paths, which jsonb_set and #- leave alone where there is nothing.
func (b *jsonBuilder) regular(v string, n *jsonNode, above []string, shape, masked *string) error {
	for _, k := range n.kids {
		path := append(above[:len(above):len(above)], k.key)
		at, text := k.of(v), pgOp(v, "->>", stringLiteral(k.key))
		if len(path) > 1 {
			at, text = pgOp(v, "#>", stringLiteral(keyPath(path))), pgOp(v, "#>>", stringLiteral(keyPath(path)))
		}
		e := ""
		switch {
		case k.end == nil:
			*shape += " AND " + isJSON(at, "object", "null") + " IS NOT FALSE"
			if err := b.regular(v, k, path, shape, masked); err != nil {
				return err
			}
			continue
		case k.end.Drop && len(path) == 1:
			*masked = pgCall("jsonb_delete", *masked, "CAST("+stringLiteral(k.key)+" AS pg_catalog.text)")
			continue
		case k.end.Drop:
			*masked = pgOp(*masked, "#-", stringLiteral(keyPath(path)))
			continue
		case k.fixed():
			var err error
			if e, err = jsonFixed(at, k.end.Mask); err != nil {
				return err
			}
		default:
			*shape += " AND " + isJSON(at, "string", "number", "null") + " IS NOT FALSE"
			when, value, err := b.scalar(at, text, k.end)
			if err != nil {
				return err
			}
			switch k.end.Mask.Kind {
			case policy.MaskKeep, policy.MaskEmail, policy.MaskHash: // NULL for NULL
				e = "COALESCE(" + pgCall("to_jsonb", value) + ", 'null')"
			default:
				e = "CASE WHEN " + when + " THEN " + pgCall("to_jsonb", value) + " ELSE 'null' END"
			}
		}
		if b.size += len(e); b.size > 4*maskBytes {
			return fmt.Errorf("the paths of the json mask are too long or too many for one expression")
		}
		*masked = pgCall("jsonb_set", *masked, stringLiteral(keyPath(path)), e, "false")
	}
	return nil
}

// keyPath is a path as the literal of an array of text.
func keyPath(keys []string) string {
	var b strings.Builder
	for i, key := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`)
	}
	return "{" + b.String() + "}"
}

// object masks the keys of v, which is a JSON object, each whatever v has there.
func (b *jsonBuilder) object(v string, n *jsonNode) (string, error) {
	out := v
	for _, k := range n.kids {
		if k.end != nil && k.end.Drop {
			out = pgCall("jsonb_delete", out, "CAST("+stringLiteral(k.key)+" AS pg_catalog.text)")
			continue
		}
		masked, err := b.listed(v, k)
		if err != nil {
			return "", err
		}
		if b.size += len(masked); b.size > 4*maskBytes {
			return "", fmt.Errorf("the paths of the json mask are too long or too many for one expression")
		}
		out = pgCall("jsonb_set", out, stringLiteral(keyPath([]string{k.key})), masked, "false")
	}
	return out, nil
}

// general masks v, whatever it is; NULL when it is missing.
//
// The planner expects a hundred elements in any array, and a hundred of a hundred in one inside another: so much that it would compile a query over a thousand rows, which takes most of a second. Every value has
// the path $, but the planner expects that of one in a hundred.
func (b *jsonBuilder) general(v string, n *jsonNode) (string, error) {
	b.alias++
	name := fmt.Sprintf("cordon_j%d", b.alias)
	element, e := name+".e", ""
	if n.end == nil {
		object, err := b.object(element, n)
		if err != nil {
			return "", err
		}
		e = "CASE WHEN " + isJSON(element, "object") + " THEN " + object + " WHEN " + isJSON(element, "boolean") + " THEN " + element + " END"
	} else {
		when, masked, err := b.scalar(element, pgOp(element, "#>>", "'{}'"), n.end)
		if err != nil {
			return "", err
		}
		e = "CASE WHEN " + when + " THEN " + pgCall("to_jsonb", masked) + " END"
	}
	list := "ARRAY(SELECT " + e + " FROM pg_catalog.jsonb_array_elements(" + pgOp(v, "||", "CAST('[]' AS pg_catalog.jsonb)") + ") AS " + name + "(e) WHERE " + pgOp(element, "@?", "'$'") + ")"
	return pgOp(pgCall("to_jsonb", list), "#>", "CASE WHEN "+isJSON(v, "array")+" THEN CAST('{}' AS pg_catalog.text[]) ELSE '{0}' END"), nil
}

// listed masks what the object has at a key by general.
func (b *jsonBuilder) listed(object string, k *jsonNode) (string, error) {
	v := k.of(object)
	if k.fixed() {
		return jsonFixed(v, k.end.Mask)
	}
	e, err := b.general(v, k)
	return "COALESCE(" + e + ", 'null')", err
}

// jsonFixed shows a constant for whatever v is, but for null.
func jsonFixed(v string, m *policy.Mask) (string, error) {
	if m.Fixed.Null {
		return "'null'", nil
	}
	c, err := jsonConstant(m.Fixed.Value)
	if err != nil {
		return "", fmt.Errorf("%s serves no value inside json: it is a list", m.Title())
	}
	return "CASE WHEN " + isJSON(v, "null") + " THEN " + v + " ELSE " + stringLiteral(c) + " END", nil
}

// scalar is the mask of a single string or number, and when it serves.
func (b *jsonBuilder) scalar(v, text string, p *policy.JSONPath) (when, masked string, err error) {
	m := p.Mask
	if m == nil {
		return "", "", fmt.Errorf("the path %s has no mask", p.Text)
	}
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
	return "(" + pgCall("jsonb_typeof", v) + " OPERATOR(pg_catalog.=) ANY ('{\"" + strings.Join(types, `","`) + "\"}'))" // without the quotes null is NULL
}
