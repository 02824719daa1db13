package config

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Share is how several Cordons in front of one database share what they count and know.
type Share struct {
	Name string // of this node
	Key  string // path of what all nodes and nobody else have
	Dir  string // of this node's part of the cluster

	Listen string   // host:port for the other nodes; "" with a cluster outside
	Peers  []string // host:port of each of the others

	Advertise string // host:port by which other nodes are told to reach this one; "" for the address that they see

	Servers     []string // URLs of a cluster outside
	Credentials string   // path; "" for none
	Replicas    int      // in the cluster outside

	TLS   ShareTLS
	Lease int // percent of a limit that a node takes at a time
	Alone int // percent of each limit that holds on a node that cannot reach the others
}

// ShareTLS is TLS between nodes, or to a cluster outside.
type ShareTLS struct {
	Cert, Key, CA string // paths, PEM; "" for none
}

// What a share section that does not say has.
const (
	DefaultLease    = 10
	DefaultAlone    = 25
	DefaultReplicas = 3
)

var nodeName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}$`)

// share reads how this Cordon shares with others.
func (l *loader) share(n *yaml.Node) {
	if n == nil {
		return
	}
	s := &Share{Lease: DefaultLease, Alone: DefaultAlone, Replicas: DefaultReplicas, Dir: filepath.Join(l.c.State.Dir, "share")}
	l.c.Share = s
	f := l.fields(n, "share", "name", "key", "listen", "peers", "advertise", "servers", "credentials", "replicas", "tls", "lease", "alone")
	if at := f["name"]; at == nil {
		l.refuse(n, "share does not say the name of this node: each has one of its own, and keeps it")
	} else if name, ok := l.text(at, "name"); ok {
		if s.Name = name; !nodeName.MatchString(name) {
			l.refuse(at, "the name of a node is made of up to 60 letters, digits, - and _, not %q", name)
		}
	}
	l.shareKey(n, f["key"], s)
	l.shareTLS(f["tls"], s)
	l.percent(f, "lease", &s.Lease, 1, 50)
	l.percent(f, "alone", &s.Alone, 1, 100)
	l.hostPort(f, "listen", &s.Listen)
	l.hostPort(f, "advertise", &s.Advertise)
	outside := f["servers"] != nil
	if outside && f["advertise"] != nil {
		l.refuse(f["advertise"], "advertise has no meaning with servers, a cluster outside")
	}
	switch {
	case outside && (f["listen"] != nil || f["peers"] != nil):
		l.refuse(n, "share names both servers, a cluster outside, and listen or peers, a cluster of the Cordons themselves: choose one")
		return
	case !outside && (f["listen"] == nil || f["peers"] == nil):
		l.refuse(n, "share needs listen and peers: where this node listens for the others, and where these do; or servers, of a NATS cluster outside")
		return
	}
	if !outside {
		for _, key := range []string{"credentials", "replicas"} {
			if f[key] != nil {
				l.refuse(f[key], "%s has no meaning without servers, a cluster outside", key)
			}
		}
		l.peers(f["peers"], s)
		if s.Listen != "" && !onLoopback(s.Listen) && s.TLS.Cert == "" {
			l.refuse(f["listen"], "nodes that listen on %s need tls with a cert, a key and a ca: what they count and know must not be heard or changed on the way", s.Listen)
		}
		if s.TLS.CA != "" && s.TLS.Cert == "" {
			l.refuse(f["tls"], "tls between nodes needs a cert and a key beside the ca: each shows the others who it is")
		}
		return
	}
	l.count(f, "replicas", &s.Replicas, 1, 5)
	if l.path(f, "credentials", &s.Credentials) {
		l.readable(f["credentials"], "the credentials", s.Credentials)
	}
	for _, at := range l.list(f["servers"], "servers") {
		u, err := url.Parse(at.Value)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls":
			l.refuse(at, "a server is an address such as tls://nats-1.example.org:4222, not %q", at.Value)
		case u.User != nil:
			l.refuse(at, "the address of a server holds no password: write it into a file of credentials")
		case u.Scheme == "nats" && s.TLS == (ShareTLS{}) && !loopback(u.Hostname()):
			l.refuse(at, "a server on another machine is reached by tls://, not nats://")
		default:
			s.Servers = append(s.Servers, at.Value)
		}
	}
}

// shareKey reads the key of the nodes.
func (l *loader) shareKey(n, at *yaml.Node, s *Share) {
	if at == nil {
		l.refuse(n, "share does not name the file of the nodes' key: make one with `openssl rand -hex 32`, and give it to every node")
		return
	}
	if !l.path(fields{"key": at}, "key", &s.Key) || !l.readable(at, "the nodes' key", s.Key) {
		return
	}
	if _, err := ShareKey(s.Key); err != nil {
		l.refuse(at, "%s", err)
	}
}

// ShareKey reads the key that nodes share.
func ShareKey(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if data = bytes.TrimSpace(data); len(data) < 32 || len(data) > 4096 {
		return nil, fmt.Errorf("the nodes' key %s must have between 32 and 4096 bytes: make one with `openssl rand -hex 32`", path)
	}
	return data, nil
}

func (l *loader) shareTLS(n *yaml.Node, s *Share) {
	if n == nil {
		return
	}
	f := l.fields(n, "tls", "cert", "key", "ca")
	t := &s.TLS
	cert, key, ca := l.path(f, "cert", &t.Cert), l.path(f, "key", &t.Key), l.path(f, "ca", &t.CA)
	if (f["cert"] == nil) != (f["key"] == nil) {
		l.refuse(n, "tls needs both a cert and a key, or neither")
	} else if cert && key && l.readable(f["cert"], "the certificate", t.Cert) && l.readable(f["key"], "the key", t.Key) {
		if _, err := tls.LoadX509KeyPair(t.Cert, t.Key); err != nil {
			l.refuse(f["cert"], "the certificate and the key cannot be used: %s", strings.TrimPrefix(err.Error(), "tls: "))
		}
	}
	switch {
	case f["ca"] == nil:
		l.refuse(n, "tls needs a ca: the file of the certificates that the others' are verified with")
	case ca && l.readable(f["ca"], "the ca", t.CA):
		if data, err := os.ReadFile(t.CA); err != nil || !x509.NewCertPool().AppendCertsFromPEM(data) {
			l.refuse(f["ca"], "%s holds no certificate in PEM form", t.CA)
		}
	}
}

// maxPeers is more nodes than anybody needs in front of one database.
const maxPeers = 20

func (l *loader) peers(n *yaml.Node, s *Share) {
	list := l.list(n, "peers")
	if len(list) > maxPeers {
		l.refuse(n, "peers names %d nodes, and %d is the limit", len(list), maxPeers)
		return
	}
	seen := map[string]bool{}
	for _, at := range list {
		host, port, err := splitHostPort(at.Value)
		switch {
		case err != nil || host == "" || port == 0 || strings.ContainsAny(host, " \t\r\n,/"):
			l.refuse(at, "a peer must be host:port such as 10.0.0.2:6222, not %q", at.Value)
		case at.Value == s.Listen:
			l.refuse(at, "peers are the other nodes, and %s is this one", at.Value)
		case seen[at.Value]:
			l.refuse(at, "%s is named twice", at.Value)
		default:
			s.Peers = append(s.Peers, at.Value)
		}
		seen[at.Value] = true
	}
}

// list reads a list of at least one text.
func (l *loader) list(n *yaml.Node, key string) (list []*yaml.Node) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		l.refuse(n, "%s must be a list such as [a, b], not %s", key, kindOf(n))
		return nil
	}
	for _, at := range n.Content {
		if _, ok := l.text(at, "each of "+key); ok {
			list = append(list, at)
		}
	}
	return list
}

// percent reads a fraction such as 25%.
func (l *loader) percent(f fields, key string, into *int, low, high int) {
	n := f[key]
	if n == nil {
		return
	}
	text, is := strings.CutSuffix(n.Value, "%")
	v, err := strconv.Atoi(text)
	switch {
	case n.Kind != yaml.ScalarNode || !is || err != nil:
		l.refuse(n, "%s must be a part of each limit such as 25%%, not %s", key, kindOf(n))
	case v < low || v > high:
		l.refuse(n, "%s must be between %d%% and %d%%, not %s", key, low, high, n.Value)
	default:
		*into = v
	}
}

// onLoopback says that host:port is of this machine alone.
func onLoopback(hostPort string) bool {
	host, _, err := splitHostPort(hostPort)
	return err == nil && loopback(host)
}
