package audit

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// Form is what all executions of one plan have in common: what was decided, and the texts. The log records it once in each segment, as a record of its own (stmt.form), when the first intent there refers to it; so a segment can be read
// without any other. What an intent has itself goes before what its form says. A Form is immutable but for the place where it was recorded last.
type Form struct {
	static         []byte
	sql, rewritten string
	frame          []string
	place          atomic.Pointer[place]
}

// NewForm makes the form of a plan. static is EncodeStatic's; the texts are those that most of its intents have.
func NewForm(static []byte, sql, rewritten string) *Form {
	return &Form{static: static, sql: sql, rewritten: rewritten}
}

// NewFrame makes the form of a plan that serves many texts. What the server gets of each is the pieces of frame, with a stretch of that text between every two of them (Intent.Fill).
func NewFrame(static []byte, frame []string) *Form {
	return &Form{static: static, frame: frame}
}

// era is one segment of one log under one day's key: a form is recorded once in each.
type era struct{ dek *dek }

// place is where a form is recorded.
type place struct {
	era *era
	seq uint64
	ref []byte // what intents say of it
}

// in returns the form's place in an era, nil when it has none.
func (f *Form) in(e *era) *place {
	if p := f.place.Load(); p != nil && p.era == e {
		return p
	}
	return nil
}

// encodeForm encodes a form's record under a key.
func (l *Log) encodeForm(f *Form, d *dek, now time.Time) *scratch {
	s := l.pool.Get().(*scratch)
	s.begin(now, kindForm)
	s.key = d
	s.seal(d, texts{sql: f.sql, rewritten: f.rewritten, frame: f.frame}, &l.opts)
	s.leaf = append(s.leaf, ',')
	s.leaf = append(s.leaf, f.static...)
	s.leaf = append(s.leaf, '}')
	return s
}

// admitWith finds room for an intent and, when the segment does not have its form yet, for that, whose record it returns. Called with mu held; it may release mu while it waits.
func (l *Log) admitWith(s *scratch, f *Form, form *scratch, now time.Time) (*scratch, error) {
	for {
		e := l.era.Load()
		var more int64
		if f != nil && f.in(e) == nil {
			if form == nil || form.key != e.dek {
				if form != nil {
					l.put(form)
				}
				form = l.encodeForm(f, e.dek, now)
			}
			if more = form.size(); more > l.opts.SegmentBytes/4 {
				return form, errTooLong
			}
		}
		if err := l.admit(s, more, false); err != nil || l.era.Load() == e {
			return form, err
		}
	}
}

// appendForm records a form that the segment does not have yet. Called with mu held, after admitWith.
func (l *Log) appendForm(f *Form, s *scratch, now time.Time) *place {
	at := l.off + int64(len(l.pend))
	p := &place{era: l.era.Load(), seq: l.append(s, nil, now)}
	p.ref = appendFormRef(nil, formRef{p.seq, at})
	f.place.Store(p)
	return p
}

// formRef is the member form of an intent: the number of the form's record, and the byte of the segment at which its frame begins.
type formRef struct {
	seq uint64
	at  int64
}

func appendFormRef(b []byte, r formRef) []byte {
	b = append(b, `,"form":[`...)
	b = appendUint(b, r.seq)
	b = append(b, ',')
	b = appendUint(b, uint64(r.at))
	return append(b, ']')
}

// cutFormRef reads it; the zero formRef says that there is none.
func cutFormRef(s string) (r formRef, rest string, ok bool) {
	rest, found := strings.CutPrefix(s, `,"form":[`)
	if !found {
		return r, s, true
	}
	var at uint64
	if r.seq, rest, ok = cutUint(rest); !ok || !strings.HasPrefix(rest, ",") {
		return r, s, false
	}
	if at, rest, ok = cutUint(rest[1:]); !ok || at < segmentHeader || at > 1<<62 {
		return r, s, false
	}
	r.at = int64(at)
	rest, ok = strings.CutPrefix(rest, "]")
	return r, rest, ok
}

// Span is a stretch of an intent's SQL, in bytes.
type Span struct{ From, Len uint32 }

func appendFill(b []byte, fill []Span) []byte {
	if len(fill) == 0 {
		return b
	}
	b = append(b, `,"fill":[`...)
	for i, s := range fill {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendUint(b, uint64(s.From))
		b = append(b, ',')
		b = appendUint(b, uint64(s.Len))
	}
	return append(b, ']')
}

// Filled puts stretches of a text between the pieces of a frame; ok is false when they do not fit it.
func Filled(frame []string, text string, fill []Span) (s string, ok bool) {
	if len(frame) != len(fill)+1 {
		return "", false
	}
	var b strings.Builder
	for i, piece := range frame {
		b.WriteString(piece)
		if i < len(fill) {
			from, n := uint64(fill[i].From), uint64(fill[i].Len)
			if from+n > uint64(len(text)) {
				return "", false
			}
			b.WriteString(text[from : from+n])
		}
	}
	return b.String(), true
}

// inherit takes over from the form's record what the record does not say itself.
func (r *Record) inherit(form *Record) {
	r.form = form
	set := func(mine *string, its string) {
		if *mine == "" {
			*mine = its
		}
	}
	set(&r.Decision, form.Decision)
	set(&r.Class, form.Class)
	set(&r.Cmd, form.Cmd)
	set(&r.Reason, form.Reason)
	set(&r.Policy, form.Policy)
	set(&r.Fingerprint, form.Fingerprint)
	set(&r.Redacted, form.Redacted)
	if r.Rules == nil {
		r.Rules = form.Rules
	}
	if r.Tables == nil {
		r.Tables = form.Tables
	}
	if r.Functions == nil {
		r.Functions = form.Functions
	}
	if r.Touches == nil {
		r.Touches = form.Touches
	}
	if r.ExportRows == 0 {
		r.ExportRows = form.ExportRows
	}
	if r.ExportBytes == 0 {
		r.ExportBytes = form.ExportBytes
	}
}

// FormRecord is the record of the form that the record refers to, nil when it refers to none.
func (r *Record) FormRecord() *Record { return r.form }

// maxFormBytes bounds what a reader keeps of the forms that it has met.
const maxFormBytes = 64 << 20

// forms keeps the forms that a reader has met, by the segment's first record and the place in it.
type forms struct {
	kept  map[[2]uint64]*Record
	bytes int
}

var errForm = errors.New("the record of its form is not where it says")

// form returns the form that a record refers to, of the segment that sc reads.
func (r *Reader) form(ref formRef, segment segmentInfo, sc *scanner) (*Record, error) {
	key := [2]uint64{segment.first, uint64(ref.at)}
	if f := r.forms.kept[key]; f != nil && f.Seq == ref.seq {
		return f, nil
	}
	at := newScanner(sc.r, sc.size)
	at.pos, at.start, at.chunk = ref.at, ref.at, 16<<10
	leaf, blob, offset, state, err := at.next()
	if err != nil {
		return nil, err
	}
	if state != frameOK {
		return nil, errForm
	}
	if h, ok := parseHead(leaf); !ok || h.kind != kindForm || h.seq != ref.seq {
		return nil, errForm
	}
	f, err := r.decode(leaf, blob, offset, segment, at)
	if err != nil {
		return nil, err
	}
	n := 4*len(leaf) + 2*len(blob) + 1024
	if r.forms.bytes+n > maxFormBytes || r.forms.kept == nil {
		r.forms = forms{kept: map[[2]uint64]*Record{}}
	}
	r.forms.kept[key] = f
	r.forms.bytes += n
	return f, nil
}

// textsOf puts a record's own texts and those of its form together.
func (r *Reader) textsOf(rec *Record) (Texts, error) {
	t, err := r.open(rec)
	if err != nil || rec.form == nil || rec.form.texts == nil {
		return t.Texts, err
	}
	if rec.form.opened == nil {
		f, err := r.open(rec.form)
		if err != nil {
			return Texts{}, err
		}
		rec.form.opened = &f
	}
	f := rec.form.opened
	t.Truncated = t.Truncated || f.Truncated
	if t.SQL == "" {
		t.SQL = f.SQL
	}
	switch {
	case t.Rewritten != "":
	case len(rec.Fill) > 0:
		fill := make([]Span, len(rec.Fill)/2)
		for i := range fill {
			fill[i] = Span{rec.Fill[2*i], rec.Fill[2*i+1]}
		}
		var ok bool
		if t.Rewritten, ok = Filled(f.frame, t.SQL, fill); !ok && !t.Truncated {
			return Texts{}, fmt.Errorf("audit: record %d: its text does not fit its form", rec.Seq)
		}
	default:
		t.Rewritten = f.Rewritten
	}
	return t.Texts, nil
}
