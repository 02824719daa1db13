package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cordon/internal/instance"
	"cordon/internal/link"
	"cordon/internal/pgtest"
)

const sharePolicy = `version: 1
users:
  alice: {}
  bob: {}
  dave: {}
  frank: {}
  mallory: {}
  erin: {}
  carol: {os_user: OSUSER}
grants_file: GRANTS
subjects: {public.customers: id}
rules:
  - {name: the list, users: [alice, dave, frank], tables: [public.customers], export: {window: {rows: 300, per: 1h}, over: block}}
  - {name: subjects, users: [erin], tables: [public.customers], export: {window: {subjects: 60, per: 1h}, over: block}}
  - {name: asked for, users: [bob], tables: [public.customers], export: {rows: 50, over: ask, approve: {by: [carol], rows: 900}}}
  - {name: lent, users: [bob], tables: [public.salaries], on_request: {by: [carol], max: 8h}}
  - {name: the rest, tables: [public.customers], allow: [select]}
watch:
  - {name: storm, users: [mallory], errors: 5, per: 10m, action: quarantine, by: [carol]}
`

// cordons are three of the program in front of one database, each of which reaches the others by ways that can be cut.
type cordons struct {
	t       *testing.T
	pg      *pgtest.Server
	db      string
	program string
	dirs    [3]string
	routes  [3]string
	links   [3][3]*link.Link
	apps    [3]*instance.Instance
}

func startCordons(t *testing.T) *cordons {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	c := &cordons{t: t, pg: pgtest.Start(t)}
	c.db = c.pg.CreateDatabase(t)
	c.pg.Exec(t, c.db, `CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN; CREATE ROLE mallory LOGIN; CREATE ROLE erin LOGIN; CREATE ROLE dave LOGIN; CREATE ROLE frank LOGIN;
CREATE TABLE customers (id int PRIMARY KEY, name text); INSERT INTO customers SELECT i, 'customer ' || i FROM generate_series(1, 1000) i;
CREATE TABLE salaries (id int, amount int); INSERT INTO salaries VALUES (1, 1); GRANT ALL ON ALL TABLES IN SCHEMA public TO public`)
	if c.program, err = instance.Build(t.Context(), t.TempDir(), "cordon/cmd/cordon"); err != nil {
		t.Fatal(err)
	}
	for i := range c.dirs {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c.routes[i], c.dirs[i] = l.Addr().String(), t.TempDir()
		l.Close()
		policy := strings.NewReplacer("OSUSER", me.Username, "GRANTS", "grants.jsonl").Replace(sharePolicy)
		for name, text := range map[string]string{"policy.yaml": policy, "share.key": strings.Repeat("5", 64) + "\n"} {
			if err := os.WriteFile(filepath.Join(c.dirs[i], name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 3 {
		for j := range 3 {
			if i != j {
				c.links[i][j] = link.New(t, c.routes[j])
			}
		}
	}
	t.Cleanup(func() {
		for _, app := range c.apps {
			if app != nil {
				if err := app.Stop(); err != nil {
					t.Error(err)
				}
			}
		}
	})
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() { c.start(i) })
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for i := range 3 {
		c.until(fmt.Sprintf("cordon %d has joined", i), func() bool { return c.joined(i) })
	}
	return c
}

func (c *cordons) start(i int) {
	peers := make([]string, 0, 2)
	for j := range 3 {
		if j != i {
			peers = append(peers, c.links[i][j].Addr)
		}
	}
	app, err := instance.Start(c.t.Context(), c.program, c.dirs[i], c.pg.Addr(), func(listen, upstream, admin string) string {
		return fmt.Sprintf("listen: %s\nupstream: %s\npolicy: policy.yaml\nadmin: {listen: \"%s\"}\naudit: {fsync: never}\nshare: {name: node-%d, listen: \"%s\", peers: [\"%s\"], advertise: \"127.0.0.1:1\", key: share.key}\n", // they tell each other where nobody listens: no connection goes past the links
			listen, upstream, admin, i, c.routes[i], strings.Join(peers, `", "`))
	})
	if err != nil {
		c.t.Error(err)
		return
	}
	c.apps[i] = app
}

// isolate cuts one off from the others, or lets it back.
func (c *cordons) isolate(i int, cut bool) {
	for j := range 3 {
		if j != i {
			c.links[i][j].Cut(cut)
			c.links[j][i].Cut(cut)
		}
	}
}

func (c *cordons) until(what string, is func() bool) {
	c.t.Helper()
	for end := time.Now().Add(4 * time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			for _, app := range c.apps {
				if app != nil {
					c.t.Log(app.Log())
				}
			}
			c.t.Fatalf("%s: not so after four minutes", what)
		}
	}
}

func (c *cordons) joined(i int) bool {
	if c.apps[i] == nil {
		return false
	}
	r, err := http.Get("http://" + c.apps[i].Admin + "/metrics")
	if err != nil {
		return false
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	return err == nil && bytes.Contains(text, []byte("\ncordon_share_joined 1\n"))
}

// connect is a connection of a person to one of the three.
func (c *cordons) connect(i int, person string) *pgx.Conn {
	c.t.Helper()
	conn, err := pgx.Connect(c.t.Context(), "postgres://"+person+"@"+c.apps[i].Addr+"/"+c.db+"?sslmode=disable")
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// rows gives how many a statement brings, and the SQLSTATE of what ends it.
func rows(ctx context.Context, conn *pgx.Conn, sql string, args ...any) (n int, code, hint string) {
	r, err := conn.Query(ctx, sql, append([]any{pgx.QueryExecModeExec}, args...)...)
	if err == nil {
		for r.Next() {
			n++
		}
		err = r.Err()
	}
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e):
		return n, e.Code, e.Hint
	case err != nil:
		return n, err.Error(), ""
	}
	return n, "", ""
}

// run is one of the program's commands in the folder of one of the three.
func (c *cordons) run(i int, command func(context.Context, []string, io.Writer, io.Writer) int, args ...string) string {
	c.t.Helper()
	var out, errs bytes.Buffer
	if code := command(c.t.Context(), append(args, "--config", filepath.Join(c.dirs[i], "cordon.yaml")), &out, &errs); code != 0 {
		c.t.Fatalf("%v: %s", args, errs.String())
	}
	return out.String()
}

// everywhere waits until all three give this SQLSTATE, and says how long that took.
func (c *cordons) everywhere(what, person, sql, code string) {
	c.t.Helper()
	began := time.Now()
	for i := range 3 {
		conn := c.connect(i, person)
		c.until(what, func() bool { _, got, _ := rows(c.t.Context(), conn, sql); return got == code })
	}
	c.t.Logf("%s: on all three within %v", what, time.Since(began).Round(time.Millisecond))
}

// Three Cordons in front of one database are as one: quarantine, releases, grants and requests hold on all, an approved export runs once, and a person gets from all what the policy says. One that is cut off gives a fraction; one that is killed forgets nothing.
func TestThreeCordons(t *testing.T) {
	c := startCordons(t)
	t.Run("what is known", c.known)
	t.Run("what is counted", c.counted)
	t.Run("one is cut off", c.cutOff)
	t.Run("one is killed", c.killed)
}

func (c *cordons) known(t *testing.T) {
	ctx := t.Context()
	one := "SELECT 1 FROM customers LIMIT 1"

	storm := c.connect(0, "mallory")
	for range 6 {
		rows(ctx, storm, "SELECT 1/0")
	}
	c.everywhere("quarantine", "mallory", one, "5C003")
	c.run(1, runQuarantine, "release", "mallory", "--by", "carol", "--reason", "a broken report")
	c.everywhere("release", "mallory", one, "")

	salaries := "SELECT amount FROM salaries"
	if _, code, _ := rows(ctx, c.connect(0, "bob"), salaries); code != "42501" {
		t.Errorf("salaries without a grant: %q", code)
	}
	grant := strings.Fields(c.run(2, runGrant, "--user", "bob", "--rule", "lent", "--for", "1h", "--reason", "the audit", "--by", "carol"))[0]
	c.everywhere("grant", "bob", salaries, "")
	c.run(0, runGrant, "revoke", grant, "--by", "carol")
	c.everywhere("revocation", "bob", salaries, "42501")

	list := "SELECT * FROM customers ORDER BY id LIMIT $1"
	var bobs [3]*pgx.Conn
	for i := range bobs {
		bobs[i] = c.connect(i, "bob")
	}
	for round := range 3 {
		size := 200 + round
		n, code, hint := rows(ctx, bobs[0], list, size)
		if n != 0 || code != "5C001" || !strings.HasPrefix(hint, "Request ") {
			t.Fatalf("an export that nobody has approved: %d rows, %s, %s", n, code, hint)
		}
		id := strings.Fields(hint)[1]
		desk := 1 + round%2
		c.until("the request is known elsewhere", func() bool { return strings.Contains(c.run(desk, runExports, "list"), id) })
		c.run(desk, runExports, "approve", id, "--by", "carol", "--reason", "the auditors")
		for i := range 3 {
			c.until("the approval is known", func() bool {
				return strings.Contains(c.run(i, runExports, "list"), id+"  ") && strings.Contains(c.run(i, runExports, "show", id), ", approved until")
			})
		}
		var mu sync.Mutex
		var got []int
		race := func() {
			var all sync.WaitGroup
			for i := range 3 {
				all.Go(func() {
					n, _, _ := rows(ctx, bobs[i], list, size)
					mu.Lock()
					defer mu.Unlock()
					if n > 0 {
						got = append(got, n)
					}
				})
			}
			all.Wait()
		}
		c.until("the approved export runs", func() bool { race(); return len(got) > 0 })
		race()
		if len(got) != 1 || got[0] != size {
			t.Errorf("an export of %d rows that was approved once ran with %v rows", size, got)
		}
	}
}

// limitRows is the limit of the rule for alice, dave and frank, and of a fraction of it; leaseRows what one Cordon takes at most at a time.
const (
	limitRows = 300
	aloneRows = limitRows * 25 / 100
	leaseRows = limitRows * 10 / 100
)

// taking counts the rows that a person gets of each of the three.
type taking struct {
	mu   sync.Mutex
	rows [3]int
}

func (g *taking) add(i, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rows[i] += n
}

func (g *taking) sum() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.rows[0] + g.rows[1] + g.rows[2]
}

// takeAll has a person take what they can get of one Cordon, in statements of different sizes, over several connections, until it is refused on each. It ends early when the Cordon dies.
func (c *cordons) takeAll(ctx context.Context, i int, person string, g *taking, all *sync.WaitGroup) {
	for k := range 2 {
		all.Go(func() {
			conn, err := pgx.Connect(ctx, "postgres://"+person+"@"+c.apps[i].Addr+"/"+c.db+"?sslmode=disable")
			if err != nil {
				return
			}
			defer conn.Close(context.Background())
			for size := 1 + 6*k; ; size = size%9 + 1 {
				sql := fmt.Sprintf("SELECT * FROM customers LIMIT %d", size)
				if size == 5 {
					sql = "SELECT * FROM customers WHERE id <= 5" // how many come is not known before
				}
				n, code, _ := rows(ctx, conn, sql)
				if code == "" || code == "5C001" {
					g.add(i, n)
				}
				if code != "" && size == 1 || conn.IsClosed() {
					return
				}
			}
		})
	}
}

// rest has a person take one row after another, of any of the three, until they have had all: what lay in a lease comes back.
func (c *cordons) rest(person string, g *taking, most int, nodes ...int) {
	c.t.Helper()
	for _, i := range nodes {
		conn := c.connect(i, person)
		c.until(fmt.Sprintf("%s gets %d rows", person, most), func() bool {
			n, _, _ := rows(c.t.Context(), conn, "SELECT * FROM customers LIMIT 1")
			g.add(i, n)
			return n == 0 && g.sum() >= most
		})
	}
}

func (c *cordons) counted(t *testing.T) {
	var g taking
	var all sync.WaitGroup
	began := time.Now()
	for i := range 3 {
		c.takeAll(t.Context(), i, "alice", &g, &all)
	}
	all.Wait()
	t.Logf("at the same time: %v, %d of %d rows, within %v", g.rows, g.sum(), limitRows, time.Since(began).Round(time.Millisecond))
	c.rest("alice", &g, limitRows, 0, 1, 2)
	t.Logf("in the end: %v, overshoot %d (bound %d)", g.rows, g.sum()-limitRows, 3*leaseRows)
	if got := g.sum(); got < limitRows || got > limitRows+3*leaseRows { // a lease that ends while its rows are on their way, on a busy machine, is what the bound is for
		t.Errorf("%d rows were given, and %d is the limit", got, limitRows)
	}

	// Subjects: those of one Cordon count on another, once.
	var erin [3]*pgx.Conn
	for i := range erin {
		erin[i] = c.connect(i, "erin")
	}
	seen := map[int]bool{}
	for round := range 90 {
		for i, conn := range erin {
			if n, code, _ := rows(t.Context(), conn, "SELECT * FROM customers WHERE id = $1", round+1); code == "" && n == 1 {
				seen[round] = true
			} else if code != "5C001" {
				t.Fatalf("subject %d on %d: %d rows, %s", round, i, n, code)
			}
		}
	}
	t.Logf("%d different subjects of 60", len(seen))
	if len(seen) > 60 || len(seen) < 40 {
		t.Errorf("%d different subjects were given, and 60 is the limit", len(seen))
	}
}

func (c *cordons) cutOff(t *testing.T) {
	ctx := t.Context()
	// What bob has been approved, before.
	bob := c.connect(2, "bob")
	list := "SELECT * FROM customers ORDER BY id LIMIT 333"
	_, _, hint := rows(ctx, bob, list)
	id := strings.Fields(hint + " - -")[1]
	c.run(2, runExports, "approve", id, "--by", "carol", "--reason", "the auditors")

	var g taking
	c.isolate(2, true)
	began := time.Now()
	c.until("the one that was cut off knows", func() bool { return !c.joined(2) })
	t.Logf("cut off: known after %v", time.Since(began).Round(time.Millisecond))
	var all sync.WaitGroup
	for i := range 3 {
		c.takeAll(ctx, i, "dave", &g, &all)
	}
	all.Wait()
	c.rest("dave", &g, limitRows, 0, 1)
	t.Logf("cut off: %v, overshoot %d (bound %d)", g.rows, g.sum()-limitRows, aloneRows)
	if g.rows[2] != aloneRows || g.rows[0]+g.rows[1] != limitRows {
		t.Errorf("the one that is cut off gave %d rows, not %d; the others %d, not %d", g.rows[2], aloneRows, g.rows[0]+g.rows[1], limitRows)
	}
	if n, code, _ := rows(ctx, bob, list); n != 0 || code != "5C001" {
		t.Errorf("an approved export on one that is cut off: %d rows, %q", n, code)
	}
	storm := c.connect(2, "mallory")
	for range 6 {
		rows(ctx, storm, "SELECT 1/0")
	}
	if _, code, _ := rows(ctx, storm, "SELECT 1"); code != "5C003" {
		t.Errorf("no quarantine on one that is cut off: %q", code)
	}
	if _, code, _ := rows(ctx, c.connect(0, "mallory"), "SELECT 1"); code != "" {
		t.Errorf("quarantine where it cannot be known: %q", code)
	}

	c.isolate(2, false)
	began = time.Now()
	c.until("it has joined again", func() bool { return c.joined(2) })
	t.Logf("joined again after %v", time.Since(began).Round(time.Millisecond))
	c.everywhere("quarantine of one that was cut off", "mallory", "SELECT 1", "5C003")
	got := 0
	c.until("the approved export runs", func() bool { got, _, _ = rows(ctx, bob, list); return got > 0 })
	if got != 333 {
		t.Errorf("%d rows of an approved export", got)
	}
	if n, _, _ := rows(ctx, c.connect(2, "dave"), "SELECT * FROM customers LIMIT 1"); n != 0 {
		t.Error("a row above the limit after it had joined again")
	}
}

func (c *cordons) killed(t *testing.T) {
	ctx := t.Context()
	var g taking
	var all sync.WaitGroup
	for i := range 3 {
		c.takeAll(ctx, i, "frank", &g, &all)
	}
	c.until("some rows were given", func() bool { return g.sum() > limitRows/4 })
	if err := syscall.Kill(c.apps[1].Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.apps[1].Stop() // it has ended; this waits for it
	all.Wait()
	before := g.rows
	c.start(1)
	began := time.Now()
	for i := range 3 {
		c.until("all have joined again", func() bool { return c.joined(i) })
	}
	t.Logf("joined again after %v", time.Since(began).Round(time.Millisecond))
	for i := range 3 {
		c.takeAll(ctx, i, "frank", &g, &all)
	}
	all.Wait()
	t.Logf("killed: %v rows before, %v in the end, overshoot %d (bound %d)", before, g.rows, g.sum()-limitRows, 3*leaseRows+aloneRows)
	if n := g.sum(); n > limitRows+3*leaseRows+aloneRows || n < limitRows-3*leaseRows {
		t.Errorf("%d rows were given over a crash, and %d is the limit", n, limitRows)
	}
	c.everywhere("quarantine after a crash", "mallory", "SELECT 1", "5C003")
}
