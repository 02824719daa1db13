package parse

import (
	"strconv"
	"strings"

	pg_query "github.com/pganalyze/pg_query_go/v5"
	"github.com/pganalyze/pg_query_go/v5/parser"
)

//go:generate go run ../internal/gentree

// parseTree is pg_query.Parse, which gives the tree as protobuf: its C code looks at all 240 fields of a node to write the one that is there, four times as much work as the grammar itself, and protobuf's Go code takes as long again.
// Trees of queries are asked for as JSON instead, which pg_query writes straight from PostgreSQL's nodes, and read into the same Go types by code made for each of them (tree_gen.go).
//
// JSON does not tell everything: a whole number below 0 is left out like 0, see readAConst and bounds. Whatever the reader does not know for certain, it leaves to protobuf; FuzzTree holds the two against each other.
func parseTree(sql string, tokens []Token) (*pg_query.ParseResult, error) {
	if !quickTree(sql, tokens) {
		return pg_query.Parse(sql)
	}
	json, err := parser.ParseToJSON(sql)
	if err != nil {
		return nil, err
	}
	if result := readTree(json, sql); result != nil {
		return result, nil
	}
	return pg_query.Parse(sql)
}

// maxQuickTree bounds the texts whose tree is read from JSON, since that takes 25 times the text's length in C.
const maxQuickTree = 64 << 10

// quickTree tells whether it is worth to try. An array type's bound of 0, as in int[0], looks in JSON as the bound that int[] has.
func quickTree(sql string, tokens []Token) bool {
	if len(sql) > maxQuickTree || !shapely(sql, tokens[0]) {
		return false
	}
	for i := 1; i < len(tokens); i++ {
		if t := tokens[i]; t.Kind == Number && sql[t.Start] == '0' && tokens[i-1].Kind == Punct && sql[tokens[i-1].Start] == '[' {
			return false
		}
	}
	return true
}

// treeReader reads one tree from pg_query's JSON, which has no white space. Once something is not as expected it is bad, and everything it returns is empty.
type treeReader struct {
	json  string
	at    int
	sql   string
	bad   bool
	stack []*pg_query.Node // the lists being read
}

// readTree is the tree that the JSON of sql stands for; nil when that cannot be told.
func readTree(json, sql string) *pg_query.ParseResult {
	r := treeReader{json: json, sql: sql, stack: make([]*pg_query.Node, 0, 32)}
	result := new(pg_query.ParseResult)
	for key := r.open(); key != ""; key = r.next() {
		switch key {
		case "version":
			result.Version = r.int32()
		case "stmts":
			for more := r.openList(); more; more = r.nextItem() {
				result.Stmts = append(result.Stmts, r.statement())
			}
		default:
			r.fail()
		}
	}
	if r.bad || r.at != len(json) {
		return nil
	}
	return result
}

func (r *treeReader) statement() *pg_query.RawStmt {
	s := new(pg_query.RawStmt)
	for key := r.open(); key != ""; key = r.next() {
		switch key {
		case "stmt":
			s.Stmt = r.node()
		case "stmt_location":
			s.StmtLocation = r.int32()
		case "stmt_len":
			s.StmtLen = r.int32()
		default:
			r.fail()
		}
	}
	return s
}

func (r *treeReader) fail() {
	r.bad = true
	r.at = len(r.json)
}

// peek is the byte at the reader's place, 0 at the end.
func (r *treeReader) peek() byte {
	if r.at < len(r.json) {
		return r.json[r.at]
	}
	return 0
}

func (r *treeReader) expect(c byte) {
	if r.peek() != c {
		r.fail()
		return
	}
	r.at++
}

// open begins an object and returns its first key, "" when it has none.
func (r *treeReader) open() string {
	r.expect('{')
	if r.peek() == '}' {
		r.at++
		return ""
	}
	return r.key()
}

// next goes on behind a value: it returns the next key, "" when the object has ended.
func (r *treeReader) next() string {
	switch r.peek() {
	case ',':
		r.at++
		return r.key()
	case '}':
		r.at++
	default:
		r.fail()
	}
	return ""
}

func (r *treeReader) key() string {
	r.expect('"')
	n := strings.IndexByte(r.json[r.at:], '"')
	if n <= 0 {
		r.fail()
		return ""
	}
	key := r.json[r.at : r.at+n]
	r.at += n + 1
	r.expect(':')
	if r.bad {
		return ""
	}
	return key
}

// openList begins a list and says whether it has an item.
func (r *treeReader) openList() bool {
	r.expect('[')
	if r.peek() == ']' {
		r.at++
		return false
	}
	return !r.bad
}

// nextItem goes on behind an item, and says whether there is another.
func (r *treeReader) nextItem() bool {
	switch r.peek() {
	case ',':
		r.at++
		return true
	case ']':
		r.at++
	default:
		r.fail()
	}
	return false
}

func (r *treeReader) nodes() []*pg_query.Node {
	first := len(r.stack)
	for more := r.openList(); more; more = r.nextItem() {
		n := r.node()
		r.stack = append(r.stack, n)
	}
	list := make([]*pg_query.Node, len(r.stack)-first)
	copy(list, r.stack[first:])
	r.stack = r.stack[:first]
	return list
}

// text reads a string. It is part of the JSON's memory, unless it has escapes.
func (r *treeReader) text() string {
	r.expect('"')
	from := r.at
	for i := from; i < len(r.json); i++ {
		switch r.json[i] {
		case '"':
			r.at = i + 1
			return r.json[from:i]
		case '\\':
			return r.escaped(from, i)
		}
	}
	r.fail()
	return ""
}

// escaped reads a string that begins at from and has its first escape at i.
func (r *treeReader) escaped(from, i int) string {
	b := []byte(r.json[from:i])
	for ; i < len(r.json); i++ {
		c := r.json[i]
		if c == '"' {
			r.at = i + 1
			return string(b)
		}
		if c != '\\' {
			b = append(b, c)
			continue
		}
		i++
		if i == len(r.json) {
			break
		}
		switch r.json[i] {
		case '"', '\\':
			b = append(b, r.json[i])
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u': // pg_query writes these for ASCII only
			if i+4 >= len(r.json) || r.json[i+1:i+3] != "00" {
				r.fail()
				return ""
			}
			n := unhex(r.json[i+3])<<4 | unhex(r.json[i+4])
			if n < 0 || n > 0x7F {
				r.fail()
				return ""
			}
			b = append(b, byte(n))
			i += 4
		default:
			r.fail()
			return ""
		}
	}
	r.fail()
	return ""
}

// unhex is the value of a hexadecimal digit, negative when it is none.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

func (r *treeReader) int32() int32 {
	from, n := r.at, int64(0)
	if r.peek() == '-' {
		r.at++
	}
	digits := r.at
	for r.at < len(r.json) && class[r.json[r.at]]&isDigit != 0 && r.at-digits < 11 {
		n = n*10 + int64(r.json[r.at]-'0')
		r.at++
	}
	if digits > from {
		n = -n
	}
	if r.at == digits || int64(int32(n)) != n {
		r.fail()
		return 0
	}
	return int32(n)
}

// bool reads true: what is false pg_query does not write, but in one place.
func (r *treeReader) bool() bool {
	switch rest := r.json[r.at:]; {
	case strings.HasPrefix(rest, "true"):
		r.at += len("true")
		return true
	case strings.HasPrefix(rest, "false"):
		r.at += len("false")
	default:
		r.fail()
	}
	return false
}

func (r *treeReader) enum(values map[string]int32) int32 {
	n, ok := values[r.text()]
	if !ok {
		r.fail()
	}
	return n
}

// bounds reads the bounds of an array type. One that is not written is -1, which the JSON leaves out; quickTree has seen to it that none is 0, which it leaves out too.
func (r *treeReader) bounds() []*pg_query.Node {
	var list []*pg_query.Node
	for more := r.openList(); more; more = r.nextItem() {
		if r.open() != "Integer" {
			r.fail()
		}
		bound := &pg_query.Integer{Ival: -1}
		if key := r.open(); key == "ival" {
			bound.Ival = r.int32()
			r.expect('}')
		} else if key != "" {
			r.fail()
		}
		r.expect('}')
		list = append(list, &pg_query.Node{Node: &pg_query.Node_Integer{Integer: bound}})
	}
	return list
}

func (r *treeReader) readAConst(c *pg_query.A_Const) {
	var integer *pg_query.Integer
	for key := r.open(); key != ""; key = r.next() {
		switch key {
		case "ival":
			integer = new(pg_query.Integer)
			if key := r.open(); key == "ival" {
				integer.Ival = r.int32()
				r.expect('}')
			} else if key != "" {
				r.fail()
			}
			c.Val = &pg_query.A_Const_Ival{Ival: integer}
		case "fval":
			v := new(pg_query.Float)
			r.readFloat(v)
			c.Val = &pg_query.A_Const_Fval{Fval: v}
		case "boolval":
			v := new(pg_query.Boolean)
			r.readBoolean(v)
			c.Val = &pg_query.A_Const_Boolval{Boolval: v}
		case "sval":
			v := new(pg_query.String)
			r.readString(v)
			c.Val = &pg_query.A_Const_Sval{Sval: v}
		case "bsval":
			v := new(pg_query.BitString)
			r.readBitString(v)
			c.Val = &pg_query.A_Const_Bsval{Bsval: v}
		case "isnull":
			c.Isnull = r.bool()
		case "location":
			c.Location = r.int32()
		default:
			r.fail()
		}
	}
	if integer != nil && integer.Ival == 0 {
		integer.Ival = r.belowOne(int(c.Location))
	}
}

// belowOne finds the value of a whole number in the text at its place, which is its sign's when it has one. All that is known of it is that it is not above 0.
func (r *treeReader) belowOne(at int) int32 {
	if at < 0 || at >= len(r.sql) {
		r.fail()
		return 0
	}
	if class[r.sql[at]]&isDigit != 0 {
		return 0
	}
	if r.sql[at] == '-' {
		l := lexer{sql: r.sql, pos: at + 1}
		if t, err := l.next(); err == nil && t.Kind == Number && numberClass(t.Text(r.sql)) == SlotInt4 {
			n, err := strconv.ParseInt(t.Text(r.sql), 10, 32)
			if err == nil {
				return int32(-n)
			}
		}
	}
	r.fail() // - - 1, -(1)
	return 0
}
