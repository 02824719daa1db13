-- a function that reads or does what a statement may not
SELECT query_to_xml('SELECT * FROM customers', true, false, '')

-- the same in FROM
SELECT * FROM query_to_xml('SELECT * FROM customers', true, false, '')

-- the same qualified
SELECT pg_catalog.query_to_xml('SELECT * FROM customers', true, false, '')

-- tries: the same in a condition
SELECT 1 WHERE (query_to_xml('SELECT * FROM customers', true, false, ''))::text IS NOT NULL

-- the same behind ROWS FROM
SELECT * FROM ROWS FROM (query_to_xml('SELECT * FROM customers', true, false, '')) x

-- tries: the same in an insert
INSERT INTO products SELECT 500, (query_to_xml('SELECT * FROM customers', true, false, ''))::text, 1

-- the same in a CTE
WITH w AS (SELECT query_to_xml('SELECT * FROM customers', true, false, '') AS v) SELECT v::text FROM w

-- the same in VALUES
VALUES ((query_to_xml('SELECT * FROM customers', true, false, ''))::text)

-- the same in EXECUTE
PREPARE pp(text) AS SELECT $1; EXECUTE pp((query_to_xml('SELECT * FROM customers', true, false, ''))::text); DEALLOCATE pp

-- a function that reads or does what a statement may not
SELECT query_to_xml_and_xmlschema('SELECT * FROM customers', true, false, '')

-- a function that reads or does what a statement may not
SELECT table_to_xml('customers', true, false, '')

-- the same in FROM
SELECT * FROM table_to_xml('customers', true, false, '')

-- the same qualified
SELECT pg_catalog.table_to_xml('customers', true, false, '')

-- tries: the same in a condition
SELECT 1 WHERE (table_to_xml('customers', true, false, ''))::text IS NOT NULL

-- the same behind ROWS FROM
SELECT * FROM ROWS FROM (table_to_xml('customers', true, false, '')) x

-- tries: the same in an insert
INSERT INTO products SELECT 500, (table_to_xml('customers', true, false, ''))::text, 1

-- the same in a CTE
WITH w AS (SELECT table_to_xml('customers', true, false, '') AS v) SELECT v::text FROM w

-- the same in VALUES
VALUES ((table_to_xml('customers', true, false, ''))::text)

-- the same in EXECUTE
PREPARE pp(text) AS SELECT $1; EXECUTE pp((table_to_xml('customers', true, false, ''))::text); DEALLOCATE pp

-- a function that reads or does what a statement may not
SELECT table_to_xml_and_xmlschema('customers', true, false, '')

-- a function that reads or does what a statement may not
SELECT schema_to_xml('public', true, false, '')

-- a function that reads or does what a statement may not
SELECT database_to_xml(true, false, '')

-- a function that reads or does what a statement may not
SELECT database_to_xml_and_xmlschema(true, false, '')

-- a function that reads or does what a statement may not
SELECT ts_stat('SELECT to_tsvector(phone) FROM customers')

-- the same in FROM
SELECT * FROM ts_stat('SELECT to_tsvector(phone) FROM customers')

-- the same qualified
SELECT pg_catalog.ts_stat('SELECT to_tsvector(phone) FROM customers')

-- tries: the same in a condition
SELECT 1 WHERE EXISTS (SELECT * FROM ts_stat('SELECT to_tsvector(phone) FROM customers'))

-- the same behind ROWS FROM
SELECT * FROM ROWS FROM (ts_stat('SELECT to_tsvector(phone) FROM customers')) x

-- tries: the same in an insert
INSERT INTO products SELECT 500, word, 1 FROM ts_stat('SELECT to_tsvector(phone) FROM customers')

-- the same in a CTE
WITH w AS (SELECT ts_stat('SELECT to_tsvector(phone) FROM customers') AS v) SELECT v::text FROM w

-- the same in VALUES
VALUES ((SELECT word FROM ts_stat('SELECT to_tsvector(phone) FROM customers') LIMIT 1))

-- the same in EXECUTE
SELECT array(SELECT ts_stat('SELECT to_tsvector(phone) FROM customers')::text)

-- a function that reads or does what a statement may not
SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, plainto_tsquery(phone) FROM customers')

-- tries: a function that reads or does what a statement may not
SELECT pg_read_file('PG_VERSION')

-- tries: the same in FROM
SELECT * FROM pg_read_file('PG_VERSION')

-- tries: the same qualified
SELECT pg_catalog.pg_read_file('PG_VERSION')

-- tries: the same in a condition
SELECT 1 WHERE (pg_read_file('PG_VERSION'))::text IS NOT NULL

-- tries: the same behind ROWS FROM
SELECT * FROM ROWS FROM (pg_read_file('PG_VERSION')) x

-- tries: the same in an insert
INSERT INTO products SELECT 500, (pg_read_file('PG_VERSION'))::text, 1

-- tries: the same in a CTE
WITH w AS (SELECT pg_read_file('PG_VERSION') AS v) SELECT v::text FROM w

-- tries: the same in VALUES
VALUES ((pg_read_file('PG_VERSION'))::text)

-- tries: the same in EXECUTE
PREPARE pp(text) AS SELECT $1; EXECUTE pp((pg_read_file('PG_VERSION'))::text); DEALLOCATE pp

-- tries: a function that reads or does what a statement may not
SELECT pg_read_binary_file('PG_VERSION')

-- tries: a function that reads or does what a statement may not
SELECT pg_ls_dir('.')

-- tries: the same in FROM
SELECT * FROM pg_ls_dir('.')

-- tries: the same qualified
SELECT pg_catalog.pg_ls_dir('.')

-- tries: the same in a condition
SELECT 1 WHERE (pg_ls_dir('.'))::text IS NOT NULL

-- tries: the same behind ROWS FROM
SELECT * FROM ROWS FROM (pg_ls_dir('.')) x

-- tries: the same in an insert
INSERT INTO products SELECT 500, (pg_ls_dir('.'))::text, 1

-- tries: the same in a CTE
WITH w AS (SELECT pg_ls_dir('.') AS v) SELECT v::text FROM w

-- tries: the same in VALUES
VALUES ((pg_ls_dir('.'))::text)

-- tries: the same in EXECUTE
SELECT array(SELECT pg_ls_dir('.')::text)

-- tries: a function that reads or does what a statement may not
SELECT pg_stat_file('PG_VERSION')

-- a function that reads or does what a statement may not
SELECT lo_import('/etc/passwd')

-- tries: a function that reads or does what a statement may not
SELECT lo_get(1)

-- tries: the same in FROM
SELECT * FROM lo_get(1)

-- tries: the same qualified
SELECT pg_catalog.lo_get(1)

-- tries: the same in a condition
SELECT 1 WHERE (lo_get(1))::text IS NOT NULL

-- tries: the same behind ROWS FROM
SELECT * FROM ROWS FROM (lo_get(1)) x

-- tries: the same in an insert
INSERT INTO products SELECT 500, (lo_get(1))::text, 1

-- tries: the same in a CTE
WITH w AS (SELECT lo_get(1) AS v) SELECT v::text FROM w

-- tries: the same in VALUES
VALUES ((lo_get(1))::text)

-- tries: the same in EXECUTE
PREPARE pp(text) AS SELECT $1; EXECUTE pp((lo_get(1))::text); DEALLOCATE pp

-- a function that reads or does what a statement may not
SELECT lo_create(0)

-- a function that reads or does what a statement may not
SELECT lo_from_bytea(0, 'x')

-- a function that reads or does what a statement may not
SELECT all_phones()

-- the same in FROM
SELECT * FROM all_phones()

-- the same qualified
SELECT * FROM public.all_phones() x

-- tries: the same in a condition
SELECT 1 WHERE (all_phones())::text IS NOT NULL

-- the same behind ROWS FROM
SELECT * FROM ROWS FROM (all_phones()) x

-- tries: the same in an insert
INSERT INTO products SELECT 500, (all_phones())::text, 1

-- the same in a CTE
WITH w AS (SELECT all_phones() AS v) SELECT v::text FROM w

-- tries: the same in VALUES
VALUES ((all_phones())::text)

-- the same in EXECUTE
SELECT array(SELECT all_phones()::text)

-- a function that reads or does what a statement may not
SELECT public.all_phones()

-- tries: a function that reads or does what a statement may not
SELECT pg_relation_filenode('customers')

-- a function that reads or does what a statement may not
SELECT pg_relation_filepath('customers')

-- tries: a function that reads or does what a statement may not
SELECT pg_current_wal_lsn()

-- tries: a function that reads or does what a statement may not
SELECT pg_sequence_last_value('counter')

-- tries: a function that reads or does what a statement may not
SELECT pg_stat_get_live_tuples('customers'::regclass)

-- tries: a function that reads or does what a statement may not
SELECT pg_stat_get_tuples_inserted('customers'::regclass)

-- tries: a function that reads or does what a statement may not
SELECT pg_stat_get_backend_activity(1)

-- tries: a function that reads or does what a statement may not
SELECT pg_terminate_backend(1)

-- tries: a function that reads or does what a statement may not
SELECT pg_cancel_backend(1)

-- tries: a function that reads or does what a statement may not
SELECT pg_sleep(0.01)

-- tries: a function that reads or does what a statement may not
SELECT pg_sleep_for('1 ms')

-- tries: a function that reads or does what a statement may not
SELECT pg_advisory_lock(1)

-- tries: a function that reads or does what a statement may not
SELECT pg_try_advisory_lock(1)

-- tries: a function that reads or does what a statement may not
SELECT pg_reload_conf()

-- a function that reads or does what a statement may not
SELECT pg_export_snapshot()

-- tries: a function that reads or does what a statement may not
SELECT pg_logical_slot_peek_changes('s', NULL, NULL)

-- tries: a function that reads or does what a statement may not
SELECT pg_create_logical_replication_slot('s', 'pgoutput')

-- tries: a function that reads or does what a statement may not
SELECT current_query()

-- tries: a function that reads or does what a statement may not
SELECT pg_prepared_statement()

-- tries: a function that reads or does what a statement may not
SELECT pg_cursor()

-- tries: a function that reads or does what a statement may not
SELECT cursor_to_xml('k', 1, true, false, '')

-- tries: a function that reads or does what a statement may not
SELECT setval('counter', 99)

-- tries: a function that reads or does what a statement may not
SELECT dblink('dbname=x', 'SELECT 1')

-- tries: a function that reads or does what a statement may not
SELECT pg_stat_get_activity(NULL)

-- a function that reads or does what a statement may not
SELECT pg_lock_status()

-- tries: a function that reads or does what a statement may not
SELECT pg_blocking_pids(1)

-- tries: a function that reads or does what a statement may not
SELECT pg_input_is_valid('x', 'int')

-- tries: a function that reads or does what a statement may not
SELECT pg_mcv_list_items(NULL)

-- tries: a function that reads or does what a statement may not
SELECT currtid2('customers', '(0,1)')

-- tries: a function that reads or does what a statement may not
SELECT pg_get_shmem_allocations()

-- tries: a function that reads or does what a statement may not
SELECT pg_show_all_file_settings()

-- tries: a function that reads or does what a statement may not
SELECT pg_hba_file_rules()

-- tries: a function that reads or does what a statement may not
SELECT pg_config()

-- a function that reads or does what a statement may not
SELECT pg_switch_wal()

-- tries: a function that reads or does what a statement may not
SELECT pg_promote()

-- tries: a function that reads or does what a statement may not
SELECT pg_rotate_logfile()

-- tries: a function that reads or does what a statement may not
SELECT pg_stat_reset()

-- tries: a function that reads or does what a statement may not
SELECT txid_snapshot_xip(txid_current_snapshot())

-- tries: a function that reads or does what a statement may not
SELECT pg_event_trigger_ddl_commands()

-- tries: a function that reads or does what a statement may not
SELECT pg_filenode_relation(0, 1)

-- a function that reads or does what a statement may not
SELECT pg_database_size(current_database())

-- tries: a function that reads or does what a statement may not
SELECT pg_tablespace_size('pg_default')

-- tries: a function that reads or does what a statement may not
SELECT pg_control_system()

-- tries: a function that reads or does what a statement may not
SELECT pg_last_committed_xact()

-- tries: a function that reads or does what a statement may not
SELECT pg_xact_commit_timestamp('3')

-- tries: in functional notation
SELECT (x.q).query_to_xml FROM (SELECT 'SELECT 1'::text AS q) x

-- tries: a function of the table by a dot
SELECT (c).all_phones FROM customers c

-- quoted
SELECT "query_to_xml"('SELECT * FROM customers', true, false, '')

-- in Unicode
SELECT U&"\0071uery_to_xml"('SELECT * FROM customers', true, false, '')

-- by names of its parameters
SELECT query_to_xml(query => 'SELECT * FROM customers', nulls => true, tableforest => false, targetns => '')

-- tries: in an ORDER BY
SELECT 1 ORDER BY query_to_xml('SELECT * FROM customers', true, false, '')::text

-- in a LIMIT
SELECT g FROM generate_series(1, 300) g LIMIT length(query_to_xml('SELECT * FROM customers', true, false, '')::text) % 200

-- tries: in a window
SELECT count(*) OVER (ORDER BY query_to_xml('SELECT * FROM customers', true, false, '')::text)

-- in an aggregate’s FILTER
SELECT count(*) FILTER (WHERE query_to_xml('SELECT * FROM customers', true, false, '')::text LIKE '%N5%')

-- in JSON
SELECT json_build_object('x', query_to_xml('SELECT * FROM customers', true, false, '')::text)

-- in a CASE
SELECT CASE WHEN true THEN query_to_xml('SELECT * FROM customers', true, false, '') END

-- in RETURNING
INSERT INTO products VALUES (501, 'x', 1) RETURNING query_to_xml('SELECT * FROM customers', true, false, '')

-- in SET
UPDATE products SET name = query_to_xml('SELECT * FROM customers', true, false, '')::text WHERE id = 1 RETURNING name

-- in ON CONFLICT
INSERT INTO products VALUES (1, 'x', 1) ON CONFLICT (id) DO UPDATE SET name = query_to_xml('SELECT * FROM customers', true, false, '')::text RETURNING name

-- tries: in MERGE
MERGE INTO products p USING (SELECT 1 AS id) s ON p.id = s.id WHEN MATCHED THEN UPDATE SET name = query_to_xml('SELECT * FROM customers', true, false, '')::text

-- in a sample’s size
SELECT id FROM products TABLESAMPLE bernoulli (length(query_to_xml('SELECT * FROM customers', true, false, '')::text) % 100) REPEATABLE (1)

-- in XMLTABLE
SELECT * FROM XMLTABLE('//phone' PASSING query_to_xml('SELECT * FROM customers', true, false, '') COLUMNS v text PATH '.')

-- tries: CALL
CALL all_phones()
