-- TypeORM, Sequelize, Knex, Drizzle, Kysely, MikroORM.

-- TypeORM: find with relations
SELECT "Customer"."id" AS "Customer_id", "Customer"."name" AS "Customer_name", "Customer"."phone" AS "Customer_phone", "Customer__Customer_orders"."id" AS "Customer__Customer_orders_id", "Customer__Customer_orders"."amount" AS "Customer__Customer_orders_amount" FROM "customers" "Customer" LEFT JOIN "orders" "Customer__Customer_orders" ON "Customer__Customer_orders"."customer_id"="Customer"."id" ORDER BY 1, 4

-- TypeORM: skip/take over joins
-- $ paid
SELECT DISTINCT "distinctAlias"."Customer_id" AS "ids_Customer_id", "distinctAlias"."Customer_name" FROM (SELECT "Customer"."id" AS "Customer_id", "Customer"."name" AS "Customer_name", "o"."id" AS "o_id" FROM "customers" "Customer" LEFT JOIN "orders" "o" ON "o"."customer_id"="Customer"."id" WHERE "o"."status" = $1) "distinctAlias" ORDER BY "distinctAlias"."Customer_name" ASC, "Customer_id" ASC LIMIT 5

-- $ paid
SELECT COUNT(DISTINCT("Customer"."id")) AS "cnt" FROM "customers" "Customer" LEFT JOIN "orders" "o" ON "o"."customer_id"="Customer"."id" WHERE "o"."status" = $1

-- $ %R1% | true
SELECT "c"."id" AS "c_id", "c"."name" AS "c_name" FROM "customers" "c" WHERE "c"."name" ILIKE $1 AND "c"."active" = $2 ORDER BY "c"."id" DESC LIMIT 10

-- $ 17
SELECT "Customer"."id" AS "Customer_id", "Customer"."tags" AS "Customer_tags", "Customer"."profile" AS "Customer_profile" FROM "public"."customers" "Customer" WHERE (("Customer"."id" = $1)) LIMIT 1

-- $ 7 | 17
SELECT "Order"."id" AS "Order_id" FROM "orders" "Order" WHERE "Order"."customer_id" IN ($1, $2) AND "Order"."amount" > (SELECT AVG("o"."amount") FROM "orders" "o") ORDER BY 1

SELECT 1 AS "row_exists" FROM (SELECT 1 AS dummy_column) "dummy_table" WHERE EXISTS (SELECT 1 FROM "customers" "Customer" WHERE ("Customer"."name" = 'Customer R17')) LIMIT 1

-- $ 2026-01-10 | 2026-02-01
SELECT "t"."number" AS "t_number" FROM "tickets" "t" WHERE "t"."opened_at" BETWEEN $1 AND $2 ORDER BY "t"."number"

-- $ ["web"]
SELECT "t"."number" FROM "tickets" "t" WHERE $1::jsonb @> ("t"."meta"->'source') ORDER BY 1

-- TypeORM: pessimistic lock
-- $ 17
SELECT "Customer"."id" AS "Customer_id" FROM "customers" "Customer" WHERE (("Customer"."id" = $1)) LIMIT 1 FOR UPDATE

-- TypeORM: tree, closure and materialized path
WITH RECURSIVE "t" AS (SELECT "id", "parent_id", "name", "id"::text AS "path" FROM "categories" WHERE "parent_id" IS NULL UNION ALL SELECT "c"."id", "c"."parent_id", "c"."name", "t"."path" || '.' || "c"."id" FROM "categories" "c" INNER JOIN "t" ON "t"."id" = "c"."parent_id") SELECT * FROM "t" ORDER BY "path"

-- Sequelize: findAll
SELECT "id", "owner_id", "name", "phone", "email", "region", "credit", "active", "created_at" AS "createdAt" FROM "customers" AS "Customer" ORDER BY "Customer"."id"

SELECT "id", "name" FROM "public"."customers" AS "Customer" WHERE "Customer"."id" = 17

SELECT "id" FROM "customers" AS "Customer" WHERE ("Customer"."name" ILIKE '%r1%' OR "Customer"."note" ILIKE '%r1%') AND "Customer"."active" = true AND "Customer"."credit" >= 1000 ORDER BY "Customer"."created_at" DESC LIMIT 10 OFFSET 0

-- Sequelize: include
SELECT "Customer"."id", "Customer"."name", "orders"."id" AS "orders.id", "orders"."amount" AS "orders.amount" FROM "customers" AS "Customer" LEFT OUTER JOIN "orders" AS "orders" ON "Customer"."id" = "orders"."customer_id" WHERE "Customer"."region" = 'EU' ORDER BY "Customer"."id", "orders"."id"

SELECT "Customer"."id", "orders"."id" AS "orders.id" FROM "customers" AS "Customer" INNER JOIN "orders" AS "orders" ON "Customer"."id" = "orders"."customer_id" AND "orders"."status" = 'paid' ORDER BY 1, 2

-- Sequelize: include with limit
SELECT "Customer".*, "orders"."id" AS "orders.id", "orders"."amount" AS "orders.amount" FROM (SELECT "Customer"."id", "Customer"."name" FROM "customers" AS "Customer" WHERE "Customer"."active" = true ORDER BY "Customer"."name" ASC LIMIT 3 OFFSET 1) AS "Customer" LEFT OUTER JOIN "orders" AS "orders" ON "Customer"."id" = "orders"."customer_id" ORDER BY "Customer"."name" ASC, "orders"."id"

SELECT "Customer".* FROM (SELECT "Customer"."id", "Customer"."name" FROM "customers" AS "Customer" WHERE ( SELECT "customer_id" FROM "orders" AS "orders" WHERE ("orders"."status" = 'paid' AND "orders"."customer_id" = "Customer"."id") LIMIT 1 ) IS NOT NULL ORDER BY "Customer"."id" LIMIT 3) AS "Customer"

-- Sequelize: separate include
SELECT "id", "customer_id" AS "customerId" FROM (SELECT * FROM (SELECT "id", "customer_id" FROM "orders" AS "Order" WHERE "Order"."customer_id" = 7 ORDER BY "Order"."id" LIMIT 2) AS sub UNION ALL SELECT * FROM (SELECT "id", "customer_id" FROM "orders" AS "Order" WHERE "Order"."customer_id" = 17 ORDER BY "Order"."id" LIMIT 2) AS sub) AS "Order" ORDER BY 1

-- Sequelize: findAndCountAll, aggregate
SELECT count("Customer"."id") AS "count" FROM "customers" AS "Customer" LEFT OUTER JOIN "orders" AS "orders" ON "Customer"."id" = "orders"."customer_id"

SELECT count(DISTINCT("Customer"."id")) AS "count" FROM "customers" AS "Customer" INNER JOIN "orders" AS "orders" ON "Customer"."id" = "orders"."customer_id"

SELECT "region", count(*) AS "count", sum("credit") AS "total" FROM "customers" AS "Customer" GROUP BY "region" ORDER BY "region"

SELECT max("amount") AS "max" FROM "orders" AS "Order"

-- Sequelize: JSON, array, fn, cast, literal
SELECT "number" FROM "tickets" AS "Ticket" WHERE ("Ticket"."meta"#>>'{source}') = 'web' ORDER BY "number"

SELECT "number" FROM "tickets" AS "Ticket" WHERE CAST(("Ticket"."meta"#>>'{n}') AS DOUBLE PRECISION) > 100 ORDER BY "number"

SELECT "id" FROM "customers" AS "Customer" WHERE "Customer"."tags" @> ARRAY['t1']::TEXT[] ORDER BY "id"

SELECT "number" FROM "tickets" AS "Ticket" WHERE "Ticket"."during" @> '2026-01-09 00:00:00.000 +00:00'::timestamptz ORDER BY 1

SELECT "id", lower("name") AS "lname", (SELECT COUNT(*) FROM "orders" WHERE "orders"."customer_id" = "Customer"."id") AS "orderCount" FROM "customers" AS "Customer" WHERE lower("name") = 'customer r17'

SELECT "id", CASE WHEN "credit" > 10000 THEN 'high' ELSE 'low' END AS "level" FROM "customers" AS "Customer" ORDER BY 1

-- Knex
select * from "customers" where "id" = 17 limit 1

-- $ 17 | 1
select * from "customers" where "id" = $1 limit $2

-- $ true | %cust% | 10
select "id", "name" from "customers" where "active" = $1 and "name" ilike $2 order by "id" asc limit $3

-- $ 10 | 100 | 2
select "c"."id", "o"."amount" as "orderAmount" from "customers" as "c" inner join "orders" as "o" on "c"."id" = "o"."customer_id" where "c"."id" between $1 and $2 and "o"."amount" is not null order by "o"."amount" desc offset $3

select count(*) as "CNT" from "customers" where not "active" = true

select "region", count("id") as "n" from "customers" group by "region" having count("id") > 1 order by "n" desc, "region"

select "customers"."id" from "customers" where exists (select * from "orders" where orders.customer_id = customers.id) and "id" not in (7, 17) order by "id"

select distinct on ("customer_id") "id" from "orders" order by "customer_id" asc, "id" desc

with "with_alias" as (select * from "orders" where "amount" > 1000) select "id" from "with_alias" order by 1

select * from (select "id", "name" from "customers") as "t1" where "name" like 'C%' order by "id"

select "id" from "customers" union all select "id" from "orders" where "amount" < 100 order by 1

select "id", rank() over (partition by "customer_id" order by "amount" desc) as "r" from "orders" order by 1

select "id" from "orders" where ("customer_id", "status") in (('7', 'paid'), ('17', 'new')) order by "id"

select "id" from "orders" where "status" = 'new' order by "id" limit 1 for update skip locked

select "c"."id", coalesce(json_agg("o".*) filter (where "o"."id" is not null), '[]') as "orders" from "customers" as "c" left join (select "id", "customer_id" from "orders" order by "id") as "o" on "o"."customer_id" = "c"."id" where "c"."id" = 17 group by "c"."id"

select json_build_object('id', c.id, 'name', c.name, 'phone', c.phone) as customer from customers c order by c.id

-- Drizzle
-- $ 3
select "customers"."id", "customers"."name", "customers_orders"."data" as "orders" from "customers" "customers" left join lateral (select coalesce(json_agg(json_build_array("customers_orders"."id", "customers_orders"."amount")), '[]'::json) as "data" from "orders" "customers_orders" where "customers_orders"."customer_id" = "customers"."id") "customers_orders" on true where "customers"."id" < 40 order by "customers"."id" limit $1

-- $ 5 | EU
select "id", "name", count(*) over () as "total" from "customers" where "region" = $2 order by "id" limit $1

-- Kysely
-- $ 17
select "c"."id", (select coalesce(json_agg(agg), '[]') from (select "o"."id", "o"."amount" from "orders" as "o" where "o"."customer_id" = "c"."id" order by "o"."id") as agg) as "orders", (select to_json(obj) from (select "e"."id", "e"."name" from "employees" as "e" where "e"."id" = "c"."owner_id") as obj) as "owner" from "customers" as "c" where "c"."id" = $1

-- MikroORM
select "c0".*, "o1"."id" as "o1__id", "o1"."amount" as "o1__amount" from "customers" as "c0" left join "orders" as "o1" on "c0"."id" = "o1"."customer_id" where "c0"."id" in (select "c0"."id" from (select "c0"."id" from "customers" as "c0" left join "orders" as "o1" on "c0"."id" = "o1"."customer_id" group by "c0"."id" order by min("o1"."amount") asc limit 3) as "c0") order by "o1"."amount" asc

select count(distinct("c0"."id")) as "count" from "customers" as "c0" left join "orders" as "o1" on "c0"."id" = "o1"."customer_id" where "o1"."status" = 'paid'
