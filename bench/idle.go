package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// idleMemory opens so many connections to each target, lets them rest, and says how many kilobytes each has cost the proxy.
func idleMemory(ctx context.Context, targets []target, connections int) (string, error) {
	var out strings.Builder
	out.WriteString("\n| idle connections | target | kB each |\n|---:|---|---:|\n")
	for _, t := range targets {
		if t.pid == 0 {
			continue
		}
		before, err := resident(t.pid)
		if err != nil {
			return "", err
		}
		open := make([]*pgconn.PgConn, 0, connections)
		for range connections {
			c, err := pgconn.Connect(ctx, "postgres://"+t.user+"@"+t.addr+"/bench?sslmode=disable")
			if err != nil {
				return "", fmt.Errorf("connection %d to %s: %w", len(open)+1, t.name, err)
			}
			open = append(open, c)
			if _, err := c.Exec(ctx, "SELECT abalance FROM pgbench_accounts WHERE aid = 1").ReadAll(); err != nil {
				return "", err
			}
		}
		time.Sleep(3 * time.Second) // what is pooled is freed by two collections
		after, err := resident(t.pid)
		if err != nil {
			return "", err
		}
		for _, c := range open {
			c.Close(ctx)
		}
		fmt.Fprintf(&out, "| %d | %s | %.1f |\n", connections, t.name, float64(after-before)/float64(connections))
	}
	return out.String(), nil
}

// resident is the memory of a process that is its own, in kB: not the pages of files that it maps (proc(5): RssAnon).
func resident(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			return strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no RssAnon", pid)
}
