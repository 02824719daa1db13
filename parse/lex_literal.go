package parse

import "strings"

// quoteStyle is how a literal or quoted identifier is written.
type quoteStyle uint8

const (
	quotePlain    quoteStyle = iota + 1 // 'x'
	quoteNational                       // N'x'
	quoteEscape                         // E'x'
	quoteUnicode                        // U&'x'
	quoteBit                            // B'x', X'x'
	quoteIdent                          // "x"
	quoteIdentU                         // U&"x"
)

// prefixed tells whether the letter at i begins a literal or quoted identifier, and where its quote stands.
func (l *lexer) prefixed(i int) (style quoteStyle, quote int) {
	next := l.at(i + 1)
	if next != '\'' && next != '&' {
		return 0, 0
	}
	switch l.sql[i] {
	case 'e', 'E':
		style = quoteEscape
	case 'n', 'N':
		style = quoteNational
	case 'b', 'B', 'x', 'X':
		style = quoteBit
	case 'u', 'U':
		if next == '&' {
			switch l.at(i + 2) {
			case '\'':
				return quoteUnicode, i + 2
			case '"':
				return quoteIdentU, i + 2
			}
		}
		return 0, 0
	default:
		return 0, 0
	}
	if next != '\'' {
		return 0, 0
	}
	return style, i + 1
}

// quoted reads the literal or identifier that begins at start and whose first quote stands at quote.
func (l *lexer) quoted(start, quote int, style quoteStyle) (Token, error) {
	if style == quoteIdent || style == quoteIdentU {
		return l.quotedIdent(start, quote)
	}
	j, verify := quote+1, false
	for {
		end, v, err := l.literalBody(start, j, style)
		if err != nil {
			return Token{}, err
		}
		verify = verify || v
		if j = l.continuation(end); j < 0 {
			kind := String
			if style == quoteBit {
				kind = BitString
			}
			if verify {
				if err := verifyEscaped(l.sql, start, end); err != nil {
					return Token{}, err
				}
			}
			return l.token(kind, start, end)
		}
	}
}

// literalBody reads from j, just behind an opening quote, to behind the closing one. verify says that an escape made a byte that may not be valid UTF-8.
func (l *lexer) literalBody(start, j int, style quoteStyle) (end int, verify bool, err error) {
	sql := l.sql
	if style == quoteEscape {
		return l.escapedBody(start, j)
	}
	for {
		k := strings.IndexByte(sql[j:], '\'')
		if k < 0 {
			return 0, false, l.unterminated(start, style)
		}
		j += k + 1
		// B'0''1' is two literals: bit strings have no doubled quotes.
		if style == quoteBit || l.at(j) != '\'' {
			return j, false, nil
		}
		j++
	}
}

func (l *lexer) unterminated(start int, style quoteStyle) error {
	message := "unterminated quoted string"
	switch style {
	case quoteNational:
		start++ // PostgreSQL reads N as a token of its own
	case quoteBit:
		message = "unterminated bit string literal"
		if l.sql[start] == 'x' || l.sql[start] == 'X' {
			message = "unterminated hexadecimal string literal"
		}
	case quoteIdent, quoteIdentU:
		message = "unterminated quoted identifier"
	}
	return l.error(start, len(l.sql), message)
}

// continuation tells where the body of a literal goes on behind its end: 'a', white space and comments with at least one newline, 'b' is one literal. -1: it does not.
func (l *lexer) continuation(end int) int {
	sql, newline := l.sql, false
	for j := end; j < len(sql); j++ {
		switch c := sql[j]; {
		case c == '\n' || c == '\r':
			newline = true
		case class[c]&isSpace != 0:
		case c == '-' && l.at(j+1) == '-':
			k := strings.IndexAny(sql[j:], "\r\n")
			if k < 0 {
				return -1
			}
			j += k
			newline = true
		case c == '\'' && newline:
			return j + 1
		default:
			return -1
		}
	}
	return -1
}

// escapedBody is literalBody for E'…': it finds the end as the server will, and makes the same complaints about Unicode escapes.
func (l *lexer) escapedBody(start, j int) (end int, verify bool, err error) {
	sql := l.sql
	pair := rune(0) // a first half of a surrogate pair that waits for its second
	for j < len(sql) {
		c := sql[j]
		if pair != 0 && (c != '\\' || l.at(j+1) != 'u' && l.at(j+1) != 'U') {
			return 0, false, l.error(j, j+1, "invalid Unicode surrogate pair")
		}
		switch {
		case c == '\'':
			if l.at(j+1) != '\'' {
				return j + 1, verify, nil
			}
			j += 2
		case c != '\\':
			j++
		case j+1 >= len(sql):
			j++
		default:
			switch e := sql[j+1]; {
			case e == 'u' || e == 'U':
				r, n := unicodeEscape(sql[j:])
				if n == 0 {
					e := l.error(j, j, "")
					e.Code, e.Message, e.Hint = codeInvalidEscape, "invalid Unicode escape", `Unicode escapes must be \uXXXX or \UXXXXXXXX.`
					return 0, false, e
				}
				switch {
				case pair != 0 && !isLowSurrogate(r), pair == 0 && isLowSurrogate(r):
					return 0, false, l.error(j, j+n, "invalid Unicode surrogate pair")
				case pair != 0:
					pair = 0
				case isHighSurrogate(r):
					pair = r
				case r <= 0 || r > 0x10FFFF:
					return 0, false, l.error(j, j+n, "invalid Unicode escape value")
				}
				j += n
			case '0' <= e && e <= '7', e == 'x', e == 0, e >= 0x80:
				verify = true
				j += 2
			default:
				j += 2
			}
		}
	}
	if pair != 0 {
		return 0, false, l.error(len(sql), len(sql), "invalid Unicode surrogate pair")
	}
	return 0, false, l.unterminated(start, quoteEscape)
}

// unicodeEscape reads \uXXXX or \UXXXXXXXX at the start of s: its value and length, 0 when it is neither.
func unicodeEscape(s string) (r rune, n int) {
	n = 6
	if s[1] == 'U' {
		n = 10
	}
	if len(s) < n {
		return 0, 0
	}
	v, ok := hexValue(s[2:n])
	if !ok {
		return 0, 0
	}
	if v > 0x10FFFF {
		return -1, n
	}
	return rune(v), n
}

func hexValue(s string) (v uint32, ok bool) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if class[c]&isHex == 0 {
			return 0, false
		}
		v = v<<4 | uint32(c&0xF)
		if c > '9' {
			v += 9
		}
	}
	return v, true
}

func isHighSurrogate(r rune) bool { return 0xD800 <= r && r < 0xDC00 }
func isLowSurrogate(r rune) bool  { return 0xDC00 <= r && r < 0xE000 }

// quotedIdent reads "x" or U&"x".
func (l *lexer) quotedIdent(start, quote int) (Token, error) {
	sql := l.sql
	for j := quote + 1; ; {
		k := strings.IndexByte(sql[j:], '"')
		if k < 0 {
			return Token{}, l.unterminated(start, quoteIdent)
		}
		j += k + 1
		if l.at(j) == '"' {
			j++
			continue
		}
		if j == quote+2 {
			return Token{}, l.error(start, j, "zero-length delimited identifier")
		}
		return l.token(QuotedIdent, start, j)
	}
}

// number reads a number at i, where a digit, or a point and a digit, stand. The longest match counts, as in flex: 1..2 is 1 and .. and 2.
func (l *lexer) number(i int) (Token, error) {
	sql := l.sql
	if sql[i] == '0' {
		bits, word := uint8(0), ""
		last := byte('9')
		switch l.at(i + 1) {
		case 'x', 'X':
			bits, word = isHex, "hexadecimal"
		case 'o', 'O':
			bits, word, last = isDigit, "octal", '7'
		case 'b', 'B':
			bits, word, last = isDigit, "binary", '1'
		}
		if bits != 0 {
			fits := func(c byte) bool { return class[c]&bits != 0 && (bits == isHex || c <= last) }
			j := i + 2
			for {
				if fits(l.at(j)) {
					j++
				} else if l.at(j) == '_' && fits(l.at(j+1)) {
					j += 2
				} else {
					break
				}
			}
			if j == i+2 {
				if l.at(j) == '_' {
					j++
				}
				return Token{}, l.error(i, j, "invalid "+word+" integer")
			}
			return l.junkless(i, j)
		}
	}
	j := l.digits(i)
	if l.at(j) == '.' && (l.at(j+1) != '.' || strings.IndexByte(sql[i:j], '_') >= 0) || sql[i] == '.' { // scan.l looks for the two points behind plain digits only
		j = l.digits(j + 1)
	}
	if c := l.at(j); c == 'e' || c == 'E' {
		k := j + 1
		if s := l.at(k); s == '+' || s == '-' {
			k++
		}
		if class[l.at(k)]&isDigit != 0 {
			return l.junkless(i, l.digits(k))
		}
		return Token{}, l.error(i, max(k, j+1), "trailing junk after numeric literal")
	}
	return l.junkless(i, j)
}

// digits passes digits with single underscores between them.
func (l *lexer) digits(j int) int {
	if class[l.at(j)]&isDigit == 0 {
		return j
	}
	for {
		if class[l.at(j)]&isDigit != 0 {
			j++
		} else if l.at(j) == '_' && class[l.at(j+1)]&isDigit != 0 {
			j += 2
		} else {
			return j
		}
	}
}

// junkless ends a number, unless an identifier begins right behind it: until PostgreSQL 14 “1x” was a number and a label.
func (l *lexer) junkless(i, j int) (Token, error) {
	if class[l.at(j)]&isIdentStart != 0 {
		return Token{}, l.error(i, j+1, "trailing junk after numeric literal")
	}
	return l.token(Number, i, j)
}
