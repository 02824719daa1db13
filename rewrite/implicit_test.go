package rewrite_test

import (
	"strings"
	"testing"

	"cordon/internal/golden"
	"cordon/parse"
	"cordon/rewrite"
)

// What PostgreSQL runs without its being named is held against the policy; what has nothing to do with it is not.
func TestImplicit(t *testing.T) {
	d := open(t, "implicit.sql")
	text := strings.Replace(read(t, "policy.yaml"), "public.order_items]", "public.order_items, public.notes]", 1)
	alice, dora := grantOf(t, text, "alice"), grantOf(t, text, "dora")
	golden.Run(t, "testdata/implicit.case", func(t *testing.T, c *golden.Directive) string {
		list, err := parse.Parse(c.Input, parse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		path := []string{"pg_catalog", "public"}
		if c.Has("path") {
			path = append(c.Values("path"), path...)
		}
		g := alice
		if c.Has("ddl") {
			g = dora
		}
		p, err := rewrite.Rewrite(rewrite.Input{Statement: list[0], Catalog: d.cat, SearchPath: path, Grant: g})
		if err != nil {
			return "refused: " + err.Error() + "\n"
		}
		return d.run(t, p.SQL, false)
	})
}
