-- The tables. Partitioned by the session id itself: a UUIDv7 begins with its creation time, so a day is a range of ids,
-- primary keys stay short, and retention drops partitions. No foreign keys: they would block dropping a partition, and
-- raw rows may be stored before their session. Every time comes from the records, never from this server's clock.
--
-- Texts that are compared carry the collation "C": equality and order are then leak-proof, so that they use an index
-- under row-level security, and a prefix is a range.

-- What is known of a session: a pure function of its rows in session_windows. The headline is the riskiest window's
-- latest verdict: highest score, then oldest generation, then first window.
CREATE TABLE sessions (
    id uuid NOT NULL,
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    status text COLLATE "C" NOT NULL CHECK (status IN ('active', 'completed', 'idle', 'max_length')),
    platform text COLLATE "C",
    survey_id text COLLATE "C",
    respondent_id text COLLATE "C",
    is_completed boolean NOT NULL,
    expires_at timestamptz,
    window_count integer NOT NULL,
    event_count bigint NOT NULL,
    -- Revision of the latest record of any window.
    generation integer NOT NULL,
    rev_offset bigint NOT NULL,
    rev_phase smallint NOT NULL,
    -- The headline; all null as long as no window has a verdict.
    headline_generation integer,
    headline_window bigint,
    is_bot boolean,
    confidence_score numeric(3,2) CHECK (confidence_score BETWEEN 0 AND 1),
    score_thousandths smallint CHECK (score_thousandths BETWEEN 0 AND 1000),
    risk_level text COLLATE "C" CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
    class text COLLATE "C",
    recommended_action text COLLATE "C",
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);

-- The latest state of each window, by revision.
CREATE TABLE session_windows (
    session_id uuid NOT NULL,
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    generation integer NOT NULL,
    window_offset bigint NOT NULL,
    rev_offset bigint NOT NULL,
    rev_phase smallint NOT NULL CHECK (rev_phase BETWEEN 0 AND 2),
    status text COLLATE "C" NOT NULL CHECK (status IN ('active', 'completed', 'idle', 'max_length')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz,
    platform text COLLATE "C",
    survey_id text COLLATE "C",
    respondent_id text COLLATE "C",
    -- The verdict; all null as long as there is none.
    is_bot boolean,
    confidence_score numeric(3,2) CHECK (confidence_score BETWEEN 0 AND 1),
    score_thousandths smallint CHECK (score_thousandths BETWEEN 0 AND 1000),
    risk_level text COLLATE "C" CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
    class text COLLATE "C",
    recommended_action text COLLATE "C",
    processing_time_ms double precision,
    event_count bigint,
    analysis_summary text,
    method_scores jsonb,
    reasons jsonb,
    data_sufficiency jsonb,
    ruleset_version text,
    model_version text,
    PRIMARY KEY (session_id, generation, window_offset)
) PARTITION BY RANGE (session_id);

-- The verdicts worth keeping: requested, final, and those that changed the risk level. The id is a function of the key,
-- so that it survives a replay.
CREATE TABLE detection_results (
    id uuid NOT NULL GENERATED ALWAYS AS (
        md5(session_id::text || '/' || generation::text || '/' || rev_offset::text || '/' || rev_phase::text)::uuid
    ) STORED,
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    session_id uuid NOT NULL,
    window_offset bigint NOT NULL,
    generation integer NOT NULL,
    rev_offset bigint NOT NULL,
    rev_phase smallint NOT NULL CHECK (rev_phase BETWEEN 0 AND 2),
    request_id text COLLATE "C",
    status text COLLATE "C" NOT NULL,
    is_bot boolean NOT NULL,
    confidence_score numeric(3,2) NOT NULL CHECK (confidence_score BETWEEN 0 AND 1),
    score_thousandths smallint NOT NULL CHECK (score_thousandths BETWEEN 0 AND 1000),
    risk_level text COLLATE "C" NOT NULL CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
    class text COLLATE "C" NOT NULL,
    recommended_action text COLLATE "C" NOT NULL,
    processing_time_ms double precision NOT NULL,
    event_count bigint NOT NULL,
    analysis_summary text NOT NULL,
    method_scores jsonb NOT NULL,
    reasons jsonb NOT NULL,
    data_sufficiency jsonb NOT NULL,
    ruleset_version text NOT NULL,
    model_version text NOT NULL,
    risk_changed boolean NOT NULL,
    -- Broker time of the last record the verdict accounts for.
    created_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, generation, rev_offset, rev_phase)
) PARTITION BY RANGE (session_id);

-- Raw events, one row per batch. `events` is the JSON array as it was accepted; see docs/adr/0002.
CREATE TABLE behavior_batches (
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    session_id uuid NOT NULL,
    generation integer NOT NULL,
    log_offset bigint NOT NULL,
    log_partition integer NOT NULL,
    batch_id text NOT NULL,
    event_count integer NOT NULL,
    received_at timestamptz NOT NULL,
    events json COMPRESSION lz4 NOT NULL,
    PRIMARY KEY (session_id, generation, log_offset)
) PARTITION BY RANGE (session_id);

-- One index for each filter of the session list, all newest first.
CREATE INDEX sessions_newest ON sessions (organisation, id DESC);
CREATE INDEX sessions_by_status ON sessions (organisation, status, id DESC);
CREATE INDEX sessions_by_risk ON sessions (organisation, risk_level, id DESC);
CREATE INDEX sessions_by_class ON sessions (organisation, class, id DESC);
CREATE INDEX sessions_by_platform ON sessions (organisation, platform, id DESC);
CREATE INDEX sessions_by_survey ON sessions (organisation, survey_id, id DESC);
CREATE INDEX sessions_by_respondent ON sessions (organisation, respondent_id, id DESC);
CREATE INDEX sessions_by_score ON sessions (organisation, score_thousandths, id DESC);

-- One row per event. `security_invoker`: the reader's own rights and policies hold for the table below.
CREATE VIEW behavior_data WITH (security_invoker = true) AS
SELECT
    md5(batch.session_id::text || '/' || batch.generation::text || '/' || batch.log_offset::text || '/'
        || event.position::text)::uuid AS id,
    batch.organisation,
    batch.session_id,
    event.value ->> 'event_type' AS event_type,
    CASE json_typeof(event.value -> 'timestamp')
        WHEN 'number' THEN to_timestamp((event.value ->> 'timestamp')::double precision / 1000)
        ELSE (event.value ->> 'timestamp')::timestamptz
    END AS "timestamp",
    coalesce((event.value -> 'data')::jsonb, '{}') AS data,
    batch.received_at AS created_at,
    batch.generation,
    batch.log_offset,
    event.position
FROM behavior_batches AS batch
CROSS JOIN LATERAL json_array_elements(batch.events) WITH ORDINALITY AS event (value, position);
