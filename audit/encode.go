package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
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
	return appendUint(b, value)
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
	stamp  [len(stampLayout)]byte
	random [1024]byte // unused random bytes at the end, from left
	left   int
}

// stampLayout is how a record begins, behind its number, up to its kind.
const stampLayout = `,"t":"2006-01-02T15:04:05.000000000Z","kind":"`

// appendInt is appendUint for what may be negative.
func appendInt(b []byte, v int64) []byte {
	if v < 0 {
		return strconv.AppendInt(b, v, 10)
	}
	return appendUint(b, uint64(v))
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
	unix := t.Unix()
	if unix != s.second || s.stamp[0] == 0 {
		t.UTC().AppendFormat(s.stamp[:0], stampLayout)
		s.second = unix
	}
	digits := s.stamp[len(s.stamp)-len(`000000000Z","kind":"`):]
	ns := uint32(t.Nanosecond())
	digits[8] = '0' + byte(ns%10)
	ns /= 10
	for i := 6; i >= 0; i -= 2 {
		pair := pairs[ns%100]
		ns /= 100
		digits[i], digits[i+1] = pair[0], pair[1]
	}
	b := append(s.leaf[:0], s.stamp[:]...)
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

// appendSum is appendHash for a sum. It is by hand, six bytes at a time, since a record has several and encoding/base64 takes two or three times as long.
func appendSum(b []byte, sum *[sha256.Size]byte) []byte {
	var chars [48]byte
	for i := range 5 {
		binary.BigEndian.PutUint64(chars[8*i:], base64url(binary.BigEndian.Uint64(sum[6*i:])>>16))
	}
	binary.BigEndian.PutUint64(chars[40:], base64url(uint64(sum[30])<<40|uint64(sum[31])<<32))
	return append(b, chars[:43]...)
}

// base64url encodes the low 48 bits of v as eight characters, without looking at one after the other.
func base64url(v uint64) uint64 {
	const each = 0x0101010101010101
	v = v>>24<<32 | v&0xffffff // two halves of 24 bits, in 32 bits each
	v = v&0x00fff00000fff000<<4 | v&0x00000fff00000fff
	v = v&0x0fc00fc00fc00fc0<<2 | v&0x003f003f003f003f                       // eight values of six bits, a byte each
	from := func(n uint64) uint64 { return (v + (0x80-n)*each) >> 7 & each } // 1 where the value is at least n
	// 'A'+v, but from 26 on 'a'+v-26, from 52 on '0'+v-52, 62 is '-' and 63 '_'.
	return v + 'A'*each + from(26)*('a'-26-'A') - from(52)*('a'-26-('0'-52)) - from(62)*('0'-52-('-'-62)) + from(63)*('_'-63-('-'-62))
}

// appendUint appends the decimal digits of v. Most of a record's numbers are short. It is not inlined: a record has a dozen, and code that runs with cold caches is slow by its size.
//
//go:noinline
func appendUint(b []byte, v uint64) []byte {
	if v < 10 {
		return append(b, '0'+byte(v))
	}
	var digits [20]byte
	at := len(digits)
	for v >= 10 && at >= 2 {
		at -= 2
		pair := pairs[v%100]
		v /= 100
		digits[at], digits[at+1] = pair[0], pair[1]
	}
	if v > 0 && at >= 1 {
		at--
		digits[at] = '0' + byte(v)
	}
	return append(b, digits[at:]...)
}

// pairs are the numbers below 100 in two digits.
var pairs = func() (t [100][2]byte) {
	for i := range t {
		t[i] = [2]byte{'0' + byte(i/10), '0' + byte(i%10)}
	}
	return t
}()

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
			b = appendUint(b, uint64(len(params)-i))
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
		b = appendUint(b, uint64(max(p.Length, len(p.Value))))
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
