package rewrite

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
)

// What can fail. That something was worked out at all tells of the row it stands beside, by its error: CASE WHEN name = 'x' THEN <what fails> END asks of each row whether it is there, and no part of it that fails sees a column. So an
// expression counts as one that may fail, unless it is made of what is known to be calm: operators and functions that fail on no value, over types that can do what is asked of them, where PostgreSQL puts no cast that fails
// in between.

// calmTypes are types of PostgreSQL's own whose values can be compared, sorted, hashed and written, whatever they are. Not json, which has no equality, and which is written with escapes that no text can hold; nor what is made of it.
var calmTypes = func() map[catalog.OID]bool {
	m := map[catalog.OID]bool{}
	for _, t := range []catalog.OID{typeBool, 17, 18, typeName, typeInt8, 21, typeInt4, typeText, 26, 27, typeXid, 700, 701, 790, 774, 829, 650, 869, typeBpchar, typeVarchar, typeDate, typeTime, typeTimestamp, typeTimestamptz, 1186, typeTimetz,
		1560, 1562, typeNumeric, 2950, 3220, 3614, 3615, 3802, 5069,
		3904, 3906, 3908, 3910, 3912, 3926, 4451, 4532, 4533, 4534, 4535, 4536, // ranges and multiranges
		24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191} { // regproc and its kin
		m[t] = true
	}
	return m
}()

const typeJSONB catalog.OID = 3802

// calm says that values of a type can be compared, sorted, hashed and written.
func (q *query) calm(t catalog.OID) bool {
	if t == typeUnknown {
		return true
	}
	t = q.cat.BaseType(t)
	if calmTypes[t] {
		return true
	}
	ty := q.cat.Type(t)
	return ty != nil && (ty.Kind == 'e' || ty.Category == 'A' && ty.Elem != 0 && q.calm(ty.Elem))
}

// scalar says of a calm type that it is none of arrays.
func (q *query) scalar(t catalog.OID) bool { return q.calm(t) && !q.mayBeArray(t) }

// isString says that values of a type have a collation.
func (q *query) isString(t catalog.OID) bool {
	switch t = q.cat.BaseType(t); t {
	case typeText, typeVarchar, typeBpchar, typeName, typeUnknown, 0:
		return true
	}
	ty := q.cat.Type(t)
	return ty == nil || ty.Category == 'A' && ty.Elem != 0 && q.isString(ty.Elem)
}

// orderly says that sorting, grouping or comparing by an expression cannot fail.
func (q *query) orderly(i info) bool { return q.calm(i.typ) && !(q.mixed && q.isString(i.typ)) }

// numberRank orders the types of numbers by what PostgreSQL casts to what, without being asked.
func numberRank(t catalog.OID) int {
	switch t {
	case 21:
		return 1
	case typeInt4:
		return 2
	case typeInt8:
		return 3
	case typeNumeric:
		return 4
	case 700:
		return 5
	case 701:
		return 6
	}
	return 0
}

// meet is the type in which PostgreSQL brings values of two types together, 0 where that is not certain, and whether bringing them there can fail on none.
// 1e400 is a numeric, and no double precision; of a literal PostgreSQL finds that out when it plans the statement, whatever the rows.
func (q *query) meet(l, r info) (t catalog.OID, calm bool) {
	a, b := q.cat.BaseType(l.typ), q.cat.BaseType(r.typ)
	switch {
	case l.typ == 0 || r.typ == 0:
		return 0, false
	case l.typ == r.typ:
		return l.typ, true
	case b == typeUnknown:
		return l.typ, true
	case a == typeUnknown:
		return r.typ, true
	case a == b:
		return a, true
	}
	if x, y := numberRank(a), numberRank(b); x > 0 && y > 0 {
		if x > y {
			a, b, l, r = b, a, r, l
		}
		return b, a != typeNumeric || l.constant // the other is a float
	}
	if isText(a) && isText(b) {
		if a == typeText || b == typeText || a == typeName || b == typeName {
			return typeText, true
		}
		return 0, true // varchar and char(n): the first of them, or text
	}
	if a == 26 || b == 26 { // an oid beside a number, or a name of something
		other, x := a, l
		if a == 26 {
			other, x = b, r
		}
		switch other {
		case 21, typeInt4, 24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191:
			return 26, true
		case typeInt8:
			return 26, x.constant
		}
	}
	return 0, false
}

// together is meet over what stands for one another: the arms of CASE, the members of a list. i is what they are part of.
func (q *query) together(i *info, all, next info) info {
	t, calm := q.meet(all, next)
	if !calm {
		i.risky = true
		i.leaky = i.leaky || all.vars || next.vars
	}
	return info{typ: t, vars: all.vars || next.vars, constant: all.constant && next.constant}
}

// unified is where together begins.
var unified = info{typ: typeUnknown, constant: true}

// Collations. Where two meet that are not the default, neither of them named on the spot, PostgreSQL does not know by which to compare, and says so when it runs: (SELECT 'a' COLLATE "C") = (SELECT 'b' COLLATE "POSIX").
// Which meets which is not followed: that two are there is enough.

// collates notes a collation, by its quoted name.
func (q *query) collates(name string) {
	switch name {
	case "", `pg_catalog."default"`, q.collation:
		return
	case `pg_catalog."C"`, `pg_catalog."POSIX"`:
	default:
		q.odd = true // perhaps one under which LIKE fails
	}
	q.mixed = q.mixed || q.collation != ""
	q.collation = name
}

func (q *query) collatesType(t catalog.OID) {
	if ty := q.cat.Type(t); ty != nil {
		q.collatesOID(ty.Collation)
	}
}

func (q *query) collatesOID(oid catalog.OID) {
	switch oid {
	case 0, 100:
	case 950:
		q.collates(`pg_catalog."C"`)
	case 951:
		q.collates(`pg_catalog."POSIX"`)
	default:
		q.collates(itoa(int(oid)))
	}
}

// collatesColumn notes that of a table's column, or of all when col is nil.
func (q *query) collatesColumn(it *item, col *column) {
	if it.table == nil {
		if col == nil {
			for k := range it.cols {
				q.collatesType(it.cols[k].typ)
			}
		} else {
			q.collatesType(col.typ)
		}
		return
	}
	for k := range it.table.Columns {
		if col != nil && (k >= len(it.cols) || &it.cols[k] != col) {
			continue
		}
		if c := &it.table.Columns[k]; c.CollationName != "" {
			q.collates(c.CollationName)
		} else {
			q.collatesOID(c.Collation)
		}
	}
}

// collatesBy is COLLATE.
func (q *query) collatesBy(n *pg.CollateClause) {
	name := names(n.GetCollname())
	switch len(name) {
	case 0:
	case 1: // pg_catalog comes first; a collation that is not there is odd anyway
		q.collates(`pg_catalog.` + quoteIdent(name[0]))
	default:
		q.collates(quoteIdent(name[len(name)-2]) + "." + quoteIdent(name[len(name)-1]))
	}
}

// wholeNumber says of LIMIT, OFFSET, and a window's frame that they are given as a number, which PostgreSQL takes whatever it is, or not at all.
func wholeNumber(n *pg.Node) bool {
	if n == nil || n.Node == nil {
		return true
	}
	c := n.GetAConst()
	return c != nil && (c.Isnull || c.GetIval() != nil && c.GetIval().Ival >= 0 || c.GetFval() != nil && !strings.HasPrefix(c.GetFval().Fval, "-"))
}

// amount looks at LIMIT or OFFSET.
func (q *query) amount(n *pg.Node, s *scope, r *result) {
	i := r.shown(q.expr(n, s), s)
	if !wholeNumber(n) { // a negative one is an error, when the query is run
		r.risky = true
		r.leaky = r.leaky || i.vars
	}
}

// Time. A sub-select over a table takes as long as one likes, FROM t a, t b, t c, t d, or a temporary table of a billion rows, and grows what it reads until no memory holds it. That it was worked out tells of the row it stands beside as an
// error does, and is one under statement_timeout: WHERE id = 5 AND owner_id > (SELECT count(*) FROM …).

// directly says that a sub-select is a condition of its own that is worked out beside no row: it becomes a join, or decides about the query once.
func directly(n *pg.SubLink, outer bool) bool {
	sel := n.Subselect.GetSelectStmt()
	switch n.SubLinkType {
	case pg.SubLinkType_ANY_SUBLINK:
		return !outer
	case pg.SubLinkType_EXISTS_SUBLINK: // see simplify_EXISTS_query in subselect.c
		plain := sel.GetOp() == pg.SetOperation_SETOP_NONE && sel.GetWithClause() == nil && len(sel.GetValuesLists()) == 0 && len(sel.GetGroupClause()) == 0 && sel.GetHavingClause() == nil &&
			sel.GetLimitOffset() == nil && sel.GetLimitCount() == nil
		return !outer || plain
	}
	return false
}

// parameter is the type that the client gives a parameter beside the text; without one, PostgreSQL takes its type from what it stands beside, as that of a literal.
// A numeric can fail beside a float, and json[] has no equality, where what is taken for the other side's type cannot.
func (q *query) parameter(number int) catalog.OID {
	if number >= 1 && number <= len(q.in.Parameters) && q.in.Parameters[number-1] != 0 {
		return q.in.Parameters[number-1]
	}
	q.plan.assume(number, 0)
	return typeUnknown
}

// sameCasts says that every use of a parameter in the statement is a cast to the type of this one, so that the server takes the parameter for one of that type when the client gives it none.
func (q *query) sameCasts(n *pg.TypeCast) bool {
	if q.in.Statement == nil {
		return false
	}
	number, want := n.Arg.GetParamRef().GetNumber(), castName(n.TypeName)
	uses, casts := 0, 0
	eachNode(q.in.Statement.Tree.ProtoReflect(), func(m any) {
		switch v := m.(type) {
		case *pg.ParamRef:
			if v.Number == number {
				uses++
			}
		case *pg.TypeCast:
			if p := v.Arg.GetParamRef(); p != nil && p.Number == number && castName(v.TypeName) == want {
				casts++
			}
		}
	})
	return uses == casts
}

// cutsTo says that a value is cut or rounded to the length or precision that a type is given in a statement, and never found too large, as a numeric is.
func (q *query) cutsTo(t catalog.OID) bool {
	switch t {
	case typeBpchar, typeVarchar, typeTime, typeTimetz, typeTimestamp, typeTimestamptz:
		return true
	}
	return false
}

func castName(tn *pg.TypeName) string {
	return strings.Join(names(tn.GetNames()), "\x00") + strings.Repeat("[]", len(tn.GetArrayBounds()))
}

// takenFor says that a parameter that is cast is of the type it is cast to, so that the cast does nothing: the value has become one when it was bound.
func (q *query) takenFor(n *pg.TypeCast, t catalog.OID) bool {
	number := int(n.Arg.GetParamRef().GetNumber())
	if number < 1 {
		return false
	}
	if number <= len(q.in.Parameters) && q.in.Parameters[number-1] != 0 && q.in.Parameters[number-1] != typeUnknown {
		return q.harmlessCast(q.in.Parameters[number-1], t, n.TypeName) || t == typeText
	}
	if t != typeText && !q.sameCasts(n) || len(n.TypeName.Typmods) > 0 && !q.cutsTo(t) {
		return false
	}
	q.plan.assume(number, t)
	return true
}
