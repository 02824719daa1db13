-- Row types of protected tables, whole rows given on, and documents made into rows and back.

SELECT NULL::tickets, (NULL::tickets).id, pg_typeof(NULL::tickets)::text

SELECT (t::tickets).subject, (t::tickets) = t, t::tickets IS NULL FROM tickets t ORDER BY id LIMIT 2

SELECT pg_typeof(t)::text, pg_typeof(t.*)::text, pg_typeof(array_agg(t))::text, pg_typeof(t.priority), pg_typeof(t.custom) FROM tickets t GROUP BY t.id, t LIMIT 1

SELECT (array_agg(t ORDER BY id))[2].requester, cardinality(array_agg(t)), (array_agg(t ORDER BY id))[1:2]::text LIKE '{%' FROM tickets t

SELECT u.id, u.requester FROM (SELECT array_agg(t) AS a FROM tickets t WHERE votes > 5) x, unnest(x.a) u ORDER BY u.id

SELECT x.id, x.subject, x.custom FROM tickets t, jsonb_populate_record(t, '{"subject": "other"}') x ORDER BY x.id LIMIT 2

SELECT r.id, r.subject, r.priority, r.tags, r.sla, r.due FROM json_populate_recordset(NULL::tickets, '[{"id": 1, "subject": "s", "priority": "high", "tags": ["a"], "sla": "[2026-01-01,2026-02-01)", "due": "1 day"}]') r

SELECT (jsonb_populate_record(NULL::employees, to_jsonb(e))).iban, (jsonb_populate_record(NULL::employees, to_jsonb(e))).skills FROM employees e ORDER BY number LIMIT 2

SELECT (json_populate_record(e, row_to_json(e))).number FROM employees e ORDER BY 1 LIMIT 2

SELECT (e #= hstore('first_name', 'X')).name IS NOT NULL FROM employees e ORDER BY number LIMIT 1

SELECT hstore(c) -> 'body', hstore(c) ? 'from_ip' FROM comments c ORDER BY ticket_id, no LIMIT 2

SELECT (hstore(e) - ARRAY['id', 'week', 'contact', 'name'])->'iban' FROM employees e ORDER BY number LIMIT 2

SELECT ROW(t.*)::tickets = t, ROW(t.id, t.subject) = ROW(t.id, 'x'), (ROW(t.id, t.subject)).f1 FROM tickets t ORDER BY id LIMIT 1

SELECT c, ROW(c)::text, ROW(c.*), ROW(c.ticket_id, c)::text FROM comments c ORDER BY ticket_id, no LIMIT 2

SELECT to_json(ROW(c.no, c)), row_to_json(ROW(c.*)), json_build_object('c', c, 'a', ARRAY[c, c]) FROM comments c ORDER BY ticket_id, no LIMIT 1

SELECT concat(c), concat_ws('|', c.no, c), format('%s', c), c::text, quote_literal(c.body), length(c::text), md5(c::text) FROM comments c ORDER BY ticket_id, no LIMIT 2

SELECT count(DISTINCT c), min(c.no), max(c::text) FROM comments c

SELECT DISTINCT o FROM orders o ORDER BY o LIMIT 2

SELECT o FROM orders o ORDER BY o.* DESC LIMIT 2

SELECT o, count(*) FROM orders o GROUP BY o ORDER BY o LIMIT 2

SELECT o FROM orders o EXCEPT SELECT o FROM orders o WHERE state <> 'cart' ORDER BY 1 LIMIT 2

SELECT a.id FROM orders a JOIN orders b ON a = b ORDER BY 1 LIMIT 2

SELECT a.id FROM orders a WHERE a IN (SELECT b FROM orders b WHERE b.state = 'paid') ORDER BY 1 LIMIT 2

SELECT a.id FROM orders a WHERE a = ANY (SELECT b FROM orders b WHERE b.id < 4) OR a IS NULL OR NOT (a IS NOT NULL) ORDER BY 1 LIMIT 4

SELECT o.tenant_id, l IS NULL, l.* IS NULL, coalesce(l, NULL) IS NULL, CASE WHEN l IS NULL THEN 'none' ELSE l.item_id::text END FROM orders o LEFT JOIN order_lines l ON (l.tenant_id, l.order_id, l.line) = (o.tenant_id, o.id, 4) ORDER BY o.id LIMIT 2

SELECT o.id, l FROM orders o LEFT JOIN order_lines l ON (l.tenant_id, l.order_id, l.line) = (o.tenant_id, o.id, 1) ORDER BY o.id LIMIT 4

SELECT o.id, json_agg(l ORDER BY l.line) FROM orders o LEFT JOIN order_lines l ON (l.tenant_id, l.order_id) = (o.tenant_id, o.id) GROUP BY o.tenant_id, o.id ORDER BY o.id LIMIT 4

SELECT o.id, array_remove(array_agg(l ORDER BY l), NULL)::text, json_agg(l ORDER BY l.line) FILTER (WHERE l IS NOT NULL), count(l), count(l.*) FROM orders o LEFT JOIN order_lines l ON (l.tenant_id, l.order_id) = (o.tenant_id, o.id) GROUP BY o.tenant_id, o.id ORDER BY o.id LIMIT 3

SELECT lead(o) OVER (ORDER BY id) IS NULL, first_value(o) OVER (ORDER BY id) FROM orders o ORDER BY id LIMIT 2

SELECT (SELECT o FROM orders o ORDER BY id LIMIT 1), ARRAY(SELECT o FROM orders o ORDER BY id LIMIT 2)::text, (SELECT array_agg(o ORDER BY id) FROM orders o WHERE id < 3)::text

WITH x AS (SELECT o FROM orders o), y AS (SELECT (o).* FROM x) SELECT id, coupon FROM y ORDER BY id LIMIT 3

SELECT (x).* FROM (SELECT p FROM payments p) AS y (x) ORDER BY (x).id LIMIT 2

SELECT y.*, (y.x).amount FROM (SELECT p AS x, p.id FROM payments p) y ORDER BY y.id LIMIT 2

SELECT (l.e).name, (l.e).home, (l).e FROM (SELECT 1) q, LATERAL (SELECT e FROM employees e ORDER BY number LIMIT 1) l

SELECT employees FROM employees WHERE employees.number = 4

SELECT "user"."user" FROM (SELECT "user" FROM "user") AS "user" ORDER BY 1 LIMIT 1

SELECT name(e), e.name, number(e), (e).number FROM employees e ORDER BY e.number LIMIT 1

SELECT p, c FROM parties p LEFT JOIN companies c USING (id) ORDER BY id LIMIT 2

SELECT c::parties, (c::parties).name, p::text LIKE '%xxx%' FROM companies c JOIN parties p USING (id) ORDER BY id LIMIT 2

SELECT v, v.gross, to_jsonb(v) - 'doc' - 'lines' FROM invoices v ORDER BY id LIMIT 1

SELECT i::text, to_jsonb(i)->'tolerance' FROM items i ORDER BY id LIMIT 1

SELECT e.id FROM employees e WHERE to_jsonb(e)->>'iban' LIKE 'DE77%04' OR e::text LIKE '%Žižek%' ORDER BY e.number

SELECT k.key, k.value FROM orders o, jsonb_each(to_jsonb(o)) k WHERE o.id = 1 ORDER BY 1

SELECT DISTINCT jsonb_object_keys(to_jsonb(c)) FROM comments c ORDER BY 1

INSERT INTO comments SELECT * FROM json_populate_recordset(NULL::comments, '[{"ticket_id": 4, "no": 71, "body": "from json", "internal": false, "at": "2026-01-01Z"}]') RETURNING comments

INSERT INTO comments SELECT (jsonb_populate_record(c, jsonb_build_object('no', 80 + c.no))).* FROM comments c WHERE c.ticket_id = 4 RETURNING ticket_id, no, author, from_ip

INSERT INTO orders SELECT (o).* FROM (SELECT ROW(2, 800 + id, party_id, placed, 'copied', NULL, NULL, coupon)::orders AS o FROM orders WHERE id < 3) x RETURNING *

UPDATE orders o SET (state, coupon) = (SELECT r.state, r.coupon FROM jsonb_populate_record(o, '{"state": "merged"}') r) WHERE id < 3 RETURNING o

UPDATE comments c SET (author, body) = (x.author, x.body) FROM json_populate_recordset(NULL::comments, '[{"ticket_id": 4, "no": 2, "author": "z", "body": "zz"}]') x WHERE (c.ticket_id, c.no) = (x.ticket_id, x.no) RETURNING c.*, x.no

DELETE FROM orders o WHERE id = 2 RETURNING o, row_to_json(o), to_jsonb(o)->'gift'

WITH d AS (DELETE FROM comments c WHERE ticket_id = 4 RETURNING c) SELECT (c).no, (d.c).body FROM d ORDER BY 1

WITH u AS (UPDATE stock s SET qty = qty WHERE item_id = 1 RETURNING s.*, s) SELECT warehouse, s FROM u ORDER BY 1

-- fails
SELECT t::comments FROM tickets t

-- fails
SELECT (t).nosuch FROM tickets t

-- fails
SELECT t + 1 FROM tickets t

-- otherwise: the words, not the code and the place
-- fails
SELECT nosuch(t) FROM tickets t

-- fails
SELECT t.*.id FROM tickets t

-- fails
SELECT ROW(1, 2)::tickets

WITH d AS (UPDATE v_write v SET votes = 1 WHERE id < 40 RETURNING v) SELECT (d.v).title, (v).requester, v FROM d ORDER BY 1

UPDATE v_write2 v SET title = 'x' WHERE nr < 40 RETURNING v, row_to_json(v), (v).nr

WITH d AS (DELETE FROM open_tickets o WHERE id < 40 RETURNING o) SELECT (o).id, (o).requester, o FROM d ORDER BY 1

WITH d AS (UPDATE tickets SET votes = 2 WHERE id < 40 RETURNING tickets) SELECT count(tickets), max((tickets).votes), array_agg((tickets).requester ORDER BY (tickets).id) FROM d

WITH d AS (INSERT INTO orders AS o (tenant_id, id, placed) VALUES (2, 77, '2026-01-01Z') RETURNING o) SELECT (o).id, (o).gift, to_jsonb(o)->'state' FROM d
