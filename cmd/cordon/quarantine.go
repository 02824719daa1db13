package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"cordon/config"
	"cordon/guard"
)

const quarantineUsage = `usage: cordon quarantine list
       cordon quarantine release person --by you --reason "why"

Shows whom a watch of the policy has put into quarantine, and releases them: until then all their statements are refused. Those whom the watch names
may release, but nobody themselves. A running cordon serve follows within a second. You can only be whom the system knows you as: the user who runs
this must be the person of --by, or the one that the policy names as their os_user.

  --config file  the configuration (default cordon.yaml)
`

// quarantineFile is where quarantine is kept.
func quarantineFile(dir string) string { return filepath.Join(dir, "quarantine.jsonl") }

// runQuarantine is `cordon quarantine`.
func runQuarantine(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	usage := func() int { fmt.Fprint(stderr, quarantineUsage); return 2 }
	if len(args) == 0 {
		return usage()
	}
	verb, args := args[0], args[1:]
	fs := flag.NewFlagSet("cordon quarantine", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() { fmt.Fprint(stderr, quarantineUsage) }
	path := fs.String("config", "cordon.yaml", "")
	var e guard.QuarantineEntry
	fs.StringVar(&e.By, "by", "", "")
	fs.StringVar(&e.Reason, "reason", "", "")
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		e.Person, args = args[0], args[1:]
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if fs.NArg() != 0 || verb != "list" && verb != "release" || verb == "list" && e.Person != "" || verb == "release" && (e.Person == "" || e.By == "" || strings.TrimSpace(e.Reason) == "") {
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
	q, err := guard.OpenQuarantine(quarantineFile(conf.State.Dir), p)
	if err != nil {
		return fail(err)
	}
	if verb == "list" {
		head := []string{"person", "since", "watch", "why"}
		var rows [][]string
		for _, e := range q.All() {
			rows = append(rows, []string{e.Person, e.At.UTC().Format(time.RFC3339), e.Watch, e.Why})
		}
		if err := writeReport(stdout, "text", head, rows); err != nil {
			return fail(err)
		}
		return 0
	}
	if err := isCaller(p, e.By); err != nil {
		return fail(err)
	}
	e.At = time.Now().UTC().Truncate(time.Second)
	if err := q.Release(p, e); err != nil {
		return fail(err)
	}
	fmt.Fprintf(stdout, "%s  released\n", e.Person)
	return 0
}
