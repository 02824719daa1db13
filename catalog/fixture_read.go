package catalog

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ParseFixture makes a snapshot from a fixture written by hand; unlike ReadFixture it begins with what a new database holds, as if its first line were "standard".
func ParseFixture(text string) (*Snapshot, error) {
	return readFixture(strings.NewReader(text), true)
}

// ReadFixture makes a snapshot from what WriteFixture wrote. An error is a sentence after the line's number.
func ReadFixture(r io.Reader) (*Snapshot, error) { return readFixture(r, false) }

// maxFixtureLine bounds one line of a fixture: a view's definition may be long.
const maxFixtureLine = 1 << 20

func readFixture(in io.Reader, standard bool) (*Snapshot, error) {
	f := fixtureReader{
		s: &Snapshot{Database: "fixture", ServerVersion: 150000}, next: 100000,
		typeNames: map[qualified]OID{}, relNames: map[qualified]OID{}, funcNames: map[qualified]OID{}, rowTypes: map[OID]bool{}, arrays: map[OID]OID{}, collations: map[OID]OID{},
	}
	if standard {
		f.include()
	}
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 0, 64<<10), maxFixtureLine)
	for scanner.Scan() {
		f.line++
		if err := f.read(strings.TrimRight(scanner.Text(), "\r")); err != nil {
			return nil, fmt.Errorf("line %d: %w", f.line, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", f.line+1, err)
	}
	f.addRowTypes()
	// References may point forward, so they are followed when every line has been read.
	for _, d := range f.later {
		if err := d.do(); err != nil {
			return nil, fmt.Errorf("line %d: %w", d.line, err)
		}
	}
	f.s.index(f.c)
	return f.s, nil
}

// fixtureReader is a fixture being read.
type fixtureReader struct {
	s          *Snapshot
	c          contents
	line       int
	next       OID // for things without oid=
	standard   bool
	relation   *Relation // whose columns are being read
	typeNames  map[qualified]OID
	relNames   map[qualified]OID
	funcNames  map[qualified]OID // the first of a name
	rowTypes   map[OID]bool      // relations that have a row type
	arrays     map[OID]OID       // the array type over a type
	collations map[OID]OID       // of types
	later      []deferred
}

type deferred struct {
	line int
	do   func() error
}

func (f *fixtureReader) defers(do func() error) { f.later = append(f.later, deferred{f.line, do}) }

func (f *fixtureReader) include() {
	if f.standard {
		return
	}
	f.standard = true
	std := Standard()
	f.c.include(std)
	for i := range std.types {
		f.addTypeName(&std.types[i])
	}
	for _, r := range std.relations {
		f.relNames[qualified{r.Schema, r.Name}] = r.OID
		f.rowTypes[r.OID] = true
	}
	for i := range std.functions {
		f.addFunctionName(&std.functions[i])
	}
}

func (f *fixtureReader) addTypeName(t *Type) {
	f.typeNames[qualified{t.Schema, t.Name}] = t.OID
	f.arrays[t.OID], f.collations[t.OID] = t.Array, t.Collation
	if t.Relation != 0 {
		f.rowTypes[t.Relation] = true
	}
}

func (f *fixtureReader) addFunctionName(p *Function) {
	if _, ok := f.funcNames[qualified{p.Schema, p.Name}]; !ok {
		f.funcNames[qualified{p.Schema, p.Name}] = p.OID
	}
}

func (f *fixtureReader) read(line string) error {
	if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	if line[0] == ' ' || line[0] == '\t' {
		if f.relation == nil {
			return fmt.Errorf("a line that begins with a blank belongs to a table or view, and none stands above it")
		}
		return f.readColumn(f.relation, line)
	}
	f.relation = nil
	words, err := fixtureWords(line)
	if err != nil {
		return err
	}
	a := attributes{words: words[1:]}
	if kind, ok := relationWords[words[0]]; ok {
		return f.readRelation(kind, &a)
	}
	switch words[0] {
	case "database":
		f.s.Database = unquoteWord(a.positional())
	case "version":
		f.s.ServerVersion, err = strconv.Atoi(a.positional())
		if err != nil {
			return err
		}
	case "fingerprint":
		f.s.Fingerprint = unquoteWord(a.positional())
	case "standard":
		f.include()
	case "schema":
		n := Schema{Name: unquoteWord(a.positional())}
		n.OID = f.oid(&a)
		f.c.schemas = append(f.c.schemas, n)
	case "type":
		return f.readType(&a)
	case "function":
		return f.readFunction(&a)
	case "operator":
		return f.readOperator(&a)
	case "cast":
		return f.readCast(&a)
	default:
		return fmt.Errorf("%q is not a word that begins a line", words[0])
	}
	return a.done()
}

// addRowTypes gives every relation without a row type one, with an array type over it.
func (f *fixtureReader) addRowTypes() {
	for _, r := range f.c.relations {
		if f.rowTypes[r.OID] || r.Kind == Sequence {
			continue
		}
		row, array := f.next, f.next+1
		f.next += 2
		for _, t := range []Type{
			{OID: row, Schema: r.Schema, Name: r.Name, Kind: 'c', Category: 'C', Array: array, BaseTypmod: -1, Relation: r.OID},
			{OID: array, Schema: r.Schema, Name: "_" + r.Name, Kind: 'b', Category: 'A', Elem: row, BaseTypmod: -1},
		} {
			f.addTypeName(&t)
			f.c.types = append(f.c.types, t)
		}
	}
}

func (f *fixtureReader) oid(a *attributes) OID {
	if oid := OID(a.number("oid", 0)); oid != 0 {
		return oid
	}
	f.next++
	return f.next - 1
}

func (f *fixtureReader) readType(a *attributes) error {
	name, err := splitName(a.positional())
	if err != nil {
		return err
	}
	t := Type{Schema: name.schema, Name: name.name, OID: f.oid(a), Kind: a.letter("kind", 'b'), Category: a.letter("category", 'U'), Array: OID(a.number("array", 0)), BaseTypmod: int32(a.number("typmod", -1)), Relation: OID(a.number("relation", 0)), Collation: OID(a.number("collation", 0)), Preferred: a.flag("preferred")}
	elem, base := a.word("elem"), a.word("base")
	calls, parts := a.list("calls"), a.list("parts")
	f.addTypeName(&t)
	i := len(f.c.types)
	f.c.types = append(f.c.types, t)
	f.defers(func() error {
		t := &f.c.types[i]
		if t.Elem, err = f.typeRef(elem); err != nil {
			return err
		}
		if t.Base, err = f.typeRef(base); err != nil {
			return err
		}
		for _, w := range calls {
			oid, err := reference(w, f.funcNames)
			if err != nil {
				return err
			}
			t.Calls = append(t.Calls, oid)
		}
		for _, w := range parts {
			oid, err := f.typeRef(w)
			if err != nil {
				return err
			}
			t.Parts = append(t.Parts, oid)
		}
		return nil
	})
	return a.done()
}

func (f *fixtureReader) readRelation(kind RelKind, a *attributes) error {
	name, err := splitName(a.positional())
	if err != nil {
		return err
	}
	r := &Relation{OID: f.oid(a), Schema: name.schema, Name: name.name, Kind: kind, Owner: OID(a.number("owner", 10)), IsPartition: a.flag("partition"), SecurityInvoker: a.flag("security_invoker"), SecurityBarrier: a.flag("security_barrier"),
		CheckOption: a.word("check_option"), HasRules: a.flag("rules"), HasTriggers: a.flag("triggers"), RowTriggers: a.flag("row_triggers"), RowSecurity: a.flag("row_security"), Persistence: a.letter("persistence", 'p')}
	key, parents, reads, calls := a.list("key"), a.list("parents"), a.list("reads"), a.list("calls")
	if _, taken := f.relNames[name]; taken {
		return fmt.Errorf("there is a relation %s already", r.QualifiedName())
	}
	f.relNames[name] = r.OID
	f.c.relations = append(f.c.relations, r)
	f.relation = r
	f.defers(func() error {
		for _, k := range key {
			if n, err := strconv.ParseInt(k, 10, 16); err == nil {
				r.PrimaryKey = append(r.PrimaryKey, int16(n))
			} else if c := r.Column(unquoteWord(k)); c != nil {
				r.PrimaryKey = append(r.PrimaryKey, c.Num)
			} else {
				return fmt.Errorf("key: %s has no column %s", r.QualifiedName(), k)
			}
		}
		for _, x := range []struct {
			words []string
			names map[qualified]OID
			to    *[]OID
		}{{parents, f.relNames, &r.Parents}, {reads, f.relNames, &r.Reads}, {calls, f.funcNames, &r.Calls}} {
			for _, w := range x.words {
				oid, err := reference(w, x.names)
				if err != nil {
					return err
				}
				*x.to = append(*x.to, oid)
			}
		}
		return nil
	})
	return a.done()
}

// readColumn reads a column, or a line of a view's definition.
func (f *fixtureReader) readColumn(r *Relation, line string) error {
	trimmed := strings.TrimLeft(line, " \t")
	if text, ok := strings.CutPrefix(trimmed, "="); ok {
		text = strings.TrimPrefix(text, " ")
		if r.Definition != "" {
			text = r.Definition + "\n" + text
		}
		r.Definition = text
		return nil
	}
	words, err := fixtureWords(trimmed)
	if err != nil {
		return err
	}
	if len(words) > 1 && words[0] == ">" {
		return f.readForeignKey(r, words[1:])
	}
	// The type's own words end at a bar or at the first word that is an attribute.
	c := Column{Name: unquoteWord(words[0]), Num: 1}
	if n := len(r.Columns); n > 0 {
		c.Num = r.Columns[n-1].Num + 1
	}
	end := 1
	for end < len(words) && words[end] != "|" && words[end] != "notnull" && words[end] != "default" && !strings.Contains(words[end], "=") {
		end++
	}
	text := strings.Join(words[1:end], " ")
	if end < len(words) && words[end] == "|" {
		end++
	}
	a := attributes{words: words[end:]}
	c.Num = int16(a.number("num", int64(c.Num)))
	c.TypeName, c.Typmod = text, int32(a.number("typmod", -1))
	typeWord, collation := a.word("type"), a.number("collation", -1)
	c.CollationName = unquoteWord(a.word("collate"))
	c.NotNull, c.HasDefault, c.Identity, c.Generated = a.flag("notnull"), a.flag("default"), a.letter("identity", 0), a.letter("generated", 0)
	r.Columns = append(r.Columns, c)
	i := len(r.Columns) - 1
	f.defers(func() error {
		c := &r.Columns[i]
		if typeWord != "" {
			if c.Type, err = f.typeRef(typeWord); err != nil {
				return err
			}
		} else if err := f.spellType(c, text); err != nil {
			return err
		}
		if c.Collation = OID(collation); collation < 0 {
			c.Collation = 0
			c.Collation = f.collations[c.Type]
		}
		return nil
	})
	return a.done()
}

func (f *fixtureReader) readFunction(a *attributes) error {
	name, err := splitName(a.positional())
	if err != nil {
		return err
	}
	p := Function{Schema: name.schema, Name: name.name, OID: f.oid(a), Kind: a.letter("kind", 'f'), Variadic: a.flag("variadic"), Defaults: int(a.number("defaults", 0)), ReturnsSet: a.flag("set"), Volatile: a.letter("volatile", 'v'),
		Leakproof: a.flag("leakproof"), Language: unquoteWord(a.word("language")), SecurityDefiner: a.flag("definer"), Extension: unquoteWord(a.word("extension"))}
	if p.Language == "" {
		p.Language = "sql"
	}
	args, returns := a.list("args"), a.word("returns")
	f.addFunctionName(&p)
	i := len(f.c.functions)
	f.c.functions = append(f.c.functions, p)
	f.defers(func() error {
		p := &f.c.functions[i]
		for _, w := range args {
			oid, err := f.typeRef(w)
			if err != nil {
				return err
			}
			p.Args = append(p.Args, oid)
		}
		p.Returns, err = f.typeRef(returns)
		return err
	})
	return a.done()
}

func (f *fixtureReader) readOperator(a *attributes) error {
	word := a.positional()
	schema, name := "", ""
	if i := strings.LastIndexByte(word, '.'); i >= 0 {
		schema, name = unquoteWord(word[:i]), word[i+1:]
	}
	if name == "" {
		return fmt.Errorf("an operator is written as schema.name, not as %q", word)
	}
	o := Operator{OID: f.oid(a), Schema: schema, Name: name, Leakproof: a.flag("leakproof"), Volatile: a.letter("volatile", 0)}
	left, right, result, function := a.word("left"), a.word("right"), a.word("result"), a.word("function")
	i := len(f.c.operators)
	f.c.operators = append(f.c.operators, o)
	f.defers(func() error {
		o := &f.c.operators[i]
		return f.follow([]toFollow{{left, &o.Left}, {right, &o.Right}, {result, &o.Result}}, function, &o.Function)
	})
	return a.done()
}

func (f *fixtureReader) readCast(a *attributes) error {
	source, target, function := a.positional(), a.positional(), a.word("function")
	i := len(f.c.casts)
	f.c.casts = append(f.c.casts, Cast{Method: a.letter("method", 'f'), Context: a.letter("context", 'e'), Leakproof: a.flag("leakproof")})
	f.defers(func() error {
		c := &f.c.casts[i]
		return f.follow([]toFollow{{source, &c.Source}, {target, &c.Target}}, function, &c.Function)
	})
	return a.done()
}

// toFollow is a reference to a type and where what it leads to goes.
type toFollow struct {
	word string
	to   *OID
}

func (f *fixtureReader) follow(types []toFollow, function string, to *OID) error {
	for _, x := range types {
		oid, err := f.typeRef(x.word)
		if err != nil {
			return err
		}
		*x.to = oid
	}
	if function == "" {
		return nil
	}
	oid, err := reference(function, f.funcNames)
	*to = oid
	return err
}

// typeRef follows a reference to a type: an OID, a typname of pg_catalog, or schema.typname; "" is 0.
func (f *fixtureReader) typeRef(word string) (OID, error) {
	if word == "" {
		return 0, nil
	}
	if !strings.Contains(word, ".") {
		if _, err := strconv.ParseUint(word, 10, 32); err != nil {
			word = PgCatalog + "." + word
		}
	}
	return reference(word, f.typeNames)
}

// reference follows an OID or a qualified name.
func reference(word string, names map[qualified]OID) (OID, error) {
	if n, err := strconv.ParseUint(word, 10, 32); err == nil {
		return OID(n), nil
	}
	name, err := splitName(word)
	if err != nil {
		return 0, err
	}
	oid, ok := names[name]
	if !ok {
		return 0, fmt.Errorf("nothing is called %s", word)
	}
	return oid, nil
}

// readForeignKey reads a line such as: > orders_customer_id_fkey columns=2 table=public.customers keys=1
func (f *fixtureReader) readForeignKey(r *Relation, words []string) error {
	a := attributes{words: words[1:]}
	k := ForeignKey{Name: unquoteWord(words[0]), Deferrable: a.flag("deferrable")}
	table := a.word("table")
	for _, x := range []struct {
		words []string
		to    *[]int16
	}{{a.list("columns"), &k.Columns}, {a.list("keys"), &k.Keys}} {
		for _, w := range x.words {
			n, err := strconv.ParseInt(w, 10, 16)
			if err != nil {
				return fmt.Errorf("foreign key %s: %q is not the number of a column", k.Name, w)
			}
			*x.to = append(*x.to, int16(n))
		}
	}
	r.ForeignKeys = append(r.ForeignKeys, k)
	i := len(r.ForeignKeys) - 1
	f.defers(func() error {
		var err error
		r.ForeignKeys[i].Table, err = reference(table, f.relNames)
		return err
	})
	return a.done()
}
