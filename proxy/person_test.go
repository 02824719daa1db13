package proxy

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cordon/wire"
)

// A statement that one person prepared runs for another in that person's own form, and goes back.
func TestPreparedStatementsFollowThePerson(t *testing.T) {
	f, _, db := crm(t, nil)
	c := f.connect(t, "app", db, "")
	ctx := context.Background()
	simple := pgx.QueryExecModeSimpleProtocol
	expect(t, show(c, simple, "SET cordon.user = 'alice'"), "SET")
	if _, err := c.Prepare(ctx, "s", "SELECT count(*), min(id) FROM customers WHERE id > $1"); err != nil {
		t.Fatal(err)
	}
	q := pgx.QueryExecModeCacheStatement
	for range 3 {
		expect(t, show(c, q, "s", 0), "110|1\nSELECT 1")
		expect(t, show(c, simple, "SET cordon.user = 'bob'"), "SET")
		expect(t, show(c, q, "s", 0), "10|11\nSELECT 1")
		expect(t, show(c, q, "s", 15), "5|16\nSELECT 1")
		expect(t, show(c, simple, "RESET cordon.user"), "RESET")
		expect(t, show(c, q, "s", 0), `ERROR 28000: login "app" speaks for other people, and this statement names none of them`)
		expect(t, show(c, simple, "SET cordon.user = 'alice'"), "SET")
	}
}

// What one person has prepared or opened by SQL is not for another.
func TestSQLStatementsAndCursorsBelongToThePerson(t *testing.T) {
	f, _, db := crm(t, nil)
	c := f.connect(t, "app", db, "")
	m := pgx.QueryExecModeSimpleProtocol
	expect(t, show(c, m, "SET cordon.user = 'alice'"), "SET")
	expect(t, show(c, m, "PREPARE p AS SELECT count(*) FROM customers"), "PREPARE")
	expect(t, show(c, m, "EXECUTE p"), "110\nSELECT 1")
	expect(t, show(c, m, "BEGIN"), "BEGIN")
	expect(t, show(c, m, "DECLARE k CURSOR FOR SELECT id, phone FROM customers ORDER BY id"), "DECLARE CURSOR")
	expect(t, show(c, m, "FETCH k"), "1|138****0001\nFETCH 1")
	expect(t, show(c, m, "SAVEPOINT a"), "SAVEPOINT")
	expect(t, show(c, m, "SET LOCAL cordon.user = 'bob'"), "SET")
	expect(t, show(c, m, "FETCH k"), `ERROR 42501: permission denied for cursor "k": it was made for another person or under another policy`)
	expect(t, show(c, m, "ROLLBACK TO a"), "ROLLBACK")
	expect(t, show(c, m, "FETCH k"), "2|138****0002\nFETCH 1")
	expect(t, show(c, m, "COMMIT"), "COMMIT")
	expect(t, show(c, m, "SET cordon.user = 'bob'"), "SET")
	expect(t, show(c, m, "EXECUTE p"), `ERROR 42501: permission denied for prepared statement "p": it was made for another person or under another policy`)
	expect(t, show(c, m, "DEALLOCATE p"), "DEALLOCATE")
	expect(t, show(c, m, "EXECUTE p"), `ERROR 26000: prepared statement "p" does not exist`)
	expect(t, show(c, m, "DISCARD ALL"), "DISCARD ALL")
	expect(t, show(c, m, "SELECT count(*) FROM customers"), `ERROR 28000: login "app" speaks for other people, and this statement names none of them`)
}

// Reading the catalog anew, in the session of the person who needs it, takes nothing away that the client has set: neither who speaks, nor for the length of a transaction.
func TestPersonOutlivesAChangeOfTheCatalog(t *testing.T) {
	f, pg, db := crm(t, nil)
	c := f.connect(t, "app", db, "")
	m := pgx.QueryExecModeSimpleProtocol
	count := "SELECT count(*) FROM customers"
	expect(t, show(c, m, "SET cordon.user = 'bob'"), "SET")
	expect(t, show(c, m, count), "10\nSELECT 1")
	for i := range 3 {
		made := func(n int) string {
			name := fmt.Sprintf("newcomer_%d_%d", i, n)
			pg.Exec(t, db, "CREATE TABLE "+name+" AS SELECT 1 AS one; GRANT SELECT ON "+name+" TO public")
			return "SELECT * FROM " + name
		}
		expect(t, show(c, m, made(0)), "1\nSELECT 1")
		expect(t, show(c, m, count), "10\nSELECT 1")
		expect(t, answers(c, "BEGIN; SET LOCAL cordon.user = 'alice'; "+made(1)+"; "+count+"; COMMIT; "+count), "BEGIN; SET; [one]1\nSELECT 1; [count]110\nSELECT 1; COMMIT; [count]10\nSELECT 1; ")
		expect(t, show(c, m, "BEGIN"), "BEGIN")
		expect(t, show(c, m, "SET LOCAL cordon.user = 'alice'"), "SET")
		expect(t, show(c, m, made(2)), "1\nSELECT 1")
		expect(t, show(c, m, count), "110\nSELECT 1")
		expect(t, show(c, m, "COMMIT"), "COMMIT")
		expect(t, show(c, m, count), "10\nSELECT 1")
	}
}

// A view that cannot be read, because somebody holds what it reads, costs its own load and nothing else: the session that asked is as it was, in a transaction too.
func TestLockedViewLeavesTheSessionAsItWas(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, "CREATE TABLE busy (i int); CREATE VIEW over_busy AS SELECT i FROM busy; CREATE VIEW over_plain AS SELECT id FROM plain")
	c := f.connect(t, "alice", db, "")
	m := pgx.QueryExecModeSimpleProtocol
	count := "SELECT count(*) FROM customers"
	expect(t, show(c, m, count), "110\nSELECT 1")
	locker := pg.Connect(t, "postgres", "", db)
	if _, err := locker.Query(t.Context(), "BEGIN; ALTER TABLE busy RENAME TO busier; ALTER VIEW over_busy SET (security_barrier)"); err != nil {
		t.Fatal(err)
	}
	for i, begin := range []string{"", "BEGIN"} {
		if begin != "" {
			expect(t, show(c, m, begin), begin)
		}
		// ALTER TABLE … RENAME of plain has every view printed anew.
		pg.Exec(t, db, fmt.Sprintf("ALTER TABLE plain ADD extra_%d int; CREATE TABLE newcomer_%d AS SELECT 1 AS one; GRANT SELECT ON newcomer_%d TO public", i, i, i))
		expect(t, show(c, m, fmt.Sprintf("SELECT * FROM newcomer_%d", i)), "1\nSELECT 1")
		expect(t, show(c, m, count), "110\nSELECT 1")
		if begin != "" {
			expect(t, show(c, m, "COMMIT"), "COMMIT")
		}
		expect(t, show(c, m, "SELECT 1"), "1\nSELECT 1")
	}
}

// talk sends frames and shows the answers up to n ReadyForQuery.
func talk(t *testing.T, addr, user, db string, n int, frames ...[]byte) string {
	t.Helper()
	conn := login(t, addr, user, db)
	for _, f := range frames {
		if _, err := conn.Write(f); err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	for range n {
		for _, f := range until(t, conn, 'Z') {
			switch f.typ {
			case 'E':
				r, _ := wire.DecodeReport(nil, f.body)
				fmt.Fprintf(&b, "E %s %s", r.Get('C'), r.Get('M'))
				if p := r.Get('P'); p != nil {
					fmt.Fprintf(&b, " at %s", p)
				}
				if p := r.Get('D'); p != nil {
					fmt.Fprintf(&b, " (%s)", p)
				}
				b.WriteByte('\n')
			case 'C', 'Z', 'D', 'S', 'A':
				fmt.Fprintf(&b, "%c %q\n", f.typ, f.body)
			case 0:
				fmt.Fprintf(&b, "end: %s\n", f.body)
				return b.String()
			default:
				fmt.Fprintf(&b, "%c\n", f.typ)
			}
		}
	}
	return b.String()
}

func frames(list ...[]byte) (all []byte) {
	for _, f := range list {
		all = append(all, f...)
	}
	return all
}

// A refused statement in a pipeline skips what follows to the Sync, and nothing of its implicit transaction stays.
func TestRefusalInAPipeline(t *testing.T) {
	f, pg, db := crm(t, nil)
	run := func(sql string) []byte {
		return frames(wire.AppendParse(nil, "", sql, nil), wire.AppendBind(nil, "", ""), wire.AppendExecute(nil, "", 0))
	}
	got := talk(t, f.addr, "alice", db, 2, frames(run("INSERT INTO plain VALUES (-5)"), run("SELECT * FROM secrets"), run("INSERT INTO plain VALUES (-6)"), wire.AppendSync(nil), run("INSERT INTO plain VALUES (-7)"), wire.AppendSync(nil)))
	expect(t, got, "1\n2\nC \"INSERT 0 1\\x00\"\nE 42501 permission denied for table public.secrets at 15 (No rule on public.secrets fits this person.)\nZ \"I\"\n1\n2\nC \"INSERT 0 1\\x00\"\nZ \"I\"\n")
	expect(t, fmt.Sprint(pg.Query(t, db, "SELECT id FROM plain WHERE id < 0")), "[[-7]]")
}

// A stopped export in a pipeline does the same, whether the server was cancelled in time or not.
func TestStopInAPipeline(t *testing.T) {
	f, pg, db := crm(t, nil)
	run := func(sql string) []byte {
		return frames(wire.AppendParse(nil, "", sql, nil), wire.AppendBind(nil, "", ""), wire.AppendExecute(nil, "", 0))
	}
	want := "1\n2\nC \"INSERT 0 1\\x00\"\n1\n2\nE 5C001 export limit of rule \"own customers\" exceeded: more than 50 rows in one statement (The limit is 50 rows; the statement gives at least 51 rows. No row was sent.)\nZ \"I\"\n1\n2\nC \"INSERT 0 1\\x00\"\nZ \"I\"\n"
	for range 20 {
		got := talk(t, f.addr, "alice", db, 2, frames(run("INSERT INTO plain VALUES (-5)"), run("SELECT id FROM customers"), run("INSERT INTO plain VALUES (-6)"), wire.AppendSync(nil), run("INSERT INTO plain VALUES (-7)"), wire.AppendSync(nil)))
		expect(t, got, want)
	}
	expect(t, fmt.Sprint(pg.Query(t, db, "SELECT id, count(*) FROM plain WHERE id < 0 GROUP BY id")), "[[-7 20]]")
}

// Pages of a portal count together, and what has been refused is not counted.
func TestPagesOfAPortal(t *testing.T) {
	f, _, db := crm(t, nil)
	got := talk(t, f.addr, "alice", db, 1, frames(wire.AppendParse(nil, "", "SELECT id FROM customers ORDER BY id", nil), wire.AppendBind(nil, "p", ""), wire.AppendExecute(nil, "p", 2), wire.AppendExecute(nil, "p", 100), wire.AppendExecute(nil, "p", 2), wire.AppendSync(nil)))
	expect(t, got, "1\n2\nD \"\\x00\\x01\\x00\\x00\\x00\\x011\"\nD \"\\x00\\x01\\x00\\x00\\x00\\x012\"\ns\nE 5C001 export limit of rule \"own customers\" exceeded: more than 50 rows in one statement (The limit is 50 rows; the statement gives at least 51 rows. 2 rows were sent before.)\nZ \"I\"\n")
}

// Errors carry no values of rows, and point into the client's own text.
func TestErrorsAreScrubbed(t *testing.T) {
	f, _, db := crm(t, nil)
	q := wire.AppendQuery[string]
	expect(t, talk(t, f.addr, "alice", db, 1, q(nil, "SELECT name::int FROM customers WHERE id = 1")), "T\nE 22P02 invalid input syntax for type integer: \"…\"\nZ \"I\"\n")
	expect(t, talk(t, f.addr, "alice", db, 1, q(nil, "SELECT id, nonsense FROM customers c")), "E 42703 column \"nonsense\" does not exist at 12\nZ \"I\"\n")
	expect(t, talk(t, f.addr, "alice", db, 1, q(nil, "SELECT interval $1 FROM customers")), "E 42601 syntax error at or near \"$1\" at 17\nZ \"I\"\n")
	expect(t, talk(t, f.addr, "alice", db, 1, frames(wire.AppendParse(nil, "", "SELECT interval $1 FROM customers", nil), wire.AppendSync(nil))), "E 42601 syntax error at or near \"$1\" at 17\nZ \"I\"\n")
	expect(t, talk(t, f.addr, "alice", db, 1, q(nil, "PREPARE p AS SELECT interval $1 FROM customers")), "E 42601 syntax error at or near \"$1\" at 30\nZ \"I\"\n")
	expect(t, talk(t, f.addr, "alice", db, 1, q(nil, "SELECT 'abc'::int FROM customers")), "E 22P02 invalid input syntax for type integer: \"abc\" at 8\nZ \"I\"\n")
	expect(t, talk(t, f.addr, "alice", db, 1, q(nil, "SELECT name FROM customers WHERE name LIKE 'abc' OR id = '7x'")), "E 22P02 invalid input syntax for type integer: \"7x\" at 58\nZ \"I\"\n")
	expect(t, talk(t, f.addr, "alice", db, 1, q(nil, "SELECT date '2026-02-30' FROM customers WHERE name LIKE '%'")), "E 22008 date/time field value out of range: \"2026-02-30\" at 13\nZ \"I\"\n")
	expect(t, talk(t, f.addr, "alice", db, 1, q(nil, "SELECT ('a' || 'bc')::int FROM customers")), "E 22P02 invalid input syntax for type integer: \"…\"\nZ \"I\"\n")
	expect(t, talk(t, f.addr, "alice", db, 1, q(nil, "SELECT CASE WHEN id = 1 THEN name ELSE id END FROM customers")), "E 42804 CASE types integer and text cannot be matched at 30\nZ \"I\"\n")
	expect(t, talk(t, f.addr, "alice", db, 1, q(nil, "INSERT INTO customers VALUES (1, 'x', 'y', 7)")), "E 23505 duplicate key value violates unique constraint \"customers_pkey\"\nZ \"I\"\n")
}

// A new row that the rule's filter does not hold for is refused with the rule's name.
func TestRowCheck(t *testing.T) {
	f, pg, db := crm(t, nil)
	c := f.connect(t, "alice", db, "")
	for _, m := range modes {
		expect(t, show(c, m, "INSERT INTO customers VALUES (9001, 'x', 'y', 8)"), `ERROR 42501: new row violates rule "own customers"`)
	}
	expect(t, show(c, pgx.QueryExecModeExec, "INSERT INTO customers VALUES (9002, 'x', 'y', 7)"), "INSERT 0 1")
	expect(t, fmt.Sprint(pg.Query(t, db, "SELECT id FROM customers WHERE id > 9000")), "[[9002]]")
}

// Sessions of people whose time runs out end within a second.
func TestValidUntil(t *testing.T) {
	f, _, db := crm(t, nil)
	f.SetPolicy(parsePolicy(t, strings.Replace(crmPolicy, "bob: {roles: [sales], attributes: {employee_id: 8}}",
		"bob: {roles: [sales], attributes: {employee_id: 8}, valid_until: "+time.Now().Add(2*time.Second).UTC().Format(time.RFC3339)+"}", 1)))
	conn := login(t, f.addr, "bob", db)
	got := fmt.Sprint(until(t, conn, 'Z'))
	if !strings.Contains(got, "57P01") {
		t.Error(got)
	}
}

// Cordon's settings in the startup packet are for logins that speak for others, and never reach the server.
func TestSettingsInTheStartupPacket(t *testing.T) {
	f, _, db := crm(t, nil)
	for _, options := range []string{"&options=-ccordon.user%3Dalice", "&options=-c%20cordon.user%3Dalice%20-c%20work_mem%3D1MB", "&options=--cordon.user%3Dalice", "&cordon.user=alice"} {
		c := f.connect(t, "app", db, options)
		expect(t, show(c, pgx.QueryExecModeExec, "SELECT count(*) FROM customers"), "110\nSELECT 1")
		expect(t, show(c, pgx.QueryExecModeSimpleProtocol, "SET cordon.user = 'bob'"), "SET")
		expect(t, show(c, pgx.QueryExecModeExec, "SELECT count(*) FROM customers"), "10\nSELECT 1")
		expect(t, show(c, pgx.QueryExecModeSimpleProtocol, "RESET cordon.user"), "RESET")
		expect(t, show(c, pgx.QueryExecModeExec, "SELECT count(*) FROM customers"), "110\nSELECT 1")
		_, err := pgx.Connect(context.Background(), "postgres://bob@"+f.addr+"/"+db+"?sslmode=disable"+options)
		if e := pgError(err); e == nil || e.Code != "42501" || e.Severity != "FATAL" {
			t.Errorf("%s: %v", options, err)
		}
	}
}

// A text is read in the encoding that the server will read it in, also when that has been changed just before in the same pipeline.
func TestEncodings(t *testing.T) {
	f, _, db := crm(t, nil)
	q := wire.AppendQuery[string]
	// In GBK 0xbf5c is one character: whoever reads bytes sees a backslash, or a quote that is none.
	gbk := "SELECT count(*) FROM customers WHERE name <> '\xbf\x5c' AND name <> '\xd6\xd0'"
	for _, user := range []string{"alice", "postgres"} {
		want := map[string]string{"alice": "110", "postgres": "600"}[user]
		for _, s := range [][]byte{
			frames(q(nil, "SET client_encoding = 'GBK'"), q(nil, gbk)),
			frames(q(nil, "BEGIN"), q(nil, "SET LOCAL client_encoding = 'LATIN1'"), q(nil, "SELECT count(*) FROM customers WHERE name <> 'gr\xf6\xdfe'"), q(nil, "ROLLBACK"), q(nil, "SELECT count(*) FROM customers WHERE name <> 'größe'")),
		} {
			got := talk(t, f.addr, user, db, strings.Count(string(s), "Q\x00"), s)
			if strings.Contains(got, "E ") || !strings.Contains(got, want) {
				t.Errorf("%s: %q\n%s", user, s, got)
			}
		}
	}
	got := talk(t, f.addr, "alice", db, 2, frames(q(nil, "SET standard_conforming_strings = off"), q(nil, `SELECT count(*) FROM customers WHERE name = '\' OR true --'`)))
	if strings.Contains(got, "600") || !strings.Contains(got, "E ") {
		t.Error(got)
	}
}

// Names are not kept for ever: a session that prepares and closes under ever new names holds none.
func TestNamesAreForgotten(t *testing.T) {
	var n namespace
	for i := range 10_000 {
		name := []byte(fmt.Sprint("s", i))
		o := &object{}
		n.put(name, o)
		o.settle(live)
		c := &object{closing: true}
		n.put(name, c)
		c.settle(live)
	}
	if n.len() > 300 {
		t.Errorf("%d names", n.len())
	}
}
