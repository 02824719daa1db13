package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	run         func(context.Context, *lab) (string, error)
}

var sections []section

func init() {
	sections = []section{
		{"transactions", "Transactions: pgbench -S", transactions},
		{"streams", "Whole tables", streams},
		{"rate", "1,000 transactions a second, 8 clients", fixedRate},
		{"crowd", "Many connections, 64 of them active", crowd},
		{"storm", "Connections a second, SCRAM", storm},
		{"cores", "Processors: prepared, 32 clients", cores},
		{"fsync", "Audit log: prepared, 32 clients", fsync},
		{"idle", "Memory of idle connections", idle},
	}
}

func sectionNames() []string {
	return []string{"transactions", "streams", "rate", "crowd", "storm", "cores", "fsync", "idle"}
}

func transactions(ctx context.Context, l *lab) (string, error) {
	results, err := measure(ctx, l.settings, l.pgbench, l.targets)
	return results.markdown(l.settings), err
}

// inTurn measures every target as often as there are rounds, and never the same first.
func inTurn[T any](l *lab, targets []target, one func(target) (T, error)) (map[string][]T, error) {
	all := make(map[string][]T)
	for round := range l.rounds {
		for i := range targets {
			t := targets[(i+round)%len(targets)]
			v, err := one(t)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.name, err)
			}
			all[t.name] = append(all[t.name], v)
		}
	}
	return all, nil
}

// stream is one whole table read.
type stream struct{ rate, cpu float64 } // MB/s, and CPU seconds for each GB

func streams(ctx context.Context, l *lab) (string, error) {
	var out strings.Builder
	out.WriteString("| work | target | MB/s | of pgbouncer | proxy CPU s/GB | times pgbouncer |\n|---|---|---:|---:|---:|---:|\n")
	targets := slices.DeleteFunc(slices.Clone(l.targets), func(t target) bool { return t.name == "relay epoll" }) // which drops what does not fit
	for _, work := range []struct{ name, sql string }{{"SELECT *", "SELECT * FROM wide"}, {"COPY", "COPY wide TO STDOUT"}} {
		all, err := inTurn(l, targets, func(t target) (stream, error) { return readAll(ctx, t, work.sql) })
		if err != nil {
			return "", err
		}
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
	dir, err := os.MkdirTemp("", "cordon-bench-log-")
	if err != nil {
		return latency{}, err
	}
	defer os.RemoveAll(dir)
	if _, err := pgbenchRun(ctx, l.pgbench, t, "prepared", clients, max(3, l.seconds), append(args, "-l", "--log-prefix="+filepath.Join(dir, "log"))...); err != nil {
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
	all, err := inTurn(l, l.targets, func(t target) (latency, error) { return timed(ctx, l, t, 8, "-R", "1000") })
	return latencyTable(l.targets, all), err
}

// crowd holds connections open that do nothing, while pgbench runs on others. The targets come one after the other, since the server cannot hold the connections of all.
func crowd(ctx context.Context, l *lab) (string, error) {
	targets := l.some("direct", "pgbouncer", "cordon with rules")
	slices.Reverse(targets) // pgbouncer keeps its connections for a while, so nobody should come close behind it
	all := make(map[string][]latency)
	for i, t := range targets {
		if i > 0 {
			time.Sleep(5 * time.Second)
		}
		idle, err := open(ctx, t, l.crowd-64, false)
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
		shut(ctx, idle)
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d connections.\n\n", l.crowd) + latencyTable(targets, all), nil
}

// open opens connections, several at a time.
func open(ctx context.Context, t target, n int, encrypted bool) ([]*pgconn.PgConn, error) {
	list := make([]*pgconn.PgConn, n)
	errs := make([]error, 8)
	var next atomic.Int64
	var all sync.WaitGroup
	for w := range errs {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && errs[w] == nil; i = int(next.Add(1)) - 1 {
				if list[i], errs[w] = connect(ctx, t, encrypted); errs[w] == nil {
					_, errs[w] = list[i].Exec(ctx, "SELECT abalance FROM pgbench_accounts WHERE aid = 1").ReadAll()
				}
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			shut(ctx, list)
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return list, nil
}

func shut(ctx context.Context, list []*pgconn.PgConn) {
	for _, c := range list {
		if c != nil {
			c.Close(ctx)
		}
	}
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
	proxy, err := l.proxy(ctx, l.cordon, server.Addr(), variant{})
	if err != nil {
		return "", err
	}
	targets := []target{{"direct", server.Addr(), "clerk:secret", 0}, {"cordon with rules", proxy.Addr, "clerk:secret", proxy.Pid()}}
	all, err := inTurn(l, targets, func(t target) (float64, error) {
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
		for _, err := range errs {
			if err != nil {
				return 0, err
			}
		}
		return float64(n.Load()) / time.Since(began).Seconds(), nil
	})
	if err != nil {
		return "", err
	}
	var out strings.Builder
	out.WriteString("| target | connections/s | of direct |\n|---|---:|---:|\n")
	for _, t := range targets {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", t.name, figure("%.0f", all[t.name], same), of(all[t.name], all["direct"], same))
	}
	return out.String(), nil
}

func same(v float64) float64 { return v }

// variants measures Cordons that differ, with 32 clients.
func variants(ctx context.Context, l *lab, names []string, list []variant) (string, error) {
	var targets []target
	for i, v := range list {
		p, err := l.proxy(ctx, l.cordon, l.server.Addr(), v)
		if err != nil {
			return "", err
		}
		targets = append(targets, target{names[i], p.Addr, "clerk", p.Pid()})
	}
	all, err := inTurn(l, targets, func(t target) (sample, error) { return pgbenchRun(ctx, l.pgbench, t, "prepared", 32, l.seconds) })
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "| Cordon with | transactions/s | of %s | CPU µs/transaction |\n|---|---:|---:|---:|\n", names[0])
	for _, t := range targets {
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", t.name, figure("%.0f", all[t.name], tps), of(all[t.name], all[names[0]], tps), figure("%.1f", all[t.name], cpuOf))
	}
	return out.String(), nil
}

func cores(ctx context.Context, l *lab) (string, error) {
	return variants(ctx, l, []string{"GOMAXPROCS=1", "GOMAXPROCS=2", "GOMAXPROCS=4"}, []variant{{gomaxprocs: "1"}, {gomaxprocs: "2"}, {gomaxprocs: "4"}})
}

func fsync(ctx context.Context, l *lab) (string, error) {
	return variants(ctx, l, []string{"fsync: interval", "fsync: always"}, []variant{{}, {fsync: "always"}})
}
