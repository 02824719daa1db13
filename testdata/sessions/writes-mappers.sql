-- Django: bulk_create with ignore_conflicts and update_conflicts, update with Case/When and Subquery, F expressions, JSONB set, delete with joins, generated fields
INSERT INTO "clients" ("owner_id", "name", "phone", "region", "profile", "tags", "attrs", "code", "mood") VALUES (7, 'Neu 1', '139****1111', 'EU', '{"a": 1}'::jsonb, '{x}'::text[], 'a=>1'::hstore, 'N1', 'ok'), (7, 'Neu 2', NULL, 'US', NULL, '{}', NULL, 'N2', NULL) RETURNING "clients"."id", "clients"."version", "clients"."shout"

INSERT INTO "clients" ("owner_id", "name", "region", "code") VALUES (7, 'Dup', 'EU', 'Code6') ON CONFLICT DO NOTHING

INSERT INTO "clients" ("owner_id", "name", "region", "code", "note") VALUES (7, 'Dup', 'EU', 'Code6', 'n') ON CONFLICT("code") DO UPDATE SET "name" = EXCLUDED."name", "note" = EXCLUDED."note" RETURNING "clients"."id", "clients"."name", "clients"."note", "clients"."phone", "clients"."search"

UPDATE "clients" SET "note" = CASE WHEN ("clients"."id" = 2) THEN 'two' WHEN ("clients"."id" = 6) THEN ('six' || "clients"."phone") ELSE NULL END, "mood" = (CASE WHEN ("clients"."id" = 2) THEN 'sad' ELSE 'happy' END)::mood WHERE "clients"."id" IN (2, 6)

UPDATE "clients" SET "note" = (SELECT U0."title" FROM "deals" U0 WHERE U0."client_id" = ("clients"."id") ORDER BY U0."net" DESC LIMIT 1), "version" = ("clients"."version" + 1) WHERE EXISTS(SELECT 1 AS "a" FROM "deals" U0 WHERE (U0."client_id" = ("clients"."id") AND U0."state" = 'won') LIMIT 1)

UPDATE "clients" SET "profile" = jsonb_set("profile", '{kids}', '[9]'::jsonb), "attrs" = "attrs" || hstore('n', '1'), "tags" = array_append(array_remove("tags", 't2'), 'new'), "homes" = "homes" || ROW('Neu', 'Z', NULL)::place WHERE "clients"."id" = 6 RETURNING "profile", "attrs", "tags", "homes"

DELETE FROM "lines" WHERE "lines"."deal_id" IN (SELECT U0."id" FROM "deals" U0 INNER JOIN "clients" U1 ON (U0."client_id" = U1."id") WHERE U1."name"::text LIKE 'Bob%')

DELETE FROM "clients" WHERE "clients"."id" IN (6)

INSERT INTO "deals" ("client_id", "seller_id", "title", "state", "net", "due") VALUES (2, 1, 'D', 'open', 10.50, '2026-05-05'::date) RETURNING "deals"."id", "deals"."gross"

-- SQLAlchemy: insertmanyvalues with sentinel columns, upsert, update from, returning expressions, executemany
INSERT INTO deals (client_id, title, net) SELECT p0::BIGINT, p1::VARCHAR, p2::NUMERIC FROM (VALUES (2, 'm1', 1, 0), (6, 'm2', 2, 1), (10, 'm3', 3, 2)) AS imp_sen(p0, p1, p2, sen_counter) ORDER BY sen_counter RETURNING deals.id, deals.gross, deals.id AS id__1

-- $ 2 | t1 | 5 | 6 | t2 | 7
-- fails
INSERT INTO deals (client_id, title, net) VALUES ($1::BIGINT, $2::VARCHAR, $3::NUMERIC(12, 2)), ($4::BIGINT, $5::VARCHAR, $6::NUMERIC(12, 2)) RETURNING deals.id, deals.state, deals.created_x

-- $ 2 | t1 | 5 | 6 | t2 | 7
INSERT INTO deals (client_id, title, net) VALUES ($1::BIGINT, $2::VARCHAR, $3::NUMERIC(12, 2)), ($4::BIGINT, $5::VARCHAR, $6::NUMERIC(12, 2)) RETURNING deals.id, deals.state, deals.gross

-- $ 2 | Deal 1 | 99
INSERT INTO deals (client_id, title, net) VALUES ($1, $2, $3) ON CONFLICT (client_id, title) DO UPDATE SET net = excluded.net, position = coalesce(deals.position, 0) + 1 WHERE deals.net IS DISTINCT FROM excluded.net RETURNING deals.id, deals.net, deals.position, deals.gross

UPDATE deals SET position = sub.rn FROM (SELECT id, row_number() OVER (PARTITION BY client_id ORDER BY net DESC, id) AS rn FROM deals) AS sub WHERE sub.id = deals.id AND deals.state <> 'closed' AND deals.position IS DISTINCT FROM sub.rn RETURNING deals.id, sub.rn

UPDATE deals SET title = deals.title || '!', net = anon_1.s FROM (SELECT sum(lines.quantity * lines.price) AS s, lines.deal_id FROM lines GROUP BY lines.deal_id) AS anon_1 WHERE anon_1.deal_id = deals.id AND deals.state = 'open' RETURNING deals.id, deals.net, deals.gross, anon_1.s

WITH upd AS (UPDATE clients SET note = 'cte' WHERE id IN (2, 6) RETURNING id, name, phone), ins AS (INSERT INTO log (what, ref) SELECT name, id FROM upd RETURNING id) SELECT upd.id, upd.phone, (SELECT count(*) FROM ins) AS n FROM upd ORDER BY 1

DELETE FROM deals USING clients, staff WHERE deals.client_id = clients.id AND staff.id = deals.seller_id AND staff.team = 'north' AND clients.region = 'EU' RETURNING deals.id, clients.name, staff.name AS seller

-- ActiveRecord: insert_all, upsert_all with returning and unique_by, touch, increment counters, delete_all with limit, lock
INSERT INTO "deals" ("client_id","title","net") VALUES (2, 'ia1', 1), (2, 'Deal 1', 2) ON CONFLICT  DO NOTHING RETURNING "id"

-- fails
INSERT INTO "deals" ("client_id","title","net","state") VALUES (2, 'Deal 1', 2, 'open') ON CONFLICT ("client_id","title") DO UPDATE SET "net"=excluded."net","state"=excluded."state",updated_at=(CASE WHEN ("deals"."net" IS NOT DISTINCT FROM excluded."net") THEN 1 ELSE 2 END) RETURNING "id"

INSERT INTO "deals" ("client_id","title","net","state") VALUES (2, 'Deal 1', 2, 'open') ON CONFLICT ("client_id","title") DO UPDATE SET position=(CASE WHEN ("deals"."net" IS NOT DISTINCT FROM excluded."net" AND "deals"."state" IS NOT DISTINCT FROM excluded."state") THEN "deals".position ELSE -1 END),"net"=excluded."net","state"=excluded."state" RETURNING "id",position

UPDATE "clients" SET "version" = COALESCE("version", 0) + 1, "updated_at" = '2026-03-03 00:00:00' WHERE "clients"."id" = 6 AND "clients"."version" = 0

DELETE FROM "deals" WHERE ("deals"."id") IN (SELECT "deals"."id" FROM "deals" WHERE "deals"."state" = 'lost' ORDER BY "deals"."due" ASC LIMIT 2)

UPDATE "clients" SET "deleted_at" = '2026-04-04 00:00:00' FROM "deals" AS "__d" WHERE "__d"."client_id" = "clients"."id" AND "__d"."net" > 2000 AND "clients"."deleted_at" IS NULL

-- GORM: soft delete, upsert all, association replace, UpdateColumn, FirstOrCreate
UPDATE "clients" SET "deleted_at"='2026-03-01 00:00:00' WHERE "clients"."id" = 6 AND "clients"."deleted_at" IS NULL

INSERT INTO "clients" ("owner_id","name","phone","mail","card","region","credit","born","home","note","id") VALUES (7,'Bob 6 x','138****7514',NULL,NULL,'EU',1000,'1971-01-01',NULL,NULL,6) ON CONFLICT ("id") DO UPDATE SET "owner_id"="excluded"."owner_id","name"="excluded"."name","phone"="excluded"."phone","mail"="excluded"."mail","card"="excluded"."card","region"="excluded"."region","credit"="excluded"."credit","born"="excluded"."born","home"="excluded"."home","note"="excluded"."note" RETURNING "id"

-- Hibernate: versioned update of all columns, batch, insert-select with on conflict, merge
-- $ Bob 6 | 138****7514 | EU | 1000.00 | 1971-01-01 | f | 1 | 6 | 0
update clients set name=$1,phone=$2,region=$3,credit=$4,born=$5,active=$6,version=$7 where id=$8 and version=$9

insert into log as l1_0 (what,ref) select 'c',c1_0.id from clients c1_0 where c1_0.active on conflict do nothing

-- otherwise: triggers can change the rows behind the check of MERGE
merge into deals as d using (values (1, 'merged', 5.0), (5, 'five', 6.0), (100000, 'none', 7)) as s(id, title, net) on d.id = s.id when matched and s.net < 6 then update set title = s.title, net = s.net when matched then do nothing when not matched then do nothing

merge into products p using (select 1 as id, 'SKU-1' as sku, 'P one' as name, 9.5 as price union all select 21, 'SKU-21', 'New', 1) s on s.sku = p.sku when matched then update set name = s.name, price = s.price when not matched then insert (sku, name, price) values (s.sku, s.name, s.price)

-- otherwise: triggers can change the rows behind the check of MERGE
merge into clients c using (select id, name from clients where id in (2, 3, 6)) s on c.id = s.id when matched and c.id = 2 then delete when matched then update set note = s.name || c.phone

merge into nodes n using (values (1, 'root'), (9000, 'extra')) v(id, name) on n.id = v.id when matched then update set name = v.name when not matched then insert (id, parent_id, name, owner_id) values (v.id, 1, v.name, 7)

-- Prisma, TypeORM, Sequelize, Knex, Drizzle
INSERT INTO "public"."clients" ("name","region","mood","balance") VALUES ('P','EU',CAST('ok'::text AS "mood"),'12.50') RETURNING "public"."clients"."id", "public"."clients"."name", "public"."clients"."mood"::text, "public"."clients"."balance"

UPDATE "public"."clients" SET "tags" = ("public"."clients"."tags" || ARRAY['p']), "version" = ("public"."clients"."version" + 1) WHERE ("public"."clients"."id" = 6 AND 1=1) RETURNING "public"."clients"."id", "public"."clients"."version", "public"."clients"."tags"

INSERT INTO "clients"("id", "owner_id", "name", "region", "credit", "born") VALUES (DEFAULT, DEFAULT, 'T', DEFAULT, DEFAULT, DEFAULT) RETURNING "id", "owner_id", "region", "credit", "born", "created_at" = now() AS now

UPDATE "clients" SET "name" = 'T', "updated_at" = CURRENT_TIMESTAMP, "version" = "version" + 1 WHERE "id" IN (6, 10) RETURNING "id", "updated_at", "version"

insert into "products" ("name", "price", "sku") values ('a', 1, 'k1'), ('b', 2, 'k2') on conflict ("sku") do update set "name" = excluded."name", "price" = excluded."price" where "products"."price" < 5 returning "id", "sku", "cost"

update "deals" as "d" set "net" = "d"."net" + "l"."price" from "lines" as "l" where "l"."deal_id" = "d"."id" and "l"."no" = 1 and "d"."state" = 'won' returning "d".*, "l"."no"

delete from "clients" where "id" = 6 returning *

insert into "things" ("owner_id", "n", "b", "i", "x", "cash", "bits", "pt", "r4", "mr", "iv", "tz", "dates", "grid", "j", "jb", "h", "lt", "pl", "secret", "serial_no") values (7, 1000, '\xdead', '10.1.1.1', '<a/>', 5::money, B'1010', '(1,2)', '[1,3)', '{[1,2)}', '1 day', '10:00+01', '{2026-01-01}', '{{a,b},{c,d}}', '{"b": 1, "a": 2}', '{"b": 1}', 'a=>1', 'Top.X', ROW('a', 'b', NULL), '[hidden]', 'SN-1') returning n, b, i, x, cash, bits, pt, r4, mr, iv, tz, dates, grid, j, jb, h, lt, pl, secret

-- fails
update things set i = '10.9.9.9', r4 = r4 + int4range(100, 101) where n = 6

update things set i = '10.9.9.9', bits = ~bits, pl.city = 'Neu', grid[1][1] = 'g', dates[3] = '2026-12-12', jb['n'] = '5', h['z'] = '1', x = xmlconcat(x, '<c/>'), pt = pt + point(1, 1) where n = 6 returning i, bits, pl, grid, dates, jb, h, x, pt

-- fails
update things set (i2, f4) = (7, 1.5), (pl).street = 'q' where n = 6

-- masked columns written as they were shown
UPDATE things SET secret = '[hidden]', serial_no = left('SN-000006', 3) || '**' || '0006', jb = '{"z": 6, "phone": "****"}' WHERE n = 6 RETURNING secret, serial_no, jb

UPDATE "Большие Слова" SET "Имя Клиента" = '*****', "a""b" = NULL, "顧客" = "顧客" || '!' WHERE "Ключ" = 2 RETURNING *

INSERT INTO "Большие Слова" ("Ключ", "Имя Клиента", "select", "MixedCase", owner_id) VALUES (100, '***', 1, 'm', 7) RETURNING *

UPDATE wide SET c1 = c1 + 1, c4 = c4, c200 = c200, c199 = now() WHERE id = 6 RETURNING c1, c4, c200

INSERT INTO wide (id, owner_id, c1) SELECT id + 1000, owner_id, c1 FROM wide RETURNING id, c1

UPDATE clients SET home = NULL, note = 'kept' WHERE id = 6 RETURNING home

-- otherwise: the other fields stay as they are stored, and are not shown
UPDATE clients SET home.street = 'x' WHERE id = 6 RETURNING home

UPDATE clients SET home.city = NULL WHERE id = 10

UPDATE clients SET homes[1].street = 'changed', homes[3] = ROW('three', 'c', NULL) WHERE id = 6 RETURNING homes

UPDATE clients SET profile['kids'][0] = '7', profile['phone'] = '"****"' WHERE id = 6 RETURNING profile

UPDATE clients SET (name, note, region) = (SELECT 'sub', s.name, 'US' FROM staff s WHERE s.id = clients.owner_id) WHERE id = 6 RETURNING *

UPDATE clients SET born = '1971-01-01', mail = mail, credit = 1000, card = NULL, phone = '138****7514', note = phone || coalesce(mail::text, '-') || credit WHERE id = 6 RETURNING note, born, mail, credit, card

-- Odoo, Tryton
UPDATE "clients" SET "name" = "__tmp"."name"::VARCHAR, "note" = "__tmp"."note"::text FROM (VALUES (6, 'o6', NULL), (10, 'o10', 'n')) AS "__tmp"("id", "name", "note") WHERE "clients"."id" = "__tmp"."id"

INSERT INTO "nodes" ("id", "parent_id", "name", "owner_id") VALUES (500, 1, 'odoo', 7), (501, 2, 'odoo', 7) RETURNING "id"

UPDATE "nodes" SET "path" = (SELECT p.path FROM nodes p WHERE p.id = nodes.parent_id) || ('n' || nodes.id)::ltree WHERE "id" > 3 RETURNING id, path

DELETE FROM "nodes" WHERE id IN (2)

WITH RECURSIVE sub AS (SELECT id FROM nodes WHERE id = 3 UNION ALL SELECT n.id FROM nodes n JOIN sub ON n.parent_id = sub.id) UPDATE nodes SET weight = 100 WHERE id IN (SELECT id FROM sub) RETURNING id

INSERT INTO "jobs" ("queue", "payload") VALUES ('mail', '{"a": [1, 2]}') RETURNING "id", "payload", "run_at", "attempts"

-- PostgREST and Supabase writes
WITH pgrst_source AS (INSERT INTO "public"."clients"("name", "owner_id", "region") SELECT "pgrst_body"."name", "pgrst_body"."owner_id", "pgrst_body"."region" FROM (SELECT '[{"name": "Rest", "owner_id": 7, "region": "EU"}, {"name": "Rest2", "owner_id": 7, "region": "US"}]'::json AS json_data) pgrst_payload, LATERAL (SELECT CASE WHEN json_typeof(pgrst_payload.json_data) = 'array' THEN pgrst_payload.json_data ELSE json_build_array(pgrst_payload.json_data) END AS val) pgrst_uniform_json, LATERAL (SELECT * FROM json_to_recordset(pgrst_uniform_json.val) AS _("name" character varying, "owner_id" integer, "region" text)) pgrst_body RETURNING "public"."clients".*) SELECT '' AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, array[]::text[] AS header, coalesce(json_agg(_postgrest_t)->0->>'phone', 'none') AS body, nullif(current_setting('response.headers', true), '') AS response_headers FROM (SELECT * FROM pgrst_source) _postgrest_t

WITH pgrst_source AS (WITH pgrst_payload AS (SELECT '{"note": "rest", "version": 5}'::json AS json_data), pgrst_body AS (SELECT CASE WHEN json_typeof(json_data) = 'array' THEN json_data ELSE json_build_array(json_data) END AS val FROM pgrst_payload) UPDATE "public"."clients" SET "note" = _."note", "version" = _."version" FROM (SELECT * FROM json_populate_recordset (null::"public"."clients", (SELECT val FROM pgrst_body))) _ WHERE "public"."clients"."id" = 6 RETURNING "public"."clients"."id", "public"."clients"."note", "public"."clients"."version", "public"."clients"."phone") SELECT '' AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]')::character varying AS body FROM (SELECT * FROM pgrst_source) _postgrest_t

WITH pgrst_source AS (INSERT INTO "public"."deals"("client_id", "title", "net") SELECT b.client_id, b.title, b.net FROM jsonb_to_recordset('[{"client_id": 2, "title": "Deal 1", "net": 4}, {"client_id": 2, "title": "fresh", "net": 4}]') AS b(client_id bigint, title text, net numeric) ON CONFLICT("client_id", "title") DO UPDATE SET "client_id" = EXCLUDED."client_id", "title" = EXCLUDED."title", "net" = EXCLUDED."net" RETURNING "public"."deals"."id", "public"."deals"."net") SELECT pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]')::character varying AS body FROM (SELECT * FROM pgrst_source ORDER BY id) _postgrest_t

WITH pgrst_source AS (DELETE FROM "public"."clients" WHERE "public"."clients"."id" = 6 RETURNING "public"."clients".*) SELECT pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]')::jsonb #> '{0,phone}' AS body FROM (SELECT * FROM pgrst_source) _postgrest_t

-- Laravel, Doctrine, EF Core, jOOQ, Ecto, MyBatis
insert into "products" ("sku", "name", "price") values ('SKU-1', 'x', 2), ('SKU-99', 'y', 3) on conflict ("sku") do update set "name" = "excluded"."name", "price" = products.price + 1 returning *

update "clients" set "version" = "version" + 1, "note" = '?' where "clients"."deleted_at" is null and exists (select * from "deals" where "clients"."id" = "deals"."client_id" and "state" = 'won')

UPDATE deals SET title = 'x' WHERE id = 1; UPDATE deals SET title = 'y' WHERE id = 5

-- $ {2,6} | {e1,e2} | {1.5,2.5}
INSERT INTO deals (client_id, title, net) SELECT u.a, u.b, u.c FROM unnest($1::bigint[], $2::text[], $3::numeric[]) WITH ORDINALITY AS u(a, b, c, o) ORDER BY u.o RETURNING id

-- $ {6,10} | {x,y}
UPDATE clients AS c SET note = u.note FROM unnest($1::bigint[], $2::text[]) AS u(id, note) WHERE c.id = u.id RETURNING c.id, c.note, c.version

-- $ 6 | {"a": "b"}
UPDATE clients SET profile = profile || $2::jsonb WHERE id = $1 RETURNING profile

-- $ 6
DELETE FROM deals AS d0 WHERE (d0.client_id = $1) RETURNING d0."id"

with "gone" as (delete from "deals" where "deals"."state" = 'lost' returning "deals"."client_id", "deals"."net"), "sums" as (select "client_id", sum("net") as "s" from "gone" group by "client_id") update "clients" set "note" = "sums"."s"::text from "sums" where "sums"."client_id" = "clients"."id" returning "clients"."id", "clients"."note"

-- otherwise: a deal of a client that the same statement makes
with a as (insert into clients (name, region) values ('A1', 'EU') returning id), b as (insert into deals (client_id, title) select id, 'of new' from a returning id, client_id) insert into lines (deal_id, no, price) select b.id, 1, 1 from b returning deal_id is not null, no, price

-- queues
UPDATE jobs SET locked_by = 'w1', attempts = attempts + 1 WHERE id = (SELECT id FROM jobs WHERE locked_by IS NULL AND queue = 'mail' AND run_at <= now() ORDER BY run_at, id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id, payload, attempts

WITH picked AS MATERIALIZED (SELECT id FROM jobs WHERE locked_by IS NULL ORDER BY id LIMIT 3 FOR NO KEY UPDATE SKIP LOCKED) UPDATE jobs j SET locked_by = 'w2' FROM picked p WHERE j.id = p.id RETURNING j.id, j.payload::text

DELETE FROM jobs USING (SELECT * FROM jobs WHERE queue = 'default' ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED) q WHERE q.id = jobs.id RETURNING jobs.id, jobs.payload->>'n'

-- partitions, inheritance, views
INSERT INTO metrics (at, owner_id, host, value) VALUES ('2026-01-20', 7, 'h9', 1), ('2026-02-20', 7, 'h9', 2), ('2027-01-01', 7, 'h9', 3) RETURNING at, value, id

UPDATE metrics SET at = at + interval '1 month', value = value + 1 WHERE host = 'h1' RETURNING at, value

DELETE FROM metrics WHERE at < '2026-01-25' RETURNING host, value

UPDATE metrics_2 SET value = 0 WHERE host = 'h2' RETURNING id

INSERT INTO papers (id, owner_id, title) VALUES (100, 7, 't') RETURNING *

UPDATE papers SET title = title || '?' RETURNING id, title

UPDATE contracts SET parties = parties || 'q'::text WHERE id > 13 RETURNING *

DELETE FROM ONLY papers WHERE id < 10 RETURNING *

INSERT INTO open_deals (client_id, title, state, net) VALUES (2, 'via view', 'open', 3) RETURNING id, title, gross

-- fails
INSERT INTO open_deals (client_id, title, state, net) VALUES (2, 'via view', 'won', 3)

UPDATE open_deals SET net = net * 2 WHERE client_id = 2 RETURNING *

UPDATE live_clients SET deleted_at = '2026-01-01', note = phone WHERE id = 6 RETURNING *

DELETE FROM live_clients WHERE id = 10 RETURNING name, mail

-- errors as they are
-- fails
INSERT INTO deals (client_id, title, state) VALUES (2, 't', 'nonsense')

-- fails
INSERT INTO clients (id, name) VALUES (6, 'again')

-- fails
INSERT INTO clients (name) VALUES (NULL)

-- fails
INSERT INTO clients (name, shout) VALUES ('a', 'b')

-- fails
INSERT INTO deals (id, client_id, title) VALUES (1, 2, 't')

INSERT INTO deals (id, client_id, title) OVERRIDING SYSTEM VALUE VALUES (5000, 2, 't') RETURNING id

INSERT INTO deals (id, client_id, title) OVERRIDING USER VALUE VALUES (5000, 2, 't') RETURNING id

-- fails
INSERT INTO lines (deal_id, no, price) VALUES (1, 1, 1)

-- fails
-- otherwise: the rule is asked before the key, as a check option is
INSERT INTO lines (deal_id, no, price) VALUES (999999, 1, 1)

-- fails
UPDATE clients SET name = repeat('x', 61) WHERE id = 6

-- fails
UPDATE clients SET mail = 'no at' WHERE id = 6

-- fails
UPDATE clients SET nothing = 1

-- fails
SELECT nothing FROM clients

-- fails
SELECT name FROM clients GROUP BY region

-- fails
SELECT id FROM clients, deals

-- fails
SELECT 1 / (id - 6) FROM clients WHERE id = 6

-- fails
-- otherwise: values are taken out of errors
SELECT name::int FROM clients WHERE id = 6

-- fails
SELECT upper(id) FROM clients

-- fails
SELECT * FROM clients WHERE name = 5

-- fails
SELECT max(name) FROM clients WHERE max(id) > 1

-- fails
SELECT (SELECT id FROM clients) AS x

-- fails
SELECT id FROM clients UNION SELECT name FROM clients

-- fails
SELECT DISTINCT ON (region) id FROM clients ORDER BY name

-- fails
INSERT INTO clients (name, name) VALUES ('a', 'b')

-- fails
INSERT INTO clients (name) VALUES ('a', 'b')

-- fails
DELETE FROM clients WHERE id = 6 RETURNING nope

-- fails
UPDATE clients c SET c.name = 'x'

-- fails
SELECT c.phone FROM clients

-- default values, returning of expressions and whole rows, xmax
INSERT INTO log DEFAULT VALUES RETURNING id, what

INSERT INTO log (what) VALUES ('a'), ('b') RETURNING id, upper(what), what || id AS w, at = now()

INSERT INTO clients (name, region) VALUES ('X', 'EU') RETURNING id, name, (xmax = 0) AS inserted

INSERT INTO deals AS d (client_id, title, net) VALUES (2, 'Deal 1', 1) ON CONFLICT (client_id, title) DO UPDATE SET net = d.net + EXCLUDED.net RETURNING d.id, d.net, (xmax = 0) AS inserted, xmax::text::int > 0 AS updated

INSERT INTO clients (name) VALUES ('row') RETURNING clients.name, row_to_json(clients)->>'region', clients.* IS NULL

UPDATE clients SET note = 'r' WHERE id = 6 RETURNING (clients).name, to_jsonb(clients)->'phone', (clients.*).mail, ((clients)).homes[1], ((clients).home).street

DELETE FROM clients WHERE id = 6 RETURNING (SELECT count(*) FROM deals d WHERE d.client_id = clients.id), to_json(clients.*)->>'mail'
