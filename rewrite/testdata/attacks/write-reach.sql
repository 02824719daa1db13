-- changes everybody’s rows
UPDATE clients SET note = 'x';

-- changes a row by its key
UPDATE clients SET note = 'x' WHERE id = 17;

-- changes rows through an OR
UPDATE clients SET note = 'x' WHERE id = 18 OR true;

-- closes the condition and opens another
UPDATE clients SET note = 'x' WHERE (id = 18) OR (1 = 1);

-- changes rows behind a comment
UPDATE clients SET note = 'x' -- WHERE id = 18
WHERE true /* AND owner_id = 7 */;

-- deletes everybody’s deals
DELETE FROM deals;

-- deletes a hidden row by its key
DELETE FROM deals WHERE id = 1 OR id = 2 OR id = 3;

-- deletes by a join
DELETE FROM deals USING clients c WHERE true;

-- deletes by a join with itself
DELETE FROM deals d USING deals e WHERE d.id = e.id + 1;

-- moves a row out of reach
UPDATE clients SET owner_id = 8 WHERE id = 18;

-- moves a row out of reach by NULL
UPDATE clients SET owner_id = NULL WHERE id = 18;

-- tries: moves a row out of reach and back
UPDATE clients SET owner_id = 8, note = 'x' WHERE id = 18;
UPDATE clients SET owner_id = 7 WHERE note = 'x';

-- moves a row into reach
UPDATE clients SET owner_id = 7 WHERE id = 17;
SELECT count(*) FROM clients;

-- moves all rows into reach
UPDATE clients SET owner_id = 7;
SELECT count(*) FROM clients;

-- moves rows out of reach by a row assignment
UPDATE clients SET (owner_id, note) = (8, 'x') WHERE id = 18;

-- moves rows out of reach from a sub-select
UPDATE clients SET (owner_id, note) = (SELECT 8, 'x') WHERE id = 18;

-- moves rows out of reach from FROM
UPDATE clients SET owner_id = v.o FROM (VALUES (18, 8)) v(id, o) WHERE v.id = clients.id;

-- a trigger moves a row out of reach
UPDATE clients SET note = 'give away' WHERE id = 18;

-- a trigger moves a row out of reach in ON CONFLICT
INSERT INTO clients (id, owner_id, name) VALUES (18, 7, 'x') ON CONFLICT (id) DO UPDATE SET note = 'give away';

-- a trigger moves a row out of reach in a WITH query
WITH u AS (UPDATE clients SET note = 'give away' WHERE id = 18 RETURNING id) SELECT * FROM u;

-- a trigger moves a row out of reach in MERGE
MERGE INTO clients c USING (VALUES (18)) v(id) ON v.id = c.id WHEN MATCHED THEN UPDATE SET note = 'give away';

-- plants a row at somebody else’s
INSERT INTO clients (id, owner_id, name) VALUES (900, 8, 'planted');

-- plants a row that is nobody’s
INSERT INTO clients (id, owner_id, name) VALUES (900, NULL, 'planted');

-- plants one row among her own
INSERT INTO clients (id, owner_id, name) VALUES (900, 7, 'mine'), (901, 8, 'planted');

-- plants rows from a query
INSERT INTO clients (id, owner_id, name) SELECT 900 + id, id % 4 + 5, 'planted' FROM scratch;

-- plants a row in a WITH query
WITH i AS (INSERT INTO clients (id, owner_id, name) VALUES (900, 8, 'planted') RETURNING id) SELECT * FROM i;

-- plants a row in a WITH query without RETURNING
WITH i AS (INSERT INTO clients (id, owner_id, name) VALUES (900, 8, 'planted')) SELECT 1;

-- plants a row in a WITH query of another write
WITH i AS (INSERT INTO clients (id, owner_id, name) VALUES (900, 8, 'planted')) UPDATE scratch SET v = 'x';

-- plants a row in a WITH query whose RETURNING is never read
WITH i AS (INSERT INTO clients (id, owner_id, name) VALUES (900, 8, 'planted') RETURNING repeat('x', 3)) SELECT 1;

-- plants a row where ON CONFLICT finds none
INSERT INTO clients (id, owner_id, name) VALUES (900, 8, 'planted') ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name;

-- plants a row where DO NOTHING finds no conflict
INSERT INTO clients (id, owner_id, name) VALUES (900, 8, 'planted') ON CONFLICT DO NOTHING;

-- ON CONFLICT changes a hidden row
INSERT INTO clients (id, owner_id, name) VALUES (17, 7, 'taken') ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name;

-- ON CONFLICT takes a hidden row over
INSERT INTO clients (id, owner_id, name) VALUES (17, 7, 'taken') ON CONFLICT (id) DO UPDATE SET owner_id = 7;
SELECT count(*) FROM clients;

-- ON CONFLICT changes a hidden row by a constraint’s name
INSERT INTO clients (id, owner_id, name) VALUES (17, 7, 'taken') ON CONFLICT ON CONSTRAINT clients_pkey DO UPDATE SET note = 'x';

-- ON CONFLICT changes a hidden row found by another key
INSERT INTO clients (owner_id, name, code) VALUES (7, 'taken', 'k17') ON CONFLICT (code) DO UPDATE SET note = 'x';

-- ON CONFLICT changes a hidden row under a condition of its own
INSERT INTO clients AS c (id, owner_id, name) VALUES (17, 7, 'taken') ON CONFLICT (id) DO UPDATE SET note = 'x' WHERE c.owner_id = 6 OR true;

-- ON CONFLICT gives a row away
INSERT INTO clients (id, owner_id, name) VALUES (18, 8, 'mine') ON CONFLICT (id) DO UPDATE SET owner_id = EXCLUDED.owner_id;

-- ON CONFLICT shows what it found
INSERT INTO clients AS c (id, owner_id, name) VALUES (17, 7, 'taken') ON CONFLICT (id) DO UPDATE SET name = c.name RETURNING *;

-- MERGE changes hidden rows
MERGE INTO clients c USING (SELECT generate_series(1, 40) AS id) v ON v.id = c.id WHEN MATCHED THEN UPDATE SET note = 'x';

-- MERGE deletes hidden rows
MERGE INTO deals d USING (SELECT generate_series(1, 80) AS id) v ON v.id = d.id WHEN MATCHED THEN DELETE;

-- MERGE with a condition that always holds
MERGE INTO deals d USING (VALUES (1)) v(x) ON true WHEN MATCHED THEN DELETE;

-- MERGE plants rows
MERGE INTO clients c USING (VALUES (900)) v(id) ON v.id = c.id WHEN NOT MATCHED THEN INSERT (id, owner_id, name) VALUES (v.id, 8, 'planted');

-- MERGE gives rows away
MERGE INTO clients c USING (VALUES (18)) v(id) ON v.id = c.id WHEN MATCHED THEN UPDATE SET owner_id = 8;

-- MERGE takes rows over
MERGE INTO clients c USING (VALUES (17)) v(id) ON v.id = c.id WHEN MATCHED THEN UPDATE SET owner_id = 7;

-- MERGE tells by its count how many there are
MERGE INTO memos m USING (SELECT generate_series(1, 40) AS id) v ON v.id = m.id AND m.body = 'N5' WHEN MATCHED THEN UPDATE SET body = m.body;

-- MERGE leads to what it did not match
MERGE INTO scratch s USING deals d ON d.id = s.id WHEN MATCHED AND d.status = 'N5' THEN UPDATE SET v = 'N5' WHEN NOT MATCHED THEN INSERT VALUES (d.id, d.status);
SELECT * FROM scratch ORDER BY 1, 2;

-- a child is changed by itself
UPDATE memos_old SET body = 'x';

-- a child is deleted from by itself
DELETE FROM memos_old;

-- a child is written into by itself
INSERT INTO memos_old (id, owner_id, body) VALUES (900, 8, 'planted');

-- a partition is changed by itself
UPDATE visits_01 SET minutes = 0;

-- a partition is deleted from by itself
DELETE FROM visits_02;

-- a partition is written into by itself
INSERT INTO visits_02 (id, owner_id, day) VALUES (900, 5, '2026-02-02');

-- a row moves to another partition and out of reach
UPDATE visits SET day = day + 31, owner_id = 5 WHERE id = 2;

-- only the parent
UPDATE ONLY memos SET body = 'x';

-- only the parent, deleted from
DELETE FROM ONLY memos;

-- with a star behind the name
DELETE FROM memos *;

-- a deal is moved to another’s client
UPDATE deals SET client_id = 17 WHERE id = 17;

-- all deals are moved to one client
UPDATE deals SET client_id = 18;

-- a deal is made for another’s client
INSERT INTO deals (id, client_id) VALUES (900, 17);

-- a deal is made for another’s client beside one’s own
INSERT INTO deals (id, client_id) VALUES (900, 18), (901, 17);

-- a deal’s client is found by a sub-select
INSERT INTO deals (id, client_id) SELECT 901, id FROM scratch WHERE id = 19;

-- the client of a deal is given away in the same statement
WITH u AS (UPDATE clients SET owner_id = 8 WHERE id = 18) INSERT INTO deals (id, client_id) VALUES (900, 18);

-- through a view of the tables
UPDATE my_deals SET status = 'x';

-- through a view, deleted
DELETE FROM my_deals;

-- through a view, planted
INSERT INTO my_deals VALUES (900, 5, 'x', 17);

-- a forced column is given another value
INSERT INTO tasks (id, owner_id, title) VALUES (900, 8, 'planted');

-- a forced column is given NULL
INSERT INTO tasks (id, owner_id, title) VALUES (900, 8, 'planted'), (901, 5, 'planted');

-- a forced column is changed
UPDATE tasks SET owner_id = 8;

-- a forced column is changed in a row assignment
UPDATE tasks SET (owner_id, title) = (8, 'x');

-- a forced column is changed by ON CONFLICT
INSERT INTO tasks (id, owner_id, title) VALUES (2, 8, 'x') ON CONFLICT (id) DO UPDATE SET owner_id = EXCLUDED.owner_id;

-- a forced column is filled from a query
INSERT INTO tasks (id, owner_id, title) SELECT 900, 8, 'planted';

-- a forced column is filled without naming columns
INSERT INTO tasks VALUES (900, 8, 'planted', 5);

-- a forced column is filled by MERGE
MERGE INTO tasks t USING (VALUES (900)) v(id) ON v.id = t.id WHEN NOT MATCHED THEN INSERT (id, owner_id, title) VALUES (v.id, 8, 'planted');

-- a forced column is changed by MERGE
MERGE INTO tasks t USING (VALUES (2)) v(id) ON v.id = t.id WHEN MATCHED THEN UPDATE SET owner_id = 8;

-- a read-only column is changed
UPDATE tasks SET bonus = 1000;

-- a read-only column is changed with others
UPDATE tasks SET title = 'x', bonus = bonus * 2;

-- a read-only column is changed under a quoted name
UPDATE tasks SET "bonus" = 1000;

-- a read-only column is changed under a Unicode name
UPDATE tasks SET U&"b\006fnus" = 1000;

-- a read-only column is changed in a row assignment
UPDATE tasks SET (title, bonus) = ('x', 1000);

-- a read-only column is set back to its default
UPDATE tasks SET bonus = DEFAULT;

-- a read-only column is filled
INSERT INTO tasks (id, owner_id, title, bonus) VALUES (900, 7, 'x', 1000);

-- a read-only column is filled without naming columns
INSERT INTO tasks VALUES (900, 7, 'x', 1000);

-- a read-only column is filled from a query
INSERT INTO tasks SELECT 900, 7, 'x', 1000;

-- a read-only column is changed by ON CONFLICT
INSERT INTO tasks (id, owner_id, title) VALUES (2, 7, 'x') ON CONFLICT (id) DO UPDATE SET bonus = 1000;

-- a read-only column is changed by MERGE
MERGE INTO tasks t USING (VALUES (2)) v(id) ON v.id = t.id WHEN MATCHED THEN UPDATE SET bonus = 1000;

-- a read-only column is filled by MERGE
MERGE INTO tasks t USING (VALUES (900)) v(id) ON v.id = t.id WHEN NOT MATCHED THEN INSERT VALUES (v.id, 7, 'x', 1000);

-- a read-only column is changed in a WITH query
WITH u AS (UPDATE tasks SET bonus = 1000 RETURNING id) SELECT count(*) FROM u;

-- a denied table is written
INSERT INTO client_log (client, what) VALUES (1, 'x');
DELETE FROM client_log;

-- a denied table’s rows are deleted
DELETE FROM client_log WHERE true;
UPDATE client_log SET what = 'x';
INSERT INTO client_log (client, what) VALUES (17, 'forged') RETURNING n;

-- tries: a row is checked with one sample and written with another
MERGE INTO memos c USING (VALUES (900)) v(id) ON v.id = c.id WHEN NOT MATCHED THEN INSERT (id, owner_id, body) VALUES (v.id, (SELECT id FROM scratch TABLESAMPLE BERNOULLI (50) WHERE id IN (7, 8) LIMIT 1), 'planted');

-- tries: a row is checked with what another session changes before it is written
MERGE INTO memos c USING (VALUES (900)) v(id) ON v.id = c.id WHEN NOT MATCHED THEN INSERT (id, owner_id, body) VALUES (v.id, (SELECT id FROM scratch WHERE scratch.v = 'v7' FOR KEY SHARE), 'planted');
