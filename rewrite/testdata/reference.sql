CREATE SCHEMA ref;
CREATE VIEW ref.employees WITH (security_barrier) AS SELECT id, name, department_id, manager_id, NULL::numeric(10,2) AS salary FROM public.employees;
CREATE VIEW ref.customers WITH (security_barrier) AS SELECT id, owner_id, name,
  CASE WHEN length(phone) <= 7 THEN repeat('*', length(phone)) ELSE left(phone, 3) || repeat('*', length(phone) - 7) || right(phone, 4) END::varchar(20) AS phone,
  CASE WHEN email LIKE '%@%' THEN left(email, 1) || '***' || substr(email, strpos(email, '@')) ELSE repeat('*', length(email)) END AS email,
  NULL::char(18) AS id_card, region, (round(credit / 1000) * 1000)::numeric(12,2) AS credit, date_trunc('year', birthday)::date AS birthday,
  jsonb_set(jsonb_set(profile, '{phone}', to_jsonb(CASE WHEN length(profile->>'phone') <= 7 THEN repeat('*', length(profile->>'phone')) ELSE left(profile->>'phone', 3) || repeat('*', length(profile->>'phone') - 7) || right(profile->>'phone', 4) END)), '{address,street}', 'null') - 'emergency' AS profile,
  note, active, created_at, tags
  FROM public.customers WHERE owner_id = 7;
CREATE VIEW ref.orders WITH (security_barrier) AS SELECT * FROM public.orders WHERE customer_id IN (SELECT id FROM public.customers c WHERE c.owner_id = 7);
CREATE VIEW ref.events WITH (security_barrier) AS SELECT * FROM public.events WHERE owner_id = 7;
CREATE VIEW ref.events_2026_01 WITH (security_barrier) AS SELECT * FROM public.events_2026_01 WHERE owner_id = 7;
CREATE VIEW ref."Odd Names" WITH (security_barrier) AS SELECT "Key", "select", '[hidden]'::text AS "a.b", owner_id FROM public."Odd Names" WHERE owner_id = 7;
CREATE VIEW ref.customer_orders AS SELECT c.id, c.name, c.phone, o.id AS order_id, o.amount FROM ref.customers c LEFT JOIN ref.orders o ON o.customer_id = c.id;
CREATE VIEW ref.big_customers AS SELECT * FROM ref.customers WHERE credit > 1000;
CREATE VIEW ref.nested_view AS SELECT name, phone, length(phone) AS n FROM ref.big_customers;
