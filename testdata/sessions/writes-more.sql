-- Writing beside what writes-mappers.sql has: mappers, ERPs, queues, chains of data-modifying WITH queries, MERGE.

-- the common test of an upsert: which rows are new
INSERT INTO clients (id, name, code, phone) VALUES (2, 'new 2', 'Code2', '1'), (900, 'n900', 'C900', '13911112222') ON CONFLICT (id) DO UPDATE SET note = excluded.name, phone = excluded.phone WHERE clients.active RETURNING id, (xmax = 0) AS inserted

INSERT INTO clients (id, name, code) VALUES (6, 'new', 'Code6'), (901, 'n', 'C901') ON CONFLICT (id) DO UPDATE SET version = clients.version + 1 RETURNING id, version, (SELECT xmax) = 0 AS inserted, CASE WHEN xmax = 0 THEN 'i' ELSE 'u' END AS what

INSERT INTO products AS p (sku, name, price) VALUES ('SKU-1', 'x', 2), ('SKU-99', 'y', 3) ON CONFLICT (sku) DO UPDATE SET (name, price) = (SELECT excluded.name, excluded.price + p.price) RETURNING p.*, (p.xmax::text::bigint = 0) AS fresh

-- fails
INSERT INTO products (sku, name, price, cost) VALUES ('SKU-2', 'x', 2, 5) ON CONFLICT ON CONSTRAINT products_sku_key DO UPDATE SET (name, price, labels) = ROW(excluded.name, DEFAULT, excluded.labels) RETURNING *

-- otherwise: what is written is masked, as a view would show it
INSERT INTO products (sku, name, price, cost) VALUES ('SKU-2', 'x', 2, 5), ('S5', 'z', 1, NULL) ON CONFLICT ON CONSTRAINT products_sku_key DO UPDATE SET name = excluded.name || products.name, cost = excluded.cost RETURNING id, sku, name, price, cost

INSERT INTO products (sku, name, price) SELECT 'SKU-' || g, 'gen ' || g, g FROM generate_series(19, 23) g ON CONFLICT (sku) DO NOTHING RETURNING id, sku

-- Rails: upsert_all, insert_all, touch, counter caches, increment!, update_counters
INSERT INTO "clients" ("id","name","region","created_at","updated_at") VALUES (10, 'Up', 'EU', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP), (902, 'Ins', 'US', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP) ON CONFLICT ("id") DO UPDATE SET updated_at=(CASE WHEN ("clients"."name" IS NOT DISTINCT FROM excluded."name" AND "clients"."region" IS NOT DISTINCT FROM excluded."region") THEN "clients".updated_at ELSE CURRENT_TIMESTAMP END),"name"=excluded."name","region"=excluded."region" RETURNING "id"

UPDATE "clients" SET "version" = COALESCE("version", 0) + 1, "note" = COALESCE("note", '') || '!' WHERE "clients"."id" IN (SELECT "clients"."id" FROM "clients" INNER JOIN "deals" ON "deals"."client_id" = "clients"."id" WHERE "deals"."state" = 'won' ORDER BY "clients"."id" ASC LIMIT 3) RETURNING id, version, note, phone

UPDATE "clients" SET "version" = (SELECT COUNT(*) FROM "deals" WHERE "deals"."client_id" = "clients"."id") WHERE "clients"."region" = 'EU' RETURNING "id", "version"

DELETE FROM "lines" WHERE ("lines"."deal_id", "lines"."no") IN (SELECT "lines"."deal_id", "lines"."no" FROM "lines" INNER JOIN "deals" ON "deals"."id" = "lines"."deal_id" WHERE "deals"."state" = 'draft') RETURNING deal_id, no

SELECT "jobs".* FROM "jobs" WHERE "jobs"."queue" = 'mail' AND "jobs"."locked_by" IS NULL ORDER BY "jobs"."run_at" ASC, "jobs"."id" ASC LIMIT 1 FOR UPDATE SKIP LOCKED

SELECT "clients".* FROM "clients" LEFT OUTER JOIN "deals" ON "deals"."client_id" = "clients"."id" WHERE "clients"."id" = 2 ORDER BY deals.id FOR NO KEY UPDATE OF clients NOWAIT

SELECT c.id FROM clients c, deals d WHERE d.client_id = c.id AND d.net > 2000 ORDER BY d.id FOR SHARE OF c FOR UPDATE OF d SKIP LOCKED

SELECT * FROM (SELECT id, phone FROM clients WHERE id < 20 FOR UPDATE) x ORDER BY id

-- queues: graphile-worker, pg-boss, que, Oban, good_job, solid_queue, river
WITH j AS (SELECT id FROM jobs WHERE queue = 'mail' AND run_at <= now() AND attempts < 3 ORDER BY run_at ASC, id ASC LIMIT 2 FOR UPDATE SKIP LOCKED) UPDATE jobs SET attempts = jobs.attempts + 1, locked_by = 'worker-1' FROM j WHERE jobs.id = j.id RETURNING jobs.id, jobs.payload, jobs.attempts, j.*

UPDATE jobs SET locked_by = 'w' WHERE id = (SELECT id FROM jobs WHERE locked_by IS NULL ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING *

WITH next AS MATERIALIZED (SELECT id, queue FROM jobs ORDER BY id LIMIT 3 FOR UPDATE SKIP LOCKED), gone AS (DELETE FROM jobs USING next WHERE jobs.id = next.id RETURNING jobs.*) INSERT INTO log (what, ref) SELECT payload->>'n', id FROM gone RETURNING what, ref

WITH subset AS (SELECT id FROM jobs WHERE locked_by IS NULL ORDER BY run_at, id LIMIT 2 FOR UPDATE SKIP LOCKED) UPDATE jobs AS j0 SET locked_by = 'oban', attempts = j0.attempts + 1 FROM subset AS s1 WHERE j0.id = s1.id RETURNING j0.id, j0.attempts, (j0.payload->>'n')::int AS n

INSERT INTO jobs (queue, payload) SELECT 'bulk', to_json(x) FROM json_to_recordset('[{"a":1,"b":"x"},{"a":2}]') AS x(a int, b text) RETURNING payload, owner_id, attempts

WITH RECURSIVE jobs_r AS ((SELECT j FROM jobs j WHERE queue = 'mail' ORDER BY run_at, id LIMIT 1) UNION ALL (SELECT (SELECT j FROM jobs AS j WHERE queue = 'mail' AND (run_at, id) > ((jobs_r.j).run_at, (jobs_r.j).id) ORDER BY run_at, id LIMIT 1) FROM jobs_r WHERE jobs_r.j IS NOT NULL LIMIT 1)) SELECT (j).id, (j).payload FROM jobs_r WHERE (j).id IS NOT NULL LIMIT 4

-- Django: bulk_update, bulk_create with update_conflicts, F(), conditional updates, delete by sub-query
UPDATE "clients" SET "note" = (CASE WHEN ("clients"."id" = 2) THEN 'a' WHEN ("clients"."id" = 6) THEN NULL WHEN ("clients"."id" = 10) THEN 'c' ELSE NULL END)::text, "credit" = (CASE WHEN ("clients"."id" = 2) THEN 5 WHEN ("clients"."id" = 6) THEN 6.5 ELSE "clients"."credit" END)::numeric(12,2) WHERE "clients"."id" IN (2, 6, 10)

-- otherwise: what is written is masked, as a view would show it
UPDATE "clients" SET "phone" = CASE WHEN "clients"."phone" LIKE '138%' THEN '13900000000' ELSE "clients"."phone" END WHERE "clients"."id" IN (SELECT U0."client_id" FROM "deals" U0 GROUP BY U0."client_id" HAVING COUNT(*) > 2) RETURNING id, phone

UPDATE "clients" SET "name" = CONCAT("clients"."name", CONCAT(' (', "clients"."phone", ')')) WHERE id = 14 RETURNING name, shout, search

-- otherwise: what is written is masked, as a view would show it
INSERT INTO "clients" ("name", "phone", "code", "tags", "mood", "profile", "attrs", "home", "homes", "mail") VALUES ('bulk', NULL, 'BC1', ARRAY['a','b']::text[], 'happy'::mood, '{"phone": "13912345678", "address": {"street": "S", "city": "C"}}'::jsonb, 'a=>1', ROW('s','c',NULL), ARRAY[('s','c',NULL)::place], 'a@b.c'), ('bulk2', '13812344321', 'BC2', '{}', NULL, NULL, NULL, NULL, NULL, NULL) ON CONFLICT ("code") DO UPDATE SET "name" = EXCLUDED."name", "tags" = clients.tags || EXCLUDED.tags RETURNING "clients"."id", name, phone, code, tags, mood, attrs, homes, shout, version

DELETE FROM "deals" WHERE "deals"."id" IN (SELECT U0."id" FROM "deals" U0 INNER JOIN "clients" U1 ON (U0."client_id" = U1."id") WHERE (U1."region" = 'EU' AND U0."state" = 'draft'))

UPDATE "deals" SET "meta" = jsonb_set("deals"."meta", '{source}', to_jsonb("deals"."state")), "span" = daterange(lower("deals"."span"), upper("deals"."span") + 3), "tax" = DEFAULT WHERE "deals"."meta" @> '{"source": "web"}' AND NOT ("deals"."state" = 'closed') RETURNING id, meta, span, tax, gross

-- Hibernate and jOOQ: versions, tuples, joined updates, merges
-- $ 3 | x | 0 | 18
UPDATE clients SET version = $1, note = $2 WHERE version = $3 AND id = $4

-- $ 2 | Up
UPDATE clients SET (name, note) = (SELECT $2::varchar || s.name, 'of ' || s.team FROM staff s WHERE s.id = clients.owner_id) WHERE id = $1 RETURNING name, note

UPDATE clients SET (region, note) = ('US', DEFAULT), tags[1] = 'first', attrs = attrs || 'z=>9', version = -version WHERE (id, region) IN ((2, 'CN'), (6, 'EU'), (10, 'US')) RETURNING id, region, note, tags, attrs, version

UPDATE deals d SET net = d.net + x.extra FROM (SELECT client_id, avg(net) AS extra, count(*) FROM deals GROUP BY client_id) AS x, clients c WHERE x.client_id = d.client_id AND c.id = d.client_id AND c.active AND d.state <> 'closed' RETURNING d.id, d.net, d.gross, x.extra, c.phone

UPDATE deals a SET title = b.title || '/' || a.title FROM deals b WHERE b.client_id = a.client_id AND b.id < a.id AND a.state = 'won' AND b.state = 'draft' RETURNING a.id, a.title, b.id

DELETE FROM lines l USING deals d JOIN clients c ON c.id = d.client_id WHERE l.deal_id = d.id AND c.id IN (2, 6) AND l.no = 2 RETURNING l.*, d.title, c.phone

MERGE INTO products AS t USING (VALUES ('SKU-1', 'm1', 1.0), ('SKU-77', 'm77', 7.7)) AS s (sku, name, price) ON t.sku = s.sku WHEN MATCHED AND t.price > s.price THEN UPDATE SET price = s.price, name = s.name WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT (sku, name, price) VALUES (s.sku, s.name, s.price)

MERGE INTO nodes n USING (SELECT id, count(*) FROM deals GROUP BY id) d ON n.id = d.id WHEN MATCHED AND n.weight > 5 THEN DELETE WHEN MATCHED THEN UPDATE SET weight = n.weight + d.count

-- otherwise: triggers can change the rows behind the check of MERGE
MERGE INTO clients c USING (SELECT client_id, sum(net) AS s FROM deals GROUP BY client_id) d ON c.id = d.client_id WHEN MATCHED AND d.s > 1000 THEN UPDATE SET credit = d.s, note = 'big' WHEN MATCHED THEN UPDATE SET note = 'small'

-- otherwise: triggers can change the rows behind the check of MERGE
MERGE INTO deals d USING clients c ON d.client_id = c.id AND d.state = 'open' WHEN MATCHED AND c.active THEN UPDATE SET net = d.net + 1 WHEN MATCHED THEN DELETE

MERGE INTO things t USING (SELECT n, secret FROM things) s ON t.n = s.n WHEN MATCHED THEN UPDATE SET f8 = s.n, secret = s.secret

MERGE INTO jobs j USING (VALUES (1, 'x'), (2, 'y'), (500, 'z')) v (id, q) ON j.id = v.id WHEN MATCHED THEN UPDATE SET queue = v.q WHEN NOT MATCHED AND v.id > 100 THEN INSERT (id, queue, payload, owner_id) VALUES (v.id, v.q, '{}', 7)

WITH src AS (SELECT id, name FROM products WHERE id < 4) MERGE INTO staff USING src ON staff.id = src.id WHEN MATCHED THEN UPDATE SET team = src.name WHEN NOT MATCHED THEN INSERT VALUES (src.id, src.name)

-- chains
WITH moved AS (DELETE FROM nodes WHERE id > 60 RETURNING *), back AS (INSERT INTO nodes SELECT id + 1000, NULL, name || ' (moved)', owner_id, weight, path FROM moved RETURNING *) SELECT moved.id, back.id, back.name FROM moved JOIN back ON back.id = moved.id + 1000 ORDER BY 1

-- otherwise: what is written is masked, as a view would show it
WITH c AS (INSERT INTO clients (name, phone, code) VALUES ('chain', '13912345678', 'CH1') RETURNING id, phone, owner_id), p AS (UPDATE products SET price = price + 1 WHERE id IN (1, 2) RETURNING id, price, cost), l AS (INSERT INTO log (what, ref) SELECT 'made ' || c.phone, p.id FROM c, p RETURNING what, ref) SELECT c.phone, c.owner_id, l.what, l.ref, p.price, p.cost FROM c, l JOIN p ON p.id = l.ref ORDER BY l.ref

WITH upd AS (UPDATE clients SET note = 'w' WHERE id IN (2, 6) RETURNING id, note, phone), old AS (SELECT id, note, phone FROM clients WHERE id IN (2, 6)) SELECT old.*, upd.* FROM old JOIN upd USING (id) ORDER BY old.id

WITH a AS (UPDATE deals SET position = position + 100 WHERE client_id = 2 AND state <> 'closed' RETURNING id, position) UPDATE log SET ref = 5 FROM a WHERE log.id = a.id

WITH d AS (DELETE FROM lines WHERE deal_id < 20 RETURNING deal_id, price) SELECT deal_id, sum(price), count(*) OVER () FROM d GROUP BY deal_id ORDER BY 1

INSERT INTO lines (deal_id, no, product_id, quantity, price) SELECT d.id, (SELECT max(no) + 1 FROM lines l WHERE l.deal_id = d.id), p.id, 1, p.price FROM deals d JOIN products p ON p.id = d.id % 20 + 1 WHERE d.client_id = 2 RETURNING *, price * quantity AS total, (SELECT name FROM products WHERE id = lines.product_id) AS product

INSERT INTO log (what, ref) VALUES ((SELECT phone FROM clients WHERE id = 2), (SELECT count(*) FROM clients)), (DEFAULT, DEFAULT), ('t', (SELECT max(id) FROM deals WHERE client_id = 2)) RETURNING what, ref

INSERT INTO log (what) SELECT DISTINCT region FROM clients ORDER BY region RETURNING (SELECT count(*) FROM clients c WHERE c.region = log.what) AS n, what

INSERT INTO deals (client_id, title) OVERRIDING USER VALUE SELECT id, name || ' renewal' FROM clients WHERE active ORDER BY id LIMIT 2 RETURNING *

INSERT INTO deals (id, client_id, title) OVERRIDING SYSTEM VALUE VALUES (5000, 2, 'fixed id') RETURNING deals, id AS "Id", deals.gross::int

-- fails
INSERT INTO deals (id, client_id, title) VALUES (5000, 2, 'fixed id')

-- fails
INSERT INTO deals DEFAULT VALUES

-- fails
INSERT INTO clients (name) VALUES (NULL)

-- fails
INSERT INTO clients (name, mail) VALUES ('x', 'no at')

-- fails
INSERT INTO clients (name, code) VALUES ('x', 'CODE2')

-- fails
UPDATE clients SET shout = 'x' WHERE id = 2

-- fails
UPDATE clients SET nosuch = 1 WHERE id = 2

-- fails
UPDATE clients SET credit = 'abc' WHERE id = 2

-- fails
UPDATE clients SET credit = 1e12 WHERE id = 2

-- fails
UPDATE clients SET name = repeat('x', 61) WHERE id = 2

-- otherwise: the rule is asked before the key, as a check option is
-- fails
UPDATE deals SET client_id = 4 WHERE id = 1

-- fails
DELETE FROM staff WHERE id = 7

-- fails
INSERT INTO lines VALUES (1, 1, 1, 1, 1)

-- fails
SELECT id FROM clients WHERE nosuch = 1

-- fails
SELECT clients.nosuch FROM clients c

-- fails
SELECT id, count(*) FROM clients

-- fails
SELECT phone + 1 FROM clients

-- fails
SELECT name FROM clients WHERE credit / 0 > 1

-- fails
SELECT (SELECT id FROM clients)

-- fails
SELECT 'x'::int, phone FROM clients

-- fails
SELECT c.* FROM clients c JOIN deals d ON c.id = d.nosuch

-- fails
SELECT * FROM clients ORDER BY 99

-- fails
SELECT id FROM clients UNION SELECT name, 1 FROM staff

-- fails
SELECT id FROM clients UNION SELECT name FROM staff

-- fails
SELECT sum(name) FROM clients

-- otherwise: the words of the message
-- fails
SELECT nosuch(phone) FROM clients

-- fails
SELECT * FROM clients LIMIT -1

-- fails
SELECT * FROM clients c, deals c

-- fails
UPDATE clients SET name = 'a', name = 'b'

-- fails
INSERT INTO clients (name, region) VALUES ('a')

-- fails
INSERT INTO clients (name) VALUES ('a') ON CONFLICT (region) DO NOTHING

-- fails
INSERT INTO products (sku, name, price) VALUES ('Q', 'a', 1), ('Q', 'b', 2) ON CONFLICT (sku) DO UPDATE SET name = 'c'

-- generated and identity columns, DEFAULT everywhere, arrays, composites
UPDATE clients SET tags = DEFAULT, note = DEFAULT, shout = DEFAULT WHERE id = 30 RETURNING id, tags, note, shout

UPDATE clients SET homes[1].city = 'Metz', homes[2] = ROW('z', 'Y', NULL)::place, tags[5] = 'five', tags[2:3] = ARRAY['p', 'q'] WHERE id = 2 RETURNING homes, tags

-- fails
UPDATE things SET pl.city = 'K', grid[2][2] = 'zz', r4 = r4 + int4range(6, 9), mr = mr + int4multirange(int4range(4, 6)), iv = justify_hours(iv * 3), b = set_byte(b, 0, 255), bits = ~bits, dates = array_remove(dates, NULL), h = delete(h, 'k0'), lt = lt || 'x' WHERE n < 20 AND n % 4 = 2 RETURNING n, pl, grid, r4, iv, b, bits, dates, h, lt

UPDATE things SET pl.city = 'K', grid[2][2] = 'zz', iv = justify_hours(iv * 3), b = set_byte(b, 0, 255), bits = ~bits, dates = array_remove(dates, NULL), h = delete(h, 'k0'), lt = lt || 'x'::ltree WHERE n < 20 AND n % 4 = 2 RETURNING n, pl, grid, iv, b, bits, dates, h, lt

-- fails
UPDATE things SET jb = jsonb_set(jb, '{z}', '99'), jb['new'] = '1' WHERE n = 2

UPDATE clients SET profile['address']['city'] = '"Ulm"' WHERE id IN (2, 6) RETURNING profile

UPDATE clients SET profile = profile || '{"vip": true}' WHERE id IN (2, 6) RETURNING profile

UPDATE clients SET profile = jsonb_set(profile, '{kids}', (profile->'kids') || '9') WHERE profile->>'phone' LIKE '139%' RETURNING id, profile->'kids'

-- otherwise: what is written is masked, as a view would show it
UPDATE wide SET (c1, c4, c8) = (c1 + 1, 'abcdefghijkl', c4) WHERE id < 9 RETURNING id, c1, c4, c8

UPDATE metrics SET value = value * 2 WHERE at >= '2026-02-01' AND at < '2026-02-04' RETURNING host, value, at

UPDATE metrics SET at = at + interval '31 days' WHERE id < 8 RETURNING id, at, value

INSERT INTO metrics (at, owner_id, host, value) VALUES ('2026-02-02Z', 7, 'h9', 1), ('2031-01-01Z', 7, 'h9', 2) RETURNING at, host, value, labels

DELETE FROM metrics m WHERE EXISTS (SELECT FROM metrics x WHERE x.host = m.host AND x.at > m.at AND x.value < m.value) RETURNING host

-- otherwise: what is written is masked, as a view would show it
INSERT INTO papers VALUES (700, 7, 'p', 'b'); INSERT INTO contracts VALUES (701, 7, 'c', 'b', '2026-01-01', '{x}') RETURNING *; UPDATE papers SET title = upper(title) WHERE id >= 700 RETURNING *; DELETE FROM papers WHERE id >= 700

-- otherwise: what is written is masked, as a view would show it
INSERT INTO "Большие Слова" VALUES (100, 'Имя', 'q', 5, 'M', '顧', 7) RETURNING "Имя Клиента", "a""b", "select", "MixedCase" AS "select", "顧客"

UPDATE "Большие Слова" AS "T" SET "select" = "T"."select" * 2, "顧客" = "MixedCase" WHERE "T"."select" > (SELECT avg("select") FROM "Большие Слова") RETURNING "T".*

-- views
INSERT INTO open_deals (client_id, title, state, net) VALUES (2, 'through a view', 'open', 3) RETURNING *

-- fails
INSERT INTO open_deals (client_id, title, state) VALUES (2, 'through a view', 'won')

UPDATE live_clients SET note = upper(note), phone = phone WHERE name LIKE 'Bob%' RETURNING *

DELETE FROM live_clients WHERE id = 2 RETURNING id, phone

-- fails
UPDATE client_totals SET name = 'x'

SELECT * FROM tree t JOIN nodes USING (id) ORDER BY t.depth, id LIMIT 5

SELECT ct.phone, ct.total, lc.note FROM client_totals ct LEFT JOIN live_clients lc ON lc.id = ct.id AND lc.phone = ct.phone ORDER BY ct.id LIMIT 6

-- otherwise: the rule does not allow it
TRUNCATE jobs
