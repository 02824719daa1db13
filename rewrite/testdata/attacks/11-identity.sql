-- tries: someone else’s rights
SET cordon.user = 'boss'; SELECT count(*) FROM customers

-- tries: someone else’s rights
SELECT set_config('cordon.user', 'boss', false)

-- tries: someone else’s rights
SET LOCAL cordon.user TO 'boss'

-- tries: someone else’s rights
RESET cordon.user; SELECT count(*) FROM customers

-- someone else’s rights
RESET ALL; SELECT count(*) FROM customers

-- tries: someone else’s rights
DISCARD ALL; SELECT count(*) FROM customers

-- someone else’s rights
/* user='boss' */ SELECT count(*) FROM customers

-- someone else’s rights
SET SESSION AUTHORIZATION DEFAULT; SELECT count(*) FROM customers

-- someone else’s rights
SET ROLE NONE; SELECT count(*) FROM customers

-- someone else’s rights
RESET ROLE; SELECT count(*) FROM customers

-- someone else’s rights
SELECT count(*) FROM customers WHERE current_user = session_user

-- someone else’s rights
SET row_security = off; SELECT count(*) FROM customers

-- someone else’s rights
SET session_replication_role = replica; SELECT count(*) FROM customers

-- someone else’s rights
SELECT set_config('role', 'none', false), (SELECT count(*) FROM customers)

-- tries: someone else’s rights
ALTER ROLE CURRENT_USER SET search_path = ref

-- tries: someone else’s rights
ALTER DATABASE postgres SET search_path = ref

-- tries: someone else’s rights
ALTER SYSTEM SET search_path = ref

-- tries: someone else’s rights
GRANT SELECT ON secrets TO PUBLIC

-- tries: someone else’s rights
ALTER TABLE secrets OWNER TO CURRENT_USER

-- tries: someone else’s rights
REASSIGN OWNED BY CURRENT_USER TO CURRENT_USER

-- someone else’s rights
SET client_min_messages = debug5; SELECT count(*) FROM customers
