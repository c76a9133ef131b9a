-- Findings about several sessions, and what a session's risk is with them.
--
-- A finding belongs to one session and one fingerprint; the highest revision stands. It may be stored before its session's
-- first window: then the sink keeps a place for the session, a row without windows (window_count 0), that no reader shows.
-- Two sinks that write the two at once meet in that row, so that neither is lost.

CREATE TABLE coordination_findings (
    session_id uuid NOT NULL,
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    kind text COLLATE "C" NOT NULL CHECK (kind <> ''),
    fingerprint text COLLATE "C" NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{32}$'),
    survey_id text COLLATE "C",
    revision bigint NOT NULL,
    -- Distinct sessions that share the fingerprint, this one among them.
    sessions integer NOT NULL CHECK (sessions > 0),
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    score_thousandths smallint NOT NULL CHECK (score_thousandths BETWEEN 0 AND 1000),
    risk_level text COLLATE "C" NOT NULL CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
    code text COLLATE "C" NOT NULL,
    description text NOT NULL,
    evidence jsonb NOT NULL,
    PRIMARY KEY (session_id, kind, fingerprint)
) PARTITION BY RANGE (session_id);

-- Who else has it: the sessions of one fingerprint.
CREATE INDEX coordination_findings_by_fingerprint
    ON coordination_findings (organisation, kind, fingerprint, session_id DESC);

-- What the findings say of the session; null as long as there is none. The effective risk is the higher of verdict and
-- findings: by its definition, not by a statement that somebody could forget.
ALTER TABLE sessions
    ADD COLUMN finding_count integer NOT NULL DEFAULT 0,
    ADD COLUMN finding_score_thousandths smallint CHECK (finding_score_thousandths BETWEEN 0 AND 1000),
    ADD COLUMN finding_risk text COLLATE "C" CHECK (finding_risk IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
    ADD COLUMN effective_score_thousandths smallint
        GENERATED ALWAYS AS (greatest(score_thousandths, finding_score_thousandths)) STORED,
    ADD COLUMN effective_risk text COLLATE "C" GENERATED ALWAYS AS (
        CASE
            WHEN 'CRITICAL' IN (risk_level, finding_risk) THEN 'CRITICAL'
            WHEN 'HIGH' IN (risk_level, finding_risk) THEN 'HIGH'
            WHEN 'MEDIUM' IN (risk_level, finding_risk) THEN 'MEDIUM'
            ELSE coalesce(risk_level, finding_risk)
        END
    ) STORED;

-- The list filters by it. The index by the verdict's own risk stays until no older API can be running.
CREATE INDEX sessions_by_effective_risk ON sessions (organisation, effective_risk, id DESC);

-- In the order in which the sink locks them. Days that are partitions already get one of the new table when partitions are
-- next made ahead; until then its rows go to the default partition.
CREATE OR REPLACE FUNCTION candor_partitioned_tables() RETURNS TABLE (name text, key text)
LANGUAGE sql IMMUTABLE AS $$
    VALUES ('session_windows', 'session_id'), ('detection_results', 'session_id'), ('coordination_findings', 'session_id'),
        ('sessions', 'id'), ('behavior_batches', 'session_id')
$$;

CREATE TABLE coordination_findings_default PARTITION OF coordination_findings DEFAULT;
SELECT candor_close_partition('coordination_findings_default');

ALTER TABLE coordination_findings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organisation ON coordination_findings FOR SELECT TO candor_api
    USING (organisation = current_setting('candor.organisation', true));
CREATE POLICY every_organisation ON coordination_findings TO candor_sink USING (true) WITH CHECK (true);
GRANT SELECT ON coordination_findings TO candor_api;
GRANT SELECT, INSERT, UPDATE ON coordination_findings TO candor_sink;
-- The sink counts the rows that fell outside every day.
GRANT SELECT ON coordination_findings_default TO candor_sink;
CREATE POLICY counting ON coordination_findings_default FOR SELECT TO candor_sink USING (true);
