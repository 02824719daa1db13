package proxy

import (
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
	"unsafe"

	"cordon/audit"
	"cordon/parse"
	"cordon/policy"
	"cordon/rewrite"
)

// Behind the cache by exact text stands one by shape (parse.Shape), for clients that put values into the text: the plan of one text serves, as a template, for all that differ from it only in plain literals and comments.
//
// What makes this right:
//
//   - The rewriter tells the literals that a plan depends on (rewrite.Plan.Fixed). They are part of the key.
//   - A template is made only when a shape comes a second time, and is proved first: a text of the same shape with other literals is planned afresh, and must give what the template gives for it. A literal
//     that the rewriter has copied to another place, or looked at without telling, is found out so.
//   - What is not of the template, but of each text, is looked at for each: whether it is UTF-8, and whether the audit log may show its literals.
//   - Who speaks is known before a plan is looked for, so a person in a comment is part of the key by their grant.
//
// Templates lie in the same cache as plans: a shape's key holds a zero byte, which no text does.

// template makes the plans of the texts of one shape.
type template struct {
	fixed []int    // indexes of the slots that are part of the key, ascending
	of    *planned // the plan that it was made of; nil when fixed is only the way to the key of a template, or the shape has none

	slots []parse.Slot   // of the text of that plan
	last  int            // where the statement in it ends
	parts []part         // the SQL for the server; nil when it is the client's text
	edits []rewrite.Edit // of the statement
	form  *audit.Form    // of the record of each; what stands between its pieces are
	fills []int          // these slots
}

// part is a stretch of SQL that all texts of a shape have in common, and the slot behind it, -1 at the end.
type part struct {
	sql  string
	slot int
}

// shaper is what is needed to look at one text.
type shaper struct {
	shape parse.Shape
	key   []byte
}

var shapers = sync.Pool{New: func() any { return new(shaper) }}

func (sh *shaper) free() {
	if cap(sh.shape.Key) <= 16<<10 {
		shapers.Put(sh)
	}
}

// fixedKey is the key of a template for which these slots are fixed.
func (sh *shaper) fixedKey(text string, fixed []int) []byte {
	if len(fixed) == 0 {
		return sh.shape.Key
	}
	sh.key = append(append(sh.key[:0], sh.shape.Key...), 0, 0)
	sh.key = sh.shape.AppendFixed(sh.key, text, fixed)
	return sh.key
}

// planByShape finds the plan of a text by its shape; nil when there is none.
func (s *session) planByShape(v *view, text []byte) *planned {
	if !v.reading.plain() {
		return nil
	}
	sh := shapers.Get().(*shaper)
	defer sh.free()
	borrowed := unsafe.String(unsafe.SliceData(text), len(text))
	if !parse.Abstract(&sh.shape, borrowed) || len(sh.shape.Slots) == 0 {
		return nil
	}
	plans := &s.server.plans
	p := plans.get(v, sh.shape.Key)
	if p != nil && len(p.template.fixed) > 0 {
		p = plans.get(v, sh.fixedKey(borrowed, p.template.fixed))
	}
	if p == nil || p.template.of == nil || !showable(borrowed, sh.shape.Slots) {
		return nil
	}
	s.server.metrics.shapeHit.Inc()
	if !s.server.seen.again(plans.hash(v, text)) {
		return p.template.plan(s.newShaped(), borrowed, sh.shape.Slots)
	}
	out := p.template.plan(new(shaped), borrowed, sh.shape.Slots)
	out.size = out.weight()
	plans.put(v, out, true)
	return out
}

// plain says that a text is UTF-8, and backslashes in it stand for themselves.
func (r reading) plain() bool { return !r.escapes && (r.encoding == "" || r.encoding == "UTF8") }

// showable says that a text is UTF-8, and that none of its literals is hidden from the audit log.
func showable(text string, slots []parse.Slot) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for i := range slots {
		if t := &slots[i]; (t.Class == parse.SlotString || t.Class == parse.SlotBackslash || t.Class == parse.SlotLong) && parse.Secret(text[t.Start:t.End]) {
			return false
		}
	}
	return true
}

// shaped is a plan with its one step in one piece of memory.
type shaped struct {
	planned
	step [1]step
	fill [8]audit.Span
}

// plan makes the plan of a text of the template's shape in p. It keeps a copy of the text.
func (t *template) plan(p *shaped, text string, slots []parse.Slot) *planned {
	p.planned = *t.of
	p.step[0] = t.of.steps[0]
	p.steps = p.step[:]
	p.text, p.sql = t.splice(text, slots)
	st := &p.step[0]
	start, end := moved(st.start, t.slots, slots), moved(t.last, t.slots, slots)
	st.start, st.begin, st.source, st.sent = start, start, p.text, p.sql
	st.text = p.text[start:end]
	st.logged = st.text
	st.template = t
	st.subjects = st.subjects.moved(t.slots, slots)
	st.form = t.form
	if len(t.fills) > 0 {
		st.fill = p.fill[:0]
		for _, k := range t.fills {
			st.fill = append(st.fill, audit.Span{From: uint32(slots[k].Start) - uint32(start), Len: uint32(slots[k].End - slots[k].Start)})
		}
	}
	if st.rewritten != "" {
		st.rewritten = hideSecrets(p.sql[start:len(p.sql)-(len(text)-end)], st.plan)
	}
	return &p.planned
}

// splice writes a copy of a text and, with its slots, the SQL for the server, in one piece of memory.
func (t *template) splice(text string, slots []parse.Slot) (copied, sql string) {
	n := len(text)
	for i := range t.parts {
		n += len(t.parts[i].sql)
		if k := t.parts[i].slot; k >= 0 {
			n += int(slots[k].End - slots[k].Start)
		}
	}
	b := append(make([]byte, 0, n), text...)
	for i := range t.parts {
		b = append(b, t.parts[i].sql...)
		if k := t.parts[i].slot; k >= 0 {
			b = append(b, text[slots[k].Start:slots[k].End]...)
		}
	}
	both := unsafe.String(unsafe.SliceData(b), len(b))
	if t.parts == nil {
		return both, both
	}
	return both[:len(text)], both[len(text):]
}

// moved is where a place outside every slot stands in another text of the shape.
func moved(at int, from, to []parse.Slot) int {
	shift := 0
	for i := range from {
		if int(from[i].End) > at {
			break
		}
		shift = int(to[i].End - from[i].End)
	}
	return at + shift
}

// weight is about what a plan made of a template takes in the cache.
func (p *planned) weight() int { return 1024 + 2*len(p.text) + 2*len(p.sql) }

// positions maps places in the SQL of the step's statement to the client's text. Of a plan made of a template they are worked out here, since only errors ask for them.
func (st *step) positions() []rewrite.Edit {
	t := st.template
	if t == nil {
		return st.plan.Edits
	}
	var shape parse.Shape
	if len(t.edits) == 0 || !parse.Abstract(&shape, st.source) || len(shape.Slots) != len(t.slots) {
		return nil
	}
	edits := make([]rewrite.Edit, len(t.edits))
	for i, e := range t.edits {
		from := moved(e.From, t.slots, shape.Slots)
		edits[i] = rewrite.Edit{From: from, FromLen: moved(e.From+e.FromLen, t.slots, shape.Slots) - from, To: e.To, ToLen: e.ToLen}
	}
	// The SQL before an edit has grown by the slots that are still in it.
	grown, next := 0, 0
	at := t.of.steps[0].start // what of the template's text stands before it is not in the SQL
	for i, e := range t.edits {
		for ; next < len(t.slots) && int(t.slots[next].End) <= e.From; next++ {
			if int(t.slots[next].Start) >= at {
				grown += int(shape.Slots[next].End-shape.Slots[next].Start) - int(t.slots[next].End-t.slots[next].Start)
			}
		}
		edits[i].To += grown
		at = e.From + e.FromLen
	}
	return edits
}

// seen remembers what has come lately, by hash; something that comes once does not push out what comes often. A collision costs some work and nothing else.
type seen [1 << 15]atomic.Uint64

// again says whether this has come before.
func (s *seen) again(hash uint64) bool { return s[hash%uint64(len(s))].Swap(hash|1) == hash|1 }

// learn makes a template of a plan that has just been made, when its shape has come before. The statement is the plan's.
func (s *session) learn(v *view, p *planned, st *parse.Statement) {
	if !v.reading.plain() || !p.templatable(st) {
		return
	}
	var sh shaper
	if !parse.Abstract(&sh.shape, p.text) || len(sh.shape.Slots) == 0 {
		return
	}
	plans := &s.server.plans
	key := string(sh.shape.Key)
	fixed := fixedSlots(&sh.shape, p.text, p.steps[0].plan)
	if known := plans.get(v, sh.shape.Key); known != nil {
		if t := known.template; t.of == nil && len(t.fixed) == 0 {
			return // has been tried
		}
		fixed = union(fixed, known.template.fixed)
	}
	full := string(sh.fixedKey(p.text, fixed))
	if !s.server.seen.again(plans.hash(v, []byte(full))) {
		return
	}
	t := newTemplate(p, st, sh.shape.Slots, fixed)
	if t == nil || !s.proved(v, t) {
		t = &template{}
		full = key
	}
	if full != key {
		way := &planned{text: key, template: &template{fixed: fixed}, size: 256 + len(key)}
		plans.put(v, way, true)
	}
	made := &planned{text: full, template: t, size: 256 + len(full)}
	if t.of != nil {
		made.size += t.of.weight() + 2*len(p.sql) + 32*len(t.parts) + 32*len(t.edits) + 12*len(t.slots)
	}
	plans.put(v, made, true)
}

// templatable says whether a plan has nothing that is of one text alone but what template.plan fills in.
func (p *planned) templatable(st *parse.Statement) bool {
	switch st.Kind {
	case parse.Select, parse.Insert, parse.Update, parse.Delete, parse.Merge:
	default:
		return false
	}
	if p.refusal != nil || p.private || p.affects || len(p.steps) != 1 || p.template != nil {
		return false
	}
	to := &p.steps[0]
	if parse.Calls(st, "set_config") { // whether its value is secret depends on a literal
		return false
	}
	if to.open || to.decided == decidedObserve || to.target != (target{}) || to.change != (sessionChange{}) || to.logged != to.text || to.source != p.text || to.sent != p.sql {
		return false
	}
	return to.plan == nil || len(to.plan.Settings) == 0 && len(to.plan.Probes) == 0 && to.plan.Observed == ""
}

// fixedSlots are the indexes of the slots that the plan depends on.
func fixedSlots(shape *parse.Shape, text string, plan *rewrite.Plan) (fixed []int) {
	if plan == nil {
		return nil
	}
	for _, at := range plan.Fixed {
		if i := shape.SlotAt(text, at); i >= 0 {
			fixed = union(fixed, []int{i})
		}
	}
	return fixed
}

// union merges two ascending lists.
func union(a, b []int) []int {
	if len(b) == 0 {
		return a
	}
	out := make([]int, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			out, a = append(out, a[0]), a[1:]
		case len(a) == 0 || b[0] < a[0]:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return out
}

// newTemplate cuts a plan at its slots; nil when that cannot be done.
func newTemplate(p *planned, st *parse.Statement, slots []parse.Slot, fixed []int) *template {
	t := &template{fixed: fixed, slots: append([]parse.Slot(nil), slots...), last: st.End}
	of := *p
	of.steps = []step{p.steps[0]}
	to := &of.steps[0]
	if to.plan != nil {
		t.edits = to.plan.Edits
		kept := *to.plan
		kept.SQL, kept.Edits, kept.Fixed = "", nil, nil
		to.plan = &kept
	}
	t.of = &of
	if !p.changed {
		return t
	}
	var b strings.Builder
	next := 0
	copied := func(from, to int) bool { // the client's text from place to place
		for ; next < len(slots) && int(slots[next].Start) < to; next++ {
			if int(slots[next].Start) < from || int(slots[next].End) > to {
				return false // an edit cuts through a literal
			}
			b.WriteString(p.text[from:slots[next].Start])
			t.parts = append(t.parts, part{b.String(), next})
			b.Reset()
			from = int(slots[next].End)
		}
		b.WriteString(p.text[from:to])
		return true
	}
	sql, at := p.sql[st.Start:], 0
	for _, e := range t.edits {
		if !copied(at, e.From) {
			return nil
		}
		at = e.From + e.FromLen
		for ; next < len(slots) && int(slots[next].Start) < at; next++ {
			if int(slots[next].End) > at {
				return nil
			}
			// replaced, and gone
		}
		b.WriteString(sql[e.To : e.To+e.ToLen])
	}
	if !copied(at, len(p.text)) {
		return nil
	}
	t.parts = append(t.parts, part{b.String(), -1})
	return t
}

// cast makes the form of the template's records. other is a text of the shape that was planned afresh, and its slots: what the log's reader makes of form and text must be what that plan says the server gets.
func (t *template) cast(fresh *step, slots []parse.Slot) {
	st := &t.of.steps[0]
	t.form = audit.NewForm(st.static, "", "")
	frame, fills := t.frame()
	if len(frame) < 2 || len(fresh.rewritten) > maxFrame || st.plan == nil || len(st.plan.Secrets) > 0 {
		return
	}
	start := moved(st.start, t.slots, slots)
	spans := make([]audit.Span, len(fills))
	for i, k := range fills {
		spans[i] = audit.Span{From: uint32(slots[k].Start) - uint32(start), Len: uint32(slots[k].End - slots[k].Start)}
	}
	if text, ok := audit.Filled(frame, fresh.logged, spans); ok && text == fresh.rewritten {
		t.form, t.fills = audit.NewFrame(st.static, frame), fills
	}
}

// maxFrame is how long the rewritten text of a frame may be: the log may cut longer ones, and a frame must be whole.
const maxFrame = 64 << 10

// frame is what the server gets of the template's statement, without what stands around it in the text: the pieces, and the slots between them.
func (t *template) frame() (frame []string, fills []int) {
	if t.parts == nil {
		return nil, nil
	}
	start, from := t.of.steps[0].start, 0 // where the statement begins in the text, and where the next piece does
	for _, p := range t.parts {
		piece := p.sql
		if len(frame) == 0 {
			if p.slot >= 0 && int(t.slots[p.slot].End) <= start {
				from = int(t.slots[p.slot].End)
				continue
			}
			if start-from > len(piece) {
				return nil, nil
			}
			piece = piece[start-from:]
		}
		end := len(t.of.text)
		if p.slot >= 0 {
			end = int(t.slots[p.slot].Start)
		}
		if end >= t.last { // what follows the statement
			if n := len(piece) - (end - t.last); n >= 0 {
				return append(frame, piece[:n]), fills
			}
			return nil, nil
		}
		frame, fills = append(frame, piece), append(fills, p.slot)
	}
	return nil, nil
}

// proved plans another text of the template's shape afresh, and says whether the template gives the same.
func (s *session) proved(v *view, t *template) bool {
	text := t.other()
	var shape parse.Shape
	if !parse.Abstract(&shape, text) || len(shape.Slots) != len(t.slots) {
		return false
	}
	statements, err := parse.Parse(text, s.server.parseLimits(s))
	if err != nil || len(statements) != 1 {
		return false
	}
	fresh, _ := s.compose(text, text, v.reading, statements)
	if !fresh.templatable(statements[0]) || len(union(fixedSlots(&shape, text, fresh.steps[0].plan), t.fixed)) != len(t.fixed) {
		return false
	}
	if !samePlan(fresh, t.plan(new(shaped), text, shape.Slots)) {
		return false
	}
	t.cast(&fresh.steps[0], shape.Slots)
	return true
}

// other is a text of the template's shape in which every slot that is not fixed holds something else, no two the same.
func (t *template) other() string {
	text := t.of.text
	var b strings.Builder
	at := 0
	fixed := t.fixed
	for i, slot := range t.slots {
		if len(fixed) > 0 && fixed[0] == i {
			fixed = fixed[1:]
			continue
		}
		b.WriteString(text[at:slot.Start])
		at = int(slot.End)
		n := strconv.Itoa(i)
		switch slot.Class {
		case parse.SlotBlockComment:
			b.WriteString("/*~" + n + "*/")
		case parse.SlotLineComment:
			b.WriteString("--~" + n)
		case parse.SlotString:
			b.WriteString("'~" + n + "''~'")
		case parse.SlotBackslash:
			b.WriteString("'~" + n + `\'`)
		case parse.SlotLong:
			b.WriteString("'~" + n + strings.Repeat("~", parse.LongString) + "'")
		case parse.SlotInt4:
			b.WriteString("76" + n + "543")
		case parse.SlotInt8:
			b.WriteString("76" + n + "5432109876")
		case parse.SlotNumeric:
			b.WriteString("76" + n + ".25")
		}
	}
	b.WriteString(text[at:])
	return b.String()
}

// samePlan says whether two plans do the same in all respects. What only one text's own plan has, such as its size, does not count.
func samePlan(a, b *planned) bool {
	return reflect.DeepEqual(a.essence(), b.essence())
}

// essence is the plan without what only its own making has left in it.
func (p *planned) essence() planned {
	c := *p
	c.size, c.template = 0, nil
	c.steps = append([]step(nil), p.steps...)
	for i := range c.steps {
		st := &c.steps[i]
		if st.plan != nil {
			kept := *st.plan
			kept.SQL, kept.Fixed, kept.Edits = "", nil, append([]rewrite.Edit(nil), st.positions()...)
			kept.Exports = append([]*policy.Decision(nil), kept.Exports...)
			st.plan = &kept
		}
		st.template, st.form, st.fill = nil, nil, nil // static and the texts are what the form says
	}
	return c
}

// hideSecrets takes the keys of hash masks out of SQL that is to be recorded.
func hideSecrets(sql string, plan *rewrite.Plan) string {
	for _, secret := range plan.Secrets {
		sql = strings.ReplaceAll(sql, secret, "'…'")
	}
	return sql
}
