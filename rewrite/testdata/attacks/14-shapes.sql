-- SEARCH DEPTH FIRST orders by a masked column
WITH RECURSIVE t AS (SELECT id, phone FROM customers UNION ALL SELECT id + 1000000, phone FROM t WHERE id < 5) SEARCH DEPTH FIRST BY phone SET o SELECT id, o FROM t ORDER BY o

-- SEARCH BREADTH FIRST orders by a masked column
WITH RECURSIVE t AS (SELECT id, id_card FROM customers UNION ALL SELECT id + 1000000, id_card FROM t WHERE id < 5) SEARCH BREADTH FIRST BY id_card SET o SELECT o FROM t ORDER BY o LIMIT 20

-- SEARCH carries a whole row in its sequence
WITH RECURSIVE t AS (SELECT c FROM customers c UNION ALL SELECT c FROM t WHERE false) SEARCH DEPTH FIRST BY c SET o SELECT o::text FROM t ORDER BY o

-- CYCLE tells whether two masked values are equal
WITH RECURSIVE t AS (SELECT 1 AS n, phone FROM customers UNION ALL SELECT n + 1, t.phone FROM t WHERE n < 4) CYCLE phone SET again TO 'yes' DEFAULT 'no' USING path SELECT n, again, path::text FROM t ORDER BY 1, 3

-- CYCLE over hidden orders
WITH RECURSIVE t AS (SELECT customer_id, id FROM orders UNION ALL SELECT o.customer_id, o.id FROM t JOIN orders o ON o.customer_id = t.customer_id) CYCLE customer_id SET again USING path SELECT count(*), count(*) FILTER (WHERE again) FROM t

-- SEARCH and CYCLE together, over a denied table
WITH RECURSIVE t AS (SELECT id, what FROM secrets UNION ALL SELECT id + 1, what FROM t WHERE id < 3) SEARCH DEPTH FIRST BY what SET o CYCLE what SET again USING path SELECT o::text, path::text FROM t

-- a recursion that fails by a hidden row
WITH RECURSIVE t(id, name) AS (SELECT id, name FROM customers UNION ALL SELECT t.id, t.name FROM t WHERE 1/(CASE WHEN t.name LIKE 'N5%' THEN 0 ELSE 1 END) = 2) SELECT count(*) FROM t

-- FOR UPDATE locks hidden rows
SELECT count(*) FROM (SELECT id FROM customers FOR UPDATE) x

-- FOR NO KEY UPDATE OF one of two
SELECT c.id, o.id FROM customers c JOIN orders o ON o.customer_id = c.id ORDER BY 1, 2 FOR NO KEY UPDATE OF o

-- FOR SHARE with a predicate on a hidden value
SELECT id FROM customers WHERE phone LIKE '138%9999%' ORDER BY id FOR SHARE

-- FOR KEY SHARE NOWAIT on a denied table
SELECT what FROM secrets FOR KEY SHARE NOWAIT

-- FOR UPDATE SKIP LOCKED of a view
SELECT phone FROM big_customers ORDER BY id FOR UPDATE SKIP LOCKED

-- FOR UPDATE with LIMIT counts what it locked
SELECT id, phone FROM customers ORDER BY phone, id LIMIT 3 FOR UPDATE

-- FOR UPDATE re-checks a predicate that fails
SELECT id FROM customers WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 FOR UPDATE

-- FOR SHARE of a partition
SELECT kind FROM events_2026_01 ORDER BY id FOR SHARE

-- FOR UPDATE of the parent in a sub-select
SELECT (SELECT kind FROM events ORDER BY owner_id, id LIMIT 1 FOR UPDATE)

-- FOR UPDATE OF an alias that hides a table's name
SELECT customers.id FROM orders customers JOIN customers c ON c.id = customers.customer_id ORDER BY 1 FOR UPDATE OF customers

-- a window over hidden rows
SELECT id, count(*) OVER () FROM customers ORDER BY id

-- a window ordered by a masked column
SELECT id, rank() OVER (ORDER BY phone) FROM customers ORDER BY id

-- a window partitioned by a masked column
SELECT id, row_number() OVER (PARTITION BY id_card ORDER BY id), count(*) OVER (PARTITION BY birthday) FROM customers ORDER BY id

-- a named window, and one made of it
SELECT id, first_value(phone) OVER w, lag(email) OVER (w ROWS 1 PRECEDING) FROM customers WINDOW w AS (ORDER BY phone) ORDER BY id

-- a frame by RANGE around a masked number
SELECT id, sum(1) OVER (ORDER BY credit RANGE BETWEEN 100 PRECEDING AND 100 FOLLOWING) FROM customers ORDER BY id

-- a frame by GROUPS with EXCLUDE TIES
SELECT id, count(*) OVER (ORDER BY birthday GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM customers ORDER BY id

-- a frame whose offset is a hidden value
SELECT id, count(*) OVER (ORDER BY id ROWS (SELECT count(*) FROM secrets WHERE what = 'other') PRECEDING) FROM products ORDER BY id

-- a frame whose offset fails by a hidden value
SELECT count(*) OVER (ORDER BY id ROWS 1 / (SELECT count(*) FROM customers WHERE name LIKE 'N5%') PRECEDING) FROM products

-- FILTER on a masked column
SELECT count(*) FILTER (WHERE phone LIKE '138____9999%'), count(*) FILTER (WHERE id_card < '5') FROM customers

-- FILTER of a window
SELECT id, count(*) FILTER (WHERE email LIKE '%zzz%') OVER (ORDER BY id) FROM customers ORDER BY id

-- FILTER that fails by a hidden row
SELECT count(*) FILTER (WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1) FROM customers

-- an ordered set over masked numbers
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY credit), mode() WITHIN GROUP (ORDER BY phone) FROM customers

-- a hypothetical set finds a masked number's rank
SELECT rank(900) WITHIN GROUP (ORDER BY credit), cume_dist('13899990000') WITHIN GROUP (ORDER BY phone) FROM customers

-- lead over the filter's edge
SELECT id, lead(name, 1, 'none') OVER (ORDER BY id) FROM customers ORDER BY id

-- XMLTABLE over a masked value
SELECT x.p FROM customers c, XMLTABLE('/r' PASSING xmlelement(name r, c.phone) COLUMNS p text PATH '.') x ORDER BY 1

-- XMLTABLE with a row filter from hidden data
SELECT x.p FROM XMLTABLE('/r/v' PASSING (SELECT xmlelement(name r, xmlagg(xmlelement(name v, what))) FROM secrets) COLUMNS p text PATH '.') x ORDER BY 1

-- tries: XMLTABLE with DEFAULT from a masked column
SELECT x.p FROM customers c, XMLTABLE('/r' PASSING '<r/>'::xml COLUMNS p text PATH 'missing' DEFAULT (c.id_card::text)) x ORDER BY 1

-- XMLFOREST and XMLATTRIBUTES of a row
SELECT xmlelement(name c, xmlattributes(phone, email AS mail), xmlforest(id_card, profile)) FROM customers ORDER BY id

-- json of a lateral row
SELECT j.value FROM customers c, LATERAL json_each_text(row_to_json(c)) j ORDER BY 1

-- jsonb path over a masked document
SELECT p FROM customers c, jsonb_path_query(c.profile, '$.**') p ORDER BY p::text

-- jsonb path with variables from a row
SELECT id FROM customers c WHERE jsonb_path_exists('"13899990000"', '$ ? (@ like_regex "^1389999")', to_jsonb(c)) OR jsonb_path_exists(to_jsonb(c), '$.phone ? (@ like_regex "9999")') ORDER BY id

-- ROWS FROM with columns of a table in its arguments
SELECT r.* FROM customers c, ROWS FROM (unnest(ARRAY[c.phone]), unnest(ARRAY[c.id_card])) WITH ORDINALITY r(a, b, n) ORDER BY 1, 2

-- ROWS FROM a function that reads
SELECT * FROM ROWS FROM (all_phones(), generate_series(1, 300)) r(p, n) ORDER BY n

-- ORDINALITY counts hidden rows
SELECT max(n) FROM unnest((SELECT array_agg(id) FROM customers)) WITH ORDINALITY u(id, n)

-- a function of FROM with a column definition list over a whole row
SELECT r.phone FROM (SELECT to_json(c) AS j FROM customers c) x, json_to_record(x.j) AS r(phone text) ORDER BY 1

-- json_populate_record with the table's own type
SELECT (json_populate_record(NULL::customers, row_to_json(c))).phone FROM customers c ORDER BY 1

-- a partition that is named directly
SELECT id, kind, payload FROM events_2026_02 ORDER BY id

-- ONLY of a partition
SELECT count(*), min(kind) FROM ONLY events_2026_01

-- a partition joined to its parent
SELECT count(*) FROM events_2026_01 p JOIN events e ON e.id = p.id AND e.kind <> p.kind OR e.kind = 'zz'

-- a star of the parent, table*
SELECT kind FROM events * ORDER BY id

-- TABLESAMPLE of everything
SELECT count(*) FROM customers TABLESAMPLE BERNOULLI (100)

-- TABLESAMPLE of a partition, repeatable
SELECT kind FROM events_2026_01 TABLESAMPLE SYSTEM (100) REPEATABLE (1) ORDER BY id

-- TABLESAMPLE of a sub-select's table
SELECT count(*) FROM (SELECT * FROM orders TABLESAMPLE SYSTEM (100)) x

-- TABLESAMPLE whose share is a hidden value
SELECT count(*) FROM products TABLESAMPLE BERNOULLI ((SELECT count(*) FROM customers WHERE name LIKE 'N5%')) REPEATABLE (0)

-- GROUPING SETS over a masked column
SELECT phone, region, count(*), grouping(phone, region) FROM customers GROUP BY GROUPING SETS ((phone), (region), ()) ORDER BY 1, 2, 3

-- CUBE of masked columns
SELECT birthday, credit, count(*) FROM customers GROUP BY CUBE (birthday, credit) ORDER BY 1, 2, 3

-- ROLLUP with HAVING on a hidden aggregate
SELECT region, max(id_card) FROM customers GROUP BY ROLLUP (region) HAVING max(phone) LIKE '%9999%' ORDER BY 1

-- GROUP BY DISTINCT
SELECT id_card, count(*) FROM customers GROUP BY DISTINCT ROLLUP (id_card, phone), ROLLUP (id_card) ORDER BY 1, 2

-- the empty grouping set counts hidden rows
SELECT count(*) FROM orders GROUP BY GROUPING SETS ((), ())

-- DISTINCT ON a masked column
SELECT DISTINCT ON (phone) id, phone FROM customers ORDER BY phone, id

-- DISTINCT ON a filter's column, in the order of a masked one
SELECT DISTINCT ON (region) id FROM customers ORDER BY region, id_card DESC, phone, id

-- DISTINCT of whole rows
SELECT DISTINCT c FROM customers c ORDER BY c

-- UNION in INTERSECT in EXCEPT
(SELECT phone FROM customers EXCEPT SELECT '13800000000') UNION (SELECT email FROM customers INTERSECT (SELECT email FROM customers UNION ALL VALUES ('x'))) ORDER BY 1

-- INTERSECT finds a whole masked value
SELECT id_card FROM customers INTERSECT SELECT lpad((i * 104729)::text, 18, '0')::char(18) FROM generate_series(1, 200) i ORDER BY 1

-- EXCEPT ALL counts hidden duplicates
SELECT owner_id FROM customers EXCEPT ALL SELECT 7 FROM generate_series(1, 20) ORDER BY 1

-- a set operation whose arms are TABLE
TABLE customers UNION ALL TABLE customers ORDER BY 1, 3

-- a set operation in a scalar sub-select in LIMIT
SELECT id FROM products ORDER BY id LIMIT (SELECT count(*) FROM customers WHERE name LIKE 'N5%')

-- OFFSET by a hidden value
SELECT id FROM products ORDER BY id OFFSET (SELECT least(count(*), 5) FROM secrets WHERE what = 'other')

-- FETCH FIRST WITH TIES by a masked column
SELECT id FROM customers ORDER BY birthday FETCH FIRST 1 ROWS WITH TIES

-- LIMIT that fails by a hidden value
SELECT 1 LIMIT 1 / (SELECT count(*) FROM secrets WHERE what = 'other')

-- ORDER BY a cast that fails by a hidden value
SELECT id FROM customers ORDER BY (CASE WHEN name LIKE 'N5%' THEN name ELSE '1' END)::int

-- LATERAL reads a masked column of its neighbour
SELECT l.p FROM customers c, LATERAL (SELECT c.phone AS p OFFSET 0) l ORDER BY 1

-- LATERAL joins on a masked column
SELECT c.id, l.id FROM customers c LEFT JOIN LATERAL (SELECT d.id FROM customers d WHERE d.phone > c.phone ORDER BY d.phone, d.id LIMIT 1) l ON true ORDER BY 1

-- LATERAL VALUES of a row
SELECT v.a FROM customers c, LATERAL (VALUES (c.phone, c.id_card), (c.email, c.name)) v(a, b) ORDER BY 1

-- VALUES with sub-selects
VALUES ((SELECT string_agg(phone, ',' ORDER BY id) FROM customers), (SELECT max(what) FROM secrets))

-- VALUES of whole rows
SELECT (v.r).phone FROM (VALUES ((SELECT c FROM customers c ORDER BY id LIMIT 1))) v(r)

-- a cursor with hold over hidden rows
DECLARE h CURSOR WITH HOLD FOR SELECT phone, id_card FROM customers ORDER BY id; FETCH ALL FROM h; CLOSE h

-- a cursor that scrolls back
DECLARE s SCROLL CURSOR FOR SELECT phone FROM customers ORDER BY phone, id; MOVE LAST IN s; FETCH BACKWARD 3 FROM s; FETCH ABSOLUTE 1 FROM s; FETCH RELATIVE 2 FROM s; CLOSE s

-- MOVE tells how many rows there are
DECLARE m CURSOR FOR SELECT 1 FROM customers; MOVE ALL IN m

-- a binary cursor of whole rows
DECLARE b BINARY CURSOR FOR SELECT c FROM customers c ORDER BY id; FETCH ALL FROM b

-- an insensitive cursor of a partition
DECLARE i INSENSITIVE NO SCROLL CURSOR FOR TABLE events_2026_01; FETCH ALL i

-- a cursor that locks
DECLARE l CURSOR FOR SELECT id, phone FROM customers FOR UPDATE; FETCH ALL l

-- a whole row as text
SELECT c::text FROM customers c ORDER BY 1

-- a whole row in an array
SELECT array_agg(c ORDER BY id)::text FROM customers c

-- a whole row compared with a literal row
SELECT id FROM customers c WHERE c > ROW(1, 1, 'A', '2', '', '', 'EU', 1, NULL, NULL, NULL, NULL, NULL, NULL)::customers ORDER BY id

-- a whole row IN whole rows
SELECT count(*) FROM customers c WHERE c IN (SELECT customer_copy FROM customer_copy) OR c.phone LIKE '%9999%'

-- a whole row IS DISTINCT FROM
SELECT count(*) FROM customers c WHERE c IS DISTINCT FROM (SELECT d FROM customers d WHERE d.id = 7) AND c.id_card > '5'

-- a whole row through a function's dots
SELECT (SELECT (c.*)::text), (c).id_card, (c).phone || '' FROM customers c ORDER BY 3

-- whole rows counted by their distinct masked values
SELECT count(DISTINCT c), count(DISTINCT (c.phone, c.id_card)) FROM customers c

-- a whole row hashed
SELECT hash_record(c), record_eq(c, c) FROM customers c ORDER BY 1

-- a whole row cast to a view's type and back
SELECT (c::text::big_customers).phone FROM customers c ORDER BY 1

-- a row of a row
SELECT ROW(c, ROW(c.*))::text FROM customers c ORDER BY 1

-- jsonb of a join's row
SELECT to_jsonb(j) FROM (customers c JOIN orders o ON o.customer_id = c.id) j ORDER BY 1

-- a join's alias as a whole row
SELECT j::text FROM (customers c JOIN employees e ON e.id = c.owner_id) j ORDER BY 1

-- functional notation of a masked column
SELECT phone(c), id_card(c) FROM customers c ORDER BY 1

-- functional notation on a view
SELECT phone(v), n(v) FROM nested_view v ORDER BY 1

-- functional notation in WHERE and ORDER BY
SELECT id FROM customers c WHERE phone(c) LIKE '%9999%' ORDER BY id_card(c), id

-- tries: a cast by functional notation
SELECT text(c) FROM customers c

-- field of a sub-select's row
SELECT ((SELECT c FROM customers c ORDER BY id LIMIT 1)).phone

-- fields of rows of an array
SELECT (a).phone FROM unnest((SELECT array_agg(c) FROM customers c)) a ORDER BY 1

-- a field of a field
SELECT ((x.c).profile)->>'phone' FROM (SELECT c FROM customers c) x ORDER BY 1

-- ctid of hidden rows
SELECT ctid, id FROM customers ORDER BY ctid

-- xmin and cmin of hidden rows
SELECT max(ctid), count(xmin), count(cmin) FROM customers

-- a row by ctid
SELECT phone FROM customers WHERE ctid = '(0,3)'

-- rows by a range of ctid
SELECT count(*) FROM customers WHERE ctid > '(0,0)' AND ctid < '(2,0)'

-- tableoid of hidden rows
SELECT tableoid::regclass, count(*) FROM customers GROUP BY 1

-- system columns through a view's base
SELECT c.ctid, v.phone FROM customers c JOIN big_customers v USING (id) ORDER BY 1

-- NATURAL JOIN merges masked columns
SELECT count(*) FROM customers NATURAL JOIN (SELECT lpad((i * 104729)::text, 18, '0')::char(18) AS id_card FROM generate_series(1, 200) i) g

-- USING on a masked column
SELECT count(*) FROM customers a JOIN customers b USING (birthday) WHERE a.id < b.id

-- FULL JOIN USING shows a merged masked value
SELECT phone FROM customers FULL JOIN (VALUES ('x'::varchar)) v(phone) USING (phone) ORDER BY 1

-- a join's USING alias
SELECT u.id_card FROM customers a JOIN customers b USING (id_card) AS u ORDER BY 1

-- column aliases that swap names
SELECT a.id FROM customers AS a(phone, id, name, email, id_card) WHERE a.email LIKE '%9999%' ORDER BY 1

-- column aliases of a join
SELECT j.x FROM (customers JOIN employees ON employees.id = customers.owner_id) AS j(a, b, c, x) ORDER BY 1

-- a CTE that shadows the table
WITH customers AS (SELECT * FROM customers) SELECT phone FROM customers ORDER BY id

-- a CTE that shadows it inside only
SELECT (WITH secrets AS (SELECT 'x' AS what) SELECT what FROM secrets), (SELECT max(what) FROM secrets)

-- a CTE NOT MATERIALIZED with a predicate that fails
WITH t AS NOT MATERIALIZED (SELECT * FROM customers) SELECT count(*) FROM t WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a correlated sub-select in every clause
SELECT (SELECT max(o.amount) FROM orders o WHERE o.customer_id = c.id) FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.owner_id = 8) GROUP BY c.id HAVING (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 0 ORDER BY (SELECT min(o.id) FROM orders o WHERE o.customer_id = c.id)

-- pg_typeof and pg_column_size of a masked value
SELECT id, pg_column_size(note), pg_column_size(profile), pg_column_size(c.*) FROM customers c ORDER BY id

-- a cast to regclass that names what is hidden
SELECT (SELECT name FROM customers WHERE name LIKE 'N5%' LIMIT 1)::regclass

-- tries: a cast in a prepared statement's argument
PREPARE p (int) AS SELECT $1; EXECUTE p((SELECT CASE WHEN count(*) > 0 THEN 'N5' ELSE '1' END FROM customers WHERE name LIKE 'N5%')::int)

-- tries: EXECUTE with a sub-select that reads
PREPARE p (text) AS SELECT $1; EXECUTE p((SELECT string_agg(what, ',') FROM secrets))

-- text search over hidden rows
SELECT count(*) FROM customers WHERE to_tsvector('simple', name || ' ' || coalesce(phone, '')) @@ 'n5 | 1389999:*'::tsquery

-- ts_headline of a masked value
SELECT ts_headline('simple', id_card || ' ' || phone, '999999999999999999'::tsquery) FROM customers ORDER BY 1

-- overlaps of masked dates
SELECT id FROM customers WHERE (birthday, birthday + 1) OVERLAPS (date_trunc('year', birthday)::date + 3, interval '1 day') ORDER BY id

-- a range that cannot be made of hidden values
SELECT numrange(credit, 900) FROM customers WHERE region <> 'CN'

-- an array bound by a hidden value
SELECT (ARRAY[1, 2, 3])[(SELECT CASE WHEN count(*) > 0 THEN 3 ELSE 1 END FROM customers WHERE name LIKE 'N5%')]

-- an interval's precision of a masked number
SELECT id, to_char(credit, 'FM999999.99'), width_bucket(credit, 0, 100000, 1000) FROM customers ORDER BY id

-- NULLIF and GREATEST on masked values
SELECT id, nullif(phone, '13899990000'), greatest(id_card, '5'), coalesce(id_card, 'none') FROM customers ORDER BY id

-- COLLATE on a masked value
SELECT id FROM customers ORDER BY phone COLLATE "C" DESC, id_card COLLATE "C", id LIMIT 5

-- BETWEEN SYMMETRIC on a masked number
SELECT id FROM customers WHERE credit BETWEEN SYMMETRIC 2000.5 AND 1000.5 ORDER BY id

-- IS DOCUMENT of a masked value
SELECT id FROM customers WHERE (SELECT xmlparse(content coalesce(phone, ''))) IS NOT DOCUMENT AND xmlparse(content id_card)::text > '5' ORDER BY id

-- SIMILAR TO with an escape from a row
SELECT id FROM customers WHERE phone SIMILAR TO '138(9999)%' ESCAPE '\' ORDER BY id

-- AT TIME ZONE by a hidden value
SELECT now() AT TIME ZONE (SELECT coalesce(max(what), 'UTC') FROM secrets WHERE what = 'other')

-- EXTRACT of a masked date
SELECT id, extract(doy FROM birthday), date_part('day', birthday) FROM customers ORDER BY id

-- SUBSTRING and OVERLAY of a masked value
SELECT substring(phone FROM 4 FOR 4), overlay(id_card PLACING '' FROM 1 FOR 9), position('9999' IN phone), trim(LEADING '1' FROM phone) FROM customers ORDER BY id
