-- Writes of every make: joins, WITH chains, upserts, defaults, generated and identity columns, composites and documents, partitions, children, views.

UPDATE employees SET vacation = coalesce(vacation, 0) + 1, skills = array_append(skills, 'new'), levels[1] = 9, week = week || '{"wed": 4}', hours = timerange(lower(hours), '17:00'), grade = 'Z' WHERE dept_id = 3 RETURNING number, vacation, skills, levels, week, hours, grade, salary, iban

UPDATE employees SET salary = salary * 1.1 WHERE dept_id = 3 RETURNING number, salary, name

-- otherwise: what has been written is shown masked
UPDATE employees SET salary = 5000, born = '1990-05-05', iban = 'DE00111122223333444455' WHERE number = 4 RETURNING salary, born, iban

UPDATE employees e SET vacation = d.id * 10 + length(d.name) FROM departments d WHERE (d.tenant_id, d.id) = (e.tenant_id, e.dept_id) AND d.name LIKE 'S%' RETURNING e.number, e.vacation, d.name, d.budget, e.iban

UPDATE employees e SET (vacation, left_on) = (SELECT count(*)::int, max(t.created_at)::date FROM tickets t WHERE t.assignee_id = e.id) WHERE dept_id = 2 RETURNING number, vacation, left_on

UPDATE employees SET (first_name, last_name) = ROW(upper(first_name), DEFAULT) WHERE false

UPDATE employees e SET manager_id = m.id FROM employees m WHERE m.number = 4 AND e.manager_id IS NULL AND e.id <> m.id RETURNING e.number, m.number, m.salary

UPDATE employees SET first_name = 'X' WHERE id IN (SELECT assignee_id FROM tickets WHERE state = 'open' GROUP BY assignee_id HAVING count(*) >= 1) RETURNING number, name

UPDATE employees SET first_name = lower(first_name) WHERE number % 10 = 1 RETURNING *

UPDATE employees SET contact = contact || '{"city": "Bonn"}' WHERE number < 12 RETURNING number, contact

-- otherwise: what has been written is shown masked
UPDATE employees SET contact = jsonb_set(contact, '{private,salary}', '12345'), phones[1] = '+41 9' WHERE number = 4 RETURNING contact #> '{private,salary}', phones

UPDATE tickets SET votes = votes + 1, tags = tags || '{seen}', state = 'open' WHERE state = 'new' AND votes < 3 RETURNING id, votes, tags, state, updated_at, custom, requester

UPDATE tickets t SET priority = 'urgent', subject = t.subject || ' (' || c.n || ')' FROM (SELECT ticket_id, count(*) AS n FROM comments GROUP BY ticket_id HAVING count(*) > 2) c WHERE c.ticket_id = t.id AND t.id < 60 RETURNING t.id, subject, c.*, search @@ 'printer'

UPDATE tickets SET flags = flags | B'00000001', sla = tstzrange(lower(sla), upper(sla) + due), due = due * 2 WHERE id = 4 RETURNING flags, sla, due

UPDATE tickets SET custom['os'] = '"plan9"', custom['deep']['er'] = '1' WHERE id = 4 RETURNING custom

UPDATE tickets SET parent_id = (SELECT min(id) FROM tickets t WHERE t.team_id = tickets.team_id) WHERE id > 200 AND parent_id IS NULL RETURNING id, parent_id

UPDATE tickets SET body = DEFAULT, tags = DEFAULT, priority = DEFAULT, votes = DEFAULT WHERE id = 9 RETURNING body, tags, priority, votes

UPDATE comments SET body = upper(body) WHERE ticket_id IN (SELECT id FROM tickets WHERE team_id = 3 AND id < 50) RETURNING *

UPDATE comments c SET author = t.subject FROM tickets t LEFT JOIN employees e ON e.id = t.assignee_id WHERE t.id = c.ticket_id AND c.no = 2 AND t.id < 30 RETURNING c.ticket_id, c.author, e.name

DELETE FROM comments WHERE at < (SELECT avg(extract(epoch FROM at)) FROM comments) * interval '1 second' + timestamptz 'epoch' AND author = 'eve' RETURNING ticket_id, no

DELETE FROM comments c USING tickets t JOIN employees e ON e.id = t.assignee_id WHERE t.id = c.ticket_id AND t.state = 'closed' RETURNING c.ticket_id, c.no, t.subject, e.number

DELETE FROM comments WHERE (ticket_id, no) IN (SELECT ticket_id, max(no) FROM comments GROUP BY ticket_id) RETURNING ticket_id, no

DELETE FROM tickets WHERE parent_id IS NOT NULL AND votes = 0 RETURNING *

-- otherwise: what has been written is shown masked
INSERT INTO tickets (subject, body, tags, custom, requester, priority, sla, due, flags) VALUES ('New', NULL, '{a,b}', '{"os": "x"}', 'Neu@x.example', 'high', '[2026-01-01,2026-02-01)', '1 day', B'11110000'), ('Other', 'text', DEFAULT, DEFAULT, NULL, DEFAULT, NULL, NULL, DEFAULT) RETURNING id, tenant_id, team_id, subject, tags, custom, requester, priority, state, search, flags

INSERT INTO tickets (subject, team_id, created_at) SELECT 'Review of ' || name, 1, '2026-06-01' FROM employees WHERE dept_id = 1 ORDER BY number RETURNING id, subject

INSERT INTO tickets AS t (id, subject, votes) VALUES (4, 'up', 1), (3000, 'new', 1) ON CONFLICT (id) DO UPDATE SET votes = t.votes + excluded.votes, subject = excluded.subject || ' ' || t.subject WHERE t.votes > -1 RETURNING t.id, t.votes, t.subject

INSERT INTO tickets (id, subject) OVERRIDING USER VALUE VALUES (5000, 'user value') RETURNING id

-- otherwise: what has been written is shown masked
INSERT INTO employees (tenant_id, number, first_name, last_name, dept_id, salary, iban, born, home, contact, phones, photo, rating, notes, private_mail) OVERRIDING SYSTEM VALUE VALUES (2, 7777, 'Neu', 'Person', 3, 1234.56, 'DE123456789012', '1999-09-09', NULL, '{"phone": "123456789", "private": {"salary": 777}}', '{"+1 2 34567"}', NULL, NULL, '[redacted]', 'q***@x.example') RETURNING number, name, salary, iban, born, contact, phones, notes, private_mail, skills, hired

INSERT INTO employees (tenant_id, first_name, last_name, email) VALUES (2, 'A', 'B', 'new@corp.example'), (2, 'C', 'D', 'E4@CORP.example') ON CONFLICT (email) DO NOTHING RETURNING number, email

INSERT INTO comments (ticket_id, no, body) SELECT id, 100 + row_number() OVER (ORDER BY id), subject FROM tickets WHERE state = 'solved' RETURNING ticket_id, no, body, internal, from_ip

INSERT INTO comments (ticket_id, no, body, author) VALUES (4, 2, 'x', 'me'), (4, 50, 'y', 'me') ON CONFLICT ON CONSTRAINT comments_pkey DO UPDATE SET body = comments.body || excluded.body, author = excluded.author RETURNING *

INSERT INTO orders (tenant_id, id, placed, coupon) VALUES (2, 900, '2026-06-01', NULL) RETURNING *

INSERT INTO orders AS o VALUES (2, 1, 5, '2026-06-01', 'paid') ON CONFLICT (tenant_id, id) DO UPDATE SET (state, party_id) = (excluded.state, excluded.party_id), coupon = coalesce(o.coupon, 'C') RETURNING *

INSERT INTO order_lines (tenant_id, order_id, line, item_id, qty, price) SELECT tenant_id, id, 50, 3, 2, (SELECT price FROM items WHERE items.id = 3) FROM orders WHERE state = 'paid' AND tenant_id = 2 RETURNING order_id, line, price, total, discount

INSERT INTO stock (tenant_id, warehouse, item_id, qty) VALUES (2, 'north', 1, 5), (2, 'east', 1, 7) ON CONFLICT (tenant_id, warehouse, item_id) DO UPDATE SET qty = stock.qty + EXCLUDED.qty RETURNING *

INSERT INTO invoices (id, tenant_id, no, issued, net, vat, currency, lines) VALUES (900, 2, 'INV-900', '2026-03-03', 100, 7, 'USD', '[{"item": 1, "qty": 2, "price": 3}]'), (901, 2, 'INV-901', '2025-03-03', 200, DEFAULT, DEFAULT, NULL) RETURNING no, gross, vat, currency, vat_id, margin

INSERT INTO invoices (id, tenant_id, no, issued, net) SELECT id + 1000, tenant_id, no || 'C', issued, -net FROM invoices WHERE paid AND issued >= '2026-01-01' RETURNING id, no, gross

UPDATE invoices SET issued = issued + 365, paid = true WHERE issued < '2025-08-01' AND id NOT IN (SELECT invoice_id FROM payments) RETURNING id, issued, paid, gross

UPDATE invoices SET net = net + 1, lines = lines || '[{"item": 99}]' WHERE currency = 'USD' AND NOT paid AND issued >= '2026-03-01' RETURNING no, net, gross, jsonb_array_length(lines), vat_id

DELETE FROM invoices v WHERE NOT EXISTS (SELECT FROM payments p WHERE p.invoice_id = v.id) RETURNING v.no

UPDATE invoices_2026_0 SET paid = NOT paid WHERE id % 5 = 0 RETURNING id, paid

-- otherwise: what has been written is shown masked
INSERT INTO events (tenant_id, at, kind, payload) VALUES (2, '2026-06-01 10:00Z', 'login', '{"user": 1, "private": {"salary": 449}}') RETURNING id, tenant_id, payload

INSERT INTO ledger (tenant_id, entry, side, account, booked, amount) VALUES (2, 900, 'D', '1200', '2026-06-01', 10), (2, 900, 'C', '4000', '2026-06-01', -10) RETURNING *

UPDATE parties SET name = name || '!', tags = coalesce(tags, '') || 'k=>v' WHERE country = 'FR' OR phone IS NULL RETURNING id, name, phone, tags, risk

UPDATE ONLY parties SET name = 'only' WHERE id < 8 RETURNING id, name

UPDATE companies SET staff = staff + 1, vat_no = lower(vat_no) WHERE country <> 'DE' RETURNING id, staff, vat_no, risk

DELETE FROM parties WHERE id IN (SELECT party_id FROM orders WHERE state = 'cart') RETURNING id, name

DELETE FROM ONLY parties RETURNING id

INSERT INTO persons (id, tenant_id, name, born, country) VALUES (700, 2, 'New Person', '2000-01-01', 'CH') RETURNING *

UPDATE items SET price = coalesce(price, 1) * 1.05, attributes = attributes || 'sale=>yes', categories = categories || 'top.sale'::ltree, base.value = 99, prices[1].value = 5 WHERE sku LIKE 'SKU00_' RETURNING id, price, attributes, categories, base, prices, cost, supplier

-- otherwise: what has been written is shown masked
UPDATE items SET cost = 5, supplier = 'Q.' WHERE id = 3 RETURNING cost IS NULL, supplier

INSERT INTO items (sku, name, base, prices, codes) VALUES ('N1', 'New', ROW(1, 'EUR'), ARRAY[ROW(1, 'EUR')::amount], '{1,2}') RETURNING id, sku, base, prices, codes, cost, supplier, available

INSERT INTO items (sku, name, base.value, base.currency) VALUES ('N2', 'New', 3, 'USD') RETURNING base

UPDATE stock SET qty = qty + CASE warehouse WHEN 'north' THEN -1 ELSE 1 END WHERE item_id = 3 RETURNING *

WITH moved AS (UPDATE stock SET qty = qty - 2 WHERE warehouse = 'north' AND qty > 5 RETURNING tenant_id, item_id) UPDATE stock s SET qty = s.qty + 2 FROM moved m WHERE s.warehouse = 'south' AND (s.tenant_id, s.item_id) = (m.tenant_id, m.item_id) RETURNING s.*

WITH o AS (INSERT INTO orders (tenant_id, id, placed, state) VALUES (2, 800, '2026-06-01', 'new') RETURNING *), l AS (INSERT INTO bookings (tenant_id, room, during) SELECT tenant_id, 'R' || id, tsrange(placed::timestamp, NULL) FROM o RETURNING *) SELECT o.id, o.gift, l.room, l.during, l.purpose FROM o, l

WITH done AS (DELETE FROM queue WHERE id IN (SELECT id FROM queue WHERE state = 'ready' ORDER BY run_at LIMIT 3 FOR UPDATE SKIP LOCKED) RETURNING *) SELECT id, topic, payload->>'n' FROM done ORDER BY id

UPDATE queue SET state = 'running', attempts = attempts + 1, worker = 'w1' WHERE id = (SELECT id FROM queue WHERE topic = 'mail' AND state = 'ready' AND run_at <= now() ORDER BY run_at, id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id, topic, payload, attempts

INSERT INTO queue (topic, payload) SELECT 'sync', to_jsonb(t) - 'created_at' - 'search' FROM (SELECT id, subject, requester, custom FROM tickets WHERE id < 20 ORDER BY id) t RETURNING id, payload

WITH a AS (DELETE FROM comments WHERE ticket_id = 4 RETURNING *), b AS (UPDATE tickets SET votes = 6 WHERE id = 4 RETURNING *), c AS (SELECT count(*) AS n FROM comments WHERE ticket_id = 4) SELECT (SELECT count(*) FROM a), b.votes, c.n FROM b, c

UPDATE bookings SET room = 'R7', during = tsrange(lower(during) + '1 day', upper(during) + '1 day') WHERE room = 'R1' RETURNING id, room, during, purpose

DELETE FROM bookings WHERE during && tsrange('2026-03-01', '2026-03-02') AND purpose = '[redacted]' RETURNING id

INSERT INTO bookings (tenant_id, room, during, purpose) VALUES (2, 'R8', '[2026-01-01,2026-01-02)', '[redacted]') ON CONFLICT DO NOTHING RETURNING *

UPDATE "user" AS u SET "order" = "order" + 100, "desc" = u."ORDER" || u."limit", "e'x" = $q$it's$q$, "名前" = U&'\540D' WHERE "Straße" LIKE 'Weg %' AND "limit" > 2 RETURNING u.*

INSERT INTO "user" ("order", "table", "ORDER", "from") VALUES (500, 2, 'x', CURRENT_DATE - CURRENT_DATE + date '2026-01-01') ON CONFLICT ("order") DO UPDATE SET "limit" = EXCLUDED."limit" RETURNING "order", "ORDER", "from", "a b"

DELETE FROM "user" WHERE "end" > (SELECT avg("order") FROM "user") * interval '1 day' + timestamptz '2026-01-01Z' RETURNING "order"

UPDATE tenants SET plan = 'gold', quota = int4range(lower(quota), 500) RETURNING *

UPDATE tenants SET settings = settings || '{"theme": "dark"}' RETURNING settings

-- otherwise: what has been written is shown masked
UPDATE departments SET budget = 99999, name = name || ' x' WHERE parent_id IS NOT NULL RETURNING id, name, budget

UPDATE departments SET parent_id = 4 WHERE id = 3 RETURNING *

-- otherwise: what has been written is shown masked
INSERT INTO departments VALUES (2, 9, 'Nine', 1, 'board.nine', 'CC9', 1050) RETURNING *

DELETE FROM departments WHERE NOT EXISTS (SELECT 1 FROM employees WHERE dept_id = departments.id) RETURNING id

UPDATE open_tickets SET votes = votes + 1, subject = subject || '.' WHERE requester LIKE 'U%' RETURNING id, subject, requester

UPDATE my_urgent SET tags = '{}' WHERE votes > 3 RETURNING *

INSERT INTO my_urgent (tenant_id, team_id, subject, state, priority) VALUES (2, 3, 'via view', 'new', 'urgent') RETURNING id, subject, votes

DELETE FROM open_tickets o USING comments c WHERE c.ticket_id = o.id AND c.author = 'bob' RETURNING o.id, c.no

MERGE INTO orders o USING (VALUES (2, 1, 'done'), (2, 700, 'cart')) AS v (t, id, s) ON (o.tenant_id, o.id) = (v.t, v.id) WHEN MATCHED AND o.state <> v.s THEN UPDATE SET state = v.s WHEN NOT MATCHED THEN INSERT (tenant_id, id, placed, state) VALUES (2, v.id, '2026-06-01', v.s)

MERGE INTO parties p USING (SELECT party_id, count(*) AS n FROM orders GROUP BY party_id) o ON p.id = o.party_id WHEN MATCHED AND o.n > 1 THEN DELETE WHEN MATCHED THEN UPDATE SET name = p.name || o.n

MERGE INTO order_lines l USING items i ON i.id = l.item_id AND i.price > 20 WHEN MATCHED AND l.qty > 2 THEN DELETE WHEN MATCHED THEN UPDATE SET price = i.price, discount = 0

-- otherwise: what a default gives is not known before the row is there
MERGE INTO comments c USING tickets t ON t.id = c.ticket_id AND c.no = 1 WHEN MATCHED AND t.state = 'closed' THEN UPDATE SET body = 'closed: ' || c.body WHEN NOT MATCHED THEN INSERT (ticket_id, no, body) VALUES (t.id, 1, t.subject)

UPDATE employees SET vacation = $1, hired = $2, skills = $3, week = $4, grade = $5 WHERE id = $6 RETURNING vacation, hired, skills, week, grade
-- $ 12 | 2020-02-02 | {a,"b c"} | {"x": 1} | Q | 00000000-0000-4000-8000-000000000004

-- otherwise: what has been written is shown masked
INSERT INTO tickets (subject, priority, state, tags, custom, requester, due, sla, flags, votes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING *, created_at > '2026-01-01' AS fresh
-- $ Subj | urgent | pending | {x} | {"n": 1, "phone": "0123456"} | W***@x.example | 3 days | [2026-01-01,) | 10101010 | 2

DELETE FROM comments WHERE ticket_id = $1 AND no = ANY ($2) RETURNING no, body
-- $ 4 | {1,2,3}

UPDATE invoices SET net = $1::numeric, lines = $2, period = $3 WHERE id = $4 AND issued = $5 RETURNING gross, lines, period
-- $ 12.5 | [] | [2026-01-01,2026-02-01) | 4 | 2025-06-09

INSERT INTO stock (tenant_id, warehouse, item_id, qty) SELECT 2, * FROM unnest($1::text[], $2::int[], $3::int[]) RETURNING warehouse, item_id, qty
-- $ {w1,w2} | {1,2} | {5,6}

UPDATE stock s SET qty = v.qty FROM (SELECT * FROM unnest($1::int[], $2::int[]) AS u (item, qty)) v WHERE v.item = s.item_id AND s.warehouse = 'north' RETURNING s.item_id, s.qty
-- $ {1,2,3} | {10,20,30}

UPDATE items SET price = (CASE id WHEN $1 THEN $2::numeric WHEN $3 THEN $4::numeric ELSE price END) WHERE id IN ($1, $3) RETURNING id, price
-- $ 1 | 9.5 | 2 | 8.25
