package parse

import (
	"runtime"
	"sync"
)

// gate bounds what all calls of Parse do at one time. A text of “1,1,1…” takes up to 400 times its length in memory while it is parsed, most of it as the tree that Parse returns, and each call in C
// occupies a thread of the system; so neither may grow with the number of clients.
type gate struct {
	turn  sync.Mutex // held by the one that waits, so that a long text is not overtaken for ever
	mu    sync.Mutex
	room  sync.Cond // on mu
	bytes int       // of the texts being parsed
	calls int
}

// gateBytes is how many bytes of text may be parsed at one time; a longer text is parsed alone.
const gateBytes = 2 << 20

var gateCalls = max(4, 2*runtime.NumCPU())

var parsing = newGate()

func newGate() *gate {
	g := new(gate)
	g.room.L = &g.mu
	return g
}

// enter waits until a text of n bytes may be parsed. The caller must leave with the same n.
func (g *gate) enter(n int) {
	g.turn.Lock()
	g.mu.Lock()
	for g.calls > 0 && (g.calls >= gateCalls || g.bytes+n > gateBytes) {
		g.room.Wait()
	}
	g.calls++
	g.bytes += n
	g.mu.Unlock()
	g.turn.Unlock()
}

func (g *gate) leave(n int) {
	g.mu.Lock()
	g.calls--
	g.bytes -= n
	g.mu.Unlock()
	g.room.Signal()
}
