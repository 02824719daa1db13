//go:build !race

// The peers of these sessions are those of the tests of allocations.

package proxy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cordon/audit"
	"cordon/wire"
)

// device is the server's side of a connection: it looks, at each write, whether the records of what has been sent are on the storage device.
type device struct {
	t      *testing.T
	s      *session
	writes int
	runs   int
}

func (d *device) Write(b []byte) (int, error) {
	d.writes++
	p := &d.s.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.n {
		if run := p.at(i).run; run != nil {
			d.runs++
			if n := run.record.Needs(); n == 0 || !d.s.server.Audit.Synced(n) {
				d.t.Errorf("a statement goes to the server, and its record is not on the device")
			}
		}
	}
	return len(b), nil
}

// always is a session whose log waits for the device.
func always(t *testing.T) (e *echo, dir string, to *device) {
	e = newEcho(t)
	dir = filepath.Join(t.TempDir(), "audit")
	log, err := audit.Open(context.Background(), audit.Options{Dir: dir, KeyFile: dir + ".key", Node: "test", Fsync: audit.Always})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close(context.Background()) })
	e.server.Audit = log
	to = &device{t: t, s: e.session}
	e.toUpstream = wire.NewWriter(to)
	return e, dir, to
}

// Nothing goes to the server before the record of it is on the device, in pipelines too.
func TestNothingGoesBeforeItsRecord(t *testing.T) {
	e, _, to := always(t)
	e.round(t, prepareIt, prepared)
	for range 10 {
		e.round(t, executeIt, executed)
		e.round(t, queryIt, queryRows)
		e.round(t, join(executeIt, executeIt, queryIt), join(executed, executed, queryRows))
	}
	if to.runs < 50 {
		t.Errorf("%d statements were looked at", to.runs)
	}
}

// When the device fails, what waits for it does not go to the server: the session ends.
func TestNothingGoesWhenTheDeviceFails(t *testing.T) {
	for try := range 10 {
		e, dir, to := always(t)
		e.round(t, prepareIt, prepared)
		writes := to.writes
		segments, err := filepath.Glob(filepath.Join(dir, "segments", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range segments {
			os.Remove(path)
		}
		e.says.burst = executeIt
		if err := e.fromClient.More(); err != nil {
			t.Fatal(err)
		}
		if _, err := e.clientBurst(); err != nil {
			t.Fatal(err)
		}
		if e.unsynced == 0 {
			t.Logf("try %d: the log has noticed too early", try)
			continue
		}
		for e.server.Audit.Stats().State != audit.StateFailed {
			time.Sleep(10 * time.Millisecond)
		}
		err = e.flushUpstream()
		if !errors.As(err, new(errNotRecorded)) || to.writes != writes {
			t.Fatalf("%v; %d writes", err, to.writes-writes)
		}
		words := auditRefusal(err)
		if words.Code != codeIO || !strings.Contains(err.Error(), "removed or replaced") {
			t.Errorf("%+v of %v", words, err)
		}
		return
	}
	t.Fatal("the log always noticed too early")
}
