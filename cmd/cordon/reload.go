package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"cordon/audit"
	"cordon/config"
	"cordon/policy"
	"cordon/proxy"
)

// keeper keeps the policy in force: it reads it again when its files change, or it is told to.
type keeper struct {
	srv   *proxy.Server
	trail *audit.Log
	conf  *config.Config
	log   *slog.Logger

	text   []byte         // of the policy in force
	rules  *policy.Policy // in force
	known  time.Time      // when the people in force were last known to be those of their files
	failed time.Time      // when reading people failed last; the zero time: they are known
	watch  fileWatch
	leases leaseLog
}

// retryEvery is how often people are read again that could not be read, with nothing that can be seen of a change.
const retryEvery = 30 * time.Second

// tick looks whether something has changed.
func (k *keeper) tick(ctx context.Context, now time.Time) {
	changed := k.watch.changed(k.rules)
	switch {
	case changed, !k.failed.IsZero() && now.Sub(k.failed) >= retryEvery:
		k.reload(ctx, now)
	case k.failed.IsZero():
		k.known = now
	}
	k.leases.follow(k.rules, now)
}

// reload reads the policy again. A policy that has a mistake, or does not fit a database that Cordon knows, changes nothing but the people: those who have left have left, whoever is in the middle of changing a rule.
func (k *keeper) reload(ctx context.Context, now time.Time) {
	text, err := os.ReadFile(k.conf.Policy)
	var rules *policy.Policy
	if err != nil {
		err = fmt.Errorf("read policy: %w", err)
	} else if rules, err = parsePolicy(ctx, k.conf, text); err == nil {
		if problems := k.srv.Check(rules); len(problems) > 0 {
			err = policy.Problems(problems)
		}
	}
	if err == nil {
		for _, w := range rules.Warnings {
			k.log.Warn("policy warning", "where", w.String())
		}
		k.put(text, rules, now)
		k.srv.Metrics.Reloaded(true)
		recordPolicy(k.trail, audit.PolicyLoad, rules, nil)
		keepPolicy(k.trail, k.log, text)
		k.log.Info("policy loaded", "digest", fmt.Sprintf("%x", rules.Digest[:8]))
		return
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		k.log.Error("policy not loaded, the last one stays in force", "mistake", line)
	}
	k.srv.Metrics.Reloaded(false)
	recordPolicy(k.trail, audit.PolicyReject, nil, err)
	if rules, err = parsePolicy(ctx, k.conf, k.text); err == nil {
		k.put(k.text, rules, now)
		return
	}
	k.failed = now
	if rules, err = renewPolicy(ctx, k.conf, k.rules, k.text); err == nil {
		k.rules = rules // those of the directory stay who they are there
	}
	k.rules = k.rules.Unread(k.known)
	k.srv.SetPolicy(k.rules)
}

// put puts a policy in force.
func (k *keeper) put(text []byte, rules *policy.Policy, now time.Time) {
	k.text, k.rules, k.known, k.failed = text, rules, now, time.Time{}
	k.srv.SetPolicy(rules)
}

// keepPolicy keeps the text of the policy in force beside the log. Without it evidence names the policy by its digest alone, which is no reason to stop.
func keepPolicy(trail *audit.Log, log *slog.Logger, text []byte) {
	if err := trail.KeepPolicy(text); err != nil {
		log.Warn("policy not kept beside the audit log", "error", err)
	}
}

// recordPolicy records that a policy is in force, or has been refused.
func recordPolicy(trail *audit.Log, kind audit.EventKind, rules *policy.Policy, err error) {
	data := map[string]any{}
	if rules != nil {
		data["digest"], data["rules"], data["users"] = fmt.Sprintf("%x", rules.Digest), len(rules.Rules), len(rules.Users)
	}
	if err != nil {
		text := err.Error()
		data["mistakes"] = text[:min(len(text), 8000)]
	}
	trail.Event(audit.Event{Kind: kind, Data: data, Durable: true})
}
