package rewrite

import (
	"fmt"
	"strconv"
	"strings"

	"cordon/catalog"
)

// The object identifiers of the types that masks know; they are the same in every PostgreSQL.
const (
	oidBool        catalog.OID = 16
	oidBytea       catalog.OID = 17
	oidName        catalog.OID = 19
	oidInt8        catalog.OID = 20
	oidInt2        catalog.OID = 21
	oidInt4        catalog.OID = 23
	oidText        catalog.OID = 25
	oidJSON        catalog.OID = 114
	oidFloat4      catalog.OID = 700
	oidFloat8      catalog.OID = 701
	oidBpchar      catalog.OID = 1042
	oidVarchar     catalog.OID = 1043
	oidMoney       catalog.OID = 790
	oidDate        catalog.OID = 1082
	oidTime        catalog.OID = 1083
	oidTimestamp   catalog.OID = 1114
	oidTimestamptz catalog.OID = 1184
	oidInterval    catalog.OID = 1186
	oidTimetz      catalog.OID = 1266
	oidBit         catalog.OID = 1560
	oidVarbit      catalog.OID = 1562
	oidNumeric     catalog.OID = 1700
	oidUUID        catalog.OID = 2950
	oidJSONB       catalog.OID = 3802

	oidCollationC catalog.OID = 950 // of pg_collation; the default of name, and of no other type
)

// maskType is a column's type as masks see it: domains resolved, arrays taken apart.
type maskType struct {
	name      string      // for messages, as format_type writes it
	sql       string      // in CAST(… AS sql), independent of search_path
	base      catalog.OID // the type below any domains
	typmod    int32       // of base, -1 for none
	domain    bool
	citext    bool
	elem      *maskType // of an array, nil otherwise
	version   int       // of the server, as server_version_num
	cat       *catalog.Snapshot
	collation string // the type's own collation, qualified; "" when it has none or it is not one of pg_catalog's
}

// maskTypeOf resolves a column's type.
//
// A column of a domain is masked as its base type. A domain can have a CHECK that the masked value fails (a phone number of digits only), and a cast to it
// would raise an error for that row. PostgreSQL describes such a column by its base type on the wire in any case.
func maskTypeOf(col *catalog.Column, cat *catalog.Snapshot) (*maskType, error) {
	return newMaskType(col.Type, col.Typmod, col.TypeName, cat)
}

func newMaskType(oid catalog.OID, typmod int32, name string, cat *catalog.Snapshot) (*maskType, error) {
	typ := cat.Type(oid)
	if typ == nil {
		return nil, fmt.Errorf("the type %s is not in the catalog", name)
	}
	t := &maskType{name: strings.TrimPrefix(name, "pg_catalog."), base: oid, typmod: typmod, version: cat.ServerVersion, cat: cat}
	for depth := 0; typ.Kind == 'd'; depth++ {
		if t.domain = true; typmod < 0 {
			typmod = typ.BaseTypmod
		}
		over := cat.Type(typ.Base)
		if over == nil || depth > 100 {
			return nil, fmt.Errorf("the type under the domain %s is not in the catalog", name)
		}
		t.base, t.typmod, typ = typ.Base, typmod, over
	}
	t.citext = typ.Name == "citext" && typ.Kind == 'b' && typ.Schema != "pg_catalog"
	switch {
	case typ.Schema == "pg_catalog" && t.typmod < 0:
		t.sql = "pg_catalog." + quoteIdent(typ.Name)
	case typ.Schema == "pg_catalog":
		t.sql = "pg_catalog." + quoteIdent(typ.Name) + maskTypmod(t.base, typ.Elem, t.typmod)
	case t.domain || name == "":
		// A typmod of an extension's type under a domain is left out: only its own output function can spell it.
		t.sql = quoteName(typ.Schema, typ.Name)
	default:
		t.sql = name // format_type qualifies what is not in pg_catalog
	}
	switch {
	case t.base == oidName:
		t.collation = `pg_catalog."C"`
	case typ.Collation != 0:
		t.collation = `pg_catalog."default"`
	}
	if typ.Elem != 0 && typ.Category == 'A' {
		elem, err := newMaskType(typ.Elem, t.typmod, "", cat)
		if err != nil {
			return nil, err
		}
		elem.name = strings.TrimPrefix(elem.sql, "pg_catalog.")
		t.elem = elem
		if over := cat.Type(elem.base); elem.domain && over != nil { // an array of a domain holds elements of the domain, which its CHECK looks at
			t.domain, t.base, t.typmod, t.sql = true, over.Array, elem.typmod, elem.sql+"[]"
		}
	}
	return t, nil
}

// maskTypmod is the part in parentheses, for the types of pg_catalog that have one. It is written as the type's typmodin function takes it, behind the
// bare name of the type: CAST(… AS pg_catalog."varchar"(20)).
func maskTypmod(base, elem catalog.OID, typmod int32) string {
	if elem != 0 && base != oidName {
		base = elem
	}
	one := func(n int32) string { return "(" + strconv.Itoa(int(n)) + ")" }
	switch base {
	case oidVarchar, oidBpchar:
		return one(typmod - 4)
	case oidBit, oidVarbit, oidTime, oidTimetz, oidTimestamp, oidTimestamptz:
		return one(typmod)
	case oidNumeric:
		p, s := numericTypmod(typmod)
		return "(" + strconv.Itoa(p) + "," + strconv.Itoa(s) + ")"
	case oidInterval:
		fields, precision := typmod>>16&0x7fff, typmod&0xffff
		if precision == 0xffff {
			return one(fields)
		}
		return "(" + strconv.Itoa(int(fields)) + "," + strconv.Itoa(int(precision)) + ")"
	default:
		return ""
	}
}

// numericTypmod is the precision and scale in a numeric's typmod; PostgreSQL 15 and later have scales from -1000 to 1000, as eleven bits.
func numericTypmod(typmod int32) (precision, scale int) {
	n := typmod - 4
	return int(n >> 16 & 0xffff), int(n&0x7ff^0x400) - 0x400
}

// isText tells whether the values are character strings.
func (t *maskType) isText() bool {
	switch t.base {
	case oidText, oidVarchar, oidBpchar, oidName:
		return true
	default:
		return t.citext
	}
}

func (t *maskType) isNumber() bool {
	switch t.base {
	case oidInt2, oidInt4, oidInt8, oidNumeric, oidFloat4, oidFloat8:
		return true
	default:
		return false
	}
}

func (t *maskType) isDate() bool {
	return t.base == oidDate || t.base == oidTimestamp || t.base == oidTimestamptz
}

// unbounded tells whether a character string of this type can be as long as PostgreSQL stores any.
func (t *maskType) unbounded() bool {
	return t.typmod < 0 && t.base != oidName
}

// text is ref as text: without a char(n)'s padding, and without a domain.
func (t *maskType) text(ref string) string {
	if !t.domain && (t.base == oidText || t.base == oidVarchar) {
		return ref
	}
	return "CAST(" + ref + " AS pg_catalog.text)"
}
