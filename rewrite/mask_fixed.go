package rewrite

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"cordon/policy"
)

// maskFixed is a constant, or NULL. It is written as a string and a cast, so that PostgreSQL's own input function reads it for whatever type the column has.
func maskFixed(m *policy.Mask, t *maskType, ref string) (string, error) {
	if m.Fixed.Null {
		return "NULL", nil
	}
	lit, err := maskConstant(m, t)
	if err != nil {
		return "", err
	}
	return "CASE WHEN " + ref + " IS NOT NULL THEN CAST(" + lit + " AS " + t.sql + ") END", nil
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// maskConstant is the constant as a string literal, held against the type as far as that is possible without PostgreSQL: a constant that a type refuses
// would make every statement fail, and one that depends on the day it is read (now, today) is none. maskProbe finds the rest.
func maskConstant(m *policy.Mask, t *maskType) (string, error) {
	v := m.Fixed.Value
	bad := func(want string) error {
		return fmt.Errorf("%s is the constant %s, but %s takes %s", m.Title(), v.Text, t.name, want)
	}
	if v.List {
		if t.elem == nil {
			return "", bad("a single value")
		}
		return v.SQL, nil
	}
	if t.elem != nil {
		return "", bad("a list")
	}
	number := v.Kind == policy.IntegerValue || v.Kind == policy.DecimalValue
	switch t.base {
	case oidText, oidVarchar, oidBpchar, oidName:
		room := int(t.typmod) - 4
		switch n := utf8.RuneCountInString(v.Text); {
		case t.base == oidName && len(v.Text) > 63:
			return "", bad("at most 63 bytes")
		case t.base != oidName && t.typmod >= 0 && n > room:
			return "", bad(fmt.Sprintf("at most %d characters", room))
		}
	case oidInt2, oidInt4, oidInt8:
		bits := map[bool]uint{true: 64}[t.base == oidInt8]
		if bits == 0 {
			bits = map[bool]uint{true: 16, false: 32}[t.base == oidInt2]
		}
		n, ok := new(big.Int).SetString(v.Text, 10)
		if most := new(big.Int).Lsh(big.NewInt(1), bits-1); v.Kind != policy.IntegerValue || !ok || n.CmpAbs(most) > 0 || n.Cmp(most) == 0 {
			return "", bad("a whole number within its range")
		}
	case oidNumeric, oidFloat4, oidFloat8:
		r, ok := new(big.Rat).SetString(v.Text)
		if !number || !ok {
			return "", bad("a number")
		}
		if t.base == oidNumeric && t.typmod >= 0 {
			p, s := numericTypmod(t.typmod)
			if !new(big.Rat).Mul(r, pow10(s)).IsInt() || new(big.Rat).Abs(r).Cmp(pow10(p-s)) >= 0 {
				return "", bad(fmt.Sprintf("numbers of %d digits, %d of them behind the point", p, s))
			}
		}
		if f, _ := r.Float64(); t.base == oidFloat8 && (f-f != 0 || f == 0 && r.Sign() != 0) {
			return "", bad("a number within its range")
		}
		if f, _ := r.Float32(); t.base == oidFloat4 && (f-f != 0 || f == 0 && r.Sign() != 0) {
			return "", bad("a number within its range")
		}
	case oidBool:
		if v.Kind != policy.BooleanValue {
			return "", bad("true or false")
		}
	case oidUUID:
		if !uuidForm.MatchString(v.Text) {
			return "", bad("a UUID such as 00000000-0000-0000-0000-000000000000")
		}
	case oidDate:
		if !isTime(v.Text, "2006-01-02") {
			return "", bad("a day such as 1970-01-01")
		}
	case oidTimestamp:
		if !isTime(v.Text, "2006-01-02", "2006-01-02 15:04:05", "2006-01-02T15:04:05") {
			return "", bad("a time such as 1970-01-01 00:00:00")
		}
	case oidTimestamptz:
		// Without an offset the session's TimeZone would decide.
		if !isTime(v.Text, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z07:00") {
			return "", bad("a time with its offset such as 1970-01-01 00:00:00+00:00")
		}
	case oidJSON, oidJSONB:
		j, err := jsonConstant(v)
		if err != nil {
			return "", bad("a string, a number, true or false")
		}
		return stringLiteral(j), nil
	}
	return stringLiteral(v.Text), nil
}

// jsonConstant is the constant as a JSON document: a string stands for that string.
func jsonConstant(v policy.Value) (string, error) {
	switch {
	case v.List:
		return "", fmt.Errorf("a list")
	case v.Kind == policy.IntegerValue, v.Kind == policy.BooleanValue:
		return v.Text, nil
	case v.Kind == policy.DecimalValue:
		r, ok := new(big.Rat).SetString(v.Text)
		if !ok {
			return "", fmt.Errorf("not a number")
		}
		return decimal(r), nil // .5 and 5. are no JSON
	case v.Kind == policy.StringValue:
		return quoteJSON(v.Text), nil
	default:
		return "", fmt.Errorf("no value")
	}
}

// quoteJSON writes a JSON string that jsonb takes in any server encoding: only what must be escaped is.
func quoteJSON(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func isTime(s string, layouts ...string) bool {
	if s == "infinity" || s == "-infinity" {
		return true
	}
	for _, l := range layouts {
		if _, err := time.Parse(l, s); err == nil {
			return !strings.HasPrefix(s, "0000")
		}
	}
	return false
}
