-- What alice's rules mean, as security_barrier views written by hand; and the tables that such views would fill, with the keys of the real ones,
-- since a statement may lean on a primary key (GROUP BY).
CREATE SCHEMA seen;
CREATE SCHEMA ref;
CREATE VIEW seen.employees WITH (security_barrier) AS SELECT id, name, department_id, manager_id, NULL::numeric(10,2) AS salary FROM public.employees;
CREATE VIEW seen.customers WITH (security_barrier) AS SELECT id, owner_id, name,
  CASE WHEN length(phone) <= 7 THEN repeat('*', length(phone)) ELSE left(phone, 3) || repeat('*', length(phone) - 7) || right(phone, 4) END::varchar(20) AS phone,
  CASE WHEN email LIKE '%@%' THEN left(email, 1) || '***' || substr(email, strpos(email, '@')) ELSE '***' END AS email,
  NULL::char(18) AS id_card, region, (round(credit / 1000) * 1000)::numeric(12,2) AS credit, date_trunc('year', birthday)::date AS birthday,
  jsonb_set(jsonb_set(profile, '{phone}', to_jsonb(CASE WHEN length(profile->>'phone') <= 7 THEN repeat('*', length(profile->>'phone')) ELSE left(profile->>'phone', 3) || repeat('*', length(profile->>'phone') - 7) || right(profile->>'phone', 4) END)), '{address,street}', 'null') - 'emergency' AS profile,
  note, active, created_at, tags
  FROM public.customers WHERE owner_id = 7;
CREATE VIEW seen.orders WITH (security_barrier) AS SELECT * FROM public.orders WHERE customer_id IN (SELECT id FROM public.customers c WHERE c.owner_id = 7);
CREATE VIEW seen.events WITH (security_barrier) AS SELECT * FROM public.events WHERE owner_id = 7;
CREATE VIEW seen.events_2026_01 WITH (security_barrier) AS SELECT * FROM public.events_2026_01 WHERE owner_id = 7;
CREATE VIEW seen."Odd Names" WITH (security_barrier) AS SELECT "Key", "select", CASE WHEN "a.b" IS NOT NULL THEN '[hidden]' END AS "a.b", owner_id FROM public."Odd Names" WHERE owner_id = 7;
CREATE TABLE ref.employees AS SELECT * FROM seen.employees;
CREATE TABLE ref.customers AS SELECT * FROM seen.customers;
CREATE TABLE ref.orders AS SELECT * FROM seen.orders;
CREATE TABLE ref.events AS SELECT * FROM seen.events;
CREATE TABLE ref.events_2026_01 AS SELECT * FROM seen.events_2026_01;
CREATE TABLE ref."Odd Names" AS SELECT * FROM seen."Odd Names";
ALTER TABLE ref.customers ADD PRIMARY KEY (id);
ALTER TABLE ref.orders ADD PRIMARY KEY (id);
ALTER TABLE ref.employees ADD PRIMARY KEY (id);
CREATE VIEW ref.customer_orders AS SELECT c.id, c.name, c.phone, o.id AS order_id, o.amount FROM ref.customers c LEFT JOIN ref.orders o ON o.customer_id = c.id;
CREATE VIEW ref.big_customers AS SELECT * FROM ref.customers WHERE credit > 1000;
CREATE VIEW ref.nested_view AS SELECT name, phone, length(phone) AS n FROM ref.big_customers;
