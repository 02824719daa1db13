package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// A Lease is a temporary grant of a rule with on_request to one person: who gave it, until when and why. The file of leases is append-only: a lease is its first entry, the approvals behind it, and a revocation.
type Lease struct {
	ID        string
	User      string
	Rule      string
	By        []string // who granted it, in order
	From      time.Time
	Until     time.Time
	Reason    string
	Revoked   time.Time // the zero time: not
	RevokedBy string
	Needs     int // approvals, as the rule says
}

// InForce says whether the lease counts at a moment.
func (l *Lease) InForce(now time.Time) bool {
	return l.Needs > 0 && len(l.By) >= l.Needs && l.Revoked.IsZero() && !now.Before(l.From) && now.Before(l.Until)
}

// LeaseEntry is one line of the file.
type LeaseEntry struct {
	Do     string    `json:"do"` // grant, approve or revoke
	ID     string    `json:"id"`
	User   string    `json:"user,omitempty"`
	Rule   string    `json:"rule,omitempty"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// CheckLease says why an entry may not stand behind those that are there; nil when it may.
func (p *Policy) CheckLease(e LeaseEntry) error {
	var known *Lease
	for _, l := range p.Leases {
		if l.ID == e.ID {
			known = l
		}
	}
	name := e.Rule
	if known != nil {
		name = known.Rule
	}
	var rule *Rule
	for _, r := range p.Rules {
		if r.Name == name {
			rule = r
		}
	}
	switch {
	case e.ID == "" || e.By == "" || e.At.IsZero():
		return fmt.Errorf("the entry lacks an id, a name or a time")
	case e.Do == "grant" && known != nil:
		return fmt.Errorf("there is a grant %s already", e.ID)
	case e.Do != "grant" && known == nil:
		return fmt.Errorf("there is no grant %s", e.ID)
	case rule == nil || rule.Request == nil:
		return fmt.Errorf("no rule %q is given on request", name)
	case p.Users[e.By] == nil || p.Users[e.By].Disabled:
		return fmt.Errorf("%q is not one of the policy's users, or is disabled", e.By)
	}
	may := slices.Contains(rule.Request.By, e.By)
	switch e.Do {
	case "grant", "approve":
		user, until := e.User, e.Until
		if known != nil {
			user, until = known.User, known.Until
		}
		switch {
		case !may:
			return fmt.Errorf("%q may not grant rule %q: it is given by %s", e.By, name, strings.Join(rule.Request.By, ", "))
		case user == e.By:
			return fmt.Errorf("%q may not grant a rule to themselves", e.By)
		case known == nil && p.Users[user] == nil:
			return fmt.Errorf("%q is not one of the policy's users", user)
		case known == nil && (!until.After(e.At) || until.Sub(e.At) > rule.Request.Max):
			return fmt.Errorf("rule %q is given for at most %s", name, rule.Request.Max)
		case known == nil && strings.TrimSpace(e.Reason) == "":
			return fmt.Errorf("a grant needs a reason")
		case known != nil && slices.Contains(known.By, e.By):
			return fmt.Errorf("%q has granted it already: the second must be somebody else", e.By)
		case known != nil && !known.Revoked.IsZero():
			return fmt.Errorf("grant %s has been revoked", e.ID)
		}
	case "revoke":
		if !may && known.User != e.By {
			return fmt.Errorf("%q may not revoke a grant of rule %q: %s may", e.By, name, strings.Join(rule.Request.By, ", "))
		}
	default:
		return fmt.Errorf("%q is none of grant, approve and revoke", e.Do)
	}
	return nil
}

// AddLease adds an entry that CheckLease has passed.
func (p *Policy) addLease(e LeaseEntry) {
	if e.Do == "grant" {
		needs := 0
		for _, r := range p.Rules {
			if r.Name == e.Rule && r.Request != nil {
				needs = r.Request.Needs
			}
		}
		p.Leases = append(p.Leases, &Lease{ID: e.ID, User: e.User, Rule: e.Rule, By: []string{e.By}, From: e.At, Until: e.Until, Reason: e.Reason, Needs: needs})
		return
	}
	for _, l := range p.Leases {
		switch {
		case l.ID != e.ID:
		case e.Do == "approve":
			l.By = append(l.By, e.By)
		case l.Revoked.IsZero():
			l.Revoked, l.RevokedBy = e.At, e.By
		}
	}
}

// grantsFile reads the leases. An entry that the policy of today does not allow any more, because its rule, user or granter has gone, grants nothing and is warned of: a policy must not become unloadable by a lease of last year.
func (l *loader) grantsFile(n *yaml.Node) {
	name, ok := l.word(n, "grants_file")
	if !ok {
		return
	}
	l.p.GrantsFile = l.resolve(name)
	l.p.Files = append(l.p.Files, l.p.GrantsFile)
	data, err := l.readFile(l.p.GrantsFile)
	if err != nil {
		if strings.HasSuffix(fileError(l.p.GrantsFile, err), " does not exist") {
			return // nobody has granted anything yet
		}
		l.refuse(n, "the file of grants cannot be read: %s", fileError(l.p.GrantsFile, err))
		return
	}
	for i, line := range bytes.Split(data, []byte("\n")) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var e LeaseEntry
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&e); err != nil {
			l.refuse(n, "%s: line %d is not an entry: %s", l.p.GrantsFile, i+1, err)
			return
		}
		if err := l.p.CheckLease(e); err != nil {
			l.warn(n.Line, n.Column, "%s: line %d counts for nothing: %s", l.p.GrantsFile, i+1, err)
			continue
		}
		l.p.addLease(e)
	}
}

// leased is the temporary grant by which a person has a rule with on_request at a moment: of several, the one that lasts longest; nil for none.
func (p *Policy) leased(r *Rule, person string, now time.Time) (longest *Lease) {
	for _, l := range p.Leases {
		if l.Rule != r.Name || l.User != person || person == "" {
			continue
		}
		if l.InForce(now) && (longest == nil || l.Until.After(longest.Until)) {
			longest = l
		}
	}
	return longest
}
