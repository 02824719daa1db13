package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"cordon/audit"

	_ "modernc.org/sqlite" // in pure Go: the program builds without cgo
)

// The index is a SQLite file of what is searched for, and where in the segments the records are. The names that a statement is found by (tables, columns, tags, rules) are those of many others: a list of them is kept once, as a shape. It is derived: it can be deleted and made again at any time, and nothing is believed of it. What a search shows is read from the
// log itself and held against the filter once more, so a changed index can hide a record from a search, but show none that is not there. It holds no statement text and no literal.

const indexSchema = `
CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, next INTEGER NOT NULL, last INTEGER NOT NULL, leaf BLOB NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL);
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
INSERT INTO word VALUES (1, 'allow'), (2, 'rewrite');
CREATE TABLE run (seq INTEGER PRIMARY KEY, t INTEGER NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL, out_segment INTEGER, out_offset INTEGER, kind INTEGER NOT NULL, person INTEGER NOT NULL, login INTEGER NOT NULL,
  client INTEGER NOT NULL, session INTEGER NOT NULL, decision INTEGER NOT NULL, class INTEGER NOT NULL, form INTEGER NOT NULL, fp INTEGER NOT NULL, state INTEGER NOT NULL, ending INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, shape INTEGER NOT NULL);
CREATE TABLE shape (id INTEGER PRIMARY KEY, sum BLOB NOT NULL UNIQUE);
CREATE TABLE has (word INTEGER NOT NULL, shape INTEGER NOT NULL, PRIMARY KEY (word, shape)) WITHOUT ROWID;
CREATE TABLE subject (token BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (token, seq)) WITHOUT ROWID;
`

// indexKeys are made when a new index has its rows: that is faster than keeping them up for each. What few statements have, as a refusal, is indexed for these alone; a query must say so to be served.
const indexKeys = `
CREATE INDEX IF NOT EXISTS run_t ON run (t);
CREATE INDEX IF NOT EXISTS run_person ON run (person, t);
CREATE INDEX IF NOT EXISTS run_login ON run (login, t);
CREATE INDEX IF NOT EXISTS run_client ON run (client, t);
CREATE INDEX IF NOT EXISTS run_form ON run (form, t);
CREATE INDEX IF NOT EXISTS run_fp ON run (fp, t);
CREATE INDEX IF NOT EXISTS run_shape ON run (shape, t);
CREATE INDEX IF NOT EXISTS run_session ON run (session);
CREATE INDEX IF NOT EXISTS run_decision ON run (decision, t) WHERE decision > 2;
CREATE INDEX IF NOT EXISTS run_state ON run (state, t) WHERE state <> 0;
CREATE INDEX IF NOT EXISTS run_rows ON run (rows) WHERE rows > 1000;
`

const indexVersion = 2

// index is an open index of one log.
type index struct {
	db     *sql.DB
	dir    string
	words  map[string]int64
	shapes map[[sha256.Size]byte]int64
}

// indexPath is where the index of a log is kept when nothing else is said.
func indexPath(dir string) string { return strings.TrimRight(dir, "/") + ".index" }

const indexHelp = `Makes or brings up to date the index of a log: search, subject and report answer from it at once instead of reading the
whole log. It is derived from the log, holds no statement text, and can be deleted at any time. Only its owner may read it.
`

func indexCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	dir := fs.String("dir", "audit", "`folder` of the log (default audit)")
	path := fs.String("index", "", "the index's `file` (default the log's folder with .index behind it)")
	again := fs.Bool("again", false, "throw away the index that is there, and make it anew")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) > 0 {
			return usageError{fmt.Sprintf("%q is one word too many", args[0])}
		}
		if *path == "" {
			*path = indexPath(*dir)
		}
		if *again {
			for _, end := range []string{"", "-wal", "-shm"} {
				if err := os.Remove(*path + end); err != nil && !errors.Is(err, os.ErrNotExist) {
					return err
				}
			}
		}
		x, err := openIndex(*dir, *path)
		if err != nil {
			return err
		}
		defer x.close()
		start := time.Now()
		n, err := x.update(ctx)
		if err != nil {
			return err
		}
		took := time.Since(start)
		fmt.Fprintf(stdout, "Indexed %d records in %.1f s.\n", n, took.Seconds())
		return nil
	}
}

func openIndex(dir, path string) (*index, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // SQLite would make it readable by others
	if err != nil {
		return nil, err
	}
	f.Close()
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_pragma=cache_size(-262144)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	x := &index{db: db, dir: dir, words: map[string]int64{"": 0}, shapes: map[[sha256.Size]byte]int64{}}
	var tables, version int
	err = db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = 'state'").Scan(&tables)
	if err == nil && tables == 0 {
		_, err = db.Exec(indexSchema)
		if err == nil {
			_, err = db.Exec("INSERT INTO state VALUES (1, ?, 0, -1, '', 0, 0)", indexVersion)
		}
	}
	if err == nil {
		err = db.QueryRow("SELECT version FROM state").Scan(&version)
	}
	if err == nil && version != indexVersion {
		err = fmt.Errorf("it is of version %d", version)
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("%s is not an index that this program can use; make it anew with cordon-audit index --again: %w", path, err)
	}
	return x, nil
}

func (x *index) close() error { return x.db.Close() }

// filling is a transaction that fills the index, with its statements parsed once.
type filling struct {
	*sql.Tx
	x                                                               *index
	findWord, addWord, findShape, addShape, addHas, addRun, addSubj *sql.Stmt
}

func (x *index) begin(ctx context.Context) (*filling, error) {
	tx, err := x.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	f := &filling{Tx: tx, x: x}
	for _, s := range []struct {
		to  **sql.Stmt
		sql string
	}{
		{&f.findWord, "SELECT id FROM word WHERE text = ?"}, {&f.addWord, "INSERT INTO word (text) VALUES (?)"},
		{&f.findShape, "SELECT id FROM shape WHERE sum = ?"}, {&f.addShape, "INSERT INTO shape (sum) VALUES (?)"},
		{&f.addHas, "INSERT OR IGNORE INTO has VALUES (?, ?)"}, {&f.addSubj, "INSERT OR IGNORE INTO subject VALUES (?, ?)"},
		{&f.addRun, "INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
	} {
		if *s.to, err = tx.PrepareContext(ctx, s.sql); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
	}
	return f, nil
}

// numberOf gives the number of a value, and a new one when it has none.
func numberOf(find, add *sql.Stmt, value any) (id int64, made bool, err error) {
	err = find.QueryRow(value).Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, false, err
	}
	r, err := add.Exec(value)
	if err == nil {
		id, err = r.LastInsertId()
	}
	return id, true, err
}

// word gives the number of a text; 0 is that of "".
func (f *filling) word(text string) (int64, error) {
	if id, ok := f.x.words[text]; ok {
		return id, nil
	}
	if len(f.x.words) > 1<<20 {
		f.x.words = map[string]int64{"": 0}
	}
	id, _, err := numberOf(f.findWord, f.addWord, text)
	if err == nil {
		f.x.words[text] = id
	}
	return id, err
}

// shape gives the number of a list of names; 0 is that of none.
func (f *filling) shape(names [][2]string) (int64, error) {
	h := sha256.New()
	list := names[:0]
	for _, n := range names {
		if n[1] != "" {
			list = append(list, n)
			fmt.Fprintf(h, "%s\x00%d\x00%s", n[0], len(n[1]), n[1])
		}
	}
	if len(list) == 0 {
		return 0, nil
	}
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	if id, ok := f.x.shapes[sum]; ok {
		return id, nil
	}
	if len(f.x.shapes) > 1<<16 {
		f.x.shapes = map[[sha256.Size]byte]int64{}
	}
	id, made, err := numberOf(f.findShape, f.addShape, sum[:])
	if err != nil {
		return 0, err
	}
	if made {
		for _, n := range list {
			w, err := f.word(n[0] + "\x00" + n[1])
			if err == nil {
				_, err = f.addHas.Exec(w, id)
			}
			if err != nil {
				return 0, err
			}
		}
	}
	f.x.shapes[sum] = id
	return id, nil
}

// ahead reads the records of a log while others are written to the index: half of the work is done by another processor.
type ahead struct {
	r     *audit.Reader
	parts chan []*audit.Record
	err   error // why it ended; set before parts is closed
	stop  chan struct{}
	part  []*audit.Record
}

func readAhead(r *audit.Reader) *ahead {
	a := &ahead{r: r, parts: make(chan []*audit.Record, 4), stop: make(chan struct{})}
	go a.run()
	return a
}

func (a *ahead) run() {
	defer close(a.parts)
	for a.err == nil {
		part := make([]*audit.Record, 0, 256)
		for len(part) < cap(part) {
			rec, err := a.r.Next()
			if err != nil {
				a.err = err
				break
			}
			part = append(part, rec)
		}
		select {
		case a.parts <- part:
		case <-a.stop:
			return
		}
	}
}

// next returns the next record, or why there is none.
func (a *ahead) next() (*audit.Record, error) {
	for len(a.part) == 0 {
		part, ok := <-a.parts
		if !ok {
			return nil, a.err
		}
		a.part = part
	}
	rec := a.part[0]
	a.part = a.part[1:]
	return rec, nil
}

// close ends the reading, and the reader.
func (a *ahead) close() error {
	close(a.stop)
	for range a.parts { // closed when it has ended
	}
	return a.r.Close()
}

// batch is how many records go into one transaction.
const batch = 50000

// pendingRun is an intent whose outcome has not come.
type pendingRun struct {
	rec     *audit.Record
	segment uint64
}

// update reads what the log has got since the index was last brought up to date, and returns how many records that were. Statements without an outcome are in the index at once; the next update completes them.
func (x *index) update(ctx context.Context) (n int, err error) {
	var next, last, segment, offset int64
	var leaf []byte
	if err := x.db.QueryRow("SELECT next, last, leaf, segment, offset FROM state").Scan(&next, &last, &leaf, &segment, &offset); err != nil {
		return 0, err
	}
	first, err := audit.FirstRecord(x.dir)
	if err != nil {
		return 0, err
	}
	if err := x.drop(ctx, first); err != nil {
		return 0, err
	}
	if last >= 0 && uint64(last) < first { // all that it has was dropped
		next, last = int64(first), -1
	}
	if last >= 0 {
		log := audit.OpenSegments(x.dir)
		rec, err := log.Record(uint64(segment), offset)
		log.Close()
		if err != nil {
			return 0, err
		}
		if sum := sha256.Sum256(rec.Raw); rec.Seq != uint64(last) || string(sum[:]) != string(leaf) {
			return 0, errors.New("the index is of another log, or of one that was changed; make it anew with cordon-audit index --again, and run cordon-audit verify")
		}
	}
	var r *audit.Reader
	if last >= 0 && next == last+1 { // go on behind the last record: nothing waits for its outcome
		if r, err = audit.OpenReaderAt(x.dir, uint64(segment), offset, uint64(last)); err == nil {
			_, err = r.Next()
		}
	} else {
		r, err = audit.OpenReader(x.dir, uint64(next))
	}
	if err != nil {
		return 0, err
	}
	log := readAhead(r)
	defer log.close()
	open := map[uint64]pendingRun{}
	fresh := next == 0
	for more := true; more; {
		tx, err := x.begin(ctx)
		if err != nil {
			return n, err
		}
		done, rec, end, err := tx.fill(ctx, log, open)
		n += done
		more = !end
		if err == nil && rec != nil {
			from := rec.Seq + 1
			if end {
				for seq := range open {
					from = min(from, seq)
				}
				for _, p := range open {
					if err = tx.add(p.rec, nil, p.segment, 0); err != nil {
						break
					}
				}
			} else {
				from = uint64(next) // an update that is interrupted begins anew: what is there is replaced by the same
			}
			if err == nil {
				sum := sha256.Sum256(rec.Raw)
				first, perr := segmentNumber(rec.Segment)
				err = perr
				if err == nil {
					_, err = tx.Exec("UPDATE state SET next = ?, last = ?, leaf = ?, segment = ?, offset = ?", from, rec.Seq, sum[:], first, rec.Offset)
				}
			}
		}
		if err != nil {
			tx.Rollback()
			return n, err
		}
		if err := tx.Commit(); err != nil {
			return n, err
		}
	}
	if fresh {
		if _, err := x.db.ExecContext(ctx, indexKeys+"ANALYZE;"); err != nil {
			return n, err
		}
	}
	return n, nil
}

// drop takes out of the index what retention has dropped from the log.
func (x *index) drop(ctx context.Context, first uint64) error {
	var old bool
	if err := x.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM run WHERE seq < ?)", int64(first)).Scan(&old); err != nil || !old {
		return err
	}
	tx, err := x.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, table := range []string{"run", "subject"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE seq < ?", int64(first)); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// segmentNumber is the number of a segment's first record, which is its name.
func segmentNumber(name string) (uint64, error) {
	return strconv.ParseUint(strings.TrimSuffix(name, ".seg"), 10, 63)
}

// fill indexes up to a batch of records. end says that the log has no more.
func (f *filling) fill(ctx context.Context, log *ahead, open map[uint64]pendingRun) (n int, last *audit.Record, end bool, err error) {
	for n < batch {
		rec, err := log.next()
		if errors.Is(err, io.EOF) {
			return n, last, true, nil
		}
		if err != nil {
			return n, last, false, err
		}
		n++
		last = rec
		segment, err := segmentNumber(rec.Segment)
		if err != nil {
			return n, last, false, err
		}
		switch rec.Kind {
		case "stmt.progress", "stmt.form":
		case "stmt.intent":
			open[rec.Seq] = pendingRun{rec, segment}
		case "stmt.outcome":
			if p, ok := open[rec.Of]; ok {
				delete(open, rec.Of)
				err = f.add(p.rec, rec, p.segment, segment)
			}
		default:
			err = f.add(rec, nil, segment, 0)
		}
		if err != nil {
			return n, last, false, err
		}
		if n%1024 == 0 && ctx.Err() != nil {
			return n, last, false, context.Cause(ctx)
		}
	}
	return n, last, false, nil
}

// clientHost is the address of a client without its port.
func clientHost(client string) string {
	if i := strings.LastIndexByte(client, ':'); i >= 0 {
		return strings.Trim(client[:i], "[]")
	}
	return client
}

// add puts one statement or event into the index.
func (f *filling) add(rec, out *audit.Record, segment, outSegment uint64) error {
	ids := make([]any, 0, 20)
	ids = append(ids, rec.Seq, rec.Time.UnixNano(), segment, rec.Offset)
	state, ending := rec.SQLState, ""
	var rows, bytes int64
	if out == nil {
		ids = append(ids, nil, nil)
	} else {
		ids = append(ids, outSegment, out.Offset)
		state, ending, rows, bytes = out.SQLState, out.End, out.Rows, out.Bytes
	}
	for _, text := range []string{rec.Kind, rec.Person, rec.Login, clientHost(rec.Client), rec.Session, rec.Decision, rec.Class, rec.Redacted, rec.Fingerprint, state, ending} {
		id, err := f.word(text)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	shape, err := f.shape(indexedOf(rec, out))
	if err != nil {
		return err
	}
	ids = append(ids, rows, bytes, shape)
	if _, err := f.addRun.Exec(ids...); err != nil {
		return err
	}
	if out != nil {
		for i := range out.Subjects {
			s := &out.Subjects[i]
			for j := range s.Tokens {
				if _, err := f.addSubj.Exec(s.Tokens[j][:], rec.Seq); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// indexedOf are the names that a statement is found by, by kind.
func indexedOf(rec, out *audit.Record) (list [][2]string) {
	add := func(key, text string) { list = append(list, [2]string{key, text}) }
	for i := range rec.Tables {
		t := &rec.Tables[i]
		for _, name := range []string{t.Name, t.Via} {
			add("table", name)
			if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
				add("table", name[dot+1:])
			}
		}
		for _, c := range t.Columns {
			add("column", c)
		}
		for _, c := range t.Masked {
			add("column", c)
		}
		for _, c := range t.Tags {
			add("tag", c)
		}
		add("rule", t.Rule)
	}
	for _, r := range rec.Rules {
		add("rule", r)
	}
	add("rule", rec.Rule)
	if possibleOf := maybeSubjects(rec, out); len(possibleOf) > 0 {
		for _, of := range possibleOf {
			add("maybe", of)
		}
	}
	return list
}

// maybeSubjects are the tables any of whose subjects a statement may have shown: those that it touches, and of which its outcome does not say whose rows came back.
func maybeSubjects(rec, out *audit.Record) (list []string) {
	if rec.Kind != "stmt.intent" {
		return nil
	}
	said := map[string]bool{}
	if out != nil {
		for _, s := range out.Subjects {
			said[s.Of] = s.Whole
			if !s.Whole {
				list = append(list, s.Of)
			}
		}
		if out.Rows == 0 && out.End == "done" {
			return list
		}
	}
	for _, of := range rec.Touches {
		if _, ok := said[of]; !ok {
			list = append(list, of)
		}
	}
	return list
}

// query is the SQL that finds what fits a filter, and a condition where with its arguments args.
func (x *index) query(f audit.Filter, where string, args []any) (string, []any) {
	var conditions []string
	add := func(sql string, values ...any) {
		conditions = append(conditions, sql)
		args = append(args, values...)
	}
	if where != "" {
		conditions = append(conditions, where)
	}
	word := func(column, text string) {
		if text != "" {
			add("run."+column+" = (SELECT id FROM word WHERE text = ?)", text)
		}
	}
	has := func(key, text string) {
		if text != "" {
			add("run.shape IN (SELECT shape FROM has WHERE word = (SELECT id FROM word WHERE text = ?))", key+"\x00"+text)
		}
	}
	word("person", f.Person)
	word("login", f.Login)
	word("session", f.Session)
	word("decision", f.Decision)
	if f.Decision != "" && f.Decision != "allow" && f.Decision != "rewrite" {
		add("run.decision > 2")
	}
	word("class", f.Class)
	word("fp", f.Fingerprint)
	word("ending", f.End)
	word("client", f.Client)
	has("table", f.Table)
	if !strings.Contains(f.Column, ".") {
		has("column", f.Column)
	}
	has("tag", f.Tag)
	has("rule", f.Rule)
	t := "run.t"
	if where != "" {
		t = "+run.t" // not by the index of times: what where finds is little
	}
	if !f.Since.IsZero() {
		add(t+" >= ?", f.Since.UnixNano())
	}
	if !f.Until.IsZero() {
		add(t+" < ?", f.Until.UnixNano())
	}
	if f.HasRows {
		add("run.rows > ?", f.RowsOver)
		if f.RowsOver >= 1000 {
			add("run.rows > 1000")
		}
	}
	if len(f.SQLState) == 5 && f.SQLState != "00000" {
		word("state", f.SQLState)
		add("run.state <> 0")
	}
	if f.Text != "" {
		add("run.form IN (SELECT id FROM word WHERE instr(lower(text), ?) > 0)", strings.ToLower(f.Text))
	}
	query := "SELECT segment, offset, out_segment, out_offset FROM run"
	if len(conditions) > 0 {
		query += " WHERE " + strings.Join(conditions, " AND ")
	}
	return query + " ORDER BY t, seq", args
}

// find calls found with each statement and event that fits the filter, oldest first. Its Text is looked for in the forms of statements.
func (x *index) find(ctx context.Context, f audit.Filter, where string, args []any, found func(*audit.Execution) error) error {
	query, args := x.query(f, where, args)
	rows, err := x.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	log := audit.OpenSegments(x.dir)
	defer log.Close()
	for rows.Next() {
		var segment, offset int64
		var outSegment, outOffset sql.NullInt64
		if err := rows.Scan(&segment, &offset, &outSegment, &outOffset); err != nil {
			return err
		}
		e := &audit.Execution{}
		if e.Record, err = log.Record(uint64(segment), offset); err != nil {
			return err
		}
		if outSegment.Valid {
			if e.Outcome, err = log.Record(uint64(outSegment.Int64), outOffset.Int64); err != nil {
				return err
			}
			if e.Outcome.Of != e.Record.Seq {
				return errors.New("the index is of another log, or of one that was changed; make it anew with cordon-audit index --again")
			}
		}
		if !f.Fits(e.Record, e.Outcome) {
			continue
		}
		e.Texts, e.TextErr = log.Texts(e.Record)
		if err := found(e); err != nil {
			return err
		}
	}
	return rows.Err()
}
