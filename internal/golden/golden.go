// Package golden reads and rewrites case files: text files of directives, their input, and the output that is expected.
//
//	# A comment: why the case is there.
//	sql user=alice search_path=(sales, public)
//	SELECT * FROM customers
//	----
//	allow   rule "sales work on their own customers"
//
// A case begins with its directive: a name, and arguments separated by blanks, each a word, key=value, or key=(value, value). A value with blanks, commas, parentheses or quotes in it stands in double quotes, in which a backslash
// quotes the next character. The lines up to ---- are the input. What follows, up to an empty line or the end of the file, is the output. Output with empty lines in it stands between doubled lines:
//
//	----
//	----
//	first
//
//	third
//	----
//	----
//
// Lines before a directive that are empty or begin with # are comments and stay where they are. The input may hold any line but ----.
//
// Tests compare with Run and Text; `go test ./... -update` (or CORDON_UPDATE=1 in the environment, for packages that do not know the flag) writes what came out into the files instead.
// The package does not import testing, so that `cordon test` can read the same files with Read.
package golden

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// Case is one directive of a case file with its input and the output expected.
type Case struct {
	File     string   // path as given to Read
	Line     int      // of the directive, from 1
	Comment  []string // lines before the directive, as they stand
	Head     string   // the directive's line, as it stands
	Name     string
	Args     []Arg
	Input    string // every line ends with \n
	Expected string // every line ends with \n; "" for none
}

// Directive is the name that a handler knows a case by.
type Directive = Case

// Arg is one argument of a directive.
type Arg struct {
	Key    string
	Values []string // nil for a bare word
}

// Has tells whether an argument of this key is there.
func (c *Case) Has(key string) bool {
	for i := range c.Args {
		if c.Args[i].Key == key {
			return true
		}
	}
	return false
}

// Values gives an argument's values; nil when it is not there or is a bare word.
func (c *Case) Values(key string) []string {
	for i := range c.Args {
		if c.Args[i].Key == key {
			return c.Args[i].Values
		}
	}
	return nil
}

// Arg gives an argument's first value; "" when it is not there or is a bare word.
func (c *Case) Arg(key string) string {
	if v := c.Values(key); len(v) > 0 {
		return v[0]
	}
	return ""
}

// Next reads the first line of the input as a directive over the rest: for a head such as "as alice" that stands above another one. The expected output stays the same.
func (c *Case) Next() (*Case, error) {
	head, rest, _ := strings.Cut(c.Input, "\n")
	next := &Case{File: c.File, Line: c.Line + 1, Head: head, Input: rest, Expected: c.Expected}
	return next, next.parseHead()
}

// Pos is file:line of the directive.
func (c *Case) Pos() string { return fmt.Sprintf("%s:%d", c.File, c.Line) }

// Read reads a case file. A mistake is a sentence after file:line.
func Read(path string) ([]Case, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	cases, _, err := Parse(path, b)
	return cases, err
}

// Parse reads the text of a case file; path is for messages alone. The tail are comment lines after the last case.
func Parse(path string, text []byte) (cases []Case, tail []string, err error) {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(text) == 0 {
		lines = nil
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], "\r")
	}
	for i := 0; i < len(lines); {
		c := Case{File: path}
		for i < len(lines) && (strings.TrimSpace(lines[i]) == "" || strings.HasPrefix(lines[i], "#")) {
			c.Comment = append(c.Comment, lines[i])
			i++
		}
		if i == len(lines) {
			return cases, c.Comment, nil
		}
		c.Head, c.Line = lines[i], i+1
		if err := c.parseHead(); err != nil {
			return nil, nil, err
		}
		var input strings.Builder
		for i++; i < len(lines) && lines[i] != "----"; i++ {
			input.WriteString(lines[i])
			input.WriteByte('\n')
		}
		if i == len(lines) {
			return nil, nil, fmt.Errorf("%s: the directive %q has no line ---- after its input", c.Pos(), c.Name)
		}
		c.Input = input.String()
		i++
		var expected strings.Builder
		if i < len(lines) && lines[i] == "----" {
			for i++; ; i++ {
				if i+1 >= len(lines) {
					return nil, nil, fmt.Errorf("%s: the output begins with a doubled line ---- and does not end with one", c.Pos())
				}
				if lines[i] == "----" && lines[i+1] == "----" {
					break
				}
				expected.WriteString(lines[i])
				expected.WriteByte('\n')
			}
			i += 2
		} else {
			for ; i < len(lines) && lines[i] != ""; i++ {
				expected.WriteString(lines[i])
				expected.WriteByte('\n')
			}
		}
		c.Expected = expected.String()
		cases = append(cases, c)
	}
	return cases, nil, nil
}

// AppendTo writes a case as it stands in a file.
func (c *Case) AppendTo(b []byte) []byte {
	for _, line := range c.Comment {
		b = append(append(b, line...), '\n')
	}
	b = append(append(b, c.Head...), '\n')
	b = append(append(b, c.Input...), "----\n"...)
	expected := c.Expected
	if expected != "" && !strings.HasSuffix(expected, "\n") {
		expected += "\n"
	}
	doubled := strings.HasPrefix(expected, "\n") || strings.Contains(expected, "\n\n") || strings.HasPrefix(expected, "----\n")
	if doubled {
		b = append(b, "----\n"...)
	}
	b = append(b, expected...)
	if doubled {
		b = append(b, "----\n----\n"...)
	}
	return b
}

// Write writes cases to a file; one that has not changed is left alone.
func Write(path string, cases []Case, tail ...string) error {
	var b []byte
	for i := range cases {
		// Without an empty line the next directive would become output.
		if i > 0 && (len(cases[i].Comment) == 0 || cases[i].Comment[0] != "") {
			b = append(b, '\n')
		}
		b = cases[i].AppendTo(b)
	}
	for i, line := range tail {
		if i == 0 && line != "" && len(cases) > 0 {
			b = append(b, '\n')
		}
		b = append(append(b, line...), '\n')
	}
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, b) {
		return nil
	}
	return os.WriteFile(path, b, 0o644)
}

// parseHead reads the directive's line.
func (c *Case) parseHead() error {
	p := headParser{rest: c.Head}
	c.Name = p.word()
	if c.Name == "" {
		return fmt.Errorf("%s: a directive begins with its name, not with %q", c.Pos(), c.Head)
	}
	for p.skip(); p.rest != ""; p.skip() {
		before := p.rest
		a := Arg{Key: p.word()}
		if strings.HasPrefix(p.rest, "=") {
			p.rest = p.rest[1:]
			if strings.HasPrefix(p.rest, "(") {
				p.rest = p.rest[1:]
				a.Values = []string{}
				for p.skip(); p.rest != "" && p.rest[0] != ')'; p.skip() {
					a.Values = append(a.Values, p.word())
					p.skip()
					if strings.HasPrefix(p.rest, ",") {
						p.rest = p.rest[1:]
					} else if !strings.HasPrefix(p.rest, ")") {
						break
					}
				}
				if !strings.HasPrefix(p.rest, ")") {
					return fmt.Errorf("%s: the list of %q does not end with a parenthesis", c.Pos(), a.Key)
				}
				p.rest = p.rest[1:]
			} else {
				a.Values = []string{p.word()}
			}
		}
		if p.bad || p.rest == before {
			return fmt.Errorf("%s: cannot read the directive's arguments from %q on", c.Pos(), before)
		}
		c.Args = append(c.Args, a)
	}
	return nil
}

// headParser reads a directive's line from the left.
type headParser struct {
	rest string
	bad  bool // an open quote
}

func (p *headParser) skip() { p.rest = strings.TrimLeft(p.rest, " \t") }

// word reads a bare or quoted word.
func (p *headParser) word() string {
	if !strings.HasPrefix(p.rest, `"`) {
		end := strings.IndexAny(p.rest, " \t=,()\"")
		if end < 0 {
			end = len(p.rest)
		}
		w := p.rest[:end]
		p.rest = p.rest[end:]
		return w
	}
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '"':
			p.rest = p.rest[i+1:]
			return b.String()
		case '\\':
			if i++; i < len(p.rest) {
				b.WriteByte(p.rest[i])
			}
		default:
			b.WriteByte(p.rest[i])
		}
	}
	p.bad = true
	p.rest = ""
	return ""
}
