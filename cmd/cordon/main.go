// Command cordon is the proxy and its tools.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

const usage = `usage: cordon <command> [flags]

Cordon stands between PostgreSQL and its clients: everyone sees the rows and the values that a policy allows, bulk exports are stopped, and every
statement is recorded.

  serve      relay clients to the database          cordon serve --config cordon.yaml
  check      tell every mistake of configuration    cordon check --config cordon.yaml
             and policy
  explain    show what a person may do with a       cordon explain --user alice "SELECT * FROM customers"
             statement, and what runs in its place
  who        who may do what, for a person or a     cordon who --user alice
             table, as text, CSV or Markdown        cordon who --table public.customers
  grant      give a person a rule for a time        cordon grant --user bob --rule "…" --for 4h --reason "…" --by carol
  exports    answer requests for exports            cordon exports approve 1f0c2a… --by carol --reason "…"
  quarantine who is in quarantine, and their        cordon quarantine release bob --by carol --reason "…"
             release
  test       run case files of a policy             cordon test policy.case
  catalog    print a database's tables for tests    cordon catalog > crm.catalog
  demo       try it on a throwaway database         cordon demo
  version    print the version

cordon <command> --help tells the flags of each. cordon-audit reads and verifies the audit log.
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program but for the process's exit. The first interrupt or SIGTERM ends the command's context; serve sees to further ones itself.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch command, rest := args[0], args[1:]; command {
	case "serve":
		return runServe(ctx, rest, stdout, stderr)
	case "check":
		return runCheck(ctx, rest, stdout, stderr)
	case "explain":
		return runExplain(ctx, rest, stdout, stderr)
	case "who":
		return runWho(ctx, rest, stdout, stderr)
	case "grant":
		return runGrant(ctx, rest, stdout, stderr)
	case "quarantine":
		return runQuarantine(ctx, rest, stdout, stderr)
	case "exports":
		return runExports(ctx, rest, stdout, stderr)
	case "test":
		return runTest(ctx, rest, stdout, stderr)
	case "catalog":
		return runCatalog(ctx, rest, stdout, stderr)
	case "demo":
		return runDemo(ctx, rest, stdout, stderr)
	case "version", "--version":
		version, revision := build()
		fmt.Fprintf(stdout, "cordon %s %s\n", version, revision)
		return 0
	case "help", "--help", "-h":
		fmt.Fprint(stdout, usage)
		return 0
	default:
		fmt.Fprintf(stderr, "cordon: error: there is no command %q\n\n%s", command, usage)
		return 2
	}
}

// build tells the program's version and the revision of its source, as far as the build has recorded them.
func build() (version, revision string) {
	version = "devel"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version, ""
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value
		}
	}
	return version, revision
}
