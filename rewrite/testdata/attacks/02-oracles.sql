-- rows by the phone
SELECT id FROM customers WHERE phone LIKE '1389%'

-- rows by the phone
SELECT id FROM customers WHERE phone ~ '^1..9'

-- rows by the phone
SELECT id FROM customers WHERE phone = '13800134623'

-- rows by the phone
SELECT id FROM customers WHERE phone > '1385'

-- rows by the phone
SELECT id FROM customers WHERE phone IN (SELECT '138' || lpad(g::text, 8, '0') FROM generate_series(0, 200000) g)

-- rows by the phone
SELECT id FROM customers WHERE substr(phone, 4, 1) = '9'

-- rows by the phone
SELECT id FROM customers WHERE position('9999' in phone) > 0

-- rows by the phone
SELECT id FROM customers WHERE phone SIMILAR TO '138(9999|0000)%'

-- rows by the phone
SELECT id FROM customers WHERE phone BETWEEN '1389' AND '139'

-- tries: rows by the phone
SELECT id FROM customers WHERE phone = ANY (ARRAY['13800134623', '13899994623'])

-- rows by the ID card
SELECT id FROM customers WHERE id_card LIKE '0%'

-- rows by the ID card
SELECT id FROM customers WHERE id_card IS NOT NULL

-- rows by the ID card
SELECT id FROM customers WHERE id_card = '999999999999999999'

-- rows by the ID card
SELECT id FROM customers WHERE id_card IS DISTINCT FROM NULL

-- rows by the ID card
SELECT id FROM customers WHERE coalesce(id_card, '') <> ''

-- rows by the credit
SELECT id FROM customers WHERE credit = 2333.25

-- rows by the credit
SELECT id FROM customers WHERE credit % 1000 <> 0

-- rows by the credit
SELECT id FROM customers WHERE credit > 2100 AND credit < 2400

-- rows by the credit
SELECT id FROM customers WHERE credit::int % 2 = 1

-- rows by the credit
SELECT id FROM customers WHERE round(credit, 2) <> round(credit, -3)

-- rows by the birthday
SELECT id FROM customers WHERE extract(day from birthday) = 4

-- rows by the birthday
SELECT id FROM customers WHERE birthday > '1971-05-01' AND birthday < '1972-01-01'

-- rows by the birthday
SELECT id FROM customers WHERE to_char(birthday, 'MM') = '09'

-- rows by the birthday
SELECT id FROM customers WHERE birthday <> date_trunc('year', birthday)

-- rows by the mail address
SELECT id FROM customers WHERE email LIKE 'user%'

-- rows by the mail address
SELECT id FROM customers WHERE email ILIKE '_zzz%'

-- rows by the mail address
SELECT id FROM customers WHERE length(email) > 10

-- rows by the mail address
SELECT id FROM customers WHERE email = 'user17@corp.cn'

-- rows by the document
SELECT id FROM customers WHERE profile @> '{"emergency": "other"}'

-- rows by the document
SELECT id FROM customers WHERE profile ? 'emergency'

-- rows by the document
SELECT id FROM customers WHERE profile->>'phone' LIKE '139%'

-- rows by the document
SELECT id FROM customers WHERE profile['address']['street']::text LIKE '%Street%'

-- rows by the document
SELECT id FROM customers WHERE profile @? '$.address.street ? (@ like_regex "^Street")'

-- rows by the document
SELECT id FROM customers WHERE profile::text LIKE '%Elsewhere%'

-- rows by the row
SELECT id FROM customers WHERE customers::text LIKE '%9999%'

-- tries: rows by the row
SELECT id FROM customers WHERE customers = (SELECT c FROM customers c WHERE c.id = 17)

-- rows by the row
SELECT id FROM customers WHERE to_jsonb(customers)->>'phone' LIKE '1389%'

-- rows by the row
SELECT id FROM customers WHERE (phone, email) = ('13800134623', 'user17@corp.cn')

-- rows by the row
SELECT id FROM customers WHERE ROW(customers.*)::text LIKE '%user%'

-- counted by the phone
SELECT count(*) FILTER (WHERE phone LIKE '1389%') FROM customers

-- a CASE on the phone
SELECT id, CASE WHEN phone LIKE '1389%' THEN 1 ELSE 0 END FROM customers

-- counted by the phone
SELECT count(*) FILTER (WHERE phone > '1385') FROM customers

-- a CASE on the phone
SELECT id, CASE WHEN phone > '1385' THEN 1 ELSE 0 END FROM customers

-- counted by the phone
SELECT count(*) FILTER (WHERE position('9999' in phone) > 0) FROM customers

-- a CASE on the phone
SELECT id, CASE WHEN position('9999' in phone) > 0 THEN 1 ELSE 0 END FROM customers

-- tries: counted by the phone
SELECT count(*) FILTER (WHERE phone = ANY (ARRAY['13800134623', '13899994623'])) FROM customers

-- a CASE on the phone
SELECT id, CASE WHEN phone = ANY (ARRAY['13800134623', '13899994623']) THEN 1 ELSE 0 END FROM customers

-- counted by the ID card
SELECT count(*) FILTER (WHERE id_card = '999999999999999999') FROM customers

-- a CASE on the ID card
SELECT id, CASE WHEN id_card = '999999999999999999' THEN 1 ELSE 0 END FROM customers

-- counted by the credit
SELECT count(*) FILTER (WHERE credit = 2333.25) FROM customers

-- a CASE on the credit
SELECT id, CASE WHEN credit = 2333.25 THEN 1 ELSE 0 END FROM customers

-- counted by the credit
SELECT count(*) FILTER (WHERE credit::int % 2 = 1) FROM customers

-- a CASE on the credit
SELECT id, CASE WHEN credit::int % 2 = 1 THEN 1 ELSE 0 END FROM customers

-- counted by the birthday
SELECT count(*) FILTER (WHERE birthday > '1971-05-01' AND birthday < '1972-01-01') FROM customers

-- a CASE on the birthday
SELECT id, CASE WHEN birthday > '1971-05-01' AND birthday < '1972-01-01' THEN 1 ELSE 0 END FROM customers

-- counted by the mail address
SELECT count(*) FILTER (WHERE email LIKE 'user%') FROM customers

-- a CASE on the mail address
SELECT id, CASE WHEN email LIKE 'user%' THEN 1 ELSE 0 END FROM customers

-- counted by the mail address
SELECT count(*) FILTER (WHERE email = 'user17@corp.cn') FROM customers

-- a CASE on the mail address
SELECT id, CASE WHEN email = 'user17@corp.cn' THEN 1 ELSE 0 END FROM customers

-- counted by the document
SELECT count(*) FILTER (WHERE profile->>'phone' LIKE '139%') FROM customers

-- a CASE on the document
SELECT id, CASE WHEN profile->>'phone' LIKE '139%' THEN 1 ELSE 0 END FROM customers

-- counted by the document
SELECT count(*) FILTER (WHERE profile::text LIKE '%Elsewhere%') FROM customers

-- a CASE on the document
SELECT id, CASE WHEN profile::text LIKE '%Elsewhere%' THEN 1 ELSE 0 END FROM customers

-- counted by the row
SELECT count(*) FILTER (WHERE to_jsonb(customers)->>'phone' LIKE '1389%') FROM customers

-- a CASE on the row
SELECT id, CASE WHEN to_jsonb(customers)->>'phone' LIKE '1389%' THEN 1 ELSE 0 END FROM customers

-- EXISTS by the phone
SELECT EXISTS (SELECT 1 FROM customers WHERE phone ~ '^1..9')

-- HAVING by the phone
SELECT count(*) FROM customers GROUP BY id, customers.phone, customers.email, customers.id_card, credit, birthday, profile HAVING bool_or(phone ~ '^1..9')

-- EXISTS by the phone
SELECT EXISTS (SELECT 1 FROM customers WHERE substr(phone, 4, 1) = '9')

-- HAVING by the phone
SELECT count(*) FROM customers GROUP BY id, customers.phone, customers.email, customers.id_card, credit, birthday, profile HAVING bool_or(substr(phone, 4, 1) = '9')

-- tries: EXISTS by the phone
SELECT EXISTS (SELECT 1 FROM customers WHERE phone = ANY (ARRAY['13800134623', '13899994623']))

-- tries: HAVING by the phone
SELECT count(*) FROM customers GROUP BY id, customers.phone, customers.email, customers.id_card, credit, birthday, profile HAVING bool_or(phone = ANY (ARRAY['13800134623', '13899994623']))

-- tries: EXISTS by the ID card
SELECT EXISTS (SELECT 1 FROM customers WHERE id_card IS DISTINCT FROM NULL)

-- HAVING by the ID card
SELECT count(*) FROM customers GROUP BY id, customers.phone, customers.email, customers.id_card, credit, birthday, profile HAVING bool_or(id_card IS DISTINCT FROM NULL)

-- EXISTS by the credit
SELECT EXISTS (SELECT 1 FROM customers WHERE credit > 2100 AND credit < 2400)

-- HAVING by the credit
SELECT count(*) FROM customers GROUP BY id, customers.phone, customers.email, customers.id_card, credit, birthday, profile HAVING bool_or(credit > 2100 AND credit < 2400)

-- tries: EXISTS by the birthday
SELECT EXISTS (SELECT 1 FROM customers WHERE birthday > '1971-05-01' AND birthday < '1972-01-01')

-- HAVING by the birthday
SELECT count(*) FROM customers GROUP BY id, customers.phone, customers.email, customers.id_card, credit, birthday, profile HAVING bool_or(birthday > '1971-05-01' AND birthday < '1972-01-01')

-- EXISTS by the mail address
SELECT EXISTS (SELECT 1 FROM customers WHERE email ILIKE '_zzz%')

-- HAVING by the mail address
SELECT count(*) FROM customers GROUP BY id, customers.phone, customers.email, customers.id_card, credit, birthday, profile HAVING bool_or(email ILIKE '_zzz%')

-- tries: EXISTS by the document
SELECT EXISTS (SELECT 1 FROM customers WHERE profile ? 'emergency')

-- HAVING by the document
SELECT count(*) FROM customers GROUP BY id, customers.phone, customers.email, customers.id_card, credit, birthday, profile HAVING bool_or(profile ? 'emergency')

-- EXISTS by the document
SELECT EXISTS (SELECT 1 FROM customers WHERE profile::text LIKE '%Elsewhere%')

-- HAVING by the document
SELECT count(*) FROM customers GROUP BY id, customers.phone, customers.email, customers.id_card, credit, birthday, profile HAVING bool_or(profile::text LIKE '%Elsewhere%')

-- EXISTS by the row
SELECT EXISTS (SELECT 1 FROM customers WHERE (phone, email) = ('13800134623', 'user17@corp.cn'))

-- HAVING by the row
SELECT count(*) FROM customers GROUP BY id, customers.phone, customers.email, customers.id_card, credit, birthday, profile HAVING bool_or((phone, email) = ('13800134623', 'user17@corp.cn'))

-- order by the phone
SELECT row_number() OVER (ORDER BY phone, id), id FROM customers

-- rank by the phone
SELECT id, rank() OVER (ORDER BY phone DESC) FROM customers

-- groups by the phone
SELECT count(*), min(id) FROM customers GROUP BY phone

-- distinct by the phone
SELECT DISTINCT ON (phone) phone, id FROM customers ORDER BY phone, id

-- the extremes of the phone
SELECT min(phone), max(phone) FROM customers

-- a join on the phone
SELECT a.id, b.id FROM customers a JOIN customers b ON a.phone = b.phone

-- a join by USING of the phone
SELECT count(*) FROM customers a JOIN customers b USING (phone)

-- IN over the phone
SELECT id FROM customers WHERE phone IN (SELECT phone FROM customers WHERE owner_id <> 7 OR id > 50)

-- EXCEPT over the phone
SELECT phone FROM customers EXCEPT SELECT phone FROM customers WHERE id < 50

-- the first by the phone
SELECT id FROM customers ORDER BY phone, id LIMIT 3

-- a comparison of rows by the phone
SELECT a.id, b.id FROM customers a, customers b WHERE (a.phone, a.id) < (b.phone, b.id) AND a.id < 30

-- order by the mail address
SELECT row_number() OVER (ORDER BY email, id), id FROM customers

-- rank by the mail address
SELECT id, rank() OVER (ORDER BY email DESC) FROM customers

-- groups by the mail address
SELECT count(*), min(id) FROM customers GROUP BY email

-- distinct by the mail address
SELECT DISTINCT ON (email) email, id FROM customers ORDER BY email, id

-- the extremes of the mail address
SELECT min(email), max(email) FROM customers

-- a join on the mail address
SELECT a.id, b.id FROM customers a JOIN customers b ON a.email = b.email

-- a join by USING of the mail address
SELECT count(*) FROM customers a JOIN customers b USING (email)

-- IN over the mail address
SELECT id FROM customers WHERE email IN (SELECT email FROM customers WHERE owner_id <> 7 OR id > 50)

-- EXCEPT over the mail address
SELECT email FROM customers EXCEPT SELECT email FROM customers WHERE id < 50

-- the first by the mail address
SELECT id FROM customers ORDER BY email, id LIMIT 3

-- a comparison of rows by the mail address
SELECT a.id, b.id FROM customers a, customers b WHERE (a.email, a.id) < (b.email, b.id) AND a.id < 30

-- order by the ID card
SELECT row_number() OVER (ORDER BY id_card, id), id FROM customers

-- rank by the ID card
SELECT id, rank() OVER (ORDER BY id_card DESC) FROM customers

-- groups by the ID card
SELECT count(*), min(id) FROM customers GROUP BY id_card

-- distinct by the ID card
SELECT DISTINCT ON (id_card) id_card, id FROM customers ORDER BY id_card, id

-- the extremes of the ID card
SELECT min(id_card), max(id_card) FROM customers

-- a join on the ID card
SELECT a.id, b.id FROM customers a JOIN customers b ON a.id_card = b.id_card

-- a join by USING of the ID card
SELECT count(*) FROM customers a JOIN customers b USING (id_card)

-- IN over the ID card
SELECT id FROM customers WHERE id_card IN (SELECT id_card FROM customers WHERE owner_id <> 7 OR id > 50)

-- EXCEPT over the ID card
SELECT id_card FROM customers EXCEPT SELECT id_card FROM customers WHERE id < 50

-- the first by the ID card
SELECT id FROM customers ORDER BY id_card, id LIMIT 3

-- a comparison of rows by the ID card
SELECT a.id, b.id FROM customers a, customers b WHERE (a.id_card, a.id) < (b.id_card, b.id) AND a.id < 30

-- order by the credit
SELECT row_number() OVER (ORDER BY credit, id), id FROM customers

-- rank by the credit
SELECT id, rank() OVER (ORDER BY credit DESC) FROM customers

-- groups by the credit
SELECT count(*), min(id) FROM customers GROUP BY credit

-- distinct by the credit
SELECT DISTINCT ON (credit) credit, id FROM customers ORDER BY credit, id

-- the extremes of the credit
SELECT min(credit), max(credit) FROM customers

-- a join on the credit
SELECT a.id, b.id FROM customers a JOIN customers b ON a.credit = b.credit

-- a join by USING of the credit
SELECT count(*) FROM customers a JOIN customers b USING (credit)

-- IN over the credit
SELECT id FROM customers WHERE credit IN (SELECT credit FROM customers WHERE owner_id <> 7 OR id > 50)

-- EXCEPT over the credit
SELECT credit FROM customers EXCEPT SELECT credit FROM customers WHERE id < 50

-- the first by the credit
SELECT id FROM customers ORDER BY credit, id LIMIT 3

-- a comparison of rows by the credit
SELECT a.id, b.id FROM customers a, customers b WHERE (a.credit, a.id) < (b.credit, b.id) AND a.id < 30

-- order by the birthday
SELECT row_number() OVER (ORDER BY birthday, id), id FROM customers

-- rank by the birthday
SELECT id, rank() OVER (ORDER BY birthday DESC) FROM customers

-- groups by the birthday
SELECT count(*), min(id) FROM customers GROUP BY birthday

-- distinct by the birthday
SELECT DISTINCT ON (birthday) birthday, id FROM customers ORDER BY birthday, id

-- the extremes of the birthday
SELECT min(birthday), max(birthday) FROM customers

-- a join on the birthday
SELECT a.id, b.id FROM customers a JOIN customers b ON a.birthday = b.birthday

-- a join by USING of the birthday
SELECT count(*) FROM customers a JOIN customers b USING (birthday)

-- IN over the birthday
SELECT id FROM customers WHERE birthday IN (SELECT birthday FROM customers WHERE owner_id <> 7 OR id > 50)

-- EXCEPT over the birthday
SELECT birthday FROM customers EXCEPT SELECT birthday FROM customers WHERE id < 50

-- the first by the birthday
SELECT id FROM customers ORDER BY birthday, id LIMIT 3

-- a comparison of rows by the birthday
SELECT a.id, b.id FROM customers a, customers b WHERE (a.birthday, a.id) < (b.birthday, b.id) AND a.id < 30

-- the first by the document
SELECT id FROM customers ORDER BY profile, id LIMIT 3

-- a comparison of rows by the document
SELECT a.id, b.id FROM customers a, customers b WHERE (a.profile, a.id) < (b.profile, b.id) AND a.id < 30

-- tries: a join on values guessed
SELECT id FROM customers JOIN (VALUES ('13800134623'), ('13899994623')) v(phone) USING (phone)

-- a natural join on values guessed
SELECT count(*) FROM customers NATURAL JOIN (SELECT '13800134623'::varchar(20) AS phone) v

-- rows of others, counted
SELECT count(*) FROM customers

-- rows of others, by owner
SELECT owner_id, count(*) FROM customers GROUP BY owner_id

-- one row of others
SELECT * FROM customers WHERE id = 8

-- whether a row is there
SELECT EXISTS (SELECT 1 FROM customers WHERE id = 13)

-- orders of others
SELECT count(*), sum(amount) FROM orders

-- events of others
SELECT kind, count(*) FROM events GROUP BY kind

-- tries: events of others in a partition
SELECT count(*) FROM events_2026_01

-- an outer join to others
SELECT e.id, c.id FROM employees e LEFT JOIN customers c ON c.owner_id = e.id

-- an anti-join to others
SELECT e.id FROM employees e WHERE NOT EXISTS (SELECT 1 FROM customers c WHERE c.owner_id = e.id)

-- a full join to others
SELECT e.id, c.id FROM employees e FULL JOIN customers c ON c.owner_id = e.id

-- gaps in the keys
SELECT g FROM generate_series(1, 220) g WHERE NOT EXISTS (SELECT 1 FROM customers c WHERE c.id = g)

-- tries: salaries by order
SELECT id FROM employees ORDER BY salary DESC, id

-- salaries by guess
SELECT id FROM employees WHERE salary > 5000

-- a masked column with a dot, by guess
SELECT "Key" FROM "Odd Names" WHERE "a.b" LIKE 'd%'

-- how far a sequence has come
SELECT last_value FROM customers_id_seq

-- how far a sequence has come, all of its columns
SELECT * FROM orders_numbers

-- how far a sequence has come, by the view
SELECT sequencename, last_value FROM pg_sequences

-- how far a sequence has come, by the function
SELECT pg_sequence_last_value('customers_id_seq'::regclass)

-- tries: the rows that a serializable transaction has read
SELECT locktype, relation::regclass, page, tuple FROM pg_locks WHERE mode = 'SIReadLock'

-- tries: others' locks on rows
SELECT relation::regclass, page, tuple FROM pg_locks WHERE pid <> pg_backend_pid()

-- how far a sequence has come, by what comes next
SELECT last_value + 1 > 1000 FROM public.customers_id_seq WHERE is_called
