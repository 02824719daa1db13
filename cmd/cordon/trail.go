package main

import (
	"context"
	"log/slog"
	"time"

	"cordon/audit"
)

// tellOfTrail has Cordon's own log say what becomes of the audit log: whoever is refused is told to look there.
func tellOfTrail(ctx context.Context, trail *audit.Log, log *slog.Logger) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	was := audit.Stats{State: audit.StateOK}
	for {
		is := trail.Stats()
		for _, n := range trailNews(was, is) {
			log.LogAttrs(ctx, n.level, n.text, n.attrs...)
		}
		was = is
		if ctx.Err() != nil {
			return
		}
		select {
		case <-ctx.Done(): // there may be something to say of the end
		case <-tick.C:
		}
	}
}

// news is one line of Cordon's log.
type news struct {
	level slog.Level
	text  string
	attrs []slog.Attr
}

// trailNews is what there is to say when the audit log was so and is so.
func trailNews(was, is audit.Stats) []news {
	var list []news
	say := func(level slog.Level, text string, attrs ...slog.Attr) { list = append(list, news{level, text, attrs}) }
	well := func(s audit.State) bool { return s == audit.StateOK || s == audit.StateLow }
	reason := slog.String("reason", is.Reason)
	if was.State != is.State {
		becomes := slog.String("statements", "refused")
		if is.Allow {
			becomes = slog.String("statements", "run unrecorded, by audit.on_failure: allow")
		}
		switch is.State {
		case audit.StateLow:
			say(slog.LevelWarn, "the disk of the audit log is nearly full; make room", reason)
		case audit.StateDraining:
			say(slog.LevelError, "the disk of the audit log is full; it goes on by itself when there is room", becomes, reason)
		case audit.StateBroken:
			say(slog.LevelError, "the audit log cannot be written; it is tried again", becomes, reason)
		case audit.StateFailed:
			say(slog.LevelError, "the audit log has failed; mend the disk or the folder and start Cordon again", becomes, reason)
		case audit.StateOK, audit.StateClosed:
		}
	}
	if well(is.State) && !well(was.State) && was.State != audit.StateClosed {
		say(slog.LevelInfo, "the audit log can be written again", slog.Uint64("refused_since_start", is.Refused), slog.Uint64("unrecorded_since_start", is.Missed))
	}
	for _, e := range []struct{ was, is, text string }{
		{was.SealError, is.SealError, "no checkpoint of the audit log can be signed; it is tried again"},
		{was.KeepError, is.KeepError, "what is old in the audit log cannot be compressed or dropped; it is tried again"},
		{was.WitnessError, is.WitnessError, "a witness does not sign the audit log's checkpoints; it is tried again"},
	} {
		if e.was == "" && e.is != "" {
			say(slog.LevelWarn, e.text, slog.String("reason", e.is))
		}
	}
	return list
}
