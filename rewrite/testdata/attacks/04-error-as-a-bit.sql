-- a division by zero in WHERE
SELECT id FROM customers c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero behind a condition that fits
SELECT id FROM customers c WHERE active AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero before a condition
SELECT id FROM customers c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 AND active

-- a division by zero in parentheses
SELECT id FROM customers c WHERE (((1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1)))

-- a division by zero under NOT
SELECT id FROM customers c WHERE NOT (1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) <> 1)

-- a division by zero under OR
SELECT id FROM customers c WHERE owner_id = 7 OR 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 2

-- a division by zero in CASE
SELECT id FROM customers c WHERE CASE WHEN active THEN 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 ELSE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 END

-- a division by zero in IN
SELECT id FROM customers c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) IN (1, 2)

-- a division by zero in BETWEEN
SELECT id FROM customers c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) BETWEEN 1 AND 2 AND active

-- a division by zero in ON
SELECT c.id FROM customers c JOIN products p ON p.id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- tries: a division by zero in ON of the nullable side
SELECT p.id FROM products p LEFT JOIN customers c ON p.id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero in ON of the outer side
SELECT p.id FROM customers c LEFT JOIN products p ON p.id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero in WHERE above an outer join
SELECT p.id FROM products p LEFT JOIN customers c ON p.id = c.id WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero in ON of a FULL JOIN that WHERE makes an inner one
SELECT p.id FROM products p FULL JOIN customers c ON p.id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 WHERE p.id > 0 AND c.id > 0

-- tries: a division by zero in ON of a RIGHT JOIN
SELECT p.id FROM customers c RIGHT JOIN products p ON p.id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero in a join of two hidden sides
SELECT c.id FROM customers c JOIN orders o ON o.customer_id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through a sub-select
SELECT id FROM (SELECT * FROM customers) c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through two sub-selects
SELECT id FROM (SELECT * FROM (SELECT * FROM customers) x) c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through a renamed column
SELECT id FROM (SELECT id, name AS n FROM customers) c(id, name) WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through a CTE
WITH c AS (SELECT * FROM customers) SELECT id FROM c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through NOT MATERIALIZED
WITH c AS NOT MATERIALIZED (SELECT * FROM customers) SELECT a.id FROM c a, c WHERE a.id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through UNION ALL
SELECT * FROM (SELECT name FROM customers UNION ALL SELECT name FROM products) c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through UNION
SELECT * FROM (SELECT name FROM customers UNION SELECT name FROM products) c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through EXCEPT
SELECT * FROM (SELECT name FROM customers EXCEPT SELECT name FROM products) c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through INTERSECT
SELECT * FROM (SELECT name FROM customers INTERSECT SELECT name FROM customers) c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through DISTINCT
SELECT * FROM (SELECT DISTINCT name FROM customers) c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through DISTINCT ON
SELECT * FROM (SELECT DISTINCT ON (name) name, id FROM customers) c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through GROUP BY
SELECT * FROM (SELECT name, count(*) FROM customers GROUP BY name) c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through a window
SELECT * FROM (SELECT name, rank() OVER (PARTITION BY name ORDER BY id) FROM customers) c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero through LIMIT
SELECT * FROM (SELECT name FROM customers ORDER BY id LIMIT 100) c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero in HAVING
SELECT c.name FROM customers c GROUP BY c.name HAVING 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero in HAVING beside an aggregate
SELECT c.name FROM customers c GROUP BY c.name HAVING count(*) > 0 AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero in an aggregate’s FILTER
SELECT count(*) FILTER (WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1) FROM customers c

-- a division by zero in an aggregate
SELECT sum(1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)) FROM customers c

-- a division by zero in the select list
SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) FROM customers c

-- a division by zero in ORDER BY
SELECT id FROM customers c ORDER BY 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END), id LIMIT 2

-- a division by zero in GROUP BY
SELECT count(*) FROM customers c GROUP BY 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)

-- a division by zero in DISTINCT ON
SELECT DISTINCT ON (1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)) id FROM customers c ORDER BY 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END), id

-- a division by zero in a window’s order
SELECT rank() OVER (ORDER BY 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)) FROM customers c

-- a division by zero in EXISTS
SELECT p.id FROM products p WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = p.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1)

-- a division by zero in EXISTS over something else
SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM products p WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = p.id)

-- a division by zero in NOT EXISTS
SELECT c.id FROM customers c WHERE NOT EXISTS (SELECT 1 FROM products p WHERE p.id > 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END))

-- a division by zero in the list of EXISTS
SELECT c.id FROM customers c WHERE EXISTS (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) FROM products p LIMIT 1)

-- a division by zero in IN (SELECT)
SELECT p.id FROM products p WHERE p.id IN (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) FROM customers c)

-- a division by zero in NOT IN (SELECT)
SELECT p.id FROM products p WHERE p.id NOT IN (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) FROM customers c)

-- a division by zero in front of IN (SELECT)
SELECT c.id FROM customers c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) IN (SELECT id FROM products)

-- a division by zero in = ANY (SELECT)
SELECT p.id FROM products p WHERE p.id = ANY (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) FROM customers c)

-- a division by zero in > ALL (SELECT)
SELECT p.id FROM products p WHERE p.id > ALL (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) FROM customers c)

-- a division by zero in a scalar sub-select
SELECT c.id FROM customers c WHERE (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)) = 1

-- a division by zero in a scalar sub-select over something else
SELECT c.id FROM customers c WHERE (SELECT max(p.id) FROM products p WHERE p.id > 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)) > 0

-- a division by zero in ARRAY (SELECT)
SELECT c.id FROM customers c WHERE ARRAY(SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)) <> '{2}'

-- a division by zero in LATERAL
SELECT l.v FROM customers c, LATERAL (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) AS v) l WHERE l.v = 1

-- a division by zero in LATERAL’s own condition
SELECT c.id FROM customers c, LATERAL (SELECT 1 FROM products p WHERE p.id = 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)) l

-- a division by zero in LEFT JOIN LATERAL
SELECT l.v FROM customers c LEFT JOIN LATERAL (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) AS v) l ON true

-- a division by zero in LATERAL VALUES
SELECT l.v FROM customers c LEFT JOIN LATERAL (VALUES (1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END))) l(v) ON true

-- a division by zero in a function of FROM
SELECT g FROM customers c, generate_series(1, 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)::int) g

-- a division by zero in LATERAL’s LIMIT
SELECT p.id FROM customers c, LATERAL (SELECT id FROM products ORDER BY id LIMIT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)::int) p

-- tries: a division by zero in a sample’s size
SELECT p.id FROM customers c, products p TABLESAMPLE bernoulli (100 * 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)::int) WHERE c.id = p.id

-- a division by zero in XMLTABLE
SELECT x.v FROM customers c, XMLTABLE('/r' PASSING xmlelement(name r, 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)) COLUMNS v text PATH '.') x

-- a division by zero computed below, asked above
SELECT id FROM (SELECT id, 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) AS v FROM customers c) s WHERE v = 1

-- a division by zero computed below, joined above
SELECT s.id FROM (SELECT id, 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) AS v FROM customers c) s JOIN products p ON p.id = s.v

-- a division by zero computed below, used by USING
SELECT id FROM (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)::int AS id FROM customers c) s JOIN products p USING (id)

-- a division by zero computed below an outer join
SELECT s.v FROM products p LEFT JOIN (SELECT id, 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) AS v FROM customers c) s ON s.id = p.id

-- a division by zero computed below, grouped, asked above
SELECT * FROM (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) AS v, count(*) FROM customers c GROUP BY 1) s WHERE v = 1

-- a division by zero computed in an arm, asked above
SELECT * FROM (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) AS v FROM customers c UNION ALL SELECT id FROM products) s WHERE v = 1

-- a division by zero computed in a CTE, asked above
WITH w AS (SELECT 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) AS v FROM customers c) SELECT v FROM w WHERE v = 1

-- a division by zero computed in a join of rows
SELECT c.id FROM customers c WHERE (1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END), c.id) IN (SELECT id, id FROM products)

-- a division by zero in a comparison of rows
SELECT c.id FROM customers c WHERE (1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END), 1) < (2, 2)

-- a division by zero in IS DISTINCT FROM
SELECT c.id FROM customers c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) IS DISTINCT FROM 2

-- a division by zero in NULLIF
SELECT c.id FROM customers c WHERE NULLIF(1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END), 2) = 1

-- a division by zero in COALESCE
SELECT c.id FROM customers c WHERE coalesce(1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END), 2) = 1

-- a division by zero in GREATEST
SELECT c.id FROM customers c WHERE greatest(1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END), 0) = 1

-- a division by zero in a subscript
SELECT c.id FROM customers c WHERE (ARRAY[1, 2])[1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)::int] = 1

-- a division by zero in IS NULL
SELECT c.id FROM customers c WHERE (1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END)) IS NOT NULL

-- a division by zero by the row’s type
SELECT c.id FROM customers c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 AND c IS NOT NULL

-- a division by zero in a nested join
SELECT c.id FROM (customers c JOIN orders o ON o.customer_id = c.id) JOIN products p ON 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- tries: a division by zero by a join’s alias
SELECT j.id FROM (customers c JOIN products p ON p.id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1) AS j(id)

-- a division by zero in an update
UPDATE customers c SET note = 'x' WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 RETURNING id

-- a division by zero in an update from others
UPDATE products p SET name = 'x' FROM customers c WHERE c.id = p.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 RETURNING p.id

-- a division by zero in a delete
DELETE FROM order_items i USING customers c WHERE i.order_id = c.id AND 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 RETURNING i.order_id

-- a division by zero in what an insert reads
INSERT INTO products SELECT 100 + c.id, 'x', 1 FROM customers c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 RETURNING id

-- a division by zero in ON CONFLICT
INSERT INTO customers AS c (id, owner_id, name, region) VALUES (18, 7, 'x', 'EU') ON CONFLICT (id) DO UPDATE SET note = 'x' WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1

-- a division by zero in what ON CONFLICT sets
INSERT INTO customers AS c (id, owner_id, name, region) VALUES (18, 7, 'x', 'EU'), (17, 7, 'x', 'EU') ON CONFLICT (id) DO UPDATE SET note = (1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END))::text

-- a division by zero in a CTE that changes
WITH u AS (UPDATE customers c SET note = 'x' WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1 RETURNING id) SELECT * FROM u

-- a division by zero in a cursor
DECLARE k CURSOR FOR SELECT id FROM customers c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1; FETCH ALL FROM k

-- a division by zero in a prepared statement
PREPARE p1 AS SELECT id FROM customers c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1; EXECUTE p1; DEALLOCATE p1

-- a division by zero in COPY
COPY (SELECT id FROM customers c WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = 1) TO STDOUT

-- a root of −1 in WHERE
SELECT id FROM customers c WHERE sqrt(CASE WHEN c.name LIKE 'N5%' THEN -1 ELSE 1 END) = 1

-- a root of −1 in ON
SELECT c.id FROM customers c JOIN products p ON p.id = c.id AND sqrt(CASE WHEN c.name LIKE 'N5%' THEN -1 ELSE 1 END) = 1

-- a root of −1 in WHERE above an outer join
SELECT p.id FROM products p LEFT JOIN customers c ON p.id = c.id WHERE sqrt(CASE WHEN c.name LIKE 'N5%' THEN -1 ELSE 1 END) = 1

-- a root of −1 through a sub-select
SELECT id FROM (SELECT * FROM customers) c WHERE sqrt(CASE WHEN c.name LIKE 'N5%' THEN -1 ELSE 1 END) = 1

-- a root of −1 through NOT MATERIALIZED
WITH c AS NOT MATERIALIZED (SELECT * FROM customers) SELECT a.id FROM c a, c WHERE a.id = c.id AND sqrt(CASE WHEN c.name LIKE 'N5%' THEN -1 ELSE 1 END) = 1

-- a root of −1 in EXISTS
SELECT p.id FROM products p WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = p.id AND sqrt(CASE WHEN c.name LIKE 'N5%' THEN -1 ELSE 1 END) = 1)

-- a root of −1 in a function of FROM
SELECT g FROM customers c, generate_series(1, sqrt(CASE WHEN c.name LIKE 'N5%' THEN -1 ELSE 1 END)::int) g

-- a cast in WHERE
SELECT id FROM customers c WHERE (CASE WHEN c.name LIKE 'N5%' THEN 'x' ELSE '1' END)::int = 1

-- a cast in ON
SELECT c.id FROM customers c JOIN products p ON p.id = c.id AND (CASE WHEN c.name LIKE 'N5%' THEN 'x' ELSE '1' END)::int = 1

-- a cast in WHERE above an outer join
SELECT p.id FROM products p LEFT JOIN customers c ON p.id = c.id WHERE (CASE WHEN c.name LIKE 'N5%' THEN 'x' ELSE '1' END)::int = 1

-- a cast through a sub-select
SELECT id FROM (SELECT * FROM customers) c WHERE (CASE WHEN c.name LIKE 'N5%' THEN 'x' ELSE '1' END)::int = 1

-- a cast through NOT MATERIALIZED
WITH c AS NOT MATERIALIZED (SELECT * FROM customers) SELECT a.id FROM c a, c WHERE a.id = c.id AND (CASE WHEN c.name LIKE 'N5%' THEN 'x' ELSE '1' END)::int = 1

-- a cast in EXISTS
SELECT p.id FROM products p WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = p.id AND (CASE WHEN c.name LIKE 'N5%' THEN 'x' ELSE '1' END)::int = 1)

-- a cast in a function of FROM
SELECT g FROM customers c, generate_series(1, (CASE WHEN c.name LIKE 'N5%' THEN 'x' ELSE '1' END)::int::int) g

-- a logarithm of 0 in WHERE
SELECT id FROM customers c WHERE ln(CASE WHEN c.name ~ '^N5' THEN 0 ELSE 2.718281828459045 END)::int = 1

-- a logarithm of 0 in ON
SELECT c.id FROM customers c JOIN products p ON p.id = c.id AND ln(CASE WHEN c.name ~ '^N5' THEN 0 ELSE 2.718281828459045 END)::int = 1

-- a logarithm of 0 in WHERE above an outer join
SELECT p.id FROM products p LEFT JOIN customers c ON p.id = c.id WHERE ln(CASE WHEN c.name ~ '^N5' THEN 0 ELSE 2.718281828459045 END)::int = 1

-- a logarithm of 0 through a sub-select
SELECT id FROM (SELECT * FROM customers) c WHERE ln(CASE WHEN c.name ~ '^N5' THEN 0 ELSE 2.718281828459045 END)::int = 1

-- a logarithm of 0 through NOT MATERIALIZED
WITH c AS NOT MATERIALIZED (SELECT * FROM customers) SELECT a.id FROM c a, c WHERE a.id = c.id AND ln(CASE WHEN c.name ~ '^N5' THEN 0 ELSE 2.718281828459045 END)::int = 1

-- a logarithm of 0 in EXISTS
SELECT p.id FROM products p WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = p.id AND ln(CASE WHEN c.name ~ '^N5' THEN 0 ELSE 2.718281828459045 END)::int = 1)

-- a logarithm of 0 in a function of FROM
SELECT g FROM customers c, generate_series(1, ln(CASE WHEN c.name ~ '^N5' THEN 0 ELSE 2.718281828459045 END)::int::int) g

-- memory in WHERE
SELECT id FROM customers c WHERE length(repeat('x', CASE WHEN c.name LIKE 'N5%' THEN 2000000000 ELSE 1 END)) = 1

-- memory in ON
SELECT c.id FROM customers c JOIN products p ON p.id = c.id AND length(repeat('x', CASE WHEN c.name LIKE 'N5%' THEN 2000000000 ELSE 1 END)) = 1

-- memory in WHERE above an outer join
SELECT p.id FROM products p LEFT JOIN customers c ON p.id = c.id WHERE length(repeat('x', CASE WHEN c.name LIKE 'N5%' THEN 2000000000 ELSE 1 END)) = 1

-- memory through a sub-select
SELECT id FROM (SELECT * FROM customers) c WHERE length(repeat('x', CASE WHEN c.name LIKE 'N5%' THEN 2000000000 ELSE 1 END)) = 1

-- memory through NOT MATERIALIZED
WITH c AS NOT MATERIALIZED (SELECT * FROM customers) SELECT a.id FROM c a, c WHERE a.id = c.id AND length(repeat('x', CASE WHEN c.name LIKE 'N5%' THEN 2000000000 ELSE 1 END)) = 1

-- memory in EXISTS
SELECT p.id FROM products p WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = p.id AND length(repeat('x', CASE WHEN c.name LIKE 'N5%' THEN 2000000000 ELSE 1 END)) = 1)

-- memory in a function of FROM
SELECT g FROM customers c, generate_series(1, length(repeat('x', CASE WHEN c.name LIKE 'N5%' THEN 2000000000 ELSE 1 END))::int) g

-- several rows of a sub-select in WHERE
SELECT id FROM customers c WHERE (CASE WHEN c.name LIKE 'N5%' THEN (SELECT id FROM products) ELSE 1 END) = 1

-- several rows of a sub-select in ON
SELECT c.id FROM customers c JOIN products p ON p.id = c.id AND (CASE WHEN c.name LIKE 'N5%' THEN (SELECT id FROM products) ELSE 1 END) = 1

-- several rows of a sub-select in WHERE above an outer join
SELECT p.id FROM products p LEFT JOIN customers c ON p.id = c.id WHERE (CASE WHEN c.name LIKE 'N5%' THEN (SELECT id FROM products) ELSE 1 END) = 1

-- several rows of a sub-select through a sub-select
SELECT id FROM (SELECT * FROM customers) c WHERE (CASE WHEN c.name LIKE 'N5%' THEN (SELECT id FROM products) ELSE 1 END) = 1

-- several rows of a sub-select through NOT MATERIALIZED
WITH c AS NOT MATERIALIZED (SELECT * FROM customers) SELECT a.id FROM c a, c WHERE a.id = c.id AND (CASE WHEN c.name LIKE 'N5%' THEN (SELECT id FROM products) ELSE 1 END) = 1

-- several rows of a sub-select in EXISTS
SELECT p.id FROM products p WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = p.id AND (CASE WHEN c.name LIKE 'N5%' THEN (SELECT id FROM products) ELSE 1 END) = 1)

-- several rows of a sub-select in a function of FROM
SELECT g FROM customers c, generate_series(1, (CASE WHEN c.name LIKE 'N5%' THEN (SELECT id FROM products) ELSE 1 END)::int) g

-- a product with false in WHERE
SELECT id FROM customers c WHERE (ARRAY[1])[1] / (c.name NOT LIKE 'N5%')::int = 1

-- a product with false in ON
SELECT c.id FROM customers c JOIN products p ON p.id = c.id AND (ARRAY[1])[1] / (c.name NOT LIKE 'N5%')::int = 1

-- a product with false in WHERE above an outer join
SELECT p.id FROM products p LEFT JOIN customers c ON p.id = c.id WHERE (ARRAY[1])[1] / (c.name NOT LIKE 'N5%')::int = 1

-- a product with false through a sub-select
SELECT id FROM (SELECT * FROM customers) c WHERE (ARRAY[1])[1] / (c.name NOT LIKE 'N5%')::int = 1

-- a product with false through NOT MATERIALIZED
WITH c AS NOT MATERIALIZED (SELECT * FROM customers) SELECT a.id FROM c a, c WHERE a.id = c.id AND (ARRAY[1])[1] / (c.name NOT LIKE 'N5%')::int = 1

-- a product with false in EXISTS
SELECT p.id FROM products p WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = p.id AND (ARRAY[1])[1] / (c.name NOT LIKE 'N5%')::int = 1)

-- a product with false in a function of FROM
SELECT g FROM customers c, generate_series(1, (ARRAY[1])[1] / (c.name NOT LIKE 'N5%')::int::int) g

-- before a filter that has become a join, in WHERE
SELECT id FROM orders c WHERE 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1

-- before a filter that has become a join, behind a condition that fits
SELECT id FROM orders c WHERE c.id > 0 AND 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1

-- before a filter that has become a join, before a condition
SELECT id FROM orders c WHERE 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1 AND c.id > 0

-- before a filter that has become a join, in parentheses
SELECT id FROM orders c WHERE (((1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1)))

-- before a filter that has become a join, under NOT
SELECT id FROM orders c WHERE NOT (1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) <> 1)

-- before a filter that has become a join, under OR
SELECT id FROM orders c WHERE c.id = 6 OR 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 2

-- before a filter that has become a join, in CASE
SELECT id FROM orders c WHERE CASE WHEN c.id > 0 THEN 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1 ELSE 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1 END

-- before a filter that has become a join, in IN
SELECT id FROM orders c WHERE 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) IN (1, 2)

-- before a filter that has become a join, in BETWEEN
SELECT id FROM orders c WHERE 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) BETWEEN 1 AND 2 AND c.id > 0

-- before a filter that has become a join, in ON
SELECT c.id FROM orders c JOIN products p ON p.id = c.id AND 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1

-- tries: before a filter that has become a join, in ON of the nullable side
SELECT p.id FROM products p LEFT JOIN orders c ON p.id = c.id AND 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1

-- before a filter that has become a join, in ON of the outer side
SELECT p.id FROM orders c LEFT JOIN products p ON p.id = c.id AND 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1

-- tries: before a filter that has become a join, in WHERE above an outer join
SELECT p.id FROM products p LEFT JOIN orders c ON p.id = c.id WHERE 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1

-- before a filter that has become a join, in ON of a FULL JOIN that WHERE makes an inner one
SELECT p.id FROM products p FULL JOIN orders c ON p.id = c.id AND 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1 WHERE p.id > 0 AND c.id > 0

-- before a filter that has become a join, in EXISTS
SELECT p.id FROM products p WHERE EXISTS (SELECT 1 FROM orders c WHERE c.id = p.id AND 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1)

-- before a filter that has become a join, in EXISTS over something else
SELECT c.id FROM orders c WHERE EXISTS (SELECT 1 FROM products p WHERE 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = p.id)

-- before a filter that has become a join, in NOT EXISTS
SELECT c.id FROM orders c WHERE NOT EXISTS (SELECT 1 FROM products p WHERE p.id > 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END))

-- before a filter that has become a join, in the list of EXISTS
SELECT c.id FROM orders c WHERE EXISTS (SELECT 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) FROM products p LIMIT 1)

-- before a filter that has become a join, in IN (SELECT)
SELECT p.id FROM products p WHERE p.id IN (SELECT 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) FROM orders c)

-- before a filter that has become a join, in NOT IN (SELECT)
SELECT p.id FROM products p WHERE p.id NOT IN (SELECT 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) FROM orders c)

-- before a filter that has become a join, in front of IN (SELECT)
SELECT c.id FROM orders c WHERE 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) IN (SELECT id FROM products)

-- before a filter that has become a join, in = ANY (SELECT)
SELECT p.id FROM products p WHERE p.id = ANY (SELECT 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) FROM orders c)

-- before a filter that has become a join, in > ALL (SELECT)
SELECT p.id FROM products p WHERE p.id > ALL (SELECT 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) FROM orders c)

-- before a filter that has become a join, in a scalar sub-select
SELECT c.id FROM orders c WHERE (SELECT 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END)) = 1

-- before a filter that has become a join, in a scalar sub-select over something else
SELECT c.id FROM orders c WHERE (SELECT max(p.id) FROM products p WHERE p.id > 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END)) > 0

-- before a filter that has become a join, in ARRAY (SELECT)
SELECT c.id FROM orders c WHERE ARRAY(SELECT 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END)) <> '{2}'

-- before a filter that has become a join, in LATERAL
SELECT l.v FROM orders c, LATERAL (SELECT 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) AS v) l WHERE l.v = 1

-- before a filter that has become a join, in LATERAL’s own condition
SELECT c.id FROM orders c, LATERAL (SELECT 1 FROM products p WHERE p.id = 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END)) l

-- before a filter that has become a join, in LEFT JOIN LATERAL
SELECT l.v FROM orders c LEFT JOIN LATERAL (SELECT 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) AS v) l ON true

-- before a filter that has become a join, in LATERAL VALUES
SELECT l.v FROM orders c LEFT JOIN LATERAL (VALUES (1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END))) l(v) ON true

-- before a filter that has become a join, in a function of FROM
SELECT g FROM orders c, generate_series(1, 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END)::int) g

-- before a filter that has become a join, in LATERAL’s LIMIT
SELECT p.id FROM orders c, LATERAL (SELECT id FROM products ORDER BY id LIMIT 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END)::int) p

-- tries: before a filter that has become a join, in a sample’s size
SELECT p.id FROM orders c, products p TABLESAMPLE bernoulli (100 * 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END)::int) WHERE c.id = p.id

-- before a filter that has become a join, in XMLTABLE
SELECT x.v FROM orders c, XMLTABLE('/r' PASSING xmlelement(name r, 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END)) COLUMNS v text PATH '.') x

-- before a filter that has become a join, computed below, asked above
SELECT id FROM (SELECT id, 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) AS v FROM orders c) s WHERE v = 1

-- before a dear filter, in WHERE
SELECT "Key" FROM "Odd Names" c WHERE 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) = 1

-- before a dear filter, behind a condition that fits
SELECT "Key" FROM "Odd Names" c WHERE c."Key" > 0 AND 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) = 1

-- before a dear filter, before a condition
SELECT "Key" FROM "Odd Names" c WHERE 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) = 1 AND c."Key" > 0

-- before a dear filter, in parentheses
SELECT "Key" FROM "Odd Names" c WHERE (((1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) = 1)))

-- before a dear filter, under NOT
SELECT "Key" FROM "Odd Names" c WHERE NOT (1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) <> 1)

-- before a dear filter, under OR
SELECT "Key" FROM "Odd Names" c WHERE owner_id = 7 OR 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) = 2

-- before a dear filter, in CASE
SELECT "Key" FROM "Odd Names" c WHERE CASE WHEN c."Key" > 0 THEN 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) = 1 ELSE 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) = 1 END

-- before a dear filter, in IN
SELECT "Key" FROM "Odd Names" c WHERE 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) IN (1, 2)

-- before a dear filter, in BETWEEN
SELECT "Key" FROM "Odd Names" c WHERE 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) BETWEEN 1 AND 2 AND c."Key" > 0

-- before a dear filter, through a sub-select
SELECT "Key" FROM (SELECT * FROM "Odd Names") c WHERE 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) = 1

-- before a dear filter, through two sub-selects
SELECT "Key" FROM (SELECT * FROM (SELECT * FROM "Odd Names") x) c WHERE 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) = 1

-- before a dear filter, through a CTE
WITH c AS (SELECT * FROM "Odd Names") SELECT "Key" FROM c WHERE 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) = 1

-- before a dear filter, in EXISTS
SELECT p.id FROM products p WHERE EXISTS (SELECT 1 FROM "Odd Names" c WHERE c."Key" = p.id AND 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) = 1)

-- before a dear filter, in EXISTS over something else
SELECT c."Key" FROM "Odd Names" c WHERE EXISTS (SELECT 1 FROM products p WHERE 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) = p.id)

-- before a dear filter, in NOT EXISTS
SELECT c."Key" FROM "Odd Names" c WHERE NOT EXISTS (SELECT 1 FROM products p WHERE p.id > 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END))

-- tries: before a dear filter, in the list of EXISTS
SELECT c."Key" FROM "Odd Names" c WHERE EXISTS (SELECT 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) FROM products p LIMIT 1)

-- before a dear filter, in IN (SELECT)
SELECT p.id FROM products p WHERE p.id IN (SELECT 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) FROM "Odd Names" c)

-- before a dear filter, in NOT IN (SELECT)
SELECT p.id FROM products p WHERE p.id NOT IN (SELECT 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) FROM "Odd Names" c)

-- before a dear filter, in front of IN (SELECT)
SELECT c."Key" FROM "Odd Names" c WHERE 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) IN (SELECT "Key" FROM products)

-- before a dear filter, in = ANY (SELECT)
SELECT p.id FROM products p WHERE p.id = ANY (SELECT 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) FROM "Odd Names" c)

-- before a dear filter, in > ALL (SELECT)
SELECT p.id FROM products p WHERE p.id > ALL (SELECT 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) FROM "Odd Names" c)

-- before a dear filter, in a scalar sub-select
SELECT c."Key" FROM "Odd Names" c WHERE (SELECT 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END)) = 1

-- before a dear filter, in a scalar sub-select over something else
SELECT c."Key" FROM "Odd Names" c WHERE (SELECT max(p.id) FROM products p WHERE p.id > 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END)) > 0

-- before a dear filter, in ARRAY (SELECT)
SELECT c."Key" FROM "Odd Names" c WHERE ARRAY(SELECT 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END)) <> '{2}'

-- before a dear filter, in LATERAL
SELECT l.v FROM "Odd Names" c, LATERAL (SELECT 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) AS v) l WHERE l.v = 1

-- before a dear filter, in LATERAL’s own condition
SELECT c."Key" FROM "Odd Names" c, LATERAL (SELECT 1 FROM products p WHERE p.id = 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END)) l

-- before a dear filter, in LEFT JOIN LATERAL
SELECT l.v FROM "Odd Names" c LEFT JOIN LATERAL (SELECT 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) AS v) l ON true

-- before a dear filter, in LATERAL VALUES
SELECT l.v FROM "Odd Names" c LEFT JOIN LATERAL (VALUES (1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END))) l(v) ON true

-- before a dear filter, in a function of FROM
SELECT g FROM "Odd Names" c, generate_series(1, 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END)::int) g

-- tries: before a dear filter, in LATERAL’s LIMIT
SELECT p.id FROM "Odd Names" c, LATERAL (SELECT "Key" FROM products ORDER BY id LIMIT 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END)::int) p

-- tries: before a dear filter, in a sample’s size
SELECT p.id FROM "Odd Names" c, products p TABLESAMPLE bernoulli (100 * 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END)::int) WHERE c."Key" = p.id

-- before a dear filter, computed below, asked above
SELECT "Key" FROM (SELECT "Key", 1/(CASE WHEN c."select" = 'N5' THEN 0 ELSE 1 END) AS v FROM "Odd Names" c) s WHERE v = 1

-- a leakproof test, then several rows of a sub-select
SELECT "Key" FROM "Odd Names" WHERE CASE WHEN "select" = 'N5' THEN (SELECT id FROM products) ELSE 1 END = 1

-- tries: a leakproof condition, then several rows of a sub-select
SELECT "Key" FROM "Odd Names" WHERE "select" = 'N5' AND "Key" > (SELECT id FROM products)

-- a leakproof condition on a key, then several rows of a sub-select
SELECT id FROM customers WHERE id = 100000 AND owner_id = (SELECT id FROM products)

-- a leakproof condition on orders, then several rows of a sub-select
SELECT id FROM orders WHERE id = 100000 AND owner_id = (SELECT id FROM products)

-- computed below by a leakproof test: several rows of a sub-select
SELECT * FROM (SELECT "Key", CASE WHEN "select" = 'N5' THEN (SELECT id FROM products) ELSE 1 END AS v FROM "Odd Names") s WHERE v = 1

-- tries: asked beside a column of the same sub-select: several rows of a sub-select
SELECT * FROM (SELECT "select" AS n, "Key", (SELECT id FROM products) AS v FROM "Odd Names") s WHERE n = 'N5' AND "Key" > v

-- by OR: several rows of a sub-select
SELECT "Key" FROM "Odd Names" WHERE "select" <> 'N5' OR "Key" = (SELECT id FROM products)

-- by COALESCE: several rows of a sub-select
SELECT "Key" FROM "Odd Names" WHERE coalesce(NULLIF("select" <> 'N5', false), "Key" = (SELECT id FROM products))

-- by a join: several rows of a sub-select
SELECT o."Key" FROM "Odd Names" o JOIN products p ON p.id = o."Key" AND CASE WHEN o."select" = 'N5' THEN (SELECT id FROM products) ELSE 1 END = 1

-- in a delete: several rows of a sub-select
DELETE FROM orders WHERE id = 100000 AND owner_id = (SELECT id FROM products)

-- in an update: several rows of a sub-select
UPDATE customers SET note = 'x' WHERE id = 100000 AND owner_id = (SELECT id FROM products)

-- a leakproof test, then a stable cast
SELECT "Key" FROM "Odd Names" WHERE CASE WHEN "select" = 'N5' THEN (SELECT to_char(now(), '"x"')::int) ELSE 1 END = 1

-- tries: a leakproof condition, then a stable cast
SELECT "Key" FROM "Odd Names" WHERE "select" = 'N5' AND "Key" > (SELECT to_char(now(), '"x"')::int)

-- a leakproof condition on a key, then a stable cast
SELECT id FROM customers WHERE id = 100000 AND owner_id = (SELECT to_char(now(), '"x"')::int)

-- a leakproof condition on orders, then a stable cast
SELECT id FROM orders WHERE id = 100000 AND owner_id = (SELECT to_char(now(), '"x"')::int)

-- computed below by a leakproof test: a stable cast
SELECT * FROM (SELECT "Key", CASE WHEN "select" = 'N5' THEN (SELECT to_char(now(), '"x"')::int) ELSE 1 END AS v FROM "Odd Names") s WHERE v = 1

-- tries: asked beside a column of the same sub-select: a stable cast
SELECT * FROM (SELECT "select" AS n, "Key", (SELECT to_char(now(), '"x"')::int) AS v FROM "Odd Names") s WHERE n = 'N5' AND "Key" > v

-- by OR: a stable cast
SELECT "Key" FROM "Odd Names" WHERE "select" <> 'N5' OR "Key" = (SELECT to_char(now(), '"x"')::int)

-- by COALESCE: a stable cast
SELECT "Key" FROM "Odd Names" WHERE coalesce(NULLIF("select" <> 'N5', false), "Key" = (SELECT to_char(now(), '"x"')::int))

-- by a join: a stable cast
SELECT o."Key" FROM "Odd Names" o JOIN products p ON p.id = o."Key" AND CASE WHEN o."select" = 'N5' THEN (SELECT to_char(now(), '"x"')::int) ELSE 1 END = 1

-- in a delete: a stable cast
DELETE FROM orders WHERE id = 100000 AND owner_id = (SELECT to_char(now(), '"x"')::int)

-- in an update: a stable cast
UPDATE customers SET note = 'x' WHERE id = 100000 AND owner_id = (SELECT to_char(now(), '"x"')::int)

-- a leakproof test, then a division in a sub-select
SELECT "Key" FROM "Odd Names" WHERE CASE WHEN "select" = 'N5' THEN (SELECT 1/(id - 5) FROM products WHERE id = 5) ELSE 1 END = 1

-- tries: a leakproof condition, then a division in a sub-select
SELECT "Key" FROM "Odd Names" WHERE "select" = 'N5' AND "Key" > (SELECT 1/(id - 5) FROM products WHERE id = 5)

-- a leakproof condition on a key, then a division in a sub-select
SELECT id FROM customers WHERE id = 100000 AND owner_id = (SELECT 1/(id - 5) FROM products WHERE id = 5)

-- a leakproof condition on orders, then a division in a sub-select
SELECT id FROM orders WHERE id = 100000 AND owner_id = (SELECT 1/(id - 5) FROM products WHERE id = 5)

-- computed below by a leakproof test: a division in a sub-select
SELECT * FROM (SELECT "Key", CASE WHEN "select" = 'N5' THEN (SELECT 1/(id - 5) FROM products WHERE id = 5) ELSE 1 END AS v FROM "Odd Names") s WHERE v = 1

-- tries: asked beside a column of the same sub-select: a division in a sub-select
SELECT * FROM (SELECT "select" AS n, "Key", (SELECT 1/(id - 5) FROM products WHERE id = 5) AS v FROM "Odd Names") s WHERE n = 'N5' AND "Key" > v

-- by OR: a division in a sub-select
SELECT "Key" FROM "Odd Names" WHERE "select" <> 'N5' OR "Key" = (SELECT 1/(id - 5) FROM products WHERE id = 5)

-- by COALESCE: a division in a sub-select
SELECT "Key" FROM "Odd Names" WHERE coalesce(NULLIF("select" <> 'N5', false), "Key" = (SELECT 1/(id - 5) FROM products WHERE id = 5))

-- by a join: a division in a sub-select
SELECT o."Key" FROM "Odd Names" o JOIN products p ON p.id = o."Key" AND CASE WHEN o."select" = 'N5' THEN (SELECT 1/(id - 5) FROM products WHERE id = 5) ELSE 1 END = 1

-- in a delete: a division in a sub-select
DELETE FROM orders WHERE id = 100000 AND owner_id = (SELECT 1/(id - 5) FROM products WHERE id = 5)

-- in an update: a division in a sub-select
UPDATE customers SET note = 'x' WHERE id = 100000 AND owner_id = (SELECT 1/(id - 5) FROM products WHERE id = 5)

-- a leakproof test, then a volatile cast
SELECT "Key" FROM "Odd Names" WHERE CASE WHEN "select" = 'N5' THEN to_char(clock_timestamp(), '"x"')::int ELSE 1 END = 1

-- a leakproof condition, then a volatile cast
SELECT "Key" FROM "Odd Names" WHERE "select" = 'N5' AND "Key" > to_char(clock_timestamp(), '"x"')::int

-- a leakproof condition on a key, then a volatile cast
SELECT id FROM customers WHERE id = 100000 AND owner_id = to_char(clock_timestamp(), '"x"')::int

-- a leakproof condition on orders, then a volatile cast
SELECT id FROM orders WHERE id = 100000 AND owner_id = to_char(clock_timestamp(), '"x"')::int

-- computed below by a leakproof test: a volatile cast
SELECT * FROM (SELECT "Key", CASE WHEN "select" = 'N5' THEN to_char(clock_timestamp(), '"x"')::int ELSE 1 END AS v FROM "Odd Names") s WHERE v = 1

-- asked beside a column of the same sub-select: a volatile cast
SELECT * FROM (SELECT "select" AS n, "Key", to_char(clock_timestamp(), '"x"')::int AS v FROM "Odd Names") s WHERE n = 'N5' AND "Key" > v

-- by OR: a volatile cast
SELECT "Key" FROM "Odd Names" WHERE "select" <> 'N5' OR "Key" = to_char(clock_timestamp(), '"x"')::int

-- by COALESCE: a volatile cast
SELECT "Key" FROM "Odd Names" WHERE coalesce(NULLIF("select" <> 'N5', false), "Key" = to_char(clock_timestamp(), '"x"')::int)

-- by a join: a volatile cast
SELECT o."Key" FROM "Odd Names" o JOIN products p ON p.id = o."Key" AND CASE WHEN o."select" = 'N5' THEN to_char(clock_timestamp(), '"x"')::int ELSE 1 END = 1

-- in a delete: a volatile cast
DELETE FROM orders WHERE id = 100000 AND owner_id = to_char(clock_timestamp(), '"x"')::int

-- in an update: a volatile cast
UPDATE customers SET note = 'x' WHERE id = 100000 AND owner_id = to_char(clock_timestamp(), '"x"')::int

-- a leakproof test, then a setting that is not there
SELECT "Key" FROM "Odd Names" WHERE CASE WHEN "select" = 'N5' THEN (SELECT current_setting('no.such'))::int ELSE 1 END = 1

-- a leakproof condition, then a setting that is not there
SELECT "Key" FROM "Odd Names" WHERE "select" = 'N5' AND "Key" > (SELECT current_setting('no.such'))::int

-- a leakproof condition on a key, then a setting that is not there
SELECT id FROM customers WHERE id = 100000 AND owner_id = (SELECT current_setting('no.such'))::int

-- a leakproof condition on orders, then a setting that is not there
SELECT id FROM orders WHERE id = 100000 AND owner_id = (SELECT current_setting('no.such'))::int

-- computed below by a leakproof test: a setting that is not there
SELECT * FROM (SELECT "Key", CASE WHEN "select" = 'N5' THEN (SELECT current_setting('no.such'))::int ELSE 1 END AS v FROM "Odd Names") s WHERE v = 1

-- asked beside a column of the same sub-select: a setting that is not there
SELECT * FROM (SELECT "select" AS n, "Key", (SELECT current_setting('no.such'))::int AS v FROM "Odd Names") s WHERE n = 'N5' AND "Key" > v

-- by OR: a setting that is not there
SELECT "Key" FROM "Odd Names" WHERE "select" <> 'N5' OR "Key" = (SELECT current_setting('no.such'))::int

-- by COALESCE: a setting that is not there
SELECT "Key" FROM "Odd Names" WHERE coalesce(NULLIF("select" <> 'N5', false), "Key" = (SELECT current_setting('no.such'))::int)

-- by a join: a setting that is not there
SELECT o."Key" FROM "Odd Names" o JOIN products p ON p.id = o."Key" AND CASE WHEN o."select" = 'N5' THEN (SELECT current_setting('no.such'))::int ELSE 1 END = 1

-- in a delete: a setting that is not there
DELETE FROM orders WHERE id = 100000 AND owner_id = (SELECT current_setting('no.such'))::int

-- in an update: a setting that is not there
UPDATE customers SET note = 'x' WHERE id = 100000 AND owner_id = (SELECT current_setting('no.such'))::int

-- a leakproof test, then a count
SELECT "Key" FROM "Odd Names" WHERE CASE WHEN "select" = 'N5' THEN nextval('counter')::int ELSE 1 END = 1; SELECT last_value FROM counter

-- a leakproof condition, then a count
SELECT "Key" FROM "Odd Names" WHERE "select" = 'N5' AND "Key" > nextval('counter')::int; SELECT last_value FROM counter

-- a leakproof condition on a key, then a count
SELECT id FROM customers WHERE id = 100000 AND owner_id = nextval('counter')::int; SELECT last_value FROM counter

-- a leakproof condition on orders, then a count
SELECT id FROM orders WHERE id = 100000 AND owner_id = nextval('counter')::int; SELECT last_value FROM counter

-- computed below by a leakproof test: a count
SELECT * FROM (SELECT "Key", CASE WHEN "select" = 'N5' THEN nextval('counter')::int ELSE 1 END AS v FROM "Odd Names") s WHERE v = 1; SELECT last_value FROM counter

-- asked beside a column of the same sub-select: a count
SELECT * FROM (SELECT "select" AS n, "Key", nextval('counter')::int AS v FROM "Odd Names") s WHERE n = 'N5' AND "Key" > v; SELECT last_value FROM counter

-- by OR: a count
SELECT "Key" FROM "Odd Names" WHERE "select" <> 'N5' OR "Key" = nextval('counter')::int; SELECT last_value FROM counter

-- by COALESCE: a count
SELECT "Key" FROM "Odd Names" WHERE coalesce(NULLIF("select" <> 'N5', false), "Key" = nextval('counter')::int); SELECT last_value FROM counter

-- by a join: a count
SELECT o."Key" FROM "Odd Names" o JOIN products p ON p.id = o."Key" AND CASE WHEN o."select" = 'N5' THEN nextval('counter')::int ELSE 1 END = 1; SELECT last_value FROM counter

-- in a delete: a count
DELETE FROM orders WHERE id = 100000 AND owner_id = nextval('counter')::int; SELECT last_value FROM counter

-- in an update: a count
UPDATE customers SET note = 'x' WHERE id = 100000 AND owner_id = nextval('counter')::int; SELECT last_value FROM counter

-- an IN over what fails, behind a key
SELECT id FROM orders WHERE id = 100000 AND customer_id IN (SELECT 1/(id-5) FROM products)

-- a NOT IN over what fails, behind a key
SELECT id FROM orders WHERE id = 100000 AND customer_id NOT IN (SELECT 1/(id-5) FROM products)

-- an EXISTS over what fails, behind a key
SELECT id FROM orders o WHERE o.id = 100000 AND EXISTS (SELECT 1 FROM products p WHERE p.id < o.id AND 1/(p.id - 5) < 9 OFFSET 0)

-- an ALL over what fails, behind a key
SELECT id FROM orders o WHERE o.id = 100000 AND o.id > ALL (SELECT 1/(p.id - 5) FROM products p)

-- the guard’s alias taken by VALUES
SELECT 1 FROM "Odd Names" c, LATERAL (SELECT * FROM (VALUES (7)) c(owner_id) WHERE 1/(CASE WHEN "select" = 'N5' THEN 0 ELSE 1 END) = 1) x

-- the guard’s alias taken by a sub-select
SELECT 1 FROM orders o, LATERAL (SELECT * FROM (SELECT 17 AS customer_id) o WHERE 1/(CASE WHEN amount = 1 THEN 0 ELSE 1 END) = 1) x

-- the guard’s alias taken inside EXISTS
SELECT 1 FROM orders o WHERE EXISTS (SELECT 1 FROM (SELECT 17 AS customer_id) o WHERE 1/(CASE WHEN amount = 1 THEN 0 ELSE 1 END) = 1)

-- the filter’s own alias taken
SELECT 1 FROM orders c WHERE 1/(CASE WHEN c.amount = 1 THEN 0 ELSE 1 END) = 1

-- a column bound beside its ON
SELECT 1 FROM orders o, LATERAL (SELECT 1 FROM products p(amount), (VALUES(1)) v(a) JOIN (VALUES (1)) w(b) ON 1/(CASE WHEN amount = 1 THEN 0 ELSE 1 END)=1) l

-- a column bound by a cast’s name
SELECT 1 FROM customers c, LATERAL (SELECT 1 FROM (SELECT 'a'::name::text) s WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1) l

-- a column bound by CASE’s name
SELECT 1 FROM customers c, LATERAL (SELECT 1 FROM (SELECT CASE WHEN true THEN 'a' ELSE 'b'::name END) s WHERE 1/(CASE WHEN name LIKE 'N5%' THEN 0 ELSE 1 END) = 1) l

-- a column bound by a function’s output parameter
SELECT 1 FROM orders o, LATERAL (SELECT 1 FROM json_array_elements('[1]') amount WHERE 1/(CASE WHEN amount = 1 THEN 0 ELSE 1 END)=1) l

-- a column behind columns that are not known
SELECT 1 FROM (SELECT g.*, o.owner_id, o."select", o."a.b" FROM (SELECT 1) z, json_populate_record(NULL::products, '{"id":7}') g, "Odd Names" o) AS x(a,b,c,d,e) WHERE 1/(CASE WHEN e = 'N5' THEN 0 ELSE 1 END) = 1

-- a count of the rows tried
SELECT count(*) FROM customers WHERE nextval('counter') > 0; SELECT last_value FROM counter

-- a count of the rows joined
SELECT count(*) FROM customers c JOIN products p ON nextval('counter') > 0; SELECT last_value FROM counter

-- a count of orders tried
SELECT count(*) FROM orders WHERE nextval('counter') > 0; SELECT last_value FROM counter

-- a count in LATERAL
SELECT count(*) FROM orders o, LATERAL (SELECT nextval('counter') AS v, o.id) l; SELECT last_value FROM counter

-- a count in an update
UPDATE customers SET note = 'x' WHERE nextval('counter') > 0; SELECT last_value FROM counter

-- a count in HAVING
SELECT name FROM customers GROUP BY name HAVING nextval('counter') > 0; SELECT last_value FROM counter

-- a computed column of a sub-select, under a condition that is true of no NULL
SELECT "Key" FROM (SELECT "Key", 1 / (CASE WHEN "select" = 'N5' THEN 0 ELSE 1 END) AS n FROM "Odd Names") s WHERE n > 0

-- a computed column of a sub-select, under a condition that does not mind NULL
SELECT "Key" FROM (SELECT "Key", 1 / (CASE WHEN "select" = 'N5' THEN 0 ELSE 1 END) AS n FROM "Odd Names") s WHERE coalesce(n, 1) > 0

-- a computed column of a sub-select, and a condition that fails on NULL
SELECT "Key" FROM (SELECT "Key", lower("select") AS n FROM "Odd Names") s WHERE 1 / (CASE WHEN n = 'n5' THEN 0 ELSE 1 END) = 1

-- tries: a computed column of a sub-select, and a condition that counts the rows it is tried on
SELECT "Key" FROM (SELECT "Key", lower("select") AS n FROM "Odd Names") s WHERE coalesce(n, 'x') <> 'n6' AND 1 / (CASE WHEN n IS NULL THEN 0 ELSE 1 END) = 1

-- a computed column of a sub-select two levels down, through a join
SELECT t."Key" FROM (SELECT s.*, p.id FROM (SELECT "Key", 1 / (CASE WHEN "select" = 'N5' THEN 0 ELSE 1 END) AS n FROM "Odd Names") s LEFT JOIN products p ON p.id = s."Key") t WHERE t.n = 1

-- a computed column of a CTE
WITH s AS (SELECT "Key", 1 / (CASE WHEN "select" = 'N5' THEN 0 ELSE 1 END) AS n FROM "Odd Names") SELECT "Key" FROM s WHERE n BETWEEN 0 AND 5

-- a computed column of a sub-select, as a join's condition
SELECT s."Key" FROM (SELECT "Key", 1 / (CASE WHEN "select" = 'N5' THEN 0 ELSE 1 END) AS n FROM "Odd Names") s JOIN products p ON p.id = s.n

-- a computed column of a sub-select, as a full join's condition
SELECT s."Key" FROM (SELECT "Key", 1 / (CASE WHEN "select" = 'N5' THEN 0 ELSE 1 END) AS n FROM "Odd Names") s FULL JOIN products p ON p.id = s.n

-- a computed column of a sub-select, in USING
SELECT s."Key" FROM (SELECT "Key", 1 / (CASE WHEN "select" = 'N5' THEN 0 ELSE 1 END) AS id FROM "Odd Names") s JOIN products p USING (id)

-- tries: a sort in parallel workers, below the join that the filter becomes
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SELECT id FROM orders o ORDER BY 1/(CASE WHEN o.customer_id % 10 = 5 THEN 0 ELSE 1 END), id LIMIT 3

-- tries: a window sorted in parallel workers
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SELECT count(*) OVER (ORDER BY 1/(CASE WHEN o.customer_id % 10 = 5 THEN 0 ELSE 1 END)) FROM orders o LIMIT 3

-- a sub-select behind GROUP BY fails on a hidden row
SELECT name, (SELECT count(*) FROM products p WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = p.id) FROM customers c GROUP BY name ORDER BY 1

-- one in HAVING
SELECT name FROM customers c GROUP BY name HAVING (SELECT count(*) FROM products p WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = p.id) > 0 ORDER BY 1

-- tries: one in HAVING, of a table whose filter becomes a join
SELECT status FROM orders o GROUP BY status, customer_id HAVING EXISTS (SELECT FROM products p WHERE 1/(CASE WHEN o.customer_id % 10 <> 7 THEN 0 ELSE 1 END) = p.id) ORDER BY 1

-- one in ORDER BY
SELECT name FROM customers c GROUP BY name ORDER BY (SELECT count(*) FROM products p WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = p.id), 1

-- one in the order of a window
SELECT name, rank() OVER (ORDER BY (SELECT count(*) FROM products p WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = p.id)) FROM customers c GROUP BY name ORDER BY 1

-- one that GROUP BY names, so that it is worked out before
SELECT (SELECT count(*) FROM products p WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = p.id) AS k, count(*) FROM customers c GROUP BY k ORDER BY 1

-- tries: one that GROUP BY names by its number, of a table whose filter becomes a join
SELECT (SELECT count(*) FROM products p WHERE 1/(CASE WHEN o.customer_id % 10 <> 7 THEN 0 ELSE 1 END) = p.id), count(*) FROM orders o GROUP BY 1 ORDER BY 1

-- one in the argument of an aggregate, which is worked out before GROUP BY
SELECT region, sum((SELECT count(*) FROM products p WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = p.id)) FROM customers c GROUP BY region ORDER BY 1

-- tries: one in an aggregate's FILTER
SELECT status, count(*) FILTER (WHERE EXISTS (SELECT FROM products p WHERE 1/(CASE WHEN o.customer_id % 10 <> 7 THEN 0 ELSE 1 END) = p.id)) FROM orders o GROUP BY status ORDER BY 1

-- one over grouping sets of two tables
SELECT c.name, o.status, (SELECT count(*) FROM products p WHERE 1/(CASE WHEN c.name LIKE 'N5%' OR o.status = 'N5' THEN 0 ELSE 1 END) = p.id) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY ROLLUP (c.name, o.status) ORDER BY 1, 2

-- one two levels down
SELECT name FROM customers c GROUP BY name HAVING (SELECT count(*) FROM products p WHERE p.id IN (SELECT i.product_id FROM order_items i WHERE 1/(CASE WHEN c.name LIKE 'N5%' THEN 0 ELSE 1 END) = i.quantity)) > 0 ORDER BY 1

-- a value of a type without equality picked from a group
SELECT s.n, s.j->>'phone' FROM (SELECT c.id AS n, CAST(c.profile AS json) AS j FROM customers c) s GROUP BY s.n, s.j->>'phone' HAVING 1/(CASE WHEN s.j->>'phone' LIKE '139%9999%' THEN 0 ELSE 1 END) = 1 ORDER BY 1

-- a pattern that ends in its escape, tried on the most common values behind DISTINCT when planning
SELECT * FROM (SELECT DISTINCT name FROM customers) x WHERE x.name LIKE '_5\'

-- the same behind GROUP BY
SELECT * FROM (SELECT kind, count(*) AS n FROM events GROUP BY kind) x WHERE n > 0 AND x.kind LIKE '%z\'

-- the same behind a window function
SELECT * FROM (SELECT name, row_number() OVER (ORDER BY id) FROM customers) x WHERE x.name LIKE '_5\'

-- the same behind LIMIT
SELECT * FROM (SELECT kind FROM events ORDER BY id LIMIT 100000) x WHERE x.kind LIKE '%z\'

-- the same behind OFFSET 0 of a client's own
SELECT count(*) FROM (SELECT name FROM customers ORDER BY id OFFSET 0) x WHERE x.name ILIKE '_5\'

-- the same behind a function that gives rows
SELECT * FROM (SELECT name, unnest(ARRAY[1]) FROM customers) x WHERE x.name LIKE '_5\'

-- the same behind UNION
SELECT * FROM (SELECT kind FROM events UNION ALL SELECT name FROM products) x WHERE x.kind LIKE '%z\'

-- the same through two views
SELECT count(*) FROM nested_view WHERE name LIKE '_5\'

-- the same behind WITH
WITH x AS (SELECT DISTINCT name FROM customers) SELECT * FROM x WHERE x.name LIKE '_5\'

-- the same behind WITH, worked out on its own
WITH x AS MATERIALIZED (SELECT * FROM events) SELECT count(*) FROM (SELECT kind FROM x OFFSET 0) y WHERE kind LIKE '%z\'

-- the same with IS TRUE
SELECT * FROM (SELECT DISTINCT name FROM customers) x WHERE (x.name LIKE '_5\') IS TRUE

-- the same with = true
SELECT * FROM (SELECT DISTINCT kind FROM events) x WHERE (x.kind LIKE '%z\') = true

-- the same in a CASE that is worked out when planning
SELECT * FROM (SELECT DISTINCT name FROM customers) x WHERE CASE WHEN true THEN x.name LIKE '_5\' END

-- the same with ANY
SELECT * FROM (SELECT DISTINCT name FROM customers) x WHERE x.name LIKE ANY (ARRAY['_5\'])

-- the same with the operator's own name
SELECT * FROM (SELECT DISTINCT name FROM customers) x WHERE x.name OPERATOR(pg_catalog.~~*) '_5\'

-- the same with the function's name
SELECT * FROM (SELECT DISTINCT name FROM customers) x WHERE textlike(x.name, '_5\')

-- the same with an escape of one's own
SELECT * FROM (SELECT DISTINCT name FROM customers) x WHERE x.name LIKE '_5!' ESCAPE '!'

-- the same under NOT
SELECT * FROM (SELECT DISTINCT name FROM customers) x WHERE NOT (x.name LIKE '_5\' OR x.name = 'y')

-- the same in ON
SELECT p.id FROM products p LEFT JOIN (SELECT DISTINCT name FROM customers) x ON x.name LIKE '_5\' ORDER BY p.id

-- the same above an outer join
SELECT p.id FROM products p LEFT JOIN (SELECT DISTINCT name FROM customers) x ON true WHERE x.name LIKE '_5\'

-- the same in the ON of a full join
SELECT count(*) FROM products p FULL JOIN (SELECT DISTINCT id, name FROM customers) x ON x.id = p.id AND x.name LIKE '_5\'

-- the same in EXISTS
SELECT p.id FROM products p WHERE EXISTS (SELECT 1 FROM (SELECT DISTINCT name FROM customers) x WHERE x.name LIKE '_5\')

-- the same in a lateral sub-select
SELECT x.name FROM (SELECT DISTINCT name FROM customers) x, LATERAL (SELECT 1 WHERE x.name LIKE '_5\') y

-- the same behind a filter that asks another table
SELECT * FROM (SELECT DISTINCT c.name FROM customers c JOIN orders o ON o.customer_id = c.id) x WHERE x.name LIKE '_5\'

-- a pattern that ends in its escape, sorted by
SELECT e.id FROM events e ORDER BY e.kind ~~ '%z\', e.id LIMIT 1

-- arrays of other dimensions, sorted by
SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY (CASE WHEN c.name LIKE 'N5%' THEN '{{a}}'::text[] ELSE c.tags END) || 'x'::text, o.id LIMIT 1

-- another table’s condition fails in a join that comes before the filter’s
SELECT count(*) FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.customer_id = 13 AND 1 / (i.quantity - i.quantity) = 1

-- another table’s condition fails in ON
SELECT count(*) FROM orders o JOIN order_items i ON i.order_id = o.id AND 1 / (i.quantity - i.quantity) = 1 WHERE o.customer_id = 13

-- another table’s column fails
SELECT count(*) FROM (SELECT id FROM orders WHERE customer_id = 13) o JOIN (SELECT order_id, 1 / (quantity - quantity) AS z FROM order_items) i ON i.order_id = o.id WHERE z = 1

-- a WITH query’s column fails in such a join
WITH i AS (SELECT order_id, 1 / (quantity - quantity) AS z FROM order_items) SELECT count(*) FROM orders o JOIN i ON i.order_id = o.id WHERE o.customer_id = 13 AND z = 1

-- a view’s rows are joined before its filter
SELECT count(*) FROM customer_orders o JOIN order_items i ON i.order_id = o.order_id WHERE o.id = 13 AND 1 / (i.quantity - i.quantity) = 1

-- another table’s condition fails in DELETE
DELETE FROM orders o USING order_items i WHERE i.order_id = o.id AND o.customer_id = 13 AND 1 / (i.quantity - i.quantity) = 1

-- another table’s condition fails in UPDATE
UPDATE orders o SET status = 'x' FROM order_items i WHERE i.order_id = o.id AND o.customer_id = 13 AND 1 / (i.quantity - i.quantity) = 1

-- another table’s condition fails in MERGE
MERGE INTO orders o USING order_items i ON i.order_id = o.id AND o.customer_id = 13 AND 1 / (i.quantity - i.quantity) = 1 WHEN MATCHED THEN DO NOTHING
