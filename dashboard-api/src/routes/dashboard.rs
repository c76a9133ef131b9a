//! What analysts look at: overview, list of sessions, one session in detail.

use axum::Json;
use axum::extract::{Query, State};
use chrono::Utc;

use crate::auth::{ReadableSession, Reader};
use crate::error::ApiError;
use crate::live::RatesReport;
use crate::openapi::{Invalid, Refused, Unknown};
use crate::query::{OverviewQuery, PageQuery, Pairs, SessionFilterParameters, TimelinePage};
use crate::read::details::SessionDetails;
use crate::read::overview::{Overview, Trend};
use crate::read::sessions::SessionPage;
use crate::setup::AppState;

/// Counts of the sessions that were created in a period, from counts by the hour.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/overview",
    tag = "dashboard",
    params(
        ("range" = Option<String>, Query, description = "`1h`, `24h` (default), `7d`, `30d` or `90d`, up to now"),
        ("from" = Option<String>, Query, description = "Instead of `range`: first instant, RFC 3339 or a date; rounded down to the hour"),
        ("to" = Option<String>, Query, description = "First instant after the period, RFC 3339 or a date; rounded up to the hour"),
        ("survey" = Option<String>, Query, description = "One survey only"),
    ),
    responses(
        (status = 200, body = Overview),
        Refused,
        Invalid,
    )
)]
pub(crate) async fn overview(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
    Query(pairs): Query<Pairs>,
) -> Result<Json<Overview>, ApiError> {
    let OverviewQuery { hours, survey } = OverviewQuery::read(pairs, Utc::now())?;
    Overview::read(state.database(), &organisation, hours, survey.as_deref())
        .await
        .map(Json)
}

/// How the counts of a period went on, by the hour or the day (UTC).
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/overview/trend",
    tag = "dashboard",
    params(
        ("range" = Option<String>, Query, description = "`1h`, `24h` (default), `7d`, `30d` or `90d`, up to now"),
        ("from" = Option<String>, Query, description = "Instead of `range`: first instant, RFC 3339 or a date; rounded down to the hour"),
        ("to" = Option<String>, Query, description = "First instant after the period, RFC 3339 or a date; rounded up to the hour"),
        ("survey" = Option<String>, Query, description = "One survey only"),
        ("bucket" = Option<String>, Query, description = "`hour` or `day`; by the hour up to two days if absent; 750 buckets at most"),
    ),
    responses(
        (status = 200, body = Trend),
        Refused,
        Invalid,
    )
)]
pub(crate) async fn trend(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
    Query(pairs): Query<Pairs>,
) -> Result<Json<Trend>, ApiError> {
    let (query, bucket) = OverviewQuery::read_trend(pairs, Utc::now())?;
    let period = (query.hours, bucket);
    Trend::read(
        state.database(),
        &organisation,
        period,
        query.survey.as_deref(),
    )
    .await
    .map(Json)
}

/// How fast events are judged: events and verdicts a second over the last five minutes, and how long a verdict takes.
///
/// From the verdicts that this process saw come by, of the caller's organisation alone; a process that has just begun knows
/// less, and says of how many seconds.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/rates",
    tag = "dashboard",
    responses(
        (status = 200, body = RatesReport),
        Refused,
    )
)]
pub(crate) async fn rates(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
) -> Json<RatesReport> {
    Json(state.live().hub().rates().report(&organisation, Utc::now()))
}

/// Sessions, newest first, page by page; every filter holds at once. The search for a rare combination stops after 30 ms:
/// then the page is `partial`, perhaps empty, and `next_cursor` goes on.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/sessions",
    tag = "dashboard",
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Sessions on the page, 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("count" = Option<String>, Query, description = "`estimate`: also say how many match, as far as it can be told quickly"),
        SessionFilterParameters,
    ),
    responses(
        (status = 200, body = SessionPage),
        Refused,
        Invalid,
    )
)]
pub(crate) async fn sessions(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
    Query(pairs): Query<Pairs>,
) -> Result<Json<SessionPage>, ApiError> {
    let page = PageQuery::read(pairs)?;
    SessionPage::read(state.database(), &organisation, &page)
        .await
        .map(Json)
}

/// Everything that is stored of one session.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/sessions/{id}/details",
    tag = "dashboard",
    params(
        ("id" = String, Path, description = "The session's id"),
        ("events_limit" = Option<i64>, Query, minimum = 0, maximum = 1000, description = "Events of the timeline, 200 if absent; with 0 no event is read or counted"),
        ("events_cursor" = Option<String>, Query, description = "`timeline.next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = SessionDetails),
        Refused,
        Unknown,
        Invalid,
    )
)]
pub(crate) async fn details(
    State(state): State<AppState>,
    ReadableSession { organisation, id }: ReadableSession,
    Query(pairs): Query<Pairs>,
) -> Result<Json<SessionDetails>, ApiError> {
    let page = TimelinePage::read(pairs)?;
    SessionDetails::read(state.database(), &organisation, id, page)
        .await
        .map(Json)
}
