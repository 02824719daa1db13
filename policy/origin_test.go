package policy

import (
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

const withPeople = "version: 1\nusers_file: {path: people.csv, stale_for: 1h}\nusers: {alice: {roles: [boss]}}\nlogins: {app: {on_behalf_of: {setting: cordon.user}}}\nrules:\n  - {name: r, roles: [sales, boss], tables: [public.t], rows: a = me.id}\n"

func withDirectory(t *testing.T, data string) (*Policy, error) {
	t.Helper()
	return parsePolicy("policy.yaml", []byte(withPeople), func(string) ([]byte, error) { return []byte("user,roles,id:integer\nbob,sales,7\n"), nil }, &Directory{Data: []byte(data), StaleFor: 2 * time.Hour})
}

// People of a directory are as it says, the policy's own go before them, and each counts until too long after they were read.
func TestOrigins(t *testing.T) {
	p, err := withDirectory(t, `{"as_of":"2026-07-01T12:00:00Z","people":{"alice":{"roles":["sales"]},"bob":{"disabled":true},"zoe":{"roles":["sales"],"attributes":{"id":3,"at":["a","b"],"in":true,"x":"O'x"}},"yan":{"disabled":true}}}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Warnings.Error(), "policy.yaml: user \"alice\" is in the directory too: what line 3 says counts\npolicy.yaml: user \"bob\" is in the directory too: what line 2 says counts"; got != want {
		t.Errorf("warnings:\n%s\nwant:\n%s", got, want)
	}
	zoe := p.Users["zoe"]
	if got := zoe.Attributes["id"].SQL + zoe.Attributes["at"].SQL + zoe.Attributes["in"].SQL + zoe.Attributes["x"].SQL; got != `3'{"a","b"}'true'O''x'` {
		t.Errorf("attributes %s", got)
	}
	end := noon.Add(2 * time.Hour)
	aged := p.Unread(noon.Add(-time.Hour))
	for _, one := range []struct {
		p       *Policy
		person  string
		at      time.Time
		until   time.Time
		invalid string
	}{
		{p, "zoe", noon, end, ""},
		{p, "zoe", end.Add(-1), end, ""},
		{p, "zoe", end, time.Time{}, `the directory, where user "zoe" is from, has not been read since 2026-07-01T12:00:00Z`},
		{p, "yan", noon, time.Time{}, "the person is disabled"},
		{p, "alice", end, time.Time{}, ""},
		{p, "bob", end, time.Time{}, ""},
		{aged, "bob", noon.Add(-1), noon, ""},
		{aged, "bob", noon, time.Time{}, `the file of users, where user "bob" is from, has not been read since 2026-07-01T11:00:00Z`},
		{aged, "zoe", noon, end, ""},
	} {
		g := one.p.Bind(one.p.Subject(one.person, "app", Subject{}.Client, one.at))
		if !g.Until.Equal(one.until) || g.Invalid != one.invalid {
			t.Errorf("%s at %v: until %v, invalid %q; want %v, %q", one.person, one.at, g.Until, g.Invalid, one.until, one.invalid)
		}
	}
	if p.Users["bob"].Stale(end.AddDate(1, 0, 0)) != "" {
		t.Error("Unread has changed the policy that it was called on")
	}
}

// What is not what a directory's file is, is refused whole.
func TestDirectoryFileIsStrict(t *testing.T) {
	for data, want := range map[string]string{
		``:               "EOF",
		`{"as_of":"x"}`:  `parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"`,
		`{"people":{}}`:  "the file does not say when they were read, or goes on behind them",
		`{"people":{}}}`: "the file does not say when they were read, or goes on behind them",
		`{"as_of":"2026-07-01T12:00:00Z","people":{"":{}}}`:                                 `"" is no person`,
		`{"as_of":"2026-07-01T12:00:00Z","people":{"zoe":null}}`:                            `"zoe" is no person`,
		`{"as_of":"2026-07-01T12:00:00Z","people":{"zoe":{"role":[]}}}`:                     `json: unknown field "role"`,
		`{"as_of":"2026-07-01T12:00:00Z","people":{"zoe":{"attributes":{"a":{}}}}}`:         `a of user "zoe": it is neither text, number, true or false, nor a list of these`,
		`{"as_of":"2026-07-01T12:00:00Z","people":{"zoe":{"attributes":{"a":["x",null]}}}}`: `a of user "zoe": it is neither text, number, true or false, nor a list of these`,
	} {
		_, err := withDirectory(t, data)
		if want = "policy.yaml: the people of the directory cannot be used: " + want; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", data, err, want)
		}
	}
}

func FuzzDirectory(f *testing.F) {
	f.Add([]byte(`{"as_of":"2026-07-01T12:00:00Z","people":{"zoe":{"roles":["sales"],"attributes":{"id":3,"at":["a"],"in":true}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parsePolicy("policy.yaml", []byte(strings.Replace(withPeople, "users_file: {path: people.csv, stale_for: 1h}\n", "", 1)), noFiles, &Directory{Data: data, StaleFor: time.Hour})
		if err != nil {
			return
		}
		for name, u := range p.Users {
			if name == "" || name != "alice" && (u.Origin == nil || u.Origin.Until.IsZero()) {
				t.Errorf("%q counts for ever", name)
			}
			for attribute, v := range u.Attributes {
				if v.SQL == "" {
					t.Errorf("%s of %q is nothing", attribute, name)
				}
			}
		}
	})
}
