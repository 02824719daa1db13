package proxy

import (
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"cordon/internal/pgtest"
	"cordon/wire"
)

// clientEncodings are all that PostgreSQL has (charset.sgml, table "PostgreSQL Character Sets"), but MULE_INTERNAL, which cannot be brought to UTF8.
var clientEncodings = strings.Fields(`BIG5 EUC_CN EUC_JP EUC_JIS_2004 EUC_KR EUC_TW GB18030 GBK ISO_8859_5 ISO_8859_6 ISO_8859_7 ISO_8859_8 JOHAB KOI8R KOI8U LATIN1 LATIN2 LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 LATIN10
	SJIS SHIFT_JIS_2004 SQL_ASCII UHC UTF8 WIN866 WIN874 WIN1250 WIN1251 WIN1252 WIN1253 WIN1254 WIN1255 WIN1256 WIN1257 WIN1258`)

// unreadable are those in which Cordon reads no characters beyond ASCII: a statement of a person under rules that has some is refused, while parameters, COPY data and what comes back pass.
var unreadable = []string{"EUC_JIS_2004", "EUC_TW", "JOHAB", "SHIFT_JIS_2004"}

// letters are of all the scripts that these encodings are for; of some, the second byte is a backslash.
const letters = "éßœ’€đęșžЖяЁіΩάאاกảơ中文表功龍あソ―가갂ａ"

// In every client encoding a text goes to the server and comes back as it does without Cordon: as a literal, a parameter, COPY data and a name of a column; for people without rules byte for byte, for people under a filter and a mask as over a view.
func TestEveryClientEncoding(t *testing.T) {
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, `CREATE FUNCTION brought(c text, e text) RETURNS bytea LANGUAGE plpgsql AS $$ DECLARE b bytea; BEGIN b := convert_to(c, e::name); RETURN CASE WHEN convert_from(b, e::name) = c THEN b END; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$;
		DO $$BEGIN CREATE ROLE charset_alice LOGIN; CREATE ROLE charset_reader LOGIN; EXCEPTION WHEN duplicate_object THEN END$$;
		CREATE TABLE texts (id serial, who text, note text, phone text); CREATE SCHEMA seen;
		CREATE VIEW seen.texts WITH (security_barrier) AS SELECT id, who, note, (left(phone, 3) || repeat('*', length(phone) - 5) || right(phone, 2)) AS phone FROM texts WHERE who = 'alice';
		GRANT ALL ON ALL TABLES IN SCHEMA public, seen TO charset_alice, charset_reader; GRANT USAGE ON SCHEMA seen TO charset_reader; GRANT USAGE ON SEQUENCE texts_id_seq TO charset_alice, charset_reader`)
	pg.Exec(t, "postgres", "ALTER ROLE charset_reader SET search_path = seen, public")
	f := serve(t, pg.Addr(), `
version: 1
defaults: {tables: allow}
users: {charset_alice: {roles: [sales]}, postgres: {roles: [dba]}}
roles: {sales: {}, dba: {may: [ddl, routine, explain, unparsed]}}
masks: {phone: {keep: {first: 3, last: 2, with: "*"}}}
rules:
  - {name: everything, roles: [dba], tables: [public.texts], allow: [select, insert, update, delete, truncate, copy_from]}
  - {name: own, roles: [sales], tables: [public.texts], allow: [select, insert], rows: who = 'alice', mask: {phone: phone}}
`, nil)
	for _, encoding := range clientEncodings {
		t.Run(encoding, func(t *testing.T) {
			raw, note := "plain", "plain" // the letters that the encoding has, in it and in UTF-8. Some that PostgreSQL brings to GBK or JOHAB it does not bring back
			if encoding != "SQL_ASCII" {
				rows := pg.Query(t, db, "SELECT string_agg(c, '' ORDER BY i), encode(string_agg(brought(c, '"+encoding+"'), '' ORDER BY i), 'hex') FROM unnest(string_to_array('"+letters+"', NULL)) WITH ORDINALITY u(c, i) WHERE brought(c, '"+encoding+"') IS NOT NULL")
				b, err := hex.DecodeString(rows[0][1])
				if err != nil || len(b) == 0 {
					t.Fatalf("%v: %v", rows, err)
				}
				note, raw = rows[0][0], string(b)
			}
			pg.Exec(t, db, "DELETE FROM texts; ALTER SEQUENCE texts_id_seq RESTART; INSERT INTO texts (who, note, phone) VALUES ('alice', '"+note+"', '13812345678'), ('bob', '"+note+"', '13711111111')")
			speak := func(addr, user string, messages ...[]byte) string {
				c := startConn(t, addr, (&wire.Startup{Code: wire.ProtocolVersion3, Parameters: []wire.Parameter{{Name: "user", Value: user}, {Name: "database", Value: db}, {Name: "client_encoding", Value: encoding}}}).AppendTo(nil))
				until(t, c, 'Z')
				return said(t, c, messages)
			}
			bind := append([]byte("\x00\x00\x00\x00\x00\x01"), byte(len(raw)>>24), byte(len(raw)>>16), byte(len(raw)>>8), byte(len(raw)))
			bind = append(append(bind, raw...), 0, 0)
			parameter := wire.AppendParse(nil, "", "SELECT note, phone, length(note) FROM texts WHERE note = $1 ORDER BY id", nil)
			parameter = append(parameter, 'B', 0, 0, byte((len(bind)+4)>>8), byte(len(bind)+4))
			parameter = wire.AppendSync(wire.AppendExecute(append(parameter, bind...), "", 0))
			inAndOut := [][]byte{parameter, wire.AppendQuery(nil, "COPY (SELECT note, phone FROM texts ORDER BY id) TO STDOUT"), wire.AppendQuery(nil, "SELECT note, phone FROM texts ORDER BY id")}
			literal := [][]byte{
				wire.AppendQuery(nil, "SELECT phone, note AS \""+raw+"\", length('"+raw+"') FROM texts WHERE note = '"+raw+"' ORDER BY id"),
				wire.AppendQuery(nil, "SELECT '"+raw+"', nonsense FROM texts"),
				wire.AppendQuery(nil, "INSERT INTO texts (who, note) VALUES ('alice', '"+raw+"x') RETURNING note, phone"),
			}
			for _, user := range []string{"postgres", "charset_alice"} {
				as := map[string]string{"charset_alice": "charset_reader"}[user]
				if as == "" {
					as = user
				}
				if got, want := speak(f.addr, user, inAndOut...), speak(pg.Addr(), as, inAndOut...); sameButTables(got) != sameButTables(want) || !strings.Contains(want, fmt.Sprintf("%q", raw)[1:len(fmt.Sprintf("%q", raw))-1]) {
					t.Errorf("%s: through Cordon\n%s\nstraight\n%s", user, got, want)
				}
				got := speak(f.addr, user, literal...)
				pg.Exec(t, db, "DELETE FROM texts WHERE id > 2")
				if user != "postgres" && slices.Contains(unreadable, encoding) {
					if strings.Count(got, "cannot read in the client encoding "+strings.ReplaceAll(encoding, "_", "")) != 3 && strings.Count(got, "cannot read in the client encoding") != 3 || strings.Contains(got, "D ") {
						t.Errorf("%s: %s", user, got)
					}
					continue
				}
				want := speak(pg.Addr(), as, literal...)
				pg.Exec(t, db, "DELETE FROM texts WHERE id > 2")
				if sameButTables(got) != sameButTables(want) {
					t.Errorf("%s: through Cordon\n%s\nstraight\n%s", user, got, want)
				}
			}
		})
	}
}

// said sends messages, each of which ends in a ReadyForQuery, and shows what comes.
func said(t *testing.T, c net.Conn, messages [][]byte) string {
	t.Helper()
	var out strings.Builder
	for _, m := range messages {
		c.Write(m)
		for _, frame := range until(t, c, 'Z') {
			out.WriteString(frame.String() + "\n")
		}
	}
	c.Close()
	return out.String()
}

// sameButTables leaves out where columns are from, which a view and its table do not agree in, and where in the text and the server's source an error is from.
func sameButTables(s string) string {
	var out []string
	for line := range strings.Lines(s) {
		switch line[0] {
		case 'T':
			continue
		case 'E':
			line = line[:strings.Index(line, `\x00M`)+2] + strings.SplitN(line[strings.Index(line, `\x00M`)+2:], `\x00`, 3)[1] + "\n"
		}
		out = append(out, line)
	}
	return strings.Join(out, "")
}
