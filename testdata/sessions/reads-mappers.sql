-- Django: annotations over annotations, OuterRef inside OuterRef, Window in filter, ArraySubquery, JSONObject, KT, combined expressions
SELECT "clients"."id", "clients"."name", ARRAY(SELECT JSONB_BUILD_OBJECT('id', U0."id", 'net', U0."net") AS "data" FROM "deals" U0 WHERE U0."client_id" = ("clients"."id") ORDER BY U0."id" ASC) AS "deals" FROM "clients" WHERE EXISTS(SELECT 1 AS "a" FROM "deals" U0 WHERE (U0."client_id" = ("clients"."id") AND EXISTS(SELECT 1 AS "a" FROM "lines" V0 WHERE (V0."deal_id" = (U0."id") AND V0."price" > 10) LIMIT 1)) LIMIT 1) ORDER BY "clients"."id" ASC

SELECT "col1", "col2" FROM (SELECT * FROM (SELECT "deals"."id" AS "col1", "deals"."title" AS "col2", ROW_NUMBER() OVER (PARTITION BY "deals"."client_id" ORDER BY "deals"."net" DESC) AS "qual0" FROM "deals") "qualify" WHERE ("qual0" <= 1)) "qualify_mask" ORDER BY "col1"

SELECT "clients"."id", (SELECT COUNT(*) FROM (SELECT DISTINCT U0."state" AS "s" FROM "deals" U0 WHERE U0."client_id" = ("clients"."id")) subquery) AS "states" FROM "clients" GROUP BY "clients"."id" ORDER BY 1

SELECT "clients"."region", COALESCE(SUM(CASE WHEN "deals"."state" = 'won' THEN "deals"."net" ELSE NULL END), '0'::numeric) AS "won", (COUNT("deals"."id") * 1.0 / NULLIF(COUNT(DISTINCT "clients"."id"), 0)) AS "per" FROM "clients" LEFT OUTER JOIN "deals" ON ("clients"."id" = "deals"."client_id" AND ("deals"."net" > 10)) GROUP BY "clients"."region" HAVING COUNT("deals"."id") > 0 ORDER BY "won" DESC, 1

SELECT DISTINCT "clients"."id", "clients"."doc" #>> '{b,0}' AS x, "clients"."profile" -> 'kids' ->> 0 FROM "clients" INNER JOIN "deals" ON ("clients"."id" = "deals"."client_id") INNER JOIN "staff" ON ("deals"."seller_id" = "staff"."id") LEFT OUTER JOIN "staff" T5 ON ("staff"."boss_id" = T5."id") WHERE (T5."id" IS NULL OR NOT (T5."name" IN ('Staff 1'))) ORDER BY "clients"."id" DESC

SELECT "clients"."id", "clients"."owner_id", "clients"."name", "clients"."phone", "clients"."doc", "clients"."attrs", "clients"."home", COUNT("deals"."id") AS "n" FROM "clients" LEFT OUTER JOIN "deals" ON "clients"."id" = "deals"."client_id" GROUP BY "clients"."id" ORDER BY "n" DESC, "clients"."id" LIMIT 5

SELECT "clients"."id", "clients"."doc", EXISTS(SELECT 1 FROM deals d WHERE d.client_id = clients.id) AS e FROM clients GROUP BY clients.id, e ORDER BY 1

SELECT c.*, count(*) OVER () FROM clients c GROUP BY c.id ORDER BY c.id LIMIT 2

SELECT (DATE_TRUNC('week', "deals"."won_at" AT TIME ZONE 'Europe/Berlin'))::date AS "w", EXTRACT('quarter' FROM "deals"."due") AS "q", SUM("deals"."gross") AS "g" FROM "deals" WHERE ("deals"."won_at" IS NOT NULL AND "deals"."span" && daterange('2026-01-01'::date, '2026-03-01'::date)) GROUP BY 1, 2 ORDER BY 1, 2

SELECT "clients"."id" FROM "clients" WHERE ("clients"."name" % 'Celik' OR SIMILARITY("clients"."name", 'Bob 6') > 0.5) ORDER BY "clients"."id"

SELECT "clients"."id", TRIGRAM_WORD."x" FROM "clients", LATERAL (SELECT WORD_SIMILARITY('Bob', "clients"."name") AS x) TRIGRAM_WORD ORDER BY 2 DESC, 1 LIMIT 4

SELECT "clients"."id" FROM "clients" WHERE UNACCENT("clients"."name"::text) LIKE '%' || UNACCENT('Umit') || '%' ORDER BY 1

SELECT "clients"."id", "clients"."attrs" -> 'k' AS "k" FROM "clients" WHERE "clients"."attrs" ? 'odd' AND "clients"."attrs" @> 'k=>v6' ORDER BY "clients"."id"

SELECT "clients"."id" FROM "clients" WHERE "clients"."code" = 'CODE6' OR "clients"."code" IN ('code10', 'CODE14') ORDER BY 1

-- $ code6
SELECT id, code FROM clients WHERE code = $1

-- $ {6,10} | {Bob 6,x}
SELECT id FROM clients WHERE (id, name) IN (SELECT unnest($1::bigint[]), unnest($2::varchar[])) ORDER BY id

SELECT "clients"."id" AS "pk", CAST("clients"."created_at" AS date) AS "day", ("clients"."born" + INTERVAL '18 years') AS "adult" FROM "clients" WHERE "clients"."created_at" >= (TIMESTAMPTZ '2026-01-02 00:00:00Z' - INTERVAL '1 days') ORDER BY "adult" NULLS FIRST, "pk" LIMIT 5

-- SQLAlchemy 2: selectinload by tuple, lateral, values, aliased CTE, recursive, literal_column, within_group, array comparison
SELECT clients_1.id AS clients_1_id, deals.id AS deals_id, deals.title AS deals_title FROM (SELECT clients.id AS id FROM clients WHERE clients.name LIKE '%6%' ESCAPE '/') AS clients_1 JOIN deals ON clients_1.id = deals.client_id ORDER BY deals.id

-- $ 6 | 10 | 14
SELECT deals.client_id AS deals_client_id, deals.id AS deals_id, deals.gross FROM deals WHERE deals.client_id IN ($1::BIGINT, $2::BIGINT, $3::BIGINT) ORDER BY deals.position NULLS LAST

WITH anon_2 AS MATERIALIZED (SELECT clients.id AS id, clients.name AS name FROM clients WHERE clients.active IS true), anon_1 AS NOT MATERIALIZED (SELECT max(deals.net) AS m, deals.client_id AS client_id FROM deals GROUP BY deals.client_id) SELECT anon_2.id, anon_2.name, anon_1.m FROM anon_2 LEFT OUTER JOIN anon_1 ON anon_1.client_id = anon_2.id ORDER BY anon_2.id

SELECT my_values.id, my_values.name, clients.phone FROM (VALUES (2, 'a'), (6, 'b'), (7, 'c')) AS my_values (id, name) LEFT OUTER JOIN clients ON clients.id = my_values.id ORDER BY my_values.id

SELECT anon_1.client_id, anon_1.agg FROM clients JOIN LATERAL (SELECT deals.client_id AS client_id, array_agg(deals.title ORDER BY deals.id DESC) AS agg FROM deals WHERE deals.client_id = clients.id GROUP BY deals.client_id) AS anon_1 ON true ORDER BY anon_1.client_id

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY clients.credit) AS med, mode() WITHIN GROUP (ORDER BY clients.region) AS m, aggregate_strings.s FROM clients, (SELECT string_agg(clients.name, $$, $$ ORDER BY clients.name COLLATE "C") AS s FROM clients) AS aggregate_strings GROUP BY aggregate_strings.s

-- $ Bob% | 2026-01-01 | 3
SELECT clients.id, clients.name, row_number() OVER (ORDER BY clients.created_at DESC) AS rn FROM clients WHERE clients.name LIKE $1::VARCHAR AND clients.created_at >= $2::TIMESTAMP WITH TIME ZONE ORDER BY rn LIMIT $3::INTEGER

SELECT clients.id, clients.name FROM clients WHERE (clients.id, clients.region) IN ((2, 'CN'), (6, 'EU'), (10, 'US')) ORDER BY clients.id

SELECT count(*) AS count_1 FROM (SELECT DISTINCT ON (deals.client_id) deals.id AS id FROM deals ORDER BY deals.client_id, deals.due DESC) AS anon_1

SELECT EXISTS (SELECT * FROM clients WHERE clients.name = 'Bob 6') AS anon_1

SELECT CASE WHEN (EXISTS (SELECT 1 FROM clients WHERE clients.id = 3)) THEN 1 ELSE 0 END AS anon_1

SELECT clients.id, deals_1.id AS id_1, lines_1.no FROM clients LEFT OUTER JOIN (deals AS deals_1 JOIN lines AS lines_1 ON lines_1.deal_id = deals_1.id) ON clients.id = deals_1.client_id WHERE clients.id < 20 ORDER BY clients.id, deals_1.id, lines_1.no

SELECT a.id, b.name AS boss FROM staff AS a LEFT JOIN staff AS b ON a.boss_id = b.id ORDER BY a.id

SELECT s.team, array_agg(DISTINCT s.mood ORDER BY s.mood) FILTER (WHERE s.mood IS NOT NULL), max(s.salary) FROM staff s GROUP BY s.team ORDER BY 1

-- ActiveRecord: includes, eager_load with t0_r0, pluck, calculate, merge, where.missing, in_order_of, with, annotate comments, optimizer hints
SELECT "clients"."id" AS t0_r0, "clients"."name" AS t0_r1, "clients"."phone" AS t0_r2, "deals"."id" AS t1_r0, "deals"."title" AS t1_r1, "lines"."deal_id" AS t2_r0, "lines"."no" AS t2_r1 FROM "clients" LEFT OUTER JOIN "deals" ON "deals"."client_id" = "clients"."id" LEFT OUTER JOIN "lines" ON "lines"."deal_id" = "deals"."id" WHERE "clients"."id" IN (SELECT "clients"."id" FROM "clients" WHERE "clients"."deleted_at" IS NULL ORDER BY "clients"."id" LIMIT 3) ORDER BY 1, 4, 7 /* loading for show */

SELECT DISTINCT "clients"."name" AS alias_0, "clients"."id" FROM "clients" LEFT OUTER JOIN "deals" ON "deals"."client_id" = "clients"."id" WHERE "deals"."state" != 'won' ORDER BY "clients"."name" ASC LIMIT 5 OFFSET 0

SELECT "clients".* FROM "clients" LEFT OUTER JOIN "deals" ON "deals"."client_id" = "clients"."id" WHERE "deals"."id" IS NULL ORDER BY 1

SELECT "clients"."id" FROM "clients" WHERE "clients"."region" IN ('US', 'EU') ORDER BY CASE WHEN "clients"."region" = 'US' THEN 1 WHEN "clients"."region" = 'EU' THEN 2 ELSE 3 END ASC, "clients"."id"

/*+ SeqScan(clients) */ SELECT "clients"."phone" FROM "clients" /*controller='clients'*/ ORDER BY "clients"."id" /* b */ LIMIT 3 -- tail

SELECT COUNT(DISTINCT "clients"."region") FROM "clients" WHERE "clients"."mood" BETWEEN 'sad' AND 'ok'

SELECT COUNT(*) AS "count_all", "deals"."state" AS "deals_state", date_trunc('month', due) AS "date_trunc_month_due" FROM "deals" GROUP BY "deals"."state", date_trunc('month', due) ORDER BY 2, 3

SELECT SUM("deals"."net") FROM "deals" INNER JOIN "clients" ON "clients"."id" = "deals"."client_id" WHERE NOT ("clients"."active" = TRUE AND "clients"."region" = 'EU')

WITH "recent" AS (SELECT "deals".* FROM "deals" WHERE (due > '2026-02-01')) SELECT "clients"."id", "recent"."id" AS r FROM "clients" INNER JOIN "recent" ON "recent"."client_id" = "clients"."id" ORDER BY 1, 2

-- fails
SELECT "clients".* FROM ((SELECT "clients".* FROM "clients" WHERE "clients"."id" = 2) UNION (SELECT "clients".* FROM "clients" WHERE "clients"."id" = 6)) "clients" ORDER BY "clients"."id"

SELECT "clients"."id" FROM ((SELECT "clients"."id" FROM "clients" WHERE "clients"."id" = 2) UNION ALL (SELECT "clients"."id" FROM "clients" WHERE "clients"."id" = 6)) "clients" ORDER BY "clients"."id"

SELECT 1 AS one FROM "clients" WHERE LOWER("clients"."name") = LOWER('bob 6') AND "clients"."id" != 7 LIMIT 1

-- Hibernate 6: multiset by json_agg, tuple comparison, keyset, fetch join, listagg, follow-on locking, treat, entity graph, insert-select
select c1_0.id,c1_0.name,(select coalesce(json_agg(json_build_object('id',d1_0.id,'t',d1_0.title)),'[]') from deals d1_0 where d1_0.client_id=c1_0.id) from clients c1_0 order by c1_0.id offset 1 rows fetch first 3 rows only

select c1_0.id,c1_0.home,c1_0.homes from clients c1_0 where c1_0.id=6

select c1_0.id from clients c1_0 where (c1_0.region,c1_0.id)>('EU',10) order by c1_0.region,c1_0.id fetch first 3 rows with ties

select d1_0.id,d1_0.version from (select id, position as version from deals) d1_0 where d1_0.id in (1,5,9) order by 1

select c1_0.id from clients c1_0 where c1_0.id=6 for no key update skip locked

select d1_0.id,c1_0.id,c1_0.name from deals d1_0 join clients c1_0 on c1_0.id=d1_0.client_id where d1_0.id=1 for no key update of d1_0 nowait

select listagg.x from (select string_agg(c1_0.name,';' order by c1_0.id) as x from clients c1_0 group by c1_0.region) listagg order by 1

select c1_0.region,count(*) filter (where c1_0.active),sum(c1_0.credit) filter (where c1_0.mood='ok'),every(c1_0.active),any_value.x from clients c1_0, lateral (select 1 x) any_value group by c1_0.region, any_value.x order by c1_0.region desc nulls last

-- $ 6
select c1_0.id,c1_0.name,d1_0.client_id,d1_0.id,d1_0.title from clients c1_0 left join deals d1_0 on c1_0.id=d1_0.client_id where c1_0.id=$1

select t.* from (select e.id as e, extract(epoch from (e.won_at - timestamp with time zone '2026-02-01 00:00:00Z')) * 1000 as millis, row_number() over(order by e.id) rn from deals e where e.state='won') t where t.rn between 1 and 3 order by 1

with recursive h(id, name, lvl) as (select n1.id, n1.name, 0 from nodes n1 where n1.id=1 union all select n2.id, n2.name, h.lvl+1 from h join nodes n2 on n2.parent_id=h.id) cycle id set is_cycle to true default false using path select h.id, h.lvl, h.is_cycle from h order by h.id

-- Prisma: relation joins with lateral, jsonb, cursor, none/some/every, aggregate filters, distinct in memory, raw unions
SELECT "t0"."id", "t0"."name", "t0"."profile", "Client_deals"."__prisma_data__" AS "deals" FROM "public"."clients" AS "t0" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), '[]') AS "__prisma_data__" FROM (SELECT "t2"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('id', "t1"."id", 'title', "t1"."title", 'net', "t1"."net") AS "__prisma_data__", "t1"."id" FROM (SELECT "t1".* FROM "public"."deals" AS "t1" WHERE "t0"."id" = "t1"."client_id" /* root select */) AS "t1" /* inner select */) AS "t2" ORDER BY "t2"."id" ASC /* middle select */) AS "t3" /* outer select */) AS "Client_deals" ON TRUE WHERE "t0"."active" = true ORDER BY "t0"."id" ASC LIMIT 3

SELECT "public"."clients"."id", "public"."clients"."mood"::text FROM "public"."clients" WHERE ("public"."clients"."id") NOT IN (SELECT "t1"."client_id" FROM "public"."deals" AS "t1" WHERE (NOT "t1"."state" = 'won' AND "t1"."client_id" IS NOT NULL)) ORDER BY "public"."clients"."id" ASC OFFSET 0

-- $ 10 | 4 | 1
SELECT "public"."clients"."id", "public"."clients"."name" FROM "public"."clients", (SELECT "public"."clients"."id" AS "clients_id_0" FROM "public"."clients" WHERE ("public"."clients"."id") = ($1)) AS "order_cmp" WHERE "public"."clients"."id" >= "order_cmp"."clients_id_0" ORDER BY "public"."clients"."id" ASC LIMIT $2 OFFSET $3

SELECT COUNT(*) FROM (SELECT "public"."clients"."id" FROM "public"."clients" WHERE 1=1 OFFSET 0) AS "sub"

SELECT COALESCE("aggr_selection_0_Deals"."_aggr_count_deals", 0) AS "_aggr_count_deals", "public"."clients"."id" FROM "public"."clients" LEFT JOIN (SELECT "public"."deals"."client_id", COUNT(*) AS "_aggr_count_deals" FROM "public"."deals" WHERE 1=1 GROUP BY "public"."deals"."client_id") AS "aggr_selection_0_Deals" ON ("public"."clients"."id" = "aggr_selection_0_Deals"."client_id") WHERE 1=1 ORDER BY 2 OFFSET 0

SELECT SUM("net"), AVG("net"), MIN("due"), MAX("position") FROM (SELECT "public"."deals"."net", "public"."deals"."due", "public"."deals"."position" FROM "public"."deals" WHERE 1=1 OFFSET 0) AS "sub"

-- TypeORM, Sequelize, Drizzle, Knex, Kysely
SELECT "client"."id" AS "client_id", "deal"."id" AS "deal_id", (SELECT COUNT(*) FROM "lines" "l" WHERE "l"."deal_id" = "deal"."id") AS "lines" FROM "clients" "client" INNER JOIN "deals" "deal" ON "deal"."client_id"="client"."id" AND ("deal"."state" = 'won') WHERE "client"."deleted_at" IS NULL ORDER BY "client"."id" DESC, 2

SELECT "Client"."id", "Client"."name", COALESCE(JSON_AGG(JSON_BUILD_OBJECT('id', "deals"."id") ORDER BY "deals"."id") FILTER (WHERE "deals"."id" IS NOT NULL), '[]') AS d FROM "clients" AS "Client" LEFT OUTER JOIN "deals" AS "deals" ON "Client"."id" = "deals"."client_id" AND "deals"."state" IN ('won', 'open') GROUP BY "Client"."id" ORDER BY 1

select "id", "name", (select "clients_deals"."data" from (select coalesce(json_agg(json_build_array("d"."id", "d"."title", to_json("d"."won_at"))), '[]'::json) as "data" from "deals" "d" where "d"."client_id" = "clients"."id") "clients_deals") as "ds" from "clients" where ("clients"."deleted_at" is null and "clients"."name" ilike '%b%') order by "id"

select "c"."id" from "clients" as "c" where exists (select 1 from jsonb_array_elements_text("c"."profile"->'kids') as "kid"("v") where "kid"."v"::int > 1) order by 1

select jsonb_build_object('rows', json_agg("x")) from (select "id", "phone" from "clients" order by "id" limit 2) as "x"

select to_jsonb("c") - 'search' - 'home' from "clients" as "c" order by "id" limit 2

select row_to_json(r) from (select c.id, c.name, (select array_to_json(array_agg(row_to_json(d))) from (select id, net from deals where client_id = c.id order by id) d) as deals from clients c where c.id in (2, 6) order by c.id) r

-- GORM, sqlc, jOOQ, Ecto, Laravel, Doctrine, EF Core, MyBatis
SELECT * FROM "clients" WHERE "clients"."deleted_at" IS NULL AND ("clients"."name" LIKE 'A%' OR ("clients"."region" <> 'EU' AND "clients"."active" = false)) ORDER BY "clients"."id" LIMIT 3

SELECT count(*) FROM "clients" WHERE ("name","region") IN (('Bob 6','EU'),('Ada 10','US')) AND "clients"."deleted_at" IS NULL

SELECT "clients"."id","clients"."name","Owner"."id" AS "Owner__id","Owner"."name" AS "Owner__name","Owner"."salary" AS "Owner__salary" FROM "clients" LEFT JOIN "staff" "Owner" ON "clients"."owner_id" = "Owner"."id" ORDER BY "clients"."id" DESC LIMIT 2

-- $ \N | \N
SELECT id, name FROM clients WHERE ($1::text IS NULL OR region = $1) AND (cardinality($2::bigint[]) IS NULL OR id = ANY($2)) ORDER BY id LIMIT 4

-- $ EU | {2,6,18}
SELECT id, name, region FROM clients WHERE ($1::text IS NULL OR region = $1) AND (cardinality($2::bigint[]) IS NULL OR id = ANY($2)) ORDER BY id LIMIT 4

select "c"."id", (select coalesce(jsonb_agg(jsonb_build_array("v0", "v1")), jsonb_build_array()) from (select "d"."title" as "v0", "d"."net" as "v1" from "deals" as "d" where "d"."client_id" = "c"."id" order by 1) as "t") as "deals" from "clients" as "c" order by "c"."id" limit 3

select "alias_1"."v0", "alias_1"."v1" from (values (cast(2 as bigint), cast('x' as text)), (6, 'y')) as "alias_1" ("v0", "v1") where exists (select 1 as "one" from "clients" where "clients"."id" = "alias_1"."v0") order by 1

SELECT c0."id", c0."name", d1."count" FROM "clients" AS c0 LEFT OUTER JOIN (SELECT sd0."client_id" AS "client_id", count(sd0."id") AS "count" FROM "deals" AS sd0 WHERE (sd0."state" = ANY('{won,open}')) GROUP BY sd0."client_id") AS d1 ON d1."client_id" = c0."id" WHERE (NOT (c0."name" IS NULL)) ORDER BY c0."id"

-- fails
SELECT s0."id" FROM "clients" AS s0 WHERE (fragment.x > 1) IS NOT TRUE ORDER BY 1

select "clients".*, (select count(*) from "deals" where "clients"."id" = "deals"."client_id" and "state" = 'won') as "won_count", (select sum("deals"."net") from "deals" where "clients"."id" = "deals"."client_id") as "deals_sum_net", exists(select * from "deals" where "clients"."id" = "deals"."client_id") as "deals_exists" from "clients" where exists (select * from "deals" where "clients"."id" = "deals"."client_id" and "net" >= 100) and "clients"."deleted_at" is null order by "id" asc limit 15 offset 0

select * from "deals" where ("client_id" = 2 and "state" in ('won', 'open')) or exists (select * from "clients" where "deals"."client_id" = "clients"."id" and "name"::text like 'Bob%') order by "id" desc

select "name", "laravel_reserved_0"."n" from "clients" inner join (select client_id, count(*) as n from "deals" group by "client_id") as "laravel_reserved_0" on "clients"."id" = "laravel_reserved_0"."client_id" where (select count(*) from "deals" where "clients"."id" = "deals"."client_id") >= 2 order by 1

SELECT c0_.id AS id_0, c0_.name AS name_1, COUNT(d1_.id) AS sclr_2 FROM clients c0_ LEFT JOIN deals d1_ ON c0_.id = d1_.client_id GROUP BY c0_.id, c0_.name HAVING COUNT(d1_.id) > 1 ORDER BY sclr_2 DESC, id_0 ASC LIMIT 4

SELECT DISTINCT id_0, name_1 FROM (SELECT DISTINCT id_0, name_1 FROM (SELECT c0_.id AS id_0, c0_.name AS name_1, d1_.id AS id_2 FROM clients c0_ LEFT JOIN deals d1_ ON c0_.id = d1_.client_id) dctrn_result_inner ORDER BY name_1 ASC) dctrn_result ORDER BY name_1 LIMIT 3

SELECT t0.id, t0.name, d0.id, d0.title FROM (SELECT c.id, c.name FROM clients AS c ORDER BY c.id LIMIT 2) AS t0 LEFT JOIN LATERAL (SELECT d.id, d.title FROM deals AS d WHERE t0.id = d.client_id ORDER BY d.id LIMIT 1) AS d0 ON TRUE ORDER BY t0.id

-- $ {2,6} | {Bob 6}
SELECT c.id FROM clients AS c WHERE c.id = ANY ($1) AND c.name::text = ANY ($2) OR c.id IN (SELECT u.value FROM unnest($1) AS u(value)) ORDER BY c.id

SELECT c.id, c."name", EXISTS (SELECT 1 FROM jsonb_to_recordset(c.profile->'x') AS k("a" int)) AS "E", date_part('year', c.created_at AT TIME ZONE 'UTC')::int AS y FROM clients AS c WHERE c.tags @> ARRAY['t2'] AND cardinality(c.tags) = 2 ORDER BY c.id

-- PostgREST, Hasura, Supabase
WITH pgrst_source AS ( SELECT "public"."clients"."id", "public"."clients"."name", row_to_json("clients_staff_1".*) AS "staff", COALESCE( "clients_deals_1"."clients_deals_1", '[]') AS "deals" FROM "public"."clients" LEFT JOIN LATERAL ( SELECT "staff_1"."name" FROM "public"."staff" AS "staff_1" WHERE "staff_1"."id" = "public"."clients"."owner_id" ) AS "clients_staff_1" ON TRUE LEFT JOIN LATERAL ( SELECT json_agg("clients_deals_1")::jsonb AS "clients_deals_1" FROM (SELECT "deals_1"."id", "deals_1"."title" FROM "public"."deals" AS "deals_1" WHERE "deals_1"."client_id" = "public"."clients"."id" ORDER BY "deals_1"."id" ) AS "clients_deals_1" ) AS "clients_deals_1" ON TRUE ORDER BY "public"."clients"."id" LIMIT 3 OFFSET 0 ) SELECT null::bigint AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted FROM ( SELECT * FROM pgrst_source ) _postgrest_t

WITH pgrst_source AS (SELECT "public"."clients".* FROM "public"."clients" WHERE "public"."clients"."name" ilike '%b%' AND NOT ("public"."clients"."mood" IS NULL) AND "public"."clients"."tags" @> '{t0}' ORDER BY "public"."clients"."id" DESC NULLS LAST LIMIT 2), pgrst_source_count AS (SELECT 1 FROM "public"."clients" WHERE "public"."clients"."name" ilike '%b%') SELECT (SELECT pg_catalog.count(*) FROM pgrst_source_count) AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]')::character varying AS body FROM (SELECT * FROM pgrst_source) _postgrest_t

SELECT coalesce(json_agg("root"), '[]') AS "root" FROM (SELECT row_to_json((SELECT "_e" FROM (SELECT "_root.base"."id" AS "id", "_root.base"."phone" AS "phone", "_root.ar.root.deals"."deals" AS "deals") AS "_e")) AS "root" FROM (SELECT * FROM "public"."clients" WHERE (("public"."clients"."region") = (('EU')::text)) ORDER BY "id" LIMIT 2) AS "_root.base" LEFT OUTER JOIN LATERAL (SELECT coalesce(json_agg("deals"), '[]') AS "deals" FROM (SELECT row_to_json((SELECT "_e" FROM (SELECT "_root.ar.root.deals.base"."id" AS "id") AS "_e")) AS "deals" FROM (SELECT * FROM "public"."deals" WHERE (("_root.base"."id") = ("client_id"))) AS "_root.ar.root.deals.base") AS "_root.ar.root.deals") AS "_root.ar.root.deals" ON ('true')) AS "_root"

SELECT json_build_object('aggregate', json_build_object('count', COUNT(*), 'sum', json_build_object('net', sum("_root.base"."net")), 'max', json_build_object('due', max("_root.base"."due")))) AS "root" FROM (SELECT * FROM "public"."deals" WHERE (EXISTS (SELECT 1 FROM "public"."clients" AS "__be_0_clients" WHERE ((("__be_0_clients"."id") = ("public"."deals"."client_id")) AND ('true') AND ((((("__be_0_clients"."name") LIKE ('%o%')) AND ('true')))))))) AS "_root.base"

with records as (select c.oid::int8 as id, nc.nspname as schema, c.relname as name from pg_class c join pg_namespace nc on nc.oid = c.relnamespace where c.relname = 'clients' and nc.nspname = 'public') select count(*) from records

-- Odoo
SELECT "clients"."id" FROM "clients" WHERE ((("clients"."deleted_at" IS NULL) AND ("clients"."owner_id" IN (7, 8))) AND (("clients"."name"::text ILIKE '%e%') OR (("clients"."tags" IS NOT NULL) AND ("clients"."code"::text = 'Code10')))) ORDER BY "clients"."name", "clients"."id" DESC LIMIT 80

SELECT "clients"."region", COUNT(*), ARRAY_AGG("clients"."id" ORDER BY "clients"."id"), BOOL_OR("clients"."active"), COUNT(DISTINCT "clients"."mood") FROM "clients" LEFT JOIN "staff" AS "clients__owner_id" ON ("clients"."owner_id" = "clients__owner_id"."id") GROUP BY "clients"."region" HAVING COUNT(*) > 1 ORDER BY COUNT(*) DESC, "clients"."region" ASC NULLS LAST

SELECT "nodes"."id" FROM "nodes" WHERE ("nodes"."path"::text LIKE 'n1.n2%') AND ("nodes"."parent_id" IS NOT NULL) ORDER BY "nodes"."path"

SELECT id, path ~ '*.n3.*'::lquery, nlevel(path), subpath(path, 0, 1), path @> 'n1.n2' FROM nodes WHERE path <@ 'n1.n3' ORDER BY id

SELECT lca(array_agg(path)) FROM nodes WHERE id > 4

SELECT res.id, res.c FROM (SELECT c.id, (SELECT count(1) FROM deals d WHERE d.client_id = c.id AND d.state NOT IN ('lost')) AS c FROM clients c) AS res WHERE res.c > 1 ORDER BY res.c DESC, res.id
