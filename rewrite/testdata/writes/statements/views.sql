-- Through views: other names, another order, some of the columns
UPDATE my_deals SET status = 'paid', amount = amount + 1 WHERE id < 40 RETURNING *

UPDATE my_deals SET amount = 5

UPDATE my_deals d SET amount = d.amount * 2 WHERE d.status = 'new' RETURNING d.id, d.amount AS twice, d

UPDATE deal_sheet SET cost = cost + 1, state = 'x' || nr RETURNING cost, state, nr, doubled, client

UPDATE deal_sheet SET (cost, state) = (doubled, 'both') WHERE client IN (SELECT id FROM clients WHERE level > 2) RETURNING *

UPDATE deal_sheet SET (state, cost) = (SELECT 'sub', max(cost) FROM deal_sheet s WHERE s.nr < 9) WHERE nr = 22

UPDATE deal_sheet SET state = 'sent' WHERE nr = 22 RETURNING nr, state

UPDATE deal_sheet SET cost = c.level FROM clients c WHERE c.id = client AND name LIKE '%1%' RETURNING nr, cost, c.name, deal_sheet.state

-- a view without a default gives NULL
UPDATE contacts SET note = DEFAULT, day = DEFAULT, tel = DEFAULT WHERE key = 18 RETURNING *

UPDATE deal_sheet SET cost = DEFAULT, state = DEFAULT WHERE nr < 30 RETURNING *

UPDATE deal_sheet SET client = 3 WHERE nr = 22

UPDATE deal_sheet SET client = 2 WHERE nr = 22 RETURNING *

UPDATE deal_sheet SET cost = 1 / (CASE WHEN state = 'sent' THEN 0 ELSE 1 END) WHERE nr > 0

UPDATE deal_sheet SET cost = 3 WHERE 1 / (cost - 70) < 100 RETURNING nr

-- refused: 0A000 cannot update column "doubled" of view "deal_sheet"
UPDATE deal_sheet SET doubled = 1

-- refused: 0A000 cannot insert into column "doubled" of view "deal_sheet"
INSERT INTO deal_sheet (doubled) VALUES (1)

-- refused: 42703 column "amount" of relation "deal_sheet" does not exist
UPDATE deal_sheet SET amount = 1

SELECT * FROM deal_sheet

DELETE FROM deal_sheet WHERE cost > 50 RETURNING *

DELETE FROM deal_sheet AS s USING clients c WHERE c.id = s.client AND c.level = 3 RETURNING s.*, c.name

DELETE FROM my_deals

DELETE FROM ONLY my_deals WHERE amount > 20

INSERT INTO my_deals VALUES (200, 4, 'new', 2) RETURNING *

INSERT INTO my_deals VALUES (200, -4, 'new', 2) RETURNING *

INSERT INTO my_deals VALUES (200, 4, 'new', 3)

INSERT INTO my_deals (client_id, id) VALUES (2, 201), (6, 202) RETURNING id, amount, status

INSERT INTO my_deals SELECT id + 300, amount FROM my_deals WHERE id < 30

INSERT INTO my_deals (id, client_id, amount) SELECT id + 300, client_id, amount FROM my_deals WHERE id < 30 RETURNING *

INSERT INTO deal_sheet VALUES (4, 'new', 203, 6) RETURNING *

INSERT INTO deal_sheet VALUES (DEFAULT, DEFAULT, 203, 6) RETURNING nr, cost, state

-- refused: 0A000 cannot insert into column "doubled" of view "deal_sheet"
INSERT INTO deal_sheet VALUES (4, 'new', 203, 6, 7)

-- refused: 42601 INSERT has more expressions than target columns
INSERT INTO deal_sheet VALUES (4, 'new', 203, 6, 7, 8)

INSERT INTO deal_sheet (nr, client, cost) VALUES (204, 6, 1), (205, 7, 1)

INSERT INTO deal_sheet DEFAULT VALUES

WITH gone AS (DELETE FROM deal_sheet WHERE cost < 40 RETURNING nr, client, cost) INSERT INTO my_deals (id, client_id, amount) SELECT nr + 500, client, cost FROM gone RETURNING *

WITH changed AS (UPDATE small_deals SET cost = cost + 1 RETURNING *) SELECT * FROM changed

WITH changed AS (UPDATE small_deals SET cost = cost + 50 WHERE nr < 40 RETURNING state, nr) SELECT * FROM changed

-- a name that the table has, and the view does not show
UPDATE my_deals SET status = 'h' || hidden_cost FROM (SELECT 22 AS hidden_cost) s WHERE id < hidden_cost RETURNING id, status, hidden_cost

DELETE FROM my_deals USING (SELECT 22 AS hidden_cost, 'x' AS s) h WHERE hidden_cost > id AND s <> status RETURNING hidden_cost, my_deals.*

UPDATE my_deals SET status = 'h' WHERE EXISTS (SELECT FROM (SELECT 21 AS hidden_cost) h WHERE hidden_cost = id)

-- refused: 42703 column "hidden_cost" does not exist
UPDATE my_deals SET status = 'h' WHERE hidden_cost > 1

-- refused: 42703 column "hidden_cost" does not exist
DELETE FROM my_deals RETURNING hidden_cost

-- refused: 42703 The system column ctid of public.deals is not shown to people under a row filter or mask, as a view would not show it.
DELETE FROM my_deals RETURNING ctid

-- refused: 0A000 WHERE CURRENT OF on a view is not implemented
DELETE FROM my_deals WHERE CURRENT OF c

-- partitions
UPDATE january SET place = place, spent = spent + 1 WHERE nr < 20 RETURNING *

UPDATE january SET on_day = '2026-02-10' WHERE nr = 6 RETURNING nr

INSERT INTO january (nr, on_day, who, place) VALUES (90, '2026-01-09', 7, 'P') RETURNING *

INSERT INTO january (nr, on_day, who, place) VALUES (90, '2026-01-09', 8, 'P') RETURNING *

DELETE FROM january WHERE place = '[hidden]' AND spent > 10

-- check options
UPDATE small_deals SET cost = 99 WHERE nr < 40 RETURNING *

UPDATE small_deals SET cost = 100 WHERE nr < 40

UPDATE small_deals SET state = 'sent' WHERE nr < 40 RETURNING *

UPDATE tiny_deals SET cost = 59 RETURNING *

UPDATE tiny_deals SET cost = 60

UPDATE tiny_deals SET state = 'sent'

INSERT INTO small_deals VALUES (210, 'sent', 50, 2) RETURNING *

INSERT INTO small_deals VALUES (210, 'new', 150, 2)

INSERT INTO tiny_deals VALUES (2, 210, 50, 'new') RETURNING *

INSERT INTO tiny_deals VALUES (2, 210, 50, 'sent')

INSERT INTO tiny_deals VALUES (3, 210, 50, 'new')

INSERT INTO tiny_deals (nr, client) VALUES (210, 2), (211, 6)

DELETE FROM tiny_deals WHERE 1 / (CASE WHEN cost > 60 THEN 0 ELSE 1 END) = 1 RETURNING nr

-- masks
UPDATE contacts SET note = tel, who = who || '!' RETURNING *

UPDATE contacts SET tel = tel, mail = mail, day = day, note = 'saved' WHERE key < 20 RETURNING tel, mail, day, loud

UPDATE contacts SET tel = '138****2862', day = '1976-01-01', mail = 'u***@corp.cn' WHERE key = 18

UPDATE contacts SET tel = '13811112222' WHERE tel LIKE '138%1' RETURNING key, tel

UPDATE contacts c SET note = c.loud || c.tel FROM deals d WHERE d.client_id = c.key AND d.id < 41 RETURNING c.*, d.id

UPDATE contacts SET note = (SELECT max(tel) FROM contacts) WHERE key = 18 RETURNING contacts

DELETE FROM contacts WHERE mail LIKE 'u%' AND key NOT IN (SELECT client_id FROM deals) RETURNING *

INSERT INTO contacts (key, who, tel, day) VALUES (600, 'N', '13812345678', '1999-09-09') RETURNING *

INSERT INTO contacts (key, who, tel, day) VALUES (600, 'N', '77712345678', '1999-09-09') RETURNING key, tel, day

UPDATE short_contacts SET who = louder || key, tel = tel RETURNING *

UPDATE short_contacts SET key = key WHERE who LIKE 'C%' RETURNING key, tel

DELETE FROM short_contacts WHERE tel IS NULL

INSERT INTO short_contacts (key, who, tel) VALUES (601, 'N', '13812345678') RETURNING *

-- inheritance
UPDATE memo_texts SET text = text || '?' RETURNING *

UPDATE memo_texts SET id = 3 WHERE id = 6

UPDATE memo_texts SET id = 100 WHERE id = 6 RETURNING *

UPDATE memo_texts SET own = 8

INSERT INTO memo_texts (text, id, own) VALUES ('t', 60, 7) RETURNING *

INSERT INTO memo_texts (text, id, own) VALUES ('t', 2, 7)

INSERT INTO memo_texts (text, id, own) VALUES ('t', 60, 8)

DELETE FROM memo_texts WHERE first > 20

UPDATE only_memos SET body = 'o' || id RETURNING *

DELETE FROM only_memos

INSERT INTO only_memos VALUES (70, 'b', 7) RETURNING *

-- conflicts
-- reference: UPDATE deal_sheet SET cost = 77 WHERE nr = 22 RETURNING nr, cost
INSERT INTO deal_sheet (nr, cost, client) VALUES (22, 77, 2) ON CONFLICT (nr) DO UPDATE SET cost = excluded.cost RETURNING nr, cost

-- reference: UPDATE deal_sheet SET cost = 77, state = 'new!' WHERE nr = 22 RETURNING nr, cost
INSERT INTO deal_sheet AS d (nr, cost, client) VALUES (22, 77, 2) ON CONFLICT (nr) DO UPDATE SET (cost, state) = (excluded.cost, excluded.state || '!') WHERE d.cost < excluded.cost RETURNING nr, cost

-- reference: SELECT nr, cost FROM deal_sheet WHERE false
INSERT INTO deal_sheet (nr, cost, client) VALUES (22, 77, 2) ON CONFLICT (nr) DO NOTHING RETURNING nr, cost

-- refused: 42704 constraint "deals_pkey" for table "deal_sheet" does not exist
INSERT INTO deal_sheet (nr, cost, client) VALUES (22, 77, 2) ON CONFLICT ON CONSTRAINT deals_pkey DO NOTHING

-- what PostgreSQL does not write to either
-- refused: 55000 cannot insert into view "deal_counts"
INSERT INTO deal_counts VALUES (1, 2)

-- refused: 55000 cannot delete from view "deal_clients"
DELETE FROM deal_clients

-- refused: 0A000 cannot execute MERGE on relation "deal_sheet"
MERGE INTO deal_sheet USING (SELECT 1 AS one) s ON true WHEN MATCHED THEN DELETE

UPDATE default_deals SET status = 'x' WHERE id < 30 RETURNING id, status

-- refused: 0A000 The view public.default_deals has a default of its own for the column status, which Cordon does not apply for people under a row filter or mask.
UPDATE default_deals SET status = DEFAULT

-- refused: 0A000 The view public.default_deals has a default of its own for the column status, which Cordon does not apply for people under a row filter or mask.
INSERT INTO default_deals (id, client_id) VALUES (230, 2)

INSERT INTO default_deals (id, client_id, status) VALUES (230, 2, 's') RETURNING *
