-- Django
INSERT INTO "customers" ("id", "owner_id", "name", "phone", "email", "id_card", "region", "credit", "birthday", "profile", "note", "active", "created_at", "tags") VALUES (1001, 7, 'New', '139****0000', 'n***@corp.cn', NULL, 'EU', '3000', '1990-01-01'::date, NULL, NULL, true, '2026-03-01 10:00:00+00:00'::timestamptz, ARRAY['a']::text[]) RETURNING "customers"."id"

INSERT INTO "orders" ("id", "customer_id", "owner_id", "amount", "status", "placed_on") VALUES (1001, 17, 7, 12.50, 'new', '2026-03-01'), (1002, 27, 7, 1, 'new', '2026-03-02') RETURNING "orders"."id"

-- $ 1001 | 17 | 7 | 12.50 | new | 2026-03-01
INSERT INTO "orders" ("id", "customer_id", "owner_id", "amount", "status", "placed_on") VALUES ($1, $2, $3, $4, $5, $6)

UPDATE "customers" SET "owner_id" = 7, "name" = 'Renamed', "note" = 'n', "active" = false WHERE "customers"."id" = 17

UPDATE "customers" SET "credit" = ("customers"."credit" + 0), "note" = (COALESCE("customers"."note", '') || ' seen') WHERE "customers"."id" = 27

UPDATE "orders" SET "status" = CASE WHEN ("orders"."id" = 6) THEN 'paid' WHEN ("orders"."id" = 16) THEN 'sent' ELSE NULL END WHERE "orders"."id" IN (6, 16)

UPDATE "orders" SET "amount" = ("orders"."amount" * 1.1), "status" = 'checked' WHERE "orders"."id" IN (SELECT U0."id" FROM "orders" U0 INNER JOIN "customers" U1 ON (U0."customer_id" = U1."id") WHERE U1."region" = 'EU')

UPDATE "tickets" SET "subject" = 'x', "lock_version" = 1 WHERE ("tickets"."id" = '00000000-0000-4000-8000-000000000006'::uuid AND "tickets"."lock_version" = 0)

DELETE FROM "orders" WHERE "orders"."id" IN (6, 16)

DELETE FROM "orders" WHERE "orders"."customer_id" IN (SELECT U0."id" FROM "customers" U0 WHERE U0."region" = 'EU')

INSERT INTO "orders" ("id", "customer_id", "owner_id", "amount", "status", "placed_on") VALUES (6, 7, 7, 1, 'again', '2026-03-01') ON CONFLICT DO NOTHING

INSERT INTO "orders" ("id", "customer_id", "owner_id", "amount", "status", "placed_on") VALUES (6, 7, 7, 1, 'again', '2026-03-01'), (1003, 7, 7, 2, 'added', '2026-03-01') ON CONFLICT("id") DO UPDATE SET "amount" = EXCLUDED."amount", "status" = EXCLUDED."status" RETURNING "orders"."id"

-- SQLAlchemy
-- $ 1001 | 7 | New | EU
INSERT INTO customers (id, owner_id, name, region) VALUES ($1::BIGINT, $2::INTEGER, $3::VARCHAR, $4) RETURNING customers.active, customers.created_at

INSERT INTO comments (commentable_type, commentable_id, author_id, body) VALUES ('Customer', '17', 7, 'hello') RETURNING comments.id

INSERT INTO comments (commentable_type, commentable_id, author_id, body) SELECT p0::VARCHAR, p1::TEXT, p2::INTEGER, p3::TEXT FROM (VALUES ('Customer', '17', 7, 'a', 0), ('Customer', '27', 4, 'b', 1)) AS imp_sen(p0, p1, p2, p3, sen_counter) ORDER BY sen_counter RETURNING comments.id, comments.id AS id__1

-- $ Renamed | 17
UPDATE customers SET name=$1::VARCHAR WHERE customers.id = $2::BIGINT

UPDATE orders SET status='late' FROM customers WHERE orders.customer_id = customers.id AND customers.name LIKE '%7' AND orders.placed_on < '2026-02-01' RETURNING orders.id, customers.name

UPDATE orders SET status=(SELECT customers.region::text FROM customers WHERE customers.id = orders.customer_id) WHERE orders.amount > 1000 RETURNING orders.id, orders.status

DELETE FROM orders USING customers WHERE orders.customer_id = customers.id AND customers.region = 'US' RETURNING orders.id

DELETE FROM orders WHERE orders.id = 6 RETURNING orders.id, orders.amount AS a

WITH upd AS (UPDATE orders SET status='x' WHERE orders.id < 100 RETURNING orders.id, orders.customer_id) SELECT upd.id, customers.name FROM upd JOIN customers ON customers.id = upd.customer_id ORDER BY 1

-- ActiveRecord
-- $ 7 | Rails | EU | 1001
INSERT INTO "customers" ("owner_id", "name", "region", "id") VALUES ($1, $2, $3, $4) RETURNING "id"

-- $ 00000000-0000-4000-8000-00000000ffff | 7 | Incident | Subject | {"source":"web"} | {1,2}
INSERT INTO "tickets" ("id", "owner_id", "type", "subject", "meta", "tags") VALUES ($1, $2, $3, $4, $5, $6) RETURNING "id", "number"

-- $ Renamed | 17
UPDATE "customers" SET "name" = $1 WHERE "customers"."id" = $2

-- $ new subject | 1 | 00000000-0000-4000-8000-000000000006 | 0
UPDATE "tickets" SET "subject" = $1, "lock_version" = $2 WHERE "tickets"."id" = $3 AND "tickets"."lock_version" = $4

UPDATE "customers" SET "note" = COALESCE("note", '') || '!' WHERE "customers"."id" = 27

UPDATE "tickets" SET "lock_version" = COALESCE("lock_version", 0) + 1 WHERE "tickets"."id" = '00000000-0000-4000-8000-000000000006'

-- $ 6
DELETE FROM "orders" WHERE "orders"."id" = $1

DELETE FROM "orders" WHERE ("orders"."id") IN (SELECT "orders"."id" FROM "orders" INNER JOIN "customers" ON "customers"."id" = "orders"."customer_id" WHERE "customers"."active" = FALSE)

INSERT INTO "orders" ("id","customer_id","owner_id","amount","status","placed_on") VALUES (6, 7, 7, 1.0, 'up', '2026-03-01'), (1004, 7, 7, 1.0, 'up', '2026-03-01') ON CONFLICT ("id") DO UPDATE SET "amount"=excluded."amount","status"=excluded."status" RETURNING "id"

INSERT INTO "order_items" ("order_id","product_id","quantity") VALUES (6, 7, 1) ON CONFLICT ("order_id","product_id") DO UPDATE SET "quantity"=("order_items"."quantity" + excluded."quantity") WHERE ("order_items"."quantity" IS DISTINCT FROM excluded."quantity") RETURNING "quantity"

-- Hibernate
-- $ true | 1990-01-01 | 3000 | New | 7 | 139****0000 | EU | 1001
insert into customers (active,birthday,credit,name,owner_id,phone,region,id) values ($1,$2,$3,$4,$5,$6,$7::region,$8)

-- $ false | Renamed | 138****4623 | u***@corp.cn | 17
update customers set active=$1,name=$2,phone=$3,email=$4 where id=$5

-- $ changed | 1 | 00000000-0000-4000-8000-000000000006 | 0
update tickets set subject=$1,lock_version=$2 where id=$3 and lock_version=$4

-- $ 00000000-0000-4000-8000-000000000006 | 0
delete from tickets where id=$1 and lock_version=$2

-- $ old | 50
update orders o1_0 set status=$1 where o1_0.amount<$2

delete from orders o1_0 where o1_0.status='sent' and exists(select 1 from customers c1_0 where c1_0.id=o1_0.customer_id and c1_0.active)

insert into orders(id,customer_id,owner_id,amount,status,placed_on) select c1_0.id+2000,c1_0.id,7,c1_0.credit,'copied',current_date from customers c1_0 where c1_0.region='EU'

-- Prisma
-- $ 1001 | 7 | Prisma | EU
INSERT INTO "public"."customers" ("id","owner_id","name","region") VALUES ($1,$2,$3,CAST($4::text AS "public"."region")) RETURNING "public"."customers"."id", "public"."customers"."name", "public"."customers"."region"::text, "public"."customers"."phone"

-- $ Renamed | 17
UPDATE "public"."customers" SET "name" = $1 WHERE ("public"."customers"."id" = $2 AND 1=1) RETURNING "public"."customers"."id", "public"."customers"."name", "public"."customers"."phone"

-- $ paid | 6 | 16
UPDATE "public"."orders" SET "status" = $1 WHERE ("public"."orders"."id" IN ($2,$3) AND 1=1)

-- $ 6
DELETE FROM "public"."orders" WHERE ("public"."orders"."id" = $1 AND 1=1) RETURNING "public"."orders"."id", "public"."orders"."amount"

-- $ 6 | 7 | 7 | 1 | up | 2026-03-01 | upserted | 6
INSERT INTO "public"."orders" ("id","customer_id","owner_id","amount","status","placed_on") VALUES ($1,$2,$3,$4,$5,$6) ON CONFLICT ("id") DO UPDATE SET "status" = $7 WHERE ("public"."orders"."id" = $8 AND 1=1) RETURNING "public"."orders"."id", "public"."orders"."status"

-- $ {x,y} | 17
UPDATE "public"."customers" SET "tags" = $1 WHERE ("public"."customers"."id" = $2 AND 1=1)

-- TypeORM, Sequelize, Knex
INSERT INTO "customers"("id", "owner_id", "name", "region", "credit") VALUES (1001, 7, 'T', 'EU', DEFAULT) RETURNING "active", "created_at"

UPDATE "customers" SET "name" = 'R', "created_at" = CURRENT_TIMESTAMP - now() + timestamptz '2026-03-01 00:00Z' WHERE "id" IN (17)

-- $ 7 | Seq | EU | true | 1001
INSERT INTO "customers" ("owner_id","name","region","active","id") VALUES ($1,$2,$3,$4,$5) RETURNING "id","owner_id","name","phone","email","region","credit","active"

-- $ Seq | 17
UPDATE "customers" SET "name"=$1 WHERE "id" = $2 RETURNING "id","name","phone","birthday"

-- $ 6 | 7 | 7 | 3 | s | 2026-03-01
INSERT INTO "orders" ("id","customer_id","owner_id","amount","status","placed_on") VALUES ($1,$2,$3,$4,$5,$6) ON CONFLICT ("id") DO UPDATE SET "amount"=EXCLUDED."amount","status"=EXCLUDED."status" RETURNING *

insert into "orders" ("amount", "customer_id", "id", "owner_id", "placed_on", "status") values (5, 17, 1001, 7, '2026-03-01', 'k'), (6, 17, 1002, DEFAULT, '2026-03-01', 'k') returning *

update "orders" set "amount" = "amount" + 10 where "id" = 6 returning "id", "amount"

delete from "orders" where "customer_id" = 17 and "status" like 'pa%' returning *

insert into "orders" ("id", "customer_id", "amount", "status", "placed_on") values (1001, 17, 5, 'k', '2026-03-01') on conflict ("id") do update set "status" = 'merged' where "orders"."amount" > 3 returning "id"

-- GORM, sqlc
INSERT INTO "tickets" ("number","owner_id","type","subject","body","priority","tags","meta","opened_at","locked","contact","cost") VALUES (2001,7,'Incident','G',NULL,'high','{1}','{"a": 1}','2026-03-01 00:00:00',false,'x***@corp.cn',4000) RETURNING "number"

-- $ gorm | 17
UPDATE "customers" SET "name"=$1 WHERE "id" = $2

-- $ {6,16} | done
UPDATE orders SET status = $2 WHERE id = ANY($1::bigint[]) RETURNING id

UPDATE "tickets" SET "closed_at"='2026-03-01 00:00:00' WHERE "tickets"."subject" LIKE 'Pr%' AND "tickets"."closed_at" IS NULL

INSERT INTO "orders" ("id","customer_id","owner_id","amount","status","placed_on") VALUES (6,7,7,1,'g','2026-03-01') ON CONFLICT ("id") DO UPDATE SET "customer_id"="excluded"."customer_id","amount"="excluded"."amount" RETURNING "id"

DELETE FROM "tickets" WHERE "tickets"."id" = '00000000-0000-4000-8000-000000000006' AND locked = false

-- Odoo: rows as JSON and VALUES joins
UPDATE "customers" SET "name" = 'o', "note" = NULL WHERE id IN (17, 27)

UPDATE "orders" SET "status" = "__tmp"."status", "amount" = "__tmp"."amount" FROM (VALUES (6, 'a', 1.5::numeric), (16, 'b', 2.5)) AS "__tmp"("id", "status", "amount") WHERE "orders"."id" = "__tmp"."id"

UPDATE "tickets" SET "meta" = "tickets"."meta" || '{"fr": "x"}'::jsonb, "tags" = array_append("tickets"."tags", 9) WHERE "tickets"."id" IN ('00000000-0000-4000-8000-000000000006')

INSERT INTO "order_items" ("order_id", "product_id", "quantity") SELECT "a", "b", 1 FROM unnest(ARRAY[6, 16]) AS "a", unnest(ARRAY[19, 20]) AS "b" EXCEPT SELECT "order_id", "product_id", 1 FROM "order_items" WHERE "order_id" IN (6, 16)

INSERT INTO "comments" ("id", "commentable_type", "commentable_id", "author_id", "body", "created_at") VALUES (nextval('comments_id_seq'), 'Order', '6', 7, 'o', (now() at time zone 'UTC')) RETURNING "id"

-- EF Core
-- $ Ef | 17
UPDATE customers SET name = $1
WHERE id = $2

-- $ 7 | Ef | EU | 1001
INSERT INTO customers (owner_id, name, region, id)
VALUES ($1, $2, $3, $4)
RETURNING active, created_at

UPDATE orders AS o SET status = 'x', amount = o.amount + 1.0 FROM customers AS c WHERE o.customer_id = c.id AND c.active

DELETE FROM orders AS o WHERE o.amount > 1500.0

-- queues, reports
UPDATE orders SET status = 'taken' WHERE id = (SELECT id FROM orders WHERE status = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, status

WITH next AS (SELECT id FROM tickets WHERE closed_at IS NULL ORDER BY priority DESC, number LIMIT 2 FOR UPDATE SKIP LOCKED) UPDATE tickets t SET rank = 1 FROM next WHERE t.id = next.id RETURNING t.number, t.cost, t.contact

WITH moved AS (DELETE FROM orders WHERE status = 'sent' RETURNING *) SELECT count(*), sum(amount) FROM moved

WITH c AS (INSERT INTO customers (id, owner_id, name, region) VALUES (1001, 7, 'W', 'EU') RETURNING id) INSERT INTO comments (commentable_type, commentable_id, author_id, body) SELECT 'Customer', c.id::text, 7, 'created' FROM c RETURNING id, commentable_id

WITH u AS (UPDATE customers SET owner_id = owner_id WHERE id = 17 RETURNING id, name) SELECT * FROM u

UPDATE customers SET (name, note) = ('a', 'b') WHERE id = 17 RETURNING name, note

UPDATE customers c SET (name, note) = (SELECT e.name, 'of ' || e.name FROM employees e WHERE e.id = c.owner_id) WHERE c.id = 17 RETURNING c.*

UPDATE tickets SET meta['source'] = '"x"', tags[2] = 5 WHERE number = 6 RETURNING meta, tags

UPDATE customers SET note = DEFAULT, credit = 5000, birthday = NULL WHERE id IN (17, 27) AND name ILIKE 'cust%' RETURNING *
