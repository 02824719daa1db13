// Package directory reads people from an LDAP directory: entries become people, groups become roles, attributes become attributes. What it gives is JSON, which is also the cache that outlives the directory's outage.
//
// All or nothing: a search that fails, is cut short by a limit of the server's, or tells of a group in part fails as a whole, because a person who is missing a role can be one whom a rule lets through.
package directory

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Source says where people are, and what of them counts.
type Source struct {
	URL          string // ldaps://, ldap:// or ldapi://
	StartTLS     bool
	CA           string // path of the trusted certificates, PEM; "" for the machine's own
	BindDN       string // "" to bind as nobody
	PasswordFile string
	Timeout      time.Duration // of one reading

	Base       string
	Filter     string
	Name       string // the attribute that holds the person's name
	Disabled   string // the filter of those who may do nothing; "" for none
	Attributes []Attribute
	Groups     Groups
}

// Attribute is one that people get.
type Attribute struct {
	Name string // me.name
	From string // the directory's attribute
	Type Type
}

// Type is what the values of an attribute are.
type Type string

// The types of attributes.
const (
	Text    Type = "text"
	Integer Type = "integer"
	Decimal Type = "decimal"
	Boolean Type = "boolean"
	List    Type = "list"
)

// Groups says how groups become roles. Without Roles there are none.
type Groups struct {
	Base   string
	Filter string
	Name   string            // the attribute that holds the group's name
	Member string            // the attribute that holds the members
	ByName bool              // members are people's names, as in memberUid, and not DNs
	Roles  map[string]string // role by the group's name
}

// Limits on what a directory can make Cordon hold.
const (
	MaxPeople = 200_000
	pageSize  = 500
	maxPacket = 64 << 20
	maxName   = 256
	maxText   = 64 << 10
)

func init() { ber.MaxPacketLengthBytes = maxPacket }

// Read asks the directory for everyone. Entries that are nobody are passed over, and told in People.Skipped.
func (s *Source) Read(ctx context.Context) (*People, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	began := time.Now()
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer conn.Close()
	defer stop()
	p, err := s.read(conn)
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("it takes longer than %s", s.Timeout)
		}
		return nil, fmt.Errorf("read the directory %s: %w", s.URL, err)
	}
	p.AsOf = began.UTC().Truncate(time.Second)
	return p, nil
}

// connect opens a session with the directory that has proven who it is, when TLS is asked for, and who Cordon is.
func (s *Source) connect(ctx context.Context) (*ldap.Conn, error) {
	where, err := url.Parse(s.URL)
	if err != nil {
		return nil, err
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: where.Hostname()}
	if s.CA != "" {
		pem, err := os.ReadFile(s.CA)
		if err != nil {
			return nil, fmt.Errorf("read the directory's authorities: %w", err)
		}
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read the directory's authorities: %s holds no certificate", s.CA)
		}
	}
	password := ""
	if s.BindDN != "" {
		data, err := os.ReadFile(s.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("read the directory's password: %w", err)
		}
		if password = strings.TrimRight(string(data), "\r\n"); password == "" {
			return nil, fmt.Errorf("read the directory's password: %s is empty", s.PasswordFile) // LDAP would take it for a bind as nobody, and succeed
		}
	}
	conn, err := ldap.DialURL(s.URL, ldap.DialWithDialer(&net.Dialer{Timeout: s.Timeout}), ldap.DialWithTLSConfig(trust))
	if err != nil {
		return nil, fmt.Errorf("connect to the directory %s: %w", s.URL, err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	conn.SetTimeout(s.Timeout)
	if s.StartTLS {
		if err := conn.StartTLS(trust); err != nil {
			conn.Close()
			return nil, fmt.Errorf("start TLS with the directory %s: %w", s.URL, err)
		}
	}
	if s.BindDN != "" {
		if err := conn.Bind(s.BindDN, password); err != nil {
			conn.Close()
			return nil, fmt.Errorf("bind to the directory %s as %s: %w", s.URL, s.BindDN, err)
		}
	}
	return conn, nil
}

func (s *Source) read(conn *ldap.Conn) (*People, error) {
	wanted := []string{s.Name}
	for _, a := range s.Attributes {
		wanted = append(wanted, a.From)
	}
	entries, err := search(conn, s.Base, s.Filter, wanted)
	if err != nil {
		return nil, fmt.Errorf("search for people: %w", err)
	}
	p := &People{People: make(map[string]*Person, len(entries))}
	byDN := make(map[string]*Person, len(entries))
	var twice []string
	for _, e := range entries {
		dn, err := foldDN(e.DN)
		if err != nil {
			return nil, err
		}
		name, why := nameOf(e, s.Name)
		if why != "" {
			p.skip("%s is nobody: %s", e.DN, why)
			continue
		}
		if p.People[name] != nil {
			twice = append(twice, name)
			continue
		}
		one := &Person{}
		for _, a := range s.Attributes {
			v, why := a.read(values(e, a.From))
			if why != "" {
				p.skip("%s has no %s: %s", e.DN, a.Name, why)
			} else if v != nil {
				if one.Attributes == nil {
					one.Attributes = map[string]any{}
				}
				one.Attributes[a.Name] = v
			}
		}
		p.People[name], byDN[dn] = one, one
	}
	if s.Disabled != "" {
		off, err := search(conn, s.Base, "(&"+s.Filter+s.Disabled+")", []string{s.Name})
		if err != nil {
			return nil, fmt.Errorf("search for the disabled: %w", err)
		}
		for _, e := range off {
			dn, err := foldDN(e.DN)
			if err != nil {
				return nil, err
			}
			if one := byDN[dn]; one != nil {
				one.Disabled = true
			}
		}
	}
	if err := s.groups(conn, p, byDN); err != nil {
		return nil, err
	}
	for _, name := range twice { // which of the two speaks cannot be known
		if p.People[name] != nil {
			p.skip("%q is nobody: several entries have this name", name)
			delete(p.People, name)
		}
	}
	for _, one := range p.People {
		sort.Strings(one.Roles)
	}
	return p, nil
}

// groups gives people the roles of their groups.
func (s *Source) groups(conn *ldap.Conn, p *People, byDN map[string]*Person) error {
	g := &s.Groups
	if len(g.Roles) == 0 {
		return nil
	}
	var any strings.Builder
	for name := range g.Roles {
		fmt.Fprintf(&any, "(%s=%s)", g.Name, ldap.EscapeFilter(name))
	}
	entries, err := search(conn, g.Base, "(&"+g.Filter+"(|"+any.String()+"))", []string{g.Name, g.Member})
	if err != nil {
		return fmt.Errorf("search for groups: %w", err)
	}
	for _, e := range entries {
		var roles []string
		for _, name := range values(e, g.Name) {
			if role := g.Roles[name]; role != "" {
				roles = append(roles, role)
			}
		}
		for _, a := range e.Attributes {
			if strings.HasPrefix(strings.ToLower(a.Name), strings.ToLower(g.Member)+";") {
				return fmt.Errorf("the directory tells only a part of the members of %s (%s): let it give them all", e.DN, a.Name)
			}
		}
		for _, member := range values(e, g.Member) {
			one := p.People[member]
			if !g.ByName {
				dn, err := foldDN(member)
				if err != nil {
					p.skip("%s has a member that is no DN", e.DN)
					continue
				}
				one = byDN[dn]
			}
			if one == nil {
				continue // another group, or somebody whom the filter leaves out
			}
			for _, role := range roles {
				if !slices.Contains(one.Roles, role) {
					one.Roles = append(one.Roles, role)
				}
			}
		}
	}
	return nil
}

// search finds all entries, page by page.
func search(conn *ldap.Conn, base, filter string, attributes []string) ([]*ldap.Entry, error) {
	page := ldap.NewControlPaging(pageSize)
	var all []*ldap.Entry
	for {
		r, err := conn.Search(ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, []ldap.Control{page}))
		if err != nil {
			return nil, err
		}
		if all = append(all, r.Entries...); len(all) > MaxPeople {
			return nil, fmt.Errorf("there are more than %d entries", MaxPeople)
		}
		if len(r.Referrals) > 0 {
			return nil, errors.New("the directory refers to another for a part of the entries, and Cordon does not follow")
		}
		next, _ := ldap.FindControl(r.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		if next == nil || len(next.Cookie) == 0 {
			return all, nil
		}
		page.SetCookie(next.Cookie)
	}
}

// values are those of an attribute, wherever they stand; names of attributes have no case.
func values(e *ldap.Entry, name string) (all []string) {
	for _, a := range e.Attributes {
		if strings.EqualFold(a.Name, name) {
			all = append(all, a.Values...)
		}
	}
	return all
}

func nameOf(e *ldap.Entry, attribute string) (name, why string) {
	switch v := values(e, attribute); {
	case len(v) == 0 || v[0] == "":
		return "", "it has no " + attribute
	case len(v) > 1:
		return "", "it has several of " + attribute
	case len(v[0]) > maxName || bad(v[0]):
		return "", "its " + attribute + " is too long, or not text"
	default:
		return v[0], ""
	}
}

// foldDN is a DN as it is compared.
func foldDN(text string) (string, error) {
	dn, err := ldap.ParseDN(text)
	if err != nil {
		return "", fmt.Errorf("%q is no DN: %w", text, err)
	}
	return strings.ToLower(dn.String()), nil
}

var (
	integer = regexp.MustCompile(`^-?[0-9]{1,300}$`)
	decimal = regexp.MustCompile(`^-?[0-9]{1,300}(\.[0-9]{1,300})?$`)
)

func bad(text string) bool {
	return len(text) > maxText || strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text)
}

// read makes a value of what the directory has; nil for none.
func (a *Attribute) read(all []string) (value any, why string) {
	if slices.ContainsFunc(all, bad) {
		return nil, "it is too long, or not text"
	}
	switch {
	case len(all) == 0:
		return nil, ""
	case a.Type == List:
		return all, ""
	case len(all) > 1:
		return nil, fmt.Sprintf("%s has several values", a.From)
	}
	switch v := all[0]; {
	case a.Type == Text:
		return v, ""
	case a.Type == Integer && integer.MatchString(v), a.Type == Decimal && decimal.MatchString(v):
		return number(v), ""
	case a.Type == Boolean && (strings.EqualFold(v, "true") || strings.EqualFold(v, "false")):
		return strings.EqualFold(v, "true"), ""
	default:
		return nil, fmt.Sprintf("%q is not of type %s", v, a.Type)
	}
}
