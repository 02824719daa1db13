package parse

import (
	"fmt"
	"sort"
	"strings"
)

// grammarMajor is the version of PostgreSQL whose grammar pg_query has.
const grammarMajor = 16

// named tells by name what of a newer version's syntax a text stopped the grammar with, when the server is of that version: “syntax error” would send people looking for a mistake that is none.
func (e *SyntaxError) named(sql string, tokens []Token, server int) *SyntaxError {
	if e.Code != codeSyntax || server <= grammarMajor {
		return e
	}
	if form, major := newer(sql, tokens, e.Position); form != "" && major <= server {
		e.Code = codeFeature
		e.Message = fmt.Sprintf("%s is syntax of PostgreSQL %d, which Cordon cannot read", form, major)
		e.Hint = fmt.Sprintf("Write it in a way that PostgreSQL %d knows too. Only people under no rules, with the power unparsed, can send it as it is.", grammarMajor)
	}
	return e
}

// newer finds what PostgreSQL 17 and 18 have brought at the token that the grammar stopped at.
func newer(sql string, tokens []Token, position int) (form string, major int) {
	offset := len(sql)
	for i := range sql {
		if position--; position == 0 {
			offset = i
			break
		}
	}
	at := sort.Search(len(tokens), func(i int) bool { return int(tokens[i].Start) >= offset })
	is := func(i int, word string) bool {
		return i >= 0 && i < len(tokens) && tokens[i].Kind == Ident && equalFold(tokens[i].Text(sql), word)
	}
	// before finds the last of some words in the same statement.
	before := func(words ...string) string {
		for i := min(at, len(tokens)) - 1; i >= 0 && tokens[i].Text(sql) != ";"; i-- {
			for _, word := range words {
				if is(i, word) {
					return word
				}
			}
		}
		return ""
	}
	switch {
	case is(at, "returning") && before("merge") != "":
		return "MERGE … RETURNING", 17
	case is(at, "by") && is(at-1, "matched"):
		return "WHEN NOT MATCHED BY", 17
	case is(at, "expression") && is(at-1, "set"):
		return "ALTER COLUMN … SET EXPRESSION", 17
	case is(at, "local") && is(at-1, "at"):
		return "AT LOCAL", 17
	case is(at, "with") && is(at-1, "returning"), is(at-1, "with") && is(at-2, "returning"):
		return "RETURNING WITH", 18
	case is(at, "virtual"):
		return "a VIRTUAL generated column", 18
	case is(at, "without") && is(at+1, "overlaps"):
		return "WITHOUT OVERLAPS", 18
	case is(at-1, "period"):
		return "PERIOD in a foreign key", 18
	case is(at, "enforced") && is(at-1, "not"):
		return "NOT ENFORCED", 18
	}
	if word := before("json_table", "json_value", "json_query", "json_exists", "json_scalar", "json_serialize"); word != "" {
		return strings.ToUpper(word), 17
	}
	return "", 0
}
