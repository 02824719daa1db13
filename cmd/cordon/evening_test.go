package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cordon/internal/instance"
	"cordon/internal/pgtest"
)

const eveningPolicy = `version: 1
users: {alice: {}}
masks: {phone: {keep: {first: 3, last: 4}}}
rules:
  - name: desk
    users: [alice]
    tables: [public.customers]
    mask: {phone: {with: phone, match: exact, tries: 10, per: 24h}}
    export: {rows: 50, window: {rows: 200, per: 24h}}
`

// An evening of pages, and of numbers tried one by one, does not begin anew because Cordon was started anew in its middle.
func TestAnEveningSurvivesRestarts(t *testing.T) {
	pg := pgtest.Start(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, `CREATE ROLE alice LOGIN; CREATE TABLE customers (id int PRIMARY KEY, phone text); INSERT INTO customers SELECT i, (13800000000 + i)::text FROM generate_series(1, 1000) i; GRANT ALL ON customers TO alice`)
	dir := t.TempDir()
	program, err := instance.Build(t.Context(), dir, "cordon/cmd/cordon")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(eveningPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	pages, numbers, last := 0, 0, ""
	for restart := range 4 {
		app, err := instance.Start(t.Context(), program, dir, pg.Addr(), func(listen, upstream, admin string) string {
			return fmt.Sprintf("listen: %s\nupstream: %s\npolicy: policy.yaml\nadmin: {listen: \"%s\"}\naudit: {fsync: never}\n", listen, upstream, admin)
		})
		if err != nil {
			t.Fatal(err)
		}
		c, err := pgx.Connect(t.Context(), "postgres://alice@"+app.Addr+"/"+db+"?sslmode=disable")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			tag, err := c.Exec(t.Context(), fmt.Sprintf("SELECT id FROM customers ORDER BY id LIMIT 40 OFFSET %d", 40*pages))
			if err != nil {
				last = err.Error()
			} else if tag.RowsAffected() == 40 {
				pages++
			}
		}
		for range 4 {
			if err := c.QueryRow(t.Context(), "SELECT id FROM customers WHERE phone = $1", fmt.Sprint(13800000501+numbers)).Scan(new(int)); err == nil {
				numbers++
			} else if !strings.Contains(err.Error(), "5C002") && !strings.Contains(err.Error(), "5C001") {
				t.Fatal(err)
			}
		}
		c.Close(t.Context())
		if err := app.Stop(); err != nil {
			t.Fatalf("restart %d: %v\n%s", restart, err, app.Log())
		}
	}
	// 200 rows: four pages of 40 and the rows of the numbers found between them; then neither page nor number.
	if pages != 4 || numbers != 10 {
		t.Errorf("%d pages and %d numbers in one evening; last: %s", pages, numbers, last)
	}
	if want := `ERROR: export limit of rule "desk" exceeded: more than 200 rows within 24h (SQLSTATE 5C001)`; last != want {
		t.Errorf("got  %s\nwant %s", last, want)
	}
}
