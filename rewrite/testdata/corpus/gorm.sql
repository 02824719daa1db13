-- GORM, sqlc, ent, bun, and jOOQ.

-- $ 17
SELECT * FROM "customers" WHERE "customers"."id" = $1 ORDER BY "customers"."id" LIMIT 1

SELECT * FROM "customers" WHERE name = 'Customer R17' ORDER BY "customers"."id" LIMIT 1

-- $ Customer R17
SELECT * FROM "customers" WHERE name = $1 AND "customers"."active" LIMIT 1

-- $ %cust% | 7 | 17 | 27
SELECT * FROM "customers" WHERE name ILIKE $1 AND id NOT IN ($2,$3,$4) ORDER BY id

SELECT "id","name" FROM "customers" WHERE (region = 'EU' OR region = 'US') AND credit > 100 ORDER BY name desc, id LIMIT 10 OFFSET 0

SELECT count(*) FROM "customers" WHERE "customers"."note" IS NOT NULL

SELECT count(1) FROM "customers"

-- Preload
SELECT * FROM "orders" WHERE "orders"."customer_id" IN (7,17,27,37,47,57) ORDER BY id

-- Joins
SELECT "orders"."id","orders"."amount","Customer"."id" AS "Customer__id","Customer"."name" AS "Customer__name","Customer"."phone" AS "Customer__phone" FROM "orders" LEFT JOIN "customers" "Customer" ON "orders"."customer_id" = "Customer"."id" ORDER BY "orders"."id"

SELECT customers.id, customers.name, count(orders.id) as total FROM "customers" left join orders on orders.customer_id = customers.id GROUP BY customers.id, customers.name HAVING count(orders.id) > 2 ORDER BY 1

SELECT * FROM "orders" WHERE amount > (SELECT AVG(amount) FROM "orders") ORDER BY id

SELECT * FROM (SELECT name, phone FROM "customers") as u WHERE "u"."name" LIKE '%7' ORDER BY 1

SELECT DISTINCT name, region FROM "customers" ORDER BY name, region desc

-- FindInBatches
SELECT * FROM "customers" WHERE active = true AND "customers"."id" > 67 ORDER BY "customers"."id" LIMIT 100

-- FirstOrInit, Scopes, soft deletes
SELECT * FROM "tickets" WHERE closed_at IS NULL AND "tickets"."subject" LIKE 'Pr%' ORDER BY number LIMIT 20

SELECT * FROM "tickets" WHERE "tickets"."closed_at" IS NULL AND ("tickets"."type" = 'Incident' AND "tickets"."locked" = false) ORDER BY "tickets"."id" LIMIT 1

SELECT * FROM "tickets" WHERE JSON_EXTRACT_PATH("meta"::json,'source') IS NOT NULL ORDER BY number LIMIT 3

SELECT * FROM "tickets" WHERE json_extract_path_text("meta"::json,'source') = 'web' ORDER BY number

SELECT SUM(amount) as total, status FROM "orders" GROUP BY "status" ORDER BY 2

SELECT * FROM "customers" WHERE "customers"."id" = 17 FOR UPDATE

SELECT * FROM "customers" WHERE id = 17 FOR SHARE OF "customers"

-- sqlc
-- name: GetCustomer :one
-- $ 17
SELECT id, owner_id, name, phone, email, id_card, region, credit, birthday, profile, note, active, created_at, tags FROM customers
WHERE id = $1 LIMIT 1

-- name: ListCustomers :many
-- $ EU | 5 | 0
SELECT id, name
FROM customers
WHERE region = $1
ORDER BY name
LIMIT $2
OFFSET $3

-- $ {EU,US}
SELECT id FROM customers WHERE region = ANY($1::region[]) ORDER BY id

-- $ \N | true
SELECT id FROM customers WHERE (name = $1 OR $1 IS NULL) AND active = COALESCE($2, active) ORDER BY id

-- $ {7,17,27} | {a,b,c}
SELECT c.id, c.name, u.label FROM customers c JOIN unnest($1::bigint[], $2::text[]) AS u(id, label) ON u.id = c.id ORDER BY c.id

-- ent
-- $ 17
SELECT "customers"."id", "customers"."name", "customers"."phone" FROM "customers" WHERE "customers"."id" = $1 LIMIT 2

SELECT "customers"."id" FROM "customers" WHERE "customers"."id" IN (SELECT "orders"."customer_id" FROM "orders" WHERE "orders"."customer_id" IS NOT NULL AND "orders"."status" = 'paid') ORDER BY "customers"."id"

SELECT "t1"."id", COUNT("t2"."id") AS "orders_count" FROM "customers" AS "t1" LEFT JOIN "orders" AS "t2" ON "t1"."id" = "t2"."customer_id" GROUP BY "t1"."id" ORDER BY "orders_count" DESC NULLS LAST, 1

-- bun
SELECT "c"."id", "c"."name", "c"."phone" FROM "customers" AS "c" WHERE (id > 10) ORDER BY "id" LIMIT 5

WITH "_data" ("id", "label") AS (VALUES (7::BIGINT, 'x'::VARCHAR), (17::BIGINT, 'y'::VARCHAR)) SELECT "c"."id", "_data"."label" FROM "customers" AS "c", "_data" WHERE ("c"."id" = "_data"."id") ORDER BY 1

-- jOOQ
select "public"."customers"."id", "public"."customers"."name" from "public"."customers" where ("public"."customers"."region" = 'EU'::"public"."region" and "public"."customers"."name" like ('%' || replace(replace(replace('R', '!', '!!'), '%', '!%'), '_', '!_') || '%') escape '!') order by "public"."customers"."id"

select "t"."id", "t"."v0" from (select "public"."customers"."id", count(*) over () as "v0" from "public"."customers") as "t" order by "t"."id" fetch next 3 rows only

select coalesce(jsonb_agg(jsonb_build_array("t"."v0", "t"."v1")), jsonb_build_array()) from (select "public"."orders"."id" as "v0", "public"."orders"."amount" as "v1" from "public"."orders" where "public"."orders"."customer_id" = 17 order by 1) as "t"

select "alias_1"."id", row ("alias_1"."name", "alias_1"."phone") as "nested" from "public"."customers" as "alias_1" where ("alias_1"."id", "alias_1"."owner_id") = (17, 7)

-- Ecto, Doctrine, Eloquent
SELECT c0."id", c0."name", c0."phone" FROM "customers" AS c0 WHERE (c0."active" = TRUE) AND (c0."name" ILIKE '%r%') ORDER BY c0."id"

SELECT c0."id", s1."count" FROM "customers" AS c0 LEFT OUTER JOIN (SELECT so0."customer_id" AS "customer_id", count(so0."id") AS "count" FROM "orders" AS so0 GROUP BY so0."customer_id") AS s1 ON s1."customer_id" = c0."id" ORDER BY c0."id"

-- $ {7,17}
SELECT o0."id", o0."customer_id", o0."customer_id" FROM "orders" AS o0 WHERE (o0."customer_id" = ANY($1)) ORDER BY o0."customer_id", o0."id"

SELECT c0_.id AS id_0, c0_.name AS name_1, c0_.phone AS phone_2 FROM customers c0_ WHERE c0_.name LIKE 'Customer%' ORDER BY c0_.name ASC LIMIT 5

SELECT DISTINCT id_0, MIN(sclr_2) AS dctrn_minrownum FROM (SELECT c0_.id AS id_0, c0_.name AS name_1, ROW_NUMBER() OVER (ORDER BY c0_.name ASC) AS sclr_2 FROM customers c0_ LEFT JOIN orders o1_ ON c0_.id = o1_.customer_id) dctrn_result GROUP BY id_0 ORDER BY dctrn_minrownum ASC LIMIT 3

SELECT count(*) AS dctrn_count FROM (SELECT DISTINCT id_0 FROM (SELECT c0_.id AS id_0, c0_.name AS name_1 FROM customers c0_ WHERE c0_.active = true) dctrn_result) dctrn_table

select * from "customers" where "customers"."active" = true and exists (select * from "orders" where "customers"."id" = "orders"."customer_id" and "amount" > 100) order by "id" asc limit 15 offset 0

select "customers".*, (select count(*) from "orders" where "customers"."id" = "orders"."customer_id") as "orders_count", (select max("orders"."amount") from "orders" where "customers"."id" = "orders"."customer_id") as "orders_max_amount" from "customers" order by "id"

select exists(select * from "customers" where "name" = 'Customer R17') as "exists"

select * from "tickets" where "meta"->>'source' = 'web' and ("meta")::jsonb @> '{"n": 6}' order by number

select * from "customers" where "created_at"::date = '2026-01-06' and extract(year from "created_at") = 2026
