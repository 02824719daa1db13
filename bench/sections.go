package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cordon/internal/pgtest"
)

// section is one part of the whole table.
type section struct {
	name, title string
	most        time.Duration // that it may take; it is broken off then, and the next begins
	run         func(context.Context, *lab) (string, error)
	alone       bool // it runs only when -only names it
}

var sections []section

func init() {
	sections = []section{
		{"transactions", "Transactions: pgbench -S", 4 * time.Minute, transactions, false},
		{"streams", "Whole tables", 90 * time.Second, streams, false},
		{"rate", "1,000 transactions a second, 8 clients", time.Minute, fixedRate, false},
		{"storm", "Connections a second, SCRAM", 45 * time.Second, storm, false},
		{"cores", "Processors: 32 clients", 2 * time.Minute, cores, false},
		{"fsync", "Audit log: prepared, 32 clients", 30 * time.Second, fsync, false},
		{"idle", "Memory of idle connections", 45 * time.Second, idle, false},
		{"tryton", "Recorded Tryton SELECTs, replayed", 90 * time.Second, goBench("./internal/tracetest", "Tryton", "2x"), false},
		{"plans", "Plans", 60 * time.Second, goBench("./proxy", "Plan$", "0.3s"), false},
		{"misses", "Plans made, beside pg_query's own parse and deparse", 60 * time.Second, goBench("./rewrite", "Miss", "200x"), false},
		{"reads", "Filtered and masked reads beside row security", 90 * time.Second, goBench("./rewrite", "PlansBesideRowSecurity", "21x"), false},
		{"audit", "Audit: an intent and its outcome", 45 * time.Second, goBench("./audit", "Statement/form|frame|own", "0.3s"), false},
		{"latency", "Latency that each fsync mode adds: prepared", 170 * time.Second, fsyncLatency, false},
		{"crowd", "Many connections, 64 of them active", 3 * time.Minute, crowd, false},
		{"limits", "Export limits, for statements below them", limitsTime, limits, true},
	}
}

func sectionNames() []string {
	return []string{"transactions", "streams", "rate", "storm", "cores", "fsync", "idle", "tryton", "plans", "misses", "reads", "audit", "latency", "crowd", "limits"}
}

func transactions(ctx context.Context, l *lab) (string, error) {
	results := measure(ctx, l)
	return results.markdown(l.settings), nil
}

// inTurn measures every target as often as there are rounds, and never the same first. One that fails is noted and left out from then on; the others go on.
func inTurn[T any](ctx context.Context, l *lab, targets []target, one func(target) (T, error)) map[string][]T {
	all := make(map[string][]T)
	failed := map[string]bool{}
	for round := range l.rounds {
		for i := range targets {
			t := targets[(i+round)%len(targets)]
			if failed[t.name] || ctx.Err() != nil {
				continue
			}
			v, err := one(t)
			if err != nil {
				failed[t.name] = true
				l.note(fmt.Errorf("%s: %w", t.name, err))
				continue
			}
			all[t.name] = append(all[t.name], v)
		}
	}
	return all
}

// stream is one whole table read.
type stream struct{ rate, cpu float64 } // MB/s, and CPU seconds for each GB

func streams(ctx context.Context, l *lab) (string, error) {
	var out strings.Builder
	out.WriteString("| work | target | MB/s | of pgbouncer | proxy CPU s/GB | times pgbouncer |\n|---|---|---:|---:|---:|---:|\n")
	targets := slices.DeleteFunc(slices.Clone(l.targets), func(t target) bool { return t.name == "relay epoll" }) // which drops what does not fit
	for _, work := range []struct{ name, sql string }{{"SELECT *", "SELECT * FROM wide"}, {"COPY", "COPY wide TO STDOUT"}} {
		all := inTurn(ctx, l, targets, func(t target) (stream, error) { return readAll(ctx, t, work.sql) })
		for _, t := range targets {
			cpu, times := "", ""
			if t.pid != 0 {
				cpu, times = figure("%.2f", all[t.name], streamCPU), of(all[t.name], all["pgbouncer"], streamCPU)
			}
			fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s |\n", work.name, t.name, figure("%.0f", all[t.name], streamRate), of(all[t.name], all["pgbouncer"], streamRate), cpu, times)
		}
	}
	return out.String(), nil
}

func streamRate(s stream) float64 { return s.rate }
func streamCPU(s stream) float64  { return s.cpu }

// readAll reads the whole answer to a query, and looks at the frames' headers only.
func readAll(ctx context.Context, t target, sql string) (stream, error) {
	c, err := connect(ctx, t, false)
	if err != nil {
		return stream{}, err
	}
	h, err := c.Hijack()
	if err != nil {
		return stream{}, err
	}
	defer h.Conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		h.Conn.SetDeadline(deadline)
	}
	cpu, err := cpuTime(t.pid)
	if err != nil {
		return stream{}, err
	}
	began := time.Now()
	query := append([]byte{'Q'}, binary.BigEndian.AppendUint32(nil, uint32(len(sql)+5))...)
	if _, err := h.Conn.Write(append(append(query, sql...), 0)); err != nil {
		return stream{}, err
	}
	r := bufio.NewReaderSize(h.Conn, 256<<10)
	total := 0
	for {
		head, err := r.Peek(5)
		if err != nil {
			return stream{}, err
		}
		typ, n := head[0], int(binary.BigEndian.Uint32(head[1:]))+1
		if typ == 'E' {
			text := make([]byte, n)
			io.ReadFull(r, text)
			return stream{}, fmt.Errorf("%s: %q", sql, text)
		}
		if _, err := r.Discard(n); err != nil {
			return stream{}, err
		}
		if total += n; typ == 'Z' {
			break
		}
	}
	took := time.Since(began)
	after, err := cpuTime(t.pid)
	return stream{float64(total) / 1e6 / took.Seconds(), (after - cpu).Seconds() / (float64(total) / 1e9)}, err
}

func connect(ctx context.Context, t target, encrypted bool) (*pgconn.PgConn, error) {
	config, err := pgconn.ParseConfig("postgres://" + t.user + "@" + t.addr + "/bench?sslmode=disable")
	if err != nil {
		return nil, err
	}
	if encrypted {
		config.TLSConfig = &tls.Config{InsecureSkipVerify: true} // its own certificate, made a moment ago
	}
	return pgconn.ConnectConfig(ctx, config)
}

// latency is of one run, in ms.
type latency struct{ p50, p99 float64 }

// timed runs pgbench with its log of every transaction.
func timed(ctx context.Context, l *lab, t target, clients int, args ...string) (latency, error) {
	return timedFor(ctx, l, t, clients, max(4, l.seconds), args...)
}

// timedFor is timed with another length.
func timedFor(ctx context.Context, l *lab, t target, clients, seconds int, args ...string) (latency, error) {
	dir, err := os.MkdirTemp("", "cordon-bench-log-")
	if err != nil {
		return latency{}, err
	}
	defer os.RemoveAll(dir)
	if _, err := pgbenchRun(ctx, l.pgbench, t, "prepared", clients, seconds, append(args, "-l", "--log-prefix="+filepath.Join(dir, "log"))...); err != nil {
		return latency{}, err
	}
	return latencies(dir)
}

func p50(l latency) float64 { return l.p50 }
func p99(l latency) float64 { return l.p99 }

func latencyTable(targets []target, all map[string][]latency) string {
	var out strings.Builder
	out.WriteString("| target | p50 ms | times pgbouncer | p99 ms | times pgbouncer |\n|---|---:|---:|---:|---:|\n")
	for _, t := range targets {
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", t.name, figure("%.2f", all[t.name], p50), of(all[t.name], all["pgbouncer"], p50), figure("%.2f", all[t.name], p99), of(all[t.name], all["pgbouncer"], p99))
	}
	return out.String()
}

// latencies reads pgbench's logs: client, transaction, µs, script, and the rest.
func latencies(dir string) (latency, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return latency{}, err
	}
	var all []int
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return latency{}, err
		}
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) > 2 {
				if n, err := strconv.Atoi(fields[2]); err == nil {
					all = append(all, n)
				}
			}
		}
	}
	if len(all) == 0 {
		return latency{}, fmt.Errorf("pgbench has logged no transaction")
	}
	slices.Sort(all)
	return latency{float64(all[len(all)/2]) / 1000, float64(all[len(all)*99/100]) / 1000}, nil
}

func fixedRate(ctx context.Context, l *lab) (string, error) {
	all := inTurn(ctx, l, l.targets, func(t target) (latency, error) { return timed(ctx, l, t, 8, "-R", "1000") })
	return latencyTable(l.targets, all), nil
}

// crowd holds connections open that do nothing, while pgbench runs on others: as many as were asked for, or, where the machine does not take so many, half of that, or a quarter.
func crowd(ctx context.Context, l *lab) (string, error) {
	for n := l.crowd; ; n /= 2 {
		text, err := crowdOf(ctx, l, n)
		if err == nil || n <= 500 || ctx.Err() != nil {
			return text, err
		}
		l.note(fmt.Errorf("%d connections: %w", n, err))
	}
}

// crowdOf measures the targets one after the other, since the server cannot hold the connections of all.
func crowdOf(ctx context.Context, l *lab, n int) (string, error) {
	targets := l.some("direct", "pgbouncer", "cordon with rules")
	slices.Reverse(targets) // pgbouncer keeps its connections for a while, so nobody should come close behind it
	all := make(map[string][]latency)
	var memory strings.Builder
	for _, t := range targets {
		for range 100 { // the last one's leave
			if rows, err := l.server.QueryErr("postgres", "SELECT count(*) < 100 FROM pg_stat_activity"); err == nil && *rows[0][0] == "t" {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		idle, err := open(ctx, t, n-64, false, "")
		if err != nil {
			return "", err
		}
		for range l.rounds {
			var one latency
			if one, err = timed(ctx, l, t, 64); err != nil {
				break
			}
			all[t.name] = append(all[t.name], one)
		}
		if kB, failed := resident(t.pid); t.pid != 0 && failed == nil {
			fmt.Fprintf(&memory, "With all of them open %s holds %d MB of its own.\n", t.name, kB/1024)
		}
		shut(idle)
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d connections.\n\n", n) + latencyTable(targets, all) + "\n" + memory.String(), nil
}

// open opens connections, several at a time, and runs a statement on each; "" for none.
func open(ctx context.Context, t target, n int, encrypted bool, sql string) ([]*pgconn.PgConn, error) {
	list := make([]*pgconn.PgConn, n)
	errs := make([]error, 8)
	var next atomic.Int64
	var all sync.WaitGroup
	for w := range errs {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && errs[w] == nil; i = int(next.Add(1)) - 1 {
				if list[i], errs[w] = connect(ctx, t, encrypted); errs[w] == nil && sql != "" {
					_, errs[w] = list[i].Exec(ctx, sql).ReadAll()
				}
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			shut(list)
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return list, nil
}

// shut closes connections, several at a time: the server may take its time over each.
func shut(list []*pgconn.PgConn) {
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := w; i < len(list); i += 8 {
				if c := list[i]; c != nil {
					ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
					c.Close(ctx)
					cancel()
				}
			}
		})
	}
	all.Wait()
}

// storm counts the connections that 8 clients make, one after the other, each with SCRAM and one query. The server asks for passwords, so it is another.
func storm(ctx context.Context, l *lab) (string, error) {
	server, err := pgtest.Run(ctx, pgtest.Options{Auth: "scram-sha-256", Password: "secret", Conf: []string{"max_connections = 100"}})
	if err != nil {
		return "", err
	}
	defer server.Stop()
	for _, sql := range []string{"CREATE ROLE clerk LOGIN PASSWORD 'secret'", "CREATE DATABASE bench"} {
		if err := server.ExecErr("postgres", sql); err != nil {
			return "", err
		}
	}
	targets := []target{{"direct", server.Addr(), "clerk:secret", 0}}
	for _, of := range [][2]string{{"cordon with rules", l.cordon}, {"beside with rules", l.beside}} {
		name, program := of[0], of[1]
		if program == "" {
			continue
		}
		proxy, err := l.proxy(ctx, program, server.Addr(), variant{})
		if err != nil {
			return "", err
		}
		targets = append(targets, target{name, proxy.Addr, "clerk:secret", proxy.Pid()})
	}
	all := inTurn(ctx, l, targets, func(t target) (stormed, error) {
		server.QueryErr("bench", "SELECT 1") // so that what the last one has left behind is over
		time.Sleep(100 * time.Millisecond)
		ours, err1 := cpuTime(t.pid)
		theirs, err2 := childrenTime(server.Pid())
		if err := errors.Join(err1, err2); err != nil {
			return stormed{}, err
		}
		began, n := time.Now(), atomic.Int64{}
		errs := make([]error, 8)
		var workers sync.WaitGroup
		for w := range errs {
			workers.Go(func() {
				for time.Since(began) < time.Duration(l.seconds)*time.Second && errs[w] == nil {
					var c *pgconn.PgConn
					if c, errs[w] = connect(ctx, t, false); errs[w] == nil {
						_, errs[w] = c.Exec(ctx, "SELECT 1").ReadAll()
						c.Close(ctx)
						n.Add(1)
					}
				}
			})
		}
		workers.Wait()
		if err := errors.Join(errs...); err != nil {
			return stormed{}, err
		}
		took := time.Since(began)
		time.Sleep(100 * time.Millisecond)
		ours2, err1 := cpuTime(t.pid)
		theirs2, err2 := childrenTime(server.Pid())
		count := max(1, float64(n.Load()))
		return stormed{count / took.Seconds(), (ours2 - ours).Seconds() * 1000 / count, (theirs2 - theirs).Seconds() * 1000 / count}, errors.Join(err1, err2)
	})
	var out strings.Builder
	out.WriteString("| target | connections/s | of direct | proxy CPU ms/connection | server CPU ms/connection |\n|---|---:|---:|---:|---:|\n")
	for _, t := range targets {
		proxy := ""
		if t.pid != 0 {
			proxy = figure("%.2f", all[t.name], func(v stormed) float64 { return v.proxy })
		}
		rate := func(v stormed) float64 { return v.rate }
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", t.name, figure("%.0f", all[t.name], rate), of(all[t.name], all["direct"], rate), proxy, figure("%.2f", all[t.name], func(v stormed) float64 { return v.server }))
	}
	return out.String(), nil
}

// stormed is one measurement of a storm: connections each second, and milliseconds of CPU for each.
type stormed struct{ rate, proxy, server float64 }

// variants measures Cordons that differ, with 32 clients, in turn with what is compared with them besides. watched are the processors whose load is told, none for no such column.
func variants(ctx context.Context, l *lab, names []string, list []variant, besides []target, watched []int, more ...string) (string, error) {
	targets := besides
	for i, v := range list {
		p, err := l.proxy(ctx, l.cordon, l.server.Addr(), v)
		if err != nil {
			return "", err
		}
		targets = append(targets, target{names[i], p.Addr, "clerk", p.Pid()})
	}
	all := inTurn(ctx, l, targets, func(t target) (sample, error) {
		idle, all, err := idleTime(watched)
		if err != nil {
			return sample{}, err
		}
		s, err := pgbenchRun(ctx, l.pgbench, t, "prepared", 32, l.seconds, more...)
		if err != nil {
			return s, err
		}
		idleThen, allThen, err := idleTime(watched)
		if all < allThen {
			s.busy = 1 - float64(idleThen-idle)/float64(allThen-all)
		}
		return s, err
	})
	var out strings.Builder
	fmt.Fprintf(&out, "| Cordon with | transactions/s | of %s | CPU µs/transaction |", names[0])
	rule := "\n|---|---:|---:|---:|"
	if watched != nil {
		out.WriteString(" the server's processors busy |")
		rule += "---:|"
	}
	out.WriteString(rule + "\n")
	for _, t := range targets {
		cpu := ""
		if t.pid != 0 {
			cpu = figure("%.1f", all[t.name], cpuOf)
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s |", t.name, figure("%.0f", all[t.name], tps), of(all[t.name], all[names[0]], tps), cpu)
		if watched != nil {
			out.WriteString(" " + figure("%.2f", all[t.name], func(s sample) float64 { return s.busy }) + " |")
		}
		out.WriteString("\n")
	}
	return out.String(), nil
}

// pipeline is what pgbench sends at once in cores: with one statement at a time, the server and pgbench, which sleep and wake for each, need more processors than Cordon does.
const pipeline = `\set aid random(1, 100000)
\startpipeline
%s\endpipeline
`

// fresh is a text that never comes again, nor its shape: it is parsed, decided and rewritten, which takes Cordon longer than it takes the server.
const fresh = `\set aid random(1, 100000)
\set n random(1, 2000000000)
SELECT abalance AS a:n FROM pgbench_accounts WHERE aid = :aid;
`

// cores shows whether throughput rises with the processors that Cordon has. The server and its clients keep two processors to themselves all the while, so that they have no less when it has more; with four it has theirs too.
func cores(ctx context.Context, l *lab) (string, error) {
	list := []variant{{gomaxprocs: "1"}, {gomaxprocs: "2"}, {gomaxprocs: "4"}}
	note := ""
	var servers []int
	if runtime.NumCPU() >= 4 {
		if err := pin(ctx, "2,3", l.server.Pid()); err != nil {
			return "", err
		}
		if err := pin(ctx, "2,3", os.Getpid()); err != nil { // pgbench runs where this program does
			return "", err
		}
		defer func() {
			everywhere := "0-" + strconv.Itoa(runtime.NumCPU()-1)
			ctx := context.WithoutCancel(ctx)
			pin(ctx, everywhere, l.server.Pid())
			pin(ctx, everywhere, os.Getpid())
		}()
		servers = []int{2, 3}
		list[0].processors, list[1].processors, list[2].processors = "0", "0,1", "0-3"
		note = "The server and pgbench have processors 2 and 3; Cordon has 0, or 0 and 1, or all.\n\n"
	}
	names, direct := []string{"GOMAXPROCS=1", "GOMAXPROCS=2", "GOMAXPROCS=4"}, []target{{"direct", l.server.Addr(), "clerk", 0}}
	out, err := variants(ctx, l, names, list, slices.Clone(direct), servers)
	out = note + out
	for _, w := range []struct{ title, mode, script string }{
		{"Twenty statements in each pipeline, which is the transaction here:", "prepared", fmt.Sprintf(pipeline, strings.Repeat("SELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n", 20))},
		{"A text in each transaction that is planned afresh:", "simple", fresh},
	} {
		if err != nil {
			return out, err
		}
		file, err := scriptFile(w.script)
		if err != nil {
			return out, err
		}
		defer os.Remove(file)
		var table string
		table, err = variants(ctx, l, names, list, slices.Clone(direct), servers, "-M", w.mode, "-f", file)
		out += "\n" + w.title + "\n\n" + table
	}
	return out, err
}

// scriptFile writes a script for pgbench.
func scriptFile(text string) (string, error) {
	f, err := os.CreateTemp("", "cordon-bench-*.sql")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	return f.Name(), errors.Join(err, f.Close())
}

// idleTime is how long processors have been idle, and how long they have been there, in hundredths of a second (proc(5): stat).
func idleTime(processors []int) (idle, all int, err error) {
	if processors == nil {
		return 0, 0, nil
	}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	for _, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		if !slices.ContainsFunc(processors, func(p int) bool { return len(fields) > 8 && fields[0] == "cpu"+strconv.Itoa(p) }) {
			continue
		}
		for i, field := range fields[1:9] { // user nice system idle iowait irq softirq steal
			n, err := strconv.Atoi(field)
			if err != nil {
				return 0, 0, err
			}
			all += n
			if i == 3 || i == 4 {
				idle += n
			}
		}
	}
	return idle, all, nil
}

// pin binds all threads of a process, and those that it and its children will start, to processors.
func pin(ctx context.Context, processors string, pid int) error {
	out, err := exec.CommandContext(ctx, "taskset", "-a", "-p", "-c", processors, strconv.Itoa(pid)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("taskset: %w\n%s", err, out)
	}
	return nil
}

func fsync(ctx context.Context, l *lab) (string, error) {
	return variants(ctx, l, []string{"fsync: interval", "fsync: always"}, []variant{{}, {fsync: "always"}}, nil, nil)
}

// fsyncLatency is what a client waits for longer than without Cordon, under each fsync mode, at several numbers of connections that each send the next statement at once; and of that, what the audit log alone takes: how long an intent
// holds its statement up, where nothing else is done.
func fsyncLatency(ctx context.Context, l *lab) (string, error) {
	targets := l.some("direct")
	for _, mode := range []string{"never", "interval", "always"} {
		p, err := l.proxy(ctx, l.cordon, l.server.Addr(), variant{fsync: mode})
		if err != nil {
			return "", err
		}
		targets = append(targets, target{"fsync: " + mode, p.Addr, "clerk", p.Pid()})
	}
	var out strings.Builder
	out.WriteString("| connections | target | p50 ms | added | p99 ms | added |\n|---:|---|---:|---:|---:|---:|\n")
	for _, clients := range []int{1, 8, 32, 128} {
		seconds := l.seconds + clients/128 // to connect is part of it
		all := inTurn(ctx, l, targets, func(t target) (latency, error) { return timedFor(ctx, l, t, clients, seconds) })
		for _, t := range targets {
			added := func(value func(latency) float64) string {
				with, _, _ := spread(all[t.name], value)
				without, _, _ := spread(all[targets[0].name], value)
				if t.name == targets[0].name || with == 0 {
					return ""
				}
				return fmt.Sprintf("%.2f", with-without)
			}
			fmt.Fprintf(&out, "| %d | %s | %s | %s | %s | %s |\n", clients, t.name, figure("%.2f", all[t.name], p50), added(p50), figure("%.2f", all[t.name], p99), added(p99))
		}
	}
	out.WriteString("\nThe audit log alone, as many goroutines that record one statement behind the other:\n\n")
	alone, err := goBench("./audit", "Statement/fsync", "0.3s")(ctx, l)
	return out.String() + alone, err
}
