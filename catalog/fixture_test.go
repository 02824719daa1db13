package catalog

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"cordon/internal/golden"
	"cordon/internal/pgtest"
)

// TestStandard holds standard15.txt.gz against a new database of PostgreSQL 15, and with -update writes it.
func TestStandard(t *testing.T) {
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, "postgres", "ALTER DATABASE "+db+" RENAME TO standard")
	t.Cleanup(func() { pg.Exec(t, "postgres", "DROP DATABASE standard WITH (FORCE)") })
	s, err := Load(context.Background(), pg.Connect(t, "postgres", "", "standard").Query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.ServerVersion/10000 != 15 {
		t.Skipf("this is PostgreSQL %d", s.ServerVersion/10000)
	}
	var b bytes.Buffer
	if err := s.writeFixture(&b, 0); err != nil {
		t.Fatal(err)
	}
	problem := differs(s)
	if problem == "" {
		return // what initdb numbers as it comes may differ from machine to machine
	}
	if !golden.Updating() {
		t.Fatalf("a new database holds something else than standard15.txt.gz (run the test with -update to write it anew): %s", problem)
	}
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(b.Bytes())
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("standard15.txt.gz", z.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, compressed %d", b.Len(), z.Len())
}

// differs names the first thing of a new database that is not in the standard catalog as it is there; "" for none. Objects that initdb numbers as it comes are only counted.
func differs(s *Snapshot) string {
	std := Standard()
	if len(std.types) != len(s.types) || len(std.functions) != len(s.functions) || len(std.operators) != len(s.operators) || len(std.casts) != len(s.casts) || len(std.relations) != len(s.relations) {
		return "the numbers of types, functions, operators, casts or relations"
	}
	for i := range s.functions {
		if x, y := fmt.Sprint(s.functions[i]), fmt.Sprint(std.functions[i]); s.functions[i].OID < 10000 && x != y {
			return "function " + x
		}
	}
	for i := range s.operators {
		if x := fmt.Sprint(s.operators[i]); x != fmt.Sprint(std.operators[i]) {
			return "operator " + x
		}
	}
	for i := range s.types {
		if x := fmt.Sprint(s.types[i]); s.types[i].OID < 10000 && x != fmt.Sprint(*std.Type(s.types[i].OID)) {
			return "type " + x
		}
	}
	for _, c := range s.Casts() {
		if other := std.Cast(c.Source, c.Target); c.Source < 10000 && c.Target < 10000 && (other == nil || *other != c) {
			return fmt.Sprint("cast ", c)
		}
	}
	for _, r := range s.relations {
		if other := std.Relation(r.Schema, r.Name); other == nil || len(other.Columns) != len(r.Columns) || other.Definition != r.Definition {
			return "relation " + r.QualifiedName()
		}
	}
	return ""
}

func TestParseFixture(t *testing.T) {
	golden.Run(t, "testdata/fixture.case", func(t *testing.T, d *golden.Directive) string {
		s, err := ParseFixture(d.Input)
		if err != nil {
			return err.Error()
		}
		var b bytes.Buffer
		if err := s.WriteFixture(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ReadFixture(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		var c bytes.Buffer
		if err := again.WriteFixture(&c); err != nil {
			t.Fatal(err)
		}
		if b.String() != c.String() {
			t.Errorf("written, read and written again:\n%s", c.String())
		}
		return b.String()
	})
}

func FuzzReadFixture(f *testing.F) {
	f.Add("database x\ntable a.b key=id\n  id integer notnull\n  v \"With \"\"q\"(3) | type=1043 typmod=7\nview a.c reads=a.b\n  id int\n  = SELECT 1\ntype a.d kind=d base=text\nfunction a.f args=23,text\noperator a.+ left=a.d right=23\ncast 23 a.d\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ReadFixture(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, r := range s.Relations() {
			s.Root(r)
			s.Ancestors(r)
			s.Descendants(r)
			for _, c := range r.Columns {
				s.BaseType(c.Type)
			}
		}
		var b bytes.Buffer
		if err := s.writeFixture(&b, 0); err != nil {
			t.Fatal(err)
		}
	})
}
