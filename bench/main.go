// Command bench measures Cordon beside pgbouncer and beside no proxy at all, in one run: `make bench`.
//
// pgbench -S runs against each target in turn, in several rounds, so that what else the machine does falls on all of them alike. The proxy's CPU time is what the kernel charged its process.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cordon/internal/pgtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench: error:", err)
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	cordon  string
	beside  string // another build of it, "" for none
	seconds int
	rounds  int
	scale   int
	modes   []string
	clients []int
	idle    int // connections that rest while their memory is measured
	crowd   int // connections of which few are active
	limit   time.Duration
	rows    int      // of the table that is read whole
	only    []string // sections to run; nil runs all
	targets []string // names to run; nil runs all

	relay, upstream string // run as the relay of this kind, and nothing else
}

func parse(args []string) (settings, error) {
	s := settings{}
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.StringVar(&s.cordon, "cordon", "bin/cordon", "the program to measure")
	fs.StringVar(&s.beside, "beside", "", "another build of the program, measured in turn with it")
	fs.IntVar(&s.seconds, "seconds", 2, "length of one measurement")
	fs.IntVar(&s.rounds, "rounds", 3, "measurements of each cell")
	fs.IntVar(&s.scale, "scale", 10, "pgbench's scale: 100,000 accounts each")
	fs.IntVar(&s.idle, "idle", 400, "idle connections to each proxy whose memory is measured")
	fs.IntVar(&s.crowd, "crowd", 4000, "connections of which 64 are active; the server needs 2 MB for each")
	fs.IntVar(&s.rows, "rows", 1_000_000, "rows of the table that is read whole")
	fs.DurationVar(&s.limit, "limit", 10*time.Minute, "sections that would begin later are left out")
	only := fs.String("only", "", "sections to run ("+strings.Join(sectionNames(), ", ")+"); all but limits when empty")
	modes := fs.String("modes", "simple,prepared", "pgbench's query modes")
	clients := fs.String("clients", "1,8,32", "numbers of clients")
	targets := fs.String("targets", "direct,pgbouncer,relay epoll,cordon with rules", "targets to run (direct, pgbouncer, relay goroutines, relay epoll, cordon, cordon with rules, beside, beside with rules); all when empty")
	fs.StringVar(&s.relay, "relay", "", "be a relay that copies, goroutines or epoll, on the socket given as descriptor 3")
	fs.StringVar(&s.upstream, "upstream", "", "where that relay connects to")
	if err := fs.Parse(args); err != nil {
		return s, err
	}
	s.modes = strings.Split(*modes, ",")
	for _, text := range strings.Split(*clients, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return s, fmt.Errorf("-clients: %q is not a number of clients", text)
		}
		s.clients = append(s.clients, n)
	}
	if *targets != "" {
		s.targets = strings.Split(*targets, ",")
		if s.beside != "" {
			s.targets = append(s.targets, "beside", "beside with rules")
		}
	}
	if *only != "" {
		s.only = strings.Split(*only, ",")
		for _, name := range s.only {
			if !slices.Contains(sectionNames(), name) {
				return s, fmt.Errorf("-only: no section %q", name)
			}
		}
	}
	return s, nil
}

// target is something that pgbench can talk to.
type target struct {
	name string
	addr string
	user string
	pid  int // whose CPU time counts as the proxy's; 0 for none
}

func run(ctx context.Context, args []string) error {
	s, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if s.relay != "" {
		return relay(s.relay, s.upstream)
	}
	pgbench := pgtest.ClientProgram("pgbench")
	if pgbench == "" {
		return errors.New("pgbench was not found: install PostgreSQL's server package")
	}
	connections := max(600, s.idle+100)
	if s.does("crowd") {
		connections = max(connections, s.crowd+300)
	}
	server, err := pgtest.Run(ctx, pgtest.Options{Conf: []string{"shared_buffers = 512MB", "max_connections = " + strconv.Itoa(connections), "max_wal_size = 2GB"}})
	if err != nil {
		return err
	}
	defer server.Stop()
	if err := prepare(ctx, server, pgbench, s); err != nil {
		return err
	}
	l := &lab{settings: s, server: server, pgbench: pgbench, connections: connections}
	defer l.stop()
	if err := l.start(ctx); err != nil {
		return err
	}
	fmt.Printf("%s, %d cores for clients, proxies and server together. Figures are medians (least–most) of %d measurements, in turn.\n", serverVersion(server), runtime.NumCPU(), s.rounds)
	start := time.Now()
	var failed []string
	for _, section := range sections {
		if !s.does(section.name) || section.alone && s.only == nil {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench: %s\n", section.name)
		began := time.Now()
		if left := s.limit - time.Since(start); left < section.most/4 {
			failed = append(failed, section.name)
			fmt.Printf("\n## %s\n\nNot measured: %s of the %s have passed.\n", section.title, time.Since(start).Round(time.Second), s.limit)
			continue
		}
		text, err := l.bounded(ctx, section)
		fmt.Printf("\n## %s\n\n%s", section.title, text)
		if err != nil {
			l.note(err)
		}
		for _, err := range l.failures {
			failed = append(failed, section.name)
			fmt.Printf("\nFailed: %s\n", strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", " "))
			fmt.Fprintf(os.Stderr, "bench: %s: %v\nwhat cordon printed last:\n%s\n", section.name, err, tail(l.log(), 2000))
		}
		l.failures = nil
		fmt.Fprintf(os.Stderr, "bench: %s took %s\n", section.name, time.Since(began).Round(time.Second))
	}
	if len(failed) > 0 {
		return fmt.Errorf("not all was measured: %s", strings.Join(slices.Compact(failed), ", "))
	}
	return nil
}

// bounded runs a section for as long as it may take at most. What it has started ends with its context.
func (l *lab) bounded(ctx context.Context, s section) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.most)
	defer cancel()
	text, err := s.run(ctx, l)
	if err == nil && ctx.Err() != nil {
		err = fmt.Errorf("broken off after %s", s.most)
	}
	return text, err
}

// does says whether a section was asked for.
func (s settings) does(section string) bool { return s.only == nil || slices.Contains(s.only, section) }

func tail(text string, most int) string { return text[max(0, len(text)-most):] }

// wants says whether a target was asked for.
func (s settings) wants(name string) bool {
	return s.targets == nil || slices.Contains(s.targets, name)
}

// policy has a person without rules, whose statements go through as they are, and one whose table is filtered and masked.
const policy = `version: 1
defaults: {tables: allow}
users:
  admin: {roles: [admin]}
  clerk: {roles: [clerk], attributes: {branches: 1000000}}
roles:
  admin: {may: [ddl, routine, explain, unparsed]}
  clerk: {}
masks:
  hidden: {fixed: "[hidden]"}
rules:
  - name: admin
    roles: [admin]
    tables: [public.*]
    allow: [select, insert, update, delete, truncate, copy_from]
  - name: clerks see their branches
    roles: [clerk]
    tables: [public.pgbench_accounts]
    allow: [select, update]
    rows: bid <= me.branches
    mask: {filler: hidden}
    export: {rows: 500, over: block}
  - name: clerks see the rest
    roles: [clerk]
    tables: [public.*]
    allow: [select]
`

func prepare(ctx context.Context, server *pgtest.Server, pgbench string, s settings) error {
	for _, sql := range []string{"CREATE ROLE admin LOGIN SUPERUSER", "CREATE ROLE clerk LOGIN", "CREATE DATABASE bench OWNER admin"} {
		if err := server.ExecErr("postgres", sql); err != nil {
			return err
		}
	}
	out, err := exec.CommandContext(ctx, pgbench, "-i", "-q", "-s", strconv.Itoa(s.scale), "-h", "127.0.0.1", "-p", strconv.Itoa(server.Port), "-U", "admin", "bench").CombinedOutput()
	if err != nil {
		return fmt.Errorf("pgbench -i: %w\n%s", err, out)
	}
	if s.does("streams") {
		if err := server.ExecErr("bench", "CREATE UNLOGGED TABLE wide AS SELECT g AS id, md5(g::text) AS a, repeat(md5(g::text), 4) AS b, g * 1.5 AS c, now() AS d, repeat('x', 40) AS e FROM generate_series(1, "+strconv.Itoa(s.rows)+") g"); err != nil {
			return err
		}
	}
	return server.ExecErr("bench", "GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO clerk")
}

func serverVersion(server *pgtest.Server) string {
	rows, err := server.QueryErr("postgres", "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)")
	if err != nil || len(rows) == 0 || rows[0][0] == nil {
		return "PostgreSQL"
	}
	return *rows[0][0]
}

// cell is what one target did in one mode with one number of clients.
type cell struct {
	target  string
	mode    string
	clients int
}

// sample is one measurement.
type sample struct {
	tps float64 // transactions per second
	cpu float64 // microseconds of the proxy's CPU time per transaction

	busy float64 // part of the watched processors' time
}

func measure(ctx context.Context, l *lab) results {
	all := results{targets: l.targets, samples: map[cell][]sample{}}
	for _, mode := range l.modes {
		for _, clients := range l.clients {
			for name, samples := range inTurn(ctx, l, l.targets, func(t target) (sample, error) { return pgbenchRun(ctx, l.pgbench, t, mode, clients, l.seconds) }) {
				all.samples[cell{name, mode, clients}] = samples
			}
		}
	}
	return all
}

var (
	processed = regexp.MustCompile(`number of transactions actually processed: (\d+)`)
	perSecond = regexp.MustCompile(`tps = ([0-9.]+) \(without initial connection time\)`)
)

func pgbenchRun(ctx context.Context, pgbench string, t target, mode string, clients, seconds int, more ...string) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds+20)*time.Second)
	defer cancel()
	host, port, _ := strings.Cut(t.addr, ":")
	before, err := cpuTime(t.pid)
	if err != nil {
		return sample{}, err
	}
	script := []string{"-S"}
	if slices.Contains(more, "-f") {
		script = nil
	}
	args := append(script, "-n", "-M", mode, "-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(clients, 4)), "-T", strconv.Itoa(seconds), "-h", host, "-p", port, "-U", t.user)
	cmd := exec.CommandContext(ctx, pgbench, append(append(args, more...), "bench")...)
	cmd.Env = append(os.Environ(), "PGSSLMODE=disable", "PGGSSENCMODE=disable")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return sample{}, fmt.Errorf("pgbench -M %s -c %d against %s: %w\n%s", mode, clients, t.name, err, out)
	}
	after, err := cpuTime(t.pid)
	if err != nil {
		return sample{}, err
	}
	n, tps := processed.FindSubmatch(out), perSecond.FindSubmatch(out)
	if n == nil || tps == nil {
		return sample{}, fmt.Errorf("pgbench against %s printed no figures:\n%s", t.name, out)
	}
	count, _ := strconv.ParseFloat(string(n[1]), 64)
	rate, _ := strconv.ParseFloat(string(tps[1]), 64)
	return sample{tps: rate, cpu: float64((after - before).Microseconds()) / max(count, 1)}, nil
}

// cpuTime is what the kernel has charged a process, all threads together (proc(5): utime and stime, in hundredths of a second).
func cpuTime(pid int) (time.Duration, error) { return chargedTime(pid, 11) }

// childrenTime is what it has charged the children that have ended (cutime and cstime).
func childrenTime(pid int) (time.Duration, error) { return chargedTime(pid, 13) }

func chargedTime(pid, field int) (time.Duration, error) {
	if pid == 0 {
		return 0, nil
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in parentheses, and may hold spaces.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 15 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	user, err1 := strconv.Atoi(fields[field])
	system, err2 := strconv.Atoi(fields[field+1])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}
