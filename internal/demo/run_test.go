package demo

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cordon/internal/golden"
	"cordon/internal/instance"
)

// TestRun shows the whole demonstration with the programs themselves. What people see is held against testdata/demo.txt.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var programs [2]string
	for i, name := range []string{"cordon/cmd/cordon", "cordon/cmd/cordon-audit"} {
		var err error
		if programs[i], err = instance.Build(t.Context(), dir, name); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := Run(t.Context(), Options{Cordon: programs[0], Audit: programs[1], Out: &out}); err != nil {
		t.Fatalf("%v\nafter\n%s", err, out.String())
	}
	scenes, log, found := strings.Cut(out.String(), "\n8. The audit log\n")
	if !found {
		t.Fatalf("the demonstration ends before the audit log:\n%s", scenes)
	}
	golden.Text(t, "testdata/demo.txt", normal(scenes))
	for _, want := range []string{"37 statements were run, 37 are in the log.", "is whole and unchanged", "is NOT as it was written", "The first problem:"} {
		if !strings.Contains(log, want) {
			t.Errorf("the part about the log does not say %q:\n%s", want, log)
		}
	}
	leftOver(t, dir)
}

// TestRunInterrupted ends the demonstration in the middle; nothing may stay.
func TestRunInterrupted(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if err := Run(ctx, Options{Cordon: "/bin/false", Audit: "/bin/false", Out: &bytes.Buffer{}}); err == nil {
		t.Error("the demonstration ran without Cordon")
	}
	leftOver(t, dir)
}

func leftOver(t *testing.T, dir string) {
	t.Helper()
	for _, pattern := range []string{"cordon-demo-*", "cordon-pg-*"} {
		if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
			t.Errorf("the demonstration left %v", left)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "cordon-demo-*")); len(left) > 0 {
		t.Errorf("the demonstration left %v", left)
	}
}

// normal takes out what differs from run to run: the server's version, ports, and how long the load took.
func normal(text string) string {
	for _, r := range []struct{ form, with string }{
		{`PostgreSQL [0-9.]+ (\([^)]*\) )?on`, "PostgreSQL <version> on"},
		{`127\.0\.0\.1:[0-9]+`, "127.0.0.1:<port>"},
		{`loaded in\s+[0-9.]+ s`, "loaded in <time> s"},
	} {
		text = regexp.MustCompile(r.form).ReplaceAllString(text, r.with)
	}
	return text
}
