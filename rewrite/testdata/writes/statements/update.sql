UPDATE clients SET note = 'x'

UPDATE clients SET note = 'x' WHERE id < 20 RETURNING *

UPDATE clients SET note = phone, tags = tags || 'z' WHERE id % 2 = 0 RETURNING id, note, phone, tags

UPDATE clients c SET note = c.phone || '/' || coalesce(c.card, 'none') || '/' || c.credit WHERE c.email LIKE 'u%' RETURNING c.*

-- a form that saves all it loaded
UPDATE clients SET owner_id = owner_id, name = name || '!', phone = phone, email = email, card = card, born = born, credit = credit, profile = profile, note = note, level = level, code = code, tags = tags

UPDATE clients SET name = 'New', phone = '138****2862', email = 'u***@corp.cn', card = NULL, born = '1976-01-01', credit = 2000 WHERE id = 18 RETURNING *

UPDATE clients SET phone = '13900001111', email = 'new@corp.cn', card = '1', born = '1980-02-03', credit = 77 WHERE id = 18 RETURNING *

-- a row assignment
UPDATE clients SET (phone, note, credit) = ('138****2862', phone, credit + 1) WHERE id = 18 RETURNING phone, note, credit

UPDATE clients SET (name, note) = (SELECT d.status, max(d.id)::text FROM deals d WHERE d.client_id = clients.id GROUP BY d.status ORDER BY 1 LIMIT 1) WHERE id = 18 RETURNING name, note

UPDATE clients SET (name, phone) = ROW('A', DEFAULT) WHERE id = 18 RETURNING name, phone

UPDATE clients SET phone = DEFAULT, level = DEFAULT WHERE id < 10 RETURNING id, phone, level

-- a value that is another row's mask, and one that is another kind of spelling of it
UPDATE clients SET phone = '138****5031' WHERE id IN (2, 6, 10)

UPDATE clients SET credit = '2E3', born = 'January 1, 1976', phone = '138****2862'::text WHERE id = 18

UPDATE clients SET credit = 2000.001, phone = '138****2862 ' WHERE id = 18

UPDATE clients SET credit = NULL, born = NULL, email = NULL, phone = NULL, profile = NULL

-- a document comes back with another key changed
UPDATE clients SET profile = profile || '{"new": 1}' WHERE id = 18 RETURNING profile

UPDATE clients SET profile = profile WHERE id < 20 RETURNING profile

UPDATE clients SET profile = '{"a": 1}' WHERE id = 18 RETURNING profile

-- emails are shown from level 5
-- uncovers
UPDATE clients SET email = email, level = 5 RETURNING id, email, level

UPDATE clients SET email = 'u***@corp.cn', level = 6 WHERE level = 5 RETURNING id, email

UPDATE clients SET email = 'u***@corp.cn', level = 1 RETURNING id, email, level

UPDATE clients SET level = 1 RETURNING id, email

-- uncovers
UPDATE clients SET note = email, level = 7 RETURNING note, email

-- out of reach
UPDATE clients SET owner_id = 8 WHERE id = 18

UPDATE clients SET owner_id = 8 WHERE id = 17

UPDATE clients SET owner_id = NULL WHERE id < 20 RETURNING id

UPDATE clients SET owner_id = CASE WHEN id = 38 THEN 8 ELSE 7 END

UPDATE clients SET owner_id = 7 WHERE id > 0

-- a trigger gives the row away
UPDATE clients SET note = 'give away' WHERE id = 18

UPDATE clients SET level = 100 WHERE id = 18

UPDATE clients SET name = NULL WHERE id = 18 RETURNING *

UPDATE clients SET code = 'k1' WHERE id = 18

UPDATE clients SET phone = repeat('1', 30) WHERE id = 18

UPDATE clients SET shout = DEFAULT, name = 'y' WHERE id = 18 RETURNING shout

UPDATE clients SET tags[1] = 'first', tags[3] = phone WHERE id < 15 RETURNING tags

UPDATE clients SET tags[2:3] = '{a,b}' WHERE id = 18 RETURNING tags

UPDATE clients c SET note = d.status, name = d.amount::text FROM deals d WHERE d.client_id = c.id AND d.id <= 40 RETURNING c.id, c.note, d.*

UPDATE clients SET note = v.note, phone = v.phone FROM (VALUES (18, 'n1', '138****2862'), (22, 'n2', '13912345678'), (23, 'n3', '1')) AS v(id, note, phone) WHERE clients.id = v.id RETURNING clients.id, clients.note, clients.phone

UPDATE clients SET note = u.n, phone = u.p FROM unnest('{18,22}'::int[], '{a,b}'::text[], '{138****2862,139}'::text[]) AS u(id, n, p) WHERE clients.id = u.id

UPDATE clients c SET note = o.name || o.phone FROM clients o WHERE o.id = c.id + 4 RETURNING c.id, c.note, o.id, o.email

UPDATE deals SET amount = amount * 2, status = c.name FROM clients c WHERE c.id = client_id AND c.phone LIKE '138%' RETURNING deals.id, c.phone

UPDATE deals SET client_id = 18 WHERE id < 30 RETURNING *

UPDATE deals SET client_id = 17 WHERE id = 1

UPDATE deals SET client_id = 17 WHERE id = 16

UPDATE deals SET client_id = client_id + 1 WHERE id < 30

UPDATE deals SET status = (SELECT phone FROM clients WHERE clients.id = deals.client_id) WHERE amount < 100 RETURNING id, status

UPDATE deals SET status = '' WHERE id = 1

UPDATE stock SET cost = cost, supplier = supplier, name = name || '2' RETURNING *

UPDATE stock SET cost = cost + 1, supplier = name RETURNING id, cost

UPDATE stock SET cost = 0 WHERE cost = 0

UPDATE stock SET cost = v.c::numeric(10,2), supplier = NULL, name = v.n FROM (VALUES (1, '0', 'a'), (2, '5', 'b'), (15, '0.00', 'c')) v(id, c, n) WHERE v.id = stock.id

UPDATE tasks SET title = 'x', owner_id = 8 WHERE id < 10 RETURNING *

UPDATE tasks SET title = title || bonus

-- refused: 42501 permission denied for table public.tasks by rule "own tasks"
UPDATE tasks SET bonus = 1000

UPDATE visits SET minutes = minutes + 1, place = place RETURNING *

UPDATE visits SET place = '[hidden]', minutes = 1 WHERE id < 30

UPDATE visits SET place = 'elsewhere' WHERE id < 10 RETURNING id, place

-- from one partition to another
UPDATE visits SET day = '2026-02-15' WHERE id = 2 RETURNING *

UPDATE visits SET owner_id = 5 WHERE id = 2

UPDATE visits_01 SET minutes = 0, place = place RETURNING *

UPDATE memos SET body = body || '+', at[1] = 0 RETURNING *

UPDATE memos SET owner_id = 8 WHERE id = 22

-- reference: UPDATE memos SET body = 'x' WHERE id <= 20
UPDATE ONLY memos SET body = 'x'

UPDATE memos_old SET kept = true, body = 'y' RETURNING *

UPDATE scratch SET v = (SELECT string_agg(phone, ',' ORDER BY id) FROM clients), w = (SELECT max(card) FROM clients) WHERE id = 1 RETURNING *

UPDATE scratch SET v = c.phone FROM clients c WHERE c.id = scratch.id + 1 RETURNING scratch.*, c.name

UPDATE cheap SET v = 'x' WHERE id = 3 RETURNING *

UPDATE cheap SET id = 99 WHERE id = 3

WITH u AS (UPDATE clients SET note = 'w' WHERE id < 20 RETURNING id, phone, note) SELECT * FROM u

WITH u AS (UPDATE clients SET owner_id = 8 WHERE id = 18 RETURNING id) SELECT * FROM u

WITH u AS (UPDATE clients SET owner_id = 8 WHERE id = 18) SELECT 1

WITH s AS (SELECT id, phone FROM clients) UPDATE scratch SET v = s.phone FROM s WHERE s.id = scratch.id

UPDATE clients SET note = 'x' WHERE EXISTS (SELECT FROM deals d WHERE d.client_id = clients.id AND d.amount > 60) RETURNING id

UPDATE clients SET note = 'x' WHERE phone = '13800142542'

UPDATE clients SET note = 'x' WHERE phone LIKE '138****%' AND credit > 1000 RETURNING id

UPDATE clients SET id = id + 1000 WHERE id = 39

UPDATE clients SET id = id + 1000 WHERE id = 18

-- a default that is what the mask shows
UPDATE stock SET supplier = DEFAULT, cost = DEFAULT WHERE id < 5 RETURNING *

UPDATE clients SET card = DEFAULT, (email, phone) = (DEFAULT, DEFAULT) WHERE id < 20 RETURNING *
