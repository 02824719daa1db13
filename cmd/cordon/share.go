package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"time"

	"cordon/audit"
	"cordon/config"
	"cordon/guard"
	"cordon/policy"
	"cordon/share"
)

// joinWithin is how long a start waits for the other Cordons. Then clients are served with what this one knows, and a fraction of each limit.
const joinWithin = 10 * time.Second

// openShare starts what this Cordon shares with others. come is told when lines of theirs have come.
func openShare(conf *config.Share, kept *state, rules *policy.Policy, trail *audit.Log, log *slog.Logger, come chan<- struct{}) (*share.Node, error) {
	o := share.Options{Name: conf.Name, Dir: conf.Dir, Listen: conf.Listen, Peers: conf.Peers, Advertise: conf.Advertise, Servers: conf.Servers, Credentials: conf.Credentials, Replicas: conf.Replicas, Log: log}
	var err error
	if o.Key, err = config.ShareKey(conf.Key); err != nil {
		return nil, err
	}
	if o.TLS, err = shareTLS(conf); err != nil {
		return nil, err
	}
	o.Notify = func(joined bool, why string) {
		if joined {
			log.Info("the other Cordons are reached")
			kept.windows.Retell()
			trail.Event(audit.Event{Kind: audit.ClusterJoined, Data: map[string]any{"node": conf.Name}})
			return
		}
		log.Error("too few of the other Cordons are reached: a fraction of each limit holds", "alone", fmt.Sprintf("%d%%", conf.Alone), "why", why)
		trail.Event(audit.Event{Kind: audit.ClusterLost, Data: map[string]any{"node": conf.Name, "why": why, "alone": conf.Alone}, Durable: true})
	}
	n, err := share.Open(o)
	if err != nil {
		return nil, err
	}
	fresh := func() {
		select {
		case come <- struct{}{}:
		default: // it is about to look
		}
	}
	n.Mirror("quarantine", quarantineFile(kept.dir), fresh)
	n.Mirror("exports", exportsFile(kept.dir), fresh)
	if rules.GrantsFile != "" {
		n.Mirror("grants", rules.GrantsFile, fresh)
	}
	kept.requests.Claim = n.Claim
	kept.windows.Share(n, n.Derive("subjects"), conf.Lease, conf.Alone)
	return n, nil
}

// tendWindows gives back what is not used of what all count together, until ctx ends.
func tendWindows(ctx context.Context, windows *guard.Windows) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			windows.Tend(now)
		}
	}
}

// awaitShare waits until the others are reached and what they have written is here, or no longer.
func awaitShare(ctx context.Context, n *share.Node, log *slog.Logger) {
	late := time.NewTimer(joinWithin)
	defer late.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !n.Ready() {
		select {
		case <-ctx.Done():
			return
		case <-late.C:
			log.Warn("the other Cordons are not reached yet: serving with what is known here")
			return
		case <-tick.C:
		}
	}
}

// shareTLS is TLS between nodes, where each shows a certificate, or to servers outside.
func shareTLS(conf *config.Share) (*tls.Config, error) {
	if conf.TLS == (config.ShareTLS{}) {
		return nil, nil
	}
	pem, err := os.ReadFile(conf.TLS.CA)
	if err != nil {
		return nil, fmt.Errorf("read the certificates that other nodes' are verified with: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read the certificates that other nodes' are verified with: %s holds no certificate", conf.TLS.CA)
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert}
	if conf.TLS.Cert != "" {
		cert, err := tls.LoadX509KeyPair(conf.TLS.Cert, conf.TLS.Key)
		if err != nil {
			return nil, fmt.Errorf("read the certificate for other nodes: %w", err)
		}
		c.Certificates = []tls.Certificate{cert}
	}
	return c, nil
}
