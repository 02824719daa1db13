package rewrite_test

import (
	"slices"
	"strconv"
)

// Shapes that random statements take now and then: whole rows, functions and joins of many forms in FROM, arrays, recursion.

// recursive is a recursive CTE, which is then in sight.
func (r *random) recursive(name string) string {
	r.levels = append(r.levels, &rLevel{items: []rItem{{name: name, cols: []rColumn{{name: "g", kind: "int"}, {name: "v", kind: "text"}}}}})
	table := r.item(0, false)
	r.local++
	step := r.expr("text", 1)
	where := r.condition(0)
	r.local--
	r.levels = r.levels[:len(r.levels)-1]
	r.ctes = append(r.ctes, rItem{name: name, cols: []rColumn{{name: "g", kind: "int"}, {name: "v", kind: "text"}}})
	return name + "(g, v) AS (SELECT 1, text 's' UNION SELECT " + name + ".g + 1, coalesce((" + step + ")::text, 'n') FROM " + name + ", " + table + " WHERE " + name + ".g < 3 AND " + where + ")"
}

// shadowed says that there is no such table in these statements, or a CTE hides it.
func (r *random) shadowed(table string) bool {
	return r.tables[table] == nil || slices.ContainsFunc(r.ctes, func(c rItem) bool { return c.name == table })
}

// shapedItem is an item of FROM; "" when the shape does not fit here.
func (r *random) shapedItem(lateral bool, add func(rItem)) string {
	switch r.IntN(4) {
	case 0:
		x, y := "2", "text 's7'"
		if lateral {
			x, y = r.expr("int", 1), r.expr("text", 1)
		}
		a := r.alias()
		add(rItem{name: a, cols: []rColumn{{name: "g", kind: "int"}, {name: "t", kind: "text"}, {name: "n", kind: "int"}}})
		return "ROWS FROM (generate_series(1, 1 + abs(" + x + ") % 3), unnest(ARRAY[(" + y + ")::text, 'n'])) WITH ORDINALITY AS " + a + "(g, t, n)"
	case 1:
		table := r.pick("customers", "orders")
		if r.shadowed(table) {
			return ""
		}
		a := r.alias()
		add(rItem{name: a, cols: r.tables[table]})
		return r.pick("ONLY "+table, "ONLY ("+table+")") + " AS " + a
	case 2:
		x, y := r.fresh("j"), r.fresh("j")
		left, right := r.pick("customers", "orders"), r.pick("customers", "orders")
		if r.shadowed(left) || r.shadowed(right) || r.tables[left] == nil || r.tables[right] == nil { // the writes know no orders
			return ""
		}
		text := "(" + left + " " + x + r.pick(" JOIN ", " LEFT JOIN ", " FULL JOIN ") + right + " " + y
		cols := append(append([]rColumn(nil), r.tables[left]...), r.tables[right]...)
		if r.chance(40) {
			text += " USING (id))"
			cols = cols[1:] // the merged one comes first, and the second goes
			for k := range cols {
				if cols[k].name == "id" {
					cols = append(append([]rColumn{{name: "id", kind: "int"}}, cols[:k]...), cols[k+1:]...)
					break
				}
			}
		} else {
			text += " ON " + x + ".id = " + y + ".id)"
		}
		a, list := r.alias(), ""
		if r.chance(40) {
			cols, list = r.rename(cols)
		}
		add(rItem{name: a, cols: cols})
		return text + " AS " + a + list
	}
	if w := r.row(); lateral && w != "" {
		a := r.alias()
		add(rItem{name: a, cols: []rColumn{{name: "k", kind: "text"}, {name: "v", kind: "text"}}})
		return "LATERAL jsonb_each_text(jsonb_build_object('r', " + w + ")) AS " + a + "(k, v)"
	}
	return ""
}

func (r *random) shapedCondition(depth int) string {
	switch r.IntN(8) {
	case 0:
		if w := r.row(); w != "" {
			return r.pick("to_jsonb(", "row_to_json(") + w + r.pick(")::text LIKE '%7%'", ")->>'name' IS NOT NULL", ")->>'id' <> '3'")
		}
	case 1:
		if w := r.row(); w != "" {
			return w + r.pick(" IS DISTINCT FROM NULL", " IS NOT DISTINCT FROM NULL", " = "+w, " IN ("+w+")", " IS NOT DISTINCT FROM "+w)
		}
	case 2:
		return r.expr("int", depth-1) + r.pick(" = ANY (ARRAY[", " <> ALL (ARRAY[") + r.expr("int", 0) + ", " + r.expr("int", 0) + ", 7])"
	case 3:
		return r.expr("text", depth-1) + r.pick(" SIMILAR TO '%(7|x)%'", " ~ '7$'", " !~* 'N5'", ` COLLATE "C" < 'N'`, " ^@ 'C'")
	case 4:
		if depth > 0 {
			q, _ := r.plain(depth-1, []string{"int"})
			return r.expr("int", 0) + " = ANY (ARRAY(" + q + "))"
		}
	case 5:
		if depth > 0 {
			q, _ := r.query(depth - 1)
			return "(SELECT count(*) FROM (" + q + ") AS " + r.fresh("z") + ") > " + strconv.Itoa(r.IntN(3))
		}
	case 6:
		return "(" + r.expr("date", 0) + ", " + r.expr("date", 0) + ") OVERLAPS (date '1980-01-01', " + r.expr("date", 0) + ")"
	}
	return "CASE " + r.expr("int", depth-1) + " WHEN " + r.expr("int", 0) + " THEN " + r.simple() + " ELSE " + r.simple() + " END"
}

// shapedExpr is "" when no shape is of the kind.
func (r *random) shapedExpr(kind string, depth int) string {
	switch kind {
	case "text":
		if w := r.row(); w != "" && r.chance(70) {
			return r.pick("(to_jsonb("+w+")->>'name')", "md5("+w+"::text)", "row_to_json("+w+")::text", "format('%s', "+w+")", "coalesce("+w+", NULL)::text")
		}
		return r.pick("concat(", "concat_ws('-', ") + r.expr("text", depth-1) + ", " + r.expr("int", 0) + ")"
	case "int":
		return "(ARRAY[" + r.expr("int", depth-1) + ", " + r.expr("int", 0) + "])[1 + abs(" + r.expr("int", 0) + ") % 2]"
	case "number":
		return "nullif(" + r.expr("number", depth-1) + ", " + r.expr("number", 0) + ")"
	}
	return ""
}
