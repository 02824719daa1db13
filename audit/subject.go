package audit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"path/filepath"
	"strings"
	"unsafe"
)

// Whom the rows of a statement were about stands in its outcome as tokens: the first 12 bytes of HMAC-SHA-256(key, table ‖ 0x00 ‖ the key column's value as text), where the key is that of keys/subject.key and
// table is the one that the policy names for the key. Without the key, nobody can tell a token from another's by trying all customer numbers; when it is destroyed, the tokens say nothing any more, and every proof stays valid.
const tokenSize = 12

// SubjectToken stands for one person or thing whose data a table holds.
type SubjectToken [tokenSize]byte

// MarshalText gives the token as records have it, in base64url.
func (t SubjectToken) MarshalText() ([]byte, error) { return appendHash(nil, t[:]), nil }

// UnmarshalText reads it.
func (t *SubjectToken) UnmarshalText(b []byte) error {
	d, err := base64.RawURLEncoding.Strict().DecodeString(string(b))
	if err != nil || len(d) != tokenSize {
		return fmt.Errorf("%q is no subject's token", b)
	}
	copy(t[:], d)
	return nil
}

// Subjects are the subjects of one table in a statement's outcome. With neither Tokens nor Whole nor Bulk, it may have been any of them, or none.
type Subjects struct {
	Of     string         `json:"of"`               // the table whose keys they are
	Tokens []SubjectToken `json:"tokens,omitempty"` // of rows that came back, or that were looked up by their key
	Whole  bool           `json:"whole,omitempty"`  // the statement has shown nothing of any other
	Bulk   bool           `json:"bulk,omitempty"`   // more than the log keeps: it may have been any of them
}

// MaxSubjects is how many subjects of one statement are kept; one with more is bulk.
const MaxSubjects = 1000

// Tokens makes the tokens of one log's subjects. It is for one goroutine.
type Tokens struct {
	mac  hash.Hash
	sum  [sha256.Size]byte
	zero [1]byte
}

// Token is that of a value of the key column of a table.
func (t *Tokens) Token(table string, value []byte) (token SubjectToken) {
	t.mac.Reset()
	t.mac.Write(unsafe.Slice(unsafe.StringData(table), len(table)))
	t.mac.Write(t.zero[:])
	t.mac.Write(value)
	copy(token[:], t.mac.Sum(t.sum[:0]))
	return token
}

// Tokens returns what makes the log's tokens. The key is made when the log has none.
func (l *Log) Tokens() (*Tokens, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.subjectKey == nil {
		key, err := readSubjectKey(l.opts.Dir)
		if errors.Is(err, fs.ErrNotExist) {
			key = make([]byte, 32)
			rand.Read(key)
			text := dekPrefix + "subject " + base64.StdEncoding.EncodeToString(key) + "\n"
			err = writeNew(filepath.Join(l.opts.Dir, "keys", "subject.key"), []byte(text), 0o600)
		}
		if err != nil {
			return nil, fmt.Errorf("audit: the key of subjects: %w", err)
		}
		l.subjectKey = key
	}
	return &Tokens{mac: hmac.New(sha256.New, l.subjectKey)}, nil
}

// OpenTokens returns what makes the tokens of the log in dir, whose key this user must be able to read.
func OpenTokens(dir string) (*Tokens, error) {
	key, err := readSubjectKey(dir)
	if err != nil {
		return nil, fmt.Errorf("audit: the key of subjects: %w", err)
	}
	return &Tokens{mac: hmac.New(sha256.New, key)}, nil
}

func readSubjectKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, "keys", "subject.key")
	b, err := readSmall(path, 4096)
	if err != nil {
		return nil, err
	}
	rest, ok := strings.CutPrefix(strings.TrimSuffix(string(b), "\n"), dekPrefix+"subject ")
	if !ok {
		return nil, fmt.Errorf("%s is not a key of subjects", path)
	}
	key, err := base64.StdEncoding.Strict().DecodeString(rest)
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s is damaged: it must hold 32 bytes in base64", path)
	}
	return key, nil
}

// appendSubjects appends ,"subjects":[…], or nothing.
func appendSubjects(b []byte, list []Subjects) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(b, `,"subjects":[`...)
	for i := range list {
		s := &list[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"of":`...)
		b = appendText(b, s.Of, maxName)
		if len(s.Tokens) > 0 && !s.Bulk {
			b = append(b, `,"tokens":[`...)
			for j := range s.Tokens {
				if j > 0 {
					b = append(b, ',')
				}
				b = append(b, '"')
				b = appendHash(b, s.Tokens[j][:])
				b = append(b, '"')
			}
			b = append(b, ']')
		}
		if s.Whole && !s.Bulk {
			b = append(b, `,"whole":true`...)
		}
		if s.Bulk {
			b = append(b, `,"bulk":true`...)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}
