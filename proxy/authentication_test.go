package proxy

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"cordon/wire"
)

// What Cordon does not know of an exchange it passes: each question of the server's and each answer of the client's, byte for byte. Here the server is a script, because these need a Kerberos realm or a server on Windows.
func TestAuthenticationOfEveryKind(t *testing.T) {
	question := func(code uint32, rest string) []byte {
		b := binary.BigEndian.AppendUint32([]byte{'R'}, uint32(8+len(rest)))
		return append(binary.BigEndian.AppendUint32(b, code), rest...)
	}
	answer := func(text string) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{'p'}, uint32(4+len(text))), text...)
	}
	// Each question has an answer; the last words are the server's.
	exchange := [][]byte{
		question(7, ""), answer("a token of \x00\xff bytes"), question(8, "GSSContinue \x00\xff"), answer("the next"), question(8, ""), answer(""),
		question(9, ""), answer("SSPI"), question(8, "more"), answer("a long one: " + string(bytes.Repeat([]byte{'x'}, 60000))), question(10, "SCRAM-SHA-256\x00OTHER\x00\x00"), answer("OTHER\x00\x00\x00\x00\x01y"),
		question(11, "go on"), answer("p=1"), question(5, "salt"), answer("md5 or not\x00"), question(3, ""), answer("in clear\x00"),
		(&wire.Error{Severity: "FATAL", Code: "28000", Message: "no"}).AppendTo(nil),
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan string, 1)
	go func() {
		served <- func() string {
			c, err := l.Accept()
			if err != nil {
				return err.Error()
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(time.Minute))
			var head [4]byte
			if _, err := io.ReadFull(c, head[:]); err != nil {
				return err.Error()
			}
			if _, err := io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint32(head[:])-4)); err != nil {
				return err.Error()
			}
			for i, message := range exchange {
				if i%2 == 0 {
					if _, err := c.Write(message); err != nil {
						return err.Error()
					}
					continue
				}
				got := make([]byte, len(message))
				if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, message) {
					return "of an answer came " + string(got)
				}
			}
			return ""
		}()
	}()
	f := serve(t, l.Addr().String(), everybodyMayEverything, nil)
	c := startConn(t, f.addr, (&wire.Startup{Code: wire.ProtocolVersion3, Parameters: []wire.Parameter{{Name: "user", Value: "postgres"}}}).AppendTo(nil))
	for i, message := range exchange {
		if i%2 == 1 {
			if _, err := c.Write(message); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got := make([]byte, len(message))
		if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, message) {
			t.Fatalf("message %d: came %q, %v; want %q", i, got, err, message)
		}
	}
	if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
		t.Errorf("then %q, %v", rest, err)
	}
	if said := <-served; said != "" {
		t.Error(said)
	}
}
