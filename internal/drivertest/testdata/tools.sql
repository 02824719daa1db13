\pset pager off
SELECT id, phone FROM people ORDER BY id LIMIT 2 \gdesc
SELECT owner, id % 2 AS odd, count(*) FROM people GROUP BY 1, 2 ORDER BY 1, 2 \crosstabview
\copy (SELECT * FROM people ORDER BY id) TO STDOUT
\copy (SELECT phone, name FROM people ORDER BY id DESC LIMIT 2) TO STDOUT WITH (FORMAT csv, HEADER)
\copy (SELECT * FROM people ORDER BY id) TO PROGRAM 'od -An -c' WITH (FORMAT binary)
BEGIN;
\copy open FROM STDIN
2	two
3	three
\.
SELECT * FROM open ORDER BY id;
ROLLBACK;
SELECT format('SELECT %L AS made, count(*) FROM people', phone) FROM people ORDER BY id LIMIT 2 \gexec
SELECT phone AS p, name AS n FROM people ORDER BY id LIMIT 1 \gset
\echo :p :n
\set FETCH_COUNT 2
SELECT id, phone FROM people ORDER BY id;
\unset FETCH_COUNT
\set AUTOCOMMIT off
SELECT count(*) FROM people;
SELECT nonsense;
SELECT 1;
ROLLBACK;
\set AUTOCOMMIT on
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT nonsense;
SELECT count(*) FROM people;
COMMIT;
\x on
SELECT * FROM people ORDER BY id LIMIT 1;
\x off
SELECT * FROM people ORDER BY id LIMIT 1 \g (format=csv)
TABLE open \; SELECT count(*) FROM people \; SELECT 3;
\d open
\encoding
SELECT id, phone FROM people WHERE name = 'person 1' \gx
