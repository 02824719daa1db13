-- UPDATE copies the phone into a note
UPDATE clients SET note = phone::text;
SELECT id, note FROM clients;

-- a sub-select copies the phone into a note
UPDATE clients SET note = (SELECT c.phone::text FROM clients c WHERE c.id = clients.id);
SELECT id, note FROM clients;

-- UPDATE … FROM copies the phone into another table
UPDATE scratch SET v = c.phone::text FROM clients c WHERE c.id = scratch.id;
TABLE scratch;

-- INSERT … SELECT copies the phone
INSERT INTO scratch SELECT id, phone::text FROM clients;
SELECT * FROM scratch ORDER BY 1, 2;

-- ON CONFLICT copies the phone
INSERT INTO clients AS c (id, owner_id, name) VALUES (18, 7, 'x'), (22, 7, 'y'), (17, 7, 'z') ON CONFLICT (id) DO UPDATE SET note = c.phone::text;
SELECT id, note FROM clients;

-- a WITH query’s RETURNING hands the phone on
WITH u AS (UPDATE clients SET note = 'x' RETURNING id, phone) INSERT INTO scratch SELECT id, phone::text FROM u;
TABLE scratch;

-- DELETE’s RETURNING hands the phone on
WITH d AS (DELETE FROM deals USING clients c WHERE c.id = deals.client_id RETURNING c.phone::text AS x) INSERT INTO scratch (v) SELECT x FROM d RETURNING v;

-- MERGE copies the phone into another table
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED THEN UPDATE SET v = c.phone::text WHEN NOT MATCHED THEN INSERT VALUES (c.id, c.phone::text);
TABLE scratch;

-- MERGE copies the phone of its target
MERGE INTO clients t USING scratch s ON t.id = s.id WHEN MATCHED THEN UPDATE SET note = t.phone::text;
SELECT id, note FROM clients;

-- MERGE deletes by the phone
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED AND c.phone::text LIKE '%3%' THEN DELETE;
SELECT count(*) FROM scratch;

-- a row assignment copies the phone
UPDATE clients SET (note, code) = (phone::text, id::text || left(phone::text, 60));
SELECT note, code FROM clients;

-- a row assigned from a sub-select copies the phone
UPDATE clients SET (note, code) = (SELECT c.phone::text, c.id || '/' || c.phone FROM clients c WHERE c.id = clients.id) RETURNING note, code;

-- an array takes the phone
UPDATE clients SET tags = array_append(tags, phone::text);
SELECT tags FROM clients;

-- an array’s element takes the phone
UPDATE clients SET tags[1] = phone::text, tags[3] = left(phone::text, 5) RETURNING tags;

-- a whole row holds the phone
UPDATE clients SET note = clients::text || 'phone';
SELECT note FROM clients WHERE id = 18;

-- RETURNING shows the phone
UPDATE clients SET note = 'x' RETURNING id, phone, clients.phone, coalesce(phone::text, 'none');

-- RETURNING shows the phone of a row just deleted
DELETE FROM clients WHERE NOT EXISTS (SELECT FROM deals d WHERE d.client_id = clients.id) RETURNING phone;
DELETE FROM deals;
DELETE FROM clients RETURNING phone;

-- the number of changed rows counts the phone
UPDATE clients SET note = 'hit' WHERE phone::text ~ '[1-4]5';
SELECT count(*) FROM clients WHERE note = 'hit';

-- RETURNING gives a sub-select over the phone
INSERT INTO scratch VALUES (1) RETURNING (SELECT string_agg(phone::text, ',' ORDER BY id) FROM clients);

-- UPDATE copies the mail address into a note
UPDATE clients SET note = email::text;
SELECT id, note FROM clients;

-- a sub-select copies the mail address into a note
UPDATE clients SET note = (SELECT c.email::text FROM clients c WHERE c.id = clients.id);
SELECT id, note FROM clients;

-- UPDATE … FROM copies the mail address into another table
UPDATE scratch SET v = c.email::text FROM clients c WHERE c.id = scratch.id;
TABLE scratch;

-- INSERT … SELECT copies the mail address
INSERT INTO scratch SELECT id, email::text FROM clients;
SELECT * FROM scratch ORDER BY 1, 2;

-- ON CONFLICT copies the mail address
INSERT INTO clients AS c (id, owner_id, name) VALUES (18, 7, 'x'), (22, 7, 'y'), (17, 7, 'z') ON CONFLICT (id) DO UPDATE SET note = c.email::text;
SELECT id, note FROM clients;

-- a WITH query’s RETURNING hands the mail address on
WITH u AS (UPDATE clients SET note = 'x' RETURNING id, email) INSERT INTO scratch SELECT id, email::text FROM u;
TABLE scratch;

-- DELETE’s RETURNING hands the mail address on
WITH d AS (DELETE FROM deals USING clients c WHERE c.id = deals.client_id RETURNING c.email::text AS x) INSERT INTO scratch (v) SELECT x FROM d RETURNING v;

-- MERGE copies the mail address into another table
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED THEN UPDATE SET v = c.email::text WHEN NOT MATCHED THEN INSERT VALUES (c.id, c.email::text);
TABLE scratch;

-- MERGE copies the mail address of its target
MERGE INTO clients t USING scratch s ON t.id = s.id WHEN MATCHED THEN UPDATE SET note = t.email::text;
SELECT id, note FROM clients;

-- MERGE deletes by the mail address
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED AND c.email::text LIKE '%3%' THEN DELETE;
SELECT count(*) FROM scratch;

-- a row assignment copies the mail address
UPDATE clients SET (note, code) = (email::text, id::text || left(email::text, 60));
SELECT note, code FROM clients;

-- a row assigned from a sub-select copies the mail address
UPDATE clients SET (note, code) = (SELECT c.email::text, c.id || '/' || c.email FROM clients c WHERE c.id = clients.id) RETURNING note, code;

-- an array takes the mail address
UPDATE clients SET tags = array_append(tags, email::text);
SELECT tags FROM clients;

-- an array’s element takes the mail address
UPDATE clients SET tags[1] = email::text, tags[3] = left(email::text, 5) RETURNING tags;

-- a whole row holds the mail address
UPDATE clients SET note = clients::text || 'email';
SELECT note FROM clients WHERE id = 18;

-- RETURNING shows the mail address
UPDATE clients SET note = 'x' RETURNING id, email, clients.email, coalesce(email::text, 'none');

-- RETURNING shows the mail address of a row just deleted
DELETE FROM clients WHERE NOT EXISTS (SELECT FROM deals d WHERE d.client_id = clients.id) RETURNING email;
DELETE FROM deals;
DELETE FROM clients RETURNING email;

-- the number of changed rows counts the mail address
UPDATE clients SET note = 'hit' WHERE email::text ~ '[1-4]5';
SELECT count(*) FROM clients WHERE note = 'hit';

-- RETURNING gives a sub-select over the mail address
INSERT INTO scratch VALUES (1) RETURNING (SELECT string_agg(email::text, ',' ORDER BY id) FROM clients);

-- UPDATE copies the ID card into a note
UPDATE clients SET note = card::text;
SELECT id, note FROM clients;

-- a sub-select copies the ID card into a note
UPDATE clients SET note = (SELECT c.card::text FROM clients c WHERE c.id = clients.id);
SELECT id, note FROM clients;

-- UPDATE … FROM copies the ID card into another table
UPDATE scratch SET v = c.card::text FROM clients c WHERE c.id = scratch.id;
TABLE scratch;

-- INSERT … SELECT copies the ID card
INSERT INTO scratch SELECT id, card::text FROM clients;
SELECT * FROM scratch ORDER BY 1, 2;

-- ON CONFLICT copies the ID card
INSERT INTO clients AS c (id, owner_id, name) VALUES (18, 7, 'x'), (22, 7, 'y'), (17, 7, 'z') ON CONFLICT (id) DO UPDATE SET note = c.card::text;
SELECT id, note FROM clients;

-- a WITH query’s RETURNING hands the ID card on
WITH u AS (UPDATE clients SET note = 'x' RETURNING id, card) INSERT INTO scratch SELECT id, card::text FROM u;
TABLE scratch;

-- DELETE’s RETURNING hands the ID card on
WITH d AS (DELETE FROM deals USING clients c WHERE c.id = deals.client_id RETURNING c.card::text AS x) INSERT INTO scratch (v) SELECT x FROM d RETURNING v;

-- MERGE copies the ID card into another table
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED THEN UPDATE SET v = c.card::text WHEN NOT MATCHED THEN INSERT VALUES (c.id, c.card::text);
TABLE scratch;

-- MERGE copies the ID card of its target
MERGE INTO clients t USING scratch s ON t.id = s.id WHEN MATCHED THEN UPDATE SET note = t.card::text;
SELECT id, note FROM clients;

-- MERGE deletes by the ID card
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED AND c.card::text LIKE '%3%' THEN DELETE;
SELECT count(*) FROM scratch;

-- a row assignment copies the ID card
UPDATE clients SET (note, code) = (card::text, id::text || left(card::text, 60));
SELECT note, code FROM clients;

-- a row assigned from a sub-select copies the ID card
UPDATE clients SET (note, code) = (SELECT c.card::text, c.id || '/' || c.card FROM clients c WHERE c.id = clients.id) RETURNING note, code;

-- an array takes the ID card
UPDATE clients SET tags = array_append(tags, card::text);
SELECT tags FROM clients;

-- an array’s element takes the ID card
UPDATE clients SET tags[1] = card::text, tags[3] = left(card::text, 5) RETURNING tags;

-- a whole row holds the ID card
UPDATE clients SET note = clients::text || 'card';
SELECT note FROM clients WHERE id = 18;

-- RETURNING shows the ID card
UPDATE clients SET note = 'x' RETURNING id, card, clients.card, coalesce(card::text, 'none');

-- RETURNING shows the ID card of a row just deleted
DELETE FROM clients WHERE NOT EXISTS (SELECT FROM deals d WHERE d.client_id = clients.id) RETURNING card;
DELETE FROM deals;
DELETE FROM clients RETURNING card;

-- the number of changed rows counts the ID card
UPDATE clients SET note = 'hit' WHERE card::text ~ '[1-4]5';
SELECT count(*) FROM clients WHERE note = 'hit';

-- RETURNING gives a sub-select over the ID card
INSERT INTO scratch VALUES (1) RETURNING (SELECT string_agg(card::text, ',' ORDER BY id) FROM clients);

-- UPDATE copies the birthday into a note
UPDATE clients SET note = born::text;
SELECT id, note FROM clients;

-- a sub-select copies the birthday into a note
UPDATE clients SET note = (SELECT c.born::text FROM clients c WHERE c.id = clients.id);
SELECT id, note FROM clients;

-- UPDATE … FROM copies the birthday into another table
UPDATE scratch SET v = c.born::text FROM clients c WHERE c.id = scratch.id;
TABLE scratch;

-- INSERT … SELECT copies the birthday
INSERT INTO scratch SELECT id, born::text FROM clients;
SELECT * FROM scratch ORDER BY 1, 2;

-- ON CONFLICT copies the birthday
INSERT INTO clients AS c (id, owner_id, name) VALUES (18, 7, 'x'), (22, 7, 'y'), (17, 7, 'z') ON CONFLICT (id) DO UPDATE SET note = c.born::text;
SELECT id, note FROM clients;

-- a WITH query’s RETURNING hands the birthday on
WITH u AS (UPDATE clients SET note = 'x' RETURNING id, born) INSERT INTO scratch SELECT id, born::text FROM u;
TABLE scratch;

-- DELETE’s RETURNING hands the birthday on
WITH d AS (DELETE FROM deals USING clients c WHERE c.id = deals.client_id RETURNING c.born::text AS x) INSERT INTO scratch (v) SELECT x FROM d RETURNING v;

-- MERGE copies the birthday into another table
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED THEN UPDATE SET v = c.born::text WHEN NOT MATCHED THEN INSERT VALUES (c.id, c.born::text);
TABLE scratch;

-- MERGE copies the birthday of its target
MERGE INTO clients t USING scratch s ON t.id = s.id WHEN MATCHED THEN UPDATE SET note = t.born::text;
SELECT id, note FROM clients;

-- MERGE deletes by the birthday
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED AND c.born::text LIKE '%3%' THEN DELETE;
SELECT count(*) FROM scratch;

-- a row assignment copies the birthday
UPDATE clients SET (note, code) = (born::text, id::text || left(born::text, 60));
SELECT note, code FROM clients;

-- a row assigned from a sub-select copies the birthday
UPDATE clients SET (note, code) = (SELECT c.born::text, c.id || '/' || c.born FROM clients c WHERE c.id = clients.id) RETURNING note, code;

-- an array takes the birthday
UPDATE clients SET tags = array_append(tags, born::text);
SELECT tags FROM clients;

-- an array’s element takes the birthday
UPDATE clients SET tags[1] = born::text, tags[3] = left(born::text, 5) RETURNING tags;

-- a whole row holds the birthday
UPDATE clients SET note = clients::text || 'born';
SELECT note FROM clients WHERE id = 18;

-- RETURNING shows the birthday
UPDATE clients SET note = 'x' RETURNING id, born, clients.born, coalesce(born::text, 'none');

-- RETURNING shows the birthday of a row just deleted
DELETE FROM clients WHERE NOT EXISTS (SELECT FROM deals d WHERE d.client_id = clients.id) RETURNING born;
DELETE FROM deals;
DELETE FROM clients RETURNING born;

-- the number of changed rows counts the birthday
UPDATE clients SET note = 'hit' WHERE born::text ~ '[1-4]5';
SELECT count(*) FROM clients WHERE note = 'hit';

-- RETURNING gives a sub-select over the birthday
INSERT INTO scratch VALUES (1) RETURNING (SELECT string_agg(born::text, ',' ORDER BY id) FROM clients);

-- UPDATE copies the credit into a note
UPDATE clients SET note = credit::text;
SELECT id, note FROM clients;

-- a sub-select copies the credit into a note
UPDATE clients SET note = (SELECT c.credit::text FROM clients c WHERE c.id = clients.id);
SELECT id, note FROM clients;

-- UPDATE … FROM copies the credit into another table
UPDATE scratch SET v = c.credit::text FROM clients c WHERE c.id = scratch.id;
TABLE scratch;

-- INSERT … SELECT copies the credit
INSERT INTO scratch SELECT id, credit::text FROM clients;
SELECT * FROM scratch ORDER BY 1, 2;

-- ON CONFLICT copies the credit
INSERT INTO clients AS c (id, owner_id, name) VALUES (18, 7, 'x'), (22, 7, 'y'), (17, 7, 'z') ON CONFLICT (id) DO UPDATE SET note = c.credit::text;
SELECT id, note FROM clients;

-- a WITH query’s RETURNING hands the credit on
WITH u AS (UPDATE clients SET note = 'x' RETURNING id, credit) INSERT INTO scratch SELECT id, credit::text FROM u;
TABLE scratch;

-- DELETE’s RETURNING hands the credit on
WITH d AS (DELETE FROM deals USING clients c WHERE c.id = deals.client_id RETURNING c.credit::text AS x) INSERT INTO scratch (v) SELECT x FROM d RETURNING v;

-- MERGE copies the credit into another table
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED THEN UPDATE SET v = c.credit::text WHEN NOT MATCHED THEN INSERT VALUES (c.id, c.credit::text);
TABLE scratch;

-- MERGE copies the credit of its target
MERGE INTO clients t USING scratch s ON t.id = s.id WHEN MATCHED THEN UPDATE SET note = t.credit::text;
SELECT id, note FROM clients;

-- MERGE deletes by the credit
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED AND c.credit::text LIKE '%3%' THEN DELETE;
SELECT count(*) FROM scratch;

-- a row assignment copies the credit
UPDATE clients SET (note, code) = (credit::text, id::text || left(credit::text, 60));
SELECT note, code FROM clients;

-- a row assigned from a sub-select copies the credit
UPDATE clients SET (note, code) = (SELECT c.credit::text, c.id || '/' || c.credit FROM clients c WHERE c.id = clients.id) RETURNING note, code;

-- an array takes the credit
UPDATE clients SET tags = array_append(tags, credit::text);
SELECT tags FROM clients;

-- an array’s element takes the credit
UPDATE clients SET tags[1] = credit::text, tags[3] = left(credit::text, 5) RETURNING tags;

-- a whole row holds the credit
UPDATE clients SET note = clients::text || 'credit';
SELECT note FROM clients WHERE id = 18;

-- RETURNING shows the credit
UPDATE clients SET note = 'x' RETURNING id, credit, clients.credit, coalesce(credit::text, 'none');

-- RETURNING shows the credit of a row just deleted
DELETE FROM clients WHERE NOT EXISTS (SELECT FROM deals d WHERE d.client_id = clients.id) RETURNING credit;
DELETE FROM deals;
DELETE FROM clients RETURNING credit;

-- the number of changed rows counts the credit
UPDATE clients SET note = 'hit' WHERE credit::text ~ '[1-4]5';
SELECT count(*) FROM clients WHERE note = 'hit';

-- RETURNING gives a sub-select over the credit
INSERT INTO scratch VALUES (1) RETURNING (SELECT string_agg(credit::text, ',' ORDER BY id) FROM clients);

-- UPDATE copies the profile into a note
UPDATE clients SET note = profile::text;
SELECT id, note FROM clients;

-- a sub-select copies the profile into a note
UPDATE clients SET note = (SELECT c.profile::text FROM clients c WHERE c.id = clients.id);
SELECT id, note FROM clients;

-- UPDATE … FROM copies the profile into another table
UPDATE scratch SET v = c.profile::text FROM clients c WHERE c.id = scratch.id;
TABLE scratch;

-- INSERT … SELECT copies the profile
INSERT INTO scratch SELECT id, profile::text FROM clients;
SELECT * FROM scratch ORDER BY 1, 2;

-- ON CONFLICT copies the profile
INSERT INTO clients AS c (id, owner_id, name) VALUES (18, 7, 'x'), (22, 7, 'y'), (17, 7, 'z') ON CONFLICT (id) DO UPDATE SET note = c.profile::text;
SELECT id, note FROM clients;

-- a WITH query’s RETURNING hands the profile on
WITH u AS (UPDATE clients SET note = 'x' RETURNING id, profile) INSERT INTO scratch SELECT id, profile::text FROM u;
TABLE scratch;

-- DELETE’s RETURNING hands the profile on
WITH d AS (DELETE FROM deals USING clients c WHERE c.id = deals.client_id RETURNING c.profile::text AS x) INSERT INTO scratch (v) SELECT x FROM d RETURNING v;

-- MERGE copies the profile into another table
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED THEN UPDATE SET v = c.profile::text WHEN NOT MATCHED THEN INSERT VALUES (c.id, c.profile::text);
TABLE scratch;

-- MERGE copies the profile of its target
MERGE INTO clients t USING scratch s ON t.id = s.id WHEN MATCHED THEN UPDATE SET note = t.profile::text;
SELECT id, note FROM clients;

-- MERGE deletes by the profile
MERGE INTO scratch s USING clients c ON c.id = s.id WHEN MATCHED AND c.profile::text LIKE '%3%' THEN DELETE;
SELECT count(*) FROM scratch;

-- a row assignment copies the profile
UPDATE clients SET (note, code) = (profile::text, id::text || left(profile::text, 60));
SELECT note, code FROM clients;

-- a row assigned from a sub-select copies the profile
UPDATE clients SET (note, code) = (SELECT c.profile::text, c.id || '/' || c.profile FROM clients c WHERE c.id = clients.id) RETURNING note, code;

-- an array takes the profile
UPDATE clients SET tags = array_append(tags, profile::text);
SELECT tags FROM clients;

-- an array’s element takes the profile
UPDATE clients SET tags[1] = profile::text, tags[3] = left(profile::text, 5) RETURNING tags;

-- a whole row holds the profile
UPDATE clients SET note = clients::text || 'profile';
SELECT note FROM clients WHERE id = 18;

-- RETURNING shows the profile
UPDATE clients SET note = 'x' RETURNING id, profile, clients.profile, coalesce(profile::text, 'none');

-- RETURNING shows the profile of a row just deleted
DELETE FROM clients WHERE NOT EXISTS (SELECT FROM deals d WHERE d.client_id = clients.id) RETURNING profile;
DELETE FROM deals;
DELETE FROM clients RETURNING profile;

-- the number of changed rows counts the profile
UPDATE clients SET note = 'hit' WHERE profile::text ~ '[1-4]5';
SELECT count(*) FROM clients WHERE note = 'hit';

-- RETURNING gives a sub-select over the profile
INSERT INTO scratch VALUES (1) RETURNING (SELECT string_agg(profile::text, ',' ORDER BY id) FROM clients);
