package rewrite

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	pg "github.com/pganalyze/pg_query_go/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"cordon/catalog"
	"cordon/parse"
	"cordon/policy"
)

// fixture is the catalog of the tests' schema, and what alice may.
func fixture(t *testing.T) (*catalog.Snapshot, *policy.Grant) {
	t.Helper()
	text, err := os.ReadFile("../testdata/policy/crm.catalog")
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.ParseFixture(string(text))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := os.ReadFile("testdata/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse("policy.yaml", rules)
	if err != nil {
		t.Fatal(err)
	}
	return cat, p.Bind(p.Subject("alice", "alice", netip.MustParseAddr("127.0.0.1"), time.Unix(1790000000, 0)))
}

// The text that is read in the place of the whole must have the whole's tree, but for the sub-selects.
func TestShortReadingIsTheWhole(t *testing.T) {
	cat, grant := fixture(t)
	memo := &Memo{}
	files, err := filepath.Glob("testdata/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	more, _ := filepath.Glob("testdata/*/*.sql")
	short := 0
	for _, file := range append(files, more...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range strings.Split(string(text), "\n\n") {
			list, err := parse.Parse(sql, parse.Limits{})
			if err != nil || len(list) != 1 {
				continue
			}
			plan, err := Rewrite(Input{Statement: list[0], Catalog: cat, SearchPath: []string{"pg_catalog", "public"}, Grant: grant, Memo: memo})
			if err != nil {
				continue
			}
			r := &rewriter{in: Input{Statement: list[0], Memo: memo}, plan: plan, cat: cat}
			abridged, ok := r.abridge()
			if !ok || r.check(abridged) != nil { // nothing in it, or in an expression
				continue
			}
			short++
			got, want := only(t, abridged.sql), only(t, plan.SQL)
			var places []*pg.RangeSubselect
			eachNode(got.ProtoReflect(), func(m any) {
				if n, is := m.(*pg.RangeSubselect); is {
					if from := n.Subquery.GetSelectStmt().GetFromClause(); len(from) == 1 && from[0].GetRangeVar() != nil && abridged.standIns[from[0].GetRangeVar().Location] {
						places = append(places, n)
					}
				}
			})
			slices.SortFunc(places, func(a, b *pg.RangeSubselect) int {
				return int(a.Subquery.GetSelectStmt().FromClause[0].GetRangeVar().Location - b.Subquery.GetSelectStmt().FromClause[0].GetRangeVar().Location)
			})
			for i, tree := range subselects(plan, memo) {
				places[i].Subquery = tree
			}
			withoutPlaces(got.ProtoReflect())
			withoutPlaces(want.ProtoReflect())
			if !proto.Equal(got, want) {
				t.Errorf("%s\nis read as %s", plan.SQL, abridged.sql)
			}
		}
	}
	if short < 200 {
		t.Errorf("only %d statements are read the short way", short)
	}
}

func only(t *testing.T, sql string) *pg.Node {
	t.Helper()
	tree, err := pg.Parse(sql)
	if err != nil || len(tree.Stmts) != 1 {
		t.Fatalf("%s: %v", sql, err)
	}
	return tree.Stmts[0].Stmt
}

// subselects are the trees, each made from its text alone, of the sub-selects that standIn has replaced.
func subselects(plan *Plan, memo *Memo) (list []*pg.Node) {
	for _, e := range plan.Edits {
		text := plan.SQL[e.To : e.To+e.ToLen]
		if n := memo.subselect(text); n > 0 {
			tree, err := pg.Parse("SELECT FROM " + text[:n] + " AS x")
			if err != nil {
				panic(err)
			}
			list = append(list, tree.Stmts[0].Stmt.GetSelectStmt().FromClause[0].GetRangeSubselect().Subquery)
		}
	}
	return list
}

// withoutPlaces forgets where nodes stand.
func withoutPlaces(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Name() == "location":
			m.Clear(f)
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				withoutPlaces(v.List().Get(i).Message())
			}
		default:
			withoutPlaces(v.Message())
		}
		return true
	})
}

func TestLeadingSubselect(t *testing.T) {
	for text, want := range map[string]string{
		"(SELECT id FROM public.t WHERE (a = 1)) AS t":      "(SELECT id FROM public.t WHERE (a = 1))",
		"(SELECT ')' /* ) */ FROM t -- )\n) AS t(a, b)":     "(SELECT ')' /* ) */ FROM t -- )\n)",
		"(SELECT $$)$$ UNION SELECT 1 ORDER BY 1 OFFSET 0)": "(SELECT $$)$$ UNION SELECT 1 ORDER BY 1 OFFSET 0)",
		"(SELECT 1) AS t, (SELECT 2) AS u":                  "(SELECT 1)",
		"(SELECT 1":                                         "",
		"SELECT 1":                                          "",
		"(SELECT 1 -- ) AS t":                               "",
		"(SELECT ') AS t":                                   "",
		"(SELECT 1 FROM)":                                   "",
		"(SELECT 1), (SELECT ')":                            "",
		"(SELECT 1; SELECT 2) AS t":                         "",
		"(SELECT 1 INTO t) AS t":                            "(SELECT 1 INTO t)", // that the server refuses it is no matter of the grammar
		"(t JOIN u USING (a)) AS x":                         "",
		"(VALUES (1)) AS t":                                 "",
		"(SELECT 1)) AS t, (public.customers AS y CROSS JOIN (SELECT 2": "(SELECT 1)", // what is behind it is read in its place
	} {
		if n := leadingSubselect(text); text[:n] != want {
			t.Errorf("%s: %s, want %s", text, text[:n], want)
		}
	}
}

// Whatever the rewriter may have done wrong, the statement is not run: by the short reading no less than by the whole one.
func TestVerifyFindsDefects(t *testing.T) {
	cat, grant := fixture(t)
	const (
		sub      = "(SELECT id, name FROM public.customers WHERE (owner_id = 7)) AS customers"
		notOne   = "Cordon's own rewriting of this statement does not read back as one statement, so it was not run. This is a defect of Cordon; please report it with the statement."
		unhidden = "Cordon's own rewriting left public.customers unprotected, so the statement was not run. This is a defect of Cordon; please report it with the statement."
	)
	customers := cat.Relation("public", "customers")
	if customers == nil {
		t.Fatal("no customers")
	}
	for _, c := range []struct{ before, inserted, after, want string }{
		{"SELECT id FROM ", sub, " WHERE id > 1", ""},
		{"SELECT id FROM ", sub, " JOIN public.products p ON true", ""},
		{"SELECT id FROM ", sub, ", public.customers c", unhidden},
		{"SELECT id FROM ", sub, ", customers c", unhidden},
		{"SELECT (SELECT max(phone) FROM customers) FROM ", sub, "", unhidden},
		{"SELECT id FROM ", sub, "; SELECT 1", notOne},
		{"SELECT id FROM ", sub, " WHERE", notOne},
		{"SELECT 1 AS \"", sub, "\", phone FROM customers", unhidden},
		{"SELECT '", sub, "', phone FROM customers", unhidden},
		{"SELECT $$", sub, "$$, phone FROM customers", unhidden},
		{"SELECT 1 /*", sub, "*/, phone FROM customers", unhidden},
		{"SELECT phone FROM customers --", sub, "", unhidden},
		{"SELECT '' FROM ", strings.Replace(sub, " AS", "' AS", 1), "' FROM customers", notOne},
		{"SELECT id FROM ", strings.Replace(sub, "))", ")", 1), ")", notOne},
		{"SELECT id FROM ", strings.Replace(sub, "))", ")) x, customers, (SELECT 1)", 1), "", ""}, // what the rewriter writes is not looked at: it is there to read the table
		{"UPDATE products SET name = '' FROM ", sub, "", notOne},                                  // not a SELECT
		{"SELECT ", strings.TrimSuffix(sub, " AS customers"), " IS NULL", ""},                     // no table, so the whole is read
	} {
		sql := c.before + c.inserted + c.after
		list, err := parse.Parse("SELECT 1", parse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for name, memo := range map[string]*Memo{"whole": nil, "short": {}} {
			r := &rewriter{in: Input{Statement: list[0], Catalog: cat, SearchPath: []string{"pg_catalog", "public"}, Grant: grant, Memo: memo}, cat: cat,
				plan: &Plan{SQL: sql, Edits: []Edit{{To: len(c.before), ToLen: len(c.inserted)}}}}
			r.init()
			r.restricted[customers.OID] = true
			r.verify()
			got := ""
			if r.err != nil {
				got = r.err.Message
			}
			if got != c.want {
				t.Errorf("%s, %s:\n got %s\nwant %s", name, sql, got, c.want)
			}
		}
	}
}

// A table whose sub-select does not ask its filter is read only beside a condition that does.
func TestVerifyFindsAskedFilters(t *testing.T) {
	cat, grant := fixture(t)
	orders := cat.Relation("public", "orders")
	if orders == nil {
		t.Fatal("no orders")
	}
	const (
		sub   = "(SELECT id, customer_id, status FROM public.orders)"
		guard = "CASE WHEN (o.customer_id IN (SELECT id FROM public.customers c WHERE c.owner_id = 7)) THEN "
		want  = "Cordon's own rewriting did not put the filter of public.orders where it belongs, so the statement was not run. This is a defect of Cordon; please report it with the statement."
	)
	for _, c := range []struct {
		sql  string // § stands for the sub-select, ¤ for the guard
		fine bool
	}{
		{"SELECT id FROM § o WHERE ¤ o.status LIKE 'p%' END", true},
		{"SELECT id FROM § o WHERE o.id > 1 AND (¤ o.status LIKE 'p%' END AND o.id < 9)", true},
		{"SELECT id FROM § o WHERE o.id > 1 OR ¤ o.status LIKE 'p%' END", false},
		{"SELECT id FROM § o WHERE NOT ¤ o.status LIKE 'p%' END", false},
		{"SELECT id FROM § o WHERE ¤ o.status LIKE 'p%' ELSE true END", false},
		{"SELECT id FROM § o WHERE ¤ o.status LIKE 'p%' WHEN true THEN true END", false},
		{"SELECT id FROM § o WHERE (¤ o.status LIKE 'p%' END) IS NULL", false},
		{"SELECT id FROM § p WHERE ¤ o.status LIKE 'p%' END", false},
		{"SELECT id, ¤ o.status LIKE 'p%' END FROM § o", false},
		{"SELECT id FROM § o UNION SELECT id FROM § p WHERE ¤ o.status LIKE 'p%' END", false},
		{"SELECT id FROM § o WHERE EXISTS (SELECT FROM public.products p WHERE ¤ o.status LIKE 'p%' END)", false},
		{"SELECT id FROM public.products p JOIN § o ON ¤ o.status LIKE 'p%' END", true},
		{"SELECT id FROM public.products p LEFT JOIN § o ON p.id = o.id AND ¤ o.status LIKE 'p%' END", true},
		{"SELECT id FROM § o LEFT JOIN public.products p ON ¤ o.status LIKE 'p%' END", false},
		{"SELECT id FROM § o RIGHT JOIN public.products p ON ¤ o.status LIKE 'p%' END", true},
		{"SELECT id FROM public.products p RIGHT JOIN § o ON ¤ o.status LIKE 'p%' END", false},
		{"SELECT id FROM public.products p FULL JOIN § o ON ¤ o.status LIKE 'p%' END", false},
		{"SELECT id FROM (public.products p CROSS JOIN § o) AS j WHERE ¤ o.status LIKE 'p%' END", false},
	} {
		plan := &Plan{}
		for rest := c.sql; rest != ""; {
			at := strings.IndexAny(rest, "§¤")
			if at < 0 {
				plan.SQL += rest
				break
			}
			plan.SQL += rest[:at]
			text, from := sub, -1
			if strings.HasPrefix(rest[at:], "¤") {
				text, from = guard, 99
			}
			plan.Edits = append(plan.Edits, Edit{From: from, To: len(plan.SQL), ToLen: len(text)})
			plan.SQL += text
			rest = rest[at+len("§"):]
		}
		list, err := parse.Parse("SELECT 1", parse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for name, memo := range map[string]*Memo{"whole": nil, "short": {}} {
			r := &rewriter{in: Input{Statement: list[0], Catalog: cat, SearchPath: []string{"pg_catalog", "public"}, Grant: grant, Memo: memo}, cat: cat, plan: plan}
			r.init()
			r.asked = []*access{{table: orders, asked: &asked{item: "o", at: 99, text: guard}}}
			r.verify()
			switch {
			case c.fine && r.err != nil:
				t.Errorf("%s, %s: %s", name, plan.SQL, r.err.Message)
			case !c.fine && (r.err == nil || r.err.Message != want):
				t.Errorf("%s, %s: %v", name, plan.SQL, r.err)
			}
		}
	}
}

// A table whose filter a join says is read only beside that join.
func TestVerifyFindsJoins(t *testing.T) {
	cat, grant := fixture(t)
	orders := cat.Relation("public", "orders")
	if orders == nil {
		t.Fatal("no orders")
	}
	const want = "Cordon's own rewriting did not put the filter of public.orders where it belongs, so the statement was not run. This is a defect of Cordon; please report it with the statement."
	for sql, fine := range map[string]bool{
		"SELECT 1 FROM §c JOIN §o ON o.customer_id = c.id":                                      true,
		"SELECT 1 FROM §c, §o WHERE c.id = customer_id AND o.id > 3":                            true,
		"SELECT 1 FROM §c LEFT JOIN §o ON o.customer_id = c.id AND o.id > 3":                    true,
		"SELECT 1 FROM §o RIGHT JOIN §c ON o.customer_id = c.id":                                true,
		"SELECT 1 FROM §o LEFT JOIN §c ON o.customer_id = c.id":                                 false,
		"SELECT 1 FROM §c RIGHT JOIN §o ON o.customer_id = c.id":                                false,
		"SELECT 1 FROM §c FULL JOIN §o ON o.customer_id = c.id":                                 false,
		"SELECT 1 FROM §c JOIN §o ON o.customer_id = c.id OR true":                              false,
		"SELECT 1 FROM §c JOIN §o ON NOT o.customer_id = c.id":                                  false,
		"SELECT 1 FROM §c JOIN §o ON o.customer_id >= c.id":                                     false,
		"SELECT 1 FROM §c JOIN §o ON o.customer_id + 0 = c.id":                                  false,
		"SELECT 1 FROM §c JOIN §o ON o.id = c.id":                                               false,
		"SELECT 1 FROM §c JOIN §o ON o.customer_id = c.owner_id":                                false,
		"SELECT 1 FROM §c JOIN §o ON c.customer_id = o.id":                                      false,
		"SELECT o.customer_id = c.id FROM §c CROSS JOIN §o":                                     false,
		"SELECT 1 FROM public.products c JOIN §o ON o.customer_id = c.id":                       false,
		"SELECT 1 FROM §o WHERE EXISTS (SELECT FROM §c WHERE o.customer_id = c.id)":             false,
		"SELECT 1 FROM §c UNION SELECT 1 FROM §o, public.products c WHERE o.customer_id = c.id": false,
	} {
		plan := &Plan{}
		for rest := sql; rest != ""; {
			before, after, marked := strings.Cut(rest, "§")
			plan.SQL += before
			if !marked {
				break
			}
			text := "(SELECT id, customer_id FROM public.orders)"
			if after[0] == 'c' {
				text = "(SELECT id, owner_id FROM public.customers WHERE (owner_id = 7))"
			}
			plan.Edits = append(plan.Edits, Edit{To: len(plan.SQL), ToLen: len(text)})
			plan.SQL += text + " "
			rest = after
		}
		list, err := parse.Parse("SELECT 1", parse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		level := &scope{}
		for name, memo := range map[string]*Memo{"whole": nil, "short": {}} {
			r := &rewriter{in: Input{Statement: list[0], Catalog: cat, SearchPath: []string{"pg_catalog", "public"}, Grant: grant, Memo: memo}, cat: cat, plan: plan}
			r.init()
			r.joined = []*access{{table: orders, parent: &joinedParent{&item{name: "o", owner: level}, &item{name: "c", owner: level}, "customer_id", "id"}}}
			r.verify()
			switch {
			case fine && r.err != nil:
				t.Errorf("%s, %s: %s", name, plan.SQL, r.err.Message)
			case !fine && (r.err == nil || r.err.Message != want):
				t.Errorf("%s, %s: %v", name, plan.SQL, r.err)
			}
		}
	}
}
