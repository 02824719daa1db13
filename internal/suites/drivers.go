package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// setUpDrivers makes what the drivers' own instructions ask for.
const setUpDrivers = `
CREATE USER pgx_ssl SUPERUSER PASSWORD 'secret';
CREATE USER pgx_md5 SUPERUSER PASSWORD 'secret';
CREATE USER pgx_pw SUPERUSER PASSWORD 'secret';
CREATE USER pgx_scram SUPERUSER PASSWORD 'secret';
CREATE USER " tricky, ' } "" \ test user " SUPERUSER PASSWORD 'secret';
`

// database makes a database for a driver's suite, with the extensions that it asks for.
func (p place) database(name string, sql ...string) error {
	if err := p.server.ExecErr("postgres", "CREATE DATABASE "+name); err != nil {
		return err
	}
	for _, s := range sql {
		if err := p.server.ExecErr(name, s); err != nil {
			return err
		}
	}
	return nil
}

// pgx runs the tests of github.com/jackc/pgx/v5.
func pgx(ctx context.Context, p place) (map[string]string, error) {
	if err := p.database("pgx_test", setUpDrivers, "CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE DOMAIN uint64 AS numeric(20,0)"); err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		return nil, err
	}
	dsn := fmt.Sprintf("host=%s port=%s user=postgres database=pgx_test sslmode=disable", host, port)
	return p.goTest(ctx, []string{"./..."}, "PGX_TEST_DATABASE="+dsn, "PGX_TEST_TCP_CONN_STRING="+dsn)
}

// libPQ runs the tests of github.com/lib/pq.
func libPQ(ctx context.Context, p place) (map[string]string, error) {
	if err := p.database("pqgotest"); err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		return nil, err
	}
	return p.goTest(ctx, []string{"./..."}, "PGHOST="+host, "PGPORT="+port, "PGUSER=postgres", "PGDATABASE=pqgotest", "PGSSLMODE=disable", "PQTEST_BINARY_PARAMETERS=no")
}

// goTest runs the tests of a Go module and answers each by its package and name.
func (p place) goTest(ctx context.Context, packages []string, env ...string) (map[string]string, error) {
	args := append([]string{"test", "-json", "-count=1", "-p=1", "-timeout=20m"}, packages...)
	if len(p.only) > 0 {
		args = append(args, "-run="+strings.Join(p.only, "|"))
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = p.source
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	log := filepath.Join(p.dir, "go-test.json")
	if err := os.WriteFile(log, out, 0o644); err != nil {
		return nil, err
	}
	results := map[string]string{}
	said := map[string]string{}
	for line := range bytes.Lines(out) {
		var e struct{ Action, Package, Test, Output string }
		if json.Unmarshal(line, &e) != nil || e.Test == "" {
			continue
		}
		name := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			if text := strings.TrimSpace(e.Output); text != "" && !strings.HasPrefix(text, "===") && len(said[name]) < 600 {
				said[name] += "\n    " + text
			}
		case "run":
			results[name] = "did not end"
		case "pass":
			results[name] = ""
		case "skip":
			delete(results, name)
		case "fail":
			results[name] = said[name]
		}
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("go test ran nothing: %w; see %s", err, log)
	}
	return results, nil
}

// nodePostgres runs the integration tests of node-postgres, each a program of its own, and mocha's of its pool and its cursors.
func nodePostgres(ctx context.Context, p place) (map[string]string, error) {
	if err := p.database("node_pg_test"); err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		return nil, err
	}
	env := append(os.Environ(), "PGHOST="+host, "PGPORT="+port, "PGUSER=postgres", "PGPASSWORD=any", "PGDATABASE=node_pg_test", "PGTESTNOSSL=1", "PGSSLMODE=disable", "TEST_TIMEOUT=20000")
	node := func(dir string, timeout time.Duration, args ...string) ([]byte, error) {
		one, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		cmd := exec.CommandContext(one, "node", args...)
		cmd.Dir = dir
		cmd.Env = env
		return cmd.CombinedOutput()
	}
	results := map[string]string{}
	err = filepath.WalkDir(filepath.Join(p.source, "test/integration"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "-tests.js") || !p.wants(path) {
			return err
		}
		name, _ := filepath.Rel(filepath.Join(p.source, "test"), path)
		results[name] = ""
		if out, err := node(p.source, 90*time.Second, path); err != nil {
			results[name] = fmt.Sprintf("%v: %s", err, tail(out, 400))
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	modules := filepath.Dir(p.source)
	for _, part := range []string{"pg-pool", "pg-cursor"} {
		if !p.wants(part) {
			continue
		}
		out, err := node(filepath.Join(modules, part), 5*time.Minute, filepath.Join(modules, "mocha/bin/mocha.js"), "--exit", "--timeout=20000", "--reporter=json", "test")
		_, out, found := bytes.Cut(out, []byte("{\n  \"stats\"")) // what the tests print themselves comes before
		var report struct {
			Passes, Failures []struct {
				FullTitle string
				Err       struct{ Message string }
			}
		}
		if !found || json.Unmarshal(append([]byte("{\n  \"stats\""), out...), &report) != nil {
			return nil, fmt.Errorf("mocha of %s: %w\n%s", part, err, tail(out, 1000))
		}
		for _, t := range report.Passes {
			results[part+" "+t.FullTitle] = ""
		}
		for _, t := range report.Failures {
			results[part+" "+t.FullTitle] = "failed: " + t.Err.Message
		}
	}
	return results, nil
}

// wants says that a test is among those asked for.
func (p place) wants(name string) bool {
	return len(p.only) == 0 || slices.ContainsFunc(p.only, func(part string) bool { return strings.Contains(name, part) })
}

func tail(out []byte, n int) []byte {
	out = bytes.TrimSpace(out)
	return out[max(0, len(out)-n):]
}

// runUnittest prints a line for each of psycopg2's tests.
const runUnittest = `
import sys, unittest
class Result(unittest.TestResult):
    def addSuccess(self, t): print('ok', t.id(), flush=True)
    def addExpectedFailure(self, t, e): print('ok', t.id(), flush=True)
    def addError(self, t, e): print('failed', t.id(), repr(e[1])[:300].replace('\n', ' '), flush=True)
    addFailure = addError
    def addSubTest(self, t, s, e):
        if e: self.addError(s, e)
import tests
suite = unittest.defaultTestLoader.loadTestsFromName('test_suite', tests)
suite.run(Result())
`

// psycopg2 runs the tests of psycopg2 with the psycopg2 that is installed.
func psycopg2(ctx context.Context, p place) (map[string]string, error) {
	if err := p.database("psycopg2_test", "CREATE EXTENSION hstore"); err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", "-W", "ignore", "-c", runUnittest)
	cmd.Dir = p.source
	cmd.Env = append(os.Environ(), "PSYCOPG2_TESTDB=psycopg2_test", "PSYCOPG2_TESTDB_HOST="+host, "PSYCOPG2_TESTDB_PORT="+port, "PSYCOPG2_TESTDB_USER=postgres", "PSYCOPG2_TEST_REPL_DSN=", "PGSSLMODE=disable")
	return p.python(cmd)
}

// psycopg runs the tests of psycopg 3 with the psycopg that is installed. What needs no server, and what wants mypy, is left out.
func psycopg(ctx context.Context, p place) (map[string]string, error) {
	if err := p.database("psycopg_test", "CREATE EXTENSION hstore"); err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		return nil, err
	}
	args := []string{"-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-W", "ignore", "--tb=line", "-rA", "--test-dsn", fmt.Sprintf("host=%s port=%s user=postgres dbname=psycopg_test sslmode=disable", host, port),
		"--ignore=tests/pool", "--ignore=tests/crdb", "--ignore=tests/test_typing.py"}
	if len(p.only) > 0 {
		args = append(args, "-k", strings.Join(p.only, " or "))
	}
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", append(args, "tests")...)
	cmd.Dir = p.source
	return p.python(cmd)
}

// verdicts are the first words of a line about a test: ours in runUnittest, and pytest's.
var verdicts = map[string]bool{"ok": true, "PASSED": true, "XFAIL": true, "XPASS": true, "failed": false, "FAILED": false, "ERROR": false}

// python runs tests that print a line for each: a verdict, the test's name, and why.
func (p place) python(cmd *exec.Cmd) (map[string]string, error) {
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(p.dir, "output"), out, 0o644); err != nil {
		return nil, err
	}
	results := map[string]string{}
	for line := range strings.Lines(string(out)) {
		verdict, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		good, is := verdicts[verdict]
		if !is {
			continue
		}
		// The name of a test with parameters may hold blanks: pytest puts " - " before why.
		name, why, cut := strings.Cut(rest, " - ")
		if !cut {
			name, why, _ = strings.Cut(rest, " ")
			if strings.Contains(rest, "[") {
				name, why = rest, ""
			}
		}
		if good {
			results[name] = ""
		} else {
			results[name] = "failed: " + why
		}
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("%s ran no tests: %w\n%s", cmd.Path, err, tail(out, 1000))
	}
	return results, nil
}
