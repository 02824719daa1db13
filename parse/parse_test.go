package parse

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseStatements(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"", ""},
		{" -- nothing\n;; /* ; */ ;", ""},
		{"select 1", "SELECT[select 1]"},
		{" ;select 1 ; ; /* c */ insert into t values ($3, $1) -- end\n;", "SELECT[select 1] INSERT[insert into t values ($3, $1)]$3"},
		{"begin;select ';';commit", "BEGIN[begin] SELECT[select ';'] COMMIT[commit]"},
		{"create function f() returns int begin atomic; select 1; select 2; end; select 3", "function[create function f() returns int begin atomic; select 1; select 2; end] SELECT[select 3]"},
		{"create rule r as on insert to t do (select 1; select 2); table t", "function[create rule r as on insert to t do (select 1; select 2)] SELECT[table t]"},
		{"select 1 union (select 2 into t)", "SELECT INTO[select 1 union (select 2 into t)]"},
		{"select a not /* c */ in (1), U&\"d!0061t\" /**/ uescape '!' from t", "SELECT[select a not /* c */ in (1), U&\"d!0061t\" /**/ uescape '!' from t]"},
		{"select 'a' -- c\n'b'", "SELECT[select 'a' -- c\n'b']"},
	} {
		list, err := Parse(c.sql, Limits{})
		if err != nil {
			t.Errorf("%q: %v", c.sql, err)
			continue
		}
		var got []string
		for _, s := range list {
			g := fmt.Sprintf("%v[%s]", s.Kind, s.Text())
			if s.Params > 0 {
				g += fmt.Sprintf("$%d", s.Params)
			}
			if int(s.Tokens[0].Start) != s.Start || int(s.Tokens[len(s.Tokens)-1].End) != s.End {
				t.Errorf("%q: tokens do not span the statement", c.sql)
			}
			got = append(got, g)
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.sql, g, c.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"selec 1", `42601 @1 syntax error at or near "selec"`},
		{"select é, from t", `42601 @11 syntax error at or near "from"`},
		{"select", ""},
		{"select 1 +", `42601 @11 syntax error at end of input`},
		{"select 'abc", `42601 @8 unterminated quoted string at or near "'abc"`},
		{"selec 'abc", `42601 @1 syntax error at or near "selec"`},
		{"select 1x", `42601 @8 trailing junk after numeric literal at or near "1x"`},
		{"select 0x1F", `42601 @8 trailing junk after numeric literal at or near "0x"`},
		{"select 1_000", `42601 @8 trailing junk after numeric literal at or near "1_"`},
		{"select $65536", `42P02 @8 there is no parameter $65536`},
		{"select $4294967297", `42P02 @8 there is no parameter $4294967297`},
		{"select {", `42601 @8 syntax error at or near "{"`},
		{"select 1\v", "42601 @9 syntax error at or near \"\v\""},
		{"select 'a\x00b'", `22021 @0 invalid byte sequence for encoding "UTF8": 0x00`},
		{"select 'a\xc3(b'", `22021 @0 invalid byte sequence for encoding "UTF8": 0xc3 0x28`},
		{`select E'\xc3'`, `22021 @0 invalid byte sequence for encoding "UTF8": 0xc3`},
		{`select U&'\00'`, `42601 @11 invalid Unicode escape`},
		{`select E'\u00'`, `22025 @10 invalid Unicode escape`},
		{"select /* a", `42601 @8 unterminated /* comment at or near "/* a"`},
		{"select 1; drop", `42601 @15 syntax error at end of input`},
	} {
		_, err := Parse(c.sql, Limits{})
		got := ""
		if err != nil {
			e := err.(*SyntaxError)
			got = fmt.Sprintf("%s @%d %s", e.Code, e.Position, e.Message)
		}
		if got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
	if _, err := Parse("select 0x1F, 1_000", Limits{Major: 16}); err != nil {
		t.Errorf("numerals of PostgreSQL 16: %v", err)
	}
}
