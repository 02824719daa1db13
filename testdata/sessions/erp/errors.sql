-- What a view refuses: the same SQLSTATE, words, and position in the client's own text.

-- fails
SELECT id, nosuch FROM tickets

-- fails
SELECT t.id, t.nosuch FROM tickets t

-- fails
SELECT tickets.id FROM tickets t

-- fails
SELECT t.id, (SELECT tickets.votes) FROM tickets t, orders o

-- fails
SELECT t.id FROM tickets t JOIN comments c ON tickets.id = c.ticket_id

-- fails
SELECT public.tickets.id FROM tickets t

-- fails
SELECT tickets.* FROM tickets AS t

-- fails
SELECT * FROM tickets t, generate_series(1, tickets.votes) g

-- fails
WITH tickets AS (SELECT 1 AS id) SELECT tickets.id FROM public.tickets t

-- fails
DELETE FROM tickets t WHERE tickets.id = 4

-- fails
UPDATE tickets t SET votes = tickets.votes + 1

-- fails
UPDATE tickets SET votes = o.id FROM orders p WHERE orders.id = 1

-- fails
SELECT id FROM tickets, comments, employees WHERE name = 'x'

-- fails
SELECT   tenant_id   FROM orders o JOIN order_lines l ON l.order_id = o.id

-- fails
SELECT * FROM orders JOIN order_lines USING (nosuch)

-- fails
SELECT * FROM orders o JOIN order_lines o ON true

-- fails
SELECT state, count(*) FROM tickets

-- fails
SELECT team_id, subject, count(*) FROM tickets GROUP BY team_id

-- fails
SELECT e.name, e.iban, count(*) FROM employees e GROUP BY e.number

-- fails
SELECT o.state, count(*) FROM orders o GROUP BY o.id

-- fails
SELECT team_id FROM tickets WHERE count(*) > 1 GROUP BY team_id

-- fails
SELECT sum(count(*)) FROM tickets

-- fails
SELECT rank() OVER (ORDER BY id) FROM tickets WHERE rank() OVER (ORDER BY id) < 3

-- fails
SELECT id FROM tickets WHERE state = 'nosuch'

-- fails
SELECT id FROM tickets WHERE id = 'abc'

-- fails
SELECT id FROM tickets WHERE created_at > 'someday'

-- fails
SELECT id FROM tickets WHERE id = subject

-- fails
SELECT id + subject FROM tickets

-- fails
SELECT upper(id) FROM tickets

-- otherwise: the words, not the code and the place
-- fails
SELECT nosuch(id) FROM tickets

-- fails
SELECT id::nosuch FROM tickets

-- fails
SELECT salary || born FROM employees WHERE iban = 5

-- fails
SELECT sum(iban) FROM employees

-- fails
SELECT avg(born) FROM employees

-- fails
SELECT born + salary FROM employees

-- fails
SELECT name FROM employees WHERE born LIKE '19%'

-- fails
SELECT (home).nosuch FROM employees

-- fails
SELECT (salary).x FROM employees

-- fails
SELECT skills['a'] FROM employees

-- fails
SELECT salary[1] FROM employees

-- fails
SELECT name FROM employees WHERE skills = 'sql'

-- fails
SELECT name FROM employees WHERE salary

-- fails
SELECT name FROM employees WHERE manager_id = 4

-- fails
SELECT * FROM employees ORDER BY 99

-- fails
SELECT DISTINCT name FROM employees ORDER BY salary

-- fails
SELECT DISTINCT ON (name) name, salary FROM employees ORDER BY salary

-- fails
SELECT name FROM employees UNION SELECT salary FROM employees

-- fails
SELECT name, salary FROM employees UNION SELECT name FROM employees

-- fails
SELECT name FROM employees UNION SELECT first_name FROM employees ORDER BY salary

-- fails
SELECT name FROM employees WHERE number = (SELECT number, name FROM employees)

-- fails
SELECT name FROM employees WHERE number = (SELECT number FROM employees)

-- fails
SELECT name FROM employees WHERE (number, name) IN (SELECT number FROM employees)

-- fails
SELECT CASE WHEN number > 3 THEN name ELSE salary END FROM employees

-- fails
SELECT coalesce(name, 5) FROM employees

-- fails
SELECT e.* FROM employees e, LATERAL (SELECT f.number FROM employees f WHERE f.id = g.id) x

-- fails
SELECT * FROM employees e, (SELECT * FROM tickets WHERE assignee_id = e.id) x

-- fails
SELECT 1 / (number - number) FROM employees

-- fails
SELECT born + interval 'x' FROM employees

-- fails
SELECT to_char(name, 'X') FROM employees

-- fails
SELECT name COLLATE "nosuch" FROM employees

-- fails
SELECT name FROM employees WHERE name COLLATE "C" < last_name COLLATE "POSIX"

-- fails
SELECT number COLLATE "C" FROM employees

-- fails
SELECT name FROM employees LIMIT -1

-- fails
SELECT name FROM employees LIMIT name

-- fails
SELECT DISTINCT name FROM employees FOR UPDATE

-- fails
SELECT count(*) FROM employees FOR UPDATE

-- fails
SELECT name FROM employees FOR UPDATE OF nosuch

-- fails
SELECT id FROM invoices, payments WHERE invoice_id = 3

-- fails
SELECT *, FROM invoices

-- fails
SELECT FROM WHERE

-- fails
SELECT * FROM invoices WHERE (id = 3

-- fails
SELECT 'abc FROM invoices

-- fails
SELECT id FROM nosuch.invoices

-- fails
SELECT id FROM invoicez

-- fails
SELECT public.invoices.nosuch FROM public.invoices

-- fails
SELECT invoices.no FROM (SELECT no FROM invoices) x

-- fails
WITH x AS (SELECT 1 AS a) SELECT b FROM x, invoices

-- fails
WITH x (a, b) AS (SELECT id FROM invoices) SELECT * FROM x

-- fails
WITH RECURSIVE x AS (SELECT id, no FROM invoices UNION ALL SELECT id FROM x) SELECT * FROM x

-- fails
WITH RECURSIVE x AS (SELECT number AS n FROM employees UNION ALL SELECT n + 1.5 FROM x) SELECT * FROM x

-- fails
SELECT lines->nosuch FROM invoices

-- fails
SELECT jsonb_array_elements(period) FROM invoices

-- fails
SELECT no FROM invoices GROUP BY no HAVING gross > 3

-- fails
SELECT no, gross FROM invoices GROUP BY ROLLUP (no)

-- fails
SELECT GROUPING(gross) FROM invoices GROUP BY no

-- fails
SELECT no FROM invoices WINDOW w AS (ORDER BY nosuch)

-- fails
SELECT sum(gross) OVER w FROM invoices

-- fails
SELECT * FROM invoices v JOIN payments p ON v.id = p.nosuch

-- fails
SELECT * FROM invoices NATURAL JOIN payments WHERE nosuch = 1

-- fails
SELECT x.* FROM invoices v

-- fails
SELECT v.no FROM invoices v WHERE EXISTS (SELECT 1 FROM payments p WHERE p.invoice_id = v.idx)

-- fails
SELECT v FROM invoices v WHERE v = 1

-- fails
SELECT row(v.*) = row(p.*) FROM invoices v, payments p

-- fails
SELECT percentile_cont(2) WITHIN GROUP (ORDER BY gross) FROM invoices

-- fails
SELECT string_agg(no) FROM invoices

-- fails
SELECT generate_series(1, 3) FROM invoices WHERE generate_series(1, 3) > 1

-- fails
SELECT VALUES FROM invoices

-- fails
SELECT id FROM org ORDER BY nosuch

-- fails
SELECT nosuch FROM staff

-- fails
SELECT id FROM open_tickets WHERE state = 'nosuch'

-- otherwise: the words, not the code and the place
-- fails
SELECT net_sum(name) FROM employees

-- otherwise: the words, not the code and the place
-- fails
SELECT vat() FROM items

-- fails
SELECT vat(price, rate => 'x') FROM items

-- fails
SELECT initials(t) FROM tickets t

-- fails
SELECT e.nosuch() FROM employees e

-- fails
SELECT "Name" FROM employees

-- fails
SELECT "strasse" FROM "user"

-- fails
SELECT order FROM "user"

-- fails
SELECT $1 FROM employees WHERE number = $3

-- otherwise: values are taken out of errors
-- fails
SELECT name FROM employees WHERE number = $1
-- $ abc

-- fails
SELECT name FROM employees WHERE number = $1 AND name = $2
-- $ 3

-- otherwise: values are taken out of errors
-- fails
SELECT name FROM employees WHERE born > $1
-- $ 2026-02-31

-- fails
SELECT name FROM employees WHERE number = $1::uuid
-- $ 3

-- fails
UPDATE employees SET nosuch = 1

-- fails
UPDATE employees e SET e.name = 'x'

-- fails
UPDATE employees SET vacation = 'x'

-- fails
UPDATE employees SET vacation = 1, vacation = 2

-- fails
UPDATE employees SET (vacation, grade) = (1, 'A', 3)

-- fails
UPDATE employees SET name = 'x'

-- fails
UPDATE employees SET number = 3

-- fails
UPDATE employees SET first_name = NULL

-- fails
UPDATE employees SET dept_id = 77 WHERE number = 4

-- fails
UPDATE employees SET vacation = count(*)

-- fails
UPDATE employees SET vacation = 3 FROM employees

-- fails
UPDATE employees SET vacation = d.nosuch FROM departments d WHERE d.id = dept_id

-- fails
UPDATE employees SET vacation = id FROM departments d WHERE d.id = dept_id

-- fails
UPDATE employees SET vacation = 3 WHERE nosuch = 3

-- fails
UPDATE employees SET vacation = 3 RETURNING nosuch

-- fails
UPDATE invoices SET gross = 3

-- fails
UPDATE invoices SET vat = 101 WHERE id = 4

-- fails
UPDATE stock SET qty = qty - 100 WHERE item_id = 1

-- fails
DELETE FROM stock WHERE nosuch

-- fails
DELETE FROM employees WHERE number = 4 AND salary = name

-- fails
DELETE FROM orders o USING nosuch n WHERE n.id = o.id

-- fails
DELETE FROM items WHERE id = 3

-- fails
INSERT INTO orders (tenant_id, id) VALUES (2, 500)

-- fails
INSERT INTO orders (tenant_id, id, placed, nosuch) VALUES (2, 500, now(), 1)

-- fails
INSERT INTO orders VALUES (2)

-- fails
INSERT INTO orders (tenant_id, id, placed) VALUES (2, 1, now(), 3)

-- fails
INSERT INTO orders (tenant_id, id, placed) VALUES (2, 1)

-- fails
INSERT INTO orders (tenant_id, id, placed) VALUES (2, 1, '2026-01-01')

-- fails
INSERT INTO orders (tenant_id, id, placed) SELECT id, no FROM invoices

-- fails
INSERT INTO orders (tenant_id, id, placed) SELECT 2, no, now() FROM invoices

-- fails
INSERT INTO order_lines (tenant_id, order_id, line, qty) VALUES (2, 999, 1, 1)

-- fails
INSERT INTO order_lines (tenant_id, order_id, line, qty, item_id) VALUES (2, 1, 90, 0, 1)

-- fails
INSERT INTO employees (tenant_id, first_name, last_name, number) VALUES (2, 'A', 'B', 5)

-- fails
INSERT INTO employees (tenant_id, first_name, last_name, name) VALUES (2, 'A', 'B', 'x')

-- fails
INSERT INTO employees (tenant_id, first_name, last_name, email) VALUES (2, 'A', 'B', 'E4@corp.example')

-- fails
INSERT INTO tickets (subject, priority) VALUES ('x', 'nosuch')

-- fails
INSERT INTO tickets (subject) VALUES ('x') ON CONFLICT (subject) DO NOTHING

-- fails
INSERT INTO tickets (subject) VALUES ('x') ON CONFLICT (id) DO UPDATE SET nosuch = 1

-- fails
INSERT INTO tickets (subject) VALUES ('x') ON CONFLICT (id) DO UPDATE SET subject = nosuch.subject

-- fails
INSERT INTO tickets (id, subject) VALUES (1, 'x') ON CONFLICT DO UPDATE SET subject = 'x'

-- fails
INSERT INTO tickets (id, subject) VALUES (4, 'x'), (4, 'y') ON CONFLICT (id) DO UPDATE SET subject = excluded.subject

-- fails
INSERT INTO bookings (tenant_id, room, during) SELECT 2, room, during FROM bookings LIMIT 1

-- fails
INSERT INTO bookings (tenant_id, room, during) VALUES (2, 'R9', '[2026-01-02,2026-01-01)')

-- fails
INSERT INTO queue (id, topic) VALUES (1, 'x')

-- fails
INSERT INTO invoices (id, tenant_id, no, issued, net) VALUES (900, 2, 'X', '2024-01-01', 1)

-- fails
INSERT INTO parties (id, tenant_id, name, country) VALUES (900, 2, 'X', 'xx')

-- fails
INSERT INTO parties (id, tenant_id, name, country) VALUES (900, 2, 'X', 'ZZ')

-- fails
INSERT INTO org (id) VALUES (NULL)

-- fails
UPDATE team_load SET n = 1

-- fails
UPDATE staff SET name = 'x'

-- fails
UPDATE open_tickets SET state = 'closed' WHERE subject LIKE 'Printer%'

-- fails
INSERT INTO my_urgent (tenant_id, subject, priority) VALUES (2, 'x', 'low')

-- fails
MERGE INTO stock s USING items i ON i.id = s.item_id WHEN MATCHED THEN UPDATE SET nosuch = 1

-- fails
MERGE INTO stock s USING items i ON i.id = s.nosuch WHEN MATCHED THEN DELETE

-- fails
MERGE INTO orders o USING (SELECT 1 AS id UNION ALL SELECT 1) i ON i.id = o.id WHEN MATCHED THEN UPDATE SET state = 'x'
