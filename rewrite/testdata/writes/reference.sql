-- What the rules of policy.yaml mean for one who writes: views with filter and masks, and triggers that do what a view with CHECK OPTION does, keep the
-- stored value where its mask comes back, and answer what the view shows.
CREATE SCHEMA ref;
CREATE FUNCTION ref.keep(v text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN length(v) <= 7 THEN repeat('*', length(v)) ELSE left(v, 3) || repeat('*', length(v) - 7) || right(v, 4) END $$;
CREATE VIEW ref.clients WITH (security_barrier) AS SELECT id, owner_id, name, ref.keep(phone)::varchar(20) AS phone,
  CASE WHEN level >= 5 THEN email WHEN email LIKE '%@%' THEN left(email, 1) || '***' || substr(email, strpos(email, '@')) WHEN email IS NOT NULL THEN '***' END AS email,
  NULL::char(18) AS card, date_trunc('year', born)::date AS born, (round(credit / 1000) * 1000)::numeric(12,2) AS credit,
  CASE jsonb_typeof(profile) WHEN 'object' THEN (SELECT jsonb_object_agg(k, CASE
      WHEN k = 'phone' AND jsonb_typeof(v) IN ('string', 'number') THEN to_jsonb(ref.keep(v #>> '{}')) WHEN k = 'phone' THEN 'null'
      WHEN k = 'address' AND jsonb_typeof(v) = 'object' THEN (SELECT coalesce(jsonb_object_agg(k2, CASE WHEN k2 = 'street' THEN 'null' ELSE v2 END), '{}') FROM jsonb_each(v) AS a(k2, v2))
      WHEN k = 'address' THEN 'null' ELSE v END) FROM (SELECT k, v FROM jsonb_each(profile) AS e(k, v) WHERE k <> 'emergency') AS e) END AS profile,
  note, level, code, tags, shout, touched FROM public.clients WHERE owner_id = 7;
ALTER VIEW ref.clients ALTER owner_id SET DEFAULT 7;
ALTER VIEW ref.clients ALTER level SET DEFAULT 1;
ALTER VIEW ref.clients ALTER touched SET DEFAULT 0;
-- A document comes back key by key: what is as it was shown stands for what is stored, and a key that is never shown stays.
CREATE FUNCTION ref.back(v jsonb, shown jsonb, stored jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  IF v IS NOT DISTINCT FROM shown THEN RETURN stored; END IF;
  IF jsonb_typeof(v) <> 'object' OR jsonb_typeof(stored) <> 'object' THEN RETURN v; END IF;
  IF stored ? 'emergency' AND NOT v ? 'emergency' THEN v := jsonb_set(v, '{emergency}', stored->'emergency'); END IF;
  IF v->'phone' = shown->'phone' THEN v := jsonb_set(v, '{phone}', stored->'phone'); END IF;
  IF v->'address' = shown->'address' THEN v := jsonb_set(v, '{address}', stored->'address');
  ELSIF v#>'{address,street}' = shown#>'{address,street}' THEN v := jsonb_set(v, '{address,street}', stored#>'{address,street}'); END IF;
  RETURN v;
END $$;
CREATE FUNCTION ref.clients() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE key bigint;
BEGIN
  IF TG_OP = 'DELETE' THEN DELETE FROM public.clients WHERE id = OLD.id; RETURN OLD; END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO public.clients (id, owner_id, name, phone, email, card, born, credit, profile, note, level, code, tags, touched)
      VALUES (coalesce(NEW.id, nextval('public.clients_id_seq')), NEW.owner_id, NEW.name, NEW.phone, NEW.email, NEW.card, NEW.born, NEW.credit, NEW.profile, NEW.note, NEW.level, NEW.code, NEW.tags, NEW.touched) RETURNING id INTO key;
  ELSE
    UPDATE public.clients SET id = NEW.id, owner_id = NEW.owner_id, name = NEW.name, phone = CASE WHEN NEW.phone IS NOT DISTINCT FROM OLD.phone THEN phone ELSE NEW.phone END,
      email = CASE WHEN NEW.email IS NOT DISTINCT FROM OLD.email THEN email ELSE NEW.email END, card = CASE WHEN NEW.card IS NOT DISTINCT FROM OLD.card THEN card ELSE NEW.card END,
      born = CASE WHEN NEW.born IS NOT DISTINCT FROM OLD.born THEN born ELSE NEW.born END, credit = CASE WHEN NEW.credit IS NOT DISTINCT FROM OLD.credit THEN credit ELSE NEW.credit END,
      profile = ref.back(NEW.profile, OLD.profile, profile), note = NEW.note, level = NEW.level, code = NEW.code, tags = NEW.tags, touched = NEW.touched
      WHERE id = OLD.id RETURNING id INTO key;
  END IF;
  SELECT * INTO NEW FROM ref.clients WHERE id = key;
  IF NOT FOUND THEN RAISE SQLSTATE '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER write INSTEAD OF INSERT OR UPDATE OR DELETE ON ref.clients FOR EACH ROW EXECUTE FUNCTION ref.clients();

CREATE VIEW ref.deals WITH (security_barrier) AS SELECT * FROM public.deals WHERE client_id IN (SELECT id FROM public.clients c WHERE c.owner_id = 7) WITH CHECK OPTION;
ALTER VIEW ref.deals ALTER amount SET DEFAULT 1;
ALTER VIEW ref.deals ALTER status SET DEFAULT 'new';
CREATE VIEW ref.memos WITH (security_barrier) AS SELECT * FROM public.memos WHERE owner_id = 7 WITH CHECK OPTION;
CREATE VIEW ref.memos_old WITH (security_barrier) AS SELECT * FROM public.memos_old WHERE owner_id = 7 WITH CHECK OPTION;
CREATE VIEW ref.my_deals WITH (security_barrier) AS SELECT id, amount, status, client_id FROM ref.deals WHERE amount > 0;

CREATE VIEW ref.visits WITH (security_barrier) AS SELECT id, owner_id, day, CASE WHEN place IS NOT NULL THEN '[hidden]' END AS place, minutes FROM public.visits WHERE owner_id = 7;
CREATE VIEW ref.visits_01 WITH (security_barrier) AS SELECT * FROM ref.visits WHERE day < '2026-02-01';
ALTER VIEW ref.visits ALTER minutes SET DEFAULT 30;
ALTER VIEW ref.visits_01 ALTER minutes SET DEFAULT 30;
CREATE FUNCTION ref.visits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN DELETE FROM public.visits WHERE id = OLD.id AND day = OLD.day; RETURN OLD; END IF;
  IF TG_TABLE_NAME = 'visits_01' AND NEW.day >= '2026-02-01' THEN RAISE check_violation; END IF;
  IF TG_OP = 'INSERT' THEN INSERT INTO public.visits VALUES (NEW.id, NEW.owner_id, NEW.day, NEW.place, NEW.minutes);
  ELSE UPDATE public.visits SET id = NEW.id, owner_id = NEW.owner_id, day = NEW.day, place = CASE WHEN NEW.place IS NOT DISTINCT FROM OLD.place THEN place ELSE NEW.place END, minutes = NEW.minutes WHERE id = OLD.id AND day = OLD.day;
  END IF;
  SELECT * INTO NEW FROM ref.visits WHERE id = NEW.id AND day = NEW.day;
  IF NOT FOUND THEN RAISE SQLSTATE '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER write INSTEAD OF INSERT OR UPDATE OR DELETE ON ref.visits FOR EACH ROW EXECUTE FUNCTION ref.visits();
CREATE TRIGGER write INSTEAD OF INSERT OR UPDATE OR DELETE ON ref.visits_01 FOR EACH ROW EXECUTE FUNCTION ref.visits();

CREATE VIEW ref.stock WITH (security_barrier) AS SELECT id, name, (round(cost / 1000) * 1000)::numeric(10,2) AS cost, NULL::text AS supplier FROM public.stock;
CREATE FUNCTION ref.stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN DELETE FROM public.stock WHERE id = OLD.id; RETURN OLD; END IF;
  IF TG_OP = 'INSERT' THEN INSERT INTO public.stock VALUES (NEW.id, NEW.name, NEW.cost, NEW.supplier);
  ELSE UPDATE public.stock SET id = NEW.id, name = NEW.name, cost = CASE WHEN NEW.cost IS NOT DISTINCT FROM OLD.cost THEN cost ELSE NEW.cost END,
    supplier = CASE WHEN NEW.supplier IS NOT DISTINCT FROM OLD.supplier THEN supplier ELSE NEW.supplier END WHERE id = OLD.id;
  END IF;
  SELECT * INTO NEW FROM ref.stock WHERE id = NEW.id;
  RETURN NEW;
END $$;
CREATE TRIGGER write INSTEAD OF INSERT OR UPDATE OR DELETE ON ref.stock FOR EACH ROW EXECUTE FUNCTION ref.stock();

CREATE VIEW ref.tasks WITH (security_barrier) AS SELECT * FROM public.tasks WHERE owner_id = 7;
ALTER VIEW ref.tasks ALTER bonus SET DEFAULT 5;
CREATE FUNCTION ref.tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN DELETE FROM public.tasks WHERE id = OLD.id; RETURN OLD; END IF;
  NEW.owner_id := 7;
  IF TG_OP = 'INSERT' THEN INSERT INTO public.tasks VALUES (NEW.id, NEW.owner_id, NEW.title, NEW.bonus);
  ELSE UPDATE public.tasks SET id = NEW.id, owner_id = NEW.owner_id, title = NEW.title WHERE id = OLD.id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER write INSTEAD OF INSERT OR UPDATE OR DELETE ON ref.tasks FOR EACH ROW EXECUTE FUNCTION ref.tasks();

-- Views are what they are, over these.
CREATE VIEW ref.memos_alone WITH (security_barrier) AS SELECT * FROM ONLY public.memos WHERE owner_id = 7 WITH CHECK OPTION;
CREATE VIEW ref.deal_sheet (cost, state, nr, client, doubled) AS SELECT amount, status, id, client_id, amount * 2 FROM ref.deals WHERE status <> 'sent';
CREATE VIEW ref.small_deals AS SELECT nr, state, cost, client FROM ref.deal_sheet WHERE cost < 100 WITH LOCAL CHECK OPTION;
CREATE VIEW ref.tiny_deals WITH (security_barrier) AS SELECT client, nr, cost, state FROM ref.deal_sheet d WHERE d.cost < 60 WITH CASCADED CHECK OPTION;
CREATE VIEW ref.contacts AS SELECT c.phone AS tel, name AS who, id AS key, email AS mail, upper(note) AS loud, born AS day, note FROM ref.clients c WHERE c.phone LIKE '138%' OR c.phone IS NULL;
CREATE VIEW ref.short_contacts AS SELECT key, who, tel, loud AS louder FROM ref.contacts WHERE key < 30 AND EXISTS (SELECT FROM ref.my_deals d WHERE d.client_id = key);
CREATE VIEW ref.memo_texts AS SELECT body AS text, id, owner_id AS own, at[1] AS first FROM ref.memos m WHERE id > 5 WITH CHECK OPTION;
CREATE VIEW ref.only_memos AS SELECT id, body, owner_id FROM ref.memos_alone;
CREATE VIEW ref.january AS SELECT day AS on_day, id AS nr, owner_id AS who, minutes AS spent, place FROM ref.visits WHERE day < '2026-02-01';
CREATE VIEW ref.people AS SELECT id, note AS remark, phone AS note, name, email AS phone, born, credit FROM ref.clients WHERE level < 6; -- names that mean other columns of the table
CREATE VIEW ref.default_deals AS SELECT * FROM ref.deals;
ALTER VIEW ref.default_deals ALTER status SET DEFAULT 'from the view';
