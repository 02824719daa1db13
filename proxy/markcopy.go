package proxy

import (
	"bytes"
	"encoding/binary"
	"strings"

	"cordon/parse"
	"cordon/wire"

	pg_query "github.com/pganalyze/pg_query_go/v5"
)

// The rows of a watermarked COPY TO STDOUT are lines. They are read as PostgreSQL writes them, and of a value that carries a mark nothing but the mark is new: how it is quoted and escaped stays. The server does not describe what a COPY
// gives, so it is asked to describe the query in it, before.

// copyText is the form of the lines; see COPY in PostgreSQL's manual.
type copyText struct {
	csv, binary              bool
	delimiter, quote, escape byte
	null                     string
	encoding                 string // "" for the client's
}

// copyTextOf reads the options of a COPY TO STDOUT. It is nil for what cannot be marked: another statement or form.
func copyTextOf(st *parse.Statement) *copyText {
	n := st.Tree.GetCopyStmt()
	if n == nil || n.IsFrom || n.IsProgram || n.Filename != "" {
		return nil
	}
	given := map[string]string{}
	for _, o := range n.Options {
		d := o.GetDefElem()
		if d == nil {
			return nil
		}
		switch d.Defname {
		case "format", "delimiter", "null", "quote", "escape", "encoding":
			s, ok := d.Arg.GetNode().(*pg_query.Node_String_)
			if _, twice := given[d.Defname]; !ok || twice {
				return nil
			}
			given[d.Defname] = s.String_.Sval
		case "header", "force_quote":
		default:
			return nil
		}
	}
	c := &copyText{delimiter: '\t', null: `\N`}
	switch given["format"] {
	case "", "text":
	case "csv":
		*c = copyText{csv: true, delimiter: ',', quote: '"'}
	case "binary":
		*c = copyText{binary: true}
	default:
		return nil
	}
	one := func(name string, to *byte) bool {
		s, ok := given[name]
		if ok && len(s) == 1 && s[0] < 0x80 {
			*to = s[0]
		}
		return !ok || len(s) == 1 && s[0] < 0x80
	}
	if !one("delimiter", &c.delimiter) || !one("quote", &c.quote) {
		return nil
	}
	c.escape = c.quote
	if !one("escape", &c.escape) {
		return nil
	}
	if null, ok := given["null"]; ok {
		c.null = null
	}
	c.encoding = given["encoding"]
	return c
}

// field reads the value that a line begins with: its bytes, where each of them stands in the line and where the one behind the last would, and the length of the field. ok is false for what PostgreSQL does not write.
func (c *copyText) field(line, value []byte, at []int) (_ []byte, _ []int, length int, ok bool) {
	i, quoted := 0, c.csv && len(line) > 0 && line[0] == c.quote
	if quoted {
		i++
	}
	for i < len(line) {
		b, from := line[i], i
		switch {
		case quoted && b == c.escape && i+1 < len(line) && (line[i+1] == c.quote || line[i+1] == c.escape):
			i++
			b = line[i]
		case quoted && b == c.quote:
			if i+1 < len(line) && line[i+1] != c.delimiter {
				return value, at, 0, false
			}
			return value, append(at, i), i + 1, true
		case !quoted && b == c.delimiter:
			return value, append(at, i), i, true
		case !c.csv && b == '\\':
			if i++; i == len(line) {
				return value, at, 0, false
			}
			if b = line[i]; strings.IndexByte("bfnrtv", b) >= 0 {
				b = "\b\f\n\r\t\v"[strings.IndexByte("bfnrtv", b)]
			}
		}
		value, at = append(value, b), append(at, from)
		i++
	}
	return value, append(at, i), i, !quoted
}

// appendLine appends a line of a COPY with its marks.
func (m *marking) appendLine(dst []byte, h wire.Header, b []byte) ([]byte, error) {
	line, ok := bytes.CutSuffix(b[wire.HeaderLen:h.Len()], []byte("\n"))
	if !m.known || !ok {
		return dst, errUnmarked
	}
	if m.decode != "" {
		// The second byte of a character can be a digit or a delimiter there.
		text, ok := decodeFrom(m.decode, string(line))
		if !ok {
			return dst, errUnmarked
		}
		line = []byte(text)
	}
	m.rows++
	begin := len(dst)
	dst = append(dst, b[:wire.HeaderLen]...)
	m.first = m.first[:0]
	next := 0
	for column := 0; m.width > 0; column++ {
		var length int
		if m.value, m.at, length, ok = m.copy.field(line, m.value[:0], m.at[:0]); !ok {
			return dst, errUnmarked
		}
		field := line[:length]
		switch {
		case next == len(m.columns) || column != m.columns[next].at:
			dst = append(dst, field...)
		default:
			null := string(field) == m.copy.null
			if next == 0 && !null {
				m.first = append(m.first, m.value...)
			}
			if null || len(m.value) == 0 {
				dst = append(dst, field...)
			} else {
				dst = m.markField(dst, field, m.columns[next].most)
			}
			next++
		}
		if length == len(line) {
			if column+1 != m.width {
				return dst, errUnmarked // not what was described
			}
			break
		}
		dst, line = append(dst, m.copy.delimiter), line[length+1:]
	}
	if dst = append(dst, '\n'); m.width == 0 && len(line) > 0 {
		return dst, errUnmarked
	}
	if m.decode != "" {
		text, ok := encodeTo(m.decode, string(dst[begin+wire.HeaderLen:]))
		if !ok {
			return dst, errUnmarked
		}
		dst = append(dst[:begin+wire.HeaderLen], text...)
	}
	binary.BigEndian.PutUint32(dst[begin+1:], uint32(len(dst)-begin-1))
	return dst, nil
}

// binaryHead is what a binary COPY begins with, before its flags and the length of what may be between these and the rows.
const binaryHead = "PGCOPY\n\xff\r\n\x00"

// appendTuple appends a row of a binary COPY with its marks. The first has the head of the whole in front.
func (m *marking) appendTuple(dst []byte, h wire.Header, b []byte) ([]byte, error) {
	if !m.known {
		return dst, errUnmarked
	}
	body := b[wire.HeaderLen:h.Len()]
	begin := len(dst)
	dst = append(dst, b[:wire.HeaderLen]...)
	if bytes.HasPrefix(body, []byte(binaryHead)) {
		const fixed = len(binaryHead) + 8
		if len(body) < fixed || binary.BigEndian.Uint32(body[fixed-4:]) != 0 {
			return dst, errUnmarked
		}
		dst, body = append(dst, body[:fixed]...), body[fixed:]
	}
	if len(body) != 2 || body[0] != 0xff || body[1] != 0xff { // what ends it
		m.rows++
		if len(body) < 2 || int(binary.BigEndian.Uint16(body)) != m.width {
			return dst, errUnmarked
		}
		dst = append(dst, body[:2]...)
		var err error
		if dst, err = m.appendValues(dst, body[2:]); err != nil {
			return dst, err
		}
	} else {
		dst = append(dst, body...)
	}
	binary.BigEndian.PutUint32(dst[begin+1:], uint32(len(dst)-begin-1))
	return dst, nil
}

// markField appends a field whose value is m.value, with the mark in its place.
func (m *marking) markField(dst, field []byte, most int) []byte {
	var marked bool
	if m.scratch, marked = m.marker.Text(m.scratch[:0], m.value, most); !marked {
		return append(dst, field...)
	}
	m.marked++
	p, more := 0, len(m.scratch)-len(m.value)
	for p < len(m.value) && m.value[p] == m.scratch[p] {
		p++
	}
	dst = append(dst, field[:m.at[p]]...)
	dst = append(dst, m.scratch[p:p+more]...)
	return append(dst, field[m.at[p]:]...)
}

// describeCopy asks the server what the columns of a watermarked COPY are.
func (s *session) describeCopy(run *execution, k *marking) error {
	return s.askColumns(estimated(run.planned.sql, parse.CopyTo), k)
}
