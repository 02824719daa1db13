-- The same to alice: what she does not see is otherwise.
UPDATE item SET price = NULL, width = NULL, dates = NULL, prices = '{}', took = NULL, pin = NULL, oid8 = 7, vec = NULL, ratio = NULL, clock = NULL, names = NULL WHERE NOT stall = 2;
UPDATE item SET price = ROW(1, 'X')::shop."Money", flag = NOT flag, cost = ROW(9, 'Q')::shop."Money", kind = 'first' WHERE stall = 2;
UPDATE item SET name = 'hidden', code = 'h', doc = '{}', stall = 3 WHERE stall NOT IN (2, 4) AND id NOT IN (SELECT item_id FROM sale WHERE no < 10);
UPDATE note SET note = left(note, 1) || 'xxxx' || right(note, 1) WHERE stall = 2 AND length(note) = 6; DELETE FROM note WHERE stall = 3;
UPDATE stall SET rent = NULL; DELETE FROM sale WHERE stall = 3 AND no > 9; UPDATE sale SET buyer = 'h' WHERE at > '2026-01-28';
DELETE FROM "count" WHERE stall <> 2; UPDATE "user" SET name = 'h' WHERE stall <> 2; DELETE FROM "a.b""c" WHERE "x.y" % 2 = 0; UPDATE closed SET v = 'y'; DELETE FROM shop.item WHERE stall = 1;
UPDATE log SET msg = 'h' WHERE level = 0; DELETE FROM thing WHERE stall = 1; UPDATE geo SET b = NULL, c = NULL;
