-- The same tables under PostgreSQL's own row security, with views that mask, for the role cordon_plans.

DO $$ BEGIN CREATE ROLE cordon_plans; EXCEPTION WHEN duplicate_object THEN NULL; END $$

CREATE SCHEMA raw

CREATE SCHEMA nat

CREATE TABLE raw.customers (LIKE public.customers INCLUDING ALL)

INSERT INTO raw.customers SELECT * FROM public.customers

CREATE TABLE raw.orders (LIKE public.orders INCLUDING ALL)

INSERT INTO raw.orders SELECT * FROM public.orders

VACUUM ANALYZE raw.customers

VACUUM ANALYZE raw.orders

ALTER TABLE raw.customers ENABLE ROW LEVEL SECURITY

ALTER TABLE raw.orders ENABLE ROW LEVEL SECURITY

CREATE POLICY own ON raw.customers USING (owner_id = 7)

CREATE POLICY own ON raw.orders USING (customer_id IN (SELECT id FROM raw.customers c WHERE c.owner_id = 7))

CREATE VIEW nat.customers AS SELECT id, owner_id, name,
  CASE WHEN length(phone) <= 7 THEN repeat('*', length(phone)) ELSE left(phone, 3) || repeat('*', length(phone) - 7) || right(phone, 4) END::varchar(20) AS phone,
  CASE WHEN email LIKE '%@%' THEN left(email, 1) || '***' || substr(email, strpos(email, '@')) ELSE '***' END AS email,
  NULL::char(18) AS id_card, region, (round(credit / 1000) * 1000)::numeric(12,2) AS credit, date_trunc('year', birthday)::date AS birthday, 
  jsonb_set(jsonb_set(profile, '{phone}', to_jsonb(CASE WHEN length(profile->>'phone') <= 7 THEN repeat('*', length(profile->>'phone')) ELSE left(profile->>'phone', 3) || repeat('*', length(profile->>'phone') - 7) || right(profile->>'phone', 4) END)),
    '{address,street}', 'null', false) - 'emergency' AS profile, note, active, created_at, tags FROM raw.customers

CREATE VIEW nat.orders AS SELECT * FROM raw.orders

CREATE VIEW nat.customer_orders AS SELECT c.id, c.name, c.phone, o.id AS order_id, o.amount FROM nat.customers c LEFT JOIN nat.orders o ON o.customer_id = c.id

CREATE VIEW nat.products AS SELECT * FROM public.products

ALTER VIEW nat.customers OWNER TO cordon_plans

ALTER VIEW nat.orders OWNER TO cordon_plans

ALTER VIEW nat.customer_orders OWNER TO cordon_plans

GRANT USAGE ON SCHEMA raw, nat TO cordon_plans

GRANT SELECT ON ALL TABLES IN SCHEMA raw, nat TO cordon_plans
