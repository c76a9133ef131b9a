-- Settings of surveys, what is still to be told to the control topic, and what analysts say of sessions.
--
-- Settings change in one transaction with their history and with the control records that follow from them (the outbox): a
-- change is told to Kafka exactly when it was made here, however long Kafka is away. None of these tables is partitioned:
-- they grow with what people do, not with what respondents do.

-- The relay tells the changes of every organisation. It sees the outbox and nothing else.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'candor_relay') THEN
        BEGIN
            CREATE ROLE candor_relay NOLOGIN NOINHERIT NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- Another database's migration was faster.
        END;
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_auth_members
        WHERE roleid = 'candor_relay'::regrole AND member = 'candor_services'::regrole
    ) THEN
        BEGIN
            GRANT candor_relay TO candor_services;
        EXCEPTION WHEN unique_violation THEN
            NULL; -- Another database's migration was faster.
        END;
    END IF;
END $$;

-- What holds for a survey. `version` counts the changes: whoever changes says which version was seen.
CREATE TABLE survey_settings (
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    survey_id text COLLATE "C" NOT NULL CHECK (survey_id <> '' AND length(survey_id) <= 128),
    version bigint NOT NULL CHECK (version > 0),
    settings jsonb NOT NULL,
    -- What new sessions are judged by; null: what the organisation has settled.
    ruleset text COLLATE "C",
    updated_at timestamptz NOT NULL,
    -- Id of the key, or `bootstrap`.
    updated_by text NOT NULL,
    PRIMARY KEY (organisation, survey_id)
);

-- Every version there was; never changed.
CREATE TABLE survey_settings_history (
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    survey_id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    settings jsonb NOT NULL,
    ruleset text COLLATE "C",
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    PRIMARY KEY (organisation, survey_id, version)
);

-- Control records to be written, in the order of their ids. Changes of one survey wait for each other (its row in
-- survey_settings), so its ids are in the order of its versions.
CREATE TABLE settings_outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    survey_id text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Key and value of the record, as the control topic has them.
    record_key text COLLATE "C" NOT NULL,
    record_value text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    published_at timestamptz
);

CREATE INDEX settings_outbox_pending ON settings_outbox (id) WHERE published_at IS NULL;
CREATE INDEX settings_outbox_by_survey ON settings_outbox (organisation, survey_id, id DESC);
CREATE INDEX settings_outbox_by_key ON settings_outbox (record_key, id DESC);

-- What was said of a session, by whom and when; rows are added and never changed. Not tied to the session's row: it may
-- come later, and a label that trained a model outlives it.
CREATE TABLE review_labels (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    session_id uuid NOT NULL,
    label text COLLATE "C" NOT NULL CHECK (label IN ('human', 'bot', 'unsure', 'cleared')),
    note text CHECK (length(note) <= 1000),
    actor text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX review_labels_by_session ON review_labels (organisation, session_id, id DESC);

-- The latest of it: what lists and exports ask for.
CREATE TABLE session_reviews (
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    session_id uuid NOT NULL,
    label text COLLATE "C" NOT NULL CHECK (label IN ('human', 'bot', 'unsure', 'cleared')),
    note text CHECK (length(note) <= 1000),
    actor text NOT NULL,
    labelled_at timestamptz NOT NULL,
    PRIMARY KEY (organisation, session_id)
);

CREATE INDEX session_reviews_by_label ON session_reviews (organisation, label, session_id DESC);

DO $$
DECLARE
    target text;
BEGIN
    FOREACH target IN ARRAY ARRAY['survey_settings', 'survey_settings_history', 'settings_outbox', 'review_labels',
        'session_reviews']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', target);
        EXECUTE format(
            'CREATE POLICY own_organisation ON %I TO candor_api
             USING (organisation = current_setting(''candor.organisation'', true))
             WITH CHECK (organisation = current_setting(''candor.organisation'', true))', target);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO candor_api', target);
    END LOOP;
END $$;

-- Trails and the outbox are only added to by the API; what holds now is replaced.
GRANT UPDATE ON survey_settings, session_reviews TO candor_api;

CREATE POLICY every_organisation ON settings_outbox TO candor_relay USING (true) WITH CHECK (true);
GRANT SELECT, DELETE ON settings_outbox TO candor_relay;
GRANT UPDATE (attempts, last_error, published_at) ON settings_outbox TO candor_relay;
GRANT USAGE ON SCHEMA public TO candor_relay;
