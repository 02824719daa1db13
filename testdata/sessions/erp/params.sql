-- Parameters of every type where a client leaves their types to the server, in conditions, lists, functions and writes.

SELECT number FROM employees WHERE hired = $1 ORDER BY number
-- $ 2010-08-31

SELECT number FROM employees WHERE hired BETWEEN $1 AND $2 AND vacation IN ($3, $4) ORDER BY number
-- $ 2010-01-01 | 2020-01-01 | 21 | 24

SELECT number, $1 AS a, $2::int + number, coalesce($3, iban), $4 || name, nullif(salary, $5) FROM employees WHERE number < $6 ORDER BY number
-- $ text | 3 | \N | pre | 5000 | 12

SELECT number FROM employees WHERE $1 = ANY (skills) AND skills <@ $2 AND levels[$3] = $4 ORDER BY number
-- $ sql | {sql,go,de,en,ja} | 1 | 1

SELECT contact -> $1, contact ->> $2, contact #> $3, contact ? $4, contact @> $5, jsonb_path_query_array(contact, $6, $7) FROM employees ORDER BY number LIMIT 2
-- $ private | phone | {private,phone} | tags | {"tags": [1]} | $.tags[*] ? (@ == $x) | {"x": 1}

SELECT to_char(born, $1), date_trunc($2, born), born + $3::interval, extract(year FROM age($4::date, born)), born - $5::date FROM employees ORDER BY number LIMIT 2
-- $ YYYY | year | 1 mon | 2026-01-01 | 2000-01-01

SELECT iban LIKE $1, iban ~ $2, regexp_replace(iban, $3, $4), substr(iban, $5, $6), lpad(iban, $7, $8), split_part(private_mail, $9, $10) FROM employees ORDER BY number LIMIT 2
-- $ DE% | ^D | •+ | . | 1 | 4 | 30 | - | @ | 2

SELECT count(*) FROM employees WHERE salary > $1::float8 AND salary < $2::money::numeric AND salary <> ALL ($3::numeric[])
-- $ 2500.5 | 99999 | {3000,4000}

SELECT CASE WHEN salary > $1 THEN $2 WHEN born < $3 THEN $4 ELSE $5 END, count(*) FROM employees GROUP BY 1 ORDER BY 1
-- $ 5000 | rich | 1970-01-01 | old | rest

SELECT CASE $1 WHEN 'a' THEN iban ELSE name END FROM employees ORDER BY number LIMIT $2 OFFSET $3
-- $ a | 2 | 1

SELECT id FROM tickets WHERE sla @> $1::timestamptz AND sla && $2 AND flags = $3 AND due > $4 ORDER BY id
-- $ 2026-02-02 00:00Z | [2026-02-01,2026-03-01) | 00100101 | 1 hour

SELECT id FROM tickets WHERE (team_id, state) IN (($1, $2), ($3, $4)) AND (id, votes) > ($5, $6) ORDER BY id
-- $ 1 | open | 3 | new | 20 | 2

SELECT id FROM tickets WHERE priority > $1 AND state <> ALL ($2) AND requester = $3 ORDER BY id
-- $ low | {closed,solved} | u***@CLIENT.example

SELECT x.n, t.id FROM unnest($1::int[], $2::text[]) WITH ORDINALITY AS x (n, s, o) LEFT JOIN tickets t ON t.id = x.n AND t.state::text = x.s ORDER BY x.o
-- $ {4,13,25} | {closed,solved,new}

SELECT v.column1, t.subject FROM (VALUES ($1::bigint), ($2), ($3)) v LEFT JOIN tickets t ON t.id = v.column1 ORDER BY 1
-- $ 4 | 13 | 999

SELECT j.id, t.subject FROM json_to_recordset($1) AS j (id int, x text) JOIN tickets t USING (id) ORDER BY 1
-- $ [{"id": 4, "x": "a"}, {"id": 13}]

SELECT width_bucket(salary, $1, $2, $3), count(*) FROM employees GROUP BY 1 ORDER BY 1
-- $ 1000 | 9000 | 4

SELECT number, lag(salary, $1, $2) OVER (ORDER BY number), ntile($3) OVER (ORDER BY number), nth_value(name, $4) OVER (ORDER BY number), sum(vacation) OVER (ORDER BY number ROWS BETWEEN $5 PRECEDING AND $6 FOLLOWING) FROM employees ORDER BY number LIMIT 3
-- $ 1 | 0 | 3 | 2 | 1 | 1

SELECT percentile_cont($1) WITHIN GROUP (ORDER BY salary), string_agg(name, $2 ORDER BY number) FILTER (WHERE number < $3) FROM employees
-- $ 0.5 | ; | 12

SELECT home IS NOT DISTINCT FROM $1::address, ($2::address).city, (ROW($3, $4, $5, $6)::address).zip FROM employees LIMIT 1
-- $ (a,b,c,DE) | (a,b,c,DE) | 1 | 2 | 3 | DE

SELECT $1::bytea = photo, $2::"char" = grade, $3::name = name, $4::real = rating, $5::uuid = id, $6::bool, $7::time, $8::timetz, $9::inet, $10::xml IS NULL FROM employees ORDER BY number LIMIT 1
-- $ \x01 | A | x | 1.5 | 00000000-0000-4000-8000-000000000001 | t | 10:00 | 10:00+01 | 10.0.0.1 | <a/>

SELECT id FROM tickets WHERE $1 AND votes = ($2::json->>'v')::int ORDER BY id LIMIT $3
-- $ true | {"v": 5} | 2

SELECT id FROM tickets WHERE id = $1 OR $1 IS NULL ORDER BY id LIMIT 3
-- $ \N

SELECT id FROM tickets WHERE ($1::text IS NULL OR subject ILIKE $1) AND ($2::int[] IS NULL OR team_id = ANY ($2)) AND ($3::timestamptz IS NULL OR created_at >= $3) AND ($4 = '-' OR state::text = $4) ORDER BY id LIMIT 5
-- $ %e% | {1,3} | \N | -

SELECT no FROM invoices WHERE period @> $1::date AND gross BETWEEN $2 AND $3 AND lines @? $4::jsonpath ORDER BY no
-- $ 2025-09-05 | 1 | 9999 | $[*] ? (@.qty > 1)

SELECT id FROM items WHERE base = $1::amount OR $2::amount = ANY (prices) OR size <@ $3::cube OR categories[1] <@ $4 ORDER BY id LIMIT 4
-- $ (10.00,EUR) | (3.00,EUR) | (0,0,0),(4,4,4) | top.books

UPDATE tickets SET subject = $1, votes = votes + $2, tags = tags || $3, custom = custom || $4, sla = $5, due = due + $6, flags = $7, priority = $8 WHERE id = $9 AND state = $10 RETURNING subject, votes, tags, custom, sla, due, flags, priority
-- $ s | 1 | {x} | {"k": 1} | [2026-01-01,2026-02-01) | 1 day | 11111111 | urgent | 4 | closed

UPDATE employees SET vacation = $1, left_on = $2, skills = $3, hours = $4, grade = $5, dept_id = $6 WHERE number = $7 RETURNING vacation, left_on, skills, hours, grade, dept_id
-- $ 3 | 2026-05-05 | {a,b} | [08:00,09:00) | B | 4 | 4

UPDATE employees SET week = jsonb_set(week, $1, $2), levels[$3] = $4 WHERE number = $5 RETURNING week, levels
-- $ {mon} | 7 | 2 | 44 | 4

INSERT INTO comments (ticket_id, no, author, body, at) VALUES ($1, $2, $3, $4, $5), ($1, $6, $3, $7, $5) ON CONFLICT (ticket_id, no) DO UPDATE SET body = EXCLUDED.body || $8 RETURNING ticket_id, no, author, body, at
-- $ 4 | 2 | me | a | 2026-05-05 00:00Z | 90 | b | !

INSERT INTO items (sku, name, price, base, prices, attributes, categories, embedding, options) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING sku, name, price, base, prices, attributes, categories, embedding, options
-- $ P1 | n | 2.5 | (1,EUR) | {"(1,EUR)"} | a=>1 | {top.a} | {1,2.5} | {}

INSERT INTO orders SELECT $1::int, $2::int, p.id, $3::timestamptz FROM parties p WHERE p.name = $4 RETURNING tenant_id, id, party_id, placed, state
-- $ 2 | 901 | 2026-01-01 00:00Z | Company 13

DELETE FROM comments WHERE (ticket_id, no) IN (SELECT * FROM unnest($1::bigint[], $2::int[])) RETURNING ticket_id, no
-- $ {4,4} | {2,3}

DELETE FROM queue WHERE topic = $1 AND payload @> $2 AND run_at < $3 RETURNING id
-- $ mail | {"n": 13} | 2026-06-01

MERGE INTO orders o USING (SELECT $1::int AS id, $2::text AS s) v ON o.tenant_id = $3 AND o.id = v.id WHEN MATCHED THEN UPDATE SET state = v.s, coupon = $4 WHEN NOT MATCHED THEN INSERT (tenant_id, id, placed, state) VALUES ($3, v.id, $5, v.s)
-- $ 1 | done | 2 | C1 | 2026-01-01

WITH x AS (UPDATE stock SET qty = qty + $1 WHERE item_id = ANY ($2) RETURNING *) SELECT warehouse, sum(qty), $3::text FROM x GROUP BY warehouse ORDER BY 1
-- $ 5 | {1,2} | label

-- fails
SELECT number FROM employees WHERE $1 = $2
-- $ 1

-- fails
SELECT $1 + $2 FROM employees
-- $ 1 | 2 | 3

-- otherwise: values are taken out of errors
-- fails
UPDATE tickets SET votes = $1 WHERE id = $2
-- $ 99999 | 4

-- otherwise: values are taken out of errors
-- fails
SELECT id FROM tickets WHERE priority = $1
-- $ nosuch

-- fails
INSERT INTO comments (ticket_id, no, body) VALUES ($1, $2, $3)
-- $ 4 | 2 | duplicate

-- fails
SELECT id FROM tickets WHERE custom @> $1
-- $ {not json
