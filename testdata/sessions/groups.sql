-- Groups: by a key under its number and under a name of the result, and by what is worked out from a key, whose other columns then stand in aggregates alone.

-- By a name of the result
SELECT d.id % 4 AS shard, count(d.title), max(d.due), sum(d.position) FROM deals d GROUP BY shard ORDER BY shard

-- By a number
SELECT id / 5, count(name), string_agg(region, ',' ORDER BY id) FROM clients GROUP BY 1 ORDER BY 1

-- By the expression itself
SELECT id % 3, min(phone), max(note) FROM clients GROUP BY id % 3 ORDER BY 1

-- By a key that is text
SELECT id::text AS k, count(*), max(credit) FROM clients GROUP BY k ORDER BY k

-- By a CASE over a key
SELECT CASE WHEN id < 10 THEN 'old' ELSE 'new' END AS age, count(DISTINCT region), avg(credit) FROM clients GROUP BY 1 ORDER BY 1

-- By an expression over the keys of a join
SELECT (c.id + d.id) % 2 AS parity, count(*), sum(d.position), max(c.name) FROM clients c JOIN deals d ON d.client_id = c.id GROUP BY parity ORDER BY parity

-- A comparison with a key
SELECT id > 8 AS late, bool_or(region = 'EU'), count(*) FROM clients GROUP BY late HAVING count(*) > 0 ORDER BY late

-- In a window over groups
SELECT id % 2 AS half, count(title) AS n, sum(count(title)) OVER (ORDER BY id % 2) FROM deals GROUP BY half ORDER BY half

-- In grouping sets
SELECT id % 2 AS half, region, count(name) FROM clients GROUP BY GROUPING SETS ((1), (1, 2), ()) ORDER BY 1, 2, 3

-- In a sub-select
SELECT half, n FROM (SELECT id % 2 AS half, count(title) AS n FROM deals GROUP BY half) AS s ORDER BY half
