-- What every mapper does, as the database's owner would do it directly. Masked values that are saved as they were loaded change nothing.

-- 1. Customer 7 is loaded, gets a name, and is saved.
UPDATE customers SET name = 'Renamed' WHERE id = 7;
-- 2. Customer 17 is loaded, gets a note, and is saved with all columns.
UPDATE customers SET note = 'all columns' WHERE id = 17;
-- 3. Every customer in sight is loaded and saved with all columns, unchanged.
-- 4. Customer 27 is loaded, gets another phone number, and is saved with all columns.
UPDATE customers SET phone = '13900001111' WHERE id = 27;
-- 5. A customer is created with an order.
INSERT INTO customers (owner_id, name, phone, email, credit, profile) VALUES (7, 'Created', '13712345678', 'created@corp.cn', 1234.56, '{"phone": "13700000000"}');
INSERT INTO orders (customer_id, amount) VALUES (1000, 12.5);
-- 6. Customer 37's first order (36) is deleted, the others are paid: one statement for many rows.
DELETE FROM orders WHERE id = 36;
UPDATE orders SET status = 'paid' WHERE customer_id = 37;
-- 7. Customer 47, as it was loaded, is upserted with another name.
UPDATE customers SET name = 'Upserted' WHERE id = 47;
-- 8. In a transaction customer 57 is renamed, and it is rolled back; in another it gets a note, and that is committed.
UPDATE customers SET note = 'committed' WHERE id = 57;
-- 9. Customer 67 is given to somebody else, which is refused; customer 8, who is not in sight, is not found, and not changed or deleted by its key.
-- 10. Many: customers 77, 87 and 97 get a note in one statement.
UPDATE customers SET note = 'many' WHERE id IN (77, 87, 97);
-- 11. Customer 97's mail address is emptied and its card is set, with all columns.
UPDATE customers SET email = NULL, id_card = '440301199001011234' WHERE id = 97;
