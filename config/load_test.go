package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cordon/internal/golden"
)

// outcome is what a file gives: its mistakes, or every value that differs from the defaults.
func outcome(t *testing.T, path string) (lines []string, refused bool) {
	c, err := Load(path)
	folder := filepath.Dir(path) + string(filepath.Separator)
	if err != nil {
		var problems Problems
		if !errors.As(err, &problems) {
			t.Fatal(err)
		}
		for _, p := range problems {
			p.File, p.Text = filepath.Base(p.File), strings.ReplaceAll(p.Text, folder, "")
			lines = append(lines, p.String())
		}
		return lines, true
	}
	var walk func(name string, got, standard reflect.Value)
	walk = func(name string, got, standard reflect.Value) {
		if got.Kind() == reflect.Struct {
			for i := range got.NumField() {
				walk(strings.TrimPrefix(name+"."+got.Type().Field(i).Name, "."), got.Field(i), standard.Field(i))
			}
		} else if !reflect.DeepEqual(got.Interface(), standard.Interface()) && name != "Path" {
			lines = append(lines, strings.ReplaceAll(fmt.Sprintf("%s = %v", name, got), folder, "$folder/"))
		}
	}
	walk("", reflect.ValueOf(*c), reflect.ValueOf(Default()))
	lines = append(lines, "Upstream.Address() = "+strings.ReplaceAll(c.Upstream.Address(), folder, "$folder/"))
	return lines, false
}

// Every file under testdata begins with what Load says of it, in lines that begin with `#> `: the mistakes of a *.bad.yaml, and what a *.good.yaml sets.
func TestLoad(t *testing.T) {
	for _, kind := range []string{"good", "bad"} {
		files, err := filepath.Glob("testdata/*." + kind + ".yaml")
		if err != nil || len(files) == 0 {
			t.Fatalf("no files: %v", err)
		}
		for _, path := range files {
			t.Run(filepath.Base(path), func(t *testing.T) {
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				var want []string
				for bytes.HasPrefix(data, []byte("#> ")) {
					line, after, _ := bytes.Cut(data, []byte("\n"))
					want, data = append(want, string(line[3:])), after
				}
				got, refused := outcome(t, path)
				if golden.Updating() {
					for range 3 { // the number of lines moves the lines
						head := ""
						for _, line := range got {
							head += "#> " + line + "\n"
						}
						if err := os.WriteFile(path, append([]byte(head), data...), 0o644); err != nil {
							t.Fatal(err)
						}
						got, refused = outcome(t, path)
					}
					want = got
				}
				if strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				if refused != (kind == "bad") {
					t.Errorf("refused: %v, but the name of the file says %v", refused, kind == "bad")
				}
			})
		}
	}
}

func TestLoadOfNoFile(t *testing.T) {
	_, err := Load("testdata/no-such.yaml")
	if err == nil || err.Error() != "read configuration: stat testdata/no-such.yaml: no such file or directory" {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("testdata/fuzz.yaml", data)
		if (c == nil) == (err == nil) {
			t.Errorf("config %v, error %v", c, err)
		}
		if c != nil && (c.Upstream.Host == "" || c.Policy == "" || c.Limits.MessageBytes <= 0 || c.Limits.Connections <= 0) {
			t.Errorf("accepted without what it needs: %+v", c)
		}
	})
}
