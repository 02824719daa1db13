package catalog

import (
	"cmp"
	"slices"
	"sort"
)

// Snapshot is one database's catalog at one moment. It is immutable; a newer one replaces it whole.
// It does not hold temporary relations: those belong to one session.
// The zero value is the catalog of a database with nothing in it, not even pg_catalog.
type Snapshot struct {
	Database      string
	ServerVersion int    // server_version_num, such as 150018
	Fingerprint   string // what FingerprintQuery answered when it was taken

	rules      map[OID]string // of views: the OID and xmin of the rule that Definition was printed from
	settled    bool           // what views say was printed while nothing changed
	relations  []*Relation    // by schema, name
	relByOID   map[OID]*Relation
	relByName  map[qualified]*Relation
	children   map[OID][]OID
	types      []Type // by OID
	typeByName map[qualified]OID
	functions  []Function // by name, schema, OID
	funcByName map[string]span
	funcByOID  map[OID]int32
	operators  []Operator // by name, schema, left, right
	operByName map[string]span
	casts      map[[2]OID]Cast
	madeCasts  []Cast   // see MadeCasts
	madeTypes  bool     // see MadeTypes
	schemas    []Schema // by name
}

// Schema is one row of pg_namespace.
type Schema struct {
	OID  OID
	Name string
}

// qualified is a name in a schema.
type qualified struct{ schema, name string }

// span is a run of a sorted slice.
type span struct{ from, to int32 }

// PgCatalog is the schema that PostgreSQL searches first unless search_path names it elsewhere.
const PgCatalog = "pg_catalog"

// FirstUserOID is the least OID that an object made after initdb can have (FirstNormalObjectId).
const FirstUserOID OID = 16384

// contents is what a snapshot is built from.
type contents struct {
	relations []*Relation
	types     []Type
	functions []Function
	operators []Operator
	casts     []Cast
	schemas   []Schema

	operatorsFrom, functionsFrom *Snapshot // not nil: whose operators and casts, and whose functions these are
}

// index sorts the contents and makes the look-up tables.
func (s *Snapshot) index(c contents) {
	s.relations = c.relations
	slices.SortFunc(s.relations, func(a, b *Relation) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name), cmp.Compare(a.OID, b.OID))
	})
	s.relByOID = make(map[OID]*Relation, len(c.relations))
	s.relByName = make(map[qualified]*Relation, len(c.relations))
	s.children = make(map[OID][]OID)
	for _, r := range s.relations {
		s.relByOID[r.OID] = r
		s.relByName[qualified{r.Schema, r.Name}] = r
		for _, p := range r.Parents {
			s.children[p] = append(s.children[p], r.OID)
		}
	}

	s.types = c.types
	slices.SortFunc(s.types, func(a, b Type) int { return cmp.Compare(a.OID, b.OID) })
	s.typeByName = make(map[qualified]OID, len(c.types))
	for i := range s.types {
		s.typeByName[qualified{s.types[i].Schema, s.types[i].Name}] = s.types[i].OID
	}

	if from := c.functionsFrom; from != nil {
		s.functions, s.funcByName, s.funcByOID = from.functions, from.funcByName, from.funcByOID
	} else {
		s.indexFunctions(c)
	}
	if from := c.operatorsFrom; from != nil {
		s.operators, s.operByName, s.casts, s.madeCasts = from.operators, from.operByName, from.casts, from.madeCasts
	} else {
		s.indexOperators(c)
	}
	s.madeTypes = slices.ContainsFunc(s.types, func(t Type) bool { return len(t.Calls) > 0 })
	s.schemas = c.schemas
	slices.SortFunc(s.schemas, func(a, b Schema) int { return cmp.Compare(a.Name, b.Name) })
}

func (s *Snapshot) indexFunctions(c contents) {
	s.functions = c.functions
	slices.SortFunc(s.functions, func(a, b Function) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.OID, b.OID))
	})
	s.funcByName = spans(len(s.functions), func(i int) string { return s.functions[i].Name })
	s.funcByOID = make(map[OID]int32, len(s.functions))
	for i := range s.functions {
		s.funcByOID[s.functions[i].OID] = int32(i)
	}
}

func (s *Snapshot) indexOperators(c contents) {
	s.operators = c.operators
	slices.SortFunc(s.operators, func(a, b Operator) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Left, b.Left), cmp.Compare(a.Right, b.Right))
	})
	s.operByName = spans(len(s.operators), func(i int) string { return s.operators[i].Name })

	s.casts = make(map[[2]OID]Cast, len(c.casts))
	for _, x := range c.casts {
		s.casts[[2]OID{x.Source, x.Target}] = x
		if x.Source >= FirstUserOID || x.Target >= FirstUserOID || x.Function >= FirstUserOID {
			s.madeCasts = append(s.madeCasts, x)
		}
	}
	slices.SortFunc(s.madeCasts, func(a, b Cast) int { return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target)) })
}

func spans(n int, key func(int) string) map[string]span {
	m := make(map[string]span)
	for from := 0; from < n; {
		to := from + 1
		for to < n && key(to) == key(from) {
			to++
		}
		m[key(from)] = span{int32(from), int32(to)}
		from = to
	}
	return m
}

// Relation finds a relation by its exact schema and name; nil when there is none.
func (s *Snapshot) Relation(schema, name string) *Relation {
	return s.relByName[qualified{schema, name}]
}

// RelationByOID finds a relation; nil when there is none.
func (s *Snapshot) RelationByOID(oid OID) *Relation { return s.relByOID[oid] }

// Resolve finds the relation that an unqualified name means under a search path: the first schema that has it. pg_catalog comes first unless the path names it. nil when no schema has it.
// The path is the effective one (current_schemas(true)); a temporary schema in it is passed over, for its relations are not in the snapshot.
func (s *Snapshot) Resolve(name string, path []string) *Relation {
	if !slices.Contains(path, PgCatalog) {
		if r := s.Relation(PgCatalog, name); r != nil {
			return r
		}
	}
	for _, schema := range path {
		if r := s.Relation(schema, name); r != nil {
			return r
		}
	}
	return nil
}

// Relations gives every relation, by schema and name.
func (s *Snapshot) Relations() []*Relation { return s.relations }

// RelationsIn gives the relations of one schema by name.
func (s *Snapshot) RelationsIn(schema string) []*Relation {
	from := sort.Search(len(s.relations), func(i int) bool { return s.relations[i].Schema >= schema })
	to := from
	for to < len(s.relations) && s.relations[to].Schema == schema {
		to++
	}
	return s.relations[from:to:to]
}

// Schemas gives every schema but the temporary ones, by name.
func (s *Snapshot) Schemas() []Schema { return s.schemas }

// HasSchema tells whether a schema exists.
func (s *Snapshot) HasSchema(name string) bool {
	_, ok := slices.BinarySearchFunc(s.schemas, name, func(x Schema, name string) int { return cmp.Compare(x.Name, name) })
	return ok
}

// Children gives the direct inheritance children or partitions of a relation, by schema and name.
func (s *Snapshot) Children(r *Relation) []*Relation {
	oids := s.children[r.OID]
	out := make([]*Relation, 0, len(oids))
	for _, oid := range oids {
		out = append(out, s.relByOID[oid])
	}
	return out
}

// Descendants gives every child, child's child and so on, each once, nearest first.
func (s *Snapshot) Descendants(r *Relation) []*Relation {
	return s.walk(r, func(r *Relation) []OID { return s.children[r.OID] })
}

// Ancestors gives every parent, parent's parent and so on, each once, nearest first. A partition has one line of them; a table may inherit from several.
func (s *Snapshot) Ancestors(r *Relation) []*Relation {
	return s.walk(r, func(r *Relation) []OID { return r.Parents })
}

func (s *Snapshot) walk(r *Relation, next func(*Relation) []OID) []*Relation {
	var out []*Relation
	seen := map[OID]bool{r.OID: true}
	for queue := next(r); len(queue) > 0; {
		var further []OID
		for _, oid := range queue {
			rel := s.relByOID[oid]
			if rel == nil || seen[oid] {
				continue
			}
			seen[oid] = true
			out = append(out, rel)
			further = append(further, next(rel)...)
		}
		queue = further
	}
	return out
}

// Root gives the relation at the top of the line of first parents: the partitioned table that a partition belongs to in the end; the relation itself when it has no parent.
// A table that inherits from several has further ancestors; see Ancestors.
func (s *Snapshot) Root(r *Relation) *Relation {
	seen := map[OID]bool{}
	for len(r.Parents) > 0 && !seen[r.OID] {
		seen[r.OID] = true
		p := s.relByOID[r.Parents[0]]
		if p == nil {
			break
		}
		r = p
	}
	return r
}

// Type finds a type by OID; nil when there is none.
func (s *Snapshot) Type(oid OID) *Type {
	i := sort.Search(len(s.types), func(i int) bool { return s.types[i].OID >= oid }) // and not slices.BinarySearchFunc, which copies each type that it looks at
	if i == len(s.types) || s.types[i].OID != oid {
		return nil
	}
	return &s.types[i]
}

// TypeNamed finds a type by its exact schema and pg_type.typname (int4, not integer); nil when there is none.
func (s *Snapshot) TypeNamed(schema, name string) *Type {
	oid, ok := s.typeByName[qualified{schema, name}]
	if !ok {
		return nil
	}
	return s.Type(oid)
}

// ResolveType finds the type that an unqualified typname means under a search path, as Resolve does for relations.
func (s *Snapshot) ResolveType(name string, path []string) *Type {
	if !slices.Contains(path, PgCatalog) {
		if t := s.TypeNamed(PgCatalog, name); t != nil {
			return t
		}
	}
	for _, schema := range path {
		if t := s.TypeNamed(schema, name); t != nil {
			return t
		}
	}
	return nil
}

// BaseType gives the type under a domain, through domains over domains; the type itself when it is none. 0 for an unknown type.
func (s *Snapshot) BaseType(oid OID) OID {
	for range 100 { // PostgreSQL has no cycles; a made-up fixture could
		t := s.Type(oid)
		if t == nil {
			return 0
		}
		if t.Kind != 'd' {
			return oid
		}
		oid = t.Base
	}
	return 0
}

// Types gives every type by OID.
func (s *Snapshot) Types() []Type { return s.types }

// Function finds a function by OID; nil when there is none.
func (s *Snapshot) Function(oid OID) *Function {
	i, ok := s.funcByOID[oid]
	if !ok {
		return nil
	}
	return &s.functions[i]
}

// FunctionsNamed gives the functions of one name in every schema, by schema and OID.
func (s *Snapshot) FunctionsNamed(name string) []Function {
	x := s.funcByName[name]
	return s.functions[x.from:x.to:x.to]
}

// Functions gives the functions of one name in one schema by OID.
func (s *Snapshot) Functions(schema, name string) []Function {
	all := s.FunctionsNamed(name)
	from := sort.Search(len(all), func(i int) bool { return all[i].Schema >= schema })
	to := from
	for to < len(all) && all[to].Schema == schema {
		to++
	}
	return all[from:to:to]
}

// AllFunctions gives every function by name, schema and OID.
func (s *Snapshot) AllFunctions() []Function { return s.functions }

// Operators gives the operators of one name in every schema.
func (s *Snapshot) Operators(name string) []Operator {
	x := s.operByName[name]
	return s.operators[x.from:x.to:x.to]
}

// Operator finds an operator by schema, name and exact operand types (Left is 0 for a prefix operator); nil when there is none.
func (s *Snapshot) Operator(schema, name string, left, right OID) *Operator {
	ops := s.Operators(name)
	for i := range ops {
		if ops[i].Schema == schema && ops[i].Left == left && ops[i].Right == right {
			return &ops[i]
		}
	}
	return nil
}

// LeakproofOperator tells whether the operator of pg_catalog with this name and exactly these operand types is there and leakproof. It looks through no coercion: a caller that does not know the types for certain must not ask.
func (s *Snapshot) LeakproofOperator(name string, left, right OID) bool {
	o := s.Operator(PgCatalog, name, left, right)
	return o != nil && o.Leakproof
}

// Cast finds the row of pg_cast from one type to another; nil when there is none (which does not mean that no cast works: domains, arrays, records, and input and output functions have no row).
func (s *Snapshot) Cast(source, target OID) *Cast {
	c, ok := s.casts[[2]OID{source, target}]
	if !ok {
		return nil
	}
	return &c
}

// Casts gives every cast by source and target.
func (s *Snapshot) Casts() []Cast {
	out := make([]Cast, 0, len(s.casts))
	for _, c := range s.casts {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Cast) int { return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target)) })
	return out
}

// MadeCasts gives the casts that came after initdb, by source and target: those of types or functions of somebody's making.
func (s *Snapshot) MadeCasts() []Cast { return s.madeCasts }

// MadeTypes tells whether any type passes its values through functions of somebody's making.
func (s *Snapshot) MadeTypes() bool { return s.madeTypes }

// QualifiedName is schema.name with the quotes that SQL needs.
func (r *Relation) QualifiedName() string { return QuoteIdent(r.Schema) + "." + QuoteIdent(r.Name) }

// QuoteIdent quotes an identifier unless it is plain lower case and no key word. It quotes more than quote_ident does, never less: every key word but those that cannot be mistaken in any place.
func QuoteIdent(name string) string {
	plain := name != ""
	for i := 0; i < len(name) && plain; i++ {
		c := name[i]
		plain = c == '_' || 'a' <= c && c <= 'z' || i > 0 && '0' <= c && c <= '9'
	}
	if plain && !keywords[name] {
		return name
	}
	b := make([]byte, 0, len(name)+2)
	b = append(b, '"')
	for i := 0; i < len(name); i++ {
		if name[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, name[i])
	}
	return string(append(b, '"'))
}
