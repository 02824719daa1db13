package rewrite_test

import (
	"fmt"
	"strconv"
	"strings"
)

// Expressions and conditions of random statements, and statements that write.

// column picks a column in sight, of the kind ("" for any), and says how to name it.
func (r *random) column(kind string) (string, *rColumn) {
	type choice struct {
		ref string
		c   *rColumn
	}
	var list []choice
	for k := len(r.levels) - 1; k >= 0; k-- {
		if r.local > 0 && k < len(r.levels)-1 {
			break
		}
		weight := 1
		if k == len(r.levels)-1 {
			weight = 2
		}
		for j := range r.levels[k].items {
			it := &r.levels[k].items[j]
			hidden := false
			for _, nearer := range r.levels[k+1:] {
				for _, x := range nearer.items {
					hidden = hidden || x.name == it.name
				}
			}
			for m := range it.cols {
				c := &it.cols[m]
				if c.name == "" || kind != "" && c.kind != kind || !unique(it.cols, c.name) {
					continue
				}
				ref := it.name + "." + c.name
				alone := true
				for up := k; up < len(r.levels); up++ {
					for _, x := range r.levels[up].items {
						for _, xc := range x.cols {
							alone = alone && (xc.name != c.name || up == k && x.name == it.name)
						}
					}
				}
				switch {
				case alone && (hidden || r.chance(35)):
					ref = c.name
				case hidden:
					continue
				}
				for range weight * (1 + 2*len(c.probes)) {
					list = append(list, choice{ref, c})
				}
			}
		}
	}
	if len(list) == 0 {
		return "", nil
	}
	x := list[r.IntN(len(list))]
	return x.ref, x.c
}

// bomb is 1, but fails or is seen where the condition holds, which is never for what is shown.
func (r *random) bomb(probe string) string {
	switch r.IntN(7) {
	case 0:
		return "CASE WHEN " + probe + " THEN (SELECT id FROM public.products) ELSE 1 END"
	case 1:
		return "CASE WHEN " + probe + " THEN (SELECT to_char(now(), '\"x\"')::int) ELSE 1 END"
	case 2:
		return "CASE WHEN " + probe + " THEN nextval('public.counter')::int ELSE 1 END"
	case 3:
		return "length(CASE WHEN " + probe + " THEN 'x'::text || to_char(clock_timestamp(), '\"x\"')::int ELSE 'x' END)"
	case 4:
		return "coalesce(NULLIF(1, CASE WHEN " + probe + " THEN (SELECT 1 FROM public.products, public.employees) ELSE 0 END), 1)"
	}
	return "1/(CASE WHEN " + probe + " THEN 0 ELSE 1 END)"
}

// probe is a condition that holds for nothing that is shown; "" when nothing in sight has one.
func (r *random) probe() string {
	for range 6 {
		ref, c := r.column("")
		if c != nil && len(c.probes) > 0 {
			return fmt.Sprintf(c.probes[r.IntN(len(c.probes))], ref)
		}
	}
	return ""
}

// condition is what stands behind WHERE or ON.
func (r *random) condition(depth int) string {
	var parts []string
	for range 1 + r.IntN(3) {
		parts = append(parts, r.boolean(depth))
	}
	if r.chance(15) {
		return "(" + strings.Join(parts, " AND ") + ") AND (" + r.boolean(0) + ")"
	}
	return strings.Join(parts, " AND ")
}

func (r *random) boolean(depth int) string {
	if r.chance(10) {
		return r.shapedCondition(depth)
	}
	switch k := r.IntN(100); {
	case k < 24:
		if p := r.probe(); p != "" {
			return r.bomb(p) + r.pick(" = 1", " > 0", " BETWEEN 1 AND 2", " IN (1, 2)", " IS NOT NULL")
		}
		return "TRUE"
	case k < 30:
		if p := r.probe(); p != "" {
			return r.pick("NOT (", "(TRUE OR ", "NOT coalesce(") + p + r.pick(")", ")")
		}
		return "1 = 1"
	case k < 42:
		return r.expr("int", depth-1) + r.pick(" = ", " <> ", " < ", " >= ") + r.expr("int", depth-1)
	case k < 50:
		return r.expr("text", depth-1) + r.pick(" = ", " LIKE ", " <> ", " < ", " NOT ILIKE ") + r.pick("'%7%'", "'Customer R17'", "'s7'", r.expr("text", 0))
	case k < 54:
		return r.expr("int", depth-1) + r.pick(" BETWEEN ", " NOT BETWEEN ", " BETWEEN SYMMETRIC ") + r.expr("int", 0) + " AND " + r.expr("int", 0)
	case k < 58:
		return r.expr(r.pick("int", "text", "date"), depth-1) + r.pick(" IS NULL", " IS NOT NULL")
	case k < 62 && depth > 0:
		return "(" + r.boolean(depth-1) + " OR " + r.boolean(depth-1) + ")"
	case k < 65 && depth > 0:
		return "NOT (" + r.boolean(depth-1) + ")"
	case k < 72 && depth > 0:
		q, _ := r.query(depth - 1)
		return r.pick("EXISTS (", "NOT EXISTS (") + q + ")"
	case k < 80 && depth > 0:
		q, _ := r.plain(depth-1, []string{"int"})
		return r.expr("int", 0) + r.pick(" IN (", " NOT IN (", " = ANY (", " < ALL (") + q + ")"
	case k < 83 && depth > 0:
		q, _ := r.plain(depth-1, []string{"int", "text"})
		return "(" + r.expr("int", 0) + ", " + r.expr("text", 0) + ") IN (" + q + ")"
	case k < 86:
		return "(" + r.expr("int", 0) + ", " + r.expr("text", 0) + ")" + r.pick(" = ", " < ", " IS DISTINCT FROM ") + "(" + r.expr("int", 0) + ", " + r.expr("text", 0) + ")"
	case k < 89:
		if ref, c := r.column("bool"); c != nil {
			return ref + r.pick("", " IS TRUE", " = true", " IS NOT FALSE")
		}
		return "TRUE"
	case k < 92:
		if w := r.row(); w != "" {
			return w + r.pick("::text LIKE '%7%'", " IS NOT NULL", "::text <> ''")
		}
		return "TRUE"
	case k < 96:
		return r.expr("date", depth-1) + r.pick(" > ", " <= ") + "date '1980-01-01'"
	}
	return "CASE WHEN " + r.simple() + " THEN " + r.simple() + " ELSE " + r.simple() + " END"
}

func (r *random) simple() string {
	if p := r.probe(); p != "" && r.chance(40) {
		return "NOT coalesce(" + p + ", false)"
	}
	return r.expr("int", 0) + " > " + strconv.Itoa(r.IntN(50))
}

// row is a whole row of an item in sight.
func (r *random) row() string {
	items := r.level().items
	if len(items) == 0 {
		return ""
	}
	it := items[r.IntN(len(items))]
	for _, l := range r.levels {
		for _, x := range l.items {
			for _, c := range x.cols {
				if c.name == it.name { // a column of the name would be meant
					return ""
				}
			}
		}
	}
	return it.name
}

func (r *random) expr(kind string, depth int) string {
	ref, c := r.column(kind)
	if depth <= 0 || r.chance(45) {
		if c != nil && r.chance(85) {
			return ref
		}
		switch kind {
		case "int":
			return strconv.Itoa(r.IntN(40))
		case "text":
			return "text " + r.pick("'a'", "'Customer R17'", "'paid'")
		case "number":
			return r.pick("1.5", "100.0", "7::numeric")
		case "date":
			return "date '2026-01-15'"
		}
		return r.pick("true", "false")
	}
	if kind != "bool" && r.chance(18) && r.size < 8 {
		q, _ := r.plain(depth-1, []string{kind})
		if r.chance(30) {
			q = "SELECT max(z.v) FROM (" + q + ") AS z(v)"
			if kind == "date" || kind == "int" || kind == "text" || kind == "number" {
				return "(" + q + ")"
			}
		}
		if !strings.Contains(q, " LIMIT ") && !strings.Contains(q, " OFFSET ") {
			return "(" + q + " ORDER BY 1 LIMIT 1)"
		}
	}
	if r.chance(12) {
		if e := r.shapedExpr(kind, depth); e != "" {
			return e
		}
	}
	switch kind {
	case "int":
		switch r.IntN(8) {
		case 0, 1, 2:
			if p := r.probe(); p != "" {
				return r.bomb(p)
			}
			return "1"
		case 3:
			return "(" + r.expr("int", depth-1) + " + " + strconv.Itoa(r.IntN(9)) + ")"
		case 4:
			return "length(" + r.expr("text", depth-1) + ")"
		case 5:
			return "CASE WHEN " + r.boolean(0) + " THEN " + r.expr("int", depth-1) + " ELSE " + r.expr("int", 0) + " END"
		case 6:
			return "coalesce(" + r.expr("int", depth-1) + ", 0)"
		}
		return "greatest(" + r.expr("int", depth-1) + ", 1)"
	case "text":
		switch r.IntN(7) {
		case 0:
			return "lower(" + r.expr("text", depth-1) + ")"
		case 1:
			return "(" + r.expr("text", depth-1) + " || " + r.expr("text", depth-1) + ")"
		case 2:
			return "left(" + r.expr("text", depth-1) + ", " + r.expr("int", 0) + "::int % 9)"
		case 3:
			return "(" + r.expr(r.pick("int", "number", "date"), depth-1) + ")::text"
		case 4:
			if w := r.row(); w != "" {
				return w + "::text"
			}
		case 5:
			return "coalesce(" + r.expr("text", depth-1) + ", 'none')"
		}
		return "CASE WHEN " + r.boolean(0) + " THEN " + r.expr("text", depth-1) + " END"
	case "number":
		return r.pick("("+r.expr("number", depth-1)+" + 1)", "round("+r.expr("number", depth-1)+", 1)", "abs("+r.expr("number", depth-1)+")")
	case "date":
		return r.pick("("+r.expr("date", depth-1)+" + 1)", "greatest("+r.expr("date", depth-1)+", date '1990-01-01')")
	}
	return "(" + r.boolean(depth-1) + ")"
}

// write is a statement that changes customers, orders or products.
func (r *random) write() string {
	table := r.pick("customers", "customers", "orders", "orders", "products")
	name := table
	r.levels = append(r.levels, &rLevel{})
	l := r.level()
	text := table
	if r.chance(50) {
		name = r.pick("c", "t", "x")
		text += r.pick(" ", " AS ") + name
	}
	set := map[string]string{"customers": "note", "orders": "status", "products": "name"}[table]
	target := rItem{name: name, cols: r.tables[table]}
	from := ""
	if r.chance(40) {
		l.items = append(l.items, rItem{name: name}) // the alias is taken, the columns are not to be seen
		from = r.item(1, false)
		l.items = l.items[1:]
	}
	l.items = append([]rItem{target}, l.items...)
	where := " WHERE " + r.condition(2)
	returning := ""
	if r.chance(70) {
		returning = " RETURNING " + r.expr("int", 1) + ", " + r.expr("text", 2)
		if from == "" && r.chance(25) {
			returning = " RETURNING *"
		}
	}
	switch k := r.IntN(10); {
	case k < 6:
		if from != "" { // which of several matches is taken depends on the plan
			return "UPDATE " + text + " SET " + set + " = 'x' FROM " + from + where
		}
		return "UPDATE " + text + " SET " + set + " = " + r.pick("coalesce("+r.expr("text", 2)+", 'none')", "coalesce(left("+r.expr("text", 1)+", 40), 'x')") + where + returning
	case k < 8 && table == "orders":
		if from != "" {
			from, returning = " USING "+from, ""
		}
		return "DELETE FROM " + text + from + where + returning
	}
	r.levels = r.levels[:len(r.levels)-1]
	q, _ := r.plain(2, []string{"text"})
	return "INSERT INTO products SELECT 1000 + row_number() OVER (ORDER BY z), coalesce(z, 'none'), 1 FROM (" + q + ") AS q(z)" + r.pick("", " RETURNING *")
}
