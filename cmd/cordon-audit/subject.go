package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"cordon/audit"
)

const subjectHelp = `Who saw customer 123? Prints the statements that have shown, or may have shown, what the tables named in the policy's
section subjects hold of one person. Exit status 1 when there is none.

exact     the key came back in the rows, or the statement looked it up by its value
possible  the statement touched the table in a way that does not tell whose rows it saw: an aggregate, a view, a bulk
          export (over 1000 subjects), a statement without an outcome

The columns are those that the statement names of the table: raw, and behind a mask. Without keys/subject.key nobody can
ask. That it was asked is recorded in the reviewers' log, without the key.
`

// sighting is one statement that has shown a subject's data, or may have.
type sighting struct {
	*audit.Execution
	exact bool
}

func subjectCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	x := addFilters(fs)
	table := fs.Lookup("table")
	table.Usage = "the `table` whose key it is, as the policy's subjects name it"
	key := fs.String("key", "", "the `value` of the key column, as PostgreSQL writes it")
	exact := fs.Bool("exact", false, "leave out what is only possible")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) > 0 {
			return usageError{fmt.Sprintf("%q is one word too many", args[0])}
		}
		f, err := x.filter()
		if err != nil {
			return err
		}
		of := f.Table
		if of == "" || *key == "" {
			return usageError{"give --table and --key"}
		}
		if f.Text != "" || f.Column != "" {
			return usageError{"it is asked by the key: --text and --column are of search"}
		}
		p := x.printer(stdout)
		err = x.sightings(ctx, f, *key, *exact, func(s sighting) error { return p.sighting(s, of) })
		if ferr := p.w.Flush(); err == nil {
			err = ferr
		}
		if err == nil && p.count == 0 {
			return x.nobody(of, *exact)
		}
		return err
	}
}

// nobody says that no statement has shown a subject.
func (x *filterFlags) nobody(of string, exact bool) error {
	more := ""
	if exact {
		more = " What may have shown it is left out (--exact)."
	}
	return nothing{"no statement in " + *x.dir + " that fits has shown this key of " + of + ", as far as the log knows: of what ran while the policy did not name the table under subjects it knows nothing." + more}
}

// subjectTables are the tables whose keys the policies of a log have named, as far as their texts are there.
func subjectTables(dir string) (list []string) {
	files, _ := filepath.Glob(filepath.Join(dir, "policies", "*.yaml"))
	for _, path := range files {
		var p struct{ Subjects map[string]yaml.Node }
		text, err := os.ReadFile(path)
		if err != nil || yaml.Unmarshal(text, &p) != nil {
			return nil // what it named cannot be told
		}
		for table, n := range p.Subjects {
			var of struct{ Of string }
			if n.Kind == yaml.MappingNode && n.Decode(&of) == nil && of.Of != "" {
				table = of.Of
			}
			list = append(list, table)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// sightings calls found with each statement that has shown the subject, oldest first.
func (x *filterFlags) sightings(ctx context.Context, f audit.Filter, key string, exact bool, found func(sighting) error) error {
	of := f.Table
	f.Table, f.Statements = "", true
	named := subjectTables(*x.dir)
	if len(named) > 0 && !slices.Contains(named, of) {
		return usageError{fmt.Sprintf("--table: no policy of this log has named a key of %q under subjects; it knows those of %s", of, strings.Join(named, ", "))}
	}
	tokens, err := audit.OpenTokens(*x.dir)
	if errors.Is(err, fs.ErrNotExist) && named == nil {
		return fmt.Errorf("this log keeps nobody's keys: %s is not there, and no policy that is kept beside it has a section subjects. Name the key columns there (docs/policy.md, subjects): who saw whose data is kept from then on", filepath.Join(*x.dir, "keys", "subject.key"))
	}
	if err != nil {
		return fmt.Errorf("%w; without it, nobody can tell the subjects of this log", err)
	}
	if x.kind == "" {
		x.kind = audit.ReviewSubject
	}
	token := tokens.Token(of, []byte(key))
	i, err := x.open(ctx)
	if err != nil {
		return err
	}
	look := func(e *audit.Execution) error {
		is, may := seen(e, of, token)
		if !is && (exact || !may) {
			return nil
		}
		return found(sighting{e, is})
	}
	if i == nil {
		return audit.Search(ctx, *x.dir, f, look)
	}
	defer i.close()
	return i.find(ctx, f, &ofSubject{token, of, !exact}, look)
}

// seen says whether a statement has shown a subject of a table, or may have.
func seen(e *audit.Execution, of string, token audit.SubjectToken) (exact, possible bool) {
	if o := e.Outcome; o != nil {
		for i := range o.Subjects {
			if o.Subjects[i].Of == of && slices.Contains(o.Subjects[i].Tokens, token) {
				return true, false
			}
		}
	}
	if e.Record.Kind != "stmt.intent" {
		return false, false
	}
	var ended *outcome
	if o := e.Outcome; o != nil {
		ended = &outcome{o.Rows, o.End, o.Subjects}
	}
	return false, slices.Contains(maybeSubjects(e.Record.Touches, ended), of)
}

const sightingHead = "TIME                     PERSON            CERTAINTY     ROWS  RESULT         COLUMNS RAW                     COLUMNS MASKED        STATEMENT\n"

func (p *printer) sighting(s sighting, of string) error {
	p.count++
	certainty := "possible"
	if s.exact {
		certainty = "exact"
	}
	switch {
	case p.json:
		return p.object(s.Execution)
	case p.long:
		fmt.Fprintf(p.w, "%s: ", certainty)
		return p.block(s.Execution)
	}
	if p.count == 1 {
		p.w.WriteString(sightingHead)
	}
	raw, masked := columnsOf(s.Record, of)
	rows := ""
	if s.Outcome != nil {
		rows = fmt.Sprint(s.Outcome.Rows)
	}
	_, err := fmt.Fprintf(p.w, "%s  %s  %s  %6s  %s  %s  %s  %s\n", s.Record.Time.Local().Format("2006-01-02 15:04:05.000"), pad(person(s.Record), 16), pad(certainty, 9), rows, pad(result(s.Execution), 13), pad(raw, 30), pad(masked, 20), oneLine(p.text(s.Execution), 400))
	return err
}

// columnsOf are the columns that a statement names of a table, as they are and behind masks.
func columnsOf(r *audit.Record, of string) (raw, masked string) {
	var a, b []string
	all := false
	for i := range r.Tables {
		t := &r.Tables[i]
		if len(t.Columns) == 0 && t.Name == of {
			all = true
		} else if len(t.Columns) == 0 && of != "" {
			a = append(a, t.Name[strings.LastIndexByte(t.Name, '.')+1:]+".(any)")
		}
		for _, c := range t.Columns {
			name := c
			if t.Name != of {
				name = t.Name[strings.LastIndexByte(t.Name, '.')+1:] + "." + c
			}
			list := &a
			if slices.Contains(t.Masked, c) {
				list = &b
			}
			if !slices.Contains(*list, name) { // a statement can name a table twice
				*list = append(*list, name)
			}
		}
	}
	if all {
		a = append(a, "(any)")
	}
	return strings.Join(a, ", "), strings.Join(b, ", ")
}

// describeSubjects says in words what an outcome tells of the subjects of a table.
func describeSubjects(s *audit.Subjects) string {
	switch {
	case s.Bulk:
		return s.Of + ": more than the log keeps"
	case s.Whole:
		return fmt.Sprintf("%s: %d, and no others", s.Of, len(s.Tokens))
	case len(s.Tokens) > 0:
		return fmt.Sprintf("%s: %d, perhaps others", s.Of, len(s.Tokens))
	default:
		return s.Of + ": perhaps any"
	}
}
