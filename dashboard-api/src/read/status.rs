//! One session as it is stored, with the verdict of its riskiest window.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use schemas::ids::{OrganisationId, SessionId};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use super::within::{Grain, within};
use crate::database::{Ask, Database};
use crate::error::ApiError;
use crate::verdict::{RiskLevel, SessionStatus, Verdict, score};

/// What is known of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SessionState {
    /// The session.
    pub(crate) session_id: Uuid,
    /// Its state; `pending` when nothing of it is stored yet.
    pub(crate) status: SessionStatus,
    /// Whether the client or the platform has ended it.
    pub(crate) is_completed: bool,
    /// Whether its last window is closed and judged.
    pub(crate) is_final: bool,
    /// When it was created.
    pub(crate) created_at: DateTime<Utc>,
    /// Broker time of its last stored record.
    pub(crate) updated_at: Option<DateTime<Utc>>,
    /// When its ingest token ends.
    pub(crate) expires_at: Option<DateTime<Utc>>,
    /// Survey platform.
    pub(crate) platform: Option<String>,
    /// Survey.
    pub(crate) survey_id: Option<String>,
    /// Respondent.
    pub(crate) respondent_id: Option<String>,
    /// Events of all its windows.
    pub(crate) event_count: i64,
    /// Number of its windows.
    pub(crate) window_count: i64,
    /// The higher of the verdict's risk and that of the findings about several sessions; absent as long as there is
    /// neither.
    pub(crate) effective_risk: Option<RiskLevel>,
    /// The higher of their scores, 0 to 1.
    pub(crate) effective_score: Option<f64>,
    /// How many findings there are.
    pub(crate) finding_count: i64,
    /// The verdict of its riskiest window, if any window has one.
    pub(crate) verdict: Option<Verdict>,
}

/// A session and its headline; `$1` is its id.
pub(crate) static SQL: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT s.id, s.status, s.is_completed, s.created_at, s.updated_at, s.expires_at, \
             s.platform, s.survey_id, s.respondent_id, s.event_count, s.window_count, \
             s.effective_risk, s.effective_score_thousandths, s.finding_count, {} \
         FROM sessions s LEFT JOIN session_windows w ON w.session_id = $1 /*within w.session_id*/ \
             AND w.generation = s.headline_generation AND w.window_offset = s.headline_window \
         WHERE s.id = $1 /*within s.id*/ AND s.window_count > 0",
        Verdict::columns("w", "updated_at")
    )
});

impl SessionState {
    /// A genuine session of which nothing is stored yet.
    pub(crate) fn pending(id: SessionId) -> Self {
        Self {
            session_id: id.uuid(),
            status: SessionStatus::Pending,
            is_completed: false,
            is_final: false,
            created_at: id.created_at(),
            updated_at: None,
            expires_at: None,
            platform: None,
            survey_id: None,
            respondent_id: None,
            event_count: 0,
            window_count: 0,
            effective_risk: None,
            effective_score: None,
            finding_count: 0,
            verdict: None,
        }
    }

    /// Reads a session; one that is not stored is pending, and so is one of which only findings are.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        id: SessionId,
    ) -> Result<Self, ApiError> {
        let ask = Ask {
            sql: &within(&SQL, Grain::Week, (id.uuid(), id.uuid())),
            values: &[&id.uuid()],
        };
        let [rows] = database.fetch(organisation, [ask]).await?;
        Self::of_rows(id, &rows)
    }

    /// The session of the rows of [`SQL`].
    pub(crate) fn of_rows(id: SessionId, rows: &[Row]) -> Result<Self, ApiError> {
        let Some(row) = rows.first() else {
            return Ok(Self::pending(id));
        };
        let verdict = Verdict::of_row(row)?;
        let status = SessionStatus::stored(row.try_get("status")?)?;
        let effective_risk: Option<&str> = row.try_get("effective_risk")?;
        Ok(Self {
            session_id: row.try_get("id")?,
            status,
            is_completed: row.try_get("is_completed")?,
            // Whatever came last: an answered request about a closed session does not reopen it.
            is_final: status != SessionStatus::Active && verdict.is_some(),
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            expires_at: row.try_get("expires_at")?,
            platform: row.try_get("platform")?,
            survey_id: row.try_get("survey_id")?,
            respondent_id: row.try_get("respondent_id")?,
            event_count: row.try_get("event_count")?,
            window_count: row.try_get::<_, i32>("window_count")?.into(),
            effective_risk: effective_risk.map(RiskLevel::stored).transpose()?,
            effective_score: row
                .try_get::<_, Option<i16>>("effective_score_thousandths")?
                .map(score),
            finding_count: row.try_get::<_, i32>("finding_count")?.into(),
            verdict,
        })
    }
}
