package proxy

import (
	"fmt"
	"testing"

	"cordon/wire"
)

// Thousands of statements and portals in one session, for people with rules and without: each keeps its own name, its own rows.
func TestManyObjects(t *testing.T) {
	f, _, db := crm(t, nil)
	const n = 4000
	for _, user := range []string{"postgres", "alice"} {
		c := login(t, f.addr, user, db)
		var b []byte
		b = wire.AppendQuery(b, "BEGIN")
		for i := range n {
			name := fmt.Sprint("s", i)
			b = wire.AppendParse(b, name, fmt.Sprintf("SELECT %d, name FROM customers ORDER BY id", i), nil)
			b = wire.AppendBind(b, name, name)
		}
		b = wire.AppendSync(b)
		for i := n - 1; i >= 0; i -= 7 {
			b = wire.AppendExecute(b, fmt.Sprint("s", i), 1)
		}
		b = wire.AppendSync(b)
		for i := range n {
			b = wire.AppendObject(b, wire.TypeClose, 'P', fmt.Sprint("s", i))
			b = wire.AppendObject(b, wire.TypeClose, 'S', fmt.Sprint("s", i))
		}
		b = wire.AppendSync(b)
		b = wire.AppendParse(b, "s0", "SELECT 'free again'", nil)
		b = wire.AppendSync(b)
		go c.Write(b)
		until(t, c, 'Z')
		if got := len(until(t, c, 'Z')); got != 2*n+1 {
			t.Fatalf("%s: %d answers to %d Parse and Bind", user, got, n)
		}
		i := n - 1
		for _, frame := range until(t, c, 'Z') {
			if frame.typ == 'D' {
				if want := fmt.Sprint(i); string(frame.body[6:6+len(want)]) != want {
					t.Fatalf("%s: %s, want %s", user, frame, want)
				}
				i -= 7
			}
		}
		if i >= 0 {
			t.Errorf("%s: the portal of %d has no row", user, i)
		}
		if got := len(until(t, c, 'Z')); got != 2*n+1 {
			t.Errorf("%s: %d answers to %d Close", user, got, 2*n)
		}
		if got := until(t, c, 'Z'); len(got) != 2 || got[0].typ != '1' {
			t.Errorf("%s: %v", user, got)
		}
	}
}
