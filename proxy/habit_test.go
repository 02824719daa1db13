package proxy

import (
	"fmt"
	"strings"
	"testing"

	"cordon/wire"

	"github.com/jackc/pgx/v5"
)

func TestNameless(t *testing.T) {
	for text, want := range map[string]bool{
		"SELECT 1": true, "select 1;": true, " SELECT 1, 2.5 ,0x1F /* ping */ ;": true,
		"": false, "SELECT": false, "SELECT 1,": false, "SELECT 1,;": false, "SELECT ,": false, "SELECT 1;;": false, "SELECT 1; SELECT 2": false, "SELECT 1 2": false, "SELECT -1": false, "SELECT 'a'": false, "SELECT $1": false, "SELECT a": false,
		"SELECT 1 a": false, "SELECT now()": false, "SELECT 1::t": false, `"select" 1`: false, "TABLE t": false, "SELECT NULL": false, "SELECT 1 FROM t": false, "SELECT 1, t": false, "BEGIN": false,
		"SELECT 1" + strings.Repeat(" ", 64): false,
	} {
		if got := nameless([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestHabits(t *testing.T) {
	var h habits
	a, b := habitOf{"a", "db"}, habitOf{"b", "db"}
	for i := range longHabit {
		if !h.expects(a) {
			t.Fatalf("not expected after %d sessions", i)
		}
		h.learn(a, false)
	}
	if h.expects(a) || !h.expects(b) {
		t.Error("a habit of one login is not its own")
	}
	h.learn(a, true)
	for range longHabit - 1 {
		h.learn(a, false)
	}
	if !h.expects(a) {
		t.Error("one session that needs the path is forgotten too soon")
	}
	for i := range maxHabits + 10 {
		h.learn(habitOf{fmt.Sprint(i), "db"}, false)
	}
	if len(h.all) > maxHabits {
		t.Errorf("%d habits", len(h.all))
	}
}

// Where the search path is not asked for at login any more, a statement with a name in it goes by the path all the same: also one that is set for the role meanwhile, and one that is prepared.
func TestPathAskedForLater(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, `CREATE SCHEMA other; CREATE TABLE other.customers (n int); INSERT INTO other.customers VALUES (1); GRANT USAGE ON SCHEMA other TO alice; GRANT SELECT ON other.customers TO alice`)
	ping := wire.AppendTerminate(wire.AppendQuery(startupPacket("alice", db), "SELECT 1"))
	for range longHabit + 2 {
		if got := words(t, f.addr, ping); !strings.HasSuffix(got, "R Z T D([1]) C Z") {
			t.Fatal(got)
		}
	}
	want := words(t, f.addr, wire.AppendTerminate(wire.AppendQuery(startupPacket("alice", db), "SELECT count(*) FROM public.customers")))
	for range longHabit + 2 {
		words(t, f.addr, ping)
	}
	if of := (habitOf{"alice", db}); f.habits.expects(of) {
		t.Fatal("the path is asked for at login")
	}
	if got := words(t, f.addr, wire.AppendTerminate(wire.AppendQuery(startupPacket("alice", db), "SELECT count(*) FROM customers"))); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for range longHabit + 2 {
		words(t, f.addr, ping)
	}
	b := startupPacket("alice", db)
	b = wire.AppendQuery(b, "SELECT 1")
	b = wire.AppendParse(b, "s", "SELECT count(*) FROM customers", nil)
	b = wire.AppendParse(b, "one", "SELECT 1", nil)
	b = wire.AppendSync(b)
	for _, name := range []string{"s", "one"} {
		b = wire.AppendBind(b, "", name)
		b = wire.AppendExecute(b, "", 0)
		b = wire.AppendSync(b)
	}
	got := words(t, f.addr, wire.AppendTerminate(b))
	if number := want[strings.Index(want, "D("):strings.Index(want, " C")]; !strings.HasSuffix(got, "D([1]) C Z 1 1 Z 2 "+number+" C Z 2 D([1]) C Z") {
		t.Errorf("prepared: %s, and plainly %s", got, want)
	}
	for range longHabit + 2 {
		words(t, f.addr, ping)
	}
	pg.Exec(t, db, fmt.Sprintf("ALTER ROLE alice IN DATABASE %s SET search_path = other, public", db))
	if got := words(t, f.addr, wire.AppendTerminate(wire.AppendQuery(startupPacket("alice", db), "SELECT count(*) FROM customers"))); !strings.Contains(got, "D([1])") && !strings.Contains(got, "42501") {
		t.Errorf("along the role's path: %s", got)
	}
}

// Who has been free from everything when the session was opened, so that nobody asked for the catalog, and is not any more, may send numbers too; and so may others like them.
func TestNumbersWithoutCatalog(t *testing.T) {
	f, _, db := crm(t, nil)
	f.SetPolicy(parsePolicy(t, everybodyMayEverything+"  alice: {roles: [all]}\n"))
	c := f.connect(t, "alice", db, "")
	if got := show(c, pgx.QueryExecModeSimpleProtocol, "SELECT 1"); got != "1\nSELECT 1" || len(f.catalogs.snapshots()) > 0 {
		t.Fatal(got)
	}
	f.SetPolicy(parsePolicy(t, crmPolicy))
	if got := show(c, pgx.QueryExecModeSimpleProtocol, "SELECT 1"); got != "1\nSELECT 1" {
		t.Error(got)
	}
	for range longHabit + 2 {
		if got := words(t, f.addr, wire.AppendTerminate(wire.AppendQuery(startupPacket("alice", db), "SELECT 1"))); !strings.HasSuffix(got, "R Z T D([1]) C Z") {
			t.Fatal(got)
		}
	}
}
