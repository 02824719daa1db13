package policy

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"
)

// ValueKind is the type of a Value, or of a list's elements. The zero value is no value.
type ValueKind uint8

// The kinds of value.
const (
	NoValue ValueKind = iota
	StringValue
	IntegerValue
	DecimalValue
	BooleanValue
)

// String is the kind in a word.
func (k ValueKind) String() string {
	switch k {
	case StringValue:
		return "text"
	case IntegerValue:
		return "integer"
	case DecimalValue:
		return "decimal"
	case BooleanValue:
		return "boolean"
	default:
		return "no value"
	}
}

// Value is a person's attribute: a string, integer, decimal, boolean, or a list of one of these. It never is NULL.
// The zero Value is not a value: an expression that needs it is refused.
type Value struct {
	// SQL is the value as an SQL literal that is safe to splice into any expression position: 7, (-7), 'EU', true, '{"EU","US"}'
	// (an untyped array literal, so that PostgreSQL infers the element type from the column). Built at load; strings are quoted with
	// standard_conforming_strings in mind: one with a backslash is written E'…', which means the same whatever that setting is.
	SQL  string
	Kind ValueKind // of the elements, for a list; NoValue for an empty list
	List bool
	Text string // for messages and me.x in audit
}

// MaxValueBytes is the longest text, and the longest list as literal: an attribute is spliced into every statement.
const MaxValueBytes = 64 << 10

var (
	integerForm = regexp.MustCompile(`^[-+]?[0-9]+$`)
	decimalForm = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?$`)
)

// String is the attribute's value for messages.
func (v Value) String() string { return v.Text }

// TextValue is a string.
func TextValue(s string) (Value, error) {
	if err := checkText(s); err != nil {
		return Value{}, err
	}
	return Value{SQL: quote(s), Kind: StringValue, Text: s}, nil
}

// NumberValue is an integer or a decimal, from its decimal notation.
func NumberValue(s string) (Value, error) {
	kind := IntegerValue
	if !integerForm.MatchString(s) {
		if !decimalForm.MatchString(s) {
			return Value{}, fmt.Errorf("%q is not a number in decimal notation", s)
		}
		kind = DecimalValue
	}
	if len(s) > 1000 {
		return Value{}, errors.New("the number has more than 1000 digits")
	}
	text := strings.TrimPrefix(s, "+")
	if kind == IntegerValue {
		n, _ := new(big.Int).SetString(text, 10)
		text = n.String() // no leading zeros, no -0
	}
	sql := text
	if strings.HasPrefix(sql, "-") {
		sql = "(" + sql + ")" // `1 -me.x` must not become the comment `--`, nor `-7::int` bind the cast tighter than the sign
	}
	return Value{SQL: sql, Kind: kind, Text: text}, nil
}

// BoolValue is true or false.
func BoolValue(b bool) Value {
	if b {
		return Value{SQL: "true", Kind: BooleanValue, Text: "true"}
	}
	return Value{SQL: "false", Kind: BooleanValue, Text: "false"}
}

// ListValue is a list of values of one kind; integers and decimals may be mixed.
func ListValue(elements []Value) (Value, error) {
	var lit, text strings.Builder
	list := Value{List: true}
	lit.WriteByte('{')
	text.WriteByte('[')
	for i, e := range elements {
		if e.List {
			return Value{}, errors.New("a list cannot hold another list")
		}
		switch {
		case e.Kind == NoValue:
			return Value{}, errors.New("a list cannot hold a missing value")
		case list.Kind == NoValue || list.Kind == e.Kind:
			list.Kind = e.Kind
		case list.Kind == IntegerValue && e.Kind == DecimalValue || list.Kind == DecimalValue && e.Kind == IntegerValue:
			list.Kind = DecimalValue
		default:
			return Value{}, fmt.Errorf("a list holds values of one type, and this one holds %s and %s", list.Kind, e.Kind)
		}
		if i > 0 {
			lit.WriteByte(',')
			text.WriteString(", ")
		}
		text.WriteString(e.Text)
		if e.Kind != StringValue {
			lit.WriteString(e.Text)
			continue
		}
		lit.WriteByte('"') // always: an unquoted NULL would be the null value, and spaces and braces have meaning
		for j := 0; j < len(e.Text); j++ {
			if c := e.Text[j]; c == '"' || c == '\\' {
				lit.WriteByte('\\')
			}
			lit.WriteByte(e.Text[j])
		}
		lit.WriteByte('"')
	}
	lit.WriteByte('}')
	text.WriteByte(']')
	if lit.Len() > MaxValueBytes {
		return Value{}, fmt.Errorf("the list is %d bytes long as an array, and %d is the limit", lit.Len(), MaxValueBytes)
	}
	list.SQL, list.Text = quote(lit.String()), text.String()
	return list, nil
}

// checkText refuses what PostgreSQL's text type cannot hold.
func checkText(s string) error {
	switch {
	case len(s) > MaxValueBytes:
		return fmt.Errorf("the text is %d bytes long, and %d is the limit", len(s), MaxValueBytes)
	case strings.IndexByte(s, 0) >= 0:
		return errors.New("the text holds a zero byte, which PostgreSQL cannot store")
	case !utf8.ValidString(s):
		return errors.New("the text is not valid UTF-8")
	}
	return nil
}

// quote is s as an SQL string constant that reads the same with standard_conforming_strings on and off.
func quote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	if strings.IndexByte(s, '\\') >= 0 {
		b.WriteByte('E')
	}
	b.WriteByte('\'')
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == '\'' || c == '\\' {
			b.WriteByte(c)
		}
		b.WriteByte(s[i])
	}
	b.WriteByte('\'')
	return b.String()
}
