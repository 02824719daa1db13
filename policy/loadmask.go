package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// mask reads one entry of the masks section into the Mask that stands for its name.
func (l *loader) mask(e entry) {
	if e.name == "drop" {
		l.refuse(e.key, "a mask cannot be named drop: the word takes a key out of a json mask")
	}
	l.readMask(e.value, l.p.Masks[e.name])
}

// readMask reads {kind: settings}. It says whether the mask can be used.
func (l *loader) readMask(n *yaml.Node, m *Mask) bool {
	what := "the mask"
	if m.Name != "" {
		what = fmt.Sprintf("mask %q", m.Name)
	}
	words := maskWords[1:]
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		l.refuse(n, "%s must be a mapping with one of %s, not %s", what, strings.Join(words, ", "), kindOf(n))
		return false
	}
	f := l.fields(n, what, words...)
	if len(f.entries) > 1 {
		l.refuse(f.entries[1].key, "%s is %s already, and cannot be %s too", what, f.entries[0].name, f.entries[1].name)
		return false
	}
	if len(f.entries) == 0 || len(n.Content) > 2 {
		return false
	}
	before, e := len(l.problems), f.entries[0]
	m.Kind = MaskKind(slices.Index(maskWords, e.name))
	switch m.Kind {
	case MaskKeep:
		l.keepMask(e.value, m)
	case MaskEmail:
		s := l.fields(e.value, "email", "keep")
		m.Email.Keep = 1
		if n := s.get("keep"); n != nil {
			k, _ := l.count(n, "keep", 0, MaxKeep)
			m.Email.Keep = int(k)
		}
	case MaskDate:
		if w, ok := l.oneOf(e.value, "date", DateUnits...); ok {
			m.Date.Unit = w
		}
	case MaskRound:
		m.Round.Step = l.step(e.value)
	case MaskFixed:
		if isNull(e.value) {
			m.Fixed.Null = true
		} else if v, ok := l.value(e.value, "fixed"); ok {
			m.Fixed.Value = v
		}
	case MaskHash:
		l.hashMask(e.value, m)
	case MaskJSON:
		l.jsonMask(e.value, m)
	case MaskSQL:
		if e.value.Kind != yaml.ScalarNode || isNull(e.value) {
			l.refuse(e.value, "sql must be an expression over value, not %s", kindOf(e.value))
		} else {
			m.SQL = l.expr(e.value, "sql", maskUse)
		}
	default:
		l.refuse(e.key, "%q is not a mask", e.name)
	}
	return len(l.problems) == before
}

func (l *loader) keepMask(n *yaml.Node, m *Mask) {
	m.Keep.With = "*"
	s := l.fields(n, "keep", "first", "last", "with")
	if n := s.get("first"); n != nil {
		k, _ := l.count(n, "first", 0, MaxKeep)
		m.Keep.First = int(k)
	}
	if n := s.get("last"); n != nil {
		k, _ := l.count(n, "last", 0, MaxKeep)
		m.Keep.Last = int(k)
	}
	if n := s.get("with"); n != nil {
		if n.Kind != yaml.ScalarNode || isNull(n) || utf8.RuneCountInString(n.Value) != 1 || checkText(n.Value) != nil {
			l.refuse(n, "with must be exactly one character, not %s", kindOf(n))
		} else {
			m.Keep.With = n.Value
		}
	}
}

// step is the positive decimal of a round mask, in plain notation.
func (l *loader) step(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float") && len(n.Value) <= 100 {
		text := strings.ReplaceAll(n.Value, "_", "")
		if decimalForm.MatchString(text) && !octalLook(text) {
			if f, ok := new(big.Rat).SetString(text); ok && f.Sign() > 0 {
				digits, exact := f.FloatPrec()
				if exact && digits <= 100 && f.Num().BitLen() <= 400 {
					return f.FloatString(digits)
				}
			}
		}
	}
	l.refuse(n, "round must be a number above zero such as 10000 or 0.5, not %s", kindOf(n))
	return ""
}

func (l *loader) hashMask(n *yaml.Node, m *Mask) {
	s := l.fields(n, "hash", "key_file")
	file := s.get("key_file")
	if file == nil {
		if n.Kind == yaml.MappingNode && len(n.Content) == 0 || isNull(n) {
			l.refuse(n, "hash has no key_file: without a key every value could be guessed")
		}
		return
	}
	name, ok := l.word(file, "key_file")
	if !ok {
		return
	}
	path := l.resolve(name)
	m.Hash.KeyFile = path
	key, read := l.keys[path]
	if !read {
		data, err := l.readFile(path)
		if err != nil {
			l.refuse(file, "the key file cannot be read: %s", fileError(path, err))
			return
		}
		key = bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
		if len(key) < MinKeyBytes {
			l.refuse(file, "the key in %s is %d bytes long, and %d are needed: make one with head -c 32 /dev/urandom | xxd -p -c 64", path, len(key), MinKeyBytes)
			return
		}
		if distinct(key) < 8 {
			l.refuse(file, "the key in %s has hardly any different bytes: make one with head -c 32 /dev/urandom | xxd -p -c 64", path)
			return
		}
		l.keys[path] = key
	}
	m.Hash.Key = NewSecret(key)
}

// distinct is how many different bytes there are.
func distinct(b []byte) int {
	var seen [256]bool
	n := 0
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n
}

// fileError is a sentence about a file that cannot be read, the same on every system.
func fileError(path string, err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path + " does not exist"
	case errors.Is(err, fs.ErrPermission):
		return path + " may not be read by this user"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return path + " did not answer in time"
	default:
		return err.Error()
	}
}

func (l *loader) jsonMask(n *yaml.Node, m *Mask) {
	entries := l.entries(n, "json")
	if len(entries) == 0 {
		if n.Kind == yaml.MappingNode || isNull(n) {
			l.refuse(n, "json names no path")
		}
		return
	}
	for _, e := range entries {
		if _, ok := l.word(e.key, "a path of json"); !ok {
			continue
		}
		keys, err := splitName(e.name)
		if err != nil {
			l.refuse(e.key, "%s", err)
			continue
		}
		if slices.ContainsFunc(keys, func(k string) bool { return strings.IndexByte(k, wildcardChar) >= 0 }) {
			l.refuse(e.key, "the path %q has a *, which json masks do not have: put the key in double quotes if it holds a star", e.name)
			continue
		}
		path := JSONPath{Text: e.name, Keys: keys, Line: e.key.Line, Col: e.key.Column}
		if e.value.Kind == yaml.ScalarNode && e.value.Value == "drop" {
			path.Drop = true
		} else if path.Mask = l.maskRef(e.value, "drop"); path.Mask == nil {
			continue
		}
		m.JSON.Paths = append(m.JSON.Paths, path)
	}
	for i, a := range m.JSON.Paths {
		for _, b := range m.JSON.Paths[:i] {
			long, short := a, b
			if len(short.Keys) > len(long.Keys) {
				long, short = short, long
			}
			if slices.Equal(long.Keys[:len(short.Keys)], short.Keys) {
				l.refuseAt(a.Line, a.Col, "the path %q lies inside %q, which is masked as a whole", long.Text, short.Text)
				break
			}
		}
	}
}

// checkJSON refuses a json mask inside a json mask. All masks must have been read.
func (l *loader) checkJSON(m *Mask) {
	for _, p := range m.JSON.Paths {
		if p.Mask != nil && p.Mask.Kind == MaskJSON {
			l.refuseAt(p.Line, p.Col, "a json mask cannot be used inside a json mask: write the whole path, as in address.street")
		}
	}
}

// maskRef is a mask by its name, or one written in place; nil when there is a mistake. more are other words that could stand there.
func (l *loader) maskRef(n *yaml.Node, more ...string) *Mask {
	switch {
	case n.Kind == yaml.MappingNode:
		m := &Mask{Line: n.Line, Col: n.Column}
		if !l.readMask(n, m) {
			return nil
		}
		return m
	case n.Kind == yaml.ScalarNode && !isNull(n):
		if m := l.p.Masks[n.Value]; m != nil {
			return m
		}
		names := append([]string(nil), more...)
		for name := range l.p.Masks {
			names = append(names, name)
		}
		slices.Sort(names)
		l.refuse(n, "unknown mask %q%s", n.Value, didYouMean(n.Value, names))
		return nil
	default:
		l.refuse(n, "a mask must be a name from masks, or a mapping such as {keep: {first: 3}}, not %s", kindOf(n))
		return nil
	}
}
