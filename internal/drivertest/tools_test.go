package drivertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"cordon/internal/instance"
	"cordon/internal/pgtest"
)

// toolsSQL has a table of which alice sees some rows, and phones masked; the view that the policy means stands before it in reader's search path.
const toolsSQL = `
CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, phone text, owner text, paid numeric(10,2) DEFAULT 0);
INSERT INTO people SELECT i, 'person ' || i, '1381234' || lpad(i::text, 4, '0'), CASE WHEN i % 3 = 0 THEN 'bob' ELSE 'alice' END, i * 1.25 FROM generate_series(1, 30) i;
CREATE TABLE open (id int, t text);
INSERT INTO open VALUES (1, 'x');
CREATE SCHEMA seen;
CREATE VIEW seen.people WITH (security_barrier) AS SELECT id, name, (CASE WHEN phone IS NOT NULL THEN left(phone, 3) || repeat('*', length(phone) - 5) || right(phone, 2) END) AS phone, owner, paid FROM public.people WHERE owner = 'alice';
GRANT USAGE ON SCHEMA seen TO reader;
GRANT ALL ON ALL TABLES IN SCHEMA seen, public TO reader;
GRANT ALL ON ALL TABLES IN SCHEMA public TO alice;
ALTER ROLE reader SET search_path = seen, public;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE "Odd Names" ("a b" mood, parts int[], doc jsonb, big bytea, at timestamptz) PARTITION BY LIST ("a b");
CREATE TABLE odd_sad PARTITION OF "Odd Names" FOR VALUES IN ('sad');
INSERT INTO "Odd Names" SELECT 'sad', ARRAY[i, NULL], jsonb_build_object('k', E'a\tb\\\n' || i), decode(repeat('00ff5c0a', i), 'hex'), timestamptz '2024-02-29 12:00+00' + i * interval '1 day' FROM generate_series(1, 200) i;
CREATE MATERIALIZED VIEW counted AS SELECT owner, count(*) FROM people GROUP BY 1;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.paid := NEW.paid; RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch();
SELECT lo_from_bytea(0, '\x00ff5c0a');
`

const toolsPolicy = `version: 1
defaults: {tables: allow}
users: {alice: {roles: [sales]}, postgres: {roles: [dba]}}
roles:
  dba: {may: [ddl, routine, explain, unparsed]}
  sales: {functions: [public.touch]}
masks:
  phone: {keep: {first: 3, last: 2, with: "*"}}
rules:
  - {name: everything, roles: [dba], tables: [public.people], allow: [select, insert, update, delete, truncate, copy_from]}
  - {name: own people, roles: [sales], tables: [public.people], allow: [select, insert, update, delete, copy_from], rows: owner = 'alice', mask: {phone: phone}}
`

// tools is a server with Cordon before it, for PostgreSQL's own programs.
type tools struct {
	server *pgtest.Server
	proxy  *instance.Instance
}

func setUpTools(t *testing.T) tools {
	t.Helper()
	if os.Getenv("CORDON_TOOLS") == "" {
		t.Skip("make tools runs this one")
	}
	server := pgtest.Start(t)
	server.Exec(t, "postgres", "CREATE ROLE alice LOGIN; CREATE ROLE reader LOGIN")
	server.Exec(t, "postgres", "CREATE DATABASE crm")
	server.Exec(t, "crm", toolsSQL)
	dir := t.TempDir()
	program, err := instance.Build(t.Context(), dir, "cordon/cmd/cordon")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(toolsPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	proxy, err := instance.Start(t.Context(), program, dir, server.Addr(), func(listen, upstream, admin string) string {
		return fmt.Sprintf("listen: %s\nupstream: %s\nupstream_tls: {mode: disable}\npolicy: policy.yaml\naudit: {dir: audit, key: audit.key}\nadmin: {listen: %s}\n", listen, upstream, admin)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return tools{server, proxy}
}

// command is one of PostgreSQL's programs for a user of a database.
func (o tools) command(t *testing.T, name, addr, user, db string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	host, port, _ := strings.Cut(addr, ":")
	cmd := exec.CommandContext(ctx, program(t, pgtest.ClientProgram(name), name), args...)
	cmd.Env = append(os.Environ(), "PGHOST="+host, "PGPORT="+port, "PGUSER="+user, "PGDATABASE="+db, "PGSSLMODE=disable", "PGGSSENCMODE=disable", "PGCLIENTENCODING=UTF8", "LC_ALL=C.UTF-8", "TZ=UTC")
	return cmd
}

func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	return string(out)
}

// PostgreSQL's own programs, for people with rules and without.
func TestTools(t *testing.T) {
	o := setUpTools(t)
	t.Run("psql", func(t *testing.T) {
		args := []string{"-X", "-f", "testdata/tools.sql"}
		seen := output(t, o.command(t, "psql", o.server.Addr(), "reader", "crm", args...))
		if got := output(t, o.command(t, "psql", o.proxy.Addr, "alice", "crm", args...)); got != seen || len(seen) < 3000 {
			t.Errorf("of %d bytes:\n%s", len(seen), differences(got, seen))
		}
	})
	for who, as := range map[string][2]string{"free": {"postgres", "postgres"}, "restricted": {"reader", "alice"}} {
		t.Run("watch, "+who, func(t *testing.T) { o.interrupted(t, as, "SELECT count(*) FROM people \\watch 0.05\n", 3) })
		t.Run("Ctrl-C, "+who, func(t *testing.T) {
			o.interrupted(t, as, "SELECT count(*), md5('now') FROM people;\nSELECT count(*) FROM people a, people b, people c, people d, people e, people f, people g, people h, people i;\nSELECT 'not run';\n", 1)
		})
	}
	t.Run("pg_dump", o.dump)
	t.Run("pg_dump, restricted", func(t *testing.T) {
		out, err := o.command(t, "pg_dump", o.proxy.Addr, "alice", "crm").CombinedOutput()
		want := `pg_dump: error: query failed: ERROR:  set_config needs the setting's name as a plain literal here.
LINE 1: SELECT set_config(name, 'view, foreign-table', false) FROM p...
               ^
HINT:  Cordon must see which setting a statement changes.
pg_dump: detail: Query was: SELECT set_config(name, 'view, foreign-table', false) FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'
`
		if err == nil || string(out) != want {
			t.Errorf("got %v\n%s", err, out)
		}
	})
	t.Run("pgbench", o.pgbench)
}

// watched is the line that \watch prints above each answer.
var watched = regexp.MustCompile(`(?m)^\w{3} \w{3} .* \(every .*\)$`)

// interrupted runs a script with psql, sends it what Ctrl-C does when it has printed the first answers and is at the next, and compares what it did straight and through Cordon.
func (o tools) interrupted(t *testing.T, as [2]string, script string, answers int) {
	file := filepath.Join(t.TempDir(), "script.sql")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	var told [2]string
	for i, addr := range []string{o.server.Addr(), o.proxy.Addr} {
		cmd := o.command(t, "psql", addr, as[i], "crm", "-X", "-At", "-f", file)
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var out []byte
		b := make([]byte, 4096)
		for seen := 0; seen < answers; {
			n, err := pipe.Read(b)
			if err != nil {
				t.Fatalf("psql ended: %v %s%s", err, out, said.Bytes())
			}
			out = append(out, b[:n]...)
			seen = len(regexp.MustCompile(`(?m)^\d+(\||$)`).FindAll(out, -1))
		}
		if answers == 1 { // then the second statement is to be under way
			for running := ""; running != "[[1]]"; time.Sleep(10 * time.Millisecond) {
				running = fmt.Sprint(o.server.Query(t, "crm", "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%people%people%' AND state = 'active' AND pid <> pg_backend_pid()"))
				if t.Context().Err() != nil {
					t.Fatal("the statement does not run")
				}
			}
		}
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		rest := new(bytes.Buffer)
		rest.ReadFrom(pipe)
		var exit *exec.ExitError
		if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		lines := map[string]bool{}
		var kinds []string
		for line := range strings.Lines(watched.ReplaceAllString(string(out)+rest.String(), "") + said.String()) {
			if line = strings.TrimSpace(line); answers > 1 && (line == "Cancel request sent" || strings.HasSuffix(line, "canceling statement due to user request")) {
				continue // between two queries there is nothing to cancel
			}
			if line != "" && !lines[line] { // how often \watch has asked is not the same each time
				lines[line] = true
				kinds = append(kinds, line)
			}
		}
		told[i] = strings.Join(kinds, "\n")
		if answers == 1 {
			told[i] += fmt.Sprintf("\nexit %d", cmd.ProcessState.ExitCode())
		}
	}
	if told[0] != told[1] || strings.Contains(told[1], "not run") {
		t.Errorf("directly:\n%s\nthrough Cordon:\n%s", told[0], told[1])
	}
}

// dump: what pg_dump writes through Cordon is what it writes straight, and what pg_restore makes of it through Cordon is the same database.
func (o tools) dump(t *testing.T) {
	var key []string
	if strings.Contains(output(t, o.command(t, "pg_dump", o.server.Addr(), "postgres", "crm", "--help")), "--restrict-key") {
		key = []string{"--restrict-key=key"} // it is a random one otherwise
	}
	straight := func(db string) string {
		return output(t, o.command(t, "pg_dump", o.server.Addr(), "postgres", db, key...))
	}
	want := straight("crm")
	for _, args := range [][]string{{}, {"--inserts"}, {"--serializable-deferrable"}} {
		a := output(t, o.command(t, "pg_dump", o.server.Addr(), "postgres", "crm", append(args, key...)...))
		if b := output(t, o.command(t, "pg_dump", o.proxy.Addr, "postgres", "crm", append(args, key...)...)); a != b || len(a) < 20000 {
			t.Errorf("pg_dump %v, of %d bytes:\n%s", args, len(a), differences(b, a))
		}
	}
	for format, file := range map[string]string{"custom": filepath.Join(t.TempDir(), "file"), "directory": filepath.Join(t.TempDir(), "folder"), "tar": filepath.Join(t.TempDir(), "tar")} {
		args := []string{"--format=" + format, "--file=" + file}
		jobs := []string{}
		if format == "directory" {
			args = append(args, "--jobs=3")
		}
		if format != "tar" {
			jobs = append(jobs, "--jobs=3")
		}
		output(t, o.command(t, "pg_dump", o.proxy.Addr, "postgres", "crm", args...))
		o.server.Exec(t, "postgres", "CREATE DATABASE copy_"+format)
		output(t, o.command(t, "pg_restore", o.proxy.Addr, "postgres", "copy_"+format, append(jobs, "--dbname=copy_"+format, file)...))
		if got := straight("copy_" + format); got != want {
			t.Errorf("what was restored from %s is another database:\n%s", format, differences(got, want))
		}
	}
}

// pgbench in each of its ways to send, with pipelines too, for a person under rules.
func (o tools) pgbench(t *testing.T) {
	pipeline := filepath.Join(t.TempDir(), "pipeline.sql")
	if err := os.WriteFile(pipeline, []byte(`\set id 3 * random(0, 9) + 1
\set other 3 * :id
\startpipeline
SELECT phone FROM people WHERE id = :id;
UPDATE people SET paid = paid + 1 WHERE id = :id;
UPDATE people SET paid = paid + 1000 WHERE id = :other AND owner = 'bob';
SELECT count(*) FROM people;
\endpipeline
`), 0o600); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(t.TempDir(), "plain.sql")
	if err := os.WriteFile(plain, []byte("\\set id 3 * random(0, 9) + 1\nUPDATE people SET paid = paid + 1 WHERE id = :id;\nSELECT phone FROM people WHERE id = :id \\gset\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := o.server.Query(t, "crm", "SELECT sum(paid) + 5 * 4 * 25 FROM people")
	for _, run := range []struct{ mode, file string }{{"simple", plain}, {"extended", plain}, {"prepared", plain}, {"extended", pipeline}, {"prepared", pipeline}} {
		out := output(t, o.command(t, "pgbench", o.proxy.Addr, "alice", "crm", "-n", "-M", run.mode, "-f", run.file, "-c", "4", "-j", "2", "-t", "25"))
		if !strings.Contains(out, "number of transactions actually processed: 100/100") || strings.Contains(out, "aborted") {
			t.Errorf("pgbench -M %s -f %s:\n%s", run.mode, filepath.Base(run.file), out)
		}
	}
	if after := o.server.Query(t, "crm", "SELECT sum(paid) FROM people"); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the books say %v, want %v", after, before)
	}
}
