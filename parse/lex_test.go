package parse

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	pg_query "github.com/pganalyze/pg_query_go/v5"
	"github.com/pganalyze/pg_query_go/v5/parser"
)

// scanned is what pg_query's scanner says of a text, in our terms. ends false: the scanner does not tell where the token ends.
type scanned struct {
	kind       TokenKind
	keyword    bool
	start, end int32
	ends       bool
}

func scan(sql string) ([]scanned, error) {
	r, err := pg_query.Scan(sql)
	if err != nil {
		return nil, err
	}
	var list []scanned
	for i := 0; i < len(r.Tokens); i++ {
		t := r.Tokens[i]
		s := scanned{start: t.Start, end: t.End, ends: true, keyword: t.KeywordKind != pg_query.KeywordKind_NO_KEYWORD}
		switch t.Token {
		case pg_query.Token_SQL_COMMENT, pg_query.Token_C_COMMENT:
			continue
		case pg_query.Token_IDENT:
			s.kind = Ident
			if sql[t.Start] == '"' {
				s.kind = QuotedIdent
			}
		case pg_query.Token_UIDENT:
			s.kind, s.ends = QuotedIdent, false
		case pg_query.Token_SCONST:
			s.kind = String
		case pg_query.Token_USCONST:
			s.kind, s.ends = String, false
		case pg_query.Token_BCONST, pg_query.Token_XCONST:
			s.kind = BitString
		case pg_query.Token_ICONST, pg_query.Token_FCONST:
			s.kind = Number
		case pg_query.Token_PARAM:
			s.kind = Param
		case pg_query.Token_Op, pg_query.Token_TYPECAST, pg_query.Token_DOT_DOT, pg_query.Token_COLON_EQUALS, pg_query.Token_EQUALS_GREATER, pg_query.Token_LESS_EQUALS, pg_query.Token_GREATER_EQUALS, pg_query.Token_NOT_EQUALS:
			s.kind = Operator
		default:
			switch c := sql[t.Start]; {
			case s.keyword && t.Token == pg_query.Token_NCHAR && t.End-t.Start == 1:
				// N'x' is two tokens to PostgreSQL
				i++
				s = scanned{kind: String, start: t.Start, end: r.Tokens[i].End, ends: true}
			case s.keyword:
				s.kind = Ident
			case strings.IndexByte("()[],;:.", c) >= 0:
				s.kind = Punct
			case strings.IndexByte("+-*/%^<>=", c) >= 0:
				s.kind = Operator
			default:
				s.kind = Other
			}
		}
		list = append(list, s)
	}
	return list, nil
}

// commentedContinuation finds where pg_query's scanner differs from PostgreSQL's: it takes no comment between the parts of a continued literal. Parse blanks comments before pg_query sees them,
// so there the blanked text is compared.
var commentedContinuation = regexp.MustCompile(`'[ \t\f\r\n]*--`)

// compare holds Lex against pg_query.Scan for one text and returns the difference in words.
func compare(sql string) string {
	ours, err := Lex(nil, sql)
	if commentedContinuation.MatchString(sql) {
		if err != nil {
			return ""
		}
		sql = withoutComments(sql, ours)
	}
	theirs, scanErr := scan(sql)
	if (err == nil) != (scanErr == nil) {
		return fmt.Sprintf("Lex error %v, Scan error %v", err, scanErr)
	}
	if err != nil {
		var s *SyntaxError
		var c *parser.Error
		if !errors.As(err, &s) || !errors.As(scanErr, &c) {
			return fmt.Sprintf("error types %T, %T", err, scanErr)
		}
		if s.Message != c.Message {
			return fmt.Sprintf("Lex says %q, Scan %q", s.Message, c.Message)
		}
		if c.Cursorpos > 0 && s.Position != c.Cursorpos {
			return fmt.Sprintf("Lex complains at %d, Scan at %d: %s", s.Position, c.Cursorpos, s.Message)
		}
		return ""
	}
	for i := range max(len(ours), len(theirs)) {
		if i >= len(ours) || i >= len(theirs) {
			return fmt.Sprintf("Lex has %d tokens, Scan %d", len(ours), len(theirs))
		}
		o, s := ours[i], theirs[i]
		if o.Kind != s.kind || o.Keyword != s.keyword || o.Start != s.start || s.ends && o.End != s.end {
			return fmt.Sprintf("token %d: Lex %+v %q, Scan %+v", i, o, o.Text(sql), s)
		}
	}
	return ""
}

var lexTexts = []string{
	"", " ", ";", ";;", "select 1", "SELECT a.b, c FROM t WHERE x=$1;",
	// numbers
	"1", "1.", ".5", "1.5", "1..2", "1...2", "1.5.5", "1e5", "1e+5", "1e-5", "1E5", "1.e5", ".5e5", "1e", "1e+", "1.5e", "1.5e-", "1ex", "1e5x", "1x", "1_", "1__0", "1_000", "1_0.0_1e1_0", "1._5", "1.5_", "1.a", "1.5a",
	"0x1F", "0X1f", "0x", "0x_", "0x_1", "0x1_", "0x1__1", "0x1G", "0xG", "0o17", "0o18", "0o8", "0o", "0b1", "0b12", "0b2", "0b_1", "0b_", "0B01z", "0_1", "01", "0", "00", "99999999999999999999", "1$1", "$1", "$1a", "$1and", "$01", "$99999999999", "$", "$$", "$a", "$a$", "$1$1",
	"1 .. 2", "1.2.3", "0_0..", "0_0..1", "t.1", "..", ".", "...", ". .5", "a..b", "1::int", "1:2", "[1:2]", "1:=2", ":::", "::=", ":=:",
	// operators
	"+", "-", "+-", "-+", "--", "-- x", "a--b", "a-- b\nc", "=-1", "=+-+-1", "?-", "?-+", "@-@", "*/", "/ *", "/**/", "/*/", "/* */", "/*/**/*/", "/*/*/", "/***/", "/****/x", "/*/* */ */ 1", "+/*x*/1", "=--x\n1", "*--x\n1", "<=-1", "<>-1", "!=-1", ">=-1", "=>-1", "!=--x", "<->", "<->>", "->", "->>", "-->", "#>>", "@>", "<@", "|/", "||/", "!!", "~*", "!~*", "~~", "^", "^@", "%", "a%b", "%-", "&&-", "|-", "`", "`-", "a`b", "=>", "<=", ">=", "<>", "!=", "!=>", "<=>", "===", "=*/*", "/*", "/* /* */", "*/*", "+*/*x*/",
	strings.Repeat("*", 63), strings.Repeat("*", 64), strings.Repeat("*", 63) + "-", strings.Repeat("+", 80), strings.Repeat("-+", 40), strings.Repeat("?", 63) + "--", "|" + strings.Repeat("*", 70) + "/*x*/",
	// strings
	"''", "'a'", "'a''b'", "'a' 'b'", "'a'\n'b'", "'a'\r'b'", "'a'\f'b'", "'a' \t\n 'b'", "'a' -- c\n'b'", "'a' -- c\n -- d\r\n  'b' 'c'", "'a' --c", "'a'\n--c", "'a'\n--c\n", "'a' - \n'b'", "'a'\n-'b'", "'a' /* c */\n'b'", "'a'\n/* c */'b'", "'a'\nE'b'", "'a'\n'b'\n'c'", "'a'\n''''", "'", "'a", "'a''", "'a'\n'", "'a'\v\n'b'", "'a'\n\v'b'",
	`E'a'`, `e'\''`, `E'\\'`, `E'\\''`, `E'\`, `E'\'`, `E'a\nb\t\b\f\r\q'`, `E'\101'`, `E'\1'`, `E'\1019'`, `E'\0'`, `E'\000'`, `E'\x'`, `E'\x4'`, `E'\x41'`, `E'\x414'`, `E'\xzz'`, `E'\x00'`, `E'\x80'`, `E'\xc3\xa9'`, `E'\303\251'`, `E'\377'`, `E'\777'`, `E'\8'`, `E'\é'`, "E'\\\n'",
	`E'\u0041'`, `E'\u004'`, `E'\u'`, `E'\U00000041'`, `E'\U0000004'`, `E'\U00110000'`, `E'\U0010FFFF'`, `E'\u0000'`, `E'\UFFFFFFFF'`, `E'\uD83D\uDE00'`, `E'\uD83D'`, `E'\uD83Dx'`, `E'\uD83D\n'`, `E'\uD83D\u0041'`, `E'\uDE00'`, `E'\uD83D\uD83D'`, `E'\uD83D`, `E'\uD83D\`, `E'\uD83D\u`, `E'\uD83D\uDE`, `E'\uD83D\U0000DE00'`, `E'\uD83D''x'`, "E'\\uD83D'\n'\\uDE00'", "E'a'\n'\\n'", "'a'\n'\\'", "E'a'\n'\\''", `E'\x'''`, `E'é\x41'`, `E'\u00e9é'`,
	`N'a'`, `n'a''b'`, `N'a`, `N 'a'`, "N'a'\n'b'", `na'b'`, `N"a"`, `N`, `NE'a'`,
	`B'01'`, `b'2'`, `X'1F'`, `x'`, `B'`, `b'1`, "B'0'\n'1'", "X'0'--c\n'1'", `B'0''1'`, `X'0'''`, `xb'1'`, `X"a"`, `B`,
	`U&'a'`, `u&'\0061'`, `U&'a''b'`, `U&'a`, `U& 'a'`, `U &'a'`, "U&'a'\n'b'", `U&"a"`, `U&"a""b"`, `u&"`, `U&""`, `U&"a" UESCAPE '!'`, `U&"a"/**/UESCAPE '!'`, `U&'a' UESCAPE 'x'`, `U&`, `U&1`, `U&x`, `UU&'a'`, `u&'\zzzz'`,
	`"a"`, `"a""b"`, `""`, `"`, `"a`, `"a"""`, `""""`, `"a" "b"`, "\"a\"\n\"b\"", `"é"`, `a"b"`, `"a"b`, `"` + strings.Repeat("é", 40) + `"`,
	// dollar quotes
	"$$a$$", "$a$b$a$", "$a$b$A$a$", "$a$$a$", "$a$ $$ $a$", "$a$ $b$a$", "$a$ $aa$a$", "$a$ x$a$", "$a$ $a", "$a$ $ab$ $a$", "$$ $a$$", "$$ $a$ $$", "$1$a$1$", "$a1$x$a1$", "$é$x$é$", "$a b$", "$a$b", "$$", "$$$", "$$$$", "$$$$$", "a$b$c", "a$$b$$", "1$$b$$", "1$a$b$a$", "$a$\n'$a$", "$_$--$_$", "$a-$", "$$'$$'", "$a$$a$$a$",
	// comments
	"/* ' */ 1", "/* $$ */ 1", "-- '\n1", "1 -- ; 2", "/* a */ b /* c */", "a/**/b", "/*\n*/1", "--\r1", "--\n--\n1", "1/*/**/*/2", "/*-- */1", "--/*\n1", "'/*' 1 '*/'",
	// other characters
	"{", "}", "\\", "a\vb", "\x01", "\x7f", "a\u00a0b", "é", "日本", "_a", "a$", "a1", "ÀB", "\u3000", "#", "?", "$a,", "$é", "a\\b", "€", "select * from é",
}

func TestLexIsScan(t *testing.T) {
	for _, sql := range lexTexts {
		if d := compare(sql); d != "" {
			t.Errorf("%q: %s", sql, d)
		}
		for _, around := range []string{"select %s", "%s from t", "a%sb", "1%s", "'x'%s", "%s%s", "%s\n'x'", "%s--", "/*%s*/ %s"} {
			sql := strings.ReplaceAll(around, "%s", sql)
			if d := compare(sql); d != "" {
				t.Errorf("%q: %s", sql, d)
			}
		}
	}
}

func FuzzLex(f *testing.F) {
	for _, sql := range lexTexts {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if strings.IndexByte(sql, 0) >= 0 || !utf8.ValidString(sql) || len(sql) > 1<<16 {
			// Parse refuses these before pg_query; Lex must only not panic and keep its promises.
			tokens, _ := Lex(nil, sql)
			checkOrder(t, sql, tokens)
			return
		}
		if d := compare(sql); d != "" {
			t.Fatalf("%q: %s", sql, d)
		}
	})
}

func checkOrder(t *testing.T, sql string, tokens []Token) {
	end := int32(0)
	for _, k := range tokens {
		if k.Start < end || k.End <= k.Start || int(k.End) > len(sql) || k.Kind == 0 || k.Kind > Other {
			t.Fatalf("%q: token %+v behind %d", sql, k, end)
		}
		end = k.End
	}
}
