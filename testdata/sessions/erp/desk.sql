-- Help desk: full text, service levels, documents, bits, and the views over tickets.

SELECT id, ts_rank(search, q)::numeric(6,4) AS rank, ts_headline('english', coalesce(body, subject), q, 'StartSel=<b>, StopSel=</b>, MaxWords=8, MinWords=3') FROM tickets, websearch_to_tsquery('english', 'printer OR "cannot log" -refund') q WHERE search @@ q ORDER BY rank DESC, id LIMIT 10

SELECT id FROM tickets WHERE search @@ to_tsquery('english', 'invoice & (fail | break:A*)') ORDER BY id

SELECT id, ts_rank_cd('{0.1, 0.2, 0.4, 1.0}', search, plainto_tsquery('running')), search @@ 'run', numnode(phraseto_tsquery('english', 'running slowly')) FROM tickets WHERE search @@ phraseto_tsquery('english', 'running slowly') ORDER BY id

SELECT word, ndoc FROM (SELECT unnest(tsvector_to_array(search)) AS word, id FROM tickets) x JOIN LATERAL (SELECT count(*) AS ndoc) y ON true GROUP BY word, ndoc ORDER BY word LIMIT 20

SELECT lexeme, count(*), min(positions[1]) FROM tickets, unnest(search) AS u (lexeme, positions, weights) GROUP BY lexeme ORDER BY 2 DESC, 1

SELECT id, ts_delete(search, 'printer'), strip(search), length(search), ts_filter(search, '{a}') FROM tickets WHERE id < 40 ORDER BY id

SELECT state, count(*), count(*) FILTER (WHERE priority >= 'high') AS hot, min(priority), max(priority), array_agg(DISTINCT priority ORDER BY priority DESC), avg(votes), sum(votes) FROM tickets GROUP BY state ORDER BY state

SELECT priority, enum_range(NULL, priority), enum_first(priority), priority > 'normal', priority = ANY ('{low,urgent}'), priority::text || '!' FROM tickets ORDER BY priority DESC, id LIMIT 8

SELECT x.p, count(t.id) FROM unnest(enum_range(NULL::priority)) AS x (p) LEFT JOIN tickets t ON t.priority = x.p AND t.state <> 'closed' GROUP BY x.p ORDER BY x.p

SELECT date_trunc('week', created_at) AS week, state, count(*) FROM tickets GROUP BY 1, 2 ORDER BY 1, 2

SELECT date_trunc('day', created_at, 'Europe/Berlin'), count(*) FROM tickets WHERE created_at AT TIME ZONE 'Europe/Berlin' >= '2026-02-01' GROUP BY 1 ORDER BY 1 LIMIT 10

SELECT d::date, count(t.*) FROM generate_series('2026-01-05'::timestamptz, '2026-01-20', '1 day') d LEFT JOIN tickets t ON t.created_at >= d AND t.created_at < d + interval '1 day' GROUP BY d ORDER BY d

SELECT id, created_at + due AS until, extract(epoch FROM due)::int, justify_days(due), make_interval(hours => votes), due * 2, due / 3, due > '10 hours', to_char(due, 'HH24:MI'), to_char(created_at, 'Day, DD Month YYYY HH24:MI TZ'), created_at::date - date '2026-01-01', date_part('isodow', created_at), extract(week FROM created_at), created_at - due FROM tickets ORDER BY id LIMIT 20

SELECT id, sla, sla @> timestamptz '2026-02-01 00:00Z', lower(sla)::date, upper(sla) - lower(sla), sla && tstzrange('2026-02-01', '2026-02-03'), sla -|- tstzrange(upper(sla), NULL), sla << tstzrange('2026-03-01', NULL), range_merge(sla, tstzrange('2026-01-01', '2026-01-02')) FROM tickets ORDER BY sla, id LIMIT 20

SELECT a.id, b.id FROM tickets a JOIN tickets b ON a.sla && b.sla AND a.id < b.id AND a.assignee_id = b.assignee_id ORDER BY 1, 2

SELECT range_agg(sla), range_intersect_agg(sla) FROM tickets WHERE team_id = 3 AND id < 30

SELECT unnest(range_agg(sla)) AS busy FROM tickets WHERE team_id = 1 ORDER BY busy

SELECT id, flags, flags & B'00001111', flags | B'10000000', ~flags, flags << 2, get_bit(flags, 7), bit_count(flags), flags::int, set_bit(flags, 0, 1), position(B'11' IN flags), substring(flags FROM 5 FOR 4)::text FROM tickets ORDER BY id LIMIT 12

SELECT bit_and(flags), bit_or(flags), bit_xor(flags), bit_or(votes) FROM tickets

SELECT id, custom, custom->>'os', custom #>> '{list,1,k}', (custom->>'n')::int % 7 FROM tickets ORDER BY (custom->>'n')::int DESC LIMIT 10

SELECT id FROM tickets WHERE custom @> '{"os": "mac"}' AND custom->'list' @> '[{"k": 3}]' ORDER BY id

SELECT id FROM tickets WHERE custom @@ '$.n > 100 && $.os starts with "w"' OR custom @? '$.list[*].k ? (@ == 4)' ORDER BY id

SELECT custom->>'os' AS os, count(*), avg((custom->>'n')::numeric)::numeric(8,2), jsonb_agg(custom->'phone' ORDER BY id) FILTER (WHERE id < 30) FROM tickets GROUP BY custom->>'os' HAVING count(*) > 1 ORDER BY 1

SELECT id, e.value, e.ordinality FROM tickets, jsonb_array_elements(custom->'list') WITH ORDINALITY e WHERE jsonb_typeof(e.value) = 'object' ORDER BY id LIMIT 10

SELECT id, jsonb_set(custom, '{os}', '"bsd"'), jsonb_insert(custom, '{list,0}', '0'), custom #- '{private,phone}', jsonb_strip_nulls(custom || '{"z": null}'), jsonb_path_query_first(custom, '$.list.size()') FROM tickets ORDER BY id LIMIT 4

SELECT id, requester, split_part(requester::text, '@', 2), requester = 'U***@CLIENT.example', requester LIKE 'u%' FROM tickets ORDER BY requester NULLS FIRST, id

SELECT requester, count(*) FROM tickets GROUP BY requester ORDER BY 2 DESC, 1

SELECT id FROM tickets WHERE reference::int > 100 AND reference ~ '^[0-9]+$' AND reference NOT LIKE 'X%' AND id % 10 <> 0 ORDER BY id

SELECT id, reference::int FROM tickets WHERE id % 10 <> 0 ORDER BY reference::int DESC LIMIT 5

SELECT sum(CASE WHEN reference ~ '^\d+$' THEN reference::int END) FROM tickets

SELECT id, CASE WHEN reference NOT LIKE 'X%' THEN reference::numeric / 3 ELSE -1 END FROM tickets ORDER BY 2, 1 LIMIT 10

SELECT id FROM (SELECT id, reference FROM tickets WHERE reference ~ '^[0-9]+$' OFFSET 0) t WHERE reference::int BETWEEN 50 AND 200 ORDER BY id

WITH numeric_codes AS MATERIALIZED (SELECT id, reference FROM tickets WHERE reference ~ '^[0-9]+$') SELECT id, reference::int FROM numeric_codes WHERE reference::int % 2 = 0 ORDER BY 2

SELECT id, to_number(reference, '999') FROM tickets WHERE reference !~ 'X' ORDER BY id LIMIT 3

-- otherwise: values are taken out of errors
-- fails
SELECT id FROM tickets WHERE reference::int > 100

-- otherwise: values are taken out of errors
-- fails
SELECT sum(reference::int) FROM tickets

-- fails
SELECT id FROM tickets WHERE votes / (votes - votes) > 1

-- fails
SELECT id FROM tickets ORDER BY 10 / (votes - 3)

-- otherwise: values are taken out of errors
-- fails
SELECT id, subject::date FROM tickets

-- otherwise: values are taken out of errors
-- fails
SELECT id FROM tickets WHERE (custom->>'os')::int = 1

-- fails
SELECT (custom->'os')::int FROM tickets

-- fails
SELECT to_date(reference, 'DD-MM-YYYY') + state FROM tickets WHERE id = 13

SELECT t.id, t.subject, c.n, c.last FROM tickets t LEFT JOIN LATERAL (SELECT count(*) AS n, max(at) AS last, array_agg(author ORDER BY no) AS who FROM comments WHERE ticket_id = t.id) c ON true ORDER BY t.id LIMIT 20

SELECT t.id, c.* FROM tickets t CROSS JOIN LATERAL (SELECT no, body FROM comments WHERE ticket_id = t.id ORDER BY at DESC LIMIT 1) c ORDER BY t.id

SELECT id, (SELECT body FROM comments c WHERE c.ticket_id = t.id ORDER BY at LIMIT 1) AS first, (SELECT count(*) FROM comments WHERE ticket_id = id) AS n FROM tickets t WHERE EXISTS (SELECT 1 FROM comments WHERE ticket_id = t.id AND author = 'ann') ORDER BY id

SELECT ticket_id, no, lag(at) OVER w, at - lag(at) OVER w AS gap, row_number() OVER w FROM comments WINDOW w AS (PARTITION BY ticket_id ORDER BY no) ORDER BY 1, 2 LIMIT 30

SELECT t.id, t.parent_id, p.subject FROM tickets t LEFT JOIN tickets p ON p.id = t.parent_id WHERE t.parent_id IS NOT NULL ORDER BY t.id

SELECT t.id, count(c.no), string_agg(c.author, ',' ORDER BY c.no), t.subject, t.state FROM tickets t JOIN comments c ON c.ticket_id = t.id GROUP BY t.id HAVING count(*) > 1 ORDER BY t.id

SELECT DISTINCT t.* FROM tickets t JOIN comments c ON c.ticket_id = t.id WHERE c.author <> 'eve' ORDER BY t.id LIMIT 5

SELECT DISTINCT tags FROM tickets ORDER BY tags

SELECT tag, count(*) FROM tickets CROSS JOIN unnest(tags) tag WHERE state IN ('new', 'open') GROUP BY tag ORDER BY tag

SELECT c.author, t.state, count(*) FROM comments c JOIN tickets t ON t.id = c.ticket_id GROUP BY GROUPING SETS ((c.author, t.state), (c.author)) ORDER BY 1, 2 NULLS LAST

SELECT t.id FROM tickets t LEFT JOIN comments c ON c.ticket_id = t.id WHERE c.ticket_id IS NULL ORDER BY t.id

SELECT t.id FROM tickets t WHERE t.id NOT IN (SELECT ticket_id FROM comments WHERE author = 'bob') AND NOT EXISTS (SELECT FROM comments c WHERE c.ticket_id = t.id AND c.no = 3) ORDER BY 1

SELECT e.name, t.state, count(t.id) FROM employees e LEFT JOIN tickets t ON t.assignee_id = e.id AND t.created_at >= '2026-02-01' GROUP BY e.id, t.state ORDER BY e.number, t.state LIMIT 20

SELECT * FROM team_load ORDER BY team_id NULLS LAST, state

SELECT * FROM busy_teams ORDER BY team NULLS LAST

SELECT * FROM open_tickets ORDER BY id

SELECT u.id, u.requester, e.name FROM my_urgent u JOIN tickets USING (id) LEFT JOIN employees e ON e.id = assignee_id ORDER BY 1

SELECT t.team_id, l.n FROM tickets t JOIN team_load l USING (team_id, state) WHERE t.id < 60 ORDER BY t.id

SELECT o FROM open_tickets o WHERE id < 60 ORDER BY id

SELECT team, share FROM busy_teams WHERE team = ANY (ARRAY(SELECT DISTINCT team_id FROM tickets)) ORDER BY 1

SELECT count(*) OVER (), t.* FROM tickets t WHERE subject ILIKE '%log%' ORDER BY created_at DESC, id LIMIT 5 OFFSET 2

SELECT id, created_at FROM tickets WHERE (created_at, id) < ('2026-02-01 00:00:00+00', 100) ORDER BY created_at DESC, id DESC LIMIT 5

SELECT id, subject FROM tickets WHERE subject ~ '#(1[0-9]|7)$' ORDER BY regexp_replace(subject, '\D', '', 'g')::int

SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM due)), percentile_cont(ARRAY[0.25, 0.5]) WITHIN GROUP (ORDER BY due) FROM tickets WHERE state = 'solved'

SELECT t.id, s.step, s.at FROM tickets t, LATERAL (VALUES ('created', created_at), ('due', created_at + due)) AS s (step, at) WHERE t.id < 40 ORDER BY 1, 3, 2

SELECT id, xmlforest(id AS nr, subject, priority)::text, xmlelement(name ticket, xmlattributes(id, state AS st), subject)::text, xmlconcat(xmlelement(name a), xmlelement(name b, votes))::text, xmlpi(name php)::text FROM tickets ORDER BY id LIMIT 3

SELECT string_agg(format('%s:%s', id, state), E'\n' ORDER BY id) FROM tickets WHERE team_id IS NULL

SELECT first.id, second.id FROM tickets AS "first" JOIN tickets AS "second" ON "second".id = "first".parent_id ORDER BY 1

SELECT id, subject FROM public.tickets WHERE public.tickets.state = 'new' AND tickets.votes > 3 ORDER BY public.tickets.id

SELECT "tickets"."id" AS "t0", "tickets"."subject" AS "t1" FROM "tickets" "tickets" WHERE "tickets"."priority" = 'urgent'::"priority" ORDER BY "t0" ASC

SELECT t.id AS "Ticket №", t.subject "Betreff", t.votes AS "SELECT" FROM tickets t ORDER BY "Ticket №" LIMIT 3

SELECT id, (custom)::text LIKE '%xxx%', custom::text::jsonb = custom, hashtext(subject) = hashtext(subject || ''), num_nonnulls(team_id, body, parent_id), num_nulls(team_id, body) FROM tickets ORDER BY id LIMIT 5

SELECT id, lag(state) OVER w IS DISTINCT FROM state AS changed, sum(1) OVER w, max(created_at) OVER (ORDER BY created_at ROWS 3 PRECEDING) FROM tickets WINDOW w AS (ORDER BY created_at, id) ORDER BY id LIMIT 20

WITH s AS (SELECT id, created_at, created_at - lag(created_at) OVER (ORDER BY created_at) > '2 days' AS gap FROM tickets), g AS (SELECT *, count(*) FILTER (WHERE gap) OVER (ORDER BY created_at) AS island FROM s) SELECT island, min(id), max(id), count(*) FROM g GROUP BY island ORDER BY island

SELECT count(*), (SELECT count(*) FROM comments), (SELECT string_agg(DISTINCT author, ',' ORDER BY author) FROM comments) FROM tickets

SELECT id FROM tickets WHERE team_id = $1 AND state = ANY ($2::state[]) AND priority >= $3 AND created_at BETWEEN $4 AND $5 AND search @@ to_tsquery($6) ORDER BY id LIMIT $7
-- $ 1 | {new,open,solved} | low | 2026-01-01 | 2026-12-31 | fail | 10

SELECT id FROM tickets WHERE custom @> $1 AND tags && $2 AND flags & $3 <> $4 AND sla @> $5::timestamptz AND due < $6 ORDER BY id
-- $ {"os": "linux"} | {tag1,tag2} | 11111111 | 00000000 | 2026-02-02 00:00Z | 200 hours

SELECT * FROM tickets WHERE id = $1 FOR UPDATE
-- $ 4

SELECT id, state FROM tickets WHERE state = 'new' ORDER BY priority DESC, id FOR NO KEY UPDATE SKIP LOCKED LIMIT 3

SELECT t.id FROM tickets t JOIN employees e ON e.id = t.assignee_id WHERE t.id < 60 ORDER BY t.id FOR UPDATE OF t NOWAIT

SELECT id FROM my_urgent ORDER BY id FOR SHARE

SELECT id, d.days, d.weeks FROM tickets, span_of(created_at::date, date '2026-06-01') AS d ORDER BY id LIMIT 3

SELECT id, is_late((created_at + due)::date), is_late(due => created_at::date, today => '2026-02-02'), add_days(created_at::date, 1, 2, votes), add_days(created_at::date, VARIADIC ARRAY[votes, 1]) FROM tickets ORDER BY id LIMIT 5

SELECT t.id, s.i, s.sq FROM tickets t, LATERAL series(t.votes) s ORDER BY 1, 2 LIMIT 12

SELECT id, (series(2)).sq, votes FROM tickets ORDER BY id, 2 LIMIT 4

SELECT net_sum(votes), net_sum(DISTINCT votes ORDER BY votes) FILTER (WHERE votes > 2), net_sum(votes) OVER () FROM tickets GROUP BY votes ORDER BY votes

SELECT id FROM tickets WHERE id IN (VALUES (1), (4), (13), (25)) ORDER BY id

SELECT id FROM tickets WHERE id = ANY (ARRAY[1, 4]::int[] || 13) OR id = ANY ('{25,37}') ORDER BY id

SELECT * FROM (SELECT t.*, row_number() OVER (PARTITION BY team_id ORDER BY votes DESC, id) AS rn FROM tickets t) x WHERE rn <= 2 ORDER BY team_id, rn

SELECT to_json(t) FROM (SELECT id, subject, custom FROM tickets) AS t ORDER BY t.id LIMIT 2

SELECT coalesce(json_agg(t ORDER BY t.id), '[]'::json) FROM (SELECT id, state, (SELECT json_agg(c) FROM (SELECT no, body FROM comments WHERE ticket_id = tickets.id ORDER BY no) c) AS comments FROM tickets WHERE team_id = 3 ORDER BY id LIMIT 3) t

SELECT tickets.*, comments.* FROM tickets, comments WHERE comments.ticket_id = tickets.id ORDER BY tickets.id, no LIMIT 3

SELECT * FROM tickets t (a, b, c, d) WHERE t.a < 20 ORDER BY a

SELECT a, z FROM (tickets JOIN comments ON id = ticket_id) AS j (a, b, c, d, e, f, g, h, i, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z) ORDER BY a, w LIMIT 3

SELECT id FROM tickets JOIN comments AS c (id, n) USING (id) ORDER BY 1, n LIMIT 5

SELECT j.id, c.ticket_id FROM tickets JOIN (SELECT ticket_id AS id, ticket_id FROM comments) c USING (id) AS j ORDER BY 1 LIMIT 3
