package identity

import (
	"fmt"
	"net/netip"
	"time"
	"unicode/utf8"

	"cordon/policy"
)

// Carried is the person that a statement carries, by each of the ways there are; "" where it carries none. As with any setting in PostgreSQL that has been
// reset, a setting of ” is none.
type Carried struct {
	Setting string // the value of the login's setting, such as cordon.user
	Comment string // the value of the login's key in a comment of the statement
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

// Speaks says whether the policy lets the login speak for others, and by which setting ("" for none) and which key in a comment ("" for none).
func Speaks(p *policy.Policy, login string) (setting, comment string, speaks bool) {
	l := p.Logins[login]
	if l == nil {
		return "", "", false
	}
	return l.Setting, l.Comment, true
}

// MaySet refuses a setting of Cordon's that the login may not set. name is in any case.
func MaySet(p *policy.Policy, login, name string) error {
	setting, _, speaks := Speaks(p, login)
	switch {
	case !speaks:
		return &Error{Code: CodeNotAllowed, Message: fmt.Sprintf("login %q may not set %q: it is the person of its own name", login, name),
			Hint: "Only a login that the policy declares with on_behalf_of speaks for other people."}
	case setting == "" || Fold(name) != setting:
		hint := "The policy lets this login carry the person in an SQL comment only."
		if setting != "" {
			hint = fmt.Sprintf("The policy lets this login set %s.", setting)
		}
		return &Error{Code: CodeNotAllowed, Message: fmt.Sprintf("login %q may not set %q", login, name), Hint: hint}
	}
	return nil
}

// Resolve finds the person behind a login, and their roles and attributes. The error is an *Error.
// client is where the session comes from, the zero Addr for a Unix socket.
func Resolve(p *policy.Policy, login string, carried Carried, client netip.Addr, now time.Time) (policy.Subject, error) {
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
	switch {
	case carried.Setting != "" && l.Setting == "":
		return policy.Subject{}, &Error{Code: CodeNotAllowed, Message: fmt.Sprintf("login %q may not carry the person in a setting", login)}
	case carried.Comment != "" && l.Comment == "":
		return policy.Subject{}, &Error{Code: CodeNotAllowed, Message: fmt.Sprintf("login %q may not carry the person in a comment", login)}
	case carried.Setting != "" && carried.Comment != "" && carried.Setting != carried.Comment:
		// Taking either would let the other be forged.
		return policy.Subject{}, &Error{Code: CodeNoPerson,
			Message: fmt.Sprintf("the setting %s says %s, and the comment says %s", l.Setting, show(carried.Setting), show(carried.Comment)),
			Hint:    "A statement must name one person."}
	}
	person := carried.Setting
	if person == "" {
		person = carried.Comment
	}
	if person == "" {
		if !l.Batch {
			return policy.Subject{}, &Error{Code: CodeNoPerson, Message: fmt.Sprintf("login %q speaks for other people, and this statement names none of them", login), Hint: how(l)}
		}
		return p.Subject("", login, client, now), nil
	}
	if p.Users[person] == nil {
		return policy.Subject{}, &Error{Code: CodeNoPerson, Message: fmt.Sprintf("the policy has no user %s", show(person))}
	}
	return valid(p, p.Subject(person, login, client, now))
}

// valid refuses a person whose time is over.
func valid(p *policy.Policy, s policy.Subject) (policy.Subject, error) {
	if u := p.Users[s.Person]; u != nil && !u.ValidUntil.IsZero() && !s.Now.Before(u.ValidUntil) {
		return policy.Subject{}, &Error{Code: CodeNoPerson, Message: fmt.Sprintf("user %s was valid until %s", show(s.Person), u.ValidUntil.Format(time.RFC3339)),
			Hint: "Ask the keeper of the policy to extend it."}
	}
	return s, nil
}

// how tells a client how the login names a person.
func how(l *policy.Login) string {
	set, comment := fmt.Sprintf("SET %s = '…'", l.Setting), fmt.Sprintf("/* %s='…' */", l.Comment)
	switch {
	case l.Comment == "":
		return fmt.Sprintf("Run %s first.", set)
	case l.Setting == "":
		return fmt.Sprintf("Put %s into the statement.", comment)
	default:
		return fmt.Sprintf("Run %s first, or put %s into the statement.", set, comment)
	}
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
