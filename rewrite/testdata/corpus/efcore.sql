-- Entity Framework Core on Npgsql, and Dapper.

SELECT c.id, c.active, c.birthday, c.credit, c.name, c.phone
FROM customers AS c
ORDER BY c.id

-- $ 17
SELECT c.id, c.name, c.phone
FROM customers AS c
WHERE c.id = $1
LIMIT 1

-- $ 17
SELECT c."id", c."name"
FROM public.customers AS c
WHERE c."id" = $1
LIMIT 2

SELECT c.id FROM customers AS c WHERE c.name LIKE 'Customer%' AND strpos(lower(c.name), 'r') > 0 ORDER BY c.id

-- $ R1
SELECT c.id FROM customers AS c WHERE strpos(c.name, $1) > 0 ORDER BY c.id

-- $ %cust%
SELECT c.id FROM customers AS c WHERE c.name ILIKE $1 ESCAPE '' ORDER BY c.id

-- $ {7,17,27}
SELECT o.id FROM orders AS o WHERE o.customer_id = ANY ($1) ORDER BY o.id

-- $ 5 | 5
SELECT c.id, c.name FROM customers AS c ORDER BY c.name, c.id LIMIT $2 OFFSET $1

SELECT count(*)::int FROM customers AS c WHERE c.active

SELECT EXISTS (SELECT 1 FROM customers AS c WHERE c.name = 'Customer R17')

SELECT COALESCE(sum(o.amount), 0.0) FROM orders AS o

-- Include
SELECT c.id, c.name, o.id, o.amount, o.customer_id
FROM customers AS c
LEFT JOIN orders AS o ON c.id = o.customer_id
ORDER BY c.id, o.id

-- $ 3
SELECT t.id, t.name, o.id, o.amount, o0.order_id, o0.product_id, o0.quantity
FROM (
    SELECT c.id, c.name
    FROM customers AS c
    WHERE c.active
    ORDER BY c.id
    LIMIT $1
) AS t
LEFT JOIN orders AS o ON t.id = o.customer_id
LEFT JOIN order_items AS o0 ON o.id = o0.order_id
ORDER BY t.id, o.id, o0.order_id

-- filtered include with a row number
SELECT c.id, t0.id, t0.amount
FROM customers AS c
LEFT JOIN (
    SELECT t.id, t.amount, t.customer_id
    FROM (
        SELECT o.id, o.amount, o.customer_id, ROW_NUMBER() OVER(PARTITION BY o.customer_id ORDER BY o.amount DESC) AS row
        FROM orders AS o
    ) AS t
    WHERE t.row <= 2
) AS t0 ON c.id = t0.customer_id
ORDER BY c.id, t0.customer_id, t0.amount DESC

-- GroupBy
SELECT c.region AS "Key", count(*)::int AS "Count", COALESCE(sum(c.credit), 0.0) AS "Sum", avg(c.credit) AS "Avg"
FROM customers AS c
GROUP BY c.region
ORDER BY c.region

SELECT date_part('year', o.placed_on)::int AS "Year", date_part('month', o.placed_on)::int AS "Month", count(*)::int FROM orders AS o GROUP BY date_part('year', o.placed_on)::int, date_part('month', o.placed_on)::int ORDER BY 1, 2

SELECT t."Key", t.c FROM (SELECT o.customer_id AS "Key", count(*)::int AS c FROM orders AS o GROUP BY o.customer_id HAVING count(*)::int > 1) AS t ORDER BY t.c DESC, t."Key" LIMIT 10

-- sub-queries
SELECT c.name, (
    SELECT o.amount
    FROM orders AS o
    WHERE c.id = o.customer_id
    ORDER BY o.placed_on DESC, o.id
    LIMIT 1) AS "Last"
FROM customers AS c
ORDER BY c.id

SELECT c.id FROM customers AS c WHERE (SELECT count(*)::int FROM orders AS o WHERE c.id = o.customer_id) > 2 ORDER BY 1

SELECT c.id FROM customers AS c WHERE c.id IN (SELECT o.customer_id FROM orders AS o WHERE o.status = 'paid') AND NOT (EXISTS (SELECT 1 FROM tickets AS t WHERE t.customer_id = c.id AND t.locked)) ORDER BY c.id

-- any and contains over arrays and json
SELECT c.id FROM customers AS c WHERE 't1' = ANY (c.tags) AND cardinality(c.tags) > 1 ORDER BY c.id

SELECT t.number FROM tickets AS t WHERE (t.meta ->> 'source') = 'web' AND CAST(t.meta ->> 'n' AS integer) > 20 ORDER BY t.number

SELECT t.number FROM tickets AS t WHERE t.during @> TIMESTAMPTZ '2026-01-09T00:00:00Z' ORDER BY t.number

SELECT t.number, t.opened_at::date, date_trunc('day', t.opened_at), t.opened_at + INTERVAL '01:00:00', t.due::timestamp without time zone FROM tickets AS t WHERE t.opened_at < TIMESTAMP '2026-01-12T00:00:00' ORDER BY t.number

SELECT t.number, CASE WHEN t.body IS NULL THEN '' ELSE t.body END, substring(t.subject, 1, 4), upper(t.subject), btrim(t.subject), replace(t.subject, 'P', 'p'), length(t.subject)::int FROM tickets AS t ORDER BY t.number

-- DISTINCT, set operations
SELECT DISTINCT c.region::text FROM customers AS c ORDER BY 1

SELECT c.id FROM customers AS c WHERE c.region = 'EU' UNION SELECT c0.id FROM customers AS c0 WHERE c0.credit > 10000.0 ORDER BY 1

SELECT u.id FROM (SELECT c.id, c.name FROM customers AS c EXCEPT SELECT c0.id, c0.name FROM customers AS c0 WHERE c0.region = 'EU') AS u ORDER BY u.id

-- FromSql composed
-- $ 100
SELECT m.id, m.name FROM (
    SELECT * FROM customers WHERE id > $1
) AS m
WHERE m.active
ORDER BY m.name

-- TPH discriminator, split query
SELECT t.id, t.type, t.subject FROM tickets AS t WHERE t.type = 'Incident' ORDER BY t.number

SELECT o.id, o.amount, t.id FROM (SELECT c.id FROM customers AS c WHERE c.id < 50) AS t INNER JOIN orders AS o ON t.id = o.customer_id ORDER BY t.id, o.id

-- full text
SELECT t.number FROM tickets AS t WHERE t.search @@ to_tsquery('english', 'printer & jam') ORDER BY t.number
