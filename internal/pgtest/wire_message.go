package pgtest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgproto3/v2"
)

// field is one word of a message to send: a text, bytes, null, a number or word, or a list.
type field struct {
	key    string
	text   []byte
	quoted bool // a text in quotes or bytes
	null   bool
	list   []field
	isList bool
	times  int // how often the fields of list stand here, 0 for a field of its own
}

// parseMessage reads a line such as: Bind "portal" "statement" params=("x" null).
func parseMessage(line string) (pgproto3.FrontendMessage, error) {
	p := fieldParser{rest: line}
	fields, err := p.fields(0)
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 || fields[0].quoted || fields[0].isList {
		return nil, fmt.Errorf("a line begins with a message's name")
	}
	name := string(fields[0].text)
	a := messageFields{positional: nil, named: map[string]field{}}
	for _, f := range fields[1:] {
		if f.key != "" {
			a.named[f.key] = f
		} else {
			a.positional = append(a.positional, f)
		}
	}
	m := a.message(name)
	if a.err != nil {
		return nil, a.err
	}
	if m == nil {
		return nil, fmt.Errorf("no message is called %q", name)
	}
	if len(a.positional) > 0 {
		return nil, fmt.Errorf("%s does not have so many fields", name)
	}
	for key := range a.named {
		return nil, fmt.Errorf("%s has no field %s", name, key)
	}
	return m, nil
}

// messageFields are a message's fields; each is taken away when asked for.
type messageFields struct {
	positional []field
	named      map[string]field
	err        error
}

func (a *messageFields) next() field {
	if len(a.positional) == 0 {
		a.fail("a field is missing")
		return field{}
	}
	f := a.positional[0]
	a.positional = a.positional[1:]
	return f
}

func (a *messageFields) fail(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf(format, args...)
	}
}

func (a *messageFields) text() string { return string(a.next().text) }

func (a *messageFields) number() uint32 { return a.toNumber(a.next()) }

func (a *messageFields) toNumber(f field) uint32 {
	n, err := strconv.ParseUint(string(f.text), 10, 32)
	if err != nil {
		a.fail("%q is not a number", f.text)
	}
	return uint32(n)
}

func (a *messageFields) list(key string) []field {
	f, ok := a.named[key]
	delete(a.named, key)
	if ok && !f.isList {
		a.fail("%s is not a list", key)
	}
	return f.list
}

func (a *messageFields) formats(key string) []int16 {
	var out []int16
	for _, f := range a.list(key) {
		out = append(out, int16(a.toNumber(f)))
	}
	return out
}

func (a *messageFields) values(key string) [][]byte {
	var out [][]byte
	for _, f := range a.list(key) {
		if f.null {
			out = append(out, nil)
		} else {
			out = append(out, append([]byte{}, f.text...))
		}
	}
	return out
}

// object reads S or P.
func (a *messageFields) object() byte {
	word := a.text()
	if word != "S" && word != "P" {
		a.fail("%q is neither S nor P", word)
		return 0
	}
	return word[0]
}

func (a *messageFields) message(name string) pgproto3.FrontendMessage {
	switch name {
	case "Query":
		return &pgproto3.Query{String: a.text()}
	case "Parse":
		m := &pgproto3.Parse{Name: a.text(), Query: a.text()}
		if len(a.positional) > 0 {
			for _, f := range a.next().list {
				m.ParameterOIDs = append(m.ParameterOIDs, a.toNumber(f))
			}
		}
		return m
	case "Bind":
		return &pgproto3.Bind{DestinationPortal: a.text(), PreparedStatement: a.text(), ParameterFormatCodes: a.formats("formats"), Parameters: a.values("params"), ResultFormatCodes: a.formats("results")}
	case "Describe":
		return &pgproto3.Describe{ObjectType: a.object(), Name: a.text()}
	case "Execute":
		return &pgproto3.Execute{Portal: a.text(), MaxRows: a.number()}
	case "Close":
		return &pgproto3.Close{ObjectType: a.object(), Name: a.text()}
	case "FunctionCall":
		m := &pgproto3.FunctionCall{Function: a.number()}
		for _, f := range a.formats("formats") {
			m.ArgFormatCodes = append(m.ArgFormatCodes, uint16(f))
		}
		m.Arguments = a.values("args")
		if f, ok := a.named["result"]; ok {
			delete(a.named, "result")
			m.ResultFormatCode = uint16(a.toNumber(f))
		}
		return m
	case "CopyData":
		return &pgproto3.CopyData{Data: a.next().text}
	case "CopyDone":
		return &pgproto3.CopyDone{}
	case "CopyFail":
		return &pgproto3.CopyFail{Message: a.text()}
	case "Sync":
		return &pgproto3.Sync{}
	case "Flush":
		return &pgproto3.Flush{}
	case "Terminate":
		return &pgproto3.Terminate{}
	case "Password":
		return &pgproto3.PasswordMessage{Password: a.text()}
	}
	return nil
}

// fieldParser reads a line from the left.
type fieldParser struct{ rest string }

// fields reads up to the end, or to the closing parenthesis of a list.
func (p *fieldParser) fields(depth int) ([]field, error) {
	var out []field
	for {
		p.rest = strings.TrimLeft(p.rest, " \t,")
		if p.rest == "" {
			if depth > 0 {
				return nil, fmt.Errorf("a list is not closed")
			}
			return out, nil
		}
		if p.rest[0] == ')' {
			if depth == 0 {
				return nil, fmt.Errorf("a parenthesis closes nothing")
			}
			p.rest = p.rest[1:]
			return out, nil
		}
		f, err := p.field(depth)
		if err != nil {
			return nil, err
		}
		if f, err = f.made(p, depth); err != nil {
			return nil, err
		}
		if f.times > 0 {
			for range f.times {
				out = append(out, f.list...)
			}
			continue
		}
		out = append(out, f)
	}
}

// maxMade bounds what repeat and times make.
const maxMade = 200 << 20

// made reads the list behind repeat, times and join: repeat("x" 1000) is one text of a thousand x, times(23 1000) is the field a thousand times, join("a" repeat("b" 9)) is one text of its parts.
func (f field) made(p *fieldParser, depth int) (field, error) {
	word := string(f.text)
	if f.quoted || f.isList || f.null || word != "repeat" && word != "times" && word != "join" || !strings.HasPrefix(p.rest, "(") {
		return f, nil
	}
	p.rest = p.rest[1:]
	list, err := p.fields(depth + 1)
	if err != nil {
		return field{}, err
	}
	if word == "join" {
		out := field{key: f.key, quoted: true}
		for _, part := range list {
			out.text = append(out.text, part.text...)
		}
		return out, nil
	}
	if len(list) != 2 {
		return field{}, fmt.Errorf("%s takes a field and a number", word)
	}
	n, err := strconv.Atoi(string(list[1].text))
	if err != nil || n < 1 || n*max(1, len(list[0].text)) > maxMade {
		return field{}, fmt.Errorf("%s takes a field and a number", word)
	}
	if word == "times" {
		return field{list: list[:1], times: n}, nil
	}
	return field{key: f.key, text: bytes.Repeat(list[0].text, n), quoted: true}, nil
}

func (p *fieldParser) field(depth int) (field, error) {
	switch {
	case p.rest[0] == '"':
		quoted, err := strconv.QuotedPrefix(p.rest)
		if err != nil {
			return field{}, fmt.Errorf("a quote is not closed, or what is in it has a wrong escape")
		}
		p.rest = p.rest[len(quoted):]
		text, err := strconv.Unquote(quoted)
		return field{text: []byte(text), quoted: true}, err
	case p.rest[0] == '(':
		if depth > 3 {
			return field{}, fmt.Errorf("lists are nested too deeply")
		}
		p.rest = p.rest[1:]
		list, err := p.fields(depth + 1)
		return field{list: list, isList: true}, err
	}
	end := strings.IndexAny(p.rest, " \t,=()\"")
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	if strings.HasPrefix(p.rest, "=") && len(p.rest) > 1 && word != "" {
		p.rest = p.rest[1:]
		f, err := p.field(depth)
		f.key = word
		return f, err
	}
	if word == "" {
		return field{}, fmt.Errorf("cannot read %q", p.rest)
	}
	if word == "null" {
		return field{null: true}, nil
	}
	if digits, ok := strings.CutPrefix(word, "0x"); ok {
		b, err := hex.DecodeString(digits)
		return field{text: b, quoted: true}, err
	}
	return field{text: []byte(word)}, nil
}
