package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cordon/config"
	"cordon/directory"
	"cordon/policy"
)

// loadPolicy reads the policy that the configuration names, and the people of its directory as they were read last.
func loadPolicy(ctx context.Context, conf *config.Config) (*policy.Policy, error) {
	data, err := os.ReadFile(conf.Policy)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	return parsePolicy(ctx, conf, data)
}

// parsePolicy is loadPolicy for a text.
func parsePolicy(ctx context.Context, conf *config.Config, data []byte) (*policy.Policy, error) {
	return withDirectory(ctx, conf, func(people *policy.Directory) (*policy.Policy, error) {
		return policy.ParseDirectory(conf.Policy, data, people)
	})
}

// renewPolicy is parsePolicy with the people of the file of users as they were when a policy was parsed.
func renewPolicy(ctx context.Context, conf *config.Config, old *policy.Policy, data []byte) (*policy.Policy, error) {
	return withDirectory(ctx, conf, func(people *policy.Directory) (*policy.Policy, error) {
		return old.Renew(data, people)
	})
}

// withDirectory parses a policy with what the directory held when it was last read; nil when there is none.
func withDirectory(ctx context.Context, conf *config.Config, parse func(*policy.Directory) (*policy.Policy, error)) (*policy.Policy, error) {
	if conf.LDAP == nil {
		return parse(nil)
	}
	people, err := os.ReadFile(conf.LDAP.Cache)
	if errors.Is(err, fs.ErrNotExist) {
		people, err = askDirectory(ctx, conf.LDAP) // nothing serves yet
	}
	if err != nil {
		return nil, fmt.Errorf("read the people of the directory: %w", err)
	}
	p, err := parse(&policy.Directory{Data: people, StaleFor: conf.LDAP.StaleFor})
	if err == nil {
		p.Files = append(p.Files, conf.LDAP.Cache)
	}
	return p, err
}

// askDirectory reads the directory now, and keeps nothing.
func askDirectory(ctx context.Context, conf *config.LDAP) ([]byte, error) {
	people, err := sourceOf(conf).Read(ctx)
	if err != nil {
		return nil, err
	}
	return people.Encode()
}

func sourceOf(conf *config.LDAP) *directory.Source {
	s := &directory.Source{
		URL: conf.URL, StartTLS: conf.StartTLS, CA: conf.CA, BindDN: conf.BindDN, PasswordFile: conf.PasswordFile, Timeout: conf.Timeout,
		Base: conf.Base, Filter: conf.Filter, Name: conf.Name, Disabled: conf.Disabled, Groups: directory.Groups(conf.Groups),
	}
	for _, a := range conf.Attributes {
		s.Attributes = append(s.Attributes, directory.Attribute{Name: a.Name, From: a.From, Type: directory.Type(a.Type)})
	}
	return s
}

// follower reads the directory again and again, into the cache, where whoever watches the policy's files finds it.
type follower struct {
	conf  *config.LDAP
	log   *slog.Logger
	reads *prometheus.CounterVec
	last  prometheus.Gauge
}

func newFollower(conf *config.LDAP, log *slog.Logger) *follower {
	f := &follower{
		conf: conf, log: log,
		reads: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cordon_directory_reads_total", Help: "Times the directory was read, by result."}, []string{"result"}),
		last:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "cordon_directory_last_read_timestamp_seconds", Help: "When the directory was last read with success."}),
	}
	f.reads.WithLabelValues("ok")
	f.reads.WithLabelValues("failed")
	return f
}

// begin reads the directory for the first time. Where it cannot be read, the cache serves; without one there is nobody to go on with.
func (f *follower) begin(ctx context.Context) error {
	err := f.read(ctx)
	if err == nil {
		return nil
	}
	if _, missing := os.Stat(f.conf.Cache); missing != nil {
		return fmt.Errorf("%w, and there is no cache %s", err, f.conf.Cache)
	}
	f.log.Error("directory not read, its people are those of the cache", "error", err)
	return nil
}

// follow reads it until ctx ends, more often while it fails, and at once when asked.
func (f *follower) follow(ctx context.Context, now <-chan struct{}) {
	wait := f.conf.Refresh
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-now:
			timer.Stop()
		case <-timer.C:
		}
		wait = f.conf.Refresh
		if err := f.read(ctx); err != nil && ctx.Err() == nil {
			f.log.Error("directory not read, its people stay as they were", "error", err, "for", f.conf.StaleFor.String())
			wait = max(time.Second, f.conf.Refresh/10)
		}
	}
}

func (f *follower) read(ctx context.Context) error {
	people, err := sourceOf(f.conf).Read(ctx)
	if err == nil {
		err = people.Save(f.conf.Cache)
	}
	if err != nil {
		f.reads.WithLabelValues("failed").Inc()
		return err
	}
	f.reads.WithLabelValues("ok").Inc()
	f.last.Set(float64(people.AsOf.Unix()))
	for _, one := range people.Skipped {
		f.log.Warn("directory warning", "what", one)
	}
	return nil
}
