-- The same to alice: what she does not see is otherwise.
SET session_replication_role = replica;
UPDATE accounts SET pin = '0000', kind = 'top', opened = date_trunc('year', opened)::date + 5 WHERE branch = 'B2';
UPDATE accounts SET title = 'hidden ' || no, level = 1 WHERE branch <> 'B2';
UPDATE moves SET cents = round(cents / 10.0) * 10, doc = jsonb_set(doc, '{items}', '[]');
UPDATE vault SET what = 'other'; DELETE FROM vault WHERE id > 3;
UPDATE cards SET ok = true, limits = NULL, secret = NULL, active_on = date_trunc('year', active_on)::date;
UPDATE visits SET who = 'hidden', at = NULL WHERE NOT (level <= 3 AND (branch = 'B2' OR branch IS NULL));
UPDATE daily SET value = 0, note = 'hidden' WHERE branch <> 'B2'; UPDATE daily SET value = round(value / 10.0) * 10 WHERE branch = 'B2';
UPDATE tree SET label = 'hidden' WHERE depth >= 3;
