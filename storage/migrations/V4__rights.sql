-- Who may do what. Row-level security is enabled and forced: it holds for the owner of the tables, too.

DO $$
DECLARE
    parent text;
BEGIN
    FOR parent IN SELECT name FROM candor_partitioned_tables() LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', parent);
        -- Without the setting, current_setting is null, the condition is not true, and nothing is seen.
        EXECUTE format(
            'CREATE POLICY own_organisation ON %I FOR SELECT TO candor_api
             USING (organisation = current_setting(''candor.organisation'', true))', parent);
        EXECUTE format('CREATE POLICY every_organisation ON %I TO candor_sink USING (true) WITH CHECK (true)', parent);
        EXECUTE format('GRANT SELECT ON %I TO candor_api', parent);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO candor_sink', parent);
        -- The sink counts the rows that fell outside every day.
        EXECUTE format('GRANT SELECT ON %I TO candor_sink', parent || '_default');
        EXECUTE format('CREATE POLICY counting ON %I FOR SELECT TO candor_sink USING (true)', parent || '_default');
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA public TO candor_api, candor_sink;
GRANT SELECT ON behavior_data TO candor_api;

REVOKE EXECUTE ON FUNCTION candor_ensure_partitions(date, date) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION candor_drop_partitions_before(date) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION candor_create_partition(text, text, date) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION candor_close_partition(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION candor_ensure_partitions(date, date) TO candor_sink;
