-- Prisma: public.-qualified names, AS "t0", OFFSET $n, COALESCE(jsonb_agg), LATERAL joins of relationJoins.

-- $ 0
SELECT "public"."customers"."id", "public"."customers"."owner_id", "public"."customers"."name", "public"."customers"."phone", "public"."customers"."email", "public"."customers"."region"::text, "public"."customers"."credit", "public"."customers"."profile" FROM "public"."customers" WHERE 1=1 ORDER BY "public"."customers"."id" ASC OFFSET $1

-- $ 17 | 1 | 0
SELECT "public"."customers"."id", "public"."customers"."name", "public"."customers"."phone" FROM "public"."customers" WHERE ("public"."customers"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3

-- $ %r1% | 0
SELECT "public"."customers"."id", "public"."customers"."name" FROM "public"."customers" WHERE "public"."customers"."name"::text ILIKE $1 ORDER BY "public"."customers"."id" ASC OFFSET $2

-- $ Cust% | %9 | 10 | 0
SELECT "public"."customers"."id" FROM "public"."customers" WHERE ("public"."customers"."name"::text LIKE $1 AND (NOT "public"."customers"."name"::text LIKE $2)) ORDER BY "public"."customers"."name" DESC, "public"."customers"."id" ASC LIMIT $3 OFFSET $4

-- $ 7 | 17 | 27 | 0
SELECT "public"."orders"."id", "public"."orders"."customer_id", "public"."orders"."amount", "public"."orders"."status", "public"."orders"."placed_on" FROM "public"."orders" WHERE "public"."orders"."customer_id" IN ($1,$2,$3) ORDER BY "public"."orders"."id" ASC OFFSET $4

-- $ EU | 0
SELECT "public"."customers"."id", "public"."customers"."region"::text FROM "public"."customers" WHERE "public"."customers"."region" = CAST($1::text AS "public"."region") ORDER BY "public"."customers"."id" OFFSET $2

-- $ high | urgent | 0
SELECT "public"."tickets"."number" FROM "public"."tickets" WHERE "public"."tickets"."priority" IN (CAST($1::text AS "public"."priority"),CAST($2::text AS "public"."priority")) ORDER BY "public"."tickets"."number" OFFSET $3

-- some, every, none
-- $ paid | 0
SELECT "public"."customers"."id" FROM "public"."customers" WHERE ("public"."customers"."id") IN (SELECT "t1"."customer_id" FROM "public"."orders" AS "t1" WHERE ("t1"."status" = $1 AND "t1"."customer_id" IS NOT NULL)) ORDER BY "public"."customers"."id" ASC OFFSET $2

-- $ paid | 0
SELECT "public"."customers"."id" FROM "public"."customers" WHERE ("public"."customers"."id") NOT IN (SELECT "t1"."customer_id" FROM "public"."orders" AS "t1" WHERE ((NOT "t1"."status" = $1) AND "t1"."customer_id" IS NOT NULL)) ORDER BY "public"."customers"."id" ASC OFFSET $2

-- is
-- $ EU | 0
SELECT "public"."orders"."id" FROM "public"."orders" LEFT JOIN "public"."customers" AS "j0" ON ("j0"."id") = ("public"."orders"."customer_id") WHERE ("j0"."region" = CAST($1::text AS "public"."region") AND ("j0"."id" IS NOT NULL)) ORDER BY "public"."orders"."id" OFFSET $2

-- orderBy a relation
-- $ 10 | 0
SELECT "public"."orders"."id" FROM "public"."orders" LEFT JOIN "public"."customers" AS "orderby_1" ON ("public"."orders"."customer_id") = ("orderby_1"."id") WHERE 1=1 ORDER BY "orderby_1"."name" ASC, "public"."orders"."id" DESC LIMIT $1 OFFSET $2

-- orderBy _count
-- $ 0
SELECT "public"."customers"."id" FROM "public"."customers" LEFT JOIN (SELECT "public"."orders"."customer_id", COUNT(*) AS "orderby_aggregator" FROM "public"."orders" WHERE 1=1 GROUP BY "public"."orders"."customer_id") AS "orderby_0_orders" ON ("public"."customers"."id" = "orderby_0_orders"."customer_id") WHERE 1=1 ORDER BY COALESCE("orderby_0_orders"."orderby_aggregator", 0) DESC, "public"."customers"."id" OFFSET $1

-- _count
-- $ 0
SELECT "public"."customers"."id", COALESCE("aggr_selection_0_orders"."_aggr_count_orders", 0) AS "_aggr_count_orders" FROM "public"."customers" LEFT JOIN (SELECT "public"."orders"."customer_id", COUNT(*) AS "_aggr_count_orders" FROM "public"."orders" WHERE 1=1 GROUP BY "public"."orders"."customer_id") AS "aggr_selection_0_orders" ON ("public"."customers"."id" = "aggr_selection_0_orders"."customer_id") WHERE 1=1 ORDER BY 1 OFFSET $1

-- cursor
-- $ 57 | 3 | 0
SELECT "public"."customers"."id" FROM "public"."customers", (SELECT "public"."customers"."id" AS "customers_id_0" FROM "public"."customers" WHERE ("public"."customers"."id") = ($1)) AS "order_cmp" WHERE "public"."customers"."id" >= "order_cmp"."customers_id_0" ORDER BY "public"."customers"."id" ASC LIMIT $2 OFFSET $3

-- $ 57 | 3 | 0
SELECT "public"."customers"."id" FROM "public"."customers" WHERE "public"."customers"."name" >= (SELECT "public"."customers"."name" FROM "public"."customers" WHERE ("public"."customers"."id") = ($1)) ORDER BY "public"."customers"."name" ASC LIMIT $2 OFFSET $3

-- aggregate and groupBy
-- $ 0
SELECT COUNT(*) FROM (SELECT "public"."customers"."id" FROM "public"."customers" WHERE 1=1 OFFSET $1) AS "sub"

-- $ true | 0
SELECT COUNT(*), COUNT("name"), SUM("credit"), AVG("credit"), MIN("credit"), MAX("credit") FROM (SELECT "public"."customers"."id", "public"."customers"."name", "public"."customers"."credit" FROM "public"."customers" WHERE "public"."customers"."active" = $1 OFFSET $2) AS "sub"

-- $ 1 | 0
SELECT COUNT(*), "public"."customers"."region"::text, SUM("public"."customers"."credit") FROM "public"."customers" WHERE 1=1 GROUP BY "public"."customers"."region" HAVING COUNT(*) > $1 ORDER BY "public"."customers"."region" ASC OFFSET $2

-- relationJoins: one to many
-- $ 3
SELECT "t1"."id", "t1"."name", "t1"."phone", "Customer_orders"."__prisma_data__" AS "orders" FROM "public"."customers" AS "t1" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), '[]') AS "__prisma_data__" FROM (SELECT "t4"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('id', "t3"."id", 'amount', "t3"."amount", 'status', "t3"."status") AS "__prisma_data__" FROM (SELECT "t2".* FROM "public"."orders" AS "t2" WHERE "t1"."id" = "t2"."customer_id" /* root select */) AS "t3" ORDER BY "t3"."id" /* inner select */) AS "t4" /* middle select */) AS "t5" /* outer select */) AS "Customer_orders" ON TRUE ORDER BY "t1"."id" LIMIT $1

-- many to one
SELECT "t1"."id", "t1"."amount", "Order_customer"."__prisma_data__" AS "customer" FROM "public"."orders" AS "t1" LEFT JOIN LATERAL (SELECT JSONB_BUILD_OBJECT('id', "t2"."id", 'name', "t2"."name", 'phone', "t2"."phone", 'email', "t2"."email", 'profile', "t2"."profile", 'birthday', "t2"."birthday") AS "__prisma_data__" FROM (SELECT "t1"."id", "t1"."name", "t1"."phone", "t1"."email", "t1"."profile", "t1"."birthday" FROM (SELECT "t0".* FROM "public"."customers" AS "t0") AS "t1") AS "t2" WHERE "t2"."id" = "t1"."customer_id" LIMIT 1) AS "Order_customer" ON TRUE ORDER BY "t1"."id" LIMIT 5

-- nested
-- $ 17 | 1
SELECT "t1"."id", "t1"."name", "Customer_orders"."__prisma_data__" AS "orders" FROM "public"."customers" AS "t1" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), '[]') AS "__prisma_data__" FROM (SELECT "t4"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('id', "t3"."id", 'items', "Order_items"."__prisma_data__") AS "__prisma_data__" FROM (SELECT "t2".* FROM "public"."orders" AS "t2" WHERE "t1"."id" = "t2"."customer_id") AS "t3" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), '[]') AS "__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('product', "t5"."product_id", 'quantity', "t5"."quantity") AS "__prisma_data__" FROM "public"."order_items" AS "t5" WHERE "t3"."id" = "t5"."order_id") AS "t6") AS "Order_items" ON TRUE ORDER BY "t3"."id") AS "t4") AS "t7") AS "Customer_orders" ON TRUE WHERE ("t1"."id" = $1 AND 1=1) LIMIT $2

-- _count with relationJoins
SELECT "t1"."id", COALESCE("aggr_selection_0_orders"."_aggr_count_orders", 0) AS "_aggr_count_orders" FROM "public"."customers" AS "t1" LEFT JOIN LATERAL (SELECT COUNT(*) AS "_aggr_count_orders" FROM "public"."orders" AS "t2" WHERE ("t1"."id" = "t2"."customer_id" AND "t2"."amount" > 100)) AS "aggr_selection_0_orders" ON TRUE ORDER BY "t1"."id"

SELECT to_jsonb("t1") AS row FROM "public"."customers" AS "t1" WHERE "t1"."id" = 17

SELECT row_to_json("q") FROM (SELECT "t1"."id", "t1"."name", (SELECT COALESCE(json_agg("o"), '[]'::json) FROM (SELECT "t2"."id", "t2"."amount" FROM "public"."orders" AS "t2" WHERE "t2"."customer_id" = "t1"."id" ORDER BY "t2"."id") AS "o") AS "orders" FROM "public"."customers" AS "t1" ORDER BY "t1"."id" LIMIT 3) AS "q"

-- JSON filters
-- $ {address,city} | "City 1" | 0
SELECT "public"."customers"."id" FROM "public"."customers" WHERE ("public"."customers"."profile"#>$1::text[])::jsonb::jsonb = $2::jsonb ORDER BY 1 OFFSET $3

-- $ web | 0
SELECT "public"."tickets"."number" FROM "public"."tickets" WHERE ("public"."tickets"."meta"#>>ARRAY['source']::text[])::text LIKE $1 ORDER BY 1 OFFSET $2

-- list filters
-- $ t1 | 0
SELECT "public"."customers"."id" FROM "public"."customers" WHERE $1 = ANY("public"."customers"."tags") ORDER BY 1 OFFSET $2

-- $ {t1,u2} | 0
SELECT "public"."customers"."id" FROM "public"."customers" WHERE "public"."customers"."tags" && $1::text[] ORDER BY 1 OFFSET $2

-- distinct
SELECT DISTINCT ON ("public"."customers"."region") "public"."customers"."id", "public"."customers"."region"::text FROM "public"."customers" WHERE 1=1 ORDER BY "public"."customers"."region", "public"."customers"."id"

-- $queryRaw
-- $ 7
SELECT c.*, (SELECT count(*)::int FROM "orders" o WHERE o."customer_id" = c."id") AS n FROM "customers" c WHERE c."id" >= $1 ORDER BY c."id"
