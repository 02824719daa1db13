-- Reports written by hand.

-- top N per group
SELECT c.id, c.name, o.id AS order_id, o.amount FROM customers c CROSS JOIN LATERAL (SELECT id, amount FROM orders WHERE customer_id = c.id ORDER BY amount DESC, id LIMIT 2) o ORDER BY c.id, o.amount DESC

SELECT * FROM (SELECT region, name, credit, row_number() OVER (PARTITION BY region ORDER BY credit DESC, id) AS r FROM customers) x WHERE r <= 2 ORDER BY region, r

SELECT DISTINCT ON (c.region) c.region, c.name, c.credit FROM customers c WHERE c.name LIKE 'Customer%' ORDER BY c.region, c.credit DESC, c.id

-- shares and running totals
SELECT region, sum(credit) AS total, round(100 * sum(credit) / sum(sum(credit)) OVER (), 1) AS share FROM customers GROUP BY region ORDER BY total DESC, region

SELECT placed_on, sum(amount) AS day, sum(sum(amount)) OVER (ORDER BY placed_on) AS running, avg(sum(amount)) OVER (ORDER BY placed_on ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week FROM orders GROUP BY placed_on ORDER BY placed_on

SELECT month, total, lag(total) OVER w AS before, total - lag(total) OVER w AS change, round(100.0 * (total - lag(total) OVER w) / nullif(lag(total) OVER w, 0), 2) AS pct FROM (SELECT date_trunc('month', placed_on) AS month, sum(amount) AS total FROM orders GROUP BY 1) m WINDOW w AS (ORDER BY month) ORDER BY month

SELECT id, amount, ntile(4) OVER (ORDER BY amount), percent_rank() OVER (ORDER BY amount), cume_dist() OVER (ORDER BY amount), first_value(id) OVER (ORDER BY amount), last_value(id) OVER (ORDER BY amount RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), nth_value(id, 2) OVER (ORDER BY amount) FROM orders ORDER BY id

SELECT id, placed_on, sum(amount) OVER (ORDER BY placed_on RANGE BETWEEN '7 days' PRECEDING AND CURRENT ROW) FROM orders ORDER BY placed_on, id

SELECT customer_id, id, amount, sum(amount) OVER (PARTITION BY customer_id ORDER BY id GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM orders ORDER BY customer_id, id

-- grouping sets, cube, rollup
SELECT coalesce(region::text, 'all') AS region, coalesce(active::text, 'all') AS active, count(*) FROM customers GROUP BY CUBE (region, active) ORDER BY grouping(region), region, grouping(active), active

SELECT extract(year FROM placed_on) AS y, extract(month FROM placed_on) AS m, status, sum(amount) FROM orders GROUP BY ROLLUP (1, 2), status ORDER BY 1 NULLS LAST, 2 NULLS LAST, 3

SELECT region, sum(credit) FROM customers GROUP BY DISTINCT ROLLUP (region), ROLLUP (region) ORDER BY 1 NULLS LAST, 2

-- statistics
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY amount), percentile_disc(0.9) WITHIN GROUP (ORDER BY amount), mode() WITHIN GROUP (ORDER BY status) FROM orders

SELECT corr(amount, id), regr_slope(amount, id), covar_pop(amount, id), stddev(amount), variance(amount), bool_and(amount > 0), every(id > 0), bit_or(id) FROM orders

SELECT rank(500.0) WITHIN GROUP (ORDER BY amount) FROM orders

SELECT width_bucket(credit, 0, 30000, 6) AS bucket, count(*), min(credit), max(credit) FROM customers GROUP BY bucket ORDER BY bucket

-- calendars
SELECT d::date AS day, coalesce(sum(o.amount), 0) AS total FROM generate_series('2026-01-01'::date, '2026-01-31'::date, '1 day') d LEFT JOIN orders o ON o.placed_on = d::date GROUP BY d ORDER BY d

WITH days AS (SELECT generate_series(date '2026-01-01', date '2026-01-14', interval '1 day')::date AS day) SELECT day, count(o.id), coalesce(string_agg(c.name, ', ' ORDER BY o.id), '-') FROM days LEFT JOIN orders o ON o.placed_on = day LEFT JOIN customers c ON c.id = o.customer_id GROUP BY day ORDER BY day

SELECT to_char(m, 'YYYY-MM') AS month, (SELECT count(*) FROM customers c WHERE c.created_at >= m AND c.created_at < m + interval '1 month') AS new FROM generate_series(timestamp '2026-01-01', timestamp '2026-03-01', interval '1 month') m ORDER BY 1

SELECT s.status, m.month, count(o.id) FROM (VALUES ('new'), ('paid'), ('sent')) s(status) CROSS JOIN generate_series(1, 3) m(month) LEFT JOIN orders o ON o.status = s.status AND extract(month FROM o.placed_on) = m.month GROUP BY 1, 2 ORDER BY 1, 2

-- trees
WITH RECURSIVE t AS (SELECT id, parent_id, name, ARRAY[id] AS path, 1 AS depth FROM categories WHERE parent_id IS NULL UNION ALL SELECT c.id, c.parent_id, c.name, t.path || c.id, t.depth + 1 FROM categories c JOIN t ON c.parent_id = t.id WHERE NOT c.id = ANY (t.path)) SELECT repeat('  ', depth - 1) || name AS label, array_to_string(path, '/') FROM t ORDER BY path

WITH RECURSIVE up AS (SELECT * FROM tickets WHERE number = 150 UNION ALL SELECT t.* FROM tickets t JOIN up ON t.id = up.parent_id) SELECT number, subject, cost FROM up ORDER BY number

WITH RECURSIVE up AS (SELECT id, parent_id, subject, number FROM tickets WHERE subject LIKE 'Pass%' AND number > 120 UNION SELECT t.id, t.parent_id, t.subject, t.number FROM up, tickets t WHERE t.parent_id = up.id) SEARCH DEPTH FIRST BY number SET ord CYCLE id SET looped USING trail SELECT number, looped FROM up ORDER BY ord

WITH RECURSIVE staff(id, name, salary, level) AS (SELECT id, name, salary, 0 FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, e.salary, s.level + 1 FROM employees e, staff s WHERE e.manager_id = s.id) SELECT * FROM staff WHERE level < 3 ORDER BY id

-- anti joins, semi joins
SELECT c.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.status = 'new' WHERE o.id IS NULL ORDER BY c.id

SELECT c.id FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.placed_on > date '2026-03-01') ORDER BY c.id

SELECT p.name FROM products p WHERE p.id NOT IN (SELECT i.product_id FROM order_items i JOIN orders o ON o.id = i.order_id WHERE i.product_id IS NOT NULL) ORDER BY p.name

SELECT c.id FROM customers c WHERE c.id IN (SELECT customer_id FROM orders GROUP BY customer_id HAVING sum(amount) > 2000) ORDER BY 1

SELECT e.name FROM employees e WHERE EXISTS (SELECT 1 FROM customers c WHERE c.owner_id = e.id AND c.name ~ 'R1') ORDER BY e.id

-- keyset pagination
SELECT id, name FROM customers WHERE (name, id) > ('Customer D', 0) ORDER BY name, id LIMIT 5

SELECT id, created_at FROM customers WHERE created_at < '2026-02-10' OR created_at = '2026-02-10' AND id < 100 ORDER BY created_at DESC, id DESC LIMIT 5

-- $ 2026-01-20 00:00:00+00 | 67 | 4
SELECT id, name FROM customers WHERE (created_at, id) >= ($1, $2) ORDER BY created_at, id LIMIT $3

-- search
SELECT number, subject, ts_headline('english', coalesce(body, ''), q) FROM tickets, websearch_to_tsquery('english', 'printers -reset') q WHERE search @@ q ORDER BY ts_rank_cd(search, q) DESC, number LIMIT 5

SELECT number FROM tickets WHERE search @@ phraseto_tsquery('english', 'customers wrote') AND subject !~~ 'Pass%' ORDER BY number

SELECT id, name FROM customers WHERE name ILIKE ALL (ARRAY['%cust%', '%1%']) ORDER BY id

SELECT id FROM customers WHERE name SIMILAR TO 'Customer [A-R]%' AND regexp_replace(name, '\D', '', 'g')::int > 20 ORDER BY id

SELECT id FROM customers WHERE concat_ws(' ', name, phone, email, note) ILIKE '%r17%' ORDER BY id

SELECT id, similarity.d FROM customers, LATERAL (SELECT length(name) - length(replace(lower(name), 'r', '')) AS d) similarity WHERE similarity.d > 1 ORDER BY 1

-- $ %r1%
SELECT id, name, phone FROM customers WHERE name ILIKE $1 OR phone LIKE $1 OR email LIKE $1 OR id::text = $1 ORDER BY id LIMIT 20

-- jsonb
SELECT id, profile->'address'->>'city' AS city, profile ? 'phone' AS has, jsonb_typeof(profile->'address'), profile #> '{address}', profile @? '$.address.city', jsonb_path_query_first(profile, '$.address.city') FROM customers ORDER BY id

SELECT number, meta || '{"seen": true}', meta - 'n', meta #- '{steps,0}', jsonb_set(meta, '{source}', '"x"'), jsonb_pretty(meta), jsonb_array_length(meta->'steps') FROM tickets ORDER BY number LIMIT 5

SELECT t.number, s.value, s.ordinality FROM tickets t, jsonb_array_elements_text(t.meta->'steps') WITH ORDINALITY s WHERE s.value::int > 1 ORDER BY 1, 3

SELECT key, count(*) FROM customers, jsonb_object_keys(profile) AS key GROUP BY key ORDER BY key

SELECT r.* FROM tickets t, jsonb_to_record(t.meta) AS r(source text, n int) WHERE r.n > 100 ORDER BY r.n

SELECT jsonb_object_agg(id, name ORDER BY id) FROM customers WHERE id < 60

SELECT json_object_agg(region, n) FROM (SELECT region, count(*) AS n FROM customers GROUP BY region ORDER BY region) x

SELECT id, (jsonb_populate_record(NULL::departments, jsonb_build_object('id', id, 'name', name))).* FROM customers ORDER BY 1 LIMIT 3

-- arrays
SELECT id, tags || 'new'::text, array_remove(tags, 't1'), array_position(tags, 'u2'), tags @> '{t1}', tags[1:1], array_to_string(tags, '+'), cardinality(tags) FROM customers ORDER BY id

SELECT tag, count(*), array_agg(id ORDER BY id) FROM customers CROSS JOIN unnest(tags) AS tag GROUP BY tag ORDER BY count(*) DESC, tag

SELECT id FROM customers WHERE tags = ARRAY['t1', 'u2'] OR 'u0' = ANY (tags) ORDER BY id

SELECT number FROM tickets WHERE tags <@ ARRAY[0, 1, 2, 3] AND 2 <> ALL (tags) ORDER BY number

SELECT array(SELECT DISTINCT region::text FROM customers ORDER BY 1)

-- ranges
SELECT number, lower(during), upper(during), during * '[2026-01-08,2026-01-12)'::tstzrange, upper(during) - lower(during), during -|- '[2026-01-08,2026-01-09)' FROM tickets WHERE NOT isempty(during) ORDER BY number LIMIT 10

SELECT a.number, b.number FROM tickets a JOIN tickets b ON a.during && b.during AND a.number < b.number ORDER BY 1, 2

SELECT range_agg(during) FROM tickets

-- enum, case, coalesce, nullif, greatest
SELECT priority, count(*) FROM tickets WHERE priority > 'low' GROUP BY priority ORDER BY priority DESC

SELECT number, CASE WHEN priority IN ('high', 'urgent') AND due < date '2026-03-01' THEN 'late' WHEN closed_at IS NULL THEN 'open' ELSE 'closed' END AS state FROM tickets ORDER BY 2, 1

SELECT enum_range(NULL::priority)::text[], priority::text || '!', (SELECT max(priority) FROM tickets) FROM tickets ORDER BY number LIMIT 1

SELECT coalesce(note, name, 'none'), nullif(region, 'EU'), greatest(id, 50), least(credit, 5000) FROM customers ORDER BY id

-- dates
SELECT id, age(created_at, '2025-01-01'), extract(isodow FROM created_at), created_at::date - date '2026-01-01', date_part('epoch', created_at), to_char(created_at, 'DD.MM.YYYY HH24:MI'), created_at AT TIME ZONE 'Asia/Shanghai', date_bin('15 minutes', created_at, '2026-01-01'), justify_interval(interval '400 hours'), make_date(2026, 1, 2), birthday + 30 FROM customers ORDER BY id

SELECT number FROM tickets WHERE opened_at >= timestamp '2026-01-05' AND opened_at < timestamp '2026-01-05' + interval '3 days' AND due - opened_at::date < 40 ORDER BY number

SELECT number FROM tickets WHERE (opened_at, spent) OVERLAPS (timestamp '2026-01-08', interval '2 days') ORDER BY number

SELECT to_char(opened_at, 'IYYY-IW') AS week, count(*), sum(spent), avg(spent), max(spent) FROM tickets GROUP BY week ORDER BY week

-- other types
SELECT number, weight * 2, ratio::numeric(10,3), rank + 1, encode(raw, 'hex'), length(raw), code || '|', code = 'C6', ip, contact, cost FROM tickets ORDER BY number LIMIT 10

SELECT number FROM tickets WHERE weight BETWEEN 10 AND 100 AND ratio > 2.5 AND rank = ANY ('{1,2,3}') AND code < 'C5' ORDER BY number

SELECT number FROM tickets WHERE id > '00000000-0000-4000-8000-000000000050' ORDER BY id

SELECT host(ip), ip << '10.0.0.0/8', contact LIKE '%corp.cn' FROM tickets ORDER BY number LIMIT 3

-- cohorts and funnels
WITH firsts AS (SELECT customer_id, min(placed_on) AS first FROM orders GROUP BY customer_id), months AS (SELECT o.customer_id, date_trunc('month', f.first) AS cohort, (extract(month FROM o.placed_on) - extract(month FROM f.first))::int AS n FROM orders o JOIN firsts f USING (customer_id)) SELECT cohort, n, count(DISTINCT customer_id) FROM months GROUP BY cohort, n ORDER BY cohort, n

WITH steps AS (SELECT customer_id, bool_or(status = 'new') AS a, bool_or(status = 'paid') AS b, bool_or(status = 'sent') AS c FROM orders GROUP BY customer_id) SELECT count(*) FILTER (WHERE a) AS new, count(*) FILTER (WHERE a AND b) AS paid, count(*) FILTER (WHERE a AND b AND c) AS sent FROM steps

-- gaps and islands
SELECT customer_id, min(placed_on), max(placed_on), count(*) FROM (SELECT customer_id, placed_on, placed_on - (row_number() OVER (PARTITION BY customer_id ORDER BY placed_on) || ' days')::interval AS island FROM orders) x GROUP BY customer_id, island ORDER BY 1, 2

-- duplicates
SELECT a.id, b.id FROM customers a JOIN customers b ON a.id < b.id AND left(a.name, 10) = left(b.name, 10) ORDER BY 1, 2

SELECT lower(left(name, 10)), count(*), array_agg(id ORDER BY id) FROM customers GROUP BY 1 HAVING count(*) > 1 ORDER BY 1

-- joins
SELECT c.name, e.name AS owner, d.name AS department, m.name AS manager FROM customers c JOIN employees e ON e.id = c.owner_id JOIN departments d ON d.id = e.department_id LEFT JOIN employees m ON m.id = e.manager_id ORDER BY c.id

SELECT * FROM departments d JOIN employees e ON e.department_id = d.id AND e.name LIKE 'Emp%' LEFT JOIN customers c ON c.owner_id = e.id AND c.region = 'EU' WHERE d.name <> 'Finance' ORDER BY e.id, c.id

SELECT o.id, c.name FROM orders o NATURAL JOIN (SELECT id AS customer_id, name FROM customers) c ORDER BY o.id

SELECT x.customer_id, x.name FROM (SELECT id AS customer_id, name, owner_id FROM customers) x JOIN orders USING (customer_id) GROUP BY 1, 2 ORDER BY 1

SELECT coalesce(c.id, t.customer_id) AS id, count(t.id) FROM customers c FULL OUTER JOIN tickets t ON t.customer_id = c.id GROUP BY 1 ORDER BY 1

SELECT v.id, c.name FROM (VALUES (7), (17), (9999)) v(id) LEFT JOIN customers c USING (id) ORDER BY 1

SELECT c.name, x.total FROM customers c LEFT JOIN LATERAL (SELECT sum(i.quantity * p.price) AS total FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id WHERE o.customer_id = c.id) x ON true WHERE x.total > 10 ORDER BY x.total DESC, c.id

-- set operations
SELECT 'customer' AS what, count(*) FROM customers UNION ALL SELECT 'order', count(*) FROM orders UNION ALL SELECT 'ticket', count(*) FROM tickets ORDER BY 1

SELECT customer_id FROM orders INTERSECT ALL SELECT customer_id FROM tickets EXCEPT SELECT id FROM customers WHERE region = 'CN' ORDER BY 1

SELECT * FROM (SELECT id, name, 'c' AS kind FROM customers WHERE name LIKE '%1%' UNION SELECT id, name, 'e' FROM employees WHERE length(name) > 10) u WHERE kind = 'c' AND upper(name) LIKE 'CUST%' ORDER BY id

-- audit and comments
SELECT c.id, cm.body, e.name FROM customers c JOIN comments cm ON cm.commentable_type = 'Order' AND cm.commentable_id = c.id::text JOIN employees e ON e.id = cm.author_id ORDER BY cm.id

SELECT author_id, count(*) FILTER (WHERE body LIKE '%important%') AS important, count(*) FROM comments GROUP BY author_id ORDER BY 1

-- exports
COPY (SELECT id, name, phone FROM customers ORDER BY id) TO STDOUT

COPY (SELECT * FROM orders WHERE status LIKE 'p%' ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER)

COPY customers (id, name, phone, birthday) TO STDOUT WITH CSV

-- cursors
BEGIN; DECLARE c CURSOR FOR SELECT id, name, phone FROM customers ORDER BY id; FETCH 3 FROM c; FETCH 2 FROM c; CLOSE c; COMMIT

-- SQL PREPARE
PREPARE one (bigint) AS SELECT id, name, phone FROM customers WHERE id = $1; EXECUTE one (17); EXECUTE one (18); DEALLOCATE one

-- views
SELECT id, count(order_id), sum(amount) FROM customer_orders GROUP BY id ORDER BY id

SELECT b.name, o.amount FROM big_customers b JOIN orders o ON o.customer_id = b.id WHERE b.name LIKE '%7' ORDER BY o.id

SELECT * FROM public.nested_view WHERE n > 5 ORDER BY 1

-- partitions
SELECT date_trunc('month', happened) AS m, kind, count(*), max(payload->>'n') FROM events GROUP BY 1, 2 ORDER BY 1, 2

SELECT e.id FROM events e WHERE e.happened >= '2026-02-01' AND e.payload @> '{"n": 137}' ORDER BY 1
