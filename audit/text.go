package audit

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// Statement text, rewritten text and parameters lie in the blob beside a record, encrypted with AES-256-GCM under the key of the day. The record says
//
//	"x":{"key":"2026-11-21","sha256":"…","sql":[len,"…"],"rewritten":[len,"…"],"params":[len,"…"],"frame":[len,"…"]}
//
// with the SHA-256 of the blob as stored, and for each part its whole length in bytes and SHA-256(salt ‖ whole part). The salts are inside the blob: without one, a hash of a phone number is
// found by trying all phone numbers. Each part has a salt of its own, so that one can be opened to a court without the others. Deleting keys/2026-11-21.key makes the day's literals unreadable; all
// proofs stay valid.
//
// The blob is nonce (12 bytes, random) ‖ AES-256-GCM(plain, additional data "cordon-audit/blob/1"). Plain is a byte 1, then for each part: tag byte (1 sql, 2 rewritten, 3 params, 4 frame), u32 little-endian length stored, salt (16
// bytes), the bytes stored. The bytes stored are the first of the part when it was longer than the limit.
const (
	tagSQL       = 1
	tagRewritten = 2
	tagParams    = 3
	tagFrame     = 4

	saltSize  = 16
	nonceSize = 12

	maxTextBytes  = 4 << 20 // Options.TextBytes is at most this
	maxParamBytes = 1 << 20
)

var blobAAD = []byte("cordon-audit/blob/1")

var partNames = [...]string{tagSQL: "sql", tagRewritten: "rewritten", tagParams: "params", tagFrame: "frame"}

func sum256(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:]
}

func unsafeString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// dek is the key of one day.
type dek struct {
	id   string // 2026-11-21, or 2026-11-21.2 when the day's first key was destroyed
	day  string
	aead cipher.AEAD
}

// check returns what the log holds of a key: enough to know it again, not enough to use it.
func dekCheck(key []byte) []byte {
	return sum256(append([]byte("cordon-audit/key-check/1\x00"), key...))
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

const dekPrefix = "cordon-audit/key/1 "

// readDEK reads keys/<id>.key.
func readDEK(dir, id string) ([]byte, error) {
	if !validDEK(id) {
		return nil, fmt.Errorf("%q is not the name of a day's key", id)
	}
	path := filepath.Join(dir, "keys", id+".key")
	b, err := readSmall(path, 4096)
	if err != nil {
		return nil, err
	}
	rest, ok := strings.CutPrefix(strings.TrimSuffix(string(b), "\n"), dekPrefix+id+" ")
	if !ok {
		return nil, fmt.Errorf("%s is not the key of %s", path, id)
	}
	key, err := base64.StdEncoding.Strict().DecodeString(rest)
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s is damaged: it must hold 32 bytes in base64", path)
	}
	return key, nil
}

// validDEK keeps a record that names ../../x from reading that.
func validDEK(id string) bool {
	day, n, found := strings.Cut(id, ".")
	if _, err := time.Parse(time.DateOnly, day); err != nil || len(day) != 10 {
		return false
	}
	if !found {
		return true
	}
	v, err := strconv.Atoi(n)
	return err == nil && v >= 2 && v < 1000 && strconv.Itoa(v) == n
}

// openDEK returns the key of t's day. It makes one when there is none; made is true then, and check is what the log must hold of it. A key that was destroyed is never made again under the same name:
// last is the newest name that the log knows, "" for none.
func openDEK(dir string, t time.Time, last string) (d *dek, made bool, check []byte, err error) {
	day := t.UTC().Format(time.DateOnly)
	// A clock that was ahead for a while has left keys of days that are to come. Their names are behind all that may still be made, so the newest of them goes on.
	if ahead, _, _ := strings.Cut(last, "."); ahead > day {
		day = ahead
	}
	used := func(id string) bool { return last != "" && !dekAfter(id, last) }
	for n := 1; n < 1000; n++ {
		id := day
		if n > 1 {
			id = day + "." + strconv.Itoa(n)
		}
		key, err := readDEK(dir, id)
		switch {
		case err == nil:
		case errors.Is(err, fs.ErrNotExist):
			if used(id) {
				continue
			}
			key = make([]byte, 32)
			rand.Read(key)
			text := dekPrefix + id + " " + base64.StdEncoding.EncodeToString(key) + "\n"
			if err := writeNew(filepath.Join(dir, "keys", id+".key"), []byte(text), 0o600); err != nil {
				return nil, false, nil, fmt.Errorf("make the key of %s: %w", id, err)
			}
			made = true
		default:
			return nil, false, nil, err
		}
		aead, err := newAEAD(key)
		if err != nil {
			return nil, false, nil, err
		}
		return &dek{id: id, day: day, aead: aead}, made, dekCheck(key), nil
	}
	return nil, false, nil, fmt.Errorf("the keys of %s were destroyed 999 times", day)
}

// writeNew writes a file that must not exist, durably.
func writeNew(path string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(path)
		return err
	}
	return syncDir(filepath.Dir(path))
}

// texts are those of one record.
type texts struct {
	sql, rewritten string // rewritten is "" when it is sql
	params         []Param
	frame          []string
}

// own are the texts of an intent that its form does not have.
func (in *Intent) own() texts {
	t := texts{sql: in.SQL, rewritten: in.Rewritten, params: in.Params}
	f := in.Form
	switch {
	case f == nil:
	case len(in.Fill) > 0:
		t.rewritten = ""
	case t.rewritten == f.rewritten && (t.rewritten != "" || t.sql == f.sql || f.sql == ""):
		t.rewritten = ""
	case t.rewritten == "":
		t.rewritten = t.sql // else it would be that of the form
	}
	if f != nil && t.sql == f.sql {
		t.sql = ""
	}
	return t
}

// seal encrypts texts into s.blob and appends their commitments to s.leaf.
func (s *scratch) seal(d *dek, t texts, o *Options) {
	if t.sql == "" && t.rewritten == "" && len(t.params) == 0 && t.frame == nil {
		return
	}
	type part struct{ from, to, whole int }
	var parts [tagFrame + 1]part
	var sums [tagFrame + 1][32]byte
	s.plain = append(s.plain[:0], 1)
	add := func(tag byte, text string) {
		stored := cut(text, o.TextBytes)
		s.plain = append(s.plain, tag)
		s.plain = binary.LittleEndian.AppendUint32(s.plain, uint32(len(stored)))
		from := len(s.plain)
		s.plain = append(s.plain, s.read(saltSize)...)
		s.plain = append(s.plain, stored...)
		parts[tag] = part{from, len(s.plain), len(text)}
		if len(stored) == len(text) {
			sums[tag], s.plain = s.hasher.sumEnd(s.plain, from)
			return
		}
		h := sha256.New()
		h.Write(s.plain[from : from+saltSize])
		h.Write(unsafe.Slice(unsafe.StringData(text), len(text)))
		h.Sum(sums[tag][:0])
	}
	if t.sql != "" {
		add(tagSQL, t.sql)
	}
	if t.rewritten != "" && t.rewritten != t.sql {
		add(tagRewritten, t.rewritten)
	}
	if t.frame != nil {
		add(tagFrame, encodeFrame(t.frame))
	}
	if len(t.params) > 0 {
		s.plain = append(s.plain, tagParams, 0, 0, 0, 0)
		from := len(s.plain)
		s.plain = append(s.plain, s.read(saltSize)...)
		s.plain = appendParams(s.plain, t.params, o.ParamBytes, o.ParamsBytes)
		n := len(s.plain) - from - saltSize
		binary.LittleEndian.PutUint32(s.plain[from-4:], uint32(n))
		parts[tagParams] = part{from, len(s.plain), n}
		sums[tagParams], s.plain = s.hasher.sumEnd(s.plain, from)
	}
	s.blob = append(s.blob[:0], s.read(nonceSize)...)
	s.blob = d.aead.Seal(s.blob, s.blob[:nonceSize], s.plain, blobAAD)
	var sum [sha256.Size]byte
	sum, s.blob = s.hasher.sumEnd(s.blob, 0)

	b := append(s.leaf, `,"x":{"key":"`...)
	b = append(b, d.id...)
	b = append(b, `","sha256":"`...)
	b = appendSum(b, &sum)
	b = append(b, '"')
	for tag := tagSQL; tag <= tagFrame; tag++ {
		p := parts[tag]
		if p.to == 0 {
			continue
		}
		b = append(b, ',', '"')
		b = append(b, partNames[tag]...)
		b = append(b, '"', ':', '[')
		b = appendUint(b, uint64(p.whole))
		b = append(b, ',', '"')
		b = appendSum(b, &sums[tag])
		b = append(b, '"', ']')
	}
	s.leaf = append(b, '}')
}

// encodeFrame encodes the pieces of a frame as a JSON list of strings.
func encodeFrame(frame []string) string {
	b := []byte{'['}
	for i, piece := range frame {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, piece)
	}
	return string(append(b, ']'))
}

// Texts are the texts of one record, decrypted.
type Texts struct {
	SQL       string
	Rewritten string // "" when it is SQL
	Params    string // JSON list as in docs/audit-format.md
	Truncated bool   // a text was longer than the limit, and only its beginning was kept
}

// opened are the texts of one record by itself.
type opened struct {
	Texts
	frame []string
}

// openBlob decrypts a blob and holds its parts against the record's commitments.
func openBlob(aead cipher.AEAD, x *sealedTexts, blob []byte) (opened, error) {
	var t opened
	if len(blob) < nonceSize {
		return t, errors.New("the encrypted texts are too short")
	}
	plain, err := aead.Open(nil, blob[:nonceSize], blob[nonceSize:], blobAAD)
	if err != nil {
		return t, errors.New("the texts do not decrypt with the key of the day")
	}
	if len(plain) == 0 || plain[0] != 1 {
		return t, errors.New("the texts have an unknown encoding")
	}
	seen := 0
	for b := plain[1:]; len(b) > 0; {
		if len(b) < 5+saltSize {
			return t, errors.New("the texts are cut short")
		}
		tag, n := b[0], int(binary.LittleEndian.Uint32(b[1:5]))
		b = b[5:]
		if tag < tagSQL || tag > tagFrame || n > len(b)-saltSize {
			return t, errors.New("the texts are damaged")
		}
		c := x.part(int(tag))
		if c == nil {
			return t, fmt.Errorf("the record has no commitment to the part %q", partNames[tag])
		}
		seen++
		text := string(b[saltSize : saltSize+n])
		switch {
		case int64(n) == c.Len:
			if subtle.ConstantTimeCompare(sum256(b[:saltSize+n]), c.Sum) != 1 {
				return t, fmt.Errorf("the part %q is not what the record commits to", partNames[tag])
			}
		case int64(n) < c.Len:
			t.Truncated = true
		default:
			return t, fmt.Errorf("the part %q is longer than the record says", partNames[tag])
		}
		switch tag {
		case tagSQL:
			t.SQL = text
		case tagRewritten:
			t.Rewritten = text
		case tagParams:
			t.Params = text
		case tagFrame:
			if int64(n) == c.Len && json.Unmarshal([]byte(text), &t.frame) != nil {
				return t, errors.New("the frame is not a list of strings")
			}
		}
		b = b[saltSize+n:]
	}
	if seen != x.count() {
		return t, errors.New("a part that the record commits to is missing")
	}
	return t, nil
}
