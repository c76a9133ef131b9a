-- What survey platforms have told the gateway: one row per record of the webhooks topic.
--
-- A notice that is published again has the same notice_id and a row of its own: readers that count, count ids.

CREATE TABLE integration_deliveries (
    organisation text COLLATE "C" NOT NULL CHECK (organisation <> ''),
    generation integer NOT NULL,
    log_partition integer NOT NULL,
    log_offset bigint NOT NULL,
    received_at timestamptz NOT NULL,
    notice_id text COLLATE "C" NOT NULL,
    integration text COLLATE "C" NOT NULL,
    platform text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('session_completed', 'noted', 'unmatched')),
    event text COLLATE "C" NOT NULL,
    survey_id text COLLATE "C",
    response_id text COLLATE "C",
    session_id uuid,
    fields jsonb NOT NULL,
    dropped_fields integer NOT NULL,
    PRIMARY KEY (log_partition, log_offset, generation)
);

-- The log, newest first, and by each of its filters; the place in the topic tells apart what came in one millisecond. An
-- unmatched notice is found at once among millions that were matched.
CREATE INDEX integration_deliveries_newest
    ON integration_deliveries (organisation, received_at DESC, log_partition DESC, log_offset DESC);
CREATE INDEX integration_deliveries_by_outcome
    ON integration_deliveries (organisation, outcome, received_at DESC, log_partition DESC, log_offset DESC);
CREATE INDEX integration_deliveries_by_integration
    ON integration_deliveries (organisation, integration, received_at DESC, log_partition DESC, log_offset DESC);
CREATE INDEX integration_deliveries_by_integration_and_outcome
    ON integration_deliveries (organisation, integration, outcome, received_at DESC, log_partition DESC, log_offset DESC);
CREATE INDEX integration_deliveries_by_notice ON integration_deliveries (organisation, notice_id);
-- For retention. Rows come in the order of their time, so that a summary of pages is enough.
CREATE INDEX integration_deliveries_by_age ON integration_deliveries USING brin (received_at);

ALTER TABLE integration_deliveries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organisation ON integration_deliveries FOR SELECT TO candor_api
    USING (organisation = current_setting('candor.organisation', true));
CREATE POLICY every_organisation ON integration_deliveries TO candor_sink USING (true) WITH CHECK (true);
GRANT SELECT ON integration_deliveries TO candor_api;
GRANT SELECT, INSERT, DELETE ON integration_deliveries TO candor_sink;
