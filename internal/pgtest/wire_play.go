package pgtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgproto3/v2"

	"cordon/internal/golden"
)

func (p *player) dial(ctx context.Context, name string) (*wireConn, error) {
	c, err := dial(ctx, p.target.Addr)
	if err != nil {
		return nil, err
	}
	w := &wireConn{conn: c}
	p.conns[name] = w
	return w, nil
}

// startup logs in. Parameters other than the directive's own words go into the startup packet.
func (p *player) startup(c *wireConn, d *golden.Case) (string, error) {
	user, password, version := p.target.User, p.target.Password, uint32(pgproto3.ProtocolVersionNumber)
	params := map[string]string{"database": p.target.Database}
	for _, a := range d.Args {
		value := d.Arg(a.Key)
		switch a.Key {
		case "conn", "show":
		case "user":
			user = value
		case "password":
			password = value
		case "protocol":
			major, minor, _ := strings.Cut(value, ".")
			x, err1 := strconv.ParseUint(major, 10, 16)
			y, err2 := strconv.ParseUint(minor, 10, 16)
			if err := errors.Join(err1, err2); err != nil {
				return "", err
			}
			version = uint32(x<<16 | y)
		default:
			params[a.Key] = value
		}
	}
	params["user"] = user
	if err := c.send(&pgproto3.StartupMessage{ProtocolVersion: version, Parameters: params}); err != nil {
		return "", err
	}
	var out strings.Builder
	var s scram
	for {
		f, err := c.receive()
		if err != nil {
			out.WriteString(ending(err))
			return out.String(), nil
		}
		if d.Has("show") || f.kind == 'E' || f.kind == 'v' {
			out.WriteString(describe(f))
			out.WriteByte('\n')
		}
		switch f.kind {
		case 'R':
			if _, err := c.authenticate(f, user, password, &s); err != nil {
				return "", err
			}
		case 'K':
			if len(f.body) < 8 {
				return "", errors.New("short BackendKeyData")
			}
			c.pid, c.key = f.body[:4], f.body[4:]
			p.pids[d.Arg("conn")] = binary.BigEndian.Uint32(c.pid)
		case 'Z':
			return out.String(), nil
		}
	}
}

func (p *player) send(c *wireConn, d *golden.Case) error {
	var b []byte
	for line := range strings.SplitSeq(strings.TrimSuffix(d.Input, "\n"), "\n") {
		m, err := parseMessage(line)
		if err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		if b, err = m.Encode(b); err != nil {
			return err
		}
	}
	if !d.Has("split") {
		_, err := c.Write(b)
		return ignoreClosed(err)
	}
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		tcp.SetNoDelay(true)
	}
	for i := range b {
		if _, err := c.Write(b[i : i+1]); err != nil {
			return ignoreClosed(err)
		}
	}
	return nil
}

// ignoreClosed forgives a write to a peer that has gone: what it said before shows at the next read.
func ignoreClosed(err error) error {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return nil
	}
	return err
}

func (p *player) until(c *wireConn, d *golden.Case) (string, error) {
	wanted := strings.Fields(d.Input)
	ignored := map[string]bool{}
	for _, name := range d.Values("ignore") {
		ignored[name] = true
	}
	var out strings.Builder
	for len(wanted) > 0 {
		f, err := c.receive()
		if err != nil {
			out.WriteString(ending(err))
			break
		}
		text := describe(f)
		name, _, _ := strings.Cut(text, " ")
		if ignored[name] {
			continue
		}
		out.WriteString(text)
		out.WriteByte('\n')
		if name == wanted[0] {
			wanted = wanted[1:]
		}
	}
	return out.String(), nil
}

func (p *player) eof(c *wireConn) (string, error) {
	var out strings.Builder
	for {
		f, err := c.receive()
		if err != nil {
			out.WriteString(ending(err))
			return out.String(), nil
		}
		out.WriteString(describe(f))
		out.WriteByte('\n')
	}
}

func (p *player) quiet(c *wireConn, wait time.Duration) (string, error) {
	c.SetReadDeadline(time.Now().Add(wait))
	var out strings.Builder
	for {
		f, err := c.receive()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			if out.Len() == 0 {
				return "nothing\n", nil
			}
			return out.String(), nil
		}
		if err != nil {
			out.WriteString(ending(err))
			return out.String(), nil
		}
		out.WriteString(describe(f))
		out.WriteByte('\n')
	}
}

// await asks the server itself until the connection's backend is where the script wants it. A pause in its place would be too short on a busy machine.
func (p *player) await(ctx context.Context, name string, d *golden.Case) (string, error) {
	pid, known := p.pids[name]
	if !known {
		return "", fmt.Errorf("connection %q has shown no process id", name)
	}
	if p.server == nil {
		addr := p.target.Server
		if addr == "" {
			addr = p.target.Addr
		}
		var err error
		if p.server, err = Connect(ctx, addr, p.target.User, p.target.Password, p.target.Database); err != nil {
			return "", err
		}
	}
	where := fmt.Sprintf(" FROM pg_stat_activity WHERE pid = %d", pid)
	question := "SELECT count(*) = 0" + where
	if !d.Has("gone") {
		question = "SELECT count(*) = 1" + where + " AND wait_event = " + quoteLiteral(d.Arg("event"))
	}
	for {
		rows, err := p.server.Query(ctx, question)
		if errors.Is(err, os.ErrDeadlineExceeded) || ctx.Err() != nil {
			return "not in time\n", nil
		}
		if err != nil {
			return "", err
		}
		if *rows[0][0] == "t" {
			return "", nil
		}
		time.Sleep(time.Millisecond)
	}
}

func (p *player) cancel(ctx context.Context, c *wireConn) error {
	other, err := dial(ctx, p.target.Addr)
	if err != nil {
		return err
	}
	defer other.Close()
	deadline, _ := ctx.Deadline()
	other.SetDeadline(deadline)
	// By hand, because a key can be longer than four bytes from protocol 3.2 on.
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(c.pid)+len(c.key)))
	b = binary.BigEndian.AppendUint32(b, 80877102)
	b = append(append(b, c.pid...), c.key...)
	if _, err := other.Write(b); err != nil {
		return err
	}
	_, err = io.ReadAll(other)
	return ignoreClosed(err)
}

// ending says how a connection ended, in one of a few words that do not depend on the machine.
func ending(err error) string {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time\n"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "closed within a message\n"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed), errors.Is(err, syscall.EPIPE):
		return "closed\n"
	}
	return "error: " + err.Error() + "\n"
}
