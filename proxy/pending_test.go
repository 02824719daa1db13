package proxy

import (
	"strings"
	"testing"

	"cordon/wire"
)

// queue plays a dialogue on a pending queue: letters that the client sends and, behind >, that the server answers with, and shows what is left.
func queue(t *testing.T, script string) string {
	t.Helper()
	var p pending
	p.init(1024)
	for _, word := range strings.Fields(script) {
		if typ, ok := strings.CutPrefix(word, ">"); ok {
			p.mu.Lock()
			answer(t, &p, typ[0])
			p.mu.Unlock()
			continue
		}
		kind := map[string]reply{"P": replyParse, "B": replyBind, "D": replyDescribePortal, "E": replyExecute, "C": replyClose, "S": replySync, "Q": replyQuery, "F": replyFunctionCall, "c": replyCopyEnd}[word]
		if kind == 0 {
			t.Fatalf("no message %q", word)
		}
		p.mu.Lock()
		p.push(&expected{kind: kind})
		p.mu.Unlock()
	}
	var left []string
	for i := range p.n {
		e := p.at(i)
		s := e.kind.String()
		if e.maybe {
			s += "?"
		}
		left = append(left, s)
	}
	if p.failed.Load() {
		left = append(left, "(skipping)")
	}
	return strings.Join(left, " ")
}

// answer does what the upstream's loop does at a message of the type: C stands for CommandComplete of a COPY when one is under way.
func answer(t *testing.T, p *pending, typ byte) {
	t.Helper()
	e := p.front(typ)
	switch typ {
	case wire.TypeReadyForQuery:
		if _, ok := p.ready(); !ok {
			t.Error("ReadyForQuery fits nothing")
		}
	case wire.TypeErrorResponse:
		if e != nil && e.kind != replyQuery && e.kind != replySync && e.kind != replyFunctionCall {
			p.fail(func(*expected) {})
		}
		p.copying = false
	case wire.TypeCopyInResponse:
		p.copyIn()
	case 'k': // the end of a COPY
		p.copied()
		if p.at(0).kind == replyExecute {
			p.pop()
		}
	case wire.TypeNoticeResponse:
	default:
		if e == nil {
			t.Errorf("%q fits nothing", typ)
			return
		}
		p.pop()
	}
}

func TestPendingStaysInStep(t *testing.T) {
	for _, c := range []struct{ what, script, want string }{
		{"a pipeline", "P B E S P B E S >1 >2 >C >Z >1", "Bind Execute Sync"},
		{"an error skips to the Sync", "P B E S P S >E", "Sync Parse Sync"},
		{"an error before the Sync was sent", "P B >E E C", "(skipping)"},
		{"the Sync ends the skipping", "P B >E E S P", "Sync Parse"},
		{"a Query is skipped as well", "P >E Q S", "Sync"},
		{"an error of the Sync itself", "S P >E", "Sync Parse"},
		{"COPY takes a Sync", "E S >G c >k S", "Sync"},
		{"COPY takes a Sync that comes later", "E >G S c >k S", "Sync"},
		{"COPY of a Query takes a Sync", "Q >G S c >k >Z P", "Parse"},
		{"COPY fails, nobody knows whether it took the Sync", "E >G S >E c S", "Sync? CopyDone Sync"},
		{"it did", "E >G S >E c S >Z P >1", ""},
		{"it did not", "E >G S >E c S >Z >Z P >1", ""},
		{"a notice tells nothing", "E >G S >E c S >N", "Sync? CopyDone Sync"},
		{"COPY of a Query fails", "Q >G >E >Z c S >Z", ""},
		{"CopyDone without COPY", "c S >Z", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			if got := queue(t, c.script); got != c.want {
				t.Errorf("%s: %q, want %q", c.script, got, c.want)
			}
		})
	}
}

func TestPendingGrowsAndShrinks(t *testing.T) {
	var p pending
	p.init(1024)
	for round := range 3 {
		for i := range p.limit {
			if p.full() {
				t.Fatalf("full at %d", i)
			}
			p.push(&expected{kind: replyParse, sync: uint64(i)})
			if i%7 == 0 && round == 1 {
				p.push(&expected{kind: replyBind})
				p.pop()
			}
		}
		for p.n > 0 {
			p.pop()
		}
		if len(p.ring) > 64 {
			t.Errorf("the ring has %d entries when nothing is expected", len(p.ring))
		}
	}
}

func FuzzPending(f *testing.F) {
	f.Add([]byte("PBESPBES"), []byte("12CZ12CZ"))
	f.Add([]byte("ESscS"), []byte("GEZZ"))
	f.Fuzz(func(t *testing.T, sent, answered []byte) {
		var p pending
		p.init(1024)
		for i := range max(len(sent), len(answered)) {
			p.mu.Lock()
			if i < len(sent) && !p.full() {
				p.push(&expected{kind: reply(sent[i]%byte(replyCopyEnd)) + 1})
			}
			if i < len(answered) {
				e := p.front(answered[i])
				switch {
				case answered[i] == wire.TypeReadyForQuery:
					p.ready()
				case e == nil:
				case answered[i] == wire.TypeErrorResponse && e.kind <= replyClose:
					p.fail(func(*expected) {})
				case answered[i] == wire.TypeCopyInResponse:
					p.copyIn()
				case answered[i] == 'k':
					p.copied()
				default:
					p.pop()
				}
			}
			if p.n < 0 || p.n > len(p.ring) {
				t.Fatalf("%d entries in a ring of %d", p.n, len(p.ring))
			}
			p.quiet()
			p.mu.Unlock()
		}
	})
}

// What the queue keeps of texts is bounded beside their number, and all of it is given back.
func TestPendingBytes(t *testing.T) {
	var p pending
	p.init(1024)
	long := expected{kind: replyQuery, refusal: &wire.Error{Message: strings.Repeat("x", 1<<20)}}
	for p.mu.Lock(); !p.full(); p.push(&long) {
	}
	if p.n != maxPendingBytes>>20 || p.roomy() {
		t.Errorf("full with %d messages of a megabyte, roomy %v", p.n, p.roomy())
	}
	for p.n > 0 {
		p.ready()
	}
	if p.bytes != 0 || p.full() || !p.roomy() {
		t.Errorf("%d bytes are left", p.bytes)
	}
	p.push(&expected{kind: replyQuery, run: &execution{planned: &planned{text: strings.Repeat("x", maxPendingBytes), sql: "y"}}})
	if !p.full() {
		t.Errorf("a text of %d bytes counts as %d", maxPendingBytes, p.bytes)
	}
	p.mu.Unlock()
	p.stop(func(*expected) {})
	if p.bytes != 0 {
		t.Errorf("%d bytes are left", p.bytes)
	}
}
