package catalog

import "strings"

// grammarTypes are the types of pg_catalog that PostgreSQL's grammar names itself, so that no temporary type can shadow them, by typname.
var grammarTypes = map[string]string{
	"bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real", "float8": "double precision", "numeric": "numeric", "interval": "interval",
	"time": "time without time zone", "timetz": "time with time zone", "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone",
	"varbit": "bit varying", "varchar": "character varying",
	// bit and bpchar are not here: the grammar takes bit for bit(1) and character for character(1).
}

// grammarWords are the words that begin such a type's name with a modifier.
var grammarWords = []string{"bit", "character", "interval", "numeric", "time", "timestamp"}

// typeNamer writes types as CAST takes them.
type typeNamer struct {
	types map[OID]*Type
	names map[OID]string
}

func newTypeNamer(types []Type) *typeNamer {
	n := &typeNamer{types: make(map[OID]*Type, len(types)), names: make(map[OID]string)}
	for i := range types {
		n.types[types[i].OID] = &types[i]
	}
	return n
}

// name writes a type without a modifier; "" for an unknown type.
func (n *typeNamer) name(oid OID) string {
	if name, ok := n.names[oid]; ok {
		return name
	}
	t := n.types[oid]
	if t == nil {
		return ""
	}
	var name string
	if elem := n.types[t.Elem]; elem != nil && elem.Array == oid && elem.OID != oid {
		name = n.name(t.Elem) + "[]"
	} else if g, ok := grammarTypes[t.Name]; ok && t.Schema == PgCatalog {
		name = g
	} else {
		name = QuoteIdent(t.Schema) + "." + QuoteIdent(t.Name)
	}
	n.names[oid] = name
	return name
}

// qualify makes what format_type gave with pg_catalog alone in search_path safe against temporary types: a name of pg_catalog that is no word of the grammar is qualified.
func (n *typeNamer) qualify(oid OID, formatted string) string {
	t := n.types[oid]
	if t == nil || formatted == "" {
		return ""
	}
	if elem := n.types[t.Elem]; elem != nil && elem.Array == oid {
		t = elem
	}
	if t.Schema != PgCatalog {
		return formatted
	}
	for _, w := range grammarWords {
		if rest, ok := strings.CutPrefix(formatted, w); ok && (rest == "" || rest[0] == ' ' || rest[0] == '(' || rest[0] == '[') {
			return formatted
		}
	}
	return PgCatalog + "." + formatted
}

// TypeName writes a type as CAST takes it, without a modifier; "" for an unknown type.
func (s *Snapshot) TypeName(oid OID) string {
	t := s.Type(oid)
	if t == nil {
		return ""
	}
	if elem := s.Type(t.Elem); elem != nil && elem.Array == oid && elem.OID != oid {
		return s.TypeName(t.Elem) + "[]"
	}
	if g, ok := grammarTypes[t.Name]; ok && t.Schema == PgCatalog {
		return g
	}
	return QuoteIdent(t.Schema) + "." + QuoteIdent(t.Name)
}
