-- ActiveRecord: includes, joins, calculations, pluck, exists?, find_each, STI.

SELECT "customers".* FROM "customers" ORDER BY "customers"."id" ASC

-- find
-- $ 17 | 1
SELECT "customers".* FROM "customers" WHERE "customers"."id" = $1 LIMIT $2

-- find_by
-- $ Customer R17 | 1
SELECT "customers".* FROM "customers" WHERE "customers"."name" = $1 LIMIT $2

-- $ true | 3
SELECT "customers".* FROM "customers" WHERE "customers"."active" = $1 ORDER BY "customers"."id" ASC LIMIT $2

-- exists?
-- $ Customer R17 | 1
SELECT 1 AS one FROM "customers" WHERE "customers"."name" = $1 LIMIT $2

SELECT 1 AS one FROM "customers" LIMIT 1

-- validates uniqueness
-- $ customer r17 | 17 | 1
SELECT 1 AS one FROM "customers" WHERE LOWER("customers"."name") = LOWER($1) AND "customers"."id" != $2 LIMIT $3

-- find_each
-- $ 2
SELECT "customers".* FROM "customers" ORDER BY "customers"."id" ASC LIMIT $1

-- $ 27 | 5
SELECT "customers".* FROM "customers" WHERE "customers"."id" > $1 ORDER BY "customers"."id" ASC LIMIT $2

-- in_batches
SELECT "customers"."id" FROM "customers" WHERE "customers"."active" = TRUE AND "customers"."id" > 17 ORDER BY "customers"."id" ASC LIMIT 1000

-- last, second_to_last
SELECT "customers".* FROM "customers" ORDER BY "customers"."id" DESC LIMIT 1

SELECT "customers".* FROM "customers" ORDER BY "customers"."created_at" ASC, "customers"."id" ASC LIMIT 1 OFFSET 1

-- pluck, pick, ids
SELECT "customers"."id", "customers"."phone" FROM "customers" WHERE "customers"."region" = 'EU' ORDER BY "customers"."id"

SELECT "customers"."id" FROM "customers" WHERE "customers"."region" IN ('EU', 'US') ORDER BY 1

SELECT DISTINCT "customers"."region" FROM "customers" ORDER BY 1

-- includes: two statements
SELECT "orders".* FROM "orders" WHERE "orders"."customer_id" IN (7, 17, 27, 37) ORDER BY "orders"."id"

-- $ 7
SELECT "orders".* FROM "orders" WHERE "orders"."customer_id" = $1 ORDER BY "orders"."id"

SELECT "employees".* FROM "employees" WHERE "employees"."id" = 7

-- eager_load
SELECT "customers"."id" AS t0_r0, "customers"."owner_id" AS t0_r1, "customers"."name" AS t0_r2, "customers"."phone" AS t0_r3, "customers"."email" AS t0_r4, "customers"."id_card" AS t0_r5, "customers"."region" AS t0_r6, "customers"."credit" AS t0_r7, "orders"."id" AS t1_r0, "orders"."customer_id" AS t1_r1, "orders"."amount" AS t1_r2 FROM "customers" LEFT OUTER JOIN "orders" ON "orders"."customer_id" = "customers"."id" ORDER BY "customers"."id", "orders"."id"

-- eager_load with limit
SELECT DISTINCT "customers"."id", "customers"."name" AS alias_0 FROM "customers" LEFT OUTER JOIN "orders" ON "orders"."customer_id" = "customers"."id" WHERE "orders"."status" = 'paid' ORDER BY "customers"."name" ASC LIMIT 3

SELECT "customers"."id" AS t0_r0, "orders"."id" AS t1_r0 FROM "customers" LEFT OUTER JOIN "orders" ON "orders"."customer_id" = "customers"."id" WHERE "orders"."status" = 'paid' AND "customers"."id" IN (7, 17, 27) ORDER BY "customers"."name" ASC, "orders"."id"

-- joins
SELECT "customers".* FROM "customers" INNER JOIN "orders" ON "orders"."customer_id" = "customers"."id" WHERE (orders.amount > 1000) ORDER BY "customers"."id", orders.id

SELECT DISTINCT "customers".* FROM "customers" INNER JOIN "orders" ON "orders"."customer_id" = "customers"."id" WHERE "orders"."status" != 'paid' ORDER BY "customers"."id"

SELECT "customers".*, COUNT(orders.id) AS orders_count FROM "customers" LEFT OUTER JOIN "orders" ON "orders"."customer_id" = "customers"."id" GROUP BY "customers"."id" HAVING (COUNT(orders.id) > 1) ORDER BY orders_count DESC, "customers"."id" ASC

SELECT "order_items".* FROM "order_items" INNER JOIN "orders" ON "order_items"."order_id" = "orders"."id" WHERE "orders"."customer_id" = 17 ORDER BY 1, 2

SELECT "products".* FROM "products" INNER JOIN "order_items" ON "products"."id" = "order_items"."product_id" INNER JOIN "orders" ON "order_items"."order_id" = "orders"."id" WHERE "orders"."customer_id" = 17 ORDER BY "products"."id"

-- where.missing, where.associated
SELECT "customers".* FROM "customers" LEFT OUTER JOIN "orders" ON "orders"."customer_id" = "customers"."id" WHERE "orders"."id" IS NULL ORDER BY "customers"."id"

SELECT "customers".* FROM "customers" INNER JOIN "orders" ON "orders"."customer_id" = "customers"."id" WHERE "orders"."id" IS NOT NULL ORDER BY "customers"."id", "orders"."id" LIMIT 7

-- or, not, ranges
SELECT "customers"."id" FROM "customers" WHERE ("customers"."region" = 'EU' OR "customers"."credit" >= 20000) AND NOT ("customers"."name" LIKE '%7') ORDER BY 1

SELECT "customers"."id" FROM "customers" WHERE "customers"."created_at" BETWEEN '2026-01-03 00:00:00' AND '2026-02-03 00:00:00' ORDER BY 1

SELECT "customers"."id" FROM "customers" WHERE "customers"."created_at" >= '2026-01-10 00:00:00' AND "customers"."created_at" < '2026-02-01 00:00:00' AND "customers"."phone" IS NOT NULL ORDER BY 1

SELECT "customers"."id" FROM "customers" WHERE ("customers"."region" != 'EU' OR "customers"."region" IS NULL) ORDER BY 1

-- calculations
SELECT COUNT(*) FROM "customers"

SELECT COUNT("customers"."phone") FROM "customers"

SELECT COUNT(DISTINCT "customers"."owner_id") FROM "customers"

SELECT SUM("orders"."amount") FROM "orders" WHERE "orders"."status" = 'paid'

SELECT AVG("customers"."credit") FROM "customers"

SELECT MIN("customers"."created_at") FROM "customers"

SELECT COUNT(*) AS "count_all", "customers"."region" AS "customers_region" FROM "customers" GROUP BY "customers"."region" ORDER BY 2

SELECT SUM("orders"."amount") AS "sum_amount", DATE_TRUNC('day', "orders"."placed_on"::timestamptz AT TIME ZONE 'Etc/UTC') AS "day" FROM "orders" WHERE ("orders"."placed_on" IS NOT NULL) GROUP BY DATE_TRUNC('day', "orders"."placed_on"::timestamptz AT TIME ZONE 'Etc/UTC') ORDER BY 2

SELECT COUNT(*) FROM (SELECT 1 AS one FROM "customers" LIMIT 10) subquery_for_count

SELECT COUNT(count_column) FROM (SELECT DISTINCT "customers"."region" AS count_column FROM "customers" LIMIT 2) subquery_for_count

-- STI and polymorphic associations
SELECT "tickets".* FROM "tickets" WHERE "tickets"."type" = 'Incident' ORDER BY "tickets"."number"

SELECT "tickets".* FROM "tickets" WHERE "tickets"."type" IN ('Incident', 'Incident::Major') AND "tickets"."locked" = FALSE ORDER BY "tickets"."number" DESC LIMIT 5

-- $ 17 | Order
SELECT "comments".* FROM "comments" WHERE "comments"."commentable_id" = $1 AND "comments"."commentable_type" = $2

SELECT COUNT(*) FROM "comments" WHERE "comments"."commentable_type" = 'Customer' AND "comments"."commentable_id" IN ('7', '17', '63')

SELECT "customers"."name", "comments"."body" FROM "customers" INNER JOIN "comments" ON "comments"."commentable_type" = 'Order' AND "comments"."commentable_id" = "customers"."id"::text ORDER BY 1, 2

-- enum, json and array columns
SELECT "tickets"."number" FROM "tickets" WHERE "tickets"."priority" = 'high' ORDER BY 1

SELECT "tickets"."number" FROM "tickets" WHERE "tickets"."priority" IN ('high', 'urgent') ORDER BY 1

SELECT "tickets"."number" FROM "tickets" WHERE (meta->>'source' = 'web') ORDER BY number

SELECT "tickets"."number" FROM "tickets" WHERE ('2' = ANY (tags::text[])) ORDER BY number

SELECT "customers"."id" FROM "customers" WHERE (tags && ARRAY['t2']::text[]) ORDER BY id

-- from, unscoped sub-queries, with
SELECT "sub"."id" FROM (SELECT "customers".* FROM "customers" WHERE "customers"."active" = TRUE) "sub" WHERE (sub.name LIKE 'C%') ORDER BY 1

SELECT "customers"."id" FROM "customers" WHERE "customers"."id" IN (SELECT "orders"."customer_id" FROM "orders" WHERE "orders"."status" = 'paid') ORDER BY 1

WITH "recent" AS (SELECT "orders".* FROM "orders" WHERE "orders"."placed_on" > '2026-02-01') SELECT "recent"."id" FROM "recent" WHERE "recent"."amount" > 100 ORDER BY 1

-- pg_search, ransack
SELECT "tickets"."number" FROM "tickets" INNER JOIN (SELECT "tickets"."id" AS pg_search_id, (ts_rank((to_tsvector('simple', coalesce("tickets"."subject"::text, ''))), (to_tsquery('simple', ''' ' || 'printer' || ' ''')), 0)) AS rank FROM "tickets" WHERE ((to_tsvector('simple', coalesce("tickets"."subject"::text, ''))) @@ (to_tsquery('simple', ''' ' || 'printer' || ' ''')))) AS pg_search_1 ON "tickets"."id" = pg_search_1.pg_search_id ORDER BY pg_search_1.rank DESC, "tickets"."number"

SELECT DISTINCT "customers"."id" FROM "customers" LEFT OUTER JOIN "orders" ON "orders"."customer_id" = "customers"."id" WHERE (("customers"."name" ILIKE '%r1%' OR "orders"."status" ILIKE '%pai%') AND "customers"."active" = 't') ORDER BY "customers"."id"

-- kaminari, will_paginate
-- $ 5 | 5
SELECT "customers".* FROM "customers" ORDER BY "customers"."name" ASC, "customers"."id" ASC LIMIT $1 OFFSET $2

-- lock
-- $ 17 | 1
SELECT "customers".* FROM "customers" WHERE "customers"."id" = $1 LIMIT $2 FOR UPDATE

SELECT "orders".* FROM "orders" WHERE "orders"."status" = 'new' ORDER BY "orders"."id" LIMIT 1 FOR UPDATE SKIP LOCKED

-- annotations and hints in comments
SELECT /*application:Crm,controller:customers,action:index*/ "customers"."id" FROM "customers" /* loaded for the "index" page */ ORDER BY 1 LIMIT 3
