package identity

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cordon/policy"
)

// Carried is the person that a statement carries, by each of the ways there are; "" where it carries none. As with any setting in PostgreSQL that has been
// reset, a setting of ” is none.
type Carried struct {
	Setting     string // the value of the login's setting, such as cordon.user
	Comment     string // the value of the login's key in a comment of the statement
	Application string // application_name, for a login that carries the person in it
	Token       string // a signed token: the value of the token's setting
}

// SQLSTATEs of the errors here.
const (
	CodeNotAllowed = "42501" // the login may not speak for others
	CodeNoPerson   = "28000" // the person is missing, unknown, no longer valid or not clear
)

// Error says why nobody is let through. Its sentences are for the client: they name nobody that the client has not named.
type Error struct {
	Code    string // SQLSTATE
	Message string
	Hint    string
}

func (e *Error) Error() string { return e.Message }

// MaySet refuses a setting of Cordon's that the login may not set. name is in any case.
func MaySet(p *policy.Policy, login, name string) error {
	l := p.Logins[login]
	if l == nil {
		return &Error{Code: CodeNotAllowed, Message: fmt.Sprintf("login %q may not set %q: it is the person of its own name", login, name),
			Hint: "Only a login that the policy declares with on_behalf_of speaks for other people."}
	}
	folded := Fold(name)
	if folded == l.Setting || l.Token != nil && folded == l.Token.Setting {
		return nil
	}
	var settings []string
	if l.Setting != "" {
		settings = append(settings, l.Setting)
	}
	if l.Token != nil {
		settings = append(settings, l.Token.Setting)
	}
	hint := "The policy lets this login carry the person in no setting. " + how(l)
	if len(settings) > 0 {
		hint = fmt.Sprintf("The policy lets this login set %s.", strings.Join(settings, " and "))
	}
	return &Error{Code: CodeNotAllowed, Message: fmt.Sprintf("login %q may not set %q", login, name), Hint: hint}
}

// Resolve finds the person behind a login, and their roles and attributes. The error is an *Error.
// client is where the session comes from, the zero Addr for a Unix socket. tokens may be nil.
func Resolve(p *policy.Policy, login string, carried Carried, client netip.Addr, now time.Time, tokens *Tokens) (policy.Subject, error) {
	l := p.Logins[login]
	if l == nil {
		if carried != (Carried{}) {
			return policy.Subject{}, &Error{Code: CodeNotAllowed,
				Message: fmt.Sprintf("login %q may not speak for another person: it is the person of its own name", login),
				Hint:    "Only a login that the policy declares with on_behalf_of carries a person."}
		}
		if login == "" {
			return policy.Subject{}, &Error{Code: CodeNoPerson, Message: "the session has no login"}
		}
		return valid(p, p.Subject(login, login, client, now))
	}
	notAllowed := func(what string) error {
		return &Error{Code: CodeNotAllowed, Message: fmt.Sprintf("login %q may not carry the person in %s", login, what), Hint: how(l)}
	}
	switch {
	case carried.Setting != "" && l.Setting == "":
		return policy.Subject{}, notAllowed("a setting")
	case carried.Comment != "" && l.Comment == "":
		return policy.Subject{}, notAllowed("a comment")
	case carried.Application != "" && l.Application == nil:
		return policy.Subject{}, notAllowed("application_name")
	case carried.Token != "" && l.Token == nil:
		return policy.Subject{}, notAllowed("a token")
	}
	var said proof
	names := make([]claim, 0, 4)
	if carried.Token != "" {
		verified, err := tokens.verify(l.Token, carried.Token, now)
		if err != nil {
			return policy.Subject{}, err
		}
		said = *verified
		names = append(names, claim{"the token", said.person})
	}
	names = append(names, claim{"the setting " + l.Setting, carried.Setting}, claim{"the comment", carried.Comment}, claim{"application_name", carried.Application})
	person, by := "", ""
	for _, n := range names {
		switch {
		case n.person == "":
		case person == "":
			person, by = n.person, n.what
		case n.person != person:
			// Taking either would let the other be forged.
			return policy.Subject{}, &Error{Code: CodeNoPerson, Message: fmt.Sprintf("%s says %s, and %s says %s", by, show(person), n.what, show(n.person)), Hint: "A statement must name one person."}
		}
	}
	if person == "" {
		if !l.Batch {
			return policy.Subject{}, &Error{Code: CodeNoPerson, Message: fmt.Sprintf("login %q speaks for other people, and this statement names none of them", login), Hint: how(l)}
		}
		return p.Subject("", login, client, now), nil
	}
	proven := carried.Token != "" && l.Token.Roles != ""
	if p.Users[person] == nil && !proven {
		return policy.Subject{}, &Error{Code: CodeNoPerson, Message: fmt.Sprintf("the policy has no user %s", show(person))}
	}
	if p.Departed(person) {
		return policy.Subject{}, departed(person)
	}
	s := p.Subject(person, login, client, now)
	if carried.Token != "" {
		s.Proven, s.Until = proven, said.until
		s.Roles = append(slices.Clip(s.Roles), said.roles...)
		if len(said.attributes) > 0 {
			all := maps.Clone(s.Attributes)
			if all == nil {
				all = make(map[string]policy.Value, len(said.attributes))
			}
			maps.Copy(all, said.attributes)
			s.Attributes = all
		}
	}
	return valid(p, s)
}

// claim is a name, and what says it.
type claim struct{ what, person string }

func departed(person string) *Error {
	return &Error{Code: CodeNoPerson, Message: fmt.Sprintf("user %s is no longer one of the policy's", show(person)), Hint: "Ask the keeper of the policy."}
}

// Left says why a person may do nothing any more, nil when they may. proven is for one who need not be one of the policy's users.
func Left(p *policy.Policy, person string, proven bool, now time.Time) error {
	if p.Users[person] == nil && (!proven || p.Departed(person)) {
		return departed(person)
	}
	_, err := valid(p, policy.Subject{Person: person, Now: now})
	return err
}

// valid refuses a person who is disabled, or whose time is over.
func valid(p *policy.Policy, s policy.Subject) (policy.Subject, error) {
	if u := p.Users[s.Person]; u != nil && u.Disabled {
		return policy.Subject{}, &Error{Code: CodeNoPerson, Message: fmt.Sprintf("user %s is disabled", show(s.Person)), Hint: "Ask the keeper of the policy."}
	}
	if u := p.Users[s.Person]; u != nil && u.Stale(s.Now) != "" {
		return policy.Subject{}, &Error{Code: CodeNoPerson, Message: u.Stale(s.Now), Hint: "Ask the keeper of the policy."}
	}
	if u := p.Users[s.Person]; u != nil && !u.ValidUntil.IsZero() && !s.Now.Before(u.ValidUntil) {
		return policy.Subject{}, &Error{Code: CodeNoPerson, Message: fmt.Sprintf("user %s was valid until %s", show(s.Person), u.ValidUntil.Format(time.RFC3339)),
			Hint: "Ask the keeper of the policy to extend it."}
	}
	return s, nil
}

// how tells a client how the login names a person.
func how(l *policy.Login) string {
	var ways []string
	if l.Token != nil {
		ways = append(ways, fmt.Sprintf("run SET %s = '…' with a token first", l.Token.Setting))
	}
	if l.Setting != "" {
		ways = append(ways, fmt.Sprintf("run SET %s = '…' first", l.Setting))
	}
	if l.Comment != "" {
		ways = append(ways, fmt.Sprintf("put /* %s='…' */ into the statement", l.Comment))
	}
	if l.Application != nil {
		ways = append(ways, fmt.Sprintf("set application_name to %s", l.Application))
	}
	if len(ways) == 0 {
		return ""
	}
	ways[0] = strings.ToUpper(ways[0][:1]) + ways[0][1:]
	return strings.Join(ways, ", or ") + "."
}

// show quotes a name that the client gave, cut to a length that fits a line.
func show(name string) string {
	const longest = 100
	if len(name) > longest {
		cut := longest
		for !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut] + "…"
	}
	return fmt.Sprintf("%q", name)
}
