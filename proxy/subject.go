package proxy

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"

	"cordon/audit"
	"cordon/catalog"
	"cordon/guard"
	"cordon/parse"
	"cordon/policy"
	"cordon/rewrite"
	"cordon/wire"

	pg_query "github.com/pganalyze/pg_query_go/v5"
)

// Who saw customer 123? The policy names each table's subject key (subjects:). Of a statement that touches such a table, the outcome says whose rows came back: the values of the key column in the rows, and those that the
// statement looks up by equality. What cannot be said so exactly, such as a count over the table, is left for the reader of the log as possible. Without subjects in the policy none of this runs.

// subjectColumn is the key column of one table.
type subjectColumn struct {
	of     string // whose keys they are
	table  catalog.OID
	num    int16
	column string
	typ    catalog.OID
}

// subjectKeys are the key columns of a policy in one snapshot of a catalog. They are immutable.
type subjectKeys struct {
	policy  *policy.Policy
	catalog *catalog.Snapshot
	byTable map[catalog.OID]*subjectColumn
}

// subjects gives the key columns of now; nil when the policy names none, or nothing is known of the database.
func (s *session) subjects() *subjectKeys {
	if s.policy == nil || len(s.policy.SubjectKeys) == 0 {
		return nil
	}
	c := s.catalog()
	if c == nil {
		return nil
	}
	if s.keys == nil || s.keys.policy != s.policy || s.keys.catalog != c.Snapshot {
		s.keys = newSubjectKeys(s.policy, c.Snapshot)
	}
	return s.keys
}

func newSubjectKeys(p *policy.Policy, c *catalog.Snapshot) *subjectKeys {
	k := &subjectKeys{policy: p, catalog: c, byTable: map[catalog.OID]*subjectColumn{}}
	for i := range p.SubjectKeys {
		key := &p.SubjectKeys[i]
		rel := c.Relation(key.Table.Schema, key.Table.Name)
		if rel == nil {
			continue
		}
		for _, r := range append(c.Descendants(rel), rel) { // partitions have the column at numbers of their own
			for j := range r.Columns {
				if col := &r.Columns[j]; col.Name == key.Column && (k.byTable[r.OID] == nil || r == rel) {
					k.byTable[r.OID] = &subjectColumn{of: key.Of.String(), table: r.OID, num: col.Num, column: col.Name, typ: c.BaseType(col.Type)}
				}
			}
		}
	}
	return k
}

// touched adds whose data a relation holds, itself or as a view over others.
func (k *subjectKeys) touched(list []string, rel *catalog.Relation, depth int) []string {
	if key := k.byTable[rel.OID]; key != nil && !slices.Contains(list, key.of) {
		list = append(list, key.of)
	}
	if depth < 32 {
		for _, oid := range rel.Reads {
			if r := k.catalog.RelationByOID(oid); r != nil && r != rel && (rel.Kind == catalog.View || rel.Kind == catalog.MaterializedView) {
				list = k.touched(list, r, depth+1)
			}
		}
	}
	return list
}

// stepSubjects is what can be said of a statement before it runs. It is immutable.
type stepSubjects struct {
	keys    *subjectKeys
	of      []string // whose data it touches
	lookups []lookup
	single  bool // it reads one table, once
	plain   bool // and gives its rows one by one, nothing made of several
	besides besides
}

// lookup is a key column compared with a value.
type lookup struct {
	key   *subjectColumn
	param int // the parameter's number from 1; 0 for a literal
	at    int // of the literal, in the step's source
}

// subjectsOf looks for the subjects of a statement; nil when it touches none.
func (s *session) subjectsOf(st *parse.Statement, plan *rewrite.Plan) *stepSubjects {
	keys := s.subjects()
	if keys == nil || plan == nil {
		return nil
	}
	t := &stepSubjects{keys: keys}
	for i := range plan.Relations {
		if rel := plan.Relations[i].Relation; rel != nil {
			t.of = keys.touched(t.of, rel, 0)
		}
	}
	if len(t.of) == 0 {
		return nil
	}
	resolve := func(v *pg_query.RangeVar) *catalog.Relation {
		if v.Schemaname != "" {
			return keys.catalog.Relation(v.Schemaname, v.Relname)
		}
		return keys.catalog.Resolve(v.Relname, s.names.path)
	}
	t.read(st.Tree, resolve)
	if len(plan.Exports) > 0 {
		t.besides = besidesOf(st.Tree, keys, subjectLimited(plan, keys.catalog), resolve)
	}
	return t
}

// read finds what one statement looks up.
func (t *stepSubjects) read(n *pg_query.Node, resolve func(*pg_query.RangeVar) *catalog.Relation) {
	var from []*pg_query.Node
	var where *pg_query.Node
	switch n := n.GetNode().(type) {
	case *pg_query.Node_SelectStmt:
		q := n.SelectStmt
		if q.WithClause != nil || q.Larg != nil {
			return
		}
		from, where = q.FromClause, q.WhereClause
		t.plain = len(q.GroupClause) == 0 && q.HavingClause == nil && len(q.DistinctClause) == 0 && len(q.WindowClause) == 0 && len(q.IntoClause.GetRel().GetRelname()) == 0
		rewrite.EachNode(n.SelectStmt, func(m any) {
			switch m.(type) {
			case *pg_query.FuncCall, *pg_query.SubLink, *pg_query.JsonArrayQueryConstructor, *pg_query.JsonArrayAgg, *pg_query.JsonObjectAgg:
				t.plain = false
			}
		})
	case *pg_query.Node_UpdateStmt:
		from, where = append([]*pg_query.Node{{Node: &pg_query.Node_RangeVar{RangeVar: n.UpdateStmt.Relation}}}, n.UpdateStmt.FromClause...), n.UpdateStmt.WhereClause
	case *pg_query.Node_DeleteStmt:
		from, where = append([]*pg_query.Node{{Node: &pg_query.Node_RangeVar{RangeVar: n.DeleteStmt.Relation}}}, n.DeleteStmt.UsingClause...), n.DeleteStmt.WhereClause
	case *pg_query.Node_CopyStmt:
		t.read(n.CopyStmt.Query, resolve)
		return
	case *pg_query.Node_PrepareStmt:
		t.read(n.PrepareStmt.Query, resolve)
		return
	case *pg_query.Node_DeclareCursorStmt:
		t.read(n.DeclareCursorStmt.Query, resolve)
		return
	default:
		return
	}
	names := map[string]*subjectColumn{}
	items := 0
	var add func(n *pg_query.Node)
	add = func(n *pg_query.Node) {
		if j := n.GetJoinExpr(); j != nil {
			add(j.Larg)
			add(j.Rarg)
			return
		}
		items++
		if v := n.GetRangeVar(); v != nil {
			if rel := resolve(v); rel != nil {
				name := v.Relname
				if v.Alias != nil {
					name = v.Alias.Aliasname
				}
				names[name] = t.keys.byTable[rel.OID]
			}
		}
	}
	for _, f := range from {
		add(f)
	}
	total := 0
	rewrite.EachNode(n.ProtoReflect().Interface(), func(m any) {
		switch m.(type) {
		case *pg_query.RangeVar, *pg_query.SubLink, *pg_query.RangeFunction:
			total++
		}
	})
	t.single = items == 1 && total == 1 && len(names) == 1
	t.plain = t.plain && t.single
	var conjunct func(n *pg_query.Node)
	conjunct = func(n *pg_query.Node) {
		if b := n.GetBoolExpr(); b != nil && b.Boolop == pg_query.BoolExprType_AND_EXPR {
			for _, a := range b.Args {
				conjunct(a)
			}
			return
		}
		x := n.GetAExpr()
		if x == nil || x.Kind != pg_query.A_Expr_Kind_AEXPR_OP || len(x.Name) != 1 || x.Name[0].GetString_().GetSval() != "=" {
			return
		}
		left, right := x.Lexpr, x.Rexpr
		if left.GetColumnRef() == nil {
			left, right = right, left
		}
		key := columnKey(left.GetColumnRef(), names, items)
		for right.GetTypeCast() != nil {
			right = right.GetTypeCast().Arg
		}
		if key == nil {
			return
		}
		if p := right.GetParamRef(); p != nil {
			t.lookups = append(t.lookups, lookup{key: key, param: int(p.Number)})
		} else if c := right.GetAConst(); c != nil && !c.Isnull && c.Location >= 0 {
			t.lookups = append(t.lookups, lookup{key: key, at: int(c.Location)})
		}
	}
	conjunct(where)
}

// columnKey is the key column that a reference means.
func columnKey(c *pg_query.ColumnRef, names map[string]*subjectColumn, items int) *subjectColumn {
	if c == nil {
		return nil
	}
	var key *subjectColumn
	switch len(c.Fields) {
	case 1:
		if items != 1 {
			return nil
		}
		for _, k := range names {
			key = k
		}
	case 2:
		key = names[c.Fields[0].GetString_().GetSval()]
	}
	if key == nil || c.Fields[len(c.Fields)-1].GetString_().GetSval() != key.column {
		return nil
	}
	return key
}

// moved is what it says of a text of the same shape, whose literals are others.
func (t *stepSubjects) moved(from, to []parse.Slot) *stepSubjects {
	if t == nil || !slices.ContainsFunc(t.lookups, func(l lookup) bool { return l.param == 0 }) {
		return t
	}
	out := *t
	out.lookups = slices.Clone(t.lookups)
	for i := range out.lookups {
		if l := &out.lookups[i]; l.param == 0 {
			l.at = moved(l.at, from, to)
		}
	}
	return &out
}

// literalAt reads a plain number or string of a text.
func literalAt(text string, at int) (value []byte, ok bool) {
	if at < 0 || at >= len(text) {
		return nil, false
	}
	if text[at] != '\'' {
		end := at
		for end < len(text) && (text[end] >= '0' && text[end] <= '9' || end == at && text[end] == '-') {
			end++
		}
		if end == at || end < len(text) && (text[end] == '.' || text[end] == 'e' || text[end] == 'E' || text[end] == '_') {
			return nil, false
		}
		return []byte(text[at:end]), true
	}
	for i := at + 1; i < len(text); i++ {
		if text[i] != '\'' {
			value = append(value, text[i])
			continue
		}
		if i+1 == len(text) || text[i+1] != '\'' {
			return value, true
		}
		value = append(value, '\'')
		i++
	}
	return nil, false
}

// canonical appends a value of a key column as its type writes it, whatever format it came in. ok is false when that is not known.
func canonical(dst []byte, typ catalog.OID, value []byte, binaryFormat bool) (out []byte, ok bool) {
	const (
		typeInt8, typeInt2, typeInt4, typeText, typeOID = 20, 21, 23, 25, 26
		typeBpchar, typeVarchar, typeUUID               = 1042, 1043, 2950
	)
	switch typ {
	case typeInt2, typeInt4, typeInt8, typeOID:
		var n int64
		if binaryFormat {
			switch len(value) {
			case 2:
				n = int64(int16(binary.BigEndian.Uint16(value)))
			case 4:
				if n = int64(int32(binary.BigEndian.Uint32(value))); typ == typeOID {
					n = int64(uint32(n))
				}
			case 8:
				n = int64(binary.BigEndian.Uint64(value))
			default:
				return dst, false
			}
		} else {
			var err error
			if n, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return dst, false
			}
		}
		return strconv.AppendInt(dst, n, 10), true
	case typeUUID:
		raw := value
		var digits [32]byte
		if !binaryFormat {
			n := 0
			for _, c := range value {
				if c == '-' || c == '{' || c == '}' {
					continue
				}
				if n == 32 {
					return dst, false
				}
				digits[n] = c
				n++
			}
			var decoded [16]byte
			if d, err := hex.Decode(decoded[:], digits[:n]); err != nil || d != 16 {
				return dst, false
			}
			raw = decoded[:]
		}
		if len(raw) != 16 {
			return dst, false
		}
		for i, part := range [][]byte{raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]} {
			if i > 0 {
				dst = append(dst, '-')
			}
			dst = hex.AppendEncode(dst, part)
		}
		return dst, true
	case typeBpchar:
		for len(value) > 0 && value[len(value)-1] == ' ' {
			value = value[:len(value)-1]
		}
		return append(dst, value...), true
	case typeText, typeVarchar:
		return append(dst, value...), true
	default:
		return append(dst, value...), !binaryFormat
	}
}

// subjectColumns are where the keys stand in the rows of a portal or a statement. The upstream's loop fills in list.
type subjectColumns struct {
	described bool // the client's loop: a Describe is on its way
	list      []rowKey
}

// rowKey is one key column of a result.
type rowKey struct {
	at     int
	key    *subjectColumn
	binary bool
}

// subjectRun gathers the subjects of one run.
type subjectRun struct {
	of      *stepSubjects
	columns *subjectColumns
	found   []audit.Subjects // those of the lookups first
	looked  int              // how many lookups have a value
	count   int
	last    audit.SubjectToken
	bulk    bool
	lost    bool // a row could not be read
	scratch []byte
	meter   *guard.Meter // that counts the subjects of each row; nil for none
}

// trackSubjects begins to gather the subjects of a run. It is the client's loop that calls it.
func (s *session) trackSubjects(run *execution, o *object, in *audit.Intent) {
	s.lookups = s.lookups[:0]
	t := run.shape.subjects
	if t == nil {
		return
	}
	watched := s.server.watched(s.policy)
	r := &subjectRun{of: t}
	if o != nil {
		if o.columns == nil {
			o.columns = &subjectColumns{}
		}
		r.columns = o.columns
	} else {
		r.columns = &subjectColumns{}
	}
	run.subjects = r
	for i := range t.lookups {
		l := &t.lookups[i]
		var value []byte
		binaryFormat, ok := false, false
		switch {
		case l.param == 0:
			value, ok = literalAt(run.shape.source, l.at)
		case run.step.target.verb != targetFetch && l.param <= len(in.Params):
			p := &in.Params[l.param-1]
			value, binaryFormat, ok = p.Value, p.Binary, p.Value != nil && p.Length <= len(p.Value) && !p.Secret
		}
		if !ok {
			continue
		}
		if r.scratch, ok = canonical(r.scratch[:0], l.key.typ, value, binaryFormat); ok {
			if watched {
				s.lookups = append(s.lookups, s.server.Guard.Windows.Subject(l.key.of, r.scratch))
			}
			if token, known := s.token(&s.tokens, l.key.of, r.scratch); known {
				r.add(l.key.of, token)
				r.looked++
			}
		}
	}
}

// token makes a subject's token. Each of the loops has tokens of its own.
func (s *session) token(with **audit.Tokens, of string, value []byte) (t audit.SubjectToken, ok bool) {
	if *with == nil {
		tokens, err := s.server.Audit.Tokens()
		if err != nil {
			s.server.log.LogAttrs(noContext, slogWarn, "subjects not recorded", slogErr(err))
			return t, false
		}
		*with = tokens
	}
	return (*with).Token(of, value), true
}

// add notes one subject. Rows of one subject often follow each other.
func (r *subjectRun) add(of string, token audit.SubjectToken) {
	if r.bulk || r.count > 0 && token == r.last {
		return
	}
	if r.count == audit.MaxSubjects {
		r.bulk = true
		return
	}
	r.last = token
	r.count++
	for i := range r.found {
		if r.found[i].Of == of {
			r.found[i].Tokens = append(r.found[i].Tokens, token)
			return
		}
	}
	r.found = append(r.found, audit.Subjects{Of: of, Tokens: []audit.SubjectToken{token}})
}

// learnKeys finds the key columns in a RowDescription.
func (s *session) learnKeys(c *subjectColumns, keys *subjectKeys, body []byte) error {
	var err error
	if s.up.columns, err = wire.DecodeRowDescription(s.up.columns[:0], body); err != nil {
		return err
	}
	c.list = c.list[:0]
	for i := range s.up.columns {
		col := &s.up.columns[i]
		if key := keys.byTable[catalog.OID(col.Table)]; key != nil && key.num == col.Num {
			c.list = append(c.list, rowKey{at: i, key: key, binary: col.Format == 1})
		}
	}
	return nil
}

// maxKeyAt is how much of a row is looked at for its keys. A row whose key stands behind longer values is not read.
const maxKeyAt = 64 << 10

// seeKeys notes the keys of one row, of which b is a beginning. need is how many bytes must have come for that.
func (s *session) seeKeys(r *subjectRun, h wire.Header, b []byte) (need int) {
	if r.meter != nil {
		r.meter.NoSubjects() // what was told of this row before more of it came
	} else if r.bulk {
		return 0
	}
	at, column := wire.HeaderLen+2, 0
	for i := range r.columns.list {
		key := &r.columns.list[i]
		for {
			if at+4 > h.Len() {
				r.lose(i)
				return 0
			}
			if at+4 > len(b) {
				return at + 4
			}
			n := int(int32(binary.BigEndian.Uint32(b[at:])))
			end := at + 4 + max(n, 0)
			if end > h.Len() || end > maxKeyAt {
				r.lose(i)
				return 0
			}
			if column < key.at {
				at, column = end, column+1
				continue
			}
			if end > len(b) {
				return end
			}
			if n >= 0 {
				var ok bool
				if r.scratch, ok = canonical(r.scratch[:0], key.key.typ, b[at+4:end], key.binary); !ok {
					r.lost = true
					if r.meter != nil {
						r.meter.SubjectsUnread(1)
					}
					break
				}
				if r.meter != nil {
					r.meter.Subject(s.server.Guard.Windows.Subject(key.key.of, r.scratch))
				}
				if r.bulk {
					break
				}
				if token, known := s.token(&s.up.tokens, key.key.of, r.scratch); known {
					r.add(key.key.of, token)
				}
			}
			break
		}
	}
	return 0
}

// lose notes that the keys of a row cannot be read from the i-th on.
func (r *subjectRun) lose(i int) {
	r.lost = true
	if r.meter != nil {
		r.meter.SubjectsUnread(int64(len(r.columns.list) - i))
	}
}

// result is what the outcome says. Nothing was seen of what was looked up and is not there.
//
// A table that is named without more may have been seen: of EXECUTE and FETCH the intent does not tell what they touch.
func (r *subjectRun) result(rows int64, named bool) []audit.Subjects {
	list := r.known(rows)
	if !named {
		return list
	}
	for _, of := range r.of.of {
		if !slices.ContainsFunc(list, func(s audit.Subjects) bool { return s.Of == of }) {
			list = append(list, audit.Subjects{Of: of})
		}
	}
	return list
}

func (r *subjectRun) known(rows int64) []audit.Subjects {
	if r.bulk {
		for i := range r.found {
			r.found[i].Bulk, r.found[i].Tokens = true, nil
		}
		return r.found
	}
	if rows == 0 && len(r.columns.list) == 0 {
		r.found = nil
	}
	whole := len(r.of.of) == 1 && !r.lost && r.of.single && (r.looked > 0 || r.of.plain && (len(r.columns.list) > 0 || rows == 0))
	if !whole {
		return r.found
	}
	if len(r.found) == 0 {
		r.found = []audit.Subjects{{Of: r.of.of[0]}}
	}
	for i := range r.found {
		r.found[i].Whole = true
	}
	return r.found
}

// describeSubjects has the answer to a Describe tell where the keys of subjects stand in a portal's rows.
func (s *session) describeSubjects(o *object, e *expected) {
	st := s.behind(o.step)
	if st == nil || st.subjects == nil {
		return
	}
	if o.columns == nil {
		o.columns = &subjectColumns{}
	}
	o.columns.described = true
	e.columns, e.keys = o.columns, st.subjects.keys
}
