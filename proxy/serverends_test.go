package proxy

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cordon/internal/pgtest"
	"cordon/wire"
)

// backendOf logs in and tells the process id of the server's session too.
func backendOf(t *testing.T, addr, db string) (net.Conn, int) {
	t.Helper()
	c := login(t, addr, "postgres", db)
	c.SetDeadline(time.Now().Add(5 * time.Minute))
	c.Write(wire.AppendQuery(nil, "SELECT pg_backend_pid()"))
	for _, frame := range until(t, c, 'Z') {
		if frame.typ == wire.TypeDataRow {
			pid, err := strconv.Atoi(string(frame.body[6:]))
			if err != nil {
				t.Fatal(err)
			}
			return c, pid
		}
	}
	t.Fatal("the server has not told its process id")
	return nil, 0
}

// However the server ends, who is idle and who waits for an answer reads what it says, and no more unless it says nothing, and the first one after its return is let in.
func TestServerEnds(t *testing.T) {
	for _, loops := range []bool{false, true} {
		for _, how := range []string{"pg_ctl stop", "pg_ctl stop -m immediate", "another session crashes", "the machine crashes"} {
			t.Run(fmt.Sprintf("%s, loops %v", how, loops), func(t *testing.T) {
				pg := pgtest.Start(t)
				f := serve(t, pg.Addr(), everybodyMayEverything, func(s *Server) { s.loops, s.Limits.Drain = loops, time.Millisecond })
				ends := map[string]string{}
				sessions := map[string]net.Conn{}
				for way, addr := range map[string]string{"straight": pg.Addr(), "through": f.addr} {
					sessions["idle, "+way], _ = backendOf(t, addr, "postgres")
					busy, pid := backendOf(t, addr, "postgres")
					busy.Write(wire.AppendQuery(nil, "SELECT pg_sleep(600)"))
					for fmt.Sprint(pg.Query(t, "postgres", fmt.Sprintf("SELECT wait_event FROM pg_stat_activity WHERE pid = %d", pid))) != "[[PgSleep]]" {
						time.Sleep(time.Millisecond)
					}
					sessions["busy, "+way] = busy
				}
				switch how {
				case "pg_ctl stop":
					pg.Shutdown()
				case "pg_ctl stop -m immediate":
					syscall.Kill(pg.Pid(), syscall.SIGQUIT)
				case "another session crashes":
					_, pid := backendOf(t, pg.Addr(), "postgres")
					syscall.Kill(pid, syscall.SIGKILL)
				case "the machine crashes":
					pg.Kill()
				}
				for name, c := range sessions {
					frames := until(t, c, 0)
					frames[len(frames)-1].body = nil // EOF or a reset
					ends[name] = fmt.Sprint(frames)
				}
				for _, what := range []string{"idle", "busy"} {
					straight, through := ends[what+", straight"], ends[what+", through"]
					if straight == fmt.Sprint([]rawFrame{{}}) { // Cordon says which of the two has gone
						straight = fmt.Sprint([]rawFrame{{'E', []byte("SFATAL\x00VFATAL\x00C08006\x00Mthe connection to the database server was lost\x00HThe server ended it without saying why; its log may tell. Connect again.\x00\x00")}, {}})
					}
					if straight != through {
						t.Errorf("%s: straight %s\nthrough %s", what, straight, through)
					}
				}
				if how != "another session crashes" {
					if err := pg.Restart(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				for pg.ExecErr("postgres", "SELECT 1") != nil { // it recovers
					time.Sleep(10 * time.Millisecond)
				}
				if got, want := words(t, f.addr, wire.AppendTerminate(wire.AppendQuery(startupPacket("postgres", "postgres"), "SELECT 'back'"))), "R Z T D([back]) C Z"; got != want {
					t.Errorf("after its return: got %s, want %s", got, want)
				}
			})
		}
	}
}

// A server that takes no logins says so itself: no connections left for this role, for the database, for anybody but superusers, for anybody; and that it shuts down.
func TestServerTakesNoLogins(t *testing.T) {
	pg := pgtest.Start(t, pgtest.WithConf("max_connections = 6", "superuser_reserved_connections = 2"))
	pg.Exec(t, "postgres", "CREATE ROLE plain LOGIN; CREATE ROLE few LOGIN CONNECTION LIMIT 0")
	pg.Exec(t, "postgres", "CREATE DATABASE small CONNECTION LIMIT 0")
	f := serve(t, pg.Addr(), everybodyMayEverything, nil)
	// A session that has ended holds its place a little longer, so that what is said may differ between two tries.
	same := func(user, db, want string) {
		t.Helper()
		burst := wire.AppendTerminate(startupPacket(user, db))
		var straight, through string
		for range 1000 {
			straight, through = words(t, pg.Addr(), burst), words(t, f.addr, burst)
			if straight == through && strings.Contains(straight, "E("+want) {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("%s in %s: straight %s, through %s", user, db, straight, through)
	}
	var open []net.Conn
	fill := func(n int) {
		for len(open) < n {
			c := startConn(t, f.addr, startupPacket("postgres", "postgres"))
			c.SetDeadline(time.Now().Add(5 * time.Minute))
			if frames := until(t, c, 'Z'); frames[len(frames)-1].typ == 'Z' {
				open = append(open, c)
			} else {
				time.Sleep(10 * time.Millisecond)
			}
		}
	}
	same("few", "postgres", "53300 too many connections for role")
	same("plain", "small", "53300 too many connections for database")
	fill(4)
	same("plain", "postgres", "53300 remaining connection slots are reserved")
	fill(6)
	same("postgres", "postgres", "53300 sorry, too many clients already")
	syscall.Kill(pg.Pid(), syscall.SIGTERM) // waits for the sessions that are open
	for !strings.Contains(words(t, pg.Addr(), startupPacket("plain", "postgres")), "57P03") {
		time.Sleep(time.Millisecond)
	}
	same("plain", "postgres", "57P03 the database system is shutting down")
	for _, c := range open {
		c.Close()
	}
}

// What the server has said before what cannot be followed goes to the client out of memory that nobody else has by then.
func TestSaidBeforeTheEnd(t *testing.T) {
	said := wire.AppendNotification(nil, 1, []byte("channel"), []byte("payload"))
	var client bytes.Buffer
	s := &session{polled: &polled{}, fromUpstream: wire.NewReader(bytes.NewReader(wire.AppendReadyForQuery(bytes.Clone(said), wire.Idle))), toClient: wire.NewWriter(&client)}
	s.pending.init(1)
	if err := s.fromUpstream.ReadOnce(0); err != nil {
		t.Fatal(err)
	}
	if err := s.upstreamBurstPolled(); err == nil {
		t.Fatal("a ReadyForQuery that answers nothing was taken")
	}
	for range 10 { // other sessions
		wire.NewReader(strings.NewReader(strings.Repeat("x", 100))).ReadOnce(0)
	}
	if s.toClient.Flush(); !bytes.Equal(client.Bytes(), said) {
		t.Errorf("%q", client.Bytes())
	}
}

// A server that cannot be written to has gone, and not the client: who is still there is to be told, and the record to say so.
func TestWriteToAServerThatHasGone(t *testing.T) {
	s := &session{fromClient: wire.NewReader(strings.NewReader("")), toUpstream: wire.NewWriter(io.Discard)}
	s.clientEnded(fmt.Errorf("%w: %w", errUpstreamWrite, syscall.EPIPE))
	if s.clientLeft() {
		t.Error("the client is taken for gone")
	}
}
