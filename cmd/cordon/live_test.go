package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/jackc/pgx/v5/pgconn"

	"cordon/internal/instance"
	"cordon/internal/ldaptest"
	"cordon/internal/pgtest"
)

const livePolicy = `version: 1
users_file: {path: people.csv, stale_for: 5s}
grants_file: grants.jsonl
users:
  carol: {os_user: "%s"}
logins:
  app: {on_behalf_of: {setting: cordon.user}}
rules:
  - {name: all of it, tables: [public.deals], on_request: {by: [carol]}}
  - {name: own, roles: [sales], tables: [public.deals], rows: owner = me.employee_id}
`

const liveConfig = `listen: %s
upstream: %s
policy: policy.yaml
admin: {listen: "%s"}
audit: {fsync: never}
ldap:
  url: %s
  ca: %s
  bind_dn: %s
  password_file: %s
  base: ou=people,%s
  disabled: (employeeType=left)
  attributes: {employee_id: {from: employeeNumber, type: integer}}
  groups: {base: "ou=groups,%s", roles: {sales team: sales}}
  refresh: 1s
  timeout: 2s
  stale_for: 6s
`

// live is a running program, and one connection of login app.
type live struct {
	*testing.T
	dir  string
	app  *instance.Instance
	pg   *pgtest.Server
	db   string
	conn *pgconn.PgConn
}

func (l *live) write(name, text string) {
	l.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		l.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		l.Fatal(err)
	}
}

func (l *live) connect() {
	l.Helper()
	var err error
	if l.conn, err = pgconn.Connect(l.Context(), pgtest.DSN(l.app.Addr, "app", "", l.db)); err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { l.conn.Close(context.Background()) })
}

// sees is how many deals a person sees, or why none.
func (l *live) sees(person string) string {
	results, err := l.conn.Exec(l.Context(), fmt.Sprintf("SET cordon.user = '%s'; SELECT count(*) FROM deals", person)).ReadAll()
	if err != nil {
		return err.Error()
	}
	return string(results[1].Rows[0][0])
}

// becomes waits for what a person sees.
func (l *live) becomes(what, person, want string) {
	l.Helper()
	moments := regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[-+]\d\d:\d\d)`)
	got := ""
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got = moments.ReplaceAllString(l.sees(person), "WHEN"); got == want {
			return
		}
	}
	l.Fatalf("%s: %s sees %s, want %s\n%s", what, person, got, want, l.app.Log())
}

// Everything that changes who may do what, under a program that is running and a connection that stays: people of the directory and of a file, their leaving, outages, grants, the policy.
func TestPeopleChangeUnderServe(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	pg := pgtest.Shared(t)
	l := &live{T: t, dir: t.TempDir(), pg: pg, db: pg.CreateDatabase(t)}
	pg.Exec(t, l.db, `DO $$ BEGIN CREATE ROLE app LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;
		CREATE TABLE deals (owner int); INSERT INTO deals SELECT i % 3 FROM generate_series(1, 30) i; GRANT SELECT ON deals TO app`)
	d := ldaptest.Start(t, ldaptest.Person("alice", "employeeNumber: 1")+ldaptest.Person("zoe", "employeeNumber: 2")+ldaptest.Group("sales team", "alice", "zoe"), false)
	program, err := instance.Build(t.Context(), l.dir, "cordon/cmd/cordon")
	if err != nil {
		t.Fatal(err)
	}
	l.write("policy.yaml", fmt.Sprintf(livePolicy, me.Username))
	l.write("people.csv", "user,roles,employee_id:integer\nbob,sales,1\n")
	start := func() {
		t.Helper()
		l.app, err = instance.Start(t.Context(), program, l.dir, pg.Addr(), func(listen, upstream, admin string) string {
			return fmt.Sprintf(liveConfig, listen, upstream, admin, d.TLS, filepath.Join(d.Dir, "ca.crt"), ldaptest.ServiceDN, filepath.Join(d.Dir, ldaptest.PasswordIn), ldaptest.Base, ldaptest.Base)
		})
		if err != nil {
			t.Fatal(err)
		}
		app := l.app
		t.Cleanup(func() { app.Stop() })
		l.connect()
	}
	start()

	// The directory.
	l.becomes("at first", "alice", "10")
	l.becomes("at first", "bob", "10")
	l.becomes("at first", "dora", `ERROR: the policy has no user "dora" (SQLSTATE 28000)`)
	dn := func(name string) string { return "uid=" + name + ",ou=people," + ldaptest.Base }
	dora := ldap.NewAddRequest(dn("dora"), nil)
	for name, value := range map[string]string{"objectClass": "inetOrgPerson", "uid": "dora", "cn": "d", "sn": "d", "employeeNumber": "0"} {
		dora.Attribute(name, []string{value})
	}
	team := ldap.NewModifyRequest("cn=sales team,ou=groups,"+ldaptest.Base, nil)
	team.Add("member", []string{dn("dora")})
	d.Change(dora)
	l.becomes("who is new", "dora", "ERROR: permission denied for table public.deals (SQLSTATE 42501)")
	d.Change(team)
	l.becomes("who joins", "dora", "10")
	left := ldap.NewModifyRequest(dn("dora"), nil)
	left.Add("employeeType", []string{"left"})
	d.Change(left)
	l.becomes("who is disabled", "dora", `ERROR: user "dora" is disabled (SQLSTATE 28000)`)
	out := ldap.NewModifyRequest("cn=sales team,ou=groups,"+ldaptest.Base, nil)
	out.Delete("member", []string{dn("alice")})
	d.Change(out)
	l.becomes("who leaves the group", "alice", "ERROR: permission denied for table public.deals (SQLSTATE 42501)")
	d.Change(ldap.NewDelRequest(dn("alice"), nil))
	l.becomes("who is removed", "alice", `ERROR: the policy has no user "alice" (SQLSTATE 28000)`)

	// Its outage.
	l.becomes("before the outage", "zoe", "10")
	d.Down()
	stale := `ERROR: the directory, where user "zoe" is from, has not been read since WHEN (SQLSTATE 28000)`
	expect(t, "zoe in the outage", l.sees("zoe"), "10")
	l.becomes("when it lasts", "zoe", stale)
	expect(t, "who is of the file", l.sees("bob"), "10")
	if err := l.app.Stop(); err != nil {
		t.Error(err)
	}
	start()
	l.becomes("after a new start in the outage", "zoe", stale)
	d.Up()
	l.becomes("after the outage", "zoe", "10")

	// The file of people.
	if err := os.Rename(filepath.Join(l.dir, "people.csv"), filepath.Join(l.dir, "gone.csv")); err != nil {
		t.Fatal(err)
	}
	expect(t, "bob without the file", l.sees("bob"), "10")
	l.becomes("when it stays away", "bob", `ERROR: the file of users, where user "bob" is from, has not been read since WHEN (SQLSTATE 28000)`)
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); time.Sleep(500 * time.Millisecond) { // longer than the directory's stale_for
		expect(t, "zoe without the file", l.sees("zoe"), "10")
	}
	l.write("people.csv", "user,roles,employee_id:integer\nbob,sales,1\neve,sales,2\n")
	l.becomes("when it is back", "bob", "10")
	l.becomes("who is new", "eve", "10")

	// A policy in the middle of being changed keeps nobody in.
	l.write("policy.yaml", "version: 1\nrules: [")
	if err := syscall.Kill(l.app.Pid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	l.write("people.csv", "user,roles,employee_id:integer\nbob,sales,1\n")
	l.becomes("who left meanwhile", "eve", `ERROR: the policy has no user "eve" (SQLSTATE 28000)`)
	expect(t, "who stayed", l.sees("bob"), "10")
	l.write("policy.yaml", strings.Replace(fmt.Sprintf(livePolicy, me.Username), "owner = me.employee_id", "owner <> me.employee_id", 1))
	if err := syscall.Kill(l.app.Pid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	l.becomes("under the new policy", "bob", "20")

	// Grants.
	run := func(f func(context.Context, []string, *bytes.Buffer) int, args ...string) string {
		t.Helper()
		var text bytes.Buffer
		f(t.Context(), append([]string{}, args...), &text)
		return text.String()
	}
	grant := func(ctx context.Context, args []string, w *bytes.Buffer) int { return runGrant(ctx, args, w, w) }
	why := func(ctx context.Context, args []string, w *bytes.Buffer) int { return runExplain(ctx, args, w, w) }
	file := filepath.Join(l.dir, "cordon.yaml")
	said := run(grant, "--config", file, "--user", "zoe", "--rule", "all of it", "--for", "1h", "--reason", "audit", "--by", "carol")
	id, rest, _ := strings.Cut(said, "  ")
	until := strings.TrimSpace(rest[strings.LastIndex(rest, " ")+1:])
	l.becomes("with a grant", "zoe", "30")
	expect(t, "bob, who has none", l.sees("bob"), "20")
	expect(t, "explain", run(why, "--config", file, "--user", "zoe", "--login", "app", "--dsn", pg.DSN(l.db), "SELECT owner FROM deals"),
		"allow     select on public.deals by rule \"all of it\" (policy.yaml:9)\n  granted by carol until "+until+": audit ("+id+")\nsql       as the client sent it\n")
	run(grant, "revoke", id, "--config", file, "--by", "carol")
	l.becomes("when it is taken back", "zoe", "20")
}
