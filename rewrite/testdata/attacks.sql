SELECT * FROM secrets

SELECT * FROM customer_copy

SELECT all_phones()

SELECT query_to_xml('SELECT * FROM customers', true, false, '')

SELECT * FROM customers WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

SELECT * FROM orders WHERE 1/(CASE WHEN amount = 1 THEN 0 ELSE 1 END) = 1

SELECT * FROM (SELECT 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) AS x FROM customers) s WHERE x = 1

SELECT * FROM (SELECT name, 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) AS x FROM customers GROUP BY name, 2) s WHERE x = 1

SELECT name FROM customers GROUP BY name HAVING 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

SELECT c.id FROM customers c JOIN products p ON p.id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

SELECT c.id FROM products p LEFT JOIN customers c ON p.id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

SELECT c.id FROM products p LEFT JOIN customers c ON p.id = c.id WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

SELECT p.id FROM products p WHERE EXISTS (SELECT 1 FROM customers c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE p.id END) = 1)

SELECT p.id FROM products p WHERE p.id IN (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) FROM customers c)

SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM products p WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE p.id END) = 1)

SELECT c.id FROM customers c WHERE (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)) = 1

WITH x AS (SELECT name, id FROM customers) SELECT id FROM x WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

WITH x AS (SELECT 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) AS v FROM customers) SELECT v FROM x WHERE v = 1

SELECT * FROM (SELECT name FROM customers UNION ALL SELECT name FROM products) u WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

SELECT * FROM customer_orders WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

SELECT * FROM customers c, LATERAL (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) AS v) l WHERE l.v = 1

SELECT * FROM customers c WHERE c::text::int = 1

SELECT id FROM customers c WHERE (c).name::int = 1

SELECT count(*) FROM customers WHERE nextval('counter') > 0; SELECT nextval('counter')

SELECT phone::int FROM customers

SELECT id FROM customers WHERE phone::bigint > 0

SELECT id_card FROM customers WHERE id_card LIKE '0%'

SELECT id FROM customers ORDER BY id_card, credit, phone, email, birthday

SELECT max(credit), min(birthday), max(phone) FROM customers

SELECT * FROM customers WHERE phone < '13809'

SELECT (c).phone, phone(c), c.phone FROM customers c

SELECT ctid FROM customers

SELECT c.xmin, c.ctid FROM customers c

SELECT * FROM customers TABLESAMPLE system (10) REPEATABLE (1)

SELECT * FROM pg_stats WHERE tablename = 'customers'

SELECT * FROM pg_statistic

SELECT reltuples, relpages FROM pg_class WHERE relname = 'customers'

SELECT pg_relation_size('customers')

SELECT query FROM pg_stat_activity

SELECT n_live_tup FROM pg_stat_user_tables

COPY customers TO STDOUT

COPY (SELECT * FROM customers) TO STDOUT

COPY secrets TO STDOUT

COPY customers TO PROGRAM 'cat'

DO $$ BEGIN RAISE NOTICE '%', (SELECT phone FROM customers LIMIT 1); END $$

CREATE TABLE x AS SELECT * FROM customers

SELECT * INTO x FROM customers

CREATE VIEW v AS SELECT * FROM customers

EXPLAIN ANALYZE SELECT * FROM customers WHERE name LIKE 'N5%'

EXPLAIN SELECT * FROM customers

DECLARE k CURSOR FOR SELECT * FROM customers; FETCH ALL FROM k

PREPARE p AS SELECT * FROM customers; EXECUTE p

UPDATE customers SET note = phone RETURNING note, phone, id

UPDATE customers SET note = id_card RETURNING *

UPDATE customers c SET note = (c).phone RETURNING c.*

UPDATE customers c SET note = c::text RETURNING note

UPDATE customers SET note = 'x' WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 RETURNING id

UPDATE customers SET note = 'x' WHERE id_card LIKE '0%' RETURNING id

UPDATE customers SET note = c2.phone FROM customers c2 WHERE c2.id = customers.id RETURNING note

UPDATE products SET name = c.phone FROM customers c WHERE c.id = products.id RETURNING products.name

DELETE FROM customers WHERE name LIKE 'N5%' RETURNING *

DELETE FROM orders WHERE id > 0 RETURNING *

DELETE FROM orders USING customers c WHERE orders.customer_id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 RETURNING orders.id

INSERT INTO products SELECT 100 + id, phone, 1 FROM customers RETURNING *

WITH u AS (UPDATE customers SET note = phone RETURNING phone, note) SELECT * FROM u

WITH d AS (DELETE FROM orders RETURNING *) SELECT * FROM d

TRUNCATE customers CASCADE

ALTER TABLE customers ADD CHECK (1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1)

SET search_path = evil, pg_catalog

SELECT set_config('search_path', 'evil', false)

SELECT set_config('debug_print_plan', 'on', false)

SELECT ts_stat('SELECT to_tsvector(phone) FROM customers')

SELECT table_to_xml('customers', true, false, '')

SELECT cursor_to_xml('c', 1, true, false, '')

SELECT database_to_xml(true, false, '')

SELECT pg_read_file('PG_VERSION')

SELECT lo_import('/etc/passwd')

SELECT c.query_to_xml FROM (SELECT 'SELECT 1'::text AS q) c

SELECT (c).all_phones FROM customers c

MERGE INTO products p USING customers c ON p.id = c.id WHEN MATCHED THEN UPDATE SET name = c.phone

SELECT id FROM customers WHERE phone IN (SELECT '138' || lpad(g::text, 8, '0') FROM generate_series(1, 100) g)

SELECT array_agg(t) FROM (SELECT customers FROM customers) t

SELECT x.customers FROM (SELECT customers FROM customers) x

SELECT json_agg(customers) FROM customers

SELECT (SELECT customers FROM customers LIMIT 1)

SELECT count(*) FROM customers c JOIN customers d USING (phone)

SELECT count(*) FROM customers c NATURAL JOIN (SELECT '138' AS phone) x

SELECT exists(SELECT 1 FROM customers WHERE owner_id = 8)

SELECT * FROM events_2026_01 WHERE owner_id <> 7

SELECT * FROM ONLY events

SELECT * FROM public.customers e WHERE e.name LIKE 'N5%'

SELECT * FROM orders c WHERE 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1

SELECT * FROM customers WHERE owner_id = 7 OR 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

SELECT * FROM customers WHERE (active AND (1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1)) AND id > 0

SELECT coalesce((SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)), 0) FROM customers c LIMIT 5

SELECT * FROM customers ORDER BY 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) LIMIT 3

SELECT DISTINCT ON (1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END)) id FROM customers

SELECT * FROM (SELECT DISTINCT 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) AS x FROM customers) s WHERE x = 1

SELECT * FROM (SELECT id, name FROM customers ORDER BY id LIMIT 5) s WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

SELECT * FROM (SELECT id, rank() OVER (PARTITION BY name ORDER BY id) r, name FROM customers) s WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

SELECT max(1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END)) FROM customers

SELECT * FROM products p JOIN LATERAL (SELECT * FROM customers c WHERE c.id = p.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE p.id END) >= 0) l ON true

SELECT * FROM (VALUES (1)) v(a) JOIN customers c ON 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE v.a END) = 1

SELECT * FROM customers c JOIN orders o ON 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 AND o.customer_id = c.id

-- the guard's name caught by an alias nearer by
SELECT 1 FROM "Odd Names" c, LATERAL (SELECT * FROM (VALUES (7)) c(owner_id) WHERE 1/(CASE WHEN "select" = 'N5' THEN 0 ELSE 1 END) = 1) x

SELECT 1 FROM orders c, LATERAL (SELECT * FROM (VALUES (7)) c(customer_id) WHERE 1/(CASE WHEN amount = 1 THEN 0 ELSE 1 END) = 1) x

-- SET by another name
UPDATE pg_settings SET setting = 'ref' WHERE name = 'search_path'; SELECT current_schemas(true)

-- functional notation on the stored row
UPDATE customers c SET note = 'x' RETURNING c.row_to_json

UPDATE customers c SET note = c.row_to_json RETURNING note

UPDATE customers c SET note = 'x' RETURNING old.*

-- what stands in FROM beside a filter that has become a join
SELECT o.id, l.v FROM orders o LEFT JOIN LATERAL (SELECT 1/(CASE WHEN o.amount=1 THEN 0 ELSE 1 END) AS v) l ON true

SELECT o.id, g.x FROM orders o LEFT JOIN LATERAL (VALUES (1/(CASE WHEN o.amount=1 THEN 0 ELSE 1 END))) g(x) ON true

SELECT o.id, g FROM orders o, LATERAL generate_series(1, CASE WHEN o.amount=1 THEN 1/(o.amount-1)::int ELSE 1 END) g

-- a leakproof condition that decides whether something else is worked out, and fails
SELECT id FROM customers WHERE name = 'N5 hidden 100000' AND id > (SELECT id FROM products)

SELECT "Key" FROM "Odd Names" WHERE CASE WHEN "select" = 'N5' THEN (SELECT id FROM products) ELSE 1 END = 1

SELECT "Key" FROM "Odd Names" WHERE "select" = 'N5' AND "Key" = (SELECT id FROM products)

SELECT "Key" FROM "Odd Names" WHERE "select" = 'N5' AND ("Key" = 0 OR "Key" IN (SELECT 1/(id-5) FROM products))

SELECT * FROM (SELECT "Key", CASE WHEN "select" = 'N5' THEN (SELECT id FROM products) ELSE 1 END AS v FROM "Odd Names") s WHERE v = 1

SELECT id FROM orders WHERE id = 100000 AND customer_id IN (SELECT 1/(id-5) FROM products)

SELECT o.id FROM orders o WHERE o.id = 100000 AND o.customer_id NOT IN (SELECT 1/(id-5) FROM products)

DELETE FROM orders WHERE id = 100000 AND customer_id = (SELECT id FROM products)

-- names bound here and there differently
SELECT 1 FROM customers c, LATERAL (SELECT 1 FROM (SELECT 'a'::name::text) s WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END)=1) l

SELECT 1 FROM orders o, LATERAL (SELECT 1 FROM products p(amount), (VALUES(1)) v(a) JOIN (VALUES (1)) w(b) ON 1/(CASE WHEN amount = 1 THEN 0 ELSE 1 END)=1) l

SELECT 1 FROM orders o, LATERAL (SELECT 1 FROM json_array_elements('[1]') amount WHERE 1/(CASE WHEN amount = 1 THEN 0 ELSE 1 END)=1) l

SELECT 1 FROM (SELECT g.*, o.owner_id, o."select", o."a.b" FROM (SELECT 1) z, json_populate_record(NULL::products, '{"id":7}') g, "Odd Names" o) AS x(a,b,c,d,e) WHERE 1/(CASE WHEN e = 'N5' THEN 0 ELSE 1 END) = 1
