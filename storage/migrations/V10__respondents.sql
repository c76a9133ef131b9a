-- The sessions of a respondent, and the list of one survey, found without looking into every day.

-- Filters of the list lie in the index of a survey as they do in that of the newest sessions, so that a page of a survey
-- and a risk costs no look at the table.
DROP INDEX sessions_by_survey;
CREATE INDEX sessions_by_survey ON sessions (organisation, survey_id, id DESC)
    INCLUDE (effective_risk, class, status, platform, score_bucket, window_count, finding_count);

-- Which sessions a respondent has: as an index of `sessions` it would be one of each day, and a respondent's few sessions are
-- of any day. Partitions of a week keep what is written small, and what is looked through short.
CREATE TABLE session_respondents (
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    respondent_id text COLLATE "C" NOT NULL,
    session_id uuid NOT NULL,
    PRIMARY KEY (organisation, respondent_id, session_id)
) PARTITION BY RANGE (session_id);

COMMENT ON TABLE session_respondents IS 'Sessions by respondent, kept by triggers of sessions; a partition holds a week';

-- In the order in which the sink locks them.
CREATE OR REPLACE FUNCTION candor_partitioned_tables() RETURNS TABLE (name text, key text)
LANGUAGE sql IMMUTABLE AS $$
    VALUES ('session_windows', 'session_id'), ('detection_results', 'session_id'), ('coordination_findings', 'session_id'),
        ('sessions', 'id'), ('session_respondents', 'session_id'), ('behavior_batches', 'session_id')
$$;

-- How many days a partition holds.
CREATE FUNCTION candor_partition_days(parent text) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE parent WHEN 'session_respondents' THEN 7 ELSE 1 END
$$;

-- The last day of the partition that holds `day`; weeks begin on Thursday as 1970 did. A partition is named by it, so that
-- whatever is named before a day is over before it.
CREATE FUNCTION candor_partition_last_day(parent text, day date) RETURNS date
LANGUAGE sql IMMUTABLE AS $$
    SELECT day + days - 1 - (day - date '1970-01-01') % days FROM candor_partition_days(parent) AS days
$$;

-- The partition that holds `day`; its rows leave the default partition. They are moved past the table itself, hence past its
-- triggers: no count changes.
CREATE OR REPLACE FUNCTION candor_create_partition(parent text, key text, day date) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    last_day date := candor_partition_last_day(parent, day);
    partition_name text := format('%s_p%s', parent, to_char(last_day, 'YYYYMMDD'));
    default_name text := parent || '_default';
    first_id uuid := candor_day_floor(last_day + 1 - candor_partition_days(parent));
    end_id uuid := candor_day_floor(last_day + 1);
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

-- Makes the partitions of each day from first_day to last_day, both included. Returns how many were missing.
-- Harmless when repeated, and when several do it at once.
CREATE OR REPLACE FUNCTION candor_ensure_partitions(first_day date, last_day date) RETURNS integer
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
            IF to_regclass(format('%s_p%s', parent.name,
                to_char(candor_partition_last_day(parent.name, day), 'YYYYMMDD'))) IS NULL
            THEN
                PERFORM candor_create_partition(parent.name, parent.key, day);
                made := made + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;

REVOKE EXECUTE ON FUNCTION candor_partition_days(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION candor_partition_last_day(text, date) FROM PUBLIC;

CREATE TABLE session_respondents_default PARTITION OF session_respondents DEFAULT;
SELECT candor_close_partition('session_respondents_default');

ALTER TABLE session_respondents ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organisation ON session_respondents FOR SELECT TO candor_api
    USING (organisation = current_setting('candor.organisation', true));
CREATE POLICY every_organisation ON session_respondents TO candor_sink USING (true) WITH CHECK (true);
GRANT SELECT ON session_respondents TO candor_api;
GRANT SELECT, INSERT, DELETE ON session_respondents TO candor_sink;
-- The sink counts the rows that fell outside every week, and ends them.
GRANT SELECT, DELETE ON session_respondents_default TO candor_sink;
CREATE POLICY counting ON session_respondents_default FOR SELECT TO candor_sink USING (true);
CREATE POLICY retention ON session_respondents_default FOR DELETE TO candor_sink
    USING (session_id < candor_day_floor((now() AT TIME ZONE 'UTC')::date));

-- Triggers, for the reasons of docs/adr/0010: of what a statement inserted or deleted all at once, of what it updated only the
-- rows whose respondent became known or became another. Those are few, and the others cost no more than the comparison.
CREATE FUNCTION candor_name_inserted() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO session_respondents (organisation, respondent_id, session_id)
    SELECT organisation, respondent_id, id FROM new_rows WHERE respondent_id IS NOT NULL
    ORDER BY organisation, respondent_id, id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION candor_name_updated() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.respondent_id IS NOT NULL THEN
        DELETE FROM session_respondents
        WHERE organisation = OLD.organisation AND respondent_id = OLD.respondent_id AND session_id = OLD.id;
    END IF;
    IF NEW.respondent_id IS NOT NULL THEN
        INSERT INTO session_respondents (organisation, respondent_id, session_id)
        VALUES (NEW.organisation, NEW.respondent_id, NEW.id)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION candor_name_deleted() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM session_respondents AS named USING old_rows
    WHERE named.session_id = old_rows.id AND named.organisation = old_rows.organisation
        AND named.respondent_id = old_rows.respondent_id;
    RETURN NULL;
END $$;

CREATE TRIGGER name_inserted AFTER INSERT ON sessions
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION candor_name_inserted();
CREATE TRIGGER name_updated AFTER UPDATE ON sessions FOR EACH ROW
    WHEN (OLD.respondent_id IS DISTINCT FROM NEW.respondent_id OR OLD.organisation IS DISTINCT FROM NEW.organisation)
    EXECUTE FUNCTION candor_name_updated();
CREATE TRIGGER name_deleted AFTER DELETE ON sessions
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION candor_name_deleted();

-- What is stored already, a day after the other; weeks as far as there are days.
DO $$
DECLARE
    day date;
BEGIN
    FOR day IN
        SELECT DISTINCT candor_partition_last_day('session_respondents', to_date(right(child.relname, 8), 'YYYYMMDD'))
        FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = 'sessions'::regclass AND child.relname ~ '^sessions_p[0-9]{8}$'
    LOOP
        PERFORM candor_create_partition('session_respondents', 'session_id', day);
    END LOOP;
    SET LOCAL ROLE candor_sink;
    INSERT INTO session_respondents (organisation, respondent_id, session_id)
    SELECT organisation, respondent_id, id FROM sessions WHERE respondent_id IS NOT NULL;
    RESET ROLE;
END $$;

DROP INDEX sessions_by_respondent;
