package rewrite

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cordon/policy"
)

// A json mask over random documents gives what mask_json.go says in words: here the words are Go.
func TestJSONMaskOverRandomDocuments(t *testing.T) {
	s, db := maskDB(t)
	s.Exec(t, db, "CREATE TABLE r (b jsonb, j json)")
	snap := loadSnapshot(t, s, db)
	table := snap.Relation("public", "r")
	random := rand.New(rand.NewPCG(1, 2))
	var documents []any
	for range 300 {
		documents = append(documents, randomJSON(random, 5))
	}
	for _, yaml := range []string{
		"{json: {a: {keep: {first: 1, last: 1}}}}",
		"{json: {a: drop, b: {fixed: null}}}",
		"{json: {a.b: {keep: {first: 1, last: 1}}, a.c: drop, b: {fixed: x}}}",
		"{json: {a.a.a.a: {keep: {first: 1, last: 1}}, a.b.b: {fixed: 5}, a.b.c: drop, b.b: {keep: {first: 1, last: 1}}}}",
		`{json: {'"x\y""z''"': {keep: {first: 1, last: 1}}, '"0"': {fixed: null}}}`,
	} {
		m := parseMask(t, yaml)
		root, err := jsonRoot(m)
		if err != nil {
			t.Fatal(err)
		}
		var values strings.Builder
		for i, d := range documents {
			if i > 0 {
				values.WriteString(", ")
			}
			given, _ := json.Marshal(d)
			want, _ := json.Marshal(root.masked(d))
			fmt.Fprintf(&values, "(CAST(%[1]s AS jsonb), CAST(%[1]s AS json), CAST(%[2]s AS jsonb))", stringLiteral(string(given)), stringLiteral(string(want)))
		}
		for _, column := range []string{"b", "j"} {
			sql, err := maskSQL(m, table.Column(column), "r."+column, snap)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range s.Query(t, db, "SELECT r.b, ("+sql+")::jsonb, r.want FROM (VALUES "+values.String()+") AS r(b, j, want) WHERE ("+sql+")::jsonb IS DISTINCT FROM r.want LIMIT 5") {
				t.Errorf("%s over %s:\ndocument %s\ngot      %s\nwant     %s", yaml, table.Column(column).Name, r[0], r[1], r[2])
			}
		}
	}
}

func randomJSON(r *rand.Rand, depth int) any {
	switch n := r.IntN(10); {
	case n < 4 && depth > 0:
		object := map[string]any{}
		for range r.IntN(5) {
			object[[]string{"a", "a", "b", "c", "0", `x\y"z'`}[r.IntN(6)]] = randomJSON(r, depth-1)
		}
		return object
	case n < 6 && depth > 0:
		list := []any{}
		for range r.IntN(4) {
			list = append(list, randomJSON(r, depth-1))
		}
		return list
	case n == 6:
		return nil
	case n == 7:
		return r.IntN(2) == 0
	case n == 8:
		return json.Number([]string{"0", "-1.50", "12345678901234567890"}[r.IntN(3)])
	default:
		return []string{"", "x", "13812345678", "å\\\"😀é"}[r.IntN(4)]
	}
}

// masked is the mask of a document, or of the value where a path goes on.
func (n *jsonNode) masked(v any) any {
	switch v := v.(type) {
	case []any:
		return eachJSON(v, n.masked)
	case map[string]any:
		object := map[string]any{}
		for key, value := range v {
			object[key] = value
		}
		for _, k := range n.kids {
			value, ok := v[k.key]
			switch {
			case !ok:
			case k.end == nil:
				object[k.key] = k.masked(value)
			case k.end.Drop:
				delete(object, k.key)
			case k.end.Mask.Kind != policy.MaskFixed:
				object[k.key] = keptEnds(value)
			case value == nil || k.end.Mask.Fixed.Null:
				object[k.key] = nil
			case k.end.Mask.Fixed.Value.Text == "x":
				object[k.key] = "x"
			default:
				object[k.key] = 5
			}
		}
		return object
	case bool:
		return v
	default:
		return nil
	}
}

// eachJSON masks the elements of an array; an array among them becomes null.
func eachJSON(list []any, mask func(any) any) []any {
	out := []any{}
	for _, e := range list {
		if _, ok := e.([]any); ok {
			e = nil
		}
		out = append(out, mask(e))
	}
	return out
}

// keptEnds is the mask {keep: {first: 1, last: 1}}.
func keptEnds(v any) any {
	switch v := v.(type) {
	case []any:
		return eachJSON(v, keptEnds)
	case json.Number:
		return keptEnds(string(v))
	case string:
		r := []rune(v)
		for i := range r {
			if len(r) <= 2 || i > 0 && i < len(r)-1 {
				r[i] = '*'
			}
		}
		return string(r)
	default:
		return nil
	}
}
