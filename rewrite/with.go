package rewrite

import (
	pg "github.com/pganalyze/pg_query_go/v5"
)

// with defines the CTEs of a WITH clause in s.
func (q *query) with(w *pg.WithClause, s *scope, r *result) {
	list := s.ctesInForce()
	if w.Recursive {
		// All names are in force in all of them.
		for _, n := range w.Ctes {
			list = &cteList{next: list, name: n.GetCommonTableExpr().GetCtename(), silent: isSilent(n.GetCommonTableExpr()), level: q.newLevel(nil)}
		}
		s.ctes = list
	}
	for _, n := range w.Ctes {
		c := n.GetCommonTableExpr()
		if c == nil {
			q.unknownNode(n, -1)
			continue
		}
		entry := &cteList{name: c.Ctename, silent: isSilent(c), level: q.newLevel(nil)}
		if w.Recursive {
			entry, _ = s.ctes.find(c.Ctename)
			q.defining = append(q.defining, c.Ctename)
		}
		inner := &scope{outer: s.outer, ctes: s.ctesInForce()}
		leave := q.within(entry.level)
		var sub *result
		materialized := c.Ctematerialized == pg.CTEMaterialize_CTEMaterializeAlways
		switch v := c.Ctequery.GetNode().(type) {
		case *pg.Node_SelectStmt:
			if w.Recursive && v.SelectStmt.Op != pg.SetOperation_SETOP_NONE {
				q.recursiveArms(v.SelectStmt.Rarg)
			}
			sub = q.selectStmt(v.SelectStmt, inner)
		case *pg.Node_InsertStmt:
			if from := v.InsertStmt.SelectStmt.GetSelectStmt(); from != nil && len(from.ValuesLists) == 0 || hasSubLink(v.InsertStmt.SelectStmt) || hasSubLink(&pg.Node{Node: &pg.Node_OnConflictClause{OnConflictClause: v.InsertStmt.OnConflictClause}}) {
				q.copiesInside(int(c.Location))
			}
			sub, materialized = q.insertStmt(v.InsertStmt, inner, true), true
		case *pg.Node_UpdateStmt:
			if len(v.UpdateStmt.FromClause) > 0 || hasSubLink(v.UpdateStmt.TargetList...) || hasSubLink(v.UpdateStmt.WhereClause) && !q.limited(v.UpdateStmt.Relation) {
				q.copiesInside(int(c.Location))
			}
			sub, materialized = q.updateStmt(v.UpdateStmt, inner, true), true
		case *pg.Node_DeleteStmt:
			if (len(v.DeleteStmt.UsingClause) > 0 || hasSubLink(v.DeleteStmt.WhereClause)) && !q.limited(v.DeleteStmt.Relation) {
				q.copiesInside(int(c.Location))
			}
			sub, materialized = q.deleteStmt(v.DeleteStmt, inner, true), true
		default:
			q.unknownNode(c.Ctequery, int(c.Location))
		}
		if leave(); sub == nil {
			continue
		}
		reads := r.reads
		r.merge(sub)
		r.reads = reads // where it is named
		rel := sub.relation
		rel.cols = append([]column(nil), rel.cols...)
		rel.reads = true
		if materialized { // it is worked out on its own: nothing of the outer query gets in
			rel.counted = rel.counted || len(rel.prot) > 0
			rel.prot = nil
			for k := range rel.cols {
				rel.cols[k] = column{name: rel.cols[k].name, typ: rel.cols[k].typ, noEqual: rel.cols[k].noEqual}
			}
		}
		renameColumns(&rel, c.Aliascolnames)
		rel.risky, rel.volatile = sub.risky || c.SearchClause != nil || c.CycleClause != nil, sub.volatile
		if sc := c.SearchClause; sc != nil {
			rel.cols = append(rel.cols, column{name: sc.SearchSeqColumn})
		}
		if cy := c.CycleClause; cy != nil {
			r.shown(q.expr(cy.CycleMarkValue, inner), inner)
			r.shown(q.expr(cy.CycleMarkDefault, inner), inner)
			rel.cols = append(rel.cols, column{name: cy.CycleMarkColumn}, column{name: cy.CyclePathColumn})
		}
		entry.rel = &rel
		if w.Recursive {
			q.defining = q.defining[:len(q.defining)-1]
		} else {
			entry.next = s.ctesInForce()
			s.ctes = entry
		}
	}
}

// isSilent says that a CTE is a write without RETURNING.
func isSilent(c *pg.CommonTableExpr) bool {
	switch v := c.GetCtequery().GetNode().(type) {
	case *pg.Node_InsertStmt:
		return len(v.InsertStmt.ReturningList) == 0
	case *pg.Node_UpdateStmt:
		return len(v.UpdateStmt.ReturningList) == 0
	case *pg.Node_DeleteStmt:
		return len(v.DeleteStmt.ReturningList) == 0
	}
	return false
}
