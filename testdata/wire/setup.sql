-- What the dialogues under transparent/ need: run it once, as a superuser, in the database they are played in. The dialogues leave it as it is.
CREATE TABLE items (id int PRIMARY KEY, name text, price numeric(8,2), added date);
INSERT INTO items VALUES (1, 'apple', 1.50, '2024-01-02'), (2, 'pear', NULL, '2024-02-03'), (3, '梨', 3.00, NULL);
CREATE TABLE sink (id int, name text);
CREATE FUNCTION warn(what text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE ''noticed %'', what; RETURN what; END';
