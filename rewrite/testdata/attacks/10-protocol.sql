-- another way to run the statement
PREPARE p2 AS SELECT * FROM customers; EXECUTE p2; DEALLOCATE p2

-- another way to run the statement
PREPARE p2(int) AS SELECT * FROM customers WHERE id > $1; EXECUTE p2(0); DEALLOCATE p2

-- another way to run the statement
PREPARE p2(text) AS SELECT id FROM customers WHERE phone LIKE $1; EXECUTE p2('1389%'); DEALLOCATE p2

-- another way to run the statement
PREPARE p2(text) AS SELECT id FROM customers WHERE 1/(CASE WHEN name LIKE $1 THEN 0 ELSE 1 END) = 1; EXECUTE p2('N5%'); DEALLOCATE p2

-- another way to run the statement
SET plan_cache_mode = force_generic_plan; PREPARE p2(int) AS SELECT "Key" FROM "Odd Names" WHERE CASE WHEN "select" = 'N5' THEN 1/$1 ELSE 1 END = 1; EXECUTE p2(0); DEALLOCATE p2

-- another way to run the statement
SET plan_cache_mode = force_generic_plan; PREPARE p2(int) AS SELECT id FROM orders WHERE id = 100000 AND owner_id = 1/$1; EXECUTE p2(0); DEALLOCATE p2

-- another way to run the statement
SET plan_cache_mode = force_generic_plan; PREPARE p2(text) AS SELECT "Key" FROM "Odd Names" WHERE "select" = 'N5' AND "Key" = $1::text::int; EXECUTE p2('x'); DEALLOCATE p2

-- another way to run the statement
PREPARE p2 AS UPDATE customers SET note = phone RETURNING note; EXECUTE p2; DEALLOCATE p2

-- another way to run the statement
PREPARE p2 AS DELETE FROM orders RETURNING *; EXECUTE p2; DEALLOCATE p2

-- another way to run the statement
PREPARE p2 AS VALUES ((SELECT string_agg(id_card, ',') FROM customers)); EXECUTE p2; DEALLOCATE p2

-- tries: another way to run the statement
CREATE TABLE x AS EXECUTE p2

-- tries: another way to run the statement
EXPLAIN EXECUTE p2

-- another way to run the statement
PREPARE p2 AS SELECT 1; EXECUTE p2; DEALLOCATE p2; SELECT phone FROM customers

-- another way to run the statement
DECLARE k NO SCROLL CURSOR FOR SELECT id_card FROM customers; FETCH 1 FROM k; FETCH 2 FROM k; FETCH ALL FROM k

-- another way to run the statement
DECLARE k SCROLL CURSOR FOR TABLE customers; FETCH BACKWARD 1 FROM k; FETCH ALL FROM k

-- another way to run the statement
DECLARE k CURSOR FOR WITH w AS (SELECT phone FROM customers) SELECT * FROM w; FETCH ALL FROM k

-- another way to run the statement
DECLARE k CURSOR FOR SELECT id FROM customers WHERE phone LIKE '1389%'; FETCH ALL FROM k

-- another way to run the statement
COPY (SELECT phone, id_card FROM customers ORDER BY id) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)

-- another way to run the statement
COPY (SELECT count(*) FROM customers WHERE id_card LIKE '0%') TO STDOUT

-- tries: another way to run the statement
COPY customers FROM STDIN

-- tries: another way to run the statement
COPY pg_settings FROM STDIN

-- another way to run the statement
COPY (DELETE FROM orders RETURNING *) TO STDOUT
