package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// hook is a webhook that takes notes.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	answer func(n int) (status int, body string)
	came   chan struct{}
}

func newHook(t *testing.T, answer func(n int) (int, string)) *hook {
	h := &hook{answer: answer, came: make(chan struct{}, 1000)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		h.bodies = append(h.bodies, string(b))
		status, body := h.answer(len(h.bodies))
		h.mu.Unlock()
		w.WriteHeader(status)
		io.WriteString(w, body)
		h.came <- struct{}{}
	}))
	t.Cleanup(h.Close)
	return h
}

func ok(int) (int, string) { return 200, `{"errcode":0}` }

func (h *hook) options(t *testing.T, dir string) Options {
	t.Helper()
	return Options{URL: h.URL, Template: Slack, PerMinute: 100_000, Spool: filepath.Join(dir, "alerts.jsonl"), Log: slog.New(slog.DiscardHandler)}
}

func message(i int) Message {
	return Message{Time: noon, Watch: "storm", Person: "alice", What: fmt.Sprint("number ", i), Action: "alert"}
}

func TestTemplates(t *testing.T) {
	m := Message{Time: noon, Watch: "storm", Person: "al<i>ce", Login: "crm_app", Client: "10.0.0.7", What: "more than 10 statements have failed", Action: "slow", Session: "a-1"}
	text := `2026-03-02 12:00:00 UTC  al\u003ci\u003ece: more than 10 statements have failed (watch \"storm\", slow, login crm_app, from 10.0.0.7, session a-1)`
	for template, want := range map[Template]string{
		WeCom:        `{"msgtype":"text","text":{"content":"` + text + `"}}`,
		DingTalk:     `{"msgtype":"text","text":{"content":"` + text + `"}}`,
		Slack:        `{"text":"` + strings.NewReplacer(`\u003c`, `\u0026lt;`, `\u003e`, `\u0026gt;`).Replace(text) + `"}`,
		Alertmanager: `[{"annotations":{"summary":"` + text + `"},"labels":{"action":"slow","alertname":"Cordon","person":"al\u003ci\u003ece","watch":"storm"},"startsAt":"2026-03-02T12:00:00Z"}]`,
	} {
		got, n, err := template.Body([]Message{m})
		if err != nil || n != 1 || string(got) != want {
			t.Errorf("%s: %d, %v\n%s\nwant\n%s", template, n, err, got, want)
		}
	}
	if _, _, err := Template("teams").Body([]Message{m}); err == nil {
		t.Error("there is a template for teams")
	}
}

// Each message comes at least once, in order, whatever the service answers and whenever the program ends.
func TestAtLeastOnce(t *testing.T) {
	h := newHook(t, func(n int) (int, string) {
		switch n {
		case 1:
			return 500, ""
		case 2:
			return 200, `{"errcode":45009,"errmsg":"too often"}`
		}
		return ok(n)
	})
	dir := t.TempDir()
	const total = 300
	for i := 0; i < total; { // a new process for each piece
		s, err := Open(h.options(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for range 60 {
			s.Send(message(i))
			i++
		}
		running.Go(func() { s.Run(ctx) })
		<-h.came
		cancel()
		running.Wait()
		s.Close()
		if i < total { // died in the middle of a line
			f, err := os.OpenFile(filepath.Join(dir, "alerts.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(f, `{"time":"2026-`)
			f.Close()
		}
	}
	s, err := Open(h.options(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	for {
		s.mu.Lock()
		left := s.size - s.sent
		s.mu.Unlock()
		if left == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	running.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	next := 0
	for _, b := range h.bodies[2:] {
		var v struct{ Text string }
		if err := json.Unmarshal([]byte(b), &v); err != nil || len(v.Text) > maxText {
			t.Fatalf("%d bytes, %v", len(v.Text), err)
		}
		for _, line := range strings.Split(v.Text, "\n") {
			var n int
			if _, err := fmt.Sscanf(line[strings.Index(line, "number"):], "number %d", &n); err != nil || n > next {
				t.Fatalf("after %d comes %q", next-1, line)
			}
			next = max(next, n+1)
		}
	}
	if next != total {
		t.Errorf("%d of %d came", next, total)
	}
	if info, err := os.Stat(filepath.Join(dir, "alerts.jsonl")); err != nil || info.Size() > 1000 {
		t.Errorf("the file is left with %d bytes: %v", info.Size(), err)
	}
}
