//go:build !race

// The race detector allocates where the program does not.

package proxy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"cordon/audit"
	"cordon/guard"
	"cordon/policy"
	"cordon/poll"
	"cordon/wire"
)

// again is a peer that says the same each time it is read.
type again struct {
	burst []byte
	into  *byte // the buffer that it was read into last
	spare []byte
}

func (a *again) Spare() *[]byte { return &a.spare }

func (a *again) Read(p []byte) (int, error) {
	a.into = &p[0]
	return copy(p, a.burst), nil
}

// echo is a session between two such peers, with everything but sockets.
type echo struct {
	*session
	says, answers again
}

func newEcho(t testing.TB) *echo { return newEchoOf(t, "../testdata/policy/crm.yaml", "alice") }

func newEchoOf(t testing.TB, policyFile, login string) *echo {
	t.Helper()
	e := &echo{session: planner(t, crmCatalog(t), policyFile, login)}
	s := e.session
	log, err := audit.Open(context.Background(), audit.Options{Dir: t.TempDir(), KeyFile: filepath.Join(t.TempDir(), "audit.key"), Node: "test", Fsync: audit.Never})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close(context.Background()) })
	s.server.Audit = log
	s.server.Guard = &guard.Guard{Windows: guard.NewWindows(0), Ceiling: guard.NewCeiling(0)}
	s.server.Limits.Prepared, s.server.Limits.PreparedBytes, s.server.Limits.Held, s.server.Limits.MessageBytes = 100, 1<<20, 1<<20, 1<<20
	s.startup, s.upstream = &wire.Startup{}, s.client
	s.record = s.sessionRecord()
	for _, reported := range []string{"client_encoding\x00UTF8\x00", "server_encoding\x00UTF8\x00", "standard_conforming_strings\x00on\x00", "application_name\x00psql\x00"} {
		s.parameterStatus([]byte(reported))
	}
	s.fromClient, s.fromUpstream = wire.NewReader(&e.says), wire.NewReader(&e.answers)
	s.toClient, s.toUpstream = wire.NewWriter(io.Discard), wire.NewWriter(io.Discard)
	return e
}

// round plays one burst of the client and the server's answer to it.
func (e *echo) round(t testing.TB, client, server []byte) {
	e.says.burst, e.answers.burst = client, server
	if e.polled != nil { // as its poller would
		e.step(poll.Client)
		e.step(poll.Upstream)
		if e.over() {
			t.Fatal(e.end.err)
		}
		return
	}
	for _, side := range []struct {
		r     *wire.Reader
		burst func() (int, error)
		flush func() error
	}{{e.fromClient, e.clientBurst, e.flushUpstream}, {e.fromUpstream, e.upstreamBurst, e.flushClient}} {
		if err := side.r.More(); err != nil {
			t.Fatal(err)
		}
		if need, err := side.burst(); err != nil || need != 0 {
			t.Fatalf("%d bytes more, %v", need, err)
		}
		if err := side.flush(); err != nil {
			t.Fatal(err)
		}
	}
}

func frame(typ byte, body string) []byte {
	return append(wire.AppendHeader(nil, typ, len(body)), body...)
}

func join(frames ...[]byte) (all []byte) {
	for _, f := range frames {
		all = append(all, f...)
	}
	return all
}

const lookUp = "SELECT id, name, phone FROM customers WHERE id = $1"

// The bursts of a prepared look-up of one row, and of the same as a simple Query.
var (
	row        = frame(wire.TypeDataRow, "\x00\x01\x00\x00\x00\x07Company")
	complete   = frame(wire.TypeCommandComplete, "SELECT 1\x00")
	ready      = wire.AppendReadyForQuery(nil, wire.Idle)
	prepareIt  = join(wire.AppendParse(nil, "s1", lookUp, nil), wire.AppendSync(nil))
	prepared   = join(frame(wire.TypeParseComplete, ""), ready)
	executeIt  = join(frame(wire.TypeBind, "\x00s1\x00\x00\x00\x00\x01\x00\x00\x00\x0217\x00\x00"), wire.AppendExecute(nil, "", 0), wire.AppendSync(nil))
	executed   = join(frame(wire.TypeBindComplete, ""), row, complete, ready)
	inside     = join(frame(wire.TypeBindComplete, ""), row, complete, wire.AppendReadyForQuery(nil, wire.InTransaction))
	queryIt    = wire.AppendQuery(nil, "SELECT id, name, phone FROM customers WHERE id = 17")
	queryRows  = join(row, complete, ready)
	manyRows   = join(frame(wire.TypeBindComplete, ""), bytes.Repeat(row, 200), complete, ready)
	meterLimit = policy.Export{Rows: 1 << 40, Over: policy.OverCut}
)

// heard is a peer that keeps what it was told last, where that stands.
type heard struct{ words []byte }

func (h *heard) Write(p []byte) (int, error) {
	h.words = p
	return len(p), nil
}

// A burst that is forwarded as it is goes out of the buffer that it was read into, in one piece.
func TestBurstsAreForwardedInPlace(t *testing.T) {
	e := newEcho(t)
	var client, server heard
	e.toClient, e.toUpstream = wire.NewWriter(&client), wire.NewWriter(&server)
	e.round(t, prepareIt, prepared)
	e.round(t, executeIt, executed)
	if &server.words[0] != e.says.into || len(server.words) != len(executeIt) {
		t.Errorf("the server got %d bytes of %d, or a copy", len(server.words), len(executeIt))
	}
	if &client.words[0] != e.answers.into || len(client.words) != len(executed) {
		t.Errorf("the client got %d bytes of %d, or a copy", len(client.words), len(executed))
	}
}

// What is done for every statement must not come to allocate more. A figure may only go down.
func TestAllocationsDoNotGrow(t *testing.T) {
	e := newEcho(t)
	e.round(t, prepareIt, prepared)
	e.round(t, queryIt, queryRows)
	text := []byte(ormText)
	for n := range 3 {
		mustPlan(t, e.session, varied(ormText, n))
	}
	mustPlan(t, e.session, ormText)
	v := e.view()
	now := time.Now()
	meter := e.server.Guard.Start(now, "alice", []guard.Limit{{Export: &meterLimit, Rule: &policy.Rule{}}})
	intent := audit.Intent{Session: e.record, Person: "alice", Path: "extended", Static: []byte(`"decision":"allow"`), SQL: ormText, Rewritten: ormText}
	queryShape := wire.AppendQuery(nil, varied(ormText, 9))
	alone := &polled{Pair: &poll.Pair{}} // nothing here waits
	polledOnly := func(run func()) func() {
		return func() {
			e.polled = alone
			run()
			e.polled = nil
		}
	}
	for _, c := range []struct {
		what string
		most float64
		run  func()
	}{
		{"a hit of the cache by text", 0, func() { e.plan(text) }},
		{"a hit of the cache by shape: the text with the SQL, and the plan", 2, func() { e.server.seen = seen{}; e.planByShape(v, text) }},
		{"a row under an export limit", 0, func() { meter.Row(now, 100) }},
		{"an intent and its outcome", 0, func() {
			intent.Number++
			ref, err := e.server.Audit.Intent(&intent)
			if err != nil {
				t.Fatal(err)
			}
			e.server.Audit.Outcome(ref, audit.Outcome{End: audit.Done})
		}},
		{"a prepared execution, both ways: its portal, its run and what of it is metered", 2, func() { e.round(t, executeIt, executed) }},
		{"the same with 200 rows, which are forwarded in place", 2, func() { e.round(t, executeIt, manyRows) }},
		{"a query whose text is known, both ways: its run", 1, func() { e.round(t, queryIt, queryRows) }},
		{"a prepared execution of a polled session, which uses the memory of the last one", 0, polledOnly(func() { e.round(t, executeIt, executed) })},
		{"a query of a polled session, likewise", 0, polledOnly(func() { e.round(t, queryIt, queryRows) })},
		{"a query whose shape is known of a polled session, likewise: its text with the SQL", 1, polledOnly(func() { e.server.seen = seen{}; e.round(t, queryShape, queryRows) })},
		{"a prepared execution of a polled session in a transaction, whose portals the server keeps", 1, polledOnly(func() { e.round(t, executeIt, inside) })},
		{"a prepared execution in a transaction, while the catalog is due to be asked for behind it", 2, func() {
			e.round(t, executeIt, inside)
			e.names.database.now.Load().checked.Store(time.Now().Add(-e.server.Limits.CatalogCheck * 3 / 2).UnixNano())
		}},
	} {
		if n := testing.AllocsPerRun(2000, c.run); n > c.most {
			t.Errorf("%s allocates %v times, want %v at most", c.what, n, c.most)
		} else {
			t.Logf("%s: %v", c.what, n)
		}
	}
}

// What a statement of a polled session costs beyond the system calls of its sockets.
func BenchmarkStatement(b *testing.B) {
	e := newEcho(b)
	e.polled = &polled{Pair: &poll.Pair{}} // nothing here waits
	e.round(b, prepareIt, prepared)
	for n := range 3 {
		e.round(b, wire.AppendQuery(nil, fmt.Sprintf("SELECT id, name, phone FROM customers WHERE id = %d", n)), queryRows) // its shape is learned
	}
	b.Run("prepared", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e.round(b, executeIt, executed)
		}
	})
	b.Run("simple", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e.round(b, queryIt, queryRows)
		}
	})
	b.Run("shape", func(b *testing.B) {
		b.ReportAllocs()
		text := []byte("SELECT id, name, phone FROM customers WHERE id = 100000")
		var query []byte
		for b.Loop() { // each time with a number that has not come before
			for i := len(text) - 1; ; i-- {
				if text[i]++; text[i] <= '9' {
					break
				}
				text[i] = '0'
			}
			query = wire.AppendQuery(query[:0], text)
			e.round(b, query, queryRows)
		}
	})
}
