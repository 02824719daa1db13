package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"cordon/config"
	"cordon/guard"
	"cordon/policy"
)

const exportsUsage = `usage: cordon exports list
       cordon exports show id
       cordon exports approve id --by you --reason "why" [--rows 5000] [--for 8h] [--uses 1]
       cordon exports deny id --by you --reason "why"

Answers requests for exports: statements that a rule with over: ask has blocked. Those whom the rule names may answer, but nobody for themselves; a rule
may ask for two. An approval holds for the person and the statement of the request alone, for so many rows and uses, until it ends. Of two approvals the
narrower holds. You can only be whom the system knows you as: the user who runs this must be the person of --by, or the one that the policy names as
their os_user.

  --config file  the configuration (default cordon.yaml)
`

// runExports is `cordon exports`: what was asked for, and the answers.
func runExports(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	usage := func() int { fmt.Fprint(stderr, exportsUsage); return 2 }
	if len(args) == 0 {
		return usage()
	}
	verb, args := args[0], args[1:]
	fs := flag.NewFlagSet("cordon exports", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() { fmt.Fprint(stderr, exportsUsage) }
	path := fs.String("config", "cordon.yaml", "")
	e := guard.ExportEntry{Do: verb}
	fs.StringVar(&e.By, "by", "", "")
	fs.StringVar(&e.Reason, "reason", "", "")
	fs.Int64Var(&e.Rows, "rows", 0, "")
	fs.IntVar(&e.Uses, "uses", 1, "")
	length := fs.Duration("for", 0, "")
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		e.ID, args = args[0], args[1:]
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	answers := verb == "approve" || verb == "deny"
	switch {
	case fs.NArg() != 0, verb != "list" && verb != "show" && !answers, (verb == "list") != (e.ID == ""), answers && (e.By == "" || strings.TrimSpace(e.Reason) == ""):
		return usage()
	}
	fail := func(err error) int { fmt.Fprintf(stderr, "cordon: error: %v\n", err); return 1 }
	conf, err := config.Load(*path)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	p, err := loadPolicy(ctx, conf)
	if err != nil {
		return fail(err)
	}
	requests, err := guard.OpenRequests(exportsFile(conf.State.Dir), p)
	if err != nil {
		return fail(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	all := requests.All()
	if verb == "list" {
		head := []string{"id", "asked", "person", "rule", "state"}
		var rows [][]string
		for i := len(all) - 1; i >= 0; i-- {
			q := &all[i]
			rows = append(rows, []string{q.ID, q.At.UTC().Format(time.RFC3339), q.Person, q.Rule, q.State(p, now)})
		}
		if err := writeReport(stdout, "text", head, rows); err != nil {
			return fail(err)
		}
		return 0
	}
	var q *guard.ExportRequest
	for i := range all {
		if all[i].ID == e.ID {
			q = &all[i]
		}
	}
	if q == nil {
		return fail(fmt.Errorf("there is no request %s", e.ID))
	}
	if verb == "show" {
		showExport(stdout, q, p, now)
		return 0
	}
	if err := isCaller(p, e.By); err != nil {
		return fail(err)
	}
	e.At = now
	if verb == "approve" {
		rule := approvalRule(p, q.Rule)
		if rule == nil {
			return fail(fmt.Errorf("rule %q does not ask for approval any more", q.Rule))
		}
		if e.Rows == 0 {
			if e.Rows = rule.Rows; len(q.Approvals) > 0 {
				e.Rows = q.Approvals[0].Rows
			}
		}
		if *length == 0 {
			*length = min(8*time.Hour, rule.Max)
		}
		e.Until = now.Add(*length)
	} else {
		e.Rows, e.Uses = 0, 0
	}
	done, err := requests.Answer(p, e)
	if err != nil {
		return fail(err)
	}
	fmt.Fprintf(stdout, "%s  %s: %s\n", done.ID, done.Person, done.State(p, now))
	return 0
}

func approvalRule(p *policy.Policy, name string) *policy.Approval {
	for _, r := range p.Rules {
		if r.Name == name && r.Export != nil {
			return r.Export.Approval
		}
	}
	return nil
}

// showExport prints one request whole.
func showExport(w io.Writer, q *guard.ExportRequest, p *policy.Policy, now time.Time) {
	line := func(what, text string) { fmt.Fprintf(w, "%-10s %s\n", what, text) }
	line("request", q.ID+", "+q.State(p, now))
	person := q.Person
	if q.Login != "" && q.Login != q.Person {
		person += " (login " + q.Login + ")"
	}
	line("person", person)
	line("asked", q.At.UTC().Format(time.RFC3339))
	line("rule", q.Rule)
	if q.Tables != "" {
		line("reads", printable(q.Tables))
	}
	line("bound to", "the "+map[string]string{"statement": "exact statement with its parameters", "shape": "statement's form, with any literals and parameters"}[q.Bind])
	line("stopped by", q.Why)
	for _, a := range q.Approvals {
		line("approved", fmt.Sprintf("by %s at %s: up to %d rows, %d uses, until %s: %s", a.By, a.At.UTC().Format(time.RFC3339), a.Rows, a.Uses, a.Until.UTC().Format(time.RFC3339), a.Reason))
	}
	if q.Denial != nil {
		line("denied", fmt.Sprintf("by %s at %s: %s", q.Denial.By, q.Denial.At.UTC().Format(time.RFC3339), q.Denial.Reason))
	}
	line("used", strconv.Itoa(q.Used)+" times")
	fmt.Fprintf(w, "\n%s\n", printable(q.Statement))
}

// printable keeps what a statement holds from moving the terminal's cursor.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || strconv.IsPrint(r) {
			return r
		}
		return '�'
	}, text)
}
