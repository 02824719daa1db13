package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
)

// The floor: proxies that copy bytes and know nothing of PostgreSQL. One has two goroutines for each session, as Cordon has, and waits with Go's own poller; the other waits with an epoll of its own, as a proxy in C does.

// startRelay runs this program again as a relay.
func startRelay(kind, upstream string) (t target, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return t, nil, err
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		return t, nil, err
	}
	defer f.Close()
	self, err := os.Executable()
	if err != nil {
		return t, nil, err
	}
	cmd := exec.Command(self, "-relay", kind, "-upstream", upstream)
	cmd.ExtraFiles, cmd.Stderr = []*os.File{f}, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return t, nil, err
	}
	stop = func() { cmd.Process.Kill(); cmd.Wait() }
	return target{"relay " + kind, l.Addr().String(), "admin", cmd.Process.Pid}, stop, nil
}

// relay serves until it is killed, on the listening socket that it has been given.
func relay(kind, upstream string) error {
	l, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		return err
	}
	var serve func(client, server *net.TCPConn)
	switch kind {
	case "goroutines":
		serve = func(client, server *net.TCPConn) {
			go pump(server, client)
			go pump(client, server)
		}
	case "epoll":
		if serve, err = epollRelay(); err != nil {
			return err
		}
	default:
		return fmt.Errorf("no relay %q", kind)
	}
	for {
		client, err := l.Accept()
		if err != nil {
			return err
		}
		server, err := net.Dial("tcp", upstream)
		if err != nil {
			client.Close()
			continue
		}
		serve(client.(*net.TCPConn), server.(*net.TCPConn))
	}
}

func pump(to, from *net.TCPConn) {
	b := make([]byte, 16<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			if _, err := to.Write(b[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	to.Close()
	from.Close()
}

// epollRelay starts a poller for every other processor: more sleep more often.
func epollRelay() (serve func(client, server *net.TCPConn), err error) {
	pollers := make([]int, max(1, runtime.GOMAXPROCS(0)/2))
	for i := range pollers {
		if pollers[i], err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
			return nil, err
		}
	}
	peers := make([]int32, 1<<16) // by descriptor
	for _, p := range pollers {
		go poll(p, peers)
	}
	next := 0
	return func(client, server *net.TCPConn) {
		a, err1 := bare(client)
		b, err2 := bare(server)
		if errors.Join(err1, err2) != nil {
			return
		}
		peers[a], peers[b] = int32(b), int32(a)
		next++
		for _, fd := range []int{a, b} {
			syscall.EpollCtl(pollers[next%len(pollers)], syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
		}
	}, nil
}

// bare takes a connection from Go's poller.
func bare(c *net.TCPConn) (int, error) {
	defer c.Close()
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	fd := -1
	raw.Control(func(old uintptr) { fd, err = syscall.Dup(int(old)) })
	return fd, err
}

func poll(epoll int, peers []int32) {
	events := make([]syscall.EpollEvent, 128)
	b := make([]byte, 16<<10)
	for {
		n, err := syscall.EpollWait(epoll, events, -1)
		if err != nil && err != syscall.EINTR {
			fmt.Fprintln(os.Stderr, "bench: relay: epoll_wait:", strconv.Quote(err.Error()))
			return
		}
		for _, e := range events[:max(n, 0)] {
			fd := int(e.Fd)
			to := int(peers[fd])
			if to == 0 {
				continue
			}
			n, err := syscall.Read(fd, b)
			if n > 0 {
				_, err = syscall.Write(to, b[:n]) // what pgbench sends and gets always fits
			}
			if err != nil && err != syscall.EAGAIN || n == 0 {
				peers[fd], peers[to] = 0, 0
				syscall.Close(fd)
				syscall.Close(to)
			}
		}
	}
}
