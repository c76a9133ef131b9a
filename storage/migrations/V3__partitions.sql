-- Daily partitions by session id, and the default partitions for ids of any other day.
--
-- The functions that change partitions run with their owner's rights, because only the owner may attach a partition; a
-- service needs no more than the right to call them.

-- The lowest UUIDv7 of an instant.
CREATE FUNCTION uuid_floor(instant timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM instant) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- The lowest UUIDv7 of a day, by UTC.
CREATE FUNCTION candor_day_floor(day date) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT uuid_floor(day::timestamp AT TIME ZONE 'UTC')
$$;

-- The partitioned tables and the column each is partitioned by, in the order in which the sink locks them: one order for
-- all, so that making partitions and writing rows do not wait for each other in a circle.
CREATE FUNCTION candor_partitioned_tables() RETURNS TABLE (name text, key text)
LANGUAGE sql IMMUTABLE AS $$
    VALUES ('session_windows', 'session_id'), ('detection_results', 'session_id'), ('sessions', 'id'),
        ('behavior_batches', 'session_id')
$$;

-- Nobody reads a partition past the policies of its table: no rights, and no policy that would admit a row.
CREATE FUNCTION candor_close_partition(partition_name text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', partition_name);
END $$;

-- One partition of one table; rows of that day leave the default partition.
CREATE FUNCTION candor_create_partition(parent text, key text, day date) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    partition_name text := format('%s_p%s', parent, to_char(day, 'YYYYMMDD'));
    default_name text := parent || '_default';
    first_id uuid := candor_day_floor(day);
    end_id uuid := candor_day_floor(day + 1);
    stored_columns text;
BEGIN
    -- Made beside and attached, not made in place: attaching lets readers and writers of the table go on.
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', partition_name, parent);
    PERFORM candor_close_partition(partition_name);
    -- The default partition is closed to its owner as well; attaching locks it anyway.
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', default_name);
    EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', default_name);
    EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', partition_name);
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO stored_columns
    FROM pg_attribute
    WHERE attrelid = parent::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    EXECUTE format(
        'WITH moved AS (DELETE FROM %I WHERE %I >= $1 AND %I < $2 RETURNING *) INSERT INTO %I (%s) SELECT %s FROM moved',
        default_name, key, key, partition_name, stored_columns, stored_columns
    ) USING first_id, end_id;
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', default_name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', partition_name);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        parent, partition_name, first_id, end_id);
END $$;

-- Makes the partitions of each day from first_day to last_day, both included. Returns how many were missing.
-- Harmless when repeated, and when several do it at once.
CREATE FUNCTION candor_ensure_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    parent record;
    day date;
    made integer := 0;
BEGIN
    IF first_day IS NULL OR last_day IS NULL OR last_day < first_day OR last_day - first_day > 3700 THEN
        RAISE EXCEPTION 'partitions from % to %: not a range of at most 3700 days', first_day, last_day
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('candor_partitions'));
    FOR day IN SELECT first_day + number FROM generate_series(0, last_day - first_day) AS number LOOP
        FOR parent IN SELECT * FROM candor_partitioned_tables() LOOP
            IF to_regclass(format('%s_p%s', parent.name, to_char(day, 'YYYYMMDD'))) IS NULL THEN
                PERFORM candor_create_partition(parent.name, parent.key, day);
                made := made + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;

-- Retention: drops every partition of a day before first_kept_day, and such rows of the default partitions. Returns how
-- many partitions were dropped.
CREATE FUNCTION candor_drop_partitions_before(first_kept_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    parent record;
    old_partition text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('candor_partitions'));
    FOR parent IN SELECT * FROM candor_partitioned_tables() LOOP
        FOR old_partition IN
            SELECT child.relname FROM pg_inherits
            JOIN pg_class AS child ON child.oid = inhrelid
            WHERE inhparent = parent.name::regclass
                AND child.relname ~ ('^' || parent.name || '_p[0-9]{8}$')
                AND to_date(right(child.relname, 8), 'YYYYMMDD') < first_kept_day
        LOOP
            EXECUTE format('DROP TABLE %I', old_partition);
            dropped := dropped + 1;
        END LOOP;
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', parent.name || '_default');
        EXECUTE format('DELETE FROM %I WHERE %I < $1', parent.name || '_default', parent.key)
            USING candor_day_floor(first_kept_day);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', parent.name || '_default');
    END LOOP;
    RETURN dropped;
END $$;

DO $$
DECLARE
    parent text;
BEGIN
    FOR parent IN SELECT name FROM candor_partitioned_tables() LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', parent || '_default', parent);
        PERFORM candor_close_partition(parent || '_default');
    END LOOP;
END $$;
