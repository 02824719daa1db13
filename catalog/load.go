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
//   - a login could set statement_timeout so low that its snapshot never loads; a view over a table that someone holds an exclusive lock on would hold up the load for as long.
//   - compiling the queries takes longer than running them.
const settings = `SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('quote_all_identifiers', 'off', true), pg_catalog.set_config('client_encoding', 'UTF8', true), ` +
	`pg_catalog.set_config('statement_timeout', '60s', true), pg_catalog.set_config('lock_timeout', '500ms', true), pg_catalog.set_config('jit', 'off', true)`

// settled asks for what settings changes, as the query that sets it back.
const settled = `SELECT pg_catalog.format('SELECT pg_catalog.set_config(''search_path'', %L, true), pg_catalog.set_config(''quote_all_identifiers'', %L, true), pg_catalog.set_config(''client_encoding'', %L, true), ` +
	`pg_catalog.set_config(''statement_timeout'', %L, true), pg_catalog.set_config(''lock_timeout'', %L, true), pg_catalog.set_config(''jit'', %L, true)', pg_catalog.current_setting('search_path'), pg_catalog.current_setting('quote_all_identifiers'), ` +
	`pg_catalog.current_setting('client_encoding'), pg_catalog.current_setting('statement_timeout'), pg_catalog.current_setting('lock_timeout'), pg_catalog.current_setting('jit'))`

// The queries of a load. Operators in them are pg_catalog's, for the search_path of settings.
const (
	headQuery = `SELECT pg_catalog.current_database(), pg_catalog.current_setting('server_version_num')`

	namesQuery = `SELECT 'n', n.oid, n.nspname, NULL FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_(toast_)?temp_'
UNION ALL
SELECT 'l', l.oid, l.lanname, NULL FROM pg_catalog.pg_language l
UNION ALL
SELECT 'o', o.oid, o.oprname, pg_catalog.concat_ws(' ', o.oprnamespace, o.oprleft, o.oprright, o.oprresult, o.oprcode::pg_catalog.oid, p.proleakproof, p.provolatile)
FROM pg_catalog.pg_operator o LEFT JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
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
	c.relhastriggers AND EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)),
	c.relname, i.key, p.parents, CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.array_to_string(c.reloptions, ' ') END, u.tables
FROM pg_catalog.pg_class c
LEFT JOIN (SELECT x.indrelid, pg_catalog.array_to_string((pg_catalog.string_to_array(x.indkey::pg_catalog.text, ' '))[1:x.indnkeyatts], ' ') AS key FROM pg_catalog.pg_index x WHERE x.indisprimary) i ON i.indrelid = c.oid
LEFT JOIN (SELECT h.inhrelid, pg_catalog.string_agg(h.inhparent::pg_catalog.text, ' ' ORDER BY h.inhseqno) AS parents FROM pg_catalog.pg_inherits h GROUP BY h.inhrelid) p ON p.inhrelid = c.oid
LEFT JOIN (SELECT d.seq, pg_catalog.array_agg(d.tab) AS tables FROM (
	SELECT x.objid AS seq, x.refobjid AS tab FROM pg_catalog.pg_depend x WHERE x.classid = 1259 AND x.refclassid = 1259 AND x.refobjsubid > 0 AND x.deptype IN ('a', 'i')
	UNION
	SELECT x.refobjid, a.adrelid FROM pg_catalog.pg_attrdef a JOIN pg_catalog.pg_depend x ON x.classid = 2604 AND x.objid = a.oid AND x.refclassid = 1259 AND x.refobjid <> a.adrelid) d
	JOIN pg_catalog.pg_class t ON t.oid = d.tab AND t.relpersistence <> 't' GROUP BY d.seq) u ON u.seq = c.oid AND c.relkind = 'S'
WHERE c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')`

	foreignKeysQuery = `SELECT pg_catalog.concat_ws(' ', k.conrelid, k.confrelid, k.condeferrable), k.conname, pg_catalog.array_to_string(k.conkey, ' '), pg_catalog.array_to_string(k.confkey, ' ')
FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' ORDER BY k.conrelid, k.conname`

	columnsQuery = `SELECT pg_catalog.concat_ws(' ', a.attrelid, a.attnum, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.atthasdef, pg_catalog.concat('i', a.attidentity), pg_catalog.concat('g', a.attgenerated)), a.attname,
	CASE WHEN a.attcollation NOT IN (0, 100, 950) THEN (SELECT pg_catalog.quote_ident(m.nspname) || '.' || pg_catalog.quote_ident(l.collname) FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace m ON m.oid = l.collnamespace WHERE l.oid = a.attcollation) END
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
ORDER BY a.attrelid, a.attnum`

	typesQuery = `SELECT pg_catalog.concat_ws(' ', t.oid, t.typnamespace, t.typtype, pg_catalog.ascii(t.typcategory::pg_catalog.text), CASE WHEN t.typlen = -1 THEN t.typelem ELSE 0 END, t.typarray, t.typbasetype, t.typtypmod, t.typrelid, t.typcollation, t.typispreferred), t.typname
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname !~ '^pg_(toast|temp_)'`

	functionsQuery = `SELECT pg_catalog.concat_ws(' ', p.oid, p.pronamespace, p.prokind, p.provariadic <> 0, p.pronargdefaults, p.prorettype, p.proretset, p.provolatile, p.proleakproof, p.prolang, p.prosecdef, p.proargtypes), p.proname,
	CASE WHEN p.oid >= 16384 THEN (SELECT e.extname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid WHERE d.classid = 1255 AND d.objid = p.oid AND d.refclassid = 3079 AND d.deptype = 'e') END
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname !~ '^pg_(toast_)?temp_'`

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
func Load(ctx context.Context, query Query) (*Snapshot, error) {
	return load(ctx, query, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", []string{"COMMIT"}, []string{"ROLLBACK"})
}

// LoadWithin takes a snapshot in the middle of a client's transaction, which must not have failed, within a savepoint that is rolled back.
// The snapshot shows what that transaction has done itself: it must not be used for other sessions, nor for this one after a rollback.
// It must not come before the client's SET TRANSACTION, which PostgreSQL takes before any query alone.
func LoadWithin(ctx context.Context, query Query) (*Snapshot, error) {
	undo := []string{"ROLLBACK TO SAVEPOINT cordon_catalog", "RELEASE SAVEPOINT cordon_catalog"}
	return load(ctx, query, "SAVEPOINT cordon_catalog", undo, undo)
}

// LoadInPipeline is LoadWithin for the middle of a pipeline of the extended protocol, whose transaction may be an implicit one, without savepoints: an error leaves it failed. Whoever calls it must send no Sync.
func LoadInPipeline(ctx context.Context, query Query) (*Snapshot, error) {
	rows, err := query(ctx, settled)
	if err == nil && (len(rows) != 1 || len(rows[0]) != 1 || rows[0][0] == nil) {
		err = errors.New("the server did not answer with one text")
	}
	if err != nil {
		return nil, fmt.Errorf("load the catalog: %w", err)
	}
	l := newLoader(ctx, query)
	l.flat = true
	if err = l.run(); err == nil {
		_, err = query(ctx, *rows[0][0])
	}
	if err != nil {
		return nil, fmt.Errorf("load the catalog: %w", err)
	}
	return l.snapshot, nil
}

func newLoader(ctx context.Context, query Query) *loader {
	return &loader{ctx: ctx, query: query, snapshot: &Snapshot{}, texts: map[string]string{}, names: map[OID]string{}, languages: map[OID]string{}}
}

func load(ctx context.Context, query Query, begin string, end, undo []string) (*Snapshot, error) {
	if _, err := query(ctx, begin); err != nil {
		return nil, fmt.Errorf("load the catalog: %w", err)
	}
	l := newLoader(ctx, query)
	err := l.run()
	last := end
	if err != nil {
		last = undo
	}
	for _, sql := range last {
		if _, errEnd := query(ctx, sql); errEnd != nil {
			return nil, fmt.Errorf("load the catalog: %w", errors.Join(err, errEnd))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("load the catalog: %w", err)
	}
	return l.snapshot, nil
}

// loader is one load in progress.
type loader struct {
	ctx       context.Context
	query     Query
	snapshot  *Snapshot
	c         contents
	texts     map[string]string // each text once: thousands of columns are called id
	names     map[OID]string    // of schemas
	languages map[OID]string
	flat      bool // no savepoints
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
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"the server's version", l.head}, {"schemas, operators and casts", l.loadNames}, {"types", l.loadTypes}, {"functions", l.loadFunctions},
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
	l.snapshot.ServerVersion, err = strconv.Atoi(*rows[0][1])
	return err
}

func (l *loader) loadNames() error {
	rows, err := l.rows(4, namesQuery)
	if err != nil {
		return err
	}
	// The order of UNION ALL is not promised: names first.
	for _, row := range rows {
		if row[0] == nil || row[1] == nil {
			return errors.New("the server answered NULL")
		}
		switch *row[0] {
		case "n":
			oid, err := parseOID(*row[1])
			if err != nil {
				return err
			}
			l.names[oid] = l.text(row[2])
			l.c.schemas = append(l.c.schemas, Schema{oid, l.names[oid]})
		case "l":
			oid, err := parseOID(*row[1])
			if err != nil {
				return err
			}
			l.languages[oid] = l.text(row[2])
		}
	}
	for _, row := range rows {
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
	rows, err := l.rows(2, typesQuery)
	if err != nil {
		return err
	}
	l.c.types = make([]Type, 0, len(rows))
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
	rows, err := l.rows(3, functionsQuery)
	if err != nil {
		return err
	}
	l.c.functions = make([]Function, 0, len(rows))
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
	rows, err := l.rows(6, relationsQuery)
	if err != nil {
		return err
	}
	l.c.relations = make([]*Relation, 0, len(rows))
	for _, row := range rows {
		f := split(row[0])
		r := &Relation{OID: f.oid(), Schema: l.names[f.oid()], Kind: RelKind(f.byte()), Persistence: f.byte(), Owner: f.oid(), IsPartition: f.bool(), RowSecurity: f.bool(), HasRules: f.bool(), HasTriggers: f.bool(), Name: l.text(row[1])}
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
		l.c.relations = append(l.c.relations, r)
	}
	return nil
}

func (l *loader) loadForeignKeys() error {
	rows, err := l.rows(4, foreignKeysQuery)
	if err != nil {
		return err
	}
	byOID := make(map[OID]*Relation, len(l.c.relations))
	for _, r := range l.c.relations {
		byOID[r.OID] = r
	}
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
	rows, err := l.rows(3, columnsQuery)
	if err != nil {
		return err
	}
	byOID := make(map[OID]*Relation, len(l.c.relations))
	for _, r := range l.c.relations {
		byOID[r.OID] = r
	}
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
	modified := map[typeMod]string{}
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
		if c.Typmod >= 0 {
			modified[typeMod{c.Type, c.Typmod}] = ""
		} else {
			c.TypeName = l.text(new(namer.name(c.Type)))
		}
		columns = append(columns, c)
	}
	flush()
	if err := l.formatTypes(modified); err != nil {
		return err
	}
	for i := range columns {
		c := &columns[i]
		if c.Typmod >= 0 {
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

// viewBatch is how many views one query reads. Printing a view locks what it reads until the end of the (sub-)transaction; the server has room for some thousands of locks.
const viewBatch = 1000

// maxViewFailures bounds how long locked views can hold up a load: so many times lock_timeout.
const maxViewFailures = 40

func (l *loader) loadViews() error {
	byOID := map[OID]*Relation{}
	var views []OID
	for _, r := range l.c.relations {
		if r.Kind == View || r.Kind == MaterializedView {
			byOID[r.OID] = r
			views = append(views, r.OID)
		}
	}
	slices.Sort(views)
	for batch := range slices.Chunk(views, viewBatch) {
		if err := l.loadViewBatch(byOID, batch); err != nil {
			return err
		}
	}
	return nil
}

// loadViewBatch reads some views in a sub-transaction of their own, which lets go of their locks and survives one that fails: then it tries each half.
func (l *loader) loadViewBatch(byOID map[OID]*Relation, batch []OID) error {
	undo := []string{"ROLLBACK TO SAVEPOINT cordon_views", "RELEASE SAVEPOINT cordon_views"}
	if l.flat {
		undo = nil
	} else if _, err := l.query(l.ctx, "SAVEPOINT cordon_views"); err != nil {
		return err
	}
	var list []byte
	for i, oid := range batch {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendUint(list, uint64(oid), 10)
	}
	rows, failed := l.rows(4, fmt.Sprintf(viewsQuery, list))
	if l.flat && failed != nil {
		return failed
	}
	for _, sql := range undo {
		if _, err := l.query(l.ctx, sql); err != nil {
			return errors.Join(failed, err)
		}
	}
	if failed != nil {
		if l.failures++; l.failures > maxViewFailures {
			return fmt.Errorf("too many views cannot be read: %w", failed)
		}
		if len(batch) == 1 {
			l.missing = true
			return nil
		}
		half := len(batch) / 2
		if err := l.loadViewBatch(byOID, batch[:half]); err != nil {
			return err
		}
		return l.loadViewBatch(byOID, batch[half:])
	}
	for _, row := range rows {
		if row[0] == nil {
			return errors.New("the server answered NULL")
		}
		oid, err := parseOID(*row[0])
		if err != nil {
			return err
		}
		r := byOID[oid]
		if r == nil {
			continue
		}
		if row[1] != nil {
			r.Definition = strings.TrimSuffix(strings.TrimSpace(*row[1]), ";")
		} else if r.Schema != PgCatalog {
			l.missing = true // dropped by someone since
		}
		if r.Reads, err = parseOIDs(row[2], oid); err != nil {
			return err
		}
		if r.Calls, err = parseOIDs(row[3], 0); err != nil {
			return err
		}
	}
	return nil
}
