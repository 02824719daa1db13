-- A hundred thousand customers and two hundred thousand orders in the tables of testdata/schema.sql.

CREATE INDEX ON customers (created_at)

CREATE INDEX ON customers (region)

CREATE INDEX ON customers (birthday)

CREATE INDEX ON orders (amount)

CREATE INDEX ON orders (placed_on)

CREATE INDEX ON orders (status)

INSERT INTO customers SELECT i, i % 1000, 'Customer ' || chr(65 + i % 26) || i, '138' || lpad((i * 7919 % 100000000)::text, 8, '0'), 'user' || i || '@corp.cn', lpad(i::text, 18, '0'),
  (ARRAY['EU', 'US', 'CN'])[i % 3 + 1]::region, i % 20000 * 1.25, date '1970-01-01' + i % 9000, jsonb_build_object('phone', '139' || i, 'n', i), 'note ' || i, i % 4 <> 0, timestamptz '2020-01-01 00:00:00+00' + i * interval '7 minutes', ARRAY['t' || i % 3]
  FROM generate_series(1001, 100000) i

INSERT INTO orders SELECT i, i % 99000 + 1001, i % 1000, i % 7000 * 0.5, (ARRAY['new', 'paid', 'sent'])[i % 3 + 1], date '2020-01-01' + i % 2000 FROM generate_series(1001, 200000) i

-- Every row is sampled, so that the plans are the same each time.
SET default_statistics_target = 1000

VACUUM ANALYZE customers

VACUUM ANALYZE orders
