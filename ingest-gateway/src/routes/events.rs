//! `POST /api/v1/detection/sessions/{id}/events`, alias `/data`: one batch of one session's events.
//!
//! The body is scanned once and the accepted byte ranges are forwarded; no tree is built. The answer
//! says what became of each event, and only after the broker has acknowledged the batch (INV-1).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use schemas::batch::{BatchLimits, BatchSequence, Rejection, scan_request};
use schemas::event::field::is_identifier;
use schemas::header::RecordType;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{SessionPath, session_text};
use crate::error::IngestError;
use crate::metrics::{Loss, Metrics};
use crate::publish::SessionRecord;
use crate::router::RouteLabel;
use crate::state::Gateway;
use crate::trace::traceparent;

const IDEMPOTENCY_KEY: &str = "idempotency-key";

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

/// An event that was not stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RejectedEvent {
    /// Position in the request, from 0.
    index: usize,
    /// Why: one of the event codes.
    code: &'static str,
    /// A sentence about it.
    detail: &'static str,
}

impl From<&Rejection> for RejectedEvent {
    fn from(rejection: &Rejection) -> Self {
        Self {
            index: rejection.index,
            code: rejection.code.as_str(),
            detail: rejection.code.detail(),
        }
    }
}

/// A batch ready to be published.
struct Prepared {
    payload: Vec<u8>,
    accepted: usize,
    rejected: Vec<Rejection>,
    unknown_types: usize,
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
) -> Result<Response, IngestError> {
    let (parts, body) = request.into_parts();
    let now = Utc::now();
    let writer = gateway
        .gatekeeper
        .writer(session_text(&path), &parts.headers, now);
    let (session, organisation) = writer?;
    let idempotency_key = idempotency_key(&parts.headers)?;
    let received = gateway.bodies.read(&parts.headers, body).await?;
    let batch_id = Uuid::now_v7().to_string();
    let limits = gateway.batch_limits(now);
    let prepared = prepare(&received.bytes, &limits, (&batch_id, idempotency_key));
    drop(received.bytes);
    let prepared = prepared.inspect_err(|error| count_rejected(&gateway.metrics, error))?;
    let record = SessionRecord {
        session,
        organisation,
        record_type: RecordType::EventBatch,
        id: batch_id.clone(),
        traceparent: traceparent(&parts.headers),
        payload: prepared.payload,
    };
    gateway.metrics.rejected(&prepared.rejected);
    let tally = Tally::new(&gateway.metrics, prepared.accepted);
    let outcome = gateway.publisher.publish(record).await;
    drop(received.reserved);
    let route = parts.extensions.get::<RouteLabel>();
    tally.settle(&outcome, route.map_or("unknown", |route| route.0));
    outcome?;
    gateway
        .metrics
        .unknown_types
        .inc_by(prepared.unknown_types as u64);
    let answer = BatchAccepted {
        accepted: prepared.accepted,
        rejected: prepared.rejected.iter().map(RejectedEvent::from).collect(),
        batch_id,
    };
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// Scans the body and wraps what is accepted of it. Borrows nothing, so that the body can go.
fn prepare(
    body: &[u8],
    limits: &BatchLimits,
    (batch_id, idempotency_key): (&str, Option<&str>),
) -> Result<Prepared, IngestError> {
    let text = std::str::from_utf8(body).map_err(|_| IngestError::NotUtf8)?;
    let mut batch = scan_request(text, limits).map_err(IngestError::Batch)?;
    if batch.accepted == 0 {
        let is_array = text.trim_start().starts_with('[');
        return Err(IngestError::EventsRejected {
            rejected: batch.rejected,
            parent: if is_array { "" } else { "/events" },
        });
    }
    // A batch that names its writer is recognisable already; otherwise the key is a writer of its own
    // whose only batch this is.
    let keyed = idempotency_key.map(|writer| BatchSequence {
        writer,
        sequence: 0,
    });
    batch.sequence = batch.sequence.or(keyed);
    Ok(Prepared {
        payload: batch.encode(batch_id),
        accepted: batch.accepted,
        rejected: batch.rejected,
        unknown_types: batch.unknown_types,
    })
}

fn count_rejected(metrics: &Metrics, error: &IngestError) {
    if let IngestError::EventsRejected { rejected, .. } = error {
        metrics.rejected(rejected);
    }
}

/// The key of the request, with or without the quotes of a structured header.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, IngestError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let bare = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let key = bare.unwrap_or(text);
    if is_identifier(key) {
        Ok(Some(key))
    } else {
        Err(IngestError::BadIdempotencyKey)
    }
}

/// Events that wait for their acknowledgement. Dropped unsettled, the client has left: counted too.
struct Tally<'a> {
    metrics: &'a Metrics,
    events: usize,
    settled: bool,
}

impl<'a> Tally<'a> {
    fn new(metrics: &'a Metrics, events: usize) -> Self {
        Self {
            metrics,
            events,
            settled: false,
        }
    }

    fn settle(mut self, outcome: &Result<(), IngestError>, route: &'static str) {
        self.settled = true;
        if outcome.is_ok() {
            let accepted = self.metrics.accepted.with_label_values(&[route]);
            accepted.inc_by(self.events as u64);
            self.metrics.batches.inc();
        } else {
            self.metrics.lost(self.events, Loss::BrokerUnavailable);
        }
    }
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.metrics.lost(self.events, Loss::ClientGone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idempotency_key_is_an_identifier_quoted_or_not() {
        let key = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(IDEMPOTENCY_KEY, text.parse().unwrap());
            idempotency_key(&headers)
                .map(|key| key.map(str::to_owned))
                .ok()
        };
        assert_eq!(key("0f4b-1"), Some(Some("0f4b-1".to_owned())));
        assert_eq!(key("\"0f4b-1\""), Some(Some("0f4b-1".to_owned())));
        for bad in ["", "\"\"", "two words", "a\"b", &"x".repeat(65)] {
            assert_eq!(key(bad), None, "{bad}");
        }
        assert!(matches!(idempotency_key(&HeaderMap::new()), Ok(None)));
    }
}
