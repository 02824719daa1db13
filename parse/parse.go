package parse

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	pg_query "github.com/pganalyze/pg_query_go/v5"
	"github.com/pganalyze/pg_query_go/v5/parser"
)

// Parse reads a text with PostgreSQL's grammar, as one statement or several separated by semicolons; an empty text gives none. The text must be UTF-8. Errors are *SyntaxError.
// A tree can take 300 times the text's length in memory: whoever keeps statements must bound them. Nothing reaches C code before its length, bytes and depth are known to be within limits.
func Parse(sql string, limits Limits) ([]*Statement, error) {
	if len(sql) > limits.bytes() {
		return nil, tooLong(len(sql), limits.bytes())
	}
	parsing.enter(len(sql))
	defer parsing.leave(len(sql))
	tokens, err := checkedTokens(sql, limits)
	if err != nil {
		var lexical *SyntaxError
		if errors.As(err, &lexical) && lexical.Code != codeTooComplex && len(tokens) > 0 {
			// PostgreSQL reads from left to right, so a mistake of grammar before this place is what it would complain of.
			end := int(tokens[len(tokens)-1].End)
			if checkDepth(sql, tokens, limits.depth()) == nil {
				if _, earlier := grammar(sql[:end], tokens); earlier != nil && earlier.Position > 0 && earlier.Position < charPosition(sql, end) {
					return nil, earlier
				}
			}
		}
		return nil, err
	}
	if onlySemicolons(sql, tokens) {
		return nil, nil
	}
	result, syntax := grammar(sql, tokens)
	if syntax != nil {
		return nil, syntax.named(sql, tokens, limits.Major)
	}
	return statements(sql, tokens, result)
}

// checkedTokens lexes a text and holds it against the limits. At an error it returns the tokens before it.
func checkedTokens(sql string, limits Limits) ([]Token, error) {
	if err := checkEncoding(sql); err != nil {
		return nil, err
	}
	tokens, err := Lex(make([]Token, 0, len(sql)/5+4), sql)
	if err != nil {
		return tokens, err
	}
	for i, t := range tokens {
		switch {
		case t.Kind == Number && limits.Major < 16:
			if j := newNumeral(t.Text(sql)); j > 0 {
				l := lexer{sql: sql}
				return tokens[:i], l.error(int(t.Start), int(t.Start)+j+1, "trailing junk after numeric literal")
			}
		case t.Kind == Param:
			if n := paramNumber(t.Text(sql)); n > maxParam {
				return tokens[:i], &SyntaxError{Code: codeNoParameter, Message: "there is no parameter " + t.Text(sql), Position: charPosition(sql, int(t.Start)), offset: int(t.Start)}
			}
		}
	}
	if err := checkDepth(sql, tokens, limits.depth()); err != nil {
		return nil, err
	}
	return tokens, nil
}

// newNumeral tells where a number shows itself as one that PostgreSQL reads since 16 only (0x1F, 0o7, 0b1, 1_000); 0 when it is not one.
func newNumeral(number string) int {
	if len(number) > 1 && number[0] == '0' {
		switch number[1] {
		case 'x', 'X', 'o', 'O', 'b', 'B':
			return 1
		}
	}
	return max(0, strings.IndexByte(number, '_'))
}

// paramNumber is the number of a parameter's text, more than maxParam for any that is too large.
func paramNumber(text string) int {
	n := 0
	for i := 1; i < len(text) && n <= maxParam; i++ {
		n = n*10 + int(text[i]-'0')
	}
	return n
}

// checkEncoding refuses a NUL, where C would end the text, and bytes that are not UTF-8, in PostgreSQL's words.
func checkEncoding(sql string) *SyntaxError {
	if strings.IndexByte(sql, 0) < 0 && utf8.ValidString(sql) {
		return nil
	}
	return invalidBytes(sql)
}

// invalidBytes names the first bytes of s that are no UTF-8 as PostgreSQL does.
func invalidBytes(s string) *SyntaxError {
	e := &SyntaxError{Code: codeEncoding, Message: `invalid byte sequence for encoding "UTF8":`}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if s[i] != 0 && (r != utf8.RuneError || n > 1) {
			i += n
			continue
		}
		// The first byte says how many would belong to the character.
		n = 1
		switch c := s[i]; {
		case c&0xE0 == 0xC0:
			n = 2
		case c&0xF0 == 0xE0:
			n = 3
		case c&0xF8 == 0xF0:
			n = 4
		}
		for _, c := range []byte(s[i:min(len(s), i+n)]) {
			e.Message += fmt.Sprintf(" 0x%02x", c)
		}
		e.offset = i
		break
	}
	return e
}

func onlySemicolons(sql string, tokens []Token) bool {
	for _, t := range tokens {
		if t.Kind != Punct || sql[t.Start] != ';' {
			return false
		}
	}
	return true
}

// grammar gives a text whose tokens are within limits to pg_query.
func grammar(sql string, tokens []Token) (*pg_query.ParseResult, *SyntaxError) {
	blanked := withoutComments(sql, tokens)
	result, err := parseTree(blanked, tokens)
	if err == nil {
		return result, nil
	}
	var c *parser.Error
	if !errors.As(err, &c) {
		return nil, &SyntaxError{Code: codeTooComplex, Message: "statement cannot be decoded: " + err.Error()}
	}
	e := &SyntaxError{Code: sqlState(c), Message: withComments(c.Message, c.Cursorpos, sql, blanked), Position: c.Cursorpos}
	switch e.Code {
	case codeInvalidEscape:
		e.Hint = `Unicode escapes must be \uXXXX or \UXXXXXXXX.`
	}
	return nil, e
}

// withoutComments replaces each byte of a comment by a space, so that every offset stays. pg_query's scanner returns comments as tokens, which its look-ahead does not expect: it reads
// “NOT /**/ IN”, “U&'…' /**/ UESCAPE '!'” and a comment between the parts of a continued literal otherwise than a server does. White space it reads alike.
func withoutComments(sql string, tokens []Token) string {
	var b []byte
	from := 0
	for i := 0; i <= len(tokens); i++ {
		to, next := len(sql), len(sql)
		if i < len(tokens) {
			to, next = int(tokens[i].Start), int(tokens[i].End)
		}
		// A newline next to a comment goes too: 'a' /**/ newline 'b' are two literals, and must not become one.
		b = blank(b, sql, from, to, true)
		if i < len(tokens) && tokens[i].Kind >= String && tokens[i].Kind <= BitString {
			b = blankContinuation(b, sql, tokens[i])
		}
		from = next
	}
	if b == nil {
		return sql
	}
	return string(b)
}

// withComments gives a message that quotes the text without comments what the client wrote there.
func withComments(message string, position int, sql, blanked string) string {
	what, near, ok := strings.Cut(message, ` at or near "`)
	if !ok || position == 0 || sql == blanked {
		return message
	}
	near = strings.TrimSuffix(near, `"`)
	offset := 0
	for ; position > 1 && offset < len(blanked); position-- {
		_, n := utf8.DecodeRuneInString(blanked[offset:])
		offset += n
	}
	if !strings.HasPrefix(blanked[offset:], near) || offset+len(near) > len(sql) {
		return message
	}
	return what + ` at or near "` + sql[offset:offset+len(near)] + `"`
}

// blank replaces the comments in sql[from:to], which holds no token, making b a copy of sql when it is nil and there is something to replace.
func blank(b []byte, sql string, from, to int, newlines bool) []byte {
	j := from
	for j < to && class[sql[j]]&isSpace != 0 {
		j++
	}
	if j == to {
		return b
	}
	if b == nil {
		b = []byte(sql)
	}
	for k := from; k < to; k++ {
		if newlines || sql[k] != '\n' && sql[k] != '\r' {
			b[k] = ' '
		}
	}
	return b
}

// blankContinuation replaces the comments between the parts of a continued literal.
func blankContinuation(b []byte, sql string, t Token) []byte {
	l := lexer{sql: sql}
	style, quote := quotePlain, int(t.Start)
	switch sql[t.Start] {
	case '$':
		return b
	case '\'':
	default:
		style, quote = l.prefixed(int(t.Start))
	}
	for j := quote + 1; ; {
		end, _, err := l.literalBody(int(t.Start), j, style)
		if err != nil || end >= int(t.End) {
			return b
		}
		if j = l.continuation(end); j < 0 {
			return b
		}
		b = blank(b, sql, end, j-1, false)
	}
}

// sqlState finds the SQLSTATE of an error of pg_query's, which does not tell it.
func sqlState(e *parser.Error) string {
	switch m := e.Message; {
	case strings.HasPrefix(m, "invalid byte sequence"):
		return codeEncoding
	case m == "invalid Unicode escape" && e.Filename == "scan.l":
		return codeInvalidEscape
	case strings.HasPrefix(m, "unsafe use of"):
		return codeUnsafeEscape
	case strings.HasSuffix(m, "not supported"), strings.HasSuffix(m, "not yet implemented"), strings.Contains(m, "is not supported"):
		return codeFeature
	case strings.HasPrefix(m, "stack depth limit"):
		return codeTooComplex
	}
	return codeSyntax
}

// statements gives each tree its tokens. pg_query says only between which semicolons a statement stands.
func statements(sql string, tokens []Token, result *pg_query.ParseResult) ([]*Statement, error) {
	list := make([]*Statement, 0, len(result.Stmts))
	next := 0 // first token not yet given away
	for _, raw := range result.Stmts {
		from, to := int(raw.StmtLocation), len(sql)
		if raw.StmtLen > 0 {
			to = from + int(raw.StmtLen)
		}
		first := next + sort.Search(len(tokens)-next, func(i int) bool { return int(tokens[next+i].Start) >= from })
		last := first + sort.Search(len(tokens)-first, func(i int) bool { return int(tokens[first+i].Start) >= to })
		// Every token belongs to a statement or is a semicolon between two. If not, lexer and grammar disagree, and nothing may be built on that.
		if !onlySemicolons(sql, tokens[next:first]) || first == last || raw.Stmt == nil || raw.Stmt.Node == nil || int(tokens[last-1].End) > to {
			return nil, inconsistent()
		}
		next = last
		s := &Statement{
			Source: sql,
			Start:  int(tokens[first].Start),
			End:    int(tokens[last-1].End),
			Tree:   raw.Stmt,
			Tokens: tokens[first:last:last],
			Kind:   kindOf(raw.Stmt),
		}
		for _, t := range s.Tokens {
			if t.Kind == Param {
				s.Params = max(s.Params, paramNumber(t.Text(sql)))
			}
		}
		list = append(list, s)
	}
	if !onlySemicolons(sql, tokens[next:]) {
		return nil, inconsistent()
	}
	return list, nil
}

func inconsistent() *SyntaxError {
	return &SyntaxError{Code: codeInternal, Message: "statement cannot be split into its parts", Hint: "Send one statement at a time."}
}
