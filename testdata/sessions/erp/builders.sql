-- == tables of its own made from what is shown as dora

CREATE TABLE report AS SELECT number, iban, salary, born, dept_id FROM employees WHERE dept_id IN (1, 2)

SELECT * FROM report ORDER BY number

CREATE TABLE IF NOT EXISTS report AS SELECT 1

CREATE TABLE copy_of (LIKE report INCLUDING ALL)

INSERT INTO copy_of TABLE report

ALTER TABLE report ADD PRIMARY KEY (number), ADD COLUMN note text DEFAULT 'n', ALTER salary TYPE int USING salary::int

UPDATE report SET note = e.name FROM employees e WHERE e.number = report.number RETURNING report.*

CREATE INDEX report_iban ON report (lower(iban))

CREATE UNIQUE INDEX CONCURRENTLY report_born ON report (born, number)

COMMENT ON TABLE report IS 'mine'

SELECT obj_description('report'::regclass), count(*) FROM report

CREATE VIEW report_view AS SELECT r.number, e.iban, t.n FROM report r JOIN employees e USING (number) LEFT JOIN (SELECT assignee_id, count(*) AS n FROM tickets GROUP BY 1) t ON t.assignee_id = e.id

SELECT * FROM report_view ORDER BY number

CREATE OR REPLACE VIEW report_view AS SELECT r.number, e.iban, t.n, e.salary FROM report r JOIN employees e USING (number) LEFT JOIN (SELECT assignee_id, count(*) AS n FROM tickets GROUP BY 1) t ON t.assignee_id = e.id

SELECT * FROM report_view ORDER BY number

DROP VIEW report_view

CREATE TABLE stage.load (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, data jsonb NOT NULL, at timestamptz DEFAULT '2026-01-01Z', CHECK (data ? 'n'))

INSERT INTO stage.load (data) SELECT jsonb_build_object('n', number, 'i', iban) FROM employees ORDER BY number LIMIT 3

SELECT * FROM stage.load ORDER BY id

-- fails
INSERT INTO stage.load (data) VALUES ('{}')

CREATE TABLE stage.parted (k int, v text) PARTITION BY LIST (k)

CREATE TABLE stage.parted_1 PARTITION OF stage.parted FOR VALUES IN (1, 2)

-- fails
ALTER TABLE stage.parted ATTACH PARTITION stage.nosuch DEFAULT

INSERT INTO stage.parted SELECT 1, iban FROM employees ORDER BY number LIMIT 2

SELECT * FROM stage.parted ORDER BY v

CREATE SEQUENCE stage.s START 5

SELECT nextval('stage.s'), setval('stage.s', 9), nextval('stage.s')

CREATE TYPE stage.color AS ENUM ('red', 'green')

ALTER TYPE stage.color ADD VALUE 'blue'

CREATE DOMAIN stage.pos AS int CHECK (VALUE > 0)

CREATE TABLE stage.things (c stage.color, p stage.pos)

INSERT INTO stage.things VALUES ('blue', 3)

-- fails
INSERT INTO stage.things VALUES ('red', 0)

SELECT c, p, c > 'red' FROM stage.things

ALTER TABLE stage.things RENAME COLUMN c TO colour

ALTER TABLE stage.things RENAME TO items2

SELECT colour FROM stage.items2

GRANT SELECT ON stage.items2 TO alice

ANALYZE stage.items2

VACUUM stage.items2

REINDEX TABLE stage.items2

TRUNCATE stage.items2, stage.load RESTART IDENTITY

DROP TABLE IF EXISTS stage.nosuch, stage.items2

-- fails
DROP TABLE stage.nosuch

DROP TYPE stage.color

SET search_path = 'stage', 'public'

SELECT count(*) FROM load, employees

CREATE TABLE employees_local AS SELECT number FROM employees

DROP TABLE employees_local

RESET search_path

DROP TABLE report, copy_of

BEGIN; CREATE TABLE gone (a int); INSERT INTO gone SELECT number FROM employees; ROLLBACK

-- fails
SELECT * FROM gone

BEGIN

CREATE TABLE inside AS SELECT number, salary FROM employees WHERE number < 20

SELECT sum(salary) FROM inside

ALTER TABLE inside DROP COLUMN salary

SELECT i.number, e.salary FROM inside i JOIN employees e USING (number) ORDER BY 1

COMMIT

DROP TABLE inside

CREATE MATERIALIZED VIEW stage.mv AS SELECT k, count(*) FROM stage.parted GROUP BY k

SELECT * FROM stage.mv

REFRESH MATERIALIZED VIEW stage.mv

DROP MATERIALIZED VIEW stage.mv

-- == plans, whose text is of the rewritten statement, as dora

EXPLAIN (ANALYZE, BUFFERS OFF, COSTS OFF, TIMING OFF, SUMMARY OFF, FORMAT json) SELECT count(*) FROM countries

-- otherwise: of the rewritten statement
EXPLAIN (VERBOSE, COSTS OFF) UPDATE tickets SET votes = 3 WHERE id = 4

SELECT votes FROM tickets WHERE id = 4

-- fails
EXPLAIN SELECT nosuch FROM tickets

-- == procedures and blocks as rita

CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'

-- otherwise: the policy does not list the function
SELECT twice(number) FROM employees ORDER BY number LIMIT 2

CREATE PROCEDURE nothing(INOUT n int) LANGUAGE plpgsql AS $$ BEGIN n := n + 1; END $$

CALL nothing(4)

DO $$ BEGIN RAISE NOTICE 'hello %', 3; END $$

DROP FUNCTION twice(int)

DROP PROCEDURE nothing
