package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// pgbouncer is a running pgbouncer in session mode, which like Cordon gives each client a server connection of its own.
type pgbouncer struct {
	addr string
	dir  string
	cmd  *exec.Cmd
}

func startPgbouncer(ctx context.Context, upstream string, connections int) (*pgbouncer, error) {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program = "/usr/sbin/pgbouncer"; !executable(program) {
			return nil, errors.New("pgbouncer was not found: install the package of that name")
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &pgbouncer{addr: l.Addr().String()}
	l.Close()
	if b.dir, err = os.MkdirTemp("", "cordon-pgbouncer-"); err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(b.addr)
	upHost, upPort, _ := net.SplitHostPort(upstream)
	ini := fmt.Sprintf(`[databases]
bench = host=%s port=%s dbname=bench
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = trust
auth_file = %s/users.txt
pool_mode = session
default_pool_size = %d
max_client_conn = %d
ignore_startup_parameters = extra_float_digits
server_idle_timeout = 2
logfile = %s/pgbouncer.log
`, upHost, upPort, port, b.dir, connections, connections, b.dir)
	for name, text := range map[string]string{"pgbouncer.ini": ini, "users.txt": "\"admin\" \"\"\n\"clerk\" \"\"\n"} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	b.cmd = exec.Command(program, "-q", filepath.Join(b.dir, "pgbouncer.ini"))
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 { // which pgbouncer refuses to run as
		who, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		uid, _ := strconv.Atoi(who.Uid)
		gid, _ := strconv.Atoi(who.Gid)
		if err := os.Chown(b.dir, uid, gid); err != nil {
			return nil, err
		}
		b.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	if err := b.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start pgbouncer: %w", err)
	}
	for range 250 {
		if conn, err := net.Dial("tcp", b.addr); err == nil {
			conn.Close()
			return b, nil
		}
		select {
		case <-ctx.Done():
			b.stop()
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	log, _ := os.ReadFile(filepath.Join(b.dir, "pgbouncer.log"))
	b.stop()
	return nil, fmt.Errorf("pgbouncer does not accept connections:\n%s", log)
}

func (b *pgbouncer) pid() int { return b.cmd.Process.Pid }

func (b *pgbouncer) stop() {
	b.cmd.Process.Signal(syscall.SIGTERM)
	b.cmd.Wait()
	os.RemoveAll(b.dir)
}

func executable(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0
}
