-- Odoo and Tryton: literals in the text, sub-selects for domains, translated jsonb, many-to-many tables.

SELECT "customers"."id" FROM "customers" WHERE (("customers"."active" = true) AND ("customers"."name"::text ILIKE '%R1%')) ORDER BY "customers"."id" LIMIT 80

SELECT "customers"."id" FROM "customers" WHERE "customers"."active" = TRUE ORDER BY "customers"."created_at" DESC, "customers"."id" DESC LIMIT 80 OFFSET 0

SELECT COUNT(*) FROM "customers" WHERE ("customers"."active" = true AND ("customers"."owner_id" = 7 OR "customers"."owner_id" IS NULL))

SELECT COUNT(*) FROM (SELECT FROM "customers" WHERE "customers"."active" = true LIMIT 10001) t

SELECT "customers"."id" AS "id", "customers"."name" AS "name", "customers"."phone" AS "phone", "customers"."email" AS "email", "customers"."region" AS "region" FROM "customers" WHERE "customers"."id" IN (7, 17, 27) ORDER BY "customers"."id"

SELECT "customers".id FROM "customers" WHERE ("customers".id in (7, 17, 27, 37)) ORDER BY 1

SELECT "orders".id FROM "orders" LEFT JOIN "customers" AS "orders__customer_id" ON ("orders"."customer_id" = "orders__customer_id"."id") WHERE ("orders"."status" != 'sent' OR "orders"."status" IS NULL) ORDER BY "orders__customer_id"."name", "orders"."id" DESC LIMIT 40

SELECT "orders"."id" FROM "orders" WHERE ("orders"."customer_id" IN (SELECT "customers"."id" FROM "customers" WHERE (("customers"."name"::text ILIKE '%R%') OR ("customers"."email"::text ILIKE '%corp%')))) ORDER BY 1

SELECT "orders"."id" FROM "orders" WHERE ("orders"."customer_id" NOT IN (SELECT "customers"."id" FROM "customers" WHERE "customers"."region" = 'EU') OR "orders"."customer_id" IS NULL) ORDER BY "orders"."id"

SELECT "customers"."id" FROM "customers" WHERE EXISTS(SELECT FROM "orders" WHERE ("orders"."customer_id" = "customers"."id" AND "orders"."amount" > 1000.0)) ORDER BY "customers"."id"

-- read_group
SELECT min("customers".id) AS id, count("customers".id) AS "region_count", sum("customers"."credit") AS "credit", "customers"."region" AS "region" FROM "customers" WHERE ("customers"."active" = true) GROUP BY "customers"."region" ORDER BY "region"

SELECT date_trunc('month', "orders"."placed_on"::timestamp) AS "placed_on:month", COUNT(*) AS "__count", SUM("orders"."amount") FROM "orders" GROUP BY date_trunc('month', "orders"."placed_on"::timestamp) ORDER BY 1 ASC

SELECT date_trunc('week', timezone('Asia/Shanghai', timezone('UTC', "tickets"."opened_at"))) AS "opened_at:week", count(*) FROM "tickets" GROUP BY 1 ORDER BY 1

SELECT "orders__customer_id"."region", COUNT(*), array_agg("orders"."id" ORDER BY "orders"."id") FROM "orders" LEFT JOIN "customers" AS "orders__customer_id" ON ("orders"."customer_id" = "orders__customer_id"."id") GROUP BY "orders__customer_id"."region" ORDER BY 1

-- many2many
SELECT "product_categories"."product_id", "product_categories"."category_id" FROM "categories" , "product_categories" WHERE "product_categories"."product_id" IN (1, 2, 3) AND "product_categories"."category_id" = "categories"."id" ORDER BY 1, 2

SELECT "products"."id" FROM "products" WHERE EXISTS (SELECT 1 FROM "product_categories" AS "m" WHERE "m"."product_id" = "products"."id" AND "m"."category_id" IN (2, 3)) ORDER BY 1

-- translated fields as jsonb
SELECT "tickets"."number", COALESCE("tickets"."meta"->>'source', "tickets"."meta"->>'en_US') AS "source" FROM "tickets" WHERE COALESCE("tickets"."meta"->>'source', "tickets"."meta"->>'en_US') ILIKE '%we%' ORDER BY COALESCE("tickets"."meta"->>'source', "tickets"."meta"->>'en_US'), 1

SELECT "tickets"."number" FROM "tickets" WHERE jsonb_path_query_array("tickets"."meta", '$.*')::text ILIKE '%web%' ORDER BY 1

-- parent_path, child_of
SELECT "categories"."id" FROM "categories" WHERE ("categories"."lft" >= 4 AND "categories"."rght" <= 20) ORDER BY 1

-- mail: counting and last message
SELECT "comments"."commentable_id", count(*) FROM "comments" WHERE "comments"."commentable_type" = 'Order' AND "comments"."body" NOT ILIKE '%important%' GROUP BY "comments"."commentable_id" ORDER BY 1

SELECT DISTINCT ON ("comments"."commentable_id") "comments"."id", "comments"."commentable_id" FROM "comments" WHERE "comments"."commentable_type" IN ('Ticket') ORDER BY "comments"."commentable_id", "comments"."id" DESC

-- name_search
SELECT "customers"."id", "customers"."name" FROM "customers" WHERE ("customers"."active" = true AND (("customers"."name"::text = 'Customer R17') OR ("customers"."phone"::text ilike '138%'))) ORDER BY "customers"."name" LIMIT 8

SELECT "customers"."id" FROM "customers", LATERAL (SELECT lower("customers"."name") AS n) unaccent WHERE (unaccent.n ILIKE '%r1%') IS NOT FALSE AND 1=1 ORDER BY 1

-- stored computed reports
SELECT MIN(l.id) AS id, l.customer_id, c.region, COUNT(*) AS nbr, SUM(l.amount / CASE COALESCE(l.owner_id, 0) WHEN 0 THEN 1.0 ELSE l.owner_id END) AS price_total, EXTRACT(EPOCH FROM AVG(date_trunc('day', c.created_at) - l.placed_on))/(24*60*60)::decimal(16,2) AS delay FROM orders l LEFT JOIN customers c ON (c.id = l.customer_id) WHERE l.status <> 'x' GROUP BY l.customer_id, c.region ORDER BY 2

-- locking a sequence-like row, job queues
SELECT "orders"."id" FROM "orders" WHERE "orders"."id" IN (6, 16) ORDER BY 1 FOR UPDATE NOWAIT

SELECT * FROM "orders" WHERE "status" = 'new' AND (id = 6 OR amount > 1) ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED

-- Tryton
SELECT "a"."id" AS "id", "a"."name" AS "name", CAST(EXTRACT('EPOCH' FROM (COALESCE("a"."created_at", '2026-01-01'))) AS VARCHAR) AS "_timestamp" FROM "customers" AS "a" WHERE (("a"."id" IN (7, 17)) AND ("a"."active" = true)) ORDER BY "a"."id"

SELECT "a"."id" FROM "customers" AS "a" WHERE (("a"."name" ILIKE '%r1%') AND true) ORDER BY "a"."name" ASC, "a"."id" ASC LIMIT 1000

SELECT COUNT(*) AS "count" FROM (SELECT "a"."id" FROM "orders" AS "a" LEFT JOIN "customers" AS "b" ON ("b"."id" = "a"."customer_id") WHERE (("b"."region" = 'EU') AND true) LIMIT 100) AS "c"

SELECT "b"."customer" AS "customer", SUM("b"."balance") AS "balance" FROM (SELECT "a"."customer_id" AS "customer", CASE WHEN ("a"."status" = 'paid') THEN "a"."amount" ELSE (- "a"."amount") END AS "balance" FROM "orders" AS "a") AS "b" GROUP BY "b"."customer" HAVING (SUM("b"."balance") > 0) ORDER BY 1
