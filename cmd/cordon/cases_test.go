package main

import (
	"path/filepath"
	"testing"

	"cordon/internal/golden"
)

// The case files that show what a policy decides, and the SQL it makes: those that `cordon test` runs.
func TestPolicyCases(t *testing.T) {
	files, err := filepath.Glob("../../testdata/policy/*.case")
	if err != nil || len(files) == 0 {
		t.Fatalf("no case files: %v", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			c := newCases(f)
			golden.Run(t, f, func(t *testing.T, d *golden.Directive) string { return c.run(d) })
		})
	}
}
