-- What people type into psql, its own catalog queries included.
\set ON_ERROR_STOP off
\pset pager off
\conninfo
\d people
\dt
\dn
\df public.*
\l crm*
SELECT id, name, born FROM people WHERE id < 4 ORDER BY id;
SELECT id, name FROM people WHERE id < 3 ORDER BY id \gx
SELECT id, name, born, paid FROM people \gdesc
SELECT nonsense FROM people;
SELECT 'unfinished
line' AS two_lines;
SELECT 1 AS a \; SELECT 2 AS b;
\set FETCH_COUNT 50
SELECT count(*) FROM (SELECT * FROM people) p;
SELECT id FROM people WHERE id BETWEEN 100 AND 220 ORDER BY id;
\unset FETCH_COUNT
BEGIN;
CREATE TEMP TABLE t AS SELECT * FROM people WHERE id < 10;
\copy t (id, name) TO STDOUT
\copy t (id, name) FROM STDIN
9001	psql
9002	张
\.
SELECT count(*), max(name) FROM t;
DECLARE c SCROLL CURSOR FOR SELECT id FROM t ORDER BY id;
FETCH 3 FROM c;
MOVE FORWARD 2 IN c;
FETCH BACKWARD 1 FROM c;
PREPARE p (int) AS SELECT name FROM people WHERE id = $1;
EXECUTE p(2);
SAVEPOINT s;
SELECT 1/0;
ROLLBACK TO s;
SELECT 1 AS alive;
COMMIT;
EXPLAIN (COSTS OFF) SELECT name FROM people WHERE id = 1;
SHOW server_version_num;
\set VERBOSITY verbose
INSERT INTO people (id, name) VALUES (1, 'again');
\set VERBOSITY sqlstate
SELECT * FROM nowhere;
\errverbose
