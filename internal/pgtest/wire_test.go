package pgtest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cordon/internal/golden"
)

// wireTarget is a database that the dialogues under testdata/wire/transparent can be played in.
func wireTarget(t *testing.T) Target {
	t.Helper()
	pg := Shared(t)
	db := pg.CreateDatabase(t)
	setup, err := os.ReadFile("../../testdata/wire/setup.sql")
	if err != nil {
		t.Fatal(err)
	}
	pg.Exec(t, db, string(setup))
	return Target{Addr: pg.Addr(), Server: pg.Addr(), User: "postgres", Database: db}
}

func transparent(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../testdata/wire/transparent/*.wire")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	return files
}

// TestTransparentDialogues plays every dialogue straight to PostgreSQL: what is written there is PostgreSQL's own answer, which a proxy must give too.
func TestTransparentDialogues(t *testing.T) {
	if major := Shared(t).Major(t); major != 15 {
		t.Skipf("the transcripts are those of PostgreSQL 15, this is %d", major)
	}
	target := wireTarget(t)
	for _, path := range append(transparent(t), "../../testdata/wire/malformed/protocol-violations.wire") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".wire"), func(t *testing.T) { RunScript(t, target, path) })
	}
}

// The directives that transparent dialogues do not need: encryption, a login with a password, its messages shown, a newer protocol.
func TestEncryptedLogin(t *testing.T) {
	pg := Start(t, WithSSL(), WithAuth("scram-sha-256"))
	if major := pg.Major(t); major != 15 {
		t.Skipf("the transcript is that of PostgreSQL 15, this is %d", major)
	}
	pg.Exec(t, "postgres", "CREATE ROLE alice LOGIN PASSWORD 'secret'")
	cfg, err := pg.TLSConfig()
	if err != nil {
		t.Fatal(err)
	}
	RunScript(t, Target{Addr: pg.Addr(), User: "alice", Password: "secret", Database: "postgres", TLS: cfg}, "testdata/login.wire")
}

// A transcript is the script's own text when all comes as expected, also the second time.
func TestPlayGivesTheSameTranscript(t *testing.T) {
	target := wireTarget(t)
	for _, path := range transparent(t) {
		s, err := ReadScript(path)
		if err != nil {
			t.Fatal(err)
		}
		want := s.Text()
		for i := range 2 {
			got, err := Play(context.Background(), target, path)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 && Shared(t).Major(t) != 15 {
				want = got
			}
			if got != want && !golden.Updating() {
				t.Errorf("%s: %s", path, golden.Difference(want, got))
			}
		}
	}
}

func TestParseMessage(t *testing.T) {
	golden.Run(t, "testdata/message.case", func(t *testing.T, d *golden.Directive) string {
		var b strings.Builder
		for line := range strings.SplitSeq(strings.TrimSuffix(d.Input, "\n"), "\n") {
			m, err := parseMessage(line)
			if err != nil {
				b.WriteString("error: " + err.Error() + "\n")
				continue
			}
			encoded, err := m.Encode(nil)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString(string(encoded[0]) + " " + bytesText(encoded[1:]) + "\n")
		}
		return b.String()
	})
}

func FuzzParseMessage(f *testing.F) {
	f.Add(`Bind "p" "s" formats=(0 1) params=("x\n" null 0x00) results=(1)`)
	f.Fuzz(func(t *testing.T, line string) {
		if m, err := parseMessage(line); err == nil {
			m.Encode(nil)
		}
	})
}

func FuzzDescribe(f *testing.F) {
	f.Add(byte('T'), []byte("\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x17\x00\x04\xff\xff\xff\xff\x00\x00"))
	f.Add(byte('A'), []byte("0"))
	f.Add(byte('E'), []byte("SERROR\x00\x00"))
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		if text := describe(frame{kind, body}); strings.Contains(text, "\n") {
			t.Errorf("more than one line: %q", text)
		}
	})
}
