package proxy

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cordon/internal/pgtest"
)

// Mappers write every column, the forced ones too, and leave the types of their parameters to the server.
func TestForcedColumnsTakeParameters(t *testing.T) {
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, crmSchema+`
CREATE TYPE stage AS ENUM ('new', 'won');
CREATE TABLE deals (id int PRIMARY KEY, owner_id int NOT NULL, team varchar(10), stage stage, since date, name text);
GRANT ALL ON deals TO public;`)
	f := serve(t, pg.Addr(), `
version: 1
users:
  alice: {roles: [sales], attributes: {employee_id: 7}}
roles: {sales: {}}
rules:
  - name: own deals
    roles: [sales]
    tables: [public.deals]
    allow: [select, insert, update]
    rows: owner_id = me.employee_id
    force: {owner_id: me.employee_id, team: me.employee_id, stage: "'won'", since: "date '2026-01-31'"}
`, nil)
	ctx := context.Background()
	direct, err := pgx.Connect(ctx, "postgres://postgres@"+pg.Addr()+"/"+db+"?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close(ctx)
	c := f.connect(t, "alice", db, "")
	const table = "INSERT INTO deals (id, owner_id, team, stage, since, name) VALUES "
	for k, s := range []struct {
		sql  string
		args []any
	}{
		{table + "($1, $2, $3, $4, $5, $6)", []any{1, 9, "x", "new", "2020-01-01", "a"}},
		{table + "($1, $2, $3, $4, $5, $6), ($7, $8, $9, $10, $11, $12)", []any{2, 9, "x", "new", "2020-01-01", "b", 3, 9, nil, nil, nil, "c"}},
		{table + "($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET owner_id = $2, team = $7, name = EXCLUDED.name", []any{3, 9, "x", "new", "2020-01-01", "d", "y"}},
		{"UPDATE deals SET owner_id = $2, team = $3, stage = $4, since = $5, name = $6 WHERE id = $1", []any{1, 9, "x", "new", "2020-01-01", "e"}},
		{"UPDATE deals SET (owner_id, name) = ($2, lower($3)) WHERE id = $1", []any{2, 9, "F"}},
		{"UPDATE deals SET owner_id = $2 + 1, name = $3 WHERE id = $1", []any{2, 9, "g"}},
		{"INSERT INTO deals (id, owner_id, name) SELECT $1, $2, $3", []any{4, 9, "h"}},
		{"MERGE INTO deals USING (SELECT CAST($1 AS int) AS id) s ON deals.id = s.id WHEN MATCHED THEN UPDATE SET owner_id = $2, name = $3 WHEN NOT MATCHED THEN INSERT (id, owner_id, name) VALUES (s.id, $2, $3)", []any{5, 9, "i"}},
	} {
		if pg.Major(t) < 15 && strings.HasPrefix(s.sql, "MERGE") { // which came with 15
			s.sql = "INSERT INTO deals (id, owner_id, name) VALUES ($1, $2, $3)"
		}
		want, err := direct.Prepare(ctx, fmt.Sprint("s", k), s.sql)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Prepare(ctx, fmt.Sprint("s", k), s.sql)
		if err != nil {
			t.Errorf("%s: %v", s.sql, err)
			continue
		}
		if fmt.Sprint(got.ParamOIDs) != fmt.Sprint(want.ParamOIDs) {
			t.Errorf("%s: parameters of types %v, not %v", s.sql, got.ParamOIDs, want.ParamOIDs)
		}
		if _, err := c.Exec(ctx, fmt.Sprint("s", k), s.args...); err != nil {
			t.Errorf("%s: %v", s.sql, err)
		}
	}
	expect(t, show(c, pgx.QueryExecModeSimpleProtocol, "SELECT id, owner_id, team, stage, since::text, name FROM deals ORDER BY id"),
		"1|7|7|won|2026-01-31|e\n2|7|7|won|2026-01-31|g\n3|7|7|won|2026-01-31|d\n4|7|7|won|2026-01-31|h\n5|7|7|won|2026-01-31|i\nSELECT 5")
}
