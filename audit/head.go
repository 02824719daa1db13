package audit

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

// head is what every record begins with, found without decoding JSON.
type head struct {
	seq  uint64
	time string // RFC 3339 with nanoseconds, UTC, 30 bytes
	kind string
	of   uint64  // of an outcome or progress record: the intent
	form formRef // of an intent; zero when it has none
	key  string  // of the texts; "" when the record has none
	sum  []byte  // their SHA-256 in base64, 43 bytes
}

const timeLayout = "2006-01-02T15:04:05.000000000Z"

// parseHead reads the beginning of a record; strings of it are valid as long as leaf. Anything that the log does not write so is refused.
func parseHead(leaf []byte) (h head, ok bool) {
	s := unsafeString(leaf)
	if s, ok = strings.CutPrefix(s, `{"seq":`); !ok {
		return h, false
	}
	if h.seq, s, ok = cutUint(s); !ok {
		return h, false
	}
	if s, ok = strings.CutPrefix(s, `,"t":"`); !ok || len(s) < len(timeLayout) {
		return h, false
	}
	h.time, s = s[:len(timeLayout)], s[len(timeLayout):]
	if s, ok = strings.CutPrefix(s, `","kind":"`); !ok {
		return h, false
	}
	end := strings.IndexByte(s, '"')
	if end <= 0 {
		return h, false
	}
	h.kind, s = s[:end], s[end+1:]
	switch h.kind {
	case kindOutcome, kindProgress:
		if s, ok = strings.CutPrefix(s, `,"of":`); !ok {
			return h, false
		}
		if h.of, _, ok = cutUint(s); !ok {
			return h, false
		}
	case kindIntent, kindBlocked, kindForm:
		if h.kind == kindIntent {
			if h.form, s, ok = cutFormRef(s); !ok {
				return h, false
			}
		}
		if rest, found := strings.CutPrefix(s, `,"x":{"key":"`); found {
			end := strings.IndexByte(rest, '"')
			if end <= 0 {
				return h, false
			}
			h.key = rest[:end]
			if rest, ok = strings.CutPrefix(rest[end+1:], `,"sha256":"`); !ok || len(rest) < 44 || rest[43] != '"' {
				return h, false
			}
			h.sum = leaf[len(leaf)-len(rest):][:43]
		}
	}
	return h, true
}

// cutUint reads a decimal number without leading zeros.
func cutUint(s string) (v uint64, rest string, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		if i >= 19 || (i > 0 && v == 0) {
			return 0, s, false
		}
		v = v*10 + uint64(s[i]-'0')
		i++
	}
	return v, s[i:], i > 0
}

// commitment is what a record holds of one text.
type commitment struct {
	Len int64
	Sum []byte
}

// UnmarshalJSON reads [length, "hash"].
func (c *commitment) UnmarshalJSON(b []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return errors.New("a commitment has a length and a hash")
	}
	var sum string
	if err := json.Unmarshal(pair[0], &c.Len); err != nil {
		return err
	}
	if err := json.Unmarshal(pair[1], &sum); err != nil {
		return err
	}
	var err error
	c.Sum, err = base64.RawURLEncoding.Strict().DecodeString(sum)
	if err == nil && len(c.Sum) != 32 {
		err = errors.New("a commitment's hash has 32 bytes")
	}
	return err
}

// sealedTexts is the member x of a record.
type sealedTexts struct {
	Key       string      `json:"key"`
	SHA256    string      `json:"sha256"`
	SQL       *commitment `json:"sql"`
	Rewritten *commitment `json:"rewritten"`
	Params    *commitment `json:"params"`
	Frame     *commitment `json:"frame"`
}

func (x *sealedTexts) part(tag int) *commitment {
	switch tag {
	case tagSQL:
		return x.SQL
	case tagRewritten:
		return x.Rewritten
	case tagParams:
		return x.Params
	case tagFrame:
		return x.Frame
	default:
		return nil
	}
}

func (x *sealedTexts) count() int {
	n := 0
	for _, c := range []*commitment{x.SQL, x.Rewritten, x.Params, x.Frame} {
		if c != nil {
			n++
		}
	}
	return n
}

// dekAfter reports whether key a was made after key b: by day, then by number.
func dekAfter(a, b string) bool {
	dayA, nA, _ := strings.Cut(a, ".")
	dayB, nB, _ := strings.Cut(b, ".")
	if dayA != dayB {
		return dayA > dayB
	}
	if len(nA) != len(nB) {
		return len(nA) > len(nB)
	}
	return nA > nB
}
