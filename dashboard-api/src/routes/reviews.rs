//! Reviews: the queue, labels with their trail, and their export.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use deadpool_postgres::Transaction;
use runtime::problem::FieldError;
use schemas::ids::SessionId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::auth::{Allowed, ReadableSession, Reader, ReviewSessions};
use crate::error::ApiError;
use crate::openapi::{Invalid, Malformed, Refused, Unknown};
use crate::query::Pairs;
use crate::review::{
    Label, LabelLine, MAX_NOTE, NewLabel, Outcome, QueuePage, QueueQuery, ReviewTrail, label_pages,
    label_sessions,
};
use crate::settings::{Members, mistake};
use crate::setup::AppState;

/// Most sessions of one request.
const MAX_BULK: usize = 500;
/// Longest text that may be an id.
const MAX_ID: usize = 64;

/// Risky sessions that have ended and have no label, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/reviews/queue",
    tag = "reviews",
    params(
        ("risk" = Option<String>, Query, description = "Effective risk: one or several of LOW, MEDIUM, HIGH, CRITICAL; HIGH,CRITICAL when not given"),
        ("survey" = Option<String>, Query, description = "One survey"),
        ("from" = Option<String>, Query, description = "Sessions created from then on; 30 days before the end when not given"),
        ("to" = Option<String>, Query, description = "Sessions created before; now when not given"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 200, description = "Sessions on a page; 50 when not given"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = QueuePage),
        Refused,
        Invalid,
    )
)]
pub(crate) async fn queue(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
    Query(pairs): Query<Pairs>,
) -> Result<Json<QueuePage>, ApiError> {
    let query = QueueQuery::read(pairs, Utc::now())?;
    let read = async |transaction: &Transaction<'_>| QueuePage::read(transaction, &query).await;
    // What was labelled a moment ago must not come back from a replica.
    let page = state.database().read_primary(&organisation, read).await?;
    Ok(Json(page))
}

/// What has been said of a session.
#[utoipa::path(
    get,
    path = "/api/v1/reviews/{id}",
    tag = "reviews",
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 200, body = ReviewTrail),
        Refused,
        Unknown,
    )
)]
pub(crate) async fn trail(
    State(state): State<AppState>,
    ReadableSession { organisation, id }: ReadableSession,
) -> Result<Json<ReviewTrail>, ApiError> {
    let read = async |transaction: &Transaction<'_>| ReviewTrail::read(transaction, id).await;
    let trail = state.database().read_primary(&organisation, read).await?;
    Ok(Json(trail))
}

/// Labels a session. The same label and note again by the same caller change nothing.
#[utoipa::path(
    put,
    path = "/api/v1/reviews/{id}",
    tag = "reviews",
    params(("id" = String, Path, description = "The session's id")),
    request_body = NewLabel,
    responses(
        (status = 200, body = ReviewTrail),
        Refused,
        Malformed,
        Unknown,
        Invalid,
    )
)]
pub(crate) async fn label(
    State(state): State<AppState>,
    caller: Allowed<ReviewSessions>,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Json<ReviewTrail>, ApiError> {
    let Path(id) = path.map_err(|_| ApiError::UnknownSession)?;
    let id = state.session(&caller.organisation, &id)?;
    let Json(body) = body.map_err(|_| ApiError::MalformedBody)?;
    let mut members = Members::of(&body, "").map_err(|error| ApiError::InvalidBody(vec![error]))?;
    let label = new_label(&mut members);
    let label = finish(members, label)?;
    let write = async |transaction: &Transaction<'_>| {
        label_sessions(transaction, &caller, &[id], (&label, Utc::now())).await?;
        ReviewTrail::read(transaction, id).await
    };
    let trail = state.database().write(&caller.organisation, write).await?;
    Ok(Json(trail))
}

/// One label for many sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct BulkLabels {
    /// The sessions, at most 500.
    #[schema(max_items = 500, min_items = 1)]
    session_ids: Vec<String>,
    /// What they were found to be.
    label: Label,
    /// Why.
    #[serde(default)]
    note: Option<String>,
}

/// What became of each session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct BulkAnswer {
    /// One for each id of the request, in its order.
    outcomes: Vec<BulkOutcome>,
}

/// What became of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct BulkOutcome {
    /// The id as it was given.
    session_id: String,
    /// What became of it.
    outcome: Outcome,
}

/// Labels many sessions at once: all that are known, or none when the database fails. Repeating the
/// request changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/reviews/bulk",
    tag = "reviews",
    request_body = BulkLabels,
    responses(
        (status = 200, body = BulkAnswer),
        Refused,
        Malformed,
        Invalid,
    )
)]
pub(crate) async fn label_many(
    State(state): State<AppState>,
    caller: Allowed<ReviewSessions>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Json<BulkAnswer>, ApiError> {
    let Json(body) = body.map_err(|_| ApiError::MalformedBody)?;
    let mut members = Members::of(&body, "").map_err(|error| ApiError::InvalidBody(vec![error]))?;
    let ids = members.take("session_ids", "1 to 500 ids of sessions", session_ids);
    if ids.is_none() && members.mistakes.is_empty() {
        let missing = mistake("/session_ids", "missing", "which sessions?");
        members.mistakes.push(missing);
    }
    let label = new_label(&mut members);
    let (label, ids) = finish(members, label.zip(ids))?;
    let known: Vec<Option<SessionId>> = ids
        .iter()
        .map(|id| state.session(&caller.organisation, id).ok())
        .collect();
    let sessions: Vec<SessionId> = known.iter().flatten().copied().collect();
    let write = async |transaction: &Transaction<'_>| {
        label_sessions(transaction, &caller, &sessions, (&label, Utc::now())).await
    };
    let changed = state.database().write(&caller.organisation, write).await?;
    let outcome = |session: Option<SessionId>| match session {
        None => Outcome::UnknownSession,
        Some(session) if changed.contains(&session.uuid()) => Outcome::Labelled,
        Some(_) => Outcome::Unchanged,
    };
    let outcomes = ids.iter().zip(known).map(|(id, session)| BulkOutcome {
        session_id: id.clone(),
        outcome: outcome(session),
    });
    Ok(Json(BulkAnswer {
        outcomes: outcomes.collect(),
    }))
}

fn session_ids(value: &Value) -> Option<Vec<String>> {
    let ids = value.as_array()?;
    let is_fine = (1..=MAX_BULK).contains(&ids.len());
    let id = |value: &Value| Some(value.as_str().filter(|id| id.len() <= MAX_ID)?.to_owned());
    is_fine.then(|| ids.iter().map(id).collect()).flatten()
}

/// The label that the members ask for; mistakes are noted in them.
fn new_label(members: &mut Members<'_>) -> Option<NewLabel> {
    let before = members.mistakes.len();
    let label = members.take("label", "human, bot, unsure or cleared", |value| {
        Label::parse(value.as_str()?)
    });
    if label.is_none() && members.mistakes.len() == before {
        let missing = mistake("/label", "missing", "human, bot, unsure or cleared");
        members.mistakes.push(missing);
    }
    let expected = "at most 1000 characters without control characters";
    let note = members.take("note", expected, |value| {
        let note = value.as_str()?;
        let is_fine = note.chars().count() <= MAX_NOTE && !note.chars().any(char::is_control);
        is_fine.then(|| note.to_owned())
    });
    let note = note.filter(|note| !note.is_empty());
    label.map(|label| NewLabel { label, note })
}

fn finish<T>(members: Members<'_>, value: Option<T>) -> Result<T, ApiError> {
    let mistakes: Vec<FieldError> = members.finish();
    match value {
        Some(value) if mistakes.is_empty() => Ok(value),
        _ => Err(ApiError::InvalidBody(mistakes)),
    }
}

/// Every label that holds, one JSON object a line, in the order of the sessions.
#[utoipa::path(
    get,
    path = "/api/v1/reviews/labels.jsonl",
    tag = "reviews",
    responses(
        (status = 200, body = LabelLine, content_type = "application/x-ndjson"),
        Refused,
    )
)]
pub(crate) async fn labels(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
) -> Result<Response, ApiError> {
    let pages = label_pages(state.database().clone(), organisation).await?;
    let kind = [(CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(pages)).into_response())
}
