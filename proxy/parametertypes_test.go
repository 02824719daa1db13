package proxy

import (
	"context"
	"strings"
	"testing"
)

// A cast of a parameter does nothing when the parameter has been of its type since it was bound, so a condition with one can stand beside the filter. Given as a text, though, it is cast when the statement runs, which fails, and tells of
// the row beside which it does: of other people's too, where the client's condition is cheaper than the filter.
func TestParametersOfOtherTypes(t *testing.T) {
	f, _, db := crm(t, nil)
	f.SetPolicy(parsePolicy(t, strings.Replace(attackPolicy, "rows: owner_id = me.employee_id", "rows: abs(owner_id) + abs(owner_id) = me.employee_id + abs(owner_id)", 1)))
	ctx := context.Background()
	c := f.connect(t, "alice", db, "").PgConn()
	if _, err := c.Exec(ctx, "SET plan_cache_mode = force_generic_plan").ReadAll(); err != nil {
		t.Fatal(err)
	}
	const text, int4, int8, numeric, jsonArray, unknown = 25, 23, 20, 1700, 199, 705
	ask := func(name, sql string, oid uint32, value string) string {
		t.Helper()
		var types []uint32
		if oid != 0 {
			types = []uint32{oid}
		}
		if _, err := c.Prepare(ctx, name, sql, types); err != nil {
			return err.Error()
		}
		r := c.ExecPrepared(ctx, name, [][]byte{[]byte(value)}, nil, nil).Read()
		if r.Err != nil {
			return r.Err.Error()
		}
		return string(r.Rows[0][0])
	}
	for _, test := range []struct {
		what, condition string
		oid             uint32
		value, want     string
	}{
		{"of no type, where the cast gives it one", "CASE WHEN owner_id = 7 THEN $1::int > 0 END", 0, "1", "110"},
		{"of the cast's type", "CASE WHEN owner_id = 7 THEN $1::int > 0 END", int4, "1", "110"},
		{"of a type to be found out", "CASE WHEN owner_id = 7 THEN $1::int > 0 END", unknown, "1", "110"},
		{"a text that is a number", "CASE WHEN owner_id = 7 THEN $1::int > 0 END", text, "1", "110"},
		{"a text beside rows of nobody", "CASE WHEN owner_id = 99999 THEN $1::int > 0 END", text, "x", "0"},
		{"a text beside rows of others", "CASE WHEN owner_id = 8 THEN $1::int > 0 END", text, "x", "0"},
		{"too large a number beside rows of nobody", "CASE WHEN owner_id = 99999 THEN $1::int > 0 END", int8, "3000000000", "0"},
		{"too large a number beside rows of others", "CASE WHEN owner_id = 8 THEN $1::int > 0 END", int8, "3000000000", "0"},
		{"taken for a float", "CASE WHEN owner_id = 8 THEN $1 = 1::float8 END", 0, "1", "0"},
		{"a numeric that is no float beside rows of nobody", "CASE WHEN owner_id = 99999 THEN $1 = 1::float8 END", numeric, "1e400", "0"},
		{"a numeric that is no float beside rows of others", "CASE WHEN owner_id = 8 THEN $1 = 1::float8 END", numeric, "1e400", "0"},
		{"a list without equality beside rows of others", "CASE WHEN owner_id = 8 THEN $1 IN ($1, '{2}') END", jsonArray, "{1}", "0"},
		{"taken for a text elsewhere", "$1::text IS NOT NULL AND CASE WHEN owner_id = 8 THEN $1::int > 0 END", 0, "x", "0"},
	} {
		for _, name := range []string{"", "s" + strings.ReplaceAll(test.what, " ", "_")} {
			if got := ask(name, "SELECT count(*) FROM customers WHERE "+test.condition, test.oid, test.value); got != test.want {
				t.Errorf("%s (%q): %s; want %s", test.what, name, got, test.want)
			}
		}
	}
}
