package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A bundle holds without the log, and no longer when any of its files is changed, missing or added.
func TestBundle(t *testing.T) {
	dir := writeLog(t, 500)
	to := filepath.Join(t.TempDir(), "evidence")
	ask := func(args ...string) string {
		var out bytes.Buffer
		run(args, &out, &out)
		return out.String()
	}
	if got := ask("bundle", "--dir", dir, "--person", "person7", "--to", to, "--reveal", "a test"); !strings.HasPrefix(got, "Wrote 3 statements and events (8 records with proofs)") {
		t.Fatal(got)
	}
	key := filepath.Join(t.TempDir(), "key.pub")
	b, err := os.ReadFile(dir + ".key.pub")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	check := func() string { return ask("check-bundle", "--key", key, to) }
	if got := check(); !strings.HasPrefix(got, "The bundle holds: 3 statements and events") || !strings.HasSuffix(got, "all of its 8 records are proved.\n") {
		t.Fatal(got)
	}
	entries, err := os.ReadDir(to)
	if err != nil || len(entries) != 19 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		path := filepath.Join(to, e.Name())
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if e.Name() != "manifest.json" { // it says what was asked, and when, and is not signed
			for _, at := range []int{0, len(whole) / 2, len(whole) - 2} {
				changed := bytes.Clone(whole)
				changed[at] ^= 1
				os.WriteFile(path, changed, 0o600)
				if got := check(); !strings.HasPrefix(got, "The bundle does NOT hold: ") {
					t.Errorf("%s changed at %d: %s", e.Name(), at, got)
				}
			}
			os.Remove(path)
			if got := check(); !strings.HasPrefix(got, "The bundle does NOT hold: ") {
				t.Errorf("%s removed: %s", e.Name(), got)
			}
		}
		os.WriteFile(path, whole, 0o600)
	}
	if got := check(); !strings.HasPrefix(got, "The bundle holds") {
		t.Error(got)
	}
	leaveOutForm(t, to)
	if got := check(); !strings.HasSuffix(got, "refers for what was decided, is missing.\n") {
		t.Error(got)
	}
	os.WriteFile(filepath.Join(to, "more.json"), []byte("{}"), 0o600)
	if got := check(); got != "The bundle does NOT hold: the manifest does not list \"more.json\".\n" {
		t.Error(got)
	}
}

// leaveOutForm takes the record to which the statements of a bundle refer out of it, and out of its list.
func leaveOutForm(t *testing.T, to string) {
	b, err := os.ReadFile(filepath.Join(to, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	m.Seqs = slices.DeleteFunc(m.Seqs, func(seq uint64) bool {
		base := strconv.FormatUint(seq, 10)
		record, err := os.ReadFile(filepath.Join(to, base+".json"))
		if err != nil || !bytes.Contains(record, []byte(`"kind":"stmt.form"`)) {
			return false
		}
		for _, name := range []string{base + ".json", base + ".tlog-proof"} {
			delete(m.Files, name)
			os.Remove(filepath.Join(to, name))
		}
		return true
	})
	if b, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "manifest.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
}
