package pgtest

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgproto3/v2"
)

// maxFrame bounds a backend message, so that a peer's wrong length cannot make a test allocate gigabytes.
const maxFrame = 64 << 20

// frame is one backend message as it came.
type frame struct {
	kind byte
	body []byte
}

// conn is a client connection that speaks whole messages and nothing more.
type conn struct {
	net.Conn
	buf     []byte // received and not yet read as frames
	scratch [16 << 10]byte
}

// dial opens a connection to host:port or, when addr begins with a slash, to a Unix socket.
func dial(ctx context.Context, addr string) (*conn, error) {
	network := "tcp"
	if strings.HasPrefix(addr, "/") {
		network = "unix"
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	return &conn{Conn: c}, nil
}

func (c *conn) send(msgs ...pgproto3.FrontendMessage) error {
	var b []byte
	for _, m := range msgs {
		var err error
		if b, err = m.Encode(b); err != nil {
			return err
		}
	}
	_, err := c.Write(b)
	return err
}

// receive reads one message. What of it has come stays in the buffer when a deadline passes, so that a later call goes on.
func (c *conn) receive() (frame, error) {
	for {
		if len(c.buf) >= 5 {
			n := int64(binary.BigEndian.Uint32(c.buf[1:]))
			if n < 4 || n > maxFrame {
				return frame{}, fmt.Errorf("message %q claims a length of %d", c.buf[0], n)
			}
			if int64(len(c.buf)) >= n+1 {
				f := frame{c.buf[0], append([]byte(nil), c.buf[5:n+1]...)}
				c.buf = c.buf[n+1:]
				return f, nil
			}
		}
		n, err := c.Read(c.scratch[:])
		c.buf = append(c.buf, c.scratch[:n]...)
		if err != nil && n == 0 {
			if errors.Is(err, io.EOF) && len(c.buf) > 0 {
				return frame{}, io.ErrUnexpectedEOF
			}
			return frame{}, err
		}
	}
}

// requestTLS sends SSLRequest and, when the peer says yes, starts TLS. It gives the peer's one byte answer.
func (c *conn) requestTLS(cfg *tls.Config) (byte, error) {
	if err := c.send(&pgproto3.SSLRequest{}); err != nil {
		return 0, err
	}
	var b [1]byte
	if _, err := io.ReadFull(c.Conn, b[:]); err != nil {
		return 0, err
	}
	if b[0] == 'S' {
		t := tls.Client(c.Conn, cfg)
		if err := t.Handshake(); err != nil {
			return b[0], err
		}
		c.Conn = t
	}
	return b[0], nil
}

// authenticate answers one authentication request; done is true after AuthenticationOk. The exchange of SCRAM messages is kept in s between calls.
func (c *conn) authenticate(f frame, user, password string, s *scram) (done bool, err error) {
	if len(f.body) < 4 {
		return false, errors.New("short authentication request")
	}
	switch code := binary.BigEndian.Uint32(f.body); code {
	case pgproto3.AuthTypeOk:
		return true, nil
	case pgproto3.AuthTypeCleartextPassword:
		return false, c.send(&pgproto3.PasswordMessage{Password: password})
	case pgproto3.AuthTypeMD5Password:
		if len(f.body) != 8 {
			return false, errors.New("md5 request without a salt of four bytes")
		}
		inner := md5.Sum([]byte(password + user))
		outer := md5.Sum(append([]byte(hex.EncodeToString(inner[:])), f.body[4:]...))
		return false, c.send(&pgproto3.PasswordMessage{Password: "md5" + hex.EncodeToString(outer[:])})
	case pgproto3.AuthTypeSASL:
		if !strings.Contains("\x00"+string(f.body[4:]), "\x00SCRAM-SHA-256\x00") {
			return false, fmt.Errorf("server offers %q but not SCRAM-SHA-256", f.body[4:])
		}
		return false, c.send(&pgproto3.SASLInitialResponse{AuthMechanism: "SCRAM-SHA-256", Data: s.first()})
	case pgproto3.AuthTypeSASLContinue:
		final, err := s.final(password, string(f.body[4:]))
		if err != nil {
			return false, err
		}
		return false, c.send(&pgproto3.SASLResponse{Data: final})
	case pgproto3.AuthTypeSASLFinal:
		return false, s.verify(string(f.body[4:]))
	default:
		return false, fmt.Errorf("authentication method %d is not one this client knows", code)
	}
}

// scram is the client's side of SCRAM-SHA-256 (RFC 7677) without channel binding.
type scram struct {
	bare      string
	signature []byte
}

func (s *scram) first() []byte {
	nonce := make([]byte, 18)
	rand.Read(nonce)
	s.bare = "n=,r=" + base64.StdEncoding.EncodeToString(nonce)
	return []byte("n,," + s.bare)
}

func (s *scram) final(password, server string) ([]byte, error) {
	attrs := map[string]string{}
	for _, part := range strings.Split(server, ",") {
		if k, v, ok := strings.Cut(part, "="); ok {
			attrs[k] = v
		}
	}
	salt, err := base64.StdEncoding.DecodeString(attrs["s"])
	if err != nil {
		return nil, fmt.Errorf("SCRAM salt: %w", err)
	}
	iterations, err := strconv.Atoi(attrs["i"])
	if err != nil || iterations < 1 || iterations > 1_000_000 {
		return nil, fmt.Errorf("SCRAM iteration count %q", attrs["i"])
	}
	if !strings.HasPrefix(attrs["r"], strings.TrimPrefix(s.bare, "n=,r=")) {
		return nil, errors.New("SCRAM nonce is not an extension of ours")
	}
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return nil, err
	}
	mac := func(key []byte, msg string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(msg))
		return h.Sum(nil)
	}
	clientKey := mac(salted, "Client Key")
	stored := sha256.Sum256(clientKey)
	without := "c=biws,r=" + attrs["r"]
	message := s.bare + "," + server + "," + without
	proof := mac(stored[:], message)
	for i := range proof {
		proof[i] ^= clientKey[i]
	}
	s.signature = mac(mac(salted, "Server Key"), message)
	return []byte(without + ",p=" + base64.StdEncoding.EncodeToString(proof)), nil
}

func (s *scram) verify(server string) error {
	if server != "v="+base64.StdEncoding.EncodeToString(s.signature) {
		return errors.New("SCRAM: the server did not prove that it knows the password")
	}
	return nil
}

// DSN is a connection URI.
func DSN(addr, user, password, db string) string {
	u := url.URL{Scheme: "postgres", Host: addr, User: url.User(user), Path: "/" + db, RawQuery: "sslmode=disable"}
	if password != "" {
		u.User = url.UserPassword(user, password)
	}
	return u.String()
}

// Session is a plain client session for test set-up: one statement string at a time over the simple protocol, every value as text.
type Session struct{ c *conn }

// Connect opens a session as user with a password (which may be empty) to host:port or the path of a Unix socket.
func Connect(ctx context.Context, addr, user, password, db string) (*Session, error) {
	c, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	if d, ok := ctx.Deadline(); ok {
		c.SetDeadline(d)
	}
	params := map[string]string{"user": user, "database": db, "client_encoding": "UTF8", "application_name": "pgtest"}
	if err := c.send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersionNumber, Parameters: params}); err != nil {
		c.Close()
		return nil, fmt.Errorf("send startup packet: %w", err)
	}
	var s scram
	for {
		f, err := c.receive()
		if err != nil {
			c.Close()
			return nil, fmt.Errorf("log in to %s as %s: %w", addr, user, err)
		}
		switch f.kind {
		case 'R':
			if _, err := c.authenticate(f, user, password, &s); err != nil {
				c.Close()
				return nil, fmt.Errorf("log in to %s as %s: %w", addr, user, err)
			}
		case 'E':
			c.Close()
			return nil, decodeError(f.body)
		case 'Z':
			c.SetDeadline(time.Time{})
			return &Session{c}, nil
		}
	}
}

// Close ends the session.
func (s *Session) Close() error {
	s.c.send(&pgproto3.Terminate{})
	return s.c.Close()
}

// Error is an ErrorResponse.
type Error struct{ pgproto3.ErrorResponse }

func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s (SQLSTATE %s)", e.Severity, e.Message, e.Code)
	if e.Detail != "" {
		text += "\nDETAIL: " + e.Detail
	}
	if e.Hint != "" {
		text += "\nHINT: " + e.Hint
	}
	return text
}

func decodeError(body []byte) error {
	e := &Error{}
	if err := e.Decode(body); err != nil {
		return err
	}
	return e
}

// Query runs a string of statements and gives the rows of the last one that has any; a nil value is NULL. The error is an *Error when the server refused.
func (s *Session) Query(ctx context.Context, sql string) ([][]*string, error) {
	d, _ := ctx.Deadline()
	s.c.SetDeadline(d)
	stop := context.AfterFunc(ctx, func() { s.c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := s.c.send(&pgproto3.Query{String: sql}); err != nil {
		return nil, fmt.Errorf("send query: %w", err)
	}
	var rows [][]*string
	var failed error
	for {
		f, err := s.c.receive()
		if err != nil {
			if failed != nil {
				return nil, failed // a fatal error, after which the server closes
			}
			return nil, fmt.Errorf("read the answer to a query: %w", err)
		}
		switch f.kind {
		case 'T':
			rows = nil
		case 'D':
			var m pgproto3.DataRow
			if err := m.Decode(f.body); err != nil {
				return nil, err
			}
			row := make([]*string, len(m.Values))
			for i, v := range m.Values {
				if v != nil {
					text := string(v)
					row[i] = &text
				}
			}
			rows = append(rows, row)
		case 'G':
			if err := s.c.send(&pgproto3.CopyFail{Message: "this session does not feed COPY"}); err != nil {
				return nil, err
			}
		case 'E':
			failed = decodeError(f.body)
		case 'Z':
			if failed != nil {
				return nil, failed
			}
			return rows, nil
		}
	}
}

// ExecErr runs a string of statements as the superuser, in a session of its own over the Unix socket.
func (s *Server) ExecErr(db, sql string) error {
	_, err := s.QueryErr(db, sql)
	return err
}

// QueryErr is ExecErr that gives the rows of the last statement that has any.
func (s *Server) QueryErr(db, sql string) ([][]*string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	session, err := Connect(ctx, s.SocketAddr(), "postgres", s.opts.Password, db)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	return session.Query(ctx, sql)
}
