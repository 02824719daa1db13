package proxy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"cordon/internal/pgtest"
	"cordon/wire"
)

// Where the second byte of a character can be a backslash or a quote, Cordon must see the characters that the server sees: for every pair of bytes with such a second byte, what is ASCII to one is ASCII to the other.
func TestEncodingsReadAsTheServerReadsThem(t *testing.T) {
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, `CREATE FUNCTION reads(b bytea, e text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN convert_from(b, e); EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$`)
	for _, name := range []string{"SJIS", "BIG5", "GBK", "GB18030", "UHC", "EUC_JP", "EUC_KR", "EUC_CN"} {
		// Every pair that Cordon takes, with the ASCII characters that matter to a lexer behind and as its second byte.
		var pairs, mine []string
		for lead := 0x80; lead <= 0xFF; lead++ {
			for _, second := range []byte("\\'\"$;-/*@A[]^`{|}~0:\n ") {
				text := string([]byte{byte(lead), second, '\''})
				if seen, ok := decodeFrom(encodingName(name), text); ok {
					pairs, mine = append(pairs, fmt.Sprintf(`'\x%x'`, text)), append(mine, seen)
				}
			}
		}
		if len(pairs) == 0 {
			continue // none is left to mistake
		}
		rows := pg.Query(t, db, "SELECT coalesce(reads(b, '"+name+"'), '(none)') FROM unnest(ARRAY["+strings.Join(pairs, ",")+"]::bytea[]) WITH ORDINALITY u(b, i) ORDER BY i")
		for i, row := range rows {
			if server := row[0]; server != "(none)" && shape(server) != shape(mine[i]) {
				t.Errorf("%s %s: the server reads %q, Cordon %q", name, pairs[i], server, mine[i])
			}
		}
		t.Logf("%s: %d pairs", name, len(pairs))
	}
}

// shape is a text with every character beyond ASCII made one and the same.
func shape(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '#'
		}
		return r
	}, s)
}

// A string that ends behind a character with a backslash in it ends there for Cordon too: what stands behind it is read, and is the person's own. What Cordon cannot read as the server does is refused.
func TestBackslashWithinACharacter(t *testing.T) {
	f, _, db := crm(t, nil)
	for name, char := range map[string]string{"SJIS": "\x83\x5c", "BIG5": "\xa5\x5c", "GBK": "\x81\x5c", "GB18030": "\x81\x5c", "UHC": "\x81\x5c", "JOHAB": "\x89\x5c"} {
		for _, literal := range []string{"E'" + char + "'", "'" + char + "'"} {
			conn := login(t, f.addr, "alice", db)
			conn.Write(wire.AppendQuery(nil, "SET client_encoding = '"+name+"'"))
			until(t, conn, 'Z')
			conn.Write(wire.AppendQuery(nil, "SELECT length("+literal+"), (SELECT count(*) FROM customers) -- '"))
			got := fmt.Sprint(until(t, conn, 'Z'))
			want := `D "\x00\x02\x00\x00\x00\x011\x00\x00\x00\x03110"`
			if name == "UHC" || name == "JOHAB" { // these have no such character, or Cordon does not know it
				want = "C0A000\\x00Mthis statement has characters that Cordon cannot read in the client encoding " + name + "\\x00HSET client_encoding = 'UTF8'."
			}
			if !strings.Contains(got, want) || strings.Contains(got, "600") {
				t.Errorf("%s %s: got %s, want %s", name, literal, got, want)
			}
		}
	}
}

// Every character that Cordon reads in an encoding is the one that the server reads, and every one that it writes: else a name would stand for another table to the server, and a literal of a rule for another value.
func TestEncodingsHaveTheServersCharacters(t *testing.T) {
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, `CREATE FUNCTION reads(b bytea, e text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN convert_from(b, e); EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$`)
	for _, name := range clientEncodings {
		if encodings[encodingName(name)] == nil {
			continue
		}
		var texts []string
		for a := 0x80; a <= 0xFF; a++ {
			texts = append(texts, string([]byte{byte(a)}))
			if !slices.Contains([]string{"SJIS", "BIG5", "GBK", "GB18030", "UHC", "EUC_JP", "EUC_KR", "EUC_CN"}, name) {
				continue
			}
			for b := 0x40; b <= 0xFF; b++ {
				texts = append(texts, string([]byte{byte(a), byte(b)}))
				for c := 0xA1; c <= 0xFE && name == "EUC_JP" && a == 0x8F; c++ {
					texts = append(texts, string([]byte{byte(a), byte(b), byte(c)}))
				}
			}
		}
		if name == "GB18030" {
			for r := rune(0x80); r <= 0xFFFF; r += 7 {
				if text, ok := encodeTo("GB18030", string(r)); ok {
					texts = append(texts, text)
				}
			}
		}
		var bytes, mine []string
		for _, text := range texts {
			if seen, ok := decodeFrom(encodingName(name), text); ok {
				bytes, mine = append(bytes, fmt.Sprintf(`'\x%x'`, text)), append(mine, seen)
			}
		}
		for len(mine) > 0 {
			n := min(len(mine), 8000)
			rows := pg.Query(t, db, "SELECT coalesce(reads(b, '"+name+"'), '(none)') FROM unnest(ARRAY["+strings.Join(bytes[:n], ",")+"]::bytea[]) WITH ORDINALITY u(b, i) ORDER BY i")
			var written, chars []string
			for i, row := range rows {
				if row[0] == "(none)" {
					continue // refused there
				}
				if row[0] != mine[i] {
					t.Errorf("%s %s: the server reads %+q, Cordon %+q", name, bytes[i], row[0], mine[i])
				}
				if text, ok := encodeTo(encodingName(name), mine[i]); ok {
					written, chars = append(written, fmt.Sprintf(`'\x%x'`, text)), append(chars, mine[i])
				} else {
					t.Errorf("%s: Cordon reads %+q and cannot write it", name, mine[i])
				}
			}
			if len(written) > 0 {
				for i, row := range pg.Query(t, db, "SELECT coalesce(reads(b, '"+name+"'), '(none)') FROM unnest(ARRAY["+strings.Join(written, ",")+"]::bytea[]) WITH ORDINALITY u(b, i) ORDER BY i") {
					if row[0] != chars[i] {
						t.Errorf("%s: Cordon writes %+q as %s, which the server reads as %+q", name, chars[i], written[i], row[0])
					}
				}
			}
			bytes, mine = bytes[n:], mine[n:]
		}
	}
}

// What is written of a rule must come to the server as it stands there, or not at all.
func TestUnlikeCharactersAreNotWritten(t *testing.T) {
	for name, pair := range unlike {
		theirs := []rune(pair[1])
		for i, c := range []rune(pair[0]) {
			out, ok := encodeTo(name, string(c))
			if again, _ := decodeFrom(name, out); ok && again != string(c) {
				t.Errorf("%s: %+q is written as %x, which the server reads as %+q", name, c, out, again)
			}
			if _, ok := encodeTo(name, string(theirs[i])); !ok && theirs[i] != utf8.RuneError {
				t.Errorf("%s: %+q cannot be written", name, theirs[i])
			}
		}
	}
}

// In SQL_ASCII nothing is converted: the bytes are read in the server's encoding, whatever they would be in UTF-8. On a server in EUC_JP å in UTF-8 is 奪.
func TestUnconvertedTextsAreReadAsTheServerReadsThem(t *testing.T) {
	pg := pgtest.Shared(t)
	for _, server := range []struct{ encoding, table, other, reads string }{
		{"EUC_JP", "奪", "å", "EUC_JP"},
		{"SQL_ASCII", "å", "Ã¥", "LATIN1"},
	} {
		db := pg.CreateDatabase(t)
		pg.Exec(t, "postgres", "DROP DATABASE "+db)
		pg.Exec(t, "postgres", "CREATE DATABASE "+db+" ENCODING '"+server.encoding+"' LOCALE 'C' TEMPLATE template0")
		pg.Exec(t, db, `CREATE TABLE "`+server.table+`" (phone text); INSERT INTO "`+server.table+`" VALUES ('13812345678'); CREATE TABLE "`+server.other+`" (phone text); INSERT INTO "`+server.other+`" VALUES ('other');
			DO $$BEGIN CREATE ROLE charset_alice LOGIN; EXCEPTION WHEN duplicate_object THEN END$$; GRANT SELECT ON ALL TABLES IN SCHEMA public TO charset_alice`)
		f := serve(t, pg.Addr(), `
version: 1
defaults: {tables: allow}
users: {charset_alice: {}}
masks: {gone: {fixed: "[hidden]"}}
rules:
  - {name: masked, tables: [public.`+server.table+`], mask: {phone: gone}}
`, nil)
		for _, client := range []string{"SQL_ASCII", server.reads} {
			for _, name := range []string{server.table, server.other} {
				c := startConn(t, f.addr, (&wire.Startup{Code: wire.ProtocolVersion3, Parameters: []wire.Parameter{{Name: "user", Value: "charset_alice"}, {Name: "database", Value: db}, {Name: "client_encoding", Value: client}}}).AppendTo(nil))
				until(t, c, 'Z')
				c.Write(wire.AppendQuery(nil, `SELECT phone FROM "`+name+`"`)) // the bytes of UTF-8
				if got := fmt.Sprint(until(t, c, 'Z')); strings.Contains(got, "13812345678") || !strings.Contains(got, "[hidden]") && !strings.Contains(got, "C42P01") && !strings.Contains(got, "C0A000") && !strings.Contains(got, "other") {
					t.Errorf("%s, client_encoding %s, %s: %s", server.encoding, client, name, got)
				}
			}
		}
	}
}

// Temporary tables, their columns and schemas of the search path may have names in any script.
func TestNamesOfTheSessionInAnyScript(t *testing.T) {
	f, db := exports(t, "rows: 50")
	pgtest.Shared(t).Exec(t, db, `CREATE SCHEMA "客户"; CREATE TABLE "客户"."表" (a int); INSERT INTO "客户"."表" VALUES (4); GRANT USAGE ON SCHEMA "客户" TO PUBLIC; GRANT SELECT ON "客户"."表" TO PUBLIC`)
	c := f.connect(t, "alice", db, "")
	for _, mode := range modes {
		expect(t, show(c, mode, `SET search_path = "客户", public`), "SET")
		expect(t, show(c, mode, `CREATE TEMP TABLE IF NOT EXISTS "é" AS SELECT 1 AS "中文"`)[:6], "SELECT")
		expect(t, show(c, mode, `SELECT "中文", a, (SELECT count(*) FROM customers) FROM "é", "表"`), "1|4|1000\nSELECT 1")
		expect(t, show(c, mode, `DROP TABLE "é"`), "DROP TABLE")
	}
}

// Where PostgreSQL cuts a name at another place than Cordon, or reads its capital letters as small ones, it would stand for another table.
func TestNamesThatTheServerReadsOtherwise(t *testing.T) {
	pg := pgtest.Shared(t)
	cases := []struct{ encoding, sql, want string }{
		{"EUC_JP", `SELECT phone FROM "` + strings.Repeat("奪", 31) + `"`, "ERROR 42622: a name beyond ASCII is too long for a server in EUC_JP"},
		{"EUC_JP", `SELECT phone FROM ` + strings.Repeat("奪", 31), "ERROR 42622: a name beyond ASCII is too long for a server in EUC_JP"},
		{"EUC_JP", `SELECT phone FROM U&"` + strings.Repeat(`\596A`, 31) + `"`, "ERROR 42622: a name beyond ASCII is too long for a server in EUC_JP"},
		{"EUC_JP", `SELECT phone FROM U&"` + strings.Repeat(`!596A`, 31) + `" UESCAPE '!'`, "ERROR 42622: a name beyond ASCII is too long for a server in EUC_JP"},
		{"EUC_JP", `SELECT 1 AS "` + strings.Repeat("é", 22) + `"`, "ERROR 42622: a name beyond ASCII is too long for a server in EUC_JP"},
		{"EUC_JP", `SELECT 1 AS "` + strings.Repeat("é", 21) + `"`, "1\nSELECT 1"},
		{"EUC_JP", `SELECT '` + strings.Repeat("奪", 31) + `' AS ` + strings.Repeat("a", 70), strings.Repeat("奪", 31) + "\nSELECT 1"},
		{"EUC_JP", `SELECT phone FROM "` + strings.Repeat("奪", 21) + `"`, "other\nSELECT 1"},
		{"LATIN1", `SELECT 1 AS É`, `ERROR 0A000: the name "É" has capital letters beyond ASCII, which a server in LATIN1 may read as small ones`},
		{"LATIN1", `SELECT 1 AS "É", 2 AS é, 3 AS ß`, "1|2|3\nSELECT 1"},
		{"UTF8", `SELECT 1 AS É, 2 AS "` + strings.Repeat("奪", 31) + `"`, "1|2\nSELECT 1"},
	}
	databases := map[string]string{}
	for _, c := range cases {
		db := databases[c.encoding]
		if db == "" {
			db = pg.CreateDatabase(t)
			databases[c.encoding] = db
			if c.encoding != "UTF8" {
				pg.Exec(t, "postgres", "DROP DATABASE "+db)
				pg.Exec(t, "postgres", "CREATE DATABASE "+db+" ENCODING '"+c.encoding+"' LOCALE 'C' TEMPLATE template0")
			}
			if c.encoding == "EUC_JP" {
				for name, value := range map[string]string{strings.Repeat("奪", 31): "13812345678", strings.Repeat("奪", 21): "other"} {
					pg.Exec(t, db, `CREATE TABLE "`+name+`" (phone text); INSERT INTO "`+name+`" VALUES ('`+value+`')`)
				}
			}
			pg.Exec(t, db, "DO $$BEGIN CREATE ROLE charset_alice LOGIN; EXCEPTION WHEN duplicate_object THEN END$$; GRANT SELECT ON ALL TABLES IN SCHEMA public TO charset_alice")
		}
	}
	f := serve(t, pg.Addr(), `
version: 1
defaults: {tables: allow}
users: {charset_alice: {}}
masks: {gone: {fixed: "[hidden]"}}
rules:
  - {name: masked, tables: [public.`+strings.Repeat("奪", 31)+`], mask: {phone: gone}}
`, nil)
	for _, c := range cases {
		conn := f.connect(t, "charset_alice", databases[c.encoding], "&client_encoding=UTF8")
		for name, mode := range modes {
			if got := show(conn, mode, c.sql); got != c.want {
				t.Errorf("%s, %s, %s: %s, not %s", c.encoding, name, c.sql, got, c.want)
			}
		}
	}
}
