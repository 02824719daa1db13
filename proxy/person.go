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
	speaks      bool            // the login speaks for other people
	setting     string          // the cordon.* setting that carries the person, "" for none
	comment     string          // the key in a comment, "" for none
	application *policy.Pattern // of application_name, nil for none
	token       string          // the cordon.* setting that carries a signed token, "" for none
	carried     identity.Carried
	settings    identity.Settings // guarded by pending.mu: the upstream's loop tells it what has happened
	nobody      *wire.Error       // why nothing that needs a person is run
	proof       *proof
	named       *string        // application_name as of then
	still       *policy.Policy // under which the speaker was found, where nothing but another policy or the end of the grant makes it another one: the login is its own person. nil where something can, or when in doubt
	comments    error          // why the comments of the statement name nobody, nil when they name one or none
}

// follow takes from the policy how the login carries the person.
func (k *speaker) follow(l *policy.Login) {
	k.setting, k.comment, k.application, k.token, k.speaks = "", "", nil, "", l != nil
	if l == nil {
		return
	}
	k.setting, k.comment, k.application = l.Setting, l.Comment, l.Application
	if l.Token != nil {
		k.token = l.Token.Setting
	}
}

// inSettings finds what settings say of the person.
func (k *speaker) inSettings(settings *identity.Settings, carried *identity.Carried) {
	carried.Setting, carried.Token, carried.Application = "", "", ""
	if k.setting != "" {
		carried.Setting, _ = settings.Value(k.setting)
	}
	if k.token != "" {
		carried.Token, _ = settings.Value(k.token)
	}
	if k.application != nil {
		name, _ := settings.Value(applicationName)
		carried.Application = k.application.Person(name)
	}
}

// isOwn says that a setting carries the person, or is one of Cordon's.
func (k *speaker) isOwn(name string) bool {
	return identity.IsCordon(name) || k.application != nil && identity.Fold(name) == applicationName
}

const applicationName = "application_name"

// regrant makes sure that the session's grant is that of the person who speaks now, under the policy of now. text is the statement, for a person in a comment.
func (s *session) regrant(text []byte) error {
	return s.regrantRead(text, reading{encoding: unsettled})
}

// clock sets now to the time of this burst of the client's. A burst takes microseconds; what waits in its midst has the clock read again.
func (s *session) clock() {
	if !s.clocked {
		s.now, s.clocked = time.Now(), true
	}
}

// unsettled stands for how texts are read at the moment, which may still have to be found out.
const unsettled = "?"

// regrantRead is regrant for a text that is read in the given way.
func (s *session) regrantRead(text []byte, read reading) error {
	s.clock()
	if s.speakerStands() {
		return nil
	}
	p := s.server.policy.Load()
	s.speaker.still = nil
	carried := identity.Carried{}
	changed := p != s.policy
	if changed {
		s.policy = p
		s.speaker.follow(p.Logins[s.login])
	}
	var commentErr error
	if s.speaker.speaks {
		if err := s.waitSettled(); err != nil {
			return err
		}
		s.pending.mu.Lock()
		s.speaker.inSettings(&s.speaker.settings, &carried)
		s.pending.mu.Unlock()
		if s.speaker.comment != "" && hasComment(text) {
			var err error
			if carried.Comment, commentErr, err = s.inComments(string(text), read); err != nil {
				return err
			}
		}
	}
	s.speaker.comments = commentErr
	if s.policy.ByApplication {
		if name := s.application.Load(); name != s.speaker.named {
			s.speaker.named, changed = name, true
		}
	}
	if !changed && commentErr == nil && s.grant != nil && carried == s.speaker.carried && (s.speaker.nobody == nil || carried == identity.Carried{}) && s.grantLasts() {
		if !s.speaker.speaks && !p.ByApplication {
			s.speaker.still = p
		}
		return nil
	}
	return s.bindPerson(carried, commentErr)
}

// speakerStands says that nothing has changed of who speaks, and by which grant, since regrantRead last looked: everything else that it looks at is set by itself and by speak alone. The clock has been read.
func (s *session) speakerStands() bool {
	return s.server.policy.Load() == s.speaker.still && s.grantLasts()
}

// grantLasts says that the grant is still in force.
func (s *session) grantLasts() bool {
	return s.grant.Until.IsZero() || s.now.Before(s.grant.Until)
}

// speech is who speaks in one statement.
type speech struct {
	carried identity.Carried
	person  string
	how     string
	grant   *policy.Grant
	nobody  *wire.Error
	proof   *proof // nil without a token
}

// proof is what a token proves of the person.
type proof struct {
	person bool      // that there is one, whom the policy need not know
	until  time.Time // and for how long; the zero time: for ever
}

// speech is who speaks in the session.
func (s *session) speech() speech {
	return speech{s.speaker.carried, s.person, s.how, s.grant, s.speaker.nobody, s.speaker.proof}
}

func (s *session) speak(as speech) {
	s.speaker.carried, s.person, s.how, s.grant, s.speaker.nobody, s.speaker.proof = as.carried, as.person, as.how, as.grant, as.nobody, as.proof
	s.speaker.still = nil
}

// speechOf finds the person and binds the policy to them.
func (s *session) speechOf(carried identity.Carried, err error) (speech, error) {
	as := speech{carried: carried}
	var subject policy.Subject
	if err == nil {
		subject, err = identity.Resolve(s.policy, s.login, carried, s.clientAddr().Addr(), s.now, &s.server.tokens)
	}
	if err != nil {
		var why *identity.Error
		if !errors.As(err, &why) {
			return as, err
		}
		as.nobody = &wire.Error{Code: why.Code, Message: why.Message, Hint: why.Hint}
		subject = policy.Subject{Login: s.login, Client: s.clientAddr().Addr(), Now: s.now}
	}
	switch {
	case subject.Person == "":
	case carried.Token != "":
		as.how = "token"
	case carried.Setting != "":
		as.how = "setting"
	case carried.Comment != "":
		as.how = "comment"
	case carried.Application != "":
		as.how = "application_name"
	default:
		as.how = "login"
	}
	s.place(&subject)
	if carried.Token != "" {
		as.proof = &proof{subject.Proven, subject.Until}
	}
	as.person, as.grant = subject.Person, s.server.grantOf(s.policy, subject, carried.Token)
	return as, nil
}

// place says where the session is, for rules that ask.
func (s *session) place(subject *policy.Subject) {
	subject.Certificate = s.certificate
	if name := s.application.Load(); name != nil {
		subject.Application = *name
	} else if s.startup != nil {
		subject.Application, _ = s.startup.Get(applicationName)
	}
}

// bindPerson makes the session speak for the person that is carried.
func (s *session) bindPerson(carried identity.Carried, err error) error {
	as, err := s.speechOf(carried, err)
	if err != nil {
		return err
	}
	if s.speaker.speaks && s.person != "" && s.person != as.person {
		if err := s.waitOver(); err != nil {
			return err
		}
	}
	told := s.person != as.person && s.grant != nil && s.record != nil
	free := s.grant != nil && s.grant.Unrestricted()
	s.speak(as)
	if told {
		s.event(audit.SessionPerson, nil)
	}
	s.restricted.Store(!s.grant.RawTables())
	if free && !s.grant.Unrestricted() {
		// Nobody has followed what the one before has done to the session: functions set the path, and what is not parsed sets anything.
		s.names.changed(s.syncs + 1)
		s.rereading, s.readingInside = true, true
	}
	return nil
}

// lookahead tells who will speak in each statement of a string of several, which the server runs in one go: when one fails, none behind it is run, so each is run only after all before it have done what they do to the settings.
type lookahead struct {
	session  *session
	settings identity.Settings
	speech   *speech
}

func (s *session) lookAhead() *lookahead {
	s.pending.mu.Lock()
	defer s.pending.mu.Unlock()
	now := s.speech()
	return &lookahead{session: s, settings: s.speaker.settings.Clone(), speech: &now}
}

// speakNow makes the session speak for whoever speaks in the next statement.
func (a *lookahead) speakNow() error {
	s := a.session
	carried := a.speech.carried
	s.speaker.inSettings(&a.settings, &carried)
	if carried == a.speech.carried {
		return nil
	}
	as, err := s.speechOf(carried, s.speaker.comments)
	if err != nil {
		return err
	}
	a.speech = &as
	s.speak(as)
	return nil
}

// run does what a statement will do.
func (a *lookahead) run(st *step) error {
	if err := st.change.apply(&a.settings); err != nil {
		return err
	}
	for i := range st.changes {
		if err := st.changes[i].apply(&a.settings); err != nil {
			return err
		}
	}
	return nil
}

// waitOver waits until the server has answered what another person has sent: should that be cancelled because they have left, the request could hit what stands behind it.
func (s *session) waitOver() error {
	p := &s.pending
	over := func() bool { return (p.quiet() || p.copying) && p.cancels.Load() == 0 } // a COPY waits for the client, and takes what comes for data
	p.mu.Lock()
	done := over()
	p.mu.Unlock()
	if done {
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
	s.await(over)
	if p.broken.Load() {
		return errUpstreamWrite
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
	s.await(func() bool { return p.affecting == 0 && p.cancels.Load() == 0 })
	if p.broken.Load() {
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
