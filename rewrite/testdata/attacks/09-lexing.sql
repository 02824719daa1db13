-- the text is read as PostgreSQL reads it
SELECT /* SELECT */ phone /* FROM secrets */ FROM customers -- WHERE

-- the text is read as PostgreSQL reads it
SELECT phone FROM/**/customers

-- the text is read as PostgreSQL reads it
SELECT/* /* nested */ */phone FROM customers

-- the text is read as PostgreSQL reads it
SELECT phone--
FROM customers

-- the text is read as PostgreSQL reads it
SELECT phone FROM customers WHERE name LIKE 'N5%' -- AND owner_id = 7

-- the text is read as PostgreSQL reads it
SELECT $$phone$$, phone FROM customers

-- the text is read as PostgreSQL reads it
SELECT $a$ ' $a$, phone, $a$ ' $a$ FROM customers

-- the text is read as PostgreSQL reads it
SELECT E'\'', phone, E'\'' FROM customers

-- the text is read as PostgreSQL reads it
SELECT 'a''b', phone FROM customers

-- the text is read as PostgreSQL reads it
SELECT U&'\0027', phone FROM customers

-- the text is read as PostgreSQL reads it
SELECT 'x'
'y', phone FROM customers

-- the text is read as PostgreSQL reads it
SELECT phone FROM customers WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 /* AND */ AND /* OR */ active

-- the text is read as PostgreSQL reads it
SELECT phone FROM customers WHERE (1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END)) OPERATOR(pg_catalog.=) 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE 1 = 1/(CASE WHEN name OPERATOR(pg_catalog.~~) 'N5%' THEN 0 ELSE 1 END) AND id BETWEEN 1 AND 1000 AND NOT name IS NULL

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE active AND id BETWEEN CASE WHEN active AND true THEN 1 ELSE 2 END AND 1000 AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE id BETWEEN SYMMETRIC 1000 AND 1 AND 1/(CASE WHEN name LIKE 'N5%' AND true THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE (id, name) >= (1, 'A') AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE name COLLATE "C" LIKE 'N5%' AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE created_at AT TIME ZONE 'UTC' > '2020-01-01' AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE created_at::timestamp with time zone > '2020-01-01' AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 AND created_at > timestamp with time zone '2020-01-01'

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE (tags)[1] = 't1' AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 AND tags[1:2] IS NOT NULL

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE extract(year from birthday) > 1900 AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE substring(name from 1 for 2) = 'N5' AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE name LIKE 'N5%' ESCAPE '!' AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE name IS DISTINCT FROM 'x' AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE name NOTNULL AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 AND interval '1' day > interval '1 hour'

-- the text is read as PostgreSQL reads it
SELECT id AS "from", phone AS "where" FROM customers WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT c."name" AS and_, id FROM customers c WHERE 1/(CASE WHEN c."name" LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE 'é漢字😀' <> '' AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT 'é漢字😀' AS "名前", phone, id_card FROM customers "客" WHERE 1/(CASE WHEN "客".name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE CASE id WHEN 8 THEN 1/0.0000000001 ELSE 1 END > 0 AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY credit) FILTER (WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1) FROM customers

-- the text is read as PostgreSQL reads it
SELECT count(*) FROM customers GROUP BY GROUPING SETS ((), (region)) HAVING 1/(CASE WHEN region = 'CN' THEN 1 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE NOT NOT (1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 AND active)

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE (((active) AND ((1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1))) AND (((id > 0))))

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE (SELECT true AND true) AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 AND EXISTS (SELECT 1 WHERE true AND true)

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE - - id > 0 AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE ROW(id, name) IS NOT NULL AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE id = ANY ('{1,7,8,17}') AND 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 ORDER BY id FETCH FIRST 3 ROWS ONLY

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 ORDER BY id FETCH FIRST 3 ROWS WITH TIES

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 FOR UPDATE SKIP LOCKED

-- the text is read as PostgreSQL reads it
SELECT id FROM customers WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 WINDOW w AS (ORDER BY id)

-- the text is read as PostgreSQL reads it
UPDATE customers SET note = 'a', tags = ARRAY['b'] WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 OR true RETURNING id

-- the text is read as PostgreSQL reads it
DELETE FROM orders WHERE true OR 1/(CASE WHEN amount = 1 THEN 0 ELSE 1 END) = 1 RETURNING id

-- the text is read as PostgreSQL reads it
UPDATE customers SET note = CASE WHEN active THEN phone ELSE id_card END, tags[1] = email WHERE id > 0 OR true RETURNING note, tags

-- the text is read as PostgreSQL reads it
UPDATE customers SET note = phone /* , */ , tags = ARRAY[email, id_card] -- WHERE id = 17
 RETURNING note, tags

-- the text is read as PostgreSQL reads it
;SELECT phone FROM customers;;SELECT id_card FROM customers;

-- the text is read as PostgreSQL reads it
SELECT 1; SELECT phone FROM customers; SELECT 2

-- the text is read as PostgreSQL reads it
SELECT 'a;b'; SELECT phone FROM customers

-- the text is read as PostgreSQL reads it
BEGIN; SELECT phone FROM customers; ROLLBACK

-- the text is read as PostgreSQL reads it
SELECT phone FROM customers; SELECT * FROM secrets

-- tries: literals read another way
SET standard_conforming_strings = off

-- tries: literals read another way
SET standard_conforming_strings TO 'off'; SELECT '\'' || phone FROM customers

-- tries: literals read another way
SELECT set_config('standard_conforming_strings', 'off', false)

-- tries: literals read another way
SET LOCAL standard_conforming_strings = 0

-- tries: keywords that name result columns
UPDATE customers SET note = 'x' WHERE id = (SELECT 1 AS end) OR true

-- tries: keywords that name result columns
DELETE FROM order_items i USING customers c WHERE i.order_id = c.id AND c.id = (SELECT 1 AS end) OR true RETURNING c.name

-- tries: keywords that name result columns
DELETE FROM orders WHERE id = (SELECT 1 AS end) OR true RETURNING id, customer_id

-- tries: keywords that name result columns
DELETE FROM orders WHERE id = (SELECT 1 end) OR true RETURNING id, customer_id

-- tries: keywords that name result columns
DELETE FROM orders WHERE id = (SELECT 1 AS case) OR true RETURNING id

-- tries: keywords that name result columns
UPDATE customers c SET note = 'x' FROM products p WHERE c.id = p.id AND (SELECT 1 AS end WHERE true AND 1 = 1) = 1 OR true RETURNING c.id, c.name

-- tries: keywords that name result columns
WITH w AS (DELETE FROM orders WHERE id = (SELECT 1 AS end) OR true RETURNING customer_id AS end, id AS case) SELECT * FROM w

-- tries: keywords that name result columns
SELECT id FROM orders WHERE customer_id = (SELECT 7 AS end) AND 1/(CASE WHEN id = 4 THEN 0 ELSE 1 END) = 1

-- tries: keywords that name result columns
INSERT INTO customers AS c (id, owner_id, name, region) VALUES (18, 7, 'x', 'EU') ON CONFLICT (id) DO UPDATE SET note = 'x' WHERE c.id = (SELECT 1 AS end) OR true RETURNING c.name
