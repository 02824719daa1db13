package proxy

import (
	"encoding/binary"
	"errors"
	"regexp"
	"strings"

	"cordon/identity"
	"cordon/parse"
	"cordon/rewrite"
	"cordon/wire"

	pg_query "github.com/pganalyze/pg_query_go/v5"
)

// sessionVerb is what a statement does to Cordon's own settings and the transaction that they live in.
type sessionVerb uint8

const (
	verbNone sessionVerb = iota
	verbBegin
	verbCommit
	verbRollback
	verbSavepoint
	verbRelease
	verbRollbackTo
	verbSet
	verbSetDefault
	verbResetAll
	verbDiscardAll
)

// sessionChange is one such thing, done when the server has done its part.
type sessionChange struct {
	verb        sessionVerb
	name, value string
	local       bool // of SET LOCAL
	chain       bool // of COMMIT AND CHAIN
	valueParam  int  // of set_config: the parameter that gives the value, from 1; 0 for none
	localParam  int  // and the one that says whether it is local
}

// apply does it. pending.mu is held. An error means that what the server has done cannot be followed: the session must end.
func (c *sessionChange) apply(s *identity.Settings) error {
	switch c.verb {
	case verbNone:
	case verbBegin:
		s.Begin()
	case verbCommit:
		s.Commit(c.chain)
	case verbRollback:
		s.Rollback(c.chain)
	case verbSavepoint:
		return s.Savepoint(c.name)
	case verbRelease:
		s.Release(c.name)
	case verbRollbackTo:
		s.RollbackTo(c.name)
	case verbSet:
		if identity.Fold(c.name) == applicationName {
			return s.Set(c.name, keptName(c.value), c.local)
		}
		return s.Set(c.name, c.value, c.local)
	case verbSetDefault:
		return s.SetDefault(c.name, c.local)
	case verbResetAll:
		s.ResetAll()
	case verbDiscardAll:
		s.DiscardAll()
	}
	return nil
}

// keptName is what the server keeps of an application_name: its first 63 bytes, with a question mark in place of each that is not of ASCII (up to version 15; later ones write \\x and the byte: such a name is none here).
func keptName(s string) string {
	b := []byte(s[:min(len(s), 63)])
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}

// followApplication holds the application_name that has been followed against the one that the server reports. They differ when a function has set it: then it names nobody.
func (s *session) followApplication() {
	reported := s.application.Load()
	if reported == nil || s.speaker.settings.Empty() { // as of a login that speaks for itself
		return
	}
	if known, _ := s.speaker.settings.Value(applicationName); known != *reported {
		s.speaker.settings.Lose(applicationName)
	}
}

// followState holds what Cordon believes of the transaction against what the server says at ReadyForQuery. They differ when a text that Cordon does not parse, or a procedure, has begun or ended one: then nobody knows which
// settings have come back and which have gone, and the session speaks for nobody until it says anew for whom.
func followState(settings *identity.Settings, state byte) {
	block, failed := settings.InBlock(), settings.Failed()
	switch {
	case block == (state != wire.Idle) && failed == (state == wire.Failed):
		return
	case !block || state == wire.Failed: // it has begun, or failed, unseen: what is set is still set
	default:
		*settings = identity.Settings{}
	}
	if state != wire.Idle && !settings.InBlock() {
		settings.Begin()
	}
	if state == wire.Failed && !settings.Failed() {
		settings.Fail()
	}
}

// The server has a copy of each setting of Cordon's, under the same name, for SHOW and current_setting to answer from: so they answer in any expression, function, trigger or view just as for any setting. The copy is for the client
// and its database alone. Who speaks is never read from it: whatever a function, a DO block or ALTER ROLE does to the copy, it moves nobody.

// ownSetting deals with SET and RESET of a setting of Cordon's. The server gets it too, for its copy.
func (s *session) ownSetting(st *parse.Statement, change sessionChange) (sql string, refusal *wire.Error) {
	if refusal := s.mayChange(&change); refusal != nil {
		return "", refusal
	}
	name := quoteSetting(change.name)
	if st.Kind == parse.Reset {
		return "RESET " + name, nil
	}
	set := "SET "
	if change.local {
		set = "SET LOCAL "
	}
	if change.verb == verbSetDefault {
		return set + name + " TO DEFAULT", nil
	}
	if s.speaker.token != "" && identity.Fold(change.name) == s.speaker.token && change.value != "" {
		return set + name + " TO '(token)'", nil // the server may log what it runs
	}
	return set + name + " TO " + quoteText(change.value), nil
}

// mayChange says whether the login may set what it sets, and to this value.
func (s *session) mayChange(change *sessionChange) *wire.Error {
	var err error
	if strings.HasPrefix(change.name, rewrite.ConsumedSetting) {
		return &wire.Error{Code: codePermission, Message: change.name + " cannot be set", Hint: "Cordon counts rows in it."}
	}
	if identity.IsCordon(change.name) {
		err = identity.MaySet(s.policy, s.login, change.name)
	}
	if err == nil && change.verb == verbSet {
		s.pending.mu.Lock()
		err = s.speaker.settings.Allow(change.name, change.value)
		s.pending.mu.Unlock()
	}
	if err == nil {
		return nil
	}
	var why *identity.Error
	if errors.As(err, &why) {
		return &wire.Error{Code: why.Code, Message: why.Message, Hint: why.Hint}
	}
	return &wire.Error{Code: codeInternal, Message: err.Error()}
}

// quoteSetting writes a setting's name so that no part of it is taken for a key word: USER is one.
func quoteSetting(name string) string {
	parts := strings.Split(name, ".")
	for i := range parts {
		parts[i] = parse.QuoteIdent(parts[i])
	}
	return strings.Join(parts, ".")
}

// quoteText is an SQL string constant that reads the same whatever standard_conforming_strings is.
func quoteText(s string) string {
	s = strings.ReplaceAll(s, "'", "''")
	if strings.IndexByte(s, '\\') < 0 {
		return "'" + s + "'"
	}
	return "E'" + strings.ReplaceAll(s, `\`, `\\`) + "'"
}

// ownCalls finds what a statement does to Cordon's settings by set_config. It must be seen to do nothing else: a SELECT of such calls alone, and of current_setting, with names as literals, values as literals or parameters. sql is the
// statement with the functions named in full, so that none of their name takes their place; "" for a statement of any other kind.
func (s *session) ownCalls(st *parse.Statement) (calls []sessionChange, sql string, refusal *wire.Error) {
	text := st.Text()
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "set_config") && (s.speaker.nobody == nil || !strings.Contains(lower, "current_setting")) && !strings.Contains(text, `&"`) {
		return nil, "", nil
	}
	var own string // the name that one of the calls sets
	unseen, all := false, 0
	eachNode(st.Tree.ProtoReflect(), func(n any) {
		call, ok := n.(*pg_query.FuncCall)
		if !ok || !isCall(call, "set_config") {
			return
		}
		all++
		if len(call.Args) > 0 {
			switch name := call.Args[0].GetAConst().GetSval(); {
			case name == nil:
				unseen = true
			case s.speaker.isOwn(name.Sval):
				own = name.Sval
			}
		}
	})
	switch {
	case own == "" && unseen && s.speaker.speaks && s.grant.Unrestricted(): // for people under rules the rewriter does the same
		return nil, "", &wire.Error{Code: codeUnsupported, Message: "set_config needs the setting's name as a plain literal here", Hint: "Cordon must see whether the statement says who speaks."}
	case own == "" && (all > 0 || s.speaker.nobody == nil):
		return nil, "", nil
	case own == "":
		return nil, readsOwn(st), nil // nobody speaks yet, and may ask
	}
	if why := s.mayChange(&sessionChange{verb: verbSetDefault, name: own}); why != nil {
		return nil, "", why
	}
	refused := &wire.Error{Code: codeUnsupported, Message: "set_config cannot set " + own + " here", Hint: "Write SELECT set_config('" + own + "', 'name', false) or SET " + own + " = 'name'."}
	n := st.Tree.GetSelectStmt()
	if n == nil || len(n.TargetList) != all || !targetsOnly(n) {
		return nil, "", refused
	}
	var b strings.Builder
	at := 0
	for _, t := range n.TargetList {
		call := t.GetResTarget().GetVal().GetFuncCall()
		if call == nil || !isCall(call, "set_config") || len(call.Args) != 3 || call.AggStar || call.AggDistinct || call.FuncVariadic || call.Over != nil || call.AggFilter != nil || len(call.AggOrder) > 0 {
			return nil, "", refused
		}
		c := sessionChange{verb: verbSet, name: call.Args[0].GetAConst().GetSval().GetSval()}
		if !s.speaker.isOwn(c.name) || !c.callArguments(call) {
			return nil, "", refused
		}
		if why := s.mayChange(&c); why != nil {
			return nil, "", why
		}
		calls = append(calls, c)
		if len(call.Funcname) == 1 {
			where := int(call.Location) - st.Start
			if where < at || where > len(text) {
				return nil, "", refused
			}
			b.WriteString(text[at:where])
			b.WriteString("pg_catalog.")
			at = where
		}
	}
	b.WriteString(text[at:])
	return calls, b.String(), nil
}

// isCall says that a call can be of pg_catalog's function of the name.
func isCall(call *pg_query.FuncCall, name string) bool {
	n := len(call.Funcname)
	return n > 0 && call.Funcname[n-1].GetString_().GetSval() == name && (n == 1 || n == 2 && call.Funcname[0].GetString_().GetSval() == "pg_catalog")
}

// readsOwn is a statement that is one call of current_setting for a setting of Cordon's and nothing else, with the function named in full; "" for any other.
func readsOwn(st *parse.Statement) string {
	n := st.Tree.GetSelectStmt()
	if n == nil || len(n.TargetList) != 1 || !targetsOnly(n) {
		return ""
	}
	call := n.TargetList[0].GetResTarget().GetVal().GetFuncCall()
	if call == nil || !isCall(call, "current_setting") || len(call.Args) == 0 || len(call.Args) > 2 || call.AggStar || call.AggDistinct || call.FuncVariadic || call.Over != nil || call.AggFilter != nil || len(call.AggOrder) > 0 {
		return ""
	}
	for i, a := range call.Args {
		if c := a.GetAConst(); c == nil || i == 0 && !identity.IsCordon(c.GetSval().GetSval()) {
			return ""
		}
	}
	where := int(call.Location) - st.Start
	if text := st.Text(); len(call.Funcname) == 1 && where >= 0 && where <= len(text) {
		return text[:where] + "pg_catalog." + text[where:]
	}
	return st.Text()
}

// targetsOnly says that a SELECT is a list of targets and nothing else: it is run once, in order.
func targetsOnly(n *pg_query.SelectStmt) bool {
	return len(n.FromClause) == 0 && n.WhereClause == nil && len(n.GroupClause) == 0 && n.HavingClause == nil && len(n.WindowClause) == 0 && len(n.ValuesLists) == 0 && len(n.SortClause) == 0 &&
		n.LimitOffset == nil && n.LimitCount == nil && len(n.LockingClause) == 0 && n.WithClause == nil && len(n.DistinctClause) == 0 && n.IntoClause == nil && n.Larg == nil && n.Rarg == nil
}

// callArguments reads value and is_local of a call of set_config. ok is false when they are neither literals nor parameters. set_config of NULL is SET TO DEFAULT, and is_local NULL is false.
func (c *sessionChange) callArguments(call *pg_query.FuncCall) (ok bool) {
	switch v := uncast(call.Args[1], "text", "varchar"); {
	case v.GetParamRef() != nil:
		c.valueParam = int(v.GetParamRef().Number)
	case v.GetAConst() == nil:
		return false
	case v.GetAConst().Isnull:
		c.verb = verbSetDefault
	case v.GetAConst().GetSval() == nil:
		return false
	default:
		c.value = v.GetAConst().GetSval().Sval
	}
	switch v := uncast(call.Args[2], "bool"); {
	case v.GetParamRef() != nil:
		c.localParam = int(v.GetParamRef().Number)
	case v.GetAConst() == nil:
		return false
	case v.GetAConst().Isnull:
	case v.GetAConst().GetSval() != nil:
		c.local, ok = boolWord(v.GetAConst().GetSval().Sval)
		return ok
	default:
		b, isBool := v.GetAConst().Val.(*pg_query.A_Const_Boolval)
		if !isBool {
			return false
		}
		c.local = b.Boolval.Boolval
	}
	return c.valueParam >= 0 && c.localParam >= 0
}

// uncast takes a cast to one of the types, of pg_catalog's, off an expression.
func uncast(n *pg_query.Node, types ...string) *pg_query.Node {
	cast := n.GetTypeCast()
	if cast == nil || cast.TypeName == nil || len(cast.TypeName.Typmods) > 0 || len(cast.TypeName.ArrayBounds) > 0 {
		return n
	}
	names := cast.TypeName.Names
	if len(names) == 0 || len(names) > 2 || len(names) == 2 && names[0].GetString_().GetSval() != "pg_catalog" {
		return n
	}
	for _, t := range types {
		if names[len(names)-1].GetString_().GetSval() == t {
			return cast.Arg
		}
	}
	return n
}

// boolWord reads a boolean as PostgreSQL's parse_bool does: a beginning of a word that is unlike all others.
func boolWord(s string) (value, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	switch {
	case s == "":
		return false, false
	case strings.HasPrefix("true", s), strings.HasPrefix("yes", s), s == "on", s == "1":
		return true, true
	case strings.HasPrefix("false", s), strings.HasPrefix("no", s), s == "off", s == "of", s == "0":
		return false, true
	}
	return false, false
}

// Types of parameters whose text and binary forms are known here.
const (
	oidNone    = 0
	oidBool    = 16
	oidText    = 25
	oidVarchar = 1043
)

// bindChanges reads the values of set_config that come with a Bind. need is how many bytes of it must have come before that can be done.
func (s *session) bindChanges(f *form, oids []byte, h wire.Header, b []byte) (need int, changes []sessionChange, refusal *wire.Error, err error) {
	if f.step == nil || len(f.step.changes) == 0 {
		return 0, nil, nil, nil
	}
	if f.step.bound == 0 {
		return 0, f.step.changes, nil, nil
	}
	switch {
	case h.Len() > maxProbeBind:
		return 0, nil, &wire.Error{Code: codeProgramLimit, Message: "the values of this Bind are too long for a setting"}, nil
	case len(b) < h.Len():
		return h.Len(), nil, nil, nil
	}
	m, err := wire.DecodeBind(b[wire.HeaderLen:h.Len()])
	if err != nil {
		return 0, nil, nil, err
	}
	unread := &wire.Error{Code: codeUnsupported, Message: "Cordon cannot read the value that set_config is given", Hint: "Bind it as text, in UTF8."}
	changes = append(changes, f.step.changes...)
	for i := range changes {
		c := &changes[i]
		if n := c.valueParam; n > 0 {
			value, _, known := boundParameters(&m)(n) // text has one form
			if t := paramType(oids, n); !known || t != oidNone && t != oidText && t != oidVarchar {
				return 0, nil, unread, nil
			}
			if c.verb = verbSetDefault; value != nil {
				text, ok := decodeFrom(encodingName(s.reading().encoding), string(value))
				if !ok {
					return 0, nil, unread, nil
				}
				c.verb, c.value = verbSet, text
			}
		}
		if n := c.localParam; n > 0 {
			value, binary, known := boundParameters(&m)(n)
			ok := known
			switch t := paramType(oids, n); {
			case t != oidNone && t != oidBool:
				ok = false
			case value == nil:
			case binary:
				c.local, ok = len(value) == 1 && value[0] != 0, ok && len(value) == 1
			default:
				c.local, ok = boolWord(string(value))
			}
			if !ok {
				return 0, nil, unread, nil
			}
		}
		c.valueParam, c.localParam = 0, 0
		if why := s.mayChange(c); why != nil {
			return 0, nil, why, nil
		}
	}
	return 0, changes, nil, nil
}

// paramType is the type that the client has declared for a parameter, 0 for none.
func paramType(oids []byte, number int) uint32 {
	if at := 4 * (number - 1); at >= 0 && at+4 <= len(oids) {
		return binary.BigEndian.Uint32(oids[at:])
	}
	return oidNone
}

// bodySetting finds a setting of Cordon's that text in another language sets.
var bodySetting = regexp.MustCompile(`(?i)(?:\bset_config\s*\(\s*'|\bset\s+(?:local\s+|session\s+)?"?|\breset\s+"?)(cordon"?\s*\.\s*"?\w+)`)

// settingElsewhere refuses what would set a setting of Cordon's where only the server sees it: for a role, a database or a function, in a DO block or the body of a routine. It would move nobody, but its author believes that it does.
func settingElsewhere(st *parse.Statement) (refusal *wire.Error) {
	switch st.Kind {
	case parse.Set, parse.Reset:
		return nil
	}
	lower := strings.ToLower(st.Text())
	if !strings.Contains(lower, "cordon") && !strings.Contains(lower, `&"`) {
		return nil
	}
	refuse := func(name, where string) {
		refusal = &wire.Error{Code: codePermission, Message: name + " cannot be set " + where, Hint: "It says who speaks, and is set by a statement of the session itself: SET " + name + " = 'name'."}
	}
	body := func(text string) {
		if m := bodySetting.FindStringSubmatch(text); m != nil {
			refuse(strings.ToLower(strings.NewReplacer(`"`, "", " ", "", "\n", "", "\t", "").Replace(m[1])), "in a DO block or a routine")
		}
	}
	eachNode(st.Tree.ProtoReflect(), func(n any) {
		switch n := n.(type) {
		case *pg_query.VariableSetStmt:
			if identity.IsCordon(n.Name) {
				refuse(n.Name, "for a role, a database or a function")
			}
		case *pg_query.DefElem:
			if n.Defname == "as" {
				if list := n.Arg.GetList(); list != nil {
					for _, item := range list.Items {
						body(item.GetString_().GetSval())
					}
				} else {
					body(n.Arg.GetString_().GetSval())
				}
			}
		}
	})
	return refusal
}

// currentSetting is the OID of pg_catalog.current_setting(text, bool), the same in every version.
const currentSetting = 3294

// checkCopy refuses the session when ALTER ROLE or ALTER DATABASE has given the server's copy of the setting a value: the client would take it for who speaks.
func (s *session) checkCopy() error {
	if s.speaker.setting == "" {
		return nil
	}
	rows, err := s.askNow(wire.AppendFunctionCall(nil, currentSetting, []byte(s.speaker.setting), []byte{1}))
	if err != nil {
		return err
	}
	now, _ := s.speaker.settings.Value(s.speaker.setting)
	if len(rows) == 1 && len(rows[0]) == 1 && rows[0][0] != nil && *rows[0][0] != now {
		return s.refuseSession(codePermission, s.speaker.setting+" is set for this login or database on the server, where it says nothing of who speaks",
			"Take it away there: ALTER ROLE … RESET "+quoteSetting(s.speaker.setting)+".")
	}
	return nil
}

// ownSettings reads the settings of Cordon's in a startup packet: the words of its options first, as the server does, then its parameters.
func (s *session) ownSettings() error {
	for _, p := range s.startup.Parameters {
		if p.Name == "options" && strings.Contains(strings.ToLower(p.Value), "cordon") {
			for _, o := range splitOptions(p.Value) {
				if !identity.IsCordon(o.Name) {
					continue
				}
				if err := s.startSetting(o.Name, o.Value); err != nil {
					return err
				}
			}
		}
	}
	for _, p := range s.startup.Parameters {
		if identity.IsCordon(p.Name) {
			if err := s.startSetting(p.Name, p.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *session) startSetting(name, value string) error {
	p := s.server.policy.Load()
	err := identity.MaySet(p, s.login, name)
	if err == nil {
		err = s.speaker.settings.Startup(name, value)
	}
	var why *identity.Error
	if errors.As(err, &why) {
		return s.refuseSession(why.Code, why.Message, why.Hint)
	}
	return err
}
