-- Counts that are kept, so that no reader counts sessions: per hour and day of organisation and survey, and campaigns.
--
-- The hour is that of the session's id, like its partition: it never changes. Triggers add what a statement changed to the
-- counts, in the same transaction. They see the rows of that statement and no others, so that the counts are right with
-- any number of writers; a count that the writer computed beside its statement would count twice what two of them bring.
--
-- Locks: a transaction that writes sessions twice would add to its counts twice, and meet another one that does so in the
-- other order. Hence whoever writes sessions calls candor_take_turn for them first.

-- What a session's methods say, for filters and counts: bit n is set when method n (in the order of `Method::ALL`) of the
-- headline scores one half or more. The score in twentieths: what a filter by score compares.
ALTER TABLE sessions
    ADD COLUMN methods integer NOT NULL DEFAULT 0,
    ADD COLUMN score_bucket smallint GENERATED ALWAYS AS (
        CASE WHEN coalesce(score_thousandths, finding_score_thousandths) IS NOT NULL
            THEN least(19, greatest(score_thousandths, finding_score_thousandths) / 50) END
    ) STORED;

ALTER TABLE session_windows ADD COLUMN methods integer NOT NULL DEFAULT 0;

-- The list of sessions, newest first: what it is filtered by lies in its own index, so that a page is read in the order of
-- the ids and a row that does not match costs no look at the table. An index for each filter would answer rare values
-- sooner, and would be written again with every verdict that changes risk, class or state: that cost half of all writing.
DROP INDEX sessions_newest, sessions_by_status, sessions_by_risk, sessions_by_effective_risk, sessions_by_class,
    sessions_by_platform, sessions_by_score;
CREATE INDEX sessions_newest ON sessions (organisation, id DESC)
    INCLUDE (effective_risk, class, status, platform, score_bucket, window_count, finding_count);

-- A row that is too wide for its page is compressed fast.
ALTER TABLE session_windows
    ALTER COLUMN reasons SET COMPRESSION lz4,
    ALTER COLUMN method_scores SET COMPRESSION lz4,
    ALTER COLUMN data_sufficiency SET COMPRESSION lz4;
ALTER TABLE detection_results
    ALTER COLUMN reasons SET COMPRESSION lz4,
    ALTER COLUMN method_scores SET COMPRESSION lz4,
    ALTER COLUMN data_sufficiency SET COMPRESSION lz4;
ALTER TABLE coordination_findings ALTER COLUMN evidence SET COMPRESSION lz4;

-- How a table's partitions are kept. Sessions and windows are updated with every revision: room on the page lets a new
-- version stay beside the old one, without a new entry in any index.
CREATE FUNCTION candor_partition_options(parent text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE parent WHEN 'sessions' THEN 'fillfactor = 70' WHEN 'session_windows' THEN 'fillfactor = 90'
        ELSE 'fillfactor = 100' END
$$;

DO $$
DECLARE
    parent text;
    existing text;
BEGIN
    FOR parent IN SELECT name FROM candor_partitioned_tables() LOOP
        FOR existing IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = parent::regclass LOOP
            EXECUTE format('ALTER TABLE %s SET (%s)', existing, candor_partition_options(parent));
        END LOOP;
    END LOOP;
END $$;

-- One partition of one table; rows of that day leave the default partition. They are moved past the table itself, hence
-- past its triggers: no count changes.
CREATE OR REPLACE FUNCTION candor_create_partition(parent text, key text, day date) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    partition_name text := format('%s_p%s', parent, to_char(day, 'YYYYMMDD'));
    default_name text := parent || '_default';
    first_id uuid := candor_day_floor(day);
    end_id uuid := candor_day_floor(day + 1);
    stored_columns text;
BEGIN
    -- Made beside and attached, not made in place: attaching lets readers and writers of the table go on.
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (%s)',
        partition_name, parent, candor_partition_options(parent));
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

-- The hour, by UTC, in which an id was made.
CREATE FUNCTION candor_hour_of(id uuid) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT to_timestamp(
        (('x' || encode(substring(uuid_send(id) FROM 1 FOR 6), 'hex'))::bit(48)::bigint / 3600000 * 3600)::double precision)
$$;

-- Lets one transaction at a time write the sessions and counts of a day: until it ends, nobody else who calls this
-- computes or writes these sessions, nor, with `findings`, campaigns. Called once in a transaction, after windows and
-- results are written and before findings are. Days share 64 locks, taken in order.
CREATE FUNCTION candor_take_turn(ids uuid[], findings boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    stripe integer;
BEGIN
    IF findings THEN
        PERFORM pg_advisory_xact_lock(hashtext('candor_campaigns'), 0);
    END IF;
    FOR stripe IN
        SELECT DISTINCT mod(extract(epoch FROM candor_hour_of(id))::bigint / 86400, 64)::integer FROM unnest(ids) AS id
        ORDER BY 1
    LOOP
        PERFORM pg_advisory_xact_lock(hashtext('candor_days'), stripe);
    END LOOP;
END $$;

-- Sessions that are alike in all that is counted.
CREATE TYPE candor_session_group AS (
    organisation text COLLATE "C",
    survey_id text COLLATE "C",
    hour timestamptz,
    status text COLLATE "C",
    -- Null: not judged. So are risk and class.
    is_bot boolean,
    risk text COLLATE "C",
    class text COLLATE "C",
    with_findings boolean,
    methods integer,
    -- How many more there are; negative when they became fewer.
    sessions bigint,
    events bigint,
    score_sum bigint,
    latest_update timestamptz
);

-- The tables of counts, and the function that adds groups to them, from one list of counters.
DO $$
DECLARE
    counters text[] := ARRAY[
        ['sessions', 'true'],
        ['active', 'status = ''active'''],
        ['completed', 'status = ''completed'''],
        ['idle', 'status = ''idle'''],
        ['max_length', 'status = ''max_length'''],
        ['judged', 'is_bot IS NOT NULL'],
        ['bots', 'is_bot'],
        ['risk_low', 'risk = ''LOW'''],
        ['risk_medium', 'risk = ''MEDIUM'''],
        ['risk_high', 'risk = ''HIGH'''],
        ['risk_critical', 'risk = ''CRITICAL'''],
        ['class_human', 'class = ''human'''],
        ['class_scripted_bot', 'class = ''scripted_bot'''],
        ['class_ai_agent', 'class = ''ai_agent'''],
        ['class_ai_assisted', 'class = ''ai_assisted'''],
        ['class_declared_agent', 'class = ''declared_agent'''],
        ['class_insufficient_data', 'class = ''insufficient_data'''],
        ['with_findings', 'with_findings'],
        ['method_keystroke', 'methods & 1 <> 0'],
        ['method_mouse', 'methods & 2 <> 0'],
        ['method_timing', 'methods & 4 <> 0'],
        ['method_device', 'methods & 8 <> 0'],
        ['method_network', 'methods & 16 <> 0'],
        ['method_focus', 'methods & 32 <> 0'],
        ['method_scroll', 'methods & 64 <> 0'],
        ['method_answers', 'methods & 128 <> 0'],
        ['method_coordination', 'methods & 256 <> 0'],
        ['method_model', 'methods & 512 <> 0']
    ];
    names text;
    declared text;
    counted text;
    summed text;
    added text;
    rollup record;
    statements text[] := '{}';
BEGIN
    SELECT string_agg(name, ', '), string_agg(name || ' bigint NOT NULL DEFAULT 0', ', '),
        string_agg('sum(' || name || ')::bigint', ', '),
        string_agg(format('%1$s = stored.%1$s + excluded.%1$s', name), ', ')
    INTO names, declared, summed, added
    FROM (
        SELECT counters[number][1] AS name FROM generate_subscripts(counters, 1) AS number
        UNION ALL VALUES ('events'), ('score_sum')
    ) AS counter;
    SELECT string_agg(format('coalesce(sum(sessions) FILTER (WHERE %s), 0)::bigint AS %I',
        counters[number][2], counters[number][1]), ', ' ORDER BY number)
    INTO counted
    FROM generate_subscripts(counters, 1) AS number;
    FOR rollup IN
        SELECT * FROM (VALUES
            ('session_rollups', 'organisation, survey_id, hour', 'survey_id text COLLATE "C" NOT NULL, hour timestamptz NOT NULL'),
            ('session_rollups_daily', 'organisation, survey_id, day', 'survey_id text COLLATE "C" NOT NULL, day timestamptz NOT NULL'),
            ('organisation_rollups', 'organisation, hour', 'hour timestamptz NOT NULL'),
            ('organisation_rollups_daily', 'organisation, day', 'day timestamptz NOT NULL')
        ) AS each_rollup(name, key, columns)
    LOOP
        EXECUTE format(
            'CREATE TABLE %I (
                organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''''),
                %s, %s, latest_update timestamptz, PRIMARY KEY (%s))',
            rollup.name, rollup.columns, declared, rollup.key);
        statements := statements || format(
            'INSERT INTO %1$I AS stored (%2$s, %3$s, latest_update)
             SELECT %2$s, %4$s, max(latest_update) FROM delta GROUP BY %2$s ORDER BY %2$s
             ON CONFLICT (%2$s) DO UPDATE SET %5$s, latest_update = greatest(stored.latest_update, excluded.latest_update)',
            rollup.name, rollup.key, names, summed, added);
    END LOOP;
    EXECUTE format(
        $function$
        CREATE FUNCTION candor_count(groups candor_session_group[]) RETURNS void
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $body$
        BEGIN
            WITH delta AS MATERIALIZED (
                SELECT organisation, survey_id, hour, date_trunc('day', hour, 'UTC') AS day, %1$s, sum(events)::bigint AS events,
                    sum(score_sum)::bigint AS score_sum, max(latest_update) AS latest_update
                FROM unnest(groups) GROUP BY organisation, survey_id, hour
            ), survey_days AS (%3$s), hours AS (%4$s), days AS (%5$s)
            %2$s;
        END $body$
        $function$, counted, statements[1], statements[2], statements[3], statements[4]);
END $$;

COMMENT ON TABLE session_rollups IS
    'Sessions of an organisation, survey ('''' without one) and hour of their id; of risk, class and score those with a verdict';
COMMENT ON TABLE organisation_rollups IS 'The same of all surveys together';
COMMENT ON TABLE session_rollups_daily IS 'session_rollups by day (UTC): a long period is read from its days and the hours at its ends';
COMMENT ON TABLE organisation_rollups_daily IS 'organisation_rollups by day (UTC)';

-- Fingerprints that several sessions share: a place in a list, not a count of rows. Each value is the greatest that any of
-- the findings told (`first_at` the least), so that the order of their arrival does not matter, and erasing one changes
-- nothing.
CREATE TABLE campaigns (
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    kind text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    survey_id text COLLATE "C",
    sessions integer NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    score_thousandths smallint NOT NULL,
    risk_level text COLLATE "C" NOT NULL CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
    code text COLLATE "C" NOT NULL,
    PRIMARY KEY (organisation, kind, fingerprint)
);
CREATE INDEX campaigns_latest ON campaigns (organisation, last_at DESC, kind, fingerprint);

CREATE FUNCTION candor_note_campaigns() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    risks text[] := ARRAY['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
BEGIN
    INSERT INTO campaigns AS stored (
        organisation, kind, fingerprint, survey_id, sessions, first_at, last_at, score_thousandths, risk_level, code
    )
    SELECT organisation, kind, fingerprint, max(survey_id), max(sessions), min(first_at), max(last_at),
        max(score_thousandths), risks[max(array_position(risks, risk_level))], max(code)
    FROM new_rows GROUP BY organisation, kind, fingerprint ORDER BY organisation, kind, fingerprint
    ON CONFLICT (organisation, kind, fingerprint) DO UPDATE SET
        survey_id = greatest(stored.survey_id, excluded.survey_id),
        sessions = greatest(stored.sessions, excluded.sessions),
        first_at = least(stored.first_at, excluded.first_at),
        last_at = greatest(stored.last_at, excluded.last_at),
        score_thousandths = greatest(stored.score_thousandths, excluded.score_thousandths),
        risk_level = risks[greatest(array_position(risks, stored.risk_level), array_position(risks, excluded.risk_level))],
        code = greatest(stored.code, excluded.code);
    RETURN NULL;
END $$;

CREATE TRIGGER note_inserted AFTER INSERT ON coordination_findings
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION candor_note_campaigns();
CREATE TRIGGER note_updated AFTER UPDATE ON coordination_findings
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION candor_note_campaigns();

DO $$
DECLARE
    counted text;
BEGIN
    FOREACH counted IN ARRAY ARRAY['session_rollups', 'session_rollups_daily', 'organisation_rollups',
        'organisation_rollups_daily', 'campaigns'] LOOP
        -- Few rows that change with every batch: room for new versions, and vacuumed long before a fifth is dead.
        EXECUTE format('ALTER TABLE %I SET (fillfactor = 60, autovacuum_vacuum_threshold = 2000,
            autovacuum_vacuum_scale_factor = 0.02)', counted);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', counted);
        EXECUTE format(
            'CREATE POLICY own_organisation ON %I FOR SELECT TO candor_api
             USING (organisation = current_setting(''candor.organisation'', true))', counted);
        EXECUTE format('CREATE POLICY every_organisation ON %I TO candor_sink USING (true) WITH CHECK (true)', counted);
        EXECUTE format('GRANT SELECT ON %I TO candor_api', counted);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO candor_sink', counted);
    END LOOP;
END $$;

REVOKE EXECUTE ON FUNCTION candor_take_turn(uuid[], boolean) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION candor_count(candor_session_group[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION candor_take_turn(uuid[], boolean) TO candor_sink;
GRANT EXECUTE ON FUNCTION candor_count(candor_session_group[]) TO candor_sink;

-- The triggers' functions: what a statement made of sessions, old rows against new ones; and with the same grouping what is
-- stored already, one day after the other. Places kept for sessions whose findings came first do not count.
DO $$
DECLARE
    grouping text := $text$
        SELECT array_agg(ROW(each_group.*)::candor_session_group) FROM (
            SELECT organisation, coalesce(survey_id, ''), candor_hour_of(id), status, is_bot,
                CASE WHEN is_bot IS NOT NULL THEN effective_risk END, CASE WHEN is_bot IS NOT NULL THEN class END,
                finding_count > 0, methods, sum(sign), sum(sign * event_count)::bigint,
                coalesce(sum(sign * effective_score_thousandths) FILTER (WHERE is_bot IS NOT NULL), 0),
                max(updated_at) FILTER (WHERE sign > 0)
            FROM (%s) AS changed WHERE window_count > 0
            GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
        ) AS each_group
    $text$;
    new_rows text := 'SELECT 1 AS sign, * FROM new_rows';
    old_rows text := 'SELECT -1 AS sign, * FROM old_rows';
    event text;
    rows text;
    day date;
    groups candor_session_group[];
BEGIN
    FOR event, rows IN VALUES ('inserted', new_rows), ('deleted', old_rows),
        ('updated', new_rows || ' UNION ALL ' || old_rows)
    LOOP
        EXECUTE format(
            $function$
            CREATE FUNCTION %I() RETURNS trigger
            LANGUAGE plpgsql SET search_path = public, pg_temp AS $body$
            DECLARE
                groups candor_session_group[] := (%s);
            BEGIN
                IF groups IS NOT NULL THEN
                    PERFORM candor_count(groups);
                END IF;
                RETURN NULL;
            END $body$
            $function$, 'candor_count_' || event, format(grouping, rows));
    END LOOP;
    SET LOCAL ROLE candor_sink;
    UPDATE session_windows SET methods = (
        SELECT coalesce(bit_or(1 << (array_position(ARRAY['keystroke', 'mouse', 'timing', 'device', 'network', 'focus',
            'scroll', 'answers', 'coordination', 'model'], method.key) - 1)), 0)
        FROM jsonb_each(method_scores) AS method WHERE method.value::double precision >= 0.5
    ) WHERE method_scores IS NOT NULL;
    UPDATE sessions SET methods = headline.methods
    FROM session_windows AS headline
    WHERE headline.session_id = sessions.id AND headline.generation = headline_generation
        AND headline.window_offset = headline_window AND headline.methods <> 0;
    FOR day IN SELECT DISTINCT (candor_hour_of(id) AT TIME ZONE 'UTC')::date FROM sessions LOOP
        EXECUTE format(grouping, 'SELECT 1 AS sign, * FROM sessions WHERE id >= $1 AND id < $2')
        INTO groups USING candor_day_floor(day), candor_day_floor(day + 1);
        IF groups IS NOT NULL THEN
            PERFORM candor_count(groups);
        END IF;
    END LOOP;
    INSERT INTO campaigns
    SELECT organisation, kind, fingerprint, max(survey_id), max(sessions), min(first_at), max(last_at),
        max(score_thousandths),
        (ARRAY['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])[
            max(array_position(ARRAY['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'], risk_level))],
        max(code)
    FROM coordination_findings GROUP BY organisation, kind, fingerprint;
    RESET ROLE;
END $$;

CREATE TRIGGER count_inserted AFTER INSERT ON sessions
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION candor_count_inserted();
CREATE TRIGGER count_updated AFTER UPDATE ON sessions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION candor_count_updated();
CREATE TRIGGER count_deleted AFTER DELETE ON sessions
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION candor_count_deleted();
