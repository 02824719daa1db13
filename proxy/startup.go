package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"

	"cordon/wire"
)

// errCancelRequest ends a connection that came to cancel.
var errCancelRequest = errors.New("cancel request")

// errRefused ends a connection that has been told why.
var errRefused = errors.New("refused")

// refuseSession tells the client why it gets no session.
func (s *session) refuseSession(code, message, hint string) error {
	s.end.Lock()
	s.end.words = &wire.Error{Severity: "FATAL", Code: code, Message: message, Hint: hint}
	s.end.Unlock()
	return errRefused
}

// open brings the session from its first byte to where the server has the startup packet: encryption with the client, and the connection to the server. What follows is the login's (login.go).
func (s *session) open(ctx context.Context) error {
	deadline := s.opened.Add(s.server.Limits.Startup)
	s.client.SetDeadline(deadline)
	if s.over() { // before that
		return errRefused
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	packet, err := s.readStartup()
	if err != nil {
		return err
	}
	if err := s.introduced(); err != nil {
		return err
	}
	dialing, stop := context.WithTimeout(ctx, s.server.Limits.Connect)
	conn, err := s.server.Upstream.dial(dialing)
	stop()
	if err != nil {
		return s.unreachable(err)
	}
	s.end.Lock()
	s.upstream = conn
	s.end.Unlock()
	conn.SetDeadline(deadline)
	s.fromUpstream = wire.NewReader(conn)
	s.toUpstream = wire.NewWriter(conn)
	if _, err := conn.Write(packet); err != nil {
		return fmt.Errorf("send the startup packet: %w", err)
	}
	s.opening = &opening{deadline: deadline}
	return nil
}

// introduced takes what the startup packet says of the client, and refuses what no session can be had for.
func (s *session) introduced() error {
	s.login = startupName(s.startup, "user")
	if s.database = startupName(s.startup, "database"); s.database == "" {
		s.database = s.login
	}
	if err := s.checkStartup(); err != nil {
		return err
	}
	if err := s.ownSettings(); err != nil {
		return err
	}
	return s.checkSettings()
}

// unreachable refuses a session for which there is no connection to the server.
func (s *session) unreachable(err error) error {
	s.server.log.LogAttrs(noContext, slogWarn, "upstream unreachable", slogErr(err))
	e := s.refuseSession(codeCannotConnect, "the database server cannot be reached", "Cordon is running, but its server is not, or does not answer. Try again later.")
	return fmt.Errorf("%w: connect to the server: %w", e, err)
}

// startupName is a name of the startup packet as the server takes it: of a longer one it looks at the first bytes, whatever characters they are. A person of a name that long could else log in as one whom the policy does not know.
func startupName(packet *wire.Startup, key string) string {
	name, _ := packet.Get(key)
	return name[:min(len(name), maxName)]
}

// readStartup reads up to the startup packet, and returns it as it came.
func (s *session) readStartup() ([]byte, error) {
	for {
		packet, need, err := s.startupMore()
		if packet != nil || err != nil {
			return packet, err
		}
		if err := s.fromClient.Fill(need); err != nil {
			return nil, err
		}
	}
}

// errNeedsLoops says that a polled session cannot go on so: TLS is to begin.
var errNeedsLoops = errors.New("the session needs goroutines")

// startupMore deals with what is buffered up to the startup packet, which it returns as it came; otherwise need is how many bytes must be buffered before it can go on. SSLRequest and GSSENCRequest may come before, each once, as PostgreSQL has it.
func (s *session) startupMore() (packet []byte, need int, err error) {
	for {
		b := s.fromClient.Buffered()
		if len(b) < 1 {
			return nil, 1, nil
		}
		if b[0] == 0x16 && !s.askedTLS && s.server.TLS.Mode != TLSOff {
			// A TLS ClientHello without a request before it: sslnegotiation=direct of libpq 17. A startup packet cannot begin so: it would be of 369 million bytes.
			if s.polled != nil {
				return nil, 0, errNeedsLoops
			}
			s.askedTLS = true
			if err := s.startTLS(b); err != nil {
				return nil, 0, err
			}
			// As PostgreSQL 17: without ALPN, somebody could lead a browser's TLS connection here, which would begin just so.
			if s.client.(*tls.Conn).ConnectionState().NegotiatedProtocol == "" {
				return nil, 0, s.refuseSession(codeProtocolViolation, "received direct SSL connection request without ALPN protocol negotiation extension", "")
			}
			continue
		}
		if len(b) < 4 {
			return nil, 4, nil
		}
		n, err := wire.StartupLength(b)
		if err != nil {
			return nil, 0, err // without a word to the client, as PostgreSQL: node-postgres, told to end before it has begun, sends Terminate alone
		}
		if len(b) < n {
			return nil, n, nil
		}
		packet := append([]byte(nil), b[:n]...)
		st, err := wire.DecodeStartup(packet)
		if err != nil && binary.BigEndian.Uint32(packet[4:]) == wire.CodeCancel {
			return nil, 0, err // likewise without a word
		}
		if err != nil {
			return nil, 0, errors.Join(s.refuseSession(codeProtocolViolation, "invalid startup packet layout: expected terminator as last byte", ""), err)
		}
		declined := s.server.TLS.Mode == TLSOff || s.unix
		if st.Code == wire.CodeSSL && s.polled != nil && !declined {
			return nil, 0, errNeedsLoops
		}
		s.fromClient.Discard(n)
		switch st.Code {
		case wire.CodeCancel:
			s.aside()
			s.server.cancel(st.PID, st.Key)
			return nil, 0, errCancelRequest
		case wire.CodeSSL:
			if s.askedTLS {
				return nil, 0, s.refuseSession(codeProtocolViolation, "a second request for SSL encryption", "")
			}
			s.askedTLS = true
			// Whatever stands behind the request was sent in clear, by the client too early or by somebody else; it must not pass for what the client says under TLS (CVE-2021-23214).
			early := len(s.fromClient.Buffered()) > 0
			if declined {
				if _, err := s.client.Write([]byte{'N'}); err != nil {
					return nil, 0, err
				}
				if early {
					return nil, 0, s.refuseEarly("SSL")
				}
				continue
			}
			if early {
				return nil, 0, s.refuseEarly("SSL")
			}
			if _, err := s.client.Write([]byte{'S'}); err != nil {
				return nil, 0, err
			}
			if err := s.startTLS(nil); err != nil {
				return nil, 0, err
			}
		case wire.CodeGSSENC:
			if s.askedGSS {
				return nil, 0, s.refuseSession(codeProtocolViolation, "a second request for GSSAPI encryption", "")
			}
			s.askedGSS = true
			early := len(s.fromClient.Buffered()) > 0
			if _, err := s.client.Write([]byte{'N'}); err != nil {
				return nil, 0, err
			}
			if early {
				return nil, 0, s.refuseEarly("GSSAPI encryption")
			}
		default:
			if s.server.TLS.Mode == TLSAlways && s.tls == "" && !s.unix {
				return nil, 0, s.refuseSession(codeNoLogin, "this server accepts encrypted connections only", "Connect with sslmode=require or stricter.")
			}
			s.startup = st
			return packet, 0, nil
		}
	}
}

// refuseEarly ends a connection on which something stands in clear behind a request for encryption, in PostgreSQL's words.
func (s *session) refuseEarly(request string) error {
	err := s.refuseSession(codeProtocolViolation, "received unencrypted data after "+request+" request", "")
	s.end.Lock()
	s.end.words.Detail = "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack."
	s.end.Unlock()
	return err
}

// startTLS ends the client's TLS here. first is what of the handshake has been read already.
func (s *session) startTLS(first []byte) error {
	under := s.client
	if len(first) > 0 {
		under = &prefixed{Conn: s.client, first: append([]byte(nil), first...)}
		s.fromClient.Discard(len(first))
	}
	conn := tls.Server(under, s.server.TLS.Config)
	if err := conn.Handshake(); err != nil {
		return fmt.Errorf("TLS handshake with the client: %w", err)
	}
	s.end.Lock()
	s.client = conn
	s.end.Unlock()
	s.tls = tls.VersionName(conn.ConnectionState().Version)
	if chains := conn.ConnectionState().VerifiedChains; len(chains) > 0 {
		s.certificate = chains[0][0].Subject.CommonName
	}
	s.fromClient.Release()
	s.fromClient.Reset(conn)
	s.toClient.Reset(conn)
	return nil
}

// prefixed is a connection whose first bytes have been read already.
type prefixed struct {
	net.Conn
	first []byte
}

func (c *prefixed) Read(p []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(p, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

func (c *prefixed) CloseWrite() error {
	closeWrite(c.Conn)
	return nil
}

// parameterStatus takes note of the settings that decide how a text is read.
func (s *session) parameterStatus(body []byte) {
	name, value, err := wire.DecodeParameterStatus(body)
	if err != nil {
		return // the client may make of it what it can
	}
	switch string(name) {
	case "standard_conforming_strings":
		s.conforming.Store(string(value) == "on")
		s.statusChange.Add(1)
	case applicationName:
		text := string(value)
		s.application.Store(&text)
	case "server_encoding":
		text := strings.ToUpper(string(value))
		s.serverEncoding.Store(&text)
		s.utf8Server.Store(text == "UTF8")
	case "client_encoding":
		text := strings.ToUpper(string(value))
		s.encoding.Store(&text)
		s.statusChange.Add(1)
	}
}

// sameCertificate says that the client sees the very certificate that the server shows to Cordon: then channel binding by tls-server-end-point, which hashes the certificate, holds from end to end.
func (s *session) sameCertificate() bool {
	client, ok := s.client.(*tls.Conn)
	if !ok {
		return false
	}
	upstream, ok := s.upstream.(*tls.Conn)
	if !ok || client == nil {
		return false
	}
	theirs := upstream.ConnectionState().PeerCertificates
	ours := s.server.TLS.Config.Certificates
	return len(theirs) > 0 && len(ours) == 1 && len(ours[0].Certificate) > 0 && bytes.Equal(theirs[0].Raw, ours[0].Certificate[0])
}
