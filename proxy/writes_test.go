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
