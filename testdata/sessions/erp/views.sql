-- An application's views over protected tables.

SELECT * FROM v_rows ORDER BY id LIMIT 3

SELECT (t).requester, s, (v.t).custom->>'phone' FROM v_rows v ORDER BY id LIMIT 3

SELECT * FROM v_renamed ORDER BY a LIMIT 3

SELECT "select", "c d"->>'os', count(*) FROM v_renamed GROUP BY 1, 2 ORDER BY 1, 2

SELECT * FROM v_distinct ORDER BY 1

SELECT * FROM v_limit

SELECT * FROM v_limit WHERE votes = 6 ORDER BY id

SELECT * FROM v_windows WHERE n < 3 ORDER BY id

SELECT * FROM v_union ORDER BY key, what LIMIT 8

SELECT key FROM v_union WHERE what LIKE 'Ana%' ORDER BY 1

SELECT * FROM v_keyed ORDER BY id

SELECT name, iban FROM v_keyed WHERE salary > 4000 AND iban LIKE 'DE%' ORDER BY tickets, name

SELECT * FROM v_lateral ORDER BY id LIMIT 5

SELECT * FROM v_with ORDER BY root

SELECT * FROM v_using ORDER BY id LIMIT 5

SELECT * FROM v_natural ORDER BY id

SELECT * FROM v_functions ORDER BY number LIMIT 5

SELECT initials, max(vat) FROM v_functions GROUP BY initials ORDER BY 1

SELECT doc FROM v_json ORDER BY (doc->>'id')::int LIMIT 2

SELECT doc #>> '{who,iban}', doc->'comments'->0->>'body' FROM v_json WHERE doc->'who'->>'grade' = 'A' ORDER BY (doc->>'id')::int

SELECT * FROM v_xml ORDER BY no, q, t LIMIT 4

SELECT * FROM v_grouping ORDER BY g, team_id, state

SELECT band, iban, seventies FROM v_case ORDER BY number

SELECT band, count(*) FROM v_case WHERE seventies GROUP BY band ORDER BY band

SELECT * FROM v_nested ORDER BY name, n

SELECT * FROM v_srf WHERE id < 10 ORDER BY id, n, tag

SELECT * FROM v_values ORDER BY n

SELECT * FROM v_parties ORDER BY id

SELECT * FROM v_partition ORDER BY no

SELECT depth, count(*) FROM v_chain GROUP BY depth ORDER BY depth

SELECT * FROM v_names ORDER BY "order"

SELECT v."Straße", v."table" FROM v_names AS v WHERE "q""q" > 'q2' ORDER BY v."order"

SELECT * FROM v_collate LIMIT 5

SELECT * FROM v_old ORDER BY id LIMIT 3

SELECT v.* FROM v_write v ORDER BY id

SELECT a.id, b.title FROM v_write a JOIN v_write2 b ON b.nr = a.id ORDER BY 1

SELECT v FROM v_case v ORDER BY number LIMIT 2

SELECT row_to_json(v) FROM v_keyed v ORDER BY id LIMIT 2

SELECT count(*) FROM v_rows r, v_distinct d, v_limit l WHERE r.id = d.id AND l.id = d.id

SELECT t.id, (SELECT n FROM v_windows w WHERE w.id = t.id), EXISTS (SELECT FROM v_limit WHERE id = t.id) FROM tickets t ORDER BY t.id LIMIT 4

WITH v AS (SELECT * FROM v_keyed), v_case AS (SELECT 1 AS number, 'cte' AS band) SELECT v.name, v_case.band FROM v, v_case ORDER BY 1 LIMIT 2

SELECT * FROM v_write FOR UPDATE

SELECT nr FROM v_write2 ORDER BY nr FOR SHARE SKIP LOCKED

UPDATE v_write SET title = title || '*', votes = votes + 1 WHERE requester LIKE 'U%' RETURNING id, title, votes, double, requester

UPDATE v_write2 SET title = upper(title) WHERE nr < 100 RETURNING *

UPDATE v_renamed r SET b = r.b || '!' FROM v_limit l WHERE l.id = r.a RETURNING r.a, r.b, r."select"

DELETE FROM v_write w USING comments c WHERE c.ticket_id = w.id AND c.no = 2 RETURNING w.id, w.double

DELETE FROM v_write2 WHERE title LIKE 'Refund%' RETURNING nr

INSERT INTO v_renamed (b, "c d") VALUES ('through a view', '{"os": "x"}') RETURNING b, "c d"

INSERT INTO v_renamed (a, b) VALUES (4, 'x') ON CONFLICT (a) DO UPDATE SET b = 'conflict ' || excluded.b RETURNING a, b

-- fails
UPDATE v_write SET double = 4

-- fails
INSERT INTO v_renamed (a, nosuch) VALUES (1, 2)

-- fails
UPDATE v_distinct SET subject = 'x'

-- fails
DELETE FROM v_limit

-- fails
DELETE FROM v_union

-- fails
INSERT INTO v_windows (id) VALUES (1)

-- fails
UPDATE v_keyed SET name = 'x'

-- fails
UPDATE v_with SET n = 1

-- fails
SELECT nosuch FROM v_rows

-- fails
SELECT v_rows.t.nosuch FROM v_rows

-- fails
SELECT (t).nosuch FROM v_rows

-- fails
SELECT a + b FROM v_renamed

-- fails
SELECT id, name FROM v_keyed GROUP BY id

-- fails
SELECT subject FROM v_renamed

-- fails
SELECT code FROM tickets
