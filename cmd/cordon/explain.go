package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"cordon/catalog"
	"cordon/config"
	"cordon/parse"
	"cordon/policy"
	"cordon/rewrite"
)

// runExplain is `cordon explain`: what the policy decides of each relation of a statement for a person, and the SQL that would run.
func runExplain(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("cordon explain", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(stderr, `usage: cordon explain [--config cordon.yaml] --user person [--login login] [--client address] [--application name] [--certificate name] [--at time] [--dsn postgres://…] "SELECT …"

Prints what the policy decides of each relation of the statement, and the SQL that the database would get. Nothing is run but look-ups in the catalog.
Exits with 1 when a statement is refused.

  --config file     the configuration (default cordon.yaml)
  --user person     who speaks
  --login login     the database user of the session (default: the person)
  --client address  where the client is (default 127.0.0.1)
  --application name, --certificate name  what the client's application_name and the name in its certificate are, for rules that ask
  --at time         when, as 2026-12-31T18:00:00+08:00 (default: now)
  --dsn uri         the database, as for cordon check
`)
	}
	path := fs.String("config", "cordon.yaml", "")
	person := fs.String("user", "", "")
	login := fs.String("login", "", "")
	client := fs.String("client", "127.0.0.1", "")
	application := fs.String("application", "", "")
	certificate := fs.String("certificate", "", "")
	at := fs.String("at", "", "")
	dsn := fs.String("dsn", "", "")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if fs.NArg() != 1 || *person == "" && *login == "" {
		fs.Usage()
		return 2
	}
	if *login == "" {
		*login = *person
	}
	fail := func(err error) int {
		fmt.Fprintf(stderr, "cordon: error: %v\n", err)
		return 1
	}
	addr, err := netip.ParseAddr(*client)
	if err != nil {
		return fail(fmt.Errorf("--client: %w", err))
	}
	now := time.Now()
	if *at != "" {
		if now, err = time.Parse(time.RFC3339, *at); err != nil {
			return fail(fmt.Errorf("--at: %w", err))
		}
	}
	conf, err := config.Load(*path)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	p, err := loadPolicy(ctx, conf)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	conn, err := connect(ctx, conf, *dsn)
	if err != nil {
		fmt.Fprintln(stderr, "cordon: hint: name a database that can be asked with --dsn or PGHOST, PGUSER, PGPASSWORD and PGDATABASE")
		return fail(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	query := func(ctx context.Context, sql string) ([][]*string, error) { return texts(ctx, conn, sql) }
	snapshot, err := catalog.Load(ctx, query, nil)
	if err != nil {
		return fail(err)
	}
	rows, err := query(ctx, "SELECT pg_catalog.unnest(pg_catalog.current_schemas(true))")
	if err != nil {
		return fail(err)
	}
	var searchPath []string
	for _, r := range rows {
		if r[0] != nil && !strings.HasPrefix(*r[0], "pg_temp") {
			searchPath = append(searchPath, *r[0])
		}
	}
	subject := p.Subject(*person, *login, addr, now)
	subject.Application, subject.Certificate = *application, *certificate
	grant := p.Bind(subject)
	return explain(grant, snapshot, searchPath, fs.Arg(0), stdout, stderr)
}

// explain prints the plan of every statement of a text.
func explain(g *policy.Grant, cat *catalog.Snapshot, searchPath []string, sql string, stdout, stderr io.Writer) int {
	if g.Invalid != "" {
		fmt.Fprintf(stdout, "refuse    %s\n", g.Invalid)
		return 1
	}
	list, err := parse.Parse(sql, parse.Limits{})
	if err != nil {
		if g.May(policy.MayUnparsed) && g.RawTables() {
			fmt.Fprintf(stdout, "allow     as it is: Cordon cannot read it (%v), and this person may: [unparsed]\n", err)
			return 0
		}
		fmt.Fprintf(stdout, "refuse    %v\n", err)
		return 1
	}
	code := 0
	for k, st := range list {
		if k > 0 {
			fmt.Fprintln(stdout)
		}
		plan, err := rewrite.Rewrite(rewrite.Input{Statement: st, Catalog: cat, SearchPath: searchPath, Grant: g})
		if err != nil {
			code = 1
			printRefusal(stdout, err)
			continue
		}
		printPlan(stdout, g, plan)
	}
	return code
}

func printRefusal(w io.Writer, err error) {
	var r *rewrite.Refusal
	if !errors.As(err, &r) {
		fmt.Fprintf(w, "refuse    %v\n", err)
		return
	}
	fmt.Fprintf(w, "refuse    ERROR %s: %s\n", r.Code, r.Message)
	if r.Detail != "" {
		fmt.Fprintf(w, "  detail  %s\n", r.Detail)
	}
	if r.Hint != "" {
		fmt.Fprintf(w, "  hint    %s\n", r.Hint)
	}
}

func printPlan(w io.Writer, g *policy.Grant, plan *rewrite.Plan) {
	for _, t := range plan.Relations {
		name := t.Relation.Schema + "." + t.Relation.Name
		if t.Via != "" {
			name += " (through " + t.Via + ")"
		}
		d := t.Decision
		if t.Expanded {
			fmt.Fprintf(w, "allow     %s on %s: it is read through its definition\n", t.Op, name)
			continue
		}
		if d == nil {
			fmt.Fprintf(w, "allow     %s on %s, as it is\n", t.Op, name)
			continue
		}
		rule := ""
		if d.Rule != nil && d.Rule.Line > 0 {
			rule = fmt.Sprintf(" by rule %q (%s)", d.Rule.Name, d.Rule.Position())
		} else if d.Rule != nil {
			rule = " by the rule " + d.Rule.Name
		}
		fmt.Fprintf(w, "allow     %s on %s%s\n", t.Op, name, rule)
		if l := g.Lease(d.Rule); l != nil {
			fmt.Fprintf(w, "  granted by %s until %s: %s (%s)\n", strings.Join(l.By, " and "), l.Until.Format(time.RFC3339), l.Reason, l.ID)
		}
		if d.Rows != nil {
			fmt.Fprintf(w, "  rows    %s\n", d.RowsSQL())
		}
		for _, m := range d.Masks {
			if !slices.Contains(t.Masked, m.Column) {
				continue
			}
			exact := ""
			if m.Exact != nil {
				exact = ", found by its exact value"
			}
			unless := ""
			if m.Unless != nil {
				unless = ", but where " + d.SQL(m.Unless)
			}
			fmt.Fprintf(w, "  mask    %s: %s%s%s\n", m.Column, m.Mask.Title(), exact, unless)
		}
		explainWrites(w, &t, d)
		if e := d.Export; e != nil {
			fmt.Fprintf(w, "  export  at most %s, then %s\n", strings.Join(e.Words(), ", "), e.Over)
		}
	}
	if plan.Observed != "" {
		fmt.Fprintf(w, "observe   %s\n", hide(plan.Secrets, plan.Observed))
	}
	if !plan.Changed {
		fmt.Fprintf(w, "sql       as the client sent it\n")
		return
	}
	fmt.Fprintf(w, "sql       %s\n", hide(plan.Secrets, plan.SQL))
}

// explainWrites tells what a rule says of rows that are written.
func explainWrites(w io.Writer, t *rewrite.Touched, d *policy.Decision) {
	if t.Op&(policy.OpInsert|policy.OpUpdate|policy.OpCopyFrom) == 0 {
		return
	}
	for _, f := range d.Force {
		fmt.Fprintf(w, "  force   %s = %s\n", f.Column, d.SQL(f.Value))
	}
	if len(d.ReadOnly) > 0 {
		fmt.Fprintf(w, "  keep    %s as stored (read-only)\n", strings.Join(d.ReadOnly, ", "))
	}
	if d.WriteBackDeny {
		fmt.Fprintf(w, "  refuse  what a fixed mask shows, where it is written back\n")
	}
	if d.MaskedInsertDeny {
		fmt.Fprintf(w, "  refuse  values that look masked\n")
	}
	if d.References == policy.ReferencesAllow {
		fmt.Fprintf(w, "  allow   references to rows that are not shown\n")
	}
}

// hide takes the keys of hash masks out of SQL that is shown.
func hide(secrets []string, sql string) string {
	for _, s := range secrets {
		sql = strings.ReplaceAll(sql, s, "[key]")
	}
	return sql
}
