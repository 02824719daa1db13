package config

import (
	"net/url"
	"os"
	"strings"

	"gopkg.in/yaml.v3"
)

// Alerts is where findings of the policy's watch section are sent.
type Alerts struct {
	Webhook   string // URL
	Template  string // wecom, dingtalk, slack or alertmanager
	PerMinute int    // posts at most
}

func (l *loader) alerts(n *yaml.Node) {
	if n == nil {
		return
	}
	a := &Alerts{PerMinute: 6}
	l.c.Alerts = a
	f := l.fields(n, "alerts", "webhook", "webhook_file", "template", "per_minute")
	l.oneOf(f, "template", &a.Template, "wecom", "dingtalk", "slack", "alertmanager")
	if f["template"] == nil {
		l.refuse(n, "alerts does not say its template (one of wecom, dingtalk, slack, alertmanager)")
	}
	l.count(f, "per_minute", &a.PerMinute, 1, 600)
	at := f["webhook"]
	switch file := f["webhook_file"]; {
	case (at == nil) == (file == nil):
		l.refuse(n, "alerts needs either webhook, an address, or webhook_file, a file that holds it")
		return
	case at != nil:
		a.Webhook, _ = l.text(at, "webhook")
	default:
		at = file
		var path string
		if !l.path(f, "webhook_file", &path) || !l.readable(file, "the file of the webhook", path) {
			return
		}
		data, err := os.ReadFile(path)
		if err != nil || len(data) > 4096 {
			l.refuse(file, "the file of the webhook must hold one address")
			return
		}
		a.Webhook = strings.TrimSpace(string(data))
	}
	if u, err := url.Parse(a.Webhook); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		l.refuse(at, "the webhook must be an address such as https://hooks.example.org/…")
	}
}
