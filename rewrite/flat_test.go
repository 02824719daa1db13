package rewrite

import (
	"strings"
	"testing"

	"cordon/parse"
)

// Whatever the rewriter may have done wrong with a look-up, it is not run. What it wrote stands in brackets.
func TestVerifyFindsUnfilteredLookups(t *testing.T) {
	cat, grant := fixture(t)
	const (
		misplaced = "Cordon's own rewriting did not put the filter of public.customers where it belongs, so the statement was not run. This is a defect of Cordon; please report it with the statement."
		unmasked  = "Cordon's own rewriting left a column of public.customers unmasked, so the statement was not run. This is a defect of Cordon; please report it with the statement."
		unhidden  = "Cordon's own rewriting left public.customers unprotected, so the statement was not run. This is a defect of Cordon; please report it with the statement."
	)
	customers := cat.Relation("public", "customers")
	for _, c := range []struct{ sql, want string }{
		{"SELECT name FROM [public.customers] WHERE [(owner_id = 7) AND (]id = 17[)]", ""},
		{"SELECT name FROM [public.customers] c WHERE [(owner_id = 7) AND (]c.id = 17 OR true[)] ORDER BY id LIMIT 1", ""},
		{"SELECT name FROM [public.customers][ WHERE (owner_id = 7)] ORDER BY id", ""},
		{"SELECT name FROM [ONLY public.customers][ WHERE (owner_id = 7)]", ""},
		{"SELECT name FROM [public.customers] WHERE id = 17", misplaced},
		{"SELECT name FROM [public.customers]", misplaced},
		{"SELECT name FROM public.customers WHERE [(owner_id = 7) AND (]id = 17[)]", misplaced},
		{"SELECT name FROM [public.products] WHERE [(owner_id = 7) AND (]id = 17[)]", misplaced},
		{"SELECT name FROM [public.customers] WHERE [(owner_id = 7) AND] id = 17 OR true", misplaced},
		{"SELECT name FROM [public.customers] WHERE [(owner_id = 7) OR (]id = 17[)]", misplaced},
		{"SELECT name FROM [public.customers] WHERE id = 17 AND [(owner_id = 7)]", misplaced},
		{"SELECT name FROM [public.customers], public.products p WHERE [(owner_id = 7) AND (]id = 17[)]", misplaced},
		{"SELECT name FROM [public.customers] WHERE [(owner_id = 7) AND (]id = 17[)] UNION SELECT name FROM [public.customers]", misplaced},
		{"SELECT name FROM [public.customers] WHERE [(owner_id = 7) AND (]id = (SELECT max(id) FROM customers)[)]", unhidden},
		{"SELECT phone FROM [public.customers] WHERE [(owner_id = 7) AND (]id = 17[)]", unmasked},
		{"SELECT name FROM [public.customers] WHERE [(owner_id = 7) AND (]customers.phone = '1'[)]", unmasked},
		{"SELECT name FROM [public.customers][ WHERE (owner_id = 7)] ORDER BY phone", unmasked},
	} {
		var sql strings.Builder
		var edits []Edit
		for k, part := range strings.Split(strings.ReplaceAll(c.sql, "]", "["), "[") {
			if k%2 == 1 {
				edits = append(edits, Edit{To: sql.Len(), ToLen: len(part)})
			}
			sql.WriteString(part)
		}
		list, err := parse.Parse("SELECT 1", parse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		r := &rewriter{in: Input{Statement: list[0], Catalog: cat, SearchPath: []string{"pg_catalog", "public"}, Grant: grant, Memo: &Memo{}}, cat: cat, plan: &Plan{SQL: sql.String(), Edits: edits}, flat: customers}
		r.init()
		q := &query{rewriter: r}
		if q.decide(customers) == nil {
			t.Fatal("alice has customers as they are")
		}
		r.verify()
		got := ""
		if r.err != nil {
			got = r.err.Message
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}
