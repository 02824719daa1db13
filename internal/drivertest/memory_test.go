package drivertest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// field is larger than all buffers together, and than what Cordon may take for it. CORDON_FIELD_MB makes it another; 1023 is the most that PostgreSQL takes.
var field = func() int {
	if n, err := strconv.Atoi(os.Getenv("CORDON_FIELD_MB")); err == nil {
		return n << 20
	}
	return 80 << 20
}()

// most is what Cordon's memory may grow by while such fields pass.
const most = 32 << 20

// peak is the most memory that a process has had, in bytes.
func peak(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip("this system does not tell a process's memory: ", err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// Fields of any size pass through memory that is bounded, both ways, also when the one who reads or writes takes a rest in the middle.
func TestMemoryIsBounded(t *testing.T) {
	o := setUpTools(t)
	o.server.Exec(t, "crm", fmt.Sprintf("ALTER TABLE people ALTER name SET STORAGE external; INSERT INTO people SELECT 1000, repeat('x', %d), '13812345678', 'alice'", field))
	for _, user := range []string{"postgres", "alice"} {
		conn, err := pgconn.Connect(t.Context(), "postgresql://"+user+"@"+o.proxy.Addr+"/crm?sslmode=disable")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		grown := func(what string, do func()) {
			t.Helper()
			before := peak(t, o.proxy.Pid())
			do()
			after := peak(t, o.proxy.Pid())
			t.Logf("%s, %s: %d MB and then at most %d MB", user, what, before>>20, after>>20)
			if after-before > most {
				t.Errorf("%s, %s: Cordon's memory has grown by %d MB for a field of %d MB", user, what, (after-before)>>20, field>>20)
			}
		}
		do := func(sql string) {
			t.Helper()
			if err := conn.Exec(t.Context(), sql).Close(); err != nil {
				t.Fatal(err)
			}
		}
		do("SELECT count(*) FROM people")
		grown("SELECT", func() { do("SELECT name FROM people WHERE id = 1000") })
		grown("COPY TO", func() {
			if n, err := conn.CopyTo(t.Context(), io.Discard, "COPY (SELECT name FROM people WHERE id = 1000) TO STDOUT"); err != nil || n.RowsAffected() != 1 {
				t.Fatal(n, err)
			}
		})
		grown("COPY FROM", func() {
			row := io.MultiReader(strings.NewReader("2000\t"), io.LimitReader(endless{}, int64(field)), strings.NewReader("\n"))
			if _, err := conn.CopyFrom(t.Context(), row, "COPY open FROM STDIN"); err != nil {
				t.Fatal(err)
			}
			do("DELETE FROM open WHERE id = 2000")
		})
		grown("a parameter", func() {
			value := bytes.Repeat([]byte{'x'}, field-1<<10)
			if r := conn.ExecParams(t.Context(), "SELECT length($1::text)", [][]byte{value}, nil, nil, nil).Read(); r.Err != nil || string(r.Rows[0][0]) != strconv.Itoa(len(value)) {
				t.Fatal(r.Err, len(r.Rows))
			}
		})
		grown("many slow writers", func() {
			var slow []net.Conn
			for range 50 { // each says that a gigabyte is to come, and brings it byte by byte
				c, front := o.open(t, user)
				defer c.Close()
				front.Send(&pgproto3.Parse{Query: "SELECT length($1::text)"})
				if err := front.Flush(); err != nil {
					t.Fatal(err)
				}
				c.Write([]byte("B\x3f\xff\xff\x00\x00\x00\x00\x00\x00\x01\x3f\xff\xfe\x00"))
				slow = append(slow, c)
			}
			for range 200 {
				for _, c := range slow {
					if _, err := c.Write([]byte{'x'}); err != nil {
						t.Fatal(err)
					}
				}
				do("SELECT 1") // the others are served
			}
		})
		grown("a slow reader", func() { o.rest(t, user) })
	}
}

// endless is a text without an end.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	copy(b, bytes.Repeat([]byte{'x'}, len(b)))
	return len(b), nil
}

// open logs in on a connection of its own.
func (o tools) open(t *testing.T, user string) (net.Conn, *pgproto3.Frontend) {
	t.Helper()
	conn, err := net.Dial("tcp", o.proxy.Addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(5 * time.Minute))
	front := pgproto3.NewFrontend(conn, conn)
	front.Send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersionNumber, Parameters: map[string]string{"user": user, "database": "crm"}})
	if err := front.Flush(); err != nil {
		t.Fatal(err)
	}
	for ready := false; !ready; {
		message, err := front.Receive()
		if err != nil {
			t.Fatal(err)
		}
		_, ready = message.(*pgproto3.ReadyForQuery)
	}
	return conn, front
}

// rest asks for the field, reads its beginning, waits until the server has nowhere to write to any more, and reads the rest.
func (o tools) rest(t *testing.T, user string) {
	t.Helper()
	conn, front := o.open(t, user)
	defer conn.Close()
	front.Send(&pgproto3.Query{String: "SELECT name FROM people WHERE id = 1000 -- slow"})
	if err := front.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	for waits := ""; waits != "[[ClientWrite]]"; time.Sleep(20 * time.Millisecond) {
		waits = fmt.Sprint(o.server.Query(t, "crm", "SELECT wait_event FROM pg_stat_activity WHERE query LIKE '%1000%' AND state = 'active' AND pid <> pg_backend_pid()"))
		if t.Context().Err() != nil {
			t.Fatal("the server does not wait for its client: ", waits)
		}
	}
	if n, err := io.CopyN(io.Discard, conn, int64(field)-1<<20); err != nil {
		t.Fatalf("%d bytes came: %v", n, err)
	}
}
