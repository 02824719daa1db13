-- json with an escape that no text can hold becomes jsonb
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN to_jsonb('"\u0000"'::json) IS NULL END

-- json with such an escape is put into jsonb
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN jsonb_build_object('a', '"\u0000"'::json) IS NULL END

-- such an escape is read from json
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (json_build_object('a', '"\u0000"'::json) ->> 'a') IS NULL END

-- such an escape is gathered into jsonb
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (SELECT jsonb_agg('"\u0000"'::json) FROM products) IS NULL END

-- lists of a type without equality are compared
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY[to_json(1)] = ARRAY[to_json(1)] END

-- such lists are told apart
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY[to_json(1)] IS DISTINCT FROM ARRAY[to_json(1)] END

-- such lists are nullified
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN NULLIF(ARRAY[to_json(1)], ARRAY[to_json(1)]) IS NULL END

-- tries: the greater of such lists
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN GREATEST(ARRAY[to_json(1)], ARRAY[to_json(1)]) IS NULL END

-- such a list among others
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY[to_json(1)] IN (ARRAY[to_json(1)], ARRAY[to_json(2)]) END

-- such lists in CASE
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN CASE ARRAY[to_json(1)] WHEN ARRAY[to_json(1)] THEN true END END

-- tries: such lists are sorted by
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT 1 FROM products ORDER BY ARRAY[to_json(id)]) IS NULL END

-- tries: such lists are gone through once
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT DISTINCT ARRAY[to_json(id)]::text IS NULL FROM products GROUP BY ARRAY[to_json(id)]) IS NULL END

-- the greatest of such lists
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (SELECT max(ARRAY[to_json(id)]) FROM products) IS NULL END

-- tries: such lists are sorted by within an aggregate
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (SELECT string_agg(name, ',' ORDER BY ARRAY[to_json(id)]) FROM products) IS NULL END

-- tries: such lists are counted once
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (SELECT count(DISTINCT ARRAY[to_json(id)]) FROM products) IS NULL END

-- tries: such lists are sorted by in a window
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT row_number() OVER (ORDER BY ARRAY[to_json(id)]) FROM products) IS NULL END

-- tries: such lists meet in a union
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT ARRAY[to_json(id)]::text IS NULL FROM (SELECT id FROM products UNION SELECT 1) p GROUP BY ARRAY[to_json(id)]) IS NULL END

-- a list out of a function is compared
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM unnest(ARRAY[to_json(1)]) u(x) WHERE ARRAY[u.x] = ARRAY[u.x]) END

-- a cycle is looked for among values without equality
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(WITH RECURSIVE w(j) AS (SELECT to_json(1) UNION ALL SELECT j FROM w) CYCLE j SET c USING p SELECT 1 FROM w) IS NULL END

-- two collations meet
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN lower((SELECT 'a' COLLATE "C") || (SELECT 'b' COLLATE "POSIX")) IS NULL END

-- two collations meet in a comparison
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (SELECT 'a' COLLATE "C") = (SELECT 'b' COLLATE "POSIX") END

-- two collations meet in order
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (SELECT 'a' COLLATE "C") < (SELECT 'b' COLLATE "POSIX") END

-- two collations meet under ILIKE
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ((SELECT 'a' COLLATE "C") || (SELECT 'b' COLLATE "POSIX")) ILIKE 'b' END

-- two collations meet in a function that is called leakproof
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN texteq((SELECT 'a' COLLATE "C"), (SELECT 'b' COLLATE "POSIX")) END

-- tries: two collations are sorted by
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT 1 FROM (SELECT 'a' COLLATE "C" AS x FROM products) a, (SELECT 'b' COLLATE "POSIX" AS y) b ORDER BY x || y) IS NULL END

-- a name meets another collation
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN current_user::text || (SELECT 'b' COLLATE "POSIX") = 'x' END

-- a domain that a literal does not fit
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN '-1'::information_schema.cardinal_number IS NULL END

-- a domain that NULL fits and a word does not
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN 'maybe'::information_schema.yes_or_no IS NULL END

-- tries: a domain beside a condition
SELECT count(*) FROM orders WHERE id > 100000 AND id = '-1'::information_schema.cardinal_number

-- XML beside a condition
SELECT count(*) FROM orders WHERE id > 100000 AND status = XMLSERIALIZE(CONTENT XMLPARSE(CONTENT '<bad') AS text)

-- tries: rows are compared beside a condition
SELECT count(*) FROM customers WHERE id > 99999 AND active = (ROW(1, ARRAY[to_json(1)]) = ROW(1, ARRAY[to_json(now())]))

-- lists of different dimensions make no list
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY[(SELECT '{1,2}'::int[]), (SELECT '{3}'::int[])] IS NULL END

-- a column’s list and another make no list
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY[(SELECT '{1,2}'::int[]), string_to_array('1,2,3', ',')::int[]] IS NULL END

-- a place in a list that is too far out
SELECT count(*) FROM orders WHERE (ARRAY[1])[CASE WHEN id > 100000 THEN 3000000000 END] IS NULL

-- a column as a place in a list
SELECT count(*) FROM orders WHERE (ARRAY[1])[CASE WHEN id > 100000 THEN id + 3000000000 END] IS NOT NULL

-- a part of what is no list
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (current_user)[1:2] IS NULL END

-- a bigint beside an oid
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN 99999999999 END = 5::oid

-- a bigint nullified by an oid
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN NULLIF((SELECT -1::int8), 5::oid) IS NULL END

-- a numeric beside a float
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN 1e400 END = 1::float8

-- a numeric for a float in CASE
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN CASE WHEN now() IS NULL THEN 0::float8 ELSE (SELECT 1e400) END IS NOT NULL END

-- a numeric for a float in COALESCE
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN COALESCE((SELECT 1e400), 0::float8) IS NOT NULL END

-- a numeric for a float in a list
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY[(SELECT 1e400), 0::float8] IS NOT NULL END

-- a numeric for a float in a union
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT 0::float8 UNION ALL SELECT (SELECT 1e400)) IS NULL END

-- a numeric for a float in VALUES
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(VALUES (0::float8), ((SELECT 1e400))) IS NULL END

-- a numeric for a float among others
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN 1::float8 IN ((SELECT 1e400), 2) END

-- a numeric for a float in a range
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN 1::float8 BETWEEN (SELECT 1e400) AND 2 END

-- a numeric for a float of a sub-select
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN 1::float8 = ANY (SELECT 1e400) END

-- a numeric for a float of an array
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN 1::float8 = ANY ((SELECT ARRAY[1e400])::numeric[]) END

-- a numeric for a float in a join
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM (SELECT 1::float8 AS x) a JOIN (SELECT (SELECT 1e400) AS x) b USING (x)) END

-- LIMIT below zero
SELECT count(*) FROM orders WHERE EXISTS (SELECT 1 LIMIT CASE WHEN id > 100000 THEN -1 ELSE 1 END)

-- OFFSET below zero
SELECT count(*) FROM orders WHERE EXISTS (SELECT 1 OFFSET CASE WHEN id > 100000 THEN -1 ELSE 0 END)

-- LIMIT below zero as a number
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT 1 LIMIT -1) IS NULL END

-- LIMIT below zero as a string
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT 1 LIMIT '-1') IS NULL END

-- a frame below zero
SELECT count(*) FROM orders o WHERE ARRAY(SELECT count(*) OVER (ROWS CASE WHEN o.id > 100000 THEN -1 ELSE 1 END PRECEDING) FROM products) IS NOT NULL

-- a frame below zero as a number
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT count(*) OVER (ORDER BY id ROWS BETWEEN -1 PRECEDING AND CURRENT ROW) FROM products) IS NULL END

-- a frame of values below zero
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT count(*) OVER (ORDER BY id RANGE '-1' PRECEDING) FROM products) IS NULL END

-- tries: a frame of values out of range
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT count(*) OVER (ORDER BY timestamp '294276-01-01' RANGE '1000 years' FOLLOWING) FROM products) IS NULL END

-- XMLTABLE finds nothing
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM XMLTABLE('/a' PASSING ('<a/>'::xml) COLUMNS x int PATH 'b' NOT NULL)) END

-- XMLTABLE finds no number
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM XMLTABLE('/a' PASSING ('<a>x</a>'::xml) COLUMNS x int PATH '.')) END

-- a function of literals that gives rows
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT regexp_split_to_table('a', '(')) IS NULL END

-- a function of literals that gives rows, in FROM
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM regexp_split_to_table('a', '(')) END

-- elements of what is no array
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT jsonb_array_elements_text('1')) IS NULL END

-- a comparison over two tables is not tried when planning
SELECT count(*) FROM orders o, products p WHERE o.id > 100000 AND CASE WHEN o.id > 100000 THEN p.name END = to_char(now(), '"x"')::int::text

-- a comparison of a column further out is not tried when planning
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM products p WHERE orders.id = to_char(now(), '"x"')::int) END

-- a sample of more than everything
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM products TABLESAMPLE SYSTEM (101)) END

-- a WITH query is worked out when it is read
WITH w AS MATERIALIZED (SELECT to_char(now(), '"x"')::int AS n) SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM w WHERE n > 0) END

-- a WITH query counts when it is read
WITH w AS MATERIALIZED (SELECT nextval('counter') AS n) SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM w) END;
SELECT last_value, is_called FROM counter

-- a row is locked
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM products WHERE id = 3 FOR UPDATE) END;
SELECT pg_current_xact_id_if_assigned() IS NULL

-- a row of a union’s arm is locked
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT 1 FROM (SELECT id FROM products WHERE id = 4 FOR SHARE) p UNION ALL SELECT 1) END;
SELECT pg_current_xact_id_if_assigned() IS NULL

-- a parameter is cast where the plan is for any
SET plan_cache_mode = force_generic_plan;
PREPARE p(text) AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN $1::int > 0 END;
EXECUTE p('x')

-- a parameter is cast beside a condition
SET plan_cache_mode = force_generic_plan;
PREPARE p(text) AS SELECT count(*) FROM orders WHERE id > 100000 AND owner_id = $1::int;
EXECUTE p('x')

-- a parameter is cast to what it is not
SET plan_cache_mode = force_generic_plan;
PREPARE p AS SELECT $1::text, count(*) FROM orders WHERE id > 100000 AND owner_id = $1::int;
EXECUTE p('x')

-- a parameter is cast to a domain
SET plan_cache_mode = force_generic_plan;
PREPARE p(int) AS SELECT count(*) FROM orders WHERE id > 100000 AND owner_id = $1::information_schema.cardinal_number;
EXECUTE p(-1)

-- an order that fails in parallel workers
SELECT id FROM (SELECT 1 AS id FROM orders ORDER BY CASE WHEN id > 100000 THEN ARRAY[to_json(1)] = ARRAY[to_json(1)] END) x

-- a condition that another makes a constant of
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM products p WHERE p.name = 'z' AND p.name = to_char(now(), '"x"')::int::text) END

-- a condition on a sub-select’s constant
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM (SELECT 5 AS id) p WHERE p.id = to_char(now(), '"x"')::int) END

-- a condition on a sub-select’s constant, gone through once
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM (SELECT DISTINCT 5 AS id FROM products) p WHERE p.id > to_char(now(), '"x"')::int) END

-- a condition on a sub-select’s count
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM (SELECT count(*) AS id FROM products) p WHERE p.id > to_char(now(), '"x"')::int) END

-- a condition on a column further out, handed on
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN EXISTS (SELECT FROM products p, LATERAL (SELECT orders.id AS id) l WHERE l.id > to_char(now(), '"x"')::int) END

-- the length of a line from end to end
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN length((SELECT lseg '[(-1e308,-1e308),(1e308,1e308)]')) > 0 END

-- the length of such a path
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN length((SELECT path '((-1e308,-1e308),(1e308,1e308))')) > 0 END

-- a key of json without its value
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN json_build_object('a', 1, 'b') IS NULL END

-- a key of jsonb without its value
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN jsonb_build_object('a') IS NULL END

-- a numeric handed to a leakproof function of floats
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN float8eq((SELECT 1e400), 1) END

-- a bigint handed to a leakproof function of oids
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN oideq((SELECT 99999999999), 1) END

-- a column handed to a leakproof function of oids
SELECT count(*) FROM orders WHERE id > 100000 AND oideq(CASE WHEN id > 100000 THEN 99999999999 END, 1)

-- a date handed to a leakproof function of timestamps
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN timestamp_eq((SELECT date '5800000-01-01'), timestamp '2020-01-01') END

-- a date handed to one of timestamps with a zone
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN timestamptz_eq((SELECT date '5800000-01-01'), now()) END

-- a timestamp handed to one of timestamps with a zone
SET TimeZone = 'America/Los_Angeles'; SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN timestamptz_eq((SELECT timestamp '294276-12-31 23:00'), now()) END

-- a long address handed to a leakproof function of short ones
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN macaddr_eq((SELECT macaddr8 '08:00:2b:01:02:03:04:05'), macaddr '08:00:2b:01:02:03') END

-- a pattern that takes more stack than there is
SET max_stack_depth = '100kB'; SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') LIKE '%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a' END

-- the time that a sub-select takes, behind a condition
SET statement_timeout = '3s';
SELECT count(*) FROM orders WHERE id = 100001 AND customer_id > (SELECT count(*) FROM order_items a, order_items b, order_items c, order_items d)

-- the time that a sub-select takes, in CASE
SET statement_timeout = '3s';
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (SELECT count(*) FROM order_items a, order_items b, order_items c, order_items d) > 0 END

-- the time that a list takes
SET statement_timeout = '3s';
SELECT count(*) FROM orders WHERE id > 100000 AND customer_id NOT IN (SELECT a.order_id FROM order_items a, order_items b, order_items c, order_items d)

-- the time that a WITH query takes
SET statement_timeout = '3s';
WITH w AS (SELECT count(*) AS n FROM order_items a, order_items b, order_items c, order_items d) SELECT count(*) FROM customers WHERE name >= 'N5' AND name < 'N6' AND id > (SELECT n FROM w)

-- the time that a column of a sub-select takes
SET statement_timeout = '3s';
SELECT count(*) FROM (SELECT CASE WHEN id = 100001 THEN (SELECT count(*) FROM order_items a, order_items b, order_items c, order_items d) END AS n FROM orders) o WHERE n > 0

-- a pattern of bytes that ends in its escape
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (SELECT 'abc'::bytea) LIKE '\x255c' END

-- such a pattern beside the operator
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (SELECT 'abc'::bytea) ~~ '\x255c' END

-- a parameter is cut to a precision
SET plan_cache_mode = force_generic_plan;
PREPARE p AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN $1::numeric(3, 1) > 0 END;
EXECUTE p(12345)

-- no list in a list of lists
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT NULL::int[]) IS NULL END

-- an empty list in a list of lists
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT '{}'::int[]) IS NULL END

-- lists of different dimensions in a list
SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT ARRAY[1] UNION ALL SELECT ARRAY[1, 2]) IS NULL END

-- a column’s list in a list
SELECT count(*) FROM customers WHERE id > 99999 AND ARRAY(SELECT tags) IS NOT NULL

-- a numeric parameter for a float in a function
SET plan_cache_mode = force_generic_plan;
PREPARE p(numeric) AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN float8eq($1, 1) END;
EXECUTE p(1e400)

-- a numeric parameter beside a float
SET plan_cache_mode = force_generic_plan;
PREPARE p(numeric) AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN $1 = 1::float8 END;
EXECUTE p(1e400)

-- a numeric parameter for a float in COALESCE
SET plan_cache_mode = force_generic_plan;
PREPARE p(numeric) AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN COALESCE($1, 1::float8) > 0 END;
EXECUTE p(1e400)

-- a numeric parameter for a float among others
SET plan_cache_mode = force_generic_plan;
PREPARE p(numeric) AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN (SELECT 1::float8) IN ($1, 2) END;
EXECUTE p(1e400)

-- a numeric parameter for a float in a union
SET plan_cache_mode = force_generic_plan;
PREPARE p(numeric) AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY(SELECT 1::float8 UNION ALL SELECT $1) IS NULL END;
EXECUTE p(1e400)

-- a bigint parameter beside an oid
SET plan_cache_mode = force_generic_plan;
PREPARE p(bigint) AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN $1 = 1::oid END;
EXECUTE p(99999999999)

-- a parameter of json becomes jsonb
SET plan_cache_mode = force_generic_plan;
PREPARE p(json) AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN to_jsonb($1) IS NULL END;
EXECUTE p('"\u0000"')

-- a parameter that is a list of json is nullified
SET plan_cache_mode = force_generic_plan;
PREPARE p(json[]) AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN NULLIF($1, $1) IS NULL END;
EXECUTE p('{1}')

-- a parameter that is a list of json among others
SET plan_cache_mode = force_generic_plan;
PREPARE p(json[]) AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN $1 IN ($1, '{2}') END;
EXECUTE p('{1}')

-- a parameter that is a list in a list
SET plan_cache_mode = force_generic_plan;
PREPARE p(int[]) AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN ARRAY[$1, '{1,2}'] IS NULL END;
EXECUTE p('{1}')

-- a parameter of bytes beside a pattern
SET plan_cache_mode = force_generic_plan;
PREPARE p(bytea) AS SELECT count(*) FROM orders WHERE CASE WHEN id > 100000 THEN $1 LIKE '\x255c' END;
EXECUTE p('abc')

-- a list of values of its own for each row fails
SELECT count(*) FROM "Odd Names" o, LATERAL (VALUES (CASE WHEN o."select" = 'N5' THEN to_char(now(), '"x"')::int END)) v(x) WHERE v.x > 0

-- such a list in ON
SELECT count(*) FROM "Odd Names" o JOIN LATERAL (VALUES (CASE WHEN o."select" = 'N5' THEN to_char(now(), '"x"')::int END)) v(x) ON v.x > 0

-- more than one row in such a list
SELECT count(*) FROM "Odd Names" o, LATERAL (VALUES (CASE WHEN o."select" = 'N5' THEN (SELECT 1 FROM products) END)) v(x) WHERE v.x > 0

-- tries: the time that a sub-select takes, which a column equals, behind a comparison
SET statement_timeout = '3s';
SELECT count(*) FROM customers WHERE name >= 'N5' AND name < 'N6' AND id = (SELECT count(*) FROM order_items a, order_items b, order_items c, order_items d)

-- behind an equality
SET statement_timeout = '3s';
SELECT count(*) FROM customers WHERE name = 'N5 hidden 100000' AND region = (SELECT CASE WHEN count(*) > 0 THEN 'EU' END::region FROM order_items a, order_items b, order_items c, order_items d)

-- tries: behind a sub-select that becomes a join
SET statement_timeout = '3s';
SELECT count(*) FROM customers c WHERE c.id = (SELECT count(*) FROM order_items a, order_items b, order_items c, order_items d) AND EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.id = 100001)

-- tries: and a join
SET statement_timeout = '3s';
SELECT count(*) FROM (SELECT * FROM customers WHERE id = (SELECT count(*) FROM order_items a, order_items b, order_items c, order_items d)) c JOIN orders o ON o.customer_id = c.id AND o.id = 100001

-- tries: one of several rows
SELECT count(*) FROM customers WHERE name = 'N5 hidden 100000' AND id = (SELECT id FROM products)
