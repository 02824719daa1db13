package proxy

import (
	"sync"

	"cordon/parse"
)

// The search path is asked for at login, so that nobody waits for it. That is an eighth of what a connection costs the server where all that comes is SELECT 1, as health checks and the pings of pools have it, or nothing. So it is asked for only where one
// of the last sessions of the same login in the same database has needed it; a session that needs it after all asks before its first statement with a name in it.

// habits are what sessions have been seen to do, by login and database.
type habits struct {
	mu  sync.Mutex
	all map[habitOf]int8 // guarded by mu: how many more sessions are expected to need the path; 0 for none
}

type habitOf struct{ login, database string }

const (
	// longHabit is how many sessions in turn must do without the path before it is not asked for.
	longHabit = 8
	// maxHabits bounds the map. Only logins that the server has let in get there.
	maxHabits = 10_000
)

// expects says that a session will probably need the search path.
func (h *habits) expects(of habitOf) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	n, known := h.all[of]
	return !known || n > 0
}

// learn takes note of a session that has ended.
func (h *habits) learn(of habitOf, needed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n, known := h.all[of]
	switch {
	case !known && len(h.all) >= maxHabits:
		return
	case needed || !known:
		n = longHabit
	}
	if !needed {
		n = max(0, n-1)
	}
	if h.all == nil {
		h.all = make(map[habitOf]int8)
	}
	h.all[of] = n
}

// nameless says that a text is SELECT and numbers, with commas between them: nothing in it is looked up by a name, no operator or type either.
func nameless(text []byte) bool {
	if len(text) > 64 {
		return false
	}
	source := string(text)
	var room [16]parse.Token
	tokens, err := parse.Lex(room[:0], source)
	if err != nil || len(tokens) < 2 || !tokens[0].Is(source, "select") {
		return false
	}
	for i, t := range tokens[1:] {
		switch word := t.Text(source); {
		case i%2 == 0 && t.Kind == parse.Number:
		case i%2 == 1 && (word == "," || word == ";" && i == len(tokens)-2):
		default:
			return false
		}
	}
	return tokens[len(tokens)-1].Text(source) != ","
}
