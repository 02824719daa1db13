package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"cordon/audit"
	"cordon/parse"
	"cordon/policy"
	"cordon/wire"
)

var noContext = context.Background()

const slogWarn = slog.LevelWarn

func slogErr(err error) slog.Attr { return slog.String("error", err.Error()) }

// checkStartup refuses what no policy is for.
func (s *session) checkStartup() error {
	switch {
	case s.tooMany:
		return s.refuseSession(codeTooManySessions, "sorry, too many clients already", "Cordon is configured to serve so many sessions at the same time and no more.")
	case s.server.draining.Load():
		return s.refuseSession(codeCannotConnectNow, "the database system is shutting down", "Cordon is ending. Connect again.")
	}
	value, ok := s.startup.Get("replication")
	if !ok || falseWord(value) {
		return nil
	}
	p := s.server.policy.Load()
	g := p.Bind(p.Subject(s.login, s.login, s.clientAddr().Addr(), time.Now()))
	if !free(g) || p.Logins[s.login] != nil {
		return s.refuseSession(codePermission, "permission denied for replication: it would read every table whatever the policy says", "Replicate from the database server directly.")
	}
	s.replication = true
	return nil
}

// falseWord says that PostgreSQL reads a word as false (parse_bool).
func falseWord(v string) bool {
	v = strings.ToLower(v)
	switch v {
	case "0", "of", "off":
		return true
	}
	return v != "" && (strings.HasPrefix("false", v) || strings.HasPrefix("no", v))
}

// prepareSession asks what Cordon needs to know, on the client's own session, after the login and before the client may speak: there is no service account, and no password is stored. askPath says that the search path must be asked for as well.
func (s *session) prepareSession(ctx context.Context) (askPath bool, err error) {
	s.names.database = s.server.catalogs.database(s.database)
	s.names.dirty = true
	s.record = s.sessionRecord()
	if name := s.application.Load(); name != nil && s.server.policy.Load().Logins[s.login] != nil {
		if err := s.speaker.settings.Startup(applicationName, *name); err != nil {
			return false, err
		}
	}
	if err := s.regrant(nil); err != nil {
		return false, err
	}
	if s.policy.Users[s.login] != nil {
		s.wasUser.Store(true)
	}
	if err := s.event(audit.SessionOpen, nil); err != nil {
		s.up.fatal = true
		return false, errors.Join(s.refuseSession(codeIO, "the session cannot be recorded in the audit log", "Tell whoever runs Cordon: its log says what is wrong."), err)
	}
	if err := s.checkCopy(); err != nil {
		return false, err
	}
	if s.replication || s.grant.Unrestricted() || s.speaker.nobody != nil && !s.speaker.speaks {
		return false, s.refuseInvalid()
	}
	if s.names.database.fresh(s.now, s.server.Limits.CatalogCheck) {
		return true, nil
	}
	s.aside() // for the others that are at it too
	if err := s.server.check(ctx, s.names.database, s.queryNow); err != nil {
		return false, s.blindSession(err)
	}
	return true, nil
}

// blindSession refuses a session that Cordon cannot find out enough for.
func (s *session) blindSession(err error) error {
	return errors.Join(s.refuseSession(codeCannotConnectNow, "Cordon cannot find out what the database holds, so the session is not opened", "Try again; if it goes on, tell whoever runs Cordon: its log says what is wrong."), err)
}

// refuseInvalid ends a session whose login is a person who may do nothing any more.
func (s *session) refuseInvalid() error {
	if s.speaker.nobody != nil && !s.speaker.speaks {
		return s.refuseSession(s.speaker.nobody.Code, s.speaker.nobody.Message, s.speaker.nobody.Hint)
	}
	return nil
}

// queryNow runs a query of Cordon's own while the session is being opened.
func (s *session) queryNow(_ context.Context, sql string) ([][]*string, error) {
	return s.askNow(wire.AppendQuery(nil, sql))
}

// askNow asks the server something by a Query or a FunctionCall, while the session is being opened. What a function gives is one row with one column.
func (s *session) askNow(message []byte) ([][]*string, error) {
	if _, err := s.upstream.Write(message); err != nil {
		return nil, err
	}
	q := &inquiry{}
	var failed error
	for {
		h, frame, err := s.nextFromUpstream()
		if err != nil {
			return nil, err
		}
		body := frame[wire.HeaderLen:]
		switch h.Type {
		case wire.TypeDataRow:
			if err := q.row(body); err != nil {
				return nil, err
			}
		case wire.TypeFunctionCallResponse:
			value, err := wire.DecodeFunctionResult(body)
			if err != nil {
				return nil, err
			}
			var column *string
			if value != nil {
				text := string(value)
				column = &text
			}
			q.rows = append(q.rows, []*string{column})
		case wire.TypeErrorResponse:
			report, err := wire.DecodeReport(nil, body)
			if err != nil {
				return nil, err
			}
			failed = &wire.Error{Code: string(report.Get(wire.FieldCode)), Message: string(report.Get(wire.FieldMessage))}
			if report.Fatal() {
				return nil, failed
			}
		case wire.TypeReadyForQuery:
			s.fromUpstream.Discard(len(frame))
			return q.rows, failed
		case wire.TypeNotificationResponse:
			s.toClient.Write(frame)
		case wire.TypeRowDescription, wire.TypeCommandComplete, wire.TypeNoticeResponse, wire.TypeParameterStatus, wire.TypeEmptyQueryResponse:
		default:
			return nil, fmt.Errorf("ask the server: %w", outOfStep(h.Type, nil))
		}
		s.fromUpstream.Discard(len(frame))
	}
}

// clientLeft says whether the client's loop has seen the client go.
func (s *session) clientLeft() bool { return s.left.Load() }

// betweenTransactions says that nothing is under way.
func (s *session) betweenTransactions() bool {
	s.pending.mu.Lock()
	defer s.pending.mu.Unlock()
	return s.pending.quiet() && byte(s.transaction.Load()) == wire.Idle
}

// SetPolicy puts a policy in force: every session follows it from its next statement on, and those of people who are no longer valid end.
func (srv *Server) SetPolicy(p *policy.Policy) {
	srv.grants.clear()
	srv.tokens.Forget()
	srv.policy.Store(p.After(srv.policy.Load()))
	srv.checkPeople()
}

// redact takes secrets out of a statement's text for the audit log.
func redact(st *parse.Statement) string { return parse.Redact(st) }
