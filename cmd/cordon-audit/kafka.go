package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"cordon/audit"
)

// kafkaTimeout bounds one attempt to deliver a batch, so that a cluster that is away is complained of, and the end of the program is not held up.
const kafkaTimeout = 30 * time.Second

// kafka produces to one topic of a cluster: idempotent, and received when all replicas in sync have it. Events of one session have one key, its id, so they stay in one partition and in their order; those of no session have the key "log".
type kafka struct {
	client  *kgo.Client
	topic   string
	timeout time.Duration
}

// kafkaAddress takes apart kafka+tls://broker:9093,broker:9093/topic; ok is false when it is no address of Kafka's.
func kafkaAddress(to string) (brokers []string, topic string, encrypted, ok bool, err error) {
	scheme, rest, _ := strings.Cut(to, "://")
	if scheme != "kafka" && scheme != "kafka+tls" {
		return nil, "", false, false, nil
	}
	encrypted = scheme == "kafka+tls"
	hosts, topic, _ := strings.Cut(rest, "/")
	bad := func(why string) ([]string, string, bool, bool, error) {
		return nil, "", encrypted, true, usageError{fmt.Sprintf("--to: %s: write kafka+tls://broker:9093,broker2:9093/topic", why)}
	}
	if topic == "" || strings.ContainsAny(topic, "/?#") {
		return bad("it names no topic")
	}
	port := "9092"
	if encrypted {
		port = "9093"
	}
	for host := range strings.SplitSeq(hosts, ",") {
		if strings.Contains(host, "@") {
			return bad("it holds a user; give --sasl and --login-file")
		}
		address := host
		if _, _, err := net.SplitHostPort(host); err != nil {
			address = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		name, number, err := net.SplitHostPort(address)
		if n, nerr := strconv.ParseUint(number, 10, 16); err != nil || nerr != nil || n == 0 || name == "" {
			return bad(fmt.Sprintf("%q is no broker", host))
		}
		if !encrypted && !net.ParseIP(name).IsLoopback() {
			return bad("without TLS only a broker on this machine's own address, as 127.0.0.1, is spoken to")
		}
		brokers = append(brokers, address)
	}
	return brokers, topic, encrypted, true, nil
}

// newKafka makes the sink; it connects when there is something to send.
func newKafka(brokers []string, topic string, conf *tls.Config, mechanism sasl.Mechanism) (*kafka, error) {
	options := []kgo.Opt{
		kgo.SeedBrokers(brokers...), kgo.DefaultProduceTopic(topic), kgo.ClientID("cordon-audit"),
		kgo.RequiredAcks(kgo.AllISRAcks()),                   // what one broker alone has is lost with it
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)), // as Kafka's own clients place keys
		// What may or may not have arrived in time is sent again: twice rather than never.
		kgo.AllowIdempotentProduceCancellation(),
		kgo.UnknownTopicRetries(2), // a topic that is not there is told, and asked for again with the next attempt
		kgo.MetadataMinAge(time.Second), kgo.MaxBufferedRecords(shipEvents),
	}
	if conf != nil {
		options = append(options, kgo.DialTLSConfig(conf))
	} else {
		// Brokers say where the others are: what is not encrypted must not be led off the machine.
		options = append(options, kgo.Dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
			if host, _, err := net.SplitHostPort(address); err != nil || !net.ParseIP(host).IsLoopback() {
				return nil, fmt.Errorf("the cluster names the broker %s, which is not on this machine: use kafka+tls://", address)
			}
			return (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, network, address)
		}))
	}
	if mechanism != nil {
		options = append(options, kgo.SASL(mechanism))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	return &kafka{client: client, topic: topic, timeout: kafkaTimeout}, nil
}

// saslMechanism reads user and password from a file that nobody else can read.
func saslMechanism(name, file string) (sasl.Mechanism, error) {
	if name == "" && file == "" {
		return nil, nil
	}
	if name == "" || file == "" {
		return nil, usageError{"--sasl and --login-file go together"}
	}
	text, err := readPrivate(file)
	if err != nil {
		return nil, err
	}
	user, password, ok := strings.Cut(text, ":")
	if !ok || user == "" || password == "" {
		return nil, fmt.Errorf("%s must hold user:password", file)
	}
	switch name {
	case "plain":
		return plain.Auth{User: user, Pass: password}.AsMechanism(), nil
	case "scram-sha-256":
		return scram.Auth{User: user, Pass: password}.AsSha256Mechanism(), nil
	case "scram-sha-512":
		return scram.Auth{User: user, Pass: password}.AsSha512Mechanism(), nil
	default:
		return nil, usageError{fmt.Sprintf("--sasl: %q is none of plain, scram-sha-256, scram-sha-512", name)}
	}
}

func (k *kafka) send(ctx context.Context, batch [][]byte, of []*audit.Record) error {
	records := make([]*kgo.Record, len(batch))
	for i, text := range batch {
		key := of[i].Session
		if key == "" {
			key = "log"
		}
		records[i] = &kgo.Record{
			Key: []byte(key), Value: text, Timestamp: of[i].Time,
			Headers: []kgo.RecordHeader{{Key: "seq", Value: strconv.AppendUint(nil, of[i].Seq, 10)}, {Key: "kind", Value: []byte(of[i].Kind)}},
		}
	}
	try, end := context.WithTimeout(ctx, k.timeout)
	defer end()
	err := k.client.ProduceSync(try, records...).FirstErr()
	if err == nil || ctx.Err() != nil {
		return err
	}
	// That it took too long says nothing of why.
	ask, done := context.WithTimeout(ctx, 5*time.Second)
	defer done()
	if perr := k.client.Ping(ask); perr != nil {
		err = errors.Join(err, perr)
	}
	return fmt.Errorf("topic %s: %w", k.topic, err)
}

func (k *kafka) close() { k.client.Close() }
