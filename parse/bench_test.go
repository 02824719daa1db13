package parse

import (
	"strings"
	"testing"
)

// ormStatement is of the size and kind that object-relational mappers send.
const ormStatement = `SELECT "a"."id" AS "id", "a"."name" AS "name", "a"."create_date" AS "create_date", "a"."active" AS "active", "b"."value" AS "value" FROM "party_party" AS "a" LEFT JOIN "party_contact" AS "b" ON ("a"."id" = "b"."party") WHERE (("a"."active" = true) AND ("a"."id" IN (1205, 1206, 1207)) AND ("b"."type" = 'phone')) ORDER BY "a"."name" ASC LIMIT 80`

func BenchmarkLex(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(ormStatement)))
	var tokens []Token
	for b.Loop() {
		tokens, _ = Lex(tokens[:0], ormStatement)
	}
}

func BenchmarkAbstract(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(ormStatement)))
	var s Shape
	for b.Loop() {
		Abstract(&s, ormStatement)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(ormStatement)))
	for b.Loop() {
		if _, err := Parse(ormStatement, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseBegin(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Parse("BEGIN", Limits{})
	}
}

func BenchmarkCheckDepth(b *testing.B) {
	b.ReportAllocs()
	tokens, _ := Lex(nil, ormStatement)
	for b.Loop() {
		checkDepth(ormStatement, tokens, DefaultDepth)
	}
}

func BenchmarkComments(b *testing.B) {
	b.ReportAllocs()
	sql := ormStatement + " /* user='alice',route='%2Fparty' */"
	for b.Loop() {
		for range Comments(sql) {
		}
	}
}

// Lexing must not allocate, or each statement would.
func TestHotPathAllocatesNothing(t *testing.T) {
	tokens := make([]Token, 0, 200)
	if n := testing.AllocsPerRun(100, func() { tokens, _ = Lex(tokens[:0], ormStatement) }); n != 0 {
		t.Errorf("Lex allocates %v times", n)
	}
	s := Shape{Key: make([]byte, 0, 1000), Slots: make([]Slot, 0, 100)}
	sql := ormStatement + strings.Repeat(" ", 10) + "-- c"
	if n := testing.AllocsPerRun(100, func() { Abstract(&s, sql) }); n != 0 {
		t.Errorf("Abstract allocates %v times", n)
	}
}
