package policy

import (
	"fmt"
	"strings"
)

// TablePattern is one entry of a rule's tables: schema.table, each part with `*` for any run of characters.
// A part in double quotes is taken as it stands, so that a name with a dot or a star can be written.
type TablePattern struct {
	Text         string // as written
	Schema, Name string // with * as wildcardChar
	Line, Col    int
}

// wildcardChar stands for an unquoted * in a parsed pattern; a name of PostgreSQL's cannot hold it.
const wildcardChar = '\x00'

// Match says whether the pattern names the table. A schema part with a `*` does not reach the system schemas.
func (p *TablePattern) Match(t TableName) bool {
	if isSystemSchema(t.Schema) && strings.IndexByte(p.Schema, wildcardChar) >= 0 {
		return false
	}
	return glob(p.Schema, t.Schema) && glob(p.Name, t.Name)
}

// Exact is the one table that a pattern without any `*` names.
func (p *TablePattern) Exact() (TableName, bool) {
	if strings.IndexByte(p.Schema, wildcardChar) >= 0 || strings.IndexByte(p.Name, wildcardChar) >= 0 {
		return TableName{}, false
	}
	return TableName{p.Schema, p.Name}, true
}

// covers says whether every table that q matches is matched by p too: the stars of q are just characters that only a star of p takes.
func (p *TablePattern) covers(q *TablePattern) bool {
	if strings.IndexByte(p.Schema, wildcardChar) >= 0 && strings.IndexByte(q.Schema, wildcardChar) < 0 && isSystemSchema(q.Schema) {
		return false
	}
	return glob(p.Schema, q.Schema) && glob(p.Name, q.Name)
}

// isSystemSchema says whether a schema is PostgreSQL's own: the prefix pg_ is reserved, also for temporary schemas.
func isSystemSchema(s string) bool {
	return s == "information_schema" || strings.HasPrefix(s, "pg_")
}

// glob matches text against a pattern with wildcardChar for any run of bytes, in time proportional to their product at worst.
func glob(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == wildcardChar:
			star, mark = p, t
			p++
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == wildcardChar {
		p++
	}
	return p == len(pattern)
}

// splitName takes a dotted name apart, such as public."My Table".phone. Unquoted parts are taken as written (not folded to lower case); in them, `*` becomes wildcardChar.
func splitName(s string) ([]string, error) {
	var parts []string
	for i := 0; ; {
		var part strings.Builder
		if i < len(s) && s[i] == '"' {
			i++
			closed := false
			for i < len(s) {
				if s[i] == '"' {
					if i+1 < len(s) && s[i+1] == '"' {
						part.WriteByte('"')
						i += 2
						continue
					}
					closed = true
					i++
					break
				}
				part.WriteByte(s[i])
				i++
			}
			if !closed {
				return nil, fmt.Errorf("the quote in %s is not closed", s)
			}
			if i < len(s) && s[i] != '.' {
				return nil, fmt.Errorf("a dot must stand behind the quoted part of %s", s)
			}
		} else {
			for i < len(s) && s[i] != '.' {
				switch c := s[i]; {
				case c == '*':
					part.WriteByte(wildcardChar)
				case c == '"' || c <= ' ' || c == 0x7f:
					return nil, fmt.Errorf("%q holds a character that must stand in double quotes", s)
				default:
					part.WriteByte(c)
				}
				i++
			}
		}
		if part.Len() == 0 {
			return nil, fmt.Errorf("a part of %q is empty", s)
		}
		parts = append(parts, part.String())
		if i >= len(s) {
			return parts, nil
		}
		i++ // the dot
	}
}

// parsePattern reads one schema.table pattern.
func parsePattern(s string) (TablePattern, error) {
	if strings.IndexByte(s, wildcardChar) >= 0 {
		return TablePattern{}, fmt.Errorf("%q holds a zero byte", s)
	}
	parts, err := splitName(s)
	if err != nil {
		return TablePattern{}, err
	}
	switch len(parts) {
	case 1:
		return TablePattern{}, fmt.Errorf("%q has no schema: write schema.name, such as %q", s, "public."+s)
	case 2:
		return TablePattern{Text: s, Schema: parts[0], Name: parts[1]}, nil
	default:
		return TablePattern{}, fmt.Errorf("%q has %d parts where schema.name has two", s, len(parts))
	}
}
