-- Written through the views: columns that the rules show as they are.

UPDATE people SET name = upper(name), team_id = 3 WHERE kind = 'guest' AND NOT hidden AND ssn LIKE '0%' RETURNING no, name, team_id, initials, ssn, kind, salary

UPDATE people p SET name = t.name || p.nick FROM teams t WHERE t.id = p.team_id AND p.birth < '1955-01-01' RETURNING p.no, p.name, p.nick, t.*

UPDATE people SET hs = hs || hstore('k', ssn), created = birth WHERE salary > 3000 AND visits BETWEEN 90 AND 120 RETURNING no, hs, created

UPDATE people SET docs = NULL WHERE no = 3 RETURNING docs

UPDATE people SET name = (SELECT string_agg(ward::text, '' ORDER BY id) FROM stays WHERE person_id = people.id), hs = NULL WHERE no < 7 RETURNING name, hs

UPDATE stays SET during = tstzrange(lower(during), lower(during) + interval '2 hours'), ward = 'Z' WHERE cost < 100 AND person_id IN (SELECT id FROM people WHERE kind = 'regular') RETURNING *

DELETE FROM stays WHERE cost = 100 OR detail IS NOT NULL RETURNING id, cost, detail, ward

DELETE FROM stays s USING people p WHERE p.id = s.person_id AND p.nick LIKE 'n##%' AND s.cost > 1000 RETURNING s.id, p.nick, s.cost

UPDATE "order" SET "row" = "row" + count, "CamelCase" = "order"."CamelCase" * 2, "end" = DEFAULT, ("all", position) = (NOT "all", (SELECT max(o.count) FROM "order" o)) WHERE "table" LIKE 't%' AND "select" < 20 RETURNING "select", "row", count, "CamelCase", "end", "all", position, "table"

UPDATE "order" AS "user" SET "user" = upper("user"."user") WHERE "user"."group" = 2 AND "user".count >= 20 RETURNING "user"."user", "user".count

INSERT INTO "order" ("select", "group", "user", "row", value) VALUES (100, 2, 'new', 1, 'x'), (101, 3, 'all', 2, DEFAULT) RETURNING "select", "user", "group", "row", value, count, "table"

INSERT INTO "order" ("select", "group", "row") SELECT "select" + 200, "group", count FROM "order" WHERE "group" = 2 ORDER BY "select" LIMIT 3 RETURNING "select", "row"

DELETE FROM "order" WHERE count > 30 RETURNING "select", count, "with space" AS "count"

WITH gone AS (DELETE FROM "order" WHERE "select" < 10 RETURNING *), kept AS (UPDATE "order" SET "row" = 0 WHERE "select" > 30 RETURNING "select") SELECT count(*), max(gone.count), (SELECT count(*) FROM kept), (SELECT count(*) FROM "order") FROM gone

INSERT INTO readings (clinic, day, sensor) VALUES (1, '2026-05-01', 'c'), (1, '2026-05-02', 'c') RETURNING *

UPDATE readings SET day = day + 100 WHERE value > 11 RETURNING day, value, sensor

UPDATE readings SET sensor = upper(sensor) WHERE (day, sensor) IN (SELECT day, sensor FROM readings ORDER BY value DESC, day, sensor LIMIT 2) RETURNING *

DELETE FROM readings r USING readings s WHERE r.day = s.day AND r.sensor > s.sensor AND r.value = s.value RETURNING r.day, s.sensor

UPDATE teams SET name = 'T ' || id, lead = NULL WHERE budget IS NULL RETURNING teams

UPDATE seniors SET name = concat('senior ', ssn) WHERE salary > 200 RETURNING *

DELETE FROM seniors WHERE birth < '1900-01-01'

-- fails
UPDATE per_team SET team = 'x'

-- fails
UPDATE people SET no = 5 WHERE no = 1

-- fails
UPDATE people SET initials = 'x' WHERE no = 1

-- fails
UPDATE people SET team_id = 99 WHERE no = 1

-- fails
UPDATE people SET id = (SELECT id FROM people WHERE no = 3) WHERE no = 1

-- fails
UPDATE people SET name = NULL WHERE no = 1

-- fails
INSERT INTO "order" ("select", "group") VALUES (1, 2)

-- fails
INSERT INTO "order" ("select", nosuch) VALUES (1, 2)

-- fails
INSERT INTO "order" ("select", "group", "select") VALUES (1, 2, 3)

-- fails
INSERT INTO "order" ("select", "group") VALUES (1, 2, 3)

-- fails
INSERT INTO "order" ("select", "group") VALUES (900, 'x')

-- fails
UPDATE "order" SET "group" = 'x'

-- fails
UPDATE nosuch SET a = 1

-- fails
DELETE FROM people WHERE nosuch

-- otherwise: the words of the message
-- fails
DELETE FROM people WHERE no
