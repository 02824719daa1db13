package config

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Parse checks a configuration. path is where the data came from; relative paths in it are taken from its folder.
// The files that it names are looked at: a certificate that does not belong to its key is a mistake here and not when the first client comes.
func Parse(path string, data []byte) (*Config, error) {
	c := Default()
	c.Path = path
	l := &loader{file: path, dir: filepath.Dir(path), c: &c}
	if root := l.document(data); root != nil {
		l.load(root)
	}
	if len(l.problems) > 0 {
		l.problems.sort()
		return nil, l.problems
	}
	return &c, nil
}

type loader struct {
	file, dir string
	c         *Config
	problems  Problems
}

func (l *loader) refuse(n *yaml.Node, format string, args ...any) {
	l.problems = append(l.problems, Problem{l.file, n.Line, n.Column, fmt.Sprintf(format, args...)})
}

func (l *loader) load(root *yaml.Node) {
	f := l.fields(root, "the configuration", "listen", "upstream", "tls", "upstream_tls", "policy", "audit", "state", "alerts", "admin", "limits", "ldap", "share")
	c := l.c
	if n := f["listen"]; n != nil {
		l.listen(n)
	}
	if n := f["upstream"]; n != nil {
		l.upstream(n)
	} else {
		l.refuse(root, "upstream is missing: write the server's host:port, or the folder of its Unix socket")
	}
	l.tls(f["tls"])
	l.upstreamTLS(f["upstream_tls"])
	if n := f["policy"]; n != nil {
		if l.path(f, "policy", &c.Policy) {
			l.readable(n, "the policy", c.Policy)
		}
	} else {
		l.refuse(root, "policy is missing: write the path of the policy file")
	}
	l.audit(f["audit"])
	c.State.Dir = filepath.Join(filepath.Dir(c.Audit.Dir), "state")
	if n := f["state"]; n != nil {
		l.path(l.fields(n, "state", "dir"), "dir", &c.State.Dir)
	}
	l.alerts(f["alerts"])
	if n := f["admin"]; n != nil {
		l.hostPort(l.fields(n, "admin", "listen"), "listen", &c.Admin.Listen)
	}
	l.limits(f["limits"])
	l.ldap(f["ldap"])
	l.share(f["share"])
}

// tls reads how clients connect.
func (l *loader) tls(n *yaml.Node) {
	if n == nil {
		return
	}
	t := &l.c.TLS
	f := l.fields(n, "tls", "mode", "cert", "key", "client_ca")
	mode := string(t.Mode)
	if f["mode"] == nil && (f["cert"] != nil || f["key"] != nil) {
		l.refuse(n, "tls does not say its mode (one of off, allow, require)")
		return
	}
	l.oneOf(f, "mode", &mode, string(TLSOff), string(TLSAllow), string(TLSRequire))
	t.Mode = ClientTLS(mode)
	cert, key := l.path(f, "cert", &t.Cert), l.path(f, "key", &t.Key)
	ca := l.path(f, "client_ca", &t.ClientCA)
	if t.Mode == TLSOff {
		if ca {
			l.refuse(f["client_ca"], "client_ca has no meaning without TLS: set the mode to allow or require")
		}
		return
	}
	if ca {
		l.readable(f["client_ca"], "the certificates of client_ca", t.ClientCA)
	}
	if f["cert"] == nil || f["key"] == nil {
		l.refuse(n, "tls with mode %s needs a cert and a key", t.Mode)
		return
	}
	if cert && key && l.readable(f["cert"], "the certificate", t.Cert) && l.readable(f["key"], "the key", t.Key) {
		if _, err := tls.LoadX509KeyPair(t.Cert, t.Key); err != nil {
			l.refuse(f["cert"], "the certificate and the key cannot be used: %s", strings.TrimPrefix(err.Error(), "tls: "))
		}
	}
}

// upstreamTLS reads how Cordon connects to the server.
func (l *loader) upstreamTLS(n *yaml.Node) {
	if n == nil {
		return
	}
	t := &l.c.UpstreamTLS
	f := l.fields(n, "upstream_tls", "mode", "ca")
	mode := string(t.Mode)
	l.oneOf(f, "mode", &mode, string(ServerDisable), string(ServerPrefer), string(ServerRequire), string(ServerVerifyCA), string(ServerVerifyFull))
	t.Mode = ServerTLS(mode)
	verifies := t.Mode == ServerVerifyCA || t.Mode == ServerVerifyFull
	switch ca := f["ca"]; {
	case ca == nil:
		if verifies {
			l.refuse(n, "upstream_tls with mode %s needs a ca: a file of trusted certificates, or system", t.Mode)
		}
	case ca.Value == "system":
		t.CA = "system"
	case l.path(f, "ca", &t.CA) && verifies && l.readable(ca, "the ca", t.CA): // other modes check nothing, so that the file may be missing
		data, err := os.ReadFile(t.CA)
		if err != nil || !x509.NewCertPool().AppendCertsFromPEM(data) {
			l.refuse(ca, "%s holds no certificate in PEM form", t.CA)
		}
	}
	if l.c.Upstream.Network == "unix" && t.Mode != ServerDisable && t.Mode != ServerPrefer {
		l.refuse(n, "PostgreSQL has no TLS on a Unix socket: set the mode to prefer or disable")
	}
}

func (l *loader) audit(n *yaml.Node) {
	a := &l.c.Audit
	a.Dir, a.Key = l.resolve(a.Dir), l.resolve(a.Key)
	if n == nil {
		return
	}
	f := l.fields(n, "audit", "dir", "key", "fsync", "interval", "on_failure", "pack_after", "texts_days", "records_days", "keep_less", "witnesses")
	l.path(f, "dir", &a.Dir)
	l.path(f, "key", &a.Key)
	fsync := string(a.Fsync)
	l.oneOf(f, "fsync", &fsync, string(FsyncAlways), string(FsyncInterval), string(FsyncNever))
	a.Fsync = Fsync(fsync)
	l.duration(f, "interval", &a.Interval, time.Millisecond, 10*time.Second)
	l.oneOf(f, "on_failure", &a.OnFailure, DefaultOnFailure, "allow")
	if w := f["witnesses"]; w != nil {
		if w.Kind != yaml.MappingNode {
			l.refuse(w, "witnesses must be a mapping of addresses to files of verifier keys, not %s", kindOf(w))
		}
		for i := 0; w.Kind == yaml.MappingNode && i+1 < len(w.Content); i += 2 {
			url, file := w.Content[i], w.Content[i+1]
			if !strings.HasPrefix(url.Value, "https://") && !strings.HasPrefix(url.Value, "http://") {
				l.refuse(url, "the address of a witness begins with https:// or http://, not %q", url.Value)
				continue
			}
			key := Witness{URL: url.Value}
			if l.path(fields{"witnesses": file}, "witnesses", &key.Key) && l.readable(file, "the witness's key", key.Key) {
				a.Witnesses = append(a.Witnesses, key)
			}
		}
	}
	l.duration(f, "pack_after", &a.PackAfter, time.Minute, 10000*time.Hour)
	less, least := "no", MinKeepDays
	l.oneOf(f, "keep_less", &less, "no", "yes")
	if a.KeepLess = less == "yes"; a.KeepLess {
		least = 1
	}
	l.count(f, "texts_days", &a.TextsDays, least, 100000)
	l.count(f, "records_days", &a.RecordsDays, least, 100000)
	if a.RecordsDays > 0 && a.TextsDays > a.RecordsDays {
		l.refuse(f["texts_days"], "texts_days (%d) is above records_days (%d): texts go with the records that they belong to", a.TextsDays, a.RecordsDays)
	}
}

func (l *loader) limits(n *yaml.Node) {
	if n == nil {
		return
	}
	f := l.fields(n, "limits", "statement_bytes", "statement_depth", "plan_cache", "connections", "message_bytes", "held_bytes", "held_total_bytes",
		"prepared_statements", "pending_replies", "startup_timeout", "connect_timeout", "write_timeout", "drain_timeout")
	v := &l.c.Limits
	l.size(f, "statement_bytes", &v.StatementBytes, 1<<10, 64<<20)
	l.count(f, "statement_depth", &v.StatementDepth, 100, 2000)
	l.size(f, "plan_cache", &v.PlanCache, 1<<20, 64<<30)
	l.count(f, "connections", &v.Connections, 1, 1_000_000)
	l.size(f, "message_bytes", &v.MessageBytes, 64<<10, 1<<30-1)
	l.size(f, "held_bytes", &v.HeldBytes, 64<<10, 16<<30)
	l.size(f, "held_total_bytes", &v.HeldTotalBytes, 64<<10, 1<<40)
	l.count(f, "prepared_statements", &v.PreparedStatements, 1, 10_000_000)
	l.count(f, "pending_replies", &v.PendingReplies, 16, 1_000_000)
	l.duration(f, "startup_timeout", &v.StartupTimeout, 100*time.Millisecond, time.Hour)
	l.duration(f, "connect_timeout", &v.ConnectTimeout, 100*time.Millisecond, time.Hour)
	l.duration(f, "write_timeout", &v.WriteTimeout, 100*time.Millisecond, 24*time.Hour)
	l.duration(f, "drain_timeout", &v.DrainTimeout, time.Millisecond, 24*time.Hour)
	if v.HeldTotalBytes < v.HeldBytes {
		at := n
		for _, key := range []string{"held_bytes", "held_total_bytes"} {
			if f[key] != nil {
				at = f[key]
			}
		}
		l.refuse(at, "held_total_bytes (%d bytes) is less than held_bytes (%d bytes): no execution could use its share", v.HeldTotalBytes, v.HeldBytes)
	}
	if v.MessageBytes < v.StatementBytes {
		at := f["message_bytes"]
		if at == nil {
			at = f["statement_bytes"]
		}
		l.refuse(at, "message_bytes (%d bytes) is less than statement_bytes (%d bytes): no such statement could arrive", v.MessageBytes, v.StatementBytes)
	}
}

// upstream reads host:port, a host, or the folder of a Unix socket.
func (l *loader) upstream(n *yaml.Node) {
	text, ok := l.text(n, "upstream")
	if !ok {
		return
	}
	u := Upstream{Network: "tcp", Host: text, Port: DefaultPort}
	if isFolder(text) {
		u.Network = "unix"
		if u.Host, u.Port, ok = l.socket(n, "upstream", DefaultPort); !ok {
			return
		}
	} else if strings.Contains(text, ":") {
		host, port, err := splitHostPort(text)
		if err != nil || port == 0 || host == "" {
			l.refuse(n, "upstream must be host:port such as 127.0.0.1:5432, or the folder of a Unix socket, not %q", text)
			return
		}
		u.Host, u.Port = host, port
	}
	if strings.ContainsAny(u.Host, " \t\r\n,") {
		l.refuse(n, "upstream must be host:port such as 127.0.0.1:5432, or the folder of a Unix socket, not %q", n.Value)
		return
	}
	l.c.Upstream = u
}

// isFolder says that an address is the folder of a Unix socket.
func isFolder(text string) bool {
	return strings.HasPrefix(text, "/") || strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../")
}

// socket reads the folder of a Unix socket, with a port or without, or the path of the socket.
func (l *loader) socket(n *yaml.Node, key string, standard uint16) (folder string, port uint16, ok bool) {
	text := n.Value
	folder, port = text, standard
	if base := filepath.Base(text); strings.HasPrefix(base, ".s.PGSQL.") {
		folder = filepath.Dir(text)
		text = folder + ":" + strings.TrimPrefix(base, ".s.PGSQL.")
	}
	if before, digits, found := cutLast(text, ":"); found {
		p, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || p == 0 {
			l.refuse(n, "%s has no port in %q: write /var/run/postgresql:%d", key, n.Value, standard)
			return "", 0, false
		}
		folder, port = before, uint16(p)
	}
	folder = l.resolve(folder)
	if path := socketPath(folder, port); len(path) > 107 { // sun_path
		l.refuse(n, "the path of the socket %s is over 107 bytes long, which the system does not allow", path)
		return "", 0, false
	}
	return folder, port, true
}

// listen reads where clients connect: host:port, the folder of a Unix socket, or a list of both.
func (l *loader) listen(n *yaml.Node) {
	places := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
		places = n.Content
	}
	var address, socket string
	for _, n := range places {
		text, ok := l.text(n, "listen")
		switch {
		case !ok:
		case isFolder(text):
			if strings.ContainsAny(text, " \t\r\n,") {
				l.refuse(n, "listen must be host:port such as 127.0.0.1:6432, or the folder of a Unix socket, not %q", text)
				continue
			}
			folder, port, ok := l.socket(n, "listen", DefaultListenPort)
			if ok && socket != "" {
				l.refuse(n, "listen names two Unix sockets: Cordon listens on one")
			} else if ok {
				socket = socketPath(folder, port)
			}
		default:
			host, _, err := splitHostPort(text)
			switch {
			case err != nil || strings.ContainsAny(host, " \t\r\n,/"):
				l.refuse(n, "listen must be host:port such as 127.0.0.1:6432, or the folder of a Unix socket, not %q", text)
			case address != "":
				l.refuse(n, "listen names two addresses: Cordon listens on one, which can be 0.0.0.0 for all of the machine's")
			default:
				address = text
			}
		}
	}
	l.c.Listen, l.c.Socket = address, socket
}

// hostPort reads an address to listen on.
func (l *loader) hostPort(f fields, key string, into *string) {
	n := f[key]
	if n == nil {
		return
	}
	text, ok := l.text(n, key)
	if !ok {
		return
	}
	host, _, err := splitHostPort(text)
	if err != nil || strings.ContainsAny(host, " \t\r\n,/") {
		l.refuse(n, "%s must be host:port such as 127.0.0.1:6432, not %q", key, text)
		return
	}
	*into = text
}

func splitHostPort(s string) (string, uint16, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", 0, err
	}
	p, err := strconv.ParseUint(port, 10, 16)
	return host, uint16(p), err
}

func joinHostPort(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// path reads a file name, and takes it from the configuration's folder.
func (l *loader) path(f fields, key string, into *string) bool {
	n := f[key]
	if n == nil {
		return false
	}
	text, ok := l.text(n, key)
	if ok {
		*into = l.resolve(text)
	}
	return ok
}

func (l *loader) resolve(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(l.dir, name)
}

// readable refuses a file that cannot be opened.
func (l *loader) readable(n *yaml.Node, what, path string) bool {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		l.refuse(n, "%s %s is not a file", what, path)
		return false
	}
	if err == nil {
		var f *os.File
		if f, err = os.Open(path); err == nil {
			f.Close()
		}
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, fs.ErrNotExist):
		l.refuse(n, "%s %s does not exist", what, path)
	case errors.Is(err, fs.ErrPermission):
		l.refuse(n, "%s %s may not be read by this user", what, path)
	default:
		l.refuse(n, "%s cannot be read: %s", what, err)
	}
	return false
}

// fields are the values of a mapping by key.
type fields map[string]*yaml.Node

// fields reads a mapping with these keys and no others.
func (l *loader) fields(n *yaml.Node, what string, known ...string) fields {
	f := fields{}
	if isNull(n) {
		return f
	}
	if n.Kind != yaml.MappingNode {
		l.refuse(n, "%s must be a mapping such as {key: value}, not %s", what, kindOf(n))
		return f
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode:
			l.refuse(key, "a key of %s must be a word, not %s", what, kindOf(key))
		case seen[key.Value] > 0:
			l.refuse(key, "%q is given twice in %s: first in line %d", key.Value, what, seen[key.Value])
		case !slices.Contains(known, key.Value):
			l.refuse(key, "unknown key %q in %s%s", key.Value, what, didYouMean(key.Value, known))
			seen[key.Value] = key.Line
		default:
			seen[key.Value] = key.Line
			f[key.Value] = n.Content[i+1]
		}
	}
	return f
}

// text reads a text that is not empty.
func (l *loader) text(n *yaml.Node, key string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" || strings.TrimSpace(n.Value) == "" || strings.IndexByte(n.Value, 0) >= 0 {
		l.refuse(n, "%s must be a text, not %s", key, kindOf(n))
		return "", false
	}
	return n.Value, true
}

func (l *loader) oneOf(f fields, key string, into *string, known ...string) {
	n := f[key]
	if n == nil {
		return
	}
	value := n.Value
	if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" && slices.Contains(known, "off") && strings.EqualFold(value, "false") {
		value = "off" // `mode: false` is what YAML 1.1 tools make of off
	}
	if n.Kind != yaml.ScalarNode || isNull(n) {
		l.refuse(n, "%s must be one of %s, not %s", key, strings.Join(known, ", "), kindOf(n))
	} else if !slices.Contains(known, value) {
		l.refuse(n, "%s cannot be %q%s", key, value, didYouMean(value, known))
	} else {
		*into = value
	}
}

func (l *loader) count(f fields, key string, into *int, low, high int) {
	n := f[key]
	if n == nil {
		return
	}
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil {
		l.refuse(n, "%s must be a whole number, not %s", key, kindOf(n))
	} else if v < low || v > high {
		l.refuse(n, "%s must be between %d and %d, not %d", key, low, high, v)
	} else {
		*into = v
	}
}

var sizeForm = regexp.MustCompile(`^([0-9]+) ?([A-Za-z]*)$`)

// units are PostgreSQL's units of memory, with powers of 1024, in lower case, and the unambiguous names for the same.
var units = map[string]int64{"": 1, "b": 1, "kb": 1 << 10, "kib": 1 << 10, "mb": 1 << 20, "mib": 1 << 20, "gb": 1 << 30, "gib": 1 << 30, "tb": 1 << 40, "tib": 1 << 40}

func (l *loader) size(f fields, key string, into *int64, low, high int64) {
	n := f[key]
	if n == nil {
		return
	}
	m := sizeForm.FindStringSubmatch(n.Value)
	if n.Kind != yaml.ScalarNode || m == nil || units[strings.ToLower(m[2])] == 0 {
		l.refuse(n, "%s must be a size such as 500kB, 1MB or 1GB, not %s", key, kindOf(n))
		return
	}
	unit := units[strings.ToLower(m[2])]
	v, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil || v > high/unit || v*unit < low {
		l.refuse(n, "%s must be between %s and %s, not %s", key, printSize(low), printSize(high), n.Value)
		return
	}
	*into = v * unit
}

// printSize prints bytes in the largest unit that divides them.
func printSize(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 40, "TB"}, {1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "kB"}} {
		if n%u.size == 0 {
			return fmt.Sprintf("%d%s", n/u.size, u.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}

func (l *loader) duration(f fields, key string, into *time.Duration, low, high time.Duration) {
	n := f[key]
	if n == nil {
		return
	}
	v, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || n.Tag != "!!str" {
		l.refuse(n, "%s must be a span of time such as 100ms, 10s or 5m, not %s", key, kindOf(n))
	} else if v < low || v > high {
		l.refuse(n, "%s must be between %s and %s, not %s", key, low, high, n.Value)
	} else {
		*into = v
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// kindOf is what a node is, for sentences.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	case n.Value == "":
		return "an empty text"
	case n.Tag == "!!str":
		return fmt.Sprintf("%q", n.Value)
	default:
		return n.Value
	}
}

var yamlLine = regexp.MustCompile(`^yaml: line ([0-9]+): `)

// document parses the file into one YAML mapping; nil when it is none.
func (l *loader) document(data []byte) *yaml.Node {
	refuse := func(line int, format string, args ...any) *yaml.Node {
		l.problems = append(l.problems, Problem{File: l.file, Line: line, Text: fmt.Sprintf(format, args...)})
		return nil
	}
	if len(data) > maxFileBytes {
		return refuse(0, "the file is %d bytes long, and %d is the limit", len(data), maxFileBytes)
	}
	if !utf8.Valid(data) {
		return refuse(0, "the file is not UTF-8 text")
	}
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	err := decode(dec, &doc)
	switch {
	case errors.Is(err, io.EOF):
		return refuse(1, "the file is empty")
	case err != nil:
		for i, line := range strings.Split(string(data), "\n") {
			if rest := strings.TrimLeft(line, " "); strings.HasPrefix(rest, "\t") && strings.Contains(err.Error(), "cannot start any token") {
				return refuse(i+1, "a tab cannot indent YAML: use spaces")
			}
		}
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			line, _ := strconv.Atoi(m[1])
			return refuse(line, "the file is not YAML: %s", strings.TrimPrefix(err.Error(), m[0]))
		}
		return refuse(0, "the file is not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decode(dec, &second); !errors.Is(err, io.EOF) {
		return refuse(0, "the file holds more than one YAML document")
	}
	if !l.plain(&doc) {
		return nil
	}
	if doc.Content[0].Kind != yaml.MappingNode {
		l.refuse(doc.Content[0], "the file must be a mapping with keys such as listen and upstream")
		return nil
	}
	return doc.Content[0]
}

// decode is dec.Decode, with a panic of the YAML library's as an error.
func decode(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: the file cannot be parsed: %v", p)
		}
	}()
	return dec.Decode(n)
}

// plain refuses anchors, aliases, merges and explicit types.
func (l *loader) plain(n *yaml.Node) bool {
	ok := true
	switch {
	case n.Kind == yaml.AliasNode:
		l.refuse(n, "*%s is a YAML alias: write the value out, or put it in quotes", n.Value)
		return false
	case n.Anchor != "":
		l.refuse(n, "&%s is a YAML anchor: write the value out where it is used", n.Anchor)
		ok = false
	case n.Style&yaml.TaggedStyle != 0:
		l.refuse(n, "%s is an explicit YAML type, which has no meaning here", n.Tag)
		ok = false
	case n.Kind == yaml.ScalarNode && n.Tag == "!!merge":
		l.refuse(n, "<< is a YAML merge: write the values out")
		ok = false
	}
	for _, c := range n.Content {
		ok = l.plain(c) && ok
	}
	return ok
}
