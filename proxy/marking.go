package proxy

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"cordon/audit"
	"cordon/catalog"
	"cordon/guard"
	"cordon/mark"
	"cordon/parse"
	"cordon/policy"
	"cordon/rewrite"
	"cordon/wire"

	pg_query "github.com/pganalyze/pg_query_go/v5"
)

// The rows of an approved export carry its number where the rule says so: in the texts of columns that it names, and in their order where the statement leaves it free; see package mark. The rows pass through here one by one, and
// are put into their order in blocks of a bounded size.

// stepMarks is what of a statement's rows can carry a watermark. It is immutable.
type stepMarks struct {
	columns []markedColumn
	free    bool // the statement leaves the order of its rows to the server
}

type markedColumn struct {
	rule  *policy.Rule
	table catalog.OID
	num   int16
}

// marksOf finds what can carry a watermark; nil where no rule asks for one.
func marksOf(st *parse.Statement, plan *rewrite.Plan) *stepMarks {
	var m *stepMarks
	for i := range plan.Relations {
		t := &plan.Relations[i]
		if t.Relation == nil || t.Decision == nil || t.Decision.Export == nil || t.Decision.Export.Approval == nil || len(t.Decision.Export.Approval.Watermark) == 0 {
			continue
		}
		if m == nil {
			m = &stepMarks{}
		}
		for _, w := range t.Decision.Export.Approval.Watermark {
			if c := t.Relation.Column(w.Text); c != nil {
				m.columns = append(m.columns, markedColumn{t.Decision.Rule, t.Relation.OID, c.Num})
			}
		}
	}
	if m != nil && (st.Kind == parse.Select || st.Kind == parse.Prepare || st.Kind == parse.CopyTo) {
		m.free = true
		rewrite.EachNode(st.Tree, func(n any) {
			// Also of an ORDER BY inside: what reads from it comes in its order, though nothing promises that.
			if q, ok := n.(*pg_query.SelectStmt); ok && len(q.SortClause) > 0 {
				m.free = false
			}
		})
	}
	return m
}

// marking is the watermarking of one approved export, over all its pages. The client's loop makes it, the upstream's loop uses it.
type marking struct {
	rule   *policy.Rule
	id     string
	use    int
	number uint64 // of the statement in the session, when it began
	marker *mark.Marker
	of     *stepMarks
	free   bool

	known    bool       // the columns
	columns  []markedAt // that carry marks, by their place in the row
	decode   string     // the rows' encoding, where it is not UTF-8
	cut      int        // columns at the end of a row that the rewriter has added
	scratch  []byte
	width    int       // the number of columns
	copy     *copyText // of a COPY: the form of its lines
	value    []byte    // of the field that is looked at, with
	at       []int     // where each of its bytes stands in the line
	first    []byte    // the line's first value that carries marks
	rows     int64
	marked   int64 // texts
	ordered  bool  // some rows were put into the export's order
	recorded int64 // rows when that was last written
}

// markedAt is one column of the rows.
type markedAt struct {
	at   int
	most int // characters that a value may have; 0 for any number
}

// unmarkable says why a watermarked export by a rule cannot be had in this way; "" when it can, or is not to be watermarked.
func (s *session) unmarkable(run *execution, rule *policy.Rule) string {
	switch {
	case len(rule.Export.Approval.Watermark) == 0:
		return ""
	case s.server.Mark == nil:
		return "Exports by this rule are watermarked, and Cordon has no key for that: tell whoever runs Cordon."
	case run.shape.kind == parse.CopyTo && (run.shape.copyText == nil || len(run.planned.steps) != 1 || estimated(run.planned.sql, parse.CopyTo) == ""):
		return "Exports by this rule are watermarked, which a COPY TO STDOUT can be as a statement of its own: send that instead, and ask for it."
	case len(run.planned.steps) > 1 && run.planned.names&readingChanged != 0:
		return "Exports by this rule are watermarked, which none is behind a change of client_encoding in the same string: send it as a statement of its own, and ask for it."
	case run.strip() < 0, run.copies():
		return "Exports by this rule are watermarked, which only rows that come back can be, or those of COPY: send a SELECT instead, and ask for it."
	}
	if _, ok := s.markedEncoding(run.shape.copyText); !ok {
		return "Exports by this rule are watermarked, which cannot be written in this encoding: SET client_encoding = 'UTF8' (or GB18030), send the statement again, and ask for it."
	}
	return ""
}

// markedEncoding is the encoding that rows come in, "" for UTF-8; ok is false for one that has no place for marks.
func (s *session) markedEncoding(c *copyText) (decode string, ok bool) {
	name := "UTF8"
	if e := s.encoding.Load(); e != nil {
		name = *e
	}
	if c != nil && c.encoding != "" {
		name = c.encoding
	}
	switch decode = encodingName(name); decode {
	case "":
		return "", !strings.Contains(strings.ToUpper(name), "ASCII")
	case "GB18030": // the only other one with all of Unicode
		return decode, true
	default:
		return decode, false
	}
}

// marking is that of the run's rows; nil for none.
func (x *execution) marking() *marking {
	if x.portal == nil {
		return nil
	}
	return x.portal.marking
}

func (s *session) newMarking(run *execution, rule *policy.Rule, a *guard.Approved) *marking {
	e, err := mark.ParseExport(a.ID, a.Use)
	if err != nil {
		e = mark.Export{Use: byte(a.Use)} // a line that somebody wrote by hand: its export is found by what the log says of it
		copy(e.Request[:], a.ID)
	}
	m := &marking{rule: rule, id: a.ID, use: a.Use, number: s.number, marker: mark.New(*s.server.Mark, e), of: run.shape.marks}
	m.copy, m.cut = run.shape.copyText, max(0, run.strip())
	m.free = (m.copy == nil || !m.copy.binary) && m.of != nil && m.of.free && run.cursor == nil && (run.step.target.verb == targetNone || run.step.target.verb == targetExecute)
	return m
}

// learnMarks finds the columns that carry marks in a RowDescription: those that come from the columns that the rule names, and those of the same name that are computed.
func (s *session) learnMarks(m *marking, body []byte) error {
	var err error
	if s.up.columns, err = wire.DecodeRowDescription(s.up.columns[:0], body); err != nil {
		return err
	}
	m.columns, m.width = m.columns[:0], len(s.up.columns)
	if m.decode, m.known = s.markedEncoding(m.copy); !m.known {
		return nil // it was changed by what stands before it in the same string or pipeline: no row of it is shown
	}
	for i := range s.up.columns {
		c := &s.up.columns[i]
		const text, varchar = 25, 1043
		if c.Type != text && c.Type != varchar || !m.names(c) {
			continue
		}
		at := markedAt{at: i}
		if c.Type == varchar && c.Typmod >= 4 {
			at.most = int(c.Typmod) - 4
		}
		m.columns = append(m.columns, at)
	}
	return nil
}

func (m *marking) names(c *wire.Column) bool {
	if c.Table == 0 {
		return slices.ContainsFunc(m.rule.Export.Approval.Watermark, func(w policy.Word) bool { return w.Text == string(c.Name) })
	}
	return m.of != nil && slices.ContainsFunc(m.of.columns, func(k markedColumn) bool { return k.rule == m.rule && uint32(k.table) == c.Table && k.num == c.Num })
}

// errUnmarked says that rows of a watermarked export come in a way that cannot be marked: nothing more of them is shown.
var errUnmarked = errors.New("the rows of a watermarked export cannot be marked")

const (
	// maxMarkedRow is the longest row that is marked; a longer one passes as it is.
	maxMarkedRow = 1 << 20
	// blockRows and blockBytes bound the rows that wait for those which go before them.
	blockRows  = 1000
	blockBytes = 512 << 10
)

// appendTo appends a row with its marks.
func (m *marking) appendTo(dst []byte, h wire.Header, b []byte) ([]byte, error) {
	switch {
	case m.copy != nil && m.copy.binary:
		return m.appendTuple(dst, h, b)
	case m.copy != nil:
		return m.appendLine(dst, h, b)
	case !m.known:
		return dst, errUnmarked
	}
	m.rows++
	body := b[wire.HeaderLen:h.Len()]
	begin := len(dst)
	dst = append(dst, b[:wire.HeaderLen]...)
	if len(body) < 2 {
		return dst, errUnmarked
	}
	n := int(binary.BigEndian.Uint16(body)) - m.cut
	if n < 0 {
		return dst, errUnmarked
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	values := body[2:]
	if m.cut > 0 {
		end := 0
		for range n {
			if len(values) < end+4 {
				return dst, errUnmarked
			}
			end += 4 + max(0, int(int32(binary.BigEndian.Uint32(values[end:]))))
		}
		if len(values) < end {
			return dst, errUnmarked
		}
		values = values[:end]
	}
	var err error
	if dst, err = m.appendValues(dst, values); err != nil {
		return dst, err
	}
	binary.BigEndian.PutUint32(dst[begin+1:], uint32(len(dst)-begin-1))
	return dst, nil
}

// appendValues appends the values of a row, each behind its length, with their marks.
func (m *marking) appendValues(dst, rest []byte) ([]byte, error) {
	next := 0
	for column := 0; len(rest) > 0; column++ {
		if len(rest) < 4 {
			return dst, errUnmarked
		}
		n := int(int32(binary.BigEndian.Uint32(rest)))
		size := 4 + max(n, 0)
		if len(rest) < size {
			return dst, errUnmarked
		}
		if next == len(m.columns) || column != m.columns[next].at {
			dst, rest = append(dst, rest[:size]...), rest[size:]
			continue
		}
		at := len(dst)
		dst = append(dst, rest[:4]...)
		if n > 0 {
			dst = m.appendText(dst, rest[4:size], m.columns[next].most)
			binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
		}
		rest = rest[size:]
		next++
	}
	return dst, nil
}

// appendText appends a text with its mark, where it has a place for one.
func (m *marking) appendText(dst, value []byte, most int) []byte {
	text, ok := m.text(value)
	if !ok {
		return append(dst, value...)
	}
	begin := len(dst)
	dst, marked := m.marker.Text(dst, text, most)
	if !marked {
		return append(dst[:begin], value...)
	}
	if m.decode != "" {
		out, ok := encodeTo(m.decode, string(dst[begin:]))
		if !ok {
			return append(dst[:begin], value...)
		}
		dst = append(dst[:begin], out...)
	}
	m.marked++
	return dst
}

// text is a value in UTF-8.
func (m *marking) text(value []byte) ([]byte, bool) {
	if m.decode == "" || ascii(value) {
		return value, true
	}
	text, ok := decodeFrom(m.decode, string(value))
	return []byte(text), ok
}

// place is where a row stands in the export's order: by the first of its columns that carry marks.
func (m *marking) place(body []byte) uint64 {
	if m.copy != nil {
		return m.marker.Order(m.first)
	}
	rest := body[2:]
	for column := 0; len(rest) >= 4; column++ {
		n := int(int32(binary.BigEndian.Uint32(rest)))
		size := min(len(rest), 4+max(n, 0))
		if column == m.columns[0].at {
			text, _ := m.text(rest[4:size])
			return m.marker.Order(text)
		}
		rest = rest[size:]
	}
	return 0
}

// block are rows that are put into the export's order.
type block struct {
	bytes []byte
	rows  []blockRow
}

type blockRow struct {
	place      uint64
	begin, end int
}

// markRow gives the client a row with its marks, now or with the block that it is in.
func (s *session) markRow(m *marking, h wire.Header, b []byte) error {
	if !m.free || m.known && len(m.columns) == 0 {
		out, err := m.appendTo(s.toClient.Tail(h.Len()+64*len(m.columns)), h, b)
		if err == nil {
			s.toClient.Took(out)
		}
		return err
	}
	k := &s.up.block
	if len(k.rows) >= blockRows || len(k.bytes)+h.Len() > blockBytes {
		s.showBlock()
	}
	begin := len(k.bytes)
	var err error
	if k.bytes, err = m.appendTo(k.bytes, h, b); err != nil {
		return err
	}
	k.rows = append(k.rows, blockRow{m.place(b[wire.HeaderLen:h.Len()]), begin, len(k.bytes)})
	m.ordered = true
	return nil
}

// showBlock gives the client the rows that were put in order.
func (s *session) showBlock() {
	k := &s.up.block
	if len(k.rows) == 0 {
		return
	}
	slices.SortStableFunc(k.rows, func(a, b blockRow) int {
		switch {
		case a.place < b.place:
			return -1
		case a.place > b.place:
			return 1
		}
		return 0
	})
	out := s.toClient.Tail(len(k.bytes))
	for _, r := range k.rows {
		out = append(out, k.bytes[r.begin:r.end]...)
	}
	s.toClient.Took(out)
	k.rows, k.bytes = k.rows[:0], k.bytes[:0]
	if cap(k.bytes) > keptBuffer {
		*k = block{}
	}
}

// recordMarks writes what went out watermarked, and the sample of its texts. Of an export that is read in pages that is written again when it has doubled.
func (s *session) recordMarks(run *execution, end audit.End) {
	m := run.marking()
	if m == nil || m.rows == m.recorded || m.recorded > 0 && m.rows < 2*m.recorded {
		return
	}
	m.recorded = m.rows
	columns := []string{}
	for _, w := range m.rule.Export.Approval.Watermark {
		columns = append(columns, w.Text)
	}
	data := map[string]any{"id": m.id, "use": m.use, "rule": m.rule.Name, "rows": m.rows, "marked": m.marked, "ordered": m.ordered, "columns": columns, "number": m.number, "sample": base64.RawStdEncoding.EncodeToString(m.marker.Sample().Bytes())}
	s.event(audit.ExportMark, data)
}
