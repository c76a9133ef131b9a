//! Surveys, and what several sessions have in common.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use chrono::Utc;

use crate::auth::{ReadableSession, Reader};
use crate::error::ApiError;
use crate::openapi::{Invalid, Refused, Unknown};
use crate::query::{
    CampaignQuery, IdPage, Pairs, SurveyQuery, survey_period, text_filter, timings_period,
};
use crate::read::campaigns::{CampaignDetails, CampaignPage, SimilarSessions};
use crate::read::surveys::{SurveyDetails, SurveyPage};
use crate::read::timings::SurveyTimings;
use crate::setup::AppState;

/// Surveys with the counts of a period.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/surveys",
    tag = "dashboard",
    params(
        ("range" = Option<String>, Query, description = "`1h`, `24h`, `7d`, `30d` (default) or `90d`, up to now"),
        ("from" = Option<String>, Query, description = "Instead of `range`: first instant, RFC 3339 or a date; rounded down to the hour"),
        ("to" = Option<String>, Query, description = "First instant after the period, RFC 3339 or a date; rounded up to the hour"),
        ("order" = Option<String>, Query, description = "`activity` (default): the one with the newest session first, or `name`"),
        ("q" = Option<String>, Query, description = "What the name begins with; case counts"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Surveys on the page, 25 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = SurveyPage),
        Refused,
        Invalid,
    )
)]
pub(crate) async fn surveys(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
    Query(pairs): Query<Pairs>,
) -> Result<Json<Arc<SurveyPage>>, ApiError> {
    let query = SurveyQuery::read(pairs, Utc::now())?;
    state
        .surveys()
        .page(state.database(), &organisation, query)
        .await
        .map(Json)
}

/// One survey: counts of a period and of the one before, how it went on, and its latest campaigns.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/surveys/{survey}",
    tag = "dashboard",
    params(
        ("survey" = String, Path, description = "The survey's name"),
        ("range" = Option<String>, Query, description = "`1h`, `24h`, `7d`, `30d` (default) or `90d`, up to now"),
        ("from" = Option<String>, Query, description = "Instead of `range`: first instant, RFC 3339 or a date; rounded down to the hour"),
        ("to" = Option<String>, Query, description = "First instant after the period, RFC 3339 or a date; rounded up to the hour"),
        ("bucket" = Option<String>, Query, description = "`hour` or `day`; by the hour up to two days if absent; 750 buckets at most"),
    ),
    responses(
        (status = 200, body = SurveyDetails),
        Refused,
        Unknown,
        Invalid,
    )
)]
pub(crate) async fn survey(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
    Path(survey): Path<String>,
    Query(pairs): Query<Pairs>,
) -> Result<Json<SurveyDetails>, ApiError> {
    let period = survey_period(pairs, Utc::now())?;
    let survey = text_filter(&survey).ok_or(ApiError::UnknownSurvey)?;
    SurveyDetails::read(state.database(), &organisation, &survey, period)
        .await
        .map(Json)
}

/// How long people and bots stay on the pages of a survey, from the raw events of its newest sessions.
///
/// The newest 500 sessions of the period are looked at, for 300 ms at most; the answer says how many it is made of.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/surveys/{survey}/timings",
    tag = "dashboard",
    params(
        ("survey" = String, Path, description = "The survey's name"),
        ("range" = Option<String>, Query, description = "`1h`, `24h`, `7d`, `30d` (default) or `90d`, up to now"),
        ("from" = Option<String>, Query, description = "Instead of `range`: created at or after, RFC 3339 or a date (UTC)"),
        ("to" = Option<String>, Query, description = "Created before: RFC 3339 or a date (UTC)"),
    ),
    responses(
        (status = 200, body = SurveyTimings),
        Refused,
        Unknown,
        Invalid,
    )
)]
pub(crate) async fn timings(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
    Path(survey): Path<String>,
    Query(pairs): Query<Pairs>,
) -> Result<Json<SurveyTimings>, ApiError> {
    let period = timings_period(pairs, Utc::now())?;
    let survey = text_filter(&survey).ok_or(ApiError::UnknownSurvey)?;
    SurveyTimings::read(state.database(), &organisation, &survey, period)
        .await
        .map(Json)
}

/// What several sessions have in common, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/campaigns",
    tag = "dashboard",
    params(
        ("survey" = Option<String>, Query, description = "Exact survey"),
        ("kind" = Option<String>, Query, description = "What is the same: `device`, `trajectory`, `rhythm`"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Campaigns on the page, 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = CampaignPage),
        Refused,
        Invalid,
    )
)]
pub(crate) async fn campaigns(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
    Query(pairs): Query<Pairs>,
) -> Result<Json<CampaignPage>, ApiError> {
    let query = CampaignQuery::read(pairs)?;
    CampaignPage::read(state.database(), &organisation, &query)
        .await
        .map(Json)
}

/// One campaign with its sessions, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/campaigns/{kind}/{fingerprint}",
    tag = "dashboard",
    params(
        ("kind" = String, Path, description = "What is the same"),
        ("fingerprint" = String, Path, description = "The fingerprint, 32 hexadecimal digits"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Sessions on the page, 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = CampaignDetails),
        Refused,
        Unknown,
        Invalid,
    )
)]
pub(crate) async fn campaign(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
    Path((kind, fingerprint)): Path<(String, String)>,
    Query(pairs): Query<Pairs>,
) -> Result<Json<CampaignDetails>, ApiError> {
    let page = IdPage::read(pairs)?;
    let kind = text_filter(&kind).ok_or(ApiError::UnknownCampaign)?;
    let fingerprint = text_filter(&fingerprint).ok_or(ApiError::UnknownCampaign)?;
    let name = (kind.as_str(), fingerprint.as_str());
    CampaignDetails::read(state.database(), &organisation, name, &page)
        .await
        .map(Json)
}

/// Other sessions with the same fingerprints, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/dashboard/sessions/{id}/similar",
    tag = "dashboard",
    params(
        ("id" = String, Path, description = "The session's id"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Sessions on the page, 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = SimilarSessions),
        Refused,
        Unknown,
        Invalid,
    )
)]
pub(crate) async fn similar(
    State(state): State<AppState>,
    ReadableSession { organisation, id }: ReadableSession,
    Query(pairs): Query<Pairs>,
) -> Result<Json<SimilarSessions>, ApiError> {
    let page = IdPage::read(pairs)?;
    SimilarSessions::read(state.database(), &organisation, id, &page)
        .await
        .map(Json)
}
