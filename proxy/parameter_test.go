package proxy

import (
	"context"
	"strconv"
	"testing"
)

// A parameter's type can run code of somebody's making: a domain checks its values by a function that the policy does not list. An enum runs nothing.
func TestTypesOfParameters(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, `CREATE FUNCTION known(text) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM public.customers WHERE phone = $1)';
CREATE DOMAIN known_phone AS text CHECK (known(VALUE)); CREATE TYPE mood AS ENUM ('well'); GRANT USAGE ON TYPE known_phone, mood TO public`)
	oid := func(name string) uint32 {
		n, err := strconv.ParseUint(pg.Query(t, db, "SELECT '"+name+"'::regtype::oid")[0][0], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		return uint32(n)
	}
	c := f.connect(t, "alice", db, "").PgConn()
	for _, x := range []struct{ typ, value, want string }{
		{"known_phone", "13800000000", "ERROR: permission denied for type public.known_phone: it runs the function public.known, which the policy does not list for this person. (SQLSTATE 42501)"},
		{"known_phone[]", "{13800000000}", "ERROR: permission denied for type public.known_phone: it runs the function public.known, which the policy does not list for this person. (SQLSTATE 42501)"},
		{"mood", "well", "well"},
	} {
		got := ""
		r := c.ExecParams(context.Background(), "SELECT $1", [][]byte{[]byte(x.value)}, []uint32{oid(x.typ)}, nil, nil).Read()
		if r.Err != nil {
			got = r.Err.Error()
		} else {
			got = string(r.Rows[0][0])
		}
		if got != x.want {
			t.Errorf("%s: got %s\nwant %s", x.typ, got, x.want)
		}
	}
}
