package policy

import (
	"fmt"
	"path/filepath"
	"time"
)

// Rule is one rule of the policy. It is immutable.
type Rule struct {
	Name      string
	File      string // the policy's path as given to Parse
	Line, Col int    // where the rule begins
	Index     int    // position among the rules, from 0

	// Whom it fits: a person with one of Roles, or one of Users, or anyone through one of Logins. All three empty: everyone.
	Roles, Users, Logins []string

	Tables    []TablePattern
	Allow     Op // OpSelect where the rule says nothing
	Rows      *Expr
	Masks     []RuleMask
	Unmask    *Unmask
	Force     []ForcedColumn
	ReadOnly  []Word
	Export    *Export
	When      *When
	Request   *Request // on_request: it must be granted to a person; nil: it fits by itself
	Observe   bool     // mode: observe
	Durable   bool     // audit: durable: the records of statements on its tables are on the storage device before the statement runs, and before its end is told
	WriteBack WriteBack

	MaskedInsertDeny bool // masked_insert: deny
	References       References
}

// Position is `policy.yaml:41`, for hints.
func (r *Rule) Position() string { return fmt.Sprintf("%s:%d", filepath.Base(r.File), r.Line) }

// References says what becomes of a row that refers, by a foreign key, to a row that the person does not see.
type References uint8

const (
	ReferencesCheck    References = iota // it is refused as if the other row were not there, but where the constraint can be deferred
	ReferencesCheckAll                   // the rule says so itself: also where the constraint can be deferred
	ReferencesAllow                      // as PostgreSQL has it
)

// WriteBack says what becomes of an UPDATE that gives a column behind a mask which is the same for every value (fixed) what the mask shows.
type WriteBack uint8

const (
	WriteBackKeep WriteBack = iota // the stored value is kept
	WriteBackDeny                  // the statement is refused
)

// Word is a name in the policy file and where it stands.
type Word struct {
	Text      string
	Line, Col int
}

// RuleMask is one entry of a rule's mask.
type RuleMask struct {
	Column    string // the masked column; "" when Tag is set
	Tag       *Tag   // the columns of a tag
	Mask      *Mask
	Exact     *Exact // match: exact; nil without it
	Line, Col int    // of the column or tag
}

// Exact is match: exact on a mask: conditions compare the real value with whole given ones, and each person may try so many different ones within the span.
type Exact struct {
	Tries int64
	Per   time.Duration
}

const (
	// DefaultTries is how many different values may be tried within DefaultTriesPer. A busy desk takes a call every two or three minutes and mistypes some: sixty an hour leaves room for twice that.
	// A thief gets half a thousand tries a working day, of the hundred million numbers behind one prefix of mobile numbers; with a list of numbers from elsewhere, as many answers about it.
	DefaultTries    = 60
	DefaultTriesPer = time.Hour
)

// Tag is a named set of columns.
type Tag struct {
	Name      string
	Columns   []TagColumn
	Line, Col int
}

// TagColumn is one entry of a tag: a column of every table that the pattern names.
type TagColumn struct {
	Table     TablePattern
	Column    string
	Line, Col int
}

// Unmask shows the raw value of some masked columns where a condition holds.
type Unmask struct {
	Columns   []Word
	When      *Expr
	Line, Col int
}
