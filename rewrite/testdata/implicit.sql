-- Types, casts, operators and functions of somebody's making that PostgreSQL reaches without their being named. Each function tells what is hidden.
CREATE FUNCTION phones(text) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(phone, ',') FROM public.customers WHERE phone LIKE $1 || '%' $$;
CREATE FUNCTION known(text) RETURNS boolean LANGUAGE sql AS $$ SELECT $1 IS NULL OR EXISTS (SELECT FROM public.customers WHERE phone = $1) $$;

CREATE DOMAIN known_phone AS text CHECK (known(VALUE));
CREATE DOMAIN short_text AS text CHECK (length(VALUE) < 10);
CREATE TYPE form AS (id int, phone known_phone);
CREATE TYPE phones_between AS RANGE (subtype = known_phone);
CREATE TYPE names_between AS RANGE (subtype = text, collation = "C");

CREATE TYPE told AS (v text);
CREATE FUNCTION tell(text) RETURNS told LANGUAGE sql AS $$ SELECT ROW(phones($1))::public.told $$;
CREATE CAST (text AS told) WITH FUNCTION tell(text) AS IMPLICIT;
CREATE TYPE grade AS ENUM ('low', 'high');
CREATE FUNCTION grade(int) RETURNS grade LANGUAGE sql AS $$ SELECT CASE WHEN $1 > (SELECT count(*) FROM public.customers) THEN 'high' ELSE 'low' END::public.grade $$;
CREATE CAST (int AS grade) WITH FUNCTION grade(int) AS ASSIGNMENT;
CREATE CAST (varchar AS grade) WITH INOUT AS IMPLICIT;
CREATE TYPE doc AS (v text);
CREATE FUNCTION doc_json(doc) RETURNS json LANGUAGE sql AS $$ SELECT to_json(phones(($1).v)) $$;
CREATE CAST (doc AS json) WITH FUNCTION doc_json(doc);

CREATE TYPE ranked AS (v text);
CREATE FUNCTION ranked_less(ranked, ranked) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT ($1).v < ($2).v AND public.known(($1).v) $$;
CREATE FUNCTION ranked_compare(ranked, ranked) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN public.known(($1).v) THEN 1 ELSE -1 END $$;
CREATE OPERATOR <^ (LEFTARG = ranked, RIGHTARG = ranked, FUNCTION = ranked_less);
CREATE OPERATOR CLASS ranked_ops DEFAULT FOR TYPE ranked USING btree AS OPERATOR 1 <^, FUNCTION 1 ranked_compare(ranked, ranked);

CREATE FUNCTION told_same(told, told) RETURNS boolean LANGUAGE sql AS $$ SELECT known(($1).v) $$;
CREATE OPERATOR = (LEFTARG = told, RIGHTARG = told, FUNCTION = told_same);
CREATE FUNCTION max(told) RETURNS text LANGUAGE sql AS $$ SELECT phones('') $$;

CREATE SCHEMA other;
CREATE FUNCTION other.same(int, int) RETURNS boolean LANGUAGE sql AS $$ SELECT public.known('138') $$;
CREATE OPERATOR other.= (LEFTARG = int, RIGHTARG = int, FUNCTION = other.same);

CREATE TABLE notes (id int, body short_text, phone known_phone, grade grade, told told, ranked ranked, doc doc);
INSERT INTO notes (id, body, grade, told, ranked, doc) VALUES (1, 'a', 'low', ROW('x')::told, ROW('138')::ranked, NULL), (2, 'b', 'high', NULL, NULL, NULL);
