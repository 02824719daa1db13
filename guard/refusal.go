package guard

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cordon/policy"
)

// The SQLSTATEs of a stop. Class 5C is Cordon's own: the SQL standard leaves classes that begin with 5 to implementations, and no PostgreSQL uses it. Drivers
// take an unknown class for an ordinary error: none reconnects or tries again, as some do for 08, 40, 53 and 57.
const (
	CodeExportLimit = "5C001" // a limit of a rule's export section
	CodeHeldTooMuch = "53400" // PostgreSQL's configuration_limit_exceeded: no room to hold rows, or to count them
)

// Reason says what stopped an execution. The zero value is none.
type Reason uint8

// The reasons.
const (
	NotStopped Reason = iota
	RowLimit          // more rows than export.rows
	ByteLimit         // more bytes than export.bytes
	WindowRows        // more rows than export.window.rows within its span
	WindowBytes
	SubjectLimit // rows of more different subjects than export.subjects
	WindowSubjects
	HeldTooMuch    // all sessions together hold as much as they may
	TooManyWindows // there is no room to count one more person
	NotMetered     // a row came that no execution was begun for, or after its end: a defect of the proxy
)

// String is the reason as metrics and audit records name it.
func (r Reason) String() string {
	switch r {
	case NotStopped:
		return "none"
	case RowLimit:
		return "rows"
	case ByteLimit:
		return "bytes"
	case WindowRows:
		return "window_rows"
	case WindowBytes:
		return "window_bytes"
	case SubjectLimit:
		return "subjects"
	case WindowSubjects:
		return "window_subjects"
	case HeldTooMuch:
		return "held"
	case TooManyWindows:
		return "windows"
	default:
		return "not_metered"
	}
}

// Stopped says why and where an execution was stopped.
type Stopped struct {
	Reason Reason
	Rule   *policy.Rule  // whose limit it was; nil for none
	Limit  int64         // rows or bytes
	Count  int64         // for RowLimit and ByteLimit: what had come, the one that was too much not counted; for a window: what the person had been given before
	Sent   int64         // rows of this execution that the client has got
	Per    time.Duration // of a window
	Alone  int           // percentage of the rule's limit that Limit is, since other Cordons cannot be reached; 0 when it is the rule's
	Again  time.Time     // of a window: when the oldest part of it leaves; zero when that is not known
}

// Refusal is the error for the client. The sentences name the rule and its limits, which its author meant to be known, and nothing of any row.
type Refusal struct {
	Code, Message, Detail, Hint string
}

// Refusal words the stop.
func (s Stopped) Refusal() Refusal {
	r := Refusal{Code: CodeExportLimit}
	sent := "No row was sent."
	if s.Sent > 0 {
		sent = count(s.Sent, "row") + " " + plural(s.Sent, "was", "were") + " sent before."
	}
	rule := "a rule"
	place := ""
	if s.Rule != nil {
		rule = fmt.Sprintf("rule %q", s.Rule.Name)
		place = " of " + s.Rule.Position()
	}
	ask := "To export more, ask whoever keeps the policy to change the limit" + place + "."
	switch s.Reason {
	case RowLimit:
		r.Message = "export limit of " + rule + " exceeded: more than " + count(s.Limit, "row") + " in one statement"
		r.Detail = "The limit is " + count(s.Limit, "row") + "; the statement gives at least " + count(s.Limit+1, "row") + ". " + sent
		r.Hint = "Narrow the statement, or add LIMIT " + strconv.FormatInt(s.Limit, 10) + ". " + ask
	case ByteLimit:
		r.Message = "export limit of " + rule + " exceeded: more than " + size(s.Limit) + " in one statement"
		r.Detail = "The limit is " + size(s.Limit) + "; the statement gives more. " + sent
		r.Hint = "Narrow the statement, or name fewer columns. " + ask
	case SubjectLimit:
		r.Message = "export limit of " + rule + " exceeded: rows of more than " + count(s.Limit, "subject") + " in one statement"
		r.Detail = "The limit is " + count(s.Limit, "different subject") + "; the statement gives rows of at least " + strconv.FormatInt(s.Limit+1, 10) + ". A row that does not show whose it is counts as one of its own. " + sent
		r.Hint = "Narrow the statement. " + ask
	case WindowRows, WindowBytes, WindowSubjects:
		amount, unit := count, "row"
		switch s.Reason {
		case WindowBytes:
			amount = func(n int64, _ string) string { return size(n) }
		case WindowSubjects:
			unit = "different subject"
		}
		r.Message = "export limit of " + rule + " exceeded: more than " + amount(s.Limit, unit) + " within " + span(s.Per)
		r.Detail = "The limit is " + amount(s.Limit, unit) + " within " + span(s.Per) + " over all connections; " + amount(s.Count, unit) + " " +
			"had been given before this statement. " + sent
		if s.Alone > 0 {
			r.Detail += " This is " + strconv.Itoa(s.Alone) + "% of the rule's limit: more does not hold while the other Cordons cannot be reached."
		}
		r.Hint = ask
		if !s.Again.IsZero() {
			r.Hint = "The first of these leave the count at " + s.Again.UTC().Format("2006-01-02 15:04:05") + " UTC. " + ask
		}
	case HeldTooMuch:
		r.Code = CodeHeldTooMuch
		r.Message = "no room to hold the rows of this statement back until the export limit of " + rule + " is known to be kept"
		r.Detail = "All sessions together may hold " + size(s.Limit) + ". " + sent
		r.Hint = "Try again later, or narrow the statement."
	case TooManyWindows:
		r.Code = CodeHeldTooMuch
		r.Message = "no room to count the rows of this statement against the export limit of " + rule
		r.Detail = "Counts are kept for " + strconv.FormatInt(s.Limit, 10) + " people and rules, and all of them are in use. " + sent
		r.Hint = "Try again later."
	default:
		r.Code = "XX000"
		r.Message = "rows of this statement were not metered, so they were stopped"
		r.Detail = sent
		r.Hint = "This is a defect of Cordon; please report it."
	}
	return r
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func count(n int64, what string) string {
	return strconv.FormatInt(n, 10) + " " + plural(n, what, what+"s")
}

// size writes bytes in the largest unit that divides it, as policies write it: a kB is 1024 bytes.
func size(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "kB"}} {
		if n >= u.size && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + " " + u.name
		}
	}
	return count(n, "byte")
}

// span writes 1h0m0s as 1h.
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
