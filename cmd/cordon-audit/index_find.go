package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cordon/audit"
)

// ofSubject asks for what has shown one subject, and with possible also for what may have.
type ofSubject struct {
	token    audit.SubjectToken
	table    string
	possible bool
}

// runSets are runs, by block.
type runSets map[int64]*runSet

func (s runSets) of(block int64) *runSet {
	b := s[block]
	if b == nil {
		b = &runSet{}
		s[block] = b
	}
	return b
}

// finding is a question: in one transaction, so that a statement that ends meanwhile is neither found twice nor missed.
type finding struct {
	*sql.Tx
	ctx    context.Context
	pieces *sql.Stmt    // runsOf
	blocks []foundBlock // of the time in question, by since
	all    []runSets    // what must be true
}

type foundBlock struct {
	id           int64
	runs         int
	since, until int64
}

const (
	postsOf  = "SELECT block, list FROM post WHERE word IN (SELECT id FROM word WHERE kind = ? AND text = ?) AND block BETWEEN ? AND ?"
	postsBy  = "SELECT block, list FROM post WHERE word IN (SELECT id FROM word WHERE kind = ? AND text >= ? AND text < ?) AND block BETWEEN ? AND ?"
	postsFor = "SELECT block, list FROM post WHERE word IN (SELECT id FROM word WHERE kind = ? AND instr(lower(text), ?) > 0) AND block BETWEEN ? AND ?"
	sightsOf = "SELECT block, list FROM subject WHERE bucket = ? AND block BETWEEN ? AND ?"
	runsOf   = "SELECT piece, list FROM run WHERE piece BETWEEN ? AND ?"
)

// lists calls do with each row of a query of the lists of the blocks in question.
func (q *finding) lists(do func(block int64, v []byte) error, query string, args ...any) error {
	if len(q.blocks) == 0 {
		return nil
	}
	first, last := q.blocks[0].id, q.blocks[0].id
	for _, b := range q.blocks {
		first, last = min(first, b.id), max(last, b.id)
	}
	return q.rows(do, query, append(args, first, last)...)
}

func (q *finding) rows(do func(n int64, v []byte) error, query string, args ...any) error {
	answer, err := q.QueryContext(q.ctx, query, args...)
	return eachRow(answer, err, do)
}

// eachRow calls do with each row of an answer.
func eachRow(rows *sql.Rows, err error, do func(n int64, v []byte) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var v sql.RawBytes
		if err := rows.Scan(&n, &v); err != nil {
			return err
		}
		if err := do(n, v); err != nil {
			return err
		}
	}
	return rows.Err()
}

// named gives the runs that have a name, of those that a query finds.
func (q *finding) named(query string, args ...any) (runSets, error) {
	sets := runSets{}
	return sets, q.lists(func(block int64, v []byte) error { return eachRun(v, sets.of(block).add) }, query, args...)
}

// conditions collects what must be true.
func (q *finding) conditions(f audit.Filter, of *ofSubject) error {
	must := func(sets runSets, err error) error {
		q.all = append(q.all, sets)
		return err
	}
	var errs []error
	word := func(kind wordKind, text string) {
		if text != "" {
			errs = append(errs, must(q.named(postsOf, kind, text)))
		}
	}
	start := func(kind wordKind, prefix string) {
		errs = append(errs, must(q.named(postsBy, kind, prefix, prefix+"\U0010ffff")))
	}
	if of != nil {
		sets := runSets{}
		start := tokenStart(&of.token)
		errs = append(errs, q.lists(func(block int64, v []byte) error {
			return eachSighted(v, func(s sighted) {
				if s.token == start {
					sets.of(block).add(s.n)
				}
			})
		}, sightsOf, int64(start>>(64-bucketBits))))
		if of.possible {
			maybe, err := q.named(postsOf, byMaybe, of.table)
			errs = append(errs, err)
			for block, more := range maybe {
				set := sets.of(block)
				for i := range set {
					set[i] |= more[i]
				}
			}
		}
		q.all = append(q.all, sets)
	}
	word(byPerson, f.Person)
	word(byLogin, f.Login)
	word(bySession, f.Session)
	word(byDecision, f.Decision)
	word(byClass, f.Class)
	word(byFingerprint, f.Fingerprint)
	word(byEnd, f.End)
	word(byClient, f.Client)
	word(byTable, f.Table)
	if !strings.Contains(f.Column, ".") {
		word(byColumn, f.Column)
	}
	word(byTag, f.Tag)
	word(byRule, f.Rule)
	if prefix, ok := strings.CutSuffix(f.Kind, "*"); ok {
		start(byKind, prefix)
	} else {
		word(byKind, f.Kind)
	}
	switch {
	case f.SQLState == "00000": // those that have none
	case len(f.SQLState) == 5:
		word(byState, f.SQLState)
	case len(f.SQLState) == 2 && f.SQLState != "00":
		start(byState, f.SQLState)
	}
	if f.HasRows && f.RowsOver >= manyRows {
		word(byMany, "rows")
	}
	if f.Text != "" {
		errs = append(errs, must(q.named(postsFor, byForm, strings.ToLower(f.Text))))
	}
	return errors.Join(errs...)
}

// scattered is up to how many pieces of a block are read one by one; of more, the whole block is.
const scattered = 8

// runs calls do with the runs of a block for which all conditions are true.
func (q *finding) runs(b foundBlock, do func(entry)) error {
	var want runSet
	for i := range want {
		want[i] = ^uint64(0)
	}
	for _, sets := range q.all {
		set := sets[b.id]
		if set == nil {
			return nil
		}
		for i := range want {
			want[i] &= set[i]
		}
	}
	var pieces []int64
	for p := range int64((b.runs + pieceRuns - 1) / pieceRuns) {
		if slices.ContainsFunc(want[p*pieceRuns/64:(p+1)*pieceRuns/64], func(w uint64) bool { return w != 0 }) {
			pieces = append(pieces, p)
		}
	}
	base := pieceOf(b.id)
	read := func(piece int64, v []byte) error {
		piece -= base
		if first := piece * pieceRuns / 64; !slices.ContainsFunc(want[first:first+pieceRuns/64], func(w uint64) bool { return w != 0 }) {
			return nil
		}
		runs, err := readRuns(v)
		for i, r := range runs {
			if want.has(uint16(piece*pieceRuns + int64(i))) {
				do(r)
			}
		}
		return err
	}
	if len(pieces) == 0 {
		return nil
	}
	between := func(first, last int64) error {
		rows, err := q.pieces.QueryContext(q.ctx, base+first, base+last)
		return eachRow(rows, err, read)
	}
	if len(pieces) > scattered {
		return between(pieces[0], pieces[len(pieces)-1])
	}
	for _, p := range pieces {
		if err := between(p, p); err != nil {
			return err
		}
	}
	return nil
}

// find calls found with each statement and event that fits the filter, oldest first. Its Text is looked for in the forms of statements.
func (x *index) find(ctx context.Context, f audit.Filter, of *ofSubject, found func(*audit.Execution) error) error {
	tx, err := x.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	q := &finding{Tx: tx, ctx: ctx}
	since, until := int64(-1<<63), int64(1<<63-1)
	if !f.Since.IsZero() {
		since = f.Since.UnixNano()
	}
	if !f.Until.IsZero() {
		until = f.Until.UnixNano()
	}
	rows, err := tx.QueryContext(ctx, "SELECT id, runs, since, until FROM block WHERE until >= ? AND since < ? ORDER BY since, id", since, until)
	if err != nil {
		return err
	}
	for rows.Next() {
		var b foundBlock
		if err := rows.Scan(&b.id, &b.runs, &b.since, &b.until); err != nil {
			return errors.Join(err, rows.Close())
		}
		if b.runs < 1 || b.runs > blockRuns {
			return errors.Join(errIndexDamaged, rows.Close())
		}
		q.blocks = append(q.blocks, b)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if err := q.conditions(f, of); err != nil {
		return err
	}
	if q.pieces, err = tx.PrepareContext(ctx, runsOf); err != nil {
		return err
	}
	log := audit.OpenSegments(x.dir)
	defer log.Close()
	var waiting []entry // found, and perhaps not the oldest: those of the next block can be older
	for i, b := range q.blocks {
		if err := q.runs(b, func(r entry) {
			if r.t >= since && r.t < until && r.seq >= x.first && (!f.HasRows || r.rows > f.RowsOver) {
				waiting = append(waiting, r)
			}
		}); err != nil {
			return err
		}
		slices.SortFunc(waiting, func(a, b entry) int { return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(a.seq, b.seq)) })
		n := 0
		for ; n < len(waiting) && (i == len(q.blocks)-1 || waiting[n].t < q.blocks[i+1].since); n++ {
			if err := x.read(log, f, waiting[n], found); err != nil {
				return err
			}
		}
		waiting = append(waiting[:0], waiting[n:]...)
	}
	return nil
}

// read reads the records of a run from the log, and holds them against the filter.
func (x *index) read(log *audit.Segments, f audit.Filter, r entry, found func(*audit.Execution) error) (err error) {
	e := &audit.Execution{}
	if e.Record, err = log.Record(uint64(r.segment), r.offset); err != nil {
		return err
	}
	if r.ended {
		if e.Outcome, err = log.Record(uint64(r.outSegment), r.outset); err != nil {
			return err
		}
	}
	if e.Record.Seq != r.seq || e.Outcome != nil && e.Outcome.Of != r.seq {
		return fmt.Errorf("record %d is not where the index says: it is of another log, or of one that was changed; make it anew with cordon-audit index --again", r.seq)
	}
	if !f.Fits(e.Record, e.Outcome) {
		return nil
	}
	e.Texts, e.TextErr = log.Texts(e.Record)
	return found(e)
}
