package proxy

import (
	"strings"
	"testing"

	"cordon/internal/golden"
	"cordon/wire"
)

func ds(name string) []byte { return wire.AppendObject(nil, wire.TypeDescribe, 'S', name) }
func dp(name string) []byte { return wire.AppendObject(nil, wire.TypeDescribe, 'P', name) }

// What a client sees of a write that the server checks row by row for Cordon is what it sees without Cordon, message by message. Each session is played straight to PostgreSQL and through Cordon.
func TestWritesLookAsDirect(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, "CREATE SEQUENCE numbers START 5000; GRANT ALL ON SEQUENCE numbers TO public")
	const insert = "INSERT INTO customers (id, name, phone, owner_id) VALUES "
	for _, a := range []attack{
		{"simple", "alice", 4, frames(q("BEGIN"), q(insert+"(5001, 'x', '13800005001', 7), (5002, 'y', NULL, 7)"), q("UPDATE customers SET owner_id = 7 WHERE id < 3"), q("ROLLBACK"))},
		{"simple, returning", "alice", 4, frames(q("BEGIN"), q(insert+"(5001, 'x', NULL, 7) RETURNING id, name"), q("UPDATE customers SET owner_id = 7 WHERE id < 3 RETURNING id, name, owner_id, id + 1 AS more"), q("ROLLBACK"))},
		{"several in a string", "alice", 3, frames(q("BEGIN"), q(insert+"(5001, 'x', NULL, 7); SELECT 1; UPDATE customers SET owner_id = 7 WHERE id = 5001 RETURNING id; "+insert+"(5003, 'x', NULL, 7)"), q("ROLLBACK"))},
		{"extended", "alice", 3, frames(q("BEGIN"), p("s", insert+"(5001, 'x', NULL, 7)"), ds("s"), b("", "s"), dp(""), x("", 0), b("", "s"), x("", 0), sy(), q("ROLLBACK"))},
		{"extended, returning", "alice", 3, frames(q("BEGIN"), p("s", insert+"(nextval('numbers'), 'x', NULL, 7) RETURNING name"), ds("s"), b("", "s"), dp(""), x("", 0), b("", "s"), x("", 0), sy(), q("ROLLBACK"))},
		{"row limits", "alice", 3, frames(q("BEGIN"), p("s", "UPDATE customers SET owner_id = 7 WHERE id < 6"), b("k", "s"), x("k", 1), p("r", "UPDATE customers SET owner_id = 7 WHERE id < 6 RETURNING id"), b("l", "r"), x("l", 2), x("l", 0), sy(), q("ROLLBACK"))},
		{"SQL's PREPARE", "alice", 7, frames(q("BEGIN"), q("PREPARE s (int, text) AS "+insert+"($1, $2, NULL, 7)"), q("EXECUTE s (5001, 'x')"), q("EXECUTE s (5002, 'y')"), q("PREPARE r AS UPDATE customers SET owner_id = 7 WHERE id = $1 RETURNING id, name"), q("EXECUTE r (5001)"), q("ROLLBACK"))},
		{"SQL's PREPARE, extended", "alice", 5, frames(q("BEGIN"), q("PREPARE s (int) AS "+insert+"($1, 'x', NULL, 7)"), q("PREPARE r AS UPDATE customers SET owner_id = 7 WHERE id = $1 RETURNING id, name"),
			p("e", "EXECUTE s (5001)"), ds("e"), b("", "e"), dp(""), x("", 0), p("e2", "EXECUTE r (5001)"), ds("e2"), b("", "e2"), dp(""), x("", 0), sy(), q("ROLLBACK"))},
		{"prepared by SQL, run by the protocol", "alice", 4, frames(q("BEGIN"), q("PREPARE s AS "+insert+"(5001, 'x', NULL, 7)"), ds("s"), b("", "s"), dp(""), x("", 0), sy(), q("ROLLBACK"))},
		{"COPY of what is written", "alice", 3, frames(q("BEGIN"), q("COPY ("+insert+"(5001, 'x', NULL, 7) RETURNING name, id) TO STDOUT"), q("ROLLBACK"))},
		{"MERGE", "alice", 4, frames(q("BEGIN"), q("MERGE INTO customers c USING (VALUES (1, 7), (5001, 7)) v(id, o) ON v.id = c.id WHEN MATCHED THEN UPDATE SET name = 'm', owner_id = v.o WHEN NOT MATCHED THEN INSERT VALUES (v.id, 'x', NULL, v.o)"),
			p("", "MERGE INTO customers c USING plain p ON p.id = c.id AND p.id < 3 WHEN MATCHED THEN UPDATE SET name = p.t"), b("", ""), dp(""), x("", 0), sy(), q("ROLLBACK"))},
		{"an error of the database, and the transaction after it", "alice", 6, frames(q("BEGIN"), q("SAVEPOINT a"), q(insert+"(1, 'x', NULL, 7)"), q("SELECT 1"), q("ROLLBACK TO a; "+insert+"(5001, 'x', NULL, 7)"), q("ROLLBACK"))},
	} {
		direct, through := playAttack(t, pg.Addr(), a.who, db, a.n, a.frames), playAttack(t, f.addr, a.who, db, a.n, a.frames)
		if direct != through && !scrubbedAlike(direct, through) {
			t.Errorf("%s: %s", a.what, golden.Difference(direct, through))
		}
	}
}

// scrubbedAlike: Cordon takes the detail out of errors that can hold values.
func scrubbedAlike(direct, through string) bool { return withoutDetail(direct) == through }

func withoutDetail(transcript string) string {
	var b strings.Builder
	for _, line := range strings.SplitAfter(transcript, "\n") {
		if !strings.HasPrefix(line, "  D ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// Transactions of every kind go as straight to PostgreSQL: kept back in two phases, read only, serializable, with savepoints; and COPY FROM in its three formats.
func TestTransactionsOfWritesLookAsDirect(t *testing.T) {
	f, pg, db := crm(t, nil)
	f.SetPolicy(parsePolicy(t, strings.Replace(crmPolicy, "allow: [select, insert, update]", "allow: [select, insert, update, delete, copy_from]", 1)))
	const insert = "INSERT INTO customers (id, name, phone, owner_id) VALUES "
	const own = "SELECT id, name FROM customers WHERE id BETWEEN 5001 AND 5099 ORDER BY id"
	data := func(body string) []byte {
		return frames(wire.AppendHeader(nil, wire.TypeCopyData, len(body)), []byte(body))
	}
	done := wire.AppendHeader(nil, wire.TypeCopyDone, 0)
	binary := "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" +
		"\x00\x04" + "\x00\x00\x00\x04\x00\x00\x13\x89" + "\x00\x00\x00\x01x" + "\xff\xff\xff\xff" + "\x00\x00\x00\x04\x00\x00\x00\x07" + "\xff\xff"
	for _, a := range []attack{
		{"two phases, undone", "alice", 6, frames(q("BEGIN"), q(insert+"(5001, 'x', NULL, 7)"), q("PREPARE TRANSACTION 'p'"), q(own), q("ROLLBACK PREPARED 'p'"), q(own))},
		{"two phases, done", "alice", 6, frames(q("BEGIN"), q(insert+"(5002, 'x', NULL, 7)"), q("PREPARE TRANSACTION 'p'"), q("COMMIT PREPARED 'p'"), q(own), q("DELETE FROM customers WHERE id = 5002"))},
		{"read only", "alice", 4, frames(q("BEGIN READ ONLY"), q(insert+"(5001, 'x', NULL, 7)"), q(own), q("ROLLBACK"))},
		{"serializable", "alice", 5, frames(q("BEGIN ISOLATION LEVEL SERIALIZABLE"), q("UPDATE customers SET name = name || '!' WHERE id = 1 RETURNING name"), q(own), q("SHOW transaction_isolation"), q("ROLLBACK"))},
		{"savepoints", "alice", 9, frames(q("BEGIN"), q("SAVEPOINT a"), q(insert+"(5001, 'x', NULL, 7)"), q("SAVEPOINT b"), q("DELETE FROM customers WHERE id = 5001 RETURNING id"), q("ROLLBACK TO b"), q(own), q("RELEASE a"), q("ROLLBACK AND CHAIN; ROLLBACK"))},
		{"COPY FROM, text", "alice", 4, frames(q("BEGIN"), q("COPY customers FROM STDIN"), data("5001\tx\t\\N\t7\n5002\ty\t1\t7\n"), done, q(own), q("ROLLBACK"))},
		{"COPY FROM, csv", "alice", 4, frames(q("BEGIN"), q("COPY customers (owner_id, id, name) FROM STDIN (FORMAT csv, HEADER)"), data("owner_id,id,name\n7,5001,x\n"), done, q(own), q("ROLLBACK"))},
		{"COPY FROM, binary", "alice", 4, frames(q("BEGIN"), q("COPY customers FROM STDIN (FORMAT binary)"), data(binary), done, q(own), q("ROLLBACK"))},
		{"a pipeline with an error in it", "alice", 3, frames(p("", insert+"(5001, 'x', NULL, 7)"), b("", ""), x("", 0), p("", insert+"(1, 'x', NULL, 7)"), b("", ""), x("", 0), p("", insert+"(5002, 'x', NULL, 7)"), b("", ""), x("", 0), sy(), q(own), q("SELECT 1"))},
	} {
		direct, through := playAttack(t, pg.Addr(), a.who, db, a.n, a.frames), playAttack(t, f.addr, a.who, db, a.n, a.frames)
		if direct != through && !scrubbedAlike(direct, through) {
			t.Errorf("%s: %s", a.what, golden.Difference(direct, through))
		}
	}
	// A row out of reach undoes the whole COPY, and the transaction fails as after any error.
	for what, body := range map[string][]byte{
		"": data("5001\tx\t\\N\t7\n5002\ty\t\\N\t8\n"), " (FORMAT csv)": data("5001,x,,7\n5002,y,,8\n"), " (FORMAT binary)": data(strings.Replace(binary, "\x00\x00\x00\x04\x00\x00\x00\x07", "\x00\x00\x00\x04\x00\x00\x00\x08", 1)),
	} {
		got := playAttack(t, f.addr, "alice", db, 5, frames(q("BEGIN"), q("COPY customers FROM STDIN"+what), body, done, q("SELECT 1"), q("ROLLBACK"), q(own)))
		for _, part := range []string{"42501", "25P02", "SELECT 0"} {
			if !strings.Contains(got, part) {
				t.Errorf("COPY FROM%s: no %s in\n%s", what, part, got)
			}
		}
	}
}
