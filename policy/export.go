package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Export limits how much of a table flows back.
type Export struct {
	Rows      int64 // rows of one execution; 0: no limit
	Bytes     int64 // bytes of one execution's rows; 0: no limit
	Subjects  int64 // different subjects in one execution's rows; 0: no limit
	Windows   []Window
	Count     Count
	Over      Over
	Approval  *Approval // with OverAsk; nil otherwise
	Estimate  int64     // statements that PostgreSQL expects to give more than so many times Rows are not run; 0: none is estimated
	Line, Col int
}

// Window limits what flows back to one person within a span of time, over all connections. A rule's windows are told apart by their place in the list.
type Window struct {
	Rows     int64 // 0: no limit
	Bytes    int64 // 0: no limit
	Subjects int64 // 0: no limit
	Per      time.Duration
}

// Over says what happens to a result over the limit.
type Over uint8

const (
	OverBlock Over = iota // rows are held back until the limit is known to be kept
	OverCut               // rows are streamed, and the stream is stopped
	OverAsk               // as OverBlock, and a request for approval is filed
)

func (o Over) String() string {
	switch o {
	case OverCut:
		return "cut"
	case OverAsk:
		return "ask"
	default:
		return "block"
	}
}

// Count says which rows are counted.
type Count uint8

const (
	CountResults  Count = iota // those that flow back: an aggregate over a million rows is one row
	CountConsumed              // and those that an aggregate or array packs into one value
)

// Words says the limits in words, each with its span.
func (e *Export) Words() []string {
	var parts []string
	limit := func(rows, bytes, subjects int64, per string) {
		for _, l := range []struct {
			most int64
			unit string
		}{{rows, "rows"}, {bytes, "bytes"}, {subjects, "subjects"}} {
			if l.most > 0 {
				parts = append(parts, fmt.Sprintf("%d %s%s", l.most, l.unit, per))
			}
		}
	}
	limit(e.Rows, e.Bytes, e.Subjects, "")
	for _, w := range e.Windows {
		limit(w.Rows, w.Bytes, w.Subjects, " per "+spanWords(w.Per))
	}
	return parts
}

// spanWords writes 1h0m0s as 1h.
func spanWords(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

const (
	// maxRows bounds a limit of rows; beyond it there might as well be none.
	maxRows = 1 << 50
	// maxSubjects bounds a limit of subjects: each of them is remembered for as long as it counts.
	maxSubjects = 100_000
	// maxWindows bounds the windows of one rule: each row is held against all of them.
	maxWindows = 8
)

func (l *loader) export(n *yaml.Node) *Export {
	e := &Export{Line: n.Line, Col: n.Column}
	f := l.fields(n, "export", "rows", "bytes", "subjects", "window", "count", "over", "approve", "estimate")
	e.Rows, e.Bytes, e.Subjects = l.amounts(f)
	if n := f.get("window"); n != nil {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			if items = n.Content; len(items) == 0 || len(items) > maxWindows {
				l.refuse(n, "window must be one window, or a list of 1 to %d", maxWindows)
			}
		}
		for _, item := range items {
			e.Windows = append(e.Windows, l.window(item))
		}
	}
	if n := f.get("count"); n != nil {
		if w, ok := l.oneOf(n, "count", "results", "consumed"); ok && w == "consumed" {
			e.Count = CountConsumed
		}
	}
	if n := f.get("over"); n != nil {
		switch w, _ := l.oneOf(n, "over", "block", "cut", "ask"); w {
		case "cut":
			e.Over = OverCut
		case "ask":
			e.Over = OverAsk
		}
	}
	if a := f.get("approve"); a != nil {
		e.Approval = l.approval(a)
		if e.Over != OverAsk {
			l.refuse(a, "approve has no meaning unless over is ask")
		}
	} else if e.Over == OverAsk {
		l.refuse(n, "over: ask does not say who approves: give approve, such as {by: [carol]}")
	}
	if n := f.get("estimate"); n != nil {
		e.Estimate, _ = l.count(n, "estimate", 2, 1_000_000)
		switch {
		case e.Rows == 0:
			l.refuse(n, "estimate has nothing to compare with: give rows")
		case e.Over == OverCut:
			l.refuse(n, "estimate has no meaning with over: cut, which gives the first rows of any statement")
		}
	}
	if (n.Kind == yaml.MappingNode || isNull(n)) && f.get("rows") == nil && f.get("bytes") == nil && f.get("subjects") == nil && f.get("window") == nil {
		l.refuse(n, "export limits nothing: give rows, bytes, subjects or window")
	}
	return e
}

// amounts reads what is limited.
func (l *loader) amounts(f fields) (rows, bytes, subjects int64) {
	if n := f.get("rows"); n != nil {
		rows, _ = l.count(n, "rows", 1, maxRows)
	}
	if n := f.get("bytes"); n != nil {
		bytes, _ = l.size(n, "bytes")
	}
	if n := f.get("subjects"); n != nil {
		subjects, _ = l.count(n, "subjects", 1, maxSubjects)
		if len(l.p.SubjectKeys) == 0 {
			l.refuse(n, "nothing tells subjects apart: name the key of each table under subjects, at the top of the policy")
		}
	}
	return rows, bytes, subjects
}

func (l *loader) window(n *yaml.Node) (w Window) {
	f := l.fields(n, "window", "rows", "bytes", "subjects", "per")
	w.Rows, w.Bytes, w.Subjects = l.amounts(f)
	if f.get("rows") == nil && f.get("bytes") == nil && f.get("subjects") == nil {
		l.refuse(n, "window limits nothing: give rows, bytes or subjects")
	}
	if p := f.get("per"); p != nil {
		w.Per, _ = l.duration(p, "per", time.Second, 366*24*time.Hour)
	} else {
		l.refuse(n, "window does not say per what time: give per, such as 1h")
	}
	return w
}

// Approval says how an export over the limit is allowed all the same, once.
type Approval struct {
	By        []string // people who may approve; nobody approves what they asked for themselves
	Needs     int      // how many of them must
	Shape     bool     // an approval holds for statements that differ in their literals and parameters too
	Rows      int64    // the most that can be approved
	Max       time.Duration
	Watermark []Word // columns of text that carry the export's mark; none: it is not watermarked
	Line, Col int
}

func (l *loader) approval(n *yaml.Node) *Approval {
	a := &Approval{Needs: 1, Rows: maxRows, Max: 24 * time.Hour, Line: n.Line, Col: n.Column}
	f := l.fields(n, "approve", "by", "approvals", "bind", "rows", "max", "watermark")
	by := f.get("by")
	if by == nil {
		l.refuse(f.node, "approve does not say by whom: name those who may approve an export")
		return a
	}
	for _, w := range l.words(by, "by") {
		if l.p.Users[w.Text] == nil {
			l.refuseAt(w.Line, w.Col, "unknown user %q%s", w.Text, didYouMean(w.Text, keysOf(l.p.Users)))
		}
		if !slices.Contains(a.By, w.Text) {
			a.By = append(a.By, w.Text)
		}
	}
	if n := f.get("approvals"); n != nil {
		needs, _ := l.count(n, "approvals", 1, 2)
		if a.Needs = int(needs); a.Needs > len(a.By) {
			l.refuse(n, "approvals is %d, and by names %d", a.Needs, len(a.By))
		}
	}
	if n := f.get("bind"); n != nil {
		w, _ := l.oneOf(n, "bind", "statement", "shape")
		a.Shape = w == "shape"
	}
	if n := f.get("rows"); n != nil {
		a.Rows, _ = l.count(n, "rows", 1, maxRows)
	}
	if n := f.get("max"); n != nil {
		a.Max, _ = l.duration(n, "max", time.Minute, 31*24*time.Hour)
	}
	if n := f.get("watermark"); n != nil {
		if a.Watermark = l.words(n, "watermark"); len(a.Watermark) == 0 {
			l.refuse(n, "watermark names no column: name columns of text, or leave it out")
		}
	}
	return a
}
