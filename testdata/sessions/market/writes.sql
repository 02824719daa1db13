INSERT INTO note (id, stall) VALUES (100, 2), (101, 2) RETURNING *

INSERT INTO note AS n (id, stall, "table") SELECT id + 100, stall, note FROM note WHERE id < 9 RETURNING n.id, n."table"

-- otherwise: as row security has it, 42501
-- fails
INSERT INTO "count" DEFAULT VALUES

INSERT INTO "user" (id, name, stall) VALUES (20, 'x', 2) RETURNING "user", name

INSERT INTO "a.b""c" ("x.y", new) VALUES (11, 'neu') RETURNING "x.y", new, excluded

UPDATE "a.b""c" SET excluded = new || "OLD", new = excluded WHERE "x.y" < 5 RETURNING "x.y", new, excluded

UPDATE note SET "table" = note || count WHERE id < 8 RETURNING id, "table"

UPDATE note AS note SET "table" = upper(note.note) FROM stall WHERE stall.id = note.stall AND stall.stall LIKE 'stall%' RETURNING note.id, "table", stall.stall

DELETE FROM note USING "count" c WHERE c.id = note.id AND c.count > 2 RETURNING note.id, c

DELETE FROM note WHERE id IN (SELECT id FROM note ORDER BY count DESC, id LIMIT 1) RETURNING *

WITH d AS (DELETE FROM note WHERE id < 9 RETURNING *), i AS (INSERT INTO "user" SELECT id, note, stall FROM d RETURNING *) SELECT d.id, i.name FROM d JOIN i USING (id) ORDER BY 1

WITH u AS (UPDATE item SET left_text = code WHERE id = 4 RETURNING id, code, left_text, kind, cost) SELECT * FROM u

UPDATE item SET left_text = label || code || name, net = '11.0.0.0/8' WHERE id < 9 RETURNING id, left_text, net

UPDATE log SET level = level + 1 WHERE at = '2026-01-01' RETURNING id, level, at

DELETE FROM log WHERE msg LIKE 'm%' AND id < 10 RETURNING id, msg

UPDATE thing SET stall = stall WHERE id > 5 RETURNING id

DELETE FROM ONLY thing WHERE id < 5 RETURNING id, label

INSERT INTO sale (item_id, stall, no, at, amount) VALUES (4, 2, 500, '2026-01-02Z', 3.333) RETURNING amount, at

INSERT INTO one VALUES (7) RETURNING one, (SELECT count(*) FROM one)

UPDATE one SET one = one + 1 RETURNING one.*

DELETE FROM one WHERE one IS NULL RETURNING one

-- otherwise: as row security has it, 42501
-- fails
INSERT INTO note (id, stall) VALUES (200, 1)

-- otherwise: as row security has it, 42501
-- fails
UPDATE note SET stall = 3 WHERE id = 4

-- fails
INSERT INTO note (nosuch) VALUES (1)

-- fails
INSERT INTO note (id, id) VALUES (1, 2)

-- fails
INSERT INTO note (id, stall) VALUES (1)

-- fails
INSERT INTO note (id) SELECT note FROM note

-- fails
UPDATE note SET nosuch = 1

-- fails
UPDATE note SET id = 'x'

-- fails
UPDATE note SET count = note

-- fails
UPDATE note SET id = 1, id = 2

-- fails
DELETE FROM note WHERE nosuch = 1

-- fails
DELETE FROM note n WHERE note.id = 1

-- fails
DELETE FROM note RETURNING nosuch

-- fails
UPDATE note SET "table" = 'x' FROM note

-- fails
INSERT INTO note (id, stall) VALUES (4, 2) ON CONFLICT (stall) DO NOTHING

-- fails
UPDATE note n SET count = now() WHERE id = 4

-- fails
UPDATE item SET amounts = (id + 1), rate = 1 WHERE id = 4

-- fails
UPDATE item SET day = lower(code) || 'x'

-- fails
UPDATE item SET left_text = 'x', flag = id

-- otherwise: the type is of another schema
-- fails
UPDATE item SET kind = label

-- fails
UPDATE item SET stamps = amounts

UPDATE item SET left_text = code WHERE code || name LIKE 'c1%' COLLATE "C" AND code = 'c4' COLLATE "POSIX" RETURNING id

UPDATE item SET left_text = max_of.m FROM (SELECT stall, max(code) AS m FROM item GROUP BY stall) max_of WHERE max_of.stall = item.stall AND item.code < max_of.m RETURNING id, code, left_text, code || label, item.code COLLATE "en-x-icu" > 'c', pg_collation_for(item.code), pg_collation_for(name), pg_collation_for(item.item)

DELETE FROM item WHERE code > 'c2' AND upper(item) COLLATE "C" > 'A' AND id > 45 RETURNING item

-- fails
UPDATE item SET left_text = 'x' WHERE code < name

-- fails
DELETE FROM item WHERE code = name

-- fails
UPDATE item SET made = id FROM stall s WHERE s.id = item.stall
