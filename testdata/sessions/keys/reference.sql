-- What alice's rules in policy.yaml mean: views written by hand.
CREATE SCHEMA ref;
CREATE FUNCTION ref.ends(v text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN length(v) <= 4 THEN repeat('-', length(v)) ELSE left(v, 2) || repeat('-', length(v) - 4) || right(v, 2) END $$;
CREATE VIEW ref.accounts WITH (security_barrier) AS SELECT '…' || right(no, 3) AS no, branch, (round(level / 10.0) * 10)::int AS level, NULL::char(4) AS pin, 'low'::kind AS kind, date_trunc('year', opened)::date AS opened, title, short FROM public.accounts WHERE branch = 'B2';
CREATE VIEW ref.moves WITH (security_barrier) AS SELECT id, '…' || right(from_no, 3) AS from_no, '…' || right(to_no, 3) AS to_no, (round(cents / 10.0) * 10)::bigint AS cents, at, jsonb_set(jsonb_set(jsonb_set(doc, '{card}', to_jsonb(ref.ends(doc->>'card'))), '{items}', 'null'), '{who,name}', to_jsonb('…' || right(doc #>> '{who,name}', 3))) AS doc FROM public.moves WHERE EXISTS (SELECT FROM public.accounts a WHERE a.no IN (moves.from_no, moves.to_no) AND a.branch = 'B2');
CREATE VIEW ref.vault WITH (security_barrier) AS SELECT * FROM public.vault WHERE false WITH CHECK OPTION;
CREATE VIEW ref.cards WITH (security_barrier) AS SELECT ref.ends(number) AS number, true AS ok, set_masklen(addr, 16) AS addr, NULL::int4range AS limits, ref.ends(holder)::varchar(20) AS holder, date_trunc('year', active_on)::date AS active_on, (round((sum / 10)::numeric) * 10)::float4 AS sum, NULL::xml AS secret, ARRAY(SELECT ref.ends(rtrim(c)) FROM unnest(codes) WITH ORDINALITY u(c, o) ORDER BY o)::char(6)[] AS codes, note FROM public.cards;
CREATE VIEW ref.visits WITH (security_barrier) AS SELECT * FROM public.visits WHERE level <= 3 AND (branch = 'B2' OR branch IS NULL) WITH CHECK OPTION;
CREATE VIEW ref.daily WITH (security_barrier) AS SELECT branch, date_trunc('year', day)::date AS day, (round(value / 10.0) * 10)::int AS value, note FROM public.daily WHERE branch = 'B2';
CREATE VIEW ref.daily_a WITH (security_barrier) AS SELECT branch, date_trunc('year', day)::date AS day, (round(value / 10.0) * 10)::int AS value, note FROM public.daily_a WHERE branch = 'B2';
CREATE VIEW ref.tree WITH (security_barrier) AS SELECT (round(id / 10.0) * 10)::int AS id, parent, ref.ends(label) AS label, depth FROM public.tree WHERE depth < 3 WITH CHECK OPTION;
CREATE VIEW ref.balance AS SELECT a.no, a.title, coalesce(sum(CASE WHEN m.to_no = a.no THEN m.cents ELSE -m.cents END), 0) AS cents, count(m.id) AS n FROM ref.accounts a LEFT JOIN ref.moves m ON a.no IN (m.from_no, m.to_no) GROUP BY a.no, a.title;
CREATE VIEW ref.card_list AS SELECT number, holder, note FROM ref.cards WHERE ok;
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alice') THEN CREATE ROLE alice LOGIN; END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dora') THEN CREATE ROLE dora LOGIN; END IF;
END $$;
GRANT ALL ON SCHEMA public, ref TO public;
GRANT ALL ON ALL TABLES IN SCHEMA public TO public; GRANT ALL ON ALL TABLES IN SCHEMA ref TO public; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO public;
