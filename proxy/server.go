package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"cordon/audit"
	"cordon/guard"
	"cordon/identity"
	"cordon/mark"
	"cordon/policy"
	"cordon/poll"
	"cordon/rewrite"
	"cordon/wire"
)

// Server is Cordon's front: it accepts clients and relays each to a connection of its own to the database server. Its fields are set before Serve and not changed afterwards; the policy is changed with SetPolicy.
type Server struct {
	Upstream Upstream
	TLS      ClientTLS
	Limits   Limits
	Audit    *audit.Log      // required
	Guard    *guard.Guard    // required
	Watcher  *guard.Watcher  // nil: nothing is held against the policy's watch section
	Alert    func(Alert)     // told of what watches find; may be nil, must not wait for long
	Requests *guard.Requests // nil: nobody can be asked to approve an export
	Mark     *mark.Key       // that watermarks are made with; nil: exports that a rule wants watermarked are not given
	Metrics  *Metrics        // nil: counted, but shown nowhere
	Log      *slog.Logger    // nil: slog's default
	Node     string          // begins the ids of sessions in the audit log

	policy   atomic.Pointer[policy.Policy]
	sessions sessions
	plans    planCache
	seen     seen
	catalogs catalogs
	metrics  *Metrics
	log      *slog.Logger
	lastID   atomic.Uint64
	grants   grants
	habits   habits
	tokens   identity.Tokens
	started  time.Time
	pollers  *poll.Group         // of the sessions with plain sockets; nil for none
	loops    bool                // in a test: every session has goroutines of its own
	clock    func() time.Time    // in a test: what export windows go by
	tamper   func(*rewrite.Plan) // in a test: breaks the rewriter, to see the second line hold
	patience int                 // of leaving.go; tests have more, for busy machines
	draining atomic.Bool
	serving  atomic.Bool
	misfit   atomic.Pointer[string] // what of the policy does not fit a database, "" or nil for nothing
}

// Ready says why no new clients should come; nil when they may.
func (srv *Server) Ready() error {
	switch {
	case srv.policy.Load() == nil:
		return errors.New("no policy is loaded")
	case !srv.serving.Load():
		return errors.New("clients are not accepted yet")
	case srv.draining.Load():
		return errors.New("Cordon is ending")
	}
	if s := srv.Audit.Stats(); s.State != audit.StateOK && s.State != audit.StateLow && !s.Allow {
		return fmt.Errorf("the audit log cannot be written: %s", s.Reason)
	}
	if m := srv.misfit.Load(); m != nil && *m != "" {
		return errors.New(*m)
	}
	return nil
}

// Check holds a policy against every database that sessions have been opened to.
func (srv *Server) Check(p *policy.Policy) []policy.Problem {
	var problems []policy.Problem
	for _, s := range srv.catalogs.snapshots() {
		problems = append(problems, rewrite.Check(p, s.Snapshot)...)
	}
	return problems
}

// ClientTLS is how clients may connect.
type ClientTLS struct {
	Mode   ClientTLSMode
	Config *tls.Config // with a certificate, unless Mode is TLSOff
}

// ClientTLSMode is the tls mode of the configuration.
type ClientTLSMode uint8

// The modes. Unix sockets are never encrypted.
const (
	TLSOff    ClientTLSMode = iota // a request for TLS is answered with no
	TLSAllow                       // as the client likes
	TLSAlways                      // sessions in clear are refused: mode require
)

// Limits bound what clients may take. The zero value of each means its default.
type Limits struct {
	MessageBytes   int           // longest message of a client; default PostgreSQL's own limit, 1 GB
	StatementBytes int           // longest text of a statement that is looked into; default 1 MB
	StatementDepth int           // deepest nesting of one; default parse's own
	PlanCache      int64         // bytes of memory for plans; default 64 MB
	Startup        time.Duration // from the connection to the first ReadyForQuery; default 60 s, as authentication_timeout
	Connect        time.Duration // to the server; default 10 s
	Write          time.Duration // a peer that takes no bytes for so long is given up; default: never
	Sessions       int           // at the same time; default 10,000
	CatalogCheck   time.Duration // how old what Cordon knows of the database's relations may be; default 5 s
	Held           int64         // bytes of rows held back for one execution; default 16 MB
	Prepared       int           // prepared statements of a session, and portals; default 10,000
	PreparedBytes  int           // what the prepared statements of a session may take, and its portals; default 256 MB
	Pending        int           // messages of a session that the server has not answered yet; a client that sends more waits; default 1,024
	Drain          time.Duration // how long open transactions may go on at shutdown; default 30 s
}

func (l *Limits) defaults() {
	if l.MessageBytes <= 0 {
		l.MessageBytes = wire.MaxLarge
	}
	if l.StatementBytes <= 0 {
		l.StatementBytes = 1 << 20
	}
	if l.PlanCache <= 0 {
		l.PlanCache = 64 << 20
	}
	if l.Startup <= 0 {
		l.Startup = time.Minute
	}
	if l.Connect <= 0 {
		l.Connect = 10 * time.Second
	}
	if l.Sessions <= 0 {
		l.Sessions = 10_000
	}
	if l.Held <= 0 {
		l.Held = 16 << 20
	}
	if l.Prepared <= 0 {
		l.Prepared = 10_000
	}
	if l.PreparedBytes <= 0 {
		l.PreparedBytes = 256 << 20
	}
	if l.Pending <= 0 {
		l.Pending = 1024
	}
	if l.CatalogCheck <= 0 {
		l.CatalogCheck = 5 * time.Second
	}
	if l.Drain <= 0 {
		l.Drain = 30 * time.Second
	}
}

// sessions are those that can be cancelled and ended.
type sessions struct {
	mu    sync.Mutex
	byPID map[uint32][]*session // guarded by mu; the pid of one server's backend, but other servers' are met after a restart
	open  atomic.Int64          // connections accepted and not ended
	group sync.WaitGroup
}

// Serve accepts clients until ctx ends; then it stops accepting, lets open transactions end until Limits.Drain has passed, and ends every session. It returns when all have ended.
// It may be called once, with several listeners.
func (srv *Server) Serve(ctx context.Context, listeners ...net.Listener) error {
	srv.init()
	srv.serving.Store(true)
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var accepting sync.WaitGroup
	errs := make([]error, len(listeners))
	for i, l := range listeners {
		stop := context.AfterFunc(ctx, func() { l.Close() })
		defer stop()
		accepting.Add(1)
		go func() {
			defer accepting.Done()
			if !srv.acceptPolled(ctx, hard, l) {
				errs[i] = srv.accept(ctx, hard, l)
			}
		}()
	}
	watch := make(chan struct{})
	go func() {
		defer close(watch)
		srv.watch(hard)
	}()
	accepting.Wait()
	srv.drain()
	cancel()
	srv.sessions.group.Wait()
	<-watch
	if srv.pollers != nil {
		srv.pollers.Close()
	}
	return errors.Join(errs...)
}

func (srv *Server) init() {
	srv.Limits.defaults()
	if srv.patience == 0 {
		srv.patience = defaultPatience
	}
	srv.metrics = srv.Metrics
	if srv.metrics == nil {
		srv.metrics = NewMetrics()
	}
	srv.log = srv.Log
	if srv.log == nil {
		srv.log = slog.Default()
	}
	srv.plans.init(srv.Limits.PlanCache)
	srv.started = time.Now()
	if srv.loops {
		return
	}
	var err error
	regular := max(1, runtime.GOMAXPROCS(0)/2) // the other half is for the server and the clients, or for what is planned
	if srv.pollers, err = poll.Start(regular, runtime.GOMAXPROCS(0)-regular); err != nil {
		srv.log.LogAttrs(noContext, slogWarn, "every session gets goroutines of its own", slogErr(err))
	}
}

func (srv *Server) accept(ctx, hard context.Context, l net.Listener) error {
	var delay time.Duration
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, net.ErrClosed) {
				return fmt.Errorf("accept clients: %w", err)
			}
			// Too many open files and the like pass; the listener must not be lost to them.
			delay = min(max(5*time.Millisecond, 2*delay), time.Second)
			srv.log.LogAttrs(ctx, slogWarn, "accept failed", slogErr(err))
			select {
			case <-time.After(delay):
			case <-ctx.Done():
			}
			continue
		}
		delay = 0
		if tcp, ok := conn.(*net.TCPConn); ok {
			tcp.SetKeepAliveConfig(keepAliveWithin(srv.Limits.Write))
			giveUpAfter(tcp, srv.Limits.Write)
		}
		s := srv.newSession(conn.RemoteAddr())
		_, s.unix = conn.(*net.UnixConn)
		s.client, s.fromClient, s.toClient = conn, wire.NewReader(conn), wire.NewWriter(conn)
		go s.run(hard)
	}
}

// newSession is the session of a client that has come from an address. Its connection is still to be given to it.
func (srv *Server) newSession(from net.Addr) *session {
	srv.sessions.group.Add(1)
	n := srv.sessions.open.Add(1)
	srv.metrics.sessions.Inc()
	s := &session{
		server: srv, id: srv.lastID.Add(1), opened: time.Now(), from: from, remote: addrPort(from), tooMany: n > int64(srv.Limits.Sessions),
	}
	s.gone = func() {
		srv.metrics.sessions.Dec()
		srv.sessions.open.Add(-1)
		srv.sessions.group.Done()
	}
	s.pending.init(srv.Limits.Pending)
	s.up.source = srv.clock
	return s
}

// remember makes a session known, so that it can be cancelled by its key and ended.
func (srv *Server) remember(s *session) {
	srv.sessions.mu.Lock()
	defer srv.sessions.mu.Unlock()
	if srv.sessions.byPID == nil {
		srv.sessions.byPID = make(map[uint32][]*session)
	}
	srv.sessions.byPID[s.pid] = append(srv.sessions.byPID[s.pid], s)
}

func (srv *Server) forget(s *session) {
	srv.sessions.mu.Lock()
	defer srv.sessions.mu.Unlock()
	list := srv.sessions.byPID[s.pid]
	for i := range list {
		if list[i] == s {
			list = append(list[:i], list[i+1:]...)
			break
		}
	}
	if len(list) == 0 {
		delete(srv.sessions.byPID, s.pid)
	} else {
		srv.sessions.byPID[s.pid] = list
	}
}

// all returns the sessions that are open.
func (srv *Server) all() []*session {
	srv.sessions.mu.Lock()
	defer srv.sessions.mu.Unlock()
	var list []*session
	for _, l := range srv.sessions.byPID {
		list = append(list, l...)
	}
	return list
}

// cancel forwards a client's request to cancel, if it has the key of a session. Anything else is ignored without a word, as PostgreSQL does.
func (srv *Server) cancel(pid uint32, key []byte) {
	srv.sessions.mu.Lock()
	var found *session
	for _, s := range srv.sessions.byPID[pid] {
		if bytes.Equal(s.key, key) {
			found = s
		}
	}
	srv.sessions.mu.Unlock()
	if found == nil {
		return
	}
	found.cancelled()
	srv.sendCancel(pid, key)
}

func (srv *Server) sendCancel(pid uint32, key []byte) {
	if err := srv.Upstream.sendCancel(context.Background(), pid, key); err != nil {
		srv.log.LogAttrs(context.Background(), slogWarn, "cancel request failed", slogErr(err))
	}
}

// drain lets transactions end until the deadline: a session outside a transaction ends at once, the others when they leave theirs.
func (srv *Server) drain() {
	srv.draining.Store(true)
	deadline := time.Now().Add(srv.Limits.Drain)
	for {
		rest := 0
		for _, s := range srv.all() {
			if s.betweenTransactions() {
				s.finish("shutdown", errShutdown, nil)
			} else {
				rest++
			}
		}
		if rest == 0 || time.Now().After(deadline) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Abort ends a drain at once.
func (srv *Server) Abort() {
	for _, s := range srv.all() {
		s.finish("shutdown", errShutdown, nil)
	}
}
