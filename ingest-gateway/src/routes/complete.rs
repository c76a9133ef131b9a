//! `POST /api/v1/detection/sessions/{id}/complete`: the session is over.
//!
//! Idempotent: the record of a repetition carries the same id, and readers take the first one. The body,
//! if there is one, is not looked at beyond its size: a beacon may carry anything.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use chrono::{DateTime, Utc};
use schemas::header::RecordType;
use schemas::ids::{OrganisationId, SessionId};
use schemas::session::SessionCompleted;
use serde::Serialize;
use utoipa::ToSchema;

use super::{SessionPath, session_text};
use crate::auth::Need;
use crate::edge::Edge;
use crate::error::IngestError;
use crate::publish::SessionRecord;
use crate::state::Gateway;
use crate::trace::traceparent;

/// The session is over.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionEnded {
    /// The session.
    session_id: String,
    /// Always `completed`.
    status: &'static str,
}

/// Ends a session.
///
/// Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/detection/sessions/{id}/complete",
    operation_id = "complete_session",
    tag = "ingest",
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 200, description = "The broker has acknowledged the end of the session", body = SessionEnded),
        (status = "4XX", description = "Refused", body = crate::openapi::ProblemBody, content_type = "application/problem+json"),
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
    let outcome = complete(&gateway, &mut edge, session_text(&path), (&parts, body)).await;
    edge.answer(outcome)
}

async fn complete(
    gateway: &Gateway,
    edge: &mut Edge<'_>,
    path: &str,
    (parts, body): (&Parts, Body),
) -> Result<Json<SessionEnded>, IngestError> {
    let (caller, session) = edge.admit_to_session(parts, Need::EndSession, path)?;
    // Read to its end, so that the connection can be used again.
    let received = gateway.bodies.read(&parts.headers, body).await?;
    drop(received);
    let completion = completion(
        (session, caller.organisation),
        edge.now,
        traceparent(&parts.headers),
    )?;
    gateway.publisher.publish(completion).await?;
    gateway.metrics.completions.inc();
    Ok(Json(SessionEnded {
        session_id: session.to_string(),
        status: "completed",
    }))
}

/// The record that ends a session.
pub(crate) fn completion(
    (session, organisation): (SessionId, OrganisationId),
    now: DateTime<Utc>,
    traceparent: Option<String>,
) -> Result<SessionRecord, IngestError> {
    let completed = SessionCompleted {
        session_id: session,
        completed_at: now,
    };
    Ok(SessionRecord {
        session,
        organisation,
        record_type: RecordType::SessionCompleted,
        id: format!("{session}.completed"),
        traceparent,
        payload: serde_json::to_vec(&completed).map_err(|_| IngestError::Internal)?,
    })
}
