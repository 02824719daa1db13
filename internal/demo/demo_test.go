package demo

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"cordon/internal/pgtest"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestIDCardCheckDigit(t *testing.T) {
	for number, want := range map[string]byte{"11010519491231002": 'X', "44052418800101001": '4'} { // the standard's own examples
		if got := idCardCheck(number); got != want {
			t.Errorf("idCardCheck(%s) = %c, want %c", number, got, want)
		}
	}
}

func TestAccountCheckDigits(t *testing.T) {
	if got, want := iban("DE", "370400440532013000"), "DE89370400440532013000"; got != want {
		t.Errorf("iban = %s, want %s", got, want)
	}
	if got, want := luhn("7992739871"), "79927398713"; got != want {
		t.Errorf("luhn = %s, want %s", got, want)
	}
}

func TestScriptIsTheSameEachTime(t *testing.T) {
	var a, b bytes.Buffer
	if err := WriteSQL(&a); err != nil {
		t.Fatal(err)
	}
	if err := WriteSQL(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Fatal("two calls of WriteSQL differ")
	}
	for _, word := range []string{"\x00", "%!", "<nil>"} {
		if strings.Contains(a.String(), word) {
			t.Errorf("the script contains %q", word)
		}
	}
}

func TestLoad(t *testing.T) {
	ctx := t.Context()
	server, err := pgtest.Run(ctx, pgtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	conn := open(ctx, t, server.DSN("postgres"))
	start := time.Now()
	if err := Load(ctx, conn); err != nil {
		t.Fatal(err)
	}
	t.Logf("loaded in %v", time.Since(start).Round(time.Millisecond))

	for _, c := range []struct{ sql, want string }{
		{"SELECT count(*) FROM customers", fmt.Sprint(Customers)},
		{"SELECT count(*) > 10000 FROM customers WHERE id_card IS NOT NULL", "t"},
		{"SELECT count(*) FROM customers WHERE id_card IS NOT NULL AND substr(id_card, 7, 8) <> to_char(birthday, 'YYYYMMDD')", "0"},
		{"SELECT count(*) > 800 AND count(*) < 2000 FROM customers WHERE owner_id = 7", "t"},
		{"SELECT count(*) FROM interactions_later", "0"},
		{"SELECT count(DISTINCT tableoid) FROM interactions", "12"},
		{"SELECT count(*) > 20 FROM revenue_by_region", "t"},
		{"SELECT count(*) FROM customer_overview", fmt.Sprint(Customers)},
		{"SELECT count(*) FROM tickets WHERE assignee_id = 9 AND status <> 'closed'", one(ctx, t, conn, "SELECT count(*) FROM tickets WHERE assignee_id = 9 AND closed_at IS NULL")},
		{"SELECT min(customer_score(id)) >= -100 FROM customers WHERE id < 100", "t"},
		{"INSERT INTO customers (name, region, owner_id) VALUES ('Probe', 'EU', 7) RETURNING id", "1000001"},
	} {
		if got := one(ctx, t, conn, c.sql); got != c.want {
			t.Errorf("%s\n got %s, want %s", c.sql, got, c.want)
		}
	}
	// The script for psql makes the same, also where a first load has made the roles already.
	one(ctx, t, conn, "CREATE DATABASE again")
	var script strings.Builder
	if err := WriteSQL(&script); err != nil {
		t.Fatal(err)
	}
	one(ctx, t, conn, "DELETE FROM customers WHERE id > 1000000")
	server.Psql(t, "again", script.String())
	again := open(ctx, t, server.DSN("again"))
	for _, table := range tables {
		sum := "SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM " + table.name + " t"
		if got, want := one(ctx, t, again, sum), one(ctx, t, conn, sum); got != want || want == "" {
			t.Errorf("%s: the script for psql and Load differ", table.name)
		}
	}
}

func open(ctx context.Context, t *testing.T, dsn string) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(ctx)) })
	return conn
}

// one is the first column of the first row.
func one(ctx context.Context, t *testing.T, conn *pgconn.PgConn, sql string) string {
	t.Helper()
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	for _, r := range results {
		if len(r.Rows) > 0 {
			return string(r.Rows[0][0])
		}
	}
	return ""
}
