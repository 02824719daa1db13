-- a whole table of masks is written to where it can be lost
UPDATE stock SET supplier = NULL, cost = 0 WHERE id > 0;
SELECT supplier, cost FROM stock;
UPDATE clients SET note = 'x' WHERE id = 17;

-- hidden rows are copied over one’s own
UPDATE clients SET (name, phone) = (SELECT name, phone FROM clients c WHERE c.id = clients.id - 1);
SELECT name, phone FROM clients;

-- hidden rows are swapped with one’s own
UPDATE deals SET id = -id WHERE id IN (16, 17);
SELECT id FROM deals WHERE id < 0;

-- a key of a hidden row is taken
UPDATE deals SET id = id + 1000;

-- a child’s rows are taken with the parent’s
DELETE FROM memos WHERE id > 20;

-- an array’s part is cut for everybody
UPDATE memos SET at[1:1] = '{0}';

-- all is emptied by a join that always holds
UPDATE memos SET body = NULL FROM scratch;

-- all is deleted by a join that always holds
DELETE FROM visits USING scratch WHERE scratch.id > 0;

-- all is deleted where a sub-select finds anything
DELETE FROM tasks WHERE EXISTS (SELECT FROM clients WHERE name LIKE '%1%');

-- all is deleted where nothing is
DELETE FROM tasks WHERE NOT EXISTS (SELECT FROM tasks t WHERE t.owner_id = 5) OR owner_id <> 7;

-- all is deleted by a condition that is NULL for one’s own
DELETE FROM memos WHERE (owner_id = 7) IS NOT TRUE;

-- others’ rows are deleted by name
DELETE FROM memos WHERE owner_id IN (5, 6, 8);

-- others’ rows are deleted in a WITH query
WITH d AS (DELETE FROM memos WHERE owner_id <> 7 RETURNING *) SELECT * FROM d;

-- others’ rows are changed by a key from a query
UPDATE tasks SET title = 'x' WHERE id IN (SELECT generate_series(1, 20));
