package proxy

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cordon/audit"
	"cordon/internal/pgtest"
)

const durablePolicy = `
version: 1
defaults: {tables: allow}
users:
  alice: {}
rules:
  - {name: must not be lost, users: [alice], tables: [public.kept], allow: [select, insert, update], audit: durable}
  - {name: as the rest, users: [alice], tables: [public.other], allow: [select, insert, update], rows: id > 0}
`

// tap stands between Cordon and the server, and calls seen before it passes on a statement that has the marker in it.
func tap(t *testing.T, upstream, marker string, seen func()) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	pass := func(client net.Conn) {
		defer client.Close()
		server, err := net.Dial("tcp", upstream)
		if err != nil {
			return
		}
		defer server.Close()
		wg.Go(func() { io.Copy(client, server); client.Close() })
		bound := false
		for started := false; ; {
			head := make([]byte, 5)
			if !started {
				head = head[:4]
			}
			if _, err := io.ReadFull(client, head); err != nil {
				return
			}
			body := make([]byte, binary.BigEndian.Uint32(head[len(head)-4:])-4)
			if _, err := io.ReadFull(client, body); err != nil {
				return
			}
			const sslRequest = 80877103
			if !started {
				started = binary.BigEndian.Uint32(body) != sslRequest
			} else {
				has := bytes.Contains(body, []byte(marker))
				switch head[0] {
				case 'Q':
					if has {
						seen()
					}
				case 'B':
					bound = has
				case 'E':
					if bound {
						seen()
					}
				}
			}
			if _, err := server.Write(append(head, body...)); err != nil {
				return
			}
		}
	}
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { pass(c) })
		}
	})
	return l.Addr().String()
}

// Where a rule demands audit: durable, the intent is on the storage device before the server gets the statement, and the outcome before the client hears of it, though the log syncs for nobody else.
func TestDurableBeforeTheServerHasIt(t *testing.T) {
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	pg.Exec(t, db, crmSchema+"CREATE TABLE kept (id int, t text); INSERT INTO kept VALUES (1, 'a'); CREATE TABLE other (id int, t text); INSERT INTO other VALUES (1, 'a'); GRANT ALL ON kept, other TO public;")
	log, err := audit.Open(context.Background(), audit.Options{Dir: filepath.Join(t.TempDir(), "log"), KeyFile: filepath.Join(t.TempDir(), "audit.key"), Node: "test", Fsync: audit.Never, Checkpoint: time.Hour, Heartbeat: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex // over what the tap has seen
	var before audit.Stats
	var arrived []string
	upstream := tap(t, pg.Addr(), "marker", func() {
		mu.Lock()
		defer mu.Unlock()
		s := log.Stats()
		arrived = append(arrived, fmt.Sprintf("recorded %v, synced %v, all of it %v", s.Intents > before.Intents, s.Syncs > before.Syncs, s.SyncLag == 0))
	})
	f := serve(t, upstream, durablePolicy, func(s *Server) { s.Audit = log })
	t.Cleanup(func() { log.Close(context.Background()) })
	c := f.connect(t, "alice", db, "")
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec, pgx.QueryExecModeCacheStatement} {
		for _, table := range []string{"other", "kept", "other"} {
			for _, sql := range []string{"SELECT t FROM " + table + " WHERE t <> $1", "UPDATE " + table + " SET t = 'b' WHERE t <> $1", "WITH w AS (SELECT t FROM " + table + ") SELECT count(*) FROM w WHERE t <> $1"} {
				mu.Lock()
				arrived, before = nil, log.Stats()
				mu.Unlock()
				if _, err := c.Exec(context.Background(), sql, mode, "marker"); err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
				after := log.Stats()
				mu.Lock()
				got := fmt.Sprintf("%v; at the end synced %v", arrived, after.Syncs > before.Syncs && after.SyncLag == 0)
				mu.Unlock()
				want := "[recorded true, synced false, all of it false]; at the end synced false"
				if table == "kept" {
					want = "[recorded true, synced true, all of it true]; at the end synced true"
				}
				if got != want {
					t.Errorf("%v %s:\n got %s\nwant %s", mode, sql, got, want)
				}
			}
		}
	}
}
