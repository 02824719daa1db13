package identity

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"cordon/internal/golden"
	"cordon/policy"
)

// refusal prints an error as a client would see it.
func refusal(t *testing.T, err error) string {
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is a %T: %v", err, err)
	}
	s := fmt.Sprintf("ERROR %s: %s\n", e.Code, e.Message)
	if e.Hint != "" {
		s += fmt.Sprintf("HINT: %s\n", e.Hint)
	}
	return s
}

// resolve: the person behind a login. may-set: whether a login may set a setting. comments: the value of a key in comments, one comment in each line.
func TestResolve(t *testing.T) {
	data, err := os.ReadFile("testdata/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse("testdata/policy.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	golden.RunAll(t, "testdata/resolve*.case", func(t *testing.T, d *golden.Directive) string {
		switch d.Name {
		case "resolve":
			now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
			if at := d.Arg("at"); at != "" {
				if now, err = time.Parse(time.RFC3339, at); err != nil {
					t.Fatal(err)
				}
			}
			s, err := Resolve(p, d.Arg("login"), Carried{Setting: d.Arg("setting"), Comment: d.Arg("comment"), Application: d.Arg("application")}, netip.Addr{}, now, nil)
			if err != nil {
				return refusal(t, err)
			}
			return fmt.Sprintf("person=%q login=%q roles=%v attributes=%v\n", s.Person, s.Login, s.Roles, s.Attributes)
		case "may-set":
			if err := MaySet(p, d.Arg("login"), d.Arg("name")); err != nil {
				return refusal(t, err)
			}
			return "yes\n"
		default:
			t.Fatalf("%s: unknown directive %q", d.Pos(), d.Name)
			return ""
		}
	})
}
