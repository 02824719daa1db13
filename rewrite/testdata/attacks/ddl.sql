-- a view that calls what reads
CREATE VIEW v1 AS SELECT query_to_xml('SELECT * FROM customers', true, false, ''); SELECT * FROM v1

-- a view that names a denied table
CREATE VIEW v1 AS SELECT * FROM secrets; SELECT * FROM v1

-- a materialized view
CREATE MATERIALIZED VIEW v1 AS SELECT * FROM customers; SELECT * FROM v1

-- a materialized view that fails by a hidden row
CREATE MATERIALIZED VIEW v1 AS SELECT 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) FROM customers

-- a materialized view filled again
REFRESH MATERIALIZED VIEW customer_copy; SELECT count(*) FROM customer_copy

-- an index on a copy
CREATE INDEX ON customer_copy ((1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END)))

-- a unique index on a copy
CREATE UNIQUE INDEX ON customer_copy (region)

-- a default that reads
ALTER TABLE products ADD COLUMN leak text DEFAULT query_to_xml('SELECT * FROM customers', true, false, '')::text; SELECT leak FROM products

-- tries: a generated column that reads
CREATE TABLE x (a int, b text DEFAULT pg_read_file('PG_VERSION')); INSERT INTO x VALUES (1); SELECT * FROM x

-- a check that reads
CREATE TABLE x (a int CHECK (query_to_xml('SELECT * FROM customers', true, false, '')::text LIKE '%N5%')); INSERT INTO x VALUES (1)

-- tries: a policy that reads
CREATE POLICY p ON products USING (EXISTS (SELECT 1 FROM customers WHERE name LIKE 'N5%'))

-- a rule through a view
CREATE VIEW v1 AS SELECT * FROM customers; CREATE RULE r AS ON INSERT TO products DO ALSO SELECT * FROM v1; INSERT INTO products VALUES (99, 'x', 1)

-- a view in CREATE SCHEMA
CREATE SCHEMA s1 CREATE VIEW v1 AS SELECT query_to_xml('SELECT * FROM customers', true, false, ''); SELECT * FROM s1.v1

-- a table as it is shown
CREATE TABLE x AS SELECT * FROM customers; SELECT relname, reltuples FROM pg_class WHERE relname = 'x'

-- tries: a table like it, filled
CREATE TABLE x (LIKE customers INCLUDING ALL)

-- tries: a child of it
CREATE TABLE x () INHERITS (customers)

-- tries: a partition taken off
ALTER TABLE events DETACH PARTITION events_2026_01; SELECT count(*) FROM events_2026_01

-- a table by another name
ALTER TABLE customers RENAME TO clients; SELECT phone FROM clients

-- a column by another name
ALTER TABLE customers RENAME phone TO fon; SELECT fon FROM customers

-- tries: a table in another schema
ALTER TABLE secrets SET SCHEMA pg_temp

-- a function
CREATE FUNCTION f1() RETURNS SETOF text LANGUAGE sql AS 'SELECT phone FROM public.customers'; SELECT f1()

-- tries: a trigger
CREATE TRIGGER t1 BEFORE INSERT ON products FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()

-- tries: an operator
CREATE OPERATOR public.!!! (FUNCTION = pg_read_file, RIGHTARG = text); SELECT !!! 'PG_VERSION'

-- tries: a cast
CREATE CAST (text AS xml) WITH FUNCTION xmlcomment(text)

-- an aggregate
CREATE AGGREGATE public.agg1(text) (SFUNC = textcat, STYPE = text, INITCOND = ''); SELECT agg1(phone) FROM customers

-- a domain that reads
CREATE DOMAIN public.d1 AS text CHECK (query_to_xml('SELECT * FROM customers', true, false, '')::text LIKE '%N5%'); SELECT 'x'::d1

-- tries: statistics of hidden rows
CREATE STATISTICS s1 ON phone, name FROM customers

-- tries: a cascade
DROP TABLE products CASCADE

-- tries: a view made, then read
CREATE VIEW v1 AS SELECT phone, id_card FROM customers; SELECT 1

-- the rows moved by LIKE
CREATE TABLE x AS SELECT c FROM customers c; SELECT count(*) FROM products

-- tries: an operator over a function that runs a text
CREATE OPERATOR ~## (LEFTARG = tsquery, RIGHTARG = text, FUNCTION = ts_rewrite); SELECT 'a'::tsquery OPERATOR(public.~##) 'SELECT phone::tsquery, ''x''::tsquery FROM customers'

-- tries: an operator over a function that reads a file
CREATE OPERATOR public.~## (RIGHTARG = text, FUNCTION = pg_catalog.pg_read_file); SELECT OPERATOR(public.~##) 'PG_VERSION'

-- tries: an aggregate over a function that reads
CREATE AGGREGATE sums (text) (SFUNC = textcat, STYPE = text, FINALFUNC = pg_read_file); SELECT sums('x')

-- tries: a cast over a function that reads
CREATE CAST (text AS xml) WITH FUNCTION pg_read_file(text)

-- tries: a foreign table that is this database
CREATE SERVER back FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'crm')

-- tries: a publication
CREATE PUBLICATION p FOR ALL TABLES

-- tries: an extension
CREATE EXTENSION dblink

-- tries: an attached partition
CREATE TABLE p (LIKE products) PARTITION BY RANGE (id); ALTER TABLE p ATTACH PARTITION customers DEFAULT

-- tries: a parent
CREATE TABLE p (name text); ALTER TABLE customers INHERIT p

-- tries: a foreign key to hidden rows
CREATE TABLE p (id int); ALTER TABLE p ADD FOREIGN KEY (id) REFERENCES customers

-- a schema by another name
ALTER SCHEMA public RENAME TO hidden; SELECT phone FROM hidden.customers

-- a view in the place of one that a rule names
CREATE OR REPLACE VIEW product_names AS SELECT phone::text AS name FROM customers; SELECT name FROM product_names

-- a view that takes the name of one that a rule names
DROP VIEW product_names; CREATE VIEW v1 AS SELECT phone FROM customers; ALTER VIEW v1 RENAME TO product_names; SELECT phone FROM product_names

-- a view among PostgreSQL's own
CREATE VIEW information_schema.v1 AS SELECT phone FROM customers; SELECT phone FROM information_schema.v1

-- a view moved among PostgreSQL's own
CREATE VIEW v1 AS SELECT phone FROM customers; ALTER VIEW v1 SET SCHEMA pg_catalog; SELECT phone FROM pg_catalog.v1

-- a function by the name of a reviewed one
ALTER FUNCTION all_phones() RENAME TO lower; ALTER FUNCTION lower() SET SCHEMA pg_catalog; SELECT pg_catalog.lower()

-- tries: a table among PostgreSQL's own
SET allow_system_table_mods = on; CREATE VIEW pg_catalog.v1 AS SELECT phone FROM customers

-- tries: another person's password
ALTER ROLE postgres PASSWORD 'x'

-- tries: another person
GRANT pg_read_all_data TO public

-- tries: a setting of the server
ALTER SYSTEM SET archive_command = 'cp %p /tmp'

-- tries: a setting of the database
ALTER DATABASE postgres SET search_path = base

-- tries: counts of every table's rows
ANALYZE VERBOSE

-- tries: counts of every table's rows, by another command
VACUUM (VERBOSE)

-- tries: counts of every table's rows, by a third command
CLUSTER VERBOSE

-- tries: a library
LOAD 'auto_explain'

-- tries: what somebody owns
DROP OWNED BY postgres

-- tries: a trigger of a protected table
DROP TRIGGER t ON customers

-- tries: a policy of a protected table
DROP POLICY p ON public.customers
