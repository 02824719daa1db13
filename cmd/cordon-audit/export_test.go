package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cordon/audit"
)

func exported(t *testing.T, dir, format string) (list []map[string]any) {
	t.Helper()
	var out, bad bytes.Buffer
	if code := run([]string{"export", "--dir", dir, "--format", format}, &out, &bad); code != exitOK {
		t.Fatal(bad.String())
	}
	if strings.Contains(out.String(), "secret") {
		t.Errorf("a literal was exported: %s", out.String())
	}
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

// A statement is exported as its form, with who, what and what became of it.
func TestExport(t *testing.T) {
	dir := reportLog(t)
	find := func(format, text string) map[string]any {
		for _, v := range exported(t, dir, format) {
			if b, _ := json.Marshal(v); strings.Contains(string(b), text) {
				delete(v, "unmapped") // holds the leaf, which holds random keys
				delete(v, "cordon")
				if e, ok := v["event"].(map[string]any); ok {
					delete(e, "hash")
				}
				if a, ok := v["attributes"].([]any); ok {
					v["attributes"] = a[:len(a)-1]
				}
				return v
			}
		}
		t.Fatalf("%s has no %s", format, text)
		return nil
	}
	for _, c := range []struct{ format, text, want string }{
		{"ocsf", "5000", `{"action_id":4,"activity_id":1,"actor":{"app_name":"=cmd|' /C calc'!A0 \u003cb\u003e","session":{"uid":"s1"},"user":{"name":"crm"}},"category_uid":6,"class_uid":6005,"disposition_id":11,"enrichments":[{"data":{"known_by":"setting"},"name":"end_user","value":"bob"}],"firewall_rule":{"name":"monthly statistics"},"is_alert":false,"message":"COPY public.customers by bob: ok","metadata":{"event_code":"stmt.intent","log_name":"audit","original_time":"2026-11-02T09:32:00Z","product":{"name":"Cordon","vendor_name":"Cordon"},"profiles":["security_control"],"sequence":6,"uid":"6","version":"1.8.0"},"query_info":{"query_string":"COPY customers TO STDOUT","uid":"6"},"severity_id":1,"src_endpoint":{"ip":"10.0.0.9","port":4000},"status_id":1,"table":{"name":"public.customers"},"time":1793611920000,"type_id":3,"type_uid":600501}`},
		{"ecs", "public.customers by bob", `{"@timestamp":"2026-11-02T09:32:00Z","client":{"address":"10.0.0.9","ip":"10.0.0.9","port":4000},"ecs":{"version":"9.0.0"},"event":{"action":"stmt.intent","category":["database"],"dataset":"cordon.audit","duration":0,"end":"2026-11-02T09:30:00Z","id":"6","kind":"event","module":"cordon","outcome":"success","sequence":6,"type":["access"]},"labels":{"application_name":"=cmd|' /C calc'!A0 \u003cb\u003e"},"message":"COPY public.customers by bob: ok","observer":{"product":"Cordon","type":"proxy"},"rule":{"name":"monthly statistics"},"user":{"effective":{"name":"crm"},"name":"bob"}}`},
		{"otel", "5000", `{"attributes":[{"key":"db.system.name","value":{"stringValue":"postgresql"}},{"key":"db.operation.name","value":{"stringValue":"COPY"}},{"key":"db.query.text","value":{"stringValue":"COPY customers TO STDOUT"}},{"key":"db.collection.name","value":{"stringValue":"public.customers"}},{"key":"cordon.decision","value":{"stringValue":"rewrite"}},{"key":"cordon.rules","value":{"stringValue":"monthly statistics"}},{"key":"db.response.returned_rows","value":{"intValue":"5000"}},{"key":"cordon.duration_us","value":{"intValue":"0"}},{"key":"cordon.end","value":{"stringValue":"done"}},{"key":"user.name","value":{"stringValue":"crm"}},{"key":"enduser.id","value":{"stringValue":"bob"}},{"key":"session.id","value":{"stringValue":"s1"}},{"key":"client.address","value":{"stringValue":"10.0.0.9"}},{"key":"client.port","value":{"intValue":"4000"}},{"key":"cordon.seq","value":{"intValue":"6"}}],"body":{"stringValue":"COPY public.customers by bob: ok"},"eventName":"cordon.stmt.intent","severityNumber":9,"severityText":"INFO","timeUnixNano":"1793611920000000000"}`},
	} {
		b, err := json.Marshal(find(c.format, c.text))
		if err != nil {
			t.Fatal(err)
		}
		if string(b) != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.format, b, c.want)
		}
	}
}

// received is what a receiver has, by the number of the record.
type received struct {
	mu   sync.Mutex
	seqs map[uint64]int
}

func (r *received) take(line []byte) error {
	var v struct {
		Metadata struct{ Sequence uint64 }
		Unmapped struct{ Cordon struct{ End string } }
	}
	if err := json.Unmarshal(line, &v); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seqs[v.Metadata.Sequence]++
	return nil
}

// whole reports whether every number is there.
func (r *received) whole(all map[uint64]bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for seq := range all {
		if r.seqs[seq] == 0 {
			return false
		}
	}
	return true
}

// shipUntil ships a log to an address, ended at random moments and begun again, until all of it was received, while the log goes on.
func shipUntil(t *testing.T, dir string, to receiver, got *received, between func(try int)) {
	t.Helper()
	log, err := audit.Open(context.Background(), audit.Options{Dir: dir, KeyFile: dir + ".key"})
	if err != nil {
		t.Fatal(err)
	}
	s := audit.NewSession(audit.SessionInfo{ID: "while", Login: "crm"})
	slow, err := log.Intent(&audit.Intent{Session: s, Number: 1, Person: "slow"}) // ends last: what is shipped meanwhile must not make the cursor leave it out
	if err != nil {
		t.Fatal(err)
	}
	ship := func(d time.Duration) {
		target, err := newSink(to)
		if err != nil {
			t.Fatal(err)
		}
		defer target.close()
		sh := &shipper{dir: dir, form: ocsf, sink: target, stdout: io.Discard, open: map[uint64]*audit.Record{}}
		if err := sh.begin(dir + ".cursor"); err != nil {
			t.Fatal(err)
		}
		defer sh.cursor.Close()
		ctx, cancel := context.WithTimeout(context.Background(), d)
		defer cancel()
		if err := sh.run(ctx); err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
	}
	for i := range 8 {
		ref, err := log.Intent(&audit.Intent{Session: s, Number: uint64(i + 2), Person: "other"})
		if err != nil {
			t.Fatal(err)
		}
		ship(time.Duration(rand.IntN(60)) * time.Millisecond)
		log.Outcome(ref, audit.Outcome{End: audit.Done})
	}
	log.Outcome(slow, audit.Outcome{End: audit.Done})
	if err := log.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	all := map[uint64]bool{}
	if err := audit.Search(context.Background(), dir, audit.Filter{}, func(e *audit.Execution) error { all[e.Record.Seq] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	for try := 0; !got.whole(all); try++ {
		if try == 100 {
			t.Fatalf("%d of %d received", len(got.seqs), len(all))
		}
		ship(time.Duration(500+50*try) * time.Millisecond)
		between(try)
	}
	cursor, err := os.ReadFile(dir + ".cursor")
	if err != nil || len(cursor) != 21 {
		t.Errorf("%q %v", cursor, err)
	}
}

// A webhook that fails now and then, after it has taken a batch or before, has every event in the end.
func TestShipWebhook(t *testing.T) {
	got := &received{seqs: map[uint64]int{}}
	var mu sync.Mutex
	calls := 0
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		calls++
		n := calls
		mu.Unlock()
		if n%4 == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the sender was ended in the middle
		}
		for _, line := range bytes.Split(bytes.TrimSpace(body), []byte("\n")) {
			if err := got.take(line); err != nil {
				t.Error(err)
			}
		}
		if n%4 == 2 {
			panic(http.ErrAbortHandler) // it has them, and nobody knows
		}
	}))
	defer srv.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	shipUntil(t, writeLog(t, 1500), receiver{to: srv.URL, ca: ca}, got, func(int) {})
}

// Messages of syslog have their length in front and the header of RFC 5424. A receiver that dies in the middle gets the batch again.
func TestShipSyslog(t *testing.T) {
	own := httptest.NewTLSServer(nil) // for its certificate
	defer own.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: own.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	got := &received{seqs: map[uint64]int{}}
	var wg sync.WaitGroup
	read := func(c net.Conn, limit int) {
		r := bufio.NewReader(c)
		for n := 0; n < limit; n++ {
			word, err := r.ReadString(' ')
			if err != nil {
				return
			}
			size, err := strconv.Atoi(strings.TrimSpace(word))
			if err != nil {
				t.Errorf("%q is no length", word)
				return
			}
			m := make([]byte, size)
			if _, err := io.ReadFull(r, m); err != nil {
				return
			}
			head := strings.SplitN(string(m), " ", 8)
			if len(head) != 8 || head[0] != "<110>1" && head[0] != "<108>1" || head[3] != "cordon" || head[4] != "-" || head[6] != "-" {
				t.Errorf("header %q", head[:len(head)-1])
			}
			if _, err := time.Parse(time.RFC3339Nano, head[1]); err != nil {
				t.Error(err)
			}
			if err := got.take([]byte(head[7])); err != nil {
				t.Error(err)
			}
		}
	}
	wg.Go(func() {
		for i := 0; ; i++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			limit := 1 << 30
			if i%3 == 0 {
				limit = 3
			}
			wg.Go(func() {
				read(c, limit)
				if tcp, ok := c.(*tls.Conn).NetConn().(*net.TCPConn); ok && limit == 3 {
					tcp.SetLinger(0) // as a receiver that dies
				}
				c.(*tls.Conn).NetConn().Close()
			})
		}
	})
	defer wg.Wait()
	defer l.Close()
	shipUntil(t, writeLog(t, 1500), receiver{to: "syslog+tls://" + l.Addr().String(), ca: ca}, got, func(int) {})
}

// recordsOf are records that say nothing but their number.
func recordsOf(n int) (list []*audit.Record) {
	for i := range n {
		list = append(list, &audit.Record{Seq: uint64(i), Kind: "stmt.intent", Time: time.Now()})
	}
	return list
}

// away is a receiver that is away for so many times.
type away struct{ times int }

func (a *away) send(context.Context, [][]byte, []*audit.Record) error {
	if a.times--; a.times >= 0 {
		return errors.New("nobody listens there")
	}
	return nil
}

// A receiver that is away is told of soon, and when it is there again.
func TestShipTells(t *testing.T) {
	var out bytes.Buffer
	cursor, err := os.Create(filepath.Join(t.TempDir(), "cursor"))
	if err != nil {
		t.Fatal(err)
	}
	defer cursor.Close()
	s := &shipper{sink: &away{5}, stdout: &out, cursor: cursor, next: 1, batch: [][]byte{[]byte("{}")}, kinds: make([]*audit.Record, 1)}
	if err := s.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	times := regexp.MustCompile(`(?m)^\S+Z: `)
	if got, want := times.ReplaceAllString(out.String(), ""), "not received, and sent again until it is: nobody listens there\nreceived again\n"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func (a *away) close() {}
