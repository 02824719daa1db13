-- The same database but for what alice must not see: other people's rows, and the values behind her masks. Keys of hidden rows stay, since a key in use is in use for everybody.
ALTER TABLE clients DISABLE TRIGGER USER;
UPDATE clients SET phone = left(phone, 3) || '9999' || right(phone, 4), email = CASE WHEN level >= 5 THEN email WHEN email LIKE '%@%' THEN left(email, 1) || 'zzz' || substr(email, strpos(email, '@')) ELSE 'xx ' || email END,
  card = '999999999999999999', credit = round(credit / 1000) * 1000 + 1, born = date_trunc('year', born)::date + 3,
  profile = profile || jsonb_build_object('phone', repeat('7', length(profile->>'phone')), 'emergency', 'other') WHERE owner_id = 7;
UPDATE clients SET profile = jsonb_set(profile, '{address,street}', '"Elsewhere"') WHERE owner_id = 7;
UPDATE clients SET name = 'N5 ' || name, phone = '000', note = NULL, credit = 0, level = 9, tags = NULL, email = 'h@h.h', born = '2000-01-01', profile = NULL, touched = 5 WHERE owner_id IS DISTINCT FROM 7;
ALTER TABLE clients ENABLE TRIGGER USER;
UPDATE deals SET amount = 777, status = 'N5', hidden_cost = NULL WHERE client_id IN (SELECT id FROM clients WHERE owner_id IS DISTINCT FROM 7);
UPDATE visits SET place = 'other ' || id;
UPDATE visits SET minutes = 0 WHERE owner_id <> 7;
UPDATE memos SET body = 'N5', at = NULL WHERE owner_id <> 7;
UPDATE stock SET cost = round(cost / 1000) * 1000 + 1, supplier = 'other';
UPDATE tasks SET title = 'N5', bonus = -1 WHERE owner_id <> 7;
INSERT INTO client_log (client, what, phone) SELECT i, 'N5', '000' FROM generate_series(1, 5) i;
ALTER TABLE client_log ALTER n RESTART WITH 1;
ANALYZE;
