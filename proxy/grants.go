package proxy

import (
	"net/netip"
	"sync"

	"cordon/policy"
)

// grants are bound policies, shared by the sessions of one person: binding reads every rule.
type grants struct {
	mu  sync.Mutex
	all map[grantKey]*policy.Grant // guarded by mu
}

type grantKey struct {
	policy        *policy.Policy
	person, login string
	client        netip.Addr
	application   string // when a rule asks for it
	certificate   string
	token         string // of a person who is known by one: it may give roles and attributes
}

// maxGrants bounds the memory of grants; over it, it starts afresh.
const maxGrants = 10_000

func (g *grants) clear() {
	g.mu.Lock()
	g.all = nil
	g.mu.Unlock()
}

// grantOf binds the policy to a person, or finds that it has been done.
func (srv *Server) grantOf(p *policy.Policy, subject policy.Subject, token string) *policy.Grant {
	k := grantKey{p, subject.Person, subject.Login, subject.Client, "", subject.Certificate, token}
	if p.ByApplication {
		k.application = subject.Application
	}
	g := &srv.grants
	g.mu.Lock()
	defer g.mu.Unlock()
	if old := g.all[k]; old != nil && (old.Until.IsZero() || subject.Now.Before(old.Until)) {
		return old
	}
	if g.all == nil || len(g.all) >= maxGrants {
		g.all = make(map[grantKey]*policy.Grant)
	}
	bound := p.Bind(subject)
	g.all[k] = bound
	return bound
}
