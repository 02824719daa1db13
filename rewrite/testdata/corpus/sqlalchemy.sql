-- SQLAlchemy: Core and ORM, aliases like customers_1, parameters as psycopg and asyncpg render them.

SELECT customers.id, customers.owner_id, customers.name, customers.phone, customers.email 
FROM customers ORDER BY customers.id

-- $ 17
SELECT customers.id AS customers_id, customers.name AS customers_name, customers.phone AS customers_phone 
FROM customers 
WHERE customers.id = $1::BIGINT

-- $ Customer R17
SELECT customers.id, customers.name 
FROM customers 
WHERE customers.name = $1::VARCHAR

-- $ 7 | 27
SELECT customers.id, customers.name 
FROM customers 
WHERE customers.id IN ($1::BIGINT, $2::BIGINT) ORDER BY customers.id

-- $ %omer%
SELECT customers.id 
FROM customers 
WHERE lower(customers.name) LIKE lower($1::VARCHAR) ORDER BY customers.id

-- $ omer | /
SELECT customers.id 
FROM customers 
WHERE (customers.name LIKE '%' || $1::VARCHAR || '%' ESCAPE $2) ORDER BY customers.id

SELECT customers.id FROM customers WHERE customers.name ILIKE 'customer%' AND customers.note IS NOT NULL AND (customers.active IS true OR customers.owner_id IS NULL) ORDER BY customers.id DESC NULLS LAST

SELECT customers.id FROM customers WHERE customers.active AND customers.id BETWEEN 10 AND 100 AND customers.region NOT IN ('EU') AND customers.id != 47 ORDER BY 1

-- empty IN
SELECT customers.id FROM customers WHERE customers.id IN (SELECT CAST(NULL AS INTEGER) WHERE 1!=1)

SELECT customers.id FROM customers WHERE (customers.id NOT IN (NULL) OR (1 = 1)) ORDER BY 1

-- joinedload
SELECT customers.id, customers.name, orders_1.id AS id_1, orders_1.amount, orders_1.status 
FROM customers LEFT OUTER JOIN orders AS orders_1 ON customers.id = orders_1.customer_id ORDER BY customers.id, orders_1.id

-- joinedload with LIMIT
SELECT anon_1.id, anon_1.name, orders_1.id AS id_1, orders_1.amount 
FROM (SELECT customers.id AS id, customers.name AS name 
FROM customers ORDER BY customers.id 
 LIMIT 5) AS anon_1 LEFT OUTER JOIN orders AS orders_1 ON anon_1.id = orders_1.customer_id ORDER BY anon_1.id, orders_1.id

SELECT anon_1.customers_id AS anon_1_customers_id, anon_1.customers_name AS anon_1_customers_name, orders_1.id AS orders_1_id FROM (SELECT customers.id AS customers_id, customers.name AS customers_name FROM customers WHERE customers.name LIKE 'Customer%' ORDER BY customers.name LIMIT 4 OFFSET 1) AS anon_1 JOIN orders AS orders_1 ON anon_1.customers_id = orders_1.customer_id ORDER BY 2, 3

-- selectinload
SELECT orders.customer_id AS orders_customer_id, orders.id AS orders_id, orders.amount AS orders_amount FROM orders WHERE orders.customer_id IN (7, 17, 27, 37) ORDER BY orders.id

SELECT customers_1.id AS customers_1_id, orders.id AS orders_id FROM customers AS customers_1 JOIN orders ON customers_1.id = orders.customer_id WHERE customers_1.id IN (7, 17) ORDER BY 1, 2

-- subqueryload
SELECT orders.id AS orders_id, anon_1.customers_id AS anon_1_customers_id FROM (SELECT customers.id AS customers_id FROM customers WHERE customers.active = true) AS anon_1 JOIN orders ON anon_1.customers_id = orders.customer_id ORDER BY orders.id

-- many to many with a nested join
SELECT products.id, categories_1.id AS id_1, categories_1.name FROM products LEFT OUTER JOIN (product_categories AS product_categories_1 JOIN categories AS categories_1 ON categories_1.id = product_categories_1.category_id) ON products.id = product_categories_1.product_id ORDER BY products.id, 2

SELECT customers.id, orders_1.id AS id_1, order_items_1.product_id FROM customers LEFT OUTER JOIN (orders AS orders_1 JOIN order_items AS order_items_1 ON orders_1.id = order_items_1.order_id) ON customers.id = orders_1.customer_id WHERE customers.name LIKE '%7' ORDER BY 1, 2, 3

-- self-referential
SELECT tickets.number, tickets_1.number AS number_1 FROM tickets LEFT OUTER JOIN tickets AS tickets_1 ON tickets_1.id = tickets.parent_id WHERE tickets_1.subject LIKE 'P%' OR tickets_1.id IS NULL ORDER BY tickets.number

SELECT employees.name, employees_1.name AS manager, employees_2.name AS boss FROM employees LEFT OUTER JOIN employees AS employees_1 ON employees_1.id = employees.manager_id LEFT OUTER JOIN employees AS employees_2 ON employees_2.id = employees_1.manager_id ORDER BY employees.id

-- any() and has()
SELECT customers.id FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE customers.id = orders.customer_id AND orders.status = 'paid') ORDER BY customers.id

SELECT orders.id FROM orders WHERE EXISTS (SELECT 1 FROM customers WHERE customers.id = orders.customer_id AND (customers.name LIKE '%' || 'R' || '%')) ORDER BY orders.id

SELECT customers.id FROM customers WHERE NOT (EXISTS (SELECT 1 FROM orders WHERE customers.id = orders.customer_id)) ORDER BY customers.id

-- group by, having, labels
SELECT customers.region, count(customers.id) AS count_1, sum(customers.credit) AS sum_1 FROM customers GROUP BY customers.region HAVING count(customers.id) > 1 ORDER BY count_1 DESC, customers.region

SELECT date_trunc('week', orders.placed_on) AS week, sum(orders.amount) AS total FROM orders WHERE orders.placed_on >= '2026-01-15' GROUP BY week ORDER BY week

SELECT count(*) AS count_1 FROM (SELECT customers.id AS customers_id, customers.name AS customers_name, customers.phone AS customers_phone FROM customers WHERE customers.active) AS anon_1

SELECT count(distinct(customers.region)) AS count_1, max(customers.created_at) AS max_1 FROM customers

SELECT EXISTS (SELECT * FROM customers WHERE customers.name = 'Customer R17') AS anon_1

SELECT EXISTS (SELECT 1 FROM customers WHERE customers.owner_id = 8) AS anon_1

-- CTE
WITH regional_sales AS (SELECT customers.region AS region, sum(orders.amount) AS total_sales FROM customers JOIN orders ON customers.id = orders.customer_id GROUP BY customers.region), top_regions AS (SELECT regional_sales.region AS region FROM regional_sales WHERE regional_sales.total_sales > (SELECT sum(regional_sales.total_sales) / 10 AS anon_1 FROM regional_sales)) SELECT customers.region, orders.status, sum(orders.amount) AS s FROM customers JOIN orders ON customers.id = orders.customer_id WHERE customers.region IN (SELECT top_regions.region FROM top_regions) GROUP BY customers.region, orders.status ORDER BY 1, 2

WITH RECURSIVE tree(id, parent_id, name, level) AS (SELECT categories.id AS id, categories.parent_id AS parent_id, categories.name AS name, 0 AS level FROM categories WHERE categories.parent_id IS NULL UNION ALL SELECT categories_1.id, categories_1.parent_id, categories_1.name, tree.level + 1 FROM categories AS categories_1, tree WHERE categories_1.parent_id = tree.id) SELECT tree.id, tree.level FROM tree ORDER BY tree.id

WITH RECURSIVE anon_1(id, parent_id, depth) AS (SELECT tickets.id AS id, tickets.parent_id AS parent_id, 1 AS depth FROM tickets WHERE tickets.number = 150 UNION SELECT t.id AS id, t.parent_id AS parent_id, anon_1.depth + 1 AS depth FROM tickets AS t JOIN anon_1 ON t.id = anon_1.parent_id) SELECT tickets.number, anon_1.depth FROM anon_1 JOIN tickets ON tickets.id = anon_1.id WHERE tickets.subject LIKE '%a%' ORDER BY 1

-- windows
SELECT customers.id, row_number() OVER (PARTITION BY customers.region ORDER BY customers.credit DESC, customers.id) AS row_number, lag(customers.id) OVER (ORDER BY customers.id) AS prev, ntile(4) OVER (ORDER BY customers.id) AS q FROM customers ORDER BY customers.id

SELECT anon_1.id, anon_1.rnk FROM (SELECT orders.id AS id, orders.customer_id AS customer_id, dense_rank() OVER (PARTITION BY orders.customer_id ORDER BY orders.amount DESC) AS rnk FROM orders) AS anon_1 WHERE anon_1.rnk = 1 AND anon_1.customer_id < 100 ORDER BY anon_1.id

-- lateral
SELECT customers.id, anon_1.amount FROM customers JOIN LATERAL (SELECT orders.amount AS amount FROM orders WHERE orders.customer_id = customers.id ORDER BY orders.amount DESC LIMIT 2) AS anon_1 ON true ORDER BY 1, 2

SELECT customers.id, anon_1.tag FROM customers, LATERAL unnest(customers.tags) AS anon_1(tag) WHERE anon_1.tag LIKE 't%' ORDER BY 1, 2

-- union
SELECT anon_1.id, anon_1.name FROM (SELECT customers.id AS id, customers.name AS name FROM customers WHERE customers.id < 50 UNION ALL SELECT employees.id AS id, employees.name AS name FROM employees) AS anon_1 ORDER BY anon_1.name, anon_1.id

SELECT customers.id AS id FROM customers UNION SELECT tickets.number AS id FROM tickets ORDER BY id LIMIT 10

-- polymorphic
SELECT tickets.id, tickets.type, tickets.subject FROM tickets WHERE tickets.type IN ('Incident', 'Incident::Major') ORDER BY tickets.number

SELECT pjoin.kind, pjoin.id, pjoin.name FROM (SELECT 'customer' AS kind, CAST(customers.id AS BIGINT) AS id, CAST(customers.name AS TEXT) AS name, CAST(NULL AS NUMERIC(10, 2)) AS salary FROM customers UNION ALL SELECT 'employee' AS kind, CAST(employees.id AS BIGINT) AS id, employees.name AS name, employees.salary AS salary FROM employees) AS pjoin WHERE pjoin.name LIKE '%7%' ORDER BY 1, 2

-- JSON, ARRAY, casts, tuples
SELECT tickets.number FROM tickets WHERE (tickets.meta -> 'source')::text = '"mail"' ORDER BY 1

SELECT tickets.number, CAST((tickets.meta ->> 'n') AS INTEGER) AS n FROM tickets WHERE CAST((tickets.meta ->> 'n') AS INTEGER) > 50 ORDER BY n

-- $ {"source": "web"}
SELECT tickets.number FROM tickets WHERE tickets.meta @> $1::JSONB ORDER BY tickets.number

SELECT customers.id FROM customers WHERE 't1' = ANY (customers.tags) ORDER BY 1

SELECT customers.id, customers.tags[1] AS first, array_length(customers.tags, 1) AS n, cardinality(customers.tags) AS c FROM customers ORDER BY 1

SELECT orders.id FROM orders WHERE (orders.customer_id, orders.status) IN ((7, 'paid'), (17, 'new'), (27, 'sent')) ORDER BY 1

-- $ 2026-01-10 | 50
SELECT orders.id, orders.placed_on FROM orders WHERE (orders.placed_on, orders.id) > ($1::DATE, $2::BIGINT) ORDER BY orders.placed_on, orders.id LIMIT 10

SELECT tickets.number, tickets.priority FROM tickets WHERE tickets.priority >= 'high' ORDER BY tickets.priority DESC, tickets.number

-- $ high
SELECT tickets.number FROM tickets WHERE tickets.priority = $1::priority ORDER BY tickets.number

-- $ 00000000-0000-4000-8000-000000000006
SELECT tickets.id, tickets.subject FROM tickets WHERE tickets.id = $1::UUID

SELECT tickets.number, tickets.due - CURRENT_DATE AS days, EXTRACT(epoch FROM tickets.spent) AS secs, tickets.opened_at + tickets.spent AS finished FROM tickets WHERE EXTRACT(year FROM tickets.due) = 2026 AND tickets.opened_at > '2026-01-01 00:00:00'::timestamp - '1 day'::interval ORDER BY tickets.number

SELECT tickets.number, CASE tickets.priority WHEN 'low' THEN 1 WHEN 'high' THEN 2 ELSE 3 END AS p FROM tickets WHERE CASE tickets.priority WHEN 'low' THEN 1 ELSE 0 END = 0 ORDER BY p, 1

SELECT tickets.number FROM tickets WHERE tickets.locked IS false AND tickets.weight > 10.5 AND tickets.ratio < 20 AND tickets.rank IN (0, 1, 2) ORDER BY tickets.number

SELECT coalesce(sum(orders.amount), 0) AS total, coalesce(avg(orders.amount), CAST(0 AS NUMERIC)) AS mean, func.n FROM orders, (SELECT count(*) AS n FROM customers) AS func GROUP BY func.n

SELECT aggregate_strings.x FROM (SELECT string_agg(customers.name, ', ' ORDER BY customers.id) AS x FROM customers) AS aggregate_strings WHERE aggregate_strings.x LIKE '%R17%'

SELECT customers.id FROM customers ORDER BY customers.created_at DESC NULLS LAST, customers.id ASC LIMIT ALL OFFSET 3

SELECT orders.id FROM orders WHERE orders.status = 'new' ORDER BY orders.id LIMIT 2 FOR UPDATE OF orders SKIP LOCKED

SELECT orders.id FROM orders ORDER BY orders.id FETCH FIRST (3) ROWS ONLY

SELECT orders.amount FROM orders ORDER BY orders.amount DESC FETCH FIRST 3 ROWS WITH TIES

SELECT customers.name COLLATE "C" AS anon_1 FROM customers ORDER BY customers.name COLLATE "C" DESC

SELECT (customers.name || ' ') || customers.phone AS anon_1, length(customers.name) AS length_1, customers.credit / 2 AS anon_2, - customers.credit AS anon_3, customers.id % 10 AS anon_4 FROM customers WHERE (customers.credit + 5) * 2 > 100 ORDER BY customers.id

SELECT CAST(customers.phone AS VARCHAR(5)) AS p, CAST(customers.credit AS INTEGER) AS c, CAST(customers.birthday AS TEXT) AS b, CAST(customers.active AS INTEGER) AS a FROM customers ORDER BY customers.id
