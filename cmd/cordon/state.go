package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"cordon/audit"
	"cordon/guard"
	"cordon/mark"
	"cordon/policy"
)

// state is the folder of what must survive a restart: what people were given lately. One running Cordon has it for itself.
type state struct {
	dir     string
	lock    *os.File
	windows *guard.Windows
	store   *guard.Store
	log     *slog.Logger

	requests   *guard.Requests
	quarantine *guard.Quarantine
	habits     *guard.Habits
}

// watcher opens what is kept of people, and gives what holds them against the policy.
func (s *state) watcher(p *policy.Policy) (*guard.Watcher, error) {
	var err error
	if s.requests, err = guard.OpenRequests(exportsFile(s.dir), p); err != nil {
		return nil, fmt.Errorf("read the requests for exports: %w", err)
	}
	if s.quarantine, err = guard.OpenQuarantine(quarantineFile(s.dir), p); err != nil {
		return nil, fmt.Errorf("read who is in quarantine: %w", err)
	}
	if s.habits, err = guard.OpenHabits(filepath.Join(s.dir, "habits.json")); err != nil {
		return nil, err
	}
	return &guard.Watcher{Windows: s.windows, Habits: s.habits, Quarantine: s.quarantine}, nil
}

// markKey opens the key of watermarks, and makes it when Cordon starts for the first time: a policy may ask for it at any reload.
func (s *state) markKey() (*mark.Key, error) {
	key, err := mark.OpenKey(filepath.Join(s.dir, "watermark.key"))
	return &key, err
}

// exportsFile is where requests for exports, and the answers, are kept.
func exportsFile(dir string) string { return filepath.Join(dir, "exports.jsonl") }

// follow records what those who approve have answered since.
func (s *state) follow(p *policy.Policy, trail *audit.Log) {
	fresh, err := s.requests.Follow(p)
	if err != nil {
		s.log.Error("answers to export requests cannot be read", "error", err)
	}
	if err := s.requests.Shrink(p, time.Now()); err != nil {
		s.log.Warn("requests for exports that are over cannot be taken out of their file", "error", err)
	}
	if err := s.quarantine.Shrink(p); err != nil {
		s.log.Warn("those who were released cannot be taken out of the file of quarantine", "error", err)
	}
	changed, err := s.quarantine.Follow(p)
	if err != nil {
		s.log.Error("releases from quarantine cannot be read", "error", err)
	}
	for _, e := range changed {
		if e.Do == "quarantine" { // by another Cordon
			trail.Event(audit.Event{Kind: audit.GuardQuarantine, Person: e.Person, Data: map[string]any{"watch": e.Watch, "why": e.Why, "elsewhere": true}, Durable: true})
		}
		if e.Do == "release" {
			trail.Event(audit.Event{Kind: audit.GuardRelease, Person: e.Person, Data: map[string]any{"by": e.By, "reason": e.Reason, "watch": e.Watch}, Durable: true})
		}
	}
	for _, e := range fresh {
		kind := audit.ExportApprove
		switch e.Do {
		case "approve":
		case "deny":
			kind = audit.ExportDeny
		default:
			continue // recorded by the session
		}
		data := map[string]any{"id": e.ID, "by": e.By, "reason": e.Reason}
		if kind == audit.ExportApprove {
			data["rows"], data["uses"], data["until"] = e.Rows, e.Uses, e.Until.Format(time.RFC3339)
		}
		trail.Event(audit.Event{Kind: kind, Person: e.By, Data: data, Durable: true})
	}
}

// saveEvery is how much of the counts a crash can lose.
const saveEvery = time.Second

// habitsEvery is how much of people's habits it can lose.
const habitsEvery = time.Minute

func openState(dir string, log *slog.Logger) (s *state, err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make the folder of state: %w", err)
	}
	s = &state{dir: dir, log: log}
	if s.lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		s.lock.Close()
		return nil, fmt.Errorf("the folder of state %s is in use by another Cordon", dir)
	}
	if s.windows, s.store, err = guard.OpenWindows(filepath.Join(dir, "windows"), 0, time.Now); err != nil {
		s.lock.Close()
		return nil, err
	}
	return s, nil
}

// keep saves what has changed until ctx ends. A failure is told once, and again when it has passed.
func (s *state) keep(ctx context.Context) {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	failing, habits := false, time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := s.store.Save()
		if time.Since(habits) >= habitsEvery {
			habits = time.Now()
			err = errors.Join(err, s.habits.Save())
		}
		switch {
		case err != nil && !failing:
			s.log.Error("what was exported cannot be saved: a restart would forget it", "error", err)
			failing = true
		case err == nil && failing:
			s.log.Info("what was exported is saved again")
			failing = false
		}
	}
}

func (s *state) close() error {
	err := s.store.Close()
	if s.habits != nil {
		err = errors.Join(err, s.habits.Save())
	}
	s.lock.Close()
	return err
}
