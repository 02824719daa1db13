package audit

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/audit/vectors anew")

const vectors = "../testdata/audit/vectors"

// vectorLog writes the log of the vectors: the clock ticks a millisecond with each look, but texts are encrypted with random salts, so that each writing has other hashes.
func vectorLog(t *testing.T, dir string) {
	now := time.Date(2026, 11, 21, 19, 43, 26, 123456789, time.UTC)
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); now = now.Add(time.Millisecond); return now }
	l := mustOpen(t, Options{Dir: filepath.Join(dir, "whole"), KeyFile: filepath.Join(dir, "audit.key"), Node: "example", SegmentBytes: 256 << 10, Clock: clock, Version: "1.0"})
	s := NewSession(testSession)
	if err := l.Event(Event{Kind: SessionOpen, Session: s}); err != nil {
		t.Fatal(err)
	}
	for i := uint64(1); i <= 5; i++ {
		ref, err := l.Intent(testIntent(s, i))
		if err != nil {
			t.Fatal(err)
		}
		l.Outcome(ref, Outcome{End: Done, Rows: int64(i), Bytes: 100 * int64(i)})
	}
	in := testIntent(s, 6)
	in.SQL, in.Rewritten, in.Params = "SELECT * FROM finance.bank_accounts", "", nil
	in.Static = EncodeStatic(Static{Kind: "select", Command: "SELECT", Decision: Block, Policy: "sha256:3f9a", Relations: []Relation{{Name: "finance.bank_accounts", Op: "select"}}})
	if err := l.Blocked(in, Refusal{SQLState: "42501", Message: "permission denied for table finance.bank_accounts"}); err != nil {
		t.Fatal(err)
	}
	ref, err := l.Intent(testIntent(s, 7))
	if err != nil {
		t.Fatal(err)
	}
	l.Outcome(ref, Outcome{End: Failed, SQLState: "22012"})
	if err := l.Event(Event{Kind: SessionClose, Session: s, Data: map[string]int{"statements": 7}}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	os.Remove(filepath.Join(dir, "whole", "lock"))
}

// TestVectors reads the logs in testdata/audit/vectors: whole is one, with its root; each of the others is whole with one change, and has in its file problem the first sentence of the verifier.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	key, err := ReadVerifier(filepath.Join(vectors, "audit.key.pub"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(vectors)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		t.Run(e.Name(), func(t *testing.T) {
			dir := filepath.Join(vectors, e.Name())
			r, err := Verify(context.Background(), dir, VerifyOptions{Keys: []string{key}, Texts: true})
			if err != nil {
				t.Fatal(err)
			}
			got := "none\n"
			if !r.OK() {
				got = r.Problems[0].String() + "\n"
			}
			file := filepath.Join(vectors, e.Name()+".problem")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("first problem\n%swant\n%s", got, want)
			}
		})
	}
	root, err := os.ReadFile(filepath.Join(vectors, "root"))
	if err != nil {
		t.Fatal(err)
	}
	tr := &tree{}
	for _, rec := range records(t, filepath.Join(vectors, "whole")) {
		frame := append(make([]byte, frameHeader), rec.Raw...)
		hash, _ := new(hasher).leafHash(frame[:frameHeader+len(rec.Raw):frameHeader+len(rec.Raw)], len(rec.Raw))
		tr.add(hash, nil)
	}
	h := tr.root()
	if got := base64.StdEncoding.EncodeToString(h[:]) + "\n"; got != string(root) {
		t.Errorf("root %s, want %s", got, root)
	}
	proof, err := os.ReadFile(filepath.Join(vectors, "3.tlog-proof"))
	if err != nil {
		t.Fatal(err)
	}
	record, err := os.ReadFile(filepath.Join(vectors, "3.json"))
	if err != nil {
		t.Fatal(err)
	}
	if seq, _, err := CheckProof(proof, record, []string{key}); err != nil || seq != 3 {
		t.Errorf("proof of record %d: %v", seq, err)
	}
	record[20] ^= 1
	if _, _, err := CheckProof(proof, record, []string{key}); err == nil {
		t.Error("the proof holds for another record")
	}
}

func writeVectors(t *testing.T) {
	tmp := t.TempDir()
	vectorLog(t, tmp)
	must := func(errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	whole := filepath.Join(vectors, "whole")
	must(os.RemoveAll(vectors), os.MkdirAll(vectors, 0o755), os.CopyFS(whole, os.DirFS(filepath.Join(tmp, "whole"))))
	pub, err := os.ReadFile(filepath.Join(tmp, "audit.key.pub"))
	must(err, os.WriteFile(filepath.Join(vectors, "audit.key.pub"), pub, 0o644))
	checkpoint, err := os.ReadFile(filepath.Join(whole, "checkpoint"))
	must(err, os.WriteFile(filepath.Join(vectors, "root"), []byte(strings.Split(string(checkpoint), "\n")[2]+"\n"), 0o644))
	proof, err := Prove(whole, 3, nil)
	must(err, os.WriteFile(filepath.Join(vectors, "3.tlog-proof"), proof, 0o644), os.WriteFile(filepath.Join(vectors, "3.json"), records(t, whole)[3].Raw, 0o644))
	seg := filepath.Join("segments", segmentName(0))
	recs := records(t, whole)
	change := func(name string, do func(b []byte) []byte) {
		dir := filepath.Join(vectors, name)
		must(os.CopyFS(dir, os.DirFS(whole)))
		b, err := os.ReadFile(filepath.Join(dir, seg))
		must(err, os.WriteFile(filepath.Join(dir, seg), do(b), 0o644))
	}
	size := func(i int) int { return frameHeader + len(recs[i].Raw) + len(recs[i].blob) }
	at := func(i int) int { return int(recs[i].Offset) }
	change("bit-flipped", func(b []byte) []byte { b[at(5)+100] ^= 4; return b })
	change("record-edited-with-right-crc", func(b []byte) []byte {
		frame := b[at(5) : at(5)+size(5)]
		copy(frame[frameHeader+strings.Index(string(recs[5].Raw), `"rows":`)+len(`"rows":`):], "9")
		putFrameHeader(frame, len(recs[5].Raw), len(recs[5].blob))
		return b
	})
	change("form-exchanged", func(b []byte) []byte {
		frame := b[at(4) : at(4)+size(4)]
		copy(frame[frameHeader+strings.Index(string(recs[4].Raw), `"form":[`)+len(`"form":[`):], "6")
		putFrameHeader(frame, len(recs[4].Raw), len(recs[4].blob))
		return b
	})
	change("record-removed", func(b []byte) []byte { return append(b[:at(5)], b[at(6):]...) })
	change("records-swapped", func(b []byte) []byte {
		c := append([]byte(nil), b[:at(5)]...)
		c = append(c, b[at(6):at(7)]...)
		c = append(c, b[at(5):at(6)]...)
		return append(c, b[at(7):]...)
	})
	change("record-doubled", func(b []byte) []byte {
		return append(append(append([]byte(nil), b[:at(6)]...), b[at(5):at(6)]...), b[at(6):]...)
	})
	change("end-cut", func(b []byte) []byte { return b[:at(12)] })
	change("text-changed", func(b []byte) []byte {
		frame := b[at(3) : at(3)+size(3)]
		frame[len(frame)-1] ^= 1
		putFrameHeader(frame, len(recs[3].Raw), len(recs[3].blob))
		return b
	})
}
