package config

import (
	"crypto/x509"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
	"gopkg.in/yaml.v3"
)

// LDAP is a directory that people come from.
type LDAP struct {
	URL          string // ldaps://host, ldap://host or ldapi://%2fpath
	StartTLS     bool
	CA           string // path of the trusted certificates, PEM; "" for the machine's own
	BindDN       string // "" to bind as nobody
	PasswordFile string
	Base         string
	Filter       string
	Name         string
	Disabled     string // filter; "" for none
	Attributes   []LDAPAttribute
	Groups       LDAPGroups
	Refresh      time.Duration
	Timeout      time.Duration
	StaleFor     time.Duration
	Cache        string // path
}

// LDAPAttribute makes an attribute of the directory one of the person's.
type LDAPAttribute struct{ Name, From, Type string }

// LDAPGroups makes roles of groups. Roles is by the name of the group.
type LDAPGroups struct {
	Base   string
	Filter string
	Name   string
	Member string
	ByName bool // members are names, and not DNs
	Roles  map[string]string
}

// What a directory has that the file does not say.
const (
	DefaultLDAPFilter      = "(objectClass=inetOrgPerson)"
	DefaultLDAPName        = "uid"
	DefaultLDAPGroupFilter = "(objectClass=groupOfNames)"
	DefaultLDAPGroupName   = "cn"
	DefaultLDAPMember      = "member"
	DefaultLDAPRefresh     = 5 * time.Minute
	DefaultLDAPTimeout     = 30 * time.Second
	DefaultLDAPStaleFor    = time.Hour
	DefaultLDAPCache       = "ldap-people.json"
)

func (l *loader) ldap(n *yaml.Node) {
	if n == nil {
		return
	}
	d := &LDAP{Filter: DefaultLDAPFilter, Name: DefaultLDAPName, Refresh: DefaultLDAPRefresh, Timeout: DefaultLDAPTimeout, StaleFor: DefaultLDAPStaleFor, Cache: l.resolve(DefaultLDAPCache)}
	l.c.LDAP = d
	f := l.fields(n, "ldap", "url", "start_tls", "ca", "bind_dn", "password_file", "base", "filter", "name", "disabled", "attributes", "groups", "refresh", "timeout", "stale_for", "cache")
	for _, key := range []string{"url", "base"} {
		if f[key] == nil {
			l.refuse(n, "ldap does not say its %s", key)
		}
	}
	l.yes(f, "start_tls", &d.StartTLS)
	l.ldapURL(f, d)
	if ca := f["ca"]; ca != nil && l.path(f, "ca", &d.CA) && l.readable(ca, "the ca", d.CA) {
		if data, err := os.ReadFile(d.CA); err != nil || !x509.NewCertPool().AppendCertsFromPEM(data) {
			l.refuse(ca, "%s holds no certificate in PEM form", d.CA)
		}
	}
	l.dn(f, "bind_dn", &d.BindDN)
	if p := f["password_file"]; p != nil && l.path(f, "password_file", &d.PasswordFile) {
		l.readable(p, "the password file", d.PasswordFile)
	}
	if (d.BindDN == "") != (d.PasswordFile == "") {
		l.refuse(n, "ldap needs bind_dn and password_file together")
	}
	l.dn(f, "base", &d.Base)
	l.filter(f, "filter", &d.Filter)
	l.attribute(f, "name", &d.Name)
	l.filter(f, "disabled", &d.Disabled)
	l.ldapAttributes(f["attributes"], d)
	l.ldapGroups(f["groups"], d)
	l.duration(f, "refresh", &d.Refresh, time.Second, 24*time.Hour)
	l.duration(f, "timeout", &d.Timeout, 100*time.Millisecond, 10*time.Minute)
	l.duration(f, "stale_for", &d.StaleFor, time.Second, 31*24*time.Hour)
	l.path(f, "cache", &d.Cache)
	if d.StaleFor < d.Refresh+d.Timeout {
		at := n
		for _, key := range []string{"refresh", "stale_for"} {
			if f[key] != nil {
				at = f[key]
			}
		}
		l.refuse(at, "stale_for (%s) is less than refresh and timeout together (%s): people would be refused between two refreshes", d.StaleFor, d.Refresh+d.Timeout)
	}
}

// ldapURL reads where the directory is. A password, or who has left, is not for the network to read or to write.
func (l *loader) ldapURL(f fields, d *LDAP) {
	n := f["url"]
	if n == nil {
		return
	}
	text, ok := l.text(n, "url")
	if !ok {
		return
	}
	u, err := url.Parse(text)
	switch {
	case err == nil && u.User != nil:
		l.refuse(n, "url may hold no name and password: give bind_dn and password_file")
	case err != nil || !slices.Contains([]string{"ldap", "ldaps", "ldapi"}, u.Scheme) || u.Scheme != "ldapi" && u.Hostname() == "" || u.RawQuery != "" || u.Scheme != "ldapi" && u.Path != "" && u.Path != "/":
		l.refuse(n, "url must be such as ldaps://ldap.example.org, not %q", text)
	case u.Scheme != "ldap" && d.StartTLS:
		l.refuse(f["start_tls"], "start_tls is for ldap:// alone")
	case u.Scheme == "ldap" && !d.StartTLS && !loopback(u.Hostname()):
		l.refuse(n, "ldap:// without start_tls would let anybody on the way read the password and make up people: write ldaps://, or start_tls: true")
	}
	d.URL = text
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// ldapAttributes reads name: attribute, or name: {from: attribute, type: list}.
func (l *loader) ldapAttributes(n *yaml.Node, d *LDAP) {
	if n == nil {
		return
	}
	for _, e := range l.pairs(n, "attributes") {
		a := LDAPAttribute{Name: e.key.Value, From: e.value.Value, Type: "text"}
		if e.value.Kind == yaml.MappingNode {
			f := l.fields(e.value, "attributes."+a.Name, "from", "type")
			if f["from"] == nil {
				l.refuse(e.value, "attributes.%s does not say from which attribute of the directory", a.Name)
			}
			l.attribute(f, "from", &a.From)
			l.oneOf(f, "type", &a.Type, "text", "integer", "decimal", "boolean", "list")
		} else {
			l.attribute(fields{a.Name: e.value}, a.Name, &a.From)
		}
		d.Attributes = append(d.Attributes, a)
	}
}

func (l *loader) ldapGroups(n *yaml.Node, d *LDAP) {
	if n == nil {
		return
	}
	g := &d.Groups
	*g = LDAPGroups{Base: d.Base, Filter: DefaultLDAPGroupFilter, Name: DefaultLDAPGroupName, Member: DefaultLDAPMember, Roles: map[string]string{}}
	f := l.fields(n, "groups", "base", "filter", "name", "member", "members", "roles")
	l.dn(f, "base", &g.Base)
	l.filter(f, "filter", &g.Filter)
	l.attribute(f, "name", &g.Name)
	l.attribute(f, "member", &g.Member)
	members := "dn"
	l.oneOf(f, "members", &members, "dn", "name")
	g.ByName = members == "name"
	if f["roles"] == nil {
		l.refuse(n, "groups does not say which group is which role: give it roles: {group: role}")
		return
	}
	for _, e := range l.pairs(f["roles"], "groups.roles") {
		if role, ok := l.text(e.value, "groups.roles."+e.key.Value); ok {
			g.Roles[e.key.Value] = role
		}
	}
}

// pair is an entry of a mapping with keys of the writer's own.
type pair struct{ key, value *yaml.Node }

func (l *loader) pairs(n *yaml.Node, what string) (list []pair) {
	if n.Kind != yaml.MappingNode {
		l.refuse(n, "%s must be a mapping such as {key: value}, not %s", what, kindOf(n))
		return nil
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if _, ok := l.text(key, "a key of "+what); !ok {
			continue
		}
		if seen[key.Value] {
			l.refuse(key, "%q is given twice in %s", key.Value, what)
			continue
		}
		seen[key.Value] = true
		list = append(list, pair{key, n.Content[i+1]})
	}
	return list
}

func (l *loader) yes(f fields, key string, into *bool) {
	n := f[key]
	if n == nil {
		return
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		l.refuse(n, "%s must be true or false, not %s", key, kindOf(n))
		return
	}
	*into = strings.EqualFold(n.Value, "true")
}

func (l *loader) dn(f fields, key string, into *string) {
	if n := f[key]; n != nil {
		if text, ok := l.text(n, key); ok {
			if _, err := ldap.ParseDN(text); err != nil {
				l.refuse(n, "%s must be a DN such as ou=people,dc=example,dc=org, not %q", key, text)
			}
			*into = text
		}
	}
}

func (l *loader) filter(f fields, key string, into *string) {
	if n := f[key]; n != nil {
		if text, ok := l.text(n, key); ok {
			if _, err := ldap.CompileFilter(text); err != nil || !strings.HasPrefix(text, "(") || !strings.HasSuffix(text, ")") {
				l.refuse(n, "%s must be a filter in LDAP's notation such as (objectClass=person), not %q", key, text)
			}
			*into = text
		}
	}
}

var attributeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

func (l *loader) attribute(f fields, key string, into *string) {
	if n := f[key]; n != nil {
		if text, ok := l.text(n, key); ok {
			if !attributeForm.MatchString(text) {
				l.refuse(n, "%s must be an attribute's name such as uid, not %q", key, text)
			}
			*into = text
		}
	}
}
