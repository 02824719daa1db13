package rewrite_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
)

// What clients ask of the system catalogs to show tables, complete names and learn types. {name} in a statement is the number of a relation.

var relationNumber = regexp.MustCompile(`\{([^{}:"]+)\}`)

// Every introspection query of testdata/corpus/catalog answers a restricted person as it answers anybody else, but where the paragraph says “-- masked”.
func TestCatalogQueriesAnswerAsBefore(t *testing.T) {
	d := open(t, "corpus/schema.sql")
	s := &session{database: d, path: "public"}
	g := corpusGrant(t)
	count := map[string]int{}
	for _, e := range corpus(t, "catalog/*.sql") {
		file, _, _ := strings.Cut(e.place, ":")
		count[file]++
		e.sql = relationNumber.ReplaceAllStringFunc(e.sql, func(m string) string {
			rows, err := s.conn.Exec(context.Background(), `SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = '`+strings.Trim(m, "{}")+`'`).ReadAll()
			if err != nil || len(rows[0].Rows) != 1 {
				return m
			}
			return string(rows[0].Rows[0][0])
		})
		plans, err := plan(d, g, e.sql)
		if err != nil && d.cat.ServerVersion < 150000 && strings.Contains(err.Error(), "does not exist") {
			continue // psql of 15 asks for what older servers do not have
		}
		if err != nil {
			t.Errorf("%s: refused: %v\n%s", e.place, err, e.sql)
			continue
		}
		want := s.answer(t, e, e.sql, make([]int, len(plans)), nil)
		if strings.Contains(want, "ERROR 42") && d.cat.ServerVersion/10000 != 15 {
			continue // psql of 15 asks for columns that other versions call otherwise
		}
		if strings.Contains(want, "ERROR") && !strings.Contains(want, "no binary output function") {
			t.Errorf("%s: the statement itself is wrong: %s\n%s", e.place, e.sql, clip(want))
			continue
		}
		got := s.answer(t, e, joined(plans), strips(plans), nil)
		if e.masked {
			want, _, _ = strings.Cut(want, "\n")
			got, _, _ = strings.Cut(got, "\n")
		}
		if got != want {
			a, b := firstDifference(got, want)
			t.Errorf("%s: answers otherwise than without Cordon:\n%s\nrewritten: %s\ngot:\n%s\nwant:\n%s", e.place, e.sql, clip(joined(plans)), clip(a), clip(b))
		}
	}
	tally(t, count)
}
