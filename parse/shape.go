package parse

import (
	"sort"
	"strings"
)

// Shape is a statement's text with its plain literals and its comments taken out, so that one plan can serve all texts that differ only in these. It is used again and again: Abstract
// overwrites it, and Key and Slots stay valid until then.
//
// A literal becomes a slot when it is
//   - a string '…' with no prefix and in one piece; ” and backslashes in it are taken as they stand (standard_conforming_strings is on);
//   - a decimal number: digits, one point, an exponent; no 0x, 0o, 0b and no underscore.
//
// Everything else is part of the key: E'…', N'…', U&'…', B'…', X'…', $tag$…$tag$, literals continued over lines, parameters, and the string behind UESCAPE, which changes what the literal before
// it means. A minus sign is an operator and stays in the key. White space stays as it is, so that positions in an error can be mapped.
//
// The class of a slot is in the key, because the type of a number depends on its size, and overloaded functions and operators on the type. The type that PostgreSQL gives a string literal
// never depends on its characters, also not in typed literals such as DATE '…'.
//
// Whoever makes the plan must treat as fixed (see AppendFixed) each slot whose text it has looked at or whose text decides what the statement means: counts of LIMIT, OFFSET and FETCH; ORDER BY 1
// and GROUP BY 1; type modifiers (varchar(20), interval(3)); TABLESAMPLE's arguments; names in strings ('t'::regclass, nextval('s'), set_config('x', …), currval, has_table_privilege …);
// numbers that a mask or a match rule compares; and anything the rewriter copies to another place. When in doubt, fixed.
type Shape struct {
	Key   []byte // identifies the shape; two texts have one key only if they differ in nothing but slots
	Slots []Slot // in the order of the text
}

// Slot is a literal or comment that is not part of the shape: the text's bytes from Start to End.
type Slot struct {
	Start, End int32
	Class      SlotClass
}

// SlotClass is what a slot can hold.
type SlotClass uint8

// The classes; their numbers are bytes of the key.
const (
	SlotBlockComment SlotClass = iota + 1 // /* … */
	SlotLineComment                       // -- …, without the newline; apart from the other, because what a plan puts behind one would be part of it
	SlotString                            // '…'
	SlotInt4                              // digits of an int4
	SlotInt8                              // digits of an int8 that is no int4
	SlotNumeric                           // any other decimal number
	SlotBackslash                         // '…\', which as a pattern of LIKE is an error
	SlotLong                              // '…' of more than LongString bytes, which as a pattern of LIKE can take more stack than there is
)

// LongString is the length, quotes included, up to which a string can be a pattern of LIKE without a risk: each % takes a level of the server's stack, of some hundred bytes, and max_stack_depth is 2 MB where nobody has changed it.
const LongString = 4000

// Abstract makes s the shape of sql. It is false, and s is of no use, when the text may not be planned by shape: it does not begin with SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, TABLE, WITH or an opening
// parenthesis, is more than one statement, or is not lexically right. It looks neither at the text's length nor at its encoding or depth: a plan is made only of a text that Parse
// has accepted, and the others of its shape have the same tokens but for the slots.
func Abstract(s *Shape, sql string) bool {
	s.Key, s.Slots = s.Key[:0], s.Slots[:0]
	if len(sql) > maxShape || strings.IndexByte(sql, 0) >= 0 {
		return false
	}
	l := lexer{sql: sql}
	copied := 0 // sql up to here is in the key
	first, ended, uescape := true, false, false
	for {
		if !first && !ended && l.passNames() {
			uescape = false
		}
		t, err := l.next()
		if err != nil {
			return false
		}
		if t.Kind == 0 {
			break
		}
		c := sql[t.Start]
		class := SlotClass(0)
		if t.Kind != comment {
			if ended {
				return false
			}
			if first {
				if !shapely(sql, t) {
					return false
				}
				first = false
			}
		}
		switch t.Kind {
		case comment:
			class = SlotBlockComment
			if c == '-' {
				class = SlotLineComment
			}
		case String:
			if c == '\'' && !uescape && inOnePiece(sql[t.Start:t.End]) {
				class = SlotString
				if sql[t.End-2] == '\\' {
					class = SlotBackslash
				} else if t.End-t.Start > LongString {
					class = SlotLong
				}
			}
		case Number:
			class = numberClass(sql[t.Start:t.End])
		case Punct:
			ended = c == ';'
		case Other:
			return false
		}
		if t.Kind != comment {
			uescape = t.Kind == Ident && c|0x20 == 'u' && equalFold(sql[t.Start:t.End], "uescape")
		}
		if class != 0 {
			s.Key = append(s.Key, sql[copied:t.Start]...)
			s.Key = append(s.Key, 0, byte(class)) // no text holds a NUL
			s.Slots = append(s.Slots, Slot{t.Start, t.End, class})
			copied = int(t.End)
		}
	}
	s.Key = append(s.Key, sql[copied:]...)
	return !first
}

// passNames goes on over what most of a text is, and what Abstract does nothing about: white space, names, and what stands between them. It stops at anything else; next reads it the slow way. passed says that there was a token.
func (l *lexer) passNames() (passed bool) {
	sql, i := l.sql, l.pos
	for i < len(sql) {
		c := sql[i]
		switch bits := class[c]; {
		case bits&isSpace != 0:
			i++
			continue
		case bits&isIdentStart != 0:
			if c|0x20 == 'u' || i+1 < len(sql) && sql[i+1] == '\'' { // UESCAPE, U&'…', E'…'
				l.pos = i
				return passed
			}
			for i++; i < len(sql) && class[sql[i]]&isIdentCont != 0; i++ {
			}
		case c == '"':
			k := i + 1
			for k < len(sql) && sql[k] != '"' {
				k++
			}
			if k == i+1 || k == len(sql) { // "" or no end
				l.pos = i
				return passed
			}
			i = k + 1 // "a""b" is two names here, as good as one
		case c == ',' || c == '(' || c == ')':
			i++
		case c == '.' || c == '=':
			if i+1 >= len(sql) || sql[i+1] == '.' || class[sql[i+1]]&(isDigit|isOp) != 0 {
				l.pos = i
				return passed
			}
			i++
		default:
			l.pos = i
			return passed
		}
		passed = true
	}
	l.pos = i
	return passed
}

// maxShape is the longest text worth a shape; a longer one costs more to send than to plan.
const maxShape = 64 << 10

// shapely tells whether a statement that begins with t is one whose literals are values.
func shapely(sql string, t Token) bool {
	if t.Kind == Punct {
		return sql[t.Start] == '('
	}
	if t.Kind != Ident {
		return false
	}
	word := sql[t.Start:t.End]
	switch word[0] | 0x20 {
	case 's':
		return equalFold(word, "select")
	case 'i':
		return equalFold(word, "insert")
	case 'u':
		return equalFold(word, "update")
	case 'd':
		return equalFold(word, "delete")
	case 'm':
		return equalFold(word, "merge")
	case 'v':
		return equalFold(word, "values")
	case 't':
		return equalFold(word, "table")
	case 'w':
		return equalFold(word, "with")
	}
	return false
}

// inOnePiece tells whether the literal, which begins with a quote, is not continued over lines: then behind each quote inside stands another one.
func inOnePiece(literal string) bool {
	body := literal[1 : len(literal)-1]
	for {
		i := strings.IndexByte(body, '\'')
		if i < 0 {
			return true
		}
		if i+1 >= len(body) || body[i+1] != '\'' {
			return false
		}
		body = body[i+2:]
	}
}

// numberClass tells what type PostgreSQL gives a number, 0 for those that stay in the key.
func numberClass(number string) SlotClass {
	digits := true
	for i := 0; i < len(number); i++ {
		switch c := number[i]; {
		case class[c]&isDigit != 0:
		case c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-':
			digits = false
		default: // 0x1F, 1_000
			return 0
		}
	}
	if !digits {
		return SlotNumeric
	}
	for len(number) > 1 && number[0] == '0' {
		number = number[1:]
	}
	switch {
	case number == "2147483648", number == "9223372036854775808": // behind a minus these are of a smaller type than their neighbours
		return 0
	case fitsIn(number, "2147483647"):
		return SlotInt4
	case fitsIn(number, "9223372036854775807"):
		return SlotInt8
	}
	return SlotNumeric
}

func fitsIn(number, limit string) bool {
	return len(number) < len(limit) || len(number) == len(limit) && number <= limit
}

// SlotAt finds the slot of the constant that the parse tree has at a byte offset of sql, -1 when it is none. The tree puts a negated number at its sign.
func (s *Shape) SlotAt(sql string, offset int) int {
	i := sort.Search(len(s.Slots), func(i int) bool { return int(s.Slots[i].Start) >= offset })
	for ; i < len(s.Slots); i++ {
		t := s.Slots[i]
		if int(t.Start) == offset {
			return i
		}
		if t.Class <= SlotLineComment { // - /* … */ 1
			continue
		}
		if c := sql[offset]; (c == '-' || c == '+') && t.Class >= SlotInt4 && t.Class <= SlotNumeric && signOnly(sql[offset+1:t.Start], s.Slots, offset+1) {
			return i
		}
		return -1
	}
	return -1
}

// signOnly tells whether only white space, comments and signs stand between a sign and its number.
func signOnly(between string, slots []Slot, offset int) bool {
	for j := 0; j < len(between); j++ {
		c := between[j]
		if class[c]&isSpace != 0 || c == '-' && (j+1 >= len(between) || between[j+1] != '-') || c == '+' {
			continue
		}
		i := sort.Search(len(slots), func(i int) bool { return int(slots[i].Start) >= offset+j })
		if i == len(slots) || int(slots[i].Start) != offset+j || slots[i].Class > SlotLineComment {
			return false
		}
		j = int(slots[i].End) - offset - 1
	}
	return true
}

// AppendFixed appends the texts of the slots with these indexes, each with its length before it: with Key it identifies a plan for which these slots were fixed.
func (s *Shape) AppendFixed(dst []byte, sql string, fixed []int) []byte {
	for _, i := range fixed {
		text := sql[s.Slots[i].Start:s.Slots[i].End]
		dst = append(dst, byte(len(text)), byte(len(text)>>8), byte(len(text)>>16))
		dst = append(dst, text...)
	}
	return dst
}
