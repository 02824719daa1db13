-- Metabase, Superset, Tableau, Power BI, Looker, Grafana, Redash.

-- Metabase: native grouping by month, aliases in double quotes, LIMIT 2000/10000
SELECT "public"."customers"."id" AS "id", "public"."customers"."owner_id" AS "owner_id", "public"."customers"."name" AS "name", "public"."customers"."phone" AS "phone", "public"."customers"."email" AS "email", "public"."customers"."id_card" AS "id_card", "public"."customers"."region" AS "region", "public"."customers"."credit" AS "credit", "public"."customers"."birthday" AS "birthday", "public"."customers"."profile" AS "profile" FROM "public"."customers" ORDER BY 1 LIMIT 2000

SELECT COUNT(*) AS "count" FROM "public"."customers"

SELECT DATE_TRUNC('month', "public"."orders"."placed_on") AS "placed_on", SUM("public"."orders"."amount") AS "sum" FROM "public"."orders" GROUP BY DATE_TRUNC('month', "public"."orders"."placed_on") ORDER BY DATE_TRUNC('month', "public"."orders"."placed_on") ASC

SELECT CAST(DATE_TRUNC('month', CAST("public"."orders"."placed_on" AS timestamp)) AS date) AS "placed_on", COUNT(*) AS "count" FROM "public"."orders" GROUP BY CAST(DATE_TRUNC('month', CAST("public"."orders"."placed_on" AS timestamp)) AS date) ORDER BY 1 ASC

SELECT (CAST(DATE_TRUNC('week', (CAST("public"."orders"."placed_on" AS timestamp) + INTERVAL '1 day')) AS timestamp) + INTERVAL '-1 day') AS "placed_on", COUNT(*) AS "count" FROM "public"."orders" GROUP BY (CAST(DATE_TRUNC('week', (CAST("public"."orders"."placed_on" AS timestamp) + INTERVAL '1 day')) AS timestamp) + INTERVAL '-1 day') ORDER BY 1

SELECT "source"."region" AS "region", "source"."count" AS "count" FROM (SELECT "public"."customers"."region" AS "region", COUNT(*) AS "count" FROM "public"."customers" GROUP BY "public"."customers"."region" ORDER BY "public"."customers"."region" ASC) AS "source" WHERE "source"."count" > 1 ORDER BY 1 LIMIT 1048575

SELECT "public"."orders"."status" AS "status", "Customers"."region" AS "Customers__region", SUM("public"."orders"."amount") AS "sum" FROM "public"."orders" LEFT JOIN "public"."customers" AS "Customers" ON "public"."orders"."customer_id" = "Customers"."id" GROUP BY "public"."orders"."status", "Customers"."region" ORDER BY "public"."orders"."status" ASC, "Customers"."region" ASC

SELECT "public"."orders"."id" AS "id", "Customers"."name" AS "Customers__name", "Customers"."phone" AS "Customers__phone" FROM "public"."orders" INNER JOIN "public"."customers" AS "Customers" ON "public"."orders"."customer_id" = "Customers"."id" WHERE (LOWER("Customers"."name") LIKE '%r1%') AND ("public"."orders"."amount" BETWEEN 10 AND 2000) ORDER BY "public"."orders"."id" ASC LIMIT 10

SELECT FLOOR((("public"."orders"."amount" - 0) / 250.0)) * 250.0 + 0 AS "amount", COUNT(*) AS "count" FROM "public"."orders" GROUP BY FLOOR((("public"."orders"."amount" - 0) / 250.0)) * 250.0 + 0 ORDER BY 1 ASC

SELECT "public"."customers"."region" AS "region", SUM(CASE WHEN "public"."customers"."active" = TRUE THEN 1 ELSE 0.0 END) AS "count-where", CAST(SUM(CASE WHEN "public"."customers"."credit" > 10000 THEN 1 ELSE 0.0 END) AS DOUBLE PRECISION) / NULLIF(CAST(COUNT(*) AS DOUBLE PRECISION), 0.0) AS "share" FROM "public"."customers" GROUP BY "public"."customers"."region" ORDER BY 1

SELECT COUNT(DISTINCT "public"."orders"."customer_id") AS "count", AVG("public"."orders"."amount") AS "avg", PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY "public"."orders"."amount") AS "median", STDDEV_POP("public"."orders"."amount") AS "stddev", VAR_POP("public"."orders"."amount") AS "var" FROM "public"."orders"

SELECT SUM("source"."sum") OVER (ORDER BY "source"."placed_on" ASC ROWS UNBOUNDED PRECEDING) AS "running", "source"."placed_on" FROM (SELECT DATE_TRUNC('month', "public"."orders"."placed_on") AS "placed_on", SUM("public"."orders"."amount") AS "sum" FROM "public"."orders" GROUP BY 1) AS "source" ORDER BY 2

-- Metabase: field values, fingerprints
SELECT "public"."customers"."region" AS "region" FROM "public"."customers" GROUP BY "public"."customers"."region" ORDER BY "public"."customers"."region" ASC LIMIT 1000

SELECT SUBSTRING("public"."customers"."note", 1, 1234) AS "substring1", "public"."customers"."name" FROM "public"."customers" ORDER BY 2 LIMIT 10000

SELECT TRUE AS "_" FROM "public"."customers" WHERE 1 <> 1 LIMIT 0

SELECT * FROM "public"."customers" LIMIT 0

-- Metabase: parameters
-- $ 2026-01-01 00:00:00Z | 2026-02-01 00:00:00Z | paid
SELECT COUNT(*) AS "count" FROM "public"."orders" WHERE ("public"."orders"."placed_on" >= CAST($1 AS timestamptz)) AND ("public"."orders"."placed_on" < CAST($2 AS timestamptz)) AND ("public"."orders"."status" = $3)

SELECT count(*) FROM "public"."tickets" WHERE "public"."tickets"."opened_at" >= DATE_TRUNC('day', (NOW() + INTERVAL '-10000 day')) AND "public"."tickets"."opened_at" < DATE_TRUNC('day', NOW())

-- Metabase: JSON unfolding
SELECT ("public"."tickets"."meta"#>> array['source']::text[])::text AS "meta → source", COUNT(*) AS "count" FROM "public"."tickets" GROUP BY ("public"."tickets"."meta"#>> array['source']::text[])::text ORDER BY 1 ASC

-- Superset
SELECT region AS region, sum(credit) AS "SUM(credit)", COUNT(*) AS count FROM public.customers WHERE created_at >= TO_TIMESTAMP('2026-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND created_at < TO_TIMESTAMP('2027-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY region ORDER BY "SUM(credit)" DESC LIMIT 1000

SELECT DATE_TRUNC('day', placed_on) AS __timestamp, sum(amount) AS "SUM(amount)" FROM public.orders WHERE placed_on >= TO_DATE('2026-01-01', 'YYYY-MM-DD') AND placed_on < TO_DATE('2026-03-01', 'YYYY-MM-DD') GROUP BY DATE_TRUNC('day', placed_on) ORDER BY 1 LIMIT 10000

SELECT status AS status, AVG(mc) AS m FROM (SELECT status, count(*) AS mc FROM orders GROUP BY status, customer_id) AS virtual_table GROUP BY status ORDER BY m DESC, 1 LIMIT 50000

SELECT name AS name, count(*) AS count FROM (SELECT c.name, o.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.status LIKE '%a%') AS virtual_table JOIN (SELECT name AS name__, count(*) AS mme_inner__ FROM (SELECT c.name, o.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.status LIKE '%a%') AS virtual_table GROUP BY name ORDER BY mme_inner__ DESC, 1 LIMIT 5) AS series_limit ON name = name__ GROUP BY name ORDER BY count DESC, 1 LIMIT 50

SELECT COUNT(*) AS rowcount FROM (SELECT region AS region FROM public.customers GROUP BY region LIMIT 50000) AS rowcount_qry

SELECT MIN(placed_on) AS min, MAX(placed_on) AS max FROM public.orders

-- Tableau: CAST, sub-query wrapping, ordinals, HAVING (COUNT(1) > 0), TOP N by a joined sub-query
SELECT CAST("customers"."region" AS TEXT) AS "region", SUM("customers"."credit") AS "sum:credit:ok" FROM "public"."customers" "customers" GROUP BY 1 ORDER BY 1

SELECT COUNT(1) AS "cnt:orders:ok", (CAST(TRUNC(EXTRACT(YEAR FROM "orders"."placed_on")) AS INTEGER)) AS "yr:placed_on:ok" FROM "public"."orders" "orders" GROUP BY 2 ORDER BY 2

SELECT SUM("orders"."amount") AS "sum:amount:ok", (DATE_TRUNC( 'MONTH', CAST("orders"."placed_on" AS DATE) )) AS "tmn:placed_on:ok" FROM "public"."orders" "orders" INNER JOIN "public"."customers" "customers" ON ("orders"."customer_id" = "customers"."id") WHERE ((CAST("customers"."region" AS TEXT) IN ('EU', 'US')) AND ("orders"."amount" >= 3.4999999999999) AND ("orders"."amount" <= 2100.0000000001)) GROUP BY 2 ORDER BY 2

SELECT "t0"."name" AS "name", SUM("orders"."amount") AS "sum" FROM "public"."orders" "orders" INNER JOIN (SELECT "customers"."id" AS "id", "customers"."name" AS "name", SUM("customers"."credit") AS "X__alias__0" FROM "public"."customers" "customers" GROUP BY 1, 2 ORDER BY 3 DESC, 1 ASC LIMIT 5) "t0" ON ("orders"."customer_id" = "t0"."id") GROUP BY 1 HAVING (COUNT(1) > 0) ORDER BY 1

SELECT MIN("customers"."id") AS "TEMP(TC_)(0)(0)", MAX("customers"."id") AS "TEMP(TC_)(1)(0)", COUNT(1) AS "x" FROM "public"."customers" "customers" HAVING (COUNT(1) > 0)

SELECT "Custom SQL Query"."region" AS "region", SUM(1) AS "n" FROM ( SELECT * FROM customers WHERE active ) "Custom SQL Query" GROUP BY 1 ORDER BY 1

SELECT * FROM ( SELECT c.name, c.phone, c.birthday FROM customers c ) "T" LIMIT 0

SELECT (CASE WHEN ("customers"."credit" >= 10000) THEN 'High' WHEN NOT ("customers"."credit" >= 10000) THEN 'Low' ELSE NULL END) AS "Calculation_1", COUNT(DISTINCT "customers"."id") AS "ctd" FROM "public"."customers" "customers" GROUP BY 1 ORDER BY 1

SELECT (("customers"."name" || ' / ') || COALESCE("customers"."phone", '')) AS "Calculation_2" FROM "public"."customers" "customers" WHERE (STRPOS(CAST(LOWER(CAST(CAST("customers"."name" AS TEXT) AS TEXT)) AS TEXT),CAST('r1' AS TEXT)) > 0) GROUP BY 1 ORDER BY 1

-- Power BI (DirectQuery)
select "rows"."region" as "region", sum("rows"."credit") as "a0" from (select "_"."region", "_"."credit" from "public"."customers" "_") "rows" group by "region" order by 1

select "_"."c1" as "c1", "_"."a0" as "a0" from (select "rows"."c1" as "c1", count(1) as "a0" from (select "$Outer"."status" as "c1", "$Inner"."region" as "c2" from "public"."orders" as "$Outer" left outer join "public"."customers" as "$Inner" on ("$Outer"."customer_id" = "$Inner"."id")) "rows" where "rows"."c2" = 'EU' and "rows"."c2" is not null group by "rows"."c1") "_" where not "_"."a0" is null order by "_"."a0" desc, 1 limit 1001

select "$Table"."id" as "id", "$Table"."name" as "name", "$Table"."phone" as "phone", "$Table"."created_at" as "created_at" from "public"."customers" "$Table" order by 1 limit 1000

select "$Table"."name" as "name" from (select "_"."name", "_"."active" from "public"."customers" "_" where ("_"."active" = true and "_"."active" is not null) and strpos(case when "_"."name" is not null then "_"."name" else '' end, 'R') > 0) "$Table" order by 1

-- Looker
SELECT orders_customers.region AS "customers.region", COALESCE(SUM(orders.amount ), 0) AS "orders.total", COUNT(DISTINCT orders_customers.id ) AS "customers.count" FROM public.orders AS orders LEFT JOIN public.customers AS orders_customers ON orders.customer_id = orders_customers.id WHERE ((( orders.placed_on ) >= ((DATE '2026-01-01')) AND ( orders.placed_on ) < ((DATE '2026-01-01' + (60 || ' day')::INTERVAL)))) GROUP BY 1 HAVING COUNT(*) > 0 ORDER BY 2 DESC FETCH NEXT 500 ROWS ONLY

SELECT COALESCE(COALESCE(CAST((SUM(DISTINCT (CAST(FLOOR(COALESCE(customers.credit ,0)*(1000000*1.0)) AS DECIMAL(65,0))) + ('x' || MD5(customers.id ::varchar))::bit(64)::bigint::DECIMAL(65) *18446744073709551616 + ('x' || SUBSTR(MD5(customers.id ::varchar),17))::bit(64)::bigint::DECIMAL(65) ) - SUM(DISTINCT ('x' || MD5(customers.id ::varchar))::bit(64)::bigint::DECIMAL(65) *18446744073709551616 + ('x' || SUBSTR(MD5(customers.id ::varchar),17))::bit(64)::bigint::DECIMAL(65)) ) AS DOUBLE PRECISION) / CAST((1000000*1.0) AS DOUBLE PRECISION), 0), 0) AS "customers.total" FROM public.customers AS customers LEFT JOIN public.orders AS orders ON orders.customer_id = customers.id

-- Grafana
SELECT floor(extract(epoch from created_at)/86400)*86400 AS "time", count(id) AS "n" FROM customers WHERE created_at BETWEEN '2026-01-01T00:00:00Z' AND '2026-03-01T00:00:00Z' GROUP BY 1 ORDER BY 1

SELECT created_at AS "time", region::text AS metric, credit AS value FROM customers WHERE extract(epoch from created_at) >= 1767225600 ORDER BY 1, 2

-- Redash, dbt, Cube
SELECT * FROM (SELECT id, name FROM customers) AS _redash LIMIT 0

with source as (select * from public.customers), renamed as (select id as customer_id, name as customer_name, upper(region::text) as region, credit from source), final as (select region, count(*) as customers, round(avg(credit), 2) as avg_credit from renamed group by 1) select * from final order by region

SELECT q_0."orders__status", "orders__total" "orders__total", "orders__count" "orders__count" FROM (SELECT "orders".status "orders__status", sum("orders".amount) "orders__total", count(*) "orders__count" FROM orders AS "orders" WHERE ("orders".placed_on >= '2026-01-01'::timestamptz) GROUP BY 1) as q_0 ORDER BY 2 DESC, 1 LIMIT 5000

-- pivots
SELECT status, count(*) FILTER (WHERE extract(month from placed_on) = 1) AS jan, count(*) FILTER (WHERE extract(month from placed_on) = 2) AS feb, count(*) FILTER (WHERE extract(month from placed_on) = 3) AS mar FROM orders GROUP BY status ORDER BY status

SELECT region, active, count(*), sum(credit), grouping(region, active) FROM customers GROUP BY GROUPING SETS ((region, active), (region), ()) ORDER BY 1 NULLS LAST, 2 NULLS LAST, 5
