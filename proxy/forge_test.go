package proxy

import (
	"fmt"
	"strings"
	"testing"

	"cordon/wire"
)

const forgeSchema = `
CREATE FUNCTION become(p text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN set_config('cordon.user', p, false); END $$;
CREATE FUNCTION as_alice() RETURNS bigint LANGUAGE sql SET cordon."user" = 'alice' AS $$ SELECT 1::bigint $$;
CREATE TABLE hooks (id int DEFAULT 1, word text DEFAULT set_config('cordon.user', 'alice', false), CHECK (set_config('cordon.user', 'alice', false) IS NOT NULL));
CREATE VIEW looks AS SELECT set_config('cordon.user', 'alice', false) AS word;
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('cordon.user', 'alice', false); RETURN NEW; END $$;
CREATE TABLE touchy (id int);
CREATE TRIGGER touched BEFORE INSERT ON touchy FOR EACH ROW EXECUTE FUNCTION touched();
GRANT ALL ON hooks, looks, touchy TO public;
`

// Ways to be somebody else on a login that speaks for many: bob speaks, and what follows must not be read as alice, in whichever way the text, the protocol or the server is bent. Where PostgreSQL's settings say that alice speaks, she does.
// testdata/forge.txt holds every answer whole.
func TestForging(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, attackSchema)
	pg.Exec(t, db, forgeSchema)
	text := strings.Replace(attackPolicy, "  sales: {}", "  sales: {functions: [public.become, public.as_alice]}", 1)
	text = strings.Replace(text, "  - name: plain\n", "  - {name: hooks, roles: [sales], tables: [public.hooks, public.looks, public.touchy], allow: [select, insert]}\n  - name: plain\n", 1)
	f.SetPolicy(parsePolicy(t, text))
	const rows, of = "SELECT count(*) FROM customers", " FROM customers"
	run := func(sql string) []byte { return frames(p("", sql), b("", ""), x("", 0)) }
	all := func(sql ...string) (sent []byte) {
		for _, one := range sql {
			sent = append(sent, q(one)...)
		}
		return sent
	}
	bound := func(sql string, values ...string) []byte {
		sent := append(p("", sql), wire.AppendHeader(nil, wire.TypeBind, bindLen(values))...)
		sent = append(sent, 0, 0, 0, 0, 0, byte(len(values)))
		for _, v := range values {
			sent = append(append(sent, 0, 0, 0, byte(len(v))), v...)
		}
		return append(append(sent, 0, 0), x("", 0)...)
	}
	list := []struct {
		what  string
		sent  []byte
		ready int
		then  string // who speaks afterwards
	}{
		{"nothing", nil, 0, "bob"},
		// Other statements that set.
		{"ALTER ROLE", all("ALTER ROLE app SET cordon.\"user\" = 'alice'", "ALTER ROLE ALL SET cordon.\"user\" = 'alice'", "ALTER DATABASE postgres SET cordon.\"user\" = 'alice'", "ALTER SYSTEM SET cordon.\"user\" = 'alice'"), 4, "bob"},
		{"session characteristics", all("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET LOCAL TRANSACTION READ WRITE"), 2, "bob"},
		{"SET LOCAL outside a transaction", all("SET LOCAL cordon.user = 'alice'"), 1, "bob"},
		{"pg_settings", all("UPDATE pg_settings SET setting = 'alice' WHERE name = 'cordon.user'", "UPDATE pg_catalog.pg_settings SET setting = 'alice'"), 2, "bob"},
		{"DO", all("DO $$ BEGIN PERFORM set_config('cordon.user', 'alice', false); END $$"), 1, "bob"},
		{"CREATE FUNCTION", all("CREATE FUNCTION f() RETURNS int LANGUAGE sql SET cordon.\"user\" = 'alice' AS 'SELECT 1'", "ALTER FUNCTION as_alice() SET cordon.\"user\" FROM CURRENT"), 2, "bob"},
		{"FROM CURRENT", all("SET cordon.user FROM CURRENT"), 1, "bob"},
		{"roles", all("SET ROLE alice", "SET SESSION AUTHORIZATION alice", "RESET SESSION AUTHORIZATION"), 3, "bob"},
		// set_config where the server alone sees it.
		{"SQL PREPARE", all("PREPARE s AS SELECT set_config('cordon.user', 'alice', false)", "EXECUTE s"), 2, "bob"},
		{"SQL PREPARE with a parameter", all("PREPARE s(text) AS SELECT set_config('cordon.user', $1, false)", "EXECUTE s('alice')"), 2, "bob"},
		{"SQL PREPARE of SET", all("PREPARE s AS SET cordon.user = 'alice'"), 1, "bob"},
		{"COPY", all("COPY (SELECT set_config('cordon.user', 'alice', false)) TO STDOUT"), 1, "bob"},
		{"a cursor", all("BEGIN", "DECLARE c CURSOR FOR SELECT set_config('cordon.user', 'alice', false)", "FETCH c", "COMMIT"), 4, "bob"},
		{"WITH", all("WITH w AS MATERIALIZED (SELECT set_config('cordon.user', 'alice', false)) SELECT 1 FROM w"), 1, "bob"},
		{"RETURNING", all("INSERT INTO plain VALUES (1) RETURNING set_config('cordon.user', 'alice', false)"), 1, "bob"},
		{"WHERE, ORDER BY, LIMIT", all("SELECT 1 WHERE set_config('cordon.user', 'alice', false) <> ''", "SELECT 1 ORDER BY set_config('cordon.user', 'alice', false)", "SELECT 1 LIMIT length(set_config('cordon.user', 'alice', false))"), 3, "bob"},
		{"EXPLAIN ANALYZE", all("EXPLAIN ANALYZE SELECT set_config('cordon.user', 'alice', false)"), 1, "bob"},
		{"defaults and checks", all("INSERT INTO hooks DEFAULT VALUES", "INSERT INTO hooks VALUES (1, 'x')"), 2, "bob"},
		{"a view", all("SELECT * FROM looks"), 1, "bob"},
		{"a trigger", all("INSERT INTO touchy VALUES (1)"), 1, "bob"},
		{"a function", all("SELECT become('alice')", "SELECT as_alice()"), 2, "bob"},
		{"names of the arguments", all("SELECT set_config(setting_name => 'cordon.user', new_value => 'alice', is_local => false)"), 1, "bob"},
		{"the name from a row", all("SELECT set_config(n, 'alice', false) FROM (VALUES ('cordon.user')) v(n)"), 1, "bob"},
		{"the name put together", all("SELECT set_config('cordon' || '.user', 'alice', false)", "SELECT set_config(concat('cordon', '.', 'user'), 'alice', false)"), 2, "bob"},
		{"by FunctionCall", append(append(wire.AppendHeader(nil, wire.TypeFunctionCall, 39), 0, 0, 8, 0x1e, 0, 0, 0, 3, 0, 0, 0, 11, 'c', 'o', 'r', 'd', 'o', 'n', '.', 'u', 's', 'e', 'r', 0, 0, 0, 5, 'a', 'l', 'i', 'c', 'e'), 0, 0, 0, 1, 'f', 0, 0), 1, "bob"},
		// The same by other names: these are the setting.
		{"upper case", all("SET CORDON.USER = 'alice'"), 1, "alice"},
		{"in quotes", all(`SET "cordon"."user" = 'alice'`), 1, "alice"},
		{"in quotes and upper case", all(`SET "CORDON"."User" = 'alice'`), 1, "alice"},
		{"with spaces", all("SET cordon . user TO alice"), 1, "alice"},
		{"with a comment inside", all("SET cordon/* */./* */user TO alice"), 1, "alice"},
		{"Unicode escapes", all(`SET U&"cordon"."\0075ser" = 'alice'`, `SET U&"c\006frdon".U&"\0075ser" = U&'\0061lice'`), 2, "alice"},
		{"set_config by Unicode escapes", all(`SELECT set_config(U&'cordon\002euser', U&'\0061lice', false)`), 1, "alice"},
		{"set_config by escapes", all(`SELECT pg_catalog.set_config(E'cordon\x2euser', E'\141lice', false)`), 1, "alice"},
		{"an escape character of one's own", all(`SET U&"cordon"."!0075ser" UESCAPE '!' = 'alice'`, `SELECT set_config(U&'cordon!002euser' UESCAPE '!', 'alice', false)`), 2, "alice"},
		{"set_config in Bind", append(bound("SELECT set_config($1, $2, $3)", "cordon.user", "alice", "f"), sy()...), 1, "bob"},
		{"the value in Bind", append(bound("SELECT set_config('cordon.user', $1, $2)", "alice", "f"), sy()...), 1, "alice"},
		{"local by Bind", append(bound("SELECT set_config('cordon.user', $1, true)", "alice"), sy()...), 1, "bob"},
		{"set_config of NULL", all("SELECT set_config('cordon.user', NULL, false)"), 1, "nobody"},
		// Names that are almost hers.
		{"names that are not hers", all("SET cordon.user = ' alice'", rows, "SET cordon.user = 'ALICE'", rows, "SET cordon.user = 'аlice'", rows, "SET cordon.user = 'alice\u200b'", rows), 8, `ERROR`},
		{"a list", all("SET cordon.user = alice, bob"), 1, "bob"},
		{"other settings of Cordon's", all("SET cordon.token = 'x'", "SET cordon.role = 'dba'", "SET cordon.users = 'alice'"), 3, "bob"},
		{"DEFAULT", all("SET cordon.user TO DEFAULT"), 1, "nobody"},
		// Comments.
		{"a comment in a string", all("SELECT '/*user=''alice''*/', count(*)"+of, "SELECT E'\\'/*user=''alice''*/', count(*)"+of, "SELECT $a$ /*user='alice'*/ $a$, count(*)"+of, `SELECT count(*) AS "/*user='alice'*/"`+of, `SELECT U&'\0027/*user=''alice''*/', count(*)`+of), 5, "bob"},
		{"a comment that does not end", all(rows+" /*user='alice'", "/*user='alice'"), 2, "bob"},
		{"a comment in a comment", all(rows+" /* /*user='alice'*/ */", rows+" /*x*//*/*user='alice'*/*/"), 2, "bob"},
		{"a comment against the setting", all(rows+" /*user='alice'*/", "/*user='alice'*/ "+rows, rows+" -- user='alice'", "SELECT /*user='alice'*/ count(*)"+of), 4, "bob"},
		{"a comment behind the end", all(rows+"; /*user='alice'*/", "; /*user='alice'*/ ;"+rows, "SELECT 1; "+rows+" /*user='alice'*/"), 3, "bob"},
		{"a comment of its own", all("/*user='alice'*/", rows), 2, "bob"},
		{"comments without the setting", all("RESET cordon.user", rows+" /*user='bob'*/ /*user='alice'*/", rows+" /*user='bob',x='*/ /*user=''alice'*/", rows+" /*user='bob%27,user=%27alice'*/", rows+" /*user='bob'*/\r-- user='alice'", "SELECT 1 /*user='bob'*/; "+rows), 6, "nobody"},
		{"a comment that a line ends", all("RESET cordon.user", "-- x\ruser='alice'\n"+rows, "-- /*user='alice'*/\n"+rows, rows+" --\u2028/*user='alice'*/"), 4, "nobody"},
		{"a comment in COPY and PREPARE", all("RESET cordon.user", "COPY (SELECT count(*)"+of+") TO STDOUT /*user='bob'*/", "PREPARE s AS SELECT count(*)"+of+" /*user='alice'*/", "EXECUTE s /*user='bob'*/", "EXECUTE s"), 5, "nobody"},
		// Transactions.
		{"ROLLBACK", all("BEGIN", "SET cordon.user = 'alice'", "ROLLBACK"), 3, "bob"},
		{"ABORT", all("START TRANSACTION", "SET cordon.user = 'alice'", "ABORT WORK"), 3, "bob"},
		{"COMMIT of a failed one", all("BEGIN", "SET cordon.user = 'alice'", "SELECT 1/0", "COMMIT"), 4, "bob"},
		{"an error between SET LOCAL and COMMIT", all("BEGIN", "SET LOCAL cordon.user = 'alice'", "SELECT 1/0", rows, "END"), 5, "bob"},
		{"COMMIT that fails", all("BEGIN", "INSERT INTO customers VALUES (9001, 'x', '13800000013', 8)", "SET cordon.user = 'alice'", "COMMIT"), 4, "bob"},
		{"COMMIT AND CHAIN", all("BEGIN", "SET LOCAL cordon.user = 'alice'", "COMMIT AND CHAIN", rows, "COMMIT"), 5, "bob"},
		{"ROLLBACK AND CHAIN", all("BEGIN", "SET cordon.user = 'alice'", "ROLLBACK AND CHAIN", rows, "COMMIT"), 5, "bob"},
		{"ROLLBACK AND CHAIN of a failed one", all("BEGIN", "SET cordon.user = 'alice'", "SELECT 1/0", "ROLLBACK AND CHAIN", rows, "COMMIT"), 6, "bob"},
		{"a chain outside a transaction", all("COMMIT AND CHAIN", "ROLLBACK AND CHAIN"), 2, "bob"},
		{"two phases", all("BEGIN", "SET cordon.user = 'alice'", "PREPARE TRANSACTION 'x'", rows, "ROLLBACK"), 5, "alice"},
		{"the second phase", all("COMMIT PREPARED 'x'", "ROLLBACK PREPARED 'x'"), 2, "bob"},
		{"BEGIN twice", all("BEGIN", "SET LOCAL cordon.user = 'alice'", "BEGIN", "ROLLBACK"), 4, "bob"},
		{"RELEASE and ROLLBACK", all("BEGIN", "SAVEPOINT a", "SET cordon.user = 'alice'", "RELEASE a", "ROLLBACK"), 5, "bob"},
		{"savepoints of one name", all("BEGIN", "SAVEPOINT a", "SET cordon.user = 'alice'", "SAVEPOINT a", "SET cordon.user = 'dora'", "ROLLBACK TO a", "RELEASE a", "ROLLBACK TO a", "COMMIT"), 9, "bob"},
		{"savepoints of names that are folded", all("BEGIN", "SAVEPOINT A", `SAVEPOINT "A"`, "SET cordon.user = 'alice'", `ROLLBACK TO "A"`, "COMMIT"), 6, "bob"},
		{"ROLLBACK TO none", all("BEGIN", "SET cordon.user = 'alice'", "ROLLBACK TO none", "ROLLBACK"), 4, "bob"},
		{"SET LOCAL and DEFAULT", all("BEGIN", "SET LOCAL cordon.user = 'alice'", "SET LOCAL cordon.user TO DEFAULT", rows, "COMMIT"), 5, "bob"},
		{"SET under SET LOCAL", all("BEGIN", "SET cordon.user = 'alice'", "SET LOCAL cordon.user = 'bob'", "COMMIT"), 4, "alice"},
		{"DISCARD ALL in a transaction", all("BEGIN", "DISCARD ALL", "ROLLBACK"), 3, "bob"},
		{"DISCARD of the rest", all("DISCARD TEMP", "DISCARD PLANS", "DISCARD SEQUENCES"), 3, "bob"},
		{"RESET ALL", all("RESET ALL"), 1, "nobody"},
		{"the transaction's time is over", all("SET idle_in_transaction_session_timeout = '1h'", "BEGIN", "SET LOCAL cordon.user = 'alice'", "SET LOCAL statement_timeout = 500", "SELECT count(*) FROM generate_series(1, 1000) a, generate_series(1, 1000) b, generate_series(1, 1000) c", "ROLLBACK"), 6, "bob"},
		// Strings of several statements.
		{"an error in the middle of a string", all("SET cordon.user = 'alice'; SELECT 1/0; SELECT 1"), 1, "bob"},
		{"an error before the SET", all("SELECT 1/0; SET cordon.user = 'alice'"), 1, "bob"},
		{"COMMIT in a string", all("SET cordon.user = 'alice'; COMMIT; SELECT 1/0"), 1, "alice"},
		{"ROLLBACK in a string", all("SET cordon.user = 'alice'; ROLLBACK; " + rows), 1, "bob"},
		{"BEGIN in a string", all("SET cordon.user = 'alice'; BEGIN; ROLLBACK"), 1, "bob"},
		{"SET LOCAL in a string", all("SET LOCAL cordon.user = 'alice'; " + rows), 1, "bob"},
		{"a syntax error in a string", all("SET cordon.user = 'alice'; SELEKT 1"), 1, "bob"},
		{"a refusal in a string", all("SET cordon.user = 'alice'; SELECT * FROM secrets"), 1, "bob"},
		// Pipelines.
		{"SET LOCAL in a pipeline", frames(run("SET LOCAL cordon.user = 'alice'"), run(rows), sy(), run(rows), sy()), 2, "bob"},
		{"an error behind SET in a pipeline", frames(run("SET cordon.user = 'alice'"), run("SELECT 1/0"), run(rows), sy()), 1, "bob"},
		{"an error before SET in a pipeline", frames(run("SELECT 1/0"), run("SET cordon.user = 'alice'"), sy()), 1, "bob"},
		{"SET that is not executed", frames(p("", "SET cordon.user = 'alice'"), b("", ""), sy()), 1, "bob"},
		{"SET that is executed twice", frames(p("s", "SET cordon.user = 'alice'"), b("", "s"), x("", 0), sy(), q("SET cordon.user = 'bob'"), b("", "s"), x("", 0), run("SELECT 1/0"), sy()), 3, "bob"},
		{"BEGIN in a pipeline that fails", frames(run("BEGIN"), run("SET cordon.user = 'alice'"), run("COMMIT"), run("SELECT 1/0"), sy()), 1, "alice"},
		{"ROLLBACK in a pipeline", frames(run("BEGIN"), run("SET cordon.user = 'alice'"), run("ROLLBACK"), run(rows), sy()), 1, "bob"},
		{"a prepared SET in a failed transaction", frames(p("s", "SET cordon.user = 'alice'"), sy(), q("BEGIN"), q("SELECT 1/0"), b("", "s"), x("", 0), sy(), q("COMMIT")), 5, "bob"},
		{"a prepared statement of hers", frames(q("SET cordon.user = 'alice'"), p("s", rows), b("k", "s"), sy(), q("SET cordon.user = 'bob'"), b("", "s"), x("", 0), sy(), x("k", 0), sy()), 5, "bob"},
	}
	attacks := make([]attack, 0, len(list)+4)
	for _, one := range list {
		attacks = append(attacks, attack{one.what, "app", one.ready + 2, frames(q("SET cordon.user = 'bob'"), one.sent, q(rows))})
	}
	playAttacks(t, f, db, "testdata/forge.txt", attacks)
	for i, one := range list {
		want := map[string]string{"bob": `D "\x00\x01\x00\x00\x00\x0210"`, "alice": `D "\x00\x01\x00\x00\x00\x03110"`, "nobody": `E 28000 login "app" speaks for other people, and this statement names none of them`, "ERROR": "E 28000 the policy has no user"}[one.then]
		parts := strings.Split(strings.TrimSuffix(playAttack(t, f.addr, "app", db, attacks[i].n, attacks[i].frames), "\n"), "\nZ ")
		if last := parts[max(0, len(parts)-2)]; !strings.Contains(last, want) {
			t.Errorf("%s: afterwards %s should speak, and the answer is\n%s", one.what, one.then, last)
		}
	}
	// In the startup packet.
	for who, want := range map[string]string{
		"app options=-ccordon.user=bob -ccordon.user=alice": "110", "app cordon.user=bob": "10", "app Cordon.User=bob": "10", "app options=--cordon.USER=bob": "10",
	} {
		got := playAttack(t, f.addr, who, db, 1, q(rows))
		if !strings.Contains(got, fmt.Sprintf(`\x%02d%s"`, len(want), want)) {
			t.Errorf("%s: %s", who, got)
		}
	}
}

func bindLen(values []string) int {
	n := 1 + 1 + 2 + 2 + 2
	for _, v := range values {
		n += 4 + len(v)
	}
	return n
}
