package rewrite

import (
	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/parse"
)

// verify reads the rewritten text again, as the server will: it must be one statement of the same kind, and name no protected relation but where the
// rewriter put it. A bug of the rewriter ends here.
func (r *rewriter) verify() {
	list, err := parse.Parse(r.plan.SQL, parse.Limits{Bytes: 64 << 20})
	if err != nil || len(list) != 1 || list[0].Kind != r.in.Statement.Kind {
		if e, ok := err.(*parse.SyntaxError); ok && e.Code == "54001" {
			r.refuse(-1, "54001", "The statement is too complex once the policy is applied: %s", e.Message)
			return
		}
		r.refuse(-1, "XX000", "Cordon's own rewriting of this statement does not read back as one statement, so it was not run. This is a defect of Cordon; please report it with the statement.")
		return
	}
	ctes := map[string]bool{}
	// Names that are no table to read: FOR UPDATE OF names an item of FROM, and the table that a statement changes cannot be a sub-select.
	other := map[*pg.RangeVar]bool{}
	var found []*pg.RangeVar
	eachNode(list[0].Tree.ProtoReflect(), func(m any) {
		switch n := m.(type) {
		case *pg.RangeVar:
			found = append(found, n)
		case *pg.LockingClause:
			for _, l := range n.LockedRels {
				other[l.GetRangeVar()] = true
			}
		case *pg.InsertStmt:
			other[n.Relation] = true
			if c := n.OnConflictClause; c.GetAction() == pg.OnConflictAction_ONCONFLICT_UPDATE {
				r.verifyWhere(n.Relation, c.WhereClause)
			}
		case *pg.UpdateStmt:
			other[n.Relation] = true
			r.verifyWhere(n.Relation, n.WhereClause)
		case *pg.DeleteStmt:
			other[n.Relation] = true
			r.verifyWhere(n.Relation, n.WhereClause)
		case *pg.MergeStmt:
			other[n.Relation] = true
			r.verifyWhere(n.Relation, n.JoinCondition)
		case *pg.CommonTableExpr:
			ctes[n.Ctename] = true
		}
	})
	for _, n := range found {
		if other[n] || r.inEdit(int(n.Location)) {
			continue
		}
		var rel *catalog.Relation
		if n.Schemaname != "" {
			rel = r.cat.Relation(n.Schemaname, n.Relname)
		} else if !ctes[n.Relname] && r.in.Temp[n.Relname] == nil { // every relation was qualified, so only these are left unqualified
			rel = r.cat.Resolve(n.Relname, r.in.SearchPath)
		}
		if rel != nil && r.restricted[rel.OID] {
			r.refuse(-1, "XX000", "Cordon's own rewriting left %s.%s unprotected, so the statement was not run. This is a defect of Cordon; please report it with the statement.", rel.Schema, rel.Name)
			return
		}
	}
}

// verifyWhere looks whether the condition that changes rows of a filtered table is what the rewriter wrote, alone or joined to the rest by an AND of the
// rewriter's. In the wrong place, a parenthesis would let an OR of the statement pass the filter by.
func (r *rewriter) verifyWhere(n *pg.RangeVar, where *pg.Node) {
	rel := r.cat.Relation(n.Schemaname, n.Relname)
	if d := r.decided[rel]; rel == nil || d == nil || d.Rows == nil {
		return
	}
	own := where != nil
	if b := where.GetBoolExpr(); b != nil && b.Boolop == pg.BoolExprType_AND_EXPR {
		own = r.inEdit(int(b.Location))
	} else if where != nil {
		eachNode(where.ProtoReflect(), func(m any) {
			if at, ok := m.(interface{ GetLocation() int32 }); ok && at.GetLocation() >= 0 {
				own = own && r.inEdit(int(at.GetLocation()))
			}
		})
	}
	if !own {
		r.refuse(-1, "XX000", "Cordon's own rewriting did not put the filter of %s.%s where it belongs, so the statement was not run. This is a defect of Cordon; please report it with the statement.", rel.Schema, rel.Name)
	}
}

// inEdit says whether a byte offset of the rewritten text is in something that the rewriter wrote.
func (r *rewriter) inEdit(at int) bool {
	for _, e := range r.plan.Edits {
		if at >= e.To && at < e.To+e.ToLen {
			return true
		}
	}
	return false
}
