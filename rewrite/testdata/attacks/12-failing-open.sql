-- tries: what is not known, or denied, is not let through
SELECT * FROM customer

-- tries: what is not known, or denied, is not let through
SELECT * FROM no_such_schema.customers

-- tries: what is not known, or denied, is not let through
SELECT * FROM other_database.public.customers

-- tries: what is not known, or denied, is not let through
SELECT nothing FROM customers

-- tries: what is not known, or denied, is not let through
SELECT customers.nothing FROM customers

-- tries: what is not known, or denied, is not let through
SELECT * FROM customers c, LATERAL nothing(c) n

-- tries: what is not known, or denied, is not let through
SELECT nothing(c) FROM customers c

-- tries: what is not known, or denied, is not let through
SELECT c.nothing FROM customers c

-- tries: what is not known, or denied, is not let through
UPDATE customers SET nothing = phone

-- tries: what is not known, or denied, is not let through
UPDATE customers SET note = nothing RETURNING *

-- what is not known, or denied, is not let through
SELECT * FROM pg_toast.pg_toast_2619

-- tries: what is not known, or denied, is not let through
SELECT * FROM pg_temp.x

-- tries: what is not known, or denied, is not let through
SELECT 'x'::customers

-- what is not known, or denied, is not let through
SELECT NULL::customers, c FROM customers c

-- tries: what is not known, or denied, is not let through
SELECT (NULL::secrets).what

-- tries: what is not known, or denied, is not let through
SELECT phone OPERATOR(public.@@@) 'x' FROM customers

-- tries: what is not known, or denied, is not let through
SELECT id FROM customers WHERE phone::nothing IS NULL

-- what is not known, or denied, is not let through
SELECT CAST(c AS customers) FROM customers c

-- what is not known, or denied, is not let through
SELECT c::customers FROM customers c

-- what is not known, or denied, is not let through
SELECT ROW(c.*)::customers FROM customers c

-- tries: what is not known, or denied, is not let through
SELECT * FROM customers WHERE c.id = 1

-- tries: what is not known, or denied, is not let through
SELECT * FROM customers JOIN orders USING (nothing)

-- what is not known, or denied, is not let through
SELECT FROM customers WHERE name LIKE 'N5%'

-- what is not known, or denied, is not let through
SELECT count(*) FROM (SELECT FROM customers) x

-- tries: what is not known, or denied, is not let through
SELECT * FROM (customers)

-- what is not known, or denied, is not let through
SELECT c.* FROM customers c WHERE c.* = c.*

-- tries: what is not known, or denied, is not let through
INSERT INTO secrets VALUES (99, 'x') RETURNING *

-- what is not known, or denied, is not let through
DELETE FROM secrets RETURNING *

-- what is not known, or denied, is not let through
UPDATE secrets SET what = what RETURNING what

-- tries: what is not known, or denied, is not let through
MERGE INTO secrets s USING products p ON s.id = p.id WHEN MATCHED THEN DELETE

-- what is not known, or denied, is not let through
INSERT INTO products SELECT 600, what, 1 FROM secrets LIMIT 1 RETURNING name

-- what is not known, or denied, is not let through
SELECT (SELECT what FROM secrets LIMIT 1)

-- what is not known, or denied, is not let through
SELECT 1 FROM products WHERE EXISTS (SELECT 1 FROM secrets WHERE what LIKE 'secret%')

-- what is not known, or denied, is not let through
SELECT 1 IN (SELECT id FROM secrets WHERE what = 'other')

-- tries: what is not known, or denied, is not let through
WITH w AS (SELECT * FROM secrets) SELECT 1

-- what is not known, or denied, is not let through
SELECT 1 UNION SELECT id FROM secrets WHERE what = 'other'

-- what is not known, or denied, is not let through
SELECT ARRAY(SELECT what FROM secrets)

-- tries: what is not known, or denied, is not let through
SELECT count(*) FROM products p LEFT JOIN secrets s USING (id)

-- what is not known, or denied, is not let through
SELECT 1 LIMIT (SELECT count(*) FROM secrets WHERE what = 'other')

-- what is not known, or denied, is not let through
VALUES ((SELECT count(*) FROM secrets WHERE what = 'other'))

-- what is not known, or denied, is not let through
UPDATE products SET name = what FROM secrets WHERE secrets.id = products.id RETURNING name

-- what is not known, or denied, is not let through
DELETE FROM products USING secrets WHERE secrets.id = products.id AND what = 'other' RETURNING products.id

-- what is not known, or denied, is not let through
COPY (SELECT what FROM secrets) TO STDOUT

-- what is not known, or denied, is not let through
DECLARE k CURSOR FOR SELECT what FROM secrets; FETCH ALL FROM k

-- what is not known, or denied, is not let through
PREPARE p3 AS SELECT what FROM secrets; EXECUTE p3; DEALLOCATE p3

-- what is not known, or denied, is not let through
SELECT p.* FROM products p, LATERAL (SELECT what FROM secrets s WHERE s.id = p.id) l WHERE l.what = 'other'

-- tries: what is not known, or denied, is not let through
SELECT id FROM products ORDER BY (SELECT what FROM secrets s WHERE s.id = products.id), id

-- what is not known, or denied, is not let through
SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM secrets WHERE what = 'other')) FROM products

-- tries: what is not known, or denied, is not let through
SELECT rank() OVER (ORDER BY (SELECT max(what) FROM secrets)) FROM products

-- what is not known, or denied, is not let through
SELECT CASE WHEN (SELECT max(what) FROM secrets) = 'other' THEN 1 ELSE 2 END

-- what is not known, or denied, is not let through
SELECT coalesce((SELECT max(what) FROM secrets), '')

-- what is not known, or denied, is not let through
SELECT generate_series(1, (SELECT count(*) FROM secrets WHERE what = 'other')::int)

-- what is not known, or denied, is not let through
SELECT * FROM generate_series(1, (SELECT count(*) FROM secrets WHERE what = 'other')::int)

-- what is not known, or denied, is not let through
SELECT xmlforest((SELECT max(what) FROM secrets) AS x)

-- what is not known, or denied, is not let through
SELECT products FROM products WHERE (id, name) IN (SELECT id, what FROM secrets) OR (SELECT max(what) FROM secrets) = 'other'
