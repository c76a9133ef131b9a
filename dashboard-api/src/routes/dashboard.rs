//! What analysts look at: overview, list of sessions, one session in detail.

use axum::Json;
use axum::extract::{Query, State};
use chrono::Utc;
use deadpool_postgres::Transaction;

use crate::auth::{ReadableSession, Reader};
use crate::error::ApiError;
use crate::openapi::ProblemDocument;
use crate::query::{Pairs, Period, SessionFilter, TimelinePage};
use crate::read::details::SessionDetails;
use crate::read::overview::Overview;
use crate::read::sessions::SessionPage;
use crate::setup::AppState;

/// Counts of the sessions that were created in a period.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/overview",
    tag = "dashboard",
    params(
        ("range" = Option<String>, Query, description = "`1h`, `24h` (default), `7d` or `30d`, up to now"),
        ("from" = Option<String>, Query, description = "Instead of `range`: first instant, RFC 3339 or a date"),
        ("to" = Option<String>, Query, description = "First instant after the period, RFC 3339 or a date"),
    ),
    responses(
        (status = 200, body = Overview),
        (status = 401, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn overview(
    State(state): State<AppState>,
    reader: Reader,
    Query(pairs): Query<Pairs>,
) -> Result<Json<Overview>, ApiError> {
    let period = Period::read(pairs, Utc::now())?;
    let read = async |transaction: &Transaction<'_>| Overview::read(transaction, period).await;
    state
        .database()
        .read(&reader.organisation, read)
        .await
        .map(Json)
}

/// Sessions, newest first, page by page.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/sessions",
    tag = "dashboard",
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Sessions on the page, 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("from" = Option<String>, Query, description = "Created at or after: RFC 3339 or a date (UTC)"),
        ("to" = Option<String>, Query, description = "Created before: RFC 3339 or a date (UTC)"),
        ("status" = Option<String>, Query, description = "States, separated by commas"),
        ("risk" = Option<String>, Query, description = "Effective risk levels, separated by commas"),
        ("class" = Option<String>, Query, description = "Classes, separated by commas"),
        ("platform" = Option<String>, Query, description = "Exact platform"),
        ("survey" = Option<String>, Query, description = "Exact survey"),
        ("respondent" = Option<String>, Query, description = "Exact respondent"),
        ("min_score" = Option<f64>, Query, minimum = 0, maximum = 1, description = "Lowest score"),
        ("max_score" = Option<f64>, Query, minimum = 0, maximum = 1, description = "Highest score"),
        ("q" = Option<String>, Query, description = "What the id, survey or respondent begins with"),
    ),
    responses(
        (status = 200, body = SessionPage),
        (status = 401, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sessions(
    State(state): State<AppState>,
    reader: Reader,
    Query(pairs): Query<Pairs>,
) -> Result<Json<SessionPage>, ApiError> {
    let filter = SessionFilter::read(pairs)?;
    let read = async |transaction: &Transaction<'_>| SessionPage::read(transaction, &filter).await;
    state
        .database()
        .read(&reader.organisation, read)
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
        ("events_limit" = Option<i64>, Query, minimum = 0, maximum = 1000, description = "Events of the timeline, 200 if absent"),
        ("events_cursor" = Option<String>, Query, description = "`timeline.next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = SessionDetails),
        (status = 401, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn details(
    State(state): State<AppState>,
    ReadableSession { organisation, id }: ReadableSession,
    Query(pairs): Query<Pairs>,
) -> Result<Json<SessionDetails>, ApiError> {
    let page = TimelinePage::read(pairs)?;
    let read =
        async |transaction: &Transaction<'_>| SessionDetails::read(transaction, id, page).await;
    state.database().read(&organisation, read).await.map(Json)
}
