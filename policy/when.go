package policy

import (
	"net/netip"
	"sync/atomic"
	"time"
)

// When limits a rule to days, hours, client networks, applications and certificates. Parts that are not set hold always.
type When struct {
	Days        [7]bool // by time.Weekday; all false when no days are named: every day
	Hours       []Hours // none: the whole day
	Zone        *time.Location
	From        []netip.Prefix // none: from anywhere
	Application []string       // globs of application_name; none: any
	Certificate []string       // globs of the common name of the client's certificate; none: with or without one

	last atomic.Pointer[whenAnswer] // the latest answer of at, for as long as it holds good
}

// whenAnswer is an answer of When.at that is good from one moment until before another.
type whenAnswer struct {
	since, until time.Time
	holds        bool
	change       time.Time
}

// Hours is a span of the day in minutes since midnight, Start inclusive, End exclusive.
// With End not after Start it runs over midnight, and belongs to the day on which it begins.
type Hours struct{ Start, End int }

// wholeDay is what days without hours mean.
var wholeDay = []Hours{{0, 24 * 60}}

// timed says whether the rule comes and goes with time.
func (w *When) timed() bool { return w.Days != [7]bool{} || len(w.Hours) > 0 }

// here says whether the rule holds for where the session comes from, whatever the time.
func (w *When) here(s Subject) bool {
	return w.from(s.Client) && (len(w.Application) == 0 || anyGlob(w.Application, s.Application)) && (len(w.Certificate) == 0 || s.Certificate != "" && anyGlob(w.Certificate, s.Certificate))
}

func anyGlob(patterns []string, text string) bool {
	for _, p := range patterns {
		if glob(p, text) {
			return true
		}
	}
	return false
}

// from says whether the client's network is one of the rule's. A client without an address, on a Unix socket, is from none.
func (w *When) from(client netip.Addr) bool {
	if len(w.From) == 0 {
		return true
	}
	client = client.Unmap().WithZone("")
	for _, p := range w.From {
		if p.Contains(client) {
			return true
		}
	}
	return false
}

// at says whether the rule holds at a moment, and when that changes next (the zero time: never).
//
// A window is two moments: its first and last minute on the wall clock of the zone. Over a change to or from summer time it is
// shorter or longer than on other days; a minute that the clock skips is the moment that time.Date gives for it.
func (w *When) at(now time.Time) (holds bool, change time.Time) {
	if !w.timed() {
		return true, time.Time{}
	}
	if a := w.last.Load(); a != nil && !now.Before(a.since) && now.Before(a.until) {
		return a.holds, a.change
	}
	holds, change = w.compute(now)
	a := &whenAnswer{since: now, until: change, holds: holds, change: change}
	if change.IsZero() {
		a.until = now.Add(24 * time.Hour) // nothing changes within a week, as far as can be seen from now
	}
	w.last.Store(a)
	return holds, change
}

// compute is at without its memory.
func (w *When) compute(now time.Time) (holds bool, change time.Time) {
	hours := w.Hours
	if len(hours) == 0 {
		hours = wholeDay
	}
	zone := w.Zone
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := now.In(zone).Date()
	moment := func(day, minute int) time.Time { return time.Date(y, m, d+day, 0, minute, 0, 0, zone) }

	// The window that began yesterday may reach into today; the next one begins within eight days.
	type span struct{ start, end time.Time }
	var spans []span
	for day := -1; day <= 8; day++ {
		weekday := time.Date(y, m, d+day, 12, 0, 0, 0, time.UTC).Weekday()
		if w.Days != [7]bool{} && !w.Days[weekday] {
			continue
		}
		for _, h := range hours {
			end := h.End
			if end <= h.Start {
				end += 24 * 60
			}
			if s := (span{moment(day, h.Start), moment(day, end)}); s.start.Before(s.end) {
				spans = append(spans, s)
			}
		}
	}
	inside := func(t time.Time) bool {
		for _, s := range spans {
			if !t.Before(s.start) && t.Before(s.end) {
				return true
			}
		}
		return false
	}
	holds = inside(now)
	horizon := moment(8, 0)
	for _, s := range spans {
		for _, t := range [2]time.Time{s.start, s.end} {
			// Where one window ends as another begins, nothing changes.
			if t.After(now) && !t.After(horizon) && inside(t) != holds && (change.IsZero() || t.Before(change)) {
				change = t
			}
		}
	}
	return holds, change
}
