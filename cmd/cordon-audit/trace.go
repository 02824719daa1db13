package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"cordon/audit"
	"cordon/mark"
)

const traceHelp = `Which export does a leaked file come from? Looks in a list (CSV with any separator, also as Excel writes it, or tab-separated)
for the watermarks of approved exports: in its texts, in the order of its rows, and by the content of its rows. A part of the
file is enough, with rows and columns missing, in another order or added. Exit status 1 when nothing is found.

sure      the chance that a file which has nothing to do with any of the exports looks like this is below one in a million
likely    it is below one in a hundred
possible  by content alone: the rows were in this export, and may have been had in another way

The chance counts all exports, columns and orders that were tried. It needs the key of the watermarks, which only the running
Cordon's account and who traces should be able to read. That somebody traced is recorded in the reviewers' log.
`

// tracedExport is what the log has of one watermarked export.
type tracedExport struct {
	ID       string    `json:"export"`
	Use      int       `json:"use"`
	Person   string    `json:"person"`
	Login    string    `json:"login,omitempty"`
	Session  string    `json:"session,omitempty"`
	Time     time.Time `json:"time,omitzero"`
	Rule     string    `json:"rule,omitempty"`
	Rows     int64     `json:"rows"`
	Approved []string  `json:"approved_by,omitempty"`
	sample   *mark.Sample
}

func traceCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	dir := fs.String("dir", "audit", "`folder` of the log (default audit)")
	keyFile := fs.String("key", "state/watermark.key", "`file` of the watermarks' key, which is in Cordon's folder of state (default state/watermark.key)")
	asJSON := fs.Bool("json", false, "print one JSON object each line")
	review := addReview(fs)
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) != 1 {
			return usageError{"give one file"}
		}
		key, err := mark.ReadKey(*keyFile)
		if err != nil {
			return err
		}
		f, err := readList(args[0])
		if err != nil {
			return err
		}
		if err := review.record(ctx, *dir, audit.ReviewSearch, asked(fs)); err != nil {
			return err
		}
		exports, err := watermarked(ctx, *dir)
		if err != nil {
			return err
		}
		var candidates []mark.Candidate
		for i := range exports {
			e, err := mark.ParseExport(exports[i].ID, exports[i].Use)
			if err != nil {
				return err
			}
			candidates = append(candidates, mark.Candidate{Export: e, Sample: exports[i].sample})
		}
		found := mark.Trace(key, f.rows, candidates)
		if !*asJSON {
			fmt.Fprintf(stdout, "%s: %d lines, %s, %q between the values; held against %d watermarked %s of the log.\n", args[0], len(f.rows), f.encoding, f.comma, len(exports), plural(len(exports), "export", "exports"))
		}
		for i := range found {
			x := &tracedExport{ID: fmt.Sprintf("%x", found[i].Export.Request), Use: int(found[i].Export.Use)}
			if n := found[i].Candidate; n >= 0 {
				x = &exports[n]
			}
			if *asJSON {
				if err := json.NewEncoder(stdout).Encode(jsonFinding(x, &found[i])); err != nil {
					return err
				}
				continue
			}
			writeFinding(stdout, x, &found[i])
		}
		if len(found) == 0 {
			if !*asJSON {
				fmt.Fprintln(stdout, "\nNothing in it speaks for any of them.")
			}
			return errBad
		}
		return nil
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func verdict(f *mark.Finding) string {
	switch p := f.Chance(); {
	case p < 1e-6:
		return "sure"
	case p < 1e-2:
		return "likely"
	}
	return "possible"
}

// chance words a probability.
func chance(p float64) string {
	if p < 1e-99 {
		return "less than 1e-99"
	}
	return fmt.Sprintf("%.1g", p)
}

func writeFinding(w io.Writer, x *tracedExport, f *mark.Finding) {
	fmt.Fprintf(w, "\nExport %s, use %d: %s", x.ID, x.Use, verdict(f))
	if v := verdict(f); v != "possible" {
		fmt.Fprintf(w, " (the chance of a false match is %s)", chance(f.Chance()))
	}
	fmt.Fprintln(w)
	line := func(what, format string, args ...any) {
		fmt.Fprintf(w, "  %-9s %s\n", what, fmt.Sprintf(format, args...))
	}
	if f.Candidate < 0 {
		line("person", "not in this log: it was read from the marks alone; ask cordon exports show %s, or an older log", x.ID)
	} else {
		person := x.Person
		if x.Login != "" && x.Login != x.Person {
			person += " (login " + x.Login + ")"
		}
		line("person", "%s, session %s", person, x.Session)
		line("time", "%s", x.Time.UTC().Format(time.RFC3339))
		line("rule", "%s; %d rows", x.Rule, x.Rows)
		if len(x.Approved) > 0 {
			line("approved", "by %s", strings.Join(x.Approved, " and "))
		}
	}
	if f.Marks > 0 {
		line("marks", "%d of %d different marked texts carry its number (by chance: %s)", f.Right, f.Marks, chance(f.ByMarks))
	}
	if f.ByOrder < 0.01 {
		line("order", "%d different texts of column %d fall %d times out of its order (by chance: %s)", f.Rows, f.Column+1, f.Falls, chance(f.ByOrder))
	}
	if f.Known > 0 {
		line("content", "%d of %d sampled texts were in it", f.Known, f.Asked)
	}
}

// jsonFinding is a finding for programs.
func jsonFinding(x *tracedExport, f *mark.Finding) any {
	return struct {
		*tracedExport
		Verdict string  `json:"verdict"`
		Chance  float64 `json:"chance"`
		Marks   int     `json:"marks"`
		Right   int     `json:"marks_right"`
		Texts   int     `json:"order_texts"`
		Falls   int     `json:"order_falls"`
		Asked   int     `json:"content_asked"`
		Known   int     `json:"content_known"`
	}{x, verdict(f), f.Chance(), f.Marks, f.Right, f.Rows, f.Falls, f.Asked, f.Known}
}

// watermarked are the watermarked exports of a log, the oldest first.
func watermarked(ctx context.Context, dir string) ([]tracedExport, error) {
	var list []tracedExport
	approved := map[string][]string{}
	err := audit.Search(ctx, dir, audit.Filter{Kind: "export.*"}, func(e *audit.Execution) error {
		r := e.Record
		var d struct {
			ID, Rule, By, Sample string
			Use                  int
			Rows                 int64
			Watermark            bool
		}
		if err := json.Unmarshal(r.Data, &d); err != nil {
			return nil // cut short: it says nothing of a mark
		}
		switch audit.EventKind(r.Kind) {
		case audit.ExportApprove:
			approved[d.ID] = append(approved[d.ID], d.By)
		case audit.ExportRun:
			if _, err := mark.ParseExport(d.ID, d.Use); d.Watermark && err == nil {
				list = append(list, tracedExport{ID: d.ID, Use: d.Use, Person: r.Person, Login: r.Login, Session: r.Session, Time: r.Time, Rule: d.Rule})
			}
		case audit.ExportMark:
			i := slices.IndexFunc(list, func(x tracedExport) bool { return x.ID == d.ID && x.Use == d.Use })
			b, err := base64.RawStdEncoding.DecodeString(d.Sample)
			if i < 0 || err != nil {
				return nil
			}
			list[i].Rows = d.Rows
			list[i].sample, _ = mark.ReadSample(b)
		}
		return nil
	})
	for i := range list {
		list[i].Approved = approved[list[i].ID]
	}
	return list, err
}

// leaked is a file of rows.
type leaked struct {
	rows     [][]string
	encoding string
	comma    rune
}

// maxList bounds the file that is looked into.
const maxList = 256 << 20

// readList reads rows out of whatever a program may have written them to.
func readList(file string) (l leaked, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return l, err
	}
	if info.Size() > maxList {
		return l, fmt.Errorf("%s has %d bytes, and at most %d are read: cut a part out of it", file, info.Size(), maxList)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return l, err
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return l, errors.New(file + " is a workbook or an archive: save its sheet as CSV UTF-8 first")
	}
	var text string
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		l.encoding = "UTF-16"
		units := make([]uint16, 0, len(data)/2)
		for i := 2; i+1 < len(data); i += 2 {
			a, b := uint16(data[i]), uint16(data[i+1])
			if data[0] == 0xff {
				a, b = b, a
			}
			units = append(units, a<<8|b)
		}
		text = string(utf16.Decode(units))
	case utf8.Valid(data):
		l.encoding = "UTF-8"
		text = strings.TrimPrefix(string(data), "\ufeff")
	default:
		l.encoding = "GB18030"
		out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err != nil {
			return l, fmt.Errorf("%s is in no encoding that is read (UTF-8, UTF-16, GB18030)", file)
		}
		text = string(out)
	}
	l.comma = separator(text)
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = l.comma, true, -1
	for {
		row, err := r.Read()
		if err == io.EOF {
			return l, nil
		}
		if err != nil {
			return l, fmt.Errorf("%s: %w", file, err)
		}
		l.rows = append(l.rows, row)
	}
}

// separator is the character that divides most of the first lines alike.
func separator(text string) rune {
	lines := strings.SplitN(text[:min(len(text), 64<<10)], "\n", 101)
	if len(lines) > 1 {
		lines = lines[:len(lines)-1] // the last may be cut
	}
	best, most := ',', 0
	for _, comma := range []rune{',', ';', '\t', '|'} {
		alike := map[int]int{}
		for _, line := range lines {
			n, quoted := 0, false
			for _, r := range line {
				switch {
				case r == '"':
					quoted = !quoted
				case r == comma && !quoted:
					n++
				}
			}
			if n > 0 {
				alike[n]++
			}
		}
		for _, lines := range alike {
			if lines > most {
				best, most = comma, lines
			}
		}
	}
	return best
}
