package rewrite

import (
	"cmp"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/parse"
)

// A reading is a text that stands for the rewritten statement when it is read again, and where in it stands what the rewriter wrote.
type reading struct {
	sql      string
	edits    []Edit         // as Plan.Edits, for this text
	standIns map[int32]bool // where the table's name stands in each standIn
}

// standIn is put in the place of an inserted sub-select that has been proved by itself. Its table has a place, by which the tree must show that a sub-select of FROM stands there.
const (
	standIn      = "(SELECT FROM x)"
	standInTable = len("(SELECT FROM ")
)

// verify reads the rewritten text again, as the server will: it must be one statement of the same kind, and name no protected relation but where the
// rewriter put it. A bug of the rewriter ends here.
//
// The sub-selects that stand for tables are most of the text, and the same in many statements. So each is parsed once by itself (Memo.subselect), and then read as standIn. This shows as much as reading the whole text does:
//
//   - It is a whole by its characters. The text with standIn parses, and its tree has the sub-select of FROM whose table stands at standInTable; so the parenthesis at its place begins a token, outside any literal or
//     comment, and so does what follows the closing one. Parentheses are tokens by themselves, whatever stands next to them. Between the two, the lexer goes the way that it has gone over the sub-select alone, where the
//     last parenthesis was seen to close the first: no literal or comment is open at the end.
//   - It is a whole by the grammar. The sub-select alone, behind FROM, is a select_with_parens, as standIn is. What a rule of the grammar has become does not depend on how long it was: in the derivation of the text
//     with standIn, its select_with_parens can be replaced by the other, and gives the tree of the whole text. Both begin with “(SELECT”, behind which the parser can take neither for anything else.
//   - So the nodes outside are the same in both trees, and those inside are the rewriter's in both.
//
// When anything is not as it should be, the whole text is read: its reading decides.
func (r *rewriter) verify() {
	if short, ok := r.abridge(); ok && r.check(short) == nil {
		return
	}
	if e := r.check(reading{sql: r.plan.SQL, edits: r.plan.Edits}); e != nil && r.err == nil {
		r.err = e
	}
}

// abridge puts standIn in the place of every sub-select that the rewriter has inserted for a table; ok says that there is one.
func (r *rewriter) abridge() (short reading, ok bool) {
	var b strings.Builder
	at := 0
	for _, e := range r.plan.Edits {
		b.WriteString(r.plan.SQL[at:e.To])
		to, text := b.Len(), r.plan.SQL[e.To:e.To+e.ToLen]
		if n := r.in.Memo.subselect(text); n > 0 {
			if short.standIns == nil {
				short.standIns = make(map[int32]bool)
			}
			short.standIns[int32(to+standInTable)] = true
			b.WriteString(standIn)
			text = text[n:]
		}
		b.WriteString(text)
		short.edits = append(short.edits, Edit{To: to, ToLen: b.Len() - to})
		at = e.To + e.ToLen
	}
	b.WriteString(r.plan.SQL[at:])
	short.sql = b.String()
	return short, len(short.standIns) > 0
}

// check says what is wrong with the rewritten statement, read as t; nil for nothing.
func (r *rewriter) check(t reading) *Refusal {
	list, err := parse.Parse(t.sql, parse.Limits{Bytes: 64 << 20})
	if err != nil || len(list) != 1 || list[0].Kind != r.in.Statement.Kind {
		if e, ok := err.(*parse.SyntaxError); ok && e.Code == "54001" {
			return &Refusal{Code: "54001", Message: "The statement is too complex once the policy is applied: " + e.Message, Position: -1}
		}
		return defect("Cordon's own rewriting of this statement does not read back as one statement, so it was not run.")
	}
	ctes := map[string]bool{}
	// Names that are no table to read: FOR UPDATE OF names an item of FROM, and the table that a statement changes cannot be a sub-select.
	other := map[*pg.RangeVar]bool{}
	var found []*pg.RangeVar
	met := 0
	var unfiltered *Refusal
	eachNode(list[0].Tree.ProtoReflect(), func(m any) {
		switch n := m.(type) {
		case *pg.RangeVar:
			found = append(found, n)
		case *pg.RangeSubselect:
			if from := n.Subquery.GetSelectStmt().GetFromClause(); len(from) == 1 && from[0].GetRangeVar() != nil && t.standIns[from[0].GetRangeVar().Location] {
				met++
			}
		case *pg.LockingClause:
			for _, l := range n.LockedRels {
				other[l.GetRangeVar()] = true
			}
		case *pg.InsertStmt:
			other[n.Relation] = true
			if c := n.OnConflictClause; c.GetAction() == pg.OnConflictAction_ONCONFLICT_UPDATE {
				unfiltered = cmp.Or(unfiltered, r.wrongWhere(t, n.Relation, c.WhereClause))
			}
		case *pg.UpdateStmt:
			other[n.Relation] = true
			unfiltered = cmp.Or(unfiltered, r.wrongWhere(t, n.Relation, n.WhereClause))
		case *pg.DeleteStmt:
			other[n.Relation] = true
			unfiltered = cmp.Or(unfiltered, r.wrongWhere(t, n.Relation, n.WhereClause))
		case *pg.CopyStmt:
			if n.IsFrom {
				other[n.Relation] = true
			}
		case *pg.MergeStmt:
			other[n.Relation] = true
			unfiltered = cmp.Or(unfiltered, r.wrongWhere(t, n.Relation, n.JoinCondition))
		case *pg.CommonTableExpr:
			ctes[n.Ctename] = true
		}
	})
	if unfiltered != nil {
		return unfiltered
	}
	if met != len(t.standIns) {
		return defect("Cordon's own rewriting of this statement has put a sub-select where no table stands, so it was not run.")
	}
	if e := cmp.Or(r.unasked(t, list[0].Tree), r.unjoined(list[0].Tree)); e != nil {
		return e
	}
	if r.flat != nil {
		if e := r.unfilteredLookup(t, list[0].Tree); e != nil {
			return e
		}
	}
	for _, n := range found {
		if other[n] || inEdit(t.edits, int(n.Location)) {
			continue
		}
		var rel *catalog.Relation
		if n.Schemaname != "" {
			rel = r.cat.Relation(n.Schemaname, n.Relname)
		} else if !ctes[n.Relname] { // every relation was qualified, and temporary ones where another stands behind them
			rel = r.cat.Resolve(n.Relname, r.in.SearchPath)
		}
		if rel != nil && r.restricted[rel.OID] {
			return defect("Cordon's own rewriting left " + rel.Schema + "." + rel.Name + " unprotected, so the statement was not run.")
		}
	}
	return nil
}

func defect(message string) *Refusal {
	return &Refusal{Code: "XX000", Message: message + " This is a defect of Cordon; please report it with the statement.", Position: -1}
}

// wrongWhere says whether the condition that changes rows of a filtered table is something else than what the rewriter wrote, alone or joined to the rest by an AND of the
// rewriter's. In the wrong place, a parenthesis would let an OR of the statement pass the filter by.
func (r *rewriter) wrongWhere(t reading, n *pg.RangeVar, where *pg.Node) *Refusal {
	rel := r.cat.Relation(n.Schemaname, n.Relname)
	if d := r.decided[rel]; rel == nil || d == nil || d.Rows == nil {
		return nil
	}
	own := where != nil
	if b := where.GetBoolExpr(); b != nil && b.Boolop == pg.BoolExprType_AND_EXPR {
		own = inEdit(t.edits, int(b.Location))
	} else if where != nil {
		eachNode(where.ProtoReflect(), func(m any) {
			if at, ok := m.(interface{ GetLocation() int32 }); ok && at.GetLocation() >= 0 {
				own = own && inEdit(t.edits, int(at.GetLocation()))
			}
		})
	}
	if own {
		return nil
	}
	return defect("Cordon's own rewriting did not put the filter of " + rel.Schema + "." + rel.Name + " where it belongs, so the statement was not run.")
}

// unasked says whether there is a table whose filter a condition is to ask, and no such condition beside it.
func (r *rewriter) unasked(t reading, tree *pg.Node) *Refusal {
	for _, a := range r.asked {
		if !a.elsewhere(r) {
			continue
		}
		guards := map[int32]bool{} // where they stand
		for k, e := range r.plan.Edits {
			if e.From == a.asked.at && r.plan.SQL[e.To:e.To+e.ToLen] == a.asked.text {
				guards[int32(t.edits[k].To)] = true
			}
		}
		asks := func(where *pg.Node) bool {
			return where != nil && slices.ContainsFunc(flatten(where, nil), func(n *pg.Node) bool {
				c := n.GetCaseExpr()
				return c != nil && guards[c.Location] && c.Arg == nil && len(c.Args) == 1 && c.Defresult == nil
			})
		}
		found := false
		eachConditions(tree, func(where *pg.Node, judged, _ []*pg.Node) {
			found = found || asks(where) && namesSubselect(a.asked.item, judged...)
		})
		if !found {
			return defect("Cordon's own rewriting did not put the filter of " + a.table.Schema + "." + a.table.Name + " where it belongs, so the statement was not run.")
		}
	}
	return nil
}

// namesSubselect says whether a sub-select of that name is among the items of FROM.
func namesSubselect(name string, from ...*pg.Node) bool {
	return slices.ContainsFunc(from, func(n *pg.Node) bool {
		if j := n.GetJoinExpr(); j != nil {
			return j.Alias == nil && namesSubselect(name, j.Larg, j.Rarg)
		}
		return n.GetRangeSubselect() != nil && n.GetRangeSubselect().GetAlias().GetAliasname() == name
	})
}

// inEdit says whether a byte offset of the rewritten text is in something that the rewriter wrote.
func inEdit(edits []Edit, at int) bool {
	for _, e := range edits {
		if at >= e.To && at < e.To+e.ToLen {
			return true
		}
	}
	return false
}

// leadingSubselect says how long the sub-select in parentheses is with which a text begins; 0 when there is none that would stand as a table in FROM.
func leadingSubselect(text string) int {
	t, err := parse.Lex(nil, text)
	if err != nil {
		return 0
	}
	k := tokens{text, t}
	closing := k.match(0, len(t))
	if !k.is(0, "(") || k.keyword(1) != "SELECT" || closing < 0 {
		return 0
	}
	n := k.end(closing)
	list, err := parse.Parse("SELECT FROM "+text[:n]+" AS x", parse.Limits{Bytes: 64 << 20})
	if err != nil || len(list) != 1 {
		return 0
	}
	s := list[0].Tree.GetSelectStmt()
	if s == nil || len(s.FromClause) != 1 || len(s.TargetList) > 0 || s.Op != pg.SetOperation_SETOP_NONE || s.WithClause != nil || s.IntoClause != nil || s.WhereClause != nil ||
		len(s.GroupClause) > 0 || s.HavingClause != nil || len(s.WindowClause) > 0 || len(s.SortClause) > 0 || s.LimitCount != nil || s.LimitOffset != nil || len(s.LockingClause) > 0 {
		return 0
	}
	if from := s.FromClause[0].GetRangeSubselect(); from == nil || from.Lateral || from.Alias.GetAliasname() != "x" || from.Subquery.GetSelectStmt() == nil {
		return 0
	}
	return n
}
