package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"cordon/internal/demo"
)

// runDemo is `cordon demo`: the demonstration, or with --print-sql the script that loads its database.
func runDemo(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("cordon demo", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(stderr, `usage: cordon demo [--keep | --print-sql]

Starts a PostgreSQL server of its own with a CRM's database, and Cordon in front of it, and shows what different people see.

  --keep       leave everything up until Ctrl-C, and print how to try it by hand
  --print-sql  only print the script that makes the database, for psql
`)
	}
	keep := fs.Bool("keep", false, "")
	printSQL := fs.Bool("print-sql", false, "")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if fs.NArg() > 0 {
		fmt.Fprintf(stderr, "cordon: error: demo takes no arguments, but was given %q\n", fs.Arg(0))
		return 2
	}
	if *printSQL {
		if err := demo.WriteSQL(stdout); err != nil {
			fmt.Fprintf(stderr, "cordon: error: print the script: %v\n", err)
			return 1
		}
		return 0
	}

	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintf(stderr, "cordon: error: find this program: %v\n", err)
		return 1
	}
	reviewer := filepath.Join(filepath.Dir(self), "cordon-audit")
	if _, err := os.Stat(reviewer); err != nil {
		if reviewer, err = exec.LookPath("cordon-audit"); err != nil {
			fmt.Fprintf(stderr, "cordon: error: cordon-audit is neither beside %s nor in PATH\ncordon: hint: make build puts both into bin\n", self)
			return 1
		}
	}
	err = demo.Run(ctx, demo.Options{Cordon: self, Audit: reviewer, Keep: *keep, Bold: isTerminal(stdout), Out: stdout})
	if ctx.Err() != nil && !*keep {
		fmt.Fprintln(stderr, "cordon: interrupted; everything the demonstration started is gone")
		return 130
	}
	if err != nil {
		fmt.Fprintf(stderr, "cordon: error: %v\n", err)
		return 1
	}
	return 0
}

// isTerminal says whether the output is a person's terminal that wants emphasis (see no-color.org).
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}
