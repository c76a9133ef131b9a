//! Rows as the sink stores them.

use chrono::{DateTime, Utc};
use schemas::ids::SessionId;
use serde_json::json;
use testkit::TestDatabase;
use tokio_postgres::Client;

/// A session to store; what a test does not say is a running session without verdict.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: SessionId,
    pub(crate) organisation: &'static str,
    pub(crate) status: &'static str,
    pub(crate) phase: i16,
    pub(crate) platform: Option<&'static str>,
    pub(crate) survey: Option<&'static str>,
    pub(crate) respondent: Option<&'static str>,
    pub(crate) events: i64,
    /// Bits of the methods that speak for automation.
    pub(crate) methods: i32,
    /// Score in thousandths, risk, class.
    pub(crate) verdict: Option<(i16, &'static str, &'static str)>,
}

impl Row {
    pub(crate) fn new(id: SessionId) -> Self {
        Self {
            id,
            organisation: "ours",
            status: "active",
            phase: 0,
            platform: None,
            survey: None,
            respondent: None,
            events: 10,
            methods: 0,
            verdict: None,
        }
    }

    pub(crate) fn judged(id: SessionId, verdict: (i16, &'static str, &'static str)) -> Self {
        Self {
            verdict: Some(verdict),
            ..Self::new(id)
        }
    }

    pub(crate) fn closed(mut self) -> Self {
        self.status = "completed";
        self.phase = 2;
        self
    }

    /// Stores session, window and, if judged, one kept verdict.
    pub(crate) async fn store(&self, database: &TestDatabase) {
        let client = database.client().await;
        let now = Utc::now();
        self.store_session(&client, now).await;
        self.store_window(&client, now).await;
        if self.verdict.is_some() {
            self.store_result(&client, now).await;
        }
    }

    async fn store_session(&self, client: &Client, now: DateTime<Utc>) {
        let (score, risk, class) = split(self.verdict);
        let headline = self.verdict.map(|_| (1_i32, 7_i64));
        let completed = self.status == "completed";
        let statement = "INSERT INTO sessions (id, organisation, created_at, updated_at, status, platform, survey_id, \
             respondent_id, is_completed, window_count, event_count, generation, rev_offset, rev_phase, \
             headline_generation, headline_window, is_bot, confidence_score, score_thousandths, risk_level, class, \
             recommended_action, methods) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, 1, 20, $11, $12, $13, \
             $14, $15::smallint / 1000.0, $15, $16, $17, $18, $19)";
        client
            .execute(
                statement,
                &[
                    &self.id.uuid(),
                    &self.organisation,
                    &self.id.created_at(),
                    &now,
                    &self.status,
                    &self.platform,
                    &self.survey,
                    &self.respondent,
                    &completed,
                    &self.events,
                    &self.phase,
                    &headline.map(|(generation, _)| generation),
                    &headline.map(|(_, window)| window),
                    &score.map(|score| score >= 500),
                    &score,
                    &risk,
                    &class,
                    &score.map(|_| "review"),
                    &self.methods,
                ],
            )
            .await
            .unwrap();
    }

    async fn store_window(&self, client: &Client, now: DateTime<Utc>) {
        let (score, risk, class) = split(self.verdict);
        let judged = score.is_some();
        let statement = "INSERT INTO session_windows (session_id, organisation, generation, window_offset, rev_offset, \
             rev_phase, status, created_at, updated_at, is_bot, confidence_score, score_thousandths, risk_level, class, \
             recommended_action, processing_time_ms, event_count, analysis_summary, method_scores, reasons, \
             data_sufficiency, ruleset_version, model_version) VALUES ($1, $2, 1, 7, 20, $3, $4, $5, $5, $6, \
             $7::smallint / 1000.0, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)";
        client
            .execute(
                statement,
                &[
                    &self.id.uuid(),
                    &self.organisation,
                    &self.phase,
                    &self.status,
                    &now,
                    &score.map(|score| score >= 500),
                    &score,
                    &risk,
                    &class,
                    &judged.then_some("review"),
                    &judged.then_some(0.05_f64),
                    &judged.then_some(self.events),
                    &judged.then_some("A summary in one sentence."),
                    &judged.then(|| json!({"mouse": 0.97, "timing": 0.4})),
                    &judged.then(reasons),
                    &judged.then(sufficiency),
                    &judged.then_some("builtin-1"),
                ],
            )
            .await
            .unwrap();
    }

    async fn store_result(&self, client: &Client, now: DateTime<Utc>) {
        let (score, risk, class) = split(self.verdict);
        let statement = "INSERT INTO detection_results (organisation, session_id, window_offset, generation, rev_offset, \
             rev_phase, status, is_bot, confidence_score, score_thousandths, risk_level, class, recommended_action, \
             processing_time_ms, event_count, analysis_summary, method_scores, reasons, data_sufficiency, \
             ruleset_version, model_version, risk_changed, created_at) VALUES ($1, $2, 7, 1, 20, $3, $4, $5, \
             $6::smallint / 1000.0, $6, $7, $8, 'review', 0.05, $9, 'A summary in one sentence.', '{\"mouse\": 0.97}', \
             $10, $11, 'builtin-1', 'none', true, $12)";
        client
            .execute(
                statement,
                &[
                    &self.organisation,
                    &self.id.uuid(),
                    &self.phase,
                    &self.status,
                    &score.is_some_and(|score| score >= 500),
                    &score,
                    &risk,
                    &class,
                    &self.events,
                    &reasons(),
                    &sufficiency(),
                    &now,
                ],
            )
            .await
            .unwrap();
    }

    /// Stores what this session has in common with others, as the sink would: it counts for the session as well.
    pub(crate) async fn store_finding(
        &self,
        database: &TestDatabase,
        (fingerprint, score, risk): (u128, i16, &str),
    ) {
        let client = database.client().await;
        let statement = "INSERT INTO coordination_findings (session_id, organisation, kind, fingerprint, survey_id, revision, \
             sessions, first_at, last_at, score_thousandths, risk_level, code, description, evidence) VALUES \
             ($1, $2, 'device', $3, $4, 6, 6, $5, $5, $6, $7, 'coordination.same_device', \
             '6 sessions came from one device.', '{\"sessions\": 6}')";
        let fingerprint = format!("{fingerprint:032x}");
        client
            .execute(
                statement,
                &[
                    &self.id.uuid(),
                    &self.organisation,
                    &fingerprint,
                    &self.survey,
                    &Utc::now(),
                    &score,
                    &risk,
                ],
            )
            .await
            .unwrap();
        let statement = "UPDATE sessions SET finding_count = 1, finding_score_thousandths = $2, finding_risk = $3 \
             WHERE id = $1";
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&self.id.uuid(), &score, &risk];
        client.execute(statement, &values).await.unwrap();
    }

    /// Stores what an analyst has said of this session.
    pub(crate) async fn store_label(&self, database: &TestDatabase, label: &str) {
        let statement = "INSERT INTO session_reviews (organisation, session_id, label, actor, labelled_at) \
             VALUES ($1, $2, $3, 'bootstrap', now())";
        let client = database.client().await;
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&self.organisation, &self.id.uuid(), &label];
        client.execute(statement, &values).await.unwrap();
    }

    /// Leaves of this session only the place that is kept for one whose findings came first.
    pub(crate) async fn forget_windows(&self, database: &TestDatabase) {
        let client = database.client().await;
        let statements = "UPDATE sessions SET window_count = 0 WHERE id = $1";
        client
            .execute(statements, &[&self.id.uuid()])
            .await
            .unwrap();
    }

    /// Stores a batch of raw events of this session.
    pub(crate) async fn store_events(
        &self,
        database: &TestDatabase,
        offset: i64,
        events: serde_json::Value,
    ) {
        let count = i32::try_from(events.as_array().unwrap().len()).unwrap();
        let statement = "INSERT INTO behavior_batches (organisation, session_id, generation, log_offset, log_partition, \
             batch_id, event_count, received_at, events) VALUES ($1, $2, 1, $3, 0, 'b', $4, $5, $6)";
        let client = database.client().await;
        client
            .execute(
                statement,
                &[
                    &self.organisation,
                    &self.id.uuid(),
                    &offset,
                    &count,
                    &Utc::now(),
                    &events,
                ],
            )
            .await
            .unwrap();
    }
}

type Parts = (Option<i16>, Option<&'static str>, Option<&'static str>);

fn split(verdict: Option<(i16, &'static str, &'static str)>) -> Parts {
    match verdict {
        Some((score, risk, class)) => (Some(score), Some(risk), Some(class)),
        None => (None, None, None),
    }
}

fn reasons() -> serde_json::Value {
    json!([{"code": "mouse.instant_press", "method": "mouse", "weight": 0.95, "evidence": {"presses": 14.0},
        "text": "Presses last 1 ms; people hold a button for 60 ms and more."}])
}

fn sufficiency() -> serde_json::Value {
    json!({"sufficient": true, "judged": ["mouse"], "too_little": ["timing"], "absent": ["keystroke"]})
}
