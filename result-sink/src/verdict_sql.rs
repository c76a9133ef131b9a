//! The statements that make verdicts and findings durable.
//!
//! Records are copied into a temporary table; from there each table is fed by one statement. They are right in any order
//! of arrival, when repeated, and when two sinks write the same sessions at once:
//! - a window keeps its highest revision, whoever brings it;
//! - a result is inserted once, by its revision;
//! - a finding keeps its highest revision;
//! - a session is computed anew from all its windows and findings, after its row is locked. The lock comes first and the
//!   computation is a statement of its own, so that it sees every row of whoever held the lock before (read committed);
//! - a session whose findings come first gets a row without windows, which no reader shows: who brings its first window
//!   at the same moment meets that row and waits, so that neither is lost.
//!
//! All statements lock in the order of their keys, and tables in one order, so that sinks never wait in a circle.

/// Statements for each new connection. A temporary table belongs to its connection, so it is made once.
pub(crate) const STAGING: &str = "
CREATE TEMPORARY TABLE candor_staged_verdicts (
    log_offset bigint, session_id uuid, organisation text, generation integer, window_offset bigint, rev_offset bigint,
    rev_phase smallint, status text, created_at timestamptz, updated_at timestamptz, expires_at timestamptz,
    platform text, survey_id text, respondent_id text, request_id text, risk_changed boolean, is_bot boolean,
    confidence double precision, risk_level text, class text, recommended_action text,
    processing_time_ms double precision, event_count bigint, analysis_summary text, method_scores jsonb, reasons jsonb,
    data_sufficiency jsonb, ruleset_version text, model_version text
) ON COMMIT DELETE ROWS;
GRANT SELECT, INSERT ON candor_staged_verdicts TO candor_sink;
CREATE TEMPORARY TABLE candor_staged_findings (
    log_offset bigint, session_id uuid, organisation text, kind text, fingerprint text, survey_id text, revision bigint,
    sessions integer, first_at timestamptz, last_at timestamptz, score double precision, risk_level text, code text,
    description text, evidence jsonb
) ON COMMIT DELETE ROWS;
GRANT SELECT, INSERT ON candor_staged_findings TO candor_sink;
";

pub(crate) const COPY: &str = "COPY candor_staged_verdicts FROM STDIN (FORMAT binary)";

pub(crate) const COPY_FINDINGS: &str = "COPY candor_staged_findings FROM STDIN (FORMAT binary)";

/// Of several revisions of a window the highest, of equal ones the first of the log; the row changes only to a higher
/// one. A window never changes its organisation.
pub(crate) const UPSERT_WINDOWS: &str = "
INSERT INTO session_windows (
    session_id, organisation, generation, window_offset, rev_offset, rev_phase, status, created_at, updated_at,
    expires_at, platform, survey_id, respondent_id, is_bot, confidence_score, score_thousandths, risk_level, class,
    recommended_action, processing_time_ms, event_count, analysis_summary, method_scores, reasons, data_sufficiency,
    ruleset_version, model_version
)
SELECT DISTINCT ON (session_id, generation, window_offset)
    session_id, organisation, generation, window_offset, rev_offset, rev_phase, status, created_at, updated_at,
    expires_at, platform, survey_id, respondent_id, is_bot, round(confidence::numeric, 2),
    round(confidence * 1000)::smallint, risk_level, class, recommended_action, processing_time_ms, event_count,
    analysis_summary, method_scores, reasons, data_sufficiency, ruleset_version, model_version
FROM candor_staged_verdicts
ORDER BY session_id, generation, window_offset, rev_offset DESC, rev_phase DESC, log_offset
ON CONFLICT (session_id, generation, window_offset) DO UPDATE SET
    rev_offset = excluded.rev_offset, rev_phase = excluded.rev_phase, status = excluded.status,
    created_at = excluded.created_at, updated_at = excluded.updated_at, expires_at = excluded.expires_at,
    platform = excluded.platform, survey_id = excluded.survey_id, respondent_id = excluded.respondent_id,
    is_bot = excluded.is_bot, confidence_score = excluded.confidence_score,
    score_thousandths = excluded.score_thousandths, risk_level = excluded.risk_level, class = excluded.class,
    recommended_action = excluded.recommended_action, processing_time_ms = excluded.processing_time_ms,
    event_count = excluded.event_count, analysis_summary = excluded.analysis_summary,
    method_scores = excluded.method_scores, reasons = excluded.reasons,
    data_sufficiency = excluded.data_sufficiency, ruleset_version = excluded.ruleset_version,
    model_version = excluded.model_version
WHERE (excluded.rev_offset, excluded.rev_phase) > (session_windows.rev_offset, session_windows.rev_phase)
    AND excluded.organisation = session_windows.organisation";

/// Requested, final and risk-changing verdicts.
pub(crate) const INSERT_RESULTS: &str = "
INSERT INTO detection_results (
    session_id, organisation, generation, window_offset, rev_offset, rev_phase, request_id, status, is_bot,
    confidence_score, score_thousandths, risk_level, class, recommended_action, processing_time_ms, event_count,
    analysis_summary, method_scores, reasons, data_sufficiency, ruleset_version, model_version, risk_changed, created_at
)
SELECT DISTINCT ON (session_id, generation, rev_offset, rev_phase)
    session_id, organisation, generation, window_offset, rev_offset, rev_phase, request_id, status, is_bot,
    round(confidence::numeric, 2), round(confidence * 1000)::smallint, risk_level, class, recommended_action,
    processing_time_ms, event_count, analysis_summary, method_scores, reasons, data_sufficiency, ruleset_version,
    model_version, risk_changed, updated_at
FROM candor_staged_verdicts
WHERE is_bot IS NOT NULL AND (rev_phase > 0 OR risk_changed)
ORDER BY session_id, generation, rev_offset, rev_phase, log_offset
ON CONFLICT (session_id, generation, rev_offset, rev_phase) DO NOTHING";

/// Of several revisions of a finding the highest, of equal ones the first of the log; the row changes only to a higher
/// one, and never its organisation.
pub(crate) const UPSERT_FINDINGS: &str = "
INSERT INTO coordination_findings (
    session_id, organisation, kind, fingerprint, survey_id, revision, sessions, first_at, last_at, score_thousandths,
    risk_level, code, description, evidence
)
SELECT DISTINCT ON (session_id, kind, fingerprint)
    session_id, organisation, kind, fingerprint, survey_id, revision, sessions, first_at, last_at,
    round(score * 1000)::smallint, risk_level, code, description, evidence
FROM candor_staged_findings
ORDER BY session_id, kind, fingerprint, revision DESC, log_offset
ON CONFLICT (session_id, kind, fingerprint) DO UPDATE SET
    survey_id = excluded.survey_id, revision = excluded.revision, sessions = excluded.sessions,
    first_at = excluded.first_at, last_at = excluded.last_at, score_thousandths = excluded.score_thousandths,
    risk_level = excluded.risk_level, code = excluded.code, description = excluded.description,
    evidence = excluded.evidence
WHERE excluded.revision > coordination_findings.revision
    AND excluded.organisation = coordination_findings.organisation";

/// Locks those of the sessions that exist; returns how many. `$1` are their ids, `$2` and `$3` the lowest and the
/// highest: with these PostgreSQL leaves out other days' partitions.
pub(crate) const LOCK_SESSIONS: &str = "
SELECT count(*) FROM (
    SELECT FROM sessions WHERE id = ANY ($1) AND id BETWEEN $2 AND $3 ORDER BY id FOR UPDATE
) AS locked";

/// The columns of a session beside its key and owner, in the order in which [`COMPUTED`] gives them.
const COLUMNS: &str = "created_at, updated_at, status, platform, survey_id, respondent_id, is_completed, expires_at, \
    window_count, event_count, generation, rev_offset, rev_phase, headline_generation, headline_window, is_bot, \
    confidence_score, score_thousandths, risk_level, class, recommended_action, finding_count, \
    finding_score_thousandths, finding_risk";

/// Sessions as their windows and findings say. Latest: of the window with the highest revision. Facts that a later window does not
/// know, because it began after the session's first record was forgotten, come from the latest window that does. Findings
/// of another organisation than the windows' do not count.
const COMPUTED: &str = "
WITH touched AS (
    SELECT * FROM session_windows WHERE session_id = ANY ($1) AND session_id BETWEEN $2 AND $3
), latest AS (
    SELECT DISTINCT ON (session_id) session_id AS id, organisation, updated_at, status, generation, rev_offset, rev_phase
    FROM touched ORDER BY session_id, generation DESC, rev_offset DESC, rev_phase DESC, window_offset DESC
), riskiest AS (
    SELECT DISTINCT ON (session_id) session_id AS id, generation AS headline_generation,
        window_offset AS headline_window, is_bot, confidence_score, score_thousandths, risk_level, class,
        recommended_action
    FROM touched WHERE is_bot IS NOT NULL
    ORDER BY session_id, score_thousandths DESC, generation, window_offset
), totals AS (
    SELECT session_id AS id, min(created_at) AS created_at, count(*)::integer AS window_count,
        coalesce(sum(event_count), 0)::bigint AS event_count,
        (array_agg(platform ORDER BY generation DESC, rev_offset DESC, window_offset DESC) FILTER (WHERE platform IS NOT NULL))[1]
            AS platform,
        (array_agg(survey_id ORDER BY generation DESC, rev_offset DESC, window_offset DESC) FILTER (WHERE survey_id IS NOT NULL))[1]
            AS survey_id,
        (array_agg(respondent_id ORDER BY generation DESC, rev_offset DESC, window_offset DESC)
            FILTER (WHERE respondent_id IS NOT NULL))[1] AS respondent_id,
        (array_agg(expires_at ORDER BY generation DESC, rev_offset DESC, window_offset DESC) FILTER (WHERE expires_at IS NOT NULL))[1]
            AS expires_at
    FROM touched GROUP BY session_id
), found AS (
    SELECT session_id AS id, organisation, count(*)::integer AS finding_count,
        max(score_thousandths) AS finding_score_thousandths,
        (array_agg(risk_level ORDER BY array_position(ARRAY['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'], risk_level) DESC))[1]
            AS finding_risk,
        max(last_at) AS last_at
    FROM coordination_findings WHERE session_id = ANY ($1) AND session_id BETWEEN $2 AND $3
    GROUP BY session_id, organisation
), places AS (
    SELECT DISTINCT ON (id) * FROM found WHERE NOT EXISTS (SELECT FROM latest WHERE latest.id = found.id)
    ORDER BY id, organisation
), computed AS (
    SELECT id, latest.organisation, created_at, updated_at, status, platform, survey_id, respondent_id,
        status = 'completed' AS is_completed, expires_at, window_count, event_count, generation, rev_offset, rev_phase,
        headline_generation, headline_window, is_bot, confidence_score, score_thousandths, risk_level, class,
        recommended_action, coalesce(finding_count, 0) AS finding_count, finding_score_thousandths, finding_risk
    FROM latest JOIN totals USING (id) LEFT JOIN riskiest USING (id)
        LEFT JOIN found USING (id, organisation)
    UNION ALL
    SELECT id, organisation, to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0),
        last_at, 'active', NULL, NULL, NULL, false, NULL, 0, 0, 0, -1, 0,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, finding_count, finding_score_thousandths, finding_risk
    FROM places
)";

/// Inserts the sessions that do not exist; takes the parameters of [`LOCK_SESSIONS`].
pub(crate) fn insert_sessions() -> String {
    format!(
        "{COMPUTED} INSERT INTO sessions (id, organisation, {COLUMNS}) \
         SELECT id, organisation, {COLUMNS} FROM computed ORDER BY id ON CONFLICT (id) DO NOTHING"
    )
}

/// Brings locked sessions to what their windows and findings say, where they differ; takes the parameters of
/// [`LOCK_SESSIONS`]. Whose a session is, its first window decides.
pub(crate) fn update_sessions() -> String {
    let of = |table: &str| {
        let columns: Vec<String> = COLUMNS
            .split(", ")
            .map(|column| format!("{table}.{}", column.trim()))
            .collect();
        columns.join(", ")
    };
    format!(
        "{COMPUTED} UPDATE sessions SET ({COLUMNS}) = ({computed}), organisation = \
         CASE sessions.window_count WHEN 0 THEN computed.organisation ELSE sessions.organisation END FROM computed \
         WHERE sessions.id = computed.id AND sessions.id = ANY ($1) AND sessions.id BETWEEN $2 AND $3 \
         AND ({stored}) IS DISTINCT FROM ({computed})",
        computed = of("computed"),
        stored = of("sessions"),
    )
}
