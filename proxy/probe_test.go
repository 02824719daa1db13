package proxy

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cordon/guard"
	"cordon/wire"
)

// probeFront is a Cordon that lets each person look up five numbers an hour.
func probeFront(t *testing.T) (*front, string) {
	t.Helper()
	f, _, db := crm(t, func(s *Server) {
		s.Guard = &guard.Guard{Windows: guard.NewWindows(0), Ceiling: guard.NewCeiling(0)}
	})
	f.SetPolicy(parsePolicy(t, strings.Replace(attackPolicy, "mask: {phone: phone}", "mask: {phone: {with: phone, match: exact, tries: 5}}", 1)))
	return f, db
}

const overBudget = `ERROR 5C002: look-up limit of rule "own customers" exceeded: more than 5 values of public.customers.phone within 1h`

// Whoever looks up numbers may try a few, whichever way they are sent; then no more.
func TestLookUpsAreCounted(t *testing.T) {
	number := func(n int) string { return fmt.Sprintf("1380000%04d", n) }
	q := "SELECT id FROM customers WHERE phone = "
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			f, db := probeFront(t)
			c := f.connect(t, "alice", db, "")
			for range 3 { // again costs nothing
				for i := 1; i <= 3; i++ {
					expect(t, show(c, mode, q+"'"+number(i)+"'"), fmt.Sprintf("%d\nSELECT 1", i))
					if mode != pgx.QueryExecModeSimpleProtocol {
						expect(t, show(c, mode, q+"$1", number(i)), fmt.Sprintf("%d\nSELECT 1", i))
					}
				}
			}
			expect(t, show(c, mode, "SELECT id FROM customers WHERE phone IN ('"+number(1)+"', '"+number(4)+"') ORDER BY id"), "1\n4\nSELECT 2")
			// Two more are one too many, and neither is counted then.
			expect(t, show(c, mode, "SELECT id FROM customers WHERE phone IN ('"+number(5)+"', '"+number(6)+"')"), overBudget)
			expect(t, show(c, mode, "SELECT id FROM customers WHERE phone = ANY ('{"+number(5)+","+number(6)+"}')"), overBudget)
			expect(t, show(c, mode, "SELECT id FROM customers WHERE phone = ANY (ARRAY['"+number(5)+"', '"+number(6)+"'])"), overBudget)
			if mode != pgx.QueryExecModeSimpleProtocol {
				expect(t, show(c, mode, "SELECT id FROM customers WHERE phone = ANY ($1)", []string{number(5), number(6)}), overBudget)
				expect(t, show(c, mode, "SELECT id FROM customers WHERE phone IN ($1, $2)", number(5), number(6)), overBudget)
			}
			expect(t, show(c, mode, q+"'"+number(13)+"'"), "SELECT 0") // another's: nothing is found, and it counts
			other := f.connect(t, "alice", db, "")
			expect(t, show(other, mode, q+"'"+number(6)+"'"), overBudget)
			expect(t, show(other, mode, q+"'"+number(1)+"'"), "1\nSELECT 1")
			expect(t, show(other, mode, "SELECT phone FROM customers WHERE id = 6"), "138****0006\nSELECT 1")
			bob := f.connect(t, "bob", db, "")
			expect(t, show(bob, mode, q+"'"+number(13)+"'"), "13\nSELECT 1")
		})
	}
}

// What is prepared or declared by SQL counts when it is run, and what cannot be counted is not run.
func TestLookUpsBySQLPrepare(t *testing.T) {
	f, db := probeFront(t)
	c := f.connect(t, "alice", db, "")
	m := pgx.QueryExecModeSimpleProtocol
	if _, err := c.PgConn().Exec(context.Background(), "PREPARE p AS SELECT id FROM customers WHERE phone = $1").ReadAll(); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 5; i++ {
		expect(t, show(c, m, fmt.Sprintf("EXECUTE p('1380000%04d')", i)), fmt.Sprintf("%d\nSELECT 1", i))
	}
	expect(t, show(c, m, "EXECUTE p('13800000006')"), overBudget)
	expect(t, show(c, m, "EXECUTE p(13800000006)"), overBudget)
	expect(t, show(c, m, "EXECUTE p(NULL)"), "SELECT 0")
	expect(t, show(c, m, "EXECUTE p('1380000' || '0006')"), "ERROR 0A000: Cordon cannot count what this statement looks up in public.customers.phone: EXECUTE gives an expression")
	expect(t, show(c, m, "UPDATE customers SET name = name WHERE phone = '13800000006'"), overBudget)
	expect(t, show(c, m, "DECLARE k CURSOR WITH HOLD FOR SELECT id FROM customers WHERE phone = '13800000006'"), overBudget)
	expect(t, show(c, m, "PREPARE l AS SELECT id FROM customers WHERE phone = '13800000006'"), overBudget)
	expect(t, show(c, m, "COPY (SELECT id FROM customers WHERE phone = '13800000006') TO STDOUT"), overBudget)
	expect(t, show(c, m, "SELECT 1; SELECT id FROM customers WHERE phone = '13800000006'"), overBudget)
	// The same statement, bound through the protocol, in text and in binary, and its parameters in the middle of a pipeline.
	bind := func(format byte, value string) []byte {
		body := append([]byte("\x00p\x00\x00\x01\x00"), format)
		body = append(body, 0, 1, 0, 0, 0, byte(len(value)))
		body = append(append(body, value...), 0, 0)
		return append(wire.AppendHeader(nil, wire.TypeBind, len(body)), body...)
	}
	got := talk(t, f.addr, "alice", db, 3, frames(wire.AppendQuery(nil, "PREPARE p AS SELECT id FROM customers WHERE phone = $1"),
		bind(0, "13800000001"), wire.AppendExecute(nil, "", 0), bind(1, "13800000006"), wire.AppendExecute(nil, "", 0), wire.AppendSync(nil), bind(0, "13800000006"), wire.AppendSync(nil)))
	over := "E 5C002 look-up limit of rule \"own customers\" exceeded: more than 5 values of public.customers.phone within 1h (5 different values have been looked up, and this statement looks up 1 more. It was not run.)\n"
	expect(t, got, "C \"PREPARE\\x00\"\nZ \"I\"\n2\nD \"\\x00\\x01\\x00\\x00\\x00\\x011\"\nC \"SELECT 1\\x00\"\n"+over+"Z \"I\"\n"+over+"Z \"I\"\n")
}
