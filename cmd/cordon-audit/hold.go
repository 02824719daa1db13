package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os/user"
	"slices"
	"time"

	"cordon/audit"
)

const holdHelp = `Keeps what was recorded in a time from being dropped, whatever the retention of the configuration says, until the hold is
released. Without a name it lists the holds. While any hold cannot be read, nothing is dropped at all. The proxy records
which holds there are; who set one stands in the reviewers' log.
`

func holdCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	dir := fs.String("dir", "audit", "`folder` of the log (default audit)")
	from := fs.String("from", "", "from this `time` on (default: from the beginning)")
	until := fs.String("until", "", "before this `time` (default: without end)")
	reason := fs.String("reason", "", "`why`; needed to set a hold and to release one")
	release := fs.Bool("release", false, "end the hold")
	review := addReview(fs)
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) == 0 {
			list, err := audit.Holds(*dir)
			for _, h := range list {
				fmt.Fprintf(stdout, "%s  from %s until %s  %s (%s, %s)\n", pad(h.Name, 20), bound(h.From), bound(h.Until), oneLine(h.Reason, 200), oneLine(h.By, 60), h.Made.Format(time.RFC3339))
			}
			if err == nil && len(list) == 0 {
				fmt.Fprintln(stdout, "There is no hold.")
			}
			return err
		}
		if len(args) != 1 {
			return usageError{fmt.Sprintf("%q is one word too many: give one name", args[1])}
		}
		if *reason == "" {
			return usageError{"--reason is missing; it is recorded"}
		}
		list, err := audit.Holds(*dir)
		if err != nil {
			return err
		}
		if has := slices.ContainsFunc(list, func(h audit.Hold) bool { return h.Name == args[0] }); has != *release {
			if has {
				return fmt.Errorf("there is a hold %q already; release it, or name another", args[0])
			}
			return fmt.Errorf("there is no hold %q", args[0])
		}
		h := audit.Hold{Name: args[0], Reason: *reason, Made: time.Now().UTC()}
		if h.From, err = parseTime(*from); err != nil {
			return usageError{"--from: " + err.Error()}
		}
		if h.Until, err = parseTime(*until); err != nil {
			return usageError{"--until: " + err.Error()}
		}
		if u, err := user.Current(); err == nil {
			h.By = u.Username
		}
		data := asked(fs)
		data["hold"], data["reason"] = h.Name, *reason
		if err := review.record(ctx, *dir, audit.ReviewHold, data); err != nil {
			return err
		}
		if *release {
			if err := audit.ReleaseHold(*dir, h.Name); err != nil {
				return err
			}
			fmt.Fprintf(stdout, "Released %s.\n", h.Name)
			return nil
		}
		if err := audit.SetHold(*dir, h); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Nothing from %s until %s is dropped while %s is there.\n", bound(h.From), bound(h.Until), h.Name)
		return nil
	}
}

func bound(t time.Time) string {
	if t.IsZero() {
		return "…"
	}
	return t.UTC().Format(time.RFC3339)
}
