-- Hasura, PostgREST, PostGraphile, Prisma, Sequelize, TypeORM, Ecto; names, types and shapes of statements that few send; the tools' questions.

-- Hasura: select_by_pk with nested object and array relations, aggregates
SELECT coalesce(json_agg("root"), '[]') AS "root" FROM (SELECT row_to_json((SELECT "_e" FROM (SELECT "_root.base"."id" AS "id", "_root.base"."phone" AS "phone", "_root.ar.root.deals"."deals" AS "deals", "_root.or.owner"."owner" AS "owner") AS "_e")) AS "root" FROM (SELECT * FROM "public"."clients" WHERE (("public"."clients"."region") = (('EU')::text)) ORDER BY "id" ASC LIMIT 3) AS "_root.base" LEFT OUTER JOIN LATERAL (SELECT coalesce(json_agg("deals" ORDER BY "root.ar.deals.pg.net" DESC NULLS FIRST), '[]') AS "deals" FROM (SELECT "_root.ar.root.deals.base"."net" AS "root.ar.deals.pg.net", row_to_json((SELECT "_e" FROM (SELECT "_root.ar.root.deals.base"."id" AS "id", "_root.ar.root.deals.base"."net" AS "net") AS "_e")) AS "deals" FROM (SELECT * FROM "public"."deals" WHERE (("_root.base"."id") = ("client_id")) ORDER BY "net" DESC NULLS FIRST LIMIT 2) AS "_root.ar.root.deals.base" ORDER BY "root.ar.deals.pg.net" DESC NULLS FIRST) AS "_root.ar.root.deals") AS "_root.ar.root.deals" ON ('true') LEFT OUTER JOIN LATERAL (SELECT row_to_json((SELECT "_e" FROM (SELECT "_root.or.owner.base"."name" AS "name", "_root.or.owner.base"."salary" AS "salary") AS "_e")) AS "owner" FROM (SELECT * FROM "public"."staff" WHERE (("_root.base"."owner_id") = ("id")) LIMIT 1) AS "_root.or.owner.base") AS "_root.or.owner" ON ('true')) AS "_root"

-- fails
SELECT json_build_object('aggregate', json_build_object('count', COUNT(*), 'max', json_build_object('phone', max("phone"), 'credit', max("credit")), 'sum', json_build_object('credit', sum("credit")), 'stddev', json_build_object('credit', stddev("credit"))), 'nodes', coalesce(json_agg(json_build_object('id', "id") ORDER BY "id"), '[]')) AS "root" FROM (SELECT * FROM "clients" WHERE ("deals_count_is_fake") IS NULL) AS "_root.base"

-- fails
WITH "clients__mutation_result_alias" AS (INSERT INTO "clients" ("name", "phone") VALUES (('via hasura')::text, ('13****1')::text) RETURNING *, CASE WHEN 't' THEN NULL ELSE "hdb_catalog"."check_violation"('insert check constraint failed') END AS "check__constraint") SELECT 1

-- PostgREST: reads with embedding, counts, full-text and JSON filters; writes behind a CTE with the representation
WITH pgrst_source AS (SELECT "public"."clients"."id", "public"."clients"."name", "public"."clients"."phone", COALESCE("clients_deals_1"."clients_deals_1", '[]') AS "deals", row_to_json("clients_staff_1".*)::jsonb AS "staff" FROM "public"."clients" LEFT JOIN LATERAL (SELECT json_agg("clients_deals_1")::jsonb AS "clients_deals_1" FROM (SELECT "deals_1"."id", "deals_1"."net" FROM "public"."deals" AS "deals_1" WHERE "deals_1"."client_id" = "public"."clients"."id" AND "deals_1"."state" = 'won' ORDER BY "deals_1"."id") AS "clients_deals_1") AS "clients_deals_1" ON TRUE LEFT JOIN LATERAL (SELECT "staff_1"."name", "staff_1"."salary" FROM "public"."staff" AS "staff_1" WHERE "staff_1"."id" = "public"."clients"."owner_id") AS "clients_staff_1" ON TRUE WHERE "public"."clients"."search" @@ to_tsquery('simple', 'note') AND "public"."clients"."profile"->'address'->>'city' = ANY ('{"City 2"}') AND NOT "public"."clients"."tags" && '{"t0"}' ORDER BY "public"."clients"."id" LIMIT 5 OFFSET 0), pgrst_source_count AS (SELECT 1 FROM "public"."clients" WHERE "public"."clients"."search" @@ to_tsquery('simple', 'note')) SELECT (SELECT pg_catalog.count(*) FROM pgrst_source_count) AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status FROM (SELECT * FROM pgrst_source) _postgrest_t

WITH pgrst_source AS (UPDATE "public"."clients" SET "note" = "pgrst_body"."note", "credit" = pgrst_body."credit" FROM (SELECT '{"note": "patched", "credit": 77}'::json AS json_data) pgrst_payload, LATERAL (SELECT "credit", "note" FROM json_to_record(pgrst_payload.json_data) AS _("credit" numeric(12,2), "note" text)) pgrst_body WHERE "public"."clients"."id" = ANY ('{"2","3"}') RETURNING "public"."clients"."id", "public"."clients"."note", clients.phone) SELECT '' AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, array[]::text[] AS header, coalesce(json_agg(_postgrest_t)->0, 'null')::text AS body FROM (SELECT * FROM pgrst_source) _postgrest_t

WITH pgrst_source AS (INSERT INTO "public"."jobs" ("payload", "queue") SELECT pgrst_body."payload", pgrst_body.queue FROM (SELECT '[{"queue":"q1","payload":{"a":1}},{"queue":"q2","payload":[1]}]'::json AS json_data) pgrst_payload, LATERAL (SELECT CASE WHEN json_typeof(pgrst_payload.json_data) = 'array' THEN pgrst_payload.json_data ELSE json_build_array(pgrst_payload.json_data) END AS val) pgrst_uniform_json, LATERAL (SELECT * FROM json_to_recordset(pgrst_uniform_json.val) AS _("payload" json, "queue" text)) pgrst_body WHERE true RETURNING "public"."jobs"."queue", jobs.payload) SELECT coalesce(json_agg(_postgrest_t), '[]')::text AS body, count(*) FROM (SELECT * FROM pgrst_source) _postgrest_t

-- PostGraphile 4: __local_0__ and cursors
with __local_0__ as (select to_json((json_build_object('__identifiers'::text, json_build_array(__local_1__."id"), 'phone'::text, (__local_1__."phone"), '@deals'::text, (with __local_2__ as (select to_json((json_build_object('id'::text, (__local_3__."id")))) as "@nodes" from (select __local_3__.* from "public"."deals" as __local_3__ where (__local_3__."client_id" = __local_1__."id") and (TRUE) and (TRUE) order by __local_3__."id" ASC) __local_3__), __local_4__ as (select json_agg(to_json(__local_2__)) as data from __local_2__) select json_build_object('data'::text, coalesce((select __local_4__.data from __local_4__), '[]'::json)))))) as "@nodes", to_json(json_build_array('primary_key_asc', json_build_array(__local_1__."id"))) as "__cursor" from (select __local_1__.* from "public"."clients" as __local_1__ where (TRUE) and (TRUE) order by __local_1__."id" ASC limit 3) __local_1__), __local_5__ as (select json_agg(to_json(__local_0__)) as data from __local_0__) select coalesce((select __local_5__.data from __local_5__), '[]'::json) as "data", (select json_build_object('totalCount'::text, count(1)) from "public"."clients" as __local_1__ where 1 = 1) as "aggregates"

-- Prisma: relation joins as JSON
SELECT "t0"."id", "t0"."name", "Clients_deals"."__prisma_data__" AS "deals" FROM "public"."clients" AS "t0" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), '[]') AS "__prisma_data__" FROM (SELECT "t3"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('id', "t2"."id", 'net', "t2"."net") AS "__prisma_data__", "t2"."id" FROM (SELECT "t1".* FROM "public"."deals" AS "t1" WHERE "t0"."id" = "t1"."client_id") AS "t2" ORDER BY "t2"."id" DESC LIMIT 2) AS "t3") AS "t4") AS "Clients_deals" ON TRUE WHERE (("t0"."phone" IS NULL OR "t0"."phone"::text ILIKE '%138%') AND 1=1) ORDER BY "t0"."id" ASC LIMIT 4 OFFSET 1

-- Sequelize: nested includes behind a sub-query with a limit
SELECT "Client".*, "deals"."id" AS "deals.id", "deals"."title" AS "deals.title", "deals->lines"."no" AS "deals.lines.no", "deals->lines->product"."sku" AS "deals.lines.product.sku" FROM (SELECT "Client"."id", "Client"."name", "Client"."phone" FROM "clients" AS "Client" WHERE ("Client"."deleted_at" IS NULL AND ("Client"."active" = true)) AND ( SELECT "client_id" FROM "deals" AS "deals" WHERE ("deals"."state" = 'won' AND "deals"."client_id" = "Client"."id") LIMIT 1 ) IS NOT NULL ORDER BY "Client"."id" ASC LIMIT 2 OFFSET 0) AS "Client" INNER JOIN "deals" AS "deals" ON "Client"."id" = "deals"."client_id" LEFT OUTER JOIN ( "lines" AS "deals->lines" INNER JOIN "products" AS "deals->lines->product" ON "deals->lines"."product_id" = "deals->lines->product"."id" ) ON "deals"."id" = "deals->lines"."deal_id" ORDER BY "Client"."id" ASC, "deals"."id", "deals.lines.no"

-- TypeORM: distinct ids, then rows
SELECT DISTINCT "distinctAlias"."Client_id" AS "ids_Client_id", "distinctAlias"."Client_name" FROM (SELECT "Client"."id" AS "Client_id", "Client"."name" AS "Client_name", "Client__deals"."id" AS "Client__deals_id" FROM "clients" "Client" LEFT JOIN "deals" "Client__deals" ON "Client__deals"."client_id"="Client"."id") "distinctAlias" ORDER BY "distinctAlias"."Client_name" ASC, "Client_id" ASC LIMIT 3

-- Ecto: arrays, fragments, windows, combinations, json paths
-- $ {2,6,10} | {EU,US}
SELECT c0."id", c0."phone", s1."name", over0 FROM (SELECT sc0.*, row_number() OVER "w" AS over0 FROM "clients" AS sc0 WINDOW "w" AS (PARTITION BY sc0."region" ORDER BY sc0."id")) AS c0 LEFT OUTER JOIN "staff" AS s1 ON s1."id" = c0."owner_id" WHERE (c0."id" = ANY($1)) AND NOT (c0."region" <> ALL($2::text[])) ORDER BY c0."id"

-- $ address,city | City 2
SELECT c0."profile"#>>string_to_array($1, ','), c0."id" FROM "clients" AS c0 WHERE c0."profile"#>>string_to_array($1, ',') = $2 ORDER BY c0."id" LIMIT 3

-- parameters without types, absent ones, and all at once
-- $ \N | 2
SELECT id, phone FROM clients WHERE ($1::text IS NULL OR name ILIKE $1) AND ($2::bigint IS NULL OR id >= $2) ORDER BY id LIMIT 3

-- $ \N
-- fails
SELECT id FROM clients WHERE $1 IS NULL OR region = $1 ORDER BY id LIMIT 2

-- $ EU | 1 | {1,2,3} | {"a": 1}
SELECT $1, $2::int + version, cardinality($3::int[]), $4::jsonb->'a', coalesce($1, region) FROM clients WHERE region = $1 ORDER BY id LIMIT $2

-- $ 138 | ****
SELECT id FROM clients WHERE phone LIKE $1 || $2 || '%' ORDER BY id

-- $ 5 | 10
SELECT id, $1 + id, id BETWEEN $1 AND $2, $2 IN (id, 10) FROM clients WHERE id > $1 ORDER BY id LIMIT $2

-- $ 2 | n | {x,y}
INSERT INTO clients (id, name, tags) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET tags = clients.tags || $3, name = coalesce($2, clients.name) WHERE clients.id = $1 RETURNING id, name, tags

-- $ sad | 2026-01-01 | 10.5 | (a,b,)
UPDATE clients SET mood = $1, deleted_at = $2, credit = $3, homes = array_append(homes, $4) WHERE id = 2 RETURNING mood, deleted_at, homes

-- $ {2,6} | {a,b}
UPDATE clients c SET note = v.note FROM unnest($1::bigint[], $2::text[]) AS v (id, note) WHERE c.id = v.id RETURNING c.id, c.note, v.*

-- $ x
SELECT $1 FROM clients WHERE id = 2

-- $ 1 | 2
SELECT * FROM (VALUES ($1, 'a'), ($2, 'b')) AS v (n, t) LEFT JOIN nodes ON nodes.id = v.n::int ORDER BY 1

-- names: 63 bytes, reserved words, quotes, functions, types; aliases that hide
-- fails
SELECT "c"."id" AS "a_name_of_exactly_sixty_three_bytes_which_is_all_that_fits_here", "c".name AS "select", "c".phone AS "from""where", c.region AS "ünïcödé 顧客", c.credit AS "count", c.born AS "timestamp", c.version AS "?column?", c.active AS "" FROM clients "c" WHERE id = 2

SELECT "c"."id" AS "a_name_of_exactly_sixty_three_bytes_which_is_all_that_fits_here_and_more", "c".name AS "select", "c".phone AS "from""where", c.region AS "ünïcödé 顧客", c.credit AS "count", c.born AS "timestamp", c.version AS "?column?", c.active AS " " FROM clients "c" WHERE id = 2

SELECT count, sum, "user", "order"."limit", "order" FROM (SELECT count(*), sum(credit), max(phone) AS "user" FROM clients) AS x, (SELECT id AS "limit" FROM deals ORDER BY 1 LIMIT 1) AS "order"

SELECT value, date, text, "values", year FROM (SELECT value, at::date AS date, host AS text, labels AS "values", extract(year FROM at) AS year FROM metrics) q ORDER BY date, text LIMIT 3

SELECT id id, phone phone, region AS as_, "clients".*, name name_1 FROM clients WHERE id = 2

SELECT clients.id, deals.id, clients FROM clients AS deals, deals AS clients WHERE clients.client_id = deals.id ORDER BY 1 LIMIT 2

WITH clients AS (SELECT id, phone FROM clients WHERE id < 20), deals (id, n) AS (SELECT client_id, count(*) FROM deals GROUP BY 1) SELECT * FROM clients JOIN deals USING (id) ORDER BY id

WITH clients AS (SELECT 1 AS id) SELECT a.id, b.phone FROM clients a, public.clients b WHERE b.id = a.id + 1

SELECT public.clients.phone, clients.name FROM public.clients, LATERAL (SELECT clients.id + 1 AS next) n WHERE public.clients.id = n.next - 1 ORDER BY public.clients.id LIMIT 2

SELECT lower("MixedCase"), "T"."select" + 1 AS "Select", ("T")."顧客", "T"."Имя Клиента" || 'x' FROM "Большие Слова" "T" WHERE "T"."a""b" IS NULL ORDER BY "Ключ" LIMIT 3

SELECT name(t.nm), (t).n, t.n::"char", length(t.secret), upper(serial_no) COLLATE "C", t.pl, (t.pl).city, (pl).* FROM things t ORDER BY t.n LIMIT 2

SELECT c.name, c.text, c.length FROM (SELECT name, note AS text, length(phone) AS length FROM clients ORDER BY id LIMIT 2) c

-- fails
SELECT clients.upper FROM clients

-- types all through
SELECT n, b, i, c, m, m8, cash, bits, vbits, pt, sg, bx, pa, po, ci, tv, tq, r4, rn, rts, mr, iv, ti, tz, dates, grid, j, jb, oi, rc, ch, nm, f4, f8, i2, h, lt, secret, serial_no, pl::text FROM things ORDER BY n LIMIT 3

SELECT n, host(i), network(c), masklen(i), i << inet '10.0.0.0/8', broadcast(i), m::text, cash * 2, bits & B'0110', vbits || B'1', pt <-> point(0, 0), area(bx), length(sg), tv @@ tq, ts_rank(tv, tq), r4 * int4range(3, 9), upper(rn), rts @> timestamp '2026-01-01 12:00', mr @> 3, extract(epoch FROM iv), ti + iv, tz AT TIME ZONE 'UTC', dates[1] + 1, grid[1:1][2], j->>'z', jb - 'phone', rc::oid > 0, ch::text || nm::text, f4 + f8, i2 % 2, h || 'a=>b', subltree(lt, 0, 1), lt ~ 'Top.*' FROM things WHERE n < 12 ORDER BY n

SELECT max(n), max(b::text), min(i), max(iv), sum(cash), bit_and(bits), range_intersect_agg(r4), array_agg(dates ORDER BY n), avg(iv), string_agg(b, '\x00' ORDER BY n), json_object_agg(nm, f8 ORDER BY n), percentile_cont(0.5) WITHIN GROUP (ORDER BY iv), max(secret), min(serial_no) FROM things

SELECT xpath('/a/b/text()', x)::text, xmlserialize(content x AS text), t.* FROM things, XMLTABLE('/a' PASSING x COLUMNS n2 int PATH '@n', b2 text PATH 'b', o FOR ORDINALITY) t ORDER BY n LIMIT 3

SELECT ts_headline('simple', name || ' ' || coalesce(note, ''), to_tsquery('simple', 'note')), ts_rank_cd(search, plainto_tsquery('simple', 'note')), setweight(search, 'A') || to_tsvector('simple', coalesce(phone, '')), websearch_to_tsquery('simple', 'note -ada') @@ search, similarity(name, 'Bob 1'), name % 'Bob 1', word_similarity('Bob', name), name <-> 'Ada', unaccent(name), code = 'CODE2', levels.* FROM clients, (SELECT nlevel(path) AS l FROM nodes WHERE id = 1) levels ORDER BY id LIMIT 5

SELECT path @> 'n1.n2', lca(array_agg(path) OVER ()), index(path, 'n1'), path || 'x', path ~ '*.n2.*' FROM nodes ORDER BY id LIMIT 3

-- otherwise: a masked domain is its base type
SELECT mail::text LIKE '%corp%', pg_typeof(mail)::text, pg_typeof(phone)::text, pg_typeof(card), pg_typeof(credit), pg_typeof(home)::text, pg_typeof(born), pg_typeof(profile), pg_typeof(mood)::text, pg_typeof(code)::text FROM clients WHERE id = 2

-- otherwise: a masked domain is its base type
SELECT mail = 'u***@corp.cn'::email, COALESCE(mail, 'a@b'), CASE WHEN true THEN mail END, (ARRAY[mail])[1], mail || 'x', pg_typeof(COALESCE(mail, 'a@b'))::text, pg_typeof(ARRAY[mail])::text, pg_typeof((SELECT mail))::text FROM clients WHERE id = 2

SELECT id, mail FROM clients WHERE id = 2 UNION ALL SELECT 1, 'x@y' ORDER BY 1

SELECT pg_typeof(m)::text FROM (SELECT mail AS m FROM clients WHERE id = 2 UNION SELECT 'x@y'::text) z

SELECT id, card, card || '|', length(card), phone::varchar(5), credit::int, credit::text, born + 1, born::timestamp, mail::varchar(3) FROM clients ORDER BY id LIMIT 3

-- shapes
SELECT (SELECT phone FROM clients WHERE id = d.client_id), ARRAY(SELECT id FROM lines WHERE deal_id = d.id ORDER BY no), EXISTS (TABLE lines), d.id = SOME (SELECT deal_id FROM lines), (d.id, d.net) NOT IN (SELECT 1, 2), ROW(1, 2) = (SELECT 1, 2), d.net > ALL (SELECT price FROM lines WHERE deal_id = d.id) FROM deals d ORDER BY d.id LIMIT 4

SELECT (c.homes[1]).street, c.homes[1:1], (c.homes)[2].city, (ROW(c.id, c.phone)::record)::text, (SELECT h FROM unnest(c.homes) h LIMIT 1), array_length(c.homes, 1), c.home IS NULL FROM clients c ORDER BY c.id LIMIT 2

SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) AS r (n, t) JOIN nodes ON nodes.id = r.n ORDER BY n

SELECT r, nodes FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) WITH ORDINALITY AS r (n, t, o) JOIN nodes ON nodes.id = r.n ORDER BY n

SELECT j.* FROM (nodes n CROSS JOIN ROWS FROM (generate_series(1, 2), generate_series(5, 6)) AS r) AS j ORDER BY 1, 7 LIMIT 3

SELECT row_to_json(j) FROM (nodes n CROSS JOIN ROWS FROM (generate_series(1, 2), generate_series(5, 6)) AS r) AS j ORDER BY j.id LIMIT 2

SELECT r.*, jsonb_build_object('r', "C") FROM ROWS FROM (generate_series(1, 2), unnest(ARRAY['s', 'n'])) WITH ORDINALITY AS r(g, t, n) RIGHT JOIN deals AS "C"(k) ON TRUE ORDER BY "C".k, n LIMIT 4

SELECT to_jsonb(z) - 'profile', e.key FROM nodes z (k), jsonb_each(to_jsonb(z)) e ORDER BY z.k, e.key LIMIT 4

SELECT row_to_json(r) FROM clients c, ROWS FROM (jsonb_each_text(c.profile), unnest(c.tags)) AS r ORDER BY c.id LIMIT 3

SELECT c.id, g FROM clients c, generate_series(1, c.version + 1) g ORDER BY c.id, g LIMIT 3

-- otherwise: a view cannot be sampled
SELECT * FROM clients TABLESAMPLE BERNOULLI (100) REPEATABLE (1) WHERE id < 7

SELECT * FROM ONLY papers ORDER BY id

SELECT p.id, p.title, c.signed FROM papers* p LEFT JOIN contracts c USING (id) ORDER BY p.id

-- otherwise: a view has no system columns
SELECT tableoid::regclass = 'contracts'::regclass, id FROM papers ORDER BY id

(((SELECT id FROM clients ORDER BY id LIMIT 1))) UNION ALL ((SELECT 2) EXCEPT (SELECT 3)) ORDER BY 1

SELECT x.* FROM (SELECT id, phone FROM clients UNION ALL SELECT id::bigint, title FROM deals) AS x (k, v) WHERE k < 8 ORDER BY k, v

SELECT count(*) FILTER (WHERE phone LIKE '138%'), count(*) FROM clients HAVING count(*) > 1 AND bool_and(region IS NOT NULL)

SELECT 1 FROM clients HAVING true

SELECT FROM clients WHERE id < 7

SELECT clients::text FROM clients WHERE clients.id = 2 AND clients IS NOT NULL IS FALSE

SELECT CASE region WHEN 'EU' THEN phone WHEN 'US' THEN mail ELSE card END AS x, GREATEST(phone, name), NULLIF(phone, name), COALESCE(card, phone) FROM clients ORDER BY id LIMIT 4

-- fails
SELECT id FROM clients WHERE phone SIMILAR TO '138(\*)+[0-9]+' AND name ~~* 'a%' AND mail !~ 'x' AND born OVERLAPS born IS NULL

SELECT id FROM clients WHERE (born, interval '1 year') OVERLAPS (date '1975-06-01', date '1976-06-01') AND created_at AT TIME ZONE 'Europe/Paris' > '2026-01-02' AND extract(dow FROM created_at) BETWEEN SYMMETRIC 5 AND 0 ORDER BY id

SELECT grouping(region), region, count(*), sum(count(*)) OVER (ORDER BY region ROWS UNBOUNDED PRECEDING), first_value(max(phone)) OVER (ORDER BY region) FROM clients GROUP BY ROLLUP (region) ORDER BY region NULLS FIRST

SELECT current_user, session_user, current_database() = current_catalog, pg_backend_pid() > 0, version() LIKE 'PostgreSQL%', current_setting('search_path') IS NOT NULL, txid_current_if_assigned() IS NULL, inet_server_port() > 0, has_table_privilege('clients', 'select'), pg_get_serial_sequence('deals', 'id') IS NOT NULL, obj_description('clients'::regclass), to_regclass('nosuch')

-- otherwise: it needs a power
EXPLAIN SELECT 1

COPY (SELECT id, phone, card FROM clients WHERE id < 15 ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER true, FORCE_QUOTE (phone), NULL 'nil')

COPY clients (id, phone, mail) TO STDOUT (DELIMITER ';')

COPY (WITH x AS (UPDATE clients SET note = 'c' WHERE id = 2 RETURNING id, phone) SELECT * FROM x) TO STDOUT CSV

COPY (SELECT * FROM lines ORDER BY deal_id, no) TO STDOUT BINARY

-- == cursors of drivers and BI tools

BEGIN

DECLARE "SQL_CUR1" CURSOR WITH HOLD FOR SELECT id, phone, home FROM clients ORDER BY id

FETCH 3 IN "SQL_CUR1"

DECLARE c2 SCROLL CURSOR FOR SELECT c.id, d.title FROM clients c JOIN deals d ON d.client_id = c.id ORDER BY d.id

FETCH ABSOLUTE 5 FROM c2

FETCH BACKWARD 2 FROM c2

MOVE LAST IN c2

FETCH PRIOR c2

SAVEPOINT a

DECLARE c3 BINARY NO SCROLL CURSOR FOR SELECT id, credit FROM clients WHERE id < 12 ORDER BY id

FETCH FORWARD ALL FROM c3

-- fails
FETCH FIRST FROM nosuch

ROLLBACK TO a

CLOSE c2

COMMIT

FETCH 2 FROM "SQL_CUR1"

-- otherwise: statements of other people of the login
SELECT name, is_holdable, is_scrollable FROM pg_cursors ORDER BY name

CLOSE ALL

-- == prepared statements of SQL

PREPARE q (bigint, text) AS SELECT id, phone FROM clients WHERE id > $1 AND region = $2 ORDER BY id LIMIT 2

EXECUTE q (3, 'EU')

EXECUTE q ('5', 'US')

PREPARE w AS UPDATE clients SET note = $1 WHERE id = $2 RETURNING id, note, phone

EXECUTE w ('prepared', 2)

-- otherwise: statements of other people of the login
SELECT name, parameter_types::text FROM pg_prepared_statements ORDER BY 1

DEALLOCATE q

-- fails
EXECUTE q (1, 'EU')

DEALLOCATE ALL

-- == savepoints, errors within, and what is left

BEGIN ISOLATION LEVEL REPEATABLE READ

INSERT INTO log (what) VALUES ('kept') RETURNING what

SAVEPOINT s1

-- fails
UPDATE clients SET code = 'Code6' WHERE id = 2

-- fails
SELECT 1

ROLLBACK TO SAVEPOINT s1

UPDATE clients SET note = 'after' WHERE id = 2 RETURNING note

RELEASE s1

SAVEPOINT s2

DELETE FROM clients WHERE id = 6 RETURNING id, phone

ROLLBACK TO s2

SET CONSTRAINTS ALL IMMEDIATE

COMMIT AND CHAIN

SHOW transaction_isolation

ROLLBACK

SELECT what FROM log WHERE what = 'kept'

-- == COPY both ways

COPY jobs (queue, payload, owner_id) FROM STDIN
-- data
imp	{"a":1}	7
imp	{"b":2}	7

COPY metrics (at, owner_id, host, value) FROM STDIN WITH (FORMAT csv)
-- data
2026-01-20T00:00Z,7,imp,1.5
2027-01-20T00:00Z,7,imp,

SELECT queue, payload::text FROM jobs WHERE queue = 'imp' ORDER BY id

SELECT host, at, value FROM metrics WHERE host = 'imp' ORDER BY at

-- == temporary tables and what is made of them as dora

CREATE TEMP TABLE wanted (id bigint PRIMARY KEY, why text)

INSERT INTO wanted SELECT id, phone FROM clients WHERE region = 'EU'

ANALYZE wanted

SELECT w.*, c.phone = w.why AS same FROM wanted w JOIN clients c USING (id) ORDER BY id

UPDATE clients c SET note = w.why FROM wanted w WHERE w.id = c.id

SELECT id, note FROM clients WHERE region = 'EU' ORDER BY id

CREATE TEMP VIEW eu AS SELECT id, name, phone FROM clients WHERE region = 'EU'

-- otherwise: what a temporary view reads is not known
SELECT * FROM eu ORDER BY id LIMIT 2

-- otherwise: what a temporary view reads is not known
SELECT count(*), max(phone) FROM eu WHERE name LIKE 'A%'

DROP VIEW eu

CREATE TEMPORARY VIEW lots (a, b) AS SELECT w.id, d.title FROM wanted w JOIN deals d ON d.client_id = w.id

-- otherwise: what a temporary view reads is not known
SELECT * FROM lots ORDER BY b LIMIT 3

DROP TABLE wanted CASCADE

-- fails
SELECT * FROM lots
