package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"cordon/wire"
)

// Upstream is the server that sessions are relayed to.
type Upstream struct {
	Address string // host:port, or the folder of a Unix socket
	Port    string // of the Unix socket's name; "" means 5432
	Mode    UpstreamTLS
	TLS     *tls.Config // for the modes that use TLS: roots, and the server's name for verify-full
}

// UpstreamTLS is how connections to the server are encrypted, in libpq's words.
type UpstreamTLS uint8

// The modes. A Unix socket is never encrypted.
const (
	TLSDisable    UpstreamTLS = iota
	TLSPrefer                 // when the server offers it; nothing is verified
	TLSRequire                // always; nothing is verified, unless there is a root certificate
	TLSVerifyCA               // the server's certificate must be signed by the root
	TLSVerifyFull             // and be for the server's name
)

// network is the network and address to dial.
func (u *Upstream) network() (network, address string) {
	if strings.HasPrefix(u.Address, "/") {
		port := u.Port
		if port == "" {
			port = "5432"
		}
		if strings.Contains(u.Address, "/.s.PGSQL.") {
			return "unix", u.Address
		}
		return "unix", u.Address + "/.s.PGSQL." + port
	}
	return "tcp", u.Address
}

// keepAlive asks after a peer that says nothing. A server that has gone without a word is found within about a minute and a half; for a client, giveUpAfter says when it is given up in place of the count here (tcp(7)).
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 45 * time.Second, Interval: 15 * time.Second, Count: 3}

// keepAliveWithin asks after a client often enough for it to be given up in time: the kernel looks at giveUpAfter only when it asks.
func keepAliveWithin(d time.Duration) net.KeepAliveConfig {
	c := keepAlive
	if d > 0 {
		c.Idle, c.Interval = min(c.Idle, max(time.Second, d/2)), min(c.Interval, max(time.Second, d/4))
	}
	return c
}

const tcpUserTimeout = 18 // linux/tcp.h

// giveUpAfter makes the kernel end a connection whose peer takes no bytes for so long (TCP_USER_TIMEOUT, tcp(7)): also one that acknowledges, but never reads.
func giveUpAfter(c *net.TCPConn, d time.Duration) {
	if d <= 0 {
		return
	}
	if raw, err := c.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) {
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(d.Milliseconds()))
		})
	}
}

// dial connects to the server, and starts TLS where the mode says so. raw is the socket under TLS.
func (u *Upstream) dial(ctx context.Context) (conn net.Conn, err error) {
	network, address := u.network()
	d := net.Dialer{KeepAliveConfig: keepAlive}
	raw, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if u.Mode == TLSDisable || network == "unix" {
		return raw, nil
	}
	stop := context.AfterFunc(ctx, func() { raw.SetDeadline(time.Unix(1, 0)) })
	conn, err = u.startTLS(ctx, raw)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}

func (u *Upstream) startTLS(ctx context.Context, raw net.Conn) (net.Conn, error) {
	if _, err := raw.Write(wire.AppendRequest(nil, wire.CodeSSL)); err != nil {
		return nil, fmt.Errorf("ask the server for TLS: %w", err)
	}
	// Exactly one byte is read: anything that the server, or somebody between, sends behind it in clear must go to the TLS handshake and fail there (CVE-2021-23222).
	var answer [1]byte
	if _, err := io.ReadFull(raw, answer[:]); err != nil {
		return nil, fmt.Errorf("ask the server for TLS: %w", err)
	}
	switch answer[0] {
	case 'S':
		conn := tls.Client(raw, u.TLS)
		if err := conn.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("TLS handshake with the server: %w", err)
		}
		return conn, nil
	case 'N':
		if u.Mode == TLSPrefer {
			return raw, nil
		}
		return nil, errors.New("the server does not speak TLS, which upstream_tls demands")
	case 'E':
		return nil, errors.New("the server answered the request for TLS with an error")
	}
	return nil, fmt.Errorf("the server answered the request for TLS with byte %d", answer[0])
}

// VerifyChain returns a configuration that checks the server's certificate against roots but not its name: verify-ca. Go has no switch for it.
func VerifyChain(base *tls.Config) *tls.Config {
	c := base.Clone()
	roots := base.RootCAs
	c.InsecureSkipVerify = true
	c.VerifyConnection = func(state tls.ConnectionState) error { return verifyChain(state, roots) }
	return c
}

// sendCancel asks the server to cancel what the backend runs. It returns when the server has dealt with the request: it closes the connection then.
func (u *Upstream) sendCancel(ctx context.Context, pid uint32, key []byte) error {
	ctx, stop := context.WithTimeout(ctx, cancelTimeout)
	defer stop()
	conn, err := u.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	conn.SetDeadline(deadline)
	if _, err := conn.Write(wire.AppendCancel(nil, pid, key)); err != nil {
		return err
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil && !wire.IsClosed(err) {
		return err
	}
	return nil
}

const cancelTimeout = 10 * time.Second
