package rewrite_test

import (
	"testing"

	pg_query "github.com/pganalyze/pg_query_go/v5"

	"cordon/parse"
	"cordon/rewrite"
)

const ormStatement = `SELECT "customers"."id", "customers"."name", "customers"."phone", "customers"."region", "orders"."id", "orders"."amount" FROM "customers" LEFT OUTER JOIN "orders" ON ("orders"."customer_id" = "customers"."id") WHERE ("customers"."active" = true AND "customers"."name" LIKE 'A%' AND "customers"."id" > 10) ORDER BY "customers"."id" ASC LIMIT 20`

// A miss of the plan cache: parse, rewrite, and read the result again; beside pg_query's own parse and deparse.
func BenchmarkMiss(b *testing.B) {
	d := open(b)
	g := grant(b, "alice")
	memo := &rewrite.Memo{}
	b.Run("cordon", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			list, err := parse.Parse(ormStatement, parse.Limits{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := rewrite.Rewrite(rewrite.Input{Statement: list[0], Catalog: d.cat, SearchPath: []string{"pg_catalog", "public"}, Grant: g, Memo: memo}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("rewrite alone", func(b *testing.B) {
		b.ReportAllocs()
		list, err := parse.Parse(ormStatement, parse.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := rewrite.Rewrite(rewrite.Input{Statement: list[0], Catalog: d.cat, SearchPath: []string{"pg_catalog", "public"}, Grant: g, Memo: memo}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("pg_query parse and deparse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			tree, err := pg_query.Parse(ormStatement)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := pg_query.Deparse(tree); err != nil {
				b.Fatal(err)
			}
		}
	})
}
