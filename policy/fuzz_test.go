package policy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pg_query "github.com/pganalyze/pg_query_go/v5"

	"cordon/parse"
)

// noFiles stands for key files.
func noFiles(string) ([]byte, error) {
	return []byte("0123456789abcdefghijklmnopqrstuvwxyz"), nil
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/load/*.yaml", "testdata/decide/*.case"} {
		files, _ := filepath.Glob(pattern)
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseWith("policy.yaml", data, noFiles)
		if err != nil {
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 || p != nil {
				t.Fatalf("policy %v, error %v", p, err)
			}
			lines := strings.Count(string(data), "\n") + 1
			for _, one := range problems {
				if one.Text == "" || one.Line > lines+1 || one.Line < 0 || one.Col < 0 {
					t.Fatalf("%#v in a file of %d lines", one, lines)
				}
			}
			return
		}
		// What is accepted can be used.
		for name := range p.Users {
			g := p.Bind(p.Subject(name, name, subjectClient, subjectNow))
			for _, r := range p.Rules {
				for _, pattern := range r.Tables {
					if table, ok := pattern.Exact(); ok {
						d := g.Decide(table)
						d.RowsSQL()
						if d.Verdict == Denied && d.Reason == "" {
							t.Fatalf("%s is denied to %s without a reason", table, name)
						}
					}
				}
			}
		}
		p.Probes([]TableName{{"public", "t"}})
	})
}

// An accepted expression stays one expression wherever it is spliced in between parentheses, whatever the attributes are.
func FuzzExpr(f *testing.F) {
	for _, s := range []string{
		"owner_id = me.employee_id", "a = ANY(me.list)", "a) OR (b", "a /* */", "a --", "'", `U&"me".x = 1`, "$$ me.x $$ = me.x", "(select 1)", "values (1)",
		"me.x::text", "-me.x", "a in (select me.x from public.t)", "E'\\'' = me.x", "case when me.x then 1 end = 1", "1 - -me.x", "me.x is not null and not me . y", "a ? me.x",
	} {
		f.Add(s, "O'Neil")
		f.Add(s, `\`)
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		for _, use := range []exprUse{conditionUse, forceUse, maskUse} {
			e, _, problems := parseExpr(text, use)
			if (e == nil) == (len(problems) == 0) {
				t.Fatalf("%q: %v beside %v", text, e, problems)
			}
			for _, one := range problems {
				if one.offset < 0 || one.offset > len(text) || one.text == "" {
					t.Fatalf("%q: %#v", text, one)
				}
			}
			if e == nil {
				continue
			}
			v, err := TextValue(value)
			if err != nil {
				continue
			}
			list, err := ListValue([]Value{v, v})
			if err != nil {
				continue
			}
			number, _ := NumberValue("-7")
			for _, v := range []Value{v, list, number, BoolValue(true)} {
				attrs := map[string]Value{}
				for i, a := range e.Attrs {
					attrs[a.Name] = v
					if i > 0 && a.Start < e.Attrs[i-1].End {
						t.Fatalf("%q: attributes overlap", text)
					}
				}
				sql, err := e.SQL(attrs)
				if err != nil {
					t.Fatal(err)
				}
				whole := "SELECT 1, (" + sql + "), 2"
				statements, err := parse.Parse(whole, parse.Limits{})
				if err != nil {
					var se *parse.SyntaxError
					// A literal can stand where a name can but not where, say, one must be subscripted; being refused is safe.
					if errors.As(err, &se) && len(e.Attrs) > 0 {
						continue
					}
					t.Fatalf("%q became %q: %v", text, whole, err)
				}
				if len(statements) != 1 {
					t.Fatalf("%q became %d statements: %s", text, len(statements), whole)
				}
				s := statements[0].Tree.GetSelectStmt()
				if len(s.GetTargetList()) != 3 || s.FromClause != nil || s.WhereClause != nil || s.Op != pg_query.SetOperation_SETOP_NONE {
					t.Fatalf("%q escapes its parentheses: %s", text, whole)
				}
			}
		}
	})
}
