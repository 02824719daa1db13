package proxy

import (
	"errors"
	"strings"
	"time"

	"cordon/catalog"
	"cordon/identity"
	"cordon/parse"
	"cordon/policy"
	"cordon/rewrite"
	"cordon/wire"
)

// checkSettings refuses in the startup packet what SET would be refused for: what makes the server tell more than a statement does, or read another one. A login that speaks for others is held to what people under rules may.
func (s *session) checkSettings() error {
	p := s.server.policy.Load()
	subject := p.Subject(s.login, s.login, s.clientAddr().Addr(), time.Now())
	if p.Logins[s.login] != nil {
		subject = policy.Subject{Login: s.login, Client: s.clientAddr().Addr(), Now: time.Now()}
	}
	s.place(&subject)
	grant := s.server.grantOf(p, subject, "")
	if grant.RawTables() {
		return nil
	}
	for _, p := range s.startup.Parameters {
		settings := []wire.Parameter{p}
		switch {
		case p.Name == "user", p.Name == "database", p.Name == "replication", strings.HasPrefix(p.Name, "_pq_."):
			continue
		case p.Name == "options":
			settings = splitOptions(p.Value)
		}
		for _, setting := range settings {
			if identity.IsCordon(setting.Name) {
				continue // ownSettings has looked at it
			}
			if why := refusedSetting(grant, setting.Name, setting.Value); why != nil {
				return s.refuseSession(why.Code, why.Message, why.Hint)
			}
		}
	}
	return nil
}

// refusedSetting says why a person may not SET this, nil when they may. What a value of search_path does is asked of the server later, and standard_conforming_strings can be put right by the client.
func refusedSetting(grant *policy.Grant, name, value string) *rewrite.Refusal {
	switch identity.Fold(name) {
	case "search_path", "standard_conforming_strings":
		return nil
	}
	value = strings.ToValidUTF8(value, "?") // in the client's encoding; no value that matters has such characters
	list, err := parse.Parse("SET "+parse.QuoteIdent(identity.Fold(name))+" TO '"+strings.ReplaceAll(value, "'", "''")+"'", parse.Limits{})
	if err != nil || len(list) != 1 || list[0].Kind != parse.Set {
		return nil // no name of a setting: the server says so
	}
	var why *rewrite.Refusal
	if _, err := rewrite.Rewrite(rewrite.Input{Statement: list[0], Catalog: &catalog.Snapshot{}, Grant: grant}); errors.As(err, &why) {
		return why
	}
	return nil
}
