UPDATE tickets SET ip = '192.168.0.1', contact = CASE WHEN contact IS NOT NULL THEN left(contact, 1) || 'other@corp.cn' END, cost = round(cost / 1000) * 1000 + 1, private_note = 'other' WHERE owner_id = 7;
UPDATE tickets SET subject = 'N5 hidden', body = 'hidden', priority = 'urgent', meta = '{}', parent_id = NULL, type = 'N5' WHERE owner_id <> 7;
DELETE FROM tickets WHERE owner_id = 5;
INSERT INTO tickets (number, owner_id, subject) SELECT i, 8, 'N5 more' FROM generate_series(5000, 5040) i;
SELECT setval('tickets_number_seq', 1000);
UPDATE comments SET body = 'N5' WHERE author_id = 3;
DELETE FROM comments WHERE author_id = 5;
ANALYZE;
