package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cordon/internal/pgtest"
)

// checked runs `cordon check` in a folder with these files, and gives what it prints, the folder's name taken out.
func checked(t *testing.T, files map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	code = runCheck(context.Background(), append([]string{"--config", filepath.Join(dir, "cordon.yaml")}, args...), &out, &errs)
	clean := func(s string) string { return strings.ReplaceAll(s, dir+string(filepath.Separator), "") }
	return code, clean(out.String()), clean(errs.String())
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

func TestCheckTellsEveryMistake(t *testing.T) {
	code, stdout, stderr := checked(t, map[string]string{
		"cordon.yaml": "upstream: 127.0.0.1:5432\npolicy: policy.yaml\nlisten: 6432\nlimit: {}\n",
		"policy.yaml": "version: 1\nrules:\n  - name: r\n    tables: [public.t]\n    maskk: {}\n    rows: a = $1\n",
	}, "--offline")
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	expect(t, "stdout", stdout, "")
	expect(t, "stderr", stderr, `cordon.yaml:3:9: listen must be a text, not 6432
cordon.yaml:4:1: unknown key "limit" in the configuration (did you mean "limits"?)
policy.yaml:5:5: unknown key "maskk" in rule "r" (did you mean "mask"?)
policy.yaml:6:15: rows: an expression cannot hold a parameter such as $1: write me.x for an attribute of the person
cordon: 4 mistakes
`)
}

func TestCheckWithoutFiles(t *testing.T) {
	code, _, stderr := checked(t, map[string]string{"cordon.yaml": "upstream: 127.0.0.1:5432\npolicy: policy.yaml\n"}, "--offline")
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	expect(t, "stderr", stderr, "cordon.yaml:2:9: the policy policy.yaml does not exist\ncordon: 1 mistake\n")
	code, _, stderr = checked(t, nil)
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	expect(t, "stderr", stderr, "cordon: error: read configuration: stat cordon.yaml: no such file or directory\n")
}

func TestCheckAlone(t *testing.T) {
	files := map[string]string{
		"cordon.yaml": "upstream: 127.0.0.1:1\npolicy: policy.yaml\n",
		"policy.yaml": "version: 1\nusers: {a: {}}\nrules:\n  - {name: r, tables: [public.t, public.u], rows: a = me.b}\n  - {name: s, tables: [public.t], users: [a], when: {days: mon}}\n",
	}
	files["policy.yaml"] = strings.Replace(files["policy.yaml"], "  - {name: s, tables: [public.t], users: [a], when: {days: mon}}\n", "  - {name: s, tables: [public.v], users: [a]}\n", 1)
	code, stdout, stderr := checked(t, files, "--offline")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	expect(t, "stdout", stdout, "policy.yaml: 2 rules, 1 user, 3 tables; the database was not asked\n")
	expect(t, "stderr", stderr, "policy.yaml:4:55: warning: no user has an attribute \"b\": the rule denies everyone until someone does\n")
}

func TestCheckAgainstADatabase(t *testing.T) {
	server := pgtest.Shared(t)
	database := server.CreateDatabase(t)
	server.Exec(t, database, `
		CREATE TABLE public.customers (id int PRIMARY KEY, owner_id int, region text, phone text);
		CREATE TABLE public.orders (id int PRIMARY KEY, total numeric);
		CREATE VIEW public.view AS SELECT 1 AS id`)
	conf := "upstream: 127.0.0.1:1\npolicy: policy.yaml\n"
	good := `version: 1
users: {alice: {attributes: {employee_id: 7, regions: [EU, US]}}}
masks: {short: {sql: "left(value, 1) || me.employee_id"}}
rules:
  - name: customers
    tables: [public.customers]
    allow: [select, insert, update]
    rows: owner_id = me.employee_id AND region = ANY(me.regions)
    mask: {phone: short}
    force: {owner_id: me.employee_id}
  - name: all
    tables: [public.*]
    rows: id > 0
`
	code, stdout, stderr := checked(t, map[string]string{"cordon.yaml": conf, "policy.yaml": good}, "--dsn", server.DSN(database))
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	expect(t, "stderr", stderr, "")
	expect(t, "stdout", stdout, "policy.yaml: 2 rules, 1 user, 2 tables; fits database "+database+"\n")

	bad := `version: 1
users: {alice: {attributes: {employee_id: 7, regions: [EU, US]}}}
masks: {short: {sql: "lefft(value, me.employee_id)"}}
rules:
  - name: customers
    tables: [public.customers]
    allow: [select, insert, update]
    rows: me.employee_id = owner AND region = ANY(me.regions)
    mask: {phone: short}
    unmask: {columns: [phone], when: "region = 5"}
    force: {owner_id: "'x'"}
    export: {rows: 5, over: ask, approve: {by: [alice], rows: 9, watermark: [phone, id, name]}}
  - name: all
    tables: [public.*]
    rows: >-
      region = 'EU'
`
	code, stdout, stderr = checked(t, map[string]string{"cordon.yaml": conf, "policy.yaml": bad}, "--dsn", server.DSN(database))
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	expect(t, "stdout", stdout, "")
	expect(t, "stderr", stderr, `policy.yaml:3:23: mask.phone does not fit public.customers: function lefft(text, integer) does not exist
policy.yaml:8:28: the table public.customers has no column "owner" (did you mean "owner_id"?)
policy.yaml:10:46: unmask.when does not fit public.customers: operator does not exist: text = integer
policy.yaml:11:24: force.owner_id does not fit public.customers: invalid input syntax for type integer: "x"
policy.yaml:12:85: public.customers.id is no text or varchar, so it cannot carry a watermark
policy.yaml:12:89: the table public.customers has no column "name"
policy.yaml:15:11: rows does not fit public.orders: column "region" does not exist
cordon: 7 mistakes
`)

	// A database that was asked for must answer; one that nobody named need not.
	code, stdout, stderr = checked(t, map[string]string{"cordon.yaml": conf, "policy.yaml": good}, "--dsn", "postgres://postgres@127.0.0.1:1/x?sslmode=disable")
	if code != 1 || stdout != "" || !strings.HasPrefix(stderr, "cordon: error: failed to connect to ") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	t.Setenv("PGHOST", "")
	t.Setenv("PGUSER", "postgres")
	code, stdout, _ = checked(t, map[string]string{"cordon.yaml": conf, "policy.yaml": good})
	if code != 0 || !strings.HasPrefix(stdout, "policy.yaml: 2 rules, 1 user, 2 tables; the database was not asked: ") {
		t.Errorf("exit %d, stdout %q", code, stdout)
	}
}

// The check asks the directory, and says so when it cannot; offline it takes the people that were read last.
func TestCheckOfADirectory(t *testing.T) {
	files := map[string]string{
		"cordon.yaml": "upstream: 127.0.0.1:1\npolicy: policy.yaml\nldap: {url: \"ldap://127.0.0.1:1\", base: \"dc=example,dc=org\", cache: people.json}\n",
		"policy.yaml": "version: 1\nrules:\n  - {name: r, tables: [public.t], users: [alice]}\n",
		"people.json": `{"as_of":"2026-07-01T12:00:00Z","people":{"alice":{}}}`,
	}
	code, stdout, stderr := checked(t, files, "--offline")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	expect(t, "offline", stdout+stderr, "policy.yaml: 1 rule, 1 user, 1 table; the database was not asked\n")
	code, stdout, stderr = checked(t, files)
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	expect(t, "away", stdout+stderr, `cordon: error: connect to the directory ldap://127.0.0.1:1: LDAP Result Code 200 "Network Error": dial tcp 127.0.0.1:1: connect: connection refused`+"\n")
}
