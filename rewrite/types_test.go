package rewrite_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"cordon/policy"
	"cordon/rewrite"
)

// everyType is one column of every family of types, with lengths, precisions and collations.
var everyType = []string{
	"smallint", "int", "bigint", "numeric", "numeric(12,2)", "numeric(5,0)", "real", "double precision", "money", "boolean",
	"text", `text COLLATE "C"`, "varchar", "varchar(20)", `varchar(9) COLLATE "POSIX"`, "char(18)", `"char"`, "name", "bytea", "uuid",
	"date", "time", "time(2)", "timetz", "timestamp", "timestamp(0)", "timestamptz", "timestamptz(3)", "interval", "interval day to second(2)",
	"json", "jsonb", "xml", "inet", "cidr", "macaddr", "bit(8)", "varbit(12)", "point", "box", "tsvector", "tsquery", "oid", "regclass", "pg_lsn",
	"int[]", "text[]", "varchar(7)[]", "numeric(8,3)[]", "timestamptz(1)[]", "priority[]", "int4range", "numrange", "tstzrange", "int8multirange",
	"priority", "address", "short", "pair", "customers",
}

// A mask changes a column's values, never its type, length, precision or collation, whatever the type; one that does not fit says so at load.
func TestMasksKeepTypes(t *testing.T) {
	d := open(t, "corpus/schema.sql")
	ctx := context.Background()
	var cols []string
	types := everyType
	if d.cat.ServerVersion < 140000 { // multiranges are new in 14
		types = slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "int8multirange" })
	}
	for k, ty := range types {
		cols = append(cols, fmt.Sprintf("c%d %s", k, ty))
	}
	for _, sql := range []string{"CREATE DOMAIN short AS varchar(6) COLLATE \"C\"", "CREATE TYPE pair AS (a int, b text)", "CREATE TABLE everything (" + strings.Join(cols, ", ") + ")"} {
		if _, err := d.conn.Exec(ctx, sql).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	d.reload(t)
	s := &session{database: d, path: "public"}
	for _, mask := range []string{`{fixed: null}`, `{keep: {first: 1, last: 1, with: "*"}}`, `{email: {keep: 1}}`, `{date: month}`, `{round: 10}`, `{json: {a: {fixed: null}, b: drop}}`, `{sql: "value"}`} {
		fits := 0
		for k, ty := range types {
			yaml := fmt.Sprintf("version: 1\ndefaults: {tables: allow}\nusers:\n  alice: {roles: [sales]}\nroles:\n  sales: {}\nmasks:\n  m: %s\nrules:\n  - {name: r, roles: [sales], tables: [public.everything], allow: [select], mask: {c%d: m}}\n", mask, k)
			p, err := policy.Parse("policy.yaml", []byte(yaml))
			if err != nil {
				continue
			}
			if problems := rewrite.Check(p, d.cat); len(problems) > 0 {
				continue
			}
			g := p.Bind(p.Subject("alice", "alice", netip.MustParseAddr("127.0.0.1"), time.Unix(1790000000, 0)))
			// A mask of a domain is of the type under it, as a result column is to a client: the domain's CHECK might not take it.
			domain := ty == "address" || ty == "short"
			for _, sql := range []string{
				fmt.Sprintf("SELECT c%d FROM everything", k),
				"SELECT * FROM everything",
				fmt.Sprintf("SELECT e.c%d AS a, (SELECT x.c%d FROM everything x LIMIT 1) AS b FROM everything e", k, k),
				fmt.Sprintf("SELECT coalesce(c%d, c%d), array_agg(c%d) OVER () FROM everything", k, k, k),
			} {
				if strings.Contains(sql, "array_agg") && (domain || strings.HasSuffix(ty, "[]")) {
					continue
				}
				plans, err := plan(d, g, sql)
				if err != nil {
					t.Errorf("%s on %s: %v", mask, ty, err)
					continue
				}
				s.begin(t)
				s.describe(plans[0].SQL, 0)
				got := s.b.String()
				s.b.Reset()
				s.describe(sql, 0)
				if want := s.b.String(); got != want {
					t.Errorf("%s on %s: %s\nrewritten: %s\ngot:  %swant: %s", mask, ty, sql, clip(plans[0].SQL), got, want)
				}
				s.rollback()
			}
			sql := fmt.Sprintf("SELECT pg_collation_for(c%d)::text, pg_typeof(c%d)::text FROM everything RIGHT JOIN (SELECT 1) x ON true", k, k)
			if domain {
				sql = fmt.Sprintf("SELECT pg_collation_for(c%d)::text FROM everything RIGHT JOIN (SELECT 1) x ON true", k)
			}
			if plans, err := plan(d, g, sql); err == nil {
				run := func(sql string) string {
					s.begin(t)
					defer s.rollback()
					s.simple(sql, []int{0}, false)
					return s.b.String()
				}
				if got, want := run(plans[0].SQL), run(sql); got != want {
					t.Errorf("%s on %s: %s\ngot:  %swant: %s", mask, ty, sql, got, want)
				}
			} else {
				t.Errorf("%s on %s: %v", mask, ty, err)
			}
			fits++
		}
		t.Logf("%-45s fits %d of %d types", mask, fits, len(everyType))
	}
}
