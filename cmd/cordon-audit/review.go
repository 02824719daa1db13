package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"cordon/audit"
)

// Who reads the log leaves a record too. The proxy holds its own log while it runs, and a reviewer must not be able to write into it, so reviewers have a log of their own, of the same format and verified by the same command, with a
// key of its own. Whoever can write that folder could of course put it aside: send its checkpoints away as those of the proxy's log, or run this program under an account that only it has.

// reviewFlags are where the reviewers' log is.
type reviewFlags struct {
	dir string
}

func addReview(fs *flag.FlagSet) *reviewFlags {
	r := &reviewFlags{}
	fs.StringVar(&r.dir, "review", "", "`folder` of the log of what reviewers do (default the log's folder with .review behind it)")
	return r
}

// folder is where the reviewers' log of the log in dir is.
func (r *reviewFlags) folder(dir string) string {
	if r.dir != "" {
		return r.dir
	}
	return strings.TrimRight(dir, "/") + ".review"
}

// record writes one event to the reviewers' log of the log in dir, and returns when it is on the storage device. Without it nothing is shown.
func (r *reviewFlags) record(ctx context.Context, dir string, kind audit.EventKind, data map[string]any) error {
	folder := r.folder(dir)
	if _, err := os.ReadDir(filepath.Join(dir, "segments")); errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("this account cannot read the log in %s: %w", dir, err)
	}
	data["log"] = dir
	who := fmt.Sprintf("uid %d", os.Getuid())
	if u, err := user.Current(); err == nil {
		who = u.Username
	}
	host, _ := os.Hostname()
	var log *audit.Log
	var err error
	for try := 0; try < 50; try++ { // another reviewer may be at it
		log, err = audit.Open(ctx, audit.Options{Dir: folder, KeyFile: folder + ".key", Node: "review-" + host, Fsync: audit.Always, SegmentBytes: 1 << 20})
		if !errors.Is(err, audit.ErrInUse) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("what reviewers do is recorded, and it cannot be: %w (name another folder with --review)", err)
	}
	err = log.Event(audit.Event{Kind: kind, Person: who, How: "os", Data: data, Durable: true})
	return errors.Join(err, log.Close(ctx))
}

// asked is what a command line asks for. Words and keys that may be personal data stay out of it: that they were given is told.
func asked(fs *flag.FlagSet) map[string]any {
	filter := map[string]string{}
	fs.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "dir", "review", "index", "reveal", "reason", "out", "sign-off":
		case "text", "key":
			filter[f.Name] = "…"
		default:
			filter[f.Name] = f.Value.String()
		}
	})
	return map[string]any{"command": fs.Name(), "filter": filter}
}
