-- an error for a hidden row, in UPDATE
UPDATE clients SET note = 'x' WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1;

-- an error for a hidden row, in DELETE
DELETE FROM deals WHERE 1/(CASE WHEN status = 'N5' THEN 0 ELSE 1 END) = 1;

-- an error for a hidden row, in SET
UPDATE clients SET note = (1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END))::text;

-- an error for a hidden row, in RETURNING
UPDATE clients SET note = 'x' RETURNING 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END);

-- an error for a hidden row, in FROM
UPDATE scratch SET v = 'x' FROM clients c WHERE c.id = scratch.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1;

-- an error for a hidden row, in USING
DELETE FROM scratch USING deals d WHERE d.id = scratch.id AND 1/(CASE WHEN d.status = 'N5' THEN 0 ELSE 1 END) = 1;

-- an error for a hidden row, in ON CONFLICT
INSERT INTO clients AS c (id, owner_id, name) VALUES (17, 7, 'x') ON CONFLICT (id) DO UPDATE SET note = 'x' WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1;

-- an error for a hidden row, in ON CONFLICT’s SET
INSERT INTO clients AS c (id, owner_id, name) VALUES (17, 7, 'x') ON CONFLICT (id) DO UPDATE SET note = (1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END))::text;

-- an error for a hidden row, in MERGE
MERGE INTO clients c USING scratch s ON s.id = c.id WHEN MATCHED AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 THEN DO NOTHING;

-- an error for a hidden row, in MERGE’s join
MERGE INTO clients c USING scratch s ON s.id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 WHEN MATCHED THEN DO NOTHING;

-- an error for a hidden row, in a filter with a sub-select
UPDATE deals SET status = 'x' WHERE 1/(CASE WHEN amount = 777 THEN 0 ELSE 1 END) = 1;

-- an error for a hidden row, in a child
DELETE FROM memos WHERE 1/(CASE WHEN body = 'N5' THEN 0 ELSE 1 END) = 1;

-- an error for a hidden row, in a partition
UPDATE visits_01 SET minutes = 1 WHERE 1/minutes > 0;

-- a guard is read from a table of the target’s name
UPDATE clients SET note = 'x' WHERE EXISTS (SELECT FROM (VALUES (7)) AS clients(owner_id) WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1);

-- a guard is read from a table of the target’s alias
DELETE FROM deals d WHERE EXISTS (SELECT FROM (VALUES (18)) AS d(client_id) WHERE 1/(CASE WHEN status = 'N5' THEN 0 ELSE 1 END) = 1);

-- a mask is read from a table of the target’s name
UPDATE clients SET note = (SELECT public.clients.email FROM (VALUES (9)) AS clients(level));
SELECT note FROM clients;

-- a mask is read under the target’s name, in RETURNING
UPDATE clients SET note = 'x' RETURNING (SELECT email FROM (VALUES (9)) AS clients(level));

-- an error for a masked value
UPDATE clients SET note = (1/(CASE WHEN substr(phone, 4, 1) = '9' THEN 0 ELSE 1 END))::text;

-- an error for a masked value, by a cast
UPDATE clients SET touched = phone::smallint WHERE id = 18;

-- an error for a masked value, by a cast of a WITH query’s result
WITH u AS (UPDATE clients SET note = 'x' RETURNING id, phone) SELECT phone::smallint FROM u WHERE id = 18;

-- an error for a masked value, in RETURNING
UPDATE clients SET note = 'x' RETURNING card::smallint;

-- an error for a masked value, by its length
UPDATE clients SET name = repeat('x', CASE WHEN card LIKE '9%' THEN 50 ELSE 5 END) WHERE id = 38;

-- a CHECK tells of a masked value
UPDATE clients SET level = CASE WHEN substr(phone, 4, 1) = '9' THEN 100 ELSE level END;

-- a failing CHECK shows the row
UPDATE clients SET level = 100 WHERE id = 18;

-- a failing NOT NULL shows the row
UPDATE clients SET name = NULL WHERE id = 18;

-- a failing CHECK shows the row, in ON CONFLICT
INSERT INTO clients (id, owner_id, name) VALUES (18, 7, 'x') ON CONFLICT (id) DO UPDATE SET level = 100;

-- a failing NOT NULL shows the row, in MERGE
MERGE INTO clients c USING (VALUES (18)) v(id) ON v.id = c.id WHEN MATCHED THEN UPDATE SET name = NULL;

-- a failing NOT NULL shows the row, in a WITH query
WITH u AS (UPDATE clients SET name = NULL WHERE id = 18 RETURNING id) SELECT * FROM u;

-- a failing NOT NULL of a partition shows the row
UPDATE visits SET id = NULL WHERE id = 2;

-- a failing partition constraint shows the row
UPDATE visits_01 SET day = '2026-02-05' WHERE id = 2;

-- tries: no partition for a row shows the row
UPDATE visits SET day = '2027-01-01' WHERE id = 2;

-- a failing CHECK shows a copy of hidden values
UPDATE deals SET amount = c.credit, status = '' FROM clients c WHERE c.id = deals.client_id;

-- a failing CHECK shows a hidden column
UPDATE stock SET name = NULL WHERE id = 3;

-- a domain’s CHECK tells of a masked value
UPDATE clients SET note = CASE WHEN phone ~ '^138[*]' THEN 'masked' ELSE 'raw' END;
SELECT DISTINCT note FROM clients;

-- unique values tell of masked ones
UPDATE clients SET code = phone;

-- unique values tell of one masked value
UPDATE clients SET code = CASE WHEN substr(phone, 4, 2) = '99' THEN 'k1' ELSE code END;

-- unique values tell of a hidden row’s value
UPDATE clients SET code = (SELECT max(phone) FROM clients WHERE owner_id <> 7) WHERE id = 18;
SELECT code FROM clients WHERE id = 18;

-- a reference tells of a masked value
UPDATE deals SET client_id = (SELECT CASE WHEN substr(c.phone, 4, 1) = '9' THEN 18 ELSE 99999 END FROM clients c WHERE c.id = deals.client_id) WHERE id = 17;

-- a generated column shows what is hidden
UPDATE clients SET name = left(coalesce(card, 'none'), 40) RETURNING shout;

-- the number of rows counts hidden ones
UPDATE clients SET note = note;

-- the number of rows counts those of a hidden name
UPDATE clients SET note = 'x' WHERE name LIKE 'N5%';

-- the number of rows counts those of a masked value
UPDATE clients SET note = 'x' WHERE credit % 1000 <> 0;

-- the number of deleted rows counts hidden ones
DELETE FROM deals WHERE status = 'N5';

-- the number of deleted rows counts masked values
DELETE FROM stock WHERE cost % 1000 = 1;

-- the number of inserted rows counts hidden ones
INSERT INTO scratch SELECT id FROM clients WHERE note IS NULL;

-- the number of inserted rows counts masked values
INSERT INTO scratch SELECT id FROM clients WHERE card LIKE '9%';

-- the number of merged rows counts hidden ones
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED AND c.name LIKE 'N5%' THEN DELETE;

-- a sequence counts hidden rows
UPDATE clients SET note = 'x' WHERE CASE WHEN name LIKE 'N5%' THEN nextval('counter') ELSE 1 END > 0;

-- a sequence counts masked values
UPDATE clients SET level = CASE WHEN substr(phone, 4, 1) = '9' THEN nextval('counter') ELSE 1 END;

-- a sequence counts hidden deals
DELETE FROM deals WHERE CASE WHEN status = 'N5' THEN nextval('counter') ELSE 1 END > 0;

-- a sequence is moved by a hidden value
SELECT setval('counter', (SELECT max(credit)::bigint + 10 FROM clients));
SELECT last_value FROM counter;

-- RETURNING tells of the row’s version
UPDATE clients SET phone = '138****2862' WHERE id = 18 RETURNING xmin, ctid, phone;

-- tries: write-back tells by the log whether a guess is right
UPDATE clients SET phone = '13800142542' WHERE id = 18;
SELECT phone FROM client_log WHERE client = 18;

-- write-back tells by a later mask whether a guess is right
UPDATE clients SET note = (phone = '13800142542')::text WHERE id = 18;
SELECT note FROM clients WHERE id = 18;

-- a saved mask shows the other value through EXCLUDED
INSERT INTO clients AS c (id, owner_id, name, phone) VALUES (18, 7, 'x', '138****2862') ON CONFLICT (id) DO UPDATE SET phone = EXCLUDED.phone, note = coalesce(NULLIF(c.phone, EXCLUDED.phone), 'same') RETURNING note;

-- a saved mask is read back by another column
UPDATE clients SET phone = '138****2862', note = phone || '/' || length(phone) || md5(phone) WHERE id = 18 RETURNING note;

-- tries: a saved mask is read back in RETURNING
UPDATE clients SET phone = '138****2862' WHERE id = 18 RETURNING phone, left(phone, 7), md5(phone);

-- another row’s value is put behind one’s own mask and shown part by part
UPDATE clients SET phone = (SELECT reverse(c.phone) FROM clients c WHERE c.id = 22) WHERE id = 18;
SELECT phone FROM clients WHERE id = 18;

-- a masked value moves into a column that is not masked through a swap
UPDATE clients SET phone = note, note = phone WHERE id = 18;
SELECT note, phone FROM clients WHERE id = 18;

-- tries: a masked value is written over itself in pieces
UPDATE clients SET phone = left(phone, 3) || '0000' || right(phone, 4) WHERE id = 18;
UPDATE clients SET note = phone WHERE id = 18 RETURNING note;

-- a document’s masked key is copied to a key that is not
UPDATE clients SET profile = profile || jsonb_build_object('copy', profile->'phone', 'e', profile->'emergency');
SELECT profile FROM clients;

-- a document’s masked key is renamed
UPDATE clients SET profile = (SELECT jsonb_object_agg('x' || k, v) FROM jsonb_each(profile) e(k, v));
SELECT profile FROM clients;

-- a document’s masked key is written in place
UPDATE clients SET profile['copy'] = profile['phone'];
SELECT profile FROM clients;

-- a document is wrapped in another
UPDATE clients SET profile = jsonb_build_object('inside', profile);
SELECT profile FROM clients;

-- a document becomes a list
UPDATE clients SET profile = jsonb_build_array(profile);
SELECT profile FROM clients;

-- tries: a serializable transaction’s own locks name the hidden rows that it has read
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SET LOCAL enable_seqscan = off;
SELECT count(*) FROM clients WHERE id BETWEEN 1 AND 1000;
SELECT count(*) FROM pg_locks WHERE locktype = 'tuple' AND relation = 'clients'::regclass;
COMMIT;

-- tries: a serializable transaction’s own locks name the hidden rows behind those of another table
ROLLBACK;
BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE;
SELECT count(*) FROM deals WHERE id < 40;
SELECT locktype, relation::regclass, page, tuple FROM pg_locks WHERE mode = 'SIReadLock' ORDER BY 1, 2, 3, 4;
COMMIT;
