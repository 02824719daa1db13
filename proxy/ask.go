package proxy

import (
	"errors"
	"fmt"

	"cordon/wire"
)

// inquiry is a query of Cordon's own on the client's session.
type inquiry struct {
	rows [][]*string // text; nil for NULL. The upstream's loop appends until left is 0
	size int
	left int         // messages without an answer; guarded by pending.mu
	err  *wire.Error // guarded by pending.mu until left is 0

	within bool // it has no Sync of its own: when it fails, the server skips the client's statements too, up to the client's Sync
}

// row takes one DataRow.
func (q *inquiry) row(body []byte) error {
	values, err := wire.DecodeDataRow(nil, body)
	if err != nil {
		return err
	}
	row := make([]*string, len(values))
	for i, v := range values {
		if v != nil {
			text := string(v)
			row[i] = &text
		}
	}
	if q.size += len(body); q.size > maxAsked {
		return fmt.Errorf("a query about the catalog brought more than %d bytes", maxAsked)
	}
	q.rows = append(q.rows, row)
	return nil
}

// errSkipped says that a query of Cordon's own could not be asked, because an earlier statement of the client's pipeline has failed: whatever follows up to the Sync fails as well.
var errSkipped = errors.New("an earlier statement of the pipeline failed")

// ask runs one query of Cordon's own, in the middle of whatever the client does: between its messages, in its transaction if there is one. It leaves the unnamed statement and portal alone, and closes what it opens.
// The client sees nothing of it. In a pipeline that has bound a portal it ends with a Flush instead of a Sync, because a Sync would end the pipeline's implicit transaction. Before that nothing is lost by a Sync, while what has been
// executed without one would make the server take what follows for a part of a transaction: VACUUM fails in such a place, and since PostgreSQL 17 so does a procedure that commits.
func (s *session) ask(sql string) ([][]*string, error) { return s.inquire(sql, nil) }

// askColumns has the columns of a query told to a watermark, without running it. When the server cannot, it is the client's statement, of which the query is a part, that fails.
func (s *session) askColumns(sql string, k *marking) error {
	_, err := s.inquire(sql, k)
	if errors.Is(err, errUpstreamWrite) {
		return err
	}
	return nil
}

// inquire runs a query, or with columns only has it described.
func (s *session) inquire(sql string, columns *marking) ([][]*string, error) {
	q := &inquiry{within: s.bound}
	if s.inPipeline && !s.bound {
		// A Sync behind a message that failed would end the skipping that the client's own Sync is to end.
		if err := s.waitQuiet(); err != nil {
			return nil, err
		}
		if s.skipping() {
			return nil, errSkipped
		}
	}
	kinds := [...]reply{replyClose, replyClose, replyParse, replyBind, replyExecute, replyClose, replyClose, replySync}
	messages := kinds[:]
	if columns != nil {
		messages = []reply{replyClose, replyParse, replyDescribeStatement, replyClose, replySync}
	}
	if s.bound {
		messages = messages[:len(messages)-1]
	}
	q.left = len(messages)
	for _, kind := range messages {
		e := expected{kind: kind, swallow: true, ask: q}
		if kind == replyDescribeStatement {
			e.marking = columns
		}
		if kind == replySync {
			s.syncs++
			e.sync = s.syncs
		}
		if err := s.expect(&e); err != nil {
			return nil, err
		}
	}
	b := s.toUpstream.Tail(len(sql) + 256)
	// Of a query that failed: what closes it was skipped. In a transaction block its portal is there too, until the block or its savepoint is rolled back, which is a query of ours as well.
	if columns == nil {
		b = wire.AppendObject(b, wire.TypeClose, 'P', askName)
	}
	b = wire.AppendObject(b, wire.TypeClose, 'S', askName)
	b = wire.AppendParse(b, askName, sql, nil)
	if columns == nil {
		b = wire.AppendBind(b, askName, askName)
		b = wire.AppendExecute(b, askName, 0)
		b = wire.AppendObject(b, wire.TypeClose, 'P', askName)
	} else {
		b = wire.AppendObject(b, wire.TypeDescribe, 'S', askName)
	}
	b = wire.AppendObject(b, wire.TypeClose, 'S', askName)
	if s.bound {
		b = wire.AppendFlush(b)
	} else {
		b = wire.AppendSync(b)
	}
	s.toUpstream.Took(b)
	if err := s.flushHeld(); err != nil {
		return nil, err
	}
	p := &s.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	s.await(func() bool { return q.left == 0 })
	switch {
	case q.err != nil && q.err.Code == codeSkipped:
		return nil, errSkipped
	case q.err != nil:
		return nil, q.err
	case q.left > 0:
		return nil, errUpstreamWrite
	}
	return q.rows, nil
}

// waitQuiet waits until the server has answered everything. In a pipeline it has to be told to send what it has.
func (s *session) waitQuiet() error {
	if s.inPipeline {
		s.toUpstream.Append(wire.HeaderLen, wire.AppendFlush)
	}
	if err := s.flushHeld(); err != nil {
		return err
	}
	p := &s.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	s.await(p.quiet)
	if p.broken.Load() {
		return errUpstreamWrite
	}
	return nil
}
