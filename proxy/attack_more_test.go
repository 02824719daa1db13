package proxy

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"cordon/identity"
	"cordon/wire"
)

// A transaction that begins or ends unseen leaves nobody speaking; one that is followed changes nothing.
func TestTransactionsUnseen(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(*identity.Settings)
		state byte
		want  string
	}{
		{"outside", func(s *identity.Settings) {}, wire.Idle, "alice I"},
		{"inside", func(s *identity.Settings) { s.Begin() }, wire.InTransaction, "alice T"},
		{"failed", func(s *identity.Settings) { s.Begin(); s.Fail() }, wire.Failed, "alice E"},
		{"begun unseen", func(s *identity.Settings) {}, wire.InTransaction, "alice T"},
		{"ended unseen", func(s *identity.Settings) { s.Begin(); s.Set("cordon.user", "bob", false) }, wire.Idle, " I"},
		{"rolled back to a savepoint unseen", func(s *identity.Settings) { s.Begin(); s.Savepoint("a"); s.Fail() }, wire.InTransaction, " T"},
		{"failed unseen", func(s *identity.Settings) { s.Begin(); s.Set("cordon.user", "bob", true) }, wire.Failed, "alice E"},
	} {
		var s identity.Settings
		s.Set("cordon.user", "alice", false)
		s.EndImplicit()
		c.do(&s)
		s.EndImplicit()
		followState(&s, c.state)
		got, _ := s.Value("cordon.user")
		switch {
		case s.Failed():
			got += " E"
		case s.InBlock():
			got += " T"
		default:
			got += " I"
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Ten connections at once, each by another way, share one window.
func TestWindowOverConnections(t *testing.T) {
	f, _, db := crm(t, nil)
	f.SetPolicy(parsePolicy(t, strings.Replace(attackPolicy, "export: {rows: 50, over: block}", "export: {rows: 50, window: {rows: 100, per: 1h}, over: block}", 1)))
	var got atomic.Int64
	var group sync.WaitGroup
	for i := range 10 {
		c := f.connect(t, "alice", db, "")
		group.Go(func() {
			ctx := context.Background()
			for range 4 {
				switch i % 4 {
				case 0, 1:
					rows := show(c, []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeCacheStatement}[i%4], "SELECT id FROM customers LIMIT 30")
					if strings.HasSuffix(rows, "SELECT 30") {
						got.Add(30)
					}
				case 2:
					var b strings.Builder
					c.PgConn().CopyTo(ctx, &b, "COPY (SELECT id FROM customers LIMIT 30) TO STDOUT")
					got.Add(int64(strings.Count(b.String(), "\n")))
				case 3:
					for _, r := range strings.SplitAfter(show(c, pgx.QueryExecModeSimpleProtocol, "SELECT id FROM customers LIMIT 15; SELECT id FROM customers OFFSET 15 LIMIT 15"), "\n") {
						if strings.HasSuffix(r, "\n") {
							got.Add(1)
						}
					}
				}
			}
		})
	}
	group.Wait()
	if n := got.Load(); n == 0 || n > 100 {
		t.Errorf("%d rows have left, and the window lets 100", n)
	}
}

// The locks that a serializable transaction has on what it read stand for rows behind the filter too.
func TestSerializableLocksTellNothing(t *testing.T) {
	f, pg, db := crm(t, nil)
	pg.Exec(t, db, attackSchema)
	f.SetPolicy(parsePolicy(t, attackPolicy))
	const locks = "SELECT count(*) FROM pg_locks WHERE mode = 'SIReadLock' AND locktype = 'tuple'"
	for person, want := range map[string]string{"alice": "0\nSELECT 1", "dora": "1\nSELECT 1"} {
		c := f.connect(t, person, db, "")
		for _, sql := range []string{"BEGIN ISOLATION LEVEL SERIALIZABLE", "SET LOCAL enable_seqscan = off", "SELECT count(*) FROM customers WHERE id = (SELECT 3)"} {
			show(c, pgx.QueryExecModeSimpleProtocol, sql)
		}
		expect(t, show(c, pgx.QueryExecModeSimpleProtocol, locks), want)
		show(c, pgx.QueryExecModeSimpleProtocol, "ROLLBACK")
	}
}

// A Sync that a COPY takes for its own ends nothing: when the COPY fails, the server skips what follows up to the next one. What is skipped must not be answered, metered and recorded by what runs later.
func TestSkippedBehindACopy(t *testing.T) {
	const big = "SELECT id, phone, owner_id FROM customers ORDER BY id"
	fails := append(wire.AppendHeader(nil, wire.TypeCopyFail, 2), 'x', 0)
	bad := frames(append(wire.AppendHeader(nil, wire.TypeCopyData, 4), "x\ty\n"...), wire.AppendHeader(nil, wire.TypeCopyDone, 0))
	begun := frames(p("s", "SELECT 1"), p("big", big), p("", "COPY plain FROM STDIN"), b("", ""), x("", 0), sy())
	for _, loops := range []bool{false, true} {
		f, pg, db := crm(t, func(s *Server) { s.loops = loops })
		pg.Exec(t, db, attackSchema)
		f.SetPolicy(parsePolicy(t, strings.Replace(attackPolicy, "allow: [select, insert]", "allow: [select, insert, copy_from]", 1)))
		for name, sent := range map[string][]byte{
			"a Query behind CopyFail":         frames(begun, fails, q("SELECT 1"), sy(), q(big), q("SELECT 'end'")),
			"two of them":                     frames(begun, fails, q("SELECT 1"), q("SELECT 2"), sy(), q(big), q("SELECT 'end'")),
			"behind two Syncs":                frames(begun, sy(), fails, q("SELECT 1"), sy(), q(big), q("SELECT 'end'")),
			"a Query behind data that is bad": frames(begun, bad, q("SELECT 1"), sy(), q(big), q("SELECT 'end'")),
			"an Execute":                      frames(begun, fails, b("", "s"), x("", 0), sy(), b("", "big"), x("", 0), sy(), q("SELECT 'end'")),
		} {
			c := login(t, f.addr, "alice", db)
			c.Write(sent)
			rows, refused, ended := 0, false, false
			for !ended {
				for _, m := range until(t, c, 'Z') {
					switch {
					case m.typ == 0:
						t.Fatalf("%s: the session ended", name)
					case m.typ == 'E':
						refused = refused || strings.Contains(string(m.body), "5C001")
					case m.typ == 'D' && strings.Contains(string(m.body), "end"):
						ended = true
					case m.typ == 'D':
						rows++
					}
				}
			}
			if rows > 2 || !refused {
				t.Errorf("%s (loops %v): %d rows, refused %v", name, loops, rows, refused)
			}
			c.Close()
		}
	}
}
