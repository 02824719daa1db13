-- read secrets
SELECT * FROM secrets

-- tries: count secrets
SELECT count(*) FROM secrets

-- read customer_copy
SELECT * FROM customer_copy

-- count customer_copy
SELECT count(*) FROM customer_copy

-- read ONLY customers
SELECT * FROM ONLY customers

-- count ONLY customers
SELECT count(*) FROM ONLY customers

-- tries: read ONLY events
SELECT * FROM ONLY events

-- tries: count ONLY events
SELECT count(*) FROM ONLY events

-- read events_2026_02
SELECT * FROM events_2026_02

-- tries: count events_2026_02
SELECT count(*) FROM events_2026_02

-- read big_customers
SELECT * FROM big_customers

-- count big_customers
SELECT count(*) FROM big_customers

-- count customer_orders
SELECT count(*) FROM customer_orders

-- count nested_view
SELECT count(*) FROM nested_view

-- read ONLY (customers)
SELECT * FROM ONLY (customers)

-- count ONLY (customers)
SELECT count(*) FROM ONLY (customers)

-- read customers *
SELECT * FROM customers *

-- count customers *
SELECT count(*) FROM customers *

-- read public.customers
SELECT * FROM public.customers

-- count public.customers
SELECT count(*) FROM public.customers

-- tries: read pg_temp.customers
SELECT * FROM pg_temp.customers

-- tries: count pg_temp.customers
SELECT count(*) FROM pg_temp.customers

-- COPY customers
COPY customers TO STDOUT

-- COPY customers as CSV
COPY customers TO STDOUT (FORMAT csv, HEADER)

-- COPY secrets
COPY secrets TO STDOUT

-- COPY secrets as CSV
COPY secrets TO STDOUT (FORMAT csv, HEADER)

-- COPY events_2026_01
COPY events_2026_01 TO STDOUT

-- COPY events_2026_01 as CSV
COPY events_2026_01 TO STDOUT (FORMAT csv, HEADER)

-- COPY employees
COPY employees TO STDOUT

-- COPY employees as CSV
COPY employees TO STDOUT (FORMAT csv, HEADER)

-- COPY "Odd Names"
COPY "Odd Names" TO STDOUT

-- COPY "Odd Names" as CSV
COPY "Odd Names" TO STDOUT (FORMAT csv, HEADER)

-- COPY customers (phone, id_card)
COPY customers (phone, id_card) TO STDOUT

-- COPY customers (phone, id_card) as CSV
COPY customers (phone, id_card) TO STDOUT (FORMAT csv, HEADER)

-- COPY orders
COPY orders TO STDOUT

-- COPY orders as CSV
COPY orders TO STDOUT (FORMAT csv, HEADER)

-- tries: COPY customer_copy
COPY customer_copy TO STDOUT

-- tries: COPY customer_copy as CSV
COPY customer_copy TO STDOUT (FORMAT csv, HEADER)

-- COPY of a query
COPY (SELECT * FROM customers) TO STDOUT

-- COPY of a query
COPY (TABLE customers) TO STDOUT

-- COPY of a query
COPY (SELECT c FROM customers c) TO STDOUT

-- COPY of a query
COPY (SELECT phone FROM customers UNION ALL SELECT name FROM products) TO STDOUT

-- COPY of a query
COPY (WITH w AS (SELECT * FROM customers) SELECT * FROM w) TO STDOUT

-- COPY of a query
COPY (VALUES ((SELECT string_agg(id_card, ',') FROM customers))) TO STDOUT

-- COPY of a query
COPY (UPDATE customers SET note = phone RETURNING note) TO STDOUT

-- COPY to a program
COPY customers TO PROGRAM 'cat'

-- COPY to a file
COPY customers TO '/dev/null'

-- tries: COPY from a file
COPY products FROM '/etc/passwd'

-- COPY in binary
COPY employees TO STDOUT (FORMAT binary)

-- a sample
SELECT id FROM customers TABLESAMPLE system (100)

-- a sample
SELECT id FROM customers TABLESAMPLE bernoulli (100)

-- a sample
SELECT id FROM customers TABLESAMPLE bernoulli (50) REPEATABLE (1)

-- samples
SELECT tablename, attname, most_common_vals, histogram_bounds FROM pg_stats WHERE schemaname = 'public'

-- tries: samples, qualified
SELECT count(*) FROM pg_catalog.pg_stats WHERE true

-- samples
SELECT * FROM pg_statistic

-- tries: samples, qualified
SELECT count(*) FROM pg_catalog.pg_statistic WHERE true

-- tries: samples
SELECT * FROM pg_stats_ext

-- tries: samples, qualified
SELECT count(*) FROM pg_catalog.pg_stats_ext WHERE true

-- tries: samples
SELECT * FROM pg_stats_ext_exprs

-- tries: samples, qualified
SELECT count(*) FROM pg_catalog.pg_stats_ext_exprs WHERE true

-- tries: samples
SELECT * FROM pg_statistic_ext_data

-- tries: samples, qualified
SELECT count(*) FROM pg_catalog.pg_statistic_ext_data WHERE true

-- samples as text
SELECT s::text FROM pg_stats s WHERE tablename = 'customers'

-- samples in an array
SELECT array_to_string(histogram_bounds::text::text[], ',') FROM pg_stats WHERE tablename = 'customers' AND attname = 'phone'

-- the planner’s counts: reltuples, relpages
SELECT reltuples, relpages FROM pg_class c WHERE relname IN ('customers', 'orders')

-- the planner’s counts: c::text
SELECT (c).relname, (c).reltuples FROM pg_class c WHERE relname IN ('customers', 'orders')

-- the planner’s counts: to_jsonb(c)->'reltuples'
SELECT to_jsonb(c)->'reltuples' FROM pg_class c WHERE relname IN ('customers', 'orders')

-- the planner’s counts: (c).reltuples
SELECT (c).reltuples FROM pg_class c WHERE relname IN ('customers', 'orders')

-- the planner’s counts: reltuples(c)
SELECT reltuples(c) FROM pg_class c WHERE relname IN ('customers', 'orders')

-- tries: the planner’s counts: relallvisible
SELECT relallvisible FROM pg_class c WHERE relname IN ('customers', 'orders')

-- the planner’s counts: row_to_json(c)
SELECT row_to_json(c)->'relpages', row_to_json(c)->'reltuples' FROM pg_class c WHERE relname IN ('customers', 'orders')

-- tries: the planner’s counts by a condition
SELECT relname FROM pg_class WHERE reltuples = 180

-- the table’s size
SELECT pg_relation_size('customers')

-- tries: the table’s size, by a condition
SELECT relname FROM pg_class c WHERE pg_relation_size(c.oid) > 40000 AND relname LIKE '%s'

-- the table’s size
SELECT pg_total_relation_size('customers')

-- tries: the table’s size, by a condition
SELECT relname FROM pg_class c WHERE pg_total_relation_size(c.oid) > 40000 AND relname LIKE '%s'

-- the table’s size
SELECT pg_table_size('customers')

-- tries: the table’s size, by a condition
SELECT relname FROM pg_class c WHERE pg_table_size(c.oid) > 40000 AND relname LIKE '%s'

-- the table’s size
SELECT pg_indexes_size('customers')

-- tries: the table’s size, by a condition
SELECT relname FROM pg_class c WHERE pg_indexes_size(c.oid) > 40000 AND relname LIKE '%s'

-- tries: counts of what was done
SELECT * FROM pg_stat_user_tables WHERE schemaname = 'public'

-- tries: counts of what was done
SELECT * FROM pg_stat_all_tables WHERE schemaname = 'public'

-- tries: counts of what was done
SELECT * FROM pg_statio_user_tables WHERE schemaname = 'public'

-- tries: counts of what was done
SELECT * FROM pg_stat_user_indexes WHERE schemaname = 'public'

-- tries: counts of what was done
SELECT * FROM pg_statio_user_indexes WHERE schemaname = 'public'

-- tries: counts of what was done
SELECT * FROM pg_stat_xact_user_tables WHERE schemaname = 'public'

-- tries: counts of rows
SELECT n_live_tup, n_dead_tup, n_mod_since_analyze FROM pg_stat_user_tables WHERE relname = 'customers'

-- tries: other people’s statements
SELECT query FROM pg_stat_activity

-- tries: one’s own statement as it was rewritten
SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()

-- tries: what others have prepared
SELECT * FROM pg_prepared_statements

-- tries: what others have declared
SELECT * FROM pg_cursors

-- the system column ctid
SELECT ctid FROM customers

-- the system column ctid of an alias
SELECT c.ctid FROM customers c

-- the system column xmin
SELECT xmin FROM customers

-- the system column xmin of an alias
SELECT c.xmin FROM customers c

-- the system column xmax
SELECT xmax FROM customers

-- the system column xmax of an alias
SELECT c.xmax FROM customers c

-- the system column cmin
SELECT cmin FROM customers

-- the system column cmin of an alias
SELECT c.cmin FROM customers c

-- the system column tableoid
SELECT tableoid FROM customers

-- the system column tableoid of an alias
SELECT c.tableoid FROM customers c

-- the system column ctid, xmin
SELECT ctid, xmin FROM customers

-- the system column ctid, xmin of an alias
SELECT c.ctid, c.xmin FROM customers c

-- a row by its place
SELECT id FROM customers WHERE ctid = '(0,8)'

-- a row by its place, in an update
UPDATE customers SET note = 'x' WHERE ctid = '(0,8)' RETURNING id

-- tries: large objects
SELECT * FROM pg_largeobject

-- tries: passwords
SELECT * FROM pg_authid

-- tries: passwords by the view
SELECT usename, passwd FROM pg_shadow

-- tries: other servers’ passwords
SELECT umoptions FROM pg_user_mappings

-- a cursor
DECLARE k CURSOR FOR SELECT * FROM customers; FETCH ALL FROM k

-- a cursor with hold
DECLARE k CURSOR WITH HOLD FOR SELECT phone, id_card FROM customers; FETCH 3 FROM k; MOVE 2 FROM k; FETCH ALL FROM k; CLOSE k

-- a scrolling cursor
DECLARE k SCROLL CURSOR FOR SELECT * FROM customers ORDER BY id; FETCH LAST FROM k; FETCH ABSOLUTE 2 FROM k

-- a binary cursor
DECLARE k BINARY CURSOR FOR SELECT phone FROM customers; FETCH ALL FROM k

-- an update under a cursor
DECLARE k CURSOR FOR SELECT * FROM customers FOR UPDATE; FETCH 1 FROM k; UPDATE customers SET note = phone WHERE CURRENT OF k RETURNING *

-- a lock on rows
SELECT * FROM customers FOR UPDATE

-- tries: a lock on a denied table
LOCK TABLE secrets

-- tries: TRUNCATE
TRUNCATE customers CASCADE

-- a plan
EXPLAIN SELECT * FROM customers

-- a plan with counts
EXPLAIN ANALYZE SELECT * FROM customers WHERE name LIKE 'N5%'

-- tries: a block of code
DO $$ BEGIN RAISE NOTICE '%', (SELECT phone FROM customers LIMIT 1); END $$

-- a block of code that raises
DO $$ BEGIN RAISE EXCEPTION '%', (SELECT count(*) FROM customers); END $$

-- an index tried on every row
CREATE INDEX ON customers ((1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END)))

-- a constraint tried on every row
ALTER TABLE customers ADD CHECK (1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1)

-- tries: a type tried on every row
ALTER TABLE customers ALTER note TYPE int USING 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END)

-- a unique index tells
CREATE UNIQUE INDEX ON customers (region)

-- tries: VACUUM tells
VACUUM VERBOSE customers

-- tries: ANALYZE tells
ANALYZE VERBOSE customers

-- tries: a comment as a signal
COMMENT ON TABLE customers IS 'x'

-- a rule on a table
CREATE RULE r AS ON INSERT TO products DO ALSO SELECT * FROM customers; INSERT INTO products VALUES (99, 'x', 1)

-- tries: a trigger
CREATE TRIGGER t BEFORE INSERT ON products FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()

-- the value that rows had when their column was added, in the catalog
SELECT attmissingval FROM pg_attribute WHERE attname = 'grade'

-- that value as a text
SELECT a.attmissingval::text FROM pg_catalog.pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = 'secrets' AND a.attname = 'grade'

-- that value in a whole row
SELECT row_to_json(a)->>'attmissingval' FROM pg_attribute a WHERE attname = 'grade'

-- that value in a condition
SELECT attname FROM pg_attribute WHERE attmissingval::text LIKE '{t%'

-- that value by COPY
COPY (SELECT attmissingval FROM pg_attribute WHERE attname = 'grade') TO STDOUT
