-- The logins of the demonstration. All of them may read and write everything in PostgreSQL, as the logins of most CRMs may:
-- whatever they cannot see through Cordon, Cordon keeps from them.
-- Roles belong to the whole server, so an earlier load may have made them already.
DO $$
DECLARE
    person text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'crm_owner') THEN
        CREATE ROLE crm_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'crm') THEN
        CREATE ROLE crm NOLOGIN;
    END IF;
    FOREACH person IN ARRAY ARRAY['alice', 'bob', 'erin', 'carol', 'dana', 'crm_app'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = person) THEN
            EXECUTE format('CREATE ROLE %I LOGIN IN ROLE crm PASSWORD %L', person, person || '-demo');
        END IF;
    END LOOP;
    GRANT crm_owner TO dana;
    -- Whoever loads this must be able to make things that crm_owner owns.
    EXECUTE format('GRANT crm_owner TO %I', current_user);
    EXECUTE format('GRANT CREATE ON DATABASE %I TO crm_owner', current_database());
END
$$;
GRANT USAGE, CREATE ON SCHEMA public TO crm_owner;
