package parse

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// The lexer is a twin of PostgreSQL 16's scan.l with standard_conforming_strings = on. Where a text could be read in two ways, what counts is that the grammar behind Parse and
// the server read it as this lexer does; fuzz tests compare the token boundaries with pg_query.Scan.

// Lex appends the tokens of sql to dst, without white space and comments, and returns it. It allocates nothing but dst's growth. At a lexical error it returns the tokens before it
// and a *SyntaxError in PostgreSQL's words. It does not look at what encoding the bytes are in, except where an escape in a literal makes bytes; a NUL byte is a token of kind Other.
func Lex(dst []Token, sql string) ([]Token, error) {
	if len(sql) > math.MaxInt32 {
		return dst, tooLong(len(sql), math.MaxInt32)
	}
	l := lexer{sql: sql}
	for {
		t, err := l.next()
		if err != nil {
			return dst, err
		}
		switch t.Kind {
		case 0:
			return dst, nil
		case comment:
		case Ident:
			t.Keyword = Keyword(sql[t.Start:t.End]) != NotKeyword
			dst = append(dst, t)
		default:
			dst = append(dst, t)
		}
	}
}

// lexer reads sql from pos. Its next gives one token at a time, comments included, and does not look keywords up.
type lexer struct {
	sql string
	pos int
}

// Classes of a byte, as bits.
const (
	isSpace      = 1 << iota // scan.l's {space}; \v became one in PostgreSQL 17 only, so it is no space here, and the grammar refuses it
	isIdentStart             // {identifier}'s first byte
	isIdentCont
	isDigit
	isHex
	isOp   // {op_chars}
	isDolq // {dolq_cont}: an identifier's, but for $
	isPunct
)

var class [256]uint8

func init() {
	set := func(s string, bits uint8) {
		for i := 0; i < len(s); i++ {
			class[s[i]] |= bits
		}
	}
	set(" \t\n\r\f", isSpace)
	set("_", isIdentStart|isIdentCont|isDolq)
	for c := 'a'; c <= 'z'; c++ {
		class[c] |= isIdentStart | isIdentCont | isDolq
		class[c-'a'+'A'] |= isIdentStart | isIdentCont | isDolq
	}
	for c := 0x80; c <= 0xFF; c++ {
		class[c] |= isIdentStart | isIdentCont | isDolq
	}
	set("0123456789", isDigit|isIdentCont|isDolq|isHex)
	set("abcdefABCDEF", isHex)
	set("$", isIdentCont)
	set("~!@#^&|`?+-*/%<>=", isOp)
	set("()[],;:.", isPunct)
}

// at is the byte at i, or 0 behind the end: no rule takes a NUL, so the end and a NUL need no telling apart there.
func (l *lexer) at(i int) byte {
	if i < len(l.sql) {
		return l.sql[i]
	}
	return 0
}

// next returns the next token or comment; kind 0 is the end of the text. After an error the lexer is not to be used again.
func (l *lexer) next() (Token, error) {
	sql, i := l.sql, l.pos
	for i < len(sql) && class[sql[i]]&isSpace != 0 {
		i++
	}
	if i >= len(sql) {
		l.pos = i
		return Token{Start: int32(i), End: int32(i)}, nil
	}
	c := sql[i]
	bits := class[c]
	switch {
	case bits&isIdentStart != 0:
		if kind, quote := l.prefixed(i); kind != 0 {
			return l.quoted(i, quote, kind)
		}
		j := i + 1
		for j < len(sql) && class[sql[j]]&isIdentCont != 0 {
			j++
		}
		return l.token(Ident, i, j)
	case c == '\'':
		return l.quoted(i, i, quotePlain)
	case c == '"':
		return l.quoted(i, i, quoteIdent)
	case bits&isDigit != 0, c == '.' && class[l.at(i+1)]&isDigit != 0:
		return l.number(i)
	case bits&isPunct != 0:
		if d := l.at(i + 1); c == '.' && d == '.' || c == ':' && (d == ':' || d == '=') {
			return l.token(Operator, i, i+2)
		}
		return l.token(Punct, i, i+1)
	case bits&isOp != 0:
		return l.operator(i)
	case c == '$':
		return l.dollar(i)
	}
	return l.token(Other, i, i+1)
}

func (l *lexer) token(k TokenKind, start, end int) (Token, error) {
	l.pos = end
	return Token{Kind: k, Start: int32(start), End: int32(end)}, nil
}

// operator reads a comment or an operator at i.
func (l *lexer) operator(i int) (Token, error) {
	sql := l.sql
	if sql[i] == '-' && l.at(i+1) == '-' {
		j := i + 2
		for j < len(sql) && sql[j] != '\n' && sql[j] != '\r' {
			j++
		}
		return l.token(comment, i, j)
	}
	if sql[i] == '/' && l.at(i+1) == '*' {
		return l.blockComment(i)
	}
	// A comment start ends the operator; so it is looked for while the operator grows.
	j, special := i, false // special: a character that no standard SQL operator has
	for j < len(sql) && class[sql[j]]&isOp != 0 {
		switch c := sql[j]; c {
		case '/', '-':
			if c == '/' && l.at(j+1) == '*' || c == '-' && l.at(j+1) == '-' {
				goto end
			}
		case '~', '!', '@', '#', '^', '&', '|', '`', '?', '%':
			special = true
		}
		j++
	}
end:
	// “=-” is two operators and “?-” is one: + and - may only end an operator that has a special character.
	if last := sql[j-1]; j-i > 1 && !special && (last == '+' || last == '-') {
		for j-i > 1 && (sql[j-1] == '+' || sql[j-1] == '-') {
			j--
		}
	}
	if j-i >= nameDataLen {
		return Token{}, l.error(i, j, "operator too long")
	}
	return l.token(Operator, i, j)
}

// blockComment reads a comment, which may nest, at i.
func (l *lexer) blockComment(i int) (Token, error) {
	sql, depth := l.sql, 1
	j := i + 2
	for depth > 0 {
		k := strings.IndexAny(sql[j:], "*/")
		if k < 0 || j+k+1 >= len(sql) {
			return Token{}, l.error(i, len(sql), "unterminated /* comment")
		}
		j += k
		switch {
		case sql[j] == '/' && sql[j+1] == '*':
			depth++
			j += 2
		case sql[j] == '*' && sql[j+1] == '/':
			depth--
			j += 2
		default:
			j++
		}
	}
	return l.token(comment, i, j)
}

// dollar reads a parameter or a dollar-quoted string at i.
func (l *lexer) dollar(i int) (Token, error) {
	sql, j := l.sql, i+1
	if class[l.at(j)]&isDigit != 0 {
		for j < len(sql) && class[sql[j]]&isDigit != 0 {
			j++
		}
		return l.token(Param, i, j)
	}
	for j < len(sql) && class[sql[j]]&isDolq != 0 {
		j++
	}
	if l.at(j) != '$' {
		return l.token(Other, i, i+1)
	}
	tag := sql[i : j+1]
	// The string ends at the first place its tag stands again, even inside what would be a longer tag or an identifier.
	k := strings.Index(sql[j+1:], tag)
	if k < 0 {
		return Token{}, l.error(i, len(sql), "unterminated dollar-quoted string")
	}
	return l.token(String, i, j+1+k+len(tag))
}

const nameDataLen = 64

// error makes the *SyntaxError for the bytes from start to end, which PostgreSQL shows.
func (l *lexer) error(start, end int, message string) *SyntaxError {
	e := &SyntaxError{Code: codeSyntax, Position: charPosition(l.sql, start), offset: start}
	if start >= len(l.sql) {
		e.Message = message + " at end of input"
	} else {
		e.Message = fmt.Sprintf("%s at or near \"%s\"", message, l.sql[start:end])
	}
	return e
}

// charPosition turns a byte offset into PostgreSQL's 1-based character position.
func charPosition(sql string, offset int) int {
	return utf8.RuneCountInString(sql[:offset]) + 1
}
