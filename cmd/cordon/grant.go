package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"cordon/config"
	"cordon/policy"
)

const grantUsage = `usage: cordon grant --user person --rule "name" --for 4h --reason "why" --by you
       cordon grant approve id --by you
       cordon grant revoke id --by you
       cordon grant list

Gives a person a rule of the policy that is given on request (on_request), for a time; a rule may ask for a second person's approval. A running cordon
serve follows within a second. Nobody grants anything to themselves, and you can only be whom the system knows you as: the user who runs this must be
the person of --by, or the one that the policy names as their os_user.

  --config file  the configuration (default cordon.yaml)
`

// runGrant is `cordon grant`: temporary grants.
func runGrant(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	verb := "grant"
	if len(args) > 0 && (args[0] == "approve" || args[0] == "revoke" || args[0] == "list") {
		verb, args = args[0], args[1:]
	}
	fs := flag.NewFlagSet("cordon grant", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() { fmt.Fprint(stderr, grantUsage) }
	e := policy.LeaseEntry{Do: verb}
	path := fs.String("config", "cordon.yaml", "")
	fs.StringVar(&e.User, "user", "", "")
	fs.StringVar(&e.Rule, "rule", "", "")
	fs.StringVar(&e.Reason, "reason", "", "")
	fs.StringVar(&e.By, "by", "", "")
	length := fs.Duration("for", 0, "")
	if len(args) > 0 && (verb == "approve" || verb == "revoke") && !strings.HasPrefix(args[0], "-") {
		e.ID, args = args[0], args[1:] // the flags may stand behind it
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if fs.NArg() != 0 || verb == "grant" && (e.User == "" || e.Rule == "" || *length <= 0) || verb != "list" && e.By == "" || (verb == "approve" || verb == "revoke") && e.ID == "" {
		fs.Usage()
		return 2
	}
	fail := func(err error) int {
		fmt.Fprintf(stderr, "cordon: error: %v\n", err)
		return 1
	}
	conf, err := config.Load(*path)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	if verb == "list" {
		p, err := loadPolicy(ctx, conf)
		if err != nil {
			return fail(err)
		}
		head, rows := leaseTable(p, time.Now())
		if err := writeReport(stdout, "text", head, rows); err != nil {
			return fail(err)
		}
		return 0
	}
	e.At = time.Now().UTC().Truncate(time.Second)
	if verb == "grant" {
		id := make([]byte, 6)
		rand.Read(id)
		e.ID, e.Until = hex.EncodeToString(id), e.At.Add(*length)
	}
	lease, err := appendLease(ctx, conf, e)
	if err != nil {
		return fail(err)
	}
	switch {
	case verb == "revoke":
		fmt.Fprintf(stdout, "%s  revoked\n", lease.ID)
	case len(lease.By) < lease.Needs:
		fmt.Fprintf(stdout, "%s  %s has rule %q until %s once a second person approves: cordon grant approve %s --by …\n", lease.ID, lease.User, lease.Rule, lease.Until.Format(time.RFC3339), lease.ID)
	default:
		fmt.Fprintf(stdout, "%s  %s has rule %q until %s\n", lease.ID, lease.User, lease.Rule, lease.Until.Format(time.RFC3339))
	}
	return 0
}

// appendLease adds one entry to the policy's file of grants, when the policy and what the file holds allow it. It is on disk when this returns.
func appendLease(ctx context.Context, conf *config.Config, e policy.LeaseEntry) (*policy.Lease, error) {
	p, err := loadPolicy(ctx, conf)
	if err != nil {
		return nil, err
	}
	if p.GrantsFile == "" {
		return nil, fmt.Errorf("the policy names no grants_file, so no rule is given on request")
	}
	if err := isCaller(p, e.By); err != nil {
		return nil, err
	}
	_, statErr := os.Stat(p.GrantsFile)
	f, err := os.OpenFile(p.GrantsFile, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, fmt.Errorf("lock %s: %w", p.GrantsFile, err)
	}
	// What others have written in the meantime counts.
	if p, err = loadPolicy(ctx, conf); err != nil {
		return nil, err
	}
	if err := p.CheckLease(e); err != nil {
		return nil, err
	}
	line, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	if statErr != nil {
		if dir, err := os.Open(filepath.Dir(p.GrantsFile)); err == nil {
			err = dir.Sync()
			dir.Close()
			if err != nil {
				return nil, err
			}
		}
	}
	if p, err = loadPolicy(ctx, conf); err != nil {
		return nil, err
	}
	for _, l := range p.Leases {
		if l.ID == e.ID {
			return l, nil
		}
	}
	return nil, fmt.Errorf("%s does not hold what was written to it", p.GrantsFile)
}

// isCaller makes sure that the person is the one who runs the program. Whoever may write the file of grants can write anything into it: its permissions, and the policy's, are what this rests on.
func isCaller(p *policy.Policy, person string) error {
	u, err := user.Current()
	if err != nil {
		return fmt.Errorf("find out who runs this: %w", err)
	}
	want := person
	if known := p.Users[person]; known != nil && known.OSUser != "" {
		want = known.OSUser
	}
	if u.Username != want {
		return fmt.Errorf("this is run by the system's user %q, who is not %q: the policy can say who is, with os_user", u.Username, person)
	}
	return nil
}

// leaseTable lists grants, the latest first.
func leaseTable(p *policy.Policy, now time.Time) (head []string, rows [][]string) {
	head = []string{"id", "person", "rule", "state", "until", "by", "reason"}
	for i := len(p.Leases) - 1; i >= 0; i-- {
		l := p.Leases[i]
		state := "in force"
		switch {
		case !l.Revoked.IsZero():
			state = "revoked by " + l.RevokedBy
		case !now.Before(l.Until):
			state = "ended"
		case len(l.By) < l.Needs:
			state = "waits for approval"
		}
		rows = append(rows, []string{l.ID, l.User, l.Rule, state, l.Until.Format(time.RFC3339), strings.Join(l.By, ", "), l.Reason})
	}
	return head, rows
}
