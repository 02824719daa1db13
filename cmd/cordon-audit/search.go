package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cordon/audit"
)

const searchHelp = `Prints the statements and events that fit all of the given filters, oldest first. Exit status 1 when there is none.

A statement is shown in its form: every literal is $?. With --reveal and a reason, texts and parameters are decrypted when
the key of their day can be read (folder keys of the log), and --text looks into them. With an index (cordon-audit index)
the answer comes at once. What is asked is recorded in the reviewers' log (--review).

Times are those of this machine's time zone, or of the one they name (2026-11-21T08:00+08:00); a date is its beginning.
Names are compared as they are written. --count prints how many fit; --by person,table prints it for each person and table.
`

const tailHelp = `Prints the newest statements and events, and with -f also those to come. The filters are those of search; -n is how
many records back it begins, and records that do not fit are among them.
`

// filterFlags are the filters that search and tail share.
type filterFlags struct {
	dir          *string
	f            audit.Filter
	since, until string
	rows         string
	asJSON       *bool
	long         *bool
	reveal       *string
	index        *string
	kind         audit.EventKind // of the record of what was asked; ReviewSearch where it is empty
	report       string          // which
	review       *reviewFlags
	fs           *flag.FlagSet
}

func addFilters(fs *flag.FlagSet) *filterFlags {
	x := &filterFlags{}
	x.dir = fs.String("dir", "audit", "`folder` of the log (default audit)")
	fs.StringVar(&x.f.Person, "person", "", "the `name` of the person")
	fs.StringVar(&x.f.Login, "login", "", "the database `user` of the session")
	fs.StringVar(&x.f.Session, "session", "", "a session's `id`")
	fs.StringVar(&x.f.Client, "client", "", "the client's `address`")
	fs.StringVar(&x.f.App, "app", "", "the `application`_name")
	fs.StringVar(&x.f.DB, "db", "", "the `database`")
	fs.StringVar(&x.f.Table, "table", "", "a `relation` that the statement touches, with or without its schema")
	fs.StringVar(&x.f.Column, "column", "", "a `column` that it names, or table.column, which also finds statements of which the log names no column of the table")
	fs.StringVar(&x.f.Tag, "tag", "", "a class `tag` of a column that it touches")
	fs.StringVar(&x.f.Decision, "decision", "", "`one` of allow, rewrite, observe, block")
	fs.StringVar(&x.f.Rule, "rule", "", "the `name` of a rule that took part")
	fs.StringVar(&x.f.Kind, "kind", "", "record `kind`: stmt.blocked, session.open, session.* …")
	fs.StringVar(&x.f.Class, "class", "", "what the statement `does`: select, copy_to …")
	fs.StringVar(&x.f.Cmd, "cmd", "", "command `tag`: SELECT, COPY …")
	fs.StringVar(&x.f.Fingerprint, "fp", "", "a statement's `fingerprint`")
	fs.StringVar(&x.f.SQLState, "sqlstate", "", "the `code` of its error, or its class (the first two characters)")
	fs.StringVar(&x.f.End, "end", "", "`how` it ended: done, failed, cancelled, stopped, client_gone, unknown …")
	fs.StringVar(&x.rows, "rows-over", "", "more rows than this `number`")
	fs.StringVar(&x.f.Text, "text", "", "`words` in the statement, without regard to case")
	fs.StringVar(&x.since, "since", "", "from this `time` on: 2026-11-21, 2026-11-21T08:00, today, yesterday, or 2h, 3d, 2w for so long ago")
	fs.StringVar(&x.until, "until", "", "before this `time`")
	fs.BoolVar(&x.f.Statements, "statements", false, "statements only, no events")
	x.asJSON = fs.Bool("json", false, "print one JSON object each line")
	x.long = fs.Bool("long", false, "print all that is known of each")
	x.reveal = fs.String("reveal", "", "show texts and parameters, for this `reason`, which is recorded")
	x.index = fs.String("index", "", "the index's `file` (default the log's folder with .index behind it)")
	x.review = addReview(fs)
	x.fs = fs
	return x
}

// filter returns the filter that the flags say.
func (x *filterFlags) filter() (audit.Filter, error) {
	f := x.f
	var err error
	f.Class = audit.ClassName(f.Class)
	if f.Since, err = parseTime(x.since); err != nil {
		return f, usageError{"--since: " + err.Error()}
	}
	if f.Until, err = parseTime(x.until); err != nil {
		return f, usageError{"--until: " + err.Error()}
	}
	if x.rows != "" {
		n, err := strconv.ParseInt(x.rows, 10, 64)
		if err != nil || n < 0 {
			return f, usageError{fmt.Sprintf("--rows-over: %q is not a number", x.rows)}
		}
		f.RowsOver, f.HasRows = n, true
	}
	switch f.Decision {
	case "", "allow", "rewrite", "observe", "block":
	default:
		return f, usageError{fmt.Sprintf("--decision: %q is none of allow, rewrite, observe, block", f.Decision)}
	}
	var ends []string
	for e := audit.Unknown; e <= audit.Skipped; e++ {
		ends = append(ends, e.String())
	}
	if f.End != "" && !slices.Contains(ends, f.End) {
		return f, usageError{fmt.Sprintf("--end: %q is none of %s", f.End, strings.Join(ends, ", "))}
	}
	if n := len(f.SQLState); n != 0 && n != 2 && n != 5 {
		return f, usageError{fmt.Sprintf("--sqlstate: %q is neither a code of five characters nor a class of two", f.SQLState)}
	}
	if !f.Until.IsZero() && !f.Until.After(f.Since) {
		return f, usageError{fmt.Sprintf("--until: %s is not after --since, %s", x.until, x.since)}
	}
	x.fs.Visit(func(g *flag.Flag) {
		if g.Name == "reveal" && *x.reveal == "" {
			err = usageError{"--reveal: give the reason, which is recorded"}
		}
	})
	return f, err
}

// none says that nothing fits, and what may be the reason.
func (x *filterFlags) none() error {
	why := "nothing in " + *x.dir + " fits."
	if first, last, err := audit.Times(*x.dir); err == nil {
		why += " Its records are from " + first.Local().Format("2006-01-02 15:04:05") + " to " + last.Local().Format("2006-01-02 15:04:05 -0700") + "; names are compared as they are written, with capitals."
	}
	return nothing{why}
}

// record records what is asked for.
func (x *filterFlags) record(ctx context.Context) error {
	kind, data := x.kind, asked(x.fs)
	if kind == "" {
		kind = audit.ReviewSearch
	}
	if x.report != "" {
		data["report"] = x.report
	}
	if *x.reveal != "" {
		kind, data["reason"] = audit.ReviewReveal, *x.reveal
	}
	return x.review.record(ctx, *x.dir, kind, data)
}

// open records what is asked for before anything is shown, and opens the index if there is one; nil when there is none.
func (x *filterFlags) open(ctx context.Context) (*index, error) {
	if err := x.record(ctx); err != nil {
		return nil, err
	}
	path := *x.index
	if path == "" {
		path = indexPath(*x.dir)
		if _, err := os.Stat(path); err != nil {
			if n := audit.Bytes(*x.dir); n >= worthIndex {
				x.hint("there is no index, so %.1f GB are read; cordon-audit index --dir %s makes one, from which answers come at once", float64(n)/1e9, shellWord(*x.dir))
			}
			return nil, nil
		}
	}
	i, err := openIndex(*x.dir, path)
	if err != nil {
		return nil, err
	}
	if _, err := i.update(ctx); err != nil {
		i.close()
		return nil, err
	}
	return i, nil
}

// worthIndex is how long a log is that should have an index: reading it takes more than a second.
var worthIndex int64 = 256 << 20

// hint says what may help, beside the answer.
func (x *filterFlags) hint(format string, args ...any) {
	fmt.Fprintf(x.fs.Output(), "cordon-audit %s: hint: "+format+".\n", append([]any{x.fs.Name()}, args...)...)
}

// search calls found with what fits, from the index or from the log. Without --reveal, words are looked for in the forms alone.
func (x *filterFlags) search(ctx context.Context, f audit.Filter, found func(*audit.Execution) error) error {
	i, err := x.open(ctx)
	if err != nil {
		return err
	}
	if *x.reveal != "" {
		show, unread, why := found, 0, error(nil)
		found = func(e *audit.Execution) error {
			if e.TextErr != nil {
				unread, why = unread+1, e.TextErr
			}
			return show(e)
		}
		defer func() {
			if unread > 0 {
				x.hint("the texts of %d statements cannot be read, and their forms are shown instead: %s", unread, strings.TrimPrefix(why.Error(), "audit: "))
			}
		}()
	}
	words := strings.ToLower(f.Text)
	f, fits := x.inForms(f, found)
	if i == nil {
		return audit.Search(ctx, *x.dir, f, fits)
	}
	defer i.close()
	if *x.reveal != "" && words != "" { // only the texts themselves tell
		return audit.Search(ctx, *x.dir, f, fits)
	}
	f.Text = words
	return i.find(ctx, f, nil, fits)
}

// inForms has words looked for in the forms alone, unless texts are revealed.
func (x *filterFlags) inForms(f audit.Filter, found func(*audit.Execution) error) (audit.Filter, func(*audit.Execution) error) {
	words := strings.ToLower(f.Text)
	if words == "" || *x.reveal != "" {
		return f, found
	}
	f.Text = ""
	return f, func(e *audit.Execution) error {
		if !strings.Contains(strings.ToLower(e.Record.Redacted), words) {
			return nil
		}
		return found(e)
	}
}

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	now := time.Now()
	midnight := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()-days, 0, 0, 0, 0, now.Location())
	}
	switch s {
	case "today":
		return midnight(0), nil
	case "yesterday":
		return midnight(1), nil
	}
	if n, err := strconv.ParseUint(s[:len(s)-1], 10, 16); err == nil {
		switch s[len(s)-1] {
		case 'd':
			return now.AddDate(0, 0, -int(n)), nil
		case 'w':
			return now.AddDate(0, 0, -7*int(n)), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil {
		return time.Now().Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time like 2026-11-21, 2026-11-21T08:00, yesterday, 2h or 3d", s)
}

func searchCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	x := addFilters(fs)
	limit := fs.Int("limit", 0, "stop after this `number`; 0 for all")
	count := fs.Bool("count", false, "print how many fit, and nothing of them")
	by := fs.String("by", "", "print how many fit for each value of these `names`: "+strings.Join(countedBy, ", "))
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) > 0 {
			return usageError{fmt.Sprintf("%q is one word too many", args[0])}
		}
		f, err := x.filter()
		if err != nil {
			return err
		}
		if *limit < 0 {
			return usageError{"--limit: it must not be negative"}
		}
		if f.Column != "" && !strings.Contains(f.Column, ".") {
			x.hint("of some statements, as UPDATE, the log does not name the columns: --column TABLE.%s finds those too, whatever they touched of the table", f.Column)
		}
		if *count || *by != "" {
			if *x.asJSON || *x.long || *limit > 0 || *x.reveal != "" && f.Text == "" {
				return usageError{"--count and --by print numbers alone: they go with no --json, --long, --limit or --reveal"}
			}
			return x.tell(ctx, f, *by, stdout)
		}
		p := x.printer(stdout)
		enough := errors.New("enough")
		err = x.search(ctx, f, func(e *audit.Execution) error {
			if err := p.print(e); err != nil {
				return err
			}
			if *limit > 0 && p.count >= *limit {
				return enough
			}
			return nil
		})
		if ferr := p.w.Flush(); err == nil || errors.Is(err, enough) {
			err = ferr
		}
		if err == nil && p.count == 0 {
			return x.none()
		}
		return err
	}
}

// countedBy are the names that --by knows.
var countedBy = []string{"person", "login", "app", "client", "db", "table", "tag", "rule", "decision", "class", "cmd", "kind", "sqlstate", "end", "tls", "day"}

// values are what an execution has under a name of countedBy; a statement may touch several tables.
func values(e *audit.Execution, name string) (list []string) {
	r := e.Record
	add := func(v string) {
		if v != "" && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	switch name {
	case "person":
		add(r.Person)
	case "login":
		add(r.Login)
	case "app":
		add(r.App)
	case "client":
		add(clientHost(r.Client))
	case "db":
		add(r.DB)
	case "table":
		for i := range r.Tables {
			add(r.Tables[i].Name)
		}
	case "tag":
		for i := range r.Tables {
			for _, tag := range r.Tables[i].Tags {
				add(tag)
			}
		}
	case "rule":
		add(r.Rule)
		for _, rule := range r.Rules {
			add(rule)
		}
	case "decision":
		add(r.Decision)
	case "class":
		add(r.Class)
	case "cmd":
		add(r.Cmd)
	case "kind":
		add(r.Kind)
	case "sqlstate":
		add(r.SQLState)
		if e.Outcome != nil {
			add(e.Outcome.SQLState)
		}
	case "end":
		if e.Outcome != nil {
			add(e.Outcome.End)
		}
	case "tls":
		add(r.TLS)
	case "day":
		add(r.Time.Local().Format(time.DateOnly))
	}
	if list == nil {
		list = []string{"-"}
	}
	return list
}

// tell prints how many executions fit, in all or for each combination of values of some names, the most frequent first.
func (x *filterFlags) tell(ctx context.Context, f audit.Filter, by string, stdout io.Writer) error {
	var names []string
	if by != "" {
		names = strings.Split(by, ",")
	}
	for _, name := range names {
		if !slices.Contains(countedBy, name) {
			return usageError{fmt.Sprintf("--by: %q is none of %s", name, strings.Join(countedBy, ", "))}
		}
	}
	all, counts := 0, map[string]int{}
	err := x.search(ctx, f, func(e *audit.Execution) error {
		all++
		keys := []string{""}
		for _, name := range names {
			var longer []string
			for _, key := range keys {
				for _, v := range values(e, name) {
					longer = append(longer, key+"  "+oneLine(v, 200))
				}
			}
			keys = longer
		}
		for _, key := range keys {
			counts[key]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if names == nil {
		_, err = fmt.Fprintln(stdout, all)
		return err
	}
	if all == 0 {
		return x.none()
	}
	list := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	for _, key := range list {
		if _, err := fmt.Fprintf(stdout, "%8d%s\n", counts[key], key); err != nil {
			return err
		}
	}
	return nil
}

func tailCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	x := addFilters(fs)
	n := fs.Int("n", 20, "how `many` to begin with (default 20), before the filters")
	follow := fs.Bool("f", false, "go on with what is recorded from now on, until interrupted")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) > 0 {
			return usageError{fmt.Sprintf("%q is one word too many", args[0])}
		}
		f, err := x.filter()
		if err != nil {
			return err
		}
		if *n < 0 {
			return usageError{"-n: it must not be negative"}
		}
		if err := x.record(ctx); err != nil {
			return err
		}
		if f.From, _, err = audit.LastRecords(*x.dir, *n); err != nil {
			return err
		}
		p := x.printer(stdout)
		if *follow {
			f, fits := x.inForms(f, func(e *audit.Execution) error {
				if err := p.print(e); err != nil {
					return err
				}
				return p.w.Flush()
			})
			return audit.Follow(ctx, *x.dir, f, fits)
		}
		f, fits := x.inForms(f, p.print)
		err = audit.Search(ctx, *x.dir, f, fits)
		if ferr := p.w.Flush(); err == nil {
			err = ferr
		}
		return err
	}
}

// printer prints executions as lines, blocks or JSON.
type printer struct {
	w        *bufio.Writer
	json     bool
	long     bool
	redacted bool
	count    int
}

func (x *filterFlags) printer(w io.Writer) *printer {
	return &printer{w: bufio.NewWriter(w), json: *x.asJSON, long: *x.long, redacted: *x.reveal == ""}
}

func (p *printer) print(e *audit.Execution) error {
	p.count++
	switch {
	case p.json:
		return p.object(e)
	case p.long:
		return p.block(e)
	default:
		return p.line(e)
	}
}

const lineHead = "TIME                     PERSON            DECISION      ROWS      TIME  RESULT         STATEMENT\n"

func (p *printer) line(e *audit.Execution) error {
	if p.count == 1 {
		p.w.WriteString(lineHead)
	}
	r := e.Record
	rows, took := "", ""
	if o := e.Outcome; o != nil {
		rows, took = strconv.FormatInt(o.Rows, 10), micros(o.Micros)
	}
	_, err := fmt.Fprintf(p.w, "%s  %s  %s  %8s  %8s  %s  %s\n", r.Time.Local().Format("2006-01-02 15:04:05.000"), pad(person(r), 16), pad(r.Decision, 8), rows, took, pad(result(e), 13), oneLine(p.text(e), 400))
	return err
}

// person names who spoke: the person, behind whose login when they differ.
func person(r *audit.Record) string {
	switch {
	case r.Person != "":
		return r.Person
	case r.Login != "":
		return "(" + r.Login + ")"
	default:
		return "-"
	}
}

// result says how it ended in a word.
func result(e *audit.Execution) string {
	r, o := e.Record, e.Outcome
	switch {
	case r.Kind == "stmt.blocked":
		return "refused " + r.SQLState
	case r.Kind != "stmt.intent":
		return ""
	case o == nil:
		return "running"
	case o.End == "done":
		return "ok"
	case o.End == "failed":
		return "error " + o.SQLState
	default:
		return o.End
	}
}

// text is what the line shows of a statement or event.
func (p *printer) text(e *audit.Execution) string {
	r := e.Record
	if !strings.HasPrefix(r.Kind, "stmt.") {
		if len(r.Data) > 0 {
			return r.Kind + " " + string(r.Data)
		}
		return r.Kind
	}
	switch {
	case !p.redacted && e.Texts.SQL != "":
		return e.Texts.SQL
	case r.Redacted != "":
		return r.Redacted
	case !r.HasTexts():
		return strings.TrimSpace(r.Cmd + " " + r.Portal)
	case p.redacted:
		return r.Cmd + " (the log has no form of it; give a reason with --reveal to see its text)"
	case errors.Is(e.TextErr, audit.ErrNoKey):
		return r.Cmd + " (text encrypted, its key is not there)"
	case e.TextErr != nil:
		return r.Cmd + " (" + e.TextErr.Error() + ")"
	default:
		return r.Cmd
	}
}

func micros(us int64) string {
	switch {
	case us < 1000:
		return strconv.FormatInt(us, 10) + "µs"
	case us < 1000_000:
		return strconv.FormatFloat(float64(us)/1000, 'f', 1, 64) + "ms"
	default:
		return strconv.FormatFloat(float64(us)/1e6, 'f', 1, 64) + "s"
	}
}

// pad fills s to n characters, and cuts what is longer.
func pad(s string, n int) string {
	count := utf8.RuneCountInString(s)
	if count > n {
		return string([]rune(s)[:n-1]) + "…"
	}
	return s + strings.Repeat(" ", n-count)
}

// oneLine makes runs of white space one space and control characters visible, for the text comes from a client and goes to a terminal.
func oneLine(s string, limit int) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		switch {
		case r == ' ' || r == '\n' || r == '\t' || r == '\r':
			space = b.Len() > 0
			continue
		case r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069):
			r = '\ufffd'
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
		if b.Len() > limit {
			b.WriteString("…")
			break
		}
	}
	return b.String()
}

func (p *printer) block(e *audit.Execution) error {
	r, o := e.Record, e.Outcome
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-10s %s\n", name, oneLine(value, 1<<20))
		}
	}
	fmt.Fprintf(&b, "record %d  %s  %s\n", r.Seq, r.Time.Local().Format("2006-01-02 15:04:05.000000 -0700"), r.Kind)
	field("person", r.Person)
	field("known by", r.How)
	field("login", r.Login)
	field("client", r.Client)
	field("app", r.App)
	field("database", r.DB)
	if r.Session != "" {
		field("session", r.Session+" statement "+strconv.FormatUint(r.Number, 10))
	}
	field("decision", r.Decision)
	field("reason", r.Reason)
	field("sqlstate", r.SQLState)
	field("message", r.Message)
	field("rules", strings.Join(r.Rules, "; "))
	field("policy", r.Policy)
	for _, t := range r.Tables {
		s := t.Name
		if len(t.Columns) > 0 {
			s += " (" + strings.Join(t.Columns, ", ") + ")"
		}
		if len(t.Masked) > 0 {
			s += " masked: " + strings.Join(t.Masked, ", ")
		}
		if t.Filter != "" {
			s += " rows: " + t.Filter
		}
		if t.Via != "" {
			s += " through " + t.Via
		}
		field("table", s)
	}
	field("statement", p.text(e))
	if !p.redacted {
		field("rewritten", e.Texts.Rewritten)
		field("parameters", e.Texts.Params)
	}
	if o != nil {
		field("ended", fmt.Sprintf("%s after %s, %d rows, %d bytes (record %d)", result(e), micros(o.Micros), o.Rows, o.Bytes, o.Seq))
		field("because", o.Reason)
		for _, s := range o.Subjects {
			field("subjects", describeSubjects(&s))
		}
	}
	b.WriteByte('\n')
	_, err := p.w.WriteString(b.String())
	return err
}

// object is what --json prints of an execution.
type object struct {
	*audit.Record
	SQL       string          `json:"sql,omitempty"`
	Rewritten string          `json:"rewritten,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	TextError string          `json:"text_error,omitempty"`
	Outcome   *audit.Record   `json:"outcome,omitempty"`
}

func (p *printer) object(e *audit.Execution) error {
	o := object{Record: e.Record, Outcome: e.Outcome}
	if !p.redacted {
		o.SQL, o.Rewritten = e.Texts.SQL, e.Texts.Rewritten
		if json.Valid([]byte(e.Texts.Params)) {
			o.Params = json.RawMessage(e.Texts.Params)
		}
		if e.TextErr != nil {
			o.TextError = strings.TrimPrefix(e.TextErr.Error(), "audit: ")
		}
	}
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = p.w.Write(append(b, '\n'))
	return err
}
