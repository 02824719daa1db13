package proxy

import (
	"fmt"
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
