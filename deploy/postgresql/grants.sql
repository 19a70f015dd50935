-- After each `rapport db upgrade`, as rapport_owner:  psql --dbname rapport --file grants.sql
-- The log, and who looked at whom, stay with their owner. Every other table goes to the
-- application's role, which makes, renames and drops those of read models when it rebuilds them.

GRANT USAGE, CREATE ON SCHEMA public TO rapport_app;

DO $$
DECLARE each text;
BEGIN
    FOR each IN
        SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN ('events', 'accesses', 'log_schema')
    LOOP
        EXECUTE format('ALTER TABLE public.%I OWNER TO rapport_app', each);
    END LOOP;

    GRANT SELECT, INSERT ON events, accesses TO rapport_app;
    GRANT SELECT ON log_schema, events_position_seq TO rapport_app;
    -- Writers take turns by a table lock. PostgreSQL asks for a privilege that could change rows:
    -- MAINTAIN, which cannot, from version 17 on; before, TRUNCATE, which the trigger of the log
    -- refuses and only its owner could take away.
    IF current_setting('server_version_num')::int >= 170000 THEN
        EXECUTE 'GRANT MAINTAIN ON events TO rapport_app';
    ELSE
        GRANT TRUNCATE ON events TO rapport_app;
    END IF;
END $$;
