package proxy

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// pgx names a format for each result column, most of them binary. What it sends in batches, in each of its modes, gives a person under rules the rows that they may see, in the types that they have; what fails says why, and undoes the batch.
func TestBatchesOfPgx(t *testing.T) {
	ctx := context.Background()
	const policy = `
version: 1
defaults: {tables: allow}
users: {alice: {roles: [sales], attributes: {employee_id: 7}}, postgres: {roles: [dba]}}
roles: {sales: {}, dba: {may: [ddl, routine, explain, unparsed]}}
masks: {rough: {round: 100}}
rules:
  - {name: all, roles: [dba], tables: [public.made], allow: [select, insert, update, delete]}
  - {name: own, roles: [sales], tables: [public.made], allow: [select, insert, update, delete], rows: owner_id = me.employee_id, mask: {amount: rough}}
`
	_, pg, db := crm(t, nil)
	pg.Exec(t, db, "CREATE TABLE made (id int PRIMARY KEY, owner_id int, at timestamptz, amount numeric, note bytea); GRANT ALL ON made TO alice")
	for _, loops := range []bool{false, true} {
		f := serve(t, pg.Addr(), policy, func(s *Server) { s.loops, s.Limits.Drain = loops, time.Millisecond })
		for name, mode := range modes {
			t.Run(fmt.Sprintf("%s, loops %v", name, loops), func(t *testing.T) {
				pg.Exec(t, db, "TRUNCATE made; INSERT INTO made VALUES (100, 8, NULL, 5, NULL), (101, 7, '2026-01-01 00:00:00+00', 149, 'x')")
				cfg, err := pgx.ParseConfig("postgres://alice@" + f.addr + "/" + db + "?sslmode=disable")
				if err != nil {
					t.Fatal(err)
				}
				cfg.DefaultQueryExecMode = mode
				c, err := pgx.ConnectConfig(ctx, cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close(ctx)
				note, at := []byte(strings.Repeat("long", 10_000)), time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
				play := func(owner int) string {
					var b pgx.Batch
					for i := range 3 {
						b.Queue("INSERT INTO made VALUES ($1, $2, $3, $4, $5) RETURNING id, at, amount, note", i, owner, at, 1149, note)
					}
					b.Queue("SELECT id, owner_id, amount, at FROM made ORDER BY id")
					b.Queue("UPDATE made SET owner_id = $1, amount = $2 WHERE id = $3 RETURNING owner_id, id, amount", 7, 100, 101)
					b.Queue("DELETE FROM made WHERE id < $1 RETURNING id, amount", 2)
					var out strings.Builder
					results := c.SendBatch(ctx, &b)
					defer results.Close()
					for range b.Len() {
						rows, _ := results.Query()
						for rows.Next() {
							values, err := rows.Values()
							if err != nil {
								return err.Error()
							}
							for _, v := range values {
								switch v := v.(type) {
								case []byte:
									fmt.Fprint(&out, len(v), " ")
								case time.Time:
									fmt.Fprint(&out, v.UTC().Format(time.DateTime), " ")
								case pgtype.Numeric:
									n, _ := v.Float64Value()
									fmt.Fprint(&out, n.Float64, " ")
								default:
									fmt.Fprint(&out, v, " ")
								}
							}
							out.WriteString("\n")
						}
						if err := rows.Err(); err != nil {
							return out.String() + errorText(err)
						}
						out.WriteString(rows.CommandTag().String() + "\n")
					}
					return out.String()
				}
				expect(t, play(8), `ERROR 42501: new row violates rule "own"`)
				row := " 2026-02-03 04:05:06 1100 40000 \nINSERT 0 1\n"
				expect(t, play(7), "0"+row+"1"+row+"2"+row+
					"0 7 1100 2026-02-03 04:05:06 \n1 7 1100 2026-02-03 04:05:06 \n2 7 1100 2026-02-03 04:05:06 \n101 7 100 2026-01-01 00:00:00 \nSELECT 4\n7 101 100 \nUPDATE 1\n0 1100 \n1 1100 \nDELETE 2\n")
				expect(t, play(7), "0"+row+"1"+row+`ERROR 23505: duplicate key value violates unique constraint "made_pkey"`)
				expect(t, fmt.Sprint(pg.Query(t, db, "SELECT id, owner_id, amount FROM made ORDER BY id")), "[[2 7 1149] [100 8 5] [101 7 149]]") // 100 is what 149 shows
			})
		}
	}
}
