package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cordon/catalog"
	"cordon/config"
	"cordon/policy"
	"cordon/rewrite"
)

// checkTimeout bounds the whole conversation of `cordon check` with the database.
const checkTimeout = 2 * time.Minute

// runCheck is `cordon check`: it tells every mistake of the configuration and the policy.
func runCheck(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("cordon check", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(stderr, `usage: cordon check [--config cordon.yaml] [--offline | --dsn postgres://…]

Prints every mistake of the configuration and of the policy it names, as file:line:col: sentence. Where it can reach the database, also what of the policy
does not fit it. Exits with 1 when there is a mistake.

  --config file  the configuration (default cordon.yaml)
  --offline      do not ask the database
  --dsn uri      the database to ask, as a URI or keywords of libpq's. Without it: the configuration's upstream, with the user, password and database
                 of PGUSER, PGPASSWORD, PGDATABASE and their like; when it cannot be reached, that is only said
`)
	}
	path := fs.String("config", "cordon.yaml", "")
	offline := fs.Bool("offline", false, "")
	dsn := fs.String("dsn", "", "")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if fs.NArg() > 0 {
		fmt.Fprintf(stderr, "cordon: error: check takes no arguments, but was given %q\n", fs.Arg(0))
		return 2
	}
	if *offline && *dsn != "" {
		fmt.Fprintln(stderr, "cordon: error: --offline and --dsn contradict each other")
		return 2
	}

	mistakes := 0
	conf, err := config.Load(*path)
	policyPath := config.PolicyPath(*path)
	var wrong config.Problems
	switch {
	case errors.As(err, &wrong):
		mistakes += len(wrong)
		fmt.Fprintln(stderr, err)
	case err != nil:
		fmt.Fprintf(stderr, "cordon: error: %v\n", err)
		return 1
	default:
		policyPath = conf.Policy
	}
	people, err := checkDirectory(ctx, conf, *offline)
	if err != nil {
		fmt.Fprintf(stderr, "cordon: error: %v\n", err)
		return 1
	}
	p, found := checkPolicy(policyPath, people, conf == nil, stderr)
	mistakes += found
	if mistakes > 0 {
		return failed(stderr, mistakes)
	}

	summary := fmt.Sprintf("%s: %s, %s, %s", filepath.Base(p.Path), plural(len(p.Rules), "rule"), plural(len(p.Users), "user"), plural(tables(p), "table"))
	if *offline {
		fmt.Fprintf(stdout, "%s; the database was not asked\n", summary)
		return 0
	}
	database, problems, err := checkDatabase(ctx, p, conf, *dsn)
	if err != nil {
		if *dsn != "" {
			fmt.Fprintf(stderr, "cordon: error: %v\n", err)
			return 1
		}
		fmt.Fprintf(stderr, "cordon: hint: name a database that can be asked with --dsn or PGHOST, PGUSER, PGPASSWORD and PGDATABASE\n")
		fmt.Fprintf(stdout, "%s; the database was not asked: %v\n", summary, err)
		return 0
	}
	for _, one := range problems {
		fmt.Fprintln(stderr, one)
	}
	if len(problems) > 0 {
		return failed(stderr, len(problems))
	}
	fmt.Fprintf(stdout, "%s; fits database %s\n", summary, database)
	return 0
}

// failed is the last line of a check that has found mistakes.
func failed(stderr io.Writer, mistakes int) int {
	fmt.Fprintf(stderr, "cordon: %s\n", plural(mistakes, "mistake"))
	return 1
}

// checkDirectory reads the people of the directory: now, or offline from the cache, if there is one. They are nil when the configuration has no directory.
func checkDirectory(ctx context.Context, conf *config.Config, offline bool) (*policy.Directory, error) {
	if conf == nil || conf.LDAP == nil {
		return nil, nil
	}
	read := func() ([]byte, error) { return askDirectory(ctx, conf.LDAP) }
	if offline {
		read = func() ([]byte, error) { return os.ReadFile(conf.LDAP.Cache) }
	}
	data, err := read()
	if err != nil && offline {
		return nil, nil
	}
	return &policy.Directory{Data: data, StaleFor: conf.LDAP.StaleFor}, err
}

// checkPolicy reads the policy and prints its mistakes, or its warnings. told says that the configuration has mistakes, and so has told when the file is not there.
func checkPolicy(path string, people *policy.Directory, told bool, stderr io.Writer) (p *policy.Policy, mistakes int) {
	if path == "" {
		return nil, 0
	}
	if info, err := os.Stat(path); told && (err != nil || !info.Mode().IsRegular()) {
		return nil, 0
	}
	data, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintf(stderr, "cordon: error: read policy: %v\n", err)
		return nil, 1
	}
	p, err = policy.ParseDirectory(path, data, people)
	if err != nil {
		fmt.Fprintln(stderr, err)
		var problems policy.Problems
		if errors.As(err, &problems) {
			return nil, len(problems)
		}
		return nil, 1
	}
	for _, w := range p.Warnings {
		w.Text = "warning: " + w.Text
		fmt.Fprintln(stderr, w)
	}
	return p, 0
}

// tables is how many different tables and patterns the rules name.
func tables(p *policy.Policy) int {
	names := map[string]bool{}
	for _, r := range p.Rules {
		for _, t := range r.Tables {
			names[t.Schema+"."+t.Name] = true
		}
	}
	return len(names)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// checkDatabase holds the policy against a database: its catalog, and how it plans the policy's expressions.
func checkDatabase(ctx context.Context, p *policy.Policy, conf *config.Config, dsn string) (database string, problems []policy.Problem, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	conn, err := connect(ctx, conf, dsn)
	if err != nil {
		return "", nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	query := func(ctx context.Context, sql string) ([][]*string, error) { return texts(ctx, conn, sql) }
	snapshot, err := catalog.Load(ctx, query, nil)
	if err != nil {
		return "", nil, err
	}
	problems = rewrite.Check(p, snapshot)
	planned, err := plan(ctx, p, snapshot, query)
	if err != nil {
		return "", nil, err
	}
	for _, one := range planned {
		// The catalog's own word is better than the planner's for the same place.
		if !slices.ContainsFunc(problems, func(o policy.Problem) bool { return o.Line == one.Line && o.Col == one.Col }) {
			problems = append(problems, one)
		}
	}
	slices.SortStableFunc(problems, func(a, b policy.Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
	return snapshot.Database, problems, nil
}

// connect opens a session to the database to ask: the one of the URI, of libpq's variables, or the upstream.
func connect(ctx context.Context, conf *config.Config, dsn string) (*pgconn.PgConn, error) {
	if dsn == "" {
		var parts []string
		add := func(key, value string) {
			value = strings.ReplaceAll(strings.ReplaceAll(value, `\`, `\\`), `'`, `\'`)
			parts = append(parts, fmt.Sprintf("%s='%s'", key, value))
		}
		if os.Getenv("PGHOST") == "" && os.Getenv("PGSERVICE") == "" {
			add("host", conf.Upstream.Host)
			add("port", strconv.Itoa(int(conf.Upstream.Port)))
			if os.Getenv("PGSSLMODE") == "" {
				add("sslmode", string(conf.UpstreamTLS.Mode))
				if ca := conf.UpstreamTLS.CA; ca != "" && ca != "system" && strings.HasPrefix(string(conf.UpstreamTLS.Mode), "verify-") {
					add("sslrootcert", ca)
				}
			}
		}
		dsn = strings.Join(parts, " ")
	}
	c, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, err // pgconn takes the password out of what it says
	}
	c.ConnectTimeout = 10 * time.Second
	c.RuntimeParams["application_name"] = "cordon check"
	return pgconn.ConnectConfig(ctx, c)
}

// texts runs one statement and gives its rows as text.
func texts(ctx context.Context, conn *pgconn.PgConn, sql string) ([][]*string, error) {
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	var rows [][]*string
	for _, r := range results {
		for _, row := range r.Rows {
			values := make([]*string, len(row))
			for i, v := range row {
				if v != nil {
					s := string(v)
					values[i] = &s
				}
			}
			rows = append(rows, values)
		}
	}
	return rows, nil
}

// plan has the database plan each expression of the policy with each table it is for, in a transaction that can change nothing, and tells the errors.
func plan(ctx context.Context, p *policy.Policy, snapshot *catalog.Snapshot, query catalog.Query) ([]policy.Problem, error) {
	var names []policy.TableName
	for _, r := range snapshot.Relations() {
		switch r.Kind {
		case catalog.Table, catalog.PartitionedTable, catalog.View, catalog.MaterializedView, catalog.ForeignTable:
			names = append(names, policy.TableName{Schema: r.Schema, Name: r.Name})
		}
	}
	if _, err := query(ctx, "BEGIN READ ONLY"); err != nil {
		return nil, fmt.Errorf("ask the database to plan: %w", err)
	}
	var problems []policy.Problem
	told := map[*policy.Expr]bool{}
	for _, probe := range p.Probes(names) {
		if told[probe.Expr] {
			continue // once is enough: a pattern can name hundreds of tables
		}
		if _, err := query(ctx, "SAVEPOINT probe"); err != nil {
			return nil, fmt.Errorf("ask the database to plan: %w", err)
		}
		_, err := query(ctx, probe.SQL)
		var refused *pgconn.PgError
		if err != nil && !errors.As(err, &refused) {
			return nil, fmt.Errorf("ask the database to plan: %w", err)
		}
		// 42: names, types, grammar; 22: values such as 'x' for an integer. 42501 tells of this login's privileges, and not of the policy.
		if err != nil && (strings.HasPrefix(refused.Code, "42") || strings.HasPrefix(refused.Code, "22")) && refused.Code != "42501" {
			told[probe.Expr] = true
			problems = append(problems, probe.Problem(int(refused.Position), refused.Message))
		}
		if _, err := query(ctx, "ROLLBACK TO SAVEPOINT probe"); err != nil {
			return nil, fmt.Errorf("ask the database to plan: %w", err)
		}
	}
	if _, err := query(ctx, "ROLLBACK"); err != nil {
		return nil, fmt.Errorf("ask the database to plan: %w", err)
	}
	return problems, nil
}
