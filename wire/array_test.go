package wire

import (
	"fmt"
	"testing"
)

func TestTextArray(t *testing.T) {
	for in, want := range map[string]string{
		`{}`: `[]`, ` { } `: `[]`, `{a}`: `["a"]`, `{a,b}`: `["a" "b"]`, `{ a b , c }`: `["a b" "c"]`, `{"a","b,c"}`: `["a" "b,c"]`, `{"a\"b","\\"}`: `["a\"b" "\\"]`,
		`{NULL,null,"NULL",\NULL}`: `["NULL" "NULL"]`, `{{a,b},{c,NULL}}`: `["a" "b" "c"]`, `[0:1]={a,b}`: `["a" "b"]`, `[0:0][1:1]={{a}}`: `["a"]`, `{""}`: `[""]`, `{a\,b}`: `["a,b"]`, `{"a"b}`: `["ab"]`,
		`{a`: `array: an element does not end`, `a`: `array: no brace at the front`, `{a}}`: `array: too many closing braces`, `{a} b`: `array: something behind the last brace`, `{"a`: `array: an element does not end`,
		`{{a}`: `array: a brace is not closed`, ``: `array: no brace at the front`, `[1:2]`: `array: bounds without a value`, `{a\`: `array: an element does not end`,
	} {
		list, err := TextArray(in)
		got := fmt.Sprintf("%q", list)
		if err != nil {
			e := err.(*FormatError)
			got = e.What + ": " + e.Why
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestBinaryArray(t *testing.T) {
	one := []byte("\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x19\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x01a\xff\xff\xff\xff\x00\x00\x00\x02bc")
	list, err := BinaryArray(one)
	if got := fmt.Sprintf("%q %v", list, err); got != `["a" "bc"] <nil>` {
		t.Error(got)
	}
	if list, err := BinaryArray([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x19")); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	for i := range one {
		if _, err := BinaryArray(one[:i]); err == nil && i != 20 && i != 25 && i != 29 {
			t.Errorf("%d bytes pass", i)
		}
	}
}

func FuzzArrays(f *testing.F) {
	f.Add([]byte(`{a,"b\"",{NULL}}`))
	f.Add([]byte("\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x19\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		TextArray(string(b))
		BinaryArray(b)
	})
}
