// Package mark puts an export's number into its rows, where people do not see it, and finds it again in what has leaked of them.
//
// # In texts
//
// A marked text has four characters without width between two of its letters or digits: one byte, two bits each. So little room is in a name, so the number is spread over the rows. Its six bytes are the coefficients of a
// polynomial over GF(256); a text carries the polynomial's value at one point, and the point follows from the text itself. So each marked text says by itself which part it carries: rows may be dropped, shuffled and mixed with others, columns may go. From any
// six right bytes at six points the number follows (it is a Reed–Solomon code of length 256), and each further one confirms it.
//
// Point and byte are hidden by HMAC-SHA-256 of the text: without the key nobody can read a number, or write that of another export.
//
// # In the order of rows
//
// Where a statement leaves the order of its rows free, they are given in the order of the HMAC of the export's number and a text of theirs. Whoever types a list anew, or has a program take the marks out, still has that order.
//
// # In the content
//
// Of the marked texts a sample of keyed hashes is kept: those below a bound that leaves [MaxSample]. It tells which exports had the rows of a file, and nothing to whoever lacks the key.
package mark

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Export is what a mark says: the request that was approved, and the how manieth of its uses this is, modulo 256.
type Export struct {
	Request [5]byte
	Use     byte
}

// ParseExport reads a request's id, ten digits in hex.
func ParseExport(id string, use int) (e Export, err error) {
	if n, err := hex.Decode(e.Request[:], []byte(id[:min(len(id), 10)])); err != nil || n != 5 || len(id) != 10 {
		return e, fmt.Errorf("%q is not the id of a request", id)
	}
	e.Use = byte(use)
	return e, nil
}

func (e Export) String() string {
	return hex.EncodeToString(e.Request[:]) + ", use " + strconv.Itoa(int(e.Use))
}

func (e Export) number() [numberBytes]byte {
	return [numberBytes]byte{e.Request[0], e.Request[1], e.Request[2], e.Request[3], e.Request[4], e.Use}
}

const (
	numberBytes = 6
	perMark     = 4 // characters of one mark
)

// alphabet are the characters of a mark, two bits each: default ignorable in Unicode, unchanged by normalization, white space to no program's trim, and in every font of the last twenty years. The two joiners shape Arabic and Indic letters, so no mark stands
// beside one.
var alphabet = [4]rune{'\u200b', '\u200c', '\u200d', '\u2060'}

func digit(r rune) int { return slices.Index(alphabet[:], r) }

// Marker marks the rows of one export. It is for one goroutine.
type Marker struct {
	number [numberBytes]byte
	mac    hash.Hash
	sum    [sha256.Size]byte
	plain  []byte // scratch
	gaps   []int  // scratch
	sample Sample
}

// New makes the marker of an export.
func New(key Key, e Export) *Marker {
	return &Marker{number: e.number(), mac: hmac.New(sha256.New, key[:]), sample: Sample{below: 1<<48 - 1}}
}

// cell is what the key makes of a text, whatever the export: the point and the byte that hides the value, where the mark stands, and the hash for the sample.
func (m *Marker) cell(normal []byte) (point, pad byte, place uint32, hash uint64) {
	m.mac.Reset()
	m.mac.Write([]byte("cell\x00"))
	m.mac.Write(normal)
	s := m.mac.Sum(m.sum[:0])
	return s[0], s[1], binary.BigEndian.Uint32(s[2:]), binary.BigEndian.Uint64(s[6:]) >> 16
}

// Order is where a row with this text stands among the rows of the export.
func (m *Marker) Order(text []byte) uint64 {
	m.plain = Normal(m.plain[:0], text)
	return m.order(m.plain)
}

func (m *Marker) order(normal []byte) uint64 {
	m.mac.Reset()
	m.mac.Write([]byte("order\x00"))
	m.mac.Write(m.number[:])
	m.mac.Write(normal)
	return binary.BigEndian.Uint64(m.mac.Sum(m.sum[:0]))
}

// Text appends a text with its mark to dst. most is how many characters it may have, 0 for any number. marked is false, and the text is as it was, where it has no room: when it would be too long, is no UTF-8, has such characters already, or no two letters or
// digits of a script that they do not shape stand side by side.
func (m *Marker) Text(dst, text []byte, most int) (out []byte, marked bool) {
	m.gaps = m.gaps[:0]
	n, before := 0, false
	for i := 0; i < len(text); n++ {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 || digit(r) >= 0 {
			return append(dst, text...), false
		}
		now := unshaped(r)
		if before && now {
			m.gaps = append(m.gaps, i)
		}
		before, i = now, i+size
	}
	m.plain = Normal(m.plain[:0], text)
	point, pad, place, hash := m.cell(m.plain)
	m.sample.add(hash)
	if len(m.gaps) == 0 || most > 0 && n+perMark > most {
		return append(dst, text...), false
	}
	at := m.gaps[place%uint32(len(m.gaps))]
	dst = append(dst, text[:at]...)
	for v, i := value(&m.number, point)^pad, 0; i < perMark; i++ {
		dst = utf8.AppendRune(dst, alphabet[v>>6])
		v <<= 2
	}
	return append(dst, text[at:]...), true
}

// unshaped says that a character without width may stand beside r and not be seen.
func unshaped(r rune) bool {
	switch {
	case r < 0x80:
		return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == ' '
	default:
		return unicode.IsLetter(r) && unicode.In(r, unicode.Han, unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Hangul, unicode.Hiragana, unicode.Katakana)
	}
}

// Normal appends what stays of a text when it goes through other programs: without characters that have no width, with white space as single spaces, none at its ends.
func Normal(dst, text []byte) []byte {
	space, begun := false, false
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case digit(r) >= 0, r == '\ufeff', r == '\u00ad':
		case unicode.IsSpace(r):
			space = begun
		default:
			if space {
				dst = append(dst, ' ')
			}
			dst = append(dst, text[:size]...)
			space, begun = false, true
		}
		text = text[size:]
	}
	return dst
}

// read finds the byte of a mark in a text.
func read(text string) (v byte, ok bool) {
	n := 0
	for _, r := range text {
		d := digit(r)
		if d < 0 {
			if n > 0 && n < perMark {
				return 0, false
			}
			continue
		}
		v = v<<2 | byte(d)
		n++
	}
	return v, n == perMark
}

// MaxSample is how many hashes the sample of one export has.
const MaxSample = 3000

// Sample is of the texts of an export: the hashes that are not above a bound. The zero value is empty.
type Sample struct {
	below  uint64          // the bound, with itself
	hashes map[uint64]bool // 48 bits each
}

func (s *Sample) add(h uint64) {
	if h > s.below {
		return
	}
	if s.hashes == nil {
		s.hashes = make(map[uint64]bool)
	}
	s.hashes[h] = true
	if len(s.hashes) >= 2*MaxSample {
		s.trim()
	}
}

func (s *Sample) trim() {
	if len(s.hashes) <= MaxSample {
		return
	}
	all := s.sorted()
	s.below = all[MaxSample-1]
	for _, h := range all[MaxSample:] {
		delete(s.hashes, h)
	}
}

func (s *Sample) sorted() []uint64 {
	all := make([]uint64, 0, len(s.hashes))
	for h := range s.hashes {
		all = append(all, h)
	}
	slices.Sort(all)
	return all
}

// Sample is that of what was marked so far.
func (m *Marker) Sample() *Sample {
	m.sample.trim()
	return &m.sample
}

// Bytes are the bound and the hashes, six bytes each.
func (s *Sample) Bytes() []byte {
	var b []byte
	six := func(v uint64) {
		var t [8]byte
		binary.BigEndian.PutUint64(t[:], v)
		b = append(b, t[2:]...)
	}
	six(s.below)
	for _, h := range s.sorted() {
		six(h)
	}
	return b
}

// ReadSample reads what Bytes has written.
func ReadSample(b []byte) (*Sample, error) {
	if len(b) < 6 || len(b)%6 != 0 || len(b) > 6*(MaxSample+1) {
		return nil, fmt.Errorf("%d bytes are no sample of an export", len(b))
	}
	s := &Sample{hashes: make(map[uint64]bool, len(b)/6)}
	for i := 0; i < len(b); i += 6 {
		var t [8]byte
		copy(t[2:], b[i:i+6])
		if v := binary.BigEndian.Uint64(t[:]); i == 0 {
			s.below = v
		} else {
			s.hashes[v] = true
		}
	}
	return s, nil
}

// unquestion takes out the question marks that a program which cannot write a mark puts there instead.
func unquestion(text string) string {
	const lost = "????"
	if i := strings.Index(text, lost); i > 0 && i+len(lost) < len(text) && text[i-1] != '?' && text[i+len(lost)] != '?' {
		return text[:i] + text[i+len(lost):]
	}
	return text
}
