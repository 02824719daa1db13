package policy

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// warnPowers warns of roles that may run what Cordon does not see into, and belong to people whom rules restrict: to these the rules are no wall.
func (l *loader) warnPowers() {
	var users []*User
	for _, u := range l.p.Users {
		users = append(users, u)
	}
	slices.SortFunc(users, func(a, b *User) int { return cmp.Or(a.Line-b.Line, a.Col-b.Col, cmp.Compare(a.Name, b.Name)) })
	warned := map[*Role]bool{}
	for _, u := range users {
		for _, name := range u.Roles {
			r := l.p.Roles[name]
			if r == nil || r.May&MayRoutine == 0 || warned[r] || l.p.Bind(l.p.Subject(u.Name, u.Name, netip.Addr{}, time.Time{})).namedRaw() {
				continue
			}
			warned[r] = true
			l.warn(r.Line, r.Col, "role %q may: [routine], and rules restrict its user %q: what DO, CALL and functions of somebody's own read, Cordon does not see, so this person can read every table", r.Name, u.Name)
		}
	}
}
