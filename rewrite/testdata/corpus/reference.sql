-- The reference of testdata/reference.sql again, as tables with the defaults, keys and indexes of the real ones, so that writes can be compared too.
CREATE VIEW seen.tickets WITH (security_barrier) AS SELECT id, number, owner_id, type, subject, body, priority, parent_id, customer_id, tags, meta, during, due, opened_at, closed_at, spent, NULL::inet AS ip, weight, ratio, rank, locked,
  (CASE WHEN contact LIKE '%@%' THEN left(contact, 1) || '***' || substr(contact, strpos(contact, '@')) END)::address AS contact, (round(cost / 1000) * 1000)::numeric(12,2) AS cost, NULL::text AS private_note, code, raw, lock_version
  FROM public.tickets WHERE owner_id = 7;
CREATE VIEW seen.comments WITH (security_barrier) AS SELECT * FROM public.comments WHERE author_id IN (SELECT id FROM public.employees e WHERE e.id = 7 OR e.department_id = 1);
DROP TABLE ref.employees, ref.customers, ref.orders, ref.events, ref."Odd Names" CASCADE;
CREATE TABLE ref.employees (LIKE public.employees INCLUDING ALL);
CREATE TABLE ref.customers (LIKE public.customers INCLUDING ALL);
CREATE TABLE ref.orders (LIKE public.orders INCLUDING ALL, FOREIGN KEY (customer_id) REFERENCES ref.customers);
CREATE TABLE ref.products (LIKE public.products INCLUDING ALL);
CREATE TABLE ref.order_items (LIKE public.order_items INCLUDING ALL);
CREATE TABLE ref.events (LIKE public.events INCLUDING ALL);
CREATE TABLE ref."Odd Names" (LIKE public."Odd Names" INCLUDING ALL);
CREATE TABLE ref.tickets (LIKE public.tickets INCLUDING ALL);
CREATE TABLE ref.comments (LIKE public.comments INCLUDING ALL);
CREATE TABLE ref.categories (LIKE public.categories INCLUDING ALL);
CREATE TABLE ref.product_categories (LIKE public.product_categories INCLUDING ALL);
CREATE TABLE ref.departments (LIKE public.departments INCLUDING ALL);
INSERT INTO ref.employees SELECT * FROM seen.employees;
INSERT INTO ref.customers SELECT * FROM seen.customers;
INSERT INTO ref.orders SELECT * FROM seen.orders;
INSERT INTO ref.products SELECT * FROM public.products;
INSERT INTO ref.order_items SELECT * FROM public.order_items;
INSERT INTO ref.events SELECT * FROM seen.events;
INSERT INTO ref."Odd Names" SELECT * FROM seen."Odd Names";
INSERT INTO ref.tickets (id, number, owner_id, type, subject, body, priority, parent_id, customer_id, tags, meta, during, due, opened_at, closed_at, spent, ip, weight, ratio, rank, locked, contact, cost, private_note, code, raw, lock_version) SELECT * FROM seen.tickets;
INSERT INTO ref.comments SELECT * FROM seen.comments;
INSERT INTO ref.categories SELECT * FROM public.categories;
INSERT INTO ref.product_categories SELECT * FROM public.product_categories;
INSERT INTO ref.departments SELECT * FROM public.departments;
CREATE VIEW ref.customer_orders AS SELECT c.id, c.name, c.phone, o.id AS order_id, o.amount FROM ref.customers c LEFT JOIN ref.orders o ON o.customer_id = c.id;
CREATE VIEW ref.big_customers AS SELECT * FROM ref.customers WHERE credit > 1000;
CREATE VIEW ref.nested_view AS SELECT name, phone, length(phone) AS n FROM ref.big_customers;
ANALYZE;
