SELECT * FROM accounts ORDER BY title

SELECT no, count(*) FROM accounts GROUP BY no HAVING count(*) >= 1 ORDER BY no

SELECT a.*, b.no FROM accounts a JOIN accounts b ON a.no = b.no ORDER BY a.title

SELECT a.title FROM accounts a JOIN accounts b USING (no, branch) ORDER BY 1

SELECT no FROM accounts WHERE no = '…004'

SELECT no FROM accounts WHERE no IN ('AC000004', '…001', '…007') ORDER BY no

SELECT no, title FROM accounts WHERE no LIKE '%0_' ORDER BY no DESC

SELECT no, title FROM accounts WHERE no > '…03' ORDER BY no LIMIT 3

SELECT min(no), max(no), count(DISTINCT no), string_agg(no, ',' ORDER BY no) FROM accounts

SELECT level, kind, opened, pin, count(*), array_agg(title ORDER BY title) FROM accounts GROUP BY level, kind, opened, pin ORDER BY opened, level, 6

SELECT * FROM accounts WHERE kind = 'low' AND level = 10 ORDER BY title

SELECT title FROM accounts WHERE kind > 'low'

SELECT title FROM accounts WHERE pin IS NOT NULL OR pin = '0001'

SELECT DISTINCT kind, level FROM accounts ORDER BY level

SELECT DISTINCT ON (level) level, title FROM accounts ORDER BY level, title

SELECT m.id, m.from_no, m.to_no, a.title AS sender, b.title AS receiver FROM moves m LEFT JOIN accounts a ON a.no = m.from_no LEFT JOIN accounts b ON b.no = m.to_no ORDER BY m.id

SELECT m.id FROM moves m JOIN accounts a ON m.from_no = a.no AND m.to_no IS NOT NULL ORDER BY m.id

SELECT a.no, sum(m.cents) FROM accounts a JOIN moves m ON m.to_no = a.no GROUP BY a.no ORDER BY a.no

SELECT from_no, to_no, cents, cents / 7, cents % 100 FROM moves WHERE cents BETWEEN 100 AND 300 ORDER BY id

SELECT doc, doc->>'card', doc->'items', doc #>> '{who,name}', doc->'who'->'age' FROM moves ORDER BY id LIMIT 6

SELECT id FROM moves WHERE doc @> '{"who": {"age": 4}}' OR doc->>'card' LIKE '40%27' ORDER BY id

SELECT id FROM moves WHERE doc->'items' = 'null' AND doc @? '$.items[0]' ORDER BY id

SELECT from_no FROM moves EXCEPT SELECT no FROM accounts ORDER BY 1

SELECT no FROM accounts INTERSECT SELECT to_no FROM moves ORDER BY 1

SELECT no FROM accounts UNION SELECT from_no FROM moves ORDER BY 1

SELECT * FROM balance ORDER BY no, title

SELECT * FROM balance WHERE cents < 0 ORDER BY cents, no

SELECT * FROM vault

SELECT count(*), max(secret), array_agg(what) FROM vault

SELECT a.title, v.what FROM accounts a LEFT JOIN vault v ON true ORDER BY 1 LIMIT 2

SELECT EXISTS (SELECT FROM vault), (SELECT what FROM vault), ARRAY(SELECT id FROM vault), 3 NOT IN (SELECT id FROM vault), 3 = ALL (SELECT id FROM vault)

SELECT * FROM cards ORDER BY note

SELECT number, holder FROM cards WHERE number LIKE '40%' AND holder = 'Ho------' ORDER BY note

SELECT number FROM cards WHERE number = '40-----------07'

SELECT number::bigint FROM cards WHERE false

SELECT ok, count(*) FROM cards GROUP BY ok

SELECT count(*) FROM cards WHERE NOT ok

SELECT note FROM cards WHERE ok IS FALSE OR limits @> 5 OR xmlexists('//s' PASSING secret)

SELECT addr, count(*), network(addr), masklen(addr), addr << inet '10.0.0.0/8' FROM cards GROUP BY addr ORDER BY addr LIMIT 5

SELECT codes, codes[1], 'a1' = ANY (codes), array_length(codes, 1), codes::text FROM cards ORDER BY note LIMIT 4

SELECT sum, sum * 2, sum::numeric, avg(sum) OVER () FROM cards ORDER BY note LIMIT 3

SELECT c.number, d.number FROM cards c JOIN cards d ON c.holder = d.holder AND c.note < d.note ORDER BY 1, 2, c.note, d.note LIMIT 5

SELECT active_on, count(*) FROM cards GROUP BY 1 ORDER BY 1

SELECT c FROM cards c ORDER BY note LIMIT 2

SELECT * FROM card_list ORDER BY note LIMIT 5

SELECT count(*) FROM card_list WHERE holder LIKE 'Ho%5'

SELECT * FROM visits ORDER BY id

SELECT id, minutes, bits, at, bits || B'1', minutes * 2 FROM visits WHERE branch IS NULL ORDER BY at

SELECT branch, level, count(*), sum(minutes) FROM visits GROUP BY CUBE (branch, level) ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3

SELECT * FROM daily ORDER BY note

SELECT day, sum(value) FROM daily GROUP BY day

SELECT * FROM daily WHERE day = '2026-01-01' ORDER BY note LIMIT 4

SELECT * FROM daily WHERE day = '2026-01-22'

SELECT * FROM daily WHERE day > '2026-01-10' OR value > 240 ORDER BY note

SELECT count(*) FROM daily_a

SELECT a.note FROM daily_a a JOIN daily d USING (branch, day, value) ORDER BY 1 LIMIT 7

SELECT extract(year FROM day), min(day), max(day), count(DISTINCT day) FROM daily GROUP BY 1

SELECT day + 40, day - interval '1 month', date_trunc('quarter', day), lag(day) OVER (ORDER BY note) FROM daily ORDER BY note LIMIT 3

SELECT * FROM tree ORDER BY label, parent

SELECT c.label, p.label FROM tree c JOIN tree p ON c.parent = p.id ORDER BY 1, 2

WITH RECURSIVE t AS (SELECT id, label, 0 AS d FROM tree WHERE parent IS NULL UNION SELECT c.id, c.label, d + 1 FROM tree c JOIN t ON c.parent = t.id) SELECT * FROM t ORDER BY 1, 2, 3

SELECT id, array_agg(label ORDER BY label) FROM tree GROUP BY id ORDER BY id

SELECT id % 4, count(*) FROM tree WHERE id BETWEEN 1 AND 9 GROUP BY 1

SELECT parent, max(label) FROM tree GROUP BY parent HAVING max(id) >= 0 ORDER BY parent NULLS FIRST

SELECT no FROM accounts WHERE no = $1 AND level = $2 AND kind = $3 AND opened <= $4 ORDER BY title
-- $ …004 | 0 | low | 2026-01-01

SELECT number, holder FROM cards WHERE number = ANY ($1) OR holder = $2 ORDER BY note
-- $ {40-----------03,400011112222004} | Ho-----22

SELECT id FROM moves WHERE from_no = $1 OR cents = $2 OR doc->>'card' = $3 ORDER BY id
-- $ …004 | 120 | 40-----------29

SELECT note FROM daily WHERE day = $1 AND value = ANY ($2) ORDER BY note
-- $ 2026-01-01 | {200,210}

COPY (SELECT number, codes, sum, secret FROM cards ORDER BY note) TO STDOUT CSV

-- fails
SELECT id, label FROM tree GROUP BY id

-- fails
SELECT no, title, sum(level) FROM accounts GROUP BY no

SELECT level, count(title), count(*) FILTER (WHERE title LIKE '%1%'), array_agg(no ORDER BY title) FROM accounts GROUP BY no, level ORDER BY level, 4

SELECT branch, day, sum(value), string_agg(note, ',' ORDER BY note) FROM daily GROUP BY branch, day
