package audit

import (
	"encoding/json"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

// Limits of what one record may hold. A leaf is at most 65,535 bytes, so that it also fits the entry bundles of C2SP tlog-tiles.
const (
	maxLeaf      = 1<<16 - 1
	maxStatic    = 24 << 10 // EncodeStatic's result
	maxName      = 256      // one name: a person, a login, an application, a rule
	maxReason    = 1 << 10
	maxEventData = 32 << 10
)

// Decision is what was decided of a statement. The zero value is not a decision, and is recorded as a block.
type Decision uint8

// The decisions.
const (
	Block   Decision = iota // refused: it never reached the server
	Allow                   // forwarded as the client sent it
	Rewrite                 // forwarded with filters or masks
	Observe                 // forwarded as the client sent it; enforcing would have changed or refused it
)

// String returns the word that the record holds.
func (d Decision) String() string {
	switch d {
	case Allow:
		return "allow"
	case Rewrite:
		return "rewrite"
	case Observe:
		return "observe"
	case Block:
		return "block"
	default:
		return "block"
	}
}

// End says how an execution ended. The zero value says that nobody knows.
type End uint8

// The ends.
const (
	Unknown      End = iota // nobody knows: the process died in between
	Done                    // CommandComplete, EmptyQueryResponse or PortalSuspended
	Failed                  // ErrorResponse
	Cancelled               // ErrorResponse 57014 after a cancel request or timeout
	Stopped                 // the guard ended it: an export limit, or a raw value that must not come back
	ClientGone              // the client's connection ended first
	UpstreamGone            // the server's connection ended first
	NotSent                 // recorded, but not forwarded after all
	Skipped                 // forwarded, but the server skipped it after an earlier error in the same pipeline
)

// String returns the word that the record holds.
func (e End) String() string {
	switch e {
	case Done:
		return "done"
	case Failed:
		return "failed"
	case Cancelled:
		return "cancelled"
	case Stopped:
		return "stopped"
	case ClientGone:
		return "client_gone"
	case UpstreamGone:
		return "upstream_gone"
	case NotSent:
		return "not_sent"
	case Skipped:
		return "skipped"
	case Unknown:
		return "unknown"
	default:
		return "unknown"
	}
}

// SessionInfo is what is known of a client's session.
type SessionInfo struct {
	ID          string // unique among all sessions of the log's node, over restarts too: NewSessionID makes one; at most 64 bytes
	Login       string // the database user
	Client      netip.AddrPort
	Application string // application_name
	Database    string
	BackendPID  uint32 // of the server's process, 0 while unknown
	TLS         string // version, "" for none
}

// Session is a SessionInfo, encoded once for all of its statements. It is immutable; when one of its facts changes, make a new one.
type Session struct {
	id       string
	named    []byte // `,"session":"…"`
	fragment []byte // `"session":"…","login":…`
	last     atomic.Pointer[actor]
}

// actor is who executed a statement, and how it came: mostly as the one before in its session, so it is encoded once for them.
type actor struct {
	person, how, path string
	fragment          []byte // `,"person":…,"how":…,"path":…`
}

// by returns the encoded actor.
func (s *Session) by(person, how, path string) []byte {
	if a := s.last.Load(); a != nil && a.person == person && a.how == how && a.path == path {
		return a.fragment
	}
	b := appendField(nil, "person", person)
	b = appendField(b, "how", how)
	b = appendField(b, "path", path)
	s.last.Store(&actor{strings.Clone(person), how, path, b})
	return b
}

// NewSession encodes what is known of a session.
func NewSession(info SessionInfo) *Session {
	info.ID = cut(info.ID, 64)
	b := appendKey(nil, "session")
	b = appendString(b, info.ID)
	named := append([]byte{','}, b...)
	b = appendField(b, "login", info.Login)
	if info.Client.IsValid() {
		b = appendField(b, "client", info.Client.String())
	}
	b = appendField(b, "app", info.Application)
	b = appendField(b, "db", info.Database)
	b = appendUintField(b, "pid", uint64(info.BackendPID))
	b = appendField(b, "tls", info.TLS)
	return &Session{id: info.ID, named: named, fragment: b}
}

// ID returns the session's id.
func (s *Session) ID() string { return s.id }

// Relation is one relation of a statement.
type Relation struct {
	Name      string   `json:"name"` // schema.name
	Op        string   `json:"op,omitempty"`
	Rule      string   `json:"rule,omitempty"`
	Columns   []string `json:"columns,omitempty"` // named ones; none means all
	Masked    []string `json:"masked,omitempty"`
	Tags      []string `json:"tags,omitempty"`      // class tags of the columns touched
	Filter    string   `json:"filter,omitempty"`    // the row filter in force, as the policy has it
	Via       string   `json:"via,omitempty"`       // the view it was reached through
	Truncated bool     `json:"truncated,omitempty"` // columns were left out for length
}

// Static is what all executions of one plan share.
type Static struct {
	Kind        string // what the statement does, in the words of package parse: "select"
	Command     string // command tag: "SELECT", "COPY", "FETCH"
	Decision    Decision
	Reason      string // for Block and Observe: a complete sentence
	Policy      string // digest of the policy in force
	Rules       []string
	Relations   []Relation
	Functions   []string
	Subjects    []string // the tables whose subjects' data it touches
	Fingerprint string   // groups statements of one form
	Redacted    string   // the statement with every literal as $?, for views that may not show literals
	ExportRows  int64    // export limits in force, 0 for none
	ExportBytes int64
}

// EncodeStatic encodes what all executions of one plan share, for Intent.Static. The result is at most 24 kB: what is longer loses its column lists, then its relations beyond the
// first hundred, and says so. It must not be changed afterwards.
func EncodeStatic(s Static) []byte {
	b := encodeStatic(&s)
	if len(b) <= maxStatic {
		return b
	}
	short := s
	short.Redacted = ""
	short.Relations = nil
	for i, r := range s.Relations {
		if i == 100 {
			break
		}
		r.Columns, r.Truncated = nil, true
		r.Name, r.Rule, r.Filter, r.Via = cut(r.Name, 128), cut(r.Rule, 64), "", cut(r.Via, 64)
		r.Masked, r.Tags = nil, nil
		short.Relations = append(short.Relations, r)
	}
	short.Functions = nil
	if len(short.Rules) > 50 {
		short.Rules = short.Rules[:50]
	}
	b = encodeStatic(&short)
	b = append(b, `,"truncated":true`...)
	if len(b) <= maxStatic {
		return b
	}
	short.Relations, short.Rules = nil, nil
	b = encodeStatic(&short)
	return append(b, `,"truncated":true`...)
}

// ClassName is how the log writes what a statement does: copy_to for COPY TO.
func ClassName(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "_") }

func encodeStatic(s *Static) []byte {
	b := appendKey(nil, "decision")
	b = appendString(b, s.Decision.String())
	b = appendField(b, "class", ClassName(s.Kind))
	b = appendField(b, "cmd", s.Command)
	if s.Reason != "" {
		b = append(b, ',')
		b = appendKey(b, "reason")
		b = appendText(b, s.Reason, maxReason)
	}
	b = appendField(b, "policy", s.Policy)
	b = appendList(b, "rules", s.Rules)
	if len(s.Relations) > 0 {
		b = append(b, `,"tables":`...)
		j, err := json.Marshal(s.Relations)
		if err != nil { // strings and lists of strings always encode
			j = []byte("[]")
		}
		b = append(b, j...)
	}
	b = appendList(b, "functions", s.Functions)
	b = appendList(b, "touches", s.Subjects)
	b = appendField(b, "fp", s.Fingerprint)
	if s.Redacted != "" {
		b = append(b, ',')
		b = appendKey(b, "redacted")
		b = appendText(b, s.Redacted, maxReason)
	}
	b = appendUintField(b, "export_rows", uint64(max(s.ExportRows, 0)))
	b = appendUintField(b, "export_bytes", uint64(max(s.ExportBytes, 0)))
	return b
}

// Param is one bound parameter. A nil Value is NULL.
type Param struct {
	Value  []byte // or its beginning
	Length int    // of the whole value, when Value is its beginning only
	Binary bool   // in the type's binary format; recorded in hex
	Secret bool   // a password or key: only that it was there is recorded
}

// Intent is one execution, before the server sees it. Nothing in it is kept after Log.Intent returns, but Session.
type Intent struct {
	Session   *Session  // required
	Number    uint64    // of the execution in its session, from 1
	Time      time.Time // zero: the log's clock
	Person    string
	How       string // how the person is known: login, setting, comment, application_name, token; "" when nobody is
	Path      string // protocol path: simple, extended, fastpath, copy
	Portal    string // name of the portal or cursor, "" for none
	Form      *Form  // what its plan's executions share; the log records of SQL and Rewritten what is not the form's
	Fill      []Span // with a form of NewFrame: what of SQL stands between its pieces. Then Rewritten is not looked at
	Static    []byte // from EncodeStatic, without a Form; nil is recorded as a block by nobody's rule
	SQL       string // as the client sent it, secrets redacted
	Rewritten string // as the server gets it; "" when that is SQL
	Params    []Param
	Durable   bool // sync before Intent returns, whatever Options.Fsync says
}

// Refusal is why a statement was blocked.
type Refusal struct {
	SQLState string
	Message  string // the sentence that the client gets
	Rule     string
}

// Ref names a recorded intent, for its outcome. The zero Ref names none.
type Ref struct {
	seq     uint64 // leaf index + 1
	slot    int32
	number  uint64
	session *Session
	start   int64 // Unix time in ns
	missed  bool  // nothing was recorded, by on_failure: allow
	needs   uint64
}

// Needs says which records must be on the device before the statement is forwarded, for Await: those before this one; 0 for none.
func (r Ref) Needs() uint64 { return r.needs }

// Seq returns the leaf index of the intent; ok is false when nothing was recorded.
func (r Ref) Seq() (seq uint64, ok bool) { return r.seq - 1, r.seq != 0 }

// Outcome is how an execution ended.
type Outcome struct {
	Time      time.Time // zero: the log's clock
	End       End
	Rows      int64         // rows returned to the client, or affected
	Bytes     int64         // of result sent to the client
	BytesIn   int64         // of COPY data from the client
	Duration  time.Duration // zero: since the intent, by the log's clock
	FirstByte time.Duration // until the first byte of result, zero for none
	SQLState  string        // "" or 00000 for success
	Reason    string        // why the guard stopped it, or the rule's name; never the server's message, which can hold values
	Subjects  []Subjects    // whom the rows were about; at most MaxSubjects tokens in all
	Durable   bool          // sync before Outcome returns
}

// Event is a record that is not a statement.
type Event struct {
	Kind    EventKind
	Session *Session // nil when it belongs to none
	Person  string
	How     string
	Data    any // encoded with encoding/json, at most 32 kB; nil for none. Must hold no secret
	Durable bool
}

// EventKind names an event. Kinds are part of the format: their spelling never changes.
type EventKind string

// The events that the proxy records. Others are written by the log itself.
const (
	SessionOpen       EventKind = "session.open"
	SessionAuthFailed EventKind = "session.auth_failed"
	SessionClose      EventKind = "session.close"
	SessionPerson     EventKind = "session.person" // the person behind a shared login changed
	SessionCancel     EventKind = "session.cancel" // a cancel request came
	PolicyLoad        EventKind = "policy.load"
	PolicyReject      EventKind = "policy.reject"
	ConfigChange      EventKind = "config.change"
	ServerStart       EventKind = "server.start"
	ServerStop        EventKind = "server.stop"
	ClusterJoined     EventKind = "cluster.joined" // most of the Cordons in front of the database can be reached
	ClusterLost       EventKind = "cluster.lost"   // and no more
	GuardBlock        EventKind = "guard.block"
	GuardOverride     EventKind = "guard.override"
	GuardLease        EventKind = "guard.lease"
	GuardAlert        EventKind = "guard.alert"      // a watch of the policy has found something
	GuardQuarantine   EventKind = "guard.quarantine" // somebody was put into quarantine
	GuardRelease      EventKind = "guard.release"    // and released
	GrantIssue        EventKind = "grant.issue"
	GrantRevoke       EventKind = "grant.revoke"
	ExportRequest     EventKind = "export.request" // a blocked statement asks for approval
	ExportApprove     EventKind = "export.approve"
	ExportDeny        EventKind = "export.deny"
	ExportRun         EventKind = "export.run"  // an approved statement begins
	ExportMark        EventKind = "export.mark" // it has gone out watermarked
	ReviewSearch      EventKind = "review.search"
	ReviewExport      EventKind = "review.export"
	ReviewReveal      EventKind = "review.reveal"
	ReviewSubject     EventKind = "review.subject" // who saw one person's data was asked
	ReviewReport      EventKind = "review.report"  // of one person, or of compliance
	ReviewSignoff     EventKind = "review.signoff"
	ReviewHold        EventKind = "review.hold" // a legal hold was set or released
)

// The records of statements, and those that the log writes of itself.
const (
	kindIntent    = "stmt.intent"
	kindForm      = "stmt.form" // what the executions of one plan share
	kindOutcome   = "stmt.outcome"
	kindBlocked   = "stmt.blocked"
	kindProgress  = "stmt.progress"
	kindOpen      = "log.open"        // first record of every process; holds what recovery found
	kindClose     = "log.close"       // last record of an orderly end
	kindSegment   = "segment.seal"    // first record of a segment: describes the one before
	kindPending   = "segment.pending" // the intents without outcome at that moment
	kindHeartbeat = "audit.heartbeat"
	kindGap       = "audit.gap"
	kindDegraded  = "audit.degraded"
	kindResumed   = "audit.resumed"
	kindDEKCreate = "dek.create"
)

// known reports whether k is an event that may be recorded from outside.
func (k EventKind) known() bool {
	switch k {
	case SessionOpen, SessionAuthFailed, SessionClose, SessionPerson, SessionCancel, PolicyLoad, PolicyReject, ConfigChange, ServerStart, ServerStop, ClusterJoined, ClusterLost, GuardBlock, GuardOverride, GuardLease,
		GuardAlert, GuardQuarantine, GuardRelease, GrantIssue, GrantRevoke, ExportRequest, ExportApprove, ExportDeny, ExportRun, ExportMark, ReviewSearch, ReviewExport, ReviewReveal, ReviewSubject, ReviewReport, ReviewSignoff, ReviewHold:
		return true
	default:
		return false
	}
}

// closing reports whether k ends something, so that it may use the room kept for outcomes.
func (k EventKind) closing() bool {
	switch k {
	case SessionClose, SessionAuthFailed, SessionCancel, ServerStop, GuardBlock:
		return true
	default:
		return false
	}
}
