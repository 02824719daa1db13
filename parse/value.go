package parse

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// IdentValue is the name that an Ident or QuotedIdent token of sql stands for: ASCII letters folded, quotes undone, Unicode escapes decoded (with the UESCAPE that follows, if any),
// cut to PostgreSQL's 63 bytes. It is an error for other tokens, and where PostgreSQL would complain.
func IdentValue(sql string, t Token) (string, error) {
	text := t.Text(sql)
	switch t.Kind {
	case Ident:
		return truncate(lowerASCII(text)), nil
	case QuotedIdent:
		if text[0] == '"' {
			return truncate(strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)), nil
		}
		name, err := unicodeValue(sql, t, strings.ReplaceAll(text[3:len(text)-1], `""`, `"`))
		return truncate(name), err
	}
	return "", fmt.Errorf("%q is not an identifier", text)
}

// StringValue is the value of a String token of sql: quotes, continuation lines and escapes undone. It is an error for other tokens, and where PostgreSQL would complain.
func StringValue(sql string, t Token) (string, error) {
	text := t.Text(sql)
	if t.Kind != String {
		return "", fmt.Errorf("%q is not a string literal", text)
	}
	if text[0] == '$' {
		tag := strings.IndexByte(text[1:], '$') + 2
		return text[tag : len(text)-tag], nil
	}
	l := lexer{sql: sql}
	style, quote := quotePlain, int(t.Start)
	if text[0] != '\'' {
		style, quote = l.prefixed(int(t.Start))
	}
	if style == quotePlain && strings.IndexByte(text[1:], '\'') == len(text)-2 {
		return text[1 : len(text)-1], nil
	}
	var b strings.Builder
	for j := quote + 1; ; {
		end, _, err := l.literalBody(int(t.Start), j, style)
		if err != nil {
			return "", err
		}
		body := sql[j : end-1]
		if style == quoteEscape {
			unescape(&b, body)
		} else {
			b.WriteString(strings.ReplaceAll(body, "''", "'"))
		}
		if end >= int(t.End) {
			break
		}
		if j = l.continuation(end); j < 0 {
			return "", errors.New("the token does not belong to this text")
		}
	}
	switch style {
	case quoteUnicode:
		return unicodeValue(sql, t, b.String())
	case quoteEscape:
		if s := b.String(); strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
			return "", invalidBytes(s)
		}
	}
	return b.String(), nil
}

// Value is the value of an identifier or string token, whichever it is.
func Value(sql string, t Token) (string, error) {
	if t.Kind == String {
		return StringValue(sql, t)
	}
	return IdentValue(sql, t)
}

// unescape appends the value of the body of an E'…' literal that the lexer has let through.
func unescape(b *strings.Builder, s string) {
	pair := rune(0)
	for i := 0; i < len(s); {
		c := s[i]
		if c == '\'' {
			b.WriteByte(c)
			i += 2
			continue
		}
		if c != '\\' || i+1 >= len(s) {
			b.WriteByte(c)
			i++
			continue
		}
		switch e := s[i+1]; e {
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case '0', '1', '2', '3', '4', '5', '6', '7':
			v, j := 0, i+1
			for ; j < len(s) && j < i+4 && '0' <= s[j] && s[j] <= '7'; j++ {
				v = v<<3 | int(s[j]-'0')
			}
			b.WriteByte(byte(v))
			i = j
			continue
		case 'x':
			j := i + 2
			for j < len(s) && j < i+4 && class[s[j]]&isHex != 0 {
				j++
			}
			if j == i+2 {
				b.WriteByte('x')
			} else {
				v, _ := hexValue(s[i+2 : j])
				b.WriteByte(byte(v))
			}
			i = j
			continue
		case 'u', 'U':
			r, n := unicodeEscape(s[i:])
			switch {
			case pair != 0:
				b.WriteRune((pair&0x3FF)<<10 + 0x10000 + r&0x3FF)
				pair = 0
			case isHighSurrogate(r):
				pair = r
			default:
				b.WriteRune(r)
			}
			i += n
			continue
		default:
			b.WriteByte(e)
		}
		i += 2
	}
}

// verifyEscaped checks that the E'…' literal sql[start:end], whose escapes make bytes, makes UTF-8 without NUL.
func verifyEscaped(sql string, start, end int) error {
	_, err := StringValue(sql, Token{Kind: String, Start: int32(start), End: int32(end)})
	return err
}

// unicodeValue decodes the escapes of a U& literal or identifier, whose quotes are already undone.
func unicodeValue(sql string, t Token, s string) (string, error) {
	escape, err := escapeCharacter(sql, t)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	pair := rune(0)
	invalid := func(what string) (string, error) {
		return "", &SyntaxError{Code: codeSyntax, Message: what, Position: charPosition(sql, int(t.Start))}
	}
	for i := 0; i < len(s); {
		if s[i] != escape {
			if pair != 0 {
				return invalid("invalid Unicode surrogate pair")
			}
			b.WriteByte(s[i])
			i++
			continue
		}
		if i+1 < len(s) && s[i+1] == escape {
			if pair != 0 {
				return invalid("invalid Unicode surrogate pair")
			}
			b.WriteByte(escape)
			i += 2
			continue
		}
		from, n := i+1, 4
		if from < len(s) && s[from] == '+' {
			from, n = from+1, 6
		}
		if from+n > len(s) {
			return invalid("invalid Unicode escape")
		}
		v, ok := hexValue(s[from : from+n])
		if !ok {
			return invalid("invalid Unicode escape")
		}
		r := rune(v)
		switch {
		case v == 0 || v > 0x10FFFF:
			return invalid("invalid Unicode escape value")
		case pair != 0 && !isLowSurrogate(r), pair == 0 && isLowSurrogate(r):
			return invalid("invalid Unicode surrogate pair")
		case pair != 0:
			b.WriteRune((pair&0x3FF)<<10 + 0x10000 + r&0x3FF)
			pair = 0
		case isHighSurrogate(r):
			pair = r
		default:
			b.WriteRune(r)
		}
		i = from + n
	}
	if pair != 0 {
		return invalid("invalid Unicode surrogate pair")
	}
	return b.String(), nil
}

// escapeCharacter is the escape of the U& token t: what a UESCAPE behind it says, or a backslash.
func escapeCharacter(sql string, t Token) (byte, error) {
	l := lexer{sql: sql, pos: int(t.End)}
	next, err := l.skipComments()
	if err != nil || next.Kind != Ident || !equalFold(next.Text(sql), "uescape") {
		return '\\', nil // what follows is no part of this token, nor is its error
	}
	lit, err := l.skipComments()
	if err != nil {
		return 0, err
	}
	if lit.Kind == String && (sql[lit.Start] == '\'' || sql[lit.Start] == 'E' || sql[lit.Start] == 'e' || sql[lit.Start] == '$') {
		s, err := StringValue(sql, lit)
		if err != nil {
			return 0, err
		}
		if len(s) == 1 && class[s[0]]&(isHex|isSpace) == 0 && !strings.Contains(`+'"`, s) {
			return s[0], nil
		}
		return 0, l.error(int(lit.Start), int(lit.End), "invalid Unicode escape character")
	}
	return 0, l.error(int(lit.Start), int(lit.End), "UESCAPE must be followed by a simple string literal")
}

func (l *lexer) skipComments() (Token, error) {
	for {
		t, err := l.next()
		if err != nil || t.Kind != comment {
			return t, err
		}
	}
}

// QuoteIdent writes a name so that PostgreSQL reads back exactly it: bare where that is safe in any place of the grammar, in double quotes otherwise.
func QuoteIdent(name string) string {
	if name != "" && (class[name[0]]&isIdentStart != 0) && name[0] < 0x80 {
		plain := true
		for i := 0; i < len(name); i++ {
			c := name[i]
			if c >= 0x80 || 'A' <= c && c <= 'Z' || c == '$' || class[c]&isIdentCont == 0 {
				plain = false
				break
			}
		}
		// Keywords are quoted whatever their class: a server of a later major may have moved one.
		if plain && Keyword(name) == NotKeyword {
			return name
		}
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// QuoteString writes a string literal that means s whatever standard_conforming_strings says.
func QuoteString(s string) string {
	q := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.IndexByte(s, '\\') >= 0 {
		return " E" + strings.ReplaceAll(q, `\`, `\\`)
	}
	return q
}

func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// truncate cuts a name to what fits PostgreSQL's type name, at a character's end.
func truncate(name string) string {
	if len(name) < nameDataLen {
		return name
	}
	n := nameDataLen - 1
	for n > 0 && !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n]
}
