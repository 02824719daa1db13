package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"cordon/examples"
	"cordon/internal/instance"
	"cordon/internal/pgtest"

	"github.com/jackc/pgx/v5/pgconn"
)

// Options say how the demonstration runs.
type Options struct {
	Cordon string // path of the program cordon
	Audit  string // path of the program cordon-audit
	Keep   bool   // leave everything up until the context ends
	Bold   bool   // the output is a terminal
	Out    io.Writer
}

// config is the file that `cordon serve` reads in the demonstration.
func config(listen, upstream, admin string) string {
	return `# What cordon serve reads in this demonstration. docs/configuration.md explains every line.
listen: ` + listen + `       # where clients connect instead of to PostgreSQL
upstream: ` + upstream + `     # PostgreSQL itself; it checks the passwords
tls: {mode: off}              # to clients; off because nothing leaves this machine
upstream_tls: {mode: disable}
policy: policy.yaml           # who sees what
audit: {dir: audit, key: audit.key, fsync: always, on_failure: refuse}
admin: {listen: ` + admin + `}   # /metrics, /healthz, /readyz
`
}

// Run shows the demonstration: a PostgreSQL server of its own, the CRM, Cordon in front of it, the scenes, the audit log. It removes everything again, also when ctx ends early.
func Run(ctx context.Context, o Options) (err error) {
	dir, err := os.MkdirTemp("", "cordon-demo-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)

	s := &stage{out: o.Out, bold: o.Bold}
	s.title("Cordon: a CRM's database, as four people see it")
	server, err := pgtest.Run(ctx, pgtest.Options{Auth: "scram-sha-256", Conf: []string{"max_wal_size = 1GB", "shared_buffers = 128MB"}})
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	defer server.Stop()
	start := time.Now()
	admin, err := load(ctx, server)
	if err != nil {
		return err
	}
	defer admin.Close(context.WithoutCancel(ctx))
	fmt.Fprintf(s.out, "  PostgreSQL %s on %s, loaded in %.1f s: %d customers, %d contacts, %d interactions …\n",
		admin.ParameterStatus("server_version"), server.Addr(), time.Since(start).Seconds(), Customers, Contacts, Interactions)
	who, err := findCast(ctx, admin)
	if err != nil {
		return err
	}

	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), examples.Policy, 0o600); err != nil {
		return err
	}
	proxy, err := instance.Start(ctx, o.Cordon, dir, server.Addr(), config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, proxy.Stop()) }()
	fmt.Fprintf(s.out, "  Cordon on %s, with the policy of examples/policy.yaml. PostgreSQL itself would let all of these people see everything.\n", proxy.Addr)

	group, shared, err := logIn(ctx, proxy.Port())
	if err != nil {
		return err
	}
	err = s.play(ctx, who, group, shared)
	for _, p := range append(group, shared) {
		p.conn.Close(context.WithoutCancel(ctx))
	}
	if err != nil {
		return err
	}
	if err := s.audit(ctx, o.Audit, dir); err != nil {
		return err
	}
	if !o.Keep {
		return nil
	}
	s.handOver(dir, proxy, server)
	<-ctx.Done()
	return nil
}

// load makes the database crm and fills it.
func load(ctx context.Context, server *pgtest.Server) (*pgconn.PgConn, error) {
	if err := server.ExecErr("postgres", "CREATE DATABASE crm"); err != nil {
		return nil, fmt.Errorf("create the database: %w", err)
	}
	conn, err := pgconn.Connect(ctx, fmt.Sprintf("host=%s port=%d user=postgres dbname=crm", server.SocketDir, server.Port))
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if err := Load(ctx, conn); err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return conn, nil
}

// logIn opens a connection through Cordon for each of the people and for the CRM's shared login.
func logIn(ctx context.Context, port int) (group []person, shared person, err error) {
	connect := func(login string) (*pgconn.PgConn, error) {
		conn, err := pgconn.Connect(ctx, fmt.Sprintf("host=127.0.0.1 port=%d user=%s password=%s dbname=crm sslmode=disable", port, login, Password(login)))
		if err != nil {
			return nil, fmt.Errorf("log in as %s through Cordon: %w", login, err)
		}
		return conn, nil
	}
	for _, p := range people {
		if p.conn, err = connect(p.login); err != nil {
			return nil, person{}, err
		}
		group = append(group, p)
	}
	shared = person{login: "crm_app", title: "the CRM"}
	shared.conn, err = connect(shared.login)
	return group, shared, err
}

// handOver says how to go on by hand.
func (s *stage) handOver(dir string, c *instance.Instance, server *pgtest.Server) {
	s.title("It stays up until Ctrl-C")
	psql := pgtest.ClientProgram("psql")
	if psql == "" {
		psql = "psql"
	}
	for _, login := range []string{"alice", "bob", "erin", "carol", "dana", "crm_app"} {
		fmt.Fprintf(s.out, "  PGPASSWORD=%s %s -h 127.0.0.1 -p %d -U %s crm\n", Password(login), psql, c.Port(), login)
	}
	fmt.Fprintf(s.out, "\n  straight to PostgreSQL:  PGPASSWORD=%s %s -h 127.0.0.1 -p %d -U alice crm\n", Password("alice"), psql, server.Port)
	fmt.Fprintf(s.out, "  change the policy:       edit %s, then kill -HUP %d\n", filepath.Join(dir, "policy.yaml"), c.Pid())
	fmt.Fprintf(s.out, "  metrics:                 curl -s http://%s/metrics\n", c.Admin)
}
