package wire

import (
	"strings"
)

// TextArray gives the elements of an array in PostgreSQL's text form, of any number of dimensions, those that are NULL left out. Its elements are separated by commas, as those of every type but box are.
func TextArray(s string) ([][]byte, error) {
	bad := func(why string) ([][]byte, error) { return nil, &FormatError{"array", why} }
	s = strings.Trim(s, arraySpace)
	if strings.HasPrefix(s, "[") { // [1:3]={…}
		_, rest, ok := strings.Cut(s, "=")
		if !ok {
			return bad("bounds without a value")
		}
		s = strings.TrimLeft(rest, arraySpace)
	}
	if !strings.HasPrefix(s, "{") {
		return bad("no brace at the front")
	}
	var list [][]byte
	depth := 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '{':
			depth++
			i++
		case c == '}':
			if depth--; depth < 0 {
				return bad("too many closing braces")
			}
			i++
		case c == ',', strings.IndexByte(arraySpace, c) >= 0:
			i++
		case depth == 0:
			return bad("something behind the last brace")
		default:
			element, quoted, n := arrayElement(s[i:])
			if n < 0 {
				return bad("an element does not end")
			}
			i += n
			if quoted || !strings.EqualFold(string(element), "null") {
				list = append(list, element)
			}
		}
	}
	if depth != 0 {
		return bad("a brace is not closed")
	}
	return list, nil
}

const arraySpace = " \t\n\r\v\f"

// arrayElement reads one element and says how many bytes it takes, -1 when it does not end.
func arrayElement(s string) (element []byte, quoted bool, n int) {
	end := 0 // of the element without the blanks behind it
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			if i++; i >= len(s) {
				return nil, false, -1
			}
			element, quoted = append(element, s[i]), true // \NULL is no NULL
			end = len(element)
		case c == '"':
			quoted = true
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					if i++; i >= len(s) {
						return nil, false, -1
					}
				}
				element = append(element, s[i])
			}
			if i >= len(s) {
				return nil, false, -1
			}
			end = len(element)
		case c == ',' || c == '}':
			return element[:end], quoted, i
		case c == '{':
			return nil, false, -1
		default:
			element = append(element, c)
			if strings.IndexByte(arraySpace, c) < 0 {
				end = len(element)
			}
		}
	}
	return nil, false, -1
}

// maxDimensions is PostgreSQL's MAXDIM.
const maxDimensions = 6

// BinaryArray gives the elements of an array in PostgreSQL's binary form, those that are NULL left out. They belong to p.
func BinaryArray(p []byte) ([][]byte, error) {
	b := body{b: p}
	dimensions := int(b.uint32())
	b.uint32() // whether there are NULLs
	b.uint32() // the type of the elements
	if b.bad || dimensions < 0 || dimensions > maxDimensions {
		return nil, &FormatError{"array", "no valid number of dimensions"}
	}
	for range dimensions {
		b.uint32()
		b.uint32()
	}
	var list [][]byte
	for !b.bad && len(b.b) > 0 {
		if n := int32(b.uint32()); n >= 0 {
			list = append(list, b.bytes(int(n)))
		} else if n < -1 {
			b.fail("insufficient data left in message")
		}
	}
	if b.bad {
		return nil, &FormatError{"array", "an element is longer than the message"}
	}
	return list, nil
}
