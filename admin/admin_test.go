package admin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// start serves until the test ends, and gives the address and a function that ends it and waits.
func start(t *testing.T, o Options) (address string, end func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l, err := Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, o) }()
	ended := false
	end = func() error {
		if ended {
			return nil
		}
		ended = true
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(ShutdownTimeout + time.Minute):
			return errors.New("Serve does not return")
		}
	}
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String(), end
}

func get(t *testing.T, method, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestPages(t *testing.T) {
	var ready, health atomic.Pointer[error]
	load := func(p *atomic.Pointer[error]) func() error {
		return func() error {
			if e := p.Load(); e != nil {
				return *e
			}
			return nil
		}
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "cordon_test_total", Help: "A test."}))
	url, _ := start(t, Options{Registry: reg, Ready: load(&ready), Health: load(&health), Build: Build{Version: "v1.2.3", Revision: "abc", GoVersion: "go1.26"}})
	for _, tt := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/healthz", 200, "healthy\n"},
		{"GET", "/readyz", 200, "ready\n"},
		{"HEAD", "/readyz", 200, ""},
		{"GET", "/", 404, "there is /metrics, /healthz and /readyz\n"},
		{"GET", "/debug/pprof/", 404, "there is /metrics, /healthz and /readyz\n"},
		{"GET", "/metrics/", 404, "there is /metrics, /healthz and /readyz\n"},
		{"POST", "/metrics", 405, "only GET and HEAD\n"},
		{"DELETE", "/readyz", 405, "only GET and HEAD\n"},
	} {
		if status, body := get(t, tt.method, url+tt.path); status != tt.status || body != tt.body {
			t.Errorf("%s %s: %d %q", tt.method, tt.path, status, body)
		}
	}
	status, body := get(t, "GET", url+"/metrics")
	for _, want := range []string{`cordon_build_info{goversion="go1.26",revision="abc",version="v1.2.3"} 1`, "cordon_test_total 0", "go_goroutines ", "process_open_fds "} {
		if status != 200 || !strings.Contains(body, want) {
			t.Errorf("/metrics: %d, without %s", status, want)
		}
	}
	err := errors.Join(errors.New("the proxy is draining"), errors.New("the audit log is closed"))
	ready.Store(&err)
	if status, body := get(t, "GET", url+"/readyz"); status != 503 || body != "not ready\nthe proxy is draining\nthe audit log is closed\n" {
		t.Errorf("/readyz: %d %q", status, body)
	}
	if status, _ := get(t, "GET", url+"/healthz"); status != 200 {
		t.Errorf("/healthz: %d", status)
	}
	health.Store(&err)
	if status, body := get(t, "GET", url+"/healthz"); status != 503 || !strings.HasPrefix(body, "not healthy\n") {
		t.Errorf("/healthz: %d %q", status, body)
	}
}

func TestAnswerUnderWayIsGivenAtShutdown(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	url, end := start(t, Options{Registry: prometheus.NewRegistry(), Health: func() error { close(asked); <-answer; return nil }})
	got := make(chan string, 1)
	go func() {
		res, err := http.Get(url + "/healthz")
		if err != nil {
			got <- err.Error()
			return
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		got <- string(body)
	}()
	<-asked
	time.AfterFunc(100*time.Millisecond, func() { close(answer) })
	if err := end(); err != nil {
		t.Error(err)
	}
	if body := <-got; body != "healthy\n" {
		t.Errorf("the answer: %q", body)
	}
}

// Clients that connect and say nothing take up their slots and no more, and do not hold up the end.
func TestSilentClients(t *testing.T) {
	url, end := start(t, Options{Registry: prometheus.NewRegistry()})
	for range 2 * maxConnections {
		c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	time.Sleep(100 * time.Millisecond)
	began := time.Now()
	if err := end(); err != nil {
		t.Error(err)
	}
	if d := time.Since(began); d > ShutdownTimeout+20*time.Second {
		t.Errorf("the end took %v", d)
	}
}

func TestLongHeader(t *testing.T) {
	url, _ := start(t, Options{Registry: prometheus.NewRegistry()})
	req, _ := http.NewRequest("GET", url+"/healthz", nil)
	req.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return // the server closed the connection
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestServeWithoutRegistry(t *testing.T) {
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := Serve(t.Context(), l, Options{}); err == nil || err.Error() != "serve metrics: there is no registry" {
		t.Errorf("%v", err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the listener is open")
	}
}
