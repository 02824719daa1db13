-- What the corpus needs besides testdata/schema.sql: a table with the types that applications use, a polymorphic child, a tree.
CREATE TYPE priority AS ENUM ('low', 'normal', 'high', 'urgent');
CREATE DOMAIN address AS text CHECK (VALUE LIKE '%@%');
CREATE TABLE tickets (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), number serial, owner_id int NOT NULL, type varchar(40), subject text NOT NULL, body text, priority priority NOT NULL DEFAULT 'normal',
  parent_id uuid, customer_id bigint, tags int[] NOT NULL DEFAULT '{}', meta jsonb NOT NULL DEFAULT '{}',
  search tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(subject, '') || ' ' || coalesce(body, ''))) STORED,
  during tstzrange, due date, opened_at timestamp(3) NOT NULL DEFAULT '2026-01-01', closed_at timestamptz, spent interval, ip inet, weight real, ratio double precision, rank smallint,
  locked boolean NOT NULL DEFAULT false, contact address, cost numeric(12,2), private_note text, code char(6), raw bytea, lock_version int NOT NULL DEFAULT 0);
CREATE INDEX ON tickets (owner_id);
CREATE INDEX ON tickets (priority);
CREATE INDEX ON tickets USING gin (search);
CREATE INDEX ON tickets USING gin (meta);
CREATE INDEX ON tickets USING gist (during);
CREATE UNIQUE INDEX ON tickets (number);
CREATE TABLE comments (id bigserial PRIMARY KEY, commentable_type varchar(40) NOT NULL, commentable_id text NOT NULL, author_id int NOT NULL, body text NOT NULL, created_at timestamptz NOT NULL DEFAULT '2026-03-01 00:00:00+00', updated_at timestamptz);
CREATE INDEX ON comments (commentable_type, commentable_id);
CREATE TABLE categories (id int PRIMARY KEY, parent_id int REFERENCES categories, name text NOT NULL, lft int, rght int);
CREATE TABLE product_categories (product_id int REFERENCES products, category_id int REFERENCES categories, PRIMARY KEY (product_id, category_id));
CREATE TABLE departments (id int PRIMARY KEY, name text NOT NULL);

INSERT INTO tickets (id, number, owner_id, type, subject, body, priority, parent_id, customer_id, tags, meta, during, due, opened_at, closed_at, spent, ip, weight, ratio, rank, locked, contact, cost, private_note, code, raw)
  SELECT ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, i, i % 4 + 5, (ARRAY['Incident', 'Question', 'Incident::Major', NULL])[i / 8 % 4 + 1], (ARRAY['Printer jams', 'Invoice wrong', 'Password reset', 'Delivery late'])[i / 4 % 4 + 1] || ' ' || i,
    CASE WHEN i % 6 <> 0 THEN 'The customers wrote ' || i || ' times about printers and invoices' END, (ARRAY['low', 'normal', 'high', 'urgent'])[i % 3 + i / 50 % 2 + 1]::priority,
    CASE WHEN i > 8 THEN ('00000000-0000-4000-8000-' || lpad((i - 8)::text, 12, '0'))::uuid END, i % 200 + 1, ARRAY[i % 3, i % 7], jsonb_build_object('source', (ARRAY['mail', 'web', 'phone'])[i % 3 + 1], 'n', i, 'steps', jsonb_build_array(i % 2, i % 5)),
    CASE WHEN i % 9 <> 0 THEN tstzrange(timestamptz '2026-01-01 08:00:00+00' + i * interval '5 hours', timestamptz '2026-01-01 08:00:00+00' + i * interval '5 hours' + i % 5 * interval '1 day') END, date '2026-01-01' + i, timestamp '2026-01-01 09:00:00.123' + i * interval '3 hours',
    CASE WHEN i % 3 = 0 THEN timestamptz '2026-02-01 12:00:00+00' + i * interval '1 hour' END, i * interval '17 minutes', ('10.0.' || i % 4 || '.' || i)::inet, i * 1.5, i / 7.0::double precision, i % 5, i % 10 = 0, CASE WHEN i % 5 <> 1 THEN 'person' || i || '@corp.cn' END, i * 333.33, 'private ' || i, 'C' || i, decode(lpad(to_hex(i), 8, '0'), 'hex')
  FROM generate_series(1, 160) i;
SELECT setval('tickets_number_seq', 1000);
INSERT INTO comments (id, commentable_type, commentable_id, author_id, body) SELECT i, (ARRAY['Customer', 'Order', 'Ticket'])[i % 3 + 1], CASE i % 3 WHEN 2 THEN '00000000-0000-4000-8000-' || lpad(i::text, 12, '0') ELSE i::text END, i % 9, 'Comment ' || i || CASE WHEN i % 5 = 0 THEN ' important' ELSE '' END FROM generate_series(1, 240) i;
SELECT setval('comments_id_seq', 1000);
INSERT INTO categories SELECT i, CASE WHEN i > 1 THEN i / 2 END, 'Category ' || i, i * 2, i * 2 + 1 FROM generate_series(1, 15) i;
INSERT INTO product_categories SELECT i, i % 15 + 1 FROM generate_series(1, 20) i;
INSERT INTO departments VALUES (0, 'Sales'), (1, 'Support'), (2, 'Finance');
ANALYZE;
