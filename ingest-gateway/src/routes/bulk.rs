//! `POST /api/v1/events/bulk`: many sessions' batches in one streamed request.
//!
//! 202 when the whole upload was read and every line that is not listed as refused was acknowledged.
//! An upload that was stopped answers the problem that stopped it, with the same account of its lines
//! in the member `bulk`.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use crate::auth::Need;
use crate::body::{LINE_TYPES, check_media_type, encoding};
use crate::bulk::{self, BulkOutcome};
use crate::edge::Edge;
use crate::error::IngestError;
use crate::state::Gateway;
use crate::trace::traceparent;

/// Stores batches of many sessions, one a line.
///
/// Read and stored as a stream. Each line names its session by `session_id`, or by `external_id` and `started_at` (and `survey_id`); it carries `events` (with `writer` and `sequence`), `start` (a named session's description), `complete`, or several of them.
#[utoipa::path(
    post,
    path = "/api/v1/events/bulk",
    operation_id = "post_bulk",
    tag = "ingest",
    request_body(content = String, content_type = "application/x-ndjson", description = "One JSON object a line, each at most 1 MiB; `Content-Encoding: gzip` is accepted"),
    responses(
        (status = 202, description = "Every line was read; those not listed are stored", body = BulkOutcome),
        (status = "4XX", description = "Refused, or stopped; then `bulk` says what became of the lines", body = crate::openapi::BulkProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Stopped; go on from `bulk.resume_line` after `Retry-After`", body = crate::openapi::BulkProblemBody, content_type = "application/problem+json"),
    ),
    security(("secret_key" = [])),
)]
pub(crate) async fn post(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut edge = Edge::of(&gateway, &parts);
    let outcome = receive(&gateway, &mut edge, (&parts, body)).await;
    edge.answer(outcome)
}

async fn receive(
    gateway: &Gateway,
    edge: &mut Edge<'_>,
    (parts, body): (&Parts, Body),
) -> Result<Response, IngestError> {
    let caller = edge.admit(parts, Need::WriteBulk)?;
    check_media_type(&parts.headers, LINE_TYPES)?;
    let encoding = encoding(&parts.headers)?;
    let traceparent = traceparent(&parts.headers);
    let ended = bulk::receive(gateway, &caller, (body, encoding), traceparent.as_deref()).await;
    match ended.stopped_by {
        None => Ok((StatusCode::ACCEPTED, Json(ended.outcome)).into_response()),
        Some(error) => Err(IngestError::BulkStopped {
            outcome: Box::new(ended.outcome),
            by: Box::new(error),
        }),
    }
}
