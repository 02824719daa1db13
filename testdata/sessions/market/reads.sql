-- Names that stand for several things.

SELECT note FROM note ORDER BY id

SELECT note.note, n.note FROM note, note n WHERE n.id = note.id ORDER BY n.id

SELECT n FROM note n ORDER BY id

SELECT count, note.count, count(*) OVER () FROM note ORDER BY id

SELECT "count".count, count("count") FROM "count" GROUP BY "count".count ORDER BY 1

SELECT count(count) FROM count

SELECT count FROM "count" count ORDER BY id

SELECT "text" FROM "text" ORDER BY id

SELECT text::text, "text"."text"::text, text(text.text) FROM "text" ORDER BY id

SELECT t::text FROM "text" t ORDER BY id

SELECT "user".name, "user"."name", name("user"."name") FROM "user" ORDER BY id

SELECT u.name, name(u) FROM "user" u ORDER BY id

SELECT user = 'alice', "user" FROM "user" ORDER BY id

SELECT stall.stall, item.stall FROM stall JOIN item ON item.stall = stall.id ORDER BY item.id

SELECT item FROM item ORDER BY id LIMIT 3

SELECT item.item, i.item FROM item, item i WHERE i.id = item.id ORDER BY i.id LIMIT 2

SELECT i FROM item i ORDER BY id LIMIT 1

SELECT (i).price, (i).cost, (i.cost).amount, (i.cost)."Unit", ((i).cost).amount FROM item i ORDER BY i.id LIMIT 4

SELECT "a.b""c"."x.y", "$1", "%s", "q'q", "OLD", new, excluded FROM "a.b""c" ORDER BY 1

SELECT "a.b""c".* FROM "a.b""c" ORDER BY 1

SELECT "A.B".*, "A.B" FROM "a.b""c" AS "A.B" ORDER BY 1

SELECT "naïve_Имя_имя_имя_имя_имя_имя_имя_" AS "x""y.z", "$1" AS "select" FROM public."a.b""c" "$$" WHERE "$$"."$1" <> '$1' ORDER BY "select", "x""y.z"

SELECT * FROM empty

SELECT empty.*, 1 AS one FROM empty

SELECT empty FROM empty

SELECT count(*), count(empty), count(empty.*) FROM empty

SELECT * FROM empty, one ORDER BY one

SELECT e.*, o.* FROM empty e CROSS JOIN one o ORDER BY 1 NULLS FIRST

SELECT FROM empty EXCEPT SELECT FROM empty

SELECT o, o.*, (o).one, o.one FROM one o ORDER BY one

SELECT one FROM one WHERE one IS NOT NULL ORDER BY one.one DESC

SELECT one IN (SELECT one FROM one) AS i, one = ANY (TABLE one) FROM one ORDER BY one

SELECT (SELECT one FROM one ORDER BY 1 LIMIT 1), ARRAY(SELECT one FROM one ORDER BY one), EXISTS (TABLE empty)

-- fails
SELECT nosuch FROM item

-- fails
SELECT item.nosuch FROM item

-- fails
SELECT item.id FROM item i

-- fails
SELECT i.id, (SELECT item.id) FROM item i

-- fails
SELECT id FROM item i JOIN sale s ON item.id = s.item_id

-- fails
SELECT * FROM item i, generate_series(1, item.id) g

-- fails
SELECT * FROM (SELECT 1) x JOIN note n ON note.id = 1

-- fails
SELECT stall FROM note, item

-- fails
SELECT id FROM note JOIN item USING (nosuch)

-- fails
SELECT id FROM note JOIN item USING (note)

-- fails
SELECT * FROM note JOIN note ON true

-- fails
SELECT public.note.nosuch FROM note

-- fails
SELECT note.id FROM note GROUP BY stall

-- fails
SELECT id, count(*) FROM note

-- fails
SELECT id FROM note WHERE count(*) > 1

-- fails
SELECT id FROM note HAVING id > 1

-- fails
SELECT id FROM note ORDER BY 9

-- fails
SELECT id FROM note ORDER BY nosuch

-- fails
SELECT DISTINCT id FROM note ORDER BY note

-- fails
SELECT DISTINCT ON (id) id FROM note ORDER BY note

-- fails
SELECT id FROM note UNION SELECT note FROM note

-- fails
SELECT id FROM note UNION SELECT id, note FROM note

-- fails
SELECT id FROM note LIMIT 'x'

-- fails
SELECT id FROM note LIMIT -1

-- fails
SELECT id FROM note LIMIT id

-- fails
SELECT note + 1 FROM note

-- fails
SELECT upper(id) FROM note

-- otherwise: values are taken out of errors
-- fails
SELECT note::int FROM note WHERE id = 1

-- fails
SELECT * FROM note WHERE note

-- fails
SELECT CASE WHEN id THEN 1 END FROM note

-- fails
SELECT CASE WHEN true THEN id ELSE note END FROM note

-- fails
SELECT COALESCE(id, note) FROM note

-- fails
SELECT id IN (SELECT id, stall FROM note) FROM note

-- fails
SELECT (SELECT id, stall FROM note) FROM note

-- fails
SELECT (SELECT id FROM note) FROM note

-- fails
SELECT ARRAY[id, note] FROM note

-- fails
SELECT id[1] FROM note

-- fails
SELECT (note).x FROM note

-- fails
SELECT (note.count).x FROM note

-- fails
SELECT n.*.id FROM note n

-- fails
SELECT * FROM note n (a, b, c, d, e, f)

-- fails
SELECT id FROM note FOR UPDATE OF nosuch

-- fails
SELECT count(*) FROM note FOR UPDATE

-- fails
SELECT DISTINCT id FROM note FOR UPDATE

-- fails
SELECT id FROM note WINDOW w AS (PARTITION BY nosuch)

-- fails
SELECT rank() OVER (nosuch) FROM note

-- fails
SELECT sum(rank() OVER ()) FROM note

-- fails
SELECT sum(sum(id)) FROM note

-- fails
SELECT * FROM generate_series(1, 2) g JOIN LATERAL (SELECT n.id FROM note m) x ON true

-- fails
SELECT * FROM note NATURAL JOIN (SELECT 'x'::text AS id) x

-- fails
SELECT code = name FROM item

-- fails
SELECT max(code || name) FROM item

-- fails
SELECT name LIKE 'a%' FROM item

-- fails
SELECT name ~ 'a' FROM item

-- fails
SELECT kind = 'fourth' FROM item

-- fails
SELECT kind > label FROM item

-- fails
SELECT price > 1 FROM item

-- fails
SELECT x = x FROM item

-- fails
SELECT DISTINCT x FROM item

-- fails
SELECT id FROM item ORDER BY x

-- fails
SELECT p FROM geo GROUP BY p

-- fails
SELECT max(p) FROM geo

SELECT name, name = 'A---e' AS e, name = 'a---E' AS f, name < 'p' AS l FROM item ORDER BY name, id

SELECT max(name COLLATE "C"), count(*) FROM item GROUP BY name ORDER BY 2, 1

SELECT DISTINCT name COLLATE "C" AS n FROM item ORDER BY 1

SELECT DISTINCT ON (name) name, id FROM item ORDER BY name, id DESC

SELECT a.id, b.id FROM item a JOIN item b ON a.name = b.name AND a.id < b.id ORDER BY 1, 2

SELECT a.id, b.id FROM item a JOIN item b USING (name) WHERE a.id < b.id ORDER BY 1, 2 LIMIT 5

SELECT name, a.id, b.id FROM item a NATURAL JOIN (SELECT name, id + 3 AS id FROM item) b ORDER BY 2

SELECT count(*) FROM (SELECT name FROM item UNION SELECT 'apple' UNION SELECT 'APPLE') x

SELECT name FROM item INTERSECT SELECT 'A---E' COLLATE nocase

SELECT code, code COLLATE "en-x-icu" > 'c2', code < 'c3', code || 'x', max(code) OVER () FROM item ORDER BY code COLLATE "C", id

SELECT max(code), min(code COLLATE "C"), string_agg(code, ',' ORDER BY code) FROM item

SELECT pg_collation_for(name), pg_collation_for(code), pg_collation_for(item), pg_collation_for(label), pg_collation_for(name || ''), pg_collation_for(email) FROM item ORDER BY id LIMIT 1

SELECT kind, kind::text, kind > 'first', 'second' = kind, kind IN ('first', 'second'), enum_last(kind), count(*) FROM item GROUP BY kind

SELECT label, label || '!', upper(label), label = 'label 4', length(label), label::varchar(3), label LIKE 'l%' FROM item ORDER BY id

SELECT price, (price).amount, price IS NULL, (price)."Unit", cost, (cost).*, cost::text, to_json(cost), cost = ROW(4, 'USD')::shop."Money", ROW((cost).amount, 'x')::shop."Money" FROM item ORDER BY id LIMIT 5

SELECT cost FROM item WHERE cost > ROW(10, 'A')::shop."Money" ORDER BY cost DESC LIMIT 3

SELECT DISTINCT cost FROM item ORDER BY cost LIMIT 3

SELECT a.cost FROM item a JOIN item b USING (cost) ORDER BY a.cost LIMIT 2

SELECT width, lower(width), width && shop.span(1, 2), isempty(width), dates, dates[1], prices, prices[1].amount, (prices[1])."Unit", cardinality(prices) FROM item ORDER BY id LIMIT 2

SELECT made, made::date, made + interval '1 hour', made AT TIME ZONE 'Asia/Tokyo', extract(hour FROM made), took, pin, pin | B'0001', weight, grams, ratio, rate, clock, clock + interval '1 h' FROM item ORDER BY id LIMIT 4

SELECT tags, tags[1], tags[2:], 'all' = ANY (tags), tags @> ARRAY['t1'], array_position(tags, 'all'), cardinality(tags), tags || 'z'::text, array_to_string(tags, '+'), (tags || tags)[3] FROM item ORDER BY id LIMIT 4

SELECT tag, count(*) FROM item, unnest(tags) tag GROUP BY tag ORDER BY tag

SELECT id, u.* FROM item, unnest(tags, amounts, chars) WITH ORDINALITY AS u (t, a, c, o) ORDER BY id, o LIMIT 6

SELECT id, unnest(tags), unnest(amounts), generate_series(1, 3) FROM item ORDER BY id, 4 LIMIT 6

SELECT id, generate_series(1, cardinality(tags)) AS g FROM item ORDER BY id DESC, g LIMIT 3

SELECT doc, doc->'a', doc->>'a', doc['a'], doc #>> '{b}', doc @> '{"b": null}', doc ? 'b', jsonb_typeof(doc->'b'), doc - 'a', jsonb_path_query_first(doc, '$.a'), doc || '{"c": 1}', jsonb_pretty(doc) FROM item ORDER BY id LIMIT 3

SELECT j.* FROM item, jsonb_to_record(doc) AS j (a numeric, b text, c int) ORDER BY a LIMIT 3

SELECT id, t.* FROM item, XMLTABLE('/i' PASSING x COLUMNS n int PATH '@n', v text PATH 'text()', o FOR ORDINALITY) t ORDER BY id LIMIT 3

SELECT id, xpath('/i/@n', x)::text[], xpath_exists('/i[@n="4"]', x), x IS DOCUMENT, xmlserialize(content x AS text), xmlconcat(x, x) FROM item ORDER BY id LIMIT 3

SELECT email, email = 'B***@EXAMPLE.ORG', email LIKE 'b%', lower(email), email || 'x', split_part(email, '@', 2), pg_typeof(email || '') FROM item ORDER BY id LIMIT 2

SELECT flag, NOT flag, flag IS TRUE, flag AND true, secret, secret IS NULL, secret || 'x', gen, coalesce(secret, gen), oid8, vec, vec @@ 'word4'::tsquery FROM item ORDER BY id LIMIT 2

SELECT zipped, zipped || '|', length(zipped), zipped = 'z', zipped::text, at, day, age(day, '2025-01-01'), amounts, amounts[1] * 2, chars, chars[1] || '|', stamps, names, big, small, later, later::varchar(2) FROM item ORDER BY id

SELECT mac, net, bin, tz, net << inet '10.0.0.0/8', bin || '\x01', trunc(mac), encode(bin, 'hex') FROM item ORDER BY id LIMIT 2

SELECT * FROM item ORDER BY id

SELECT * FROM item i JOIN stall s ON s.id = i.stall LEFT JOIN sale ON sale.item_id = i.id ORDER BY i.id, sale.no LIMIT 3

SELECT * FROM item NATURAL JOIN sale

SELECT * FROM note NATURAL JOIN "count"

SELECT * FROM note NATURAL LEFT JOIN item ORDER BY id

SELECT * FROM note FULL JOIN "count" USING (id, stall) ORDER BY id

SELECT id, stall, count, note.count, "count".count FROM note JOIN "count" USING (id, stall, count) ORDER BY id

SELECT j.* FROM note JOIN "count" USING (id) AS j ORDER BY id

SELECT j.id, j FROM note JOIN "count" USING (id, stall) AS j ORDER BY j.id

SELECT x.* FROM (note JOIN item USING (id)) AS x (i, n, s1) ORDER BY i

SELECT x, y FROM note x JOIN "count" y ON x.id = y.id ORDER BY x.id

SELECT (x).note, (y).* FROM (SELECT x, y FROM note x JOIN "count" y ON x.id = y.id) z ORDER BY (x).id

SELECT s.stall, i.* FROM stall s, LATERAL (SELECT code, kind FROM item WHERE stall = s.id ORDER BY code DESC, id LIMIT 2) i ORDER BY s.id, code

SELECT s.stall, i.* FROM stall s LEFT JOIN LATERAL (SELECT code, rank() OVER (ORDER BY code) AS r FROM item WHERE item.stall = s.id) i ON i.r < 3 ORDER BY s.id, r, code

SELECT s.id, (SELECT max(i.code) FROM item i WHERE i.stall = s.id), (SELECT count(*) FROM item WHERE stall = s.id), ARRAY(SELECT code FROM item WHERE stall = s.id ORDER BY code LIMIT 2), EXISTS (SELECT FROM sale WHERE stall = s.id) FROM stall s ORDER BY (SELECT count(*) FROM item WHERE stall = s.id), s.id

SELECT stall, code FROM item WHERE (stall, code) IN (SELECT stall, max(code) FROM item GROUP BY stall) ORDER BY 1, 2

SELECT stall, string_agg(DISTINCT code, ',' ORDER BY code) FILTER (WHERE id < 20), array_agg(cost ORDER BY id) FROM item GROUP BY ROLLUP (stall) HAVING count(*) > 2 ORDER BY stall

SELECT grouping(stall, kind), stall, kind, count(*), min(made), max(day), sum(small), avg(grams), sum(big), max(rate), bool_and(flag), max(ratio), sum(took), max(clock) FROM item GROUP BY CUBE (stall, kind) ORDER BY 1, 2, 3

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY grams), percentile_disc(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY code), mode() WITHIN GROUP (ORDER BY day), rank('z') WITHIN GROUP (ORDER BY label) FROM item

SELECT date_trunc('month', sale.at) AS m, item.kind, sum(amount), count(DISTINCT buyer), sum(amount) FILTER (WHERE buyer IS NULL), sum(CASE WHEN item.stall = 2 THEN amount ELSE 0 END) AS "2" FROM sale LEFT JOIN item ON item.id = item_id GROUP BY 1, 2 ORDER BY 1, 2

SELECT d::date, coalesce(sum(s.amount), 0) FROM generate_series('2026-01-01'::timestamptz, '2026-01-10', '1 day') d LEFT JOIN sale s ON s.at >= d AND s.at < d + interval '1 day' GROUP BY 1 ORDER BY 1

SELECT buyer, amount, sum(amount) OVER w, lag(amount) OVER w, first_value(buyer) OVER (PARTITION BY buyer ORDER BY no), ntile(3) OVER (ORDER BY no), sum(amount) OVER (ORDER BY at RANGE BETWEEN '1 day' PRECEDING AND CURRENT ROW), count(*) OVER (ORDER BY no GROUPS 2 PRECEDING EXCLUDE CURRENT ROW) FROM sale WINDOW w AS (PARTITION BY buyer ORDER BY no) ORDER BY no LIMIT 12

WITH RECURSIVE r (id, code, path, depth) AS (SELECT id, code, ARRAY[id], 1 FROM item WHERE id < 5 UNION ALL SELECT i.id, i.code, path || i.id, depth + 1 FROM item i JOIN r ON i.id = r.id + 3 WHERE depth < 4) SEARCH DEPTH FIRST BY id SET o CYCLE id SET c USING p SELECT id, code, path, depth, c FROM r ORDER BY o, depth

WITH i AS (SELECT * FROM item), item AS (SELECT id, code FROM i) SELECT item, item.code, i.code FROM item JOIN i USING (id) ORDER BY id LIMIT 3

WITH x AS (SELECT name, code, kind, label, cost, made, zipped FROM item ORDER BY id LIMIT 1) SELECT pg_typeof(name), pg_typeof(code), pg_typeof(kind), pg_typeof(label), pg_typeof(cost), pg_typeof(made), pg_typeof(zipped) FROM x

SELECT pg_typeof(price), pg_typeof(width), pg_typeof(dates), pg_typeof(prices), pg_typeof(names), pg_typeof(chars), pg_typeof(ROW(i.*)) FROM item i ORDER BY id LIMIT 1

SELECT id FROM item WHERE code OPERATOR(pg_catalog.=) 'c4' OR id OPERATOR(pg_catalog.>) 40 OR NOT (kind OPERATOR(pg_catalog.=) ANY (ARRAY['second']::shop."date"[])) ORDER BY id

SELECT code OPERATOR(pg_catalog.||) 'x', shop.tax((cost).amount), shop.pad(code), shop.pad(label, n => 3), label::pg_catalog.text OPERATOR(shop.~~>) 9 FROM item ORDER BY id LIMIT 3

SELECT id FROM item ORDER BY code USING >, id LIMIT 3

SELECT id, code FROM item ORDER BY 2 DESC, 1 LIMIT 3

SELECT code AS id, id AS code FROM item ORDER BY id, code LIMIT 3

SELECT code AS c FROM item GROUP BY c ORDER BY c LIMIT 3

SELECT upper(code) AS code FROM item GROUP BY code ORDER BY code LIMIT 3

SELECT i.code, length(i.code) AS l FROM item i GROUP BY 1, l ORDER BY l, 1 LIMIT 3

SELECT label, kind FROM item UNION ALL SELECT buyer, NULL FROM sale WHERE no < 20 ORDER BY 1 NULLS FIRST, 2 LIMIT 5

(SELECT code FROM item ORDER BY id LIMIT 2) UNION (SELECT zipped FROM item ORDER BY id DESC LIMIT 2) EXCEPT SELECT 'x' ORDER BY 1

SELECT code FROM item WHERE id = 4 UNION SELECT zipped FROM item WHERE id = 4 UNION SELECT label FROM item WHERE id = 4 ORDER BY 1

SELECT NULL AS x UNION SELECT made FROM item WHERE id = 4 ORDER BY 1

SELECT cost FROM item WHERE id = 4 UNION ALL SELECT price FROM item WHERE id = 5 ORDER BY 1

SELECT grams FROM item WHERE id = 4 UNION SELECT weight FROM item WHERE id = 4 UNION SELECT ratio FROM item WHERE id = 4 ORDER BY 1

VALUES ((SELECT max(code) FROM item)), ('x'), (NULL) ORDER BY 1 NULLS FIRST

TABLE "count" ORDER BY id

TABLE public.note ORDER BY count DESC, id FETCH FIRST 2 ROWS WITH TIES

SELECT * FROM shop.item ORDER BY id

SELECT shop.item.name, shop.item.*, item.id FROM shop.item ORDER BY id

SELECT a.name, b.name FROM shop.item a JOIN public.item b USING (id) ORDER BY id

SELECT item.name FROM shop.item, LATERAL (SELECT 1 FROM public.item i WHERE i.id = item.id) x ORDER BY item.id

SELECT * FROM log ORDER BY id

SELECT at, count(*), max(msg) FROM log GROUP BY at ORDER BY at

SELECT l, l.msg FROM log l WHERE msg LIKE 'm%' AND at = '2026-01-01' ORDER BY id LIMIT 3

SELECT * FROM thing ORDER BY id

-- otherwise: a view is no parent
SELECT * FROM ONLY thing ORDER BY id

SELECT * FROM wheel ORDER BY id

SELECT t, t.label FROM thing t ORDER BY id LIMIT 9

SELECT t.id, w.spokes, c.load FROM thing t LEFT JOIN wheel w USING (id) LEFT JOIN cart c ON c.id = t.id ORDER BY 1

SELECT id, p, b, c, p <-> point(0, 0), p <@ box(point(0, 0), point(5, 5)), area(b), c IS NULL, pl, npoints(poly), length(l), ln FROM geo ORDER BY p <-> point(4, 4), id

SELECT a.id, b.id FROM geo a JOIN geo b ON a.p <-> b.p < 5 AND a.id < b.id ORDER BY 1, 2

SELECT * FROM cheap ORDER BY id

SELECT * FROM by_stall ORDER BY name

SELECT b.*, s.owner FROM by_stall b JOIN stall s ON s.stall = b.name ORDER BY s.id

-- $ 4
SELECT id, code FROM item WHERE id = $1

-- $ c4
SELECT id, code FROM item WHERE code = $1

-- $ 2 | second
SELECT id FROM item WHERE stall = $1 AND kind = $2 ORDER BY id

-- $ {4,7,10}
SELECT id FROM item WHERE id = ANY ($1) ORDER BY id

-- $ \N
SELECT id FROM item WHERE ($1::int IS NULL OR id = $1) ORDER BY id LIMIT 3

-- $ 3 | 1
SELECT id FROM item ORDER BY id LIMIT $1 OFFSET $2

-- $ 2026-01-10
SELECT no FROM sale WHERE at > $1 ORDER BY no LIMIT 3

-- $ x
SELECT code || $1, $1 || label, coalesce(label, $1) FROM item ORDER BY id LIMIT 2

-- $ 4 | c4
SELECT id FROM item WHERE (id, code) > ($1, $2) ORDER BY id, code LIMIT 3

-- $ second | first
SELECT $1 = kind, $2 < kind, greatest(kind, $1) FROM item ORDER BY id LIMIT 1

-- $ {t1,all} | {"a": 0}
SELECT id FROM item WHERE tags && $1 AND doc @> $2 ORDER BY id

-- $ 1 day
SELECT made + $1, at - $1, day + $1::interval FROM item ORDER BY id LIMIT 1

-- $ 3
SELECT small + $1, small * $1, weight / $1, big % $1 FROM item WHERE id = 4

-- $ 3
SELECT sum(small) OVER (ORDER BY id ROWS $1 PRECEDING) FROM item ORDER BY id LIMIT 3

-- $ 10 | 20
SELECT count(*) FROM item WHERE small BETWEEN $1 AND $2

-- $ %4%
SELECT id FROM item WHERE label LIKE $1 OR email ILIKE $1 ORDER BY id

-- $ a---e
SELECT id FROM item WHERE name = $1 ORDER BY id

SELECT id, code FROM item WHERE stall = 2 ORDER BY id LIMIT 2 FOR UPDATE

SELECT i.id FROM item i JOIN stall s ON s.id = i.stall ORDER BY i.id LIMIT 2 FOR NO KEY UPDATE OF i SKIP LOCKED

SELECT i.id FROM item i JOIN stall s ON s.id = i.stall ORDER BY i.id LIMIT 2 FOR SHARE OF i FOR KEY SHARE OF s NOWAIT

SELECT * FROM (SELECT id, code FROM item ORDER BY id LIMIT 3 FOR UPDATE) x

WITH x AS (SELECT id FROM sale JOIN item ON id = item_id WHERE no < 20 ORDER BY no LIMIT 1 FOR UPDATE OF sale SKIP LOCKED) SELECT * FROM x

COPY (SELECT id, code, label, cost, tags FROM item ORDER BY id LIMIT 4) TO STDOUT WITH (FORMAT csv, HEADER, FORCE_QUOTE (code), NULL 'nil')

COPY (SELECT * FROM item ORDER BY id LIMIT 3) TO STDOUT

PREPARE p (int) AS SELECT id, code FROM item WHERE id > $1 ORDER BY id LIMIT 2; EXECUTE p (7); EXECUTE p ('9'); DEALLOCATE p

DECLARE c SCROLL CURSOR FOR SELECT id, code FROM item ORDER BY id; FETCH 2 FROM c; MOVE 3 IN c; FETCH BACKWARD 1 FROM c; FETCH LAST FROM c; FETCH ABSOLUTE 2 FROM c; CLOSE c

-- == copies as dora

CREATE TEMP TABLE copy AS SELECT * FROM item; SELECT attname, format_type(atttypid, atttypmod), attcollation::regcollation, attnotnull FROM pg_attribute WHERE attrelid = 'pg_temp.copy'::regclass AND attnum > 0 ORDER BY attnum

CREATE TEMP TABLE copy2 AS SELECT code || 'x' AS a, max(label) AS b, min(made) AS c, ARRAY[code] AS d, CASE WHEN true THEN zipped END AS e, coalesce(later, later) AS f, nullif(grams, 1) AS g, (cost).amount AS h FROM item GROUP BY code, zipped, later, grams, cost; SELECT attname, format_type(atttypid, atttypmod), attcollation::regcollation FROM pg_attribute WHERE attrelid = 'pg_temp.copy2'::regclass AND attnum > 0 ORDER BY attnum

SELECT * INTO TEMP copy3 FROM note; SELECT * FROM copy3 ORDER BY id

CREATE TEMP TABLE copy4 (LIKE note); INSERT INTO copy4 SELECT * FROM note; SELECT count(*) FROM copy4
