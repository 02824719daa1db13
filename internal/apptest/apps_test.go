package apptest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cordon/internal/golden"
	"cordon/internal/instance"
	"cordon/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// python is Debian's own, whose packages hold Tryton.
const python = "/usr/bin/python3"

// Tryton installs itself, and works for people from whom some parties and every number are hidden. What the application shows is filtered and masked, and what is stored is what was there.
func TestTryton(t *testing.T) {
	if os.Getenv("CORDON_APPS") == "" {
		t.Skip("make apps runs this one")
	}
	server := pgtest.Shared(t)
	server.Exec(t, "postgres", "CREATE ROLE crm_admin LOGIN; CREATE ROLE crm_staff LOGIN")
	server.Exec(t, "postgres", "CREATE DATABASE tryton OWNER crm_admin")
	proxy := start(t, server.Addr(), "tryton.yaml")
	conf := filepath.Join(t.TempDir(), "trytond.conf")
	if err := os.WriteFile(conf, []byte("[database]\npath = "+t.TempDir()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	pass := filepath.Join(t.TempDir(), "pass")
	if err := os.WriteFile(pass, []byte("ad-min-pass-word"), 0o600); err != nil {
		t.Fatal(err)
	}
	program := func(login string, argv ...string) string {
		return run(t, []string{"TRYTONPASSFILE=" + pass, "TRYTOND_DATABASE_URI=postgresql://" + login + "@" + proxy.Addr + "/", "TZ=UTC", "LC_ALL=C.UTF-8", "PYTHONWARNINGS=ignore"}, argv...)
	}
	program("crm_admin", "trytond-admin", "-c", conf, "-d", "tryton", "-u", "party", "sale_opportunity", "--activate-dependencies", "--email", "admin@corp.example")
	script := func(login, what string) string {
		return program(login, python, "testdata/tryton.py", what, "postgresql://"+login+"@"+proxy.Addr+"/tryton", conf)
	}
	script("crm_admin", "seed")
	server.Exec(t, "tryton", "GRANT ALL ON ALL TABLES IN SCHEMA public TO crm_staff; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO crm_staff")
	got := script("crm_staff", "work")
	got += "== stored\n" + server.Psql(t, "tryton", "SELECT p.name, c.value, c.comment FROM party_party p LEFT JOIN party_contact_mechanism c ON c.party = p.id ORDER BY p.name, c.id", "-At")
	holds(t, "testdata/tryton.out", got)
}

// start starts Cordon before a server.
func start(t *testing.T, upstream, policy string) *instance.Instance {
	t.Helper()
	dir := t.TempDir()
	program, err := instance.Build(t.Context(), dir, "cordon/cmd/cordon")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/" + policy)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	proxy, err := instance.Start(t.Context(), program, dir, upstream, func(listen, upstream, admin string) string {
		return fmt.Sprintf("listen: %s\nupstream: %s\npolicy: policy.yaml\naudit: {dir: audit, key: audit.key}\nadmin: {listen: %s}\n", listen, upstream, admin)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return proxy
}

func run(t *testing.T, env []string, argv ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	var warnings strings.Builder // which depend on the versions of what is installed
	cmd.Stderr = &warnings
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", argv[0], err, out, &warnings)
	}
	return string(out)
}

// holds compares an application's story with what is written down of it.
func holds(t *testing.T, path, got string) {
	t.Helper()
	if golden.Updating() {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Error(golden.Difference(string(want), got))
	}
}
