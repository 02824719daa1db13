//go:build !race

package proxy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// switching is a session of a login that speaks for so many people, each of whom has rows of their own.
func switching(t testing.TB, people int) *echo {
	var b strings.Builder
	b.WriteString("version: 1\nusers:\n")
	for i := range people {
		fmt.Fprintf(&b, "  p%d: {roles: [sales], attributes: {employee_id: %d}}\n", i, i)
	}
	b.WriteString("logins:\n  app: {on_behalf_of: {setting: cordon.user}, without_user: deny}\nroles:\n  sales: {}\nmasks:\n  phone: {keep: {first: 3, last: 4, with: \"*\"}}\n" +
		"rules:\n  - {name: own, roles: [sales], tables: [public.customers], rows: owner_id = me.employee_id, mask: {phone: phone}}\n")
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return newEchoOf(t, file, "app")
}

func (e *echo) become(t testing.TB, i int) {
	e.pending.mu.Lock()
	defer e.pending.mu.Unlock()
	if err := e.speaker.settings.Set("cordon.user", fmt.Sprint("p", i), false); err != nil {
		t.Fatal(err)
	}
}

// What it costs when another person speaks in each execution of a prepared statement, on one connection. The server has a form of the statement for each of them.
func BenchmarkSwitch(b *testing.B) {
	for _, people := range []int{1, 50, 200} {
		b.Run(fmt.Sprint(people, " people"), func(b *testing.B) {
			e := switching(b, people)
			e.become(b, 0)
			e.round(b, prepareIt, prepared)
			parsed := frame('1', "")
			for i := range people {
				e.become(b, i)
				if i == 0 {
					e.round(b, executeIt, executed)
				} else {
					e.round(b, executeIt, join(parsed, executed))
				}
			}
			forms := len(e.variants)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				e.become(b, i%people)
				e.round(b, executeIt, executed)
			}
			if len(e.variants) != forms || forms != people-1 {
				b.Fatalf("%d forms, and %d at the end", forms, len(e.variants))
			}
		})
	}
}

// However many people take turns, the server has so many forms of a statement at most: the one not used for the longest time is closed there.
func TestFormsAreBounded(t *testing.T) {
	const people = maxVariants + 40
	e := switching(t, people)
	e.become(t, 0)
	e.round(t, prepareIt, prepared)
	parsed, closed := frame('1', ""), frame('3', "")
	for i := range people {
		e.become(t, i)
		var before []byte
		if i > maxVariants {
			before = closed
		}
		if i > 0 {
			before = join(before, parsed)
		}
		e.round(t, executeIt, join(before, executed))
		if len(e.variants) != min(i, maxVariants) {
			t.Fatalf("after %d people the server has %d forms", i+1, len(e.variants))
		}
	}
	// The last is still there, the second is not.
	e.become(t, people-1)
	e.round(t, executeIt, executed)
	e.become(t, 1)
	e.round(t, executeIt, join(closed, parsed, executed))
	if n := len(e.statements.find([]byte("s1")).variants); n != maxVariants {
		t.Errorf("the statement has %d forms", n)
	}
}
