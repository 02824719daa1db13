package catalog

import (
	"fmt"
	"strconv"
	"strings"
)

// fixtureWords splits a line at blanks that do not stand in double quotes; the quotes stay.
func fixtureWords(line string) ([]string, error) {
	var words []string
	start, quoted := -1, false
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c == '"' {
			quoted = !quoted // a doubled quote closes and opens again
		}
		if blank := (c == ' ' || c == '\t') && !quoted; blank && start >= 0 {
			words = append(words, line[start:i])
			start = -1
		} else if !blank && start < 0 {
			start = i
		}
	}
	if quoted {
		return nil, fmt.Errorf("a double quote is not closed")
	}
	if start >= 0 {
		words = append(words, line[start:])
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("the line is empty")
	}
	return words, nil
}

// splitOutside splits at a character outside double quotes.
func splitOutside(word string, sep byte) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(word); i++ {
		switch {
		case word[i] == '"':
			quoted = !quoted
		case word[i] == sep && !quoted:
			parts = append(parts, word[start:i])
			start = i + 1
		}
	}
	return append(parts, word[start:])
}

func unquoteWord(word string) string {
	if len(word) < 2 || word[0] != '"' || word[len(word)-1] != '"' {
		return word
	}
	return strings.ReplaceAll(word[1:len(word)-1], `""`, `"`)
}

// splitName reads schema.name.
func splitName(word string) (qualified, error) {
	parts := splitOutside(word, '.')
	if len(parts) != 2 || parts[0] == "" || parts[1] == "" {
		return qualified{}, fmt.Errorf("a name is written as schema.name, not as %q", word)
	}
	return qualified{unquoteWord(parts[0]), unquoteWord(parts[1])}, nil
}

// attributes are a line's words: positional ones, key=value, and flags. Each is taken away when asked for, so that what is left over is a mistake.
type attributes struct {
	words []string
	err   error
}

func (a *attributes) positional() string {
	if len(a.words) == 0 {
		if a.err == nil {
			a.err = fmt.Errorf("the line is too short")
		}
		return ""
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w
}

func (a *attributes) word(key string) string {
	for i, w := range a.words {
		if len(w) > len(key) && w[len(key)] == '=' && w[:len(key)] == key {
			a.words = append(a.words[:i:i], a.words[i+1:]...)
			return w[len(key)+1:]
		}
	}
	return ""
}

func (a *attributes) list(key string) []string {
	w := a.word(key)
	if w == "" {
		return nil
	}
	return splitOutside(w, ',')
}

func (a *attributes) number(key string, usual int64) int64 {
	w := a.word(key)
	if w == "" {
		return usual
	}
	n, err := strconv.ParseInt(w, 10, 64)
	if err != nil || n < -1<<31 || n >= 1<<32 {
		a.err = fmt.Errorf("%s=%s is not a number", key, w)
	}
	return n
}

func (a *attributes) letter(key string, usual byte) byte {
	w := unquoteWord(a.word(key))
	if w == "" {
		return usual
	}
	if len(w) != 1 {
		a.err = fmt.Errorf("%s=%s is not one letter", key, w)
	}
	return w[0]
}

func (a *attributes) flag(name string) bool {
	for i, w := range a.words {
		if w == name {
			a.words = append(a.words[:i:i], a.words[i+1:]...)
			return true
		}
	}
	return false
}

func (a *attributes) done() error {
	if a.err == nil && len(a.words) > 0 {
		return fmt.Errorf("%q is not an attribute that this line can have", a.words[0])
	}
	return a.err
}

// typeSpellings are SQL's own names of types and other common ones, by typname.
var typeSpellings = map[string]string{
	"int": "int4", "integer": "int4", "bigint": "int8", "smallint": "int2", "boolean": "bool", "real": "float4", "double precision": "float8", "decimal": "numeric", "character varying": "varchar", "bit varying": "varbit",
	"char": "bpchar", "character": "bpchar", "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz", "time without time zone": "time", "time with time zone": "timetz",
}

// spellType sets a column's type, modifier and TypeName from a type's SQL text.
func (f *fixtureReader) spellType(c *Column, text string) error {
	base, array := strings.CutSuffix(text, "[]")
	base = strings.TrimSpace(base)
	name, mods := base, ""
	if i := strings.IndexByte(base, '('); i >= 0 && base[len(base)-1] != '"' {
		j := strings.IndexByte(base[i:], ')')
		if j < 0 {
			return fmt.Errorf("the type %q does not close its parenthesis", text)
		}
		mods = base[i+1 : i+j]
		name = strings.Join(strings.Fields(base[:i]+" "+base[i+j+1:]), " ")
	}
	if known, ok := typeSpellings[name]; ok {
		name = known
	}
	oid, err := f.typeRef(name)
	if err != nil {
		return fmt.Errorf("type %q: %w", text, err)
	}
	written := QuoteIdent(name)
	if q, err := splitName(name); err == nil {
		written = QuoteIdent(q.schema) + "." + QuoteIdent(q.name)
		if q.schema == PgCatalog {
			name = q.name
		}
	} else {
		written = PgCatalog + "." + written
	}
	if g, ok := grammarTypes[name]; ok {
		written = g
	}
	// char and bit without a length are of length 1, unlike bpchar.
	if mods == "" && (base == "char" || base == "character" || base == "bit") {
		mods = "1"
	}
	if mods != "" {
		if err := c.setModifier(name, mods, &written); err != nil {
			return fmt.Errorf("type %q: %w", text, err)
		}
	}
	c.Type, c.TypeName = oid, written
	if array {
		if c.Type = f.arrays[oid]; c.Type == 0 {
			return fmt.Errorf("type %q: the fixture has no array type over it", text)
		}
		c.TypeName += "[]"
	}
	return nil
}

// setModifier computes a type modifier as the type's typmodin does.
func (c *Column) setModifier(typname, mods string, written *string) error {
	var n []int32
	for part := range strings.SplitSeq(mods, ",") {
		i, err := strconv.ParseInt(strings.TrimSpace(part), 10, 32)
		if err != nil {
			return fmt.Errorf("%q is not a number: give this column type=… and typmod=…", part)
		}
		n = append(n, int32(i))
	}
	switch {
	case len(n) == 1 && (typname == "varchar" || typname == "bpchar"):
		c.Typmod = n[0] + 4
		if typname == "bpchar" {
			*written = "character"
		}
	case len(n) == 1 && (typname == "bit" || typname == "varbit"):
		c.Typmod = n[0]
		if typname == "bit" {
			*written = "bit"
		}
	case typname == "numeric" && len(n) <= 2:
		if len(n) == 1 {
			n = append(n, 0)
		}
		c.Typmod = n[0]<<16 | n[1]&0x7ff + 4
		*written = fmt.Sprintf("numeric(%d,%d)", n[0], n[1])
		return nil
	case len(n) == 1 && (typname == "time" || typname == "timetz" || typname == "timestamp" || typname == "timestamptz"):
		c.Typmod = n[0]
		word, rest, _ := strings.Cut(*written, " ")
		*written = fmt.Sprintf("%s(%d) %s", word, n[0], rest)
		return nil
	default:
		return fmt.Errorf("the modifier is not one of varchar, char, bit, numeric, time or timestamp: give this column type=… and typmod=…")
	}
	*written += fmt.Sprintf("(%d)", n[0])
	return nil
}
