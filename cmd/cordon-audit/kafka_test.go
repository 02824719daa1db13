package main

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// fragile makes connections that break at some writes: the broker has done what it was asked, and nobody hears of it.
type fragile struct {
	net.Listener
	writes *atomic.Int64
}

func (l fragile) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &fragileConn{c, l.writes}, nil
}

type fragileConn struct {
	net.Conn
	writes *atomic.Int64
}

func (c *fragileConn) Write(b []byte) (int, error) {
	if c.writes.Add(1)%40 == 0 {
		c.Conn.Close()
		return 0, io.ErrClosedPipe
	}
	return c.Conn.Write(b)
}

// testBrokers is a cluster of Kafka's that can die and come back under the same addresses, with what it has stored.
type testBrokers struct {
	t        *testing.T
	options  []kfake.Opt
	cluster  *kfake.Cluster
	ca       string
	writes   atomic.Int64
	received []*kgo.Record
}

func startBrokers(t *testing.T, options ...kfake.Opt) *testBrokers {
	t.Helper()
	own := httptest.NewTLSServer(nil) // for its certificate
	own.Close()
	folder := t.TempDir()
	b := &testBrokers{t: t, ca: filepath.Join(folder, "ca.pem")}
	if err := os.WriteFile(b.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	listen := func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		for try := 0; err != nil && try < 100; try++ { // its port may still be that of the one before
			time.Sleep(20 * time.Millisecond)
			l, err = net.Listen(network, address)
		}
		if err != nil {
			return nil, err
		}
		return tls.NewListener(fragile{l, &b.writes}, &tls.Config{Certificates: own.TLS.Certificates}), nil
	}
	b.options = append([]kfake.Opt{kfake.NumBrokers(3), kfake.SeedTopics(6, "audit"), kfake.DataDir(filepath.Join(folder, "data")), kfake.SyncWrites(), kfake.ListenFn(listen)}, options...)
	b.start()
	var ports []int
	for _, a := range b.cluster.ListenAddrs() {
		_, port, err := net.SplitHostPort(a)
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, n)
	}
	b.options = append(b.options, kfake.Ports(ports...))
	t.Cleanup(func() { b.cluster.Close() })
	return b
}

func (b *testBrokers) start() {
	b.t.Helper()
	c, err := kfake.NewCluster(b.options...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.cluster = c
}

// read gives got what the topic has got since the last read, and waits for it at most a little.
func (b *testBrokers) read(consumer *kgo.Client, got *received) {
	b.t.Helper()
	for {
		ctx, end := context.WithTimeout(b.t.Context(), 300*time.Millisecond)
		fetches := consumer.PollFetches(ctx)
		end()
		if fetches.NumRecords() == 0 {
			return
		}
		fetches.EachRecord(func(r *kgo.Record) {
			b.received = append(b.received, r)
			if err := got.take(r.Value); err != nil {
				b.t.Error(err)
			}
		})
	}
}

// A cluster over TLS and SCRAM whose brokers break connections, and which dies in the middle and comes back, has every event in the end: each session's in one partition, and first in their order.
func TestShipKafka(t *testing.T) {
	b := startBrokers(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "shipper", "with:colons"))
	login := filepath.Join(t.TempDir(), "kafka.login")
	if err := os.WriteFile(login, []byte("shipper:with:colons\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	to := receiver{to: "kafka+tls://" + strings.Join(b.cluster.ListenAddrs(), ",") + "/audit", ca: b.ca, sasl: "scram-sha-512", login: login}
	mechanism, err := saslMechanism(to.sasl, to.login)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := kgo.NewClient(kgo.SeedBrokers(b.cluster.ListenAddrs()...), kgo.DialTLSConfig(&tls.Config{InsecureSkipVerify: true}), kgo.SASL(mechanism), kgo.ConsumeTopics("audit"), kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	got := &received{seqs: map[uint64]int{}}
	deaths := 0
	shipUntil(t, writeLog(t, 1500), to, got, func(try int) {
		if try < 8 && try%3 == 1 {
			b.cluster.Close()
			b.start()
			deaths++
		}
		b.read(consumer, got)
	})
	partition, last := map[string]int32{}, map[string]uint64{}
	seen := map[uint64]bool{}
	for _, r := range b.received {
		key := string(r.Key)
		if p, ok := partition[key]; ok && p != r.Partition {
			t.Fatalf("events of %s are in partitions %d and %d", key, p, r.Partition)
		}
		partition[key] = r.Partition
		if len(r.Headers) != 2 || r.Headers[0].Key != "seq" || r.Headers[1].Key != "kind" {
			t.Fatalf("headers %v", r.Headers)
		}
		seq, err := strconv.ParseUint(string(r.Headers[0].Value), 10, 64)
		if err != nil || !strings.Contains(string(r.Value), `"sequence":`+strconv.FormatUint(seq, 10)+`,`) {
			t.Fatalf("header %s of %s", r.Headers[0].Value, r.Value)
		}
		if !seen[seq] && seq < last[key] && key != "while" { // statements come when they have ended, and those of this session end in another order
			t.Errorf("%s: record %d came after %d", key, seq, last[key])
		}
		seen[seq], last[key] = true, max(last[key], seq)
	}
	if len(partition) < 10 || deaths == 0 || b.writes.Load() < 40 {
		t.Errorf("%d keys, %d deaths, %d writes: the test does not test", len(partition), deaths, b.writes.Load())
	}
}

// A cluster that does not let the shipper in, or has not the topic, has nothing, and its reason is told, as far as it says one; so is a certificate of somebody else.
func TestShipKafkaRefused(t *testing.T) {
	b := startBrokers(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "shipper", "secret"))
	login := filepath.Join(t.TempDir(), "kafka.login")
	seeds := "kafka+tls://" + strings.Join(b.cluster.ListenAddrs(), ",")
	for _, c := range []struct {
		to       receiver
		password string
		want     string
	}{
		{receiver{to: seeds + "/audit", ca: b.ca, sasl: "plain", login: login}, "wrong", ""},
		{receiver{to: seeds + "/audit", ca: b.ca, sasl: "scram-sha-256", login: login}, "secret", ""},
		{receiver{to: seeds + "/nothere", ca: b.ca, sasl: "plain", login: login}, "secret", "UNKNOWN_TOPIC_OR_PARTITION"},
		{receiver{to: seeds + "/audit", sasl: "plain", login: login}, "secret", "certificate"},
	} {
		if err := os.WriteFile(login, []byte("shipper:"+c.password), 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := newSink(c.to)
		if err != nil {
			t.Fatal(err)
		}
		if c.want != "UNKNOWN_TOPIC_OR_PARTITION" { // these break the connection again and again
			k.(*kafka).timeout = time.Second
		}
		for try := 0; ; try++ {
			err = k.send(t.Context(), [][]byte{[]byte("{}")}, recordsOf(1))
			if err != nil && strings.Contains(err.Error(), c.want) {
				break
			}
			if err == nil || try == 5 { // a connection that breaks is a reason too
				t.Errorf("%s: %v", c.want, err)
				break
			}
		}
		k.close()
		if err != nil && strings.Contains(err.Error(), c.password) {
			t.Errorf("the password is told: %v", err)
		}
	}
}

// What is no address, or would send in clear, is said before anything is read.
func TestReceiverAddresses(t *testing.T) {
	open := filepath.Join(t.TempDir(), "open")
	private := filepath.Join(t.TempDir(), "private")
	for path, mode := range map[string]os.FileMode{open: 0o644, private: 0o600} {
		if err := os.WriteFile(path, []byte("shipper"), mode); err != nil {
			t.Fatal(err)
		}
	}
	const hint = ": write kafka+tls://broker:9093,broker2:9093/topic"
	for _, c := range []struct {
		to   receiver
		want string
	}{
		{receiver{to: "kafka+tls://b1:9093,b2/audit"}, ""},
		{receiver{to: "kafka+tls://[::1]:9093,[::2]/audit"}, ""},
		{receiver{to: "kafka://127.0.0.1:9092/audit"}, ""},
		{receiver{to: "kafka://b1:9092/audit"}, "--to: without TLS only a broker on this machine's own address, as 127.0.0.1, is spoken to" + hint},
		{receiver{to: "kafka+tls://b1:9093"}, "--to: it names no topic" + hint},
		{receiver{to: "kafka+tls://b1:9093/a/b"}, "--to: it names no topic" + hint},
		{receiver{to: "kafka+tls://b1:0/a"}, `--to: "b1:0" is no broker` + hint},
		{receiver{to: "kafka+tls://,/a"}, `--to: "" is no broker` + hint},
		{receiver{to: "kafka+tls://me:secret@b1/a"}, "--to: it holds a user; give --sasl and --login-file" + hint},
		{receiver{to: "kafka+tls://b1/a", sasl: "plain"}, "--sasl and --login-file go together"},
		{receiver{to: "kafka+tls://b1/a", sasl: "plain", login: open}, open + " can be read by others (mode 0644); run chmod 600 " + open},
		{receiver{to: "kafka+tls://b1/a", sasl: "plain", login: private}, private + " must hold user:password"},
		{receiver{to: "kafka+tls://b1/a", header: private}, "--header-file is for a webhook"},
		{receiver{to: "https://siem/in", sasl: "plain", login: private}, "--sasl and --login-file are for Kafka"},
		{receiver{to: "http://siem/in"}, `--to: "http://siem/in" is none of https://, syslog+tls://, kafka+tls://`},
	} {
		s, err := newSink(c.to)
		if err == nil {
			s.close()
		}
		if got := errText(err); got != c.want {
			t.Errorf("%s: %q, want %q", c.to.to, got, c.want)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
