-- The same database but for what alice must not see: other people's rows, and the values behind her masks.
UPDATE employees SET salary = salary * 3 + 1;
UPDATE customers SET phone = CASE WHEN phone IS NOT NULL THEN left(phone, 3) || '9999' || right(phone, 4) END, email = CASE WHEN email LIKE '%@%' THEN left(email, 1) || 'zzz' || substr(email, strpos(email, '@')) ELSE 'xx ' || substr(email, 4) END,
  id_card = '999999999999999999', credit = round(credit / 1000) * 1000 + 1, birthday = date_trunc('year', birthday)::date + 3,
  profile = profile || jsonb_build_object('phone', CASE WHEN length(profile->>'phone') <= 7 THEN repeat('7', length(profile->>'phone')) ELSE profile->>'phone' END, 'emergency', 'other') WHERE owner_id = 7;
UPDATE customers SET profile = jsonb_set(profile, '{address,street}', '"Elsewhere"') WHERE owner_id = 7;
UPDATE customers SET name = 'N5 ' || name, phone = '000', note = NULL, region = 'CN', credit = 0 WHERE owner_id IS DISTINCT FROM 7;
DELETE FROM orders WHERE customer_id IN (SELECT id FROM customers WHERE owner_id = 3);
DELETE FROM customers WHERE owner_id = 3;
INSERT INTO customers SELECT i, 8, 'N5 hidden ' || i, '13900001111', 'h@h.h', lpad('1', 18, '0'), 'EU', 5, '2000-01-01', '{}', '', true, now(), NULL FROM generate_series(100000, 100050) i;
INSERT INTO orders SELECT i, i, 8, 1, 'new', '2026-01-05' FROM generate_series(100000, 100020) i;
UPDATE events SET kind = 'zz', payload = NULL WHERE owner_id <> 7;
UPDATE "Odd Names" SET "a.b" = 'other' WHERE owner_id = 7;
UPDATE "Odd Names" SET "select" = 'N5' WHERE owner_id <> 7;
UPDATE secrets SET what = 'other';
ALTER TABLE secrets DROP COLUMN grade;
ALTER TABLE secrets ADD COLUMN grade text DEFAULT 'low';
ALTER TABLE secrets ALTER COLUMN grade DROP DEFAULT;
SELECT setval('customers_id_seq', 100050), setval('orders_numbers', 100020);
REFRESH MATERIALIZED VIEW customer_copy;
ANALYZE;
