-- TRUNCATE takes hidden rows
TRUNCATE deals;

-- TRUNCATE takes a parent
TRUNCATE ONLY memos;

-- TRUNCATE takes a partition
TRUNCATE visits_01;

-- TRUNCATE takes all that refers to it
TRUNCATE clients CASCADE;

-- TRUNCATE takes several
TRUNCATE scratch, tasks;

-- tries: LOCK keeps others from a table
LOCK TABLE client_log IN ACCESS EXCLUSIVE MODE;

-- FOR UPDATE shows hidden rows
SELECT id, phone FROM clients FOR UPDATE;

-- FOR UPDATE of a join shows hidden rows
SELECT d.id, c.name FROM deals d JOIN clients c ON c.id = d.client_id FOR UPDATE OF d;

-- FOR SHARE counts hidden rows
SELECT count(*) FROM (SELECT FROM clients WHERE name LIKE 'N5%' FOR SHARE) x;

-- SELECT INTO keeps a copy
SELECT * INTO copied FROM clients;
SELECT * FROM copied ORDER BY id;

-- CREATE TABLE AS keeps a copy
CREATE TABLE copied AS SELECT * FROM clients;
SELECT * FROM copied ORDER BY id;

-- a temporary table keeps a copy
CREATE TEMP TABLE copied AS SELECT * FROM clients;
SELECT * FROM copied ORDER BY id;

-- a temporary table keeps a copy of a write’s result
CREATE TEMP TABLE copied AS WITH u AS (UPDATE clients SET note = 'x' RETURNING *) SELECT * FROM u;

-- a temporary table takes the name of a protected one
CREATE TEMP TABLE clients AS SELECT * FROM public.clients;
SELECT * FROM clients ORDER BY id;

-- a materialized view keeps a copy
CREATE MATERIALIZED VIEW copied AS SELECT * FROM clients;
SELECT * FROM copied ORDER BY id;

-- a view is written through
CREATE VIEW mine AS SELECT * FROM clients;
UPDATE mine SET note = 'x';

-- a rule writes hidden rows
CREATE RULE r AS ON UPDATE TO scratch DO ALSO UPDATE clients SET note = 'x';
UPDATE scratch SET v = 'y';

-- a trigger of one’s own copies new rows
CREATE FUNCTION copy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO scratch SELECT id, phone FROM clients; RETURN NEW; END $$;
CREATE TRIGGER t BEFORE UPDATE ON scratch FOR EACH STATEMENT EXECUTE FUNCTION copy();
UPDATE scratch SET w = 'x';
TABLE scratch;

-- a default reads what is hidden
ALTER TABLE scratch ALTER v SET DEFAULT (SELECT max(phone) FROM clients);
INSERT INTO scratch (id) VALUES (1) RETURNING v;
ALTER TABLE tasks ALTER bonus SET DEFAULT 1000;
INSERT INTO tasks (id, owner_id, title) VALUES (900, 7, 'x');

-- a CHECK added to a table is tried on hidden rows
ALTER TABLE clients ADD CHECK (name NOT LIKE 'N5%');

-- a foreign key added to a table is tried on hidden rows
ALTER TABLE scratch ADD FOREIGN KEY (id) REFERENCES clients ON DELETE CASCADE;
ALTER TABLE clients DISABLE TRIGGER USER;
UPDATE clients SET note = 'x';

-- an anonymous block writes what it likes
DO $$ BEGIN UPDATE clients SET note = 'x'; END $$;

-- an anonymous block copies
DO $$ BEGIN INSERT INTO scratch SELECT id, phone FROM clients; END $$;
SELECT * FROM scratch ORDER BY 1, 2;

-- COPY FROM plants rows
COPY clients (id, owner_id, name) FROM STDIN;
900	8	planted
\.

-- COPY FROM plants one among her own
COPY clients (id, owner_id, name) FROM STDIN;
900	7	mine
901	8	planted
\.

-- COPY FROM plants rows as CSV
COPY clients (id, owner_id, name) FROM STDIN CSV;
900,8,planted
\.

-- COPY FROM fills a partition
COPY visits_01 (id, owner_id, day) FROM STDIN;
900	8	2026-01-03
\.

-- COPY FROM fills a child
COPY memos_old (id, owner_id) FROM STDIN;
900	8
\.

-- COPY FROM fills a read-only column
COPY tasks (id, owner_id, title, bonus) FROM STDIN;
900	7	x	1000
\.

-- COPY FROM fills a forced column
COPY tasks (id, owner_id, title) FROM STDIN;
900	8	x
\.

-- COPY FROM fills a denied table
COPY client_log (client, what) FROM STDIN;
17	forged
\.
SELECT what FROM client_log;

-- COPY of a write hands on what it returns
COPY (UPDATE clients SET note = 'x' RETURNING id, phone) TO STDOUT;

-- COPY of a deletion hands on what it returns
COPY (DELETE FROM deals RETURNING *) TO STDOUT;

-- COPY of an insertion plants a row
COPY (INSERT INTO clients (id, owner_id, name) VALUES (900, 8, 'planted') RETURNING id) TO STDOUT;

-- PREPARE hides a write
PREPARE w AS UPDATE clients SET note = phone;
EXECUTE w;
SELECT note FROM clients;

-- PREPARE hides a write of everybody’s rows
PREPARE w(text) AS UPDATE clients SET note = $1;
EXECUTE w('x');

-- PREPARE hides a planted row
PREPARE w(int) AS INSERT INTO clients (id, owner_id, name) VALUES (900, $1, 'planted');
EXECUTE w(8);

-- PREPARE hides a move out of reach
PREPARE w(int) AS UPDATE clients SET owner_id = $1 WHERE id = 18;
EXECUTE w(8);

-- PREPARE hides a guess
PREPARE w(text) AS UPDATE clients SET note = 'hit' WHERE phone = $1 RETURNING id;
EXECUTE w('13800142542');
EXECUTE w('13899992542');

-- a statement behind another
SELECT 1; UPDATE clients SET note = phone; SELECT note FROM clients;

-- a statement behind a comment’s end
/* /* */ SELECT 1 */ UPDATE clients SET note = 'x'; SELECT count(*) FROM clients;

-- a write in dollar quotes
SELECT $x$ ; UPDATE clients SET note = 'x' $x$; DELETE FROM deals;

-- a write after a change of the search path
SET search_path = pg_catalog; UPDATE public.clients SET note = public.clients.phone; SELECT note FROM public.clients;

-- a cursor is stepped on a hidden row
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM clients;
FETCH 3 FROM c;
UPDATE clients SET note = 'x' WHERE CURRENT OF c;
COMMIT;
SELECT id FROM clients WHERE note = 'x';

-- a cursor is deleted at
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM deals FOR UPDATE;
FETCH 2 FROM c;
DELETE FROM deals WHERE CURRENT OF c;
COMMIT;

-- savepoints keep what was refused
SAVEPOINT a;
UPDATE clients SET owner_id = 8 WHERE id = 18;
RELEASE a;
UPDATE clients SET note = 'still mine' WHERE id = 18;
SELECT id, note FROM clients WHERE id = 18;

-- savepoints bring back what was copied
SAVEPOINT a;
UPDATE clients SET note = phone;
ROLLBACK TO a;
UPDATE clients SET note = coalesce(note, '') || coalesce(card, '');
SELECT note FROM clients;

-- a refused write is followed by a commit
BEGIN;
UPDATE clients SET note = 'mine' WHERE id = 18;
UPDATE tasks SET bonus = 1000;
UPDATE clients SET owner_id = 8 WHERE id = 18;
COMMIT;
SELECT id, note FROM clients WHERE id = 18;

-- a planted row waits in a prepared transaction
BEGIN;
INSERT INTO clients (id, owner_id, name) VALUES (900, 8, 'planted');
PREPARE TRANSACTION 'attack';

-- a transaction of another kind
START TRANSACTION ISOLATION LEVEL SERIALIZABLE;
DELETE FROM deals WHERE status = 'N5';
COMMIT;

-- a transaction ends and another write follows
BEGIN;
ROLLBACK;
UPDATE clients SET note = phone;
SELECT note FROM clients;

-- constraints are put off
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
DELETE FROM clients WHERE true;
ROLLBACK;
DELETE FROM deals;

-- triggers are put out of action
SET session_replication_role = replica;
UPDATE clients SET note = 'x';

-- EXPLAIN ANALYZE runs a write
EXPLAIN ANALYZE UPDATE clients SET note = 'x';

-- EXPLAIN tells how many rows a write would reach
EXPLAIN UPDATE clients SET note = 'x' WHERE name LIKE 'N5%';
EXPLAIN (ANALYZE, TIMING off, SUMMARY off, COSTS off) DELETE FROM deals WHERE status = 'N5';

-- row security is asked for
ALTER TABLE clients ENABLE ROW LEVEL SECURITY;
UPDATE clients SET note = 'x';

-- the catalog is written
UPDATE pg_catalog.pg_class SET reltuples = (SELECT count(*) FROM clients WHERE name LIKE 'N5%') WHERE relname = 'scratch';
SELECT reltuples FROM pg_catalog.pg_class WHERE relname = 'scratch';

-- statistics are deleted
DELETE FROM pg_catalog.pg_statistic;
DELETE FROM deals;

-- a large object keeps a copy
SELECT lo_from_bytea(990001, (SELECT string_agg(phone, ',' ORDER BY id)::bytea FROM clients));
SELECT convert_from(lo_get(990001), 'UTF8');

-- a notification carries a copy
SELECT pg_notify('x', (SELECT string_agg(phone, ',') FROM clients));
UPDATE clients SET note = phone;

-- a setting carries a copy
SELECT set_config('my.copy', (SELECT string_agg(phone, ',' ORDER BY id) FROM clients), false);
SELECT current_setting('my.copy');

-- a setting carries a copy of what a write returns
WITH u AS (UPDATE clients SET note = 'x' RETURNING phone) SELECT set_config('my.copy', string_agg(phone, ',' ORDER BY phone), false) FROM u;
SELECT current_setting('my.copy');

-- a function in VALUES reads what is hidden
INSERT INTO scratch VALUES (1, query_to_xml('SELECT phone FROM clients', true, true, '')::text);
SELECT v FROM scratch WHERE id = 1;

-- tries: a function in SET writes
UPDATE scratch SET v = query_to_xml('UPDATE clients SET note = ''x'' RETURNING phone', true, true, '')::text WHERE id = 1;

-- a function in RETURNING reads what is hidden
INSERT INTO scratch VALUES (1) RETURNING table_to_xml('clients', true, true, '');

-- values in a table of constants read what is hidden
INSERT INTO scratch VALUES (1, (SELECT string_agg(phone, ',' ORDER BY id) FROM clients)), (2, (SELECT max(card) FROM clients)) RETURNING v;

-- a lateral join in FROM reads what is hidden
UPDATE scratch SET v = x.p FROM LATERAL (SELECT max(phone) AS p FROM clients) x WHERE id = 1 RETURNING v;

-- a limit’s expression reads what is hidden
INSERT INTO scratch SELECT id FROM generate_series(1, 1000) id LIMIT (SELECT max(credit)::int / 10 FROM clients);
SELECT count(*) FROM scratch;

-- a limit’s expression counts hidden rows
INSERT INTO scratch SELECT 1 FROM generate_series(1, 100) LIMIT (SELECT count(*) FROM clients WHERE name LIKE 'N5%');
SELECT count(*) FROM scratch;

-- an order tells of masked values
WITH u AS (UPDATE clients SET note = 'x' RETURNING id, phone) INSERT INTO scratch SELECT row_number() OVER (ORDER BY phone, id), id::text FROM u;
SELECT id, v FROM scratch WHERE w IS NULL ORDER BY 1, 2;

-- a function’s notation reads the whole row
UPDATE clients SET note = clients.row_to_json::text;

-- a composite value reads the whole row
UPDATE clients SET note = (clients.*)::text;
SELECT note FROM clients;

-- a composite value is compared
UPDATE clients SET note = 'x' WHERE (clients.*)::text LIKE '%138001%';
SELECT count(*) FROM clients WHERE note = 'x';

-- a row in JSON is stored
UPDATE clients SET profile = to_jsonb(clients);
SELECT profile FROM clients;

-- a row in JSON is returned
UPDATE clients SET note = 'x' RETURNING to_jsonb(clients), row_to_json(clients)::text;

-- a row of EXCLUDED’s table is returned
INSERT INTO clients AS c (id, owner_id, name) VALUES (18, 7, 'x') ON CONFLICT (id) DO UPDATE SET note = c::text RETURNING note;

-- a row is stored by a join
UPDATE scratch SET v = c::text FROM clients c WHERE c.id = scratch.id RETURNING v;

-- columns are addressed by the schema’s name
UPDATE public.clients SET note = public.clients.phone RETURNING public.clients.note;

-- columns are addressed by a Unicode name
UPDATE clients SET note = U&"ph\006fne" RETURNING note;

-- tries: an index’s expression reads raw columns
INSERT INTO clients (id, owner_id, name) VALUES (18, 7, 'x') ON CONFLICT (id) WHERE phone = '13800142542' DO UPDATE SET note = 'hit' RETURNING note;

-- a conflict’s condition reads a masked column
INSERT INTO clients AS c (id, owner_id, name) VALUES (18, 7, 'x'), (22, 7, 'x') ON CONFLICT (id) DO UPDATE SET note = 'hit' WHERE c.phone = '13800142542' RETURNING c.id;

-- a recursive query hands writes on
WITH RECURSIVE u AS (UPDATE clients SET note = 'x' RETURNING id, phone), r(n, p) AS (SELECT 1, phone FROM u UNION ALL SELECT n + 1, p FROM r WHERE n < 2) SELECT * FROM r;

-- several writes in one statement
WITH a AS (UPDATE clients SET note = 'x' RETURNING id, phone), b AS (DELETE FROM deals RETURNING client_id), c AS (INSERT INTO scratch SELECT id, phone FROM a RETURNING v) SELECT (SELECT count(*) FROM b), (SELECT string_agg(v, ',' ORDER BY v) FROM c);

-- a write in a sub-select of a write
WITH d AS (DELETE FROM memos RETURNING *) INSERT INTO memos SELECT id + 1000, 7, body, at FROM d;
SELECT * FROM memos ORDER BY id;
