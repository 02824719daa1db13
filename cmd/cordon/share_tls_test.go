package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"cordon/config"
	"cordon/internal/pgtest"
	"cordon/share"
)

// waitFor waits until something is so.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(4 * time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not so after four minutes", what)
		}
	}
}

// said is a log that a test looks into.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) has(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), text)
}

// shareCertificates makes an authority, and a certificate that it has signed.
func shareCertificates(t *testing.T) config.ShareTLS {
	t.Helper()
	dir := t.TempDir()
	c := config.ShareTLS{CA: filepath.Join(dir, "ca.crt"), Cert: filepath.Join(dir, "node.crt"), Key: filepath.Join(dir, "node.key")}
	if err := pgtest.WriteCertificates(c.CA, c.Cert, c.Key); err != nil {
		t.Fatal(err)
	}
	return c
}

// shareNode runs a node as the program would by its configuration, with a mirrored file.
func shareNode(t *testing.T, conf config.Share) (n *share.Node, file string, log *said) {
	t.Helper()
	log = &said{}
	secure, err := shareTLS(&conf)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	n, err = share.Open(share.Options{Name: conf.Name, Key: []byte(strings.Repeat("k", 32)), Dir: filepath.Join(dir, "share"), Listen: conf.Listen, Peers: conf.Peers, Servers: conf.Servers, Credentials: conf.Credentials, Replicas: 1, TLS: secure,
		Timeout: 5 * time.Second, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "quarantine.jsonl")
	n.Mirror("quarantine", file, nil)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { n.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait(); n.Close() })
	return n, file, log
}

// together holds two nodes against each other: one claim has one taker, and a line of one comes to the other.
func together(t *testing.T, a, b *share.Node, fromFile, toFile, claim string) {
	t.Helper()
	var first bool
	waitFor(t, "a claim is taken", func() (ok bool) { var err error; first, err = a.Claim(claim); return err == nil })
	waitFor(t, "a claim is refused", func() bool {
		second, err := b.Claim(claim)
		if err == nil && (!first || second) {
			t.Errorf("a claim was taken by one: %v, and by the other: %v", first, second)
		}
		return err == nil
	})
	f, err := os.OpenFile(fromFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, "{\"line\":%q}\n", claim)
	f.Close()
	waitFor(t, "a line has come", func() bool { text, _ := os.ReadFile(toFile); return strings.Contains(string(text), claim) })
}

// Nodes speak by TLS with those whose certificates one authority has signed; another, though it knows the key, is none of them.
func TestNodesOverTLS(t *testing.T) {
	ours, theirs := shareCertificates(t), shareCertificates(t)
	theirs.CA = ours.CA // it trusts them, and they do not know it
	var listen [3]string
	for i := range listen {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listen[i] = l.Addr().String()
		l.Close()
	}
	conf := func(i int, tls config.ShareTLS) config.Share {
		return config.Share{Name: fmt.Sprintf("node-%d", i), Listen: listen[i], Peers: []string{listen[(i+1)%2]}, TLS: tls}
	}
	one, oneFile, log := shareNode(t, conf(0, ours))
	two, twoFile, _ := shareNode(t, conf(1, ours))
	waitFor(t, "both have joined", func() bool { return one.Ready() && two.Ready() })
	together(t, one, two, oneFile, twoFile, "first")
	stranger, _, _ := shareNode(t, config.Share{Name: "node-2", Listen: listen[2], Peers: listen[:1], TLS: theirs})
	waitFor(t, "the stranger is sent away", func() bool { return log.has("TLS route handshake error") })
	together(t, two, one, twoFile, oneFile, "second")
	if stranger.Joined() {
		t.Error("one whose certificate nobody knows has joined")
	}
}

// With a NATS cluster outside, reached by TLS with a certificate, Cordons share what they share; while it is away each knows that it is alone, and when it is back what was taken is taken.
func TestClusterOutside(t *testing.T) {
	certificates := shareCertificates(t)
	secure, err := shareTLS(&config.Share{TLS: certificates})
	if err != nil {
		t.Fatal(err)
	}
	store, port := t.TempDir(), server.RANDOM_PORT
	run := func() *server.Server {
		t.Helper()
		s, err := server.NewServer(&server.Options{ServerName: "outside", Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true, JetStream: true, StoreDir: store, TLS: true, TLSVerify: true, TLSConfig: secure, TLSTimeout: 30})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		if !s.ReadyForConnections(time.Minute) {
			t.Fatal("the server outside does not listen")
		}
		return s
	}
	outside := run()
	defer func() { outside.Shutdown() }()
	at, err := url.Parse(outside.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	port = outside.Addr().(*net.TCPAddr).Port
	conf := func(i int) config.Share {
		return config.Share{Name: fmt.Sprintf("node-%d", i), Servers: []string{"tls://" + at.Host}, TLS: certificates}
	}
	one, oneFile, _ := shareNode(t, conf(0))
	two, twoFile, _ := shareNode(t, conf(1))
	waitFor(t, "both have joined", func() bool { return one.Ready() && two.Ready() })
	together(t, one, two, oneFile, twoFile, "first")
	outside.Shutdown()
	outside.WaitForShutdown()
	waitFor(t, "both know that they are alone", func() bool { return !one.Joined() && !two.Joined() })
	if _, err := one.Claim("alone"); err != share.ErrLost {
		t.Errorf("a claim while nobody is reached: %v", err)
	}
	outside = run()
	waitFor(t, "both have joined again", func() bool { return one.Ready() && two.Ready() })
	waitFor(t, "what was taken is taken", func() bool {
		taken, err := two.Claim("first")
		if taken {
			t.Error("a claim was taken again")
		}
		return err == nil
	})
	together(t, two, one, twoFile, oneFile, "second")
}

// A cluster outside that asks who comes is told by a file of credentials; without it, or with another's, nobody is shared with.
func TestClusterOutsideWithCredentials(t *testing.T) {
	made := func(pair nkeys.KeyPair, err error) (nkeys.KeyPair, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		public, err := pair.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return pair, public
	}
	operator, operatorKey := made(nkeys.CreateOperator())
	accounts := &server.MemAccResolver{}
	account := func(name string) (nkeys.KeyPair, string) {
		t.Helper()
		pair, key := made(nkeys.CreateAccount())
		claims := jwt.NewAccountClaims(key)
		claims.Name = name
		if name != "system" {
			claims.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
		}
		token, err := claims.Encode(operator)
		if err != nil {
			t.Fatal(err)
		}
		if err := accounts.Store(key, token); err != nil {
			t.Fatal(err)
		}
		return pair, key
	}
	_, system := account("system")
	ours, _ := account("cordon")
	stranger, _ := made(nkeys.CreateAccount()) // which the server does not know
	credentials := func(account nkeys.KeyPair) string {
		t.Helper()
		user, key := made(nkeys.CreateUser())
		token, err := jwt.NewUserClaims(key).Encode(account)
		if err != nil {
			t.Fatal(err)
		}
		seed, err := user.Seed()
		if err != nil {
			t.Fatal(err)
		}
		text, err := jwt.FormatUserConfig(token, seed)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "cordon.creds")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	certificates := shareCertificates(t)
	secure, err := shareTLS(&config.Share{TLS: certificates})
	if err != nil {
		t.Fatal(err)
	}
	outside, err := server.NewServer(&server.Options{ServerName: "outside", Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(), TLS: true, TLSConfig: secure, TLSTimeout: 30,
		TrustedKeys: []string{operatorKey}, AccountResolver: accounts, SystemAccount: system})
	if err != nil {
		t.Fatal(err)
	}
	outside.Start()
	defer outside.Shutdown()
	if !outside.ReadyForConnections(time.Minute) {
		t.Fatal("the server outside does not listen")
	}
	at := outside.Addr().(*net.TCPAddr)
	conf := func(i int, credentials string) config.Share {
		return config.Share{Name: fmt.Sprintf("node-%d", i), Servers: []string{fmt.Sprintf("tls://127.0.0.1:%d", at.Port)}, Credentials: credentials, TLS: certificates}
	}
	one, oneFile, _ := shareNode(t, conf(0, credentials(ours)))
	two, twoFile, _ := shareNode(t, conf(1, credentials(ours)))
	nobody, _, _ := shareNode(t, conf(2, ""))
	another, _, _ := shareNode(t, conf(3, credentials(stranger)))
	waitFor(t, "both have joined", func() bool { return one.Ready() && two.Ready() })
	together(t, one, two, oneFile, twoFile, "first")
	for name, n := range map[string]*share.Node{"nobody": nobody, "another": another} {
		if _, err := n.Claim("first"); err != share.ErrLost || n.Joined() {
			t.Errorf("%s: joined %v, %v", name, n.Joined(), err)
		}
	}
}
