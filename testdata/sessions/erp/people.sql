-- Human resources: org charts, pay, working time, birthdays, skills, and documents.

WITH RECURSIVE chart AS (SELECT id, name, manager_id, 0 AS depth, name AS chain FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, e.manager_id, c.depth + 1, c.chain || ' > ' || e.name FROM employees e JOIN chart c ON c.id = e.manager_id) SELECT repeat('  ', depth) || name AS indented, depth, chain FROM chart ORDER BY chain, id

WITH RECURSIVE chart(id, boss, hops) AS (SELECT id, manager_id, 0 FROM employees UNION SELECT c.id, m.manager_id, c.hops + 1 FROM chart c JOIN employees m ON m.id = c.boss WHERE m.manager_id IS NOT NULL) SELECT e.number, max(hops) AS hops FROM chart c JOIN employees e USING (id) GROUP BY e.number ORDER BY e.number

WITH RECURSIVE t AS (SELECT id, manager_id, number FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.manager_id, e.number FROM employees e, t WHERE t.id = e.manager_id) SEARCH DEPTH FIRST BY number SET o SELECT number, o FROM t ORDER BY o

WITH RECURSIVE t AS (SELECT id, manager_id, number FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.manager_id, e.number FROM employees e, t WHERE t.id = e.manager_id) SEARCH BREADTH FIRST BY number SET o CYCLE id SET looped USING path SELECT number, o, looped, array_length(path, 1) FROM t ORDER BY o

WITH RECURSIVE sub AS (SELECT d.tenant_id, d.id, d.name, d.budget FROM departments d WHERE name = 'Board' UNION ALL SELECT d.tenant_id, d.id, d.name, d.budget FROM departments d JOIN sub s ON (d.tenant_id, d.parent_id) = (s.tenant_id, s.id)) SELECT *, sum(budget) OVER () FROM sub ORDER BY id

SELECT d.name, count(e.*) AS heads, count(e.left_on) AS gone, min(e.salary), max(e.salary), avg(e.salary)::numeric(10,2), percentile_cont(0.5) WITHIN GROUP (ORDER BY e.salary) AS median, string_agg(e.last_name, ', ' ORDER BY e.last_name, e.number) FROM departments d LEFT JOIN employees e ON e.tenant_id = d.tenant_id AND e.dept_id = d.id GROUP BY d.tenant_id, d.id ORDER BY d.id

SELECT d.tenant_id, d.id, d.name, d.budget, sum(e.salary) * 12 AS pay, d.budget - sum(e.salary) * 12 AS left FROM departments d JOIN employees e ON (e.tenant_id, e.dept_id) = (d.tenant_id, d.id) GROUP BY d.tenant_id, d.id HAVING sum(e.salary) > 3000 ORDER BY pay DESC

SELECT e.id, e.name, e.iban, e.salary, count(t.id) FROM employees e LEFT JOIN tickets t ON t.assignee_id = e.id GROUP BY e.id ORDER BY count(t.id) DESC, e.id LIMIT 10

SELECT e.*, d.name2 AS dept, d3.name FROM employees AS e NATURAL LEFT JOIN (SELECT tenant_id, id AS dept_id, name AS dept_name FROM departments) d (tenant_id, dept_id, name2) JOIN departments d2 ON d2.id = e.dept_id AND d2.tenant_id = e.tenant_id, LATERAL (SELECT d2.name) AS d3 (name) ORDER BY e.number LIMIT 3

SELECT number, salary, rank() OVER w, dense_rank() OVER w, percent_rank() OVER w, cume_dist() OVER w, ntile(4) OVER w, lag(salary, 2, 0.00) OVER w, lead(name) OVER w, first_value(iban) OVER w, nth_value(born, 2) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM employees WINDOW w AS (PARTITION BY dept_id ORDER BY salary DESC NULLS LAST, number) ORDER BY dept_id, salary DESC NULLS LAST, number

SELECT number, hired, sum(salary) OVER (ORDER BY hired RANGE BETWEEN interval '1 year' PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) AS lately, count(*) OVER (ORDER BY hired GROUPS 2 PRECEDING), avg(vacation) FILTER (WHERE left_on IS NULL) OVER (PARTITION BY grade) FROM employees ORDER BY hired, number

SELECT born, date_part('year', age(date '2026-06-01', born)) AS years, to_char(born, 'DD.MM.YYYY'), extract(doy FROM born), born + interval '18 years', make_date(2026, extract(month FROM born)::int, extract(day FROM born)::int) - date '2026-01-01' AS days_to_birthday, date_bin('30 days', born::timestamp, '1970-01-01'), isfinite(born), born::timestamptz AT TIME ZONE 'Asia/Tokyo' FROM employees ORDER BY number

SELECT number FROM employees WHERE (born, born + 1000) OVERLAPS (date '1970-01-01', interval '5 years') ORDER BY number

SELECT number, name FROM employees WHERE to_char(born, 'MM-DD') BETWEEN '06-01' AND '09-30' ORDER BY to_char(born, 'MM-DD'), number

SELECT extract(month FROM born) AS month, array_agg(name ORDER BY born, number) FROM employees WHERE left_on IS NULL GROUP BY 1 ORDER BY 1

SELECT skill, count(*), array_agg(DISTINCT dept_id ORDER BY dept_id) FROM employees, unnest(skills) AS skill GROUP BY skill ORDER BY 2 DESC, 1

SELECT number FROM employees WHERE skills @> ARRAY['sql'] AND NOT skills && ARRAY['ja', 'xx'] ORDER BY number

SELECT number FROM employees WHERE 'go' = ANY (skills) AND 'en' <> ALL (skills) ORDER BY 1

SELECT number, skills[1], skills[2:], skills[:1], array_position(skills, 'de'), array_remove(skills, 'c'), array_replace(skills, 'go', 'golang'), cardinality(levels), levels[3] IS NULL, array_dims(levels), skills || 'new'::text, array_prepend('x', skills), array_cat(skills, ARRAY['y']), array_to_string(levels, '/', '?') FROM employees ORDER BY number

SELECT number, l, i FROM employees CROSS JOIN LATERAL unnest(levels) WITH ORDINALITY AS u (l, i) WHERE l > 1 ORDER BY number, i

SELECT number, generate_subscripts(levels, 1) AS s FROM employees WHERE number < 12 ORDER BY 1, 2

SELECT * FROM ROWS FROM (unnest(ARRAY[1, 2]), generate_series(1, 3), unnest(ARRAY['a', 'b', 'c', 'd'])) AS r (a, b, c) LEFT JOIN employees e ON e.number = r.b + 1 ORDER BY r.c

SELECT icount(levels), sort(uniq(array_remove(levels, NULL))) FROM employees WHERE array_position(levels, NULL) = 3 AND number < 20 ORDER BY number

SELECT contact->>'phone', contact #>> '{private,phone}', contact #> '{private}' ->> 'salary', contact ? 'secret', contact - 'private', contact || '{"a": 1}', jsonb_typeof(contact->'tags'), contact->'tags'->-1, contact @> '{"tags": ["x"]}', contact ?| ARRAY['secret', 'phone'], jsonb_array_length(contact->'tags') FROM employees ORDER BY number

SELECT number, k, v FROM employees, jsonb_each_text(contact) AS x (k, v) WHERE number % 7 = 1 ORDER BY number, k

SELECT number, r.* FROM employees, jsonb_to_record(contact) AS r (phone text, since date, private jsonb, tags text[]) ORDER BY r.since DESC, number

SELECT number, jsonb_path_query_array(contact, '$.tags[*] ? (@ != "x")'), jsonb_path_exists(contact, '$.private.salary ? (@ > $min)', '{"min": 9000}'), contact @? '$.private.phone', contact @@ '$.private.salary > 9000', jsonb_path_query_first(contact, '$.private.keyvalue()') FROM employees ORDER BY number

SELECT number, (jsonb_populate_record(NULL::amount, '{"value": 3, "currency": "EUR"}')).*, jsonb_pretty(contact->'private') FROM employees WHERE number < 9 ORDER BY number

SELECT jsonb_object_agg(number::text, contact->'private') FROM employees WHERE number < 20

SELECT jsonb_build_object('id', id, 'boss', (SELECT row_to_json(m) FROM (SELECT number, name, salary FROM employees b WHERE b.id = e.manager_id) m), 'reports', (SELECT coalesce(jsonb_agg(jsonb_build_object('n', r.number, 'iban', r.iban) ORDER BY r.number), '[]') FROM employees r WHERE r.manager_id = e.id)) FROM employees e ORDER BY number

SELECT contact['phone'], contact['private']['salary'], contact['tags'][0] FROM employees ORDER BY number

SELECT home, (home).city, (e.home).zip, home IS NULL, (e).name, (e.home).* FROM employees e ORDER BY number LIMIT 4

SELECT e FROM employees e WHERE number = 4

SELECT e::text LIKE '%redacted%', (e).salary, row(e.*) = row(e.*) FROM employees e ORDER BY number

SELECT row_to_json(e) FROM employees e WHERE number IN (4, 7) ORDER BY number

SELECT to_jsonb(e) - 'id' - 'week' FROM employees e WHERE dept_id = 3 ORDER BY number

SELECT json_agg(e ORDER BY number) FROM employees e WHERE number < 15

SELECT json_agg(row_to_json((SELECT x FROM (SELECT e.number, e.name, e.born) x)) ORDER BY e.number) FROM employees e

SELECT count(e), count(e.*), count(DISTINCT e.dept_id), count((e.dept_id, e.grade)), count(DISTINCT (e.dept_id, e.grade)) FROM employees e

SELECT e IS NULL, e IS NOT NULL, e.* IS DISTINCT FROM e.* FROM employees e WHERE number < 10 ORDER BY number

SELECT initials(e), e.initials, initials(employees.*) FROM employees e JOIN employees USING (id) ORDER BY e.number

SELECT array_agg(e ORDER BY number) = array_agg(e.* ORDER BY number) FROM employees e

SELECT full_name(first_name, last_name), initcap(lower(name)), unaccent(name), soundex(last_name), metaphone(last_name, 4), levenshtein(first_name, last_name), similarity(name, 'Ana Muller') > 0.3 FROM employees ORDER BY number

SELECT name FROM employees WHERE name % 'Bjorn Muller' OR unaccent(name) ILIKE '%muller' ORDER BY name, number

SELECT name, word_similarity('mül', name)::numeric(4,3) AS s, name <-> 'Žižek' AS d FROM employees ORDER BY d, number LIMIT 5

SELECT number FROM employees WHERE name SIMILAR TO '(Ana|Gül) %' OR name ~* '^b.*(er|k)$' OR last_name !~~* 'o''%' AND dept_id = 2 ORDER BY number

SELECT substring(iban FROM 1 FOR 4), substring(iban FROM '^[A-Z]+'), overlay(iban PLACING '..' FROM 3 FOR 2), position('•' IN iban), length(iban), octet_length(iban), reverse(iban), split_part(private_mail, '@', 2), regexp_replace(private_mail, '[^@]+@', ''), regexp_matches(private_mail, '(\w+)\.'), translate(iban, '•', '*'), btrim(iban, 'DE'), md5(iban), ascii(iban), iban ^@ 'DE' FROM employees ORDER BY number

SELECT format('%s <%s> %I %L %2$s', name, email, grade, private_mail), concat_ws('; ', name, NULL, salary, born), concat(name, salary), lpad(number::text, 6, '0'), to_char(salary, 'FM999G999D00'), to_char(vacation, 'RN'), quote_nullable(private_mail), chr(ascii(grade::text)), encode(sha256(coalesce(iban, '')::bytea), 'hex') FROM employees ORDER BY number

SELECT number, salary::int, salary::text, salary::money::text, round(salary, -2), trunc(salary), ceil(salary / 7), mod(salary::int, 7), salary ^ 0.5 > 40, width_bucket(salary, 1000, 10000, 9), sign(salary - 5000), greatest(salary, 4000), least(salary, NULL, 3000), nullif(salary, 5000), scale(salary), numeric_send(salary) FROM employees ORDER BY number

SELECT number FROM employees WHERE salary BETWEEN SYMMETRIC 7000 AND 3000 AND salary NOT BETWEEN 4000 AND 4100 ORDER BY salary, number

SELECT grade, dept_id, GROUPING(grade, dept_id), count(*), sum(salary), min(born) FROM employees GROUP BY CUBE (grade, dept_id) ORDER BY 3, 1, 2

SELECT grade, dept_id, extract(year FROM hired) AS y, count(*) FROM employees GROUP BY GROUPING SETS ((grade, dept_id), (3), ()) ORDER BY 1, 2, 3

SELECT dept_id, grade, count(*) FROM employees GROUP BY DISTINCT ROLLUP (dept_id, grade), ROLLUP (dept_id) ORDER BY 1, 2

SELECT CASE WHEN GROUPING(d.name) = 1 THEN 'total' ELSE d.name END AS dept, sum(e.salary) FROM employees e JOIN departments d ON d.id = e.dept_id AND d.tenant_id = e.tenant_id GROUP BY ROLLUP (d.name) ORDER BY GROUPING(d.name), 1

SELECT DISTINCT ON (dept_id) dept_id, name, salary FROM employees ORDER BY dept_id, salary DESC NULLS LAST, number

SELECT DISTINCT ON (e.dept_id, left(e.iban, 4)) e.dept_id, e.number, e.iban FROM employees e ORDER BY e.dept_id, left(e.iban, 4), e.number DESC

SELECT number, salary FROM employees ORDER BY salary DESC NULLS LAST FETCH FIRST 3 ROWS WITH TIES

SELECT number, salary FROM employees ORDER BY salary USING >, number OFFSET 2 ROWS FETCH NEXT 4 ROWS ONLY

SELECT name AS n, salary * 12 AS yearly FROM employees ORDER BY name COLLATE "C" DESC, yearly, number

SELECT name FROM employees ORDER BY name COLLATE numeric_order, number LIMIT 5

SELECT number, born FROM employees WHERE born IS DISTINCT FROM NULL AND manager_id IS NOT DISTINCT FROM NULL ORDER BY born NULLS FIRST, number

SELECT number FROM employees WHERE (tenant_id, dept_id, grade) IN ((2, 1, 'A'), (2, 3, 'B'), (1, 2, 'C')) ORDER BY number

SELECT number FROM employees WHERE (dept_id, salary) > (3, 4000) ORDER BY number

SELECT number FROM employees WHERE ROW(dept_id, vacation) IS NOT NULL AND (dept_id, vacation) < (SELECT 3, 25) ORDER BY number

SELECT number FROM employees e WHERE salary > (SELECT avg(salary) FROM employees x WHERE x.dept_id = e.dept_id) ORDER BY number

SELECT number FROM employees e WHERE salary >= ALL (SELECT salary FROM employees x WHERE x.dept_id = e.dept_id AND salary IS NOT NULL) ORDER BY number

SELECT number, (SELECT count(*) FROM employees x WHERE x.manager_id = e.id) AS reports, EXISTS (SELECT FROM tickets t WHERE t.assignee_id = e.id AND state = 'open') AS busy, ARRAY(SELECT id FROM tickets t WHERE t.assignee_id = e.id ORDER BY id) FROM employees e ORDER BY 2 DESC, 1

SELECT a.number, b.number FROM employees a JOIN employees b ON a.number < b.number AND a.salary = b.salary ORDER BY 1, 2

SELECT a.number, b.number FROM employees a FULL JOIN employees b ON a.manager_id = b.id WHERE a.number IS NULL OR b.number IS NULL OR a.number < 12 ORDER BY 1 NULLS FIRST, 2 NULLS LAST

SELECT hours, lower(hours), upper(hours) - lower(hours) AS long, hours @> time '12:00', hours * timerange('09:00', '10:00'), isempty(hours), upper_inc(hours) FROM employees ORDER BY number

SELECT sum(upper(hours) - lower(hours)), justify_hours(sum(upper(hours) - lower(hours))), avg(upper(hours) - lower(hours)) FROM employees

SELECT number, week->>'mon', (week->>'mon')::int + (week->>'tue')::int AS sum FROM employees WHERE (week->>'tue')::int > 4 ORDER BY number

SELECT number, d.key, d.value::int FROM employees, LATERAL jsonb_each(week) d WHERE d.value::int > 7 ORDER BY 1, 2

SELECT phones, phones[1], array_length(phones, 1), phones[1] LIKE '%1004', p FROM employees LEFT JOIN LATERAL unnest(phones) AS p ON true ORDER BY number, p

SELECT photo IS NULL, rating IS NULL, notes, coalesce(rating, 5.0), pg_typeof(photo), pg_typeof(rating), pg_typeof(salary), pg_typeof(iban), pg_typeof(home), pg_typeof(phones) FROM employees ORDER BY number LIMIT 2

SELECT corr(salary, vacation), covar_pop(salary, number), regr_slope(salary, number), regr_count(salary, vacation), stddev(salary)::numeric(10,4), variance(salary)::numeric(14,4), mode() WITHIN GROUP (ORDER BY dept_id), percentile_disc(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY salary), rank(5000) WITHIN GROUP (ORDER BY salary), bool_and(salary > 0), every(born < '2020-01-01'), bit_or(vacation), xmlagg(xmlelement(name n, number) ORDER BY number)::text FROM employees

SELECT * FROM org ORDER BY path

SELECT * FROM staff ORDER BY number

SELECT s.dept, s.manager, count(*), sum(s.salary) FROM staff s GROUP BY s.dept, s.manager ORDER BY 1 NULLS LAST, 2 NULLS LAST

SELECT o.level, avg(s.salary)::int FROM org o JOIN staff s ON s.name = o.name GROUP BY 1 ORDER BY 1

SELECT kind, count(*), count(mail), min(phone), max(phone) FROM contacts GROUP BY kind ORDER BY kind

SELECT * FROM contacts WHERE phone LIKE '%1_' ORDER BY name, phone LIMIT 10

SELECT number, hired, extract(year FROM age(left_on, hired)), coalesce(left_on, 'infinity'::date) > date '2026-06-01' AS here, daterange(hired, left_on, '[]') @> date '2026-03-01', generate_series(date_trunc('year', hired), date_trunc('year', hired) + interval '1 year', '1 year') FROM employees WHERE left_on IS NOT NULL ORDER BY number, 6

SELECT m::date AS month, count(e.id) AS headcount FROM generate_series(timestamp '2026-01-01', '2026-06-01', '1 month') AS m LEFT JOIN employees e ON e.hired <= m AND (e.left_on IS NULL OR e.left_on > m) GROUP BY m ORDER BY m

SELECT y, count(*) FROM generate_series(1960, 2010, 10) y JOIN employees ON born >= make_date(y, 1, 1) AND born < make_date(y + 10, 1, 1) GROUP BY y ORDER BY y

SELECT 'total' AS what, sum(salary) FROM employees UNION ALL SELECT d.name, sum(salary) FROM employees e, departments d WHERE d.id = e.dept_id GROUP BY d.name ORDER BY 2 DESC, 1

(SELECT number FROM employees WHERE dept_id = 1 EXCEPT SELECT number FROM employees WHERE salary < 4000) INTERSECT ALL SELECT number FROM employees WHERE grade <> 'A' ORDER BY number

TABLE departments ORDER BY budget DESC

VALUES (1, (SELECT max(salary) FROM employees)), (2, (SELECT count(*) FROM employees))

SELECT v.n, e.iban FROM (VALUES (4, 'a'), (7, 'b'), (9, 'c')) AS v (n, t) LEFT JOIN employees e ON e.number = v.n ORDER BY v.n

SELECT path, nlevel(path), subpath(path, 0, 1), path <@ 'board', path ~ '*.eng*.*', path @ 'labs | sales', lca(path, 'board.sales'), budget FROM departments ORDER BY path

SELECT d.name, x.name AS below FROM departments d JOIN departments x ON x.path <@ d.path AND x.path <> d.path AND x.tenant_id = d.tenant_id ORDER BY d.path, x.path

SELECT name, salary FROM employees WHERE name = $1 OR number = $2::int OR email = $3 ORDER BY number
-- $ Ana Smith | 7 | E9@corp.EXAMPLE

SELECT number FROM employees WHERE salary > $1 AND born < $2 AND skills && $3 AND dept_id = ANY ($4) ORDER BY number
-- $ 3000 | 1990-01-01 | {sql,de} | {1,2,3}

SELECT $1::uuid = id, $2::jsonb <@ contact, $3::interval + hired, $4::timerange && hours, $5 || name, $6::"char" = grade, $7::bytea IS NULL FROM employees WHERE tenant_id = $8 ORDER BY number
-- $ 00000000-0000-4000-8000-000000000004 | {"tags": ["x"]} | 3 days | [09:00,10:00) | Dear  | B | \N | 2

SELECT number FROM employees WHERE ($1::text IS NULL OR name ILIKE '%' || $1 || '%') AND (NULLIF($2, '') IS NULL OR grade = $2::"char") ORDER BY CASE WHEN $3 = 'name' THEN name END, CASE WHEN $3 <> 'name' THEN number END LIMIT $4 OFFSET $5
-- $ a | \N | x | 5 | 2

SELECT e.number, m.number FROM employees e LEFT JOIN employees m ON m.id = e.manager_id AND m.salary > $1::numeric WHERE e.dept_id IN ($2, $3) ORDER BY 1
-- $ 4500.5 | 1 | 4
