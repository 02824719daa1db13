package tracetest

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Statement is one recorded statement.
type Statement struct {
	Session int    `json:"session"` // the backend that ran it
	SQL     string `json:"sql"`
}

// IsSelect tells a SELECT from everything else in the recording, which has no WITH and no parentheses before the first word.
func (s Statement) IsSelect() bool { return strings.HasPrefix(s.SQL, "SELECT") }

// Statements reads the recorded statements from a folder of traces.
func Statements(dir string) ([]Statement, error) {
	r, closeFile, err := open(filepath.Join(dir, "tryton-statements.jsonl.gz"))
	if err != nil {
		return nil, err
	}
	defer closeFile()
	var all []Statement
	for d := json.NewDecoder(r); ; {
		var s Statement
		if err := d.Decode(&s); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("read statement %d: %w", len(all)+1, err)
		}
		all = append(all, s)
	}
}

// Database reads the dump of the recorded database from a folder of traces: a script for psql.
func Database(dir string) (string, error) {
	r, closeFile, err := open(filepath.Join(dir, "tryton-database.sql.gz"))
	if err != nil {
		return "", err
	}
	defer closeFile()
	text, err := io.ReadAll(r)
	return string(text), err
}

func open(path string) (io.Reader, func() error, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	r, err := gzip.NewReader(f)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	return r, f.Close, nil
}
