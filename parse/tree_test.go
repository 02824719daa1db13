package parse

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	pg_query "github.com/pganalyze/pg_query_go/v5"
	"github.com/pganalyze/pg_query_go/v5/parser"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// treeTexts have between them every kind of node that treeReader knows, and every value that JSON is bad at.
var treeTexts = []string{
	"select 1", "select 0, -0, - 1, -1, -2147483647, -2147483648, 2147483647, 2147483648, -9223372036854775808, 1.5, -1.5, 00, 007, -007, 1e3",
	"select - /* c */ 12, -\n\t34, a -5, a - 5, a*-5", "select 'a\"b\\c\td\re\nf', E'\\b\\f\\x01\\x1f\\x7f', '<>', 'é日本😀', '', U&'\\0041', \"a\"\"b\", \"<\\\"",
	"select b'01', x'1F', true, false, null, 'a'::char(1), bool 't', date '2020-01-01', interval '1' year, interval(3) '1', interval '1' day to second(3), time '1' ",
	"select a[1], a[-1], a[1:2], a[:], a[:2], a[1:], (f(x)).y, (r).*, x.*, a.b.c.d, array[1,2], array[]::int[], null::int[][], null::int[3], null::int array, null::int array[4], null::int[5][]",
	"select not a and b or c, a is null, a is not null, a is true, a is not unknown, a between 1 and 2, a not between symmetric 1 and 2, a in (1,2), a not in (select 1), a like 'x' escape '!', a ilike 'x', a similar to 'b'",
	"select a = any(b), a <> all(array[1]), a operator(pg_catalog.+) b, a is distinct from b, nullif(a,b), a at time zone 'x', a collate \"C\", row(1,2), (1,2), row(), exists (select 1), array(select 1), (select 1), a = any (select 2), a < all (select 2), (a,b) = (select 1,2)",
	"select case a when 1 then 2 else 3 end, case when a then b end, coalesce(a,b), greatest(1,2), least(1,2), current_date, current_timestamp(3), current_user, localtime, current_schema",
	"select f(), f(*), f(distinct a), f(all a), f(a order by b desc nulls last), f(variadic a), f(a => 1, b := 2), f(a) filter (where b), f(a) within group (order by c using <), f(a) over (), f(a) over w, f(a) over (partition by b order by c rows between 1 preceding and current row exclude ties) from t window w as (order by x range unbounded preceding), v as (w groups between unbounded preceding and 2 following)",
	"select extract(year from a), substring(a from 1 for 2), position(a in b), overlay(a placing b from 1), trim(both from a), cast(a as numeric(10,2)), a::varchar(20), a::pg_catalog.int4, a::setof int, (a::t.b%type)",
	"select distinct a from only t, t *, s.t as x(a,b), d.s.t y, lateral (select 1) z, (values (1,2),(3,default)) v(a,b), f(1) with ordinality as g(a,b), rows from (f(1), g(2) as (a int, b text collate \"C\")) h, f(1) as (a int), t tablesample bernoulli (10) repeatable (1)",
	"select distinct on (a,b) a from t join u using (a,b) as k natural left join v right join w on true full join x on a=b cross join y where a group by distinct rollup(a,b), cube(c), grouping sets ((a),()), () having count(*) > 1 order by 1 asc nulls first, b desc, c using > offset 2 rows fetch first 3 rows with ties for update of t nowait for no key update for key share", "select a from t for share skip locked",
	"select grouping(a,b) from t limit all offset 0", "select a from t limit 10 offset 5", "select", "select from t", "table t", "values (1,2),(3,4) order by 1 limit 1",
	"(select 1 union all select 2 except select 3 order by 1) intersect all (select 4 limit 1)", "select 1 into temp x from t", "select 1 into unlogged y from t",
	"with recursive a(x,y) as (select 1 union select 2 from a) search depth first by x, y set z cycle x set c to 1 default 0 using p, b as materialized (insert into t default values returning *), c as not materialized (table u) select * from a, b",
	"insert into s.t as x (a, b[1], c.d) overriding user value values (1, default, $1) on conflict (a collate \"C\" text_ops, lower(b), (c+1)) where d > 0 do update set a = excluded.a, (b,c) = (1,2), (d,e) = (select 1,2) where x.a is null returning *, a as z",
	"insert into t select * from u on conflict on constraint k do nothing", "insert into t default values",
	"update only t as x set a = 1, b[2] = default, c = (select 1), (d, e) = row(1, 2) from u join v using (i) where current of cur returning x.*",
	"delete from t using u, v where t.a = u.a returning 1", "with w as (select 1) delete from t where a in (table w)",
	"merge into t as x using (select 1 as a) s on x.a = s.a when matched and x.b then update set b = 1, c = default when matched then delete when not matched then insert (a, b) overriding system value values (1, default) when not matched and s.a = 1 then do nothing when matched then do nothing",
	"select xmlelement(name a, xmlattributes(b as c), d), xmlforest(a, b as c), xmlpi(name p, 'x'), xmlroot(a, version '1', standalone yes), xmlroot(a, version no value, standalone no value), xmlparse(document a preserve whitespace), xmlserialize(content a as text), xmlconcat(a,b), a is document, xmlexists('x' passing b)",
	"select * from xmltable(xmlnamespaces('u' as n, default 'd'), '/a' passing b columns c int path 'x' default 1 not null, o for ordinality) x",
	"select json_object('a': 1, 'b' value 2 absent on null with unique keys returning jsonb), json_array(1, 2 format json encoding utf8 null on null), json_array(select 1 format json returning text), json_arrayagg(a order by b absent on null), json_objectagg(a: b with unique), a is json, a is not json object with unique keys",
	"select 1; select -1; ; delete from t", "select $1, $2::int[], $65535", "select a.b(1), s.f(x) from s.g(2)", "select a from t where b = -1 and c in (-1, - 2, 0)", "SELECT \"U\" FROM \"T\" WHERE x = ANY('{1,2}'::int[])",
	"select - - 1, -(1), - -0, +1, -+1, -1.0, null::int[0], a[0], a[0:1], - 0, -00",
	"select 1 /* c */ + -- d\n -3", "select * from t for update", "select u.* from u order by a collate \"x\" desc", "select treat(a as b), normalize(a, nfc), a is nfkc normalized", "select (a,b) overlaps (c,d), collation for (a)",
}

// statementsOf are the statements in the files that other tests run.
func statementsOf(t testing.TB) []string {
	list := append([]string(nil), treeTexts...)
	list = append(list, lexTexts...)
	for _, chain := range chains {
		list = append(list, chain(3), chain(20))
	}
	for _, pattern := range []string{"../rewrite/testdata/*.sql", "../rewrite/testdata/*/*.sql", "../rewrite/testdata/*/*/*.sql"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files, %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, strings.Split(string(text), "\n\n")...)
		}
	}
	return list
}

// traced are the statements of the recorded traffic.
func traced(t *testing.T) (list []string) {
	f, err := os.Open("../testdata/traces/tryton-statements.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var entry struct{ SQL string }
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.SQL != "" {
			list = append(list, entry.SQL)
		}
	}
	if len(list) < 1000 {
		t.Fatalf("%d statements", len(list))
	}
	return list
}

// checkTree holds the tree read from JSON against pg_query's own. quick says that there is one.
func checkTree(t *testing.T, sql string) (tree *pg_query.ParseResult, quick bool) {
	t.Helper()
	if checkEncoding(sql) != nil {
		return nil, false
	}
	tokens, err := Lex(nil, sql)
	if err != nil || len(tokens) == 0 || checkDepth(sql, tokens, DefaultDepth) != nil || !quickTree(sql, tokens) {
		return nil, false
	}
	sql = withoutComments(sql, tokens)
	want, wantErr := pg_query.Parse(sql)
	text, err := parser.ParseToJSON(sql)
	if err != nil || wantErr != nil {
		if err == nil || wantErr == nil || *err.(*parser.Error) != *wantErr.(*parser.Error) {
			t.Fatalf("%q: %v as JSON, %v as protobuf", sql, err, wantErr)
		}
		return nil, false
	}
	got := readTree(text, sql)
	if got == nil {
		return nil, false
	}
	if !proto.Equal(got, want) {
		t.Fatalf("%q:\nread %v\nis   %v", sql, got, want)
	}
	return got, true
}

func TestTreeIsPgQuerys(t *testing.T) {
	seen := map[string]bool{}
	for _, sql := range append(statementsOf(t), traced(t)...) {
		tree, _ := checkTree(t, sql)
		for _, kind := range kindsIn(tree) {
			seen[kind] = true
		}
	}
	// Each kind that the reader knows must have been in one of them.
	fields := (&pg_query.Node{}).ProtoReflect().Descriptor().Fields()
	known := 0
	for i := range fields.Len() {
		kind := fields.Get(i).JSONName()
		r := treeReader{json: `{"` + kind + `":{}}`}
		if r.node(); r.bad && kind != "A_Const" {
			continue
		}
		if known++; !seen[kind] {
			t.Errorf("no text has a %s", kind)
		}
	}
	if known < 45 {
		t.Errorf("the reader knows %d kinds of nodes", known)
	}
}

// kindsIn are the kinds of nodes in a tree, each as often as it is there.
func kindsIn(tree *pg_query.ParseResult) (kinds []string) {
	var visit func(protoreflect.Message)
	visit = func(m protoreflect.Message) {
		m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			switch {
			case f.Message() == nil:
			case f.IsList():
				for i := range v.List().Len() {
					visit(v.List().Get(i).Message())
				}
			default:
				kinds = append(kinds, f.JSONName())
				visit(v.Message())
			}
			return true
		})
	}
	if tree != nil {
		visit(tree.ProtoReflect())
	}
	return kinds
}

// What applications send must be read the quick way.
func TestTreeIsQuick(t *testing.T) {
	slow, all := 0, 0
	for _, sql := range traced(t) {
		tokens, err := Lex(nil, sql)
		if err != nil || !shapely(sql, tokens[0]) {
			continue
		}
		all++
		if _, quick := checkTree(t, sql); !quick {
			slow++
			if slow < 10 {
				t.Log(sql)
			}
		}
	}
	if slow*100 > all {
		t.Errorf("%d of %d statements are not read the quick way", slow, all)
	}
}

// Whatever becomes of the JSON, the reader neither panics nor returns half a tree.
func TestTreeCutShort(t *testing.T) {
	for _, sql := range treeTexts {
		text, err := parser.ParseToJSON(sql)
		if err != nil {
			t.Errorf("%q: %v", sql, err)
		}
		for i := range text {
			if readTree(text[:i], sql) != nil {
				t.Fatalf("%q: read from %q", sql, text[:i])
			}
		}
	}
}

func FuzzTree(f *testing.F) {
	for _, sql := range treeTexts {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if utf8.ValidString(sql) && len(sql) <= 1<<13 {
			checkTree(t, sql)
		}
	})
}
