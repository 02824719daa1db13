package parse

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// shape writes a shape for reading: {class:text} for each slot.
func shape(sql string) string {
	var s Shape
	if !Abstract(&s, sql) {
		return "no"
	}
	names := map[SlotClass]string{SlotBlockComment: "comment", SlotLineComment: "line", SlotString: "string", SlotInt4: "int4", SlotInt8: "int8", SlotNumeric: "numeric", SlotBackslash: "backslash", SlotLong: "long"}
	var b strings.Builder
	key := s.Key
	for _, slot := range s.Slots {
		i := bytes.IndexByte(key, 0)
		b.Write(key[:i])
		fmt.Fprintf(&b, "{%s:%s}", names[slot.Class], sql[slot.Start:slot.End])
		if SlotClass(key[i+1]) != slot.Class {
			return "the key's class differs"
		}
		key = key[i+2:]
	}
	b.Write(key)
	return b.String()
}

func TestAbstract(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"SELECT a FROM t WHERE b = 'x''y' AND c=12", "SELECT a FROM t WHERE b = {string:'x''y'} AND c={int4:12}"},
		{"select 1, 2147483647, 2147483648, 2147483649, 9223372036854775807, 9223372036854775808, 9223372036854775809, 007, 1.0, 1e3, .5, -3", "select {int4:1}, {int4:2147483647}, 2147483648, {int8:2147483649}, {int8:9223372036854775807}, 9223372036854775808, {numeric:9223372036854775809}, {int4:007}, {numeric:1.0}, {numeric:1e3}, {numeric:.5}, -{int4:3}"},
		{"select E'a', e'a', N'a', U&'a', B'1', X'1', $$a$$, $1, 0x1F, 1_000, 'a'\n'b'", "select E'a', e'a', N'a', U&'a', B'1', X'1', $$a$$, $1, 0x1F, 1_000, 'a'\n'b'"},
		{`select U&'!0061' uescape '!', U&"x" /**/ UESCAPE /* '?' */ '?'`, `select U&'!0061' uescape '!', U&"x" {comment:/**/} UESCAPE {comment:/* '?' */} '?'`},
		{"select date '2020-01-01', '\\'", "select date {string:'2020-01-01'}, {backslash:'\\'}"},
		{"/* user='a' */ select 1 -- x\n;", "{comment:/* user='a' */} select {int4:1} {line:-- x}\n;"},
		{"select 'a' -- c\n'b', '' '' ", "select 'a' -- c\n'b', {string:''} {string:''} "},
		{"(values (1), ('a'))", "(values ({int4:1}), ({string:'a'}))"},
		{"select 1; select 2", "no"},
		{"select 1;;", "no"},
		{"set a = 'b'", "no"},
		{"explain select 1", "no"},
		{"\"select\" 1", "no"},
		{"", "no"},
		{"-- select 1", "no"},
		{"select 'a", "no"},
		{"select {", "no"},
		{"select 'a\x00'", "no"},
	} {
		if got := shape(c.sql); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}

func TestSlotAt(t *testing.T) {
	sql := "select 12, - 5, - /* 7 */ -8, -- 9\n -x + 3, 'a' limit 1"
	var s Shape
	if !Abstract(&s, sql) {
		t.Fatal("no shape")
	}
	for at, want := range map[string]string{"12": "12", "- 5": "5", "- /*": "8", "-8": "8", "-x": "", "+ 3": "3", "'a'": "'a'", "limit": "", "x": "", "/* 7": "/* 7 */"} {
		got := ""
		if i := s.SlotAt(sql, strings.Index(sql, at)); i >= 0 {
			got = sql[s.Slots[i].Start:s.Slots[i].End]
		}
		if got != want {
			t.Errorf("at %q: slot %q, want %q", at, got, want)
		}
	}
	if got := fmt.Sprintf("%q", s.AppendFixed(nil, sql, []int{0, len(s.Slots) - 1})); got != `"\x02\x00\x0012\x01\x00\x001"` {
		t.Errorf("fixed: %s", got)
	}
}

// Two texts of one shape have the same tokens but for the slots: the text of a slot put in place of another of its class changes nothing around it.
func FuzzAbstract(f *testing.F) {
	for _, sql := range lexTexts {
		f.Add("select " + sql)
		f.Add("select " + sql + " from t where a = 'b' -- c\n and 1.5")
	}
	f.Fuzz(func(t *testing.T, sql string) {
		var s Shape
		if !Abstract(&s, sql) {
			return
		}
		tokens, err := Lex(nil, sql)
		if err != nil {
			t.Fatalf("%q has a shape but no tokens: %v", sql, err)
		}
		var b strings.Builder
		key := s.Key
		for _, slot := range s.Slots {
			i := bytes.IndexByte(key, 0)
			b.Write(key[:i])
			key = key[i+2:]
			old := sql[slot.Start:slot.End]
			switch slot.Class {
			case SlotBlockComment:
				b.WriteString("/*other*/")
			case SlotLineComment:
				b.WriteString("--other")
			case SlotString:
				b.WriteString("'it''s'")
			case SlotBackslash:
				b.WriteString(`'it''s\'`)
			case SlotLong:
				b.WriteString("'" + strings.Repeat("l", LongString) + "'")
			case SlotInt4:
				b.WriteString("7")
			case SlotInt8:
				b.WriteString("5000000000")
			case SlotNumeric: // a number may begin with a point, where its neighbour allows no digit
				b.WriteString(old[:len(old)-1] + "3")
			}
		}
		b.Write(key)
		other := b.String()
		var s2 Shape
		if !Abstract(&s2, other) || !bytes.Equal(s.Key, s2.Key) {
			t.Skip() // 1. or 1e5 made another class
		}
		tokens2, err := Lex(nil, other)
		if err != nil || len(tokens) != len(tokens2) {
			t.Fatalf("%q and %q have one key, but %d and %d tokens, %v", sql, other, len(tokens), len(tokens2), err)
		}
		for i := range tokens {
			a, b := tokens[i], tokens2[i]
			if a.Kind != b.Kind || a.Keyword != b.Keyword || a.Kind != Number && a.Kind != String && a.Text(sql) != b.Text(other) {
				t.Fatalf("%q and %q have one key, but differ at token %d", sql, other, i)
			}
		}
	})
}
