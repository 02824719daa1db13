-- Billing, stock, orders and catalogue: partitions, inheritance, composite keys, arrays of composites, hstore, ltree, cubes, XML.

SELECT date_trunc('month', issued)::date AS m, currency, count(*), sum(gross), sum(net) FILTER (WHERE paid) AS paid, sum(sum(gross)) OVER (PARTITION BY currency ORDER BY date_trunc('month', issued)::date) AS running FROM invoices GROUP BY 1, 2 ORDER BY 1, 2

SELECT no, gross, vat(net, vat), gross - net - vat(net, vat) AS diff, vat_id, margin FROM invoices WHERE issued >= '2026-01-01' ORDER BY id

SELECT * FROM invoices_2025 ORDER BY id LIMIT 5

SELECT i.no, o.no FROM invoices_2026_0 i FULL JOIN invoices_2026_1 o ON o.id = i.id + 3 ORDER BY i.id, o.id

SELECT no, CASE WHEN paid THEN 'paid' WHEN due < date '2026-03-01' THEN 'overdue ' || date '2026-03-01' - due || ' days' ELSE 'open' END AS status FROM invoices ORDER BY due, id

SELECT width_bucket(date '2026-06-01' - due, 0, 120, 4) AS bucket, count(*), sum(gross) FROM invoices WHERE NOT paid GROUP BY 1 ORDER BY 1

SELECT p.name, count(v.id), coalesce(sum(v.gross), 0) AS total FROM parties p LEFT JOIN invoices v ON v.party_id = p.id AND v.tenant_id = p.tenant_id GROUP BY p.id, p.name ORDER BY total DESC, p.id LIMIT 10

SELECT v.no, v.gross, coalesce(sum(p.amount), 0) AS paid, v.gross - coalesce(sum(p.amount), 0) AS open FROM invoices v LEFT JOIN payments p USING (issued, tenant_id) WHERE p.invoice_id = v.id GROUP BY v.id, v.issued, v.no, v.gross HAVING v.gross <> coalesce(sum(p.amount), 0) ORDER BY open DESC, 1

SELECT v.*, p.* FROM invoices v JOIN payments p ON (p.invoice_id, p.issued) = (v.id, v.issued) WHERE p.card IS NOT NULL ORDER BY v.id LIMIT 4

SELECT card, right(card, 4), card LIKE '%1004', paid_at, extract(minute FROM paid_at), raw->>'n', date_trunc('day', paid_at) FROM payments ORDER BY paid_at, id

SELECT date_trunc('quarter', paid_at) AS q, method, sum(amount), grouping(method) FROM payments GROUP BY q, ROLLUP (method) ORDER BY 1, 4, 2

SELECT no, l.item, l.qty, l.price, sum(l.qty * l.price) OVER (PARTITION BY no) FROM invoices, jsonb_to_recordset(lines) AS l (item int, qty int, price numeric) ORDER BY no, l.item

SELECT * FROM invoice_lines WHERE issued < '2025-08-01' ORDER BY id, line

SELECT l.no, i.name, i.supplier, l.qty * l.price FROM invoice_lines l JOIN items i ON i.id = l.item ORDER BY 1, 2

SELECT no, xpath('/inv/@no', doc), (xpath('//line/text()', doc))[1]::text, xpath_exists('//line[@q=7]', doc), doc IS DOCUMENT, xmlserialize(content doc AS text), xmlexists('//line' PASSING doc) FROM invoices ORDER BY id LIMIT 4

SELECT v.no, x.* FROM invoices v, XMLTABLE('/inv/line' PASSING v.doc COLUMNS q int PATH '@q', t text PATH '.', o FOR ORDINALITY) x WHERE v.id < 12 ORDER BY v.id, x.o

SELECT period, period @> date '2025-09-01', upper(period) - lower(period), daterange(lower(period), lower(period) + 3, '[]') FROM invoices WHERE period && daterange('2025-09-01', '2025-10-01') ORDER BY period

SELECT a.no, b.no FROM invoices a JOIN invoices b ON a.party_id = b.party_id AND a.id < b.id ORDER BY 1, 2

SELECT no FROM invoices WHERE issued IN (SELECT max(issued) FROM invoices GROUP BY currency) ORDER BY no

SELECT no FROM invoices WHERE (id, issued) IN (SELECT invoice_id, issued FROM payments WHERE method = 'transfer') ORDER BY no

SELECT month, gross, gross - lag(gross) OVER (ORDER BY month) AS delta, best FROM monthly_sales ORDER BY month

SELECT m.month, count(v.*) = m.invoices AS same FROM monthly_sales m JOIN invoices v ON date_trunc('month', v.issued) = m.month GROUP BY m.month, m.invoices ORDER BY 1

SELECT s.month::date, coalesce(m.gross, 0) FROM generate_series('2025-05-01'::date, '2026-08-01', '1 month') AS s (month) LEFT JOIN monthly_sales m ON m.month = s.month ORDER BY 1

SELECT * FROM ONLY parties ORDER BY id

SELECT p.id, p.name, c.vat_no, s.born FROM parties p LEFT JOIN companies c USING (id) LEFT JOIN persons s USING (id) ORDER BY p.id

SELECT country, count(*), array_agg(name ORDER BY name) FROM parties GROUP BY country ORDER BY country

SELECT p.name, c.name AS land, c.vat, c."EU" FROM parties p JOIN countries c ON c.code = p.country WHERE c."EU" ORDER BY p.id

SELECT n.name, count(p.id) FROM countries n LEFT JOIN parties p ON p.country = n.code GROUP BY n.code ORDER BY 2 DESC, 1

SELECT phone, regexp_replace(phone, '\D', '', 'g'), risk, risk + 1, coalesce(nullif(risk, 0), -1) FROM persons ORDER BY id

SELECT name, location <-> point(20, 3) AS d, location[0], location <@ box(point(0, 0), point(30, 4)) FROM companies ORDER BY d, id LIMIT 6

SELECT name, tags->'seg', tags ? 'seg', akeys(tags), tags || hstore('x', name), hstore_to_json(tags), tags @> 'seg=>1', avals(tags) FROM companies ORDER BY id LIMIT 5

SELECT (each(tags)).value AS seg, count(*) FROM parties GROUP BY 1 ORDER BY 1

SELECT i.id, i.name, i.price, i.cost, i.supplier FROM items i WHERE i.categories @> 'top' AND i.categories ~ 'tags.t1' ORDER BY i.price NULLS FIRST, i.id

SELECT c, count(*), min(price), max(price) FROM items, unnest(categories) AS c WHERE c <@ 'top' GROUP BY c ORDER BY c

SELECT name, attributes->'color', slice(attributes, ARRAY['n']), (attributes->'n')::int * 2 FROM items WHERE attributes @> 'color=>red' ORDER BY (attributes->'n')::int DESC LIMIT 5

SELECT attributes->'color' AS color, jsonb_object_agg(sku, price ORDER BY sku) FROM items GROUP BY 1 ORDER BY 1

SELECT name, size, cube_dim(size), cube_distance(size, '(1,1,1)')::numeric(8,3), size <@ cube('(0,0,0),(9,9,9)'), size -> 1, seg_size(tolerance), tolerance && '3 .. 5' FROM items ORDER BY id LIMIT 8

SELECT name FROM items ORDER BY size <-> cube(ARRAY[5, 1, 1]), id LIMIT 3

SELECT earth_distance(ll_to_earth(weight, 10), ll_to_earth(0, 10))::int FROM items ORDER BY id LIMIT 3

SELECT id, prices[1].value, prices[2].currency, (prices[1]).value * 2, (base).currency, base, (base).* FROM items ORDER BY id LIMIT 4

SELECT i.id, p.value, p.currency FROM items i, unnest(i.prices) p WHERE p.currency = 'USD' ORDER BY p.value DESC LIMIT 4

SELECT base, count(*) FROM items GROUP BY base HAVING (base).value > 50 ORDER BY base

SELECT id FROM items WHERE base = ROW(10, 'EUR')::amount OR base > (20, 'EUR')::amount AND (base).value < 26 ORDER BY id

SELECT embedding, (SELECT sum(a * b) FROM unnest(embedding, ARRAY[1, 2, 3]::float8[]) u (a, b)) AS dot FROM items ORDER BY dot DESC LIMIT 3

SELECT id, options->'sizes'->>0, options['eco'], jsonb_array_elements_text(options->'sizes') FROM items WHERE (options->>'eco')::boolean ORDER BY id, 4

SELECT codes & ARRAY[7, 2], codes @@ '7 & !2'::query_int, idx(codes, 7), codes + 5, subarray(codes, 1, 2), # codes FROM items ORDER BY id LIMIT 5

SELECT id FROM items WHERE name ILIKE 'über%' OR unaccent(name) LIKE 'Cafe%' OR name ~ 'book (5|10)$' ORDER BY id

SELECT id, similarity(name, 'red bok') > 0.4, show_trgm(sku) FROM items WHERE name % 'red book' ORDER BY id

SELECT supplier, count(*), avg(price)::numeric(8,2), count(cost), sum(cost) FROM items GROUP BY supplier ORDER BY supplier

SELECT coalesce(price, cost, 0), price IS NULL AND available, available IS NOT TRUE, available::int, price % 3 FROM items ORDER BY id LIMIT 10

SELECT isbn13('978-0-393-04002-9')::text, is_valid(isbn13('978-0-393-04002-9')), max(price) FROM items

SELECT o.id, o.state, count(*), sum(l.total) AS total, round(sum(l.total * (1 - l.discount / 100)), 2) AS net FROM orders o JOIN order_lines l ON (l.tenant_id, l.order_id) = (o.tenant_id, o.id) GROUP BY o.tenant_id, o.id HAVING sum(l.qty) > 3 ORDER BY total DESC, o.id LIMIT 10

SELECT o.*, l.line, i.name FROM orders o NATURAL JOIN (SELECT tenant_id, order_id AS id, line, item_id FROM order_lines) l JOIN items i ON i.id = l.item_id ORDER BY o.id, l.line LIMIT 5

SELECT tenant_id, id, l.qty FROM orders FULL JOIN (SELECT tenant_id, order_id AS id, sum(qty) AS qty FROM order_lines GROUP BY 1, 2) l USING (tenant_id, id) ORDER BY 3 NULLS FIRST, 2

SELECT orders.tenant_id, "orders"."id", order_lines.* FROM orders INNER JOIN order_lines USING (tenant_id) WHERE order_lines.order_id = orders.id AND gift IS FALSE AND ship_to IS NULL ORDER BY 2, line LIMIT 4

SELECT state, gift, count(*), (ARRAY_AGG(id ORDER BY id))[1:3] FROM orders GROUP BY state, gift ORDER BY state

SELECT (ship_to).city, ship_to IS NULL, coalesce((ship_to).zip, '-') FROM orders ORDER BY id LIMIT 2

SELECT i.id, i.name, sum(l.qty) AS sold, rank() OVER (ORDER BY sum(l.qty) DESC) FROM items i JOIN order_lines l ON l.item_id = i.id GROUP BY i.id ORDER BY 4, 1 LIMIT 8

SELECT i.id, s.warehouse, s.qty, sum(s.qty) OVER (PARTITION BY i.id) AS total FROM items i LEFT JOIN stock s ON s.item_id = i.id ORDER BY 1, 2 NULLS LAST LIMIT 20

SELECT item_id, max(qty) FILTER (WHERE warehouse = 'north') AS north, max(qty) FILTER (WHERE warehouse = 'south') AS south FROM stock GROUP BY item_id ORDER BY item_id

SELECT a.item_id, b.item_id, count(*) FROM order_lines a JOIN order_lines b ON (a.tenant_id, a.order_id) = (b.tenant_id, b.order_id) AND a.item_id < b.item_id GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 5

SELECT room, during, purpose, upper(during) - lower(during) AS long FROM bookings ORDER BY room, during

SELECT room, range_agg(during) FROM bookings GROUP BY room ORDER BY room

SELECT r.room, tsrange(upper(b.during), lead(lower(b.during)) OVER (PARTITION BY b.room ORDER BY b.during)) AS free FROM bookings b JOIN (SELECT DISTINCT room FROM bookings) r ON r.room = b.room ORDER BY 1, 2

SELECT kind, count(*), avg(duration_ms)::int, percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms), min(payload->>'phone') FROM events GROUP BY kind ORDER BY kind

SELECT date_bin('6 hours', at, '2026-04-01') AS bucket, count(*), count(DISTINCT payload->>'user') AS users FROM events GROUP BY 1 ORDER BY 1

SELECT payload->>'user' AS u, string_agg(kind, '>' ORDER BY at) AS path FROM events GROUP BY 1 ORDER BY 1

SELECT payload #> '{private,salary}', payload->'private'->>'x', ip IS NULL, host(ip) FROM events ORDER BY id LIMIT 5

SELECT u, sum(CASE WHEN new THEN 1 ELSE 0 END) AS sessions FROM (SELECT payload->>'user' AS u, at - lag(at) OVER (PARTITION BY payload->>'user' ORDER BY at) > '5 hours' IS NOT FALSE AS new FROM events) x GROUP BY u ORDER BY u

SELECT width_bucket(duration_ms, 0, 1000, 10) AS b, count(*), repeat('#', count(*)::int) FROM events GROUP BY 1 ORDER BY 1 NULLS LAST

SELECT extract(hour FROM at) AS h, kind, count(*) FROM events WHERE at >= '2026-04-01' AND at < '2026-04-03' GROUP BY CUBE (h, kind) ORDER BY 1, 2 LIMIT 20

SELECT account, side, sum(amount), min(memo), count(*) FROM ledger GROUP BY account, side ORDER BY 1, 2

SELECT entry, sum(amount) FROM ledger GROUP BY entry HAVING sum(amount) <> 0 ORDER BY entry

SELECT d.entry, d.account AS debit, c.account AS credit, d.amount FROM ledger_d d JOIN ledger_c c USING (entry) ORDER BY entry LIMIT 10

SELECT booked, amount, sum(amount) OVER (ORDER BY booked, entry) AS balance FROM ledger WHERE account = '1200' ORDER BY booked LIMIT 10

SELECT "order", "desc", "Straße", "a b", "limit", "ORDER", "q""q", "from", "名前", "e'x", "end" FROM "user" ORDER BY "order"

SELECT u."order" AS "group", u."ORDER" AS "order" FROM "user" u ORDER BY "order" DESC, u."order"

SELECT "user"."limit", count(*) FROM "user" WHERE "user"."from" > '2026-01-05' GROUP BY "user"."limit" HAVING count(*) > 0 ORDER BY "limit"

SELECT U&"\540D\524D", U&"Stra\00DFe" FROM "user" ORDER BY U&"order" LIMIT 2

SELECT "select".* FROM "user" AS "select" ("order", "where", "table") ORDER BY "select"."order" LIMIT 2

SELECT row_to_json("user") FROM "user" ORDER BY "order" LIMIT 2

SELECT "user" FROM "user" WHERE "order" = 1

SELECT user = current_user, session_user = 'alice', current_schema IS NOT NULL, "end" FROM "user" ORDER BY 4 LIMIT 1

SELECT name, slug, slug = 'TENANT-2', plan, settings->>'phone', settings #>> '{private,salary}', quota, quota @> 50, lower(quota) FROM tenants

SELECT t.name, count(DISTINCT e.id), count(DISTINCT d.id) FROM tenants t LEFT JOIN employees e ON e.tenant_id = t.id LEFT JOIN departments d ON d.tenant_id = t.id GROUP BY t.id

SELECT * FROM tenants t JOIN departments d ON d.tenant_id = t.id JOIN countries c ON true ORDER BY d.id, c.code LIMIT 3

SELECT sum(x.total) FROM (SELECT total FROM order_lines UNION ALL SELECT gross FROM invoices UNION ALL SELECT -amount FROM payments) x

SELECT k.kind, x.n FROM (VALUES ('invoices'), ('orders')) k (kind) CROSS JOIN LATERAL (SELECT count(*) AS n FROM invoices WHERE k.kind = 'invoices' UNION ALL SELECT count(*) FROM orders WHERE k.kind = 'orders') x ORDER BY 1, 2

WITH RECURSIVE dates AS (SELECT date '2026-01-01' AS d UNION ALL SELECT d + 30 FROM dates WHERE d < '2026-12-01'), due AS (SELECT due, sum(gross) AS g FROM invoices WHERE NOT paid GROUP BY due) SELECT d, (SELECT sum(g) FROM due WHERE due.due <= d) FROM dates ORDER BY d

WITH top AS (SELECT party_id, sum(gross) AS g FROM invoices GROUP BY party_id ORDER BY g DESC, party_id FETCH FIRST 5 ROWS ONLY), rest AS (SELECT sum(gross) AS g FROM invoices WHERE party_id NOT IN (SELECT party_id FROM top)) SELECT p.name, top.g FROM top JOIN parties p ON p.id = top.party_id UNION ALL SELECT 'others', g FROM rest ORDER BY 2, 1

SELECT no, gross FROM invoices v WHERE gross > (SELECT avg(gross) * 1.5 FROM invoices WHERE currency = v.currency AND date_trunc('year', issued) = date_trunc('year', v.issued)) ORDER BY gross DESC, no

SELECT count(*) FILTER (WHERE paid), count(*) FILTER (WHERE NOT paid AND due < CURRENT_DATE), count(*) - count(due), max(gross) - min(gross), (max(no) COLLATE "C") FROM invoices

SELECT no FROM invoices WHERE issued = $1 OR gross > $2 AND currency = $3 OR lines @> $4::jsonb ORDER BY no
-- $ 2025-06-05 | 3000.5 | EUR | [{"item": 40}]

SELECT v.no, p.card FROM invoices v LEFT JOIN payments p ON p.invoice_id = v.id AND p.issued = v.issued WHERE v.tenant_id = $1 AND ($2::date IS NULL OR v.issued >= $2) AND ($3::text[] IS NULL OR v.currency = ANY ($3)) ORDER BY v.id DESC LIMIT $4
-- $ 2 | \N | {EUR,USD} | 5

SELECT id, sku FROM items WHERE attributes @> $1 AND categories ~ ANY ($2::lquery[]) AND (base).value > $3 ORDER BY id
-- $ color=>red | {top.*,x.*} | 5
