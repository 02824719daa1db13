package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cordon/audit"
	"cordon/internal/instance"
	"cordon/internal/pgtest"
)

const secretsPolicy = `version: 1
users:
  free: {}
  bound: {roles: [dba]}
roles:
  dba: {may: [ddl, routine, explain, unparsed], functions: [public.*]}
rules:
  - {name: own, users: [bound], tables: [public.deals], allow: [select, insert, update, delete], rows: owner > 0}
`

// No password and no key of testdata/secrets.txt comes into the log or into what the program says of itself, whoever sends it and however: not in clear, and not among the texts that the day's key opens.
func TestSecretsAreNotRecorded(t *testing.T) {
	lines, err := os.ReadFile(filepath.Join("testdata", "secrets.txt"))
	if err != nil {
		t.Fatal(err)
	}
	pg := pgtest.Start(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, `CREATE ROLE free LOGIN SUPERUSER; CREATE ROLE bound LOGIN SUPERUSER; CREATE TABLE deals (owner int, note text); INSERT INTO deals SELECT i, 'x' FROM generate_series(1, 30) i; CREATE ROLE bob; CREATE EXTENSION IF NOT EXISTS pgcrypto; CREATE EXTENSION IF NOT EXISTS dblink; CREATE EXTENSION IF NOT EXISTS postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`)
	dir := t.TempDir()
	program, err := instance.Build(t.Context(), dir, "cordon/cmd/cordon")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(secretsPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	app, err := instance.Start(t.Context(), program, dir, pg.Addr(), func(listen, upstream, admin string) string {
		return fmt.Sprintf("listen: %s\nupstream: %s\npolicy: policy.yaml\nadmin: {listen: \"%s\"}\naudit: {fsync: never}\n", listen, upstream, admin)
	})
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string]string{}
	for _, user := range []string{"free", "bound"} {
		connect := func(more string) (*pgx.Conn, error) {
			return pgx.Connect(t.Context(), "postgres://"+user+"@"+app.Addr+"/"+db+"?sslmode=disable"+more)
		}
		c, err := connect("")
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		run := func(line string, i int, modes ...pgx.QueryExecMode) {
			sql, rest, bound := strings.Cut(line, " | ")
			var params []any
			for _, p := range strings.Split(rest, " | ") {
				if bound {
					params = append(params, p)
				}
			}
			for j, mode := range modes {
				secret := fmt.Sprintf("86753%03d%d", i, j) // a word, a number, part of anything
				if user == "bound" {
					secret += "9"
				}
				text := strings.ReplaceAll(sql, "§", secret)
				sent[secret] = text
				list := []any{mode}
				for _, p := range params {
					list = append(list, strings.ReplaceAll(p.(string), "§", secret))
				}
				if _, err := c.Exec(t.Context(), text, list...); err != nil {
					if c.IsClosed() {
						t.Fatalf("%s: %v", text, err)
					}
					refused++
				}
			}
		}
		n := 0
		for i, line := range strings.Split(string(lines), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			n++
			modes := []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeDescribeExec}
			if strings.Contains(line, " | ") {
				modes = []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeCacheStatement}
			}
			run(line, i, modes...)
		}
		t.Logf("%s: %d statements, %d errors", user, n, refused)
		if err := c.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, more := range []string{"&application_name=postgres://u:§@h/db", "&application_name=host%3Dh+password%3D§", "&options=-c+app.api_key%3D§", "&options=-c+app.secret%3D§+-c+work_mem%3D4MB", "&app.password=§", "&password=§"} {
			secret := fmt.Sprintf("97531%03d", i)
			sent[secret] = more
			if c, err := connect(strings.ReplaceAll(more, "§", secret)); err == nil {
				if _, err := c.Exec(t.Context(), "SELECT 1"); err != nil {
					t.Error(err)
				}
				c.Close(t.Context())
			}
		}
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	leaks := map[string]string{}
	find := func(where, text string) {
		for secret := range sent {
			if strings.Contains(text, secret) && leaks[secret] == "" {
				leaks[secret] = where
			}
		}
	}
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == program {
			return err
		}
		b, err := os.ReadFile(path)
		find("in clear in "+filepath.Base(path), string(b))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	statements := 0
	if err := audit.Search(t.Context(), filepath.Join(dir, "audit"), audit.Filter{}, func(e *audit.Execution) error {
		if e.TextErr != nil {
			return e.TextErr
		}
		statements++
		find("in the text", e.Texts.SQL)
		find("in what was rewritten", e.Texts.Rewritten)
		find("in the parameters", e.Texts.Params)
		find("in the record", string(e.Record.Raw))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if statements < len(sent) {
		t.Errorf("%d records of %d statements", statements, len(sent))
	}
	for secret, where := range leaks {
		t.Errorf("%s: %s", where, sent[secret])
	}
}
