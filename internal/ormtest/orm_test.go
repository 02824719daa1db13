package ormtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cordon/internal/golden"
	"cordon/internal/instance"
	"cordon/internal/pgtest"
)

// A mapper plays the story with the command that argv gives, to which the database's address is added.
type mapper struct {
	name  string
	every bool   // in every run of the tests; the others are for CORDON_ORMS=all, which is make orm
	group string // of scripts/deps.sh, which installs it
	argv  func(t *testing.T) []string
}

var mappers = []mapper{
	{"Django", true, "test", python("django", "django_story.py")},
	{"SQLAlchemy", true, "test", python("sqlalchemy", "sqlalchemy_story.py")},
	{"GORM", true, "build", gorm},
	{"TypeORM", true, "test", node("typeorm", "typeorm_story.js")},
	{"Sequelize", false, "orm", node("sequelize", "sequelize_story.js")},
	{"Objection and Knex", false, "orm", node("objection", "objection_story.js")},
	{"Drizzle", false, "orm", node("drizzle-orm", "drizzle_story.js")},
	{"MikroORM", false, "orm", node("@mikro-orm/postgresql", "mikroorm_story.js")},
	{"Prisma", false, "orm", prisma},
	{"ActiveRecord", false, "orm", ruby},
}

func TestMappersLoseNothing(t *testing.T) {
	server := pgtest.Start(t)
	server.Exec(t, "postgres", "CREATE ROLE alice LOGIN")
	server.Exec(t, "postgres", "CREATE DATABASE crm")
	server.Exec(t, "crm", file(t, "schema.sql"))
	server.Exec(t, "postgres", "CREATE DATABASE told TEMPLATE crm")
	server.Exec(t, "told", file(t, "story.sql"))
	want := contents(t, server, "told")
	dir := t.TempDir()
	program, err := instance.Build(t.Context(), dir, "cordon/cmd/cordon")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(file(t, "policy.yaml")), 0o600); err != nil {
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
	for _, m := range mappers {
		t.Run(m.name, func(t *testing.T) {
			if !m.every && os.Getenv("CORDON_ORMS") == "" {
				t.Skip("make orm plays this one")
			}
			argv := m.argv(t)
			if argv == nil {
				missing(t, m)
			}
			database := "story_" + strings.ToLower(strings.Fields(m.name)[0])
			server.Exec(t, "postgres", "CREATE DATABASE "+database+" TEMPLATE crm")
			out := run(t, append(argv, fmt.Sprintf("postgresql://alice@%s/%s?sslmode=disable", proxy.Addr, database)))
			answers(t, "testdata/"+strings.TrimPrefix(database, "story_")+".out", out)
			if got := contents(t, server, database); !slices.Equal(got, want) {
				t.Errorf("what is in the database is not the story:\n%s", difference(got, want))
			}
		})
	}
}

// answers holds what a mapper printed (a row as it was loaded, masks and all, the errors it got, how many rows it changed) against what it is to print.
func answers(t *testing.T, path, got string) {
	t.Helper()
	if golden.Updating() {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("it prints\n%s\ninstead of\n%s", got, want)
	}
}

// contents are all rows, as they are stored.
func contents(t *testing.T, server *pgtest.Server, database string) []string {
	t.Helper()
	out, err := pgtest.Psql(server.DSN(database), "SET TimeZone = 'UTC'; SELECT 'customer', * FROM customers ORDER BY id; SELECT 'order', * FROM orders ORDER BY id", "-At")
	if err != nil {
		t.Fatal(err, out)
	}
	return strings.Split(out, "\n")
}

func difference(got, want []string) string {
	var b strings.Builder
	for _, l := range got {
		if !slices.Contains(want, l) {
			b.WriteString("has:   " + l + "\n")
		}
	}
	for _, l := range want {
		if !slices.Contains(got, l) {
			b.WriteString("lacks: " + l + "\n")
		}
	}
	return b.String()
}

func file(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func run(t *testing.T, argv []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "PGCLIENTENCODING=UTF8", "LC_ALL=C.UTF-8", "TZ=UTC", "NODE_PATH="+nodeModules)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", argv[0], err, out)
	}
	return string(out)
}

// missing skips the test, or fails it where everything is expected to be there.
func missing(t *testing.T, m mapper) {
	t.Helper()
	if os.Getenv("CORDON_REQUIRE_PG") != "" {
		t.Fatalf("%s is missing: scripts/deps.sh %s installs it", m.name, m.group)
	}
	t.Skipf("%s is missing: scripts/deps.sh %s installs it", m.name, m.group)
}

// python finds an interpreter that has the module: Debian's packages are for Debian's own, which need not be the first in PATH.
func python(module, script string) func(*testing.T) []string {
	return func(*testing.T) []string {
		for _, path := range []string{"python3", "/usr/bin/python3"} {
			if exec.Command(path, "-c", "import psycopg2, "+module).Run() == nil {
				return []string{path, "testdata/" + script}
			}
		}
		return nil
	}
}

var nodeModules = func() string {
	if path := os.Getenv("NODE_PATH"); path != "" {
		return path
	}
	path, _ := filepath.Abs("../../.cache/node/node_modules")
	return path
}()

func node(module, script string) func(*testing.T) []string {
	return func(*testing.T) []string {
		path, err := exec.LookPath("node")
		if _, found := os.Stat(filepath.Join(nodeModules, module, "package.json")); err != nil || found != nil {
			return nil
		}
		return []string{path, "testdata/" + script}
	}
}

// prisma makes Prisma's client from its schema, beside the modules. The program that it would fetch to change schemas is not needed; it has to be named all the same.
func prisma(t *testing.T) []string {
	argv := node("@prisma/adapter-pg", "prisma_story.js")(t)
	if argv == nil {
		return nil
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(nodeModules, ".bin", "prisma"), "generate", "--schema", "schema.prisma")
	cmd.Dir = filepath.Dir(nodeModules) // it looks for its client from where the schema is
	if err := os.WriteFile(filepath.Join(cmd.Dir, "schema.prisma"), []byte(file(t, "schema.prisma")), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "PRISMA_SCHEMA_ENGINE_BINARY="+argv[0], "PRISMA_HIDE_UPDATE_MESSAGE=1", "CHECKPOINT_DISABLE=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("prisma generate: %v\n%s", err, out)
	}
	return argv
}

func ruby(*testing.T) []string {
	for _, path := range []string{"ruby", "/usr/bin/ruby"} {
		if exec.Command(path, "-e", "require 'active_record'; require 'pg'").Run() == nil {
			return []string{path, "testdata/activerecord_story.rb"}
		}
	}
	return nil
}

// gorm builds a module of its own.
func gorm(t *testing.T) []string {
	path := filepath.Join(t.TempDir(), "gorm")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".")
	cmd.Dir = "gorm"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("build gorm: %v\n%s", err, out)
		return nil
	}
	return []string{path}
}
