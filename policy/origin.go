package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// Origin is where people come from who are not in the policy itself. It can fail to be read again: then those known from it count for a while, and after that they may do nothing, because nobody would know that they have left.
type Origin struct {
	Name  string    // in sentences, such as `the directory`
	AsOf  time.Time // when it was known to be as it is; the zero time: it is
	Until time.Time // from then on its people may do nothing; the zero time: never
}

// Stale says why the user may do nothing, because it is too long ago that they were known to be there; "" when it is not.
func (u *User) Stale(now time.Time) string {
	if o := u.Origin; o != nil && !o.Until.IsZero() && !now.Before(o.Until) {
		return fmt.Sprintf("%s, where user %q is from, has not been read since %s", o.Name, u.Name, o.AsOf.Format(time.RFC3339))
	}
	return ""
}

// ends is the moment from which the user may do nothing; the zero time: never.
func (u *User) ends() time.Time {
	t := u.ValidUntil
	if o := u.Origin; o != nil && !o.Until.IsZero() && (t.IsZero() || o.Until.Before(t)) {
		t = o.Until
	}
	return t
}

// DefaultStaleFor is how long people of a users_file count that cannot be read any more.
const DefaultStaleFor = 24 * time.Hour

// Unread is the policy when its users_file has last been known to be as it is at a moment: its people count until StaleFor after it.
func (p *Policy) Unread(since time.Time) *Policy {
	if p.fileOrigin == nil {
		return p
	}
	aged := *p
	aged.fileOrigin = &Origin{Name: p.fileOrigin.Name, AsOf: since, Until: since.Add(p.StaleFor)}
	aged.Users = maps.Clone(p.Users)
	for name, u := range aged.Users {
		if u.Origin == p.fileOrigin {
			old := *u
			old.Origin = aged.fileOrigin
			aged.Users[name] = &old
		}
	}
	return &aged
}

// Renew parses the policy again, with other people of a directory, and with those of its users_file as they were when p was parsed: for when that file cannot be read, which is no reason to forget who has come and gone elsewhere.
func (p *Policy) Renew(data []byte, people *Directory) (*Policy, error) {
	return parsePolicy(p.Path, data, func(path string) ([]byte, error) {
		if path == p.usersPath && p.usersText != nil {
			return p.usersText, nil
		}
		return readKeyFile(path)
	}, people)
}

// Directory is what an LDAP directory held, as package directory writes it.
type Directory struct {
	Data     []byte
	StaleFor time.Duration // its people count for so long after the directory was read
}

type directoryFile struct {
	AsOf   time.Time                   `json:"as_of"`
	People map[string]*directoryPerson `json:"people"`
}

type directoryPerson struct {
	Roles      []string       `json:"roles"`
	Attributes map[string]any `json:"attributes"`
	Disabled   bool           `json:"disabled"`
}

// directory adds the directory's people. The policy's own go before them: who may write to the directory cannot become one of these.
func (l *loader) directory(d *Directory) {
	refuse := func(format string, args ...any) {
		l.problems = append(l.problems, Problem{l.file, 0, 0, "the people of the directory cannot be used: " + fmt.Sprintf(format, args...)})
	}
	dec := json.NewDecoder(bytes.NewReader(d.Data))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	var file directoryFile
	if err := dec.Decode(&file); err != nil {
		refuse("%s", err)
		return
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) || file.AsOf.IsZero() {
		refuse("the file does not say when they were read, or goes on behind them")
		return
	}
	origin := &Origin{Name: "the directory", AsOf: file.AsOf, Until: file.AsOf.Add(d.StaleFor)}
	for _, name := range slices.Sorted(maps.Keys(file.People)) {
		entry := file.People[name]
		if entry == nil || name == "" || checkText(name) != nil {
			refuse("%q is no person", name)
			return
		}
		if own := l.p.Users[name]; own != nil {
			l.warn(0, 0, "user %q is in the directory too: what line %d says counts", name, own.Line)
			continue
		}
		u := &User{Name: name, Roles: entry.Roles, Attributes: make(map[string]Value, len(entry.Attributes)), Disabled: entry.Disabled, Origin: origin}
		for attribute, v := range entry.Attributes {
			var err error
			if u.Attributes[attribute], err = jsonValue(v); err != nil {
				refuse("%s of user %q: %s", attribute, name, err)
				return
			}
		}
		for _, role := range u.Roles {
			l.known[role] = true
		}
		l.p.Users[name] = u
	}
}

// jsonValue makes a value of what JSON has.
func jsonValue(v any) (Value, error) {
	switch v := v.(type) {
	case string:
		return TextValue(v)
	case json.Number:
		return NumberValue(v.String())
	case bool:
		return BoolValue(v), nil
	case []any:
		values := make([]Value, len(v))
		for i := range v {
			var err error
			if values[i], err = jsonValue(v[i]); err != nil {
				return Value{}, err
			}
		}
		return ListValue(values)
	}
	return Value{}, errors.New("it is neither text, number, true or false, nor a list of these")
}

// maxDeparted bounds the memory of people who have left; over it, it starts afresh with those of the last change.
const maxDeparted = 200_000

// After is the policy when it takes the place of another (nil for none): it knows who has left since.
func (p *Policy) After(old *Policy) *Policy {
	if old == nil || old == p {
		return p
	}
	next := *p
	next.departed = nil
	add := func(person string) {
		if next.Users[person] == nil {
			if next.departed == nil || len(next.departed) >= maxDeparted {
				next.departed = map[string]bool{}
			}
			next.departed[person] = true
		}
	}
	for person := range old.departed {
		add(person)
	}
	for person := range old.Users {
		add(person)
	}
	return &next
}

// Departed says that a person has been in the policy, or one that it took the place of, and is not any more: a token of theirs, which can name people whom no policy knows, was made for who they were.
func (p *Policy) Departed(person string) bool { return p.departed[person] }
