package proxy

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// What somebody under rules makes of a protected table is read through the rules by everybody: on whatever connection, by whatever name, through whatever is made of it in turn.
func TestWhatIsMadeOfProtectedTables(t *testing.T) {
	f, _, db := crm(t, nil)
	f.SetPolicy(parsePolicy(t, strings.Replace(crmPolicy, "sales: {}", "sales: {may: [ddl]}", 1)))
	bob, again, alice := f.connect(t, "bob", db, ""), f.connect(t, "bob", db, ""), f.connect(t, "alice", db, "")
	const (
		ofBob     = "11|138****0011\n12|138****0012\nSELECT 2"
		ofAlice   = "1|138****0001\n2|138****0002\nSELECT 2"
		protected = `ERROR 42501: permission denied for table public.customers by rule "own customers"`
		only      = " WHERE id IN (1, 2, 11, 12, 21) ORDER BY id"
	)
	for _, step := range []struct {
		who       *pgx.Conn
		sql, want string
	}{
		{bob, "CREATE VIEW v AS SELECT id, phone, c AS whole FROM customers c", "CREATE VIEW"},
		{bob, "SELECT id, phone FROM v" + only, ofBob},
		{again, "SELECT id, phone FROM v" + only, ofBob},
		{bob, "GRANT ALL ON v TO public", "GRANT"},
		{alice, "SELECT id, phone FROM v" + only, ofAlice},
		{alice, "SELECT id, (whole).phone FROM v" + only, ofAlice},
		{bob, "ALTER VIEW v RENAME TO w", "ALTER VIEW"},
		{alice, "SELECT id, phone FROM w" + only, ofAlice},
		{bob, "ALTER VIEW w RENAME COLUMN phone TO fon", "ALTER VIEW"},
		{alice, "SELECT id, fon FROM w" + only, ofAlice},
		{again, "SELECT id, fon FROM w" + only, ofBob},
		{bob, "CREATE VIEW over AS SELECT id, max(fon) AS fon FROM w GROUP BY id", "CREATE VIEW"},
		{bob, "GRANT ALL ON over TO public", "GRANT"},
		{alice, "SELECT id, fon FROM over" + only, ofAlice},
		{bob, "CREATE OR REPLACE VIEW over AS SELECT id, name || phone AS fon FROM customers", "CREATE VIEW"},
		{alice, "SELECT fon FROM over" + only, "customer 1138****0001\ncustomer 2138****0002\nSELECT 2"},
		{bob, "CREATE RECURSIVE VIEW r (id, phone) AS SELECT id, phone FROM customers UNION SELECT id, phone FROM r", "CREATE VIEW"},
		{bob, "SELECT id, phone FROM r" + only, ofBob},
		{bob, "GRANT ALL ON r TO public", "GRANT"},
		{alice, "SELECT id, phone FROM r" + only, ofAlice},
		{bob, "CREATE TEMP VIEW t AS SELECT id, phone FROM customers", "CREATE VIEW"},
		{bob, "SELECT id, phone FROM t" + only, "ERROR 0A000: Cordon does not read or write through the temporary view t for people under rules, because it does not know what the view reads."},
		{alice, "SELECT id, phone FROM t" + only, `ERROR 42P01: relation "t" does not exist`},
		// A copy holds what its maker is shown, and nothing else.
		{bob, "CREATE TABLE copy AS SELECT * FROM customers", "SELECT 10"},
		{bob, "SELECT id, phone FROM copy" + only, ofBob},
		{bob, "ALTER TABLE copy RENAME COLUMN phone TO fon", "ALTER TABLE"},
		{bob, "ALTER TABLE copy ADD COLUMN more text", "ALTER TABLE"},
		{bob, "UPDATE copy SET more = c.phone FROM customers c WHERE c.id = copy.id", "UPDATE 10"},
		{again, "SELECT id, fon, more FROM copy WHERE id = 11", "11|138****0011|138****0011\nSELECT 1"},
		{bob, "CREATE TABLE child (extra int) INHERITS (copy)", "CREATE TABLE"},
		{bob, "INSERT INTO child (id, fon) SELECT id + 1000, phone FROM customers WHERE id IN (11, 1)", "INSERT 0 1"},
		{bob, "SELECT id, fon FROM copy WHERE id > 20", "1011|138****0011\nSELECT 1"},
		{bob, "SELECT id, phone INTO other_copy FROM customers", "SELECT 10"},
		{again, "SELECT id, phone FROM other_copy" + only, ofBob},
		// What would hold more than its maker is shown, or hand on what comes later, is not made.
		{bob, "CREATE MATERIALIZED VIEW m AS SELECT * FROM customers", "ERROR 42501: permission denied to fill a materialized view that reads protected tables."},
		{bob, "CREATE TABLE heir () INHERITS (customers)", protected},
		{bob, "ALTER TABLE copy INHERIT customers", protected},
		{bob, "ALTER TABLE customers INHERIT copy", protected},
		{bob, "CREATE TABLE alike (LIKE customers INCLUDING ALL)", protected},
		{bob, "CREATE RULE \"_RETURN\" AS ON SELECT TO other_copy DO INSTEAD SELECT id, phone FROM customers", "ERROR 42501: permission denied for function: no role of this person may: [routine]."},
		{bob, "CREATE FOREIGN TABLE ft (id int) SERVER s", "ERROR 42501: Foreign tables, servers, publications and subscriptions are refused for people who do not have every table as it is: they reach this database past Cordon."},
	} {
		got := show(step.who, pgx.QueryExecModeSimpleProtocol, step.sql)
		if got != step.want {
			t.Errorf("%s\ngot  %s\nwant %s", step.sql, got, step.want)
		}
	}
}
