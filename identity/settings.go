package identity

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxPersonBytes bounds the name of a person that a client gives, in bytes.
const MaxPersonBytes = 256

// Settings are the cordon.* settings of one session, with PostgreSQL's transaction semantics (guc.c, AtEOXact_GUC): SET outlives the transaction when it commits,
// SET LOCAL ends with it, and a rollback, also to a savepoint, restores what was before.
//
// Its methods are what the session has done with success: call them when the server has answered. [Settings.Fail] is an error, and
// [Settings.EndImplicit] the end of a simple Query string or a Sync, which end a transaction that no BEGIN has made a block.
// The zero value is ready for use. It is not safe for concurrent use.
type Settings struct {
	variables  map[string]*variable
	level      int  // 0: no transaction; 1: a transaction; one more for each savepoint
	block      bool // the transaction is a block that BEGIN has opened
	failed     bool // the block (or its innermost savepoint) has failed
	savepoints []string
}

// What a session may make Cordon remember.
const (
	MaxSettings   = 32
	MaxSavepoints = 100_000
)

// variable is one setting. The values of the stack are those to go back to, innermost last.
type variable struct {
	now   content
	reset string
	stack []saved
}

// content is a value, and whether it was set in the session and is not the one that RESET gives (guc.c's source): RESET ALL passes over what is not.
type content struct {
	value string
	set   bool
}

// saved is guc.c's GucStack.
type saved struct {
	level         int
	state         saveState
	prior, masked content // masked: the value of SET below a SET LOCAL of the same level
}

type saveState uint8

const (
	savedSet saveState = iota
	savedLocal
	savedSetLocal
)

// Fold is a setting's name as PostgreSQL compares it: ASCII letters in lower case.
func Fold(name string) string {
	folded := true
	for i := range len(name) {
		folded = folded && name[i] < utf8.RuneSelf && (name[i] < 'A' || name[i] > 'Z')
	}
	if folded { // as nearly always
		return name
	}
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// IsCordon says whether a setting is Cordon's own.
func IsCordon(name string) bool { return strings.HasPrefix(Fold(name), "cordon.") }

// Value is a setting's value now. known is false when it has never been set: then SHOW is an error.
func (s *Settings) Value(name string) (value string, known bool) {
	v := s.variables[Fold(name)]
	if v == nil {
		return "", false
	}
	return v.now.value, true
}

// Empty says that no setting has ever been set.
func (s *Settings) Empty() bool { return len(s.variables) == 0 }

// Clone is a copy that changes by itself: to see ahead what statements will do.
func (s *Settings) Clone() Settings {
	c := *s
	c.savepoints = slices.Clone(s.savepoints)
	c.variables = make(map[string]*variable, len(s.variables))
	for name, v := range s.variables {
		copied := *v
		copied.stack = slices.Clone(v.stack)
		c.variables[name] = &copied
	}
	return c
}

// Lose makes a setting none, whatever it was, and whatever is rolled back: something unseen has changed it.
func (s *Settings) Lose(name string) {
	if v := s.variables[Fold(name)]; v != nil {
		v.now, v.stack = content{}, nil
	}
}

// Startup gives a setting the value that the startup packet carries: the one that RESET goes back to.
func (s *Settings) Startup(name, value string) error {
	v, err := s.variable(name, value)
	if err != nil {
		return err
	}
	v.now, v.reset = content{value, false}, value
	return nil
}

// Allow says whether Set would take this value, so that a statement can be refused before it runs.
func (s *Settings) Allow(name, value string) error {
	switch {
	case len(value) > MaxTokenBytes:
		return &Error{Code: "22023", Message: fmt.Sprintf("the value of %s is longer than %d bytes", Fold(name), MaxTokenBytes)}
	case strings.IndexByte(value, 0) >= 0:
		return &Error{Code: "22021", Message: fmt.Sprintf("the value of %s holds a zero byte", Fold(name))}
	case len(name) > 63*2+1:
		return &Error{Code: "42602", Message: "the name of a setting is too long"}
	case s.variables[Fold(name)] == nil && len(s.variables) >= MaxSettings:
		return &Error{Code: "53400", Message: fmt.Sprintf("a session can have %d settings of Cordon's", MaxSettings)}
	}
	return nil
}

// variable finds a setting, and makes it when it is new.
func (s *Settings) variable(name, value string) (*variable, error) {
	if err := s.Allow(name, value); err != nil {
		return nil, err
	}
	name = Fold(name)
	v := s.variables[name]
	if v == nil {
		if s.variables == nil {
			s.variables = map[string]*variable{}
		}
		v = &variable{}
		s.variables[name] = v
	}
	return v, nil
}

// Set is SET, SET LOCAL, and set_config. The error is one of Allow's.
func (s *Settings) Set(name, value string, local bool) error {
	v, err := s.variable(name, value)
	if err != nil {
		return err
	}
	s.start()
	v.save(s.level, local)
	v.now = content{value, true}
	return nil
}

// SetDefault is SET [LOCAL] name TO DEFAULT; not local, it is RESET.
func (s *Settings) SetDefault(name string, local bool) error {
	v, err := s.variable(name, "")
	if err != nil {
		return err
	}
	s.start()
	v.save(s.level, local)
	v.now = content{v.reset, false}
	return nil
}

// Reset is RESET name.
func (s *Settings) Reset(name string) error { return s.SetDefault(name, false) }

// ResetAll is RESET ALL.
func (s *Settings) ResetAll() {
	s.start()
	for _, v := range s.variables {
		if v.now.set {
			v.save(s.level, false)
			v.now = content{v.reset, false}
		}
	}
}

// DiscardAll is DISCARD ALL, which PostgreSQL runs outside a block only.
func (s *Settings) DiscardAll() { s.ResetAll() }

// start begins the transaction that every statement runs in.
func (s *Settings) start() {
	if s.level == 0 {
		s.level = 1
	}
}

// save is guc.c's push_old_value.
func (v *variable) save(level int, local bool) {
	if n := len(v.stack); n > 0 && v.stack[n-1].level >= level {
		top := &v.stack[n-1]
		switch {
		case !local:
			top.state, top.masked = savedSet, content{}
		case top.state == savedSet:
			top.state, top.masked = savedSetLocal, v.now
		}
		return
	}
	state := savedSet
	if local {
		state = savedLocal
	}
	v.stack = append(v.stack, saved{level: level, state: state, prior: v.now})
}

// end is guc.c's AtEOXact_GUC: the transaction or savepoint of the level ends.
func (s *Settings) end(commit bool, level int) {
	for _, v := range s.variables {
		for len(v.stack) > 0 && v.stack[len(v.stack)-1].level >= level {
			n := len(v.stack)
			top := &v.stack[n-1]
			switch {
			case !commit:
				v.now = top.prior
			case top.level == 1:
				switch top.state {
				case savedSet: // what is set now stays
				case savedLocal:
					v.now = top.prior
				case savedSetLocal:
					v.now = content{top.masked.value, true}
				}
			case n == 1 || v.stack[n-2].level < top.level-1:
				top.level-- // the enclosing level has no entry of its own, and takes this one over
				continue
			default:
				below := &v.stack[n-2]
				switch top.state {
				case savedSet:
					below.state, below.masked = savedSet, content{}
				case savedLocal:
					if below.state == savedSet {
						below.state, below.masked = savedSetLocal, top.prior
					}
				case savedSetLocal:
					below.state, below.masked = savedSetLocal, top.masked
				}
			}
			v.stack = v.stack[:n-1]
		}
	}
}

// InBlock says whether a BEGIN has not been ended yet, and Failed whether the block waits for its ROLLBACK. They are what ReadyForQuery tells as T and E.
func (s *Settings) InBlock() bool { return s.block }

// Failed: see InBlock.
func (s *Settings) Failed() bool { return s.failed }

// Begin is BEGIN and START TRANSACTION. Inside a block it does nothing, as PostgreSQL only warns. What the string or pipeline did before it becomes part of the block.
func (s *Settings) Begin() {
	s.start()
	s.block = true
}

// Commit is COMMIT, END and PREPARE TRANSACTION. In a failed block it is a rollback. With chain a new block begins at once.
// Outside a block it ends the transaction of the string or pipeline.
func (s *Settings) Commit(chain bool) { s.finish(!s.failed, chain) }

// Rollback is ROLLBACK and ABORT.
func (s *Settings) Rollback(chain bool) { s.finish(false, chain) }

func (s *Settings) finish(commit, chain bool) {
	for level := s.level; level >= 1; level-- {
		s.end(commit, level)
	}
	chain = chain && s.block
	s.level, s.block, s.failed, s.savepoints = 0, false, false, s.savepoints[:0]
	if cap(s.savepoints) > 64 {
		s.savepoints = nil
	}
	if chain {
		s.Begin()
	}
}

// EndImplicit is the end of a simple Query string, and a Sync: a transaction that is no block is committed. An error before it has been told with Fail.
func (s *Settings) EndImplicit() {
	if !s.block && s.level > 0 { // at level 0 nothing has been set that could be undone, nor a savepoint made
		s.finish(true, false)
	}
}

// Fail is an error of the server's: the innermost savepoint, or else the transaction, is undone at once, and a block waits for its end.
func (s *Settings) Fail() {
	switch {
	case !s.block:
		s.finish(false, false)
	case !s.failed:
		s.end(false, s.level)
		s.failed = true
	}
}

// Savepoint is SAVEPOINT name. The error says that the session has too many; it must be ended then.
func (s *Settings) Savepoint(name string) error {
	if len(s.savepoints) >= MaxSavepoints {
		return &Error{Code: "53400", Message: fmt.Sprintf("a session can have %d savepoints", MaxSavepoints)}
	}
	s.start()
	s.savepoints = append(s.savepoints, name)
	s.level++
	return nil
}

// find is the index of the innermost savepoint of the name, or -1.
func (s *Settings) find(name string) int {
	for i := len(s.savepoints) - 1; i >= 0; i-- {
		if s.savepoints[i] == name {
			return i
		}
	}
	return -1
}

// RollbackTo is ROLLBACK TO name: the savepoint stays, as it was new. A name that is not there is an error of the server's, and changes nothing here.
func (s *Settings) RollbackTo(name string) {
	i := s.find(name)
	if i < 0 {
		return
	}
	for level := s.level; level >= i+2; level-- {
		s.end(false, level)
	}
	s.savepoints, s.level, s.failed = s.savepoints[:i+1], i+2, false
}

// Release is RELEASE name. A name that is not there is an error of the server's, and changes nothing here.
func (s *Settings) Release(name string) {
	i := s.find(name)
	if i < 0 {
		return
	}
	for level := s.level; level >= i+2; level-- {
		s.end(true, level)
	}
	s.savepoints, s.level = s.savepoints[:i], i+1
}
