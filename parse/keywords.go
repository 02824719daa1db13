package parse

import "strings"

// KeywordClass says where PostgreSQL's grammar takes a keyword as a name. The zero value is no keyword.
type KeywordClass uint8

// The classes, as the manual's appendix of SQL key words has them.
const (
	NotKeyword       KeywordClass = iota
	UnreservedWord                // any name
	ColumnNameWord                // a column or table, not a function or type
	TypeFuncNameWord              // a function or type, not a column
	ReservedWord                  // only as a label
)

// keywordLists are the keywords of PostgreSQL 16's kwlist.h, the grammar behind Parse. A test holds them against that grammar's own scanner.
var keywordLists = [...]struct {
	class KeywordClass
	words string
}{
	{UnreservedWord, `
		abort absent absolute access action add admin after aggregate also alter always asensitive assertion assignment at atomic attach attribute backward
		before begin breadth by cache call called cascade cascaded catalog chain characteristics checkpoint class close cluster columns comment comments
		commit committed compression configuration conflict connection constraints content continue conversion copy cost csv cube current cursor cycle data
		database day deallocate declare defaults deferred definer delete delimiter delimiters depends depth detach dictionary disable discard document
		domain double drop each enable encoding encrypted enum escape event exclude excluding exclusive execute explain expression extension external family
		filter finalize first following force format forward function functions generated global granted groups handler header hold hour identity if
		immediate immutable implicit import include including increment indent index indexes inherit inherits inline input insensitive insert instead
		invoker isolation json key keys label language large last leakproof level listen load local location lock locked logged mapping match matched
		materialized maxvalue merge method minute minvalue mode month move name names new next nfc nfd nfkc nfkd no normalized nothing notify nowait nulls
		object of off oids old operator option options ordinality others over overriding owned owner parallel parameter parser partial partition passing
		password plans policy preceding prepare prepared preserve prior privileges procedural procedure procedures program publication quote range read
		reassign recheck recursive ref referencing refresh reindex relative release rename repeatable replace replica reset restart restrict return returns
		revoke role rollback rollup routine routines rows rule savepoint scalar schema schemas scroll search second security sequence sequences serializable
		server session set sets share show simple skip snapshot sql stable standalone start statement statistics stdin stdout storage stored strict strip
		subscription support sysid system tables tablespace temp template temporary text ties transaction transform trigger truncate trusted type types
		uescape unbounded uncommitted unencrypted unknown unlisten unlogged until update vacuum valid validate validator value varying version view views
		volatile whitespace within without work wrapper write xml year yes zone`},
	{ColumnNameWord, `
		between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int integer interval json_array
		json_arrayagg json_object json_objectagg least national nchar none normalize nullif numeric out overlay position precision real row setof smallint
		substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot
		xmlserialize xmltable`},
	{TypeFuncNameWord, `
		authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left like natural notnull outer overlaps
		right similar tablesample verbose`},
	{ReservedWord, `
		all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_catalog current_date current_role
		current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign from grant group having in
		initially intersect into lateral leading limit localtime localtimestamp not null offset on only or order placing primary references returning select
		session_user some symmetric system_user table then to trailing true union unique user using variadic when where window with`},
}

// maxKeyword is the length in bytes of the longest keyword.
const maxKeyword = 17

// keywordTable is an open hash table of all keywords, probed without allocation: the lexer asks it for each identifier.
var keywordTable [keywordSlots]keywordSlot

const keywordSlots = 2048 // a power of two, more than four times the keywords, so that most probes end at once

type keywordSlot struct {
	word  string
	class KeywordClass
}

func init() {
	for _, list := range keywordLists {
		for _, w := range strings.Fields(list.words) {
			i := keywordHash(w)
			for keywordTable[i].word != "" {
				i = (i + 1) % keywordSlots
			}
			keywordTable[i] = keywordSlot{w, list.class}
		}
	}
}

// keywordHash mixes length, first, second, middle and last letters, folded to lower case as the lexer does: setting bit 5 folds letters and may confuse other bytes, which the comparison then tells apart.
func keywordHash(w string) uint32 {
	n := uint32(len(w))
	h := n
	h = h*31 + uint32(w[0]|0x20)
	h = h*31 + uint32(w[n/2]|0x20)
	h = h*31 + uint32(w[n-1]|0x20)
	h = h*31 + uint32(w[n/3]|0x20)
	h *= 0x9E3779B1
	return h >> 21
}

// Keyword tells the class of a word in any case; NotKeyword for other words. Only ASCII letters are folded, as in PostgreSQL.
func Keyword(word string) KeywordClass {
	if len(word) < 2 || len(word) > maxKeyword {
		return NotKeyword
	}
	for i := keywordHash(word); ; i = (i + 1) % keywordSlots {
		s := &keywordTable[i]
		if s.word == "" {
			return NotKeyword
		}
		if equalFold(word, s.word) {
			return s.class
		}
	}
}

// equalFold compares s, its ASCII letters folded, with lower, which is in lower case.
func equalFold(s, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
