-- Questions in the manner of TPC-H and TPC-DS, asked of clients, deals, lines and products.

-- H1: pricing summary
SELECT d.state, p.path ? ARRAY['Top.A.*']::lquery[] AS flag, sum(l.quantity) AS sum_qty, sum(l.price) AS sum_base, sum(l.price * (1 - d.tax / 100)) AS sum_disc, sum(l.price * (1 - d.tax / 100) * (1 + d.tax)) AS sum_charge, avg(l.quantity) AS avg_qty, avg(l.price) AS avg_price, avg(d.tax) AS avg_disc, count(*) AS count_order FROM lines l, deals d, products p WHERE l.deal_id = d.id AND p.id = l.product_id AND d.due <= date '2026-12-01' - interval '90' day GROUP BY 1, 2 ORDER BY 1, 2

-- H2: minimum cost
SELECT s.salary, s.name, c.name, p.id, p.sku FROM products p, lines l, deals d, clients c, staff s WHERE p.id = l.product_id AND l.deal_id = d.id AND d.client_id = c.id AND d.seller_id = s.id AND p.price < 20 AND l.price = (SELECT min(l2.price) FROM lines l2, deals d2, clients c2 WHERE p.id = l2.product_id AND l2.deal_id = d2.id AND d2.client_id = c2.id AND c2.region = c.region) ORDER BY s.salary DESC, s.name, c.name, p.id, d.id LIMIT 100

-- H3: shipping priority
SELECT l.deal_id, sum(l.price * (1 - d.tax / 100)) AS revenue, d.due, d.position FROM clients c, deals d, lines l WHERE c.region = 'EU' AND c.id = d.client_id AND l.deal_id = d.id AND d.due < date '2026-06-15' AND d.won_at > date '2026-02-01' GROUP BY l.deal_id, d.due, d.position ORDER BY revenue DESC, d.due LIMIT 10

-- H4: order priority checking
SELECT state, count(*) AS order_count FROM deals WHERE due >= date '2026-01-01' AND due < date '2026-01-01' + interval '3' month AND EXISTS (SELECT * FROM lines WHERE deal_id = deals.id AND quantity < price) GROUP BY state ORDER BY state

-- H7: volume between regions
SELECT supp, cust, l_year, sum(volume) AS revenue FROM (SELECT s.team AS supp, c.region AS cust, extract(year FROM d.due) AS l_year, l.price * (1 - d.tax / 100) AS volume FROM staff s, lines l, deals d, clients c WHERE s.id = d.seller_id AND d.id = l.deal_id AND c.id = d.client_id AND ((s.team = 'north' AND c.region = 'EU') OR (s.team = 'south' AND c.region = 'US')) AND d.due BETWEEN date '2026-01-01' AND date '2026-12-31') AS shipping GROUP BY supp, cust, l_year ORDER BY supp, cust, l_year

-- H8: market share
SELECT o_year, sum(CASE WHEN nation = 'north' THEN volume ELSE 0 END) / nullif(sum(volume), 0) AS mkt_share FROM (SELECT extract(month FROM d.due) AS o_year, l.price AS volume, s.team AS nation FROM products p JOIN lines l ON p.id = l.product_id JOIN deals d ON d.id = l.deal_id JOIN clients c ON c.id = d.client_id LEFT JOIN staff s ON s.id = d.seller_id) AS all_nations GROUP BY o_year ORDER BY o_year

-- H9: profit
SELECT nation, o_year, sum(amount) AS sum_profit FROM (SELECT s.team AS nation, date_part('year', d.due) AS o_year, l.price * (1 - d.tax / 100) - coalesce(p.cost, 0) * l.quantity AS amount FROM products p, staff s, lines l, deals d WHERE s.id = d.seller_id AND p.id = l.product_id AND d.id = l.deal_id AND p.name LIKE '%1%') AS profit GROUP BY nation, o_year ORDER BY nation, o_year DESC

-- H10: returned items
SELECT c.id, c.name, sum(l.price * (1 - d.tax / 100)) AS revenue, c.credit, s.name AS nation, c.home::text, c.phone, c.note FROM clients c, deals d, lines l, staff s WHERE c.id = d.client_id AND l.deal_id = d.id AND d.state = 'lost' AND c.owner_id = s.id GROUP BY c.id, c.name, c.credit, c.phone, s.name, c.home::text, c.note ORDER BY revenue DESC, c.id LIMIT 20

-- H11: important stock
SELECT l.product_id, sum(l.price * l.quantity) AS value FROM lines l JOIN deals d ON d.id = l.deal_id GROUP BY l.product_id HAVING sum(l.price * l.quantity) > (SELECT sum(l2.price * l2.quantity) * 0.05 FROM lines l2) ORDER BY value DESC, 1

-- H12
SELECT d.state, sum(CASE WHEN c.region = 'EU' OR c.region = 'US' THEN 1 ELSE 0 END) AS high_line_count, sum(CASE WHEN c.region <> 'EU' AND c.region <> 'US' THEN 1 ELSE 0 END) AS low_line_count FROM deals d JOIN clients c ON c.id = d.client_id WHERE d.state IN ('open', 'won') AND d.due < d.won_at GROUP BY d.state ORDER BY d.state

-- H13: customer distribution
SELECT c_count, count(*) AS custdist FROM (SELECT c.id, count(d.id) FROM clients c LEFT OUTER JOIN deals d ON c.id = d.client_id AND d.title NOT LIKE '%1%special%' GROUP BY c.id) AS c_orders (c_custkey, c_count) GROUP BY c_count ORDER BY custdist DESC, c_count DESC

-- H15: top supplier, with a view made of WITH
WITH revenue (supplier_no, total_revenue) AS (SELECT d.seller_id, sum(l.price * (1 - d.tax / 100)) FROM lines l JOIN deals d ON d.id = l.deal_id GROUP BY d.seller_id) SELECT s.id, s.name, s.salary, total_revenue FROM staff s, revenue WHERE s.id = supplier_no AND total_revenue = (SELECT max(total_revenue) FROM revenue) ORDER BY s.id

-- H16
SELECT p.labels, p.path, count(DISTINCT d.client_id) AS supplier_cnt FROM lines l, products p, deals d WHERE p.id = l.product_id AND d.id = l.deal_id AND p.sku <> 'SKU-3' AND p.price IN (1.5, 3, 6, 9, 12) AND d.client_id NOT IN (SELECT id FROM clients WHERE note LIKE '%1%note%') GROUP BY p.labels, p.path ORDER BY supplier_cnt DESC, p.path

-- H17: small quantity orders
SELECT sum(l.price) / 7.0 AS avg_yearly FROM lines l, products p WHERE p.id = l.product_id AND l.quantity < (SELECT 1.2 * avg(quantity) FROM lines WHERE product_id = p.id)

-- H18: large volume
SELECT c.name, c.id, d.id, d.due, d.net, sum(l.quantity) FROM clients c, deals d, lines l WHERE d.id IN (SELECT deal_id FROM lines GROUP BY deal_id HAVING sum(quantity) > 2) AND c.id = d.client_id AND d.id = l.deal_id GROUP BY c.name, c.id, d.id, d.due, d.net ORDER BY d.net DESC, d.due LIMIT 100

-- H19: disjunctions over a join
SELECT sum(l.price * (1 - 0.1)) AS revenue FROM lines l, products p WHERE (p.id = l.product_id AND p.sku = 'SKU-1' AND l.quantity >= 1 AND l.quantity <= 11 AND p.price BETWEEN 1 AND 5) OR (p.id = l.product_id AND p.sku IN ('SKU-4', 'SKU-8') AND l.quantity >= 2) OR (p.id = l.product_id AND p.cost IS NULL AND p.path <@ 'Top.B')

-- H20
SELECT name, team FROM staff WHERE id IN (SELECT seller_id FROM deals WHERE id IN (SELECT deal_id FROM lines WHERE product_id IN (SELECT id FROM products WHERE name LIKE 'Product 1%') AND quantity > (SELECT 0.5 * sum(quantity) FROM lines l2 WHERE l2.deal_id = lines.deal_id AND l2.product_id = lines.product_id))) ORDER BY name

-- H21
SELECT s.name, count(*) AS numwait FROM staff s, lines l1, deals d WHERE s.id = d.seller_id AND d.id = l1.deal_id AND d.state = 'won' AND EXISTS (SELECT * FROM lines l2 WHERE l2.deal_id = l1.deal_id AND l2.no <> l1.no) AND NOT EXISTS (SELECT * FROM lines l3 WHERE l3.deal_id = l1.deal_id AND l3.no <> l1.no AND l3.quantity > 5) GROUP BY s.name ORDER BY numwait DESC, s.name LIMIT 100

-- H22: global sales opportunity, over a masked telephone
SELECT cntrycode, count(*) AS numcust, sum(credit) AS totacctbal FROM (SELECT substring(phone FROM 1 FOR 2) AS cntrycode, credit FROM clients c WHERE substring(phone FROM 1 FOR 2) IN ('13', '31', '23') AND credit > (SELECT avg(credit) FROM clients WHERE credit > 0.00 AND substring(phone FROM 1 FOR 2) IN ('13', '31')) AND NOT EXISTS (SELECT * FROM deals WHERE client_id = c.id AND state = 'closed')) AS custsale GROUP BY cntrycode ORDER BY cntrycode

-- DS1: returns above average
WITH customer_total_return AS (SELECT client_id AS ctr_customer, seller_id AS ctr_store, sum(net) AS ctr_total FROM deals, clients WHERE client_id = clients.id AND region = 'EU' GROUP BY client_id, seller_id) SELECT name FROM customer_total_return ctr1, clients WHERE ctr1.ctr_total > (SELECT avg(ctr_total) * 1.2 FROM customer_total_return ctr2 WHERE ctr1.ctr_store = ctr2.ctr_store) AND ctr1.ctr_customer = clients.id ORDER BY name LIMIT 100

-- DS2: week on week
WITH wscs AS (SELECT due, net FROM deals UNION ALL SELECT won_at::date, gross FROM deals), wswscs AS (SELECT date_trunc('week', due) AS week, sum(CASE WHEN extract(isodow FROM due) = 1 THEN net END) AS mon, sum(CASE WHEN to_char(due, 'Dy') = 'Tue' THEN net END) AS tue FROM wscs GROUP BY date_trunc('week', due)) SELECT y.week, round(y.mon / nullif(z.mon, 0), 2), round(y.tue / nullif(z.tue, 0), 2) FROM wswscs y, wswscs z WHERE y.week = z.week - interval '7 days' ORDER BY y.week

-- DS4: UNION ALL of years, joined to itself
WITH year_total AS (SELECT c.id AS customer_id, c.name AS first_name, c.mail AS login, extract(month FROM d.due) AS dyear, sum(d.net) AS year_total, 's' AS sale_type FROM clients c, deals d WHERE c.id = d.client_id GROUP BY c.id, c.name, c.mail, extract(month FROM d.due) UNION ALL SELECT c.id, c.name, c.mail, extract(month FROM d.won_at), sum(d.gross), 'w' FROM clients c, deals d WHERE c.id = d.client_id GROUP BY 1, 2, 3, 4) SELECT t1.customer_id, t1.first_name, t2.login FROM year_total t1, year_total t2 WHERE t1.customer_id = t2.customer_id AND t1.sale_type = 's' AND t2.sale_type = 'w' AND CASE WHEN t1.year_total > 0 THEN t2.year_total / t1.year_total ELSE NULL END > 1 ORDER BY t1.customer_id, t1.first_name, t2.login, t1.dyear LIMIT 100

-- DS5: channels with ROLLUP
WITH ssr AS (SELECT c.region AS id, sum(net) AS sales, sum(gross) AS profit FROM deals JOIN clients c ON c.id = client_id GROUP BY c.region), csr AS (SELECT team, sum(salary), count(*) FROM staff GROUP BY team) SELECT channel, id, sum(sales) AS sales, sum(profit) AS profit, grouping(channel, id) FROM (SELECT 'store channel' AS channel, 'store' || id AS id, sales, profit FROM ssr UNION ALL SELECT 'people', team, sum, count FROM csr) AS x GROUP BY ROLLUP (channel, id) ORDER BY channel, id, 5 LIMIT 100

-- DS8: INTERSECT of prefixes
SELECT substr(code::text, 1, 5) AS zip FROM clients INTERSECT SELECT ca_zip FROM (SELECT substr(code::text, 1, 5) AS ca_zip, count(*) AS cnt FROM clients, deals WHERE clients.id = client_id AND state = 'won' GROUP BY code HAVING count(*) > 0) a1 ORDER BY zip

-- DS9: scalar subqueries in CASE
SELECT CASE WHEN (SELECT count(*) FROM lines WHERE quantity BETWEEN 1 AND 1) > 20 THEN (SELECT avg(price) FROM lines WHERE quantity = 1) ELSE (SELECT avg(quantity) FROM lines WHERE quantity = 2) END AS bucket1, CASE WHEN (SELECT count(*) FROM clients WHERE phone LIKE '138%') > 1000 THEN (SELECT min(phone) FROM clients) ELSE (SELECT max(phone) FROM clients) END AS bucket2 FROM staff WHERE id = 1

-- DS10: demographic counts behind EXISTS with OR
SELECT c.region, c.mood, c.credit, count(*) AS cnt1 FROM clients c WHERE EXISTS (SELECT * FROM deals WHERE c.id = client_id AND due >= '2026-02-01') AND (EXISTS (SELECT * FROM deals WHERE c.id = client_id AND state = 'won') OR EXISTS (SELECT * FROM deals WHERE c.id = client_id AND state = 'lost')) GROUP BY c.region, c.mood, c.credit ORDER BY 1, 2, 3

-- DS12: ratio of windows over aggregates
SELECT p.id, p.name, p.path, sum(l.price) AS itemrevenue, sum(l.price) * 100 / sum(sum(l.price)) OVER (PARTITION BY subpath(p.path, 0, 2)) AS revenueratio FROM lines l JOIN products p ON l.product_id = p.id GROUP BY p.id, p.name, p.path ORDER BY p.path, p.name, itemrevenue, revenueratio LIMIT 100

-- DS14: items in all channels
WITH cross_items AS (SELECT p.id AS ss_item_sk FROM products p, (SELECT iss.path FROM lines, products iss WHERE product_id = iss.id INTERSECT SELECT ics.path FROM products ics WHERE ics.price > 2 INTERSECT SELECT iws.path FROM products iws) x WHERE p.path = x.path), avg_sales AS (SELECT avg(quantity * list_price) AS average_sales FROM (SELECT quantity, price AS list_price FROM lines UNION ALL SELECT 1, net FROM deals) x) SELECT channel, path, sum(sales), sum(number_sales) FROM (SELECT 'store' AS channel, p.path, sum(l.quantity * l.price) AS sales, count(*) AS number_sales FROM lines l, products p WHERE l.product_id IN (SELECT ss_item_sk FROM cross_items) AND l.product_id = p.id GROUP BY p.path HAVING sum(l.quantity * l.price) > (SELECT average_sales FROM avg_sales)) AS y GROUP BY ROLLUP (channel, path) ORDER BY 1, 2

-- DS16: NOT EXISTS and COUNT DISTINCT
SELECT count(DISTINCT d1.client_id) AS "order count", sum(net) AS "total shipping cost", sum(gross) AS "total net profit" FROM deals d1, clients WHERE d1.client_id = clients.id AND EXISTS (SELECT * FROM deals d2 WHERE d1.client_id = d2.client_id AND d1.seller_id <> d2.seller_id) AND NOT EXISTS (SELECT * FROM lines WHERE d1.id = lines.deal_id AND no > 7) ORDER BY count(DISTINCT d1.client_id) LIMIT 100

-- DS17: deviations
SELECT region, count(credit) AS n, avg(credit) AS ave, stddev_samp(credit) AS dev, stddev_samp(credit) / nullif(avg(credit), 0) AS cov, round(regr_slope(id, credit)::numeric, 6) AS slope, corr(id, version) FROM clients GROUP BY region ORDER BY region

-- DS18: ROLLUP of four
SELECT c.region, c.mood, extract(year FROM c.born) AS y, c.active, avg(c.credit) AS agg1, avg(c.version::numeric) AS agg2, count(*) FROM clients c GROUP BY ROLLUP (c.region, c.mood, extract(year FROM c.born), c.active) ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3 NULLS FIRST, 4 NULLS FIRST, 7

-- DS22 and DS27: CUBE with GROUPING in ORDER BY
SELECT region, mood, grouping(region) AS g_region, grouping(mood) AS g_mood, avg(credit) AS qoh, max(phone) AS p FROM clients GROUP BY CUBE (region, mood) ORDER BY grouping(region) + grouping(mood), region, mood LIMIT 100

-- DS23: frequent items, best customers
WITH frequent_ss_items AS (SELECT substr(p.name, 1, 30) AS itemdesc, p.id AS item_sk, count(*) AS cnt FROM lines l, products p WHERE l.product_id = p.id GROUP BY substr(p.name, 1, 30), p.id HAVING count(*) > 1), max_store_sales AS (SELECT max(csales) AS tpcds_cmax FROM (SELECT client_id, sum(net) AS csales FROM deals GROUP BY client_id) t), best_ss_customer AS (SELECT client_id, sum(net) AS ssales FROM deals GROUP BY client_id HAVING sum(net) > 0.5 * (SELECT * FROM max_store_sales)) SELECT name, phone, (SELECT count(*) FROM frequent_ss_items) AS items FROM clients WHERE id IN (SELECT client_id FROM best_ss_customer) ORDER BY name

-- DS28: six aggregates of sub-selects side by side
SELECT * FROM (SELECT avg(price) AS b1_lp, count(price) AS b1_cnt, count(DISTINCT price) AS b1_cntd FROM lines WHERE quantity BETWEEN 0 AND 5) b1, (SELECT avg(credit) AS b2_lp, count(credit) AS b2_cnt, count(DISTINCT credit) AS b2_cntd FROM clients WHERE born BETWEEN '1970-01-01' AND '1980-01-01') b2, (SELECT count(phone) b3, count(DISTINCT phone) FROM clients) b3 LIMIT 100

-- DS36: rank within parents of a ROLLUP
SELECT sum(net) / nullif(sum(gross), 0) AS gross_margin, region, state, grouping(region) + grouping(state) AS lochierarchy, rank() OVER (PARTITION BY grouping(region) + grouping(state), CASE WHEN grouping(state) = 0 THEN region END ORDER BY sum(net) / nullif(sum(gross), 0) ASC) AS rank_within_parent FROM deals, clients WHERE clients.id = client_id GROUP BY ROLLUP (region, state) ORDER BY lochierarchy DESC, CASE WHEN grouping(region) + grouping(state) = 0 THEN region END, rank_within_parent, state LIMIT 100

-- DS44: best and worst, joined by rank
SELECT asceding.rnk, i1.name AS best_performing, i2.name AS worst_performing FROM (SELECT * FROM (SELECT item_sk, rank() OVER (ORDER BY rank_col ASC) AS rnk FROM (SELECT product_id AS item_sk, avg(price) AS rank_col FROM lines GROUP BY product_id) v1) v11 WHERE rnk < 11) asceding, (SELECT * FROM (SELECT item_sk, rank() OVER (ORDER BY rank_col DESC) AS rnk FROM (SELECT product_id AS item_sk, avg(price) AS rank_col FROM lines GROUP BY product_id) v2) v21 WHERE rnk < 11) descending, products i1, products i2 WHERE asceding.rnk = descending.rnk AND i1.id = asceding.item_sk AND i2.id = descending.item_sk ORDER BY asceding.rnk, 2, 3 LIMIT 100

-- DS47: neighbours in time through windows and self-joins
WITH v1 AS (SELECT c.region, extract(month FROM d.due) AS moy, sum(d.net) AS sum_sales, avg(sum(d.net)) OVER (PARTITION BY c.region) AS avg_monthly_sales, rank() OVER (PARTITION BY c.region ORDER BY extract(month FROM d.due)) AS rn FROM clients c JOIN deals d ON d.client_id = c.id GROUP BY c.region, extract(month FROM d.due)), v2 AS (SELECT v1.*, v1_lag.sum_sales AS psum, v1_lead.sum_sales AS nsum FROM v1, v1 v1_lag, v1 v1_lead WHERE v1.region = v1_lag.region AND v1.region = v1_lead.region AND v1.rn = v1_lag.rn + 1 AND v1.rn = v1_lead.rn - 1) SELECT * FROM v2 WHERE CASE WHEN avg_monthly_sales > 0 THEN abs(sum_sales - avg_monthly_sales) / avg_monthly_sales ELSE NULL END > 0.01 ORDER BY region, moy

-- DS51: cumulative, FULL OUTER JOIN of windows
WITH web_v1 AS (SELECT client_id AS item_sk, due AS d_date, sum(sum(net)) OVER (PARTITION BY client_id ORDER BY due ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS cume_sales FROM deals GROUP BY client_id, due), store_v1 AS (SELECT client_id AS item_sk, won_at::date AS d_date, sum(sum(gross)) OVER (PARTITION BY client_id ORDER BY won_at::date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS cume_sales FROM deals GROUP BY client_id, won_at::date) SELECT CASE WHEN web.item_sk IS NOT NULL THEN web.item_sk ELSE store.item_sk END AS item_sk, CASE WHEN web.d_date IS NOT NULL THEN web.d_date ELSE store.d_date END AS d_date, web.cume_sales AS web_sales, store.cume_sales AS store_sales FROM web_v1 web FULL OUTER JOIN store_v1 store ON (web.item_sk = store.item_sk AND web.d_date = store.d_date) ORDER BY 1, 2, 3, 4 LIMIT 50

-- DS67: rank within a ROLLUP of eight
SELECT * FROM (SELECT region, state, y, q, m, sumsales, rank() OVER (PARTITION BY region ORDER BY sumsales DESC) AS rk FROM (SELECT c.region, d.state, extract(year FROM d.due) y, extract(quarter FROM d.due) q, extract(month FROM d.due) m, sum(coalesce(d.net * d.tax, 0)) AS sumsales FROM deals d, clients c WHERE c.id = d.client_id GROUP BY ROLLUP (c.region, d.state, extract(year FROM d.due), extract(quarter FROM d.due), extract(month FROM d.due))) dw1) dw2 WHERE rk <= 10 ORDER BY region, state, y, q, m, sumsales, rk LIMIT 100

-- DS70: ranking in a sub-select of IN
SELECT sum(net) AS total_sum, region, mood FROM deals, clients WHERE clients.id = client_id AND region IN (SELECT region FROM (SELECT region, rank() OVER (PARTITION BY region ORDER BY sum(net) DESC) AS ranking FROM deals JOIN clients ON clients.id = client_id GROUP BY region) tmp1 WHERE ranking <= 5) GROUP BY ROLLUP (region, mood) ORDER BY 2, 3, 1

-- DS78 and DS97: FULL JOIN of CTEs, counted
WITH ssci AS (SELECT client_id AS customer_sk, seller_id AS item_sk FROM deals WHERE state = 'won' GROUP BY 1, 2), csci AS (SELECT client_id, seller_id FROM deals WHERE state = 'lost' GROUP BY client_id, seller_id) SELECT sum(CASE WHEN ssci.customer_sk IS NOT NULL AND csci.client_id IS NULL THEN 1 ELSE 0 END) AS store_only, sum(CASE WHEN ssci.customer_sk IS NULL AND csci.client_id IS NOT NULL THEN 1 ELSE 0 END) AS catalog_only, sum(CASE WHEN ssci.customer_sk IS NOT NULL AND csci.client_id IS NOT NULL THEN 1 ELSE 0 END) AS both FROM ssci FULL OUTER JOIN csci ON (ssci.customer_sk = csci.client_id AND ssci.item_sk = csci.seller_id) LIMIT 100

-- DS87: EXCEPT of DISTINCTs, counted
SELECT count(*) FROM ((SELECT DISTINCT name, phone, due FROM deals, clients WHERE clients.id = client_id) EXCEPT (SELECT DISTINCT name, phone, due FROM deals, clients WHERE clients.id = client_id AND state = 'won') EXCEPT (SELECT DISTINCT name, phone, won_at::date FROM deals, clients WHERE clients.id = client_id)) cool_cust

-- DS88: eight counts side by side
SELECT * FROM (SELECT count(*) h8 FROM clients WHERE mood = 'sad') s1, (SELECT count(*) h9 FROM clients WHERE mood = 'ok') s2, (SELECT count(*) h10 FROM clients WHERE mood IS NULL) s3, (SELECT count(*) h11 FROM clients WHERE phone IS NULL) s4

-- cohorts: month of the first deal by months since
WITH firsts AS (SELECT client_id, min(date_trunc('month', due))::date AS cohort FROM deals GROUP BY client_id), activity AS (SELECT f.cohort, (extract(year FROM age(date_trunc('month', d.due), f.cohort)) * 12 + extract(month FROM age(date_trunc('month', d.due), f.cohort)))::int AS n, count(DISTINCT d.client_id) AS actives FROM deals d JOIN firsts f USING (client_id) GROUP BY 1, 2) SELECT cohort, n, actives, round(100.0 * actives / first_value(actives) OVER (PARTITION BY cohort ORDER BY n), 1) AS retention FROM activity ORDER BY cohort, n

-- RFM scores with ntile over masked and plain columns
SELECT c.id, c.phone, ntile(4) OVER (ORDER BY max(d.due) DESC, c.id) AS r, ntile(4) OVER (ORDER BY count(d.*), c.id) AS f, ntile(4) OVER (ORDER BY sum(d.net) NULLS FIRST, c.id) AS m FROM clients c LEFT JOIN deals d ON d.client_id = c.id GROUP BY c.id, c.phone ORDER BY c.id

-- ABC classes by cumulated share
SELECT id, name, revenue, CASE WHEN share <= 0.8 THEN 'A' WHEN share <= 0.95 THEN 'B' ELSE 'C' END AS class FROM (SELECT c.id, c.name, sum(d.net) AS revenue, sum(sum(d.net)) OVER (ORDER BY sum(d.net) DESC, c.id ROWS UNBOUNDED PRECEDING) / sum(sum(d.net)) OVER () AS share FROM clients c JOIN deals d ON d.client_id = c.id GROUP BY c.id) x ORDER BY revenue DESC, id

-- gaps and islands
SELECT min(due) AS "from", max(due) AS "to", count(*) FROM (SELECT due, due - (row_number() OVER (ORDER BY due))::int AS grp FROM (SELECT DISTINCT due FROM deals WHERE due IS NOT NULL) z) g GROUP BY grp ORDER BY 1

-- sessionization
SELECT host, session, min(at), max(at), count(*) FROM (SELECT host, at, sum(new) OVER (PARTITION BY host ORDER BY at) AS session FROM (SELECT host, at, CASE WHEN at - lag(at) OVER (PARTITION BY host ORDER BY at) < interval '1 day 12 hours' THEN 0 ELSE 1 END AS new FROM metrics) a) b GROUP BY host, session ORDER BY host, session

-- last observation carried forward, over a generated calendar
SELECT g.day::date, h.host, m.value, coalesce(m.value, lag(m.value) OVER (PARTITION BY h.host ORDER BY g.day)) AS filled, count(m.value) OVER w AS grp, first_value(m.value) OVER (w RANGE BETWEEN interval '3 days' PRECEDING AND CURRENT ROW) AS early FROM generate_series(timestamptz '2026-01-15Z', timestamptz '2026-01-25Z', interval '1 day') AS g(day) CROSS JOIN (SELECT DISTINCT host FROM metrics) h LEFT JOIN LATERAL (SELECT avg(value) AS value FROM metrics WHERE host = h.host AND at >= g.day AND at < g.day + interval '1 day') m ON true WINDOW w AS (PARTITION BY h.host ORDER BY g.day) ORDER BY 1, 2

-- frames with EXCLUDE and GROUPS
SELECT id, net, sum(net) OVER (ORDER BY state GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) AS a, avg(net) OVER (PARTITION BY client_id ORDER BY id ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE CURRENT ROW) AS b, nth_value(title, 2) OVER (PARTITION BY client_id ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE GROUP) AS c, count(*) FILTER (WHERE state = 'won') OVER (ORDER BY net RANGE BETWEEN 100 PRECEDING AND 100 FOLLOWING EXCLUDE NO OTHERS) AS d FROM deals ORDER BY id

-- percentiles, hypothetical ranks and modes, plain and masked
SELECT region, percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY credit) AS q, percentile_disc(0.5) WITHIN GROUP (ORDER BY phone) AS p, mode() WITHIN GROUP (ORDER BY mood) AS m, rank(5000) WITHIN GROUP (ORDER BY credit DESC) AS r, dense_rank('note 3'::text) WITHIN GROUP (ORDER BY note) AS dr, cume_dist(1000, 'x'::text) WITHIN GROUP (ORDER BY credit, note) AS cd, percent_rank(3) WITHIN GROUP (ORDER BY id) FROM clients GROUP BY region ORDER BY region

-- tablefunc's crosstab does not show its query; FILTER pivots do
SELECT region, sum(net) FILTER (WHERE state = 'draft') AS draft, sum(net) FILTER (WHERE state = 'open') AS open, sum(net) FILTER (WHERE state = 'won') AS won, array_agg(DISTINCT state ORDER BY state DESC) FILTER (WHERE net > 500) AS states, jsonb_object_agg(state, net ORDER BY d.id) FILTER (WHERE d.id < 60) AS o FROM deals d JOIN clients c ON c.id = client_id GROUP BY region ORDER BY region

-- grouping sets with expressions, an empty set, and duplicates
SELECT lower(region) AS r, date_trunc('year', born) AS y, count(*), grouping(lower(region), date_trunc('year', born)) AS g FROM clients GROUP BY GROUPING SETS ((lower(region)), (date_trunc('year', born)), (lower(region), date_trunc('year', born)), (), ()) HAVING count(*) > 1 ORDER BY g, 1, 2, 3

SELECT region, active, mood, count(*) FROM clients GROUP BY DISTINCT ROLLUP (region, active), CUBE (region, mood) ORDER BY 1, 2, 3, 4

-- ties
SELECT region FROM clients ORDER BY region FETCH FIRST 2 ROWS WITH TIES

SELECT array_agg(n) FROM (SELECT count(*) AS n FROM clients c JOIN deals d ON d.client_id = c.id GROUP BY c.id ORDER BY count(*) DESC FETCH NEXT 3 ROWS WITH TIES) x

-- medians through lateral joins, top-N by group
SELECT c.id, c.phone, t.* FROM clients c CROSS JOIN LATERAL (SELECT d.id AS deal, d.net, row_number() OVER (ORDER BY d.net DESC) FROM deals d WHERE d.client_id = c.id AND d.net > c.credit / 10 ORDER BY d.net DESC LIMIT 2) t ORDER BY c.id, t.deal

SELECT s.id, s.name, x.best, x.phones FROM staff s LEFT JOIN LATERAL (SELECT max(c.credit) AS best, string_agg(c.phone, ', ' ORDER BY c.phone DESC NULLS LAST) AS phones FROM clients c WHERE c.owner_id = s.id) x ON x.best > 0 ORDER BY s.id

-- recursive walks
WITH RECURSIVE boss AS (SELECT id, name, boss_id, salary, 1 AS lvl, ARRAY[name] AS path FROM staff WHERE boss_id IS NULL UNION ALL SELECT s.id, s.name, s.boss_id, s.salary, b.lvl + 1, b.path || s.name FROM staff s JOIN boss b ON s.boss_id = b.id) SEARCH BREADTH FIRST BY name, id SET ord SELECT lvl, path, salary, ord FROM boss ORDER BY ord

WITH RECURSIVE t AS (SELECT n.id, n.parent_id, n.weight FROM nodes n WHERE parent_id IS NULL UNION ALL SELECT n.id, n.parent_id, n.weight + t.weight FROM nodes n, t WHERE n.parent_id = t.id) SEARCH DEPTH FIRST BY id SET seq CYCLE id SET is_cycle TO 'Y' DEFAULT 'N' USING trail SELECT id, weight, is_cycle, trail::text, seq::text FROM t ORDER BY seq

WITH RECURSIVE walk (id, parent_id, depth) AS (SELECT id, parent_id, 0 FROM nodes WHERE id = 63 UNION SELECT n.id, n.parent_id, depth + 1 FROM nodes n JOIN walk w ON n.id = w.parent_id) SELECT array_agg(id ORDER BY depth), count(*) FROM walk

-- time series against itself
SELECT a.at::date AS d, avg(a.value) AS v, avg(b.value) AS week_before FROM metrics a LEFT JOIN metrics b ON b.host = a.host AND b.at = a.at - interval '11 hours' * 12 GROUP BY 1 ORDER BY 1 LIMIT 20

SELECT date_bin('6 hours', at, timestamptz '2026-01-01Z') AS bucket, host, count(*), sum(value), round(regr_r2(value, extract(epoch FROM at))::numeric, 6) FROM metrics GROUP BY GROUPING SETS ((bucket, host), (host)) ORDER BY 1, 2 LIMIT 40

SELECT width_bucket(credit, 0, 12000, 6) AS b, min(credit), max(credit), count(*), width_bucket(min(net), ARRAY[0, 100, 1000]::numeric[]) AS w FROM clients c JOIN deals d ON d.client_id = c.id GROUP BY 1 ORDER BY 1

-- sets of everything
SELECT name FROM clients EXCEPT ALL SELECT name FROM clients WHERE active INTERSECT ALL SELECT name FROM clients ORDER BY 1

(SELECT phone, credit FROM clients ORDER BY credit LIMIT 3) UNION ALL (SELECT name, salary FROM staff ORDER BY id OFFSET 2 ROWS FETCH FIRST 2 ROWS ONLY) UNION (VALUES ('x', 1.5), (NULL, NULL)) ORDER BY 2 NULLS FIRST, 1

SELECT * FROM clients c NATURAL JOIN (SELECT id, region FROM clients) AS z ORDER BY c.id LIMIT 3

SELECT region, id, name, team, l.* FROM (SELECT id, region, owner_id FROM clients) c JOIN (SELECT id AS owner_id, name, team FROM staff) s USING (owner_id) NATURAL FULL JOIN (VALUES ('EU', 1), ('XX', 2)) AS l (region, rank) ORDER BY 1, id

SELECT j.id, j.client_id, j::text FROM (clients AS c (client_id, owner) JOIN deals d USING (client_id)) AS j ORDER BY 2, 1 LIMIT 5

SELECT j.client_id, j.owner FROM (clients AS c (client_id, owner) JOIN deals d USING (client_id) AS u) AS j WHERE j.id < 9 ORDER BY 1, 2

SELECT u.client_id, u FROM clients AS c (client_id, owner) JOIN deals d USING (client_id) AS u ORDER BY d.id LIMIT 4
