package policy

import (
	"net/netip"
	"time"
)

// TableName names a relation as rules do.
type TableName struct{ Schema, Name string }

func (t TableName) String() string { return t.Schema + "." + t.Name }

// Subject is one person as the rules see them at one moment.
type Subject struct {
	Person     string // "" when nobody is known behind a shared login
	Login      string // the database user of the session
	Roles      []string
	Attributes map[string]Value
	Client     netip.Addr
	Now        time.Time
}

// Op is a set of the things a rule can allow.
type Op uint8

// The operations, in the words of the policy's allow list.
const (
	OpSelect Op = 1 << iota
	OpInsert
	OpUpdate
	OpDelete
	OpTruncate
	OpCopyFrom
)

// Power is a set of what a role may do beyond reading and writing rows.
type Power uint8

// The powers, in the words of the policy's may list.
const (
	MayDDL Power = 1 << iota
	MayRoutine
	MayExplain
	MayUnparsed
)

// Verdict is the outcome of Decide. The zero value denies.
type Verdict uint8

const (
	Denied     Verdict = iota
	Raw                // no row filter, no mask, every operation, no export limit: the table is as PostgreSQL has it
	Restricted         // through Rows, Masks, Allow, Export of the Decision
)

// Decision is what one subject may do with one relation. It is immutable.
type Decision struct {
	Verdict Verdict
	Rule    *Rule  // the rule that decided; nil when no rule names the table, or none fits
	Reason  string // for Denied: a complete sentence
	Allow   Op
	Rows    *Expr // nil: every row
	Masks   []ColumnMask
	Force   []ForcedColumn
	ReadOnly []string
	Export  *Export // nil: no limit
	Observe bool    // mode: observe — decide and record, change nothing
	attrs   map[string]Value
}

// ColumnMask is one masked column of a decision.
type ColumnMask struct {
	Column string
	Mask   *Mask
	Exact  bool  // match: exact
	Unless *Expr // unmask.when: the raw value is shown where this holds; nil: always masked
}

// ForcedColumn is one entry of force: the column is set to this value on INSERT and UPDATE.
type ForcedColumn struct {
	Column string
	Value  *Expr
}
