package rewrite

import (
	"cordon/catalog"
	"cordon/policy"
)

// A scope is the names one query level can see: the items of its FROM clause, and behind them those of the query around it.
type scope struct {
	outer *scope
	items []*item
	ctes  *cteList
	full  bool   // the ON clause is that of a FULL JOIN
	level *scope // of the part of a level that an ON clause sees: the level
	// grouped: what is being rewritten is worked out behind GROUP BY, so behind every filter of the level, and its columns may not be named ungrouped.
	grouped bool
	// merged: a join by USING or NATURAL gives * another order of columns than that of the items.
	merged bool
}

// cteList is the WITH names in force, innermost first.
type cteList struct {
	next *cteList
	name string
	rel  *relation // columns of the CTE; nil while it is being defined (recursion)
	// silent: a write without RETURNING, of which no rows come. What Cordon has it return, to check its rows, is nobody's to read.
	silent bool
	level  *level // its query; nil while it is not begun
}

// home is the scope that owns the items of the level.
func (s *scope) home() *scope {
	if s.level != nil {
		return s.level
	}
	return s
}

// ungrouped says that the argument of an aggregate is being rewritten, which is worked out before GROUP BY; back takes that back.
func (s *scope) ungrouped() (back func()) {
	var was []*scope
	for at := s.home(); at != nil; at = at.outer {
		if at = at.home(); at.grouped {
			at.grouped = false
			was = append(was, at)
		}
	}
	return func() {
		for _, at := range was {
			at.grouped = true
		}
	}
}

func (l *cteList) find(name string) (*cteList, bool) {
	for ; l != nil; l = l.next {
		if l.name == name {
			return l, true
		}
	}
	return nil, false
}

// A relation is what stands behind a FROM item, or what a query gives: columns, as far as they are known.
type relation struct {
	cols     []column
	open     bool      // there may be columns besides cols: a function's result, say
	prot     []*access // the filtered tables whose rows flow into it
	risky    bool      // working it out can fail
	volatile bool      // or does something each time
	reads    bool      // a table, a function's rows or a list of values is gone through for it
	// counted: it is worked out on its own, but the planner may still ask what statistics of a filtered table say of its columns.
	counted bool
}

// A column of a relation.
type column struct {
	name    string
	typ     catalog.OID // 0: not known
	notNull bool
	// from is set when the column is, unchanged, a column of a filtered table's sub-select, so that a guard can be said in its terms.
	from *access
	num  int16 // of from's table
	// fragile: working the value out can fail or tell something (a leaky expression of a sub-select that PostgreSQL may flatten away),
	// so whatever it depends on must be fenced before it is used in a condition.
	fragile bool
	prot    []*access     // what it depends on when it is not from one
	guard   *targetGuard  // of a fragile column: how to make it NULL on the rows outside the filters instead of fencing these; nil where that cannot be
	masked  string        // on the target of INSERT, UPDATE, DELETE: the mask, with the raw column named through the target
	used    *bool         // set when the statement names the column: a protected table's sub-select gives only those
	exact   *policy.Exact // masked with match: exact
	noEqual bool          // its type has no equality: it cannot stand in GROUP BY
}

// An access is one use of a filtered table in the statement.
type access struct {
	table    *catalog.Relation
	filter   *boundFilter  // nil where it is also the condition of a view that is written through, which cannot be said elsewhere
	fence    bool          // its rows must be found before anything else of the query is looked at
	alone    bool          // its filter is asked of the table itself, and becomes no join
	nullable bool          // within the query level that names it, an outer join may put NULLs in its place
	asked    *asked        // a condition that asks the filter in its place, unless it is fenced
	parent   *joinedParent // what it is joined with, when that says the filter
}

// asked is where a condition of the statement asks a table's filter, so that the table's sub-select need not.
type asked struct {
	item string // the name of the table in the statement
	at   int    // the byte offset in the client's text where the guard is written
	text string // the guard up to THEN
}

// elsewhere says that the filter is asked by a condition of the statement alone.
func (a *access) elsewhere(r *rewriter) bool { return a.asked != nil && !a.fence && !r.fenceEverything }

// joins says whether PostgreSQL may make a join of the access's filter, and then do other joins before it.
func (a *access) joins() bool { return a.filter == nil || a.filter.selects }

// fenceJoins fences the accesses in refs whose filter may become a join: what stands in FROM beside the table could run first.
func fenceJoins(refs []ref) {
	for _, x := range refs {
		for _, a := range refAccess(x) {
			if a.joins() {
				a.fence = true
			}
		}
	}
}

// filterAlone keeps filters from becoming joins where something beside the tables can fail, or does something: FROM orders o JOIN products p ON p.id = o.product_id WHERE 1 / p.price > 0 would fail for a price that hidden orders alone have.
func (r *result) filterAlone(s *scope) {
	if len(s.items) < 2 || !r.risky && !r.volatile {
		return
	}
	for _, it := range s.items {
		for _, a := range it.prot {
			a.alone = a.alone || a.joins()
		}
	}
}

// An item of a FROM clause.
type item struct {
	*relation
	name     string // alias, or the relation's own name; "" when it cannot be named
	schema   string // of a table without an alias: schema.table.column can name it
	table    *catalog.Relation
	guarded  bool // table is masked or filtered: it stands in the text as a sub-select
	target   bool // the table that INSERT, UPDATE or DELETE changes: it cannot be a sub-select, so references to it are replaced
	nullable bool // on the nullable side of an outer join
	hidden   bool // inside a join that has an alias of its own: not to be named
	owner    *scope
	direct   *access           // of a filtered table named here
	record   func(r columnUse) // set where the uses of a table's columns are gathered (a policy's expressions)
	extra    []string          // system columns of a system catalog that the statement names
	starred  bool              // the statement asks for all its columns
	flat     bool              // of a look-up: its filter stands in the statement's own condition
	inner    []string          // conditions of the statement that are asked inside the table's sub-select
	unequals []place           // references to columns of types without equality
	used     []bool            // by column of a guarded table: the statement names it
	read     bool              // the statement names a column of it
	rowText  func() string     // on a masked target: what stands for the whole row
	goesBy   string            // of a target: its name in the statement, when a view's definition gives it another; "" for name
	behind   *item             // of a view that is written through: the table, whose name the statement gives in its place
}

// A columnUse is one place in a text where a column of a table is named.
type columnUse struct {
	num       int16
	from, to  int
	nested    bool // inside a sub-select
	qualified bool // by the table's name
}

func (it *item) column(name string) *column {
	for i := range it.cols {
		if it.cols[i].name == name {
			return &it.cols[i]
		}
	}
	return nil
}

// A ref is one reference to a column; col is nil for a whole row or an unknown column of an open relation.
type ref struct {
	item *item
	col  *column
}

// lookupColumn finds what an unqualified name can mean: every item of the nearest level that has such a column, or may have.
func (s *scope) lookupColumn(name string) (refs []ref, known bool) {
	for ; s != nil; s = s.outer {
		open := false
		for _, it := range s.items {
			if it.hidden {
				continue
			}
			if c := it.column(name); c != nil {
				refs, known = append(refs, ref{it, c}), true
			} else if it.open {
				open = true
				refs = append(refs, ref{it, nil})
			}
		}
		if known {
			return refs, true
		}
		if open {
			// It may be a column of a function's result here, or of a query further out: both count.
			more, knownOut := s.outer.lookupColumn(name)
			return append(refs, more...), knownOut
		}
	}
	return nil, false
}

// lookupItem finds the item of that name at the nearest level that has one.
func (s *scope) lookupItem(schema, name string) *item {
	for ; s != nil; s = s.outer {
		for _, it := range s.items {
			if !it.hidden && it.name == name && (schema == "" || it.schema == schema) {
				return it
			}
		}
	}
	return nil
}

// info is what is learned of an expression on the way through it.
type info struct {
	typ      catalog.OID // 0: not known
	vars     bool        // it depends on a column
	leaky    bool        // a function that is not leakproof sees a column: it must not run on a row outside the filter
	risky    bool        // working it out can fail, whether or not it sees a column: that it was worked out tells of the row it stands beside
	early    bool        // as a condition of its own it is tried when the statement is planned, so its failing tells of no row
	joins    bool        // as a condition of its own it becomes a join, so it is worked out beside no row
	runtime  bool        // PostgreSQL does not work it out when it plans the statement, not even to estimate: a parameter, a sub-select, XML, a domain's check or a comparison of rows is in it
	many     bool        // it can give several rows
	reads    bool        // a sub-select is in it that reads, and becomes no join: that takes time, by which its having been worked out is told; see directly
	chooses  bool        // CASE, COALESCE, AND, OR decides whether such a sub-select is worked out
	volatile bool
	agg      bool
	refs     []ref
	astray   bool // some name in it could not be told for sure: it may be any column in sight
	constant bool // of literals alone, so worked out when the statement is planned, whatever the rows
	loc      int  // byte offset of its first token but for parentheses; -1 for none
	whole    bool // a whole-row reference is in it
}

func (i *info) add(o info) {
	i.vars = i.vars || o.vars
	i.leaky = i.leaky || o.leaky
	i.volatile = i.volatile || o.volatile
	i.risky = i.risky || o.risky
	i.runtime = i.runtime || o.runtime
	i.many = i.many || o.many
	i.reads = i.reads || o.reads
	i.chooses = i.chooses || o.chooses
	i.agg = i.agg || o.agg
	i.astray = i.astray || o.astray
	i.whole = i.whole || o.whole
	i.refs = append(i.refs, o.refs...)
	if o.loc >= 0 && (i.loc < 0 || o.loc < i.loc) {
		i.loc = o.loc
	}
}

func unionAccess(a []*access, b ...*access) []*access {
next:
	for _, x := range b {
		for _, y := range a {
			if x == y {
				continue next
			}
		}
		a = append(a, x)
	}
	return a
}
