-- Django's ORM on psycopg: every column named with its table, quoted.

-- Customer.objects.all()[:21]
SELECT "customers"."id", "customers"."owner_id", "customers"."name", "customers"."phone", "customers"."email", "customers"."id_card", "customers"."region", "customers"."credit", "customers"."birthday", "customers"."profile", "customers"."note", "customers"."active", "customers"."created_at", "customers"."tags" FROM "customers" ORDER BY "customers"."id" ASC LIMIT 21

-- get(pk=…)
-- $ 17
SELECT "customers"."id", "customers"."name", "customers"."phone", "customers"."profile" FROM "customers" WHERE "customers"."id" = $1 LIMIT 21

SELECT "customers"."id", "customers"."name" FROM "customers" WHERE "customers"."id" = 17 LIMIT 21

-- exists()
SELECT 1 AS "a" FROM "customers" WHERE "customers"."name" = 'Customer R17' LIMIT 1

SELECT (1) AS "a" FROM "customers" WHERE ("customers"."owner_id" = 7 AND NOT ("customers"."id" = 17)) LIMIT 1

-- count()
SELECT COUNT(*) AS "__count" FROM "customers" WHERE "customers"."active"

SELECT COUNT(*) AS "__count" FROM "customers" WHERE NOT "customers"."active"

SELECT COUNT(*) FROM (SELECT DISTINCT "customers"."region" AS Col1 FROM "customers") subquery

SELECT COUNT(*) FROM (SELECT "orders"."customer_id" AS "col1" FROM "orders" GROUP BY "orders"."customer_id" HAVING COUNT("orders"."id") > 2) subquery

-- icontains, istartswith, iexact, regex
SELECT "customers"."id", "customers"."name" FROM "customers" WHERE UPPER("customers"."name"::text) LIKE UPPER('%mer r%') ORDER BY "customers"."id" ASC

SELECT "customers"."id" FROM "customers" WHERE "customers"."name"::text LIKE 'Customer%' ORDER BY "customers"."id" ASC

SELECT "customers"."id" FROM "customers" WHERE (UPPER("customers"."name"::text) = UPPER('customer r17') OR UPPER("customers"."note"::text) LIKE UPPER('%17%')) ORDER BY "customers"."name" DESC, 1

SELECT "customers"."id" FROM "customers" WHERE "customers"."name"::text ~ '^Customer [A-M]' ORDER BY "customers"."id"

SELECT "customers"."id" FROM "customers" WHERE "customers"."name"::text ~* 'R1' ORDER BY "customers"."id"

-- $ %omer% | 5
SELECT "customers"."id", "customers"."name" FROM "customers" WHERE UPPER("customers"."name"::text) LIKE UPPER($1) ORDER BY "customers"."id" ASC LIMIT $2

-- the admin's search over several words
SELECT "tickets"."id", "tickets"."subject" FROM "tickets" WHERE ((UPPER("tickets"."subject"::text) LIKE UPPER('%printer%') OR UPPER("tickets"."body"::text) LIKE UPPER('%printer%')) AND (UPPER("tickets"."subject"::text) LIKE UPPER('%jam%') OR UPPER("tickets"."body"::text) LIKE UPPER('%times%'))) ORDER BY "tickets"."opened_at" DESC, "tickets"."id" DESC

-- select_related
SELECT "orders"."id", "orders"."customer_id", "orders"."amount", "customers"."id", "customers"."name", "customers"."phone" FROM "orders" INNER JOIN "customers" ON ("orders"."customer_id" = "customers"."id") ORDER BY "orders"."id" ASC LIMIT 100

SELECT "tickets"."id", "tickets"."subject", T2."id", T2."subject" FROM "tickets" LEFT OUTER JOIN "tickets" T2 ON ("tickets"."parent_id" = T2."id") ORDER BY "tickets"."number" ASC

SELECT "tickets"."number", T3."number", "customers"."name" FROM "tickets" INNER JOIN "customers" ON ("tickets"."customer_id" = "customers"."id") LEFT OUTER JOIN "tickets" T3 ON ("tickets"."parent_id" = T3."id") WHERE "customers"."region" IN ('EU', 'US') ORDER BY "tickets"."number"

-- prefetch_related
SELECT "orders"."id", "orders"."customer_id", "orders"."amount", "orders"."status" FROM "orders" WHERE "orders"."customer_id" IN (7, 17, 27, 37, 47) ORDER BY "orders"."id"

-- $ {7,17,27}
SELECT "orders"."id", "orders"."customer_id" FROM "orders" WHERE "orders"."customer_id" = ANY($1) ORDER BY "orders"."id"

SELECT ("product_categories"."product_id") AS "_prefetch_related_val_product_id", "categories"."id", "categories"."name" FROM "categories" INNER JOIN "product_categories" ON ("categories"."id" = "product_categories"."category_id") WHERE "product_categories"."product_id" IN (1, 2, 3) ORDER BY 1, 2

-- generic relations
SELECT "comments"."id", "comments"."body" FROM "comments" WHERE ("comments"."commentable_id" = '17' AND "comments"."commentable_type" = 'Order') ORDER BY "comments"."created_at" DESC

-- annotate
SELECT "customers"."id", "customers"."name", COUNT("orders"."id") AS "num_orders" FROM "customers" LEFT OUTER JOIN "orders" ON ("customers"."id" = "orders"."customer_id") GROUP BY "customers"."id" ORDER BY "num_orders" DESC, "customers"."id" LIMIT 10

SELECT "customers"."id", "customers"."owner_id", "customers"."name", "customers"."phone", "customers"."profile", "customers"."tags", SUM("orders"."amount") AS "total", MAX("orders"."placed_on") AS "last" FROM "customers" LEFT OUTER JOIN "orders" ON ("customers"."id" = "orders"."customer_id") WHERE "customers"."active" GROUP BY "customers"."id" HAVING SUM("orders"."amount") > 100 ORDER BY "customers"."name" ASC

SELECT "customers"."region", COUNT("customers"."id") AS "n", AVG("customers"."credit") AS "avg" FROM "customers" GROUP BY "customers"."region" ORDER BY "customers"."region" ASC

SELECT "customers"."region", COUNT("customers"."id") FILTER (WHERE "customers"."active") AS "active", COUNT("customers"."id") FILTER (WHERE NOT ("customers"."name"::text LIKE '%R%')) AS "no_r" FROM "customers" GROUP BY 1 ORDER BY 1 ASC

SELECT SUM("orders"."amount") AS "amount__sum", AVG("orders"."amount") AS "amount__avg", COUNT(DISTINCT "orders"."customer_id") AS "n" FROM "orders" WHERE "orders"."placed_on" BETWEEN '2026-01-01'::date AND '2026-02-28'::date

SELECT SUM("col1") FROM (SELECT COUNT("orders"."id") AS "col1" FROM "customers" LEFT OUTER JOIN "orders" ON ("customers"."id" = "orders"."customer_id") GROUP BY "customers"."id") subquery

SELECT (DATE_TRUNC('month', "orders"."placed_on"))::date AS "month", SUM("orders"."amount") AS "s" FROM "orders" GROUP BY 1 ORDER BY 1 ASC

SELECT DISTINCT DATE_TRUNC('month', "customers"."created_at" AT TIME ZONE 'UTC') AS "datetimefield" FROM "customers" WHERE "customers"."created_at" IS NOT NULL ORDER BY 1 ASC

SELECT "customers"."id" FROM "customers" WHERE EXTRACT('month' FROM "customers"."birthday") = 1 ORDER BY "customers"."id"

SELECT "customers"."id" FROM "customers" WHERE ("customers"."created_at" AT TIME ZONE 'Asia/Shanghai')::date = '2026-01-06'::date ORDER BY "customers"."id"

SELECT "tickets"."number" FROM "tickets" WHERE "tickets"."opened_at" BETWEEN '2026-01-01T00:00:00'::timestamp AND '2026-01-08T23:59:59.999999'::timestamp ORDER BY "tickets"."number"

-- Exists, OuterRef, Subquery
SELECT "customers"."id", EXISTS(SELECT 1 AS "a" FROM "orders" U0 WHERE (U0."customer_id" = ("customers"."id") AND U0."status" = 'paid') LIMIT 1) AS "has_paid" FROM "customers" ORDER BY "customers"."id"

SELECT "customers"."id" FROM "customers" WHERE EXISTS(SELECT 1 AS "a" FROM "orders" U0 WHERE (U0."amount" > 1500 AND U0."customer_id" = ("customers"."id")) LIMIT 1) ORDER BY "customers"."id"

SELECT "customers"."id" FROM "customers" WHERE NOT (EXISTS(SELECT 1 AS "a" FROM "orders" U1 WHERE (U1."status" = 'sent' AND U1."customer_id" = ("customers"."id")) LIMIT 1)) ORDER BY "customers"."id"

SELECT "customers"."id", (SELECT U0."amount" FROM "orders" U0 WHERE U0."customer_id" = ("customers"."id") ORDER BY U0."placed_on" DESC, U0."id" DESC LIMIT 1) AS "last_amount" FROM "customers" ORDER BY "last_amount" DESC NULLS LAST, 1

SELECT "customers"."id" FROM "customers" WHERE "customers"."id" IN (SELECT U0."customer_id" FROM "orders" U0 WHERE U0."amount" >= 1000) ORDER BY 1

SELECT "orders"."id" FROM "orders" WHERE NOT ("orders"."customer_id" IN (SELECT U0."id" FROM "customers" U0 WHERE U0."region" = 'CN')) ORDER BY "orders"."id"

-- F, Case, Coalesce, Concat, Greatest
SELECT "customers"."id", CASE WHEN "customers"."credit" >= 20000 THEN 'gold' WHEN "customers"."credit" >= 10000 THEN 'silver' ELSE 'bronze' END AS "tier" FROM "customers" ORDER BY "tier", "customers"."id"

SELECT CASE WHEN ("customers"."name"::text LIKE '%7') THEN 1 ELSE 0 END AS "x", COUNT(*) AS "n" FROM "customers" GROUP BY CASE WHEN ("customers"."name"::text LIKE '%7') THEN 1 ELSE 0 END ORDER BY 1

SELECT "customers"."id", COALESCE("customers"."note", 'none') AS "note2", (COALESCE("customers"."name"::text, '') || COALESCE((COALESCE(' / '::text, '') || COALESCE("customers"."phone"::text, '')), '')) AS "label" FROM "customers" ORDER BY "customers"."id"

SELECT "tickets"."number", GREATEST("tickets"."rank", 2) AS "g", ("tickets"."cost" * 1.19) AS "gross", LENGTH("tickets"."subject") AS "l" FROM "tickets" WHERE "tickets"."rank" < ("tickets"."lock_version" + 3) ORDER BY "tickets"."number"

-- window
SELECT "orders"."id", ROW_NUMBER() OVER (PARTITION BY "orders"."customer_id" ORDER BY "orders"."placed_on" DESC, "orders"."id") AS "rn", SUM("orders"."amount") OVER (PARTITION BY "orders"."customer_id" ORDER BY "orders"."id" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "run" FROM "orders" ORDER BY "orders"."id"

SELECT * FROM (SELECT "orders"."id" AS "col1", "orders"."customer_id" AS "col2", RANK() OVER (PARTITION BY "orders"."customer_id" ORDER BY "orders"."amount" DESC) AS "qual0" FROM "orders") "qualify" WHERE "qual0" <= 2 ORDER BY "col2", "col1"

-- union, intersection, difference
(SELECT "customers"."id" AS "col1", "customers"."name" AS "col2" FROM "customers" WHERE "customers"."active") UNION (SELECT "employees"."id" AS "col1", "employees"."name" AS "col2" FROM "employees") ORDER BY (1) ASC LIMIT 20

(SELECT "customers"."id" FROM "customers") INTERSECT (SELECT "orders"."customer_id" FROM "orders" WHERE "orders"."status" = 'new') ORDER BY 1

(SELECT "customers"."id" FROM "customers") EXCEPT (SELECT "orders"."customer_id" FROM "orders" WHERE "orders"."status" = 'new') ORDER BY 1

-- JSONField
SELECT "customers"."id" FROM "customers" WHERE ("customers"."profile" #> '{address,city}') = '"City 1"'::jsonb ORDER BY "customers"."id"

SELECT "tickets"."number" FROM "tickets" WHERE ("tickets"."meta" -> 'source') = '"web"'::jsonb ORDER BY "tickets"."number"

SELECT "tickets"."number" FROM "tickets" WHERE UPPER(("tickets"."meta" ->> 'source')) LIKE UPPER('%EB%') ORDER BY "tickets"."number"

SELECT "tickets"."number", ("tickets"."meta" #>> '{steps,0}') AS "step" FROM "tickets" WHERE "tickets"."meta" @> '{"source": "mail"}'::jsonb ORDER BY "tickets"."number"

SELECT "tickets"."number" FROM "tickets" WHERE "tickets"."meta" ? 'source' AND "tickets"."meta" ?& ARRAY['n', 'steps'] ORDER BY "tickets"."number"

-- $ web
SELECT "tickets"."number" FROM "tickets" WHERE ("tickets"."meta" ->> 'source') = $1 ORDER BY "tickets"."number"

-- ArrayField
SELECT "customers"."id" FROM "customers" WHERE "customers"."tags" @> (ARRAY['t1'])::text[] ORDER BY 1

SELECT "customers"."id" FROM "customers" WHERE "customers"."tags" && (ARRAY['t1', 'u2'])::text[] ORDER BY 1

SELECT "customers"."id" FROM "customers" WHERE CASE WHEN "customers"."tags" IS NULL THEN NULL ELSE coalesce(array_length("customers"."tags", 1), 0) END = 2 ORDER BY 1

SELECT "tickets"."number" FROM "tickets" WHERE "tickets"."tags"[1] = 2 ORDER BY 1

-- range fields
SELECT "tickets"."number" FROM "tickets" WHERE "tickets"."during" @> '2026-01-08T00:00:00+00:00'::timestamptz ORDER BY 1

SELECT "tickets"."number" FROM "tickets" WHERE "tickets"."during" && '[2026-01-08,2026-01-20)'::tstzrange ORDER BY 1

SELECT "tickets"."number" FROM "tickets" WHERE lower("tickets"."during") < '2026-01-12'::timestamptz AND NOT isempty("tickets"."during") ORDER BY 1

-- search
SELECT "tickets"."number", ts_rank("tickets"."search", plainto_tsquery('english'::regconfig, 'printer')) AS "rank" FROM "tickets" WHERE "tickets"."search" @@ (plainto_tsquery('english'::regconfig, 'printer')) ORDER BY "rank" DESC, 1

SELECT "tickets"."number" FROM "tickets" WHERE to_tsvector(COALESCE("tickets"."subject", '')) @@ (plainto_tsquery('invoice')) ORDER BY 1

-- aggregates of contrib.postgres
SELECT "customers"."region", ARRAY_AGG("customers"."id" ORDER BY "customers"."id") AS "ids", STRING_AGG("customers"."name", ', ' ORDER BY "customers"."name") AS "names", BOOL_OR("customers"."active") AS "any", JSONB_AGG("customers"."phone" ORDER BY "customers"."id") AS "phones" FROM "customers" GROUP BY 1 ORDER BY 1

-- values_list, dates, only, defer
SELECT DISTINCT "customers"."region" FROM "customers" ORDER BY "customers"."region" ASC

SELECT "customers"."name" AS "name", "customers"."owner_id" AS "owner" FROM "customers" WHERE "customers"."id" > 50 ORDER BY 1 DESC LIMIT 5 OFFSET 2

SELECT DISTINCT ON ("orders"."customer_id") "orders"."id", "orders"."customer_id" FROM "orders" ORDER BY "orders"."customer_id" ASC, "orders"."placed_on" DESC, "orders"."id"

-- select_for_update
SELECT "orders"."id", "orders"."status" FROM "orders" WHERE "orders"."status" = 'new' ORDER BY "orders"."id" ASC LIMIT 3 FOR UPDATE SKIP LOCKED

SELECT "tickets"."id" FROM "tickets" WHERE "tickets"."id" = '00000000-0000-4000-8000-000000000006'::uuid FOR UPDATE NOWAIT

SELECT "orders"."id" FROM "orders" INNER JOIN "customers" ON ("orders"."customer_id" = "customers"."id") WHERE "customers"."active" ORDER BY 1 FOR NO KEY UPDATE OF "orders"

-- empty result
SELECT "customers"."id" FROM "customers" WHERE "customers"."id" IN (NULL)

-- raw() and extra()
SELECT (age(now(), created_at) > interval '1 second') AS "old", "customers"."id" FROM "customers" WHERE (length(name) > 5) ORDER BY "customers"."id"
