package proxy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"cordon/internal/pgtest"
	"cordon/wire"
)

// bindText is a Bind with parameters as text.
func bindText(statement string, values ...string) []byte {
	body := []byte("\x00" + statement + "\x00\x00\x00")
	body = binary.BigEndian.AppendUint16(body, uint16(len(values)))
	for _, v := range values {
		body = append(binary.BigEndian.AppendUint32(body, uint32(len(v))), v...)
	}
	body = append(body, 0, 0)
	return append(wire.AppendHeader(nil, wire.TypeBind, len(body)), body...)
}

// stalling is a Cordon on which a range of customers stops a pipeline until it is answered, and a look-up by key does not; and the frames that prepare both.
func stalling(t *testing.T) (f *front, db string, prepare []byte) {
	f, db = exports(t, "rows: 50, over: block")
	return f, db, frames(wire.AppendParse(nil, "range", "SELECT id FROM customers WHERE id BETWEEN $1 AND $2", nil), wire.AppendParse(nil, "key", "SELECT name FROM customers WHERE id = $1", nil))
}

// A pipeline of statements that may be stopped goes on as each has been answered, however it comes: whole, or cut anywhere.
func TestStalledPipeline(t *testing.T) {
	f, db, burst := stalling(t)
	want := "1\n1\n"
	for i := range 150 {
		n := fmt.Sprint(i + 100)
		burst = frames(burst, bindText("range", n, n), wire.AppendExecute(nil, "", 0), bindText("key", n), wire.AppendExecute(nil, "", 0))
		want += fmt.Sprintf("2\nD %q\nC \"SELECT 1\\x00\"\n2\nD %q\nC \"SELECT 1\\x00\"\n", "\x00\x01\x00\x00\x00\x03"+n, "\x00\x01\x00\x00\x00\fcustomer "+n)
		if i%40 == 39 {
			burst = wire.AppendSync(burst)
			want += "Z \"I\"\n"
		}
	}
	burst = frames(burst, bindText("range", "1", "60"), wire.AppendExecute(nil, "", 0), bindText("key", "1"), wire.AppendExecute(nil, "", 0), wire.AppendSync(nil), bindText("key", "2"), wire.AppendExecute(nil, "", 0), wire.AppendSync(nil))
	want += "2\nE 5C001 export limit of rule \"the list of customers\" exceeded: more than 50 rows in one statement (The limit is 50 rows; the statement gives at least 51 rows. No row was sent.)\nZ \"I\"\n" +
		"2\nD \"\\x00\\x01\\x00\\x00\\x00\\ncustomer 2\"\nC \"SELECT 1\\x00\"\nZ \"I\"\n"
	for _, size := range []int{len(burst), 4096, 1000, 17} {
		var cut [][]byte
		for rest := burst; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			cut = append(cut, rest[:min(size, len(rest))])
		}
		expect(t, talk(t, f.addr, "alice", db, 5, cut...), want)
	}
}

// A client that waits for answers in the midst of a pipeline, which it has asked for by Flush, gets them.
func TestStalledPipelineWithFlush(t *testing.T) {
	f, db, prepare := stalling(t)
	conn := login(t, f.addr, "alice", db)
	conn.SetDeadline(time.Now().Add(time.Minute))
	conn.Write(prepare)
	one := frames(bindText("range", "1", "2"), wire.AppendExecute(nil, "", 0))
	for range 5 {
		conn.Write(frames(one, one, one, wire.AppendFlush(nil)))
		for range 3 {
			if got := until(t, conn, 'C'); got[len(got)-1].typ != 'C' {
				t.Fatal(got)
			}
		}
	}
	conn.Write(wire.AppendSync(nil))
	expect(t, fmt.Sprint(until(t, conn, 'Z')), `[Z "I"]`)
}

// A client that leaves, or only says its last word, in the midst of a stalled pipeline ends its session like any other.
func TestStalledPipelineOfWhoLeaves(t *testing.T) {
	f, db, prepare := stalling(t)
	conn := login(t, f.addr, "alice", db)
	conn.SetDeadline(time.Now().Add(time.Minute))
	one := frames(bindText("range", "1", "2"), wire.AppendExecute(nil, "", 0))
	conn.Write(frames(prepare, one, one, one, wire.AppendSync(nil), wire.AppendTerminate(nil)))
	conn.(interface{ CloseWrite() error }).CloseWrite()
	all, err := io.ReadAll(conn)
	if n := strings.Count(string(all), "SELECT 2\x00"); n != 3 || err != nil {
		t.Errorf("%d answers, %v", n, err)
	}
}

// Where a key that is compared as a rougher type finds two rows, no row too many is shown, and the session ends: what stands behind has been sent as if there could be no error.
func TestMoreRowsThanAKeyHas(t *testing.T) {
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, exportSchema)
	pg.Exec(t, db, "ALTER TABLE customers ALTER id TYPE bigint; INSERT INTO customers VALUES (9007199254740992, 'a', ''), (9007199254740993, 'b', '')")
	f := serve(t, pg.Addr(), strings.Replace(exportPolicy, "EXPORT", "rows: 1, over: block", 1), nil)
	float := binary.BigEndian.AppendUint32(nil, 701)
	got := talk(t, f.addr, "alice", db, 2, frames(wire.AppendParse(nil, "key", "SELECT name FROM customers WHERE id = $1", float), bindText("key", fmt.Sprint(math.Pow(2, 53))), wire.AppendExecute(nil, "", 0), wire.AppendSync(nil)))
	if strings.Count(got, "D ") > 1 || !strings.Contains(got, "E 5C001 export limit of rule \"the list of customers\" exceeded: more than 1 row in one statement") || !strings.HasSuffix(got, "end: EOF\n") {
		t.Error(got)
	}
}
