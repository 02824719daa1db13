-- == a person changes a ticket in a transaction with save points

BEGIN

SELECT id, state, votes FROM tickets WHERE id = 4 FOR UPDATE

SAVEPOINT a

UPDATE tickets SET votes = votes + 1 WHERE id = 4

-- fails
UPDATE tickets SET votes = votes / 0 WHERE id = 4

ROLLBACK TO SAVEPOINT a

SAVEPOINT b

INSERT INTO comments (ticket_id, no, body, author) VALUES (4, 77, 'done', 'me')

RELEASE SAVEPOINT b

COMMIT

SELECT votes FROM tickets WHERE id = 4

SELECT * FROM comments WHERE ticket_id = 4 ORDER BY no

-- == prepared in SQL

PREPARE q (int, text) AS SELECT id, subject, requester FROM tickets WHERE votes > $1 AND subject ILIKE $2 ORDER BY id

EXECUTE q (3, '%printer%')

EXECUTE q (5, '%log%')

PREPARE u AS UPDATE tickets SET votes = $1 WHERE id = $2 RETURNING id, votes, requester

EXECUTE u (2, 4)

-- fails
EXECUTE u ('x', 4)

-- fails
EXECUTE q (3)

-- fails
EXECUTE nosuch (3)

PREPARE i (text) AS WITH n AS (INSERT INTO tickets (subject) VALUES ($1) RETURNING id, subject) SELECT subject FROM n

EXECUTE i ('prepared')

DEALLOCATE q

-- fails
EXECUTE q (3, 'x')

DEALLOCATE ALL

-- == cursors

BEGIN

DECLARE c SCROLL CURSOR FOR SELECT number, iban FROM employees ORDER BY number

FETCH 3 FROM c

FETCH LAST FROM c

FETCH BACKWARD 2 FROM c

FETCH ABSOLUTE 4 FROM c

FETCH RELATIVE -2 FROM c

MOVE FORWARD 5 IN c

FETCH NEXT c

FETCH PRIOR c

CLOSE c

DECLARE b BINARY CURSOR FOR SELECT votes, subject FROM tickets ORDER BY id

FETCH 2 FROM b

DECLARE h NO SCROLL CURSOR WITH HOLD FOR SELECT e.number, count(t.id) FROM employees e LEFT JOIN tickets t ON t.assignee_id = e.id GROUP BY e.id ORDER BY 1

COMMIT

FETCH FORWARD 4 FROM h

FETCH ALL FROM h

-- fails
FETCH BACKWARD 1 FROM h

-- fails
CLOSE b

CLOSE ALL

-- == temporary tables of a report as dora

CREATE TEMP TABLE r AS SELECT number, iban, salary, born, contact FROM employees WHERE dept_id < 4

SELECT * FROM r ORDER BY number

CREATE TEMP TABLE s (LIKE r INCLUDING ALL) ON COMMIT DELETE ROWS

ALTER TABLE r ADD COLUMN rank int

UPDATE r SET rank = x.k FROM (SELECT number, rank() OVER (ORDER BY salary) AS k FROM r) x WHERE x.number = r.number

CREATE INDEX ON r (rank)

ANALYZE r

SELECT r.rank, r.number, e.name FROM r JOIN employees e USING (number) ORDER BY 1, 2

SELECT number, iban INTO TEMP t2 FROM employees WHERE number < 20

SELECT * FROM t2 ORDER BY 1

INSERT INTO t2 SELECT number, iban FROM employees WHERE number BETWEEN 20 AND 30

UPDATE t2 SET iban = e.name FROM employees e WHERE e.number = t2.number RETURNING t2.*

DELETE FROM t2 USING r WHERE r.number = t2.number RETURNING t2.number

UPDATE employees SET vacation = r.rank FROM r WHERE r.number = employees.number AND r.rank < 4 RETURNING employees.number, vacation, r.rank

INSERT INTO comments (ticket_id, no, body) SELECT 4, 200 + number, iban FROM t2 RETURNING body

CREATE TEMP TABLE IF NOT EXISTS t2 (a int)

CREATE TEMPORARY TABLE k ON COMMIT DROP AS TABLE departments WITH NO DATA

CREATE TEMP SEQUENCE sq

SELECT nextval('sq'), number FROM employees ORDER BY number LIMIT 2

TRUNCATE t2

DROP TABLE r, t2

-- fails
SELECT * FROM r

-- == plans as dora

-- otherwise: the plan is of the rewritten statement
EXPLAIN (COSTS OFF) SELECT id FROM tickets WHERE id = 4

-- == strings of several statements

BEGIN; UPDATE tickets SET votes = 5 WHERE id = 4; SELECT votes FROM tickets WHERE id = 4; COMMIT

SELECT 1 AS a; SELECT iban FROM employees WHERE number = 4; UPDATE queue SET attempts = 1 WHERE id = 4; SELECT count(*) FROM tickets;

-- fails
UPDATE tickets SET votes = 6 WHERE id = 4; SELECT 1 / 0; SELECT 2

SELECT votes FROM tickets WHERE id = 4

-- fails
SELECT 1; SELECT nosuch FROM employees; SELECT 2

;;

SET LOCAL work_mem = '8MB'; SELECT count(*) FROM employees

BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE; SELECT max(salary) FROM employees; END

START TRANSACTION READ ONLY

-- fails
INSERT INTO tickets (subject) VALUES ('ro')

ROLLBACK AND CHAIN

SELECT count(*) FROM tickets

ABORT

-- == settings that change what values look like

SET DateStyle = 'German, DMY'

SELECT born, hired, '01.02.2026'::date FROM employees WHERE number < 15 ORDER BY number

SELECT paid_at, created_at FROM payments, tickets WHERE tickets.id = 4 ORDER BY 1 LIMIT 3

SET IntervalStyle = 'iso_8601'

SELECT due, age(timestamp '2026-06-01', timestamp '2026-01-03') FROM tickets ORDER BY id LIMIT 3

SET TIME ZONE 'America/New_York'

SELECT paid_at, created_at, created_at::date, paid_at::timestamptz FROM payments, tickets WHERE tickets.id = 4 ORDER BY 1 LIMIT 3

SELECT count(*) FROM tickets WHERE created_at::date = '02.02.2026'

SET bytea_output = 'escape'

SET extra_float_digits = 0

SELECT embedding, weight, '\x01ff'::bytea FROM items WHERE id = 3

SET lc_monetary = 'C'

SELECT salary::money FROM employees WHERE number = 4

SET xmloption = 'document'

SELECT doc, doc IS DOCUMENT FROM invoices ORDER BY id LIMIT 1

SET search_path = 'public'

SELECT count(*) FROM public.employees

SHOW DateStyle

SELECT current_setting('IntervalStyle'), set_config('TimeZone', 'UTC', false)

SET enable_hashjoin = off; SET enable_seqscan = off

SELECT e.number, d.name FROM employees e JOIN departments d ON d.id = e.dept_id AND d.tenant_id = e.tenant_id ORDER BY 1 LIMIT 3

RESET ALL

SELECT born FROM employees WHERE number = 4

SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY

-- fails
UPDATE tickets SET votes = 1 WHERE id = 4

SET default_transaction_read_only = off

SET statement_timeout = '5s'

UPDATE tickets SET votes = 1 WHERE id = 4

SET standard_conforming_strings = on

SET client_min_messages = warning

DISCARD ALL

-- == copy

COPY departments TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE (name), NULL 'nil')

COPY (SELECT number, iban, born, salary, skills, contact FROM employees WHERE number < 30 ORDER BY number) TO STDOUT WITH (FORMAT text, DELIMITER '|', NULL 'N/A')

COPY public.tenants (name, settings, quota) TO STDOUT

COPY (SELECT id, subject FROM tickets ORDER BY id LIMIT 3) TO STDOUT BINARY

COPY (WITH x AS (SELECT * FROM open_tickets) SELECT id, requester FROM x ORDER BY id) TO STDOUT CSV QUOTE '''' ESCAPE '\'

COPY (UPDATE tickets SET votes = 3 WHERE id = 4 RETURNING id, votes, requester) TO STDOUT

COPY (INSERT INTO queue (topic) VALUES ('copied') RETURNING topic) TO STDOUT

COPY (TABLE monthly_sales) TO STDOUT

-- otherwise: a query serves
-- fails
COPY org TO STDOUT

-- fails
COPY employees (nosuch) TO STDOUT

COPY events (tenant_id, at, kind, payload) FROM STDIN
-- data
2	2026-06-01 00:00:00Z	import	{"user": 3}
2	2026-06-02 00:00:00Z	import	\N

COPY events (tenant_id, at, kind) FROM STDIN WITH (FORMAT csv, HEADER true, DELIMITER ';')
-- data
tenant_id;at;kind
2;2026-06-03 00:00Z;"a;b"

SELECT id, at, kind, payload FROM events WHERE at > '2026-05-30' ORDER BY id

COPY invoices (id, tenant_id, no, issued, net) FROM STDIN
-- data
950	2	INV-950	2026-04-04	10.5
951	2	INV-951	2025-04-04	11.5

SELECT no, gross, currency FROM invoices WHERE id IN (950, 951) ORDER BY id

-- otherwise: values are taken out of errors
-- fails
COPY events (tenant_id, at, kind) FROM STDIN
-- data
2	notadate	x

-- == dynamic code as rita

DO $$ DECLARE n int; BEGIN SELECT 3 INTO n; PERFORM n + 1; END $$

-- == locks

BEGIN

LOCK TABLE stock IN ROW EXCLUSIVE MODE

SELECT qty FROM stock WHERE item_id = 1 ORDER BY warehouse FOR UPDATE

UPDATE stock SET qty = qty + 1 WHERE item_id = 1 AND warehouse = 'north'

COMMIT

LISTEN changes

NOTIFY changes, 'x'

UNLISTEN *

-- == queue of jobs

BEGIN

SELECT id, topic FROM queue WHERE state = 'ready' ORDER BY run_at, id LIMIT 2 FOR UPDATE SKIP LOCKED

UPDATE queue SET state = 'done' WHERE id = ANY ('{1,4}') RETURNING id, state

COMMIT

WITH next AS (SELECT id FROM queue WHERE state = 'ready' ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) UPDATE queue q SET state = 'taken' FROM next WHERE q.id = next.id RETURNING q.*

-- == sequences and identities

INSERT INTO queue (topic) VALUES ('a') RETURNING id

SELECT currval(pg_get_serial_sequence('queue', 'id')), lastval()

INSERT INTO items (sku, name) VALUES ('Z1', 'Z') RETURNING id

SELECT currval('items_id_seq'), nextval('public.items_id_seq'), currval('items_id_seq'::regclass)

INSERT INTO bookings (tenant_id, room, during) VALUES (2, 'R5', '[2026-05-01,2026-05-02)') RETURNING id

-- fails
INSERT INTO bookings (tenant_id, room, during) VALUES (2, 'R5', '[2026-05-01,2026-05-02)')

-- == constraints at the end of a transaction

BEGIN; SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM order_lines WHERE order_id = 2; DELETE FROM orders WHERE id = 2; COMMIT

SELECT count(*) FROM order_lines

-- fails
DELETE FROM departments WHERE id = 3

-- fails
UPDATE departments SET id = 33 WHERE id = 3

DELETE FROM orders WHERE id = 3 RETURNING id

SELECT count(*) FROM order_lines WHERE order_id = 3
