package proxy

import (
	"strconv"
	"strings"

	"cordon/parse"
	"cordon/rewrite"
	"cordon/wire"

	pg_query "github.com/pganalyze/pg_query_go/v5"
)

// targetOf finds the prepared statement or cursor that a statement names.
func targetOf(n *pg_query.Node) target {
	switch n := n.Node.(type) {
	case *pg_query.Node_PrepareStmt:
		return target{verb: targetPrepare, name: n.PrepareStmt.Name}
	case *pg_query.Node_ExecuteStmt:
		return target{verb: targetExecute, name: n.ExecuteStmt.Name}
	case *pg_query.Node_DeallocateStmt:
		return target{verb: targetDeallocate, name: n.DeallocateStmt.Name, forget: n.DeallocateStmt.Name == ""}
	case *pg_query.Node_DeclareCursorStmt:
		const hold = 0x0020 // CURSOR_OPT_HOLD of nodes/parsenodes.h
		return target{verb: targetDeclare, name: n.DeclareCursorStmt.Portalname, hold: n.DeclareCursorStmt.Options&hold != 0}
	case *pg_query.Node_FetchStmt:
		return target{verb: targetFetch, name: n.FetchStmt.Portalname}
	case *pg_query.Node_ClosePortalStmt:
		return target{verb: targetClose, name: n.ClosePortalStmt.Portalname, forget: n.ClosePortalStmt.Portalname == ""}
	case *pg_query.Node_DiscardStmt:
		switch n.DiscardStmt.Target {
		case pg_query.DiscardMode_DISCARD_ALL:
			return target{verb: targetDiscard, forget: true}
		}
	case *pg_query.Node_ExplainStmt:
		if t := targetOf(n.ExplainStmt.Query); t.verb == targetExecute {
			t.analyzed = rewrite.Analyzes(n.ExplainStmt)
			return t
		}
	case *pg_query.Node_CreateTableAsStmt:
		if t := targetOf(n.CreateTableAsStmt.Query); t.verb == targetExecute {
			t.into = true
			return t
		}
	}
	return target{}
}

// applyTarget follows what a statement does to the names of prepared statements and cursors, and refuses to run what was planned for somebody else. portal is the portal that is executed, nil for a Query.
func (s *session) applyTarget(run *execution, portal *object) *wire.Error {
	t := &run.step.target
	if why := s.checkTarget(t); why != nil {
		return why
	}
	if portal != nil && portal.bound != nil {
		run.shape, run.cursor = portal.bound.shape, portal.bound.cursor
		return nil
	}
	if portal != nil && portal.foreign {
		run.cursor = portal // a declared cursor that the protocol executes: FETCH goes on where it stops
		return nil
	}
	name := []byte(t.name)
	switch t.verb {
	case targetNone:
	case targetPrepare:
		if why := s.room(&s.statements, name, "prepared statements"); why != nil {
			return why
		}
		run.object = s.named(run, &object{foreign: true, sql: run.planned.sql})
		s.put(&s.statements, name, run.object)
	case targetDeclare:
		if why := s.room(&s.portals, name, "portals"); why != nil {
			return why
		}
		run.object = s.named(run, &object{foreign: true, hold: t.hold, sync: s.syncs + 1})
		if portal != nil {
			run.object.values = portal.values // what FETCH gives depends on them
		}
		s.put(&s.portals, name, run.object)
	case targetExecute, targetFetch:
		space, what := &s.statements, "prepared statement"
		if t.verb == targetFetch {
			space, what = &s.portals, "cursor"
		}
		o := s.lookUp(space, name)
		if o == nil || o.planned == nil {
			if s.grant.RawTables() {
				return nil
			}
			if o == nil {
				return notThere(what, t.name)
			}
			return notYours(what, t.name)
		}
		if o.view.grant != s.grant.Key {
			return notYours(what, t.name)
		}
		if t.verb == targetExecute {
			if why := s.sameForm(o, t.name); why != nil {
				return why
			}
		}
		if plan := o.step.plan; t.analyzed && plan != nil && (plan.Copies || t.into && len(plan.Exports) > 0) {
			return &wire.Error{Code: codeUnsupported, Message: rewrite.CopiesExplained, Hint: rewrite.CopiesExplainedHint}
		} else if t.into && plan != nil && plan.LimitsBytes() {
			return &wire.Error{Code: codeUnsupported, Message: rewrite.UncountedBytes, Hint: rewrite.UncountedBytesHint}
		}
		run.shape = o.step
		if t.verb == targetFetch {
			run.cursor = o
		}
		if portal != nil {
			portal.bound = &binding{run.shape, run.cursor}
		}
	case targetDeallocate, targetClose, targetDiscard:
		run.object = &object{closing: true}
		if t.verb != targetClose {
			s.forget(&s.statements, run.object, t)
		}
		if t.verb != targetDeallocate {
			s.forget(&s.portals, run.object, t)
		}
	}
	return nil
}

func (s *session) forget(space *namespace, by *object, t *target) {
	if t.forget {
		space.clear(by)
		return
	}
	if space.find([]byte(t.name)) != nil {
		o := &object{closing: true}
		space.put([]byte(t.name), o)
		by.also = append(by.also, o)
	}
}

// named completes an object that a statement makes.
func (s *session) named(run *execution, o *object) *object {
	o.planned, o.step, o.view = run.planned, run.step, s.view()
	return o
}

// sameForm makes sure that EXECUTE runs what was planned. The server analyses a prepared statement again when the search path or a relation has changed: its text can then mean other tables.
func (s *session) sameForm(o *object, name string) *wire.Error {
	s.settleNames()
	if s.grant.RawTables() || o.view.same(s.view()) && s.namesKnown() {
		return nil
	}
	text, ok := s.again(o)
	if !ok {
		return notYours("prepared statement", name)
	}
	p, err := s.planNow(text)
	switch {
	case err != nil:
		return &wire.Error{Code: codeInternal, Message: "Cordon cannot find out what the names in this statement stand for, so it is not run", Detail: err.Error()}
	case p.refusal != nil:
		return p.refusal
	case len(p.steps) != len(o.planned.steps):
		return notYours("prepared statement", name)
	}
	for i := range o.planned.steps {
		if &o.planned.steps[i] != o.step {
			continue
		}
		if p.steps[i].piece() != o.step.piece() {
			return &wire.Error{Code: codePermission, Message: "permission denied for prepared statement " + strconv.Quote(name) + ": the names in it stand for other relations now", Hint: "Deallocate it and prepare it anew."}
		}
		o.planned, o.step, o.view, o.ran = p, &p.steps[i], s.view(), nil
		return nil
	}
	return notYours("prepared statement", name)
}

// piece is the statement as the server gets it.
func (st *step) piece() string {
	if st.plan != nil && st.plan.Changed {
		return st.plan.SQL
	}
	return st.text
}

// again is the client's text of a prepared statement in the encoding of now. ok is false when it cannot be written in that.
func (s *session) again(o *object) (text []byte, ok bool) {
	if o.view.reading == s.reading() {
		return []byte(o.planned.text), true
	}
	decoded, ok := decodeFrom(encodingName(o.view.reading.encoding), o.planned.text)
	if !ok {
		return nil, false
	}
	out, ok := encodeTo(encodingName(s.reading().encoding), decoded)
	return []byte(out), ok
}

func notThere(what, name string) *wire.Error {
	code := codeUndefinedPrepared
	if what != "prepared statement" {
		code = codeUndefinedCursor
	}
	if name == "" && what == "prepared statement" {
		return &wire.Error{Code: code, Message: "unnamed prepared statement does not exist"}
	}
	return &wire.Error{Code: code, Message: what + " " + strconv.Quote(name) + " does not exist"}
}

func isNotThere(why *wire.Error) bool {
	return why.Code == codeUndefinedPrepared || why.Code == codeUndefinedCursor
}

// notYours refuses to run what was planned for another person, or under another policy.
func notYours(what, name string) *wire.Error {
	return &wire.Error{Code: codePermission, Message: "permission denied for " + what + " " + strconv.Quote(name) + ": it was made for another person or under another policy",
		Hint: "Close it and make it anew."}
}

// changeOf finds what a statement does to the settings that say who speaks, as isOwn knows them, and to the transaction. own says that it sets one of them.
func changeOf(st *parse.Statement, isOwn func(name string) bool) (c sessionChange, own bool, refusal *wire.Error) {
	switch n := st.Tree.Node.(type) {
	case *pg_query.Node_TransactionStmt:
		t := n.TransactionStmt
		switch t.Kind {
		case pg_query.TransactionStmtKind_TRANS_STMT_BEGIN, pg_query.TransactionStmtKind_TRANS_STMT_START:
			c.verb = verbBegin
		case pg_query.TransactionStmtKind_TRANS_STMT_COMMIT, pg_query.TransactionStmtKind_TRANS_STMT_PREPARE:
			c.verb, c.chain = verbCommit, t.Chain
		case pg_query.TransactionStmtKind_TRANS_STMT_ROLLBACK:
			c.verb, c.chain = verbRollback, t.Chain
		case pg_query.TransactionStmtKind_TRANS_STMT_SAVEPOINT:
			c.verb, c.name = verbSavepoint, t.SavepointName
		case pg_query.TransactionStmtKind_TRANS_STMT_RELEASE:
			c.verb, c.name = verbRelease, t.SavepointName
		case pg_query.TransactionStmtKind_TRANS_STMT_ROLLBACK_TO:
			c.verb, c.name = verbRollbackTo, t.SavepointName
		}
	case *pg_query.Node_DiscardStmt:
		if n.DiscardStmt.Target == pg_query.DiscardMode_DISCARD_ALL {
			c.verb = verbDiscardAll
		}
	case *pg_query.Node_VariableSetStmt:
		v := n.VariableSetStmt
		if v.Kind == pg_query.VariableSetKind_VAR_RESET_ALL {
			c.verb = verbResetAll
			return c, false, nil
		}
		if !isOwn(v.Name) {
			return c, false, nil
		}
		c.name, c.local = v.Name, v.IsLocal
		switch v.Kind {
		case pg_query.VariableSetKind_VAR_SET_DEFAULT, pg_query.VariableSetKind_VAR_RESET:
			c.verb = verbSetDefault
			return c, true, nil
		case pg_query.VariableSetKind_VAR_SET_VALUE:
			if len(v.Args) == 1 {
				if k := v.Args[0].GetAConst(); k != nil {
					c.verb = verbSet
					switch {
					case k.GetSval() != nil:
						c.value = k.GetSval().Sval
						return c, true, nil
					case k.GetIval() != nil:
						c.value = strconv.Itoa(int(k.GetIval().Ival))
						return c, true, nil
					}
				}
			}
		}
		return c, true, &wire.Error{Code: codeUnsupported, Message: "the value of " + v.Name + " must be one string", Hint: "Write SET " + v.Name + " = 'name'."}
	}
	return c, false, nil
}

// namesAfter says what running a statement does to the resolution of names.
func namesAfter(st *parse.Statement, plan *rewrite.Plan) nameChange {
	switch st.Kind {
	case parse.Set, parse.Reset:
		v := st.Tree.GetVariableSetStmt()
		if v == nil {
			return namesChanged
		}
		switch strings.ToLower(v.Name) {
		case "search_path", "role", "session_authorization":
			return namesChanged
		case "client_encoding", "names", "standard_conforming_strings":
			return readingChanged
		case "":
			return namesChanged | readingChanged
		}
		if v.Kind == pg_query.VariableSetKind_VAR_RESET_ALL || v.Kind == pg_query.VariableSetKind_VAR_SET_MULTI {
			return namesChanged | readingChanged
		}
		return namesKept
	case parse.Discard, parse.Function, parse.Do, parse.Call, parse.Role, parse.System, parse.Unknown, parse.Load:
		return namesChanged | readingChanged | catalogChanged
	case parse.DDL, parse.View, parse.SelectInto, parse.CreateTableAs, parse.Comment:
		return namesChanged | catalogChanged
	case parse.Empty, parse.Begin, parse.Commit, parse.Rollback, parse.Savepoint, parse.Release, parse.RollbackTo, parse.PrepareTransaction, parse.CommitPrepared, parse.RollbackPrepared,
		parse.Show, parse.Listen, parse.Unlisten, parse.Notify, parse.ConstraintsSet, parse.Checkpoint, parse.Deallocate, parse.Prepare, parse.DeclareCursor, parse.Fetch, parse.ClosePortal,
		parse.Insert, parse.Update, parse.Delete, parse.Merge, parse.CopyTo, parse.CopyFrom, parse.Lock, parse.Truncate, parse.Vacuum, parse.Cluster, parse.Reindex, parse.Grant, parse.Explain, parse.Execute,
		parse.Select:
	default:
		return namesChanged
	}
	return settingsAfter(plan)
}

// movesWithin says that a statement of a string needs names behind an EXECUTE or FETCH that may set the search path.
func (s *session) movesWithin(p *planned) bool {
	if len(p.steps) < 2 || s.grant.RawTables() {
		return false
	}
	moved := false
	for i := range p.steps {
		st := &p.steps[i]
		if moved && needsNames(st.kind) {
			return true
		}
		var o *object
		switch st.target.verb {
		case targetExecute:
			o = s.lookUp(&s.statements, []byte(st.target.name))
		case targetFetch:
			o = s.lookUp(&s.portals, []byte(st.target.name))
		}
		moved = moved || o != nil && o.step != nil && settingsAfter(o.step.plan)&namesChanged != 0
	}
	return false
}

// settingsAfter says what the settings do that a plan sets by set_config.
func settingsAfter(plan *rewrite.Plan) (change nameChange) {
	if plan == nil {
		return namesKept
	}
	for _, name := range plan.Settings {
		switch name {
		case "search_path", "role", "session_authorization":
			change |= namesChanged
		case "client_encoding", "standard_conforming_strings":
			change |= readingChanged
		}
	}
	return change
}
