//! What triggers keep beside the same made anew.

use crate::TestDatabase;
use crate::outcome::OrFail;

/// Every counter of the roll-ups, by the schema's definition, counted from the sessions.
const COUNTERS: [(&str, &str); 30] = [
    ("sessions", "count(*)"),
    ("active", "count(*) FILTER (WHERE status = 'active')"),
    ("completed", "count(*) FILTER (WHERE status = 'completed')"),
    ("idle", "count(*) FILTER (WHERE status = 'idle')"),
    (
        "max_length",
        "count(*) FILTER (WHERE status = 'max_length')",
    ),
    ("judged", "count(is_bot)"),
    ("bots", "count(*) FILTER (WHERE is_bot)"),
    (
        "risk_low",
        "count(is_bot) FILTER (WHERE effective_risk = 'LOW')",
    ),
    (
        "risk_medium",
        "count(is_bot) FILTER (WHERE effective_risk = 'MEDIUM')",
    ),
    (
        "risk_high",
        "count(is_bot) FILTER (WHERE effective_risk = 'HIGH')",
    ),
    (
        "risk_critical",
        "count(is_bot) FILTER (WHERE effective_risk = 'CRITICAL')",
    ),
    (
        "class_human",
        "count(is_bot) FILTER (WHERE class = 'human')",
    ),
    (
        "class_scripted_bot",
        "count(is_bot) FILTER (WHERE class = 'scripted_bot')",
    ),
    (
        "class_ai_agent",
        "count(is_bot) FILTER (WHERE class = 'ai_agent')",
    ),
    (
        "class_ai_assisted",
        "count(is_bot) FILTER (WHERE class = 'ai_assisted')",
    ),
    (
        "class_declared_agent",
        "count(is_bot) FILTER (WHERE class = 'declared_agent')",
    ),
    (
        "class_insufficient_data",
        "count(is_bot) FILTER (WHERE class = 'insufficient_data')",
    ),
    ("with_findings", "count(*) FILTER (WHERE finding_count > 0)"),
    ("events", "sum(event_count)::bigint"),
    (
        "score_sum",
        "coalesce(sum(effective_score_thousandths) FILTER (WHERE is_bot IS NOT NULL), 0)",
    ),
    (
        "method_keystroke",
        "count(*) FILTER (WHERE methods & 1 > 0)",
    ),
    ("method_mouse", "count(*) FILTER (WHERE methods & 2 > 0)"),
    ("method_timing", "count(*) FILTER (WHERE methods & 4 > 0)"),
    ("method_device", "count(*) FILTER (WHERE methods & 8 > 0)"),
    ("method_network", "count(*) FILTER (WHERE methods & 16 > 0)"),
    ("method_focus", "count(*) FILTER (WHERE methods & 32 > 0)"),
    ("method_scroll", "count(*) FILTER (WHERE methods & 64 > 0)"),
    (
        "method_answers",
        "count(*) FILTER (WHERE methods & 128 > 0)",
    ),
    (
        "method_coordination",
        "count(*) FILTER (WHERE methods & 256 > 0)",
    ),
    ("method_model", "count(*) FILTER (WHERE methods & 512 > 0)"),
];

/// When a session's id was made.
const MADE: &str =
    "to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)";

impl TestDatabase {
    /// What roll-ups, campaigns and the sessions of respondents of a migrated database say otherwise than its sessions and
    /// findings do now: one line for each that is missing, too many or different, with both tables' names. Empty when all
    /// is right.
    ///
    /// # Panics
    /// When the database cannot be asked.
    pub async fn rollup_differences(&self) -> Vec<String> {
        let (names, counts): (Vec<&str>, Vec<&str>) = COUNTERS.into_iter().unzip();
        let (names, counts) = (names.join(", "), counts.join(", "));
        let mut differences = Vec::new();
        let of_survey = "organisation, coalesce(survey_id, '')";
        for (table, key, counted_by, unit) in [
            (
                "session_rollups",
                "organisation, survey_id, hour",
                of_survey,
                "hour",
            ),
            (
                "session_rollups_daily",
                "organisation, survey_id, day",
                of_survey,
                "day",
            ),
            (
                "organisation_rollups",
                "organisation, hour",
                "organisation",
                "hour",
            ),
            (
                "organisation_rollups_daily",
                "organisation, day",
                "organisation",
                "day",
            ),
        ] {
            let time = format!("date_trunc('{unit}', {MADE}, 'UTC')");
            // The latest update is a greatest value ever, which erased sessions keep; an hour without sessions may stay.
            let kept = format!(
                "SELECT {key}, {names} FROM {table} WHERE sessions <> 0 OR events <> 0 OR score_sum <> 0"
            );
            let fresh = format!(
                "SELECT {counted_by}, {time}, {counts} FROM sessions WHERE window_count > 0 GROUP BY {counted_by}, {time}"
            );
            differences.extend(self.differences(table, &kept, &fresh).await);
        }
        let kept = "SELECT organisation, kind, fingerprint, survey_id, sessions, first_at, last_at, score_thousandths, \
            array_position(ARRAY['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'], risk_level), code FROM campaigns";
        let fresh = "SELECT organisation, kind, fingerprint, max(survey_id), max(sessions), min(first_at), max(last_at), \
            max(score_thousandths), max(array_position(ARRAY['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'], risk_level)), max(code) \
            FROM coordination_findings GROUP BY organisation, kind, fingerprint";
        differences.extend(self.differences("campaigns", kept, fresh).await);
        differences.extend(self.respondent_differences().await);
        differences
    }

    async fn respondent_differences(&self) -> Vec<String> {
        let kept = "SELECT organisation, respondent_id, session_id FROM session_respondents";
        let fresh =
            "SELECT organisation, respondent_id, id FROM sessions WHERE respondent_id IS NOT NULL";
        self.differences("session_respondents", kept, fresh).await
    }

    async fn differences(&self, table: &str, kept: &str, fresh: &str) -> Vec<String> {
        let query = format!(
            "(SELECT '{table} kept ' || t::text FROM (({kept}) EXCEPT ALL ({fresh})) AS t) \
             UNION ALL (SELECT '{table} counted ' || t::text FROM (({fresh}) EXCEPT ALL ({kept})) AS t) ORDER BY 1"
        );
        let rows = self.client().await.query(&query, &[]).await;
        rows.or_fail("comparing roll-ups")
            .iter()
            .map(|row| row.get(0))
            .collect()
    }
}
