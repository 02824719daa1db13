UPDATE accounts SET title = title || '!' WHERE no = '…004' RETURNING no, title, short

UPDATE accounts SET title = 'x' || no WHERE level = 30 AND kind = 'low' RETURNING no, title, short, kind, level

UPDATE accounts SET title = 'x' WHERE no = 'AC000004' RETURNING no

UPDATE accounts SET title = b.title || '2' FROM moves m JOIN accounts b ON b.no = m.to_no WHERE m.from_no = accounts.no AND m.id < 60 AND b.title < accounts.title RETURNING accounts.no, accounts.title, m.id

DELETE FROM moves WHERE from_no = '…004' AND cents > 500 RETURNING id, from_no, cents, doc

DELETE FROM moves m USING accounts a WHERE a.no = m.to_no AND a.level = 40 RETURNING m.id, m.to_no, a.level

DELETE FROM moves WHERE to_no IS NULL OR doc->'items' <> 'null' RETURNING id

UPDATE moves SET at = at + interval '1 day' WHERE to_no IN (SELECT no FROM accounts WHERE kind = 'low') AND id < 40 RETURNING id, at, to_no

UPDATE vault SET what = 'x' RETURNING *

DELETE FROM vault WHERE true

UPDATE cards SET note = number || holder WHERE ok AND active_on = '2021-01-01' RETURNING number, ok, note

UPDATE cards SET note = NULL WHERE number LIKE '%-03' OR limits IS NOT NULL RETURNING number, holder

DELETE FROM cards WHERE holder LIKE 'Ho%1' AND NOT ok

DELETE FROM cards WHERE sum = 10 RETURNING number, sum, codes

UPDATE visits SET who = upper(who), minutes = minutes + '1 hour' WHERE branch IS NULL RETURNING id, who, minutes

INSERT INTO visits (branch, level, who, bits) VALUES ('B2', 1, 'new', B'101'), (NULL, 3, 'new', NULL) RETURNING branch, level, who, bits

-- otherwise: as row security has it, 42501
-- fails
INSERT INTO visits (branch, level, who) VALUES ('B2', 4, 'hidden')

-- otherwise: as row security has it, 42501
-- fails
INSERT INTO visits (branch, level, who) VALUES ('B1', 1, 'hidden')

-- otherwise: as row security has it, 42501
-- fails
UPDATE visits SET level = 5 WHERE branch = 'B2'

-- otherwise: as row security has it, 42501
-- fails
UPDATE visits SET branch = 'B3'

-- otherwise: as row security has it, 42501
-- fails
INSERT INTO visits (branch, level) SELECT 'B2', level + 2 FROM visits

-- otherwise: as row security has it, 42501
-- fails
INSERT INTO visits (who) VALUES ('level NULL')

UPDATE daily SET note = 'x' || value WHERE day = '2026-01-01' AND value = 210 RETURNING day, value, note

DELETE FROM daily WHERE day >= '2026-01-02'

DELETE FROM daily WHERE value BETWEEN 205 AND 215 RETURNING *

UPDATE daily_a SET note = lower(note) WHERE value > 200 RETURNING note, day

UPDATE tree SET parent = parent WHERE label LIKE 'la%' AND id = 0 RETURNING id, label, parent

-- otherwise: as row security has it, 42501
-- fails
UPDATE tree SET depth = depth + 1

DELETE FROM tree WHERE depth = 2 AND id > 50

-- otherwise: as row security has it, 42501
-- fails
INSERT INTO vault (id) VALUES (9)

UPDATE card_list SET note = 'v' WHERE holder LIKE '%7' RETURNING *

-- fails
UPDATE balance SET n = 1

-- fails
UPDATE accounts SET title = NULL

-- fails
UPDATE accounts SET title = (SELECT title FROM accounts WHERE no = '…001') WHERE no = '…004'
