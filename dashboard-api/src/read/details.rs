//! Everything that is stored of one session: windows, verdicts, findings, events.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use schemas::ids::{OrganisationId, SessionId};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;
use uuid::Uuid;

use super::findings::{self, Finding};
use super::status::{self, SessionState};
use super::timeline::{EventCounter, Timeline};
use super::within::{Grain, within};
use crate::database::{Ask, Database};
use crate::error::ApiError;
use crate::query::TimelinePage;
use crate::verdict::{SessionStatus, Verdict};

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
    /// Stored events by type; empty when no events were asked for.
    pub(crate) event_counts: BTreeMap<String, i64>,
    /// Whether all stored events were counted; of a very long session only the first are, and none with `events_limit=0`.
    pub(crate) event_counts_complete: bool,
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

static WINDOWS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT w.window_offset, w.generation, w.status, w.updated_at, {} FROM session_windows w \
         WHERE w.session_id = $1 /*within w.session_id*/ ORDER BY w.generation, w.window_offset LIMIT $2",
        Verdict::columns("w", "updated_at")
    )
});

static REVISIONS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT r.id, r.request_id, r.status, r.risk_changed, {} FROM detection_results r \
         WHERE r.session_id = $1 /*within r.session_id*/ \
         ORDER BY r.generation DESC, r.rev_offset DESC, r.rev_phase DESC LIMIT $2",
        Verdict::columns("r", "created_at")
    )
});

impl SessionDetails {
    /// Reads a session; of one that is not stored everything is empty.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        id: SessionId,
        page: TimelinePage,
    ) -> Result<Self, ApiError> {
        let uuid = id.uuid();
        let one: [&(dyn ToSql + Sync); 1] = [&uuid];
        let bounded: [&(dyn ToSql + Sync); 2] = [&uuid, &MAX_REVISIONS];
        let ask = |sql, values| Ask { sql, values };
        let [state, windows, revisions, found] =
            [&*status::SQL, &*WINDOWS, &*REVISIONS, findings::SQL]
                .map(|sql| within(sql, Grain::Week, (uuid, uuid)));
        let asks = [
            ask(&*state, &one[..]),
            ask(&windows, &bounded),
            ask(&revisions, &bounded),
            ask(&found, &one[..]),
        ];
        let [state, windows, revisions, found] = database.fetch(organisation, asks).await?;
        let findings = Finding::of_rows(database, organisation, uuid, &found).await?;
        let revisions = revisions.iter().map(StoredVerdict::of_row);
        let mut counter = EventCounter::default();
        let timeline = match page.limit {
            0 => Timeline::default(),
            _ => Timeline::read(database, (organisation, id), page, Some(&mut counter)).await?,
        };
        Ok(Self {
            session: SessionState::of_rows(id, &state)?,
            windows: windows
                .iter()
                .map(Window::of_row)
                .collect::<Result<_, _>>()?,
            revisions: revisions
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?,
            findings,
            event_counts: counter.counts,
            event_counts_complete: counter.is_complete,
            timeline,
        })
    }
}

impl Window {
    fn of_row(row: &Row) -> Result<Self, ApiError> {
        Ok(Self {
            window: row.try_get("window_offset")?,
            generation: row.try_get::<_, i32>("generation")?.into(),
            status: SessionStatus::stored(row.try_get("status")?)?,
            updated_at: row.try_get("updated_at")?,
            verdict: Verdict::of_row(row)?,
        })
    }
}

impl StoredVerdict {
    fn of_row(row: &Row) -> Result<Option<Self>, ApiError> {
        let Some(verdict) = Verdict::of_row(row)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            id: row.try_get("id")?,
            request_id: row.try_get("request_id")?,
            status: SessionStatus::stored(row.try_get("status")?)?,
            risk_changed: row.try_get("risk_changed")?,
            verdict,
        }))
    }
}
