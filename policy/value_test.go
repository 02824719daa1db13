package policy

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"cordon/internal/pgtest"
)

var (
	subjectClient = netip.MustParseAddr("10.1.2.3")
	subjectNow    = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// awkward are texts that break quoting somewhere.
var awkward = []string{
	"", "EU", "O'Neil", "''", `\`, `\'`, `'\`, `a\\b`, `"`, `\"`, `{a,b}`, "NULL", "null", " x ", "a,b", "--", "/*", "*/", "$1", "$$", "E'x'", "\n", "\t\r\n", "名字", "é", "\u2028", "';DROP TABLE t;--", "%s%n", "\u007f", "\u0001", "😀",
}

// Every text comes out of PostgreSQL as it went in, alone and in a list, with either way to read string literals.
func TestValuesArePostgreSQLs(t *testing.T) {
	server := pgtest.Shared(t)
	for _, conforming := range []string{"on", "off"} {
		query := func(sql string) string {
			return server.Query(t, "postgres", "SET standard_conforming_strings = "+conforming+"; SET backslash_quote = on; "+sql)[0][0]
		}
		var all []Value
		for _, s := range awkward {
			v, err := TextValue(s)
			if err != nil {
				t.Fatalf("%q: %v", s, err)
			}
			all = append(all, v)
			if got := query("SELECT (" + v.SQL + ")::text"); got != s {
				t.Errorf("%q came back as %q from %s", s, got, v.SQL)
			}
		}
		list, err := ListValue(all)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := json.Unmarshal([]byte(query("SELECT to_json("+list.SQL+"::text[])")), &got); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", awkward) {
			t.Errorf("the list came back as %q", got)
		}
	}
	for _, c := range []struct{ text, sql, got string }{
		{"7", "7", "7"}, {"-7", "(-7)", "-7"}, {"+7", "7", "7"}, {"-0", "0", "0"}, {"007", "7", "7"}, {"1.50", "1.50", "1.50"}, {"-.5", "(-.5)", "-0.5"}, {"1e3", "1e3", "1000"}, {"1.", "1.", "1"},
		{"123456789012345678901234567890", "123456789012345678901234567890", "123456789012345678901234567890"},
	} {
		v, err := NumberValue(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if v.SQL != c.sql {
			t.Errorf("%s became %s, not %s", c.text, v.SQL, c.sql)
		}
		if got := server.Query(t, "postgres", "SELECT "+v.SQL+"::numeric")[0][0]; got != c.got {
			t.Errorf("%s came back as %s, not %s", c.text, got, c.got)
		}
	}
	for _, sql := range []string{"SELECT 1-(-7)", "SELECT 5 = ANY('{5,-6}')", "SELECT 'EU' = ANY('{}')"} {
		server.Query(t, "postgres", sql)
	}
	numbers, _ := ListValue([]Value{mustNumber(t, "5"), mustNumber(t, "-6"), mustNumber(t, "0.5")})
	if numbers.SQL != "'{5,-6,0.5}'" || numbers.Kind != DecimalValue || numbers.Text != "[5, -6, 0.5]" {
		t.Errorf("got %+v", numbers)
	}
}

func mustNumber(t *testing.T, s string) Value {
	v, err := NumberValue(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestValuesThatAreRefused(t *testing.T) {
	for _, c := range []struct{ err, want string }{
		{errOf(TextValue("a\x00b")), "the text holds a zero byte, which PostgreSQL cannot store"},
		{errOf(TextValue("\xff")), "the text is not valid UTF-8"},
		{errOf(TextValue(strings.Repeat("x", MaxValueBytes+1))), "the text is 65537 bytes long, and 65536 is the limit"},
		{errOf(NumberValue("0x10")), `"0x10" is not a number in decimal notation`},
		{errOf(NumberValue("1; DROP TABLE t")), `"1; DROP TABLE t" is not a number in decimal notation`},
		{errOf(NumberValue("NaN")), `"NaN" is not a number in decimal notation`},
		{errOf(ListValue([]Value{BoolValue(true), mustNumber(t, "1")})), "a list holds values of one type, and this one holds boolean and integer"},
		{errOf(ListValue([]Value{{List: true}})), "a list cannot hold another list"},
		{errOf(ListValue([]Value{{}})), "a list cannot hold a missing value"},
	} {
		if c.err != c.want {
			t.Errorf("got %q, want %q", c.err, c.want)
		}
	}
}

func errOf(_ Value, err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// A key shows itself in nothing that prints.
func TestSecretsDoNotPrint(t *testing.T) {
	m := Mask{Name: "token", Kind: MaskHash, Hash: Hash{KeyFile: "mask.key", Key: NewSecret([]byte("swordfish"))}}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", m)
		fmt.Fprintf(&out, verb+"\n", m.Hash.Key)
		fmt.Fprintf(&out, verb+"\n", &m.Hash)
	}
	if b, err := json.Marshal(m.Hash); err == nil {
		out.Write(b)
	}
	if b, err := yaml.Marshal(m.Hash); err == nil {
		out.Write(b)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("key", "mask", m.Hash, "key", m.Hash.Key)
	for _, leak := range []string{"swordfish", fmt.Sprintf("%x", "swordfish"), fmt.Sprint([]byte("swordfish"))} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q is in %s", leak, out.String())
		}
	}
	if string(m.Hash.Key.Bytes()) != "swordfish" {
		t.Error("the key itself is lost")
	}
}

// A changed hash key changes every decision's key.
func TestKeyFileIsPartOfTheKey(t *testing.T) {
	text := []byte("version: 1\nmasks: {t: {hash: {key_file: k}}}\nrules:\n  - {name: r, tables: [public.t], mask: {c: t}}\n")
	var keys [2][32]byte
	for i, key := range []string{"0123456789abcdefghijklmnopqrstuv", "0123456789abcdefghijklmnopqrstuw"} {
		p, err := ParseWith("policy.yaml", text, func(string) ([]byte, error) { return []byte(key + "\n"), nil })
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = p.Bind(p.Subject("x", "x", subjectClient, subjectNow)).Key
	}
	if keys[0] == keys[1] {
		t.Error("two hash keys give one key")
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		word string
		list []string
		want string
	}{
		{"maskk", []string{"mask", "unmask", "tasks"}, "mask"},
		{"MASK", []string{"mask"}, "mask"},
		{"lsit", []string{"list", "lit"}, "list"},
		{"x", []string{"y", "mask"}, "y"},
		{"x", []string{"mask"}, ""},
		{"monday", []string{"sun", "mon"}, "mon"},
		{"customer", []string{"customers", "costumes"}, "customers"},
		{"", []string{"mask"}, ""},
		{"mask", []string{"mask"}, ""},
	} {
		if got := Nearest(c.word, c.list); got != c.want {
			t.Errorf("Nearest(%q, %q) = %q, want %q", c.word, c.list, got, c.want)
		}
	}
}
