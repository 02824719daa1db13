// Package alert tells a webhook of what was found: at least once, in order, and no more often than it is allowed to. What waits is in a file, so that a restart loses nothing.
package alert

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Message is one thing that was found.
type Message struct {
	Time    time.Time `json:"time"`
	Watch   string    `json:"watch"`
	Person  string    `json:"person"`
	Login   string    `json:"login,omitempty"`
	Client  string    `json:"client,omitempty"`
	What    string    `json:"what"`
	Action  string    `json:"action"`
	Session string    `json:"session,omitempty"`
}

// Text is the message in one line.
func (m *Message) Text() string {
	b := m.Time.UTC().Format("2006-01-02 15:04:05") + " UTC  " + m.Person + ": " + m.What + " (watch " + strconv.Quote(m.Watch) + ", " + m.Action
	if m.Login != "" && m.Login != m.Person {
		b += ", login " + m.Login
	}
	if m.Client != "" {
		b += ", from " + m.Client
	}
	if m.Session != "" {
		b += ", session " + m.Session
	}
	return b + ")"
}

// Template is the form that a service takes messages in.
type Template string

// The services.
const (
	WeCom        Template = "wecom"
	DingTalk     Template = "dingtalk"
	Slack        Template = "slack"
	Alertmanager Template = "alertmanager"
)

// maxText bounds the text of one post: WeCom takes 2,048 bytes.
const maxText = 2000

// Body writes some of the messages, as many as one post takes and at least one, and says how many.
func (t Template) Body(list []Message) (body []byte, n int, err error) {
	var text strings.Builder
	for n < len(list) {
		line := list[n].Text()
		if len(line) > maxText {
			line = strings.ToValidUTF8(line[:maxText], "")
		}
		if n > 0 && text.Len()+1+len(line) > maxText {
			break
		}
		if n > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(line)
		n++
	}
	var v any
	switch t {
	case WeCom, DingTalk:
		v = map[string]any{"msgtype": "text", "text": map[string]any{"content": text.String()}}
	case Slack:
		v = map[string]any{"text": strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text.String())} // else a name could be a link, or call everyone
	case Alertmanager:
		alerts := []any{}
		for i := range list[:n] {
			m := &list[i]
			alerts = append(alerts, map[string]any{"labels": map[string]string{"alertname": "Cordon", "watch": m.Watch, "person": m.Person, "action": m.Action},
				"annotations": map[string]string{"summary": m.Text()}, "startsAt": m.Time.UTC().Format(time.RFC3339Nano)})
		}
		v = alerts
	default:
		return nil, 0, fmt.Errorf("there is no template %q", t)
	}
	body, err = json.Marshal(v)
	return body, n, err
}

// Options say where messages go.
type Options struct {
	URL       string
	Template  Template
	PerMinute int    // posts; each takes several messages when they have come quickly
	Spool     string // file of what waits
	Log       *slog.Logger
}

// maxSpool bounds the file of what waits. Above it messages are lost, and their number is told.
const maxSpool = 16 << 20

// Sender sends messages. Send may be called from any goroutine.
type Sender struct {
	o      Options
	client http.Client

	mu    sync.Mutex
	spool *os.File      // guarded by mu
	size  int64         // of it; guarded by mu
	sent  int64         // how much of it has been sent; guarded by mu
	lost  int           // guarded by mu
	wake  chan struct{} // holds one when something waits
}

// Open begins with what is left to send from the last run.
func Open(o Options) (*Sender, error) {
	s := &Sender{o: o, client: http.Client{Timeout: 10 * time.Second}, wake: make(chan struct{}, 1)}
	var err error
	if s.spool, err = os.OpenFile(o.Spool, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return nil, fmt.Errorf("open the alerts that wait: %w", err)
	}
	info, err := s.spool.Stat()
	if err != nil {
		return nil, err
	}
	s.size = info.Size()
	mark, err := os.ReadFile(o.Spool + ".sent")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if n, err := strconv.ParseInt(strings.TrimSpace(string(mark)), 10, 64); err == nil && n >= 0 && n <= s.size {
		s.sent = n
	}
	last := make([]byte, 1)
	if s.size > 0 {
		if _, err := s.spool.ReadAt(last, s.size-1); err != nil {
			return nil, err
		}
		if last[0] != '\n' { // it was being written when the program died
			if _, err := s.spool.Write([]byte("\n")); err != nil {
				return nil, err
			}
			s.size++
		}
	}
	s.wake <- struct{}{}
	return s, nil
}

// Send keeps a message until it has been sent; when it returns, the message is on the storage device.
func (s *Sender) Send(m Message) {
	line, err := json.Marshal(m)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size+int64(len(line)) > maxSpool {
		s.lost++
		return
	}
	n, err := s.spool.Write(append(line, '\n'))
	s.size += int64(n)
	if err == nil {
		err = s.spool.Sync()
	}
	if err != nil {
		s.lost++
		s.o.Log.Error("an alert cannot be kept", "error", err)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run sends what waits until ctx ends.
func (s *Sender) Run(ctx context.Context) {
	pause := time.Minute / time.Duration(max(1, s.o.PerMinute))
	const least, most = time.Second, 5 * time.Minute
	delay := least
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		for {
			n, err := s.post(ctx)
			wait := pause
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				if delay == least {
					s.o.Log.Warn("alerts cannot be sent", "error", err)
				}
				wait = max(pause, delay)
				delay = min(2*delay, most)
			case n == 0:
				wait = 0
			default:
				delay = least
			}
			if wait == 0 {
				break
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
	}
}

// post sends the first of what waits, and says how many messages that were.
func (s *Sender) post(ctx context.Context) (n int, err error) {
	list, ends, err := s.waiting()
	if err != nil || len(list) == 0 {
		return 0, err
	}
	body, n, err := s.o.Template.Body(list)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.o.URL, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("the address of the webhook cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, errors.New("the webhook does not answer") // its address, which the error names, is often a secret
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode/100 != 2 {
		return 0, fmt.Errorf("the webhook answers %s", resp.Status)
	}
	var said struct {
		Code int `json:"errcode"` // WeCom and DingTalk refuse with status 200
	}
	if json.Unmarshal(answer, &said) == nil && said.Code != 0 {
		return 0, fmt.Errorf("the webhook answers errcode %d", said.Code)
	}
	return n, s.done(ends[n-1])
}

// waiting reads the first messages that have not been sent, and where each ends in the file.
func (s *Sender) waiting() (list []Message, ends []int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.sent
	in := bufio.NewReader(io.NewSectionReader(s.spool, s.sent, s.size-s.sent))
	for len(list) < 50 {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			break // what stands there without an end was being written when the program died
		}
		if err != nil {
			return nil, nil, err
		}
		at += int64(len(line))
		var m Message
		if json.Unmarshal(line, &m) != nil {
			continue
		}
		list, ends = append(list, m), append(ends, at)
	}
	if len(list) == 0 && s.lost > 0 {
		return nil, nil, s.tellLost()
	}
	return list, ends, nil
}

// tellLost puts a message about lost ones behind what waits. mu is held.
func (s *Sender) tellLost() error {
	line, err := json.Marshal(Message{Time: time.Now().UTC(), Watch: "cordon", Person: "-", What: strconv.Itoa(s.lost) + " alerts could not be kept and are lost; the audit log has them", Action: "alert"})
	if err != nil {
		return err
	}
	n, err := s.spool.Write(append(line, '\n'))
	s.size += int64(n)
	if err == nil {
		s.lost = 0
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return err
}

// done notes that everything up to a place has been sent. A crash before it is noted sends that once more.
func (s *Sender) done(to int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = to
	empty := s.sent == s.size
	if empty {
		s.sent = 0 // first, for a mark beyond the end of a shorter file would skip what comes
	}
	mark := s.o.Spool + ".sent"
	if err := os.WriteFile(mark+".new", []byte(strconv.FormatInt(s.sent, 10)), 0o600); err != nil {
		return err
	}
	if err := os.Rename(mark+".new", mark); err != nil || !empty {
		return err
	}
	s.size = 0
	return s.spool.Truncate(0)
}

// Close lets go of the file.
func (s *Sender) Close() error { return s.spool.Close() }
