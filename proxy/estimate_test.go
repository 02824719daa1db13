package proxy

import (
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cordon/guard"
	"cordon/internal/pgtest"
)

// A plain list that is expected to give far too many rows is refused before it runs; whatever could ask about values, or multiply rows, is not estimated but held and counted; and nobody is refused more than a few by estimate.
func TestEstimates(t *testing.T) {
	const (
		estimated = `ERROR 5C001: export limit of rule "the list of customers" would be exceeded by far: the statement is estimated to give more than 2 times 50 rows`
		held      = `ERROR 5C001: export limit of rule "the list of customers" exceeded: more than 50 rows in one statement`
	)
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			f, db := exports(t, "rows: 50, estimate: 2")
			c := f.connect(t, "alice", db, "")
			pgtest.Shared(t).Exec(t, db, "ANALYZE")
			expect(t, show(c, mode, "SELECT name FROM customers"), estimated)

			for _, sql := range []string{"SELECT name FROM customers WHERE id > 0", "SELECT name FROM customers OFFSET 1", "SELECT name FROM customers UNION ALL SELECT name FROM customers", "SELECT upper(name) FROM customers", "SELECT name FROM customers LIMIT 100"} {
				expect(t, show(c, mode, sql), held)
			}
			expect(t, got(c, mode, "SELECT name FROM customers LIMIT 50"), "50 rows, SELECT 50")
			copied := func(sql string) string {
				tag, err := c.PgConn().CopyTo(t.Context(), io.Discard, sql)
				if err != nil {
					return errorText(err)
				}
				return tag.String()
			}
			for _, sql := range []string{"COPY customers TO STDOUT", "copy /* ( */ public.customers (name, \"phone\") to stdout with (format csv, header)", "COPY (SELECT name FROM customers -- ) TO\n) TO STDOUT"} {
				expect(t, copied(sql), estimated)
			}
			expect(t, copied("COPY (SELECT name FROM customers WHERE id > 0) TO STDOUT"), held)
			expect(t, copied("COPY (SELECT name FROM customers LIMIT 50) TO STDOUT"), "COPY 50")
			if mode != pgx.QueryExecModeSimpleProtocol {
				expect(t, show(c, mode, "SELECT name FROM customers WHERE id > $1", 0), held)
			}
			// In a transaction it fails as any refused statement does, and the session goes on.
			for _, step := range []struct{ sql, want string }{
				{"BEGIN", "BEGIN"}, {"SELECT phone FROM customers", estimated}, {"SELECT 1", "ERROR 25P02: current transaction is aborted, commands ignored until end of transaction block"},
				{"ROLLBACK", "ROLLBACK"}, {"BEGIN", "BEGIN"}, {"SELECT t FROM plain LIMIT 1", "row 1\nSELECT 1"}, {"COMMIT", "COMMIT"},
			} {
				expect(t, show(c, mode, step.sql), step.want)
			}
			// Ten different ones; what was refused by estimate before, still is.
			last := ""
			for i := range 12 {
				last = show(c, mode, "SELECT name AS n"+strings.Repeat("x", i)+" FROM customers")
			}
			expect(t, last, held)
			expect(t, show(c, mode, "SELECT name FROM customers"), estimated)
		})
	}
}

// What others of a pipeline have done is not lost for a question.
func TestEstimatesInPipelines(t *testing.T) {
	f, db := exports(t, "rows: 50, estimate: 2")
	pgtest.Shared(t).Exec(t, db, "ANALYZE")
	c := f.connect(t, "alice", db, "")
	b := &pgx.Batch{}
	b.Queue("SELECT 1")
	b.Queue("SELECT name FROM customers")
	b.Queue("SELECT 2")
	r := c.SendBatch(t.Context(), b)
	if _, err := r.Exec(); err != nil {
		t.Error(err)
	}
	if _, err := r.Exec(); err == nil || !strings.Contains(err.Error(), "5C001") {
		t.Error(err)
	}
	r.Close()
	expect(t, show(c, pgx.QueryExecModeExec, "SELECT 3"), "3\nSELECT 1")
}

// With over: ask the estimate files a request, and what was approved runs.
func TestEstimatesAreAskedFor(t *testing.T) {
	f, db, answer := approvals(t, 1, "statement")
	f.SetPolicy(parsePolicy(t, strings.NewReplacer("APPROVALS", "1", "BIND", "statement", "rows: 50, window", "rows: 50, estimate: 2, window").Replace(askPolicy)))
	pgtest.Shared(t).Exec(t, db, "ANALYZE")
	for name, mode := range modes {
		c := f.connect(t, "alice", db, "")
		list := "SELECT name AS " + name + " FROM customers LIMIT 800"
		id := asked(t, c, mode, list)
		if err := answer(guard.ExportEntry{ID: id, By: "carol", Rows: 850}); err != nil {
			t.Fatal(err)
		}
		if out := got(c, mode, list); !strings.Contains(out, "800 rows, SELECT 800") {
			t.Error(name, out)
		}
		asked(t, c, mode, list)
	}
}
