package rewrite_test

import (
	"slices"
	"testing"
	"time"

	pg_query "github.com/pganalyze/pg_query_go/v5"

	"cordon/parse"
	"cordon/rewrite"
)

// missed are statements of a person under rules, as they come when no plan is at hand.
var missed = []struct{ name, sql string }{
	{"ORM", `SELECT "customers"."id", "customers"."name", "customers"."phone", "customers"."region", "orders"."id", "orders"."amount" FROM "customers" LEFT OUTER JOIN "orders" ON ("orders"."customer_id" = "customers"."id") WHERE ("customers"."active" = true AND "customers"."name" LIKE 'A%' AND "customers"."id" > 10) ORDER BY "customers"."id" ASC LIMIT 20`},
	{"star", `SELECT * FROM customers WHERE id = 17`},
	{"point", `SELECT name, phone FROM customers WHERE id = $1`},
	{"report", `SELECT c.region, date_trunc('month', o.created_at) AS month, count(*), sum(o.amount) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status IN ('open', 'paid') GROUP BY c.region, 2 HAVING count(*) > 3 ORDER BY 1, 2`},
	{"unprotected", `SELECT p.id, p.name FROM products p WHERE p.id IN (1, 2, 3) ORDER BY p.name`},
	{"update", `UPDATE customers SET note = $1 WHERE id = $2`},
	{"insert", `INSERT INTO order_items (order_id, product_id, quantity) VALUES (1, 2, 3)`},
}

// A miss of the plan cache: parse, rewrite, and read the result again. times is how many times longer it takes than pg_query's own parse and deparse of the text; medians, the two run in turn.
func BenchmarkMiss(b *testing.B) {
	d := open(b)
	g := grant(b, "alice")
	for _, m := range missed {
		b.Run(m.name, func(b *testing.B) {
			memo := &rewrite.Memo{}
			cordon := func() {
				list, err := parse.Parse(m.sql, parse.Limits{})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := rewrite.Rewrite(rewrite.Input{Statement: list[0], Catalog: d.cat, SearchPath: []string{"pg_catalog", "public"}, Grant: g, Memo: memo}); err != nil {
					b.Fatal(err)
				}
			}
			cordon()
			var ours, theirs []time.Duration
			for b.Loop() {
				start := time.Now()
				cordon()
				ours = append(ours, time.Since(start))
				start = time.Now()
				tree, err := pg_query.Parse(m.sql)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := pg_query.Deparse(tree); err != nil {
					b.Fatal(err)
				}
				theirs = append(theirs, time.Since(start))
			}
			slices.Sort(ours)
			slices.Sort(theirs)
			a, c := ours[len(ours)/2], theirs[len(theirs)/2]
			b.ReportMetric(float64(a.Nanoseconds()), "ns/miss")
			b.ReportMetric(float64(c.Nanoseconds()), "ns/pg_query")
			b.ReportMetric(float64(a)/float64(c), "times")
			b.ReportMetric(0, "ns/op")
		})
	}
}
