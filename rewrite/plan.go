// Package rewrite turns a statement, what the policy decides of the relations in it, and a snapshot of the catalog, into the SQL that the server is to run. It does no I/O.
package rewrite

import (
	"slices"

	"cordon/catalog"
	"cordon/parse"
	"cordon/policy"
)

// Input is all that a rewrite depends on.
type Input struct {
	Statement  *parse.Statement
	Catalog    *catalog.Snapshot
	SearchPath []string // schemas in order as the session resolves names (current_schemas(true) without pg_temp); pg_catalog stands first unless the path names it elsewhere
	Grant      *policy.Grant
	Temp       map[string]*catalog.Relation // the session's temporary relations by name; nil for none
	TempTypes  map[string]bool              // the names of its temporary types, which stand before all others; nil for none
	Memo       *Memo                        // may be nil
	Parameters []catalog.OID                // types that the client gives parameters beside the text, 0 for none; may be shorter than there are parameters
}

// Plan is what becomes of one statement. It is immutable, and may be shared by sessions that agree on everything in Input but the person's name.
type Plan struct {
	Kind       parse.Kind
	SQL        string             // text to run; equal to the statement's own text when nothing changed
	Changed    bool               // SQL differs from the client's text, byte for byte
	Relations  []Touched          // every relation the statement names, views expanded
	Guarded    []GuardedColumn    // columns that may not come back raw: RowDescription is held against them
	Strip      int                // trailing result columns the rewriter added; the proxy removes them. -1: the client asked for no rows at all, so drop every row and answer NoData to Describe
	Export     *policy.Export     // strictest export limits among Relations read; nil for none
	ExportRule *policy.Rule       // the rule that the strictest limit comes from
	Exports    []*policy.Decision // every decision with export limits among Relations read
	Weight     int64              // rows of limited tables that one row of the result can show, at most, where no aggregate packs them; 0 where nobody counts them
	Consumes   int64              // what packs rows into values counts them in ConsumedSetting, and fails above so many; 0: nothing does
	CopyBytes  int64              // what it copies counts its bytes in CopiedSetting, and fails above so many; 0: nothing does
	Copies     bool               // it writes what it reads of limited tables into another
	AtMost     int64              // rows that a SELECT surely gives at most; 0: nobody knows
	Probes     []Probe            // look-ups by the whole value of a masked column
	Fixed      []int              // byte offsets, in the statement's Source, of constants whose text the plan depends on: another text with other constants there needs a plan of its own
	Settings   []string           // settings that the statement changes by set_config, in lower case; others are told by Kind
	Secrets    []string           // pieces of SQL (keys of hash masks) that must not be shown or recorded
	Scrub      bool               // errors and notices of this statement can carry hidden values
	Raised     bool               // but the person may see what functions and triggers of the database say by RAISE
	RowChecks  []RowCheck         // what the statement asks of each row it writes: an error whose message holds a Mark is that check's Refusal
	Assumed    []Parameter        // types that parameters are taken for where they are cast: with other types beside the text, Input.Parameters, it needs a plan of its own
	Edits      []Edit             // how positions of SQL map to the client's text, ascending
	Observed   string             // with mode: observe: the SQL that enforcing would have run, or the refusal's sentence
}

// LimitsBytes says that some export limit on what the statement reads is in bytes.
func (p *Plan) LimitsBytes() bool {
	for _, d := range p.Exports {
		if d.Export.Bytes > 0 || slices.ContainsFunc(d.Export.Windows, func(w policy.Window) bool { return w.Bytes > 0 }) {
			return true
		}
	}
	return false
}

// A Parameter is a parameter of a statement and its type.
type Parameter struct {
	Number int
	Type   catalog.OID // 0: what PostgreSQL takes it for
}

// Fits says that the plan serves a client that gives the parameter a type beside the text, 0 for none.
func (p Parameter) Fits(t catalog.OID) bool {
	switch {
	case t == 0 || t == typeUnknown || t == p.Type:
		return true
	case p.Type != 0:
		return false
	}
	switch t { // of these every cast that PostgreSQL puts in between serves all values
	case typeBool, 21, typeInt4, typeText, typeVarchar, 2950:
		return true
	}
	return false
}

// assume notes a type that a parameter is taken for.
func (p *Plan) assume(number int, t catalog.OID) {
	if a := (Parameter{number, t}); !slices.Contains(p.Assumed, a) {
		p.Assumed = append(p.Assumed, a)
	}
}

// RowCheck is a condition on the rows a statement writes. The server tries it, row by row, and fails with an error that holds the mark; the client gets the refusal instead, and the statement is undone as a whole.
type RowCheck struct {
	Mark    string
	Refusal Refusal
}

// Edit says that SQL[To:To+ToLen] stands where Source[From:From+FromLen] stood.
type Edit struct{ From, FromLen, To, ToLen int }

// Touched is one relation of a plan, for the audit record and `cordon explain`.
type Touched struct {
	Relation *catalog.Relation
	Op       policy.Op
	Decision *policy.Decision
	Columns  []string // the columns of a filtered or masked table that the statement names; nil elsewhere
	Masked   []string // of Columns, those behind a mask; of a table that is written, all that are
	Filtered bool
	Expanded bool   // a view that is not read itself: its definition stands in its place, and what that reads is listed besides
	Via      string // the view it was reached through, "" when named directly
}

// GuardedColumn is a column of a protected relation whose raw value must not reach the client.
type GuardedColumn struct {
	Table catalog.OID
	Num   int16
}

// Refusal is a statement that Cordon does not let through.
type Refusal struct {
	Code     string // SQLSTATE, 42501 unless it says otherwise
	Message  string
	Detail   string
	Hint     string // what to do, with policy file and line
	Position int    // byte offset into the statement's Source, -1 for none
	Rule     *policy.Rule
	Relation *catalog.Relation // that is denied, nil when it is about something else
	Stale    bool              // the snapshot does not know a name; with a newer snapshot the answer may be another
}

func (r *Refusal) Error() string { return r.Message }
