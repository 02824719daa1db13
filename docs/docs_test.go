// Package docs holds the documentation, and tests that hold it against the code.
package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cordon/policy"
)

// notSent are string literals of the form of an SQLSTATE that no client sees.
var notSent = map[string]string{
	"00000": "success, in audit records",
	"25P03": "Cordon's own queries that a failed pipeline skipped",
	"42P17": "PostgreSQL's own, recognised",
	"57014": "PostgreSQL's own, recognised",
	"428C9": "PostgreSQL's own, recognised",
	"16000": "a number",
}

// TestEverySQLSTATEIsListed reads the SQLSTATEs out of the packages that make errors for clients.
func TestEverySQLSTATEIsListed(t *testing.T) {
	page, err := os.ReadFile("errors.md")
	if err != nil {
		t.Fatal(err)
	}
	state := regexp.MustCompile(`"([0-9X][0-9A-Z]{4})"`)
	sent := map[string]bool{}
	for _, dir := range []string{"proxy", "rewrite", "guard", "parse", "identity", "audit"} {
		files, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("package %s has no files (%v)", dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range state.FindAllStringSubmatch(string(text), -1) {
				code := m[1]
				sent[code] = true
				if notSent[code] == "" && !strings.Contains(string(page), code) {
					t.Errorf("%s has SQLSTATE %s, which errors.md does not list", file, code)
				}
			}
		}
	}
	for _, m := range regexp.MustCompile(`\b[0-9X][0-9A-Z]{4}\b`).FindAllString(string(page), -1) {
		if !sent[m] {
			t.Errorf("errors.md lists %s, which no package has", m)
		}
	}
}

// TestPoliciesInTextAreRight reads the policies that the pages show whole.
func TestPoliciesInTextAreRight(t *testing.T) {
	block := regexp.MustCompile("(?s)```yaml\n(version: 1\n.*?)```")
	shown := 0
	for _, page := range []string{"../README.md", "policy.md", "configuration.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range block.FindAllSubmatch(text, -1) {
			shown++
			p, err := policy.Parse(page, m[1])
			if err != nil {
				t.Errorf("%s: %v", page, err)
				continue
			}
			for _, w := range p.Warnings {
				t.Errorf("%s: %v", page, w)
			}
		}
	}
	if shown == 0 {
		t.Error("no page shows a policy")
	}
}

// TestLinksLeadSomewhere follows the relative links of every Markdown file.
func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s, which does not exist", path, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
