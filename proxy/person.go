package proxy

import (
	"errors"
	"strings"
	"time"

	"cordon/audit"
	"cordon/identity"
	"cordon/parse"
	"cordon/policy"
	"cordon/wire"
)

// speaker is who speaks on a session, and by which right. The client's loop uses it, but for settings.
type speaker struct {
	speaks   bool   // the login speaks for other people
	setting  string // the cordon.* setting that carries the person, "" for none
	comment  string // the key in a comment, "" for none
	carried  identity.Carried
	settings identity.Settings // guarded by pending.mu: the upstream's loop tells it what has happened
	nobody   *wire.Error       // why nothing that needs a person is run
}

// regrant makes sure that the session's grant is that of the person who speaks now, under the policy of now. text is the statement, for a person in a comment.
func (s *session) regrant(text []byte) error {
	return s.regrantRead(text, reading{encoding: unsettled})
}

// unsettled stands for how texts are read at the moment, which may still have to be found out.
const unsettled = "?"

// regrantRead is regrant for a text that is read in the given way.
func (s *session) regrantRead(text []byte, read reading) error {
	s.now = time.Now()
	p := s.server.policy.Load()
	carried := identity.Carried{}
	changed := p != s.policy
	if changed {
		s.policy = p
		s.speaker.setting, s.speaker.comment, s.speaker.speaks = identity.Speaks(p, s.login)
	}
	var commentErr error
	if s.speaker.speaks {
		if err := s.waitSettled(); err != nil {
			return err
		}
		if s.speaker.setting != "" {
			s.pending.mu.Lock()
			carried.Setting, _ = s.speaker.settings.Value(s.speaker.setting)
			s.pending.mu.Unlock()
		}
		if s.speaker.comment != "" && hasComment(text) {
			var err error
			if carried.Comment, commentErr, err = s.inComments(string(text), read); err != nil {
				return err
			}
		}
	}
	if !changed && commentErr == nil && s.grant != nil && carried == s.speaker.carried && (s.speaker.nobody == nil || carried == identity.Carried{}) && (s.grant.Until.IsZero() || s.now.Before(s.grant.Until)) {
		return nil
	}
	return s.bindPerson(carried, commentErr)
}

// bindPerson finds the person and binds the policy to them.
func (s *session) bindPerson(carried identity.Carried, err error) error {
	var subject policy.Subject
	if err == nil {
		subject, err = identity.Resolve(s.policy, s.login, carried, s.clientAddr().Addr(), s.now)
	}
	s.speaker.carried, s.speaker.nobody = carried, nil
	if err != nil {
		var why *identity.Error
		if !errors.As(err, &why) {
			return err
		}
		s.speaker.nobody = &wire.Error{Code: why.Code, Message: why.Message, Hint: why.Hint}
		subject = policy.Subject{Login: s.login, Client: s.clientAddr().Addr(), Now: s.now}
	}
	how := "login"
	switch {
	case subject.Person == "":
		how = ""
	case carried.Setting != "":
		how = "setting"
	case carried.Comment != "":
		how = "comment"
	}
	if s.person != subject.Person && s.grant != nil && s.record != nil {
		s.person, s.how = subject.Person, how
		s.event(audit.SessionPerson, nil)
	}
	s.person, s.how = subject.Person, how
	free := s.grant != nil && s.grant.Unrestricted()
	s.grant = s.server.grantOf(s.policy, subject)
	s.restricted.Store(!s.grant.Unrestricted())
	if free && !s.grant.Unrestricted() {
		// Nobody has followed what the one before has done to the session: functions set the path, and what is not parsed sets anything.
		s.names.changed(s.syncs + 1)
		s.rereading, s.readingInside = true, true
	}
	return nil
}

// waitSettled waits until the server has answered what can change who speaks.
func (s *session) waitSettled() error {
	p := &s.pending
	p.mu.Lock()
	settled := p.affecting == 0
	p.mu.Unlock()
	if settled {
		return nil
	}
	if s.inPipeline {
		s.toUpstream.Append(wire.HeaderLen, wire.AppendFlush)
	}
	if err := s.flushHeld(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = true
	for p.affecting > 0 && !p.broken {
		p.wake.Wait()
	}
	p.waiting = false
	if p.broken {
		return errUpstreamWrite
	}
	return nil
}

// inComments finds the person in a statement's comments. The text must be read as the server reads it, or a comment could be found inside a string: then whoever can bring a value into a statement could name the person.
func (s *session) inComments(text string, read reading) (person string, refusal, err error) {
	unreadable := &identity.Error{Code: identity.CodeNoPerson, Message: "Cordon cannot read the comments of this statement as the server does", Hint: "SET client_encoding = 'UTF8'; SET standard_conforming_strings = on."}
	if read.encoding == unsettled {
		known, err := s.reread(true)
		if err != nil {
			return "", nil, err
		}
		if !known && !plain([]byte(text)) {
			return "", unreadable, nil
		}
		read = s.reading()
	}
	decoded, ok := decodeFrom(encodingName(read.encoding), text)
	if !ok || read.escapes && strings.IndexByte(text, '\\') >= 0 {
		return "", unreadable, nil
	}
	person, refusal = commentPerson(decoded, s.speaker.comment)
	return person, refusal, nil
}

// commentPerson is the person of the comments: a key with two values names nobody, because one of them may have slipped in with a value of the client's program.
func commentPerson(text, key string) (person string, err error) {
	found := false
	for k, v := range parse.Comments(text) {
		if k != key {
			continue
		}
		if found && v != person || len(v) > identity.MaxPersonBytes {
			return "", &identity.Error{Code: identity.CodeNoPerson, Message: "the comments of the statement do not name one person", Hint: "Put one comment with the person into the statement."}
		}
		person, found = v, true
	}
	return person, nil
}

// hasComment says whether a text can hold a comment at all.
func hasComment(text []byte) bool {
	for i := 0; i+1 < len(text); i++ {
		if text[i] == '/' && text[i+1] == '*' || text[i] == '-' && text[i+1] == '-' {
			return true
		}
	}
	return false
}

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

// ownSetting deals with SET and RESET of a setting of Cordon's. The server gets a harmless statement with the same tag and the same place in the transaction, so that its replies are the server's own.
func (s *session) ownSetting(st *parse.Statement, change sessionChange) (sql string, refusal *wire.Error) {
	err := identity.MaySet(s.policy, s.login, change.name)
	if err == nil && change.verb == verbSet {
		s.pending.mu.Lock()
		err = s.speaker.settings.Allow(change.name, change.value)
		s.pending.mu.Unlock()
	}
	if err != nil {
		var why *identity.Error
		if errors.As(err, &why) {
			return "", &wire.Error{Code: why.Code, Message: why.Message, Hint: why.Hint}
		}
		return "", &wire.Error{Code: codeInternal, Message: err.Error()}
	}
	switch {
	case st.Kind == parse.Reset:
		return "RESET cordon.shadow", nil
	case change.verb == verbSetDefault && change.local:
		return "SET LOCAL cordon.shadow TO DEFAULT", nil
	case change.verb == verbSetDefault:
		return "SET cordon.shadow TO DEFAULT", nil
	case change.local:
		return "SET LOCAL cordon.shadow TO ''", nil
	}
	return "SET cordon.shadow TO ''", nil
}

// ownSettings takes the settings of Cordon's out of a startup packet: its parameters, and the words of its options. They never reach the server.
func (s *session) ownSettings(packet []byte) ([]byte, error) {
	changed := false
	kept := s.startup.Parameters[:0:0]
	for _, p := range s.startup.Parameters {
		switch {
		case identity.IsCordon(p.Name):
			changed = true
			if err := s.startSetting(p.Name, p.Value); err != nil {
				return nil, err
			}
			continue
		case p.Name == "options" && strings.Contains(strings.ToLower(p.Value), "cordon"):
			rest, own, _ := splitOptions(p.Value)
			for _, o := range own {
				changed = true
				if err := s.startSetting(o.Name, o.Value); err != nil {
					return nil, err
				}
			}
			if p.Value = rest; rest == "" {
				continue
			}
		}
		kept = append(kept, p)
	}
	if !changed {
		return packet, nil
	}
	s.startup.Parameters = kept
	return s.startup.AppendTo(nil), nil
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

// splitOptions gives all settings of the options parameter, and takes the -c and -- settings of Cordon's out of the options parameter, which PostgreSQL splits at white space, with a backslash to keep the next character (pg_split_opts).
func splitOptions(options string) (rest string, own, all []wire.Parameter) {
	type word struct{ raw, text string }
	var words []word
	for i := 0; i < len(options); {
		for i < len(options) && isSpace(options[i]) {
			i++
		}
		from := i
		var b strings.Builder
		for i < len(options) && !isSpace(options[i]) {
			if options[i] == '\\' && i+1 < len(options) {
				i++
			}
			b.WriteByte(options[i])
			i++
		}
		if i > from {
			words = append(words, word{options[from:i], b.String()})
		}
	}
	var kept []string
	for i := 0; i < len(words); i++ {
		w, raw := words[i].text, words[i].raw
		var setting string
		flags := ""
		switch at := settingAt(w); {
		case strings.HasPrefix(w, "--"):
			setting = w[2:]
		case at > 0 && at == len(w) && i+1 < len(words):
			i++
			flags, setting, raw = w[:at-1], words[i].text, raw+" "+words[i].raw
		case at > 0:
			flags, setting = w[:at-1], w[at:]
		}
		name, value, _ := strings.Cut(setting, "=")
		name = strings.ReplaceAll(name, "-", "_") // ParseLongOption
		if setting != "" {
			all = append(all, wire.Parameter{Name: name, Value: value})
		}
		if identity.IsCordon(name) {
			own = append(own, wire.Parameter{Name: name, Value: value})
			if raw = flags; len(raw) < 2 {
				continue
			}
		}
		kept = append(kept, raw)
	}
	return strings.Join(kept, " "), own, all
}

// settingAt is where in a word of options the setting of -c begins, 0 for none. getopt lets letters without a value stand before it in one word: -Oc name=value.
func settingAt(w string) int {
	if len(w) < 2 || w[0] != '-' || w[1] == '-' {
		return 0
	}
	for i := 1; i < len(w); i++ {
		switch w[i] {
		case 'c':
			return i + 1
		case 'b', 'E', 'i', 'j', 'l', 'n', 'O', 'P', 's': // process_postgres_switches: those without a value
		default:
			return 0
		}
	}
	return 0
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
