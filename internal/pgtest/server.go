package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options say how a server is to be. The zero value is a server that trusts everyone.
type Options struct {
	Auth     string   // method for every connection but the superuser's over the socket: trust (the default), password, md5, scram-sha-256 …
	HBA      []string // pg_hba.conf lines that come before those of Auth
	Password string   // password of the superuser postgres; "" for none. Over the Unix socket it never needs one
	SSL      bool     // make a certificate authority and a server certificate, and turn ssl on
	Conf     []string // postgresql.conf lines, such as "work_mem = 1MB"
	Log      bool     // log_statement = all, with a log_line_prefix of "%p %u@%d "
	Bin      string   // folder of the server programs; "" asks FindBinaries
	Dir      string   // where the server's folder is made; "" for the folder of temporary files. The user that runs the server must be able to reach it
	Port     int      // TCP port; 0 for a free one
}

// Server is a running throwaway server. Its methods may be called from several goroutines, but Stop, Restart and Kill from one at a time.
type Server struct {
	Port      int
	SocketDir string // folder of the Unix socket
	DataDir   string
	CAFile    string // with Options.SSL: the certificate authority's certificate, in PEM
	CertFile  string // with Options.SSL: the server's certificate for localhost and 127.0.0.1

	opts Options
	bin  string
	dir  string // everything is under this
	acct account

	mu     sync.Mutex
	proc   *process // nil while it does not run
	reaper *reaper
	dbs    int
}

// process is one life of the postmaster.
type process struct {
	pid  int
	done chan struct{} // closed when it has ended
	err  error         // set before done is closed
}

// startTimeout is how long a server may take to accept connections. On a busy machine a start takes a second or two; a minute means that something hangs.
const startTimeout = time.Minute

// Run starts a server. It must be ended with Stop; if the process dies before, the server dies with it and its folder is removed.
// The context bounds the start alone.
func Run(ctx context.Context, opts Options) (*Server, error) {
	bin := opts.Bin
	if bin == "" {
		var err error
		if bin, err = FindBinaries(); err != nil {
			return nil, err
		}
	}
	acct, err := serverAccount()
	if err != nil {
		return nil, err
	}
	tmpl, err := template(ctx, bin, acct)
	if err != nil {
		return nil, err
	}
	root := opts.Dir
	if root == "" {
		root = tempRoot(acct)
	}
	dir, err := os.MkdirTemp(root, "cordon-pg-")
	if err != nil {
		return nil, fmt.Errorf("make the server's folder: %w", err)
	}
	s := &Server{opts: opts, bin: bin, dir: dir, acct: acct, DataDir: filepath.Join(dir, "data"), SocketDir: dir}
	if s.reaper, err = startReaper(dir); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	if err := s.prepare(ctx, tmpl); err != nil {
		s.Stop()
		return nil, err
	}
	if err := s.startOnFreePort(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	if opts.Password != "" {
		if err := s.ExecErr("postgres", "ALTER ROLE postgres PASSWORD "+quoteLiteral(opts.Password)); err != nil {
			s.Stop()
			return nil, fmt.Errorf("set the superuser's password: %w", err)
		}
	}
	return s, nil
}

// prepare fills the folder: data, certificates, configuration.
func (s *Server) prepare(ctx context.Context, tmpl string) error {
	if out, err := exec.CommandContext(ctx, "cp", "-a", tmpl, s.DataDir).CombinedOutput(); err != nil {
		return fmt.Errorf("copy the template: %w\n%s", err, out)
	}
	if err := os.Chmod(s.dir, 0o755); err != nil {
		return err
	}
	conf := []string{
		"listen_addresses = '127.0.0.1'",
		"unix_socket_directories = " + quoteConf(s.SocketDir),
		"fsync = off",
		"synchronous_commit = off",
		"full_page_writes = off",
		"shared_buffers = 32MB",
		"max_wal_size = 256MB",
		"logging_collector = off",
		"log_min_messages = warning",
		"timezone = UTC",
		"log_timezone = UTC",
		"lc_messages = C",
	}
	if s.opts.Auth == "md5" {
		conf = append(conf, "password_encryption = md5")
	} else {
		conf = append(conf, "password_encryption = scram-sha-256") // which is not what servers before 14 begin with
	}
	if s.opts.Log {
		conf = append(conf, "log_statement = all", "log_line_prefix = '%p %u@%d '")
	}
	if s.opts.SSL {
		s.CAFile, s.CertFile = filepath.Join(s.dir, "ca.crt"), filepath.Join(s.dir, "server.crt")
		key := filepath.Join(s.dir, "server.key")
		if err := writeCertificates(s.CAFile, s.CertFile, key); err != nil {
			return fmt.Errorf("make certificates: %w", err)
		}
		if err := s.giveAway(key); err != nil {
			return err
		}
		conf = append(conf, "ssl = on", "ssl_cert_file = "+quoteConf(s.CertFile), "ssl_key_file = "+quoteConf(key), "ssl_ca_file = "+quoteConf(s.CAFile))
	}
	conf = append(conf, s.opts.Conf...)
	// postgresql.auto.conf is read after postgresql.conf, and ALTER SYSTEM keeps it going from there.
	if err := os.WriteFile(filepath.Join(s.DataDir, "postgresql.auto.conf"), []byte(strings.Join(conf, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	auth := s.opts.Auth
	if auth == "" {
		auth = "trust"
	}
	hba := []string{"local all postgres trust", "local replication postgres trust"}
	hba = append(hba, s.opts.HBA...)
	hba = append(hba, "local all all "+auth, "host all all 127.0.0.1/32 "+auth, "host replication all 127.0.0.1/32 "+auth)
	if err := os.WriteFile(filepath.Join(s.DataDir, "pg_hba.conf"), []byte(strings.Join(hba, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	log, err := os.OpenFile(s.LogPath(), os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err := log.Close(); err != nil {
		return err
	}
	for _, p := range []string{s.dir, s.LogPath(), filepath.Join(s.DataDir, "postgresql.auto.conf"), filepath.Join(s.DataDir, "pg_hba.conf")} {
		if err := s.giveAway(p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) giveAway(path string) error {
	if !s.acct.switched {
		return nil
	}
	if err := os.Chown(path, s.acct.uid, s.acct.gid); err != nil {
		return fmt.Errorf("give %s to the server's user: %w", path, err)
	}
	return nil
}

// startOnFreePort tries several ports: between finding one free and the server's bind another process may take it.
func (s *Server) startOnFreePort(ctx context.Context) error {
	var err error
	for range 10 {
		if s.Port = s.opts.Port; s.Port == 0 {
			if s.Port, err = freePort(); err != nil {
				return err
			}
		}
		if err = s.start(ctx); err == nil || s.opts.Port != 0 || !strings.Contains(err.Error(), "could not bind") {
			return err
		}
	}
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// start runs the postmaster and waits until it accepts connections.
func (s *Server) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	logStart := int64(0)
	if st, err := os.Stat(s.LogPath()); err == nil {
		logStart = st.Size()
	}
	started := make(chan error, 1)
	p := &process{done: make(chan struct{})}
	// The goroutine ends when the postmaster does; stopProcess and Stop wait for it through p.done.
	go func() {
		// Pdeathsig tells of the death of the *thread* that forked: keep that thread for as long as the server lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		log, err := os.OpenFile(s.LogPath(), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			started <- err
			return
		}
		cmd := s.acct.command(context.Background(), filepath.Join(s.bin, "postgres"), "-D", s.DataDir, "-p", strconv.Itoa(s.Port))
		cmd.Stdout, cmd.Stderr = log, log
		cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
		cmd.SysProcAttr.Setsid = true // Ctrl-C at the terminal is for the program, which stops the server when it is done with it
		err = cmd.Start()
		log.Close()
		if err != nil {
			started <- fmt.Errorf("start postgres: %w", err)
			return
		}
		p.pid = cmd.Process.Pid
		started <- nil
		p.err = cmd.Wait()
	}()
	if err := <-started; err != nil {
		return err
	}
	s.mu.Lock()
	s.proc = p
	s.mu.Unlock()
	s.reaper.watch(p.pid)
	for delay := time.Millisecond; ; delay = min(delay*2, 20*time.Millisecond) {
		if s.ready(p.pid) {
			return nil
		}
		select {
		case <-p.done:
			s.mu.Lock()
			s.proc = nil
			s.mu.Unlock()
			return fmt.Errorf("the server ended while starting (%v):\n%s", p.err, s.logSince(logStart))
		case <-ctx.Done():
			s.stopProcess(syscall.SIGQUIT)
			return fmt.Errorf("the server did not accept connections in time (%w):\n%s", ctx.Err(), s.logSince(logStart))
		case <-time.After(delay):
		}
	}
}

// ready reads the status line of postmaster.pid, as pg_ctl does.
func (s *Server) ready(pid int) bool {
	b, err := os.ReadFile(filepath.Join(s.DataDir, "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := bytes.Split(b, []byte("\n"))
	return len(lines) >= 8 && string(bytes.TrimSpace(lines[0])) == strconv.Itoa(pid) && string(bytes.TrimSpace(lines[7])) == "ready"
}

func (s *Server) logSince(off int64) string {
	f, err := os.Open(s.LogPath())
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, off, 16<<10))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Addr is host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// SocketAddr is the path of the Unix socket.
func (s *Server) SocketAddr() string {
	return filepath.Join(s.SocketDir, fmt.Sprintf(".s.PGSQL.%d", s.Port))
}

// DSN is a connection URI for the superuser over TCP.
func (s *Server) DSN(db string) string { return s.UserDSN("postgres", s.opts.Password, db) }

// UserDSN is a connection URI for a user over TCP.
func (s *Server) UserDSN(user, password, db string) string { return DSN(s.Addr(), user, password, db) }

// LogPath is the server's log.
func (s *Server) LogPath() string { return filepath.Join(s.dir, "server.log") }

// Pid is the postmaster's process id, 0 while it does not run.
func (s *Server) Pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return 0
	}
	return s.proc.pid
}

// Stop ends the server (sessions are cut off) and removes its folder. A second Stop does nothing.
func (s *Server) Stop() {
	s.stopProcess(syscall.SIGINT)
	s.reaper.release()
	os.RemoveAll(s.dir)
}

// Shutdown ends the server as an administrator would (fast shutdown) and keeps its data, for Restart.
func (s *Server) Shutdown() { s.stopProcess(syscall.SIGINT) }

// Kill ends the postmaster with SIGKILL, as a crash of the machine would; its sessions notice and end. Restart recovers.
func (s *Server) Kill() { s.stopProcess(syscall.SIGKILL) }

// Restart ends the server if it runs and starts it again with the same data on the same port.
func (s *Server) Restart(ctx context.Context) error {
	s.stopProcess(syscall.SIGINT)
	var err error
	// After Kill the old sessions need a moment to notice; until then the new postmaster refuses to start beside them.
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = s.start(ctx); err == nil {
			return nil
		}
		if !strings.Contains(err.Error(), "shared memory block") && !strings.Contains(err.Error(), "could not bind") {
			return err
		}
	}
	return err
}

// Reload makes the server read its configuration files again; it does not wait until all sessions have.
func (s *Server) Reload() error { return s.ExecErr("postgres", "SELECT pg_catalog.pg_reload_conf()") }

func (s *Server) stopProcess(sig syscall.Signal) {
	s.mu.Lock()
	p := s.proc
	s.proc = nil
	s.mu.Unlock()
	if p == nil {
		return
	}
	if err := syscall.Kill(p.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return
	}
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		syscall.Kill(p.pid, syscall.SIGQUIT)
		select {
		case <-p.done:
		case <-time.After(5 * time.Second):
			syscall.Kill(p.pid, syscall.SIGKILL)
			<-p.done
		}
	}
}

// reaper is a small shell process that outlives this one: when its standard input closes, which the kernel sees to at any death, it ends the server and removes the folder.
type reaper struct {
	stdin io.WriteCloser
	cmd   *exec.Cmd
	once  sync.Once
}

const reaperScript = `trap '' INT TERM HUP
while read -r line; do pid=$line; done
if [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null; then
	n=0
	while kill -0 "$pid" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done
fi
rm -rf "$1"`

func startReaper(dir string) (*reaper, error) {
	cmd := exec.Command("/bin/sh", "-c", reaperScript, "sh", dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the process that cleans up: %w", err)
	}
	return &reaper{stdin: in, cmd: cmd}, nil
}

// watch tells the reaper whom to end; the newest pid counts.
func (r *reaper) watch(pid int) { fmt.Fprintln(r.stdin, pid) }

// release lets the reaper do its work, by now only the removal of the folder.
func (r *reaper) release() {
	r.once.Do(func() {
		fmt.Fprintln(r.stdin) // nobody to end any more: a pid could belong to another process by now
		r.stdin.Close()
		r.cmd.Wait()
	})
}

func quoteConf(s string) string    { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
func quoteLiteral(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
