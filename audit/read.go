package audit

import (
	"bytes"
	"context"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Record is one record, decoded. Members that a kind of record does not have are zero.
type Record struct {
	Seq     uint64    `json:"seq"`
	Time    time.Time `json:"t"`
	Kind    string    `json:"kind"`
	Session string    `json:"session,omitempty"`
	Number  uint64    `json:"stmt,omitempty"`
	Login   string    `json:"login,omitempty"`
	Client  string    `json:"client,omitempty"`
	App     string    `json:"app,omitempty"`
	DB      string    `json:"db,omitempty"`
	PID     uint32    `json:"pid,omitempty"`
	TLS     string    `json:"tls,omitempty"`
	Person  string    `json:"person,omitempty"`
	How     string    `json:"how,omitempty"`
	Path    string    `json:"path,omitempty"`
	Portal  string    `json:"portal,omitempty"`

	Decision    string     `json:"decision,omitempty"`
	Class       string     `json:"class,omitempty"`
	Cmd         string     `json:"cmd,omitempty"`
	Reason      string     `json:"reason,omitempty"`
	Policy      string     `json:"policy,omitempty"`
	Rules       []string   `json:"rules,omitempty"`
	Tables      []Relation `json:"tables,omitempty"`
	Functions   []string   `json:"functions,omitempty"`
	Touches     []string   `json:"touches,omitempty"` // tables whose subjects' data it touches
	Fingerprint string     `json:"fp,omitempty"`
	Redacted    string     `json:"redacted,omitempty"`
	ExportRows  int64      `json:"export_rows,omitempty"`
	ExportBytes int64      `json:"export_bytes,omitempty"`

	SQLState string `json:"sqlstate,omitempty"` // of a blocked statement or an outcome
	Rule     string `json:"rule,omitempty"`     // of a blocked statement
	Message  string `json:"message,omitempty"`  // of a blocked statement

	Of          uint64     `json:"of,omitempty"` // of an outcome: the intent's number
	End         string     `json:"end,omitempty"`
	Rows        int64      `json:"rows,omitempty"`
	Bytes       int64      `json:"bytes,omitempty"`
	BytesIn     int64      `json:"bytes_in,omitempty"`
	Micros      int64      `json:"us,omitempty"`
	FirstMicros int64      `json:"first_us,omitempty"`
	Subjects    []Subjects `json:"subjects,omitempty"` // of an outcome

	Data json.RawMessage `json:"data,omitempty"` // of an event

	Form []uint64 `json:"form,omitempty"` // of an intent: the number of its form's record, whose members the record has where it has none itself, and where it begins
	Fill []uint32 `json:"fill,omitempty"` // of an intent: stretches of its text, each from and length, that stand between the pieces of its form's frame

	Raw     []byte `json:"-"` // the record as stored: the leaf of the tree
	Segment string `json:"-"` // file name of the segment
	Offset  int64  `json:"-"` // of its frame there

	texts  *sealedTexts
	blob   []byte
	form   *Record
	opened *opened // of a form: its texts, once somebody has asked
}

// HasTexts reports whether the record has encrypted texts.
func (r *Record) HasTexts() bool { return r.texts != nil || r.form != nil && r.form.texts != nil }

// Reader reads the records of a log in order, also while the log is being written. It is for one goroutine.
type Reader struct {
	dir  string
	segs []segmentInfo
	f    segmentFile
	sc   *scanner
	next uint64
	deks map[string]cipher.AEAD

	forms forms
}

func newReader(dir string) *Reader { return &Reader{dir: dir, deks: map[string]cipher.AEAD{}} }

// OpenReader reads a log from a record on, or from the first that is there.
func OpenReader(dir string, from uint64) (*Reader, error) {
	segs, err := listSegments(dir)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if len(segs) == 0 {
		return nil, fmt.Errorf("audit: there is no log in %s", dir)
	}
	r := newReader(dir)
	i := len(segs) - 1
	for i > 0 && segs[i].first > from {
		i--
	}
	r.segs, r.next = segs[i:], segs[i].first
	for r.next < from {
		if _, _, _, err := r.frame(); err != nil {
			r.Close()
			if errors.Is(err, io.EOF) {
				return nil, fmt.Errorf("audit: the log has only %d records", r.next)
			}
			return nil, err
		}
	}
	return r, nil
}

// FirstRecord returns the number of the first record that is there: those below were dropped.
func FirstRecord(dir string) (uint64, error) {
	segs, err := listSegments(dir)
	if err != nil {
		return 0, fmt.Errorf("audit: %w", err)
	}
	if len(segs) == 0 {
		return 0, fmt.Errorf("audit: there is no log in %s", dir)
	}
	return segs[0].first, nil
}

// OpenReaderAt reads a log from a record on of which it is known where it begins: in which segment, by the number of that one's first record, and at which byte.
func OpenReaderAt(dir string, segment uint64, offset int64, seq uint64) (*Reader, error) {
	segs, err := listSegments(dir)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	i := slices.IndexFunc(segs, func(s segmentInfo) bool { return s.first == segment })
	if i < 0 {
		return nil, fmt.Errorf("audit: %s is not there", filepath.Join(dir, "segments", segmentName(segment)))
	}
	r := newReader(dir)
	r.segs, r.next = segs[i:], seq
	f, size, err := openSegment(segs[i].path)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	r.f, r.sc = f, newScanner(f, size)
	r.sc.pos, r.sc.start = offset, offset
	return r, nil
}

// Close ends the reader.
func (r *Reader) Close() error {
	if r.f == nil {
		return nil
	}
	f := r.f
	r.f, r.sc = nil, nil
	return f.Close()
}

// frame returns the next frame, valid until the next call. io.EOF says that there is none yet: the reader can be asked again.
func (r *Reader) frame() (leaf, blob []byte, offset int64, err error) {
	for again := false; ; {
		if r.sc == nil {
			f, size, err := openSegment(r.segs[0].path)
			if err != nil {
				return nil, nil, 0, fmt.Errorf("audit: %w", err)
			}
			r.f, r.sc = f, newScanner(f, size)
		}
		leaf, blob, offset, state, err := r.sc.next()
		if err != nil {
			return nil, nil, 0, fmt.Errorf("audit: read %s: %w", r.segs[0].path, err)
		}
		if state == frameOK {
			r.next++
			return leaf, blob, offset, nil
		}
		if len(r.segs) == 1 {
			// Perhaps the log has grown: look again at what was read of this segment, then for a next one.
			segs, err := listSegments(r.dir)
			if err != nil {
				return nil, nil, 0, fmt.Errorf("audit: %w", err)
			}
			at := slices.IndexFunc(segs, func(s segmentInfo) bool { return s.first == r.segs[0].first })
			if at < 0 {
				return nil, nil, 0, fmt.Errorf("audit: %s was removed", r.segs[0].path)
			}
			r.segs = segs[at:]
			if f, ok := r.f.(*os.File); ok { // a packed one does not grow
				if info, err := f.Stat(); err == nil {
					r.sc.size = info.Size()
				}
			}
			r.sc.buf, r.sc.start = r.sc.buf[:0], r.sc.pos
			if !again || len(r.segs) > 1 { // what a segment got before another followed it may have come after it was read
				again = true
				continue
			}
			return nil, nil, 0, io.EOF
		} else if !again {
			r.sc.buf, r.sc.start = r.sc.buf[:0], r.sc.pos
			again = true
			continue
		}
		if r.segs[1].first != r.next {
			return nil, nil, 0, fmt.Errorf("audit: %s at byte %d: record %d cannot be read; cordon-audit verify tells more", r.segs[0].path, offset, r.next)
		}
		r.Close()
		r.segs = r.segs[1:]
		again = false
	}
}

// Next returns the next record, or io.EOF when there is none yet: it can be asked again later.
func (r *Reader) Next() (*Record, error) {
	leaf, blob, offset, err := r.frame()
	if err != nil {
		return nil, err
	}
	return r.decode(leaf, blob, offset, r.segs[0], r.sc)
}

// decode decodes a record of a segment, which sc reads.
func (r *Reader) decode(leaf, blob []byte, offset int64, segment segmentInfo, sc *scanner) (*Record, error) {
	var v struct {
		Record
		X *sealedTexts `json:"x"`
	}
	if err := json.Unmarshal(leaf, &v); err != nil {
		return nil, fmt.Errorf("audit: %s at byte %d: the record is not JSON: %w", segment.path, offset, err)
	}
	rec := v.Record
	rec.Class = ClassName(rec.Class) // as the first logs did not write it
	rec.texts = v.X
	rec.Raw = bytes.Clone(leaf)
	rec.blob = bytes.Clone(blob)
	rec.Segment, rec.Offset = segmentName(segment.first), offset
	if rec.Kind == kindIntent && len(rec.Form) == 2 {
		form, err := r.form(formRef{rec.Form[0], int64(rec.Form[1])}, segment, sc)
		if err != nil {
			return nil, fmt.Errorf("audit: %s at byte %d: %w; cordon-audit verify tells more", segment.path, offset, err)
		}
		rec.inherit(form)
	}
	return &rec, nil
}

// ErrNoKey says that the key of a record's day is not there: it was destroyed, or this user may not read it.
var ErrNoKey = errors.New("audit: the key of the record's day is not there")

// Texts decrypts the texts of a record, with those of its form, and holds them against what the records commit to.
func (r *Reader) Texts(rec *Record) (Texts, error) { return r.textsOf(rec) }

// open decrypts the texts of one record by itself.
func (r *Reader) open(rec *Record) (opened, error) {
	if rec.texts == nil {
		return opened{}, nil
	}
	a, ok := r.deks[rec.texts.Key]
	if !ok {
		if key, err := readDEK(r.dir, rec.texts.Key); err == nil {
			if a, err = newAEAD(key); err != nil {
				return opened{}, fmt.Errorf("audit: %w", err)
			}
		}
		r.deks[rec.texts.Key] = a
	}
	if a == nil {
		return opened{}, ErrNoKey
	}
	t, err := openBlob(a, rec.texts, rec.blob)
	if err != nil {
		return opened{}, fmt.Errorf("audit: record %d: %w", rec.Seq, err)
	}
	return t, nil
}

// Execution is a statement with its end, or an event.
type Execution struct {
	Record  *Record // stmt.intent, stmt.blocked or an event
	Outcome *Record // nil for blocked statements, events, and statements that have not ended
	Texts   Texts
	TextErr error // why Texts is empty: ErrNoKey, or the texts are damaged
}

// Filter chooses executions. The zero Filter takes all of them; each member that is set must fit.
type Filter struct {
	Person, Login, Session, Client, App, DB string
	Table                                   string // schema.name, or the name alone
	Column                                  string // column, or table.column
	Tag                                     string
	Decision                                string // allow, rewrite, observe, block
	Rule                                    string
	Kind                                    string // record kind, as stmt.blocked or session.*; "" for statements and events
	Class                                   string // what the statement does: select, copy_to
	Cmd                                     string
	Fingerprint                             string
	SQLState                                string // a whole SQLSTATE, or a class of two characters
	End                                     string
	RowsOver                                int64     // -1 for no bound; 0 asks for more than none
	HasRows                                 bool      // RowsOver counts
	Since, Until                            time.Time // Until excluded
	Text                                    string    // in the statement or its rewritten form, without regard to case
	From                                    uint64    // first record
	Statements                              bool      // statements only
}

// literals returns texts that a record which fits must contain, to throw away the others unread.
func (f *Filter) literals() [][]byte {
	var l [][]byte
	add := func(key, value string) {
		if value != "" && len(value) <= maxName {
			l = append(l, appendText(appendKey(nil, key), value, maxName))
		}
	}
	add("person", f.Person)
	add("login", f.Login)
	add("session", f.Session)
	add("app", f.App)
	add("db", f.DB)
	return l
}

// early reports whether what can be said before the outcome fits.
func (f *Filter) early(r *Record) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	if !is(f.Person, r.Person) || !is(f.Login, r.Login) || !is(f.Session, r.Session) || !is(f.App, r.App) || !is(f.DB, r.DB) || !f.form(r) {
		return false
	}
	if f.Client != "" && r.Client != f.Client && !strings.HasPrefix(r.Client, f.Client+":") && !strings.HasPrefix(r.Client, "["+f.Client+"]:") {
		return false
	}
	if f.Kind != "" && f.Kind != r.Kind {
		if prefix, ok := strings.CutSuffix(f.Kind, "*"); !ok || !strings.HasPrefix(r.Kind, prefix) {
			return false
		}
	}
	if f.Statements && r.Kind != kindIntent && r.Kind != kindBlocked {
		return false
	}
	return true
}

// form reports whether what all executions of one plan share fits.
func (f *Filter) form(r *Record) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	if !is(f.Class, r.Class) || !is(f.Cmd, r.Cmd) || !is(f.Fingerprint, r.Fingerprint) || !is(f.Decision, r.Decision) {
		return false
	}
	if f.Rule != "" && r.Rule != f.Rule && !slices.Contains(r.Rules, f.Rule) && !slices.ContainsFunc(r.Tables, func(t Relation) bool { return t.Rule == f.Rule }) {
		return false
	}
	if f.Table != "" && !slices.ContainsFunc(r.Tables, func(t Relation) bool { return f.table(t) }) {
		return false
	}
	if f.Column != "" && !slices.ContainsFunc(r.Tables, func(t Relation) bool { return f.column(t) }) {
		return false
	}
	if f.Tag != "" && !slices.ContainsFunc(r.Tables, func(t Relation) bool { return slices.Contains(t.Tags, f.Tag) }) {
		return false
	}
	return true
}

func (f *Filter) table(t Relation) bool {
	named := func(name string) bool {
		return name == f.Table || (!strings.Contains(f.Table, ".") && strings.HasSuffix(name, "."+f.Table))
	}
	return named(t.Name) || named(t.Via)
}

// column fits a column that the statement names, or any table of which it takes all columns.
func (f *Filter) column(t Relation) bool {
	table, column, ok := "", f.Column, false
	if i := strings.LastIndexByte(f.Column, '.'); i >= 0 {
		table, column, ok = f.Column[:i], f.Column[i+1:], true
	}
	if ok && t.Name != table && !strings.HasSuffix(t.Name, "."+table) {
		return false
	}
	return slices.Contains(t.Columns, column) || slices.Contains(t.Masked, column) || (ok && len(t.Columns) == 0)
}

// late reports whether what the outcome says fits; o is nil when there is none.
func (f *Filter) late(r, o *Record) bool {
	if f.HasRows && (o == nil || o.Rows <= f.RowsOver) {
		return false
	}
	if f.End != "" && (o == nil || o.End != f.End) {
		return false
	}
	if f.SQLState != "" {
		state := r.SQLState
		if o != nil {
			state = o.SQLState
			if state == "" && o.End == Done.String() {
				state = "00000"
			}
		}
		if state != f.SQLState && (len(f.SQLState) != 2 || !strings.HasPrefix(state, f.SQLState)) {
			return false
		}
	}
	return true
}

// Search calls found with each execution that fits, when its outcome comes; those without outcome follow at the end. Progress records are left out.
func Search(ctx context.Context, dir string, f Filter, found func(*Execution) error) error {
	r, err := OpenReader(dir, f.From)
	if err != nil {
		return err
	}
	defer r.Close()
	s := &search{r: r, f: f, literals: f.literals(), found: found, open: map[uint64]*Record{}, text: strings.ToLower(f.Text)}
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := s.step()
		if errors.Is(err, io.EOF) {
			if n := r.next; !r.clean() {
				if r.more() {
					continue
				}
				return errors.Join(s.rest(), fmt.Errorf("audit: %s at byte %d: record %d cannot be read, and what follows it was not looked at; cordon-audit verify tells more", r.segs[0].path, r.sc.pos, n))
			}
			return s.rest()
		}
		if err != nil {
			return err
		}
	}
}

// clean reports whether nothing follows the last record that was read.
func (r *Reader) clean() bool {
	_, _, _, state, err := r.sc.next()
	return err == nil && state == frameEnd
}

// more waits a little for a record that is being written, and reports whether it came.
func (r *Reader) more() bool {
	for try := 0; try < 5; try++ {
		time.Sleep(20 * time.Millisecond)
		pos := r.sc.pos
		r.sc.buf, r.sc.start = r.sc.buf[:0], pos
		_, _, _, state, err := r.sc.next()
		if err == nil && state == frameOK {
			r.sc.pos = pos
			return true
		}
	}
	return false
}

// search pairs intents with outcomes while it reads.
type search struct {
	r        *Reader
	f        Filter
	literals [][]byte
	text     string
	found    func(*Execution) error
	open     map[uint64]*Record // intents that fit so far
}

func (s *search) step() error {
	leaf, blob, offset, err := s.r.frame()
	if err != nil {
		return err
	}
	h, ok := parseHead(leaf)
	if !ok {
		return fmt.Errorf("audit: %s at byte %d: the record cannot be read; cordon-audit verify tells more", s.r.segs[0].path, offset)
	}
	switch h.kind {
	case kindProgress, kindForm:
		return nil
	case kindOutcome:
		in := s.open[h.of]
		if in == nil {
			return nil
		}
		delete(s.open, h.of)
		o, err := s.r.decode(leaf, nil, offset, s.r.segs[0], s.r.sc)
		if err != nil {
			return err
		}
		if !s.f.late(in, o) {
			return nil
		}
		return s.emit(in, o)
	}
	if !s.f.Since.IsZero() && h.time < s.f.Since.UTC().Format(timeLayout) || !s.f.Until.IsZero() && h.time >= s.f.Until.UTC().Format(timeLayout) {
		return nil
	}
	for _, l := range s.literals {
		if !bytes.Contains(leaf, l) {
			return nil
		}
	}
	if h.form.at != 0 {
		form, err := s.r.form(h.form, s.r.segs[0], s.r.sc)
		if err != nil {
			return fmt.Errorf("audit: %s at byte %d: %w; cordon-audit verify tells more", s.r.segs[0].path, offset, err)
		}
		if !s.f.form(form) {
			return nil
		}
	}
	rec, err := s.r.decode(leaf, blob, offset, s.r.segs[0], s.r.sc)
	if err != nil {
		return err
	}
	if !s.f.early(rec) {
		return nil
	}
	if rec.Kind == kindIntent {
		s.open[rec.Seq] = rec
		return nil
	}
	if !s.f.late(rec, nil) {
		return nil
	}
	return s.emit(rec, nil)
}

// rest reports the statements that have no outcome.
func (s *search) rest() error {
	var list []*Record
	for _, r := range s.open {
		if s.f.late(r, nil) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *Record) int { return int(int64(a.Seq) - int64(b.Seq)) })
	for _, r := range list {
		if err := s.emit(r, nil); err != nil {
			return err
		}
	}
	return nil
}

func (s *search) emit(in, out *Record) error {
	e := &Execution{Record: in, Outcome: out}
	e.Texts, e.TextErr = s.r.Texts(in)
	if s.text != "" && !strings.Contains(strings.ToLower(e.Texts.SQL), s.text) && !strings.Contains(strings.ToLower(e.Texts.Rewritten), s.text) &&
		!strings.Contains(strings.ToLower(in.Redacted), s.text) {
		return nil
	}
	return s.found(e)
}

// Follow calls found like Search, and goes on with what is recorded later until ctx ends; then it returns nil.
func Follow(ctx context.Context, dir string, f Filter, found func(*Execution) error) error {
	r, err := OpenReader(dir, f.From)
	if err != nil {
		return err
	}
	defer r.Close()
	s := &search{r: r, f: f, literals: f.literals(), found: found, open: map[uint64]*Record{}, text: strings.ToLower(f.Text)}
	for {
		err := s.step()
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, io.EOF) {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		if err != nil {
			return err
		}
	}
}

// Times returns those of the first record and of the last execution or event.
func Times(dir string) (first, last time.Time, err error) {
	at := func(n uint64) (time.Time, error) {
		r, err := OpenReader(dir, n)
		if err != nil {
			return time.Time{}, err
		}
		defer r.Close()
		rec, err := r.Next()
		if err != nil {
			return time.Time{}, err
		}
		return rec.Time, nil
	}
	if first, err = at(0); err != nil {
		return first, last, err
	}
	n, _, err := LastRecords(dir, 1)
	if err == nil {
		last, err = at(n)
	}
	return first, last, err
}

// LastRecords returns the number of a record so near the end that n executions or events follow it, and the number of records.
func LastRecords(dir string, n int) (from, size uint64, err error) {
	segs, err := listSegments(dir)
	if err != nil {
		return 0, 0, fmt.Errorf("audit: %w", err)
	}
	if len(segs) == 0 {
		return 0, 0, fmt.Errorf("audit: there is no log in %s", dir)
	}
	missing := n
	for i := len(segs) - 1; i >= 0; i-- {
		var at []uint64 // numbers of what counts
		f, length, err := openSegment(segs[i].path)
		if err != nil {
			return 0, 0, fmt.Errorf("audit: %w", err)
		}
		sc := newScanner(f, length)
		seq := segs[i].first
		for {
			leaf, _, _, state, err := sc.next()
			if err != nil || state != frameOK {
				break
			}
			if h, ok := parseHead(leaf); ok && h.kind != kindOutcome && h.kind != kindProgress && h.kind != kindForm {
				at = append(at, seq)
			}
			seq++
		}
		f.Close()
		size = max(size, seq)
		if len(at) >= missing {
			if missing == 0 {
				return size, size, nil
			}
			return at[len(at)-missing], size, nil
		}
		missing -= len(at)
	}
	return 0, size, nil
}

// Bytes is what the files of a log's records take.
func Bytes(dir string) int64 {
	list, err := listSegments(dir)
	if err != nil {
		return 0
	}
	n := int64(0)
	for _, s := range list {
		n += s.size
	}
	return n
}
