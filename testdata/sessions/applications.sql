-- == psycopg2: a form is opened, changed and saved in one transaction, with a savepoint that fails

BEGIN

SELECT id, name, phone, mail, version FROM clients WHERE id = 6 FOR UPDATE

SAVEPOINT sp1

-- fails
INSERT INTO clients (id, name) VALUES (6, 'again')

-- fails
SELECT 1

ROLLBACK TO SAVEPOINT sp1

-- $ Bob VI | 138****7514 | 6
UPDATE clients SET name = $1, phone = $2 WHERE id = $3

RELEASE SAVEPOINT sp1

COMMIT

SELECT id, name, phone, updated_at FROM clients WHERE id = 6

-- == cursors of JDBC and psycopg2

BEGIN; DECLARE "c" CURSOR WITHOUT HOLD FOR SELECT id, name, phone FROM clients ORDER BY id

FETCH FORWARD 3 FROM "c"

MOVE 2 IN "c"

FETCH NEXT FROM c

FETCH ALL FROM c

CLOSE "c"; COMMIT

BEGIN

DECLARE s SCROLL CURSOR FOR SELECT d.id, c.phone FROM deals d JOIN clients c ON c.id = d.client_id ORDER BY d.id

FETCH LAST FROM s

FETCH BACKWARD 2 FROM s

FETCH ABSOLUTE 4 FROM s

FETCH RELATIVE -1 FROM s

FETCH 0 FROM s

DECLARE h CURSOR WITH HOLD FOR SELECT count(*) FROM clients WHERE name LIKE '%b%'

COMMIT

FETCH h

CLOSE ALL

-- fails
FETCH h

-- == SQL's prepared statements

PREPARE p AS SELECT id, phone FROM clients WHERE id = $1 OR name = $2 ORDER BY id

EXECUTE p(6, 'Ada 10')

EXECUTE p(2 + 4, upper('x'))

PREPARE q (int, text) AS UPDATE clients SET note = $2 WHERE id = $1 RETURNING id, note

EXECUTE q(6, 'prepared')

-- fails
EXECUTE q(6)

PREPARE r AS INSERT INTO log (what) VALUES ($1) RETURNING id, what

EXECUTE r('x')

PREPARE w AS WITH u AS (UPDATE clients SET note = $1 WHERE id = 10 RETURNING id) SELECT * FROM u

EXECUTE w('again')

DEALLOCATE PREPARE p

-- fails
EXECUTE p(1, 'x')

DEALLOCATE ALL

-- == settings and transactions

SET search_path TO public

SHOW search_path

-- == settings

SET LOCAL statement_timeout = '5s'

BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY

SHOW transaction_isolation

-- fails
UPDATE clients SET note = 'x' WHERE id = 6

ROLLBACK

START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE, DEFERRABLE

SET TRANSACTION READ ONLY

SELECT count(*) FROM clients

COMMIT AND CHAIN

ROLLBACK AND NO CHAIN

SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED

SET client_min_messages TO warning; SET extra_float_digits = 3; SET application_name = 'x'; SET DateStyle = 'ISO, DMY'; SET IntervalStyle = iso_8601; SET TIME ZONE 'Europe/Berlin'; SET bytea_output = escape; SET lock_timeout = 0; SET work_mem = '8MB'; SET jit = off; SET plan_cache_mode = force_generic_plan; SET row_security = on; SET enable_seqscan = off; SET xmloption = content; SET timezone_abbreviations = 'Default'; SET gin_fuzzy_search_limit = 0; SET default_transaction_read_only = off; SET idle_in_transaction_session_timeout = 0; SET tcp_keepalives_idle = 0; SET constraint_exclusion = partition; SET cursor_tuple_fraction = 1; SET from_collapse_limit = 8; SET random_page_cost = 1.1; SET client_encoding = 'UTF8'; SET lc_monetary = 'C'; SET array_nulls = on; SET quote_all_identifiers = off; SET check_function_bodies = on; SET synchronous_commit = off; SET pg_trgm.similarity_threshold = 0.3

SELECT n, b, iv, tz, f4, f8, created_at, cash FROM things LEFT JOIN clients ON clients.id = n ORDER BY n LIMIT 3

SELECT set_config('app.tenant', '5', false), current_setting('app.tenant'), current_setting('app.none', true)

RESET ALL

DISCARD PLANS; DISCARD SEQUENCES; DISCARD TEMP

DISCARD ALL

SELECT current_user, session_user, current_database() IS NOT NULL, current_schema() IS NOT NULL, version() LIKE 'PostgreSQL%', pg_backend_pid() > 0, txid_current() > 0, now() = transaction_timestamp(), inet_server_port() IS NULL, pg_is_in_recovery(), has_table_privilege('clients', 'select'), to_regclass('clients') IS NOT NULL, pg_client_encoding(), lastval_is_there.x FROM (SELECT 1) lastval_is_there(x)

-- == listen and notify

LISTEN "public.changes"

BEGIN

NOTIFY "public.changes", 'payload'

SELECT pg_notify('public.changes', 'x')

COMMIT

SELECT count(*) FROM pg_listening_channels() c

UNLISTEN *

-- == deferred constraints

BEGIN

SET CONSTRAINTS ALL DEFERRED

UPDATE deals SET seller_id = 99 WHERE id = 1

INSERT INTO staff (id, name) VALUES (99, 'Late')

COMMIT

BEGIN

UPDATE deals SET seller_id = 98 WHERE id = 1

-- fails
COMMIT

BEGIN

SET CONSTRAINTS deals_seller_id_fkey IMMEDIATE

-- fails
UPDATE deals SET seller_id = 97 WHERE id = 1

ROLLBACK

-- == sequences and identities

INSERT INTO clients (name, region) VALUES ('Seq', 'EU') RETURNING id

SELECT lastval() > 0

INSERT INTO deals (client_id, title) VALUES (lastval(), 'of lastval') RETURNING title

SELECT currval(pg_get_serial_sequence('public.deals', 'id')) > 0

INSERT INTO log (id, what) VALUES (nextval('log_id_seq'), 'n') RETURNING what

-- == copy in

-- data
COPY jobs (queue, payload, owner_id) FROM STDIN
copied	{"a": 1}	7
copied	{"b": "\\tx"}	7
\.

-- data
COPY jobs (queue, payload, owner_id) FROM STDIN WITH (FORMAT csv, HEADER true, NULL 'nil', QUOTE '''')
queue,payload,owner_id
csv,'{"c": 3}',7

-- data
COPY log (what, ref) FROM STDIN CSV
a,1
"b ""q""",

-- fails
-- data
COPY log (what, ref) FROM STDIN CSV
a,notanumber

-- data
COPY metrics (at, owner_id, host, value) FROM STDIN
2026-01-21 00:00:00+00	7	hc	1
2026-02-21 00:00:00+00	7	hc	2
2028-02-21 00:00:00+00	7	hc	\N

SELECT queue, payload, owner_id FROM jobs WHERE queue IN ('copied', 'csv') ORDER BY id

-- == locks

BEGIN; LOCK TABLE clients IN ROW EXCLUSIVE MODE; LOCK log; SELECT id FROM deals WHERE id = 1 FOR SHARE; COMMIT

SELECT id FROM clients WHERE id IN (2, 6) ORDER BY id FOR UPDATE OF clients NOWAIT

-- == several statements in one string

UPDATE clients SET note = 's1' WHERE id = 2; SELECT id, note FROM clients WHERE id = 2; DELETE FROM lines WHERE deal_id = 1 RETURNING no; SELECT count(*) FROM lines WHERE deal_id = 1

-- fails
UPDATE clients SET note = 's2' WHERE id = 2; SELECT 1 / 0; UPDATE clients SET note = 's3' WHERE id = 2

SELECT note FROM clients WHERE id = 2

BEGIN; UPDATE clients SET note = 's4' WHERE id = 2; ROLLBACK; SELECT note FROM clients WHERE id = 2;;

;

-- == temporary tables of a BI tool as dora

CREATE TEMPORARY TABLE "#Tableau_1" ("x" text, "n" bigint) ON COMMIT PRESERVE ROWS

INSERT INTO "#Tableau_1" SELECT name, id FROM clients

SELECT t.x, c.phone FROM "#Tableau_1" t JOIN clients c ON c.id = t.n ORDER BY t.n LIMIT 3

CREATE INDEX ON "#Tableau_1" (n)

ANALYZE "#Tableau_1"

CREATE TEMP TABLE t2 AS SELECT region, count(*) AS n, max(phone) AS p FROM clients GROUP BY region

SELECT * FROM t2 ORDER BY region

SELECT id, phone, credit INTO TEMP t3 FROM clients WHERE id < 20

UPDATE t3 SET phone = clients.name FROM clients WHERE clients.id = t3.id RETURNING t3.*

CREATE TEMP TABLE t4 (LIKE clients)

INSERT INTO t4 SELECT * FROM clients WHERE id = 6

SELECT id, name, phone FROM t4

CREATE TEMP VIEW v5 AS SELECT id, phone FROM clients

-- otherwise: what a temporary view reads is not known
SELECT * FROM v5 ORDER BY id LIMIT 2

DROP TABLE "#Tableau_1", t2, t3

BEGIN; CREATE TEMP TABLE d1 (a int) ON COMMIT DROP; INSERT INTO d1 VALUES (1); SELECT * FROM d1; COMMIT

CREATE TEMP TABLE clients2 (id int PRIMARY KEY, name text)

INSERT INTO clients2 VALUES (6, 'temp')

SELECT t.name, c.name FROM clients2 t JOIN clients c USING (id)

TRUNCATE clients2

-- == dbt: a table made as dora

CREATE TABLE "dbt__tmp" AS (WITH source AS (SELECT * FROM clients), renamed AS (SELECT id AS client_id, phone, region FROM source) SELECT * FROM renamed)

ALTER TABLE "dbt__tmp" RENAME TO "dbt_clients"

SELECT * FROM dbt_clients ORDER BY client_id LIMIT 3

DROP TABLE IF EXISTS "dbt_clients" CASCADE

DROP VIEW IF EXISTS "nothing", public.nothing CASCADE

CREATE TABLE made (id serial PRIMARY KEY, x text); CREATE VIEW of_made AS SELECT * FROM made

-- otherwise: it reaches what it does not name
DROP TABLE made CASCADE

-- otherwise: it is there still
DROP VIEW IF EXISTS of_made

-- otherwise: and nothing depends on it any more
DROP TABLE IF EXISTS made CASCADE

CREATE TABLE ctas (a, b) AS SELECT id, home FROM clients WHERE false WITH NO DATA

DROP TABLE ctas

-- == advisory locks are for whom the policy lists them

-- otherwise: the policy does not list it
SELECT pg_try_advisory_lock(72344)

-- == advisory locks of migrations and job queues as rita

SELECT pg_try_advisory_lock(hashtext(current_schema()))

SELECT pg_advisory_unlock(hashtext(current_schema()))

SELECT pg_advisory_xact_lock(1, 2)

SELECT pg_try_advisory_xact_lock(hashtext('job'))

SELECT id FROM jobs WHERE pg_try_advisory_xact_lock(id) AND queue = 'mail' ORDER BY id LIMIT 2

SELECT pg_advisory_lock(hashtextextended('m', 0)), pg_advisory_unlock_all()

-- == what a trigger says is for whom the policy shows it

-- fails
-- otherwise: it may hold values that are hidden
UPDATE deals SET title = 'x' WHERE id = 9

-- == what a trigger says as rita

-- fails
UPDATE deals SET title = 'x' WHERE id = 9

UPDATE deals SET title = 'Deal one' WHERE id = 1

-- == where current of

BEGIN

DECLARE cu CURSOR FOR SELECT id FROM log FOR UPDATE

FETCH 1 FROM cu

COMMIT

-- == explain

-- otherwise: it needs a power
EXPLAIN SELECT 1

-- == catalog

SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = 'papers' AND table_schema = 'public' ORDER BY ordinal_position

SELECT a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = 'public.papers'::regclass AND a.attnum > 0 ORDER BY a.attnum

SELECT obj_description('public.papers'::regclass), col_description('public.papers'::regclass, 1), pg_size_pretty(8192::bigint), pg_table_is_visible('public.log'::regclass)

-- == generated by Hibernate in a session

-- $ Hib | 7 | EU
insert into clients (name,owner_id,region) values ($1,$2,$3) returning id

-- $ 2
select c1_0.id,c1_0.version from clients c1_0 where c1_0.id=$1 for update

-- $ Çelik 2 | 138****5838 | u***@corp.cn | \N | 0.00 | 1970-01-01 | \N | {"kids": [2, 2], "phone": "****", "address": {"city": "City 2", "street": null}} | 1 | 2 | 0
-- otherwise: a value is compared with what the mask shows, so before the domain's CHECK
update clients set name=$1,phone=$2,mail=$3,card=$4,credit=$5,born=$6,home=$7,profile=$8,version=$9 where id=$10 and version=$11

-- $ 2 | 0
delete from clients where id=$1 and version=$2
