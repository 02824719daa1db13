package proxy

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"cordon/internal/golden"
	"cordon/internal/pgtest"
)

// oddTexts are statements of all the kinds that matter to the order of messages.
var oddTexts = []string{
	"SELECT 1", "SELECT $1::int + 1", "SELECT $1::text, $2::int", "SELECT 1/0", "SELECT nonsense", "SELEC", "", ";", "-- nothing",
	"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT s", "ROLLBACK TO s", "RELEASE s", "BEGIN; SELECT 1/0", "SELECT 1; SELECT 2", "SELECT 1; COMMIT; SELECT 1/0", "SET TRANSACTION READ ONLY",
	"SELECT id FROM odd ORDER BY id", "INSERT INTO odd VALUES (1)", "INSERT INTO odd VALUES (2) RETURNING id", "DELETE FROM odd", "DELETE FROM odd WHERE 1/(id - 1) > 0", "SELECT g FROM generate_series(1, 4) g",
	"COPY odd FROM STDIN", "COPY odd TO STDOUT", "COPY odd FROM STDIN; SELECT count(*) FROM odd", "COPY nowhere FROM STDIN", "COPY (SELECT 1/0) TO STDOUT",
	"PREPARE a AS SELECT 'by SQL'", "PREPARE a(int) AS SELECT $1 + 1", "EXECUTE a", "EXECUTE a(1)", "DEALLOCATE a", "DEALLOCATE ALL", "DISCARD ALL", "DISCARD PLANS",
	"DECLARE p CURSOR FOR SELECT g FROM generate_series(1, 4) g", "DECLARE q CURSOR WITH HOLD FOR SELECT 1", "FETCH 2 FROM p", "MOVE 1 FROM p", "CLOSE p", "CLOSE ALL", "SET application_name = 'odd'", "RESET ALL", "SHOW DateStyle",
	"SET DateStyle = 'German'", "VACUUM odd", "TRUNCATE odd", "CREATE TEMP TABLE odd_temp (a int)", "DROP TABLE IF EXISTS odd_temp", "LISTEN odd_news", "NOTIFY odd_news", "UNLISTEN *", "EXPLAIN (COSTS off) SELECT 1",
}

// oddMessages makes a sequence of messages that no driver would send: any message in any state, and some that are not well-formed.
func oddMessages(r *rand.Rand) []string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	text := func() string { return strconv.Quote(oddTexts[r.IntN(len(oddTexts))]) }
	statement, portal := func() string { return pick(`""`, `"a"`, `"b"`) }, func() string { return pick(`""`, `"p"`, `"q"`) }
	raw := func(typ byte, body string) string {
		b := append(binary.BigEndian.AppendUint32([]byte{typ}, uint32(4+len(body))), body...)
		return "raw " + hex.EncodeToString(b)
	}
	var list []string
	for range 2 + r.IntN(18) {
		switch r.IntN(27) {
		case 0, 1, 2, 3:
			list = append(list, "Query "+text())
		case 4, 5, 6, 7:
			list = append(list, fmt.Sprintf("Parse %s %s%s", statement(), text(), pick("", "", " (23)", " (0 23)", " (999999)")))
		case 8, 9, 10, 11:
			list = append(list, fmt.Sprintf("Bind %s %s%s%s", portal(), statement(), pick("", "", ` params=("1")`, ` params=("x")`, ` params=("1" null)`), pick("", "", " results=(1)", " formats=(1)", " results=(0 1)")))
		case 12, 13, 14:
			list = append(list, fmt.Sprintf("Execute %s %s", portal(), pick("0", "0", "1", "2")))
		case 15:
			list = append(list, "Describe S "+statement())
		case 16:
			list = append(list, "Describe P "+portal())
		case 17:
			list = append(list, pick("Close S "+statement(), "Close P "+portal()))
		case 18, 19, 20:
			list = append(list, "Sync")
		case 21:
			list = append(list, "Flush")
		case 22:
			list = append(list, pick(`CopyData "7\n"`, `CopyData "x\n"`, `CopyData "8"`, `CopyData ""`))
		case 23:
			list = append(list, "CopyDone")
		case 24:
			list = append(list, `CopyFail "why"`)
		case 25:
			list = append(list, pick(`FunctionCall 1374 formats=(0) args=("four") result=0`, "FunctionCall 999999 args=()", `FunctionCall 177 formats=(0) args=("1" "x") result=0`))
		case 26:
			list = append(list, pick(raw('E', "p\x00\xff\xff\xff\xff"), raw('Q', "SELECT '\xff'\x00"), raw('B', "p\x00a\x00\x00\x00\x00\x05\x00\x00\x00\x00"),
				raw('B', "p\x00a\x00\x00\x00\x00\x01\xff\xff\xff\xfe\x00\x00"), raw('c', "more"), raw('f', "no end"), raw('F', "\x00\x00\x05\x5e"),
				raw('Q', "SELECT 1\x00 AND more\x00"), raw('P', "a\x00SELECT 1\x00 AND more\x00\x00\x00"), raw('B', "p\x00a"), raw('D', "Pp\x00more"), raw('S', "more")))
		}
	}
	return list
}

// copyContext is where in the data a COPY has failed. Under rules it is not told: beside the line it can hold a value.
var copyContext = regexp.MustCompile(` W "COPY odd, line [^"]*"`)

// inMidCopy: what is refused is replaced by a message that fails, and COPY tells its letter.
var inMidCopy = regexp.MustCompile("unexpected message type 0x[0-9A-F]+")

// oddScript is a dialogue of messages, in one write or several, that ends in Terminate whatever the state.
func oddScript(r *rand.Rand) string {
	var b strings.Builder
	// The table is emptied first: some dialogues are not played under rules, and what they leave behind would be seen by the next.
	b.WriteString("startup\n----\n\nsend\nQuery \"DELETE FROM odd\"\n----\n\nuntil ignore=(CommandComplete)\nReadyForQuery\n----\n\n")
	open := false // a send is being written
	for _, m := range append(oddMessages(r), "Sync", `Query "SELECT 'end'"`, "Terminate") {
		if bytes, isRaw := strings.CutPrefix(m, "raw "); isRaw || open && r.IntN(12) == 0 {
			if open {
				b.WriteString("----\n\n")
			}
			open = false
			if isRaw {
				b.WriteString("raw\n" + bytes + "\n----\n\n")
				continue
			}
		}
		if !open {
			b.WriteString("send\n")
			open = true
		}
		b.WriteString(m + "\n")
	}
	b.WriteString("----\n\neof\n----\n")
	return b.String()
}

// A client that sends any message in any state, well-formed or not, sees through Cordon what it sees without, for people without rules and for people from whom something is hidden. CORDON_RANDOM says how many dialogues, CORDON_SEED the first.
func TestOddClients(t *testing.T) {
	pg := pgtest.Shared(t)
	n, seed := 60, uint64(1)
	if s := os.Getenv("CORDON_RANDOM"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	if s := os.Getenv("CORDON_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	target := func(addr string) pgtest.Target {
		db := pg.CreateDatabase(t)
		pg.Exec(t, db, "CREATE TABLE odd (id int)")
		return pgtest.Target{Addr: addr, User: "postgres", Database: db}
	}
	ways := map[string]pgtest.Target{}
	for name, policy := range map[string]string{"free": everybodyMayEverything, "under rules": everybodyHasRules} {
		ways[name] = target(serve(t, pg.Addr(), policy, func(s *Server) { s.Limits.Drain = time.Millisecond }).addr)
	}
	ways["loops"] = target(serve(t, pg.Addr(), everybodyMayEverything, func(s *Server) { s.Limits.Drain, s.loops = time.Millisecond, true }).addr)
	direct := target(pg.Addr())
	failed := 0
	for i := range uint64(n) {
		text := oddScript(rand.New(rand.NewPCG(seed+i, 1)))
		script, err := pgtest.ParseScript(fmt.Sprint("CORDON_SEED=", seed+i), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		play := func(to pgtest.Target) string {
			got, err := script.Play(t.Context(), to)
			if err != nil {
				t.Fatal(err)
			}
			return copyContext.ReplaceAllString(inMidCopy.ReplaceAllString(got, "unexpected message type"), "")
		}
		want := play(direct)
		for name, to := range ways {
			if name == "under rules" && (strings.Contains(text, "FunctionCall") || strings.Contains(text, "\n46") || strings.Contains(text, "(999999)") || strings.Contains(text, "COPY nowhere")) {
				continue // refused; a type that is not there is met earlier; of a table that is not there Cordon says where it stands, the server does not in COPY
			}
			if got := play(to); got != want {
				t.Errorf("CORDON_SEED=%d, %s: %s", seed+i, name, golden.Difference(want, got))
				if failed++; failed > 10 {
					t.FailNow()
				}
			}
		}
	}
}
