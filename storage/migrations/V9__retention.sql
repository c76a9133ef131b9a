-- Retention by table: each kind of data may be kept for another time, and days are dropped one at a time.

-- Drops the oldest partition of a day before `first_kept_day` of those tables, and returns its name; null when there is
-- none. One for each call, hence for each transaction: who drops locks the table for a moment, waits for whoever uses it,
-- and lets nobody else past meanwhile. Call it with a lock_timeout.
--
-- Harmless when repeated, and when several do it at once. A caller whose clock is ahead drops no day that is not over by
-- the server's own clock.
CREATE FUNCTION candor_drop_partition_before(tables text[], first_kept_day date) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    unknown text;
    old_partition text;
BEGIN
    SELECT wanted INTO unknown FROM unnest(tables) AS wanted
    WHERE wanted IS NULL OR wanted NOT IN (SELECT name FROM candor_partitioned_tables());
    IF FOUND OR first_kept_day IS NULL OR first_kept_day > (now() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION 'no partitions of % before % may be dropped', tables, first_kept_day
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('candor_partitions'));
    SELECT child.relname INTO old_partition
    FROM pg_inherits
    JOIN pg_class AS parent ON parent.oid = inhparent
    JOIN pg_class AS child ON child.oid = inhrelid
    WHERE parent.relnamespace = 'public'::regnamespace
        AND parent.relname = ANY (tables)
        AND child.relname ~ ('^' || parent.relname || '_p[0-9]{8}$')
        -- As text: conditions are tried in any order, and the default partition has no day.
        AND right(child.relname, 8) COLLATE "C" < to_char(first_kept_day, 'YYYYMMDD')
    ORDER BY right(child.relname, 8) COLLATE "C", child.relname
    LIMIT 1;
    IF old_partition IS NOT NULL THEN
        EXECUTE format('DROP TABLE %I', old_partition);
    END IF;
    RETURN old_partition;
END $$;

REVOKE EXECUTE ON FUNCTION candor_drop_partition_before(text[], date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION candor_drop_partition_before(text[], date) TO candor_sink;

-- Rows outside every day end with a statement. The sink deletes them in the default partition itself, never through its
-- table, so that no trigger of the table takes them for erased: what was counted stays counted.
DO $$
DECLARE
    parent record;
BEGIN
    FOR parent IN SELECT * FROM candor_partitioned_tables() LOOP
        EXECUTE format('GRANT DELETE ON %I TO candor_sink', parent.name || '_default');
        EXECUTE format(
            'CREATE POLICY retention ON %I FOR DELETE TO candor_sink USING (%I < candor_day_floor((now() AT TIME ZONE ''UTC'')::date))',
            parent.name || '_default', parent.key);
    END LOOP;
END $$;

-- Counts and places in lists have a retention of their own.
DO $$
DECLARE
    summary text;
BEGIN
    FOREACH summary IN ARRAY ARRAY['session_rollups', 'session_rollups_daily', 'organisation_rollups',
        'organisation_rollups_daily', 'campaigns'] LOOP
        EXECUTE format('GRANT DELETE ON %I TO candor_sink', summary);
    END LOOP;
END $$;
