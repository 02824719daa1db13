package policy

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cordon/internal/golden"
)

// header is the comment lines at the beginning of a golden file that hold expected messages, and the rest of the file.
func header(data []byte) (messages []string, rest []byte) {
	for bytes.HasPrefix(data, []byte("#> ")) {
		line, after, _ := bytes.Cut(data, []byte("\n"))
		messages, data = append(messages, string(line[3:])), after
	}
	return messages, data
}

// outcome is what a policy file gives: its mistakes, or its warnings.
func outcome(path string, data []byte) (messages []string, err error) {
	p, err := Parse(path, data)
	problems := Problems{}
	if err != nil {
		if !errors.As(err, &problems) {
			return nil, err
		}
	} else {
		problems = p.Warnings
	}
	for _, one := range problems {
		one.File = filepath.Base(one.File)
		// The folder is the test's own, and not part of the expectation.
		one.Text = strings.ReplaceAll(one.Text, filepath.Dir(path)+string(filepath.Separator), "")
		text := one.String()
		if err == nil {
			text = "warning: " + text
		}
		messages = append(messages, text)
	}
	return messages, err
}

// Every file under testdata/load begins with what Parse says of it, one `#> ` line for each mistake: *.bad.yaml are refused, *.good.yaml are not.
func TestLoad(t *testing.T) {
	files, err := filepath.Glob("testdata/load/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want, rest := header(data)
			got, err := outcome(path, data)
			if golden.Updating() {
				// The number of messages moves their lines: once more with the right number of lines in front.
				for range 3 {
					data = nil
					for _, m := range got {
						data = append(data, "#> "+strings.ReplaceAll(m, "\n", "\\n")+"\n"...)
					}
					data = append(data, rest...)
					got, err = outcome(path, data)
				}
				if err := os.WriteFile(path, data, 0o644); err != nil {
					t.Fatal(err)
				}
				want = got
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if bad := strings.HasSuffix(path, ".bad.yaml"); bad != (err != nil) {
				t.Errorf("refused: %v, but the name of the file says %v", err != nil, bad)
			}
		})
	}
}
