package proxy

import (
	"cordon/audit"
	"cordon/parse"
	"cordon/wire"
)

// pieces are the statements of a string that cannot be planned as a whole, because one may change what the names in those behind it stand for: DROP TABLE x; CREATE TABLE x (…); INSERT INTO x ….
type pieces struct {
	decoded    string // the client's text in UTF-8
	read       reading
	statements []*parse.Statement
}

// oneByOne says that the statements of a string may be run one at a time in one transaction, and mean what they mean in the string. That holds when the string begins and ends transactions nowhere, or is one transaction from its
// first statement on. COPY FROM STDIN needs the loop that would run them.
func oneByOne(list []*parse.Statement) bool {
	for i, st := range list {
		switch st.Kind {
		case parse.Begin:
			if i > 0 {
				return false
			}
		case parse.Commit, parse.Rollback:
			if i < len(list)-1 || list[0].Kind != parse.Begin {
				return false
			}
		case parse.Savepoint, parse.Release, parse.RollbackTo:
			if list[0].Kind != parse.Begin {
				return false
			}
		case parse.PrepareTransaction, parse.CommitPrepared, parse.RollbackPrepared, parse.CopyFrom, parse.Unknown:
			return false
		}
	}
	return true
}

// queryPieces deals with a Query whose statements are planned one at a time, each when those before it have run. Where PostgreSQL would run the string in an implicit transaction, Cordon begins one and ends it. The client gets what one
// Query answers: nothing of a statement behind one that failed, and one ReadyForQuery.
func (s *session) queryPieces(p *planned) error {
	s.dropUnnamed()
	if err := s.waitQuiet(); err != nil {
		return err
	}
	own := byte(s.transaction.Load()) == wire.Idle && p.pieces.statements[0].Kind != parse.Begin
	if own {
		if err := s.sendOwn("BEGIN", expected{swallow: true}); err != nil {
			return err
		}
	}
	for _, st := range p.pieces.statements {
		// The message before may yet be stopped, or may have failed.
		if err := s.waitQuiet(); err != nil {
			return err
		}
		if s.mustWait() || byte(s.transaction.Load()) == wire.Failed {
			break
		}
		if err := s.queryPiece(p, st); err != nil {
			return err
		}
	}
	if own {
		if err := s.waitUnstoppable(); err != nil {
			return err
		}
		s.transactionMayEnd()
		return s.sendOwn("COMMIT", expected{quiet: true, scrub: true})
	}
	s.syncs++
	if err := s.expect(&expected{kind: replySync, sync: s.syncs, scrub: true}); err != nil {
		return err
	}
	s.toUpstream.Append(wire.HeaderLen, wire.AppendSync)
	return nil
}

// sendOwn sends a Query of Cordon's own.
func (s *session) sendOwn(sql string, e expected) error {
	s.syncs++
	e.kind, e.sync = replyQuery, s.syncs
	if err := s.expect(&e); err != nil {
		return err
	}
	s.toUpstream.Took(wire.AppendQuery(s.toUpstream.Tail(64), sql))
	return nil
}

// queryPiece plans one statement of a string and sends it.
func (s *session) queryPiece(p *planned, st *parse.Statement) error {
	one, err := s.planPiece(p, st)
	if err != nil {
		return err
	}
	if one.refusal != nil {
		s.recordRefused(one, "simple", "")
		return s.sendOwn(failingText, expected{refusal: one.refusal, more: true})
	}
	run, refusal := s.begin(one, "simple", "", nil)
	if refusal != nil {
		return s.sendOwn(failingText, expected{refusal: refusal, more: true})
	}
	if run.anyPacks() {
		run.object.settle(dead)
		s.ended(run, audit.NotSent, 0, "")
		return s.sendOwn(failingText, expected{refusal: packsAlone(), more: true})
	}
	s.sent(one, run)
	one, sql, err := s.alone(one, run)
	if err != nil {
		return err
	}
	s.syncs++
	if err := s.expect(&expected{kind: replyQuery, run: run, sync: s.syncs, affects: one.affects, scrub: s.deferred(one), more: true}); err != nil {
		return err
	}
	s.toUpstream.Took(wire.AppendQuery(s.toUpstream.Tail(len(sql)+16), sql))
	return nil
}

// planPiece plans one statement of a string, with the names as those before it have left them.
func (s *session) planPiece(p *planned, st *parse.Statement) (*planned, error) {
	if err := s.regrant([]byte(p.text)); err != nil {
		return nil, err
	}
	s.settleNames()
	known, err := s.reread(true)
	if err != nil {
		return nil, err
	}
	if !known {
		return refused(p.text, st.Kind, &wire.Error{Code: codeFailedTransaction, Message: errFailedTransaction.Error()}, s.grant), nil
	}
	if needsNames(st.Kind) {
		if err := s.resolve(false); err != nil {
			return s.unresolved(p.text, st.Kind, err)
		}
	}
	one, stale := s.compose(p.text, p.pieces.decoded, p.pieces.read, []*parse.Statement{st})
	if stale {
		if err := s.resolve(true); err != nil {
			return s.unresolved(p.text, st.Kind, err)
		}
		one, _ = s.compose(p.text, p.pieces.decoded, p.pieces.read, []*parse.Statement{st})
	}
	if one.private && one.refusal == nil {
		return refused(p.text, st.Kind, behindMove(), s.grant), nil // it changes who speaks
	}
	return s.confirm(one)
}
