package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"cordon/catalog"
	"cordon/config"
)

// runCatalog is `cordon catalog`: it prints a database's catalog as text, for `cordon test`.
func runCatalog(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("cordon catalog", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(stderr, `usage: cordon catalog [--config cordon.yaml | --dsn postgres://…] > crm.catalog

Prints the tables, types and functions of a database, without any row, as case files of cordon test use them.

  --config file  the configuration, for its upstream (default cordon.yaml)
  --dsn uri      the database, as for cordon check
`)
	}
	path := fs.String("config", "cordon.yaml", "")
	dsn := fs.String("dsn", "", "")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	fail := func(err error) int {
		fmt.Fprintf(stderr, "cordon: error: %v\n", err)
		return 1
	}
	var conf *config.Config
	if *dsn == "" {
		var err error
		if conf, err = config.Load(*path); err != nil {
			return fail(err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	conn, err := connect(ctx, conf, *dsn)
	if err != nil {
		return fail(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	snapshot, err := catalog.Load(ctx, func(ctx context.Context, sql string) ([][]*string, error) { return texts(ctx, conn, sql) }, nil)
	if err != nil {
		return fail(err)
	}
	w := bufio.NewWriter(stdout)
	if err := snapshot.WriteFixture(w); err != nil {
		return fail(err)
	}
	if err := w.Flush(); err != nil {
		return fail(err)
	}
	return 0
}
