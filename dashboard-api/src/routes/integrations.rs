//! Integrations: status, delivery log, test console.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use chrono::Utc;
use deadpool_postgres::Transaction;
use runtime::problem::FieldError;
use schemas::control::{IntegrationId, IntegrationPlatform};

use crate::auth::{Allowed, Operate, Reader};
use crate::error::ApiError;
use crate::integrations::{
    DeliveryFilter, DeliveryPage, IntegrationsStatus, TestAsk, TestEvent, TestReport, Trial,
};
use crate::openapi::{Conflict, Invalid, Malformed, Refused, Unknown};
use crate::query::Pairs;
use crate::setup::AppState;

/// How the integrations of the organisation stand: configured, last notices, publishable keys by their hints.
///
/// Requests that proved nothing leave no trace but the gateway's counter `ingest_webhooks_total{outcome="unproved"}`.
#[utoipa::path(
    get,
    path = "/api/v1/integrations/status",
    operation_id = "integrations_status",
    tag = "integrations",
    responses(
        (status = 200, body = IntegrationsStatus),
        Refused,
    )
)]
pub(crate) async fn status(
    State(state): State<AppState>,
    reader: Reader,
) -> Result<Json<IntegrationsStatus>, ApiError> {
    let control = state.control();
    if !control.is_ready() {
        return Err(ApiError::KeysNotRead);
    }
    let about = (state.console().can_test(), Utc::now());
    let configured = IntegrationsStatus::configured(&control.state(), &reader.organisation, about);
    let read = async |transaction: &Transaction<'_>| configured.read_last(transaction).await;
    state
        .database()
        .read(&reader.organisation, read)
        .await
        .map(Json)
}

/// Webhooks of platforms, newest first, page by page.
#[utoipa::path(
    get,
    path = "/api/v1/integrations/deliveries",
    tag = "integrations",
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Deliveries on the page, 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("integration" = Option<String>, Query, description = "Exact id"),
        ("outcome" = Option<String>, Query, description = "`session_completed`, `noted` or `unmatched`"),
        ("from" = Option<String>, Query, description = "Taken at or after: RFC 3339 or a date (UTC)"),
        ("to" = Option<String>, Query, description = "Taken before: RFC 3339 or a date (UTC)"),
    ),
    responses(
        (status = 200, body = DeliveryPage),
        Refused,
        Invalid,
    )
)]
pub(crate) async fn deliveries(
    State(state): State<AppState>,
    reader: Reader,
    Query(pairs): Query<Pairs>,
) -> Result<Json<DeliveryPage>, ApiError> {
    let filter = DeliveryFilter::read(pairs)?;
    let read = async |transaction: &Transaction<'_>| DeliveryPage::read(transaction, &filter).await;
    state
        .database()
        .read(&reader.organisation, read)
        .await
        .map(Json)
}

/// Sends a webhook through the gateway as the platform would, signed with the integration's own secret, and tells what happened.
///
/// Needs the scope `operations`. Without a body a partial response is played, which changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/integrations/{id}/test",
    operation_id = "test_integration",
    tag = "integrations",
    params(("id" = String, Path, description = "The integration's id")),
    request_body = Option<TestAsk>,
    responses(
        (status = 200, body = TestReport),
        Refused,
        Malformed,
        Unknown,
        Conflict,
        Invalid,
    )
)]
pub(crate) async fn test(
    State(state): State<AppState>,
    caller: Allowed<Operate>,
    Path(id): Path<String>,
    ask: Result<Option<Json<TestAsk>>, JsonRejection>,
) -> Result<Json<TestReport>, ApiError> {
    let ask = ask.map_err(|_| ApiError::MalformedBody)?;
    let Json(ask) = ask.unwrap_or_default();
    let control = state.control();
    if !control.is_ready() {
        return Err(ApiError::KeysNotRead);
    }
    let id: IntegrationId = id.parse().map_err(|_| ApiError::UnknownIntegration)?;
    let found = control.state().integration(&id).cloned();
    let integration = found
        .filter(|found| found.organisation == caller.organisation)
        .ok_or(ApiError::UnknownIntegration)?;
    let session = match &ask.session_id {
        Some(text) => Some(state.session(&caller.organisation, text)?),
        None => None,
    };
    // Its token names a session, and the end of one that nobody began would make it.
    let is_decipher = integration.platform == IntegrationPlatform::Decipher;
    if is_decipher && ask.event == TestEvent::Completed && session.is_none() {
        let detail = "a Decipher survey tells the end of its own session";
        return Err(ApiError::InvalidParameters(vec![FieldError {
            pointer: "/session_id".to_owned(),
            code: "required".to_owned(),
            detail: detail.to_owned(),
        }]));
    }
    let trial = Trial {
        integration: &integration,
        ask: &ask,
        session,
    };
    let report = state.console().run(trial, state.database()).await?;
    tracing::info!(
        actor = caller.actor,
        organisation = %caller.organisation,
        integration = %id,
        "an integration was tested"
    );
    Ok(Json(report))
}
