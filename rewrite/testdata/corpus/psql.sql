-- What psql makes of a statement: FETCH_COUNT, \gdesc, \gexec, \copy, \watch.

BEGIN; DECLARE _psql_cursor NO SCROLL CURSOR FOR SELECT * FROM customers ORDER BY id; FETCH FORWARD 10 FROM _psql_cursor; FETCH FORWARD 10 FROM _psql_cursor; CLOSE _psql_cursor; COMMIT

SELECT name AS "Column", pg_catalog.format_type(tp, tpm) AS "Type" FROM (VALUES ('id', '20'::pg_catalog.oid, -1),('name', '1043'::pg_catalog.oid, 84),('phone', '1043'::pg_catalog.oid, 24)) s(name, tp, tpm)

COPY  ( SELECT id, name FROM customers WHERE name LIKE '%7' ORDER BY id ) TO STDOUT

COPY orders TO STDOUT

COPY public.customers (id,phone) TO STDOUT WITH (FORMAT csv, HEADER true, DELIMITER ';')

COPY (TABLE employees) TO STDOUT WITH (FORMAT binary)

TABLE orders ORDER BY id LIMIT 5

TABLE customer_orders ORDER BY id, order_id

VALUES (1, 'one'), (2, 'two') ORDER BY 1

SELECT format('SELECT count(*) FROM %I', name) FROM (VALUES ('customers')) t(name)

SELECT version() IS NOT NULL, current_database() IS NOT NULL, current_user, session_user, current_schema() IS NOT NULL, pg_backend_pid() > 0, inet_server_port() IS NULL OR true

SHOW server_version_num

SET statement_timeout = '10s'; SHOW statement_timeout; RESET statement_timeout

SELECT current_setting('server_version'), current_setting('no.such', true)

SELECT set_config('application_name', 'psql', false)

SELECT 1; SELECT id FROM customers ORDER BY id LIMIT 1; SELECT 'a' AS b
