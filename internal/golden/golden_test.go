package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The package reads a case file about case files.
func TestParse(t *testing.T) {
	Run(t, "testdata/parse.case", func(t *testing.T, d *Directive) string {
		text := strings.ReplaceAll(strings.ReplaceAll(d.Input, "| ", ""), "|", "")
		cases, tail, err := Parse("x.case", []byte(text))
		if err != nil {
			return err.Error()
		}
		var b strings.Builder
		for _, c := range cases {
			fmt.Fprintf(&b, "%d %s", c.Line, c.Name)
			for _, a := range c.Args {
				fmt.Fprintf(&b, " [%s %q]", a.Key, a.Values)
			}
			fmt.Fprintf(&b, " input %q expected %q comment %q\n", c.Input, c.Expected, c.Comment)
		}
		if tail != nil {
			fmt.Fprintf(&b, "tail %q\n", tail)
		}
		path := filepath.Join(t.TempDir(), "x.case")
		if err := Write(path, cases, tail...); err != nil {
			t.Fatal(err)
		}
		again, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(again) != text {
			fmt.Fprintf(&b, "written as %q\n", again)
		}
		return b.String()
	})
}

func TestNext(t *testing.T) {
	cases, _, err := Parse("x.case", []byte("as alice\nsql fast\nSELECT 1\n----\nout\n"))
	if err != nil {
		t.Fatal(err)
	}
	next, err := cases[0].Next()
	if err != nil || cases[0].Args[0].Key != "alice" || next.Name != "sql" || !next.Has("fast") || next.Input != "SELECT 1\n" || next.Expected != "out\n" || next.Line != 2 {
		t.Errorf("%+v %v", next, err)
	}
}

func FuzzParse(f *testing.F) {
	seed, err := os.ReadFile("testdata/parse.case")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte("a b=(c,\"d\\\"\") e=f\nin\n----\n----\nx\n\ny\n----\n----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		cases, _, err := Parse("x", text)
		if err != nil {
			return
		}
		// What was read must be read again from what is written.
		var b []byte
		for i := range cases {
			cases[i].Comment = nil
			b = append(cases[i].AppendTo(b), '\n')
		}
		again, _, err := Parse("x", b)
		if err != nil || len(again) != len(cases) {
			t.Fatalf("%q: %d cases became %d: %v", b, len(cases), len(again), err)
		}
		for i := range cases {
			if cases[i].Input != again[i].Input || cases[i].Expected != again[i].Expected || cases[i].Head != again[i].Head {
				t.Fatalf("%+v became %+v", cases[i], again[i])
			}
		}
	})
}

func TestDifference(t *testing.T) {
	if got, want := Difference("a\nb\nc\n", "a\nx\nc\nd\n"), "output differs (- wanted, + given)\n  a\n- b\n+ x\n  c\n+ d\n"; got != want {
		t.Errorf("%s", got)
	}
}
