-- UPDATE copies the phone
UPDATE customers SET note = phone::text RETURNING note

-- UPDATE copies the phone into another table
UPDATE products p SET name = coalesce(c.phone::text, '-') FROM customers c WHERE c.id = p.id RETURNING p.name

-- INSERT copies the phone
INSERT INTO products SELECT 100 + id, coalesce(phone::text, '-'), 1 FROM customers RETURNING name

-- RETURNING shows the phone
UPDATE customers SET note = 'x' WHERE id = 17 RETURNING phone

-- DELETE’s RETURNING shows the phone
DELETE FROM order_items i USING customers c WHERE i.order_id = c.id RETURNING c.phone

-- a CTE that changes shows the phone
WITH u AS (UPDATE customers SET note = 'x' RETURNING phone) SELECT * FROM u

-- ON CONFLICT copies the phone
INSERT INTO customers AS c (id, owner_id, name, region) VALUES (17, 7, 'x', 'EU') ON CONFLICT (id) DO UPDATE SET note = c.phone::text RETURNING note

-- a sub-select in SET copies the phone
UPDATE customers SET note = (SELECT c.phone::text FROM customers c WHERE c.id = customers.id) RETURNING note

-- UPDATE copies the mail address
UPDATE customers SET note = email::text RETURNING note

-- UPDATE copies the mail address into another table
UPDATE products p SET name = coalesce(c.email::text, '-') FROM customers c WHERE c.id = p.id RETURNING p.name

-- INSERT copies the mail address
INSERT INTO products SELECT 100 + id, coalesce(email::text, '-'), 1 FROM customers RETURNING name

-- RETURNING shows the mail address
UPDATE customers SET note = 'x' WHERE id = 17 RETURNING email

-- DELETE’s RETURNING shows the mail address
DELETE FROM order_items i USING customers c WHERE i.order_id = c.id RETURNING c.email

-- a CTE that changes shows the mail address
WITH u AS (UPDATE customers SET note = 'x' RETURNING email) SELECT * FROM u

-- ON CONFLICT copies the mail address
INSERT INTO customers AS c (id, owner_id, name, region) VALUES (17, 7, 'x', 'EU') ON CONFLICT (id) DO UPDATE SET note = c.email::text RETURNING note

-- a sub-select in SET copies the mail address
UPDATE customers SET note = (SELECT c.email::text FROM customers c WHERE c.id = customers.id) RETURNING note

-- UPDATE copies the ID card
UPDATE customers SET note = id_card::text RETURNING note

-- UPDATE copies the ID card into another table
UPDATE products p SET name = coalesce(c.id_card::text, '-') FROM customers c WHERE c.id = p.id RETURNING p.name

-- INSERT copies the ID card
INSERT INTO products SELECT 100 + id, coalesce(id_card::text, '-'), 1 FROM customers RETURNING name

-- RETURNING shows the ID card
UPDATE customers SET note = 'x' WHERE id = 17 RETURNING id_card

-- DELETE’s RETURNING shows the ID card
DELETE FROM order_items i USING customers c WHERE i.order_id = c.id RETURNING c.id_card

-- a CTE that changes shows the ID card
WITH u AS (UPDATE customers SET note = 'x' RETURNING id_card) SELECT * FROM u

-- ON CONFLICT copies the ID card
INSERT INTO customers AS c (id, owner_id, name, region) VALUES (17, 7, 'x', 'EU') ON CONFLICT (id) DO UPDATE SET note = c.id_card::text RETURNING note

-- a sub-select in SET copies the ID card
UPDATE customers SET note = (SELECT c.id_card::text FROM customers c WHERE c.id = customers.id) RETURNING note

-- UPDATE copies the credit
UPDATE customers SET note = credit::text RETURNING note

-- UPDATE copies the credit into another table
UPDATE products p SET name = coalesce(c.credit::text, '-') FROM customers c WHERE c.id = p.id RETURNING p.name

-- INSERT copies the credit
INSERT INTO products SELECT 100 + id, coalesce(credit::text, '-'), 1 FROM customers RETURNING name

-- RETURNING shows the credit
UPDATE customers SET note = 'x' WHERE id = 17 RETURNING credit

-- DELETE’s RETURNING shows the credit
DELETE FROM order_items i USING customers c WHERE i.order_id = c.id RETURNING c.credit

-- a CTE that changes shows the credit
WITH u AS (UPDATE customers SET note = 'x' RETURNING credit) SELECT * FROM u

-- ON CONFLICT copies the credit
INSERT INTO customers AS c (id, owner_id, name, region) VALUES (17, 7, 'x', 'EU') ON CONFLICT (id) DO UPDATE SET note = c.credit::text RETURNING note

-- a sub-select in SET copies the credit
UPDATE customers SET note = (SELECT c.credit::text FROM customers c WHERE c.id = customers.id) RETURNING note

-- UPDATE copies the birthday
UPDATE customers SET note = birthday::text RETURNING note

-- UPDATE copies the birthday into another table
UPDATE products p SET name = coalesce(c.birthday::text, '-') FROM customers c WHERE c.id = p.id RETURNING p.name

-- INSERT copies the birthday
INSERT INTO products SELECT 100 + id, coalesce(birthday::text, '-'), 1 FROM customers RETURNING name

-- RETURNING shows the birthday
UPDATE customers SET note = 'x' WHERE id = 17 RETURNING birthday

-- DELETE’s RETURNING shows the birthday
DELETE FROM order_items i USING customers c WHERE i.order_id = c.id RETURNING c.birthday

-- a CTE that changes shows the birthday
WITH u AS (UPDATE customers SET note = 'x' RETURNING birthday) SELECT * FROM u

-- ON CONFLICT copies the birthday
INSERT INTO customers AS c (id, owner_id, name, region) VALUES (17, 7, 'x', 'EU') ON CONFLICT (id) DO UPDATE SET note = c.birthday::text RETURNING note

-- a sub-select in SET copies the birthday
UPDATE customers SET note = (SELECT c.birthday::text FROM customers c WHERE c.id = customers.id) RETURNING note

-- UPDATE copies the document
UPDATE customers SET note = profile::text RETURNING note

-- UPDATE copies the document into another table
UPDATE products p SET name = coalesce(c.profile::text, '-') FROM customers c WHERE c.id = p.id RETURNING p.name

-- INSERT copies the document
INSERT INTO products SELECT 100 + id, coalesce(profile::text, '-'), 1 FROM customers RETURNING name

-- RETURNING shows the document
UPDATE customers SET note = 'x' WHERE id = 17 RETURNING profile

-- DELETE’s RETURNING shows the document
DELETE FROM order_items i USING customers c WHERE i.order_id = c.id RETURNING c.profile

-- a CTE that changes shows the document
WITH u AS (UPDATE customers SET note = 'x' RETURNING profile) SELECT * FROM u

-- ON CONFLICT copies the document
INSERT INTO customers AS c (id, owner_id, name, region) VALUES (17, 7, 'x', 'EU') ON CONFLICT (id) DO UPDATE SET note = c.profile::text RETURNING note

-- a sub-select in SET copies the document
UPDATE customers SET note = (SELECT c.profile::text FROM customers c WHERE c.id = customers.id) RETURNING note

-- RETURNING customers
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING customers

-- RETURNING customers.*
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING customers.*

-- RETURNING to_jsonb(customers)
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING to_jsonb(customers)

-- RETURNING customers::text
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING customers::text

-- RETURNING (customers).phone
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING (customers).phone

-- RETURNING phone(customers)
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING phone(customers)

-- RETURNING ROW(customers.*)
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING ROW(customers.*)

-- RETURNING (SELECT customers.phone)
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING (SELECT customers.phone)

-- RETURNING (SELECT to_jsonb(customers))
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING (SELECT to_jsonb(customers))

-- RETURNING *
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING *

-- RETURNING CASE WHEN phone LIKE '1389%' THEN 1 END
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING CASE WHEN phone LIKE '1389%' THEN 1 END

-- RETURNING left(phone, 8)
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING left(phone, 8)

-- RETURNING (SELECT phone)
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING (SELECT phone)

-- RETURNING (SELECT string_agg(x, '') FROM unnest(ARRAY[phone]) x)
UPDATE customers SET note = 'y' WHERE id < 50 RETURNING (SELECT string_agg(x, '') FROM unnest(ARRAY[phone]) x)

-- RETURNING c.row_to_json
UPDATE customers c SET note = 'y' WHERE id < 50 RETURNING c.row_to_json

-- RETURNING c.to_jsonb
UPDATE customers c SET note = 'y' WHERE id < 50 RETURNING c.to_jsonb

-- RETURNING c.hash_record
UPDATE customers c SET note = 'y' WHERE id < 50 RETURNING c.hash_record

-- tries: RETURNING old.*
UPDATE customers c SET note = 'y' WHERE id < 50 RETURNING old.*

-- tries: RETURNING new.*
UPDATE customers c SET note = 'y' WHERE id < 50 RETURNING new.*

-- tries: RETURNING old.phone
UPDATE customers c SET note = 'y' WHERE id < 50 RETURNING old.phone

-- tries: RETURNING c.md5
UPDATE customers c SET note = 'y' WHERE id < 50 RETURNING c.md5

-- a row assignment copies
UPDATE customers SET (note, tags) = (phone, ARRAY[id_card::text]) RETURNING note, tags

-- a row assignment of a sub-select copies
UPDATE customers SET (note, tags) = (SELECT c.phone, ARRAY[c.email] FROM customers c WHERE c.id = customers.id) RETURNING note, tags

-- an array’s element is set
UPDATE customers SET tags[1] = phone RETURNING tags

-- an update of others’ rows
UPDATE customers SET note = 'x' WHERE owner_id = 8 RETURNING *

-- an update that takes a row over
UPDATE customers SET owner_id = 7 WHERE id = 13 RETURNING *

-- tries: a delete of others’ rows
DELETE FROM orders WHERE owner_id = 3 RETURNING *

-- a delete of all rows
DELETE FROM orders RETURNING id

-- an update by the phone
UPDATE customers SET note = 'x' WHERE phone LIKE '1389%' RETURNING id

-- a delete by what is hidden
DELETE FROM orders o USING customers c WHERE o.customer_id = c.id AND c.id_card LIKE '0%' RETURNING o.id

-- ON CONFLICT with others’ rows shows them
INSERT INTO customers AS c (id, owner_id, name, region) VALUES (18, 7, 'x', 'EU') ON CONFLICT (id) DO UPDATE SET owner_id = 7 RETURNING *

-- ON CONFLICT takes EXCLUDED for a name
INSERT INTO customers AS c (id, owner_id, name, region) VALUES (17, 7, 'x', 'EU') ON CONFLICT (id) DO UPDATE SET note = (SELECT to_jsonb(c)::text) RETURNING note

-- ON CONFLICT’s condition on the phone
INSERT INTO customers AS c (id, owner_id, name, region) VALUES (17, 7, 'x', 'EU') ON CONFLICT (id) DO UPDATE SET note = 'hit' WHERE c.phone LIKE '1389%' RETURNING note

-- tries: MERGE copies
MERGE INTO products p USING customers c ON p.id = c.id WHEN MATCHED THEN UPDATE SET name = c.phone

-- MERGE changes others’ rows
MERGE INTO customers c USING products p ON p.id = c.id WHEN MATCHED THEN UPDATE SET note = c.phone

-- MERGE by what is hidden
MERGE INTO products p USING products q ON p.id = q.id AND (SELECT phone FROM customers WHERE id = 17) LIKE '1389%' WHEN MATCHED THEN DELETE

-- CREATE TABLE AS
CREATE TABLE x AS SELECT * FROM customers; SELECT * FROM x

-- CREATE TEMP TABLE AS
CREATE TEMP TABLE x AS TABLE customers; SELECT * FROM x

-- SELECT INTO
SELECT * INTO x FROM customers; SELECT * FROM x

-- SELECT INTO TEMP
SELECT * INTO TEMP x FROM customers; TABLE x

-- CREATE MATERIALIZED VIEW
CREATE MATERIALIZED VIEW x AS SELECT * FROM customers; SELECT * FROM x

-- a table like it
CREATE TABLE x (LIKE customers); INSERT INTO x SELECT * FROM customers; SELECT * FROM x

-- a child of it
CREATE TABLE x () INHERITS (customers); SELECT * FROM customers

-- INSERT … SELECT of the row
INSERT INTO products SELECT 200 + id, customers::text, 1 FROM customers RETURNING name

-- tries: INSERT … TABLE
INSERT INTO employees TABLE employees

-- a CTE that deletes, read
WITH d AS (DELETE FROM orders RETURNING *) SELECT count(*), sum(amount) FROM d

-- a CTE that inserts, read
WITH i AS (INSERT INTO products SELECT 300 + id, coalesce(phone, '-'), 1 FROM customers RETURNING name) SELECT * FROM i

-- a setting as a copy
SELECT set_config('my.copy', (SELECT string_agg(phone, ',' ORDER BY id) FROM customers), false); SHOW my.copy

-- NOTIFY as a copy
SELECT pg_notify('x', (SELECT string_agg(left(phone, 9), ',' ORDER BY id) FROM customers)), (SELECT string_agg(left(phone, 9), ',' ORDER BY id) FROM customers)
