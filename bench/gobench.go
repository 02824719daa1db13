package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// goBench is a section that runs benchmarks of Go and makes a table of what they report.
func goBench(pkg, pattern, times string) func(context.Context, *lab) (string, error) {
	return func(ctx context.Context, l *lab) (string, error) {
		args := []string{"test", pkg, "-run", "^$", "-bench", pattern, "-benchtime", times}
		if deadline, ok := ctx.Deadline(); ok { // the test ends by itself before go is killed
			args = append(args, "-timeout", max(time.Second, time.Until(deadline)-2*time.Second).String())
		}
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Env = append(os.Environ(), "CORDON_REQUIRE_PG=1")
		cmd.WaitDelay = 5 * time.Second
		out, err := cmd.CombinedOutput()
		text := benchTable(out)
		if err != nil {
			return text, fmt.Errorf("go test %s -bench %s: %w\n%s", pkg, pattern, err, tail(string(out), 1000))
		}
		return text, nil
	}
}

var benchLine = regexp.MustCompile(`(?m)^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// benchTable has a line for each benchmark and a column for each unit.
func benchTable(out []byte) string {
	type row struct {
		name   string
		values map[string]string
	}
	var rows []row
	var units []string
	for _, m := range benchLine.FindAllSubmatch(bytes.ReplaceAll(out, []byte("\r"), nil), -1) {
		_, name, _ := strings.Cut(string(m[1]), "/")
		r := row{strings.ReplaceAll(name, "_", " "), map[string]string{}}
		fields := strings.Fields(string(m[2]))
		for i := 0; i+1 < len(fields); i += 2 {
			value, unit := fields[i], fields[i+1]
			if n, err := strconv.ParseFloat(value, 64); err == nil && n == 0 && unit == "ns/op" {
				continue // of benchmarks that report something else
			}
			if !slices.Contains(units, unit) {
				units = append(units, unit)
			}
			r.values[unit] = value
		}
		rows = append(rows, r)
	}
	var b strings.Builder
	b.WriteString("| benchmark | " + strings.Join(units, " | ") + " |\n|---|" + strings.Repeat("---:|", len(units)) + "\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s |", strings.ReplaceAll(r.name, "|", `\|`))
		for _, u := range units {
			b.WriteString(" " + r.values[u] + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}
