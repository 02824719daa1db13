package docs

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mayImport says what a package may import from Cordon. Leaves know nothing of each other; policy and rewrite decide and do no I/O; only proxy sees both bytes and decisions; the reviewer's program needs the log alone.
// A package that is not named here may not exist.
var mayImport = map[string]string{
	"wire": "", "parse": "", "catalog": "", "audit": "", "config": "", "admin": "", "directory": "", "poll": "", "alert": "", "share": "", "docs": "", "examples": "",
	"policy":           "parse",
	"identity":         "policy",
	"guard":            "policy",
	"rewrite":          "parse policy catalog",
	"mark":             "",
	"proxy":            "wire parse catalog audit poll policy identity guard rewrite mark",
	"cmd/cordon":       "*",
	"cmd/cordon-audit": "audit mark",
	"bench":            "internal/instance internal/pgtest",
}

// pure are packages that reach neither files nor the network: what they decide depends on what they are given.
var pure = map[string][]string{
	"policy":  {"net/http", "database/sql", "os/exec"},
	"rewrite": {"os", "net", "net/http", "database/sql", "os/exec"},
}

// TestPackagesKeepTheirPlace holds every package's imports against the table.
func TestPackagesKeepTheirPlace(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		name, _ := filepath.Rel("..", path)
		name = filepath.ToSlash(name)
		if base := d.Name(); base == "testdata" || name != "." && strings.HasPrefix(base, ".") || base == "bin" {
			return filepath.SkipDir
		}
		pkg, err := build.ImportDir(path, 0)
		if err != nil {
			return nil // no Go files for this system
		}
		if strings.HasPrefix(name, "internal/") {
			return nil // tests' and the demonstration's helpers
		}
		allowed, ok := mayImport[name]
		if !ok {
			t.Errorf("package %s is not in the table: say what it may import", name)
			return nil
		}
		seen++
		for _, imported := range pkg.Imports {
			if slices.Contains(pure[name], imported) {
				t.Errorf("%s imports %s, and is to do no I/O", name, imported)
			}
			own, ok := strings.CutPrefix(imported, "cordon/")
			if ok && allowed != "*" && !slices.Contains(strings.Fields(allowed), own) {
				t.Errorf("%s imports %s; it may import: %s", name, imported, allowed)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < len(mayImport) {
		t.Errorf("%d packages of the table are there, of %d", seen, len(mayImport))
	}
}
