package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"cordon/audit"
)

const bundleHelp = `Writes evidence into a new folder: the records that fit the filters and the records of the policies in force when they were
made and of forms they refer to, each with a proof that it is in the log; the texts of these policies, when the log has them; and a list of all files
with their hashes. Whoever has the folder and the verifier key can
check it with cordon-audit check-bundle: no log, no network, no secret. The filters are those of search. With --reveal and a
reason, the texts of the statements go in too. That a bundle was made is recorded in the reviewers' log.
`

// manifest is what a bundle says of itself.
type manifest struct {
	Format  string            `json:"format"` // cordon-audit/bundle/1
	Made    time.Time         `json:"made"`
	Asked   map[string]any    `json:"asked"`
	Records int               `json:"records"` // statements and events that fit
	Seqs    []uint64          `json:"seqs"`    // of every record in it: also outcomes and policies
	Files   map[string]string `json:"files"`   // SHA-256 of each but this
}

// maxBundle bounds a bundle: each of its records has two files.
const maxBundle = 100000

func bundleCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	x := addFilters(fs)
	to := fs.String("to", "", "the `folder` to make")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) > 0 || *to == "" {
			return usageError{"give a folder with --to"}
		}
		f, err := x.filter()
		if err != nil {
			return err
		}
		if x.kind = audit.ReviewExport; *x.reveal != "" { // which is a record of its own
			if err := x.review.record(ctx, *x.dir, x.kind, asked(fs)); err != nil {
				return err
			}
		}
		if err := os.Mkdir(*to, 0o700); errors.Is(err, os.ErrExist) {
			return usageError{fmt.Sprintf("--to: %s is there already, and a bundle is written to a folder of its own", *to)}
		} else if err != nil {
			return err
		}
		b := &bundle{to: *to, dir: *x.dir, m: manifest{Format: "cordon-audit/bundle/1", Made: time.Now().UTC(), Asked: asked(fs), Files: map[string]string{}}, had: map[uint64]bool{}, policies: map[string]bool{}}
		err = x.search(ctx, f, func(e *audit.Execution) error { return b.execution(e, *x.reveal != "") })
		if err == nil && b.m.Records == 0 {
			return errors.Join(x.none(), os.Remove(*to))
		}
		if err == nil {
			err = b.finish(ctx)
		}
		if err != nil {
			return fmt.Errorf("%w; %s is not complete", err, *to)
		}
		fmt.Fprintf(stdout, "Wrote %d statements and events (%d records with proofs) to %s. Check it with: cordon-audit check-bundle --key audit.key.pub %s\n", b.m.Records, len(b.m.Seqs), *to, *to)
		return nil
	}
}

// bundle is one being written.
type bundle struct {
	to, dir  string
	m        manifest
	had      map[uint64]bool
	policies map[string]bool
	texts    []byte
}

func (b *bundle) write(name string, data []byte) error {
	sum := sha256.Sum256(data)
	b.m.Files[name] = hex.EncodeToString(sum[:])
	return os.WriteFile(filepath.Join(b.to, name), data, 0o600)
}

// record writes a record and its proof.
func (b *bundle) record(r *audit.Record) error {
	if b.had[r.Seq] {
		return nil
	}
	if len(b.had) == maxBundle {
		return fmt.Errorf("more than %d records fit; narrow the filters", maxBundle)
	}
	b.had[r.Seq] = true
	proof, err := audit.Prove(b.dir, r.Seq, nil)
	if err != nil {
		return err
	}
	base := strconv.FormatUint(r.Seq, 10)
	b.m.Seqs = append(b.m.Seqs, r.Seq)
	return errors.Join(b.write(base+".json", r.Raw), b.write(base+".tlog-proof", proof))
}

func (b *bundle) execution(e *audit.Execution, reveal bool) error {
	b.m.Records++
	if e.Record.Policy != "" {
		b.policies[e.Record.Policy] = true
	}
	if err := b.record(e.Record); err != nil {
		return err
	}
	if f := e.Record.FormRecord(); f != nil {
		if err := b.record(f); err != nil {
			return err
		}
	}
	if e.Outcome != nil {
		if err := b.record(e.Outcome); err != nil {
			return err
		}
	}
	if !reveal || e.Texts.SQL == "" {
		return nil
	}
	line, err := json.Marshal(map[string]any{"seq": e.Record.Seq, "sql": e.Texts.SQL, "rewritten": e.Texts.Rewritten, "params": e.Texts.Params})
	b.texts = append(append(b.texts, line...), '\n')
	return err
}

// finish adds the policies that were in force, and the manifest.
func (b *bundle) finish(ctx context.Context) error {
	if err := audit.Search(ctx, b.dir, audit.Filter{Kind: string(audit.PolicyLoad)}, func(e *audit.Execution) error {
		for digest := range b.policies {
			if strings.Contains(string(e.Record.Data), digest) {
				return b.record(e.Record)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for digest := range b.policies {
		text, err := audit.Policy(b.dir, digest)
		if err == nil && text != nil {
			err = b.write("policy-"+digest+".yaml", text)
		}
		if err != nil {
			return err
		}
	}
	if len(b.texts) > 0 {
		if err := b.write("texts.jsonl", b.texts); err != nil {
			return err
		}
	}
	slices.Sort(b.m.Seqs)
	m, err := json.MarshalIndent(b.m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.to, "manifest.json"), append(m, '\n'), 0o600)
}

const checkBundleHelp = `Checks a bundle with nothing but the verifier key: every file is as the manifest says, none is missing or added, and every
record is proved to be in the log that the key signed. A policy's text is proved by the record that it was put in force. What a bundle cannot show is that nothing else would have fitted
its filters: for that, verify the log. texts.jsonl is not proved by itself: cordon-audit verify --texts does that.
`

func checkBundleCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	var keys list
	fs.Var(&keys, "key", "verifier key: a `file` like audit.key.pub")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) != 1 || len(keys) == 0 {
			return usageError{"give one folder, and --key"}
		}
		var verifiers []string
		for _, k := range keys {
			key, err := audit.ReadVerifier(k)
			if err != nil {
				return err
			}
			verifiers = append(verifiers, key)
		}
		why, m, err := checkBundle(ctx, args[0], verifiers)
		if err != nil {
			return err
		}
		if why != "" {
			fmt.Fprintf(stdout, "The bundle does NOT hold: %s.\n", why)
			return errBad
		}
		fmt.Fprintf(stdout, "The bundle holds: %d statements and events, made %s; all of its %d records are proved.\n", m.Records, m.Made.Format(time.RFC3339), len(m.Seqs))
		return nil
	}
}

// checkBundle says why a bundle does not hold, "" when it does.
func checkBundle(ctx context.Context, dir string, keys []string) (why string, m manifest, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return "", m, fmt.Errorf("%s is not a folder that cordon-audit bundle has written: %w", dir, err)
	}
	if err := json.Unmarshal(b, &m); err != nil || m.Format != "cordon-audit/bundle/1" {
		return "manifest.json is not one of a bundle", m, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", m, err
	}
	for _, e := range entries {
		if _, listed := m.Files[e.Name()]; !listed && e.Name() != "manifest.json" {
			return "the manifest does not list " + strconv.Quote(e.Name()), m, nil
		}
	}
	proved := map[string]bool{"texts.jsonl": true}
	policies := map[string]bool{} // digests that proved records say were put in force
	for _, seq := range m.Seqs {
		if ctx.Err() != nil {
			return "", m, context.Cause(ctx)
		}
		base := strconv.FormatUint(seq, 10)
		record, err := os.ReadFile(filepath.Join(dir, base+".json"))
		if err != nil {
			return base + ".json is missing", m, nil
		}
		proof, err := os.ReadFile(filepath.Join(dir, base+".tlog-proof"))
		if err != nil {
			return base + ".tlog-proof is missing", m, nil
		}
		at, _, err := audit.CheckProof(proof, record, keys)
		if err != nil {
			return "record " + base + ": " + strings.TrimPrefix(err.Error(), "audit: "), m, nil
		}
		if at != seq {
			return fmt.Sprintf("%s.json is record %d", base, at), m, nil
		}
		var of struct{ Form []uint64 }
		if err := json.Unmarshal(record, &of); err != nil {
			return base + ".json is not JSON", m, nil
		}
		if len(of.Form) > 0 {
			if _, ok := slices.BinarySearch(m.Seqs, of.Form[0]); !ok {
				return fmt.Sprintf("record %d, to which record %d refers for what was decided, is missing", of.Form[0], seq), m, nil
			}
		}
		proved[base+".json"], proved[base+".tlog-proof"] = true, true
		var r struct {
			Kind string
			Data struct{ Digest string }
		}
		if json.Unmarshal(record, &r) == nil && r.Kind == string(audit.PolicyLoad) {
			policies[r.Data.Digest] = true
		}
	}
	for name, sum := range m.Files {
		digest, yaml := strings.CutSuffix(strings.TrimPrefix(name, "policy-"), ".yaml")
		if policies[digest] && yaml && name == "policy-"+digest+".yaml" && sum == digest {
			proved[name] = true
		}
		if !proved[name] || name != filepath.Base(name) {
			return "no proof is of " + strconv.Quote(name), m, nil
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return name + " is missing", m, nil
		}
		if got := sha256.Sum256(data); hex.EncodeToString(got[:]) != sum {
			return name + " is not as the manifest says", m, nil
		}
	}
	return "", m, nil
}
