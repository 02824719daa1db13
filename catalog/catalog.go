package catalog

// OID is an object identifier of the database.
type OID uint32

// RelKind is pg_class.relkind.
type RelKind byte

// The kinds of relation.
const (
	Table            RelKind = 'r'
	PartitionedTable RelKind = 'p'
	View             RelKind = 'v'
	MaterializedView RelKind = 'm'
	ForeignTable     RelKind = 'f'
	Sequence         RelKind = 'S'
	Composite        RelKind = 'c'
	Index            RelKind = 'i' // not loaded
	Toast            RelKind = 't' // not loaded
)

// Column is one live column of a relation, in attnum order.
type Column struct {
	Num           int16 // pg_attribute.attnum, from 1; dropped columns leave gaps
	Name          string
	Type          OID
	Typmod        int32  // -1 for none
	TypeName      string // the type as CAST(… AS TypeName) takes it, schema-qualified but where the grammar itself names a type of pg_catalog: integer, character varying(20), pg_catalog.text, public.mood[]
	Collation     OID    // 0 for none; CollationName is set when it differs from the type's own collation
	CollationName string // qualified and quoted, "" for the type's default
	NotNull       bool
	HasDefault    bool
	Identity      byte // 0, 'a' or 'd'
	Generated     byte // 0 or 's' (stored), 'v' (virtual)
}

// Relation is one table, view, or other thing with columns.
type Relation struct {
	OID             OID
	Schema          string
	Name            string
	Kind            RelKind
	Owner           OID
	Columns         []Column
	PrimaryKey      []int16      // attnums of the primary key in key order, nil without one
	ForeignKeys     []ForeignKey // by name
	Parents         []OID        // direct inheritance parents in inhseqno order, or the partitioned parent
	IsPartition     bool         // of a partitioned table, its only parent
	Definition      string       // for views and materialized views outside pg_catalog: pg_get_viewdef without the final semicolon. Names that are not qualified are pg_catalog's, whatever the session's search_path; "" otherwise
	Reads           []OID        // for views and materialized views: relations that the definition refers to directly, those of pg_catalog too, ascending; for sequences: tables whose columns take their values from it
	Calls           []OID        // for views and materialized views: functions beyond pg_catalog's own that the definition refers to directly, also those behind operators, ascending
	SecurityInvoker bool         // view option: the view reads with the rights of whoever queries it
	SecurityBarrier bool         // view option
	CheckOption     string       // view option: "", "local" or "cascaded"
	HasRules        bool         // rewrite rules other than a view's own SELECT rule
	HasTriggers     bool         // triggers other than those of constraints
	RowTriggers     bool         // among them such as can change a row before it is stored: BEFORE, for each row
	RowSecurity     bool
	Persistence     byte // 'p' permanent, 'u' unlogged; 't' temporary, as [Temporary] reads them: they are in no snapshot
}

// ForeignKey is one foreign key of a relation.
type ForeignKey struct {
	Name       string
	Columns    []int16 // attnums
	Table      OID     // that they refer to
	Keys       []int16 // and its columns, in the order of Columns
	Deferrable bool
}

// Column finds a column by name; nil when there is none.
func (r *Relation) Column(name string) *Column {
	for i := range r.Columns {
		if r.Columns[i].Name == name {
			return &r.Columns[i]
		}
	}
	return nil
}

// ColumnNum finds a column by attnum; nil when there is none.
func (r *Relation) ColumnNum(n int16) *Column {
	for i := range r.Columns {
		if r.Columns[i].Num == n {
			return &r.Columns[i]
		}
	}
	return nil
}

// Type is one data type.
type Type struct {
	OID        OID
	Schema     string
	Name       string // pg_type.typname, such as int4
	Kind       byte   // pg_type.typtype: b base, c composite, d domain, e enum, p pseudo, r range, m multirange
	Category   byte   // pg_type.typcategory
	Elem       OID    // element type of a true array, 0 otherwise
	Array      OID    // the array type over this one, 0 for none
	Base       OID    // of a domain: the type it is over
	BaseTypmod int32
	Relation   OID // of a composite: its pg_class row
	Collation  OID
	Preferred  bool
	Calls      []OID // functions beyond pg_catalog's own that values pass through without anybody naming them, ascending: of a domain's CHECK constraints, of user-made default operator classes for btree and hash, of a range's
	Parts      []OID // types that values pass through likewise, besides element, base and columns: a range's subtype, a multirange's range, types that a domain's CHECK names
}

// Function is one row of pg_proc.
type Function struct {
	OID             OID
	Schema          string
	Name            string
	Kind            byte // f function, p procedure, a aggregate, w window
	Args            []OID
	Variadic        bool
	Defaults        int // number of arguments with defaults
	Returns         OID
	ReturnsSet      bool
	Volatile        byte // i, s, v
	Leakproof       bool
	Language        string
	SecurityDefiner bool
	Extension       string // that it belongs to, "" for none
}

// Operator is one row of pg_operator.
type Operator struct {
	OID       OID
	Schema    string
	Name      string
	Left      OID // 0 for a prefix operator
	Right     OID
	Result    OID
	Function  OID
	Leakproof bool // of the function behind it
	Volatile  byte
}

// Cast is one row of pg_cast.
type Cast struct {
	Source, Target OID
	Function       OID  // 0 for binary coercible and I/O casts
	Method         byte // f function, i in/out, b binary
	Context        byte // e explicit, a assignment, i implicit
	Leakproof      bool // binary casts are; functions by proleakproof
}
