//! The live feed, over WebSocket and as server-sent events.

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;

use crate::error::ApiError;
use crate::live::{FeedQuery, Pass};
use crate::openapi::{Busy, Invalid, ProblemDocument, Refused};
use crate::query::Pairs;
use crate::setup::AppState;

/// What happens in the organisation, as a WebSocket (docs/live.md; the messages are in the AsyncAPI document).
///
/// Browsers show their cookie and must come from a page of this site; others show their key in a header.
#[utoipa::path(
    get,
    path = "/ws",
    tag = "live",
    params(
        ("survey" = Option<Vec<String>>, Query, description = "Only these surveys; may be given several times"),
        ("risk" = Option<String>, Query, description = "Only judgements and findings of this risk level or a higher one"),
        ("types" = Option<String>, Query, description = "Of `session_updated`, `analysis_complete`, `finding`, `stats`, separated by commas; all if absent. `snapshot` always comes"),
        ("cursor" = Option<String>, Query, description = "`cursor` of the last message: goes on after it, or begins with `snapshot`"),
    ),
    responses(
        (status = 101, description = "Switching to WebSocket: one JSON message in each text frame"),
        Refused,
        Invalid,
        Busy,
        (status = 426, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn socket(
    State(state): State<AppState>,
    pass: Pass,
    Query(pairs): Query<Pairs>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let query = FeedQuery::read(pairs)?;
    let upgrade = upgrade.map_err(|_| ApiError::UpgradeRequired)?;
    state.live().socket((pass, query), upgrade, &state)
}

/// The fields of a server-sent event (HTML standard, 9.2).
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what `live::stream` writes")]
struct ServerSentEvent {
    /// Type of the message.
    event: String,
    /// The message's cursor.
    id: String,
    /// The message: JSON, as in the AsyncAPI document.
    data: String,
}

/// What happens in the organisation, as server-sent events (docs/live.md).
///
/// The same messages as at `/ws`: `event` is the message's type, `id` its cursor, `data` the message.
#[utoipa::path(
    get,
    path = "/api/v1/live",
    tag = "live",
    params(
        ("survey" = Option<Vec<String>>, Query, description = "Only these surveys; may be given several times"),
        ("risk" = Option<String>, Query, description = "Only judgements and findings of this risk level or a higher one"),
        ("types" = Option<String>, Query, description = "Of `session_updated`, `analysis_complete`, `finding`, `stats`, separated by commas; all if absent. `snapshot` always comes"),
        ("cursor" = Option<String>, Query, description = "`cursor` of the last message, if there is no `Last-Event-ID`"),
        ("Last-Event-ID" = Option<String>, Header, description = "`id` of the last event: goes on after it, or begins with `snapshot`"),
    ),
    responses(
        (status = 200, body = ServerSentEvent, content_type = "text/event-stream", description = "Events without an end; described is one of them"),
        Refused,
        Invalid,
        Busy,
    )
)]
pub(crate) async fn stream(
    State(state): State<AppState>,
    pass: Pass,
    Query(pairs): Query<Pairs>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut query = FeedQuery::read(pairs)?;
    // What a browser sends when it has lost the connection counts more than the address it began with.
    if let Some(last) = headers.get("last-event-id") {
        query.cursor = Some(last.to_str().unwrap_or_default().to_owned());
    }
    state.live().stream((pass, query), &state)
}
