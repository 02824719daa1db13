package policy

import (
	"fmt"
	"io"
)

// MaskKind says which of a Mask's settings counts. The zero value is no mask at all, and must be refused by whoever meets it.
type MaskKind uint8

// The kinds of mask, in the words of the policy.
const (
	NoMask    MaskKind = iota
	MaskKeep           // keep: some characters at both ends are kept
	MaskEmail          // email: some characters before the @, three stars, and the domain
	MaskDate           // date: truncated to a unit
	MaskRound          // round: to the nearest multiple
	MaskFixed          // fixed: a constant, or NULL
	MaskHash           // hash: HMAC-SHA-256 in hex
	MaskJSON           // json: masks inside a json or jsonb document
	MaskSQL            // sql: an expression over value
)

// maskWords are the kinds as the policy writes them.
var maskWords = []string{MaskKeep: "keep", MaskEmail: "email", MaskDate: "date", MaskRound: "round", MaskFixed: "fixed", MaskHash: "hash", MaskJSON: "json", MaskSQL: "sql"}

// String is the kind in the policy's word.
func (k MaskKind) String() string {
	if k == NoMask || int(k) >= len(maskWords) {
		return "no mask"
	}
	return maskWords[k]
}

// Mask says how the values of a column are hidden. A NULL always stays NULL, and the column keeps its type and typmod.
// Only the setting named by Kind counts.
type Mask struct {
	Name      string // as in the policy's masks section; "" for a mask written inside a rule or a json mask
	Line, Col int
	Kind      MaskKind
	Keep      Keep
	Email     Email
	Date      Date
	Round     Round
	Fixed     Fixed
	Hash      Hash
	JSON      JSON
	SQL       *Expr // over `value` (see Expr.Values) and me.x; other columns only inside a sub-select of its own
}

// Title is how messages name the mask: `mask "phone"`, or `the keep mask` when it has no name.
func (m *Mask) Title() string {
	if m.Name != "" {
		return fmt.Sprintf("mask %q", m.Name)
	}
	return "the " + m.Kind.String() + " mask"
}

// Keep replaces every character but the first First and the last Last by With. A value no longer than First+Last characters is replaced whole.
type Keep struct {
	First, Last int    // characters, from 0 to MaxKeep
	With        string // exactly one character
}

// MaxKeep is the most characters that a keep or email mask can keep at one end.
const MaxKeep = 1000

// Email keeps the first Keep characters before the @, puts three stars and leaves the domain. A value without @ is masked whole.
type Email struct {
	Keep int // characters, from 0 to MaxKeep
}

// Date truncates a date or timestamp.
type Date struct {
	Unit string // a unit of date_trunc: one of DateUnits
}

// DateUnits are the units a date mask can truncate to.
var DateUnits = []string{"second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "century", "millennium"}

// Round rounds a number to the nearest multiple of Step.
type Round struct {
	Step string // a positive decimal in plain notation, such as 10000 or 0.05
}

// Fixed shows one constant.
type Fixed struct {
	Null  bool
	Value Value // when not Null
}

// Hash shows HMAC-SHA-256 of the value's text in lower-case hex, cut to the column's length.
type Hash struct {
	KeyFile string // as resolved against the policy's folder
	Key     Secret
}

// JSON masks inside a document, path by path. Paths do not lie inside one another.
type JSON struct {
	Paths []JSONPath
}

// JSONPath is one path of a JSON mask.
type JSONPath struct {
	Text      string   // as written, such as address.street
	Keys      []string // at least one
	Drop      bool     // the key is taken out
	Mask      *Mask    // when not Drop; never itself of kind MaskJSON
	Line, Col int
}

// MinKeyBytes is the shortest key of a hash mask: as long as HMAC-SHA-256's output.
const MinKeyBytes = 32

// Secret is a key. It never prints; Bytes gives it out.
type Secret struct{ b []byte }

// NewSecret keeps a copy of b.
func NewSecret(b []byte) Secret { return Secret{append([]byte(nil), b...)} }

// Bytes is the key itself; it must not be changed.
func (s Secret) Bytes() []byte { return s.b }

// String hides the key.
func (s Secret) String() string { return "[secret]" }

// GoString hides the key.
func (s Secret) GoString() string { return "[secret]" }

// Format hides the key from every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, "[secret]") }

// MarshalText hides the key from JSON, YAML and slog.
func (s Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }
