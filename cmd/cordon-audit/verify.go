package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"cordon/audit"
)

const verifyHelp = `Reads the whole log and holds it against its signed checkpoints: every record, hash, signature and number, and
that every statement's intent has one outcome. Says what is wrong, the first bad record first. Changes nothing, and
may run while the log is being written.

A log whose end was cut back to an earlier checkpoint, with all later checkpoints removed, looks whole by itself.
Keep a copy of the file "checkpoint" elsewhere from time to time, and give it with --known; or let witnesses sign the
checkpoints, and give their keys with --witness.
`

func verifyCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	dir := fs.String("dir", "audit", "`folder` of the log (default audit)")
	var keys, known list
	fs.Var(&keys, "key", "verifier key: a `file` like audit.key.pub; may be given again after a key was changed")
	fs.Var(&known, "known", "a checkpoint kept elsewhere: the log must still contain what it covers; a `file`, may be given again")
	var witnesses list
	fs.Var(&witnesses, "witness", "verifier key of a witness: what it has signed the log must still contain; a `file`, may be given again")
	witnessed := fs.Int("witnesses", 0, "how `many` of them must have signed a checkpoint (default: all)")
	texts := fs.Bool("texts", false, "also decrypt the texts and hold them against what the records commit to")
	asJSON := fs.Bool("json", false, "print the report as JSON")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) > 0 {
			return usageError{fmt.Sprintf("%q is one word too many", args[0])}
		}
		if len(keys) == 0 {
			return usageError{"--key is missing: without the verifier key nobody can say who signed the log"}
		}
		o := audit.VerifyOptions{Texts: *texts}
		for _, k := range keys {
			key, err := audit.ReadVerifier(k)
			if err != nil {
				return err
			}
			o.Keys = append(o.Keys, key)
		}
		for _, k := range known {
			b, err := os.ReadFile(k)
			if err != nil {
				return err
			}
			o.Known = append(o.Known, b)
		}
		for _, w := range witnesses {
			key, err := audit.ReadWitnessVerifier(w)
			if err != nil {
				return err
			}
			o.Witnesses = append(o.Witnesses, key)
		}
		if o.Witnessed = *witnessed; o.Witnessed == 0 {
			o.Witnessed = len(witnesses)
		}
		start := time.Now()
		r, err := audit.Verify(ctx, *dir, o)
		if err != nil {
			return err
		}
		if *asJSON {
			e := json.NewEncoder(stdout)
			e.SetIndent("", "  ")
			if err := e.Encode(r); err != nil {
				return err
			}
		} else {
			printReport(stdout, *dir, r, time.Since(start), *texts)
		}
		if !r.OK() {
			return errBad
		}
		return nil
	}
}

// foreign reports whether the log is one that the given keys have signed nothing of.
func foreign(r *audit.Report) bool {
	return r.Checkpoints == 0 && slices.ContainsFunc(r.Problems, func(p audit.Problem) bool { return strings.Contains(p.Why, "not by a key that you gave") })
}

func printReport(w io.Writer, dir string, r *audit.Report, took time.Duration, texts bool) {
	if r.OK() && len(r.Unreadable) > 0 {
		fmt.Fprintf(w, "The log in %s is whole and unchanged, but keys of its texts are gone, and not by retention: see the notes.\n", dir)
	} else if r.OK() {
		fmt.Fprintf(w, "The log in %s is whole and unchanged.\n", dir)
	} else if foreign(r) {
		fmt.Fprintf(w, "The log in %s is NOT signed by the key that you gave: this is the key of another log, or another log was put in the place of yours.\n", dir)
	} else {
		fmt.Fprintf(w, "The log in %s is NOT as it was written.\n", dir)
	}
	fmt.Fprintf(w, "  log          %s\n", r.Origin)
	if r.Records > 0 {
		fmt.Fprintf(w, "  from, to     %s, %s\n", r.First, r.Last)
	}
	fmt.Fprintf(w, "  records      %d, of them %d sealed by a checkpoint\n", r.Records, r.Sealed)
	if r.Pruned > 0 {
		fmt.Fprintf(w, "  dropped      %d records before them, by retention, as the log says\n", r.Pruned)
	}
	fmt.Fprintf(w, "  statements   %d intents, %d outcomes (%d unknown, after a crash), %d blocked, %d without outcome yet\n", r.Intents, r.Outcomes, r.Unknown, r.Blocked, r.Pending)
	signed := ", all signatures checked"
	if foreign(r) {
		signed = " that this key has signed"
	}
	fmt.Fprintf(w, "  checkpoints  %d%s\n", r.Checkpoints, signed)
	fmt.Fprintf(w, "  segments     %d, %.1f MB\n", r.Segments, float64(r.Bytes)/1e6)
	if r.Keys > 1 {
		fmt.Fprintf(w, "  keys         %d, each signed by the one before\n", r.Keys)
	}
	if texts {
		fmt.Fprintf(w, "  texts        %d decrypted and as committed to, %d without key\n", r.TextsRead, r.TextsNoKey)
	}
	fmt.Fprintf(w, "  took         %.1f s\n", took.Seconds())
	for _, n := range r.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	for i, p := range r.Problems {
		if i == 0 {
			fmt.Fprintf(w, "\nThe first problem:\n  %s\n", p)
			if len(r.Problems) > 1 {
				fmt.Fprintln(w, "Others, some of which may follow from it:")
			}
			continue
		}
		fmt.Fprintf(w, "  %s\n", p)
	}
	if r.More > 0 {
		fmt.Fprintf(w, "  and %d more\n", r.More)
	}
}
