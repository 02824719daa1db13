-- crosstab by hand and by the extension's normal_rand; FILTER pivots; lateral top N; gaps; medians
SELECT client_id, max(net) FILTER (WHERE rn = 1) AS a, max(net) FILTER (WHERE rn = 2) AS b, max(net) FILTER (WHERE rn = 3) AS c FROM (SELECT client_id, net, row_number() OVER (PARTITION BY client_id ORDER BY id) AS rn FROM deals) x GROUP BY client_id ORDER BY 1

SELECT c.id, t.* FROM clients c CROSS JOIN LATERAL (SELECT d.id AS deal_id, d.net, sum(d.net) OVER (ORDER BY d.id) AS run FROM deals d WHERE d.client_id = c.id ORDER BY d.net DESC FETCH FIRST 2 ROWS ONLY) t WHERE c.region IN ('EU', 'US') ORDER BY 1, 3

SELECT c.id, coalesce(d.n, 0) AS n, coalesce(d.names, '{}') FROM clients c LEFT JOIN LATERAL (SELECT count(*) AS n, array_agg(title ORDER BY id) AS names FROM deals WHERE client_id = c.id HAVING count(*) > 2) d ON true ORDER BY 1 LIMIT 4

SELECT region, name, credit, credit - avg(credit) OVER (PARTITION BY region) AS diff, rank() OVER (PARTITION BY region ORDER BY credit DESC, id) FROM clients WHERE active IS NOT FALSE ORDER BY region, 5

SELECT lo.v, count(c.id) FROM (SELECT generate_series(0, 12000, 4000) AS v) lo LEFT JOIN clients c ON c.credit >= lo.v AND c.credit < lo.v + 4000 GROUP BY lo.v ORDER BY 1

SELECT date_trunc('month', c.created_at) AS m, count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM deals d WHERE d.client_id = c.id AND d.state = 'won')) AS won FROM clients c GROUP BY 1 ORDER BY 1

SELECT c.region, d.state, count(*), (SELECT count(*) FROM clients c2 WHERE c2.region = c.region) AS of_region FROM clients c JOIN deals d ON d.client_id = c.id GROUP BY c.region, d.state ORDER BY 1, 2

SELECT c.region, count(*) FROM clients c GROUP BY c.region HAVING count(*) > (SELECT avg(n) FROM (SELECT count(*) AS n FROM clients GROUP BY region) x) ORDER BY 1

SELECT DISTINCT ON (lower(c.name)) c.id, c.name FROM clients c WHERE c.note IS NOT NULL ORDER BY lower(c.name), c.id DESC LIMIT 4

SELECT count(DISTINCT (c.region, c.mood)), count(DISTINCT c.doc->>'a') FROM clients c

SELECT id, CASE WHEN name LIKE 'A%' THEN 'a' WHEN phone LIKE '138%4' THEN 'p' ELSE (SELECT min(title) FROM deals d WHERE d.client_id = clients.id) END AS x FROM clients ORDER BY CASE WHEN region = 'EU' THEN 0 ELSE 1 END, id

SELECT id FROM clients WHERE (CASE WHEN credit > 0 THEN 1000 / credit ELSE 0 END) > 0.2 ORDER BY id

SELECT a.id, b.id FROM clients a JOIN clients b ON lower(a.region) = lower(b.region) AND a.id < b.id AND a.name || b.name LIKE '%B%' ORDER BY 1, 2 LIMIT 5

SELECT c.id, d.title FROM clients c FULL JOIN deals d ON d.client_id = c.id AND d.state = 'won' WHERE c.id IS NULL OR c.id < 20 ORDER BY c.id NULLS LAST, d.title LIMIT 12

SELECT c.name, d.title, l.no, p.name AS product FROM clients c, deals d, lines l LEFT JOIN products p ON p.id = l.product_id WHERE d.client_id = c.id AND l.deal_id = d.id AND c.name ILIKE '%ü%' ORDER BY 1, 2, 3

SELECT * FROM (SELECT id, name FROM clients) c NATURAL JOIN (SELECT client_id AS id, title FROM deals) d ORDER BY id, title LIMIT 3

SELECT x.* FROM (clients c JOIN deals d ON d.client_id = c.id) AS x(a, b, c) ORDER BY x.a, x.title LIMIT 1

SELECT c.* FROM clients c JOIN LATERAL jsonb_array_elements(c.profile->'kids') k(v) ON (k.v)::int > 1 ORDER BY c.id LIMIT 2

SELECT id, k.o, k.v FROM clients, jsonb_array_elements_text(profile->'kids') WITH ORDINALITY AS k(v, o) ORDER BY id, 2 LIMIT 4

SELECT id, (SELECT jsonb_object_agg(key, value) FROM jsonb_each(profile) WHERE key <> 'address') FROM clients ORDER BY id LIMIT 3

SELECT j.* FROM clients c, json_to_record(c.doc) AS j(a int, b int[]) WHERE c.id < 12 ORDER BY j.a

SELECT jsonb_path_query(profile, '$.kids[*] ? (@ > 1)') FROM clients WHERE id < 20 ORDER BY 1

SELECT id FROM clients WHERE profile @@ '$.address.city == "City 2"' AND profile->'address' ?| ARRAY['city', 'zip'] ORDER BY id LIMIT 3

SELECT array_agg(DISTINCT t.tag ORDER BY t.tag) FROM clients, unnest(tags) t(tag)

SELECT (array_agg(name ORDER BY id))[1:2], array_agg(ARRAY[id, owner_id] ORDER BY id) FROM clients WHERE id < 12

SELECT string_agg(format('%s:%s', id, phone), E'\n' ORDER BY id) FROM clients WHERE id < 12

SELECT id, regexp_split_to_array(name, '\s+'), regexp_replace(name, '(\w+) (\d+)', '\2 \1'), substring(name FROM '#" #"%' FOR '#') FROM clients ORDER BY id LIMIT 3

SELECT id FROM clients WHERE to_tsvector('simple', name) @@ websearch_to_tsquery('simple', 'bob or ada -46') ORDER BY id

SELECT id, ts_rank_cd(search, q), ts_headline('simple', name, q) FROM clients, plainto_tsquery('simple', 'bob') q WHERE search @@ q ORDER BY 1

SELECT name <-> 'Bob 6' AS d, id FROM clients ORDER BY name <-> 'Bob 6', id LIMIT 3

SELECT t.n, t.i & '255.255.0.0', t.i - 1, t.c << '10.0.0.0/8', abbrev(t.c), set_masklen(t.i, 8), broadcast(t.i) FROM things t ORDER BY t.i DESC

SELECT n, to_char(iv, 'DD HH24'), age(timestamp '2026-03-01', timestamp '2026-01-01' + iv), date_trunc('day', iv), (ti + iv)::time, interval '1 mon' * n FROM things ORDER BY iv

SELECT lower(span), upper(span), span * daterange('2026-01-10', '2026-02-10'), span && '[2026-01-10,2026-01-20)', span <@ daterange('2026-01-01', NULL) FROM deals WHERE NOT isempty(span) ORDER BY span, id LIMIT 5

SELECT deals.*, lag(due) OVER w, due - lag(due) OVER w AS gap FROM deals WINDOW w AS (PARTITION BY client_id ORDER BY due) ORDER BY id LIMIT 5

WITH RECURSIVE bom AS (SELECT id, weight AS total, ARRAY[name] AS p FROM nodes WHERE parent_id IS NULL UNION ALL SELECT n.id, b.total + n.weight, p || n.name FROM nodes n JOIN bom b ON n.parent_id = b.id WHERE b.total + n.weight < 30) SELECT id, total, array_to_string(p, '/') FROM bom ORDER BY id

SELECT n.id, (WITH RECURSIVE up AS (SELECT n.id AS i, n.parent_id UNION ALL SELECT p.id, p.parent_id FROM nodes p JOIN up ON p.id = up.parent_id) SELECT array_agg(i ORDER BY i) FROM up) FROM nodes n ORDER BY n.id LIMIT 8

SELECT id FROM clients WHERE EXISTS (SELECT 1 FROM deals WHERE client_id = clients.id EXCEPT SELECT 2) ORDER BY id LIMIT 3

SELECT id FROM clients c WHERE (SELECT count(*) FROM deals d WHERE d.client_id = c.id AND d.title LIKE '%' || right(c.name, 1) || '%') > 1 ORDER BY id

SELECT id FROM clients WHERE (region, id % 3) = ANY (SELECT region, max(id) % 3 FROM clients GROUP BY region) ORDER BY id

SELECT id, name FROM clients WHERE name = ANY (ARRAY(SELECT DISTINCT name FROM clients WHERE id < 20)) ORDER BY name DESC

SELECT NOT EXISTS (SELECT 1 FROM clients WHERE phone = '13800015838') AS free

SELECT 5 IN (SELECT id FROM clients), 6 = SOME (SELECT id FROM clients), NULL IN (SELECT id FROM clients WHERE false)

SELECT x FROM (SELECT 1 AS x UNION SELECT id FROM clients) s WHERE x NOT IN (SELECT client_id FROM deals WHERE client_id IS NOT NULL) ORDER BY x

(SELECT id, name::text, 'c' FROM clients WHERE name > 'O') UNION (SELECT id, name, 's' FROM staff WHERE team = 'north') EXCEPT (SELECT 1, 'Staff 1', 's') ORDER BY 3, 1 OFFSET 1 LIMIT 6

SELECT *, count(*) OVER () AS total FROM (SELECT id, title FROM deals WHERE state <> 'lost') d ORDER BY title COLLATE "C" LIMIT 3

-- $ %b% | 2
SELECT id, name, count(*) OVER () AS full_count FROM clients WHERE name ILIKE $1 ORDER BY id DESC LIMIT $2

-- $ 6 | x
SELECT $1::int + id, $2 || name FROM clients WHERE id = $1

-- $ 2026-01-05 | 2026-01-15
SELECT id FROM clients WHERE created_at BETWEEN $1 AND $2 OR updated_at::date = $2 ORDER BY id

-- $ {"phone": "****"}
SELECT id FROM clients WHERE profile @> $1 ORDER BY id

-- $ EU | US
SELECT id FROM clients WHERE region = ANY (ARRAY[$1, $2]) AND mood IS NOT NULL ORDER BY id LIMIT 3

-- $ 3 | 1
SELECT id FROM clients ORDER BY id LIMIT $1::bigint OFFSET $2::bigint

-- $ desc
SELECT id FROM clients ORDER BY CASE WHEN $1 = 'desc' THEN -id ELSE id END LIMIT 3

-- $ 1
SELECT coalesce($1, 'none') AS a, pg_typeof($1)

UPDATE deals AS d SET (title, net) = (v.title, v.net) FROM (VALUES (1, 'bulk 1', 5.5), (5, 'bulk 5', 6.5)) AS v(id, title, net) WHERE v.id = d.id RETURNING d.id, d.title, (d).net, d

UPDATE deals SET net = net + 1 WHERE (client_id, title) IN (SELECT client_id, max(title) FROM deals GROUP BY client_id) AND state NOT IN ('closed') RETURNING id, net

UPDATE deals d SET position = r.n FROM (SELECT id, rank() OVER (ORDER BY net DESC) AS n FROM deals) r, clients c WHERE r.id = d.id AND c.id = d.client_id AND c.region = 'EU' AND d.state <> 'closed'

UPDATE clients SET note = regexp_replace(note, 'note', 'Notiz'), tags = ARRAY(SELECT DISTINCT unnest(tags || ARRAY['t0'])) WHERE note ~ '^note' AND length(name) > 3 RETURNING id, note

UPDATE clients c SET credit = c.credit, note = (SELECT string_agg(d.title, ',' ORDER BY d.id) FROM deals d WHERE d.client_id = c.id AND lower(d.title) LIKE 'deal%') WHERE c.id IN (2, 6) RETURNING c.credit, c.note

INSERT INTO deals (client_id, title, net, meta) SELECT c.id, 'for ' || c.name, c.credit, jsonb_build_object('phone', c.phone) FROM clients c WHERE c.active AND c.name LIKE 'B%' ORDER BY c.id RETURNING id, title, net, meta

INSERT INTO log (what, ref) SELECT d.state, count(*) FROM deals d GROUP BY d.state HAVING count(*) > 1 ORDER BY 1 RETURNING what, ref

INSERT INTO products (sku, name, price) VALUES ('SKU-2', 'x', 1), ('SKU-200', 'y', 2) ON CONFLICT ON CONSTRAINT products_sku_key DO UPDATE SET price = EXCLUDED.price + products.price, name = CASE WHEN products.name = EXCLUDED.name THEN products.name ELSE EXCLUDED.name END RETURNING id, name, price, cost

INSERT INTO clients AS c (name, region, code) VALUES ('Up', 'EU', 'Code2') ON CONFLICT (code) DO UPDATE SET note = c.phone || '/' || coalesce(EXCLUDED.note, '-'), version = c.version + 1 WHERE c.region <> EXCLUDED.region RETURNING c.id, c.note, c.version, (c).name

DELETE FROM deals d WHERE NOT EXISTS (SELECT 1 FROM lines l WHERE l.deal_id = d.id AND l.price > 15) OR d.title ~ '(1|9)$' RETURNING d.id

DELETE FROM lines l USING deals d, products p WHERE d.id = l.deal_id AND p.id = l.product_id AND p.price > 20 AND d.state = 'won' RETURNING l.*, p.sku

WITH d AS (DELETE FROM lines WHERE deal_id = 1 RETURNING *), i AS (INSERT INTO log (what, ref) SELECT 'line ' || no, deal_id FROM d RETURNING ref) SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM i), (SELECT count(*) FROM lines WHERE deal_id = 1)

SELECT nextval('log_id_seq') > 0, currval('log_id_seq') > 0
