package parse

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
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

// What a newer server knows beyond the grammar is told by its name, and on an older one it is the mistake that it is there.
func TestNewerSyntaxIsNamed(t *testing.T) {
	for _, c := range []struct {
		major     int
		sql, want string
	}{
		{17, "SELECT 1; MERGE INTO t USING s ON a = b WHEN MATCHED THEN DELETE RETURNING t.é", "0A000 @66 MERGE … RETURNING is syntax of PostgreSQL 17, which Cordon cannot read"},
		{16, "MERGE INTO t USING s ON a = b WHEN MATCHED THEN DELETE RETURNING 1", `42601 @56 syntax error at or near "RETURNING"`},
		{17, "MERGE INTO t USING s ON a = b WHEN NOT MATCHED BY SOURCE THEN DELETE", "0A000 @48 WHEN NOT MATCHED BY is syntax of PostgreSQL 17, which Cordon cannot read"},
		{17, "MERGE INTO t USING s ON a = b WHEN NOT MATCHED BY TARGET THEN DO NOTHING", "0A000 @48 WHEN NOT MATCHED BY is syntax of PostgreSQL 17, which Cordon cannot read"},
		{17, "SELECT * FROM JSON_TABLE(j, '$[*]' COLUMNS (a int PATH '$'))", "0A000 @36 JSON_TABLE is syntax of PostgreSQL 17, which Cordon cannot read"},
		{17, "SELECT 'é', JSON_VALUE(j, '$.a' RETURNING int DEFAULT 0 ON ERROR)", "0A000 @33 JSON_VALUE is syntax of PostgreSQL 17, which Cordon cannot read"},
		{17, "SELECT JSON_EXISTS(j, '$.a' PASSING 1 AS x)", "0A000 @29 JSON_EXISTS is syntax of PostgreSQL 17, which Cordon cannot read"},
		{17, "ALTER TABLE t ALTER COLUMN c SET EXPRESSION AS (a + 1)", "0A000 @34 ALTER COLUMN … SET EXPRESSION is syntax of PostgreSQL 17, which Cordon cannot read"},
		{17, "SELECT now() AT LOCAL", "0A000 @17 AT LOCAL is syntax of PostgreSQL 17, which Cordon cannot read"},
		{18, "UPDATE t SET a = 1 RETURNING WITH (OLD AS o) o.a", "0A000 @30 RETURNING WITH is syntax of PostgreSQL 18, which Cordon cannot read"},
		{17, "UPDATE t SET a = 1 RETURNING WITH (OLD AS o) o.a", `42601 @30 syntax error at or near "WITH"`},
		{18, "CREATE TABLE g (i int, k int GENERATED ALWAYS AS (i * 2) VIRTUAL)", "0A000 @58 a VIRTUAL generated column is syntax of PostgreSQL 18, which Cordon cannot read"},
		{18, "CREATE TABLE w (r int4range, PRIMARY KEY (r WITHOUT OVERLAPS))", "0A000 @45 WITHOUT OVERLAPS is syntax of PostgreSQL 18, which Cordon cannot read"},
		{18, "ALTER TABLE w ADD FOREIGN KEY (i, PERIOD r) REFERENCES v (i, PERIOD r)", "0A000 @42 PERIOD in a foreign key is syntax of PostgreSQL 18, which Cordon cannot read"},
		{18, "ALTER TABLE t ADD CONSTRAINT c CHECK (v > 0) NOT ENFORCED", "0A000 @50 NOT ENFORCED is syntax of PostgreSQL 18, which Cordon cannot read"},
		{18, "SELEC 1", `42601 @1 syntax error at or near "SELEC"`},
		{16, "SELEC 1", `42601 @1 syntax error at or near "SELEC"`},
	} {
		_, err := Parse(c.sql, Limits{Major: c.major})
		e, ok := err.(*SyntaxError)
		if !ok {
			t.Errorf("%q: %v", c.sql, err)
			continue
		}
		got := fmt.Sprintf("%s @%d %s", e.Code, e.Position, e.Message)
		if got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}

// Whatever the text, every call here ends, and statements keep what their documentation says.
func FuzzParse(f *testing.F) {
	for _, sql := range lexTexts {
		f.Add("select " + sql)
		f.Add("begin; " + sql + "; select $1 /* a='b' */; alter role x password 'y'")
	}
	f.Fuzz(func(t *testing.T, sql string) {
		RedactUnparsed(sql)
		Literals(sql)
		for range Comments(sql) {
		}
		list, err := Parse(sql, Limits{Bytes: 1 << 14})
		if err != nil {
			var e *SyntaxError
			if !errors.As(err, &e) || e.Code == "" || e.Message == "" || e.Position < 0 || e.Position > len(sql)+1 {
				t.Fatalf("%q: %#v", sql, err)
			}
			if e.Code == codeInternal {
				t.Fatalf("%q: %v", sql, err)
			}
			return
		}
		end := 0
		for _, s := range list {
			if s.Start < end || s.End <= s.Start || s.End > len(sql) || len(s.Tokens) == 0 || s.Kind == Unknown || s.Source != sql {
				t.Fatalf("%q: statement from %d to %d of kind %v", sql, s.Start, s.End, s.Kind)
			}
			checkOrder(t, sql, s.Tokens)
			Redact(s)
			end = s.End
			// A statement taken out of its text is the same statement.
			again, err := Parse(s.Text(), Limits{Bytes: 1 << 14})
			if err != nil || len(again) != 1 || again[0].Kind != s.Kind || len(again[0].Tokens) != len(s.Tokens) {
				t.Fatalf("%q: %q alone gives %v", sql, s.Text(), err)
			}
		}
	})
}

// Parse bounds what all callers take together, and lets a long text through in its turn.
func TestGate(t *testing.T) {
	g := newGate()
	var wait sync.WaitGroup
	var calls, bytes, most, mostBytes atomic.Int64
	for i := range 200 {
		n := 1 + i*i*200 // up to 8 MB: longer than all the room
		wait.Go(func() {
			g.enter(n)
			c, b := calls.Add(1), bytes.Add(int64(n))
			for m := most.Load(); c > m && !most.CompareAndSwap(m, c); m = most.Load() {
			}
			if c > 1 {
				for m := mostBytes.Load(); b > m && !mostBytes.CompareAndSwap(m, b); m = mostBytes.Load() {
				}
			}
			runtime.Gosched()
			calls.Add(-1)
			bytes.Add(-int64(n))
			g.leave(n)
		})
	}
	wait.Wait()
	if most.Load() > int64(gateCalls) || mostBytes.Load() > gateBytes || g.calls != 0 || g.bytes != 0 {
		t.Errorf("%d calls and %d bytes at once, %+v left", most.Load(), mostBytes.Load(), g.calls)
	}
}

func TestParseConcurrently(t *testing.T) {
	var wait sync.WaitGroup
	for range 64 {
		wait.Go(func() {
			for range 20 {
				if list, err := Parse(ormStatement, Limits{}); err != nil || len(list) != 1 {
					t.Error(err)
				}
				if _, err := Parse("select 1 +", Limits{}); err == nil {
					t.Error("no error")
				}
			}
		})
	}
	wait.Wait()
}
