package parse

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"

	pg_query "github.com/pganalyze/pg_query_go/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// chains are texts whose tree deepens with n. Those that are left-recursive in the grammar kill pg_query when n is large; for the others the grammar's own stack ends first, at some thousand levels.
var chains = map[string]func(n int) string{
	"plus":      func(n int) string { return "select 1" + strings.Repeat("+1", n) },
	"concat":    func(n int) string { return "select 'a'" + strings.Repeat("||'a'", n) },
	"minus":     func(n int) string { return "select " + strings.Repeat("- ", n) + "x" },
	"tilde":     func(n int) string { return "select " + strings.Repeat("~ ", n) + "1" },
	"not":       func(n int) string { return "select " + strings.Repeat("not ", n) + "true" },
	"cast":      func(n int) string { return "select 1" + strings.Repeat("::int", n) },
	"isnull":    func(n int) string { return "select 1" + strings.Repeat(" is null", n) },
	"collate":   func(n int) string { return "select x" + strings.Repeat(` collate "C"`, n) },
	"zone":      func(n int) string { return "select x" + strings.Repeat(" at time zone y", n) },
	"between":   func(n int) string { return "select x" + strings.Repeat(" between a and b is null", n) },
	"union":     func(n int) string { return "select a, b" + strings.Repeat(" union select c, d", n) },
	"values":    func(n int) string { return "values (1,2)" + strings.Repeat(" union all values (1,2)", n) },
	"join":      func(n int) string { return "select 1 from t" + strings.Repeat(" join u on a and b", n) },
	"crossjoin": func(n int) string { return "select 1 from t" + strings.Repeat(" cross join u", n) },
	"rightjoin": func(n int) string {
		return "select 1 from t" + strings.Repeat(" join u", n) + strings.Repeat(" on x", n)
	},
	"paren":     func(n int) string { return "select " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) },
	"row":       func(n int) string { return "select " + strings.Repeat("(1,", n) + "1" + strings.Repeat(")", n) },
	"array":     func(n int) string { return "select " + strings.Repeat("array[", n) + "1" + strings.Repeat("]", n) },
	"arrays":    func(n int) string { return "select array" + strings.Repeat("[", n) + "1" + strings.Repeat("]", n) },
	"subscript": func(n int) string { return "select " + strings.Repeat("a[", n) + "1" + strings.Repeat("]", n) },
	"function":  func(n int) string { return "select " + strings.Repeat("f(", n) + "1" + strings.Repeat(")", n) },
	"filter": func(n int) string {
		return "select " + strings.Repeat("f() filter (where ", n) + "a" + strings.Repeat(")", n)
	},
	"over": func(n int) string {
		return "select " + strings.Repeat("f() over (order by ", n) + "a" + strings.Repeat(")", n)
	},
	"subselect": func(n int) string { return "select " + strings.Repeat("(select ", n) + "1" + strings.Repeat(")", n) },
	"from": func(n int) string {
		return "select * from " + strings.Repeat("(select * from ", n) + "t" + strings.Repeat(") x", n)
	},
	"with": func(n int) string {
		return strings.Repeat("with x as (", n) + "select 1" + strings.Repeat(") select 1", n)
	},
	"exists": func(n int) string {
		return "select " + strings.Repeat("exists (select 1 where ", n) + "a" + strings.Repeat(")", n)
	},
	"in":  func(n int) string { return "select " + strings.Repeat("x in (", n) + "1" + strings.Repeat(")", n) },
	"any": func(n int) string { return "select " + strings.Repeat("x = any (", n) + "y" + strings.Repeat(")", n) },
	"case": func(n int) string {
		return "select " + strings.Repeat("case when ", n) + "a" + strings.Repeat(" then 1 end", n)
	},
	"caseelse": func(n int) string {
		return "select " + strings.Repeat("case when a.end then 1 else ", n) + "a" + strings.Repeat(" end", n)
	},
	"casethen": func(n int) string {
		return "select " + strings.Repeat("case a.end when a.and then ", n) + "a" + strings.Repeat(" end", n)
	},
	"coalesce": func(n int) string {
		return "select " + strings.Repeat("coalesce(a, ", n) + "1" + strings.Repeat(")", n)
	},
	"castas": func(n int) string {
		return "select " + strings.Repeat("cast(", n) + "1" + strings.Repeat(" as int)", n)
	},
	"names":     func(n int) string { return "select a.and" + strings.Repeat(" + a.and - a.or * a.on", n) },
	"joinnames": func(n int) string { return "select 1" + strings.Repeat(" + join(1)", n) },
	"andparens": func(n int) string { return "select " + strings.Repeat("(a and ", n) + "b" + strings.Repeat(")", n) },
	"andor": func(n int) string {
		return "select " + strings.Repeat("(a and b or ", n) + "b" + strings.Repeat(")", n)
	},
	"notbetween": func(n int) string { return "select x" + strings.Repeat(" not between a and b is not null", n) },
	"xml": func(n int) string {
		return "select " + strings.Repeat("xmlelement(name a, ", n) + "1" + strings.Repeat(")", n)
	},
	"isdistinct": func(n int) string {
		return "select " + strings.Repeat("(x is distinct from ", n) + "1" + strings.Repeat(")", n)
	},
	"like":     func(n int) string { return "select x" + strings.Repeat(" like a is true", n) },
	"operator": func(n int) string { return "select x" + strings.Repeat(" operator(pg_catalog.+) 1", n) },
	"joinparens": func(n int) string {
		return "select 1 from " + strings.Repeat("(", n) + "t" + strings.Repeat(" cross join u)", n)
	},
	"lateral": func(n int) string {
		return "select * from " + strings.Repeat("t, lateral (select * from ", n) + "t" + strings.Repeat(") x", n)
	},
	"intersect": func(n int) string {
		return strings.Repeat("(select 1 intersect ", n) + "select 1" + strings.Repeat(")", n)
	},
	"selectpar": func(n int) string { return strings.Repeat("(", n) + "select 1" + strings.Repeat(")", n) },
	"jsonarray": func(n int) string { return "select " + strings.Repeat("json_array(", n) + "1" + strings.Repeat(")", n) },
	"typemod":   func(n int) string { return "select " + strings.Repeat("x::a(", n) + "1" + strings.Repeat(")", n) },
	"grouping": func(n int) string {
		return "select 1 from t group by " + strings.Repeat("grouping sets (", n) + "a" + strings.Repeat(")", n)
	},
	"default": func(n int) string {
		return "create table t (a int default " + strings.Repeat("f(", n) + "1" + strings.Repeat(")", n+1)
	},
	"elements": func(n int) string { return "create table t (a int check (a" + strings.Repeat("+1", n) + "))" },
}

// TestMain lets the test binary be a child that parses and may die of it: with limits, or straight in C.
func TestMain(m *testing.M) {
	switch os.Getenv("CORDON_PARSE_CHILD") {
	case "":
		os.Exit(m.Run())
	case "raw":
		_, err := pg_query.Parse(chains["plus"](30000))
		fmt.Println(err)
	case "limited":
		// Many goroutines that are in C at once, so that the runtime starts threads with the usual stack.
		done := make(chan string)
		for name, chain := range chains {
			go func() {
				n := sort.Search(20000, func(n int) bool {
					sql := chain(n + 1)
					tokens, err := Lex(nil, sql)
					return err != nil || checkDepth(sql, tokens, Limits{Depth: MaxDepth}.depth()) != nil
				})
				_, err := Parse(chain(n), Limits{Depth: MaxDepth})
				done <- fmt.Sprintf("%s %d: %v", name, n, err)
			}()
		}
		for range chains {
			fmt.Println(<-done)
		}
	}
	os.Exit(0)
}

// child runs this test binary with a stack of so many kB, and returns what it printed.
func child(t *testing.T, what string, stack int) (string, error) {
	t.Helper()
	cmd := exec.Command("sh", "-c", fmt.Sprintf(`ulimit -S -s %d && exec "$0"`, stack), os.Args[0])
	cmd.Env = append(os.Environ(), "CORDON_PARSE_CHILD="+what)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The deepest trees that limits let through must not overflow the stack of C, however small it is.
func TestDepthOnSmallStacks(t *testing.T) {
	for _, stack := range []int{256, 512, 1024, 2048, 8192} {
		out, err := child(t, "limited", stack)
		if err != nil {
			t.Fatalf("with %d kB of stack: %v\n%.2000s", stack, err, out)
		}
		for line := range strings.Lines(out) {
			if !strings.HasSuffix(line, ": <nil>\n") {
				t.Errorf("with %d kB of stack: %s", stack, line)
			}
		}
	}
}

// The reason for the limit: without it one client's text ends the process. When this fails, pg_query has learned to check its stack.
func TestPgQueryDiesOfDepth(t *testing.T) {
	out, err := child(t, "raw", 8192)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Success() {
		t.Errorf("pg_query survived 30,000 operators: %.200s", out)
	}
}

func TestKillersAreRefused(t *testing.T) {
	for name, chain := range chains {
		for _, n := range []int{2000, 5000, 9999, 30000, 200000} {
			sql := chain(n)
			_, err := Parse(sql, Limits{Bytes: 64 << 20})
			var e *SyntaxError
			if !errors.As(err, &e) || e.Code != codeTooComplex && e.Code != codeSyntax || e.Position == 0 {
				t.Errorf("%s of %d: %v", name, n, err)
			}
			if e != nil && e.Code == codeSyntax {
				t.Errorf("%s of %d reached the grammar: %v", name, n, err)
			}
		}
	}
}

// What clients do send must pass with the default limits.
func TestLongStatementsPass(t *testing.T) {
	list := func(n int, item func(i int) string, sep string) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteString(sep)
			}
			b.WriteString(item(i))
		}
		return b.String()
	}
	for name, sql := range map[string]string{
		"10,000 in a list":   "select * from t where id in (" + list(10000, func(i int) string { return fmt.Sprint(-i) }, ", ") + ")",
		"10,000 in an array": "select * from t where id = any (array[" + list(10000, func(i int) string { return fmt.Sprint(i, "::bigint") }, ", ") + "])",
		"65,535 parameters":  "insert into t values " + list(13107, func(i int) string { return fmt.Sprintf("($%d,$%d,$%d,$%d,$%d)", i*5+1, i*5+2, i*5+3, i*5+4, i*5+5) }, ","),
		"10,000 rows": "insert into t values " + list(10000, func(i int) string {
			return fmt.Sprintf("(%d, 'name %d', now() - interval '1 day', null, -1.5::numeric)", i, i)
		}, ", "),
		"500 conjuncts":       "select * from t where " + list(500, func(i int) string { return fmt.Sprintf("c%d = %d + 1 and not d is null", i, i) }, " and "),
		"500 betweens":        "select * from t where " + list(500, func(i int) string { return fmt.Sprintf("c%d between %d and %d + 1", i, i, i) }, " and "),
		"5,000 alternatives":  "select * from t where " + list(5000, func(i int) string { return fmt.Sprintf("(a = %d and b = 'x')", i) }, " or "),
		"500 cases":           "select case " + list(500, func(i int) string { return fmt.Sprintf("when a = %d then 'x' || b", i) }, " ") + " else null end from t",
		"400 arms of a union": list(400, func(i int) string { return fmt.Sprintf("select a, b from t%d where a = %d and b is not null", i, i) }, " union all "),
		"200 joins": "select * from t0 " + list(200, func(i int) string {
			return fmt.Sprintf("left join t%d on t%d.id = t0.id and t%d.a is not null", i+1, i+1, i+1)
		}, " "),
		"300 concatenations":     "select " + list(300, func(i int) string { return fmt.Sprintf("coalesce(c%d, '')", i) }, " || "),
		"1,600 columns":          "create table t (" + list(1600, func(i int) string { return fmt.Sprintf("c%d varchar(20) not null default 'x' check (c%d <> '')", i, i) }, ", ") + ")",
		"2,000 statements":       list(2000, func(i int) string { return fmt.Sprintf("update t set a = a + 1 where id = %d and b is not null", i) }, "; "),
		"100 nested sub-selects": strings.Repeat("select * from (", 100) + "select 1" + strings.Repeat(") x", 100),
	} {
		if _, err := Parse(sql, Limits{}); err != nil {
			t.Errorf("%s (%d bytes): %v", name, len(sql), err)
		}
	}
}

// messageDepth is how deep messages hold messages.
func messageDepth(m protoreflect.Message) int {
	deepest := 0
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				deepest = max(deepest, messageDepth(v.List().Get(i).Message()))
			}
		default:
			deepest = max(deepest, messageDepth(v.Message()))
		}
		return true
	})
	return deepest + 1
}

// The estimate must keep up with the tree: four messages for each unit (a subscript), and some for the statement.
func checkEstimate(t *testing.T, sql string) {
	t.Helper()
	tokens, err := Lex(nil, sql)
	if err != nil {
		return
	}
	depth, _ := estimateDepth(sql, tokens, MaxDepth)
	if depth > MaxDepth {
		return
	}
	result, err := pg_query.Parse(withoutComments(sql, tokens))
	if err != nil {
		return
	}
	for _, s := range result.Stmts {
		if d := messageDepth(proto.Message(s).ProtoReflect()); d > 4*depth+16 {
			t.Errorf("%.300q: estimated %d, is %d deep", sql, depth, d)
		}
	}
}

func TestEstimateKeepsUp(t *testing.T) {
	for name, chain := range chains {
		for _, n := range []int{1, 2, 10, 100} {
			sql := chain(n)
			if _, err := pg_query.Parse(sql); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			checkEstimate(t, sql)
		}
	}
}

func FuzzDepth(f *testing.F) {
	for _, chain := range chains {
		f.Add(chain(3))
		f.Add(chain(12))
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if strings.IndexByte(sql, 0) >= 0 || !utf8.ValidString(sql) || len(sql) > 1<<13 {
			return
		}
		checkEstimate(t, sql)
	})
}
