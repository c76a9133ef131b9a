//! Pages of sessions, newest first.
//!
//! The order is that of the ids, which begin with their creation time: a page continues below the last
//! id of the page before, so sessions that arrive meanwhile move nothing.

use chrono::{DateTime, Utc};
use schemas::ids::OrganisationId;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use super::scan::Search;
use super::within::{Grain, within};
use crate::database::{Ask, Database};
use crate::error::ApiError;
use crate::query::{PageQuery, close_cursor};
use crate::review::Label;
use crate::verdict::{RiskLevel, SessionClass, SessionStatus, score};

/// One page of sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SessionPage {
    /// The sessions, newest first.
    pub(crate) sessions: Vec<SessionItem>,
    /// Give it as `cursor` for the next page; absent on the last one.
    pub(crate) next_cursor: Option<String>,
    /// The search for a rare combination stopped before the page was full: go on with `next_cursor`.
    pub(crate) partial: bool,
    /// How many sessions match in all, if asked for.
    pub(crate) count: Option<SessionCount>,
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SessionItem {
    /// The session.
    pub(crate) session_id: Uuid,
    /// Its state.
    pub(crate) status: SessionStatus,
    /// When it was created.
    pub(crate) created_at: DateTime<Utc>,
    /// Broker time of its last stored record.
    pub(crate) updated_at: DateTime<Utc>,
    /// Survey platform.
    pub(crate) platform: Option<String>,
    /// Survey.
    pub(crate) survey_id: Option<String>,
    /// Respondent.
    pub(crate) respondent_id: Option<String>,
    /// Events of all its windows.
    pub(crate) event_count: i64,
    /// Whether its verdict reaches the threshold; absent as long as there is no verdict.
    pub(crate) is_bot: Option<bool>,
    /// Calibrated probability that it is automated, 0 to 1.
    pub(crate) confidence_score: Option<f64>,
    /// The score as a level.
    pub(crate) risk_level: Option<RiskLevel>,
    /// The higher of the verdict's risk and that of the findings about several sessions; absent as long as there is
    /// neither.
    pub(crate) effective_risk: Option<RiskLevel>,
    /// The higher of their scores, 0 to 1.
    pub(crate) effective_score: Option<f64>,
    /// How many findings there are.
    pub(crate) finding_count: i64,
    /// What it looks like.
    pub(crate) class: Option<SessionClass>,
    /// What should happen: `accept`, `review` or `exclude`.
    pub(crate) recommended_action: Option<String>,
    /// One sentence.
    pub(crate) summary: Option<String>,
    /// The strongest reason, as a sentence.
    pub(crate) first_reason: Option<String>,
    /// The strongest finding about several sessions, as a sentence.
    pub(crate) first_finding: Option<String>,
    /// What its latest review says; absent without one, or when it was taken back.
    pub(crate) label: Option<Label>,
}

/// How many sessions match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SessionCount {
    /// The number.
    pub(crate) value: i64,
    /// What it is worth.
    pub(crate) kind: CountKind,
}

/// What a number of sessions is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CountKind {
    /// Counted one by one.
    Exact,
    /// From counts by the hour: the borders of the period are rounded outwards, sessions past retention still count,
    /// and of risk and class only sessions with a verdict do.
    Estimate,
    /// Counting stopped here; there are more, or may be.
    AtLeast,
}

/// The rows of some sessions, with what is said of each in a sentence. Each is looked up by its id, in the partitions
/// between the first and the last.
pub(crate) const ITEMS: &str = "SELECT s.*, w.analysis_summary, w.first_reason, f.description AS first_finding, v.label \
    FROM unnest($1::uuid[]) d(id) \
    CROSS JOIN LATERAL (SELECT id, status, created_at, updated_at, platform, survey_id, respondent_id, event_count, \
        is_bot, score_thousandths, risk_level, class, recommended_action, effective_risk, \
        effective_score_thousandths, finding_count, headline_generation, headline_window \
        FROM sessions WHERE id = d.id AND id >= $2 AND id <= $3 /*within id*/ AND window_count > 0 LIMIT 1) s \
    LEFT JOIN LATERAL (SELECT analysis_summary, reasons -> 0 ->> 'text' AS first_reason FROM session_windows \
        WHERE session_id = s.id AND session_id >= $2 AND session_id <= $3 /*within session_id*/ AND generation = s.headline_generation \
            AND window_offset = s.headline_window LIMIT 1) w ON true \
    LEFT JOIN LATERAL (SELECT description FROM coordination_findings \
        WHERE s.finding_count > 0 AND session_id = s.id AND session_id >= $2 AND session_id <= $3 /*within session_id*/ \
        ORDER BY score_thousandths DESC, kind, fingerprint LIMIT 1) f ON true \
    LEFT JOIN LATERAL (SELECT label FROM session_reviews \
        WHERE session_id = s.id AND label <> 'cleared' LIMIT 1) v ON true \
    ORDER BY d.id DESC";

impl SessionPage {
    /// Reads a page.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        query: &PageQuery,
    ) -> Result<Self, ApiError> {
        let search = Search::new(database, organisation, &query.filter).await?;
        // One more than the page holds says whether there is a next one.
        let mut found = search.run(query.before, query.limit + 1).await?;
        if found.ids.len() > query.limit {
            found.ids.truncate(query.limit);
            found.next = found.ids.last().copied();
        }
        let sessions = SessionItem::of_ids(database, organisation, &found.ids).await?;
        let count = match query.count {
            true => Some(SessionCount::read(database, organisation, &query.filter, &search).await?),
            false => None,
        };
        Ok(Self {
            sessions,
            next_cursor: found.next.map(close_cursor),
            partial: found.is_partial,
            count,
        })
    }
}

impl SessionItem {
    /// The sessions of `ids`, newest first; without those that are places kept for others.
    pub(crate) async fn of_ids(
        database: &Database,
        organisation: &OrganisationId,
        ids: &[Uuid],
    ) -> Result<Vec<Self>, ApiError> {
        let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else {
            return Ok(Vec::new());
        };
        let ask = Ask {
            sql: &within(ITEMS, Grain::Day, (*first, *last)),
            values: &[&ids, first, last],
        };
        let [rows] = database.fetch(organisation, [ask]).await?;
        rows.iter().map(Self::of_row).collect()
    }

    fn of_row(row: &Row) -> Result<Self, ApiError> {
        let risk: Option<&str> = row.try_get("risk_level")?;
        let class: Option<&str> = row.try_get("class")?;
        let effective_risk: Option<&str> = row.try_get("effective_risk")?;
        let label: Option<&str> = row.try_get("label")?;
        Ok(Self {
            session_id: row.try_get("id")?,
            status: SessionStatus::stored(row.try_get("status")?)?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            platform: row.try_get("platform")?,
            survey_id: row.try_get("survey_id")?,
            respondent_id: row.try_get("respondent_id")?,
            event_count: row.try_get("event_count")?,
            is_bot: row.try_get("is_bot")?,
            confidence_score: row
                .try_get::<_, Option<i16>>("score_thousandths")?
                .map(score),
            risk_level: risk.map(RiskLevel::stored).transpose()?,
            effective_risk: effective_risk.map(RiskLevel::stored).transpose()?,
            effective_score: row
                .try_get::<_, Option<i16>>("effective_score_thousandths")?
                .map(score),
            finding_count: row.try_get::<_, i32>("finding_count")?.into(),
            class: class.map(SessionClass::stored).transpose()?,
            recommended_action: row.try_get("recommended_action")?,
            summary: row.try_get("analysis_summary")?,
            first_reason: row.try_get("first_reason")?,
            first_finding: row.try_get("first_finding")?,
            label: label.map(Label::stored).transpose()?,
        })
    }
}
