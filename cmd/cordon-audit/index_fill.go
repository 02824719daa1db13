package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"cordon/audit"
)

// commitEvery is how many blocks one transaction fills.
const commitEvery = 4

// filling is a transaction that fills the index, with its statements parsed once.
type filling struct {
	*sql.Tx
	x                                           *index
	findWord, addWord, addRun, addPost, addSeen *sql.Stmt
}

// begin begins a transaction that no other can fill the index beside.
func (x *index) begin(ctx context.Context) (*filling, error) {
	tx, err := x.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	f := &filling{Tx: tx, x: x}
	if _, err := tx.ExecContext(ctx, "UPDATE state SET one = 1"); err != nil { // takes the lock before anything is read
		return nil, errors.Join(err, tx.Rollback())
	}
	for _, s := range []struct {
		to  **sql.Stmt
		sql string
	}{
		{&f.findWord, "SELECT id FROM word WHERE kind = ? AND text = ?"}, {&f.addWord, "INSERT INTO word (kind, text) VALUES (?, ?)"},
		{&f.addRun, "INSERT OR REPLACE INTO run VALUES (?, ?)"}, {&f.addPost, "INSERT OR REPLACE INTO post VALUES (?, ?, ?)"}, {&f.addSeen, "INSERT OR REPLACE INTO subject VALUES (?, ?, ?)"},
	} {
		if *s.to, err = tx.PrepareContext(ctx, s.sql); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
	}
	return f, nil
}

// word gives the number of a name; 0 for "", by which nothing is found.
func (f *filling) word(kind wordKind, text string) (id int64, err error) {
	if text == "" {
		return 0, nil
	}
	key := wordKey{kind, text}
	if id, ok := f.x.words[key]; ok {
		return id, nil
	}
	if len(f.x.words) > 1<<20 {
		clear(f.x.words)
	}
	if err = f.findWord.QueryRow(kind, text).Scan(&id); errors.Is(err, sql.ErrNoRows) {
		var r sql.Result
		if r, err = f.addWord.Exec(kind, text); err == nil {
			id, err = r.LastInsertId()
		}
	}
	if err == nil {
		f.x.words[key] = id
	}
	return id, err
}

// write writes a block.
func (f *filling) write(b *block) error {
	if len(b.runs) == 0 {
		return nil
	}
	if _, err := f.Exec("INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?, ?)", b.id, len(b.runs), b.since, b.until, int64(b.newest)); err != nil {
		return err
	}
	var buf []byte
	for i := 0; i < len(b.runs); i += pieceRuns {
		buf = appendRuns(buf[:0], b.runs[i:min(i+pieceRuns, len(b.runs))])
		if _, err := f.addRun.Exec(pieceOf(b.id)+int64(i/pieceRuns), buf); err != nil {
			return err
		}
	}
	words := make([]int64, 0, len(b.lists))
	for word := range b.lists {
		words = append(words, word)
	}
	slices.Sort(words)
	for _, word := range words {
		buf = b.lists[word].append(buf[:0])
		if _, err := f.addPost.Exec(word, b.id, buf); err != nil {
			return err
		}
	}
	slices.SortFunc(b.seen, func(x, y sighted) int { return cmp.Compare(x.token, y.token) })
	for i := 0; i < len(b.seen); {
		bucket := b.seen[i].token >> (64 - bucketBits)
		buf = buf[:0]
		for ; i < len(b.seen) && b.seen[i].token>>(64-bucketBits) == bucket; i++ {
			buf = binary.BigEndian.AppendUint64(buf, b.seen[i].token)
			buf = binary.BigEndian.AppendUint16(buf, b.seen[i].n)
		}
		if _, err := f.addSeen.Exec(int64(bucket), b.id, buf); err != nil {
			return err
		}
	}
	return nil
}

// pieceOf is the number of a block's first row of run.
func pieceOf(block int64) int64 { return block * (blockRuns / pieceRuns) }

// remove takes a block out.
func (f *filling) remove(block int64) error {
	_, err := f.Exec("DELETE FROM run WHERE piece BETWEEN ? AND ?", pieceOf(block), pieceOf(block+1)-1)
	for _, query := range []string{"DELETE FROM post WHERE block = ?", "DELETE FROM subject WHERE block = ?", "DELETE FROM block WHERE id = ?"} {
		if err == nil {
			_, err = f.Exec(query, block)
		}
	}
	return err
}

// removeAll takes the blocks out of which a condition is true.
func (f *filling) removeAll(condition string, args ...any) error {
	rows, err := f.Query("SELECT id FROM block WHERE "+condition, args...)
	if err != nil {
		return err
	}
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return errors.Join(err, rows.Close())
		}
		ids = append(ids, id)
	}
	err = errors.Join(rows.Err(), rows.Close())
	for _, id := range ids {
		err = errors.Join(err, f.remove(id))
	}
	return err
}

// last reads the last block, to go on with it, or begins one behind it when it is full.
func (f *filling) last() (*block, error) {
	b := newBlock(0)
	var runs int
	var newest int64
	err := f.QueryRow("SELECT id, runs, since, until, newest FROM block WHERE id > 0 ORDER BY id DESC LIMIT 1").Scan(&b.id, &runs, &b.since, &b.until, &newest)
	if errors.Is(err, sql.ErrNoRows) {
		b.id = 1
		return b, nil
	}
	if err != nil {
		return nil, err
	}
	if runs >= fullBlock {
		return newBlock(b.id + 1), nil
	}
	b.newest = uint64(newest)
	if err := f.each("SELECT piece, list FROM run WHERE piece BETWEEN ? AND ? ORDER BY piece", func(_ int64, v []byte) error {
		runs, err := readRuns(v)
		b.runs = append(b.runs, runs...)
		return err
	}, pieceOf(b.id), pieceOf(b.id+1)-1); err != nil {
		return nil, err
	}
	if len(b.runs) != runs {
		return nil, errIndexDamaged
	}
	if err := f.each("SELECT word, list FROM post WHERE block = ?", func(word int64, v []byte) error { return eachRun(v, b.list(word).add) }, b.id); err != nil {
		return nil, err
	}
	return b, f.each("SELECT bucket, list FROM subject WHERE block = ?", func(_ int64, v []byte) error {
		return eachSighted(v, func(s sighted) { b.seen = append(b.seen, s) })
	}, b.id)
}

func eachSighted(v []byte, do func(sighted)) error {
	if len(v)%sightedSize != 0 {
		return errIndexDamaged
	}
	for ; len(v) > 0; v = v[sightedSize:] {
		do(sighted{binary.BigEndian.Uint64(v), binary.BigEndian.Uint16(v[8:])})
	}
	return nil
}

func (f *filling) each(query string, do func(int64, []byte) error, args ...any) error {
	rows, err := f.Query(query, args...)
	return eachRow(rows, err, do)
}

// filler puts what is read of the log into blocks.
type filler struct {
	*filling
	to     *block
	shapes map[*audit.Record]*shape
}

// shape is the names that all executions of a form have, and their lists in the block that is being filled.
type shape struct {
	words []int64
	of    *block
	lists []*stretches
}

// shape gives the names of a form, or of a record that has none.
func (f *filler) shape(form *audit.Record) (*shape, error) {
	s := f.shapes[form]
	if s == nil {
		s = &shape{}
		for _, n := range namesOf(form) {
			id, err := f.word(n.kind, n.text)
			if err != nil {
				return nil, err
			}
			if id != 0 && !slices.Contains(s.words, id) {
				s.words = append(s.words, id)
			}
		}
		if len(f.shapes) > 1<<14 {
			clear(f.shapes)
		}
		f.shapes[form] = s
	}
	return s, nil
}

// add puts one statement or event into the block.
func (f *filler) add(rec, out *audit.Brief) error {
	r := entry{t: rec.Time, seq: rec.Seq, segment: int64(rec.Segment), offset: rec.Offset}
	state, end := rec.SQLState, ""
	if out != nil {
		r.ended, r.rows, r.outSegment, r.outset = true, out.Rows, int64(out.Segment), out.Offset
		state, end = out.SQLState, out.End
	}
	n := f.to.append(r)
	of := rec.Record
	if of == nil || rec.Form != nil && !ownNames(of) {
		of = rec.Form
	}
	if of != nil {
		s, err := f.shape(of)
		if err != nil {
			return err
		}
		if s.of != f.to {
			s.of, s.lists = f.to, s.lists[:0]
			for _, word := range s.words {
				s.lists = append(s.lists, f.to.list(word))
			}
		}
		for _, l := range s.lists {
			l.add(n)
		}
		if of == rec.Record { // no other refers to it
			delete(f.shapes, of)
		}
	}
	put := func(kind wordKind, text string) error {
		id, err := f.word(kind, text)
		if id != 0 {
			f.to.list(id).add(n)
		}
		return err
	}
	err := errors.Join(put(byKind, rec.Kind), put(byPerson, rec.Person), put(byLogin, rec.Login), put(byClient, clientHost(rec.Client)), put(bySession, rec.Session), put(byState, state), put(byEnd, end))
	if r.rows > manyRows {
		err = errors.Join(err, put(byMany, "rows"))
	}
	var touches []string
	if of != nil {
		touches = of.Touches
	}
	var ended *outcome
	if out != nil {
		ended = &outcome{out.Rows, out.End, out.Subjects}
		for i := range out.Subjects {
			for j := range out.Subjects[i].Tokens {
				f.to.seen = append(f.to.seen, sighted{tokenStart(&out.Subjects[i].Tokens[j]), n})
			}
		}
	}
	if rec.Kind == "stmt.intent" {
		for _, table := range maybeSubjects(touches, ended) {
			err = errors.Join(err, put(byMaybe, table))
		}
	}
	return err
}

// ownNames tells whether a record has names beyond those of its form.
func ownNames(r *audit.Record) bool {
	form := r.FormRecord()
	return r.Decision != form.Decision || r.Class != form.Class || r.Redacted != form.Redacted || r.Fingerprint != form.Fingerprint || r.Rule != form.Rule || !slices.Equal(r.Rules, form.Rules) || !slices.Equal(r.Touches, form.Touches) || fmt.Sprint(r.Tables) != fmt.Sprint(form.Tables)
}

// ahead reads the records of a log while others are written to the index: half of the work is done by another processor.
type ahead struct {
	r     *audit.Briefs
	parts chan part
	err   error // why it ended; set before parts is closed
	stop  chan struct{}
}

// part is some records, and the hash of the last.
type part struct {
	list []audit.Brief
	sum  [sha256.Size]byte
}

func readAhead(r *audit.Reader) *ahead {
	a := &ahead{r: audit.NewBriefs(r), parts: make(chan part, 4), stop: make(chan struct{})}
	go a.run()
	return a
}

const partRecords = 512

func (a *ahead) run() {
	defer close(a.parts)
	for a.err == nil {
		p := part{list: make([]audit.Brief, 0, partRecords)}
		for len(p.list) < partRecords {
			p.list = p.list[:len(p.list)+1]
			if a.err = a.r.Next(&p.list[len(p.list)-1]); a.err != nil {
				p.list = p.list[:len(p.list)-1]
				break
			}
		}
		p.sum = a.r.Sum()
		select {
		case a.parts <- p:
		case <-a.stop:
			return
		}
	}
}

// close ends the reading, and the reader.
func (a *ahead) close() error {
	close(a.stop)
	for range a.parts { // closed when it has ended
	}
	return a.r.Close()
}

// update reads what the log has got since the index was last brought up to date, and returns how many records that were. Statements without an outcome are in the index at once; the next update completes them.
func (x *index) update(ctx context.Context) (n int, err error) {
	if x.first, err = audit.FirstRecord(x.dir); err != nil {
		return 0, err
	}
	var u *updating
	defer func() {
		if u != nil {
			u.log.close()
		}
	}()
	for {
		f, err := x.begin(ctx)
		if err != nil {
			return n, err
		}
		var done int
		var end bool
		u, done, end, err = f.fill(ctx, u)
		if err != nil {
			return n, errors.Join(err, f.Rollback())
		}
		if err := f.Commit(); err != nil {
			return n, err
		}
		n += done
		if end {
			return n, nil
		}
	}
}

// updating is what one transaction of an update leaves to the next, unless another program has filled the index in between.
type updating struct {
	last   int64
	log    *ahead
	to     *block                 // nil before the first record
	open   map[uint64]audit.Brief // intents without outcome
	shapes map[*audit.Record]*shape
}

// resume reads where the index is, and opens the log there.
func (f *filling) resume(last, segment, offset int64, leaf []byte) (u *updating, err error) {
	u = &updating{last: last, open: map[uint64]audit.Brief{}, shapes: map[*audit.Record]*shape{}}
	var r *audit.Reader
	if last >= 0 {
		log := audit.OpenSegments(f.x.dir)
		defer log.Close()
		rec, err := log.Record(uint64(segment), offset)
		if err != nil {
			return nil, err
		}
		if sum := sha256.Sum256(rec.Raw); rec.Seq != uint64(last) || string(sum[:]) != string(leaf) {
			return nil, errors.New("the index is of another log, or of one that was changed; make it anew with cordon-audit index --again, and run cordon-audit verify")
		}
		if err := f.each("SELECT piece, list FROM run WHERE piece < ?", func(_ int64, v []byte) error {
			runs, err := readRuns(v)
			for _, r := range runs {
				if err != nil || r.seq < f.x.first {
					continue
				}
				var rec *audit.Record
				if rec, err = log.Record(uint64(r.segment), r.offset); err == nil && rec.Seq == r.seq {
					u.open[r.seq] = audit.Briefly(rec)
				}
			}
			return err
		}, pieceOf(1)); err != nil {
			return nil, err
		}
		if r, err = audit.OpenReaderAt(f.x.dir, uint64(segment), offset, uint64(last)); err == nil {
			_, err = r.Next()
		}
		if err != nil {
			return nil, err
		}
	} else if r, err = audit.OpenReader(f.x.dir, f.x.first); err != nil {
		return nil, err
	}
	u.log = readAhead(r)
	return u, nil
}

// fill indexes some blocks of records. end says that the log has no more.
func (f *filling) fill(ctx context.Context, u *updating) (_ *updating, n int, end bool, err error) {
	var last, segment, offset int64
	var leaf []byte
	if err := f.QueryRow("SELECT last, leaf, segment, offset FROM state").Scan(&last, &leaf, &segment, &offset); err != nil {
		return u, 0, false, err
	}
	if err := f.removeAll("id > 0 AND newest < ?", int64(f.x.first)); err != nil {
		return u, 0, false, err
	}
	if last >= 0 && uint64(last) < f.x.first { // all that it has was dropped
		last = -1
		if err := f.removeAll("id <= 0"); err != nil {
			return u, 0, false, err
		}
	}
	if u == nil || u.last != last {
		if u != nil {
			u.log.close()
		}
		if u, err = f.resume(last, segment, offset, leaf); err != nil {
			return nil, 0, false, err
		}
	}
	to := &filler{filling: f, to: u.to, shapes: u.shapes}
	full := 0
	for full < commitEvery {
		p, ok := <-u.log.parts
		if !ok {
			if !errors.Is(u.log.err, io.EOF) {
				return u, n, false, u.log.err
			}
			end = true
			break
		}
		if to.to == nil && len(p.list) > 0 {
			if to.to, err = f.last(); err != nil {
				return u, n, false, err
			}
		}
		for i := range p.list {
			rec := &p.list[i]
			switch rec.Kind {
			case "stmt.progress", "stmt.form":
			case "stmt.intent":
				u.open[rec.Seq] = *rec
			case "stmt.outcome":
				if in, ok := u.open[rec.Of]; ok {
					delete(u.open, rec.Of)
					err = to.add(&in, rec)
				}
			default:
				err = to.add(rec, nil)
			}
			if err == nil && len(to.to.runs) >= fullBlock {
				err = f.write(to.to)
				to.to = newBlock(to.to.id + 1)
				full++
			}
			if err != nil {
				return u, n, false, err
			}
		}
		if ctx.Err() != nil {
			return u, n, false, context.Cause(ctx)
		}
		if n += len(p.list); len(p.list) > 0 {
			rec := &p.list[len(p.list)-1]
			last, segment, offset, leaf = int64(rec.Seq), int64(rec.Segment), rec.Offset, p.sum[:]
		}
	}
	u.to, u.last = to.to, last
	if n == 0 {
		return u, 0, end, nil
	}
	if len(leaf) == 0 {
		return u, n, end, errIndexDamaged
	}
	err = errors.Join(f.write(u.to), f.removeAll("id <= 0"))
	to.to = newBlock(0)
	for _, seq := range slices.Sorted(maps.Keys(u.open)) {
		in := u.open[seq]
		if err == nil {
			err = to.add(&in, nil)
		}
		if err == nil && len(to.to.runs) >= fullBlock {
			err = f.write(to.to)
			to.to = newBlock(to.to.id - 1)
		}
	}
	if err == nil {
		err = f.write(to.to)
	}
	if err != nil {
		return u, n, false, err
	}
	_, err = f.Exec("UPDATE state SET last = ?, leaf = ?, segment = ?, offset = ?", last, leaf, segment, offset)
	return u, n, end, err
}

// clientHost is the address of a client without its port.
func clientHost(client string) string {
	if i := strings.LastIndexByte(client, ':'); i >= 0 {
		return strings.Trim(client[:i], "[]")
	}
	return client
}

// namesOf are the names that all executions of a form are found by, or a statement or event that has none.
func namesOf(rec *audit.Record) (list []wordKey) {
	add := func(kind wordKind, text string) { list = append(list, wordKey{kind, text}) }
	add(byDecision, rec.Decision)
	add(byClass, rec.Class)
	add(byForm, rec.Redacted)
	add(byFingerprint, rec.Fingerprint)
	for i := range rec.Tables {
		t := &rec.Tables[i]
		for _, name := range []string{t.Name, t.Via} {
			add(byTable, name)
			if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
				add(byTable, name[dot+1:])
			}
		}
		for _, c := range t.Columns {
			add(byColumn, c)
		}
		for _, c := range t.Masked {
			add(byColumn, c)
		}
		for _, c := range t.Tags {
			add(byTag, c)
		}
		add(byRule, t.Rule)
	}
	for _, r := range rec.Rules {
		add(byRule, r)
	}
	add(byRule, rec.Rule)
	return list
}

// outcome is what an outcome says of whose rows came back.
type outcome struct {
	rows     int64
	end      string
	subjects []audit.Subjects
}

// maybeSubjects are the tables any of whose subjects a statement may have shown: those that it touches, and of which its outcome does not say whose rows came back.
func maybeSubjects(touches []string, out *outcome) (list []string) {
	if out != nil {
		for i := range out.subjects {
			if !out.subjects[i].Whole {
				list = append(list, out.subjects[i].Of)
			}
		}
		if out.rows == 0 && (out.end == "done" || out.end == "stopped") {
			return list
		}
	}
	for _, of := range touches {
		if out == nil || !slices.ContainsFunc(out.subjects, func(s audit.Subjects) bool { return s.Of == of }) {
			list = append(list, of)
		}
	}
	return list
}
