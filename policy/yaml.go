package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// MaxFileBytes is the largest policy file that is read.
const MaxFileBytes = 16 << 20

// reader walks the YAML of one policy file and gathers its mistakes.
type reader struct {
	file     string
	lines    []string
	problems Problems
	warnings Problems
}

// refuse records a mistake at a node.
func (r *reader) refuse(n *yaml.Node, format string, args ...any) {
	r.refuseAt(n.Line, n.Column, format, args...)
}

func (r *reader) refuseAt(line, col int, format string, args ...any) {
	r.problems = append(r.problems, Problem{r.file, line, col, fmt.Sprintf(format, args...)})
}

// warn records something that is probably not meant.
func (r *reader) warn(line, col int, format string, args ...any) {
	r.warnings = append(r.warnings, Problem{r.file, line, col, fmt.Sprintf(format, args...)})
}

// document parses the file into one YAML mapping; nil when it is none.
func (r *reader) document(data []byte) *yaml.Node {
	if len(data) > MaxFileBytes {
		r.refuseAt(0, 0, "the file is %d bytes long, and %d is the limit", len(data), MaxFileBytes)
		return nil
	}
	if !utf8.Valid(data) {
		line := 1 + bytes.Count(data[:invalidUTF8(data)], []byte("\n"))
		r.refuseAt(line, 0, "the file is not UTF-8 text")
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	r.lines = strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := decode(dec, &doc); err != nil {
		if errors.Is(err, io.EOF) {
			r.refuseAt(1, 1, "the file is empty")
		} else {
			r.syntax(err)
		}
		return nil
	}
	if err := decode(dec, &second); err == nil {
		r.refuse(&second, "the file holds a second YAML document")
	} else if !errors.Is(err, io.EOF) {
		r.syntax(err)
	}
	if !r.plain(&doc) {
		return nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		r.refuse(root, "the file must be a mapping that begins with a line such as version: 1")
		return nil
	}
	return root
}

// decode is dec.Decode, with a panic of the YAML library's as an error: a reload must not end the program.
func decode(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: the file cannot be parsed: %v", p)
		}
	}()
	return dec.Decode(n)
}

// invalidUTF8 is where the first byte stands that is not UTF-8.
func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		c, size := utf8.DecodeRune(data[i:])
		if c == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

var (
	yamlLine    = regexp.MustCompile(`^yaml: line ([0-9]+): `)
	tabIndent   = regexp.MustCompile(`^ *\t`)
	startOfStar = regexp.MustCompile(`(^|[\[{,:] *|- +)\*`)
)

// syntax reports what the YAML library refuses, with a better word for the slips that it explains badly.
func (r *reader) syntax(err error) {
	line, text := 0, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = strings.TrimPrefix(err.Error(), m[0])
	}
	if strings.Contains(text, "cannot start any token") || strings.Contains(text, "tab") {
		for i, l := range r.lines {
			if m := tabIndent.FindString(l); m != "" {
				r.refuseAt(i+1, len(m), "a tab cannot indent YAML: use spaces")
				return
			}
		}
	}
	if strings.Contains(text, "alphabetic or numeric character") {
		for i, l := range r.lines {
			if m := startOfStar.FindString(strings.SplitN(l, " #", 2)[0]); m != "" {
				at := strings.Index(l, m) + len(m)
				r.refuseAt(i+1, utf8.RuneCountInString(l[:at]), `a name that begins with * must stand in quotes, as in "*.*"`)
				return
			}
		}
	}
	r.refuseAt(line, 0, "the file is not YAML: %s", text)
}

// plain refuses what the contract has no use for: anchors, aliases, merges and explicit types. It says whether the tree can be walked.
func (r *reader) plain(n *yaml.Node) bool {
	ok := true
	switch {
	case n.Kind == yaml.AliasNode:
		r.refuse(n, "*%s is a YAML alias: write the value out, or put it in quotes", n.Value)
		return false
	case n.Anchor != "":
		r.refuse(n, "&%s is a YAML anchor: write the value out where it is used", n.Anchor)
		ok = false
	case n.Style&yaml.TaggedStyle != 0:
		r.refuse(n, "%s is an explicit YAML type, which has no meaning here", n.Tag)
		ok = false
	case n.Kind == yaml.ScalarNode && n.Tag == "!!merge":
		r.refuse(n, "<< is a YAML merge: write the values out")
		ok = false
	}
	for _, c := range n.Content {
		if !r.plain(c) {
			ok = false
		}
	}
	return ok
}

// entry is one key of a mapping with its value.
type entry struct {
	key   *yaml.Node
	name  string
	value *yaml.Node
}

// entries are the keys of a mapping in order; an empty value is an empty mapping. Twice the same key is refused. what names the mapping in sentences.
func (r *reader) entries(n *yaml.Node, what string) []entry {
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.refuse(n, "%s must be a mapping such as {key: value}, not %s", what, kindOf(n))
		return nil
	}
	var list []entry
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || isNull(key) {
			r.refuse(key, "a key of %s must be a word, not %s", what, kindOf(key))
			continue
		}
		if line, twice := lines[key.Value]; twice {
			r.refuse(key, "%q is given twice in %s: first in line %d", key.Value, what, line)
			continue
		}
		lines[key.Value] = key.Line
		list = append(list, entry{key, key.Value, value})
	}
	return list
}

// fields are the values of a mapping whose keys are all known.
type fields struct {
	node    *yaml.Node
	entries []entry
}

// get is a key's value; nil when the key is absent.
func (f fields) get(name string) *yaml.Node {
	for _, e := range f.entries {
		if e.name == name {
			return e.value
		}
	}
	return nil
}

// key is the node of a key; the mapping's when it is absent.
func (f fields) key(name string) *yaml.Node {
	for _, e := range f.entries {
		if e.name == name {
			return e.key
		}
	}
	return f.node
}

// fields reads a mapping with these keys and no others.
func (r *reader) fields(n *yaml.Node, what string, known ...string) fields {
	f := fields{node: n}
	for _, e := range r.entries(n, what) {
		if !slices.Contains(known, e.name) {
			hint := didYouMean(e.name, known)
			if hint == "" {
				hint = fmt.Sprintf(" (one of %s)", strings.Join(known, ", "))
			}
			r.refuse(e.key, "unknown key %q in %s%s", e.name, what, hint)
			continue
		}
		f.entries = append(f.entries, e)
	}
	return f
}

// list are the items of a sequence.
func (r *reader) list(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.refuse(n, "%s must be a list such as [a, b], not %s", what, kindOf(n))
		return nil
	}
	return n.Content
}

// word is a name: text, or a number as it is written.
func (r *reader) word(n *yaml.Node, what string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" && n.Tag != "!!int" || n.Value == "" {
		r.refuse(n, "%s must be a name, not %s", what, kindOf(n))
		return "", false
	}
	if err := checkText(n.Value); err != nil {
		r.refuse(n, "%s is not a name: %s", what, err)
		return "", false
	}
	return n.Value, true
}

// words are the names of a list. Twice the same name is refused.
func (r *reader) words(n *yaml.Node, what string) []Word {
	var list []Word
	for _, item := range r.list(n, what) {
		w, ok := r.word(item, "an entry of "+what)
		if !ok {
			continue
		}
		if slices.ContainsFunc(list, func(o Word) bool { return o.Text == w }) {
			r.refuse(item, "%q is given twice in %s", w, what)
			continue
		}
		list = append(list, Word{w, item.Line, item.Column})
	}
	return list
}

// texts are the words without their places.
func texts(words []Word) []string {
	var list []string
	for _, w := range words {
		list = append(list, w.Text)
	}
	return list
}

// oneOf is a word of a closed list.
func (r *reader) oneOf(n *yaml.Node, what string, known ...string) (string, bool) {
	if n.Kind == yaml.ScalarNode && slices.Contains(known, n.Value) && !isNull(n) {
		return n.Value, true
	}
	if n.Kind != yaml.ScalarNode {
		r.refuse(n, "%s must be one of %s, not %s", what, strings.Join(known, ", "), kindOf(n))
		return "", false
	}
	hint := didYouMean(n.Value, known)
	if hint == "" {
		hint = fmt.Sprintf(" (one of %s)", strings.Join(known, ", "))
	}
	r.refuse(n, "%s cannot be %q%s", what, n.Value, hint)
	return "", false
}

// count is a whole number within bounds.
func (r *reader) count(n *yaml.Node, what string, low, high int64) (int64, bool) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!int" && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
		v, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 10, 64)
		switch {
		case err != nil && !errors.Is(err, strconv.ErrRange):
			r.refuse(n, "%s must be a whole number in decimal notation, not %s", what, n.Value)
			return 0, false
		case err != nil || v < low || v > high:
			r.refuse(n, "%s must be between %d and %d, not %s", what, low, high, n.Value)
			return 0, false
		}
		return v, true
	}
	r.refuse(n, "%s must be a whole number, not %s", what, kindOf(n))
	return 0, false
}

var sizeForm = regexp.MustCompile(`^([0-9]+) ?([A-Za-z]*)$`)

// size is a number of bytes, such as 65536, 500kB or 5MB. As in PostgreSQL's settings a kB is 1024 bytes.
func (r *reader) size(n *yaml.Node, what string) (int64, bool) {
	if n.Kind == yaml.ScalarNode && (n.Tag == "!!str" || n.Tag == "!!int") {
		if m := sizeForm.FindStringSubmatch(n.Value); m != nil {
			unit := map[string]int64{"": 1, "b": 1, "kb": 1 << 10, "kib": 1 << 10, "mb": 1 << 20, "mib": 1 << 20, "gb": 1 << 30, "gib": 1 << 30, "tb": 1 << 40, "tib": 1 << 40}[strings.ToLower(m[2])]
			v, err := strconv.ParseInt(m[1], 10, 64)
			if unit != 0 && err == nil && v > 0 && v <= (1<<50)/unit {
				return v * unit, true
			}
			if unit != 0 {
				r.refuse(n, "%s must be between 1 byte and 1024TB, not %s", what, n.Value)
				return 0, false
			}
		}
	}
	r.refuse(n, "%s must be a size such as 500kB, 5MB or 1GB, not %s", what, kindOf(n))
	return 0, false
}

// duration is a span of time such as 90s, 30m, 1h, 7d or 1h30m.
func (r *reader) duration(n *yaml.Node, what string, low, high time.Duration) (time.Duration, bool) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		if d, err := parseDuration(n.Value); err == nil {
			if d < low || d > high {
				r.refuse(n, "%s must be between %s and %s, not %s", what, low, high, n.Value)
				return 0, false
			}
			return d, true
		}
	}
	r.refuse(n, "%s must be a span of time such as 90s, 30m, 1h or 7d, not %s", what, kindOf(n))
	return 0, false
}

// parseDuration is time.ParseDuration with days in front.
func parseDuration(s string) (time.Duration, error) {
	days, rest, ok := strings.Cut(s, "d")
	if !ok {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, err
	}
	d := time.Duration(n) * 24 * time.Hour
	if rest == "" {
		return d, nil
	}
	more, err := time.ParseDuration(rest)
	return d + more, err
}

// value is a constant: text, number, boolean, time, or a list of these.
func (r *reader) value(n *yaml.Node, what string) (Value, bool) {
	if n.Kind == yaml.SequenceNode {
		elements, ok := make([]Value, 0, len(n.Content)), true
		for _, item := range n.Content {
			if item.Kind == yaml.SequenceNode {
				r.refuse(item, "%s is a list, and cannot hold another list", what)
				ok = false
				continue
			}
			v, good := r.value(item, "an entry of "+what)
			elements, ok = append(elements, v), ok && good
		}
		if !ok {
			return Value{}, false
		}
		v, err := ListValue(elements)
		if err != nil {
			r.refuse(n, "%s cannot be used: %s", what, err)
			return Value{}, false
		}
		return v, true
	}
	if n.Kind != yaml.ScalarNode || isNull(n) {
		r.refuse(n, "%s must be a text, a number, true, false or a list of these, not %s", what, kindOf(n))
		return Value{}, false
	}
	var v Value
	var err error
	switch n.Tag {
	case "!!bool":
		v = BoolValue(strings.EqualFold(n.Value, "true"))
	case "!!int":
		// 010, 0x10, 0o7 and 1_000 are numbers to YAML; PostgreSQL must be told the same number.
		if i, ok := new(big.Int).SetString(n.Value, 0); ok && !octalLook(n.Value) {
			v, err = NumberValue(i.String())
		} else {
			err = fmt.Errorf("%s can be read as an octal number: write it in decimal notation, or in quotes", n.Value)
		}
	case "!!float":
		v, err = NumberValue(strings.ReplaceAll(n.Value, "_", ""))
	default: // !!str, and !!timestamp as it is written
		v, err = TextValue(n.Value)
	}
	if err != nil {
		r.refuse(n, "%s cannot be used: %s", what, err)
		return Value{}, false
	}
	return v, true
}

// octalLook says whether a number begins with a zero that YAML 1.1 takes for base eight.
func octalLook(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9'
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// kindOf is what a node is, for sentences.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) == 0:
		return "an empty mapping"
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		return "an empty list"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	case n.Value == "":
		return "an empty text"
	case len(n.Value) > 60:
		return fmt.Sprintf("%q", n.Value[:byteOffset(n.Value, 50)]+"…")
	case n.Tag == "!!str":
		return fmt.Sprintf("%q", n.Value)
	default:
		return n.Value
	}
}

// textLines tells where the pieces of a scalar's text stand in the file, as far as YAML's folding and escaping lets it be told.
func (r *reader) textLines(n *yaml.Node) []linePos {
	text := n.Value
	if n.Line < 1 || n.Line > len(r.lines) {
		return nil
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		line := r.lines[n.Line-1]
		start := byteOffset(line, n.Column-1)
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
			start++
		}
		if start <= len(line) && strings.HasPrefix(line[start:], text) {
			return []linePos{{0, n.Line, utf8.RuneCountInString(line[:start]) + 1}}
		}
		return nil
	}
	if n.Style&yaml.FoldedStyle != 0 {
		return nil
	}
	var list []linePos
	offset := 0
	for i, piece := range strings.Split(text, "\n") {
		at := n.Line + i
		if at >= len(r.lines) {
			return list
		}
		line := r.lines[at]
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if k := strings.Index(line, piece); k >= 0 && piece != "" {
			list = append(list, linePos{offset, at + 1, utf8.RuneCountInString(line[:k]) + 1})
		} else if piece != "" {
			list = append(list, linePos{offset, at + 1, indent + 1})
		}
		offset += len(piece) + 1
	}
	return list
}
