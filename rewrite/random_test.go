package rewrite_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Random statements over the test schema. Each holds bombs: expressions that fail, or count up a sequence, for a row or value that alice must not see, and
// for no other. So a statement's answer is that of the same statement over the reference tables, whatever is hidden, and an error or a count says that
// something hidden was looked at.
//
//	CORDON_RANDOM=20000 go test ./rewrite -run Random            that many statements
//	CORDON_RANDOM=1 CORDON_SEED=4711 go test ./rewrite -run Random -v   one of them again

const randomStatements = 250 // in an ordinary run of the tests

func environment(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

func TestRandomStatementsLearnNothing(t *testing.T) {
	d, other := open(t, "reference.sql"), open(t, "hidden.sql")
	g := grant(t, "alice")
	for _, x := range []*database{d, other} {
		x.conn.Exec(context.Background() /* a parallel plan works every sub-select out beforehand */, "SET statement_timeout = '1s'; SET jit = off; SET max_parallel_workers_per_gather = 0").Close()
	}
	n := environment("CORDON_RANDOM", randomStatements)
	first := environment("CORDON_SEED", 1)
	end := time.Now().Add(time.Hour)
	if os.Getenv("CORDON_RANDOM") == "" {
		end = time.Now().Add(12 * time.Second)
	}
	ran, wrong, refused, slow, failures := 0, 0, map[string]int{}, 0, 0
	for seed := first; seed < first+n && time.Now().Before(end) && failures < 10; seed++ {
		r := &random{Rand: rand.New(rand.NewPCG(seed, 0)), tables: rTables, names: rNames}
		sql, reads := r.statement()
		if os.Getenv("CORDON_SEED") != "" {
			t.Log(sql)
		}
		var want string
		if reads {
			d.conn.Exec(context.Background(), "SET search_path = ref, public").Close()
			want = d.random(t, sql)
			d.conn.Exec(context.Background(), "RESET search_path").Close()
			if strings.Contains(want, "ERROR") { // not a statement PostgreSQL takes
				wrong++
				if os.Getenv("CORDON_WRONG") != "" {
					t.Logf("seed %d: %s\n%s", seed, want, sql)
				}
				continue
			}
		}
		plans, err := plan(d, g, sql)
		if err != nil {
			refused[err.Error()]++
			continue
		}
		got := joined(plans)
		look := got
		if !reads { // what the person sees afterwards
			after, err := plan(d, g, "SELECT * FROM customers; SELECT * FROM orders; SELECT * FROM products")
			if err != nil {
				t.Fatal(err)
			}
			look = got + ";\n" + joined(after)
		}
		here, there := d.random(t, look), other.random(t, look)
		if strings.Contains(here+there+want, "statement timeout") {
			slow++
			continue
		}
		ran++
		switch {
		case here != there:
			failures++
			t.Errorf("seed %d: depends on what is hidden:\n%s\nrewritten: %s\nhere:\n%s\nthere:\n%s", seed, sql, got, end1000(here), end1000(there))
		case !reads && strings.Contains(here, "ERROR"):
			wrong++
			if os.Getenv("CORDON_WRONG") != "" {
				t.Logf("seed %d: %s\n%s", seed, here, sql)
			}
		case strings.Contains(here, "FULL JOIN is only supported"): // a guard kept an outer join from becoming an inner one
			wrong++
		case reads && here != want:
			failures++
			t.Errorf("seed %d: differs from the views:\n%s\nrewritten: %s\ngot:\n%s\nwant:\n%s", seed, sql, got, end1000(here), end1000(want))
		}
	}
	t.Logf("%d statements: %d compared, %d not PostgreSQL's, %d too slow", n, ran, wrong, slow)
	for why, n := range refused {
		t.Logf("refused %d times: %s", n, why)
	}
	if uint64(ran) < n/3 && os.Getenv("CORDON_RANDOM") != "" {
		t.Errorf("only %d of %d statements could be compared", ran, n)
	}
}

func end1000(s string) string {
	if len(s) > 1000 {
		return "…" + s[len(s)-1000:]
	}
	return s
}

// random runs a statement and tells what came of it, and how far the sequence went.
func (d *database) random(t testing.TB, sql string) string {
	out := described(d.run(t, sql+"; SELECT last_value FROM public.counter", true))
	if at := strings.Index(out, "ERROR"); at > 0 { // how many rows came before it depends on the plan
		return out[at:]
	}
	return out
}

// described leaves out of an answer what a description may say otherwise.
func described(out string) string {
	return typeModifier.ReplaceAllString(rowType.ReplaceAllString(out, ":2249:-1"), "$1 ")
}

// typeModifier is a column's in a description. That of an expression depends on what the planner makes of it: a CASE that a NULL decides has its branch's.
var typeModifier = regexp.MustCompile(`(:[0-9]+):-?[0-9]+ `)

// A random makes statements.
type random struct {
	*rand.Rand
	tables map[string][]rColumn
	names  []string // of tables, by how often they are wanted
	ctes   []rItem
	levels []*rLevel // innermost last
	n      int       // names given
	local  int       // not 0: only columns of the innermost level are to be named
	size   int       // queries made
}

type rLevel struct{ items []rItem }

// An rItem is an item of FROM.
type rItem struct {
	name  string
	cols  []rColumn
	table bool // a table with a primary key id
}

type rColumn struct {
	name   string
	kind   string   // int, text, number, date, bool
	probes []string // conditions, with %s for the column, that hold only for what is hidden
}

var rTables = map[string][]rColumn{
	"customers": {
		{"id", "int", []string{"%s >= 100000", "%s %% 10 <> 7"}}, {"owner_id", "int", []string{"%s <> 7", "%s = 8"}},
		{"name", "text", []string{"%s LIKE 'N5%%'", "%s = 'N5 hidden 100000'", "%s ~ '^N5'", "%s = 'Customer N13'"}},
		{"phone", "text", []string{"%s = '000'", "substr(%s, 4, 1) = '9'", "%s LIKE '1389%%'", "%s = '13800134623'"}},
		{"email", "text", []string{"%s LIKE '_zzz%%'", "%s LIKE 'user%%'", "%s = 'h@h.h'"}},
		{"id_card", "text", []string{"%s IS NOT NULL", "%s LIKE '9%%'"}}, {"region", "enum", nil},
		{"credit", "number", []string{"%s %% 1000 <> 0", "%s = 5"}}, {"birthday", "date", []string{"extract(month from %s) <> 1"}},
		{"note", "text", []string{"%s = ''", "%s = 'note 8'"}}, {"active", "bool", nil},
	},
	"orders": {
		{"id", "int", []string{"%s >= 100000", "%s = 100000"}}, {"customer_id", "int", []string{"%s >= 100000", "%s %% 10 <> 7"}}, {"owner_id", "int", nil},
		{"amount", "number", []string{"%s = 1", "%s < 2"}}, {"status", "text", nil}, {"placed_on", "date", nil},
	},
	"products":    {{"id", "int", nil}, {"name", "text", nil}, {"price", "number", nil}},
	"order_items": {{"order_id", "int", nil}, {"product_id", "int", nil}, {"quantity", "int", nil}},
	"employees": {
		{"id", "int", nil}, {"name", "text", nil}, {"department_id", "int", nil}, {"manager_id", "int", nil},
		{"salary", "number", []string{"%s IS NOT NULL", "%s > 5"}},
	},
	"events": {
		{"id", "int", []string{"%s %% 10 <> 7"}}, {"owner_id", "int", []string{"%s <> 7"}}, {"kind", "text", []string{"%s = 'zz'", "%s LIKE 'z%%'"}},
		{"happened", "date", nil},
	},
	`"Odd Names"`: {
		{`"Key"`, "int", []string{"%s %% 10 <> 7"}}, {`"select"`, "text", []string{"%s = 'N5'", "%s LIKE 'N5%%'", "%s = 's8'"}},
		{`"a.b"`, "text", []string{"%s <> '[hidden]'", "%s = 'other'"}}, {"owner_id", "int", []string{"%s <> 7", "%s = 8"}},
	},
	"customer_orders": {
		{"id", "int", []string{"%s >= 100000"}}, {"name", "text", []string{"%s LIKE 'N5%%'", "%s = 'N5 hidden 100000'"}}, {"phone", "text", []string{"%s = '000'"}},
		{"order_id", "int", []string{"%s >= 100000"}}, {"amount", "number", []string{"%s = 1"}},
	},
	"nested_view": {{"name", "text", []string{"%s LIKE 'N5%%'", "%s = 'Customer N13'"}}, {"phone", "text", []string{"%s = '000'"}}, {"n", "int", nil}},
}

// Tables by how often they are wanted.
var rNames = []string{"customers", "customers", "customers", "orders", "orders", "orders", `"Odd Names"`, `"Odd Names"`, "products", "employees", "events", "order_items",
	"customer_orders", "nested_view"}

// Aliases meet at different levels, and some are the names of tables and of the policy's own aliases.
var rAliases = []string{"c", "c", "o", "o", "x", "customers", "orders", `"Odd Names"`, `"C"`, "cordon_new", "t"}

func (r *random) pick(list ...string) string { return list[r.IntN(len(list))] }
func (r *random) chance(percent int) bool    { return r.IntN(100) < percent }

func (r *random) fresh(prefix string) string { r.n++; return prefix + strconv.Itoa(r.n) }

// statement gives a statement, and whether it only reads.
func (r *random) statement() (string, bool) {
	if r.chance(12) {
		return r.write(), false
	}
	with := ""
	if r.chance(30) {
		with = r.with()
	}
	body, cols := r.query(3)
	if cols[0].name != "" && !strings.Contains(body, " LIMIT ") && !strings.Contains(body, " OFFSET ") && r.chance(40) {
		body += " ORDER BY " + ordinals(len(cols))
		if r.chance(60) {
			body += " LIMIT " + strconv.Itoa(1+r.IntN(9))
		}
	}
	return with + body, true
}

func ordinals(n int) string {
	var list []string
	for k := range n {
		list = append(list, strconv.Itoa(k+1))
	}
	return strings.Join(list, ", ")
}

func (r *random) with() string {
	var parts []string
	for range 1 + r.IntN(2) {
		name := r.fresh("w")
		if r.chance(25) {
			name = r.pick("customers", "orders", "c")
			for _, c := range r.ctes {
				if c.name == name {
					name = r.fresh("w")
				}
			}
		}
		if !strings.Contains(strings.Join(parts, ""), name) && len(parts) == 0 && r.chance(15) { // RECURSIVE holds for the whole list
			return "WITH RECURSIVE " + r.recursive(name) + " "
		}
		body, cols := r.query(2)
		how := r.pick("", "", "", "MATERIALIZED ", "NOT MATERIALIZED ")
		list := ""
		if r.chance(30) {
			cols, list = r.rename(cols)
		}
		parts = append(parts, name+list+" AS "+how+"("+body+")")
		r.ctes = append(r.ctes, rItem{name: name, cols: cols})
	}
	return "WITH " + strings.Join(parts, ", ") + " "
}

// rename gives an alias's list of column names.
func (r *random) rename(cols []rColumn) ([]rColumn, string) {
	out := append([]rColumn(nil), cols...)
	var list []string
	for k := range 1 + r.IntN(len(cols)) {
		out[k].name = r.fresh("r")
		if r.chance(20) {
			out[k].name = r.pick("owner_id", "customer_id", "name")
		}
		list = append(list, out[k].name)
	}
	return out, "(" + strings.Join(list, ", ") + ")"
}

func (r *random) level() *rLevel { return r.levels[len(r.levels)-1] }

// query is a SELECT, or several with a set operation.
func (r *random) query(depth int) (string, []rColumn) {
	r.size++
	if r.size > 8 {
		depth = 0
	}
	if depth > 0 && r.chance(14) {
		kinds := []string{"int", "text"}[:1+r.IntN(2)]
		a, cols := r.plain(depth-1, kinds)
		b, _ := r.plain(depth-1, kinds)
		for k := range cols {
			cols[k].probes = nil
		}
		return "(" + a + ") " + r.pick("UNION ALL", "UNION ALL", "UNION", "EXCEPT", "INTERSECT") + " (" + b + ")", cols
	}
	return r.plain(depth, nil)
}

// plain is a SELECT. kinds: of its columns, nil for any.
func (r *random) plain(depth int, kinds []string) (string, []rColumn) {
	r.levels = append(r.levels, &rLevel{})
	defer func() { r.levels = r.levels[:len(r.levels)-1] }()
	from := r.from(depth)
	where := ""
	if r.chance(75) {
		where = " WHERE " + r.condition(depth)
	}
	star := kinds == nil && len(r.levels) == 1 && r.chance(6)
	if kinds == nil {
		for range 1 + r.IntN(3) {
			kinds = append(kinds, r.pick("int", "int", "text", "text", "number", "date", "bool"))
		}
	}
	if r.chance(18) {
		return r.grouped(depth, from, where, kinds)
	}
	if star {
		return "SELECT * FROM " + from + where, make([]rColumn, 1)
	}
	var cols []rColumn
	var targets []string
	for _, kind := range kinds {
		c, text := r.target(kind, depth)
		cols = append(cols, c)
		targets = append(targets, text)
	}
	distinct := r.pick("", "", "", "", "", "DISTINCT ")
	sql := "SELECT " + distinct + strings.Join(targets, ", ") + " FROM " + from + where
	switch {
	case r.chance(8):
		sql += " ORDER BY " + ordinals(len(targets)) + " LIMIT " + strconv.Itoa(1+r.IntN(6))
		if r.chance(30) {
			sql += " OFFSET " + strconv.Itoa(r.IntN(3))
		}
	case r.chance(5):
		sql += " OFFSET 0"
	case r.chance(5):
		sql += " ORDER BY " + ordinals(len(targets)) + " FETCH FIRST " + strconv.Itoa(1+r.IntN(4)) + " ROWS WITH TIES"
	case distinct == "" && r.chance(5):
		sql = "SELECT DISTINCT ON (" + ordinals(len(targets)) + ") " + strings.TrimPrefix(sql, "SELECT ") + " ORDER BY " + ordinals(len(targets))
	}
	return sql, cols
}

// target is one entry of a select list, and the column it gives.
func (r *random) target(kind string, depth int) (rColumn, string) {
	if r.chance(65) {
		if ref, c := r.column(kind); c != nil {
			out := *c
			if r.chance(50) {
				out.name = r.fresh("a")
				return out, ref + " AS " + out.name
			}
			return out, ref
		}
	}
	e := r.expr(kind, depth)
	if kind == "int" && r.chance(10) {
		e = r.pick("rank() OVER (ORDER BY ", "count(*) OVER (PARTITION BY ", "sum("+e+") OVER (PARTITION BY ") + r.expr("text", 0) + ")"
	}
	name := r.fresh("a")
	if r.chance(10) {
		name = r.pick("owner_id", "customer_id", "name", "amount")
	}
	return rColumn{name: name, kind: kind}, e + " AS " + name
}

func (r *random) grouped(depth int, from, where string, kinds []string) (string, []rColumn) {
	ref, key := r.column("")
	if key == nil {
		ref, key = "1 + 0", &rColumn{name: "k", kind: "int"}
	}
	if key.kind == "int" && ref != "1 + 0" && r.chance(25) { // what is worked out from a key is another thing than the key
		ref, key = "("+ref+" % 3)", &rColumn{name: "k", kind: "int"}
	}
	var cols []rColumn
	var targets []string
	keys := []string{ref}
	r.local++ // an aggregate of outer columns alone would be the outer query's
	defer func() { r.local-- }()
	for k, kind := range kinds {
		c := rColumn{name: r.fresh("g"), kind: kind}
		var e string
		switch {
		case k == 0 && key.kind == kind:
			c.probes, e = key.probes, ref
		case kind == "int":
			e = r.pick("count(*)::int", "count("+r.expr("text", 0)+")::int", "max("+r.expr("int", 1)+")", "coalesce(sum("+r.expr("int", 1)+"), 0)::int")
		case kind == "bool":
			e = "bool_or(" + r.boolean(1) + ")"
		case kind == "text" && r.chance(50):
			x := r.expr("text", 1)
			e = "string_agg(" + x + ", ',' ORDER BY " + x + ")"
		case r.chance(20):
			e = r.pick("percentile_disc(0.5) WITHIN GROUP (ORDER BY ", "mode() WITHIN GROUP (ORDER BY ", "min(") + r.expr(kind, 1) + ")" + r.pick("", " FILTER (WHERE "+r.boolean(0)+")")
		default:
			e = "max(" + r.expr(kind, 1) + ")"
		}
		cols = append(cols, c)
		targets = append(targets, e+" AS "+c.name)
	}
	having := ""
	if r.chance(50) {
		var parts []string
		for range 1 + r.IntN(2) {
			p := ref + " IS NOT NULL"
			if len(key.probes) > 0 {
				p = r.bomb(fmt.Sprintf(key.probes[r.IntN(len(key.probes))], ref)) + " = 1"
			}
			parts = append(parts, r.pick(p, "count(*) > 0", "max("+r.expr("int", 0)+") IS NOT NULL"))
		}
		having = " HAVING " + strings.Join(parts, " AND ")
	}
	group := strings.Join(keys, ", ")
	if ref == "1 + 0" || r.chance(12) {
		group = "ROLLUP (" + group + ")"
		if ref == "1 + 0" {
			group = "()"
		}
	} else if r.chance(10) {
		group = r.pick("GROUPING SETS ((%s), ())", "CUBE (%s)", "DISTINCT %s, ROLLUP (%[1]s)", "GROUPING SETS ((%s), (%[1]s))")
		group = fmt.Sprintf(group, ref)
	} else if len(kinds) > 0 && key.kind == kinds[0] && r.chance(40) { // by number, or by the name in the result
		group = r.pick("1", cols[0].name)
	}
	return "SELECT " + strings.Join(targets, ", ") + " FROM " + from + where + " GROUP BY " + group + having, cols
}

// from is a FROM clause; its items go into the level.
func (r *random) from(depth int) string {
	var b strings.Builder
	n := 1 + r.IntN(3)
	if depth == 0 {
		n = 1
	}
	for k := range n {
		if k == 0 {
			b.WriteString(r.item(depth, false))
			continue
		}
		before := len(r.level().items)
		left := append([]rItem(nil), r.level().items...)
		how := r.pick(", ", " CROSS JOIN ", " JOIN ", " JOIN ", " LEFT JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ")
		text := r.item(depth, how != " RIGHT JOIN " && how != " FULL JOIN ")
		b.WriteString(how + text)
		right := r.level().items[before:]
		switch how {
		case ", ", " CROSS JOIN ":
		case " FULL JOIN ":
			a, b2 := r.of(left, "int"), r.of(right, "int")
			if a == "" || b2 == "" {
				b.WriteString(" ON TRUE")
			} else {
				b.WriteString(" ON " + a + " = " + b2)
			}
		default:
			// Behind a comma, ON sees the items of its own join alone.
			last := strings.LastIndex(b.String(), ", ")
			cond := ""
			if a, b2 := r.of(left, "int"), r.of(right, "int"); last < 0 && a != "" && b2 != "" && r.chance(80) {
				cond = a + " = " + b2
			}
			if last < 0 && (cond == "" || r.chance(50)) {
				if cond != "" {
					cond += " AND "
				}
				cond += r.condition(depth - 1)
			}
			if cond == "" {
				cond = "TRUE"
			}
			b.WriteString(" ON " + cond)
		}
	}
	return b.String()
}

// of is a reference to a column of that kind of one of the items.
func (r *random) of(items []rItem, kind string) string {
	var list []string
	for _, it := range items {
		for _, c := range it.cols {
			if c.kind == kind && unique(it.cols, c.name) {
				list = append(list, it.name+"."+c.name)
			}
		}
	}
	if len(list) == 0 {
		return ""
	}
	return list[r.IntN(len(list))]
}

func unique(cols []rColumn, name string) bool {
	n := 0
	for _, c := range cols {
		if c.name == name {
			n++
		}
	}
	return n == 1
}

// alias is one that the level does not have.
func (r *random) alias() string {
	for range 10 {
		a := r.pick(rAliases...)
		if !r.taken(a) {
			return a
		}
	}
	return r.fresh("i")
}

func (r *random) taken(name string) bool {
	for _, it := range r.level().items {
		if it.name == name {
			return true
		}
	}
	return false
}

func (r *random) item(depth int, lateral bool) string {
	add := func(it rItem) { r.level().items = append(r.level().items, it) }
	if r.chance(12) {
		if text := r.shapedItem(lateral, add); text != "" {
			return text
		}
	}
	switch k := r.IntN(100); {
	case depth > 0 && k < 22:
		text := "("
		var body string
		var cols []rColumn
		if lateral && r.chance(55) {
			text = "LATERAL ("
			body, cols = r.query(depth - 1)
		} else { // it does not see the level around it
			l := r.levels[len(r.levels)-1]
			r.levels = r.levels[:len(r.levels)-1]
			body, cols = r.query(depth - 1)
			r.levels = append(r.levels, l)
		}
		a, list := r.alias(), ""
		if r.chance(25) {
			cols, list = r.rename(cols)
		}
		add(rItem{name: a, cols: cols})
		return text + body + ") AS " + a + list
	case k < 28:
		a := r.alias()
		x, y := "1", "2"
		head := ""
		if lateral && r.chance(50) {
			x, head = r.expr("int", 1), "LATERAL "
		}
		add(rItem{name: a, cols: []rColumn{{name: "owner_id", kind: "int"}, {name: "v", kind: "text"}}})
		return head + "(VALUES (" + x + ", 's7'), (7, 'n')) AS " + a + "(owner_id, v)" + strings.Repeat(" ", len(y)-1)
	case k < 34:
		a := r.alias()
		arg := "3"
		if lateral && r.chance(60) {
			arg = "1 + " + r.expr("int", 1) + " % 3"
		}
		add(rItem{name: a, cols: []rColumn{{name: "g", kind: "int"}}})
		return "generate_series(1, " + arg + ") AS " + a + "(g)"
	case k < 44 && len(r.ctes) > 0:
		c := r.ctes[r.IntN(len(r.ctes))]
		it := rItem{name: c.name, cols: c.cols}
		text := c.name
		if r.taken(c.name) || r.chance(40) {
			it.name = r.alias()
			text += " " + it.name
		}
		add(it)
		return text
	}
	name := r.pick(r.names...)
	for _, c := range r.ctes { // a CTE's name hides the table
		if c.name == name {
			name = "products"
		}
	}
	it := rItem{name: name, cols: r.tables[name], table: name == "customers" || name == "orders"}
	text := name
	if name == "products" && r.chance(30) {
		text = "public.products"
	}
	if r.taken(name) || r.chance(60) {
		it.name = r.alias()
		text += r.pick(" ", " AS ") + it.name
		if r.chance(20) {
			var list string
			it.cols, list = r.rename(it.cols)
			text += list
		}
	}
	add(it)
	return text
}
