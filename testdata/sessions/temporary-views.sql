-- A temporary view stands before a table of its name. What it reads is not known, so nothing is read or written through it.

-- == a temporary view in front of a table that no rule names as dora

CREATE TABLE pub (id bigint, phone text, card text)

INSERT INTO pub VALUES (1, 'p', 'c')

CREATE TEMP VIEW pub AS SELECT id, phone, card FROM public.clients

-- otherwise: what a temporary view reads is not known
SELECT * FROM pub ORDER BY id LIMIT 3

-- otherwise: what a temporary view reads is not known
SELECT count(*) FROM pg_temp.pub

-- otherwise: what a temporary view reads is not known
UPDATE pub SET phone = '13811112222' WHERE id = -2

-- otherwise: what a temporary view reads is not known
DELETE FROM pub WHERE id = -2

-- otherwise: what a temporary view reads is not known
COPY (TABLE pub) TO STDOUT

SELECT * FROM public.pub

DROP VIEW pub

SELECT * FROM pub

CREATE TEMP TABLE mine (id int)

CREATE VIEW pub2 AS SELECT c.id, c.card FROM public.clients c WHERE NOT EXISTS (SELECT FROM mine)

-- otherwise: what a temporary view reads is not known
SELECT * FROM pub2 ORDER BY id LIMIT 2

CREATE TEMP SEQUENCE s1

SELECT nextval('s1'), (SELECT last_value FROM s1) > 0

DROP TABLE mine CASCADE

SELECT * FROM pub

-- == one prepared before the view is there as dora

CREATE TABLE pub3 (id bigint, card text)

PREPARE p AS SELECT id, card FROM pub3

EXECUTE p

CREATE TEMP VIEW pub3 AS SELECT id, card::text FROM public.clients

-- otherwise: what a temporary view reads is not known
EXECUTE p

-- == both in one string as dora

CREATE TABLE pub4 (id bigint, card text)

-- otherwise: what a temporary view reads is not known
CREATE TEMP VIEW pub4 AS SELECT id, card::text FROM public.clients; SELECT * FROM pub4

ROLLBACK
