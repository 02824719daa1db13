package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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

// ocsfClasses is what OCSF 1.8.0 says of the classes that are written: which attributes must be there, and which may.
var ocsfClasses = map[float64]struct{ required, may string }{
	0:    {"activity_id category_uid class_uid metadata severity_id time type_uid", "activity_name message status_id status_code duration unmapped action_id disposition_id policy firewall_rule"},
	3002: {"activity_id category_uid class_uid metadata severity_id time type_uid user dst_endpoint", "activity_name message status_id status_code duration unmapped action_id disposition_id policy firewall_rule session src_endpoint is_cleartext"},
	6005: {"activity_id category_uid class_uid metadata severity_id time type_uid actor src_endpoint", "activity_name message status_id status_code duration unmapped action_id disposition_id policy firewall_rule database table query_info type_id"},
}

// ocsfObjects is the same of objects.
var ocsfObjects = map[string]struct{ required, may string }{
	"metadata": {"product version", "profiles uid sequence log_name event_code original_time"}, "product": {"", "name vendor_name"}, "actor": {"", "user session app_name"}, "user": {"", "name"}, "session": {"", "uid"},
	"src_endpoint": {"", "ip port name"}, "dst_endpoint": {"", "svc_name"}, "database": {"type_id", "name"}, "table": {"", "name"}, "query_info": {"query_string", "uid bytes"}, "policy": {"", "uid is_applied"}, "firewall_rule": {"", "name"},
}

// ocsfEnums is which numbers an attribute may have.
var ocsfEnums = map[string]func(class, n float64) bool{
	"class_uid": func(_, n float64) bool { return n == 0 || n == 3002 || n == 6005 }, "severity_id": func(_, n float64) bool { return n >= 0 && n <= 6 || n == 99 }, "status_id": func(_, n float64) bool { return n >= 0 && n <= 2 || n == 99 },
	"action_id": func(_, n float64) bool { return n >= 0 && n <= 4 || n == 99 }, "disposition_id": func(_, n float64) bool { return n >= 0 && n <= 27 || n == 99 }, "type_id": func(_, n float64) bool { return n >= 0 && n <= 4 || n == 99 },
	"category_uid": func(class, n float64) bool { return n == float64(int(class)/1000) },
	"activity_id": func(class, n float64) bool {
		return n == 99 || n >= 0 && n <= map[float64]float64{0: 0, 3002: 7, 6005: 10}[class]
	},
}

// ocsfProblem says what is wrong with an event.
func ocsfProblem(v map[string]any) string {
	class, _ := v["class_uid"].(float64)
	rules, ok := ocsfClasses[class]
	if !ok {
		return fmt.Sprint("class ", class)
	}
	if v["type_uid"] != class*100+v["activity_id"].(float64) {
		return "type_uid"
	}
	if class == 6005 && v["database"] == nil && v["table"] == nil {
		return "neither database nor table"
	}
	if class == 3002 && v["src_endpoint"] == nil {
		return "no src_endpoint"
	}
	var look func(name string, v map[string]any, required, may string) string
	look = func(name string, v map[string]any, required, may string) string {
		for _, key := range strings.Fields(required) {
			if v[key] == nil {
				return name + " has no " + key
			}
		}
		for key, value := range v {
			if !strings.Contains(" "+required+" "+may+" ", " "+key+" ") {
				return name + "." + key + " is not of the schema"
			}
			if n, ok := value.(float64); ok && ocsfEnums[key] != nil && !ocsfEnums[key](class, n) {
				return fmt.Sprint(name, ".", key, " cannot be ", n)
			}
			if o, ok := value.(map[string]any); ok && key != "unmapped" {
				rules, known := ocsfObjects[key]
				if !known {
					return "object " + key
				}
				if why := look(key, o, rules.required, rules.may); why != "" {
					return why
				}
			}
			if value == "" {
				return name + "." + key + " is empty"
			}
		}
		return ""
	}
	return look("event", v, rules.required, rules.may)
}

// Every event fits its schema; a statement is in it as its form, with who, what and what became of it.
func TestExport(t *testing.T) {
	for _, dir := range []string{reportLog(t), writeLog(t, 100)} {
		for _, v := range exported(t, dir, "ocsf") {
			if why := ocsfProblem(v); why != "" {
				t.Errorf("%s: %v", why, v)
			}
			for _, change := range []func(map[string]any){func(v map[string]any) { v["class_uid"] = 7.0 }, func(v map[string]any) { delete(v, "time") }, func(v map[string]any) { v["rows"] = 1.0 }, func(v map[string]any) { v["action_id"] = 5.0 }} {
				bad := map[string]any{}
				for k, value := range v {
					bad[k] = value
				}
				change(bad)
				if ocsfProblem(bad) == "" {
					t.Errorf("this passes: %v", bad)
				}
			}
		}
	}
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
		{"ocsf", "5000", `{"action_id":4,"activity_id":1,"actor":{"app_name":"=cmd|' /C calc'!A0 \u003cb\u003e","session":{"uid":"s1"},"user":{"name":"crm"}},"category_uid":6,"class_uid":6005,"disposition_id":11,"firewall_rule":{"name":"monthly statistics"},"message":"COPY public.customers by bob: ok","metadata":{"event_code":"stmt.intent","log_name":"audit","original_time":"2026-11-02T09:32:00Z","product":{"name":"Cordon","vendor_name":"Cordon"},"profiles":["security_control"],"sequence":6,"uid":"6","version":"1.8.0"},"query_info":{"query_string":"COPY customers TO STDOUT"},"severity_id":1,"src_endpoint":{"ip":"10.0.0.9","port":4000},"status_id":1,"table":{"name":"public.customers"},"time":1793611920000,"type_id":3,"type_uid":600501}`},
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
