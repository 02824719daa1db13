package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// fields reads the numbers, letters and truth values that a query packed into one text with blanks between. The first mistake stays in err, and every later answer is zero.
type fields struct {
	rest string
	err  error
}

func split(s *string) *fields {
	if s == nil {
		return &fields{err: fmt.Errorf("the server answered NULL")}
	}
	return &fields{rest: *s}
}

func (f *fields) more() bool { return f.err == nil && f.rest != "" }

func (f *fields) left() int {
	if f.rest == "" {
		return 0
	}
	return strings.Count(f.rest, " ") + 1
}

func (f *fields) next() string {
	if !f.more() {
		if f.err == nil {
			f.err = fmt.Errorf("the server's answer is too short")
		}
		return ""
	}
	word, rest, _ := strings.Cut(f.rest, " ")
	f.rest = rest
	return word
}

func (f *fields) oid() OID {
	word := f.next()
	if f.err != nil {
		return 0
	}
	oid, err := parseOID(word)
	if err != nil {
		f.err = err
	}
	return oid
}

func (f *fields) int32() int32 {
	word := f.next()
	if f.err != nil {
		return 0
	}
	n, err := strconv.ParseInt(word, 10, 32)
	if err != nil {
		f.err = fmt.Errorf("%q is not a number", word)
	}
	return int32(n)
}

func (f *fields) bool() bool {
	switch word := f.next(); {
	case f.err != nil:
	case word == "t":
		return true
	case word != "f":
		f.err = fmt.Errorf("%q is neither t nor f", word)
	}
	return false
}

// byte reads one letter.
func (f *fields) byte() byte {
	word := f.next()
	if f.err != nil {
		return 0
	}
	if len(word) != 1 {
		f.err = fmt.Errorf("%q is not one letter", word)
		return 0
	}
	return word[0]
}

// tagged reads a letter that stands behind another one, because it may be missing.
func (f *fields) tagged() byte {
	word := f.next()
	if f.err != nil || len(word) < 2 {
		return 0
	}
	return word[1]
}

func parseOID(s string) (OID, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not an OID", s)
	}
	return OID(n), nil
}

// parseOIDs reads an array of OIDs as text, {1,2,3}, and gives them in ascending order without one of them.
func parseOIDs(s *string, without OID) ([]OID, error) {
	if s == nil || len(*s) <= 2 {
		return nil, nil
	}
	var out []OID
	for word := range strings.SplitSeq(strings.Trim(*s, "{}"), ",") {
		if word == "NULL" {
			continue
		}
		oid, err := parseOID(strings.Trim(word, `"`))
		if err != nil {
			return nil, err
		}
		if oid != 0 && oid != without {
			out = append(out, oid)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
