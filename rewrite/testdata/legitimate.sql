SELECT * FROM customers ORDER BY id

SELECT id, name, phone FROM customers WHERE id = 17

SELECT c.* FROM public.customers c WHERE c.name LIKE 'Customer%' ORDER BY c.id

SELECT public.customers.name, customers.phone FROM public.customers ORDER BY public.customers.id LIMIT 5

SELECT count(*) FROM customers

SELECT count(c) FROM customers c

SELECT c FROM customers c ORDER BY id LIMIT 3

SELECT c::text, to_jsonb(c), row_to_json(c) FROM customers c ORDER BY c.id LIMIT 3

SELECT ROW(c.*) FROM customers c ORDER BY c.id LIMIT 2

SELECT (c).name, name(c) FROM customers c ORDER BY c.id LIMIT 2

TABLE customers ORDER BY id LIMIT 3

SELECT c.name, o.amount FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.amount > 100 ORDER BY o.id

SELECT c.name, o.amount FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.status LIKE 'p%' ORDER BY c.id, o.id

SELECT e.name, c.name FROM employees e LEFT JOIN customers c ON c.owner_id = e.id WHERE length(coalesce(c.name, '')) = 0 ORDER BY e.id

SELECT e.name, c.name FROM employees e LEFT JOIN customers c ON c.owner_id = e.id WHERE length(c.name) > 0 ORDER BY e.id, c.id

SELECT e.id, c.id FROM customers c RIGHT JOIN employees e ON c.owner_id = e.id AND c.name ~ '7' WHERE coalesce(c.note, '') || 'x' <> 'y' ORDER BY 1, 2

SELECT a.id, b.id FROM customers a FULL JOIN orders b ON a.id = b.customer_id AND length(a.name) > 3 WHERE coalesce(length(a.name), 0) + coalesce(b.amount, 0) > 5 ORDER BY 1, 2

SELECT c.id, c.name, count(o.id) AS n FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY c.id

SELECT c.id, c.name, c.phone, max(o.amount) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id HAVING count(*) > 1 ORDER BY c.name

SELECT c.*, count(o.id) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY c.id LIMIT 4

SELECT region, count(*), sum(credit) FROM customers GROUP BY region ORDER BY region

SELECT name FROM customers GROUP BY name HAVING length(name) > 10 ORDER BY name

SELECT left(phone, 3) AS prefix, count(*) FROM customers GROUP BY 1 ORDER BY 1

SELECT DISTINCT region FROM customers ORDER BY region

SELECT DISTINCT ON (region) region, name FROM customers ORDER BY region, name

SELECT id, name, row_number() OVER (PARTITION BY region ORDER BY id) FROM customers ORDER BY id

SELECT id, sum(credit) OVER w FROM customers WINDOW w AS (ORDER BY id) ORDER BY id

WITH mine AS (SELECT * FROM customers WHERE active) SELECT name FROM mine WHERE name LIKE '%7%' ORDER BY id

WITH customers AS (SELECT * FROM customers WHERE id < 100) SELECT count(*), max(phone) FROM customers

WITH x AS MATERIALIZED (SELECT id, length(name) AS n FROM customers) SELECT * FROM x WHERE 10 / n >= 0 ORDER BY id

WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT t.n, c.name FROM t JOIN customers c ON c.id = t.n * 10 + 7 ORDER BY n

WITH RECURSIVE chain AS (SELECT id, manager_id, 1 AS depth FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.manager_id, depth + 1 FROM employees e JOIN chain ON e.manager_id = chain.id) SELECT * FROM chain ORDER BY id

SELECT * FROM (SELECT id, name, length(name) AS n FROM customers) s WHERE n > 10 ORDER BY id

SELECT * FROM (SELECT * FROM customers) s WHERE s.name LIKE '%7' AND s.id = 17

SELECT * FROM (SELECT c.id, c.name, o.amount FROM customers c LEFT JOIN orders o ON o.customer_id = c.id) AS q(a, b, d) WHERE b || 'x' LIKE 'C%' AND a > 3 ORDER BY a, d

SELECT id FROM customers UNION SELECT id FROM orders ORDER BY id

SELECT name FROM (SELECT name FROM customers UNION ALL SELECT name FROM employees) u WHERE name LIKE '%7%' ORDER BY name

(SELECT id, phone FROM customers ORDER BY id LIMIT 2) UNION ALL (SELECT id, name FROM employees ORDER BY id LIMIT 2) ORDER BY 1

SELECT id FROM customers EXCEPT SELECT customer_id FROM orders WHERE amount > 500 ORDER BY id

SELECT name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS n FROM customers c ORDER BY id

SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.status = 'paid') ORDER BY id

SELECT name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.status LIKE c.name || '%') ORDER BY id

SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE status = 'sent') ORDER BY id

SELECT name FROM customers c WHERE (id, owner_id) IN (SELECT customer_id, 7 FROM orders) ORDER BY id

SELECT name FROM customers WHERE id = ANY (ARRAY(SELECT customer_id FROM orders WHERE amount > 1000)) ORDER BY id

SELECT c.name, l.amount FROM customers c CROSS JOIN LATERAL (SELECT amount FROM orders o WHERE o.customer_id = c.id ORDER BY amount DESC LIMIT 1) l ORDER BY c.id

SELECT c.name, l.x FROM customers c, LATERAL (SELECT length(c.name) AS x) l WHERE l.x > 9 ORDER BY c.id

SELECT c.id, t FROM customers c, unnest(c.tags) AS t ORDER BY c.id, t

SELECT c.id, t.tag, t.n FROM customers c CROSS JOIN LATERAL unnest(c.tags) WITH ORDINALITY AS t(tag, n) WHERE t.tag LIKE 't%' ORDER BY 1, 3

SELECT c.id, k.key, k.value FROM customers c, jsonb_each(c.profile) k ORDER BY c.id, k.key

SELECT * FROM customers NATURAL JOIN (SELECT 17::bigint AS id, 'x' AS extra) e

SELECT id, name, amount FROM customers JOIN (SELECT customer_id AS id, amount FROM orders) o USING (id) ORDER BY id, amount

SELECT * FROM (SELECT * FROM customers JOIN (SELECT customer_id AS id, amount FROM orders) o USING (id)) s WHERE s.name || 'a' LIKE 'C%' ORDER BY id, amount

SELECT c.a, c.b, c.name FROM customers c(a, b) WHERE c.name LIKE 'Customer%' ORDER BY c.a

SELECT j.id FROM (customers c JOIN orders o ON o.customer_id = c.id) AS j(id) WHERE j.name LIKE 'C%' ORDER BY 1

SELECT * FROM customer_orders ORDER BY id, order_id

SELECT id, amount FROM customer_orders v WHERE v.name LIKE 'C%' AND v.amount > 10 ORDER BY id, amount

SELECT * FROM nested_view ORDER BY name

SELECT n.a, n.b FROM nested_view AS n(a, b) WHERE n.a LIKE '%7%' ORDER BY 1

SELECT count(*) FROM big_customers WHERE credit > 5000

SELECT * FROM events ORDER BY id

SELECT * FROM events_2026_01 ORDER BY id

SELECT kind, count(*) FROM events WHERE happened BETWEEN '2026-01-10' AND '2026-02-10' AND kind LIKE 'k%' GROUP BY kind ORDER BY kind

SELECT "Key", "a.b" FROM "Odd Names" ORDER BY "Key"

SELECT o."select", o.* FROM public."Odd Names" o WHERE o."select" LIKE 's%' ORDER BY 2

SELECT salary, name FROM employees ORDER BY id

SELECT name FROM employees WHERE salary IS NULL ORDER BY id

SELECT * FROM products WHERE price > 10 ORDER BY id

SELECT p.name, sum(i.quantity) FROM products p JOIN order_items i ON i.product_id = p.id JOIN orders o ON o.id = i.order_id GROUP BY p.name ORDER BY p.name

SELECT birthday, credit FROM customers WHERE birthday < '1980-01-01' ORDER BY id

SELECT * FROM customers WHERE phone LIKE '138%' ORDER BY id

SELECT * FROM customers WHERE phone = '13800135423'

SELECT id FROM customers WHERE note = 'note 17' OR name LIKE '%27' ORDER BY id

SELECT id FROM customers WHERE (active = true AND (note LIKE 'n%')) AND NOT (name LIKE 'x%') AND id BETWEEN 1 AND 150 AND (region = 'EU' OR region = 'US') ORDER BY id

SELECT id FROM customers WHERE CASE WHEN active THEN credit > 1000 ELSE credit < 20000 END AND note LIKE 'n%' ORDER BY id

SELECT id, name FROM customers WHERE created_at >= now() - interval '100 years' AND name ILIKE 'customer%' ORDER BY created_at DESC, id LIMIT 10 OFFSET 2

SELECT id FROM customers WHERE (created_at, id) > ('2026-01-10', 5) ORDER BY created_at, id LIMIT 5

SELECT id, profile->>'phone', profile#>>'{address,city}' FROM customers WHERE profile->'address'->>'city' = 'City 1' ORDER BY id

SELECT jsonb_agg(c ORDER BY c.id) FROM customers c WHERE id < 60

SELECT string_agg(name, ', ' ORDER BY id) FROM customers

SELECT string_agg(phone, ',' ORDER BY id) FILTER (WHERE active) FROM customers

SELECT grouping(region), region, count(*) FROM customers GROUP BY ROLLUP (region) ORDER BY 1, 2

SELECT c1.id FROM customers c1 JOIN customers c2 ON c1.name < c2.name AND length(c1.name) = length(c2.name) WHERE c1.id > 150 ORDER BY 1 LIMIT 20

SELECT * FROM customers c WHERE c IS NOT NULL ORDER BY c.id

SELECT id FROM customers c WHERE c.* IS DISTINCT FROM NULL ORDER BY id

VALUES (1, 'a'), (2, 'b')

SELECT 1

SELECT count(*) FROM generate_series(1, 10) g WHERE g > 3

SELECT a.id FROM customers a WHERE a.id = (SELECT min(b.id) FROM customers b WHERE b.region = a.region) ORDER BY 1

SELECT * FROM customers FOR UPDATE

SELECT c.id FROM customers c JOIN orders o ON o.customer_id = c.id ORDER BY o.id FOR UPDATE OF c

SELECT id, -- a comment with FROM secrets
  name /* WHERE 1=0 */ FROM customers -- trailing
WHERE name LIKE 'Customer%' -- another
ORDER BY id

SELECT "customers"."id" AS t0_r0, "customers"."name" AS t0_r1, "orders"."id" AS t1_r0 FROM "customers" LEFT OUTER JOIN "orders" ON "orders"."customer_id" = "customers"."id" WHERE "customers"."active" = TRUE AND (name LIKE '%1%') ORDER BY "customers"."id" ASC, 3

SELECT * FROM ONLY customers ORDER BY id LIMIT 2

SELECT * FROM customers * ORDER BY id LIMIT 2

SELECT * FROM public . customers AS "C" WHERE "C".name LIKE '%' ORDER BY id LIMIT 2

SELECT DISTINCT c.region::text || '/' || coalesce(o.status, '-') AS x FROM customers c LEFT JOIN orders o ON c.id = o.customer_id ORDER BY x

SELECT o.id FROM orders o WHERE o.status LIKE 'p%' AND o.amount + 1 > 30 ORDER BY o.id

SELECT x.id FROM orders x, customers c WHERE x.customer_id = c.id AND x.status || c.name LIKE 'pa%' ORDER BY 1

SELECT extract(year FROM birthday), overlay(name placing 'X' from 1 for 1), substring(name from 2 for 3), trim(both 'C' from name), position('u' in name) FROM customers WHERE substring(name from 1 for 1) = 'C' ORDER BY id

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY credit) FROM customers HAVING percentile_cont(0.5) WITHIN GROUP (ORDER BY credit) > 0

SELECT array_agg(id ORDER BY id) FROM customers WHERE tags @> ARRAY['t1'] AND tags[1] = 't1'

SELECT id FROM customers WHERE name LIKE ANY (ARRAY['%7', '%3%']) ORDER BY id

SELECT coalesce(nullif(note, ''), 'none') FROM customers WHERE greatest(length(name), 5) > 4 ORDER BY id

SELECT c.id, p.id FROM customers c FULL JOIN products p ON c.id + 0 = p.id AND c.credit = p.price ORDER BY 1, 2

SELECT o.id, t.g FROM orders o FULL JOIN generate_series(1, 30) AS t(g) ON o.customer_id = t.g ORDER BY 1, 2

SELECT id FROM customers WHERE created_at::timestamp with time zone > '2026-01-10' AND name LIKE 'C%' ORDER BY id

SELECT id, max(name), count(*) FROM customers GROUP BY ROLLUP (id) ORDER BY 1, 2

SELECT * FROM (SELECT owner_id, max("Key") AS k FROM "Odd Names" GROUP BY ROLLUP (owner_id)) s WHERE coalesce(owner_id, 0) + k > 1 ORDER BY 1, 2

-- Computed columns of sub-selects under conditions, and full joins that a condition makes less.

SELECT * FROM (SELECT id, lower(name) AS n FROM customers) s WHERE n LIKE 'customer%'

SELECT * FROM (SELECT id, lower(name) AS n FROM customers) s WHERE n = 'customer h7'

SELECT n FROM (SELECT id, lower(name) n FROM customers) s WHERE n = 'customer h7'

SELECT lower FROM (SELECT id, lower(name) FROM customers) s WHERE lower LIKE 'customer h7'

SELECT * FROM (SELECT id, 100 / (id - 9) AS n, name || '!' FROM customers) s WHERE n > 3 ORDER BY id

SELECT * FROM (SELECT id, 100 / (id - 5) AS n, name || '!' FROM customers) s WHERE n > 3 ORDER BY id

SELECT * FROM (SELECT id, 1/length(name) AS n FROM customers) s WHERE 1/(coalesce(n,1)) = 1

SELECT * FROM (SELECT c.id, lower(c.name) AS n, o.status || c.name AS w FROM customers c LEFT JOIN orders o ON o.customer_id = c.id) s WHERE n LIKE '%7' AND w LIKE 'new%' ORDER BY 1, 2, 3

SELECT t.n FROM (SELECT s.* FROM (SELECT id, upper(name) AS n FROM customers) s) t WHERE t.n LIKE '%7' AND id > 10

WITH s AS (SELECT id, upper(name) AS n FROM customers) SELECT * FROM s WHERE n BETWEEN 'A' AND 'Z' AND n LIKE '%7'

SELECT * FROM (SELECT id, upper(name) AS n FROM customers ORDER BY upper(name)) s JOIN orders o ON o.customer_id = s.id AND s.n LIKE '%7' ORDER BY 1, 3

SELECT * FROM orders o LEFT JOIN (SELECT id, upper(name) AS n FROM customers) s ON o.customer_id = s.id AND s.n LIKE '%17' ORDER BY 1, 2, 3

SELECT * FROM (SELECT id, date_trunc('month', created_at) AS m FROM customers) s WHERE m = '2026-02-01' AND id > 9

SELECT * FROM (SELECT id, upper(name) AS n FROM customers) s, products p WHERE s.id = p.id AND (s.n LIKE '%7' OR p.name LIKE 'x')

SELECT * FROM nested_view WHERE n > 4

SELECT count(*) FROM customers a FULL JOIN orders b ON a.id < b.id WHERE a.note LIKE '%7' AND b.status LIKE 'n%'

SELECT count(*) FROM customers a FULL JOIN products b ON a.id < b.id WHERE a.note LIKE '%7' AND b.id = 3

SELECT count(*) FROM customers a FULL JOIN customers b ON a.id < b.id WHERE a.note LIKE '%7' AND lower(b.name) = 'x'

SELECT count(*) FROM customers a FULL JOIN customers b ON a.id < b.id WHERE a.note LIKE '%7' AND b.phone LIKE '138%'

SELECT count(*) FROM customers a LEFT JOIN orders b ON a.id = b.customer_id WHERE b.status LIKE 'n%'

SELECT n, count(*) FROM (SELECT upper(name) AS n, id FROM customers) s WHERE n LIKE '%7' GROUP BY n ORDER BY 1

SELECT * FROM (SELECT id, jsonb_array_length(profile->'x') AS n FROM customers) s WHERE n = 1

SELECT * FROM (SELECT id, (name)::varchar(4) AS n FROM customers) s WHERE n LIKE '%u'

SELECT * FROM (SELECT id, a || b AS n FROM (SELECT id, upper(name) AS a, note || '' AS b FROM customers) r) s WHERE n LIKE '%7' AND id < 100

SELECT * FROM (SELECT id, upper(name) COLLATE "C" AS n FROM customers) s WHERE n > 'C'
