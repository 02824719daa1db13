package proxy

import (
	"sync"
	"sync/atomic"

	"cordon/wire"
)

// reply names what the server will answer to one message that was sent to it.
type reply uint8

const (
	replyParse reply = iota + 1
	replyBind
	replyDescribeStatement
	replyDescribePortal
	replyExecute
	replyClose
	replySync
	replyQuery
	replyFunctionCall
	replyCopyEnd // none: a mark that CopyDone or CopyFail was sent here
)

func (r reply) String() string {
	switch r {
	case replyParse:
		return "Parse"
	case replyBind:
		return "Bind"
	case replyDescribeStatement, replyDescribePortal:
		return "Describe"
	case replyExecute:
		return "Execute"
	case replyClose:
		return "Close"
	case replySync:
		return "Sync"
	case replyQuery:
		return "Query"
	case replyFunctionCall:
		return "FunctionCall"
	case replyCopyEnd:
		return "CopyDone"
	}
	return "nothing"
}

// expected is one message that the server has not yet answered, and what is to be done with its answer.
type expected struct {
	kind    reply
	swallow bool            // Cordon's own message: the client sees none of its answer
	affects bool            // it can change who speaks
	quiet   bool            // Cordon's own message for one of the client's: the client sees only its error
	asQuery bool            // sent for a Query: the client sees no NoData
	more    bool            // a part of one of the client's: its ReadyForQuery is not shown
	maybe   bool            // a Sync that the server may have taken as part of a COPY FROM STDIN, and then does not answer
	refusal *wire.Error     // the message was put in a refused one's place: its ErrorResponse becomes this
	run     *execution      // of Execute, Query and FunctionCall: what is counted and recorded
	object  *object         // of Parse, Bind and Close: what comes to be, or ends, when it succeeds
	planned *planned        // of Describe: the text that it describes
	bytes   int             // that it keeps of the client's text; set by push
	step    *step           // and the statement of it
	columns *subjectColumns // of Describe: told where the keys of subjects stand
	keys    *subjectKeys
	marking *marking   // of Describe: told where the columns stand that carry a watermark
	ask     *inquiry   // Cordon's own query that this message belongs to
	person  string     // who has sent it, where the policy watches
	packed  *execution // of the last message that asks what a run has packed
	sync    uint64     // of Sync and Query: its number in the session
	scrub   bool       // its reports can hold values of rows that the person may not see, whatever its own statement is: what was put off to the end of the transaction

	probe       bool // a Close that the server answers if it does not skip; see settleCopy
	swallowRest bool // of a Query that was stopped: what is left of its result
}

// pending is the queue of messages that the server has still to answer. The client's loop pushes, the upstream's loop pops: this keeps the two in step, whatever a pipeline does.
type pending struct {
	mu   sync.Mutex
	wake sync.Cond // told when waiting is set and the queue has shrunk, or the session has broken

	// guarded by mu
	limit      int // longest queue: a client that pipelines more has to wait until the server has answered some
	ring       []expected
	head, n    int
	bytes      int // what the entries keep of the client's texts
	waiting    bool
	failure    *planned // whose Parse, Bind or Describe it was that failed last, until an Execute of it is recorded as failed; nil for none
	failedWith string   // the SQLSTATE
	copying    bool     // the server takes what is sent as COPY data: CopyInResponse has come, and no CopyDone or CopyFail has been sent since
	affecting  int      // messages in the queue that can change who speaks

	// Written under mu, but read without it before each message of the client's: what is read is as of a moment ago with the lock too, when it has been let go. Where one of them ends what another one begins, the beginning is written first
	// and read last.
	failed  atomic.Bool  // an error in the extended protocol, and no Sync has been sent since: the server skips what is sent
	limited atomic.Int32 // executions in the queue that may yet be stopped
	cancels atomic.Int32 // requests to cancel that have not been dealt with
	poison  atomic.Bool  // the client was told of an error that the server knows nothing of: a statement that fails must be sent before anything else
	broken  atomic.Bool  // no more answers will come
}

func (p *pending) init(limit int) {
	p.wake.L = &p.mu
	p.limit = limit
}

func (p *pending) at(i int) *expected { return &p.ring[(p.head+i)&(len(p.ring)-1)] }

// maxPendingBytes bounds what the queue keeps of texts. A refused statement goes to the server as a few bytes, and can be answered with its whole text: 1,024 of a megabyte that the server does not read, or whose answers the client does
// not read, would take a gigabyte.
const maxPendingBytes = 8 << 20

// full says that a push must wait.
func (p *pending) full() bool { return p.n >= p.limit || p.bytes >= maxPendingBytes }

// roomy says that a push that has had to wait may go on: not for one message at a time. mu is held.
func (p *pending) roomy() bool { return p.n <= p.limit/2 && p.bytes <= maxPendingBytes/2 }

// weight is what an entry keeps of texts that nothing else bounds: namespace.room counts those of Parse and Execute.
func (e *expected) weight() (n int) {
	if e.refusal != nil {
		n += len(e.refusal.Message) + len(e.refusal.Detail) + len(e.refusal.Hint)
	}
	if e.kind == replyQuery && e.run != nil {
		n += e.run.planned.weight()
	}
	return n
}

// push adds a copy of one expected answer. It reports false when the server skips the message because an earlier one of its pipeline failed: then nothing is added.
// mu is held.
func (p *pending) push(e *expected) bool {
	switch {
	case p.failed.Load():
		if e.kind != replySync {
			return false
		}
		p.failed.Store(false) // the server skips up to here
	case e.kind == replyCopyEnd:
		if p.n == 0 && !p.copying {
			return true // of a COPY that has failed already, or of none: the server ignores it
		}
		p.copying = false
	case e.kind == replySync && p.copying:
		e.maybe = true
	}
	if p.n == len(p.ring) {
		p.grow()
	}
	if e.refusal != nil || e.kind == replyQuery {
		e.bytes = e.weight()
		p.bytes += e.bytes
	}
	*p.at(p.n) = *e
	p.n++
	if e.run != nil && e.run.limited() {
		p.limited.Add(1)
	}
	if e.affects {
		p.affecting++
	}
	return true
}

func (p *pending) grow() {
	ring := make([]expected, max(8, 2*len(p.ring)))
	for i := range p.n {
		ring[i] = *p.at(i)
	}
	p.ring, p.head = ring, 0
}

// front is the message that an answer of the given type is for, nil when there is none. What the server can be seen not to answer is dropped on the way. mu is held.
func (p *pending) front(typ byte) *expected {
	if p.n > 0 {
		if e := &p.ring[p.head]; e.kind != replyCopyEnd && !e.maybe && !e.probe { // as nearly always: it will be answered
			return e
		}
	}
	return p.frontAnswered(typ)
}

// frontAnswered is front for a queue that may begin with what is not answered.
func (p *pending) frontAnswered(typ byte) *expected {
	for p.n > 0 {
		e := p.at(0)
		switch {
		case e.kind == replyCopyEnd:
			p.pop()
		case e.maybe && typ != wire.TypeReadyForQuery && !asynchronous(typ):
			p.pop() // the COPY took it: this answer is for something behind
		case e.probe && (typ == wire.TypeParseComplete || typ == wire.TypeErrorResponse) && p.n > 2:
			p.pop() // it was skipped, and the Sync behind it has been answered
			p.pop()
		default:
			return e
		}
	}
	return nil
}

// asynchronous says that a message of this type can come at any time, whatever has been asked.
func asynchronous(typ byte) bool {
	return typ == wire.TypeNoticeResponse || typ == wire.TypeParameterStatus || typ == wire.TypeNotificationResponse
}

// described is the statement that a Describe is about; nil when nobody knows.
func (e *expected) described() *step {
	if e.step != nil {
		return e.step
	}
	if e.planned != nil && len(e.planned.steps) > 0 {
		return &e.planned.steps[0]
	}
	return nil
}

// running is the execution that the server is at; nil when it is at none. mu is held.
func (p *pending) running() *execution {
	for i := range p.n {
		if run := p.at(i).run; run != nil {
			return run
		}
	}
	return nil
}

// pop removes the message at the front. mu is held.
func (p *pending) pop() {
	e := &p.ring[p.head]
	if e.run != nil && e.run.limited() {
		p.limited.Add(-1)
	}
	if e.affects {
		p.affecting--
	}
	p.bytes -= e.bytes
	*e = expected{}
	p.head = (p.head + 1) & (len(p.ring) - 1)
	p.n--
	if p.n == 0 && len(p.ring) > 64 {
		p.ring, p.head = nil, 0 // a long pipeline is over
	}
	if p.waiting {
		p.wake.Broadcast()
	}
}

// advance goes on to the next statement of a Query at the front. mu is held.
func (p *pending) advance(e *expected) {
	was := e.run
	e.run = was.next
	if e.run != nil && e.run.limited() {
		p.limited.Add(1)
	}
	if was.limited() {
		p.limited.Add(-1)
	}
	if p.waiting {
		p.wake.Broadcast()
	}
}

// fail is called when the message at the front, of the extended protocol, was answered by an ErrorResponse: the server skips all behind it up to a Sync.
// Each skipped message, the failed one too, is given to dropped. mu is held.
func (p *pending) fail(dropped func(*expected)) {
	p.copying = false
	synced := false
	for i := range p.n {
		synced = synced || p.at(i).kind == replySync
	}
	p.failed.Store(!synced)
	for p.n > 0 && p.at(0).kind != replySync {
		dropped(p.at(0))
		p.pop()
	}
}

// closed is what the message that a ReadyForQuery answers says of it; see expected.
type closed struct {
	run           *execution
	ask           *inquiry
	sync          uint64
	swallow, more bool
}

// ready is called at ReadyForQuery. It removes the messages that it closes, and returns what is to be known of the one that it answers; ok is false when there is none, which no server should let happen. mu is held.
func (p *pending) ready() (c closed, ok bool) {
	e := p.front(wire.TypeReadyForQuery)
	if e == nil {
		return closed{}, false
	}
	switch e.kind {
	case replySync, replyQuery, replyFunctionCall:
	default:
		return closed{}, false
	}
	p.copying = false
	c = closed{e.run, e.ask, e.sync, e.swallow, e.more}
	maybe := e.maybe
	p.pop()
	if maybe {
		// The COPY failed somewhere in the client's stream, and this may have been the answer to the Sync behind this one.
		for i := 0; i < p.n; i++ {
			switch next := p.at(i); next.kind {
			case replyCopyEnd:
				continue
			case replySync:
				next.maybe = true
			}
			break
		}
	}
	return c, true
}

// copyIn is called at CopyInResponse: a Sync sent from here to the next CopyDone or CopyFail is not answered by ReadyForQuery, if the server gets to read it in COPY. mu is held.
func (p *pending) copyIn() {
	for i := 1; i < p.n; i++ {
		switch e := p.at(i); e.kind {
		case replyCopyEnd:
			return
		case replySync:
			e.maybe = true
		}
	}
	p.copying = true
}

// copied is called when a COPY FROM STDIN has succeeded: the messages that it took, behind the one at the front, are done. mu is held.
func (p *pending) copied() {
	p.copying = false
	front := *p.at(0)
	for p.n > 1 {
		next := *p.at(1)
		if next.kind != replyCopyEnd && !next.maybe {
			return
		}
		// take the second out by moving the first over it
		*p.at(0) = expected{}
		p.head = (p.head + 1) & (len(p.ring) - 1)
		p.n--
		*p.at(0) = front
		if next.kind == replyCopyEnd {
			return
		}
	}
}

// quiet says that every answer has come that is sure to come. mu is held.
func (p *pending) quiet() bool {
	for i := range p.n {
		if e := p.at(i); e.kind != replyCopyEnd && !e.maybe {
			return false
		}
	}
	return true
}

// stop makes every wait end: the server will answer no more. Each message still in the queue is given to dropped.
func (p *pending) stop(dropped func(*expected)) {
	p.mu.Lock()
	p.broken.Store(true)
	for p.n > 0 {
		dropped(p.at(0))
		p.pop()
	}
	p.wake.Broadcast()
	p.mu.Unlock()
}
