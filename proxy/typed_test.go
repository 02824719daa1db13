package proxy

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cordon/internal/pgtest"
)

// Random expressions of every type that the clinic's and the ERP's columns have, of all functions, operators and casts that compute from their arguments, in queries of many forms: joins, LATERAL, WITH, grouping sets, set operations.
// What they give over the reference they give through Cordon: names, types, type modifiers, rows. Which of several errors of data comes first, or whether one comes at all, is the planner's choice, so errors are held alone against a refusal of Cordon's own.
//
//	CORDON_RANDOM=20000 go test ./proxy -run RandomExpressions -timeout 0 -v
//	CORDON_RANDOM=1 CORDON_SEED=4711 go test ./proxy -run RandomExpressions -v   one statement again

type anyFunc struct {
	name   string
	args   []string
	ret    string
	kind   byte // f, a, o (operator)
	public bool
}

type anyCol struct{ name, typ string }

type anyItem struct {
	alias string
	cols  []anyCol
}

type typed struct {
	*rand.Rand
	by      map[string][]anyFunc // by result type
	tables  map[string][]anyCol
	names   []string
	types   []string
	casts   map[string][]string // to: from
	samples map[string][]string // literals, by type
	scope   [][]anyItem
	ctes    []anyItem
	n       int
	ordered bool
	local   bool // no outer columns
	agg     bool
}

func (g *typed) chance(p int) bool       { return g.IntN(100) < p }
func (g *typed) pick(l ...string) string { return l[g.IntN(len(l))] }
func (g *typed) fresh(p string) string   { g.n++; return p + strconv.Itoa(g.n) }

var samples = map[string][]string{
	"text":                        {"'a'", "''", "'000007919'", "'P'", "'2026-01-01'", "'%1%'", "'north'", "'nick2'", "'Z31'"},
	"character varying":           {"'Z31'", "'nick3'", "''", "'tag1'"},
	"character":                   {"'c1'", "'x'", "''"},
	"name":                        {"'label1'", "'x'"},
	`"char"`:                      {"'A'", "'B'"},
	"citext":                      {"'CODE3'", "'x'", "'p1@mail.example'"},
	"smallint":                    {"3", "0", "-1"},
	"integer":                     {"0", "1", "2", "7", "30", "-5"},
	"bigint":                      {"1", "100000000007", "-3"},
	"numeric":                     {"1.5", "120", "0", "-7.77", "1e3"},
	"real":                        {"1.3", "0", "-2"},
	"double precision":            {"0.5", "2", "-1e2"},
	"money":                       {"'1.5'", "'1000'"},
	"boolean":                     {"true", "false"},
	"date":                        {"'1951-03-01'", "'2026-01-15'", "'infinity'"},
	"timestamp without time zone": {"'2026-01-15 10:30'", "'2026-02-01'"},
	"timestamp with time zone":    {"'2026-01-15 10:30Z'", "'2026-05-01+08'"},
	"time without time zone":      {"'10:30'", "'00:00:01'"},
	"time with time zone":         {"'10:30+02'"},
	"interval":                    {"'1 day'", "'-3 hours'", "'1 mon 2 days'"},
	"uuid":                        {"'00000000-0000-4000-8000-000000000004'"},
	"bytea":                       {`'\x0102'`, `''`},
	"inet":                        {"'10.1.3.7/24'", "'::1'"},
	"cidr":                        {"'10.0.0.0/8'"},
	"json":                        {`'{"phone": "1", "a": [1, null]}'`, `'[1]'`},
	"jsonb":                       {`'{"phone": "1", "a": [1, null]}'`, `'null'`, `'[1, "x"]'`},
	"jsonpath":                    {"'$.phone'", "'$.home.*'", "'$ ? (@.age > 10)'"},
	"bit":                         {"B'0101'"}, "bit varying": {"B'01'"},
	"daterange": {"'[2026-01-01,2026-02-01)'", "'empty'"},
	"tstzrange": {"'[2026-01-01Z,2026-02-01Z)'"},
	"int4range": {"'[1,5)'"}, "numrange": {"'(1.5,)'"},
	"int4multirange": {"'{[1,3),[7,9)}'"}, "datemultirange": {"'{[2026-01-01,2026-02-01)}'"},
	"kind":                {"'guest'", "'regular'", "'staff'"},
	"loc":                 {"'(1,2,x)'", "ROW(1, 2, 'L1')"},
	"text[]":              {"'{a,b}'", "ARRAY['x', NULL]", "'{}'"},
	"character varying[]": {"'{tag1,t}'"}, "citext[]": {"'{A,b}'"},
	"integer[]": {"'{1,2}'", "ARRAY[3]"}, "numeric[]": {"'{1.5,2}'"}, "date[]": {"'{2026-01-01}'"},
	"hstore":   {"'a=>1'", "'b=>NULL'"},
	"tsvector": {"'a b:3'"}, "tsquery": {"'a & b'"}, "point": {"'(1,2)'"}, "oid": {"1"},
}

func (g *typed) literal(t string) string {
	if g.chance(6) {
		return g.pick("NULL", "NULL::"+t)
	}
	l := g.samples[t]
	if len(l) == 0 {
		return "NULL::" + t
	}
	s := l[g.IntN(len(l))]
	switch g.IntN(5) {
	case 0:
		return s
	case 1:
		return "CAST(" + s + " AS " + t + ")"
	}
	return s + "::" + t
}

func (g *typed) columns(t string) (out []string) {
	for k := len(g.scope) - 1; k >= 0; k-- {
		for _, it := range g.scope[k] {
			for _, c := range it.cols {
				if c.name != "" && (c.typ == t || t == "") {
					if it.alias == "" {
						out = append(out, c.name)
					} else {
						out = append(out, it.alias+"."+c.name)
					}
				}
			}
		}
		if g.local {
			break
		}
	}
	return out
}

func (g *typed) column(t string) string {
	l := g.columns(t)
	if len(l) == 0 {
		return ""
	}
	return l[g.IntN(len(l))]
}

var noNotice = regexp.MustCompile(`(?m)^NOTICE .*\n`)

var poly = regexp.MustCompile(`^any`)

func (g *typed) call(t string, depth int, kinds string) string {
	for range 8 {
		l := g.by[t]
		bind := ""
		if g.chance(25) {
			if e, ok := strings.CutSuffix(t, "[]"); ok && g.chance(50) {
				l, bind = g.by["anyarray"], e
				if g.chance(30) {
					l = g.by["anycompatiblearray"]
				}
			} else if strings.HasSuffix(t, "range") && g.chance(50) {
				l = g.by["anyrange"]
				bind = map[string]string{"daterange": "date", "tstzrange": "timestamp with time zone", "int4range": "integer", "numrange": "numeric"}[t]
			} else {
				l, bind = g.by[g.pick("anyelement", "anycompatible", "anyelement")], t
			}
		}
		if len(l) == 0 {
			continue
		}
		f := l[g.IntN(len(l))]
		if !strings.ContainsRune(kinds, rune(f.kind)) {
			continue
		}
		if bind == "" {
			bind = g.types[g.IntN(len(g.types))]
		}
		var args []string
		ok := true
		for _, a := range f.args {
			switch a {
			case "anyelement", "anynonarray", "anycompatible", "anycompatiblenonarray":
				a = bind
			case "anyarray", "anycompatiblearray":
				a = bind + "[]"
				ok = ok && !strings.HasSuffix(bind, "[]")
			case "anyenum":
				a = "kind"
				ok = ok && g.samples["kind"] != nil
			case "anyrange", "anycompatiblerange":
				r := map[string]string{"date": "daterange", "timestamp with time zone": "tstzrange", "integer": "int4range", "numeric": "numrange"}[bind]
				ok = ok && r != ""
				a = r
			case "anymultirange", "anycompatiblemultirange":
				ok = ok && bind == "integer"
				a = "int4multirange"
			case `"any"`:
				a = g.types[g.IntN(len(g.types))]
			}
			if !ok {
				break
			}
			args = append(args, g.expr(a, depth-1))
		}
		if !ok {
			continue
		}
		switch f.kind {
		case 'o':
			op := f.name
			if g.chance(8) {
				op = "OPERATOR(pg_catalog." + op + ")"
			}
			if len(args) == 1 {
				return "(" + op + " " + args[0] + ")"
			}
			return "(" + args[0] + " " + op + " " + args[1] + ")"
		case 'a':
			in := strings.Join(args, ", ")
			if len(args) == 0 {
				in = "*"
			} else if strings.HasSuffix(f.name, "agg") || g.chance(20) {
				in += " ORDER BY " + strings.Join(args, ", ")
				if len(args) == 1 && g.chance(30) {
					in = "DISTINCT " + in
				}
			}
			s := f.name + "(" + in + ")"
			if g.chance(15) {
				s += " FILTER (WHERE " + g.expr("boolean", depth-1) + ")"
			}
			return s
		}
		name := f.name
		if g.chance(8) && !f.public {
			name = "pg_catalog." + name
		}
		return name + "(" + strings.Join(args, ", ") + ")"
	}
	return ""
}

func (g *typed) expr(t string, depth int) string {
	if depth <= 0 {
		if c := g.column(t); c != "" && g.chance(85) {
			return c
		}
		return g.literal(t)
	}
	for range 6 {
		switch k := g.IntN(100); {
		case k < 26:
			if c := g.column(t); c != "" {
				return c
			}
		case k < 30:
			return g.literal(t)
		case k < 64:
			if s := g.call(t, depth, "fo"); s != "" {
				return s
			}
		case k < 72:
			if l := g.casts[t]; len(l) > 0 {
				s := g.expr(l[g.IntN(len(l))], depth-1)
				if g.chance(50) {
					return "(" + s + ")::" + t + g.typmod(t)
				}
				return "CAST(" + s + " AS " + t + g.typmod(t) + ")"
			}
		case k < 77:
			s := "CASE WHEN " + g.expr("boolean", depth-1) + " THEN " + g.expr(t, depth-1)
			if g.chance(60) {
				s += " ELSE " + g.expr(t, depth-1)
			}
			return s + " END"
		case k < 83:
			return g.pick("COALESCE", "COALESCE", "NULLIF", "GREATEST", "LEAST") + "(" + g.expr(t, depth-1) + ", " + g.expr(t, depth-1) + ")"
		case k < 86:
			if !g.agg {
				q, _ := g.query(depth-1, []string{t}, true)
				return "(" + q + ")"
			}
		case k < 89:
			if e, ok := strings.CutSuffix(t, "[]"); ok {
				if g.chance(40) && !g.agg {
					q, _ := g.query(depth-1, []string{e}, false)
					return "ARRAY(" + q + " ORDER BY 1)"
				}
				return "ARRAY[" + g.expr(e, depth-1) + ", " + g.expr(e, depth-1) + "]"
			}
			if slices.Contains(g.types, t+"[]") {
				return "(" + g.expr(t+"[]", depth-1) + ")[" + g.pick("1", "2", g.expr("integer", depth-1)) + "]"
			}
		case k < 93 && t == "boolean":
			return g.boolean(depth)
		case k < 95 && t == "text":
			return g.pick("trim("+g.expr("text", depth-1)+")", "substring("+g.expr("text", depth-1)+" FROM 2 FOR 3)", "overlay("+g.expr("text", depth-1)+" PLACING 'x' FROM 1)", g.expr("text", depth-1)+` COLLATE "C"`, "("+g.expr("jsonb", depth-1)+")->>'phone'", "("+g.expr("jsonb", depth-1)+" #>> '{home,street}')")
		case k < 95 && t == "timestamp without time zone":
			return "(" + g.expr("timestamp with time zone", depth-1) + " AT TIME ZONE 'Asia/Shanghai')"
		case k < 95 && t == "numeric":
			return "EXTRACT(" + g.pick("year", "month", "dow", "epoch") + " FROM " + g.expr(g.pick("date", "timestamp with time zone", "interval"), depth-1) + ")"
		case k < 95 && t == "double precision" && g.samples["loc"] != nil:
			return "(" + g.expr("loc", depth-1) + ")." + g.pick("lat", "lon")
		case k < 95 && t == "jsonb":
			return "(" + g.expr("jsonb", depth-1) + ")" + g.pick("['home']", "['age']", "[0]", "->'home'")
		}
	}
	return g.literal(t)
}

func (g *typed) typmod(t string) string {
	if g.chance(60) {
		return ""
	}
	switch t {
	case "character varying", "character", "bit", "bit varying":
		return "(" + g.pick("1", "4", "9") + ")"
	case "numeric":
		return g.pick("(12,1)", "(9)", "(20,5)")
	case "interval":
		return "(0)"
	}
	return ""
}

func (g *typed) boolean(depth int) string {
	t := g.types[g.IntN(len(g.types))]
	e := func() string { return g.expr(t, depth-1) }
	switch g.IntN(12) {
	case 0:
		return "(" + e() + g.pick(" IS NULL", " IS NOT NULL") + ")"
	case 1:
		return "(" + e() + g.pick(" IS DISTINCT FROM ", " IS NOT DISTINCT FROM ") + e() + ")"
	case 2:
		return "(" + e() + g.pick(" BETWEEN ", " NOT BETWEEN ", " BETWEEN SYMMETRIC ") + e() + " AND " + e() + ")"
	case 3:
		return "(" + e() + g.pick(" IN (", " NOT IN (") + e() + ", " + e() + "))"
	case 4:
		if !g.agg {
			q, _ := g.query(depth-1, []string{t}, false)
			return "(" + e() + g.pick(" IN (", " NOT IN (", " = ANY (", " <> ALL (", " < ALL (") + q + "))"
		}
	case 5:
		if !g.agg {
			q, _ := g.query(depth-1, nil, false)
			return g.pick("EXISTS (", "NOT EXISTS (") + q + ")"
		}
	case 6:
		return "(" + g.expr("text", depth-1) + g.pick(" LIKE ", " ILIKE ", " ~ ", " NOT LIKE ", " SIMILAR TO ") + g.pick("'%1%'", "'n%'", "'P_r%'", "'1'") + ")"
	case 7:
		u := g.types[g.IntN(len(g.types))]
		return "((" + e() + ", " + g.expr(u, depth-1) + ")" + g.pick(" = ", " < ", " >= ", " <> ", " IS DISTINCT FROM ") + "(" + e() + ", " + g.expr(u, depth-1) + "))"
	case 8:
		return "(" + g.expr("boolean", depth-1) + g.pick(" AND ", " OR ") + g.expr("boolean", depth-1) + ")"
	case 9:
		return "(" + g.expr("boolean", depth-1) + g.pick(" IS TRUE", " IS NOT FALSE", " IS UNKNOWN") + ")"
	case 10:
		return "(NOT " + g.expr("boolean", depth-1) + ")"
	}
	return "(" + e() + " = " + e() + ")"
}

// item adds an item of FROM to the innermost level.
func (g *typed) item(depth int) string {
	add := func(it anyItem) { l := len(g.scope) - 1; g.scope[l] = append(g.scope[l], it) }
	a := g.fresh("t")
	if len(g.ctes) > 0 && g.chance(30) {
		c := g.ctes[g.IntN(len(g.ctes))]
		add(anyItem{a, c.cols})
		return c.alias + " " + a
	}
	if depth > 0 && g.chance(25) {
		lateral := g.chance(40)
		save := g.scope
		if !lateral {
			g.scope = slices.Clone(g.scope[:len(g.scope)-1])
		}
		q, cols := g.query(depth-1, nil, false)
		g.scope = save
		list := ""
		if g.chance(30) {
			cols = slices.Clone(cols)
			var names []string
			for k := range cols {
				cols[k].name = g.fresh("r")
				names = append(names, cols[k].name)
			}
			list = "(" + strings.Join(names, ", ") + ")"
		}
		add(anyItem{a, cols})
		if lateral {
			return "LATERAL (" + q + ") AS " + a + list
		}
		return "(" + q + ") AS " + a + list
	}
	if g.chance(8) {
		t := g.types[g.IntN(len(g.types))]
		if strings.HasSuffix(t, "[]") {
			add(anyItem{a, []anyCol{{"u", strings.TrimSuffix(t, "[]")}, {"o", "bigint"}}})
			save := g.scope
			g.scope = g.scope[:len(g.scope)-1] // nothing of this level
			e := g.expr(t, 1)
			g.scope = save
			return "unnest(" + e + ") WITH ORDINALITY AS " + a + "(u, o)"
		}
	}
	name := g.names[g.IntN(len(g.names))]
	if g.chance(20) {
		alias := name
		for _, it := range g.scope[len(g.scope)-1] {
			if it.alias == name {
				alias = ""
			}
		}
		if alias != "" {
			add(anyItem{name, g.tables[name]})
			return name
		}
	}
	add(anyItem{a, g.tables[name]})
	return name + g.pick(" ", " AS ") + a
}

func (g *typed) from(depth int) string {
	s := g.item(depth)
	n := g.IntN(3)
	if depth <= 0 {
		n = g.IntN(2)
	}
	l := len(g.scope) - 1
	for range n {
		before := g.scope[l][0]
		how := g.pick(" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ", " JOIN ", " LEFT JOIN ")
		next := g.item(0)
		after := g.scope[l][len(g.scope[l])-1]
		var conds []string
		for _, c := range before.cols {
			for _, d := range after.cols {
				if c.typ == d.typ && c.name != "" && d.name != "" && c.typ != "json" && c.typ != "json[]" && c.typ != "point" {
					conds = append(conds, before.alias+"."+c.name+" = "+after.alias+"."+d.name)
				}
			}
		}
		cond := "true"
		if len(conds) > 0 {
			cond = conds[g.IntN(len(conds))]
		} else if how == " FULL JOIN " {
			how = " LEFT JOIN "
		}
		s += how + next + " ON " + cond
		if g.chance(20) && !strings.Contains(how, "FULL") {
			save := g.scope
			g.scope = [][]anyItem{{before, after}}
			s += " AND " + g.expr("boolean", 1)
			g.scope = save
		}
	}
	return s
}

// query makes a SELECT; one says that it gives one row at most.
func (g *typed) query(depth int, want []string, one bool) (string, []anyCol) {
	g.scope = append(g.scope, nil)
	agg, local := g.agg, g.local
	g.agg = false
	defer func() { g.scope = g.scope[:len(g.scope)-1]; g.agg, g.local = agg, local }()
	from := g.from(depth)
	if want == nil {
		for range 1 + g.IntN(4) {
			want = append(want, g.types[g.IntN(len(g.types))])
		}
	}
	where := ""
	if g.chance(50) {
		where = " WHERE " + g.expr("boolean", depth+1)
	}
	var cols []anyCol
	var list []string
	tail := ""
	if one || g.chance(20) {
		g.agg, g.local = true, true
		var keys []string
		if !one {
			for range 1 + g.IntN(2) {
				if c := g.column(""); c != "" {
					keys = append(keys, c)
				}
			}
		}
		for k, t := range want {
			name := g.fresh("c")
			e := g.call(t, 2, "a")
			if e == "" {
				e = g.expr(t, 1)
				if e = g.pick("max", "min") + "(" + e + ")"; !slices.ContainsFunc(g.by[t], func(f anyFunc) bool { return f.name == "min" }) {
					x := e[4 : len(e)-1]
					e = "(array_agg(" + x + " ORDER BY " + x + "))[1]"
				}
			}
			if k < len(keys) && g.chance(30) && !one {
				for _, it := range g.scope[len(g.scope)-1] {
					for _, c := range it.cols {
						if it.alias+"."+c.name == keys[k] {
							e, t = keys[k], c.typ
							want[k] = t
						}
					}
				}
			}
			list = append(list, e+" AS "+name)
			cols = append(cols, anyCol{name, t})
		}
		if len(keys) > 0 {
			ks := strings.Join(keys, ", ")
			tail = " GROUP BY " + g.pick(ks, ks, ks, "ROLLUP ("+ks+")", "GROUPING SETS (("+ks+"), ())", "CUBE ("+ks+")")
		}
		if g.chance(25) && !one {
			tail += " HAVING " + g.pick("count(*) > 1", "max("+g.expr("integer", 1)+") > 3", "bool_or("+g.expr("boolean", 1)+")")
		}
	} else {
		for _, t := range want {
			e := g.expr(t, depth+1)
			if g.chance(6) {
				o := g.column("")
				e = g.pick("count(*) OVER (PARTITION BY "+o+")", "rank() OVER (ORDER BY "+o+")", "dense_rank() OVER (PARTITION BY "+o+" ORDER BY "+g.column("")+")")
				t = "bigint"
			}
			if len(want) > 0 && len(g.scope) == 1 && g.chance(15) {
				list = append(list, e)
				cols = append(cols, anyCol{"", t})
				continue
			}
			name := g.fresh("c")
			list = append(list, e+g.pick(" AS ", " AS ", " ")+name)
			cols = append(cols, anyCol{name, t})
		}
	}
	sel := "SELECT "
	if g.chance(8) {
		sel += "DISTINCT "
	}
	s := sel + strings.Join(list, ", ") + " FROM " + from + where + tail
	return s, cols
}

func (g *typed) statement() string {
	s := ""
	if g.chance(20) {
		name := g.fresh("w")
		q, cols := g.query(1, nil, false)
		s = "WITH " + name + " AS " + g.pick("", "", "MATERIALIZED ", "NOT MATERIALIZED ") + "(" + q + ") "
		g.ctes = append(g.ctes, anyItem{name, cols})
	}
	q, cols := g.query(2, nil, false)
	if g.chance(12) {
		var want []string
		for _, c := range cols {
			want = append(want, c.typ)
		}
		q2, _ := g.query(1, want, false)
		q += g.pick(" UNION ", " UNION ALL ", " EXCEPT ", " INTERSECT ") + q2
	}
	s += q
	if g.chance(35) {
		g.ordered = true
		var o []string
		for k := range cols {
			o = append(o, strconv.Itoa(k+1)+g.pick("", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"))
		}
		s += " ORDER BY " + strings.Join(o, ", ")
		if g.chance(40) {
			s += g.pick(" LIMIT 5", " LIMIT 3 OFFSET 2", " FETCH FIRST 4 ROWS ONLY", " FETCH FIRST 3 ROWS WITH TIES")
		}
	}
	return s
}

func TestRandomExpressionsAnswerAsViews(t *testing.T) {
	if pgtest.Shared(t).Major(t) < 15 {
		t.Skip("the tables have multiranges, and some views are security_invoker")
	}
	for _, folder := range []string{"clinic", "erp"} {
		t.Run(folder, func(t *testing.T) { randomExpressions(t, "../testdata/sessions/"+folder+"/") })
	}
}

func randomExpressions(t *testing.T, folder string) {
	pg := pgtest.Shared(t)
	db := pg.CreateDatabase(t)
	for _, file := range []string{"schema.sql", "reference.sql"} {
		pg.Exec(t, db, readFile(t, folder+file))
	}
	f := serve(t, pg.Addr(), readFile(t, folder+"policy.yaml"), nil)
	through, direct := tell(t, f.addr, "alice", db, "public"), tell(t, pg.Addr(), "alice", db, "ref,public")
	for _, w := range []*teller{through, direct} {
		w.learn(t)
		w.send(sent{}, "SET extra_float_digits = -3; SET statement_timeout = '3s'", false, 0) // sums of floats differ in the last digits by the order of rows
	}
	base := typedOf(t, direct)
	number := func(name string, or int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return or
	}
	n, first := number("CORDON_RANDOM", 60), number("CORDON_SEED", 1)
	same, failed, left, wrong := 0, 0, 0, 0
	for seed := first; seed < first+n && wrong < 10; seed++ {
		g := *base
		g.Rand = rand.New(rand.NewPCG(uint64(seed), 3))
		sql := g.statement()
		extended, format := seed%3 > 0, int16(0)
		if seed%3 == 2 {
			format = 1
		}
		st := sent{}
		if g.ordered {
			st.sql = "ORDER BY"
		}
		want := noNotice.ReplaceAllString(direct.send(st, sql, extended, format), "")
		if strings.Contains(want, "ERROR ") { // of data, or the statement is none
			failed++
			continue
		}
		got := noNotice.ReplaceAllString(through.send(st, sql, extended, format), "")
		switch code := errorIn(got); {
		case got == want:
			same++
		case code == "57014", code != "" && code != "42501" && strings.Contains(got, " at 0\n") && !strings.Contains(got, "Cordon"), strings.Contains(got, "permission denied for function"): // tried, by another plan, on rows that the reference's plan left out; or a function that is not for SQL
			left++
		default:
			wrong++
			t.Errorf("seed %d: %s\ngot:\n%s\nwant:\n%s", seed, sql, difference(got, want), difference(want, got))
		}
	}
	t.Logf("%d statements: %d answer as over the reference, %d fail there, %d fail by another plan", n, same, failed, left)
}

// errorIn is the SQLSTATE of what a client was told; "" when nothing failed.
func errorIn(s string) string {
	if _, after, found := strings.Cut(s, "ERROR "); found {
		return after[:5]
	}
	return ""
}

// typedOf reads what there is to make expressions of.
func typedOf(t *testing.T, w *teller) *typed {
	load := func(sql string) (out [][]string) {
		r := w.c.ExecParams(context.Background(), sql, nil, nil, nil, nil).Read()
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		for _, row := range r.Rows {
			var l []string
			for _, v := range row {
				l = append(l, string(v))
			}
			out = append(out, l)
		}
		return out
	}
	base := &typed{by: map[string][]anyFunc{}, tables: map[string][]anyCol{}, casts: map[string][]string{}, samples: map[string][]string{}}
	for _, r := range load(`SELECT x FROM unnest('{` + strings.ReplaceAll(strings.Join(slices.Sorted(maps.Keys(samples)), ","), `"`, `\"`) + `}'::text[]) x WHERE to_regtype(x) IS NOT NULL ORDER BY 1`) {
		base.samples[r[0]] = samples[r[0]]
		base.types = append(base.types, r[0])
	}
	for _, r := range load(`SELECT quote_ident(c.relname), quote_ident(a.attname), format_type(a.atttypid, NULL) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'ref'::regnamespace AND relkind IN ('v', 'r', 'p') AND NOT relispartition AND a.attnum > 0 AND NOT attisdropped ORDER BY c.relname, a.attnum`) {
		base.tables[r[0]] = append(base.tables[r[0]], anyCol{r[1], r[2]})
	}
	for name := range base.tables {
		base.names = append(base.names, name)
	}
	slices.Sort(base.names)
	for _, often := range []string{"people", "employees", "tickets"} {
		if base.tables[often] != nil {
			base.names = append(base.names, often, often, often, often)
		}
	}
	known := func(l ...string) bool {
		for _, x := range l {
			if base.samples[x] == nil && !poly.MatchString(x) && x != `"any"` {
				return false
			}
		}
		return true
	}
	for _, r := range load(`SELECT quote_ident(p.proname), array_to_string(ARRAY(SELECT format_type(x, NULL) FROM unnest(proargtypes) WITH ORDINALITY u(x, o) ORDER BY o), ';'), format_type(prorettype, NULL), prokind, pronamespace::regnamespace FROM pg_proc p WHERE NOT proretset AND prokind IN ('f', 'a') AND provolatile IN ('i', 's') AND pronamespace IN ('pg_catalog'::regnamespace, 'public'::regnamespace)
	AND proname !~ '^(pg_|gin_|gist|brin|spg|postgresql_fdw|ts_headline|in_range|.*equalimage|has_|txid|current_|lo_|row_security|inet_server|inet_client|ts_stat|ts_rewrite|query_to|table_to|schema_to|database_to|cursor_to|col_desc|obj_desc|shobj|to_reg|getdatabaseencoding|amvalidate|unknown|gtsv|bit$|varbit|char$|time$|timetz|timestamp$|interval$|varchar|numeric$|name$|bpchar$|timestamptz$|normalize|is_normalized|position|overlay|overlaps|nameconcatoid|set_.?limit|show_limit|substring$)'
	AND proname !~ '(_in|_out|_recv|_send|sel|_accum|_combine|_final|_serialize|_deserialize|_inv|_trans|_transfn|_finalfn|trig|_support|populate_record|canonical)$' AND proname NOT IN ('now', 'age', 'repeat', 'version', 'lpad', 'rpad', 'array_fill', 'factorial', 'power', 'exp', 'numeric_exp', 'numeric_power', 'pow', 'dexp', 'dpow', 'int4_avg_accum') AND NOT (proname ~ 'range$' AND pronargs = 3) AND (pronargs > 0 OR proname = 'count') AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE a.aggfnoid = p.oid AND aggkind <> 'n') ORDER BY 1, p.oid`) {
		var args []string
		if r[1] != "" {
			args = strings.Split(r[1], ";")
		}
		if known(append(args, r[2])...) {
			base.by[r[2]] = append(base.by[r[2]], anyFunc{r[0], args, r[2], r[3][0], r[4] == "public"})
		}
	}
	for _, r := range load(`SELECT oprname, CASE WHEN oprleft = 0 THEN '' ELSE format_type(oprleft, NULL) END, format_type(oprright, NULL), format_type(oprresult, NULL) FROM pg_operator WHERE oprcode <> 0 ORDER BY 1, oid`) {
		if (r[1] == "" || known(r[1])) && known(r[2], r[3]) && r[0] != "^" && r[0] != "!!" && r[0] != "#=" {
			args := []string{r[1], r[2]}
			if r[1] == "" {
				args = args[1:]
			}
			for range 3 {
				base.by[r[3]] = append(base.by[r[3]], anyFunc{r[0], args, r[3], 'o', false})
			}
		}
	}
	for _, r := range load(`SELECT format_type(castsource, NULL), format_type(casttarget, NULL) FROM pg_cast ORDER BY 1, 2`) {
		if known(r[0], r[1]) && !(r[0] == "jsonb" && r[1] != "json") && r[1] != "oid" {
			base.casts[r[1]] = append(base.casts[r[1]], r[0])
		}
	}
	for _, ty := range base.types {
		base.casts["text"] = append(base.casts["text"], ty)
	}
	return base
}
