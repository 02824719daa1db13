package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"cordon/audit"
)

const proveHelp = `Writes SEQ.json, the record as stored, and SEQ.tlog-proof (c2sp.org/tlog-proof@v1): with the verifier key they prove
that the record is in the log, and show no other record. The record holds no statement text, but commits to it. Of a
statement's intent, the record of its form says what was decided: it and its proof are written, too.
`

func proveCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	dir := fs.String("dir", "audit", "`folder` of the log (default audit)")
	out := fs.String("out", ".", "`folder` for the two files (default the current one)")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) != 1 {
			return usageError{"give the number of one record"}
		}
		seq, err := strconv.ParseUint(args[0], 10, 63)
		if err != nil {
			return usageError{fmt.Sprintf("%q is not the number of a record", args[0])}
		}
		proof, err := audit.Prove(*dir, seq, nil)
		if err != nil {
			return err
		}
		r, err := audit.OpenReader(*dir, seq)
		if err != nil {
			return err
		}
		defer r.Close()
		rec, err := r.Next()
		if err != nil {
			return err
		}
		if rec.Seq != seq {
			return fmt.Errorf("record %d was dropped: the log begins with record %d", seq, rec.Seq)
		}
		if err := os.MkdirAll(*out, 0o750); err != nil {
			return err
		}
		what := ""
		for ; rec != nil; rec = rec.FormRecord() {
			if rec.Seq != seq {
				what = ", of the record that it refers to: what all executions of its plan share"
				if proof, err = audit.Prove(*dir, rec.Seq, nil); err != nil {
					return err
				}
			}
			base := filepath.Join(*out, strconv.FormatUint(rec.Seq, 10))
			if err := os.WriteFile(base+".json", rec.Raw, 0o640); err != nil {
				return err
			}
			if err := os.WriteFile(base+".tlog-proof", proof, 0o640); err != nil {
				return err
			}
			fmt.Fprintf(stdout, "Wrote %s.json and %s.tlog-proof%s.\n", base, base, what)
		}
		return nil
	}
}

const checkProofHelp = `Checks that the record FILE.json is in the log that the verifier key belongs to, with nothing but FILE.tlog-proof. No log
and no network is needed.
`

func checkProofCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	var keys list
	fs.Var(&keys, "key", "verifier key: a `file` like audit.key.pub")
	record := fs.String("record", "", "the record, when it is not beside the proof; a `file`")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) != 1 {
			return usageError{"give one proof"}
		}
		if len(keys) == 0 {
			return usageError{"--key is missing"}
		}
		var list []string
		for _, k := range keys {
			key, err := audit.ReadVerifier(k)
			if err != nil {
				return err
			}
			list = append(list, key)
		}
		proof, err := os.ReadFile(args[0])
		if err != nil {
			return err
		}
		path := *record
		if path == "" {
			path = strings.TrimSuffix(args[0], ".tlog-proof") + ".json"
		}
		rec, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("the record that %s is about: %w (--record names its file when it is elsewhere)", args[0], err)
		}
		seq, c, err := audit.CheckProof(proof, rec, list)
		if err != nil {
			fmt.Fprintf(stdout, "The proof does NOT hold: %s.\n", strings.TrimPrefix(err.Error(), "audit: "))
			return errBad
		}
		fmt.Fprintf(stdout, "The proof holds: %s is record %d of the log %s, which had %d records when it was signed.\n", path, seq, c.Origin, c.Size)
		return nil
	}
}

const keyHelp = `Makes a signing key for a proxy's log: FILE, which only the proxy may read, and FILE.pub, the verifier key. Keep a copy
of FILE.pub where the proxy's administrators cannot change it. A proxy that finds no key makes one by itself.

With --witness it is the key of a witness, whose name --node is.

cordon-audit key rotate changes the key of a log that no proxy has open: a new one takes its place in FILE and FILE.pub, both
keys sign the change, and the old signing key is destroyed. Whoever has the old verifier key, or the new one, can verify all
of the log. When it is interrupted, run it again.
`

func keyCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	node := fs.String("node", "", "`name` of the proxy, which becomes part of the log's name, or of the witness")
	witness := fs.Bool("witness", false, "make the key of a witness")
	dir := fs.String("dir", "audit", "rotate: `folder` of the log (default audit)")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) == 2 && args[0] == "rotate" {
			key, err := audit.RotateKey(ctx, *dir, args[1])
			if err != nil {
				return err
			}
			fmt.Fprintf(stdout, "Changed the key of %s. The new verifier key is\n%s\n", *dir, key)
			return nil
		}
		if len(args) > 0 && args[0] == "rotate" {
			return usageError{"rotate: give the file of the log's signing key"}
		}
		if len(args) != 1 {
			return usageError{"give one file"}
		}
		if *node == "" {
			return usageError{"--node is missing"}
		}
		write := audit.WriteKey
		if *witness {
			write = audit.WriteWitnessKey
		}
		key, err := write(args[0], *node)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Wrote %s and %s.pub. The verifier key is\n%s\n", args[0], args[0], key)
		return nil
	}
}

const tilesHelp = `Writes the log's tree as the static files of C2SP tlog-tiles: checkpoint, and tile/LEVEL/NUMBER. Any program that knows
that format can then check proofs and consistency.
`

func tilesCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	dir := fs.String("dir", "audit", "`folder` of the log (default audit)")
	to := fs.String("to", "", "`folder` for the files")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) > 0 {
			return usageError{fmt.Sprintf("%q is one word too many", args[0])}
		}
		if *to == "" {
			return usageError{"--to is missing"}
		}
		checkpoint, err := os.ReadFile(filepath.Join(*dir, "checkpoint"))
		if err != nil {
			return err
		}
		lines := strings.SplitN(string(checkpoint), "\n", 3)
		if len(lines) < 3 {
			return fmt.Errorf("%s is not a checkpoint", filepath.Join(*dir, "checkpoint"))
		}
		size, err := strconv.ParseUint(lines[1], 10, 63)
		if err != nil {
			return fmt.Errorf("%s is not a checkpoint", filepath.Join(*dir, "checkpoint"))
		}
		files := 0
		for level := 0; size>>(8*level) > 0; level++ {
			hashes := size >> (8 * level)
			for n := uint64(0); n*256 < hashes; n++ {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				width := int(min(256, hashes-n*256))
				b, err := audit.Tile(*dir, level, n, width)
				if err != nil {
					return err
				}
				path := filepath.Join(*to, filepath.FromSlash(audit.TilePath(level, n, width)))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					return err
				}
				if err := os.WriteFile(path, b, 0o644); err != nil {
					return err
				}
				files++
			}
		}
		if err := os.WriteFile(filepath.Join(*to, "checkpoint"), checkpoint, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Wrote %d tiles over %d records, and the checkpoint.\n", files, size)
		return nil
	}
}
