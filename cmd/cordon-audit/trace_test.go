package main

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"cordon/audit"
	"cordon/mark"
)

// tracedLog is a log with two watermarked exports, the key, and the rows of the second as they were given.
func tracedLog(t *testing.T) (dir, key string, rows [][]string) {
	t.Helper()
	folder := t.TempDir()
	dir, key = filepath.Join(folder, "audit"), filepath.Join(folder, "watermark.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("7a", 32)), 0o600); err != nil { // always the same, and so the answer
		t.Fatal(err)
	}
	k, err := mark.ReadKey(key)
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.Open(t.Context(), audit.Options{Dir: dir, KeyFile: filepath.Join(folder, "audit.key"), Clock: func() time.Time { return time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	for n, id := range []string{"9f31c04e2a", "01b2c3d4e5"} {
		e, err := mark.ParseExport(id, 1)
		if err != nil {
			t.Fatal(err)
		}
		m := mark.New(k, e)
		rows = [][]string{}
		for i := range 400 {
			name, err := m.Text(nil, fmt.Appendf(nil, "客户%d 先生", i), 0)
			if !err {
				t.Fatal(i)
			}
			rows = append(rows, []string{fmt.Sprint(i), string(name), "138****" + fmt.Sprint(1000+i), "a, \"quoted\" note\nof two lines"})
		}
		session := audit.NewSession(audit.SessionInfo{ID: fmt.Sprint("s", n), Login: "crm_app"})
		for _, event := range []audit.Event{
			{Kind: audit.ExportApprove, Person: "carol", Data: map[string]any{"id": id, "by": "carol"}},
			{Kind: audit.ExportApprove, Person: "dave", Data: map[string]any{"id": id, "by": "dave"}},
			{Kind: audit.ExportRun, Session: session, Person: []string{"alice", "bob"}[n], Data: map[string]any{"id": id, "use": 1, "rule": "the list", "watermark": true}},
			{Kind: audit.ExportMark, Session: session, Person: []string{"alice", "bob"}[n], Data: map[string]any{"id": id, "use": 1, "rows": 400, "sample": base64.RawStdEncoding.EncodeToString(m.Sample().Bytes())}},
		} {
			if err := log.Event(event); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return dir, key, rows
}

func TestTrace(t *testing.T) {
	dir, key, rows := tracedLog(t)
	folder := filepath.Dir(dir)
	write := func(comma rune, rows [][]string) string {
		var b strings.Builder
		w := csv.NewWriter(&b)
		w.Comma = comma
		w.Write([]string{"id", "name", "phone", "note"})
		w.WriteAll(rows)
		return b.String()
	}
	trace := func(data string) string {
		t.Helper()
		file := filepath.Join(folder, "leaked.csv")
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		code := run([]string{"trace", "--dir", dir, "--key", key, file}, &out, &errs)
		return strings.ReplaceAll(out.String()+errs.String(), folder+"/", "") + fmt.Sprintf("exit %d\n", code)
	}
	part := rows[100:120]
	want := func(head, marks string) string {
		return "leaked.csv: 21 lines, " + head + ` between the values; held against 2 watermarked exports of the log.

Export 01b2c3d4e5, use 1: sure (the chance of a false match is 3e-48)
  person    bob (login crm_app), session s1
  time      2026-11-02T09:30:00Z
  rule      the list; 400 rows
  approved  by carol and dave
  marks     20 of 20 different marked texts carry its number (by chance: 1e-48)
  content   20 of 21 sampled texts were in it

Export 9f31c04e2a, use 1: possible
  person    alice (login crm_app), session s0
  time      2026-11-02T09:30:00Z
  rule      the list; 400 rows
  approved  by carol and dave
` + marks + `  content   20 of 21 sampled texts were in it
exit 0
`
	}
	none := "  marks     0 of 20 different marked texts carry its number (by chance: 1)\n"
	wide := utf16.Encode([]rune(write('\t', part)))
	unicodeText := []byte{0xff, 0xfe}
	for _, u := range wide {
		unicodeText = append(unicodeText, byte(u), byte(u>>8))
	}
	for head, data := range map[string]string{
		`UTF-8, ','`:   write(',', part),
		`UTF-8, ';'`:   "\ufeff" + write(';', part),
		`UTF-8, '\t'`:  strings.ReplaceAll(write('\t', part), "\n", "\r\n"),
		`UTF-16, '\t'`: string(unicodeText),
	} {
		if got, want := trace(data), want(head, none); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	}
	// A program that writes GBK puts question marks where it has no character.
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(strings.NewReplacer("\u200b", "?", "\u200c", "?", "\u200d", "?", "\u2060", "?").Replace(write(',', part)))
	if err != nil {
		t.Fatal(err)
	}
	if got := trace(gbk); !strings.Contains(got, "GB18030") || strings.Count(got, "20 of 21 sampled texts") != 2 || strings.Contains(got, "sure") {
		t.Error(got)
	}
	if got, want := trace("a,b\n1,2\n"), "leaked.csv: 2 lines, UTF-8, ',' between the values; held against 2 watermarked exports of the log.\n\nNothing in it speaks for any of them.\nexit 1\n"; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got, want := trace("PK\x03\x04"), "cordon-audit trace: leaked.csv is a workbook or an archive: save its sheet as CSV UTF-8 first\nexit 2\n"; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// workbook takes a CSV through a workbook, saved and opened again, as a spreadsheet does.
const workbook = `
import csv, sys, openpyxl
path = sys.argv[1]
book = openpyxl.Workbook()
for row in csv.reader(open(path, encoding="utf-8-sig", newline="")):
    book.active.append(row)
book.save(path + ".xlsx")
rows = openpyxl.load_workbook(path + ".xlsx").active.iter_rows(values_only=True)
csv.writer(open(path, "w", encoding="utf-8-sig", newline=""), delimiter=";").writerows([[str(v).strip() for v in row] for row in rows])
`

// Where Python has openpyxl: marks and order go through a workbook.
func TestTraceAfterAWorkbook(t *testing.T) {
	if err := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", "import openpyxl").Run(); err != nil {
		t.Skip("openpyxl is not installed")
	}
	dir, key, rows := tracedLog(t)
	k, err := mark.ReadKey(key)
	if err != nil {
		t.Fatal(err)
	}
	e, _ := mark.ParseExport("01b2c3d4e5", 1)
	m := mark.New(k, e)
	slices.SortFunc(rows, func(a, b []string) int { return cmp.Compare(m.Order([]byte(a[1])), m.Order([]byte(b[1]))) })
	file := filepath.Join(t.TempDir(), "list.csv")
	var b strings.Builder
	csv.NewWriter(&b).WriteAll(rows[200:250])
	if err := os.WriteFile(file, []byte("\ufeff"+b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", workbook, file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var out, errs bytes.Buffer
	run([]string{"trace", "--dir", dir, "--key", key, file}, &out, &errs)
	for _, want := range []string{"50 lines, UTF-8, ';'", "50 of 50 different marked texts carry its number", "50 different texts of column 2 fall 0 times out of its order"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s%s", want, out.String(), errs.String())
		}
	}
}
