CREATE TYPE region AS ENUM ('EU', 'US', 'CN');
CREATE TABLE employees (id int PRIMARY KEY, name text NOT NULL, department_id int NOT NULL, manager_id int, salary numeric(10,2));
CREATE TABLE customers (
  id bigint PRIMARY KEY, owner_id int, name varchar(80) NOT NULL, phone varchar(20), email text, id_card char(18),
  region region NOT NULL, credit numeric(12,2), birthday date, profile jsonb, note text, active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT '2026-01-01 00:00:00+00', tags text[]);
CREATE INDEX ON customers (owner_id);
CREATE INDEX ON customers (name);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, owner_id int, amount numeric(12,2) NOT NULL, status text NOT NULL, placed_on date NOT NULL);
CREATE INDEX ON orders (customer_id);
CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, price numeric(8,2) NOT NULL);
CREATE TABLE order_items (order_id bigint NOT NULL, product_id int NOT NULL, quantity int NOT NULL, PRIMARY KEY (order_id, product_id));
CREATE TABLE events (id bigint NOT NULL, owner_id int, kind text NOT NULL, happened date NOT NULL, payload jsonb) PARTITION BY RANGE (happened);
CREATE TABLE events_2026_01 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2026_02 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE "Odd Names" ("Key" int PRIMARY KEY, "select" text, "a.b" text, owner_id int);
CREATE TABLE secrets (id int PRIMARY KEY, what text);
CREATE VIEW customer_orders AS SELECT c.id, c.name, c.phone, o.id AS order_id, o.amount FROM customers c LEFT JOIN orders o ON o.customer_id = c.id;
CREATE VIEW big_customers AS SELECT * FROM customers WHERE credit > 1000;
CREATE VIEW nested_view AS SELECT name, phone, length(phone) AS n FROM big_customers;
CREATE VIEW product_names AS SELECT name FROM products;
CREATE MATERIALIZED VIEW customer_copy AS SELECT * FROM customers;
CREATE FUNCTION all_phones() RETURNS SETOF text LANGUAGE sql AS 'SELECT phone FROM public.customers';
CREATE SEQUENCE counter;
CREATE SEQUENCE customers_id_seq OWNED BY customers.id;
CREATE SEQUENCE orders_numbers;
ALTER TABLE orders ALTER COLUMN id SET DEFAULT nextval('orders_numbers');
-- A cast and a domain that run a function of somebody's making, which reads what is hidden.
CREATE TYPE peek AS (v text);
CREATE FUNCTION peek(i int) RETURNS peek LANGUAGE plpgsql AS $$ BEGIN RETURN ROW((SELECT string_agg(phone, ',') FROM public.customers WHERE id >= i))::public.peek; END $$;
CREATE CAST (int AS peek) WITH FUNCTION peek(int);

INSERT INTO employees SELECT i, 'Employee ' || i, i % 3, CASE WHEN i > 2 THEN i % 2 + 1 END, 1000 * i FROM generate_series(1, 12) i;
INSERT INTO customers SELECT i, CASE WHEN i % 11 = 0 THEN NULL ELSE i % 10 END, 'Customer ' || chr(65 + i % 26) || i, CASE WHEN i % 7 <> 0 THEN '138' || lpad((i * 7919 % 100000000)::text, 8, '0') END,
  CASE WHEN i % 5 <> 0 THEN 'user' || i || '@corp.cn' ELSE 'no address' END, lpad((i * 104729)::text, 18, '0'), (ARRAY['EU', 'US', 'CN'])[i % 3 + 1]::region, i * 137.25, date '1970-01-01' + i * 37,
  jsonb_build_object('phone', '139' || i, 'address', jsonb_build_object('street', 'Street ' || i, 'city', 'City ' || i % 4), 'emergency', 'x' || i), 'note ' || i, i % 4 <> 0, timestamptz '2026-01-01 00:00:00+00' + i * interval '7 hours', ARRAY['t' || i % 3, 'u' || i % 5]
  FROM generate_series(1, 200) i;
INSERT INTO orders SELECT i, i % 200 + 1, i % 10, i * 3.5, (ARRAY['new', 'paid', 'sent'])[i % 3 + 1], date '2026-01-01' + i % 90 FROM generate_series(1, 600) i;
INSERT INTO products SELECT i, 'Product ' || i, i * 1.5 FROM generate_series(1, 20) i;
INSERT INTO order_items SELECT i, i % 20 + 1, i % 4 + 1 FROM generate_series(1, 600) i;
INSERT INTO events SELECT i, i % 10, 'k' || i % 4, date '2026-01-01' + i % 59, jsonb_build_object('n', i) FROM generate_series(1, 300) i;
INSERT INTO "Odd Names" SELECT i, 's' || i, 'd' || i, i % 10 FROM generate_series(1, 40) i;
INSERT INTO secrets SELECT i, 'secret ' || i FROM generate_series(1, 5) i;
ALTER TABLE secrets ADD COLUMN grade text DEFAULT 'top'; -- which stands in pg_attribute alone, for all rows
ALTER TABLE secrets ALTER COLUMN grade DROP DEFAULT;
SELECT setval('customers_id_seq', 200), setval('orders_numbers', 600);
REFRESH MATERIALIZED VIEW customer_copy;
ANALYZE;
