package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", `"quoted\"`, "line\nline\ttab\x00\x1f", "张伟 138****5678", "\xff\xfe", "a\xe4\xbd", "\u2028 <b>&"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := appendString(nil, s)
		var got string
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%q is not JSON: %v", b, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); len(want) <= len(s) && strings.ToValidUTF8(got, "") != got {
			t.Fatalf("%q came back as %q", s, got)
		}
		if strings.Contains(strings.TrimSuffix(strings.TrimPrefix(string(b), `"`), `"`), `":`) && !strings.Contains(string(b), `\":`) {
			t.Fatalf("a quote is not escaped in %s", b)
		}
		var limited string
		if err := json.Unmarshal(appendText(nil, s, 7), &limited); err != nil {
			t.Fatalf("cut: %v", err)
		}
	})
}

func FuzzParseFrame(f *testing.F) {
	frame := append(make([]byte, frameHeader), `{"seq":0}blob`...)
	putFrameHeader(frame, 9, 4)
	f.Add(frame)
	f.Add(make([]byte, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		leaf, blob, n, state := parseFrame(b)
		if state == frameOK && (n > len(b) || len(leaf)+len(blob)+frameHeader != n) {
			t.Fatal("a frame is longer than its bytes")
		}
		parseHead(b)
	})
}

func FuzzCheckProof(f *testing.F) {
	signer, verifier, err := GenerateKey("n1")
	if err != nil || signer == "" {
		f.Fatal(err)
	}
	f.Add([]byte(proofHeader + "index 0\n\ncordon/n1\n1\nAAAA\n\n— x y\n"))
	f.Add([]byte(proofHeader + "extra YQ==\nindex 12\nAAAA\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := CheckProof(b, []byte("{}"), []string{verifier}); err == nil {
			t.Fatal("a proof without signature holds")
		}
		parseCheckpoint(string(b))
		splitNotes(b)
	})
}

// TestRecordsAreJSON decodes every record of a log with nasty names, and gets back what was recorded.
func TestRecordsAreJSON(t *testing.T) {
	o := testOptions(t)
	l := mustOpen(t, o)
	nasty := "a\"b\\c\n\x00<张伟>\u2028"
	info := testSession
	info.Login, info.Application = nasty, nasty
	s := NewSession(info)
	static := EncodeStatic(Static{Kind: "select", Command: "SELECT", Decision: Observe, Reason: nasty, Policy: nasty, Rules: []string{nasty}, Functions: []string{nasty}, Fingerprint: "f1", Redacted: nasty, ExportRows: 500, ExportBytes: 5 << 20,
		Relations: []Relation{{Name: nasty, Op: "select", Rule: nasty, Columns: []string{nasty}, Masked: []string{nasty}, Tags: []string{"pii.phone"}, Filter: nasty, Via: nasty}}})
	big := strings.Repeat("é", 3<<20)
	in := &Intent{Session: s, Number: 3, Person: nasty, How: "comment", Path: "extended", Portal: nasty, Static: static, SQL: nasty, Rewritten: big,
		Params: []Param{{}, {Value: []byte("张伟")}, {Value: []byte{0xff, 0}}, {Value: []byte{1, 2}, Binary: true}, {Value: []byte(big)}, {Value: []byte{}}}}
	ref, err := l.Intent(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Progress(ref, 1000, 2000); err != nil {
		t.Fatal(err)
	}
	l.Outcome(ref, Outcome{End: Stopped, Rows: 5, Bytes: 6, BytesIn: 7, Duration: 8 * time.Millisecond, FirstByte: time.Millisecond, SQLState: "42501", Reason: nasty})
	l.Outcome(ref, Outcome{End: Done}) // a second one is not recorded
	if err := l.Event(Event{Kind: PolicyLoad, Data: map[string]any{"file": nasty, "long": big}}); err != nil {
		t.Fatal(err)
	}
	if err := l.Event(Event{Kind: "stmt.outcome"}); err == nil {
		t.Error("an event could pass for an outcome")
	}
	mustClose(t, l)
	r := wantOK(t, o.Dir, l.VerifierKey())
	if r.Outcomes != 1 {
		t.Errorf("%d outcomes", r.Outcomes)
	}
	var e *Execution
	if err := Search(context.Background(), o.Dir, Filter{Statements: true, Person: nasty, Login: nasty, App: nasty, Table: nasty, Rule: nasty, Tag: "pii.phone", Decision: "observe", SQLState: "42", End: "stopped", HasRows: true, RowsOver: 4, Text: "<张伟>"}, func(x *Execution) error { e = x; return nil }); err != nil {
		t.Fatal(err)
	}
	if e == nil || e.Outcome == nil {
		t.Fatal("not found")
	}
	if e.TextErr != nil || e.Texts.SQL != nasty || e.Texts.Rewritten != big[:o.SegmentBytes/16] && !strings.HasPrefix(big, e.Texts.Rewritten) || !e.Texts.Truncated {
		t.Errorf("texts %v, %d bytes", e.TextErr, len(e.Texts.Rewritten))
	}
	want := `[null,"张伟",{"hex":"ff00"},{"hex":"0102"},{"cut":"`
	if !strings.HasPrefix(e.Texts.Params, want) || !strings.HasSuffix(e.Texts.Params, `,""]`) || !json.Valid([]byte(e.Texts.Params)) {
		t.Errorf("params %.300s", e.Texts.Params)
	}
	x := e.Outcome
	if x.Of != e.Record.Seq || x.Rows != 5 || x.Bytes != 6 || x.BytesIn != 7 || x.Micros != 8000 || x.FirstMicros != 1000 || x.SQLState != "42501" || x.Reason != nasty || x.Number != 3 {
		t.Errorf("outcome %s", x.Raw)
	}
	for _, rec := range records(t, o.Dir) {
		if !json.Valid(rec.Raw) {
			t.Errorf("not JSON: %s", rec.Raw)
		}
	}
}

// TestLiteralsAreNotInClear looks for a literal in every file of the log.
func TestLiteralsAreNotInClear(t *testing.T) {
	o := testOptions(t)
	l := mustOpen(t, o)
	in := testIntent(NewSession(testSession), 1)
	in.SQL, in.Rewritten, in.Params = "SELECT 'canary-13812345678'", "SELECT left('canary-13812345678', 3)", []Param{{Value: []byte("canary-13812345678")}}
	ref, err := l.Intent(in)
	if err != nil {
		t.Fatal(err)
	}
	l.Outcome(ref, Outcome{End: Done})
	if err := l.Blocked(in, Refusal{SQLState: "42501"}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	err = filepath.WalkDir(o.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "canary") || strings.Contains(string(b), "13812345678") {
			t.Errorf("%s has the literal in clear", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// Without the day's key the literals are gone, and the log still verifies.
	keys, _ := filepath.Glob(filepath.Join(o.Dir, "keys", "*"))
	for _, k := range keys {
		if err := os.Remove(k); err != nil {
			t.Fatal(err)
		}
	}
	if r := wantOK(t, o.Dir, l.VerifierKey()); r.TextsNoKey != 3 {
		t.Errorf("%d texts without key", r.TextsNoKey)
	}
	// A key that was destroyed is not made again under its name.
	mustClose(t, mustOpen(t, o))
	again, _ := filepath.Glob(filepath.Join(o.Dir, "keys", "*"))
	if len(again) != 1 || slices.Contains(keys, again[0]) {
		t.Errorf("keys %q after %q", again, keys)
	}
	wantOK(t, o.Dir, l.VerifierKey())
}

// TestNewDay changes the key at midnight.
func TestNewDay(t *testing.T) {
	o := testOptions(t)
	var mu sync.Mutex
	now := time.Date(2026, 11, 21, 23, 59, 59, 0, time.UTC)
	o.Clock = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	l := mustOpen(t, o)
	s := NewSession(testSession)
	for day := 0; day < 3; day++ {
		ref, err := l.Intent(testIntent(s, uint64(day+1)))
		if err != nil {
			t.Fatal(err)
		}
		l.Outcome(ref, Outcome{End: Done})
		mu.Lock()
		now = now.Add(24 * time.Hour)
		want := now.Format(time.DateOnly)
		mu.Unlock()
		eventually(t, "the new day's key", func() bool { return l.dek.Load().id == want })
	}
	mustClose(t, l)
	if r := wantOK(t, o.Dir, l.VerifierKey()); r.TextsRead != 6 { // of each day an intent and its form
		t.Errorf("%d texts", r.TextsRead)
	}
	if keys, _ := filepath.Glob(filepath.Join(o.Dir, "keys", "*")); len(keys) != 4 {
		t.Errorf("keys %q", keys)
	}
	if days, _ := filepath.Glob(filepath.Join(o.Dir, "checkpoints", "*")); len(days) < 2 {
		t.Errorf("checkpoints %q", days)
	}
}

// TestEncodeStaticIsBounded gives a plan over more relations than a record can hold.
func TestEncodeStaticIsBounded(t *testing.T) {
	var s Static
	long := strings.Repeat("\x01", 300) // six bytes each in JSON
	for i := 0; i < 3000; i++ {
		s.Relations = append(s.Relations, Relation{Name: fmt.Sprintf("%s%d", long, i), Columns: []string{long}, Rule: long, Via: long})
		s.Rules = append(s.Rules, long)
		s.Functions = append(s.Functions, long)
	}
	b := EncodeStatic(s)
	if len(b) > maxStatic || !json.Valid([]byte("{"+string(b)+"}")) || !strings.Contains(string(b), `"truncated":true`) {
		t.Errorf("%d bytes", len(b))
	}
}

// TestTree compares the tree, its tiles and its proofs with tlog's own code.
func TestTree(t *testing.T) {
	dir := t.TempDir()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var list []tlog.Hash
		for _, i := range indexes {
			list = append(list, stored[i])
		}
		return list, nil
	})
	tr := &tree{}
	p := &packs{dir: dir}
	defer p.close()
	size := 0
	for size < 70000 {
		var leaves []tlog.Hash
		for n := 1 + rand.IntN(700); n > 0; n-- {
			data := []byte(fmt.Sprint(size))
			leaves = append(leaves, tlog.RecordHash(data))
			h, err := tlog.StoredHashes(int64(size), data, reader)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, h...)
			size++
		}
		var err error
		if tr, err = tr.grow(p, leaves); err != nil {
			t.Fatal(err)
		}
		want, err := tlog.TreeHash(int64(size), reader)
		if err != nil {
			t.Fatal(err)
		}
		if tr.root() != want {
			t.Fatalf("root of %d leaves differs", size)
		}
		back, err := loadTree(dir, uint64(size))
		if err != nil || back.root() != want {
			t.Fatalf("tree of %d leaves read back: %v", size, err)
		}
		n := rand.IntN(size)
		proof, err := tlog.ProveRecord(int64(size), int64(n), hashReader{dir})
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(proof, int64(size), want, int64(n), tlog.RecordHash([]byte(fmt.Sprint(n)))); err != nil {
			t.Fatal(err)
		}
	}
	b, err := Tile(dir, 1, 0, 256)
	if err != nil {
		t.Fatal(err)
	}
	want, err := tlog.ReadTileData(tlog.Tile{H: 8, L: 1, N: 0, W: 256}, reader)
	if err != nil || string(b) != string(want) {
		t.Errorf("tile 1/0 is not that of tlog: %v", err)
	}
	if p := TilePath(0, 1234067, 5); p != "tile/0/x001/x234/067.p/5" {
		t.Errorf("path %s", p)
	}
}

// TestConcurrent lets many sessions record, others read, follow and verify, and the log rotate and seal.
func TestConcurrent(t *testing.T) {
	o := testOptions(t)
	o.SegmentBytes, o.Checkpoint, o.Interval, o.Fsync = 256<<10, 10*time.Millisecond, 5*time.Millisecond, Interval
	l := mustOpen(t, o)
	ctx, cancel := context.WithCancel(context.Background())
	var readers, writers sync.WaitGroup
	readers.Add(2)
	var followed atomic.Int64
	go func() {
		defer readers.Done()
		err := Follow(ctx, o.Dir, Filter{Statements: true}, func(e *Execution) error {
			followed.Add(1)
			return nil
		})
		if err != nil {
			t.Errorf("follow: %v", err)
		}
	}()
	go func() {
		defer readers.Done()
		for ctx.Err() == nil {
			r, err := Verify(context.Background(), o.Dir, VerifyOptions{Keys: []string{l.VerifierKey()}})
			if err != nil {
				t.Errorf("verify: %v", err)
				return
			}
			for _, p := range r.Problems {
				t.Errorf("problem in a log being written: %v", p)
			}
		}
	}()
	const sessions, each = 16, 300
	for g := 0; g < sessions; g++ {
		writers.Add(1)
		go func() {
			defer writers.Done()
			info := testSession
			info.ID = NewSessionID()
			s := NewSession(info)
			for i := uint64(1); i <= each; i++ {
				in := testIntent(s, i)
				in.Durable = i%50 == 0
				ref, err := l.Intent(in)
				if err != nil {
					t.Error(err)
					return
				}
				l.Outcome(ref, Outcome{End: Done, Durable: i%70 == 0})
				l.Stats()
			}
		}()
	}
	writers.Wait()
	eventually(t, "all outcomes are written", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return len(l.pend) == 0 })
	eventually(t, "all is followed", func() bool { return followed.Load() == sessions*each })
	cancel()
	readers.Wait()
	mustClose(t, l)
	r := wantOK(t, o.Dir, l.VerifierKey())
	if r.Intents != sessions*each || r.Outcomes != sessions*each {
		t.Errorf("%d intents, %d outcomes", r.Intents, r.Outcomes)
	}
	if _, err := l.Intent(testIntent(NewSession(testSession), 1)); err == nil {
		t.Error("a closed log records")
	}
}

// TestKnownCheckpoint cuts a log back to an earlier checkpoint, as one who holds the disk can: only a checkpoint kept elsewhere shows it.
func TestKnownCheckpoint(t *testing.T) {
	o := testOptions(t)
	o.SegmentBytes = 256 << 10
	key := fill(t, o, 100)
	old := filepath.Join(t.TempDir(), "old")
	copyDir(t, o.Dir, old)
	mustClose(t, mustOpen(t, o))
	known, err := os.ReadFile(filepath.Join(o.Dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	wantOK(t, old, key)
	r, err := Verify(context.Background(), old, VerifyOptions{Keys: []string{key}, Known: [][]byte{known}})
	if err != nil {
		t.Fatal(err)
	}
	if r.OK() || !strings.Contains(r.Problems[0].Why, "its end was removed") {
		t.Errorf("problems %v", r.Problems)
	}
}

// TestResigned signs a changed log with another key: the checkpoints verify under that one, not under the right one.
func TestResigned(t *testing.T) {
	o := testOptions(t)
	key := fill(t, o, 50)
	p := testOptions(t)
	other := fill(t, p, 50)
	if r := mustVerify(t, p.Dir, key); r.OK() || !strings.Contains(r.Problems[0].Why, "not by a key that you gave") {
		t.Errorf("problems %v", r.Problems)
	}
	wantOK(t, p.Dir, other)
	wantOK(t, o.Dir, key)
}
