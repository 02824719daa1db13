package proxy

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"
)

// The version of the protocol and its options are the server's to negotiate: what it answers to 3.2 and to an unknown option comes through byte for byte.
func TestProtocolNegotiation(t *testing.T) {
	f, pg, db := crm(t, nil)
	for _, c := range []struct {
		name    string
		version uint32
		option  string
	}{
		{"3.2", 3<<16 | 2, ""},
		{"3.9999", 3<<16 | 9999, ""},
		{"unknown option", 3 << 16, "_pq_.unknown\x00on\x00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			direct, through := firstAnswer(t, pg.Addr(), db, c.version, c.option), firstAnswer(t, f.addr, db, c.version, c.option)
			if c.name != "3.2" && direct[0] != 'v' || string(direct) != string(through) {
				t.Errorf("direct %q\nthrough Cordon %q", direct, through)
			}
		})
	}
}

// firstAnswer is the first message that an address answers a startup packet with.
func firstAnswer(t *testing.T, addr, db string, version uint32, option string) []byte {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	body := "user\x00alice\x00database\x00" + db + "\x00" + option + "\x00"
	packet := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	packet = binary.BigEndian.AppendUint32(packet, version)
	if _, err := conn.Write(append(packet, body...)); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 5)
	if _, err := io.ReadFull(conn, head); err != nil {
		t.Fatal(err)
	}
	rest := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
	if _, err := io.ReadFull(conn, rest); err != nil {
		t.Fatal(err)
	}
	return append(head, rest...)
}
