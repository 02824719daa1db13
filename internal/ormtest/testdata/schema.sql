CREATE TABLE customers (
  id bigserial PRIMARY KEY, owner_id int NOT NULL DEFAULT 7, name varchar(80) NOT NULL, phone varchar(20), email varchar(120), id_card char(18), birthday date, credit numeric(12,2),
  profile jsonb, note text, active boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT '2026-01-01 00:00:00+00');
CREATE TABLE orders (id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, amount numeric(12,2) NOT NULL, status varchar(20) NOT NULL DEFAULT 'new');
CREATE INDEX ON customers (owner_id);
CREATE INDEX ON orders (customer_id);
INSERT INTO customers SELECT i, i % 10, 'Customer ' || i, CASE WHEN i % 7 <> 0 THEN '138' || lpad((i * 7919 % 100000000)::text, 8, '0') END, CASE WHEN i % 5 <> 0 THEN 'user' || i || '@corp.cn' ELSE 'no address ' || i END,
  lpad((i * 104729)::text, 18, '0'), date '1970-02-03' + i * 137, i * 137.25,
  jsonb_build_object('phone', '1391234' || i, 'address', jsonb_build_object('street', 'Street ' || i, 'city', 'City ' || i % 4), 'emergency', 'x' || i), 'note ' || i, i % 4 <> 0,
  timestamptz '2026-01-01 08:30:00.123+00' + i * interval '7 hours' FROM generate_series(1, 100) i;
INSERT INTO orders SELECT i, i % 100 + 1, i * 3.5, (ARRAY['new', 'paid', 'sent'])[i % 3 + 1] FROM generate_series(1, 300) i;
ALTER SEQUENCE customers_id_seq RESTART WITH 1000;
ALTER SEQUENCE orders_id_seq RESTART WITH 1000;
GRANT ALL ON ALL TABLES IN SCHEMA public TO alice;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO alice;
