package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sort"
	"sync"
	"time"
)

// Grant is what one person may do at one moment. It may be shared by goroutines.
// The zero Grant denies everything.
type Grant struct {
	// Key is a digest of everything that influences the grant's decisions but the names of the person and the login: the policy, the rules in force for
	// this person, the attributes that these rules need, powers and functions. Equal keys mean equal decisions.
	Key [32]byte

	// Until is the next moment at which a rule's time window opens or closes, or the person's validity ends: from then on, bind again.
	// The zero time: never.
	Until time.Time

	// Invalid is a complete sentence that says why this person may do nothing at all; "" for a valid person.
	Invalid string

	policy       *Policy
	rules        []*Rule  // the enforcing rules in force, in order
	observing    []*Rule  // the observing rules in force, in order
	absent       []absent // the enforcing rules that are about this person, but not in force, in order
	attrs        map[string]Value
	powers       Power
	functions    []*TablePattern
	leases       map[*Rule]*Lease // by which the person has rules with on_request
	rawTables    bool
	unrestricted bool

	mu        sync.RWMutex
	decisions map[TableName]*Decision // guarded by mu; at most maxDecisions
}

// absent is a rule about the person that is not in force at the moment. It changes nothing but what a refusal says: whoever is refused on a Sunday should not be told that there is no rule for them.
type absent struct {
	rule *Rule
	when string // it would be in force, to stand behind "it fits"
}

// maxDecisions bounds a grant's memory of decisions: with `public.*` in a rule every table of a database can end up there. Over it, the memory starts afresh.
const maxDecisions = 8192

// Bind joins the policy with a person at a moment. The person's roles and attributes are the Subject's, as [Policy.Subject] fills them;
// validity is looked up in the policy.
func (p *Policy) Bind(s Subject) *Grant {
	g := &Grant{policy: p, attrs: s.Attributes, decisions: make(map[TableName]*Decision)}
	if g.Invalid = p.invalid(s); g.Invalid != "" {
		h := sha256.New()
		h.Write(p.state[:])
		h.Write([]byte("invalid\x00" + g.Invalid))
		h.Sum(g.Key[:0])
		return g
	}
	if u := p.Users[s.Person]; s.Person != "" && u != nil {
		g.Until = u.ends()
	}
	if !s.Until.IsZero() && (g.Until.IsZero() || s.Until.Before(g.Until)) {
		g.Until = s.Until
	}
	roles := make(map[string]bool, len(s.Roles))
	for _, name := range s.Roles {
		if roles[name] {
			continue
		}
		roles[name] = true
		if r := p.Roles[name]; r != nil {
			g.powers |= r.May
			for i := range r.Functions {
				g.functions = append(g.functions, &r.Functions[i])
			}
		}
	}
	for _, r := range p.Rules {
		if !r.fits(s, roles) {
			continue
		}
		if r.Request != nil {
			lease := p.leased(r, s.Person, s.Now)
			if lease == nil {
				g.missing(r, "for a time, once it is granted")
				continue
			}
			if g.leases == nil {
				g.leases = map[*Rule]*Lease{}
			}
			g.leases[r] = lease
			if g.Until.IsZero() || lease.Until.Before(g.Until) {
				g.Until = lease.Until
			}
		}
		if r.When != nil {
			holds, change := r.When.at(s.Now)
			here := r.When.here(s)
			if !change.IsZero() && here && (g.Until.IsZero() || change.Before(g.Until)) {
				g.Until = change
			}
			switch {
			case !holds:
				g.missing(r, "at other times")
				continue
			case !here:
				g.missing(r, "with another address, application or certificate")
				continue
			}
		}
		if r.Observe {
			g.observing = append(g.observing, r)
		} else {
			g.rules = append(g.rules, r)
		}
	}
	g.rawTables = g.everythingRaw()
	g.unrestricted = g.rawTables && g.powers == MayAll && len(g.observing) == 0
	g.Key = g.digest()
	return g
}

func (g *Grant) missing(r *Rule, when string) {
	if !r.Observe {
		g.absent = append(g.absent, absent{r, when})
	}
}

// fits says whether the rule is about this person.
func (r *Rule) fits(s Subject, roles map[string]bool) bool {
	if len(r.Roles) == 0 && len(r.Users) == 0 && len(r.Logins) == 0 {
		return true
	}
	for _, name := range r.Roles {
		if roles[name] {
			return true
		}
	}
	if s.Person != "" {
		for _, name := range r.Users {
			if name == s.Person {
				return true
			}
		}
	}
	for _, name := range r.Logins {
		if name == s.Login {
			return true
		}
	}
	return false
}

// invalid is why the person may do nothing, or "".
func (p *Policy) invalid(s Subject) string {
	login := p.Logins[s.Login]
	if s.Person == "" {
		switch {
		case login == nil:
			return "the session has no person: its login is empty"
		case !login.Batch:
			return fmt.Sprintf("login %q speaks for other people, and this statement names none of them", s.Login)
		}
		return ""
	}
	u := p.Users[s.Person]
	switch {
	case u != nil && u.Disabled:
		return "the person is disabled"
	case u != nil && u.Stale(s.Now) != "":
		return u.Stale(s.Now)
	case u == nil && s.Proven && p.Departed(s.Person):
		return "the person is no longer one of the policy's users"
	case u == nil && !s.Proven && (login != nil || s.Person != s.Login):
		return "the person is not one of the policy's users"
	case u != nil && !u.ValidUntil.IsZero() && !s.Now.Before(u.ValidUntil):
		return fmt.Sprintf("the person was valid until %s", u.ValidUntil.Format(time.RFC3339))
	}
	return ""
}

// everythingRaw says whether every table, whatever its name, is as PostgreSQL has it. It may err on the side of no.
func (g *Grant) everythingRaw() bool { return g.policy.Default == Raw && g.namedRaw() }

// namedRaw says whether every table that some rule names is as PostgreSQL has it. It may err on the side of no.
func (g *Grant) namedRaw() bool {
	inForce := make(map[*Rule]bool, len(g.rules))
	for _, r := range g.rules {
		inForce[r] = true
	}
	// coveredBy looks for a raw rule before index end that takes every table of the pattern.
	coveredBy := func(q *TablePattern, end int) bool {
		for _, r := range g.rules {
			if r.Index >= end {
				return false
			}
			if !r.raw() {
				continue
			}
			for i := range r.Tables {
				if r.Tables[i].covers(q) {
					return true
				}
			}
		}
		return false
	}
	for _, r := range g.policy.Rules {
		if r.Observe || inForce[r] && r.raw() {
			continue
		}
		// A rule in force that restricts must be shadowed by a raw one before it. One not in force names tables, which some raw rule must take,
		// wherever it stands; no restricting rule in force is in between unless it is itself shadowed.
		end := len(g.policy.Rules)
		if inForce[r] {
			end = r.Index
		}
		for i := range r.Tables {
			if !coveredBy(&r.Tables[i], end) {
				return false
			}
		}
	}
	return true
}

// raw says whether the rule leaves its tables as PostgreSQL has them.
func (r *Rule) raw() bool {
	return r.Allow == OpAll && r.Rows == nil && len(r.Masks) == 0 && len(r.Force) == 0 && len(r.ReadOnly) == 0 && r.Export == nil && r.References != ReferencesCheckAll
}

// digest is Key: every part is preceded by its length or ended by a byte that it cannot hold, so that no two grants write the same bytes.
func (g *Grant) digest() [32]byte {
	h := sha256.New()
	var b [8]byte
	number := func(n uint64) { binary.BigEndian.PutUint64(b[:], n); h.Write(b[:]) }
	text := func(s string) { number(uint64(len(s))); h.Write([]byte(s)) }
	h.Write(g.policy.state[:])
	number(uint64(g.powers))
	number(uint64(len(g.functions)))
	functions := make([]string, len(g.functions))
	for i, f := range g.functions {
		functions[i] = f.Schema + "\x01" + f.Name
	}
	sort.Strings(functions)
	for _, f := range functions {
		text(f)
	}
	needed := map[string]bool{}
	for _, rules := range [2][]*Rule{g.rules, g.observing} {
		number(uint64(len(rules)))
		for _, r := range rules {
			number(uint64(r.Index))
			r.eachExpr(func(e *Expr) {
				for _, a := range e.Attrs {
					needed[a.Name] = true
				}
			})
		}
	}
	number(uint64(len(g.absent)))
	for _, a := range g.absent {
		number(uint64(a.rule.Index))
		text(a.when)
	}
	names := make([]string, 0, len(needed))
	for name := range needed {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		text(name)
		text(g.attrs[name].SQL)
	}
	var key [32]byte
	h.Sum(key[:0])
	return key
}

// eachExpr calls f with every expression that the rule's decisions can hold.
func (r *Rule) eachExpr(f func(*Expr)) {
	if r.Rows != nil {
		f(r.Rows)
	}
	if r.Unmask != nil && r.Unmask.When != nil {
		f(r.Unmask.When)
	}
	for _, c := range r.Force {
		f(c.Value)
	}
	for i := range r.Masks {
		r.Masks[i].Mask.eachExpr(f)
	}
}

// eachExpr calls f with every expression of the mask.
func (m *Mask) eachExpr(f func(*Expr)) {
	if m.SQL != nil {
		f(m.SQL)
	}
	for _, p := range m.JSON.Paths {
		if p.Mask != nil {
			p.Mask.eachExpr(f)
		}
	}
}

// Lease is the temporary grant by which the person has a rule; nil for a rule that needs none.
func (g *Grant) Lease(r *Rule) *Lease { return g.leases[r] }

// Unrestricted says that nothing is denied, filtered, masked, limited or observed for this person, whatever the table, and that they have every power.
func (g *Grant) Unrestricted() bool { return g.unrestricted }

// RawTables says that nothing is denied, filtered, masked or limited for this person, whatever the table. Unlike Unrestricted, powers do not count,
// nor do observing rules. It may err on the side of no.
func (g *Grant) RawTables() bool { return g.rawTables }

// May says whether the person has all the given powers.
func (g *Grant) May(p Power) bool { return p != 0 && g.powers&p == p && g.Invalid == "" }

// Powers is all that the person may do beyond reading and writing rows.
func (g *Grant) Powers() Power { return g.powers }

// Function says whether a role of the person names this function.
func (g *Grant) Function(schema, name string) bool {
	for _, f := range g.functions {
		if f.Match(TableName{schema, name}) {
			return true
		}
	}
	return false
}

// Names says whether some enforcing rule of the policy names the table, also by a `*`, whether or not the rule is about this person.
func (g *Grant) Names(t TableName) bool { return g.policy != nil && g.policy.names(t, false) }

// NamesItself says whether some enforcing rule of the policy names the table without a `*`.
// A view over protected tables is its own master only then: a broad `public.*` is not meant to open what a narrower rule closes.
func (g *Grant) NamesItself(t TableName) bool { return g.policy != nil && g.policy.names(t, true) }

func (p *Policy) names(t TableName, exactly bool) bool {
	for _, r := range p.Rules {
		if r.Observe {
			continue
		}
		for i := range r.Tables {
			if exactly {
				if name, ok := r.Tables[i].Exact(); ok && name == t {
					return true
				}
			} else if r.Tables[i].Match(t) {
				return true
			}
		}
	}
	return false
}

// Decide says what the person may do with a table. It never returns nil, and asked again it returns the same Decision without allocating.
func (g *Grant) Decide(t TableName) *Decision {
	g.mu.RLock()
	d := g.decisions[t]
	g.mu.RUnlock()
	if d != nil {
		return d
	}
	d = g.decide(t)
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.decisions[t]; known != nil {
		return known
	}
	if g.decisions == nil || len(g.decisions) >= maxDecisions {
		g.decisions = make(map[TableName]*Decision)
	}
	g.decisions[t] = d
	return d
}

// decide makes the decision that Decide remembers.
func (g *Grant) decide(t TableName) *Decision {
	switch {
	case g.Invalid != "":
		return &Decision{Table: t, Reason: g.Invalid}
	case g.policy == nil:
		return &Decision{Table: t, Reason: "no policy is in force"}
	}
	d, index := g.enforced(t), len(g.policy.Rules)
	if d.Rule != nil {
		index = d.Rule.Index
	}
	if r := first(g.observing, t); r != nil && r.Index < index {
		d.Observed = r.decide(t, g.attrs)
		d.Observed.Observe = true
	}
	return d
}

func (g *Grant) enforced(t TableName) *Decision {
	if r := first(g.rules, t); r != nil {
		return r.decide(t, g.attrs)
	}
	switch {
	case g.policy.names(t, false):
		reason := fmt.Sprintf("no rule on %s fits this person", t)
		for _, a := range g.absent {
			if a.rule.names(t) {
				reason += fmt.Sprintf(" now; rule %q at %s fits %s", a.rule.Name, a.rule.Position(), a.when)
				break
			}
		}
		return &Decision{Table: t, Reason: reason}
	case isSystemSchema(t.Schema), g.policy.Default == Raw:
		return &Decision{Verdict: Raw, Table: t, Allow: OpAll}
	default:
		return &Decision{Table: t, Reason: fmt.Sprintf("no rule names %s, and defaults.tables is deny", t)}
	}
}

// names says whether the table is one of the rule's.
func (r *Rule) names(t TableName) bool {
	for i := range r.Tables {
		if r.Tables[i].Match(t) {
			return true
		}
	}
	return false
}

// first is the first of the rules that names the table.
func first(rules []*Rule, t TableName) *Rule {
	for _, r := range rules {
		if r.names(t) {
			return r
		}
	}
	return nil
}

// decide is what the rule says of one of its tables.
func (r *Rule) decide(t TableName, attrs map[string]Value) *Decision {
	d := &Decision{Table: t, Rule: r}
	if r.Allow == 0 {
		d.Reason = fmt.Sprintf("rule %q allows nothing on %s", r.Name, t)
		return d
	}
	d.Verdict, d.Allow, d.Rows, d.Force, d.Export, d.attrs = Restricted, r.Allow, r.Rows, r.Force, r.Export, attrs
	d.WriteBackDeny, d.MaskedInsertDeny, d.References = r.WriteBack == WriteBackDeny, r.MaskedInsertDeny, r.References
	for _, c := range r.ReadOnly {
		d.ReadOnly = append(d.ReadOnly, c.Text)
	}
	d.Masks = r.masksOf(t)
	if r.raw() {
		d.Verdict = Raw
	}

	// Fail closed: NULL in place of a missing attribute would turn `owner_id <> me.x` into no rows, but `NOT (…)` or coalesce into all of them.
	missing := d.Rows.missing(attrs)
	for i := range d.Masks {
		if missing == "" {
			missing = d.Masks[i].Unless.missing(attrs)
		}
		if missing == "" {
			d.Masks[i].Mask.eachExpr(func(e *Expr) {
				if missing == "" {
					missing = e.missing(attrs)
				}
			})
		}
	}
	for i := range d.Force {
		if missing == "" {
			missing = d.Force[i].Value.missing(attrs)
		}
	}
	if missing != "" {
		return &Decision{Table: t, Rule: r, Reason: fmt.Sprintf("rule %q needs the attribute %s, which this person does not have", r.Name, missing)}
	}
	return d
}

// masksOf is the rule's masks on one table. A mask on a column by name goes before one by tag; of tags, the first one written.
func (r *Rule) masksOf(t TableName) []ColumnMask {
	var masks []ColumnMask
	add := func(column string, m *RuleMask) {
		for i := range masks {
			if masks[i].Column == column {
				return
			}
		}
		cm := ColumnMask{Column: column, Mask: m.Mask, Exact: m.Exact}
		if r.Unmask != nil {
			for _, c := range r.Unmask.Columns {
				if c.Text == column {
					cm.Unless = r.Unmask.When
				}
			}
		}
		masks = append(masks, cm)
	}
	for i := range r.Masks {
		if m := &r.Masks[i]; m.Tag == nil {
			add(m.Column, m)
		}
	}
	for i := range r.Masks {
		if m := &r.Masks[i]; m.Tag != nil {
			for j := range m.Tag.Columns {
				if c := &m.Tag.Columns[j]; c.Table.Match(t) {
					add(c.Column, m)
				}
			}
		}
	}
	return masks
}
