package proxy

import (
	"strconv"
	"sync/atomic"

	"cordon/wire"
)

// The states of an object. The upstream's loop moves it on when the server has answered.
const (
	tentative = iota // the message that makes it has been sent
	live             // the server has confirmed it
	dead             // the server has refused or skipped the message
)

// object is a prepared statement or a portal of the session, or the Close of one. What the client's loop knows of a name is a chain: the newest object on top of what it replaces,
// because the server may yet refuse or skip the message that makes the newest. A name never stands for what the server does not have under it.
type object struct {
	state   atomic.Int32
	closing bool // a Close, or a statement that drops the name: once live, the name is free
	prev    *object

	planned *planned        // what it was planned as; nil when nobody knows
	step    *step           // of planned, what running it runs
	view    *view           // for whom, and under what, it was planned
	oids    []byte          // of a statement: parameter types that the client gave, four bytes each
	sql     string          // of a statement: what the server has under the client's name
	foreign bool            // prepared or declared by SQL: it is not prepared again in another form
	hold    bool            // of a cursor: outlives its transaction
	sent    uint64          // the number of the Sync or Query behind it; 0 for nobody knows
	sync    uint64          // of a portal: the number of the Sync or Query that closes what it was bound in
	run     *portalRun      // of a portal: the metering of its rows over all its pages; nil until that begins
	first   *execution      // of a portal: memory for its first run; nil once that is taken
	kept    bool            // it is in session.meters
	ran     *planned        // what running it is, when that is not planned: see body
	changes []sessionChange // of a portal: what it does by set_config
	columns *subjectColumns // of a portal: where its rows have the keys of subjects; nil when that is not asked
	values  []byte          // of a portal: its parameters, or their beginning, as Bind has brought them; for the record
	bound   *binding        // of a portal of EXECUTE or FETCH that has been run: what stood behind the name then

	variants map[string]*variant // of a statement: other forms that the server has under names of Cordon's own, by their SQL
	also     []*object           // share this one's fate
}

// variant is another form of a prepared statement, for another person, policy or catalog.
type variant struct {
	object
	name string
	of   *object
	used uint64 // when last, in the session's count
}

// binding is what a portal of EXECUTE or FETCH runs: the server looks the name up at the first Execute, whatever stands under it at the next.
type binding struct {
	shape  *step
	cursor *object
}

// body is what is run when the protocol binds or executes it. A PREPARE or DECLARE prepares or declares when it is run itself; what it has made under its name runs the statement inside.
func (o *object) body() *planned {
	switch o.step.target.verb {
	case targetPrepare, targetDeclare:
	default:
		return o.planned
	}
	if !o.foreign {
		return o.planned
	}
	if o.ran == nil {
		p, st := *o.planned, *o.step
		st.target = target{}
		st.change = sessionChange{}
		p.steps = []step{st}
		p.affects, p.names = false, settingsAfter(st.plan)
		o.ran = &p
	}
	return o.ran
}

// settle sets the state that the server's answer gives.
func (o *object) settle(state int32) {
	if o == nil {
		return
	}
	o.state.Store(state)
	for _, a := range o.also {
		a.state.Store(state)
	}
}

// namespace maps the names of one kind, statements or portals, to their objects. Only the client's loop uses it.
type namespace struct {
	unnamed *object // under the empty name, which most portals have: several look-ups for each statement
	names   map[string]*object
	sweepAt int // look for names that have become free when there are so many
	bytes   int // what the objects take, and those that have gone since it was last counted
}

// weight is about the bytes that an object takes. A plan that others share is counted whole: the object keeps it when the cache has forgotten it.
func (o *object) weight() int {
	n := 512 + len(o.values) + len(o.oids)
	if o.planned != nil {
		n += o.planned.weight()
	}
	return n
}

// weighs counts what the objects take.
func (n *namespace) weighs() int {
	n.bytes = 0
	one := func(name []byte) {
		n.find(name)
		for o := n.top(name); o != nil; o = o.prev {
			n.bytes += o.weight()
		}
	}
	one(nil)
	for name := range n.names {
		one([]byte(name))
	}
	return n.bytes
}

// top is the newest object under a name, whatever has become of it.
func (n *namespace) top(name []byte) *object {
	if len(name) == 0 {
		return n.unnamed
	}
	return n.names[string(name)]
}

// set makes a name stand for an object, nil for none.
func (n *namespace) set(name []byte, o *object) {
	switch {
	case len(name) == 0:
		n.unnamed = o
	case o == nil:
		delete(n.names, string(name))
	default:
		if n.names == nil {
			n.names = make(map[string]*object)
		}
		n.names[string(name)] = o
	}
}

// find returns the newest object under a name that the server has, or is about to have; nil when there is none.
func (n *namespace) find(name []byte) *object { return n.findFrom(n.top(name), name) }

// findFrom is find, from the name's top on.
func (n *namespace) findFrom(top *object, name []byte) *object {
	if top == nil {
		return nil
	}
	o := top
	for o != nil && o.state.Load() == dead {
		o = o.prev
	}
	switch {
	case o == nil, o.closing && o.state.Load() == live:
		n.set(name, nil)
		return nil
	case o != top:
		n.set(name, o)
	}
	if o.state.Load() == live {
		o.prev = nil
	}
	if o.closing {
		return nil
	}
	return o
}

// lookUp is find for what is to be run or described: a name must not stand for two things then. Where the newest object replaces another and a Sync has been sent behind it, the server may refuse the newest and run the other one, of
// which nothing would be counted or recorded, as it may be another person's; so its answer is waited for. In one pipeline that need not be: what fails there takes what follows with it.
func (s *session) lookUp(n *namespace, name []byte) *object {
	o := n.top(name)
	if o != nil && o.prev != nil && o.sent != s.syncs+1 && o.state.Load() == tentative {
		s.waitQuiet() // when that fails, nothing more is sent
	}
	if o != nil && o.prev == nil && !o.closing && o.state.Load() != dead { // as nearly always: find would find it
		return o
	}
	return n.findFrom(o, name) // while it was waited for no name was given away: that is for this loop to do
}

// put gives a name to what is being sent.
func (s *session) put(n *namespace, name []byte, o *object) {
	o.sent = s.syncs + 1
	n.put(name, o)
}

// put sets a name to a new object, over what it stood for.
func (n *namespace) put(name []byte, o *object) {
	if n.top(name) != nil {
		n.find(name)
		o.prev = n.top(name)
	} else if len(n.names) >= n.sweepAt {
		for other := range n.names {
			n.find([]byte(other))
		}
		n.sweepAt = max(128, 2*len(n.names))
	}
	n.set(name, o)
	n.bytes += o.weight()
}

// room refuses one more object than a session may have, by their number or by what they take. The server would keep them for this client alone; Cordon has others to serve.
func (s *session) room(n *namespace, name []byte, what string) *wire.Error {
	limits := &s.server.Limits
	if n.bytes >= limits.PreparedBytes && n.weighs() >= limits.PreparedBytes {
		return &wire.Error{Code: codeTooMany, Message: "the " + what + " of this session take more than " + strconv.Itoa(limits.PreparedBytes>>20) + " MB in Cordon", Hint: "Close those that are not used any more."}
	}
	if n.len() >= limits.Prepared && len(name) > 0 && n.find(name) == nil {
		n.weighs() // drops the names that have become free
	}
	if n.len() >= limits.Prepared && len(name) > 0 && n.find(name) == nil {
		return &wire.Error{Code: codeTooMany, Message: "a session can have " + strconv.Itoa(limits.Prepared) + " " + what + " through Cordon", Hint: "Close those that are not used any more; or ask whoever runs Cordon to raise limits.prepared_statements."}
	}
	return nil
}

// drop makes a name free at once.
func (n *namespace) drop(name string) { n.set([]byte(name), nil) }

// len is how many names there are, some of which may be free; the empty one does not count.
func (n *namespace) len() int { return len(n.names) }

// clear makes all names free once the server has confirmed by.
func (n *namespace) clear(by *object) {
	one := func(name []byte) {
		if n.find(name) != nil {
			o := &object{closing: true, prev: n.top(name)}
			n.set(name, o)
			by.also = append(by.also, o)
		}
	}
	one(nil)
	for name := range n.names {
		one([]byte(name))
	}
}
