//! Everything that is stored of one session: windows, verdicts, findings, events.

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use schemas::ids::SessionId;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::findings::Finding;
use super::status::SessionState;
use crate::error::ApiError;
use crate::query::{TimelinePage, close_event_cursor};
use crate::verdict::{Data, SessionStatus, Verdict};

/// Most stored verdicts that are shown, the newest; a session has a handful.
const MAX_REVISIONS: i64 = 500;

/// Everything that is stored of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SessionDetails {
    /// The session, with the verdict of its riskiest window.
    pub(crate) session: SessionState,
    /// Its windows, in order.
    pub(crate) windows: Vec<Window>,
    /// Its stored verdicts, newest first: requested, final, and those that changed the risk level.
    pub(crate) revisions: Vec<StoredVerdict>,
    /// What it has in common with others, strongest first.
    pub(crate) findings: Vec<Finding>,
    /// Stored events by type.
    pub(crate) event_counts: std::collections::BTreeMap<String, i64>,
    /// A page of its stored events, in the order they were accepted.
    pub(crate) timeline: Timeline,
}

/// One window of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Window {
    /// Its name: offset of its first record.
    pub(crate) window: i64,
    /// Generation of the events topic.
    pub(crate) generation: i64,
    /// Its state.
    pub(crate) status: SessionStatus,
    /// Broker time of its last record.
    pub(crate) updated_at: DateTime<Utc>,
    /// Its latest verdict.
    pub(crate) verdict: Option<Verdict>,
}

/// A verdict that was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct StoredVerdict {
    /// Its id.
    pub(crate) id: Uuid,
    /// The request it answers, if it answers one.
    pub(crate) request_id: Option<String>,
    /// State of the window at that moment.
    pub(crate) status: SessionStatus,
    /// Whether it changed the window's risk level.
    pub(crate) risk_changed: bool,
    /// The verdict.
    pub(crate) verdict: Verdict,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Timeline {
    /// The events.
    pub(crate) events: Vec<TimelineEvent>,
    /// Give it as `events_cursor` for the next page; absent on the last one.
    pub(crate) next_cursor: Option<String>,
}

/// A stored event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TimelineEvent {
    /// Its type, as it was sent.
    pub(crate) event_type: String,
    /// When it happened, by the client's clock.
    pub(crate) timestamp: Option<DateTime<Utc>>,
    /// When its batch was accepted.
    pub(crate) received_at: DateTime<Utc>,
    /// Its numbers, flags and words.
    #[schema(value_type = Object)]
    pub(crate) data: Data,
}

impl SessionDetails {
    /// Reads a session; of one that is not stored everything is empty.
    pub(crate) async fn read(
        transaction: &Transaction<'_>,
        id: SessionId,
        page: TimelinePage,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            session: SessionState::read(transaction, id).await?,
            windows: windows(transaction, id).await?,
            revisions: revisions(transaction, id).await?,
            findings: Finding::read(transaction, id).await?,
            event_counts: event_counts(transaction, id).await?,
            timeline: timeline(transaction, id, page).await?,
        })
    }
}

async fn windows(transaction: &Transaction<'_>, id: SessionId) -> Result<Vec<Window>, ApiError> {
    let query = format!(
        "SELECT w.window_offset, w.generation, w.status, w.updated_at, {} FROM session_windows w \
         WHERE w.session_id = $1 ORDER BY w.generation, w.window_offset",
        Verdict::columns("w", "updated_at")
    );
    let statement = transaction.prepare_cached(&query).await?;
    let rows = transaction.query(&statement, &[&id.uuid()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Window {
                window: row.try_get("window_offset")?,
                generation: row.try_get::<_, i32>("generation")?.into(),
                status: SessionStatus::stored(row.try_get("status")?)?,
                updated_at: row.try_get("updated_at")?,
                verdict: Verdict::of_row(row)?,
            })
        })
        .collect()
}

async fn revisions(
    transaction: &Transaction<'_>,
    id: SessionId,
) -> Result<Vec<StoredVerdict>, ApiError> {
    let query = format!(
        "SELECT r.id, r.request_id, r.status, r.risk_changed, {} FROM detection_results r \
         WHERE r.session_id = $1 \
         ORDER BY r.generation DESC, r.rev_offset DESC, r.rev_phase DESC LIMIT $2",
        Verdict::columns("r", "created_at")
    );
    let statement = transaction.prepare_cached(&query).await?;
    let rows = transaction
        .query(&statement, &[&id.uuid(), &MAX_REVISIONS])
        .await?;
    let stored = |row: &Row| -> Result<Option<StoredVerdict>, ApiError> {
        let Some(verdict) = Verdict::of_row(row)? else {
            return Ok(None);
        };
        Ok(Some(StoredVerdict {
            id: row.try_get("id")?,
            request_id: row.try_get("request_id")?,
            status: SessionStatus::stored(row.try_get("status")?)?,
            risk_changed: row.try_get("risk_changed")?,
            verdict,
        }))
    };
    rows.iter()
        .filter_map(|row| stored(row).transpose())
        .collect()
}

async fn event_counts(
    transaction: &Transaction<'_>,
    id: SessionId,
) -> Result<std::collections::BTreeMap<String, i64>, ApiError> {
    let query = "SELECT coalesce(event_type, 'custom') AS event_type, count(*) AS events \
         FROM behavior_data WHERE session_id = $1 GROUP BY 1";
    let statement = transaction.prepare_cached(query).await?;
    let rows = transaction.query(&statement, &[&id.uuid()]).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("event_type")?, row.try_get("events")?)))
        .collect()
}

async fn timeline(
    transaction: &Transaction<'_>,
    id: SessionId,
    page: TimelinePage,
) -> Result<Timeline, ApiError> {
    let query = "SELECT coalesce(event_type, 'custom') AS event_type, \"timestamp\", created_at, data, \
             generation, log_offset, position \
         FROM behavior_data WHERE session_id = $1 AND (generation, log_offset) >= ($2, $3) \
             AND (generation, log_offset, position) > ($2, $3, $4) \
         ORDER BY generation, log_offset, position LIMIT $5";
    let statement = transaction.prepare_cached(query).await?;
    let (generation, offset, position) = page.after;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [
        &id.uuid(),
        &generation,
        &offset,
        &position,
        &(page.limit + 1),
    ];
    let rows = transaction.query(&statement, &values).await?;
    let shown = usize::try_from(page.limit).unwrap_or_default();
    let place = |row: &Row| -> Result<(i32, i64, i64), ApiError> {
        Ok((
            row.try_get("generation")?,
            row.try_get("log_offset")?,
            row.try_get("position")?,
        ))
    };
    let next_cursor = match shown.checked_sub(1).and_then(|last| rows.get(last)) {
        Some(last) if rows.len() > shown => Some(close_event_cursor(place(last)?)),
        _ => None,
    };
    let events: Result<Vec<TimelineEvent>, ApiError> = rows
        .iter()
        .take(shown)
        .map(|row| {
            Ok(TimelineEvent {
                event_type: row.try_get("event_type")?,
                timestamp: row.try_get("timestamp")?,
                received_at: row.try_get("created_at")?,
                data: row.try_get::<_, Json<Data>>("data")?.0,
            })
        })
        .collect();
    Ok(Timeline {
        events: events?,
        next_cursor,
    })
}
