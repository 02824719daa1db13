package proxy

import (
	"sync/atomic"
	"time"

	"cordon/audit"
	"cordon/parse"
	"cordon/rewrite"
	"cordon/wire"
)

// planned is what becomes of one text that a client sent: one statement, several, or none. It is immutable and shared by every session for which it holds.
type planned struct {
	text    string      // as the client sent it
	sql     string      // as the server gets it
	steps   []step      // its statements; one step without a statement for a text that is empty or that nobody parsed
	refusal *wire.Error // the text is refused; sql is not to be sent
	changed bool        // sql differs from text
	private bool        // it depends on more than a view: not for other sessions
	affects bool        // running it can change who speaks
	// behindEnd: a statement that needs names stands behind the end of a transaction. It must not be run where that end changes what they stand for.
	behindEnd bool
	names     nameChange // what running it does to how names are resolved
	decided   decision
	pieces    *pieces // what refusal would refuse can be planned and run one by one
	size      int     // about the bytes it takes in a cache

	template *template // for an entry of the cache that is no text's plan but a shape's
}

// step is one statement of a planned text.
type step struct {
	kind       parse.Kind
	plan       *rewrite.Plan   // nil for a statement that was not looked into, for a person without restrictions
	meant      []meaning       // what it was planned to read and write by name; see confirm
	meantBy    *meantBy        // what its names stand for, where somebody may be asked to approve it; nil for nobody
	text       string          // the statement's own text
	static     []byte          // what the audit log records of every execution
	form       *audit.Form     // that, with the texts: recorded once
	fill       []audit.Span    // of a plan made of a template: what of logged stands between the pieces of the form
	start      int             // of text in the client's text, in bytes
	begin      int             // of the statement in the text that the server gets
	source     string          // the client's text
	sent       string          // the text that the server gets
	params     []*string       // of EXECUTE, as text
	returning  bool            // it writes rows and gives some back
	hidden     bool            // params could not be read
	copyText   *copyText       // of a COPY TO STDOUT whose lines can carry a watermark
	copyHeader bool            // COPY TO STDOUT with the names of its columns first
	open       bool            // nobody knows how many statements it is
	target     target          // the prepared statement or cursor it names
	change     sessionChange   // what it does to Cordon's settings and the transaction
	changes    []sessionChange // what it does to Cordon's settings by set_config, in order
	bound      int             // how many of their values come with Bind
	as         *speech         // who speaks when it runs; nil for whoever speaks in the session
	decided    decision
	subjects   *stepSubjects // whose data it touches; nil when the policy names none of it
	marks      *stepMarks    // what of its rows can carry a watermark; nil where no rule asks for one
	tables     []string      // that it touches, where the policy watches
	estimable  bool          // what PostgreSQL expects of it may be asked
	durable    bool          // a rule demands records that are on the storage device
	blocked    []byte        // what the audit log records when it is refused
	logged     string        // the statement as the audit log has it
	secret     bool          // it takes a password or a key: none of its literals and parameters is recorded
	rewritten  string        // and as the server gets it
	rule       string        // that refuses it
	template   *template     // that it was made of; then positions, not plan.Edits, tells where things stand
}

// target is the prepared statement or cursor that an SQL statement names.
type target struct {
	verb     targetVerb
	name     string
	hold     bool // DECLARE … WITH HOLD
	forget   bool // every name of its kind
	into     bool // CREATE TABLE … AS EXECUTE
	analyzed bool // EXPLAIN ANALYZE EXECUTE, or of the former: it runs
}

type targetVerb uint8

const (
	targetNone targetVerb = iota
	targetPrepare
	targetExecute
	targetDeallocate
	targetDeclare
	targetFetch
	targetClose
	targetDiscard // DISCARD ALL: both kinds
)

// nameChange is what running a text can do to the session's resolution of names, and to its settings.
type nameChange uint8

const (
	namesKept      nameChange = 0
	namesChanged   nameChange = 1 << iota // ask the server before the next statement that needs names is planned
	catalogChanged                        // and for its catalog
	readingChanged                        // the encoding or the meaning of backslashes may be another
)

// execution is one run of one statement: what is counted of it and recorded about it. The client's loop makes it, the upstream's loop owns it once it is in the pending queue.
type execution struct {
	planned  *planned
	step     *step      // the statement
	shape    *step      // what its rows and reports are dealt with by: for EXECUTE and FETCH the statement behind the name
	portal   *portalRun // the metering of its rows, nil without limits
	cursor   *object    // of FETCH
	next     *execution // of the same Query: the run of the next statement
	record   audit.Ref
	object   *object                    // the name that the statement makes or drops, settled with it
	person   string                     // who runs it
	proof    *proof                     // nil without a token
	leaving  atomic.Pointer[wire.Error] // the person may do nothing any more, and the server has been asked to cancel it
	changes  []sessionChange            // of set_config, with what Bind has brought
	started  time.Time
	rows     int64
	bytes    int64       // of rows, as frames
	bytesIn  int64       // of COPY data from the client
	subjects *subjectRun // whose rows have come; nil when that is not asked
	stop     *wire.Error // the guard has stopped it
	packing  *packing    // of the rows that its values pack; nil for none
	ownMeter bool        // nobody else uses portal: it ends with the run
	tracked  bool        // counted in pending.limited
	done     bool        // its outcome is recorded
	patience int16       // looks since leaving was set; the watcher's
}

// limited says that the run may be stopped by the export guard: it has limits, and it is not sure before its first row that they will be kept.
func (x *execution) limited() bool { return x.tracked }

// copies says that the run writes rows of limited tables into another table: by its text, by that of the prepared statement, or as CREATE TABLE … AS EXECUTE.
func (x *execution) copies() bool {
	if x.shape == nil || x.shape.plan == nil || x.step.kind == parse.Explain {
		return false
	}
	return x.shape.plan.Copies || x.step.target.into && len(x.shape.plan.Exports) > 0
}

// strip is what is taken away of the rows: so many columns at the end, or (-1) all of them. EXPLAIN EXECUTE gives lines of a plan.
func (x *execution) strip() int {
	if x.shape == nil || x.shape.plan == nil || x.step.kind == parse.Explain {
		return 0
	}
	return x.shape.plan.Strip
}
