package rewrite

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed functions.txt
var functionList string

// functionVerdict is what the reviewed list says of a function of pg_catalog. The zero value refuses.
type functionVerdict uint8

const (
	functionUnreviewed functionVerdict = iota // not on the list: refused
	functionRefused
	functionWithheld // a call gives NULL
	functionSpecial  // the rewriter looks at the call's arguments; see reviewed.class
	functionAllowed
)

// The classes whose verdict is special.
const (
	classSettings      = "settings"       // current_setting, set_config and their like
	classSequenceReset = "sequence reset" // setval
	classAdvisory      = "advisory"       // pg_advisory_lock and its like
)

// Classes that are allowed, but that a caller may want to tell from plain computation.
const (
	classDefinition = "definition" // pg_get_viewdef and its like
	classSequence   = "sequence"   // nextval, currval, lastval
)

// reviewed is one name's entry in the list.
type reviewed struct {
	verdict functionVerdict
	class   string // the class as the list writes it, "" for unreviewed
	reason  string // ends “permission denied for function x: …”, without a full stop
}

var functions = mustReadFunctions(functionList)

// builtinFunction looks a function of pg_catalog up by its name, in lower case and without schema. The list holds the names of PostgreSQL 13 to 18; each means all its signatures.
func builtinFunction(name string) reviewed {
	if f, ok := functions[name]; ok {
		return f
	}
	return reviewed{reason: "it is not on Cordon's reviewed list"}
}

func mustReadFunctions(list string) map[string]reviewed {
	m, err := readFunctions(list)
	if err != nil {
		panic("functions.txt: " + err.Error())
	}
	return m
}

// readFunctions reads the list's format, which its own head describes. Each name is in one class.
func readFunctions(list string) (map[string]reviewed, error) {
	m := make(map[string]reviewed, 3000)
	classes := make(map[string]bool)
	var now reviewed
	line := 0
	for text := range strings.Lines(list) {
		line++
		text = strings.TrimSpace(text)
		switch {
		case text == "" || text[0] == '#':
		case text[0] == '[':
			class, verdict, ok := strings.Cut(strings.TrimSuffix(text[1:], "]"), ": ")
			now = reviewed{class: class}
			switch {
			case !ok || classes[class]:
				return nil, fmt.Errorf("line %d: %s is no head of a new class", line, text)
			case verdict == "allowed":
				now.verdict = functionAllowed
			case verdict == "refused":
				now.verdict = functionRefused
			case verdict == "withheld":
				now.verdict = functionWithheld
			case verdict == "special" && (class == classSettings || class == classSequenceReset || class == classAdvisory):
				now.verdict = functionSpecial
			default:
				return nil, fmt.Errorf("line %d: unknown verdict %q", line, verdict)
			}
			classes[class] = true
		case now.class == "":
			return nil, fmt.Errorf("line %d: a name before the first class", line)
		case now.reason == "":
			now.reason = text
		default:
			for _, name := range strings.Fields(text) {
				if old, ok := m[name]; ok {
					return nil, fmt.Errorf("line %d: %s is in the class %s already", line, name, old.class)
				}
				m[name] = now
			}
		}
	}
	return m, nil
}
