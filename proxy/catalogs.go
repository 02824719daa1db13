package proxy

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cordon/catalog"
	"cordon/rewrite"
	"cordon/wire"
)

// catalogs are the snapshots of the databases behind the server, one of each, shared by all sessions.
type catalogs struct {
	mu  sync.Mutex
	all map[string]*database // guarded by mu, by name
}

// database is what is known of one database.
type database struct {
	name string
	now  atomic.Pointer[snapshot]
	load sync.Mutex // held by the one session that checks or loads
}

// snapshot is a catalog with a number that no other snapshot of this process has.
type snapshot struct {
	*catalog.Snapshot
	generation uint64
	checked    atomic.Int64 // Unix time in ns when the server last confirmed it
	memo       rewrite.Memo // of policy expressions bound to it
}

var generations atomic.Uint64

func newSnapshot(c *catalog.Snapshot, now time.Time) *snapshot {
	s := &snapshot{Snapshot: c, generation: generations.Add(1)}
	s.checked.Store(now.UnixNano())
	return s
}

func (c *catalogs) database(name string) *database {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = make(map[string]*database)
	}
	d := c.all[name]
	if d == nil {
		d = &database{name: name}
		c.all[name] = d
	}
	return d
}

// snapshots are those in use.
func (c *catalogs) snapshots() []*snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []*snapshot
	for _, d := range c.all {
		if s := d.now.Load(); s != nil {
			list = append(list, s)
		}
	}
	return list
}

// fresh says that the snapshot has been confirmed lately.
func (d *database) fresh(now time.Time, within time.Duration) bool {
	s := d.now.Load()
	return s != nil && now.UnixNano()-s.checked.Load() < int64(within)
}

// generation is the number of the snapshot, 0 for none.
func (d *database) generation() uint64 {
	if s := d.now.Load(); s != nil {
		return s.generation
	}
	return 0
}

// doubt makes the next statement that needs names ask the server first.
func (d *database) doubt() {
	if s := d.now.Load(); s != nil {
		s.checked.Store(0)
	}
}

// check confirms the shared snapshot or replaces it, by queries on one session outside a transaction. One session of all does it at a time; the others wait and use what it found.
func (srv *Server) check(ctx context.Context, d *database, query catalog.Query) error {
	begun := time.Now()
	d.load.Lock()
	defer d.load.Unlock()
	old := d.now.Load()
	if old != nil && old.checked.Load() > begun.UnixNano() {
		return nil // another session has asked meanwhile
	}
	asked := time.Now()
	var last *catalog.Snapshot
	if old != nil {
		last = old.Snapshot
		fingerprint, err := catalog.Fingerprint(ctx, query)
		if err != nil {
			return err
		}
		if fingerprint == old.Fingerprint {
			old.checked.Store(asked.UnixNano())
			return nil
		}
	}
	c, err := catalog.Load(ctx, query, last)
	if err != nil {
		return err
	}
	if c == last {
		old.checked.Store(asked.UnixNano())
		return nil
	}
	srv.metrics.catalogs.Inc()
	if p := srv.policy.Load(); p != nil {
		// What does not fit denies, where it matters; here it is told.
		for _, problem := range rewrite.Check(p, c) {
			srv.log.LogAttrs(ctx, slogWarn, "policy does not fit the database", slog.String("database", d.name), slog.String("mistake", problem.String()))
		}
	}
	d.now.Store(newSnapshot(c, asked))
	if old != nil {
		srv.plans.forget(old.generation)
	}
	return nil
}

// pathQuery asks how the session resolves names. It stands on no name that the session's search_path could bend (CVE-2025-12819).
const pathQuery = `SELECT pg_catalog.unnest(pg_catalog.current_schemas(true))`

// tempQuery asks for the session's temporary relations and types, which stand before all others of their name.
const tempQuery = `SELECT relname FROM pg_catalog.pg_class WHERE relnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()
UNION ALL SELECT typname FROM pg_catalog.pg_type WHERE typnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema() ORDER BY relname USING OPERATOR(pg_catalog.<)`

// names is how the session resolves names. The client's loop uses it.
type names struct {
	database *database
	path     []string
	joined   string                       // path as a key
	temp     map[string]bool              // temporary relations and types, of a login that speaks for others: not for people under rules
	tables   map[string]*catalog.Relation // temporary tables, of a login that is one person
	types    map[string]bool              // names of temporary types
	askedAt  time.Time                    // when the path was asked for
	asked    uint64                       // the generation of the database's snapshot when the path was asked for: a schema made or opened since can be part of it
	own      *snapshot                    // of the session's transaction, which has changed the catalog; nil otherwise
	ownSync  uint64                       // the Sync or Query that own was made before
	dirty    bool                         // the path may have changed
	habit    bool                         // what the session needs of it is learned from: see habits
	used     bool                         // and it has needed it
	altered  bool                         // the session has changed the catalog, or taken such a change back, and has not asked for it since
	inside   bool                         // the path has been changed in a transaction that may yet be undone
	sync     uint64                       // the Sync or Query that inside was set before

	confirmed   *snapshot // found to hold in the midst of a transaction, where nobody else is told
	confirmedAt time.Time // when
	blind       bool      // the transaction sees the catalog as it was when it began; see confirm
	blindSync   uint64    // the Sync or Query that blind was set before
}

// changed notes that the path may have changed. s.syncs is the number of the last Sync.
func (n *names) changed(sync uint64) { n.dirty, n.inside, n.sync = true, true, sync }

// pathChecks is for how many times the age of a catalog the path is believed when the catalog stays as it is. Which schemas of search_path the session may use, so that they count, also follows from what roles its own is a member of: of that
// no catalog tells which Cordon watches, and servers before PostgreSQL 17 take notice at some later time.
const pathChecks = 12

// settle notes that a transaction has ended, if one has: what it set locally is undone, and what it set at all when it failed.
func (s *session) settleNames() {
	n := &s.names
	idle := s.idleSync.Load()
	if n.inside && idle >= n.sync {
		n.inside, n.dirty = false, true
	}
	if n.own != nil && idle >= n.ownSync {
		s.forgetOwn()
	}
	if n.database.generation() != n.asked || s.now.Sub(n.askedAt) > pathChecks*s.server.Limits.CatalogCheck {
		n.dirty = true
	}
	if n.blind && idle >= n.blindSync {
		n.blind = false
	}
}

// forgetOwn drops the snapshot of the session's own transaction.
func (s *session) forgetOwn() {
	if own := s.names.own; own != nil {
		s.server.plans.forget(own.generation)
		s.names.own = nil
	}
}

// outdated says that what is known of the catalog is not what the session's transaction sees: it has made or dropped a relation itself, so that a name may mean another one now.
func (s *session) outdated() bool { return s.names.altered && !s.grant.RawTables() }

// catalog is the snapshot that names are resolved in.
func (s *session) catalog() *snapshot {
	if s.names.own != nil {
		return s.names.own
	}
	return s.names.database.now.Load()
}

// overdue says that a transaction has gone on for so long since the catalog was confirmed that it must be asked for within it: what a name stands for could be replaced meanwhile (ALTER VIEW … RENAME, CREATE OR REPLACE VIEW), and a person can
// keep a transaction open until somebody does. Between transactions it is asked for when half of that time is over.
func (s *session) overdue(now time.Time) bool {
	known := s.catalog()
	if known == nil {
		return false
	}
	limit := 2 * s.server.Limits.CatalogCheck
	return now.Sub(time.Unix(0, known.checked.Load())) > limit && (s.names.confirmed != known || now.Sub(s.names.confirmedAt) > limit)
}

// errFailedTransaction says that names cannot be asked for, and need not be: the server refuses every statement.
var errFailedTransaction = errors.New("current transaction is aborted, commands ignored until end of transaction block")

// resolve makes sure that the names of a statement can be resolved: it asks the server for the search path if that may have changed, and for the catalog if what is known of it is too old. stale says that a name was unknown, so that
// the catalog must be asked for whatever its age.
func (s *session) resolve(stale bool) error {
	now := time.Now()
	n := &s.names
	old := !n.database.fresh(now, s.server.Limits.CatalogCheck) && n.own == nil
	overdue := !n.blind && s.overdue(now)
	if !n.dirty && !old && !stale && !s.outdated() && !overdue {
		return nil
	}
	if !n.dirty && !stale && !s.outdated() && !overdue && !s.betweenPipelines() && n.database.now.Load() != nil {
		return nil // the catalog is asked for between transactions
	}
	if err := s.waitQuiet(); err != nil {
		return err
	}
	state := byte(s.transaction.Load())
	if state == wire.Failed {
		return errFailedTransaction
	}
	if s.inPipeline && s.skipping() {
		return errSkipped
	}
	s.settleNames()
	old = !n.database.fresh(now, s.server.Limits.CatalogCheck) && n.own == nil // what has been waited for may have changed it
	ctx := context.Background()
	query := func(_ context.Context, sql string) ([][]*string, error) { return s.ask(sql) }
	idle := !s.bound && state == wire.Idle
	if n.dirty || stale { // a function may have made a temporary table of that name
		if err := s.askPath(ctx, query); err != nil {
			return err
		}
	}
	if !idle && (overdue || stale || s.outdated()) && !n.blind {
		if err := s.askIsolation(query); err != nil {
			return err
		}
	}
	switch {
	case idle && (old || stale || s.outdated()):
		if err := s.server.check(ctx, n.database, query); err != nil {
			return err
		}
		n.altered = false
		if n.database.generation() != n.asked {
			return s.askPath(ctx, query)
		}
	case n.blind && !stale && !s.outdated() && n.database.now.Load() != nil:
		// confirm looks at each statement.
	case !stale && !s.outdated() && s.overdue(now):
		fingerprint, err := catalog.Fingerprint(ctx, query)
		if err != nil {
			return err
		}
		if known := s.catalog(); fingerprint == known.Fingerprint {
			n.confirmed, n.confirmedAt = known, now
			return nil
		}
		fallthrough
	case stale || s.outdated() || n.database.now.Load() == nil:
		load := catalog.LoadWithin
		if s.bound {
			load = catalog.LoadInPipeline
		}
		var last *catalog.Snapshot
		if now := n.database.now.Load(); now != nil {
			last = now.Snapshot
		}
		c, err := load(ctx, query, last)
		if err != nil {
			return err
		}
		s.forgetOwn()
		n.own, n.ownSync, n.altered = newSnapshot(c, now), s.syncs+1, false
		return s.askPath(ctx, query)
	}
	return nil
}

// askPath asks the server for the search path.
func (s *session) askPath(ctx context.Context, query catalog.Query) error {
	asked := s.names.database.generation()
	rows, err := query(ctx, pathQuery)
	if err != nil {
		return fmt.Errorf("ask for the search path: %w", err)
	}
	schemas := make([]string, len(rows))
	for i, row := range rows {
		if len(row) != 1 || row[0] == nil {
			return errors.New("ask for the search path: the server did not answer with names")
		}
		schemas[i] = *row[0]
	}
	s.names.asked, s.names.askedAt = asked, time.Now()
	return s.follow(ctx, schemas, query)
}

// currentSchemas is the OID of pg_catalog.current_schemas(bool), the same in every version.
const currentSchemas = 1403

// appendPathCall appends the question for it at login. The function is called as in pathQuery, but by a message that names it by its OID and has no SQL: for a new server process, which has everything to look up yet, that is a third of the
// work of a SELECT.
func appendPathCall(dst []byte) []byte {
	return wire.AppendFunctionCall(dst, currentSchemas, []byte{1})
}

// decodePath is the answer to that.
func decodePath(body []byte) ([]string, error) {
	array, err := wire.DecodeFunctionResult(body)
	if err != nil {
		return nil, err
	}
	list, err := wire.BinaryArray(array)
	if err != nil {
		return nil, err
	}
	schemas := make([]string, len(list))
	for i, name := range list {
		schemas[i] = string(name)
	}
	return schemas, nil
}

// follow takes the schemas that the server has answered with for the search path, as they came, and asks for temporary relations if there are any.
func (s *session) follow(ctx context.Context, schemas []string, query catalog.Query) error {
	temporary := false
	path := make([]string, 0, len(schemas))
	for _, schema := range schemas {
		name, ok := s.decode(schema)
		if !ok {
			return errors.New("ask for the search path: a schema has a name that is not in the client's encoding")
		}
		if strings.HasPrefix(name, "pg_temp_") {
			temporary = true
			continue
		}
		path = append(path, name)
	}
	joined := strings.Join(path, "\x00")
	var temp map[string]bool
	if temporary && s.speaker.speaks {
		rows, err := query(ctx, tempQuery)
		if err != nil {
			return fmt.Errorf("ask for temporary tables: %w", err)
		}
		temp = make(map[string]bool, len(rows))
		for _, row := range rows {
			if len(row) != 1 || row[0] == nil {
				return errors.New("ask for temporary tables: the server did not answer with names")
			}
			name, ok := s.decode(*row[0])
			if !ok {
				return errors.New("ask for temporary tables: one has a name that is not in the client's encoding")
			}
			temp[name] = true
			joined += "\x00\x00" + name
		}
	}
	var tables map[string]*catalog.Relation
	types := temp
	if temporary && !s.speaker.speaks {
		key := fnv.New128a() // plans depend on the columns
		var err error
		tables, types, err = catalog.Temporary(ctx, func(ctx context.Context, sql string) ([][]*string, error) {
			rows, err := query(ctx, sql)
			for _, row := range rows {
				for i, cell := range row {
					if cell == nil {
						key.Write([]byte{0})
						continue
					}
					text, ok := s.decode(*cell)
					if !ok {
						return nil, errors.New("one has a name that is not in the client's encoding")
					}
					row[i] = &text
					fmt.Fprintf(key, "%d:%s", len(text), text)
				}
			}
			return rows, err
		})
		if err != nil {
			return err
		}
		joined += "\x00\x00" + string(key.Sum(nil))
	}
	s.names.path, s.names.joined, s.names.temp, s.names.tables, s.names.types, s.names.dirty = path, joined, temp, tables, types, false
	return nil
}
