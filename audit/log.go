package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Log is an open audit log. It is safe for use by many goroutines.
type Log struct {
	opts     Options
	origin   string
	signer   note.Signer
	verifier note.Verifier
	key      string // verifier key
	lock     *os.File
	pool     sync.Pool // of *scratch
	dek      atomic.Pointer[dek]
	era      atomic.Pointer[era] // changed with mu held

	// mu guards the tail of the log: what is recorded, and where. Only writes to the segment happen under it, never a sync.
	mu         sync.Mutex
	room       sync.Cond // a spare segment arrived, or never will
	state      State
	reason     error // why state is not ok
	since      time.Time
	seg        file
	segFirst   uint64
	segPath    string
	segSize    int64
	off        int64 // where the next write to seg goes
	dirty      int64 // a failed write may have left bytes up to here
	spare      file  // the next segment, allocated
	spareErr   error
	retired    []retired // segments before seg that are not synced yet
	newDir     bool      // the folder of segments changed since it was synced
	pend       []byte    // frames recorded in memory and not in seg yet, in order
	next       uint64    // leaf index of the next record
	written    uint64    // records before this are in the file
	hasher     hasher
	hashes     []tlog.Hash // of the leaves that the tree does not have yet
	oldest     time.Time   // of the first record behind hashes
	unsynced   time.Time   // of the first record that is not synced
	open       []slot      // intents without outcome
	free       []int32     // unused places of open
	lastDEK    string
	subjectKey []byte  // nil until it is asked for
	sys        scratch // for the log's own records
	stats      counters
	missed     gap
	refusedNow uint64 // statements and events since the log could last be written
	closed     bool

	// smu guards who syncs. It is taken before mu, never after.
	smu     sync.Mutex
	done    sync.Cond // a sync ended
	waiting []waiting // to be told when it has
	told    bool      // nobody is told any more
	syncing bool
	synced  atomic.Uint64 // records before this are on the device; changed with smu held
	syncErr error

	// sealMu guards the tree and its files; the background goroutine and Close use it.
	sealMu   sync.Mutex
	tree     *tree
	packs    packs
	sealed   atomic.Uint64
	sealErr  atomic.Pointer[error]
	lastBeat time.Time

	keepMu  sync.Mutex // who drops and packs
	keeper  keeper     // guarded by keepMu
	keepErr atomic.Pointer[error]

	noted      gap          // what the file gap says; the background goroutine's
	submitters []*submitter // fixed after Open

	makeSpare chan struct{}
	commit    chan struct{} // somebody waits
	stop      chan struct{}
	wg        sync.WaitGroup
}

// slot is one intent that has no outcome yet.
type slot struct {
	seq     uint64 // leaf index + 1; 0 for a free slot
	number  uint64
	session string
}

// retired is a segment that another has followed.
type retired struct {
	file file
	used int64
}

// maxPend bounds the records that wait in memory while the log cannot be written; only outcomes and closing events do.
const maxPend = 16 << 20

// maxUnsealed bounds the leaf hashes that wait for a checkpoint: 64 MB of memory.
const maxUnsealed = 2 << 20

// maxOpen bounds the intents without outcome: the list of them must fit the head of a segment.
const maxOpen = 1 << 16

// Intent records an execution before the server sees it. When it returns nil, the record is in the segment file, and on the device if Options.Fsync is Always or in.Durable is set. On any error the statement
// must not be forwarded; the error is an *Unavailable when the log cannot be written. Every recorded intent needs one Outcome.
func (l *Log) Intent(in *Intent) (Ref, error) {
	ref, err := l.Append(in)
	if err != nil || ref.needs == 0 {
		return ref, err
	}
	if err := l.sync(ref.needs); err != nil {
		l.mu.Lock()
		_, err := l.refuse(err, in.Durable)
		l.mu.Unlock()
		if err != nil {
			// Others may have queued behind this record, so it cannot be taken back: it gets an outcome that says so.
			l.Outcome(ref, Outcome{End: NotSent})
			return Ref{}, err
		}
	}
	return ref, nil
}

// Append is Intent without waiting for the device: when the Ref's Needs is not 0, the statement must not be forwarded before Await has said so, or Synced.
func (l *Log) Append(in *Intent) (Ref, error) {
	if in.Session == nil {
		return Ref{}, errors.New("audit: an intent needs a session")
	}
	s := l.pool.Get().(*scratch)
	now := in.Time
	if now.IsZero() {
		now = l.opts.Clock()
	}
	l.encodeIntent(s, in, now, kindIntent)
	s.leaf = appendFill(s.leaf, in.Fill)
	var form *scratch // the record of a form that the segment does not have yet
	switch {
	case in.Form != nil:
		if e := l.era.Load(); in.Form.in(e) == nil {
			form = l.encodeForm(in.Form, e.dek, now)
		}
	case in.Static == nil:
		s.leaf = append(s.leaf, `,"decision":"block"`...)
	default:
		s.leaf = append(s.leaf, ',')
		s.leaf = append(s.leaf, in.Static...)
	}
	s.leaf = append(s.leaf, '}')

	sync := in.Durable || l.opts.Fsync == Always
	l.mu.Lock()
	form, err := l.admitWith(s, in.Form, form, now)
	if form != nil {
		defer l.put(form)
	}
	if err != nil {
		ref, err := l.refuse(err, in.Durable)
		l.mu.Unlock()
		l.put(s)
		return ref, err
	}
	before, start, first := len(l.pend), now.UnixNano(), l.next
	var at *place
	if in.Form != nil {
		if at = in.Form.in(l.era.Load()); at == nil {
			at = l.appendForm(in.Form, form, now)
		}
	}
	seq := l.append(s, at, now)
	ref := Ref{seq: seq + 1, number: in.Number, session: in.Session, start: start}
	ref.slot = l.take(ref)
	if !sync {
		if err := l.flush(); err != nil {
			l.undo(ref, before, int(l.next-first))
			if at != nil && at.seq == first {
				in.Form.place.Store(nil)
			}
			ref, err := l.refuse(err, in.Durable)
			l.mu.Unlock()
			l.put(s)
			return ref, err
		}
	}
	l.stats.intents++
	l.mu.Unlock()
	l.put(s)
	if sync {
		ref.needs = seq + 1
	}
	return ref, nil
}

// Waits says that every record waits for the device.
func (l *Log) Waits() bool { return l.opts.Fsync == Always }

// Blocked records a statement that was refused. Durability and errors are those of Intent; there is no outcome.
func (l *Log) Blocked(in *Intent, why Refusal) error {
	if in.Session == nil {
		return errors.New("audit: a blocked statement needs a session")
	}
	s := l.pool.Get().(*scratch)
	now := in.Time
	if now.IsZero() {
		now = l.opts.Clock()
	}
	l.encodeIntent(s, in, now, kindBlocked)
	s.leaf = appendField(s.leaf, "sqlstate", why.SQLState)
	s.leaf = appendField(s.leaf, "rule", why.Rule)
	if why.Message != "" {
		s.leaf = append(s.leaf, ',')
		s.leaf = appendKey(s.leaf, "message")
		s.leaf = appendText(s.leaf, why.Message, maxReason)
	}
	if in.Static == nil {
		s.leaf = append(s.leaf, `,"decision":"block"`...)
	} else {
		s.leaf = append(s.leaf, ',')
		s.leaf = append(s.leaf, in.Static...)
	}
	s.leaf = append(s.leaf, '}')
	return l.record(s, now, false, in.Durable, &l.stats.blocked)
}

func (l *Log) encodeIntent(s *scratch, in *Intent, now time.Time, kind string) {
	s.begin(now, kind)
	s.seal(l.dek.Load(), in.own(), &l.opts)
	b := append(s.leaf, ',')
	b = append(b, in.Session.fragment...)
	b = appendUintField(b, "stmt", in.Number)
	b = append(b, in.Session.by(in.Person, in.How, in.Path)...)
	s.leaf = appendField(b, "portal", in.Portal)
}

// Outcome records how an execution ended. It is written at once only when o.Durable is set, else within Options.Interval or with the next intent: a crash before leaves the intent, and recovery
// writes an unknown outcome. It never fails: what cannot be written is kept in memory up to a limit, and counted beyond.
func (l *Log) Outcome(r Ref, o Outcome) {
	if r.seq == 0 {
		if r.missed {
			l.mu.Lock()
			l.miss("their statements began when the log could not be written")
			l.missed.Outcomes++
			l.mu.Unlock()
		}
		return
	}
	s := l.pool.Get().(*scratch)
	now := o.Time
	if now.IsZero() {
		now = l.opts.Clock()
	}
	s.begin(now, kindOutcome)
	b := append(s.leaf, `,"of":`...)
	b = appendUint(b, r.seq-1)
	b = append(b, r.session.named...)
	b = appendUintField(b, "stmt", r.number)
	b = append(b, `,"end":"`...)
	b = append(b, o.End.String()...)
	b = append(b, '"')
	b = append(b, `,"rows":`...)
	b = appendInt(b, o.Rows)
	b = appendUintField(b, "bytes", uint64(max(o.Bytes, 0)))
	b = appendUintField(b, "bytes_in", uint64(max(o.BytesIn, 0)))
	d := o.Duration
	if d <= 0 {
		d = time.Duration(max(now.UnixNano()-r.start, 0))
	}
	b = append(b, `,"us":`...)
	b = appendInt(b, d.Microseconds())
	b = appendUintField(b, "first_us", uint64(max(o.FirstByte, 0).Microseconds()))
	if o.SQLState != "00000" {
		b = appendField(b, "sqlstate", o.SQLState)
	}
	if o.Reason != "" {
		b = append(b, ',')
		b = appendKey(b, "reason")
		b = appendText(b, o.Reason, maxReason)
	}
	b = appendSubjects(b, o.Subjects)
	s.leaf = append(b, '}')

	l.mu.Lock()
	var err error
	if l.waitsFor(r) {
		err = l.admit(s, 0, true) // before it is off the list: a segment that begins here names the intents whose outcomes it may hold
	}
	if !l.waitsFor(r) {
		l.mu.Unlock() // it had its outcome
		l.put(s)
		return
	}
	l.release(r.slot)
	if err != nil {
		l.stats.lost++
		l.mu.Unlock()
		l.put(s)
		return
	}
	seq := l.append(s, nil, now)
	l.stats.outcomes++
	if len(l.pend) > 64<<10 {
		l.flush() // an error is met again by the next intent and by the background goroutine
	}
	l.mu.Unlock()
	l.put(s)
	if o.Durable {
		l.sync(seq + 1)
	}
}

// waitsFor reports whether an intent has no outcome yet. Called with mu held.
func (l *Log) waitsFor(r Ref) bool { return int(r.slot) < len(l.open) && l.open[r.slot].seq == r.seq }

// Progress records how far an execution that goes on has come, so that a crash does not hide a long export.
func (l *Log) Progress(r Ref, rows, bytes int64) error {
	if r.seq == 0 {
		return nil
	}
	s := l.pool.Get().(*scratch)
	now := l.opts.Clock()
	s.begin(now, kindProgress)
	b := append(s.leaf, `,"of":`...)
	b = appendUint(b, r.seq-1)
	b = append(b, r.session.named...)
	b = appendUintField(b, "stmt", r.number)
	b = append(b, `,"rows":`...)
	b = appendInt(b, rows)
	b = appendUintField(b, "bytes", uint64(max(bytes, 0)))
	s.leaf = append(b, '}')
	return l.record(s, now, true, false, &l.stats.events)
}

// Event records something that is not a statement. Durability and errors are those of Intent.
func (l *Log) Event(e Event) error {
	if !e.Kind.known() {
		return fmt.Errorf("audit: %q is not an event of the log's format", e.Kind)
	}
	var data []byte
	if e.Data != nil {
		var err error
		if data, err = json.Marshal(e.Data); err != nil {
			return fmt.Errorf("audit: encode the data of %s: %w", e.Kind, err)
		}
		if len(data) > maxEventData {
			data, _ = json.Marshal(struct {
				Truncated string `json:"truncated"`
				Bytes     int    `json:"bytes"`
			}{cut(string(data), 4<<10), len(data)})
		}
	}
	s := l.pool.Get().(*scratch)
	now := l.opts.Clock()
	s.begin(now, string(e.Kind))
	b := s.leaf
	if e.Session != nil {
		b = append(b, ',')
		b = append(b, e.Session.fragment...)
	}
	b = appendField(b, "person", e.Person)
	b = appendField(b, "how", e.How)
	if data != nil {
		b = append(b, `,"data":`...)
		b = append(b, data...)
	}
	s.leaf = append(b, '}')
	return l.record(s, now, e.Kind.closing(), e.Durable, &l.stats.events)
}

// record writes one record that has no outcome, and counts it in n.
func (l *Log) record(s *scratch, now time.Time, closing, durable bool, n *uint64) error {
	sync := durable || l.opts.Fsync == Always
	l.mu.Lock()
	err := l.admit(s, 0, closing)
	if err != nil {
		err = l.refuseEvent(err)
		l.mu.Unlock()
		l.put(s)
		return err
	}
	before := len(l.pend)
	seq := l.append(s, nil, now)
	if !sync {
		if err = l.flush(); err != nil && !closing {
			l.undo(Ref{slot: -1}, before, 1)
			err = l.refuseEvent(err)
			l.mu.Unlock()
			l.put(s)
			return err
		}
	}
	*n++
	l.mu.Unlock()
	l.put(s)
	if sync {
		if err := l.sync(seq + 1); err != nil {
			l.mu.Lock()
			err = l.refuseEvent(err)
			l.mu.Unlock()
			return err
		}
	}
	return nil
}

func (l *Log) put(s *scratch) {
	s.trim()
	l.pool.Put(s)
}

// VerifierKey returns the public key that the log's checkpoints verify with.
func (l *Log) VerifierKey() string { return l.key }

// Origin returns the log's name, the first line of its checkpoints.
func (l *Log) Origin() string { return l.origin }

// Close writes what waits, the log's last record and a checkpoint over all of it, and closes the log. Intents without an outcome stay without: the next Open writes unknown ones. ctx bounds how long it waits for the background
// goroutines; the log is closed in any case.
func (l *Log) Close(ctx context.Context) error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	close(l.stop)
	waited := make(chan struct{})
	go func() { l.wg.Wait(); close(waited) }()
	select {
	case <-waited:
	case <-ctx.Done():
		return fmt.Errorf("audit: close the log: %w", context.Cause(ctx))
	}
	return l.finish()
}

// finish ends the log after its goroutines have.
func (l *Log) finish() error {
	var errs []error
	l.mu.Lock()
	if l.state != StateFailed {
		l.reportGap()
		l.system(kindClose, struct {
			Intents  uint64 `json:"intents"`
			Outcomes uint64 `json:"outcomes"`
			Blocked  uint64 `json:"blocked"`
			Pending  int    `json:"pending"`
			Lost     uint64 `json:"lost"`
		}{l.stats.intents, l.stats.outcomes, l.stats.blocked, len(l.open) - len(l.free), l.stats.lost})
	}
	l.mu.Unlock()
	l.noteGap()
	if err := l.checkpoint(); err != nil {
		errs = append(errs, fmt.Errorf("audit: write the last checkpoint: %w", err))
	}
	errs = append(errs, l.packs.close())
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seg != nil {
		if len(l.pend) == 0 && l.state != StateFailed {
			if err := l.seg.Truncate(l.off); err != nil {
				errs = append(errs, err)
			}
		}
		errs = append(errs, l.seg.Close())
		l.seg = nil
	}
	for _, r := range l.retired {
		errs = append(errs, r.file.Close())
	}
	l.retired = nil
	if l.spare != nil {
		errs = append(errs, l.spare.Close(), os.Remove(l.sparePath()))
		l.spare = nil
	}
	l.state, l.reason = StateClosed, errClosed
	l.room.Broadcast()
	errs = append(errs, l.lock.Close())
	return errors.Join(errs...)
}
