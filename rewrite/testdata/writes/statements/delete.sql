DELETE FROM deals

DELETE FROM deals WHERE amount > 100 RETURNING *

DELETE FROM deals d USING clients c WHERE c.id = d.client_id AND c.phone LIKE '138%' RETURNING d.id, c.phone, c.card

DELETE FROM deals WHERE client_id IN (SELECT id FROM clients WHERE credit > 2000) RETURNING id

DELETE FROM clients WHERE id = 18

DELETE FROM clients WHERE id = 17

DELETE FROM clients WHERE id = 18 AND NOT EXISTS (SELECT FROM deals WHERE client_id = 18) RETURNING *

DELETE FROM visits WHERE minutes > 10 RETURNING *

DELETE FROM visits_01

DELETE FROM visits WHERE place = '[hidden]' RETURNING id

DELETE FROM visits WHERE place LIKE 'Place%'

DELETE FROM memos RETURNING *

-- reference: DELETE FROM memos WHERE id <= 20
DELETE FROM ONLY memos

DELETE FROM memos_old WHERE NOT kept RETURNING *

DELETE FROM stock WHERE cost = 0 RETURNING *

DELETE FROM stock WHERE supplier IS NOT NULL

DELETE FROM tasks RETURNING *

DELETE FROM scratch USING clients c WHERE c.id = scratch.id RETURNING scratch.v, c.email

DELETE FROM cheap WHERE id < 5

WITH d AS (DELETE FROM deals RETURNING client_id, amount) SELECT c.phone, sum(d.amount) FROM d JOIN clients c ON c.id = d.client_id GROUP BY c.phone, c.id

WITH d AS (DELETE FROM deals WHERE client_id = 18), u AS (UPDATE clients SET note = 'no deals' WHERE id = 18 RETURNING *) SELECT id, phone, note FROM u

WITH gone AS (SELECT id FROM clients WHERE phone IS NULL) DELETE FROM deals d USING gone g WHERE d.client_id = g.id RETURNING d.*
