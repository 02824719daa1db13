package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"
)

// Brief is what an index keeps of a record. Reading it costs a tenth of decoding the record: almost all records are intents with a form and outcomes, of which a few members are looked at. Of every other record it is Record that tells.
type Brief struct {
	Seq                            uint64
	Time                           int64 // Unix time in ns
	Kind                           string
	Of                             uint64 // of an outcome: the intent's number
	Person, Login, Client, Session string
	SQLState, End                  string
	Rows                           int64
	Subjects                       []Subjects
	Form                           *Record // of an intent: what its plan's executions share
	Record                         *Record // the whole record, where the rest of it must be looked at; nil for most
	Segment                        uint64  // the segment's first record
	Offset                         int64   // of its frame there
}

// Briefly is what an index keeps of a record that was decoded.
func Briefly(r *Record) Brief {
	segment, _ := strconv.ParseUint(r.Segment[:max(len(r.Segment)-len(".seg"), 0)], 10, 63) // written by segmentName
	return Brief{Seq: r.Seq, Time: r.Time.UnixNano(), Kind: r.Kind, Of: r.Of, Person: r.Person, Login: r.Login, Client: r.Client, Session: r.Session, SQLState: r.SQLState, End: r.End, Rows: r.Rows,
		Subjects: r.Subjects, Form: r.form, Record: r, Segment: segment, Offset: r.Offset}
}

// Briefs reads a log for an index. It is for one goroutine.
type Briefs struct {
	*Reader
	words map[string]string
	day   [10]byte // of the last time
	start int64    // when that day began, Unix time in s
	leaf  []byte   // the last record
}

// NewBriefs reads on where r is.
func NewBriefs(r *Reader) *Briefs { return &Briefs{Reader: r, words: map[string]string{}} }

// maxWords bounds the names that are kept to be given again.
const maxWords = 1 << 18

// word gives a name that was met before without allocating it again.
func (b *Briefs) word(v []byte) string {
	if s, ok := b.words[string(v)]; ok {
		return s
	}
	if len(b.words) >= maxWords {
		clear(b.words)
	}
	s := string(v)
	b.words[s] = s
	return s
}

// Next reads the next record into e, or returns io.EOF like Reader.Next.
func (b *Briefs) Next(e *Brief) error {
	leaf, blob, offset, err := b.frame()
	if err != nil {
		return err
	}
	b.leaf = append(b.leaf[:0], leaf...)
	ok, err := b.read(e, leaf)
	if err != nil {
		return err
	}
	if !ok {
		rec, err := b.decode(leaf, blob, offset, b.segs[0], b.sc)
		if err != nil {
			return err
		}
		*e = Briefly(rec)
	}
	e.Segment, e.Offset = b.segs[0].first, offset
	return nil
}

// Sum is the SHA-256 of the record that was read last.
func (b *Briefs) Sum() [sha256.Size]byte { return sha256.Sum256(b.leaf) }

// read reads a record that the log has written as it writes most; of any other it says that it is not ok.
func (b *Briefs) read(e *Brief, leaf []byte) (ok bool, err error) {
	h, ok := parseHead(leaf)
	if !ok || h.kind != kindOutcome && h.kind != kindProgress && h.kind != kindForm && (h.kind != kindIntent || h.form.at == 0) {
		return false, nil
	}
	*e = Brief{Seq: h.seq, Of: h.of}
	if e.Time, ok = b.time(h.time); !ok {
		return false, nil
	}
	switch h.kind {
	case kindProgress:
		e.Kind = kindProgress
		return true, nil
	case kindForm:
		e.Kind = kindForm
		return true, nil
	case kindOutcome:
		e.Kind = kindOutcome
	default:
		e.Kind = kindIntent
		if e.Form, err = b.form(h.form, b.segs[0], b.sc); err != nil {
			return true, err
		}
	}
	for s := leaf[1:]; ; {
		key, value, rest, more := cutMember(s)
		if key == nil {
			return false, nil
		}
		switch string(key) {
		case "person":
			e.Person, ok = b.text(value)
		case "login":
			e.Login, ok = b.text(value)
		case "client":
			e.Client, ok = b.text(value)
		case "session":
			e.Session, ok = b.text(value)
		case "sqlstate":
			e.SQLState, ok = b.text(value)
		case "end":
			e.End, ok = b.text(value)
		case "rows":
			e.Rows, err = strconv.ParseInt(string(value), 10, 64)
			ok = err == nil
		case "subjects":
			e.Subjects, ok = b.subjects(value)
		case "decision", "class", "cmd", "policy", "rules", "tables", "functions", "touches", "fp", "redacted", "rule":
			ok = false // it has more than its form
		}
		if !ok {
			return false, nil
		}
		if !more {
			return len(rest) == 0, nil
		}
		s = rest
	}
}

// time reads a record's time.
func (b *Briefs) time(s string) (int64, bool) {
	if len(s) != len(timeLayout) || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' || s[29] != 'Z' {
		return 0, false
	}
	if s[:10] != string(b.day[:]) {
		day, err := time.Parse(time.DateOnly, s[:10])
		if err != nil {
			return 0, false
		}
		copy(b.day[:], s)
		b.start = day.Unix()
	}
	number := func(s string) (n int64) {
		for i := range len(s) {
			if s[i] < '0' || s[i] > '9' {
				return -1 << 40
			}
			n = 10*n + int64(s[i]-'0')
		}
		return n
	}
	hour, minute, second, ns := number(s[11:13]), number(s[14:16]), number(s[17:19]), number(s[20:29])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || ns < 0 {
		return 0, false
	}
	return (b.start+3600*hour+60*minute+second)*1e9 + ns, true
}

// text reads a string in which nothing is escaped.
func (b *Briefs) text(v []byte) (string, bool) {
	if len(v) < 2 || v[0] != '"' || bytes.IndexByte(v, '\\') >= 0 {
		return "", false
	}
	return b.word(v[1 : len(v)-1]), true
}

// subjects reads the member subjects of an outcome.
func (b *Briefs) subjects(v []byte) (list []Subjects, ok bool) {
	each := func(v []byte, open byte, do func([]byte) bool) bool {
		if len(v) < 2 || v[0] != open {
			return false
		}
		for s := v[1:]; s[0] != ']'; {
			value, rest := cutValue(s)
			if value == nil || len(rest) == 0 || !do(value) {
				return false
			}
			if rest[0] == ']' {
				return len(rest) == 1
			}
			if s = rest[1:]; rest[0] != ',' || len(s) == 0 || s[0] == ']' {
				return false
			}
		}
		return len(v) == 2
	}
	ok = each(v, '[', func(o []byte) bool {
		if len(o) < 2 || o[0] != '{' {
			return false
		}
		var s Subjects
		for rest, more := o[1:], true; more; {
			var key, value []byte
			ok := true
			if key, value, rest, more = cutMember(rest); key == nil {
				return false
			}
			switch string(key) {
			case "of":
				s.Of, ok = b.text(value)
			case "whole":
				s.Whole, ok = true, string(value) == "true"
			case "bulk":
				s.Bulk, ok = true, string(value) == "true"
			case "tokens":
				s.Tokens = make([]SubjectToken, 0, len(value)/(base64.RawURLEncoding.EncodedLen(tokenSize)+3)+1)
				ok = each(value, '[', func(t []byte) bool {
					var token SubjectToken
					if len(t) != base64.RawURLEncoding.EncodedLen(tokenSize)+2 || t[0] != '"' {
						return false
					}
					if _, err := base64.RawURLEncoding.Decode(token[:], t[1:len(t)-1]); err != nil {
						return false
					}
					s.Tokens = append(s.Tokens, token)
					return true
				})
			default:
				ok = false
			}
			if !ok {
				return false
			}
		}
		list = append(list, s)
		return true
	})
	return list, ok
}

// cutMember cuts the first member off what follows the brace or a comma of an object. more says that another follows, in rest; without one, rest is what is behind the object. A nil key says that it cannot be read.
func cutMember(s []byte) (key, value, rest []byte, more bool) {
	name, s := cutValue(s)
	if len(name) < 2 || name[0] != '"' || len(s) == 0 || s[0] != ':' {
		return nil, nil, nil, false
	}
	value, s = cutValue(s[1:])
	if value == nil || len(s) == 0 || s[0] != ',' && s[0] != '}' {
		return nil, nil, nil, false
	}
	return name[1 : len(name)-1], value, s[1:], s[0] == ','
}

// cutValue cuts the JSON value off that s begins with, which has no white space between its parts. It looks at it as far as is needed to find its end. A nil value says that it has none.
func cutValue(s []byte) (value, rest []byte) {
	depth := 0
	for i := 0; i < len(s); {
		switch s[i] {
		case '"':
			for i++; ; {
				n := bytes.IndexByte(s[i:], '"')
				if n < 0 {
					return nil, nil
				}
				i += n + 1
				back := i - 2
				for s[back] == '\\' { // the string's own quote stops it
					back--
				}
				if (i-2-back)%2 == 0 {
					break
				}
			}
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			if depth--; depth < 0 {
				return nil, nil
			}
			i++
		case ',', ':':
			if depth == 0 {
				return nil, nil
			}
			i++
			continue
		default:
			if depth > 0 {
				i++
				continue
			}
			for i < len(s) && s[i] != ',' && s[i] != '}' && s[i] != ']' {
				i++
			}
		}
		if depth == 0 {
			return s[:i], s[i:]
		}
	}
	return nil, nil
}
