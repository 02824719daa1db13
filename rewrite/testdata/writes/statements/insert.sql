INSERT INTO clients (name) VALUES ('Default owner') RETURNING id, owner_id, level

INSERT INTO clients (id, owner_id, name, phone, email, card, born, credit, profile) VALUES (900, 7, 'N', '13812345678', 'me@corp.cn', '12', '1990-05-06', 1234, '{"phone": "12345678901", "emergency": 1}') RETURNING *

INSERT INTO clients (id, owner_id, name) VALUES (900, 8, 'N')

INSERT INTO clients (id, owner_id, name) VALUES (900, 7, 'N'), (901, 8, 'N') RETURNING id

INSERT INTO clients (id, owner_id, name) VALUES (900, NULL, 'N')

INSERT INTO clients (id, owner_id, name) VALUES (900, 7, 'N'), (901, 7, DEFAULT)

INSERT INTO clients (id, owner_id, name) VALUES (18, 7, 'N')

INSERT INTO clients (id, owner_id, name, level) VALUES (900, 7, 'N', 100)

INSERT INTO clients DEFAULT VALUES

INSERT INTO clients (owner_id, name, phone, note) SELECT 7, name, phone, card FROM clients WHERE id < 20 RETURNING phone, note

INSERT INTO clients (id, owner_id, name) SELECT 900 + id, id, v FROM scratch WHERE id BETWEEN 6 AND 8

INSERT INTO clients (id, owner_id, name, tags[1], tags[2]) VALUES (900, 7, 'N', 'a', 'b') RETURNING tags

-- reference: INSERT INTO clients (owner_id, name) VALUES (7, 'N') RETURNING id > 5000, name
INSERT INTO clients OVERRIDING USER VALUE VALUES (900, 7, 'N') RETURNING id > 5000, name

INSERT INTO clients (id, owner_id, name, phone) VALUES (900, 7, 'N', '138****2862') RETURNING id, phone

INSERT INTO deals VALUES (900, 18, 5, 'new', 1) RETURNING *

INSERT INTO deals (id, client_id) VALUES (900, 18) RETURNING *

INSERT INTO deals (id, client_id) VALUES (900, 17)

INSERT INTO deals (id, client_id) VALUES (900, 18), (901, 17)

INSERT INTO deals (id, client_id, amount, status) SELECT id + 900, id, 1, coalesce(phone, 'none') FROM clients RETURNING id, status

INSERT INTO deals (id, client_id, status) VALUES (900, 18, '')

INSERT INTO stock (id, name, cost, supplier) VALUES (900, 'x', 1234.5, 'S'), (901, 'y', NULL, NULL) RETURNING *

INSERT INTO stock SELECT id + 900, name, cost, supplier FROM stock RETURNING *

INSERT INTO tasks (id, owner_id, title) VALUES (900, 8, 'T') RETURNING *

INSERT INTO tasks (id, title) VALUES (900, 'T'), (901, 'U') RETURNING *

-- refused: 42501 permission denied for table public.tasks by rule "own tasks"
INSERT INTO tasks (id, title, bonus) VALUES (900, 'T', 1000)

INSERT INTO visits (id, owner_id, day, place) VALUES (900, 7, '2026-01-09', 'P'), (901, 7, '2026-02-09', NULL) RETURNING *

INSERT INTO visits (id, owner_id, day) VALUES (900, 8, '2026-02-09')

INSERT INTO visits (id, owner_id, day) VALUES (900, 7, '2026-03-09')

INSERT INTO visits_01 (id, owner_id, day, place) VALUES (900, 7, '2026-01-09', 'P') RETURNING *

INSERT INTO visits_01 (id, owner_id, day, place) VALUES (900, 8, '2026-01-09', 'P')

INSERT INTO memos VALUES (900, 7, 'm', '{1,2}') RETURNING *

INSERT INTO memos VALUES (900, 8, 'm', '{1,2}')

INSERT INTO memos_old (id, owner_id) VALUES (900, 7), (901, 7) RETURNING id, owner_id

INSERT INTO memos_old VALUES (900, 8)

INSERT INTO scratch SELECT id, phone, card FROM clients RETURNING *

INSERT INTO scratch SELECT c.id, c.phone, d.status FROM clients c JOIN deals d ON d.client_id = c.id WHERE c.email LIKE 'u%' RETURNING v

INSERT INTO cheap VALUES (30, 'c') RETURNING *

INSERT INTO cheap VALUES (60, 'c')

WITH i AS (INSERT INTO clients (id, owner_id, name, phone) VALUES (900, 7, 'N', '13812345678') RETURNING id, phone) SELECT * FROM i

WITH i AS (INSERT INTO clients (id, owner_id, name) VALUES (900, 8, 'N') RETURNING *) SELECT count(*) FROM i

WITH i AS (INSERT INTO clients (id, owner_id, name) VALUES (900, 8, 'N')) SELECT 1

WITH i AS (INSERT INTO clients (id, owner_id, name) VALUES (900, 7, 'N') RETURNING id) INSERT INTO scratch SELECT id, 'made' FROM i RETURNING *

WITH d AS (DELETE FROM deals WHERE id < 20 RETURNING *), i AS (INSERT INTO scratch SELECT id, status FROM d RETURNING id) SELECT count(*), max(id) FROM i
