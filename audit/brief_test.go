package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"testing"
)

// What is read of a record for an index is what decoding it gives, for every record of a log with nasty names and subjects of all sorts, over several segments.
func TestBriefsAreTheRecords(t *testing.T) {
	o := testOptions(t)
	o.SegmentBytes = 256 << 10
	l := mustOpen(t, o)
	people := []string{"alice", "a\"b\\c\n\x00<张伟>\u2028", "张伟", ""}
	subjects := [][]Subjects{nil, {{Of: "public.customers", Tokens: []SubjectToken{{1}, {2, 3}}, Whole: true}}, {{Of: "a\"b"}, {Of: "public.orders", Bulk: true}}, {{Of: "public.orders", Tokens: []SubjectToken{{9}}}, {Of: "x", Whole: true}}}
	ends := []Outcome{{End: Done, Rows: 12}, {End: Failed, SQLState: "42501", Reason: "a rule, \"x\""}, {End: Cancelled, SQLState: "57014", Rows: 1 << 40}, {}}
	for i := range uint64(600) {
		info := testSession
		info.Login = people[i%3]
		s := NewSession(info)
		in := testIntent(s, i)
		in.Person = people[i%4]
		if i%7 == 0 {
			in.Form, in.Static = nil, testStatic
		}
		ref, err := l.Intent(in)
		if err != nil {
			t.Fatal(err)
		}
		switch i % 5 {
		case 0:
			l.Progress(ref, int64(i), 3)
		case 1:
			if err := l.Blocked(in, Refusal{SQLState: "42501", Message: "no \"such\" rule", Rule: "r"}); err != nil {
				t.Fatal(err)
			}
		case 2:
			l.Event(Event{Kind: SessionPerson, Session: s, Person: in.Person, Data: map[string]any{"rows": 3, "end": "x"}})
		}
		end := ends[i%4]
		end.Subjects = subjects[i/4%4]
		l.Outcome(ref, end)
	}
	mustClose(t, l)
	r, err := OpenReader(o.Dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	from, err := OpenReader(o.Dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBriefs(from)
	defer b.Close()
	short, kinds := 0, map[string]int{}
	for {
		rec, err := r.Next()
		var got Brief
		if end := b.Next(&got); !errors.Is(end, err) {
			t.Fatalf("%v, and decoded %v", end, err)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		want := Briefly(rec)
		if sum := b.Sum(); !bytes.Equal(sum[:], sum256(rec.Raw)) {
			t.Fatalf("record %d: another hash", rec.Seq)
		}
		kinds[rec.Kind]++
		if want.Form != nil {
			if got.Form == nil || got.Form.Seq != want.Form.Seq || got.Form.Redacted != want.Form.Redacted {
				t.Fatalf("record %d: form %+v, not %+v", rec.Seq, got.Form, want.Form)
			}
		}
		if got.Record == nil {
			short++
			want.Record = nil
			if rec.Kind == kindForm || rec.Kind == kindProgress { // of which nothing more is looked at
				want = Brief{Seq: want.Seq, Time: want.Time, Kind: want.Kind, Of: want.Of, Segment: want.Segment, Offset: want.Offset}
			}
		} else if !bytes.Equal(got.Record.Raw, rec.Raw) {
			t.Fatalf("record %d is another", rec.Seq)
		}
		got.Form, want.Form, got.Record, want.Record = nil, nil, nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\n%+v, and decoded\n%+v", rec.Raw, got, want)
		}
	}
	if short < 600 || kinds[kindIntent] != 600 || kinds[kindOutcome] != 600 || kinds[kindBlocked] != 120 {
		t.Errorf("%d of the records were read in short; %v", short, kinds)
	}
}

func FuzzCutValue(f *testing.F) {
	for _, s := range []string{`"a"`, `"a\\"`, `"\""`, `{"a":[1,{"b":"]"}],"c":null}`, `-1.5e3`, `[]`, `{`, `"`, `[}`, `]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		value, rest := cutValue(b)
		if !slices.Equal(append(bytes.Clone(value), rest...), b) && value != nil {
			t.Fatalf("%q and %q of %q", value, rest, b)
		}
		cutMember(b)
		NewBriefs(newReader("")).subjects(b)
		var short bytes.Buffer
		if json.Compact(&short, b) == nil && bytes.Equal(short.Bytes(), b) && (len(value) != len(b) || len(rest) != 0) {
			t.Fatalf("%q was cut to %q", b, value)
		}
	})
}
