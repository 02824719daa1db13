-- What alice's rules in policy.yaml mean: views written by hand, and tables filled from them with the keys, defaults and references of the real ones.
CREATE SCHEMA seen; CREATE SCHEMA ref;
CREATE FUNCTION seen.keep(v text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN length(v) <= 7 THEN repeat('*', length(v)) ELSE left(v, 3) || repeat('*', length(v) - 7) || right(v, 4) END $$;
CREATE VIEW seen.staff WITH (security_barrier) AS SELECT id, name, boss_id, team, NULL::numeric(10,2) AS salary, mood FROM public.staff;
CREATE VIEW seen.clients WITH (security_barrier) AS SELECT id, owner_id, name, seen.keep(phone)::varchar(20) AS phone, (left(mail, 1) || '***' || substr(mail, strpos(mail, '@')))::email AS mail, NULL::char(18) AS card, code, region, (round(credit / 1000) * 1000)::numeric(12,2) AS credit, balance,
  date_trunc('year', born)::date AS born, NULL::place AS home, homes, jsonb_set(jsonb_set(profile, '{phone}', to_jsonb(seen.keep(profile->>'phone'))), '{address,street}', 'null') AS profile, doc, attrs, note, mood, tags, active, deleted_at, created_at, updated_at, version FROM public.clients WHERE owner_id = 7;
CREATE VIEW seen.deals WITH (security_barrier) AS SELECT * FROM public.deals WHERE client_id IN (SELECT id FROM public.clients WHERE owner_id = 7);
CREATE VIEW seen.lines WITH (security_barrier) AS SELECT * FROM public.lines WHERE deal_id IN (SELECT d.id FROM public.deals d JOIN public.clients c ON c.id = d.client_id WHERE c.owner_id = 7);
CREATE VIEW seen.products WITH (security_barrier) AS SELECT id, sku, name, price, NULL::numeric(8,2) AS cost, path, labels, embedding FROM public.products;
CREATE VIEW seen.things WITH (security_barrier) AS SELECT id, owner_id, n, b, i, c, m, m8, x, cash, bits, vbits, pt, ln, sg, bx, pa, po, ci, tv, tq, r4, rn, rts, mr, iv, ti, tz, dates, grid, j, jsonb_set(jb, '{phone}', to_jsonb(seen.keep(jb->>'phone'))) AS jb, oi, rc, ch, nm, f4, f8, i2, h, lt, '[hidden]'::text AS secret, seen.keep(serial_no) AS serial_no, pl FROM public.things WHERE owner_id = 7;
CREATE VIEW seen."Большие Слова" WITH (security_barrier) AS SELECT "Ключ", seen.keep("Имя Клиента") AS "Имя Клиента", NULL::text AS "a""b", "select", "MixedCase", "顧客", owner_id FROM public."Большие Слова" WHERE owner_id = 7;
CREATE VIEW seen.metrics WITH (security_barrier) AS SELECT * FROM public.metrics WHERE owner_id = 7;
CREATE VIEW seen.papers WITH (security_barrier) AS SELECT id, owner_id, title, NULL::text AS body FROM ONLY public.papers WHERE owner_id = 7;
CREATE VIEW seen.contracts WITH (security_barrier) AS SELECT id, owner_id, title, NULL::text AS body, signed, parties FROM public.contracts WHERE owner_id = 7;
CREATE VIEW seen.jobs WITH (security_barrier) AS SELECT * FROM public.jobs WHERE owner_id = 7;
CREATE VIEW seen.nodes WITH (security_barrier) AS SELECT * FROM public.nodes WHERE owner_id = 7;
DO $$ BEGIN EXECUTE 'CREATE VIEW seen.wide WITH (security_barrier) AS SELECT id, owner_id, ' || (SELECT string_agg(CASE i WHEN 4 THEN 'seen.keep(c4) AS c4' WHEN 200 THEN 'NULL::text AS c200' ELSE 'c' || i END, ', ' ORDER BY i) FROM generate_series(1, 200) i) || ' FROM public.wide WHERE owner_id = 7'; END $$;
DO $$ DECLARE t text; c text; BEGIN
  FOREACH t IN ARRAY ARRAY['staff', 'clients', 'deals', 'lines', 'products', 'things', 'Большие Слова', 'papers', 'jobs', 'nodes', 'wide'] LOOP
    EXECUTE format('CREATE TABLE ref.%1$I (LIKE public.%1$I INCLUDING ALL)', t);
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO c FROM pg_attribute WHERE attrelid = ('seen.' || quote_ident(t))::regclass AND attnum > 0 AND attname NOT IN ('gross');
    EXECUTE format('INSERT INTO ref.%1$I (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM seen.%1$I', t, c);
  END LOOP;
END $$;
CREATE TABLE ref.contracts (signed date, parties text[], PRIMARY KEY (id)) INHERITS (ref.papers);
INSERT INTO ref.contracts SELECT * FROM seen.contracts;
CREATE TABLE ref.metrics (LIKE public.metrics INCLUDING ALL) PARTITION BY RANGE (at);
CREATE TABLE ref.metrics_1 PARTITION OF ref.metrics FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE ref.metrics_2 PARTITION OF ref.metrics FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY HASH (id);
CREATE TABLE ref.metrics_2a PARTITION OF ref.metrics_2 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE ref.metrics_2b PARTITION OF ref.metrics_2 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE ref.metrics_d PARTITION OF ref.metrics DEFAULT;
INSERT INTO ref.metrics SELECT * FROM seen.metrics;
CREATE TABLE ref.log (LIKE public.log INCLUDING ALL);
CREATE SEQUENCE ref.log_id_seq; ALTER TABLE ref.log ALTER id SET DEFAULT nextval('ref.log_id_seq');
CREATE SEQUENCE ref.jobs_id_seq; ALTER TABLE ref.jobs ALTER id SET DEFAULT nextval('ref.jobs_id_seq');
CREATE SEQUENCE ref.products_id_seq; ALTER TABLE ref.products ALTER id SET DEFAULT nextval('ref.products_id_seq');
ALTER TABLE ref.staff ADD FOREIGN KEY (boss_id) REFERENCES ref.staff;
ALTER TABLE ref.clients ADD FOREIGN KEY (owner_id) REFERENCES ref.staff;
ALTER TABLE ref.deals ADD FOREIGN KEY (client_id) REFERENCES ref.clients ON DELETE CASCADE, ADD FOREIGN KEY (seller_id) REFERENCES ref.staff DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ref.lines ADD FOREIGN KEY (deal_id) REFERENCES ref.deals ON DELETE CASCADE;
UPDATE ref.nodes n SET parent_id = NULL WHERE NOT EXISTS (SELECT FROM ref.nodes p WHERE p.id = n.parent_id);
UPDATE public.nodes n SET parent_id = NULL WHERE owner_id = 7 AND NOT EXISTS (SELECT FROM public.nodes p WHERE p.id = n.parent_id AND p.owner_id = 7);
ALTER TABLE ref.nodes ADD FOREIGN KEY (parent_id) REFERENCES ref.nodes ON DELETE CASCADE;
SELECT setval(pg_get_serial_sequence('ref.clients', 'id'), 1000), setval(pg_get_serial_sequence('ref.deals', 'id'), 1000), setval('ref.jobs_id_seq', 1000), setval('ref.products_id_seq', 20), setval(pg_get_serial_sequence('public.products', 'id'), 20), setval(pg_get_serial_sequence('ref.metrics', 'id'), 1000), setval('ref.log_id_seq', 1), setval(pg_get_serial_sequence('public.log', 'id'), 1);
DO $$ DECLARE s text; BEGIN
  FOREACH s IN ARRAY ARRAY['public', 'ref'] LOOP
    EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON %I.clients FOR EACH ROW EXECUTE FUNCTION public.touch()', s);
    EXECUTE format('CREATE TRIGGER guard BEFORE UPDATE ON %I.deals FOR EACH ROW EXECUTE FUNCTION public.guard_closed()', s);
    EXECUTE format('SET search_path = %I, public', s);
    CREATE VIEW open_deals AS SELECT id, client_id, title, state, net, gross FROM deals WHERE state = 'open' WITH CHECK OPTION;
    CREATE VIEW client_totals AS SELECT c.id, c.name, c.phone, count(d.id) AS deals, sum(d.net) AS total FROM clients c LEFT JOIN deals d ON d.client_id = c.id GROUP BY c.id;
    CREATE VIEW live_clients AS SELECT id, name, phone, mail, note, deleted_at, tags FROM clients WHERE deleted_at IS NULL;
    CREATE VIEW tree AS WITH RECURSIVE t AS (SELECT id, parent_id, name, 0 AS depth FROM nodes WHERE parent_id IS NULL UNION ALL SELECT n.id, n.parent_id, n.name, t.depth + 1 FROM nodes n JOIN t ON n.parent_id = t.id) SELECT * FROM t;
  END LOOP;
  RESET search_path;
END $$;
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alice') THEN CREATE ROLE alice LOGIN; END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dora') THEN CREATE ROLE dora LOGIN; END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rita') THEN CREATE ROLE rita LOGIN; END IF;
END $$;
GRANT ALL ON SCHEMA public, ref TO public;
GRANT ALL ON ALL TABLES IN SCHEMA public TO public; GRANT ALL ON ALL TABLES IN SCHEMA ref TO public;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO public; GRANT ALL ON ALL SEQUENCES IN SCHEMA ref TO public;
