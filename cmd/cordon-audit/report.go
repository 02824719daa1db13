package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"time"

	"cordon/audit"
)

const reportHelp = `Writes a report, in English or Chinese, as a page of HTML or as CSV.

report person      what one person did: by table, by rule, refused, bulk, and every statement. --person is required
report subject     who saw one customer: --table and --key as in cordon-audit subject. --edition internal names who did;
                   --edition subject is for the customer: dates, purposes and kinds of data, and no name of an employee
report compliance  articles of law, each with the command that answers it and its number now; --key audit.key.pub,
                   for the log is verified first

The filters are those of search; --since and --until bound the time. The purpose of an access is the name of the rule that
allowed it: name rules by what they are for. --sign-off records in the reviewers' log that the named person has seen this
very report, by its SHA-256. That a report was made is recorded there in any case. Exit status 1 when there is nothing in it.
`

// report is what the commands of report share.
type report struct {
	x         *filterFlags
	f         audit.Filter
	key       string
	edition   string
	sensitive list
	doc       *document
	none      error // that there was nothing to report
}

func reportCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	r := &report{x: addFilters(fs)}
	fs.StringVar(&r.key, "key", "", "report subject: the `value` of the key column; report compliance: the file with the verifier key")
	fs.StringVar(&r.edition, "edition", "internal", "report subject: `one` of internal, subject")
	fs.Var(&r.sensitive, "sensitive", "report compliance: the class `tag` of sensitive personal data; may be given again (default spi)")
	lang := fs.String("lang", "en", "`one` of en, zh")
	format := fs.String("format", "html", "`one` of html, csv")
	out := fs.String("out", "", "the `file` to write (default: standard output)")
	sign := fs.String("sign-off", "", "record that this `person` has seen and accepted the report")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) != 1 {
			return usageError{"say which report: person, subject or compliance"}
		}
		if *lang != "en" && *lang != "zh" {
			return usageError{fmt.Sprintf("--lang: %q is none of en, zh", *lang)}
		}
		if *format != "html" && *format != "csv" {
			return usageError{fmt.Sprintf("--format: %q is none of html, csv", *format)}
		}
		var err error
		if r.f, err = r.x.filter(); err != nil {
			return err
		}
		if *r.x.reveal != "" || *r.x.asJSON || *r.x.long || r.f.Text != "" {
			return usageError{"a report shows forms and numbers alone: --reveal, --text, --json and --long are of search"}
		}
		if len(r.sensitive) == 0 {
			r.sensitive = list{"spi"}
		}
		r.doc = &document{lang: *lang}
		r.x.kind, r.x.report = audit.ReviewReport, args[0]
		switch args[0] {
		case "person":
			err = r.person(ctx)
		case "subject":
			r.x.kind = audit.ReviewSubject
			err = r.subject(ctx)
		case "compliance":
			err = r.compliance(ctx)
		default:
			return usageError{fmt.Sprintf("there is no report %q: person, subject or compliance", args[0])}
		}
		if err != nil {
			return err
		}
		var page bytes.Buffer
		if err := r.doc.write(&page, *format); err != nil {
			return err
		}
		if *sign != "" {
			sum := sha256.Sum256(page.Bytes())
			data := asked(fs)
			data["report"], data["sha256"], data["by"] = args[0], hex.EncodeToString(sum[:]), *sign
			if err := r.x.review.record(ctx, *r.x.dir, audit.ReviewSignoff, data); err != nil {
				return err
			}
		}
		if *out == "" {
			_, err = stdout.Write(page.Bytes())
			return errors.Join(err, r.none)
		}
		if err := os.WriteFile(*out, page.Bytes(), 0o600); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Wrote %s.\n", *out)
		return r.none
	}
}

// Words that several reports have.
var (
	wordWhen      = words{"time (UTC)", "时间（UTC）"}
	wordPerson    = words{"person", "人员"}
	wordLogin     = words{"database login", "数据库登录名"}
	wordApp       = words{"application", "应用"}
	wordClient    = words{"client", "客户端地址"}
	wordTables    = words{"tables", "数据表"}
	wordRaw       = words{"columns in clear", "明文列"}
	wordMasked    = words{"columns masked", "脱敏列"}
	wordPurpose   = words{"purpose (rule)", "目的（规则）"}
	wordDecision  = words{"decision", "决定"}
	wordRows      = words{"rows", "行数"}
	wordResult    = words{"result", "结果"}
	wordStatement = words{"statement (form)", "语句（形式）"}
	wordRecord    = words{"record", "记录号"}
	wordCount     = words{"statements", "语句数"}
	wordCertainty = words{"certainty", "确定性"}
	wordMade      = words{"made", "生成时间"}
	wordLog       = words{"log", "日志"}
	wordPeriod    = words{"period", "期间"}
)

// begin writes the head of a report.
func (r *report) begin(title words) {
	r.doc.title = title
	r.doc.fact(wordMade, "%s", time.Now().UTC().Format(time.RFC3339))
	r.doc.fact(wordLog, "%s", *r.x.dir)
	from, to := "…", "…"
	if first, last, err := audit.Times(*r.x.dir); err == nil { // what is asked of the whole log is of what it has
		from, to = first.UTC().Format(time.RFC3339), last.UTC().Format(time.RFC3339)
	}
	if !r.f.Since.IsZero() {
		from = r.f.Since.UTC().Format(time.RFC3339)
	}
	if !r.f.Until.IsZero() {
		to = r.f.Until.UTC().Format(time.RFC3339)
	}
	r.doc.fact(wordPeriod, "%s – %s", from, to)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// tally counts by name.
type tally struct {
	statements, refused, rows, failed int64
	raw, masked                       map[string]bool
}

// tallies gives the tally of a name.
func tallies(m map[string]*tally, name string) *tally {
	t := m[name]
	if t == nil {
		t = &tally{raw: map[string]bool{}, masked: map[string]bool{}}
		m[name] = t
	}
	return t
}

func (t *tally) add(e *audit.Execution) {
	t.statements++
	if e.Record.Kind == "stmt.blocked" {
		t.refused++
	}
	if o := e.Outcome; o != nil {
		t.rows += o.Rows
		if o.End != "done" {
			t.failed++
		}
	}
}

func sorted[T any](m map[string]T) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	sort.Strings(list)
	return list
}

// number prints a number as everybody reads it.
func number[T int | int64 | uint64](n T) string { return strconv.FormatInt(int64(n), 10) }
