//! The statements that make verdicts and findings durable.
//!
//! Records are folded and copied into a temporary table; from there each table is fed by one statement. They are right in
//! any order of arrival, when repeated, and when two sinks write the same sessions at once:
//! - a window keeps its highest revision, whoever brings it;
//! - a result is inserted once, by its revision;
//! - a finding keeps its highest revision;
//! - a session is computed anew from all its windows and findings, in its turn: one transaction at a time computes and
//!   writes the sessions of a day. The turn comes first and the computation is a statement of its own, so that it sees
//!   every row of whoever had the turn before (read committed);
//! - a session whose findings come first gets a row without windows, which no reader shows.
//!
//! Triggers of the schema count sessions by hour and day, and note campaigns. Locks are taken in one order by all: windows and
//! results in the order of their keys (that in which they were staged), the turn, findings and campaigns, sessions, counts.
//! Within a turn nobody else touches sessions, counts or campaigns, so that their order does not matter.

use std::sync::LazyLock;

/// Statements for each new connection. A temporary table belongs to its connection, so it is made once. A batch is staged
/// and sorted in memory; no statement is worth compiling or planning again. A plan that was made over empty tables must do
/// for full ones: what a batch's ids find is looked up in an index and joined by its hash, never compared one with all.
pub(crate) const STAGING: &str = "
SET temp_buffers = '96MB';
SET work_mem = '32MB';
SET jit = off;
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SET enable_nestloop = off;
CREATE TEMPORARY TABLE candor_staged_verdicts (
    latest boolean, kept boolean, session_id uuid, organisation text, generation integer, window_offset bigint,
    rev_offset bigint, rev_phase smallint, status text, created_at timestamptz, updated_at timestamptz,
    expires_at timestamptz, platform text, survey_id text, respondent_id text, request_id text, risk_changed boolean,
    is_bot boolean, confidence_score numeric(3,2), score_thousandths smallint, risk_level text, class text,
    recommended_action text, processing_time_ms double precision, event_count bigint, analysis_summary text,
    ruleset_version text, model_version text, methods integer, method_scores jsonb, reasons jsonb, data_sufficiency jsonb
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
/// Columns of the staged verdicts.
pub(crate) const COLUMNS: i16 = 32;

pub(crate) const COPY_FINDINGS: &str = "COPY candor_staged_findings FROM STDIN (FORMAT binary)";

/// A window changes only to a higher revision, and never its organisation.
pub(crate) const UPSERT_WINDOWS: &str = "
INSERT INTO session_windows (
    session_id, organisation, generation, window_offset, rev_offset, rev_phase, status, created_at, updated_at,
    expires_at, platform, survey_id, respondent_id, is_bot, confidence_score, score_thousandths, risk_level, class,
    recommended_action, processing_time_ms, event_count, analysis_summary, method_scores, reasons, data_sufficiency,
    ruleset_version, model_version, methods
)
SELECT session_id, organisation, generation, window_offset, rev_offset, rev_phase, status, created_at, updated_at,
    expires_at, platform, survey_id, respondent_id, is_bot, confidence_score, score_thousandths, risk_level, class,
    recommended_action, processing_time_ms, event_count, analysis_summary, method_scores, reasons, data_sufficiency,
    ruleset_version, model_version, methods
FROM candor_staged_verdicts WHERE latest
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
    model_version = excluded.model_version, methods = excluded.methods
WHERE (excluded.rev_offset, excluded.rev_phase) > (session_windows.rev_offset, session_windows.rev_phase)
    AND excluded.organisation = session_windows.organisation";

/// Requested, final and risk-changing verdicts.
pub(crate) const INSERT_RESULTS: &str = "
INSERT INTO detection_results (
    session_id, organisation, generation, window_offset, rev_offset, rev_phase, request_id, status, is_bot,
    confidence_score, score_thousandths, risk_level, class, recommended_action, processing_time_ms, event_count,
    analysis_summary, method_scores, reasons, data_sufficiency, ruleset_version, model_version, risk_changed, created_at
)
SELECT session_id, organisation, generation, window_offset, rev_offset, rev_phase, request_id, status, is_bot,
    confidence_score, score_thousandths, risk_level, class, recommended_action, processing_time_ms, event_count,
    analysis_summary, method_scores, reasons, data_sufficiency, ruleset_version, model_version, risk_changed, updated_at
FROM candor_staged_verdicts WHERE kept
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

/// Waits until nobody else writes sessions of these ids' days, nor, if `$2`, campaigns.
pub(crate) const TAKE_TURN: &str = "SELECT candor_take_turn($1, $2)";

/// The columns of a session beside its key and owner, in the order in which [`COMPUTED`] gives them.
const SESSION_COLUMNS: &str = "created_at, updated_at, status, platform, survey_id, respondent_id, is_completed, expires_at, \
    window_count, event_count, generation, rev_offset, rev_phase, headline_generation, headline_window, is_bot, \
    confidence_score, score_thousandths, risk_level, class, recommended_action, finding_count, \
    finding_score_thousandths, finding_risk, methods";

/// Sessions as their windows and findings say. `$1` are their ids, `$2` and `$3` the lowest and the highest: with these
/// PostgreSQL leaves out other days' partitions.
///
/// Nearly all sessions have one window, which says it all. Of several: latest is the window with the highest revision; facts
/// that it does not know, because it began after the session's first record was forgotten, come from the latest window that
/// does. Findings of another organisation than the windows' do not count.
const COMPUTED: &str = "
WITH touched AS MATERIALIZED (
    SELECT session_id AS id, organisation, generation, window_offset, rev_offset, rev_phase, status, created_at,
        updated_at, expires_at, platform, survey_id, respondent_id, is_bot, confidence_score, score_thousandths,
        risk_level, class, recommended_action, event_count, methods, count(*) OVER (PARTITION BY session_id) AS windows
    FROM session_windows WHERE session_id = ANY ($1) AND session_id BETWEEN $2 AND $3
), several AS MATERIALIZED (
    SELECT * FROM touched WHERE windows > 1
), latest AS (
    SELECT DISTINCT ON (id) id, organisation, updated_at, status, generation, rev_offset, rev_phase
    FROM several ORDER BY id, generation DESC, rev_offset DESC, rev_phase DESC, window_offset DESC
), riskiest AS (
    SELECT DISTINCT ON (id) id, generation AS headline_generation, window_offset AS headline_window, is_bot,
        confidence_score, score_thousandths, risk_level, class, recommended_action, methods
    FROM several WHERE is_bot IS NOT NULL
    ORDER BY id, score_thousandths DESC, generation, window_offset
), totals AS (
    SELECT id, min(created_at) AS created_at, count(*)::integer AS window_count,
        coalesce(sum(event_count), 0)::bigint AS event_count,
        (array_agg(platform ORDER BY generation DESC, rev_offset DESC, window_offset DESC)
            FILTER (WHERE platform IS NOT NULL))[1] AS platform,
        (array_agg(survey_id ORDER BY generation DESC, rev_offset DESC, window_offset DESC)
            FILTER (WHERE survey_id IS NOT NULL))[1] AS survey_id,
        (array_agg(respondent_id ORDER BY generation DESC, rev_offset DESC, window_offset DESC)
            FILTER (WHERE respondent_id IS NOT NULL))[1] AS respondent_id,
        (array_agg(expires_at ORDER BY generation DESC, rev_offset DESC, window_offset DESC)
            FILTER (WHERE expires_at IS NOT NULL))[1] AS expires_at
    FROM several GROUP BY id
), judged AS (
    SELECT id, organisation, created_at, updated_at, status, platform, survey_id, respondent_id, expires_at,
        1 AS window_count, coalesce(event_count, 0) AS event_count, generation, rev_offset, rev_phase,
        CASE WHEN is_bot IS NOT NULL THEN generation END AS headline_generation,
        CASE WHEN is_bot IS NOT NULL THEN window_offset END AS headline_window, is_bot, confidence_score,
        score_thousandths, risk_level, class, recommended_action, methods
    FROM touched WHERE windows = 1
    UNION ALL
    SELECT id, organisation, created_at, updated_at, status, platform, survey_id, respondent_id, expires_at,
        window_count, event_count, generation, rev_offset, rev_phase, headline_generation, headline_window, is_bot,
        confidence_score, score_thousandths, risk_level, class, recommended_action, coalesce(methods, 0)
    FROM latest JOIN totals USING (id) LEFT JOIN riskiest USING (id)
), found AS MATERIALIZED (
    SELECT session_id AS id, organisation, count(*)::integer AS finding_count,
        max(score_thousandths) AS finding_score_thousandths,
        (array_agg(risk_level ORDER BY array_position(ARRAY['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'], risk_level) DESC))[1]
            AS finding_risk,
        max(last_at) AS last_at
    FROM coordination_findings WHERE session_id = ANY ($1) AND session_id BETWEEN $2 AND $3
    GROUP BY session_id, organisation
), places AS (
    SELECT DISTINCT ON (id) * FROM found WHERE NOT EXISTS (SELECT FROM touched WHERE touched.id = found.id)
    ORDER BY id, organisation
), computed AS (
    SELECT id, organisation, created_at, updated_at, status, platform, survey_id, respondent_id,
        status = 'completed' AS is_completed, expires_at, window_count, event_count, generation, rev_offset, rev_phase,
        headline_generation, headline_window, is_bot, confidence_score, score_thousandths, risk_level, class,
        recommended_action, coalesce(finding_count, 0) AS finding_count, finding_score_thousandths, finding_risk, methods
    FROM judged LEFT JOIN found USING (id, organisation)
    UNION ALL
    SELECT id, organisation, to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0),
        last_at, 'active', NULL, NULL, NULL, false, NULL, 0, 0, 0, -1, 0,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, finding_count, finding_score_thousandths, finding_risk, 0
    FROM places
)";

/// Brings sessions to what their windows and findings say, where they differ; in their turn. Whose a session is, its first
/// window decides. PostgreSQL shows only the beginning of a statement to those who watch it.
pub(crate) fn upsert_sessions() -> &'static str {
    static STATEMENT: LazyLock<String> = LazyLock::new(|| {
        let of = |table: &str| {
            let columns: Vec<String> = SESSION_COLUMNS
                .split(", ")
                .map(|column| format!("{table}.{}", column.trim()))
                .collect();
            columns.join(", ")
        };
        format!(
            "/* sessions */ {COMPUTED} INSERT INTO sessions (id, organisation, {SESSION_COLUMNS}) \
             SELECT id, organisation, {SESSION_COLUMNS} FROM computed ORDER BY id \
             ON CONFLICT (id) DO UPDATE SET ({SESSION_COLUMNS}) = ({computed}), organisation = \
             CASE sessions.window_count WHEN 0 THEN excluded.organisation ELSE sessions.organisation END \
             WHERE ({stored}) IS DISTINCT FROM ({computed})",
            computed = of("excluded"),
            stored = of("sessions"),
        )
    });
    &STATEMENT
}
