package main

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cordon/catalog"
	"cordon/config"
	"cordon/parse"
	"cordon/policy"
	"cordon/rewrite"
)

// runWho is `cordon who`: who may do what, as a table for whoever reviews it.
func runWho(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("cordon who", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(stderr, `usage: cordon who [--config cordon.yaml] --user person [--login login] [--format text|csv|markdown]
       cordon who [--config cordon.yaml] --table schema.table [--format text|csv|markdown]

Prints what a person may do with every table of the database: columns, rows, statements and exports, with the rule for each. With --table it prints
what everyone may do with one table: who sees it raw, masked or not at all.

  --config file     the configuration (default cordon.yaml)
  --user person     whose permissions
  --login login     the database user of the session (default: the person)
  --table table     the table, as schema.table
  --client address, --application name, --certificate name
                    where the session comes from, for rules that ask (default: 127.0.0.1, and none)
  --at time         when, as 2026-12-31T18:00:00+08:00 (default: now)
  --format format   text, csv or markdown (default text)
  --catalog file    the tables as cordon catalog has written them, in place of a database
  --dsn uri         the database, as for cordon check
`)
	}
	path := fs.String("config", "cordon.yaml", "")
	dsn := fs.String("dsn", "", "")
	fixture := fs.String("catalog", "", "")
	format := fs.String("format", "text", "")
	at := fs.String("at", "", "")
	client := fs.String("client", "127.0.0.1", "")
	var q whoQuestion
	fs.StringVar(&q.subject.Person, "user", "", "")
	fs.StringVar(&q.subject.Login, "login", "", "")
	fs.StringVar(&q.subject.Application, "application", "", "")
	fs.StringVar(&q.subject.Certificate, "certificate", "", "")
	fs.StringVar(&q.table, "table", "", "")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if fs.NArg() != 0 || (q.subject.Person == "" && q.subject.Login == "") == (q.table == "") || !slices.Contains(reportFormats, *format) {
		fs.Usage()
		return 2
	}
	fail := func(err error) int {
		fmt.Fprintf(stderr, "cordon: error: %v\n", err)
		return 1
	}
	var err error
	if q.subject.Client, err = netip.ParseAddr(*client); err != nil {
		return fail(fmt.Errorf("--client: %w", err))
	}
	q.subject.Now = time.Now()
	if *at != "" {
		if q.subject.Now, err = time.Parse(time.RFC3339, *at); err != nil {
			return fail(fmt.Errorf("--at: %w", err))
		}
	}
	conf, err := config.Load(*path)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	if q.policy, err = loadPolicy(ctx, conf); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	if *fixture != "" {
		f, err := os.Open(*fixture)
		if err != nil {
			return fail(err)
		}
		defer f.Close()
		if q.cat, err = catalog.ReadFixture(f); err != nil {
			return fail(fmt.Errorf("%s: %w", *fixture, err))
		}
	} else {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		conn, err := connect(ctx, conf, *dsn)
		if err != nil {
			fmt.Fprintln(stderr, "cordon: hint: name a database that can be asked with --dsn or PGHOST, PGUSER, PGPASSWORD and PGDATABASE, or its tables with --catalog")
			return fail(err)
		}
		defer conn.Close(context.WithoutCancel(ctx))
		if q.cat, err = catalog.Load(ctx, func(ctx context.Context, sql string) ([][]*string, error) { return texts(ctx, conn, sql) }, nil); err != nil {
			return fail(err)
		}
	}
	head, rows, err := q.answer()
	if err != nil {
		return fail(err)
	}
	if err := writeReport(stdout, *format, head, rows); err != nil {
		return fail(err)
	}
	return 0
}

// whoQuestion is what cordon who is asked: of one person, or of one table.
type whoQuestion struct {
	policy  *policy.Policy
	cat     *catalog.Snapshot
	subject policy.Subject // Person and Login both empty with a table
	table   string
}

// answer gives the head and the rows of the report.
func (q *whoQuestion) answer() (head []string, rows [][]string, err error) {
	if q.table == "" {
		return q.ofPerson()
	}
	return q.ofTable()
}

// grant binds the policy to a person.
func (q *whoQuestion) grant(person, login string) *policy.Grant {
	s := q.policy.Subject(person, login, q.subject.Client, q.subject.Now)
	s.Application, s.Certificate = q.subject.Application, q.subject.Certificate
	return q.policy.Bind(s)
}

func (q *whoQuestion) ofPerson() (head []string, rows [][]string, err error) {
	person, login := q.subject.Person, q.subject.Login
	if login == "" {
		login = person
	}
	if person == "" && q.policy.Logins[login] == nil {
		person = login
	}
	g := q.grant(person, login)
	head = []string{"table", "column", "values", "rows", "statements", "export", "rule"}
	for _, rel := range q.cat.Relations() {
		if !reviewed(rel) {
			continue
		}
		a := accessTo(q.cat, g, rel)
		name := rel.Schema + "." + rel.Name
		rows = append(rows, []string{name, "*", a.values, a.rows, a.statements, a.export, a.rule})
		for _, c := range a.columns {
			rows = append(rows, []string{name, c.name, c.values, a.rows, c.statements, a.export, a.rule})
		}
	}
	return head, rows, nil
}

func (q *whoQuestion) ofTable() (head []string, rows [][]string, err error) {
	var rel *catalog.Relation
	for _, r := range q.cat.Relations() {
		if reviewed(r) && r.Schema+"."+r.Name == q.table {
			rel = r
		}
	}
	if rel == nil {
		return nil, nil, fmt.Errorf("the database has no table %s", q.table)
	}
	head = []string{"person", "sees", "masked", "rows", "statements", "export", "rule"}
	add := func(who string, g *policy.Grant) {
		a := accessTo(q.cat, g, rel)
		var masked []string
		for _, c := range a.columns {
			if c.masked {
				masked = append(masked, c.name)
			}
		}
		sees := "raw"
		switch {
		case a.values == "none":
			sees = "not at all"
		case len(masked) > 0:
			sees = "masked"
		}
		rows = append(rows, []string{who, sees, strings.Join(masked, ", "), a.rows, a.statements, a.export, a.rule})
	}
	for _, person := range sortedKeys(q.policy.Users) {
		add(person, q.grant(person, person))
	}
	for _, login := range sortedKeys(q.policy.Logins) {
		if q.policy.Logins[login].Batch {
			add("(nobody, through "+login+")", q.grant("", login))
		}
	}
	add("(anyone else)", q.grant("\x00", "\x00"))
	return head, rows, nil
}

// reviewed says that a relation holds rows and is not PostgreSQL's own.
func reviewed(r *catalog.Relation) bool {
	if strings.HasPrefix(r.Schema, "pg_") || r.Schema == "information_schema" {
		return false
	}
	switch r.Kind {
	case catalog.Table, catalog.PartitionedTable, catalog.View, catalog.MaterializedView, catalog.ForeignTable:
		return true
	}
	return false
}

// tableAccess is what a person may do with one table, in words.
type tableAccess struct {
	values, rows, statements, export, rule string
	columns                                []columnAccess // those that differ from the table's others
}

type columnAccess struct {
	name, values, statements string
	masked                   bool
}

func accessTo(cat *catalog.Snapshot, g *policy.Grant, rel *catalog.Relation) tableAccess {
	d := g.Decide(policy.TableName{Schema: rel.Schema, Name: rel.Name})
	if g.Invalid == "" && (rel.Kind == catalog.View || len(rel.Parents) > 0) {
		// What is read through another relation is decided there: the rewriter knows.
		through, refused := readThrough(cat, g, rel)
		switch {
		case refused != "":
			return tableAccess{values: "none", rows: "none", statements: "nothing", rule: refused}
		case through == nil:
			return tableAccess{values: "as in its tables", rows: "as in its tables", statements: "select", export: "as in its tables", rule: "(a view: the rules of its tables)"}
		}
		d = through
	}
	a := tableAccess{values: "none", rows: "none", statements: "nothing", export: "", rule: ruleOf(d)}
	if d.Verdict == policy.Denied {
		a.rule = d.Reason
		if d.Rule != nil {
			a.rule = ruleOf(d) + ": " + d.Reason
		}
		return a
	}
	a.values, a.rows, a.statements, a.export = "raw", "all", d.Allow.String(), "no limit"
	if d.Allow&policy.OpSelect == 0 {
		a.values = "none"
	}
	if d.Rows != nil {
		a.rows = d.RowsSQL()
	}
	if d.Export != nil {
		a.export = exportWords(d.Export)
	}
	for i := range rel.Columns {
		name := rel.Columns[i].Name
		c := columnAccess{name: name, values: a.values, statements: a.statements}
		if m := d.Mask(name); m != nil {
			c.masked, c.values = true, m.Mask.Title()
			if m.Exact != nil {
				c.values += ", found by its exact value"
			}
			if m.Unless != nil {
				c.values += ", raw where " + d.SQL(m.Unless)
			}
		}
		if slices.Contains(d.ReadOnly, name) {
			c.statements = (d.Allow &^ (policy.OpInsert | policy.OpUpdate)).String() + " (read-only)"
		}
		for _, f := range d.Force {
			if f.Column == name {
				c.statements += " (set to " + d.SQL(f.Value) + ")"
			}
		}
		if c.masked || c.statements != a.statements {
			a.columns = append(a.columns, c)
		}
	}
	return a
}

// readThrough is the decision by which a view, a partition or an inheritance child is read; nil when the tables behind a view decide.
func readThrough(cat *catalog.Snapshot, g *policy.Grant, rel *catalog.Relation) (d *policy.Decision, refused string) {
	list, err := parse.Parse("SELECT * FROM "+parse.QuoteIdent(rel.Schema)+"."+parse.QuoteIdent(rel.Name), parse.Limits{})
	if err != nil {
		return nil, err.Error()
	}
	plan, err := rewrite.Rewrite(rewrite.Input{Statement: list[0], Catalog: cat, SearchPath: []string{"pg_catalog"}, Grant: g})
	if err != nil {
		return nil, err.Error()
	}
	for i := range plan.Relations {
		if t := &plan.Relations[i]; t.Relation.OID == rel.OID && !t.Expanded {
			if t.Decision == nil {
				return g.Decide(policy.TableName{Schema: rel.Schema, Name: rel.Name}), ""
			}
			return t.Decision, ""
		}
	}
	return nil, ""
}

func ruleOf(d *policy.Decision) string {
	if d.Rule == nil {
		return "(no rule names it)"
	}
	return fmt.Sprintf("%q (%s)", d.Rule.Name, d.Rule.Position())
}

// exportWords is an export limit in words.
func exportWords(e *policy.Export) string {
	return "at most " + strings.Join(e.Words(), ", ") + ", then " + e.Over.String()
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

var reportFormats = []string{"text", "csv", "markdown"}

// writeReport prints a table.
func writeReport(w io.Writer, format string, head []string, rows [][]string) error {
	all := append([][]string{head}, rows...)
	switch format {
	case "csv":
		out := csv.NewWriter(w)
		for _, r := range all {
			safe := slices.Clone(r)
			for i, cell := range safe {
				if cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0 {
					safe[i] = "'" + cell // a spreadsheet would run it as a formula
				}
			}
			if err := out.Write(safe); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	case "markdown":
		escape := strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ", "<", "&lt;")
		for i, r := range all {
			fmt.Fprint(w, "|")
			for _, cell := range r {
				fmt.Fprintf(w, " %s |", escape.Replace(cell))
			}
			fmt.Fprintln(w)
			if i == 0 {
				fmt.Fprintln(w, "|"+strings.Repeat("---|", len(head)))
			}
		}
		return nil
	}
	widths := make([]int, len(head))
	for _, r := range all {
		for i, cell := range r {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, r := range all {
		var line strings.Builder
		for i, cell := range r {
			line.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}
