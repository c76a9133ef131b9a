//! The stored events of one session: in order, as the way of its pointer, as the rhythm of its keys.

use axum::Json;
use axum::extract::{Query, State};

use crate::auth::ReadableSession;
use crate::error::ApiError;
use crate::openapi::{Invalid, Refused, Unknown};
use crate::query::{Pairs, Parameters, TimelinePage, points};
use crate::read::pointer::PointerPath;
use crate::read::timeline::Timeline;
use crate::read::typing::TypingRhythm;
use crate::setup::AppState;

/// A page of a session's stored events, in the order they were accepted.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/sessions/{id}/events",
    tag = "dashboard",
    params(
        ("id" = String, Path, description = "The session's id"),
        ("events_limit" = Option<i64>, Query, minimum = 0, maximum = 1000, description = "Events on the page, 200 if absent"),
        ("events_cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = Timeline),
        Refused,
        Unknown,
        Invalid,
    )
)]
pub(crate) async fn events(
    State(state): State<AppState>,
    ReadableSession { organisation, id }: ReadableSession,
    Query(pairs): Query<Pairs>,
) -> Result<Json<Timeline>, ApiError> {
    let page = TimelinePage::read(pairs)?;
    let session = (&organisation, id);
    Timeline::read(state.database(), session, page, None)
        .await
        .map(Json)
}

/// The way of a session's pointer: of all its positions those that say most, with their times. Of the first 100,000
/// events.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/sessions/{id}/pointer",
    tag = "dashboard",
    params(
        ("id" = String, Path, description = "The session's id"),
        ("points" = Option<i64>, Query, minimum = 2, maximum = 5000, description = "Most points, 500 if absent"),
    ),
    responses(
        (status = 200, body = PointerPath),
        Refused,
        Unknown,
        Invalid,
    )
)]
pub(crate) async fn pointer(
    State(state): State<AppState>,
    ReadableSession { organisation, id }: ReadableSession,
    Query(pairs): Query<Pairs>,
) -> Result<Json<PointerPath>, ApiError> {
    let most = points(pairs)?;
    PointerPath::read(state.database(), (&organisation, id), most)
        .await
        .map(Json)
}

/// The rhythm of a session's keys: when, how long and of which class, never which key. Of the first 100,000 events.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/sessions/{id}/typing",
    tag = "dashboard",
    params(
        ("id" = String, Path, description = "The session's id"),
    ),
    responses(
        (status = 200, body = TypingRhythm),
        Refused,
        Unknown,
        Invalid,
    )
)]
pub(crate) async fn typing(
    State(state): State<AppState>,
    ReadableSession { organisation, id }: ReadableSession,
    Query(pairs): Query<Pairs>,
) -> Result<Json<TypingRhythm>, ApiError> {
    Parameters::new(pairs).finish(())?;
    TypingRhythm::read(state.database(), (&organisation, id))
        .await
        .map(Json)
}
