package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// A key is changed twice; whoever has any of the keys verifies the whole log, and a key that was changed signs nothing any more.
func TestRotateKey(t *testing.T) {
	o := testOptions(t)
	first := fill(t, o, 300)
	stolen, err := os.ReadFile(o.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	before := filepath.Join(t.TempDir(), "before")
	copyDir(t, o.Dir, before)
	var keys []string
	keys = append(keys, first)
	for range 2 {
		key, err := RotateKey(context.Background(), o.Dir, o.KeyFile)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
		if got := fill(t, o, 200); got != key {
			t.Fatalf("the log goes on with %s, not %s", got, key)
		}
	}
	if !hasKind(t, o.Dir, kindKeyChange) {
		t.Error("no record of the change")
	}
	for _, k := range keys {
		if r := wantOK(t, o.Dir, k); r.Keys != 3 {
			t.Errorf("%d keys", r.Keys)
		}
	}
	if l, err := Open(context.Background(), Options{Dir: o.Dir, KeyFile: o.KeyFile}); err != nil {
		t.Error(err)
	} else if _, err := RotateKey(context.Background(), o.Dir, o.KeyFile); err == nil {
		t.Error("the key of an open log was changed")
	} else {
		mustClose(t, l)
	}
	// Who stole the first key writes on from the change, with the file of changes and without it.
	old := filepath.Join(t.TempDir(), "old.key")
	if err := os.WriteFile(old, stolen, 0o600); err != nil {
		t.Fatal(err)
	}
	forged := o
	forged.Dir, forged.KeyFile = before, old
	fill(t, forged, 50)
	changes, err := os.ReadFile(filepath.Join(o.Dir, keyChangesFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(before, keyChangesFile), changes, 0o640); err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if r := mustVerify(t, before, k); r.OK() || !strings.Contains(fmt.Sprint(r.Problems), "which was changed for another key") {
			t.Errorf("%v", r.Problems)
		}
	}
	if _, err := Open(context.Background(), forged); err == nil || !strings.Contains(err.Error(), "was changed for another one") {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(o.Dir, keyChangesFile)); err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if r := mustVerify(t, o.Dir, k); r.OK() {
			t.Error("the file of changes is missing, and nobody says so")
		}
	}
	// Every byte of it counts.
	for i := 0; i < len(changes); i += 7 {
		bad := bytes.Clone(changes)
		bad[i] ^= 2
		if err := os.WriteFile(filepath.Join(o.Dir, keyChangesFile), bad, 0o640); err != nil {
			t.Fatal(err)
		}
		if r := mustVerify(t, o.Dir, first); r.OK() {
			t.Errorf("byte %d of the changes was changed unseen: %q", i, bad[max(0, i-60):i+40])
		}
	}
}

// Where changing a key is interrupted, the log does not go on with the old key, and changing it again ends it.
func TestRotateKeyInterrupted(t *testing.T) {
	o := testOptions(t)
	first := fill(t, o, 50)
	whole, err := os.ReadFile(o.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	key, err := RotateKey(context.Background(), o.Dir, o.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	// As if it had died behind the note, before the files.
	if err := os.Rename(o.KeyFile, o.KeyFile+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.KeyFile, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), o); err == nil || !strings.Contains(err.Error(), "was changed for another one") {
		t.Fatal(err)
	}
	if again, err := RotateKey(context.Background(), o.Dir, o.KeyFile); err != nil || again != key {
		t.Fatal(again, err)
	}
	if got := fill(t, o, 50); got != key {
		t.Error(got)
	}
	wantOK(t, o.Dir, first)
}

func newTestWitness(t *testing.T, logs ...string) (w *Witness, key, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "witness.key")
	key, err := WriteWitnessKey(file, "witness.example/w1")
	if err != nil {
		t.Fatal(err)
	}
	if w, err = NewWitness(filepath.Join(t.TempDir(), "state"), file, logs, func() time.Time { return time.Unix(1795290206, 0) }); err != nil {
		t.Fatal(err)
	}
	return w, key, file
}

// proofFrom is the proof that a log's checkpoint follows from an older size.
func submissionOf(t *testing.T, dir string, old uint64, history int) []byte {
	t.Helper()
	files, err := historyFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	notes, _ := splitNotes(b)
	msg := notes[(history+len(notes))%len(notes)]
	text, _, _ := strings.Cut(string(msg), "\n\n")
	c, err := parseCheckpoint(text + "\n")
	if err != nil {
		t.Fatal(err)
	}
	body := fmt.Appendf(nil, "old %d\n", old)
	if old > 0 && old < c.Size {
		p, err := tlog.ProveTree(int64(c.Size), int64(old), hashReader{dir})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range p {
			body = append(base64.StdEncoding.AppendEncode(body, h[:]), '\n')
		}
	}
	return append(append(body, '\n'), msg...)
}

// The witness signs what follows, and answers forks, rollbacks and strangers as tlog-witness says; also after a restart.
func TestWitness(t *testing.T) {
	o := testOptions(t)
	key := fill(t, o, 900)
	w, verifier, file := newTestWitness(t, key)
	early := submissionOf(t, o.Dir, 0, 0)
	text, _, _ := strings.Cut(string(early[len("old 0\n\n"):]), "\n\n")
	first, err := parseCheckpoint(text + "\n")
	if err != nil {
		t.Fatal(err)
	}
	want := func(body []byte, status int, answer string) string {
		t.Helper()
		got, text := w.add(body)
		if got != status || answer != "" && text != answer {
			t.Errorf("%d %q, not %d %q", got, text, status, answer)
		}
		return text
	}
	line := want(early, http.StatusOK, "")
	// The signature is what the specification says, computed here by hand.
	public, err := newCosignatureVerifier(verifier)
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(line)
	sig, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil || fields[0] != "—" || fields[1] != "witness.example/w1" || len(sig) != 76 || binary.BigEndian.Uint32(sig) != public.hash || binary.BigEndian.Uint64(sig[4:]) != 1795290206 ||
		!ed25519.Verify(public.public, []byte("cosignature/v1\ntime 1795290206\n"+text+"\n"), sig[12:]) {
		t.Errorf("%q", line)
	}
	want(early, http.StatusConflict, fmt.Sprintf("%d\n", first.Size)) // it says old 0
	want(submissionOf(t, o.Dir, first.Size, -1), http.StatusOK, "")
	c, _ := w.seen(first.Origin)
	want(submissionOf(t, o.Dir, first.Size, -1), http.StatusConflict, fmt.Sprintf("%d\n", c.Size))
	want(submissionOf(t, o.Dir, c.Size, -1), http.StatusOK, "")                   // again
	want(submissionOf(t, o.Dir, c.Size, 0), http.StatusBadRequest, "")            // rolled back
	want(submissionOf(t, o.Dir, first.Size, 0), http.StatusConflict, "")          // rolled back, and lying about it
	want([]byte("old 1\n\nx\n1\n\n"), http.StatusNotFound, "")                    // of another log
	want([]byte("old 01\n\n"), http.StatusBadRequest, "")                         // misspelt
	want([]byte("old 0\nAAAA\n\n"+text+"\n\n"), http.StatusBadRequest, "")        // no hash
	want([]byte("old 0\n\n"+text+"\n\n— x AAAAAAA=\n"), http.StatusForbidden, "") // not signed
	// A fork: the log written anew with the same key, longer.
	fork := o
	fork.Dir = filepath.Join(t.TempDir(), "fork")
	fill(t, fork, 1500)
	want(submissionOf(t, fork.Dir, c.Size, -1), http.StatusUnprocessableEntity, "")
	want(submissionOf(t, fork.Dir, 0, -1), http.StatusConflict, "")
	// After a restart it knows.
	again, err := NewWitness(w.dir, file, []string{key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w = again
	want(submissionOf(t, fork.Dir, c.Size, -1), http.StatusUnprocessableEntity, "")
	// A state that cannot be read or written signs nothing.
	if err := os.WriteFile(w.path(first.Origin), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(early, http.StatusInternalServerError, "")
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := NewWitness(w.dir, file, []string{key}, nil); err == nil {
		t.Error("a key that others can read was taken")
	}
}

// A log sends its checkpoints, catches up with a witness that knows an older one, and does not wait for one that does not answer. Verifying asks for the cosignatures, and what was cut off after one shows.
func TestWitnessedLog(t *testing.T) {
	o := testOptions(t)
	o.Checkpoint = 20 * time.Millisecond
	key := fill(t, o, 100)
	w, verifier, _ := newTestWitness(t, key)
	srv := httptest.NewServer(w)
	defer srv.Close()
	_, absent, _ := newTestWitness(t, key)
	want(t, w, submissionOf(t, o.Dir, 0, 0))
	o.Witnesses = []WitnessTarget{{srv.URL + "/some/where", verifier}, {"http://127.0.0.1:1", absent}}
	l := mustOpen(t, o)
	eventually(t, "the witness has signed", func() bool {
		c, err := w.seen(l.Origin())
		return err == nil && c.Size > 100 && l.Stats().WitnessError != ""
	})
	eventually(t, "its cosignature is kept", func() bool {
		_, err := os.Stat(cosignedPath(o.Dir, l.submitters[0].key.hash))
		return err == nil
	})
	mustClose(t, l)
	check := func(dir string, n int, keys ...string) *Report {
		t.Helper()
		r, err := Verify(context.Background(), dir, VerifyOptions{Keys: []string{key}, Witnesses: keys, Witnessed: n})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := check(o.Dir, 1, verifier, absent, verifier); !r.OK() || r.Witnesses != 1 {
		t.Errorf("%v", r.Problems)
	}
	if r := check(o.Dir, 2, verifier, absent, verifier); r.OK() {
		t.Error("one witness counts as two")
	}
	// The log written anew, with the cosignature of the true one beside it.
	fork := o
	fork.Dir, fork.Witnesses = filepath.Join(t.TempDir(), "fork"), nil
	fill(t, fork, 200)
	if r := check(fork.Dir, 1, verifier); r.OK() {
		t.Error("a log without a cosignature was taken")
	}
	if err := os.CopyFS(filepath.Join(fork.Dir, "witnesses"), os.DirFS(filepath.Join(o.Dir, "witnesses"))); err != nil {
		t.Fatal(err)
	}
	if r := check(fork.Dir, 1, verifier); r.OK() {
		t.Error("the cosignature of another log was taken")
	}
}

func want(t *testing.T, w *Witness, body []byte) {
	t.Helper()
	if status, answer := w.add(body); status != http.StatusOK {
		t.Fatal(status, answer)
	}
}
