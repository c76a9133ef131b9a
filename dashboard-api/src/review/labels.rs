//! Labels: the latest of each session, and a trail that is only added to.

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use schemas::ids::SessionId;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Caller;
use crate::error::ApiError;

/// Longest note, in characters.
pub(crate) const MAX_NOTE: usize = 1000;
/// Most entries of a trail that are shown.
const MAX_TRAIL: i64 = 200;

/// Locks each session's label, in the order of the ids, so that two requests about the same sessions do
/// not wait for each other in a circle; the same label again by the same person is no change.
const WRITE: &str = "WITH changed AS ( \
        INSERT INTO session_reviews AS r (organisation, session_id, label, note, actor, labelled_at) \
        SELECT $1, id, $3, $4, $5, $6 FROM unnest($2::uuid[]) AS id ORDER BY id \
        ON CONFLICT (organisation, session_id) DO UPDATE SET label = excluded.label, note = excluded.note, \
            actor = excluded.actor, labelled_at = excluded.labelled_at \
        WHERE (r.label, r.note, r.actor) IS DISTINCT FROM (excluded.label, excluded.note, excluded.actor) \
        RETURNING session_id \
    ) \
    INSERT INTO review_labels (organisation, session_id, label, note, actor, created_at) \
    SELECT $1, session_id, $3, $4, $5, $6 FROM changed ORDER BY session_id RETURNING session_id";

const TRAIL: &str = "SELECT id, label, note, actor, created_at FROM review_labels WHERE session_id = $1 \
    ORDER BY id DESC LIMIT $2";

/// What a session was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Label {
    /// A person.
    Human,
    /// Automated.
    Bot,
    /// Looked at without a result.
    Unsure,
    /// A label was taken back: the session is to be looked at again.
    Cleared,
}

impl Label {
    /// Every label.
    pub(crate) const ALL: [Self; 4] = [Self::Human, Self::Bot, Self::Unsure, Self::Cleared];

    /// The text of requests, answers and rows.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Bot => "bot",
            Self::Unsure => "unsure",
            Self::Cleared => "cleared",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.as_str() == text)
    }

    pub(crate) fn stored(text: &str) -> Result<Self, ApiError> {
        Self::parse(text).ok_or_else(|| ApiError::StoredRow(format!("unknown label {text}").into()))
    }
}

/// A label to give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct NewLabel {
    /// What the session was found to be.
    pub(crate) label: Label,
    /// Why: at most 1000 characters, none of them a control character.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

/// One entry of a trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct LabelEntry {
    /// Grows from entry to entry.
    pub(crate) id: i64,
    /// What was said.
    pub(crate) label: Label,
    /// Why.
    pub(crate) note: Option<String>,
    /// Who said it: id of a key, or `bootstrap`.
    pub(crate) actor: String,
    /// When.
    pub(crate) created_at: DateTime<Utc>,
}

/// What has been said of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ReviewTrail {
    /// The session.
    pub(crate) session_id: Uuid,
    /// What holds; absent without a label, or when it was taken back.
    pub(crate) label: Option<Label>,
    /// The latest entries, newest first, at most 200.
    pub(crate) trail: Vec<LabelEntry>,
}

/// What became of one session of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It has the label.
    Labelled,
    /// It had the same label and note of the same caller before.
    Unchanged,
    /// No session of the organisation has such an id.
    UnknownSession,
}

/// Labels sessions and returns those that are changed by it. Repeating it changes nothing.
pub(crate) async fn label_sessions(
    transaction: &Transaction<'_>,
    caller: &Caller,
    sessions: &[SessionId],
    (label, at): (&NewLabel, DateTime<Utc>),
) -> Result<Vec<Uuid>, ApiError> {
    let mut ids: Vec<Uuid> = sessions.iter().map(|session| session.uuid()).collect();
    ids.sort_unstable();
    ids.dedup();
    let statement = transaction.prepare_cached(WRITE).await?;
    let rows = transaction
        .query(
            &statement,
            &[
                &caller.organisation.as_str(),
                &ids,
                &label.label.as_str(),
                &label.note,
                &caller.actor,
                &at,
            ],
        )
        .await?;
    rows.iter()
        .map(|row| row.try_get(0).map_err(ApiError::from))
        .collect()
}

impl ReviewTrail {
    /// The trail of a session.
    pub(crate) async fn read(
        transaction: &Transaction<'_>,
        session: SessionId,
    ) -> Result<Self, ApiError> {
        let statement = transaction.prepare_cached(TRAIL).await?;
        let rows = transaction
            .query(&statement, &[&session.uuid(), &MAX_TRAIL])
            .await?;
        let trail: Result<Vec<LabelEntry>, ApiError> = rows.iter().map(LabelEntry::of).collect();
        let trail = trail?;
        let latest = trail.first().map(|entry| entry.label);
        Ok(Self {
            session_id: session.uuid(),
            label: latest.filter(|label| *label != Label::Cleared),
            trail,
        })
    }
}

impl LabelEntry {
    fn of(row: &Row) -> Result<Self, ApiError> {
        Ok(Self {
            id: row.try_get("id")?,
            label: Label::stored(row.try_get("label")?)?,
            note: row.try_get("note")?,
            actor: row.try_get("actor")?,
            created_at: row.try_get("created_at")?,
        })
    }
}
