package rewrite_test

import (
	"context"
	"strings"
	"testing"
)

// Joins of orders with their customers, of every kind and with conditions of every kind, in ON or in WHERE, answer as over views, and do not depend on what is hidden: whether a table's filter is asked by itself, by a condition, or said by the join.
func TestJoinsWithParentsAnswerAsViews(t *testing.T) {
	d, other := open(t, "reference.sql"), open(t, "hidden.sql")
	g := grant(t, "alice")
	const fails = "(1 / CASE WHEN o.customer_id % 10 = 7 AND o.customer_id % 11 <> 0 THEN 1 ELSE 0 END)" // on every hidden order
	conditions := []string{
		"o.id < 400", "o.status LIKE 'p%'", "NOT (o.status LIKE 'p%')", "(o.status LIKE 'p%' OR o.id IS NULL)", fails + " = 1", "abs(" + fails + ") = 1", "coalesce(" + fails + ", 1) = 1", fails + " + length(c.name) > 1",
		"o.id > 5 AND " + fails + " = 1 AND o.status LIKE 'p%'", "o.status || c.name LIKE 'p%'", "c.name LIKE '%7' AND o.amount::text LIKE '%5%'", "o.status IN (SELECT p.status FROM orders p WHERE p.customer_id = c.id AND p.status LIKE 'p%')",
		"EXISTS (SELECT FROM orders p WHERE p.customer_id = c.id AND p.status LIKE o.status)", "(SELECT count(*) FROM order_items i WHERE i.order_id = o.id AND 1 / i.quantity >= 0) >= 0",
	}
	lists := []string{"c.id, o.id", "c.id, o.*", "count(*), max(o.status)", "c.id, upper(o.status) AS u"}
	asked := 0
	for n, from := range []string{ // § is the condition; without it, it stands in WHERE
		"customers c JOIN orders o ON o.customer_id = c.id", "customers c LEFT JOIN orders o ON o.customer_id = c.id", "orders o LEFT JOIN customers c ON o.customer_id = c.id", "customers c RIGHT JOIN orders o ON o.customer_id = c.id",
		"orders o RIGHT JOIN customers c ON o.customer_id = c.id", "customers c FULL JOIN orders o ON o.customer_id = c.id", "customers c JOIN orders o ON o.customer_id = c.id AND §", "customers c LEFT JOIN orders o ON o.customer_id = c.id AND §",
		"orders o LEFT JOIN customers c ON o.customer_id = c.id AND §", "orders o RIGHT JOIN customers c ON § AND c.id = o.customer_id", "products p LEFT JOIN customers c ON c.id = p.id LEFT JOIN orders o ON o.customer_id = c.id AND §",
		"products p LEFT JOIN (customers c JOIN orders o ON o.customer_id = c.id AND §) ON o.id = p.id", "products p LEFT JOIN orders o ON o.id = p.id JOIN customers c ON c.id = o.customer_id AND §",
		"products p LEFT JOIN (orders o LEFT JOIN customers c ON c.id = o.customer_id AND §) ON o.id = p.id", "customers c, LATERAL (SELECT * FROM orders o WHERE o.customer_id = c.id AND §) o",
		"customers c LEFT JOIN LATERAL (SELECT * FROM orders o WHERE o.customer_id = c.id AND § ORDER BY id LIMIT 2) o ON true", "customers c, orders o WHERE o.customer_id = c.id AND §",
		"customers c, order_items i, orders o WHERE o.customer_id = c.id AND i.order_id = o.id AND §", "customers c JOIN orders o ON o.customer_id = c.id JOIN orders o2 ON o2.customer_id = c.id AND o2.id = o.id AND §",
		"orders o JOIN products p ON p.id = o.id RIGHT JOIN customers c ON c.id = o.customer_id AND §", "customers c JOIN orders o USING (id) WHERE o.customer_id = c.id AND §",
	} {
		for k, condition := range conditions {
			list := lists[(n+k)%len(lists)]
			sql := "SELECT " + list + " FROM " + from
			if !strings.Contains(from, "§") {
				sql += " WHERE §"
			}
			sql = strings.Replace(sql, "§", condition, 1)
			if !strings.HasPrefix(list, "count") {
				sql += " ORDER BY 1, 2"
			}
			plans, err := plan(d, g, sql)
			if err != nil {
				t.Errorf("refused: %v\n%s", err, sql)
				continue
			}
			got := joined(plans)
			if strings.Contains(got, "FROM public.orders)") {
				asked++
			}
			mine := d.run(t, got, true)
			d.conn.Exec(context.Background(), "SET search_path = ref, public").Close()
			want := d.run(t, sql, true)
			d.conn.Exec(context.Background(), "RESET search_path").Close()
			if mine != want {
				t.Errorf("differs from the views:\n%s\nrewritten: %s\ngot:\n%s\nwant:\n%s", sql, clip(got), clip(mine), clip(want))
			}
			if again := other.run(t, got, true); again != mine {
				t.Errorf("depends on hidden rows or values:\n%s\nrewritten: %s", sql, clip(got))
			}
		}
	}
	if asked < 100 {
		t.Errorf("in only %d statements orders are read without their filter in the sub-select", asked)
	}
}
