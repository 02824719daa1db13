package proxy

import (
	"errors"

	"cordon/guard"
	"cordon/wire"
)

// rowMode says what is done with the rows that are coming.
type rowMode uint8

const (
	rowsForward rowMode = iota // in pieces, as they come
	rowsDrop                   // nobody is to see them
	rowsStrip                  // without the columns that the rewriter added
	rowsMark                   // with the watermark of an approved export
	rowsAsk                    // Cordon's own
)

// rowState is what rows are dealt with by.
type rowState struct {
	mode    rowMode
	run     *execution
	ask     *inquiry
	cut     int           // columns to cut off at the end
	metered bool          // each row is held against the limits of the run
	verdict guard.Verdict // on the row that is coming
	extra   bool          // what is coming is no row: of a COPY, the names of its columns or what ends it
	judged  bool          // verdict is there, and the row has been counted
	keys    *subjectRun   // whose keys are to be read in each row; nil for nobody's
}

// row deals with a DataRow or CopyData frame, of which b is at least the header. Most are forwarded in place: only the header is looked at.
func (s *session) row(h wire.Header, b []byte) (need int, err error) {
	if !s.up.inRows {
		if err := s.startRows(h.Type); err != nil {
			return 0, err
		}
	}
	rows := &s.up.rows
	if rows.keys != nil && !rows.judged && rows.run.stop == nil && h.Type == wire.TypeDataRow {
		if need := s.seeKeys(rows.keys, h, b); need > 0 {
			return need, nil
		}
	}
	if rows.mode == rowsForward && !rows.metered {
		if run := rows.run; run != nil {
			run.rows++
			run.bytes += int64(h.Len())
			if run.rows%progressRows == 0 {
				s.progress(run)
			}
		}
		s.passFrame(h, b)
		return 0, nil
	}
	return s.rowSlowly(rows, h, b)
}

// rowSlowly deals with a row that is more than forwarded.
func (s *session) rowSlowly(rows *rowState, h wire.Header, b []byte) (need int, err error) {
	run := rows.run
	if !rows.judged {
		// Judged by its header, before any of it is held: a row can have a gigabyte.
		rows.verdict = guard.Pass
		extra, ok := s.up.copyOut.extra(h, b)
		if !ok {
			return wire.HeaderLen + 2, nil
		}
		if rows.extra = extra; extra && run != nil && run.stop != nil {
			rows.verdict = guard.Stop
		} else if extra {
			rows.verdict = guard.Hold // goes with the rows beside it
		} else if rows.metered {
			size := int64(h.Body)
			if h.Type == wire.TypeDataRow {
				if len(b) < wire.HeaderLen+2 && h.Body >= 2 {
					return wire.HeaderLen + 2, nil
				}
				size = max(0, size-2-4*int64(columnCount(b)))
			}
			rows.verdict = s.meterRow(run, size)
		}
		if rows.verdict == guard.Hold && int64(s.up.held.Len()+h.Len()) > s.server.Limits.Held {
			s.stopHeld(run)
			rows.verdict = guard.Stop
		}
		if run != nil && run.stop == nil { // what is dropped was not given, and does not count
			var n int64
			if !extra {
				n = 1
			}
			run.rows, run.bytes = run.rows+n, run.bytes+int64(h.Len())
			if rows.verdict == guard.Hold {
				s.up.heldOf, s.up.heldRows, s.up.heldBytes = run, s.up.heldRows+n, s.up.heldBytes+int64(h.Len())
			}
			if !extra && run.rows%progressRows == 0 {
				s.progress(run)
			}
		}
	}
	verdict := rows.verdict
	if verdict != guard.Stop && (verdict == guard.Hold || rows.mode == rowsStrip || rows.mode == rowsAsk || rows.mode == rowsMark && (h.Len() <= maxMarkedRow || run.portal.marking.cut > 0)) && len(b) < h.Len() {
		if h.Len() > maxRow {
			return 0, &wire.LengthError{Type: h.Type, Length: h.Body + 4, Limit: maxRow}
		}
		rows.judged = true
		return h.Len(), nil
	}
	rows.judged = false
	switch {
	case verdict == guard.Stop, rows.mode == rowsDrop:
		s.dropFrame(h, b)
	case rows.mode == rowsAsk:
		err = rows.ask.row(b[wire.HeaderLen:h.Len()])
		s.fromUpstream.Discard(h.Len())
	case rows.mode == rowsMark && rows.extra && verdict == guard.Hold: // the names of a COPY's columns
		s.up.held.Took(append(s.up.held.Tail(h.Len()), b[:h.Len()]...))
		s.fromUpstream.Discard(h.Len())
	case rows.mode == rowsMark && (h.Type == wire.TypeDataRow) != (run.portal.marking.copy == nil):
		return 0, errUnmarked
	case rows.mode == rowsMark && verdict == guard.Hold:
		var out []byte
		if out, err = run.portal.marking.appendTo(s.up.held.Tail(h.Len()), h, b); err == nil {
			s.up.held.Took(out)
			s.fromUpstream.Discard(h.Len())
		}
	case rows.mode == rowsMark && (h.Len() <= maxMarkedRow || run.portal.marking.cut > 0):
		if err = s.showHeld(); err == nil {
			if err = s.markRow(run.portal.marking, h, b); err == nil {
				s.fromUpstream.Discard(h.Len())
			}
		}
	case verdict == guard.Hold:
		var out []byte
		if out, err = rows.appendTo(s.up.held.Tail(h.Len()), h, b); err == nil {
			s.up.held.Took(out)
			s.fromUpstream.Discard(h.Len())
		}
	case rows.mode == rowsStrip:
		var out []byte
		if out, err = rows.appendTo(s.toClient.Tail(h.Len()), h, b); err == nil {
			s.toClient.Took(out)
			s.fromUpstream.Discard(h.Len())
		}
	default:
		if err := s.showHeld(); err != nil {
			return 0, err
		}
		s.showBlock()
		s.passFrame(h, b)
	}
	return 0, err
}

// copyOut says what of a COPY TO STDOUT is no row.
type copyOut struct {
	binary bool // the last CopyData is a trailer
	header bool // the next CopyData is the names of the columns
}

// extra says whether a CopyData frame is no row, and so not counted. ok is false when more of it must have come to tell.
func (c *copyOut) extra(h wire.Header, b []byte) (extra, ok bool) {
	switch {
	case h.Type != wire.TypeCopyData:
		return false, true
	case c.header:
		c.header = false
		return true, true
	case !c.binary || h.Body != 2:
		return false, true
	case len(b) < h.Len():
		return false, false
	}
	return b[wire.HeaderLen] == 0xff && b[wire.HeaderLen+1] == 0xff, true
}

// maxRow bounds a row that must be held whole, to be kept back or to lose columns.
const maxRow = 256 << 20

// columnCount is the number of columns of the DataRow that b begins with.
func columnCount(b []byte) int {
	if len(b) < wire.HeaderLen+2 {
		return 0
	}
	return int(b[wire.HeaderLen])<<8 | int(b[wire.HeaderLen+1])
}

// appendTo appends a row as the client gets it.
func (rows *rowState) appendTo(dst []byte, h wire.Header, b []byte) ([]byte, error) {
	if rows.mode != rowsStrip || h.Type != wire.TypeDataRow {
		return append(dst, b[:h.Len()]...), nil
	}
	n := columnCount(b) - rows.cut
	if n < 0 {
		return dst, errFewColumns
	}
	return wire.AppendDataRowHead(dst, b[wire.HeaderLen:h.Len()], n)
}

var errFewColumns = errors.New("a row has fewer columns than the rewritten statement")

// startRows finds what the rows that begin now are for.
func (s *session) startRows(typ byte) error {
	p := &s.pending
	p.mu.Lock()
	e := p.front(typ)
	if e == nil || e.kind != replyExecute && e.kind != replyQuery {
		p.mu.Unlock()
		return outOfStep(typ, e)
	}
	s.startRowsOf(e)
	p.mu.Unlock()
	return nil
}

// startRowsOf is startRows for the message that the rows answer. pending.mu is held.
func (s *session) startRowsOf(e *expected) {
	s.up.inRows = true
	rows := &s.up.rows
	*rows = rowState{run: e.run, ask: e.ask}
	switch {
	case e.ask != nil:
		rows.mode = rowsAsk
	case e.swallow, e.swallowRest:
		rows.mode = rowsDrop
	case e.run != nil:
		s.rowsOf(e.run, rows)
		if r := e.run.subjects; r != nil && len(r.columns.list) > 0 && e.run.stop == nil {
			r.meter = nil
			if e.run.portal != nil && e.run.portal.meter.CountsSubjects() {
				r.meter = &e.run.portal.meter
				r.meter.KeyColumns(int64(len(r.columns.list)))
			}
			if !r.bulk || r.meter != nil {
				rows.keys = r
			}
		}
	}
}

// describeRows holds a RowDescription against the plan and returns the frame that the client gets.
func (s *session) describeRows(st *step, frame, body []byte) ([]byte, error) {
	if st == nil || st.plan == nil || len(st.plan.Guarded) == 0 && st.plan.Strip == 0 {
		return frame, nil
	}
	var err error
	if s.up.columns, err = wire.DecodeRowDescription(s.up.columns[:0], body); err != nil {
		return nil, err
	}
	for i := range s.up.columns {
		c := &s.up.columns[i]
		for _, g := range st.plan.Guarded {
			if c.Table == uint32(g.Table) && c.Num == g.Num {
				return nil, errRawColumn
			}
		}
	}
	switch n := st.plan.Strip; {
	case n < 0:
		return wire.AppendHeader(nil, wire.TypeNoData, 0), nil
	case n > len(s.up.columns):
		return nil, errFewColumns
	case n > 0:
		return wire.AppendRowDescription(nil, s.up.columns[:len(s.up.columns)-n]), nil
	}
	return frame, nil
}

// errRawColumn says that a protected column is about to come back as it is stored: the rewriter has failed. Nothing of the result is shown.
var errRawColumn = errors.New("a protected column came back raw")
