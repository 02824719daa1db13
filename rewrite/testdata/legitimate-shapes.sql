-- Whole rows. A view's row has the view's own column names, whatever the alias calls them, and a type of its own.
SELECT row_to_json(c), to_jsonb(c) FROM customers c(x, y, z) ORDER BY x LIMIT 2

SELECT jsonb_agg(c ORDER BY c.x), json_agg(c.* ORDER BY c.x) FROM employees c(x, y)

SELECT row_to_json(c) FROM products p LEFT JOIN customers c(x, y, z) ON c.x = p.id ORDER BY p.id

SELECT count(c), count(c.*), count(p) FROM products p LEFT JOIN customers c ON c.id = p.id

SELECT c IS NULL, c IS NOT NULL, c IS DISTINCT FROM NULL, p.id FROM products p LEFT JOIN customers c ON c.id = p.id ORDER BY p.id

SELECT e.id FROM employees e WHERE e IN (ROW(1, 'Employee 1', 1, NULL, NULL)::employees, '(2,"Employee 2",2,,)') ORDER BY 1

SELECT e = '(2,"Employee 2",2,,)', e < ROW(2, 'Employee 2', 2, NULL, NULL)::employees FROM employees e ORDER BY id

SELECT coalesce(e), coalesce(NULL, e), nullif(e, e), greatest(e, e) FROM employees e ORDER BY id

SELECT CASE WHEN e.id > 3 THEN e END FROM employees e ORDER BY id

SELECT array_agg(e ORDER BY e), min(e.name) FROM employees e GROUP BY department_id ORDER BY department_id

SELECT (array_agg(e ORDER BY e.id))[2], ((array_agg(e ORDER BY e.id))[2]).name FROM employees e

SELECT (SELECT e), ARRAY(SELECT e FROM employees e WHERE e.id = d.id) FROM employees d, employees e WHERE d.id = e.id ORDER BY d.id

SELECT c.*::text, (c.*)::text, c::varchar(30) FROM customers c ORDER BY id LIMIT 3

SELECT c.x, (c).y, (c.*).z, (c).* FROM customers c(x, y, z) ORDER BY x LIMIT 3

SELECT x(c), y(c), name(e) FROM customers c(x, y, z), employees e WHERE e.id = 7 ORDER BY x LIMIT 3

SELECT md5(c::text), length(c::text), concat(c, '!'), format('%s', c), c || '' FROM customers c ORDER BY id LIMIT 3

SELECT DISTINCT e FROM employees e ORDER BY e

SELECT e FROM employees e GROUP BY e ORDER BY e

SELECT e, count(*) FROM employees e JOIN orders o ON o.owner_id = e.id GROUP BY e.id, e ORDER BY e.id

SELECT e FROM employees e ORDER BY e DESC LIMIT 2

SELECT e.id FROM employees e WHERE e = (SELECT f FROM employees f WHERE f.id = 4)

SELECT e.id FROM employees e WHERE e IN (SELECT f FROM employees f WHERE f.id > 9) ORDER BY 1

SELECT e.id FROM employees e WHERE e = ANY (ARRAY(SELECT f FROM employees f WHERE f.id > 9)) ORDER BY 1

SELECT e.id, f.id FROM employees e JOIN employees f ON e = f ORDER BY 1

SELECT e.id, f.id FROM employees e JOIN employees f ON e > f WHERE f.id > 9 ORDER BY 1, 2

SELECT e FROM employees e UNION SELECT f FROM employees f ORDER BY 1 LIMIT 3

SELECT e FROM employees e EXCEPT SELECT f FROM employees f WHERE f.id > 2 ORDER BY 1

SELECT ROW(e, 1), ROW(e.*, 1), ROW(e.*) = ROW(e.*), ROW(e) = ROW(e) FROM employees e ORDER BY e.id

SELECT lag(e) OVER (ORDER BY id), first_value(e) OVER (ORDER BY id), row_to_json(lag(e) OVER (ORDER BY id)) FROM employees e ORDER BY id

SELECT s.e, (s.e).name, s.n FROM (SELECT e, 1 AS n FROM employees e) s ORDER BY (s.e).id

SELECT (s.e).* FROM (SELECT e FROM employees e) s ORDER BY 1

SELECT row_to_json(s) FROM (SELECT * FROM employees) s(a, b) ORDER BY a

SELECT row_to_json(s) FROM (SELECT id AS a, name AS b FROM customers) s ORDER BY a LIMIT 2

WITH w AS (SELECT e FROM employees e) SELECT row_to_json(e), (e).id FROM w ORDER BY 2

WITH w(a, b) AS (SELECT * FROM employees) SELECT row_to_json(w) FROM w ORDER BY a

VALUES ((SELECT e FROM employees e WHERE id = 1)), ((SELECT e FROM employees e WHERE id = 2))

SELECT v.* FROM employees e, LATERAL (VALUES (e.*)) v(a, b) WHERE e.id < 3 ORDER BY 1

SELECT l.* FROM employees e, LATERAL (SELECT e) l(r) ORDER BY (l.r).id

SELECT l.* FROM employees e, LATERAL json_each_text(row_to_json(e)) l WHERE e.id = 1 ORDER BY 1

SELECT jsonb_populate_record(e, '{"name": "x"}') FROM employees e ORDER BY e.id

SELECT r.* FROM employees e, LATERAL jsonb_populate_record(e, '{"name": "x"}') r ORDER BY 1

SELECT json_object_agg(e.id, e), json_build_array(e.id, e.name), json_build_object('e', min(e.name)) FROM employees e GROUP BY e.id, e.name ORDER BY e.id

SELECT xmlforest(e.name), xmlelement(name e, e.name) FROM employees e ORDER BY id

SELECT pg_typeof(e.id), pg_typeof(e.salary) FROM employees e LIMIT 1

SELECT string_agg(e::text, ';' ORDER BY id) FROM employees e

SELECT sum(1) FILTER (WHERE e IS NOT NULL), count(DISTINCT e) FROM employees e

SELECT v, (v).name, row_to_json(v) FROM customer_orders v WHERE order_id < 100 ORDER BY order_id

SELECT v.* FROM (SELECT v FROM nested_view v) s(v) ORDER BY v

SELECT row_to_json(v), v FROM nested_view v(a, b) ORDER BY a LIMIT 3

SELECT row_to_json(v) FROM products p LEFT JOIN nested_view v(a, b, d) ON v.d = p.id ORDER BY p.id, v.a

SELECT row_to_json(j), count(j) OVER () FROM (employees e JOIN customers c ON c.owner_id = e.id) j ORDER BY j::text LIMIT 2

SELECT row_to_json(e) FROM employees e RIGHT JOIN products p ON e.id = p.id ORDER BY p.id

SELECT e, c IS NULL FROM employees e FULL JOIN customers c ON c.owner_id = e.id ORDER BY e.id, c.id

SELECT * FROM employees a JOIN employees b ON row_to_json(a)::text = row_to_json(b)::text ORDER BY a.id

-- System columns are not a view's; a name that is a column elsewhere is.
SELECT s.ctid FROM (SELECT id AS ctid FROM customers) s ORDER BY 1

-- Locking.
SELECT id FROM customers ORDER BY id FOR UPDATE NOWAIT

SELECT id FROM customers ORDER BY id LIMIT 3 FOR NO KEY UPDATE SKIP LOCKED

SELECT c.id, e.name FROM customers c JOIN employees e ON e.id = c.owner_id ORDER BY c.id FOR SHARE OF c NOWAIT

SELECT s.id FROM (SELECT id FROM customers WHERE name LIKE '%7' ORDER BY id FOR UPDATE) s ORDER BY 1

SELECT id FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE status LIKE 'p%' FOR UPDATE) ORDER BY id

SELECT id FROM customers c WHERE phone LIKE '138%' ORDER BY id LIMIT 1 FOR UPDATE OF c SKIP LOCKED

-- ONLY.
SELECT id FROM ONLY (customers) WHERE name LIKE 'C%' ORDER BY id

SELECT c.id FROM ONLY customers AS c JOIN ONLY (orders) o ON o.customer_id = c.id ORDER BY 1

SELECT count(*) FROM ONLY events_2026_01 WHERE kind LIKE 'k%'

-- NATURAL and USING.
SELECT * FROM customers c NATURAL JOIN (SELECT id, 'x' AS extra FROM orders) o ORDER BY id

SELECT id, c.id, o.id, name FROM customers c LEFT JOIN (SELECT customer_id AS id, amount FROM orders) o USING (id) ORDER BY 1, amount

SELECT id, c.name FROM customers c FULL JOIN products p USING (id) ORDER BY id

SELECT id, name, c.name, e.name FROM customers c FULL JOIN employees e USING (id, name) ORDER BY id, name

SELECT u.id, u.*, c.name, row_to_json(u) FROM customers c JOIN employees e USING (id) AS u ORDER BY 1

SELECT u, count(*) FROM customers c JOIN products p USING (id) AS u GROUP BY u ORDER BY u

SELECT j.id, j.*, j FROM (customers c JOIN (SELECT customer_id AS id, amount FROM orders) o USING (id)) AS j ORDER BY j.id, j.amount LIMIT 3

SELECT j.a, j.b, (j).a, row_to_json(j) FROM (customers c JOIN (SELECT customer_id AS id, amount FROM orders) o USING (id)) AS j(a, b) ORDER BY 1, j.amount LIMIT 3

SELECT * FROM (customers JOIN (SELECT 17::bigint AS id) s USING (id)) NATURAL JOIN (SELECT 7 AS owner_id) t

SELECT * FROM employees e JOIN (customers c JOIN orders o ON o.customer_id = c.id) ON e.id = c.owner_id ORDER BY o.id LIMIT 3

SELECT * FROM employees e LEFT JOIN (customers c(cid, oid) JOIN orders o(ord, cid) USING (cid)) ON e.id = oid WHERE coalesce(c.name, '') NOT LIKE 'x%' ORDER BY e.id, ord LIMIT 12

SELECT a.id, b.id, name FROM employees a NATURAL FULL JOIN (SELECT id + 6 AS id, name FROM employees) b ORDER BY 1, 2

SELECT count(*) FROM customers NATURAL JOIN orders

-- Column alias lists.
SELECT c.* FROM customers AS c(a, b, c, d) ORDER BY a LIMIT 2

SELECT a, d FROM customers AS c(a, b, c, d) WHERE d LIKE '138%' AND c LIKE 'C%' ORDER BY a

SELECT a FROM customers c(a) GROUP BY a ORDER BY a

SELECT a, b, c.name FROM customers c(a, b) GROUP BY a ORDER BY 1, 2

SELECT id, name FROM customers c(name, id, id2) WHERE id = 7 ORDER BY name

-- CTEs: recursive, shadowing, SEARCH, CYCLE, nested.
WITH orders AS (SELECT id, name FROM customers), customers AS (SELECT * FROM orders WHERE id > 50) SELECT * FROM customers ORDER BY id

WITH customers AS (SELECT 1 AS id) SELECT customers.id, c.name FROM customers JOIN public.customers c ON c.id > customers.id ORDER BY c.id

WITH RECURSIVE customers AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM customers WHERE id < 4) SELECT * FROM customers ORDER BY 1

WITH x AS (WITH customers AS (SELECT 2 AS id) SELECT * FROM customers) SELECT x.id, count(c.id) FROM x, customers c GROUP BY 1

SELECT (WITH customers AS (SELECT max(id) AS id FROM customers) SELECT id FROM customers), count(*) FROM customers

WITH RECURSIVE t(id, name, manager_id) AS (SELECT id, name, manager_id FROM employees WHERE id = 1 UNION ALL SELECT e.id, e.name, e.manager_id FROM t JOIN employees e ON e.manager_id = t.id) SEARCH DEPTH FIRST BY id SET ord SELECT id, name, ord FROM t ORDER BY ord

WITH RECURSIVE t AS (SELECT id, manager_id FROM employees WHERE id = 1 UNION ALL SELECT e.id, e.manager_id FROM t JOIN employees e ON e.manager_id = t.id) SEARCH BREADTH FIRST BY id SET ord CYCLE id SET looped USING path SELECT id, looped, path FROM t ORDER BY ord

WITH RECURSIVE t AS (SELECT id, name FROM customers WHERE id = 7 UNION SELECT c.id, c.name FROM t JOIN customers c ON c.id = t.id + 10 AND c.name LIKE 'C%') CYCLE id SET looped TO 'y' DEFAULT 'n' USING path SELECT * FROM t ORDER BY id

WITH a AS NOT MATERIALIZED (SELECT id, name || phone AS np FROM customers), b AS (SELECT * FROM a WHERE np LIKE '%7%') SELECT b.* FROM b JOIN a USING (id) ORDER BY id

WITH RECURSIVE a AS (SELECT id FROM b), b AS (SELECT id FROM customers WHERE name LIKE '%7') SELECT * FROM a ORDER BY id

-- LATERAL, ROWS FROM, WITH ORDINALITY, XMLTABLE, functions in the select list.
SELECT c.id, l.n, l.m FROM customers c LEFT JOIN LATERAL (SELECT count(*) AS n, max(o.status || c.name) AS m FROM orders o WHERE o.customer_id = c.id AND o.status LIKE left(c.name, 0) || '%') l ON true ORDER BY 1

SELECT c.id, r.* FROM customers c, ROWS FROM (unnest(c.tags), generate_series(1, length(c.phone))) WITH ORDINALITY AS r(tag, g, n) WHERE r.n < 3 ORDER BY 1, n

SELECT c.id, r.* FROM customers c, ROWS FROM (jsonb_to_record(c.profile) AS (phone text, emergency text), generate_series(1, 2)) AS r ORDER BY 1

SELECT c.id, x.* FROM customers c, LATERAL jsonb_to_record(c.profile) AS x(phone text, address jsonb) WHERE x.phone LIKE '139%' ORDER BY 1

SELECT c.id, x.* FROM customers c, XMLTABLE('/r/n' PASSING xmlelement(name r, xmlelement(name n, c.name), xmlelement(name n, c.phone)) COLUMNS i FOR ORDINALITY, v text PATH '.' DEFAULT c.note) x WHERE x.v LIKE '%7%' ORDER BY 1, 2

SELECT c.id, unnest(c.tags), generate_series(1, 2) FROM customers c ORDER BY c.id, 3 LIMIT 4

SELECT c.id, w.word, w.ordinality FROM customers c CROSS JOIN LATERAL regexp_split_to_table(c.name, ' ') WITH ORDINALITY w(word) ORDER BY 1, 3

SELECT c.id, k FROM customers c, jsonb_object_keys(c.profile) k WHERE k LIKE 'p%' ORDER BY 1, 2

SELECT c.id, s.* FROM customers c JOIN LATERAL (SELECT o.id, row_number() OVER (ORDER BY o.amount DESC) FROM orders o WHERE o.customer_id = c.id LIMIT 2) s(oid, rn) ON s.rn = 1 ORDER BY 1, 2

-- Groups.
SELECT region, active, count(*), grouping(region, active) FROM customers GROUP BY GROUPING SETS ((region, active), (region), ()) ORDER BY 1, 2, 4

SELECT region, active, count(*) FROM customers GROUP BY CUBE (region, active) HAVING count(*) > 2 ORDER BY 1, 2, 3

SELECT region, active, count(*) FROM customers GROUP BY DISTINCT ROLLUP (region, active), ROLLUP (region) ORDER BY 1, 2, 3

SELECT id, name, phone, region FROM customers GROUP BY GROUPING SETS ((id)) ORDER BY id

SELECT id, name, region, active, count(*) FROM customers GROUP BY GROUPING SETS ((id, region), (id, active), (active, id, region)) ORDER BY id, region, active

SELECT id, name, phone, active, count(*) FROM customers GROUP BY id, ROLLUP (name, active) ORDER BY id, name, active

SELECT length(phone) AS n, count(*) FROM customers GROUP BY n HAVING length(phone) IS NOT NULL OR true ORDER BY n

SELECT c.id, c.name, c.phone, e.name FROM customers c JOIN employees e ON e.id = c.owner_id GROUP BY c.id, e.id ORDER BY c.id

SELECT c.id, c FROM customers c GROUP BY c.id ORDER BY 1 LIMIT 2

SELECT c.id, (SELECT c.phone || max(o.amount) FROM orders o WHERE o.customer_id = c.id) FROM customers c GROUP BY c.id ORDER BY 1

SELECT c.id, to_jsonb(c) FROM customers c GROUP BY c.id ORDER BY 1 LIMIT 2

SELECT count(*) FILTER (WHERE phone LIKE '138%'), count(DISTINCT left(phone, 3)), mode() WITHIN GROUP (ORDER BY region), array_agg(DISTINCT region ORDER BY region) FROM customers

SELECT rank(5000) WITHIN GROUP (ORDER BY credit), dense_rank('x') WITHIN GROUP (ORDER BY name), percent_rank(100) WITHIN GROUP (ORDER BY id), cume_dist(100) WITHIN GROUP (ORDER BY id) FROM customers

SELECT percentile_disc(ARRAY[0.25, 0.5]) WITHIN GROUP (ORDER BY name DESC) FROM customers

SELECT (SELECT sum(c.credit) FROM (SELECT 1) d), (SELECT max(c.phone || o.status) FROM orders o LIMIT 1) IS NOT NULL FROM customers c GROUP BY c.id ORDER BY c.id

SELECT e.id, (SELECT count(e.id + c.id) FROM customers c WHERE c.owner_id = e.id) FROM employees e ORDER BY 1

SELECT (SELECT string_agg(c.name, ',' ORDER BY c.id) FROM employees e WHERE e.id = 1) FROM customers c

SELECT string_agg(DISTINCT left(name, 9), ',') FROM customers HAVING max(length(name)) > 3

-- ORDER BY, DISTINCT, FETCH, windows.
SELECT region, id FROM customers ORDER BY region FETCH FIRST 2 ROWS WITH TIES

SELECT left(name, 10) AS l FROM customers ORDER BY l FETCH FIRST 3 ROWS WITH TIES

SELECT id FROM customers ORDER BY id OFFSET 2 ROWS FETCH NEXT ROW ONLY

SELECT id FROM customers ORDER BY name USING ~>~, id USING >

SELECT id, phone FROM customers ORDER BY phone COLLATE "C" DESC NULLS LAST, id

SELECT DISTINCT ON (left(phone, 4), region) left(phone, 4), region, id FROM customers ORDER BY left(phone, 4), region, id DESC

SELECT DISTINCT ON (region) region, name FROM customers WHERE name LIKE '%7' ORDER BY region, length(name), name

SELECT id, sum(credit) OVER w, avg(credit) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES), nth_value(name, 2) OVER w FROM customers WINDOW w AS (PARTITION BY region ORDER BY id) ORDER BY id

SELECT id, count(*) OVER (ORDER BY birthday RANGE BETWEEN INTERVAL '5 years' PRECEDING AND INTERVAL '1 year' FOLLOWING), first_value(phone) OVER (ORDER BY credit GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM customers ORDER BY id

SELECT * FROM (SELECT id, rank() OVER (PARTITION BY region ORDER BY length(name), id) AS r, lower(name) AS n FROM customers) s WHERE r <= 2 AND n LIKE '%7' ORDER BY id

SELECT * FROM (SELECT id, count(*) OVER (PARTITION BY id) AS n, name FROM customers) s WHERE id = 17 AND name LIKE '%'

SELECT * FROM (SELECT DISTINCT region, left(name, 9) AS n FROM customers) s WHERE n LIKE '%1' AND region = 'EU' ORDER BY 1, 2

SELECT * FROM (SELECT region, max(name) AS n, count(*) FROM customers GROUP BY region) s WHERE n LIKE 'C%' AND region::text LIKE 'E%' ORDER BY 1

SELECT * FROM (SELECT id, upper(name) AS n FROM customers UNION ALL SELECT id, status FROM orders) s WHERE n LIKE '%7' AND id > 30 ORDER BY 1, 2

SELECT * FROM (SELECT id, name FROM customers INTERSECT SELECT id, name FROM customers WHERE name LIKE '%7') s WHERE length(name) > 9 ORDER BY id

-- Rows compared, sub-selects of several columns.
SELECT id FROM customers WHERE (id, name) >= (17, 'Customer') AND (region, active) IN (('EU', true), ('US', false)) ORDER BY id

SELECT id FROM customers c WHERE (c.id, c.owner_id) = (SELECT o.customer_id, o.owner_id FROM orders o WHERE o.customer_id = c.id ORDER BY o.id LIMIT 1) ORDER BY 1

SELECT id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) BETWEEN 1 AND 3 AND name LIKE '%7' ORDER BY 1

SELECT id FROM customers WHERE name < ALL (SELECT name FROM employees) OR phone = ANY (SELECT phone FROM customers) ORDER BY 1

SELECT id FROM customers WHERE (name LIKE 'C%') IS TRUE AND (phone LIKE '9%') IS NOT TRUE AND (note LIKE 'n%') IS DISTINCT FROM false ORDER BY id

-- Rows of children, and of the system's own.
SELECT e.tag, count(*) FROM (SELECT 'x' AS tag, kind FROM events_2026_01) e GROUP BY 1

SELECT * FROM (SELECT * FROM events UNION ALL SELECT * FROM events) s WHERE s.kind LIKE 'k1' AND happened > '2026-02-01' ORDER BY id

SELECT count(*) FROM events a JOIN events_2026_01 b ON a.id = b.id AND a.kind || '' = b.kind

SELECT row_to_json(public.employees.*), count(public.employees.*) OVER () FROM products p LEFT JOIN public.employees ON employees.id = p.id ORDER BY p.id

SELECT array_agg(c), array_agg(c.*), c IS DISTINCT FROM NULL FROM orders o LEFT JOIN customers c(x) ON x = o.customer_id GROUP BY c ORDER BY c LIMIT 3

SELECT c::text AS c, v::text FROM customer_orders v FULL JOIN customers c ON c.id = v.order_id ORDER BY 1, 2 LIMIT 30

-- Rows compared as wholes: a NULL in both is equal.
SELECT e.id, e IN (e), e NOT IN (e, NULL), e IS DISTINCT FROM e, e::employees IN (e), e IN (ROW(1, 'Employee 1', 1, NULL, NULL)) FROM employees e ORDER BY id

SELECT e.id FROM employees e JOIN employees f ON e IS NOT DISTINCT FROM f AND e IN (f, f) ORDER BY 1

SELECT e::employees IN (SELECT f FROM employees f), e = ANY (SELECT f::employees FROM employees f), e.* IN (SELECT f FROM employees f WHERE f.id > 3) FROM employees e ORDER BY e.id

SELECT nullif(e, f), e = f, e <= f, e BETWEEN f AND f, CASE e WHEN f THEN 1 ELSE 0 END FROM employees e, employees f WHERE f.id = 4 ORDER BY e.id

-- An aggregate of the query around, in a condition of a sub-select.
SELECT region, sum(DISTINCT owner_id) FROM customers a GROUP BY region HAVING EXISTS (SELECT 1 FROM customers b WHERE sum(DISTINCT a.owner_id) = b.owner_id AND b.name LIKE '%7') ORDER BY 1

SELECT region, max(name) FROM customers a GROUP BY region HAVING EXISTS (SELECT 1 FROM orders o WHERE o.status || max(a.name) LIKE 'p%') ORDER BY 1

SELECT c.region, (SELECT count(*) FROM orders o WHERE o.amount > avg(c.credit) / 10) FROM customers c GROUP BY c.region ORDER BY 1

-- an alias list that names two columns alike, grouped by the key
SELECT x.a, max(x::text) FROM public.orders x(a, b, n, n) GROUP BY x.a ORDER BY 1 LIMIT 3

-- A join whose columns are renamed behind USING: id is the query's around it.
SELECT c.name FROM customers c WHERE EXISTS (SELECT FROM (orders a JOIN orders b USING (id)) AS t(r) WHERE t.r = id) ORDER BY 1

SELECT c.name FROM customers c WHERE EXISTS (SELECT FROM (orders a NATURAL JOIN orders b) AS t(r, customer) WHERE customer = id) ORDER BY 1

SELECT c.name FROM customers c WHERE EXISTS (SELECT FROM (orders a JOIN orders b USING (customer_id)) AS t(id, order_id) WHERE t.id = c.id AND order_id > 3 AND t.status LIKE 'p%') ORDER BY 1

-- A condition asks the filter in the table's place.
SELECT o.id, o.status FROM orders o WHERE o.status LIKE 'p%' AND lower(o.status) = 'paid' AND o.id > 3 AND upper(o.status) LIKE 'P%' ORDER BY o.id LIMIT 20

SELECT o.*, o.status || 'x' FROM orders o WHERE (o.status LIKE 'p%' AND o.id > 3) AND o.amount::text LIKE '%5%' ORDER BY o.id

SELECT id FROM orders WHERE 1 / CASE WHEN customer_id % 10 = 7 AND customer_id % 11 <> 0 THEN 1 ELSE 0 END = 1 AND status LIKE 'p%' ORDER BY id

SELECT id FROM orders WHERE id > 3 AND NOT (1 / CASE WHEN customer_id % 10 = 7 AND customer_id % 11 <> 0 THEN 1 ELSE 0 END = 2) AND id < 500 AND 1 / CASE WHEN customer_id % 10 = 7 AND customer_id % 11 <> 0 THEN 1 ELSE 0 END = 1 ORDER BY id

SELECT id FROM orders WHERE status LIKE 'p%' OR status LIKE 'n%' ORDER BY id FOR UPDATE

SELECT c.id, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.status LIKE 'p%' WHERE c.name LIKE '%7' ORDER BY 1, 2

SELECT c.id, o.id FROM orders o RIGHT JOIN customers c ON o.customer_id = c.id AND o.status LIKE 'p%' ORDER BY 1, 2

SELECT c.id, o.id FROM orders o LEFT JOIN customers c ON o.customer_id = c.id AND o.status LIKE 'p%' ORDER BY 2, 1

SELECT p.id, o.id FROM products p RIGHT JOIN orders o ON o.id = p.id AND o.status LIKE 'p%' ORDER BY 2, 1

SELECT p.id, o.id FROM products p FULL JOIN orders o ON o.id = p.id AND o.status LIKE 'p%' ORDER BY 2, 1

SELECT p.id, o.id FROM products p LEFT JOIN (orders o JOIN order_items i ON i.order_id = o.id AND o.status LIKE 'p%') ON i.product_id = p.id ORDER BY 2, 1

SELECT p.id, o.id FROM products p LEFT JOIN orders o ON o.id = p.id WHERE o.status LIKE 'p%' OR p.name LIKE '%7' ORDER BY 2, 1

SELECT p.id, o.id FROM products p JOIN orders o ON o.id = p.id WHERE o.status || p.name LIKE 'p%7' AND o.status LIKE 'p%' ORDER BY 2, 1

SELECT o.id FROM orders o, orders p WHERE o.status LIKE 'p%' AND p.id = o.id AND p.status LIKE '%d' ORDER BY 1

SELECT o.id FROM orders o WHERE o.status LIKE 'p%' UNION ALL SELECT o.id FROM orders o WHERE o.status LIKE 's%' ORDER BY 1

SELECT c.id FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.status LIKE 'p%') ORDER BY 1

SELECT c.id, (SELECT max(o.id) FROM orders o WHERE o.customer_id = c.id AND o.status LIKE 'p%' AND o.status || c.name LIKE '%7') FROM customers c ORDER BY 1

SELECT o.id, x.n FROM orders o CROSS JOIN LATERAL (SELECT count(*) AS n FROM orders p WHERE p.customer_id = o.customer_id AND p.status LIKE o.status || '%') x WHERE o.status LIKE 'p%' ORDER BY 1

WITH o AS (SELECT * FROM orders WHERE status LIKE 'p%') SELECT o.id, p.id FROM o LEFT JOIN orders p ON p.id = o.id + 10 AND p.status LIKE 'p%' ORDER BY 1

-- A join says the filter.
SELECT c.id, o.id, o.status FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.status LIKE 'p%' AND 1 / CASE WHEN o.customer_id % 10 = 7 AND o.customer_id % 11 <> 0 THEN 1 ELSE 0 END = 1 ORDER BY 1, 2

SELECT c.id, id_2 FROM customers c JOIN (SELECT o.id AS id_2, o.customer_id, upper(o.status) AS u FROM orders o) o ON o.customer_id = c.id WHERE u LIKE 'P%' ORDER BY 1, 2

SELECT c.id, o.* FROM customers c, orders o WHERE c.id = customer_id AND c.name || o.status LIKE '%p%' AND o.status LIKE 'p%' ORDER BY 1, 2

SELECT c.id, o.id FROM customers c LEFT JOIN orders o ON c.id = o.customer_id AND o.status LIKE 'p%' WHERE c.id < 100 ORDER BY 1, 2

SELECT c.id, o.id FROM customers c LEFT JOIN orders o ON c.id = o.customer_id WHERE o.status LIKE 'p%' OR o.id IS NULL ORDER BY 1, 2

SELECT c.id, o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id ORDER BY 2, 1

SELECT c.id, o.id FROM customers c RIGHT JOIN orders o ON c.id = o.customer_id AND c.name LIKE '%7' ORDER BY 2, 1

SELECT c.id, o.id FROM customers c FULL JOIN orders o ON c.id = o.customer_id ORDER BY 2, 1

SELECT p.id, c.id, o.id FROM products p LEFT JOIN customers c ON c.id = p.id LEFT JOIN orders o ON o.customer_id = c.id AND o.status LIKE 'p%' ORDER BY 1, 2, 3

SELECT p.id, c.id, o.id FROM products p LEFT JOIN orders o ON o.id = p.id JOIN customers c ON c.id = o.customer_id ORDER BY 1, 2, 3

SELECT p.id, c.id, o.id FROM products p LEFT JOIN (orders o JOIN customers c ON c.id = o.customer_id) ON o.id = p.id AND o.status LIKE 'p%' ORDER BY 1, 2, 3

SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id OR o.id < 9 ORDER BY 1

SELECT o.id, c.id FROM orders o JOIN customers c ON c.id = o.id ORDER BY 1

SELECT c.id, (SELECT string_agg(o.status, ',' ORDER BY o.id) FROM orders o WHERE o.customer_id = c.id AND o.status LIKE 'p%') FROM customers c ORDER BY 1

SELECT c.region, (SELECT count(*) FROM orders o WHERE o.customer_id = max(c.id) AND o.status LIKE 'p%') FROM customers c GROUP BY c.region ORDER BY 1

SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND o.status LIKE 'p%') FROM customers c GROUP BY c.id ORDER BY 1

SELECT c.id FROM customers c WHERE c.id IN (SELECT o.customer_id FROM orders o WHERE o.customer_id = c.id AND o.status LIKE 'p%') ORDER BY 1

SELECT c.id, l.* FROM customers c LEFT JOIN LATERAL (SELECT o.id, o.status FROM orders o WHERE o.customer_id = c.id AND o.status LIKE 'p%' ORDER BY o.id DESC LIMIT 1) l ON true ORDER BY 1

SELECT o.id, count(*) FROM orders o JOIN customers c ON c.id = o.customer_id JOIN order_items i ON i.order_id = o.id GROUP BY o.id HAVING max(o.status) LIKE 'p%' ORDER BY 1

SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id JOIN order_items i ON i.order_id = o.id AND 1 / i.quantity >= 0 ORDER BY 1

SELECT o.id FROM orders o JOIN customers c USING (id) WHERE o.status LIKE 'p%' ORDER BY 1

SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id JOIN customers d ON d.id = o.customer_id AND d.name LIKE '%7' ORDER BY 1 FOR UPDATE OF o

WITH c AS (SELECT * FROM customers) SELECT o.id FROM orders o JOIN c ON c.id = o.customer_id WHERE o.status LIKE 'p%' ORDER BY 1

SELECT x.a, y.i FROM orders x(a, b, c) JOIN customers y(i, id) ON x.b = y.i AND x.status LIKE 'p%' ORDER BY 1

SELECT x.a FROM orders x(a, customer_id, b) JOIN customers id ON x.customer_id = id.id WHERE x.status LIKE 'p%' ORDER BY 1

SELECT j.id, j.status FROM (customers c(a) JOIN orders o ON o.customer_id = c.a AND o.status LIKE 'p%') AS j WHERE j.status LIKE '%d' ORDER BY 1, 2

SELECT o.id FROM ONLY orders o JOIN ONLY customers c ON (o.customer_id) = (c.id) WHERE o.status LIKE 'p%' ORDER BY 1

SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id AND c.id = 7 JOIN customers d ON d.id = c.id AND o.status LIKE d.region::text || '%' ORDER BY 1

SELECT c.id FROM customers c WHERE (SELECT max(1 / CASE WHEN o.customer_id % 10 = 7 AND o.customer_id % 11 <> 0 THEN 1 ELSE 0 END) FROM orders o WHERE o.customer_id = c.id) = 1 ORDER BY 1

SELECT c.id, z FROM customers c, LATERAL (SELECT 1 / CASE WHEN o.customer_id % 10 = 7 AND o.customer_id % 11 <> 0 THEN 1 ELSE 0 END AS z, o.id FROM orders o WHERE o.customer_id = c.id) l WHERE z = 1 ORDER BY c.id, l.id

SELECT c.id, z FROM customers c, LATERAL (SELECT max(1 / CASE WHEN o.customer_id % 10 = 7 AND o.customer_id % 11 <> 0 THEN 1 ELSE 0 END) AS z FROM orders o WHERE o.customer_id = c.id) l WHERE z = 1 ORDER BY c.id

SELECT p.id FROM products p WHERE EXISTS (SELECT FROM customers c JOIN orders o ON o.customer_id = c.id AND 1 / CASE WHEN o.customer_id % 10 = 7 AND o.customer_id % 11 <> 0 THEN 1 ELSE 0 END = 1 WHERE c.id = p.id) ORDER BY 1
