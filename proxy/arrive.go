package proxy

import (
	"context"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"cordon/poll"
	"cordon/wire"
)

// Where the server's address is known as it stands and the connections to it are plain, clients that come over TCP are accepted by a poller, which steps their sessions from the first byte on: no goroutine is started for a session, and none
// waits for it. A client that wants TLS gets goroutines after all.

// acceptPolled accepts clients until ctx ends. It returns false when a listener needs a goroutine.
func (srv *Server) acceptPolled(ctx, hard context.Context, l net.Listener) bool {
	tcp, ok := l.(*net.TCPListener)
	to := srv.Upstream.known()
	if !ok || to == nil || srv.pollers == nil {
		return false
	}
	// Sockets have from the one that has accepted them what is set for it (tcp(7), socket(7)).
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	raw.Control(func(fd uintptr) { setOptions(int(fd), keepAliveWithin(srv.Limits.Write), srv.Limits.Write) })
	listener, err := srv.pollers.Listen(l, func(fd int, from syscall.Sockaddr) *poll.Pair { return srv.arrived(hard, fd, from, to) }, func(err error) {
		srv.log.LogAttrs(ctx, slogWarn, "accept failed", slogErr(err))
	})
	if err != nil {
		srv.log.LogAttrs(ctx, slogWarn, "clients cannot be accepted by a poller", slogErr(err))
		return false
	}
	<-ctx.Done()
	listener.Close()
	return true
}

// known is where to connect to.
type known struct {
	family int
	path   string // of a Unix socket
	at     netip.AddrPort
	addr   net.Addr
}

// known is nil when the address must be looked up, or TLS may begin there.
func (u *Upstream) known() *known {
	network, address := u.network()
	if network == "unix" {
		return &known{family: syscall.AF_UNIX, path: address, addr: &net.UnixAddr{Name: address, Net: network}}
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil || u.Mode != TLSDisable || at.Addr().Zone() != "" {
		return nil
	}
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	k := &known{family: syscall.AF_INET6, at: at, addr: net.TCPAddrFromAddrPort(at)}
	if at.Addr().Is4() {
		k.family = syscall.AF_INET
	}
	return k
}

// sockaddr is for one connection: package syscall writes into it.
func (k *known) sockaddr() syscall.Sockaddr {
	switch k.family {
	case syscall.AF_UNIX:
		return &syscall.SockaddrUnix{Name: k.path}
	case syscall.AF_INET:
		return &syscall.SockaddrInet4{Port: int(k.at.Port()), Addr: k.at.Addr().As4()}
	}
	return &syscall.SockaddrInet6{Port: int(k.at.Port()), Addr: k.at.Addr().As16()}
}

// setOptions sets what net.Dialer and net.ListenConfig would. Nothing that fails here is worth a session.
func setOptions(fd int, keep net.KeepAliveConfig, giveUp time.Duration) {
	syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
	syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, int(keep.Idle/time.Second))
	syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, int(keep.Interval/time.Second))
	syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, keep.Count)
	if giveUp > 0 {
		syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, tcpUserTimeout, int(giveUp.Milliseconds()))
	}
}

// arrived begins the session of a client that a poller has accepted.
func (srv *Server) arrived(hard context.Context, fd int, from syscall.Sockaddr, to *known) *poll.Pair {
	addr := &net.TCPAddr{}
	switch a := from.(type) {
	case *syscall.SockaddrInet4:
		addr.IP, addr.Port = a.Addr[:], a.Port
	case *syscall.SockaddrInet6:
		addr.IP, addr.Port = a.Addr[:], a.Port
	}
	keep := keepAliveWithin(srv.Limits.Write)
	if idle, _ := syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE); idle != int(keep.Idle/time.Second) { // it came before the options were set
		setOptions(fd, keep, srv.Limits.Write)
	}
	s := srv.newSession(addr)
	s.opening = &opening{stage: inStartup, deadline: s.opened.Add(srv.Limits.Startup), to: to, serving: hard}
	pair := srv.pollers.Adopt(fd, s.step)
	s.usePair(pair, addr, to.addr)
	s.fromClient, s.toClient = wire.NewReader(s.client), wire.NewWriter(s.client)
	s.fromUpstream, s.toUpstream = wire.NewReader(s.upstream), wire.NewWriter(s.upstream)
	s.startupTimer()
	s.watchServe(hard)
	return pair
}

// startupStep deals with what has come before the connection to the server is there.
func (s *session) startupStep() error {
	packet, need, err := s.startupMore()
	s.polled.clientNeed = need
	if packet == nil {
		s.fromClient.Rest()
		return err
	}
	s.fromClient.Rest()
	if err := s.introduced(); err != nil {
		return err
	}
	o := s.opening
	err = s.polled.Connect(o.to.family, o.to.sockaddr(), func(fd int) {
		if o.to.family != syscall.AF_UNIX {
			setOptions(fd, keepAlive, 0)
		}
	})
	if err != nil {
		return s.unreachable(os.NewSyscallError("connect", err))
	}
	o.stage, o.packet = inConnection, packet
	return s.connectionStep()
}

// connectionStep sends the startup packet to the server, if it is connected by now.
func (s *session) connectionStep() error {
	o := s.opening
	n, err := s.polled.Pair.Write(poll.Upstream, o.packet)
	switch {
	case err == poll.ErrAgain && n == 0:
		if !o.connecting {
			o.connecting = true
			s.polled.Await(poll.Upstream, poll.Writable)
			o.timer.Reset(min(s.server.Limits.Connect, time.Until(o.deadline)))
		}
		return nil
	case err != nil && err != poll.ErrAgain && n == 0:
		return s.unreachable(os.NewSyscallError("connect", err))
	}
	if o.connecting {
		s.polled.Await(poll.Upstream, poll.Readable)
		o.timer.Reset(time.Until(o.deadline))
	}
	o.stage = inAuthentication
	if n < len(o.packet) {
		if _, err := s.upstream.Write(o.packet[n:]); err != nil {
			return err
		}
	}
	o.packet = nil
	return nil
}

// leavePoller goes on with a goroutine for the session.
func (s *session) leavePoller() error {
	o := s.opening
	o.timer.Stop()
	file := os.NewFile(uintptr(s.polled.Leave()), "client")
	conn, err := net.FileConn(file)
	file.Close()
	if err != nil {
		return err
	}
	s.end.Lock()
	s.client, s.upstream, s.polled = conn, nil, nil
	s.end.Unlock()
	s.opening = nil
	s.fromClient.Reset(conn)
	s.toClient.Reset(conn)
	s.fromUpstream, s.toUpstream = nil, nil
	go s.run(o.serving)
	return nil
}
