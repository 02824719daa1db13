package rewrite

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/parse"
	"cordon/policy"
)

// statement rewrites by what the statement is. Every kind that is let through is named; what is not named is refused.
func (q *query) statement() {
	st := q.in.Statement
	g := q.in.Grant
	switch st.Kind {
	case parse.Empty, parse.Begin, parse.Commit, parse.Rollback, parse.Savepoint, parse.Release, parse.RollbackTo,
		parse.PrepareTransaction, parse.CommitPrepared, parse.RollbackPrepared,
		parse.Deallocate, parse.Fetch, parse.ClosePortal, parse.Show, parse.Discard, parse.Listen, parse.Unlisten, parse.Notify, parse.ConstraintsSet, parse.Reset:
		// They name no table.
	case parse.Set:
		q.setStmt(st.Tree.GetVariableSetStmt())
	case parse.Select, parse.SelectInto, parse.Insert, parse.Update, parse.Delete, parse.Merge, parse.Execute, parse.CreateTableAs, parse.DeclareCursor, parse.Prepare, parse.Explain:
		q.plannable(st.Tree)
	case parse.CopyTo, parse.CopyFrom:
		q.copyStmt(st.Tree.GetCopyStmt())
	case parse.Lock:
		q.lock(st.Tree.GetLockStmt())
	case parse.Truncate:
		q.truncate(st.Tree.GetTruncateStmt())
	case parse.Do, parse.Function:
		q.need(policy.MayRoutine, "routine")
	case parse.Call:
		if !g.May(policy.MayRoutine) {
			call := st.Tree.GetCallStmt().GetFunccall()
			q.exprs(call.GetArgs(), &scope{})
			q.checkFunction(names(call.GetFuncname()), nil, int(call.GetLocation()))
		}
	case parse.View:
		// A view is expanded for whoever reads it, so its making shows nothing; but what it calls is its owner's business then, so it is looked at now.
		q.need(policy.MayDDL, "ddl")
		switch v := st.Tree.GetNode().(type) {
		case *pg.Node_ViewStmt:
			q.makesView(v.ViewStmt.View)
			q.look(v.ViewStmt.Query)
		case *pg.Node_CreateTableAsStmt:
			q.plannable(st.Tree)
		case *pg.Node_RefreshMatViewStmt:
			rv := v.RefreshMatViewStmt.Relation
			if rel := q.relationNamed(rv); rel != nil && q.readsProtected(rel, 0) && !q.trusted {
				q.fills(int(rv.GetLocation()))
			}
		default:
			q.unknownNode(st.Tree, -1)
		}
	case parse.DDL, parse.Comment, parse.Vacuum, parse.Cluster, parse.Reindex, parse.Role, parse.Grant, parse.System, parse.Checkpoint, parse.Load:
		q.need(policy.MayDDL, "ddl")
		q.ddl(st.Tree)
	default:
		q.refuse(-1, "0A000", "Cordon does not know this kind of statement, so it refuses it for people who do not have every table as it is.")
	}
}

func (q *query) need(p policy.Power, word string) {
	if !q.in.Grant.May(p) {
		q.powerless = true
		q.refuseHint(-1, "42501", "permission denied for "+q.in.Statement.Kind.String()+": no role of this person may: ["+word+"].",
			"An administrator can give a role this power in Cordon's policy.")
	}
}

// plannable is a statement with a plan, also inside EXPLAIN, PREPARE, DECLARE and CREATE TABLE AS.
func (q *query) plannable(n *pg.Node) {
	switch v := n.GetNode().(type) {
	case *pg.Node_SelectStmt:
		if v.SelectStmt.IntoClause != nil {
			q.need(policy.MayDDL, "ddl")
			q.mayInto = true
		}
		q.selectStmt(v.SelectStmt, &scope{})
	case *pg.Node_InsertStmt:
		q.insertStmt(v.InsertStmt, &scope{}, false)
	case *pg.Node_UpdateStmt:
		q.updateStmt(v.UpdateStmt, &scope{}, false)
	case *pg.Node_DeleteStmt:
		q.deleteStmt(v.DeleteStmt, &scope{}, false)
	case *pg.Node_MergeStmt:
		q.mergeStmt(v.MergeStmt, &scope{})
	case *pg.Node_ExecuteStmt:
		q.exprs(v.ExecuteStmt.Params, &scope{})
	case *pg.Node_PrepareStmt:
		q.in.Parameters = nil
		for _, tn := range v.PrepareStmt.Argtypes {
			t := q.typeOf(tn.GetTypeName(), -1)
			if t == typeUnknown {
				t = 0
			}
			q.in.Parameters = append(q.in.Parameters, t)
		}
		q.plannable(v.PrepareStmt.Query) // the proxy strips the rows of EXECUTE
	case *pg.Node_DeclareCursorStmt:
		q.plannable(v.DeclareCursorStmt.Query)
	case *pg.Node_CreateTableAsStmt:
		q.need(policy.MayDDL, "ddl")
		if v.CreateTableAsStmt.Objtype == pg.ObjectType_OBJECT_MATVIEW {
			q.look(v.CreateTableAsStmt.Query)
			if len(q.restricted) > 0 && !q.trusted {
				q.fills(-1)
			}
			return
		}
		q.plannable(v.CreateTableAsStmt.Query)
		if v.CreateTableAsStmt.Query.GetSelectStmt() != nil {
			q.tableBytes(v.CreateTableAsStmt)
		}
	case *pg.Node_ExplainStmt:
		q.need(policy.MayExplain, "explain")
		q.explained(v.ExplainStmt.Query)
	default:
		q.unknownNode(n, -1)
	}
}

// look refuses what a query may not hold, and leaves it as it is.
func (q *query) look(n *pg.Node) {
	if q.trusted {
		return
	}
	sub := &query{rewriter: q.rewriter, p: newPiece(q.in.Statement), path: q.path, defines: true}
	sub.p.unprinted = true
	sub.selectNode(n, &scope{})
}

// fills refuses to fill a materialized view from protected tables: its query runs over every row as it is, and where it fails tells of hidden ones.
func (q *query) fills(loc int) {
	q.refuseHint(loc, "42501", "permission denied to fill a materialized view that reads protected tables.", "Use CREATE TABLE … AS, which copies what is shown, or CREATE VIEW.")
}

// relationNamed is what a name means, nil for nothing that is known.
func (q *query) relationNamed(n *pg.RangeVar) *catalog.Relation {
	switch {
	case n == nil:
		return nil
	case n.Schemaname != "":
		return q.cat.Relation(n.Schemaname, n.Relname)
	}
	return q.cat.Resolve(n.Relname, q.path)
}

// explained is a statement inside EXPLAIN, which gives the plan and no rows of it.
func (q *query) explained(n *pg.Node) {
	q.plannable(n)
	q.plan.Strip = 0
}

// copied is the query inside COPY, whose rows are the client's as the server writes them: a check must not add a column.
func (q *query) copied(n *pg.Node) {
	switch v := n.GetNode().(type) {
	case *pg.Node_InsertStmt:
		q.insertStmt(v.InsertStmt, &scope{}, true)
	case *pg.Node_UpdateStmt:
		q.updateStmt(v.UpdateStmt, &scope{}, true)
	case *pg.Node_DeleteStmt:
		q.deleteStmt(v.DeleteStmt, &scope{}, true)
	default:
		q.plannable(n)
	}
}

func (q *query) setStmt(n *pg.VariableSetStmt) {
	if n == nil {
		q.refuse(-1, "0A000", "Cordon does not know this form of SET.")
		return
	}
	var value *string
	if len(n.Args) > 0 {
		var parts []string
		for _, a := range n.Args {
			c := a.GetAConst()
			if c == nil {
				c = a.GetTypeCast().GetArg().GetAConst()
			}
			switch {
			case c.GetSval() != nil:
				parts = append(parts, c.GetSval().Sval)
			case c.GetIval() != nil:
				parts = append(parts, itoa(int(c.GetIval().Ival)))
			case c.GetFval() != nil:
				parts = append(parts, c.GetFval().Fval)
			case c.GetBoolval() != nil && c.GetBoolval().Boolval:
				parts = append(parts, "on")
			default:
				parts = append(parts, "off")
			}
		}
		v := strings.Join(parts, ",")
		value = &v
	}
	if n.Kind == pg.VariableSetKind_VAR_SET_DEFAULT {
		return
	}
	q.checkSetting(strings.ToLower(n.Name), value, -1)
}

// checkSetting refuses settings that would change what Cordon relies on, or that make the server say more than the statement does.
func (q *query) checkSetting(name string, value *string, loc int) {
	if q.trusted {
		return
	}
	deny := func(why, hint string) {
		q.refuseHint(loc, "42501", "permission denied to set parameter \""+name+"\": "+why+".", hint)
	}
	switch {
	case strings.HasPrefix(name, "cordon."):
		deny("Cordon's own settings are set by SET", "Write SET "+name+" = '…'.")
	case name == "standard_conforming_strings":
		if value == nil || !isOn(*value) {
			deny("people under a row filter or mask read and write string literals by the standard", "Write E'…' where a backslash is to be an escape.")
		}
	case name == "transform_null_equals":
		if value == nil || isOn(*value) {
			deny("it changes what a comparison with NULL means", "Write IS NULL.")
		}
	case name == "search_path":
		if value == nil {
			if loc >= 0 {
				deny("its value must be a plain literal here", "Use SET search_path = ….")
			}
			return
		}
		for k, s := range strings.Split(*value, ",") {
			s = strings.Trim(strings.TrimSpace(s), `"`)
			if k > 0 && strings.EqualFold(s, "pg_catalog") {
				deny("pg_catalog must come first or not be named, so that no other function or operator can take the place of PostgreSQL's own", "Leave pg_catalog out; it is searched first then.")
			}
		}
	case name == "allow_system_table_mods":
		deny("what is made in pg_catalog takes the place of PostgreSQL's own", "Ask an administrator.")
	case strings.HasPrefix(name, "debug_"), strings.HasPrefix(name, "trace_"), strings.HasPrefix(name, "log_"), strings.HasPrefix(name, "auto_explain."):
		deny("it makes the server tell of rows and plans that the policy hides", "Ask an administrator.")
	}
}

func isOn(v string) bool {
	switch strings.ToLower(v) {
	case "on", "true", "yes", "1", "t", "y":
		return true
	}
	return false
}

// named is a relation that a statement names without reading it.
func (q *query) named(n *pg.RangeVar, op policy.Op) *catalog.Relation {
	if n == nil {
		return nil
	}
	rel := q.resolve(n)
	if rel == nil {
		return nil
	}
	d := q.decide(rel)
	if d != nil {
		q.allowed(d, rel, op, int(n.Location))
	}
	q.touch(rel, op, d)
	q.qualify(n, rel)
	return rel
}

// lock is LOCK TABLE: modes that keep others from reading or writing are for those who may write themselves, as PostgreSQL has it with privileges.
func (q *query) lock(n *pg.LockStmt) {
	const accessShare, rowExclusive = 1, 3 // of storage/lockdefs.h
	for _, x := range n.GetRelations() {
		rv := x.GetRangeVar()
		rel := q.named(rv, policy.OpSelect)
		if rel == nil || n.Mode == accessShare {
			continue
		}
		may := policy.OpUpdate | policy.OpDelete | policy.OpTruncate
		if n.Mode <= rowExclusive {
			may |= policy.OpInsert
		}
		if d := q.decide(rel); d != nil && d.Allow&may == 0 {
			q.denied(d, rel, int(rv.GetLocation()), "the rule does not allow update, delete or truncate, which this lock asks for")
		}
	}
}

func (q *query) truncate(n *pg.TruncateStmt) {
	for _, x := range n.GetRelations() {
		rv := x.GetRangeVar()
		rel := q.named(rv, policy.OpTruncate)
		if rel == nil {
			continue
		}
		all := append([]*catalog.Relation{rel}, q.cat.Descendants(rel)...)
		for _, c := range all {
			if d := q.decide(c); d != nil && d.Rows != nil {
				q.denied(d, rel, int(rv.Location), "TRUNCATE would remove rows that the rule hides")
			}
		}
	}
	if n.GetBehavior() == pg.DropBehavior_DROP_CASCADE && !q.trusted {
		q.refuseHint(-1, "42501", "TRUNCATE … CASCADE is refused for people who do not have every table as it is: it reaches tables that it does not name.", "Name the tables.")
	}
}

// copyStmt: COPY of a protected table becomes COPY of the sub-select that stands for it.
func (q *query) copyStmt(n *pg.CopyStmt) {
	if n == nil {
		q.refuse(-1, "0A000", "Cordon does not know this form of COPY.")
		return
	}
	if (n.Filename != "" || n.IsProgram) && !q.trusted {
		q.refuseHint(-1, "42501", "COPY with a file or program on the server is refused for people who do not have every table as it is.", "Use COPY … TO STDOUT, COPY … FROM STDIN or psql's \\copy.")
		return
	}
	if n.Query != nil {
		q.copied(n.Query)
		return
	}
	if n.IsFrom {
		q.copyFrom(n)
		return
	}
	rel := q.resolve(n.Relation)
	if rel == nil {
		return
	}
	d := q.decide(rel)
	view := rel.Kind == catalog.View || rel.Kind == catalog.MaterializedView
	if d == nil && !(view && q.readsProtected(rel, 0)) {
		q.touch(rel, policy.OpSelect, nil)
		q.qualify(n.Relation, rel)
		return
	}
	if d != nil && !q.allowed(d, rel, policy.OpSelect, int(n.Relation.Location)) {
		return
	}
	if d != nil && d.Rows == nil && len(d.Masks) == 0 && !view {
		q.touch(rel, policy.OpSelect, d)
		q.qualify(n.Relation, rel)
		return
	}
	k := q.p.toks
	first := k.at(int(n.Relation.Location))
	parts := 1
	if n.Relation.Schemaname != "" {
		parts = 2
	}
	end := -1
	if first >= 0 {
		end = k.dotted(first, parts)
	}
	if end < 0 {
		q.refuse(int(n.Relation.Location), "0A000", "Cordon cannot find the place of the table's name in the statement.")
		return
	}
	if len(n.Attlist) > 0 {
		m := k.match(end, len(k.t))
		if !k.is(end, "(") || m < 0 {
			q.refuse(int(n.Relation.Location), "0A000", "Cordon cannot find COPY's column list in the statement.")
			return
		}
		end = m + 1
	}
	var cols []string
	for _, a := range n.Attlist {
		name := a.GetString_().GetSval()
		if rel.Column(name) == nil {
			q.stale(-1, "42703", "column \""+name+"\" of relation \""+rel.Name+"\" does not exist")
			return
		}
		cols = append(cols, quoteIdent(name))
	}
	if len(cols) == 0 {
		for i := range rel.Columns {
			if rel.Columns[i].Generated == 0 { // COPY leaves generated columns out
				cols = append(cols, quoteIdent(rel.Columns[i].Name))
			}
		}
	}
	only := "ONLY "
	if rel.Kind == catalog.PartitionedTable || view {
		only = "" // PostgreSQL refuses COPY of these; as a query it serves
	}
	text := "SELECT " + strings.Join(cols, ", ") + " FROM " + only + quoteName(rel.Schema, rel.Name)
	list, err := parse.Parse(text, parse.Limits{})
	if err != nil || len(list) != 1 {
		q.refuse(int(n.Relation.Location), "XX000", "Cordon cannot turn this COPY into a query.")
		return
	}
	sub := &query{rewriter: q.rewriter, p: newPiece(list[0]), path: []string{"pg_catalog"}, trusted: q.trusted}
	sub.selectStmt(list[0].Tree.GetSelectStmt(), &scope{})
	q.p.replace(k.start(first), k.end(end-1), func(b *strings.Builder) {
		b.WriteString("(")
		sub.p.print(b)
		b.WriteString(")")
	})
}

// locking is FOR UPDATE and its kin: PostgreSQL carries it into the sub-select of a protected table and locks the rows that it shows.
func (q *query) locking(n *pg.LockingClause, s *scope) {
	if n == nil {
		return
	}
	of := map[string]bool{}
	for _, l := range n.LockedRels {
		of[l.GetRangeVar().GetRelname()] = true
	}
	for _, it := range s.items {
		if it.table == nil || len(of) > 0 && !of[it.name] {
			continue
		}
		if d := q.decide(it.table); d != nil && d.Allow&(policy.OpUpdate|policy.OpDelete) == 0 {
			q.denied(d, it.table, -1, "the rule does not allow update or delete, which locking rows asks for")
		}
	}
}
