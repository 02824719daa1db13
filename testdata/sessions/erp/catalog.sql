-- What tools ask of the catalogs before they show a table: the schema's name is a parameter, so both ask of the same tables.

-- == tools

SET search_path = pg_catalog

SELECT c.oid::regclass::text, c.relkind, c.relispartition, pg_get_userbyid(c.relowner), obj_description(c.oid, 'pg_class') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname
-- $ public

SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, col_description(a.attrelid, a.attnum), (SELECT c.collname FROM pg_collation c, pg_type t WHERE c.oid = a.attcollation AND t.oid = a.atttypid AND a.attcollation <> t.typcollation) FROM pg_attribute a LEFT JOIN pg_attrdef d ON (a.attrelid, a.attnum) = (d.adrelid, d.adnum) WHERE a.attrelid = (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = $1 AND relname = $2) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
-- $ public | tickets

SELECT table_name, table_type, is_insertable_into FROM information_schema.tables WHERE table_schema = $1 ORDER BY 1
-- $ public

SELECT column_name, ordinal_position, column_default, is_nullable, data_type, udt_name, character_maximum_length, numeric_precision, numeric_scale, datetime_precision, is_identity, identity_generation, is_generated, generation_expression, is_updatable, domain_name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position
-- $ public | invoices

SELECT tc.constraint_name, tc.constraint_type, kcu.column_name, ccu.table_name, ccu.column_name, rc.update_rule, rc.delete_rule FROM information_schema.table_constraints tc JOIN information_schema.key_column_usage kcu USING (constraint_schema, constraint_name) LEFT JOIN information_schema.referential_constraints rc USING (constraint_schema, constraint_name) LEFT JOIN information_schema.constraint_column_usage ccu USING (constraint_schema, constraint_name) WHERE tc.table_schema = $1 AND tc.table_name = $2 ORDER BY 1, 3, 5
-- $ public | employees

SELECT conname, contype, pg_get_constraintdef(c.oid, true), condeferrable, confrelid::regclass::text FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace WHERE n.nspname = $1 AND r.relname = $2 ORDER BY 1
-- $ public | order_lines

SELECT i.relname, x.indisunique, x.indisprimary, am.amname, pg_get_indexdef(x.indexrelid, 0, true), array(SELECT pg_get_indexdef(x.indexrelid, k + 1, true) FROM generate_subscripts(x.indkey, 1) k ORDER BY k), pg_get_expr(x.indpred, x.indrelid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am am ON am.oid = i.relam JOIN pg_class r ON r.oid = x.indrelid JOIN pg_namespace n ON n.oid = r.relnamespace WHERE n.nspname = $1 AND r.relname = $2 ORDER BY 1
-- $ public | tickets

SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = $1 AND tablename = $2 ORDER BY 3
-- $ public | employees

SELECT viewname, definition FROM pg_views WHERE schemaname = $1 ORDER BY 1
-- $ public

SELECT c.relname, pg_get_viewdef(c.oid, true) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('v', 'm') ORDER BY 1
-- $ public

SELECT p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), pg_get_function_identity_arguments(p.oid), l.lanname, p.provolatile, p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype IN ('e', 'i') WHERE n.nspname = $1 AND d.objid IS NULL AND l.lanname <> 'internal' ORDER BY 1, 2
-- $ public

SELECT t.tgname, pg_get_triggerdef(t.oid), t.tgenabled FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid JOIN pg_namespace n ON n.oid = r.relnamespace WHERE n.nspname = $1 AND NOT t.tgisinternal ORDER BY 1, 2
-- $ public

SELECT t.typname, t.typtype, e.enumlabel FROM pg_type t LEFT JOIN pg_enum e ON e.enumtypid = t.oid JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = $1 AND t.typtype IN ('e', 'd', 'r') ORDER BY 1, e.enumsortorder
-- $ public

SELECT inhparent::regclass::text, inhrelid::regclass::text, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 ORDER BY 1, 2
-- $ public

SELECT p.partrelid::regclass::text, pg_get_partkeydef(p.partrelid), partstrat FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 ORDER BY 1
-- $ public

SELECT extname, extversion, n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1

SELECT sequence_name, data_type, start_value, increment FROM information_schema.sequences WHERE sequence_schema = $1 ORDER BY 1
-- $ public

SELECT schemaname, sequencename, start_value, increment_by, cycle FROM pg_sequences WHERE schemaname = $1 ORDER BY 2
-- $ public

SELECT domain_name, data_type, check_clause FROM information_schema.domains d LEFT JOIN information_schema.domain_constraints c USING (domain_schema, domain_name) LEFT JOIN information_schema.check_constraints k USING (constraint_schema, constraint_name) WHERE d.domain_schema = $1 ORDER BY 1
-- $ public

SELECT has_table_privilege(c.oid, 'SELECT'), has_table_privilege(current_user, c.oid, 'INSERT, UPDATE'), has_any_column_privilege(c.oid, 'SELECT'), has_schema_privilege(n.nspname, 'USAGE'), has_column_privilege(c.oid, 'id', 'UPDATE') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
-- $ public | tickets

SELECT grantee, privilege_type, is_grantable FROM information_schema.role_table_grants WHERE table_schema = $1 AND table_name = $2 ORDER BY 1, 2
-- $ public | tickets

SELECT nspname, pg_get_userbyid(nspowner), has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1

SELECT datname, pg_encoding_to_char(encoding), datcollate, datistemplate, datallowconn FROM pg_database WHERE datname = 'postgres'

SELECT rolname, rolsuper, rolcanlogin FROM pg_roles WHERE rolname IN ('alice', 'dora') ORDER BY 1

SELECT version() LIKE 'PostgreSQL %', current_database() IS NOT NULL, current_user, session_user, current_schemas(true), pg_is_in_recovery(), inet_server_port() > 0, current_setting('server_version_num')::int > 100000

SHOW server_version_num

SHOW transaction_isolation

SELECT name, setting, unit, vartype FROM pg_settings WHERE name IN ('TimeZone', 'max_identifier_length', 'block_size', 'server_encoding') ORDER BY 1

SELECT t.oid, t.typname, t.typtype, t.typcategory, t.typelem, t.typbasetype, t.typrelid FROM pg_type t WHERE t.typname = ANY ('{int4,text,_text,jsonb,citext}') ORDER BY 2

SELECT typname, typcategory, typdelim, typinput::text, rngsubtype FROM pg_type LEFT JOIN pg_range ON oid = rngtypid WHERE typname IN ('int4range', 'timerange') ORDER BY 1

SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.typrelid = c.oid WHERE t.typname = 'address' ORDER BY a.attnum

SELECT c.relname, count(a.*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r' GROUP BY c.oid ORDER BY 1
-- $ public

SELECT d.refobjid::regclass::text, count(*) FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace WHERE d.refclassid = 'pg_class'::regclass AND n.nspname = $1 GROUP BY 1 ORDER BY 1
-- $ public

SELECT kc.column_name FROM information_schema.table_constraints tc JOIN information_schema.key_column_usage kc ON kc.constraint_name = tc.constraint_name AND kc.table_schema = tc.table_schema WHERE tc.constraint_type = 'PRIMARY KEY' AND tc.table_schema = $1 AND tc.table_name = $2 ORDER BY kc.ordinal_position
-- $ public | order_lines

SELECT pg_get_serial_sequence(quote_ident($1) || '.' || quote_ident($2), $3)
-- $ public | tickets | id

SELECT to_regclass($1)::text, to_regtype('nosuch')::text, to_regproc('nosuch') IS NULL, 'int4'::regtype::text, to_regnamespace($2)::text
-- $ public.tickets | public

SELECT table_name, view_definition IS NOT NULL, check_option, is_updatable FROM information_schema.views WHERE table_schema = $1 ORDER BY 1
-- $ public

SELECT routine_name, data_type, external_language FROM information_schema.routines WHERE routine_schema = $1 AND external_language = 'PLPGSQL' ORDER BY 1
-- $ public

SELECT p.specific_name IS NOT NULL, p.ordinal_position, p.parameter_mode, p.parameter_name, p.data_type FROM information_schema.parameters p JOIN information_schema.routines r USING (specific_schema, specific_name) WHERE r.routine_schema = $1 AND r.routine_name = 'add_days' ORDER BY 2
-- $ public

SELECT event_object_table, trigger_name, action_timing, event_manipulation FROM information_schema.triggers WHERE trigger_schema = $1 ORDER BY 1, 2, 4
-- $ public

SELECT am.amname, opc.opcname FROM pg_opclass opc JOIN pg_am am ON am.oid = opc.opcmethod WHERE opcname IN ('gin_trgm_ops', 'int4_ops') ORDER BY 1, 2

SELECT count(*) FROM pg_timezone_names WHERE name = 'Europe/Berlin'

SELECT a.attname, a.atttypid = 'numeric'::regtype, information_schema._pg_numeric_precision(a.atttypid, a.atttypmod), information_schema._pg_char_max_length(a.atttypid, a.atttypmod) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2 AND attnum > 0 ORDER BY attnum
-- $ public | employees
