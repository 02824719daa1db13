package catalog

import "strings"

// ColumnSuggestion gives the name of the relation's column that is nearest to a wrong one; "" when none is near.
func (s *Snapshot) ColumnSuggestion(r *Relation, name string) string {
	names := make([]string, len(r.Columns))
	for i := range r.Columns {
		names[i] = r.Columns[i].Name
	}
	return nearest(name, names)
}

// RelationSuggestion gives schema.name of the relation that is nearest to a wrong one: one of the same schema, or of the same name in another schema; "" when none is near. System schemas are not suggested.
func (s *Snapshot) RelationSuggestion(schema, name string) string {
	var names []string
	for _, r := range s.RelationsIn(schema) {
		names = append(names, r.Name)
	}
	if best := nearest(name, names); best != "" {
		return schema + "." + best
	}
	for _, r := range s.relations {
		if r.Name == name && r.Schema != PgCatalog && r.Schema != "information_schema" {
			return r.Schema + "." + r.Name
		}
	}
	var schemas []string
	for _, x := range s.schemas {
		schemas = append(schemas, x.Name)
	}
	if best := nearest(schema, schemas); best != "" && s.Relation(best, name) != nil {
		return best + "." + name
	}
	return ""
}

// nearest gives the candidate with the least edit distance, the first of equals, when that is at most a third of the word (and one at least); "" otherwise.
func nearest(word string, candidates []string) string {
	if len(word) > 200 { // longer than any name: PostgreSQL cuts names at 63 bytes
		return ""
	}
	best, limit := "", max(1, len([]rune(word))/3)+1
	lower := strings.ToLower(word)
	for _, c := range candidates {
		if d := distance(lower, strings.ToLower(c), limit); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// distance is the number of insertions, deletions, replacements and swaps of neighbours between two words; it gives at least limit as soon as it cannot be less.
func distance(x, y string, limit int) int {
	a, b := []rune(x), []rune(y)
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		low := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, prev2[j-2]+1)
			}
			cur[j] = d
			low = min(low, d)
		}
		if low >= limit {
			return limit
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
