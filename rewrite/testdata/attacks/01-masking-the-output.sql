-- the phone inside a function
SELECT id, left(phone::text, 9) AS v FROM customers

-- the ID card inside a function
SELECT id, left(id_card::text, 9) AS v FROM customers

-- the phone inside a function
SELECT id, right(phone::text, 9) AS v FROM customers

-- the ID card inside a function
SELECT id, right(id_card::text, 9) AS v FROM customers

-- the phone inside a function
SELECT id, lower(phone::text) AS v FROM customers

-- the ID card inside a function
SELECT id, lower(id_card::text) AS v FROM customers

-- the phone inside a function
SELECT id, upper(phone::text) AS v FROM customers

-- the ID card inside a function
SELECT id, upper(id_card::text) AS v FROM customers

-- the phone inside a function
SELECT id, reverse(phone::text) AS v FROM customers

-- the ID card inside a function
SELECT id, reverse(id_card::text) AS v FROM customers

-- the phone inside a function
SELECT id, md5(phone::text) AS v FROM customers

-- the ID card inside a function
SELECT id, md5(id_card::text) AS v FROM customers

-- the phone inside a function
SELECT id, encode(phone::text::bytea, 'hex') AS v FROM customers

-- the ID card inside a function
SELECT id, encode(id_card::text::bytea, 'hex') AS v FROM customers

-- the phone inside a function
SELECT id, concat(phone, '-') AS v FROM customers

-- the ID card inside a function
SELECT id, concat(id_card, '-') AS v FROM customers

-- the phone inside a function
SELECT id, format('%s', phone) AS v FROM customers

-- the ID card inside a function
SELECT id, format('%s', id_card) AS v FROM customers

-- the phone inside a function
SELECT id, phone::text || '' AS v FROM customers

-- the ID card inside a function
SELECT id, id_card::text || '' AS v FROM customers

-- the phone inside a function
SELECT id, substr(phone::text, 3) AS v FROM customers

-- the ID card inside a function
SELECT id, substr(id_card::text, 3) AS v FROM customers

-- the phone inside a function
SELECT id, split_part(phone::text, 'a', 1) AS v FROM customers

-- the ID card inside a function
SELECT id, split_part(id_card::text, 'a', 1) AS v FROM customers

-- the phone inside a function
SELECT id, replace(phone::text, '*', '') AS v FROM customers

-- the ID card inside a function
SELECT id, replace(id_card::text, '*', '') AS v FROM customers

-- the phone inside a function
SELECT id, translate(phone::text, '1', '2') AS v FROM customers

-- the ID card inside a function
SELECT id, translate(id_card::text, '1', '2') AS v FROM customers

-- the phone inside a function
SELECT id, coalesce(phone::text, 'none') AS v FROM customers

-- the ID card inside a function
SELECT id, coalesce(id_card::text, 'none') AS v FROM customers

-- the phone inside a function
SELECT id, to_json(phone) AS v FROM customers

-- the ID card inside a function
SELECT id, to_json(id_card) AS v FROM customers

-- the phone inside a function
SELECT id, to_jsonb(phone) AS v FROM customers

-- the ID card inside a function
SELECT id, to_jsonb(id_card) AS v FROM customers

-- the phone inside a function
SELECT id, ARRAY[phone] AS v FROM customers

-- the ID card inside a function
SELECT id, ARRAY[id_card] AS v FROM customers

-- the phone inside a function
SELECT id, row_to_json(ROW(phone)) AS v FROM customers

-- the ID card inside a function
SELECT id, row_to_json(ROW(id_card)) AS v FROM customers

-- the phone inside a function
SELECT id, json_build_object('k', phone) AS v FROM customers

-- the ID card inside a function
SELECT id, json_build_object('k', id_card) AS v FROM customers

-- the phone inside a function
SELECT id, quote_literal(phone) AS v FROM customers

-- the ID card inside a function
SELECT id, quote_literal(id_card) AS v FROM customers

-- the phone inside a function
SELECT id, regexp_replace(phone::text, 'x', 'y') AS v FROM customers

-- the ID card inside a function
SELECT id, regexp_replace(id_card::text, 'x', 'y') AS v FROM customers

-- the phone inside a function
SELECT id, CASE WHEN true THEN phone END AS v FROM customers

-- the ID card inside a function
SELECT id, CASE WHEN true THEN id_card END AS v FROM customers

-- the phone inside a function
SELECT id, (SELECT phone) AS v FROM customers

-- the ID card inside a function
SELECT id, (SELECT id_card) AS v FROM customers

-- the phone inside a function
SELECT id, hashtext(phone::text) AS v FROM customers

-- the ID card inside a function
SELECT id, hashtext(id_card::text) AS v FROM customers

-- the phone inside a function
SELECT id, pg_column_size(phone) AS v FROM customers

-- the ID card inside a function
SELECT id, pg_column_size(id_card) AS v FROM customers

-- the phone inside a function
SELECT id, bit_length(phone::text) AS v FROM customers

-- the ID card inside a function
SELECT id, bit_length(id_card::text) AS v FROM customers

-- the phone inside a function
SELECT id, greatest(phone, phone) AS v FROM customers

-- the phone inside a function
SELECT id, nullif(phone, NULL) AS v FROM customers

-- the ID card inside a function
SELECT id, nullif(id_card, NULL) AS v FROM customers

-- the phone inside a function
SELECT id, string_to_array(phone::text, '1') AS v FROM customers

-- the ID card inside a function
SELECT id, string_to_array(id_card::text, '1') AS v FROM customers

-- the phone inside a function
SELECT id, ascii(substr(phone::text, 5, 1)) AS v FROM customers

-- the ID card inside a function
SELECT id, ascii(substr(id_card::text, 5, 1)) AS v FROM customers

-- the phone inside a function
SELECT id, convert_to(phone::text, 'UTF8') AS v FROM customers

-- the ID card inside a function
SELECT id, convert_to(id_card::text, 'UTF8') AS v FROM customers

-- the phone inside a function
SELECT id, quote_nullable(phone) AS v FROM customers

-- the ID card inside a function
SELECT id, quote_nullable(id_card) AS v FROM customers

-- the phone inside a function
SELECT id, sha256(phone::text::bytea) AS v FROM customers

-- the ID card inside a function
SELECT id, sha256(id_card::text::bytea) AS v FROM customers

-- the phone inside a function
SELECT id, num_nulls(phone) AS v FROM customers

-- the ID card inside a function
SELECT id, num_nulls(id_card) AS v FROM customers

-- the phone inside a function
SELECT id, to_tsvector(phone::text) AS v FROM customers

-- the ID card inside a function
SELECT id, to_tsvector(id_card::text) AS v FROM customers

-- the phone under another name
SELECT phone AS harmless FROM customers

-- the phone through a sub-select
SELECT s.v FROM (SELECT phone AS v FROM customers) s

-- the phone through a CTE
WITH w AS (SELECT phone AS v FROM customers) SELECT v FROM w

-- the phone through a CTE used twice
WITH w AS (SELECT id, phone AS v FROM customers) SELECT x.v FROM w x JOIN w y USING (id)

-- the phone in an arm of UNION
SELECT 'x' UNION ALL SELECT phone::text FROM customers

-- the phone as a scalar sub-select
SELECT p.id, (SELECT c.phone FROM customers c WHERE c.id = p.id) FROM products p

-- the phone through LATERAL
SELECT l.v FROM customers c, LATERAL (SELECT c.phone AS v) l

-- the phone through unnest
SELECT u FROM customers c, unnest(ARRAY[c.phone]) u

-- the phone in functional notation
SELECT phone(c) FROM customers c

-- the phone out of the row
SELECT (c).phone FROM customers c

-- the phone out of a row of a row
SELECT (x.r).phone FROM (SELECT c AS r FROM customers c) x

-- the phone through a recursive CTE
WITH RECURSIVE w(i, v) AS (SELECT id, phone FROM customers UNION ALL SELECT i + 1000000, v FROM w WHERE i < 1000) SELECT v FROM w

-- the phone through an alias list
SELECT c4 FROM customers t(c1, c2, c3, c4, c5, c6, c7, c8, c9, c10)

-- the first phone of a window
SELECT first_value(phone) OVER (ORDER BY id) FROM customers

-- the phone through VALUES
SELECT v.x FROM customers c, LATERAL (VALUES (c.phone)) v(x)

-- the phone aggregated
SELECT array_agg(phone ORDER BY id) FROM customers

-- the mail address under another name
SELECT email AS harmless FROM customers

-- the mail address through a sub-select
SELECT s.v FROM (SELECT email AS v FROM customers) s

-- the mail address through a CTE
WITH w AS (SELECT email AS v FROM customers) SELECT v FROM w

-- the mail address through a CTE used twice
WITH w AS (SELECT id, email AS v FROM customers) SELECT x.v FROM w x JOIN w y USING (id)

-- the mail address in an arm of UNION
SELECT 'x' UNION ALL SELECT email::text FROM customers

-- the mail address as a scalar sub-select
SELECT p.id, (SELECT c.email FROM customers c WHERE c.id = p.id) FROM products p

-- the mail address through LATERAL
SELECT l.v FROM customers c, LATERAL (SELECT c.email AS v) l

-- the mail address through unnest
SELECT u FROM customers c, unnest(ARRAY[c.email]) u

-- the mail address in functional notation
SELECT email(c) FROM customers c

-- the mail address out of the row
SELECT (c).email FROM customers c

-- the mail address out of a row of a row
SELECT (x.r).email FROM (SELECT c AS r FROM customers c) x

-- the mail address through a recursive CTE
WITH RECURSIVE w(i, v) AS (SELECT id, email FROM customers UNION ALL SELECT i + 1000000, v FROM w WHERE i < 1000) SELECT v FROM w

-- the mail address through an alias list
SELECT c5 FROM customers t(c1, c2, c3, c4, c5, c6, c7, c8, c9, c10)

-- the first mail address of a window
SELECT first_value(email) OVER (ORDER BY id) FROM customers

-- the mail address through VALUES
SELECT v.x FROM customers c, LATERAL (VALUES (c.email)) v(x)

-- the mail address aggregated
SELECT array_agg(email ORDER BY id) FROM customers

-- the ID card under another name
SELECT id_card AS harmless FROM customers

-- the ID card through a sub-select
SELECT s.v FROM (SELECT id_card AS v FROM customers) s

-- the ID card through a CTE
WITH w AS (SELECT id_card AS v FROM customers) SELECT v FROM w

-- the ID card through a CTE used twice
WITH w AS (SELECT id, id_card AS v FROM customers) SELECT x.v FROM w x JOIN w y USING (id)

-- the ID card in an arm of UNION
SELECT 'x' UNION ALL SELECT id_card::text FROM customers

-- the ID card as a scalar sub-select
SELECT p.id, (SELECT c.id_card FROM customers c WHERE c.id = p.id) FROM products p

-- the ID card through LATERAL
SELECT l.v FROM customers c, LATERAL (SELECT c.id_card AS v) l

-- the ID card through unnest
SELECT u FROM customers c, unnest(ARRAY[c.id_card]) u

-- the ID card in functional notation
SELECT id_card(c) FROM customers c

-- the ID card out of the row
SELECT (c).id_card FROM customers c

-- the ID card out of a row of a row
SELECT (x.r).id_card FROM (SELECT c AS r FROM customers c) x

-- the ID card through a recursive CTE
WITH RECURSIVE w(i, v) AS (SELECT id, id_card FROM customers UNION ALL SELECT i + 1000000, v FROM w WHERE i < 1000) SELECT v FROM w

-- the ID card through an alias list
SELECT c6 FROM customers t(c1, c2, c3, c4, c5, c6, c7, c8, c9, c10)

-- the first ID card of a window
SELECT first_value(id_card) OVER (ORDER BY id) FROM customers

-- the ID card through VALUES
SELECT v.x FROM customers c, LATERAL (VALUES (c.id_card)) v(x)

-- the ID card aggregated
SELECT array_agg(id_card ORDER BY id) FROM customers

-- the credit under another name
SELECT credit AS harmless FROM customers

-- the credit through a sub-select
SELECT s.v FROM (SELECT credit AS v FROM customers) s

-- the credit through a CTE
WITH w AS (SELECT credit AS v FROM customers) SELECT v FROM w

-- the credit through a CTE used twice
WITH w AS (SELECT id, credit AS v FROM customers) SELECT x.v FROM w x JOIN w y USING (id)

-- the credit in an arm of UNION
SELECT 'x' UNION ALL SELECT credit::text FROM customers

-- the credit as a scalar sub-select
SELECT p.id, (SELECT c.credit FROM customers c WHERE c.id = p.id) FROM products p

-- the credit through LATERAL
SELECT l.v FROM customers c, LATERAL (SELECT c.credit AS v) l

-- the credit through unnest
SELECT u FROM customers c, unnest(ARRAY[c.credit]) u

-- the credit in functional notation
SELECT credit(c) FROM customers c

-- the credit out of the row
SELECT (c).credit FROM customers c

-- the credit out of a row of a row
SELECT (x.r).credit FROM (SELECT c AS r FROM customers c) x

-- the credit through a recursive CTE
WITH RECURSIVE w(i, v) AS (SELECT id, credit FROM customers UNION ALL SELECT i + 1000000, v FROM w WHERE i < 1000) SELECT v FROM w

-- the credit through an alias list
SELECT c8 FROM customers t(c1, c2, c3, c4, c5, c6, c7, c8, c9, c10)

-- the first credit of a window
SELECT first_value(credit) OVER (ORDER BY id) FROM customers

-- the credit through VALUES
SELECT v.x FROM customers c, LATERAL (VALUES (c.credit)) v(x)

-- the credit aggregated
SELECT array_agg(credit ORDER BY id) FROM customers

-- the birthday under another name
SELECT birthday AS harmless FROM customers

-- the birthday through a sub-select
SELECT s.v FROM (SELECT birthday AS v FROM customers) s

-- the birthday through a CTE
WITH w AS (SELECT birthday AS v FROM customers) SELECT v FROM w

-- the birthday through a CTE used twice
WITH w AS (SELECT id, birthday AS v FROM customers) SELECT x.v FROM w x JOIN w y USING (id)

-- the birthday in an arm of UNION
SELECT 'x' UNION ALL SELECT birthday::text FROM customers

-- the birthday as a scalar sub-select
SELECT p.id, (SELECT c.birthday FROM customers c WHERE c.id = p.id) FROM products p

-- the birthday through LATERAL
SELECT l.v FROM customers c, LATERAL (SELECT c.birthday AS v) l

-- the birthday through unnest
SELECT u FROM customers c, unnest(ARRAY[c.birthday]) u

-- the birthday in functional notation
SELECT birthday(c) FROM customers c

-- the birthday out of the row
SELECT (c).birthday FROM customers c

-- the birthday out of a row of a row
SELECT (x.r).birthday FROM (SELECT c AS r FROM customers c) x

-- the birthday through a recursive CTE
WITH RECURSIVE w(i, v) AS (SELECT id, birthday FROM customers UNION ALL SELECT i + 1000000, v FROM w WHERE i < 1000) SELECT v FROM w

-- the birthday through an alias list
SELECT c9 FROM customers t(c1, c2, c3, c4, c5, c6, c7, c8, c9, c10)

-- the first birthday of a window
SELECT first_value(birthday) OVER (ORDER BY id) FROM customers

-- the birthday through VALUES
SELECT v.x FROM customers c, LATERAL (VALUES (c.birthday)) v(x)

-- the birthday aggregated
SELECT array_agg(birthday ORDER BY id) FROM customers

-- the document under another name
SELECT profile AS harmless FROM customers

-- the document through a sub-select
SELECT s.v FROM (SELECT profile AS v FROM customers) s

-- the document through a CTE
WITH w AS (SELECT profile AS v FROM customers) SELECT v FROM w

-- the document through a CTE used twice
WITH w AS (SELECT id, profile AS v FROM customers) SELECT x.v FROM w x JOIN w y USING (id)

-- the document in an arm of UNION
SELECT 'x' UNION ALL SELECT profile::text FROM customers

-- the document as a scalar sub-select
SELECT p.id, (SELECT c.profile FROM customers c WHERE c.id = p.id) FROM products p

-- the document through LATERAL
SELECT l.v FROM customers c, LATERAL (SELECT c.profile AS v) l

-- the document through unnest
SELECT u FROM customers c, unnest(ARRAY[c.profile]) u

-- the document in functional notation
SELECT profile(c) FROM customers c

-- the document out of the row
SELECT (c).profile FROM customers c

-- the document out of a row of a row
SELECT (x.r).profile FROM (SELECT c AS r FROM customers c) x

-- the document through a recursive CTE
WITH RECURSIVE w(i, v) AS (SELECT id, profile FROM customers UNION ALL SELECT i + 1000000, v FROM w WHERE i < 1000) SELECT v FROM w

-- the document through an alias list
SELECT c10 FROM customers t(c1, c2, c3, c4, c5, c6, c7, c8, c9, c10)

-- the first document of a window
SELECT first_value(profile) OVER (ORDER BY id) FROM customers

-- the document through VALUES
SELECT v.x FROM customers c, LATERAL (VALUES (c.profile)) v(x)

-- the document aggregated
SELECT array_agg(profile ORDER BY id) FROM customers

-- the whole row
SELECT c FROM customers c

-- the whole row
SELECT c.* FROM customers c

-- the whole row
SELECT ROW(c.*) FROM customers c

-- the whole row
SELECT c::text FROM customers c

-- the whole row
SELECT to_jsonb(c) FROM customers c

-- the whole row
SELECT row_to_json(c) FROM customers c

-- the whole row
SELECT json_build_array(c) FROM customers c

-- tries: the whole row
SELECT hstore(c) FROM customers c

-- the whole row
SELECT ARRAY[c] FROM customers c

-- the whole row
SELECT (SELECT c) FROM customers c

-- the whole row
SELECT (SELECT to_json(c)) FROM customers c

-- the whole row
SELECT jsonb_build_object('r', c) FROM customers c

-- the whole row
SELECT md5(c::text) FROM customers c

-- the whole row
SELECT hash_record(c) FROM customers c

-- the whole row
SELECT coalesce(c, NULL) FROM customers c

-- the whole row
SELECT CASE WHEN true THEN c END FROM customers c

-- the whole row
SELECT concat(c) FROM customers c

-- the whole row
SELECT format('%s', c) FROM customers c

-- the whole row
SELECT json_agg(c) FROM customers c

-- the whole row
SELECT jsonb_agg(to_jsonb(c) - 'id') FROM customers c

-- the whole row
SELECT array_agg(c) FROM customers c

-- the whole row
SELECT string_agg(c::text, ',') FROM customers c

-- the whole row
SELECT min(c::text) FROM customers c

-- the whole row
SELECT jsonb_object_agg(c.id, c) FROM customers c

-- the whole row
SELECT (array_agg(c ORDER BY id))[1] FROM customers c

-- the whole row
SELECT json_object_agg(c.id, c.phone) FROM customers c

-- the whole row by the table’s name
SELECT customers FROM customers

-- every key of the row
SELECT k.* FROM customers c, jsonb_each_text(to_jsonb(c)) k

-- the row as a function’s record
SELECT r.* FROM customers c, jsonb_to_record(to_jsonb(c)) AS r(phone text, id_card text)

-- the row filled into its own type
SELECT (jsonb_populate_record(NULL::customers, to_jsonb(c))).phone FROM customers c

-- TABLE
TABLE customers

-- TABLE in a sub-select
SELECT x.phone FROM (TABLE customers) x

-- XMLFOREST
SELECT xmlforest(phone, id_card) FROM customers

-- XMLELEMENT with attributes
SELECT xmlelement(name r, xmlattributes(phone AS p), id_card) FROM customers

-- XMLTABLE over the row
SELECT x.* FROM customers c, XMLTABLE('/r' PASSING xmlelement(name r, c.phone) COLUMNS v text PATH '.') x

-- a joined row by USING
SELECT * FROM customers JOIN orders USING (owner_id)

-- a merged row by NATURAL
SELECT * FROM customers NATURAL JOIN (SELECT 17 AS id) x

-- the alias of a join
SELECT j.phone FROM (customers c JOIN orders o ON o.customer_id = c.id) AS j

-- a view over the table
SELECT * FROM customer_orders

-- a view over a view
SELECT * FROM nested_view

-- a view’s row
SELECT v, to_jsonb(v) FROM big_customers v

-- salaries
SELECT name, salary FROM employees

-- salaries summed
SELECT department_id, sum(salary), avg(salary), count(salary) FROM employees GROUP BY 1

-- salaries of the row
SELECT e FROM employees e

-- a masked column with a dot in its name
SELECT "a.b" FROM "Odd Names"

-- a masked column with a dot, of the row
SELECT (o)."a.b" FROM "Odd Names" o

-- a path masked within the document
SELECT profile->>'phone', profile#>>'{address,street}', profile->'emergency' FROM customers

-- a path masked, by subscript
SELECT profile['phone'], profile['address']['street'] FROM customers

-- a path masked, by jsonpath
SELECT jsonb_path_query(profile, '$.phone'), jsonb_path_query_array(profile, '$.**') FROM customers

-- the keys of the document
SELECT jsonb_object_keys(profile) FROM customers

-- the row under other names
SELECT row_to_json(c) FROM customers c(a, b, d, e, f, g) ORDER BY a

-- the row where an outer join may miss it
SELECT row_to_json(c), count(c) OVER () FROM products p LEFT JOIN customers c(a, b) ON c.a % 50 = p.id ORDER BY p.id, c.a

-- the row cast to its own type
SELECT (c::public.customers).phone, (CAST(c.* AS customers)).id_card FROM customers c

-- the row of a row type’s array
SELECT ((array_agg(c ORDER BY id))[1:500])[3].phone FROM customers c

-- the row filled again
SELECT r.phone, r.id_card FROM customers c, LATERAL jsonb_populate_record(c, '{"name": "x"}') r

-- the row as the first of two that may be NULL
SELECT coalesce(c, NULL), nullif(c, NULL), (CASE WHEN c IS NOT NULL OR true THEN c END).phone FROM customers c

-- tries: the row compared with a guess at it
SELECT count(*) FROM employees e WHERE e IN ('(3,"Employee 3",0,2,3000.00)', '(4,"Employee 4",1,1,4000.00)')

-- the rows in the order of a masked field
SELECT id FROM customers c ORDER BY ROW(c.credit > 5000, c)::text, c DESC

-- the key’s dependents in grouping sets
SELECT id, phone, id_card, count(*) FROM customers GROUP BY GROUPING SETS ((id), (id, region))

-- the row grouped by its key
SELECT c.id, to_json(c.phone), c.profile FROM customers c GROUP BY c.id

-- the row of a view under other names
SELECT row_to_json(v) FROM nested_view v(a, b, c)

-- the row of a join by its alias
SELECT row_to_json(j), j.*, j FROM (customers c JOIN orders o ON o.customer_id = c.id) AS j(a, b, d, e)

-- JSON of a row, of PostgreSQL 16
SELECT to_jsonb(array_agg(c)), jsonb_agg(c.*), json_object_agg(c.id, c), json_build_array(c) FROM customers c GROUP BY c.id, c
