package catalog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A fixture is a snapshot as text, for tests and for checking policies without a server:
//
//	database crm
//	standard
//	schema sales
//	type public.mood kind=e
//	table public.customers key=id
//	  id integer notnull default
//	  name text
//	  phone character varying(20)
//	view public.names reads=public.customers
//	  name text
//	  = SELECT customers.name FROM public.customers
//	function public.score args=int4,text returns=int4 volatile=s language=sql
//	operator public.=== left=public.mood right=public.mood result=bool function=public.same_mood
//	cast public.mood int4 method=f context=a
//
// A line that begins with # is a comment. The line "standard" brings in what a new database of PostgreSQL 15 holds. A name is written as in SQL, quotes included; a reference to an object is its OID or its name, a list of them has
// commas; a type is referred to by its typname (int4, _text), in pg_catalog unless it says otherwise. A column's type is written as SQL has it, in TypeName's spelling or a common one.
// oid=… may be left out for things of one's own: they are numbered from 100000. Columns are numbered from 1 unless num=… says otherwise. A table without a row type gets one, and an array type over it.

//go:embed standard15.txt.gz
var standard15 []byte

var standard struct {
	once     sync.Once
	snapshot *Snapshot
}

// Standard is the snapshot of a new database of PostgreSQL 15 (15.18, with plpgsql): pg_catalog, information_schema and an empty schema public.
func Standard() *Snapshot {
	standard.once.Do(func() {
		z, err := gzip.NewReader(bytes.NewReader(standard15))
		if err == nil {
			standard.snapshot, err = ReadFixture(z)
		}
		if err != nil {
			panic("catalog: standard15.txt.gz: " + err.Error()) // part of the program: a test reads it
		}
	})
	return standard.snapshot
}

// WriteFixture writes the snapshot as a fixture. What initdb made (OIDs below FirstUserOID) is left to the line "standard".
func (s *Snapshot) WriteFixture(w io.Writer) error { return s.writeFixture(w, FirstUserOID) }

// writeFixture writes all objects from an OID on; all of them, without the line "standard", from 0.
func (s *Snapshot) writeFixture(w io.Writer, from OID) error {
	b := bufio.NewWriter(w)
	fw := fixtureWriter{b: b, s: s}
	fmt.Fprintf(b, "database %s\nversion %d\n", quoteWord(s.Database), s.ServerVersion)
	if s.Fingerprint != "" && from > 0 {
		fmt.Fprintf(b, "fingerprint %s\n", quoteWord(s.Fingerprint))
	}
	if from > 0 {
		b.WriteString("standard\n")
	}
	for _, n := range s.schemas {
		if n.OID >= from {
			fmt.Fprintf(b, "schema %s oid=%d\n", quoteWord(n.Name), n.OID)
		}
	}
	for i := range s.types {
		if t := &s.types[i]; t.OID >= from {
			fw.writeType(t)
		}
	}
	for _, r := range s.relations {
		if r.OID >= from {
			fw.writeRelation(r)
		}
	}
	for i := range s.functions {
		if f := &s.functions[i]; f.OID >= from {
			fw.writeFunction(f)
		}
	}
	for i := range s.operators {
		if o := &s.operators[i]; o.OID >= from {
			fw.writeOperator(o)
		}
	}
	for _, c := range s.Casts() {
		if from == 0 || c.Source >= from || c.Target >= from || c.Function >= from {
			fmt.Fprintf(b, "cast %s %s", fw.typeRef(c.Source), fw.typeRef(c.Target))
			fw.ref("function", c.Function)
			fmt.Fprintf(b, " method=%c context=%c", c.Method, c.Context)
			fw.flag("leakproof", c.Leakproof)
			fw.end()
		}
	}
	return b.Flush()
}

// fixtureWriter writes lines; bufio keeps the first error for Flush.
type fixtureWriter struct {
	b *bufio.Writer
	s *Snapshot
}

func (w *fixtureWriter) end() { w.b.WriteByte('\n') }

func (w *fixtureWriter) flag(name string, on bool) {
	if on {
		w.b.WriteByte(' ')
		w.b.WriteString(name)
	}
}

func (w *fixtureWriter) word(name, value string) {
	if value != "" {
		fmt.Fprintf(w.b, " %s=%s", name, value)
	}
}

func (w *fixtureWriter) letter(name string, value, usual byte) {
	if value != usual {
		fmt.Fprintf(w.b, " %s=%s", name, quoteWord(string(value)))
	}
}

func (w *fixtureWriter) number(name string, value, usual int64) {
	if value != usual {
		fmt.Fprintf(w.b, " %s=%d", name, value)
	}
}

func (w *fixtureWriter) ref(name string, oid OID) {
	if oid != 0 {
		fmt.Fprintf(w.b, " %s=%d", name, oid)
	}
}

// typeRef writes a type by number when the number is fixed for ever or the user's own; what initdb numbers as it comes (the types of information_schema) goes by name.
func (w *fixtureWriter) typeRef(oid OID) string {
	if t := w.s.Type(oid); t != nil && oid >= 10000 && oid < FirstUserOID {
		return quoteWord(t.Schema) + "." + quoteWord(t.Name)
	}
	return strconv.FormatUint(uint64(oid), 10)
}

func (w *fixtureWriter) typed(name string, oid OID) {
	if oid != 0 {
		w.word(name, w.typeRef(oid))
	}
}

func (w *fixtureWriter) relations(name string, oids []OID) {
	refs := make([]string, len(oids))
	for i, oid := range oids {
		refs[i] = strconv.FormatUint(uint64(oid), 10)
		if r := w.s.RelationByOID(oid); r != nil && oid >= 10000 && oid < FirstUserOID {
			refs[i] = quoteWord(r.Schema) + "." + quoteWord(r.Name)
		}
	}
	w.word(name, strings.Join(refs, ","))
}

func (w *fixtureWriter) numbers(name string, oids []OID) {
	var refs []string
	for _, oid := range oids {
		refs = append(refs, strconv.FormatUint(uint64(oid), 10))
	}
	w.word(name, strings.Join(refs, ","))
}

func (w *fixtureWriter) writeType(t *Type) {
	fmt.Fprintf(w.b, "type %s.%s oid=%d", quoteWord(t.Schema), quoteWord(t.Name), t.OID)
	w.letter("kind", t.Kind, 'b')
	w.letter("category", t.Category, 'U')
	w.typed("elem", t.Elem)
	w.ref("array", t.Array)
	w.typed("base", t.Base)
	w.number("typmod", int64(t.BaseTypmod), -1)
	w.ref("relation", t.Relation)
	w.ref("collation", t.Collation)
	w.flag("preferred", t.Preferred)
	w.numbers("calls", t.Calls)
	w.numbers("parts", t.Parts)
	w.end()
}

// relationWords are the words for the kinds of relation.
var relationWords = map[string]RelKind{
	"table": Table, "partitioned": PartitionedTable, "view": View, "matview": MaterializedView, "foreign": ForeignTable, "sequence": Sequence, "composite": Composite,
}

func relationWord(k RelKind) string {
	for word, kind := range relationWords {
		if kind == k {
			return word
		}
	}
	return "table"
}

func (w *fixtureWriter) writeRelation(r *Relation) {
	fmt.Fprintf(w.b, "%s %s.%s oid=%d", relationWord(r.Kind), quoteWord(r.Schema), quoteWord(r.Name), r.OID)
	w.number("owner", int64(r.Owner), 10)
	var key []string
	for _, n := range r.PrimaryKey {
		key = append(key, strconv.Itoa(int(n)))
	}
	w.word("key", strings.Join(key, ","))
	w.relations("parents", r.Parents)
	w.flag("partition", r.IsPartition)
	w.relations("reads", r.Reads)
	w.numbers("calls", r.Calls)
	w.flag("security_invoker", r.SecurityInvoker)
	w.flag("security_barrier", r.SecurityBarrier)
	w.word("check_option", r.CheckOption)
	w.flag("rules", r.HasRules)
	w.flag("triggers", r.HasTriggers)
	w.flag("row_triggers", r.RowTriggers)
	w.flag("row_security", r.RowSecurity)
	w.letter("persistence", r.Persistence, 'p')
	w.end()
	for i := range r.Columns {
		c := &r.Columns[i]
		fmt.Fprintf(w.b, "  %s %s |", quoteWord(c.Name), c.TypeName)
		if int(c.Num) != i+1 {
			w.number("num", int64(c.Num), 0)
		}
		if c.Typmod != -1 || c.TypeName == "" {
			w.typed("type", c.Type)
			w.number("typmod", int64(c.Typmod), -1)
		}
		collation := OID(0)
		if t := w.s.Type(c.Type); t != nil {
			collation = t.Collation
		}
		w.number("collation", int64(c.Collation), int64(collation))
		w.word("collate", quoteAlways(c.CollationName))
		w.flag("notnull", c.NotNull)
		w.flag("default", c.HasDefault)
		w.letter("identity", c.Identity, 0)
		w.letter("generated", c.Generated, 0)
		w.end()
	}
	for _, k := range r.ForeignKeys {
		fmt.Fprintf(w.b, "  > %s", quoteWord(k.Name))
		list := func(nums []int16) string {
			var out []string
			for _, n := range nums {
				out = append(out, strconv.Itoa(int(n)))
			}
			return strings.Join(out, ",")
		}
		w.word("columns", list(k.Columns))
		w.relations("table", []OID{k.Table})
		w.word("keys", list(k.Keys))
		w.flag("deferrable", k.Deferrable)
		w.end()
	}
	if r.Definition != "" {
		for line := range strings.SplitSeq(r.Definition, "\n") {
			fmt.Fprintf(w.b, "  = %s\n", line)
		}
	}
}

func (w *fixtureWriter) writeFunction(f *Function) {
	fmt.Fprintf(w.b, "function %s.%s oid=%d", quoteWord(f.Schema), quoteWord(f.Name), f.OID)
	var args []string
	for _, a := range f.Args {
		args = append(args, w.typeRef(a))
	}
	w.word("args", strings.Join(args, ","))
	w.typed("returns", f.Returns)
	w.letter("kind", f.Kind, 'f')
	w.flag("variadic", f.Variadic)
	w.number("defaults", int64(f.Defaults), 0)
	w.flag("set", f.ReturnsSet)
	w.letter("volatile", f.Volatile, 'v')
	w.flag("leakproof", f.Leakproof)
	w.word("language", quoteWord(f.Language))
	w.flag("definer", f.SecurityDefiner)
	if f.Extension != "" {
		w.word("extension", quoteWord(f.Extension))
	}
	w.end()
}

func (w *fixtureWriter) writeOperator(o *Operator) {
	fmt.Fprintf(w.b, "operator %s.%s oid=%d", quoteWord(o.Schema), o.Name, o.OID)
	w.typed("left", o.Left)
	w.typed("right", o.Right)
	w.typed("result", o.Result)
	w.ref("function", o.Function)
	w.flag("leakproof", o.Leakproof)
	w.letter("volatile", o.Volatile, 0)
	w.end()
}

// quoteWord writes a name for a fixture: bare when it is letters, digits and underscores, in double quotes otherwise.
func quoteWord(name string) string {
	for i := 0; i < len(name); i++ {
		if c := name[i]; !(c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			return quoteAlways(name)
		}
	}
	if name == "" {
		return `""`
	}
	return name
}

func quoteAlways(name string) string {
	if name == "" {
		return ""
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// include copies another snapshot's contents, for the line "standard".
func (c *contents) include(s *Snapshot) {
	c.schemas = append(c.schemas, s.schemas...)
	c.types = append(c.types, s.types...)
	c.relations = append(c.relations, s.relations...)
	c.functions = append(c.functions, s.functions...)
	c.operators = append(c.operators, s.operators...)
	c.casts = append(c.casts, slices.Collect(func(yield func(Cast) bool) {
		for _, x := range s.casts {
			if !yield(x) {
				return
			}
		}
	})...)
}
