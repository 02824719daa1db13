package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"cordon/audit"
)

const shipHelp = `Sends statements and events to another program as they are recorded, in the formats of export, until it is ended:

--to https://siem.example/in            a webhook: POST of one JSON object each line; any answer 2xx is a receipt
--to syslog+tls://siem.example:6514     syslog (RFC 5424) over TLS (RFC 5425); --ca names its authority
--to kafka+tls://b1:9093,b2:9093/topic  Kafka: the events of a session in one partition, in their order; --sasl plain,
                                        scram-sha-256 or scram-sha-512 logs in

It reads the log's files, so it holds up no statement. Where it stopped it goes on, also after a crash: what the file
--cursor says was received is not read again, and what may not have been is sent again, under the same number (at least
once). A receiver that is away is waited for. Syslog has no receipts: each batch has a connection of its own, and a receiver that ends it in order
has received it.
`

// shipper sends one log to one receiver.
type shipper struct {
	dir    string
	cursor *os.File
	form   func(*audit.Execution) members
	sink   sink
	stdout io.Writer
	open   map[uint64]*audit.Record // intents whose outcome has not come
	batch  [][]byte
	kinds  []*audit.Record
	bytes  int
	next   uint64 // the record behind the last one read
	saved  uint64 // what the cursor says
}

// sink is a receiver. send returns when it has, or may have, all of a batch.
type sink interface {
	send(ctx context.Context, batch [][]byte, of []*audit.Record) error
	close()
}

// Limits of a batch.
const (
	shipEvents = 500
	shipBytes  = 1 << 20
)

func shipCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	dir := fs.String("dir", "audit", "`folder` of the log (default audit)")
	to := fs.String("to", "", "the receiver's `address`: https://…, syslog+tls://… or kafka+tls://…")
	format := fs.String("format", "ocsf", "`one` of ocsf, ecs, otel")
	cursor := fs.String("cursor", "", "the `file` that says what was received (default beside the log, by receiver)")
	ca := fs.String("ca", "", "trusted certificates, a `file` (default the machine's)")
	header := fs.String("header-file", "", "a webhook's header, as \"Authorization: Bearer …\", in a `file` that nobody else can read")
	sasl := fs.String("sasl", "", "how to log in to Kafka: `one` of plain, scram-sha-256, scram-sha-512")
	login := fs.String("login-file", "", "user:password for --sasl, in a `file` that nobody else can read")
	review := addReview(fs)
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) > 0 || *to == "" {
			return usageError{"give --to"}
		}
		form, err := formatOf(*format)
		if err != nil {
			return err
		}
		target, err := newSink(receiver{to: *to, ca: *ca, header: *header, sasl: *sasl, login: *login})
		if err != nil {
			return err
		}
		defer target.close()
		if *cursor == "" {
			sum := sha256.Sum256([]byte(*to))
			*cursor = fmt.Sprintf("%s.ship-%x", strings.TrimRight(*dir, "/"), sum[:4])
		}
		data := asked(fs)
		if err := review.record(ctx, *dir, audit.ReviewExport, data); err != nil {
			return err
		}
		s := &shipper{dir: *dir, form: form, sink: target, stdout: stdout, open: map[uint64]*audit.Record{}}
		if err := s.begin(*cursor); err != nil {
			return err
		}
		defer s.cursor.Close()
		err = s.run(ctx)
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
}

// begin reads the cursor and holds it, so that no second process sends the same.
func (s *shipper) begin(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return fmt.Errorf("%s is in use by another process", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, 64))
	if err == nil && len(b) > 0 {
		// Fixed width, so that writing it is one write to one block.
		if _, serr := fmt.Sscanf(string(b), "%020d\n", &s.saved); serr != nil || len(b) != 21 {
			err = fmt.Errorf("%s is no cursor; remove it to send the whole log again", path)
		}
	}
	if err != nil {
		f.Close()
		return err
	}
	s.cursor, s.next = f, s.saved
	return nil
}

// run sends until ctx ends.
func (s *shipper) run(ctx context.Context) error {
	first, err := audit.FirstRecord(s.dir)
	if err != nil {
		return err
	}
	if s.saved < first && s.saved > 0 {
		fmt.Fprintf(s.stdout, "Records %d to %d were dropped by retention before they were sent.\n", s.saved, first-1)
	}
	r, err := audit.OpenReader(s.dir, s.saved)
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rec, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			if err := s.flush(ctx); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
			continue
		case err != nil:
			return err
		}
		if err := s.take(rec); err != nil {
			return err
		}
		if len(s.batch) >= shipEvents || s.bytes >= shipBytes {
			if err := s.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// take puts a record into the batch, when it completes something.
func (s *shipper) take(rec *audit.Record) error {
	s.next = rec.Seq + 1
	e := &audit.Execution{Record: rec}
	switch rec.Kind {
	case "stmt.progress", "stmt.form":
		return nil
	case "stmt.intent":
		s.open[rec.Seq] = rec
		return nil
	case "stmt.outcome":
		in := s.open[rec.Of]
		if in == nil {
			return nil // received before
		}
		delete(s.open, rec.Of)
		e.Record, e.Outcome = in, rec
	}
	b, err := json.Marshal(s.form(e))
	if err != nil {
		return err
	}
	s.batch, s.kinds, s.bytes = append(s.batch, b), append(s.kinds, e.Record), s.bytes+len(b)
	return nil
}

// flush sends the batch, again and again until it is received, then moves the cursor.
func (s *shipper) flush(ctx context.Context) error {
	told := false
	say := func(text string, args ...any) {
		fmt.Fprintf(s.stdout, "%s: "+text+"\n", append([]any{time.Now().UTC().Format(time.RFC3339)}, args...)...)
		told = true
	}
	for wait := time.Duration(0); len(s.batch) > 0; wait = min(max(2*wait, 100*time.Millisecond), time.Minute) {
		err := s.sink.send(ctx, s.batch, s.kinds)
		if err == nil {
			if told {
				say("received again")
			}
			s.batch, s.kinds, s.bytes = s.batch[:0], s.kinds[:0], 0
			break
		}
		if wait >= 10*time.Second || !told && wait >= 400*time.Millisecond {
			say("not received, and sent again until it is: %v", err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
	from := s.next
	for seq := range s.open {
		from = min(from, seq)
	}
	if from == s.saved {
		return nil
	}
	if _, err := s.cursor.WriteAt(fmt.Appendf(nil, "%020d\n", from), 0); err != nil {
		return err
	}
	s.saved = from
	return s.cursor.Sync()
}

// receiver is what flags say of one.
type receiver struct{ to, ca, header, sasl, login string }

// newSink makes what an address names.
func newSink(v receiver) (sink, error) {
	brokers, topic, encrypted, isKafka, err := kafkaAddress(v.to)
	if err != nil {
		return nil, err
	}
	switch {
	case !isKafka && (v.sasl != "" || v.login != ""):
		return nil, usageError{"--sasl and --login-file are for Kafka"}
	case v.header != "" && !strings.HasPrefix(v.to, "http"):
		return nil, usageError{"--header-file is for a webhook"}
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if v.ca != "" {
		pem, err := os.ReadFile(v.ca)
		if err != nil {
			return nil, err
		}
		if conf.RootCAs = x509.NewCertPool(); !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM form", v.ca)
		}
	}
	if isKafka {
		mechanism, err := saslMechanism(v.sasl, v.login)
		if err != nil {
			return nil, err
		}
		if !encrypted {
			conf = nil
		}
		return newKafka(brokers, topic, conf, mechanism)
	}
	u, err := url.Parse(v.to)
	if err != nil {
		return nil, usageError{"--to: " + err.Error()}
	}
	conf.ServerName = u.Hostname()
	switch {
	case u.Scheme == "https", u.Scheme == "http" && net.ParseIP(u.Hostname()).IsLoopback():
		w := &webhook{url: v.to, client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: conf, ForceAttemptHTTP2: true}}}
		if v.header != "" {
			text, err := readPrivate(v.header)
			if err != nil {
				return nil, err
			}
			name, value, ok := strings.Cut(text, ":")
			if !ok {
				return nil, fmt.Errorf("%s is no header: it has no colon", v.header)
			}
			w.name, w.value = name, strings.TrimSpace(value)
		}
		return w, nil
	case u.Scheme == "syslog+tls":
		host, err := os.Hostname()
		if err != nil {
			return nil, err
		}
		address := u.Host
		if u.Port() == "" {
			address = net.JoinHostPort(u.Hostname(), "6514")
		}
		return &syslog{address: address, conf: conf, host: printable(host, 255)}, nil
	default:
		return nil, usageError{fmt.Sprintf("--to: %q is none of https://, syslog+tls://, kafka+tls://", v.to)}
	}
}

// readPrivate reads a small file that must be closed to others.
func readPrivate(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s can be read by others (mode %04o); run chmod 600 %s", path, info.Mode().Perm(), path)
	}
	b, err := os.ReadFile(path)
	return strings.TrimSpace(string(b)), err
}

// webhook posts batches.
type webhook struct {
	url, name, value string
	client           *http.Client
}

func (w *webhook) send(ctx context.Context, batch [][]byte, _ []*audit.Record) error {
	body := append(bytes.Join(batch, []byte("\n")), '\n')
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	if w.name != "" {
		req.Header.Set(w.name, w.value)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("the webhook answered %s", resp.Status)
	}
	return nil
}

func (w *webhook) close() { w.client.CloseIdleConnections() }

// syslog writes messages of RFC 5424, each with its length in front (RFC 5425). It has no receipts, so each batch has a connection of its own: that the receiver ends it after ours has ended says that it has read to the end.
type syslog struct {
	address, host string
	conf          *tls.Config
}

func (s *syslog) send(ctx context.Context, batch [][]byte, of []*audit.Record) error {
	var b []byte
	for i, text := range batch {
		severity := 6
		if of[i].Kind == "stmt.blocked" || of[i].Kind == "session.auth_failed" {
			severity = 4
		}
		const facility = 13 // log audit
		m := fmt.Appendf(nil, "<%d>1 %s %s cordon - %s - ", facility*8+severity, of[i].Time.UTC().Format("2006-01-02T15:04:05.000000Z"), s.host, printable(of[i].Kind, 32))
		b = fmt.Appendf(b, "%d ", len(m)+len(text))
		b = append(append(b, m...), text...)
	}
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: s.conf}
	c, err := d.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return err
	}
	defer c.Close()
	conn, ok := c.(*tls.Conn)
	if !ok {
		return errors.New("no TLS connection")
	}
	end := context.AfterFunc(ctx, func() { conn.NetConn().Close() })
	defer end()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := conn.Write(b); err != nil {
		return err
	}
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // many end without TLS's own goodbye
		return fmt.Errorf("the receiver did not read to the end: %w", err)
	}
	return nil
}

func (s *syslog) close() {}

// printable makes a field of a syslog header.
func printable(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '-'
		}
		return r
	}, filepath.Base(s))
	return s[:min(len(s), limit)]
}
