package audit

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"time"
	"unicode/utf8"
)

// The JSON of a record begins with seq, t and kind in this order, so that verifier and reader find them without decoding the rest. Strings are escaped here and not by encoding/json,
// because a record is made for every statement: this costs no allocation. Quotes inside strings are always escaped, so the text `"key":` never appears but as a key.

func appendKey(b []byte, key string) []byte {
	b = append(b, '"')
	b = append(b, key...)
	return append(b, '"', ':')
}

// appendField appends ,"key":"value", or nothing when value is empty.
func appendField(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':')
	return appendText(b, value, maxName)
}

// appendUintField appends ,"key":value, or nothing when value is 0.
func appendUintField(b []byte, key string, value uint64) []byte {
	if value == 0 {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':')
	return strconv.AppendUint(b, value, 10)
}

func appendList(b []byte, key string, list []string) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':', '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s, maxName)
	}
	return append(b, ']')
}

// cut returns s, or its first n bytes without half a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// appendText appends s as a JSON string, cut to limit bytes with an ellipsis.
func appendText(b []byte, s string, limit int) []byte {
	if len(s) <= limit {
		return appendString(b, s)
	}
	b = appendString(b, cut(s, limit))
	return append(b[:len(b)-1], "…\""...)
}

const hexDigits = "0123456789abcdef"

// plain tells the bytes that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := 0x20; c < 0x7f; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// appendString appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\r':
				b = append(b, '\\', 'r')
			case '\t':
				b = append(b, '\\', 't')
			default:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, s[start:i]...)
			b = append(b, "\ufffd"...)
			i++
			start = i
			continue
		}
		i += size
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// scratch is what the encoding of one record needs; a pool keeps them, so that a statement allocates nothing.
type scratch struct {
	leaf   []byte // the record after its sequence number, from the comma to the closing brace
	kind   int    // where in leaf the kind ends
	key    *dek   // of a form's texts
	blob   []byte // encrypted texts
	plain  []byte // texts before encryption
	hasher hasher
	second int64 // the second that stamp holds
	stamp  [20]byte
	random [1024]byte // unused random bytes at the end, from left
	left   int
}

// keep bounds what a pooled scratch holds on to after a very long statement.
const keep = 256 << 10

func (s *scratch) trim() {
	if cap(s.leaf) > keep {
		s.leaf = nil
	}
	if cap(s.blob) > keep {
		s.blob = nil
	}
	if cap(s.plain) > keep {
		s.plain = nil
	} else {
		clear(s.plain) // literals do not linger in memory that others will reuse
	}
}

// read returns n fresh random bytes, valid until the next call; n is at most 64.
func (s *scratch) read(n int) []byte {
	if s.left+n > len(s.random) || s.left == 0 {
		rand.Read(s.random[:]) // never fails: the runtime ends the process instead
		s.left = 0
	}
	r := s.random[s.left : s.left+n]
	s.left += n
	return r
}

// begin starts a record: ,"t":"2026-11-21T19:43:26.123456789Z","kind":"…". The sequence number is put before it when it is known.
func (s *scratch) begin(t time.Time, kind string) {
	b := append(s.leaf[:0], `,"t":"`...)
	unix := t.Unix()
	if unix != s.second || s.stamp[0] == 0 {
		t.UTC().AppendFormat(s.stamp[:0], "2006-01-02T15:04:05.")
		s.second = unix
	}
	b = append(b, s.stamp[:]...)
	ns := t.Nanosecond()
	var digits [9]byte
	for i := 8; i >= 0; i-- {
		digits[i] = byte('0' + ns%10)
		ns /= 10
	}
	b = append(b, digits[:]...)
	b = append(b, `Z","kind":"`...)
	b = append(b, kind...)
	s.leaf = append(b, '"')
	s.kind = len(s.leaf)
	s.blob = s.blob[:0]
	s.key = nil
}

// size is what the record takes in a segment at most.
func (s *scratch) size() int64 {
	return int64(frameHeader + len(`{"seq":18446744073709551615,"form":[18446744073709551615,9223372036854775807]`) + len(s.leaf) + len(s.blob))
}

func appendHash(b []byte, h []byte) []byte {
	return base64.RawURLEncoding.AppendEncode(b, h)
}

// appendParams appends parameters as a JSON list: null, a string, {"hex":…} for the binary format and for what is not UTF-8, {"secret":true}, and {"cut":…,"bytes":n,"sha256":…} for what is longer than limit.
// The whole is kept under total bytes: further parameters are counted in a last element {"more":n}.
func appendParams(b []byte, params []Param, limit, total int) []byte {
	b = append(b, '[')
	start := len(b)
	for i, p := range params {
		if i > 0 {
			b = append(b, ',')
		}
		if len(b)-start > total {
			b = append(b, `{"more":`...)
			b = strconv.AppendInt(b, int64(len(params)-i), 10)
			b = append(b, '}')
			break
		}
		b = appendParam(b, p, limit)
	}
	return append(b, ']')
}

func appendParam(b []byte, p Param, limit int) []byte {
	if p.Value == nil {
		return append(b, "null"...)
	}
	if p.Secret {
		return append(b, `{"secret":true}`...)
	}
	v := p.Value
	part := p.Length > len(v)
	text := !p.Binary && validStart(v, part)
	if len(v) > limit || part {
		if text {
			v = v[:len(cut(unsafeString(v), min(limit, len(v))))]
			for part && len(v) > 0 && !utf8.Valid(v) {
				v = v[:len(v)-1]
			}
			b = append(b, `{"cut":`...)
			b = appendString(b, unsafeString(v))
		} else {
			b = append(b, `{"cuthex":"`...)
			b = hex.AppendEncode(b, v[:min(limit, len(v))])
			b = append(b, '"')
		}
		b = append(b, `,"bytes":`...)
		b = strconv.AppendInt(b, int64(max(p.Length, len(p.Value))), 10)
		if part {
			return append(b, '}')
		}
		b = append(b, `,"sha256":"`...)
		b = appendHash(b, sum256(p.Value))
		return append(b, `"}`...)
	}
	if text {
		return appendString(b, unsafeString(v))
	}
	b = append(b, `{"hex":"`...)
	b = hex.AppendEncode(b, v)
	return append(b, `"}`...)
}

// validStart tells whether v is UTF-8, but for a character at its end that is cut off when v is a part only.
func validStart(v []byte, part bool) bool {
	for range utf8.UTFMax {
		if utf8.Valid(v) {
			return true
		}
		if !part || len(v) == 0 {
			return false
		}
		v = v[:len(v)-1]
	}
	return false
}
