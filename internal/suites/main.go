// Command suites runs other people's test suites straight against PostgreSQL and through Cordon, and prints for each `passed X of Y (direct Z)`: make regress, make isolation, make libpq-pipeline and others.
//
// Each way has a server of its own, so that nothing of one run is left for the next. Through Cordon there are three: "through" is a policy that restricts nobody; "rules" watches tables that the suite does not use, so that
// every statement is read, its names are resolved, and it is decided; "limited" is for a person without the power to send what Cordon cannot read; "hidden" hides such tables from everybody, so that what can reach any table unseen is refused, and says how much of the suite goes on for such people.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"cordon/internal/instance"
	"cordon/internal/pgtest"
)

// suite is one test suite.
type suite struct {
	name string
	conf []string // lines of postgresql.conf
	// run runs the suite against a place and answers, by test, "" for a test that passed, else where to read why not.
	run func(ctx context.Context, p place) (map[string]string, error)
}

// place is where a suite connects to, as the superuser postgres.
type place struct {
	addr   string // host:port
	server *pgtest.Server
	bin    string // folder of PostgreSQL's programs
	dir    string // for what the suite writes; the server can write to it
	source string // folder that scripts/suite-source.sh made
	only   []string
}

// policies are those of the ways through Cordon. A login that a policy does not know has no powers; the suites' own logins are made known.
var policies = map[string]string{
	"through": `roles:
  all: {may: [ddl, routine, explain, unparsed]}
`,
	"rules": `roles:
  all: {may: [ddl, routine, explain, unparsed]}
rules:
  - name: watched
    tables: [cordon_guarded.*]
    allow: []
    mode: observe
  - name: all of it
    roles: [all]
    tables: [cordon_guarded.*]
    allow: [select, insert, update, delete, truncate, copy_from]
  - name: one customer
    users: [somebody]
    tables: [cordon_guarded.*]
    rows: id = 1
`,
	"limited": `roles:
  all: {may: [ddl, routine, explain]}
rules:
  - name: all of it
    roles: [all]
    tables: [cordon_guarded.*]
    allow: [select, insert, update, delete, truncate, copy_from]
  - name: one customer
    users: [somebody]
    tables: [cordon_guarded.*]
    rows: id = 1
`,
	"hidden": `roles:
  all: {may: [ddl, routine, explain, unparsed], functions: ["*.*"]}
rules:
  - name: tables that no suite has
    tables: [cordon_guarded.*]
    allow: []
`,
}

// logins are the database users that suites connect as.
var logins = []string{"postgres", "pgx_md5", "pgx_pw", "pgx_scram", "pgx_ssl"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "suites: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("suites", flag.ContinueOnError)
	cordon := fs.String("cordon", "bin/cordon", "the program to test")
	out := fs.String("out", ".cache/suites/out", "folder for what the suites write")
	ways := fs.String("ways", "direct,through,rules", "ways to run: direct, through, rules, limited, hidden")
	only := fs.String("only", "", "tests to run, separated by commas; all when empty")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return errors.New("name a suite: " + strings.Join(names(), ", "))
	}
	failed := false
	for _, name := range fs.Args() {
		i := slices.IndexFunc(suites, func(s suite) bool { return s.name == name })
		if i < 0 {
			return fmt.Errorf("there is no suite %q: it is one of %s", name, strings.Join(names(), ", "))
		}
		j := job{suite: suites[i], cordon: *cordon, out: *out}
		if *only != "" {
			j.only = strings.Split(*only, ",")
		}
		same, err := j.run(ctx, strings.Split(*ways, ","))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		failed = failed || !same
	}
	if failed {
		return errors.New("tests fail through Cordon that pass directly")
	}
	return nil
}

func names() (out []string) {
	for _, s := range suites {
		out = append(out, s.name)
	}
	return out
}

// job is one run of a suite in several ways.
type job struct {
	suite  suite
	cordon string
	out    string
	only   []string
}

// run prints a line for each way through Cordon, and says whether every test that passes directly passes.
func (j job) run(ctx context.Context, ways []string) (bool, error) {
	source, err := fetch(ctx, j.suite.name)
	if err != nil {
		return false, err
	}
	direct, same := map[string]string{}, true
	for _, way := range ways {
		start := time.Now()
		got, err := j.one(ctx, way, source)
		if err != nil {
			return false, fmt.Errorf("%s: %w", way, err)
		}
		got = steady(got)
		took := time.Since(start).Round(time.Second)
		if way == "direct" {
			direct = got
			fmt.Printf("%s, direct: %d of %d in %v\n", j.suite.name, passed(got), len(got), took)
			continue
		}
		fmt.Printf("%s, %s: passed %d of %d (direct %d) in %v\n", j.suite.name, way, passed(got), len(got), passed(direct), took)
		for _, test := range sorted(got) {
			if why, ran := direct[test]; got[test] != "" && (!ran || why == "") {
				same = false
				fmt.Printf("  %s: %s\n", test, got[test])
			}
		}
		for _, test := range sorted(direct) {
			if _, ran := got[test]; !ran {
				same = false
				fmt.Printf("  %s: did not run\n", test)
			}
		}
	}
	return same, nil
}

// passing is what differs from run to run in the name of a test: folders of the moment.
var passing = regexp.MustCompile(`/tmp/[^' ]*`)

func steady(results map[string]string) map[string]string {
	out := make(map[string]string, len(results))
	for name, why := range results {
		out[passing.ReplaceAllString(name, "/tmp")] += why
	}
	return out
}

func passed(results map[string]string) (n int) {
	for _, why := range results {
		if why == "" {
			n++
		}
	}
	return n
}

func sorted(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// one runs the suite in one way.
func (j job) one(ctx context.Context, way, source string) (map[string]string, error) {
	dir, err := filepath.Abs(filepath.Join(j.out, j.suite.name, way))
	if err != nil {
		return nil, err
	}
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := openFolder(dir); err != nil {
		return nil, err
	}
	server, err := pgtest.Run(ctx, pgtest.Options{Conf: append([]string{"max_prepared_transactions = 10", "shared_buffers = 128MB", "max_wal_size = 1GB"}, j.suite.conf...)})
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	bin, err := pgtest.FindBinaries()
	if err != nil {
		return nil, err
	}
	p := place{addr: server.Addr(), server: server, bin: bin, dir: dir, source: source, only: j.only}
	switch way {
	case "direct":
		return j.suite.run(ctx, p)
	case "through", "rules", "limited", "hidden":
		dir, err := os.MkdirTemp("", "cordon-suites-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		proxy, err := startCordon(ctx, j.cordon, dir, way, server.Addr())
		if err != nil {
			return nil, err
		}
		p.addr = proxy.Addr
		got, err := j.suite.run(ctx, p)
		return got, errors.Join(err, proxy.Stop())
	}
	return nil, fmt.Errorf("there is no way %q: it is direct, through, rules, limited or hidden", way)
}

// openFolder makes a folder that the server, another user, can write to.
func openFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return os.Chmod(dir, 0o777)
}

// startCordon starts Cordon before a server, with its files in dir.
func startCordon(ctx context.Context, program, dir, way, upstream string) (*instance.Instance, error) {
	var text strings.Builder
	text.WriteString("version: 1\ndefaults: {tables: allow}\nusers:\n  somebody: {roles: []}\n")
	for _, login := range logins {
		fmt.Fprintf(&text, "  %s: {roles: [all]}\n", login)
	}
	text.WriteString(policies[way])
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(text.String()), 0o600); err != nil {
		return nil, err
	}
	return instance.Start(ctx, program, dir, upstream, func(listen, upstream, admin string) string {
		return fmt.Sprintf("listen: %s\nupstream: %s\nupstream_tls: {mode: disable}\npolicy: policy.yaml\naudit: {dir: audit, key: audit.key, fsync: never}\nadmin: {listen: %s}\nlimits: {drain_timeout: 2s}\n", listen, upstream, admin)
	})
}
