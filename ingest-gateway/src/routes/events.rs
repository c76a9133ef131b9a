//! `POST /api/v1/detection/sessions/{id}/events`, alias `/data`: one batch of one session's events.
//!
//! The body is scanned once and the accepted byte ranges are forwarded; no tree is built. The answer
//! says what became of each event, and only after the broker has acknowledged the batch (INV-1).

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use schemas::batch::{BatchLimits, BatchSequence, scan_request};
use schemas::header::RecordType;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{SessionPath, session_text};
use crate::auth::Need;
use crate::batch::{Prepared, RejectedEvent, Tally, count_rejected, prepare};
use crate::edge::Edge;
use crate::error::IngestError;
use crate::idempotency::IdempotencyKey;
use crate::publish::SessionRecord;
use crate::router::RouteLabel;
use crate::state::Gateway;
use crate::trace::traceparent;

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchAccepted {
    /// How many events were stored.
    accepted: usize,
    /// The events that were not, in order.
    rejected: Vec<RejectedEvent>,
    /// Id of the batch in the log.
    batch_id: String,
}

/// Stores a batch of events of one session.
///
/// Answered only after the broker has acknowledged the batch; each event that was not stored is named with its reason.
#[utoipa::path(
    post,
    path = "/api/v1/detection/sessions/{id}/events",
    operation_id = "post_events",
    tag = "ingest",
    params(
        ("id" = String, Path, description = "The session's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a retry of a batch without `writer` recognisable"),
    ),
    request_body(content = inline(crate::openapi::BatchBody), description = "An array of events, or an object with `events`; at most 1 MiB; `Content-Encoding: gzip` and `text/plain` are accepted"),
    responses(
        (status = 202, description = "The broker has acknowledged the accepted events", body = BatchAccepted),
        (status = "4XX", description = "Nothing was stored", body = crate::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not acknowledged; try again after `Retry-After`", body = crate::openapi::ProblemBody, content_type = "application/problem+json"),
    ),
    security(("secret_key" = []), ("ingest_token" = [])),
)]
pub(crate) async fn post(
    State(gateway): State<Arc<Gateway>>,
    path: SessionPath,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut edge = Edge::of(&gateway, &parts);
    let outcome = store(&gateway, &mut edge, session_text(&path), (&parts, body)).await;
    edge.answer(outcome)
}

async fn store(
    gateway: &Gateway,
    edge: &mut Edge<'_>,
    path: &str,
    (parts, body): (&Parts, Body),
) -> Result<Response, IngestError> {
    let (caller, session) = edge.admit_to_session(parts, Need::WriteEvents, path)?;
    let key = IdempotencyKey::of(&parts.headers)?;
    let received = gateway.bodies.read(&parts.headers, body).await?;
    let batch_id = Uuid::now_v7().to_string();
    let limits = gateway.batch_limits(edge.now);
    let prepared = scan(&received.bytes, &limits, (&batch_id, key));
    drop(received.bytes);
    let prepared = prepared.inspect_err(|error| count_rejected(&gateway.metrics, error))?;
    let tally = Tally::new(&gateway.metrics, &prepared);
    let record = SessionRecord {
        session,
        organisation: caller.organisation,
        record_type: RecordType::EventBatch,
        id: batch_id.clone(),
        traceparent: traceparent(&parts.headers),
        payload: prepared.payload,
    };
    let outcome = gateway.publisher.publish(record).await;
    drop(received.reserved);
    let route = parts.extensions.get::<RouteLabel>();
    tally.settle(&outcome, route.map_or("unknown", |route| route.0));
    outcome?;
    let answer = BatchAccepted {
        accepted: prepared.accepted,
        rejected: prepared.rejected.iter().map(RejectedEvent::from).collect(),
        batch_id,
    };
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// Scans the body and wraps what is accepted of it.
fn scan(
    body: &[u8],
    limits: &BatchLimits,
    (batch_id, key): (&str, Option<IdempotencyKey<'_>>),
) -> Result<Prepared, IngestError> {
    let text = std::str::from_utf8(body).map_err(|_| IngestError::NotUtf8)?;
    let batch = scan_request(text, limits).map_err(IngestError::Batch)?;
    // A batch that names its writer is recognisable already; otherwise the key is a writer of its own
    // whose only batch this is.
    let writer = key
        .filter(|_| batch.sequence.is_none())
        .map(IdempotencyKey::writer);
    let keyed = writer.as_deref().map(|writer| BatchSequence {
        writer,
        sequence: 0,
    });
    prepare(batch, batch_id, keyed)
}
