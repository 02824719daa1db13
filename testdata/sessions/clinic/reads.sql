-- Every column, and what is done with it.

SELECT id, no, region, team_id, hidden, name, ssn, zip, mails, birth, salary, vip, kind, addr, span, months, notes, tags, extra FROM people ORDER BY no

SELECT no, score, ratio, visits, big, seen, at, iv, raw, label, ch, nick, code, loc, pair, level, names, codes, zips, hs, created, initials FROM people ORDER BY no

SELECT p.no, d->>'phone' AS p, d->>'age' IS NULL AS a FROM people p, unnest(p.docs) d WHERE p.no < 9 AND false ORDER BY 1, 2

SELECT * FROM seniors ORDER BY name

SELECT * FROM per_team ORDER BY team

SELECT s.*, p.nick FROM stays s JOIN people p ON p.id = s.person_id ORDER BY s.id LIMIT 20

SELECT kind, count(*), min(birth), max(salary), avg(salary), sum(visits), min(nick), max(code), array_agg(DISTINCT zip ORDER BY zip), bool_or(vip), max(big), min(seen), max(at), sum(score), mode() WITHIN GROUP (ORDER BY level) FROM people GROUP BY kind ORDER BY kind

SELECT date_trunc('year', birth) AS y, extract(month FROM seen) AS m, kind, count(*) FILTER (WHERE vip IS FALSE), percentile_disc(0.5) WITHIN GROUP (ORDER BY salary) FROM people GROUP BY ROLLUP (1, 2), kind ORDER BY 1, 2, 3

SELECT no, ssn LIKE '0%', ssn = '000007919', length(ssn), zip || '!', zip::text, upper(nick), nick < 'nick2', code = 'code3', code || 'x', ch = 'c1', ch || '|', label || 'x', salary + 1, salary::int, birth + 1, age(timestamp '2026-01-01', birth), kind > 'guest', kind::text, NOT vip, host(addr), masklen(addr), addr << '10.0.0.0/8', span IS NULL, lower(span), months && '{[1,3)}', notes || '.', tags[1], tags @> '{t}', array_length(mails, 1), mails[1], 'x@y' = ANY (mails), extra->>'phone', extra->'home'->>'city', extra ? 'secret', extra @> '{"n": null}', score * 2, ratio::numeric, visits % 7, big / 1000, seen AT TIME ZONE 'Asia/Shanghai', at::date, iv IS NULL, encode(raw, 'hex'), (loc).lat, pair[1], level + 1, names || 'z'::text, hs->'a' FROM people ORDER BY no

SELECT no FROM people WHERE ssn > '2' AND birth BETWEEN '1951-01-01' AND '1970-01-01' AND salary IN (120, 250, 370) OR kind = 'staff' AND nick LIKE 'nick%' OR seen > '2026-06-01' AND visits >= 100 ORDER BY no

SELECT no FROM people WHERE (kind, region) IN (('guest', 'north'), ('staff', 'east')) AND mails && ARRAY['no@one', '***']::citext[] AND NOT extra->'age' = '10' AND addr <<= '10.0.0.0/8' ORDER BY salary DESC NULLS LAST, birth, no

SELECT no FROM people ORDER BY nick COLLATE "POSIX", code, ch, label, tags, kind DESC, birth NULLS FIRST, no LIMIT 12

SELECT DISTINCT kind, vip, level, names, span, loc, pair FROM people ORDER BY kind

SELECT DISTINCT ON (birth) birth, no, ssn FROM people ORDER BY birth, no DESC LIMIT 5

SELECT kind FROM people UNION SELECT 'staff' ORDER BY 1

SELECT ssn FROM people WHERE no < 9 UNION SELECT name FROM teams UNION ALL SELECT zip FROM people WHERE no = 5 ORDER BY 1

SELECT salary FROM people WHERE no < 9 UNION SELECT cost FROM stays WHERE id < 9 ORDER BY 1

SELECT birth FROM people INTERSECT SELECT date_trunc('month', birth)::date FROM people ORDER BY 1 LIMIT 4

SELECT CASE WHEN vip THEN ssn ELSE zip END AS x, COALESCE(ssn, zip, 'none'), GREATEST(salary, 100), LEAST(birth, '1955-01-01'), NULLIF(kind, 'guest'), COALESCE(loc, ROW(1, 2, 'x')::loc), COALESCE(tags, '{}'), ARRAY[ssn, 'x'], ARRAY[salary, 1], ROW(ssn, salary, kind)::text FROM people ORDER BY no LIMIT 6

SELECT t FROM teams t ORDER BY id

SELECT pg_typeof(ssn)::text, pg_typeof(zip)::text, pg_typeof(salary)::text, pg_typeof(level)::text, ARRAY[zip], array_agg(ssn) OVER (ORDER BY no) FROM people ORDER BY no LIMIT 2

SELECT to_jsonb(p) - 'docs' - 'mails' FROM people p ORDER BY no LIMIT 3

SELECT p.no, to_json(p.mails), json_build_object('s', ssn, 'b', birth, 'k', kind, 'v', vip, 'sal', salary, 'at', at), jsonb_build_array(tags, extra, names), json_object_agg(p.no, p.nick) OVER () FROM people p WHERE no < 6 ORDER BY no

SELECT (p).ssn, (p.*)::text IS NULL FROM people p ORDER BY no LIMIT 1

SELECT x.p->>'ssn' FROM (SELECT to_jsonb(people) AS p, no FROM people) x ORDER BY no LIMIT 2

SELECT array_agg(p)::text IS NULL, count(DISTINCT p.no) FROM people p

SELECT t IN (SELECT t2 FROM teams t2), t = ANY (SELECT t3 FROM teams t3) FROM teams t ORDER BY id

SELECT p.* FROM people p WHERE false

SELECT t.name, l.name, l.ssn, l.birth FROM teams t LEFT JOIN people l ON l.id = t.lead ORDER BY t.id

SELECT p.no, s.n, s.total, s.last FROM people p LEFT JOIN LATERAL (SELECT count(*) n, sum(cost) total, max(upper(during)) AS last FROM stays WHERE person_id = p.id) s ON true ORDER BY no LIMIT 10

SELECT ward, count(*), sum(cost), range_agg(during) @> timestamptz '2026-02-01 10:00Z' AS t, count(detail) FROM stays GROUP BY ward ORDER BY ward

SELECT a.id, b.id FROM stays a JOIN stays b ON a.during -|- b.during OR (a.id < b.id AND a.person_id = b.person_id) ORDER BY 1, 2 LIMIT 6

SELECT p.no, p.kind FROM people p WHERE EXISTS (SELECT FROM stays s WHERE s.person_id = p.id AND s.cost > p.salary / 10) AND p.id NOT IN (SELECT lead FROM teams WHERE lead IS NOT NULL) ORDER BY no

SELECT sensor, day, value, value - lag(value) OVER w AS delta, avg(value) OVER (w ROWS 2 PRECEDING), first_value(value) OVER w FROM readings WINDOW w AS (PARTITION BY sensor ORDER BY day) ORDER BY 1, 2

SELECT g::date AS day, r.value FROM generate_series('2026-01-01'::date, '2026-01-12', '1 day') g LEFT JOIN readings r ON r.day = g AND r.sensor = 'a' ORDER BY 1

SELECT day, max(value) FILTER (WHERE sensor = 'a') AS a, max(value) FILTER (WHERE sensor = 'b') AS b FROM readings GROUP BY day ORDER BY day

-- otherwise: the query in a string
SELECT * FROM crosstab('SELECT day, sensor, value FROM readings ORDER BY 1, 2') AS ct (day date, a numeric, b numeric) ORDER BY 1

-- otherwise: the query in a string
SELECT * FROM crosstab($$SELECT region, kind::text, count(*) FROM people GROUP BY 1, 2 ORDER BY 1, 2$$, $$VALUES ('guest'), ('regular'), ('staff')$$) AS ct (region text, guest bigint, regular bigint, staff bigint) ORDER BY 1

SELECT * FROM "order" ORDER BY "select"

SELECT "select", count, "row", value, position, "all", "end", "CamelCase", "with space", "timestamp", "interval", "user", "group", "table" FROM "order" WHERE "all" AND position > 0 AND count > 10 AND "table" LIKE 't%' ORDER BY count, "select"

SELECT "order".count, count("order".count), max("order"."table"), sum("row") OVER () FROM "order" GROUP BY "order".count, "row" ORDER BY 1, "row" LIMIT 5

SELECT count, count(*) FROM "order" GROUP BY count HAVING count(*) >= 1 AND count > 0 ORDER BY 1

SELECT o.count, o."row", o.value, ("order").value FROM "order" o, (SELECT "order" FROM "order" WHERE "select" = 1) x ORDER BY 1 LIMIT 2

SELECT "order" FROM "order" WHERE "user" = 'all' ORDER BY "select" LIMIT 2

SELECT ("order").* FROM "order" WHERE "user" = 'all' ORDER BY "select" LIMIT 2

SELECT o.position, position('v' IN value), "row" + 1 AS "row", extract(epoch FROM "interval"), "timestamp" + "interval" AS "timestamp", date_trunc('day', "timestamp") FROM "order" o ORDER BY "select" LIMIT 3

SELECT row_number() OVER (ORDER BY "select") AS "row_number", "user" AS user_, current_user = "user" AS me FROM "order" "order" ORDER BY 1 LIMIT 3

WITH "order" AS (SELECT * FROM "order" WHERE "group" = 2) SELECT count(*), max("order".count) FROM "order"

WITH RECURSIVE r AS (SELECT "select", "row", 1 AS d FROM "order" WHERE "select" = 1 UNION ALL SELECT o."select", o."row", d + 1 FROM "order" o JOIN r ON o."select" = r."row" * 2 - r."select" + 4 WHERE d < 5) CYCLE "select" SET c USING p SELECT "select", d, c FROM r ORDER BY d

-- $ {north,south} | 2 | \N
SELECT no, ssn FROM people WHERE region = ANY ($1) AND team_id = $2 AND ($3::kind IS NULL OR kind = $3) ORDER BY no

-- $ 000007919 | 120.00 | guest | 1950-08-01
SELECT no FROM people WHERE ssn = $1 OR salary = $2 OR kind = $3 OR birth = $4 ORDER BY no

-- $ N# | {t,a}
SELECT no, zip, nick = $1 FROM people WHERE zip LIKE $1 || '%' OR tags && $2 ORDER BY no LIMIT 3

SELECT max(salary) - min(salary), max(birth) - min(birth), stddev(ratio) >= 0, corr(score, ratio) IS NULL, string_agg(nick, ',' ORDER BY no), string_agg(raw, '' ORDER BY no), bit_and(visits), every(vip), array_agg(kind ORDER BY no), array_agg(mails[1:1] ORDER BY no), jsonb_agg(extra->'age' ORDER BY no) FROM people WHERE no < 20

SELECT rank() OVER (ORDER BY salary), dense_rank() OVER (PARTITION BY kind ORDER BY birth), ntile(3) OVER (ORDER BY visits, no), lead(nick) OVER (ORDER BY no), sum(salary) OVER (ORDER BY birth RANGE BETWEEN '1 year' PRECEDING AND CURRENT ROW EXCLUDE TIES), no FROM people ORDER BY no

SELECT no, id, ssn FROM people WHERE id = '00000000-0000-4000-8000-000000000001' FOR UPDATE

SELECT no, ssn FROM people WHERE ssn IS NULL OR zip IS NULL OR loc IS NOT NULL OR span @> date '2026-01-01' OR iv > '1 minute' OR raw = '\x0001' OR pair[1] = 3 ORDER BY no

SELECT name % 'Person', similarity(name, nick) >= 0, word_similarity('nick', nick) >= 0 FROM people ORDER BY no LIMIT 2

SELECT ssn::bigint FROM people WHERE team_id = 2 AND ssn IS NOT NULL ORDER BY 1 LIMIT 3

COPY (SELECT no, ssn, mails, salary, kind, extra FROM people ORDER BY no) TO STDOUT

SELECT codes[2], zips[1], codes @> ARRAY['1#34']::text[], '1#34' = ANY (codes), unnest(codes), array_length(zips, 1), array_to_string(zips, ',', '-'), pg_typeof(zips)::text, zips || 'x'::varchar FROM people WHERE no < 9 ORDER BY no, 5

COPY (SELECT * FROM teams) TO STDOUT

COPY (SELECT day, value FROM readings) TO STDOUT CSV HEADER

-- otherwise: values are taken out of errors
-- fails
SELECT ssn::int FROM people WHERE no = 3

-- fails
SELECT no FROM people WHERE kind = 'nosuch'

-- fails
SELECT no FROM people WHERE birth = 'x'

-- fails
SELECT sum(kind) FROM people

-- fails
SELECT no FROM people WHERE mails = 'x'

-- fails
SELECT nosuch FROM "order"

-- fails
SELECT p.nosuch FROM people p WHERE p.ssn = 1

-- fails
SELECT (loc).nosuch FROM people
