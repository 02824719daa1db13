package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestFormsAreReadBack records intents of every way to have texts, over several segments, and reads each back in every way to read: it says the same as if it had been recorded without a form.
func TestFormsAreReadBack(t *testing.T) {
	o := testOptions(t)
	o.SegmentBytes = 256 << 10
	l := mustOpen(t, o)
	s := NewSession(testSession)
	other := NewForm(EncodeStatic(Static{Kind: "delete", Command: "DELETE", Decision: Allow, Fingerprint: "f2", Functions: []string{"now"}, Subjects: []string{"public.orders"}, ExportRows: 7, ExportBytes: 9}), "DELETE FROM orders", "")
	const n = 2000
	want := map[uint64]*Intent{}
	for i := uint64(1); i <= n; i++ {
		in := testIntent(s, i)
		if i%10 == 7 {
			in.Form, in.SQL, in.Rewritten, in.Params = other, "DELETE FROM orders", "", nil
		}
		ref, err := l.Intent(in)
		if err != nil {
			t.Fatal(err)
		}
		want[ref.seq-1] = in
		l.Outcome(ref, Outcome{End: Done})
	}
	mustClose(t, l)
	r := wantOK(t, o.Dir, l.VerifierKey())
	if r.Segments < 3 || r.Forms > uint64(3*r.Segments) || r.Forms < uint64(2*r.Segments) {
		t.Fatalf("%d forms in %d segments", r.Forms, r.Segments)
	}
	static := map[*Form]Record{}
	for _, f := range []*Form{nil, testForm, testFrame, other} {
		b := testStatic
		if f != nil {
			b = f.static
		}
		var rec Record
		if err := json.Unmarshal([]byte("{"+string(b)+"}"), &rec); err != nil {
			t.Fatal(err)
		}
		static[f] = rec
	}
	check := func(rec *Record, texts Texts, err error) {
		t.Helper()
		in := want[rec.Seq]
		params := ""
		if in.Params != nil {
			params = `["42"]`
		}
		if err != nil || texts != (Texts{SQL: in.SQL, Rewritten: in.Rewritten, Params: params}) {
			if in.Fill == nil || texts.Rewritten != testRewritten("/* "+in.SQL[in.Fill[0].From:]+" */") {
				t.Fatalf("record %d: texts %+v, %v; want %+v", rec.Seq, texts, err, in)
			}
		}
		st := static[in.Form]
		got := Record{Decision: rec.Decision, Class: rec.Class, Cmd: rec.Cmd, Policy: rec.Policy, Rules: rec.Rules, Tables: rec.Tables, Functions: rec.Functions, Touches: rec.Touches, Fingerprint: rec.Fingerprint,
			ExportRows: rec.ExportRows, ExportBytes: rec.ExportBytes}
		if !reflect.DeepEqual(got, st) || rec.Person != "alice" || rec.Number != in.Number {
			t.Fatalf("record %d: %+v, want %+v", rec.Seq, got, st)
		}
		if (rec.FormRecord() != nil) != (in.Form != nil) || !rec.HasTexts() {
			t.Fatalf("record %d: form %v, texts %v", rec.Seq, rec.FormRecord(), rec.HasTexts())
		}
	}
	// In order, and each by itself.
	reader, err := OpenReader(o.Dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	single := OpenSegments(o.Dir)
	defer single.Close()
	seen := 0
	var middle []uint64
	for {
		rec, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind != kindIntent {
			continue
		}
		seen++
		texts, err := reader.Texts(rec)
		check(rec, texts, err)
		first, err := strconv.ParseUint(strings.TrimSuffix(rec.Segment, ".seg"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if one, err := single.Record(first, rec.Offset); err != nil || one.Seq != rec.Seq {
			t.Fatalf("record %d by itself: %v, %v", rec.Seq, one, err)
		} else {
			texts, err := single.Texts(one)
			check(one, texts, err)
		}
		if rec.Seq%97 == 0 {
			middle = append(middle, rec.Seq)
		}
	}
	if seen != n {
		t.Fatalf("%d of %d intents", seen, n)
	}
	// From the middle on.
	for _, seq := range middle {
		from, err := OpenReader(o.Dir, seq)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := from.Next()
		if err != nil {
			t.Fatal(err)
		}
		texts, err := from.Texts(rec)
		check(rec, texts, err)
		from.Close()
	}
	// By what only the form says.
	for _, c := range []struct {
		f    Filter
		want int
	}{
		{Filter{Class: "delete"}, n / 10}, {Filter{Cmd: "DELETE"}, n / 10}, {Filter{Fingerprint: "f2"}, n / 10}, {Filter{Decision: "allow"}, n / 10}, {Filter{Decision: "rewrite"}, n - n/10}, {Filter{Table: "customers"}, n - n/10},
		{Filter{Column: "phone"}, n - n/10}, {Filter{Rule: "sales work on their own customers"}, n - n/10}, {Filter{Rule: "none"}, 0}, {Filter{Statements: true}, n}, {Filter{Kind: "stmt.form"}, 0}, {Filter{Text: "delete from orders"}, n / 10},
	} {
		found := 0
		if err := Search(context.Background(), o.Dir, c.f, func(e *Execution) error {
			found++
			if e.Outcome == nil {
				t.Errorf("record %d has no outcome", e.Record.Seq)
			}
			return nil
		}); err != nil || found != c.want {
			t.Errorf("%+v finds %d, want %d; %v", c.f, found, c.want, err)
		}
	}
}

// TestFormOfAnotherLog records with one form in two logs in turn: each has it.
func TestFormOfAnotherLog(t *testing.T) {
	var logs []*Log
	var options []Options
	for range 2 {
		o := testOptions(t)
		options = append(options, o)
		logs = append(logs, mustOpen(t, o))
	}
	s := NewSession(testSession)
	for i := range 6 {
		ref, err := logs[i%2].Intent(testIntent(s, 1))
		if err != nil {
			t.Fatal(err)
		}
		logs[i%2].Outcome(ref, Outcome{End: Done})
	}
	for i, l := range logs {
		mustClose(t, l)
		if r := wantOK(t, options[i].Dir, l.VerifierKey()); r.Intents != 3 || r.Forms == 0 {
			t.Errorf("%d intents, %d forms", r.Intents, r.Forms)
		}
	}
}

// TestVerifyHoldsForms changes an intent that no checkpoint covers yet to refer to what is not its form. Nothing but the reference shows it.
func TestVerifyHoldsForms(t *testing.T) {
	o := testOptions(t)
	l := mustOpen(t, o)
	s := NewSession(testSession)
	for i := range 3 {
		ref, err := l.Intent(testIntent(s, 1))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			l.Outcome(ref, Outcome{End: Done})
		}
	}
	dir := filepath.Join(t.TempDir(), "copy")
	copyDir(t, o.Dir, dir)
	key := l.VerifierKey()
	mustClose(t, l)
	recs := records(t, dir)
	last := recs[len(recs)-1]
	if last.Kind != kindIntent || last.FormRecord() == nil {
		t.Fatalf("the last record is %s", last.Raw)
	}
	path := filepath.Join(dir, "segments", last.Segment)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	frame := b[last.Offset : last.Offset+int64(frameHeader+len(last.Raw)+len(last.blob))]
	at := frameHeader + slices.Index(last.Raw, '[') + 1
	frame[at]++ // the number of another record, which is no form
	putFrameHeader(frame, len(last.Raw), len(last.blob))
	if err := os.WriteFile(path, b, 0o640); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("The form of the record is to be record %d at byte %d, where there is none.", last.Form[0]+1, last.Form[1])
	if r := mustVerify(t, dir, key); r.OK() || r.Problems[0].Seq != int64(last.Seq) || r.Problems[0].Why != want {
		t.Errorf("problems %v, want %s", r.Problems, want)
	}
	if err := Search(context.Background(), dir, Filter{}, func(*Execution) error { return nil }); !errors.Is(err, errForm) {
		t.Errorf("search: %v", err)
	}
}
