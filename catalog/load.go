package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// settings are set for the length of a load, so that neither the session's nor the login's own can bend the answers or let the load hang. Each is undone at the end.
//
//   - search_path: so pg_get_viewdef and format_type qualify every name but pg_catalog's, and names in the queries mean pg_catalog's own. pg_temp stands last in it; unnamed it would stand first.
//   - quote_all_identifiers changes what pg_get_viewdef prints; client_encoding what a name can be sent in.
//   - DateStyle, IntervalStyle, TimeZone, extra_float_digits, bytea_output and standard_conforming_strings change how it prints constants. Other sessions read them by their own, so they must be printed in the one form that every setting reads alike, and whole: a
//     person who had a view loaded with German dates, or with floats of one digit, would move its limits for everybody.
//   - a login could set statement_timeout so low that its snapshot never loads; a view over a table that someone holds an exclusive lock on would hold up the load for as long.
//   - compiling the queries takes longer than running them.
var settings, settled = loadSettings([][2]string{
	{"search_path", "pg_catalog, pg_temp"}, {"quote_all_identifiers", "off"}, {"client_encoding", "UTF8"},
	{"datestyle", "ISO, YMD"}, {"intervalstyle", "postgres"}, {"timezone", "UTC"}, {"extra_float_digits", "1"}, {"bytea_output", "hex"}, {"standard_conforming_strings", "on"},
	{"statement_timeout", "60s"}, {"lock_timeout", "500ms"}, {"jit", "off"},
})

// loadSettings makes the query that sets them, and the one that asks for what it changes, as the query that sets it back.
func loadSettings(list [][2]string) (set, asked string) {
	var to, back, now []string
	for _, v := range list {
		to = append(to, "pg_catalog.set_config('"+v[0]+"', '"+v[1]+"', true)")
		back = append(back, "pg_catalog.set_config(''"+v[0]+"'', %L, true)")
		now = append(now, "pg_catalog.current_setting('"+v[0]+"')")
	}
	return "SELECT " + strings.Join(to, ", "), "SELECT pg_catalog.format('SELECT " + strings.Join(back, ", ") + "', " + strings.Join(now, ", ") + ")"
}

// The queries of a load. Operators in them are pg_catalog's, for the search_path of settings.
const (
	headQuery = `SELECT pg_catalog.current_database(), pg_catalog.current_setting('server_version_num')`

	namesQuery = `SELECT 'n', n.oid, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_(toast_)?temp_'
UNION ALL
SELECT 'l', l.oid, l.lanname FROM pg_catalog.pg_language l`

	// %d in these queries is the least OID that is asked for: 0, or FirstUserOID.
	operatorsQuery = `SELECT 'o', o.oid, o.oprname, pg_catalog.concat_ws(' ', o.oprnamespace, o.oprleft, o.oprright, o.oprresult, o.oprcode::pg_catalog.oid, p.proleakproof, p.provolatile)
FROM pg_catalog.pg_operator o LEFT JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode WHERE o.oid >= %d
UNION ALL
SELECT 'c', c.oid, NULL, pg_catalog.concat_ws(' ', c.castsource, c.casttarget, c.castfunc, c.castmethod, c.castcontext, c.castmethod = 'b' OR p.proleakproof IS TRUE)
FROM pg_catalog.pg_cast c LEFT JOIN pg_catalog.pg_proc p ON p.oid = c.castfunc`

	// What values of a type pass through without being asked: 'f' a function, 't' another type. Functions of initdb's are not told.
	// PostgreSQL 13 has no multiranges, so their column is read by way of JSON.
	callsQuery = `WITH o AS MATERIALIZED (
	SELECT c.oid AS class, x.f FROM pg_catalog.pg_opclass c JOIN (
		SELECT p.amprocfamily AS family, p.amproc::pg_catalog.oid AS f FROM pg_catalog.pg_amproc p
		UNION ALL
		SELECT a.amopfamily, q.oprcode::pg_catalog.oid FROM pg_catalog.pg_amop a JOIN pg_catalog.pg_operator q ON q.oid = a.amopopr) x ON x.family = c.opcfamily
	WHERE c.oid >= 16384 AND x.f >= 16384)
SELECT k.contypid, CASE WHEN d.refclassid = 1247 THEN 't' ELSE 'f' END, CASE d.refclassid WHEN 2617 THEN (SELECT q.oprcode::pg_catalog.oid FROM pg_catalog.pg_operator q WHERE q.oid = d.refobjid) ELSE d.refobjid END
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_depend d ON d.classid = 2606 AND d.objid = k.oid AND d.refclassid IN (1247, 1255, 2617) WHERE k.contypid <> 0
UNION
SELECT c.opcintype, 'f', o.f FROM o JOIN pg_catalog.pg_opclass c ON c.oid = o.class WHERE c.opcdefault AND c.opcmethod IN (403, 405)
UNION
SELECT r.rngtypid, 'f', o.f FROM o JOIN pg_catalog.pg_range r ON r.rngsubopc = o.class
UNION
SELECT r.rngtypid, 'f', x.f::pg_catalog.oid FROM pg_catalog.pg_range r, LATERAL (VALUES (r.rngcanonical), (r.rngsubdiff)) x(f) WHERE x.f::pg_catalog.oid >= 16384
UNION
SELECT r.rngtypid, 't', r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid >= 16384
UNION
SELECT (pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::pg_catalog.oid, 't', r.rngtypid FROM pg_catalog.pg_range r WHERE r.rngtypid >= 16384 AND pg_catalog.to_jsonb(r) ? 'rngmultitypid'`

	relationsQuery = `SELECT pg_catalog.concat_ws(' ', c.oid, c.relnamespace, c.relkind, c.relpersistence, c.relowner, c.relispartition, c.relrowsecurity,
	c.relhasrules AND EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type <> '1'),
	c.relhastriggers AND EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
	c.relhastriggers AND EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgtype & 3 = 3)),
	c.relname, i.key, p.parents, CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.array_to_string(c.reloptions, ' ') END, u.tables,
	CASE WHEN c.relkind IN ('v', 'm') THEN (SELECT pg_catalog.concat_ws(' ', r.oid, r.xmin) FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type = '1') END
FROM pg_catalog.pg_class c
LEFT JOIN (SELECT x.indrelid, pg_catalog.array_to_string((pg_catalog.string_to_array(x.indkey::pg_catalog.text, ' '))[1:x.indnkeyatts], ' ') AS key FROM pg_catalog.pg_index x WHERE x.indisprimary) i ON i.indrelid = c.oid
LEFT JOIN (SELECT h.inhrelid, pg_catalog.string_agg(h.inhparent::pg_catalog.text, ' ' ORDER BY h.inhseqno) AS parents FROM pg_catalog.pg_inherits h GROUP BY h.inhrelid) p ON p.inhrelid = c.oid
LEFT JOIN (SELECT d.seq, pg_catalog.array_agg(d.tab) AS tables FROM (
	SELECT x.objid AS seq, x.refobjid AS tab FROM pg_catalog.pg_depend x WHERE x.classid = 1259 AND x.refclassid = 1259 AND x.refobjsubid > 0 AND x.deptype IN ('a', 'i')
	UNION
	SELECT x.refobjid, a.adrelid FROM pg_catalog.pg_attrdef a JOIN pg_catalog.pg_depend x ON x.classid = 2604 AND x.objid = a.oid AND x.refclassid = 1259 AND x.refobjid <> a.adrelid) d
	JOIN pg_catalog.pg_class t ON t.oid = d.tab AND t.relpersistence <> 't' GROUP BY d.seq) u ON u.seq = c.oid AND c.relkind = 'S'
WHERE c.oid >= %d AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')`

	foreignKeysQuery = `SELECT pg_catalog.concat_ws(' ', k.conrelid, k.confrelid, k.condeferrable), k.conname, pg_catalog.array_to_string(k.conkey, ' '), pg_catalog.array_to_string(k.confkey, ' ')
FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conrelid >= %d ORDER BY k.conrelid, k.conname`

	columnsQuery = `SELECT pg_catalog.concat_ws(' ', a.attrelid, a.attnum, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.atthasdef, pg_catalog.concat('i', a.attidentity), pg_catalog.concat('g', a.attgenerated)), a.attname,
	CASE WHEN a.attcollation NOT IN (0, 100, 950) THEN (SELECT pg_catalog.quote_ident(m.nspname) || '.' || pg_catalog.quote_ident(l.collname) FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace m ON m.oid = l.collnamespace WHERE l.oid = a.attcollation) END
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
WHERE a.attrelid >= %d AND a.attnum > 0 AND NOT a.attisdropped AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
ORDER BY a.attrelid, a.attnum`

	typesQuery = `SELECT pg_catalog.concat_ws(' ', t.oid, t.typnamespace, t.typtype, pg_catalog.ascii(t.typcategory::pg_catalog.text), CASE WHEN t.typlen = -1 THEN t.typelem ELSE 0 END, t.typarray, t.typbasetype, t.typtypmod, t.typrelid, t.typcollation, t.typispreferred), t.typname
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.oid >= %d AND n.nspname !~ '^pg_(toast|temp_)'`

	functionsQuery = `SELECT pg_catalog.concat_ws(' ', p.oid, p.pronamespace, p.prokind, p.provariadic <> 0, p.pronargdefaults, p.prorettype, p.proretset, p.provolatile, p.proleakproof, p.prolang, p.prosecdef, p.proargtypes), p.proname,
	CASE WHEN p.oid >= 16384 THEN (SELECT e.extname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid WHERE d.classid = 1255 AND d.objid = p.oid AND d.refclassid = 3079 AND d.deptype = 'e') END
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.oid >= %d AND n.nspname !~ '^pg_(toast_)?temp_'`

	// What a view reads stands in its rule's query tree. pg_depend would not do: it says nothing about relations made by initdb.
	// ARRAY[%s] are the views. Those of pg_catalog get no text: their rules are Cordon's own.
	viewsQuery = `SELECT c.oid, CASE WHEN n.nspname <> 'pg_catalog' THEN pg_catalog.pg_get_viewdef(c.oid) END,
	ARRAY(SELECT DISTINCT m[1] FROM pg_catalog.regexp_matches(r.ev_action::pg_catalog.text, ':relid ([0-9]+)', 'g') m),
	ARRAY(SELECT DISTINCT CASE d.refclassid WHEN 1255 THEN d.refobjid ELSE (SELECT o.oprcode::pg_catalog.oid FROM pg_catalog.pg_operator o WHERE o.oid = d.refobjid) END
		FROM pg_catalog.pg_depend d WHERE d.classid = 2618 AND d.objid = r.oid AND d.refclassid IN (1255, 2617))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid AND r.ev_type = '1'
WHERE c.oid = ANY (ARRAY[%s]::pg_catalog.oid[])`

	// Types with a modifier, printed by the server: a type's own typmodout may print what it likes.
	typmodsQuery = `SELECT x.t, x.m, pg_catalog.format_type(x.t, x.m) FROM ROWS FROM (pg_catalog.unnest(ARRAY[%s]::pg_catalog.oid[]), pg_catalog.unnest(ARRAY[%s]::pg_catalog.int4[])) AS x(t, m)`
)

// Load takes a snapshot over a session that is in no transaction block. It runs BEGIN … READ ONLY, a handful of queries (nine for a database of up to a thousand views), and COMMIT, or ROLLBACK when one fails;
// settings that it changes are back when it returns. Any login may run it. The session's ParameterStatus messages during the load (client_encoding, search_path) are nobody's business but the caller's.
//
// A view whose definition cannot be read within half a second, because someone holds an exclusive lock on what it reads, comes without Definition and Reads, and the snapshot has no Fingerprint, so that it never counts as up to date.
//
// When last is not nil, what has not changed since it was taken is taken over from it: see reuse. It must be a snapshot of the same database, and not one of LoadWithin or LoadInPipeline. When nothing has changed, the answer is last.
func Load(ctx context.Context, query Query, last *Snapshot) (*Snapshot, error) {
	l := newLoader(ctx, query, last)
	if err := l.load("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", []string{"COMMIT"}, []string{"ROLLBACK"}); err != nil || l.snapshot == last {
		return l.snapshot, err
	}
	l.snapshot.settled = true
	if l.printed {
		// A view is printed as it is now, not as the transaction sees it.
		now, err := Fingerprint(ctx, query)
		if err != nil {
			return nil, err
		}
		l.snapshot.settled = now == l.snapshot.Fingerprint
	}
	return l.snapshot, nil
}

// LoadWithin takes a snapshot in the middle of a client's transaction, which must not have failed, within a savepoint that is rolled back.
// The snapshot shows what that transaction has done itself: it must not be used for other sessions, nor for this one after a rollback.
// It must not come before the client's SET TRANSACTION, which PostgreSQL takes before any query alone.
// last is as for Load.
func LoadWithin(ctx context.Context, query Query, last *Snapshot) (*Snapshot, error) {
	undo := []string{"ROLLBACK TO SAVEPOINT cordon_catalog", "RELEASE SAVEPOINT cordon_catalog"}
	l := newLoader(ctx, query, last)
	err := l.load("SAVEPOINT cordon_catalog", undo, undo)
	return l.snapshot, err
}

// LoadInPipeline is LoadWithin for the middle of a pipeline of the extended protocol, whose transaction may be an implicit one, without savepoints: an error leaves it failed. Whoever calls it must send no Sync.
func LoadInPipeline(ctx context.Context, query Query, last *Snapshot) (*Snapshot, error) {
	rows, err := query(ctx, settled)
	if err == nil && (len(rows) != 1 || len(rows[0]) != 1 || rows[0][0] == nil) {
		err = errors.New("the server did not answer with one text")
	}
	if err != nil {
		return nil, fmt.Errorf("load the catalog: %w", err)
	}
	l := newLoader(ctx, query, last)
	l.flat = true
	if err = l.run(); err == nil {
		_, err = query(ctx, *rows[0][0])
	}
	if err != nil {
		return nil, fmt.Errorf("load the catalog: %w", err)
	}
	return l.snapshot, nil
}

func newLoader(ctx context.Context, query Query, last *Snapshot) *loader {
	return &loader{ctx: ctx, query: query, last: last, snapshot: &Snapshot{rules: map[OID]string{}}, texts: map[string]string{}, names: map[OID]string{}, languages: map[OID]string{}}
}

func (l *loader) load(begin string, end, undo []string) error {
	if _, err := l.query(l.ctx, begin); err != nil {
		l.snapshot = nil
		return fmt.Errorf("load the catalog: %w", err)
	}
	err := l.run()
	last := end
	if err != nil {
		last = undo
	}
	for _, sql := range last {
		if _, errEnd := l.query(l.ctx, sql); errEnd != nil {
			l.snapshot = nil
			return fmt.Errorf("load the catalog: %w", errors.Join(err, errEnd))
		}
	}
	if err != nil {
		l.snapshot = nil
		return fmt.Errorf("load the catalog: %w", err)
	}
	return nil
}

// loader is one load in progress.
type loader struct {
	ctx       context.Context
	query     Query
	last      *Snapshot // to take over from; nil for none
	same      reuse     // what of it
	snapshot  *Snapshot
	c         contents
	texts     map[string]string // each text once: thousands of columns are called id
	names     map[OID]string    // of schemas
	languages map[OID]string
	flat      bool // no savepoints
	printed   bool // some view's text has been asked for
	failures  int  // of views queries
	missing   bool // some view could not be read
}

func (l *loader) run() error {
	if _, err := l.query(l.ctx, settings); err != nil {
		return err
	}
	var err error
	// First, so that a change that comes between the queries (in a READ COMMITTED transaction) makes the snapshot out of date.
	if l.snapshot.Fingerprint, err = Fingerprint(l.ctx, l.query); err != nil {
		return err
	}
	if l.last != nil && l.last.Fingerprint == l.snapshot.Fingerprint {
		l.snapshot = l.last
		return nil
	}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"the server's version", l.head}, {"schemas", l.loadNames}, {"operators and casts", l.loadOperators}, {"types", l.loadTypes}, {"functions", l.loadFunctions},
		{"relations", l.loadRelations}, {"foreign keys", l.loadForeignKeys}, {"columns", l.loadColumns}, {"views", l.loadViews},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	if l.missing {
		l.snapshot.Fingerprint = ""
	}
	l.snapshot.index(l.c)
	return nil
}

// rows runs a query whose rows have n columns.
func (l *loader) rows(n int, sql string) ([][]*string, error) {
	rows, err := l.query(l.ctx, sql)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if len(row) != n {
			return nil, fmt.Errorf("the server answered with %d columns instead of %d", len(row), n)
		}
	}
	return rows, nil
}

// text gives the one copy of a text.
func (l *loader) text(s *string) string {
	if s == nil {
		return ""
	}
	if t, ok := l.texts[*s]; ok {
		return t
	}
	t := strings.Clone(*s)
	l.texts[t] = t
	return t
}

func (l *loader) head() error {
	rows, err := l.rows(2, headQuery)
	if err != nil {
		return err
	}
	if len(rows) != 1 || rows[0][0] == nil || rows[0][1] == nil {
		return errors.New("the server did not answer with one row")
	}
	l.snapshot.Database = *rows[0][0]
	if l.snapshot.ServerVersion, err = strconv.Atoi(*rows[0][1]); err != nil {
		return err
	}
	l.same = compare(l.snapshot, l.last)
	return nil
}

func (l *loader) loadNames() error {
	rows, err := l.rows(3, namesQuery)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row[0] == nil || row[1] == nil {
			return errors.New("the server answered NULL")
		}
		oid, err := parseOID(*row[1])
		if err != nil {
			return err
		}
		switch *row[0] {
		case "n":
			l.names[oid] = l.text(row[2])
			l.c.schemas = append(l.c.schemas, Schema{oid, l.names[oid]})
		case "l":
			l.languages[oid] = l.text(row[2])
		}
	}
	return nil
}

func (l *loader) loadOperators() error {
	if l.same.operators {
		l.c.operatorsFrom = l.last
		return nil
	}
	rows, err := l.rows(4, fmt.Sprintf(operatorsQuery, l.same.from))
	if err != nil {
		return err
	}
	if l.same.from > 0 {
		for _, o := range l.last.operators {
			if o.OID < l.same.from {
				l.c.operators = append(l.c.operators, o)
			}
		}
	}
	for _, row := range rows {
		if row[0] == nil || row[1] == nil {
			return errors.New("the server answered NULL")
		}
		switch *row[0] {
		case "o":
			oid, err := parseOID(*row[1])
			if err != nil {
				return err
			}
			f := split(row[3])
			o := Operator{OID: oid, Name: l.text(row[2]), Schema: l.names[f.oid()], Left: f.oid(), Right: f.oid(), Result: f.oid(), Function: f.oid()}
			// An operator that is but a shell has no function: neither leakproof nor anything else.
			if f.more() {
				o.Leakproof, o.Volatile = f.bool(), f.byte()
			}
			if f.err != nil {
				return f.err
			}
			l.c.operators = append(l.c.operators, o)
		case "c":
			f := split(row[3])
			c := Cast{Source: f.oid(), Target: f.oid(), Function: f.oid(), Method: f.byte(), Context: f.byte(), Leakproof: f.bool()}
			if f.err != nil {
				return f.err
			}
			l.c.casts = append(l.c.casts, c)
		}
	}
	return nil
}

func (l *loader) loadTypes() error {
	rows, err := l.rows(2, fmt.Sprintf(typesQuery, l.same.from))
	if err != nil {
		return err
	}
	if l.same.from > 0 {
		l.c.types = make([]Type, 0, len(l.last.types)+len(rows))
		for _, t := range l.last.types {
			if t.OID < l.same.from {
				t.Calls, t.Parts = nil, nil // asked for below
				l.c.types = append(l.c.types, t)
			}
		}
	}
	for _, row := range rows {
		f := split(row[0])
		t := Type{OID: f.oid(), Schema: l.names[f.oid()], Kind: f.byte(), Category: byte(f.int32()), Elem: f.oid(), Array: f.oid(), Base: f.oid(), BaseTypmod: f.int32(), Relation: f.oid(), Collation: f.oid(), Preferred: f.bool(), Name: l.text(row[1])}
		if f.err != nil {
			return f.err
		}
		l.c.types = append(l.c.types, t)
	}
	return l.loadCalls()
}

func (l *loader) loadCalls() error {
	rows, err := l.rows(3, callsQuery)
	if err != nil || len(rows) == 0 {
		return err
	}
	byOID := make(map[OID]*Type, len(l.c.types))
	for i := range l.c.types {
		byOID[l.c.types[i].OID] = &l.c.types[i]
	}
	for _, row := range rows {
		if row[0] == nil || row[1] == nil || row[2] == nil {
			return errors.New("the server answered NULL")
		}
		oid, err := parseOID(*row[0])
		if err != nil {
			return err
		}
		to, err := parseOID(*row[2])
		if err != nil {
			return err
		}
		t := byOID[oid]
		switch {
		case t == nil || to == oid: // a domain's constraint depends on the domain
		case *row[1] == "t":
			t.Parts = append(t.Parts, to)
		default:
			t.Calls = append(t.Calls, to)
		}
	}
	for i := range l.c.types {
		slices.Sort(l.c.types[i].Calls)
		slices.Sort(l.c.types[i].Parts)
	}
	return nil
}

func (l *loader) loadFunctions() error {
	if l.same.functions {
		l.c.functionsFrom = l.last
		return nil
	}
	rows, err := l.rows(3, fmt.Sprintf(functionsQuery, l.same.from))
	if err != nil {
		return err
	}
	if l.same.from > 0 {
		l.c.functions = make([]Function, 0, len(l.last.functions)+len(rows))
		for _, p := range l.last.functions {
			if p.OID < l.same.from {
				l.c.functions = append(l.c.functions, p)
			}
		}
	}
	for _, row := range rows {
		f := split(row[0])
		p := Function{OID: f.oid(), Schema: l.names[f.oid()], Name: l.text(row[1]), Kind: f.byte(), Variadic: f.bool(), Defaults: int(f.int32()), Returns: f.oid(), ReturnsSet: f.bool(), Volatile: f.byte(), Leakproof: f.bool(), Language: l.languages[f.oid()], SecurityDefiner: f.bool()}
		if row[2] != nil {
			p.Extension = l.text(row[2])
		}
		if n := f.left(); n > 0 {
			p.Args = make([]OID, 0, n)
			for f.more() {
				p.Args = append(p.Args, f.oid())
			}
		}
		if f.err != nil {
			return f.err
		}
		l.c.functions = append(l.c.functions, p)
	}
	return nil
}

func (l *loader) loadRelations() error {
	if l.same.relations {
		l.c.relations, l.snapshot.rules = slices.Clone(l.last.relations), l.last.rules
		return nil
	}
	rows, err := l.rows(7, fmt.Sprintf(relationsQuery, l.same.from))
	if err != nil {
		return err
	}
	if l.same.from > 0 {
		l.c.relations = make([]*Relation, 0, len(l.last.relations)+len(rows))
		for _, r := range l.last.relations {
			if r.OID < l.same.from {
				l.c.relations = append(l.c.relations, r)
			}
		}
	}
	for _, row := range rows {
		f := split(row[0])
		r := &Relation{OID: f.oid(), Schema: l.names[f.oid()], Kind: RelKind(f.byte()), Persistence: f.byte(), Owner: f.oid(), IsPartition: f.bool(), RowSecurity: f.bool(), HasRules: f.bool(), HasTriggers: f.bool(), RowTriggers: f.bool(), Name: l.text(row[1])}
		if row[2] != nil {
			for key := split(row[2]); key.more(); {
				r.PrimaryKey = append(r.PrimaryKey, int16(key.int32()))
				f.err = errors.Join(f.err, key.err)
			}
		}
		if row[3] != nil {
			for parents := split(row[3]); parents.more(); {
				r.Parents = append(r.Parents, parents.oid())
				f.err = errors.Join(f.err, parents.err)
			}
		}
		if row[4] != nil {
			r.setOptions(*row[4])
		}
		if r.Reads, err = parseOIDs(row[5], 0); err != nil {
			return err
		}
		if f.err != nil {
			return f.err
		}
		if row[6] != nil {
			l.snapshot.rules[r.OID] = *row[6]
		}
		l.c.relations = append(l.c.relations, r)
	}
	return nil
}

// asked are the relations that are not taken over, by OID.
func (l *loader) asked() map[OID]*Relation {
	byOID := make(map[OID]*Relation, len(l.c.relations))
	for _, r := range l.c.relations {
		if r.OID >= l.same.from {
			byOID[r.OID] = r
		}
	}
	return byOID
}

func (l *loader) loadForeignKeys() error {
	if l.same.relations {
		return nil
	}
	rows, err := l.rows(4, fmt.Sprintf(foreignKeysQuery, l.same.from))
	if err != nil {
		return err
	}
	byOID := l.asked()
	for _, row := range rows {
		f := split(row[0])
		r := byOID[f.oid()]
		k := ForeignKey{Name: l.text(row[1]), Table: f.oid(), Deferrable: f.bool()}
		columns, keys := split(row[2]), split(row[3])
		for columns.more() && keys.more() {
			k.Columns, k.Keys = append(k.Columns, int16(columns.int32())), append(k.Keys, int16(keys.int32()))
		}
		if err := errors.Join(f.err, columns.err, keys.err); err != nil {
			return err
		}
		if r != nil { // a temporary table's is its session's own business
			r.ForeignKeys = append(r.ForeignKeys, k)
		}
	}
	return nil
}

// setOptions reads a view's reloptions. What a reader of them does not know for certain must not make the view look safer than it is, so every spelling but that of false counts as true for security_invoker.
func (r *Relation) setOptions(options string) {
	for _, option := range strings.Fields(options) {
		name, value, _ := strings.Cut(option, "=")
		no := value == "off" || value == "0" || strings.HasPrefix("false", value) || strings.HasPrefix("no", value)
		switch name {
		case "security_invoker":
			r.SecurityInvoker = !no
		case "security_barrier":
			r.SecurityBarrier = !no
		case "check_option":
			r.CheckOption = value
		}
	}
}

func (l *loader) loadColumns() error {
	if l.same.relations {
		return nil
	}
	rows, err := l.rows(3, fmt.Sprintf(columnsQuery, l.same.from))
	if err != nil {
		return err
	}
	byOID := l.asked()
	namer := newTypeNamer(l.c.types)
	// One slice for all columns would keep the memory of it all alive for one relation, but a snapshot lives and dies as a whole.
	columns := make([]Column, 0, len(rows))
	var current *Relation
	start := 0
	flush := func() {
		if current != nil {
			current.Columns = columns[start:len(columns):len(columns)]
		}
		start = len(columns)
	}
	modified, known := map[typeMod]string{}, l.knownTypes()
	for _, row := range rows {
		f := split(row[0])
		rel := byOID[f.oid()]
		c := Column{Num: int16(f.int32()), Type: f.oid(), Typmod: f.int32(), Collation: f.oid(), NotNull: f.bool(), HasDefault: f.bool(), Identity: f.tagged(), Generated: f.tagged(), Name: l.text(row[1])}
		if f.err != nil {
			return f.err
		}
		if rel == nil {
			continue // made between the two queries
		}
		if rel != current {
			flush()
			current = rel
		}
		if t := namer.types[c.Type]; c.Collation != 0 && (t == nil || t.Collation != c.Collation) {
			switch c.Collation {
			case 100:
				c.CollationName = `pg_catalog."default"`
			case 950:
				c.CollationName = `pg_catalog."C"`
			default:
				c.CollationName = l.text(row[2])
			}
		}
		if c.Typmod < 0 {
			c.TypeName = l.text(new(namer.name(c.Type)))
		} else if name, ok := known[typeMod{c.Type, c.Typmod}]; ok {
			c.TypeName = name
		} else {
			modified[typeMod{c.Type, c.Typmod}] = ""
		}
		columns = append(columns, c)
	}
	flush()
	if err := l.formatTypes(modified); err != nil {
		return err
	}
	for i := range columns {
		c := &columns[i]
		if c.TypeName == "" && c.Typmod >= 0 {
			c.TypeName = l.text(new(namer.qualify(c.Type, modified[typeMod{c.Type, c.Typmod}])))
		}
	}
	return nil
}

// typeMod is a type with a modifier.
type typeMod struct {
	t   OID
	mod int32
}

// maxBatch bounds the numbers in one query's text.
const maxBatch = 5000

// formatTypes asks the server how types with modifiers are written.
func (l *loader) formatTypes(modified map[typeMod]string) error {
	all := make([]typeMod, 0, len(modified))
	for k := range modified {
		all = append(all, k)
	}
	for batch := range slices.Chunk(all, maxBatch) {
		var types, mods []byte
		for i, k := range batch {
			if i > 0 {
				types, mods = append(types, ','), append(mods, ',')
			}
			types = strconv.AppendUint(types, uint64(k.t), 10)
			mods = strconv.AppendInt(mods, int64(k.mod), 10)
		}
		rows, err := l.rows(3, fmt.Sprintf(typmodsQuery, types, mods))
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row[0] == nil || row[1] == nil || row[2] == nil {
				return errors.New("the server answered NULL")
			}
			t, err := parseOID(*row[0])
			if err != nil {
				return err
			}
			mod, err := strconv.ParseInt(*row[1], 10, 32)
			if err != nil {
				return err
			}
			modified[typeMod{t, int32(mod)}] = *row[2]
		}
	}
	return nil
}
