package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"cordon/audit"
)

// A long stream leaves records of how far it has come, whatever brings its rows.
func TestLongStreamsLeaveProgress(t *testing.T) {
	f, _, db := crm(t, nil)
	ctx := context.Background()
	c := f.connect(t, "postgres", db, "")
	for _, mode := range []string{"simple", "extended"} {
		show(c, modes[mode], "SELECT generate_series(1, 140000)")
	}
	if _, err := c.PgConn().CopyTo(ctx, io.Discard, "COPY (SELECT generate_series(1, 70000)) TO STDOUT"); err != nil {
		t.Fatal(err)
	}
	f.stop()
	r, err := audit.OpenReader(f.auditDir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got strings.Builder
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind == "stmt.progress" {
			var v struct{ Of, Stmt uint64 }
			if err := json.Unmarshal(rec.Raw, &v); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&got, "statement %d: %d rows\n", v.Stmt, rec.Rows)
		}
	}
	expect(t, got.String(), "statement 1: 65536 rows\nstatement 1: 131072 rows\nstatement 2: 65536 rows\nstatement 2: 131072 rows\nstatement 3: 65536 rows\n")
}

// A text that is longer than what is looked into passes for a person whom no rule restricts: its record has more of it than a comment in front, and says that there was more.
func TestLongTextsAreRecorded(t *testing.T) {
	f, _, db := crm(t, nil)
	c := f.connect(t, "postgres", db, "")
	long := "/*" + strings.Repeat("x", 100<<10) + "*/ SELECT 7 AS the_deed /*" + strings.Repeat("y", 1000<<10) + "*/"
	for _, mode := range []string{"simple", "extended"} {
		expect(t, show(c, modes[mode], long), "7\nSELECT 1")
	}
	f.stop()
	r, err := audit.OpenReader(f.auditDir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	found := 0
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind != "stmt.intent" || rec.Reason == "" {
			continue
		}
		found++
		if !strings.HasPrefix(rec.Reason, "a message of 11264") || !strings.Contains(rec.Reason, " bytes, of which the record has no more than 1310") {
			t.Error(rec.Reason)
		}
		if texts, err := r.Texts(rec); err != nil || !strings.Contains(texts.SQL, "the_deed") {
			t.Errorf("%v: %.100s", err, texts.SQL)
		}
	}
	if found != 2 {
		t.Errorf("%d records of long texts", found)
	}
}
