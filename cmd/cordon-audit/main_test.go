package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestScripts runs testdata/cli/audit-*.txtar: scripts in the language of testscript, of which they use exec, stdout, stderr, cmp, cp, rm, mkdir and exists, and files. $VECTORS is a copy of the log vectors.
func TestScripts(t *testing.T) {
	t.Setenv("TZ", "UTC")
	files, err := filepath.Glob("../../testdata/cli/audit-*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for i, f := range files {
		if files[i], err = filepath.Abs(f); err != nil {
			t.Fatal(err)
		}
	}
	vectors, err := filepath.Abs("../../testdata/audit/vectors")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txtar"), func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			if err := os.CopyFS("vectors", os.DirFS(vectors)); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			script := unpack(t, string(text))
			s := scriptState{t: t, name: filepath.Base(f), vars: strings.NewReplacer("$VECTORS", filepath.Join(dir, "vectors"))}
			for i, line := range strings.Split(script, "\n") {
				s.line(i+1, line)
			}
		})
	}
}

var fileHead = regexp.MustCompile(`(?m)^-- (\S+) --\n`)

// unpack writes the files of a txtar archive, and returns what stands before them.
func unpack(t *testing.T, text string) (script string) {
	t.Helper()
	heads := fileHead.FindAllStringSubmatchIndex(text, -1)
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		if err := os.WriteFile(text[h[2]:h[3]], []byte(text[h[1]:end]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if len(heads) > 0 {
		return text[:heads[0][0]]
	}
	return text
}

type scriptState struct {
	t              *testing.T
	name           string
	vars           *strings.Replacer
	stdout, stderr bytes.Buffer
}

// line runs one line of a script.
func (s *scriptState) line(n int, line string) {
	s.t.Helper()
	words := fields(line)
	if len(words) == 0 {
		return
	}
	fail := func(format string, args ...any) {
		s.t.Helper()
		s.t.Fatalf("%s:%d: %s: "+format+"\nstdout:\n%s\nstderr:\n%s", append(append([]any{s.name, n, line}, args...), s.stdout.String(), s.stderr.String())...)
	}
	not := words[0] == "!"
	if not {
		words = words[1:]
	}
	for i := range words {
		words[i] = s.vars.Replace(words[i])
	}
	var err error
	ok := true
	switch words[0] {
	case "exec":
		s.stdout.Reset()
		s.stderr.Reset()
		ok = run(words[2:], &s.stdout, &s.stderr) == exitOK
	case "stdout", "stderr":
		out := s.stdout.String()
		if words[0] == "stderr" {
			out = s.stderr.String()
		}
		ok = regexp.MustCompile("(?m)" + words[1]).MatchString(out)
	case "cmp":
		var want []byte
		want, err = os.ReadFile(words[2])
		ok = string(want) == s.stdout.String()
	case "cp":
		var b []byte
		if b, err = os.ReadFile(words[1]); err == nil {
			err = os.WriteFile(words[2], b, 0o600)
		}
	case "rm":
		err = os.RemoveAll(words[1])
	case "mkdir":
		err = os.MkdirAll(words[1], 0o755)
	case "exists":
		for _, f := range words[1:] {
			if _, e := os.Stat(f); e != nil {
				err = e
			}
		}
	default:
		fail("no such command")
	}
	if err != nil {
		fail("%v", err)
	}
	if ok == not {
		fail("not as expected")
	}
}

// fields splits a line into words; single quotes keep blanks, # begins a comment.
func fields(line string) (words []string) {
	for line = strings.TrimSpace(line); line != "" && line[0] != '#'; line = strings.TrimSpace(line) {
		if line[0] == '\'' {
			word, rest, _ := strings.Cut(line[1:], "'")
			words, line = append(words, word), rest
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		words, line = append(words, word), rest
	}
	return words
}
