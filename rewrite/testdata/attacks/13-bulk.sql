-- much at once
SELECT string_agg(phone, ',' ORDER BY id) FROM customers

-- much at once
SELECT string_agg(c::text, E'\n' ORDER BY id) FROM customers c

-- much at once
SELECT json_agg(c ORDER BY c.id) FROM customers c

-- much at once
SELECT xmlagg(xmlelement(name c, phone) ORDER BY id) FROM customers

-- much at once
SELECT jsonb_object_agg(id, phone) FROM customers

-- much at once
SELECT * FROM customers ORDER BY id LIMIT 5 OFFSET 5

-- much at once
SELECT * FROM customers ORDER BY id OFFSET 10

-- much at once
SELECT * FROM customers WHERE id > 100 ORDER BY id LIMIT 10

-- much at once
SELECT count(*), max(id), min(id), avg(id) FROM customers

-- much at once
SELECT id, count(*) OVER () FROM customers ORDER BY id LIMIT 1

-- much at once
SELECT ntile(4) OVER (ORDER BY id), id FROM customers

-- much at once
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY id) FROM customers

-- much at once
SELECT mode() WITHIN GROUP (ORDER BY owner_id) FROM customers

-- much at once
SELECT regr_count(id, owner_id), corr(id, owner_id) FROM customers

-- much at once
SELECT to_tsvector(string_agg(phone, ' ' ORDER BY id)) FROM customers

-- much at once
SELECT bit_xor(hashtext(phone)), bool_or(phone LIKE '1389%') FROM customers

-- much at once
SELECT region, array_agg(phone ORDER BY id) FROM customers GROUP BY CUBE (region, active) ORDER BY 1, 2

-- much at once
SELECT max(phone) FROM customers

-- much at once
SELECT sum(hashtext(customers::text)::bigint) FROM customers
