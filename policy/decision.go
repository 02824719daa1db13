package policy

import (
	"net/netip"
	"time"
)

// TableName names a relation as rules do: the names as PostgreSQL stores them, without quotes.
type TableName struct{ Schema, Name string }

func (t TableName) String() string { return t.Schema + "." + t.Name }

// Subject is one person as the rules see them at one moment.
type Subject struct {
	Person      string // "" when nobody is known behind a shared login
	Login       string // the database user of the session
	Roles       []string
	Attributes  map[string]Value
	Client      netip.Addr // the zero Addr for a Unix socket: no `from` list holds it
	Application string     // application_name, as the client gives it
	Certificate string     // the common name of the client's certificate, once verified; "" without
	Now         time.Time
	Proven      bool      // by a signed token: the person need not be one of the policy's users
	Until       time.Time // what proves the person ends then; the zero time: never
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

// OpAll is every operation there is.
const OpAll = OpSelect | OpInsert | OpUpdate | OpDelete | OpTruncate | OpCopyFrom

// opWords are the operations as the policy writes them, in the order they are printed.
var opWords = []struct {
	op   Op
	word string
}{
	{OpSelect, "select"}, {OpInsert, "insert"}, {OpUpdate, "update"},
	{OpDelete, "delete"}, {OpTruncate, "truncate"}, {OpCopyFrom, "copy_from"},
}

// String lists the set in the policy's words, such as "select, insert"; "nothing" when it is empty.
func (o Op) String() string {
	s := ""
	for _, w := range opWords {
		if o&w.op != 0 {
			if s != "" {
				s += ", "
			}
			s += w.word
		}
	}
	if s == "" {
		return "nothing"
	}
	return s
}

// Power is a set of what a role may do beyond reading and writing rows.
type Power uint8

// The powers, in the words of the policy's may list.
const (
	MayDDL Power = 1 << iota
	MayRoutine
	MayExplain
	MayUnparsed
	MayRaised // see what functions and triggers say by RAISE
)

// MayAll is every power that opens something to people from whom nothing is hidden.
const MayAll = MayDDL | MayRoutine | MayExplain | MayUnparsed

var powerWords = []struct {
	power Power
	word  string
}{{MayDDL, "ddl"}, {MayRoutine, "routine"}, {MayExplain, "explain"}, {MayUnparsed, "unparsed"}, {MayRaised, "raised"}}

// String lists the set in the policy's words, such as "ddl, explain"; "nothing" when it is empty.
func (p Power) String() string {
	s := ""
	for _, w := range powerWords {
		if p&w.power != 0 {
			if s != "" {
				s += ", "
			}
			s += w.word
		}
	}
	if s == "" {
		return "nothing"
	}
	return s
}

// Verdict is the outcome of Decide. The zero value denies.
type Verdict uint8

const (
	Denied     Verdict = iota
	Raw                // no row filter, no mask, every operation, no export limit: the table is as PostgreSQL has it
	Restricted         // through Rows, Masks, Allow, Export of the Decision
)

// String is the verdict in one word.
func (v Verdict) String() string {
	switch v {
	case Denied:
		return "denied"
	case Raw:
		return "raw"
	case Restricted:
		return "restricted"
	default:
		return "unknown"
	}
}

// Decision is what one subject may do with one relation. It is immutable.
//
// It holds no name of a person: people with the same [Grant.Key] share decisions, and the plans made from them.
type Decision struct {
	Verdict  Verdict
	Table    TableName
	Rule     *Rule  // the rule that decided; nil when no rule names the table, or none fits
	Reason   string // for Denied: a complete sentence without a full stop, such as `no rule on public.customers fits this person`
	Allow    Op
	Rows     *Expr // nil: every row
	Masks    []ColumnMask
	Force    []ForcedColumn
	ReadOnly []string
	Export   *Export // nil: no limit

	// WriteBackDeny says that an UPDATE which gives a column what its mask shows is refused, where the mask shows the same for every value and nobody can tell whether that is meant; otherwise the stored value is kept.
	WriteBackDeny bool

	// MaskedInsertDeny says that a value which looks like one from behind a mask is refused where it would be stored.
	MaskedInsertDeny bool

	References References

	// Observe marks the decision of a rule with `mode: observe`: decide and record, change nothing. It is set only on a decision that hangs on another's
	// Observed, never on what Decide returns.
	Observe bool

	// Observed is what the first fitting rule with `mode: observe` would have decided, where one stands before the rule that decided; nil otherwise.
	Observed *Decision

	attrs map[string]Value
}

// RowsSQL is the row filter as SQL, the person's attributes in it as literals; "" when every row is shown.
// It is one expression, without outer parentheses.
func (d *Decision) RowsSQL() string {
	if d.Rows == nil {
		return ""
	}
	return d.SQL(d.Rows)
}

// SQL is any expression of this decision (a row filter, an unmask condition, a forced value, the expression of an sql mask) with the person's attributes
// in it as literals. It is one expression, without outer parentheses. Decide has made sure that the person has every attribute which the decision's
// expressions need; should e be another's and need one more, the result is an expression that PostgreSQL refuses.
func (d *Decision) SQL(e *Expr) string {
	s, err := e.SQL(d.attrs)
	if err != nil {
		// Never NULL: `NOT (owner_id = NULL)` and `coalesce(… , true)` would turn a missing attribute into a wider answer.
		return `pg_catalog.cordon_missing_attribute()`
	}
	return s
}

// Mask is the column's mask; nil when the column is not masked.
func (d *Decision) Mask(column string) *ColumnMask {
	for i := range d.Masks {
		if d.Masks[i].Column == column {
			return &d.Masks[i]
		}
	}
	return nil
}

// ColumnMask is one masked column of a decision.
type ColumnMask struct {
	Column string
	Mask   *Mask
	Exact  *Exact // match: exact; nil without it
	Unless *Expr  // unmask.when: the raw value is shown where this holds; nil: always masked
}

// ForcedColumn is one entry of force: the column is set to this value on INSERT and UPDATE.
type ForcedColumn struct {
	Column    string
	Value     *Expr
	Line, Col int // of the column's name in the policy file
}
