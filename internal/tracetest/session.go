package tracetest

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

// maxMessage bounds what a peer can make this client allocate.
const maxMessage = 64 << 20

// message is one of the server's messages as it came.
type message struct {
	kind byte
	body []byte
}

// session is a client that sends simple queries and keeps every byte of the answers. The server must trust its login.
type session struct {
	conn  net.Conn
	r     *bufio.Reader
	after time.Duration // how long an answer may take
}

func dial(ctx context.Context, addr, user, database, options string) (*session, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, r: bufio.NewReader(conn), after: 60 * time.Second}
	start := binary.BigEndian.AppendUint32(nil, 196608)
	for _, word := range []string{"user", user, "database", database, "client_encoding", "UTF8", "options", options} {
		start = append(append(start, word...), 0)
	}
	start = append(start, 0)
	if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(start)+4)), start...)); err != nil {
		return nil, err
	}
	answer, err := s.answer()
	if err != nil {
		return nil, fmt.Errorf("log in as %s: %w", user, err)
	}
	if first := answer[0]; first.kind != 'R' {
		return nil, fmt.Errorf("log in as %s: %q", user, first.body)
	}
	return s, nil
}

// query sends a statement and answers the server's messages up to ReadyForQuery.
func (s *session) query(sql string) ([]message, error) {
	frame := append([]byte{'Q'}, binary.BigEndian.AppendUint32(nil, uint32(len(sql)+5))...)
	frame = append(append(frame, sql...), 0)
	if _, err := s.conn.Write(frame); err != nil {
		return nil, err
	}
	return s.answer()
}

func (s *session) answer() ([]message, error) {
	if err := s.conn.SetReadDeadline(time.Now().Add(s.after)); err != nil {
		return nil, err
	}
	var all []message
	for {
		var head [5]byte
		if _, err := io.ReadFull(s.r, head[:]); err != nil {
			return all, err
		}
		size := int(binary.BigEndian.Uint32(head[1:])) - 4
		if size < 0 || size > maxMessage {
			return all, fmt.Errorf("message %q claims %d bytes", head[0], size)
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(s.r, body); err != nil {
			return all, err
		}
		all = append(all, message{head[0], body})
		if head[0] == 'Z' || head[0] == 'E' && len(all) == 1 && s.startupFailed(body) {
			return all, nil
		}
	}
}

// startupFailed says whether an error ends the connection: those before the first ReadyForQuery have severity FATAL.
func (s *session) startupFailed(body []byte) bool {
	return len(body) > 6 && string(body[:6]) == "SFATAL"
}

func (s *session) close() { s.conn.Close() }

// result is what an answer says, decoded.
type result struct {
	columns []column
	rows    []string // each row's fields as they came, so that two rows are the same when the strings are
	tag     string
	code    string // SQLSTATE of an error
	text    string // its message
}

// column is what a RowDescription says that a view's columns share with its table's.
type column struct {
	name   string
	oid    uint32
	size   int16
	typmod int32
	format int16
}

func decode(answer []message) (result, error) {
	var r result
	for _, m := range answer {
		switch m.kind {
		case 'T':
			if len(m.body) < 2 {
				return r, fmt.Errorf("RowDescription of %d bytes", len(m.body))
			}
			b := m.body[2:]
			for range binary.BigEndian.Uint16(m.body) {
				n := 0
				for n < len(b) && b[n] != 0 {
					n++
				}
				if len(b) < n+19 {
					return r, fmt.Errorf("RowDescription ends early")
				}
				f := b[n+1:]
				r.columns = append(r.columns, column{string(b[:n]), binary.BigEndian.Uint32(f[6:]), int16(binary.BigEndian.Uint16(f[10:])), int32(binary.BigEndian.Uint32(f[12:])), int16(binary.BigEndian.Uint16(f[16:]))})
				b = f[18:]
			}
		case 'D':
			r.rows = append(r.rows, string(m.body))
		case 'C':
			r.tag = string(m.body)
		case 'E':
			r.code, r.text = errorField(m.body, 'C'), errorField(m.body, 'M')
		}
	}
	return r, nil
}

// errorField is one field of an ErrorResponse.
func errorField(body []byte, code byte) string {
	for len(body) > 1 {
		n := 1
		for n < len(body) && body[n] != 0 {
			n++
		}
		if body[0] == code {
			return string(body[1:n])
		}
		body = body[min(n+1, len(body)):]
	}
	return ""
}
