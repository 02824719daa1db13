package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

var suites = []suite{
	{name: "regress", run: regress},
	{name: "isolation", run: isolation},
	{name: "libpq-pipeline", run: libpqPipeline},
	{name: "pgx", run: pgx},
	{name: "lib-pq", run: libPQ},
	{name: "node-postgres", run: nodePostgres},
	{name: "psycopg2", run: psycopg2, conf: []string{"wal_level = logical"}},
	{name: "psycopg", run: psycopg},
}

// fetch gets what a suite needs and answers the folder that it is in.
func fetch(ctx context.Context, name string) (string, error) {
	cmd := exec.CommandContext(ctx, "scripts/suite-source.sh", name)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("scripts/suite-source.sh %s: %w", name, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// regress runs PostgreSQL's own regression tests.
func regress(ctx context.Context, p place) (map[string]string, error) {
	dir := filepath.Join(p.source, "src/test/regress")
	args := []string{"--dlpath=" + dir, "--max-concurrent-tests=20"}
	if len(p.only) > 0 {
		args = append(args, "--schedule="+filepath.Join(p.dir, "schedule"))
		if err := os.WriteFile(filepath.Join(p.dir, "schedule"), []byte("test: test_setup\ntest: "+strings.Join(p.only, "\ntest: ")+"\n"), 0o644); err != nil {
			return nil, err
		}
	} else {
		args = append(args, "--schedule="+filepath.Join(dir, "parallel_schedule"))
	}
	return p.pgRegress(ctx, dir, "pg_regress", args)
}

// isolation runs PostgreSQL's tests of concurrent sessions, those of prepared transactions too.
func isolation(ctx context.Context, p place) (map[string]string, error) {
	dir := filepath.Join(p.source, "src/test/isolation")
	args := p.only
	if len(p.only) == 0 {
		args = []string{"--schedule=" + filepath.Join(dir, "isolation_schedule"), "prepared-transactions", "prepared-transactions-cic"}
	}
	return p.pgRegress(ctx, dir, "pg_isolation_regress", args)
}

// result is a line of pg_regress: "test boolean ... ok 66 ms", or "boolean ... FAILED" in a group; newer ones print "ok 1 - boolean 66 ms" and "not ok 2 + char 43 ms".
var result = regexp.MustCompile(`^(?:test)?\s+(\S+)\s+\.\.\. (ok|FAILED|failed \(ignored\))|^(not ok|ok) \d+\s+[-+] (\S+)`)

func (p place) pgRegress(ctx context.Context, dir, program string, args []string) (map[string]string, error) {
	host, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		return nil, err
	}
	for _, sub := range []string{"results", "sql", "expected", "testtablespace"} {
		if err := openFolder(filepath.Join(p.dir, sub)); err != nil {
			return nil, err
		}
	}
	args = append([]string{"--inputdir=" + dir, "--outputdir=" + p.dir, "--bindir=" + p.bin, "--host=" + host, "--port=" + port, "--user=postgres"}, args...)
	cmd := exec.CommandContext(ctx, filepath.Join(dir, program), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PGSSLMODE=disable", "PGGSSENCMODE=disable")
	out, err := cmd.CombinedOutput()
	results := map[string]string{}
	for line := range bytes.Lines(out) {
		m := result.FindSubmatch(line)
		switch {
		case m == nil:
		case string(m[2]) == "ok":
			results[string(m[1])] = ""
		case string(m[3]) == "ok":
			results[string(m[4])] = ""
		default:
			results[string(m[1])+string(m[4])] = "see " + filepath.Join(p.dir, "regression.diffs")
		}
	}
	if exit := (*exec.ExitError)(nil); len(results) == 0 || err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return results, nil
}

// traced are the pipeline tests whose traffic is compared, message by message, with the trace that PostgreSQL's tests expect.
var traced = map[string]bool{"simple_pipeline": true, "nosync": true, "multi_pipelines": true, "prepared": true, "singlerow": true, "pipeline_abort": true, "pipeline_idle": true, "transaction": true, "disallowed_in_pipeline": true}

// libpqPipeline runs PostgreSQL's test program for libpq's pipeline mode.
func libpqPipeline(ctx context.Context, p place) (map[string]string, error) {
	host, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(p.source, "src/test/modules/libpq_pipeline")
	program := filepath.Join(dir, "libpq_pipeline")
	list, err := exec.CommandContext(ctx, program, "tests").Output()
	if err != nil {
		return nil, err
	}
	results := map[string]string{}
	for tests := bufio.NewScanner(bytes.NewReader(list)); tests.Scan(); {
		name := tests.Text()
		trace := filepath.Join(p.dir, name+".trace")
		args := []string{"-r", "700"}
		if traced[name] {
			args = append(args, "-t", trace)
		}
		one, cancel := context.WithTimeout(ctx, 2*time.Minute)
		cmd := exec.CommandContext(one, program, append(args, name, fmt.Sprintf("host=%s port=%s user=postgres dbname=postgres sslmode=disable gssencmode=disable", host, port))...)
		out, err := cmd.CombinedOutput()
		cancel()
		results[name] = ""
		if err != nil {
			results[name] = fmt.Sprintf("%v: %s", err, bytes.TrimSpace(out))
			continue
		}
		if !traced[name] {
			continue
		}
		got, err1 := os.ReadFile(trace)
		want, err2 := os.ReadFile(filepath.Join(dir, "traces", name+".trace"))
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		if !bytes.Equal(got, want) {
			results[name] = "its trace differs: " + trace
		}
	}
	return results, nil
}
