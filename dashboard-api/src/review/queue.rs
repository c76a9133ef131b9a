//! The queue: risky sessions that have ended and that nobody has looked at, newest first.
//!
//! Read in the order of the ids from the index that lists are read from; a page looks at a bounded number
//! of sessions, so that a queue with few of many answers as fast, and says that it is not through.

use chrono::{DateTime, TimeDelta, Utc};
use deadpool_postgres::Transaction;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;
use crate::query::{
    Pairs, Parameters, TEXT, TIME, close_cursor, id_floor, open_cursor, text_filter, time,
};
use crate::verdict::{RiskLevel, SessionClass, SessionStatus, score};

/// Sessions that one page looks at: some milliseconds of an index.
const MAX_LOOKED_AT: i64 = 20_000;
/// How far back a queue goes when nothing is said.
const DAYS: i64 = 30;
/// Most sessions on a page, and how many when nothing is said.
const LIMITS: (usize, usize) = (200, 50);

/// The statement of a page. A taken-back label is none. One survey has an index of its own.
fn page(of_survey: bool) -> String {
    let survey = if of_survey {
        "survey_id = $5"
    } else {
        "$5::text IS NULL"
    };
    format!(
        "WITH seen AS MATERIALIZED ( \
        SELECT id, effective_risk, status, window_count FROM sessions \
        WHERE id >= $1 AND id < $2 AND {survey} ORDER BY id DESC LIMIT $3 \
    ), waiting AS ( \
        SELECT id FROM seen WHERE window_count > 0 AND status <> 'active' AND effective_risk = ANY($4) \
            AND NOT EXISTS (SELECT FROM session_reviews r WHERE r.session_id = seen.id AND r.label <> 'cleared') \
        ORDER BY id DESC LIMIT $6 \
    ) \
    SELECT s.id, s.status, s.created_at, s.platform, s.survey_id, s.respondent_id, s.event_count, s.class, \
        s.effective_risk, s.effective_score_thousandths, w.analysis_summary, \
        w.reasons -> 0 ->> 'text' AS first_reason, \
        (SELECT count(*) FROM seen) AS looked_at, (SELECT min(id::text)::uuid FROM seen) AS last_seen \
    FROM (SELECT) AS one \
    LEFT JOIN (waiting JOIN sessions s USING (id)) ON true \
    LEFT JOIN session_windows w ON w.session_id = s.id \
        AND w.generation = s.headline_generation AND w.window_offset = s.headline_window \
    ORDER BY s.id DESC"
    )
}

/// What a queue is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QueueQuery {
    risk: Vec<&'static str>,
    survey: Option<String>,
    from: DateTime<Utc>,
    /// Sessions older than this one.
    before: Uuid,
    limit: usize,
}

/// A page of the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct QueuePage {
    /// Sessions to look at, newest first.
    pub(crate) sessions: Vec<QueueItem>,
    /// Give it as `cursor` for the next page; absent on the last one.
    pub(crate) next_cursor: Option<String>,
    /// Whether the page ended because it had looked at many sessions: older ones may be waiting.
    pub(crate) partial: bool,
}

/// A session to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct QueueItem {
    /// The session.
    pub(crate) session_id: Uuid,
    /// How it ended.
    pub(crate) status: SessionStatus,
    /// When it was created.
    pub(crate) created_at: DateTime<Utc>,
    /// Survey platform.
    pub(crate) platform: Option<String>,
    /// Survey.
    pub(crate) survey_id: Option<String>,
    /// Respondent.
    pub(crate) respondent_id: Option<String>,
    /// Events of all its windows.
    pub(crate) event_count: i64,
    /// What it looks like.
    pub(crate) class: Option<SessionClass>,
    /// The higher of the verdict's risk and that of the findings about several sessions.
    pub(crate) effective_risk: RiskLevel,
    /// The higher of their scores, 0 to 1.
    pub(crate) effective_score: Option<f64>,
    /// One sentence.
    pub(crate) summary: Option<String>,
    /// The strongest reason, as a sentence.
    pub(crate) first_reason: Option<String>,
}

impl QueueQuery {
    /// Reads the parameters of a request at `now`.
    pub(crate) fn read(pairs: Pairs, now: DateTime<Utc>) -> Result<Self, ApiError> {
        let mut given = Parameters::new(pairs);
        let risk = given.take("risk", "LOW, MEDIUM, HIGH, CRITICAL", |text| {
            let levels = text.split(',').map(|word| RiskLevel::parse(word.trim()));
            let levels: Option<Vec<_>> = levels.map(|one| Some(one?.as_str())).collect();
            levels.filter(|levels| levels.len() <= RiskLevel::ALL.len())
        });
        let survey = given.take("survey", TEXT, text_filter);
        let from = given.take("from", TIME, time);
        let to = given.take("to", TIME, time);
        let before = given.take("cursor", "the next_cursor of a page", open_cursor);
        let limit = given.limit("limit", LIMITS.0).unwrap_or(LIMITS.1);
        // Ids of this very millisecond belong to it.
        let end = to.unwrap_or(now + TimeDelta::milliseconds(1));
        let from = from.unwrap_or(end - TimeDelta::days(DAYS));
        if from >= end {
            given.wrong("to", "before_from", "must be later than from");
        }
        let end = id_floor(end);
        given.finish(Self {
            risk: risk
                .unwrap_or_else(|| vec![RiskLevel::High.as_str(), RiskLevel::Critical.as_str()]),
            survey,
            from,
            before: before.map_or(end, |before| before.min(end)),
            limit,
        })
    }
}

impl QueuePage {
    /// Reads a page.
    pub(crate) async fn read(
        transaction: &Transaction<'_>,
        query: &QueueQuery,
    ) -> Result<Self, ApiError> {
        let statement = transaction
            .prepare_cached(&page(query.survey.is_some()))
            .await?;
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
        let rows = transaction
            .query(
                &statement,
                &[
                    &id_floor(query.from),
                    &query.before,
                    &MAX_LOOKED_AT,
                    &query.risk,
                    &query.survey,
                    &(limit + 1),
                ],
            )
            .await?;
        let first = rows.first();
        let looked_at: i64 = first.map_or(Ok(0), |row| row.try_get("looked_at"))?;
        let last_seen: Option<Uuid> = first.map_or(Ok(None), |row| row.try_get("last_seen"))?;
        let found = rows.iter().filter_map(|row| QueueItem::of(row).transpose());
        let mut sessions = found.collect::<Result<Vec<_>, ApiError>>()?;
        let has_more = sessions.len() > query.limit;
        sessions.truncate(query.limit);
        let partial = !has_more && looked_at == MAX_LOOKED_AT;
        let last = match (has_more, partial) {
            (true, _) => sessions.last().map(|item| item.session_id),
            (false, true) => last_seen,
            (false, false) => None,
        };
        Ok(Self {
            sessions,
            next_cursor: last.map(close_cursor),
            partial,
        })
    }
}

impl QueueItem {
    /// None of the row that only says how much was looked at.
    fn of(row: &Row) -> Result<Option<Self>, ApiError> {
        let Some(session_id) = row.try_get("id")? else {
            return Ok(None);
        };
        let class: Option<&str> = row.try_get("class")?;
        Ok(Some(Self {
            session_id,
            status: SessionStatus::stored(row.try_get("status")?)?,
            created_at: row.try_get("created_at")?,
            platform: row.try_get("platform")?,
            survey_id: row.try_get("survey_id")?,
            respondent_id: row.try_get("respondent_id")?,
            event_count: row.try_get("event_count")?,
            class: class.map(SessionClass::stored).transpose()?,
            effective_risk: RiskLevel::stored(row.try_get("effective_risk")?)?,
            effective_score: row
                .try_get::<_, Option<i16>>("effective_score_thousandths")?
                .map(score),
            summary: row.try_get("analysis_summary")?,
            first_reason: row.try_get("first_reason")?,
        }))
    }
}
