// Package instance runs the program cordon as a child process: for the demonstration, the tests that want the whole program, and the benchmark.
package instance

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 15 * time.Second
)

// Instance is a running `cordon serve`. It must be ended with Stop; when the process that started it dies, it ends by itself.
type Instance struct {
	Addr  string // host:port where clients connect
	Admin string // host:port of the HTTP endpoints

	cmd  *exec.Cmd
	log  *os.File
	done chan struct{} // closed when it has ended
	err  error         // set before done is closed
}

// Config is the text of a cordon.yaml for the given addresses: listen, upstream and admin, each host:port.
type Config func(listen, upstream, admin string) string

// Start writes cordon.yaml into dir, where the files that it names are already, runs `program serve` on it, and waits until it accepts connections. The context bounds the start alone.
func Start(ctx context.Context, program, dir, upstream string, config Config) (*Instance, error) {
	for try := 1; ; try++ {
		n, err := start(ctx, program, dir, upstream, config)
		if err == nil || try == startTries || !strings.Contains(err.Error(), syscall.EADDRINUSE.Error()) {
			return n, err
		}
	}
}

// startTries is how often an address that was free a moment ago may have been taken by somebody else.
const startTries = 5

func start(ctx context.Context, program, dir, upstream string, config Config) (*Instance, error) {
	n := &Instance{done: make(chan struct{})}
	var err error
	if n.Addr, err = freeAddress(); err != nil {
		return nil, err
	}
	if n.Admin, err = freeAddress(); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "cordon.yaml")
	if err := os.WriteFile(file, []byte(config(n.Addr, upstream, n.Admin)), 0o600); err != nil {
		return nil, err
	}
	if n.log, err = os.Create(filepath.Join(dir, "cordon.log")); err != nil {
		return nil, err
	}
	n.cmd = exec.Command(program, "serve", "--config", file)
	n.cmd.Stdout, n.cmd.Stderr = n.log, n.log
	// Ctrl-C at the terminal is for the parent, which ends Cordon when it is done with it.
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	started := make(chan error, 1)
	go n.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	if err := n.wait(ctx); err != nil {
		n.Stop()
		return nil, err
	}
	return n, nil
}

// run starts the program and waits for its end. It keeps its thread: the kernel sends Pdeathsig when the thread that forked dies, not the process.
func (n *Instance) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer n.log.Close()
	err := n.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	n.err = n.cmd.Wait()
	close(n.done)
}

// wait returns when the program accepts connections, or with the reason why it does not.
func (n *Instance) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if conn, err := net.DialTimeout("tcp", n.Addr, time.Second); err == nil {
			return conn.Close()
		}
		select {
		case <-n.done:
			return fmt.Errorf("cordon serve ended while starting (%v):\n%s", n.err, n.Log())
		case <-ctx.Done():
			return fmt.Errorf("cordon serve does not accept connections on %s (%w):\n%s", n.Addr, ctx.Err(), n.Log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Pid is the process id.
func (n *Instance) Pid() int { return n.cmd.Process.Pid }

// Port is the port of Addr.
func (n *Instance) Port() int {
	_, port, _ := net.SplitHostPort(n.Addr)
	number, _ := strconv.Atoi(port)
	return number
}

// Stop ends the program as an administrator would, and answers what it had to complain about. A second Stop answers the same.
func (n *Instance) Stop() error {
	n.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-n.done:
	case <-time.After(stopTimeout):
		n.cmd.Process.Kill()
		<-n.done
		return fmt.Errorf("cordon serve did not end within %v of SIGTERM:\n%s", stopTimeout, n.Log())
	}
	if n.err != nil {
		return fmt.Errorf("cordon serve: %w:\n%s", n.err, n.Log())
	}
	return nil
}

// Log is what the program has printed.
func (n *Instance) Log() string {
	text, err := os.ReadFile(n.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Build compiles one of the module's programs (such as cordon/cmd/cordon) into dir and answers its path.
func Build(ctx context.Context, dir, program string, flags ...string) (string, error) {
	path := filepath.Join(dir, filepath.Base(program))
	args := append([]string{"build", "-o", path}, flags...)
	if out, err := exec.CommandContext(ctx, "go", append(args, program)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", program, err, out)
	}
	return path, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}
