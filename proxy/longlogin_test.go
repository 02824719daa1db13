package proxy

import (
	"strings"
	"testing"

	"cordon/internal/pgtest"
	"cordon/wire"
)

// The server looks at 63 bytes of the names in the startup packet. Whoever adds one to a name of that length is still the same person, and not one that the policy does not know.
func TestLoginLongerThanNames(t *testing.T) {
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	long := "reader" + strings.Repeat("_of_few", 9)[:57]
	pg.Exec(t, db, `DO $$ BEGIN CREATE ROLE `+long+` LOGIN; EXCEPTION WHEN duplicate_object THEN END $$; CREATE TABLE secrets AS SELECT 'secret' AS v; GRANT SELECT ON secrets TO `+long)
	f := serve(t, pg.Addr(), `
version: 1
defaults: {tables: allow}
users: {`+long+`: {roles: [readers]}}
roles: {readers: {}}
rules:
  - {name: few, roles: [readers], tables: [public.secrets], allow: [select], mask: {v: {fixed: "[hidden]"}}}
  - {name: others, tables: [public.secrets], allow: [select]}
`, nil)
	for _, user := range []string{long, long + "x", long + strings.Repeat("梨", 1000)} {
		burst := wire.AppendTerminate(wire.AppendQuery(startupPacket(user, db), "SELECT v, length(current_user) FROM secrets"))
		if got, want := words(t, f.addr, burst), "R Z T D([[hidden] 63]) C Z"; got != want {
			t.Errorf("a login of %d bytes: got %s, want %s", len(user), got, want)
		}
	}
}
