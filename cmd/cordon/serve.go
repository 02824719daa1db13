package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cordon/admin"
	"cordon/alert"
	"cordon/audit"
	"cordon/config"
	"cordon/guard"
	"cordon/proxy"
	"cordon/share"
)

// runServe is `cordon serve`: it relays clients until it is told to end.
func runServe(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("cordon serve", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(stderr, `usage: cordon serve [--config cordon.yaml]

Relays clients to the database server.

  --config file  the configuration (default cordon.yaml)

Signals: SIGHUP reads the policy and the directory again; a mistake in it changes nothing, and is told in the log. SIGTERM or an interrupt ends: no new clients, open
transactions may end until limits.drain_timeout, then all sessions are ended and the audit log is closed. A second one ends at once.
`)
	}
	path := fs.String("config", "cordon.yaml", "")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if fs.NArg() > 0 {
		fmt.Fprintf(stderr, "cordon: error: serve takes no arguments, but was given %q\n", fs.Arg(0))
		return 2
	}
	if err := serve(ctx, *path, stderr); err != nil {
		fmt.Fprintf(stderr, "cordon: error: %v\n", err)
		return 1
	}
	return 0
}

// serve does it: first everything that can be wrong, then the listeners, then the sessions.
func serve(ctx context.Context, path string, stderr io.Writer) (err error) {
	again := make(chan os.Signal, 1)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)

	log := slog.New(slog.NewTextHandler(stderr, nil))
	conf, err := config.Load(path)
	if err != nil {
		return err
	}
	var people *follower
	if conf.LDAP != nil {
		people = newFollower(conf.LDAP, log)
		if err := people.begin(ctx); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(conf.Policy)
	if err != nil {
		return fmt.Errorf("read policy: %w", err)
	}
	rules, err := parsePolicy(ctx, conf, text)
	if err != nil {
		return err
	}
	for _, w := range rules.Warnings {
		log.Warn("policy warning", "where", w.String())
	}
	srv, err := newServer(conf, log)
	if err != nil {
		return err
	}
	kept, err := openState(conf.State.Dir, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.close()) }()
	srv.Guard.Windows = kept.windows
	if srv.Watcher, err = kept.watcher(rules); err != nil {
		return err
	}
	srv.Requests = kept.requests
	if srv.Mark, err = kept.markKey(); err != nil {
		return err
	}
	var clients []net.Listener
	if conf.Listen != "" {
		l, err := net.Listen("tcp", conf.Listen)
		if err != nil {
			return fmt.Errorf("listen for clients: %w", err)
		}
		defer l.Close()
		clients = append(clients, l)
	}
	if conf.Socket != "" {
		l, err := proxy.ListenUnix(conf.Socket)
		if err != nil {
			return fmt.Errorf("listen for clients: %w", err)
		}
		defer l.Close()
		clients = append(clients, l)
	}
	var adminListener net.Listener
	if conf.Admin.Listen != "" {
		if adminListener, err = admin.Listen(ctx, conf.Admin.Listen); err != nil {
			return err
		}
		defer adminListener.Close()
	}
	version, revision := build()
	trail, err := openAudit(ctx, conf, version)
	if err != nil {
		return err
	}
	srv.Audit = trail
	keep := &keeper{srv: srv, trail: trail, conf: conf, log: log, leases: leaseLog{trail: trail}}
	keep.put(text, rules, time.Now())
	trail.Event(audit.Event{Kind: audit.ServerStart, Data: map[string]any{"version": version, "revision": revision, "config": conf.Path}, Durable: true})
	recordPolicy(trail, audit.PolicyLoad, rules, nil)
	keepPolicy(trail, log, text)

	var helpers sync.WaitGroup
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	helpers.Go(func() { tellOfTrail(inner, trail, log) })
	come := make(chan struct{}, 1)
	var others *share.Node
	if conf.Share != nil {
		if others, err = openShare(conf.Share, kept, rules, trail, log, come); err != nil {
			cancel()
			return err
		}
		defer others.Close()
		helpers.Go(func() { others.Run(inner) })
		helpers.Go(func() { tendWindows(inner, kept.windows) })
		awaitShare(ctx, others, log)
		kept.follow(rules, trail)
	}
	if adminListener != nil {
		registry := prometheus.NewRegistry()
		if others != nil {
			registry.MustRegister(others)
		}
		registry.MustRegister(srv.Metrics, newAuditMetrics(trail))
		if people != nil {
			registry.MustRegister(people.reads, people.last)
		}
		helpers.Go(func() {
			err := admin.Serve(inner, adminListener, admin.Options{Registry: registry, Ready: srv.Ready, Build: admin.Build{Version: version, Revision: revision, GoVersion: runtime.Version()}})
			if err != nil {
				log.Error("admin ended", "error", err)
			}
		})
	}
	askAgain := make(chan struct{}, 1)
	if people != nil {
		helpers.Go(func() { people.follow(inner, askAgain) })
	}
	helpers.Go(func() { kept.keep(inner) })
	if a := conf.Alerts; a != nil {
		sender, err := alert.Open(alert.Options{URL: a.Webhook, Template: alert.Template(a.Template), PerMinute: a.PerMinute, Spool: filepath.Join(conf.State.Dir, "alerts.jsonl"), Log: log})
		if err != nil {
			cancel()
			helpers.Wait()
			return err
		}
		defer sender.Close()
		srv.Alert = func(f proxy.Alert) { sender.Send(alert.Message(f)) }
		helpers.Go(func() { sender.Run(inner) })
	}
	helpers.Go(func() {
		keep.leases.follow(rules, time.Now())
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-inner.Done():
				return
			case <-hangup:
				keep.reload(inner, time.Now())
				select {
				case askAgain <- struct{}{}:
				default: // it is about to be asked
				}
			case <-tick.C:
			case <-come:
			}
			keep.tick(inner, time.Now())
			kept.follow(keep.rules, trail)
		}
	})
	helpers.Go(func() {
		select {
		case <-inner.Done():
			return
		case <-ctx.Done():
		}
		// The first signal has ended ctx, and no longer kills: the second ends what the first has left.
		signal.Notify(again, os.Interrupt, syscall.SIGTERM)
		defer signal.Stop(again)
		log.Info("ending", "transactions_may_end_within", conf.Limits.DrainTimeout.String())
		select {
		case <-inner.Done():
		case <-again:
			srv.Abort()
		}
	})
	log.Info("serving", "listen", addresses(clients), "upstream", conf.Upstream.Address(), "version", version)
	err = srv.Serve(ctx, clients...)
	cancel()
	helpers.Wait()
	trail.Event(audit.Event{Kind: audit.ServerStop})
	closing, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer stop()
	if closeErr := trail.Close(closing); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("close the audit log: %w", closeErr))
	}
	log.Info("ended")
	return err
}

// newServer is the proxy that the configuration describes, without policy and audit log.
func newServer(conf *config.Config, log *slog.Logger) (*proxy.Server, error) {
	srv := &proxy.Server{
		Upstream: proxy.Upstream{Address: conf.Upstream.Address()},
		Limits: proxy.Limits{
			MessageBytes: int(conf.Limits.MessageBytes), StatementBytes: int(conf.Limits.StatementBytes), StatementDepth: conf.Limits.StatementDepth, PlanCache: conf.Limits.PlanCache, Startup: conf.Limits.StartupTimeout, Connect: conf.Limits.ConnectTimeout,
			Sessions: conf.Limits.Connections, Drain: conf.Limits.DrainTimeout, Write: conf.Limits.WriteTimeout, Prepared: conf.Limits.PreparedStatements, Pending: conf.Limits.PendingReplies, Held: conf.Limits.HeldBytes,
		},
		Guard:   &guard.Guard{Windows: guard.NewWindows(0), Ceiling: guard.NewCeiling(conf.Limits.HeldTotalBytes)},
		Metrics: proxy.NewMetrics(),
		Log:     log,
	}
	switch conf.TLS.Mode {
	case config.TLSOff:
	case config.TLSAllow:
		srv.TLS.Mode = proxy.TLSAllow
	case config.TLSRequire:
		srv.TLS.Mode = proxy.TLSAlways
	}
	if srv.TLS.Mode != proxy.TLSOff {
		cert, err := tls.LoadX509KeyPair(conf.TLS.Cert, conf.TLS.Key)
		if err != nil {
			return nil, fmt.Errorf("read the certificate for clients: %w", err)
		}
		srv.TLS.Config = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"postgresql"}}
		if conf.TLS.ClientCA != "" {
			pem, err := os.ReadFile(conf.TLS.ClientCA)
			if err != nil {
				return nil, fmt.Errorf("read the authorities of clients' certificates: %w", err)
			}
			srv.TLS.Config.ClientAuth, srv.TLS.Config.ClientCAs = tls.VerifyClientCertIfGiven, x509.NewCertPool()
			if !srv.TLS.Config.ClientCAs.AppendCertsFromPEM(pem) {
				return nil, fmt.Errorf("read the authorities of clients' certificates: %s holds no certificate", conf.TLS.ClientCA)
			}
		}
	}
	base := &tls.Config{ServerName: conf.Upstream.Host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}
	switch conf.UpstreamTLS.CA {
	case "":
	case "system":
	default:
		pem, err := os.ReadFile(conf.UpstreamTLS.CA)
		if err != nil {
			return nil, fmt.Errorf("read the root certificate of the server: %w", err)
		}
		base.RootCAs = x509.NewCertPool()
		if !base.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read the root certificate of the server: %s holds no certificate", conf.UpstreamTLS.CA)
		}
	}
	srv.Upstream.TLS = base
	switch conf.UpstreamTLS.Mode {
	case config.ServerDisable:
		srv.Upstream.Mode = proxy.TLSDisable
	case config.ServerPrefer:
		srv.Upstream.Mode = proxy.TLSPrefer
	case config.ServerRequire:
		srv.Upstream.Mode = proxy.TLSRequire
	case config.ServerVerifyCA:
		srv.Upstream.Mode, srv.Upstream.TLS = proxy.TLSVerifyCA, proxy.VerifyChain(base)
	case config.ServerVerifyFull:
		full := base.Clone()
		full.InsecureSkipVerify = false
		srv.Upstream.Mode, srv.Upstream.TLS = proxy.TLSVerifyFull, full
	default:
		return nil, fmt.Errorf("upstream_tls.mode %q is not one that Cordon knows", conf.UpstreamTLS.Mode)
	}
	return srv, nil
}

// openAudit opens the audit log that the configuration names.
func openAudit(ctx context.Context, conf *config.Config, version string) (*audit.Log, error) {
	fsync, err := audit.ParseFsync(string(conf.Audit.Fsync))
	if err != nil {
		return nil, err
	}
	onFailure, err := audit.ParseOnFailure(conf.Audit.OnFailure)
	if err != nil {
		return nil, err
	}
	var witnesses []audit.WitnessTarget
	for _, w := range conf.Audit.Witnesses {
		key, err := audit.ReadWitnessVerifier(w.Key)
		if err != nil {
			return nil, fmt.Errorf("the key of the witness %s: %w", w.URL, err)
		}
		witnesses = append(witnesses, audit.WitnessTarget{URL: w.URL, Key: key})
	}
	const day = 24 * time.Hour
	keep := audit.Retention{PackAfter: conf.Audit.PackAfter, Texts: time.Duration(conf.Audit.TextsDays) * day, Records: time.Duration(conf.Audit.RecordsDays) * day, Less: conf.Audit.KeepLess}
	return audit.Open(ctx, audit.Options{Dir: conf.Audit.Dir, KeyFile: conf.Audit.Key, Fsync: fsync, Interval: conf.Audit.Interval, OnFailure: onFailure, Version: version, Retention: keep, Witnesses: witnesses})
}

// addresses are where listeners listen.
func addresses(listeners []net.Listener) string {
	var list []string
	for _, l := range listeners {
		list = append(list, l.Addr().String())
	}
	return strings.Join(list, " ")
}
