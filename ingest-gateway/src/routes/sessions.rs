//! `POST /api/v1/detection/sessions`: a new session, its id and its ingest token.
//!
//! The answer comes after the broker has acknowledged the session's first record, so whatever follows
//! for the session comes after it in the log (INV-2). That record carries the versions that hold for
//! the session and what only the gateway sees of the client.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use schemas::session::{AgentStamp, ClientStamp};
use schemas::token::IngestGrant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::agent;
use crate::auth::{Caller, Credential, Need};
use crate::client;
use crate::description::{Beginning, Description, expiry};
use crate::edge::Edge;
use crate::error::IngestError;
use crate::idempotency::IdempotencyKey;
use crate::state::Gateway;
use crate::trace::traceparent;

/// The new session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionCreated {
    /// Its id, a UUIDv7.
    session_id: String,
    /// Lets a browser write to this session, and to nothing else.
    ingest_token: String,
    /// When the token ends.
    expires_at: DateTime<Utc>,
    /// Always `active`.
    status: &'static str,
}

/// Begins a session.
///
/// Gives it its id and the token that a browser needs to write to it.
#[utoipa::path(
    post,
    path = "/api/v1/detection/sessions",
    operation_id = "create_session",
    tag = "ingest",
    request_body(content = crate::openapi::SessionBody, description = "What the platform knows of the session; may be empty"),
    responses(
        (status = 201, description = "The broker has acknowledged the start of the session", body = SessionCreated),
        (status = "4XX", description = "Refused", body = crate::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not acknowledged; try again after `Retry-After`", body = crate::openapi::ProblemBody, content_type = "application/problem+json"),
    ),
    security(("secret_key" = [])),
)]
pub(crate) async fn create(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut edge = Edge::of(&gateway, &parts);
    let outcome = begin(&gateway, &mut edge, (&parts, body)).await;
    edge.answer(outcome)
}

async fn begin(
    gateway: &Gateway,
    edge: &mut Edge<'_>,
    (parts, body): (&Parts, Body),
) -> Result<Response, IngestError> {
    let caller = edge.admit(parts, Need::BeginSession)?;
    let key = IdempotencyKey::of(&parts.headers)?;
    let received = gateway.bodies.read(&parts.headers, body).await?;
    let description = Description::parse(&received.bytes)?;
    drop(received);
    description.check(&caller)?;
    let now = edge.now;
    let name = description.name.judge(now)?;
    let name = name.or_else(|| key?.session_name(now));
    let session = match &name {
        Some(name) => gateway.secret.derive(&caller.organisation, name),
        None => gateway
            .secret
            .mint(&caller.organisation, now, rand::random()),
    };
    let beginning = Beginning {
        session,
        now,
        expires_at: expiry(now, gateway),
        client: client_stamp(gateway, &caller, (edge.address, parts)),
        traceparent: traceparent(&parts.headers),
    };
    let grant = IngestGrant {
        session_id: session,
        organisation: caller.organisation.clone(),
        expires_at: beginning.expires_at,
    };
    let record = description.begin(gateway, &caller, beginning)?;
    gateway.publisher.publish(record).await?;
    gateway.metrics.sessions.inc();
    let created = SessionCreated {
        session_id: session.to_string(),
        ingest_token: grant.seal(&gateway.secret),
        expires_at: grant.expires_at,
        status: "active",
    };
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

/// What the gateway sees of the client. Behind a secret key stands a server, whose address says nothing
/// of the respondent: stamped, it would make strangers look alike.
fn client_stamp(
    gateway: &Gateway,
    caller: &Caller,
    (address, parts): (Option<IpAddr>, &Parts),
) -> ClientStamp {
    let respondent = match caller.credential {
        Credential::Publishable(_) => address,
        Credential::Secret(_) | Credential::Token(_) => None,
    };
    let stamp = client::stamp(
        &gateway.secret,
        &caller.organisation,
        respondent,
        &parts.headers,
    );
    ClientStamp {
        agent: agent_stamp(gateway, caller, parts),
        ..stamp
    }
}

/// What became of the respondent's signature, if it declares itself to be an agent.
fn agent_stamp(gateway: &Gateway, caller: &Caller, parts: &Parts) -> Option<AgentStamp> {
    if !matches!(caller.credential, Credential::Publishable(_)) {
        return None;
    }
    let message = agent::Message {
        method: &parts.method,
        uri: &parts.uri,
        headers: &parts.headers,
    };
    let control = gateway.control.state();
    let key_of = |id: &str| control.agent(id);
    agent::stamp(message, &gateway.authorities, gateway.now(), key_of)
}
