package proxy

import (
	"errors"
	"strconv"

	"cordon/audit"
	"cordon/guard"
	"cordon/parse"
	"cordon/rewrite"
	"cordon/wire"
)

// Rows that an aggregate packs into one value are counted by the server, in a setting of the transaction (rewrite.ConsumedSetting). Cordon asks for the count right behind the Execute, in the same transaction, and sets it back; until the
// answer is there the statement counts as not ended: its last message, and the rows that are held, wait.

// consumedName is the statement and portal that asks.
const consumedName = "_cordon_consumed"

const consumedQuery = `SELECT pg_catalog.current_setting('` + rewrite.ConsumedSetting + `', true), pg_catalog.set_config('` + rewrite.ConsumedSetting + `', '', true), ` +
	`pg_catalog.current_setting('` + rewrite.CopiedSetting + `', true), pg_catalog.set_config('` + rewrite.CopiedSetting + `', '', true)`

// errConsumed says that the server has answered the question with what it cannot be.
var errConsumed = errors.New("the count of packed rows is not a number")

// packing is what is known of the rows that one run packs.
type packing struct {
	asked inquiry
	frame []byte
	known bool // the answer is there

	begins [2]int64 // what the counts of rows and bytes begin with: less than nothing for an approved export of more than the rule allows
}

// packs says that the rows which a run packs into values, or the bytes that it copies, are to be asked for.
func (x *execution) packs() bool {
	if x.portal == nil || x.shape == nil || x.shape.plan == nil || x.shape.plan.Consumes == 0 && x.shape.plan.CopyBytes == 0 {
		return false
	}
	switch x.step.kind {
	case parse.Prepare, parse.DeclareCursor:
		return false
	}
	return true
}

// anyPacks says it of all the statements of a string.
func (x *execution) anyPacks() bool {
	for ; x != nil; x = x.next {
		if x.packs() {
			return true
		}
	}
	return false
}

// copies counts the rows of limited tables that a statement has put into another table: what is read from there later is not limited. It is called when the statement has ended, with the number of rows that its tag tells; how many bytes these have, nobody says.
func (s *session) copies(run *execution, written int64) {
	if run.portal == nil || run.stop != nil || !run.copies() {
		return
	}
	rows := max(0, written-run.rows)
	if t := run.shape.subjects; t != nil && run.portal.meter.CountsSubjects() {
		rows *= max(1, t.besides.all, run.shape.plan.Weight)
	} else {
		rows *= max(1, run.shape.plan.Weight)
	}
	if run.portal.meter.Consume(s.up.now(), rows) == guard.Stop {
		s.stop(run)
	}
}

// unsendable refuses a string in which what packs rows stands beside what begins or ends transactions: the count must be asked for in between.
func (s *session) unsendable(run *execution) error {
	for r := run; r != nil; r = r.next {
		r.object.settle(dead)
		s.ended(r, audit.NotSent, 0, "")
	}
	return s.refuseQuery(packsAlone())
}

func packsAlone() *wire.Error {
	return &wire.Error{Code: codeUnsupported, Message: "a statement whose packed rows count against an export limit must be sent by itself", Hint: "Send BEGIN, the statement and COMMIT in strings of their own."}
}

// consumedKinds are the messages that ask, in their order.
var consumedKinds = [...]reply{replyClose, replyParse, replyBind, replyExecute, replyClose, replyClose}

// sendPacking puts an Execute on the way that e stands for, and the question behind it.
func (s *session) sendPacking(e expected, execute func([]byte) []byte) error {
	run := e.run
	run.packing = &packing{}
	q := &run.packing.asked
	q.left = len(consumedKinds)
	if err := s.allowPacked(run); err != nil {
		return err
	}
	if err := s.expect(&e); err != nil {
		return err
	}
	p := &s.pending
	p.mu.Lock()
	sent := !p.failed.Load()
	for i, kind := range consumedKinds {
		ask := expected{kind: kind, swallow: true, ask: q}
		if i == len(consumedKinds)-1 {
			ask.packed = run
		}
		sent = p.push(&ask) && sent
	}
	p.mu.Unlock()
	s.toUpstream.Took(execute(s.toUpstream.Tail(128)))
	b := s.toUpstream.Tail(len(consumedQuery) + 256)
	b = wire.AppendObject(b, wire.TypeClose, 'S', consumedName) // of a question that failed: what closes it was skipped
	b = wire.AppendParse(b, consumedName, consumedQuery, nil)
	b = wire.AppendBind(b, consumedName, consumedName)
	b = wire.AppendExecute(b, consumedName, 0)
	b = wire.AppendObject(b, wire.TypeClose, 'P', consumedName)
	b = wire.AppendObject(b, wire.TypeClose, 'S', consumedName)
	s.toUpstream.Took(b)
	return nil
}

// approvedBytes is more than anybody copies: an approved export is bounded in rows.
const approvedBytes = 1 << 60

// allowPacked lets an approved export pack as many rows as were approved: the server compares with what the rule allows.
func (s *session) allowPacked(run *execution) error {
	a := run.portal.approved
	if a == nil {
		return nil
	}
	run.packing.begins = [2]int64{min(0, run.shape.plan.Consumes-a.Rows), -approvedBytes}
	s.inPipeline, s.bound = true, true // a Sync would end the transaction that the setting belongs to
	_, err := s.ask("SELECT pg_catalog.set_config('" + rewrite.ConsumedSetting + "', '" + strconv.FormatInt(run.packing.begins[0], 10) + "', true), " +
		"pg_catalog.set_config('" + rewrite.CopiedSetting + "', '" + strconv.FormatInt(run.packing.begins[1], 10) + "', true)")
	if errors.Is(err, errUpstreamWrite) {
		return err
	}
	return nil // what has failed before makes the statement fail too
}

// waitsForCount has the last message of a run wait until it is known how many rows its values pack. It reports false when that is known, or nobody asks. pending.mu is held.
func (s *session) waitsForCount(run *execution, typ byte, frame []byte) bool {
	if run == nil || run.packing == nil || run.packing.known || run.stop != nil {
		return false
	}
	run.packing.frame = append([]byte(nil), frame...)
	s.pending.behind(len(consumedKinds))
	return true
}

// counted goes on with a run when the answer is there.
func (s *session) counted(run *execution) error {
	k := run.packing
	k.known = true
	if k.frame == nil {
		return nil // the guard had stopped it before it ended
	}
	rows := k.asked.rows
	if len(rows) != 1 || len(rows[0]) != 4 {
		return errConsumed
	}
	var counts [2]int64 // rows, bytes
	for i := range counts {
		if v := rows[0][2*i]; v != nil && *v != "" {
			var err error
			if counts[i], err = strconv.ParseInt(*v, 10, 64); err != nil {
				return errConsumed
			}
		}
		counts[i] -= k.begins[i]
	}
	if n := counts[0]; n > 0 && run.stop == nil && run.portal.meter.Consume(s.up.now(), n) == guard.Stop {
		s.stop(run)
	}
	if n := counts[1]; n > 0 && run.stop == nil && run.portal.meter.Copied(s.up.now(), n) == guard.Stop {
		s.stop(run)
	}
	s.pending.mu.Lock()
	e := *s.pending.at(0)
	s.pending.mu.Unlock()
	return s.complete(&e, k.frame)
}

// uncounted ends a run of which it cannot be known how many rows its values pack: the question has failed, as when the client cancelled in that moment. The server's transaction has failed with it.
func (s *session) uncounted(run *execution) {
	s.dropHeld()
	if run.portal != nil {
		run.portal.meter.Abandon()
	}
	why := run.packing.asked.err
	s.toClient.Append(256, why.AppendTo)
	s.ended(run, audit.Failed, run.rows, why.Code)
	run.object.settle(dead)
}

// behind moves the message at the front behind the n that follow it: their answers come before its own is made. mu is held.
func (p *pending) behind(n int) {
	e := *p.at(0)
	for i := range n {
		*p.at(i) = *p.at(i + 1)
	}
	*p.at(n) = e
}
