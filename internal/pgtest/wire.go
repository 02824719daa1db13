package pgtest

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgproto3/v2"

	"cordon/internal/golden"
)

// Target is whom a wire script is played against.
type Target struct {
	Addr     string // host:port, or the path of a Unix socket
	Server   string // where the server itself answers, for the directive "await"; Addr when empty
	User     string
	Password string
	Database string
	TLS      *tls.Config // for the directive "ssl"; nil trusts nobody
}

// Script is a dialogue in the protocol: a file of cases (see package golden) whose directives are played in order.
//
//	startup [conn=b] [user=…] [database=…] [protocol=3.2] [show] [key=value…]
//	    opens a connection, logs in with the target's user, password and database, and waits for ReadyForQuery; show prints every message of it, otherwise only an ErrorResponse shows
//	open        opens a connection and sends nothing
//	ssl         opens a connection, sends SSLRequest and prints the answer; after S the connection is encrypted. A startup on the same connection goes on with it
//	gssenc      the same with GSSENCRequest
//	send        sends the messages in the input, one per line (see below), in one write; send split sends every byte in a write of its own
//	raw         sends bytes in hex
//	until       reads messages until those named in the input, one per line, have come in that order, and prints all; with ignore=(NoticeResponse) those are not printed
//	answer      reads one byte, the answer to a request for encryption that was sent with raw, and prints it
//	eof         reads until the peer closes and prints what comes
//	quiet       prints what comes within for=100ms, or "nothing"
//	sleep       waits for=5ms, where the answers do not depend on it
//	await       waits until the connection's backend waits for event=PgSleep (a wait_event of pg_stat_activity), or with gone until it has left
//	cancel      sends a CancelRequest for the connection and waits until the peer has closed that of the request
//	close, halfclose
//
// Every directive takes conn=name for a script with several connections. A message to send is its name and its fields, a text field in double quotes with Go's escapes, bytes as 0x…, NULL as null, lists in parentheses:
//
//	Query "SELECT 1"
//	Parse "name" "SELECT $1" (23 25)
//	Bind "portal" "statement" formats=(0 1) params=("x" null 0x0001) results=(1)
//	Describe S "name"           Describe P "portal"
//	Execute "portal" 10
//	Close S "name"              Close P "portal"
//	FunctionCall 1598 formats=(0) args=("1") result=0
//	CopyData "1\tx\n"           CopyDone        CopyFail "why"
//	Sync    Flush    Terminate
//
// What is long is made: repeat("x" 1000) is one text, times(23 1000) a field a thousand times over, join("a" repeat("b" 9)) one text of its parts. Of a long reply the digest is printed.
//
// What differs from run to run is printed as a sign: OIDs of user objects as "user" and those that initdb gave out in order as "initdb", process ids as "pid", secret keys as "key"; of errors the server's own source positions are left out.
type Script struct {
	Path  string
	cases []golden.Case
	tail  []string
}

// ReadScript reads a wire script.
func ReadScript(path string) (*Script, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read a wire script: %w", err)
	}
	return ParseScript(path, b)
}

// ParseScript reads a wire script that has been made; path is for its errors.
func ParseScript(path string, b []byte) (*Script, error) {
	cases, tail, err := golden.Parse(path, b)
	if err != nil {
		return nil, err
	}
	return &Script{path, cases, tail}, nil
}

// Text is the script with the replies that it expects.
func (s *Script) Text() string {
	var b []byte
	for i := range s.cases {
		b = s.cases[i].AppendTo(b)
	}
	return string(b)
}

// stepTimeout bounds one directive. A dialogue that waits longer has got out of step; sixty megabytes under the race detector on a busy machine take twenty seconds.
const stepTimeout = 5 * time.Minute

// Play plays a script file and gives its transcript: the file's text with the replies that came. It is equal to Script.Text when all came as expected.
// The error is for what is no reply: a directive that cannot be read, a connection that cannot be made. A peer that does not answer in time shows in the transcript.
func Play(ctx context.Context, target Target, path string) (string, error) {
	s, err := ReadScript(path)
	if err != nil {
		return "", err
	}
	return s.Play(ctx, target)
}

// Play plays the script; see the function Play.
func (s *Script) Play(ctx context.Context, target Target) (string, error) {
	cases, err := s.play(ctx, target)
	if err != nil {
		return "", err
	}
	played := Script{s.Path, cases, nil}
	return played.Text(), nil
}

func (s *Script) play(ctx context.Context, target Target) ([]golden.Case, error) {
	p := player{target: target, conns: map[string]*wireConn{}, pids: map[string]uint32{}}
	defer p.close()
	cases := slices.Clone(s.cases)
	for i := range cases {
		c := &cases[i]
		step, cancel := context.WithTimeout(ctx, stepTimeout)
		out, err := p.step(step, c)
		cancel()
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", c.Pos(), c.Name, err)
		}
		c.Expected = out
	}
	return cases, nil
}

// RunScript plays a script against a target and compares; with -update it rewrites the script's replies.
func RunScript(t golden.TB, target Target, path string) {
	t.Helper()
	s, err := ReadScript(path)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	cases, err := s.play(context.Background(), target)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	if golden.Updating() {
		if err := golden.Write(path, cases, s.tail...); err != nil {
			t.Fatalf("%v", err)
		}
		return
	}
	for i := range cases {
		if got, want := cases[i].Expected, s.cases[i].Expected; got != want {
			t.Errorf("%s: %s", cases[i].Pos(), golden.Difference(want, got))
		}
	}
}

// wireConn is one connection of a script.
type wireConn struct {
	*conn
	pid, key []byte // of BackendKeyData, as they came
}

type player struct {
	target Target
	conns  map[string]*wireConn
	pids   map[string]uint32 // of the connections' backends, also of those that are closed
	server *Session          // for await, once it is needed
}

func (p *player) close() {
	for _, c := range p.conns {
		c.Close()
	}
	if p.server != nil {
		p.server.Close()
	}
}

func (p *player) step(ctx context.Context, d *golden.Case) (string, error) {
	name := d.Arg("conn")
	c := p.conns[name]
	if c == nil {
		switch d.Name {
		case "startup", "open", "ssl", "gssenc":
			var err error
			if c, err = p.dial(ctx, name); err != nil {
				return "", err
			}
		case "await", "sleep":
		default:
			return "", fmt.Errorf("there is no connection %q", name)
		}
	}
	if c != nil {
		deadline, _ := ctx.Deadline()
		c.SetDeadline(deadline)
	}
	switch d.Name {
	case "startup":
		return p.startup(c, d)
	case "open":
		return "", nil
	case "ssl":
		cfg := p.target.TLS
		if cfg == nil {
			cfg = &tls.Config{ServerName: "localhost", MinVersion: tls.VersionTLS12}
		}
		answer, err := c.requestTLS(cfg)
		return fmt.Sprintf("%c\n", answer), err
	case "gssenc":
		if err := c.send(&pgproto3.GSSEncRequest{}); err != nil {
			return "", err
		}
		var b [1]byte
		_, err := io.ReadFull(c.Conn, b[:])
		return fmt.Sprintf("%c\n", b[0]), err
	case "answer":
		var b [1]byte
		_, err := io.ReadFull(c.Conn, b[:])
		return fmt.Sprintf("%c\n", b[0]), err
	case "send":
		return "", p.send(c, d)
	case "raw":
		b, err := hex.DecodeString(strings.Join(strings.Fields(d.Input), ""))
		if err != nil {
			return "", err
		}
		_, err = c.Write(b)
		return "", ignoreClosed(err)
	case "until":
		return p.until(c, d)
	case "eof":
		return p.eof(c)
	case "quiet":
		wait, err := time.ParseDuration(d.Arg("for"))
		if err != nil {
			return "", err
		}
		return p.quiet(c, wait)
	case "sleep":
		wait, err := time.ParseDuration(d.Arg("for"))
		if err != nil {
			return "", err
		}
		time.Sleep(wait)
		return "", nil
	case "await":
		return p.await(ctx, name, d)
	case "cancel":
		return "", p.cancel(ctx, c)
	case "close":
		delete(p.conns, name)
		return "", c.Close()
	case "halfclose":
		half, ok := c.Conn.(interface{ CloseWrite() error })
		if !ok {
			return "", errors.New("this connection cannot be closed by half")
		}
		return "", half.CloseWrite()
	default:
		return "", errors.New("there is no such directive")
	}
}
