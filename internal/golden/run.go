package golden

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// update is a flag of test binaries alone: a program that imports this package must not get it.
var update = func() *bool {
	if !strings.HasSuffix(os.Args[0], ".test") && !strings.HasSuffix(os.Args[0], ".test.exe") || flag.Lookup("update") != nil {
		return new(bool)
	}
	return flag.Bool("update", false, "write what comes out into the golden files instead of comparing")
}()

// Updating tells whether golden files are to be rewritten: the flag -update, or CORDON_UPDATE in the environment.
func Updating() bool { return *update || os.Getenv("CORDON_UPDATE") != "" }

// TB is what Text needs of a testing.TB.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// T is what Run needs of a *testing.T.
type T[S any] interface {
	TB
	Run(name string, f func(S)) bool
}

// Run runs every case of a file through fn, in order, each as a subtest named after its line, and compares what fn gives with what is expected. With -update it rewrites the file.
//
//	golden.Run(t, "testdata/lexer.case", func(t *testing.T, d *golden.Directive) string { … })
func Run[S T[S]](t S, path string, fn func(t S, d *Directive) string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	cases, tail, err := Parse(path, text)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	updating := Updating()
	for i := range cases {
		c := &cases[i]
		t.Run(fmt.Sprintf("line %d %s", c.Line, c.Name), func(t S) {
			t.Helper()
			got := fn(t, c)
			if got != "" && !strings.HasSuffix(got, "\n") {
				got += "\n"
			}
			if updating {
				c.Expected = got
			} else if got != c.Expected {
				t.Errorf("%s: %s", c.Pos(), Difference(c.Expected, got))
			}
		})
	}
	if updating {
		if err := Write(path, cases, tail...); err != nil {
			t.Fatalf("%v", err)
		}
	}
}

// RunAll is Run for every file that a pattern (of filepath.Glob) fits; none is a mistake.
func RunAll[S T[S]](t S, pattern string, fn func(t S, d *Directive) string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no case file fits %s (%v)", pattern, err)
		return
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t S) { Run(t, path, fn) })
	}
}

// Text compares a text with a whole file. With -update it writes the file.
func Text(t TB, path, got string) {
	t.Helper()
	want, err := os.ReadFile(path)
	if Updating() {
		if err == nil && string(want) == got {
			return
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatalf("%v", err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatalf("%v", err)
		}
		return
	}
	if err != nil {
		t.Fatalf("%v (run the test with -update to write it)", err)
	}
	if string(want) != got {
		t.Errorf("%s: %s", path, Difference(string(want), got))
	}
}

// maxDifference bounds the lines that Difference compares: it takes time and memory of their product.
const maxDifference = 2000

// Difference shows two texts line by line: "-" wanted and not there, "+" there and not wanted.
func Difference(want, got string) string {
	a, b := strings.Split(strings.TrimSuffix(want, "\n"), "\n"), strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if len(a) > maxDifference || len(b) > maxDifference {
		return "want:\n" + want + "\ngot:\n" + got
	}
	// common[i][j] is the length of the longest common subsequence of a[i:] and b[j:].
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out strings.Builder
	out.WriteString("output differs (- wanted, + given)\n")
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out.WriteString("  " + a[i] + "\n")
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out.WriteString("- " + a[i] + "\n")
			i++
		default:
			out.WriteString("+ " + b[j] + "\n")
			j++
		}
	}
	return out.String()
}
