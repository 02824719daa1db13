package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// limitsPolicy has people who differ in nothing but what the rule says of exports. Nobody comes near a limit.
const limitsPolicy = `version: 1
defaults: {tables: allow}
users: {unlimited: {}, cut: {}, held: {}, windows: {}, consumed: {}}
rules:
  - {name: no limit, users: [unlimited], tables: [public.*]}
  - {name: cut, users: [cut], tables: [public.*], export: {rows: 1000000000, over: cut}}
  - {name: block, users: [held], tables: [public.*], export: {rows: 1000000, bytes: 1GB, over: block}}
  - {name: block and windows, users: [windows], tables: [public.*], export: {rows: 1000000, window: [{rows: 1000000000000, per: 1h}, {rows: 1000000000000, bytes: 1000000GB, per: 24h}], over: block}}
  - {name: consumed, users: [consumed], tables: [public.*], export: {rows: 1000000, window: {rows: 1000000000000, per: 1h}, count: consumed, over: block}}
`

// limited are these people, and how the table calls them.
var limited = [][2]string{{"unlimited", "no limit"}, {"cut", "cut"}, {"held", "block"}, {"windows", "block, two windows"}, {"consumed", "block, consumed rows"}}

// limits is what an export limit costs the statements that stay below it, beside somebody without one, and beside how much a relay that only copies is slower than no proxy, and how much that varies.
func limits(ctx context.Context, l *lab) (string, error) {
	p, err := l.proxy(ctx, l.cordon, l.server.Addr(), variant{policy: limitsPolicy})
	if err != nil {
		return "", err
	}
	targets := l.some("direct", "relay epoll")
	for _, who := range limited {
		if err := l.server.ExecErr("bench", "CREATE ROLE "+who[0]+" LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO "+who[0]); err != nil {
			return "", err
		}
		targets = append(targets, target{who[1], p.Addr, who[0], p.Pid()})
	}
	var out strings.Builder
	for _, work := range []struct{ name, script string }{
		{"A look-up by key", "\\set aid random(1, 100000)\nSELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n"},
		{"A thousand rows", "\\set aid random(1, 90000)\nSELECT aid, abalance, filler FROM pgbench_accounts WHERE aid BETWEEN :aid AND :aid + 999;\n"},
		{"A report of a thousand rows", "\\set aid random(1, 90000)\nSELECT bid, count(*), sum(abalance), string_agg(aid::text, ',') FROM pgbench_accounts WHERE aid BETWEEN :aid AND :aid + 999 GROUP BY bid;\n"},
	} {
		file, err := os.CreateTemp("", "cordon-bench-*.sql")
		if err != nil {
			return out.String(), err
		}
		defer os.Remove(file.Name())
		if _, err := file.WriteString(work.script); err != nil {
			return out.String(), err
		}
		if err := file.Close(); err != nil {
			return out.String(), err
		}
		all := inTurn(ctx, l, targets, func(t target) (sample, error) {
			return pgbenchRun(ctx, l.pgbench, t, "prepared", 4, l.seconds, "-f", file.Name())
		})
		fmt.Fprintf(&out, "%s, prepared, 4 clients:\n\n| limit | statements/s | of no limit | of direct | proxy CPU µs/statement | of no limit |\n|---|---:|---:|---:|---:|---:|\n", work.name)
		for _, t := range targets {
			cpu, times := "", ""
			if t.pid != 0 {
				cpu, times = figure("%.1f", all[t.name], cpuOf), of(all[t.name], all["no limit"], cpuOf)
			}
			fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s |\n", t.name, figure("%.0f", all[t.name], tps), of(all[t.name], all["no limit"], tps), of(all[t.name], all["direct"], tps), cpu, times)
		}
		out.WriteString("\n")
	}
	all := inTurn(ctx, l, targets, func(t target) (stream, error) {
		return readAll(ctx, t, "SELECT * FROM pgbench_accounts LIMIT 300000")
	})
	out.WriteString("300,000 rows, which `block` holds back as a whole:\n\n| limit | MB/s | of no limit | of direct | proxy CPU s/GB |\n|---|---:|---:|---:|---:|\n")
	for _, t := range targets {
		if len(all[t.name]) == 0 {
			continue
		}
		cpu := ""
		if t.pid != 0 {
			cpu = figure("%.2f", all[t.name], streamCPU)
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", t.name, figure("%.0f", all[t.name], streamRate), of(all[t.name], all["no limit"], streamRate), of(all[t.name], all["direct"], streamRate), cpu)
	}
	return out.String(), nil
}

// limitsTime is what it may take.
const limitsTime = 3 * time.Minute
