-- A clinic: masked columns of every type that masks serve, domains among them, some unmasked by row; words of SQL as names; a partitioned table.
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION tablefunc; CREATE EXTENSION pg_trgm;
CREATE DOMAIN digits AS text CHECK (VALUE ~ '^[0-9]+$');
CREATE DOMAIN postcode AS varchar(8);
CREATE DOMAIN cents AS numeric(12,2) CHECK (VALUE >= 0);
CREATE DOMAIN pay AS cents;
CREATE DOMAIN level AS int NOT NULL DEFAULT 0;
CREATE TYPE kind AS ENUM ('guest', 'regular', 'staff');
CREATE TYPE loc AS (lat float8, lon float8, name varchar(20));
CREATE TABLE teams (id int PRIMARY KEY, name text NOT NULL, lead uuid, budget money);
CREATE TABLE people (
  id uuid PRIMARY KEY, no int GENERATED ALWAYS AS IDENTITY UNIQUE, region text NOT NULL, team_id int REFERENCES teams, hidden boolean NOT NULL DEFAULT false, name text NOT NULL,
  ssn digits, zip postcode, mails citext[], birth date, salary pay, vip boolean, kind kind, addr inet, span daterange, months int4multirange, notes text, tags varchar(6)[], extra jsonb, docs json[],
  score real, ratio float8, visits int2, big int8, seen timestamptz, at timestamp(3), iv interval(0), raw bytea, label name, ch char(5), nick varchar(12) COLLATE "C", code citext, loc loc, pair int[], level level, names text[], codes digits[], zips postcode[],
  hs hstore, created date NOT NULL DEFAULT '2026-01-01', initials text GENERATED ALWAYS AS (left(name, 2)) STORED);
CREATE INDEX ON people (region); CREATE INDEX ON people (nick); CREATE INDEX ON people (birth);
CREATE TABLE stays (id int PRIMARY KEY, person_id uuid NOT NULL REFERENCES people, during tstzrange, ward "char", cost cents, detail text, EXCLUDE USING gist (during WITH &&) DEFERRABLE);
CREATE TABLE "order" ("select" int PRIMARY KEY, "user" text, "group" int, "table" text, "timestamp" timestamp, count int, "row" int, value text, "all" boolean, "end" text, "CamelCase" int, "with space" text, position int, "interval" interval);
CREATE TABLE readings (clinic int NOT NULL, day date NOT NULL, sensor text NOT NULL, value numeric(8,3), PRIMARY KEY (clinic, day, sensor)) PARTITION BY LIST (clinic);
CREATE TABLE readings_1 PARTITION OF readings FOR VALUES IN (1, 2); CREATE TABLE readings_x PARTITION OF readings DEFAULT;
INSERT INTO teams SELECT i, 'Team ' || i, NULL, i * 1000 FROM generate_series(1, 4) i;
INSERT INTO people (id, region, team_id, hidden, name, ssn, zip, mails, birth, salary, vip, kind, addr, span, months, notes, tags, extra, docs, score, ratio, visits, big, seen, at, iv, raw, label, ch, nick, code, loc, pair, level, names, hs, codes, zips)
  SELECT ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, (ARRAY['north', 'east', 'south'])[i % 3 + 1], i % 4 + 1, i % 5 = 0, 'Person ' || chr(65 + i % 26) || i, CASE WHEN i % 8 > 0 THEN lpad((i * 7919)::text, 9, '0') END, 'Z' || i * 31, ARRAY['p' || i || '@Mail.example', NULL, 'nomail'],
  date '1950-01-01' + i * 211, i * 123.45, i % 2 = 0, (ARRAY['guest', 'regular', 'staff']::kind[])[i % 3 + 1], ('10.1.' || i || '.7/24')::inet, daterange(date '2026-01-01', date '2026-01-01' + i), int4multirange(int4range(1, i + 2)), CASE WHEN i % 4 > 0 THEN 'note of ' || i END, ARRAY['tag' || i, 't'],
  jsonb_build_object('phone', '1380000' || i, 'home', jsonb_build_object('street', 'S' || i, 'city', 'C' || i % 3), 'age', i, 'secret', i, 'n', NULL), ARRAY[json_build_object('phone', '555' || i, 'age', i), '{"z":1}'], i * 1.3, i / 7.0, i * 3, i * 100000000007, timestamptz '2026-01-15 10:30Z' + i * interval '9 days', timestamp '2026-01-15 10:30:15.123' + i * interval '5 hours', i * interval '1 minute', decode(lpad(to_hex(i), 4, '0'), 'hex'), 'label' || i, 'c' || i, 'nick' || i, 'CoDe' || i, ROW(i, -i, 'L' || i)::loc, ARRAY[i, i + 1], i, ARRAY['x', 'y', i::text], hstore('a', i::text), ARRAY['1234', lpad(i::text, 6, '0')]::digits[], ARRAY['Z' || i * 31, NULL]::postcode[]
  FROM generate_series(1, 60) i;
UPDATE teams SET lead = (SELECT id FROM people WHERE team_id = teams.id ORDER BY no LIMIT 1);
INSERT INTO stays SELECT i, ('00000000-0000-4000-8000-' || lpad((i % 60 + 1)::text, 12, '0'))::uuid, tstzrange(timestamptz '2026-01-01Z' + i * interval '1 day', timestamptz '2026-01-01 18:00Z' + i * interval '1 day'), chr(65 + i % 3)::"char", i * 7.77, 'detail ' || i FROM generate_series(1, 150) i;
INSERT INTO "order" SELECT i, CASE WHEN i % 7 = 0 THEN 'all' ELSE 'u' || i END, i % 4 + 1, 'table' || i, timestamp '2026-01-01' + i * interval '1 hour', i, i * 2, 'v' || i, i % 2 = 0, 'e' || i, i, 'w s' || i, i % 3, i * interval '1 day' FROM generate_series(1, 40) i;
INSERT INTO readings SELECT c, date '2026-01-01' + d, s, c * 10 + d / 3.0 FROM generate_series(1, 3) c, generate_series(0, 9) d, unnest(ARRAY['a', 'b']) s WHERE (d + c) % 4 > 0;
CREATE VIEW seniors AS SELECT id, name, birth, salary, ssn FROM people WHERE birth < '1960-01-01';
CREATE VIEW per_team (team, people, pay, phones) AS SELECT t.name, count(p.id), sum(p.salary), array_agg(p.extra->>'phone' ORDER BY p.no) FROM teams t LEFT JOIN people p ON p.team_id = t.id GROUP BY t.id;
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alice') THEN CREATE ROLE alice LOGIN; END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dora') THEN CREATE ROLE dora LOGIN; END IF;
END $$;
CREATE SCHEMA ref;
GRANT ALL ON SCHEMA public, ref TO public;
GRANT ALL ON ALL TABLES IN SCHEMA public TO public; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO public;
