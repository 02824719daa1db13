// Command cordon-audit reads and verifies the audit log of Cordon. It needs no database, no running proxy and, but for decrypting statement texts, no secret.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

const usage = `cordon-audit reads and verifies the audit log of Cordon.

Usage:

    cordon-audit verify      --dir audit --key audit.key.pub    is the log whole and unchanged?
    cordon-audit search      --dir audit [filters]              which statements …
    cordon-audit tail        --dir audit [-n 20] [-f]           the newest records, and those to come
    cordon-audit subject     --dir audit --table T --key 123    who saw customer 123
    cordon-audit trace       --dir audit leaked.csv             which approved export a file comes from
    cordon-audit report      --dir audit person|subject|compliance  for people and for auditors, HTML or CSV
    cordon-audit export      --dir audit --format ocsf|ecs|otel  for other programs
    cordon-audit ship        --dir audit --to URL               the same, live: syslog over TLS, a webhook or Kafka
    cordon-audit index       --dir audit                        make searches fast
    cordon-audit prove       --dir audit SEQ                    write a proof that record SEQ is in the log
    cordon-audit check-proof --key audit.key.pub FILE           check such a proof, without the log
    cordon-audit bundle      --dir audit --to FOLDER [filters]  write records with their proofs, for others to check
    cordon-audit check-bundle --key audit.key.pub FOLDER        check such a folder, without the log
    cordon-audit hold        --dir audit [NAME]                 keep a time from being dropped
    cordon-audit key         --node NAME FILE                   make a signing key
    cordon-audit key rotate  --dir audit FILE                   change a log's key for a new one
    cordon-audit witness     --key witness.key --log audit.key.pub  co-sign the checkpoints of logs elsewhere
    cordon-audit tiles       --dir audit --to FOLDER            write the tree as C2SP tiles, for other programs

Run "cordon-audit COMMAND --help" for a command's options.

The log's format is described in docs/audit-format.md. Exit status: 0 all is well, 1 the log or proof is not what
it should be (or nothing was found), 2 the command could not be carried out.
`

// Exit statuses.
const (
	exitOK    = 0
	exitBad   = 1 // the log is not what it should be, or nothing was found
	exitUsage = 2 // the command could not be carried out
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// command is one of the program's commands.
type command struct {
	name  string
	flags func(*flag.FlagSet) func(ctx context.Context, args []string, stdout io.Writer) error
	args  string // after the flags
	help  string
}

var commands = []command{
	{"verify", verifyCommand, "", verifyHelp},
	{"search", searchCommand, "", searchHelp},
	{"tail", tailCommand, "", tailHelp},
	{"subject", subjectCommand, "", subjectHelp},
	{"trace", traceCommand, "FILE.csv", traceHelp},
	{"report", reportCommand, "person|subject|compliance", reportHelp},
	{"export", exportCommand, "", exportHelp},
	{"ship", shipCommand, "", shipHelp},
	{"index", indexCommand, "", indexHelp},
	{"prove", proveCommand, "SEQ", proveHelp},
	{"check-proof", checkProofCommand, "FILE.tlog-proof", checkProofHelp},
	{"bundle", bundleCommand, "", bundleHelp},
	{"check-bundle", checkBundleCommand, "FOLDER", checkBundleHelp},
	{"hold", holdCommand, "[NAME]", holdHelp},
	{"key", keyCommand, "[rotate] FILE", keyHelp},
	{"witness", witnessCommand, "", witnessHelp},
	{"tiles", tilesCommand, "", tilesHelp},
}

// errBad is the error of a command that worked, and found that something is not as it should be. It was told already.
var errBad = errors.New("not as it should be")

// nothing is the error of a command that worked, and found nothing.
type nothing struct{ why string }

func (n nothing) Error() string { return n.why }

// usageError is an error of the command line.
type usageError struct{ why string }

func (u usageError) Error() string { return u.why }

// run carries out one command line.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, usage)
		return exitOK
	}
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		fmt.Fprintf(stderr, "cordon-audit: there is no command %q. Run \"cordon-audit help\" for the list.\n", args[0])
		return exitUsage
	}
	c := commands[i]
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	do := c.flags(fs)
	rest, err := parseArgs(fs, args[1:])
	if errors.Is(err, flag.ErrHelp) {
		help(stdout, c, fs)
		return exitOK
	}
	if err != nil {
		err = flagError(err)
		fmt.Fprintf(stderr, "cordon-audit %s: %v. Run \"cordon-audit %s --help\" for its options.\n", c.name, err, c.name)
		return exitUsage
	}
	fs.SetOutput(stderr) // for hints
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = do(ctx, rest, stdout)
	var ue usageError
	var none nothing
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errBad):
		return exitBad
	case errors.As(err, &none):
		fmt.Fprintf(stderr, "cordon-audit %s: %s\n", c.name, none.why)
		return exitBad
	case errors.As(err, &ue):
		fmt.Fprintf(stderr, "cordon-audit %s: %v. Run \"cordon-audit %s --help\" for its options.\n", c.name, err, c.name)
		return exitUsage
	case errors.Is(err, syscall.EPIPE):
		return exitOK // the reader has seen enough
	default:
		fmt.Fprintf(stderr, "cordon-audit %s: %s\n", c.name, strings.TrimPrefix(err.Error(), "audit: "))
		return exitUsage
	}
}

// flagError says what package flag says, with the dashes that the help has.
func flagError(err error) error {
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		return fmt.Errorf("there is no option --%s", strings.TrimPrefix(name, "-"))
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag needs an argument: -"); ok {
		return fmt.Errorf("--%s needs a value", strings.TrimPrefix(name, "-"))
	}
	if rest, ok := strings.CutPrefix(err.Error(), "invalid value "); ok {
		value, rest, _ := strings.Cut(rest, " for flag -")
		name, _, _ := strings.Cut(rest, ":")
		return fmt.Errorf("--%s: %s is not a number", name, value)
	}
	return err
}

// parseArgs parses flags that may stand before and after other arguments.
func parseArgs(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

func help(w io.Writer, c command, fs *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: cordon-audit %s [options]", c.name)
	if c.args != "" {
		fmt.Fprint(w, " "+c.args)
	}
	fmt.Fprintf(w, "\n\n%s\nOptions:\n\n", c.help)
	fs.VisitAll(func(f *flag.Flag) {
		name, text := flag.UnquoteUsage(f)
		head := "--" + f.Name
		if len(f.Name) == 1 {
			head = "-" + f.Name
		}
		if name != "" {
			head += " " + strings.ToUpper(name)
		}
		fmt.Fprintf(w, "    %-22s %s\n", head, text)
	})
}

// list is a flag that can be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}
