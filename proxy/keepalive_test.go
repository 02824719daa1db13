package proxy

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"cordon/internal/pgtest"
	"cordon/wire"
)

// On both sides the kernel asks after a peer that says nothing: the sockets of an idle session have their keepalive timer running (2 in the column tr of /proc/net/tcp).
func TestKeepAliveRuns(t *testing.T) {
	if _, err := os.Stat("/proc/net/tcp"); err != nil {
		t.Skip("this system does not tell of its sockets' timers")
	}
	pg := pgtest.Shared(t)
	for name, loops := range map[string]bool{"polled": false, "loops": true} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, pg.Addr(), everybodyMayEverything, func(s *Server) { s.loops = loops })
			c := login(t, f.addr, "postgres", "postgres")
			c.Write(wire.AppendQuery(nil, "SELECT 1"))
			until(t, c, 'Z') // the session is known when its search path is, which may be after the client's ReadyForQuery
			list := f.all()
			if len(list) != 1 {
				t.Fatalf("%d sessions", len(list))
			}
			for side, conn := range map[string]net.Conn{"client": list[0].client, "upstream": list[0].upstream} {
				want := hexPort(conn.LocalAddr()) + " " + hexPort(conn.RemoteAddr())
				var timer string
				for deadline := time.Now().Add(time.Minute); !strings.HasPrefix(timer, "02:") && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
					timer = timerOf(t, want) // another one while data has not been acknowledged
				}
				if !strings.HasPrefix(timer, "02:") {
					t.Errorf("%s: the timer is %q", side, timer)
				}
			}
			c.Close()
		})
	}
}

func hexPort(a net.Addr) string { return fmt.Sprintf("%04X", a.(*net.TCPAddr).Port) }

// timerOf is the column tr:tm->when of the socket with these ports.
func timerOf(t *testing.T, ports string) string {
	t.Helper()
	text, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) > 5 && strings.Contains(f[1], ":") && f[1][strings.IndexByte(f[1], ':')+1:]+" "+f[2][strings.IndexByte(f[2], ':')+1:] == ports {
			return f[5]
		}
	}
	return ""
}

// A client that has vanished is found within the time that it may take no bytes for: what is asked first comes before half of it is over.
func TestKeepAliveWithin(t *testing.T) {
	for limit, want := range map[time.Duration][2]time.Duration{
		0: {45 * time.Second, 15 * time.Second}, 5 * time.Minute: {45 * time.Second, 15 * time.Second}, 20 * time.Second: {10 * time.Second, 5 * time.Second}, 100 * time.Millisecond: {time.Second, time.Second},
	} {
		if c := keepAliveWithin(limit); !c.Enable || c.Idle != want[0] || c.Interval != want[1] {
			t.Errorf("%v: %+v", limit, c)
		}
	}
}
