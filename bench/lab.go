package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cordon/internal/instance"
	"cordon/internal/pgtest"
)

// lab is what the sections measure with.
type lab struct {
	settings
	server      *pgtest.Server
	pgbench     string
	connections int // that the server takes
	targets     []target
	proxies     []*instance.Instance
	stops       []func()
	failures    []error // of the section that runs
}

// note keeps what has gone wrong for the section's end.
func (l *lab) note(err error) { l.failures = append(l.failures, err) }

// start starts the targets that were asked for.
func (l *lab) start(ctx context.Context) error {
	upstream := l.server.Addr()
	add := func(t target) {
		if l.wants(t.name) {
			l.targets = append(l.targets, t)
		}
	}
	add(target{"direct", upstream, "admin", 0})
	bouncer, err := startPgbouncer(ctx, upstream, l.connections)
	if err != nil {
		return err
	}
	l.stops = append(l.stops, bouncer.stop)
	add(target{"pgbouncer", bouncer.addr, "admin", bouncer.pid()})
	for _, kind := range []string{"goroutines", "epoll"} {
		if !l.wants("relay " + kind) {
			continue
		}
		t, stop, err := startRelay(kind, upstream)
		if err != nil {
			return err
		}
		l.stops = append(l.stops, stop)
		add(t)
	}
	for _, of := range [][2]string{{"cordon", l.cordon}, {"beside", l.beside}} {
		name, program := of[0], of[1]
		if program == "" {
			continue
		}
		proxy, err := l.proxy(ctx, program, upstream, variant{})
		if err != nil {
			return err
		}
		add(target{name, proxy.Addr, "admin", proxy.Pid()})
		add(target{name + " with rules", proxy.Addr, "clerk", proxy.Pid()})
	}
	return nil
}

// variant is what one Cordon is run with besides.
type variant struct {
	policy     string // "" for that of all
	fsync      string // "" for interval
	tls        bool
	gomaxprocs string // "" for all processors
	processors string // that it is bound to, as taskset has it; "" for none
}

// proxy starts a Cordon of its own, in a folder of its own.
func (l *lab) proxy(ctx context.Context, program, upstream string, v variant) (*instance.Instance, error) {
	dir, err := os.MkdirTemp("", "cordon-bench-")
	if err != nil {
		return nil, err
	}
	l.stops = append(l.stops, func() { os.RemoveAll(dir) })
	if v.policy == "" {
		v.policy = policy
	}
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(v.policy), 0o600); err != nil {
		return nil, err
	}
	tls := "tls: {mode: off}"
	if v.tls {
		if err := writeCertificate(dir); err != nil {
			return nil, err
		}
		tls = "tls: {mode: allow, cert: server.crt, key: server.key}"
	}
	if v.fsync == "" {
		v.fsync = "interval"
	}
	if v.gomaxprocs != "" {
		os.Setenv("GOMAXPROCS", v.gomaxprocs)
		defer os.Unsetenv("GOMAXPROCS")
	}
	if program, err = filepath.Abs(program); err != nil {
		return nil, err
	}
	p, err := instance.Start(ctx, program, dir, upstream, func(listen, upstream, admin string) string {
		return strings.Join([]string{"listen: " + listen, "upstream: " + upstream, "upstream_tls: {mode: disable}", tls, "policy: policy.yaml",
			"audit: {dir: audit, key: audit.key, fsync: " + v.fsync + ", interval: 100ms, on_failure: refuse}", "admin: {listen: " + admin + "}",
			"limits: {connections: " + strconv.Itoa(l.connections) + ", held_bytes: 64MB}", ""}, "\n")
	})
	if err != nil {
		return nil, err
	}
	l.proxies = append(l.proxies, p)
	l.stops = append(l.stops, func() { p.Stop() })
	if v.processors != "" {
		if err := pin(ctx, v.processors, p.Pid()); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (l *lab) stop() {
	for _, stop := range slices.Backward(l.stops) {
		stop()
	}
}

// log is what the first Cordon has printed.
func (l *lab) log() string {
	if len(l.proxies) == 0 {
		return ""
	}
	return l.proxies[0].Log()
}

// some are the targets of these names.
func (l *lab) some(names ...string) []target {
	var list []target
	for _, t := range l.targets {
		if slices.Contains(names, t.name) {
			list = append(list, t)
		}
	}
	return list
}
