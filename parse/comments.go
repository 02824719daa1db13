package parse

import (
	"iter"
	"net/url"
	"strings"
)

// Comments gives the keys and values of the comments of sql that are written as sqlcommenter does: key='value' and more of these with commas between, both URL-encoded, and nothing else in the
// comment. Comments of any other form are passed over, and so is everything from a place on where the text cannot be lexed. What looks like a comment inside a literal, a quoted identifier or
// another comment is none. Pairs come in the order of the text: one key may come more than once, and a caller that trusts a value must refuse two that differ, since a client's program may
// put a comment of its own behind one that slipped in with a value.
func Comments(sql string) iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		if !strings.Contains(sql, "/*") && !strings.Contains(sql, "--") {
			return
		}
		l := lexer{sql: sql}
		for {
			t, err := l.next()
			if err != nil || t.Kind == 0 {
				return
			}
			if t.Kind != comment {
				continue
			}
			text := sql[t.Start+2 : t.End]
			if sql[t.Start] == '/' {
				text = text[:len(text)-2]
			}
			if !strings.Contains(text, "='") {
				continue
			}
			for _, p := range pairs(text) {
				if !yield(p.key, p.value) {
					return
				}
			}
		}
	}
}

type pair struct{ key, value string }

// pairs reads the inside of a comment; nil when it is not of the form.
func pairs(s string) []pair {
	var list []pair
	for {
		s = strings.TrimLeft(s, " \t\r\n\f")
		i := strings.Index(s, "='")
		if i <= 0 || len(list) == maxPairs {
			return nil
		}
		key, ok := decoded(s[:i])
		if !ok {
			return nil
		}
		s = s[i+2:]
		end := 0 // of the value: a quote with no backslash before it
		for end < len(s) && s[end] != '\'' {
			if s[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(s) {
			return nil
		}
		value, ok := decoded(strings.ReplaceAll(s[:end], `\'`, "'"))
		if !ok {
			return nil
		}
		list = append(list, pair{key, value})
		s = strings.TrimLeft(s[end+1:], " \t\r\n\f")
		if s == "" {
			return list
		}
		if s[0] != ',' {
			return nil
		}
		s = s[1:]
	}
}

// maxPairs bounds what one comment can make: sqlcommenter's own have about ten.
const maxPairs = 64

// decoded undoes URL encoding; white space and quotes in what is left of a key or value mean that it was not encoded.
func decoded(s string) (string, bool) {
	if strings.ContainsAny(s, " \t\r\n\f,=") {
		return "", false
	}
	d, err := url.PathUnescape(s)
	return d, err == nil && strings.IndexByte(d, 0) < 0
}
