package proxy

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"cordon/audit"
	"cordon/guard"
	"cordon/policy"
	"cordon/wire"
)

// session is one client with the server connection that is its own. Its two sides, the client's (client.go) and the upstream's (upstream.go), are served by a poller (polled.go) or by two goroutines, started and joined in run. Each side is the only writer to
// the other's peer. Between them stands the queue of messages that the server has still to answer.
type session struct {
	server *Server
	id     uint64
	opened time.Time
	types  string // see typed: what Parse says of parameters, while a plan is made that depends on it

	client       net.Conn // the socket, the TLS connection over it, or a polledConn
	upstream     net.Conn
	fromClient   *wire.Reader
	toClient     *wire.Writer
	fromUpstream *wire.Reader
	toUpstream   *wire.Writer

	from     net.Addr       // where the client has come from, as accept told: of a connection that is reset by now the kernel does not say it any more
	remote   netip.AddrPort // the same, the zero value over a Unix socket
	startup  *wire.Startup
	login    string
	database string
	pid      uint32
	key      []byte
	tls      string // version of the client's TLS, "" without

	opening     *opening // nil once the session is open
	askedTLS    bool     // before the startup packet
	askedGSS    bool
	unix        bool   // the client has come over a Unix socket
	certificate string // the common name of the client's certificate, verified

	pending pending

	// Told by the upstream's loop, read by the client's loop.
	transaction    atomic.Uint32 // the byte of the last ReadyForQuery
	idleSync       atomic.Uint64 // the number of the last Sync or Query that was answered outside a transaction
	conforming     atomic.Bool   // standard_conforming_strings
	utf8Server     atomic.Bool   // server_encoding is UTF8
	encoding       atomic.Pointer[string]
	serverEncoding atomic.Pointer[string]
	wasUser        atomic.Bool            // the login has been one of the policy's users
	application    atomic.Pointer[string] // application_name as the server reports it
	statusChange   atomic.Uint64          // counts ParameterStatus of the two above
	restricted     atomic.Bool            // told by the client's loop: something is hidden from the person who speaks
	copyBytes      atomic.Int64           // COPY data from the client since the last CommandComplete

	// Of the client's loop alone, but for speaker.settings.
	policy          *policy.Policy
	grant           *policy.Grant
	person          string
	how             string
	speaker         speaker
	names           names
	viewed          viewed
	rereading       bool // how texts are read may change by what has been sent
	unread          bool // and it cannot be found out how the text that is planned is read
	readingInside   bool // and may change back when the transaction ends
	record          *audit.Session
	number          uint64          // executions and refusals recorded
	unsynced        uint64          // what the audit log must have on the device before anything more goes to the server; 0 for nothing
	unsyncedRuns    int             // how many statements that is for
	unsyncedDurable bool            // and that one of them must be there whatever audit.on_failure says
	values          values          // of the portals that are bound
	params          []audit.Param   // of the last intent
	lookups         []guard.Subject // and whom it asks for by their key, where the policy watches
	keys            *subjectKeys
	tokens          *audit.Tokens
	now             time.Time // see clock
	clocked         bool      // now is the time of this burst
	affecting       bool      // a statement that can change who speaks has been sent since the last Sync
	tooMany         bool
	helpers         sync.WaitGroup
	replication     bool
	variants        []*variant
	lastVariant     uint64
	uses            uint64
	meters          []*object      // portals and cursors that are metered
	unnamed         *unnamedPortal // memory of the last unnamed portal and its run; see newPortal
	queried         *execution     // the last run of a Query; see newRun
	shaped          *shaped        // its plan; see newShaped
	querying        bool           // a Query's text is being planned
	left            atomic.Bool    // the client has gone
	released        atomic.Uint64  // the last unsynced that was waited for

	statements namespace
	portals    namespace
	syncs      uint64 // Syncs and Queries sent
	copyDoubt  copyDoubt
	copyEnded  bool // CopyDone or CopyFail has been sent since the COPY that copyDoubt is of
	inPipeline bool // extended messages have been sent since the last Sync
	prompt     bool // and a Flush: the client waits for their answers
	bound      bool // a Bind has been sent since the last Sync: another Sync would end its portal, and undo or commit what it has run
	runs       int  // Executes sent since the last Sync
	holdSync   bool // one of them writes rows, and may yet be stopped for those that it gives back
	pass       int  // bytes of a client's frame that are still to be forwarded
	drop       int  // or to be dropped

	// Of the upstream's loop alone.
	up upstreamState

	waits  func()  // aside, for meters; made when first needed
	polled *polled // nil: two goroutines serve the session

	unwatch func() bool // ends waiting for the end of Serve
	gone    func()      // called when the session has ended

	ending atomic.Bool // finish has been called; set under end's mutex
	end    struct {
		sync.Mutex
		// guarded by the mutex
		words     *wire.Error // what the client is told last
		reason    string      // for the log line
		err       error
		concluded bool // the connections are closed
	}
}

// run serves the session from its first byte. It returns when both its goroutines have ended, or a poller steps the session from then on.
func (s *session) run(ctx context.Context) {
	if s.unwatch == nil {
		s.watchServe(ctx)
	}
	if err := s.open(ctx); err != nil {
		s.notOpened(err)
		return
	}
	if s.enterPoller() {
		return
	}
	if err := s.logIn(); err != nil {
		s.notOpened(err)
		return
	}
	var loops sync.WaitGroup
	loops.Add(1)
	go func() {
		defer loops.Done()
		s.upstreamLoop()
	}()
	s.clientLoop()
	loops.Wait()
	s.conclude()
}

// watchServe ends the session when Serve ends.
func (s *session) watchServe(ctx context.Context) {
	s.unwatch = context.AfterFunc(ctx, func() { s.finish("shutdown", errShutdown, nil) })
}

// conclude is the end of an open session: nobody reads or writes any more.
func (s *session) conclude() {
	s.helpers.Wait()
	if s.names.habit {
		s.server.habits.learn(habitOf{s.login, s.database}, s.names.used)
	}
	for _, m := range s.meters {
		m.run.abandon()
	}
	s.closeRecord()
	s.logEnd()
	s.server.forget(s)
	s.closeBoth()
}

// finish ends the session: the first call says why, with the words that the client is told last, if any. It can be called from any goroutine; both loops end soon after.
func (s *session) finish(reason string, words *wire.Error, err error) {
	s.end.Lock()
	first := !s.ending.Load()
	if first {
		s.end.reason, s.end.err = reason, err
		if words != nil {
			s.end.words = words
		}
		s.ending.Store(true)
	}
	s.end.Unlock()
	if !first {
		return
	}
	// The upstream's loop wakes from its read, tells the client the last words and closes the client's connection, which ends the client's loop.
	now := time.Now()
	s.end.Lock()
	client, upstream := s.client, s.upstream
	s.end.Unlock()
	if upstream != nil {
		upstream.SetDeadline(now)
	}
	client.SetReadDeadline(now)
	client.SetWriteDeadline(now.Add(lastWordsTimeout))
}

// lastWordsTimeout is how long a client that does not read may keep a session that has ended.
const lastWordsTimeout = time.Second

// over says whether finish has been called.
func (s *session) over() bool { return s.ending.Load() }

// sayLast tells the client why its session ends. It is called by the one goroutine that writes to the client, at a boundary of frames.
func (s *session) sayLast() {
	s.end.Lock()
	words := s.end.words
	s.end.words = nil
	s.end.Unlock()
	if words == nil || s.toClient == nil {
		return
	}
	s.client.SetWriteDeadline(time.Now().Add(lastWordsTimeout))
	s.toClient.Append(256, words.AppendTo)
	s.toClient.Flush()
}

// closeBoth closes both connections, and tells the server that the session has ended.
func (s *session) closeBoth() {
	defer s.gone()
	s.unwatch()
	s.end.Lock()
	s.end.concluded = true
	s.end.Unlock()
	if s.polled != nil {
		s.polled.Close()
	}
	if s.upstream != nil {
		s.upstream.Close()
	}
	s.client.Close()
	if s.fromClient != nil {
		s.fromClient.Release()
	}
	if s.fromUpstream != nil {
		s.fromUpstream.Release()
	}
}

func (s *session) logEnd() {
	s.end.Lock()
	reason, err := s.end.reason, s.end.err
	s.end.Unlock()
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.Uint64("session", s.id), slog.String("client", s.from.String()), slog.String("reason", reason), slog.String("login", s.login), slog.String("database", s.database), slog.Uint64("backend_pid", uint64(s.pid)),
		slog.Duration("duration", time.Since(s.opened)),
	}
	if s.toClient != nil {
		attrs = append(attrs, slog.Int64("bytes_to_client", s.toClient.Written()))
	}
	if s.toUpstream != nil {
		attrs = append(attrs, slog.Int64("bytes_to_upstream", s.toUpstream.Written()))
	}
	s.server.metrics.ended.WithLabelValues(reason).Inc()
	if errors.Is(err, errCancelRequest) {
		return
	}
	if err != nil && !wire.IsClosed(err) && !errors.Is(err, errRefused) {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	s.server.log.LogAttrs(noContext, level, "session ended", attrs...)
}
