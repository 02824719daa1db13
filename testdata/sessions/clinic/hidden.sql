-- The same to alice: what she does not see is otherwise.
UPDATE people SET span = NULL, loc = NULL, iv = '9', raw = '\x00', pair = NULL, months = '{}', names = '{q}', docs = docs WHERE true;
UPDATE people SET name = 'hidden', ssn = '1', salary = 1, extra = '[]', mails = NULL, nick = 'h', hs = NULL, birth = NULL, notes = 'h' WHERE NOT (region IN ('north', 'east') AND (NOT hidden OR team_id = 2));
UPDATE people SET ssn = left(ssn, 1) || '555555' || right(ssn, 2), notes = split_part(notes, ' ', 1) || ' other', birth = date_trunc('month', birth) + interval '9 days' WHERE team_id <> 2 AND ssn IS NOT NULL;
UPDATE stays SET detail = 'other';
DELETE FROM stays WHERE person_id IN (SELECT id FROM people WHERE region = 'south');
UPDATE teams SET budget = NULL;
DELETE FROM "order" WHERE "group" <> 2 AND "user" <> 'all' AND "select" > 20;
UPDATE readings SET value = 0 WHERE clinic <> 1;
