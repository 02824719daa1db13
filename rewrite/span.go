package rewrite

import (
	"sort"
	"strings"

	"cordon/parse"
)

// tokens are a text's tokens, with the questions the rewriter asks of them. The raw parse tree tells where a node begins,
// seldom where a clause ends; the tokens tell the rest.
type tokens struct {
	src string
	t   []parse.Token
}

// at gives the index of the token that begins at the byte offset; -1 when none does.
func (k tokens) at(pos int) int {
	i := sort.Search(len(k.t), func(i int) bool { return int(k.t[i].Start) >= pos })
	if i < len(k.t) && int(k.t[i].Start) == pos {
		return i
	}
	return -1
}

func (k tokens) text(i int) string {
	if i < 0 || i >= len(k.t) {
		return ""
	}
	return k.src[k.t[i].Start:k.t[i].End]
}

func (k tokens) start(i int) int { return int(k.t[i].Start) }
func (k tokens) end(i int) int   { return int(k.t[i].End) }

// is says whether token i is this punctuation or operator.
func (k tokens) is(i int, s string) bool {
	return i >= 0 && i < len(k.t) && k.t[i].Kind != parse.String && k.t[i].Kind != parse.QuotedIdent && k.text(i) == s
}

// keyword gives token i in upper case when it is an unquoted keyword that does not stand behind a dot, where every word is a name.
func (k tokens) keyword(i int) string {
	if i < 0 || i >= len(k.t) || k.t[i].Kind != parse.Ident || !k.t[i].Keyword || k.is(i-1, ".") {
		return ""
	}
	return strings.ToUpper(k.text(i))
}

// name says whether token i can be (part of) a name.
func (k tokens) name(i int) bool {
	return i >= 0 && i < len(k.t) && (k.t[i].Kind == parse.Ident || k.t[i].Kind == parse.QuotedIdent)
}

// dotted gives the index behind the dotted name, of n parts, that begins at token i; a last part may be a star. -1 when the tokens are not such a name.
func (k tokens) dotted(i, n int) int {
	for part := 0; part < n; part++ {
		if part > 0 {
			if !k.is(i, ".") {
				return -1
			}
			i++
		}
		if !k.name(i) && !(part == n-1 && k.is(i, "*")) {
			return -1
		}
		i++
		if k.t[i-1].Kind == parse.QuotedIdent && strings.HasPrefix(strings.ToUpper(k.text(i-1)), "U&") && k.keyword(i) == "UESCAPE" {
			i += 2
		}
	}
	return i
}

// What ends a clause whose expressions stand at one depth of parentheses. All are reserved words, so none can be a column's name there.
var clauseEnd = map[string]bool{
	"WHERE": true, "GROUP": true, "HAVING": true, "WINDOW": true, "ORDER": true, "LIMIT": true, "OFFSET": true, "FETCH": true, "FOR": true,
	"UNION": true, "INTERSECT": true, "EXCEPT": true, "RETURNING": true, "FROM": true, "ON": true, "USING": true, "WHEN": true, "THEN": true, "WITH": true, "INTO": true,
}

// joinEnd ends an ON clause besides.
var joinEnd = map[string]bool{"JOIN": true, "INNER": true, "LEFT": true, "RIGHT": true, "FULL": true, "CROSS": true, "NATURAL": true}

// span is a range of tokens, from first to just before end.
type span struct{ first, end int }

// clause finds the tokens of the clause that the keyword opens, given the byte offset of the first thing in it that has a place:
// between the two stand only opening parentheses.
func (k tokens) clause(opens string, anchor int, join bool) (span, bool) {
	i := k.at(anchor)
	if i < 0 {
		return span{}, false
	}
	for i--; k.is(i, "("); i-- {
	}
	if k.keyword(i) != opens {
		return span{}, false
	}
	s := span{first: i + 1, end: k.clauseEnd(i+1, join)}
	return s, s.end > s.first
}

// clauseEnd finds where the clause ends that has token i at its own depth.
func (k tokens) clauseEnd(i int, join bool) int {
	from, cases := i, 0
	for ; i < len(k.t); i++ {
		if k.opens(i) {
			if i = k.closing(i, len(k.t)); i < 0 {
				return len(k.t)
			}
			continue
		}
		if k.is(i, ")") || k.is(i, "]") || k.is(i, ";") || join && cases == 0 && k.is(i, ",") {
			return i
		}
		word := k.keyword(i)
		if word == "" || k.label(i) {
			continue
		}
		if word == "CASE" {
			cases++
			continue
		}
		if cases > 0 {
			if word == "END" {
				cases--
			}
			continue
		}
		if clauseEnd[word] {
			switch {
			case word == "GROUP" && k.keyword(i-1) == "WITHIN":
			case word == "FROM" && k.keyword(i-1) == "DISTINCT": // IS [NOT] DISTINCT FROM
			case word == "WITH" && (strings.EqualFold(k.text(i+1), "TIME") || strings.EqualFold(k.text(i+1), "UNIQUE")): // a type's name, IS JSON
			case word == "WITH" || word == "INTO": // no clause of a query ends with these at this depth but ON CONFLICT's and COPY's
				if i > from {
					return i
				}
			default:
				return i
			}
			continue
		}
		if join && joinEnd[word] && !((word == "LEFT" || word == "RIGHT") && k.is(i+1, "(")) {
			return i
		}
	}
	return i
}

// label says whether the keyword at token i is the name of a result column: SELECT 1 AS end, or SELECT 1 end. Behind AS every word is one; without it only
// some are, and then the column ends there.
func (k tokens) label(i int) bool {
	if k.keyword(i-1) == "AS" && !k.label(i-1) {
		return true
	}
	switch k.keyword(i) {
	case "CASE", "WHEN", "THEN", "USING": // an expression follows these, or a list
		return i+1 >= len(k.t) || k.is(i+1, ",") || k.is(i+1, ")") || k.is(i+1, ";") || clauseEnd[k.keyword(i+1)] && k.keyword(i+1) != "WHEN"
	}
	return false
}

func (k tokens) opens(i int) bool { return k.is(i, "(") || k.is(i, "[") }

// closing finds the bracket that closes the one at token i, whatever words stand between the two; -1 when none does before end.
func (k tokens) closing(i, end int) int {
	depth := 0
	for ; i < end; i++ {
		switch {
		case k.opens(i):
			depth++
		case k.is(i, ")") || k.is(i, "]"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// match finds the parenthesis that closes the one at token i; -1 when none does before end.
func (k tokens) match(i, end int) int {
	depth := 0
	for ; i < end; i++ {
		switch {
		case k.is(i, "("):
			depth++
		case k.is(i, ")"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// conjuncts splits an expression at the ANDs of its top level, through parentheses, as the parser's tree has them.
func (k tokens) conjuncts(s span, dst []span) []span {
	for k.is(s.first, "(") && k.match(s.first, s.end) == s.end-1 && k.holdsBoolean(span{s.first + 1, s.end - 1}) {
		s.first, s.end = s.first+1, s.end-1
	}
	var cuts []int
	cases, between := 0, 0
	for i := s.first; i < s.end; i++ {
		if k.opens(i) {
			if i = k.closing(i, s.end); i < 0 {
				return append(dst, s)
			}
			continue
		}
		switch k.keyword(i) {
		case "CASE":
			cases++
		case "END":
			cases--
		case "BETWEEN":
			if cases == 0 {
				between++
			}
		case "OR":
			if cases == 0 {
				return append(dst, s)
			}
		case "AND":
			if cases == 0 {
				if between > 0 {
					between--
				} else {
					cuts = append(cuts, i)
				}
			}
		}
	}
	if len(cuts) == 0 {
		return append(dst, s)
	}
	from := s.first
	for _, c := range append(cuts, s.end) {
		dst = k.conjuncts(span{from, c}, dst)
		from = c + 1
	}
	return dst
}

// holdsBoolean says whether what stands in parentheses is an expression rather than a sub-select or a row of several.
func (k tokens) holdsBoolean(s span) bool {
	switch k.keyword(s.first) {
	case "SELECT", "VALUES", "WITH", "TABLE", "":
		if k.keyword(s.first) != "" {
			return false
		}
	}
	depth := 0
	for i := s.first; i < s.end; i++ {
		switch {
		case k.is(i, "(") || k.is(i, "["):
			depth++
		case k.is(i, ")") || k.is(i, "]"):
			depth--
		case k.is(i, ",") && depth == 0:
			return false
		}
	}
	return s.first < s.end
}
