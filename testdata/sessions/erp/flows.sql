-- == prepared statements of every kind as dora

PREPARE a AS TABLE departments

EXECUTE a

PREPARE b (text, int[]) AS SELECT number, iban FROM employees WHERE iban LIKE $1 AND number = ANY ($2) ORDER BY number

EXECUTE b ('DE' || '%', ARRAY[4, 7 + 3, abs(-13)])

EXECUTE b ('DE%', '{4}')

CREATE TEMP TABLE from_b AS EXECUTE b ('DE%', '{4,7}')

SELECT * FROM from_b ORDER BY number

PREPARE c AS VALUES (1, 'x'), (2, (SELECT max(iban) FROM employees))

EXECUTE c

PREPARE d (int) AS WITH x AS (UPDATE stock SET qty = qty + $1 WHERE item_id = 1 RETURNING warehouse, qty) SELECT * FROM x ORDER BY 1

EXECUTE d (2)

PREPARE e (int, text) AS MERGE INTO orders o USING (SELECT $1 AS id) v ON o.id = v.id AND o.tenant_id = 2 WHEN MATCHED THEN UPDATE SET coupon = $2

EXECUTE e (1, 'MERGED')

SELECT coupon FROM orders WHERE id = 1

PREPARE f AS DELETE FROM queue WHERE id = $1 RETURNING topic

EXECUTE f (1)

EXECUTE f (NULL)

PREPARE g AS INSERT INTO comments (ticket_id, no, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

EXECUTE g (4, 2, 'x')

EXECUTE g (4, 45, 'x')

-- fails
PREPARE g AS SELECT 1

-- fails
PREPARE h AS SELECT nosuch FROM tickets

-- fails
PREPARE i (int) AS SELECT $1::int + $2::int + $3 FROM tickets WHERE $3 = 'x' AND $3 = 3

-- otherwise: of the rewritten statement
EXPLAIN (COSTS OFF) EXECUTE b ('x', '{1}')

DEALLOCATE PREPARE a

-- fails
DEALLOCATE a

-- == portals of SQL

BEGIN

DECLARE x CURSOR FOR SELECT id, votes FROM tickets ORDER BY id FOR UPDATE

FETCH 2 FROM x

MOVE 3 FROM x

FETCH FROM x

CLOSE x

DECLARE y INSENSITIVE SCROLL CURSOR FOR WITH q AS (SELECT * FROM open_tickets) SELECT q.id, q.requester FROM q ORDER BY id

FETCH FIRST FROM y

FETCH LAST FROM y

FETCH 0 FROM y

FETCH BACKWARD ALL FROM y

FETCH ABSOLUTE -1 FROM y

UPDATE tickets SET votes = 0 WHERE id = 4

FETCH FIRST FROM y

DECLARE z CURSOR FOR TABLE departments

FETCH ALL IN z

DECLARE v CURSOR FOR VALUES (1), (2)

FETCH 1 v

-- fails
DECLARE v CURSOR FOR SELECT 1

ROLLBACK

-- fails
FETCH 1 FROM x

-- fails
DECLARE q CURSOR FOR SELECT iban FROM employees

-- == copying in

COPY events (tenant_id, at, kind, payload, duration_ms) FROM STDIN (FORMAT csv, NULL 'nil', FORCE_NULL (kind), QUOTE '''') WHERE duration_ms > 5
-- data
2,2026-06-05 00:00Z,'a,b','{"x": 1}',6
2,2026-06-06 00:00Z,c,nil,5
2,2026-06-07 00:00Z,d,nil,7

SELECT at, kind, payload, duration_ms FROM events WHERE at > '2026-06-01' ORDER BY at

COPY invoices_2025 (id, tenant_id, no, issued, net, lines) FROM STDIN (DELIMITER '|')
-- data
960|2|INV-960|2025-04-04|10|[]
961|2|INV-961|2025-05-04|11|\N

SELECT no, net, gross, lines FROM invoices WHERE id IN (960, 961) ORDER BY id

-- fails
COPY events (nosuch) FROM STDIN
-- data
1

-- fails
COPY invoices (id, tenant_id, no, issued, net, gross) FROM STDIN
-- data
1

-- fails
COPY invoices (id, tenant_id, no, issued, net) FROM STDIN
-- data
962	2	INV-962	2023-04-04	1

-- otherwise: what stands in quotes is taken out of errors about data, the name of the column too
-- fails
COPY invoices (id, tenant_id, no, issued, net) FROM STDIN
-- data
962	2	INV-962

-- == what drivers and pools say

SELECT 1

BEGIN READ WRITE, ISOLATION LEVEL REPEATABLE READ

SHOW transaction_isolation

SELECT current_setting('transaction_read_only')

COMMIT

SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED

SET TIME ZONE INTERVAL '+02:00' HOUR TO MINUTE

SELECT timestamptz '2026-01-01 00:00Z', current_setting('TimeZone')

SET LOCAL statement_timeout TO 3000

SET application_name TO 'x''y'

SHOW application_name

SELECT set_config('application_name', 'z', true), set_config('work_mem', '1MB', false)

SET extra_float_digits TO DEFAULT

RESET work_mem

SET client_encoding = 'LATIN1'

SHOW client_encoding

SET NAMES 'UTF8'

SELECT pg_backend_pid() > 0, txid_current() > 0, pg_is_in_recovery(), current_catalog = current_database()

SELECT pg_notify('chan', 'payload'), pg_listening_channels() IS NULL AS n

DISCARD TEMP

DISCARD PLANS

DISCARD SEQUENCES

UNLISTEN *

RESET SESSION AUTHORIZATION

SET SESSION AUTHORIZATION DEFAULT

RESET ROLE

CLOSE ALL

-- fails
SAVEPOINT nosuch

BEGIN; SAVEPOINT "a b"; SELECT count(*) FROM tickets; ROLLBACK TO "a b"; RELEASE "a b"; COMMIT

-- fails
BEGIN; SELECT count(*) FROM tickets; SAVEPOINT s; SELECT nosuch FROM tickets; ROLLBACK TO s; COMMIT

ROLLBACK

-- == a saved form that is loaded, changed and saved again

SELECT id, subject, requester, custom, votes FROM tickets WHERE id = 4

UPDATE tickets SET subject = 'Changed', requester = 'U***@client.example', custom = '{"n": 4, "os": "mac", "list": [4, {"k": 4}], "phone": "xxxxxx4936", "private": {"phone": "xxx"}}', votes = 4 WHERE id = 4

SELECT id, subject, requester, custom->>'os', votes FROM tickets WHERE id = 4

SELECT first_name, last_name, private_mail, iban, salary, born, phones, notes, rating FROM employees WHERE number = 4

UPDATE employees SET first_name = 'E', private_mail = private_mail, iban = iban, salary = salary, born = born, phones = phones, notes = notes, rating = rating WHERE number = 4 RETURNING first_name, private_mail, iban, salary, born, phones, notes, rating

SELECT card, paid_at FROM payments ORDER BY id LIMIT 2

UPDATE payments SET card = 'xxxxxxxxxxxxxxx1001', paid_at = paid_at, method = 'm' WHERE amount > 0 AND card = 'xxxxxxxxxxxxxxx1004' RETURNING card, method
