package rewrite_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

// Random statements that write, over the tables of testdata/writes: INSERT, UPDATE, DELETE, MERGE, ON CONFLICT, FROM, USING, RETURNING, data-modifying WITH
// queries, with the expressions and bombs of TestRandomStatementsLearnNothing. Each is compared with the reference as TestWritesAsOverViews does: the answer, every
// row of every table afterwards, hidden rows untouched, and the same on a database with other hidden data.
//
//	CORDON_RANDOM=20000 go test ./rewrite -run RandomWrites -timeout 0
//	CORDON_RANDOM=1 CORDON_SEED=4711 go test ./rewrite -run RandomWrites -v

const randomWrites = 300 // in an ordinary run of the tests

// A wTable is a table that is written.
type wTable struct {
	key   string // columns that tell rows apart
	cols  []wColumn
	reads []rColumn
}

type wColumn struct {
	name, typ string
	values    []string // literals worth writing: masks of this and that row among them
	kind      string   // of expressions that fit
	need      bool     // INSERT must give it
	insert    bool     // INSERT alone names it
}

var wTables = map[string]wTable{
	"clients": {"id", []wColumn{
		{"id", "bigint", nil, "", true, true}, {"owner_id", "int", []string{"7", "7", "7", "7", "7", "8", "NULL"}, "", true, false},
		{"name", "varchar(40)", []string{"'Name'", "'Client 18'"}, "text", true, false},
		{"phone", "varchar(20)", []string{"'138****2862'", "'13800142542'", "NULL", "'*****'", "'13912345678'", "'138****5838'"}, "text", false, false},
		{"email", "text", []string{"'u***@corp.cn'", "'***'", "'me@corp.cn'", "NULL"}, "text", false, false},
		{"card", "char(18)", []string{"NULL", "NULL", "'12'"}, "", false, false},
		{"born", "date", []string{"'1974-01-01'", "'1971-01-01'", "'1990-02-03'", "NULL"}, "date", false, false},
		{"credit", "numeric(12,2)", []string{"2000", "0", "1000.00", "1234.56", "NULL"}, "number", false, false},
		{"profile", "jsonb", []string{`'{"phone": "*****", "address": {"city": "City 2", "street": null}}'`, `'{"phone": "12345678901"}'`, "NULL", `'{"phone": 5, "a": 1}'`}, "", false, false},
		{"note", "text", []string{"'n'", "'give away'", "NULL"}, "text", false, false},
		{"tags", "text[]", []string{"'{a,b}'", "NULL"}, "", false, false},
	}, []rColumn{
		{"id", "int", []string{"%s %% 4 <> 2", "%s = 17"}}, {"owner_id", "int", []string{"%s <> 7", "%s = 8"}}, {"name", "text", []string{"%s LIKE 'N5%%'", "%s = 'Client 17'"}},
		{"phone", "text", []string{"%s = '000'", "substr(%s, 4, 1) = '9'", "%s LIKE '1380%%'", "%s = '13800142542'"}}, {"email", "text", []string{"%s LIKE '_zzz%%'", "%s = 'h@h.h'"}},
		{"card", "text", []string{"%s IS NOT NULL", "%s LIKE '9%%'"}}, {"born", "date", []string{"extract(month from %s) <> 1"}}, {"credit", "number", []string{"%s %% 1000 <> 0"}},
		{"profile", "json", nil}, {"note", "text", []string{"%s = 'note 17'"}}, {"level", "int", []string{"%s = 9"}}, {"code", "text", nil}, {"tags", "array", nil}, {"shout", "text", nil},
		{"touched", "int", []string{"%s = 5"}},
	}},
	"deals": {"id", []wColumn{
		{"id", "int", nil, "", true, true}, {"client_id", "bigint", []string{"18", "18", "22", "26", "17", "9999"}, "", true, false},
		{"amount", "numeric(12,2)", []string{"5", "0"}, "number", true, false}, {"status", "text", []string{"'new'", "'paid'"}, "text", false, false},
	}, []rColumn{
		{"id", "int", []string{"%s %% 4 <> 1"}}, {"client_id", "int", []string{"%s %% 4 <> 2"}}, {"amount", "number", []string{"%s = 777"}}, {"status", "text", []string{"%s = 'N5'"}},
	}},
	"visits": {"id, day", []wColumn{
		{"id", "int", nil, "", true, true}, {"day", "date", []string{"date '2026-01-20'", "date '2026-02-20'"}, "", true, true}, {"owner_id", "int", []string{"7", "7", "7", "7", "5"}, "", true, false},
		{"place", "text", []string{"'[hidden]'", "'there'", "NULL"}, "text", false, false}, {"minutes", "int", []string{"1", "NULL"}, "int", false, false},
	}, []rColumn{
		{"id", "int", []string{"%s %% 4 <> 2"}}, {"owner_id", "int", []string{"%s <> 7"}}, {"day", "date", nil}, {"place", "text", []string{"%s <> '[hidden]'"}}, {"minutes", "int", []string{"%s = 0"}},
	}},
	"memos": {"id", []wColumn{
		{"id", "int", nil, "", true, true}, {"owner_id", "int", []string{"7", "7", "7", "7", "5"}, "", true, false}, {"body", "text", []string{"'b'", "NULL"}, "text", false, false},
		{"at", "int[]", []string{"'{1,2}'"}, "", false, false},
	}, []rColumn{
		{"id", "int", []string{"%s %% 4 <> 2"}}, {"owner_id", "int", []string{"%s <> 7"}}, {"body", "text", []string{"%s = 'N5'"}},
	}},
	"stock": {"id", []wColumn{
		{"id", "int", nil, "", true, true}, {"name", "text", []string{"'thing'"}, "text", true, false}, {"cost", "numeric(10,2)", []string{"0", "0.00", "1000", "5", "NULL"}, "number", false, false},
		{"supplier", "text", []string{"NULL", "'s'"}, "text", false, false},
	}, []rColumn{
		{"id", "int", nil}, {"name", "text", nil}, {"cost", "number", []string{"%s %% 1000 <> 0"}}, {"supplier", "text", []string{"%s IS NOT NULL", "%s = 'other'"}},
	}},
	"tasks": {"id", []wColumn{
		{"id", "int", nil, "", true, true}, {"owner_id", "int", []string{"7", "5", "NULL"}, "", false, false}, {"title", "text", []string{"'t'"}, "text", true, false},
	}, []rColumn{
		{"id", "int", []string{"%s %% 4 <> 2"}}, {"owner_id", "int", []string{"%s <> 7"}}, {"title", "text", []string{"%s = 'N5'"}}, {"bonus", "int", []string{"%s = -1"}},
	}},
	// views; see views.sql
	"my_deals": {"id", []wColumn{
		{"id", "int", nil, "", true, true}, {"client_id", "bigint", []string{"18", "18", "22", "26", "17", "9999"}, "", true, false},
		{"amount", "numeric(12,2)", []string{"5", "0"}, "number", true, false}, {"status", "text", []string{"'new'", "'paid'"}, "text", false, false},
	}, []rColumn{
		{"id", "int", []string{"%s %% 4 <> 1"}}, {"client_id", "int", []string{"%s %% 4 <> 2"}}, {"amount", "number", []string{"%s = 777"}}, {"status", "text", []string{"%s = 'N5'"}},
	}},
	"people": {"id", []wColumn{
		{"id", "bigint", nil, "", true, true}, {"name", "varchar(40)", []string{"'Name'", "'Client 18'"}, "text", true, false},
		{"note", "varchar(20)", []string{"'138****2862'", "'13800142542'", "NULL", "'*****'", "'13912345678'", "'138****5838'"}, "text", false, false},
		{"phone", "text", []string{"'u***@corp.cn'", "'***'", "'me@corp.cn'", "NULL"}, "text", false, false},
		{"born", "date", []string{"'1974-01-01'", "'1971-01-01'", "'1990-02-03'", "NULL"}, "date", false, false},
		{"credit", "numeric(12,2)", []string{"2000", "0", "1000.00", "1234.56", "NULL"}, "number", false, false},
		{"remark", "text", []string{"'n'", "'give away'", "NULL"}, "text", false, false},
	}, []rColumn{
		{"id", "int", []string{"%s %% 4 <> 2", "%s = 17"}}, {"name", "text", []string{"%s LIKE 'N5%%'", "%s = 'Client 17'"}},
		{"note", "text", []string{"%s = '000'", "substr(%s, 4, 1) = '9'", "%s LIKE '1380%%'"}}, {"phone", "text", []string{"%s LIKE '_zzz%%'", "%s = 'h@h.h'"}},
		{"born", "date", []string{"extract(month from %s) <> 1"}}, {"credit", "number", []string{"%s %% 1000 <> 0"}}, {"remark", "text", []string{"%s = 'note 17'"}},
	}},
	"scratch": {"id", []wColumn{
		{"id", "int", nil, "", true, true}, {"v", "text", []string{"'v'"}, "text", false, false}, {"w", "text", []string{"'w'"}, "text", false, false},
	}, []rColumn{{"id", "int", nil}, {"v", "text", nil}, {"w", "text", nil}}},
}

func TestRandomWritesAsOverViews(t *testing.T) {
	g := writeGrant(t)
	here, there, ref := trials(t, g)
	for _, x := range []*trial{here, there} {
		x.d.conn.Exec(context.Background(), "SET statement_timeout = '2s'; SET jit = off; SET max_parallel_workers_per_gather = 0").Close()
	}
	reads := map[string][]rColumn{}
	for name, w := range wTables {
		reads[name] = w.reads
	}
	names := []string{"clients", "clients", "people", "my_deals", "deals", "deals", "visits", "memos", "stock", "tasks", "scratch"}
	n, first := environment("CORDON_RANDOM", randomWrites), environment("CORDON_SEED", 1)
	kinds, refused, failures, failed, skipped := map[string]int{}, map[string]int{}, 0, 0, 0
	end := time.Now().Add(20 * time.Second)
	for seed := first; seed < first+n && failures < 10 && (time.Now().Before(end) || os.Getenv("CORDON_RANDOM") != ""); seed++ {
		r := &writer{random: random{Rand: rand.New(rand.NewPCG(seed, 7)), tables: reads, names: names}}
		w, kind := r.written()
		w.random = true
		if os.Getenv("CORDON_SEED") != "" && n == 1 {
			t.Logf("%s\nreference: %s", w.sql, w.reference)
		}
		plans, err := plan(here.d, g, w.sql)
		if err != nil {
			why := kind + ": " + refusal(err)
			if refused[why]++; refused[why] == 1 {
				t.Logf("seed %d: %s\n%s", seed, why, w.sql)
			}
			continue
		}
		got, wrong := w.compare(t, here, there, ref, plans)
		switch {
		case wrong != "":
			failures++
			t.Errorf("seed %d: %s\n%s\nrewritten: %s\nreference: %s", seed, wrong, w.sql, joined(plans), w.reference)
		case wrongSQL(got.answer), strings.HasPrefix(got.answer, "ERROR 57"):
			skipped++
			if os.Getenv("CORDON_WRONG") != "" {
				t.Logf("seed %d: %s", seed, w.sql)
			}
		case strings.HasPrefix(got.answer, "ERROR"):
			failed++
		default:
			kinds[kind]++
		}
	}
	total := 0
	for kind, n := range kinds {
		t.Logf("%-12s %d", kind, n)
		total += n
	}
	t.Logf("%d statements: %d as over the views, %d fail as over the views, %d not PostgreSQL's", n, total, failed, skipped)
	for why, n := range refused {
		t.Logf("refused %d times: %s", n, why)
	}
	if uint64(total) < n/4 && os.Getenv("CORDON_RANDOM") != "" {
		t.Errorf("only %d of %d statements wrote", total, n)
	}
}

// A writer makes statements that write.
type writer struct {
	random
	table string
	wTable
	as string // the target's name in the statement
}

func (r *writer) written() (written, string) {
	r.table = r.pick("clients", "clients", "clients", "deals", "deals", "visits", "memos", "stock", "stock", "tasks", "scratch", "my_deals", "people", "people")
	r.wTable, r.as = wTables[r.table], r.table
	k := r.IntN(100)
	if r.table == "my_deals" || r.table == "people" { // no MERGE, and a reference with triggers has no ON CONFLICT
		k = []int{k * 60 / 100, 99}[r.IntN(10)/9]
	}
	switch {
	case k < 35:
		return written{sql: r.update()}, "UPDATE"
	case k < 45:
		return written{sql: r.deletion()}, "DELETE"
	case k < 60:
		return written{sql: r.insert()}, "INSERT"
	case k < 75:
		return r.conflict(), "ON CONFLICT"
	case k < 87:
		return r.merge(), "MERGE"
	}
	body := []func() string{r.update, r.update, r.deletion, r.insert}[r.IntN(4)]()
	if at := strings.LastIndex(body, " RETURNING "); at >= 0 {
		body = body[:at]
	}
	switch r.IntN(3) {
	case 0:
		return written{sql: "WITH w AS (" + body + ") SELECT count(*), max(phone) FROM clients"}, "WITH"
	case 1:
		return written{sql: "WITH w AS (" + body + " RETURNING " + r.as + ".*) SELECT w.*, c.phone FROM w LEFT JOIN clients c ON c.id = w.id"}, "WITH"
	}
	return written{sql: "WITH w AS (" + body + " RETURNING " + r.as + ".id AS x, " + r.over("text") + " AS y) INSERT INTO scratch SELECT x, y FROM w RETURNING *"}, "WITH"
}

// enter begins a level whose only item is the target, under a name of its own or an alias.
func (r *writer) enter(alias bool) string {
	text := r.table
	r.as = r.table
	if alias && r.chance(50) {
		r.as = r.pick("x", "t", "clients", "o")
		text += " AS " + r.as
	}
	r.levels = []*rLevel{{items: []rItem{{name: r.as, cols: r.reads}}}}
	return text
}

// over is an expression over the target's columns.
func (r *writer) over(kind string) string {
	r.levels = []*rLevel{{items: []rItem{{name: r.as, cols: r.reads}}}}
	return r.expr(kind, 1)
}

// value is what a column may be given; fit keeps it from failing for its length alone.
func (r *writer) value(c wColumn, update bool) string {
	if c.kind == "" || r.chance(45) {
		if update && r.chance(35) {
			return r.as + "." + c.name // as a form that saves all it loaded
		}
		if len(c.values) == 0 {
			return "1"
		}
		return c.values[r.IntN(len(c.values))]
	}
	e := r.expr(c.kind, 1)
	switch {
	case strings.HasPrefix(c.typ, "varchar"), c.typ == "text":
		return "left(" + e + ", 19)"
	case strings.HasPrefix(c.typ, "numeric"):
		return "mod(" + e + ", 100000)"
	}
	return e
}

func (r *writer) set() string {
	cols := r.rows(false)
	var parts []string
	for k := 0; k < len(cols); k++ {
		if k+1 < len(cols) && r.chance(15) {
			parts = append(parts, "("+cols[k].name+", "+cols[k+1].name+") = "+r.pick("", "ROW")+"("+r.value(cols[k], true)+", "+r.value(cols[k+1], true)+")")
			k++
			continue
		}
		v := r.value(cols[k], true)
		if r.chance(4) && !cols[k].need {
			v = "DEFAULT"
		}
		parts = append(parts, cols[k].name+" = "+v)
	}
	return strings.Join(parts, ", ")
}

// rows picks columns: for INSERT those it must give and some more, for UPDATE any.
func (r *writer) rows(insert bool) []wColumn {
	for {
		var out []wColumn
		for _, c := range r.cols {
			if insert && (c.need || r.chance(50)) || !insert && !c.insert && r.chance(35) && (c.name != "owner_id" || r.chance(30)) {
				out = append(out, c)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
}

func (r *writer) answer() string {
	switch k := r.IntN(10); {
	case k < 3:
		return ""
	case k < 5:
		return " RETURNING " + r.pick("*", r.as+".*")
	}
	return " RETURNING " + r.over("int") + ", " + r.over("text")
}

func (r *writer) update() string {
	text := r.enter(true)
	where := r.condition(1)
	if r.chance(75) {
		sql := "UPDATE " + text + " SET " + r.set() + " WHERE " + where
		return sql + r.answer()
	}
	o := r.source()
	sql := "UPDATE " + text + " SET " + r.set() + " FROM " + o + " WHERE " + r.as + ".id = src.id"
	if r.chance(50) {
		sql += " AND " + r.condition(1)
	}
	return sql + r.pick("", " RETURNING "+r.as+".id, src.v, "+r.expr("text", 1), " RETURNING src.id, "+r.as+".*")
}

// source is an item of FROM under the name src, with one row for each id; it joins the level.
func (r *writer) source() string {
	it := rItem{name: "src", cols: []rColumn{{name: "id", kind: "int"}, {name: "v", kind: "text"}}}
	r.level().items = append(r.level().items, it)
	switch r.IntN(4) {
	case 0:
		return "(VALUES (18, 'a'), (22, '138****2862'), (17, 'c'), (2, '138****5838'), (5, 'e')) AS src(id, v)"
	case 1:
		return "(SELECT id, " + r.pick("phone", "email", "note", "card::text") + " AS v FROM clients) AS src"
	case 2:
		return "(SELECT id, v FROM scratch) AS src"
	}
	return "(SELECT id::int, max(status) AS v FROM deals WHERE amount > 3 GROUP BY id) AS src"
}

func (r *writer) deletion() string {
	text := r.enter(true)
	if r.chance(30) {
		o := r.source()
		return "DELETE FROM " + text + " USING " + o + " WHERE " + r.as + ".id = src.id AND " + r.condition(1) + r.pick("", " RETURNING "+r.as+".*, src.v")
	}
	return "DELETE FROM " + text + " WHERE " + r.condition(1) + r.answer()
}

// tuples are the rows of VALUES for the columns; keys differ from row to row, and some are taken, by rows in sight and out of it.
func (r *writer) tuples(cols []wColumn, typed bool) string {
	keys := r.Perm(60)
	if r.table == "memos" { // the key of a table does not hold for its children
		keys = r.Perm(20)
	}
	var rows []string
	for k := range 1 + r.IntN(4) {
		var parts []string
		for _, c := range cols {
			v := ""
			switch {
			case c.name == "id" && r.chance(50):
				v = fmt.Sprint(900 + k)
			case c.name == "id":
				v = fmt.Sprint(keys[k])
			default:
				v = c.values[r.IntN(len(c.values))]
			}
			if typed {
				v = "CAST(" + v + " AS " + c.typ + ")"
			}
			parts = append(parts, v)
		}
		rows = append(rows, "("+strings.Join(parts, ", ")+")")
	}
	return strings.Join(rows, ", ")
}

func list(cols []wColumn, prefix string) string {
	var out []string
	for _, c := range cols {
		out = append(out, prefix+c.name)
	}
	return strings.Join(out, ", ")
}

func (r *writer) insert() string {
	cols := r.rows(true)
	r.as = r.table
	if r.table == "tasks" || r.chance(60) { // a forced column is put into VALUES only
		return "INSERT INTO " + r.table + " (" + list(cols, "") + ") VALUES " + r.tuples(cols, false) + r.answer()
	}
	source := r.table
	from := source
	r.table, r.wTable = source, wTables[source]
	r.enter(false)
	var values []string
	for _, c := range cols {
		switch {
		case c.name == "id":
			values = append(values, "1000 + "+from+".id")
		case c.name == "owner_id":
			values = append(values, r.pick("7", from+".owner_id"))
		case c.name == "day" || c.name == "client_id":
			values = append(values, from+"."+c.name)
		case c.kind == "":
			values = append(values, from+"."+c.name)
		case c.need && c.kind == "text":
			values = append(values, "coalesce("+r.value(c, true)+", 'none')")
		case c.need:
			values = append(values, "coalesce("+r.value(c, true)+", 1)")
		default:
			e := r.value(c, true)
			if strings.HasPrefix(e, "'") || e == "NULL" {
				e = "CAST(" + e + " AS " + c.typ + ")"
			}
			values = append(values, e)
		}
	}
	where := r.condition(1)
	return "INSERT INTO " + r.table + " (" + list(cols, "") + ") SELECT " + strings.Join(values, ", ") + " FROM " + from + " WHERE " + where + r.answer()
}

// conflict is an INSERT with ON CONFLICT. The reference, a view with triggers, knows none: there it is an UPDATE of the rows in sight and an INSERT of those whose key
// nobody has.
func (r *writer) conflict() written {
	if r.table == "scratch" {
		r.table = "stock"
		r.wTable = wTables[r.table]
	}
	cols := r.rows(true)
	rows := r.tuples(cols, true)
	into := r.enter(true)
	var owned []wColumn // a column that is not given has its default in EXCLUDED
	for _, c := range cols {
		if !c.insert {
			owned = append(owned, c)
		}
	}
	src := "WITH src(" + list(cols, "") + ") AS MATERIALIZED (VALUES " + rows + ")"
	if r.table == "tasks" {
		src = "WITH src(" + list(cols, "") + ") AS MATERIALIZED (SELECT * FROM (VALUES " + rows + ") AS v)"
	}
	match := r.as + ".id = excluded.id"
	taken := "EXISTS (SELECT FROM public." + r.table + " raw WHERE raw.id = src.id)"
	if r.table == "visits" {
		match, taken = match+" AND "+r.as+".day = excluded.day", "EXISTS (SELECT FROM public.visits raw WHERE raw.id = src.id AND raw.day = src.day)"
	}
	returning := r.as + ".*"
	if r.chance(50) {
		returning = r.over("int") + " AS a, " + r.over("text") + " AS b"
	}
	insert := "INSERT INTO " + into + " (" + list(cols, "") + ") "
	if r.chance(25) {
		target := r.pick("", "", " ("+r.key+")")
		return written{sql: insert + "VALUES " + rows + " ON CONFLICT" + target + " DO NOTHING RETURNING " + returning, blind: true,
			reference: src + ", i AS (" + insert + "SELECT * FROM src WHERE NOT " + taken + " RETURNING " + returning + ") SELECT * FROM i"}
	}
	var set []string
	for _, c := range owned {
		if r.table == "tasks" && c.name == "owner_id" {
			continue
		}
		v := "EXCLUDED." + c.name
		if r.chance(35) {
			v = r.value(c, true)
		} else if r.chance(15) && c.kind == "text" {
			v = "left(concat(EXCLUDED." + c.name + ", " + r.over("text") + "), 19)"
		}
		set = append(set, c.name+" = "+v)
	}
	if len(set) == 0 {
		set = append(set, owned[0].name+" = "+r.as+"."+owned[0].name)
	}
	where := "TRUE"
	if r.chance(40) {
		r.levels = []*rLevel{{items: []rItem{{name: r.as, cols: r.reads}}}}
		where = r.condition(1)
	}
	return written{blind: true,
		sql: insert + "VALUES " + rows + " ON CONFLICT (" + r.key + ") DO UPDATE SET " + strings.Join(set, ", ") + " WHERE " + where + " RETURNING " + returning,
		reference: src + ", u AS (UPDATE " + into + " SET " + strings.Join(set, ", ") + " FROM src AS excluded WHERE " + match + " AND (" + where + ") RETURNING " + returning +
			"), i AS (" + insert + "SELECT * FROM src WHERE NOT " + taken + " RETURNING " + returning + ") SELECT * FROM u UNION ALL SELECT * FROM i"}
}

// merge is a MERGE; the reference, without one for views, does its three parts.
func (r *writer) merge() written {
	cols := r.rows(true)
	rows := r.tuples(cols, true)
	into := r.enter(true)
	src := "(VALUES " + rows + ") AS src(" + list(cols, "") + ")"
	match := r.as + ".id = src.id"
	if r.table == "visits" {
		match += " AND " + r.as + ".day = src.day"
	}
	r.level().items = append(r.level().items, rItem{name: "src", cols: []rColumn{{name: "id", kind: "int"}}})
	matched := r.condition(1)
	set := r.set()
	if r.chance(40) {
		var parts []string
		for _, c := range cols {
			if !c.insert {
				parts = append(parts, c.name+" = src."+c.name)
			}
		}
		if len(parts) > 0 {
			set = strings.Join(parts, ", ")
		}
	}
	other := r.pick("DELETE", "DO NOTHING", "")
	insertWhen := r.pick("TRUE", "src.id > 20")
	sql := "MERGE INTO " + into + " USING " + src + " ON " + match + " WHEN MATCHED AND " + matched + " THEN UPDATE SET " + set
	if other != "" {
		sql += " WHEN MATCHED THEN " + other
	}
	sql += " WHEN NOT MATCHED AND " + insertWhen + " THEN INSERT (" + list(cols, "") + ") VALUES (" + list(cols, "src.") + ")"
	ref := "WITH u AS (UPDATE " + into + " SET " + set + " FROM " + src + " WHERE " + match + " AND (" + matched + ")), "
	if other == "DELETE" {
		ref += "d AS (DELETE FROM " + into + " USING " + src + " WHERE " + match + " AND (" + matched + ") IS NOT TRUE), "
	}
	ref += "i AS (INSERT INTO " + into + " (" + list(cols, "") + ") SELECT " + list(cols, "src.") + " FROM " + src + " WHERE " + insertWhen + " AND NOT EXISTS (SELECT FROM " + into + " WHERE " + match + ")) SELECT WHERE false"
	return written{sql: sql, reference: ref, blind: true}
}
