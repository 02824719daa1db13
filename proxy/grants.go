package proxy

import (
	"net/netip"
	"sync"
	"time"

	"cordon/identity"
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
	k := grantKey{p, subject.Person, subject.Login, subject.Client, token}
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

// invalidNow says why the person of a session may do nothing, "" when they may. A login that speaks for others is judged statement by statement.
func (s *session) invalidNow(p *policy.Policy, now time.Time) string {
	if p.Logins[s.login] != nil {
		return ""
	}
	if _, err := identity.Resolve(p, s.login, identity.Carried{}, s.clientAddr().Addr(), now, &s.server.tokens); err != nil {
		return err.Error()
	}
	return ""
}
