package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cordon/catalog"
	"cordon/internal/golden"
	"cordon/policy"
	"cordon/rewrite"
)

// runTest is `cordon test`: it runs case files, in which whoever writes a policy says what it must decide.
func runTest(_ context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("cordon test", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(stderr, `usage: cordon test [--update] file.case …

Runs the cases of each file and prints those that come out otherwise. Exits with 1 when one does. No database is needed: a file names the catalog it is about.

  --update  write what comes out into the files

A case is a directive, its input, a line ----, and what is expected:

  catalog file=crm.catalog        the tables, as written by cordon catalog, or as input
  policy file=policy.yaml         the policy, or as input; what is expected are its mistakes
  as alice login=crm_app          who speaks from here on; also client=10.0.0.1 at=2026-12-01T09:00:00Z
  who user=alice                  what cordon who prints of a person, or of a table: who table=public.customers format=csv
  sql search_path=(public)        a statement as input; what is expected is what cordon explain prints
`)
	}
	update := fs.Bool("update", false, "")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if fs.NArg() == 0 {
		fs.Usage()
		return 2
	}
	run, failed := 0, 0
	for _, path := range fs.Args() {
		text, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintf(stderr, "cordon: error: %v\n", err)
			return 1
		}
		cases, tail, err := golden.Parse(path, text)
		if err != nil {
			fmt.Fprintf(stderr, "cordon: error: %v\n", err)
			return 1
		}
		t := newCases(path)
		for k := range cases {
			c := &cases[k]
			run++
			got := t.run(c)
			if got == c.Expected {
				continue
			}
			failed++
			if *update {
				c.Expected = got
				continue
			}
			fmt.Fprintf(stdout, "%s: %s\nexpected:\n%s\ngot:\n%s\n", c.Pos(), c.Head, indent(c.Expected), indent(got))
		}
		if *update {
			if err := golden.Write(path, cases, tail...); err != nil {
				fmt.Fprintf(stderr, "cordon: error: %v\n", err)
				return 1
			}
		}
	}
	switch {
	case *update:
		fmt.Fprintf(stdout, "%s, %d written anew\n", plural(run, "case"), failed)
	case failed > 0:
		fmt.Fprintf(stdout, "%s, %d came out otherwise\n", plural(run, "case"), failed)
		return 1
	default:
		fmt.Fprintf(stdout, "%s, all as expected\n", plural(run, "case"))
	}
	return 0
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n  ")
}

// cases is what the directives of one file have said so far.
type cases struct {
	dir    string
	cat    *catalog.Snapshot
	policy *policy.Policy
	grant  *policy.Grant
}

func newCases(path string) *cases {
	return &cases{dir: filepath.Dir(path), cat: catalog.Standard()}
}

// caseTime is the moment of cases that do not name one: a Tuesday morning.
var caseTime = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// run gives what a case comes out as.
func (t *cases) run(c *golden.Case) string {
	var b strings.Builder
	input := []byte(c.Input)
	name := "policy.yaml"
	if f := c.Arg("file"); f != "" {
		data, err := os.ReadFile(filepath.Join(t.dir, f))
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		input, name = data, f
	}
	switch c.Name {
	case "catalog":
		cat, err := catalog.ReadFixture(bytes.NewReader(input))
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		t.cat = cat
	case "policy":
		p, err := policy.Parse(filepath.Join(t.dir, name), input)
		if err != nil {
			return t.places(err.Error()) + "\n"
		}
		t.policy = p
		for _, problem := range rewrite.Check(p, t.cat) {
			b.WriteString(t.places(problem.String()) + "\n")
		}
	case "as":
		if t.policy == nil {
			return "error: no policy stands before this case\n"
		}
		var person string
		for _, a := range c.Args {
			if a.Values == nil {
				person = a.Key
			}
		}
		login := person
		if l := c.Arg("login"); l != "" {
			login = l
		}
		client, at := netip.MustParseAddr("127.0.0.1"), caseTime
		var err error
		if s := c.Arg("client"); s != "" {
			if client, err = netip.ParseAddr(s); err != nil {
				return "error: " + err.Error() + "\n"
			}
		}
		if s := c.Arg("at"); s != "" {
			if at, err = time.Parse(time.RFC3339, s); err != nil {
				return "error: " + err.Error() + "\n"
			}
		}
		t.grant = t.policy.Bind(t.policy.Subject(person, login, client, at))
		if t.grant.Invalid != "" {
			b.WriteString("refuse    " + t.grant.Invalid + "\n")
		}
	case "sql":
		if t.grant == nil {
			return "error: nobody speaks yet: a case `as person` must come before\n"
		}
		path := []string{"pg_catalog", "public"}
		if c.Has("search_path") {
			path = append([]string{"pg_catalog"}, c.Values("search_path")...)
		}
		explain(t.grant, t.cat, path, strings.TrimSuffix(c.Input, "\n"), &b, &b)
	case "who":
		if t.policy == nil {
			return "error: no policy stands before this case\n"
		}
		q := whoQuestion{policy: t.policy, cat: t.cat, table: c.Arg("table"), subject: policy.Subject{Person: c.Arg("user"), Login: c.Arg("login"), Client: netip.MustParseAddr("127.0.0.1"), Now: caseTime}}
		head, rows, err := q.answer()
		if err == nil {
			err = writeReport(&b, c.Arg("format"), head, rows)
		}
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
	default:
		return fmt.Sprintf("error: unknown directive %q; there are catalog, policy, as, sql and who\n", c.Name)
	}
	return b.String()
}

// places takes the folder out of file names, so that a case file says the same wherever it lies.
func (t *cases) places(s string) string {
	return strings.ReplaceAll(s, t.dir+string(filepath.Separator), "")
}
