package rewrite_test

import (
	"context"
	"testing"
)

const pinSchema = `
CREATE SCHEMA other;
CREATE TABLE visits (id int PRIMARY KEY, owner_id int, name text, seen timestamptz, born date, made timestamp, score float8, raw bytea);
INSERT INTO visits SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE 7 END, 'N' || i, timestamptz '2026-01-01 00:00+00' + i * interval '5 hours', date '1987-05-01' + i, timestamp '2026-01-01' + i * interval '7 hours', 1.0 / i, decode('4142434445', 'hex') FROM generate_series(1, 60) i;
CREATE FUNCTION other.always(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR other.= (LEFTARG = int, RIGHTARG = int, FUNCTION = other.always);
CREATE FUNCTION other.yes(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR other.~~ (LEFTARG = text, RIGHTARG = text, FUNCTION = other.yes);
CREATE FUNCTION other.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION public.is_even(int) RETURNS boolean LANGUAGE sql AS 'SELECT $1 % 2 OPERATOR(pg_catalog.=) 0';
CREATE FUNCTION other.is_even(int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE TYPE other.region AS ENUM ('EU');
`

const pinPolicy = `
version: 1
defaults: {tables: allow}
users: {alice: {roles: [sales], attributes: {employee_id: 7, since: "2026-01-05"}}}
roles: {sales: {}}
masks:
  day: {sql: "date_trunc('day', value)"}
  year: {sql: "(left(value::text, 4) || '-01-01')::date"}
  month: {sql: "to_char(value, 'YYYY-MM-01')::timestamp"}
  rough: {sql: "left(value::text, 3)::float8"}
  hex: {sql: "decode(substr(value::text, 3, 2), 'hex')"}
rules:
  - name: own visits
    roles: [sales]
    tables: [public.visits]
    rows: owner_id = me.employee_id AND lower(name) LIKE 'n%' AND seen >= me.since AND seen < timestamptz '2026-01-12' AND is_even(id) AND id::text <> '0' AND coalesce(owner_id IN (7, 8), false) AND NOT coalesce(owner_id = NULL, false)
    mask: {seen: day, born: year, made: month, score: rough, raw: hex}
`

// Filters and masks mean the same whatever the person sets.
func TestPolicyMeansTheSameInEverySession(t *testing.T) {
	d := open(t)
	ctx := context.Background()
	exec := func(sql string) {
		t.Helper()
		if _, err := d.conn.Exec(ctx, sql).ReadAll(); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec(pinSchema)
	exec("SET TimeZone = 'UTC'")
	d.reload(t)
	g := grantOf(t, pinPolicy, "alice")
	plans, err := plan(d, g, "SELECT id, name, extract(epoch FROM seen)::numeric, extract(epoch FROM made)::numeric, extract(year FROM born)::numeric, extract(doy FROM born)::numeric, score::numeric, encode(raw, 'hex') FROM visits ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	want := d.run(t, plans[0].SQL, false)
	if len(want) < 600 {
		t.Fatalf("too few rows to tell anything:\n%s", want)
	}
	for _, set := range []string{
		"SET TimeZone = 'Asia/Shanghai'", "SET TimeZone = '<X>-100:00'", "SET TimeZone = 'America/Los_Angeles'", "SET DateStyle = 'SQL, DMY'", "SET DateStyle = 'German'", "SET DateStyle = 'Postgres, MDY'",
		"SET IntervalStyle = 'sql_standard'", "SET bytea_output = 'escape'", "SET extra_float_digits = -15", "SET extra_float_digits = 3", "SET transform_null_equals = on",
		"SET search_path = other, pg_catalog, public", "SET search_path = other", "SET lc_time = 'C'; SET lc_numeric = 'C'", "SET xmloption = document", "SET array_nulls = off",
		"CREATE TEMP TABLE text (a int); CREATE TEMP TABLE date (a int); CREATE TEMP TABLE timestamptz (a int); CREATE TEMP TABLE visits (a int)",
	} {
		exec(set)
		if got := d.run(t, plans[0].SQL, false); got != want {
			t.Errorf("%s: another answer\n%s\ngot:\n%s\nwant:\n%s", set, plans[0].SQL, clip(got), clip(want))
		}
		exec("RESET ALL; DISCARD TEMP; SET TimeZone = 'UTC'")
	}
}
