-- Corners of SELECT's grammar, over protected tables.

SELECT FROM tickets WHERE id = 4

SELECT count(*) FROM (SELECT FROM tickets) x

SELECT EXISTS (TABLE tickets), NOT EXISTS (TABLE queue LIMIT 0)

SELECT t.state, (SELECT max(t.votes)), (SELECT count(t.id) FILTER (WHERE t.votes > 2)) FROM tickets t GROUP BY t.state ORDER BY 1

SELECT (SELECT sum(t.votes) FROM (VALUES (1)) v) FROM tickets t

SELECT state FROM tickets t GROUP BY state HAVING EXISTS (SELECT FROM comments c WHERE c.ticket_id = max(t.id)) ORDER BY state

SELECT state, (SELECT string_agg(author, ',' ORDER BY author) FROM comments c WHERE c.ticket_id = min(t.id)) FROM tickets t GROUP BY state ORDER BY min(t.id)

SELECT count(*), sum(votes) FROM tickets GROUP BY ()

SELECT 1 FROM tickets HAVING count(*) > 10

SELECT max(votes) FROM tickets HAVING max(votes) > 100

SELECT sum(votes) FILTER (WHERE EXISTS (SELECT FROM comments c WHERE c.ticket_id = t.id)) FROM tickets t

SELECT count(DISTINCT (team_id, state)), count(DISTINCT team_id) FILTER (WHERE votes > 1), array_agg(DISTINCT state ORDER BY state DESC), string_agg(DISTINCT state::text, '/') FROM tickets

SELECT id, sum(votes) OVER w1, count(*) OVER w2, first_value(id) OVER (w1 ROWS UNBOUNDED PRECEDING) FROM tickets WINDOW w0 AS (PARTITION BY state), w1 AS (w0 ORDER BY id), w2 AS (w0) ORDER BY id LIMIT 10

SELECT state, count(*), rank() OVER (ORDER BY count(*) DESC, state), sum(count(*)) OVER (), lag(max(votes)) OVER (ORDER BY state) FROM tickets GROUP BY state ORDER BY state

SELECT * FROM tickets t JOIN LATERAL (SELECT t.votes * 2 AS double) x ON x.double > 8 ORDER BY t.id LIMIT 2

SELECT t.id, x.a, x.b FROM tickets t, LATERAL ROWS FROM (generate_series(1, t.votes), unnest(t.tags)) WITH ORDINALITY AS x (a, b, o) WHERE t.id < 20 ORDER BY t.id, x.o

SELECT t.id, j.* FROM tickets t, LATERAL jsonb_to_record(t.custom) AS j (os text, n int, list jsonb) WHERE j.n < 30 ORDER BY t.id

SELECT t.id, k FROM tickets t, jsonb_object_keys(t.custom) k ORDER BY t.id, k LIMIT 8

SELECT t.id, regexp_split_to_table(subject, '\s+') AS word FROM tickets t WHERE id < 10 ORDER BY 1, 2

SELECT t.id, m[1] FROM tickets t, regexp_matches(t.subject, '[A-Z]\w+', 'g') AS m ORDER BY 1, 2 LIMIT 6

SELECT * FROM ((SELECT id FROM tickets WHERE votes = 6 ORDER BY id LIMIT 2) UNION ALL (SELECT number FROM employees ORDER BY number DESC LIMIT 2)) AS u (n) ORDER BY n

(TABLE queue ORDER BY id LIMIT 1) UNION ALL (SELECT * FROM queue ORDER BY id DESC LIMIT 1) ORDER BY id

WITH a AS (SELECT id FROM tickets WHERE team_id = 1), b AS (SELECT id FROM tickets WHERE team_id = 3), c AS (TABLE a UNION TABLE b) SELECT count(*) FROM c WHERE id NOT IN (TABLE a)

WITH t AS (SELECT * FROM tickets WHERE votes > 4) SELECT t.id, tickets.id FROM t JOIN tickets USING (id) ORDER BY 1 LIMIT 3

WITH tickets AS (SELECT id, subject FROM tickets WHERE votes = 6) SELECT * FROM tickets ORDER BY id

WITH tickets (a, b) AS (SELECT id, subject FROM public.tickets WHERE votes = 5) SELECT a, (SELECT subject FROM public.tickets WHERE id = a) FROM tickets ORDER BY a

WITH x AS MATERIALIZED (SELECT id, custom->>'os' AS os FROM tickets), y AS NOT MATERIALIZED (SELECT os, count(*) AS n FROM x GROUP BY os) SELECT x.os, y.n, count(*) FROM x JOIN y USING (os) GROUP BY 1, 2 ORDER BY 1

SELECT (WITH q AS (SELECT max(id) AS m FROM tickets) SELECT m FROM q), (VALUES (3)), (SELECT code FROM countries ORDER BY code LIMIT 1) IS NULL

SELECT id, (SELECT row(c.no, c.author) FROM comments c WHERE c.ticket_id = t.id ORDER BY no LIMIT 1)::text FROM tickets t ORDER BY id LIMIT 4

SELECT (SELECT c FROM comments c WHERE c.ticket_id = t.id ORDER BY no LIMIT 1) FROM tickets t ORDER BY id LIMIT 3

SELECT ((SELECT c FROM comments c WHERE c.ticket_id = t.id ORDER BY no LIMIT 1)).author FROM tickets t ORDER BY id LIMIT 3

SELECT (x.c).body, (x.c).no FROM (SELECT c FROM comments c) x ORDER BY (x.c).ticket_id, (x.c).no LIMIT 3

SELECT (array_agg(t ORDER BY t.id))[1].subject, (array_agg(t.* ORDER BY id DESC))[1].id FROM tickets t

SELECT (x.t).subject FROM (SELECT tickets AS t FROM tickets) x ORDER BY 1 LIMIT 1

SELECT t.*::text IS NOT NULL FROM tickets t ORDER BY id LIMIT 1

SELECT id FROM tickets t WHERE t.* IS NOT NULL OR t = t OR t.* < t.* ORDER BY id LIMIT 2

SELECT id FROM tickets WHERE (id, team_id) = (SELECT id, team_id FROM tickets ORDER BY id LIMIT 1)

SELECT id FROM tickets WHERE (id, votes) >= ALL (SELECT id, votes FROM tickets) OR ROW(team_id, state) = ANY (SELECT 3, 'open'::state) ORDER BY id

SELECT id FROM tickets WHERE (array[votes, votes] <@ ARRAY[1, 2, 3, 4]) IS NOT FALSE ORDER BY id LIMIT 2

SELECT id, tags[1], tags[array_upper(tags, 1)], tags[2:2], (tags || '{z}')[3], (ARRAY[id, votes])[2], ('{1,2}'::int[])[votes % 2 + 1] FROM tickets ORDER BY id LIMIT 4

SELECT CASE WHEN team_id IS NULL THEN 'none' WHEN team_id IN (1) THEN 'one' ELSE CASE state WHEN 'open' THEN 'three open' ELSE 'three' END END AS c, count(*) FROM tickets GROUP BY 1 ORDER BY 1

SELECT id FROM tickets ORDER BY CASE WHEN state = 'open' THEN 0 ELSE 1 END, priority DESC NULLS LAST, random() < 0, id LIMIT 5

SELECT id AS votes, votes AS id FROM tickets ORDER BY votes LIMIT 3

SELECT votes + 1 AS v FROM tickets GROUP BY v HAVING count(*) > 3 ORDER BY v

SELECT lower(subject) AS subject FROM tickets GROUP BY subject ORDER BY subject LIMIT 3

SELECT DISTINCT votes % 2 AS odd, state FROM tickets ORDER BY state, odd

SELECT id FROM tickets LIMIT ALL OFFSET 35

SELECT id FROM tickets ORDER BY id LIMIT (SELECT 2) OFFSET (SELECT count(*) / 20 FROM tickets)

SELECT id FROM tickets ORDER BY id OFFSET 1 FETCH NEXT ROW ONLY

SELECT votes FROM tickets ORDER BY votes DESC FETCH FIRST (1 + 1) ROWS WITH TIES

SELECT a.id, b.id, c.no FROM tickets a LEFT JOIN (tickets b JOIN comments c ON c.ticket_id = b.id) ON b.parent_id = a.id ORDER BY 1, 2, 3 LIMIT 6

SELECT a.id, b.id FROM tickets a NATURAL FULL JOIN (SELECT id, votes FROM tickets WHERE votes > 3) b ORDER BY 1 NULLS FIRST, 2 LIMIT 5

SELECT id, x.no, x.ticket_id FROM (comments a JOIN comments b USING (ticket_id, no, at)) x RIGHT JOIN tickets ON x.ticket_id = id ORDER BY id, 2 LIMIT 3

SELECT ticket_id, a.no, b.no FROM comments a JOIN comments b USING (ticket_id) WHERE a.no < b.no ORDER BY 1, 2, 3 LIMIT 4

SELECT * FROM comments a FULL JOIN comments b ON a.ticket_id = b.ticket_id AND a.no = b.no + 1 WHERE a.ticket_id < 40 OR b.ticket_id < 20 ORDER BY a.ticket_id NULLS LAST, a.no, b.ticket_id, b.no LIMIT 8

SELECT t.id FROM tickets t CROSS JOIN countries c INNER JOIN employees e ON e.id = t.assignee_id AND c.code = 'DE' ORDER BY 1 LIMIT 3

SELECT count(*) FROM tickets * WHERE id > 5

SELECT count(*) FROM ONLY (tickets)

SELECT parties.name, parties.* FROM ONLY parties ORDER BY id LIMIT 2

SELECT id::text::varchar(2), CAST(subject AS char(5)), subject::name, votes::numeric(5,2), team_id::oid, state::text::state, custom::text::json->>'os', tags::text, flags::text, created_at::date::text, created_at::time, due::text, 'x'::text || id, int '5' + votes, bool 't' FROM tickets ORDER BY id LIMIT 2

SELECT id FROM tickets WHERE subject LIKE '%\_%' ESCAPE '\' OR subject LIKE 'Print!%' ESCAPE '!' OR subject NOT LIKE ALL (ARRAY['P%', 'C%', 'R%', 'F%']) OR subject ~~ ANY ('{%#1_,%#9_}') ORDER BY id

SELECT id FROM tickets WHERE NOT (votes IN (1, 2, NULL)) OR votes NOT IN (SELECT votes FROM tickets WHERE votes < 5) ORDER BY id LIMIT 4

SELECT id FROM tickets WHERE votes IS NOT DISTINCT FROM team_id OR (team_id IS NULL) IS TRUE ORDER BY id LIMIT 6

SELECT sum(a), b FROM (VALUES (1, 'x'), (2, 'y')) v (a, b) JOIN tickets ON votes = a GROUP BY b ORDER BY b

VALUES ((SELECT count(*) FROM tickets), 'tickets'), ((SELECT count(*) FROM comments), 'comments') ORDER BY 2 LIMIT 2

SELECT xmlelement(name t, xmlattributes(id AS "i-d"), xmlforest(subject AS s, tags)), xmlparse(document '<a/>'), xmlroot(xmlparse(document '<r/>'), version '1.0') FROM tickets ORDER BY id LIMIT 1

SELECT query_to_json.* FROM (SELECT json_agg(x) FROM (SELECT id, subject FROM tickets ORDER BY id LIMIT 2) x) query_to_json

SELECT json_object_agg(k, v ORDER BY k) FROM (SELECT state::text AS k, count(*) AS v FROM tickets GROUP BY 1) x

SELECT jsonb_agg(to_jsonb(t) - ARRAY['search', 'created_at', 'sla'] || jsonb_build_object('n', (SELECT count(*) FROM comments WHERE ticket_id = t.id)) ORDER BY id) FROM tickets t WHERE id < 20

SELECT json_strip_nulls(row_to_json(ROW(t.id, t.body))), json_build_array(t.id, t.tags, NULL), array_to_json(t.tags, true), jsonb_object(ARRAY['a', t.subject]), json_object('{a,b}', ARRAY[t.reference, t.subject]) FROM tickets t ORDER BY id LIMIT 2

SELECT id, jsonb_path_query(custom, '$.list[*] ? (@.type() == "number")') FROM tickets ORDER BY id LIMIT 3

SELECT id, created_at, date_part('hour', created_at), created_at + make_interval(days => votes), age(created_at), now() - created_at > '0' AS past, CURRENT_DATE > created_at::date AS b, LOCALTIMESTAMP IS NULL AS l, clock_timestamp() > created_at AS c, timezone('UTC', created_at), to_timestamp(0) < created_at FROM (SELECT id, votes, timestamptz '2026-02-02Z' AS created_at FROM tickets) t ORDER BY id LIMIT 0

SELECT date_trunc('month', created_at) + '1 month - 1 day' AS eom, extract(days FROM date_trunc('month', created_at) + '1 month - 1 day') AS days, count(*) FROM tickets GROUP BY 1, 2 ORDER BY 1

SELECT to_char(created_at, 'IYYY-"W"IW') AS week, to_char(sum(votes), 'FM990'), to_char(avg(votes), '9.99EEEE') FROM tickets GROUP BY 1 ORDER BY 1 LIMIT 4

SELECT encode(convert_to(subject, 'UTF8'), 'base64'), decode('abcd', 'hex'), md5(subject::bytea), crypt('a', 'ab'), digest(subject, 'sha1'), hashtextextended(subject, 0) IS NOT NULL FROM tickets ORDER BY id LIMIT 1

SELECT uuid_generate_v5(uuid_ns_url(), subject), gen_random_uuid() IS NOT NULL, assignee_id::text, assignee_id < gen_random_uuid() IS NOT NULL FROM tickets ORDER BY id LIMIT 1

SELECT ts_rank(setweight(search, 'A'), to_tsquery('english', 'print:*')), querytree(to_tsquery('a & b')), to_tsvector('simple', subject) || search, tsvector '''a'':1' @@ 'a'::tsquery, get_current_ts_config()::text, ts_lexize('english_stem', 'running') FROM tickets ORDER BY id LIMIT 1

SELECT min(x), max(x) FROM unnest(ARRAY(SELECT votes FROM tickets)) x

SELECT id, ARRAY(SELECT no FROM comments c WHERE c.ticket_id = t.id ORDER BY 1) || 0, array_length(ARRAY(SELECT 1 FROM comments WHERE ticket_id = t.id), 1) IS NULL AS n FROM tickets t ORDER BY id LIMIT 0

SELECT array_agg(x ORDER BY x) FILTER (WHERE x % 2 = 0) AS evens, array_agg(ARRAY[x, x]) FROM (SELECT votes::int AS x FROM tickets ORDER BY id LIMIT 4) s

SELECT trim_array(ARRAY[1, 2, 3], 1), string_to_table(string_agg(state::text, ',' ORDER BY id), ',') AS s FROM tickets WHERE id < 20 ORDER BY 2

SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY created_at), mode() WITHIN GROUP (ORDER BY state DESC), dense_rank(3) WITHIN GROUP (ORDER BY votes), cume_dist(3) WITHIN GROUP (ORDER BY votes DESC) FROM tickets

SELECT regr_r2(votes, id), corr(votes, id), covar_samp(votes, id), stddev_pop(votes), var_samp(votes), bool_or(votes > 5), bit_and(votes), xmlagg(xmlelement(name v, votes) ORDER BY id)::text LIKE '<v>%' FROM tickets

SELECT t1.id FROM tickets t1 WHERE NOT EXISTS (SELECT 1 FROM tickets t2 WHERE t2.team_id IS NOT DISTINCT FROM t1.team_id AND t2.created_at > t1.created_at) ORDER BY 1

SELECT * FROM (SELECT id, ntile(3) OVER (ORDER BY id) AS third FROM tickets) x WHERE third = 2 ORDER BY id LIMIT 3

SELECT count(*) FROM tickets WHERE created_at <= now() AND created_at > now() - interval '10 years' AND id = ANY (SELECT unnest(ARRAY[4, 13, 25]))

SELECT name, number FROM employees WHERE left(iban, 2) || right(iban, 2) = 'DE18' AND length(replace(iban, '•', '')) = 6 ORDER BY number

SELECT number FROM employees WHERE starts_with(iban, 'DE77') AND iban COLLATE "C" < 'DE78' AND iban <> 'x' ORDER BY number DESC LIMIT 2

SELECT born, count(*) FROM employees GROUP BY born HAVING born > '1970-01-01' ORDER BY born LIMIT 5

SELECT e1.number, e2.number FROM employees e1, employees e2 WHERE e1.born = e2.born AND e1.number < e2.number ORDER BY 1, 2

SELECT number, salary FROM employees WHERE salary = (SELECT max(salary) FROM employees) OR salary IN (SELECT min(salary) FROM employees) ORDER BY number

SELECT dept_id, salary - avg(salary) OVER (PARTITION BY dept_id) AS off, salary::float8 / sum(salary) OVER () AS share FROM employees ORDER BY number LIMIT 4

SELECT width_bucket(salary, ARRAY[2000, 4000, 6000]::numeric[]), count(*) FROM employees GROUP BY 1 ORDER BY 1

SELECT contact->'private'->>'salary' AS s, sum((contact->'private'->>'salary')::numeric) OVER (ORDER BY number) FROM employees WHERE (contact->'private'->>'salary')::int BETWEEN 1000 AND 9000 ORDER BY number

SELECT phones, p, count(*) FROM employees, unnest(phones) p WHERE p LIKE 'x%0007' GROUP BY phones, p ORDER BY p

SELECT DISTINCT phones FROM employees WHERE phones && ARRAY['xxxxxxx1007'::varchar] OR 'xxxxxxxxx0022' = ANY (phones) ORDER BY 1

SELECT number, coalesce(private_mail, email::text, 'none'), private_mail IS NULL FROM employees WHERE private_mail NOT LIKE 'p%' OR private_mail IS NULL ORDER BY number LIMIT 4

SELECT card, count(*), min(amount), max(paid_at) FROM payments GROUP BY card HAVING card IS NOT NULL ORDER BY card LIMIT 3

SELECT date_trunc('day', paid_at), extract(hour FROM paid_at), count(*) FROM payments GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 3

SELECT memo, count(*) FROM ledger WHERE memo = '[redacted]' GROUP BY memo

SELECT supplier || cost, supplier || coalesce(cost::text, '?'), price - cost, cost > 3, cost IS NULL FROM items ORDER BY id LIMIT 2

SELECT avg(cost), sum(cost), count(cost), max(cost), array_agg(cost) FILTER (WHERE id < 3), bool_and(cost > 3) FROM items

SELECT i.name FROM items i LEFT JOIN items j ON i.cost = j.cost WHERE j.id IS NULL ORDER BY i.id LIMIT 2

SELECT gift, ship_to, count(*) FROM orders GROUP BY gift, ship_to

SELECT o.id, (o.ship_to).zip, o.ship_to = ROW('a', 'b', 'c', 'DE')::address FROM orders o WHERE o.gift IS NOT TRUE AND o.ship_to IS NULL ORDER BY o.id LIMIT 2

SELECT vat_id, substr(vat_id, 8), vat_id LIKE 'xxx%', margin IS NULL, margin + net FROM invoices ORDER BY id LIMIT 2

-- PostgreSQL before 18 takes a column that WHERE holds to one value for that value behind grouping sets too, where it is NULL in some: the rule's own condition must not reach it.
SELECT dept_id, tenant_id, count(*) FROM employees GROUP BY CUBE (dept_id, tenant_id) ORDER BY 2, 1

SELECT dept_id, tenant_id, count(*) FROM employees GROUP BY CUBE (dept_id, tenant_id) ORDER BY 2 DESC, 1 LIMIT 2

SELECT DISTINCT dept_id, tenant_id FROM employees GROUP BY CUBE (dept_id, tenant_id)

SELECT d.tenant_id, d.name, e.tenant_id, count(*), row_number() OVER (ORDER BY d.tenant_id DESC, d.name NULLS FIRST, count(*)) FROM departments d JOIN employees e ON e.dept_id = d.id GROUP BY ROLLUP (d.tenant_id, e.tenant_id, d.name) ORDER BY 1 NULLS FIRST, 3, 2

SELECT g.t, g.n FROM (SELECT tenant_id AS t, count(*) AS n FROM open_tickets GROUP BY GROUPING SETS ((tenant_id), (team_id))) g ORDER BY 1 NULLS FIRST, 2
