//! Dead letters: list, show, replay.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use dead_letters::Position;

use crate::auth::{Allowed, Operate};
use crate::error::ApiError;
use crate::letters::{LetterContent, LetterFilter, LetterPage, ReplayAsk, ReplayReport};
use crate::openapi::{Conflict, Invalid, Malformed, Refused, Unknown};
use crate::query::Pairs;
use crate::setup::AppState;

/// The newest dead letters: records that could not be processed, and why.
///
/// Needs the scope `operations`. A caller sees the letters of its organisation; those that name none are for the bootstrap key. The newest 2,000 records of each partition are looked at.
#[utoipa::path(
    get,
    path = "/api/v1/dead-letters",
    tag = "operations",
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Letters on the page, 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("reason" = Option<String>, Query, description = "Exact reason"),
        ("source" = Option<String>, Query, description = "Exact name of the topic that the record stood in"),
        ("since" = Option<String>, Query, description = "Set aside at or after: RFC 3339 or a date (UTC)"),
        ("replayed" = Option<bool>, Query, description = "Only those that are back, or only those that are not"),
    ),
    responses(
        (status = 200, body = LetterPage),
        Refused,
        Conflict,
        Invalid,
    )
)]
pub(crate) async fn letters(
    State(state): State<AppState>,
    caller: Allowed<Operate>,
    Query(pairs): Query<Pairs>,
) -> Result<Json<LetterPage>, ApiError> {
    let filter = LetterFilter::read(pairs)?;
    state.letters().page(&caller, &filter).await.map(Json)
}

/// One dead letter with its headers and its raw content, as it was sent and refused.
///
/// Needs the scope `operations`. Nothing has checked the content: it may hold what a respondent typed.
#[utoipa::path(
    get,
    path = "/api/v1/dead-letters/{id}",
    tag = "operations",
    params(("id" = String, Path, description = "`PARTITION:OFFSET` as listed")),
    responses(
        (status = 200, body = LetterContent),
        Refused,
        Unknown,
    )
)]
pub(crate) async fn letter(
    State(state): State<AppState>,
    caller: Allowed<Operate>,
    Path(id): Path<String>,
) -> Result<Json<LetterContent>, ApiError> {
    let at: Position = id.parse().map_err(|_| ApiError::UnknownLetter)?;
    state.letters().show(&caller, at).await.map(Json)
}

/// Writes dead letters back to the topics they came from, each once, whoever asks how often.
///
/// Needs the scope `operations`. At most 5,000 letters; `dry_run` says what would be done. A session that is over gets a new window.
#[utoipa::path(
    post,
    path = "/api/v1/dead-letters/replay",
    tag = "operations",
    request_body = ReplayAsk,
    responses(
        (status = 200, body = ReplayReport),
        Refused,
        Malformed,
        Unknown,
        Conflict,
        Invalid,
    )
)]
pub(crate) async fn replay(
    State(state): State<AppState>,
    caller: Allowed<Operate>,
    ask: Result<Json<ReplayAsk>, JsonRejection>,
) -> Result<Json<ReplayReport>, ApiError> {
    let Json(ask) = ask.map_err(|_| ApiError::MalformedBody)?;
    ask.check()?;
    state.letters().replay(&caller, ask).await.map(Json)
}
