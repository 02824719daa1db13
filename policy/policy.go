package policy

import (
	"net/netip"
	"slices"
	"time"
)

// Policy is a policy file, checked. It is immutable and may be shared by any number of goroutines.
type Policy struct {
	Path    string   // as given to Parse
	Digest  [32]byte // SHA-256 of the file's bytes, for the audit record
	Default Verdict  // tables that no rule names: Raw or Denied

	Users  map[string]*User
	Logins map[string]*Login
	Roles  map[string]*Role
	Masks  map[string]*Mask
	Tags   map[string]*Tag
	Rules  []*Rule

	Watches []*Watch // what is unusual

	// SubjectKeys are the columns that say of whom a row of a table is, for the audit log's answer to "who saw customer 123".
	SubjectKeys []SubjectKey

	// Warnings are things that are probably not meant, but do no harm.
	Warnings Problems

	// Files are those that people and grants come from: when one changes, the policy is to be read again.
	Files      []string
	StaleFor   time.Duration // of people from users_file
	fileOrigin *Origin       // of these
	usersPath  string        // the file that they are from
	usersText  []byte        // and what was in it
	GrantsFile string        // "" without
	Leases     []*Lease      // temporary grants, in the order of the file

	// ByApplication says that a rule's when asks for application_name.
	ByApplication bool

	departed map[string]bool // people who were in a policy before this one, and are not in this

	state [32]byte // Digest and the hash masks' keys, for Grant.Key
}

// User is a person.
type User struct {
	Name       string
	Roles      []string
	Attributes map[string]Value
	ValidUntil time.Time // the zero time: for ever
	OSUser     string    // who this is to the operating system, for cordon grant; "": the same name
	Origin     *Origin   // where the person is from; nil for the policy itself
	Disabled   bool      // may do nothing, for as long as it stands
	Line, Col  int
}

// Login is a database user that speaks for many people.
type Login struct {
	Name        string
	Setting     string   // the cordon.* setting that carries the person, in lower case; "" when settings may not
	Comment     string   // the key in a comment /* user='alice' */ that carries the person; "" when comments may not
	Application *Pattern // of application_name, with the person in it; nil when it may not
	Token       *Token   // signed tokens; nil when there are none
	Batch       bool     // without_user gives roles: statements without a person run with BatchRoles. false: they are refused
	BatchRoles  []string
	Line, Col   int
}

// SubjectKey says that a column of a table names whom its rows are about.
type SubjectKey struct {
	Table     TableName
	Column    string
	Of        TableName // whose keys they are: the table itself, or one that the column refers to
	Line, Col int
}

// Durable says that some rule demands records that are on the storage device.
func (p *Policy) Durable() bool {
	return p != nil && slices.ContainsFunc(p.Rules, func(r *Rule) bool { return r.Durable })
}

// Role is what people of this role may do beyond the rules.
type Role struct {
	Name      string
	May       Power
	Functions []TablePattern // schema.function
	Line, Col int
}

// Subject is the person at a moment, with the roles and attributes that the policy gives them.
// A person that the policy does not know has neither. An empty person behind a login that may do without gets the roles of without_user.
func (p *Policy) Subject(person, login string, client netip.Addr, now time.Time) Subject {
	s := Subject{Person: person, Login: login, Client: client, Now: now}
	if u := p.Users[person]; u != nil && person != "" {
		s.Roles, s.Attributes = u.Roles, u.Attributes
	} else if l := p.Logins[login]; person == "" && l != nil && l.Batch {
		s.Roles = l.BatchRoles
	}
	return s
}
