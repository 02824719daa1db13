package proxy

import (
	"strings"
	"testing"

	"cordon/internal/golden"
	"cordon/internal/pgtest"
)

// What newer servers know and Cordon's parser does not reads through Cordon as without it for people from whom nothing is hidden, and is refused for others, by what it is.
func TestNewerSyntax(t *testing.T) {
	f, pg, db := crm(t, nil)
	f.SetPolicy(parsePolicy(t, builderPolicy))
	pg.Exec(t, db, "CREATE TABLE t (id int PRIMARY KEY, v int, j jsonb); INSERT INTO t VALUES (1, 10, '{\"a\": [1, 2]}'), (2, 20, NULL); ALTER TABLE t OWNER TO alice")
	major := pgtest.Shared(t).Major(t)
	for _, c := range []struct {
		since   int
		sql     string
		refusal string // of a person from whom something is hidden; "" when the parser knows it
	}{
		{15, "CREATE TABLE n (i int UNIQUE NULLS NOT DISTINCT)", ""},
		{15, "MERGE INTO t USING (VALUES (1)) s (k) ON id = k WHEN MATCHED THEN UPDATE SET v = 11", ""},
		{16, "SELECT JSON_OBJECT('a': v) FROM t ORDER BY id", ""},
		{16, "SELECT JSON_ARRAYAGG(v ORDER BY id) FROM t", ""},
		{16, "SELECT j IS JSON OBJECT FROM t ORDER BY id", ""},
		{16, "SELECT 1_000, 0xFF, 0b11, 0o17", ""},
		{17, "MERGE INTO t USING (VALUES (1)) s (k) ON id = k WHEN MATCHED THEN UPDATE SET v = 12 RETURNING merge_action(), t.id", `E 0A000 MERGE … RETURNING is syntax of PostgreSQL 17, which Cordon cannot read at 85`},
		{17, "MERGE INTO t USING (VALUES (1)) s (k) ON id = k WHEN NOT MATCHED BY SOURCE THEN DELETE", `E 0A000 WHEN NOT MATCHED BY is syntax of PostgreSQL 17, which Cordon cannot read at 66`},
		{17, "SELECT a FROM t, JSON_TABLE(j, '$.a[*]' COLUMNS (a int PATH '$')) x ORDER BY 1", `E 0A000 JSON_TABLE is syntax of PostgreSQL 17, which Cordon cannot read at 41`},
		{17, "SELECT JSON_VALUE(j, '$.a[0]'), JSON_EXISTS(j, '$.b'), JSON_QUERY(j, '$.a') FROM t ORDER BY id", `E 42883 function json_value does not exist or is not on Cordon's reviewed list at 8`},
		{18, "UPDATE t SET v = v + 1 RETURNING old.v, new.v", ""},
		{18, "UPDATE t SET v = v + 1 WHERE id = 2 RETURNING WITH (OLD AS o, NEW AS n) o.v, n.v", `E 0A000 RETURNING WITH is syntax of PostgreSQL 18, which Cordon cannot read at 47`},
		{18, "CREATE TABLE g (i int, k int GENERATED ALWAYS AS (i * 2) VIRTUAL)", `E 0A000 a VIRTUAL generated column is syntax of PostgreSQL 18, which Cordon cannot read at 58`},
		{18, "CREATE TABLE w (i int4range, PRIMARY KEY (i WITHOUT OVERLAPS))", `E 0A000 WITHOUT OVERLAPS is syntax of PostgreSQL 18, which Cordon cannot read at 45`},
		{18, "ALTER TABLE t ADD CONSTRAINT c CHECK (v > 0) NOT ENFORCED", `E 0A000 NOT ENFORCED is syntax of PostgreSQL 18, which Cordon cannot read at 50`},
		{18, "SELECT old.v FROM t AS old ORDER BY id", ""},
	} {
		if major < c.since {
			continue
		}
		want := talk(t, pg.Addr(), "postgres", db, 3, q("BEGIN"), q(c.sql), q("ROLLBACK"))
		if got := talk(t, f.addr, "postgres", db, 3, q("BEGIN"), q(c.sql), q("ROLLBACK")); got != want {
			t.Errorf("%s\n%s", c.sql, golden.Difference(want, got))
		}
		want = talk(t, pg.Addr(), "alice", db, 3, q("BEGIN"), q(c.sql), q("ROLLBACK"))
		if c.refusal != "" {
			want = "C \"BEGIN\\x00\"\nZ \"T\"\n" + c.refusal + "\nZ \"E\"\nC \"ROLLBACK\\x00\"\nZ \"I\"\n"
		}
		if got := talk(t, f.addr, "alice", db, 3, q("BEGIN"), q(c.sql), q("ROLLBACK")); got != want {
			t.Errorf("%s\n%s", c.sql, golden.Difference(want, got))
		}
	}
	if major < 18 {
		return
	}
	// What OLD and NEW are of a protected table is hidden as the table is.
	f.SetPolicy(parsePolicy(t, strings.Replace(builderPolicy, "allow: [select]", "allow: [select, insert, update, delete]", 1)))
	for sql, want := range map[string]string{
		"UPDATE customers SET name = name RETURNING old.phone": `E 42P01 missing FROM-clause entry for table "old" at 44`,
		"UPDATE customers SET name = name RETURNING new.*":     `E 42P01 missing FROM-clause entry for table "new" at 44`,
		"DELETE FROM customers RETURNING old":                  `E 42703 column "old" does not exist at 33`,
		"INSERT INTO customers VALUES (1, 'x', 'x', 7) ON CONFLICT (id) DO UPDATE SET name = 'x' RETURNING old.phone || '', new.phone": `E 42P01 missing FROM-clause entry for table "old" at 99`,
		"WITH u AS (UPDATE customers SET name = name RETURNING old.phone) SELECT * FROM u":                                             `E 42P01 missing FROM-clause entry for table "old" at 55`,
	} {
		want = "C \"BEGIN\\x00\"\nZ \"T\"\n" + want + "\nZ \"E\"\nC \"ROLLBACK\\x00\"\nZ \"I\"\n"
		if got := talk(t, f.addr, "alice", db, 3, q("BEGIN"), q(sql), q("ROLLBACK")); got != want {
			t.Errorf("%s\n%s", sql, golden.Difference(want, got))
		}
	}
}
