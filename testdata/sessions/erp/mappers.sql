-- Statements as mappers, builders and dashboards print them.

SELECT "tickets"."id", "tickets"."subject", COUNT("comments"."no") AS "comments__count" FROM "tickets" LEFT OUTER JOIN "comments" ON ("tickets"."id" = "comments"."ticket_id") WHERE ("tickets"."state" = 'open' AND NOT ("tickets"."id" IN (SELECT U1."ticket_id" FROM "comments" U1 WHERE (U1."author" = 'eve' AND U1."ticket_id" = ("tickets"."id"))))) GROUP BY "tickets"."id" ORDER BY "tickets"."created_at" DESC, 1 ASC LIMIT 21

SELECT "employees"."id", "employees"."first_name", CAST(EXTRACT(YEAR FROM "employees"."hired") AS integer) AS "y", CONCAT(("employees"."last_name")::text, (CONCAT((', ')::text, ("employees"."first_name")::text))::text) AS "full" FROM "employees" WHERE (UPPER("employees"."last_name"::text) LIKE UPPER('%ÜLL%') AND "employees"."hired" BETWEEN '2010-01-01'::date AND '2026-12-31'::date) ORDER BY "employees"."number" ASC

SELECT (1) AS "a" FROM "employees" WHERE "employees"."email" = 'e4@corp.example' LIMIT 1

SELECT COUNT(*) FROM (SELECT DISTINCT "employees"."dept_id" AS "col1" FROM "employees" WHERE "employees"."tenant_id" = 2) subquery

SELECT "t"."id" AS "t_id", "t"."subject" AS "t_subject", "t"."custom" AS "t_custom", "a"."number" AS "a_number", "a"."name" AS "a_name" FROM "public"."tickets" "t" LEFT JOIN "public"."employees" "a" ON "a"."id"="t"."assignee_id" WHERE ( "t"."tenant_id" = $1 AND "t"."priority" IN ($2, $3) ) AND ( "t"."id" IN (1, 4, 13, 25, 37) ) ORDER BY "t"."id" ASC
-- $ 2 | high | urgent

SELECT DISTINCT "distinctAlias"."t_id" AS "ids_t_id", "distinctAlias"."t_votes" FROM (SELECT "t"."id" AS "t_id", "t"."votes" AS "t_votes", "c"."body" AS "c_body" FROM "tickets" "t" LEFT JOIN "comments" "c" ON "c"."ticket_id" = "t"."id") "distinctAlias" ORDER BY "distinctAlias"."t_votes" DESC, "t_id" ASC LIMIT 5

SELECT t.id, t.subject, json_build_object('number', a.number, 'name', a.name, 'iban', a.iban) AS assignee, COALESCE((SELECT json_agg(json_build_object('no', c.no, 'body', c.body) ORDER BY c.no) FROM comments c WHERE c.ticket_id = t.id), '[]'::json) AS comments FROM tickets t LEFT JOIN employees a ON a.id = t.assignee_id ORDER BY t.id LIMIT 4

SELECT "public"."tickets"."id", "public"."tickets"."state"::text, "aggr_selection_0_Comments"."_aggr_count_comments" FROM "public"."tickets" LEFT JOIN (SELECT "public"."comments"."ticket_id", COUNT(*) AS "_aggr_count_comments" FROM "public"."comments" WHERE 1=1 GROUP BY "public"."comments"."ticket_id") AS "aggr_selection_0_Comments" ON ("public"."tickets"."id" = "aggr_selection_0_Comments"."ticket_id") WHERE ("public"."tickets"."state" = CAST($1::text AS "state") AND ("public"."tickets"."subject"::text ILIKE $2 OR "public"."tickets"."id" IN ($3,$4))) ORDER BY "public"."tickets"."id" ASC LIMIT $5 OFFSET $6
-- $ open | %e% | 4 | 13 | 10 | 0

SELECT "t1"."id", "t1"."subject", "Ticket_comments"."__prisma_data__" AS "comments" FROM "public"."tickets" AS "t1" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), '[]') AS "__prisma_data__" FROM (SELECT "t3"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('no', "t2"."no", 'body', "t2"."body") AS "__prisma_data__" FROM (SELECT "t2".* FROM "public"."comments" AS "t2" WHERE "t1"."id" = "t2"."ticket_id" ORDER BY "t2"."no") AS "t2") AS "t3") AS "t4") AS "Ticket_comments" ON TRUE ORDER BY "t1"."id" LIMIT 3

SELECT t."Id", t."Name", d0."Total" FROM (SELECT e.id AS "Id", e.name AS "Name", e.dept_id FROM employees AS e WHERE e.left_on IS NULL AND strpos(lower(e.name), 'an') > 0 OFFSET 0) AS t LEFT JOIN (SELECT d.id, COALESCE(sum(x.salary), 0.0) AS "Total" FROM departments AS d INNER JOIN employees AS x ON d.id = x.dept_id AND d.tenant_id = x.tenant_id GROUP BY d.id) AS d0 ON t.dept_id = d0.id ORDER BY t."Id" NULLS FIRST

SELECT e."number", CASE WHEN e."salary" IS NULL THEN NULL ELSE floor(e."salary" / 100.0)::int END AS "Band", date_part('year', e."born")::int AS "Year", e."home" IS NOT NULL AS "HasHome" FROM "employees" AS e WHERE e."skills" @> ARRAY['sql']::text[] AND (e."born" IS NULL OR e."born" > make_date($1, 1, 1)) ORDER BY e."number"
-- $ 1962

select t1_0.id, t1_0.subject, a1_0.id, a1_0.name, a1_0.salary from tickets t1_0 left join employees a1_0 on a1_0.id = t1_0.assignee_id where t1_0.state in ($1, $2) and (t1_0.custom ->> 'os') = $3 order by t1_0.id fetch first $4 rows only
-- $ open | new | linux | 5

select p1_0.id, case when p1_1.id is not null then 1 when p1_2.id is not null then 2 when p1_0.id is not null then 0 end, p1_0.name, p1_1.vat_no, p1_2.born from parties p1_0 left join companies p1_1 on p1_0.id = p1_1.id left join persons p1_2 on p1_0.id = p1_2.id order by p1_0.id

select e1_0.id from employees e1_0 where e1_0.id = $1 for no key update
-- $ 00000000-0000-4000-8000-000000000004

SELECT anon_1.id, anon_1.subject, comments_1.no, comments_1.body FROM (SELECT tickets.id AS id, tickets.subject AS subject FROM tickets WHERE tickets.votes > $1::INTEGER ORDER BY tickets.id LIMIT $2::INTEGER) AS anon_1 LEFT OUTER JOIN comments AS comments_1 ON anon_1.id = comments_1.ticket_id ORDER BY anon_1.id, comments_1.no
-- $ 4 | 4

WITH RECURSIVE anon_1(id, level) AS (SELECT employees.id AS id, 0 AS level FROM employees WHERE employees.manager_id IS NULL UNION ALL SELECT employees_1.id AS id, anon_1.level + $1::INTEGER AS level FROM employees AS employees_1, anon_1 WHERE employees_1.manager_id = anon_1.id) SELECT anon_1.level, count(*) AS n FROM anon_1 GROUP BY anon_1.level ORDER BY anon_1.level
-- $ 1

INSERT INTO tickets (subject, priority, tags, custom) SELECT p0::TEXT, p1::priority, p2::TEXT[], p3::JSONB FROM (VALUES ($1, $2, $3, $4, 0), ($5, $6, $7, $8, 1)) AS imp_sen(p0, p1, p2, p3, sen_counter) ORDER BY sen_counter RETURNING tickets.id, tickets.id AS id__1, tickets.subject
-- $ a | low | {x} | {"a": 1} | b | high | {} | {}

INSERT INTO "tickets" ("subject", "votes") VALUES ($1, $2) ON CONFLICT ("id") DO UPDATE SET "votes"="excluded"."votes" RETURNING "id", "subject", "votes", "requester"
-- $ up | 3

INSERT INTO "stock" ("tenant_id","warehouse","item_id","qty") VALUES ($1,$2,$3,$4),($5,$6,$7,$8) ON CONFLICT ("tenant_id","warehouse","item_id") DO UPDATE SET "qty"="excluded"."qty","moved"=CURRENT_TIMESTAMP WHERE "stock"."qty" IS DISTINCT FROM "excluded"."qty" RETURNING "item_id", "qty"
-- $ 2 | north | 2 | 44 | 2 | west | 2 | 45

UPDATE "tickets" SET "state" = $1, "votes" = "tickets"."votes" + $2 WHERE "tickets"."id" = $3 AND "tickets"."votes" = $4 RETURNING 1
-- $ open | 1 | 4 | 5

UPDATE "public"."tickets" SET "subject" = $1, "priority" = CAST($2::text AS "priority") WHERE ("public"."tickets"."id" = $3 AND 1=1) RETURNING "public"."tickets"."id", "public"."tickets"."subject", "public"."tickets"."priority"::text
-- $ prisma | high | 4

DELETE FROM "public"."comments" WHERE ("public"."comments"."ticket_id", "public"."comments"."no") IN (($1,$2),($3,$4)) RETURNING "public"."comments"."ticket_id", "public"."comments"."no"
-- $ 4 | 2 | 4 | 3

update tickets t1_0 set votes = (t1_0.votes + 1) where t1_0.id in (select t2_0.id from tickets t2_0 where t2_0.state = 'open') and t1_0.team_id = 3

delete from comments as c1_0 where exists (select 1 from tickets as t1_0 where t1_0.id = c1_0.ticket_id and t1_0.priority = 'low')

SELECT source.state AS state, source.month AS month, SUM(source.n) AS sum FROM (SELECT "public"."tickets"."state" AS "state", DATE_TRUNC('month', "public"."tickets"."created_at") AS "month", 1 AS n FROM "public"."tickets") AS "source" WHERE source.month >= CAST('2026-01-01' AS timestamp with time zone) GROUP BY source.state, source.month ORDER BY source.state ASC, source.month ASC LIMIT 2000

SELECT "public"."employees"."dept_id" AS "dept_id", "Departments"."name" AS "Departments__name", FLOOR(("public"."employees"."salary" / 1000)) * 1000 AS "salary", COUNT(*) AS "count", AVG("public"."employees"."vacation") AS "avg" FROM "public"."employees" LEFT JOIN "public"."departments" AS "Departments" ON "public"."employees"."dept_id" = "Departments"."id" GROUP BY "public"."employees"."dept_id", "Departments"."name", FLOOR(("public"."employees"."salary" / 1000)) * 1000 ORDER BY 1, 2, 3

SELECT DATE_TRUNC('day', created_at) AS __timestamp, priority AS priority, COUNT(*) AS count, SUM(votes) AS "SUM(votes)" FROM public.tickets JOIN (SELECT priority AS priority__, COUNT(*) AS mme_inner__ FROM public.tickets WHERE created_at >= TO_TIMESTAMP('2026-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY priority ORDER BY mme_inner__ DESC, priority LIMIT 3) AS series_limit ON priority = priority__ GROUP BY priority, DATE_TRUNC('day', created_at) ORDER BY 1, 2 LIMIT 30

SELECT SUM(1) AS "cnt:ok", CAST(TRUNC(CAST(EXTRACT(QUARTER FROM "invoices"."issued") AS NUMERIC), 0) AS INTEGER) AS "qr:issued:ok", SUM("invoices"."gross") AS "sum:gross:ok", "invoices"."currency" AS "currency" FROM "public"."invoices" "invoices" INNER JOIN (SELECT "invoices"."currency" AS "currency", SUM("invoices"."net") AS "$__alias__0" FROM "public"."invoices" "invoices" GROUP BY 1 ORDER BY 2 DESC LIMIT 2) "t0" ON (NOT ("invoices"."currency" IS DISTINCT FROM "t0"."currency")) GROUP BY 2, 4 ORDER BY 2, 4

select "_"."state", "_"."n" from (select "rows"."state" as "state", count(1) as "n" from (select "state" from "public"."tickets" "$Table") "rows" cross join (select null as x) "_" where "_"."x" is null group by "state") "_" order by 1

select "$Table"."no" as "no", case when "$Table"."gross" > 100 then 'big' else null end as "size" from "public"."invoices" "$Table" where "$Table"."no" like 'INV-0000%' and ("$Table"."issued" < '2026-05-05' and "$Table"."issued" is not null) order by "no" limit 1001

SELECT floor(extract(epoch from at)/3600)*3600 AS "time", kind AS metric, avg(duration_ms) AS value FROM events WHERE at BETWEEN '2026-04-01T00:00:00Z' AND '2026-04-02T00:00:00Z' GROUP BY 1, 2 ORDER BY 1, 2

SELECT x.user, x.n, row_number() OVER (ORDER BY x.n DESC, x.user) FROM (SELECT payload->>'user' AS user, count(*) AS n FROM events GROUP BY payload->>'user') x ORDER BY 3

SELECT tickets.team_id AS "tickets.team", COUNT(DISTINCT tickets.id) AS "tickets.count", COALESCE(SUM(DISTINCT (CAST(FLOOR(COALESCE(tickets.votes, 0) * 1000000) AS DECIMAL(38, 0))) + CAST(('x' || SUBSTR(MD5(tickets.id::varchar), 1, 8))::bit(32)::bigint AS DECIMAL(38)))::decimal / 1000000, 0) > 0 AS "sum" FROM tickets LEFT JOIN comments ON tickets.id = comments.ticket_id GROUP BY 1 HAVING COUNT(DISTINCT tickets.id) > 0 ORDER BY 1 NULLS LAST FETCH NEXT 500 ROWS ONLY

WITH pgrst_source AS (SELECT "public"."tickets"."id", "public"."tickets"."subject", row_to_json("tickets_assignee_1".*) AS "assignee" FROM "public"."tickets" LEFT JOIN LATERAL (SELECT "employees_1"."number", "employees_1"."iban" FROM "public"."employees" AS "employees_1" WHERE "employees_1"."id" = "public"."tickets"."assignee_id") AS "tickets_assignee_1" ON TRUE WHERE "public"."tickets"."votes" >= 5 ORDER BY "public"."tickets"."id" LIMIT 5 OFFSET 0) SELECT null::bigint AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]') AS body, nullif(current_setting('response.headers', true), '') AS response_headers FROM (SELECT * FROM pgrst_source) _postgrest_t

WITH pgrst_payload AS (SELECT $1::json AS json_data), pgrst_body AS (SELECT CASE WHEN json_typeof(json_data) = 'array' THEN json_data ELSE json_build_array(json_data) END AS val FROM pgrst_payload), pgrst_source AS (INSERT INTO "public"."comments"("body", "no", "ticket_id") SELECT "pgrst_body"."body", "pgrst_body"."no", "pgrst_body"."ticket_id" FROM (SELECT * FROM json_to_recordset((SELECT val FROM pgrst_body)) AS _ ("body" text, "no" integer, "ticket_id" bigint)) pgrst_body RETURNING "public"."comments".*) SELECT '' AS total_result_set, pg_catalog.count(t) AS page_total, coalesce(json_agg(t), '[]') AS body FROM (SELECT * FROM pgrst_source) t
-- $ [{"ticket_id": 4, "no": 61, "body": "rest"}, {"ticket_id": 4, "no": 62, "body": "api"}]

SELECT coalesce(json_agg("root" ORDER BY "root.pg.id" ASC NULLS LAST), '[]') AS "root" FROM (SELECT row_to_json((SELECT "_e" FROM (SELECT "_root.base"."id" AS "id", "_root.ar.root.comments"."comments" AS "comments") AS "_e")) AS "root", "_root.base"."id" AS "root.pg.id" FROM (SELECT * FROM "public"."tickets" WHERE (("public"."tickets"."votes") > (('5')::smallint)) ORDER BY "id" ASC NULLS LAST LIMIT 3) AS "_root.base" LEFT OUTER JOIN LATERAL (SELECT coalesce(json_agg("comments" ORDER BY "no"), '[]') AS "comments" FROM (SELECT row_to_json((SELECT "_e" FROM (SELECT "_c.base"."no" AS "no", "_c.base"."author" AS "author") AS "_e")) AS "comments", "_c.base"."no" FROM (SELECT * FROM "public"."comments" WHERE (("_root.base"."id") = ("ticket_id"))) AS "_c.base") AS "_rows") AS "_root.ar.root.comments" ON ('true')) AS "_rows"

select "tickets".*, (select count(*) from "comments" where "tickets"."id" = "comments"."ticket_id") as "comments_count" from "tickets" where exists (select * from "comments" where "tickets"."id" = "comments"."ticket_id" and "author" = $1) and "tickets"."parent_id" is null order by "created_at" desc limit 3 offset 0
-- $ bob

select * from "employees" where to_jsonb("skills") @> '["sql"]' is null or jsonb_array_length(("contact"->'tags')::jsonb) > 1 and extract(year from "hired") = '2012' order by "number"

SELECT t0."id", t0."subject", t0."custom", t1."number" FROM "tickets" AS t0 INNER JOIN "employees" AS t1 ON t1."id" = t0."assignee_id" WHERE (t0."state"::text = ANY($1)) AND (json_extract_path(t0."custom"::json, 'os')::text = '"mac"') ORDER BY t0."id" LIMIT $2
-- $ {new,open,closed} | 3

SELECT st0."team_id", over_0."max", count('*') FROM "tickets" AS st0 INNER JOIN (SELECT ss0."team_id" AS "team_id", max(ss0."votes") AS "max" FROM "tickets" AS ss0 GROUP BY ss0."team_id") AS over_0 ON over_0."team_id" = st0."team_id" AND st0."votes" = over_0."max" GROUP BY st0."team_id", over_0."max" ORDER BY 1

SELECT "id", "subject" FROM (SELECT "id", "subject", ROW_NUMBER() OVER (PARTITION BY "team_id" ORDER BY "votes" DESC, "id") AS "rn" FROM "tickets") AS "ranked" WHERE "rn" = 1 ORDER BY "id"

select v0, v1, "alias_1"."n" from (select "tickets"."id" as v0, "tickets"."team_id" as v1 from "tickets") as "t" cross join lateral (select count(*) as "n" from "comments" where "comments"."ticket_id" = v0) as "alias_1" order by v0 limit 3

select (select coalesce(jsonb_agg(jsonb_build_array("v0", "v1")), jsonb_build_array()) from (select "c"."no" as "v0", "c"."body" as "v1" from "comments" as "c" where "c"."ticket_id" = "t"."id" order by "c"."no") as "x"), row("t"."id", "t"."votes") from "tickets" as "t" order by "t"."id" limit 3

SELECT /*+ IndexScan(t) */ t.id -- a comment
FROM tickets /* another /* nested */ one */ AS t WHERE t.subject <> '--' AND t.subject <> '/*' AND t.body IS DISTINCT FROM $$ it's; a "body" $$ AND t.id <> E'\x31'::int ORDER BY 1 LIMIT 3

select	t . id , t."subject"
from   tickets
    as t
where t.votes>=-1 and(t.id)=4.0 or t.votes<>-3 and t.id in(13,25)order by t.id

SELECT id FROM (tickets CROSS JOIN (SELECT 1) x) WHERE ((votes) > (((3)))) AND (NOT ((state) = ('closed'))) ORDER BY (id) LIMIT (1 + 1)

SELECT ALL t.id FROM tickets t WHERE t.id = SOME (ARRAY[4, 13]) OR votes = ANY (SELECT max(votes) FROM tickets) ORDER BY t.id

SELECT DISTINCT ON (t.state) t.state, t.id, last_value(t.id) OVER (PARTITION BY t.state ORDER BY t.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM tickets t ORDER BY t.state, t.id DESC

SELECT id, interval '1' day * votes, date '2026-01-01' + votes, time '10:00' + due, timestamp with time zone '2026-01-01 00:00Z' - created_at, (created_at, due) OVERLAPS (timestamptz '2026-01-05Z', timestamptz '2026-01-09Z'), localtimestamp > created_at::timestamp IS NOT NULL, extract(timezone FROM created_at), created_at AT TIME ZONE INTERVAL '+02:00' FROM tickets ORDER BY id LIMIT 3

SELECT trim(both '#' from subject), trim(leading 'P' from subject), substring(subject from 2 for 3), substring(subject similar '%#"n_t#"%' escape '#'), position('o' in subject), overlay(subject placing 'XX' from 2), char_length(subject), normalize(subject, NFC) = subject, subject IS NORMALIZED, collation for (subject) FROM tickets ORDER BY id LIMIT 3

SELECT CASE state WHEN 'new' THEN 1 WHEN 'open' THEN 2 ELSE 3 END AS k, nullif(votes, 0), greatest(votes, 3, NULL), coalesce(body, subject, '-'), u IS UNKNOWN FROM (SELECT state, votes, body, subject, id, NULL::boolean AS u FROM tickets) t WHERE u IS UNKNOWN AND (votes::int)::boolean IS NOT FALSE ORDER BY id LIMIT 3
