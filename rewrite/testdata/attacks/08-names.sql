-- tries: another search_path
SET search_path = evil, pg_catalog

-- tries: another search_path
SET search_path TO 'evil', 'pg_catalog'

-- tries: another search_path
SET LOCAL search_path = public, pg_catalog

-- tries: another search_path
SELECT set_config('search_path', 'evil, pg_catalog', false)

-- tries: another search_path
SELECT pg_catalog.set_config('search_path', 'public,pg_catalog', true)

-- tries: another search_path
SELECT set_config('search_' || 'path', 'ref', false)

-- tries: another search_path
SELECT set_config(name, 'ref', false) FROM pg_settings WHERE name = 'search_path'

-- tries: another search_path
UPDATE pg_settings SET setting = 'ref' WHERE name = 'search_path'; SELECT current_schemas(true)

-- tries: another search_path
UPDATE pg_catalog.pg_settings SET setting = 'off' WHERE name = 'standard_conforming_strings'

-- tries: another search_path
SELECT set_config(setting_name => 'search_path', new_value => 'ref', is_local => false)

-- tries: another search_path
SELECT "set_config"(E'search\137path', 'ref, pg_catalog', false)

-- a table or column by another spelling
SELECT * FROM "public"."customers"

-- a table or column by another spelling
SELECT * FROM PUBLIC.CUSTOMERS

-- a table or column by another spelling
SELECT * FROM U&"\0063ustomers"

-- a table or column by another spelling
SELECT * FROM U&"!0063ustomers" UESCAPE '!'

-- a table or column by another spelling
SELECT "phone", U&"\0069d_card" FROM customers

-- a table or column by another spelling
SELECT Customers.PHONE FROM Customers

-- a table or column by another spelling
SELECT public.customers.phone FROM public.customers

-- a table or column by another spelling
SELECT "c"."phone" FROM customers AS "c"

-- a table or column by another spelling
SELECT "C D"."id_card" FROM customers AS "C D"

-- a table or column by another spelling
SELECT "a"".b".phone FROM customers AS "a"".b"

-- tries: a table or column by another spelling
SELECT x."phone" FROM (customers) AS x

-- a table or column by another spelling
SELECT id, phone phone FROM customers

-- a table or column by another spelling
SELECT id_card "phone" FROM customers

-- a table or column by another spelling
SELECT phone id_card FROM customers

-- a table or column by another spelling
SELECT customers.phone FROM customers, customers c

-- a table or column by another spelling
SELECT c.phone FROM customers, customers c

-- a table or column by another spelling
SELECT "select".phone FROM customers AS "select"

-- a table or column by another spelling
SELECT "Odd Names"."a.b" FROM "Odd Names"

-- a table or column by another spelling
SELECT public."Odd Names"."a.b" FROM public."Odd Names"

-- a table or column by another spelling
SELECT "Odd Names".* FROM "Odd Names"

-- a table or column by another spelling
SELECT o."a.b" FROM "Odd Names" "o"

-- a table or column by another spelling
SELECT a.b FROM (SELECT "a.b" FROM "Odd Names") AS a(b)

-- a CTE’s name
WITH customers AS (SELECT * FROM public.customers) SELECT phone FROM customers

-- a CTE’s name
WITH secrets AS (SELECT 1) SELECT * FROM public.secrets

-- a CTE’s name
WITH secrets AS (SELECT * FROM secrets) SELECT * FROM secrets

-- a CTE’s name
WITH x AS (SELECT * FROM customers), customers AS (SELECT 1 AS phone) SELECT x.phone FROM x

-- a CTE’s name
WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT phone, id_card FROM customers) SELECT * FROM a

-- a CTE’s name
WITH RECURSIVE customers AS (SELECT phone, id_card FROM public.customers) SELECT * FROM customers

-- a CTE’s name
WITH a AS (WITH customers AS (SELECT 1 AS phone) SELECT * FROM public.customers) SELECT phone FROM a

-- a CTE’s name
WITH a AS (WITH b AS (SELECT 1) SELECT * FROM customers) SELECT phone, (SELECT count(*) FROM customers) FROM a

-- a CTE’s name
SELECT * FROM (WITH w AS (SELECT phone FROM customers) SELECT * FROM w) s

-- a CTE’s name
WITH customers(phone) AS (SELECT id_card FROM customers) SELECT phone FROM customers

-- a CTE’s name
WITH customers AS (SELECT 1 AS id) UPDATE customers SET note = phone RETURNING note

-- a CTE’s name
WITH orders AS (SELECT 1 AS id) DELETE FROM orders WHERE id > 0 RETURNING *

-- a CTE’s name
WITH secrets AS (SELECT 1 AS id) INSERT INTO products SELECT 700 + id, what, 1 FROM public.secrets RETURNING name

-- tries: a CTE’s name
WITH RECURSIVE t AS (SELECT id, phone FROM customers UNION SELECT t.id, c.id_card FROM t JOIN customers c ON c.id = t.id) SELECT * FROM t

-- a CTE’s name
WITH RECURSIVE a AS (SELECT id, 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) AS v FROM b), b AS (SELECT * FROM customers) SELECT * FROM a WHERE v = 1

-- a name bound at another level
SELECT c.id_card FROM customers c JOIN products c2 ON c2.id = c.id

-- a name bound at another level
SELECT id_card FROM customers JOIN products USING (id)

-- a name bound at another level
SELECT j.id_card FROM (customers JOIN products USING (id)) AS j

-- a name bound at another level
SELECT j.* FROM (customers c CROSS JOIN (VALUES (1)) v) AS j

-- a name bound at another level
SELECT * FROM customers c(owner_id, id, phone, name)

-- tries: a name bound at another level
SELECT phone FROM customers c(a, b, phone)

-- a name bound at another level
SELECT name FROM customers c(a, b, d, name)

-- a name bound at another level
SELECT c.owner_id FROM customers c(a, b, n, owner_id)

-- tries: a name bound at another level
SELECT x.phone FROM (SELECT id_card, phone FROM customers) AS x(phone)

-- a name bound at another level
SELECT u.phone FROM (SELECT id_card FROM customers UNION ALL SELECT name FROM products) u(phone)

-- a name bound at another level
SELECT phone FROM customers FULL JOIN (SELECT 'x'::text AS phone) y USING (phone)

-- a name bound at another level
SELECT c.phone, d.phone FROM customers c NATURAL JOIN customers d

-- a name bound at another level
SELECT (SELECT phone) FROM customers

-- a name bound at another level
SELECT (SELECT phone FROM (SELECT 1) x) FROM customers

-- a name bound at another level
SELECT (SELECT c.phone FROM customers c LIMIT 1) FROM (SELECT 1 AS phone) c

-- a name bound at another level
SELECT (SELECT id_card FROM products p WHERE p.id = customers.id) FROM customers

-- a name bound at another level
UPDATE customers SET note = (SELECT phone FROM products LIMIT 1) RETURNING note

-- a name bound at another level
UPDATE customers SET note = (SELECT x.note FROM (SELECT phone AS note) x) RETURNING note

-- a name bound at another level
UPDATE customers SET note = (SELECT phone FROM (VALUES (1)) customers(id)) RETURNING note

-- a name bound at another level
UPDATE customers phone SET note = phone RETURNING note

-- a name bound at another level
UPDATE customers phone SET note = phone.phone RETURNING phone.*

-- tries: a name bound at another level
UPDATE customers AS id_card SET note = (id_card).phone RETURNING note

-- a name bound at another level
UPDATE customers SET note = name FROM (SELECT 1 AS x) y WHERE y.x = 1 RETURNING customers.phone

-- a name bound at another level
UPDATE customers SET note = (SELECT name FROM (SELECT phone::name::text FROM (SELECT 1) z) s) RETURNING note

-- a name bound at another level
UPDATE customers SET note = (SELECT phone FROM json_array_elements('[1]') phone) RETURNING note

-- a name bound at another level
UPDATE customers SET note = (SELECT id_card FROM jsonb_array_elements('[1]') id_card LIMIT 1)::text RETURNING note

-- a name bound at another level
UPDATE customers SET note = (SELECT phone FROM (SELECT CASE WHEN true THEN 'a' ELSE 'b'::text END) s) RETURNING note

-- a name bound at another level
UPDATE customers SET note = (SELECT email FROM (products p CROSS JOIN (VALUES (1)) v(a)) AS j LIMIT 1) RETURNING note

-- a name bound at another level
UPDATE customers SET note = (SELECT email FROM generate_series(1, 1) WITH ORDINALITY LIMIT 1) RETURNING note

-- a name bound at another level
UPDATE customers SET note = (SELECT phone FROM products AS p(phone2) LIMIT 1) RETURNING note

-- a name bound at another level
DELETE FROM orders o USING customers o2 WHERE o.customer_id = o2.id RETURNING o2.phone

-- tries: a name bound at another level
UPDATE products SET name = phone FROM customers WHERE customers.id = products.id RETURNING products.name

-- a cast of somebody's making
SELECT 1::peek

-- a cast of somebody's making, over a column
SELECT CAST(id AS public.peek) FROM products WHERE id = 1

-- a cast of somebody's making, by the type's name as a function
SELECT peek(1)

-- a cast of somebody's making, over what has no known type
SELECT (SELECT max(id) FROM products)::peek
